"""Checks of a function of arrays, real or complex, as a program calls it: the value, dtype and
shape are NumPy's; the first and second derivatives agree with central differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite import Tensor, gradients
from autograd_lite.engine.variable import is_variable

Array = npt.NDArray[Any]
STEP = 6.1e-6


def random(shape: tuple[int, ...], seed: int = 0, dtype: Any = float) -> Array:
    """Numbers of a normal distribution, both parts of them if they are complex."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    return np.asarray(x, dtype)


def positive(n: int, seed: int = 0, dtype: Any = float, stack: tuple[int, ...] = ()) -> Array:
    """Hermitian matrices with positive eigenvalues."""
    x = random((*stack, n, n), seed, dtype)
    return np.asarray(x @ np.conj(np.swapaxes(x, -1, -2)) + n * np.eye(n), dtype)


def results(z: Any) -> list[Any]:
    """The variables among the results of a call."""
    parts = z if isinstance(z, tuple | list) else [z]
    return [one for one in parts if is_variable(one)]


def weighted(z: Any) -> Any:
    """Re Σ c·z over all results, with weights that differ."""
    total = 0.0
    for i, one in enumerate(results(z)):
        c = random(one.shape, 100 + i, complex if one.dtype.kind == "c" else float)
        total = total + np.real(np.sum(c.astype(one.dtype) * one))
    return total


def derivative(f: Callable[..., Any], at: Sequence[Array]) -> list[Array]:
    """The gradient of Re Σ c·f, recorded as nothing."""
    given = [Tensor(x) for x in at]
    return [np.asarray(g) for g in gradients(weighted(f(*given)), given)]


def second(f: Callable[..., Any], at: Sequence[Array]) -> list[Array]:
    """The gradient of Re Σ d·(the gradient of Re Σ c·f)."""
    given = [Tensor(x) for x in at]
    first = gradients(weighted(f(*given)), given, record=True)
    return [np.asarray(g) for g in gradients(weighted(tuple(first)), given)]


def by_differences(total: Callable[[list[Array]], float], at: Sequence[Array]) -> list[Array]:
    """∂/∂a − i·∂/∂b of a real function of arrays of a + i·b, by central differences."""
    slopes = []
    for i, x in enumerate(at):
        slope = np.zeros(x.shape, x.dtype)
        for place in np.ndindex(x.shape):
            for unit in (1.0, -1j) if x.dtype.kind == "c" else (1.0,):
                ends = []
                for sign in (1.0, -1.0):
                    moved = x.copy()
                    moved[place] += sign * STEP * np.conj(unit)
                    ends.append(total([*at[:i], moved, *at[i + 1 :]]))
                slope[place] += unit * (ends[0] - ends[1]) / (2 * STEP)
        slopes.append(slope)
    return slopes


def agree(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    """The same values, dtype and shape, of every result."""
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        if isinstance(expected, tuple):
            assert type(found) is type(expected)
        for f, e in zip(found, expected, strict=True):
            agree(f, e, rtol)
        return
    plain = np.asarray(found.detach() if is_variable(found) else found)
    expected = np.asarray(expected)
    assert plain.dtype == expected.dtype
    assert plain.shape == expected.shape
    single = expected.dtype in (np.float32, np.complex64)
    np.testing.assert_allclose(
        plain, expected, rtol=1e-4 if single else rtol, atol=1e-5 if single else rtol
    )


def check(f: Callable[..., Any], *at: Array, order: int = 2) -> None:
    """Everything there is to check of f at these arrays."""
    z = f(*map(Tensor, at))
    agree(z, f(*at))
    assert results(z), "no result is a variable"
    assert all(np.isfinite(np.asarray(one.detach())).all() for one in results(z))
    for g, x in zip(derivative(f, at), at, strict=True):
        assert g.shape == x.shape
        assert g.dtype == x.dtype
    close(
        derivative(f, at),
        by_differences(lambda xs: float(weighted(f(*map(Tensor, xs))).item()), at),
    )
    if order > 1:

        def total(xs: list[Array]) -> float:
            return float(weighted(tuple(map(Tensor, derivative(f, xs)))).item())

        close(second(f, at), by_differences(total, at))


def close(found: list[Array], expected: list[Array]) -> None:
    """Within what central differences tell."""
    for a, e in zip(found, expected, strict=True):
        scale = max(1.0, float(np.max(np.abs(e), initial=0.0)))
        np.testing.assert_allclose(a, e, rtol=1e-5, atol=2e-7 * scale)


def single(f: Callable[..., Any], *at: Array) -> None:
    """32-bit numbers stay so, forward and backward, and lose no more than their digits."""
    small = [x.astype(np.complex64 if x.dtype.kind == "c" else np.float32) for x in at]
    agree(f(*map(Tensor, small)), f(*small))
    for g, x, exact in zip(derivative(f, small), small, derivative(f, at), strict=True):
        assert g.dtype == x.dtype
        scale = max(1.0, float(np.max(np.abs(exact), initial=0.0)))
        np.testing.assert_allclose(g, exact, rtol=1e-3, atol=1e-3 * scale)
