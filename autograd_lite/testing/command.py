"""`autograd-lite check package.module:function --x 3,4`: a gradient checked from the command line.

The function is called at random points; without Hypothesis at ten, with it at a hundred, and the
first that fails is shrunk.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.testing.calls import shown
from autograd_lite.testing.check import NotFinite, check_gradient
from autograd_lite.testing.layers import check_layer, check_module
from autograd_lite.testing.report import GradientMismatch, GradientReport
from autograd_lite.testing.subject import weights

_DESCRIPTION = """\
Compare the gradient of a function with numerical differentiation at random points.

The function is one of Values and Tensors, or of NumPy arrays with a gradient of its own
(--gradient). A class or an object with forward(x) and backward(dout) is checked as a layer, one
with named_parameters() as a module.

Every argument of the function is an option here:
  --x 3,4           an array of shape (3, 4) of random numbers; --x 3 is one of three
  --x ()            a random number
  --x 0.5           this number
  --x [[1,2],[3,4]] these numbers
An argument that is annotated as int, or has an int as default, takes a whole number."""

_EXAMPLE = """\
example:
  autograd-lite check autograd_lite:softplus --x 3,4 --order 2"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograd-lite check",
        usage="%(prog)s PACKAGE.MODULE:FUNCTION [--ARGUMENT VALUE ...] [options]",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("target", metavar="PACKAGE.MODULE:FUNCTION")
    parser.add_argument("--gradient", metavar="PACKAGE.MODULE:FUNCTION", help="check this gradient")
    parser.add_argument("--order", type=int, choices=(1, 2), default=1, help="2: second, too")
    parser.add_argument("--points", type=int, metavar="N", help="how many points (10, or 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers")
    parser.add_argument(
        "--range", default="-3,3", metavar="LOW,HIGH", help="of the random numbers (-3,3)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="draw the graph of the point that fails to FILE"
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Check; returns the exit status: 0 if the gradient is right, 1 if it is wrong, 2 for input
    that cannot be used."""
    options, rest = _parser().parse_known_args(arguments)
    try:
        return _run(options, rest)
    except (ValueError, TypeError, RuntimeError, OSError, ImportError) as error:
        print(f"autograd-lite check: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    if options.output is not None:
        from autograd_lite import viz

        viz.check_suffix(options.output)
    thing = _imported(options.target)
    if inspect.isclass(thing):
        thing = thing()
    gradient = None if options.gradient is None else _imported(options.gradient)
    f = getattr(thing, "forward", thing)
    arguments = list(_arguments(f, rest))
    search = _Search(_check(thing, gradient, options.order), arguments, _range(options.range))
    try:
        search.run(options.points, options.seed)
    except GradientMismatch as error:
        print(error)
        point = {a.name: x for a, x in zip(arguments, search.last, strict=True)}
        for name, x in point.items():
            print(f"  at {name} = {shown(x)}")
        if options.output is not None:
            print(_picture(f, point, options.output))
        return 1
    print(search.summary())
    if options.output is not None:
        print(f"nothing to draw: {options.output} was not written")
    return 0


def _check(thing: Any, gradient: Any, order: int) -> Callable[..., GradientReport]:
    """The check that fits what is checked."""
    name = getattr(thing, "__name__", type(thing).__name__)
    if hasattr(thing, "named_parameters"):
        return lambda *args: check_module(thing, *args, order=order)
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        if gradient is not None or order == 2:
            raise ValueError(f"{name} is a layer with its own backward: no --gradient, --order 2")
        return lambda *args: check_layer(thing, *args)
    if not callable(thing):
        raise TypeError(f"{name} is no function, layer or module")
    return lambda *args: check_gradient(thing, *args, gradient=gradient, order=order)


# ---------------------------------------------------------------- points


@dataclass(frozen=True)
class _Argument:
    """An argument of the function: a value, or the shape of an array that is drawn."""

    name: str
    value: Any = None
    shape: tuple[int, ...] | None = None

    def at(self, rng: np.random.Generator, low: float, high: float) -> Any:
        """The value, or numbers with two decimals between low and high."""
        if self.shape is None:
            return self.value
        x = np.clip(np.round(rng.uniform(low, high, self.shape), 2), low, high)
        return float(x) if self.shape == () else x


class _Search:
    """The check at one point after the other."""

    def __init__(
        self,
        check: Callable[..., GradientReport],
        arguments: Sequence[_Argument],
        between: tuple[float, float],
    ) -> None:
        self._check, self._arguments, self._between = check, arguments, between
        self._reports: list[GradientReport] = []
        self.last: Sequence[Any] = ()
        """Where the gradient was checked last."""

    def run(self, points: int | None, seed: int) -> None:
        """Check at so many points, or at the one that is given."""
        if points is not None and points < 1:
            raise ValueError(f"--points must be at least 1, not {points}")
        if all(a.shape is None for a in self._arguments):
            self._at([a.value for a in self._arguments])
        elif importlib.util.find_spec("hypothesis") is not None:
            self._with_hypothesis(points or 100, seed)
        else:
            rng = np.random.default_rng(seed)
            for _ in range(points or 10):
                self._at([a.at(rng, *self._between) for a in self._arguments])
        if not self._reports:
            raise ValueError(
                "the function is inf or nan at every point: say with --range where it is finite"
            )

    def summary(self) -> str:
        """What was found at all points."""
        first, count = self._reports[0], len(self._reports)
        if count == 1:
            return str(first)
        elements = sum(sum(r.elements.values()) for r in self._reports)
        second = ", the second, too" if first.second else ""
        return (
            f"the gradient of {first.name} is right at {count:,} points: "
            f"{elements:,} elements of {', '.join(first.elements)}{second}"
        )

    def _at(self, point: Sequence[Any]) -> None:
        self.last = point
        with contextlib.suppress(NotFinite):
            self._reports.append(self._check(*point))

    def _with_hypothesis(self, points: int, seed: int) -> None:
        """Let Hypothesis choose the points, and shrink what fails."""
        import hypothesis
        import hypothesis.strategies as st

        from autograd_lite.testing.strategies import tensors, values

        low, high = self._between

        def strategy(a: _Argument) -> Any:
            if a.shape is None:
                return st.just(a.value)
            return tensors(a.shape, low=low, high=high) if a.shape else values(low, high)

        settings = hypothesis.settings(
            max_examples=points,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        test = hypothesis.given(st.tuples(*map(strategy, self._arguments)))(
            lambda point: self._at(point)
        )
        hypothesis.seed(seed)(settings(test))()


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(x) for x in text.split(","))
    except ValueError:
        raise ValueError(f"--range {text}: write LOW,HIGH, as in --range=-3,3") from None
    if not low < high:
        raise ValueError(f"--range {text}: the first number must be the lower one")
    return low, high


# ---------------------------------------------------------------- what is given


def _imported(target: str) -> Any:
    """What `package.module:name` stands for, also in the current directory."""
    module, colon, path = target.partition(":")
    if not colon or not module or not path:
        raise ValueError(f"{target!r}: write PACKAGE.MODULE:FUNCTION, as in autograd_lite:tanh")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        thing: Any = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise ValueError(f"{target!r}: there is no module {error.name!r}") from None
        raise
    for name in path.split("."):
        if not hasattr(thing, name):
            raise ValueError(f"{target!r}: {module} has no {path!r}")
        thing = getattr(thing, name)
    return thing


def _arguments(f: Any, rest: Sequence[str]) -> Iterator[_Argument]:
    """The arguments of f, in order, from the options."""
    texts = _options(rest)
    parameters = _parameters(f)
    if parameters is None:  # it does not say what its arguments are called
        parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in texts]
    names = [p.name for p in parameters]
    for name in texts:
        if name not in names:
            raise ValueError(f"--{name}: the function has the arguments {', '.join(names)}")
    for p in parameters:
        if p.name in texts:
            whole = p.annotation in (int, "int") or type(p.default) is int
            yield _argument(p.name, texts[p.name], whole)
        elif p.default is p.empty:
            raise ValueError(f"--{p.name} is missing: a shape, as in --{p.name} 3,4, or a value")
        else:
            yield _Argument(p.name, p.default)


def _parameters(f: Any) -> list[inspect.Parameter] | None:
    """The parameters that f can be given by position; None if it takes any."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (ValueError, TypeError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _options(rest: Sequence[str]) -> dict[str, str]:
    """`--x 3,4 --w=2` -> {"x": "3,4", "w": "2"}."""
    texts: dict[str, str] = {}
    words = iter(rest)
    for word in words:
        if not word.startswith("--"):
            raise ValueError(f"{word!r}: write --ARGUMENT VALUE, as in --x 3,4")
        name, equals, text = word.removeprefix("--").partition("=")
        value = text if equals else next(words, None)
        if value is None:
            raise ValueError(f"--{name}: a value is missing, as in --{name} 3,4")
        if name in texts:
            raise ValueError(f"--{name} is given twice")
        texts[name] = value
    return texts


def _argument(name: str, text: str, whole: bool) -> _Argument:
    """What an option says: a shape, a number, or an array."""
    text = text.strip()
    try:
        if whole:
            return _Argument(name, int(text))
        if text.startswith("["):
            return _Argument(name, np.array(json.loads(text), dtype=float))
        lengths = [part.strip() for part in text.strip("()").split(",") if part.strip()]
        if all(part.isdigit() for part in lengths):
            return _Argument(name, shape=tuple(int(part) for part in lengths))
        return _Argument(name, float(text))
    except ValueError:
        raise ValueError(
            f"--{name} {text}: neither a shape such as 3,4 nor a number such as 0.5 nor an array "
            "such as [1,2]"
        ) from None


# ---------------------------------------------------------------- the picture


def _picture(f: Any, point: dict[str, Any], path: str) -> str:
    """Draw the graph at the point, each derivative checked; a line that says what happened."""
    from autograd_lite import viz
    from autograd_lite.engine.tensor import Tensor
    from autograd_lite.engine.value import Value
    from autograd_lite.engine.variable import is_variable
    from autograd_lite.primitives.reductions import sum as sum_

    def variable(x: Any, name: str) -> Any:
        if isinstance(x, float):
            return Value(x, name=name)
        return Tensor(x, name=name) if isinstance(x, np.ndarray) else x

    try:
        y = f(*(variable(x, name) for name, x in point.items()))
        if not is_variable(y):
            raise TypeError("its result is no Value or Tensor")
        scalar = sum_(y * weights(y.shape)) if y.shape else y
        viz.draw(scalar, check=True).save(Path(path))
    except (TypeError, ValueError, AttributeError) as error:
        return f"no picture, as the function does not run on Values and Tensors: {error}"
    return f"drawn to {path}"
