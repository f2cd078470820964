"""Numerical differentiation: what the gradients are checked against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.primitive import Array, detached


def numerical_gradient(f: Callable[[Any], Any], x: Any, h: float | None = None) -> Any:
    """∂f/∂x by central differences, (f(x+h) − f(x−h)) / 2h, for each element of x.

    Costs two evaluations an element; the error is of order h² from the curve and ε·|f|/h from
    rounding (row 002-16). f gets plain numbers and arrays: nothing is recorded.

    Args:
        f: a function of one number or array that returns one number.
        x: where; a number, or an array of floating-point numbers. Not changed.
        h: the step; by default ε^(1/3)·max(1, |x|), with ε of x's dtype (Press et al.,
            Numerical Recipes, 3rd ed., section 5.7).

    Raises:
        TypeError: if x is no real number or array of them, or f returns no number.
        ValueError: if h is not positive.

    >>> round(numerical_gradient(lambda x: x**3, 2.0), 6)
    12.0
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, 2.0])).round(6)
    array([2., 4.])
    """
    if h is not None and not h > 0:
        raise ValueError(f"numerical_gradient: the step h must be positive, not {h}")
    x = detached(x)
    if not isinstance(x, np.ndarray) or x.ndim == 0:
        if isinstance(x, complex | str | bytes) or np.asarray(x).dtype.kind not in "fiub":
            raise TypeError(
                f"numerical_gradient: x is of type {type(x).__name__}; "
                "real numbers or arrays of them are needed"
            )
        return _slope(f, float(x), h, np.finfo(np.float64).eps)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"numerical_gradient: x has dtype {x.dtype}; real numbers are needed")
    x = x.astype(x.dtype if x.dtype.kind == "f" else np.float64)
    slopes = np.empty_like(x)
    for index in np.ndindex(x.shape):
        slopes[index] = _slope(_along(f, x, index), x[index], h, np.finfo(x.dtype).eps)
    return slopes


def _along(f: Callable[[Any], Any], x: Array, index: tuple[int, ...]) -> Callable[[Any], Any]:
    """f as a function of one element of x."""

    def moved(element: Any) -> Any:
        other = x.copy()
        other[index] = element
        return f(other)

    return moved


def _slope(f: Callable[[Any], Any], x: Any, h: float | None, eps: Any) -> float:
    step = h if h is not None else float(eps) ** (1 / 3) * max(1.0, abs(float(x)))
    above, below = x + step, x - step  # the true step is what is left after rounding
    return (_number(f(above)) - _number(f(below))) / float(above - below)


def _number(y: Any) -> float:
    y = detached(y)
    if np.ndim(y) or isinstance(y, complex | str):
        raise TypeError(
            f"numerical_gradient: f returned {type(y).__name__} of shape {np.shape(y)}; "
            "one real number is needed"
        )
    return float(y)
