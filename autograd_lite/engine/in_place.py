"""Gradients of what reads or writes little of a large array, added up in one array of its size.

A loop that reads, or writes, an array row by row makes as many nodes as there are rows. If each
gave its gradient as an array of the whole size, a pass would be quadratic in the rows. A pass that
is recorded adds up in a Tensor that it writes into (`assignment.accumulator`), so that its own
graph grows with the pieces, too, and not with their number times the size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.assignment import accumulator
from autograd_lite.engine.batch import Batched, Level, in_memory, is_traced, levels_of
from autograd_lite.engine.batching import enter, spread
from autograd_lite.engine.layout import copied
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.engine.written import SMALL, Written, lend

ndarray = np.ndarray


class Pieces:
    """A sum of gradients of parts of an array, which is not made before it is needed."""

    __slots__ = ("_pieces",)

    def __init__(self) -> None:
        self._pieces: list[tuple[Any, Any, Any]] = []

    def append(self, node: Any, g: Any) -> None:
        """Add the gradient g of a node that reads a part."""
        self._pieces.append((node.primitive.adds, g, node.params))

    def added_to(self, total: Any) -> Any:
        """Their sum with `total`, which nobody else holds and which may be changed for it."""
        for adds, g, params in self._pieces:
            if is_noted(total) or is_noted(g):
                total = PRIMITIVES["add_at"].function(total, g, **params)
                continue
            total = taking(total, g)
            adds(total, g, **params)
        return total

    def sum(self, node: Any) -> Any:
        """The sum, for the node whose gradient it is."""
        return self.added_to(np.zeros(node.shape, node.dtype))


def is_noted(x: Any) -> bool:
    """Whether it is an array of a program that is being traced, which is not changed: the program
    makes a new one of it."""
    return isinstance(x, StandIn) and not isinstance(x, Batched)


def is_in_place(node: Any, flow: Any, uses: dict[Any, int], flows: dict[Any, Any]) -> bool:
    """Whether the gradient of a node's first operand is to be added up in place."""
    if node.__class__ is not Tensor:
        return False
    parent = node._operands[0]
    if parent.__class__ is not Tensor or parent not in uses or not parent._plain.ndim:
        return False
    primitive: Any = node._primitive
    total = flows.get(parent)
    if is_noted(flow) or is_noted(total):
        if primitive.clears is not None:
            return False
    elif not isinstance(flow, ndarray | np.generic):
        plain = parent._plain
        if not isinstance(flow, Tensor | Batched) or in_memory(plain).size <= SMALL:
            return False
        if is_traced(flow):
            return False
        if levels_of(plain) != levels_of(node._plain):
            return False  # what the batch adds up to
    if isinstance(total, Tensor | Batched):
        if is_traced(total):
            return False
    elif not isinstance(total, ndarray | np.generic | Pieces | None) and not is_noted(total):
        return False
    return primitive.clears is not None or uses[parent] > 1 or parent in flows


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
        if total.__class__ is Pieces:
            total.append(node, g)
            return
        if is_noted(total) or is_noted(g):
            flows[parent] = PRIMITIVES["add_at"].function(total, g, **node.params)
            return
        total = total if parent in owned and total.__class__ is not Tensor else own(total)
        flows[parent] = total = taking(total, g)
        primitive.adds(total, g, **node.params)
        owned.add(parent)
        return
    if not is_mine or g.__class__ is Tensor:
        g = own(g)
    primitive.clears(g, **node.params)
    if total.__class__ is Pieces:
        g = total.added_to(g)
    elif g.__class__ is ndarray is total.__class__:
        g += total
    elif total is not None:
        g = shown(g) + shown(total)
        g = accumulator(g) if is_variable(g) else g
    flows[parent] = g
    owned.add(parent)


def own(total: Any) -> Any:
    """What a pass may change: a copy, or, to record, an accumulator."""
    if is_variable(total):
        return accumulator(total)
    return total.copy() if total.__class__ is ndarray else copied(total)


def as_it_is(part: Any) -> Any:
    """What may be a view of what a pass changes, as it is now."""
    if part.__class__ is Written:
        return part.node
    return own(part) if part.__class__ is ndarray or part.__class__ is Batched else part


def shown(total: Any) -> Any:
    """What was added up, for whoever needs it to stay as it is."""
    return lend(total) if total.__class__ is Written else total


def taking(total: Any, g: Any) -> Any:
    """What a pass may change, such that g can be added to it: a variable to record, with an axis
    for each batch."""
    if g.__class__ is ndarray or total.__class__ is Written:
        return total
    if is_variable(g):
        return accumulator(total)
    missing = [level for level in levels_of(g) if level not in levels_of(total)]
    return _for_each(total, missing) if missing else total


def _for_each(total: Any, levels: list[Level]) -> Any:
    """One for each example of some batches."""
    for level in reversed(levels):
        total = enter(spread(total, level.size), level)
    return copied(total)
