"""The search of particle and saddle: steepest descent that looks for its step as it goes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import autograd_lite as al

Point = list[Any]
"""Numbers: Python's, or Values where something is differentiated outside."""
Function = Callable[[Point], Any]
Gradient = Callable[[Point], Point]

MODES: dict[str, Callable[[Callable[..., Any]], Callable[..., Point]]] = {
    "r": al.grad,
    "f": functools.partial(al.jacobian, mode="forward"),
}
"""What makes a function its gradient: in reverse mode, and in forward mode."""
VARIANTS = ("rr", "rf", "fr", "ff")
"""The modes of the outer derivative and of the inner."""

SMALL = 1e-5


def argmin(f: Function, gradient: Gradient, x: Point) -> Point:
    """Where f is least, from x on: the steps grow after ten that went well, and else shrink."""
    rate, went_well = SMALL, 0
    value, slope = f(x), gradient(x)
    while norm(slope) > SMALL:
        if went_well == 10:
            rate, went_well = 2.0 * rate, 0
            continue
        moved = [a - rate * b for a, b in zip(x, slope, strict=True)]
        if norm([a - b for a, b in zip(x, moved, strict=True)]) <= SMALL:
            return x
        there = f(moved)
        if there < value:
            x, value, slope = moved, there, gradient(moved)
            went_well += 1
        else:
            rate, went_well = rate / 2.0, 0
    return x


def norm(x: Point) -> float:
    """√Σ xᵢ², of the numbers: nothing depends on it but where a search goes on."""
    return math.sqrt(sum(number(a) ** 2 for a in x))


def number(x: Any) -> float:
    """The number of a variable."""
    return float(getattr(x, "data", x))
