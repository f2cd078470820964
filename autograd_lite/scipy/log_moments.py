"""What the derivatives of incomplete integrals by their parameters are made of.

With the density f of a gamma distribution, ∂ ln f/∂a = ln t − ψ(a). So the derivatives of
P(a, x) = ∫₀ˣ f dt by a are made of its partial moments, ∫₀ˣ (ln t − ψ(a))ⁿ·f dt, which have no
closed form; and so it is with the beta distribution.

They are computed as P times the mean of (ln t − ψ(a))ⁿ over t < x, or from 1 − P and the mean over
t > x, whichever is the smaller part, so that both tails keep their digits. The mean is a
ratio of two integrals over u from 0 to ∞, with t = x·e^(−u) below and t = x + u above, whose
integrands decay as e^(−u). They are computed with Takahasi's and Mori's double exponential
substitution u = e^(τ − e^(−τ)): to about 10 digits, on 93 points.

Source: H. Takahasi, M. Mori, "Double exponential formulas for numerical integration" (1974).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import scipy.special as sc

from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.floats import float_function
from autograd_lite.engine.primitive import Array
from autograd_lite.primitives.choices import step, where
from autograd_lite.primitives.exponential import exp, log, log1p
from autograd_lite.scipy.declaring import POSITIVE, UNIT
from autograd_lite.scipy.entropies import xlog1py, xlogy
from autograd_lite.scipy.gamma_functions import betaln, gammaln, polygamma, psi

_TAU = np.arange(-36, 57) * 0.125
_POINTS = np.exp(_TAU - np.exp(-_TAU))
_WEIGHTS = _POINTS * (1.0 + np.exp(-_TAU))
_AT_ONCE = 4096
"""Of how many elements the integrals are computed at once, for the memory that they need."""


def gamma_density(a: Any, x: Any) -> Any:
    """x^(a−1)·e^(−x)/Γ(a)."""
    return exp(xlogy(a - 1.0, x) - x - gammaln(a))


def beta_density(a: Any, b: Any, x: Any) -> Any:
    """x^(a−1)·(1 − x)^(b−1)/B(a, b)."""
    return exp(xlogy(a - 1.0, x) + xlog1py(b - 1.0, -x) - betaln(a, b))


# ---------------------------------------------------------------- on plain arrays


def _by_parts(compute: Callable[..., Array], *operands: Any) -> Any:
    """A function of columns, of so many elements at a time."""
    whole = np.broadcast_arrays(*(np.asarray(x) for x in operands))
    held = [x for x in operands if hasattr(x, "dtype")]
    dtype = np.result_type(np.float32, *held) if held else float
    rows = [np.ravel(x).astype(float) for x in whole]
    z = np.empty(rows[0].shape)
    with np.errstate(all="ignore"):
        for start in range(0, z.size, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            z[part] = compute(*(row[part, None] for row in rows))
    return z.reshape(whole[0].shape).astype(dtype)[()]


def _mean(values: Array, density: Array) -> Array:
    weights = density * _WEIGHTS
    found: Array = (values * weights).sum(-1) / weights.sum(-1)
    return found


def _gamma_moment(n: Any, a: Any, x: Any) -> Any:
    order = _order(n)
    return _by_parts(lambda a, x: _gamma_column(order, a, x), a, x)


def _gamma_column(n: int, a: Array, x: Array) -> Array:
    below = x <= np.maximum(a, 1.0)
    near = np.sqrt(x)  # about as wide as the density is at its top, where it is no exponential
    decay = np.where(below, np.minimum(np.maximum(a - x, 0.0) + near, a),
                     np.minimum(x - a + near, x) / x)  # fmt: skip
    u = _POINTS / decay
    ahead = np.where(below, -u, np.log1p(u / x))  # ln t − ln x
    density = np.where(below, a * ahead - x * np.expm1(-u), (a - 1.0) * ahead - u)
    part = _mean((np.log(x) - sc.psi(a) + ahead) ** n, np.exp(density))
    total = _moments(n, lambda k: sc.polygamma(k - 1, a[:, 0]))
    return _from_the_smaller(below, part, total, sc.gammainc(a, x), sc.gammaincc(a, x))


def _beta_moment(m: Any, n: Any, a: Any, b: Any, x: Any) -> Any:
    orders = _order(m), _order(n)
    return _by_parts(lambda *columns: _beta_column(*orders, *columns), a, b, x)


def _order(n: Any) -> int:
    """The order, one for all elements; what is asked for below 0 is multiplied by 0."""
    return int(np.max(n, initial=0))


def _beta_column(m: int, n: int, a: Array, b: Array, x: Array) -> Array:
    below = x <= a / (a + b)
    p, q = np.where(below, a, b), np.where(below, b, a)
    s, rest = np.where(below, x, 1.0 - x), np.where(below, 1.0 - x, x)
    near = np.sqrt(np.abs(q - 1.0) * s) / rest
    decay = np.minimum(np.maximum(p - (q - 1.0) * s / rest, 0.0) + near, p)
    u = _POINTS / decay
    ahead = np.log1p(-s * np.expm1(-u) / rest)  # ln(1 − t) − ln(1 − s)
    density = np.exp((q - 1.0) * ahead - p * u)
    both = sc.psi(p + q)
    first, second = np.log(s) - u - sc.psi(p) + both, np.log(rest) + ahead - sc.psi(q) + both
    part = _mean(np.where(below, first**m * second**n, first**n * second**m), density)
    total = _joint_moments(m, n, a[:, 0], b[:, 0])
    lower = sc.betainc(a, b, x)
    upper = np.where(below, 1.0 - lower, sc.betainc(b, a, 1.0 - x))
    return _from_the_smaller(below, part, total, lower, upper)


def _from_the_smaller(below: Array, part: Array, total: Any, lower: Any, upper: Any) -> Array:
    """The moment over t < x: 0 where there is nothing, the whole where all is."""
    below, lower, upper = below[:, 0], lower[:, 0], upper[:, 0]
    found = np.where(below, lower * part, total - upper * part)
    found = np.where(lower == 0.0, 0.0, found)
    return np.where(~below & (upper == 0.0), total + 0.0 * lower, found)


def _moments(n: int, cumulant: Callable[[int], Any]) -> Any:
    """The n-th moment, of cumulants of which the first is 0."""
    found: list[Any] = [1.0, 0.0]
    for order in range(2, n + 1):
        found.append(
            sum(math.comb(order - 1, k - 1) * cumulant(k) * found[order - k]
                for k in range(2, order + 1))
        )  # fmt: skip
    return found[n]


def _joint_moments(m: int, n: int, a: Array, b: Array) -> Any:
    """E[(ln t − E ln t)^m·(ln(1 − t) − E ln(1 − t))^n]."""

    @cache
    def cumulant(i: int, j: int) -> Any:
        if i + j == 1:
            return 0.0
        own = sc.polygamma(i - 1, a) if j == 0 else sc.polygamma(j - 1, b) if i == 0 else 0.0
        return own - sc.polygamma(i + j - 1, a + b)

    @cache
    def moment(i: int, j: int) -> Any:
        if i == 0:
            return 1.0 if j == 0 else _moments(j, lambda k: cumulant(0, k))
        return sum(
            math.comb(i - 1, k) * math.comb(j, r) * cumulant(k + 1, r) * moment(i - 1 - k, j - r)
            for k in range(i)
            for r in range(j + 1)
        )

    return moment(m, n)


# ---------------------------------------------------------------- declared

float_function("scipy_gamma_log_moment", lambda n, a, x: float(_gamma_moment(n, a, x)))
float_function("scipy_beta_log_moment", lambda m, n, a, b, x: float(_beta_moment(m, n, a, b, x)))


def _gamma_by_a(n: Any, a: Any, x: Any, z: Any) -> Any:
    less = n * polygamma(1, a) * gamma_log_moment(n - 1, a, x)
    return gamma_log_moment(n + 1, a, x) - less


def _gamma_by_x(n: Any, a: Any, x: Any, z: Any) -> Any:
    density = gamma_density(a, x)
    inside = step(density)  # not so at 0, where the logarithm is infinite
    return where(inside, (log(where(inside, x, 1.0)) - psi(a)) ** n, 0.0) * density


@elementwise(
    arrays=_gamma_moment,
    floats="scipy_gamma_log_moment(n, a, x)",
    partials=(None, _gamma_by_a, _gamma_by_x),
    domain=(POSITIVE, POSITIVE, POSITIVE),
    method=False,
)
def gamma_log_moment(n: Any, a: Any, x: Any) -> Any:
    """z = ∫₀ˣ (ln t − ψ(a))ⁿ·t^(a−1)·e^(−t) dt/Γ(a): of n = 1, the derivative of gammainc(a, x) by
    a. ∂z/∂a = z₊₁ − n·ψ₁(a)·z₋₁ with z of n ± 1, ∂z/∂x = (ln x − ψ(a))ⁿ·x^(a−1)·e^(−x)/Γ(a).

    >>> round(gamma_log_moment(1, 1.0, 1.0), 6)
    -0.431729
    """


def _beta_by(which: int) -> Callable[..., Any]:
    """The derivative by a (0) or b (1)."""

    def partial(m: Any, n: Any, a: Any, b: Any, x: Any, z: Any) -> Any:
        both = polygamma(1, a + b)
        first = -both if which else polygamma(1, a) - both
        second = polygamma(1, b) - both if which else -both
        return (
            beta_log_moment(m + 1 - which, n + which, a, b, x)
            - m * first * beta_log_moment(m - 1, n, a, b, x)
            - n * second * beta_log_moment(m, n - 1, a, b, x)
        )

    return partial


def _beta_by_x(m: Any, n: Any, a: Any, b: Any, x: Any, z: Any) -> Any:
    density, both = beta_density(a, b, x), psi(a + b)
    inside = step(density)
    x = where(inside, x, 0.5)
    logarithms = (log(x) - psi(a) + both) ** m * (log1p(-x) - psi(b) + both) ** n
    return where(inside, logarithms, 0.0) * density


@elementwise(
    arrays=_beta_moment,
    floats="scipy_beta_log_moment(m, n, a, b, x)",
    partials=(None, None, _beta_by(0), _beta_by(1), _beta_by_x),
    domain=(POSITIVE, POSITIVE, POSITIVE, POSITIVE, UNIT),
    method=False,
)
def beta_log_moment(m: Any, n: Any, a: Any, b: Any, x: Any) -> Any:
    """z = ∫₀ˣ (ln t − μ)^m·(ln(1 − t) − ν)^n·f dt with f the density of the beta distribution and
    μ = ψ(a) − ψ(a + b), ν = ψ(b) − ψ(a + b) the means of the logarithms: of (1, 0) and (0, 1), the
    derivatives of betainc(a, b, x) by a and b.

    >>> round(beta_log_moment(1, 0, 1.0, 1.0, 0.5), 6)
    -0.346574
    """
