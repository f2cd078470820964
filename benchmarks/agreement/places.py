"""Functions that move elements, or join arrays: a `take` of the places that NumPy's own function
finds in an array of places; and what NumPy has no name for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.agreement.maps import Function, torch


def places(shape: Sequence[int]) -> Any:
    """The number of each place of an array of this shape."""
    return np.arange(math.prod(shape)).reshape(shape)


def taken(x: Any, where: Any) -> Any:
    """The elements of a tensor at these places."""
    return torch.take(x, torch.as_tensor(np.array(where)))


def put(x: Any, where: Any, shape: Sequence[int]) -> Any:
    """Zeros of a shape with the elements of a tensor added at these places."""
    flat = torch.as_tensor(np.array(where)).reshape(-1)
    elements = x.broadcast_to(np.shape(where)).reshape(-1)
    return torch.zeros(math.prod(shape), dtype=x.dtype).index_add(0, flat, elements).reshape(shape)


def rearranged(f: Function) -> Function:
    """A function of an array that only moves elements, as a `take`."""
    return lambda x, *args, **kwargs: taken(x, f(places(x.shape), *args, **kwargs))


def flattened(x: Any, order: str = "C") -> Any:
    return np.asarray(x).flatten(order)


def axes_given(x: Any, *order: Any, axes: Any = None) -> Any:
    """`transpose`, as the method of an array takes its axes."""
    return np.asarray(x).transpose(*(order if axes is None else (axes,)))


def shape_given(x: Any, *lengths: Any, shape: Any = None) -> Any:
    """`reshape`, as the method of an array takes its shape."""
    return np.reshape(x, shape) if shape is not None else np.asarray(x).reshape(*lengths)


def assigned(x: Any, value: Any, index: Any) -> Any:
    """A copy in which the value stands at the index."""
    z = np.array(x)
    z[index] = value
    return z


def joined(*arrays: Any, axis: int | None = 0) -> Any:
    if axis is None:
        return torch.cat([x.reshape(-1) for x in arrays])
    return torch.cat(arrays, axis)


def sorted_places(x: Any, axis: int | None) -> Any:
    """The places of an array's elements in order, equal ones in the order in which they stood."""
    numbers, where = x.detach().numpy(), places(x.shape)
    if axis is None:
        numbers, where, axis = numbers.ravel(), where.ravel(), 0
    return np.take_along_axis(where, np.argsort(numbers, axis, kind="stable"), axis)


def all_windows(x: Any, size: Sequence[int], stride: int = 1) -> Any:
    """`windows` in NumPy."""
    k = len(size)
    last = tuple(range(-k, 0))
    found = sliding_window_view(x, tuple(size), axis=last)
    found = found[(..., *(slice(None, None, stride),) * k, *(slice(None),) * k)]
    return np.moveaxis(found, tuple(range(-2 * k, -k)), last)


def window_places(x: Any, lengths: Sequence[int], stride: int = 1) -> tuple[Any, tuple[int, ...]]:
    """Where each element of windows belongs, and the shape of the array they belong to; there may
    be more room than windows."""
    k = len(lengths)
    shape = (*x.shape[: -2 * k], *lengths)
    found = all_windows(places(shape), x.shape[-2 * k : -k], stride)
    return found[(..., *(slice(0, n) for n in x.shape[-k:]))], shape


def overlapped(x: Any, lengths: Sequence[int], stride: int = 1) -> Any:
    where, shape = window_places(x, lengths, stride)
    out = np.zeros(math.prod(shape), x.dtype)
    np.add.at(out, where.ravel(), x.ravel())
    return out.reshape(shape)


def scattered(x: Any, index: Any, shape: Any) -> Any:
    out = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(out, index, x)
    return out
