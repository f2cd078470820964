"""The primitives that reduce along axes: sum, prod, mean, max, min. See
`autograd_lite.engine.primitive` for what a declaration means.

Where `where=` leaves elements out, what changes nothing is reduced in their place (0 in a sum);
`initial=` stands as one element more.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.batch import is_traced, numbers_of
from autograd_lite.engine.chain import detached, has_nan
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case, Rule
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.arithmetic import add, multiply
from autograd_lite.primitives.choices import equal, maximum, minimum
from autograd_lite.primitives.choices import where as either
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.rows import as_rows, from_rows
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    broadcast_to,
    dimensions_of,
    operand,
    reshape,
    shape_of,
    transpose,
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


# ---------------------------------------------------------------- what else may be asked for


def mask_of(name: str, x: Any, where: Any) -> Array | None:
    """Which elements of x count: an array of truth values that nobody can change; None: all.

    Raises:
        TypeError: if it holds other than truth values.
        ValueError: if it does not broadcast to the shape of x.
    """
    if where is True or where is None or where is np.True_:
        return None
    mask = np.array(detached(where))
    if mask.dtype != bool:
        raise TypeError(f"{name}: where= takes truth values, not {mask.dtype}")
    shape = np.shape(x)
    if mask.ndim > len(shape) or np.broadcast_shapes(mask.shape, shape) != shape:
        raise ValueError(f"{name}: where= of shape {mask.shape} does not broadcast to {shape}")
    mask.flags.writeable = False
    return mask


def _in_part(name: str, x: Any, axis: Any, initial: Any, where: Any, change: Rule) -> Any:
    """What is reduced, if some elements are left out (`where`) and there is one more (`initial`).

    `change` is the ufunc's function: what it starts from changes nothing.
    """
    if initial is None and where is True:
        return x
    x = operand(name, x)
    mask = mask_of(name, x, where)
    nothing = _START[change]
    if change in (maximum, minimum):
        if mask is not None and initial is None:
            raise ValueError(f"{name}: with where=, give initial= too: there may be no element")
        if (dtype := getattr(x, "dtype", np.dtype(float))).kind in "iu":
            limits = np.iinfo(dtype)
            nothing = limits.min if change is maximum else limits.max
    if mask is not None:
        x = either(mask, x, nothing)
    return x if initial is None else _with_one_more(name, x, axis, initial, change)


_START: dict[Rule, Any] = {add: 0, multiply: 1, maximum: -np.inf, minimum: np.inf}


def _with_one_more(name: str, x: Any, axis: Any, initial: Any, change: Rule) -> Any:
    """x with `initial` as one more element of each of its reduced rows; what has no rows is
    changed by it at once."""
    shape = np.shape(x)
    axis = tuple(axis) if isinstance(axis, list) else axis
    axes = normalize_axis_tuple(range(len(shape)) if axis is None else axis, len(shape) or 1)
    initial = operand(name, initial)
    if np.shape(initial):
        raise ValueError(f"{name}: initial= is one number, not an array of {np.shape(initial)}")
    if getattr(x, "dtype", None) is not None and x.dtype.kind in "fc":
        initial = computed_in(name, initial, x.dtype)
    if not axes or not shape:
        return change(x, initial)
    rows = as_rows(x, axes)
    more = broadcast_to(initial, (*shape_of(rows)[:-1], 1))
    longer = concatenate([more, rows], -1)
    rest = [i for i in range(len(shape)) if i not in axes]
    length = shape_of(longer)[-1]
    whole = reshape(longer, (*(shape[i] for i in rest), length, *(1,) * (len(axes) - 1)))
    order = np.argsort([*rest, *axes]).tolist()
    return transpose(whole, order)


def _cases_in_part(shape: Shape) -> Iterator[Case]:
    """Calls with `initial=` and `where=`."""
    mask = np.arange(math.prod(shape)).reshape(shape) % 3 != 1
    if shape:
        yield (shape,), (), {"initial": 0.7, "where": mask}
        yield (shape,), (0,), {"initial": -0.4, "keepdims": True}
        yield (shape,), (-1,), {"initial": 1.3, "where": mask[..., :1]}
    if len(shape) > 1:
        yield (shape,), ((0, -1),), {"initial": 0.7, "where": mask}


# ---------------------------------------------------------------- sums and products


def reduction_cases(shape: Shape) -> Iterator[Case]:
    """Calls for tests of what reduces along axes."""
    yield (shape,), (), {}
    yield (shape,), (), {"keepdims": True}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (axis,), {"keepdims": axis == 0}
    if len(shape) > 1:
        yield (shape,), ((0, -1),), {}


def nonempty_cases(shape: Shape) -> Iterator[Case]:
    """Calls for tests of what needs at least one element."""
    if 0 not in shape:
        yield from reduction_cases(shape)


def _sum_cases(shape: Shape) -> Iterator[Case]:
    yield from reduction_cases(shape)
    yield from _cases_in_part(shape)


@structural(
    np.sum,
    arrays=sum_of,
    batched="axis",
    text="Σ{x}",
    pullbacks=(lambda g, z, x, axis, keepdims: broadcast_to(kept(g, x, axis), shape_of(x)),),
    cases=_sum_cases,
    back=("g, spread over what was summed",),
    reduces=np.add,
    linear="jointly",
)
def sum(
    x: Any,
    axis: Axis = None,
    keepdims: bool = False,
    *,
    dtype: Any = None,
    initial: Any = None,
    where: Any = True,
) -> Call:
    """The sum over an axis, several, or all. ∂: each element gets the gradient of its sum.

    Args:
        x: numbers of any shape.
        axis, keepdims, dtype: as in `numpy.sum`.
        initial: a number, or variable, that is added to each sum.
        where: truth values that broadcast to x: the elements that count.

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([4., 6.])
    """
    x = _in_part("sum", x, axis, initial, where, add)
    return _reduction_in("sum", x, axis, keepdims, dtype)


def others(rows: Any) -> Any:
    """For each element of rows the product of all others of its row, without a division.

    By halves: beside the product of all other pairs stands the other one of its own pair.
    """
    n = shape_of(rows)[-1]
    if n < 2:
        return broadcast_to(np.ones((), rows.dtype)[()], shape_of(rows))
    half = n // 2
    left, right = rows[..., :half], rows[..., half : 2 * half]
    pairs = left * right
    if n % 2 == 0:
        rest = others(pairs)
        return concatenate([rest * right, rest * left], -1)
    rest = others(concatenate([pairs, rows[..., 2 * half :]], -1))
    beside = rest[..., :half]
    return concatenate([beside * right, beside * left, rest[..., half:]], -1)


def is_unknown(*given: Any) -> bool:
    """Whether a rule is recorded while a program is traced: then it must hold for any numbers. (One
    that is not recorded is noted as a whole, and asks when the program runs.)"""
    return any(map(is_variable, given)) and any(map(is_traced, given))


def by_division(
    quotient: Callable[[], Any], without: Callable[[], Any], g: Any, z: Any, x: Any
) -> Any:
    """The quotient by the factors x of products z, if there is one, else what needs no division."""
    if not is_unknown(g, z, x):
        return quotient() if all(map(bool, divides(z, x))) else without()
    first, *rest = divides(z, x)
    return either(functools.reduce(np.logical_and, rest, first), quotient(), without())


def divides(z: Any, x: Any) -> Iterator[Any]:
    """Whether products z can be divided by their factors x, which all of these say: none is 0, or
    without its last digits, or infinite. If the quotient may be differentiated again, in which much
    cancels where a factor is small, none of them is."""
    if is_variable(x):
        factors = np.abs(numbers_of(detached(x)))
        yield np.all(factors > np.finfo(factors.dtype).eps ** 0.25)
    size = np.abs(numbers_of(detached(z)))
    if size.__class__ is np.float64:
        yield 2.3e-308 < size < np.inf
    else:
        yield np.all((size >= np.finfo(size.dtype).tiny) & (size < np.inf))


def _to_factors(g: Any, z: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    def by_others() -> Any:
        axes = axes_of(axis, dimensions_of(x))
        return kept(g, x, axis) * from_rows(others(as_rows(x, axes)), axes, shape_of(x))

    return by_division(lambda: kept(g * z, x, axis) / x, by_others, g, z, x)


@structural(
    np.prod,
    arrays=np.multiply.reduce,
    text="Π{x}",
    batched="axis",
    pullbacks=(_to_factors,),
    cases=_sum_cases,
    back=("g times the product of all others",),
    reduces=np.multiply,
)
def prod(
    x: Any,
    axis: Axis = None,
    keepdims: bool = False,
    *,
    dtype: Any = None,
    initial: Any = None,
    where: Any = True,
) -> Call:
    """The product over an axis, several, or all.

    ∂: each element gets the gradient of its product times the product of all other elements:
    right to any order where some are 0, or where the product over- or underflows. The arguments are
    those of `sum`; by `initial` each product is multiplied.

    >>> prod([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([3., 8.])
    """
    x = _in_part("prod", x, axis, initial, where, multiply)
    return _reduction_in("prod", x, axis, keepdims, dtype)


# ---------------------------------------------------------------- means


def _mean(x: Array, axis: Axis, keepdims: bool, where: Array | None = None) -> Any:
    """As np.mean, which takes four times as long of small arrays."""
    if axis is None is where and x.__class__ is np.ndarray and x.ndim and x.dtype.char in "fd":
        return sum_of(x, None, None, None, keepdims) / x.size
    x = np.asarray(x)
    if where is not None:
        if x.dtype != object:
            return np.mean(x, axis=axis, keepdims=keepdims, where=where)
        total = sum_of(np.where(where, x, 0.0), axis=axis, keepdims=keepdims)
        return total / np.asarray(count_of(x, axis, where, keepdims))[()]
    if x.dtype.char not in "fd" or not x.ndim:
        return np.mean(x, axis=axis, keepdims=keepdims)
    return sum_of(x, axis=axis, keepdims=keepdims) / _count(x, axis)


def count_of(x: Any, axis: Axis, where: Array | None, keepdims: bool = True) -> Any:
    """How many elements count, in each row that is reduced; the same number of all rows if all
    do."""
    if where is None:
        return _count(x, axis)
    return np.sum(np.broadcast_to(where, shape_of(x)), axis, keepdims=keepdims)


def _to_averaged(
    g: Any, z: Any, x: Any, axis: Axis, keepdims: bool, where: Array | None = None
) -> Any:
    each = kept(g, x, axis) / count_of(x, axis, where)
    return broadcast_to(each, shape_of(x)) if where is None else either(where, each, 0.0)


def _mean_cases(shape: Shape) -> Iterator[Case]:
    yield from nonempty_cases(shape)
    if shape and 0 not in shape:
        mask = np.arange(math.prod(shape)).reshape(shape) % 2 == 0
        yield (shape,), (), {"where": mask}
        yield (shape,), (-1,), {"where": np.arange(shape[-1]) % 3 != 1, "keepdims": True}


@structural(
    np.mean,
    arrays=_mean,
    batched="axis",
    pullbacks=(_to_averaged,),
    cases=_mean_cases,
    back=("g/n, spread over what was averaged",),
    linear="jointly",
)
def mean(
    x: Any, axis: Axis = None, keepdims: bool = False, *, dtype: Any = None, where: Any = True
) -> Call:
    """The mean over an axis, several, or all. ∂: the gradient over the number of elements.

    Args:
        x: numbers of any shape.
        axis, keepdims, dtype: as in `numpy.mean`.
        where: truth values that broadcast to x: the elements that count.

    >>> mean([[1.0, 2.0], [3.0, 4.0]], axis=0)
    array([2., 3.])
    """
    operands, params = _reduction_in("mean", x, axis, keepdims, dtype)
    if where is not True and (mask := mask_of("mean", operands[0], where)) is not None:
        params["where"] = mask
    return operands, params


# ---------------------------------------------------------------- extremes


def _to_extreme(g: Any, z: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g to the elements that are the extreme one, nan if that is it, in equal shares."""
    chosen = equal(x, kept(z, x, axis))
    if is_traced(z) or has_nan(z):  # what is traced must hold for any numbers
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
        rows = as_rows(x, axes)
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
    with np.errstate(invalid="ignore"):
        gaps = np.diff(np.sort(rows, axis=0), axis=0)
    return np.nanmin(gaps, initial=np.inf)  # nan between what `where` leaves out, as −inf


def _extreme_cases(shape: Shape) -> Iterator[Case]:
    yield from nonempty_cases(shape)
    for _, args, kwargs in _cases_in_part(shape):
        yield (shape,), args, {name: x for name, x in kwargs.items() if name != "where"}


@structural(
    np.max,
    np.amax,
    arrays=_extreme(maximum, np.max),
    batched="axis",
    pullbacks=(_to_extreme,),
    cases=_extreme_cases,
    back=("g to the greatest",),
    kink=_gap,
    reduces=np.maximum,
)
def max(
    x: Any, axis: Axis = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
) -> Call:
    """The greatest element; nan if there is one. ∂: the gradient to it, shared equally at a tie.

    Args:
        x: numbers of any shape.
        axis, keepdims: as in `numpy.max`.
        initial: a number, or variable, that takes part as one more element.
        where: truth values that broadcast to x: the elements that take part.

    >>> float(max([5.0, 9.0, 4.0, 0.0]))
    9.0
    """
    x = _in_part("max", x, axis, initial, where, maximum)
    return reduction("max", x, axis, keepdims)


@structural(
    np.min,
    np.amin,
    arrays=_extreme(minimum, np.min),
    batched="axis",
    pullbacks=(_to_extreme,),
    cases=_extreme_cases,
    back=("g to the least",),
    kink=_gap,
    reduces=np.minimum,
)
def min(
    x: Any, axis: Axis = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
) -> Call:
    """The least element; nan if there is one. ∂: the gradient to it, shared equally at a tie.

    The arguments are those of `max`.

    >>> float(min([5.0, 9.0, 4.0, 0.0]))
    0.0
    """
    x = _in_part("min", x, axis, initial, where, minimum)
    return reduction("min", x, axis, keepdims)


@composed(np.ptp, cases=nonempty_cases, kink=_gap)
def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element less the least. ∂: g to the greatest and −g to the least, each shared
    equally at a tie.

    >>> float(ptp([5.0, 9.0, 4.0, 0.0]))
    9.0
    """
    return max(x, axis, keepdims) - min(x, axis, keepdims)
