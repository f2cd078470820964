"""Norms of vectors and matrices, and what is computed of singular values: cond, lstsq.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in, is_complex
from autograd_lite.engine.primitive import NONZERO, Array, Case, constant
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.arithmetic import abs as absolute
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.complex_numbers import real
from autograd_lite.primitives.decompositions import least_gap_of_singular, svdvals
from autograd_lite.primitives.exponential import power
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.linalg import inv, pinv
from autograd_lite.primitives.matrices import as_array, conjugated, is_square, least_singular
from autograd_lite.primitives.products import dot, matmul
from autograd_lite.primitives.reductions import kept
from autograd_lite.primitives.reductions import max as greatest
from autograd_lite.primitives.reductions import min as least
from autograd_lite.primitives.reductions import sum as total
from autograd_lite.primitives.shape import Call, Shape, reshape, shape_of, transpose

constant(np.linalg.matrix_rank)

Axes = tuple[int, ...]


def _power_norm(x: Array, p: float, axis: Axes) -> Any:
    x = np.asarray(x)
    if p == 2.0:
        square = (x.conj() * x).real if x.dtype.kind == "c" else x * x
        return np.sqrt(np.add.reduce(square, axis=axis))
    powers = np.add.reduce(np.abs(x) ** p, axis=axis)
    return powers ** (1.0 / p)


def _to_normed(g: Any, z: Any, x: Any, p: float, axis: Axes) -> Any:
    """g·x̄·|x|^(p − 2)/z^(p − 1); 0 where that is 0/0: where the norm is 0, or an element is."""
    nothing = np.equal(detached(z), 0)
    back = where(nothing, 0.0, g / where(nothing, 1.0, z if p == 2.0 else power(z, p - 1.0)))
    back = kept(back, x, axis) * conjugated(x)
    if p == 2.0:
        return back
    zero = np.equal(detached(x), 0)
    size = absolute(where(zero, 1.0, x)) if not is_complex(x) else _size(where(zero, 1.0, x))
    return where(zero, 0.0, back * power(size, p - 2.0))


def _size(x: Any) -> Any:
    """|x| of complex numbers, none of them 0."""
    return power(real(x * conjugated(x)), 0.5)


def _power_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if shape else ():
        if shape[axis]:
            for p in (2.0, 3.0, 1.5, -1.0, 0.5):
                yield (shape,), (p, (axis,)), {}
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (2.0, (0, -1)), {}


@structural(
    arrays=_power_norm,
    batched="axis",
    pullbacks=(_to_normed,),
    cases=_power_cases,
    domain=(NONZERO,),
    back=("g·{x}·|{x}|^(p−2)/z^(p−1)",),
    method=False,
)
def power_norm(x: Any, p: float, axis: Any) -> Call:
    """(Σ|x|^p)^(1/p) over some axes, for p other than 0 and ±∞: see `norm`.

    >>> float(power_norm([3.0, 4.0], 2.0, (0,)))
    5.0
    """
    axes = normalize_axis_tuple(axis, len(shape_of(as_array(x))))
    return (as_array(x),), {"p": float(p), "axis": axes}


def _sizes(x: Any) -> Any:
    """|x|, whose derivative at 0 is taken as 0."""
    if not is_complex(x):
        return absolute(x)
    zero = np.equal(detached(x), 0)
    return where(zero, 0.0, _size(where(zero, 1.0, x)))


def _of_vectors(x: Any, order: Any, axis: int) -> Any:
    if order is None or order == 2:
        return power_norm(x, 2.0, axis)
    if isinstance(order, str):
        raise ValueError(f"norm: the order {order!r} is not one of vectors")
    if order == np.inf:
        # of nothing, 0; NumPy says so too
        return greatest(_sizes(x), axis) if shape_of(x)[axis] else total(_sizes(x), axis)
    if order == -np.inf:
        return least(_sizes(x), axis)
    if order == 0:
        return total(where(np.not_equal(detached(x), 0), _sizes(x) * 0.0 + 1.0, 0.0), axis)
    if order == 1:
        return total(_sizes(x), axis)
    return power_norm(x, order, axis)


def _of_matrices(x: Any, order: Any, axes: Axes) -> Any:
    """The norm of matrices along two axes: the rows along the first."""
    if axes[0] == axes[1]:
        raise ValueError("norm: the two axes must differ")
    if order is None or (isinstance(order, str) and order in ("fro", "f")):
        return power_norm(x, 2.0, axes)
    rest = [i for i in range(len(shape_of(x))) if i not in axes]
    x = transpose(x, (*rest, *axes))
    if isinstance(order, str) and order == "nuc":
        return total(svdvals(x), -1)
    if isinstance(order, str) or order not in (1, -1, 2, -2, np.inf, -np.inf):
        raise ValueError(f"norm: the order {order!r} is not one of matrices")
    values = svdvals(x) if abs(order) == 2 else total(_sizes(x), -2 if abs(order) == 1 else -1)
    if order > 0:
        return greatest(values, -1) if shape_of(values)[-1] else total(values, -1)
    return least(values, -1)


def _with_axes(z: Any, shape: Shape, axes: Axes) -> Any:
    """z with the axes that were reduced, at length 1."""
    return reshape(z, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def _norm_cases(shape: Shape) -> Iterator[Case]:
    if not shape or 0 in shape:
        return
    yield (shape,), (), {}
    yield (shape,), (), {"keepdims": True}
    for order in (None, 1, 2, 3, 0.5, np.inf, -np.inf, 0):
        yield (shape,), (order, 0), {"keepdims": True}
    if len(shape) > 1:
        for of_matrix in ("fro", 1, -1, np.inf, -np.inf):
            yield (shape,), (of_matrix, (-1, 0)), {}


@composed(np.linalg.norm, cases=_norm_cases, domain=(NONZERO,))
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors (along one axis) or of matrices (along two).

    Of vectors (Σ|x|^ord)^(1/ord), max|x| for ∞, min|x| for −∞, and for 0 the number of elements
    that are not 0; of matrices the root of the sum of squares for "fro", the sum of the singular
    values for "nuc", the greatest for 2, the least for −2, the greatest (least) sum of |x| of a
    column for ±1, of a row for ±∞. None is the root of the sum of squares.

    ∂z/∂x = x/z of that. Where the norm is 0, its derivative is taken as 0; so is that of |x| at 0;
    equal elements that are the greatest share.

    Args:
        x: an array, real or complex.
        ord: which norm.
        axis: along which axis, or two; by default that of a vector, those of a matrix, and of
            ord=None all.
        keepdims: whether these axes stay, at length 1.

    Raises:
        ValueError: if there is no such norm of as many axes.

    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    """
    x = as_array(x)
    shape = shape_of(x)
    n = len(shape)
    if axis is None and ord is None:
        axes = tuple(range(n))
        z = power_norm(x, 2.0, axes)
    else:
        axes = normalize_axis_tuple(range(n) if axis is None else axis, n, allow_duplicate=True)
        if len(axes) not in (1, 2):
            raise ValueError(f"norm: one axis or two are needed, not {len(axes)}; give axis=")
        z = _of_vectors(x, ord, axes[0]) if len(axes) == 1 else _of_matrices(x, ord, axes)
    return _with_axes(z, shape, axes) if keepdims else z


