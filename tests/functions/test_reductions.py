"""Sums, products and extremes: what the table's generic tests do not reach."""

from __future__ import annotations

import itertools
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from slopes import curvature, slopes
from table_checks import check_function

import autograd_lite.primitives.reductions as ours
from autograd_lite import Tensor, Value, gradients

X = np.array([[1.0, 0.5, -2.0], [3.0, -1.5, 0.25]])
MASK = np.array([[True, False, True], [False, True, True]])
FACTORS = st.sampled_from([0.0, 1.0, 2.0, -0.5, 3.0, -1.0])


@given(st.lists(FACTORS, min_size=1, max_size=6))
def test_product_of_all_others(row: list[float]) -> None:
    """Whether none, one or several are 0; the second derivative leaves out two."""
    x = Tensor(row)
    first = gradients(np.prod(x), [x], record=True)[0]
    for i in range(len(row)):
        rest = row[:i] + row[i + 1 :]
        assert first.detach()[i] == pytest.approx(np.prod(rest), rel=1e-12)
        second = np.asarray(gradients(first[i], [x])[0])
        for j in range(len(row)):
            without = [v for k, v in enumerate(row) if k not in (i, j)]
            expected = 0.0 if i == j else np.prod(without)
            assert second[j] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("row", [[1e-200, 1e-200, 2.0], [1e200, 1e200, 1e-300], [0.0, np.inf, 2.0]])
def test_product_that_under_or_overflows(row: list[float]) -> None:
    x = Tensor(row)
    with np.errstate(all="ignore"):
        found = gradients(np.prod(x), [x])[0]
        expected = [np.prod(row[:i] + row[i + 1 :]) for i in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), ()])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
def test_initial_and_where(name: str, axis: Any, keepdims: bool) -> None:
    f = getattr(np, name)
    check_function(lambda x: f(x, axis, keepdims=keepdims, initial=0.7, where=MASK), X)
    check_function(lambda x: f(x, axis, keepdims=keepdims, initial=-0.6), X)
    check_function(
        lambda x, i: f(x, axis, keepdims=keepdims, initial=total(i), where=MASK[0]), X, [0.3]
    )


def total(x: Any) -> Any:
    """The one element of an array: NumPy takes no variable array as `initial`."""
    return x[0]


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min"])
def test_nothing_flows_to_what_is_left_out(name: str) -> None:
    x = Tensor([1.0, np.nan, 3.0])
    options = {} if name == "mean" else {"initial": 0.5}
    z = getattr(np, name)(x, where=[True, False, True], **options)
    (found,) = gradients(z, [x])
    assert np.isfinite(found).all()
    assert found[1] == 0.0


def test_a_mask_that_is_changed_later() -> None:
    x, mask = Tensor([1.0, 2.0]), np.array([True, False])
    y, z = np.mean(x, where=mask), np.sum(x, where=mask)
    mask[:] = [False, True]
    assert gradients(y, [x])[0].tolist() == gradients(z, [x])[0].tolist() == [1.0, 0.0]


def test_ties_share() -> None:
    x = Tensor([2.0, 5.0, 5.0, 2.0])
    assert gradients(np.ptp(x), [x])[0].tolist() == [-0.5, 0.5, 0.5, -0.5]
    x = Tensor([2.0, 2.0])
    assert gradients(np.max(x, initial=2.0), [x])[0].tolist() == pytest.approx([1 / 3, 1 / 3])


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "ptp"])
def test_arrays_and_lists_of_values(name: str) -> None:
    values = [Value(1.5), Value(0.0), Value(-2.0)]
    f = getattr(ours, name)
    for row in (values, np.array(values)):
        z = f(row)
        assert z.data == pytest.approx(getattr(np, name)([1.5, 0.0, -2.0]))
        expected = slopes(getattr(np, name), [1.5, 0.0, -2.0])[0] / slopes(lambda x: x, 1.0)[0]
        np.testing.assert_allclose(gradients(z, values), expected)


def test_curvature_of_a_product_with_zeros() -> None:
    for zeros in itertools.product([0.0, 1.3], repeat=3):
        x = np.array([[0.5, 2.0, -1.0], zeros])
        (found,) = curvature(lambda x: np.prod(x, axis=1), x)
        near = np.asarray(curvature(lambda x: x[:, 0] * x[:, 1] * x[:, 2], x)[0])
        np.testing.assert_allclose(found, near, atol=1e-12)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: np.sum(x, where=[1, 0, 1]), TypeError, "where= takes truth values"),
        (lambda x: np.sum(x, where=np.ones((2, 2, 3), bool)), ValueError, "does not broadcast"),
        (lambda x: np.max(x, where=MASK), ValueError, "give initial= too"),
        (lambda x: np.prod(x, initial=X), ValueError, "initial= is one number"),
        (lambda x: np.prod(x, axis=2, initial=1.0), IndexError, "axis 2 is out of bounds"),
        (lambda x: np.prod(x, out=X), TypeError, "cannot be written into"),
    ],
)
def test_refusals(f: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        f(Tensor(X))


@pytest.mark.parametrize("f", [np.prod, lambda x: np.cumprod(x)[-1]])
def test_second_derivatives_of_products_beside_a_small_factor(f: Any) -> None:
    """∂²/∂xᵢ² is 0, and nothing of what cancels is left of it."""
    x = Tensor(np.array([0.9, -2.5e-9, 1.5], np.float32))
    (g,) = gradients(f(x), [x], record=True)
    (h,) = gradients((g * np.float32([0, 1, 0])).sum(), [x])
    np.testing.assert_allclose(h, np.float32([1.5, 0.0, 0.9]), rtol=1e-5, atol=1e-6)
