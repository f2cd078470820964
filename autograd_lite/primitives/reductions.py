"""The primitives that reduce or normalise along axes: sum, mean, max, min, logsumexp, softmax.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array, Case, Rule
from autograd_lite.primitives.elementwise import equal, exp, maximum, minimum
from autograd_lite.primitives.shaping import (
    Call,
    Shape,
    broadcast_to,
    computed_in,
    reshape,
    shape_of,
)

Axis = int | tuple[int, ...] | None

# what np.sum and np.max call; of small arrays, they take two and four times as long
_sum_of: Rule = np.add.reduce
_max_of: Rule = np.maximum.reduce


def _axes(axis: Axis, dimensions: int) -> tuple[int, ...]:
    """The axes meant, each from 0 on. (NumPy lets a number have one, to be reduced over.)"""
    if axis is None or not dimensions:
        return tuple(range(dimensions))
    return tuple(a % dimensions for a in (axis if isinstance(axis, tuple) else (axis,)))


def _kept(g: Any, x: Any, axis: Axis) -> Any:
    """What a reduction gave, with the reduced axes put back at length 1."""
    if shape_of(g) == ():
        return g  # broadcasts as it is
    shape = shape_of(x)
    axes = _axes(axis, len(shape))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return g if shape_of(g) == kept else reshape(g, kept)


def _count(x: Any, axis: Axis) -> int:
    """How many elements are reduced to one."""
    shape = shape_of(x)
    return math.prod(shape if axis is None else (shape[a] for a in _axes(axis, len(shape))))


def _reduction(name: str, x: Any, axis: Any, keepdims: Any) -> Call:
    if keepdims is None:  # what NumPy's functions take third, in their order, is another argument
        keepdims = False
    if not isinstance(keepdims, (int, np.bool_)):
        raise TypeError(f"{name}: keepdims must be True or False, not {keepdims!r}")
    axis = tuple(axis) if isinstance(axis, list) else axis
    return (x,), {"axis": axis, "keepdims": bool(keepdims)}


def _reduction_in(name: str, x: Any, axis: Any, keepdims: Any, dtype: Any) -> Call:
    """A reduction that may be computed in another dtype, which NumPy's functions take third."""
    if keepdims is not None and not isinstance(keepdims, (int, np.bool_)):
        keepdims, dtype = False, keepdims
    return _reduction(name, computed_in(name, x, dtype), axis, keepdims)


def _cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    yield (shape,), (), {"keepdims": True}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (axis,), {"keepdims": axis == 0}
    if len(shape) > 1:
        yield (shape,), ((0, -1),), {}


def _nonempty_cases(shape: Shape) -> Iterator[Case]:
    if 0 not in shape:
        yield from _cases(shape)


def _row_cases(shape: Shape) -> Iterator[Case]:
    if shape and 0 not in shape:
        yield from (((shape,), (axis,), {}) for axis in range(-1, len(shape)))


@structural(
    np.sum,
    text="Σ{x}",
    latex=r"\sum {x}",
    arrays=lambda x, axis, keepdims: _sum_of(x, axis=axis, keepdims=keepdims),
    pullbacks=(lambda g, z, x, axis, keepdims: broadcast_to(_kept(g, x, axis), shape_of(x)),),
    cases=_cases,
    back=("g, spread over what was summed",),
)
def sum(x: Any, axis: Axis = None, keepdims: bool = False, *, dtype: Any = None) -> Call:
    """The sum over an axis, several, or all. ∂: each element gets the gradient of its sum.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([4., 6.])
    """
    return _reduction_in("sum", x, axis, keepdims, dtype)


def _mean(x: Array, axis: Axis, keepdims: bool) -> Any:
    """As np.mean, which takes four times as long of small arrays."""
    x = np.asarray(x)
    if x.dtype.char not in "fd" or not x.ndim:
        return np.mean(x, axis=axis, keepdims=keepdims)
    return _sum_of(x, axis=axis, keepdims=keepdims) / _count(x, axis)


@structural(
    np.mean,
    arrays=_mean,
    pullbacks=(
        lambda g, z, x, axis, keepdims: broadcast_to(
            _kept(g, x, axis) / _count(x, axis), shape_of(x)
        ),
    ),
    cases=_nonempty_cases,
    back=("g/n, spread over what was averaged",),
)
def mean(x: Any, axis: Axis = None, keepdims: bool = False, *, dtype: Any = None) -> Call:
    """The mean over an axis, several, or all. ∂: the gradient over the number of elements.

    >>> mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([2., 3.])
    """
    return _reduction_in("mean", x, axis, keepdims, dtype)


