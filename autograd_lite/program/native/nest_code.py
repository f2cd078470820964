"""Nests of loops as LLVM's intermediate code.

The innermost loop of a cell runs over some numbers at once, in the lanes of the processor; the last
of them end where the numbers end, so that some are computed twice. What does not change along a
loop is computed before it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.program.native.library import definition
from autograd_lite.program.native.llvm import FORMS
from autograd_lite.program.native.lower import LEAVES, TRUTHS, Op, arguments_of
from autograd_lite.program.native.machine import lanes
from autograd_lite.program.native.nests import KINDS, Buffer, Cell, Leaf, Nest, Place, Sink

UNROLLED = 4
"""How many blocks of numbers of the innermost loop are written one after the other, if they are
all."""

PART = 128
"""How many blocks are added up before the sums are."""

LONG = 160
"""How many operations are written so at most."""


class Module:
    """The functions of a program, and what they call."""

    def __init__(self, write: Callable[[Module, Nest, str], None]) -> None:
        self._write = write
        self._bodies: dict[int, str] = {}
        self.functions: list[str] = []
        self.called: set[tuple[str, int]] = set()
        self.declared: set[str] = set()
        self.constants: dict[bytes, str] = {}
        self.count = 0

    def constant(self, data: Any) -> str:
        """The name of an array that is always the same."""
        held = np.ascontiguousarray(data).tobytes()
        return self.constants.setdefault(held, f"@k{len(self.constants)}")

    def body(self, nest: Nest) -> str:
        """The name of the function of a nest, which is written when it is first asked for."""
        found = self._bodies.get(id(nest))
        if found is None:
            found = self._bodies[id(nest)] = f"body{len(self._bodies)}"
            self._write(self, nest, found)
        return found

    def text(self) -> str:
        """All of it."""
        own = [x for name, n in sorted(self.called) for x in definition(name, n).splitlines()]
        known = {*self.declared, *(x for x in own if x.startswith("declare"))}
        arrays = [
            f'{name} = private unnamed_addr constant [{len(x)} x i8] c"{_escaped(x)}", align 64'
            for x, name in self.constants.items()
        ]
        rest = [x for x in own if not x.startswith("declare")]
        return "\n".join([*sorted(known), *arrays, *rest, *self.functions]) + "\n"


def _escaped(data: bytes) -> str:
    return "".join([_ESCAPED[x] for x in data])


_ESCAPED = [f"\\{i:02X}" for i in range(256)]


class Writer:
    """The lines of one function, `(ptr %arena, ptr %given, ptr %heap)`. Where the heap ends that is
    in use, and where all of it, stands at its beginning."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.lines: list[str] = []
        self.top: list[str] = []
        self.block = "start"
        self._count = 0
        self._pointers: dict[Any, str] = {}

    def new(self, text: str) -> str:
        """The name of what a line gives."""
        name = f"%v{self._count}"
        self._count += 1
        self.lines.append(f"{name} = {text}")
        return name

    def fresh(self) -> int:
        """A number for labels."""
        self._count += 1
        return self._count

    def label(self, name: str) -> None:
        """A new block begins."""
        self.lines.append(f"{name}:")
        self.block = name

    def pointer(self, buffer: Buffer) -> str:
        """Where a buffer begins."""
        if buffer.role == "constant":
            return self.module.constant(buffer.data)
        key = (buffer.role, buffer.index)
        if key not in self._pointers:
            name = f"%{buffer.role[0]}{buffer.index}"
            self._pointers[key] = name
            if buffer.role == "arena":
                self.top.append(f"{name} = getelementptr i8, ptr %arena, i64 {buffer.index}")
            else:
                self.top.append(f"{name}at = getelementptr ptr, ptr %given, i64 {buffer.index}")
                self.top.append(f"{name} = load ptr, ptr {name}at, align 8")
        return self._pointers[key]

    def function(self, name: str) -> str:
        """The whole, which returns 0."""
        head = (
            f"define internal i32 @{name}(ptr %arena, ptr %given, ptr %heap) noinline nounwind {{"
        )
        own = ["start:", *self.top, "br label %begin", "begin:"]
        return "\n".join([head, *own, *self.lines, "ret i32 0", "}"])

    def stop_if(self, condition: str, status: str) -> None:
        """Return at once where a condition holds."""
        number = self.fresh()
        self.lines.append(f"br i1 {condition}, label %stop{number}, label %on{number}")
        self.label(f"stop{number}")
        self.lines.append(f"ret i32 {status}")
        self.label(f"on{number}")

    def loop(
        self, count: int | str, body: Callable[[str, list[str]], list[str]], given: Any
    ) -> Any:
        """A loop; `body` takes its index and what goes from turn to turn, and gives that anew.

        Args:
            given: (type, name) of what goes from turn to turn, as it is before the first.
        """
        number = self.fresh()
        head, end, i = f"l{number}", f"e{number}", f"%i{number}"
        before = "begin" if self.block == "start" else self.block
        names = [f"%c{number}_{k}" for k in range(len(given))]
        self.lines.append(f"br label %{head}")
        self.label(head)
        place = len(self.lines)
        after = body(i, names)
        last = self.block
        step = self.new(f"add nuw nsw i64 {i}, 1")
        phis = [f"{i} = phi i64 [ 0, %{before} ], [ {step}, %{last} ]"]
        for name, (kind, x), y in zip(names, given, after, strict=True):
            phis.append(f"{name} = phi {kind} [ {x}, %{before} ], [ {y}, %{last} ]")
        self.lines[place:place] = phis
        more = self.new(f"icmp ult i64 {step}, {count}")
        self.lines.append(f"br i1 {more}, label %{head}, label %{end}")
        self.label(end)
        return after

    # ------------------------------------------------------------ numbers

    def at(self, place: Place, indices: Sequence[str]) -> str:
        """Which element of its buffer a place is."""
        total: str | None = None
        start = place.start
        for c, i in zip(place.coefficients, indices, strict=False):
            if not c:
                continue
            if i.lstrip("-").isdigit():
                start += c * int(i)
                continue
            term = i if c == 1 else self.new(f"mul nsw i64 {i}, {c}")
            total = term if total is None else self.new(f"add nsw i64 {total}, {term}")
        if total is None:
            return str(start)
        return self.new(f"add nsw i64 {total}, {start}") if start else total

    def address(self, buffer: Buffer, index: str) -> str:
        """The address of an element."""
        kind = KINDS[buffer.kind][0]
        return self.new(f"getelementptr {kind}, ptr {self.pointer(buffer)}, i64 {index}")

    def several(self, kind: str, width: int) -> str:
        """So many beside each other."""
        return kind if width == 1 else f"<{width} x {kind}>"

    def splat(self, kind: str, name: str, width: int) -> str:
        """One number in all lanes."""
        if width == 1:
            return name
        if name[0] != "%":
            return f"splat ({kind} {name})"
        many = self.several(kind, width)
        first = self.new(f"insertelement {many} poison, {kind} {name}, i32 0")
        return self.new(
            f"shufflevector {many} {first}, {many} poison, <{width} x i32> zeroinitializer"
        )

    def load(self, buffer: Buffer, index: str, step: int, width: int) -> str:
        """Numbers that lie a step apart; truth values as such."""
        kind, size = KINDS[buffer.kind]
        if width == 1 or step == 1:
            many = self.several(kind, width)
            found = self.new(f"load {many}, ptr {self.address(buffer, index)}, align {size}")
        else:
            many, found = self.several(kind, width), "poison"
            base = self.address(buffer, index)
            for lane in range(width):
                own = self.new(f"getelementptr {kind}, ptr {base}, i64 {lane * step}")
                x = self.new(f"load {kind}, ptr {own}, align {size}")
                found = self.new(f"insertelement {many} {found}, {kind} {x}, i32 {lane}")
        return self.truth(found, width) if buffer.kind == "b" else found

    def truth(self, x: str, width: int) -> str:
        """Bytes as truth values."""
        none = "0" if width == 1 else "zeroinitializer"
        return self.new(f"icmp ne {self.several('i8', width)} {x}, {none}")

    def store(self, x: str, buffer: Buffer, index: str, step: int, width: int) -> None:
        """Numbers, or truth values, a step apart."""
        kind, size = KINDS[buffer.kind]
        many = self.several(kind, width)
        if buffer.kind == "b":
            x = self.new(f"zext {self.several('i1', width)} {x} to {many}")
        base = self.address(buffer, index)
        if width == 1 or step == 1:
            self.lines.append(f"store {many} {x}, ptr {base}, align {size}")
            return
        for lane in range(width):
            own = self.new(f"getelementptr {kind}, ptr {base}, i64 {lane * step}")
            one = self.new(f"extractelement {many} {x}, i32 {lane}")
            self.lines.append(f"store {kind} {one}, ptr {own}, align {size}")

    def gather(self, leaf: Leaf, index: str, table: str, step: int, width: int) -> str:
        """Numbers at places out of a table, 0 where that is negative. `step` is that of the
        places in the table; the numbers must lie at the same one but for that."""
        buffer = leaf.place.buffer
        kind, size = KINDS[buffer.kind]
        assert leaf.table is not None
        found = self.load(leaf.table.buffer, table, step, width)
        many = self.several(kind, width)
        across = leaf.place.coefficients[-1] if width > 1 else 0
        if across:
            steps = ", ".join(f"i64 {across * lane}" for lane in range(width))
            there = self.new(f"add <{width} x i64> {found}, <{steps}>")
        else:
            there = found
        none = "0" if width == 1 else "zeroinitializer"
        ok = self.new(f"icmp sge {self.several('i64', width)} {found}, {none}")
        base = self.address(buffer, index)
        if width == 1:
            safe = self.new(f"select i1 {ok}, i64 {there}, i64 0")
            at = self.new(f"getelementptr {kind}, ptr {base}, i64 {safe}")
            start = self.pointer(buffer)
            at = self.new(f"select i1 {ok}, ptr {at}, ptr {start}")
            x = self.new(f"load {kind}, ptr {at}, align {size}")
            zero = "0.0" if kind == "double" else "0"
            x = self.new(f"select i1 {ok}, {kind} {x}, {kind} {zero}")
        else:
            own = f"v{width}{'f64' if kind == 'double' else kind}"
            name = f"@llvm.masked.gather.{own}.v{width}p0"
            pointers, mask = f"<{width} x ptr>", f"<{width} x i1>"
            self.module.declared.add(f"declare {many} {name}({pointers}, i32, {mask}, {many})")
            at = self.new(f"getelementptr {kind}, ptr {base}, <{width} x i64> {there}")
            x = self.new(
                f"call {many} {name}({pointers} {at}, i32 {size}, {mask} {ok}, {many} "
                "zeroinitializer)"
            )
        return self.truth(x, width) if buffer.kind == "b" else x

    # ------------------------------------------------------------ operations

    def operation(self, op: Op, given: Sequence[str], width: int) -> str:
        """What an operation gives."""
        kind, truth = self.several("double", width), self.several("i1", width)
        form = FORMS.get(op[0])
        if form is not None:
            true = "true" if width == 1 else "splat (i1 true)"
            return self.new(form.format(*given, kind=kind, truth=truth, true=true))
        self.module.called.add((op[1], width))
        taken = ", ".join(f"{kind} {x}" for x in given)
        return self.new(f"call {kind} @{op[1]}.{width}({taken})")

    def combined(self, how: tuple[list[Op], int], x: str, y: str, width: int) -> str:
        """Two numbers as one."""
        names: list[str] = []
        for op in how[0]:
            if op[0] == "input":
                names.append((x, y)[op[1]])
            elif op[0] == "constant":
                names.append(self.splat("double", number(op[1]), width))
            else:
                given = [names[i] for i in arguments_of(op)]
                names.append(self.operation(op, given, width))
        return names[how[1]]

    def across(self, how: tuple[list[Op], int], x: str, width: int) -> str:
        """All lanes as one number."""
        while width > 1:
            half, many = width // 2, self.several("double", width)
            parts = []
            for start in (0, half):
                places = ", ".join(f"i32 {start + i}" for i in range(half))
                part = self.new(
                    f"shufflevector {many} {x}, {many} poison, <{half} x i32> <{places}>"
                )
                if half == 1:
                    part = self.new(f"extractelement <1 x double> {part}, i32 0")
                parts.append(part)
            x, width = self.combined(how, parts[0], parts[1], half), half
        return x


def number(x: float) -> str:
    """A number as LLVM reads it."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


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
            s for s in cell.sinks if s.combine and not s.table and not s.place.coefficients[-1]
        ]
        kind = w.several("double", width)
        starts = [w.splat("double", number(s.neutral), width) for s in gathered]
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
            totals = self._long(blocks, body, gathered, [(kind, x) for x in starts])
            self._known = outer
        for sink, total in zip(gathered, totals, strict=True):
            assert sink.combine is not None
            whole = w.across(sink.combine, total, width)
            self._ended(sink, whole)

    def _long(self, blocks: int, body: Any, gathered: Sequence[Sink], given: Any) -> list[str]:
        """A loop; what it combines is near to what it is if it is combined of parts."""
        w = self._w
        if not gathered or blocks <= 2 * PART:
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
        for sink, total in zip(gathered, totals, strict=True):
            assert sink.combine is not None
            x = self._masked(self._operand(sink.op, width), sink, mask)
            after.append(w.combined(sink.combine, total, x, width))
        for sink in self._cell.sinks:
            if not any(sink is x for x in gathered):
                self._sunk(sink, width, mask)
        self._indices.pop()
        return after

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
