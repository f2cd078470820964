"""exp, expm1, tanh, log, log1p and erf of float32 in float32, in the language of `mathematics`.

Coefficients: S. L. Moshier, Cephes Mathematical Library 2.2, single precision, expf.c, logf.c and
tanhf.c ("may be used freely"); of erf N. Juffa's erff (© 2015 – 2023, BSD 2-clause), whose two
formulas meet at 0.927734375. The code is our own, with the reductions of the functions of float64.
What has no code here is computed in float64 and rounded.
"""

from __future__ import annotations

# the table has to have what gets code here
from autograd_lite.program.native import mathematics_error as _error
from autograd_lite.program.native import mathematics_exponential as _exponential
from autograd_lite.program.native import mathematics_logarithm as _logarithm
from autograd_lite.program.native.mathematics import (
    Float,
    Int,
    polynomial,
    single,
    two_sum,
    where,
)

__all__ = ["_error", "_exponential", "_logarithm", "erf", "exp", "expm1", "log", "log1p", "tanh"]

ROUND = 1.5 * 2.0**23
"""Added to a float32 below 2²² it rounds to a whole number."""
ROUND_BITS = 0x4B400000
ONE_BITS = 0x3F800000
HALF_ROOT_BITS = 0x3F3504F3

LOG2_E = 1.44269504088896341
LN2_HIGH, LN2_LOW = 0.693359375, -2.12194440e-4

EXP = (
    5.0000001201e-1,
    1.6666665459e-1,
    4.1665795894e-2,
    8.3334519073e-3,
    1.3981999507e-3,
    1.9875691500e-4,
)
"""eʳ = 1 + r + r²·(…) for |r| ≤ ln 2 / 2."""

LOG = (
    3.3333331174e-1,
    -2.4999993993e-1,
    2.0000714765e-1,
    -1.6668057665e-1,
    1.4249322787e-1,
    -1.2420140846e-1,
    1.1676998740e-1,
    -1.1514610310e-1,
    7.0376836292e-2,
)
"""log(1 + f) = f − f²/2 + f³·(…) for √½ ≤ 1 + f < √2."""

TANH = (
    -3.33332819422e-1,
    1.33314422036e-1,
    -5.37397155531e-2,
    2.06390887954e-2,
    -5.70498872745e-3,
)
"""tanh x = x + x³·(…) below 0.625."""


ERF_NEAR = (
    1.28379166e-1,
    -3.76125336e-1,
    1.12819925e-1,
    -2.67681349e-2,
    4.99119423e-3,
    -5.96761703e-4,
)
"""erf x = x + x·(…) in x², below 0.921875."""
ERF_FAR = (
    -1.28717512e-1,
    -6.34846687e-1,
    -1.06777877e-1,
    2.42546219e-2,
    -3.88396438e-3,
    3.83197126e-4,
    -1.72853470e-5,
)
"""log erfc x = x·(…) − x, from there on."""


def _power_of_two(k: Int) -> Float:
    """2ᵏ, for −127 < k < 128."""
    return ((k + 127) << 23).as_float()


def _reduced(x: Float) -> tuple[Float, Float, Int]:
    """x − k·ln 2 = high − low, and k."""
    shifted = x * LOG2_E + ROUND
    n = shifted - ROUND
    return x - n * LN2_HIGH, n * LN2_LOW, shifted.bits() - ROUND_BITS


def _exp_parts(x: Float) -> tuple[Float, Float, Int]:
    """eˣ = (y + lost)·2ᵏ."""
    high, low, k = _reduced(x)
    r = high - low
    more = high + (r * r * polynomial(r, EXP) - low)
    y = 1.0 + more
    return y, more - (y - 1.0), k


@single("exp")
def exp(x: Float) -> Float:
    """eˣ."""
    y, _, k = _exp_parts(x.at_most(89.0).at_least(-104.0))
    half = ((k + 512) >> 1) - 256
    return y * _power_of_two(half) * _power_of_two(k - half)


@single("expm1")
def expm1(x: Float) -> Float:
    """eˣ − 1 = 2·((2ᵏ⁻¹ − ½) + 2ᵏ⁻¹·(eʳ − 1)), the large terms summed with their errors."""
    high, low, k = _reduced(x.at_most(89.0).at_least(-20.0))
    r = high - low
    rest = r * r * polynomial(r, EXP) + ((high - r) - low)
    scale = _power_of_two(k - 1)
    start, lost = two_sum(scale, scale.constant(-0.5))
    total, more = two_sum(start, scale * r)
    result = (total + (more + (lost + scale * rest))) * 2.0
    return where(abs(x) < 2.0**-25, x, result)


@single("tanh")
def tanh(x: Float) -> Float:
    """1 − 2/(e²ˣ + 1) from 0.625 on; x + x³·P(x²) below."""
    size = abs(x)
    y, lost, k = _exp_parts(size.at_most(10.0) * 2.0)
    scale = _power_of_two(k)
    power = y * scale
    total = power + 1.0
    lost = lost * scale + (1.0 - (total - power))
    ratio = -2.0 / total
    square = size * size
    near = size + size * (square * polynomial(square, TANH))
    far = 1.0 + (ratio + ratio * ratio * (0.5 * lost))
    return where(size < 0.625, near, far).with_sign_of(x)


def _split(bits: Int) -> tuple[Float, Float]:
    """k and f of a normal number; the exponent becomes a float as the low bits of 2²³ + k."""
    biased = bits + (ONE_BITS - HALF_ROOT_BITS)
    k = ((biased >> 23) | 0x4B000000).as_float() - (2.0**23 + 127.0)
    return k, ((biased & 0x007FFFFF) + HALF_ROOT_BITS).as_float() - 1.0


def _log(k: Float, f: Float, lost: Float | float) -> Float:
    square = f * f
    rest = square * f * polynomial(f, LOG) + (k * LN2_LOW + lost)
    return k * LN2_HIGH - ((0.5 * square - rest) - f)


@single("log")
def log(x: Float) -> Float:
    """The natural logarithm."""
    small = x < 2.0**-126
    k, f = _split(where(small, x * 2.0**25, x).bits())
    result = _log(where(small, k - 25.0, k), f, 0.0)
    negative = where(x < 0.0, x.constant(float("nan")), x)
    special = where(x.equals(0.0), x.constant(float("-inf")), negative)
    return where((x > 0.0) & (x < float("inf")), result, special)


@single("log1p")
def log1p(x: Float) -> Float:
    """log(1 + x): where 1 + x is rounded, what it loses is put back as a relative error."""
    total = 1.0 + x
    k, f = _split(total.bits())
    lost = where(x < 1.0, x - (total - 1.0), 1.0 - (total - x)) / total
    near = k.equals(0.0)
    result = _log(k, where(near, x, f), where(near, x.constant(0.0), lost))
    special = where(x < -1.0, x.constant(float("nan")), x)
    special = where(x.equals(-1.0), x.constant(float("-inf")), special)
    usual = (x > -1.0) & (x < float("inf")) & ~(abs(x) < 2.0**-25)
    return where(usual, result, special)


@single("erf")
def erf(x: Float) -> Float:
    """2/√π·∫₀ˣ exp(−t²) dt."""
    size = abs(x).at_most(4.0)
    y, _, k = _exp_parts(size * polynomial(size, ERF_FAR) - size)
    far = 1.0 - y * _power_of_two(k)
    near = size + size * polynomial(size * size, ERF_NEAR)
    return where(size < 0.921875, near, far).with_sign_of(x)
