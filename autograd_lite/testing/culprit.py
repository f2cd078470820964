"""Which rule of a recorded graph is wrong, if a gradient is."""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.graph import operands_first
from autograd_lite.numerical.rules import agrees


def wrong_rules(output: Any) -> list[str]:
    """A line for each rule below an output that does not agree with numerical differentiation
    at the operands that it had there."""
    found: dict[str, None] = {}
    for node in operands_first(output):
        for i, _ in node.variables():
            if not agrees(node, i):
                name, operands = node.primitive.name, node.primitive.operands
                by = operands[i] if operands else f"operand {i + 1}"
                found[f"the rule of {name} by {by} is wrong where it is used"] = None
    return list(found)
