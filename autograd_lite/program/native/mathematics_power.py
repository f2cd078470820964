"""pow and hypot in the language of `mathematics`, for float64.

Coefficients and method of pow: FDLIBM 5.3, e_pow.c (© 2004 Sun Microsystems, Inc.: permission to
use, copy, modify and distribute is freely granted, provided that this notice is preserved). The
code is our own. log₂|x| is computed in two floats, the first of 21 bits, its product with y in two
again.
"""

from __future__ import annotations

from autograd_lite.program.native.mathematics import (
    Bool,
    Float,
    elementary,
    nearest,
    polynomial,
    scaled,
    where,
)
from autograd_lite.program.native.mathematics_exponential import beyond_linear

LOG = (
    5.99999999999994648725e-01,
    4.28571428578550184252e-01,
    3.33333329818377432918e-01,
    2.72728123808534006489e-01,
    2.30660745775561754067e-01,
    2.06975017800338417784e-01,
)
"""3/2·(log x − 2s − 2/3·s³) = s⁵·(…)."""
LOG2_OF_HALVES = 5.84962487220764160156e-01, 1.35003920212974897128e-08
"""log₂ 3/2 in two pieces."""
LN2 = 6.93147180559945286227e-01
LN2_HIGH, LN2_LOW = 6.93147182464599609375e-01, -1.90465429995776804525e-09
SCALE = 9.61796693925975554329e-01
"""2/(3·ln 2)."""
SCALE_HIGH, SCALE_LOW = 9.61796700954437255859e-01, -7.02846165095275826516e-09


def _log2(x: Float) -> tuple[Float, Float]:
    """log₂ of a positive finite number, as a float of 21 bits and the rest."""
    small = x < 2.0**-1022
    bits = where(small, x * 2.0**54, x).bits()
    n = ((bits >> 52) | 0x4330000000000000).as_float() - (2.0**52 + 1023.0)
    n = where(small, n - 54.0, n)
    m = ((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000).as_float()
    above = m >= 1.7320508075688772
    m, n = where(above, m * 0.5, m), where(above, n + 1.0, n)
    halves = m >= 1.224744871391589
    zero = x.constant(0.0)
    base = where(halves, x.constant(1.5), x.constant(1.0))
    base_high = where(halves, x.constant(LOG2_OF_HALVES[0]), zero)
    base_low = where(halves, x.constant(LOG2_OF_HALVES[1]), zero)
    # s = (m − base)/(m + base) in two pieces
    difference, total = m - base, m + base
    inverse = 1.0 / total
    s = difference * inverse
    s_high = s.high()
    t_high = total.high()
    t_low = m - (t_high - base)
    s_low = inverse * ((difference - s_high * t_high) - s_high * t_low)
    # log m − log base = 2s + 2/3·s³ + …, times 3/2
    square = s * s
    rest = square * square * polynomial(square, LOG) + s_low * (s_high + s)
    square = s_high * s_high
    t_high = (3.0 + square + rest).high()
    t_low = rest - ((t_high - 3.0) - square)
    u, v = s_high * t_high, s_low * t_high + t_low * s
    p_high = (u + v).high()
    p_low = v - (p_high - u)
    z_high, z_low = SCALE_HIGH * p_high, SCALE_LOW * p_high + p_low * SCALE + base_low
    high = (((z_high + z_low) + base_high) + n).high()
    return high, z_low - (((high - n) - base_high) - z_high)


def _exp2(high: Float, low: Float) -> Float:
    """2^(high + low)."""
    total = high + low
    above, below = total > 1100.0, total < -1200.0
    beyond = above | below
    bound = where(above, total.constant(1100.0), total.constant(-1200.0))
    high, low = where(beyond, bound, high), where(beyond, total.constant(0.0), low)
    n, k = nearest(high + low)
    high = high - n
    t = (high + low).high()
    u, v = t * LN2_HIGH, (low - (t - high)) * LN2 + t * LN2_LOW
    z = u + v
    w = v - (z - u)
    return scaled(1.0 + (z + (beyond_linear(z) + (w + z * w))), k)


def _parity(y: Float) -> tuple[Bool, Bool]:
    """Whether |y| is a whole number, and whether it is an odd one."""
    size = abs(y)
    small = size < 2.0**52
    shifted = where(small, size + 2.0**52, size)
    whole = (~small | (shifted - 2.0**52).equals(size)) & ~y.is_nan()
    return whole, whole & (shifted.bits() & 1).equals(1) & (size < 2.0**53)


@elementary
def pow(x: Float, y: Float) -> Float:
    """xʸ, at special values as in C: x⁰ and 1ʸ are 1, of a nan too."""
    size = abs(x)
    whole, odd = _parity(y)
    high, low = _log2(size)
    # beyond 2⁷⁰ the result is 0, 1 or infinite
    bounded = y.at_most(2.0**70).at_least(-(2.0**70))
    y_high = bounded.high()
    result = _exp2(y_high * high, (bounded - y_high) * high + bounded * low)
    zero, infinite = size.equals(0.0), size.equals(float("inf"))
    large = (zero & (y < 0.0)) | (infinite & (y > 0.0))
    extreme = where(large, x.constant(float("inf")), x.constant(0.0))
    result = where(zero | infinite, extreme, result)
    nan = x.constant(float("nan"))
    result = where((x < 0.0) & ~infinite & ~whole, nan, result)
    result = where(odd & x.is_negative(), -result, result)
    result = where(x.is_nan() | y.is_nan(), nan, result)
    return where(y.equals(0.0) | x.equals(1.0), x.constant(1.0), result)


@elementary
def hypot(x: Float, y: Float) -> Float:
    """√(x² + y²), scaled where the squares would overflow or underflow; infinite if either is."""
    x, y = abs(x), abs(y)
    large, small = (x > 2.0**500) | (y > 2.0**500), (x < 2.0**-450) & (y < 2.0**-450)
    one = x.constant(1.0)
    down = where(large, x.constant(2.0**-600), where(small, x.constant(2.0**600), one))
    up = where(large, x.constant(2.0**600), where(small, x.constant(2.0**-600), one))
    a, b = x * down, y * down
    infinite = x.equals(float("inf")) | y.equals(float("inf"))
    return where(infinite, x.constant(float("inf")), (a * a + b * b).sqrt() * up)
