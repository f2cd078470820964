"""What the rules of linear algebra are written in: transposes, triangles, diagonals, of a matrix or
of each of a stack; and what their tests ask."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.batch import numbers_of
from autograd_lite.engine.chain import detached
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.complex_numbers import conjugate, real
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.shape import Shape, shape_of, swapaxes

ELEMENT, COLUMN, ROW = (Ellipsis, None, None), (Ellipsis, None), (Ellipsis, None, slice(None))
"""Indices that give what has no such axes the form of a matrix: a number that of its only element,
a vector that of a column or of a row."""


def as_array(x: Any) -> Any:
    """A variable or array as it is; numbers and lists as an array."""
    return x if hasattr(x, "shape") else np.asarray(x)


def is_square(shape: Shape) -> bool:
    """Whether it is that of a square matrix, or a stack of them."""
    return len(shape) > 1 and shape[-1] == shape[-2]


def transposed(x: Any) -> Any:
    """xᵀ of each matrix."""
    return swapaxes(x, -1, -2)


def conjugated(x: Any) -> Any:
    """The complex conjugate; real numbers as they are, without another node."""
    return conjugate(x) if is_complex(x) else x


def adjoint(x: Any) -> Any:
    """xᴴ of each matrix, the conjugate of the transpose; xᵀ of a real one."""
    return conjugated(transposed(x))


def folded(g: Any, lower: bool = True) -> Any:
    """The gradient of a Hermitian matrix of which one triangle is read: what it has in the other
    one is added (conjugated), and that has none. Of the diagonal the real part is read."""
    both = g + adjoint(g)
    n = shape_of(g)[-1]
    triangle = np.tri(n, k=-1, dtype=bool)
    inside = where(triangle if lower else triangle.T, both, 0.0)
    return inside + where(np.eye(n, dtype=bool), 0.5 * both, 0.0)


def hermitian_of(x: Any) -> Any:
    """The Hermitian matrix of which the lower triangle of x is one half."""
    n = shape_of(x)[-1]
    lower = where(np.tri(n, k=-1, dtype=bool), x, 0.0)
    return lower + adjoint(lower) + where(np.eye(n, dtype=bool), real(x), 0.0)


def is_nothing(g: Any) -> bool:
    """Whether nothing flows back: the gradient of a result that leads nowhere."""
    return not is_variable(g) and not np.any(numbers_of(g))


# ---------------------------------------------------------------- diagonals


def diagonal_of(values: Any) -> Any:
    """The diagonal matrix of these values, for each of a stack."""
    return where(np.eye(shape_of(values)[-1], dtype=bool), getitem(values, ROW), 0.0)


def on_diagonal(x: Any) -> Any:
    """The diagonal of a matrix, all else 0."""
    return where(np.eye(shape_of(x)[-1], dtype=bool), x, 0.0)


def reciprocal(x: Any) -> Any:
    """1/x, and 0 where x is 0."""
    nothing = np.equal(detached(x), 0)
    return where(nothing, 0.0, 1.0 / where(nothing, 1.0, x))


def inverse_gaps(values: Any) -> Any:
    """1/(λⱼ − λᵢ) in row i and column j; 0 where they are equal."""
    return reciprocal(getitem(values, ROW) - getitem(values, COLUMN))


# ---------------------------------------------------------------- for tests


def square_cases(shape: Shape) -> Iterator[Case]:
    """Calls for tests of functions of one square matrix."""
    if is_square(shape):
        yield (shape,), (), {}


def least_singular(a: Array) -> float:
    """How far matrices are from singular ones; 0 where that is too near for differences."""
    a = np.asarray(a)
    if not a.size:
        return math.inf
    return max(0.0, float(np.min(np.linalg.svd(a, compute_uv=False))) - 0.4)
