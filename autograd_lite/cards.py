"""The graph as a reader sees it: a card a named value, an edge a local derivative.

What the program did not name is folded into the line of algebra of the value that it went into;
only an unnamed value that is used more than once gets a card, and a name, of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autograd_lite.algebra import (
    Formula,
    Number,
    formula,
    local_derivative,
    product,
    simplified,
)
from autograd_lite.primitive import times
from autograd_lite.reverse import gradients
from autograd_lite.value import Value


@dataclass
class Edge:
    """One use of a value in the algebra of another, with the local derivative."""

    source: Card
    target: Card
    symbol: Formula
    """∂target/∂source along this use, as a formula."""
    number: float
    """The same as a number."""


@dataclass
class Card:
    """A value on the picture: its name, its algebra, its number and its gradient."""

    name: str
    node: Value
    algebra: Formula | None
    """What it was computed by; None for a leaf."""
    gradient: float
    """∂output/∂self."""
    edges: list[Edge] = field(default_factory=list)
    """The uses of other values in its algebra, in order."""

    @property
    def value(self) -> float:
        """Its number."""
        return self.node.data


def cards_of(output: Value, fold: bool = True) -> list[Card]:
    """The cards of everything that the output was computed from, operands first.

    With `fold=False` every operation gets a card; those without a name are called v1, v2, …

    >>> x = Value(3.0, name="x")
    >>> y = (x + 1.0) ** 2
    >>> y.name = "y"
    >>> [card.name for card in cards_of(y)], [card.gradient for card in cards_of(y)]
    (['x', 'y'], [8.0, 1.0])
    """
    nodes = operands_first(output)
    names = _names(nodes, output, fold)
    shown = [node for node in nodes if node in names]
    found = gradients(output, shown)
    cards = {
        node: Card(names[node], node, None, gradient)
        for node, gradient in zip(shown, found, strict=True)
    }
    for node, card in cards.items():
        if not node.is_leaf:
            card.algebra = formula(node, names)
            card.edges = [
                Edge(cards[source], card, symbol, number)
                for source, symbol, number in _uses(node, names)
            ]
    return list(cards.values())


def operands_first(output: Value) -> list[Value]:
    """Every Value below the output, each after its operands, in the order of the program."""
    if not isinstance(output, Value):
        raise TypeError(
            f"cards_of: the output is a {type(output).__name__}; formulas are of Values, "
            "so run the function on Values or arrays of Values"
        )
    order: list[Value] = []
    seen = set()
    stack: list[tuple[Value, bool]] = [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in reversed(_variables(node)) if x not in seen]
    return order


def _variables(node: Value) -> list[Value]:
    return [
        x
        for x, partial in zip(node.operands, node.partials, strict=True)
        if partial is not None and x.__class__ is Value
    ]


def _names(nodes: list[Value], output: Value, fold: bool) -> dict[Value, str]:
    """A name for each value that gets a card, no name twice."""
    uses: dict[Value, int] = {}
    for node in nodes:
        for x in _variables(node):
            uses[x] = uses.get(x, 0) + 1
    taken = {node.name for node in nodes}
    fresh = {kind: _fresh(kind, taken) for kind in "xv"}
    names: dict[Value, str] = {}
    given: set[str] = set()
    for node in nodes:
        name = node.name
        if name is not None:
            names[node] = name if name not in given else next(_fresh(f"{name}_", taken | given))
        elif node.is_leaf or node is output or not fold or uses.get(node, 0) > 1:
            names[node] = next(fresh["x" if node.is_leaf else "v"])
        if node in names:
            given.add(names[node])
    return names


def _fresh(kind: str, taken: set[str | None] | set[str]) -> Iterator[str]:
    count = 1
    while True:
        if f"{kind}{count}" not in taken:
            yield f"{kind}{count}"
        count += 1


def _uses(node: Value, names: dict[Value, str]) -> Iterator[tuple[Value, Formula, float]]:
    """The named values in the algebra of a node, each with the derivative along the way to it."""
    stack: list[tuple[Value, Formula, float]] = [(node, Number(1.0), 1.0)]
    while stack:
        inner, symbol, number = stack.pop()
        if inner is not node and inner in names:
            yield inner, symbol, number
            continue
        parts = []
        for i, (x, partial) in enumerate(zip(inner.operands, inner.partials, strict=True)):
            if partial is not None:
                step = local_derivative(inner, i, names)
                parts.append((x, simplified(product(symbol, step)), times(number, partial)))
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
        if v in results or v.is_leaf:
            continue
        if any(x in results for x in v.operands if x.__class__ is Value):
            assert v._primitive is not None
            now = (results.get(x, x._data) if x.__class__ is Value else x for x in v.operands)
            results[v] = v._primitive.evaluate_floats(*now)
    return results.get(output, output.data)
