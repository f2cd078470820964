"""scipy.linalg's functions: values, dtypes, and derivatives of first and second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg as sla
from primitive_checks import check, compare

from autograd_lite import PRIMITIVES, Tensor, Value, gradients, numerical_gradient
from autograd_lite.scipy import linalg
from autograd_lite.testing.calls import Point, cases_of, cotangent

OWN = ("solve_triangular", "expm_frechet", "expm", "solve_sylvester")


def drawn(shapes: Any, seed: int) -> list[Any]:
    """Matrices that are far from singular ones."""
    rng = np.random.default_rng(seed)
    matrices = [rng.normal(size=shape) for shape in shapes]
    return [m + 2.0 * np.eye(*m.shape[-2:]) if m.ndim > 1 else m for m in matrices]


@pytest.mark.parametrize("name", OWN)
def test_derivatives(name: str) -> None:
    primitive = PRIMITIVES[name]
    for i, (shapes, args, kwargs) in enumerate(cases_of(primitive)):
        check(primitive, Point(primitive, tuple(drawn(shapes, i)), args, tuple(kwargs.items())))


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_derivatives_of_roots_and_logarithms(name: str, n: int) -> None:
    root = drawn([(n, n)], n)[0]
    matrix = root @ root.T + 0.3 * np.triu(root)
    primitive = PRIMITIVES[name]
    check(primitive, Point(primitive, (matrix,)))
    np.testing.assert_allclose(primitive.function(matrix), getattr(sla, name)(matrix), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_and_dtypes(dtype: Any) -> None:
    a, b, q = (x.astype(dtype) for x in drawn([(3, 3), (2, 2), (3, 2)], 7))
    spd, tolerance = a @ a.T, 1e-5 if dtype is np.float32 else 1e-12
    given: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("solve_triangular", (a, q), {}),
        ("solve_triangular", (a, q[:, 0], "T"), {"lower": True}),
        ("solve_triangular", (a, q, 2), {"unit_diagonal": True}),
        ("expm", (a,), {}),
        ("sqrtm", (spd,), {}),
        ("logm", (spd,), {}),
        ("solve_sylvester", (a, b, q), {}),
        ("inv", (a,), {}),
        ("det", (a,), {}),
        ("solve", (a, q), {}),
        ("solve", (a, q[:, 0]), {"transposed": True}),
        ("block_diag", (a, q, q[0]), {}),
        ("toeplitz", (q[:, 0],), {}),
        ("toeplitz", (q[:, 0], a[0, 1:]), {}),
    ]
    for name, args, kwargs in given:
        tensors = [Tensor(x) if isinstance(x, np.ndarray) else x for x in args]
        exact = [np.asarray(x, float) if isinstance(x, np.ndarray) else x for x in args]
        expected = np.asarray(getattr(sla, name)(*exact, **kwargs))
        z = getattr(linalg, name)(*tensors, **kwargs)
        assert z.dtype == dtype, name
        np.testing.assert_allclose(z.detach(), expected, rtol=tolerance, atol=tolerance)
        plain = getattr(linalg, name)(*args, **kwargs)
        assert np.asarray(plain).dtype == dtype
        np.testing.assert_allclose(plain, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("lower", [False, True])
def test_cholesky_and_what_is_made_of_it(lower: bool) -> None:
    root, b = drawn([(3, 3), (3, 2)], 3)
    spd = root @ root.T
    a = spd + (np.triu(np.ones((3, 3)), 1) if lower else np.tril(np.ones((3, 3)), -1))
    ours = linalg.cholesky(Tensor(a), lower)
    np.testing.assert_allclose(ours.detach(), sla.cholesky(a, lower), atol=1e-12)
    weights = cotangent((3, 2))

    def total(a: Any, b: Any) -> Any:
        z = linalg.cho_solve(linalg.cho_factor(a, lower), b)
        return (z * weights).sum()

    x, y = Tensor(a), Tensor(b)
    z = linalg.cho_solve(linalg.cho_factor(x, lower), y)
    np.testing.assert_allclose(z.detach(), np.linalg.solve(spd, b), rtol=1e-9)
    np.testing.assert_allclose(
        linalg.solve(x, y, lower=lower, assume_a="pos").detach(), z.detach(), rtol=1e-9
    )
    np.testing.assert_allclose(
        linalg.solve(x, y, lower=lower, assume_a="sym").detach(), z.detach(), rtol=1e-9
    )
    expected = [
        np.asarray(numerical_gradient(lambda v: float(total(v, b)), a)),
        np.asarray(numerical_gradient(lambda v: float(total(a, v)), b)),
    ]
    compare("cho_solve", gradients(total(x, y), [x, y]), expected)


def test_equal_eigenvalues_do_no_harm() -> None:
    """Functions of matrices are smooth there, where formulas by eigenvectors are not."""
    for name in ("expm", "sqrtm", "logm"):
        check(PRIMITIVES[name], Point(PRIMITIVES[name], (2.0 * np.eye(2),)))


def test_what_has_no_real_value_is_refused() -> None:
    for function in (linalg.sqrtm, linalg.logm):
        with pytest.raises(ValueError, match="complex"):
            function(Tensor([[-1.0, 0.0], [0.0, -2.0]]))
    with pytest.raises(ValueError, match="trans must be"):
        linalg.solve_triangular(Tensor(np.eye(2)), np.ones(2), "X")
    with pytest.raises(ValueError, match="assume_a"):
        linalg.solve(Tensor(np.eye(2)), np.ones(2), assume_a="banded")


def test_arrays_of_values() -> None:
    x = np.array([[Value(1.0), Value(0.5)], [Value(0.0), Value(2.0)]])
    z = linalg.expm(x)
    np.testing.assert_allclose(
        np.vectorize(lambda v: v.data)(z), sla.expm([[1.0, 0.5], [0.0, 2.0]])
    )
    assert gradients(z[0, 1], [x[0, 1]])[0] == pytest.approx(np.e**2 - np.e)
