"""Linear algebra of square and other matrices: inv, solve, det, slogdet, pinv, and of arrays taken
for matrices tensorinv, tensorsolve. Stacks of matrices are matrices along the last two axes.

Sources: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008); G. Golub and V. Pereyra, "The differentiation of pseudo-inverses" (1973).
See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.batch import numbers_of
from autograd_lite.engine.batching import in_front
from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.numpy_signatures import NO_VALUE
from autograd_lite.engine.primitive import Case, Shared
from autograd_lite.primitives.boxes import of_numbers
from autograd_lite.primitives.complex_numbers import imag
from autograd_lite.primitives.indexing import getitem, scatter
from autograd_lite.primitives.matrices import (
    COLUMN,
    ELEMENT,
    adjoint,
    as_array,
    conjugated,
    hermitian_of,
    is_square,
    least_singular,
    square_cases,
    transposed,
)
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    dimensions_of,
    reshape,
    shape_of,
    transpose,
)

# ---------------------------------------------------------------- inv, solve


@structural(
    np.linalg.inv,
    arrays=of_numbers(np.linalg.inv),
    text="{x}⁻¹",
    batched="last",
    pullbacks=(lambda g, z, x: -matmul(matmul(transposed(z), g), transposed(z)),),
    cases=square_cases,
    back=("−{x}⁻ᵀ·g·{x}⁻ᵀ",),
    kink=least_singular,
    method=False,
)
def inv(x: Any) -> Call:
    """The inverse z = x⁻¹ of a square matrix, or of each of a stack. ∂L/∂x = −zᵀ·g·zᵀ.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is singular, or not square.

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return (x,), {}


def _to_right_side(g: Any, z: Any, a: Any, b: Any) -> Any:
    """a⁻ᵀ·g, which is the gradient of the right-hand side."""
    factor = _factor_of(g, b)
    if factor is not None and _is_symmetric(a):
        return factor * z  # as in the gradient of bᵀ·a⁻¹·b: without another solution
    if dimensions_of(b) > 1 or dimensions_of(a) == 2:
        return solve(transposed(a), g)
    return getitem(solve(transposed(a), getitem(g, COLUMN)), (Ellipsis, 0))


def _factor_of(g: Any, b: Any) -> Any:
    """The number c for which g = c·b but for rounding, if both are plain vectors of real numbers
    and there is one."""
    if not (g.__class__ is getattr(b, "__class__", None) is np.ndarray and g.ndim == b.ndim == 1):
        return None
    if not (g.dtype == b.dtype and g.dtype.kind == "f" and g.size):
        return None
    largest = int(np.argmax(np.abs(b)))
    with np.errstate(all="ignore"):
        c = g[largest] / b[largest]
        rounding = 2.0 * np.finfo(g.dtype).eps * np.abs(g)
        return c if np.all(np.abs(c * b - g) <= rounding) else None  # not of inf or nan


def _is_symmetric(a: Any) -> bool:
    """Whether it is a plain symmetric matrix."""
    return a.__class__ is np.ndarray and a.ndim == 2 and bool(np.array_equal(a, a.T))


def _to_matrix(side: Any, g: Any, z: Any, a: Any, b: Any) -> Any:
    """−side·zᵀ, for side = a⁻ᵀ·g."""
    if dimensions_of(b) > 1:
        return matmul(-side, transposed(z))
    return getitem(-side, COLUMN) * getitem(z, (Ellipsis, None, slice(None)))


def _solve_each(which: Sequence[bool], a: Any, b: Any) -> Any:
    """The solution for each example of a batch; of one matrix and many right-hand sides, side by
    side as columns, so that it is factored once."""
    vector = b.ndim - which[1] == 1
    if vector:
        b = getitem(b, COLUMN)
    if not which[0] and a.ndim == 2 and b.ndim == 3:
        n, count, columns = a.shape[-1], b.shape[0], b.shape[-1]
        side = reshape(transpose(b, (1, 0, 2)), (b.shape[1], count * columns))
        z = transpose(reshape(solve(a, side), (n, count, columns)), (1, 0, 2))
    else:
        z = solve(*in_front(which, (a, b)))
    return getitem(z, (Ellipsis, 0)) if vector else z


def _solve_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape):
        n = shape[-1]
        yield (shape, (n,)), (), {}
        yield (shape, (n, 2)), (), {}
        yield (shape, (*shape[:-2], n, 1)), (), {}
        yield (shape, (2, *(1 for _ in shape[:-2]), n, 2)), (), {}


