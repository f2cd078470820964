"""Second derivatives: `hessian` and `hvp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.engine import modes
from autograd_lite.engine.forward import together
from autograd_lite.engine.reverse import gradients, gradients_and_whether_recorded
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.calls import (
    Argnums,
    Call,
    Transformed,
    as_scalar,
    mark_derivative,
    warn_if_cut,
    zero_of,
)
from autograd_lite.transforms.jacobian import REVERSE, Jacobian, refuse_recorded
from autograd_lite.transforms.pattern import scipy_sparse
from autograd_lite.transforms.sparse import jacobian_of, symmetric_jacobian_of
from autograd_lite.transforms.trees import leaves_beside
from autograd_lite.transforms.vjp import start_for


def hessian(
    f: Callable[..., Any], argnums: Argnums = 0, sparse: bool = False
) -> Callable[..., Any]:
    """The function that computes the Hessian ∂²f/∂x_i∂x_j.

    Args:
        f: takes numbers, arrays, or nested containers of them; returns one number (or an array:
            its Hessian has the axes of the result in front).
        argnums: which argument to differentiate by, twice; several give a tuple of tuples.
        sparse: give `scipy.sparse.csr_array`s, as of `jacobian`; f then returns one number.

    Returns:
        A function of the same arguments. It gives an array of shape argument.shape +
        argument.shape; of nested containers, the structure of the argument with that structure
        again in place of each array in it. The Hessian of a linear function is 0, without a
        warning.

    Raises, Warns: as `grad`.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    >>> hessian(lambda x: np.sum(x**3), sparse=True)(np.ones(1000)).nnz
    1000
    >>> hessian(lambda x: x**3)(2.0)
    12.0
    """
    if sparse:
        scipy_sparse()
        return _SparseHessian(f, argnums)
    once = Jacobian(f, argnums, False, REVERSE, False, "hessian")
    return Jacobian(once, argnums, False, None, False, "hessian")


class _SparseHessian(Transformed):
    """What `hessian` returns for sparse=True."""

    name = "hessian"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = Call(self.name, self._f, args, kwargs, self._places(args, kwargs))
        output = as_scalar(self.name, call.output)
        warn_if_cut(self.name, [output], call.inputs)
        refuse_recorded(call, output)
        inputs, slopes = call.inputs, [zero_of(x) for x in call.inputs]
        if is_variable(output):
            slopes = gradients(output, inputs, record=True)
        rows = []
        for slope, x in zip(slopes, inputs, strict=True):
            row = [
                symmetric_jacobian_of(slope, x)
                if y is x and is_variable(slope)
                else jacobian_of(slope, y)
                for y in inputs
            ]
            trees = call.map_trees(row)
            rows.append(tuple(trees) if self._several else trees[0])
        trees = call.map_trees(rows)
        return tuple(trees) if self._several else trees[0]


def hvp(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function (*arguments, v) ↦ H·v, for the Hessian H of f: at the cost of a few runs of f,
    without making H.

    Args:
        f: as for `grad`; returns one number.
        argnums: which argument to differentiate by.

    Returns:
        A function of the same arguments and then a vector v of the structure and shapes of the
        argument (of several, a tuple of such). It gives H·v in the same structure.

    Raises, Warns: as `grad`; ValueError if v has not the structure and shapes of the argument.

    >>> import numpy as np
    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]), np.array([1.0, 0.0]))
    array([6., 4.])
    """
    return _HessianVector(f, argnums)


class _HessianVector(Transformed):
    """What `hvp` returns."""

    name = "hvp"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) < 2:
            raise TypeError("hvp: give the arguments of f and then the vector")
        *given, v = args
        call = Call(self.name, self._f, tuple(given), kwargs, self._places(tuple(given), kwargs))
        output = as_scalar(self.name, call.output)
        trees = call.map_trees(call.inputs)
        wanted = tuple(trees) if self._several else trees[0]
        starts = [
            start_for(self.name, x, t, where, "the vector")
            for x, t, where in leaves_beside(wanted, v, self.name, "the vector")
        ]
        result = call.in_form(self._product(call, output, starts))
        return tuple(result) if self._several else result[0]

    def _product(self, call: Call, output: Any, starts: list[Any]) -> list[Any]:
        inputs = call.inputs
        record = modes.is_recording() and (True if any(map(is_variable, starts)) else call.record)
        if not record:
            starts = [t.detach() if is_variable(t) else t for t in starts]
        warn_if_cut(self.name, [output], inputs)
        if not is_variable(output):
            return [zero_of(x) for x in inputs]
        first = gradients(output, inputs, record=True)
        whole = together(first)
        start = starts[0] if len(first) == 1 else dict(enumerate(starts))
        with modes.in_any_case():
            found, recorded = gradients_and_whether_recorded(whole, inputs, start, record)
        return [mark_derivative(g) for g in found] if recorded else found
