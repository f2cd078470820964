"""Arrays and lists of variables: what `np.array([x, 2 * x])` is, a NumPy array of dtype object.
Whether something is one, and the same as one Tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Array
from autograd_lite.engine.variable import Variable

ndarray = np.ndarray


def has_variables(x: Any) -> bool:
    """Whether it is a list, tuple or array of objects that holds a variable."""
    if x.__class__ is ndarray:
        return x.dtype == object and any(isinstance(v, Variable) for v in x.flat)
    if isinstance(x, list | tuple):
        return any(isinstance(v, Variable) or has_variables(v) for v in x)
    return False


def joined(array: Array) -> Any:
    """An array of variables and numbers as one Tensor, recorded as made of them; of variables that
    have axes, with theirs behind its own."""
    if not array.size:
        return np.zeros(array.shape)
    one = PRIMITIVES["stack"].function(array.reshape(-1).tolist())
    return PRIMITIVES["reshape"].function(one, array.shape + one.shape[1:])


def tensor_of(x: Any) -> Any:
    """A list or array of variables, numbers and arrays as one Tensor, recorded."""
    if isinstance(x, Variable | np.generic | int | float | complex):
        return x
    if isinstance(x, ndarray):
        return joined(x) if x.dtype == object else x
    parts = [tensor_of(part) for part in x]
    try:
        return PRIMITIVES["stack"].function(parts)
    except ValueError as error:
        raise ValueError(f"Tensor: {error}") from None
