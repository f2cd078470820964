"""Gradients of what reads or writes little of a large array, added up in one array of its size.

A loop that reads, or writes, an array row by row makes as many nodes as there are rows. If each
gave its gradient as an array of the whole size, the reverse pass would be quadratic in the rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array


class Pieces:
    """A sum of gradients of parts of an array, which is not made before it is needed."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[tuple[Any, Any, Any]] = []

    def append(self, node: Any, g: Any) -> None:
        """Add the gradient g of a node that reads a part."""
        self._pieces.append((node.primitive.adds, g, node.params))

    def add_to(self, total: Array) -> None:
        """Add all of them to an array."""
        for adds, g, params in self._pieces:
            adds(total, g, **params)

    def sum(self, node: Any) -> Array:
        """The sum as an array, for the node whose gradient it is."""
        total = np.zeros(node.shape, node.dtype)
        self.add_to(total)
        return total


def add_in_place(
    node: Any, g: Any, is_mine: bool, parent: Any, flows: dict[Any, Any], owned: set[Any]
) -> None:
    """Add what the gradient g of a node contributes to its first operand, in place.

    `is_mine`: whether nobody else holds g, so that it may turn into the gradient of the operand.
    """
    primitive = node.primitive
    total = flows.get(parent)
    if primitive.clears is None:
        if total is None:
            flows[parent] = total = Pieces()
        elif total.__class__ is not Pieces and parent not in owned:
            flows[parent] = total = total.copy()
            owned.add(parent)
        if total.__class__ is Pieces:
            total.append(node, g)
        else:
            primitive.adds(total, g, **node.params)
        return
    if not is_mine:
        g = g.copy()
    primitive.clears(g, **node.params)
    if total.__class__ is Pieces:
        total.add_to(g)
    elif total is not None:
        g += total
    flows[parent] = g
    owned.add(parent)
