"""Cumulative sums and products.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Case
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.reductions import by_division
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    broadcast_to,
    dimensions_of,
    operand,
    reshape,
    shape_of,
)


def _cumulative(name: str, x: Any, axis: int | None, dtype: Any) -> Call:
    """The operands and parameters of a cumulative function: x itself, or all of it in a row."""
    x = computed_in(name, operand(name, x), dtype)
    if axis is None or not dimensions_of(x):
        normalize_axis_index(0 if axis is None else axis, dimensions_of(x) or 1)
        return (x if dimensions_of(x) == 1 else reshape(x, -1),), {"axis": 0}
    return (x,), {"axis": normalize_axis_index(axis, dimensions_of(x))}


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, part)


def _backwards(x: Any, axis: int) -> Any:
    return getitem(x, _along(axis, slice(None, None, -1)))


def _sums_after(g: Any, axis: int) -> Any:
    """For each element the sum of it and all that come after it."""
    return _backwards(cumsum(_backwards(g, axis), axis), axis)


def cumulative_cases(shape: Shape) -> Iterator[Case]:
    """Calls for tests of what runs along an axis."""
    yield (shape,), (), {}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (axis,), {}


@structural(
    np.cumsum,
    arrays=np.add.accumulate,
    batched="axis",
    pullbacks=(lambda g, z, x, axis: _sums_after(g, axis),),
    cases=cumulative_cases,
    back=("the sums of g from there on",),
    accumulates=np.add,
    linear="jointly",
)
def cumsum(x: Any, axis: int | None = None, *, dtype: Any = None) -> Call:
    """z_k = x_0 + … + x_k along an axis, or of all elements in a row.

    ∂: ∂L/∂x_i = g_i + g_i+1 + …

    >>> cumsum([1.0, 2.0, 3.0])
    array([1., 3., 6.])
    """
    return _cumulative("cumsum", x, axis, dtype)


def _to_factors(g: Any, z: Any, x: Any, axis: int) -> Any:
    return by_division(
        lambda: _sums_after(g * z, axis) / x,
        lambda: _products_before(z, axis) * _weighted_after(g, x, axis),
        g, z, x,
    )  # fmt: skip


def _products_before(z: Any, axis: int) -> Any:
    """The products of all elements before each, from the products up to each."""
    if shape_of(z)[axis] == 0:
        return z
    shape = (*shape_of(z)[:axis], 1, *shape_of(z)[axis + 1 :])
    one = broadcast_to(np.ones((), z.dtype)[()], shape)
    return concatenate([one, getitem(z, _along(axis, slice(None, -1)))], axis)


def _weighted_after(g: Any, x: Any, axis: int) -> Any:
    """S_i = g_i + x_i+1·g_i+1 + x_i+1·x_i+2·g_i+2 + …, without a division.

    By doubling: S holds the first 1, 2, 4, … terms, P the product that leads on to the next ones.
    """
    n = shape_of(x)[axis]
    total, product, step = g, _later(x, axis, 1), 1
    while step < n:
        total = total + product * _later(total, axis, step)
        product = product * _later(product, axis, step)
        step *= 2
    return total


def _later(x: Any, axis: int, step: int) -> Any:
    """The elements that stand so many places later; 0 where there is none."""
    shape = shape_of(x)
    none = (*shape[:axis], min(step, shape[axis]), *shape[axis + 1 :])
    rest = getitem(x, _along(axis, slice(step, None)))
    return concatenate([rest, broadcast_to(np.zeros((), x.dtype)[()], none)], axis)


@structural(
    np.cumprod,
    arrays=np.multiply.accumulate,
    batched="axis",
    pullbacks=(_to_factors,),
    cases=cumulative_cases,
    back=("the sum of g times the products of the others, from there on",),
    accumulates=np.multiply,
)
def cumprod(x: Any, axis: int | None = None, *, dtype: Any = None) -> Call:
    """z_k = x_0·…·x_k along an axis, or of all elements in a row.

    ∂: ∂L/∂x_i = Σ_k≥i g_k·z_k/x_i: right to any order where some elements are 0, or where a product
    underflows.

    >>> cumprod([1.0, 2.0, 3.0])
    array([1., 2., 6.])
    """
    return _cumulative("cumprod", x, axis, dtype)


# ---------------------------------------------------------------- as the array API calls them


def _with_initial(
    name: str, x: Any, axis: int | None, dtype: Any, include_initial: bool, first: float
) -> Any:
    x = operand(name, x)
    if axis is None:
        if dimensions_of(x) > 1:
            raise ValueError(f"{name}: give the axis: x has {dimensions_of(x)} of them")
        axis = 0
    elif isinstance(axis, tuple):  # as the ufuncs' own accumulate takes it
        if len(axis) != 1:
            raise ValueError(f"{name}: give one axis, not {axis!r}")
        axis = axis[0]
    z = (cumsum if first == 0 else cumprod)(x, axis, dtype=dtype)
    if not include_initial:
        return z
    shape = list(shape_of(z))
    shape[axis] = 1
    return concatenate([np.full(shape, first, z.dtype), z], axis)


def _initial_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (), {"axis": axis, "include_initial": axis != 0}
    if len(shape) == 1:
        yield (shape,), (), {}


# NumPy has them since 2.1
@composed(*(getattr(np, name) for name in ("cumulative_sum",) if hasattr(np, name)),
          method=False, cases=_initial_cases)  # fmt: skip
def cumulative_sum(
    x: Any, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """As `cumsum`; the axis may be left out only if there is one. With `include_initial` a 0
    stands in front.

    >>> cumulative_sum([1.0, 2.0, 3.0], include_initial=True)
    array([0., 1., 3., 6.])
    """
    return _with_initial("cumulative_sum", x, axis, dtype, include_initial, 0.0)


@composed(*(getattr(np, name) for name in ("cumulative_prod",) if hasattr(np, name)),
          method=False, cases=_initial_cases)  # fmt: skip
def cumulative_prod(
    x: Any, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    """As `cumprod`; the axis may be left out only if there is one. With `include_initial` a 1
    stands in front.

    >>> cumulative_prod([1.0, 2.0, 3.0], include_initial=True)
    array([1., 1., 2., 6.])
    """
    return _with_initial("cumulative_prod", x, axis, dtype, include_initial, 1.0)
