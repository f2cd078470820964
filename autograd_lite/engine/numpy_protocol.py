"""How NumPy's own functions take variables: `np.exp(t)`, `np.sum(t, axis=0)`, `array * t`.

NumPy hands a call with one of our variables to `__array_ufunc__` or `__array_function__` (NEP 13,
NEP 18). What the table of primitives names is recorded, its arguments bound by NumPy's own
signature (see `numpy_signatures`); what can only give plain results (comparisons, argmax, shapes)
sees the plain data; everything else is a TypeError that names the function, so that a graph is
never lost silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.batch import parts_of
from autograd_lite.engine.chain import detached
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.numpy_signatures import Binding, name_of, nearest, unsupported
from autograd_lite.engine.primitive import (
    CONSTANTS,
    PRIMITIVES,
    Declared,
    Rule,
    load_rules_for,
    watch,
    watch_constants,
)
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.ufunc_methods import by_method
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import Variable

FUNCTIONS: dict[Rule, Rule] = {}
"""NumPy functions with a rule, and what stands for them here."""

_bindings: dict[Rule, Binding] = {}
"""How their calls become calls of ours: made when a function is first called."""


def _enter(one: Declared) -> None:
    for function in one.numpy:
        FUNCTIONS[function] = one.function
        _bindings.pop(function, None)


def _leave(one: Declared) -> None:
    for function in one.numpy:
        FUNCTIONS.pop(function, None)


watch(_enter, _leave)


def _no_rule(what: str, instead: str = "use a function of autograd_lite") -> TypeError:
    return TypeError(
        f"{what} has no rule for a derivative: {instead}, or x.detach() "
        "for the plain numbers if no gradient is to flow through it"
    )


def _declared_later(function: Any) -> Rule | None:
    """What stands for a function whose declaration is loaded when it is first called, if any."""
    if function not in CONSTANTS and load_rules_for(function):
        return FUNCTIONS.get(function)
    return None


def _alike(function: Any) -> str:
    """The functions with a rule whose names are most like this one's, for an error."""
    return ", ".join(nearest(function, FUNCTIONS)) or "named otherwise"


# ---------------------------------------------------------------- functions


def _array_function(
    self: Any, function: Any, types: Iterable[type], args: Any, kwargs: Mapping[str, Any]
) -> Any:
    return called(function, args, kwargs)


