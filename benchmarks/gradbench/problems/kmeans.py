"""kmeans: the cost of centroids, and Newton's direction for them."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced


def nearest(C: Any, P: Any) -> Any:
    """For each point the centroid that ‖C‖² − 2 C·P is least for: the nearest."""
    return np.argmin(np.sum(C**2, axis=1) / 2.0 - P @ C.T, axis=1)


def objective(C: Any, P: Any) -> Any:
    """Σᵢ minⱼ ‖Cⱼ − Pᵢ‖²."""
    return np.sum((C[nearest(C, P)] - P) ** 2)


def newton(C: Any, P: Any) -> Any:
    """The gradient over the diagonal of the Hessian, which is all of it: H·1."""
    slope = al.grad(lambda C: objective(C, P))
    gradient, diagonal = al.jvp(slope, (C,), (np.ones_like(C),))
    return gradient / diagonal


compiled_objective = al.compile(objective, backend=BACKEND)
compiled_newton = al.compile(newton, backend=BACKEND)


def cost(given: Any) -> Prepared:
    """The objective."""
    P, C = array(given["points"]), array(given["centroids"])
    return traced(lambda: compiled_objective(C, P))


def direction(given: Any) -> Prepared:
    """Newton's direction."""
    P, C = array(given["points"]), array(given["centroids"])
    return traced(lambda: compiled_newton(C, P))


FUNCTIONS: Functions = {"cost": cost, "dir": direction}
