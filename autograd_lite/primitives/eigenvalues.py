"""Eigenvalues and eigenvectors: eigh, eig, and the values alone.

Eigenvectors are determined but for a factor (of −1, or of absolute value 1), and those that belong
to equal values only as a whole: what depends on the choice that was made has no derivative. In the
derivatives stands 1/(λᵢ − λⱼ) for each pair of values; for equal ones 0 is taken, which is right
for whatever does not depend on the choice (the sum of the eigenvalues, or of functions of them;
V·f(Λ)·Vᴴ but for the part of f′ between equal values).

Of complex matrices, the derivative of what does not depend on the factor of absolute value 1 is
right; asked for that of the factor, eig gives that of LAPACK's choice, eigh that of one of its own
(a real diagonal of Vᴴ·dV), for LAPACK's is not known.

Sources: M. Giles, "Collected matrix derivative results" (2008); S. Walter and L. Lehmann,
"Algorithmic differentiation of linear algebra functions" (2010); C. Boeddeker et al., "On the
computation of complex-valued gradients" (2017).
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
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.primitives.boxes import of_numbers
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.complex_numbers import imag, real
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.linalg import inv
from autograd_lite.primitives.matrices import (
    ROW,
    conjugated,
    diagonal_of,
    folded,
    inverse_gaps,
    is_nothing,
    is_square,
    on_diagonal,
    square_cases,
    transposed,
)
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.reductions import sum as total
from autograd_lite.primitives.shape import Call, Shape

# ---------------------------------------------------------------- eigh


def _to_hermitian(g: Any, z: Any, x: Any, UPLO: str) -> Any:
    """V̄·(g_λ on the diagonal + Vᵀg_V / (λⱼ − λᵢ))·Vᵀ, in terms of what is read of x."""
    of_values, of_vectors = g
    values, vectors = z
    if is_nothing(of_vectors):
        inside = conjugated(vectors) * getitem(of_values, ROW)
        return folded(matmul(inside, transposed(vectors)), UPLO == "L")
    between = matmul(transposed(vectors), of_vectors) * inverse_gaps(values)
    inside = diagonal_of(of_values) + between
    whole = matmul(matmul(conjugated(vectors), inside), transposed(vectors))
    return folded(whole, UPLO == "L")


def _eigh_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape):
        yield (shape,), (), {}
        yield (shape,), ("U",), {}


def _least_gap(x: Array, UPLO: Any = "L") -> Any:
    values = np.linalg.eigvalsh(x, UPLO)
    return max(0.0, float(np.min(np.diff(values), initial=np.inf)) - 0.3)


def _least_gap_of_real(x: Array, UPLO: Any = "L") -> Any:
    """The same; 0 for complex matrices, of whose eigenvectors LAPACK chooses the phases."""
    return 0.0 if np.iscomplexobj(x) else _least_gap(x, UPLO)


@structural(
    np.linalg.eigh,
    arrays=of_numbers(np.linalg.eigh),
    batched="last",
    pullbacks=(_to_hermitian,),
    results=("eigenvalues", "eigenvectors"),
    cases=_eigh_cases,
    kink=_least_gap_of_real,
    back=("V·(g_λ + Vᵀg_V/(λⱼ − λᵢ))·Vᵀ",),
    method=False,
)
def eigh(x: Any, UPLO: str = "L") -> Call:
    """The eigenvalues λ of a Hermitian matrix, or of each of a stack, in ascending order, and its
    eigenvectors, the columns of V: x·V = V·Λ.

    Of x, the lower triangle is read (the upper one for UPLO="U"), and has the derivative. Between
    equal eigenvalues 0 is taken for 1/(λⱼ − λᵢ): right for the first derivative of symmetric
    functions of all eigenvalues, such as sums over them. A second derivative goes through the
    vectors, and so does V·f(Λ)·Vᵀ: between equal eigenvalues both lack what turns the vectors,
    where they have a limit too (Σλ² at the unit matrix: its Hessian is 0 off the diagonal, and not
    4). Where eigenvalues may be equal, say it without them: np.sum(x * x.T) for Σλ², trace, det.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is not square.

    >>> values, vectors = eigh(np.array([[2.0, 0.0], [0.0, 1.0]]))
    >>> values
    array([1., 2.])
    """
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise ValueError(f"eigh: UPLO must be 'L' or 'U', not {UPLO!r}")
    return (x,), {"UPLO": UPLO.upper()}


@composed(np.linalg.eigvalsh, cases=_eigh_cases, kink=_least_gap)
def eigvalsh(x: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of a Hermitian matrix in ascending order: see `eigh`, also for what second
    derivatives lack where eigenvalues are equal.

    >>> eigvalsh(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([1., 2.])
    """
    return eigh(x, UPLO)[0]


