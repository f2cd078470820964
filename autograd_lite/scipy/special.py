"""Rules for scipy.special's functions: `scipy.special.gammaln(t)` of a Tensor or Value records.

This module is imported when a function of scipy.special is first called with a variable. All that
are ufuncs are found by SciPy's own names; `logsumexp`, `softmax`, `log_softmax`, `polygamma` and
`multigammaln`, which SciPy wrote in Python, take no variables there: use those of this module.

>>> import scipy.special
>>> from autograd_lite import grad
>>> round(grad(scipy.special.gammaln)(2.0), 6)
0.422784
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.primitives import softmax as _softmax
from autograd_lite.primitives.arithmetic import sign
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.exponential import exp, log
from autograd_lite.primitives.reductions import Axis, sum
from autograd_lite.primitives.shape import reshape, shape_of
from autograd_lite.scipy.bessel_functions import (
    i0,
    i0e,
    i1,
    i1e,
    iv,
    ive,
    j0,
    j1,
    jn,
    jv,
    k0,
    k0e,
    k1,
    k1e,
    kn,
    kv,
    kve,
    y0,
    y1,
    yn,
    yv,
)  # fmt: skip
from autograd_lite.scipy.entropies import (
    boxcox,
    boxcox1p,
    cbrt,
    cosm1,
    entr,
    exp2,
    exp10,
    expit,
    expm1,
    exprel,
    huber,
    kl_div,
    log1p,
    log_expit,
    logit,
    pseudo_huber,
    rel_entr,
    softplus,
    xlog1py,
    xlogy,
)  # fmt: skip
from autograd_lite.scipy.error_functions import (
    dawsn,
    ellipe,
    ellipk,
    erf,
    erfc,
    erfcinv,
    erfcx,
    erfi,
    erfinv,
    exp1,
    expi,
    expn,
    log_ndtr,
    ndtr,
    ndtri,
    spence,
)  # fmt: skip
from autograd_lite.scipy.gamma_functions import (
    beta,
    betaln,
    binom,
    digamma,
    gamma,
    gammaln,
    loggamma,
    multigammaln,
    poch,
    polygamma,
    psi,
    rgamma,
    zeta,
)  # fmt: skip
from autograd_lite.scipy.incomplete import (
    betainc,
    betaincc,
    betaincinv,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    stdtr,
    stdtrit,
)  # fmt: skip

__all__ = [
    "beta", "betainc", "betaincc", "betaincinv", "betaln", "binom", "boxcox", "boxcox1p", "cbrt",
    "cosm1", "dawsn", "digamma", "ellipe", "ellipk", "entr", "erf", "erfc", "erfcinv", "erfcx",
    "erfi", "erfinv", "exp1", "exp2", "exp10", "expi", "expit", "expm1", "expn", "exprel", "gamma",
    "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "gammaln", "huber", "i0", "i0e", "i1",
    "i1e", "iv", "ive", "j0", "j1", "jn", "jv", "k0", "k0e", "k1", "k1e", "kl_div", "kn", "kv",
    "kve", "log1p", "log_expit", "log_ndtr", "log_softmax", "loggamma", "logit", "logsumexp",
    "multigammaln", "ndtr", "ndtri", "poch", "polygamma", "pseudo_huber", "psi",
    "rel_entr", "rgamma", "softmax", "softplus", "spence", "stdtr", "stdtrit", "xlog1py", "xlogy",
    "y0", "y1", "yn", "yv", "zeta",
]  # fmt: skip


def logsumexp(
    a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """ln Σ b·eᵃ along an axis, several, or all, without overflow; as SciPy's.

    Args:
        a: numbers of any shape.
        axis: along which; None for all.
        b: factors, which broadcast with a; 1 if there are none. They may be variables too.
        keepdims: whether the axes stay, at length 1.
        return_sign: give the logarithm of the sum's absolute value, and its sign. Without it the
            logarithm of a negative sum is nan.

    >>> float(round(logsumexp([1000.0, 1000.0]), 6))
    1000.693147
    >>> float(round(logsumexp([0.0, 0.0], b=[3.0, -1.0]), 6))
    0.693147
    """
    if b is None:
        total = _softmax.logsumexp(a, axis, keepdims)
        return (total, np.ones_like(np.asarray(detached(total)))[()]) if return_sign else total
    a, b = a + 0.0 * np.asarray(detached(b)), b  # of the shape that both have
    plain, factors = np.asarray(detached(a)), np.broadcast_to(detached(b), shape_of(a))
    if b is detached(b):  # what a constant 0 removes does not count, however great
        a = where(factors == 0, -np.inf, a)
        plain = np.where(factors == 0, -np.inf, plain)
    axes = tuple(axis) if isinstance(axis, list) else axis
    top = np.max(plain, axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0).astype(plain.dtype)
    total = sum(b * exp(a - top), axes, keepdims)
    signs = sign(total)
    with np.errstate(divide="ignore"):
        logarithm = log(abs(total) if return_sign else total) + reshape(top, shape_of(total))
    return (logarithm, detached(signs)) if return_sign else logarithm


def softmax(x: Any, axis: Axis = None) -> Any:
    """eˣ/Σ eˣ along an axis, several, or (as in SciPy, if none is given) all elements.

    >>> softmax([[0.0, 0.0], [0.0, 0.0]])
    array([[0.25, 0.25],
           [0.25, 0.25]])
    """
    return _softmax.softmax(x, axis)


def log_softmax(x: Any, axis: Axis = None) -> Any:
    """x − ln Σ eˣ along an axis, several, or (as in SciPy, if none is given) all elements.

    >>> log_softmax([0.0, 0.0]).round(6)
    array([-0.693147, -0.693147])
    """
    return _softmax.log_softmax(x, axis)
