"""inv, solve, determinants, pseudo-inverses and what is made of them, through numpy.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linalg_checks import agree, check, derivative, positive, random, single

from autograd_lite import Tensor, Value, grad
from autograd_lite.primitives import linalg, matrix_chains
from autograd_lite.primitives.matrix_chains import order_of_chain

TYPES = pytest.mark.parametrize("dtype", [float, complex])
SQUARE = [(2, 2), (3, 3), (1, 1), (2, 2, 2), (0, 0), (2, 0, 0), (0, 2, 2)]


def square(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Any:
    """Matrices far from singular."""
    return random(shape, seed, dtype) + 2 * np.eye(shape[-1], dtype=dtype)


@TYPES
@pytest.mark.parametrize("shape", SQUARE)
@pytest.mark.parametrize("name", ["inv", "det", "slogdet"])
def test_of_one_square_matrix(name: str, shape: tuple[int, ...], dtype: Any) -> None:
    f = getattr(np.linalg, name)
    check(f, square(shape, dtype))
    single(f, square(shape, dtype))
    check(f, np.asfortranarray(square(shape, dtype)))


SOLVED = [
    ((2, 2), (2,)), ((3, 3), (3, 2)), ((2, 2, 2), (2,)), ((2, 2, 2), (2, 3)), ((2, 2), (2, 2, 1)),
    ((2, 1, 2, 2), (3, 2, 1)), ((2, 2, 2), (2, 2, 2)), ((0, 0), (0,)), ((2, 2), (2, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("a_type", "b_type"), [
    (float, float), (complex, complex), (float, complex), (complex, float),
])  # fmt: skip
@pytest.mark.parametrize(("a", "b"), SOLVED)
def test_solve(a: Any, b: Any, a_type: Any, b_type: Any) -> None:
    check(np.linalg.solve, square(a, a_type), random(b, 1, b_type))


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("weight", [-0.5, 1 / 3, [1.0, 1.0, 1.0 + 1e-9], [2.0, 0.0, 0.0]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_quadratic_forms_of_a_solution(symmetric: bool, weight: Any, dtype: Any) -> None:
    """∂/∂a of (w·b)ᵀ·a⁻¹·b is −(a⁻ᵀ·w·b)·zᵀ, also where w·b is a multiple of b and a symmetric."""
    a, b = square((3, 3), dtype).astype(dtype), random(3, 1).astype(dtype)
    a = a + a.T if symmetric else a
    w = np.asarray(weight, dtype)
    found = grad(lambda a: np.dot(w * b, np.linalg.solve(a, b)))(a)
    exact = [x.astype(float) for x in (a, b, w)]
    side = np.linalg.solve(exact[0].T, exact[2] * exact[1])
    expected = -np.outer(side, np.linalg.solve(exact[0], exact[1]))
    assert found.dtype == dtype
    rounding = 100 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, expected, rounding, rounding * np.abs(expected).max())
    zeros = grad(lambda a: np.dot(b, np.linalg.solve(a, 0 * b)))(a)
    assert not zeros.any()


def test_solve_factors_once_on_the_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """For both gradients together, those of the second order too."""
    calls = []
    original = linalg.solve

    def counted(a: Any, b: Any) -> Any:
        calls.append(a)
        return original(a, b)

    monkeypatch.setattr(linalg, "solve", counted)
    a, b = square((3, 3), float), random((3,), 1)
    z = np.linalg.solve(Tensor(a), Tensor(b))
    np.sum(z**2).backward()
    assert len(calls) == 1
    calls.clear()
    np.sum(np.linalg.solve(Tensor(a), Tensor(b)) ** 2).backward(create_graph=True)
    assert len(calls) == 1


def test_solve_with_one_variable() -> None:
    a, b = square((3, 3), float), random((3,))
    single(np.linalg.solve, a, b)
    check(lambda b: np.linalg.solve(a, b), b)
    check(lambda a: np.linalg.solve(a, [1, 2, 3]), a)
    check(lambda x: np.linalg.solve(x, x), a)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_determinant_of_a_singular_matrix(n: int, rank: int) -> None:
    """A matrix of whole numbers whose elimination ends in an exact 0."""
    rank = min(rank, n)
    a = np.zeros((n, n))
    a[:rank, :rank] = np.array([[2.0, 1.0, 1.0], [0.0, 1.0, 3.0], [0.0, 0.0, 4.0]])[:rank, :rank]
    if n > rank > 0:
        a[-1] = a[0]
    check(np.linalg.det, a)
    check(np.linalg.det, np.stack([a, np.eye(n), a + np.eye(n)]))


def test_the_determinant_of_known_matrices() -> None:
    cofactors = grad(np.linalg.det)(np.array([[1.0, 2.0], [2.0, 4.0]]))
    np.testing.assert_allclose(cofactors, [[4.0, -2.0], [-2.0, 1.0]])
    tiny = 1e-10 * np.eye(40)  # whose determinant is 0 in floating point, and its cofactors too
    assert np.linalg.det(tiny) == 0.0
    assert not grad(np.linalg.det)(tiny).any()
    with pytest.raises(np.linalg.LinAlgError, match="inv: Singular"):
        grad(np.linalg.det)(np.zeros((40, 40)))


def test_slogdet_is_a_result_with_names() -> None:
    z = np.linalg.slogdet(Tensor(positive(3)))
    assert z._fields == ("sign", "logabsdet")
    z.logabsdet.backward()
    with pytest.raises(np.linalg.LinAlgError, match="inv: Singular"):
        grad(lambda a: np.linalg.slogdet(a)[1])(np.zeros((2, 2)))


@TYPES
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3), (2, 3, 2), (1, 3), (3, 1)])
def test_pinv(shape: tuple[int, ...], dtype: Any) -> None:
    x = random(shape, 3, dtype)
    check(np.linalg.pinv, x)
    single(np.linalg.pinv, x)
    check(lambda x: np.linalg.pinv(x, rtol=1e-10), x, order=1)
    check(lambda x: np.linalg.pinv(x, 1e-10), x, order=1)


@TYPES
def test_pinv_of_a_hermitian_matrix(dtype: Any) -> None:
    check(lambda x: np.linalg.pinv(x, hermitian=True), positive(3, 0, dtype))
    check(lambda x: np.linalg.pinv(x, hermitian=True), random((3, 3), 0, dtype))


@TYPES
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4)])
def test_pinv_of_less_than_full_rank(shape: tuple[int, ...], dtype: Any) -> None:
    """As long as the rank stays: x is a product of thin matrices, and so is what moves it."""
    left, right = random((shape[0], 2), 0, dtype), random((2, shape[1]), 1, dtype)
    check(lambda a, b: np.linalg.pinv(a @ b, rcond=1e-9), left, right)


@TYPES
@pytest.mark.parametrize("n", [-3, -1, 1, 2, 3, 4, 7])
def test_matrix_power(n: int, dtype: Any) -> None:
    check(lambda x: np.linalg.matrix_power(x, n), square((2, 2), dtype))
    check(lambda x: np.linalg.matrix_power(x, np.int64(n)), square((2, 2, 2), dtype))
    single(lambda x: np.linalg.matrix_power(x, n), square((2, 2), dtype))


def test_the_power_0_is_constant() -> None:
    z = np.linalg.matrix_power(Tensor(random((2, 3, 3))), 0)
    agree(z, np.broadcast_to(np.eye(3), (2, 3, 3)))
    assert not grad(lambda x: np.sum(np.linalg.matrix_power(x, 0)))(np.full((2, 2), np.inf)).any()


@pytest.mark.parametrize("shapes", [
    [(2, 3), (3, 2)], [(2, 3), (3, 1), (1, 2)], [(3,), (3, 2), (2, 2)], [(2, 2), (2, 3), (3,)],
    [(3,), (3, 1), (1, 2), (2,)], [(2, 1), (1, 3), (3, 2), (2, 4)], [(3,), (3,)],
])  # fmt: skip
def test_multi_dot(shapes: Any) -> None:
    xs = [random(shape, i) for i, shape in enumerate(shapes)]
    check(lambda *xs: np.linalg.multi_dot(xs), *xs)
    single(lambda *xs: np.linalg.multi_dot(xs), *xs)
    check(lambda x: np.linalg.multi_dot([x, *xs[1:]]), xs[0])


@pytest.mark.parametrize("count", [3, 4, 6])
def test_multi_dot_takes_the_cheapest_order(count: int) -> None:
    lengths = [int(n) for n in np.random.default_rng(0).integers(1, 20, count + 1)]
    place = order_of_chain(lengths)

    def together(i: int, k: int, j: int) -> int:
        return lengths[i] * lengths[k + 1] * lengths[j + 1]

    def cost(i: int, j: int) -> int:
        k = place(i, j)
        return cost(i, k) + cost(k + 1, j) + together(i, k, j) if i < j else 0

    def least(i: int, j: int) -> int:
        ways = (least(i, k) + least(k + 1, j) + together(i, k, j) for k in range(i, j))
        return min(ways, default=0)

    assert cost(0, count - 1) == least(0, count - 1)


@TYPES
def test_of_tensors(dtype: Any) -> None:
    a = (random((4, 4), 0, dtype) + 3 * np.eye(4)).reshape(2, 2, 4)
    check(np.linalg.tensorinv, a)
    check(lambda a: np.linalg.tensorinv(a, ind=1), a.reshape(4, 2, 2))
    check(np.linalg.tensorsolve, a, random((2, 2), 1, dtype))
    moved = a.reshape(2, 2, 4).transpose(2, 0, 1)
    check(lambda a, b: np.linalg.tensorsolve(a, b, (0,)), moved, random((2, 2), 1, dtype))
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.tensorsolve(Tensor(np.ones((2, 3))), np.ones(2))
    with pytest.raises(ValueError, match="ind must be positive"):
        np.linalg.tensorinv(Tensor(np.ones((2, 2))), 0)


@pytest.mark.parametrize(("f", "said"), [
    (lambda x: np.linalg.inv(x), "inv"),
    (lambda x: np.linalg.det(x), "det"),
    (lambda x: np.linalg.slogdet(x), "slogdet"),
    (lambda x: np.linalg.solve(x, x), "solve"),
    (lambda x: np.linalg.matrix_power(x, 2), "matrix_power"),
])  # fmt: skip
def test_errors_are_numpys_own_kind(f: Any, said: str) -> None:
    for x in (np.ones((2, 3)), np.ones(2)):
        with pytest.raises(np.linalg.LinAlgError, match=said):
            f(Tensor(x))
    for kind in (np.linalg.inv, lambda x: np.linalg.solve(x, np.ones(2))):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            kind(Tensor(np.zeros((2, 2))))
    with pytest.raises(TypeError, match="whole number"):
        np.linalg.matrix_power(Tensor(np.eye(2)), 1.5)


def test_a_marginal_likelihood_of_a_gaussian_process() -> None:
    x, y = random((6,)), random((6,), 1)

    def f(log_scale: Any, log_noise: Any) -> Any:
        gaps = (x[:, None] - x[None, :]) ** 2
        k = np.exp(-gaps / np.exp(log_scale)) + np.exp(log_noise) * np.eye(6)
        return y @ np.linalg.solve(k, y) + np.linalg.slogdet(k)[1]

    check(f, np.array(0.3), np.array(-1.0))
    (g,) = derivative(lambda s: f(s, 0.5), [np.array(0.3)])
    assert np.isfinite(g)


def test_plain_arrays_and_lists_give_plain_arrays() -> None:
    assert type(linalg.inv([[2.0]])) is np.ndarray
    assert matrix_chains.matrix_power([[2.0]], 3).tolist() == [[8.0]]
    assert matrix_chains.multi_dot([[[2.0]], [[3.0]], [[4.0]]]).tolist() == [[24.0]]
    assert linalg.tensorinv(np.eye(2), 1).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    with pytest.raises((TypeError, ValueError)):
        np.linalg.inv(Value(2.0))
