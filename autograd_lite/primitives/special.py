"""Special functions: the error function, the logarithm of a sum of exponentials, sinc. See
`autograd_lite.engine.primitive` for what a declaration means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.primitive import Array
from autograd_lite.primitives.activations import sigmoid
from autograd_lite.primitives.arithmetic import abs
from autograd_lite.primitives.choices import equal, where
from autograd_lite.primitives.exponential import LN_2, exp
from autograd_lite.primitives.trigonometric import cos

# W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969):
# three intervals, each the quotient of two polynomials, highest power first.
_NEAR = (
    (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021,
     3209.37758913846947),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295,
     298.635138197400131, 881.952221241769090, 1712.04761263407058, 2051.07837782607147,
     1230.33935479799725),
    (1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
     3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942),
)  # fmt: skip
_FAR = (
    (0.0163153871373020978, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246,
     0.0160837851487422766, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191,
     0.00233520497626869185),
)  # fmt: skip


def _quotient(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    above, below = (np.polyval(np.array(c), x) for c in coefficients)
    return np.asarray(above / below)


def _erf_of_array(x: Any) -> Any:
    """erf elementwise, to about one unit in the last place of a float64."""
    given = np.asarray(x)
    if given.dtype.kind == "c":
        raise TypeError("real numbers are needed, not complex ones; scipy.special.erf takes both")
    x = given.astype(float).reshape(-1)
    size = np.abs(x)
    z = np.sign(x)  # right for |x| >= 6, and nan for nan
    near, far = size <= 0.46875, (size > 4.0) & (size < 6.0)
    middle = (size > 0.46875) & (size <= 4.0)
    z[near] = x[near] * _quotient(_NEAR, size[near] ** 2)
    y = size[middle]
    z[middle] *= 1.0 - np.exp(-(y**2)) * _quotient(_MIDDLE, y)
    y = size[far]
    u = y**-2
    tail = (1.0 / math.sqrt(math.pi) - u * _quotient(_FAR, u)) / y
    z[far] *= 1.0 - np.exp(-(y**2)) * tail
    return z.astype(given.dtype if given.dtype.kind == "f" else float).reshape(given.shape)[()]


@elementwise(
    arrays=_erf_of_array,
    partials=(lambda x, z: 2.0 / math.sqrt(math.pi) * exp(-x * x),),
)
def erf(x: Any) -> Any:
    """The error function z = 2/√π·∫₀ˣ e^(−t²) dt; ∂z/∂x = 2/√π·e^(−x²).

    Raises:
        TypeError: of complex numbers.

    >>> erf(0.0)
    0.0
    """


# ---------------------------------------------------------------- sums of exponentials


def _difference(x: Any, y: Any) -> Any:
    """x − y; 0 where both are the same infinity."""
    d = x - y
    return where(equal(d, d), d, where(equal(x, y), 0.0, d))


@elementwise(
    np.logaddexp,
    text="ln(e^({x}) + e^({y}))",
    latex=r"\ln(e^{{{x}}} + e^{{{y}}})",
    binds=(0, 0),
    floats="x + log(2.0) if x == y else max(x, y) + log1p(exp(-abs(x - y)))",
    partials=(
        lambda x, y, z: sigmoid(_difference(x, y)),
        lambda x, y, z: sigmoid(_difference(y, x)),
    ),
    on_paper=(lambda x, y, z: sigmoid(x - y), lambda x, y, z: sigmoid(y - x)),
)
def logaddexp(x: Any, y: Any) -> Any:
    """z = ln(eˣ + e^y), without overflow; ∂z/∂x = σ(x − y), ∂z/∂y = σ(y − x), ½ each where both
    are the same infinity.

    >>> logaddexp(1000.0, -1000.0)
    1000.0
    """


@elementwise(
    np.logaddexp2,
    text="log2(2^({x}) + 2^({y}))",
    latex=r"\log_2(2^{{{x}}} + 2^{{{y}}})",
    binds=(0, 0),
    floats="x + 1.0 if x == y else max(x, y) + log1p(exp2(-abs(x - y))) / log(2.0)",
    partials=(
        lambda x, y, z: sigmoid(LN_2 * _difference(x, y)),
        lambda x, y, z: sigmoid(LN_2 * _difference(y, x)),
    ),
    on_paper=(lambda x, y, z: sigmoid(LN_2 * (x - y)), lambda x, y, z: sigmoid(LN_2 * (y - x))),
)
def logaddexp2(x: Any, y: Any) -> Any:
    """z = log₂(2ˣ + 2^y), without overflow; ∂z/∂x = σ((x − y)·ln 2), ∂z/∂y = σ((y − x)·ln 2), ½
    each where both are the same infinity.

    >>> logaddexp2(3.0, 3.0)
    4.0
    """


# ---------------------------------------------------------------- sinc


_SLOPE = tuple(
    (-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 9)
)
"""The derivative of sinc as a power series: of x, x³, x⁵, …"""


def _slope_near_0(x: Any) -> Any:
    square = x * x
    total: Any = _SLOPE[-1]
    for coefficient in _SLOPE[-2::-1]:
        total = total * square + coefficient
    return total * x


def _slope_of_sinc(x: Any, z: Any) -> Any:
    """The derivative of sinc; near 0 by its power series, for there the quotient cancels."""
    near = abs(x) < 0.15
    farther = (cos(math.pi * x) - z) / where(near, 1.0, x)
    return where(near, _slope_near_0(x), farther)


@elementwise(
    np.sinc,
    floats="sin(pi * x) / (pi * x) if x else 1.0",
    partials=(_slope_of_sinc,),
    on_paper=(lambda x, z: (cos(math.pi * x) - z) / x,),
    kink=np.abs,
)
def sinc(x: Any) -> Any:
    """z = sin(πx)/(πx), 1 at 0; ∂z/∂x = (cos(πx) − z)/x, 0 at 0.

    >>> sinc(0.0), sinc(0.5) == 2.0 / math.pi
    (1.0, True)
    """
