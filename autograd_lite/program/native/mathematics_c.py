"""Elementary functions as C, without a library but for what is rare: sin of a million and more."""

from __future__ import annotations

import math
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

    def _new(self, kind: str, text: str) -> str:
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
        return self._new(kind, f"{x} {_SIGNS[operation]} {y}")

    def compare(self, operation: str, x: Handle, y: Handle) -> Handle:
        cast = f"(int{self.width}_t)" if operation == "lt" else ""
        return self._new("int", f"{cast}{x} {_COMPARE[operation]} {cast}{y}")

    def unary(self, operation: str, x: Handle) -> Handle:
        suffix = "" if self.width == 64 else "f"
        match operation:
            case "bits":
                return self._new(self.int, f"bits_of{self._ending}({x})")
            case "float":
                return self._new(self.float, f"of_bits{self._ending}({x})")
            case "fneg":
                return self._new(self.float, f"-{x}")
            case "not":
                return self._new("int", f"!{x}")
        return self._new(self.float, f"{operation}{suffix}({x})")

    def select(self, kind: str, condition: Handle, x: Handle, y: Handle) -> Handle:
        return self._new(self.float if kind == "float" else self.int, f"{condition} ? {x} : {y}")

    def rare(self, condition: Handle, name: str, x: Handle, usual: Handle) -> Handle:
        return self._new(self.float, f"{condition} ? {name}({x}) : {usual}")


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
    own = single and function.single is not None
    builder = CBuilder(32 if own else 64)
    body = function.single if own and function.single is not None else function.double
    kind = "float" if single else "double"
    result = body(*(Float(builder, f"x{i}") for i in range(function.arity))).handle
    given = ", ".join(f"{kind} x{i}" for i in range(function.arity))
    called = called or f"own_{name}{'_f' if single else ''}"
    value = f"(float){result}" if single and not own else result
    return "\n".join(
        [f"static inline {kind} {called}({given}) {{", *builder.lines, f"  return {value};", "}"]
    )
