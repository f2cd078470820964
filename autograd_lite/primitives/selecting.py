"""Elements picked out by places, truth values or conditions; functions applied along axes.

Places and conditions are constants. See `autograd_lite.engine.primitive` for what a declaration
means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.axes import broadcast_arrays, expand_dims, moveaxis, ravel
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.indexing import getitem, scatter
from autograd_lite.primitives.joining import along, stack
from autograd_lite.primitives.shape import (
    Shape,
    axis_of,
    broadcast_to,
    dimensions_of,
    operand,
    planned,
    reshape,
    shape_of,
)
from autograd_lite.primitives.sorting import numbers_of, places_along

# ---------------------------------------------------------------- by places


def _whole_numbers(name: str, what: str, x: Any) -> Any:
    """Places, which are constants."""
    if is_variable(x):
        raise TypeError(f"{name}: {what} are whole numbers, and a variable is none; use x.detach()")
    if isinstance(x, StandIn) and x.can_index and x.dtype.kind in "iub":
        return x  # known when the program runs
    array = np.asarray(x)
    if not array.size and not isinstance(x, np.ndarray):
        return array.astype(np.intp)
    return planned(name, array.astype, np.intp, casting="same_kind")


def _inside(name: str, places: Array, length: int, mode: str) -> Array:
    """Places of an axis: those outside refused, or brought inside as `mode` says."""
    if mode == "raise":
        if not isinstance(places, StandIn) and np.any((places < -length) | (places >= length)):
            raise IndexError(f"{name}: a place is out of bounds of an axis of length {length}")
        return places
    if mode not in ("wrap", "clip"):
        raise ValueError(f"{name}: mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    if places.size and not length:
        raise IndexError(f"{name}: there is nothing to take from an axis of length 0")
    if mode == "clip":
        return np.clip(places, 0, max(length - 1, 0))
    return places % length if length else places


def _take_cases(shape: Shape) -> Iterator[Case]:
    if 0 in shape:
        return
    yield (shape,), (0,), {}
    yield (shape,), ([[0, -1], [0, 0]],), {}
    yield (shape,), ([-7, 9, 1],), {"mode": "wrap"}
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), ([0, -1, 0], axis), {}
        yield (shape,), (0, axis), {}
        yield (shape,), ([-7, 9],), {"axis": axis, "mode": "clip"}


@composed(np.take, cases=_take_cases)
def take(
    x: Any, indices: Any, axis: int | None = None, out: None = None, mode: str = "raise"
) -> Any:
    """The elements, or slices along an axis, at the places given, which may have any shape; of all
    elements row by row if no axis is given. What is outside is an error, or brought inside by
    mode="wrap" or "clip".

    ∂: the gradient at the places taken, added up where one is taken more than once.

    >>> take([1.0, 2.0, 3.0], [0, 0, 2])
    array([1., 1., 3.])
    """
    if out is not None:
        raise TypeError("take: a variable cannot be written into an array (out=); use the result")
    x = operand("take", x)
    places = _whole_numbers("take", "indices", indices)
    if axis is None or not dimensions_of(x):
        x, axis = ravel(x), 0 if axis is None else axis
    shape = shape_of(x)
    axis = axis_of("take", axis, len(shape))
    places = _inside("take", places, shape[axis], mode)
    taken = getitem(x, along(axis, len(shape), places.reshape(-1)))
    if places.ndim == 1:
        return taken
    return reshape(taken, (*shape[:axis], *places.shape, *shape[axis + 1 :]))


def _take_along_cases(shape: Shape) -> Iterator[Case]:
    if 0 in shape or not shape:
        return
    for axis in range(-1, len(shape)):
        places = np.arange(np.prod(shape)).reshape(shape) % shape[axis]
        yield (shape,), (places, axis), {}
    yield (shape,), (np.array([0, -1]), None), {}


@composed(np.take_along_axis, cases=_take_along_cases)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The elements at places along an axis, given for each position on the other axes: what
    `argsort` and `argmax` (with its axis kept) lead to.

    >>> take_along_axis(np.array([[3.0, 1.0], [2.0, 4.0]]), np.array([[1], [0]]), axis=1)
    array([[1.],
           [2.]])
    """
    x = operand("take_along_axis", arr)
    places = _whole_numbers("take_along_axis", "indices", indices)
    if axis is None:
        x, axis = ravel(x), 0
        if places.ndim != 1:
            raise ValueError("take_along_axis: with no axis given, indices has one axis")
    n = dimensions_of(x)
    if places.ndim != n:
        raise ValueError(f"take_along_axis: indices has {places.ndim} axes, and the array {n}")
    axis = axis_of("take_along_axis", axis, n)
    index = places_along(axis, shape_of(x), places)
    return planned("take_along_axis", getitem, x, index)


