"""The gamma function and its relations: beta, digamma, zeta.

No derivative by the order of a polygamma or zeta function is known in closed form: a variable there
is refused. The incomplete integrals stand in `autograd_lite.scipy.incomplete`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sc

from autograd_lite.engine.chain import detached
from autograd_lite.scipy.declaring import POSITIVE, shifted, special

# SciPy's zeta is a function in Python around this ufunc
_zeta = getattr(sc._ufuncs, "_zeta", None)


@special(sc.gammaln, partials=(lambda x, z: digamma(x),), domain=(POSITIVE,))
def gammaln(x: Any) -> Any:
    """The logarithm of the gamma function's absolute value, z = ln|Γ(x)|; ∂z/∂x = ψ(x).

    Inf at the poles 0, −1, −2, …; there the derivative is as SciPy's ψ has it.

    >>> gammaln(1.0)
    0.0
    """


@special(sc.loggamma, partials=(lambda x, z: digamma(x),), domain=(POSITIVE,))
def loggamma(x: Any) -> Any:
    """ln Γ(x) of real numbers, nan for x < 0; ∂z/∂x = ψ(x).

    >>> loggamma(1.0)
    0.0
    """


@special(sc.gamma, partials=(lambda x, z: z * digamma(x),), domain=(POSITIVE,))
def gamma(x: Any) -> Any:
    """The gamma function z = Γ(x), (x − 1)! of whole numbers; ∂z/∂x = z·ψ(x).

    >>> gamma(5.0)
    24.0
    """


@special(sc.rgamma, partials=(lambda x, z: -z * digamma(x),), domain=(POSITIVE,))
def rgamma(x: Any) -> Any:
    """z = 1/Γ(x); ∂z/∂x = −z·ψ(x), nan where z is 0 at 0, −1, −2, …

    >>> rgamma(1.0)
    1.0
    """


@special(sc.psi, partials=(lambda x, z: polygamma(1, x),), domain=(POSITIVE,))
def digamma(x: Any) -> Any:
    """The digamma function z = ψ(x) = Γ′(x)/Γ(x); ∂z/∂x = ψ₁(x), the trigamma function.

    >>> round(digamma(1.0), 6)
    -0.577216
    """


psi = digamma


@special(
    sc.polygamma,
    partials=(None, lambda n, x, z: polygamma(shifted(n, 1), x)),
    domain=(POSITIVE, POSITIVE),
)
def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative z = ψₙ(x) of the digamma function; ∂z/∂x = ψₙ₊₁(x).

    SciPy's own function is written in Python and takes no variables: use this one.

    Args:
        n: the order, a constant: whole numbers, 0 or more.
        x: numbers.

    >>> round(float(polygamma(1, 1.0)), 6)
    1.644934
    """


@special(
    _zeta, partials=(None, lambda s, q, z: -s * zeta(shifted(s, 1), q)), domain=(POSITIVE, POSITIVE)
)
def zeta(s: Any, q: Any) -> Any:
    """Hurwitz's zeta function z = Σ 1/(n + q)^s over n = 0, 1, …; ∂z/∂q = −s·ζ(s + 1, q).

    Args:
        s: the exponent, a constant > 1.
        q: numbers > 0.

    >>> round(zeta(2.0, 1.0), 6)
    1.644934
    """


# ---------------------------------------------------------------- beta, binomial coefficients


@special(
    sc.beta,
    partials=(
        lambda a, b, z: z * (digamma(a) - digamma(a + b)),
        lambda a, b, z: z * (digamma(b) - digamma(a + b)),
    ),
    domain=(POSITIVE, POSITIVE),
)
def beta(a: Any, b: Any) -> Any:
    """z = Γ(a)·Γ(b)/Γ(a + b); ∂z/∂a = z·(ψ(a) − ψ(a + b)), and so for b.

    >>> beta(1.0, 1.0)
    1.0
    """


@special(
    sc.betaln,
    partials=(
        lambda a, b, z: digamma(a) - digamma(a + b),
        lambda a, b, z: digamma(b) - digamma(a + b),
    ),
    domain=(POSITIVE, POSITIVE),
)
def betaln(a: Any, b: Any) -> Any:
    """z = ln|B(a, b)|, the logarithm of the beta function; ∂z/∂a = ψ(a) − ψ(a + b), and so for b.

    >>> betaln(1.0, 1.0)
    0.0
    """


@special(
    sc.binom,
    partials=(
        lambda n, k, z: z * (digamma(n + 1.0) - digamma(n - k + 1.0)),
        lambda n, k, z: z * (digamma(n - k + 1.0) - digamma(k + 1.0)),
    ),
    domain=(((3.2, 6.0),), POSITIVE),
)
def binom(n: Any, k: Any) -> Any:
    """The binomial coefficient of real numbers, 1/((n + 1)·B(n − k + 1, k + 1));
    ∂z/∂n = z·(ψ(n + 1) − ψ(n − k + 1)), ∂z/∂k = z·(ψ(n − k + 1) − ψ(k + 1)).

    >>> binom(4.0, 2.0)
    6.0
    """


@special(
    sc.poch,
    partials=(
        lambda x, m, z: z * (digamma(x + m) - digamma(x)),
        lambda x, m, z: z * digamma(x + m),
    ),
    domain=(POSITIVE, POSITIVE),
)
def poch(x: Any, m: Any) -> Any:
    """Pochhammer's symbol z = Γ(x + m)/Γ(x); ∂z/∂x = z·(ψ(x + m) − ψ(x)), ∂z/∂m = z·ψ(x + m).

    >>> poch(1.0, 3.0)
    6.0
    """


def multigammaln(a: Any, d: int) -> Any:
    """ln Γ_d(a), the multivariate gamma function: d(d − 1)/4·ln π + Σ ln Γ(a − j/2) over j < d.

    Args:
        a: numbers > (d − 1)/2.
        d: the dimension, a whole number.

    Raises:
        ValueError: if an a is too small.

    >>> multigammaln(1.0, 1)
    0.0
    """
    if np.any(np.asarray(detached(a)) <= 0.5 * (d - 1)):
        raise ValueError(f"multigammaln: a must be greater than (d − 1)/2 = {0.5 * (d - 1):g}")
    total = gammaln(a)
    for j in range(1, d):
        total = total + gammaln(a - 0.5 * j)
    return total + 0.25 * d * (d - 1) * math.log(math.pi)
