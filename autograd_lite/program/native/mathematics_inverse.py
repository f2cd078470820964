"""asin, acos, atan, atan2 and cbrt in the language of `mathematics`, for float64.

Coefficients and method: FDLIBM 5.3, e_asin.c, e_acos.c, s_atan.c, e_atan2.c, and FreeBSD's s_cbrt.c
(© 1993 Sun Microsystems, Inc.: permission to use, copy, modify and distribute is freely granted,
provided that this notice is preserved; optimized by B. D. Evans). The code is our own.
"""

from __future__ import annotations

from autograd_lite.program.native.mathematics import (
    Bool,
    Float,
    elementary,
    polynomial,
    where,
)

PI, PI_LOW = 3.14159265358979311600e00, 1.22464679914735317720e-16
HALF_PI, HALF_PI_LOW = 1.57079632679489655800e00, 6.12323399573676603587e-17
QUARTER_PI = 7.85398163397448278999e-01
TINY = 1e-300

ASIN_OVER = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
ASIN_UNDER = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)
"""asin x = x + x³·P(x²)/Q(x²) for |x| ≤ ½, within 2⁻⁵⁸."""

ATAN = (
    3.33333333333329318027e-01,
    -1.99999999998764832476e-01,
    1.42857142725034663711e-01,
    -1.11111104054623557880e-01,
    9.09088713343650656196e-02,
    -7.69187620504482999495e-02,
    6.66107313738753120669e-02,
    -5.83357013379057348645e-02,
    4.97687799461593236017e-02,
    -3.65315727442169155270e-02,
    1.62858201153657823623e-02,
)
"""atan x = x − x³·(…) for |x| ≤ 7/16."""

ATAN_OF = (
    (4.63647609000806093515e-01, 2.26987774529616870924e-17),
    (7.85398163397448278999e-01, 3.06161699786838301793e-17),
    (9.82793723247329054082e-01, 1.39033110312309984516e-17),
    (1.57079632679489655800e00, 6.12323399573676603587e-17),
)
"""atan of ½, 1, 3/2 and infinity, in two pieces each."""

CBRT = (
    1.87595182427177009643,
    -1.88497979543377169875,
    1.621429720105354466140,
    -0.758397934778766047437,
    0.145996192886612446982,
)
"""1/∛r for |r − 1| < 1/10, within 2⁻²³."""
CBRT_BIAS = 715094163
"""(1023 − 1023/3 − 0.03306235651)·2²⁰."""


def _root_parts(square: Float) -> tuple[Float, Float, Float]:
    """√z = f + c, f of 21 bits, and √z as rounded."""
    root = square.sqrt()
    f = root.high()
    return root, f, (square - f * f) / (root + f + TINY)


def _asin_ratio(square: Float) -> Float:
    return square * polynomial(square, ASIN_OVER) / polynomial(square, ASIN_UNDER)


@elementary
def asin(x: Float) -> Float:
    """The angle in [−π/2, π/2] whose sine is x; from ½ on π/2 − 2·asin √((1 − |x|)/2)."""
    size = abs(x)
    far = size >= 0.5
    square = where(far, (1.0 - size) * 0.5, x * x)
    ratio = _asin_ratio(square)
    root, f, c = _root_parts(square)
    turned = (2.0 * root) * ratio - (HALF_PI_LOW - 2.0 * c)
    turned = QUARTER_PI - (turned - (QUARTER_PI - 2.0 * f))
    return where(far, turned, size + size * ratio).with_sign_of(x)


@elementary
def acos(x: Float) -> Float:
    """The angle in [0, π] whose cosine is x."""
    size = abs(x)
    far = size >= 0.5
    square = where(far, (1.0 - size) * 0.5, x * x)
    ratio = _asin_ratio(square)
    root, f, c = _root_parts(square)
    right = 2.0 * (f + (ratio * root + c))
    left = PI - 2.0 * (root + (ratio * root - HALF_PI_LOW))
    near = HALF_PI - (x - (HALF_PI_LOW - x * ratio))
    return where(far, where(x < 0.0, left, right), near)


@elementary
def atan(x: Float) -> Float:
    """The angle in [−π/2, π/2] whose tangent is x."""
    return _atan_of_size(abs(x)).with_sign_of(x)


def _atan_of_size(x: Float) -> Float:
    """atan x for x ≥ 0: atan c + atan((x − c)/(1 + c·x)), c the nearest of 0, ½, 1, 3/2, ∞."""
    constant = x.constant
    over, under, high, low = constant(-1.0), x, constant(ATAN_OF[3][0]), constant(ATAN_OF[3][1])
    one = constant(1.0)

    def up_to(bound: float, choice: tuple[Float, Float], at: tuple[float, float]) -> None:
        nonlocal over, under, high, low
        near = x < bound
        over, under = where(near, choice[0], over), where(near, choice[1], under)
        high, low = where(near, constant(at[0]), high), where(near, constant(at[1]), low)

    up_to(2.4375, (x - 1.5, 1.0 + 1.5 * x), ATAN_OF[2])
    up_to(1.1875, (x - 1.0, x + 1.0), ATAN_OF[1])
    up_to(0.6875, (2.0 * x - 1.0, 2.0 + x), ATAN_OF[0])
    up_to(0.4375, (x, one), (0.0, 0.0))
    t = over / under
    square = t * t
    return high - ((t * (square * polynomial(square, ATAN)) - low) - t)


@elementary
def atan2(y: Float, x: Float) -> Float:
    """The angle in [−π, π] of the point (x, y)."""
    up, right = abs(y), abs(x)
    ratio = up / right
    ratio = where((up + right).equals(0.0), x.constant(0.0), ratio)
    ratio = where(_both_infinite(up, right), x.constant(1.0), ratio)
    angle = _atan_of_size(ratio)
    angle = where(x.is_negative(), PI - (angle - PI_LOW), angle)
    return where(x.is_nan(), x, angle.with_sign_of(y))


def _both_infinite(x: Float, y: Float) -> Bool:
    return x.equals(float("inf")) & y.equals(float("inf"))


@elementary
def cbrt(x: Float) -> Float:
    """∛x: a third of the exponent, a polynomial to 23 bits, and a step of Newton's."""
    size = abs(x)
    small = size < 2.0**-1022
    y = where(small, size * 2.0**54, size)
    third = ((y.bits() >> 32) * 0x55555556) >> 32
    t = ((third + CBRT_BIAS) << 32).as_float()
    t = t * polynomial((t * t) * (t / y), CBRT)
    t = ((t.bits() + 0x80000000) & ~0x3FFFFFFF).as_float()
    r = y / (t * t)
    t = t + t * ((r - t) / (t + t + r))
    t = where(small, t * 2.0**-18, t)
    usual = (size > 0.0) & (size < float("inf"))
    return where(usual, t.with_sign_of(x), x)
