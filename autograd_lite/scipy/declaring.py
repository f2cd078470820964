"""How functions of SciPy's are declared.

One of scipy.special is an elementwise primitive under a name of its own: in the table it stands as
`special_gammaln`, so that it meets neither the library's own functions (`erf`) nor what a user has
declared (`gamma`); it is written `gammaln(x)`, as SciPy calls it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.floats import FLOAT_FUNCTIONS, float_function
from autograd_lite.engine.modes import is_recording
from autograd_lite.engine.numpy_protocol import FUNCTIONS
from autograd_lite.engine.primitive import POSITIVE, PRIMITIVES, REAL, Interval, Rule
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.boxes import of_numbers

UNIT: tuple[Interval, ...] = ((0.05, 0.95),)
"""Probabilities, for tests."""
BOTH: tuple[Interval, ...] = ((-0.9, -0.1), (0.1, 0.9))

__all__ = ["BOTH", "POSITIVE", "REAL", "UNIT", "also", "of_arrays", "shifted", "special"]


def special(
    ufunc: Any,
    *,
    partials: tuple[Rule | float | None, ...],
    domain: tuple[tuple[Interval, ...], ...],
    also: tuple[Any, ...] = (),
    kink: Rule | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a ufunc of SciPy's, which gives the values; the function decorated gives its name,
    the names of its operands and its documentation.

    Args:
        ufunc: SciPy's function; None if this SciPy does not have it yet: then nothing is declared.
        partials: ∂z/∂operand as for `elementwise`; None where no rule is known. A variable there
            is refused, where it would be recorded.
        domain: where its operands may lie in tests.
        also: other functions that it stands for.
    """

    def declare(stub: Callable[..., Any]) -> Callable[..., Any]:
        name = stub.__name__
        operands = stub.__code__.co_varnames[: stub.__code__.co_argcount]
        if ufunc is None:
            return _missing(stub)
        on_floats = f"scipy_{name}"
        if on_floats not in FLOAT_FUNCTIONS:
            float_function(on_floats, functools.partial(_as_float, ufunc))
        stub.__name__ = f"special_{name}"
        stub.__qualname__ = name
        call: Any = elementwise(
            arrays=ufunc if len(operands) == 1 else functools.partial(_beside_numbers, ufunc),
            floats=f"{on_floats}({', '.join(operands)})",
            text=f"{name}({', '.join('{' + x + '}' for x in operands)})",
            partials=partials,
            domain=domain,
            kink=kink,
            method=False,
        )(stub)
        function = _refusing(name, operands, call) if None in partials else call
        function.__name__ = name
        for one in (ufunc, *also):
            FUNCTIONS.setdefault(one, function)  # a declaration of a user's own stands
        return function  # type: ignore[no-any-return]

    return declare


def of_arrays(name: str, arrays: Rule) -> Rule:
    """A function of SciPy's, the value of the structural primitive `name`, as one of arrays of
    Values as well."""

    def dispatched(*operands: Any, **params: Any) -> Any:
        if any(map(is_variable, operands)):
            return apply(PRIMITIVES[name], operands, params)
        given = [np.asarray(x) for x in operands]
        if any(x.dtype.kind == "O" for x in given):
            raise TypeError(f"{name}: numbers are needed")
        return arrays(*given, **params)

    return of_numbers(dispatched)


def also(function: Rule, *ufuncs: Any) -> Rule:
    """Let a function stand for ufuncs of SciPy's."""
    for ufunc in ufuncs:
        FUNCTIONS.setdefault(ufunc, function)
    return function


def shifted(constant: Any, by: float) -> Any:
    """A constant, be it a list or truth value, plus a number: the order beside it."""
    return constant + by if isinstance(constant, int | float) else np.asarray(constant) + by


def _as_float(ufunc: Any, *operands: float) -> float:
    return float(ufunc(*operands))


def _beside_numbers(ufunc: Any, *operands: Any) -> Any:
    """The values in the dtype of the arrays: a number of Python's does not make float64 of float32,
    as it does in some of SciPy's functions and not in others."""
    if not any(isinstance(x, float | int) for x in operands):
        return ufunc(*operands)
    arrays = [x for x in operands if not isinstance(x, float | int)]
    if not arrays or np.result_type(*arrays) != np.float32:
        return ufunc(*operands)
    return ufunc(*(np.float32(x) if isinstance(x, float | int) else x for x in operands))


def _refusing(name: str, operands: tuple[str, ...], call: Any) -> Any:
    """The function, but with an error for a variable in a place that has no rule."""
    constants = call.primitive.constants

    @functools.wraps(call)
    def function(*given: Any, **named: Any) -> Any:
        if named:
            given = (*given, *(named.pop(x) for x in operands[len(given) :] if x in named))
        for i in constants:
            if i < len(given) and is_recording() and _holds_variable(given[i]):
                raise TypeError(
                    f"scipy.special.{name} has no rule for the derivative by {operands[i]}: give "
                    f"{operands[i]}.detach() if no gradient is to flow through it"
                )
        return call(*given, **named)

    return function


def _holds_variable(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype == object and any(map(is_variable, x.flat))
    return is_variable(x) or (isinstance(x, list | tuple) and any(map(_holds_variable, x)))


def _missing(stub: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(stub)
    def function(*given: Any) -> Any:
        raise TypeError(f"scipy.special.{stub.__name__}: this SciPy does not have it")

    return function
