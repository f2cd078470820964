"""The graph as a reader sees it: a card a value, an edge a local derivative.

Values that the program did not name are folded into the line of algebra of the value that they
went into; only one that is used more than once gets a card, and a name, of its own. A Tensor
always has a card.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    constant_key,
    factor_text,
    formula,
    has_results,
    is_sum,
    local_derivative,
    number_text,
    operand_formula,
    product,
    results_node,
    simplified,
    text,
)
from autograd_lite.reading.functions import Folded, folded_functions
from autograd_lite.reading.names import printable
from autograd_lite.reading.partials import partial_text
from autograd_lite.reading.repeats import chain_links, terms_of_sums, turns_of_loops

LONGEST = 30
"""A derivative through more operations than these is not written out."""

_GRADIENT = re.compile(r"(?<![A-Za-z_{])g(?![A-Za-z_}])")
"""g as a word of its own, in what a declaration says of the way back."""

Way = tuple[Any, Any, int] | None
"""From a card's node down to an operand: (the way so far, the node passed, which operand)."""


@dataclass(repr=False)
class Edge:
    """One use of a value in the algebra of another, with the local derivative."""

    source: Card
    target: Card
    number: float | None
    """∂target/∂source along this use; None where one of them is a Tensor."""
    way: Way = field(repr=False)
    names: Mapping[Any, str] = field(repr=False)
    folded: Mapping[Any, Folded] = field(repr=False)

    def __repr__(self) -> str:
        number = "" if self.number is None else f" = {number_text(self.number)}"
        return f"<Edge {self.partial}{number}>"

    @cached_property
    def elsewhere(self) -> bool:
        """Whether there is a way from the target down to the source through another value."""
        others = {id(e.source): e.source for e in self.target.edges if e.source is not self.source}
        stack, seen = list(others.values()), set(others)
        while stack:
            card = stack.pop()
            if card is self.source:
                return True
            if card.place > self.source.place:  # what stands before cannot have been made of it
                for edge in card.edges:
                    if id(edge.source) not in seen:
                        seen.add(id(edge.source))
                        stack.append(edge.source)
        return False

    @cached_property
    def slot(self) -> int | None:
        """Which use of a value it is in the target's line of algebra, counted from 1; None where it
        is the only way to the source, so that the local derivative is the derivative."""
        uses = self.target.edges
        if sum(edge.source is self.source for edge in uses) == 1 and not self.elsewhere:
            return None
        return next(i for i, edge in enumerate(uses, 1) if edge is self)

    @property
    def partial(self) -> str:
        """What its number is of: ∂z/∂x, or ∂₂z/∂x where that is not the whole derivative."""
        return partial_text(self.target.name, self.source.name, self.slot)

    @cached_property
    def symbol(self) -> Formula:
        """∂target/∂source along this use, as a formula; of an elementwise operation on Tensors,
        what the gradient is multiplied by."""
        steps = list(islice(self.steps(), LONGEST + 1))
        if len(steps) > LONGEST:
            return Name("…")
        symbol: Formula = Number(1.0)
        for step in steps:
            if self._has_formula(*step):
                symbol = product(self._local(*step), symbol)
        return simplified(symbol)

    @property
    def back(self) -> str | None:
        """How a structural operation takes the gradient g back, in words; None for others."""
        return self.back_of("g")

    def pulled_back(self, g: str = "g") -> str:
        """What becomes of the gradient of the target, called g, on the way back to the source."""
        if (back := self.back_of(g)) is not None:
            return back
        symbol = factor_text(self.symbol)
        summed = "" if self.source.node.shape == self.target.node.shape else ", summed to its shape"
        if symbol in ("1", "−1"):
            return f"{symbol[:-1]}{g}{summed}"
        return f"{g}·{symbol}{summed}"

    def back_of(self, g: str) -> str | None:
        """`back`, with another name for the gradient."""
        steps = list(islice(self.steps(), LONGEST + 1))
        words = [self._words(*step, g) for step in steps if not self._has_formula(*step)]
        if not words:
            return None
        times = factor_text(self.symbol)
        return words[0] if times == "1" else f"{words[0]}, times {times}"

    def steps(self) -> Iterator[tuple[Any, int]]:
        """The operations passed, each with which of its operands the way leads to, the nearest to
        the source first; of a function that is one card, which of its sources."""
        way = self.way
        while way is not None:
            way, node, index = way
            if results_node(node) is None or node in self.folded:
                yield node, index

    def rules(self) -> Iterator[tuple[Any, int]]:
        """The operations passed, those inside of functions too, each with which of its operands."""
        for node, index in self.steps():
            if node in self.folded:
                inside = self.folded[node].inside
                yield from ((x, i) for x in inside for i, _ in x.variables())
            else:
                yield node, index

    def _has_formula(self, node: Any, index: int) -> bool:
        """Whether the local derivative is a factor, not something that is done to arrays."""
        if node in self.folded:
            return self.folded[node].partials[index] is not None
        return isinstance(node.primitive, Elementwise)

    def _local(self, node: Any, index: int) -> Formula:
        if node in self.folded:
            return self.folded[node].derivative(index, self.names)
        return local_derivative(node, index, self.names)

    def _words(self, node: Any, index: int, g: str) -> str:
        """What becomes of the gradient g at one structural operation."""
        if node in self.folded:
            return f"{g} through {self.folded[node].name}, backwards"
        operands = (text(operand_formula(x, self.names)) for x in node.operands)
        shown = dict(zip(node.primitive.operands, operands, strict=False))
        words = _GRADIENT.sub("{0}", node.primitive.back_text(index))
        return words.format(g, **shown)


