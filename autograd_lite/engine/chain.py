"""The chain rule at one operation: what every pullback of an elementwise primitive does."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Rule


def detached(x: Any) -> Any:
    """The plain data of a variable; what is no variable as it is."""
    return getattr(x, "_plain", x)


def times(g: Any, partial: Any) -> Any:
    """The product g·partial of the chain rule, in which 0·inf and 0·nan are 0.

    Where nothing flows back (g is 0, as behind the branch of a `where` that is not taken) or the
    local derivative is 0, nothing arrives, even if the other factor is inf or nan: the derivative
    of `where(x > 0, sqrt(x), 0)` at 0 is 0.
    """
    product = g * partial
    plain = detached(product)
    if plain.__class__ is not np.ndarray:
        if plain == plain:
            return product
    else:
        # a sum of squares is nan only if one of them is: a pass as fast as BLAS
        total = np.vdot(plain, plain)
        if total == total:
            return product
    nothing = (detached(g) == 0) | (detached(partial) == 0)
    return PRIMITIVES["where"].function(nothing, 0.0, product)


def pullback(count: int, rule: Rule | float | None) -> Rule | None:
    """The chain rule for one of `count` operands of an elementwise primitive: g·∂z/∂operand."""
    if rule is None:
        return None
    if callable(rule):
        if count == 1:  # apart, for calls with a fixed number of arguments are faster
            return lambda g, z, x: times(g, rule(x, z))
        if count == 2:
            return lambda g, z, x, y: times(g, rule(x, y, z))
        return lambda g, z, *operands: times(g, rule(*operands, z))
    if rule == 1.0:
        return lambda g, z, *operands: g
    if rule == -1.0:
        return lambda g, z, *operands: -g
    return lambda g, z, *operands: times(g, rule)
