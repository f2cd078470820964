"""The Bessel function that NumPy has, I₀, which its Kaiser window is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.primitive import Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.exponential import exp, sqrt
from autograd_lite.primitives.rows import numbers_of
from autograd_lite.primitives.shape import Shape, operand

# The coefficients of Chebyshev polynomials for e⁻ˣ·I₀(x): by S. Moshier's library Cephes, from
# C. Clenshaw, "Chebyshev Series for Mathematical Functions" (1962).
_NEAR = (
    -4.4153416464793395e-18, 3.3307945188222384e-17, -2.431279846547955e-16, 1.715391285555133e-15,
    -1.1685332877993451e-14, 7.676185498604936e-14, -4.856446783111929e-13, 2.95505266312964e-12,
    -1.726826291441556e-11, 9.675809035373237e-11, -5.189795601635263e-10, 2.6598237246823866e-09,
    -1.300025009986248e-08, 6.046995022541919e-08, -2.670793853940612e-07, 1.1173875391201037e-06,
    -4.4167383584587505e-06, 1.6448448070728896e-05, -5.754195010082104e-05, 0.00018850288509584165,
    -0.0005763755745385824, 0.0016394756169413357, -0.004324309995050576, 0.010546460394594998,
    -0.02373741480589947, 0.04930528423967071, -0.09490109704804764, 0.17162090152220877,
    -0.3046826723431984, 0.6767952744094761,
)  # fmt: skip
"""Of x/2 − 2, for 0 ≤ x ≤ 8."""
_FAR = (
    -7.233180487874754e-18, -4.830504485944182e-18, 4.46562142029676e-17, 3.461222867697461e-17,
    -2.8276239805165836e-16, -3.425485619677219e-16, 1.7725601330565263e-15, 3.8116806693526224e-15,
    -9.554846698828307e-15, -4.150569347287222e-14, 1.54008621752141e-14, 3.8527783827421426e-13,
    7.180124451383666e-13, -1.7941785315068062e-12, -1.3215811840447713e-11,
    -3.1499165279632416e-11, 1.1889147107846439e-11, 4.94060238822497e-10, 3.3962320257083865e-09,
    2.266668990498178e-08, 2.0489185894690638e-07, 2.8913705208347567e-06, 6.889758346916825e-05,
    0.0033691164782556943, 0.8044904110141088,
)  # fmt: skip
"""Of 32/x − 2, for x > 8; the sum is √x·e⁻ˣ·I₀(x)."""


def _series(x: Any, coefficients: Sequence[float]) -> Any:
    """Half of the first and all of the other coefficients times Chebyshev polynomials of x/2."""
    below, last, before = 0.0, coefficients[0], 0.0
    for coefficient in coefficients[1:]:
        before, below = below, last
        last = x * below - before + coefficient
    return 0.5 * (last - before)


def _i0_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}


@composed(np.i0, cases=_i0_cases)
def i0(x: Any) -> Any:
    """The modified Bessel function of order 0, I₀(x) = Σ (x/2)²ᵏ/(k!)²; its derivative is I₁.

    >>> from autograd_lite import grad
    >>> round(float(grad(i0)(1.0)), 6)
    0.565159
    """
    x = operand("i0", x)
    if not is_variable(x) and x.dtype != object:
        return np.i0(x)
    if getattr(x, "dtype", np.dtype(float)).kind == "c":
        raise TypeError("i0: real numbers are needed, not complex ones")
    plain = numbers_of(x)
    size = where(plain < 0, -x, x)  # abs, whose second derivative at 0 would not be right
    is_near = np.abs(plain) <= 8.0
    if np.all(is_near):
        return exp(size) * _series(0.5 * size - 2.0, _NEAR)
    far = where(is_near, 8.0, size)
    beyond = exp(far) * _series(32.0 / far - 2.0, _FAR) / sqrt(far)
    if not np.any(is_near):
        return beyond
    near = where(is_near, size, 1.0)
    return where(is_near, exp(near) * _series(0.5 * near - 2.0, _NEAR), beyond)
