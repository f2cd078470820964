"""Sorting and what follows from it: partition, the distinct elements, sets, counts.

Where elements are equal, the one that comes first in the operand is taken for the first of them:
it gets the gradient of the first place. A derivative exists where all differ. See
`autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.batch import innermost
from autograd_lite.engine.batching import enter, leave
from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.axes import ravel
from autograd_lite.primitives.creation import linspace
from autograd_lite.primitives.indexing import getitem, scatter
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.reductions import max, min, sum
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    astype,
    axis_of,
    dimensions_of,
    operand,
    planned,
    shape_of,
    since,
    whole,
)

# ---------------------------------------------------------------- in order


def numbers_of(x: Any) -> Any:
    """The plain numbers of a variable, an array, or an array of Values; a stand-in as it is."""
    plain = detached(x)
    if isinstance(plain, StandIn):
        return plain
    plain = np.asarray(plain)
    if plain.dtype != object:
        return plain
    return np.array([detached(v) for v in plain.flat], dtype=float).reshape(plain.shape)


def places_along(axis: int, shape: Shape, places: Array) -> tuple[Array, ...]:
    """The index that picks, along an axis, these places for each position on the others."""
    n = len(shape)
    return tuple(
        places
        if i == axis
        else np.arange(shape[i]).reshape([-1 if j == i else 1 for j in range(n)])
        for i in range(n)
    )


def _to_places(g: Any, z: Any, x: Any, axis: int, **params: Any) -> Any:
    """Each part of g to the element that stands there: the k-th of x in order is the k-th of z."""
    level = innermost(x)
    if level is not None:  # the order of each example
        whole_g, whole_z, whole_x = (leave(a, level) for a in (g, z, x))
        return enter(_to_places(whole_g, whole_z, whole_x, axis + 1), level)
    of_x = np.argsort(numbers_of(x), axis=axis, kind="stable")
    of_z = np.argsort(numbers_of(z), axis=axis, kind="stable")
    back = places_along(axis, shape_of(x), np.argsort(of_x, axis=axis))
    places = getitem(of_z, back)
    if isinstance(places, StandIn) and isinstance(g, np.ndarray):  # constant, unlike the order
        g = places.call_numpy(np.asarray, (g,), {})
    return getitem(g, places_along(axis, shape_of(x), places))


def _gap(x: Array, axis: int, **params: Any) -> Any:
    """The least distance between two elements."""
    return np.min(np.diff(np.sort(x, axis=axis), axis=axis), initial=np.inf)


def _sort(x: Any, axis: int, **params: Any) -> Any:
    x = np.asarray(x)
    if x.dtype != object:
        return np.sort(x, axis, **params)
    order = np.argsort(numbers_of(x), axis=axis, kind="stable")
    return np.take_along_axis(x, order, axis)


def _partition(x: Any, axis: int, kth: Any) -> Any:
    x = np.asarray(x)
    return np.partition(x, kth, axis) if x.dtype != object else _sort(x, axis)


def _along_an_axis(name: str, x: Any, axis: int | None, order: Any) -> tuple[Any, int]:
    """The operand, flattened if no axis is given, and the axis."""
    x = operand(name, x)
    x, axis = (ravel(x), 0) if axis is None else (x, axis_of(name, axis, dimensions_of(x)))
    if order is not None:
        raise ValueError(f"{name}: order={order!r} is for arrays with named fields")
    return x, axis


def _sort_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {"axis": None}
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), (axis,), {}
    if shape:
        yield (shape,), (), {"stable": True}


@structural(
    np.sort,
    arrays=_sort,
    batched="axis",
    pullbacks=(_to_places,),
    cases=_sort_cases,
    kink=_gap,
    back=("g, each part to the element that stands there",),
    method=False,
)
def sort(
    x: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Call:
    """The elements in ascending order along an axis, or all of them if it is None; nan last.

    ∂: the gradient of each place to the element that stands there; of equal ones, the first in x
    stands first.

    >>> sort([3.0, 1.0, 2.0])
    array([1., 2., 3.])
    """
    x, axis = _along_an_axis("sort", x, axis, order)
    params: dict[str, Any] = {"axis": axis}
    if kind is not None:
        params["kind"] = kind
    if stable is not None:
        params["stable"] = stable
    return (x,), params


def _partition_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1 if shape else 0, len(shape)):
        if shape[axis]:
            yield (shape,), (tuple(range(shape[axis])), axis), {}
            yield (shape,), (0, axis), {}
            yield (shape,), ((-1, 0),), {"axis": axis}


@structural(
    np.partition,
    arrays=_partition,
    batched="axis",
    pullbacks=(_to_places,),
    cases=_partition_cases,
    kink=_gap,
    back=("g, each part to the element that stands there",),
    method=False,
)
def partition(
    x: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Call:
    """The elements along an axis, so that the one at place `kth`, or each of several, is what it
    is in order: what is less stands before it, what is greater after it, both in any order.

    ∂: the gradient of each place to the element that stands there, as `sort`.

    >>> partition([3.0, 4.0, 1.0, 2.0], 1)[1]
    np.float64(2.0)
    """
    if kind != "introselect":
        raise ValueError(f"partition: kind {kind!r} is not supported: 'introselect' is")
    x, axis = _along_an_axis("partition", x, axis, order)
    places = tuple(whole("partition", "kth", k) for k in kth) if np.ndim(kth) else kth
    return (x,), {"axis": axis, "kth": places}


def _of_some_axes(shape: Shape) -> Iterator[Case]:
    if shape:
        yield (shape,), (), {}


@composed(np.sort_complex, cases=_of_some_axes)
def sort_complex(x: Any) -> Any:
    """The elements in ascending order along the last axis, by their real parts and then by their
    imaginary ones, as complex numbers.

    >>> sort_complex([3.0, 1.0])
    array([1.+0.j, 3.+0.j])
    """
    in_order = sort(operand("sort_complex", x))
    kind = getattr(in_order, "dtype", np.dtype(float)).kind
    return in_order if kind == "c" else astype(in_order, np.complex128)


# ---------------------------------------------------------------- the distinct elements


def _unique_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    for axis in range(-1 if shape else 0, len(shape)):
        if 0 not in shape:
            yield (shape,), (), {"axis": axis}


@composed(np.unique, cases=_unique_cases)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """The distinct elements in order, or the distinct slices along an axis; if asked for, in a
    tuple with the places of their first occurrence, the places that give `ar` back, and how often
    each occurs, which are plain whole numbers.

    ∂: the gradient of each to its first occurrence.

    >>> unique([2.0, 1.0, 2.0])
    array([1., 2.])
    """
    x = operand("unique", ar)
    plain = numbers_of(x)
    options: dict[str, Any] = {"equal_nan": equal_nan} if sorted else {"sorted": False}
    values, first, *more = planned(
        "unique", np.unique, plain, True, return_inverse, return_counts, axis, **options
    )
    if axis is None:
        values = getitem(ravel(x), first)
    else:
        axis = axis_of("unique", axis, plain.ndim)
        values = getitem(x, (*(slice(None),) * axis, first))
    rest = ([first] if return_index else []) + more
    return (values, *rest) if rest else values


def _first_places(plain: Array, values: Array) -> Array:
    """Where each of the values first stands among the elements, all of which are among them."""
    flat = plain.ravel()
    in_order, first = np.unique(flat, return_index=True, equal_nan=False)
    places = np.empty(len(in_order), int)
    places[np.argsort(values, kind="stable")] = first
    return places


@composed(*since("unique_values"), cases=_of_some_axes)
def unique_values(x: Any) -> Any:
    """The distinct elements; each nan is one of its own. ∂: the gradient to the first occurrence.

    >>> sort(unique_values([2.0, 1.0, 2.0]))
    array([1., 2.])
    """
    x = operand("unique_values", x)
    plain = numbers_of(x)
    return getitem(ravel(x), _first_places(plain, np.unique_values(plain)))


@composed(*since("unique_counts"), cases=_of_some_axes)
def unique_counts(x: Any) -> Any:
    """`unique_values`, and how often each occurs: fields `values` and `counts`.

    >>> unique_counts([2.0, 1.0, 2.0]).counts
    array([1, 2])
    """
    return _with_values(operand("unique_counts", x), np.unique_counts)


@composed(*since("unique_inverse"), cases=_of_some_axes)
def unique_inverse(x: Any) -> Any:
    """`unique_values`, and the places among them that give x back: fields `values` and
    `inverse_indices`.

    >>> unique_inverse([2.0, 1.0, 2.0]).inverse_indices
    array([1, 0, 1])
    """
    return _with_values(operand("unique_inverse", x), np.unique_inverse)


@composed(*since("unique_all"), cases=_of_some_axes)
def unique_all(x: Any) -> Any:
    """`unique_values` with the first places, the inverse and the counts: fields `values`,
    `indices`, `inverse_indices` and `counts`.

    >>> unique_all([2.0, 1.0, 2.0]).indices
    array([1, 0])
    """
    return _with_values(operand("unique_all", x), np.unique_all)


def _with_values(x: Any, function: Any) -> Any:
    plain = numbers_of(x)
    found = function(plain)
    return found._replace(values=getitem(ravel(x), _first_places(plain, found.values)))


# ---------------------------------------------------------------- sets


@composed(np.union1d, cases=lambda shape: iter([((shape, (2,)), (), {})]))
def union1d(ar1: Any, ar2: Any) -> Any:
    """The distinct elements of both, in order.

    >>> union1d([1.0, 2.0], [2.0, 0.0])
    array([0., 1., 2.])
    """
    return unique(concatenate((ar1, ar2), None))


@composed(np.setdiff1d, cases=lambda shape: iter([((shape, (2,)), (), {})]))
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements of `ar1` that are not among those of `ar2`, in order.

    >>> setdiff1d([3.0, 1.0, 2.0], [2.0])
    array([1., 3.])
    """
    x = ravel(operand("setdiff1d", ar1))
    x = x if assume_unique else unique(x)
    return getitem(x, np.isin(numbers_of(x), numbers_of(ar2), assume_unique=True, invert=True))


