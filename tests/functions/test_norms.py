"""Norms, cond and lstsq through numpy.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linalg_checks import agree, check, random, single

from autograd_lite import Tensor, grad

TYPES = pytest.mark.parametrize("dtype", [float, complex])
ORDERS = [None, 0, 1, 2, 3, 0.5, -1, -2.5, np.inf, -np.inf]


@TYPES
@pytest.mark.parametrize("order", ORDERS)
def test_of_vectors(order: Any, dtype: Any) -> None:
    x = random((2, 3), 0, dtype)
    check(lambda x: np.linalg.norm(x, order), x[0])
    check(lambda x: np.linalg.norm(x, order, axis=0), x)
    check(lambda x: np.linalg.norm(x, order, -1, True), x)
    single(lambda x: np.linalg.norm(x, order, axis=0), x)
    check(lambda x: np.linalg.vector_norm(x, axis=1, keepdims=True, ord=order or 2), x)
    check(lambda x: np.linalg.vector_norm(x, axis=(1, 0), ord=order or 2), x, order=1)
    check(lambda x: np.linalg.vector_norm(x, keepdims=True, ord=order or 2), x, order=1)


@TYPES
@pytest.mark.parametrize("order", [None, "fro", "f", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_of_matrices(order: Any, dtype: Any) -> None:
    x = random((3, 2), 0, dtype)
    check(lambda x: np.linalg.norm(x, order), x)
    single(lambda x: np.linalg.norm(x, order), x)
    stack = random((3, 2, 2), 0, dtype)
    check(lambda x: np.linalg.norm(x, order, axis=(0, 2)), stack, order=1)
    check(lambda x: np.linalg.norm(x, order, (-1, 0), True), stack, order=1)
    check(lambda x: np.linalg.matrix_norm(x, keepdims=True, ord=order or "fro"), stack, order=1)


@TYPES
def test_of_everything(dtype: Any) -> None:
    check(np.linalg.norm, random((2, 3, 2), 0, dtype))
    check(lambda x: np.linalg.norm(x, keepdims=True), random((2, 3, 2), 0, dtype))
    check(np.linalg.norm, np.asfortranarray(random((2, 3), 0, dtype)))
    agree(np.linalg.norm(Tensor(np.zeros(0))), np.linalg.norm(np.zeros(0)))
    agree(np.linalg.norm(Tensor(np.zeros(0)), np.inf), np.linalg.norm(np.zeros(0), np.inf))
    check(np.linalg.norm, random((), 0, dtype))


@TYPES
@pytest.mark.parametrize("order", ORDERS)
def test_where_all_are_0(order: Any, dtype: Any) -> None:
    """The norm has no derivative there; 0 is taken, and nothing is nan."""
    for f in (
        lambda x: np.linalg.norm(x, order, axis=-1).sum(),
        lambda x: np.linalg.vector_norm(x, ord=order or 2),
    ):
        with np.errstate(all="ignore"):
            assert not grad(f)(np.zeros((2, 3), dtype)).any()
    x = np.array([[0.0, 0.0], [3.0, 4.0]], dtype)
    g = grad(lambda x: np.linalg.norm(x, axis=-1).sum())(x)
    np.testing.assert_allclose(g, [[0.0, 0.0], [0.6, 0.8]])


@pytest.mark.parametrize("order", [1, 2, 3, 1.5, np.inf, "fro", "nuc"])
def test_where_one_is_0(order: Any) -> None:
    x = np.array([[3.0, 0.0], [0.0, 0.0]])
    g = grad(lambda x: np.linalg.norm(x if isinstance(order, str) else x[0], order))(x)
    np.testing.assert_allclose(g, [[1.0, 0.0], [0.0, 0.0]], atol=1e-15)
    second = grad(lambda x: grad(lambda x: np.linalg.norm(x[0], 2))(x)[0, 1])(x)
    np.testing.assert_allclose(second, [[0.0, 1 / 3], [0.0, 0.0]])


def test_the_greatest_share() -> None:
    g = grad(lambda x: np.linalg.norm(x, np.inf))(np.array([2.0, -2.0, 1.0]))
    np.testing.assert_array_equal(g, [0.5, -0.5, 0.0])


@pytest.mark.parametrize(("f", "kind"), [
    (lambda x: np.linalg.norm(x, "fro", 0), ValueError),
    (lambda x: np.linalg.norm(x, 3), ValueError),
    (lambda x: np.linalg.norm(x, "x"), ValueError),
    (lambda x: np.linalg.norm(x, axis=2), ValueError),
    (lambda x: np.linalg.norm(x, None, (0, 0)), ValueError),
    (lambda x: np.linalg.norm(x, axis="x"), TypeError),
    (lambda x: np.linalg.norm(x[None], 2), ValueError),
])  # fmt: skip
def test_norms_that_are_none(f: Any, kind: Any) -> None:
    for x in (random((2, 2)), Tensor(random((2, 2)))):
        with pytest.raises(kind):
            f(x)


@TYPES
@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, np.inf, "fro"])
def test_cond(p: Any, dtype: Any) -> None:
    x = random((3, 3), 0, dtype) + np.eye(3)
    check(lambda x: np.linalg.cond(x, p), x)
    check(lambda x: np.linalg.cond(x, p), np.stack([x, x.T + 1]), order=1)
    single(lambda x: np.linalg.cond(x, p), x)
    if p in (None, 2, -2):
        check(lambda x: np.linalg.cond(x, p), x[:, :2])


@TYPES
@pytest.mark.parametrize("shapes", [
    ((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 4), (2,)), ((3, 3), (3, 2)), ((4, 2), (4, 1)),
])  # fmt: skip
def test_lstsq(shapes: Any, dtype: Any) -> None:
    a, b = random(shapes[0], 0, dtype), random(shapes[1], 1, dtype)
    check(lambda a, b: np.linalg.lstsq(a, b, rcond=None), a, b)
    check(lambda b: np.linalg.lstsq(a, b)[0], b)
    single(lambda a, b: np.linalg.lstsq(a, b)[0], a, b)
    assert isinstance(np.linalg.lstsq(Tensor(a), b)[2], int | np.integer)


def test_lstsq_of_less_than_full_rank() -> None:
    left, right, b = random((4, 2)), random((2, 3), 1), random((4,), 2)
    check(lambda p, q, b: np.linalg.lstsq(p @ q, b, rcond=1e-9)[0], left, right, b)
    z = np.linalg.lstsq(Tensor(left @ right), b, rcond=1e-9)
    assert z[2] == 2
    assert z[1].shape == (0,)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.lstsq(Tensor(left), np.ones(3))


def test_the_rank_is_plain() -> None:
    assert np.linalg.matrix_rank(Tensor(np.eye(3))) == 3
