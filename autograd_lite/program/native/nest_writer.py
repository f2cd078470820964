"""Modules and functions of LLVM's intermediate code: numbers, some beside each other, in memory."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.program.native.library import definition
from autograd_lite.program.native.llvm import FORMS
from autograd_lite.program.native.lower import Op, arguments_of
from autograd_lite.program.native.nests import KINDS, Buffer, Leaf, Nest, Place


class Module:
    """The functions of a program, and what they call."""

    def __init__(self, write: Callable[[Module, Nest, str], None]) -> None:
        self._write = write
        self._bodies: dict[int, str] = {}
        self.functions: list[str] = []
        self.called: set[tuple[str, int]] = set()
        self.declared: set[str] = set()
        self.products: set[str] = set()
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