@composed(np.intersect1d, cases=lambda shape: iter([((shape, np.array([9.0])), (), {})]))
def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """The distinct elements that both have, in order, taken from `ar1` (from `ar2`, if only that
    is a variable); if asked for, with their first places in each.

    >>> intersect1d([3.0, 1.0, 2.0], [2.0, 3.0])
    array([2., 3.])
    """
    x, y = (ravel(operand("intersect1d", ar)) for ar in (ar1, ar2))
    plain, first, second = planned(
        "intersect1d", np.intersect1d, numbers_of(x), numbers_of(y), assume_unique, True
    )
    of_second = is_variable(y) and not is_variable(x)
    common = getitem(y, second) if of_second else getitem(x, first)
    common = computed_in("intersect1d", common, plain.dtype) if is_variable(common) else plain
    return (common, first, second) if return_indices else common


@composed(np.setxor1d, cases=lambda shape: iter([((shape, (2,)), (), {})]))
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct elements that only one of the two has, in order.

    >>> setxor1d([3.0, 1.0, 2.0], [2.0, 4.0])
    array([1., 3., 4.])
    """
    parts = [setdiff1d(ar1, ar2, assume_unique), setdiff1d(ar2, ar1, assume_unique)]
    return sort(concatenate(parts))


# ---------------------------------------------------------------- counts


def _bincount_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 1 and shape[0]:  # of no weights, NumPy's sums are whole numbers
        places = np.arange(shape[0]) // 2
        yield (places, shape), (), {}
        yield (places, shape), (), {"minlength": 5}


@composed(np.bincount, cases=_bincount_cases)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number from 0 occurs in x, or the sum of the weights where it does.

    ∂: to each weight the gradient of the sum that it is in. x is a constant.

    >>> bincount([0, 2, 2], weights=[1.0, 2.0, 3.0])
    array([1., 0., 5.])
    """
    if np.ndim(detached(x)) != 1:
        raise ValueError("bincount: x must have one axis")
    if is_variable(x):
        raise TypeError(
            "bincount: x is a variable; whole numbers are needed, x.detach().astype(int)"
        )
    if weights is None:
        return planned("bincount", np.bincount, x, None, minlength)
    weights = operand("bincount", weights)
    plain = planned("bincount", np.bincount, x, numbers_of(weights), minlength)
    summands = astype(weights, np.float64)
    return scatter(summands, np.asarray(x, int), plain.shape)


