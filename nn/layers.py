"""Layers: Affine, Flatten, Dropout, BatchNorm."""

from __future__ import annotations

import math
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.tensor import Tensor
from autograd_lite.nn.batches import Rng, as_rng
from autograd_lite.nn.initialisers import Init, draw
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import Parameter, as_input, as_parameter, plain
from autograd_lite.primitives.affine import affine
from autograd_lite.primitives.exponential import sqrt, square
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.reductions import mean
from autograd_lite.primitives.shape import reshape, shape_of

Layout = Literal["in,out", "out,in"]


class Affine(Module):
    """Y = X·W + b; ∂L/∂X = ∂L/∂Y·Wᵀ, ∂L/∂W = Xᵀ·∂L/∂Y, ∂L/∂b = Σ_rows ∂L/∂Y.

    `Affine(n_in, n_out)` draws its weights; `Affine(W, b)` takes those given: W of shape
    (n_in, n_out), or (n_in,) for one output without an axis of its own; b of shape (n_out,), one
    number for all outputs, or None. Given arrays of Values, or after `as_values()`, it records each
    multiplication and addition: of two inputs and two outputs z1 … z6, as on paper.

    Args:
        n_in, n_out: the numbers of inputs and outputs.
        init: how W starts: a name, function, number or array; see `initialisers`.
        bias: how b starts, likewise; None for no b.
        rng: a NumPy Generator or RandomState, a seed, or None; W is drawn first, then b.
        layout: "out,in" draws W as (n_out, n_in) and transposes it.
        dtype: float64 or float32.

    Raises:
        ValueError: if sizes or shapes do not fit.

    >>> layer = Affine([[1.0, 2.0, 3.0], [1.0, 4.0, 6.0]], 2.0)
    >>> layer([[2.0, 4.0], [2.0, 1.0], [4.0, 3.0]])
    Tensor([[ 8., 22., 32.],
            [ 5., 10., 14.],
            [ 9., 22., 32.]])
    """

    W: Parameter
    b: Parameter | None

    @overload
    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        init: Init = ...,
        bias: Init | None = ...,
        rng: Rng | int | None = ...,
        layout: Layout = ...,
        dtype: npt.DTypeLike = ...,
    ) -> None: ...

    @overload
    def __init__(self, n_in: Any, n_out: Any = None) -> None: ...

    def __init__(
        self,
        n_in: Any,
        n_out: Any = None,
        *,
        init: Init = "xavier",
        bias: Init | None = "zeros",
        rng: Rng | int | None = None,
        layout: Layout = "in,out",
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        if isinstance(n_in, int | np.integer):
            rng = as_rng(rng)
            sizes = (int(n_in), _positive(n_in, n_out))
            self.W = Tensor(_weights(sizes, init, rng, layout, dtype), name="W")
            self.b = None
            if bias is not None:
                self.b = Tensor(draw(bias, rng, sizes[1:], *sizes, dtype), name="b")
        else:
            self.W = as_parameter(n_in, "W")
            self.b = None if n_out is None else as_parameter(n_out, "b")
            _check_given(self.W.shape, () if self.b is None else self.b.shape)

    def forward(self, x: Any) -> Any:
        """x·W + b, for x of shape (n_in,) or (…, n_in)."""
        try:
            return matmul(x, self.W) if self.b is None else affine(x, self.W, self.b)
        except ValueError:
            shape = np.shape(plain(x))
            if shape[-1:] == self.W.shape[:1]:
                raise
            raise ValueError(
                f"Affine: x has shape {shape}, but the weights {self.W.shape} need its last axis "
                f"to be {self.W.shape[0]} long"
            ) from None

    def _describe(self) -> str:
        bias = "" if self.b is not None else ", bias=None"
        return ", ".join(str(n) for n in self.W.shape) + bias


def _positive(n_in: Any, n_out: Any) -> int:
    """n_out, if both can be numbers of inputs and outputs."""
    if not isinstance(n_out, int | np.integer) or n_in < 1 or n_out < 1:
        raise ValueError(
            f"Affine: needs positive whole numbers of inputs and outputs, not {n_in!r} and "
            f"{n_out!r}"
        )
    return int(n_out)


def _weights(
    sizes: tuple[int, int], init: Init, rng: Rng, layout: str, dtype: npt.DTypeLike
) -> Array:
    if layout == "in,out":
        return draw(init, rng, sizes, *sizes, dtype)
    if layout != "out,in":
        raise ValueError(f"Affine: layout must be 'in,out' or 'out,in', not {layout!r}")
    return np.ascontiguousarray(draw(init, rng, sizes[::-1], *sizes, dtype).T)


def _check_given(W: tuple[int, ...], b: tuple[int, ...]) -> None:
    if len(W) not in (1, 2):
        raise ValueError(f"Affine: W must have shape (n_in, n_out) or (n_in,), not {W}")
    if b not in ((), W[1:]):
        raise ValueError(f"Affine: b must be one number or have shape {W[1:]}, not {b}")


class Flatten(Module):
    """Each sample as one row, the last axis fastest: (n, 28, 28) -> (n, 784)."""

    def forward(self, x: Any) -> Any:
        """x of shape (n, …) as (n, product of the rest)."""
        x = as_input(x)
        if not shape_of(x):
            raise ValueError("Flatten: x needs an axis of samples, and is one number")
        return reshape(x, (x.shape[0], math.prod(x.shape[1:])))


class Dropout(Module):
    """Training: each element is 0 with probability p, else x/(1 − p). Afterwards: x.

    Srivastava et al., Dropout, JMLR 15 (2014), in the form that scales while training.

    Args:
        p: the share that is dropped, 0 <= p < 1.
        rng: a NumPy Generator or RandomState, a seed, or None.

    Raises:
        ValueError: if p is out of range.
    """

    def __init__(self, p: float = 0.5, rng: Rng | int | None = None) -> None:
        if not 0.0 <= p < 1.0:
            raise ValueError(f"Dropout: p must be in [0, 1), not {p}")
        self.p = float(p)
        self._rng = as_rng(rng)

    def forward(self, x: Any) -> Any:
        """x with some elements at 0 while training, x itself afterwards."""
        if not self.training or not self.p:
            return x
        x = as_input(x)
        dtype = x.dtype if getattr(x, "dtype", None) in (np.float32, np.float16) else np.float64
        kept = (self._rng.uniform(size=shape_of(x)) >= self.p).astype(dtype)
        kept /= 1.0 - self.p
        return x * frozen(kept, copy=False)

    def _describe(self) -> str:
        return f"{self.p}"


class BatchNorm(Module):
    """y = γ·(x − μ)/√(σ² + ε) + β, with μ and σ² of the batch for each feature or channel.

    Ioffe and Szegedy, Batch normalization, ICML 2015. Training uses the batch's μ and σ² and keeps
    running averages r ← r + momentum·(new − r), of σ² the unbiased one; afterwards these are used.

    Args:
        n: the number of features (x of shape (N, n)) or channels (x of shape (N, n, …)).
        momentum: the weight of the newest batch in the running averages.
        epsilon: ε, against division by 0.
        dtype: float64 or float32.
    """

    def __init__(
        self,
        n: int,
        momentum: float = 0.1,
        epsilon: float = 1e-5,
        dtype: npt.DTypeLike = np.float64,
    ) -> None:
        self.gamma: Parameter = Tensor(np.ones(n, dtype), name="gamma")
        self.beta: Parameter = Tensor(np.zeros(n, dtype), name="beta")
        self.running_mean = np.zeros(n, dtype)
        self.running_variance = np.ones(n, dtype)
        self.momentum = momentum
        self.epsilon = epsilon

    def forward(self, x: Any) -> Any:
        """The features of x of shape (N, n) or (N, n, …), each normalised over the rest."""
        x = as_input(x)
        n = self.gamma.shape[0]
        if len(shape_of(x)) < 2 or x.shape[1] != n:
            raise ValueError(f"BatchNorm: x needs shape (N, {n}, …), not {shape_of(x)}")
        shape = (n, *(1,) * (len(x.shape) - 2))  # broadcasts along the features' axis
        if self.training:
            axes = (0, *range(2, len(x.shape)))
            count = x.shape[0] * math.prod(x.shape[2:])
            if count < 2:
                raise ValueError("BatchNorm: a batch of one sample has no variance to train with")
            centred = x - mean(x, axes, keepdims=True)
            variance = mean(square(centred), axes, keepdims=True)
            self._remember(x, variance, axes, count)
        else:
            centred = x - self.running_mean.reshape(shape)
            variance = self.running_variance.reshape(shape)
        normal = centred / sqrt(variance + self.epsilon)
        return reshape(self.gamma, shape) * normal + reshape(self.beta, shape)

    def _remember(self, x: Any, variance: Any, axes: tuple[int, ...], count: int) -> None:
        unbiased = plain(variance).reshape(-1) * (count / (count - 1))
        r = self.momentum
        average = plain(x).mean(axes)
        self.running_mean += r * (average - self.running_mean)
        self.running_variance += r * (unbiased - self.running_variance)

    def _describe(self) -> str:
        return f"{self.gamma.shape[0]}"
