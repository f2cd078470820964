"""Rows of a map in threads, each of which runs machine code on some of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.program.instructions import Instruction, NumpyCall, Program, Variable
from autograd_lite.program.native.whole import Native
from autograd_lite.program.straight import NotStraight


def with_threads(program: Program) -> Program:
    """The program, whose maps that ask for threads get them, where there is machine code."""
    changed = [_threaded(one) for one in program.instructions]
    if all(a is b for a, b in zip(changed, program.instructions, strict=True)):
        return program
    return Program(program.inputs, changed, program.outputs, program.notes)


def _threaded(one: Instruction) -> Instruction:
    rows = one.params.get("rows")
    if rows is None or min(rows.threads, rows.length) < 2:
        return one
    try:
        function = InThreads(one)
    except NotStraight:
        return one
    return Instruction(NumpyCall(function), one.arguments, {}, one.results, True, False)


class InThreads:
    """A map as a function of its operands."""

    __name__ = "rows_in_threads"

    def __init__(self, one: Instruction) -> None:
        rows = one.params["rows"]
        self._rows = rows
        count = min(rows.threads, rows.length)
        bounds = [rows.length * i // count for i in range(count + 1)]
        self._ranges = [slice(a, b) for a, b in itertools.pairwise(bounds)]
        self._made: dict[int, Native] = {}
        for part in self._ranges:
            length = part.stop - part.start
            if length not in self._made:
                self._made[length] = Native(_program_of(one, length))
        self._pool = ThreadPoolExecutor(count)

    def __call__(self, *operands: Any) -> tuple[Any, ...]:
        rows = self._rows

        def run(part: slice) -> Sequence[Any]:
            own = [x[part] if i < rows.sequences else x for i, x in enumerate(operands)]
            return self._made[part.stop - part.start](*own)

        found = list(self._pool.map(run, self._ranges))
        return tuple(
            sum(parts[1:], start=parts[0]) if k < rows.sums else np.concatenate(parts)
            for k, parts in enumerate(zip(*found, strict=True))
        )


def _program_of(one: Instruction, length: int) -> Program:
    """The map of so many rows."""
    rows = replace(one.params["rows"], length=length, threads=1)
    inputs = tuple(
        _like(v, (length,) if i < rows.sequences else ()) for i, v in enumerate(rows.inputs)
    )
    outputs = tuple(
        _like(v, () if k < rows.sums else (length,)) for k, v in enumerate(rows.outputs)
    )
    whole = Instruction(one.operation, inputs, {"rows": rows}, outputs, True)
    return Program(inputs, [whole], outputs)


def _like(v: Variable, front: tuple[int, ...]) -> Variable:
    return Variable(np.zeros((*front, *v.shape), v.dtype)[()])
