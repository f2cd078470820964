"""Sparse Jacobians and Hessians: the pattern from the graph, the numbers from a few passes.

Rows that have no column in common go through one reverse pass together (see `colouring`); of a
matrix with a few long rows or columns, those are had one by one. The result is a SciPy array.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.many import many_gradients
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.colouring import colours_of_rows, longest_apart
from autograd_lite.transforms.pattern import pattern_of, scipy_sparse

# ---------------------------------------------------------------- of what is recorded


def jacobian_of(output: Any, x: Any) -> Any:
    """∂output/∂x as a CSR array (output.size, x.size), for a variable that is recorded already.

    >>> x = Tensor([1.0, 2.0, 3.0])
    >>> jacobian_of(x[1:] * x[:-1], x).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    sparse = scipy_sparse()
    if not is_variable(output):
        return sparse.csr_array((int(np.size(output)), _size(x)), dtype=_dtype(x))
    output, x = output.node, x.node
    _refuse_complex(output, x)
    with modes.in_any_case():
        pattern = pattern_of(output, x)
    by_rows = _plan(pattern)
    by_columns = _plan(pattern.T.tocsr())
    rows, columns = _entries(pattern)

    def back(starts: Array) -> Array:
        return _rows(output, x, starts)

    def forward(starts: Array) -> Array:
        u = Tensor(np.ones(output.shape, _dtype(output)))
        pulled = gradients(output, [x], u, record=True)[0]
        return _rows(pulled, u, starts)

    if by_rows[0] <= by_columns[0]:
        data = _recovered(by_rows, rows, columns, back, forward, pattern.shape)
    else:
        data = _recovered(by_columns, columns, rows, forward, back, pattern.shape[::-1])
    return _array(data, pattern, _dtype(x))


def symmetric_jacobian_of(slope: Any, x: Any) -> Any:
    """The same of a gradient, ∂slope/∂x, which is a Hessian: its symmetry saves passes."""
    sparse = scipy_sparse()
    slope, x = slope.node, x.node
    _refuse_complex(slope, x)
    with modes.in_any_case():
        pattern = pattern_of(slope, x)
    pattern = sparse.csr_array(pattern.multiply(pattern.T))  # it is symmetric
    rows, columns = _entries(pattern)
    _, apart, colours = _plan(pattern, both=True)
    starts = np.concatenate([_units(apart, _size(x)), _together(colours, _size(x))])
    found = _rows(slope, x, starts)
    alone, rest = found[: len(apart)], found[len(apart) :]
    number = _numbers_of(apart, _size(x))
    data = np.empty(len(rows))
    long, across = number[rows] >= 0, (number[rows] < 0) & (number[columns] >= 0)
    data[long] = alone[number[rows[long]], columns[long]]
    data[across] = alone[number[columns[across]], rows[across]]
    short = ~(long | across)
    data[short] = rest[colours[rows[short]], columns[short]]
    return _array(data, pattern, _dtype(x))


def _size(x: Any) -> int:
    return int(math.prod(x.shape))


def _dtype(x: Any) -> Any:
    return getattr(x, "dtype", np.dtype(float))


def _refuse_complex(*variables: Any) -> None:
    if any(v.dtype.kind == "c" for v in variables if isinstance(v, Tensor)):
        raise TypeError("sparse: complex numbers are not supported; use the dense derivative")


# ---------------------------------------------------------------- few passes

Plan = tuple[int, Array, Array]


def _plan(pattern: Any, both: bool = False) -> Plan:
    """How to have a matrix by its rows: how many passes that takes; the columns (of a symmetric
    matrix, `both`: rows and columns) that are had one by one; and the colours of the rows."""
    apart = longest_apart(np.diff(pattern.T.tocsr().indptr))
    rest = np.ones(pattern.shape[1], bool)
    rest[apart] = False
    short = pattern[:, rest]
    if both:
        short = short[rest]
        colours = np.full(pattern.shape[0], -1)
        colours[rest] = colours_of_rows(short)
    else:
        colours = colours_of_rows(short)
    return int(colours.max(initial=-1)) + 1 + len(apart), apart, colours


def _recovered(
    plan: Plan,
    rows: Array,
    columns: Array,
    by_rows: Callable[[Array], Array],
    by_columns: Callable[[Array], Array],
    shape: tuple[int, int],
) -> Array:
    """The numbers at the entries of a pattern."""
    _, apart, colours = plan
    data = np.empty(len(rows))
    number = _numbers_of(apart, shape[1])
    alone = number[columns] >= 0
    if len(apart):
        found = by_columns(_units(apart, shape[1]))
        data[alone] = found[number[columns[alone]], rows[alone]]
    if not alone.all():
        found = by_rows(_together(colours, shape[0]))
        data[~alone] = found[colours[rows[~alone]], columns[~alone]]
    return data


def _rows(output: Any, x: Any, starts: Array) -> Array:
    """The gradients for these starts, each in a row."""
    if not len(starts):
        return np.empty((0, _size(x)))
    found = many_gradients(output, [x], starts.reshape(-1, *output.shape))[0]
    return found.reshape(len(starts), _size(x))  # type: ignore[no-any-return]


def _units(places: Array, n: int) -> Array:
    units = np.zeros((len(places), n))
    units[np.arange(len(places)), places] = 1.0
    return units


def _together(colours: Array, n: int) -> Array:
    """For each colour the sum of the unit vectors of its rows."""
    starts = np.zeros((int(colours.max(initial=-1)) + 1, n))
    mine = np.nonzero(colours >= 0)[0]
    starts[colours[mine], mine] = 1.0
    return starts


def _numbers_of(places: Array, n: int) -> Array:
    """For each index its number among some, or −1."""
    number = np.full(n, -1)
    number[places] = np.arange(len(places))
    return number


def _entries(pattern: Any) -> tuple[Array, Array]:
    """The rows and columns of the entries, in the order in which they are stored."""
    return np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr)), pattern.indices


def _array(data: Array, pattern: Any, dtype: Any) -> Any:
    sparse = scipy_sparse()
    found = sparse.csr_array((data.astype(dtype), pattern.indices, pattern.indptr), pattern.shape)
    found.sort_indices()
    return found
