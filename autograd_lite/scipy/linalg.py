"""Linear algebra with the arguments of scipy.linalg: triangular systems, Cholesky factors,
functions of matrices.

SciPy's own functions turn what they are given into plain arrays, which a variable refuses; these
have their names and arguments, but for `overwrite_…` and `check_finite`, which mean nothing here.

Source: N. Higham, "Functions of Matrices" (2008): the derivative of f at A in the direction E is
the upper right block of f([[A, E], [0, A]]).

>>> import numpy as np
>>> from autograd_lite import grad
>>> grad(lambda a: expm(a)[0, 1])(np.zeros((2, 2)))
array([[0., 1.],
       [0., 0.]])
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.linalg as sla

from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array, Case, Rule
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.linalg import det, inv
from autograd_lite.primitives.linalg import solve as _solve
from autograd_lite.primitives.matrices import conjugated, hermitian_of, is_square, transposed
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    dimensions_of,
    shape_of,
)
from autograd_lite.scipy.declaring import of_arrays
from autograd_lite.scipy.structured import block_diag, solve_banded, solveh_banded, toeplitz

_COLUMN = (Ellipsis, None)
_ROW = (Ellipsis, None, slice(None))


def _array(x: Any) -> Any:
    return x if is_variable(x) or isinstance(x, np.ndarray) else np.asarray(x)


# ---------------------------------------------------------------- triangular systems


def _triangular(a: Array, b: Array, trans: int, lower: bool, unit_diagonal: bool) -> Array:
    z: Array = sla.solve_triangular(a, b, trans, lower, unit_diagonal)
    return z


def _in_triangle(outer: Any, lower: bool, unit_diagonal: bool) -> Any:
    """What of a matrix is in the triangle that is read, 0 elsewhere."""
    n = shape_of(outer)[-1]
    read = np.tri(n, k=-1 if unit_diagonal else 0, dtype=bool)
    return where(read if lower else read.T, outer, 0.0)


def _outer(x: Any, y: Any, a: Any) -> Any:
    """x·yᵀ of what are vectors, if a is one matrix and they have one axis, or matrices."""
    if dimensions_of(x) < dimensions_of(a):
        return getitem(x, _COLUMN) * getitem(y, _ROW)
    return matmul(x, transposed(y))


def _to_triangle(g: Any, z: Any, a: Any, b: Any, trans: int, **read: bool) -> Any:
    side = _to_side(g, z, a, b, trans, **read)
    outer = _outer(z, side, a) if trans else _outer(side, z, a)
    return -_in_triangle(outer, **read)


def _to_side(g: Any, z: Any, a: Any, b: Any, trans: int, **read: bool) -> Any:
    return solve_triangular(a, g, 1 - trans, **read)


def _triangular_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 2 and is_square(shape) and shape[0]:
        n = shape[-1]
        yield (shape, (n,)), (), {}
        yield (shape, (n, 2)), (1,), {"lower": True}
        yield (shape, (n,)), ("T",), {"unit_diagonal": True}
        yield (shape, (n, 1)), (), {"lower": True, "unit_diagonal": True}


@structural(
    arrays=of_arrays("solve_triangular", _triangular),
    text="{a}⁻¹·{b}",
    pullbacks=(_to_triangle, _to_side),
    cases=_triangular_cases,
    back=("−({a}⁻ᵀ·g)·zᵀ, of the triangle", "{a}⁻ᵀ·g"),
    kink=lambda a, b, unit_diagonal, **_: 9.0 if unit_diagonal else np.abs(np.diagonal(a)) - 0.3,
    method=False,
)
def solve_triangular(
    a: Any,
    b: Any,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Call:
    """The solution z of a·z = b with a triangular a. ∂L/∂b = a⁻ᵀ·g, ∂L/∂a = −(a⁻ᵀ·g)·zᵀ in the
    triangle that is read, 0 outside of it.

    Args:
        a: a square matrix.
        b: (n,) or (n, k).
        trans: 1 or "T" solves aᵀ·z = b; 2 or "C" with the conjugate of aᵀ.
        lower: whether the lower triangle is read.
        unit_diagonal: take the diagonal for 1, without reading it.

    Raises:
        numpy.linalg.LinAlgError: if an element of the diagonal is 0.

    >>> solve_triangular([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0], lower=True)
    array([1., 2.])
    """
    kinds = {"N": 0, "T": 1, "C": 2, 0: 0, 1: 1, 2: 2}
    if trans not in kinds:
        raise ValueError(f"solve_triangular: trans must be 0, 1, 2, 'N', 'T' or 'C', not {trans!r}")
    kind = kinds[trans]
    a = conjugated(_array(a)) if kind == 2 else a
    read = {"lower": bool(lower), "unit_diagonal": bool(unit_diagonal)}
    return (a, b), {"trans": min(kind, 1), **read}


# ---------------------------------------------------------------- Cholesky


def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The triangular factor of a symmetric, positive definite matrix: a = uᵀ·u, or l·lᵀ if `lower`.

    Only that triangle of a is read, and only it gets a gradient.

    Raises:
        numpy.linalg.LinAlgError: if a is not positive definite.

    >>> cholesky([[4.0, 2.0], [2.0, 5.0]])
    array([[2., 1.],
           [0., 2.]])
    """
    a = _array(a)
    return np.linalg.cholesky(a) if lower else transposed(np.linalg.cholesky(transposed(a)))


