"""Convolution and correlation in every mode: SciPy's values, and derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from primitive_checks import check, compare

from autograd_lite import PRIMITIVES, Tensor, gradients, numerical_gradient
from autograd_lite.scipy import signal
from autograd_lite.testing.calls import Point, cases_of, cotangent


@st.composite
def calls(draw: st.DrawFn) -> tuple[Any, Any, str, str]:
    n = draw(st.integers(1, 2))
    shapes = [[draw(st.integers(1, 4)) for _ in range(n)] for _ in range(2)]
    mode = draw(st.sampled_from(signal.MODES))
    if mode == "valid":
        both = [list(map(max, *shapes)), list(map(min, *shapes))]
        shapes = both[:: draw(st.sampled_from([1, -1]))]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x, y = (rng.normal(size=shape) for shape in shapes)
    return x, y, mode, draw(st.sampled_from(["auto", "direct", "fft"]))


@pytest.mark.parametrize("name", ["convolve", "correlate"])
@settings(max_examples=30)
@given(call=calls())
def test_values_and_derivatives(name: str, call: tuple[Any, Any, str, str]) -> None:
    x, y, mode, method = call
    ours, scipys = getattr(signal, name), getattr(sps, name)
    expected = scipys(x, y, mode, method)
    a, b = Tensor(x), Tensor(y)
    z = ours(a, b, mode, method)
    np.testing.assert_allclose(z.detach(), expected, atol=1e-12)
    np.testing.assert_allclose(ours(x, y, mode, method), expected, atol=1e-12)
    weights = cotangent(z.shape)
    slopes = [
        numerical_gradient(lambda v: np.sum(weights * scipys(v, y, mode, "direct")), x),
        numerical_gradient(lambda v: np.sum(weights * scipys(x, v, mode, "direct")), y),
    ]
    compare(name, gradients(z, [a, b], weights), [np.asarray(s) for s in slopes])


def test_every_order() -> None:
    primitive = PRIMITIVES["convolve_all"]
    rng = np.random.default_rng(0)
    for shapes, args, kwargs in cases_of(primitive):
        operands = tuple(rng.normal(size=shape) for shape in shapes)
        check(primitive, Point(primitive, operands, args, tuple(kwargs.items())))


@pytest.mark.parametrize("method", ["direct", "fft"])
def test_float32_stays_float32(method: str) -> None:
    x = Tensor(np.ones(5, np.float32))
    z = signal.convolve(x, np.ones(3, np.float32), "same", method)
    assert z.dtype == gradients(z.sum(), [x])[0].dtype == np.float32


def test_complex_numbers() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4, 2)) @ np.array([1.0, 1j])
    for name in ("convolve", "correlate"):
        z = getattr(signal, name)(Tensor(x), Tensor(y), "same")
        np.testing.assert_allclose(z.detach(), getattr(sps, name)(x, y, "same"))


def test_fft_and_numbers() -> None:
    z = signal.fftconvolve(Tensor([1.0, 2.0]), [1.0, 1.0])
    np.testing.assert_allclose(z.detach(), [1.0, 3.0, 2.0])
    assert signal.convolve(Tensor(2.0), 3.0).item() == 6.0


def test_what_does_not_fit_is_refused() -> None:
    x = Tensor(np.ones((2, 3)))
    wrong: list[tuple[Any, str]] = [
        (lambda: signal.convolve(x, np.ones(3)), "as many axes"),
        (lambda: signal.convolve(x, np.ones((3, 2)), "valid"), "at least as long"),
        (lambda: signal.correlate(x, x, "some"), "mode must be"),
    ]
    for call, message in wrong:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="axes"):
        signal.fftconvolve(x, x, axes=0)
