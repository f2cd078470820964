"""Elements in another order, or repeated: flip, roll, rot90, repeat, tile, resize.

What is turned round is the operand's own numbers, seen in another way; what is rolled or repeated
is copied, as by NumPy. See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.declare import composed
from autograd_lite.engine.primitive import Case
from autograd_lite.primitives.axes import ravel
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import along, concatenate
from autograd_lite.primitives.shape import (
    Shape,
    axis_of,
    broadcast_to,
    copy,
    dimensions_of,
    operand,
    planned,
    reshape,
    shape_of,
    swapaxes,
    whole,
)

BACKWARDS = slice(None, None, -1)

# ---------------------------------------------------------------- turned round


def _axis_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), (axis,), {}
    if len(shape) > 1:
        yield (shape,), ((0, -1),), {}


@composed(np.flip, cases=_axis_cases)
def flip(x: Any, axis: Any = None) -> Any:
    """The elements in reverse order along an axis, several, or all.

    >>> flip([[1.0, 2.0], [3.0, 4.0]], axis=1)
    array([[2., 1.],
           [4., 3.]])
    """
    x = operand("flip", x)
    n = dimensions_of(x)
    axes = range(n) if axis is None else planned("flip", normalize_axis_tuple, axis, n)
    if not n:
        return reshape(x, ())
    return getitem(x, tuple(BACKWARDS if i in axes else slice(None) for i in range(n)))


@composed(np.flipud, cases=lambda shape: iter([(((2, *shape),), (), {})]))
def flipud(x: Any) -> Any:
    """The rows in reverse order.

    >>> flipud([[1.0, 2.0], [3.0, 4.0]])
    array([[3., 4.],
           [1., 2.]])
    """
    return _flipped("flipud", x, 0)


@composed(np.fliplr, cases=lambda shape: iter([(((1, 2, *shape),), (), {})]))
def fliplr(x: Any) -> Any:
    """Each row in reverse order.

    >>> fliplr([[1.0, 2.0], [3.0, 4.0]])
    array([[2., 1.],
           [4., 3.]])
    """
    return _flipped("fliplr", x, 1)


def _flipped(name: str, x: Any, axis: int) -> Any:
    x = operand(name, x)
    if dimensions_of(x) <= axis:
        raise ValueError(f"{name}: needs {axis + 1} axes at least, not shape {shape_of(x)}")
    return getitem(x, along(axis, dimensions_of(x), BACKWARDS))


def _rot90_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1:
        for k in range(-1, 4):
            yield (shape,), (k,), {}
        yield (shape,), (), {"k": 3, "axes": (-1, 0)}


@composed(np.rot90, cases=_rot90_cases)
def rot90(x: Any, k: int = 1, axes: Sequence[int] = (0, 1)) -> Any:
    """x turned k times by 90° in the plane of two axes, from the first towards the second.

    >>> rot90([[1.0, 2.0], [3.0, 4.0]])
    array([[2., 4.],
           [1., 3.]])
    """
    x = operand("rot90", x)
    if len(axes) != 2:
        raise ValueError(f"rot90: give two axes, not {len(axes)}")
    one, other = (axis_of("rot90", a, dimensions_of(x)) for a in axes)
    if one == other:
        raise ValueError(f"rot90: the two axes {tuple(axes)} are the same")
    quarters = k % 4
    if quarters == 0:
        return getitem(x, Ellipsis)
    if quarters == 2:
        return flip(x, (one, other))
    if quarters == 1:
        return swapaxes(flip(x, other), one, other)
    return flip(swapaxes(x, one, other), other)


# ---------------------------------------------------------------- rolled


def _roll_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (1,), {}
    yield (shape,), (-2,), {}
    for axis in range(len(shape)):
        yield (shape,), (1, axis), {}
    if shape:
        yield (shape,), ((2, -1),), {"axis": (0, -1)}
        yield (shape,), (4,), {"axis": (0, -1)}


@composed(np.roll, cases=_roll_cases)
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """The elements moved on by `shift` places along an axis, what falls off the end put in front;
    along several axes in turn; of all elements, row by row, if no axis is given.

    >>> roll([1.0, 2.0, 3.0, 4.0], 1)
    array([4., 1., 2., 3.])
    """
    x = operand("roll", x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), shape_of(x))
    n = dimensions_of(x)
    axes = planned("roll", normalize_axis_tuple, axis, n, allow_duplicate=True)
    pairs = planned("roll", np.broadcast, shift, axes)
    if pairs.ndim > 1:
        raise ValueError("roll: shift and axis are numbers or sequences of them")
    shifts = dict.fromkeys(axes, 0)
    for places, a in pairs:
        shifts[a] += whole("roll", "shift", places)
    rolled = x
    for a, places in shifts.items():
        length = shape_of(x)[a]
        start = -places % length if length else 0
        if start:
            parts = (slice(start, None), slice(None, start))
            rolled = concatenate([getitem(rolled, along(a, n, part)) for part in parts], a)
    return copy(x) if rolled is x else rolled


# ---------------------------------------------------------------- repeated


def _repeat_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (2,), {}
    yield (shape,), (0,), {}
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), (3, axis), {}
        yield (shape,), (np.arange(shape[axis]) % 3,), {"axis": axis}


@composed(np.repeat, cases=_repeat_cases)
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each element, or slice along an axis, so many times in a row: the same number for all of
    them, or one number each.

    >>> repeat([1.0, 2.0], [1, 3])
    array([1., 2., 2., 2.])
    """
    x = operand("repeat", x)
    if axis is None or not dimensions_of(x):
        x, axis = ravel(x), 0 if axis is None else axis
    shape = shape_of(x)
    axis = axis_of("repeat", axis, len(shape))
    if np.size(repeats) != 1:
        places = planned("repeat", np.repeat, np.arange(shape[axis]), repeats)
        return getitem(x, along(axis, len(shape), places))
    each = whole("repeat", "the number of repetitions", np.asarray(repeats).reshape(())[()])
    if each < 0:
        raise ValueError(f"repeat: a number of repetitions cannot be negative: {each}")
    apart = reshape(x, (*shape[: axis + 1], 1, *shape[axis + 1 :]))
    many = broadcast_to(apart, (*shape[: axis + 1], each, *shape[axis + 1 :]))
    return reshape(many, (*shape[:axis], shape[axis] * each, *shape[axis + 1 :]), copy=True)


