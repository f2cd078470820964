"""How NumPy's functions, its operators and the methods of arrays take what is Batched.

What the table names goes the way of the table, and is recorded if a variable is among the operands.
Of everything else the operands are plain: ufuncs take the whole at once, other functions of NumPy
one example after the other.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite.engine import numpy_protocol
from autograd_lite.engine.batch import Batched, innermost, levels_of
from autograd_lite.engine.batching import aligned, each, enter, leave
from autograd_lite.engine.primitive import Declared, Rule, watch
from autograd_lite.engine.variable import Variable

_OF_SHAPE = {np.shape, np.ndim, np.size, np.iscomplexobj, np.isrealobj, np.result_type}
"""What asks for shapes and dtypes alone."""
_IN_PLACE = {
    "byteswap", "fill", "partition", "put", "resize", "setfield", "setflags", "sort",
}  # fmt: skip
"""The methods of arrays that change them."""

_under_way: ContextVar[tuple[Rule, ...]] = ContextVar("under_way", default=())
"""The functions that stand for NumPy's which are being run: one that calls NumPy's own again, as
it may with plain arrays, must not come back here for ever."""


def _array_function(
    self: Batched, function: Any, types: Iterable[type], args: Any, kwargs: Mapping[str, Any]
) -> Any:
    if function in _OF_SHAPE:
        return function(*map(_stand_in, args), **kwargs)
    under_way = _under_way.get()
    recorded = numpy_protocol.has_variable((args, kwargs))
    if recorded or (function in numpy_protocol.FUNCTIONS and function not in under_way):
        token = _under_way.set((*under_way, function))
        try:
            return numpy_protocol.called(function, args, kwargs)
        except Exception:
            if recorded:
                raise  # else NumPy may take what this package does not, or tell what is wrong
        finally:
            _under_way.reset(token)
    level = innermost(args, kwargs)
    assert level is not None
    token = _under_way.set(())
    try:
        return each(level, function, args, dict(kwargs))
    finally:
        _under_way.reset(token)


def _stand_in(x: Any) -> Any:
    """An array of the shape and dtype of one example."""
    if not isinstance(x, Batched):
        return x
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def _array_ufunc(self: Batched, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    simple = method == "__call__" and not kwargs
    if (simple and ufunc in numpy_protocol.FUNCTIONS) or numpy_protocol.has_variable(inputs):
        return numpy_protocol.called_ufunc(ufunc, method, inputs, kwargs)
    if any(x is not None for x in kwargs.get("out", ())):
        raise TypeError(f"np.{ufunc.__name__}: what stands for a batch cannot be written into")
    level = innermost(inputs)
    assert level is not None
    if simple and ufunc.signature is None:
        result = ufunc(*aligned(level, inputs))
        if isinstance(result, tuple):
            return tuple([Batched(level, one) for one in result])
        return Batched(level, result)
    return each(level, getattr(ufunc, method), inputs, kwargs)  # a reduction, or with options


def _method_of_arrays(self: Batched, name: str) -> Any:
    """A method that arrays have and the table does not: NumPy's function of that name, or the
    method of one example after the other."""
    if name.startswith("_") or not callable(getattr(np.ndarray, name, None)):
        raise AttributeError(f"what stands for a batch has no attribute {name!r}")
    if name in _IN_PLACE:
        raise TypeError(
            f"{name}: what stands for a batch is changed in place only by x[i] = y and x += y; use "
            f"a function that gives a new array"
        )
    if hasattr(np, name):
        return functools.partial(getattr(np, name), self)

    def method(*args: Any, **kwargs: Any) -> Any:
        return each(self.level, getattr(np.ndarray, name), (self, *args), kwargs)

    return method


def _install(one: Declared) -> None:
    """Give it the methods of what is declared."""
    function = one.function
    if one.method and one.method not in _own:

        def method(self: Batched, *args: Any, **kwargs: Any) -> Any:
            return function(self, *args, **kwargs)

        method.__doc__ = function.__doc__
        setattr(Batched, one.method, method)


def _uninstall(one: Declared) -> None:
    if one.method and one.method not in _own:
        delattr(Batched, one.method)


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


_own = frozenset(vars(Batched))
_OPERATORS = {name: x for name, x in vars(NDArrayOperatorsMixin).items() if callable(x)}
for _name, _operator in _OPERATORS.items():
    usual = _OPERATORS.get(f"__{_name[3:]}") if _name.startswith("__i") else None
    setattr(Batched, _name, _operator if usual is None else _not_in_place(usual))
setattr(Batched, "__array_ufunc__", _array_ufunc)  # noqa: B010
setattr(Batched, "__array_function__", _array_function)  # noqa: B010
setattr(Batched, "__setitem__", _set_item)  # noqa: B010
setattr(Batched, "__getattr__", _method_of_arrays)  # noqa: B010
watch(_install, _uninstall)
