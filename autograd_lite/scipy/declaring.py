"""How a function of scipy.special is declared: as an elementwise primitive under a name of its own.

In the table it stands as `special_gammaln`, so that it meets neither the library's own functions
(`erf`) nor what a user has declared (`gamma`); it is written `gammaln(x)`, as SciPy calls it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.floats import FLOAT_FUNCTIONS, float_function
from autograd_lite.engine.modes import is_recording
from autograd_lite.engine.numpy_protocol import FUNCTIONS
from autograd_lite.engine.primitive import POSITIVE, REAL, Interval, Rule
from autograd_lite.engine.variable import is_variable

UNIT: tuple[Interval, ...] = ((0.05, 0.95),)
"""Probabilities, for tests."""
BOTH: tuple[Interval, ...] = ((-0.9, -0.1), (0.1, 0.9))

__all__ = ["BOTH", "POSITIVE", "REAL", "UNIT", "also", "special"]


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
            arrays=ufunc,
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
            FUNCTIONS[one] = function
        return function  # type: ignore[no-any-return]

    return declare


def also(function: Rule, *ufuncs: Any) -> Rule:
    """Let a function stand for ufuncs of SciPy's."""
    FUNCTIONS.update(dict.fromkeys(ufuncs, function))
    return function


def _as_float(ufunc: Any, *operands: float) -> float:
    return float(ufunc(*operands))


def _refusing(name: str, operands: tuple[str, ...], call: Any) -> Any:
    """The function, but with an error for a variable in a place that has no rule."""
    constants = call.primitive.constants

    @functools.wraps(call)
    def function(*given: Any) -> Any:
        for i in constants:
            if i < len(given) and is_recording() and _holds_variable(given[i]):
                raise TypeError(
                    f"scipy.special.{name} has no rule for the derivative by {operands[i]}: give "
                    f"{operands[i]}.detach() if no gradient is to flow through it"
                )
        return call(*given)

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
