"""All elementary functions: importing this fills the table of `mathematics`."""

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
