"""What the distributions of one number have in common: parameters, location, scale and support.

As in SciPy, `logpdf` is −inf outside of the support and nan where a parameter is impossible. The
derivatives are 0 there: nothing of what was not used flows back, not even a nan.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.stats

from autograd_lite.engine.chain import detached
from autograd_lite.engine.modes import is_recording
from autograd_lite.engine.numpy_protocol import has_variable
from autograd_lite.engine.primitive import Rule
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.exponential import exp, expm1, log, log1p
from autograd_lite.scipy.containers import one_array


def plain(x: Any) -> Any:
    """The numbers of a variable, list or array as an array."""
    return np.asarray(detached(x))


def chosen(condition: Any, x: Any, other: Any) -> Any:
    """x where the condition holds, else `other`; x itself if it holds everywhere."""
    return x if np.all(condition) else where(condition, x, other)


def log1mexp(x: Any) -> Any:
    """ln(1 − e^−x) of x > 0, accurate near 0 and far from it."""
    near = plain(x) < 0.7
    return where(near, log(-expm1(-where(near, x, 1.0))), log1p(-exp(-where(near, 1.0, x))))


def _log_of(probability: Any, other: Any) -> Any:
    """The logarithm of a probability, by that of its complement where it is near 1."""
    near_1 = plain(probability) > 0.5
    small = where(near_1, 0.5, probability)
    return where(near_1, log1p(-where(near_1, other, 0.5)), log(small))


def scipys(name: str, attribute: str, given: Sequence[Any] | None = None) -> Any:
    """What the distribution of this name in scipy.stats has and ours has not, such as `rvs`, `ppf`
    and `mean`: of plain numbers alone. `given`: the parameters of a frozen one.

    Raises:
        AttributeError: if SciPy's has none either.
    """
    if attribute.startswith("_"):
        raise AttributeError(attribute)
    whole = getattr(scipy.stats, name)
    if given is None or has_variable(given):
        theirs = getattr(whole, attribute)
    else:
        theirs = getattr(whole(*given), attribute)

    @functools.wraps(theirs)
    def of_numbers(*args: Any, **kwargs: Any) -> Any:
        if has_variable((given, args, kwargs)):
            raise TypeError(
                f"{name}.{attribute} has no rule for a derivative: give x.detach() for the plain "
                "numbers if no gradient is to flow through it"
            )
        return theirs(*args, **kwargs)

    return of_numbers


class Distribution:
    """A distribution of real numbers, or (`discrete`) of whole ones."""

    shapes: tuple[str, ...] = ()
    """The names of its parameters, in SciPy's order; `loc` and, of real numbers, `scale` follow."""
    support: tuple[float, float] = (-np.inf, np.inf)
    discrete = False

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<distribution {self.name}>"

    def __getattr__(self, attribute: str) -> Any:
        if attribute == "name":  # of one that is being copied
            raise AttributeError(attribute)
        return scipys(self.name, attribute)

    def __call__(self, *args: Any, **kwargs: Any) -> Frozen:
        """The distribution with these parameters, which its methods then need not be given."""
        return Frozen(self, self._parameters(args, kwargs))

    # what a distribution says of itself, of standardised y and its parameters

    _logpdf: Rule
    _cdf: Rule

    def _sf(self, y: Any, *shape: Any) -> Any:
        return 1.0 - self._cdf(y, *shape)

    def _logcdf(self, y: Any, *shape: Any) -> Any:
        return _log_of(self._cdf(y, *shape), self._sf(y, *shape))

    def _logsf(self, y: Any, *shape: Any) -> Any:
        return _log_of(self._sf(y, *shape), self._cdf(y, *shape))

    def _possible(self, *shape: Any) -> Any:
        """Whether the parameters are possible."""
        return _all([plain(x) > 0 for x in shape])

    def _in_support(self, y: Any, *shape: Any) -> Any:
        """Where the density is not 0."""
        low, high = self.support
        return (y >= low) & (y <= high)

    def _middle(self) -> float:
        """Some number inside of the support."""
        low, high = self.support
        if np.isinf(low):
            return 0.0
        return low + 1.0 if np.isinf(high) else 0.5 * (low + high)

    # what users call

    def _log_density(self, x: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        shape, y, scale, possible = self._standard(x, args, kwargs)
        numbers = plain(y)
        inside = self._in_support(numbers, *map(plain, shape))
        value = self._logpdf(chosen(inside, y, self._middle()), *_kept(shape, possible))
        if scale is not None:
            value = value - log(chosen(plain(scale) > 0, scale, 1.0))
        value = chosen(inside | np.isnan(numbers), value, -np.inf)
        return chosen(possible & ~np.isnan(numbers), value, np.nan)

    def _distribution(
        self, which: str, below: float, above: float, x: Any, args: Any, kwargs: Any
    ) -> Any:
        """`which` of x inside of the support, and what it is on both sides of that."""
        shape, y, _, possible = self._standard(x, args, kwargs)
        numbers = plain(y)
        low, high = self._bounds(*map(plain, shape))
        too_low, too_high = numbers <= low, numbers >= high
        if self.discrete:
            too_low, too_high = numbers < low, numbers >= high
        inside = ~(too_low | too_high)
        value = getattr(self, which)(chosen(inside, y, self._middle()), *_kept(shape, possible))
        value = chosen(inside, value, np.where(too_high, above, below))
        return chosen(possible & ~np.isnan(numbers), value, np.nan)

    def _bounds(self, *shape: Any) -> tuple[Any, Any]:
        return self.support

    def _standard(
        self, x: Any, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[list[Any], Any, Any, Any]:
        """The parameters, (x − loc)/scale, the scale (None if it is 1), and where all is
        possible."""
        *shape, loc, scale = self._parameters(args, kwargs)
        y = float(x) if isinstance(x, int) else one_array(x)
        possible = self._possible(*shape)
        if not (isinstance(loc, int) and loc == 0):
            y = y - loc
        if self.discrete or (isinstance(scale, int) and scale == 1):
            return shape, y, None, possible
        right = plain(scale) > 0
        return shape, y / chosen(right, scale, 1.0), scale, possible & right

    def _parameters(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """All parameters in order, loc and scale among them."""
        names = [*self.shapes, "loc", *([] if self.discrete else ["scale"])]
        if len(args) > len(names):
            raise TypeError(f"{self.name}: takes {len(names)} parameters ({', '.join(names)})")
        given = dict(zip(names, args, strict=False))
        for name, x in kwargs.items():
            if name not in names or name in given:
                raise TypeError(
                    f"{self.name}: the parameter {name} is given twice or unknown; it has "
                    f"({', '.join(names)})"
                )
            given[name] = x
        missing = [name for name in self.shapes if name not in given]
        if missing:
            raise TypeError(f"{self.name}: missing the parameter {missing[0]!r}")
        found = [one_array(given[name]) for name in self.shapes]
        return [*found, one_array(given.get("loc", 0)), one_array(given.get("scale", 1))]


class Continuous(Distribution):
    """A distribution of real numbers: as an object of scipy.stats, its methods of SciPy's names."""

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density at x; −inf outside of the support."""
        return self._log_density(x, args, kwargs)

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The density at x; 0 outside of the support."""
        return exp(self._log_density(x, args, kwargs))

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most x."""
        return self._distribution("_cdf", 0.0, 1.0, x, args, kwargs)

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than x, accurate where it is small."""
        return self._distribution("_sf", 1.0, 0.0, x, args, kwargs)

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of `cdf`, accurate far in the tail where SciPy's is."""
        return self._distribution("_logcdf", -np.inf, 0.0, x, args, kwargs)

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of `sf`."""
        return self._distribution("_logsf", 0.0, -np.inf, x, args, kwargs)


class Discrete(Distribution):
    """A distribution of whole numbers: k is a constant, the derivatives are by the parameters."""

    discrete = True
    support = (0.0, np.inf)

    def _middle(self) -> float:
        return 0.0

    def _in_support(self, y: Any, *shape: Any) -> Any:
        low, high = self._bounds(*shape)
        return (y >= low) & (y <= high) & (np.floor(y) == y)

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of k; −inf where k is none of the distribution's."""
        return self._log_density(self._count(k), args, kwargs)

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of k."""
        return exp(self.logpmf(k, *args, **kwargs))

    def cdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most k."""
        return self._distribution("_cdf", 0.0, 1.0, self._count(k), args, kwargs)

    def sf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than k."""
        return self._distribution("_sf", 1.0, 0.0, self._count(k), args, kwargs)

    def logcdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of `cdf`."""
        return self._distribution("_logcdf", -np.inf, 0.0, self._count(k), args, kwargs)

    def logsf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of `sf`."""
        return self._distribution("_logsf", 0.0, -np.inf, self._count(k), args, kwargs)

    def _count(self, k: Any) -> Any:
        if is_recording() and is_variable(k):
            raise TypeError(f"{self.name}: k counts, and is a constant; give k.detach()")
        return plain(k).astype(float)[()]


class Frozen:
    """A distribution with its parameters: `norm(loc, scale).logpdf(x)`."""

    def __init__(self, distribution: Distribution, parameters: Sequence[Any]) -> None:
        self._of = distribution
        self._given = list(parameters)[: len(parameters) - distribution.discrete]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if not hasattr(type(self._of), name):
            return scipys(self._of.name, name, self._given)
        method = getattr(self._of, name)
        return lambda x: method(x, *self._given)


def _all(conditions: Sequence[Any]) -> Any:
    met: Any = np.True_
    for condition in conditions:
        met = met & condition
    return met


def _kept(shape: Sequence[Any], possible: Any) -> list[Any]:
    """The parameters where they are possible, 1 elsewhere, so that no nan is on the way back."""
    return [chosen(possible, x, 1.0) for x in shape]
