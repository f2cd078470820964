"""Layers for images of shape (samples, channels, height, width): Conv2d and MaxPool2d."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.tensor import Tensor
from autograd_lite.nn.batches import Rng, as_rng
from autograd_lite.nn.initialisers import Init, draw
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import Parameter, as_input
from autograd_lite.primitives.convolution import windows
from autograd_lite.primitives.indexing import scatter
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.reductions import max
from autograd_lite.primitives.shape import reshape, shape_of

Size = int | tuple[int, int]


class Conv2d(Module):
    """y[n, o, r, c] = b[o] + Σ x[n, i, stride·r + u, stride·c + v]·W[o, i, u, v], over i, u, v.

    A cross-correlation, as in every library; x is surrounded by `padding` zeros on each side.

    Args:
        n_in, n_out: the numbers of channels of x and y.
        size: of the window: a number, or (height, width).
        stride: how far apart the windows are.
        padding: how many zeros surround x.
        init: how W, of shape (n_out, n_in, height, width), starts: see `initialisers`.
        bias: how b, of shape (n_out,), starts; None for no b.
        rng: a NumPy Generator or RandomState, a seed, or None; W is drawn first, then b.
        dtype: float64 or float32.

    Raises:
        ValueError: if sizes or shapes do not fit.

    >>> ones = Conv2d(1, 1, 2, init="ones")
    >>> ones(np.arange(9.0).reshape(1, 1, 3, 3))
    Tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        size: Size,
        *,
        stride: int = 1,
        padding: int = 0,
        init: Init = "he",
        bias: Init | None = "zeros",
        rng: Rng | int | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        height, width = _pair(size)
        if min(n_in, n_out, height, width, stride) < 1 or padding < 0:
            raise ValueError(
                f"Conv2d: channels {n_in} and {n_out}, size {size} and stride {stride} must be "
                f"positive and padding {padding} not negative"
            )
        rng = as_rng(rng)
        fans = (n_in * height * width, n_out * height * width)
        shape = (n_out, n_in, height, width)
        self.W: Parameter = Tensor(draw(init, rng, shape, *fans, dtype), name="W")
        self.b: Parameter | None = None
        if bias is not None:
            self.b = Tensor(draw(bias, rng, (n_out,), *fans, dtype), name="b")
        self.stride = stride
        self.padding = padding

    def forward(self, x: Any) -> Any:
        """y of shape (samples, n_out, …, …) for x of shape (samples, n_in, height, width)."""
        x = _images("Conv2d", x, self.W.shape[1])
        n_out, n_in, height, width = self.W.shape
        patches = windows(_padded(x, self.padding), (height, width), self.stride)
        samples, (rows, columns) = patches.shape[0], patches.shape[-2:]
        patches = reshape(patches, (samples, n_in * height * width, rows * columns))
        y = matmul(reshape(self.W, (n_out, n_in * height * width)), patches)
        if self.b is not None:
            y = y + reshape(self.b, (n_out, 1))
        return reshape(y, (samples, n_out, rows, columns))

    def _describe(self) -> str:
        n_out, n_in, height, width = self.W.shape
        rest = f", stride={self.stride}" if self.stride != 1 else ""
        rest += f", padding={self.padding}" if self.padding else ""
        return f"{n_in}, {n_out}, ({height}, {width}){rest}" + (", bias=None" * (self.b is None))


class MaxPool2d(Module):
    """The greatest element of every window: y[n, i, r, c] = max x[n, i, stride·r + u, …].

    ∂: the gradient to the greatest element, shared equally at a tie. Rows and columns that fill
    no whole window are left out.

    Args:
        size: of the window: a number, or (height, width).
        stride: how far apart the windows are; as far as `size`, which then must be one number,
            if it is not given.

    >>> MaxPool2d(2)(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    def __init__(self, size: Size, stride: int | None = None) -> None:
        self.size = _pair(size)
        if stride is None and self.size[0] != self.size[1]:
            raise ValueError(f"MaxPool2d: windows of {size} need a stride")
        self.stride = self.size[0] if stride is None else stride

    def forward(self, x: Any) -> Any:
        """y of shape (samples, channels, …, …) for x of shape (samples, channels, …, …)."""
        x = _images("MaxPool2d", x, None)
        return max(windows(x, self.size, self.stride), axis=(-4, -3))

    def _describe(self) -> str:
        return f"{self.size}, stride={self.stride}"


def _pair(size: Size) -> tuple[int, int]:
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _images(name: str, x: Any, channels: int | None) -> Any:
    x = as_input(x)
    shape = shape_of(x)
    if len(shape) != 4 or channels not in (None, shape[1]):
        wanted = "channels" if channels is None else channels
        raise ValueError(f"{name}: x needs shape (samples, {wanted}, height, width), not {shape}")
    return x


def _padded(x: Any, padding: int) -> Any:
    """x with that many zeros on each side of its last two axes."""
    if not padding:
        return x
    inner = slice(padding, -padding)
    *lead, height, width = x.shape
    return scatter(x, (..., inner, inner), (*lead, height + 2 * padding, width + 2 * padding))
