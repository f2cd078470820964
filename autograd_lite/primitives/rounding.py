"""Remainders, and the parts of a number: whole and fractional, mantissa and exponent, sign.

What rounds (floor, round, `//` …) has a derivative of 0 everywhere and gives plain numbers: see
`constants`. What has another one beside it (the remainder of `x % y`, the fraction of `modf(x)`)
is here. See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, elementwise
from autograd_lite.engine.primitive import NONZERO, REAL, Array
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.arithmetic import sign
from autograd_lite.primitives.choices import where


def _to_multiple(x: Array, y: Array) -> Any:
    """The distance of x from the nearest multiple of y, where the remainder jumps."""
    return np.abs(x - y * np.rint(x / y))


@elementwise(
    np.remainder,
    operator="mod",
    latex=r"{x} \bmod {y}",
    partials=(1.0, lambda x, y, z: (z - x) / y),
    domain=(REAL, NONZERO),
    kink=_to_multiple,
)
def remainder(x: Any, y: Any) -> Any:
    """The remainder z = x − y·⌊x/y⌋, with the sign of y, as Python's `x % y`; ∂z/∂x = 1,
    ∂z/∂y = −⌊x/y⌋. At a multiple of y, where z jumps, these are the derivatives of one side. It is
    nan for y = 0.

    >>> remainder(-7.0, 3.0)
    2.0
    """


@elementwise(
    np.fmod,
    partials=(1.0, lambda x, y, z: (z - x) / y),
    domain=(REAL, NONZERO),
    kink=_to_multiple,
)
def fmod(x: Any, y: Any) -> Any:
    """The remainder z of x/y rounded towards 0, with the sign of x, as C's fmod; ∂z/∂x = 1,
    ∂z/∂y = −trunc(x/y). It is nan for y = 0.

    >>> fmod(-7.0, 3.0)
    -1.0
    """


def _two(shape: tuple[int, ...]) -> Any:
    return iter([((shape, shape), (), {})])


def _one(shape: tuple[int, ...]) -> Any:
    return iter([((shape,), (), {})])


@composed(np.divmod, cases=_two, domain=(REAL, NONZERO), kink=_to_multiple)
def divmod(x: Any, y: Any) -> Any:
    """The tuple (⌊x/y⌋, x mod y): the quotient rounded down, a plain number or array, for its
    derivative is 0 everywhere, and the remainder, which has one.

    >>> divmod(np.array([7.0, -7.0]), 3.0)
    (array([ 2., -3.]), array([1., 2.]))
    """
    return np.floor_divide(detached(x), detached(y)), remainder(x, y)


@composed(np.modf, cases=_one, kink=lambda x: np.abs(x - np.rint(x)))
def modf(x: Any) -> Any:
    """The tuple (x − trunc x, trunc x): the fraction, with the sign of x, and the whole part, a
    plain number or array, for its derivative is 0 everywhere.

    >>> modf(np.array([2.25, -2.25]))
    (array([ 0.25, -0.25]), array([ 2., -2.]))
    """
    plain = detached(x)
    infinite = np.isinf(plain)
    if np.any(infinite):  # their fraction is 0
        x = where(infinite, np.copysign(0.0, plain), x)
    return fmod(x, 1.0), np.trunc(plain)


# ---------------------------------------------------------------- the parts of a float


def _ldexp_cases(shape: tuple[int, ...]) -> Any:
    yield (shape,), (3,), {}
    yield (shape,), (np.arange(-2, math.prod(shape) - 2).reshape(shape),), {}


@composed(np.ldexp, cases=_ldexp_cases)
def ldexp(x: Any, i: Any) -> Any:
    """The number z = x·2ⁱ; ∂z/∂x = 2ⁱ. The exponent i is a constant: a whole number or an array of
    them.

    >>> ldexp(np.array([0.75, 0.5]), 3)
    array([6., 4.])
    """
    if not is_variable(x):
        return np.ldexp(x, detached(i))
    one = np.ones((), getattr(x, "dtype", float))[()]
    i = np.asarray(detached(i))
    i = i.astype(np.int64) if i.dtype.kind in "bu" else i
    most = np.finfo(one.dtype).maxexp - 1  # of what 2ⁱ can be, while x·2ⁱ can be more
    factor = np.clip(i, -most, most)
    z = x * np.ldexp(one, factor)
    return z if np.all(factor == i) else ldexp(z, np.clip(i - factor, -2 * most, 2 * most))


@composed(np.frexp, cases=_one)
def frexp(x: Any) -> Any:
    """The tuple (m, i) with x = m·2ⁱ and ½ ≤ |m| < 1, or m = 0: the mantissa, ∂m/∂x = 2⁻ⁱ, and the
    exponent, a plain whole number or array of them. Where m jumps, at the powers of two, it is the
    derivative of one side.

    >>> frexp(np.array([6.0, 0.5]))
    (array([0.75, 0.5 ]), array([3, 0], dtype=int32))
    """
    exponent = np.frexp(detached(x))[1]
    return ldexp(x, -exponent), exponent


@elementwise(
    np.copysign,
    partials=(lambda x, y, z: sign(x) * copysign(1.0, y), 0.0),
    kink=lambda x, y: np.minimum(np.abs(x), np.abs(y)),
)
def copysign(x: Any, y: Any) -> Any:
    """The absolute value of x with the sign of y: z = ±|x|; ∂z/∂x = ±sign x, 0 at 0; ∂z/∂y is taken
    as 0 everywhere. −0.0 is negative.

    >>> copysign(2.0, -3.0)
    -2.0
    """


@elementwise(np.nextafter, partials=(1.0, 0.0))
def nextafter(x: Any, y: Any) -> Any:
    """The next number after x, towards y, that there is in its dtype. Its distance from x is
    rounding: ∂z/∂x is taken as 1, ∂z/∂y as 0.

    >>> nextafter(1.0, 2.0)
    1.0000000000000002
    """


# ---------------------------------------------------------------- plus a constant


def _unwrap_cases(shape: tuple[int, ...]) -> Any:
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (), {"axis": axis, "period": 2.5}
    if shape:
        yield (shape,), (2.0, 0), {}


@composed(np.unwrap, cases=_unwrap_cases)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2.0 * math.pi) -> Any:
    """Angles along an axis, with multiples of the period added such that none is farther from the
    one before it than half a period (or `discont`, if that is more). ∂: as of p itself, for what is
    added is constant but where it jumps.

    >>> unwrap([0.0, 3.0, -3.0, 0.0], period=4.0)
    array([ 0., -1., -3., -4.])
    """
    plain = detached(p)
    unwrapped = np.unwrap(plain, discont, axis, period=period)
    if not is_variable(p):
        return unwrapped
    with np.errstate(invalid="ignore"):
        return p + np.where(unwrapped == plain, 0.0, unwrapped - plain).astype(unwrapped.dtype)
