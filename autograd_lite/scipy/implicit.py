"""The implicit function theorem: derivatives of a solution by what the problem depends on.

Where x solves F(x, θ) = 0, it moves with θ by dx/dθ = −J⁻¹·∂F/∂θ with J = ∂F/∂x. How x was found
does not matter: nothing of the iteration is recorded. F is evaluated once more at the solution,
recorded, which tells what it depends on: arguments, and variables that it closes over. They are the
operands of the solution, whose pullback is written in F itself and a linear system; so derivatives
of any order are right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg as sla
import scipy.sparse.linalg as spla

from autograd_lite.engine import clock
from autograd_lite.engine.declare import structural
from autograd_lite.engine.graph import made_before
from autograd_lite.engine.modes import is_recording, no_grad
from autograd_lite.engine.primitive import Array, EachOperand
from autograd_lite.engine.reverse import gradients, gradients_and_whether_recorded
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.arithmetic import positive
from autograd_lite.primitives.joining import stack
from autograd_lite.primitives.linalg import solve
from autograd_lite.primitives.shape import Call, astype, reshape, shape_of, transpose
from autograd_lite.scipy.containers import one_array, plain_value
from autograd_lite.transforms.calls import as_argument
from autograd_lite.transforms.trees import map_leaves

Equations = Callable[[Any], Any]

DENSE = 256
"""Up to how many unknowns the Jacobian is made and factored; beyond, the systems are solved with
products by it alone."""


def dtype_of(x: Any) -> np.dtype[Any]:
    """The floating dtype of an array or variable; float64 of anything else."""
    found = getattr(x, "dtype", np.dtype(float))
    return np.dtype(found) if found == np.float32 else np.dtype(float)


def plain_arguments(args: Any) -> Any:
    """Arguments with the plain numbers of the variables in them."""
    return map_leaves(lambda x, where: x.detach() if is_variable(x) else x, args)


def gradients_apart(output: Any, inputs: list[Any], start: Any, record: bool = False) -> list[Any]:
    """The gradients by variables, each held while the others move, though it depends on them."""
    if not is_variable(output):
        return [np.zeros(shape_of(v)) for v in inputs]
    return gradients_and_whether_recorded(output, inputs, start, record, apart=True)[0]


def without_recording(f: Callable[..., Any], args: tuple[Any, ...]) -> Callable[[Any], Array]:
    """f(x, *args) on plain arrays, for a solver; f may write into its x."""
    given = plain_arguments(args)

    def call(x: Any) -> Array:
        with no_grad():
            return plain_value(f(np.array(x), *given))  # type: ignore[no-any-return]

    return call


class Solution:
    """A solution x of F(x) = 0, and what its derivatives need."""

    def __init__(
        self, equations: Equations, x: Array, residual: Any, leaf: Tensor, dtype: Any
    ) -> None:
        self.x = x
        self.dtype = dtype
        """That of the solution that is given; it is computed in float64."""
        self.parameters: list[Any] = []
        """The variables that F depends on."""
        self._equations = equations
        self._leaf = leaf
        self._residual = residual
        self._factors: Any = None
        self._last: tuple[Any, Any, list[Any]] = (None, None, [])

    def contributions(self, g: Any, z: Any) -> list[Any]:
        """The gradients of all parameters, −(∂F/∂θ)ᵀ·J⁻ᵀ·g; the pullbacks of the operands ask for
        them one by one."""
        if self._last[0] is not g or self._last[1] is not z:
            self._last = (g, z, self._pulled_back(g, z))
        found = self._last[2]
        return found

    def _pulled_back(self, g: Any, z: Any) -> list[Any]:
        if is_variable(z):
            return self._recorded(g, z)
        if is_variable(g):
            return gradients_apart(self._residual, self.parameters, -solved(g, self, True), True)
        return gradients_apart(self._residual, self.parameters, -self.solve(g, True))

    def _recorded(self, g: Any, z: Any) -> list[Any]:
        """The same as variables, at x = z: F is evaluated there anew, with its Jacobian."""
        n, x = self.x.size, positive(z) if z.dtype == float else astype(z, float)
        residual = one_array(self._equations(x))
        x = x.first  # the equations may write into it
        units = np.eye(n).reshape(n, *self.x.shape)
        rows = [reshape(gradients(residual, [x], e, record=True)[0], (n,)) for e in units]
        side = reshape(-solve(transpose(stack(rows)), reshape(g, (n,))), self.x.shape)
        return gradients_apart(residual, [x, *self.parameters], side, True)[1:]

    def solve(self, b: Array, transposed: bool) -> Array:
        """The y for which J·y = b, or Jᵀ·y = b. J is made and factored when this is first called,
        up to `DENSE` unknowns.

        Raises:
            ValueError: if the Jacobian is singular, so that the solution is not a differentiable
                function of its parameters; or if the system was not solved.
        """
        n = self.x.size
        flat = np.asarray(b, dtype=float).reshape(n)
        solver = self._directly if n <= DENSE else self._by_products
        return solver(flat, transposed).reshape(self.x.shape)

    def _directly(self, b: Array, transposed: bool) -> Array:
        n = self.x.size
        if self._factors is None:
            matrix = np.array([self._back(row) for row in np.eye(n)]).reshape(n, n)
            if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < n:
                raise ValueError(
                    "implicit differentiation: the Jacobian at the solution is singular (or not "
                    "finite), so the solution is not a differentiable function of its parameters"
                )
            self._factors = sla.lu_factor(matrix)
        solution: Array = sla.lu_solve(self._factors, b, trans=int(transposed))
        return solution

    def _by_products(self, b: Array, transposed: bool) -> Array:
        n = self.x.size
        product = self._back if transposed else self._forward
        operator = spla.LinearOperator((n, n), matvec=product, dtype=float)
        found, failed = spla.gmres(operator, b, rtol=1e-12, atol=0.0, restart=100, maxiter=50)
        if failed:
            raise ValueError(
                f"implicit differentiation: the linear system of {n} unknowns was not solved: the "
                "Jacobian at the solution is singular, or nearly so"
            )
        return np.asarray(found)

    def _back(self, row: Array) -> Array:
        """Jᵀ·row."""
        (g,) = gradients(self._residual, [self._leaf], row.reshape(self.x.shape))
        return np.asarray(g).reshape(-1)

    def _forward(self, column: Array) -> Array:
        """J·column: the derivative of Jᵀ·u by u, which is linear, along the column."""
        u = Tensor(np.zeros(self.x.shape))
        (g,) = gradients(self._residual, [self._leaf], u, record=True)
        (z,) = gradients(g, [u], column.reshape(self.x.shape))
        return np.asarray(z).reshape(-1)


@structural(
    arrays=lambda b, solution, transposed: solution.solve(b, transposed),
    pullbacks=(lambda g, z, b, solution, transposed: solved(g, solution, not transposed),),
    cases=lambda shape: iter(()),
    linear="jointly",
    method=False,
)
def solved(b: Any, solution: Solution, transposed: bool) -> Call:
    """J⁻¹·b, or J⁻ᵀ·b, with the constant Jacobian of a solution."""
    return (b,), {"solution": solution, "transposed": transposed}


def _to_parameter(i: int, g: Any, z: Any, x: Any, *parameters: Any, solution: Solution) -> Any:
    if i == 0:
        return np.zeros(shape_of(x))
    return solution.contributions(g, z)[i - 1]


@structural(
    arrays=lambda x, *parameters, solution: solution.x.astype(solution.dtype),
    pullbacks=EachOperand(_to_parameter),
    cases=lambda shape: iter(()),
    method=False,
)
def solution_of(x: Any, *parameters: Any, solution: Solution) -> Call:
    """The solution, as a function of the parameters; x, where it was found, makes it a Tensor."""
    return (x, *parameters), {"solution": solution}


def implicit(equations: Equations, solution: Any, dtype: Any = float) -> Any:
    """The solution as a variable that moves with what the equations depend on.

    Args:
        equations: F of x alone, which may close over variables; of the shape of x.
        solution: the x at which F(x) = 0, a plain array.
        dtype: the floating dtype of the result.

    Returns:
        A Tensor of the same numbers; or they themselves, if F depends on no variable but x, or
        nothing is being recorded.

    Raises:
        ValueError: if there are not as many equations as unknowns.
    """
    x = np.array(solution, dtype=float)
    if not is_recording():
        return x.astype(dtype)[()]
    leaf = as_argument(Tensor(x))
    began = clock.tick()
    residual = one_array(equations(leaf))
    leaf = leaf.first  # the equations may write into it
    if not is_variable(residual):
        return x.astype(dtype)[()]
    if shape_of(residual) != x.shape:
        raise ValueError(
            f"implicit differentiation: there must be as many equations as unknowns, but the "
            f"equations have shape {shape_of(residual)} for x of shape {x.shape}"
        )
    found = Solution(equations, x, residual, leaf, dtype)
    found.parameters = [v for v in made_before(began, residual) if v is not leaf]
    if not found.parameters:
        return x.astype(dtype)[()]
    return solution_of(Tensor(x.astype(dtype)), *found.parameters, solution=found)
