"""scipy.linalg's functions: values, dtypes, and derivatives of first and second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg as sla
from primitive_checks import check, compare

from autograd_lite import PRIMITIVES, Tensor, Value, grad, gradients, numerical_gradient
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


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sqrtm", "negative"), ("sqrtm", "real weights"), ("sqrtm", "complex"), ("logm", "complex")],
)
def test_complex_functions_of_matrices(name: str, kind: str) -> None:
    """Against differences along directions; real matrices get real gradients."""
    rng = np.random.default_rng(3)
    a = np.array([[1.0, 2.0], [3.0, 0.5]])  # of which one eigenvalue is negative
    if kind == "complex":
        a = a + 1j * rng.normal(size=(2, 2))
    weights = rng.normal(size=(2, 2)) + (0.0 if kind == "real weights" else 1j)
    ours, theirs = getattr(linalg, name), getattr(sla, name)

    def f(a: Any) -> Any:
        return (weights * ours(a)).imag.sum() + (weights * ours(a) ** 2).real.sum()

    z = ours(Tensor(a))
    assert z.dtype == complex
    np.testing.assert_allclose(z.detach(), theirs(a), rtol=1e-12)
    assert ours(Tensor(a.astype(np.complex64))).dtype == np.complex64
    slope = grad(f)
    assert slope(a).dtype == a.dtype
    for function, exact in ((f, slope(a)), (lambda a: (slope(a) ** 2).real.sum(), None)):
        exact = grad(function)(a) if exact is None else exact
        e, h = rng.normal(size=(2, 2)), 1e-5
        for direction in (e, 1j * e) if kind == "complex" else (e,):
            change = (function(a + h * direction) - function(a - h * direction)) / (2.0 * h)
            assert (exact * direction).real.sum() == pytest.approx(float(change), rel=1e-7)


def full(ab: Any, lower: int, upper: int) -> Any:
    n = ab.shape[1]
    return sum(
        np.diag(ab[upper - k, max(k, 0) : n + min(k, 0)], k) for k in range(-lower, upper + 1)
    )


@pytest.mark.parametrize("band", [(1, 1), (0, 2), (2, 1), (0, 0)])
@pytest.mark.parametrize("columns", [(), (2,)])
def test_matrices_with_a_band(band: tuple[int, int], columns: tuple[int, ...]) -> None:
    rng, (lower, upper) = np.random.default_rng(5), band
    ab, b = rng.normal(size=(lower + upper + 1, 5)), rng.normal(size=(5, *columns))
    ab[upper] += 4.0
    primitive = PRIMITIVES["banded_solution"]
    check(primitive, Point(primitive, (ab, b), band))
    z = linalg.solve_banded(band, Tensor(ab), b)
    np.testing.assert_allclose(z.detach(), sla.solve_banded(band, ab, b))
    np.testing.assert_allclose(
        grad(lambda ab: (linalg.solve_banded(band, ab, b) ** 2).sum())(ab),
        grad(lambda ab: (np.linalg.solve(full(ab, lower, upper), b) ** 2).sum())(ab),
        atol=1e-12,
    )
    single = linalg.solve_banded(band, Tensor(ab.astype(np.float32)), b.astype(np.float32))
    assert single.dtype == np.float32


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("dtype", [float, complex])
def test_symmetric_matrices_with_a_band(lower: bool, dtype: Any) -> None:
    rng = np.random.default_rng(6)
    ab, b = rng.normal(size=(3, 5)).astype(dtype), rng.normal(size=5).astype(dtype)
    if dtype is complex:
        ab, b = ab + 0.3j * rng.normal(size=(3, 5)), b - 1j * b[::-1]
    ab[0 if lower else -1] = 6.0 + np.arange(5)
    z = linalg.solveh_banded(Tensor(ab), b, lower=lower)
    np.testing.assert_allclose(z.detach(), sla.solveh_banded(ab, b, lower=lower), rtol=1e-10)
    if dtype is float:

        def f(ab: Any) -> Any:
            return (linalg.solveh_banded(ab, b, lower=lower) ** 2).sum()

        np.testing.assert_allclose(grad(f)(ab), numerical_gradient(f, ab), rtol=1e-5, atol=1e-9)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="logm: the result is complex"):
        linalg.logm(Tensor([[-1.0, 0.0], [0.0, -2.0]]))
    with pytest.raises(ValueError, match=r"solve_banded: ab must have 3 rows"):
        linalg.solve_banded((1, 1), Tensor(np.eye(4)), np.ones(4))
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
