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
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.products import dot
from autograd_lite.primitives.shape import reshape
from autograd_lite.scipy.constraints import Active, active_at, constraints_of, polished, within
from autograd_lite.scipy.containers import one_array, plain_value
from autograd_lite.scipy.implicit import (
    dtype_of,
    implicit,
    plain_arguments,
    without_recording,
)
from autograd_lite.transforms.calls import as_argument

Function = Callable[..., Any]

_WITHOUT_SLOPES = ("cobyla", "cobyqa", "nelder-mead", "powell")
"""SciPy's methods that ask for no gradient, and warn of one."""


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
    constraints: Any = (), tol: float | None = None, **options: Any,
) -> Any:  # fmt: skip
    """The point at which a function is least, as scipy.optimize.minimize, that can be
    differentiated; the gradients that SciPy's methods want are computed from the rules.

    ∂x/∂θ = −H⁻¹·∂(∇f)/∂θ with H the second derivatives of f by x, for every variable θ in `args`,
    or that fun closes over. An element of x that is at one of its bounds stays there; with
    constraints, the same is done with their multipliers (see `autograd_lite.scipy.constraints`):
    an inequality that is at its limit stays there, any other is without effect. Where one is at its
    limit without pushing, x has a kink, and the derivative is that on the side where it leaves.

    Args:
        fun: f(x, *args), one number.
        x0: where to start, a constant.
        args: further arguments of fun; a tuple, or the only one.
        method, tol, options: as SciPy's; by default BFGS, with bounds L-BFGS-B, with constraints
            SLSQP.
        bounds: as SciPy's: pairs (low, high) for each element of x, None for none.
        constraints: as SciPy's: dicts with "type", "fun" and "args", LinearConstraint,
            NonlinearConstraint, or a list of these. Their functions may close over variables, too;
            their limits are constants.

    Returns:
        SciPy's result, with the point `x` and the value `fun` as variables.

    Raises:
        RuntimeError: if SciPy's solver finds no least point.
        TypeError: with `jac`, which is computed here.
        ValueError: on the way back, if H is singular: if the least point is not a single one, or
            the constraints that are active depend on each other.

    >>> from autograd_lite import grad
    >>> round(grad(lambda a: minimize(lambda x: (x[0] - a * a)**2, [0.0]).x[0])(3.0), 6)
    6.0
    >>> def nearest(a):  # the point of the line x + y = a that is nearest to (0, 0)
    ...     line = {"type": "eq", "fun": lambda x: x[0] + x[1] - a}
    ...     return minimize(lambda x: (x * x).sum(), [1.0, 0.0], constraints=line).x[0]
    >>> round(grad(nearest)(3.0), 6)
    0.5
    """
    if "jac" in options:
        raise TypeError("minimize: the argument jac=… is not supported here, it is computed")
    args = args if isinstance(args, tuple) else (args,)
    start = np.asarray(plain_value(x0), dtype=float)
    given = plain_arguments(args)
    held_back = constraints_of(constraints)

    def value_and_gradient(x: Any, *given: Any) -> tuple[float, Array]:
        value, slope = _with_gradient(fun, np.reshape(x, start.shape), given)
        return float(np.asarray(plain_value(value))), np.asarray(plain_value(slope)).reshape(-1)

    tight = {"tol": 1e-10 if tol is None else tol, "method": method, "bounds": bounds}
    if held_back:
        tight["constraints"] = [one.for_scipy(start.shape) for one in held_back]
    slopes = str(method).lower() not in _WITHOUT_SLOPES
    function = value_and_gradient if slopes else lambda x, *given: value_and_gradient(x, *given)[0]
    result = scipy.optimize.minimize(
        function, start.reshape(-1), given, jac=slopes or None, **tight, **options
    )
    solution = np.asarray(result.x, dtype=float).reshape(start.shape)
    is_flat = not held_back and _is_flat(getattr(result, "jac", None), result.fun)
    if not result.success and not is_flat:
        raise RuntimeError(f"minimize: no least point: {' '.join(str(result.message).split())}")
    held, active = _at_bounds(bounds, solution), Active((), (), np.zeros(0))
    if held_back:
        if bounds is not None:
            held, held_back = None, [*held_back, *within(*_limits(bounds, solution))]
        active = active_at(held_back, solution, value_and_gradient(solution, *given)[1])
    equations = _conditions(fun, args, solution, held, active)
    root = np.concatenate([solution.reshape(-1), active.multipliers])
    if held_back:
        root = polished(equations, root)
    moved = implicit(equations, root, dtype_of(x0))
    result.x = reshape(getitem(moved, slice(solution.size)), solution.shape)
    result.fun = fun(PRIMITIVES["positive"].function(result.x), *args)
    return result


def _conditions(
    fun: Function, args: Sequence[Any], solution: Array, held: Any, active: Active
) -> Function:
    """What is 0 at the least point, as a function of it and the multipliers in a row: the gradient
    of f − Σ λᵢ·cᵢ, and the cᵢ."""

    def conditions(row: Any) -> Any:
        x = reshape(getitem(row, slice(solution.size)), solution.shape)
        multipliers = getitem(row, slice(solution.size, None))

        def lagrangian(x: Any) -> Any:
            value, place = one_array(fun(x, *args)), 0
            for part in active.values(x):
                value = value - dot(getitem(multipliers, slice(place, place + part.size)), part)
                place += part.size
            return value

        _, found = _with_gradient(lagrangian, x, ())
        found = found if held is None else where(held, x - solution, found)
        row = concatenate([reshape(found, (-1,)), *active.values(x)], axis=0)
        return row + 0.0 * active.without_effect(x) if active.others else row

    return conditions


def _is_flat(slope: Any, value: Any) -> bool:
    """Whether the gradient is as small as rounding lets it be: BFGS may say that it cannot do
    better."""
    return slope is not None and bool(np.max(np.abs(slope)) <= 1e-6 * max(1.0, abs(float(value))))


def _at_bounds(bounds: Any, x: Array) -> Any:
    """Which elements are at a bound; None if there are no bounds."""
    if bounds is None:
        return None
    low, high = _limits(bounds, x)
    return (x <= low) | (x >= high)


def _limits(bounds: Any, x: Array) -> tuple[Array, Array]:
    """The lower and the upper bound of each element."""
    if isinstance(bounds, scipy.optimize.Bounds):
        low, high = (np.broadcast_to(b, x.shape) for b in (bounds.lb, bounds.ub))
        return low, high
    pairs = [(-np.inf if a is None else a, np.inf if b is None else b) for a, b in bounds]
    low, high = (np.reshape(side, x.shape) for side in zip(*pairs, strict=True))
    return low, high


def _with_gradient(fun: Function, x: Any, args: Sequence[Any]) -> tuple[Any, Any]:
    """f and its gradient by x, recorded: they depend on whatever f depends on."""
    with recording():
        own = PRIMITIVES["positive"].function(x) if is_variable(x) else as_argument(Tensor(x))
        value = one_array(fun(own, *args))
        if not is_variable(value):
            return value, np.zeros(own.shape)
        (slope,) = gradients(value, [own.first], record=True)  # fun may write into it
    return value, slope


__all__ = ["fixed_point", "minimize", "root"]
