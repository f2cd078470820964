"""The primitives that rearrange: reshape, transpose, broadcast_to, astype, and what is made of
these. See `autograd_lite.engine.primitive` for what a declaration means.

A pullback takes the gradient g of the result z, z, the operands and the parameters. A gradient
that still has the shape of a broadcast result is summed by the engine, not here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import floating
from autograd_lite.engine.primitive import Array, Case

Shape = tuple[int, ...]
Call = tuple[tuple[Any, ...], dict[str, Any]]


def shape_of(x: Any) -> Shape:
    """The shape of an array or variable; () for a number."""
    return getattr(x, "shape", ())


def dimensions_of(x: Any) -> int:
    """How many axes an array or variable has; 0 for a number."""
    return len(shape_of(x))


def whole(name: str, what: str, number: Any) -> int:
    """A whole number, or a TypeError that says what should be one."""
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(f"{name}: {what} must be a whole number, not {number!r}") from None


def _one_or_many(given: tuple[Any, ...]) -> Any:
    """`f(x, (2, 3))` and `f(x, 2, 3)` mean the same."""
    return given[0] if len(given) == 1 and not isinstance(given[0], (int, np.integer)) else given


def _reshape_cases(shape: Shape) -> Iterator[Case]:
    size = math.prod(shape)
    for new in ((size,), (1, size), (size, 1), (*shape, 1), (*shape[::-1],)):
        yield (shape,), (new,), {}
    if size:
        yield (shape,), (-1,), {}
    if len(shape) > 1:
        yield (shape,), (shape[::-1],), {"order": "F"}


@structural(
    np.reshape,
    arrays=lambda x, shape, order="C": np.reshape(x, shape, order=order),
    pullbacks=(lambda g, z, x, shape, order="C": reshape(g, shape_of(x), order=order),),
    cases=_reshape_cases,
    back=("g in the old shape",),
)
def reshape(x: Any, *lengths: Any, shape: Any = None, order: str = "C") -> Call:
    """The same elements in another shape; one length may be −1. They are read and written row by
    row, or with order="F" column by column.

    ∂: the gradient in the old shape.

    >>> reshape([1.0, 2.0, 3.0, 4.0], (2, 2))
    array([[1., 2.],
           [3., 4.]])
    """
    new = _one_or_many(lengths) if shape is None else shape
    params = {"shape": (new,) if isinstance(new, (int, np.integer)) else tuple(new)}
    if order == "C":
        return (x,), params
    if order != "F":
        raise ValueError(f"reshape: order {order!r} is not supported: 'C' and 'F' are")
    return (x,), params | {"order": order}


def _inverse(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(np.argsort([a % len(axes) for a in axes]).tolist())


def _transpose_cases(shape: Shape) -> Iterator[Case]:
    n = len(shape)
    yield (shape,), (), {}
    yield (shape,), (tuple((i + 1) % n for i in range(n)),) if n else (), {}
    yield (shape,), (tuple(-1 - i for i in range(n)),) if n else (), {}


@structural(
    np.transpose,
    text="{x}ᵀ",
    pullbacks=(lambda g, z, x, axes: transpose(g, _inverse(axes)),),
    cases=_transpose_cases,
    back=("gᵀ",),
)
def transpose(x: Any, *order: Any, axes: Any = None) -> Call:
    """The axes in another order, reversed if none is given: xᵀ of a matrix.

    ∂: the gradient with the axes put back.

    >>> transpose([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 3.],
           [2., 4.]])
    """
    given = axes if axes is not None else _one_or_many(order) if order else None
    return (x,), {"axes": None if given is None else tuple(given)}


def _broadcast_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), ((2, *shape),), {}
    yield (shape,), (tuple(3 if n == 1 else n for n in shape),), {}
    yield (shape,), (shape,), {}


def _broadcast_to(x: Array, shape: Shape) -> Array:
    """As np.broadcast_to, which takes four times as long to repeat one number."""
    if isinstance(x, np.generic):
        out = np.empty(shape, x.dtype)
        out.fill(x)
        return out
    return np.broadcast_to(x, shape)


@structural(
    np.broadcast_to,
    arrays=_broadcast_to,
    pullbacks=(lambda g, z, x, shape: g,),  # the engine sums over the axes that were stretched
    cases=_broadcast_cases,
    back=("g, summed over the new axes",),
)
def broadcast_to(x: Any, shape: Any) -> Call:
    """The elements repeated along new axes, or axes of length 1, to the shape given.

    ∂: the sum of the gradient over the axes that were stretched.

    >>> broadcast_to([1.0, 2.0], (2, 2))
    array([[1., 2.],
           [1., 2.]])
    """
    return (x,), {"shape": (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)}


def _astype(x: Array, dtype: np.dtype[Any]) -> Array:
    x = np.asarray(x)
    if x.dtype != object:
        return x.astype(dtype)
    if dtype != np.float64:
        raise TypeError(f"Values are float64 and cannot be {dtype}; make them a Tensor with stack")
    return x.copy()


@structural(
    arrays=_astype,
    pullbacks=(lambda g, z, x, dtype: g,),  # the engine casts it to the operand's dtype
    cases=lambda shape: iter([((shape,), (np.float64,), {})]),
    back=("g in the old dtype",),
)
def astype(x: Any, dtype: Any) -> Call:
    """The elements as another floating dtype. Converting to whole numbers or truth values has no
    derivative: use `x.detach().astype(int)`.

    >>> astype([1.0, 2.0], np.float32)
    array([1., 2.], dtype=float32)
    """
    return (x,), {"dtype": floating("astype", dtype)}


# ---------------------------------------------------------------- made of these


@composed(np.swapaxes)
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """x with two of its axes exchanged.

    >>> swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    axes = list(range(dimensions_of(x)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, axes)
