"""The affine map of a layer, x·W + b, as one primitive. See
`autograd_lite.engine.primitive` for what a declaration means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.batching import in_front
from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import PRODUCT, SUM, Array, Case
from autograd_lite.primitives.products import matmul, matmul_each, matmul_left, matmul_right
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.shape import Call, Shape, dimensions_of, reshape, shape_of


def _affine(x: Array, W: Array, b: Array) -> Any:
    z = np.matmul(x, W)
    if z.__class__ is b.__class__ is np.ndarray and z.dtype == b.dtype and z.shape[-1:] == b.shape:
        z += b
        return z
    return z + b


def _affine_into(x: Array, W: Array, b: Array, out: Array) -> Array:
    if x.ndim == W.ndim == 2 and np.shape(b) == W.shape[1:]:
        return np.add(np.matmul(x, W, out=out), b, out=out)
    out[...] = _affine(x, W, b)
    return out


def _to_product(g: Any, x: Any, W: Any) -> Any:
    """The gradient of x @ W, where b has axes along which that was broadcast."""
    shape = _shape_of_product(shape_of(x), shape_of(W))
    if shape_of(g) == shape:
        return g
    lead = dimensions_of(g) - len(shape)
    stretched = (i + lead for i, n in enumerate(shape) if n != shape_of(g)[i + lead])
    return reshape(sum(g, (*range(lead), *stretched)), shape)


def _shape_of_product(x: Shape, W: Shape) -> Shape:
    if len(W) == 1:
        return x[:-1]
    if len(x) <= 2 == len(W):
        return (*x[:-1], W[-1])
    rows = x[-2:-1]
    return (*np.broadcast_shapes(x[:-2], W[:-2]), *rows, W[-1])


def _to_bias(g: Any, z: Any, x: Any, W: Any, b: Any) -> Any:
    """The sum over rows; whatever else was broadcast, the engine sums."""
    return g.sum(axis=0) if dimensions_of(g) == 2 and dimensions_of(b) == 1 else g


def _cases(shape: Shape) -> Iterator[Case]:
    if shape:
        n = shape[-1]
        for b in ((3,), (1,), ()):
            yield (shape, (n, 3), b), (), {}
        yield (shape, (n,), ()), (), {}
        yield (shape, (n,), (2, *(1 for _ in shape))), (), {}
        yield (shape, (n, 1), (2, *(1 for _ in shape[:-1]), 3)), (), {}


def _affine_each(which: Sequence[bool], x: Any, W: Any, b: Any) -> Any:
    product = matmul_each(which[:2], x, W) if any(which[:2]) else matmul(x, W)
    product, b = in_front((any(which[:2]), which[2]), (product, b))
    return product + b


@structural(
    text="{x} @ {W} + {b}",
    precedence=SUM,
    binds=(PRODUCT, PRODUCT + 1, SUM),
    arrays=_affine,
    into=_affine_into,
    batched=_affine_each,
    pullbacks=(
        lambda g, z, x, W, b: matmul_left(_to_product(g, x, W), z, x, W),
        lambda g, z, x, W, b: matmul_right(_to_product(g, x, W), z, x, W),
        _to_bias,
    ),
    cases=_cases,
    back=("g·{W}ᵀ", "{x}ᵀ·g", "g, summed over the rows"),
    fits="the last axis of x must be as long as the first of W, and b as the last of W",
    method=False,
    steps=lambda x, W, b: matmul(x, W) + b,
)
def affine(x: Any, W: Any, b: Any) -> Call:
    """z = x·W + b, the rows of x each mapped to a row of z.

    ∂L/∂x = g·Wᵀ, ∂L/∂W = xᵀ·g, ∂L/∂b = the sum of the rows of g.

    Args:
        x: (n_in,) or (…, n_in).
        W: (n_in, n_out), or (n_in,) for one output without an axis.
        b: (n_out,), or one number for all outputs; or whatever else can be added to x·W.

    >>> affine([2.0, 3.0], [[4.0, 5.0], [6.0, 7.0]], [0.0, 1.0])
    array([26., 32.])
    """
    return (x, W, b), {}
