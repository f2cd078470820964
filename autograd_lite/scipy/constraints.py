"""The least point under constraints, for `autograd_lite.scipy.optimize.minimize`.

At the least point x of f under c(x) = 0, or c(x) ≥ 0, there are multipliers λ with ∇f = Σ λᵢ·∇cᵢ,
of the constraints that are active: the equations, and the inequalities at their limit, whose λ is
positive. So (x, λ) is a root of these equations, and moves with whatever f and c depend on as the
implicit function theorem says. Inequalities that are not active stay so.

Source: J. Nocedal, S. Wright, "Numerical Optimization" (2006), chapters 12 and 18.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import LinearConstraint, NonlinearConstraint

from autograd_lite.engine.modes import no_grad, recording
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.shape import reshape
from autograd_lite.scipy.containers import one_array, plain_value
from autograd_lite.scipy.implicit import plain_arguments

NEAR = (1e-6, 1e-4, 1e-2)
"""How near, relatively, an inequality is at its limit: the first that explains the slope of f, for
an interior-point method stops well before the limit."""


class Constraint(NamedTuple):
    """c(x, *args) = 0, or c(x, *args) ≥ 0, for each of the elements that it gives."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    is_equation: bool

    def values(self, x: Any) -> Any:
        """The elements in a row."""
        return reshape(one_array(self.function(x, *self.args)), (-1,))

    def for_scipy(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """The same on plain arrays, as a solver of SciPy's wants it."""
        plain = self._replace(args=plain_arguments(self.args))

        def values(x: Array) -> Array:
            with no_grad():
                return plain_value(plain.values(np.reshape(x, shape)))  # type: ignore[no-any-return]

        def slopes(x: Array) -> Array:
            return jacobian_of(plain.values, np.reshape(x, shape))

        return {"type": "eq" if self.is_equation else "ineq", "fun": values, "jac": slopes}


def jacobian_of(f: Callable[[Any], Any], x: Array) -> Array:
    """The derivatives, plain, of a row of numbers by each element of x."""
    with recording():
        leaf = Tensor(x)
        z = f(leaf)
    if not is_variable(z):
        return np.zeros((np.size(z), x.size))
    rows = [gradients(z, [leaf], unit)[0] for unit in np.eye(z.size)]
    return np.reshape(rows, (z.size, x.size))


def constraints_of(given: Any) -> list[Constraint]:
    """SciPy's constraints, a dict, LinearConstraint, NonlinearConstraint or a list of these.

    Raises:
        TypeError: if something else is given.
    """
    found = []
    for one in given if isinstance(given, list | tuple) else [given]:
        if isinstance(one, dict):
            found.append(_of_dict(one))
        elif isinstance(one, LinearConstraint):
            found += within(one.lb, one.ub, _product_with(one.A))
        elif isinstance(one, NonlinearConstraint):
            found += within(one.lb, one.ub, one.fun)
        else:
            raise TypeError(
                f"minimize: a constraint is a dict, a LinearConstraint or a NonlinearConstraint, "
                f"not a {type(one).__name__}"
            )
    return found


def _product_with(matrix: Any) -> Callable[[Any], Any]:
    return lambda x: matrix @ reshape(x, (-1,))


def _of_dict(one: dict[str, Any]) -> Constraint:
    if str(one.get("type")).lower() not in ("eq", "ineq") or not callable(one.get("fun")):
        raise TypeError("minimize: a constraint needs 'type', \"eq\" or \"ineq\", and 'fun'")
    args = one.get("args", ())
    args = args if isinstance(args, tuple) else (args,)
    return Constraint(one["fun"], args, one["type"].lower() == "eq")


def within(low: Any, high: Any, f: Callable[[Any], Any] = lambda x: x) -> list[Constraint]:
    """low ≤ f(x) ≤ high; where both are the same, an equation."""
    low, high = np.broadcast_arrays(np.ravel(low), np.ravel(high))

    def part(sign: float, limit: Array, chosen: Array) -> list[Constraint]:
        def distance(x: Any) -> Any:
            values = reshape(one_array(f(x)), (-1,))
            wide = np.broadcast_to(chosen, values.shape)
            return sign * (values[wide] - np.broadcast_to(limit, values.shape)[wide])

        return [Constraint(distance, (), limit is both)] if np.any(chosen) else []

    both = np.array(low)
    same = low == high
    return [
        *part(1.0, both, same),
        *part(1.0, low, np.isfinite(low) & ~same),
        *part(-1.0, high, np.isfinite(high) & ~same),
    ]


class Active(NamedTuple):
    """The constraints that hold x, and by how much: the multipliers."""

    constraints: Sequence[tuple[Constraint, Array]]
    """Those, each with which of its elements are active."""
    others: Sequence[tuple[Constraint, Array]]
    """The inequalities that are not active."""
    multipliers: Array

    def values(self, x: Any) -> list[Any]:
        """What is 0 at the least point."""
        return [constraint.values(x)[chosen] for constraint, chosen in self.constraints]

    def without_effect(self, x: Any) -> Any:
        """The sum of the other constraints: its derivative is not asked for, but what it depends on
        is not unknown to the least point."""
        return sum(constraint.values(x)[chosen].sum() for constraint, chosen in self.others)


def active_at(constraints: Sequence[Constraint], x: Array, slope: Array) -> Active:
    """Which constraints are active at the least point x, where ∇f, in a row, is `slope`."""
    values, rows, equations = [], [], []
    for constraint in constraints:
        plain = constraint._replace(args=plain_arguments(constraint.args))
        with no_grad():
            values.append(np.asarray(plain_value(plain.values(x))))
        rows.append(jacobian_of(plain.values, x))
        equations.append(np.full(values[-1].shape, constraint.is_equation))
    everything, slopes = np.concatenate(values), np.concatenate(rows)
    fixed = np.concatenate(equations)
    scale = np.maximum(1.0, np.linalg.norm(slopes, axis=1) * max(1.0, np.abs(x).max(initial=0.0)))
    for near in NEAR:
        active = fixed | (everything <= near * scale)
        multipliers = _multipliers(slopes[active], slope)
        pushes = multipliers > 1e-6 * float(np.abs(multipliers).max(initial=1.0))
        active[active] = fixed[active] | pushes
        multipliers = _multipliers(slopes[active], slope)
        left = slope - slopes[active].T @ multipliers
        if np.linalg.norm(left) <= 1e-3 * max(1.0, float(np.linalg.norm(slope))):
            break
    parts = np.split(active, np.cumsum([len(v) for v in values])[:-1])
    pairs = list(zip(constraints, parts, strict=True))
    kept = [(c, part) for c, part in pairs if part.any()]
    others = [(c, ~part) for c, part in pairs if not part.all()]
    return Active(kept, others, multipliers)


def _multipliers(slopes: Array, slope: Array) -> Array:
    if not slopes.size:
        return np.zeros(len(slopes))
    found: Array = np.linalg.lstsq(slopes.T, slope, rcond=None)[0]
    return found


def polished(equations: Callable[[Any], Any], y: Array) -> Array:
    """A root that is nearly known, by Newton's method: a solver stops where the value of f is
    accurate, which x is not yet. What it gave, if that leads elsewhere."""

    def residual(y: Array) -> Array:
        with no_grad():
            return np.asarray(plain_value(equations(y)))

    start, found = y, residual(y)
    for _ in range(6):
        step = np.linalg.lstsq(jacobian_of(equations, y), found, rcond=None)[0]
        further = y - step
        left = residual(further)
        if not np.linalg.norm(left) < np.linalg.norm(found):
            break
        y, found = further, left
    return y if np.abs(y - start).max() <= 1e-2 * max(1.0, np.abs(start).max()) else start
