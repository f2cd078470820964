"""How NumPy's own functions take variables: `np.exp(t)`, `np.sum(t, axis=0)`, `array * t`.

NumPy hands a call with one of our variables to `__array_ufunc__` or `__array_function__` (NEP 13,
NEP 18). What the table of primitives names is recorded; what can only give plain results
(comparisons, argmax, shapes) sees the plain data; everything else is a TypeError that names the
function, so that a graph is never lost silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import CONSTANTS, Declared, Rule, watch
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value

_functions: dict[Rule, Rule] = {}
"""NumPy functions with a rule, and what stands for them here."""


def _enter(one: Declared) -> None:
    for function in one.numpy:
        _functions[function] = one.function


def _leave(one: Declared) -> None:
    for function in one.numpy:
        _functions.pop(function, None)


watch(_enter, _leave)


def _name(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{function.__name__}"


def _no_rule(what: str) -> TypeError:
    return TypeError(
        f"{what} has no rule for a derivative: use a function of autograd_lite, or x.detach() "
        "for the plain numbers if no gradient is to flow through it"
    )


def _array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    if method != "__call__":
        raise _no_rule(f"{_name(ufunc)}.{method}")
    if kwargs.get("out") is not None:
        raise TypeError(
            f"{_name(ufunc)}: a variable cannot be written into an array (out=, or an operator "
            "like +=); write a = a + x instead"
        )
    return _call(ufunc, inputs, kwargs)


def _array_function(
    self: Any, function: Any, types: Iterable[type], args: Any, kwargs: Mapping[str, Any]
) -> Any:
    return _call(function, args, kwargs)


def _call(function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
    ours = _functions.get(function)
    if function is np.where and len(args) == 1:
        return np.nonzero(_plain(args[0]))
    if ours is not None:
        try:
            return ours(*args, **kwargs)
        except TypeError as error:
            if "argument" in str(error) and "unexpected" in str(error):
                unknown = str(error).rpartition(" ")[2]
                raise TypeError(
                    f"{_name(function)}: the argument {unknown} is not supported for variables"
                ) from None
            raise
    if function in CONSTANTS:
        return function(*_plain(args), **_plain(kwargs))
    raise _no_rule(_name(function))


def _plain(x: Any) -> Any:
    """Arguments with the plain data of the variables in them."""
    if isinstance(x, tuple | list):
        return type(x)(_plain(item) for item in x)
    if isinstance(x, dict):
        return {key: _plain(item) for key, item in x.items()}
    return detached(x)


for _kind in (Value, Tensor):
    setattr(_kind, "__array_ufunc__", _array_ufunc)  # noqa: B010
    setattr(_kind, "__array_function__", _array_function)  # noqa: B010
