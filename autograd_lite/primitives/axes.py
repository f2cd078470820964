"""What is made of reshape and transpose: axes put in, taken away, moved, exchanged, joined.

The numbers of a result are those of the operand, seen in another way, wherever NumPy's are. See
`autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.declare import composed
from autograd_lite.engine.layout import axes_by_stride
from autograd_lite.engine.primitive import Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.engine.views import as_it_lies
from autograd_lite.primitives.shape import (
    Shape,
    axis_of,
    broadcast_to,
    dimensions_of,
    is_fortran,
    operand,
    planned,
    reshape,
    shape_of,
    swapaxes,
    transpose,
    two_axes_cases,
    whole,
)

# ---------------------------------------------------------------- axes of length 1


def _squeeze_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    yield ((1, *shape),), (0,), {}
    yield ((*shape, 1),), (), {"axis": -1}
    yield ((1, *shape, 1),), ((0, -1),), {}


@composed(np.squeeze, cases=_squeeze_cases)
def squeeze(x: Any, axis: Any = None) -> Any:
    """x without its axes of length 1, or without those given.

    Raises:
        ValueError: if an axis given is not of length 1.

    >>> squeeze(np.zeros((1, 2, 1))).shape
    (2,)
    """
    x = operand("squeeze", x)
    shape = shape_of(x)
    if axis is None:
        return reshape(x, tuple(n for n in shape if n != 1))
    if not shape and axis in (0, -1):  # as NumPy: a number has this axis
        return x
    axes = planned("squeeze", normalize_axis_tuple, axis, len(shape))
    if any(shape[a] != 1 for a in axes):
        raise ValueError(f"squeeze: the axis {axis} of shape {shape} is not of length 1")
    return reshape(x, tuple(n for i, n in enumerate(shape) if i not in axes))


def _expand_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (0,), {}
    yield (shape,), (), {"axis": -1}
    yield (shape,), ((0, -1),), {}


@composed(np.expand_dims, cases=_expand_cases)
def expand_dims(x: Any, axis: Any) -> Any:
    """x with a new axis of length 1 at each of the places given, counted in the result.

    >>> expand_dims(np.zeros((2, 3)), (0, -1)).shape
    (1, 2, 3, 1)
    """
    x = operand("expand_dims", x)
    places = axis if isinstance(axis, tuple | list) else (axis,)
    dimensions = dimensions_of(x) + len(places)
    axes = planned("expand_dims", normalize_axis_tuple, tuple(places), dimensions)
    lengths = iter(shape_of(x))
    return reshape(x, tuple(1 if i in axes else next(lengths) for i in range(dimensions)))


def _atleast(name: str, arrays: Sequence[Any], dimensions: int) -> Any:
    given = [operand(name, x) for x in arrays]
    made = tuple(with_axes(x, dimensions) for x in given)
    return made[0] if len(made) == 1 else made


def with_axes(x: Any, dimensions: int) -> Any:
    """x with so many axes at least, put in where `atleast_3d` has them, or else in front."""
    shape = shape_of(x)
    if len(shape) >= dimensions and not isinstance(x, float | int | np.generic):
        return x
    if dimensions == 3:
        fuller = {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}[len(shape)]
    else:
        fuller = (1,) * (dimensions - len(shape)) + shape
    return reshape(x, fuller)


def _atleast_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    yield (shape, (), shape), (), {}


@composed(np.atleast_1d, cases=_atleast_cases)
def atleast_1d(*arys: Any) -> Any:
    """A number as an array of one element; what has axes as it is. Of several, a tuple.

    >>> atleast_1d(2.0)
    array([2.])
    """
    return _atleast("atleast_1d", arys, 1)


@composed(np.atleast_2d, cases=_atleast_cases)
def atleast_2d(*arys: Any) -> Any:
    """A vector as a matrix of one row; what has two axes as it is. Of several, a tuple.

    >>> atleast_2d([1.0, 2.0])
    array([[1., 2.]])
    """
    return _atleast("atleast_2d", arys, 2)


@composed(np.atleast_3d, cases=_atleast_cases)
def atleast_3d(*arys: Any) -> Any:
    """A vector of n as shape (1, n, 1), a matrix as (m, n, 1), what has three axes as it is. Of
    several, a tuple.

    >>> atleast_3d([1.0, 2.0]).shape
    (1, 2, 1)
    """
    return _atleast("atleast_3d", arys, 3)


# ---------------------------------------------------------------- one after the other


def _ravel_cases(shape: Shape) -> Iterator[Case]:
    for order in "CFAK":
        yield (shape,), (order,), {}


def _by_stride(x: Any) -> list[int]:
    """The axes as they lie in memory, the one of the longest steps first."""
    plain = as_it_lies(x)
    if not isinstance(plain, np.ndarray):
        return list(range(dimensions_of(x)))
    return axes_by_stride(plain.shape, plain.strides)


@composed(np.ravel, cases=_ravel_cases)
def ravel(x: Any, order: str = "C") -> Any:
    """The elements of x, one after the other, on one axis: row by row ("C"), column by column
    ("F"), in Fortran's order if they lie so in memory and else in C's ("A"), or as they lie in
    memory ("K"). They are copied only if they do not lie so already.

    >>> ravel([[1.0, 2.0], [3.0, 4.0]], "F")
    array([1., 3., 2., 4.])
    """
    x = _in_order("ravel", operand("ravel", x), order)
    plain = as_it_lies(x)
    lies_so = not isinstance(plain, np.ndarray) or plain.flags.c_contiguous
    return reshape(x, -1, copy=None if lies_so else True)


@composed(method=True, cases=_ravel_cases)
def flatten(x: Any, order: str = "C") -> Any:
    """As `ravel`, but always copied.

    >>> flatten(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 2., 3., 4.])
    """
    x = _in_order("flatten", operand("flatten", x), order)
    return reshape(x, -1, copy=True)


def _in_order(name: str, x: Any, order: str) -> Any:
    """x with its axes such that row by row is the order asked for."""
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"{name}: order must be 'C', 'F', 'A' or 'K', not {order!r}")
    if order == "C" or dimensions_of(x) < 2:
        return x
    if order == "K":
        axes = _by_stride(x)
        return x if axes == sorted(axes) else transpose(x, axes)
    return transpose(x) if order == "F" or is_fortran(x) else x


# ---------------------------------------------------------------- axes in another order


@composed(np.matrix_transpose, cases=lambda shape: iter([(((2, *shape, 3),), (), {})]))
def matrix_transpose(x: Any) -> Any:
    """x with its last two axes exchanged: each matrix of a stack transposed. Tensors have it as
    `x.mT`.

    Raises:
        ValueError: if x has fewer than two axes.

    >>> matrix_transpose(np.zeros((2, 3, 4))).shape
    (2, 4, 3)
    """
    x = operand("matrix_transpose", x)
    if dimensions_of(x) < 2:
        raise ValueError(f"matrix_transpose: needs two axes at least, not shape {shape_of(x)}")
    return swapaxes(x, -1, -2)


def _moveaxis_cases(shape: Shape) -> Iterator[Case]:
    yield from two_axes_cases(shape)
    if len(shape) > 1:
        yield (shape,), ([0, 1], [-1, 0]), {}


@composed(np.moveaxis, cases=_moveaxis_cases)
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """x with one axis, or each of several, moved from its place in `source` to that in
    `destination`; the others stay in order.

    >>> moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    x = operand("moveaxis", x)
    n = dimensions_of(x)
    old = planned("moveaxis", normalize_axis_tuple, source, n, "source")
    new = planned("moveaxis", normalize_axis_tuple, destination, n, "destination")
    if len(old) != len(new):
        raise ValueError(f"moveaxis: {len(old)} axes have {len(new)} destinations; give one each")
    axes = [i for i in range(n) if i not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        axes.insert(place, axis)
    return transpose(x, axes)


def _rollaxis_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(len(shape)):
        yield (shape,), (axis,), {}
        yield (shape,), (axis, len(shape)), {}


@composed(np.rollaxis, cases=_rollaxis_cases)
def rollaxis(x: Any, axis: int, start: int = 0) -> Any:
    """x with an axis moved to stand before the one that is at `start`. (`moveaxis` says it more
    clearly.)

    >>> rollaxis(np.zeros((2, 3, 4)), 2).shape
    (4, 2, 3)
    """
    x = operand("rollaxis", x)
    n = dimensions_of(x)
    axis = axis_of("rollaxis", axis, n)
    start = whole("rollaxis", "start", start)
    before = start + n if start < 0 else start
    if not 0 <= before <= n:
        raise np.exceptions.AxisError(f"rollaxis: there is no place {start} among {n} axes")
    return moveaxis(x, axis, before - 1 if axis < before else before)


# ---------------------------------------------------------------- repeated to a shape


def _broadcast_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    yield (shape, ()), (), {}
    yield (shape, (2, *(1 for _ in shape))), (), {}


@composed(np.broadcast_arrays, cases=_broadcast_cases)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """The arrays, each repeated to the shape that all of them have together.

    >>> broadcast_arrays([1.0, 2.0], [[3.0], [4.0]])[1]
    array([[3., 3.],
           [4., 4.]])
    """
    arrays = [operand("broadcast_arrays", x) for x in args]
    shape = planned("broadcast_arrays", np.broadcast_shapes, *map(shape_of, arrays))
    return tuple(
        x if shape_of(x) == shape and (is_variable(x) or isinstance(x, np.ndarray))
        else broadcast_to(x, shape)
        for x in arrays
    )  # fmt: skip
