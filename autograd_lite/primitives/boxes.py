"""NumPy arrays of Values where numbers alone can be computed with: by way of one Tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.objects import joined
from autograd_lite.engine.primitive import Rule
from autograd_lite.engine.recording import as_value
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.shape import shape_of


def of_numbers(function: Rule) -> Rule:
    """A function of NumPy's that takes numbers alone, as one of arrays of Values as well: these
    become one Tensor for it, and each element of what it gives a Value."""

    def arrays(*operands: Any, **params: Any) -> Any:
        try:
            return function(*operands, **params)
        except (TypeError, ValueError):
            boxes = [getattr(x, "dtype", np.dtype(float)).kind == "O" for x in operands]
            if not any(boxes):
                raise
        given = [joined(x) if box else x for x, box in zip(operands, boxes, strict=True)]
        z = function(*given, **params)
        return tuple(map(boxed, z)) if isinstance(z, tuple) else boxed(z)

    return arrays


def boxed(z: Any) -> Any:
    """An array of Values, each an element of a Tensor; of one without axes, a Value."""
    values = np.empty(shape_of(z), dtype=object)
    for place in np.ndindex(values.shape):
        values[place] = as_value(z[place]) if is_variable(z) else z[place]
    return values[()]
