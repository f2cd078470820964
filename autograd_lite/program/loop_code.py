"""A loop as source: a function of what is carried on, the sequences and what is closed over."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


_OWN = {"np", "check", "isnan", "n", "i", "range", "reversed", "float", "int", "bool"}
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
