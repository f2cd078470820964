"""Numerical differentiation: what the gradients are checked against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array

Method = Literal["central", "richardson", "complex"]
Line = Callable[[float], Any]
"""A function along one element of x: the result, with the element that far from where it is."""


class Estimate(NamedTuple):
    """A numerical derivative, and how far it may be from the true one."""

    value: Any
    error: Any


def numerical_gradient(
    f: Callable[[Any], Any], x: Any, h: float | None = None, *, method: Method = "central"
) -> Any:
    """∂f/∂x by differences, for each element of x. f gets plain numbers: nothing is recorded.

    - `"central"`: (f(x+h) − f(x−h)) / 2h, two evaluations an element. The error is of order h²
      from the curve and ε·|f|/h from rounding.
    - `"richardson"`: central differences at many steps, extrapolated to the step 0; some thirty
      evaluations an element, and most digits right. See `richardson`.
    - `"complex"`: Im f(x+ih) / h, one evaluation an element, exact to rounding (Squire and Trapp,
      SIAM Review 40, 1998). Only for a function that is analytic, and computed as one on complex
      numbers: abs, conjugates, comparisons and real parts give wrong results.

    Args:
        f: a function of one number or array that returns one number.
        x: where; a number, or an array of floating-point numbers. Not changed.
        h: the step; by default ε^(1/3)·max(1, |x|), with ε of x's dtype (Press et al.,
            Numerical Recipes, 3rd ed., section 5.7). For "richardson" the largest step,
            max(1, |x|)/16; for "complex" 1e-30.

    Raises:
        TypeError: if x is no real number or array of them, or f returns no number.
        ValueError: if h is not positive, or the method is unknown.

    >>> round(numerical_gradient(lambda x: x**3, 2.0), 6)
    12.0
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, 2.0])).round(6)
    array([2., 4.])
    >>> numerical_gradient(lambda x: x**3, 2.0, method="complex")
    12.0
    """
    x = _point("numerical_gradient", x, h)
    slopes = (s.value for s in _slopes(_scalar("numerical_gradient", f), x, h, method))
    if not isinstance(x, np.ndarray):
        return float(next(slopes))
    return np.fromiter(slopes, x.dtype, x.size).reshape(x.shape)


def numerical_jacobian(
    f: Callable[[Any], Any], x: Any, h: float | None = None, *, method: Method = "central"
) -> Array:
    """∂fᵢ/∂xⱼ by differences, for a function that returns an array.

    Costs as many evaluations as `numerical_gradient`; see there for the arguments.

    Returns:
        An array of the shape of f(x) followed by the shape of x.

    Raises:
        TypeError: if x is no real number or array of them, or f returns no real numbers.
        ValueError: if h is not positive, the method is unknown, or x has no elements.

    >>> numerical_jacobian(lambda x: np.array([x[0] * x[1], x[0]]), np.array([2.0, 3.0])).round(6)
    array([[3., 2.],
           [1., 0.]])
    """
    x = _point("numerical_jacobian", x, h)
    if np.size(x) == 0:
        raise ValueError(f"numerical_jacobian: x of shape {np.shape(x)} has no elements")
    columns = [s.value for s in _slopes(_real("numerical_jacobian", f), x, h, method)]
    return np.stack(columns, axis=-1).reshape(*np.shape(columns[0]), *np.shape(x))


def richardson(f: Callable[[Any], Any], x: Any, h: float | None = None) -> Estimate:
    """∂f/∂x by central differences extrapolated to the step 0, with an error estimate.

    From h, each step is half the one before. Two differences of error O(h²) give one of O(h⁴),
    two of these one of O(h⁶), and so on (L. F. Richardson, 1911); of all of them the one is taken
    that differs least from its two predecessors (C. J. F. Ridders, Adv. Eng. Softw. 4, 1982), and
    that difference, with the rounding error of f, is the estimate. Coarse steps, at which a fine
    structure of f may not show, count only as far as they do not contradict fine ones.

    Args:
        f: a function of one number or array that returns one number.
        x: where; a number, or an array of floating-point numbers. Not changed.
        h: the largest step, by default max(1, |x|)/16.

    Raises:
        TypeError: if x is no real number or array of them, or f returns no number.
        ValueError: if h is not positive.

    >>> slope, error = richardson(np.exp, 1.0)
    >>> abs(slope - np.e) < error < 1e-10
    True
    """
    x = _point("richardson", x, h)
    found = list(_slopes(_scalar("richardson", f), x, h, "richardson"))
    if not isinstance(x, np.ndarray):
        return Estimate(float(found[0].value), float(found[0].error))
    value, error = (np.array([s[i] for s in found], x.dtype) for i in (0, 1))
    return Estimate(value.reshape(x.shape), error.reshape(x.shape))


# ---------------------------------------------------------------- steps and extrapolation


def best_step(x: Any, eps: float) -> float:
    """The step of central differences that balances truncation and rounding: ε^(1/3)·scale of x.

    The scale over which f curves is taken to be |x|, and at least 1.
    """
    return float(eps ** (1 / 3) * max(1.0, abs(float(x))))


def extrapolated(
    slopes: Sequence[Any], steps: Sequence[float], power: int, noise: Any = 0.0
) -> Estimate:
    """The limit of difference quotients at the step 0, element by element, with its error.

    Args:
        slopes: the quotients, of error O(h^power) + O(h^(2·power)) + …
        steps: their steps, each half the one before.
        power: 2 for central differences, 1 for one-sided ones.
        noise: the rounding error of the function.
    """
    columns = _tableau(slopes, power)
    value = np.full(np.shape(slopes[0]), np.nan)
    error = np.full(np.shape(slopes[0]), np.inf)
    with np.errstate(all="ignore"):
        for k in reversed(range(len(slopes) - 1)):  # from the finest steps to the coarsest
            for j in range(1, min(len(columns), len(slopes) - k)):
                new, before = columns[j][k], columns[j - 1]
                spread = np.maximum(np.abs(new - before[k]), np.abs(new - before[k + 1]))
                spread = spread + noise / steps[k + j]
                # coarse steps may agree by chance, far from what fine ones have shown
                refuted = np.abs(new - value) > 3.0 * (spread + error)
                better = (spread < error) & ~refuted
                value, error = np.where(better, new, value), np.where(better, spread, error)
    return Estimate(value, error)


def _tableau(slopes: Sequence[Any], power: int) -> list[list[Any]]:
    """The quotients, and column after column what is left when one more term is removed."""
    columns = [list(slopes)]
    with np.errstate(all="ignore"):
        for j in range(1, min(5, len(slopes))):
            factor = 2.0 ** (power * j)
            columns.append([(factor * b - a) / (factor - 1.0) for a, b in pairwise(columns[-1])])
    return columns


def rounding_noise(line: Line, step: float) -> Any:
    """How far a function is off by its rounding: three times the spread of its third differences
    at eight points close by, in which all that is smooth cancels (Moré and Wild, SIAM J. Sci.
    Comput. 33, 2011). Of the two sides the quieter one, as there may be a kink on the other.

    Args:
        line: the function of a distance from the point.
        step: between the points: so small that the function is smooth over it.
    """
    found = []
    for side in (step, -step):
        try:
            values = np.array([line(side * i) for i in range(1, 9)], dtype=float)
        except (ArithmeticError, ValueError):
            continue
        with np.errstate(all="ignore"):
            third = np.diff(values, 3, axis=0)
            found.append(3.0 * np.sqrt(np.mean(third**2, axis=0) / 20.0))
    return np.nan_to_num(np.fmin.reduce(found), nan=0.0, posinf=0.0) if found else 0.0


def halved(first: float, last: float) -> list[float]:
    """The steps first, first/2, first/4, … down to about `last`.

    >>> halved(1.0, 0.2)
    [1.0, 0.5, 0.25]
    """
    steps = [first]
    while steps[-1] / 2 >= last:
        steps.append(steps[-1] / 2)
    return steps


# ---------------------------------------------------------------- one element at a time


def _slopes(f: Callable[[Any], Any], x: Any, h: float | None, method: Method) -> Iterator[Estimate]:
    """The derivative of f by each element of x, in order."""
    if method not in ("central", "richardson", "complex"):
        raise ValueError(f"method must be 'central', 'richardson' or 'complex', not {method!r}")
    if not isinstance(x, np.ndarray):
        yield _slope(f, x, h, float(np.finfo(np.float64).eps), method)
        return
    eps = float(np.finfo(x.dtype).eps)
    for index in np.ndindex(x.shape):
        yield _slope(_along(f, x, index), x[index], h, eps, method)


def _along(f: Callable[[Any], Any], x: Array, index: tuple[int, ...]) -> Callable[[Any], Any]:
    """f as a function of one element of x."""

    def moved(element: Any) -> Any:
        other = x.astype(complex) if isinstance(element, complex) else x.copy()
        other[index] = element
        return f(other)

    return moved


def _slope(
    f: Callable[[Any], Any], x: Any, h: float | None, eps: float, method: Method
) -> Estimate:
    if method == "complex":
        step = h or 1e-30
        z = f(complex(float(x), step))
        if not np.iscomplexobj(z):
            raise TypeError(
                "complex step: f gave a real result for a complex number, so that it is not "
                "computed as an analytic function; use method='central' or 'richardson'"
            )
        return Estimate(np.imag(z) / step, 0.0)
    if method == "central":
        return Estimate(_central(f, x, h or best_step(x, eps))[0], np.nan)
    first = h or max(1.0, abs(float(x))) / 16
    steps = halved(first, min(best_step(x, eps) / 64, first / 64))
    found: list[tuple[Any, Any]] = []
    for step in steps:
        try:
            found.append(_central(f, x, step))
        except (ArithmeticError, ValueError):  # so far away f may not be defined
            if found or step == steps[-1]:
                raise
    sizes = np.stack([size for _, size in found])
    measured = rounding_noise(lambda t: f(x + type(x)(t)), np.sqrt(eps) * max(1.0, abs(float(x))))
    noise = np.fmax(eps * np.fmax.reduce(sizes), measured)
    return extrapolated([slope for slope, _ in found], steps[-len(found) :], 2, noise)


def _central(f: Callable[[Any], Any], x: Any, step: float) -> tuple[Any, Any]:
    """The central difference, and how large f is there."""
    h = x.dtype.type(step) if isinstance(x, np.floating) else step
    above, below = x + h, x - h  # the true step is what is left after rounding
    up, down = f(above), f(below)
    return (up - down) / float(above - below), np.maximum(np.abs(up), np.abs(down))


# ---------------------------------------------------------------- what is given


def _point(name: str, x: Any, h: float | None) -> Any:
    """x as a Python float or an array of floating-point numbers."""
    if h is not None and not h > 0:
        raise ValueError(f"{name}: the step h must be positive, not {h}")
    x = detached(x)
    if not isinstance(x, np.ndarray) or x.ndim == 0:
        if isinstance(x, complex | str | bytes) or np.asarray(x).dtype.kind not in "fiub":
            raise TypeError(
                f"{name}: x is of type {type(x).__name__}; "
                "real numbers or arrays of them are needed"
            )
        return float(x)
    if x.dtype.kind not in "fiu":
        raise TypeError(f"{name}: x has dtype {x.dtype}; real numbers are needed")
    return x.astype(x.dtype if x.dtype.kind == "f" else np.float64)


def _scalar(name: str, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f, with the one number that it returns as a float, or a complex number for complex x."""

    def number(x: Any) -> Any:
        y = detached(f(x))
        if np.ndim(y) or isinstance(y, str) or (isinstance(y, complex) and not _is_complex(x)):
            raise TypeError(
                f"{name}: f returned {type(y).__name__} of shape {np.shape(y)}; "
                "one real number is needed"
            )
        return complex(y) if np.iscomplexobj(y) else float(y)

    return number


def _real(name: str, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f, with what it returns as an array of floats."""

    def array(x: Any) -> Any:
        y = np.asarray(detached(f(x)))
        if y.dtype.kind not in ("fiubc" if _is_complex(x) else "fiub"):
            raise TypeError(f"{name}: f returned {y.dtype}; an array of real numbers is needed")
        return y if y.dtype.kind in "fc" else y.astype(float)

    return array


def _is_complex(x: Any) -> bool:
    return bool(np.iscomplexobj(x))
