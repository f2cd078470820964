"""Transforms of functions that return one number: `grad`, `value_and_grad`, `elementwise_grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.engine import modes
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.reverse import gradients_and_whether_recorded
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.calls import (
    Argnums,
    Call,
    Transformed,
    as_recorded,
    as_scalar,
    mark_derivative,
    outputs_of,
    plain,
    plain_tree,
    warn_if_cut,
    with_aux,
    zero_of,
)
from autograd_lite.transforms.trees import leaves_of


def grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The function that computes ∂f/∂argument.

    Args:
        f: takes numbers, arrays, or nested containers of them (see `register_tree`); returns one
            number, or an array of one.
        argnums: which argument to differentiate by: a position, or the name of a parameter; a
            sequence of them gives a tuple.
        has_aux: f returns a pair, the number and anything else, and so does the gradient.
        holomorphic: f is a holomorphic function of complex numbers and returns one: the gradient
            is f'. Without it f returns a real number, and by a complex argument a + i·b the
            gradient is ∂f/∂a − i·∂f/∂b.

    Returns:
        A function of the same arguments. Floats run through f as Values and arrays as Tensors;
        what comes back are plain numbers and arrays, in the structure of the argument and each of
        the dtype of what it belongs to. Calls may be nested for derivatives of any order: where f
        depends on a Value or Tensor from outside, which is an argument or which it closes over,
        what comes back are Values and Tensors.

    Raises:
        TypeError: if f returns no number, or an argument to differentiate by is none.
        ValueError: if f returns an array of several numbers, or of none.

    Warns:
        UserWarning: if what f returns depends on no argument and no other variable (it is a
            plain number, or was made of one within f): its gradient is 0.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})
    {'a': 5.0, 'b': 2.0}
    >>> grad(lambda x, rate: x * rate, argnums="rate")(2.0, rate=3.0)
    2.0
    """
    return _Gradient(f, argnums, has_aux, holomorphic)


def value_and_grad(
    f: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., tuple[Any, Any]]:
    """The function that computes (f, ∂f/∂argument) in one go; see `grad`. With `has_aux`,
    ((f, anything else), ∂f/∂argument).

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (10.0, (5.0, 2.0))
    """
    return _ValueAndGradient(f, argnums, has_aux, holomorphic)


def elementwise_grad(f: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes the gradient of the sum of all that f returns: for a function
    that works element by element, its derivative at each element.

    Args:
        f: as for `grad`; returns a number or an array of any shape, or a nest of them.
        argnums: which argument to differentiate by.

    >>> import numpy as np
    >>> elementwise_grad(lambda x: x**3)(np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    return _ElementwiseGradient(f, argnums)


class _ValueAndGradient(Transformed):
    """What `value_and_grad` returns."""

    name = "value_and_grad"

    def __init__(
        self,
        f: Callable[..., Any],
        argnums: Argnums = 0,
        has_aux: bool = False,
        holomorphic: bool = False,
    ) -> None:
        super().__init__(f, argnums, has_aux)
        self._holomorphic = holomorphic

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        value, aux, found = self._of(args, kwargs)
        return ((value, aux) if self._has_aux else value), found

    def _scalar(self, output: Any) -> Any:
        """The number to differentiate, of what f returned."""
        return as_scalar(self.name, output, self._holomorphic)

    def _of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
        """The value, anything else, and the gradient at some arguments."""
        call = Call(self.name, self._f, args, kwargs, self._places(args, kwargs))
        output, aux = with_aux(self.name, call.output) if self._has_aux else (call.output, None)
        output = self._scalar(output)
        found, recorded = self._found(output, call)
        result = call.in_form(found)
        if not recorded:
            output = plain(output)
            aux = plain_tree(aux) if self._has_aux else None
        return output, aux, tuple(result) if self._several else result[0]

    def _found(self, output: Any, call: Call) -> tuple[list[Any], bool]:
        """The gradients, and whether they are variables."""
        inputs = call.inputs
        if not is_variable(output):
            warn_if_cut(self.name, [output], inputs)
            zeros = [zero_of(v) for v in inputs]
            if call.record:  # of an inner derivative: the outer one need not warn again
                return [as_recorded(g, v) for g, v in zip(zeros, inputs, strict=True)], True
            return zeros, False
        start = 1.0 if self._holomorphic else None
        if self._holomorphic:
            _check_holomorphic(self.name, output, inputs)
        found, recorded = gradients_and_whether_recorded(output, inputs, start, call.record)
        if not any(map(_is_surely_connected, found)):
            if warn_if_cut(self.name, [output], inputs) and call.record is None:
                return [as_recorded(g, v) for g, v in zip(found, inputs, strict=True)], True
            if recorded:
                found = [mark_derivative(g) for g in found]
        return found, recorded


class _Gradient(_ValueAndGradient):
    """What `grad` returns."""

    name = "grad"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _, aux, found = self._of(args, kwargs)
        return (found, aux) if self._has_aux else found


class _ElementwiseGradient(_Gradient):
    """What `elementwise_grad` returns."""

    name = "elementwise_grad"

    def _scalar(self, output: Any) -> Any:
        with modes.in_any_case():
            parts = leaves_of(outputs_of(self.name, output))
            total: Any = 0.0
            for i, part in enumerate(parts):
                one = PRIMITIVES["sum"].function(part) if getattr(part, "ndim", 0) else part
                total = one if i == 0 else total + one
        return as_scalar(self.name, total)


def _is_surely_connected(g: Any) -> bool:
    """Whether a gradient has an element that is not 0, among the first of them: else it takes a
    closer look to tell whether the output depends on the input."""
    if g.__class__ is float:
        return bool(g)
    if is_variable(g):
        return not g.is_leaf
    if isinstance(g, StandIn):
        return True
    return bool(g.size and (g.flat[0] if g.ndim else g) != 0)


def _check_holomorphic(name: str, output: Any, inputs: list[Any]) -> None:
    real = [x for x in (output, *inputs) if x.__class__ is Value or x.dtype.kind != "c"]
    if real:
        raise TypeError(
            f"{name}: holomorphic=True is for a complex result by complex arguments; there is a "
            "real one"
        )
