"""Cumulative sums and products."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from table_checks import check_function

import autograd_lite.primitives.cumulative as ours
from autograd_lite import Tensor, Value, gradients

FACTORS = st.sampled_from([0.0, 1.0, 2.0, -0.5, 3.0])


@given(st.lists(FACTORS, min_size=1, max_size=9), st.integers(0, 8), st.integers(0, 8))
def test_each_product_without_one_factor(row: list[float], k: int, i: int) -> None:
    """Whatever is 0, ∂z_k/∂x_i is the product of the first k+1 elements but the i-th."""
    k, i = min(k, len(row) - 1), min(i, len(row) - 1)
    x = Tensor(row)
    (found,) = gradients(np.cumprod(x)[k], [x])
    rest = [v for j, v in enumerate(row[: k + 1]) if j != i]
    assert found[i] == pytest.approx(np.prod(rest) if i <= k else 0.0, rel=1e-12)


@pytest.mark.parametrize("row", [[0.5, 0.0, 2.0, 3.0], [0.0, 0.0, 1.0, 2.0], [1.0, 2.0, 3.0, 0.0]])
def test_products_with_zeros_to_the_second_order(row: list[float]) -> None:
    check_function(np.cumprod, row)
    check_function(lambda x: np.cumprod(np.reshape(x, (2, 2)), axis=0), row)


def test_products_that_underflow() -> None:
    x = Tensor([1e-200, 1e-200, 1e200, 2.0])
    (found,) = gradients(np.cumprod(x)[3], [x])
    # x_0·x_1 is 0, and so are the products after it
    np.testing.assert_allclose(found, [2.0, 2.0, 0.0, 0.0])


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="NumPy has them since 2.1")
@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_with_an_initial_one(name: str) -> None:
    f, x = getattr(np, name), [[1.0, 0.0, 3.0], [2.0, -1.0, 0.5]]
    check_function(lambda x: f(x, axis=1, include_initial=True), x)
    check_function(lambda x: f(x, axis=0), x)
    assert f(Tensor(np.float32([1.0])), include_initial=True).dtype == np.float32
    with pytest.raises(ValueError, match="give the axis"):
        f(Tensor(x))


def test_arrays_of_values() -> None:
    values = [Value(2.0), Value(0.0), Value(3.0)]
    z = ours.cumprod(values)
    assert [v.data for v in z] == [2.0, 0.0, 0.0]
    assert gradients(z[2], values) == [0.0, 6.0, 0.0]
    assert gradients(ours.cumsum(values)[1], values) == [1.0, 1.0, 0.0]


def test_awkward_shapes() -> None:
    assert np.cumsum(Tensor(2.0)).shape == (1,)
    for shape in ((0,), (2, 0), (0, 3)):
        x = Tensor(np.zeros(shape))
        for f in (np.cumsum, np.cumprod):
            assert gradients(np.sum(f(x, axis=0)), [x])[0].shape == shape
    check_function(lambda x: np.cumprod(x.T, axis=-1), [[1.0, 0.0], [2.0, 3.0]])
