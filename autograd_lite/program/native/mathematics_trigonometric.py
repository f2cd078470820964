"""sin, cos and tan in the language of `mathematics`, for float64.

Coefficients and method: FDLIBM 5.3, k_sin.c, k_cos.c, k_tan.c, e_rem_pio2.c (© 1993, 2004 Sun
Microsystems, Inc.: permission to use, copy, modify and distribute is freely granted, provided that
this notice is preserved). The code is our own. Up to |x| = 10⁶ the argument is reduced here, by
π/2 in four pieces (Cody and Waite) with the errors kept; beyond, the platform's own function is
called.
"""

from __future__ import annotations

from autograd_lite.program.native.mathematics import (
    Bool,
    Float,
    Int,
    elementary,
    horner,
    nearest,
    polynomial,
    two_sum,
    where,
)

LARGE = 1e6
"""Up to here multiples of π/2 are below 2²⁰, so that their products with 33 bits are exact."""

TWO_OVER_PI = 6.36619772367581382433e-01
HALF_PI = (
    1.57079632673412561417e00,
    6.07710050630396597660e-11,
    2.02226624871116645580e-21,
    8.47842766036889956997e-32,
)
"""π/2: three times 33 bits, and the rest."""
QUARTER_PI = 7.85398163397448278999e-01
QUARTER_PI_LOW = 3.06161699786838301793e-17

SIN = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
"""sin x = x + x³·(…) for |x| ≤ π/4, within 2⁻⁵⁸."""

COS = (
    4.16666666666666019037e-02,
    -1.38888888888741095749e-03,
    2.48015872894767294178e-05,
    -2.75573143513906633035e-07,
    2.08757232129817482790e-09,
    -1.13596475577881948265e-11,
)
"""cos x = 1 − x²/2 + x⁴·(…) for |x| ≤ π/4, within 2⁻⁵⁸."""

TAN = (
    3.33333333333334091986e-01,
    1.33333333333201242699e-01,
    5.39682539762260521377e-02,
    2.18694882948595424599e-02,
    8.86323982359930005737e-03,
    3.59207910759131235356e-03,
    1.45620945432529025516e-03,
    5.88041240820264096874e-04,
    2.46463134818469906812e-04,
    7.81794442939557092300e-05,
    7.14072491382608190305e-05,
    -1.85586374855275456654e-05,
    2.59073051863633712884e-05,
)
"""tan x = x + x³·(…) for |x| ≤ 0.67434, within 2⁻⁵⁹."""


def reduced(x: Float) -> tuple[Float, Float, Int]:
    """x − n·π/2 in two pieces, and n: right to 2⁻¹²⁰, however near x is to n·π/2."""
    n, whole = nearest(x * TWO_OVER_PI)
    first, second, third, rest = HALF_PI
    r, lost = two_sum(x - n * first, -(n * second))
    r, more = two_sum(r, -(n * third))
    low = (lost + more) - n * rest
    high = r + low
    return high, (r - high) + low, whole


def _large(x: Float) -> Bool:
    return (abs(x) > LARGE) & (abs(x) < float("inf"))


def _sin(x: Float, low: Float) -> Float:
    """The sine of x + low, |x| ≤ π/4."""
    square = x * x
    cube = square * x
    rest = horner(square, SIN[1:])
    return x - ((square * (0.5 * low - cube * rest) - low) - cube * SIN[0])


def _cos(x: Float, low: Float) -> Float:
    """The cosine of x + low, |x| ≤ π/4."""
    square = x * x
    half = 0.5 * square
    main = 1.0 - half
    return main + (((1.0 - main) - half) + (square * (square * polynomial(square, COS)) - x * low))


def _quarter(x: Float, low: Float, n: Int) -> Float:
    """The sine of x + low + n·π/2."""
    chosen = where((n & 1).equals(0), _sin(x, low), _cos(x, low))
    return (chosen.bits() ^ ((n & 2) << 62)).as_float()


@elementary
def sin(x: Float) -> Float:
    """The sine of an angle in radians."""
    high, low, n = reduced(x)
    result = where(abs(x) < 2.0**-27, x, _quarter(high, low, n))
    return result.rarely(_large(x), "sin", x)


@elementary
def cos(x: Float) -> Float:
    """The cosine of an angle in radians."""
    high, low, n = reduced(x)
    return _quarter(high, low, n + 1).rarely(_large(x), "cos", x)


@elementary
def tan(x: Float) -> Float:
    """The tangent of an angle in radians.

    Near π/4 it is (1 − t)/(1 + t), t the tangent of what is missing to π/4; where n is odd it is
    −1/t, a quotient in two pieces.
    """
    high, low, n = reduced(x)
    far = abs(high) >= 0.6743316650390625
    y, y_low = abs(high), low.bits()
    turned = (y_low ^ (high.bits() & (1 << 63))).as_float()
    z = where(far, (QUARTER_PI - y) + (QUARTER_PI_LOW - turned), high)
    z_low = where(far, x.constant(0.0), low)
    square = z * z
    cube = square * z
    rest = z_low + square * (cube * polynomial(square, TAN[1:]) + z_low) + TAN[0] * cube
    t = z + rest
    odd = (n & 1).equals(1)
    sign = where(odd, x.constant(-1.0), x.constant(1.0))
    quotient = where(far, t * t, x.constant(-1.0)) / where(far, t + sign, t)
    folded = (sign - 2.0 * (z - (quotient - rest))).bits() ^ (high.bits() & (1 << 63))
    t_high, q_high = t.high(), quotient.high()
    t_low = rest - (t_high - z)
    inverse = q_high + quotient * ((1.0 + q_high * t_high) + q_high * t_low)
    result = where(far, folded.as_float(), where(odd, inverse, t))
    return where(abs(x) < 2.0**-27, x, result).rarely(_large(x), "tan", x)
