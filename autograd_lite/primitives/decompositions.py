"""Decompositions of matrices: cholesky, svd and the singular values alone, qr. (Those by
eigenvalues stand in `eigenvalues`.)

Singular vectors are determined but for a factor (of −1, or of absolute value 1), and those that
belong to equal values only as a whole. What is differentiated there, and what is taken between
equal values, is as for eigenvectors; of complex matrices, asked for the derivative of the factor,
svd gives that of a choice of its own (a real diagonal of Vᴴ·dV), for LAPACK's is not known.

Sources: M. Giles, "Collected matrix derivative results" (2008); I. Murray, "Differentiation of the
Cholesky decomposition" (2016); J. Townsend, "Differentiating the singular value decomposition"
(2016); S. Walter and L. Lehmann, "Algorithmic differentiation of linear algebra functions" (2010);
C. Boeddeker et al., "On the computation of complex-valued gradients" (2017).
See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.batch import numbers_of
from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import POSITIVE, Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.arithmetic import abs as absolute
from autograd_lite.primitives.boxes import of_numbers
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.complex_numbers import imag, real
from autograd_lite.primitives.eigenvalues import eigh
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.linalg import inv, solve
from autograd_lite.primitives.matrices import (
    COLUMN,
    ROW,
    adjoint,
    as_array,
    conjugated,
    diagonal_of,
    folded,
    hermitian_of,
    inverse_gaps,
    is_nothing,
    is_square,
    on_diagonal,
    reciprocal,
    transposed,
)
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.shape import Call, Shape, shape_of

# ---------------------------------------------------------------- cholesky


def _to_positive(g: Any, z: Any, a: Any, upper: bool) -> Any:
    """L⁻ᵀ·Φ·L⁻¹ with Φ the lower triangle of Lᵀ·g, half of its diagonal, in terms of what is
    read of a."""
    if upper:  # z = Lᴴ
        g, z = adjoint(g), adjoint(z)
    n = shape_of(z)[-1]
    inside = matmul(transposed(z), g)
    half = where(np.tri(n, k=-1, dtype=bool), inside, 0.0) + 0.5 * on_diagonal(real(inside))
    back = inv(z)
    return folded(matmul(transposed(back), matmul(half, conjugated(back))), not upper)


def _least_eigenvalue(a: Array, upper: bool = False) -> Any:
    if not np.asarray(a).size:
        return math.inf
    least = np.min(np.linalg.eigh(a, "U" if upper else "L")[0])
    return max(0.0, float(least) - 0.2)


def _cholesky_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape) and len(shape) == 2 and shape[-1] < 3:  # few larger ones are positive
        yield (shape,), (), {}
        yield (shape,), (), {"upper": True}


@structural(
    np.linalg.cholesky,
    arrays=of_numbers(np.linalg.cholesky),
    batched="last",
    pullbacks=(_to_positive,),
    cases=_cholesky_cases,
    domain=(POSITIVE,),
    kink=_least_eigenvalue,
    back=("L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹",),
    method=False,
)
def cholesky(x: Any, /, *, upper: bool = False) -> Call:
    """The lower triangular L with positive diagonal of which x = L·Lᴴ, for a Hermitian matrix x
    with positive eigenvalues, or each of a stack; with upper=True, Lᴴ.

    As NumPy does, this reads the lower triangle of x alone (the upper one, with upper=True): the
    derivative by the other elements is 0, and that by an element that stands for two is the sum.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is not square or not positive definite.

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    """
    return (x,), {"upper": bool(upper)}


# ---------------------------------------------------------------- svd


def _thin(parts: Any, count: int) -> tuple[Any, Any, Any]:
    """u, s and vh with the first vectors alone."""
    u, s, vh = parts
    if shape_of(u)[-1] > count:
        u = getitem(u, (Ellipsis, slice(count)))
    if shape_of(vh)[-2] > count:
        vh = getitem(vh, (Ellipsis, slice(count), slice(None)))
    return u, s, vh


def _check_rest(g: Any, count: int) -> None:
    """Nothing may flow back from vectors that belong to no singular value."""
    rest = detached(g[0])[..., count:], detached(g[2])[..., count:, :]
    if any(np.any(numbers_of(part)) for part in rest):
        raise ValueError(
            "svd: the vectors that full_matrices=True adds are any basis of what the others leave "
            "and have no derivative; use full_matrices=False"
        )


def _to_decomposed(g: Any, z: Any, x: Any, full_matrices: bool = False) -> Any:
    """Ū·(g_s + what g_U and g_V say of Uᴴ·dx·V)·Vᵀ, and what moves U and V out of their spaces."""
    count = min(shape_of(x)[-2:])
    _check_rest(g, count)
    u, s, vh = _thin(z, count)
    of_u, of_s, of_vh = _thin(g, count)
    inside = diagonal_of(where(np.equal(detached(s), 0), 0.0, of_s))
    outside = None
    if not (is_nothing(of_u) and is_nothing(of_vh)):
        rows, columns = getitem(s, COLUMN), getitem(s, ROW)
        gaps = inverse_gaps(s) * reciprocal(rows + columns)
        left = matmul(transposed(u), of_u)
        right = matmul(conjugated(vh), adjoint(of_vh))
        turned, moved = gaps * left, gaps * right
        inside = inside + (turned + adjoint(turned)) * columns + rows * (moved + adjoint(moved))
        if is_complex(x):
            inside = inside + on_diagonal(1j * imag(left) * reciprocal(columns))
        of_columns = (of_u - matmul(conjugated(u), left)) * reciprocal(columns)
        of_rows = reciprocal(rows) * (of_vh - matmul(adjoint(right), conjugated(vh)))
        outside = matmul(of_columns, conjugated(vh)) + matmul(conjugated(u), of_rows)
    back = matmul(matmul(conjugated(u), inside), conjugated(vh))
    return back if outside is None else back + outside


def _svd_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (), {"full_matrices": False}


def least_gap_of_singular(x: Array, *rest: Any, **params: Any) -> Any:
    if not np.asarray(x).size:
        return math.inf
    values = np.linalg.svd(x, compute_uv=False)
    apart = np.min(-np.diff(values), initial=np.inf)
    return max(0.0, float(min(apart, np.min(values))) - 0.3)


def _singular_vectors(x: Array, full_matrices: bool = False) -> Any:
    """As np.linalg.svd, but no vectors of what is not finite: for them LAPACK may never stop."""
    x = np.asarray(x)
    if x.dtype.kind == "O" or np.isfinite(x).all():
        return of_numbers(np.linalg.svd)(x, full_matrices=full_matrices)
    finite = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    found = np.linalg.svd(np.where(finite, x, x.dtype.type(0)), full_matrices)
    nan = np.where(finite, 0.0, np.nan).astype(found.S.dtype)
    return type(found)(found.U + nan, found.S + nan[..., 0], found.Vh + nan)


@structural(
    arrays=_singular_vectors,
    batched="last",
    pullbacks=(_to_decomposed,),
    results=("U", "S", "Vh"),
    cases=_svd_cases,
    kink=least_gap_of_singular,
    back=("Ū·(g_s + …)·Vᵀ",),
    method=False,
)
def singular_vectors(x: Any, full_matrices: bool = False) -> Call:
    """U, s and Vᴴ of x = U·S·Vᴴ, the singular values s in descending order: see `svd`.

    >>> singular_vectors(np.array([[0.0, 2.0], [1.0, 0.0]])).S
    array([2., 1.])
    """
    return (x,), {"full_matrices": bool(full_matrices)}


def _every_svd_case(shape: Shape) -> Iterator[Case]:
    for _, _, named in _svd_cases(shape):
        yield (shape,), (), named
        yield (shape,), (), {"compute_uv": False}
        if is_square(shape):
            yield (shape,), (), {"hermitian": True, "compute_uv": False}


@composed(np.linalg.svd, cases=_every_svd_case, kink=least_gap_of_singular)
def svd(
    x: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """The singular value decomposition x = U·S·Vᴴ of a matrix, or of each of a stack.

    The derivative of a singular value that is 0 is taken as 0, as that of |x|; between equal ones
    0 is taken for 1/(sⱼ² − sᵢ²), and for 1/s at 0. So that of sums of functions of all singular
    values is right, and that of U and V where singular values differ and are not 0. What `eigh`
    says of second derivatives holds here, too.

    Args:
        x: a matrix of any shape, or a stack of them.
        full_matrices: whether U and V are square. The vectors that are added have no derivative;
            to differentiate what is computed of them is a ValueError.
        compute_uv: whether U and Vᴴ are wanted; else the result is S alone.
        hermitian: whether x is symmetric; of it only the lower triangle is read then.

    >>> svd(np.array([[0.0, 2.0], [1.0, 0.0]]), compute_uv=False)
    array([2., 1.])
    """
    x = as_array(x)
    if hermitian:
        return _svd_of_hermitian(x, compute_uv)
    if compute_uv:
        return singular_vectors(x, full_matrices)
    return singular_vectors(x)[1] if is_variable(x) else np.linalg.svd(x, compute_uv=False)


def _svd_of_hermitian(x: Any, compute_uv: bool) -> Any:
    """As NumPy computes it: |λ| in descending order, with the signs in V."""
    values, vectors = eigh(x)
    plain = np.asarray(detached(values))
    order = np.argsort(np.abs(plain), axis=-1)[..., ::-1]
    stack: tuple[Array, ...] = np.indices(order.shape, sparse=True)[:-1]
    s = getitem(absolute(values), (*stack, order))
    if not compute_uv:
        return s
    rows = np.arange(plain.shape[-1])[:, None]
    u = getitem(vectors, (*(i[..., None] for i in stack), rows, order[..., None, :]))
    signs = np.copysign(1.0, plain)[(*stack, order)].astype(plain.dtype)
    result = type(np.linalg.svd(np.eye(1)))
    return result(u, s, adjoint(u * signs[..., None, :]))


@composed(
    np.linalg.svdvals,
    cases=lambda shape: ((shapes, (), {}) for shapes, _, _ in _svd_cases(shape)),
    kink=least_gap_of_singular,
)
def svdvals(x: Any, /) -> Any:
    """The singular values of a matrix in descending order: see `svd`.

    >>> svdvals(np.array([[0.0, 2.0], [1.0, 0.0]]))
    array([2., 1.])
    """
    return svd(x, compute_uv=False)


# ---------------------------------------------------------------- qr


def _to_orthogonal(g: Any, z: Any, x: Any) -> Any:
    """(g_Q − Q̄·(the Hermitian matrix of which N = Qᵀg_Q − g_R·Rᵀ has the upper triangle))·R⁻ᵀ."""
    of_q, of_r = g
    q, r = z
    upper = matmul(transposed(q), of_q) - matmul(of_r, transposed(r))
    both = hermitian_of(adjoint(upper))
    return transposed(solve(r, transposed(of_q - matmul(conjugated(q), both))))


def _tall_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape and shape[-2] >= shape[-1]:
        yield (shape,), (), {}


def _least_of_triangle(x: Array, *rest: Any) -> Any:
    """How far the first columns are from dependent ones."""
    n = min(x.shape[-2:])
    values = np.linalg.svd(x[..., :n], compute_uv=False)
    return max(0.0, float(np.min(values, initial=np.inf)) - 0.4)


@structural(
    arrays=of_numbers(np.linalg.qr),
    batched="last",
    pullbacks=(_to_orthogonal,),
    results=("Q", "R"),
    cases=_tall_cases,
    kink=_least_of_triangle,
    back=("(g_Q − Q̄·…)·R⁻ᵀ",),
    method=False,
)
def tall_qr(x: Any) -> Call:
    """Q and R of a matrix x = Q·R with no more columns than rows: see `qr`.

    >>> abs(tall_qr(np.array([[0.0], [-2.0]])).R)
    array([[2.]])
    """
    return (x,), {}


def _qr_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (), {}
        yield (shape,), ("r",), {}
        if shape[-2] <= shape[-1]:
            yield (shape,), ("complete",), {}


@composed(np.linalg.qr, cases=_qr_cases, kink=_least_of_triangle)
def qr(x: Any, mode: str = "reduced") -> Any:
    """x = Q·R of a matrix, or of each of a stack: Q with orthonormal columns, R upper triangular.

    The derivative exists where the first columns of x, as many as Q has, are independent; where R
    has a 0 on the diagonal, the reverse pass raises a LinAlgError.

    Args:
        x: a matrix of any shape, or a stack of them.
        mode: "reduced"; "r" for R alone; "complete" for a square Q, whose derivative exists where
            x has no more rows than columns.

    >>> abs(qr(np.array([[0.0, 1.0], [-2.0, 0.0]])).R)
    array([[2., 0.],
           [0., 1.]])
    """
    x = as_array(x)
    if not is_variable(x):
        return np.linalg.qr(x, mode)  # type: ignore[call-overload]
    if len(shape_of(x)) < 2:
        raise np.linalg.LinAlgError(f"qr: {shape_of(x)} is no shape of matrices")
    rows, columns = shape_of(x)[-2:]
    if mode not in ("reduced", "r", "complete") or (mode == "complete" and rows > columns):
        raise ValueError(
            f"qr: mode {mode!r} of shape {shape_of(x)} is not supported for variables: "
            "'reduced' and 'r' are, and 'complete' for no more rows than columns"
        )
    if rows >= columns:
        result = tall_qr(x)
    else:
        first = tall_qr(getitem(x, (Ellipsis, slice(rows))))
        rest = matmul(adjoint(first.Q), getitem(x, (Ellipsis, slice(rows, None))))
        result = first._replace(R=concatenate([first.R, rest], -1))
    return result.R if mode == "r" else result
