"""Which rule of a recorded graph is wrong, if a gradient is."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.cards import operands_first


def wrong_rules(output: Any) -> list[str]:
    """A line for each rule below an output that does not agree with numerical differentiation
    at the operands that it had there."""
    found: dict[str, None] = {}
    for node in operands_first(output):
        for i, x in enumerate(node.operands):
            if is_variable(x) and not _is_right(node, i):
                name, operands = node.primitive.name, node.primitive.operands
                by = operands[i] if operands else f"operand {i + 1}"
                found[f"the rule of {name} by {by} is wrong where it is used"] = None
    return list(found)


def _is_right(node: Any, i: int) -> bool:
    """Of some gradient c and some direction d: what flows back, times d, is the change of c·z."""
    rng = np.random.default_rng(0)
    primitive = node.primitive
    params = node.params if node.__class__ is Tensor else {}
    values = [np.asarray(detached(x)) for x in node.operands]
    x = values[i].astype(float)
    d, c = rng.normal(size=x.shape), rng.normal(size=np.shape(node._plain))
    h = 1e-6 * max(1.0, float(np.max(np.abs(x), initial=0.0)))

    def result(step: float) -> Array:
        moved = [*values[:i], x + step * d, *values[i + 1 :]]
        return np.asarray(primitive.arrays(*moved, **params))

    with np.errstate(all="ignore"):
        up, down = result(h), result(-h)
        change = float(np.sum(c * (up - down))) / (2.0 * h)
        noise = 1e-16 * float(np.sum(np.abs(c) * (np.abs(up) + np.abs(down)))) / h
        if primitive.partials is not None:
            rule = primitive.partials[i]
            partial = rule(*values, result(0.0)) if callable(rule) else rule
            back = np.sum(c * detached(partial) * d)
        else:
            back = np.sum(primitive.pullbacks[i](c, result(0.0), *values, **params) * d)
    return bool(np.isclose(back, change, rtol=1e-3, atol=100.0 * noise, equal_nan=True))
