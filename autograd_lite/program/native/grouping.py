"""Which elementwise operations are done together, and which values lie in memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.program.instructions import Instruction, Program, Variable

MOST = 200
"""How many operations are one kernel at most."""

DEEP = 6
"""So often in a row a value is computed where it is needed, and not before."""


@dataclass
class Unit:
    """What is done at a time: an instruction, or elementwise ones of one shape."""

    one: Any = None
    group: list[Instruction] = field(default_factory=list)
    reductions: list[Instruction] = field(default_factory=list)
    """What reduces a value of the group."""
    kept: list[Variable] = field(default_factory=list)
    """The values that are to lie in memory."""
    is_inlined: bool = False
    """Whether the group is computed where its one result is needed."""


class Grouping:
    """The units of a program, in order."""

    def __init__(
        self,
        program: Program,
        sort_of: Callable[[Instruction], str],
        moves_of: Callable[[Instruction], Any],
    ) -> None:
        self._program = program
        self._moves_of = moves_of
        self._outputs = {x for x in program.outputs if x.__class__ is Variable}
        self.sorts = {id(one): sort_of(one) for one in program.instructions}
        self._users: dict[Variable, list[Instruction]] = {}
        self._maker: dict[Variable, Instruction] = {}
        for one in program.instructions:
            for x in dict.fromkeys(one.uses()):
                self._users.setdefault(x, []).append(one)
            self._maker.update(dict.fromkeys(one.results, one))
        self._depths: dict[int, int] = {}

    def units(self) -> list[Unit]:
        """All of them, each after what it needs."""
        groups = self._grouped()
        place = {id(one): i for i, group in enumerate(groups) for one in group}
        attached: dict[int, list[Instruction]] = {}
        merged: set[int] = set()
        for one in self._program.instructions:
            x = one.arguments[0] if one.arguments else None
            if self.sorts[id(one)] == "reduce" and x.__class__ is Variable:
                maker = self._maker.get(x)
                if maker is not None and id(maker) in place and x.shape:
                    attached.setdefault(place[id(maker)], []).append(one)
                    merged.add(id(one))
        found: list[tuple[int, int, Unit]] = []
        depth_of_inlined: dict[int, int] = {}
        positions = {id(one): i for i, one in enumerate(self._program.instructions)}
        for i, group in enumerate(groups):
            unit = Unit(group=group, reductions=attached.get(i, []))
            self._decide(unit, place, i, depth_of_inlined)
            found.append((self._depths[id(group[0])], positions[id(group[-1])], unit))
        for one in self._program.instructions:
            if id(one) not in place and id(one) not in merged:
                found.append((self._depths[id(one)], positions[id(one)], Unit(one)))
        found.sort(key=lambda x: x[:2])
        return [unit for _, _, unit in found]

    def _grouped(self) -> list[list[Instruction]]:
        """The elementwise instructions of a shape that lie equally deep; deeper lies what needs
        something of another shape, or of an instruction that is not elementwise. So no way leads
        from a group to another instruction and back."""
        depths, sorts = self._depths, self.sorts
        of: dict[Variable, tuple[int, Any]] = {}
        for one in self._program.instructions:
            own = one.results[0].shape if sorts[id(one)] == "point" else None
            found = [of[x] for x in one.uses() if x in of]
            depth = max((d + (kind != own or own is None) for d, kind in found), default=0)
            depths[id(one)] = depth
            of.update(dict.fromkeys(one.results, (depth, own)))
        groups: dict[Any, list[Instruction]] = {}
        for one in reversed(self._program.instructions):
            if sorts[id(one)] == "point":
                shape = one.results[0].shape
                depths[id(one)] = self._sunk(one)
                groups.setdefault((shape, depths[id(one)]), []).append(one)
        return [
            part
            for group in groups.values()
            for start in range(0, len(group), MOST)
            for part in [group[::-1][start : start + MOST]]
        ]

    def _sunk(self, one: Instruction) -> int:
        """How deep it lies if what only deeper groups of the same shape need goes down to them."""
        z = one.results[0]
        users = self._users.get(z, [])
        same = all(self.sorts[id(x)] == "point" and x.results[0].shape == z.shape for x in users)
        if not users or not same or z in self._outputs:
            return self._depths[id(one)]
        return min(self._depths[id(x)] for x in users)

    # ------------------------------------------------------------ what lies in memory

    def _decide(self, unit: Unit, place: dict[int, int], i: int, deep: dict[int, int]) -> None:
        """What of a group is kept, or whether it is computed where it is needed."""
        outside: list[tuple[Variable, list[Any]]] = []
        attached = {id(one) for one in unit.reductions}
        for one in unit.group:
            z = one.results[0]
            ends = [
                (user, whole)
                for user, whole in self._ends(z)
                if user is None
                or (place.get(id(user)) != i and id(user) not in attached)
                or (place.get(id(user)) == i and not self._is_direct(z, user))
            ]
            if ends or z in self._outputs:
                outside.append((z, ends))
        unit.kept = [z for z, _ in outside]
        if len(outside) != 1 or unit.reductions:
            return
        ((z, ends),) = outside
        if z in self._outputs or len(ends) != 1 or ends[0][0] is None or not ends[0][1]:
            return
        user = ends[0][0]
        if self.sorts[id(user)] in ("point", "reduce", "spread"):
            level = 1 + max(
                [
                    deep.get(place.get(id(self._maker[x]), -1), 0)
                    for one in unit.group
                    for x in one.uses()
                    if x in self._maker
                ]
                or [0]
            )
            if level <= DEEP and len(unit.group) <= 40:
                unit.is_inlined = True
                deep[i] = level

    def _is_direct(self, z: Variable, user: Instruction) -> bool:
        return any(x is z for x in user.arguments)

    def _ends(self, z: Variable, whole: bool = True) -> list[tuple[Any, bool]]:
        """Who computes with a value, though it be moved before, and whether each of its numbers is
        read once at most; None for an output."""
        found: list[tuple[Any, bool]] = []
        size = math.prod(z.shape)
        for user in self._users.get(z, ()):
            sort = self.sorts[id(user)]
            if sort != "move":
                shape = user.results[0].shape
                once = sort in ("reduce", "spread") or math.prod(shape) == size
                found.append((user, whole and once and list(user.arguments).count(z) == 1))
                continue
            for k, x in enumerate(user.arguments):
                if x is not z:
                    continue
                for result, (_, _, boxes, counts) in zip(
                    user.results, self._moves_of(user), strict=True
                ):
                    if k not in counts:
                        continue
                    once = boxes is not None and counts[k] <= size
                    if result in self._outputs:
                        found.append((None, False))
                    found += self._ends(result, whole and once)
        return found
