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

from autograd_lite.program.native import mathematics_llvm
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


def type_of(lanes: int) -> str:
    """A number, or several beside each other."""
    return "double" if lanes == 1 else f"<{lanes} x double>"


@functools.cache
def definition(name: str, lanes: int) -> str:
    """The LLVM code that defines `@name.lanes`, the function of that many numbers at once.

    Of one number it is the function of the C library, as Python's is: the two agree to the last
    bit. Of several it is written out, where the C library has nothing to offer.
    """
    if lanes > 1 and name in FUNCTIONS and name not in INSTRUCTIONS:
        return mathematics_llvm.definition(name, lanes)
    count = OPERANDS[name]
    kind = type_of(lanes)
    given = ", ".join(f"{kind} %x{i}" for i in range(count))
    head = f"define internal {kind} @{name}.{lanes}({given}) alwaysinline {{"
    if name in INSTRUCTIONS:
        own = f"@llvm.{name}.{'' if lanes == 1 else f'v{lanes}'}f64"
        lines = [f"%z = call {kind} {own}({given})", f"ret {kind} %z"]
        known = f"declare {kind} {own}({', '.join([kind] * count)})"
    else:
        lines = _by_lanes(name, count, lanes)
        taken = ", ".join(["double"] * count)
        known = f"declare double @{name}({taken}) nounwind willreturn memory(none)"
    return "\n".join([known, "", head, *(f"  {line}" for line in lines), "}"])


def _by_lanes(name: str, count: int, lanes: int) -> list[str]:
    """One call after the other."""
    if lanes == 1:
        given = ", ".join(f"double %x{i}" for i in range(count))
        return [f"%z = call double @{name}({given})", "ret double %z"]
    kind = type_of(lanes)
    lines, whole = [], "poison"
    for lane in range(lanes):
        for i in range(count):
            lines.append(f"%a{lane}_{i} = extractelement {kind} %x{i}, i32 {lane}")
        given = ", ".join(f"double %a{lane}_{i}" for i in range(count))
        lines.append(f"%b{lane} = call double @{name}({given})")
        lines.append(f"%c{lane} = insertelement {kind} {whole}, double %b{lane}, i32 {lane}")
        whole = f"%c{lane}"
    return [*lines, f"ret {kind} {whole}"]
