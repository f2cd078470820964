"""log, log1p, log2 and log10 in the language of `mathematics`, for float64.

Coefficients and method: FDLIBM 5.3 as in FreeBSD's msun, k_log.h, e_log.c, e_log2.c, e_log10.c,
s_log1p.c (© 1993 Sun Microsystems, Inc.: permission to use, copy, modify and distribute is freely
granted, provided that this notice is preserved). The code is our own.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd_lite.program.native.mathematics import Float, Int, elementary, polynomial, where
from autograd_lite.program.native.mathematics_exponential import LN2_HIGH, LN2_LOW

LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
"""log(1 + f) = 2s + s³·(…) with s = f/(2 + f), within 2⁻⁵⁸ for √½ < 1 + f < √2."""

HALF_ROOT_BITS = 0x3FE6A09E00000000
"""The bits of √½, to 20 places."""
ONE_BITS = 0x3FF0000000000000
MANTISSA = 0x000FFFFFFFFFFFFF

LOG2_E_HIGH, LOG2_E_LOW = 1.44269504072144627571e00, 1.67517131648865118353e-10
LOG10_E_HIGH, LOG10_E_LOW = 4.34294481878168880939e-01, 2.50829467116452752298e-11
LOG10_2_HIGH, LOG10_2_LOW = 3.01029995663611771306e-01, 3.69423907715893078616e-13


class Parts(NamedTuple):
    """x = 2ᵏ·(1 + f); half is f²/2, and log(1 + f) = f − half + rest."""

    k: Float
    f: Float
    half: Float
    rest: Float


def log_parts(x: Float) -> Parts:
    """A positive finite float64 in parts."""
    small = x < 2.0**-1022
    k, f = _split(where(small, x * 2.0**54, x).bits())
    return _series(where(small, k - 54.0, k), f)


def _split(bits: Int) -> tuple[Float, Float]:
    """k and f of a normal number; the exponent becomes a float as the low bits of 2⁵² + k."""
    biased = bits + (ONE_BITS - HALF_ROOT_BITS)
    k = ((biased >> 52) | 0x4330000000000000).as_float() - (2.0**52 + 1023.0)
    return k, ((biased & MANTISSA) + HALF_ROOT_BITS).as_float() - 1.0


def _series(k: Float, f: Float) -> Parts:
    s = f / (2.0 + f)
    square = s * s
    half = 0.5 * f * f
    return Parts(k, f, half, s * (half + square * polynomial(square, LOG)))


def _or_special(x: Float, result: Float) -> Float:
    """A logarithm's result at 0, of negative numbers, of infinity and of nan."""
    negative = where(x < 0.0, x.constant(float("nan")), x)
    special = where(x.equals(0.0), x.constant(float("-inf")), negative)
    return where((x > 0.0) & (x < float("inf")), result, special)


@elementary
def log(x: Float) -> Float:
    """The natural logarithm."""
    return _or_special(x, sum_of(log_parts(x)))


def log1p_parts(x: Float, tail: Float | float = 0.0) -> tuple[Parts, Float]:
    """log(1 + x + tail) in parts, and what is to be added to `rest`.

    Where 1 + x is rounded, what it loses is put back as a relative error; the tail is at most
    ulp(x).
    """
    total = 1.0 + x
    k, f = _split(total.bits())
    near = k.equals(0.0)
    lost = where(x < 1.0, x - (total - 1.0), 1.0 - (total - x))
    lost = (where(near, x.constant(0.0), lost) + tail) / total
    return _series(k, where(near, x, f)), lost


def sum_of(parts: Parts, more: Float | float = 0.0) -> Float:
    """The logarithm, of its parts."""
    k, f, half, rest = parts
    return k * LN2_HIGH - ((half - (rest + (k * LN2_LOW + more))) - f)


@elementary
def log1p(x: Float) -> Float:
    """log(1 + x)."""
    result = sum_of(*log1p_parts(x))
    special = where(x < -1.0, x.constant(float("nan")), x)
    special = where(x.equals(-1.0), x.constant(float("-inf")), special)
    usual = (x > -1.0) & (x < float("inf")) & ~(abs(x) < 2.0**-54)
    return where(usual, result, special)


@elementary
def log2(x: Float) -> Float:
    """The logarithm to base 2: log(1 + f) in two pieces, times 1/ln 2 in two pieces."""
    k, f, half, rest = log_parts(x)
    high = (f - half).high()
    low = ((f - high) - half) + rest
    main = high * LOG2_E_HIGH
    small = (low + high) * LOG2_E_LOW + low * LOG2_E_HIGH
    total = k + main
    return _or_special(x, total + (small + ((k - total) + main)))


@elementary
def log10(x: Float) -> Float:
    """The logarithm to base 10."""
    k, f, half, rest = log_parts(x)
    high = (f - half).high()
    low = ((f - high) - half) + rest
    main = high * LOG10_E_HIGH
    whole = k * LOG10_2_HIGH
    small = k * LOG10_2_LOW + (low + high) * LOG10_E_LOW + low * LOG10_E_HIGH
    total = whole + main
    return _or_special(x, total + (small + ((whole - total) + main)))
