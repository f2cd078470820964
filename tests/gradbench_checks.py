"""How GradBench's numbers are compared: to rtol 1e-12, near 0 to atol 1e-12; nan is never right."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT))  # the benchmarks are no part of the package

from benchmarks.gradbench import inputs, optimiser, protocol  # noqa: E402
from benchmarks.gradbench.problems import particle  # noqa: E402
from benchmarks.gradbench.registry import PROBLEMS  # noqa: E402

__all__ = [
    "PROBLEMS",
    "checksums",
    "close",
    "inputs",
    "optimiser",
    "output",
    "particle",
    "protocol",
]


def output(module: str, function: str, given: Any) -> Any:
    """What is answered."""
    return protocol.evaluated(module, function, given)["output"]


def close(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    """That all numbers agree; of lists, dicts and single numbers."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, part in expected.items():
            close(found[key], part, rtol)
        return
    found = np.asarray(found, dtype=float)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol, 1e-12, equal_nan=False)


def checksums(found: Any, *expected: Any, last: float | None = None) -> None:
    """Number of elements, sum, Euclidean norm, and the first; None where it is not known."""
    x = np.asarray(found, dtype=float).ravel()
    known = [x.size, x.sum(), math.sqrt(np.sum(x**2)), *x[: max(len(expected) - 3, 0)]]
    size = math.sqrt(np.sum(x**2))
    for a, b in zip(known, expected, strict=False):
        if b is not None:
            assert a == pytest.approx(b, rel=1e-12, abs=1e-12 * max(1.0, size))
    if last is not None:
        assert x[-1] == pytest.approx(last, rel=1e-12, abs=1e-12)
