"""Whether each local derivative on a picture agrees with a numerical one."""

from __future__ import annotations

import numpy as np

from autograd_lite.numerical.rules import agrees as rule_agrees
from autograd_lite.reading.cards import Edge


def agrees(edge: Edge) -> bool:
    """Whether the rules behind an edge agree with central differences, and, of numbers, its
    derivative with theirs."""
    shown = edge.number
    if shown is not None and not np.isclose(shown, edge.multiplied(), atol=0.0, equal_nan=True):
        return False
    return all(rule_agrees(node, index) for node, index in edge.rules())
