"""The methods of NumPy's ufuncs on variables: `np.add.reduce(t, axis=1)`, `np.add.accumulate(t)`.

A reduction that declares which ufunc it repeats (`reduces=np.add`, of sum) stands for its `reduce`,
and one that `accumulates` it for its `accumulate`; any other ufunc is applied again and again along
the axis.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.at import Places
from autograd_lite.engine.chain import detached
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.numpy_signatures import NO_VALUE, name_of
from autograd_lite.engine.primitive import PRIMITIVES, Declared, Rule, watch
from autograd_lite.engine.tensor import Tensor

_reductions: dict[Rule, Rule] = {}
"""What stands for the `reduce` of a ufunc."""

_accumulations: dict[Rule, Rule] = {}
"""What stands for its `accumulate`."""


def _enter(one: Declared) -> None:
    if one.reduces is not None:
        _reductions[one.reduces] = one.function
    if one.accumulates is not None:
        _accumulations[one.accumulates] = one.function


def _leave(one: Declared) -> None:
    for table in (_reductions, _accumulations):
        for ufunc in [u for u, function in table.items() if function is one.function]:
            del table[ufunc]


watch(_enter, _leave)


def by_method(ufunc: Any, ours: Rule, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """What a method of a ufunc gives of variables, `ours` being the function that stands for it.

    Raises:
        TypeError: if a variable is to be written into a plain array.
        ValueError: if the shape or axis is none for it.
    """
    known: dict[str, Rule] = {
        "reduce": _reduce, "accumulate": _accumulate, "reduceat": _reduceat,
    }  # fmt: skip
    name = f"{name_of(ufunc)}.{method}"
    if method == "at":
        return _change_at(name, ours, *inputs)
    if ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature is not None:
        raise ValueError(f"{name}: only a ufunc of two operands and one result can be repeated")
    return known[method](name, ufunc, ours, *inputs, **options)


def _change_at(name: str, ours: Rule, x: Any, index: Any, *values: Any) -> None:
    """ufunc.at(x, index, *values): x[index] = ours(x[index], *values), once for each time that a
    place is picked."""
    if not isinstance(x, Tensor):
        raise TypeError(
            f"{name}: a variable cannot be written into a plain {type(x).__name__}; make it a "
            "Tensor, np.zeros_like(t, shape=…) of a Tensor t, or Tensor(…)"
        )
    if ours in (PRIMITIVES["add"].function, PRIMITIVES["subtract"].function):
        # all at once, however often a place is picked
        places = np.arange(x.size).reshape(x.shape)
        shape = PRIMITIVES["getitem"].function(places, index).shape
        spread = PRIMITIVES["broadcast_to"].function(*values, shape)
        x[...] = ours(x, PRIMITIVES["scatter"].function(spread, index, x.shape))
    else:
        x[...] = Places(x, index).changed_by(ours, *values)


# ---------------------------------------------------------------- to one element


def _reduce(
    name: str,
    ufunc: Any,
    ours: Rule,
    x: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: None = None,
    keepdims: Any = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    x = computed_in(name, x, dtype)
    axes = _axes(name, ufunc, x, axis)
    given, unit = initial is not NO_VALUE and initial is not None, ufunc.identity
    start = initial if given else None if initial is None else unit
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    count = math.prod(x.shape[i] for i in axes)
    if start is None and (where is not True or not count):
        raise ValueError(f"{name}: {ufunc.__name__} has no value for no elements: give initial=…")
    if where is not True:
        where = np.broadcast_to(detached(where), x.shape)
    if count and not _is_reorderable(ufunc):
        result = _in_order(ours, _number(initial, x) if given else None, x, where, axes)
    else:
        if where is not True:  # what has no unit (maximum) may be given its first number twice
            neutral = detached(start) if unit is None else unit
            x = PRIMITIVES["where"].function(where, x, neutral)
        if not count:  # a variable of the start alone
            result = PRIMITIVES["sum"].function(x, axes) + _number(start, x)
        else:
            result = _in_any_order(ufunc, ours, x, axes)
            result = ours(_number(initial, x), result) if given else result
    wanted = kept if keepdims else tuple(n for i, n in enumerate(x.shape) if i not in axes)
    if result.shape == wanted:
        return result
    return PRIMITIVES["reshape"].function(result, wanted)


def _in_any_order(ufunc: Any, ours: Rule, x: Any, axes: tuple[int, ...]) -> Any:
    if not axes:
        return x
    if ufunc in _reductions:
        return _reductions[ufunc](x, axis=axes)
    return _pairwise(ours, _flat(x, axes))


def _in_order(ours: Rule, start: Any, x: Any, where: Any, axes: tuple[int, ...]) -> Any:
    """The parts along an axis combined one after another, those alone where a mask holds."""
    parts, masks = (_along(a, *axes) if axes else [a] for a in (x, np.broadcast_to(where, x.shape)))
    result = parts.pop(0) if start is None else start
    for part, mask in zip(parts, masks, strict=False):
        combined = ours(result, part)
        if where is not True:
            combined = PRIMITIVES["where"].function(mask, combined, result)
        result = combined
    return result


def _axes(name: str, ufunc: Any, x: Any, axis: Any) -> tuple[int, ...]:
    """The axes meant, from 0 on. (Of a number, NumPy reduces axis 0 or −1 as well.)"""
    if axis is None or (not x.ndim and axis in (0, -1)):
        axes = tuple(range(x.ndim))
    else:
        axes = normalize_axis_tuple(axis, x.ndim)
    if len(axes) > 1 and not _is_reorderable(ufunc):
        raise ValueError(f"{name}: its order matters, so that only one axis can be reduced")
    return axes


@functools.cache
def _is_reorderable(ufunc: Any) -> bool:
    """Whether its operands may be taken in any order: NumPy alone knows, and reduces several axes
    at once only of those."""
    try:
        ufunc.reduce(np.ones((1, 1)), axis=(0, 1))
    except ValueError:
        return False
    return True


def _number(x: Any, like: Any) -> Any:
    """A number to start from, in the dtype of what is reduced."""
    return x if hasattr(x, "detach") else np.asarray(x, getattr(like, "dtype", float))[()]


def _flat(x: Any, axes: tuple[int, ...]) -> Any:
    """x with these axes as one, in front."""
    rest = [i for i in range(x.ndim) if i not in axes]
    if axes != tuple(range(len(axes))):
        x = PRIMITIVES["transpose"].function(x, (*axes, *rest))
    if len(axes) == 1:
        return x
    return PRIMITIVES["reshape"].function(x, (-1, *x.shape[len(axes) :]))


def _pairwise(ours: Rule, x: Any) -> Any:
    """All rows combined: halves with each other, so that there are few operations."""
    left_over: list[Any] = []
    while len(x) > 1:
        half, odd = divmod(len(x), 2)
        if odd:
            left_over.append(x[-1])
        x = ours(x[:half], x[half : 2 * half])
    return functools.reduce(ours, left_over, x[0])


def _along(x: Any, axis: int) -> list[Any]:
    """The parts of x along an axis."""
    return [_part(x, axis, i) for i in range(x.shape[axis])]


def _part(x: Any, axis: int, index: Any) -> Any:
    return x[(*(slice(None),) * axis, index)]


# ---------------------------------------------------------------- to as many, or some


def _accumulate(
    name: str, ufunc: Any, ours: Rule, x: Any, axis: Any = 0, dtype: Any = None, out: None = None
) -> Any:
    x = computed_in(name, x, dtype)
    axis = _one_axis(name, x, axis)
    if ufunc in _accumulations:
        return _accumulations[ufunc](x, axis=axis)
    parts = _along(x, axis)
    for i in range(1, len(parts)):
        parts[i] = ours(parts[i - 1], parts[i])
    return PRIMITIVES["stack"].function(parts, axis) if parts else x


def _reduceat(
    name: str,
    ufunc: Any,
    ours: Rule,
    x: Any,
    indices: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: None = None,
) -> Any:
    x = computed_in(name, x, dtype)
    axis = _one_axis(name, x, axis)
    starts = [int(i) for i in np.asarray(indices, dtype=np.intp)]
    length = x.shape[axis]
    if not all(0 <= i < length for i in starts):
        raise IndexError(f"{name}: an index is not one of an axis of length {length}")
    parts = [
        _reduce(name, ufunc, ours, _part(x, axis, slice(i, end)), axis)
        if i < end
        else _part(x, axis, i)
        for i, end in zip(starts, [*starts[1:], length], strict=True)
    ]
    if not parts:
        return _part(x, axis, slice(0, 0))
    return PRIMITIVES["stack"].function(parts, axis)


def _one_axis(name: str, x: Any, axis: Any) -> int:
    if not x.ndim:
        raise TypeError(f"{name}: a number has no axis")
    (one,) = normalize_axis_tuple(0 if axis is None else axis, x.ndim)
    return one