def _vector_cases(shape: Shape) -> Iterator[Case]:
    if 0 not in shape:
        yield (shape,), (), {}
        yield (shape,), (), {"ord": 3, "keepdims": True}
        if len(shape) > 1:
            yield (shape,), (), {"axis": (1, 0), "ord": 1, "keepdims": True}


@composed(np.linalg.vector_norm, cases=_vector_cases, domain=(NONZERO,))
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of a vector whose elements lie along an axis, several, or all: see `norm`.

    >>> float(vector_norm(np.array([[3.0], [4.0]])))
    5.0
    """
    x = as_array(x)
    shape = shape_of(x)
    axes = normalize_axis_tuple(range(len(shape)) if axis is None else axis, len(shape))
    rest = [i for i in range(len(shape)) if i not in axes]
    rows = math.prod(shape[i] for i in axes)
    flat = reshape(transpose(x, (*axes, *rest)), (rows, *(shape[i] for i in rest)))
    z = _of_vectors(flat, ord, 0)
    return _with_axes(z, shape, axes) if keepdims else z


def _matrix_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (), {}
        yield (shape,), (), {"ord": 1, "keepdims": True}


@composed(np.linalg.matrix_norm, cases=_matrix_cases, domain=(NONZERO,))
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of a matrix, or of each of a stack: see `norm`.

    >>> float(matrix_norm(np.array([[3.0, 0.0], [0.0, 4.0]])))
    5.0
    """
    return norm(x, ord, (-2, -1), keepdims)


