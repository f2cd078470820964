"""saddle: min over x of max over y of (x₁² + x₂²) − (y₁² + y₂²), a search inside a search."""

from __future__ import annotations

import functools
from typing import Any

import autograd_lite as al
from benchmarks.gradbench.optimiser import MODES, VARIANTS, Point, argmin
from benchmarks.gradbench.problem import Functions, Prepared


def surface(x: Point, y: Point) -> Any:
    """(x₁² + x₂²) − (y₁² + y₂²)."""
    return x[0] * x[0] + x[1] * x[1] - (y[0] * y[0] + y[1] * y[1])


def sunk(y: Point, x: Point) -> Any:
    """Its negative, as a function of y first."""
    return -surface(x, y)


DEPTH = al.compile(sunk)
SLOPES = {name: al.compile(mode(sunk)) for name, mode in MODES.items()}
"""Where they are differentiated from outside they run as they stand, else compiled."""


def saddle_point(start: Point, outer: str, inner: str) -> Point:
    """x* and then y*; the outer derivative goes through the search for y."""

    def best(x: Point) -> Point:
        slope = SLOPES[inner]
        return argmin(lambda y: DEPTH(y, x), lambda y: slope(y, x), start)

    def greatest(x: Point) -> Any:
        return surface(x, best(x))

    x = argmin(greatest, MODES[outer](greatest), start)
    return [*x, *best(x)]


def variant(name: str, given: Any) -> Prepared:
    """The saddle point, with the modes of the outer and the inner derivative."""
    start = [float(a) for a in given["start"]]
    return Prepared(lambda: saddle_point(start, *name))


FUNCTIONS: Functions = {name: functools.partial(variant, name) for name in VARIANTS}
