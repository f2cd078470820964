"""saddle: min over x of max over y of (x₁² + x₂²) − (y₁² + y₂²), a search inside a search.

Both are one program: the outer derivative goes through the steps of the inner search.
"""

from __future__ import annotations

import functools
from typing import Any

import autograd_lite as al
from benchmarks.gradbench.optimiser import MODES, VARIANTS, Point, argmin
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, traced


def surface(x: Point, y: Point) -> Any:
    """(x₁² + x₂²) − (y₁² + y₂²)."""
    return x[0] * x[0] + x[1] * x[1] - (y[0] * y[0] + y[1] * y[1])


def saddle_point(start: Point, outer: str, inner: str) -> Point:
    """x* and then y*."""

    def best(x: Point) -> Point:
        def sunk(y: Point) -> Any:
            return -surface(x, y)

        return argmin(sunk, MODES[inner](sunk), start)

    def greatest(x: Point) -> Any:
        return surface(x, best(x))

    x = argmin(greatest, MODES[outer](greatest), start)
    return [*x, *best(x)]


def variant(name: str, given: Any) -> Prepared:
    """The saddle point, with the modes of the outer and the inner derivative."""
    outer, inner = tuple(name)

    @al.compile(backend=BACKEND)
    def found(start: Point) -> Point:
        return saddle_point(start, outer, inner)

    start = [float(a) for a in given["start"]]
    return traced(lambda: found(start))


FUNCTIONS: Functions = {name: functools.partial(variant, name) for name in VARIANTS}
