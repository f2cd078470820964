"""ode: steps of Runge and Kutta, of fourth order, through n coupled equations."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.transforms import scan
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced


def slope(x: Any, y: Any) -> Any:
    """y'₀ = x₀ and y'ᵢ = xᵢ yᵢ₋₁."""
    return np.concatenate([x[:1], x[1:] * y[:-1]])


def step(x: Any, y: Any, h: float) -> Any:
    """y after a step of h."""
    k1 = slope(x, y)
    k2 = slope(x, y + h * k1 / 2.0)
    k3 = slope(x, y + h * k2 / 2.0)
    k4 = slope(x, y + h * k3)
    return y + h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0


@al.compile(backend=BACKEND)
def solution(x: Any, steps: int) -> Any:
    """y(2), from y(0) = 0."""
    start = np.zeros_like(x)
    return scan(lambda y, _: (step(x, y, 2.0 / steps), None), start, length=steps)[0]


@al.compile(backend=BACKEND)
def last(x: Any, steps: int) -> Any:
    """The last component of the solution."""
    return solution(x, steps)[-1]


def primal(given: Any) -> Prepared:
    """The solution."""
    x, steps = array(given["x"]), given["s"]
    return traced(lambda: solution(x, steps))


def gradient(given: Any) -> Prepared:
    """The gradient of its last component."""
    x, steps = array(given["x"]), given["s"]
    return traced(lambda: last.grad(x, steps))


FUNCTIONS: Functions = {"primal": primal, "gradient": gradient}
