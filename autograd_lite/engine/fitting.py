"""Contributions to a gradient in the shape, dtype and kind of the variable that they are for."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.batching import closed
from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.recording import Results, as_tensor, as_value
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value

ndarray = np.ndarray


def fitted(part: Any, parent: Any, node: Any) -> Any:
    """A contribution in the shape, dtype and kind of the variable that it is for.

    The gradient of a broadcast is the sum over the axes that were stretched.
    """
    data = parent._plain
    if parent.__class__ is Results:
        return part if part.__class__ is dict else {node._params["index"]: part}
    if _stands_in(data) or _stands_in(detached(part)):
        return _fitted_stand_in(part, parent, node)
    if part.__class__ is data.__class__ is not ndarray:
        return part
    if parent.__class__ is Value:
        if part.__class__ is np.float64:
            return float(part)
        if part.__class__ is Tensor:
            part = part.real if part.dtype.kind == "c" else part
            return as_value(PRIMITIVES["sum"].function(part) if part.ndim else part)
        return part if part.__class__ is Value else float(np.sum(np.real(part)))
    if part.__class__ is Value:
        return as_tensor(part, data.dtype)
    if part.__class__ is float or part.__class__ is int:
        part = data.dtype.type(part)
    elif part.__class__ is complex:
        part = np.complex128(part)
    if part.shape != data.shape:
        part = _summed(part, data.shape, node)
    if part.dtype == data.dtype:
        return part
    if part.dtype.kind == "c" and data.dtype.kind == "f":
        part = part.real
    return part.astype(data.dtype)


def _stands_in(x: Any) -> bool:
    return x.__class__ is not ndarray and isinstance(x, StandIn)


def _fitted_stand_in(part: Any, parent: Any, node: Any) -> Any:
    """The same where it, or the variable, is a stand-in; summed over a batch that is closed."""
    data = np.float64(parent._plain) if parent.__class__ is Value else parent._plain
    if part.__class__ is Value:
        part = as_tensor(part, data.dtype)
    elif not hasattr(part, "dtype"):
        if isinstance(data, StandIn) and data.is_number:
            return part
        part = np.asarray(part)
    if part.shape != data.shape:
        part = _summed(part, data.shape, node)
    if part.dtype.kind == "c" and data.dtype.kind == "f":
        part = part.real
    if part.dtype != data.dtype:
        part = part.astype(data.dtype)
    return closed(part, data)


def _summed(part: Any, shape: tuple[int, ...], node: Any) -> Any:
    """Sum over the axes along which something of `shape` was broadcast."""
    lead = len(part.shape) - len(shape)
    axes = tuple(range(lead))
    if part.shape[lead:] != shape:
        axes += tuple(i + lead for i, n in enumerate(shape) if n == 1 and part.shape[i + lead] != 1)
    if lead >= 0:
        add = np.add.reduce if part.__class__ is ndarray else PRIMITIVES["sum"].function
        part = add(part, axes)
        if len(axes) > lead:
            part = PRIMITIVES["reshape"].function(part, shape)
    if part.shape != shape:
        raise ValueError(
            f"{node._primitive.name}: its rule gives a gradient of shape {part.shape} for an "
            f"operand of shape {shape}"
        )
    return part
