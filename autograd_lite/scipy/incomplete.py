"""Incomplete gamma and beta integrals, and the distribution of Student's t.

Their derivatives by the parameters a, b and df have no closed form: they are integrals themselves,
computed numerically to about 10 digits (see `autograd_lite.scipy.log_moments`), of any order. One
costs about 20 µs for each element.
"""

from __future__ import annotations

from typing import Any

import scipy.special as sc

from autograd_lite.engine.primitive import NONZERO
from autograd_lite.primitives.arithmetic import sign
from autograd_lite.primitives.choices import step, where
from autograd_lite.primitives.exponential import exp, log, log1p
from autograd_lite.scipy.declaring import POSITIVE, UNIT, special
from autograd_lite.scipy.entropies import xlogy
from autograd_lite.scipy.gamma_functions import betaln, digamma, gammaln
from autograd_lite.scipy.log_moments import (
    beta_density,
    beta_log_moment,
    gamma_density,
    gamma_log_moment,
)


def _gamma_by_a(a: Any, x: Any) -> Any:
    """∂P/∂a; of a < 1 that of P(a, x) = P(a + 1, x) + x^a·e^(−x)/Γ(a + 1): nothing cancels."""
    small = step(1.0 - a)
    shifted = where(small, a + 1.0, a)
    weight = exp(xlogy(shifted - 1.0, x) - x - gammaln(shifted))
    positive = step(x)
    slope = where(positive, log(where(positive, x, 1.0)) - digamma(shifted), 0.0)
    return gamma_log_moment(1, shifted, x) + where(small, weight * slope, 0.0)


@special(
    sc.gammainc,
    partials=(lambda a, x, z: _gamma_by_a(a, x), lambda a, x, z: gamma_density(a, x)),
    domain=(POSITIVE, POSITIVE),
)
def gammainc(a: Any, x: Any) -> Any:
    """The regularised lower incomplete gamma function z = ∫₀ˣ t^(a−1)·e^(−t) dt/Γ(a);
    ∂z/∂x = x^(a−1)·e^(−x)/Γ(a). ∂z/∂a is an integral.

    >>> round(gammainc(1.0, 1.0), 6)
    0.632121
    """


@special(
    sc.gammaincc,
    partials=(lambda a, x, z: -_gamma_by_a(a, x), lambda a, x, z: -gamma_density(a, x)),
    domain=(POSITIVE, POSITIVE),
)
def gammaincc(a: Any, x: Any) -> Any:
    """z = 1 − gammainc(a, x), accurate where that is near 1; ∂z/∂x = −x^(a−1)·e^(−x)/Γ(a), ∂z/∂a is
    an integral.

    >>> round(gammaincc(1.0, 1.0), 6)
    0.367879
    """


@special(
    sc.gammaincinv,
    partials=(
        lambda a, y, z: -_gamma_by_a(a, z) / gamma_density(a, z),
        lambda a, y, z: 1.0 / gamma_density(a, z),
    ),
    domain=(POSITIVE, UNIT),
)
def gammaincinv(a: Any, y: Any) -> Any:
    """The x at which gammainc(a, x) = y; ∂x/∂y = Γ(a)·x^(1−a)·eˣ. ∂z/∂a is an integral.

    >>> round(gammaincinv(1.0, 0.5), 6)
    0.693147
    """


@special(
    sc.gammainccinv,
    partials=(
        lambda a, y, z: -_gamma_by_a(a, z) / gamma_density(a, z),
        lambda a, y, z: -1.0 / gamma_density(a, z),
    ),
    domain=(POSITIVE, UNIT),
)
def gammainccinv(a: Any, y: Any) -> Any:
    """The x at which gammaincc(a, x) = y; ∂x/∂y = −Γ(a)·x^(1−a)·eˣ. ∂z/∂a is an integral.

    >>> round(gammainccinv(1.0, 0.5), 6)
    0.693147
    """


