"""Which nodes of a graph belong together: remembered on what a layer, or a function, returned.

A layer marks its output with its name and with what it was given; what lies between belongs to
it. So pictures can draw layers as boxes and know nothing of layers. A function that is written in
others (`engine.declare.composed`) does the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.variable import Variable


class Scope:
    """One call of a layer or a function: its name and, in `given`, the variables that it got."""

    __slots__ = ("_given", "inner", "name")

    def __init__(self, name: str, given: Any, inner: Scope | None = None) -> None:
        self.name = name
        self.inner = inner
        """The function that was called last inside, where its result is the whole's."""
        self._given = given

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What it got, in order, constants among it."""
        return tuple(self._given) if isinstance(self._given, tuple | list) else (self._given,)

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
    # one variable has to be quick: every step of a training marks a few
    alone = isinstance(output, Variable)
    inputs = () if alone else scope.given
    for x in (output,) if alone else _variables(output):
        marked = x is given or x in inputs or x.note("scope") is not None
        if not marked and x.primitive is not None:
            x.set_note("scope", scope)


def mark_function(output: Any, given: Any, name: str) -> None:
    """Remember that a composed function of this name computed `output` from `given`; the
    outermost mark is on top, those of the functions that it called are inside of it."""
    scope = None
    for x in _variables(output):
        if x.primitive is not None:
            scope = scope or Scope(name, given)
            if x not in scope.given:
                x.set_note("function", Scope(name, given, x.note("function")))


def scope_of(node: Any) -> Scope | None:
    """The layer whose output a node is, or None."""
    return node.note("scope")  # type: ignore[no-any-return]


def function_of(node: Any) -> Scope | None:
    """The composed function whose result a node is, or None."""
    return node.note("function")  # type: ignore[no-any-return]


def _variables(thing: Any) -> Iterator[Any]:
    if isinstance(thing, Variable):
        yield thing
    elif isinstance(thing, np.ndarray) and thing.dtype == object:
        yield from (x for x in thing.flat if isinstance(x, Variable))
    elif isinstance(thing, tuple | list):
        for x in thing:
            yield from _variables(x)


def belonging(scope: Scope, outputs: list[Any]) -> set[Any]:
    """The nodes that a layer computed, and the leaves that only it uses, from its outputs down."""
    found = set(outputs)
    given = scope.given
    stack = list(outputs)
    while stack:
        for _, x in stack.pop().variables():
            new = x not in given and x not in found
            if new and scope_of(x) in (None, scope):
                found.add(x)
                stack.append(x)
    return found
