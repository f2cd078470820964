"""gmm: the logarithm of the posterior density of a Gaussian mixture's parameters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced


def places(d: int) -> Any:
    """Where the entries of a lower triangular matrix stand in a list of its diagonal, of what is
    below it, column by column, and of a 0."""
    below = d * (d - 1) // 2
    found = np.full((d, d), d + below)
    found[np.diag_indices(d)] = np.arange(d)
    found.T[np.triu_indices(d, 1)] = d + np.arange(below)
    return found


def triangular(q: Any, l: Any) -> Any:  # noqa: E741
    """The matrices with exp q on the diagonal, and l below it."""
    k, d = q.shape
    entries = np.concatenate([np.exp(q), l, np.zeros((k, 1))], axis=1)
    return entries[:, places(d)]


def logsumexp(x: Any) -> Any:
    """ln Σ exp x along the last axis."""
    largest = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - largest), axis=-1)) + largest[..., 0]


def log_gamma(a: float, d: int) -> float:
    """The logarithm of the multivariate gamma function."""
    parts = (math.lgamma(a - 0.5 * i) for i in range(d))
    return 0.25 * d * (d - 1) * math.log(math.pi) + sum(parts)


@al.compile(backend=BACKEND)
def objective(p: dict[str, Any], x: Any, gamma: float, m: int) -> Any:
    """The mixture's likelihood with a Wishart prior."""
    (n, d), k = x.shape, len(p["alpha"])
    sums = np.sum(p["q"], axis=1)
    Q = triangular(p["q"], p["l"])
    scaled = np.matmul(x - p["mu"][:, None], np.swapaxes(Q, 1, 2))  # (k, n, d)
    squares = np.sum(scaled**2, axis=2)
    terms = p["alpha"] + sums - 0.5 * squares.T
    N = d + m + 1
    likelihood = np.sum(logsumexp(terms)) - n * logsumexp(p["alpha"])
    constant = -0.5 * n * d * math.log(2.0 * math.pi)
    normal = N * d * (np.log(gamma) - 0.5 * math.log(2.0)) - log_gamma(0.5 * N, d)
    entries = np.sum(np.exp(p["q"]) ** 2) + np.sum(p["l"] ** 2)
    prior = k * normal - 0.5 * gamma**2 * entries + m * np.sum(sums)
    return constant + likelihood + prior


def arguments(given: Any) -> tuple[Any, ...]:
    """Parameters, data and prior of an input."""
    d, k = given["d"], given["k"]
    shapes = {"alpha": (k,), "mu": (k, d), "q": (k, d), "l": (k, d * (d - 1) // 2)}
    parameters = {name: array(given[name]).reshape(shape) for name, shape in shapes.items()}
    return parameters, array(given["x"]).reshape(-1, d), float(given["gamma"]), given["m"]


def primal(given: Any) -> Prepared:
    """The objective."""
    data = arguments(given)
    return traced(lambda: objective(*data))


def jacobian(given: Any) -> Prepared:
    """Its gradient by all parameters."""
    data = arguments(given)
    return traced(lambda: objective.grad(*data))


FUNCTIONS: Functions = {"objective": primal, "jacobian": jacobian}
