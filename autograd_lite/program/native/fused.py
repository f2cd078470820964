"""Chains of elementwise operations on arrays as one loop over their numbers.

NumPy computes one operation after the other and writes each result to memory. Here all operations
on arrays of a shape that can be done together become one instruction, which reads what it is given
once and writes only what somebody else needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Elementwise
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Program,
    Variable,
)
from autograd_lite.program.native.lower import lowered
from autograd_lite.program.native.rows import Array, OverRows
from autograd_lite.program.scalars import straight_line_of
from autograd_lite.program.straight import COMPARISONS, NotStraight

WORTHWHILE = 20_000
"""How many numbers are to be computed in a loop at least: a call takes as long as NumPy does for
some thousand."""


def with_loops(program: Program) -> Program:
    """The program with loops, each in the place of the instructions that it stands for."""
    chosen = {id(one) for one in program.instructions if _is_pointwise(one)}
    while True:
        depths, groups = _grouped(program, chosen)
        leaving = _truths_that_leave(program, groups)
        if not leaving:
            break
        chosen -= leaving
    loops: dict[int, Instruction] = {}
    replaced: set[int] = set()
    for group in groups.values():
        loop = _loop(program, group)
        if loop is not None:
            replaced.update(id(one) for one in group)
            loops[id(group[-1])] = loop
    if not loops:
        return program
    in_order = sorted(program.instructions, key=lambda one: depths[id(one)])
    instructions = [
        loops.get(id(one), one) for one in in_order if id(one) in loops or id(one) not in replaced
    ]
    return Program(program.inputs, instructions, program.outputs, program.notes)


def _is_pointwise(one: Instruction) -> bool:
    """Whether it is of numbers in double precision and arrays of one shape of them."""
    operation, z = one.operation, one.results[0]
    if one.is_several or one.params or not z.shape:
        return False
    if isinstance(operation, NumpyCall):
        if operation.function not in COMPARISONS:
            return False
    elif not isinstance(operation, Elementwise) or operation.floats is None:
        return False
    if z.dtype not in (np.float64, np.bool_):
        return False
    return all(_fits(x, z.shape) for x in one.arguments)


def _fits(x: Any, shape: tuple[int, ...]) -> bool:
    if x.__class__ is Variable:
        kinds = (np.float64, np.bool_) if x.shape == shape else (np.float64,)
        return x.shape in ((), shape) and x.dtype in kinds
    value = np.asarray(x.value if x.__class__ is Constant else x)
    if not value.shape:
        return value.dtype.kind in "fib"
    return value.shape == shape and value.dtype == np.float64


Key = tuple[tuple[int, ...], int]


def _grouped(
    program: Program, chosen: set[int]
) -> tuple[dict[int, int], dict[Key, list[Instruction]]]:
    """How deep each instruction lies, and those that are chosen by their shape and depth.

    Deeper lies what needs something of another shape, or of an instruction that is not chosen. So
    no way leads from a group to another instruction and back.
    """
    depths: dict[int, int] = {}
    of: dict[Variable, tuple[int, Any]] = {}
    groups: dict[Key, list[Instruction]] = {}
    for one in program.instructions:
        own = one.results[0].shape if id(one) in chosen else None
        found = [of[x] for x in one.uses() if x in of]
        depth = max((d + (kind != own) for d, kind in found), default=0)
        depths[id(one)] = depth
        of.update(dict.fromkeys(one.results, (depth, own)))
        if own is not None:
            groups.setdefault((own, depth), []).append(one)
    return depths, groups


def _truths_that_leave(program: Program, groups: dict[Key, list[Instruction]]) -> set[int]:
    """Comparisons of which something outside of their group needs the result: a loop computes
    with truth values, and gives none; nor does it take any."""
    place = {id(one): key for key, group in groups.items() for one in group}
    made = {one.results[0]: one for group in groups.values() for one in group}
    leaving = set()
    for x in program.outputs:
        if x.__class__ is Variable and x in made and x.dtype == np.bool_:
            leaving.add(id(made[x]))
    for one in program.instructions:
        own = place.get(id(one))
        for x in one.uses():
            if x.dtype != np.bool_ or not x.shape:
                continue
            if x in made and place[id(made[x])] != own:
                leaving.add(id(made[x]))
            elif x not in made and own is not None:
                leaving.add(id(one))
    return leaving


def _loop(program: Program, group: Sequence[Instruction]) -> Instruction | None:
    """The instruction that does what these do; None if it is not worth it."""
    shape = group[0].results[0].shape
    if len(group) < 2 or len(group) * math.prod(shape) < WORTHWHILE:
        return None
    made = {one.results[0] for one in group}
    members = {id(one) for one in group}
    wanted = {x for x in program.outputs if x.__class__ is Variable}
    wanted.update(x for one in program.instructions if id(one) not in members for x in one.uses())
    results = tuple(one.results[0] for one in group if one.results[0] in wanted)
    numbers: dict[Any, Variable] = {}
    given: list[Any] = []

    def number(x: Any) -> Any:
        """What stands for an argument in the program of one number."""
        value = x if x.__class__ is Variable else x.value if x.__class__ is Constant else x
        if value.__class__ is not Variable and not np.shape(value):
            return x
        if x not in numbers:
            numbers[x] = Variable(0.0)
            if x not in made:
                given.append(x)
        return numbers[x]

    instructions = [
        Instruction(one.operation, tuple(map(number, one.arguments)), {}, (number(one.results[0]),))
        for one in group
    ]
    inputs = tuple(numbers[x] for x in given)
    body = Program(inputs, instructions, tuple(numbers[x] for x in results))
    shared = [i for i, x in enumerate(given) if x.__class__ is Variable and not x.shape]
    try:
        lowered(straight_line_of(body))
    except NotStraight:
        return None
    loop = Loop(OverRows(body, frozenset(shared), frozenset()), shape, len(results))
    return Instruction(NumpyCall(loop), tuple(given), {}, results, True, False)


class Loop:
    """The function that computes some results from arrays of a shape, and numbers."""

    __name__ = "loop"

    def __init__(self, over: OverRows, shape: tuple[int, ...], count: int) -> None:
        self._over = over
        self._shape = shape
        self._count = count

    def __call__(self, *given: Any) -> tuple[Array, ...]:
        results = [np.empty(self._shape) for _ in range(self._count)]
        self._over.into(given, results)
        return tuple(results)