@dataclass(repr=False)
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
    constants: list[tuple[str, Any]] = field(default_factory=list)
    """The plain arrays with a name in its algebra."""
    place: int = 0
    """Which of the cards of its graph it is, operands first."""

    def __repr__(self) -> str:
        algebra = "" if self.algebra is None else f" = {text(self.algebra)}"
        return f"<Card {self.name}{algebra}>"

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
    functions: bool | None = None,
    chains: bool = False,
) -> list[Card]:
    """The cards of everything that the output was computed from, operands first.

    Args:
        output: a Value, or a Tensor without axes.
        fold: False gives every operation a card; those without a name are called v1, v2, …
        names: further names, as `locals()` gives them, of variables and of arrays, lists and
            dicts of them.
        neurons: what a reader of a large graph looks for gets a card, even if it has no name and is
            used once: the activation of a sum, the turns of a loop, the terms of a long sum.
        functions: whether a call of a function that is written in others is one card; by default
            if `fold` is.
        chains: whether a long sum or product is one card even if `fold` is not.

    >>> x = Value(3.0, name="x")
    >>> y = (x + 1.0) ** 2
    >>> [card.name for card in cards_of(y, names={"y": y})]
    ['x', 'y']
    >>> [card.gradient for card in cards_of(y)]
    [8.0, 1.0]
    """
    nodes = _below(output)
    folded = folded_functions(nodes) if (fold if functions is None else functions) else {}
    uses = _users(nodes, folded)
    nodes = [node for node in nodes if node in uses and not has_results(node)]
    own = {output, *folded} if fold else set(nodes)
    if neurons:
        own.update(node for node in nodes if _is_neuron(node))
        own |= turns_of_loops(nodes, lambda node: _sources(node, folded), uses)
        own |= terms_of_sums(nodes, uses, own)
    if chains:
        own -= chain_links(nodes, uses) - {output}
    named = _names(nodes, uses, own, names_in(names or {}))
    arrays = named_arrays(nodes, names or {}, set(named.values()))
    named.update(arrays)
    shown = [node for node in nodes if node in named]
    found = gradients(output, shown)
    cards = {
        node: Card(named[node], node, None, gradient, place=i)
        for i, (node, gradient) in enumerate(zip(shown, found, strict=True))
    }
    for node, card in cards.items():
        if not node.is_leaf:
            card.constants = list(_constants_in(node, named)) if arrays else []
            whole = folded.get(node)
            card.algebra = whole.algebra(named) if whole else formula(node, named)
            card.edges = [
                Edge(cards[source], card, number, way, named, folded)
                for source, number, way in _uses(node, named, folded)
            ]
    return list(cards.values())


def _users(nodes: Sequence[Any], folded: Mapping[Any, Folded]) -> dict[Any, int]:
    """How often each node is used; those that are inside of functions are not among them."""
    uses = {nodes[-1]: 0}
    for node in reversed(nodes):
        if node in uses:
            for x in _sources(node, folded):
                uses[x] = uses.get(x, 0) + 1
    return uses


def _sources(node: Any, folded: Mapping[Any, Folded]) -> Iterable[Any]:
    """The variables that a node was computed from; of a function, those of the whole."""
    return folded[node].sources if node in folded else (x for _, x in node.variables())


def _below(output: Any) -> list[Any]:
    """Everything that the output was computed from, operands first."""
    nodes = operands_first(output)
    if output.ndim:
        raise ValueError(
            f"the output has shape {output.shape}, and a scalar is needed: reduce it with sum()"
        )
    return nodes


