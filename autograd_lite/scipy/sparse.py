"""Sparse matrices beside variables: `A @ t`, `t @ A`, and systems of equations.

The matrix is a constant: derivatives are by what it is multiplied with. The operators need no
import; NumPy's arrays of Values become Tensors first, `A @ np.stack([v0, v1])`, since SciPy hands
those on to nobody.

>>> import numpy as np, scipy.sparse
>>> from autograd_lite import grad
>>> A = scipy.sparse.csr_array([[1.0, 0.0], [2.0, 3.0]])
>>> grad(lambda x: (A @ x)[1])(np.array([1.0, 1.0]))
array([2., 3.])
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg as spla

from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.primitives.shape import Call, Shape, dimensions_of, transpose


def _matrix(name: str, x: Any) -> Any:
    """A sparse matrix that nobody else can change."""
    if not scipy.sparse.issparse(x) or x.ndim != 2:
        raise TypeError(
            f"{name}: a sparse matrix of two axes is needed beside a variable, not a "
            f"{type(x).__name__}"
        )
    return x.copy()


def matmul(x1: Any, x2: Any) -> Any:
    """The product of a sparse matrix and a variable, in either order: what the operator @ gives.

    ∂L/∂x of z = A @ x is Aᵀ @ g, and of z = x @ A it is g @ Aᵀ.

    Args:
        x1, x2: a sparse matrix (n, m), and a variable (m,) or (m, k); or a variable (n,) or (k, n),
            and the matrix.

    Raises:
        TypeError: if neither is a sparse matrix of two axes.
        ValueError: if the shapes do not fit.

    >>> matmul(scipy.sparse.eye_array(2), [1.0, 2.0])
    array([1., 2.])
    """
    if scipy.sparse.issparse(x1):
        return sparse_product(x2, _matrix("matmul", x1))
    other = _matrix("matmul", x2).T
    if dimensions_of(x1) == 2:
        return transpose(sparse_product(transpose(x1), other))
    return sparse_product(x1, other)


def _product(x: Any, matrix: Any) -> Array:
    x = np.asarray(x)
    if x.ndim not in (1, 2):
        raise ValueError(f"a vector or a matrix is needed, not shape {x.shape}")
    z: Array = matrix @ x
    return z


def _no_cases(shape: Shape) -> Iterator[Case]:
    return iter(())


@structural(
    arrays=_product,
    text="A @ {x}",
    pullbacks=(lambda g, z, x, matrix: sparse_product(g, matrix.T),),
    cases=_no_cases,
    fits="the first axis must be as long as the second one of the matrix",
    back=("Aᵀ @ g",),
    linear="jointly",
    method=False,
)
def sparse_product(x: Any, matrix: Any) -> Call:
    """A @ x, with a constant sparse matrix A. ∂L/∂x = Aᵀ @ g.

    >>> sparse_product([1.0, 2.0], 3.0 * scipy.sparse.eye_array(2))
    array([3., 6.])
    """
    return (x,), {"matrix": matrix}


# ---------------------------------------------------------------- systems of equations


def spsolve(A: Any, b: Any) -> Any:
    """The solution z of A·z = b with a sparse A, as scipy.sparse.linalg.spsolve; ∂L/∂b = A⁻ᵀ·g, by
    the same factors.

    Args:
        A: a square sparse matrix, a constant.
        b: (n,) or (n, k).

    Raises:
        TypeError: if A is no sparse matrix.
        RuntimeError: if A is singular.

    >>> spsolve(scipy.sparse.diags_array([2.0, 4.0]), [2.0, 2.0])
    array([1. , 0.5])
    """
    return sparse_solve(b, spla.splu(_matrix("spsolve", A).tocsc()), False)


def _solved(b: Any, factors: Any, transposed: bool) -> Array:
    b = np.asarray(b)
    z: Array = factors.solve(np.asarray(b, np.result_type(b, float)), "T" if transposed else "N")
    return z.astype(b.dtype) if b.dtype.kind in "fc" else z


@structural(
    arrays=_solved,
    text="A⁻¹·{b}",
    pullbacks=(lambda g, z, b, factors, transposed: sparse_solve(g, factors, not transposed),),
    cases=_no_cases,
    fits="b must have as many rows as the matrix",
    back=("A⁻ᵀ·g",),
    linear="jointly",
    method=False,
)
def sparse_solve(b: Any, factors: Any, transposed: bool) -> Call:
    """A⁻¹·b or A⁻ᵀ·b, by the factors of a sparse matrix (`scipy.sparse.linalg.splu`).

    >>> sparse_solve([2.0], spla.splu(scipy.sparse.csc_array([[4.0]])), False)
    array([0.5])
    """
    return (b,), {"factors": factors, "transposed": transposed}


__all__ = ["matmul", "sparse_product", "sparse_solve", "spsolve"]
