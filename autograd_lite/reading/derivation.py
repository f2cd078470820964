"""The chain rule as one writes it on paper: a term a path, in symbols and then in numbers."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.reading.algebra import (
    Formula,
    Operation,
    factor_text,
    latex,
    latex_factor,
    latex_number,
    number_text,
    text,
)
from autograd_lite.reading.cards import Card, Edge
from autograd_lite.reading.health import clashes
from autograd_lite.reading.partials import held_note, partial_latex, partial_text

Link = tuple[Card, Card]


@dataclass(frozen=True)
class _Script:
    """How derivatives, formulas and numbers are written: in Unicode or in LaTeX."""

    partial: Callable[[str, str, int | None], str]
    formula: Callable[[Formula], str]
    factor: Callable[[Formula], str]
    number: Callable[[float], str]
    dot: str


UNICODE = _Script(partial_text, text, factor_text, number_text, "·")
LATEX = _Script(partial_latex, latex, latex_factor, latex_number, r" \cdot ")


@dataclass(frozen=True, repr=False)
class Derivation:
    """∂output/∂leaf as the sum over the paths from the output to the leaf.

    `str()` gives the lines: the chain of ∂s, the same with the local derivatives as formulas,
    with numbers, and the sum. `factored()` gives the steps of the reverse pass instead, `latex()`
    and `markdown()` the same for a paper or a notebook.
    """

    output: Card
    leaf: Card
    paths: tuple[tuple[Card, ...], ...]
    """The paths shown, output first; uses of one value in one line of algebra are one step."""
    steps: Mapping[tuple[str, str], Sequence[Edge]]
    """The uses behind each step (name of the result, name of the operand)."""
    path_count: int
    """How many paths there are, each use counted by itself."""
    term_count: int
    """How many terms there are: paths, with the uses behind one step taken together."""
    between: tuple[Card, ...]
    """The cards on the way, the output first, each after its users; the leaf last."""

    def terms(self) -> list[float]:
        """The product along each of the paths shown."""
        return [math.prod(self._number(step) for step in pairwise(path)) for path in self.paths]

    def __repr__(self) -> str:
        left = partial_text(self.output.name, self.leaf.name)
        paths = "1 path" if self.path_count == 1 else f"{self.path_count:,} paths"
        return f"<Derivation of {left} = {number_text(self.leaf.gradient)}: {paths}>"

    def __str__(self) -> str:
        left = partial_text(self.output.name, self.leaf.name)
        if self.output is self.leaf:
            return f"{left} = 1"
        if not self.paths:
            return f"{left} = 0 (no path leads there)"
        tail = f" + … {self._left_out:,} more" if self._left_out else ""
        written = [_terms(side, tail, len(left)) for side in self._sides(UNICODE)]
        written.append(number_text(self.leaf.gradient))
        once = [line for line in dict.fromkeys(written) if line != left]
        notes = (self._marked(), self._undefined(), self._counted())
        return (
            f"{left} = "
            + f"\n{' ' * len(left)} = ".join(once)
            + "".join(f"\n({note})" for note in notes if note)
        )

    def factored(self) -> str:
        """The steps of the reverse pass, a line a value: each gradient from those of its users.

        >>> from autograd_lite.explain import explain
        >>> explanation = explain("z = x*w; E = z**2", {"x": 2.0, "w": 3.0})
        >>> print(explanation.derivations(["x"])[0].factored())
        ∂E/∂z = 2·z = 12
        ∂E/∂x = ∂E/∂z·∂z/∂x = 12·3 = 36
        """
        return "\n".join(self._reverse_step(card) for card in self.between[1:])

    def latex(self) -> str:
        """The derivation as an `align*` environment of LaTeX."""
        left = partial_latex(self.output.name, self.leaf.name)
        tail = rf" + \cdots\ ({self._left_out:,}\text{{ more}})" if self._left_out else ""
        sides = [" + ".join(side).replace(" + -", " - ") + tail for side in self._sides(LATEX)]
        sides.append(latex_number(self.leaf.gradient))
        once = [line for line in dict.fromkeys(sides) if line and line != left]
        lines = " \\\\\n  &= ".join(once)
        return f"\\begin{{align*}}\n  {left} &= {lines}\n\\end{{align*}}"

    def markdown(self) -> str:
        """The derivation for a page of Markdown: LaTeX between dollar signs."""
        body = self.latex().replace("align*", "aligned")
        return f"$$\n{body}\n$$\n"

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_markdown_(self) -> str:
        return self.markdown()

    @property
    def _left_out(self) -> int:
        return self.term_count - len(self.paths)

    def _number(self, step: Link) -> float:
        return sum(edge.number or 0.0 for edge in self.steps[step[0].name, step[1].name])

    def _sides(self, script: _Script) -> list[list[str]]:
        """The terms four times: as ∂s, as formulas, as numbers, and each multiplied out."""
        ways = [list(pairwise(path)) for path in self.paths]
        return [
            [script.dot.join(self._partials(way, script)) for way in ways],
            [self._formula(way, script) for way in ways],
            [_product([self._number(step) for step in way], script) for way in ways],
            [script.number(term) for term in self.terms()],
        ]

    def _partials(self, way: Sequence[Link], script: _Script) -> list[str]:
        """The ∂s along a path. Uses of one value in one line add up to the whole derivative, unless
        there is another way; then each is written by itself."""
        written = []
        for result, operand in way:
            uses = self.steps[result.name, operand.name]
            whole = len(uses) > 1 and not uses[0].elsewhere
            slots = [None] if whole else [edge.slot for edge in uses]
            terms = " + ".join(script.partial(result.name, operand.name, slot) for slot in slots)
            written.append(f"({terms})" if len(slots) > 1 and len(way) > 1 else terms)
        return written

    def _marked(self) -> str:
        """What the first mark of a single use means, if there is one in the terms shown."""
        for path in self.paths:
            for result, operand in pairwise(path):
                uses = self.steps[result.name, operand.name]
                if uses[0].slot is not None and uses[0].elsewhere:
                    return held_note(result.name, uses[0].slot)
        return ""

    def _undefined(self) -> str:
        """The first factor that is 0·inf, which counts as 0."""
        links = (step for path in self.paths for step in pairwise(path))
        uses = (edge for a, b in links for edge in self.steps[a.name, b.name])
        edge = next((edge for edge in uses if clashes(edge)), None)
        return f"{text(edge.symbol)} is 0·inf here, taken as 0" if edge is not None else ""

    def _formula(self, way: Sequence[Link], script: _Script) -> str:
        """The product of the local derivatives along a path."""
        factors = [_total([edge.symbol for edge in self.steps[a.name, b.name]]) for a, b in way]
        if len(factors) == 1:
            return script.formula(factors[0])
        return script.dot.join(map(script.factor, factors))

    def _reverse_step(self, card: Card) -> str:
        """`∂E/∂x1 = ∂E/∂z1·∂z1/∂x1 + ∂E/∂z4·∂z4/∂x1 = numbers = sum`."""
        users = [user for user in self.between if (user.name, card.name) in self.steps]
        symbols, numbers = [], []
        for user in users:
            number = number_text(self._number((user, card)))
            if user is self.output:
                symbols.append(self._formula([(user, card)], UNICODE))
                numbers.append(number)
            else:
                whole = partial_text(self.output.name, user.name)
                local = self._partials([(user, card)], UNICODE)[0]
                local = f"({local})" if " " in local else local
                symbols.append(f"{whole}·{local}")
                numbers.append(f"{number_text(user.gradient)}·{number}")
        sides = [" + ".join(symbols), " + ".join(numbers), number_text(card.gradient)]
        return " = ".join([partial_text(self.output.name, card.name), *dict.fromkeys(sides)])

    def _counted(self) -> str:
        """How many paths there are, where that is not plain to see."""
        if self.path_count == self.term_count and not self._left_out:
            return ""
        note = f"{self.path_count:,} paths"
        if self.path_count != self.term_count:
            terms = "1 term" if self.term_count == 1 else f"{self.term_count:,} terms"
            note += f" in {terms}: uses of a value in one line are one factor"
        if self._left_out:
            note += f"; the {len(self.paths)} largest are shown"
        return note


def _product(numbers: Sequence[float], script: _Script) -> str:
    """Numbers multiplied; in LaTeX, a negative one behind another stands in parentheses."""
    written = [script.number(number) for number in numbers]
    for i, number in enumerate(written):
        if i and script is LATEX and number.startswith("-"):
            written[i] = f"({number})"
    return script.dot.join(written)


def _total(symbols: list[Formula]) -> Formula:
    if len(symbols) == 1:
        return symbols[0]
    return Operation(PRIMITIVES["add"], tuple(symbols))


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

    >>> from autograd_lite.reading.cards import cards_of
    >>> from autograd_lite import Value
    >>> x, y = Value(2.0, name="x"), Value(3.0, name="y")
    >>> z = x * y
    >>> z.name = "z"
    >>> print(derive(cards_of(z), cards_of(z)[0]))
    ∂z/∂x = y
          = 3
    """
    if any(card.node.partials is None for card in cards):
        raise TypeError(
            "derive: a term a path is written for Values; of Tensors, `derive_arrays` writes the "
            "steps of the reverse pass"
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
        between=_between(cards, wrt),
    )


def _between(cards: list[Card], wrt: Card) -> tuple[Card, ...]:
    """The cards from which a path leads down to `wrt`, the output first, `wrt` last."""
    above = {wrt.name}
    found = [wrt]
    for card in cards:
        if any(edge.source.name in above for edge in card.edges) and card.name not in above:
            above.add(card.name)
            found.append(card)
    return tuple(reversed(found))


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