def _histogram_cases(shape: Shape) -> Iterator[Case]:
    if shape and 0 not in shape:
        places, edges = np.linspace(0.1, 2.9, math.prod(shape)).reshape(shape), np.arange(4.0)
        yield (shape,), (3,), {}
        yield (shape,), (3,), {"density": True}
        yield (places, edges, None, None, shape), (), {}
        yield (places, edges, None, True, shape), (), {}


@composed(np.histogram, cases=_histogram_cases)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    """How many elements lie in each bin, or the sum of their weights, and the edges of the bins.

    ∂: to each weight the gradient of the sum that it is in. The counts are constants; the edges,
    where they lead evenly from the least element to the greatest, have the derivative of these,
    and so has, by their distances, a density.

    >>> histogram([1.0, 2.0, 2.5], bins=[0.0, 2.0, 3.0], weights=[1.0, 2.0, 3.0])[0]
    array([1., 5.])
    """
    if is_variable(range):
        raise TypeError("histogram: range is a variable; give plain numbers, x.detach()")
    a = operand("histogram", a)
    plain, given = numbers_of(a), None if weights is None else numbers_of(weights)
    counts, edges = planned("histogram", np.histogram, plain, numbers_of(bins) if is_variable(bins)
                            else bins, range, None, given)  # fmt: skip
    if is_variable(weights):
        inside = (plain >= edges[0]) & (plain <= edges[-1])
        places = np.searchsorted(edges, plain[inside], "right") - 1
        places = np.minimum(places, len(counts) - 1)
        counts = scatter(getitem(weights, inside), places, counts.shape)
    if is_variable(bins):
        edges = bins
    elif is_variable(a) and plain.size and range is None and np.ndim(bins) == 0:
        room = 0.0 if plain.min() < plain.max() else 0.5  # around what is all the same
        edges = linspace(min(a) - room, max(a) + room, len(edges))
    if density:
        counts = counts / sum(counts) / (edges[1:] - edges[:-1])
    return counts, edges
