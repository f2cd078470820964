"""np.i0 and the window that is made of it: their derivatives, against SciPy's I₁."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Tensor, Value, grad, numerical_gradient
from autograd_lite.primitives import bessel
from autograd_lite.transforms import elementwise_grad


@given(st.one_of(st.floats(-700.0, 700.0), st.sampled_from([0.0, 8.0, -8.0, 8.000001, 1e-9])))
def test_derivatives_of_first_and_second_order(x: float) -> None:
    sc = pytest.importorskip("scipy.special")
    first = elementwise_grad(np.i0)
    size = max(1.0, float(np.i0(x)))
    assert float(np.i0(Tensor(x)).detach()) == float(np.i0(x))
    assert first(x) == pytest.approx(sc.i1(x), rel=1e-12, abs=1e-15 * size)
    exact = 0.5 * (sc.i0(x) + np.nan_to_num(sc.iv(2, x)))  # nan of denormal numbers
    assert elementwise_grad(first)(x) == pytest.approx(exact, rel=1e-11)


def test_kinds_of_operands() -> None:
    x = np.array([[0.5, -3.0], [9.0, 0.0]], np.float32)
    assert np.i0(Tensor(x)).dtype == np.float32
    np.testing.assert_allclose(np.i0(Tensor(x)).detach(), np.i0(x), rtol=1e-6)
    boxes = np.array([Value(0.5), Value(9.0)])
    np.testing.assert_allclose([v.data for v in bessel.i0(boxes)], np.i0([0.5, 9.0]))
    with pytest.raises(TypeError, match="i0"):
        np.i0(Tensor([1j]))


@pytest.mark.parametrize("kind", [float, np.array])
def test_a_window_by_its_shape(kind: Any) -> None:
    weights = np.arange(1.0, 8.0)

    def f(beta: Any) -> Any:
        return sum(weights * np.kaiser(7, beta))

    assert grad(f)(kind(3.0)) == pytest.approx(numerical_gradient(f, 3.0), rel=1e-8)
