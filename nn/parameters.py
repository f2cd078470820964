"""What a layer learns: a Tensor, a Value, or a NumPy array of Values; and its plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable

Parameter = Tensor | Value | Array
"""The array is one of Values."""


def is_parameter(x: Any) -> TypeGuard[Parameter]:
    """Whether x can be learnt: a variable, or an array of Values. A plain array is a constant."""
    return is_variable(x) or (isinstance(x, np.ndarray) and x.dtype == object)


def as_parameter(x: Any, name: str) -> Parameter:
    """What was given as a parameter: variables as they are, plain numbers as a new Tensor."""
    if is_variable(x):
        return x  # type: ignore[no-any-return]
    if isinstance(x, np.ndarray) and x.dtype != object:
        return Tensor(x, name=name)
    array = np.asarray(x)
    if array.dtype != object:
        return Tensor(array, name=name)
    wrong = [v for v in array.flat if v.__class__ is not Value]
    if wrong:
        raise TypeError(
            f"{name}: real numbers, a Tensor, or an array all of Values is needed; "
            f"this one holds {type(wrong[0]).__name__} {wrong[0]!r}"[:200]
        )
    return array


def as_input(x: Any) -> Any:
    """What a layer can compute with: lists become arrays, all else stays."""
    return x if hasattr(x, "shape") or isinstance(x, float | int) else np.asarray(x)


def values_of(x: Any) -> Iterator[Value]:
    """The Values of an array of Values, or the one Value, in order."""
    return iter((x,)) if x.__class__ is Value else iter(x.flat)


def plain(x: Any) -> Array:
    """The numbers of a variable, of an array of Values or of anything plain, as an array."""
    if x.__class__ is Tensor:
        return x.detach()
    if isinstance(x, StandIn):
        return x  # type: ignore[return-value]
    array = np.asarray(x.detach() if x.__class__ is Value else x)
    if array.dtype == object:
        numbers = [v.detach() if v.__class__ is Value else v for v in array.flat]
        return np.array(numbers, float).reshape(array.shape)
    return array


def gradient_of(p: Parameter) -> Array | None:
    """`p.grad` as an array; None if no `backward()` has reached p."""
    if isinstance(p, Tensor):
        return p.grad
    grads = [v.grad for v in values_of(p)]
    if all(g is None for g in grads):
        return None
    return np.array([g or 0.0 for g in grads]).reshape(p.shape)


def set_gradient(p: Parameter, gradient: Array) -> None:
    """Replace `p.grad`."""
    if isinstance(p, Tensor):
        p.grad = gradient
        return
    for v, g in zip(values_of(p), np.ravel(gradient), strict=True):
        v.grad = g


def forget_gradient(p: Parameter) -> None:
    """`p.grad` is None again."""
    if isinstance(p, Tensor):
        p.zero_grad()
        return
    for v in values_of(p):
        v.zero_grad()


def set_numbers(p: Parameter, array: Array) -> None:
    """Replace the numbers of p by those of an array of its shape."""
    if isinstance(p, Tensor):
        p.data = array
        return
    for v, x in zip(values_of(p), np.ravel(array), strict=True):
        v.data = x


def subtract_from(p: Parameter, change: Array) -> None:
    """p ← p − change"""
    if isinstance(p, Tensor):
        p.decrease(change)
        return
    for v, x in zip(values_of(p), np.ravel(change), strict=True):
        v.data = v.data - x


def may_be(condition: Any) -> bool:
    """Whether any of these truth values is true; of what stands in for an array (a batch, a program
    that is being traced), whose numbers are not to be read, yes."""
    if condition.__class__ is np.bool_ or condition.__class__ is bool:
        return bool(condition)
    return True if isinstance(condition, StandIn) else bool(condition.any())
