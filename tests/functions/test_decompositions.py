"""cholesky, eigh, eig, svd and qr through numpy.linalg. Of complex matrices what does not depend on
the phase of the vectors is compared with differences, and what does with a known formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linalg_checks import agree, check, close, derivative, positive, random, single

from autograd_lite import Tensor, grad

TYPES = pytest.mark.parametrize("dtype", [float, complex])


def hermitian(shape: tuple[int, ...], seed: int = 0, dtype: Any = float) -> Any:
    """Matrices with eigenvalues that differ."""
    x = random(shape, seed, dtype)
    return x + np.conj(np.swapaxes(x, -1, -2)) + 2 * np.diag(np.arange(shape[-1]))


def adjoint(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def squares(x: Any) -> Any:
    """|x|² of each element."""
    return np.real(x * np.conj(x))


# ---------------------------------------------------------------- cholesky


@TYPES
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(("n", "stack"), [(1, ()), (2, ()), (4, ()), (2, (2,)), (0, ()), (3, (0,))])
def test_cholesky(n: int, stack: Any, upper: bool, dtype: Any) -> None:
    x = positive(n, 0, dtype, stack)
    check(lambda x: np.linalg.cholesky(x, upper=upper), x)
    single(lambda x: np.linalg.cholesky(x, upper=upper), x)


def test_cholesky_reads_one_triangle() -> None:
    x = positive(3)
    (g,) = derivative(np.linalg.cholesky, [x])
    assert not np.triu(g, 1).any()
    (g,) = derivative(lambda x: np.linalg.cholesky(x, upper=True), [x])
    assert not np.tril(g, -1).any()
    spoilt = x + np.triu(random((3, 3)), 1)
    check(np.linalg.cholesky, spoilt)


def test_cholesky_of_what_is_not_positive() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="cholesky: Matrix is not positive definite"):
        np.linalg.cholesky(Tensor(-np.eye(2)))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(Tensor(np.ones((2, 3))))


# ---------------------------------------------------------------- eigh


@TYPES
@pytest.mark.parametrize("UPLO", ["L", "U", "l"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (1, 1), (0, 0)])
def test_eigenvalues_of_hermitian_matrices(shape: Any, UPLO: Any, dtype: Any) -> None:
    x = hermitian(shape, 0, dtype)
    check(lambda x: np.linalg.eigvalsh(x, UPLO), x)
    single(lambda x: np.linalg.eigvalsh(x, UPLO), x)
    check(lambda x: np.linalg.eigh(x, UPLO).eigenvalues, x)


def test_eigenvectors_of_symmetric_matrices() -> None:
    check(np.linalg.eigh, hermitian((3, 3)))
    check(np.linalg.eigh, hermitian((2, 2, 2), 1))
    check(np.linalg.eigh, random((3, 3)))  # of which the lower triangle is read
    single(np.linalg.eigh, hermitian((3, 3)))
    z = np.linalg.eigh(Tensor(np.eye(2)))
    assert z._fields == ("eigenvalues", "eigenvectors")


@TYPES
def test_functions_of_hermitian_matrices(dtype: Any) -> None:
    def f(x: Any) -> Any:
        values, vectors = np.linalg.eigh(x)
        return (vectors * np.exp(values)[..., None, :]) @ adjoint(vectors)

    check(f, 0.5 * hermitian((3, 3), 0, dtype))
    check(lambda x: squares(np.linalg.eigh(x)[1]), hermitian((3, 3), 0, dtype))


REPEATED = [np.eye(3), np.diag([1.0, 2.0, 2.0]), np.zeros((2, 2))]


@pytest.mark.parametrize("x", REPEATED)
def test_equal_eigenvalues(x: Any) -> None:
    """Where what is computed does not depend on the basis that was chosen, its derivative is right;
    of each eigenvalue alone, and of the vectors, there is none, but what is given is finite."""
    check(lambda x: np.sum(np.linalg.eigvalsh(x)), x, order=1)
    check(lambda x: np.sum(np.linalg.eigvalsh(x) ** 3), x, order=1)
    for g in derivative(np.linalg.eigh, [x]):
        assert np.isfinite(g).all()

    def squared(x: Any) -> Any:
        values, vectors = np.linalg.eigh(x)
        return np.sum((vectors * values) @ vectors.T * np.arange(x.size).reshape(x.shape))

    assert np.isfinite(grad(squared)(x)).all()


def test_known_derivatives() -> None:
    x = hermitian((3, 3))
    np.testing.assert_allclose(
        grad(lambda x: np.sum(np.linalg.eigvalsh(x)))(x), np.eye(3), atol=1e-14
    )
    vectors = np.linalg.eigh(x)[1]
    g = grad(lambda x: np.linalg.eigvalsh(x)[0])(x)
    both = np.outer(vectors[:, 0], vectors[:, 0])
    np.testing.assert_allclose(g, np.tril(2 * both, -1) + np.diag(np.diag(both)))
    with pytest.raises(ValueError, match="UPLO must be"):
        np.linalg.eigh(Tensor(x), "x")


# ---------------------------------------------------------------- eig


def with_eigenvalues(values: Any, seed: int = 0) -> Any:
    """A matrix that is not symmetric with these eigenvalues."""
    basis = random((len(values), len(values)), seed) + 2 * np.eye(len(values))
    return basis @ np.diag(values) @ np.linalg.inv(basis)


def test_real_eigenvalues() -> None:
    x = with_eigenvalues([1.0, 3.0, -2.0])
    check(np.linalg.eigvals, x)
    check(np.linalg.eig, x)
    check(np.linalg.eig, np.stack([x, with_eigenvalues([2.0, -1.0, 0.5], 1)]))
    single(np.linalg.eigvals, x)


def test_complex_eigenvalues() -> None:
    x = random((4, 4), 2)
    assert np.iscomplexobj(np.linalg.eigvals(x))
    check(np.linalg.eigvals, x)
    check(np.linalg.eig, x)
    check(np.linalg.eigvals, random((3, 3), 0, complex))
    check(np.linalg.eig, random((3, 3), 0, complex))
    check(np.linalg.eig, random((2, 2, 2), 0, complex))

    def f(x: Any) -> Any:
        values, vectors = np.linalg.eig(x)
        return (vectors * np.exp(values)) @ np.linalg.inv(vectors)

    check(f, x / 2)
    check(f, random((3, 3), 0, complex))
    single(np.linalg.eigvals, x)


@pytest.mark.parametrize("x", REPEATED)
def test_equal_eigenvalues_of_eig(x: Any) -> None:
    check(lambda x: np.sum(np.real(np.linalg.eigvals(x)) ** 2), x, order=1)
    for g in derivative(np.linalg.eig, [x]):
        assert np.isfinite(g).all()


def test_eigenvectors_that_are_no_basis() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        grad(lambda x: np.sum(np.linalg.eigvals(x)))(
            np.array([[1.0, 0.0], [0.0, 1.0]]) * 0 + [[0, 0], [1, 0]]
        )


# ---------------------------------------------------------------- svd

SHAPES = [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 3), (3, 1)]


@TYPES
@pytest.mark.parametrize("shape", SHAPES)
def test_singular_values(shape: Any, dtype: Any) -> None:
    x = random(shape, 0, dtype)
    check(np.linalg.svdvals, x)
    check(lambda x: np.linalg.svd(x, compute_uv=False), x, order=1)
    check(lambda x: np.linalg.svd(x)[1], x, order=1)
    single(np.linalg.svdvals, x)


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors(shape: Any) -> None:
    x = random(shape)
    check(lambda x: np.linalg.svd(x, full_matrices=False), x)
    check(lambda x: np.linalg.svd(x, False).Vh, x, order=1)
    single(lambda x: np.linalg.svd(x, False), x)
    assert np.linalg.svd(Tensor(x))._fields == ("U", "S", "Vh")
    agree(np.linalg.svd(Tensor(x)), np.linalg.svd(x))


@TYPES
@pytest.mark.parametrize("shape", SHAPES)
def test_what_does_not_depend_on_the_phase_of_the_vectors(shape: Any, dtype: Any) -> None:
    x = random(shape, 0, dtype)

    def f(x: Any) -> Any:
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return u @ (np.exp(-s)[..., None] * vh), squares(u), squares(vh)

    check(f, x)


def test_the_vectors_beyond_the_singular_values() -> None:
    x = random((4, 2))
    k = 2
    check(lambda x: np.linalg.svd(x)[0][:, :k], x)
    with pytest.raises(ValueError, match="use full_matrices=False"):
        derivative(lambda x: np.linalg.svd(x)[0], [x])
    with pytest.raises(ValueError, match="use full_matrices=False"):
        derivative(lambda x: np.linalg.svd(x)[2], [x.T])


@TYPES
def test_svd_of_hermitian_matrices(dtype: Any) -> None:
    x = hermitian((3, 3), 0, dtype) - 2 * np.eye(3)
    check(lambda x: np.linalg.svd(x, hermitian=True, compute_uv=False), x)
    check(lambda x: np.linalg.svd(np.stack([x, 2 * x]), hermitian=True)[1], x)
    if dtype is float:
        check(lambda x: np.linalg.svd(x, hermitian=True), x)
        check(
            lambda x: np.linalg.svd(x, hermitian=True), np.stack([x, hermitian((3, 3), 1)]), order=1
        )
        single(lambda x: np.linalg.svd(x, hermitian=True), x)


@pytest.mark.parametrize("x", [np.eye(3), np.diag([2.0, 2.0, 1.0])[:, [1, 2, 0]], np.eye(3)[:, :2]])
def test_equal_singular_values(x: Any) -> None:
    check(lambda x: np.sum(np.linalg.svdvals(x)), x, order=1)
    check(lambda x: np.sum(np.linalg.svdvals(x) ** 4), x, order=1)
    for g in derivative(lambda x: np.linalg.svd(x, False), [x]):
        assert np.isfinite(g).all()


def test_singular_values_of_0() -> None:
    """The sum of squares is smooth; a single one is as |x| at 0, and 0 is taken."""
    x = np.diag([2.0, 1.0, 0.0])
    check(lambda x: np.sum(np.linalg.svdvals(x) ** 2), x, order=1)
    np.testing.assert_allclose(
        grad(lambda x: np.sum(np.linalg.svdvals(x)))(x), np.diag([1.0, 1, 0])
    )
    for at in (x, np.zeros((2, 3)), np.ones((3, 2))):
        for g in derivative(lambda x: np.linalg.svd(x, False), [at]):
            assert np.isfinite(g).all()


def test_what_is_not_finite() -> None:
    """For some such matrices LAPACK never stops looking for the vectors."""
    x = np.ones((3, 3))
    x[1, 0] = np.inf
    assert np.isnan(np.linalg.svdvals(Tensor(x)).detach()).all()
    assert all(np.isnan(one.detach()).all() for one in np.linalg.svd(Tensor(x)))


# ---------------------------------------------------------------- qr


@TYPES
@pytest.mark.parametrize("shape", SHAPES)
def test_qr(shape: Any, dtype: Any) -> None:
    x = random(shape, 0, dtype)
    check(np.linalg.qr, x)
    check(lambda x: np.linalg.qr(x, mode="r"), x)
    single(np.linalg.qr, x)
    if shape[-2] <= shape[-1]:
        check(lambda x: np.linalg.qr(x, "complete"), x, order=1)


def test_qr_that_has_no_derivative() -> None:
    for mode in ("complete", "raw", "nonsense"):
        with pytest.raises(ValueError, match="is not supported for variables"):
            np.linalg.qr(Tensor(random((3, 2))), mode)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        grad(lambda x: np.sum(np.linalg.qr(x)[0]))(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.qr(Tensor([1.0]))


def test_known_results_of_close() -> None:
    """The comparison itself finds a wrong number."""
    with pytest.raises(AssertionError):
        close([np.ones(2)], [np.array([1.0, 1.001])])
