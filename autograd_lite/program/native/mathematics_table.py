"""All elementary functions: importing this fills the table of `mathematics`."""

from __future__ import annotations

from autograd_lite.program.native import (
    mathematics_exponential,
    mathematics_logarithm,
)
from autograd_lite.program.native.mathematics import FUNCTIONS

__all__ = ["FUNCTIONS", "mathematics_exponential", "mathematics_logarithm"]