def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[Any, bool]:
    """The Cholesky factor of a for `cho_solve`, and whether it is the lower one. The other triangle
    holds zeros (SciPy leaves there what was in a).

    >>> cho_factor([[4.0, 0.0], [0.0, 9.0]])
    (array([[2., 0.],
           [0., 3.]]), False)
    """
    return cholesky(a, lower), bool(lower)


def cho_solve(
    c_and_lower: tuple[Any, bool], b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """The solution z of a·z = b, given the Cholesky factor of a as `cho_factor` gives it.

    >>> cho_solve(cho_factor([[4.0, 0.0], [0.0, 10.0]]), [2.0, 5.0])
    array([0.5, 0.5])
    """
    factor, lower = c_and_lower
    first, second = (0, 2) if lower else (2, 0)
    return solve_triangular(factor, solve_triangular(factor, b, first, lower), second, lower)


_GENERAL = (None, "gen", "general")
_POSITIVE = ("pos", "positive definite")
_SYMMETRIC = ("sym", "symmetric", "her", "hermitian")


def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    """The solution z of a·z = b.

    Args:
        a: a square matrix.
        b: (n,) or (n, k).
        lower: which triangle of a symmetric a is read, and gets a gradient.
        assume_a: "pos" for positive definite, "sym" for symmetric; "gen" or None for any.
        transposed: solve aᵀ·z = b, of a general a.

    Raises:
        numpy.linalg.LinAlgError: if a is singular.
        ValueError: if `assume_a` is something else.

    >>> solve([[2.0, 0.0], [0.0, 4.0]], [1.0, 2.0])
    array([0.5, 0.5])
    """
    a, b = _array(a), _array(b)
    if assume_a in _POSITIVE:
        return cho_solve(cho_factor(a, lower), b)
    if assume_a in _SYMMETRIC:
        n = dimensions_of(a)
        flipped = a if lower else a.transpose(*range(n - 2), n - 1, n - 2)
        return _solve(hermitian_of(flipped), b)
    if assume_a not in _GENERAL:
        raise ValueError(f"solve: assume_a must be 'gen', 'sym' or 'pos', not {assume_a!r}")
    return _solve(np.swapaxes(a, -1, -2) if transposed else a, b)


# ---------------------------------------------------------------- functions of matrices


def _blocks(a: Any, e: Any) -> Any:
    """[[a, e], [0, a]]."""
    above = concatenate([a, e], axis=-1)
    return concatenate([above, concatenate([0.0 * e, a], axis=-1)], axis=-2)


def _corner(z: Any) -> Any:
    """The upper right block."""
    n = shape_of(z)[-1] // 2
    return getitem(z, (Ellipsis, slice(0, n), slice(n, None)))


def _frechet(a: Array, e: Array) -> Array:
    if a.ndim == 2:
        z: Array = sla.expm_frechet(a, e, compute_expm=False)
        return z.astype(np.result_type(a, e))
    return _corner(sla.expm(_blocks(a, e)))  # type: ignore[no-any-return]


def _to_frechet_matrix(g: Any, z: Any, a: Any, e: Any) -> Any:
    """Of tr(gᵀ·L(a, e)) by a: L of the blocks, whose diagonal blocks both stand for a."""
    n = shape_of(a)[-1]
    whole = _blocks(a, e)
    corner = concatenate([concatenate([0.0 * g, g], axis=-1),
                          concatenate([0.0 * g, 0.0 * g], axis=-1)], axis=-2)  # fmt: skip
    back = expm_frechet(transposed(whole), corner)
    first = getitem(back, (Ellipsis, slice(0, n), slice(0, n)))
    return first + getitem(back, (Ellipsis, slice(n, None), slice(n, None)))


def _pair_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape) and shape[-1]:
        yield (shape, shape), (), {}


def _square_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape) and 0 not in shape:
        yield (shape,), (), {}


@structural(
    arrays=of_arrays("expm_frechet", _frechet),
    pullbacks=(_to_frechet_matrix, lambda g, z, a, e: expm_frechet(transposed(a), g)),
    cases=_pair_cases,
    method=False,
)
def expm_frechet(a: Any, e: Any) -> Call:
    """The derivative of the exponential of a matrix at a in the direction e. (SciPy's function of
    that name gives by default the exponential too.)

    >>> expm_frechet(np.zeros((2, 2)), np.eye(2))
    array([[1., 0.],
           [0., 1.]])
    """
    return (a, e), {}


