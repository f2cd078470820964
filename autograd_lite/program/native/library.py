"""The functions of numbers that programs call, by their names in C: the one place that says what
code stands for a name.

>>> print(definition("fabs", 4))
declare <4 x double> @llvm.fabs.v4f64(<4 x double>)
<BLANKLINE>
define internal <4 x double> @fabs.4(<4 x double> %x0) alwaysinline {
  %z = call <4 x double> @llvm.fabs.v4f64(<4 x double> %x0)
  ret <4 x double> %z
}
"""

from __future__ import annotations

import functools

from autograd_lite.program.native import machine, mathematics_llvm
from autograd_lite.program.native.mathematics_table import FUNCTIONS

OPERANDS: dict[str, int] = {
    **dict.fromkeys(
        ("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos",
         "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf",
         "erfc", "tgamma", "lgamma", "fabs", "floor", "ceil", "trunc", "rint", "round"), 1
    ),
    **dict.fromkeys(("pow", "atan2", "hypot", "fmod", "copysign", "nextafter", "fdim"), 2),
}  # fmt: skip
"""The functions of C's <math.h> that code may call, and how many numbers they take."""

INSTRUCTIONS = {"fabs", "sqrt", "copysign", "floor", "ceil", "trunc", "rint"}
"""Those that processors have an instruction for, which LLVM knows by the name."""

NARROW = {"nextafter"}
"""Those of float32 that are not the float64's, rounded."""


def number_of(bits: int) -> str:
    """The type of a number of 64 or 32 bits."""
    return "double" if bits == 64 else "float"


def type_of(lanes: int, bits: int = 64) -> str:
    """A number, or several beside each other."""
    return number_of(bits) if lanes == 1 else f"<{lanes} x {number_of(bits)}>"


def name_of(name: str, lanes: int, bits: int = 64) -> str:
    """What `definition` calls the function."""
    return f"{name}.{lanes}" if bits == 64 else f"{name}.{lanes}.f"


@functools.cache
def definition(name: str, lanes: int, bits: int = 64) -> str:
    """The LLVM code that defines the function of that many numbers at once.

    Of one float64 it is the function of the C library, as Python's is: the two agree to the last
    bit. Of several, and of float32, it is written out, where the C library has nothing to offer.
    """
    if (lanes > 1 or bits == 32) and name in FUNCTIONS and name not in INSTRUCTIONS:
        fused = lanes > 1 and machine.has_multiply_add()
        return mathematics_llvm.definition(name, lanes, bits == 32, fused)
    count = OPERANDS[name]
    kind = type_of(lanes, bits)
    given = ", ".join(f"{kind} %x{i}" for i in range(count))
    head = f"define internal {kind} @{name_of(name, lanes, bits)}({given}) alwaysinline {{"
    if name in INSTRUCTIONS:
        own = f"@llvm.{name}.{'' if lanes == 1 else f'v{lanes}'}f{bits}"
        lines = [f"%z = call {kind} {own}({given})", f"ret {kind} %z"]
        known = f"declare {kind} {own}({', '.join([kind] * count)})"
    else:
        platform, called = (name, 64) if bits == 64 or name not in NARROW else (f"{name}f", 32)
        lines = _by_lanes(platform, called, count, lanes, bits)
        number = number_of(called)
        taken = ", ".join([number] * count)
        known = f"declare {number} @{platform}({taken}) nounwind willreturn memory(none)"
    return "\n".join([known, "", head, *(f"  {line}" for line in lines), "}"])


def _by_lanes(platform: str, called: int, count: int, lanes: int, bits: int) -> list[str]:
    """One call after the other of the platform's function, which is of numbers of `called` bits."""
    kind, number, other = type_of(lanes, bits), number_of(bits), number_of(called)
    lines, whole = [], "poison"
    for lane in range(lanes):
        names = [f"%x{i}" for i in range(count)]
        if lanes > 1:
            for i, x in enumerate(names):
                lines.append(f"%a{lane}_{i} = extractelement {kind} {x}, i32 {lane}")
            names = [f"%a{lane}_{i}" for i in range(count)]
        if called != bits:
            for i, x in enumerate(names):
                lines.append(f"%w{lane}_{i} = fpext {number} {x} to {other}")
            names = [f"%w{lane}_{i}" for i in range(count)]
        given = ", ".join(f"{other} {x}" for x in names)
        lines.append(f"%b{lane} = call {other} @{platform}({given})")
        result = f"%b{lane}"
        if called != bits:
            lines.append(f"%n{lane} = fptrunc {other} {result} to {number}")
            result = f"%n{lane}"
        if lanes == 1:
            whole = result
        else:
            lines.append(f"%c{lane} = insertelement {kind} {whole}, {number} {result}, i32 {lane}")
            whole = f"%c{lane}"
    return [*lines, f"ret {kind} {whole}"]
