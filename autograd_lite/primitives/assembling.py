"""What is made of concatenate: arrays stacked, laid out in blocks, put in and left out.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.axes import ravel, with_axes
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
    transpose,
)

# ---------------------------------------------------------------- side by side


def _stack_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    yield (shape,), (), {}


def _with_axes(name: str, arrays: Any, dimensions: int) -> list[Any]:
    """The arrays, each with so many axes at least."""
    if not isinstance(arrays, Sequence) and not dimensions_of(arrays):
        raise TypeError(f"{name}: give a sequence of arrays, not {type(arrays).__name__}")
    return [with_axes(operand(name, x), dimensions) for x in arrays]


def _casts(name: str, arrays: list[Any], dtype: Any, casting: str) -> list[Any]:
    """The arrays in the dtype asked for, if the rule `casting` allows it."""
    for x in arrays if dtype is not None else ():
        held = getattr(x, "dtype", np.dtype(float))
        if not np.can_cast(held, dtype, casting):  # type: ignore[arg-type]
            raise TypeError(f"{name}: {held} does not become {np.dtype(dtype)} by {casting=}")
    return [computed_in(name, x, dtype) for x in arrays]


@composed(np.vstack, cases=_stack_cases)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays one below the other, vectors as rows.

    >>> vstack([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [3., 4.]])
    """
    return concatenate(_casts("vstack", _with_axes("vstack", tup, 2), dtype, casting), 0)


