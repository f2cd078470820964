"""Integrals that can be differentiated: `quad`, for `autograd_lite.scipy.integrate`.

SciPy finds the intervals on which its Gauss-Kronrod rule is accurate enough, on plain numbers. The
function is then evaluated once more at the points of that rule, recorded: the derivative of the
integral is the integral of the derivative, by the same points, and follows the bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.integrate

from autograd_lite.engine.chain import detached
from autograd_lite.engine.modes import is_recording, no_grad
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.variable import is_variable
from autograd_lite.scipy.implicit import plain_arguments

# Kronrod's rule of 21 points: those from 0 to 1, and their weights
_HALF = np.array([
    0.995657163025808080735527280689003, 0.973906528517171720077964012084452,
    0.930157491355708226001207180059508, 0.865063366688984510732096688423493,
    0.780817726586416897063717578345042, 0.679409568299024406234327365114874,
    0.562757134668604683339000099272694, 0.433395394129247190799265943165784,
    0.294392862701460198131126603103866, 0.148874338981631210884826001129720, 0.0,
])  # fmt: skip
_HALF_WEIGHTS = np.array([
    0.011694638867371874278064396062192, 0.032558162307964727478818972459390,
    0.054755896574351996031381300244580, 0.075039674810919952767043140916190,
    0.093125454583697605535065465083366, 0.109387158802297641899210590325805,
    0.123491976262065851077958109585166, 0.134709217311473325928054001771707,
    0.142775938577060080797094273138717, 0.147739104901338491374841515972068,
    0.149445554002916905664936468389821,
])  # fmt: skip
POINTS = np.concatenate([-_HALF, _HALF[-2::-1]])
WEIGHTS = np.concatenate([_HALF_WEIGHTS, _HALF_WEIGHTS[-2::-1]])


def quad(
    func: Callable[..., Any], a: Any, b: Any, args: Any = (), full_output: int = 0,
    epsabs: float = 1.49e-8, epsrel: float = 1.49e-8, limit: int = 50, points: Any = None,
) -> tuple[Any, float]:  # fmt: skip
    """∫ func(t, *args) dt from a to b, as scipy.integrate.quad, and an estimate of its error.

    ∂/∂θ = ∫ ∂func/∂θ dt for every variable θ in `args`, or that func closes over; ∂/∂b = func(b),
    ∂/∂a = −func(a). Derivatives of any order.

    Args:
        func: one number of one number t.
        a, b: the bounds; infinite ones are constants.
        args: further arguments of func; a tuple, or the only one.
        epsabs, epsrel, limit, points: as SciPy's.
        full_output: only 0 is taken.

    Raises:
        TypeError: if `full_output` is asked for.
        ValueError: where a gradient may be wanted and the sum over the points is not as accurate as
            SciPy's extrapolation: of an integrand that is infinite within the interval, mostly.

    >>> from autograd_lite import grad
    >>> round(quad(lambda t: t * t, 0.0, 3.0)[0], 9)
    9.0
    >>> round(grad(lambda k: quad(lambda t: np.exp(-k * t), 0.0, np.inf)[0])(2.0), 6)
    -0.25
    """
    if full_output:
        raise TypeError("quad: full_output is not supported here")
    args = args if isinstance(args, tuple) else (args,)
    given, low, high = plain_arguments(args), float(detached(a)), float(detached(b))
    options: dict[str, Any] = {"epsabs": epsabs, "epsrel": epsrel, "limit": limit}
    breaks = {} if points is None else {"points": [float(detached(p)) for p in points]}

    def plain(t: float) -> float:
        with no_grad():
            return float(np.asarray(detached(func(t, *given))))

    value, error = scipy.integrate.quad(plain, low, high, **options, **breaks)
    if not is_recording() or low == high:
        return value, error
    if breaks and np.isfinite(high - low):
        breaks["points"] = [(p - low) / (high - low) for p in breaks["points"]]
    on_plain = _on_unit(plain, low, high)
    found = scipy.integrate.quad(on_plain, 0.0, 1.0, **options, **breaks, full_output=1)[2]
    places, weights = _places(found["alist"][: found["last"]], found["blist"][: found["last"]])
    recorded = _on_unit(lambda t: func(t, *args), a, b)
    total: Any = 0.0
    for place, weight in zip(places.tolist(), weights.tolist(), strict=True):
        total = total + weight * recorded(place)
    if not is_variable(total):
        return value, error
    summed = float(detached(total))
    if not abs(summed - value) <= 10.0 * max(epsabs, epsrel * abs(value), error):
        raise ValueError(
            f"quad: over its points the function adds up to {summed:g}, and by extrapolation the "
            f"integral is {value:g}: substitute t so that the function has no pole"
        )
    return total, error


def _on_unit(f: Callable[[Any], Any], a: Any, b: Any) -> Callable[[float], Any]:
    """The function of s from 0 to 1 that has the integral of f from a to b."""
    low, high = float(detached(a)), float(detached(b))
    if np.isfinite(low) and np.isfinite(high):
        return lambda s: (b - a) * f(a + (b - a) * s)
    sign = 1.0 if low < high else -1.0
    if np.isinf(low) and np.isinf(high):

        def both(s: float) -> Any:
            u = 2.0 * s - 1.0
            return f(u / (1.0 - u * u)) * (sign * 2.0 * (1.0 + u * u) / (1.0 - u * u) ** 2)

        return both
    end = a if np.isfinite(low) else b
    way = 1.0 if max(low, high) == np.inf else -1.0
    return lambda s: f(end + way * s / (1.0 - s)) * (sign / (1.0 - s) ** 2)


def _places(left: Array, right: Array) -> tuple[Array, Array]:
    """The points of the rule on all intervals, and their weights."""
    half, middle = 0.5 * (right - left)[:, None], 0.5 * (right + left)[:, None]
    return (middle + half * POINTS).reshape(-1), (half * WEIGHTS).reshape(-1)
