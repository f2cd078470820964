"""The search of particle and saddle: steepest descent that looks for its step as it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.transforms import while_loop

Point = list[Any]
"""Numbers, or what stands in for them in a program."""
Function = Callable[..., Any]
Gradient = Callable[..., Point]


def forward(f: Function) -> Gradient:
    """The gradient by the first argument in forward mode: a pass for each number of it."""

    def gradient(x: Point, *others: Any) -> Point:
        def at(x: Point) -> Any:
            return f(x, *others)

        units = ([1.0 if i == j else 0.0 for j in range(len(x))] for i in range(len(x)))
        return [al.jvp(at, (x,), (unit,))[1] for unit in units]

    return gradient


MODES: dict[str, Callable[[Function], Gradient]] = {"r": al.grad, "f": forward}
"""What makes a function its gradient: in reverse mode, and in forward mode."""
VARIANTS = ("rr", "rf", "fr", "ff")
"""The modes of the outer derivative and of the inner."""

SMALL = 1e-5


def argmin(f: Function, gradient: Gradient, x: Point) -> Point:
    """Where f is least, from x on, for a program: the loop and its choices are part of it.

    A step that goes down is made, and after ten of them the rate doubles; else it is halved. The
    search ends where the gradient is short, or at a step that would be.
    """

    def going(search: dict[str, Any]) -> Any:
        return search["going"] > 0.0

    def step(search: dict[str, Any]) -> dict[str, Any]:
        often = search["went_well"] == 10.0
        rate = np.where(often, 2.0 * search["rate"], search["rate"])
        went_well = np.where(often, 0.0, search["went_well"])
        x = search["x"]
        moved = [a - rate * b for a, b in zip(x, search["slope"], strict=True)]
        value = f(moved)
        far = is_long([a - b for a, b in zip(x, moved, strict=True)])
        better = np.logical_and(far, value < search["value"])
        slope = chosen(better, gradient(moved), search["slope"])
        return {
            "x": chosen(better, moved, x),
            "value": np.where(better, value, search["value"]),
            "slope": slope,
            "rate": np.where(better, rate, rate / 2.0),
            "went_well": np.where(better, went_well + 1.0, 0.0),
            "going": np.where(np.logical_and(far, is_long(slope)), 1.0, 0.0),
        }

    slope = gradient(x)
    start = {
        "x": x,
        "value": f(x),
        "slope": slope,
        "rate": SMALL,
        "went_well": 0.0,
        "going": np.where(is_long(slope), 1.0, 0.0),
    }
    found: Point = while_loop(going, step, start)["x"]
    return found


def chosen(condition: Any, x: Point, y: Point) -> Point:
    """x where the condition holds, else y."""
    return [np.where(condition, a, b) for a, b in zip(x, y, strict=True)]


def is_long(x: Point) -> Any:
    """Whether √Σ xᵢ² is more than the tolerance."""
    return np.sqrt(sum(a * a for a in x)) > SMALL
