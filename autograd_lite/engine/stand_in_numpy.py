"""How NumPy's functions, its operators and the methods of arrays take what stands in for an array.

What the table names goes the way of the table, and is recorded if a variable is among the operands.
Of everything else the operands are plain, and each kind of stand-in has its own way.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite.engine import numpy_protocol
from autograd_lite.engine.batch import parts_of
from autograd_lite.engine.primitive import Declared, Rule, watch
from autograd_lite.engine.stand_ins import StandIn

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
    self: StandIn, function: Any, types: Iterable[type], args: Any, kwargs: Mapping[str, Any]
) -> Any:
    if function in _OF_SHAPE:
        return function(*map(_of_its_shape, args), **kwargs)
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
    token = _under_way.set(())
    try:
        return _leader(args, kwargs).call_numpy(function, args, dict(kwargs))
    finally:
        _under_way.reset(token)


def _leader(*things: Any) -> StandIn:
    """The stand-in whose way is taken: the deepest."""
    found = [x for x in parts_of(things) if isinstance(x, StandIn)]
    return max(found, key=lambda x: x.depth)


def _of_its_shape(x: Any) -> Any:
    """An array of the shape and dtype of a stand-in."""
    if not isinstance(x, StandIn):
        return x
    return np.broadcast_to(np.zeros((), x.dtype), x.shape)


def _array_ufunc(self: StandIn, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    simple = method == "__call__" and not kwargs
    if (simple and ufunc in numpy_protocol.FUNCTIONS) or numpy_protocol.has_variable(inputs):
        return numpy_protocol.called_ufunc(ufunc, method, inputs, kwargs)
    if any(x is not None for x in kwargs.get("out", ())):
        raise TypeError(f"np.{ufunc.__name__}: {self.WHAT} cannot be written into")
    return _leader(inputs, kwargs).call_ufunc(ufunc, method, inputs, kwargs)


def _method_of_arrays(self: StandIn, name: str) -> Any:
    """A method that arrays have and the table does not: NumPy's function of that name, or the
    method itself."""
    if name.startswith("_") or not callable(getattr(np.ndarray, name, None)):
        raise AttributeError(f"{self.WHAT} has no attribute {name!r}")
    if name in _IN_PLACE:
        raise TypeError(
            f"{name}: {self.WHAT} is changed in place only by x[i] = y and x += y; use a function "
            "that gives a new array"
        )
    if hasattr(np, name):
        return functools.partial(getattr(np, name), self)

    def method(*args: Any, **kwargs: Any) -> Any:
        return self.call_numpy(getattr(np.ndarray, name), (self, *args), kwargs)

    return method


def _install(one: Declared) -> None:
    """Give stand-ins the methods of what is declared."""
    function = one.function
    if one.method and one.method not in _own:

        def method(self: StandIn, *args: Any, **kwargs: Any) -> Any:
            return function(self, *args, **kwargs)

        method.__doc__ = function.__doc__
        setattr(StandIn, one.method, method)


def _uninstall(one: Declared) -> None:
    if one.method and one.method not in _own:
        delattr(StandIn, one.method)


def by_operators(change: Callable[[Rule], Rule]) -> dict[str, Rule]:
    """For each special method of an operator in place, `__iadd__`, what `change` makes of the
    usual one, `__add__`."""
    return {
        name: change(_OPERATORS[f"__{name[3:]}"])
        for name in _OPERATORS
        if name.startswith("__i") and f"__{name[3:]}" in _OPERATORS
    }


_own = frozenset(vars(StandIn))
_OPERATORS = {name: x for name, x in vars(NDArrayOperatorsMixin).items() if callable(x)}
"""The special methods by which operators call NumPy's functions."""
for _name, _operator in _OPERATORS.items():
    setattr(StandIn, _name, _operator)
setattr(StandIn, "__array_ufunc__", _array_ufunc)  # noqa: B010
setattr(StandIn, "__array_function__", _array_function)  # noqa: B010
setattr(StandIn, "__getattr__", _method_of_arrays)  # noqa: B010
watch(_install, _uninstall)
