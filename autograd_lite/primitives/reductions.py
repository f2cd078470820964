"""The primitives that reduce along axes: sum, mean, max, min. See
`autograd_lite.engine.primitive` for what a declaration means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.chain import detached, has_nan
from autograd_lite.engine.declare import structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case, Rule
from autograd_lite.primitives.choices import equal, maximum, minimum
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    broadcast_to,
    reshape,
    shape_of,
)

Axis = int | tuple[int, ...] | None

# what np.sum calls; of small arrays, that takes twice as long
sum_of: Rule = np.add.reduce


def axes_of(axis: Axis, dimensions: int) -> tuple[int, ...]:
    """The axes meant, each from 0 on. (NumPy lets a number have one, to be reduced over.)"""
    if axis is None or not dimensions:
        return tuple(range(dimensions))
    return tuple(a % dimensions for a in (axis if isinstance(axis, tuple) else (axis,)))


def kept(g: Any, x: Any, axis: Axis) -> Any:
    """What a reduction gave, with the reduced axes put back at length 1."""
    if shape_of(g) == ():
        return g  # broadcasts as it is
    shape = shape_of(x)
    axes = axes_of(axis, len(shape))
    whole = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return g if shape_of(g) == whole else reshape(g, whole)


def _count(x: Any, axis: Axis) -> int:
    """How many elements are reduced to one."""
    shape = shape_of(x)
    return math.prod(shape if axis is None else (shape[a] for a in axes_of(axis, len(shape))))


def reduction(name: str, x: Any, axis: Any, keepdims: Any) -> Call:
    """The operands and parameters of a reduction."""
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
    return reduction(name, computed_in(name, x, dtype), axis, keepdims)


def _cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    yield (shape,), (), {"keepdims": True}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (axis,), {"keepdims": axis == 0}
    if len(shape) > 1:
        yield (shape,), ((0, -1),), {}


def nonempty_cases(shape: Shape) -> Iterator[Case]:
    """Calls for tests of what needs at least one element."""
    if 0 not in shape:
        yield from _cases(shape)


@structural(
    np.sum,
    arrays=sum_of,
    batched="axis",
    text="Σ{x}",
    pullbacks=(lambda g, z, x, axis, keepdims: broadcast_to(kept(g, x, axis), shape_of(x)),),
    cases=_cases,
    back=("g, spread over what was summed",),
    reduces=np.add,
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
    return sum_of(x, axis=axis, keepdims=keepdims) / _count(x, axis)


def _to_averaged(g: Any, z: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    return broadcast_to(kept(g, x, axis) / _count(x, axis), shape_of(x))


@structural(
    np.mean,
    arrays=_mean,
    batched="axis",
    pullbacks=(_to_averaged,),
    cases=nonempty_cases,
    back=("g/n, spread over what was averaged",),
)
def mean(x: Any, axis: Axis = None, keepdims: bool = False, *, dtype: Any = None) -> Call:
    """The mean over an axis, several, or all. ∂: the gradient over the number of elements.

    >>> mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([2., 3.])
    """
    return _reduction_in("mean", x, axis, keepdims, dtype)


# ---------------------------------------------------------------- extremes


def _to_extreme(g: Any, z: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g to the elements that are the extreme one, nan if that is it, in equal shares."""
    chosen = equal(x, kept(z, x, axis))
    if has_nan(z):
        chosen = chosen + (1.0 - equal(x, x))
    return kept(g, x, axis) * (chosen / sum(chosen, axis, True))


def _extreme(choose: Rule, reduce: Rule) -> Rule:
    """`np.max` or `np.min`, of arrays of Values as well."""

    def arrays(x: Array, axis: Axis, keepdims: bool) -> Any:
        x = np.asarray(x)
        if x.dtype != object:
            return reduce(x, axis=axis, keepdims=keepdims)
        axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
        rest = [i for i in range(x.ndim) if i not in axes]
        rows = x.transpose(*rest, *axes).reshape(*(x.shape[i] for i in rest), -1)
        found = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(found.shape):
            found[place] = _extreme_of_values(rows[place], choose, reduce)
        shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i in rest]
        return found.reshape(shape)[()]

    return arrays


def _extreme_of_values(row: Array, choose: Rule, reduce: Rule) -> Any:
    """The extreme of some Values: chosen two at a time; where more than two tie, or are nan, what
    gives each the same share: the first, plus the mean of the differences, which are 0."""
    numbers = np.array([detached(v) for v in row.flat], dtype=float)
    extreme = reduce(numbers)
    tied = row[(numbers == extreme) | np.isnan(numbers)]
    if not np.isfinite(extreme):
        return _plus(tied) / len(tied) if len(tied) > 1 else tied[0] + 0.0
    if len(tied) > 2:
        return tied[0] + _plus(tied - tied[0]) / len(tied)
    best = row[0]
    for other in row[1:]:
        best = choose(best, other)
    return best


def _plus(values: Array) -> Any:
    total = values[0]
    for v in values[1:]:
        total = total + v
    return total


def _gap(x: Array, axis: Axis = None, keepdims: bool = False) -> Any:
    """The least distance between two elements that compete: 0 at a tie."""
    axes = axes_of(axis, x.ndim)
    rows = np.moveaxis(x, axes, range(len(axes))).reshape(_count(x, axis), -1)
    return np.min(np.diff(np.sort(rows, axis=0), axis=0), initial=np.inf)


@structural(
    np.max,
    np.amax,
    arrays=_extreme(maximum, np.max),
    batched="axis",
    pullbacks=(_to_extreme,),
    cases=nonempty_cases,
    back=("g to the greatest",),
    kink=_gap,
    reduces=np.maximum,
)
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Call:
    """The greatest element; nan if there is one. ∂: the gradient to it, shared equally at a tie.

    >>> float(max([5.0, 9.0, 4.0, 0.0]))
    9.0
    """
    return reduction("max", x, axis, keepdims)


@structural(
    np.min,
    np.amin,
    arrays=_extreme(minimum, np.min),
    batched="axis",
    pullbacks=(_to_extreme,),
    cases=nonempty_cases,
    back=("g to the least",),
    kink=_gap,
    reduces=np.minimum,
)
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Call:
    """The least element; nan if there is one. ∂: the gradient to it, shared equally at a tie.

    >>> float(min([5.0, 9.0, 4.0, 0.0]))
    0.0
    """
    return reduction("min", x, axis, keepdims)
