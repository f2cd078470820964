"""The distributions of vectors: multivariate normal, Dirichlet. See `autograd_lite.scipy.stats`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.batch import Batched
from autograd_lite.engine.chain import detached
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.primitives.exponential import exp, log
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.shape import broadcast_to, reshape, shape_of, transpose
from autograd_lite.scipy.containers import one_array
from autograd_lite.scipy.distributions import plain, scipys
from autograd_lite.scipy.linalg import cholesky, solve_triangular
from autograd_lite.scipy.special import gammaln, xlogy


def _array(x: Any) -> Any:
    return np.asarray(x, dtype=float) if isinstance(x, float | int) else one_array(x)


class _MultivariateNormal:
    """The normal distribution of vectors: as scipy.stats.multivariate_normal."""

    def __repr__(self) -> str:
        return "<distribution multivariate_normal>"

    def __getattr__(self, attribute: str) -> Any:
        return scipys("multivariate_normal", attribute)

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density, −½·(x − μ)ᵀ·Σ⁻¹·(x − μ) − ½·ln det(2π·Σ), by way of the
        Cholesky factor of Σ.

        Args:
            x: (…, n); of one number where n is 1.
            mean: (n,), by default 0.
            cov: Σ (n, n), symmetric and positive definite; or (n,), its diagonal; or a number for
                all of that.
            allow_singular: may be given, as to SciPy's, but without effect.

        Raises:
            numpy.linalg.LinAlgError: if Σ is not positive definite: a singular one, which SciPy
                takes with `allow_singular`, has no density here.
        """
        x, cov = _array(x), _array(cov)
        n = _dimension(x, mean, cov)
        d = x if mean is None else x - _array(mean)
        shape = shape_of(d)
        if n == 1 and (not shape or shape[-1] != 1):
            shape = (*shape, 1)
        rows = reshape(d, (-1, n))
        if len(shape_of(cov)) < 2 or n == 1:
            if _is_surely_not_positive(cov):
                raise np.linalg.LinAlgError("multivariate_normal: cov is not positive definite")
            scale = np.sqrt(broadcast_to(reshape(cov, (-1,)), (n,)))
            w, logarithms = rows / scale, log(scale)
        else:
            factor = cholesky(cov, lower=True)
            w = transpose(solve_triangular(factor, transpose(rows), lower=True))
            logarithms = log(factor[np.arange(n), np.arange(n)])
        density = -0.5 * sum(w * w, 1) - sum(logarithms) - 0.5 * n * math.log(2.0 * math.pi)
        return reshape(density, shape[:-1])

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density; see `logpdf`."""
        return exp(self.logpdf(x, mean, cov))

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """½·ln det(2π·e·Σ), which does not depend on the mean; the arguments are as of `logpdf`."""
        n = _dimension(_array(0.0), mean, _array(cov))
        density = self.logpdf(np.zeros(n), np.zeros(n), cov)
        return 0.5 * n - density


def _is_surely_not_positive(x: Any) -> bool:
    """Whether a number among these, if they can be read, is 0 or less."""
    held = detached(x)
    held = held.numbers() if held.__class__ is Batched else held
    return not isinstance(held, StandIn) and bool(np.any(held <= 0))


def _dimension(x: Any, mean: Any, cov: Any) -> int:
    """The length of the vectors: as the mean or the covariance has it, else x."""
    if mean is not None and shape_of(_array(mean)):
        return int(shape_of(_array(mean))[-1])
    if shape_of(cov):
        return int(shape_of(cov)[-1])
    return 1


class _Dirichlet:
    """The distribution of shares that add up to 1: as scipy.stats.dirichlet."""

    def __repr__(self) -> str:
        return "<distribution dirichlet>"

    def __getattr__(self, attribute: str) -> Any:
        return scipys("dirichlet", attribute)

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """Σ (αᵢ − 1)·ln xᵢ − Σ ln Γ(αᵢ) + ln Γ(Σ αᵢ).

        Args:
            x: (k,) or (k, n), its first axis that of the shares, which add up to 1; or one less,
                and the last is what is left.
            alpha: (k,), all > 0.

        Raises:
            ValueError: if an α is not positive, a share is negative, or they do not add up to 1.
        """
        x, alpha = _array(x), _array(alpha)
        k = shape_of(alpha)[0]
        if shape_of(x)[0] == k - 1:
            x = concatenate([x, 1.0 - sum(x, 0, True)], axis=0)
        shares = plain(x)
        if np.any(plain(alpha) <= 0):
            raise ValueError("dirichlet: every parameter alpha must be greater than 0")
        if len(shares) != k or np.any(shares < 0) or np.any(abs(shares.sum(0) - 1) > 1e-9):
            raise ValueError(
                f"dirichlet: x of shape {shape_of(x)} must hold {k} shares (or one less) along its "
                "first axis, none negative, that add up to 1"
            )
        power = alpha - 1.0
        if len(shape_of(x)) > 1:
            power = reshape(power, (k, 1))
        constant = gammaln(sum(alpha)) - sum(gammaln(alpha))
        return constant + sum(xlogy(power, x), 0)

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density; see `logpdf`."""
        return exp(self.logpdf(x, alpha))


multivariate_normal = _MultivariateNormal()
dirichlet = _Dirichlet()

__all__ = ["dirichlet", "multivariate_normal"]
