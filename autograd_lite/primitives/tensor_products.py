"""Products of vectors, matrices and tensors that are made of others: outer, inner, tensordot, kron,
cross, and those that numpy.linalg has besides. See `autograd_lite.engine.primitive` for
what a declaration means."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Case
from autograd_lite.primitives.einsum import LABELS, contract
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import stack
from autograd_lite.primitives.matrices import as_array, transposed
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    dimensions_of,
    reshape,
    shape_of,
    transpose,
    whole,
)


def _axis_labels(*counts: int) -> list[str]:
    """Labels that differ, so many for each."""
    if sum(counts) > len(LABELS):
        raise ValueError(f"arrays of more than {len(LABELS)} axes together are not supported")
    ends = list(itertools.accumulate(counts, initial=0))
    return [LABELS[a:b] for a, b in itertools.pairwise(ends)]


def _pair_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    yield (shape, (2,)), (), {}
    yield ((), shape), (), {}


@composed(np.outer, cases=_pair_cases)
def outer(x: Any, y: Any) -> Any:
    """The products of each element of x with each of y: a row for each element of x.

    >>> outer(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array([[3., 4.],
           [6., 8.]])
    """
    x, y = as_array(x), as_array(y)
    return reshape(x, (-1, 1)) * reshape(y, (1, -1))


def _vector_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 1:
        yield (shape, (2,)), (), {}


@composed(np.linalg.outer, cases=_vector_cases)
def linalg_outer(x: Any, y: Any, /) -> Any:
    """As `outer`, but of vectors alone.

    >>> linalg_outer(np.array([1.0, 2.0]), np.array([3.0]))
    array([[3.],
           [6.]])
    """
    for one in (x, y):
        if dimensions_of(as_array(one)) != 1:
            raise ValueError(f"outer: vectors are needed, not shape {shape_of(as_array(one))}")
    return outer(x, y)


def _inner_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    yield (shape, ()), (), {}
    if shape:
        yield (shape, (2, shape[-1])), (), {}


@composed(np.inner, cases=_inner_cases)
def inner(x: Any, y: Any) -> Any:
    """The sums over the last axes of both, without conjugates: of vectors Σ xᵢyᵢ; with a number
    the product.

    >>> float(inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    x, y = as_array(x), as_array(y)
    if dimensions_of(x) == 0 or dimensions_of(y) == 0:
        return x * y
    if shape_of(x)[-1] != shape_of(y)[-1]:
        raise ValueError(f"inner: the last axes of {shape_of(x)} and {shape_of(y)} differ")
    left, right, last = _axis_labels(dimensions_of(x) - 1, dimensions_of(y) - 1, 1)
    return contract((x, y), f"{left}{last},{right}{last}->{left}{right}")


def _axes_to_sum(axes: Any) -> tuple[list[int], list[int]]:
    """The axes of both operands that a tensordot sums over."""
    if not np.iterable(axes):
        n = whole("tensordot", "axes", axes)
        return list(range(-n, 0)), list(range(n))
    first, second = axes
    return [list(a) if np.iterable(a) else [a] for a in (first, second)]  # type: ignore[return-value]


def _tensordot_cases(shape: Shape) -> Iterator[Case]:
    n = len(shape)
    yield (shape, (2,)), (0,), {}
    yield (shape, shape), (n,), {}
    if n:
        yield (shape, (shape[-1], 2)), (1,), {}
        yield (shape, (2, shape[0])), ((0, 1),), {}
        yield (shape, shape[::-1]), ([range(n), list(range(n))[::-1]],), {}


@composed(np.tensordot, cases=_tensordot_cases)
def tensordot(x: Any, y: Any, axes: Any = 2) -> Any:
    """The sum of products over some axes of both: `axes` says which of each, ([0, 1], [1, 0]), or
    how many of the last of x and the first of y.

    Raises:
        ValueError: if these axes are not equally long.

    >>> tensordot(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]), 1)
    array([[1., 2.],
           [3., 4.]])
    """
    x, y = as_array(x), as_array(y)
    of_x, of_y = _axes_to_sum(axes)
    shapes = shape_of(x), shape_of(y)
    if [shapes[0][a] for a in of_x] != [shapes[1][a] for a in of_y]:
        raise ValueError(
            f"tensordot: the axes {of_x} of {shapes[0]} and {of_y} of {shapes[1]} differ"
        )
    left, right = map(list, _axis_labels(len(shapes[0]), len(shapes[1])))
    for a, b in zip(of_x, of_y, strict=True):
        right[b] = left[a]
    summed = {left[a] for a in of_x}
    if len(summed) < len(of_x) or len({b % len(right) for b in of_y}) < len(of_y):
        raise ValueError("tensordot: an axis is to be summed over twice")
    rest = "".join(c for c in [*left, *right] if c not in summed)
    return contract((x, y), f"{''.join(left)},{''.join(right)}->{rest}")


def _named_axes(shape: Shape) -> Iterator[Case]:
    for shapes, (axes,), _ in _tensordot_cases(shape):
        yield shapes, (), {"axes": axes}


@composed(np.linalg.tensordot, cases=_named_axes)
def linalg_tensordot(x: Any, y: Any, /, *, axes: Any = 2) -> Any:
    """As `tensordot`.

    >>> float(linalg_tensordot(np.eye(2), np.eye(2)))
    2.0
    """
    return tensordot(x, y, axes)


# ---------------------------------------------------------------- kron, cross


@composed(np.kron, cases=_pair_cases)
def kron(x: Any, y: Any) -> Any:
    """The Kronecker product: blocks, each y times an element of x.

    >>> kron(np.array([1.0, 10.0]), np.array([1.0, 2.0]))
    array([ 1.,  2., 10., 20.])
    """
    x, y = as_array(x), as_array(y)
    n = max(dimensions_of(x), dimensions_of(y))
    shapes = [(1,) * (n - dimensions_of(a)) + shape_of(a) for a in (x, y)]
    left, right = _axis_labels(n, n)
    both = "".join(itertools.chain(*zip(left, right, strict=True)))
    blocks = contract(
        [reshape(a, shape) for a, shape in zip((x, y), shapes, strict=True)],
        f"{left},{right}->{both}",
    )
    return reshape(blocks, tuple(a * b for a, b in zip(*shapes, strict=True)))


def _cross_cases(shape: Shape) -> Iterator[Case]:
    if shape and shape[-1] == 3:
        yield (shape, shape), (), {}
        yield (shape, (3,)), (), {}


@structural(
    arrays=lambda x, y: np.cross(x, y),
    batched="last",
    pullbacks=(lambda g, z, x, y: cross_product(y, g), lambda g, z, x, y: cross_product(g, x)),
    cases=_cross_cases,
    back=("{y} × g", "g × {x}"),
    text="{x} × {y}",
    fits="the last axes must be of length 3",
    linear="each",
    method=False,
)
def cross_product(x: Any, y: Any) -> Call:
    """The cross product x × y of vectors of three elements along the last axis. With g of the
    result, that of x is y × g, and that of y is g × x.

    >>> cross_product([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])
    array([0., 0., 1.])
    """
    return (x, y), {}


def _moved(x: Any, axis: int, to_end: bool = True) -> Any:
    """x with an axis as the last one, or the last one as that axis."""
    n = dimensions_of(x)
    axis = normalize_axis_index(axis, n)
    if axis == n - 1:
        return x
    order = [i for i in range(n) if i != axis] + [axis]
    return transpose(x, order if to_end else np.argsort(order).tolist())


def _every_cross_case(shape: Shape) -> Iterator[Case]:
    yield from _cross_cases(shape)
    if shape and shape[0] == 3:
        yield (shape, shape), (), {"axis": 0}
        yield (shape, (3,)), (0, 0, 0), {}


@composed(np.cross, cases=_every_cross_case)
def cross(
    x: Any, y: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross product x × y of vectors of three elements. Of a vector of two the third is taken
    as 0, and of two such vectors the result is the third element alone.

    Args:
        x, y: arrays of vectors, which broadcast.
        axisa, axisb, axisc: the axes along which those of x, of y and of the result lie.
        axis: one for all of them.

    Raises:
        ValueError: if the vectors have not two or three elements.

    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = as_array(x), as_array(y)
    if not (dimensions_of(x) and dimensions_of(y)):
        raise ValueError("cross: a number is no vector")
    x, y = _moved(x, axisa), _moved(y, axisb)
    lengths = shape_of(x)[-1], shape_of(y)[-1]
    if not {*lengths} <= {2, 3}:
        raise ValueError(f"cross: vectors of 2 or 3 elements are needed, not of {lengths}")
    if lengths == (3, 3):
        return _moved(cross_product(x, y), axisc, to_end=False)
    x0, x1, y0, y1 = (getitem(a, (..., i)) for a in (x, y) for i in (0, 1))
    third = x0 * y1 - x1 * y0
    if lengths == (2, 2):
        return third
    if lengths[0] == 2:
        y2 = getitem(y, (..., 2))
        parts = [x1 * y2, -(x0 * y2), third]
    else:
        x2 = getitem(x, (..., 2))
        parts = [-(x2 * y1), x2 * y0, third]
    return _moved(stack(parts, -1), axisc, to_end=False)


@composed(np.linalg.cross, cases=_cross_cases)
def linalg_cross(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """As `cross`, but of vectors of three elements alone, along one axis of both.

    >>> linalg_cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    x, y = as_array(x), as_array(y)
    if not all(-dimensions_of(a) <= axis < dimensions_of(a) for a in (x, y)):
        raise IndexError(f"cross: there is no axis {axis} in shapes {shape_of(x)}, {shape_of(y)}")
    if shape_of(x)[axis] != 3 or shape_of(y)[axis] != 3:
        raise ValueError(
            f"cross: vectors of 3 elements are needed; the shapes are {shape_of(x)}, {shape_of(y)}"
        )
    return cross(x, y, axis=axis)


# ---------------------------------------------------------------- of one matrix


def _stacked(name: str, *operands: tuple[Any, int]) -> list[Any]:
    """Operands as arrays with so many axes at least."""
    arrays = [as_array(x) for x, _ in operands]
    for x, (_, n) in zip(arrays, operands, strict=True):
        if dimensions_of(x) < n:
            raise ValueError(f"{name}: an operand of shape {shape_of(x)} has less than {n} axes")
    return arrays


def _matrix_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1:
        for offset in (0, 1, -1):
            yield (shape,), (), {"offset": offset}


@composed(np.linalg.diagonal, cases=_matrix_cases)
def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonal of a matrix, or of each of a stack; that `offset` above it.

    >>> linalg_diagonal(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    """
    (x,) = _stacked("diagonal", (x, 2))
    rows, columns = shape_of(x)[-2:]
    down, right = max(0, -offset), max(0, offset)
    n = max(0, min(rows - down, columns - right))
    block = getitem(x, (..., slice(down, down + n), slice(right, right + n)))
    *_, label = labels = _axis_labels(dimensions_of(x) - 2, 1)
    return contract((block,), f"{labels[0]}{label}{label}->{labels[0]}{label}")


@composed(
    np.linalg.trace,
    cases=lambda shape: (case for case in _matrix_cases(shape) if 0 not in shape),
)
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sum of the diagonal of a matrix, or of each of a stack; of that `offset` above it.

    >>> float(linalg_trace(np.array([[1.0, 2.0], [3.0, 4.0]])))
    5.0
    """
    x = computed_in("trace", x, dtype)
    rows = linalg_diagonal(x, offset=offset)
    left, last = _axis_labels(dimensions_of(rows) - 1, 1)
    return contract((rows,), f"{left}{last}->{left}")


@composed(
    np.linalg.matrix_transpose,
    cases=lambda shape: iter([((shape,), (), {})] if len(shape) > 1 else []),
)
def linalg_matrix_transpose(x: Any, /) -> Any:
    """The transpose of a matrix, or of each of a stack.

    >>> linalg_matrix_transpose(np.zeros((2, 3, 4))).shape
    (2, 4, 3)
    """
    (x,) = _stacked("matrix_transpose", (x, 2))
    return transposed(x)
