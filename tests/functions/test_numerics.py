"""Differences, derivatives and integrals on grids, interpolation, convolution, bins."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from slopes import slopes
from table_checks import check_function

import autograd_lite.primitives.numerics as ours
from autograd_lite import Tensor, Value, gradients

X = np.array([[1.0, 0.5, -2.0, 4.0], [3.0, -1.5, 0.25, 0.75], [0.1, 2.2, -0.3, 1.7]])
PLACES = np.array([0.0, 0.3, 1.0, 1.2])


def test_differences() -> None:
    check_function(lambda x: np.diff(x, 2, axis=0), X)
    check_function(lambda x, a, b: np.diff(x, prepend=a, append=b), X, 0.3, [[1.0], [2.0], [3.0]])
    check_function(lambda x, a: np.ediff1d(x, to_begin=a, to_end=[0.5]), X, [1.0, 2.0])
    assert np.diff(Tensor([1.0]), n=3).shape == (0,)
    assert np.diff(Tensor(X), n=0).shape == X.shape
    with pytest.raises(ValueError, match="at least one axis"):
        np.diff(Tensor(1.0))
    values = [Value(1.0), Value(4.0)]
    assert gradients(ours.diff(values)[0], values) == [-1.0, 1.0]


def test_gradient_of_a_grid() -> None:
    check_function(np.gradient, X)
    check_function(lambda x, h: np.gradient(x, h, axis=1, edge_order=2), X, 0.3)
    check_function(lambda x, a, b: np.gradient(x, a, b, edge_order=2), X, [0.0, 0.4, 1.5], PLACES)
    check_function(lambda x, b: np.gradient(x, 0.5, b), X, PLACES)
    check_function(lambda x, a: np.gradient(x, a, axis=0), X[:2], [0.1, 0.7])
    assert np.gradient(Tensor(np.float32(X)), 0.1)[0].dtype == np.float32
    for f in (lambda x: np.gradient(x, 1, 2, 3), lambda x: np.gradient(x, PLACES, PLACES)):
        with pytest.raises((TypeError, ValueError), match="gradient: "):
            f(Tensor(X))


def test_integrals() -> None:
    check_function(lambda y, x: np.trapezoid(y, x, axis=0), X, [0.0, 0.4, 1.5])
    check_function(lambda y, x: np.trapezoid(y, x), X, np.cumsum(np.abs(X), axis=1))
    check_function(lambda y, h: np.trapezoid(y, dx=h), X, 0.3)


@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from(["full", "same", "valid"]))
def test_convolution_in_every_mode(n: int, m: int, mode: Any) -> None:
    x, y = np.arange(1.0, n + 1) ** 0.5, np.arange(1.0, m + 1) ** 0.3
    for f in (np.convolve, np.correlate):
        check_function(lambda x, y, f=f: f(x, y, mode), x, y)


def test_convolution_of_values_and_of_one_array() -> None:
    values = [Value(1.0), Value(2.0)]
    assert [v.data for v in ours.convolve(np.array(values), [1.0, 3.0])] == [1.0, 5.0, 6.0]
    check_function(lambda x: np.convolve(x, x, "same"), [1.0, -2.0, 0.5])
    with pytest.raises(ValueError, match="mode must be"):
        np.convolve(Tensor([1.0]), [1.0], "middle")
    with pytest.raises(ValueError, match="needs sequences"):
        np.convolve(Tensor(X), [1.0])


# ---------------------------------------------------------------- interpolation and bins

XP, FP = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([2.0, -1.0, 0.3, 1.0])


def test_interpolation() -> None:
    at = [-0.7, 0.2, 1.4, -3.0, 5.0]
    check_function(np.interp, at, XP, FP)
    check_function(lambda x, a: np.interp(x, XP, FP, left=a[0], right=a[1]), at, [0.4, 0.6])
    check_function(lambda x, xp, fp: np.interp(x, xp, fp, period=1.7), at, [0.1, 0.9, 1.5], FP[:3])
    check_function(lambda x, f: np.interp(x, [0.4], f), at, [3.0])
    assert np.interp(Tensor(np.float32(0.2)), XP, FP).dtype == np.float64
    v = Value(0.25)
    assert gradients(np.interp(v, XP, FP), [v]) == [pytest.approx(2.6)]


def test_slope_at_the_points() -> None:
    """To the right of each; at the last one to its left."""
    x = Tensor(XP)
    z = np.interp(x, XP, FP)
    assert z.detach().tolist() == FP.tolist()
    right = np.diff(FP) / np.diff(XP)
    np.testing.assert_allclose(gradients(z, [x], np.ones(4))[0], [*right, right[-1]])
    x = Tensor([1.0, 0.5])
    assert np.interp(x, [0.0, 1.0, 1.0], [0.0, 2.0, 3.0]).detach().tolist() == [3.0, 1.0]


@pytest.mark.parametrize("points", [([], []), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])])
def test_points_that_do_not_fit(points: Any) -> None:
    with pytest.raises(ValueError, match="interp: points of shapes"):
        np.interp(Tensor(1.0), *points)


def test_complex_values_at_real_points() -> None:
    fp = Tensor(FP * (1.0 - 2.0j))
    z = np.interp(0.25, XP, fp)
    assert z.item() == pytest.approx(np.interp(0.25, XP, fp.detach()))
    np.testing.assert_allclose(gradients(np.real(z), [fp])[0], [0.0, 0.5, 0.5, 0.0])
    with pytest.raises(TypeError, match="must be real"):
        np.interp(fp, XP, FP)


def test_bins() -> None:
    data = np.array([0.1, 0.4, 0.45, 0.9, 1.0])
    weights = [1.0, 2.0, 3.0, 4.0, 5.0]
    for density in (False, True):
        check_function(lambda w, d=density: np.histogram(data, 4, (0, 1), d, w)[0], weights)
    check_function(lambda w: np.bincount([0, 2, 2, 5, 0], w, minlength=8), weights)
    counts, edges = np.histogram(Tensor(data), 2)
    assert isinstance(counts, np.ndarray)
    np.testing.assert_array_equal(counts, np.histogram(data, 2)[0])
    check_function(lambda x: np.histogram(x, 3)[1], data)
    assert isinstance(np.histogram(Tensor(data), edges.detach())[1], np.ndarray)


def test_float32_gradients() -> None:
    x = Tensor(np.float32([1.0, 2.0, 4.0]))
    for f in (lambda x: np.convolve(x, x), lambda x: np.interp(x, XP, FP), np.gradient):
        assert gradients(np.sum(f(x)), [x])[0].dtype == np.float32
    assert slopes(np.diff, X)[0].shape == X.shape
