"""Whether each local derivative on a picture agrees with a numerical one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.tensor import Tensor
from autograd_lite.numerical.differences import numerical_gradient
from autograd_lite.reading.cards import Edge


def agrees(edge: Edge) -> bool:
    """Whether the derivative on an edge agrees with central differences.

    Of numbers, the algebra is run again with the source moved. Of arrays, the way back of some
    gradient c is compared with a small step d: c·(f(x+hd) − f(x−hd))/2h is d times what comes back.
    """
    if edge.number is not None:
        near = numerical_gradient(lambda x: _along(edge, x), edge.source.value)
        return bool(np.isclose(edge.number, near, rtol=1e-4, atol=1e-6, equal_nan=True))
    steps = list(edge._steps())
    node, index = steps[0]
    if len(steps) != 1 or node.__class__ is not Tensor:
        return True
    return _agrees_on_arrays(node, index)


def _along(edge: Edge, x: float) -> float:
    """The target if the source were x in this one use of it."""
    for node, index in edge._steps():
        operands = [getattr(v, "_plain", v) for v in node.operands]
        operands[index] = x
        x = node.primitive.evaluate_floats(*operands)
    return x


def _agrees_on_arrays(node: Any, index: int) -> bool:
    rng = np.random.default_rng(0)
    primitive, values, params = node.primitive, list(node.values), node.params
    x = np.asarray(values[index], dtype=float)
    d, c = rng.normal(size=x.shape), rng.normal(size=node.shape)
    h = 1e-6 * max(1.0, float(np.max(np.abs(x), initial=0.0)))

    def moved(step: float) -> Any:
        return primitive.arrays(*values[:index], x + step * d, *values[index + 1 :], **params)

    with np.errstate(all="ignore"):
        forward = np.sum(c * (np.asarray(moved(h)) - moved(-h))) / (2 * h)
        back = primitive.pullbacks[index](c[()], node._plain, *values, **params)
    return bool(np.isclose(np.sum(back * d), forward, rtol=1e-3, atol=1e-4, equal_nan=True))
