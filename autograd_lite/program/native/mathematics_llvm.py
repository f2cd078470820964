"""Elementary functions as LLVM's intermediate code, for a number or for some beside each other."""

from __future__ import annotations

import struct

from autograd_lite.program.native.mathematics import Builder, Float, Handle
from autograd_lite.program.native.mathematics_table import FUNCTIONS

_INSTRUCTIONS = {"both": "and", "either": "or"}
_COMPARE = {"flt": "fcmp olt", "fle": "fcmp ole", "feq": "fcmp oeq", "lt": "icmp slt",
            "eq": "icmp eq"}  # fmt: skip


class LlvmBuilder(Builder):
    """Terms are names of registers, and constants; `lines` is the body of the function so far."""

    def __init__(self, lanes: int, width: int = 64, fused: bool = False) -> None:
        self.lanes = lanes
        self.width = width
        self.lines: list[str] = []
        self.declared: set[str] = set()
        self._flag = " contract" if fused else ""
        self._block = "start"
        self._count = 0
        self.float = "double" if width == 64 else "float"
        self.int = f"i{width}"

    def kind(self, element: str) -> str:
        """The type of as many elements as there are lanes."""
        return element if self.lanes == 1 else f"<{self.lanes} x {element}>"

    def _constant(self, element: str, text: str) -> str:
        return text if self.lanes == 1 else f"splat ({element} {text})"

    def new(self, text: str) -> str:
        name = f"%t{self._count}"
        self._count += 1
        self.lines.append(f"  {name} = {text}")
        return name

    def number(self, x: float) -> Handle:
        if self.width == 32:
            x = struct.unpack("<f", struct.pack("<f", x))[0]
        bits = struct.unpack("<Q", struct.pack("<d", x))[0]
        return self._constant(self.float, f"0x{bits:016X}")

    def integer(self, i: int) -> Handle:
        half = 1 << (self.width - 1)
        return self._constant(self.int, str((i + half) % (2 * half) - half))

    def binary(self, operation: str, x: Handle, y: Handle) -> Handle:
        name = _INSTRUCTIONS.get(operation, operation)
        if operation[0] == "f":
            return self.new(f"{name}{self._flag} {self.kind(self.float)} {x}, {y}")
        element = "i1" if operation in _INSTRUCTIONS else self.int
        return self.new(f"{name} {self.kind(element)} {x}, {y}")

    def compare(self, operation: str, x: Handle, y: Handle) -> Handle:
        element = self.float if operation[0] == "f" else self.int
        return self.new(f"{_COMPARE[operation]} {self.kind(element)} {x}, {y}")

    def unary(self, operation: str, x: Handle) -> Handle:
        float_, int_ = self.kind(self.float), self.kind(self.int)
        match operation:
            case "bits":
                return self.new(f"bitcast {float_} {x} to {int_}")
            case "float":
                return self.new(f"bitcast {int_} {x} to {float_}")
            case "fneg":
                return self.new(f"fneg {float_} {x}")
            case "not":
                return self.new(f"xor {self.kind('i1')} {x}, {self._constant('i1', 'true')}")
        name = f"@llvm.{operation}.{self._suffix(f'f{self.width}')}"
        return self.new(f"call {float_} {name}({float_} {x})")

    def _suffix(self, element: str) -> str:
        return element if self.lanes == 1 else f"v{self.lanes}{element}"

    def select(self, kind: str, condition: Handle, x: Handle, y: Handle) -> Handle:
        element = self.kind(self.float if kind == "float" else self.int)
        return self.new(f"select {self.kind('i1')} {condition}, {element} {x}, {element} {y}")

    def rare(self, condition: Handle, name: str, x: Handle, usual: Handle) -> Handle:
        kind = self.kind(self.float)
        some = condition
        if self.lanes > 1:
            reduce = f"@llvm.vector.reduce.or.{self._suffix('i1')}"
            some = self.new(f"call i1 {reduce}({self.kind('i1')} {condition})")
        slow, done, before = f"slow{self._count}", f"done{self._count}", self._block
        self.lines += [f"  br i1 {some}, label %{slow}, label %{done}", f"{slow}:"]
        other = self.select("float", condition, self._each(name, x), usual)
        self.lines += [f"  br label %{done}", f"{done}:"]
        self._block = done
        return self.new(f"phi {kind} [ {usual}, %{before} ], [ {other}, %{slow} ]")

    def _each(self, name: str, x: str) -> str:
        """The platform's function of one lane after the other."""
        self.declared.add(f"declare double @{name}(double) nounwind willreturn memory(none)")
        if self.lanes == 1:
            return self.new(f"call double @{name}(double {x})")
        kind, whole = self.kind(self.float), "poison"
        for lane in range(self.lanes):
            one = self.new(f"extractelement {kind} {x}, i32 {lane}")
            one = self.new(f"call double @{name}(double {one})")
            whole = self.new(f"insertelement {kind} {whole}, double {one}, i32 {lane}")
        return whole


def definition(name: str, lanes: int = 1, single: bool = False, fused: bool = False) -> str:
    """The code that defines `@name.lanes` of float64, or `@name.lanes.f` of float32.

    Args:
        name: as in math.h.
        lanes: how many numbers beside each other.
        single: whether they are float32.
        fused: whether a product and a sum may be one instruction, which is faster, as precise,
            and not the same to the last bit on every processor.

    >>> print(definition("exp").splitlines()[0])
    define internal double @exp.1(double %x0) nounwind willreturn memory(none) {
    """
    function = FUNCTIONS[name]
    own = function.single if single else None
    builder = LlvmBuilder(lanes, 64 if own is None else 32, fused)
    kind, wide = builder.kind("float" if single else "double"), builder.kind("double")
    given = [f"%x{i}" for i in range(function.arity)]
    widened = single and own is None
    terms = [builder.new(f"fpext {kind} {x} to {wide}") for x in given] if widened else given
    result = (own or function.double)(*(Float(builder, x) for x in terms)).handle
    if widened:
        result = builder.new(f"fptrunc {wide} {result} to {kind}")
    taken = ", ".join(f"{kind} {x}" for x in given)
    head = f"define internal {kind} @{name}.{lanes}{'.f' if single else ''}({taken})"
    return "\n".join(
        [
            *sorted(builder.declared),
            f"{head} nounwind willreturn memory(none) {{",
            "start:",
            *builder.lines,
            f"  ret {kind} {result}",
            "}",
        ]
    )
