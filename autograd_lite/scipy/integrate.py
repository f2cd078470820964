"""Ordinary differential equations that can be differentiated by where they start, by the times, and
by their parameters.

The steps are found on plain arrays, by one of SciPy's explicit Runge-Kutta methods with control of
the error. On the way back each interval between two times is computed again, with these steps, and
recorded: the discrete adjoint. So the gradient is that of the numbers that were computed, exact to
rounding, and takes the memory of one interval; a gradient that is differentiated again takes that
of all intervals.

Source: E. Hairer, S. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I" (1993).

>>> from autograd_lite import grad
>>> def decay(y, t, rate):
...     return -rate * y
>>> round(odeint(decay, 1.0, [0.0, 2.0], 0.5)[1], 6)
np.float64(0.367879)
>>> round(grad(lambda rate: odeint(decay, 1.0, [0.0, 2.0], rate)[1])(0.5), 6)
-0.735759
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.integrate

from autograd_lite.engine import clock
from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import structural
from autograd_lite.engine.graph import made_before
from autograd_lite.engine.modes import is_recording, no_grad, recording
from autograd_lite.engine.primitive import Array, EachOperand
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.arithmetic import positive
from autograd_lite.primitives.joining import stack
from autograd_lite.primitives.products import dot
from autograd_lite.primitives.shape import Call, astype, reshape, shape_of
from autograd_lite.scipy.containers import one_array, plain_value
from autograd_lite.scipy.implicit import (
    dtype_of,
    gradients_apart,
    plain_arguments,
)
from autograd_lite.scipy.quadrature import quad
from autograd_lite.transforms.calls import as_argument
from autograd_lite.transforms.trees import leaves_of

METHODS = {
    "RK23": scipy.integrate.RK23,
    "RK45": scipy.integrate.RK45,
    "DOP853": scipy.integrate.DOP853,
}
"""SciPy's explicit methods by their names there."""

MOST_STEPS = 100_000


def odeint(
    f: Callable[..., Any], y0: Any, t: Any, *parameters: Any, args: tuple[Any, ...] | None = None,
    rtol: float = 1e-9, atol: float = 1e-9, method: str = "DOP853",
) -> Any:  # fmt: skip
    """The solution of dy/dt = f(y, t, *parameters) at some times.

    Derivatives are by y0, by t, and by every variable among the parameters, or that f closes over.

    Args:
        f: gives dy/dt, of the shape of y: an array, a variable, or a list of numbers.
        y0: y at the first time, a number or an array of any shape.
        t: the times (T,), at each of which a value is wanted: increasing or decreasing.
        parameters: further arguments of f; or one tuple of all of them, as SciPy has it. (What is
            a tuple itself goes in such a tuple.)
        args: the same by SciPy's name, a tuple.
        rtol, atol: the error of a step, relative and absolute, that is allowed.
        method: "DOP853", "RK45" or "RK23", of order 8, 5 and 3. None is for stiff equations: of
            these they take very many steps.

    Returns:
        (T, …): y at each of the times, of the floating dtype of y0. (It is computed in float64.)

    Raises:
        ValueError: if the times are no sequence that increases or decreases, or the method is
            another one; on the way back, if f depends at some time on a variable that it did not
            depend on at the first.
        RuntimeError: if no step is small enough, or there are too many.
    """
    if len(parameters) == 1 and isinstance(parameters[0], tuple):
        (parameters,) = parameters
    if args is None:
        args = parameters
    elif parameters or not isinstance(args, tuple):
        raise TypeError("odeint: args must be a tuple, and all that f takes after y and t")
    if method not in METHODS:
        raise ValueError(f"odeint: method must be one of {', '.join(METHODS)}, not {method!r}")
    y0, t = one_array([y0])[0] if y0.__class__ is Value else one_array(y0), one_array(t)
    start = np.asarray(plain_value(y0), dtype=float)
    times = np.asarray(plain_value(t), dtype=float)
    apart = np.diff(times)
    if times.ndim != 1 or not times.size or not (np.all(apart > 0) or np.all(apart < 0)):
        raise ValueError("odeint: t must be a sequence of times that increases, or decreases")
    solver = METHODS[method]
    solution = Solution(f, args, solver, dtype_of(y0))
    solution.solve(start, times, rtol, atol)
    if not is_recording():
        return solution.values.astype(solution.dtype)
    solution.by_time = is_variable(t)
    solution.parameters = _dependences(f, start, times[0], args)
    if not solution.parameters and not is_variable(y0) and not is_variable(t):
        return solution.values.astype(solution.dtype)
    given = [x if is_variable(x) else Tensor(plain) for x, plain in ((y0, start), (t, times))]
    return trajectory(*given, *solution.parameters, solution=solution)


