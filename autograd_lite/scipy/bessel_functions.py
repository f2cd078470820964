"""Bessel functions of real arguments, and those that are scaled by an exponential.

No derivative by the order is known in closed form: a variable there is refused. The derivatives by
x are of the orders beside it, so that nothing is divided by x: they are right at 0, to any order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scipy.special as sc

from autograd_lite.engine.primitive import NONZERO, Rule
from autograd_lite.primitives.arithmetic import sign
from autograd_lite.scipy.declaring import POSITIVE, REAL, shifted, special


def of_order(ufunc: Any, slope: Rule) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function of an order v, a constant, and of x; `slope` is ∂z/∂x."""
    return special(ufunc, partials=(None, slope), domain=(POSITIVE, POSITIVE))


def _below(function: Any, v: Any, x: Any) -> Any:
    """The function of the order before."""
    return function(shifted(v, -1), x)


def _above(function: Any, v: Any, x: Any) -> Any:
    """The function of the order after."""
    return function(shifted(v, 1), x)


@of_order(sc.jv, lambda v, x, z: 0.5 * (_below(jv, v, x) - _above(jv, v, x)))
def jv(v: Any, x: Any) -> Any:
    """The Bessel function of the first kind, of a constant order v: z = Jᵥ(x);
    ∂z/∂x = ½·(Jᵥ₋₁ − Jᵥ₊₁).

    >>> jv(0, 0.0)
    1.0
    """


def _slope_of_y(v: Any, x: Any, z: Any) -> Any:
    return 0.5 * (_below(yv, v, x) - _above(yv, v, x))


@of_order(sc.yv, _slope_of_y)
def yv(v: Any, x: Any) -> Any:
    """The Bessel function of the second kind, of a constant order v: z = Yᵥ(x);
    ∂z/∂x = ½·(Yᵥ₋₁ − Yᵥ₊₁).

    >>> round(yv(0, 1.0), 6)
    0.088257
    """


@of_order(sc.yn, _slope_of_y)
def yn(v: Any, x: Any) -> Any:
    """yv of a whole order n = v.

    >>> round(yn(0, 1.0), 6)
    0.088257
    """


@of_order(sc.iv, lambda v, x, z: 0.5 * (_below(iv, v, x) + _above(iv, v, x)))
def iv(v: Any, x: Any) -> Any:
    """The modified Bessel function of the first kind, of a constant order v: z = Iᵥ(x);
    ∂z/∂x = ½·(Iᵥ₋₁ + Iᵥ₊₁).

    >>> iv(0, 0.0)
    1.0
    """


@of_order(sc.ive, lambda v, x, z: 0.5 * (_below(ive, v, x) + _above(ive, v, x)) - sign(x) * z)
def ive(v: Any, x: Any) -> Any:
    """iv, scaled: zᵥ = Iᵥ(x)·e^(−|x|); ∂z/∂x = ½·(zᵥ₋₁ + zᵥ₊₁) − z·sign x.

    >>> ive(0, 0.0)
    1.0
    """


def _slope_of_k(v: Any, x: Any, z: Any) -> Any:
    return -0.5 * (_below(kv, v, x) + _above(kv, v, x))


@of_order(sc.kv, _slope_of_k)
def kv(v: Any, x: Any) -> Any:
    """The modified Bessel function of the second kind, of a constant order v: z = Kᵥ(x);
    ∂z/∂x = −½·(Kᵥ₋₁ + Kᵥ₊₁).

    >>> round(kv(0, 1.0), 6)
    0.421024
    """


@of_order(sc.kn, _slope_of_k)
def kn(v: Any, x: Any) -> Any:
    """kv of a whole order n = v.

    >>> round(kn(0, 1.0), 6)
    0.421024
    """


@of_order(sc.kve, lambda v, x, z: z - 0.5 * (_below(kve, v, x) + _above(kve, v, x)))
def kve(v: Any, x: Any) -> Any:
    """kv, scaled: zᵥ = Kᵥ(x)·eˣ; ∂z/∂x = z − ½·(zᵥ₋₁ + zᵥ₊₁).

    >>> round(kve(0, 1.0), 6)
    1.144463
    """


