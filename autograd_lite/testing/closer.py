"""A closer look at one element: its derivative to many digits, or the kink that is in the way.

The first look (`autograd_lite.testing.differences`) costs two evaluations an element. Where its
difference and the analytic gradient do not agree, some sixty more evaluations along that element
decide: differences at twenty steps, extrapolated, with an error estimate, on both sides together
and on each side alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from autograd_lite.numerical.differences import (
    Estimate,
    best_step,
    extrapolated,
    halved,
    rounding_noise,
)

SAFETY = 10.0
"""How many times its own estimated error a numerical derivative may be off. Of ten thousand of
random programs none was off by more than once."""

ROUNDINGS = 1000.0
"""So many rounding errors of the size of f are granted to a gradient, in which terms may cancel."""
LEAST = 100.0
"""A difference of fewer rounding errors of the size of 1 is never called wrong: a result of 0 may
be what is left of terms of that size."""

Line = Callable[[float], tuple[float, float]]
"""Along an element: how far it is moved -> (how much f changes, the size of what was rounded)."""


@dataclass(frozen=True)
class Verdict:
    """What a closer look at one element found."""

    kind: Literal["right", "wrong", "kink", "unclear"]
    """`kink`: no derivative within reach, and the gradient is one of the two sides' or between
    them. `unclear`: the gradient is not refuted, but the numerical error is as large as it."""
    value: float
    """The numerical derivative; at a kink the one from the right."""
    error: float
    note: str = ""
    """At a kink, what was found there."""


@dataclass(frozen=True)
class _Side:
    """What f does on one side of a point."""

    kind: Literal["smooth", "jump", "steep", "undefined"]
    slope: float
    error: float


def look_closer(line: Line, x: float, analytic: float, eps: float, floor: float = 0.0) -> Verdict:
    """Compare ∂f/∂x with the derivative of f along the element x.

    Args:
        line: f along the element.
        x: the element.
        analytic: what is claimed.
        eps: the spacing of the floating-point numbers that f computes with.
        floor: what no gradient can resolve.
    """
    plain = _plainly_wrong(line, x, analytic, eps)
    if plain is not None:
        return plain
    scale = max(1.0, abs(x))
    finest = best_step(x, eps) / 64
    if x:
        finest = max(min(finest, best_step(0.0, eps) / 64 * abs(x)), eps * scale * 16)
    steps = halved(scale / 16, finest)
    up, down = ([line(sign * step) for step in steps] for sign in (1.0, -1.0))
    sizes = [size for _, size in (*up, *down) if math.isfinite(size)]
    noise = max(eps * max(sizes, default=0.0), _noise(line, eps, scale))
    right = _side([y for y, _ in up], steps, noise)
    left = _side([-y for y, _ in down], steps, noise)
    half = math.sqrt(eps)  # half of the digits
    if _is_kink(left, right, half, floor):
        return _at_kink(left, right, analytic, half)
    pairs = zip(up, down, steps, strict=True)
    slopes = [(u - d) / (2.0 * h) for (u, _), (d, _), h in pairs]
    value, error = _estimate(slopes, steps, 2, 4.0 * noise)
    large = max(abs(analytic), abs(value))
    off = abs(analytic - value)
    if not off <= SAFETY * error + half * large + floor:
        return Verdict("unclear" if off <= LEAST * eps else "wrong", value, error)
    usual = 100.0 * eps ** (2 / 3) * max(sizes, default=0.0)  # what differences can resolve
    unclear = SAFETY * error > max(0.1 * large, usual)
    return Verdict("unclear" if unclear else "right", value, error)


def _plainly_wrong(line: Line, x: float, analytic: float, eps: float) -> Verdict | None:
    """Six evaluations are enough where f is smooth and the gradient far from its slope."""
    step = best_step(x, eps)
    steps = (4.0 * step, step, step / 4.0)
    up, down = ([line(sign * h)[0] / (sign * h) for h in steps] for sign in (1.0, -1.0))
    slopes = [(u + d) / 2.0 for u, d in zip(up, down, strict=True)]
    spread = max(slopes) - min(slopes)
    apart = max(abs(u - d) for u, d in zip(up, down, strict=True))  # at a kink the sides differ
    off = abs(analytic - slopes[1])
    large = max(abs(analytic), abs(slopes[1]))
    if off > 0.01 * large and off > 100.0 * (spread + apart) and off > math.sqrt(eps):
        return Verdict("wrong", slopes[1], spread)
    return None


def _estimate(slopes: list[float], steps: list[float], power: int, noise: float) -> Estimate:
    value, error = extrapolated(slopes, steps, power, noise)
    return Estimate(float(value), float(error))


def _noise(line: Line, eps: float, scale: float) -> float:
    return float(rounding_noise(lambda t: line(t)[0], math.sqrt(eps) * scale))


def _side(changes: list[float], steps: list[float], noise: float) -> _Side:
    """What f does on one side, from how much it changes over each step, the smallest last."""
    last = [abs(y) for y in changes[-5:]]
    if not math.isfinite(last[-1]):
        return _Side("undefined", math.nan, math.inf)
    if last[-1] > 100.0 * noise:  # halving the step halves the change, or less where f is flat
        kept = min(b / a if a else math.inf for a, b in pairwise(last))
        if kept > 0.54:
            return _Side("jump" if kept > 0.95 else "steep", math.nan, math.inf)
    slopes = [y / h for y, h in zip(changes, steps, strict=True)]
    return _Side("smooth", *_estimate(slopes, steps, 1, 4.0 * noise))


def _is_kink(left: _Side, right: _Side, half: float, floor: float) -> bool:
    if left.kind != "smooth" or right.kind != "smooth":
        return True
    apart = abs(left.slope - right.slope)
    large = max(abs(left.slope), abs(right.slope))
    return apart > SAFETY * (left.error + right.error) + half * large + floor


def _at_kink(left: _Side, right: _Side, analytic: float, half: float) -> Verdict:
    """Where there is no derivative: any between the slopes of the two sides is taken for right."""
    kinds = {left.kind, right.kind}
    smooth = [side for side in (left, right) if side.kind == "smooth"]
    slopes = [side.slope for side in smooth]
    error = max((side.error for side in smooth), default=math.inf)
    if kinds == {"smooth"}:
        note = f"a kink: slope {left.slope:.6g} on the left, {right.slope:.6g} on the right"
    elif "undefined" in kinds:
        note = "the edge of where f is defined"
    elif "jump" in kinds:
        note = "f jumps here"
    else:
        note = "f is infinitely steep here"
    value = slopes[-1] if slopes else math.nan
    if math.isnan(analytic):
        return Verdict("wrong", value, error, note)
    if "steep" in kinds and math.isinf(analytic):
        return Verdict("kink", value, error, note)
    if not smooth:
        return Verdict("kink", value, error, note)
    slack = SAFETY * error + half * max(abs(s) for s in slopes)
    between = min(slopes) - slack <= analytic <= max(slopes) + slack
    return Verdict("kink" if between else "wrong", value, error, note)
