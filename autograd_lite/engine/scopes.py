"""Which nodes of a graph belong to which layer: remembered on what the layer returned.

A layer marks its output with its name and with what it was given; what lies between belongs to
it. So pictures can draw layers as boxes and know nothing of layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.tensor import Tensor, is_variable


class Scope:
    """One call of a layer: its name and, in `given`, the variables that it was given."""

    __slots__ = ("_given", "name")

    def __init__(self, name: str, given: Any) -> None:
        self.name = name
        self._given = given

    @property
    def given(self) -> frozenset[Any]:
        """Made when a picture asks for it: in training nobody does."""
        return frozenset(_variables(self._given))


def mark(output: Any, given: Any, name: str) -> None:
    """Remember that a layer of this name computed `output` from `given`.

    The innermost layer's mark stays; what a layer passes through unchanged is not marked.

    >>> from autograd_lite import Value
    >>> x = Value(1.0)
    >>> y = x * 2.0
    >>> mark(y, x, "Double")
    >>> scope_of(y).name
    'Double'
    """
    scope = Scope(name, given)
    # one Tensor has to be quick: every step of a training marks a few
    alone = output.__class__ is Tensor
    inputs = () if alone else scope.given
    for x in (output,) if alone else _variables(output):
        marked = x is given or x in inputs or getattr(x, "_scope", None) is not None
        if not marked and x._primitive is not None:
            x._scope = scope


def scope_of(node: Any) -> Scope | None:
    """The mark on a node, or None."""
    return getattr(node, "_scope", None)


def _variables(thing: Any) -> Iterator[Any]:
    if is_variable(thing):
        yield thing
    elif isinstance(thing, np.ndarray) and thing.dtype == object:
        yield from (x for x in thing.flat if is_variable(x))


def belonging(scope: Scope, outputs: list[Any]) -> set[Any]:
    """The nodes that a layer computed, and the leaves that only it uses, from its outputs down."""
    found = set(outputs)
    given = scope.given
    stack = list(outputs)
    while stack:
        for x in stack.pop().operands:
            new = is_variable(x) and x not in given and x not in found
            if new and scope_of(x) in (None, scope):
                found.add(x)
                stack.append(x)
    return found
