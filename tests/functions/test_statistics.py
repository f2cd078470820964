"""Variances, averages, covariances, order statistics, and what leaves out nan."""

from __future__ import annotations

import warnings
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from slopes import slopes
from table_checks import check_function

import autograd_lite.primitives.missing as missing
import autograd_lite.primitives.quantiles as quantiles
import autograd_lite.primitives.statistics as statistics
from autograd_lite import Tensor, Value, gradients

X = np.array([[1.0, 0.5, -2.0, 4.0], [3.0, -1.5, 0.25, 0.75], [0.1, 2.2, -0.3, 1.7]])
MASK = np.arange(12).reshape(3, 4) % 3 != 1
METHODS = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
]  # fmt: skip

# ---------------------------------------------------------------- variance


@pytest.mark.parametrize("f", [np.var, np.std])
def test_every_argument_of_variances(f: Any) -> None:
    check_function(lambda x: f(x, 0, ddof=1), X)
    check_function(lambda x: f(x, axis=(0, 1), keepdims=True, where=MASK), X)
    check_function(lambda x: f(x, 1, correction=1, where=MASK), X)
    check_function(lambda x, m: f(x, 1, mean=m), X, [[0.3], [0.2], [0.1]])
    check_function(lambda x: f(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)), X)
    check_function(lambda x: f(x.T[::2], 0), X)
    assert f(Tensor(np.float32(X)), where=MASK).dtype == np.float32
    with pytest.raises(ValueError, match="ddof and correction"):
        f(Tensor(X), ddof=1, correction=1)


def test_deviation_of_equal_elements() -> None:
    """No derivative; 0 is taken, in the second order too."""
    x = Tensor([[2.0, 2.0], [1.0, 3.0]])
    z = np.std(x, axis=1)
    first = gradients(z, [x], np.ones(2), record=True)[0]
    assert first.detach().tolist() == [[0.0, 0.0], [-0.5, 0.5]]
    assert np.isfinite(gradients(np.sum(first), [x])[0]).all()
    for f in (np.nanstd, lambda x: np.nanstd(x, axis=1)[0]):
        assert np.isfinite(gradients(f(x), [x])[0]).all()


def test_variance_warns_as_numpy_does() -> None:
    for f in (np.var, np.std, np.nanvar):
        with pytest.warns(RuntimeWarning, match="Degrees of freedom <= 0 for slice"):
            f(Tensor([1.0, 2.0]), ddof=2)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        np.cov(Tensor([1.0, 2.0]), ddof=2)


def test_arrays_of_values() -> None:
    values = [Value(1.0), Value(2.0), Value(6.0)]
    numbers = [1.0, 2.0, 6.0]
    for name in ("var", "std", "average", "median"):
        module = quantiles if name == "median" else statistics
        f, numpy = getattr(module, name), getattr(np, name)
        for row in (values, np.array(values)):
            assert f(row).data == pytest.approx(numpy(numbers))
            weight = slopes(lambda x: x, 1.0)[0]
            np.testing.assert_allclose(
                gradients(f(row), values), slopes(numpy, numbers)[0] / weight
            )


# ---------------------------------------------------------------- averages and covariances


def test_averages() -> None:
    check_function(lambda x, w: np.average(x, weights=w), X, np.abs(X) + 0.2)
    check_function(lambda x, w: np.average(x, 1, w, returned=True), X, [1.0, 2.0, 0.5, 0.7])
    check_function(lambda x, w: np.average(x, (1, 0), w, keepdims=True), X, np.abs(X.T) + 0.1)
    z, total = np.average(Tensor(np.float32(X)), 0, returned=True)
    assert (z.dtype, total.dtype, total.tolist()) == (np.float32, np.float32, [3.0] * 4)
    with pytest.raises(ZeroDivisionError):
        np.average(Tensor([1.0, 2.0]), weights=[1.0, -1.0])
    with pytest.raises(TypeError, match="axis must be given"):
        np.average(Tensor(X), weights=[1.0, 2.0])