# ---------------------------------------------------------------- names


_NOTEBOOK = ("_oh", "_ih", "_dh")
"""What IPython keeps of earlier cells, in `Out` and `In` as well: no names that a user gave."""


def names_in(scope: Mapping[str, Any]) -> dict[Any, str]:
    """The variables in a mapping such as `locals()`, by name: those of an array or list `w` are
    w1, w2, … or w11, w12, …, those of a dict `p` p.key.

    >>> x = Value(1.0)
    >>> names_in({"w": [2.0, x], "x": 3.0})[x]
    'w2'
    """
    found: dict[Any, str] = {}
    kept = [scope.get(name) for name in _NOTEBOOK]
    for name, thing in scope.items():
        if not name.startswith("_") and not any(thing is one for one in kept):
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


def named_arrays(nodes: Iterable[Any], scope: Mapping[str, Any], taken: set[str]) -> dict[Any, str]:
    """The plain arrays among the operands that have a name, by `constant_key`. A graph may hold a
    copy of a user's array, so they are known by what they hold."""
    arrays = {
        printable(name): x
        for name, x in scope.items()
        if isinstance(x, np.ndarray) and x.ndim and x.dtype.kind in "fiubc" and name[:1] != "_"
    }
    found: dict[Any, str] = {}
    for node in nodes if arrays else ():
        for x in node.operands:
            if isinstance(x, np.ndarray) and x.ndim and constant_key(x) not in found:
                name = next((n for n, a in arrays.items() if _same(a, x)), None)
                if name is not None and name not in taken:
                    found[constant_key(x)] = name
    return found


def _same(a: Any, b: Any) -> bool:
    return a is b or (a.shape == b.shape and a.dtype.kind == b.dtype.kind and bool((a == b).all()))


def _constants_in(node: Any, names: Mapping[Any, str]) -> Iterator[tuple[str, Any]]:
    """The named plain arrays in the line of a node."""
    stack, seen = [node], set()
    while stack:
        inner = stack.pop()
        if inner in seen:
            continue
        seen.add(inner)
        for x in inner.operands:
            if is_variable(x):
                stack += [x] if x not in names else []
            elif isinstance(x, np.ndarray) and constant_key(x) in names:
                yield names[constant_key(x)], x


def _is_neuron(node: Any) -> bool:
    """Whether it is an activation of a sum."""
    if node.partials is None or len(node.operands) != 1 or node.primitive.method is None:
        return False
    operand = node.operands[0]
    return is_variable(operand) and operand.primitive is not None and is_sum(operand.primitive)


def _names(
    nodes: list[Any], uses: Mapping[Any, int], own: set[Any], extra: Mapping[Any, str]
) -> dict[Any, str]:
    """A name for each variable that gets a card, no name twice; those in `own` get one."""
    wanted = {node: _shown(node.name) or _shown(extra.get(node)) for node in nodes}
    taken = {name for name in wanted.values() if name is not None}
    fresh = {kind: _fresh(kind, taken) for kind in "xv"}
    names: dict[Any, str] = {}
    given: set[str] = set()
    for node in nodes:
        name = wanted[node]
        inner = node.partials is not None and uses[node] == 1 and node not in own
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


def _uses(
    node: Any, names: Mapping[Any, str], folded: Mapping[Any, Folded]
) -> Iterator[tuple[Any, float | None, Way]]:
    """The named values in the algebra of a node, each with the way down to it."""
    stack: list[tuple[Any, float | None, Way]] = [(node, 1.0, None)]
    while stack:
        inner, number, way = stack.pop()
        if inner is not node and inner in names:
            yield inner, number, way
            continue
        parts: list[tuple[Any, float | None, Way]] = []
        for i, x, local in _local_numbers(inner, folded):
            step = None if number is None or local is None else times(number, local)
            parts.append((x, step, (way, inner, i)))
        stack += reversed(parts)


def _local_numbers(
    node: Any, folded: Mapping[Any, Folded]
) -> Iterator[tuple[int, Any, float | None]]:
    """What a node was computed from, with which operand it is, and its local derivative; None
    where one of them is a Tensor."""
    if node in folded:
        whole = folded[node]
        for i, x in enumerate(whole.sources):
            yield i, x, whole.partials[i]
        return
    for i, x in node.variables():
        scalars = node.partials is not None and x.partials is not None
        yield i, x, node.partials[i] if scalars else None


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
