"""Whether a function called with plain `np` names has NumPy's value on Tensors, and derivatives of
the first and second order that agree with central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import Tensor, gradients, numerical_gradient
from autograd_lite.engine.variable import is_variable

STEP = 6.1e-6


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


def check(f: Callable[..., Any], *at: Any) -> None:
    """Compare the value with NumPy's, both derivatives with differences."""
    arrays = [np.asarray(x, float) for x in at]
    found, expected = f(*map(Tensor, arrays)), f(*arrays)
    many = isinstance(found, tuple)
    for one, right in zip(
        found if many else [found], expected if many else [expected], strict=True
    ):
        plain = one.detach() if is_variable(one) else one
        assert np.shape(plain) == np.shape(right)
        assert np.asarray(plain).dtype == np.asarray(right).dtype
        np.testing.assert_allclose(plain, right, rtol=1e-12, atol=1e-13)
    for i, x in enumerate(arrays):

        def moved(v: Any, i: int = i) -> list[Any]:
            return [*arrays[:i], np.asarray(v), *arrays[i + 1 :]]

        near = numerical_gradient(lambda v, moved=moved: float(total(f(*moved(v)))), x, STEP)
        np.testing.assert_allclose(slopes(f, *arrays)[i], near, rtol=1e-5, atol=1e-7)
        near = numerical_gradient(
            lambda v, moved=moved: float(total(tuple(slopes(f, *moved(v))), 50)), x, STEP
        )
        np.testing.assert_allclose(curvature(f, *arrays)[i], near, rtol=1e-5, atol=1e-6)
