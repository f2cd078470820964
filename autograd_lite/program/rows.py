"""Independent rows in programs: `MAP`, a primitive that runs a program for each row of arrays.

    yᵢ = body(xᵢ, k),  results (Σᵢ of the first outputs, rows of the others)

It is evaluated for many rows at once, with the batch in front, in pieces that stay in cache. The
way back is such a map again, whose first outputs are the gradients of what is closed over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import PRIMITIVES, EachOperand, Structural
from autograd_lite.primitives.shape import swapaxes
from autograd_lite.program.instructions import Variable
from autograd_lite.program.loop_code import LoopCode, pieces_code, rows_code
from autograd_lite.program.subprograms import (
    Subprogram,
    as_array,
    fitting,
    is_differentiable,
    like,
    result_like,
    some,
    tagged,
    zero,
)
from autograd_lite.program.trace import tainted_by

AT_ONCE = 1 << 15
"""How many numbers an array may have that holds something of many rows."""


@dataclass(frozen=True)
class Rows:
    """What a map does, beside its operands: sequences, and what is closed over."""

    body: Subprogram
    sequences: int
    """How many sequences there are."""
    length: int
    """How many rows."""
    sums: int = 0
    """How many of the first outputs are summed over the rows."""
    threads: int = 1
    """How many threads compute at the same time, where there is machine code."""

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """Those of the body."""
        return self.body.program.inputs

    @property
    def outputs(self) -> list[Variable]:
        """What kind each output of the body is of."""
        return self.body.outputs()

    def __call__(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The results, recorded where there is a variable."""
        return apply(MAP, operands, {"rows": self})  # type: ignore[no-any-return]

    def tainted_results(self, places: Sequence[int]) -> set[int] | None:
        """Which results are nan if these operands are; None if such a nan may go unseen."""
        program = self.body.program
        found = tainted_by(program, [program.inputs[i] for i in places])
        if found is None or not self.length:
            return None
        return {i for i, x in enumerate(program.outputs) if x in found}

    @property
    def at_once(self) -> int:
        """How many rows are computed at once."""
        kinds = (*self.inputs, *self.outputs, *_inside(self.body))
        widest = max((math.prod(v.shape) for v in kinds), default=1)
        return max(1, min(self.length, AT_ONCE // max(1, widest)))

    def call(self, name: str, operands: Sequence[str]) -> str:
        """The call of the function that `code` writes."""
        return f"{name}({', '.join(operands)})"

    def code(self, name: str, tag: str = "") -> LoopCode:
        """The source of it, if many rows are computed at once; see `numpy_code` for the tag.

        Raises:
            ValueError: if they are not.
        """
        size = self.at_once
        sizes = dict.fromkeys(x for x in (size, self.length % size) if x and self.length)
        programs = {x: whole for x in sizes if (whole := self.of_many(x)) is not None}
        if not programs or len(programs) < len(sizes):
            raise ValueError("map: its rows are computed one after the other")
        if size == self.length:
            return rows_code(name, programs[size].program, self.sums, tagged(tag))
        pieces = {
            x: rows_code(f"{name}_of_{x}", whole.program, self.sums, tagged(f"{tag}{x}_"))
            for x, whole in programs.items()
        }
        kinds = self.outputs
        sums, made = kinds[: self.sums], [as_array(v, self.length) for v in kinds[self.sums :]]
        return pieces_code(name, pieces, self.length, self.sequences, sums, made)

    def of_many(self, size: int) -> Subprogram | None:
        """The program of so many rows at once; None if that is one for each of them."""
        which = tuple(i < self.sequences for i in range(len(self.inputs)))
        total = PRIMITIVES["sum"].function

        def function(given: Sequence[Any]) -> list[Any]:
            found = self.body.of_batch(given, which, size)
            return [
                fitting(total(x, 0), as_array(v))
                if i < self.sums
                else fitting(x, as_array(v, size))
                for i, (x, v) in enumerate(zip(found, self.outputs, strict=True))
            ]

        examples = [
            some(v, (size,)) if mine else some(v)
            for v, mine in zip(self.inputs, which, strict=True)
        ]
        key = ("rows", size, self.sequences, self.sums)
        try:
            made = self.body.derived(key, function, examples)
        except TypeError:  # there is something in it that takes one row after the other
            return None
        many, one = (len(x.program.instructions) for x in (made, self.body))
        return None if many > 8 * one + 40 else made

    def __repr__(self) -> str:
        return f"{self.length} × {self.body!r}"


# ---------------------------------------------------------------- the value


@np.errstate(all="ignore")
def _run(*operands: Any, rows: Rows) -> tuple[Any, ...]:
    """All rows, in pieces."""
    n, count, sums = rows.length, rows.sequences, rows.sums
    closed = [like(x, v) for x, v in zip(operands[count:], rows.inputs[count:], strict=True)]
    kinds = rows.outputs
    totals = [np.zeros(v.shape, v.dtype) for v in kinds[:sums]]
    made = [np.empty((n, *v.shape), v.dtype) for v in kinds[sums:]]
    size = rows.at_once
    for start in range(0, n, size):
        stop = min(start + size, n)
        whole = rows.of_many(stop - start)
        if whole is not None:
            pieces: list[tuple[Any, Subprogram]] = [(slice(start, stop), whole)]
        else:
            pieces = [(i, rows.body) for i in range(start, stop)]
        for place, one in pieces:
            found = one(*[x[place] for x in operands[:count]], *closed)
            for k, x in enumerate(found[:sums]):
                totals[k] = totals[k] + x
            for z, x in zip(made, found[sums:], strict=True):
                z[place] = x
    return (*[np.asarray(x, order="C")[()] for x in totals], *made)


def _inside(body: Subprogram) -> list[Variable]:
    """What a program computes on the way."""
    return [x for one in body.program.instructions for x in one.results]


def _example(*operands: Any, rows: Rows) -> tuple[Any, ...]:
    """Some numbers of the shapes and dtypes of the results."""
    kinds = [as_array(v) for v in rows.outputs]
    fronts = [() if i < rows.sums else (rows.length,) for i in range(len(kinds))]
    return tuple(result_like(v, *front) for v, front in zip(kinds, fronts, strict=True))


# ---------------------------------------------------------------- the way back, and forward


def _back(g: Any, z: Any, operands: Sequence[Any], rows: Rows, wanted: Sequence[bool]) -> list[Any]:
    """The gradient of each operand that is wanted: of what is closed over, summed over the rows."""
    count, inputs, outputs = rows.sequences, rows.inputs, rows.outputs
    asked = [i for i, v in enumerate(inputs) if wanted[i] and is_differentiable(v)]
    asked.sort(key=lambda i: i < count)  # those of what is closed over first
    summed = sum(i >= count for i in asked)
    flowing = [i for i, x in enumerate(g) if x is not None and is_differentiable(outputs[i])]
    of_sums = [i for i in flowing if i < rows.sums]
    of_rows = [i for i in flowing if i >= rows.sums]

    def function(given: Sequence[Any]) -> list[Any]:
        rest = iter(given)
        xs = [next(rest) for _ in range(count)]
        gs: list[Any] = [None] * len(outputs)
        for i in of_rows:
            gs[i] = next(rest)
        closed = [next(rest) for _ in inputs[count:]]
        for i in of_sums:
            gs[i] = next(rest)
        found = rows.body.gradients([*xs, *closed], asked, gs)
        return [
            fitting(zero(inputs[i]) if x is None else x, inputs[i])
            for i, x in zip(asked, found, strict=True)
        ]

    kinds = [*inputs[:count], *(outputs[i] for i in of_rows)]
    kinds += [*inputs[count:], *(outputs[i] for i in of_sums)]
    key = ("back of rows", count, rows.sums, tuple(asked), tuple(flowing))
    body = rows.body.derived(key, function, [some(v) for v in kinds])
    given = [*operands[:count], *(g[i] for i in of_rows)]
    given += [*operands[count:], *(g[i] for i in of_sums)]
    back = Rows(body, count + len(of_rows), rows.length, summed, rows.threads)
    parts: list[Any] = [None] * len(operands)
    for i, x in zip(asked, back(given), strict=True):
        parts[i] = x
    return parts


def _forward(tangents: Sequence[Any], z: Any, *operands: Any, rows: Rows) -> tuple[Any, ...]:
    """The tangents of the results."""
    count, inputs, outputs = rows.sequences, rows.inputs, rows.outputs
    moved = [i for i, t in enumerate(tangents) if t is not None]
    front, behind = [i for i in moved if i < count], [i for i in moved if i >= count]
    moving = [i for i, v in enumerate(outputs) if is_differentiable(v)]

    def function(given: Sequence[Any]) -> list[Any]:
        rest = iter(given)
        xs = [next(rest) for _ in range(count)]
        ts = [next(rest) for _ in front]
        closed = [next(rest) for _ in inputs[count:]]
        found = rows.body.tangents([*xs, *closed], moved, [*ts, *rest])[len(outputs) :]
        return [
            fitting(zero(outputs[i]) if found[i] is None else found[i], outputs[i]) for i in moving
        ]

    kinds = [*inputs[:count], *(inputs[i] for i in front)]
    kinds += [*inputs[count:], *(inputs[i] for i in behind)]
    key = ("forward of rows", count, tuple(moved))
    body = rows.body.derived(key, function, [some(v) for v in kinds])
    given = [*operands[:count], *(tangents[i] for i in front)]
    given += [*operands[count:], *(tangents[i] for i in behind)]
    sums = sum(i < rows.sums for i in moving)
    whole = Rows(body, count + len(front), rows.length, sums, rows.threads)
    found = dict(zip(moving, whole(given), strict=True))
    return tuple(
        found[i] if i in found else np.zeros(detached(x).shape, detached(x).dtype)
        for i, x in enumerate(z)
    )


# ---------------------------------------------------------------- a batch of maps


def _of_batch(which: Sequence[bool], *operands: Any, rows: Rows) -> tuple[Any, ...]:
    """The maps of all examples as one, each row of which has the rows of all."""
    size = next(x.shape[0] for x, mine in zip(operands, which, strict=True) if mine)
    mine, count = tuple(which), rows.sequences
    xs = [swapaxes(x, 0, 1) if mine[i] else x for i, x in enumerate(operands[:count])]

    def function(given: Sequence[Any]) -> list[Any]:
        found = rows.body.of_batch(given, mine, size)
        return [fitting(x, as_array(v, size)) for x, v in zip(found, rows.outputs, strict=True)]

    examples = [
        some(v, (size,)) if batched else some(v)
        for v, batched in zip(rows.inputs, mine, strict=True)
    ]
    body = rows.body.derived(("batch", size, mine), function, examples)
    found = replace(rows, body=body)([*xs, *operands[count:]])
    return tuple(x if i < rows.sums else swapaxes(x, 0, 1) for i, x in enumerate(found))


MAP: Structural = Structural(
    name="map",
    operands=(),
    text="map({operands})",
    arrays=_run,
    pullbacks=EachOperand(together=_back, is_told=True),
    results=(),
    batched=_of_batch,
    pushforward=_forward,
    example=_example,
    function=lambda *operands, rows: rows(operands),
)
