"""How NumPy's functions that the table does not name take what is Batched, and how it is written
into: ufuncs take the whole at once, other functions of NumPy one example after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.batch import Batched, innermost, levels_of
from autograd_lite.engine.batching import aligned, each, enter, leave
from autograd_lite.engine.primitive import Rule
from autograd_lite.engine.stand_in_numpy import by_operators
from autograd_lite.engine.variable import Variable


def _call_numpy(self: Batched, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
    level = innermost(args, kwargs)
    assert level is not None
    return each(level, function, args, kwargs)


def _call_ufunc(
    self: Batched, ufunc: Any, method: str, inputs: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    level = innermost(inputs)
    assert level is not None
    if method == "__call__" and not options and ufunc.signature is None:
        result = ufunc(*aligned(level, inputs))
        if isinstance(result, tuple):
            return tuple([Batched(level, one) for one in result])
        return Batched(level, result)
    return each(level, getattr(ufunc, method), inputs, options)  # a reduction, or with options


def _set_item(self: Batched, index: Any, value: Any) -> None:
    """Write into the array of each example: into the memory, so that views show it too."""
    if any(level not in levels_of(self) for level in levels_of(value)):
        raise TypeError(
            "setitem: what is written differs between examples for which this array is one and "
            "the same; make the array with np.zeros_like(x) of an x that differs, too"
        )
    if isinstance(value, Variable):
        raise TypeError(
            "setitem: a variable cannot be written into a plain array; make the array with "
            "np.zeros_like(x) of a variable x"
        )
    places = np.arange(self.numbers().size).reshape(self.numbers().shape)
    levels = levels_of(self)
    for level in reversed(levels):
        places = enter(places, level)
    picked = places[index]
    value = value if value.__class__ is Batched else np.asarray(value)
    extra = value.ndim - picked.ndim
    if extra > 0 and value.shape[:extra] == (1,) * extra:  # which NumPy ignores
        value = value.reshape(value.shape[extra:])
    value = np.broadcast_to(value, picked.shape)
    for level in levels:
        value = leave(value, level)
        picked = leave(picked, level)
    own = self.numbers()
    value = np.ravel(value)
    own.flat[np.ravel(picked)] = value.copy() if np.may_share_memory(value, own) else value


def _not_in_place(operator: Rule) -> Rule:
    """`a += b` writes into an array with axes; a number is replaced."""

    def operate(self: Batched, other: Any) -> Any:
        result = operator(self, other)
        if not self.ndim or isinstance(result, Variable):
            return result
        if result.shape != self.shape or not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise TypeError(
                f"in place: a result of shape {result.shape} and dtype {result.dtype} does not fit "
                f"into what has shape {self.shape} and dtype {self.dtype}"
            )
        _set_item(self, ..., result)
        return self

    return operate


for _name, _operator in by_operators(_not_in_place).items():
    setattr(Batched, _name, _operator)
setattr(Batched, "__setitem__", _set_item)  # noqa: B010
setattr(Batched, "call_numpy", _call_numpy)  # noqa: B010
setattr(Batched, "call_ufunc", _call_ufunc)  # noqa: B010