def test_covariances() -> None:
    check_function(np.cov, X)
    check_function(lambda x: np.cov(x, rowvar=False, bias=True), X)
    check_function(lambda x, y: np.cov(x, y, ddof=0), X[0], X[1])
    check_function(lambda x: np.cov(x, aweights=[1.0, 2.0, 0.5, 0.3], fweights=[1, 2, 1, 3]), X)
    check_function(np.cov, X[0])
    check_function(np.corrcoef, X)
    check_function(lambda x, y: np.corrcoef(x, y), X[0], X[1])
    assert np.cov(Tensor(np.float32(X))).dtype == np.cov(np.float32(X)).dtype
    assert np.cov(Tensor(np.float32(X)), dtype=np.float32).dtype == np.float32


# ---------------------------------------------------------------- order statistics


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=9, unique=True),
    st.floats(0.0, 1.0),
    st.sampled_from(METHODS),
)
def test_quantiles_are_numpys(row: list[int], q: float, method: str) -> None:
    """The value; and the gradient, with which the value, linear between ties, is Σ x·∂z/∂x."""
    numbers = np.array(row) / 7.0
    x = Tensor(numbers)
    z = np.quantile(x, q, method=method)
    np.testing.assert_allclose(z.item(), np.quantile(numbers, q, method=method), atol=1e-13)
    (found,) = gradients(z, [x])
    assert found.sum() == pytest.approx(1.0)
    assert np.count_nonzero(found) <= 2
    assert found @ numbers == pytest.approx(z.item(), abs=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_quantiles_of_rows(method: str) -> None:
    for axis in (None, 0, -1, (0, 1)):
        check_function(
            lambda x, a=axis: np.quantile(x, [0.13, 0.86], a, method=method, keepdims=True), X
        )
        check_function(lambda x, a=axis: np.nanpercentile(x, 33.0, a, method=method), X)


@pytest.mark.parametrize("method", METHODS)
def test_derivative_by_the_share(method: str) -> None:
    check_function(lambda x, q: np.quantile(x, q, 1, method=method), X, [[0.31, 0.67]])
    check_function(lambda x, q: np.nanpercentile(x, q, method=method), X[0], 57.0)


def test_a_share_that_is_a_value_widens_nothing() -> None:
    x = np.array([1.0, 2.0, 4.0], np.float32)
    for f in (lambda q: np.percentile(x, q), lambda q: np.percentile(Tensor(x), q)):
        z = f(Value(30.0))
        assert z.dtype == f(30.0).dtype == np.float32
        q = Value(30.0)
        assert gradients(f(q), [q]) == [pytest.approx(0.02)]
    assert np.percentile(x, Tensor(30.0)).dtype == np.percentile(x, np.array(30.0)).dtype


def test_equal_elements_in_the_order_of_the_array() -> None:
    x = Tensor([2.0, 1.0, 2.0, 2.0, 5.0])
    assert gradients(np.median(x), [x])[0].tolist() == [0.0, 0.0, 1.0, 0.0, 0.0]
    x = Tensor([3.0, 3.0])
    assert gradients(np.median(x), [x])[0].tolist() == [0.5, 0.5]


@given(st.integers(0, 2**31), st.sampled_from([0, 1, None]), st.booleans())
def test_many_elements(seed: int, axis: int | None, holes: bool) -> None:
    """Found without ordering them all: the same, at ties and beside nan too."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 30, (110, 2)) / 4.0
    numbers = np.where(rng.random((110, 2)) < 0.02 * holes, np.nan, numbers)
    x = Tensor(numbers)
    for few, all_of_them in (
        (np.median(x, axis=axis), np.quantile(x, [0.5] * 9, axis=axis)[0]),
        (np.nanmedian(x, axis=axis), np.nanquantile(x, [0.5] * 9, axis=axis)[0]),
    ):
        np.testing.assert_allclose(few.detach(), all_of_them.detach())
        ones = np.ones(few.shape)
        found, expected = (gradients(z, [x], ones)[0] for z in (few, all_of_them))
        np.testing.assert_allclose(found, expected)


def test_nan_is_the_result() -> None:
    x = Tensor([[1.0, np.nan, 3.0], [4.0, 2.0, 9.0]])
    for z in (np.median(x, axis=1), np.quantile(x, 0.5, axis=1)):
        assert np.isnan(z.detach()).tolist() == [True, False]
        assert gradients(z, [x], np.ones(2))[0].tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("name", ["quantile", "percentile", "nanquantile", "nanpercentile"])
def test_complex_numbers_have_no_quantiles(name: str) -> None:
    x = np.array([1.0 + 2.0j, 3.0])
    with pytest.raises(TypeError):
        getattr(np, name)(x, 0.5)
    with pytest.raises(TypeError, match=rf"{name}: complex numbers have no order"):
        getattr(np, name)(Tensor(x), 0.5)


def test_weighted_quantiles() -> None:
    weights = np.abs(X) + 0.1
    for w, axis in ((weights, 1), (weights, None), (weights[0], 1)):
        check_function(lambda x, w=w, a=axis: np.quantile(x, [0.2, 0.7], a, weights=w,
                                                 method="inverted_cdf"), X)  # fmt: skip
    with pytest.raises(TypeError, match="weights are constants"):
        np.quantile(Tensor(X), 0.5, weights=Tensor(weights), method="inverted_cdf")
    with pytest.raises(ValueError):
        np.quantile(Tensor(X), 0.5, method="none")
    with pytest.raises(ValueError):
        np.quantile(Tensor(X), 1.5)


# ---------------------------------------------------------------- nan

HOLES = np.array([[1.0, np.nan, 3.0, -2.0], [np.nan, 0.5, 4.0, 2.5]])


@pytest.mark.parametrize(
    "name",
    ["sum", "prod", "mean", "max", "min", "var", "std", "median", "cumsum", "cumprod",
     "quantile", "percentile"],
)  # fmt: skip
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_without_nan(name: str, axis: int | None) -> None:
    """NumPy's value without a warning; the gradient is that of the elements that are left."""
    more = (0.4,) if name in ("quantile", "percentile") else ()
    f, plain = getattr(np, f"nan{name}"), getattr(np, name)
    x = Tensor(HOLES)
    z = f(x, *more, axis=axis)
    np.testing.assert_allclose(z.detach(), f(HOLES, *more, axis=axis), rtol=1e-13)
    (found,) = gradients(np.sum(z), [x])
    assert (found[np.isnan(HOLES)] == 0.0).all()
    for i, row in enumerate(HOLES) if axis == 1 and not name.startswith("cum") else ():
        left = Tensor(row[~np.isnan(row)])
        (expected,) = gradients(np.sum(plain(left, *more)), [left])
        np.testing.assert_allclose(found[i][~np.isnan(row)], expected, rtol=1e-13)


def test_rows_of_nan_alone() -> None:
    x = Tensor([[np.nan, np.nan], [1.0, 2.0]])
    for name in ("nanmean", "nanmax", "nanmin", "nanvar", "nanstd", "nanmedian"):
        with pytest.warns(RuntimeWarning):
            z = getattr(np, name)(x, axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = getattr(np, name)(x.detach(), axis=1)
        np.testing.assert_array_equal(z.detach(), expected)
        assert np.isfinite(gradients(z[1], [x])[0][1]).all()


def test_values_without_nan() -> None:
    values = [Value(1.0), Value(np.nan), Value(4.0)]
    assert gradients(missing.nansum(values), values) == [1.0, 0.0, 1.0]
    assert gradients(missing.nanmean(values), values) == [0.5, 0.0, 0.5]
    assert gradients(missing.nanprod(values), values) == [4.0, 0.0, 1.0]
    assert gradients(missing.nanmedian(values), values) == [0.5, 0.0, 0.5]
