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

from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Primitive, Structural
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Program,
    Variable,
)
from autograd_lite.program.native.rows import OverRows
from autograd_lite.program.native.sorts import as_numpy_does
from autograd_lite.program.straight import COMPARISONS, NotStraight

WORTHWHILE = 30_000
"""How many numbers a loop is to save from memory at least: those of all operations but one. A call
takes as long as NumPy does for some thousand."""


def with_loops(program: Program) -> Program:
    """The program with loops, each in the place of the instructions that it stands for."""
    return _Fusion(program).program()


Shape = tuple[int, ...]
Kind = tuple[Shape, np.dtype[Any]]
"""The shape of what is computed, and the precision."""


class _Fusion:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._outputs = {x for x in program.outputs if x.__class__ is Variable}
        self._users: dict[Variable, list[Instruction]] = {}
        for one in program.instructions:
            for x in set(one.uses()):
                self._users.setdefault(x, []).append(one)
        self._primitives = {p.arrays: p for p in PRIMITIVES.values() if isinstance(p, Elementwise)}
        self._depths: dict[int, int] = {}
        self._kinds: dict[int, np.dtype[Any]] = {}

    def program(self) -> Program:
        """The program with loops."""
        program = self._program
        self._kinds = self._computed_in()
        chosen = set(self._kinds)
        groups = self._grouped(chosen)
        while leaving := self._truths_that_leave(groups):
            chosen -= leaving
            groups = self._grouped(chosen)
        loops: dict[int, Instruction] = {}
        replaced: set[int] = set()
        for group in groups:
            totals = self._totals(group)
            loop = self._loop(group, totals)
            if loop is not None:
                replaced.update(id(one) for one in (*group, *totals))
                loops[id(group[-1])] = loop
        if not loops:
            return program
        instructions = [
            loops.get(id(one), one)
            for one in sorted(program.instructions, key=lambda one: self._depths[id(one)])
            if id(one) in loops or id(one) not in replaced
        ]
        return Program(program.inputs, instructions, program.outputs, program.notes)

    def _operation(self, one: Instruction) -> Primitive | NumpyCall:
        """What an instruction applies: of a function of NumPy's that is the value of a primitive,
        the primitive."""
        operation = one.operation
        if isinstance(operation, NumpyCall):
            return self._primitives.get(operation.function, operation)
        return operation

    def _computed_in(self) -> dict[int, np.dtype[Any]]:
        """The elementwise instructions, each with the precision in which it computes."""
        found: dict[int, np.dtype[Any]] = {}
        truths: dict[Variable, np.dtype[Any]] = {}
        for one in self._program.instructions:
            if not self._is_pointwise(one):
                continue
            z = one.results[0]
            dtypes = {x for x in map(_precision_of, one.arguments) if x is not None}
            dtypes |= {truths[x] for x in one.uses() if x in truths}
            if z.dtype != np.bool_:
                dtypes.add(z.dtype)
            if len(dtypes) == 1:
                (found[id(one)],) = dtypes
                if z.dtype == np.bool_:
                    truths[z] = found[id(one)]
        return found

    def _is_pointwise(self, one: Instruction) -> bool:
        """Whether it is of floats and truth values and arrays of them."""
        operation, z = self._operation(one), one.results[0]
        if one.is_several or one.params or not z.shape:
            return False
        if isinstance(operation, NumpyCall):
            if operation.function not in COMPARISONS:
                return False
        elif not isinstance(operation, Elementwise) or operation.floats is None:
            return False
        if z.dtype not in (np.float64, np.float32, np.bool_):
            return False
        return all(_fits(x, z.shape) for x in one.arguments)

    # ------------------------------------------------------------ what is done together

    def _grouped(self, chosen: set[int]) -> list[list[Instruction]]:
        """The chosen instructions of a shape that lie equally deep, and how deep all lie.

        Deeper lies what needs something of another shape, or of an instruction that is not chosen.
        So no way leads from a group to another instruction and back.
        """
        depths = self._depths
        of: dict[Variable, tuple[int, Kind | None]] = {}
        for one in self._program.instructions:
            own = self._kind(one) if id(one) in chosen else None
            found = [of[x] for x in one.uses() if x in of]
            depth = max((d + (kind != own) for d, kind in found), default=0)
            depths[id(one)] = depth
            of.update(dict.fromkeys(one.results, (depth, own)))
        groups: dict[tuple[Kind, int], list[Instruction]] = {}
        for one in reversed(self._program.instructions):
            if id(one) in chosen:
                depths[id(one)] = self._sunk(one, chosen)
                groups.setdefault((self._kind(one), depths[id(one)]), []).append(one)
        return [group[::-1] for group in groups.values()]

    def _kind(self, one: Instruction) -> Kind:
        return one.results[0].shape, self._kinds[id(one)]

    def _sunk(self, one: Instruction, chosen: set[int]) -> int:
        """How deep it lies if what only deeper groups of the same shape need goes down to them."""
        z = one.results[0]
        users = self._users.get(z, [])
        own = self._kind(one)
        same = all(id(x) in chosen and self._kind(x) == own for x in users)
        if not users or not same or z in self._outputs:
            return self._depths[id(one)]
        return min(self._depths[id(x)] for x in users)

    def _truths_that_leave(self, groups: list[list[Instruction]]) -> set[int]:
        """Instructions by which a truth value would go from a group to something else, or come
        into it: a loop computes with truth values, and neither gives nor takes any."""
        place = {id(one): i for i, group in enumerate(groups) for one in group}
        made = {one.results[0] for group in groups for one in group}
        leaving = set()
        for group in groups:
            for one in group:
                z = one.results[0]
                users = self._users.get(z, ())
                if z.dtype == np.bool_ and (
                    z in self._outputs or any(place.get(id(x)) != place[id(one)] for x in users)
                ):
                    leaving.add(id(one))
                if any(x.dtype == np.bool_ and x not in made for x in one.uses()):
                    leaving.add(id(one))
        return leaving

    def _totals(self, group: Sequence[Instruction]) -> list[Instruction]:
        """The instructions that add up all numbers of something that a group computes."""
        return [
            one
            for x in (made.results[0] for made in group)
            for one in self._users.get(x, ())
            if isinstance(one.operation, Structural)
            and one.operation.reduces is np.add
            and not one.is_several
            and one.results[0].shape == ()
            and one.params.keys() <= {"axis", "keepdims"}
            and x.dtype == self._kinds[id(group[0])]
            and one.results[0].dtype == x.dtype
        ]

    # ------------------------------------------------------------ a loop

    def _loop(
        self, group: Sequence[Instruction], totals: Sequence[Instruction]
    ) -> Instruction | None:
        """The instruction that does what these do; None if it is not worth it."""
        shape, dtype = self._kind(group[0])
        if len(group) < 2 or (len(group) - 1) * math.prod(shape) < WORTHWHILE:
            return None
        members = {id(one) for one in (*group, *totals)}
        results = [
            x
            for x in (one.results[0] for one in group)
            if x in self._outputs or any(id(user) not in members for user in self._users.get(x, ()))
        ]
        made = {one.results[0] for one in group}
        numbers: dict[Any, Variable] = {}
        given: list[Any] = []

        def number(x: Any) -> Any:
            """What stands for an argument in the program of one number."""
            if x.__class__ is not Variable and not _shape_of(x):
                return x
            if x not in numbers:
                numbers[x] = Variable(0.0)
                if x not in made:
                    given.append(x)
            return numbers[x]

        instructions = []
        for one in group:
            z = one.results[0]
            operation, arguments = as_numpy_does(self._operation(one), one.arguments, z)
            taken = tuple(map(number, arguments))
            instructions.append(Instruction(operation, taken, {}, (number(z),)))
        outputs = [numbers[x] for x in (*results, *(one.arguments[0] for one in totals))]
        body = Program(tuple(numbers[x] for x in given), instructions, tuple(outputs))
        shared = [i for i, x in enumerate(given) if not _shape_of(x)]
        summed = range(len(results), len(outputs))
        try:
            over = OverRows(body, frozenset(shared), frozenset(summed), dtype)
        except NotStraight:
            return None
        stretched = [i for i, x in enumerate(given) if _shape_of(x) not in ((), shape)]
        loop = Loop(over, shape, dtype, len(results), stretched)
        every = (*results, *(one.results[0] for one in totals))
        return Instruction(NumpyCall(loop), tuple(given), {}, every, True, False)


