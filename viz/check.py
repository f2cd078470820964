"""Whether each local derivative on a picture agrees with a numerical one."""

from __future__ import annotations

from autograd_lite.numerical.rules import agrees as rule_agrees
from autograd_lite.numerical.rules import agrees_along
from autograd_lite.reading.cards import Edge


def agrees(edge: Edge) -> bool:
    """Whether the derivative on an edge agrees with central differences.

    Of numbers, the algebra is run again with the source moved; of arrays, and of functions that
    are one card, each rule is checked by itself.
    """
    steps = list(edge.steps())
    if edge.number is None or any(node in edge.folded for node, _ in steps):
        return all(rule_agrees(node, index) for node, index in edge.rules())
    return agrees_along(steps, edge.number)
