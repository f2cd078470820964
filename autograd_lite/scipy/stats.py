"""Distributions with the parameters of scipy.stats, differentiable by x and by every parameter.

SciPy's own methods are Python functions that no variable gets through; these have their names and
arguments. They are composed of the functions of `autograd_lite.scipy.special`; what `cdf` of gamma,
beta and t is by their shapes a, b and df is computed numerically there, to about 10 digits.

>>> from autograd_lite import grad
>>> from autograd_lite.scipy import stats
>>> grad(stats.norm.logpdf)(1.5)
-1.5
>>> grad(lambda s: stats.norm.logpdf(3.0, loc=1.0, scale=s))(2.0)
0.0
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.primitives.activations import sigmoid
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.exponential import exp, expm1, log, log1p, power
from autograd_lite.primitives.trigonometric import arctan2
from autograd_lite.scipy.distributions import Continuous, Discrete, chosen, log1mexp, plain
from autograd_lite.scipy.multivariate import dirichlet, multivariate_normal
from autograd_lite.scipy.special import (
    betainc,
    betaincc,
    betaln,
    gammainc,
    gammaincc,
    gammaln,
    log_expit,
    log_ndtr,
    ndtr,
    stdtr,
    xlog1py,
    xlogy,
)  # fmt: skip

LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
LOG_2 = math.log(2.0)


class _Normal(Continuous):
    def _logpdf(self, y: Any) -> Any:
        return -0.5 * y * y - LOG_ROOT_2PI

    def _cdf(self, y: Any) -> Any:
        return ndtr(y)

    def _sf(self, y: Any) -> Any:
        return ndtr(-y)

    def _logcdf(self, y: Any) -> Any:
        return log_ndtr(y)

    def _logsf(self, y: Any) -> Any:
        return log_ndtr(-y)


class _LogNormal(Continuous):
    shapes = ("s",)
    support = (0.0, np.inf)

    def _logpdf(self, y: Any, s: Any) -> Any:
        positive = plain(y) > 0  # at 0 the density is 0
        u = log(chosen(positive, y, 1.0))
        return chosen(positive, -0.5 * (u / s) * (u / s) - log(s) - u - LOG_ROOT_2PI, -np.inf)

    def _cdf(self, y: Any, s: Any) -> Any:
        return ndtr(log(y) / s)

    def _sf(self, y: Any, s: Any) -> Any:
        return ndtr(-log(y) / s)

    def _logcdf(self, y: Any, s: Any) -> Any:
        return log_ndtr(log(y) / s)

    def _logsf(self, y: Any, s: Any) -> Any:
        return log_ndtr(-log(y) / s)


class _Student(Continuous):
    shapes = ("df",)

    def _logpdf(self, y: Any, df: Any) -> Any:
        power = -0.5 * (df + 1.0) * log1p(y * y / df)
        return power - 0.5 * log(df) - betaln(0.5, 0.5 * df)

    def _cdf(self, y: Any, df: Any) -> Any:
        return stdtr(df, y)

    def _sf(self, y: Any, df: Any) -> Any:
        return stdtr(df, -y)


class _Gamma(Continuous):
    shapes = ("a",)
    support = (0.0, np.inf)

    def _logpdf(self, y: Any, a: Any) -> Any:
        return xlogy(a - 1.0, y) - y - gammaln(a)

    def _cdf(self, y: Any, a: Any) -> Any:
        return gammainc(a, y)

    def _sf(self, y: Any, a: Any) -> Any:
        return gammaincc(a, y)


class _ChiSquared(_Gamma):
    shapes = ("df",)

    def _logpdf(self, y: Any, a: Any) -> Any:
        return super()._logpdf(0.5 * y, 0.5 * a) - LOG_2

    def _cdf(self, y: Any, a: Any) -> Any:
        return gammainc(0.5 * a, 0.5 * y)

    def _sf(self, y: Any, a: Any) -> Any:
        return gammaincc(0.5 * a, 0.5 * y)


class _Beta(Continuous):
    shapes = ("a", "b")
    support = (0.0, 1.0)

    def _logpdf(self, y: Any, a: Any, b: Any) -> Any:
        return xlogy(a - 1.0, y) + xlog1py(b - 1.0, -y) - betaln(a, b)

    def _cdf(self, y: Any, a: Any, b: Any) -> Any:
        return betainc(a, b, y)

    def _sf(self, y: Any, a: Any, b: Any) -> Any:
        return betaincc(a, b, y)


class _Exponential(Continuous):
    support = (0.0, np.inf)

    def _logpdf(self, y: Any) -> Any:
        return -y

    def _cdf(self, y: Any) -> Any:
        return -expm1(-y)

    def _sf(self, y: Any) -> Any:
        return exp(-y)

    def _logcdf(self, y: Any) -> Any:
        return log1mexp(y)

    def _logsf(self, y: Any) -> Any:
        return -y


class _Weibull(Continuous):
    shapes = ("c",)
    support = (0.0, np.inf)

    def _logpdf(self, y: Any, c: Any) -> Any:
        return log(c) + xlogy(c - 1.0, y) - power(y, c)

    def _cdf(self, y: Any, c: Any) -> Any:
        return -expm1(-power(y, c))

    def _sf(self, y: Any, c: Any) -> Any:
        return exp(-power(y, c))

    def _logcdf(self, y: Any, c: Any) -> Any:
        return log1mexp(power(y, c))

    def _logsf(self, y: Any, c: Any) -> Any:
        return -power(y, c)


class _Laplace(Continuous):
    def _logpdf(self, y: Any) -> Any:
        return -abs(y) - LOG_2

    def _cdf(self, y: Any) -> Any:
        half = 0.5 * exp(-abs(y))
        return where(plain(y) > 0, 1.0 - half, half)

    def _sf(self, y: Any) -> Any:
        return self._cdf(-y)

    def _logcdf(self, y: Any) -> Any:
        right = plain(y) > 0
        far = log1p(-0.5 * exp(-where(right, y, 0.0)))
        return where(right, far, where(right, 0.0, y) - LOG_2)

    def _logsf(self, y: Any) -> Any:
        return self._logcdf(-y)


class _Logistic(Continuous):
    def _logpdf(self, y: Any) -> Any:
        return log_expit(y) + log_expit(-y)

    def _cdf(self, y: Any) -> Any:
        return sigmoid(y)

    def _sf(self, y: Any) -> Any:
        return sigmoid(-y)

    def _logcdf(self, y: Any) -> Any:
        return log_expit(y)

    def _logsf(self, y: Any) -> Any:
        return log_expit(-y)


class _Uniform(Continuous):
    support = (0.0, 1.0)

    def _logpdf(self, y: Any) -> Any:
        return 0.0 * y

    def _cdf(self, y: Any) -> Any:
        return y


class _Cauchy(Continuous):
    def _logpdf(self, y: Any) -> Any:
        return -math.log(math.pi) - log1p(y * y)

    def _cdf(self, y: Any) -> Any:
        return arctan2(1.0, -y) / math.pi

    def _sf(self, y: Any) -> Any:
        return arctan2(1.0, y) / math.pi


norm = _Normal("norm")
lognorm = _LogNormal("lognorm")
t = _Student("t")
gamma = _Gamma("gamma")
chi2 = _ChiSquared("chi2")
beta = _Beta("beta")
expon = _Exponential("expon")
weibull_min = _Weibull("weibull_min")
laplace = _Laplace("laplace")
logistic = _Logistic("logistic")
uniform = _Uniform("uniform")
cauchy = _Cauchy("cauchy")


# ---------------------------------------------------------------- of whole numbers


class _Poisson(Discrete):
    shapes = ("mu",)

    def _possible(self, mu: Any) -> Any:
        return plain(mu) >= 0

    def _logpdf(self, y: Any, mu: Any) -> Any:
        return xlogy(y, mu) - gammaln(y + 1.0) - mu

    def _cdf(self, y: Any, mu: Any) -> Any:
        return gammaincc(np.floor(y) + 1.0, mu)

    def _sf(self, y: Any, mu: Any) -> Any:
        return gammainc(np.floor(y) + 1.0, mu)


class _Binomial(Discrete):
    shapes = ("n", "p")

    def _possible(self, n: Any, p: Any) -> Any:
        n, p = plain(n), plain(p)
        return (n >= 0) & (np.floor(n) == n) & (p >= 0) & (p <= 1)

    def _bounds(self, n: Any, p: Any) -> Any:
        return 0.0, n

    def _logpdf(self, y: Any, n: Any, p: Any) -> Any:
        n = plain(n).astype(float)
        ways = -np.log(n + 1.0) - betaln(np.maximum(n - y, 0.0) + 1.0, y + 1.0)
        return ways + xlogy(y, p) + xlog1py(n - y, -p)

    def _cdf(self, y: Any, n: Any, p: Any) -> Any:
        return betaincc(np.floor(y) + 1.0, _left(n, y), p)

    def _sf(self, y: Any, n: Any, p: Any) -> Any:
        return betainc(np.floor(y) + 1.0, _left(n, y), p)


def _left(n: Any, y: Any) -> Any:
    return np.maximum(plain(n) - np.floor(y), 1.0)


class _Bernoulli(Discrete):
    shapes = ("p",)
    support = (0.0, 1.0)

    def _possible(self, p: Any) -> Any:
        return (plain(p) >= 0) & (plain(p) <= 1)

    def _logpdf(self, y: Any, p: Any) -> Any:
        return xlogy(y, p) + xlog1py(1.0 - y, -p)

    def _cdf(self, y: Any, p: Any) -> Any:  # inside of the support, so for 0 ≤ y < 1
        return 1.0 - p + 0.0 * y

    def _sf(self, y: Any, p: Any) -> Any:
        return p + 0.0 * y


class _Geometric(Discrete):
    shapes = ("p",)
    support = (1.0, np.inf)

    def _middle(self) -> float:
        return 1.0

    def _possible(self, p: Any) -> Any:
        return (plain(p) > 0) & (plain(p) <= 1)

    def _logpdf(self, y: Any, p: Any) -> Any:
        return xlog1py(y - 1.0, -p) + log(p)

    def _logsf(self, y: Any, p: Any) -> Any:
        return xlog1py(np.floor(y), -p)

    def _sf(self, y: Any, p: Any) -> Any:
        return exp(self._logsf(y, p))

    def _cdf(self, y: Any, p: Any) -> Any:
        return -expm1(self._logsf(y, p))


class _NegativeBinomial(Discrete):
    shapes = ("n", "p")

    def _possible(self, n: Any, p: Any) -> Any:
        return (plain(n) > 0) & (plain(p) > 0) & (plain(p) <= 1)

    def _logpdf(self, y: Any, n: Any, p: Any) -> Any:
        ways = gammaln(n + y) - gammaln(y + 1.0) - gammaln(n)
        return ways + n * log(p) + xlog1py(y, -p)

    def _cdf(self, y: Any, n: Any, p: Any) -> Any:
        return betainc(n, np.floor(y) + 1.0, p)

    def _sf(self, y: Any, n: Any, p: Any) -> Any:
        return betaincc(n, np.floor(y) + 1.0, p)


poisson = _Poisson("poisson")
binom = _Binomial("binom")
bernoulli = _Bernoulli("bernoulli")
geom = _Geometric("geom")
nbinom = _NegativeBinomial("nbinom")

__all__ = [
    "bernoulli", "beta", "binom", "cauchy", "chi2", "dirichlet", "expon", "gamma", "geom",
    "laplace", "logistic", "lognorm", "multivariate_normal", "nbinom", "norm", "poisson", "t",
    "uniform", "weibull_min",
]  # fmt: skip
