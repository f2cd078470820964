"""hello: x² and its derivative; to see whether tool and protocol work."""

from __future__ import annotations

from typing import Any

import autograd_lite as al
from benchmarks.gradbench.problem import Functions, Prepared


def square(x: Any) -> Any:
    """x ↦ x²."""
    return x * x


double = al.grad(square)

FUNCTIONS: Functions = {
    "square": lambda x: Prepared(lambda: square(float(x))),
    "double": lambda x: Prepared(lambda: double(float(x))),
}