@structural(
    arrays=of_arrays("expm", sla.expm),
    text="exp({A})",
    pullbacks=(lambda g, z, A: expm_frechet(transposed(A), g),),
    cases=_square_cases,
    back=("the derivative at {A}ᵀ in the direction g",),
    method=False,
)
def expm(A: Any) -> Call:
    """The exponential of a square matrix, Σ Aⁿ/n!; of each of a stack.

    ∂L/∂A is the derivative of expm at Aᵀ in the direction g.

    >>> expm(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    return (A,), {}


def _principal(name: str, function: Rule, refused: str = "") -> Rule:
    """A function of matrices that is real of a real one, but for rounding; or complex, if that is
    not refused."""

    def arrays(a: Array) -> Array:
        z: Array = function(a.astype(np.result_type(a, float)))  # SciPy's logm warns of less
        single = a.dtype in (np.float32, np.complex64)
        if np.iscomplexobj(z) and not np.iscomplexobj(a):
            size = np.abs(z).max(initial=0.0)
            if np.abs(z.imag).max(initial=0.0) <= 1e3 * np.finfo(z.real.dtype).eps * size:
                z = z.real
            elif refused:
                raise ValueError(f"{name}: the result is complex: {refused}")
        if np.iscomplexobj(z):
            return z.astype(np.complex64 if single else complex)
        return z.astype(np.float32 if single else float)

    return of_arrays(name, arrays)


@structural(
    arrays=_principal("sqrtm", sla.sqrtm),
    text="√({A})",
    pullbacks=(lambda g, z, A: solve_sylvester(transposed(z), transposed(z), g),),
    cases=lambda shape: iter(()),
    back=("the Y for which zᵀ·Y + Y·zᵀ = g",),
    method=False,
)
def sqrtm(A: Any) -> Call:
    """The principal square root z of a matrix, z·z = A; complex, where A is complex or has a
    negative eigenvalue. ∂L/∂A is the Y for which zᵀ·Y + Y·zᵀ = g. Where A is singular there is no
    derivative, and it is inf, nan or an error.

    >>> sqrtm([[4.0, 0.0], [0.0, 9.0]])
    array([[2., 0.],
           [0., 3.]])
    """
    return (_array(A),), {}


@structural(
    arrays=_principal("logm", sla.logm, "every eigenvalue must be positive, or none real"),
    text="ln({A})",
    pullbacks=(lambda g, z, A: _corner(logm(_blocks(transposed(A), g))),),
    cases=lambda shape: iter(()),
    back=("the derivative at {A}ᵀ in the direction g",),
    method=False,
)
def logm(A: Any) -> Call:
    """The principal logarithm of a matrix, of which `expm` is the inverse.

    ∂L/∂A is the derivative of logm at Aᵀ in the direction g. There is none where an eigenvalue is
    negative, for there the logarithm jumps.

    Raises:
        ValueError: if a real A has an eigenvalue that is negative or 0.

    >>> logm([[1.0, 0.0], [0.0, 1.0]]) + 0.0
    array([[0., 0.],
           [0., 0.]])
    """
    return (_array(A),), {}


def _sylvester_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 2 and is_square(shape) and shape[0]:
        yield (shape, (2, 2), (shape[0], 2)), (), {}


def _sylvester(a: Array, b: Array, q: Array) -> Array:
    z: Array = sla.solve_sylvester(a, b, q)
    return z


def _sylvester_side(g: Any, a: Any, b: Any) -> Any:
    return solve_sylvester(transposed(a), transposed(b), g)


def _sum_is_regular(a: Any, b: Any, q: Any) -> float:
    """How far the least |λ(a) + μ(b)| is from where differences are no more accurate."""
    sums = np.linalg.eigvals(a)[:, None] + np.linalg.eigvals(b)
    return float(np.abs(sums).min() - 0.5)


@structural(
    arrays=of_arrays("solve_sylvester", _sylvester),
    pullbacks=(
        lambda g, z, a, b, q: -matmul(_sylvester_side(g, a, b), transposed(z)),
        lambda g, z, a, b, q: -matmul(transposed(z), _sylvester_side(g, a, b)),
        lambda g, z, a, b, q: _sylvester_side(g, a, b),
    ),
    cases=_sylvester_cases,
    kink=_sum_is_regular,
    method=False,
)
def solve_sylvester(a: Any, b: Any, q: Any) -> Call:
    """The solution z of Sylvester's equation a·z + z·b = q. With Y, which solves
    aᵀ·Y + Y·bᵀ = g: ∂L/∂q = Y, ∂L/∂a = −Y·zᵀ, ∂L/∂b = −zᵀ·Y.

    >>> solve_sylvester([[1.0]], [[3.0]], [[8.0]])
    array([[2.]])
    """
    return (a, b, q), {}


__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky", "det", "expm",
    "expm_frechet", "inv", "logm", "solve", "solve_banded", "solve_sylvester", "solve_triangular",
    "solveh_banded", "sqrtm", "toeplitz",
]  # fmt: skip
