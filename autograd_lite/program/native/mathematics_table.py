"""All elementary functions: importing this fills the table of `mathematics`.

The greatest errors seen, in units in the last place of float64 (20,000 points in each of two to six
ranges): exp, exp2, expm1, log, log1p, log2, log10, sinh, cosh, atanh, sin, cos, tan, asin, acos,
atan, cbrt, pow, erf below 1; tanh, asinh, hypot below 1.1; atan2 below 1.3; acosh below 1.7; erfc
below 1.9. Of float32: exp, log, log1p below 0.9, expm1, tanh below 1.1, erf below 1.2, the
others, which are rounded from float64, below 0.51.
"""

from __future__ import annotations

from autograd_lite.program.native import (
    mathematics_area,
    mathematics_error,
    mathematics_exponential,
    mathematics_inverse,
    mathematics_logarithm,
    mathematics_power,
    mathematics_single,
    mathematics_trigonometric,
)
from autograd_lite.program.native.mathematics import FUNCTIONS

__all__ = [
    "FUNCTIONS",
    "mathematics_area",
    "mathematics_error",
    "mathematics_exponential",
    "mathematics_inverse",
    "mathematics_logarithm",
    "mathematics_power",
    "mathematics_single",
    "mathematics_trigonometric",
]
