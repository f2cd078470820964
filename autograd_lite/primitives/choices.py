"""Choices between operands: the greater, the lesser, by a condition, within bounds.

Where two operands tie, there is no derivative; what is taken instead stands with each function.
See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.primitive import Array


def floating(*operands: Any) -> np.dtype[Any]:
    """The floating dtype of a result of these: NumPy's, and float64 of whole numbers alone."""
    dtype: np.dtype[Any] = np.result_type(*operands)
    if dtype.kind == "c":
        return np.empty(0, dtype).real.dtype
    return dtype if dtype.kind == "f" else np.dtype(float)


def _gap(x: Any, y: Any) -> Any:
    return np.abs(x - y)


@elementwise(
    floats="1.0 if x == y else 0.0",
    arrays=lambda x, y: np.equal(x, y).astype(floating(x, y)),
    partials=(0.0, 0.0),
    kink=_gap,
    method=False,
)
def equal(x: Any, y: Any) -> Any:
    """1.0 where x = y, else 0.0; its derivative is taken as 0 everywhere.

    >>> equal(2.0, 2.0)
    1.0
    """


def _step_into(x: Array, out: Array) -> Array:
    np.copyto(out, np.greater(x, 0))
    return out


@elementwise(
    floats="1.0 if x > 0.0 else 0.0",
    arrays=lambda x: np.greater(x, 0).astype(floating(x)),
    into=_step_into,
    partials=(0.0,),
    kink=np.abs,
)
def step(x: Any) -> Any:
    """The step 1 for x > 0, else 0: 0 at 0; its derivative is taken as 0 everywhere.

    >>> step(0.0), step(0.1)
    (0.0, 1.0)
    """


@elementwise(
    np.maximum,
    text="max({x}, {y})",
    floats="x if x > y or x != x else y",
    partials=(
        lambda x, y, z: step(x - y) + 0.5 * equal(x, y),
        lambda x, y, z: step(y - x) + 0.5 * equal(x, y),
    ),
    on_paper=(lambda x, y, z: step(x - y), lambda x, y, z: step(y - x)),
    kink=_gap,
)
def maximum(x: Any, y: Any) -> Any:
    """The greater of x and y; the derivative is 1 for the greater one, ½ for each at a tie.

    >>> maximum(2.0, 3.0)
    3.0
    """


@elementwise(
    np.minimum,
    text="min({x}, {y})",
    floats="x if x < y or x != x else y",
    partials=(
        lambda x, y, z: step(y - x) + 0.5 * equal(x, y),
        lambda x, y, z: step(x - y) + 0.5 * equal(x, y),
    ),
    on_paper=(lambda x, y, z: step(y - x), lambda x, y, z: step(x - y)),
    kink=_gap,
)
def minimum(x: Any, y: Any) -> Any:
    """The lesser of x and y; the derivative is 1 for the lesser one, ½ for each at a tie.

    >>> minimum(2.0, 3.0)
    2.0
    """


@elementwise(
    np.fmax,
    text="fmax({x}, {y})",
    floats="x if x >= y or y != y else y",
    partials=(
        lambda x, y, z: equal(x, z) * (1.0 - 0.5 * equal(y, z)),
        lambda x, y, z: equal(y, z) * (1.0 - 0.5 * equal(x, z)),
    ),
    on_paper=(lambda x, y, z: step(x - y), lambda x, y, z: step(y - x)),
    kink=_gap,
)
def fmax(x: Any, y: Any) -> Any:
    """The greater of x and y, or the one that is not nan; the derivative is 1 for the one that is
    taken, ½ for each at a tie, and 0 where both are nan.

    >>> fmax(np.nan, 3.0)
    3.0
    """


@elementwise(
    np.fmin,
    text="fmin({x}, {y})",
    floats="x if x <= y or y != y else y",
    partials=(
        lambda x, y, z: equal(x, z) * (1.0 - 0.5 * equal(y, z)),
        lambda x, y, z: equal(y, z) * (1.0 - 0.5 * equal(x, z)),
    ),
    on_paper=(lambda x, y, z: step(y - x), lambda x, y, z: step(x - y)),
    kink=_gap,
)
def fmin(x: Any, y: Any) -> Any:
    """The lesser of x and y, or the one that is not nan; the derivative is 1 for the one that is
    taken, ½ for each at a tie, and 0 where both are nan.

    >>> fmin(np.nan, 3.0)
    3.0
    """


@elementwise(
    np.heaviside,
    floats="x if x != x else y if x == 0.0 else 1.0 if x > 0.0 else 0.0",
    partials=(0.0, lambda x, y, z: equal(x, 0.0)),
    kink=lambda x, y: np.abs(x),
)
def heaviside(x: Any, y: Any) -> Any:
    """The step z: 0 for x < 0, 1 for x > 0, and y at x = 0. ∂z/∂x is taken as 0 everywhere;
    ∂z/∂y = 1 at x = 0, else 0.

    >>> heaviside(-2.0, 0.5), heaviside(0.0, 0.5), heaviside(2.0, 0.5)
    (0.0, 0.5, 1.0)
    """


def _truth(condition: Any) -> Any:
    """A condition as the numbers 1 and 0."""
    return where(condition, 1.0, 0.0)


@elementwise(
    np.where,
    floats="x if condition else y",
    partials=(
        None,
        lambda condition, x, y, z: _truth(condition),
        lambda condition, x, y, z: 1.0 - _truth(condition),
    ),
    method=False,
)
def where(condition: Any, x: Any, y: Any) -> Any:
    """z = x where the condition holds, else y; the derivative of the one not taken is 0.

    The condition is a constant: a truth value or an array of them. Nothing flows into the branch
    that is not taken, even if its value or derivative is inf or nan.

    >>> where(True, 2.0, 3.0)
    2.0
    """


def _to_bounds(x: Array, low: Array, high: Array) -> Any:
    gaps = np.abs(x - low), np.abs(x - high), np.abs(low - high)
    return np.minimum(np.minimum(gaps[0], gaps[1]), gaps[2])


@elementwise(
    np.clip,
    floats="min(max(x, a_min), a_max) if x == x and a_min == a_min and a_max == a_max "
    "else x + a_min + a_max",
    partials=(
        lambda x, a_min, a_max, z: equal(x, z),
        lambda x, a_min, a_max, z: (1.0 - equal(x, z)) * (1.0 - equal(a_max, z)) * equal(a_min, z),
        lambda x, a_min, a_max, z: (1.0 - equal(x, z)) * equal(a_max, z),
    ),
    kink=_to_bounds,
    aliases={"min": "a_min", "max": "a_max"},
)
def clip(x: Any, a_min: Any = -np.inf, a_max: Any = np.inf) -> Any:
    """x, but no less than a_min and no more than a_max; a_max where the bounds are the wrong way
    round. ∂z/∂x = 1 where x is kept, at a bound as well (as in PyTorch), else 0; ∂z/∂a_min and
    ∂z/∂a_max are 1 where x is not kept and z is that bound.

    Args:
        x: numbers of any shape.
        a_min, a_max: the bounds: variables, numbers, or arrays that broadcast with x; None, or
            none given, for no bound. Called by name, they may also be min and max.

    >>> clip(np.array([-2.0, 0.5, 3.0]), 0.0, 1.0)
    array([0. , 0.5, 1. ])
    >>> clip(-2.0, None, 1.0)
    -2.0
    """
