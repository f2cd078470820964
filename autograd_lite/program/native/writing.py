"""Lines of LLVM's code that are written one after the other: names, loops, reads of numbers."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.program.native.machine import has_multiply_add


class Lines:
    """The body of a function of numbers of one kind, `double` or `float`."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.number = "double" if bits == 64 else "float"
        self.text: list[str] = []
        self.declared: dict[str, None] = {}
        self._count = 0
        self._fused = has_multiply_add()

    def new(self, letter: str = "v") -> str:
        """A name that is not taken."""
        self._count += 1
        return f"%{letter}{self._count}"

    def line(self, text: str) -> str:
        """The name of what an instruction gives."""
        name = self.new()
        self.text.append(f"{name} = {text}")
        return name

    def type(self, width: int) -> str:
        """A number, or that many beside each other."""
        return self.number if width == 1 else f"<{width} x {self.number}>"

    def suffix(self, width: int) -> str:
        """What the names of LLVM's own functions of the type end with."""
        return f"f{self.bits}" if width == 1 else f"v{width}f{self.bits}"

    # ------------------------------------------------------------ memory

    def at(self, pointer: str, place: str | int) -> str:
        """The address of a number by its distance from another."""
        return self.line(f"getelementptr {self.number}, ptr {pointer}, i64 {place}")

    def place(self, x: str, dx: int, y: str, dy: int) -> str:
        """x·dx + y·dy."""
        first, second = self.line(f"mul i64 {x}, {dx}"), self.line(f"mul i64 {y}, {dy}")
        return self.line(f"add i64 {first}, {second}")

    def read(self, pointer: str, place: str | int, width: int, most: int = 0) -> str:
        """Numbers beside each other; of as many as `most` only the first are read, if it is
        given, the others are 0."""
        at, kind, align = self.at(pointer, place), self.type(most or width), self.bits // 8
        if not most or most == width:
            return self.line(f"load {kind}, ptr {at}, align {align}")
        truth = f"<{most} x i1>"
        name = f"@llvm.masked.load.{self.suffix(most)}.p0"
        self.declared[f"declare {kind} {name}(ptr, i32, {truth}, {kind})"] = None
        some = _mask(width, most)
        return self.line(
            f"call {kind} {name}(ptr {at}, i32 {align}, {truth} {some}, {kind} zeroinitializer)"
        )

    def write(self, x: str, pointer: str, place: str | int, width: int, most: int = 0) -> None:
        """Numbers that were read so, put to memory."""
        at, kind, align = self.at(pointer, place), self.type(most or width), self.bits // 8
        if not most or most == width:
            self.text.append(f"store {kind} {x}, ptr {at}, align {align}")
            return
        truth, some = f"<{most} x i1>", _mask(width, most)
        name = f"@llvm.masked.store.{self.suffix(most)}.p0"
        self.declared[f"declare void {name}({kind}, ptr, i32, {truth})"] = None
        self.text.append(f"call void {name}({kind} {x}, ptr {at}, i32 {align}, {truth} {some})")

    # ------------------------------------------------------------ numbers

    def everywhere(self, x: str, width: int) -> str:
        """One number in each place."""
        if width == 1:
            return x
        kind = self.type(width)
        first = self.line(f"insertelement {kind} poison, {self.number} {x}, i32 0")
        zeros = f"<{width} x i32> zeroinitializer"
        return self.line(f"shufflevector {kind} {first}, {kind} poison, {zeros}")

    def multiply_add(self, x: str, y: str, z: str, width: int) -> str:
        """x·y + z, rounded once where the processor can."""
        kind = self.type(width)
        if not self._fused:
            return self.line(f"fadd {kind} {z}, {self.line(f'fmul {kind} {x}, {y}')}")
        name = f"@llvm.fma.{self.suffix(width)}"
        self.declared[f"declare {kind} {name}({kind}, {kind}, {kind})"] = None
        return self.line(f"call {kind} {name}({kind} {x}, {kind} {y}, {kind} {z})")

    # ------------------------------------------------------------ loops

    def loop(self, end: int, step: int, body: Callable[[str], None]) -> None:
        """The body for 0, step, 2·step … below the end, which is more than 0."""

        def alone(i: str, _: list[str]) -> list[str]:
            body(i)
            return []

        self.carrying(str(end), [], alone, step)

    def carrying(
        self,
        end: str,
        start: list[tuple[str, str]],
        body: Callable[[str, list[str]], list[str]],
        step: int = 1,
    ) -> list[str]:
        """The same where each time gives values to the next; the last are returned.

        Args:
            end: a number, or the name of one.
            start: the types of the values, and what they are at first.
            body: of the count and the values; gives the next.
            step: how the count grows.
        """
        here = self.new("at")[1:]
        now, then = f"%{here}_i", f"%{here}_next"
        self.text += [f"br label %{here}_before", f"{here}_before:", f"br label %{here}"]
        self.text += [f"{here}:", f"{now} = phi i64 [ 0, %{here}_before ], [ {then}, %{here}_end ]"]
        names = [self.new() for _ in start]
        place = len(self.text)
        result = body(now, names)
        self.text[place:place] = [
            f"{name} = phi {kind} [ {first}, %{here}_before ], [ {last}, %{here}_end ]"
            for name, (kind, first), last in zip(names, start, result, strict=True)
        ]
        self.text += [
            f"br label %{here}_end",
            f"{here}_end:",
            f"{then} = add nuw i64 {now}, {step}",
            f"%{here}_more = icmp ult i64 {then}, {end}",
            f"br i1 %{here}_more, label %{here}, label %{here}_done",
            f"{here}_done:",
        ]
        return result

    def function(self, head: str) -> str:
        """The function of these lines, which returns nothing."""
        body = [x if x.endswith(":") else f"  {x}" for x in self.text]
        return "\n".join([head, *body, "  ret void", "}"])


def _mask(width: int, most: int) -> str:
    return "<" + ", ".join(f"i1 {'true' if i < width else 'false'}" for i in range(most)) + ">"
