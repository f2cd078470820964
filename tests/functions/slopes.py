"""The first and second derivatives of a function of arrays, added up with weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import Tensor, gradients
from autograd_lite.engine.variable import is_variable


def total(z: Any, seed: int = 0) -> Any:
    """Σ c·z over all results, with weights that differ."""
    results = z if isinstance(z, tuple) else (z,)
    parts = []
    for i, one in enumerate(results):
        weights = np.random.default_rng(seed + i).uniform(0.5, 1.5, np.shape(one))
        parts.append(np.sum(weights * one))
    return sum(parts[1:], parts[0])


def slopes(f: Callable[..., Any], *at: Any) -> list[Any]:
    """∂(Σ c·f)/∂operand."""
    given = [Tensor(x) for x in at]
    return gradients(total(f(*given)), given)


def curvature(f: Callable[..., Any], *at: Any) -> list[Any]:
    """∂(Σ d·slopes)/∂operand."""
    given = [Tensor(x) for x in at]
    first = gradients(total(f(*given)), given, record=True)
    y = total(tuple(first), 50)
    return gradients(y, given) if is_variable(y) else [np.zeros(np.shape(x)) for x in at]
