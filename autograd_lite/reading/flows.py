"""What flows back along each edge: the parts of which a gradient is the sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.fitting import fitted
from autograd_lite.reading.algebra import has_results
from autograd_lite.reading.cards import Edge

LARGEST = 1_000_000
"""Of larger arrays the parts of a gradient are not computed apart."""


def flow_along(edge: Edge, alone: bool) -> Any:
    """What the gradient of an edge's source gets along it: a number or an array; None where that
    cannot be told, as inside a function that is one card.

    Args:
        edge: one use of a value.
        alone: whether it is the only use, which brings the whole gradient.

    >>> from autograd_lite import Value
    >>> from autograd_lite.reading.cards import cards_of
    >>> x = Value(3.0)
    >>> [flow_along(edge, False) for edge in cards_of(x * x)[-1].edges]
    [3.0, 3.0]
    """
    if edge.number is not None:
        return times(float(edge.target.gradient), edge.number)
    if alone:
        return edge.source.gradient
    steps = list(edge.steps())
    if any(node in edge.folded or has_results(node) for node, _ in steps):
        return None
    if any(max(node.size, node.operands[i].size) > LARGEST for node, i in steps):
        return None
    g = edge.target.gradient
    with np.errstate(all="ignore"):
        for node, index in reversed(steps):
            if node.partials is not None:
                part = times(g, node.partials[index])
            else:
                rule = node.primitive.pullbacks[index]
                part = rule(g, node.detach(), *node.values, **node.params)
            g = fitted(part, node.operands[index], node)
    return g


def flows(uses: Mapping[str, Sequence[Edge]]) -> dict[int, Any]:
    """What flows back along every edge, by its `id`.

    Args:
        uses: by name of a card, the edges on which its gradient arrives.
    """
    return {
        id(edge): flow_along(edge, len(edges) == 1) for edges in uses.values() for edge in edges
    }


def size(x: Any) -> float:
    """The norm of a number or an array; scaled, so that no square overflows."""
    if isinstance(x, float):
        return abs(x)
    largest = float(np.max(np.abs(x), initial=0.0))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(np.sum(np.square(np.abs(x) / largest))))


def sign(x: Any) -> int:
    """1 or −1: the sign of a number, or of what outweighs in an array; 0 if nothing does."""
    total = float(np.sum(np.real(x)))
    if not np.isfinite(total) or total == 0.0:
        return 0
    outweighs = abs(total) > 0.1 * float(np.sum(np.abs(x)))
    return int(np.sign(total)) if outweighs else 0
