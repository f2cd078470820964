"""The graph as a reader sees it: a card a value, an edge a local derivative.

Values that the program did not name are folded into the line of algebra of the value that they
went into; only one that is used more than once gets a card, and a name, of its own. A Tensor
always has a card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.graph import operands_first
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.algebra import (
    Formula,
    Name,
    Number,
    array_text,
    factor_text,
    formula,
    has_results,
    is_sum,
    local_derivative,
    product,
    results_node,
    simplified,
)

_LONGEST = 30
"""A derivative through more operations than these is not written out."""

Way = tuple[Any, Any, int] | None
"""From a card's node down to an operand: (the way so far, the node passed, which operand)."""


@dataclass
class Edge:
    """One use of a value in the algebra of another, with the local derivative."""

    source: Card
    target: Card
    number: float | None
    """∂target/∂source along this use; None where one of them is a Tensor."""
    way: Way = field(repr=False)
    names: Mapping[Any, str] = field(repr=False)

    @cached_property
    def symbol(self) -> Formula:
        """∂target/∂source along this use, as a formula; of an elementwise operation on Tensors,
        what the gradient is multiplied by."""
        steps = list(islice(self.steps(), _LONGEST + 1))
        if len(steps) > _LONGEST:
            return Name("…")
        return self._product(steps)

    @property
    def back(self) -> str | None:
        """How a structural operation takes the gradient g back, in words; None for others."""
        steps = list(islice(self.steps(), _LONGEST + 1))
        words = [self._words(*step) for step in steps if not _is_elementwise(*step)]
        if not words:
            return None
        times = factor_text(self._product([step for step in steps if _is_elementwise(*step)]))
        return words[0] if times == "1" else f"{words[0]}, times {times}"

    def steps(self) -> Iterator[tuple[Any, int]]:
        """The operations passed, each with which of its operands the way leads to, the nearest to
        the source first."""
        way = self.way
        while way is not None:
            way, node, index = way
            if results_node(node) is None:
                yield node, index

    def _product(self, steps: list[tuple[Any, int]]) -> Formula:
        symbol: Formula = Number(1.0)
        for node, index in steps:
            symbol = product(local_derivative(node, index, self.names), symbol)
        return simplified(symbol)

    def _words(self, node: Any, index: int) -> str:
        """What becomes of the gradient at one structural operation."""
        operands = (
            self.names.get(x, "x") if is_variable(x) else array_text(x) for x in node.operands
        )
        shown = dict(zip(node.primitive.operands, operands, strict=False))
        return str(node.primitive.back_text(index).format(**shown))


def _is_elementwise(node: Any, index: int) -> bool:
    return isinstance(node.primitive, Elementwise)


@dataclass
class Card:
    """A value on the picture: its name, its algebra, its number and its gradient."""

    name: str
    node: Any
    algebra: Formula | None
    """What it was computed by; None for a leaf."""
    gradient: Any
    """∂output/∂self: a float, or an array of the value's shape."""
    edges: list[Edge] = field(default_factory=list)
    """The uses of other values in its algebra, in order."""

    @property
    def value(self) -> Any:
        """Its number, or array."""
        return self.node.detach()

    @property
    def is_scalar(self) -> bool:
        """Whether it is one number, not an array."""
        return not self.node.ndim


def cards_of(
    output: Any,
    fold: bool = True,
    names: Mapping[str, Any] | None = None,
    neurons: bool = False,
) -> list[Card]:
    """The cards of everything that the output was computed from, operands first.

    Args:
        output: a Value, or a Tensor without axes.
        fold: False gives every operation a card; those without a name are called v1, v2, …
        names: further names, as `locals()` gives them, of variables and of arrays, lists and
            dicts of them.
        neurons: an activation of a sum gets a card, even if it has no name and is used once.

    >>> x = Value(3.0, name="x")
    >>> y = (x + 1.0) ** 2
    >>> [card.name for card in cards_of(y, names={"y": y})]
    ['x', 'y']
    >>> [card.gradient for card in cards_of(y)]
    [8.0, 1.0]
    """
    nodes = _below(output)
    own = {node for node in nodes if neurons and _is_neuron(node)} | {output}
    named = _names(nodes, own if fold else set(nodes), names_in(names or {}))
    shown = [node for node in nodes if node in named]
    found = gradients(output, shown)
    cards = {
        node: Card(named[node], node, None, gradient)
        for node, gradient in zip(shown, found, strict=True)
    }
    for node, card in cards.items():
        if not node.is_leaf:
            card.algebra = formula(node, named)
            card.edges = [
                Edge(cards[source], card, number, way, named)
                for source, number, way in _uses(node, named)
            ]
    return list(cards.values())


