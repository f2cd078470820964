"""The distributions of vectors: multivariate normal, Dirichlet. See `autograd_lite.scipy.stats`."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.engine.batch import Batched
from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.primitives.exponential import exp, log
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.shape import broadcast_to, reshape, shape_of, transpose
from autograd_lite.scipy.containers import one_array
from autograd_lite.scipy.distributions import chosen, plain, scipys
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
            allow_singular: let Σ be singular: the density is then that on the range of Σ, and −inf
                elsewhere. The derivatives are those along this range, the first by a Σ(θ) of
                constant rank among them; it is held fixed in second ones.

        Raises:
            numpy.linalg.LinAlgError: if Σ is not positive definite, nor singular where that is
                allowed.
        """
        x, cov = _array(x), _array(cov)
        n = _dimension(x, mean, cov)
        d = x if mean is None else x - _array(mean)
        shape = shape_of(d)
        if n == 1 and (not shape or shape[-1] != 1):
            shape = (*shape, 1)
        rows = reshape(d, (-1, n))
        if allow_singular and (basis := _range_of(cov, n)) is not None:
            outside = np.linalg.norm(plain(rows) @ basis.null, axis=1) >= basis.tolerance
            density = self._density_on(rows, cov, basis.range)
            return reshape(chosen(~outside, density, -np.inf), shape[:-1])
        return reshape(self._density(rows, cov, n), shape[:-1])

    def _density_on(self, rows: Any, cov: Any, basis: Array) -> Any:
        """The logarithms of the density in the coordinates along the range of Σ."""
        rank = basis.shape[1]
        if len(shape_of(cov)) < 2:
            spread = basis * broadcast_to(reshape(cov, (-1, 1)), basis.shape)
            inner = matmul(basis.T, spread)
        else:
            inner = matmul(basis.T, matmul(cov, basis))
        along = matmul(rows, basis)
        return self._density(along, inner, rank) if rank else sum(along, 1)

    def _density(self, rows: Any, cov: Any, n: int) -> Any:
        if len(shape_of(cov)) < 2 or n == 1:
            if _is_surely_not_positive(cov):
                raise np.linalg.LinAlgError("multivariate_normal: cov is not positive definite")
            scale = np.sqrt(broadcast_to(reshape(cov, (-1,)), (n,)))
            w, logarithms = rows / scale, log(scale)
        else:
            factor = cholesky(cov, lower=True)
            if _is_singular_but_for_rounding(factor):
                raise np.linalg.LinAlgError(
                    "multivariate_normal: cov is singular, and not positive definite but for "
                    "rounding; with allow_singular=True the density is that on its range"
                )
            w = transpose(solve_triangular(factor, transpose(rows), lower=True))
            logarithms = log(factor[np.arange(n), np.arange(n)])
        return -0.5 * sum(w * w, 1) - sum(logarithms) - 0.5 * n * math.log(2.0 * math.pi)

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density; see `logpdf`."""
        return exp(self.logpdf(x, mean, cov, allow_singular))

    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """½·ln det(2π·e·Σ), which does not depend on the mean; the arguments are as of `logpdf`."""
        n = _dimension(_array(0.0), mean, _array(cov))
        density = self.logpdf(np.zeros(n), np.zeros(n), cov)
        return 0.5 * n - density


class _Basis(NamedTuple):
    """Orthonormal directions along the range of a singular matrix, and across it."""

    range: Array
    null: Array
    tolerance: float
    """How far from the range a point may be, for rounding."""


def _range_of(cov: Any, n: int) -> _Basis | None:
    """The range of a covariance matrix, as SciPy decides on it; None if it is regular, or cannot be
    read: that of each example of a batch is taken to be regular."""
    if isinstance(detached(cov), StandIn):
        return None
    numbers = plain(cov)
    whole = numbers if numbers.ndim == 2 else np.diag(np.broadcast_to(numbers, (n,)))
    values, vectors = np.linalg.eigh(whole)
    single = whole.dtype == np.float32
    small = (1e3 if single else 1e6) * np.finfo(whole.dtype).eps * np.max(np.abs(values))
    is_null = values <= small
    if np.min(values) < -small or not is_null.any():
        return None  # which is an error further on, or nothing
    return _Basis(vectors[:, ~is_null], vectors[:, is_null], float(1e3 * small))


def _is_singular_but_for_rounding(factor: Any) -> bool:
    """Whether a Cholesky factor, if it can be read, has a pivot that is nothing but rounding."""
    if isinstance(detached(factor), StandIn):
        return False
    pivots = np.diagonal(plain(factor)) ** 2
    limit = 10.0 * len(pivots) * np.finfo(pivots.dtype).eps * np.max(pivots)
    return bool(np.min(pivots) <= limit)


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
