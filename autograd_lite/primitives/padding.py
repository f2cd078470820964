"""Padding: an array with more elements at the ends of its axes.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.indexing import getitem, scatter
from autograd_lite.primitives.joining import along, concatenate
from autograd_lite.primitives.reductions import max, mean, min
from autograd_lite.primitives.shape import (
    Shape,
    broadcast_to,
    copy,
    dimensions_of,
    operand,
    planned,
    shape_of,
)
from autograd_lite.primitives.sorting import sort

Width = tuple[int, int]

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "constant": ("constant_values",),
    "edge": (),
    "empty": (),
    "linear_ramp": ("end_values",),
    "maximum": ("stat_length",),
    "mean": ("stat_length",),
    "median": ("stat_length",),
    "minimum": ("stat_length",),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
    "wrap": (),
}
"""The modes, and which arguments each of them takes."""


def _pad_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (0,), {}
    yield (shape,), (2,), {"constant_values": 1.5}
    yield (shape,), ((1, 2), "constant"), {}
    if 0 in shape or not shape:
        return
    yield (shape,), (1, "linear_ramp"), {"end_values": ((2.0, -1.0),)}
    for mode in _ARGUMENTS:
        if mode != "empty" and (mode != "median" or len(shape) == 1):  # else there are ties
            yield (shape,), ([(i, 4) for i in range(len(shape))], mode), {}
    for mode in ("maximum", "mean", "median", "minimum"):
        yield (shape,), (1, mode), {"stat_length": 2}
    for mode in ("reflect", "symmetric"):
        yield (shape,), ((2, 4), mode), {"reflect_type": "odd"}


@composed(np.pad, cases=_pad_cases)
def pad(
    array: Any,
    pad_width: Any,
    mode: str = "constant",
    *,
    stat_length: Any = None,
    constant_values: Any = 0,
    end_values: Any = 0,
    reflect_type: str = "even",
) -> Any:
    """An array with more elements before and after, along each of its axes in turn.

    Args:
        array: an array.
        pad_width: how many: a number, a pair (before, after), a pair for each axis, or a dict of
            these by axis.
        mode: what stands there. "constant": `constant_values`, which may be variables; "edge": the
            outermost element; "linear_ramp": what leads evenly to `end_values`; "maximum", "mean",
            "median", "minimum": that of all elements along the axis, or of the outermost
            `stat_length`; "reflect", "symmetric": the elements mirrored at the outermost one, or
            at the end; with `reflect_type="odd"`, twice the outermost one minus these; "wrap": the
            elements from the other end; "empty": 0 (of plain arrays in NumPy, anything).

    ∂: to each element the gradients of all places that it stands in or counts for.

    Raises:
        TypeError: if the mode is a function, which would write into its argument.

    >>> pad([1.0, 2.0, 3.0], (2, 1), "reflect")
    array([3., 2., 1., 2., 3., 2.])
    >>> pad([1.0, 2.0], 1, constant_values=9.0)
    array([9., 1., 2., 9.])
    """
    x = operand("pad", array)
    given = {
        "stat_length": stat_length,
        "constant_values": constant_values,
        "end_values": end_values,
        "reflect_type": reflect_type,
    }
    _check_mode(mode, given)
    n = dimensions_of(x)
    widths = _widths(pad_width, n)
    if mode in ("constant", "empty"):
        return _with_constants(x, widths, constant_values if mode == "constant" else 0)
    if 0 in shape_of(x) and mode not in ("linear_ramp",):
        _check_empty(x, widths, mode)
    padded = x
    for axis, width in enumerate(widths):
        if width != (0, 0) and 0 not in shape_of(padded):
            before, after = _both(padded, axis, width, mode, given)
            padded = concatenate([before, padded, after], axis)
    return _with_constants(x, widths, 0) if padded is x else padded


def _check_mode(mode: Any, given: Mapping[str, Any]) -> None:
    if callable(mode):
        raise TypeError("pad: a function as mode would write into a variable; join the parts")
    if mode not in _ARGUMENTS:
        raise ValueError(f"pad: mode {mode!r} is none of {', '.join(_ARGUMENTS)}")
    usual = {"stat_length": None, "constant_values": 0, "end_values": 0, "reflect_type": "even"}
    for name, x in given.items():
        plainly_usual = x is None or (isinstance(x, int | str) and x == usual[name])
        if not plainly_usual and name not in _ARGUMENTS[mode]:
            raise ValueError(f"pad: mode {mode!r} takes no {name}")


def _widths(pad_width: Any, n: int) -> list[Width]:
    """How many elements come before and after, for each axis."""
    if isinstance(pad_width, dict):
        widths = [(0, 0)] * n
        for axis, width in pad_width.items():
            both = (width, width) if isinstance(width, int) else tuple(width)
            widths[axis] = both
        pad_width = widths or 0
    if is_variable(pad_width):
        raise TypeError("pad: pad_width is a variable; give whole numbers")
    array = np.asarray(pad_width)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError("pad: pad_width is made of whole numbers")
    if array.size and array.min() < 0:
        raise ValueError("pad: pad_width cannot be negative")
    pairs = planned("pad", np.broadcast_to, array, (n, 2)) if n else np.zeros((0, 2), int)
    return [(before, after) for before, after in pairs.tolist()]


def _pairs(what: Any, n: int) -> list[tuple[Any, Any]]:
    """The values before and after, for each axis; variables among them stay such."""
    if is_variable(what):
        whole = broadcast_to(what, (n, 2))
        return [(getitem(whole, (i, 0)), getitem(whole, (i, 1))) for i in range(n)]
    boxed = np.empty(_nested_shape(what), dtype=object)
    boxed[...] = _boxed(what) if boxed.ndim else what
    pairs = planned("pad", np.broadcast_to, boxed, (n, 2))
    return [(pairs[i, 0], pairs[i, 1]) for i in range(n)]


def _nested_shape(what: Any) -> tuple[int, ...]:
    if isinstance(what, list | tuple):
        return (len(what), *(_nested_shape(what[0]) if what else ()))
    return () if is_variable(what) else np.shape(what)


def _boxed(what: Any) -> Any:
    """Nested lists of numbers and variables, as an array of objects."""
    box = np.empty(_nested_shape(what), dtype=object)
    for index in np.ndindex(box.shape):
        item = what
        for i in index:
            item = item[i]
        box[index] = item
    return box


# ---------------------------------------------------------------- what stands there


def _with_constants(x: Any, widths: list[Width], values: Any) -> Any:
    """x within an array of constants."""
    shape = tuple(a + n + b for n, (a, b) in zip(shape_of(x), widths, strict=True))
    inner = tuple(slice(a, a + n) for n, (a, _) in zip(shape_of(x), widths, strict=True))
    if isinstance(values, int) and not values:
        return scatter(x, inner, shape) if widths else copy(x)
    padded = x
    for axis, ((before, after), (first, last)) in enumerate(
        zip(widths, _pairs(values, len(widths)), strict=True)
    ):
        lengths = shape_of(padded)
        ends = []
        for value, width in ((first, before), (last, after)):
            end = (*lengths[:axis], width, *lengths[axis + 1 :])
            ends.append(broadcast_to(computed_in("pad", _number(value), _dtype(x)), end))
        padded = concatenate([ends[0], padded, ends[1]], axis)
    return padded


def _number(value: Any) -> Any:
    return value if is_variable(value) else np.asarray(value, float if value is None else None)[()]


def _dtype(x: Any) -> Any:
    return getattr(x, "dtype", np.float64)


def _check_empty(x: Any, widths: list[Width], mode: str) -> None:
    for n, width in zip(shape_of(x), widths, strict=True):
        if n == 0 and width != (0, 0):
            raise ValueError(f"pad: there is no element to pad an empty axis from; mode {mode!r}")


def _both(x: Any, axis: int, width: Width, mode: str, given: Mapping[str, Any]) -> tuple[Any, Any]:
    """What stands before and after x along an axis."""
    n = dimensions_of(x)
    if mode in ("reflect", "symmetric") and given["reflect_type"] == "odd":
        return _odd(x, axis, width, mode)
    if mode in ("edge", "reflect", "symmetric", "wrap"):
        places = np.pad(np.arange(shape_of(x)[axis]), width, mode)  # type: ignore[call-overload]
        return _at(x, axis, places[: width[0]]), _at(x, axis, places[len(places) - width[1] :])
    if mode == "linear_ramp":
        first, last = _pairs(given["end_values"], n)[axis]
        return _ramp(x, axis, width[0], first, 0), _ramp(x, axis, width[1], last, -1)
    lengths = given["stat_length"]
    counts = (None, None) if lengths is None else _widths(lengths, n)[axis]
    return (
        _statistic(x, axis, width[0], counts[0], mode, first=True),
        _statistic(x, axis, width[1], counts[1], mode, first=False),
    )


def _at(x: Any, axis: int, places: Array) -> Any:
    return getitem(x, along(axis, dimensions_of(x), places))


def _edge(x: Any, axis: int, place: int) -> Any:
    """The outermost slice, with its axis."""
    part = slice(0, 1) if place == 0 else slice(-1, None)
    return getitem(x, along(axis, dimensions_of(x), part))


def _along(axis: int, n: int, numbers: Array) -> Array:
    """Numbers as an array of n axes that runs along one of them."""
    return numbers.reshape(tuple(-1 if i == axis else 1 for i in range(n)))


def _ramp(x: Any, axis: int, width: int, end: Any, place: int) -> Any:
    """Numbers that lead from `end`, which is outermost, evenly to the edge of x."""
    end = computed_in("pad", _number(end), _dtype(x))
    steps = np.arange(width) / np.maximum(width, 1)
    part = _along(axis, dimensions_of(x), steps if place == 0 else steps[::-1])
    return end + (_edge(x, axis, place) - end) * part.astype(_dtype(x))


def _statistic(x: Any, axis: int, width: int, count: int | None, mode: str, first: bool) -> Any:
    """A statistic of the outermost elements along an axis, repeated."""
    length = shape_of(x)[axis]
    count = length if count is None else np.minimum(count, length)
    if count == 0 and mode in ("maximum", "minimum"):
        raise ValueError(f"pad: stat_length of 0 yields no value for mode {mode!r}")
    part = slice(0, count) if first else slice(length - count, length)
    found = _STATISTICS[mode](getitem(x, along(axis, dimensions_of(x), part)), axis)
    shape = shape_of(x)
    return broadcast_to(found, (*shape[:axis], width, *shape[axis + 1 :]))


def _median(x: Any, axis: int) -> Any:
    """The middle of the elements in order, or the mean of the two in the middle."""
    n = dimensions_of(x)
    length = shape_of(x)[axis]
    in_order = sort(x, axis)
    middle = slice((length - 1) // 2, length // 2 + 1)
    found = mean(getitem(in_order, along(axis, n, middle)), axis, True)
    greatest = _edge(in_order, axis, -1)  # nan, if there is one
    return where(greatest == greatest, found, greatest)


_STATISTICS: dict[str, Callable[[Any, int], Any]] = {
    "maximum": lambda x, axis: max(x, axis, True),
    "mean": lambda x, axis: mean(x, axis, True),
    "median": _median,
    "minimum": lambda x, axis: min(x, axis, True),
}


def _odd(x: Any, axis: int, width: Width, mode: str) -> tuple[Any, Any]:
    """The elements mirrored in the point of the outermost one: each is ± an element of x, plus
    multiples of the first and the last, which NumPy itself tells when it mirrors those alone."""
    length = shape_of(x)[axis]
    inner = np.zeros(length)
    inner[1:-1] = 1.0

    def mirrored(numbers: Array) -> Array:
        both = np.pad(numbers, width, mode, reflect_type="odd")  # type: ignore[call-overload]
        return np.concatenate([both[: width[0]], both[len(both) - width[1] :]])

    signs = mirrored(inner)
    places = np.rint(mirrored(inner * np.arange(length)) * signs).astype(int)
    first = np.eye(length)[0]
    last = np.eye(length)[-1] if length > 1 else np.zeros(length)
    n, dtype = dimensions_of(x), _dtype(x)
    parts = [
        _along(axis, n, c.astype(dtype)) * element
        for c, element in (
            (signs, _at(x, axis, places)),
            (mirrored(first), _edge(x, axis, 0)),
            (mirrored(last), _edge(x, axis, -1)),
        )
    ]
    both = parts[0] + parts[1] + parts[2]
    return (
        getitem(both, along(axis, n, slice(0, width[0]))),
        getitem(both, along(axis, n, slice(width[0], None))),
    )