def _by_turns(shape: Shape) -> Array:
    """Truth values of a shape, by turns."""
    return np.asarray(np.arange(math.prod(shape)).reshape(shape) % 2 == 0)


def _choose_cases(shape: Shape) -> Iterator[Case]:
    yield (_by_turns(shape).astype(int), (shape, shape)), (), {}
    yield (_by_turns(shape) * 2, (shape, (), shape)), (), {}
    yield (_by_turns(shape) * 5 - 1, (shape, shape)), (), {"mode": "clip"}
    yield (_by_turns(shape) * 5 - 1, (shape, shape)), (), {"mode": "wrap"}


@composed(np.choose, method=False, cases=_choose_cases)
def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    """At each place the element of the array, among `choices`, whose number stands in `a`. All
    broadcast together.

    ∂: to each of the choices the gradient where it was chosen.

    >>> choose([0, 1, 0], [[1.0, 2.0, 3.0], 9.0])
    array([1., 9., 3.])
    """
    if out is not None:
        raise TypeError("choose: a variable cannot be written into an array (out=)")
    if not len(choices):
        raise ValueError("choose: there are no choices")
    places = _whole_numbers("choose", "a", a)
    places = _inside("choose", places, len(choices), mode)
    given = _of_one_dtype("choose", [choices[i] for i in range(len(choices))])
    places, *arrays = broadcast_arrays(places, *given)
    stacked = stack(arrays, 0)
    return getitem(stacked, places_along(0, shape_of(stacked), places[None]))[0]


def _of_one_dtype(name: str, arrays: Sequence[Any]) -> list[Any]:
    """Arrays and numbers in the dtype that all have together; Python's numbers lend none."""
    if not any(is_variable(x) for x in arrays):
        return list(arrays)
    operands = [x if x.__class__ in (int, float, complex) else operand(name, x) for x in arrays]
    dtype = np.result_type(*(getattr(x, "dtype", 0.0) for x in operands))
    return [
        computed_in(name, x, dtype) if is_variable(x) else np.asarray(x, dtype) for x in operands
    ]


# ---------------------------------------------------------------- by truth values


def _compress_cases(shape: Shape) -> Iterator[Case]:
    if shape:
        yield (_by_turns((math.prod(shape),)), shape), (), {}
    for axis in range(-1, len(shape)) if shape else ():
        yield ([True] * min(1, shape[axis]), shape), (), {"axis": axis}
        yield (_by_turns((shape[axis],)), shape), (axis,), {}


@composed(np.compress, method=False, cases=_compress_cases)
def compress(condition: Any, a: Any, axis: int | None = None, out: None = None) -> Any:
    """The slices along an axis, or of all elements row by row, at which the condition holds. It
    may be shorter than the axis.

    >>> compress([True, False, True], [1.0, 2.0, 3.0])
    array([1., 3.])
    """
    if out is not None:
        raise TypeError("compress: a variable cannot be written into an array (out=)")
    holds = np.asarray(detached(condition))
    if holds.ndim != 1:
        raise ValueError("compress: the condition must have one axis")
    return take(a, np.flatnonzero(holds), axis)