@structural(
    np.linalg.solve,
    arrays=of_numbers(np.linalg.solve),
    text="{a}⁻¹·{b}",
    batched=_solve_each,
    pullbacks=Shared(_to_right_side, _to_matrix, lambda side, g, z, a, b: side),
    cases=_solve_cases,
    back=("−{a}⁻ᵀ·g·zᵀ", "{a}⁻ᵀ·g"),
    kink=lambda a, b: least_singular(a),
    method=False,
)
def solve(a: Any, b: Any) -> Call:
    """The solution z of a·z = b. ∂L/∂b = a⁻ᵀ·g and ∂L/∂a = −(a⁻ᵀ·g)·zᵀ.

    Args:
        a: a square matrix, or a stack of them.
        b: a vector, if it has one axis; else a matrix, or a stack of them that broadcasts.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is singular, or not square.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [1.0, 2.0])
    array([0.5, 0.5])
    """
    return (a, b), {}


# ---------------------------------------------------------------- determinants

_FEW_ROWS = 32
"""Up to how many rows the cofactors of a singular matrix are computed one by one."""


def _cofactors(a: Any) -> Any:
    """(−1)^(i+j) times the determinant of a without row i and column j."""
    n = shape_of(a)[-1]
    rest = np.array([[k for k in range(n) if k != i] for i in range(n)], dtype=int).reshape(n, -1)
    minors = getitem(a, (Ellipsis, rest[:, None, :, None], rest[None, :, None, :]))
    signs = 1.0 - 2.0 * (np.add.outer(np.arange(n), np.arange(n)) % 2)
    return det(minors) * signs.astype(np.asarray(detached(a)).real.dtype)


def _regular_cofactors(z: Any, a: Any) -> Any:
    return getitem(z, ELEMENT) * inv(transposed(a))


def _to_determined(g: Any, z: Any, a: Any) -> Any:
    """g·z·a⁻ᵀ; of a singular matrix, which has no inverse, the cofactors one by one."""
    shape = shape_of(a)
    if shape[-1] > _FEW_ROWS or not np.any(numbers_of(detached(z)) == 0):
        return getitem(g, ELEMENT) * _regular_cofactors(z, a)
    singular = np.asarray(detached(z)) == 0
    if singular.all():
        cofactors = _cofactors(a)
    else:
        regular = _regular_cofactors(getitem(z, ~singular), getitem(a, ~singular))
        cofactors = scatter(regular, ~singular, shape)
        cofactors = cofactors + scatter(_cofactors(getitem(a, singular)), singular, shape)
    return getitem(g, ELEMENT) * cofactors


@structural(
    np.linalg.det,
    arrays=of_numbers(np.linalg.det),
    batched="last",
    pullbacks=(_to_determined,),
    cases=square_cases,
    back=("g·cofactors of {x}",),
    kink=lambda x: least_singular(x),
    method=False,
)
def det(x: Any) -> Call:
    """The determinant of a square matrix, or of each of a stack.

    ∂L/∂x = g·z·x⁻ᵀ, the matrix of cofactors; it exists where x is singular too. (Of a singular
    matrix of more than 32 rows it is refused.)

    Raises:
        numpy.linalg.LinAlgError: if a matrix is not square.

    >>> round(float(det([[1.0, 2.0], [3.0, 4.0]])), 12)
    -2.0
    """
    return (x,), {}


def _to_logarithm(g: Any, z: Any, x: Any) -> Any:
    """The gradient of log|det x|, and of the phase of a complex determinant."""
    back = g[1]
    if is_complex(x):
        back = back + 1j * imag(g[0] * z[0])
    # in this order NumPy multiplies in the memory of the inverse
    return inv(transposed(x)) * (back if dimensions_of(x) == 2 else getitem(back, ELEMENT))


@structural(
    np.linalg.slogdet,
    arrays=of_numbers(np.linalg.slogdet),
    batched="last",
    pullbacks=(_to_logarithm,),
    results=("sign", "logabsdet"),
    cases=square_cases,
    back=("g·{x}⁻ᵀ",),
    kink=lambda x: least_singular(x),
    method=False,
)
def slogdet(x: Any) -> Call:
    """The sign of the determinant and the logarithm of its absolute value.

    ∂L/∂x = g·x⁻ᵀ of the logarithm; the sign is constant. Of a complex matrix, the sign is the
    determinant's phase, a number of absolute value 1, and has a derivative.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is not square; in the reverse pass if one is
            singular, for its logarithm is −∞.

    >>> [float(part) for part in slogdet([[2.0, 0.0], [0.0, -0.5]])]
    [-1.0, 0.0]
    """
    return (x,), {}


