"""particle: where a charge must be for a particle in its field to arrive at the origin.

The field is a derivative, and the search differentiates through it and through the flight. All of
it is one program: a loop as long as the search goes on, in which a loop as long as it flies.
"""

from __future__ import annotations

import functools
from typing import Any

import autograd_lite as al
from autograd_lite.transforms import while_loop
from benchmarks.gradbench.optimiser import MODES, VARIANTS, Function, Point, argmin
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, traced

STEP = 0.1


def potential(x: Point, w: Any) -> Any:
    """Σ 1/‖x − c‖ of charges at (10, 10 − w) and (10, 0)."""
    return sum(
        1.0 / al.sqrt((x[0] - 10.0) * (x[0] - 10.0) + (x[1] - c) * (x[1] - c))
        for c in (10.0 - w, 0.0)
    )


def missed_by(inner: str) -> Function:
    """The square of where the particle crosses the axis, for a charge that w moves."""
    field = MODES[inner](potential)

    def energy(w: Point) -> Any:
        def above(state: Point) -> Any:  # after the next step
            return state[1] + STEP * state[3] > 0.0

        def step(state: Point) -> Point:
            x, v = state[:2], state[2:]
            slope = field(x, w[0])
            moved = [a + STEP * b for a, b in zip(x, v, strict=True)]
            return moved + [a - STEP * b for a, b in zip(v, slope, strict=True)]

        x0, x1, v0, v1 = while_loop(above, step, [0.0, 8.0, 0.75, 0.0])
        x0, x1 = x0 + STEP * v0, x1 + STEP * v1
        crossing = x0 - x1 / v1 * v0
        return crossing * crossing

    return energy


def variant(name: str, given: Any) -> Prepared:
    """The best w, with the modes of the outer and the inner derivative."""
    outer, inner = tuple(name)
    energy = missed_by(inner)
    slope = MODES[outer](energy)

    @al.compile(backend=BACKEND)
    def best(w: float) -> Any:
        return argmin(energy, slope, [w])[0]

    w = float(given["w"])
    return traced(lambda: best(w))


FUNCTIONS: Functions = {name: functools.partial(variant, name) for name in VARIANTS}