@special(
    sc.betainc,
    partials=(
        lambda a, b, x, z: beta_log_moment(1, 0, a, b, x),
        lambda a, b, x, z: beta_log_moment(0, 1, a, b, x),
        lambda a, b, x, z: beta_density(a, b, x),
    ),
    domain=(POSITIVE, POSITIVE, UNIT),
)
def betainc(a: Any, b: Any, x: Any) -> Any:
    """The regularised incomplete beta function z = ∫₀ˣ t^(a−1)·(1 − t)^(b−1) dt/B(a, b);
    ∂z/∂x = x^(a−1)·(1 − x)^(b−1)/B(a, b). ∂z/∂a and ∂z/∂b
    are integrals.

    >>> betainc(1.0, 1.0, 0.25)
    0.25
    """


@special(
    getattr(sc, "betaincc", None),
    partials=(
        lambda a, b, x, z: -beta_log_moment(1, 0, a, b, x),
        lambda a, b, x, z: -beta_log_moment(0, 1, a, b, x),
        lambda a, b, x, z: -beta_density(a, b, x),
    ),
    domain=(POSITIVE, POSITIVE, UNIT),
)
def betaincc(a: Any, b: Any, x: Any) -> Any:
    """z = 1 − betainc(a, b, x), accurate where that is near 1;
    ∂z/∂x = −x^(a−1)·(1 − x)^(b−1)/B(a, b). ∂z/∂a and ∂z/∂b
    are integrals.

    >>> betaincc(1.0, 1.0, 0.25)
    0.75
    """


@special(
    sc.betaincinv,
    partials=(
        lambda a, b, y, z: -beta_log_moment(1, 0, a, b, z) / beta_density(a, b, z),
        lambda a, b, y, z: -beta_log_moment(0, 1, a, b, z) / beta_density(a, b, z),
        lambda a, b, y, z: 1.0 / beta_density(a, b, z),
    ),
    domain=(POSITIVE, POSITIVE, UNIT),
)
def betaincinv(a: Any, b: Any, y: Any) -> Any:
    """The x at which betainc(a, b, x) = y; ∂x/∂y = B(a, b)·x^(1−a)·(1 − x)^(1−b).

    >>> betaincinv(1.0, 1.0, 0.25)
    0.25
    """


def _student_density(df: Any, t: Any) -> Any:
    """The density of Student's t at t."""
    power = -0.5 * (df + 1.0) * log1p(t * t / df)
    return exp(power - betaln(0.5, 0.5 * df) - 0.5 * log(df))


def _student_by_df(df: Any, t: Any) -> Any:
    """∂F/∂df, of F = ½ + ½·sign(t)·I_y(½, df/2) with y = t²/(df + t²), or 1 − I_x(df/2, ½)."""
    square = t * t
    far = step(square - df)
    x, y = where(far, df / (df + square), 0.5), where(far, 0.5, square / (df + square))
    tail = -0.25 * beta_log_moment(1, 0, 0.5 * df, 0.5, x)
    middle = 0.25 * beta_log_moment(0, 1, 0.5, 0.5 * df, y)
    side = sign(t) * where(far, tail, middle)
    return side - 0.5 * t * _student_density(df, t) / df


@special(
    sc.stdtr,
    partials=(
        lambda df, t, z: _student_by_df(df, t),
        lambda df, t, z: _student_density(df, t),
    ),
    domain=(POSITIVE, NONZERO),
)
def stdtr(df: Any, t: Any) -> Any:
    """The distribution function of Student's t; ∂z/∂t is its density. ∂z/∂df is an
    integral.

    >>> stdtr(3.0, 0.0)
    0.5
    """


@special(
    sc.stdtrit,
    partials=(
        lambda df, p, z: -_student_by_df(df, z) / _student_density(df, z),
        lambda df, p, z: 1.0 / _student_density(df, z),
    ),
    domain=(POSITIVE, UNIT),
)
def stdtrit(df: Any, p: Any) -> Any:
    """The t at which stdtr(df, t) = p; ∂t/∂p = 1/density. ∂z/∂df is an
    integral.

    >>> abs(stdtrit(3.0, 0.5)) < 1e-8
    True
    """
