"""Functions that are written in others, seen as one operation each.

What lies between what such a function was given and what it returned is folded away: a picture
shows `norm(x)`, not the square root of a sum of squares. The derivatives through it are those of
the graph that it recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.scopes import Scope, function_of
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.algebra import (
    Call,
    Formula,
    Name,
    Partial,
    array_text,
    operand_formula,
    text,
)


@dataclass(frozen=True)
class Folded:
    """One call of a composed function."""

    scope: Scope
    sources: tuple[Any, ...]
    """The variables that it was computed from: what it was given, and leaves that it used."""
    inside: tuple[Any, ...]
    """What it computed, operands first; its result is the last."""
    partials: tuple[float | None, ...]
    """∂result/∂source through the whole of it; None where an array is on the way."""

    @property
    def name(self) -> str:
        """What the function is called."""
        return self.scope.name

    def algebra(self, names: Mapping[Any, str]) -> Formula:
        """The call, with its arguments."""
        return Call(self.name, tuple(_argument(x, names) for x in self.scope.arguments))

    def derivative(self, index: int, names: Mapping[Any, str]) -> Formula:
        """∂result/∂source, as a symbol."""
        return Partial(self.name, operand_formula(self.sources[index], names))


def folded_functions(nodes: Sequence[Any]) -> dict[Any, Folded]:
    """The results of composed functions among the nodes of a graph (operands first, the output
    last), but for those that are inside of another."""
    place = {node: i for i, node in enumerate(nodes)}
    seen = set()
    calls: dict[Any, Scope] = {}
    stack = [nodes[-1]]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        scope = function_of(node)
        if scope is None:
            stack += [x for _, x in node.variables()]
        else:
            calls[node] = scope
            stack += _between(node, scope.given)[0]
    found = {}
    for node, scope in calls.items():
        sources, inside = (sorted(part, key=place.__getitem__) for part in _between(node, seen))
        known = set(sources)
        given = [x for x in scope.arguments if is_variable(x) and x in known]
        sources = list(dict.fromkeys([*given, *sources]))  # in the order of the call
        partials = _through(inside, sources)
        found[node] = Folded(scope, tuple(sources), tuple(inside), partials)
    return found


def _between(node: Any, ends: Collection[Any]) -> tuple[set[Any], set[Any]]:
    """Where the ways down from a node end, at the ends and at leaves, and what they pass."""
    sources: set[Any] = set()
    inside = {node}
    stack = [node]
    while stack:
        for _, x in stack.pop().variables():
            if x in ends or x.is_leaf:
                sources.add(x)
            elif x not in inside:
                inside.add(x)
                stack.append(x)
    return sources, inside


def _through(inside: Sequence[Any], sources: Sequence[Any]) -> tuple[float | None, ...]:
    """∂result/∂source for each source: the chain rule over what lies between."""
    if any(x.partials is None for x in (*inside, *sources)):
        return (None,) * len(sources)
    flow = dict.fromkeys((*inside, *sources), 0.0)
    flow[inside[-1]] = 1.0
    for node in reversed(inside):
        for i, x in node.variables():
            flow[x] += times(flow[node], node.partials[i])
    return tuple(flow[x] for x in sources)


def _argument(x: Any, names: Mapping[Any, str]) -> Formula:
    """An argument as it is written in the call."""
    if is_variable(x) or (isinstance(x, Real) and not isinstance(x, bool)):
        return operand_formula(x, names)
    if isinstance(x, np.ndarray):
        return Name(array_text(x) if x.dtype.kind in "fiub" else f"⟨{'×'.join(map(str, x.shape))}⟩")
    if isinstance(x, list | tuple):
        return Name(f"[{', '.join(text(_argument(one, names)) for one in x[:4])}]")
    return Name(getattr(x, "__name__", repr(x))[:30])