def _to_extreme(g: Any, z: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g to the elements that are the extreme one, in equal shares."""
    chosen = equal(x, _kept(z, x, axis))
    return _kept(g, x, axis) * (chosen / sum(chosen, axis, True))


def _folded(choose: Rule, reduce: Rule) -> Rule:
    """`np.max` or `np.min`; an array of Values is folded, an axis after the other."""

    def arrays(x: Array, axis: Axis, keepdims: bool) -> Any:
        if np.asarray(x).dtype != object:
            return reduce(x, axis=axis, keepdims=keepdims)
        axes = _axes(axis, x.ndim)
        for a in axes:
            x = np.frompyfunc(choose, 2, 1).reduce(x, axis=a, keepdims=True)
        kept = [n for i, n in enumerate(x.shape) if keepdims or i not in axes]
        return x.reshape(kept)[()]

    return arrays


def _gap(x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    """The least distance between two elements that compete: 0 at a tie."""
    axes = _axes(axis, x.ndim)
    rows = np.moveaxis(x, axes, range(len(axes))).reshape(_count(x, axis), -1)
    return np.min(np.diff(np.sort(rows, axis=0), axis=0), initial=np.inf)


@structural(
    np.max,
    np.amax,
    arrays=_folded(maximum, np.max),
    pullbacks=(_to_extreme,),
    cases=_nonempty_cases,
    back=("g to the greatest",),
    kink=_gap,
)
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Call:
    """The greatest element. ∂: the gradient to it, shared equally at a tie.

    >>> float(max([5.0, 9.0, 4.0, 0.0]))
    9.0
    """
    return _reduction("max", x, axis, keepdims)


@structural(
    np.min,
    np.amin,
    arrays=_folded(minimum, np.min),
    pullbacks=(_to_extreme,),
    cases=_nonempty_cases,
    back=("g to the least",),
    kink=_gap,
)
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Call:
    """The least element. ∂: the gradient to it, shared equally at a tie.

    >>> float(min([5.0, 9.0, 4.0, 0.0]))
    0.0
    """
    return _reduction("min", x, axis, keepdims)


# ---------------------------------------------------------------- softmax and its relations


def _shift(x: Array, axis: Axis) -> Any:
    """The greatest element along the axis, as a constant; 0 where it is not finite."""
    if x.dtype.kind == "O":
        x = np.vectorize(detached, otypes=[float])(x)
    top = _max_of(x, axis=axis, keepdims=True)
    if math.isfinite(np.vdot(top, top)):  # a pass as fast as BLAS
        return top
    return np.where(np.isfinite(top), top, np.zeros_like(top))


def _logsumexp(x: Array, axis: Axis, keepdims: bool) -> Any:
    x = np.asarray(x)
    shift = _shift(x, axis)
    e = np.asarray(np.exp(x - shift))  # of an array without axes NumPy gives the one element
    total = np.asarray(_sum_of(e, axis=axis, keepdims=keepdims))
    with np.errstate(divide="ignore"):
        return np.log(total) + np.reshape(shift, total.shape)


def _softmax(x: Array, axis: Axis) -> Any:
    x = np.asarray(x)
    e = np.exp(x - _shift(x, axis))
    e /= _sum_of(e, axis=axis, keepdims=True)
    return e


def _log_softmax(x: Array, axis: Axis) -> Any:
    x = np.asarray(x)
    shifted = x - _shift(x, axis)
    shifted -= np.log(_sum_of(np.exp(shifted), axis=axis, keepdims=True))
    return shifted


@structural(
    latex=r"\operatorname{{logsumexp}}({x})",
    arrays=_logsumexp,
    pullbacks=(lambda g, z, x, axis, keepdims: _kept(g, x, axis) * softmax(x, axis),),
    back=("g·softmax",),
    cases=_nonempty_cases,
)
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Call:
    """ln Σ eˣ along an axis, several, or all, without overflow. ∂: the gradient times softmax.

    >>> float(logsumexp([1000.0, 1000.0]).round(6))
    1000.693147
    """
    return _reduction("logsumexp", x, axis, keepdims)


@structural(
    arrays=_softmax,
    pullbacks=(lambda g, z, x, axis: z * (g - sum(g * z, axis, True)),),
    back=("z·(g − Σg·z)",),
    cases=_row_cases,
)
def softmax(x: Any, axis: Axis = -1) -> Call:
    """z_i = e^x_i / Σ e^x_k along an axis, shifted by the greatest so that it cannot overflow
    (rows 003-14, 004-06). ∂L/∂x_i = z_i·(g_i − Σ g_k·z_k).

    >>> softmax([0.5, 1.5, 2.5]).round(8)
    array([0.09003057, 0.24472847, 0.66524096])
    """
    return (x,), {"axis": axis}


@structural(
    arrays=_log_softmax,
    pullbacks=(lambda g, z, x, axis: g - exp(z) * sum(g, axis, True),),
    back=("g − softmax·Σg",),
    cases=_row_cases,
    latex=r"\operatorname{{log\,softmax}}({x})",
)
def log_softmax(x: Any, axis: Axis = -1) -> Call:
    """z_i = x_i − ln Σ e^x_k along an axis, without overflow. ∂L/∂x_i = g_i − softmax_i·Σ g_k.

    >>> log_softmax([0.0, 0.0]).round(6)
    array([-0.693147, -0.693147])
    """
    return (x,), {"axis": axis}
