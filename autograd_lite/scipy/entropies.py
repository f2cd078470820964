"""x·ln y and the entropies made of it, logistic functions, and powers through logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sc

from autograd_lite.primitives.activations import sigmoid, softplus
from autograd_lite.primitives.choices import equal, step, where
from autograd_lite.primitives.exponential import exp, expm1, log, log1p, power, sqrt
from autograd_lite.primitives.trigonometric import sin
from autograd_lite.scipy.declaring import POSITIVE, REAL, UNIT, also, special

# SciPy has ufuncs of its own for some that NumPy has
expit = also(sigmoid, sc.expit)
also(log1p, sc.log1p)
also(expm1, sc.expm1)


@special(sc.log_expit, partials=(lambda x, z: sigmoid(-x),), domain=(REAL,))
def log_expit(x: Any) -> Any:
    """The logarithm of the logistic function, z = −ln(1 + e⁻ˣ); ∂z/∂x = σ(−x).

    >>> log_expit(1000.0)
    -0.0
    """


@special(sc.logit, partials=(lambda x, z: 1.0 / (x * (1.0 - x)),), domain=(UNIT,))
def logit(x: Any) -> Any:
    """z = ln(x/(1 − x)), the inverse of the logistic function; ∂z/∂x = 1/(x·(1 − x)).

    >>> logit(0.5)
    0.0
    """


@special(
    sc.xlogy,
    partials=(
        lambda x, y, z: log(y),
        lambda x, y, z: where(equal(x, 0.0), 0.0, x / y),
    ),
    domain=(REAL, POSITIVE),
)
def xlogy(x: Any, y: Any) -> Any:
    """z = x·ln y, 0 where x = 0 (but for a nan y); ∂z/∂x = ln y, ∂z/∂y = x/y, 0 where x = 0.

    >>> xlogy(0.0, 0.0)
    0.0
    """


@special(
    sc.xlog1py,
    partials=(
        lambda x, y, z: log1p(y),
        lambda x, y, z: where(equal(x, 0.0), 0.0, x / (1.0 + y)),
    ),
    domain=(REAL, ((-0.8, 3.0),)),
)
def xlog1py(x: Any, y: Any) -> Any:
    """z = x·ln(1 + y), 0 where x = 0 (but for a nan y); ∂z/∂x = ln(1 + y), ∂z/∂y = x/(1 + y),
    0 where x = 0.

    >>> xlog1py(0.0, -1.0)
    0.0
    """


@special(
    sc.entr,
    partials=(lambda x, z: where(step(-x), 0.0, -log(x) - 1.0),),
    domain=(POSITIVE,),
)
def entr(x: Any) -> Any:
    """z = −x·ln x, 0 at 0, −inf for x < 0; ∂z/∂x = −ln x − 1, inf at 0, and 0 for x < 0.

    >>> entr(1.0)
    -0.0
    """


def _inside(x: Any, y: Any, slope: Any) -> Any:
    """A slope where both are positive, 0 elsewhere."""
    return where(step(x) * step(y), slope, 0.0)


@special(
    sc.rel_entr,
    partials=(
        lambda x, y, z: _inside(x, y, log(x / y) + 1.0),
        lambda x, y, z: _inside(x, y, -x / y),
    ),
    domain=(POSITIVE, POSITIVE),
)
def rel_entr(x: Any, y: Any) -> Any:
    """z = x·ln(x/y); 0 where x = 0 ≤ y, and inf elsewhere that not both are positive.
    ∂z/∂x = ln(x/y) + 1, ∂z/∂y = −x/y; taken as 0 where not both are positive.

    >>> rel_entr(1.0, 1.0)
    0.0
    """


@special(
    sc.kl_div,
    partials=(
        lambda x, y, z: _inside(x, y, log(x / y)),
        lambda x, y, z: where(equal(x, 0.0), 1.0 - step(-y), _inside(x, y, 1.0 - x / y)),
    ),
    domain=(POSITIVE, POSITIVE),
)
def kl_div(x: Any, y: Any) -> Any:
    """z = x·ln(x/y) − x + y; y where x = 0 ≤ y, and inf elsewhere that not both are positive.
    ∂z/∂x = ln(x/y), taken as 0 where not both are positive; ∂z/∂y = 1 − x/y, 1 where x = 0 ≤ y.

    >>> kl_div(1.0, 1.0)
    0.0
    """


# ---------------------------------------------------------------- (e^x − 1)/x and its powers


def _exprel_slope(x: Any) -> Any:
    """The derivative ((x − 1)·eˣ + 1)/x² of (eˣ − 1)/x: near 0 its series, Σ xⁿ/(n!·(n + 2))."""
    near = step(0.3 - abs(x))
    small = where(near, x, 0.0)
    series, term, factorial = 0.5, 1.0, 1.0
    for n in range(1, 14):
        term, factorial = term * small, factorial * n
        series = series + term / (factorial * (n + 2))
    far = where(near, 1.0, x)
    return where(near, series, (exp(far) - exprel(far)) / far)


@special(sc.exprel, partials=(lambda x, z: _exprel_slope(x),), domain=(REAL,))
def exprel(x: Any) -> Any:
    """z = (eˣ − 1)/x, 1 at 0; ∂z/∂x = (eˣ − z)/x, ½ at 0.

    >>> exprel(0.0)
    1.0
    """


def _boxcox_slope(logarithm: Any, lmbda: Any) -> Any:
    """∂/∂λ of (e^(λ·l) − 1)/λ, which is l²·exprel′(λ·l)."""
    return logarithm * logarithm * _exprel_slope(lmbda * logarithm)


@special(
    sc.boxcox,
    partials=(
        lambda x, lmbda, z: power(x, lmbda - 1.0),
        lambda x, lmbda, z: _boxcox_slope(log(x), lmbda),
    ),
    domain=(POSITIVE, REAL),
)
def boxcox(x: Any, lmbda: Any) -> Any:
    """The transformation of Box and Cox, z = (x^λ − 1)/λ, ln x where λ = 0; ∂z/∂x = x^(λ−1),
    ∂z/∂λ = (x^λ·ln x − z)/λ, (ln x)²/2 where λ = 0.

    >>> boxcox(4.0, 0.5)
    2.0
    """


@special(
    sc.boxcox1p,
    partials=(
        lambda x, lmbda, z: power(1.0 + x, lmbda - 1.0),
        lambda x, lmbda, z: _boxcox_slope(log1p(x), lmbda),
    ),
    domain=(POSITIVE, REAL),
)
def boxcox1p(x: Any, lmbda: Any) -> Any:
    """boxcox(1 + x, λ), accurate near x = 0; ∂z/∂x = (1 + x)^(λ−1).

    >>> boxcox1p(3.0, 0.5)
    2.0
    """


@special(sc.exp10, partials=(lambda x, z: float(np.log(10.0)) * z,), domain=(REAL,))
def exp10(x: Any) -> Any:
    """z = 10ˣ; ∂z/∂x = z·ln 10.

    >>> exp10(2.0)
    100.0
    """


@special(sc.exp2, partials=(lambda x, z: float(np.log(2.0)) * z,), domain=(REAL,))
def exp2(x: Any) -> Any:
    """z = 2ˣ; ∂z/∂x = z·ln 2.

    >>> exp2(3.0)
    8.0
    """


@special(
    sc.cbrt,
    partials=(lambda x, z: 1.0 / (3.0 * z * z),),
    domain=(((-3.0, -0.2), (0.2, 3.0)),),
)
def cbrt(x: Any) -> Any:
    """The cube root; ∂z/∂x = 1/(3z²), inf at 0.

    >>> cbrt(8.0)
    2.0
    """


@special(sc.cosm1, partials=(lambda x, z: -sin(x),), domain=(REAL,))
def cosm1(x: Any) -> Any:
    """z = cos x − 1, accurate near 0; ∂z/∂x = −sin x.

    >>> cosm1(0.0)
    0.0
    """


@special(
    sc.huber,
    partials=(None, lambda delta, r, z: r * where(step(abs(r) - delta), delta / abs(r), 1.0)),
    domain=(POSITIVE, ((0.1, 0.8), (1.2, 3.0))),
)
def huber(delta: Any, r: Any) -> Any:
    """Huber's loss: r²/2 where |r| ≤ δ, δ·(|r| − δ/2) beyond, inf where δ < 0. ∂z/∂r = r there,
    δ·sign r beyond. δ is a constant.

    >>> huber(1.0, 2.0)
    1.5
    """


@special(
    sc.pseudo_huber,
    partials=(None, lambda delta, r, z: r / sqrt(1.0 + (r / delta) * (r / delta))),
    domain=(POSITIVE, REAL),
)
def pseudo_huber(delta: Any, r: Any) -> Any:
    """z = δ²·(√(1 + (r/δ)²) − 1); ∂z/∂r = r/√(1 + (r/δ)²). δ is a constant, not 0.

    >>> round(pseudo_huber(1.0, 0.0), 6)
    0.0
    """


__all__ = [
    "boxcox", "boxcox1p", "cbrt", "cosm1", "entr", "exp10", "exp2", "expit", "expm1", "exprel",
    "huber", "kl_div", "log1p", "log_expit", "logit", "pseudo_huber", "rel_entr", "softplus",
    "xlog1py", "xlogy",
]  # fmt: skip
