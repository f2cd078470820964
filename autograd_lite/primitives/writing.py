"""NumPy's functions that write into an array: into a Tensor, they record what they write.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.frames import stack
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.shape import Shape, broadcast_to, reshape, shape_of


def _written_into(name: str, x: Any) -> Tensor:
    """x, if it is a Tensor, or a TypeError that says how to make one."""
    if isinstance(x, Tensor):
        return x
    if any(f.f_code.co_name == "full_like" for f in itertools.islice(stack(), 10)):  # NumPy's
        raise TypeError(
            f"full_like: a plain {type(x).__name__} cannot be filled with a variable x: use "
            "np.full_like(x, x, shape=…), whose kind is that of x, or np.full(shape, x)"
        )
    raise TypeError(
        f"{name}: a variable cannot be written into a plain {type(x).__name__}; make it a Tensor, "
        "np.zeros_like(t, shape=…) of a Tensor t, or Tensor(…)"
    )


def _flat(x: Any) -> Any:
    """Its elements in a row."""
    return reshape(x, -1) if is_variable(x) else np.ravel(x)


def _cycled(values: Any, count: int) -> Any:
    """So many elements of `values`, again from the first after the last."""
    values = _flat(values)
    places = np.arange(count) % max(1, shape_of(values)[0])
    return getitem(values, places)


def _every_other(shape: Shape) -> Array:
    """Truth values of a shape, by turns."""
    return np.asarray(np.arange(math.prod(shape)).reshape(shape) % 2 == 0)


def _copyto_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, shape), (), {}
    yield (shape, ()), (), {"where": _every_other(shape)}
    yield (shape, shape[1:]), (), {"where": _every_other(shape[1:])}


@composed(np.copyto, cases=_copyto_cases)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """dst[where] = src, for a Tensor dst.

    >>> y = Tensor([1.0, 2.0, 3.0])
    >>> copyto(y, 5.0, where=[True, False, True])
    >>> y
    Tensor([5., 2., 5.])
    """
    dst = _written_into("copyto", dst)
    if where is True:
        dst[...] = src
        return
    mask = np.broadcast_to(np.asarray(where, bool), dst.shape)
    dst[mask] = getitem(broadcast_to(src, dst.shape), mask)


def _put_cases(shape: Shape) -> Iterator[Case]:
    if math.prod(shape) > 1:
        yield (shape, np.array([0, -1]), (2,)), (), {}
        yield (shape, np.array([1, 0]), ()), (), {}
        yield (shape, np.array([0, 99]), (1,)), ("clip",), {}
        yield (shape, np.array([1 - 2 * math.prod(shape), 0]), (2,)), (), {"mode": "wrap"}


@composed(np.put, cases=_put_cases)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """a.flat[ind] = v, for a Tensor a; v is repeated if it is shorter. Indices outside are an
    error, or with mode="wrap" counted around, with "clip" taken as the nearest one inside.

    >>> y = Tensor([1.0, 2.0, 3.0])
    >>> put(y, [0, 2], [7.0, 8.0])
    >>> y
    Tensor([7., 2., 8.])
    """
    a = _written_into("put", a)
    places = np.ravel(ind)
    if mode == "raise":
        if places.size and not (-a.size <= places.min() and places.max() < a.size):
            raise IndexError(f"put: an index of {places} is out of bounds for {a.size} elements")
        places = places % max(1, a.size)
    else:
        places = places % a.size if mode == "wrap" else np.clip(places, 0, a.size - 1)
    if places.size:
        a[np.unravel_index(places, a.shape)] = _cycled(v, places.size)


def _mask_cases(shape: Shape) -> Iterator[Case]:
    yield (shape, _every_other(shape), (2,)), (), {}
    yield (shape, _every_other(shape), (9,)), (), {}


@composed(np.place, cases=_mask_cases)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """arr[mask] = vals, for a Tensor arr; vals is repeated if it is shorter.

    >>> y = Tensor([1.0, 2.0, 3.0])
    >>> place(y, [True, False, True], [7.0])
    >>> y
    Tensor([7., 2., 7.])
    """
    arr = _written_into("place", arr)
    where = np.reshape(np.asarray(mask, bool), arr.shape)
    if where.any() and not np.size(vals.detach() if is_variable(vals) else vals):
        raise ValueError("place: there are no values to write")
    arr[where] = _cycled(vals, int(where.sum()))


@composed(np.putmask, cases=_mask_cases)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """a.flat[n] = values[n] where mask.flat[n], for a Tensor a; values is repeated if
    it is shorter.

    >>> y = Tensor([1.0, 2.0, 3.0])
    >>> putmask(y, [True, False, True], [7.0, 8.0, 9.0])
    >>> y
    Tensor([7., 2., 9.])
    """
    a = _written_into("putmask", a)
    where = np.reshape(np.asarray(mask, bool), a.shape)
    a[where] = getitem(reshape(_cycled(values, a.size), a.shape), where)


def _along_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if shape and 0 not in shape else ():
        places = np.zeros([1 if i == axis % len(shape) else n for i, n in enumerate(shape)], int)
        yield (shape, places, ()), (axis,), {}
        yield (shape, places, places.shape), (axis,), {}


@composed(np.put_along_axis, cases=_along_cases)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    """For a Tensor arr, writes values where `take_along_axis` of the same indices would read.

    >>> y = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> put_along_axis(y, np.array([[0], [1]]), 9.0, axis=1)
    >>> y
    Tensor([[9., 2.],
            [3., 9.]])
    """
    arr = _written_into("put_along_axis", arr)
    indices = indices if isinstance(indices, StandIn) else np.asarray(indices)
    if axis is None:
        arr[np.unravel_index(indices, arr.shape)] = values
        return
    if not -arr.ndim <= axis < arr.ndim:
        raise ValueError(f"put_along_axis: there is no axis {axis} in shape {arr.shape}")
    index: list[Any] = list(np.indices(indices.shape, sparse=True))
    index[axis] = indices
    arr[tuple(index)] = values


def _diagonal_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) == 2 or (len(shape) > 2 and len(set(shape)) == 1):
        yield (shape, ()), (), {}
        yield (shape, (2,)), (), {}
        yield (shape, (3,)), (True,), {}


@composed(np.fill_diagonal, cases=_diagonal_cases)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write val into the diagonal of a Tensor a of at least two axes, all of one length if there
    are more; `wrap`: of a tall matrix, begin again below.

    >>> y = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> fill_diagonal(y, 0.0)
    >>> y
    Tensor([[0., 2.],
            [3., 0.]])
    """
    a = _written_into("fill_diagonal", a)
    places = np.zeros(a.shape, bool)
    np.fill_diagonal(places, True, wrap)
    where = np.nonzero(places.reshape(-1))[0]
    a[np.unravel_index(where, a.shape)] = _cycled(val, where.size)
