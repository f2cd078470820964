"""Reverse mode for results of any shape: `vjp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.chain import detached
from autograd_lite.engine.forward import together
from autograd_lite.engine.graph import Walk
from autograd_lite.engine.many import widest_of
from autograd_lite.engine.reverse import gradients_and_whether_recorded
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.calls import (
    Call,
    check_function,
    mark_derivative,
    outputs_of,
    plain_tree,
    warn_if_cut,
    with_aux,
    zero_of,
)
from autograd_lite.transforms.trees import leaves_beside, leaves_of


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of f, and the function that takes a gradient v of the value back to the arguments:
    v ↦ vᵀJ for the Jacobian J of f, a vector-Jacobian product.

    Args:
        f: takes numbers, arrays, or nested containers of them, and returns such.
        primals: its arguments.
        has_aux: f returns a pair, its result and anything else.

    Returns:
        (value, pull), or (value, pull, anything else). pull takes a gradient of the value, of the
        value's structure and shapes, and returns a tuple: that of each argument, of its structure,
        shapes and dtypes. It may be called many times: f is not run again.
        What comes back are plain numbers and arrays, unless an argument, the gradient or what f
        closes over is a Value or Tensor.

    Raises:
        TypeError: if f returns what is no number or array, or an argument is none.
        ValueError: of pull, if the gradient does not have the structure and shapes of the value.

    Warns:
        UserWarning: if what f returns does not depend on its arguments.

    >>> value, pull = vjp(lambda x, y: x * y, np.array([1.0, 2.0]), 3.0)
    >>> value
    array([3., 6.])
    >>> pull(np.array([1.0, 10.0]))
    (array([ 3., 30.]), 21.0)
    """
    check_function("vjp", f)
    call = Call("vjp", f, primals, {}, range(len(primals)))
    output, aux = with_aux("vjp", call.output) if has_aux else (call.output, None)
    with modes.in_any_case():
        output = outputs_of("vjp", output)
    pull = Pullback(call, output)
    if not pull.depends:
        warn_if_cut("vjp", leaves_of(output), call.inputs)
    value = output if pull.records else plain_tree(output)
    return (value, pull, aux if pull.records else plain_tree(aux)) if has_aux else (value, pull)


class Pullback:
    """What `vjp` returns: takes a gradient of the value back to the arguments."""

    def __init__(self, call: Call, output: Any) -> None:
        self._call = call
        self._output = output
        self._leaves = leaves_of(output)
        self._places = [i for i, x in enumerate(self._leaves) if is_variable(x)]
        self._whole = together([self._leaves[i] for i in self._places]) if self._places else None
        self._walk = None if self._whole is None else Walk(self._whole, call.inputs)
        self.records = call.record
        """Whether gradients are variables."""
        if call.record is None and self._walk is not None:
            self.records = self._walk.older

    @property
    def depends(self) -> bool:
        """Whether the value depends on any of the arguments."""
        return self._walk is not None and bool(self._walk.order)

    @property
    def widest(self) -> int:
        """The number of elements of the largest variable on the way."""
        return 1 if self._walk is None else widest_of(self._walk.order)

    def __call__(self, gradient: Any) -> tuple[Any, ...]:
        """The gradient of each argument, for one of the value.

        Raises:
            ValueError: if it has not the structure and the shapes of the value.
        """
        pairs = leaves_beside(self._output, gradient, "vjp", "the gradient")
        checked = [start_for("vjp", x, g, where) for x, g, where in pairs]
        if not self._places:
            return tuple(self._call.in_form([zero_of(x) for x in self._call.inputs]))
        starts = {k: checked[i] for k, i in enumerate(self._places)}
        record = modes.is_recording() and (
            bool(self.records) or any(map(is_variable, starts.values()))
        )
        found = self.gradients(starts, record)
        return tuple(self._call.in_form(found))

    def gradients(self, starts: dict[int, Any], record: bool) -> list[Any]:
        """The gradient of each input, for those of some variables among the outputs, by place."""
        if not record:
            starts = {k: g.detach() if is_variable(g) else g for k, g in starts.items()}
        start = starts if len(self._places) > 1 else starts[0]
        with modes.in_any_case():  # of what is given as a variable, also within no_grad
            found, recorded = gradients_and_whether_recorded(
                self._whole, self._call.inputs, start, record, walk=self._walk
            )
        return [mark_derivative(g) for g in found] if recorded else found

    def __repr__(self) -> str:
        return "<the pullback of a function>"


def start_for(name: str, x: Any, given: Any, where: str = "", what: str = "the gradient") -> Any:
    """A gradient or tangent in the shape and dtype of the number, array or variable x that it
    belongs to, or an error that names who asked."""
    if is_variable(given):
        _check_shape(name, x, given, where, what)
        return given
    if isinstance(given, StandIn):
        _check_shape(name, x, given, where, what)
        return given
    refuse_other_arithmetic(f"{name}: {what}", given)
    array = given if isinstance(given, StandIn) else np.asarray(given)
    dtype = np.dtype(float) if x.__class__ is Value else getattr(x, "dtype", np.dtype(float))
    kinds = "fiuc" if dtype.kind == "c" or isinstance(x, complex) else "fiu"
    if array.dtype.kind not in kinds:
        raise TypeError(
            f"{name}: {what}{where} is of type {type(given).__name__} (dtype {array.dtype}); "
            f"{'' if 'c' in kinds else 'real '}numbers are needed"
        )
    _check_shape(name, x, array, where, what)
    if isinstance(array, StandIn):
        return array.astype(dtype) if dtype.kind in "fc" else array
    is_number = x.__class__ is Value or getattr(detached(x), "is_number", False)
    if is_number and dtype.kind == "f":  # that a program of numbers stays one
        return float(array)
    return np.array(array, dtype=dtype if dtype.kind in "fc" else None)[()]


def _check_shape(name: str, x: Any, given: Any, where: str, what: str) -> None:
    shape = getattr(x, "shape", ())
    if given.shape != shape:
        raise ValueError(
            f"{name}: {what}{where} has shape {given.shape}, and {shape} is needed, that of what "
            "it belongs to"
        )
