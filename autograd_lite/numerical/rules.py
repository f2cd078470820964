"""Whether rules agree with numerical differentiation, at the operands that a node had."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array

Step = tuple[Any, int]
"""A node and which of its operands the way leads to."""


def agrees(node: Any, index: int) -> bool:
    """Whether what flows back from a node to one of its operands is right.

    >>> from autograd_lite import Value
    >>> agrees(Value(2.0) * Value(3.0), 1)
    True
    """
    return agrees_along([(node, index)])


def agrees_along(steps: Sequence[Step], number: float | None = None) -> bool:
    """Whether what flows back through a chain of operations is right.

    Of some gradient c of the result and some direction d of the operand: what flows back, times
    d, is the change of c·z along d, by central differences.

    Args:
        steps: the operations, the nearest to the operand first.
        number: the derivative to check; by default what the rules give.
    """
    rng = np.random.default_rng(0)
    first, place = steps[0]
    x = np.asarray(first.values[place], dtype=float)
    d = rng.normal(size=x.shape)
    with np.errstate(all="ignore"):
        at = [np.asarray(one) for one in _several(_moved(steps, x[()])[-1])]
        c = [rng.normal(size=one.shape) for one in at]
        eps = max(float(np.finfo(one.dtype).eps) for one in at)
        h = math.cbrt(eps) * float(np.maximum(1.0, np.max(np.abs(x), initial=0.0)))
        up, down = (_several(_moved(steps, (x + s * d)[()])[-1]) for s in (h, -h))
        change = _times(c, [a - b for a, b in zip(up, down, strict=True)]) / (2.0 * h)
        size = [np.abs(a) + np.abs(b) for a, b in zip(up, down, strict=True)]
        noise = eps * _times(map(np.abs, c), size) / h
        flow = float(np.sum((_back(steps, c) if number is None else number * c[0]) * d))
    noise = 100.0 * noise if math.isfinite(noise) else 0.0
    return bool(np.isclose(flow, change, rtol=1e-3, atol=noise, equal_nan=True))


def _moved(steps: Sequence[Step], x: Any) -> list[Any]:
    """What each of the operations gives where the operand of the first is x."""
    results = []
    for node, index in steps:
        values = list(node.values)
        values[index] = x
        x = node.primitive.arrays(*values, **node.params)
        results.append(x)
    return results


def _back(steps: Sequence[Step], c: Sequence[Array]) -> Any:
    """What arrives at the operand of the first where c flows back from the last."""
    first, place = steps[0]
    results = _moved(steps, first.values[place])
    g: Any = tuple(one[()] for one in c) if isinstance(results[-1], tuple) else c[0][()]
    for (node, index), z in zip(reversed(steps), reversed(results), strict=True):
        if node.partials is not None:
            g = g * node.partials[index]  # as recorded: the rule may have been run as other code
        else:
            g = node.primitive.pullbacks[index](g, z, *node.values, **node.params)
    return g


def _several(z: Any) -> tuple[Any, ...]:
    return z if isinstance(z, tuple) else (z,)


def _times(c: Iterable[Array], parts: Iterable[Any]) -> float:
    """The sum of the products of arrays, pair by pair."""
    return sum(float(np.sum(a * b)) for a, b in zip(c, parts, strict=True))