# ---------------------------------------------------------------- cond, lstsq


def _cond_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape) and shape[-1]:
        for p in (None, 1, -2, np.inf, "fro"):
            yield (shape,), (p,), {}


@composed(np.linalg.cond, cases=_cond_cases, kink=least_gap_of_singular)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number of a matrix, or of each of a stack: ‖x‖·‖x⁻¹‖ in a norm as of `norm`;
    for None and 2 the greatest over the least singular value. ∞ for a singular matrix, which has
    no derivative.

    >>> float(cond(np.array([[2.0, 0.0], [0.0, 1.0]])))
    2.0
    """
    x = as_array(x)
    if not is_variable(x):
        return np.linalg.cond(x, p)
    if p is None or p in (2, -2):
        if len(shape_of(x)) < 2 or 0 in shape_of(x)[-2:]:
            raise np.linalg.LinAlgError(f"cond: shape {shape_of(x)} is not that of matrices")
        values = svdvals(x)
        high, low = getitem(values, (..., 0)), getitem(values, (..., -1))
        with np.errstate(all="ignore"):
            return low / high if p == -2 else high / low
    if not is_square(shape_of(x)):
        raise np.linalg.LinAlgError(f"cond: shape {shape_of(x)} is not that of square matrices")
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))


def _lstsq_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 2 and 0 not in shape:
        yield (shape, shape[:1]), (), {}
        yield (shape, (shape[0], 2)), (1e-10,), {}


@composed(np.linalg.lstsq, cases=_lstsq_cases, kink=lambda a, *_, **__: least_singular(a))
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The least-squares solution z of a·z = b, the shortest one if there are several: z = a⁺·b.

    Returns the solution; the sums of squares of b − a·z, empty where a has less than full rank or
    no more rows than columns; the rank of a, a whole number; and its singular values. The
    derivatives hold as long as the rank stays the same: see `pinv`.

    Args:
        a: a matrix.
        b: a vector, or a matrix of one a column.
        rcond: singular values of less than this times the greatest count as 0; by default the
            precision of the dtype times the longer side of a.

    Raises:
        numpy.linalg.LinAlgError: if the shapes do not fit.

    >>> lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))[0]
    array([2.])
    """
    a, b = as_array(a), as_array(b)
    x, residuals, rank, values = np.linalg.lstsq(detached(a), detached(b), rcond)
    if not (is_variable(a) or is_variable(b)):
        return x, residuals, rank, values
    if rcond is None:
        rcond = np.finfo(x.dtype).eps * max(shape_of(a))
    a = computed_in("lstsq", a, x.dtype if is_complex(a) else values.dtype)
    solution = dot(pinv(a, max(float(rcond), 0.0)), b) if min(shape_of(a)) else x
    if residuals.size:
        left = b - matmul(a, solution)
        squares = total(real(left * conjugated(left)), 0)
        residuals = reshape(squares, residuals.shape)
    if is_variable(a):
        values = svdvals(a)
    return solution, residuals, rank, values
