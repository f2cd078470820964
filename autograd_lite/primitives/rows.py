"""Arrays as rows: the axes that something runs along put last, and made one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array
from autograd_lite.primitives.shape import Shape, reshape, shape_of, transpose


def numbers_of(x: Any) -> Array:
    """The plain numbers of a variable, an array, or an array of Values."""
    held = np.asarray(detached(x))
    if held.dtype != object:
        return held
    return np.array([detached(v) for v in held.flat], dtype=float).reshape(held.shape)


def _order(axes: Sequence[int], dimensions: int) -> list[int]:
    return [*(i for i in range(dimensions) if i not in axes), *axes]


def as_rows(x: Any, axes: Sequence[int]) -> Any:
    """x with these axes, counted from 0, as one, the last."""
    shape = shape_of(x)
    order = _order(axes, len(shape))
    if order != list(range(len(shape))):
        x = transpose(x, order)
    rest = tuple(shape[i] for i in order[: len(shape) - len(axes)])
    whole = (*rest, math.prod(shape[i] for i in axes))
    return x if shape_of(x) == whole else reshape(x, whole)


def from_rows(rows: Any, axes: Sequence[int], shape: Shape) -> Any:
    """The array of this shape whose rows along these axes are given."""
    order = _order(axes, len(shape))
    x = reshape(rows, tuple(shape[i] for i in order))
    if order == list(range(len(shape))):
        return x
    return transpose(x, np.argsort(order).tolist())


def weights_along(name: str, x: Any, weights: Any, axes: Sequence[int] | None) -> Any:
    """Weights of some axes with those put in that they lack."""
    shape, given = shape_of(x), shape_of(weights)
    if given == shape:
        return weights
    if axes is None:
        raise TypeError(f"{name}: the axis must be given if weights {given} and x {shape} differ")
    if given != tuple(shape[a] for a in axes):
        raise ValueError(f"{name}: weights of shape {given} do not fit the axes {axes} of {shape}")
    ordered = transpose(weights, np.argsort(axes).tolist())
    return reshape(ordered, tuple(n if i in axes else 1 for i, n in enumerate(shape)))