@composed(np.extract, cases=lambda shape: iter([((_by_turns(shape), shape), (), {})]))
def extract(condition: Any, arr: Any) -> Any:
    """The elements, row by row, at which the condition holds.

    >>> extract(np.array([[True, False], [False, True]]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """
    return take(ravel(operand("extract", arr)), np.flatnonzero(detached(condition)))


def _select_cases(shape: Shape) -> Iterator[Case]:
    first, second = _by_turns(shape), np.ones(shape, bool)
    yield ([first], (shape,)), (), {}
    yield ([first, second], (shape, shape)), (), {}
    yield ([first, ~first & ~second], (shape, ()), ()), (), {}


@composed(np.select, cases=_select_cases)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """At each place the element of the first of the choices whose condition holds there, or
    `default` where none does. All broadcast together.

    ∂: to each of the choices the gradient where it was chosen.

    >>> x = np.array([-1.0, 0.5, 3.0])
    >>> select([x < 0.0, x < 1.0], [-x, x**2], 9.0)
    array([1.  , 0.25, 9.  ])
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError("select: give as many conditions as choices, and one at least")
    conditions = [np.asarray(detached(c)) for c in condlist]
    if any(c.dtype != bool for c in conditions):
        raise TypeError("select: the conditions must be arrays of truth values")
    choices = [operand("select", x) if np.ndim(detached(x)) else x for x in choicelist]
    shape = planned(
        "select", np.broadcast_shapes, *map(np.shape, conditions), *map(shape_of, choices)
    )
    chosen = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        chosen = where(condition, choice, chosen)
    return chosen if shape_of(chosen) == shape else broadcast_to(chosen, shape)


def _piecewise_cases(shape: Shape) -> Iterator[Case]:
    first = _by_turns(shape)
    yield (shape,), ([first, ~first], [np.sin, np.cos]), {}
    yield (shape,), ([first], [np.sin, np.square]), {}
    yield (shape,), ([first], [np.sin]), {}
    yield (shape,), ([first, ~first], [np.sin, 2.0]), {}


@composed(np.piecewise, cases=_piecewise_cases)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """At each place the function whose condition holds there, the last of them if several do, of
    the elements at which it holds; a further function is for the rest, which else is 0. A number
    stands for a function that gives it everywhere.

    ∂: that of the function taken.

    >>> x = np.array([-1.0, 2.0])
    >>> piecewise(x, [x < 0.0, x >= 0.0], [lambda x: -x, lambda x: x**2])
    array([1., 4.])
    """
    x = operand("piecewise", x)
    shape = shape_of(x)
    conditions = _conditions(condlist, shape)
    functions = list(funclist)
    if len(functions) - len(conditions) not in (0, 1):
        raise ValueError(
            f"piecewise: {len(conditions)} conditions need as many functions, or one more, not "
            f"{len(functions)}"
        )
    masks = [_mask(condition, shape) for condition in conditions]
    if len(functions) > len(masks):
        masks.append(~np.logical_or.reduce(masks))
    made: Any = None
    for i, (mask, function) in enumerate(zip(masks, functions, strict=True)):
        kept = mask & ~np.logical_or.reduce([np.zeros(shape, bool), *masks[i + 1 :]])
        if not kept.any():
            continue
        found = function
        if callable(function):
            found = function(getitem(x, mask), *args, **kw)
            if shape_of(found):
                found = getitem(found, kept[mask])
        found = computed_in("piecewise", found, getattr(x, "dtype", np.float64))
        part = scatter(broadcast_to(found, (int(kept.sum()),)), kept, shape)
        made = part if made is None else made + part
    return np.zeros(shape, getattr(x, "dtype", float)) if made is None else made


def _conditions(condlist: Any, shape: Shape) -> list[Array]:
    """The conditions; one alone need not stand in a list."""
    held = detached(condlist)
    several = isinstance(held, list | tuple) and held and np.ndim(detached(held[0]))
    if not several and np.ndim(held) == (1 if shape else 0):
        held = [held]
    return [np.asarray(detached(c), dtype=bool) for c in held]


def _mask(condition: Array, shape: Shape) -> Array:
    """The condition for each element of x; it may be one for each of its slices."""
    if condition.shape != shape[: condition.ndim]:
        raise IndexError(
            f"piecewise: a condition of shape {condition.shape} for x of shape {shape}"
        )
    missing = len(shape) - condition.ndim
    return np.broadcast_to(condition.reshape(condition.shape + (1,) * missing), shape)


def _trim_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 1:
        yield (shape,), (), {}
        yield (shape,), ("f",), {}


@composed(np.trim_zeros, cases=_trim_cases)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """x without the zeros at its front ("f"), its back ("b"), or both; of several axes, without
    the slices of zeros at the ends of each, or of those given.

    >>> trim_zeros(np.array([0.0, 1.0, 2.0, 0.0]))
    array([1., 2.])
    """
    x = operand("trim_zeros", filt)
    n = dimensions_of(x)
    axes = range(n) if axis is None else planned("trim_zeros", normalize_axis_tuple, axis, n)
    if trim.lower() not in ("f", "b", "fb", "bf"):
        raise ValueError(f"trim_zeros: trim must be 'f', 'b' or 'fb', not {trim!r}")
    if not n:
        return x
    filled = np.argwhere(numbers_of(x))
    index = []
    for i, length in enumerate(shape_of(x)):
        first, last = (filled[:, i].min(), filled[:, i].max() + 1) if len(filled) else (length, 0)
        start = int(first) if "f" in trim.lower() and i in axes else 0
        stop = int(last) if "b" in trim.lower() and i in axes else length
        index.append(slice(start, stop))
    return getitem(x, tuple(index))


# ---------------------------------------------------------------- functions applied along axes


def _along_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if 0 not in shape and shape else ():
        yield (np.sum, axis, shape), (), {}
        yield (np.sin, axis, shape), (), {}


def _over_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if shape else ():
        yield (np.sum, shape), (axis,), {}
    if len(shape) > 1:
        yield (np.sum, shape), ([0, -1],), {}


@composed(np.apply_along_axis, cases=_along_cases)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """A function of vectors applied to each slice along an axis; what it gives stands in its
    place.

    >>> apply_along_axis(lambda row: row - row.mean(), 1, np.array([[1.0, 3.0], [2.0, 6.0]]))
    array([[-1.,  1.],
           [-2.,  2.]])
    """
    x = operand("apply_along_axis", arr)
    axis = axis_of("apply_along_axis", axis, dimensions_of(x))
    last = moveaxis(x, axis, -1)
    rest = shape_of(last)[:-1]
    if 0 in rest:
        raise ValueError("apply_along_axis: there is no slice, an axis has length 0")
    found = [func1d(getitem(last, place), *args, **kwargs) for place in np.ndindex(rest)]
    found = [stack(y) if isinstance(y, list | tuple) else y for y in found]
    joined = reshape(stack(found), (*rest, *shape_of(found[0])))
    n, new = len(rest), dimensions_of(found[0])
    return moveaxis(joined, range(n, n + new), range(axis, axis + new))


@composed(np.apply_over_axes, cases=_over_cases)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """A function (x, axis), such as a reduction, applied along one axis after the other; an axis
    that it takes away is put back at length 1.

    >>> apply_over_axes(np.sum, np.ones((2, 3)), (0, 1))
    array([[6.]])
    """
    x = operand("apply_over_axes", a)
    n = dimensions_of(x)
    for axis in np.atleast_1d(axes).tolist():
        axis = axis_of("apply_over_axes", axis, n)
        found = func(x, axis)
        if dimensions_of(found) != n:
            found = expand_dims(found, axis)
            if dimensions_of(found) != n:
                raise ValueError(
                    "apply_over_axes: the function gave an array of another number of axes"
                )
        x = found
    return x
