"""The command line: `autograd-lite explain`, `compile`, `playground` and `check`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from autograd_lite import __version__
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, Explanation, explain
from autograd_lite.reading.script import binding
from autograd_lite.reading.translate import LANGUAGES, translated

_EXPLAIN = """\
Run a small program, and show every value, every gradient, the chain rule that leads to each,
and a check against numerical differentiation.

Without a program: the two-input, two-output layer z1 … z6 with sigmoid and squared error."""

_COMPILE = """\
Print a small program as code: a function of its inputs that returns its value and its gradient,
as `autograd_lite.compile` makes it, in Python, NumPy, C or JavaScript. The numbers are there to try
it; the code is for any.

Without a program: the two-input, two-output layer z1 … z6 with sigmoid and squared error."""

_COMPILE_EXAMPLE = """\
example:
  autograd-lite compile "z = x*w; E = (sigmoid(z) - t)**2 / 2" x=0.5 w=-1.5 t=1 --language c"""

_PLAYGROUND = """\
Write a page in which formulas are typed, and drawn as they are typed: with every value and
gradient, step by step, with derivations, and sliders on the inputs. One file, for any browser, that
needs no network."""

_PLAYGROUND_EXAMPLE = """\
example:
  autograd-lite playground -o p.html"""

_EXAMPLE = """\
example:
  autograd-lite explain "z = x*w; E = (sigmoid(z) - t)**2 / 2" x=0.5 w=-1.5 t=1 -o layer.svg"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograd-lite",
        description="Reverse-mode automatic differentiation whose reasoning can be read.",
    )
    parser.add_argument("--version", action="version", version=f"autograd_lite {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser(
        "explain",
        help="explain the gradients of a formula",
        description=_EXPLAIN,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "words",
        nargs="*",
        metavar="PROGRAM NAME=NUMBER",
        help="the program: assignments separated by ';' in arithmetic, elementwise functions and "
        "comparisons; then a number for each of its inputs",
    )
    command.add_argument(
        "--wrt",
        action="append",
        default=[],
        metavar="NAME",
        help="derive the gradient of NAME only (may be repeated); default: of every input",
    )
    command.add_argument(
        "--every-step",
        action="store_true",
        help="a line for each operation, not only for what the program names",
    )
    command.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="draw the graph to FILE: .svg, .png, .pdf, .dot, .txt, .md, .mmd, or .html for a page "
        "that steps through it",
    )
    command.add_argument(
        "--latex", action="store_true", help="print the derivations in LaTeX instead"
    )
    command.add_argument(
        "--text", action="store_true", help="print the graph as a tree of text instead"
    )
    command = commands.add_parser(
        "compile",
        help="print a formula and its gradient as code",
        description=_COMPILE,
        epilog=_COMPILE_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "words",
        nargs="*",
        metavar="PROGRAM NAME=NUMBER",
        help="the program, as `explain` takes it; then a number for each of its inputs",
    )
    command.add_argument(
        "--language", default="python", choices=LANGUAGES, help="of the code; default: python"
    )
    command = commands.add_parser(
        "playground",
        help="write a page in which formulas are typed and drawn",
        description=_PLAYGROUND,
        epilog=_PLAYGROUND_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "words",
        nargs="*",
        metavar="PROGRAM NAME=NUMBER",
        help="what the page opens with, as `explain` takes it",
    )
    command.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the page: a file FILE.html"
    )
    commands.add_parser("check", help="check the gradient of a function, layer or module")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 if a gradient that is checked is wrong,
    or 2 for input that cannot be used."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ∂ still shows the rest
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        status = _check(given[1:]) if given[:1] == ["check"] else _run(given)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _check(arguments: Sequence[str]) -> int:
    from autograd_lite.testing.command import main as check

    return check(arguments)


def _run(arguments: Sequence[str]) -> int:
    parser = _parser()
    options, more = parser.parse_known_args(arguments)  # words may stand behind options, too
    if unknown := [word for word in more if word.startswith("-")]:
        hint = "a program that starts with a minus sign goes behind --"
        parser.error(f"unknown option {unknown[0][:40]} ({hint})")
    options.words += more
    try:
        {"explain": _explain, "compile": _compile, "playground": _playground}[options.command](
            options
        )
    except BrokenPipeError:
        raise
    except (ValueError, RuntimeError, OSError) as error:
        print(f"autograd-lite {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def _explain(options: argparse.Namespace) -> None:
    from autograd_lite import viz

    page = options.output is not None and options.output.lower().endswith(".html")
    if options.output is not None and not page:
        viz.check_suffix(options.output)
    explanation = _explanation(options)
    derivations = explanation.derivations(options.wrt)
    drawing = viz.Drawing(viz.picture_of(explanation.cards, wrt=options.wrt))
    if options.output is not None:  # first, so that `| head` does not keep it from being written
        (viz.Steps(explanation.cards) if page else drawing).save(options.output)
    if options.latex:
        print("\n\n".join(derivation.latex() for derivation in derivations))
    elif options.text:
        print(drawing.tree(), end="")
    else:
        print("\n\n".join([explanation.table(), *map(str, derivations)]))
    if options.output is not None:
        print(f"\ndrawn to {options.output}")


def _compile(options: argparse.Namespace) -> None:
    print(translated(*_program(options), options.language).rstrip())


def _playground(options: argparse.Namespace) -> None:
    from autograd_lite import viz

    source, inputs = _program(options) if options.words else (None, None)
    viz.check_suffix(options.output, (".html",))
    viz.playground(source, inputs).save(options.output)
    print(f"written to {options.output}")


def _explanation(options: argparse.Namespace) -> Explanation:
    return explain(*_program(options), options.every_step)


def _program(options: argparse.Namespace) -> tuple[str, Mapping[str, float]]:
    """The program, and the numbers of its inputs."""
    if not options.words:
        return SEED_LAYER, SEED_INPUTS
    inputs: dict[str, float] = {}
    program, *bindings = options.words
    for text in bindings:
        name, number = binding(text)
        if name in inputs:
            raise ValueError(f"{text!r}: {name!r} is given twice")
        inputs[name] = number
    return program, inputs


if __name__ == "__main__":
    sys.exit(main())
