"""Numerical differentiation: gradients, Jacobians, extrapolation with its error, complex steps."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import numerical_gradient
from autograd_lite.numerical.differences import extrapolated, halved, numerical_jacobian, richardson

CURVES = {
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1.0 / np.cosh(x) ** 2),
    "fast": (lambda x: np.sin(40.0 * x), lambda x: 40.0 * np.cos(40.0 * x)),
    "pole": (lambda x: 1.0 / (x + 3.01), lambda x: -1.0 / (x + 3.01) ** 2),
    "cubic": (lambda x: x**3 - x, lambda x: 3.0 * x**2 - 1.0),
}


@pytest.mark.parametrize("name", CURVES)
@given(x=st.floats(-3, 3))
def test_the_estimated_error_bounds_the_error(name, x):
    f, slope = CURVES[name]
    value, error = richardson(f, x)
    assert abs(value - slope(x)) <= 3.0 * error
    assert error <= 1e-8 * max(1.0, abs(slope(x)))


@pytest.mark.parametrize("name", CURVES)
@given(x=st.floats(-3, 3))
def test_a_complex_step_is_exact(name, x):
    f, slope = CURVES[name]
    assert numerical_gradient(f, x, method="complex") == pytest.approx(slope(x), rel=1e-13)


def test_methods_on_arrays_agree():
    x = np.array([[0.5, -1.5], [2.0, 0.1]])
    for method in ("central", "richardson", "complex"):
        found = numerical_gradient(lambda x: np.sum(x**3), x, method=method)
        np.testing.assert_allclose(found, 3.0 * x**2, rtol=1e-8)
        assert found.shape == x.shape


def test_the_jacobian_of_a_matrix_function_has_both_shapes():
    W = np.array([[1.0, 2.0, 3.0], [1.0, 4.0, 6.0]])
    x = np.array([[2.0, 4.0], [2.0, 1.0]])
    found = numerical_jacobian(lambda x: x @ W, x)
    expected = np.einsum("ij,lk->iljk", np.eye(2), W.T)  # ∂y_il/∂x_jk
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert numerical_jacobian(lambda x: x * W, 2.0).shape == (2, 3)


def test_error_estimates_of_arrays_have_their_shape_and_dtype():
    x = np.array([0.5, 1.5], np.float32)
    value, error = richardson(lambda x: np.sum(np.exp(x)), x)
    assert value.shape == error.shape == (2,)
    assert value.dtype == error.dtype == np.float32
    assert np.all(np.abs(value - np.exp(x)) <= error)


def test_coarse_steps_may_leave_the_domain():
    assert richardson(math.log, 0.01).value == pytest.approx(100.0, rel=1e-9)
    assert richardson(math.sqrt, 0.001).value == pytest.approx(0.5 / math.sqrt(0.001), rel=1e-9)


def test_a_point_outside_of_the_domain_raises_what_f_raises():
    with pytest.raises(ValueError, match="math domain"):
        richardson(math.log, -1.0)


def test_extrapolation_removes_the_leading_terms():
    steps = halved(1.0, 0.1)
    slopes = [7.0 + 3.0 * h**2 - 5.0 * h**4 for h in steps]
    assert extrapolated(slopes, steps, 2).value == pytest.approx(7.0, abs=1e-14)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: numerical_gradient(np.sin, 1.0, -1.0), ValueError, "positive"),
        (lambda: numerical_gradient(np.sin, 1.0, method="best"), ValueError, "method must be"),
        (lambda: numerical_gradient(abs, 1.0, method="complex"), TypeError, "analytic"),
        (lambda: numerical_gradient(np.sin, np.ones(2)), TypeError, "one real number"),
        (lambda: numerical_gradient(lambda x: 1j, 1.0), TypeError, "complex"),
        (lambda: numerical_jacobian(np.sin, np.ones(0)), ValueError, "no elements"),
        (lambda: numerical_jacobian(lambda x: "a", 1.0), TypeError, "real numbers"),
        (lambda: richardson(np.sin, "a"), TypeError, "str"),
    ],
)
def test_errors(call, kind, said):
    with pytest.raises(kind, match=said):
        call()