@composed(np.hstack, cases=_stack_cases)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays side by side: along the second axis, vectors along their only one.

    >>> hstack([[1.0, 2.0], [3.0]])
    array([1., 2., 3.])
    """
    arrays = _casts("hstack", _with_axes("hstack", tup, 1), dtype, casting)
    return concatenate(arrays, 0 if not arrays or dimensions_of(arrays[0]) == 1 else 1)


@composed(np.dstack, cases=_stack_cases)
def dstack(tup: Any) -> Any:
    """The arrays one behind the other, along the third axis.

    >>> dstack([[1.0, 2.0], [3.0, 4.0]]).shape
    (1, 2, 2)
    """
    return concatenate(_with_axes("dstack", tup, 3), 2)


def _column_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    if shape:
        yield (shape, shape[:1]), (), {}


@composed(np.column_stack, cases=lambda shape: _column_cases(shape[:2]))
def column_stack(tup: Any) -> Any:
    """The arrays side by side, vectors as columns.

    >>> column_stack([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 3.],
           [2., 4.]])
    """
    arrays = _with_axes("column_stack", tup, 1)
    columns = [x if dimensions_of(x) > 1 else transpose(with_axes(x, 2)) for x in arrays]
    return concatenate(columns, 1)


def _block_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    yield (shape,), (), {}


@composed(np.block, cases=_block_cases)
def block(arrays: Any) -> Any:
    """An array put together from nested lists of blocks: those of the innermost lists stand side
    by side along the last axis, the lists of these along the last but one, and so on.

    >>> block([[np.eye(2), np.zeros((2, 1))], [np.ones((1, 3))]])
    array([[1., 0., 0.],
           [0., 1., 0.],
           [1., 1., 1.]])
    """
    depth = _depth(arrays)
    blocks = [operand("block", x) for x in _leaves(arrays)]
    dimensions = max(depth, *(dimensions_of(x) for x in blocks), 0)
    if not depth:
        return copy(blocks[0])
    made = _block(arrays, iter(blocks), dimensions, dimensions - depth)
    return copy(made) if len(blocks) == 1 else made


def _depth(nested: Any) -> int:
    """How deep the lists are nested, which must be the same everywhere."""
    if isinstance(nested, tuple):
        raise TypeError("block: blocks are nested in lists, and a tuple is none")
    if not isinstance(nested, list):
        return 0
    depths = {_depth(x) for x in nested}
    if len(depths) != 1:
        raise ValueError("block: an empty list, or lists that are not nested equally deep")
    return 1 + depths.pop()


def _leaves(nested: Any) -> Iterator[Any]:
    for x in nested if isinstance(nested, list) else ():
        yield from _leaves(x)
    if not isinstance(nested, list):
        yield nested


def _block(nested: Any, blocks: Iterator[Any], dimensions: int, axis: int) -> Any:
    """One block, or a list of them joined along an axis."""
    if not isinstance(nested, list):
        return with_axes_in_front(next(blocks), dimensions)
    parts = [_block(x, blocks, dimensions, axis + 1) for x in nested]
    return parts[0] if len(parts) == 1 else concatenate(parts, axis)


def with_axes_in_front(x: Any, dimensions: int) -> Any:
    """x with axes of length 1 in front, to so many at least."""
    missing = dimensions - dimensions_of(x)
    return reshape(x, (1,) * missing + shape_of(x)) if missing > 0 else x


# ---------------------------------------------------------------- put in, left out


def _append_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, (2,)), (), {}
    for axis in range(len(shape)):
        yield (shape, shape), (axis,), {}


@composed(np.append, cases=_append_cases)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """`values` joined to the end of `arr` along an axis; both flattened first if none is given.

    >>> append([1.0, 2.0], 3.0)
    array([1., 2., 3.])
    """
    arr, values = operand("append", arr), operand("append", values)
    if axis is None:
        arr, values, axis = ravel(arr), ravel(values), 0
    return concatenate((arr, values), axis)


@composed(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """`arr` with `values` put in before each of the places that `obj` names, along an axis; of
    `arr` flattened if none is given.

    Args:
        arr: an array of floating-point numbers.
        obj: a whole number, several, a slice, or truth values: places in `arr`.
        values: what broadcasts to the slices put in; it gets the dtype of `arr`.

    ∂: to `arr` and `values` what the gradient has at the places where they stand.

    Raises:
        TypeError: if `arr` holds whole numbers, which `values` would be cut to.

    >>> insert([1.0, 2.0, 3.0], [0, 2], [8.0, 9.0])
    array([8., 1., 2., 9., 3.])
    """
    arr, values = operand("insert", arr), operand("insert", values)
    held = getattr(arr, "dtype", np.dtype(float))
    if held.kind in "iub" and is_variable(values):
        raise TypeError(f"insert: arr holds {held}, which has no gradient; give arr.astype(float)")
    if axis is None:
        arr, axis = ravel(arr), 0
    n = dimensions_of(arr)
    axis = axis_of("insert", axis, n)
    length = shape_of(arr)[axis]
    places = _places("insert", obj, length)
    if places.ndim > 1:
        raise ValueError("insert: obj is a number, a slice or a sequence of one axis")
    if places.size == 1:
        values = with_axes_in_front(values, n)
        if not places.ndim:  # as NumPy: values[0], of the axes that a slice has
            values = transpose(values, _moved(dimensions_of(values), 0, axis))
        many = shape_of(values)[axis]
        before = np.repeat(planned("insert", _bounded, places, length).reshape(1), many)
    else:
        before = planned("insert", _bounded, places, length)
    rest = shape_of(arr)
    values = broadcast_to(values, (*rest[:axis], len(before), *rest[axis + 1 :]))
    values = computed_in("insert", values, getattr(arr, "dtype", None))
    joined = concatenate((arr, values), axis)
    order = planned("insert", np.insert, np.arange(length), before, length + np.arange(len(before)))
    return getitem(joined, along(axis, n, order))


def _moved(n: int, source: int, destination: int) -> list[int]:
    """The order of n axes after one of them was moved."""
    axes = [i for i in range(n) if i != source]
    axes.insert(destination, source)
    return axes


def _places(name: str, obj: Any, length: int) -> Array:
    """The places that an index along an axis names."""
    if isinstance(obj, slice):
        return np.arange(*obj.indices(length))
    if is_variable(obj):
        raise TypeError(f"{name}: a variable names no place; use x.detach() or whole numbers")
    places = np.asarray(obj)
    if places.dtype == bool:
        if places.ndim != 1:
            raise ValueError(f"{name}: truth values are needed along one axis")
        return np.flatnonzero(places)
    if not places.size and not isinstance(obj, np.ndarray):
        return places.astype(int)
    if places.dtype.kind not in "iu":
        raise IndexError(f"{name}: places are whole numbers, not {places.dtype}")
    return places


def _bounded(places: Array, length: int) -> Array:
    """The places to put something before, counted from 0."""
    if np.any((places < -length) | (places > length)):
        raise IndexError(f"a place in {places.tolist()} is out of bounds of length {length}")
    return np.where(places < 0, places + length, places)


def _delete_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), ([],), {}
    for axis in range(len(shape)):
        if shape[axis]:
            yield (shape,), (0, axis), {}
            yield (shape,), ([-1, 0, -1],), {"axis": axis}
            yield (shape,), (slice(None, None, 2), axis), {}
            yield (shape,), (np.arange(shape[axis]) == 1, axis), {}


@composed(np.delete, cases=_delete_cases)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """`arr` without the places along an axis that `obj` names; of `arr` flattened if none is given.

    >>> delete([1.0, 2.0, 3.0], [0, 2])
    array([2.])
    """
    x = operand("delete", arr)
    if axis is None:
        x, axis = ravel(x), 0
    n = dimensions_of(x)
    axis = axis_of("delete", axis, n)
    if is_variable(obj):
        raise TypeError("delete: a variable names no place; use x.detach() or whole numbers")
    kept = planned("delete", np.delete, np.arange(shape_of(x)[axis]), obj)
    mask = np.zeros(shape_of(x)[axis], bool)
    mask[kept] = True
    return getitem(x, along(axis, n, mask))
