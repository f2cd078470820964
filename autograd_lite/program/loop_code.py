"""A loop as source: a function of what is carried on, the sequences and what is closed over."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np

from autograd_lite.program.backends import Body, check
from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.names import Names

MakeBody = Callable[[Program, Names], Body]


@dataclass
class LoopCode:
    """The lines of a function, `def` and all, and what they need."""

    lines: list[str]
    body: Body


def loop_code(
    name: str,
    program: Program,
    outputs: Sequence[Variable],
    carries: int,
    sequences: int,
    backwards: bool,
    make: MakeBody,
    checked: Sequence[int] = (),
) -> LoopCode:
    """A function (n, *carry, *sequences, *closed) that runs a program n times.

    Args:
        name: what it is called.
        program: the body of the loop.
        outputs: of what kind its outputs are.
        carries, sequences, backwards: see `loops.Loop`.
        make: makes the code of the body.
        checked: the results that are nan if 0·inf was among the products of the chain rule.
    """
    names = Names(program, {*_OWN, name})
    body = make(program, names)
    inputs = [names[x] for x in program.inputs]
    rows = inputs[carries : carries + sequences]
    whole = [_free(f"{x}s", names) for x in rows]
    given = [*inputs[:carries], *whole, *inputs[carries + sequences :]]
    results = [
        _result(x, text, names, body) for x, text in zip(program.outputs, body.outputs, strict=True)
    ]
    columns = [_free(f"{x}_rows" if x.isidentifier() else "rows", names) for x in results[carries:]]
    columns = [f"{x}{i}" if columns.count(x) > 1 else x for i, x in enumerate(columns)]
    kinds = outputs[carries:]
    before = [
        line
        for x, v in zip(given, program.inputs, strict=True)
        if (line := _prepared(x, v, x in whole))
    ]
    before += [f"{y} = {_empty(v)}" for y, v in zip(columns, kinds, strict=True)]
    inside = [f"{x} = {xs}[i]" for x, xs in zip(rows, whole, strict=True)] + body.lines
    inside += [f"{y}[i] = {z}" for y, z in zip(columns, results[carries:], strict=True)]
    if carries:
        inside.append(f"{', '.join(inputs[:carries])} = {', '.join(results[:carries])}")
    steps = "reversed(range(n))" if backwards else "range(n)"
    last = [
        f"np.array({x})" if v.shape else x for x, v in zip(inputs, outputs[:carries], strict=False)
    ]
    last += [f"np.array({y})" if v.is_number else y for y, v in zip(columns, kinds, strict=True)]
    lines = [*before, f"for i in {steps}:", *(f"    {x}" for x in inside or ["pass"])]
    if checked:
        lines.append(f"check({', '.join(last[i] for i in checked)})")
        body.given["check"] = check
    lines.append(f"return ({''.join(f'{x}, ' for x in last)})")
    body.given |= {"np": np}
    return LoopCode([f"def {name}(n, {', '.join(given)}):", *(f"    {x}" for x in lines)], body)


def while_code(
    name: str,
    condition: Program,
    program: Program,
    outputs: Sequence[Variable],
    carries: int,
    make: Callable[[Program, Names, str], Body],
) -> LoopCode:
    """A function (*carry, *closed) that runs a program as long as the condition holds; both have
    the same kinds of inputs. `make` is given a text by which the globals of the two differ."""
    condition = with_inputs_of(condition, program)
    both = [*condition.instructions, *program.instructions]
    names = Names(Program(program.inputs, both, ()), {*_OWN, name})
    asked, body = make(condition, names, "w"), make(program, names, "")
    inputs = [names[x] for x in program.inputs]
    outs = zip(program.outputs, body.outputs, strict=True)
    results = [_result(x, text, names, body) for x, text in outs]
    kinds = outputs[carries:]
    columns = [_free(f"rows{i}", names) for i in range(len(kinds))]
    prepared = [_prepared(x, v, False) for x, v in zip(inputs, program.inputs, strict=True)]
    before = [line for line in prepared if line] + [f"{y} = []" for y in columns]
    goes_on = condition.outputs[0]
    text = names[goes_on] if goes_on.__class__ is Variable else asked.outputs[0]
    inside = [*asked.lines, f"if not {text}: break", *body.lines]
    inside += [f"{y}.append({z})" for y, z in zip(columns, results[carries:], strict=True)]
    inside.append(f"{', '.join(inputs[:carries])} = {', '.join(results[:carries])}")
    ends = zip(inputs, outputs[:carries], strict=False)
    last = [f"np.array({x})" if v.shape else x for x, v in ends]
    last += [
        f"np.array({y}, {v.dtype.str!r}).reshape(({', '.join(map(str, (f'len({y})', *v.shape)))},))"
        for y, v in zip(columns, kinds, strict=True)
    ]
    lines = [*before, "while True:", *(f"    {x}" for x in inside)]
    lines.append(f"return ({''.join(f'{x}, ' for x in last)})")
    _take(body, asked)
    return LoopCode([f"def {name}({', '.join(inputs)}):", *(f"    {x}" for x in lines)], body)


def branch_code(
    name: str,
    on_true: Program,
    on_false: Program,
    outputs: Sequence[Variable],
    make: Callable[[Program, Names, str], Body],
) -> LoopCode:
    """A function (predicate, *operands) that runs one of two programs of the same inputs."""
    on_false = with_inputs_of(on_false, on_true)
    both = [*on_true.instructions, *on_false.instructions]
    names = Names(Program(on_true.inputs, both, ()), {*_OWN, name})
    yes, no = make(on_true, names, ""), make(on_false, names, "f")
    inputs = [names[x] for x in on_true.inputs]
    predicate = _free("predicate", names)
    prepared = [_prepared(x, v, False) for x, v in zip(inputs, on_true.inputs, strict=True)]
    lines = [*(line for line in prepared if line), f"if {predicate}:"]
    lines += [f"    {x}" for x in (*yes.lines, _returned(yes, outputs))]
    lines += [*no.lines, _returned(no, outputs)]
    _take(yes, no)
    head = f"def {name}({', '.join([predicate, *inputs])}):"
    return LoopCode([head, *(f"    {x}" for x in lines)], yes)


def rows_code(
    name: str, program: Program, sums: int, make: Callable[[Program, Names, str], Body]
) -> LoopCode:
    """A function (*sequences, *closed) that runs a program of all rows, of which the first results
    are sums."""
    names = Names(program, {*_OWN, name})
    body = make(program, names, "")
    inputs = [names[x] for x in program.inputs]
    prepared = [_prepared(x, v, False) for x, v in zip(inputs, program.inputs, strict=True)]
    lines = [line for line in prepared if line] + body.lines
    last = [
        f"np.asarray(0.0 + {x}, order='C')[()]" if i < sums else f"np.ascontiguousarray({x})"
        for i, x in enumerate(body.outputs)
    ]  # sums of them depend on their order in memory
    lines.append(f"return ({''.join(f'{x}, ' for x in last)})")
    body.given |= {"np": np}
    return LoopCode([f"def {name}({', '.join(inputs)}):", *(f"    {x}" for x in lines)], body)


def pieces_code(
    name: str,
    pieces: Mapping[int, LoopCode],
    length: int,
    count: int,
    sums: Sequence[Variable],
    made: Sequence[Variable],
) -> LoopCode:
    """A function as that of `rows_code`, which runs those of some pieces: of so many rows each, the
    first but for the last piece. `sums` and `made` are the results of all rows, `count` how many of
    the operands are sequences."""
    size, rest = next(iter(pieces)), length % next(iter(pieces))
    body = Body([], [], {})
    lines: list[str] = []
    for code in pieces.values():
        _take(body, code.body)
        lines += code.lines
    last = f" if i + {size} <= {length} else {name}_of_{rest}" if rest else ""
    empty = "".join(f"np.empty({v.shape}, {v.dtype.str!r}), " for v in made)
    zeros = ", ".join(f"np.zeros({v.shape}, {v.dtype.str!r})" for v in sums)
    lines += [
        f"def {name}(*given):",
        f"    made = ({empty})",
        f"    totals = [{zeros}]",
        f"    for i in range(0, {length}, {size}):",
        f"        piece = {name}_of_{size}{last}",
        f"        found = piece(*[x[i:i + {size}] for x in given[:{count}]], *given[{count}:])",
        "        totals = [total + x for total, x in zip(totals, found)]",
        "        for z, x in zip(made, found[len(totals):]):",
        f"            z[i:i + {size}] = x",
        "    return (*[np.asarray(x, order='C')[()] for x in totals], *made)",
    ]
    return LoopCode(lines, body)


class NameClash(ValueError):
    """Two parts of a function that use different things of one name."""


def _take(body: Body, other: Body) -> None:
    """Let a body have what another one needs."""
    for key, it in other.given.items():
        known = body.given.get(key, it)
        if known is not it and not (isinstance(it, MethodType) and known == it):
            raise NameClash(key)
    body.given |= {**other.given, "np": np}
    body.buffers |= other.buffers


def _returned(body: Body, kinds: Sequence[Variable]) -> str:
    """The results: numbers of Python's only where both branches give such."""
    texts = [
        f"np.{v.dtype.name}({x})" if body.gives_python_numbers and not v.is_number else x
        for x, v in zip(body.outputs, kinds, strict=True)
    ]
    return f"return ({''.join(f'{x}, ' for x in texts)})"


