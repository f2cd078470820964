"""Elementary functions as C, without a library but for what is rare: sin of a million and more."""

from __future__ import annotations

import math
import re
import struct

from autograd_lite.program.native.mathematics import Builder, Float, Handle
from autograd_lite.program.native.mathematics_table import FUNCTIONS

PRELUDE = """\
#include <math.h>
#include <stdint.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF
static inline uint64_t bits_of(double x) { uint64_t i; memcpy(&i, &x, 8); return i; }
static inline double of_bits(uint64_t i) { double x; memcpy(&x, &i, 8); return x; }
static inline uint32_t bits_of_f(float x) { uint32_t i; memcpy(&i, &x, 4); return i; }
static inline float of_bits_f(uint32_t i) { float x; memcpy(&x, &i, 4); return x; }
"""
"""What stands once in a file before the definitions."""

_SIGNS = {
    "fadd": "+",
    "fsub": "-",
    "fmul": "*",
    "fdiv": "/",
    "add": "+",
    "sub": "-",
    "mul": "*",
    "and": "&",
    "or": "|",
    "xor": "^",
    "shl": "<<",
    "lshr": ">>",
    "both": "&",
    "either": "|",
}
_COMPARE = {"flt": "<", "fle": "<=", "feq": "==", "lt": "<", "eq": "=="}


class CBuilder(Builder):
    """Terms are names and constants; `lines` is the body of the function so far."""

    def __init__(self, width: int = 64) -> None:
        self.width = width
        self.lines: list[str] = []
        self._ending = "" if width == 64 else "_f"
        self.float = "double" if width == 64 else "float"
        self.int = f"uint{width}_t"

    def new(self, kind: str, text: str) -> str:
        name = f"t{len(self.lines)}"
        self.lines.append(f"  const {kind} {name} = {text};")
        return name

    def number(self, x: float) -> Handle:
        suffix = "" if self.width == 64 else "f"
        if math.isnan(x):
            return "NAN"
        if math.isinf(x):
            return "INFINITY" if x > 0 else "-INFINITY"
        if self.width == 32:
            x = struct.unpack("<f", struct.pack("<f", x))[0]
        return f"({x!r}{suffix})" if x < 0 else f"{x!r}{suffix}"

    def integer(self, i: int) -> Handle:
        return f"UINT{self.width}_C({i & ((1 << self.width) - 1):#x})"

    def binary(self, operation: str, x: Handle, y: Handle) -> Handle:
        truth = operation in ("both", "either")
        kind = "int" if truth else self.float if operation[0] == "f" else self.int
        return self.new(kind, f"{x} {_SIGNS[operation]} {y}")

    def compare(self, operation: str, x: Handle, y: Handle) -> Handle:
        cast = f"(int{self.width}_t)" if operation == "lt" else ""
        return self.new("int", f"{cast}{x} {_COMPARE[operation]} {cast}{y}")

    def unary(self, operation: str, x: Handle) -> Handle:
        suffix = "" if self.width == 64 else "f"
        match operation:
            case "bits":
                return self.new(self.int, f"bits_of{self._ending}({x})")
            case "float":
                return self.new(self.float, f"of_bits{self._ending}({x})")
            case "fneg":
                return self.new(self.float, f"-{x}")
            case "not":
                return self.new("int", f"!{x}")
        return self.new(self.float, f"{operation}{suffix}({x})")

    def select(self, kind: str, condition: Handle, x: Handle, y: Handle) -> Handle:
        return self.new(self.float if kind == "float" else self.int, f"{condition} ? {x} : {y}")

    def rare(self, condition: Handle, name: str, x: Handle, usual: Handle) -> Handle:
        return self.new(self.float, f"{condition} ? {name}({x}) : {usual}")


def definition(name: str, single: bool = False, called: str | None = None) -> str:
    """The C function of float64, or of float32.

    Args:
        name: as in math.h.
        single: whether it is of float32.
        called: the name of the function; `own_exp`, `own_exp_f` for float32, if it is not given.

    >>> print(definition("exp").splitlines()[0])
    static inline double own_exp(double x0) {
    """
    function = FUNCTIONS[name]
    own = function.single if single else None
    builder = CBuilder(64 if own is None else 32)
    kind = "float" if single else "double"
    given = [f"x{i}" for i in range(function.arity)]
    wide = [builder.new("double", x) for x in given] if single and own is None else given
    result = (own or function.double)(*(Float(builder, x) for x in wide)).handle
    called = called or f"own_{name}{'_f' if single else ''}"
    taken = ", ".join(f"{kind} {x}" for x in given)
    value = f"({kind}){result}" if single else result
    lines = _used(builder.lines, result)
    return "\n".join(
        [f"static inline {kind} {called}({taken}) {{", *lines, f"  return {value};", "}"]
    )


def _used(lines: list[str], result: str) -> list[str]:
    """The lines that the result needs."""
    needed, kept = {result}, []
    for line in reversed(lines):
        name, text = line.split(" = ", 1)
        if name.split()[-1] in needed:
            needed |= set(re.findall(r"\bt\d+", text))
            kept.append(line)
    return kept[::-1]
