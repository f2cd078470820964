"""particle: where a charge must be for a particle in its field to arrive at the origin.

The field is a derivative, and the search differentiates through it.
"""

from __future__ import annotations

import functools
from typing import Any

import autograd_lite as al
from benchmarks.gradbench.optimiser import MODES, VARIANTS, Function, Point, argmin
from benchmarks.gradbench.problem import Functions, Prepared

STEP = 0.1


def potential(x: Point, w: Any) -> Any:
    """Σ 1/‖x − c‖ of charges at (10, 10 − w) and (10, 0)."""
    return sum(
        1.0 / al.sqrt((x[0] - 10.0) * (x[0] - 10.0) + (x[1] - c) * (x[1] - c))
        for c in (10.0 - w, 0.0)
    )


FIELDS = {name: al.compile(mode(potential)) for name, mode in MODES.items()}
"""∇p. Where it is differentiated from outside it runs as it stands, else compiled."""


def missed_by(field: Any) -> Function:
    """The square of where the particle crosses the axis, for a charge that w moves."""

    def energy(w: Point) -> Any:
        x, v = [0.0, 8.0], [0.75, 0.0]
        while True:
            slope = field(x, w[0])
            x = [a + STEP * b for a, b in zip(x, v, strict=True)]
            if x[1] <= 0.0:
                crossing = x[0] - x[1] / v[1] * v[0]
                return crossing * crossing
            v = [a - STEP * b for a, b in zip(v, slope, strict=True)]

    return energy


def variant(name: str, given: Any) -> Prepared:
    """The best w, with the modes of the outer and the inner derivative."""
    outer, inner = tuple(name)
    energy = missed_by(FIELDS[inner])
    w = float(given["w"])
    return Prepared(lambda: argmin(energy, MODES[outer](energy), [w])[0])


FUNCTIONS: Functions = {name: functools.partial(variant, name) for name in VARIANTS}
