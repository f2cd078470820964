"""Arrays made of variables: evenly spaced numbers, grids, diagonals, triangles, powers.

`np.arange` takes no variables: how many numbers it gives depends on them, and nothing of that can
be differentiated; `linspace` has a derivative. See `autograd_lite.engine.primitive` for what a
declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import POSITIVE, Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.axes import moveaxis, ravel
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.exponential import power
from autograd_lite.primitives.indexing import scatter
from autograd_lite.primitives.joining import stack
from autograd_lite.primitives.like import ones_like
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.shape import (
    Call,
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
    whole,
)

# ---------------------------------------------------------------- evenly spaced


def _space_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {"num": 5}
    yield (shape, ()), (), {"num": 4, "endpoint": False}
    yield (shape, shape), (3,), {"axis": -1}
    yield (shape, shape), (), {"num": 1}


def _steps(name: str, num: Any, dimensions: int, dtype: Any) -> Array:
    """0, 1, 2, … along a first axis, before so many others."""
    num = whole(name, "num", num)
    if num < 0:
        raise ValueError(f"{name}: the number of elements cannot be negative: {num}")
    return np.arange(num).reshape(-1, *(1,) * dimensions).astype(dtype)


def _dtype(*operands: Any) -> np.dtype[Any]:
    """The floating dtype of what is made of these."""
    held = [getattr(x, "dtype", x if isinstance(x, complex) else 0.0) for x in operands]
    return np.result_type(*held, 0.0)


def _end(name: str, x: Any) -> Any:
    """Where a line starts or ends; Python's whole numbers as Python's floats, so that they do not
    widen what stands at the other end."""
    return float(x) if isinstance(x, int) else operand(name, x)


@composed(np.linspace, cases=_space_cases)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    """`num` evenly spaced numbers from start to stop, the last one among them or not, along a new
    axis; with `retstep`, in a pair with the distance of two neighbours.

    ∂: of number k of n, counted from 0, 1 − k/(n−1) by start and k/(n−1) by stop.

    >>> linspace(0.0, 1.0, 5)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    start, stop = (_end("linspace", x) for x in (start, stop))
    made = _dtype(start, stop)
    start, stop = (computed_in("linspace", x, made) for x in (start, stop))
    distance = stop - start
    steps = _steps("linspace", num, dimensions_of(distance), made)
    gaps = len(steps) - 1 if endpoint else len(steps)
    if gaps > 0:
        step = distance / gaps
        numbers = start + steps * step
        if endpoint and gaps > 0:
            numbers = where(steps == gaps, stop, numbers)
    else:
        step = distance * np.nan
        numbers = start + steps * distance
    numbers = computed_in("linspace", moveaxis(numbers, 0, axis), dtype or made)
    return (numbers, step) if retstep else numbers


def _plus_float(x: Any) -> Any:
    """x itself; whole numbers as floats."""
    kind = getattr(x, "dtype", np.dtype(float)).kind
    return np.asarray(x, float)[()] if kind in "biu" else x


def _power_cases(shape: Shape) -> Iterator[Case]:
    for operands, args, kwargs in _space_cases(shape):
        if not args:
            yield operands, args, kwargs | {"base": 1.5}


@composed(np.logspace, cases=_power_cases)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> Any:  # fmt: skip
    """The powers of `base` whose exponents are `linspace(start, stop, num)`.

    >>> logspace(0.0, 2.0, 3)
    array([  1.,  10., 100.])
    """
    start, stop = (_end("logspace", x) for x in (start, stop))
    base = operand("logspace", base) if np.ndim(base) or is_variable(base) else base
    axes = max(dimensions_of(start), dimensions_of(stop), dimensions_of(base))
    if dimensions_of(base):
        start, stop = (_with_axes(x, axes) for x in (start, stop))
        base = reshape(_with_axes(base, axes), (1, *shape_of(_with_axes(base, axes))))
    exponents = linspace(start, stop, num, endpoint)
    numbers = moveaxis(power(_plus_float(base), exponents), 0, axis)
    return computed_in("logspace", numbers, dtype)


def _with_axes(x: Any, n: int) -> Any:
    """x with axes of length 1 in front, up to n."""
    return reshape(x, (1,) * (n - dimensions_of(x)) + shape_of(x))


