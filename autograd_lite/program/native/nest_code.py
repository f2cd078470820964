"""Nests of loops as LLVM's intermediate code.

The innermost loop of a cell runs over some numbers at once, in the lanes of the processor; the last
of them end where the numbers end, so that some are computed twice. What does not change along a
loop is computed before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.program.native.lower import LEAVES, TRUTHS, arguments_of
from autograd_lite.program.native.machine import lanes
from autograd_lite.program.native.nest_writer import Writer, number
from autograd_lite.program.native.nests import Cell, Indices, Leaf, Place, Sink

UNROLLED = 4
"""How many blocks of numbers of the innermost loop are written one after the other, if they are
all."""

PART = 128
"""How many blocks are added up before the sums are."""

LONG = 160
"""How many operations are written so at most."""


def write_indices(w: Writer, step: Indices) -> None:
    """The loop over some indices; it stops where one lies outside."""
    n = step.length

    def body(i: str, names: list[str]) -> list[str]:
        index = w.load(step.given.buffer, w.new(f"add i64 {i}, {step.given.offset}"), 1, 1)
        below = w.new(f"icmp slt i64 {index}, 0")
        later = w.new(f"add i64 {index}, {n}")
        own = w.new(f"select i1 {below}, i64 {later}, i64 {index}")
        w.stop_if(w.new(f"icmp uge i64 {own}, {n}"), "2")
        w.store(w.new(f"mul i64 {own}, {step.step}"), step.made.buffer, i, 1, 1)
        return []

    w.loop(step.count, body, ())


class CellWriter:
    """The loops of one cell."""

    def __init__(self, writer: Writer, cell: Cell) -> None:
        self._w = writer
        self._cell = cell
        self._loops = len(cell.shape)
        n = cell.shape[-1] if cell.shape else 1
        self._width = 1
        while 2 * self._width <= min(n, lanes()):
            self._width *= 2
        self._levels = self._found_levels()
        self._indices: list[str] = []
        self._known: dict[int, str] = {}
        self._wide: dict[int, str] = {}

    def _found_levels(self) -> list[int]:
        """For each operation how many loops it lies in."""
        cell = self._cell
        levels: list[int] = []
        for op in cell.ops:
            if op[0] == "constant":
                levels.append(0)
            elif op[0] == "input":
                leaf = cell.leaves[op[1]]
                levels.append(max(_depth(leaf.place), _depth(leaf.table)))
            else:
                levels.append(max([levels[x] for x in arguments_of(op)], default=0))
        return levels

    def write(self) -> None:
        """All of them."""
        self._nest(0)

    def _nest(self, level: int) -> None:
        cell = self._cell
        if level < self._loops or not self._loops:
            self._operations(level, 1)
        if not self._loops:
            for sink in cell.sinks:
                self._sunk(sink, 1, "")
            return
        if level == self._loops - 1:
            self._innermost()
            return

        def body(i: str, names: list[str]) -> list[str]:
            known = dict(self._known)
            self._indices.append(i)
            self._nest(level + 1)
            self._indices.pop()
            self._known = known
            return []

        self._w.loop(cell.shape[level], body, ())

    # ------------------------------------------------------------ the innermost loop

    def _innermost(self) -> None:
        cell, w, width = self._cell, self._w, self._width
        n = cell.shape[-1]
        blocks = -(-n // width)
        gathered = [
            s
            for s in cell.sinks
            if s.extreme or (s.combine and not s.table and not s.place.coefficients[-1])
        ]
        kind, places = w.several("double", width), w.several("i64", width)
        given: list[tuple[str, str]] = []
        for s in gathered:
            start = math.inf if s.extreme == "lt" else -math.inf if s.extreme else s.neutral
            given.append((kind, w.splat("double", number(start), width)))
            if s.extreme:
                given.append((places, self._lane_numbers("0")))
        starts = [x for _, x in given]
        self._wide = {}
        outer = dict(self._known)
        inner = sum(level == self._loops for level in self._levels)
        if blocks <= UNROLLED and inner * blocks <= LONG:
            totals = starts
            for block in range(blocks):
                at = min(block * width, n - width)
                mask = self._new_lanes(str(at), block * width - at) if at < block * width else ""
                totals = self._block(str(at), mask, gathered, totals)
                self._known = dict(outer)
        else:

            def body(i: str, names: list[str]) -> list[str]:
                at, mask = i, ""
                if width > 1:
                    at = w.new(f"mul nuw nsw i64 {i}, {width}")
                if n % width:
                    start = at
                    w.module.declared.add("declare i64 @llvm.umin.i64(i64, i64)")
                    at = w.new(f"call i64 @llvm.umin.i64(i64 {start}, i64 {n - width})")
                    if any(s.combine for s in cell.sinks):
                        mask = self._new_lanes(at, w.new(f"sub i64 {start}, {at}"))
                return self._block(at, mask, gathered, names)

            self._splat_outer()
            totals = self._long(blocks, body, gathered, given)
            self._known = outer
        rest = iter(totals)
        for sink in gathered:
            if sink.extreme:
                place = self._place_across(sink, next(rest), next(rest))
                index = w.at(sink.place, self._indices)
                w.store(place, sink.place.buffer, index, 1, 1)
            else:
                assert sink.combine is not None
                self._ended(sink, w.across(sink.combine, next(rest), width))

    def _lane_numbers(self, at: str) -> str:
        """The indices of the lanes."""
        w, width = self._w, self._width
        if width == 1:
            return at
        numbers = ", ".join(f"i64 {i}" for i in range(width))
        if at == "0":
            return f"<{numbers}>"
        return w.new(f"add <{width} x i64> {w.splat('i64', at, width)}, <{numbers}>")

    def _more_extreme(self, sink: Sink, pairs: Sequence[str], width: int) -> list[str]:
        """Of two numbers and their places the first, unless the second is more extreme, or as
        extreme and before it; nan is the most extreme."""
        w, (x, i, y, j) = self._w, pairs
        kind, truth = w.several("double", width), w.several("i1", width)
        places = w.several("i64", width)
        beyond = w.new(f"fcmp u{sink.extreme} {kind} {y}, {x}")
        is_number = w.new(f"fcmp ord {kind} {x}, {x}")
        better = w.new(f"and {truth} {beyond}, {is_number}")
        same = w.new(f"fcmp ueq {kind} {x}, {y}")
        no_number = w.new(f"fcmp uno {kind} {y}, {y}")
        alike = w.new(f"fcmp oeq {kind} {x}, {y}")
        both = w.new(f"and {truth} {same}, {no_number}")
        either = w.new(f"or {truth} {alike}, {both}")
        sooner = w.new(f"icmp slt {places} {j}, {i}")
        tie = w.new(f"and {truth} {either}, {sooner}")
        # nan beside a number was decided above; beside nan the place decides
        lost = w.new(f"fcmp ord {kind} {x}, {x}")
        mixed = w.new(f"and {truth} {both}, {lost}")
        apart = w.new(f"select {truth} {mixed}, {truth} {better}, {truth} {tie}")
        taken = w.new(f"or {truth} {better}, {apart}")
        return [
            w.new(f"select {truth} {taken}, {kind} {y}, {kind} {x}"),
            w.new(f"select {truth} {taken}, {places} {j}, {places} {i}"),
        ]

    def _place_across(self, sink: Sink, x: str, i: str) -> str:
        """The place of the most extreme number of all lanes."""
        w, width = self._w, self._width
        while width > 1:
            half = width // 2
            parts = []
            for start in (0, half):
                for name, element in ((x, "double"), (i, "i64")):
                    many = w.several(element, width)
                    lanes_ = ", ".join(f"i32 {start + k}" for k in range(half))
                    part = w.new(
                        f"shufflevector {many} {name}, {many} poison, <{half} x i32> <{lanes_}>"
                    )
                    if half == 1:
                        part = w.new(f"extractelement <1 x {element}> {part}, i32 0")
                    parts.append(part)
            x, i = self._more_extreme(sink, parts, half)
            width = half
        return i

    def _long(self, blocks: int, body: Any, gathered: Sequence[Sink], given: Any) -> list[str]:
        """A loop; what it combines is near to what it is if it is combined of parts."""
        w = self._w
        if not gathered or blocks <= 2 * PART or any(s.extreme for s in gathered):
            return w.loop(blocks, body, given)  # type: ignore[no-any-return]

        def part(start: str, count: int, totals: Sequence[str]) -> list[str]:
            def shifted(i: str, names: list[str]) -> list[str]:
                return body(w.new(f"add nuw nsw i64 {i}, {start}"), names)  # type: ignore[no-any-return]

            found = w.loop(count, shifted, given)
            pairs = zip(gathered, totals, found, strict=True)
            return [w.combined(s.combine, x, y, self._width) for s, x, y in pairs if s.combine]

        def parts(i: str, names: list[str]) -> list[str]:
            return part(w.new(f"mul nuw nsw i64 {i}, {PART}"), PART, names)

        totals = w.loop(blocks // PART, parts, given)
        rest = blocks % PART
        if rest:
            totals = part(str(blocks - rest), rest, totals)
        return totals  # type: ignore[no-any-return]

    def _new_lanes(self, at: str, done: Any) -> str:
        """Which lanes were not computed before."""
        w, width = self._w, self._width
        numbers = ", ".join(f"i64 {i}" for i in range(width))
        first = w.splat("i64", str(done), width)
        return w.new(f"icmp sge <{width} x i64> <{numbers}>, {first}")

    def _block(
        self, at: str, mask: str, gathered: Sequence[Sink], totals: Sequence[str]
    ) -> list[str]:
        self._indices.append(at)
        self._operations(self._loops, self._width)
        after = []
        w, width = self._w, self._width
        rest = iter(totals)
        for sink in gathered:
            total = next(rest)
            if sink.extreme:
                y = self._operand(sink.op, width)
                pairs = [total, next(rest), y, self._lane_numbers(at)]
                after += self._further(sink, pairs)
                continue
            assert sink.combine is not None
            x = self._masked(self._operand(sink.op, width), sink, mask)
            after.append(w.combined(sink.combine, total, x, width))
        for sink in self._cell.sinks:
            if not any(sink is x for x in gathered):
                self._sunk(sink, width, mask)
        self._indices.pop()
        return after

    def _further(self, sink: Sink, pairs: Sequence[str]) -> list[str]:
        """The same as `_more_extreme`, where the second number comes behind the first."""
        w, width, (x, i, y, j) = self._w, self._width, pairs
        kind, truth = w.several("double", width), w.several("i1", width)
        beyond = w.new(f"fcmp u{sink.extreme} {kind} {y}, {x}")
        is_number = w.new(f"fcmp ord {kind} {x}, {x}")
        taken = w.new(f"and {truth} {beyond}, {is_number}")
        places = w.several("i64", width)
        return [
            w.new(f"select {truth} {taken}, {kind} {y}, {kind} {x}"),
            w.new(f"select {truth} {taken}, {places} {j}, {places} {i}"),
        ]

    def _masked(self, x: str, sink: Sink, mask: str) -> str:
        if not mask:
            return x
        w, width = self._w, self._width
        kind = w.several("double", width)
        none = w.splat("double", number(sink.neutral), width)
        return w.new(f"select <{width} x i1> {mask}, {kind} {x}, {kind} {none}")

    def _ended(self, sink: Sink, x: str) -> None:
        """What was combined along the innermost loop goes to its place."""
        w, place = self._w, sink.place
        index = w.at(place, self._indices)
        if not sink.direct:
            assert sink.combine is not None
            x = w.combined(sink.combine, w.load(place.buffer, index, 1, 1), x, 1)
        w.store(x, place.buffer, index, 1, 1)

    def _sunk(self, sink: Sink, width: int, mask: str) -> None:
        w, place = self._w, sink.place
        x = self._operand(sink.op, width)
        step = place.coefficients[-1] if place.coefficients else 0
        if sink.table is not None:
            self._scattered(sink, self._masked(x, sink, mask), width)
            return
        index = w.at(place, self._indices)
        if sink.combine is not None and not sink.direct:
            x = self._masked(x, sink, mask)
            x = w.combined(sink.combine, w.load(place.buffer, index, step, width), x, width)
        w.store(x, place.buffer, index, step, width)

    def _scattered(self, sink: Sink, x: str, width: int) -> None:
        """Combined with what lies at places out of a table, one after the other."""
        w, place = self._w, sink.place
        assert sink.table is not None
        assert sink.combine is not None
        along = sink.table.coefficients
        table = w.at(sink.table, self._indices)
        base = w.at(place, self._indices)
        step = place.coefficients[-1] if place.coefficients else 0
        if not along or along[-1] == 0:
            row = w.load(sink.table.buffer, table, 1, 1)
            if step == 1 or width == 1:
                index = w.new(f"add i64 {row}, {base}")
                both = w.combined(sink.combine, w.load(place.buffer, index, 1, width), x, width)
                w.store(both, place.buffer, index, 1, width)
                return
            there = w.splat("i64", row, width)
        else:
            there = w.load(sink.table.buffer, table, along[-1], width)
        for lane in range(width):
            one, own = x, there
            if width > 1:
                one = w.new(f"extractelement <{width} x double> {x}, i32 {lane}")
                own = w.new(f"extractelement <{width} x i64> {there}, i32 {lane}")
            index = w.new(f"add i64 {own}, {base}")
            if step and lane:
                index = w.new(f"add i64 {index}, {step * lane}")
            both = w.combined(sink.combine, w.load(place.buffer, index, 1, 1), one, 1)
            w.store(both, place.buffer, index, 1, 1)

    # ------------------------------------------------------------ operations

    def _operations(self, level: int, width: int) -> None:
        """Those that lie in so many loops."""
        cell, w = self._cell, self._w
        for i, op in enumerate(cell.ops):
            if self._levels[i] != level or (op[0] == "constant"):
                continue
            if op[0] == "input":
                self._known[i] = self._read(cell.leaves[op[1]], width)
            else:
                given = [self._operand(x, width) for x in arguments_of(op)]
                self._known[i] = w.operation(op, given, width)

    def _read(self, leaf: Leaf, width: int) -> str:
        w = self._w
        index = w.at(leaf.place, self._indices)
        step = leaf.place.coefficients[-1] if leaf.place.coefficients else 0
        if leaf.table is None:
            return w.load(leaf.place.buffer, index, step, width)
        along = leaf.table.coefficients
        table = w.at(leaf.table, self._indices)
        if width > 1 and along[-1] == 0:
            return self._row(leaf, index, table, step)
        return w.gather(leaf, index, table, along[-1] if along else 0, width)

    def _row(self, leaf: Leaf, index: str, table: str, step: int) -> str:
        """Some numbers of a row that a table tells."""
        w, width, buffer = self._w, self._width, leaf.place.buffer
        assert leaf.table is not None
        there = w.load(leaf.table.buffer, table, 1, 1)
        ok = w.new(f"icmp sge i64 {there}, 0")
        safe = w.new(f"select i1 {ok}, i64 {there}, i64 0")
        x = w.load(buffer, w.new(f"add i64 {safe}, {index}"), step, width)
        element = "i1" if buffer.kind == "b" else "double"
        kind = w.several(element, width)
        return w.new(f"select i1 {ok}, {kind} {x}, {kind} zeroinitializer")

    def _is_truth(self, i: int) -> bool:
        op = self._cell.ops[i]
        return op[0] in TRUTHS or (op[0] == "input" and op[1] in self._cell.truths)

    def _operand(self, i: int, width: int) -> str:
        """The result of an operation, in all lanes."""
        op = self._cell.ops[i]
        if op[0] == "constant":
            return self._w.splat("double", number(op[1]), width)
        name = self._known[i]
        if width == 1 or self._levels[i] == self._loops:
            return name
        if i not in self._wide:
            wide = self._w.splat("i1" if self._is_truth(i) else "double", name, width)
            if self._levels[i] == self._loops:
                return wide
            self._wide[i] = wide
        return self._wide[i]

    def _splat_outer(self) -> None:
        """Everything from outside that the innermost loop uses, in all lanes: before it begins."""
        if self._width == 1:
            return
        for i, op in enumerate(self._cell.ops):
            if self._levels[i] == self._loops and op[0] not in LEAVES:
                for x in arguments_of(op):
                    if self._levels[x] < self._loops:
                        self._operand(x, self._width)
        for sink in self._cell.sinks:
            if self._levels[sink.op] < self._loops:
                self._operand(sink.op, self._width)


def _depth(place: Place | None) -> int:
    """How many loops something lies in that changes with them."""
    if place is None:
        return 0
    return max((a + 1 for a, c in enumerate(place.coefficients) if c), default=0)