# ---------------------------------------------------------------- pinv


def _to_inverted(g: Any, z: Any, x: Any, **params: Any) -> Any:
    """−zᵀ·g·zᵀ and the two terms for what z leaves out of the spaces of rows and columns."""
    flat, high = transposed(g), adjoint(z)
    of_columns = matmul(flat, matmul(z, high))
    of_columns = of_columns - matmul(x, matmul(z, of_columns))
    of_rows = matmul(matmul(high, z), flat)
    of_rows = of_rows - matmul(matmul(of_rows, z), x)
    inverse = matmul(matmul(transposed(z), g), transposed(z))
    return conjugated(of_columns + of_rows) - inverse


def _matrix_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (), {}
        yield (shape,), (), {"rcond": 1e-10}
        yield (shape,), (), {"rtol": None}


@structural(
    np.linalg.pinv,
    arrays=of_numbers(np.linalg.pinv),
    batched="last",
    pullbacks=(_to_inverted,),
    cases=_matrix_cases,
    back=("−{x}⁺ᵀ·g·{x}⁺ᵀ and the parts outside",),
    kink=lambda x, **params: least_singular(x),
    method=False,
)
def pinv(x: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NO_VALUE) -> Call:
    """The pseudo-inverse z of a matrix, or of each of a stack.

    ∂L/∂x = −zᵀgzᵀ + (1 − xz)gᵀzzᵀ + zᵀzgᵀ(1 − zx). It holds among matrices of the same rank:
    where x is of less than full rank, the pseudo-inverse jumps as the rank changes.

    Args:
        x: a matrix of any shape, or a stack of them.
        rcond, rtol: singular values of less than this times the greatest count as 0.
        hermitian: whether x is symmetric; of it only the lower triangle is read then.

    >>> pinv([[2.0], [0.0]])
    array([[0.5, 0. ]])
    """
    params: dict[str, Any] = {"rcond": rcond, "hermitian": bool(hermitian)}
    if rtol is not NO_VALUE:
        params["rtol"] = rtol
    if hermitian and is_square(shape_of(x)):
        x = hermitian_of(x)
    return (x,), params


# ---------------------------------------------------------------- of arrays as matrices


def _tensorinv_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape) and len(shape) == 2:
        yield (shape,), (1,), {}
        yield (shape,), (), {"ind": 1}


@composed(np.linalg.tensorinv, cases=_tensorinv_cases, kink=lambda x, *_, **__: least_singular(x))
def tensorinv(x: Any, ind: int = 2) -> Any:
    """The inverse of x as a map from its last axes to its first `ind` ones, as of a matrix.

    >>> tensorinv(np.eye(4).reshape(2, 2, 4), 2).shape
    (4, 2, 2)
    """
    x = as_array(x)
    shape = shape_of(x)
    if ind <= 0:
        raise ValueError("tensorinv: ind must be positive")
    rows = math.prod(shape[ind:])
    inverse = inv(reshape(x, (rows, -1)))
    if not shape:
        raise TypeError("tensorinv: an array without axes has no inverse of this kind")
    return reshape(inverse, (*shape[ind:], *shape[:ind]))


def _tensorsolve_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape) and len(shape) == 2:
        yield (shape, shape[:1]), (), {}
        yield (shape, shape[:1]), ((0,),), {}


@composed(
    np.linalg.tensorsolve, cases=_tensorsolve_cases, kink=lambda a, *_, **__: least_singular(a)
)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The solution z of a·z = b, summed over all axes of z, which are the last ones of a.

    Args:
        a: an array whose first axes are those of b, of as many elements as its others have.
        b: the right-hand side, of any shape.
        axes: axes of a to put last beforehand.

    >>> tensorsolve(np.eye(4).reshape(2, 2, 4), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 2., 3., 4.])
    """
    a, b = as_array(a), as_array(b)
    if axes is not None:
        order = list(range(dimensions_of(a)))
        for k in axes:
            order.remove(k)
            order.append(k)
        a = transpose(a, order)
    shape = shape_of(a)[-(dimensions_of(a) - dimensions_of(b)) :]
    n = math.prod(shape)
    if math.prod(shape_of(a)) != n**2:
        raise np.linalg.LinAlgError(
            f"tensorsolve: a of shape {shape_of(a)} is no square matrix for b of {shape_of(b)}"
        )
    return reshape(solve(reshape(a, (n, n)), reshape(b, -1)), shape)
