"""The affine map of a layer, x·W + b, as one primitive. See `autograd_lite.engine.primitive`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import SUM, Array, Case
from autograd_lite.primitives.products import _matmul_left, _matmul_right
from autograd_lite.primitives.shaping import Call, Shape, dimensions_of


def _affine(x: Array, W: Array, b: Array) -> Any:
    z = np.matmul(x, W)
    if z.__class__ is np.ndarray and z.dtype == getattr(b, "dtype", None):
        z += b
        return z
    return z + b


def _to_bias(g: Any, z: Any, x: Any, W: Any, b: Any) -> Any:
    """The sum over rows; whatever else was broadcast, the engine sums."""
    return g.sum(axis=0) if dimensions_of(g) == 2 and dimensions_of(b) == 1 else g


def _cases(shape: Shape) -> Iterator[Case]:
    if shape:
        n = shape[-1]
        for b in ((3,), (1,), ()):
            yield (shape, (n, 3), b), (), {}
        yield (shape, (n,), ()), (), {}


@structural(
    text="{x} @ {W} + {b}",
    latex=r"{x} \cdot {W} + {b}",
    precedence=SUM,
    binds=(SUM, SUM, SUM),
    arrays=_affine,
    pullbacks=(
        lambda g, z, x, W, b: _matmul_left(g, z, x, W),
        lambda g, z, x, W, b: _matmul_right(g, z, x, W),
        _to_bias,
    ),
    cases=_cases,
    back=("g·{W}ᵀ", "{x}ᵀ·g", "g, summed over the rows"),
    method=False,
)
def affine(x: Any, W: Any, b: Any) -> Call:
    """z = x·W + b, the rows of x each mapped to a row of z.

    ∂L/∂x = g·Wᵀ, ∂L/∂W = xᵀ·g, ∂L/∂b = the sum of the rows of g (rows 000-21, 004-03).

    Args:
        x: (n_in,) or (…, n_in).
        W: (n_in, n_out), or (n_in,) for one output without an axis.
        b: (n_out,), or one number for all outputs (row 004-04).

    >>> affine([2.0, 3.0], [[4.0, 5.0], [6.0, 7.0]], [0.0, 1.0])
    array([26., 32.])
    """
    return (x, W, b), {}