def _below(output: Any) -> list[Any]:
    """Everything that the output was computed from, operands first."""
    nodes = operands_first(output)
    if output.ndim:
        raise ValueError(
            f"the output has shape {output.shape}, and a scalar is needed: reduce it with sum()"
        )
    return nodes


# ---------------------------------------------------------------- names


def names_in(scope: Mapping[str, Any]) -> dict[Any, str]:
    """The variables in a mapping such as `locals()`, by name: those of an array or list `w` are
    w1, w2, … or w11, w12, …, those of a dict `p` p.key.

    >>> x = Value(1.0)
    >>> names_in({"w": [2.0, x], "x": 3.0})[x]
    'w2'
    """
    found: dict[Any, str] = {}
    for name, thing in scope.items():
        if not name.startswith("_"):
            for inner, x in _variables_in(name, thing, 0):
                found.setdefault(x, inner)
    return found


def _variables_in(name: str, thing: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if is_variable(thing):
        yield name, thing
    elif isinstance(thing, np.ndarray) and thing.dtype == object:
        comma = "," if max(thing.shape, default=0) > 9 and thing.ndim > 1 else ""
        for index, x in np.ndenumerate(thing):
            if is_variable(x):
                yield name + comma.join(str(i + 1) for i in index), x
    elif isinstance(thing, list | tuple) and depth < 3:
        for i, item in enumerate(thing):
            yield from _variables_in(f"{name}{i + 1}", item, depth + 1)
    elif isinstance(thing, dict) and depth < 3:
        for key, item in thing.items():
            yield from _variables_in(f"{name}.{key}", item, depth + 1)


def _is_neuron(node: Any) -> bool:
    """Whether it is an activation of a sum."""
    if node.partials is None or len(node.operands) != 1 or node.primitive.method is None:
        return False
    operand = node.operands[0]
    return is_variable(operand) and operand.primitive is not None and is_sum(operand.primitive)


def _names(nodes: list[Any], own: set[Any], extra: Mapping[Any, str]) -> dict[Any, str]:
    """A name for each variable that gets a card, no name twice; those in `own` get one."""
    uses: dict[Any, int] = {}
    for node in nodes:
        for _, x in node.variables():
            uses[x] = uses.get(x, 0) + 1
    nodes = [node for node in nodes if not has_results(node)]
    wanted = {node: node.name if node.name is not None else extra.get(node) for node in nodes}
    taken = {name for name in wanted.values() if name is not None}
    fresh = {kind: _fresh(kind, taken) for kind in "xv"}
    names: dict[Any, str] = {}
    given: set[str] = set()
    for node in nodes:
        name = wanted[node]
        inner = node.partials is not None and uses.get(node, 0) == 1 and node not in own
        if name is not None:
            names[node] = name if name not in given else next(_fresh(f"{name}_", taken | given))
        elif node.is_leaf or not inner:
            names[node] = next(fresh["x" if node.is_leaf else "v"])
        if node in names:
            given.add(names[node])
    return names


def _fresh(kind: str, taken: set[str]) -> Iterator[str]:
    count = 1
    while True:
        if f"{kind}{count}" not in taken:
            yield f"{kind}{count}"
        count += 1


# ---------------------------------------------------------------- edges


def _uses(node: Any, names: Mapping[Any, str]) -> Iterator[tuple[Any, float | None, Way]]:
    """The named values in the algebra of a node, each with the way down to it."""
    stack: list[tuple[Any, float | None, Way]] = [(node, 1.0, None)]
    while stack:
        inner, number, way = stack.pop()
        if inner is not node and inner in names:
            yield inner, number, way
            continue
        parts: list[tuple[Any, float | None, Way]] = []
        for i, x in inner.variables():
            scalars = number is not None and inner.partials is not None and x.partials is not None
            step = times(number, inner.partials[i]) if scalars else None
            parts.append((x, step, (way, inner, i)))
        stack += reversed(parts)


def recomputed(output: Value, node: Value, data: float) -> float:
    """What the output would be if `node` were `data`: the graph run again on plain floats.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> recomputed(y + 1.0, y, 5.0)
    6.0
    """
    results = {node: data}
    for v in operands_first(output):
        if v not in results and any(is_variable(x) and x in results for x in v.operands):
            now = (results.get(x, x.item()) if is_variable(x) else x for x in v.operands)
            results[v] = v.primitive.evaluate_floats(*now)
    return results.get(output, output.data)
