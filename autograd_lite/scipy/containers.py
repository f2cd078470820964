"""What functions take and give: arrays, variables, and lists or arrays of variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.objects import joined
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.joining import stack
from autograd_lite.transforms.trees import leaves_of


def plain_value(x: Any) -> Any:
    """What a function gave as plain numbers: an array, variable, or list of these."""
    if isinstance(x, list | tuple):
        return np.asarray([plain_value(item) for item in x])
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.array([plain_value(item) for item in x.flat]).reshape(x.shape)
    return np.asarray(detached(x))


def one_array(x: Any) -> Any:
    """A list of variables as one Tensor; what is an array or variable as it is."""
    if isinstance(x, list | tuple):
        variables = any(is_variable(item) for item in leaves_of(list(x)))
        return stack([one_array(item) for item in x]) if variables else np.asarray(x, dtype=float)
    if isinstance(x, np.ndarray) and x.dtype == object:
        return joined(x)
    return x
