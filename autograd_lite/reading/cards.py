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
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.algebra import (
    Formula,
    Name,
    Number,
    array_text,
    formula,
    local_derivative,
    product,
    simplified,
)
from autograd_lite.reading.names import printable

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
        symbol: Formula = Number(1.0)
        steps = list(islice(self._steps(), _LONGEST + 1))
        if len(steps) > _LONGEST:
            return Name("…")
        for node, index in steps:
            symbol = product(local_derivative(node, index, self.names), symbol)
        return simplified(symbol)

    @property
    def back(self) -> str | None:
        """How a structural operation takes the gradient g back, in words; None for others."""
        steps = list(self._steps())
        if len(steps) != 1 or steps[0][0]._primitive.partials is not None:
            return None
        node, index = steps[0]
        operands = (
            self.names.get(x, "x") if is_variable(x) else array_text(x) for x in node.operands
        )
        shown = dict(zip(node.primitive.operands, operands, strict=False))
        return str(node.primitive.back_text(index).format(**shown))

    def _steps(self) -> Iterator[tuple[Any, int]]:
        """The operations passed, the nearest to the source first."""
        way = self.way
        while way is not None:
            way, node, index = way
            yield node, index


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
    nodes = operands_first(output)
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


def operands_first(output: Any) -> list[Any]:
    """Every variable below the output, each after its operands, in the order of the program.

    Raises:
        TypeError: if the output is no variable.
        ValueError: if it is a Tensor with axes.
    """
    if not is_variable(output):
        raise TypeError(
            f"the output is a plain {type(output).__name__}: a Value or Tensor is needed, "
            "computed from variables"
        )
    if output.ndim:
        raise ValueError(
            f"the output has shape {output.shape}, and a scalar is needed: reduce it with sum()"
        )
    order: list[Any] = []
    seen = set()
    stack: list[tuple[Any, bool]] = [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in reversed(variables_of(node)) if x not in seen]
    return order


def variables_of(node: Any) -> list[Any]:
    """The operands that are variables, in order, as often as they are used."""
    if node.__class__ is Tensor:
        return [x for x in node.operands if is_variable(x)]
    pairs = zip(node.operands, node.partials, strict=True)
    return [x for x, partial in pairs if partial is not None]


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
    if node.__class__ is not Value or node.is_leaf or len(node.operands) != 1:
        return False
    operand = node.operands[0]
    primitive = getattr(operand, "_primitive", None)
    activation = node.primitive is not None and node.primitive.method is not None
    return activation and primitive is not None and primitive.name == "add"


def _names(nodes: list[Any], own: set[Any], extra: Mapping[Any, str]) -> dict[Any, str]:
    """A name for each variable that gets a card, no name twice; those in `own` get one."""
    uses: dict[Any, int] = {}
    for node in nodes:
        for x in variables_of(node):
            uses[x] = uses.get(x, 0) + 1
    wanted = {node: _shown(node.name) or _shown(extra.get(node)) for node in nodes}
    taken = {name for name in wanted.values() if name is not None}
    fresh = {kind: _fresh(kind, taken) for kind in "xv"}
    names: dict[Any, str] = {}
    given: set[str] = set()
    for node in nodes:
        name = wanted[node]
        inner = node.__class__ is Value and uses.get(node, 0) == 1 and node not in own
        if name is not None:
            names[node] = name if name not in given else next(_fresh(f"{name}_", taken | given))
        elif node.is_leaf or not inner:
            names[node] = next(fresh["x" if node.is_leaf else "v"])
        if node in names:
            given.add(names[node])
    return names


def _shown(name: str | None) -> str | None:
    """The name as it is written; a blank one is none."""
    return None if name is None or not name.strip() else printable(name)


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
        for i, x in enumerate(inner.operands):
            if inner.__class__ is Tensor:
                if is_variable(x):
                    parts.append((x, None, (way, inner, i)))
            elif inner.partials[i] is not None:
                scalar = x.__class__ is Value and number is not None
                step = times(number, inner.partials[i]) if scalar else None
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
        if v in results or v.is_leaf:
            continue
        if any(x in results for x in v.operands if x.__class__ is Value):
            assert v.primitive is not None
            now = (results.get(x, x._plain) if x.__class__ is Value else x for x in v.operands)
            results[v] = v.primitive.evaluate_floats(*now)
    return results.get(output, output.data)
