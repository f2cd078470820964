"""Which nodes of a graph belong to which layer: remembered on what the layer returned.

A layer marks its output with its name and with what it was given; what lies between belongs to
it. So pictures can draw layers as boxes and know nothing of layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.tensor import is_variable


@dataclass(frozen=True, eq=False)
class Scope:
    """One call of a layer."""

    name: str
    given: frozenset[Any]
    """The variables that it was given."""


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
    inputs = frozenset(_variables(given))
    scope = Scope(name, inputs)
    for x in _variables(output):
        if not x.is_leaf and x not in inputs and scope_of(x) is None:
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
    stack = list(outputs)
    while stack:
        for x in stack.pop().operands:
            new = is_variable(x) and x not in scope.given and x not in found
            if new and scope_of(x) in (None, scope):
                found.add(x)
                stack.append(x)
    return found
