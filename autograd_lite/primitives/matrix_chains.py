"""Products of many matrices: matrix_power, multi_dot.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.primitive import Case
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.linalg import inv
from autograd_lite.primitives.matrices import as_array, is_square, least_singular
from autograd_lite.primitives.products import dot, matmul
from autograd_lite.primitives.shape import Shape, dimensions_of, reshape, shape_of


def _power_cases(shape: Shape) -> Iterator[Case]:
    if is_square(shape):
        for n in (0, 1, 2, 3, 5, -2):
            yield (shape,), (n,), {}


@composed(np.linalg.matrix_power, cases=_power_cases, kink=lambda x, n: least_singular(x))
def matrix_power(x: Any, n: int) -> Any:
    """x·x·…·x, n times, of a square matrix or of each of a stack; the unit matrix for n = 0, and
    the inverse |n| times for a negative one.

    Raises:
        numpy.linalg.LinAlgError: if a matrix is not square, or n is negative and it is singular.

    >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 3)
    array([[1., 3.],
           [0., 1.]])
    """
    x = as_array(x)
    if not is_square(shape_of(x)):
        raise np.linalg.LinAlgError(f"matrix_power: {shape_of(x)} is no shape of square matrices")
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"matrix_power: the exponent must be a whole number, not {n!r}") from None
    if n == 0:
        return where(False, x, np.eye(shape_of(x)[-1], dtype=x.dtype))
    square, result = inv(x) if n < 0 else x, None
    bits = abs(n)
    while True:
        if bits & 1:
            result = square if result is None else matmul(result, square)
        bits >>= 1
        if not bits:
            return result
        square = matmul(square, square)


def order_of_chain(lengths: Sequence[int]) -> Callable[[int, int], int]:
    """Where to part a chain of matrices so that the fewest products are needed."""
    count = len(lengths) - 1
    cost = [[0] * count for _ in range(count)]
    place = [[0] * count for _ in range(count)]
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            cost[i][j], place[i][j] = min(
                (cost[i][k] + cost[k + 1][j] + lengths[i] * lengths[k + 1] * lengths[j + 1], k)
                for k in range(i, j)
            )
    return lambda i, j: place[i][j]


def _chain_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 2 and 0 not in shape:
        m, n = shape
        for chain in (
            (shape, (n, 2)),
            (shape, (n, 2), (2, m)),
            ((m,), shape, (n,)),
            (shape, (n, 4), (4, 2), (2, 3)),
        ):
            yield (chain,), (), {}


@composed(np.linalg.multi_dot, cases=_chain_cases)
def multi_dot(arrays: Any) -> Any:
    """The product of two or more matrices, in the order that needs the fewest multiplications; the
    first and the last may be vectors.

    Raises:
        ValueError: if there are less than two.

    >>> multi_dot([np.array([1.0, 2.0]), np.eye(2), np.array([3.0, 4.0])])
    np.float64(11.0)
    """
    given = [as_array(x) for x in arrays]
    if len(given) < 2:
        raise ValueError("multi_dot: give at least two arrays")
    if len(given) == 2:
        return dot(*given)
    first, last = dimensions_of(given[0]), dimensions_of(given[-1])
    if first == 1:
        given[0] = getitem(given[0], (None, slice(None)))
    if last == 1:
        given[-1] = getitem(given[-1], (slice(None), None))
    for x in given:
        if dimensions_of(x) != 2:
            raise np.linalg.LinAlgError(f"multi_dot: an array has shape {shape_of(x)}, no matrix")
    place = order_of_chain([shape_of(given[0])[0], *(shape_of(x)[1] for x in given)])

    def product(i: int, j: int) -> Any:
        return given[i] if i == j else dot(product(i, place(i, j)), product(place(i, j) + 1, j))

    result = product(0, len(given) - 1)
    if first == 1 and last == 1:
        return getitem(result, (0, 0))
    return reshape(result, -1) if 1 in (first, last) else result
