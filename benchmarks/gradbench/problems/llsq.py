"""llsq: the squared distance of a polynomial from the sign function, at n points."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced


def points(n: int) -> Any:
    """From −1 to 1."""
    return -1.0 + 2.0 * np.arange(n) / (n - 1)


@al.compile(backend=BACKEND)
def objective(x: Any, t: Any) -> Any:
    """½ Σᵢ (sign(tᵢ) − Σⱼ xⱼ tᵢʲ)²; the powers by repeated multiplication."""
    factors = np.broadcast_to(t, (len(x) - 1, len(t)))
    powers = np.cumprod(np.concatenate([np.ones_like(t)[None], factors]), axis=0)
    return np.sum((np.sign(t) - x @ powers) ** 2) / 2.0


def primal(given: Any) -> Prepared:
    """The objective."""
    x, n = array(given["x"]), given["n"]
    return traced(lambda: objective(x, points(n)))


def gradient(given: Any) -> Prepared:
    """Its gradient by the coefficients."""
    x, n = array(given["x"]), given["n"]
    return traced(lambda: objective.grad(x, points(n)))


FUNCTIONS: Functions = {"primal": primal, "gradient": gradient}
