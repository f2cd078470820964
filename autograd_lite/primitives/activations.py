"""The activation functions of neural networks. See `autograd_lite.engine.primitive` for what a
declaration means."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import Array
from autograd_lite.primitives.choices import floating, step
from autograd_lite.primitives.hyperbolic import cosh


def _slope_of_tanh(x: Any, z: Any) -> Any:
    if is_complex(x):
        return 1.0 - z * z
    sech = 1.0 / cosh(x)  # squared only then: cosh² overflows where sech² is no 0 yet
    return sech * sech


@elementwise(
    np.tanh,
    partials=(_slope_of_tanh,),
    on_paper=(lambda x, z: 1.0 - z**2.0,),
)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent; ∂z/∂x = 1 − z².

    The derivative is computed as 1/cosh²x, which does not cancel where z is near ±1: at x = 20 it
    is 1.7e-17, where 1 − z² gives 0.

    >>> tanh(0.0)
    0.0
    """


def _sigmoid(x: Array) -> Any:
    """1/(1 + e^−x), in place; e^−x may overflow to inf, which rightly gives 0."""
    with np.errstate(over="ignore"):
        z = np.asarray(np.negative(x, dtype=floating(x)))
        np.exp(z, out=z)
        z += 1.0
        return np.reciprocal(z, out=z) if z.ndim else np.reciprocal(z)


def _sigmoid_into(x: Array, out: Array) -> Array:
    """The same, where overflow is no matter for warnings."""
    np.negative(x, out=out, dtype=out.dtype)
    np.exp(out, out=out)
    out += 1.0
    return np.reciprocal(out, out=out)


@elementwise(
    text="σ({x})",
    floats="1.0 / (1.0 + exp(-x)) if x >= 0.0 else exp(x) / (1.0 + exp(x))",
    arrays=_sigmoid,
    into=_sigmoid_into,
    partials=(lambda x, z: z * sigmoid(-x),),
    on_paper=(lambda x, z: z * (1.0 - z),),
)
def sigmoid(x: Any) -> Any:
    """The logistic sigmoid z = 1/(1 + e⁻ˣ); ∂z/∂x = z·(1 − z).

    The derivative is computed as σ(x)·σ(−x), accurate at saturation on both sides.

    >>> sigmoid(0.0)
    0.5
    """


def _relu_into(x: Array, out: Array) -> Array:
    """The greater of x and 0. Of two arrays NumPy computes it three times as fast as of an array
    and a number, as long as they stay in the cache."""
    key = x.shape, x.dtype.char
    zeros = _zeros.get(key)
    if zeros is None:
        if len(_zeros) >= _MOST:
            _zeros.clear()
        is_small = x.nbytes <= _IN_CACHE and x.flags.c_contiguous
        zeros = _zeros[key] = frozen(np.zeros(x.shape if is_small else (), x.dtype))
    return np.maximum(x, zeros, out=out)


_zeros: dict[tuple[Any, ...], Array] = {}
_MOST, _IN_CACHE = 16, 2**17


@elementwise(
    floats="0.0 if x <= 0.0 else x",
    arrays=lambda x: np.maximum(x, 0),
    into=_relu_into,
    partials=(lambda x, z: step(x),),
    kink=np.abs,
)
def relu(x: Any) -> Any:
    """The rectifier z = max(x, 0); ∂z/∂x = 1 for x > 0, else 0: 0 at 0.

    >>> relu(-2.0), relu(2.0)
    (0.0, 2.0)
    """


@elementwise(
    floats="max(x, 0.0) + log1p(exp(-abs(x)))",
    arrays=lambda x: np.logaddexp(x, 0, dtype=floating(x)),
    partials=(lambda x, z: sigmoid(x),),
)
def softplus(x: Any) -> Any:
    """z = ln(1 + eˣ), without overflow; ∂z/∂x = σ(x). −softplus(−x) is the log-sigmoid.

    >>> softplus(1000.0)
    1000.0
    """