@composed(np.geomspace, cases=_space_cases, domain=(POSITIVE, POSITIVE))
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers from start to stop, each the same multiple of the one before; nan if the two
    are of different signs and not complex. float32 becomes float64, as in NumPy.

    Raises:
        ValueError: if start or stop is 0.

    >>> geomspace(1.0, 8.0, 4)
    array([1., 2., 4., 8.])
    """
    start, stop = (_plus_float(_end("geomspace", x)) for x in (start, stop))
    if any(np.any(x == 0) for x in (start, stop)):
        raise ValueError("geomspace: start and stop cannot be 0")
    made = np.result_type(_dtype(start, stop), np.zeros((), dtype))
    start, stop = computed_in("geomspace", start, made), computed_in("geomspace", stop, made)
    ratio = stop / start
    steps = _steps("geomspace", num, dimensions_of(ratio), made)
    gaps = max(len(steps) - 1 if endpoint else len(steps), 1)
    numbers = start * power(ratio, steps / np.asarray(gaps, made))
    numbers = where(steps == 0, start, numbers)
    if endpoint and len(steps) > 1:
        numbers = where(steps == gaps, stop, numbers)
    return computed_in("geomspace", moveaxis(numbers, 0, axis), dtype or made)


# ---------------------------------------------------------------- grids


def _grid_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) < 2:
        yield (shape, (2,)), (), {}
        yield (shape, (2,), (4,)), (), {"indexing": "ij", "copy": False}
        yield (shape, (2,)), (), {"sparse": True}


@composed(np.meshgrid, cases=_grid_cases)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """The coordinates of the points of a grid, an array an axis, in a tuple.

    Args:
        xi: the coordinates along each axis.
        copy: False gives arrays that share the numbers of xi.
        sparse: whether each array has length 1 along the axes that it does not belong to.
        indexing: "ij" for shape (len(x1), len(x2), …), "xy" for (len(x2), len(x1), …).

    >>> meshgrid([1.0, 2.0], [3.0, 4.0])[0]
    array([[1., 2.],
           [1., 2.]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing must be 'xy' or 'ij', not {indexing!r}")
    n = len(xi)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    vectors = [operand("meshgrid", x) for x in xi]
    sizes = [int(np.prod(shape_of(x))) for x in vectors]
    grids = [
        reshape(x, tuple(size if i == place else 1 for i in range(n)))
        for x, size, place in zip(vectors, sizes, places, strict=True)
    ]
    if not sparse:
        shape = tuple(sizes[i] for i in places)
        grids = [broadcast_to(x, shape) for x in grids]
    return tuple(_copied(x) for x in grids) if copy else tuple(grids)


def _copied(x: Any) -> Any:
    return copy(x)


# ---------------------------------------------------------------- diagonals


def _diagonal_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1:
        for offset in (0, 1, -1, 7):
            yield (shape,), (offset,), {}
        yield (shape,), (0, -1, 0), {}
        yield (shape,), (), {"offset": 1, "axis1": 1, "axis2": 0}


def _to_diagonal(g: Any, z: Any, x: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The gradient of a diagonal where it stands; 0 elsewhere."""
    n = dimensions_of(x)
    shape = shape_of(x)
    axes = [*(i for i in range(n) if i not in (axis1, axis2)), axis1, axis2]
    row, column = _diagonal_places(shape_of(g)[-1], offset)
    placed = scatter(g, (Ellipsis, row, column), tuple(shape[i] for i in axes))
    return transpose(placed, tuple(np.argsort(axes).tolist()))


def _diagonal_places(length: int, offset: int) -> tuple[Array, Array]:
    """The rows and the columns of a diagonal."""
    places = np.arange(length)
    return places + (-offset if offset < 0 else 0), places + (offset if offset > 0 else 0)


@structural(
    np.diagonal,
    arrays=lambda x, offset, axis1, axis2: np.diagonal(x, offset, axis1, axis2),
    pullbacks=(_to_diagonal,),
    cases=_diagonal_cases,
    back=("g, put back on the diagonal",),
    linear="jointly",
)
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Call:
    """The diagonal of the matrices that two axes make, as the last axis: the one that is `offset`
    places right of the main one.

    ∂: the gradient on the diagonal, 0 elsewhere.

    >>> diagonal([[1.0, 2.0], [3.0, 4.0]])
    array([1., 4.])
    """
    x = operand("diagonal", x)
    if dimensions_of(x) < 2:
        raise ValueError(f"diagonal: needs two axes at least, not shape {shape_of(x)}")
    one, other = (axis_of("diagonal", a, dimensions_of(x)) for a in (axis1, axis2))
    if one == other:
        raise ValueError(f"diagonal: axis1 and axis2 are the same axis {one}")
    return (x,), {"offset": whole("diagonal", "offset", offset), "axis1": one, "axis2": other}


@composed(np.trace, cases=_diagonal_cases)
def trace(
    x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
) -> Any:  # fmt: skip
    """The sum along a diagonal of a matrix, or of each of a stack of matrices.

    >>> trace([[1.0, 2.0], [3.0, 4.0]])
    np.float64(5.0)
    """
    x = operand("trace", x)
    if dimensions_of(x) < 2:
        raise ValueError(f"trace: needs two axes at least, not shape {shape_of(x)}")
    return sum(diagonal(x, offset, axis1, axis2), -1, dtype=dtype)


def _diag_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) in (1, 2):
        for k in (0, 1, -2):
            yield (shape,), (k,), {}


@composed(np.diag, cases=_diag_cases)
def diag(v: Any, k: int = 0) -> Any:
    """Of a vector, the matrix that has it as its k-th diagonal, and else 0; of a matrix, its k-th
    diagonal.

    >>> diag([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]])
    """
    x = operand("diag", v)
    if dimensions_of(x) == 2:
        return diagonal(x, k)
    if dimensions_of(x) != 1:
        raise ValueError(f"diag: needs a vector or a matrix, not shape {shape_of(x)}")
    length = shape_of(x)[0]
    side = length + abs(whole("diag", "k", k))
    return scatter(x, _diagonal_places(length, k), (side, side))


def _diagflat_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    yield (shape,), (-1,), {}


@composed(np.diagflat, cases=_diagflat_cases)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix that has all elements, row by row, as its k-th diagonal, and else 0.

    >>> diagflat([[1.0], [2.0]])
    array([[1., 0.],
           [0., 2.]])
    """
    return diag(ravel(operand("diagflat", v)), k)


# ---------------------------------------------------------------- triangles, powers


def _triangle_cases(shape: Shape) -> Iterator[Case]:
    if shape:
        for k in (0, 1, -1):
            yield (shape,), (k,), {}


@composed(np.tril, cases=_triangle_cases)
def tril(m: Any, k: int = 0) -> Any:
    """The matrix, or each of a stack, with 0 above its k-th diagonal.

    >>> tril([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 0.],
           [3., 4.]])
    """
    x = operand("tril", m)
    return where(planned("tril", np.tri, *shape_of(x)[-2:], k=k, dtype=bool), x, _zero(x))


@composed(np.triu, cases=_triangle_cases)
def triu(m: Any, k: int = 0) -> Any:
    """The matrix, or each of a stack, with 0 below its k-th diagonal.

    >>> triu([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.],
           [0., 4.]])
    """
    x = operand("triu", m)
    return where(planned("triu", np.tri, *shape_of(x)[-2:], k=k - 1, dtype=bool), _zero(x), x)


def _zero(x: Any) -> Any:
    """0 in the dtype of x."""
    return getattr(x, "dtype", np.dtype(float)).type(0)


def _vander_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 1:
        yield (shape,), (), {}
        yield (shape,), (4, True), {}
        yield (shape,), (), {"N": 1}


@composed(np.vander, cases=_vander_cases)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The matrix of the powers of a vector: columns x^(N−1) … x, 1, or the other way round. By
    default, there are as many as x has elements. float32 becomes float64, as in NumPy.

    >>> vander([2.0, 3.0])
    array([[2., 1.],
           [3., 1.]])
    """
    x = operand("vander", x)
    if dimensions_of(x) != 1:
        raise ValueError(f"vander: needs a vector, not shape {shape_of(x)}")
    count = shape_of(x)[0] if N is None else whole("vander", "N", N)
    x = computed_in("vander", _plus_float(x), np.result_type(_dtype(x), int))
    one = ones_like(x)  # a variable if x is one, though it depends on nothing
    powers = [one, x][: max(count, 0)]
    while len(powers) < count:
        powers.append(powers[-1] * x)
    if not powers:
        return reshape(x[:0], (shape_of(x)[0], 0))
    return stack(powers if increasing else powers[::-1], 1)