def _tile_cases(shape: Shape) -> Iterator[Case]:
    for reps in (2, (), (1, 2), (2, 1, 3), (1,) * len(shape), 0):
        yield (shape,), (reps,), {}


@composed(np.tile, cases=_tile_cases)
def tile(A: Any, reps: Any) -> Any:
    """The array laid side by side with itself, so many times along each axis.

    >>> tile([1.0, 2.0], (2, 2))
    array([[1., 2., 1., 2.],
           [1., 2., 1., 2.]])
    """
    x = operand("tile", A)
    times = tuple(reps) if np.iterable(reps) else (reps,)
    times = tuple(whole("tile", "a number of repetitions", n) for n in times)
    n = max(len(times), dimensions_of(x))
    shape = (1,) * (n - dimensions_of(x)) + shape_of(x)
    times = (1,) * (n - len(times)) + times
    if min(times, default=1) < 0:
        raise ValueError(f"tile: numbers of repetitions cannot be negative: {reps}")
    pairs = list(zip(times, shape, strict=True))
    apart = reshape(x, tuple(k for _, length in pairs for k in (1, length)))
    many = broadcast_to(apart, tuple(k for pair in pairs for k in pair))
    return reshape(many, tuple(t * length for t, length in pairs), copy=True)


def _resize_cases(shape: Shape) -> Iterator[Case]:
    for new in ((2, 3), 5, (0, 2), ()):
        yield (shape,), (new,), {}


@composed(np.resize, cases=_resize_cases, method=False)
def resize(x: Any, new_shape: Any) -> Any:
    """An array of another shape, filled with the elements of x row by row, again from the start
    where they do not suffice; zeros if there are none.

    >>> resize([1.0, 2.0, 3.0], (2, 2))
    array([[1., 2.],
           [3., 1.]])
    """
    x = operand("resize", x)
    shape = tuple(new_shape) if np.iterable(new_shape) else (new_shape,)
    shape = tuple(whole("resize", "a length", n) for n in shape)
    if min(shape, default=0) < 0:
        raise ValueError(f"resize: a length cannot be negative: {shape}")
    size, held = math.prod(shape), math.prod(shape_of(x))
    if not size or not held:
        empty = getitem(ravel(x), slice(0, 0))
        return reshape(concatenate([empty, np.zeros(size, empty.dtype)]), shape)
    rounds = -(-size // held)
    return reshape(getitem(tile(ravel(x), rounds), slice(0, size)), shape)