def called(function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
    """The call of a function of NumPy's that has a variable among its arguments."""
    if isinstance(kwargs.get("out"), Tensor):
        rest = {name: x for name, x in kwargs.items() if name != "out"}
        return _written(name_of(function), kwargs["out"], function(*args, **rest))
    ours = FUNCTIONS.get(function) or _declared_later(function)
    if ours is None:
        if function in CONSTANTS:
            return function(*_plain(args), **_plain(kwargs))
        raise _no_rule(name_of(function))
    binding = _bindings.get(function)
    if binding is None or binding.ours is not ours:
        binding = _bindings[function] = Binding(name_of(function), function, ours)
    try:
        args, kwargs, dtype = binding.bind(args, kwargs)
    except TypeError:
        if function in CONSTANTS:  # called otherwise (`np.where(t)`), it gives a plain result
            return function(*_plain(args), **_plain(kwargs))
        raise
    result = ours(*args, **kwargs)
    if dtype is not None and np.dtype(dtype) != getattr(result, "dtype", np.float64):
        raise unsupported(binding.name, "dtype")
    return result


def _plain(x: Any) -> Any:
    """Arguments with the plain data of the variables in them, which cannot be written to."""
    if isinstance(x, Variable):
        return x.detach()
    if isinstance(x, tuple | list):
        return [_plain(item) for item in x] if isinstance(x, list) else tuple(map(_plain, x))
    if isinstance(x, dict):
        return {key: _plain(item) for key, item in x.items()}
    return x


def _as_method(function: Rule) -> None:
    """Let Tensors have as a method what NumPy's arrays have: `t.argmax()`, `t.any(axis=0)`."""
    name = function.__name__
    numpys = getattr(np.ndarray, name, None)
    if not callable(numpys) or hasattr(Tensor, name):
        return

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        plain = self.detach()
        if isinstance(plain, StandIn):
            return getattr(plain, name)(*_plain(args), **_plain(kwargs))
        return numpys(plain, *_plain(args), **_plain(kwargs))

    method.__name__ = name
    method.__doc__ = f"What np.{name} gives for the plain numbers: a constant."
    setattr(Tensor, name, method)


watch_constants(_as_method)


def has_variable(thing: Any) -> bool:
    """Whether there is a variable in nested tuples, lists and dicts."""
    return any(isinstance(x, Variable) for x in parts_of(thing))


# ---------------------------------------------------------------- ufuncs

_UFUNC_OPTIONS: dict[str, tuple[Any, ...]] = {
    "where": (True,),
    "casting": ("same_kind", "unsafe"),
    "order": ("K", "C", "A", "F"),
    "subok": (True, False),
    "signature": (None,),
    "sig": (None,),
    "axes": (),
    "axis": (),
    "keepdims": (False,),
}
"""The options that every ufunc has, and what they may be: what does not change the numbers."""


def _array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    return called_ufunc(ufunc, method, inputs, kwargs)


def called_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The call of a ufunc, or of a method of one, that has a variable among its operands."""
    name = name_of(ufunc)
    out = [x for x in kwargs.pop("out", ()) if x is not None]
    if len(out) == 1 and isinstance(out[0], Tensor):
        return _into(out[0], ufunc, method, inputs, kwargs)
    if out:
        raise TypeError(
            f"{name}: a variable cannot be written into an array (out=, or an operator "
            "like +=); write a = a + x instead, or make the array a Tensor first"
        )
    ours = FUNCTIONS.get(ufunc) or _declared_later(ufunc)
    if ours is None:
        if ufunc in CONSTANTS and method != "at":
            return getattr(ufunc, method)(*_plain(inputs), **_plain(kwargs))
        if method == "__call__" and not name.startswith("np."):
            raise _no_rule(name, f"the nearest that have one are {_alike(ufunc)}")
        raise _no_rule(name if method == "__call__" else f"{name}.{method}")
    if method == "outer" and ufunc.signature is None:
        inputs = _spread(*inputs)
    elif method != "__call__":
        return by_method(ufunc, ours, method, inputs, kwargs)
    if not kwargs:
        return ours(*inputs)
    return _with_options(name, ufunc, ours, inputs, kwargs)


def _written(name: str, out: Tensor, result: Any) -> Tensor:
    """A Tensor that was given as out=…, with a result of its shape written into it."""
    shape = np.shape(detached(result))
    if out.shape != shape:
        raise ValueError(f"{name}: the result has shape {shape}, and out {out.shape}")
    out[...] = result
    return out


def _into(
    out: Tensor, ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]
) -> Tensor:
    """The call of a ufunc with out=…, a Tensor: what it gives is written there, and recorded."""
    where = options.pop("where", True) if method == "__call__" else True
    if method != "__call__":
        return _written(name_of(ufunc), out, called_ufunc(ufunc, method, inputs, options))
    if where is True or ufunc.signature is not None:
        out[...] = called_ufunc(ufunc, method, inputs, options)
    else:  # elsewhere it may be undefined, and is not computed
        chosen = np.broadcast_to(_plain(where), out.shape)
        spread = (PRIMITIVES["broadcast_to"].function(x, out.shape) for x in inputs)
        picked = [PRIMITIVES["getitem"].function(x, chosen) for x in spread]
        out[chosen] = ufunc(*picked, **options)
    return out


def _spread(x: Any, y: Any) -> tuple[Any, Any]:
    """x with an axis of length 1 for each axis of y, so that each meets each."""
    shapes = [a.shape if isinstance(a, Variable) else np.shape(a) for a in (x, y)]
    if not shapes[1]:
        return x, y
    return PRIMITIVES["reshape"].function(x, (*shapes[0], *(1 for _ in shapes[1]))), y


def _with_options(
    name: str, ufunc: Any, ours: Rule, inputs: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """The call in the dtype that is asked for, with the axis if it has one; every other option must
    be as it always is."""
    dtype = options.pop("dtype", None)
    own = {}
    for option, x in options.items():
        if option not in _UFUNC_OPTIONS:
            raise TypeError(f"{name}: got an unexpected keyword argument '{option}'")
        if any(x is usual or (type(x) is str and x == usual) for usual in _same(option)):
            continue
        if option == "where":
            raise TypeError(
                f"{name}: where=… without out=… leaves the other elements undefined; choose with "
                f"np.where(mask, {name}(x), otherwise)"
            )
        if ufunc.signature is None or option != "axis" or not _takes(ours, option):
            raise unsupported(name, option)
        own[option] = x
    if dtype is None:
        return ours(*inputs, **own)
    result = ours(
        *(
            x if _takes_whole_numbers(ufunc, i) else computed_in(name, x, dtype)
            for i, x in enumerate(inputs)
        ),
        **own,
    )
    if getattr(result, "dtype", dtype) != np.dtype(dtype):
        raise unsupported(name, "dtype")
    return result


def _takes_whole_numbers(ufunc: Any, place: int) -> bool:
    """Whether an operand of a ufunc must be whole numbers, as the exponent of ldexp."""
    return all(np.dtype(loop[place]).kind in "iu" for loop in ufunc.types)


def _takes(ours: Rule, option: str) -> bool:
    """Whether our function has an argument of this name."""
    import inspect  # not needed to import this package

    return option in inspect.signature(ours).parameters


def _same(option: str) -> tuple[Any, ...]:
    usual = _UFUNC_OPTIONS[option]
    return (*usual, np.True_) if True in usual else usual


for _kind in (Value, Tensor):
    setattr(_kind, "__array_ufunc__", _array_ufunc)  # noqa: B010
    setattr(_kind, "__array_function__", _array_function)  # noqa: B010
