"""saddle: min over x of max over y of (x₁² + x₂²) − (y₁² + y₂²), a search inside a search."""

from __future__ import annotations

import functools
from typing import Any

from benchmarks.gradbench.optimiser import MODES, VARIANTS, Point, argmax, argmin
from benchmarks.gradbench.problem import Functions, Prepared


def surface(x: Point, y: Point) -> Any:
    """(x₁² + x₂²) − (y₁² + y₂²)."""
    return x[0] * x[0] + x[1] * x[1] - (y[0] * y[0] + y[1] * y[1])


def saddle_point(start: Point, outer: str, inner: str) -> Point:
    """x* and then y*; the outer derivative goes through the search for y."""

    def best(x: Point) -> Point:
        return argmax(lambda y: surface(x, y), MODES[inner], start)

    def greatest(x: Point) -> Any:
        return surface(x, best(x))

    x = argmin(greatest, MODES[outer](greatest), start)
    return [*x, *best(x)]


def variant(name: str, given: Any) -> Prepared:
    """The saddle point, with the modes of the outer and the inner derivative."""
    start = [float(a) for a in given["start"]]
    return Prepared(lambda: saddle_point(start, *name))


FUNCTIONS: Functions = {name: functools.partial(variant, name) for name in VARIANTS}