def _fits(x: Any, shape: Shape) -> bool:
    """Whether it is a number, or an array that NumPy stretches to that shape."""
    if x.__class__ is Variable:
        known = x.is_number or x.dtype in (np.float64, np.float32)
        return known or (x.dtype == np.bool_ and x.shape == shape)
    value = np.asarray(x.value if x.__class__ is Constant else x)
    return value.dtype in (np.float64, np.float32) or (not value.shape and value.dtype.kind in "ib")


def _precision_of(x: Any) -> np.dtype[Any] | None:
    """The precision that an argument asks for; None if it takes that of the others, as truth values
    and Python's own numbers do."""
    if x.__class__ is Variable:
        return None if x.is_number or x.dtype == np.bool_ else x.dtype
    value = x.value if x.__class__ is Constant else x
    if not isinstance(value, np.generic | np.ndarray) or value.dtype == np.bool_:
        return None
    return value.dtype if value.dtype.kind == "f" else np.dtype(np.float64)


def _shape_of(x: Any) -> Shape:
    return x.shape if x.__class__ is Variable else np.shape(getattr(x, "value", x))


class Loop:
    """The function that computes some results from arrays of a shape and numbers, and the sums of
    some."""

    __name__ = "loop"

    def __init__(
        self, over: OverRows, shape: Shape, dtype: Any, count: int, stretched: Sequence[int]
    ) -> None:
        self._over = over
        self._shape = shape
        self._dtype = dtype
        self._size = math.prod(shape)
        self._stretched = stretched
        self._count = count

    def __call__(self, *given: Any) -> tuple[Any, ...]:
        results = [np.empty(self._shape, self._dtype) for _ in range(self._count)]
        whole = list(given)
        for i in self._stretched:
            whole[i] = np.broadcast_to(whole[i], self._shape)
        sums = self._over.into(whole, results, self._size)
        return *results, *sums
