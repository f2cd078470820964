"""Whether a rule agrees with numerical differentiation, at the operands that a node had."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array


def agrees(node: Any, index: int) -> bool:
    """Whether what flows back from a node to one of its operands is right.

    Of some gradient c of the result and some direction d of the operand: what flows back, times
    d, is the change of c·z along d, by central differences.

    >>> from autograd_lite import Value
    >>> agrees(Value(2.0) * Value(3.0), 1)
    True
    """
    rng = np.random.default_rng(0)
    values, arrays, params = list(node.values), node.primitive.arrays, node.params
    x = np.asarray(values[index], dtype=float)

    def results(step: float) -> list[Array]:
        moved = (x + step * d)[()]
        z = arrays(*values[:index], moved, *values[index + 1 :], **params)
        return [np.asarray(one, dtype=float) for one in (z if z.__class__ is tuple else (z,))]

    d = rng.normal(size=x.shape)
    with np.errstate(all="ignore"):
        z = arrays(*values, **params)
        several = z.__class__ is tuple
        parts = [np.asarray(one) for one in (z if several else (z,))]
        c = [rng.normal(size=one.shape) for one in parts]
        eps = max(float(np.finfo(one.dtype).eps) for one in parts)
        h = eps ** (1 / 3) * max(1.0, float(np.max(np.abs(x), initial=0.0)))
        up, down = results(h), results(-h)
        change = _times(c, [a - b for a, b in zip(up, down, strict=True)]) / (2.0 * h)
        size = [np.abs(a) + np.abs(b) for a, b in zip(up, down, strict=True)]
        noise = eps * _times(map(np.abs, c), size) / h
        if node.partials is not None:
            back = node.partials[index] * c[0]
        else:
            g = tuple(one[()] for one in c) if several else c[0][()]
            back = node.primitive.pullbacks[index](g, z, *values, **params)
        flow = float(np.sum(back * d))
    return bool(np.isclose(flow, change, rtol=1e-3, atol=100.0 * noise, equal_nan=True))


def _times(c: Iterable[Array], parts: Iterable[Array]) -> float:
    """The sum of the products of arrays, pair by pair."""
    return sum(float(np.sum(a * b)) for a, b in zip(c, parts, strict=True))
