"""Convolution and pooling: the formula by loops, gradients by property, what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import check_module

from autograd_lite import Tensor, nn, overlap_add, windows
from autograd_lite.nn.parameters import plain

Array = npt.NDArray[np.float64]
seeds = st.integers(0, 2**32 - 1)


def by_loops(x: Array, W: Array, b: Array, stride: int, padding: int) -> Array:
    """The formula of Conv2d, an output at a time."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    samples, _, height, width = x.shape
    n_out, _, h, w = W.shape
    rows, columns = (height - h) // stride + 1, (width - w) // stride + 1
    y = np.empty((samples, n_out, rows, columns))
    for n, o, r, c in np.ndindex(y.shape):
        window = x[n, :, stride * r : stride * r + h, stride * c : stride * c + w]
        y[n, o, r, c] = (window * W[o]).sum() + b[o]
    return y


@given(
    channels=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    size=st.sampled_from([1, 2, 3, (2, 1), (1, 3)]),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    seed=seeds,
)
def test_convolution_is_its_formula(
    channels: tuple[int, int], size: Any, stride: int, padding: int, seed: int
) -> None:
    layer = nn.Conv2d(
        *channels, size, stride=stride, padding=padding, init="normal", bias="normal", rng=seed
    )
    x = np.random.default_rng(seed).normal(size=(2, channels[0], 4, 5))
    expected = by_loops(x, plain(layer.W), plain(layer.b), stride, padding)
    np.testing.assert_allclose(plain(layer(x)), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("size", "stride", "padding", "bias"),
    [((2, 3), 1, 0, "normal"), (2, 2, 1, "normal"), (1, 1, 0, None)],
)
def test_gradients_of_convolution(size: Any, stride: int, padding: int, bias: str | None) -> None:
    layer = nn.Conv2d(2, 2, size, stride=stride, padding=padding, init="normal", bias=bias, rng=3)
    check_module(layer, np.random.default_rng(4).normal(size=(2, 2, 3, 3)))


@pytest.mark.parametrize(("size", "stride"), [(2, None), (2, 1), ((1, 2), 2), (3, 2)])
def test_pooling(size: Any, stride: int | None) -> None:
    layer = nn.MaxPool2d(size, stride)
    h, w = (size, size) if isinstance(size, int) else size
    step = stride or h
    x = np.random.default_rng(5).permutation(2 * 2 * 4 * 5).reshape(2, 2, 4, 5) / 10.0
    y = layer(x)
    for n, c, i, j in np.ndindex(y.shape):
        window = x[n, c, step * i : step * i + h, step * j : step * j + w]
        assert y[n, c, i, j] == window.max()
    assert y.shape == (2, 2, (4 - h) // step + 1, (5 - w) // step + 1)
    check_module(layer, x)


@given(
    lengths=st.lists(st.integers(1, 6), min_size=2, max_size=2),
    size=st.lists(st.integers(1, 3), min_size=2, max_size=2),
    stride=st.integers(1, 3),
    seed=seeds,
)
def test_overlap_add_is_the_adjoint_of_windows(
    lengths: list[int], size: list[int], stride: int, seed: int
) -> None:
    """Σ windows(x)·g = Σ x·overlap_add(g) for all x and g."""
    size = [min(n, length) for n, length in zip(size, lengths, strict=True)]
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *lengths))
    made = windows(x, size, stride)
    g = rng.normal(size=made.shape)
    assert (made * g).sum() == pytest.approx((x * overlap_add(g, lengths, stride)).sum())


def test_the_output_keeps_float32() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3, rng=0, dtype=np.float32), nn.ReLU(), nn.MaxPool2d(2))
    x = Tensor(np.random.default_rng(0).normal(size=(2, 1, 6, 6)).astype(np.float32))
    y = net(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == net[0].W.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(1, 2, 3)(np.ones((5, 5))), r"\(samples, 1, height, width\)"),
        (lambda: nn.Conv2d(1, 2, 3)(np.ones((4, 3, 5, 5))), r"not \(4, 3, 5, 5\)"),
        (lambda: nn.Conv2d(1, 2, 6)(np.ones((4, 1, 5, 5))), r"\(6, 6\), 1 apart, do not fit"),
        (lambda: nn.Conv2d(0, 2, 3), "must be positive"),
        (lambda: nn.MaxPool2d((2, 3)), "need a stride"),
        (lambda: nn.MaxPool2d(2)(np.ones((4, 4))), r"\(samples, channels, height, width\)"),
        (lambda: windows(np.ones(3), (4,)), "do not fit"),
        (lambda: windows(np.ones(3), (2,), 0), "do not fit"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
