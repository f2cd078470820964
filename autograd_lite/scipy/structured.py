"""Matrices of a form, for `autograd_lite.scipy.linalg`: with a band, of blocks, Toeplitz."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import scipy.linalg as sla

from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.matrices import conjugated
from autograd_lite.primitives.reductions import sum as reduced
from autograd_lite.primitives.shape import Call, dimensions_of, reshape, shape_of
from autograd_lite.scipy.declaring import of_arrays


def _array(x: Any) -> Any:
    return x if is_variable(x) or isinstance(x, np.ndarray) else np.asarray(x)


# ---------------------------------------------------------------- matrices with a band

# In the form of SciPy's, ab[u + i − j, j] = a[i, j]: a row of ab is a diagonal of a.


def _band_places(rows: int, n: int, upper: int) -> tuple[Any, Any, Any]:
    """For each element of ab: the row and the column of a, and whether a has such a row."""
    column = np.broadcast_to(np.arange(n), (rows, n))
    row = np.arange(rows)[:, None] - upper + column
    return np.clip(row, 0, n - 1), column, (row >= 0) & (row < n)


def _transposed_band(ab: Any, lower: int, upper: int) -> Any:
    """The transposed matrix in the same form, with as many diagonals above as there were below."""
    rows, n = shape_of(ab)
    row, column, inside = _band_places(rows, n, lower)
    return where(inside, getitem(ab, (upper + column - row, row)), 0.0)


def _to_band(g: Any, z: Any, ab: Any, b: Any, lower: int, upper: int) -> Any:
    side = _banded_side(g, z, ab, b, lower, upper)
    rows, n = shape_of(ab)
    row, column, inside = _band_places(rows, n, upper)
    if dimensions_of(z) == 1:
        products = getitem(side, row) * getitem(z, column)
    else:
        products = reduced(getitem(side, row) * getitem(z, column), -1)
    return where(inside, -products, 0.0)


def _banded_side(g: Any, z: Any, ab: Any, b: Any, lower: int, upper: int) -> Any:
    return solve_banded((upper, lower), _transposed_band(ab, lower, upper), g)


def _banded(ab: Array, b: Array, lower: int, upper: int) -> Array:
    z: Array = sla.solve_banded((lower, upper), ab, b)
    return z


@structural(
    arrays=of_arrays("banded_solution", _banded),
    text="{ab}⁻¹·{b}",
    pullbacks=(_to_band, _banded_side),
    cases=lambda shape: iter(()),
    back=("−({ab}⁻ᵀ·g)·zᵀ, of the band", "{ab}⁻ᵀ·g"),
    method=False,
)
def banded_solution(ab: Any, b: Any, lower: int, upper: int) -> Call:
    """What `solve_banded` gives, with the arguments in another order.

    >>> banded_solution([[2.0, 4.0]], [2.0, 2.0], 0, 0)
    array([1. , 0.5])
    """
    return (ab, b), {"lower": lower, "upper": upper}


def solve_banded(
    l_and_u: tuple[int, int],
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    """The solution z of a·z = b, of a matrix with a few diagonals. ∂L/∂b = a⁻ᵀ·g, ∂L/∂a =
    −(a⁻ᵀ·g)·zᵀ on these diagonals; what of ab is outside of the matrix is not read, and gets 0.

    Args:
        l_and_u: how many diagonals there are below and above the main one.
        ab: (l + u + 1, n), with ab[u + i − j, j] = a[i, j].
        b: (n,) or (n, k).

    Raises:
        numpy.linalg.LinAlgError: if a is singular.
        ValueError: if ab has another number of rows.

    >>> solve_banded((1, 0), [[2.0, 1.0], [1.0, 0.0]], [2.0, 3.0])
    array([1., 2.])
    """
    lower, upper = (operator.index(k) for k in l_and_u)
    ab, b = _array(ab), _array(b)
    if dimensions_of(ab) != 2 or shape_of(ab)[0] != lower + upper + 1:
        raise ValueError(
            f"solve_banded: ab must have {lower + upper + 1} rows, the diagonals that "
            f"l_and_u = ({lower}, {upper}) says, not shape {shape_of(ab)}"
        )
    return banded_solution(ab, b, lower, upper)


def solveh_banded(
    ab: Any,
    b: Any,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> Any:
    """`solve_banded` of a symmetric (of complex numbers Hermitian) matrix that is positive
    definite, of which only the diagonals on one side are given.

    Args:
        ab: (u + 1, n), with ab[u + i − j, j] = a[i, j] of i ≤ j; or if `lower`, with
            ab[i − j, j] = a[i, j] of i ≥ j.
        b: (n,) or (n, k).
        lower: which side is given.

    >>> solveh_banded([[0.0, 1.0], [2.0, 2.0]], [3.0, 3.0])
    array([1., 1.])
    """
    ab = _array(ab)
    count = shape_of(ab)[0] - 1
    if lower:
        other = conjugated(_transposed_band(ab, count, 0))
        return solve_banded((count, count), concatenate([other[:-1], ab], axis=0), b)
    other = conjugated(_transposed_band(ab, 0, count))
    return solve_banded((count, count), concatenate([ab, other[1:]], axis=0), b)


# ---------------------------------------------------------------- matrices of a form


def block_diag(*arrs: Any) -> Any:
    """The matrices given along the diagonal, zeros elsewhere; a vector is a matrix of one row.

    >>> block_diag([[1.0]], [[2.0, 3.0]])
    array([[1., 0., 0.],
           [0., 2., 3.]])
    """
    given = [_array(x) for x in arrs] or [np.zeros((1, 0))]
    blocks = [x if dimensions_of(x) == 2 else reshape(x, (1, -1)) for x in given]
    width, before, rows = sum(shape_of(x)[1] for x in blocks), 0, []
    for x in blocks:
        n, m = shape_of(x)
        left, right = (np.zeros((n, k), x.dtype) for k in (before, width - before - m))
        rows.append(concatenate([left, x, right], axis=1))
        before += m
    return concatenate(rows, axis=0)


def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with constant diagonals: c is its first column, r its first row, of which the
    first element is not read; by default c (of real numbers).

    >>> toeplitz([1.0, 2.0], [0.0, 5.0, 6.0])
    array([[1., 5., 6.],
           [2., 1., 5.]])
    """
    c = reshape(_array(c), (-1,))
    r = c if r is None else reshape(_array(r), (-1,))
    n, m = shape_of(c)[0], shape_of(r)[0]
    numbers = concatenate([getitem(c, slice(None, None, -1)), getitem(r, slice(1, None))], axis=0)
    return getitem(numbers, n - 1 - np.arange(n)[:, None] + np.arange(m))
