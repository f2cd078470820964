"""The functions of floats that a declaration may use, each with its spelling in each language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any


class _Functions:
    def __init__(self) -> None:
        names = ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "erf", "pow", "inf",
                 "copysign", "atan2", "hypot")  # fmt: skip
        self._names: dict[str, Any] = {name: getattr(math, name) for name in names}
        self._names |= {"abs": abs, "max": max, "min": min}

    def python_names(self) -> dict[str, Any]:
        return dict(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


FLOAT_FUNCTIONS = _Functions()
FLOAT_NAMES = FLOAT_FUNCTIONS.python_names()
