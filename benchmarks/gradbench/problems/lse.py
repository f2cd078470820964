"""lse: the logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced


@al.compile(backend=BACKEND)
def objective(x: Any) -> Any:
    """A + ln Σ exp(xᵢ − A) with A = max x."""
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def primal(given: Any) -> Prepared:
    """The objective."""
    x = array(given["x"])
    return traced(lambda: objective(x))


def gradient(given: Any) -> Prepared:
    """Its gradient."""
    x = array(given["x"])
    return traced(lambda: objective.grad(x))


FUNCTIONS: Functions = {"primal": primal, "gradient": gradient}