@special(sc.j0, partials=(lambda x, z: -j1(x),), domain=(REAL,))
def j0(x: Any) -> Any:
    """z = J₀(x), see `jv`; ∂z/∂x = −J₁.

    >>> j0(0.0)
    1.0
    """


@special(sc.j1, partials=(lambda x, z: 0.5 * (j0(x) - jv(2, x)),), domain=(REAL,))
def j1(x: Any) -> Any:
    """z = J₁(x), see `jv`; ∂z/∂x = ½·(J₀ − J₂).

    >>> j1(0.0)
    0.0
    """


@special(sc.y0, partials=(lambda x, z: -y1(x),), domain=(POSITIVE,))
def y0(x: Any) -> Any:
    """z = Y₀(x), see `yv`; ∂z/∂x = −Y₁.

    >>> round(y0(1.0), 6)
    0.088257
    """


@special(sc.y1, partials=(lambda x, z: 0.5 * (y0(x) - yv(2, x)),), domain=(POSITIVE,))
def y1(x: Any) -> Any:
    """z = Y₁(x), see `yv`; ∂z/∂x = ½·(Y₀ − Y₂).

    >>> round(y1(1.0), 6)
    -0.781213
    """


@special(sc.i0, partials=(lambda x, z: i1(x),), domain=(REAL,))
def i0(x: Any) -> Any:
    """z = I₀(x), see `iv`; ∂z/∂x = I₁.

    >>> i0(0.0)
    1.0
    """


@special(sc.i1, partials=(lambda x, z: 0.5 * (i0(x) + iv(2, x)),), domain=(REAL,))
def i1(x: Any) -> Any:
    """z = I₁(x), see `iv`; ∂z/∂x = ½·(I₀ + I₂).

    >>> i1(0.0)
    0.0
    """


@special(sc.i0e, partials=(lambda x, z: i1e(x) - sign(x) * z,), domain=(NONZERO,))
def i0e(x: Any) -> Any:
    """z = I₀(x)·e^(−|x|); ∂z/∂x = i1e(x) − z·sign x, 0 at the kink at 0.

    >>> i0e(0.0)
    1.0
    """


@special(
    sc.i1e,
    partials=(lambda x, z: 0.5 * (i0e(x) + ive(2, x)) - sign(x) * z,),
    domain=(NONZERO,),
)
def i1e(x: Any) -> Any:
    """z = I₁(x)·e^(−|x|); ∂z/∂x = ½·(i0e(x) + ive(2, x)) − z·sign x.

    >>> i1e(0.0)
    0.0
    """


@special(sc.k0, partials=(lambda x, z: -k1(x),), domain=(POSITIVE,))
def k0(x: Any) -> Any:
    """z = K₀(x), see `kv`; ∂z/∂x = −K₁.

    >>> round(k0(1.0), 6)
    0.421024
    """


@special(sc.k1, partials=(lambda x, z: -0.5 * (k0(x) + kv(2, x)),), domain=(POSITIVE,))
def k1(x: Any) -> Any:
    """z = K₁(x), see `kv`; ∂z/∂x = −½·(K₀ + K₂).

    >>> round(k1(1.0), 6)
    0.601907
    """


@special(sc.k0e, partials=(lambda x, z: z - k1e(x),), domain=(POSITIVE,))
def k0e(x: Any) -> Any:
    """z = K₀(x)·eˣ; ∂z/∂x = z − k1e(x).

    >>> round(k0e(1.0), 6)
    1.144463
    """


@special(sc.k1e, partials=(lambda x, z: z - 0.5 * (k0e(x) + kve(2, x)),), domain=(POSITIVE,))
def k1e(x: Any) -> Any:
    """z = K₁(x)·eˣ; ∂z/∂x = z − ½·(k0e(x) + kve(2, x)).

    >>> round(k1e(1.0), 6)
    1.636153
    """


jn = jv
