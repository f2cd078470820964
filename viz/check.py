"""Whether each local derivative on a picture agrees with a numerical one."""

from __future__ import annotations

from autograd_lite.numerical.rules import agrees as rule_agrees
from autograd_lite.reading.cards import Edge


def agrees(edge: Edge) -> bool:
    """Whether the rules behind an edge agree with central differences."""
    return all(rule_agrees(node, index) for node, index in edge.steps())