# ---------------------------------------------------------------- eig


def _to_any(g: Any, z: Any, x: Any) -> Any:
    """V⁻ᵀ·(g_λ + (Vᵀg_V and what keeps the vectors normal)/(λⱼ − λᵢ))·Vᵀ."""
    of_values, of_vectors = g
    values, vectors = z
    back = _basis_inverse(vectors)
    inside = diagonal_of(of_values)
    if not is_nothing(of_vectors):
        inside = inside + _turning(of_vectors, vectors) * inverse_gaps(values)
    return matmul(matmul(transposed(back), inside), transposed(vectors))


def _basis_inverse(vectors: Any) -> Any:
    """V⁻¹, or an error if V has none to the last digit."""
    back = inv(vectors)
    plain = detached(back)
    if plain.size and not np.max(np.abs(numbers_of(plain))) < 1.0 / np.finfo(plain.dtype).eps:
        raise np.linalg.LinAlgError("eig: Singular matrix of eigenvectors; there is no derivative")
    return back


def _turning(g: Any, vectors: Any) -> Any:
    """Vᵀg, less what would change the length of a column of V, or, if it is complex, the phase of
    its greatest element, which LAPACK makes real."""
    turned = matmul(transposed(vectors), g)
    own = total(on_diagonal(turned), -2)
    lengths = matmul(transposed(vectors), conjugated(vectors))
    rest = turned - lengths * getitem(real(own), ROW)
    if not is_complex(vectors):
        return rest
    size = np.abs(detached(vectors))
    greatest = np.arange(size.shape[-1])[:, None] == np.argmax(size, axis=-2)[..., None, :]
    element = total(where(greatest, real(vectors), 0.0), -2)
    phases = matmul(transposed(vectors), greatest.astype(size.dtype))
    return rest - phases * getitem(1j * (imag(own) / element), ROW)


def _eig_gap(x: Array) -> Any:
    """How far eigenvalues are apart; 0 where some are complex, or where LAPACK takes them in
    another order, or vectors with another sign, a little further on."""
    if not x.size:
        return math.inf
    values, vectors = np.linalg.eig(x)
    if np.iscomplexobj(values):
        return 0.0
    for place in np.ndindex(x.shape):
        for step in (1e-4, -1e-4):
            moved = x.copy()
            moved[place] += step
            if not np.allclose(np.linalg.eig(moved)[1], vectors, atol=0.02):
                return 0.0
    return max(0.0, float(np.min(np.diff(np.sort(values, axis=-1)), initial=np.inf)) - 0.5)


@structural(
    np.linalg.eig,
    arrays=of_numbers(np.linalg.eig),
    batched="last",
    pullbacks=(_to_any,),
    results=("eigenvalues", "eigenvectors"),
    cases=square_cases,
    kink=_eig_gap,
    back=("V⁻ᵀ·(g_λ + Vᵀg_V/(λⱼ − λᵢ))·Vᵀ",),
    method=False,
)
def eig(x: Any) -> Call:
    """The eigenvalues λ of a square matrix, or of each of a stack, in no particular order, and its
    eigenvectors of length 1, the columns of V: x·V = V·Λ. They are complex if any eigenvalue is;
    the greatest element of each vector is real.

    ∂L/∂x = V⁻ᵀ·(g_λ + …)·Vᵀ. Between equal eigenvalues 0 is taken for 1/(λⱼ − λᵢ), with what
    `eigh` says of second derivatives.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is not square; in the reverse pass, if its
            eigenvectors are no basis, as those of [[0, 1], [0, 0]].

    >>> eig(np.array([[2.0, 0.0], [0.0, 1.0]]))[0]
    array([2., 1.])
    """
    return (x,), {}


@composed(np.linalg.eigvals, cases=square_cases, kink=_eig_gap)
def eigvals(x: Any) -> Any:
    """The eigenvalues of a square matrix: see `eig`.

    >>> eigvals(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([2., 1.])
    """
    return eig(x)[0]
