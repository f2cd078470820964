"""The chain rule at one operation: what every pullback of an elementwise primitive does."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Rule
from autograd_lite.engine.stand_ins import StandIn

ndarray, float64 = np.ndarray, np.float64
DOUBLE = np.dtype(float64)


def detached(x: Any) -> Any:
    """The plain data of a variable; what is no variable as it is."""
    return getattr(x, "_plain", x)


def has_nan(x: Any) -> bool:
    """Whether there is a nan among the numbers of an array or variable (of all examples); of what
    is not known yet, there may be."""
    plain = detached(x)
    numbers = plain.numbers() if hasattr(plain, "numbers") else plain
    if isinstance(numbers, StandIn):
        return True
    return bool(np.isnan(numbers).any())


def times(g: Any, partial: Any) -> Any:
    """The product g·partial of the chain rule, in which 0·inf and 0·nan are 0.

    Where nothing flows back (g is 0, as behind the branch of a `where` that is not taken) or the
    local derivative is 0, nothing arrives, even if the other factor is inf or nan: the derivative
    of `where(x > 0, sqrt(x), 0)` at 0 is 0.
    """
    product = plain = g * partial
    kind = product.__class__
    if kind is not ndarray and kind is not float64:
        plain = detached(product)
        kind = plain.__class__
    if kind is float64 or kind is float:
        if plain == plain:
            return product
    elif kind is not ndarray:
        if isinstance(plain, StandIn):
            return plain.product(g, partial, product)
        if hasattr(product, "guarded"):  # a stand-in, of which straight-line code is made
            return product.guarded(g, partial)
        if plain == plain:
            return product
    else:
        # a sum of squares is nan only if one of them is: a pass as fast as BLAS
        total = np.vdot(plain, plain)
        if total == total:
            return product
    return without_nothing(g, partial, product)


def without_nothing(g: Any, partial: Any, product: Any) -> Any:
    """The product g·partial with 0 where it is nan because a factor is 0; only there, so that the
    derivative of what is finite is not lost."""
    plain = detached(product)
    nothing = (plain != plain) & ((detached(g) == 0) | (detached(partial) == 0))
    return PRIMITIVES["where"].function(nothing, 0.0, product)


def pullback(count: int, rule: Rule | float | None, index: int = 0) -> Rule | None:
    """The chain rule for one of `count` operands of an elementwise primitive: g·∂z/∂operand. Of a
    number beside an array it may be the sum of that."""
    if rule is None:
        return None
    if callable(rule):
        if count == 1:  # apart, for calls with a fixed number of arguments are faster
            return lambda g, z, x: times(g, rule(x, z))
        if count == 2:
            return _of_two(rule, index)
        return lambda g, z, *operands: times(g, rule(*_as_precise(operands, z), z))
    if rule == 1.0:
        return lambda g, z, *operands: g
    if rule == -1.0:
        return lambda g, z, *operands: -g
    return lambda g, z, *operands: times(g, rule)


def _of_two(rule: Rule, index: int) -> Rule:
    def pull(g: Any, z: Any, x: Any, y: Any) -> Any:
        kind = x.__class__
        if kind is not y.__class__ or (
            kind is not float64 and getattr(x, "dtype", 0) is not getattr(y, "dtype", 0)
        ):
            x, y = _as_precise((x, y), z)
            kind = (y if index else x).__class__
            if g.__class__ is ndarray and issubclass(kind, float):
                return _summed_times(g, rule(x, y, z))
        if kind is not ndarray and kind is not float64 and issubclass(kind, StandIn):
            return (y if index else x).own_product(g, rule(x, y, z), times)
        return times(g, rule(x, y, z))

    return pull


def _summed_times(g: Any, partial: Any) -> Any:
    """The gradient of a number that stood beside an array: in one pass, without the products, if
    none of them is nan."""
    if (
        partial.__class__ is ndarray
        and g.shape == partial.shape
        and g.dtype is partial.dtype is DOUBLE
    ):
        total = np.vdot(g, partial)
        if total == total:
            return total
    return times(g, partial)


def _as_precise(operands: tuple[Any, ...], z: Any) -> tuple[Any, ...]:
    """The operands in the floating dtype of the result, where one is coarser: 1/y of a float32 y
    under a float64 x is to be right to the last digit of x."""
    wanted = getattr(z, "dtype", None)
    if wanted is None:
        return operands
    if wanted.kind == "c":  # a real operand as precise, but real
        real = np.empty(0, wanted).real.dtype
        wanted_of = {"c": wanted, "f": real}
    else:
        wanted_of = {"f": wanted}
    return tuple(
        x
        if (held := getattr(x, "dtype", wanted)) == wanted_of.get(held.kind, held)
        or getattr(detached(x), "is_number", False)  # it takes the other's dtype
        else PRIMITIVES["astype"].function(x, wanted_of[held.kind])
        for x in operands
    )
