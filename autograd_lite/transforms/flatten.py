"""Nests of arrays as one vector, and back: for optimisers that want a vector."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.variable import is_variable
from autograd_lite.transforms.trees import leaves_of, map_leaves


def flatten(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """All numbers of nested containers in one vector, and the function that puts the numbers of
    such a vector back into containers of that structure.

    Both can be differentiated: a function of dicts and lists of arrays becomes one of a vector, as
    optimisers want it.

    Args:
        tree: nested dicts, lists and tuples of numbers, arrays and variables.

    Returns:
        (vector, unflatten). `unflatten(v)` has the structure and the shapes of `tree`, with the
        numbers of v in order; a number stays a number.

    Raises:
        ValueError: by `unflatten`, if the vector has another length.

    >>> vector, unflatten = flatten({"w": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> vector
    array([1., 2., 3.])
    >>> unflatten(10.0 * vector)
    {'w': array([[10., 20.]]), 'b': 30.0}
    """
    leaves = leaves_of(tree)
    shapes = [np.shape(x.detach() if is_variable(x) else x) for x in leaves]
    arrays = [np.ndim(x) > 0 or isinstance(x, np.ndarray | np.generic) for x in leaves]
    dtypes = [getattr(x, "dtype", None) for x in leaves]
    sizes = [math.prod(shape) for shape in shapes]
    ends = np.cumsum([0, *sizes]).tolist()
    reshape = PRIMITIVES["reshape"].function
    parts = [reshape(x, (size,)) for x, size in zip(leaves, sizes, strict=True)]
    vector = PRIMITIVES["concatenate"].function(parts) if parts else np.zeros(0)

    def unflatten(vector: Any) -> Any:
        """The nest that has these numbers."""
        if np.shape(vector.detach() if is_variable(vector) else vector) != (ends[-1],):
            raise ValueError(
                f"unflatten: a vector of {ends[-1]} numbers is needed, not one of shape "
                f"{getattr(vector, 'shape', np.shape(vector))}"
            )
        pieces = iter(range(len(leaves)))

        def piece(_: Any, where: str) -> Any:
            i = next(pieces)
            part = reshape(vector[ends[i] : ends[i + 1]], shapes[i])
            if is_variable(part):
                return part
            part = np.array(part)
            if dtypes[i] is not None and np.dtype(dtypes[i]).kind == "f":
                part = part.astype(dtypes[i])
            return part if arrays[i] else part.item()

        return map_leaves(piece, tree)

    return vector, unflatten
