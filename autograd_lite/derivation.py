"""The chain rule as one writes it on paper: a term a path, in symbols and then in numbers."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

from autograd_lite.algebra import Formula, Operation, factor_text, number_text, text
from autograd_lite.cards import Card, Edge
from autograd_lite.primitive import PRIMITIVES
from autograd_lite.value import Value

Link = tuple[Card, Card]


@dataclass(frozen=True)
class Derivation:
    """∂output/∂leaf as the sum over the paths from the output to the leaf.

    `str()` gives the lines: the chain of ∂s, the same with the local derivatives as formulas,
    with numbers, and the sum.
    """

    output: Card
    leaf: Card
    paths: tuple[tuple[Card, ...], ...]
    """The paths shown, output first; uses of one value in one line of algebra are one step."""
    steps: dict[tuple[str, str], tuple[Edge, ...]]
    """The uses behind each step (name of the result, name of the operand)."""
    path_count: int
    """How many paths there are, each use counted by itself."""
    term_count: int
    """How many terms there are: paths, with the uses behind one step taken together."""

    def terms(self) -> list[float]:
        """The product along each of the paths shown."""
        return [self._product(path) for path in self.paths]

    def _number(self, step: Link) -> float:
        return sum(edge.number or 0.0 for edge in self.steps[step[0].name, step[1].name])

    def _product(self, path: tuple[Card, ...]) -> float:
        value = 1.0
        for step in pairwise(path):
            value *= self._number(step)
        return value

    def __str__(self) -> str:
        left = f"∂{self.output.name}/∂{self.leaf.name}"
        if self.output is self.leaf:
            return f"{left} = 1"
        if not self.paths:
            return f"{left} = 0 (no path leads there)"
        more = self.term_count - len(self.paths)
        tail = f" + … {more:,} more" if more else ""
        steps = [list(pairwise(path)) for path in self.paths]
        sides = [
            ["·".join(f"∂{a.name}/∂{b.name}" for a, b in path) for path in steps],
            [self._formula(path) for path in steps],
            ["·".join(number_text(self._number(step)) for step in path) for path in steps],
            [number_text(term) for term in self.terms()],
        ]
        written = [_terms(side, tail, len(left)) for side in sides]
        written.append(number_text(self.leaf.gradient))
        once = [line for line in dict.fromkeys(written) if line != left]
        return f"{left} = " + f"\n{' ' * len(left)} = ".join(once) + self._counted(more)

    def _counted(self, more: int) -> str:
        if self.path_count == self.term_count and not more:
            return ""
        note = f"\n({self.path_count:,} paths"
        if self.path_count != self.term_count:
            terms = "1 term" if self.term_count == 1 else f"{self.term_count:,} terms"
            note += f" in {terms}: uses of a value in one line are one factor"
        if more:
            note += f"; the {len(self.paths)} largest are shown"
        return note + ")"

    def _formula(self, path: list[Link]) -> str:
        """The product of the local derivatives along a path."""
        factors = [_total([edge.symbol for edge in self.steps[a.name, b.name]]) for a, b in path]
        return text(factors[0]) if len(factors) == 1 else "·".join(map(factor_text, factors))


def _total(symbols: list[Formula]) -> Formula:
    total = symbols[0]
    for symbol in symbols[1:]:
        total = Operation(PRIMITIVES["add"], (total, symbol))
    return total


_WIDTH = 88


def _terms(terms: list[str], tail: str, indent: int) -> str:
    """The terms of a sum, each on a line of its own where one line is too short for them."""
    one = " + ".join(terms) + tail
    if len(one) <= _WIDTH:
        return one
    return ("\n" + " " * indent + " + ").join(terms) + tail


# ---------------------------------------------------------------- finding the paths


def derive(cards: list[Card], wrt: Card, most: int = 8) -> Derivation:
    """The derivation of ∂output/∂wrt from the cards of a graph, whose last is the output.

    Paths are counted, not enumerated; of more than `most`, those of the largest product are
    shown.

    >>> from autograd_lite.cards import cards_of
    >>> from autograd_lite import Value
    >>> x, y = Value(2.0, name="x"), Value(3.0, name="y")
    >>> z = x * y
    >>> z.name = "z"
    >>> print(derive(cards_of(z), cards_of(z)[0]))
    ∂z/∂x = y
          = 3
    """
    if not all(card.node.__class__ is Value for card in cards):
        raise TypeError(
            "derive: a term a path is written for Values; run the function on Values, or on "
            "arrays of Values, instead of Tensors"
        )
    output = cards[-1]
    wrt = next(card for card in cards if card.name == wrt.name)
    steps: dict[tuple[str, str], list[Edge]] = {}
    for card in cards:
        for edge in card.edges:
            steps.setdefault((card.name, edge.source.name), []).append(edge)
    best, paths, terms = _best_paths(cards, steps, wrt, most)
    return Derivation(
        output=output,
        leaf=wrt,
        paths=tuple(path for _, path in best),
        steps={step: tuple(edges) for step, edges in steps.items()},
        path_count=paths,
        term_count=terms,
    )


def _best_paths(
    cards: list[Card], steps: dict[tuple[str, str], list[Edge]], wrt: Card, most: int
) -> tuple[list[tuple[float, tuple[Card, ...]]], int, int]:
    """From the operands up: for each card, how many paths lead down to `wrt`, and the few whose
    product is largest. A largest path is made of largest paths, so a few a card are enough."""
    paths, terms = {wrt.name: 1}, {wrt.name: 1}
    best: dict[str, list[tuple[float, tuple[Card, ...]]]] = {wrt.name: [(1.0, (wrt,))]}
    for card in cards:
        if card.name == wrt.name:
            continue
        sources = {edge.source.name: edge.source for edge in card.edges}
        sources = {name: source for name, source in sources.items() if terms.get(name)}
        if not sources:
            continue
        terms[card.name] = sum(terms[name] for name in sources)
        paths[card.name] = sum(len(steps[card.name, name]) * paths[name] for name in sources)
        candidates = []
        for name in sources:
            number = sum(edge.number or 0.0 for edge in steps[card.name, name])
            candidates += [(value * number, (card, *path)) for value, path in best[name]]
        if len(candidates) > most:
            candidates = heapq.nlargest(most, candidates, key=lambda c: abs(c[0]))
        best[card.name] = candidates
    output = cards[-1].name
    return best.get(output, []), paths.get(output, 0), terms.get(output, 0)
