"""The error function, the normal distribution, exponential and elliptic integrals."""

from __future__ import annotations

import math
from typing import Any

import scipy.special as sc

from autograd_lite.engine.primitive import NONZERO
from autograd_lite.primitives.choices import equal, step, where
from autograd_lite.primitives.exponential import exp, log
from autograd_lite.scipy.declaring import POSITIVE, REAL, UNIT, special

ROOT_PI = math.sqrt(math.pi)
ROOT_2 = math.sqrt(2.0)
NORMAL = 1.0 / math.sqrt(2.0 * math.pi)
"""The density of the standard normal distribution at 0."""


@special(sc.erf, partials=(lambda x, z: (2.0 / ROOT_PI) * exp(-x * x),), domain=(REAL,))
def erf(x: Any) -> Any:
    """The error function z = 2/√π·∫₀ˣ e^(−t²) dt, of complex numbers as well; ∂z/∂x = 2/√π·e^(−x²).

    >>> erf(0.0)
    0.0
    """


@special(sc.erfc, partials=(lambda x, z: (-2.0 / ROOT_PI) * exp(-x * x),), domain=(REAL,))
def erfc(x: Any) -> Any:
    """z = 1 − erf(x), accurate where that is near 1; ∂z/∂x = −2/√π·e^(−x²).

    >>> erfc(0.0)
    1.0
    """


def _erfcx_slope(x: Any, z: Any) -> Any:
    """2x·z − 2/√π; beyond 40, where that cancels, its series in 1/x²."""
    far = step(x - 40.0)
    inverse = 1.0 / where(far, x, 40.0)
    u, series, term = inverse * inverse, 1.0, 1.0
    for n in range(1, 7):
        term = term * (-(2 * n + 1) / 2.0) * u
        series = series + term
    near = where(far, 0.0, x)
    return where(far, (-1.0 / ROOT_PI) * u * series, 2.0 * near * z - 2.0 / ROOT_PI)


@special(sc.erfcx, partials=(_erfcx_slope,), domain=(REAL,))
def erfcx(x: Any) -> Any:
    """z = e^(x²)·erfc(x), which does not underflow; ∂z/∂x = 2x·z − 2/√π.

    >>> erfcx(0.0)
    1.0
    """


@special(sc.erfi, partials=(lambda x, z: (2.0 / ROOT_PI) * exp(x * x),), domain=(REAL,))
def erfi(x: Any) -> Any:
    """The imaginary error function z = 2/√π·∫₀ˣ e^(t²) dt; ∂z/∂x = 2/√π·e^(x²).

    >>> erfi(0.0)
    0.0
    """


@special(sc.dawsn, partials=(lambda x, z: 1.0 - 2.0 * x * z,), domain=(REAL,))
def dawsn(x: Any) -> Any:
    """Dawson's integral z = e^(−x²)·∫₀ˣ e^(t²) dt; ∂z/∂x = 1 − 2x·z.

    >>> dawsn(0.0)
    0.0
    """


@special(
    sc.erfinv,
    partials=(lambda x, z: (0.5 * ROOT_PI) * exp(z * z),),
    domain=(((-0.9, 0.9),),),
)
def erfinv(x: Any) -> Any:
    """The z at which erf(z) = x; ∂z/∂x = √π/2·e^(z²), inf at −1 and 1.

    >>> erfinv(0.0)
    0.0
    """


@special(
    sc.erfcinv, partials=(lambda x, z: (-0.5 * ROOT_PI) * exp(z * z),), domain=(((0.1, 1.9),),)
)
def erfcinv(x: Any) -> Any:
    """The z at which erfc(z) = x; ∂z/∂x = −√π/2·e^(z²), −inf at 0 and 2.

    >>> erfcinv(1.0)
    0.0
    """


@special(sc.ndtr, partials=(lambda x, z: NORMAL * exp(-0.5 * x * x),), domain=(REAL,))
def ndtr(x: Any) -> Any:
    """The distribution function of the standard normal distribution, z = ½·erfc(−x/√2);
    ∂z/∂x = e^(−x²/2)/√(2π).

    >>> ndtr(0.0)
    0.5
    """


@special(
    sc.log_ndtr,
    partials=(lambda x, z: (2.0 * NORMAL) / erfcx((-1.0 / ROOT_2) * x),),
    domain=(REAL,),
)
def log_ndtr(x: Any) -> Any:
    """z = ln ndtr(x), accurate far in the tail; ∂z/∂x = √(2/π)/erfcx(−x/√2), the density over ndtr.

    >>> round(log_ndtr(-40.0), 6)
    -804.608442
    """


