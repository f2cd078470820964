"""The products of linear algebra: matmul, dot and vdot, and those of many vectors. See
`autograd_lite.engine.primitive` for what a declaration means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.engine.batching import in_front
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import PRODUCT, Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.complex_numbers import conjugate
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    dimensions_of,
    reshape,
    shape_of,
    swapaxes,
    transpose,
)

# Y = X·W: ∂L/∂X = ∂L/∂Y·Wᵀ and ∂L/∂W = Xᵀ·∂L/∂Y. The other cases make matrices of vectors and
# stacks first, and the engine sums over axes that were broadcast.


_FITS = (
    "the last axis of the first must be as long as the first axis (the last but one, if it has "
    "more) of the second"
)


def _as_matrices(g: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """g, x and y of a matmul with the axes that vectors lack put in."""
    if dimensions_of(x) == 1:
        x = getitem(x, (None, slice(None)))
        g = getitem(g, (Ellipsis, None, slice(None)) if dimensions_of(y) > 1 else None)
    if dimensions_of(y) == 1:
        y = getitem(y, (slice(None), None))
        g = getitem(g, (Ellipsis, None))
    return g, x, y


def matmul_left(g: Any, z: Any, x: Any, y: Any) -> Any:
    """The gradient of x in z = x @ y."""
    if y.ndim == 2:
        if x.ndim == 2:
            return g @ y.T
        if x.ndim == 1:
            return y @ g
    g, _, matrix = _as_matrices(g, x, y)
    return matmul(g, swapaxes(matrix, -1, -2))  # of a vector x: its leading axes are summed


def matmul_right(g: Any, z: Any, x: Any, y: Any) -> Any:
    """The gradient of y in z = x @ y."""
    if x.ndim == 2:
        if y.ndim == 2:
            return x.T @ g
        if y.ndim == 1:
            return g @ x
    g, matrix, _ = _as_matrices(g, x, y)
    product = matmul(swapaxes(matrix, -1, -2), g)
    return getitem(product, (Ellipsis, 0)) if dimensions_of(y) == 1 else product


def matmul_each(which: Sequence[bool], x: Any, y: Any) -> Any:
    """The product for each example of a batch, whose axis is in front of x, of y or of both."""
    if which[0] and not which[1] and y.ndim <= 2:
        if x.ndim == 3 and y.ndim == 2:  # one product is quicker than many
            rows = reshape(x, (x.shape[0] * x.shape[1], x.shape[2]))
            return reshape(matmul(rows, y), (*x.shape[:2], y.shape[1]))
        return matmul(x, y)
    if which[1] and not which[0] and y.ndim == 2 and x.ndim <= 2:
        return matmul(y, transpose(x))
    vectors = [a.ndim - mine == 1 for a, mine in zip((x, y), which, strict=True)]
    if vectors[0]:
        x = getitem(x, (Ellipsis, None, slice(None)))
    if vectors[1]:
        y = getitem(y, (Ellipsis, None))
    z = matmul(*in_front(which, (x, y)))
    rest = (0 if vectors[0] else slice(None), 0 if vectors[1] else slice(None))
    return getitem(z, (Ellipsis, *rest))


def _labels_of_matmul(shapes: Sequence[Shape]) -> Any:
    """Those of the axes of x, of y and of the product: labels are numbers."""
    x, y = (len(shape) for shape in shapes)
    front = list(range(3, max(x, y, 2) + 1))
    row, column = ([0] if x > 1 else []), ([2] if y > 1 else [])
    of_x = [*front[len(front) - max(0, x - 2) :], *row, 1]
    of_y = [*front[len(front) - max(0, y - 2) :], 1, *column]
    return [of_x, of_y], [*front, *row, *column]


def _labels_of_dot(shapes: Sequence[Shape]) -> Any:
    x, y = (len(shape) for shape in shapes)
    of_x, of_y = list(range(x)), list(range(x, x + y))
    if x and y:
        of_y[max(0, y - 2)] = x - 1
    summed = [x - 1] if x and y else []
    return [of_x, of_y], [a for a in dict.fromkeys([*of_x, *of_y]) if a not in summed]


def _matmul_cases(shape: Shape) -> Iterator[Case]:
    if not shape:
        return
    n = shape[-1]
    yield (shape, (n,)), (), {}
    yield (shape, (n, 2)), (), {}
    yield (shape, (shape[0] if len(shape) == 3 else 2, n, 3)), (), {}
    if len(shape) == 3:
        yield (shape, (1, n, 2)), (), {}
        yield (shape, (2, 1, n, 2)), (), {}


@structural(
    np.matmul,
    np.linalg.matmul,
    operator="matmul",
    batched=matmul_each,
    pullbacks=(matmul_left, matmul_right),
    cases=_matmul_cases,
    back=("g·{y}ᵀ", "{x}ᵀ·g"),
    fits=_FITS,
    linear="each",
    contracts=_labels_of_matmul,
)
def matmul(x: Any, y: Any) -> Call:
    """The matrix product z = x @ y; vectors, and stacks of matrices, as in `numpy.matmul`.

    ∂L/∂x = g·yᵀ and ∂L/∂y = xᵀ·g.

    >>> matmul(np.array([2.0, 3.0]), np.array([[4.0, 5.0], [6.0, 7.0]]))
    array([26., 31.])
    """
    return (x, y), {}


def _dot_flat(x: Any, y: Any) -> tuple[Any, Any]:
    """The operands of a dot of more axes as two matrices (rows, k) and (k, columns)."""
    k = shape_of(x)[-1]
    columns = y if dimensions_of(y) == 1 else _front(y)
    rows = int(np.prod(shape_of(x)[:-1], dtype=int))
    across = int(np.prod(shape_of(columns)[1:], dtype=int))
    return reshape(x, (rows, k)), reshape(columns, (k, across))


def _front(y: Any) -> Any:
    """y with its last axis but one, over which a dot sums, put first."""
    n = dimensions_of(y)
    return transpose(y, (n - 2, *range(n - 2), n - 1))


def _is_plain(x: Any, y: Any) -> bool:
    """Whether a dot is a product by a number."""
    return dimensions_of(x) == 0 or dimensions_of(y) == 0


def _dot_left(g: Any, z: Any, x: Any, y: Any) -> Any:
    if _is_plain(x, y):
        return g * y
    if dimensions_of(x) == dimensions_of(y) == 2:
        return g @ y.T
    rows, columns = _dot_flat(x, y)
    g = reshape(g, (shape_of(rows)[0], shape_of(columns)[1]))
    return reshape(matmul(g, transpose(columns)), shape_of(x))


def _dot_right(g: Any, z: Any, x: Any, y: Any) -> Any:
    if _is_plain(x, y):
        return g * x
    if dimensions_of(x) == dimensions_of(y) == 2:
        return x.T @ g
    rows, columns = _dot_flat(x, y)
    g = reshape(g, (shape_of(rows)[0], shape_of(columns)[1]))
    product = matmul(transpose(rows), g)
    if dimensions_of(y) == 1:
        return reshape(product, shape_of(y))
    n = dimensions_of(y)
    front = shape_of(y)[n - 2 : n - 1] + shape_of(y)[: n - 2] + shape_of(y)[n - 1 :]
    return transpose(reshape(product, front), (*range(1, n - 1), 0, n - 1))


def _dot_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, ()), (), {}
    yield ((), shape), (), {}
    if shape:
        n = shape[-1]
        for other in ((n,), (n, 2), (2, n, 3)):
            yield (shape, other), (), {}


def _dot(x: Array, y: Array) -> Any:
    """As np.dot; but a number does not make float64 of float32."""
    return np.multiply(x, y) if _is_plain(x, y) else np.dot(x, y)


def _dot_each(which: Sequence[bool], x: Any, y: Any) -> Any:
    axes = [dimensions_of(a) - mine for a, mine in zip((x, y), which, strict=True)]
    if 0 in axes:
        x, y = in_front(which, (x, y))
        return x * y
    return matmul_each(which, x, y) if max(axes) <= 2 else NotImplemented


@structural(
    np.dot,
    text="{x}·{y}",
    precedence=PRODUCT,
    arrays=_dot,
    batched=_dot_each,
    pullbacks=(_dot_left, _dot_right),
    cases=_dot_cases,
    back=("g·{y}ᵀ", "{x}ᵀ·g"),
    fits=_FITS,
    linear="each",
    contracts=_labels_of_dot,
)
def dot(x: Any, y: Any) -> Call:
    """The dot product as in `numpy.dot`: over the last axis of x and the last but one of y.

    Of vectors Σ xᵢyᵢ, of matrices X·Y, with a number the product. ∂L/∂X = g·Yᵀ, ∂L/∂Y = Xᵀ·g.

    >>> float(dot([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]))
    32.0
    """
    return (x, y), {}


def _in_shape_of(x: Any, y: Any) -> Any:
    """y with the shape of x."""
    return y if shape_of(x) == shape_of(y) else reshape(y, shape_of(x))


def _conjugate(x: Any) -> Any:
    """The conjugate of complex numbers; real ones as they are, without another node."""
    return conjugate(x) if is_complex(x) else x


def _vdot(x: Array, y: Array) -> Any:
    if np.size(x) != np.size(y):
        raise ValueError("the sizes differ")
    if dimensions_of(x) == dimensions_of(y) == 0:
        return np.multiply(np.conjugate(x) if is_complex(x) else x, y)
    x, y = _flat(x, y), _flat(y, x)
    return (np.dot if x.dtype == y.dtype == object else np.vdot)(x, y)


def _flat(x: Any, other: Any) -> Array:
    """The elements in a row; a number in the dtype of the other, which it must not change."""
    return np.ravel(x) if dimensions_of(x) else np.full(1, x, np.result_type(x, other))


def _vdot_cases(shape: Shape) -> Iterator[Case]:
    for other in (shape, shape[::-1]):
        yield (shape, other), (), {}
    if shape == (1,):
        yield (shape, ()), (), {}
        yield ((), shape), (), {}


def _labels_of_vdot(shapes: Sequence[Shape]) -> Any:
    """Those of arrays of one shape; of others there are none."""
    axes = list(range(len(shapes[0])))
    return ([axes, axes], []) if shapes[0] == shapes[1] else None


def _vdot_each(which: Sequence[bool], x: Any, y: Any) -> Any:
    if 0 in (dimensions_of(x), dimensions_of(y)) or not x.dtype.kind == y.dtype.kind == "f":
        return NotImplemented
    rows = [
        reshape(a, (a.shape[0], -1) if mine and a.shape[0] else (*a.shape[:mine], -1))
        for a, mine in zip((x, y), which, strict=True)
    ]
    if rows[0].shape[-1] != rows[1].shape[-1]:
        return NotImplemented  # of one example the error tells
    return matmul_each(which, *rows)


@structural(
    np.vdot,
    text="Σ {x}·{y}",
    precedence=PRODUCT,
    arrays=_vdot,
    batched=_vdot_each,
    pullbacks=(
        lambda g, z, x, y: _conjugate(g * _in_shape_of(x, y)),
        lambda g, z, x, y: g * _in_shape_of(y, _conjugate(x)),
    ),
    cases=_vdot_cases,
    back=("g·{y}", "g·{x}"),
    fits="both must have as many elements",
    linear="each",
    contracts=_labels_of_vdot,
)
def vdot(x: Any, y: Any) -> Call:
    """Σ xᵢ·yᵢ over all elements of two arrays of as many, row by row. ∂L/∂x = g·y, ∂L/∂y = g·x.
    Of complex x the conjugates are taken.

    >>> float(vdot([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]))
    5.0
    """
    return (x, y), {}


# ---------------------------------------------------------------- of vectors, many at once


def _with_axes(name: str, axes: tuple[int, int], *operands: Any) -> list[Any]:
    """The operands as arrays or variables of at least so many axes."""
    arrays = [x if is_variable(x) else np.asarray(x) for x in operands]
    if any(len(x.shape) < n for x, n in zip(arrays, axes, strict=True)):
        shapes = " and ".join(str(x.shape) for x in arrays)
        raise ValueError(f"{name}: shapes {shapes}, where {axes[0]} and {axes[1]} axes are needed")
    return arrays


def _last(x: Any, axis: int) -> Any:
    """x with an axis moved to the end."""
    place = normalize_axis_index(axis, x.ndim)
    if place == x.ndim - 1:
        return x
    return transpose(x, (*(i for i in range(x.ndim) if i != place), place))


def _without(x: Any, axis: int) -> Any:
    """x without an axis of length 1."""
    shape = list(x.shape)
    del shape[axis]
    return reshape(x, tuple(shape))


def _vecdot_cases(shape: Shape) -> Iterator[Case]:
    if shape:
        yield (shape, shape), (), {}
        yield (shape, shape[-1:]), (), {}
        yield (shape, shape), (), {"axis": 0}


@composed(np.vecdot, np.linalg.vecdot, cases=_vecdot_cases)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """The products Σ x̄₁·x₂ of vectors along an axis; all other axes broadcast.

    >>> vecdot(np.array([[1.0, 2.0], [3.0, 4.0]]), [1.0, 1.0])
    array([3., 7.])
    """
    x1, x2 = (_last(x, axis) for x in _with_axes("vecdot", (1, 1), x1, x2))
    if x1.shape[-1] != x2.shape[-1]:  # an axis of 1 is not stretched
        raise ValueError(
            f"vecdot: shapes {x1.shape} and {x2.shape} do not fit: make the vectors equally long"
        )
    return sum(_conjugate(x1) * x2, -1)


if hasattr(np, "matvec"):  # since NumPy 2.2

    def _matvec_cases(shape: Shape) -> Iterator[Case]:
        if len(shape) > 1:
            yield (shape, shape[-1:]), (), {}
            yield (shape, (2, *(1 for _ in shape[2:]), shape[-1])), (), {}

    @composed(np.matvec, cases=_matvec_cases)
    def matvec(x1: Any, x2: Any, /) -> Any:
        """The products x₁·x₂ of matrices, in the last two axes of x1, and vectors, in the last axis
        of x2; all other axes broadcast.

        >>> matvec(np.array([[1.0, 2.0], [3.0, 4.0]]), [1.0, 1.0])
        array([3., 7.])
        """
        x1, x2 = _with_axes("matvec", (2, 1), x1, x2)
        return _without(matmul(x1, reshape(x2, (*x2.shape, 1))), -1)

    def _vecmat_cases(shape: Shape) -> Iterator[Case]:
        if len(shape) > 1:
            yield (shape[-2:-1], shape), (), {}
            yield ((2, *(1 for _ in shape[2:]), shape[-2]), shape), (), {}

    @composed(np.vecmat, cases=_vecmat_cases)
    def vecmat(x1: Any, x2: Any, /) -> Any:
        """The products x̄₁·x₂ of vectors, in the last axis of x1, and matrices, in the last two axes
        of x2; all other axes broadcast.

        >>> vecmat([1.0, 1.0], np.array([[1.0, 2.0], [3.0, 4.0]]))
        array([4., 6.])
        """
        x1, x2 = _with_axes("vecmat", (1, 2), x1, x2)
        row = reshape(_conjugate(x1), (*x1.shape[:-1], 1, x1.shape[-1]))
        return _without(matmul(row, x2), -2)
