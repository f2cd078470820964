"""Indexing and its adjoint, and one of several results. See `autograd_lite.engine.primitive` for
what a declaration means."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.arrays import is_frozen
from autograd_lite.engine.assignment import put
from autograd_lite.engine.batch import Batched
from autograd_lite.engine.batching import spread
from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array, Case, Primitive, Rule
from autograd_lite.engine.stand_ins import NumbersUnknownError, StandIn
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    dimensions_of,
    reshape,
    shape_of,
    transpose,
)


def _fixed(index: Any) -> Any:
    """An index that no one else can change."""
    if index.__class__ is tuple:
        return tuple([_fixed_part(i) for i in index])
    return _fixed_part(index)


def _fixed_part(part: Any) -> Any:
    """One part of an index; a sequence, a tuple as well, stands for an array."""
    if part.__class__ is np.ndarray and part.dtype.kind in "iub":
        return _own(part)
    if part is None or part is Ellipsis or isinstance(part, (int, np.integer)):
        return part
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        if all(i is None or i.__class__ is int for i in ends):
            return part
        return slice(*(i if i is None else _whole(i) for i in ends))
    if isinstance(part, StandIn) and part.can_index and part.dtype.kind in "iub":
        return part
    if is_variable(part):
        raise TypeError("getitem: a variable is no index; use x.detach() or whole numbers")
    if hasattr(part, "__index__") and not isinstance(part, (np.ndarray, np.bool_)):
        return operator.index(part)
    try:
        array = np.asarray(part)
    except ValueError as error:
        raise IndexError(f"getitem: {error}") from None
    if array.size == 0 and array is not part:  # NumPy makes floats of an empty list
        array = array.astype(int)
    if array.dtype.kind in "iub":
        return _own(array)
    raise IndexError(
        f"getitem: an index is made of whole numbers, slices, ... , None and arrays of whole "
        f"numbers or truth values, not {type(part).__name__} of {array.dtype}"
    )


def _own(array: Array) -> Array:
    """The array, if it is known never to change, or a copy that nobody else holds."""
    if is_frozen(array):
        return array
    array = array.copy()
    array.flags.writeable = False
    return array


def _whole(end: Any) -> int:
    """The end of a slice."""
    try:
        return operator.index(end)
    except NumbersUnknownError:
        raise
    except TypeError as error:
        raise TypeError(f"getitem: in a slice, {error}") from None


def _is_traced_array(part: Any) -> bool:
    """Whether it stands for an array of places."""
    return isinstance(part, StandIn) and part.ndim > 0


def _picks_once(index: Any) -> bool:
    """Whether each element is surely picked once, so that its gradient can be assigned."""
    parts = index if index.__class__ is tuple else (index,)
    if len(parts) == 2 and parts[0].__class__ is parts[1].__class__ is np.ndarray:
        return False
    arrays = [i for i in parts if isinstance(i, (np.ndarray, bool)) or _is_traced_array(i)]
    if len(arrays) == 1 and isinstance(arrays[0], np.ndarray):
        return bool(arrays[0].dtype == bool)
    return not arrays


def _known_later(index: Any) -> StandIn | None:
    """What stands in an index for places that are known when the program runs, if there is any."""
    parts = index if index.__class__ is tuple else (index,)
    return next((part for part in parts if isinstance(part, StandIn)), None)


def _scatter(x: Any, index: Any, shape: Shape) -> Any:
    if (later := _known_later(index)) is not None:
        return later.evaluate(scatter.primitive, (x,), {"index": index, "shape": shape})  # type: ignore[attr-defined]
    out = np.zeros(shape, np.asarray(x).dtype)
    if _picks_once(index):
        out[index] = np.asarray(x)[()]  # a Value, not the array without axes that holds it
    else:
        np.add.at(out, index, x)
    return out


def _scatter_into(x: Any, index: Any, shape: Shape, out: Array) -> Array:
    out.fill(0)
    if _picks_once(index):
        out[index] = x
    else:
        np.add.at(out, index, x)
    return out


def _index_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (Ellipsis,), {}
    yield (shape,), ((None, Ellipsis),), {}
    if not shape:
        return
    n = shape[0]
    yield (shape,), (slice(None, None, -1),), {}
    yield (shape,), (np.arange(n) % 2 == 0,), {}
    yield (shape,), ((Ellipsis, slice(0, 1)),), {}
    yield (shape,), ([],), {}
    if n:
        yield (shape,), (0,), {}
        yield (shape,), ([0, -1, 0],), {}
        yield (shape,), ([[0, n - 1], [0, 0]],), {}
        yield (shape,), (((0, 0, -1),),), {}
    if n and len(shape) > 1 and shape[1]:
        yield (shape,), (([0, 0, -1], [0, 0, -1]),), {}
        yield (shape,), ((slice(0, 1), [0, 0]),), {}


def _getitem(x: Any, index: Any) -> Any:
    try:
        return (x if hasattr(x, "__getitem__") else np.asarray(x))[index]  # a number has no index
    except NumbersUnknownError:
        if (later := _known_later(index)) is None:
            raise
        return later.evaluate(getitem.primitive, (x,), {"index": index})  # type: ignore[attr-defined]


def _to_places(g: Any, z: Any, x: Any, index: Any) -> Any:
    """The scatter of g; the index is fixed already."""
    primitive, params = scatter.primitive, {"index": index, "shape": shape_of(x)}  # type: ignore[attr-defined]
    if not isinstance(g, StandIn) and not is_variable(g):
        for part in index if index.__class__ is tuple else (index,):
            if isinstance(part, StandIn) and part.can_index:
                return part.evaluate(primitive, (g,), params)
    return apply(primitive, (g,), params)


def _index_each(index: Any) -> tuple[Any, int] | None:
    """The index with the batch axis in front, and where the result then has that axis: behind the
    axes of arrays of places that stand apart, which NumPy puts first. None: it is not known."""
    parts = index if index.__class__ is tuple else (index,)
    if any(isinstance(part, bool | np.bool_) for part in parts):
        return None
    arrays = [part for part in parts if isinstance(part, np.ndarray) or _is_traced_array(part)]
    kinds = int | np.integer | np.ndarray | StandIn
    places = [i for i, part in enumerate(parts) if isinstance(part, kinds)]
    if not arrays or places[-1] - places[0] < len(places):
        return (slice(None), *parts), 0
    shapes = [(int(np.count_nonzero(a)),) if a.dtype == bool else a.shape for a in arrays]
    return (slice(None), *parts), len(np.broadcast_shapes(*shapes))


def _getitem_each(which: Any, x: Any, index: Any) -> Any:
    found = _index_each(index)
    if found is None:
        return NotImplemented
    index, front = found
    picked = apply(getitem.primitive, (x,), {"index": index})  # type: ignore[attr-defined]
    if not front:
        return picked
    return transpose(picked, (front, *(i for i in range(picked.ndim) if i != front)))


def _scatter_each(which: Any, x: Any, index: Any, shape: Shape) -> Any:
    found = _index_each(index)
    if found is None:
        return NotImplemented
    index, front = found
    size = x.shape[0]
    if front:
        x = transpose(x, (*range(1, front + 1), 0, *range(front + 1, x.ndim)))
    return apply(scatter.primitive, (x,), {"index": index, "shape": (size, *shape)})  # type: ignore[attr-defined]


def _in_place(change: Rule, array: Any, value: Any, index: Any) -> None:
    """change(array, value, index), of what is Batched in the array of all examples."""
    if array.__class__ is not Batched:
        change(array, value, index)
        return
    mine = value.__class__ is Batched and value.level is array.level
    value = value.payload if mine else value
    found = _index_each(index)
    if found is None:
        for i in range(array.level.size):
            one = (0, *index) if index.__class__ is tuple else (0, index)
            _in_place(change, array.payload[i : i + 1], value[i] if mine else value, one)
        return
    value = _value_in_front(mine, value, np.empty(array.shape, np.bool_)[index].ndim, found[1])
    _in_place(change, array.payload, value, found[0])


def _value_in_front(mine: bool, value: Any, count: int, front: int) -> Any:
    """What is written into `count` axes with its batch axis, if it has one, where the index has
    it: behind `front` others."""
    if mine:
        first = max(0, value.ndim - 1 - count)  # NumPy ignores leading axes of length 1
        shape = (*(1,) * (count - value.ndim + 1), *value.shape[1 + first :])
        value = reshape(value, (len(value), *shape))
        order = (*range(1, front + 1), 0, *range(front + 1, count + 1))
        return transpose(value, order) if front else value
    shape = shape_of(value)
    shape = shape[max(0, len(shape) - count) :]
    if front and len(shape) > count - front:
        at = len(shape) - (count - front)
        return reshape(value, (*shape[:at], 1, *shape[at:]))
    return reshape(value, shape) if shape != shape_of(value) else value


def _put(array: Array, value: Any, index: Any) -> None:
    array[index] = value


def _add(array: Array, value: Any, index: Any) -> None:
    if _picks_once(index):
        array[index] += value
    else:
        np.add.at(array, index, value)


def _write(x: Any, value: Any, index: Any) -> None:
    """x[index] = value, in place."""
    _in_place(_put, x, value, index)


def _add_to(total: Any, g: Any, index: Any) -> None:
    """total[index] += g, added up where a place is picked more than once."""
    if is_variable(total):
        put(total, add_at.primitive, g, {"index": index})  # type: ignore[attr-defined]
    else:
        _in_place(_add, total, g, index)


def _clear(g: Any, index: Any) -> None:
    """g[index] = 0"""
    if is_variable(g):
        put(g, assign.primitive, 0.0, {"index": index})  # type: ignore[attr-defined]
    else:
        _in_place(_put, g, 0.0, index)


def _leave(g: Any, index: Any) -> None:
    """What is added to leaves the gradient as it is."""


def _subscript(x: str, index: str) -> str:
    """How NumPy's users write it, from what Python's `repr` makes of an index.

    >>> _subscript("x", "(slice(None, 6, None), slice(1, None, -1), 0)")
    'x[:6, 1::-1, 0]'
    """
    inside = index[1:-1] if index[0] == "(" != index[:-1] else index
    return f"{x}[{_SLICE.sub(_colons, inside)}]"


_SLICE = re.compile(r"slice\(([^(),]+), ([^(),]+), ([^(),]+)\)")


def _colons(found: re.Match[str]) -> str:
    start, stop, step = ("" if x == "None" else x for x in found.groups())
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


@structural(
    text="{x}[…]",
    arrays=_getitem,
    batched=_getitem_each,
    pullbacks=(_to_places,),
    cases=_index_cases,
    back=("g, put back where it was",),
    adds=_add_to,
    in_numpy=_subscript,
    linear="jointly",
    method=False,
)
def getitem(x: Any, index: Any) -> Call:
    """`x[index]`, for every kind of index that NumPy has.

    ∂: the gradient at the places picked, added up where one is picked more than once; 0 elsewhere.

    >>> getitem(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
    array([1., 1., 3.])
    """
    return (x,), {"index": _fixed(index)}


def _scatter_cases(shape: Shape) -> Iterator[Case]:
    for _, (index,), _ in _index_cases(shape):
        picked = np.zeros(shape)[_fixed(index)].shape
        yield (picked,), (index, shape), {}


@structural(
    arrays=_scatter,
    into=_scatter_into,
    batched=_scatter_each,
    pullbacks=(lambda g, z, x, index, shape: getitem(g, index),),
    cases=_scatter_cases,
    linear="jointly",
    back=("what g has there",),
    method=False,
)
def scatter(x: Any, index: Any, shape: Any) -> Call:
    """Zeros of a shape, to which x is added at `index`: what indexing does on the way back.

    ∂: what the gradient has at `index`.

    >>> scatter(np.array([1.0, 2.0, 3.0]), [0, 0, 2], (4,))
    array([3., 0., 3., 0.])
    """
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return (x,), {"index": _fixed(index), "shape": shape}


# ---------------------------------------------------------------- assignment


def _copied(x: Any) -> Array:
    """A copy in floating-point numbers of this machine."""
    x = np.asarray(x)
    return x.astype(x.dtype.newbyteorder("=") if x.dtype.kind in "fcO" else float)  # type: ignore[no-any-return]


def _assign(x: Any, value: Any, index: Any) -> Any:
    if (later := _known_later(index)) is not None:
        return later.evaluate(assign.primitive, (x, value), {"index": index})  # type: ignore[attr-defined]
    out = _copied(x)
    out[index] = value
    return out


def _assign_each(which: Any, x: Any, value: Any, index: Any) -> Any:
    return _written_each(assign.primitive, which, x, value, index)  # type: ignore[attr-defined]


def _add_at_each(which: Any, x: Any, value: Any, index: Any) -> Any:
    return _written_each(add_at.primitive, which, x, value, index)  # type: ignore[attr-defined]


def _written_each(primitive: Primitive, which: Any, x: Any, value: Any, index: Any) -> Any:
    """With the batch axis in front, for x and for what is written: as many axes as it picks."""
    found = _index_each(index)
    if found is None:
        return NotImplemented
    if not which[0]:
        x = spread(x, len(value))
    count = np.empty(x.shape[1:], np.bool_)[index].ndim
    value = _value_in_front(which[1], value, count, found[1])
    return apply(primitive, (x, value), {"index": found[0]})


def _of_assigned(g: Any, z: Any, x: Any, value: Any, index: Any) -> Any:
    """What g has at the places written, in the shape of what was written."""
    once = _picks_once(index)
    return _picked(g, value, index, None if once else _lasting(index, shape_of(x)))


def _picked(g: Any, value: Any, index: Any, factor: Any = None) -> Any:
    """What g has at the places picked, in the shape of what was written there."""
    part = getitem(g, index) if factor is None else getitem(g, index) * factor
    shape = shape_of(value)
    extra = len(shape) - dimensions_of(part)  # NumPy ignores leading axes of length 1
    return reshape(part, (*(1,) * extra, *shape_of(part))) if extra > 0 else part


def _lasting(index: Any, shape: Shape) -> Array:
    """1.0 for each place of the index but those that a later one overwrites."""
    last = np.zeros(shape, int)
    order = np.arange(last[index].size).reshape(last[index].shape)
    last[index] = order
    lasts: Array = last[index] == order
    return lasts.astype(float)


def _assign_cases(shape: Shape) -> Iterator[Case]:
    for _, (index,), _ in _index_cases(shape):
        yield (shape, np.zeros(shape)[_fixed(index)].shape), (index,), {}
        yield (shape, ()), (index,), {}


@structural(
    arrays=_assign,
    batched=_assign_each,
    pullbacks=(lambda g, z, x, value, index: assign(g, 0.0, index), _of_assigned),
    cases=_assign_cases,
    back=("g, but 0 where it was overwritten", "what g has there"),
    clears=_clear,
    writes=_write,
    linear="jointly",
    method=False,
)
def assign(x: Any, value: Any, index: Any) -> Call:
    """x with `value` at `index`: what `x[index] = value` makes of x. Where a place is picked more
    than once the last value stays, as in NumPy.

    ∂/∂x: the gradient, but 0 where it was overwritten; ∂/∂value: what it has there.

    >>> assign(np.array([1.0, 2.0, 3.0]), 5.0, 1)
    array([1., 5., 3.])
    """
    return (x, value), {"index": _fixed(index)}


def _added(x: Any, value: Any, index: Any) -> Any:
    if (later := _known_later(index)) is not None:
        return later.evaluate(add_at.primitive, (x, value), {"index": index})  # type: ignore[attr-defined]
    out = _copied(x)
    _add(out, value, index)
    return out


@structural(
    arrays=_added,
    batched=_add_at_each,
    pullbacks=(
        lambda g, z, x, value, index: g,
        lambda g, z, x, value, index: _picked(g, value, index),
    ),
    cases=_assign_cases,
    back=("g", "what g has there"),
    clears=_leave,
    writes=_add_to,
    linear="jointly",
    method=False,
)
def add_at(x: Any, value: Any, index: Any) -> Call:
    """x with `value` added at `index`, once for each time that a place is picked: what reading
    x[index] does on the way back, beside other uses of x.

    ∂/∂x: the gradient; ∂/∂value: what it has at the places picked.

    >>> add_at(np.array([1.0, 2.0, 3.0]), 5.0, [1, 1])
    array([ 1., 12.,  3.])
    """
    return (x, value), {"index": _fixed(index)}


# ---------------------------------------------------------------- of several results


@structural(
    arrays=lambda results, index: results[index],
    pullbacks=(lambda g, z, results, index: g,),  # the engine puts it in its place among them
    back=("g",),
    linear="jointly",
    method=False,
)
def result_of(results: Any, index: int) -> Call:
    """One of the results of an operation that has several."""
    return (results,), {"index": index}