@special(sc.ndtri, partials=(lambda p, z: exp(0.5 * z * z) / NORMAL,), domain=(UNIT,))
def ndtri(p: Any) -> Any:
    """The quantile z at which ndtr(z) = p; ∂z/∂p = √(2π)·e^(z²/2), inf at 0 and 1.

    >>> ndtri(0.5)
    0.0
    """


# ---------------------------------------------------------------- exponential integrals


@special(sc.exp1, partials=(lambda x, z: -exp(-x) / x,), domain=(POSITIVE,))
def exp1(x: Any) -> Any:
    """The exponential integral z = ∫ₓ^∞ e^(−t)/t dt; ∂z/∂x = −e^(−x)/x.

    >>> round(exp1(1.0), 6)
    0.219384
    """


@special(sc.expi, partials=(lambda x, z: exp(x) / x,), domain=(NONZERO,))
def expi(x: Any) -> Any:
    """The exponential integral z = ∫ eᵗ/t dt from −∞ to x, a principal value; ∂z/∂x = eˣ/x.

    >>> round(expi(1.0), 6)
    1.895118
    """


def _expn_slope(n: Any, x: Any, z: Any) -> Any:
    """−E_(n−1)(x); of E₀ = e^(−x)/x, for which SciPy has none before it, −E₀·(1 + 1/x)."""
    first = equal(n, 0.0)
    return where(first, -z * (1.0 + 1.0 / x), -expn(where(first, 1.0, n) - 1.0, x))


@special(sc.expn, partials=(None, _expn_slope), domain=(POSITIVE, POSITIVE))
def expn(n: Any, x: Any) -> Any:
    """The exponential integral z = ∫ e^(−x·t)/tⁿ dt from 1 to ∞; ∂z/∂x = −expn(n − 1, x).

    Args:
        n: the order, a constant: whole numbers, 0 or more.
        x: numbers > 0.

    >>> round(expn(0.0, 1.0), 6)
    0.367879
    """


def _spence_slope(x: Any, z: Any) -> Any:
    """ln x/(1 − x), −1 at 1: by log1p's series close to it."""
    d = x - 1.0
    near = step(1e-3 - abs(d))
    apart = where(near, 1.0, d)
    series = 1.0 - d * (0.5 - d * (1.0 / 3.0 - d * (0.25 - d * (0.2 - d / 6.0))))
    return -where(near, series, log(where(near, 1.0, x)) / apart)


@special(sc.spence, partials=(_spence_slope,), domain=(POSITIVE,))
def spence(x: Any) -> Any:
    """The dilogarithm z = Li₂(1 − x) = ∫ ln t/(1 − t) dt from 1 to x; ∂z/∂x = ln x/(1 − x).

    >>> spence(1.0)
    0.0
    """


# ---------------------------------------------------------------- elliptic integrals

_PARAMETER = ((-2.0, -0.1), (0.1, 0.9))


def _first_slope(m: Any, z: Any) -> Any:
    return (ellipe(m) / (1.0 - m) - z) / (2.0 * m)


@special(
    sc.ellipk,
    partials=(lambda m, z: where(equal(m, 0.0), math.pi / 8.0, _first_slope(m, z)),),
    domain=(_PARAMETER,),
)
def ellipk(m: Any) -> Any:
    """The complete elliptic integral of the first kind, z = ∫ (1 − m·sin²t)^(−½) dt from 0 to π/2;
    ∂z/∂m = (E/(1 − m) − z)/(2m), π/8 at 0 (and no derivative of that there).

    >>> round(ellipk(0.0), 6)
    1.570796
    """


@special(
    sc.ellipe,
    partials=(lambda m, z: where(equal(m, 0.0), -math.pi / 8.0, (z - ellipk(m)) / (2.0 * m)),),
    domain=(_PARAMETER,),
)
def ellipe(m: Any) -> Any:
    """The complete elliptic integral of the second kind, z = ∫ (1 − m·sin²t)^(½) dt from 0 to π/2;
    ∂z/∂m = (z − K)/(2m), −π/8 at 0 (and no derivative of that there).

    >>> round(ellipe(0.0), 6)
    1.570796
    """
