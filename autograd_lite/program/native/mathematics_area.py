"""asinh, acosh and atanh in the language of `mathematics`, for float64.

The formulas: FDLIBM 5.3, s_asinh.c, e_acosh.c, e_atanh.c (© 1993 Sun Microsystems, Inc.); what the
argument of the logarithm loses in rounding is handed on to it.
"""

from __future__ import annotations

from autograd_lite.program.native.mathematics import Float, elementary, two_sum, where
from autograd_lite.program.native.mathematics_logarithm import log1p_parts, log_parts, sum_of

LARGE = 2.0**28
"""From here on √(x² ± 1) is |x|."""


def _log_of_sum(size: Float, x: Float, y: Float) -> Float:
    """log(1 + x + y); log(2·size) where the size is large."""
    near, more = log1p_parts(*two_sum(x, y))
    far = log_parts(size)
    far = far._replace(k=far.k + 1.0)
    return where(size < LARGE, sum_of(near, more), sum_of(far))


@elementary
def asinh(x: Float) -> Float:
    """log(|x| + √(x² + 1)), with the sign of x."""
    size = abs(x)
    square = size * size
    result = _log_of_sum(size, size, square / (1.0 + (1.0 + square).sqrt()))
    usual = (size >= 2.0**-28) & (size < float("inf"))
    return where(usual, result.with_sign_of(x), x)


@elementary
def acosh(x: Float) -> Float:
    """log(x + √(x² − 1)), for x ≥ 1."""
    beyond = x - 1.0
    result = _log_of_sum(x, beyond, (beyond + beyond + beyond * beyond).sqrt())
    special = where(x < 1.0, x.constant(float("nan")), x)
    return where((x >= 1.0) & (x < float("inf")), result, special)


@elementary
def atanh(x: Float) -> Float:
    """½·log((1 + x)/(1 − x)), for |x| ≤ 1."""
    size = abs(x)
    double = size + size
    less = 1.0 - size
    zero = x.constant(0.0)
    near = size < 0.5
    over = where(near, double * size, double)
    argument, tail = two_sum(where(near, double, zero), over / less)
    result = (0.5 * sum_of(*log1p_parts(argument, tail))).with_sign_of(x)
    ends = where(size > 1.0, x.constant(float("nan")), x / zero)
    result = where(size < 1.0, result, where(x.is_nan(), x, ends))
    return where(size < 2.0**-28, x, result)
