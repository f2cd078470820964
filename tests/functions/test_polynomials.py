"""Polynomials as arrays of coefficients, and those of `numpy.polynomial`."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.polynomial import Polynomial, chebyshev, hermite, hermite_e, laguerre, legendre
from numpy.polynomial import polynomial as power_series
from table_checks import check_function

from autograd_lite import Tensor, Value, grad, gradients

COEFFICIENTS = st.lists(st.sampled_from([1.0, -0.5, 2.0, 0.7]), min_size=1, max_size=5)
P, Q = [2.0, 0.0, -1.0, 0.5], [1.5, -0.4]


def test_values() -> None:
    check_function(np.polyval, P, [[0.3, -1.2], [2.0, 0.0]])
    check_function(np.polyval, [3.0], [1.0, 2.0])
    assert np.polyval(P, Value(2.0)).data == pytest.approx(np.polyval(P, 2.0))
    x = Value(2.0)
    assert gradients(np.polyval([x, 1.0], x), [x]) == [4.0]
    assert np.polyval(Tensor(np.float32(P)), np.float32(2.0)).dtype == np.float32


@settings(max_examples=10)
@given(COEFFICIENTS, COEFFICIENTS)
def test_arithmetic(p: list[float], q: list[float]) -> None:
    for f in (np.polyadd, np.polysub, np.polymul):
        check_function(f, p, q)
    if len(p) >= len(q):  # the remainder is as long as its rounding errors let it be
        check_function(lambda p, q: np.polydiv(p, q)[0], p, q)
    product = np.polymul(Tensor(p), Tensor(q))
    quotient, _ = np.polydiv(product, q)
    np.testing.assert_allclose(quotient.detach(), p, atol=1e-8)


def test_remainder() -> None:
    check_function(np.polydiv, [3.0, 5.0, 2.0, -1.0], [2.0, 1.0, 0.4])
    check_function(np.polydiv, [3.0], [2.0, 1.0])


def test_zeros_in_front() -> None:
    check_function(lambda p: np.polymul(np.concatenate([[0.0], p]), Q), P)
    assert (
        np.polymul(Tensor([0.0, 0.0]), [1.0, 2.0]).shape == np.polymul([0.0, 0.0], [1, 2.0]).shape
    )


def test_derivatives_and_integrals() -> None:
    for m in range(4):
        check_function(lambda p, m=m: np.polyder(p, m), P)
        check_function(lambda p, m=m: np.polyint(p, m), P)
    check_function(lambda p, k: np.polyint(p, 2, k), P, [0.3, 0.4])
    check_function(lambda p, k: np.polyint(p, 2, k), P, 0.3)
    for f in (np.polyder, np.polyint):
        with pytest.raises(ValueError, match="must not be negative"):
            f(Tensor(P), -1)


def test_from_roots() -> None:
    check_function(np.poly, [1.0, 2.0, -0.5])
    conjugates = Tensor(np.array([1 + 2j, 1 - 2j]))
    assert np.poly(conjugates).dtype == np.float64


@pytest.mark.parametrize(
    "f",
    [power_series.polyval, chebyshev.chebval, legendre.legval, hermite.hermval, hermite_e.hermeval,
     laguerre.lagval],
)  # fmt: skip
def test_series_of_numpy_polynomial(f: object) -> None:
    """Plain Python: they run on variables as they are."""
    assert callable(f)
    check_function(lambda x: f(x, P), [[0.3, -1.2], [2.0, 0.1]])
    assert grad(lambda x: f(x, P))(0.3) == pytest.approx(grad(lambda x: f(x, P))(np.array(0.3)))


def test_objects_of_numpy_polynomial() -> None:
    series = Polynomial(P, domain=[0.0, 2.0])
    found = grad(lambda x: np.sum(series(x)))(np.array([0.3, 1.2]))
    np.testing.assert_allclose(found, series.deriv()(np.array([0.3, 1.2])), rtol=1e-12)
    check_function(lambda x: np.poly1d(P)(x), [0.3, 1.2])
