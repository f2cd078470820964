"""Solutions of equations and least points that can be differentiated by what they depend on, with
the arguments of scipy.optimize, and the functions that its own solvers ask for.

SciPy finds the solution, on plain arrays; its derivatives, of any order, follow from the implicit
function theorem (see `autograd_lite.scipy.implicit`), whatever the method was. Parameters come as
`args`, or f closes over them. The derivatives are as accurate as the solution: ask for a tight
`tol`.

>>> from autograd_lite import grad
>>> round(grad(lambda a: root(lambda x, a: x * x - a, 1.0, args=(a,)).x)(9.0), 9)
0.166666667
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.optimize

from autograd_lite.engine.modes import recording
from autograd_lite.engine.primitive import PRIMITIVES, Array
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where
from autograd_lite.scipy.containers import one_array, plain_value
from autograd_lite.scipy.implicit import (
    dtype_of,
    implicit,
    plain_arguments,
    without_recording,
)
from autograd_lite.transforms.calls import as_argument

Function = Callable[..., Any]


def fixed_point(
    f: Function, x0: Any, *params: Any, tol: float = 1e-12, maxiter: int = 10_000
) -> Any:
    """The x for which x = f(x, *params), found by iterating, with Steffensen's acceleration.

    ∂x/∂θ = (1 − ∂f/∂x)⁻¹·∂f/∂θ for every variable θ among the parameters, or that f closes over.

    Args:
        f: gives what has the shape of x.
        x0: where to start: a number or an array, a constant.
        params: further arguments of f.
        tol: how far, relatively, x and f(x) may be apart.
        maxiter: how many steps at most.

    Raises:
        RuntimeError: if the iteration does not converge.
        ValueError: on the way back, if 1 − ∂f/∂x is singular.

    >>> from autograd_lite import grad
    >>> round(fixed_point(lambda x, a: 0.5 * (x + a / x), 1.0, 2.0).item(), 6)
    1.414214
    >>> round(grad(lambda a: fixed_point(lambda x, a: 0.5 * (x + a / x), 1.0, a))(2.0), 6)
    0.353553
    """
    start = np.asarray(plain_value(x0), dtype=float)
    step = without_recording(f, params)
    found = _iterated(step, start, tol, maxiter)

    def equations(x: Any) -> Any:
        z = one_array(f(x, *params))
        return x.first - z  # f may write into it

    return implicit(equations, found, dtype_of(x0))


def _iterated(step: Callable[[Any], Array], x: Array, tol: float, maxiter: int) -> Array:
    for _ in range(maxiter):
        once = np.asarray(step(x), dtype=float)
        if once.shape != x.shape:
            raise ValueError(
                f"fixed_point: f gave shape {once.shape} for x of shape {x.shape}; both must be "
                "the same"
            )
        if _close(once, x, tol):
            return once
        twice = np.asarray(step(once), dtype=float)
        second = twice - 2.0 * once + x
        with np.errstate(all="ignore"):
            better = x - (once - x) ** 2 / second
        # the accelerated one only where it may be trusted
        usable = np.isfinite(better) & (np.abs(second) > 1e-3 * np.abs(once - x))
        x = np.where(usable, better, twice) if usable.all() else twice
    raise RuntimeError(f"fixed_point: no convergence within {maxiter} steps")


def _close(a: Array, b: Array, tol: float) -> bool:
    return bool(np.all(np.abs(a - b) <= tol * np.maximum(1.0, np.abs(a))))


def root(
    fun: Function, x0: Any, args: Any = (), method: str = "hybr", jac: Any = None,
    tol: float | None = None, **options: Any,
) -> Any:  # fmt: skip
    """A root of a system of equations, as scipy.optimize.root, that can be differentiated.

    ∂x/∂θ = −(∂F/∂x)⁻¹·∂F/∂θ for every variable θ in `args`, or that fun closes over.

    Args:
        fun: F(x, *args), of the shape of x: an array, a variable, or a list of numbers.
        x0: where to start, a constant.
        args: further arguments of fun; a tuple, or the only one.
        method, tol, options: as SciPy's.
        jac: as SciPy's; by default it is computed from the rules.

    Returns:
        SciPy's result, with the solution `x` as a variable.

    Raises:
        RuntimeError: if SciPy's solver finds no root.

    >>> round(root(lambda x: [x[0] + x[1] - 3.0, x[0] - x[1] - 1.0], [0.0, 0.0]).x[0], 6)
    np.float64(2.0)
    """
    args = args if isinstance(args, tuple) else (args,)
    start = np.asarray(plain_value(x0), dtype=float)
    equations = without_recording(fun, args)
    given = plain_arguments(args)
    if jac is None and method in ("hybr", "lm"):
        jac = _jacobian_of(fun, start.shape)
    result = scipy.optimize.root(
        lambda x, *_: equations(x.reshape(start.shape)).reshape(-1), start.reshape(-1),
        args=given, method=method, jac=jac, tol=tol, **options,
    )  # fmt: skip
    if not result.success:
        raise RuntimeError(f"root: no root was found: {' '.join(str(result.message).split())}")
    solution = np.asarray(result.x).reshape(start.shape)
    result.x = implicit(lambda x: one_array(fun(x, *args)), solution, dtype_of(x0))
    return result


def _jacobian_of(fun: Function, shape: tuple[int, ...]) -> Callable[..., Array]:
    """The Jacobian of a system as a matrix, for SciPy."""

    def jacobian(x: Any, *args: Any) -> Array:
        with recording():
            variable = as_argument(Tensor(np.reshape(x, shape)))
            z = one_array(fun(variable, *args))
        if not is_variable(z):
            return np.zeros((np.size(z), variable.size))
        rows = np.eye(z.size).reshape(z.size, *z.shape)
        found = [np.ravel(gradients(z, [variable.first], row)[0]) for row in rows]
        return np.reshape(found, (z.size, variable.size))

    return jacobian


# ---------------------------------------------------------------- the least point


def minimize(
    fun: Function, x0: Any, args: Any = (), method: str | None = None, bounds: Any = None,
    tol: float | None = None, **options: Any,
) -> Any:  # fmt: skip
    """The point at which a function is least, as scipy.optimize.minimize, that can be
    differentiated; the gradient that SciPy's methods want is computed from the rules.

    ∂x/∂θ = −H⁻¹·∂(∇f)/∂θ with H the second derivatives of f by x, for every variable θ in `args`,
    or that fun closes over. An element of x that is at one of its bounds stays there.

    Args:
        fun: f(x, *args), one number.
        x0: where to start, a constant.
        args: further arguments of fun; a tuple, or the only one.
        method, tol, options: as SciPy's; by default BFGS, or with bounds L-BFGS-B.
        bounds: as SciPy's: pairs (low, high) for each element of x, None for none.

    Returns:
        SciPy's result, with the point `x` and the value `fun` as variables.

    Raises:
        RuntimeError: if SciPy's solver finds no least point.
        TypeError: with constraints, for which no rule is known.
        ValueError: on the way back, if H is singular: if the least point is not a single one.

    >>> from autograd_lite import grad
    >>> round(grad(lambda a: minimize(lambda x: (x[0] - a * a)**2, [0.0]).x[0])(3.0), 6)
    6.0
    """
    if "constraints" in options or "jac" in options:
        refused = "constraints" if "constraints" in options else "jac"
        raise TypeError(f"minimize: the argument {refused}=… is not supported here")
    args = args if isinstance(args, tuple) else (args,)
    start = np.asarray(plain_value(x0), dtype=float)
    given = plain_arguments(args)

    def value_and_gradient(x: Any, *given: Any) -> tuple[float, Array]:
        value, slope = _with_gradient(fun, np.reshape(x, start.shape), given)
        return float(np.asarray(plain_value(value))), np.asarray(plain_value(slope)).reshape(-1)

    tight = {"tol": 1e-10 if tol is None else tol, "method": method, "bounds": bounds}
    result = scipy.optimize.minimize(
        value_and_gradient, start.reshape(-1), given, jac=True, **tight, **options
    )
    solution = np.asarray(result.x, dtype=float).reshape(start.shape)
    if not result.success and not _is_flat(result.jac, result.fun):
        raise RuntimeError(f"minimize: no least point: {' '.join(str(result.message).split())}")
    held = _at_bounds(bounds, solution)

    def slope(x: Any) -> Any:
        _, found = _with_gradient(fun, x, args)
        return found if held is None else where(held, x - solution, found)

    result.x = implicit(slope, solution, dtype_of(x0))
    result.fun = fun(PRIMITIVES["positive"].function(result.x), *args)
    return result


def _is_flat(slope: Any, value: Any) -> bool:
    """Whether the gradient is as small as rounding lets it be: BFGS may say that it cannot do
    better."""
    return slope is not None and bool(np.max(np.abs(slope)) <= 1e-6 * max(1.0, abs(float(value))))


def _at_bounds(bounds: Any, x: Array) -> Any:
    """Which elements are at a bound; None if there are no bounds."""
    if bounds is None:
        return None
    if isinstance(bounds, scipy.optimize.Bounds):
        low, high = (np.broadcast_to(b, x.shape) for b in (bounds.lb, bounds.ub))
    else:
        pairs = [(-np.inf if a is None else a, np.inf if b is None else b) for a, b in bounds]
        low, high = (np.reshape(side, x.shape) for side in zip(*pairs, strict=True))
    return (x <= low) | (x >= high)


def _with_gradient(fun: Function, x: Any, args: Sequence[Any]) -> tuple[Any, Any]:
    """f and its gradient by x, recorded: they depend on whatever f depends on."""
    with recording():
        own = PRIMITIVES["positive"].function(x) if is_variable(x) else as_argument(Tensor(x))
        value = one_array(fun(own, *args))
        if not is_variable(value):
            return value, np.zeros(own.shape)
        (slope,) = gradients(value, [own.first], record=True)  # fun may write into it
    return value, slope