def _dependences(f: Callable[..., Any], y: Array, t: float, args: tuple[Any, ...]) -> list[Any]:
    """The variables that f depends on at the start, but for y and t; and all among the args."""
    among = [v for v in leaves_of(list(args)) if is_variable(v)]
    leaf, began = as_argument(Tensor(y)), clock.tick()
    z = one_array(f(leaf, float(t), *args))
    leaf = leaf.first  # f may write into it
    found = made_before(began, z) if is_variable(z) else []
    return list(dict.fromkeys([*(v.node for v in among), *(v for v in found if v is not leaf)]))


class Solution:
    """The values at the times, and the steps in between."""

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], solver: Any, dtype: Any
    ) -> None:
        self.dtype = dtype
        """That of the values that are given; it is computed in float64."""
        self._f = f
        self._args = args
        self._solver = solver
        self.values: Array = np.zeros(0)
        self.parameters: list[Any] = []
        self.by_time = False
        """Whether the times are variables."""
        self._fractions: list[Array] = []
        """For each interval the ends of its steps, from 0 to 1."""
        self._last: tuple[Any, Any, list[Any]] = (None, None, [])

    # ------------------------------------------------------------ forward, on plain arrays

    def solve(self, y: Array, times: Array, rtol: float, atol: float) -> None:
        """Find the steps and the values, and keep them."""
        shape, given = y.shape, plain_arguments(self._args)

        def slope(t: float, flat: Any) -> Array:
            with no_grad():
                found = plain_value(self._f(np.array(flat).reshape(shape), t, *given))
            return np.asarray(found, dtype=float).reshape(-1)

        values, solver = [y], None
        for begin, end in itertools.pairwise(times):
            if solver is None:
                solver = self._solver(slope, begin, y.reshape(-1), end, rtol=rtol, atol=atol)
            solver.t_bound, solver.status = end, "running"
            at = [begin]
            while solver.status == "running":
                said = solver.step()
                at.append(solver.t)
                if solver.status == "failed" or len(at) > MOST_STEPS:
                    raise RuntimeError(
                        f"odeint: {said or 'too many steps'} at t = {solver.t:g}; is the equation "
                        "stiff, or does its solution end there?"
                    )
            self._fractions.append((np.array(at) - begin) / (end - begin))
            values.append(solver.y.reshape(shape).copy())
        self.values = np.array(values)

    # ------------------------------------------------------------ again, recorded

    def _across(self, i: int, y: Any, begin: Any, end: Any) -> Any:
        """y at the end of the i-th interval, by its steps."""
        length = end - begin
        ends = self._fractions[i]
        for low, high in itertools.pairwise(ends):
            y = self._step(y, begin + low * length, (high - low) * length)
        return y

    def _step(self, y: Any, t: Any, h: Any) -> Any:
        """One step of the method: kₛ = f(y + h·Σ Aₛⱼkⱼ, t + cₛh), y + h·Σ bₛkₛ."""
        method, shape = self._solver, shape_of(y)
        slopes: list[Any] = []
        for s in range(method.n_stages):
            moved = y if not s else y + _weighted(method.A[s, :s], slopes, h)
            slope = one_array(self._f(moved, t + method.C[s] * h, *self._args))
            y = y.first  # f may write into it
            slopes.append(slope if shape_of(slope) == shape else reshape(slope, shape))
        return y + _weighted(method.B, slopes, h)

    # ------------------------------------------------------------ back

    def contributions(self, g: Any, z: Any, y0: Any, t: Any) -> list[Any]:
        """The gradients of y0, t and the parameters; their pullbacks ask for them one by one."""
        if self._last[0] is not g or self._last[1] is not z:
            recorded = is_variable(z) or is_variable(g)
            self._last = (g, z, (self._recorded if recorded else self._backwards)(g, y0, t))
        return self._last[2]

    def _recorded(self, g: Any, y0: Any, t: Any) -> list[Any]:
        """As variables: through all intervals at once."""
        y, times = _variable(y0), _variable(t) if self.by_time else detached(t)
        values = [y]
        for i in range(len(self._fractions)):
            values.append(self._across(i, values[-1], times[i], times[i + 1]))
        y, *_ = values = [x.first for x in values]  # f may have written into them
        if self.by_time:
            return gradients_apart(stack(values), [y, times, *self.parameters], g, True)
        back, *rest = gradients_apart(stack(values), [y, *self.parameters], g, True)
        return [back, np.zeros(len(t)), *rest]

    def _backwards(self, g: Array, y0: Any, t: Array) -> list[Any]:
        """Interval by interval from the last to the first, each recorded when it is reached."""
        total: list[Any] = [np.zeros(shape_of(v)) for v in self.parameters]
        by_time, flow = np.zeros(len(t)), np.array(g[-1])
        for i in reversed(range(len(self._fractions))):
            y, ends = as_argument(Tensor(self.values[i])), t[i : i + 2]
            own = [y, *(as_argument(Tensor(end)) for end in ends)] if self.by_time else [y]
            began = clock.tick()
            with recording():
                z = self._across(i, y, *(own[1:] or ends))
            own = [x.first for x in own]
            self._check(z, began, own)
            back, *rest = gradients_apart(z, [*own, *self.parameters], flow)
            for j in range(len(own) - 1):
                by_time[i + j] += rest.pop(0)
            total = [old + new for old, new in zip(total, rest, strict=True)]
            flow = g[i] + back
        return [flow, by_time, *total]

    def _check(self, z: Any, began: int, own: Sequence[Any]) -> None:
        """Whether f depends on nothing but what is known."""
        known = {*own, *self.parameters}
        if is_variable(z) and any(v not in known for v in made_before(began, z)):
            raise ValueError(
                "odeint: f depends on a variable that it did not depend on at the first time; give "
                "it as one of the args"
            )


