"""exp, expm1, sinh, cosh, tanh and exp2 in the language of `mathematics`, for float64.

Polynomial of exp: SLEEF 3, sleefsimddp.c (© 2010 – 2025 Naoki Shibata and contributors, Boost
Software License 1.0). Its reduction: FDLIBM 5.3, e_exp.c (© 2004 Sun Microsystems, Inc.:
permission to use, copy, modify and distribute is freely granted, provided that this notice is
preserved). sinh and tanh near 0: S. L. Moshier, Cephes Mathematical Library 2.8, sinh.c and tanh.c
("may be used freely"). The code is our own: both sides of each choice are computed.
"""

from __future__ import annotations

from autograd_lite.program.native.mathematics import (
    Float,
    Int,
    elementary,
    nearest,
    polynomial,
    power_of_two,
    scaled,
    two_sum,
    where,
)

LOG2_E = 1.44269504088896338700e00
LN2_HIGH = 6.93147180369123816490e-01
"""ln 2 to 32 bits: times a whole number below 2²¹ it is exact."""
LN2_LOW = 1.90821492927058770002e-10

EXP = (
    0.5,
    0.166666666666666851703837,
    0.0416666666666665047591422,
    0.00833333333331652721664984,
    0.00138888888889774492207962,
    0.000198412698960509205564975,
    2.4801587159235472998791e-05,
    2.75572362911928827629423e-06,
    2.75573911234900471893338e-07,
    2.51112930892876518610661e-08,
    2.08860621107283687536341e-09,
)
"""eʳ = 1 + r + r²·(…) for |r| ≤ ln 2 / 2."""

TANH_OVER = (
    -1.61468768441708447952e03,
    -9.92877231001918586564e01,
    -9.64399179425052238628e-01,
)
TANH_UNDER = (
    4.84406305325125486048e03,
    2.23548839060100448583e03,
    1.12811678491632931402e02,
    1.0,
)
SINH_OVER = (
    -3.51754964808151394800e05,
    -1.15614435765005216044e04,
    -1.63725857525983828727e02,
    -7.89474443963537015605e-01,
)
SINH_UNDER = (
    -2.11052978884890840399e06,
    3.61578279834431989373e04,
    -2.77711081420602794433e02,
    1.0,
)


def beyond_linear(r: Float) -> Float:
    """eʳ − 1 − r for |r| ≤ 0.35."""
    return r * r * polynomial(r, EXP)


def exp_parts(x: Float, tail: Float | float = 0.0) -> tuple[Float, Float, Int]:
    """e^(x + tail) = (y + lost)·2ᵏ, as y in [0.7, 1.42], what rounding y has lost, and k.

    The tail is at most ulp(x). The reduced argument is high − low to more than 53 bits; what it
    loses as one float is put back with the small terms.
    """
    n, k = nearest(x * LOG2_E)
    high, low = x - n * LN2_HIGH, n * LN2_LOW
    if isinstance(tail, Float):
        low = low - tail
    less = (low - beyond_linear(high - low)) - high
    y = 1.0 - less
    return y, (1.0 - y) - less, k


@elementary
def exp(x: Float) -> Float:
    """eˣ."""
    y, _, k = exp_parts(x.at_most(710.0).at_least(-746.0))
    return scaled(y, k)


@elementary
def exp2(x: Float) -> Float:
    """2ˣ: the part of x behind the point, times ln 2 in two pieces."""
    x = x.at_most(1025.0).at_least(-1077.0)
    n, k = nearest(x)
    f = x - n
    near = f.high()
    high, low = near * LN2_HIGH, near * LN2_LOW + (f - near) * (LN2_HIGH + LN2_LOW)
    r = high + low
    y = 1.0 + (high + (low + beyond_linear(r)))
    return scaled(y, k)


@elementary
def expm1(x: Float) -> Float:
    """eˣ − 1 = 2·((2ᵏ⁻¹ − ½) + 2ᵏ⁻¹·(eʳ − 1)), the large terms summed with their errors."""
    y = x.at_most(710.0).at_least(-50.0)
    n, k = nearest(y * LOG2_E)
    high, low = y - n * LN2_HIGH, n * LN2_LOW
    r = high - low
    rest = beyond_linear(r) + ((high - r) - low)
    scale = power_of_two(k - 1)
    start, lost = two_sum(scale, scale.constant(-0.5))
    total, more = two_sum(start, scale * r)
    result = (total + (more + (lost + scale * rest))) * 2.0
    return where(abs(x) < 2.0**-54, x, result)


@elementary
def sinh(x: Float) -> Float:
    """(eˣ − e⁻ˣ)/2 from 1 on; x + x³·P(x²)/Q(x²) below."""
    size = abs(x)
    half, lost = _half_exp(size)
    square = size * size
    near = size < 1.0
    base = where(near, size, half)
    over = where(near, size * (square * polynomial(square, SINH_OVER)), x.constant(-0.25))
    under = where(near, polynomial(square, SINH_UNDER), half)
    more = where(near, x.constant(0.0), lost)
    return (base + (over / under + more)).with_sign_of(x)


@elementary
def cosh(x: Float) -> Float:
    """(eˣ + e⁻ˣ)/2."""
    half, lost = _half_exp(abs(x))
    return half + (0.25 / half + lost)


def _half_exp(x: Float) -> tuple[Float, Float]:
    """eˣ/2 for x ≥ 0, and what rounding has lost; it overflows only where sinh and cosh do."""
    y, lost, k = exp_parts(x.at_most(715.0))
    return scaled(y, k - 1), scaled(lost, k - 1)


@elementary
def tanh(x: Float) -> Float:
    """1 − 2/(e²ˣ + 1) from 0.625 on; x + x³·P(x²)/Q(x²) below."""
    size = abs(x)
    y, lost, k = exp_parts(size.at_most(22.0) * 2.0)
    scale = power_of_two(k)
    power = y * scale
    total = power + 1.0
    lost = lost * scale + (1.0 - (total - power))
    square = size * size
    near = size < 0.625
    over = where(near, size * (square * polynomial(square, TANH_OVER)), x.constant(-2.0))
    under = where(near, polynomial(square, TANH_UNDER), total)
    ratio = over / under
    # −2/(total + lost) = ratio + ratio²·lost/2
    ratio = ratio + where(near, x.constant(0.0), ratio * ratio * (0.5 * lost))
    return (where(near, size, x.constant(1.0)) + ratio).with_sign_of(x)
