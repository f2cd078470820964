"""erf and erfc in the language of `mathematics`, for float64.

Coefficients and method: FDLIBM 5.3, s_erf.c (© 1993 Sun Microsystems, Inc.: permission to use,
copy, modify and distribute is freely granted, provided that this notice is preserved). The code is
our own: of the four rational functions, which are of about one degree, the coefficients are chosen,
and one is computed.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

from autograd_lite.program.native.mathematics import (
    Bool,
    Float,
    elementary,
    horner,
    scaled,
    two_sum,
    where,
)
from autograd_lite.program.native.mathematics_exponential import exp_parts

Rational = tuple[tuple[float, ...], tuple[float, ...]]

NEAR: Rational = (
    (
        1.28379167095512558561e-01,
        -3.25042107247001499370e-01,
        -2.84817495755985104766e-02,
        -5.77027029648944159157e-03,
        -2.37630166566501626084e-05,
    ),
    (
        1.0,
        3.97917223959155352819e-01,
        6.50222499887672944485e-02,
        5.08130628187576562776e-03,
        1.32494738004321644526e-04,
        -3.96022827877536812320e-06,
    ),
)
"""erf x = x + x·P(x²)/Q(x²) below 0.84375."""

AROUND_ONE: Rational = (
    (
        -2.36211856075265944077e-03,
        4.14856118683748331666e-01,
        -3.72207876035701323847e-01,
        3.18346619901161753674e-01,
        -1.10894694282396677476e-01,
        3.54783043256182359371e-02,
        -2.16637559486879084300e-03,
    ),
    (
        1.0,
        1.06420880400844228286e-01,
        5.40397917702171048937e-01,
        7.18286544141962662868e-02,
        1.26171219808761642112e-01,
        1.36370839120290507362e-02,
        1.19844998467991074170e-02,
    ),
)
"""erf x = ERF_ONE + P(x − 1)/Q(x − 1) below 1.25."""

FAR: Rational = (
    (
        -9.86494403484714822705e-03,
        -6.93858572707181764372e-01,
        -1.05586262253232909814e01,
        -6.23753324503260060396e01,
        -1.62396669462573470355e02,
        -1.84605092906711035994e02,
        -8.12874355063065934246e01,
        -9.81432934416914548592e00,
    ),
    (
        1.0,
        1.96512716674392571292e01,
        1.37657754143519042600e02,
        4.34565877475229228821e02,
        6.45387271733267880336e02,
        4.29008140027567833386e02,
        1.08635005541779435134e02,
        6.57024977031928170135e00,
        -6.04244152148580987438e-02,
    ),
)
"""erfc x = exp(−x² − 0.5625 + P(1/x²)/Q(1/x²))/x below 1/0.35."""

FARTHER: Rational = (
    (
        -9.86494292470009928597e-03,
        -7.99283237680523006574e-01,
        -1.77579549177547519889e01,
        -1.60636384855821916062e02,
        -6.37566443368389627722e02,
        -1.02509513161107724954e03,
        -4.83519191608651397019e02,
    ),
    (
        1.0,
        3.03380607434824582924e01,
        3.25792512996573918826e02,
        1.53672958608443695994e03,
        3.19985821950859553908e03,
        2.55305040643316442583e03,
        4.74528541206955367215e02,
        -2.24409524465858183362e01,
    ),
)
"""The same from there on."""

ERF_ONE = 8.45062911510467529297e-01
"""erf 1, to 24 bits."""


ERFC_ONE = (1.0 - ERF_ONE) - AROUND_ONE[0][0]
ERFC_ONE_LOW = ((1.0 - ERF_ONE) - ERFC_ONE) - AROUND_ONE[0][0]
"""1 − ERF_ONE − P(0) in two pieces."""


class _Parts(NamedTuple):
    is_near: Bool
    is_middle: Bool
    ratio: Float
    """P/Q of the piece that |x| is in."""
    product: Float
    """|x|·P/Q below 0.84375, more precisely."""
    middle: Float
    """erfc |x|, from 0.84375 to 1.25."""
    tail: Float
    """erfc |x|, from 1.25 on."""


def _parts(size: Float) -> _Parts:
    near, middle, far = size < 0.84375, size < 1.25, size < 1 / 0.35
    inverse = 1.0 / (size * size)
    variable = where(near, size * size, where(middle, size - 1.0, inverse))

    def chosen(i: int) -> list[Float]:
        rows = itertools.zip_longest(NEAR[i], AROUND_ONE[i], FAR[i], FARTHER[i], fillvalue=0.0)
        terms = ([size.constant(c) for c in row] for row in rows)
        return [
            where(near, a, where(middle, b, where(far, c, d))) for a, b, c, d in terms
        ]  # fmt: skip

    over, under = chosen(0), chosen(1)
    second = horner(variable, over[2:])
    slope, lost_slope = two_sum(over[1], variable * second)
    upper, lost = two_sum(over[0], variable * slope)
    more = variable * horner(variable, under[1:])
    ratio = upper / (1.0 + more)
    less = ratio * more
    short = size.high()
    lost = lost + _lost_square(size, short) * slope + _lost_product(variable, slope)
    product = size * upper + size * ((lost + variable * lost_slope) - less)
    power, lost = two_sum(-short * short - 0.5625, (short - size) * (short + size) + ratio)
    y, lost, k = exp_parts(power, lost)
    # (y + lost)/|x|, the quotient's first 21 bits and the rest
    reciprocal = size * inverse
    start = (y * reciprocal).high()
    rest = ((y - start * short) - start * (size - short)) + lost
    tail = scaled(start + rest * reciprocal, k)
    around = _erfc_around_one(variable, second, less)
    return _Parts(near, middle, ratio, product, around, tail)


def _lost_square(x: Float, short: Float) -> Float:
    """x² without x² as rounded."""
    return (short * short - x * x) + (x - short) * (x + short)


def _lost_product(x: Float, y: Float) -> Float:
    """x·y without x·y as rounded (Dekker)."""
    a, b = x.high(), y.high()
    return ((a * b - x * y) + a * (y - b)) + (x - a) * y


def _erfc_around_one(s: Float, second: Float, less: Float) -> Float:
    """1 − ERF_ONE − P/Q with P/Q = P − (P/Q)·(Q − 1), the large terms first, with their error."""
    first = s * AROUND_ONE[0][1]
    total = ERFC_ONE - first
    lost = (ERFC_ONE - total) - first
    return total + (lost + ((ERFC_ONE_LOW - s * s * second) + less))


@elementary
def erf(x: Float) -> Float:
    """2/√π·∫₀ˣ exp(−t²) dt."""
    size = abs(x).at_most(6.5)
    parts = _parts(size)
    result = where(parts.is_middle, ERF_ONE + parts.ratio, 1.0 - parts.tail)
    return where(parts.is_near, size + size * parts.ratio, result).with_sign_of(x)


@elementary
def erfc(x: Float) -> Float:
    """1 − erf x."""
    size = abs(x).at_most(28.0)
    parts = _parts(size)
    y = size.with_sign_of(x)
    more = y * parts.ratio
    near = where(y < 0.5, 0.5 - ((y - 0.5) + more), (1.0 - y) - parts.product)
    near = where(y < 0.25, 1.0 - (y + more), near)
    tail = where(parts.is_middle, parts.middle, parts.tail)
    return where(parts.is_near, near, where(y < 0.0, 2.0 - tail, tail))