def _variable(x: Any) -> Any:
    """A node of float64 of its own, that is x."""
    if not is_variable(x):
        return as_argument(Tensor(np.asarray(x, dtype=float)))
    return astype(x, float) if x.dtype != float else positive(x)


def _weighted(weights: Array, slopes: Sequence[Any], h: Any) -> Any:
    """h·Σ wⱼkⱼ, of what has a weight."""
    used = np.flatnonzero(weights).tolist()
    numbers, chosen = weights[used] * h, [slopes[j] for j in used]
    if len(chosen) == 1:
        return numbers[0] * chosen[0]
    stacked = stack(chosen)
    shape = shape_of(stacked)
    if len(shape) < 3:
        return dot(numbers, stacked)
    return reshape(dot(numbers, reshape(stacked, (len(chosen), -1))), shape[1:])


def _to_operand(i: int, g: Any, z: Any, *operands: Any, solution: Solution) -> Any:
    return solution.contributions(g, z, *operands[:2])[i]


@structural(
    arrays=lambda y0, t, *parameters, solution: solution.values.astype(solution.dtype),
    pullbacks=EachOperand(_to_operand),
    cases=lambda shape: iter(()),
    method=False,
)
def trajectory(y0: Any, t: Any, *parameters: Any, solution: Solution) -> Call:
    """The solution of a differential equation as a function of where it starts, of the times and
    of the parameters."""
    return (y0, t, *parameters), {"solution": solution}


__all__ = ["odeint", "quad"]
