"""Linear interpolation between points, and weights counted in bins.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in, is_complex
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where as either
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.rows import numbers_of
from autograd_lite.primitives.shape import Shape, dimensions_of, operand, shape_of


def _constant(name: str, **given: Any) -> None:
    """Refuse variables where a constant is meant."""
    for what, x in given.items():
        if is_variable(x):
            raise TypeError(f"{name}: {what} is a constant here; give {what}.detach()")


# ---------------------------------------------------------------- interpolation


def _double(name: str, x: Any) -> Any:
    """An operand in 64 bits, as np.interp computes."""
    x = operand(name, x)
    kind = getattr(x, "dtype", np.dtype(float)).kind
    if kind in "iub":
        return np.asarray(x, float)[()]
    return x if kind == "O" else computed_in(name, x, np.complex128 if kind == "c" else float)


def _interp_cases(shape: Shape) -> Iterator[Case]:
    places, values = np.array([-2.0, -0.5, 0.3, 2.5]), np.array([1.0, -1.0, 0.4, 2.0])
    yield (shape,), (places, values), {}
    yield (shape,), (places, values), {"left": -0.3, "right": 0.7}
    yield (shape,), (np.array([0.1, 0.9, 0.5]), np.array([1.0, 2.0, -1.0])), {"period": 1.2}
    yield (shape,), (np.array([0.4]), np.array([2.0])), {}


def _knots(x: Any, xp: Any, fp: Any, *args: Any, period: Any = None, **rest: Any) -> Any:
    """The least distance to a point, where the slope changes."""
    x, xp = np.asarray(x)[..., None], np.asarray(xp)
    if period is not None:
        x, xp = x % period, np.concatenate([xp % period, [0.0, period]])
    return np.min(np.abs(x - xp), initial=np.inf)


@composed(np.interp, method=False, cases=_interp_cases, kink=_knots)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The value at x of the line through the points (xp, fp).

    ∂z/∂x is the slope: at a point that of the line to its right, at the last one to its left, and 0
    beyond both. xp and fp get gradients as well: fp in the shares in which it is interpolated.

    Args:
        x: where, numbers of any shape.
        xp, fp: the points, xp increasing, unless there is a period.
        left, right: the value to the left and to the right of them; that at the first and at the
            last one, if it is not given.
        period: after how much the line repeats itself, a constant.

    >>> float(interp(2.5, [1.0, 2.0, 3.0], [3.0, 2.0, 0.0]))
    1.0
    """
    _constant("interp", period=period)
    x, xp, fp = (_double("interp", v) for v in (x, xp, fp))
    if is_complex(x) or is_complex(xp):
        raise TypeError("interp: x and xp must be real; fp may be complex")
    if dimensions_of(xp) != 1 or shape_of(xp) != shape_of(fp) or not shape_of(xp)[0]:
        raise ValueError(
            f"interp: points of shapes {shape_of(xp)} and {shape_of(fp)}; give xp and fp as "
            "sequences of the same length, of one point at least"
        )
    if period is not None:
        x, xp, fp = _unrolled(x, xp, fp, period)
        left = right = None
    at, places = numbers_of(x), numbers_of(xp)
    before, behind = at < places[0], at > places[-1]
    single = places[0] == places[-1]
    z = fp[-1] + 0.0 * x if single else _on_line(x, xp, fp, at, places)
    for outside, given, i in ((before, left, 0), (behind, right, -1)):
        if np.any(outside):
            z = either(outside, fp[i] if given is None else _double("interp", given), z)
    return z


def _on_line(x: Any, xp: Any, fp: Any, at: Array, places: Array) -> Any:
    """The value at x of the line from the last point that is not to its right; at the last point of
    all, of the line that ends there."""
    at_end = at >= places[-1]
    i = np.clip(np.searchsorted(places, at, "right") - 1, 0, len(places) - 2)
    i = np.where(at_end, np.searchsorted(places, places[-1]) - 1, i)
    start = np.where(at_end, len(places) - 1, i)
    with np.errstate(all="ignore"):  # beyond the points, where it is not taken
        slope = (fp[i + 1] - fp[i]) / (xp[i + 1] - xp[i])
        return slope * (x - xp[start]) + fp[start]


def _unrolled(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """x and the points within one period, in order, with a point more at either end."""
    if period == 0:
        raise ValueError("interp: the period must not be 0")
    period = np.abs(period)

    def within(v: Any) -> Any:
        plain = numbers_of(v)
        return v - (plain - plain % period)

    x, xp = within(x), within(xp)
    order = np.argsort(numbers_of(xp))
    xp, fp = xp[order], fp[order]
    xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
    return x, xp, concatenate([fp[-1:], fp, fp[:1]])