def with_inputs_of(program: Program, other: Program) -> Program:
    """The program with the inputs of another one, of the same kinds, as its own."""
    now: dict[Any, Any] = dict(zip(program.inputs, other.inputs, strict=True))

    def change(x: Any) -> Any:
        return now.get(x, x) if x.__class__ is Variable else x

    instructions = [one.with_parts(change) for one in program.instructions]
    return Program(other.inputs, instructions, tuple(map(change, program.outputs)), program.notes)


_OWN = {"len", "np", "check", "isnan", "n", "i", "range", "reversed", "float", "int", "bool"}
"""Names that the function uses itself."""


def _free(wanted: str, names: Names) -> str:
    """A name that no variable of the body has."""
    while names.is_taken(wanted) or keyword.iskeyword(wanted):
        wanted += "_"
    return wanted


def _result(x: Any, text: str, names: Names, body: Body) -> str:
    """What an output is called; without the copy that it would have if it were returned."""
    if x.__class__ is Variable and not body.gives_python_numbers:
        return names[x]
    return text


def _prepared(x: str, v: Variable, is_sequence: bool) -> str | None:
    """The line that makes of an input what the body takes: a number of Python's, or of NumPy's."""
    if v.is_number:
        kind = type(v.dtype.type(0).item()).__name__
        return f"{x} = {x}.tolist()" if is_sequence else f"{x} = {kind}({x})"
    return None if v.shape or is_sequence else f"{x} = np.{v.dtype.name}({x})"


def _empty(v: Variable) -> str:
    """Room for the rows of a result."""
    if v.is_number:
        return f"[{v.dtype.type(0).item()!r}] * n"
    inside = "".join(f"{k}, " for k in ("n", *v.shape)).rstrip(" ").rstrip(",")
    shape = f"({inside})" if v.shape else "n"
    return f"np.empty({shape}, np.dtype({v.dtype.str!r}))"
