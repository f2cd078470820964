"""The derivation of a gradient that is an array: the steps of the reverse pass, a line a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.reading.algebra import latex_name, number_text
from autograd_lite.reading.cards import Card
from autograd_lite.reading.flows import flow_along, size
from autograd_lite.reading.health import uses_of
from autograd_lite.reading.partials import partial_latex, partial_text

MOST_ELEMENTS = 16
"""An array of more is shown by its shape and its norm."""


@dataclass(frozen=True, repr=False)
class ArrayDerivation:
    """∂output/∂leaf where there are arrays on the way: each gradient from those of the values that
    use it, the output first. There is no product of numbers along a path, but one of rules:
    ∂L/∂W = Xᵀ·∂L/∂U.

    `str()` gives the lines, with the arrays if they are small; `latex()` and `markdown()` the same
    for a paper or a notebook.
    """

    output: Card
    leaf: Card
    between: tuple[Card, ...]
    """The cards on the way, the output first, each after its users; the leaf last."""

    def __repr__(self) -> str:
        left = partial_text(self.output.name, self.leaf.name)
        return f"<ArrayDerivation of {left}: {len(self.between) - 1} steps>"

    def __str__(self) -> str:
        if self.output is self.leaf:
            return f"{partial_text(self.output.name, self.leaf.name)} = 1"
        return "\n".join(self._lines())

    def factored(self) -> str:
        """The same: of arrays there is no other way to write it."""
        return str(self)

    def latex(self) -> str:
        """The derivation as an `align*` environment of LaTeX."""
        lines = []
        for card in self.between[1:]:
            left = partial_latex(self.output.name, card.name)
            terms = " + ".join(_in_latex(term, self._known()) for term in self._terms(card))
            lines.append(f"  {left} &= {terms}")
        body = " \\\\\n".join(lines)
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def markdown(self) -> str:
        """The derivation for a page of Markdown: LaTeX between dollar signs."""
        body = self.latex().replace("align*", "aligned")
        return f"$$\n{body}\n$$\n"

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _lines(self) -> list[str]:
        lines = []
        for card in self.between[1:]:
            left = f"{partial_text(self.output.name, card.name)} = "
            terms = self._terms(card)
            whole = " + ".join(f"({t})" if len(terms) > 1 and ", " in t else t for t in terms)
            sides = [whole]
            parts = self._parts(card)
            if len(parts) > 1:
                sides.append(" + ".join(f"‖·‖ {number_text(size(part), 4)}" for part in parts))
            margin = "\n" + " " * (len(left) - 2) + "= "
            sides.append(_array(card.gradient, len(left)))
            lines.append(left + margin.join(dict.fromkeys(sides)))
        return lines

    def _uses(self, card: Card) -> list[Any]:
        return uses_of(self.between).get(card.name, [])

    def _terms(self, card: Card) -> list[str]:
        """What arrives at a card, a term a use."""
        return [
            edge.pulled_back(
                "1"
                if edge.target is self.output
                else partial_text(self.output.name, edge.target.name)
            )
            for edge in self._uses(card)
        ]

    def _parts(self, card: Card) -> list[Any]:
        uses = self._uses(card)
        parts = [flow_along(edge, len(uses) == 1) for edge in uses]
        return [] if any(part is None for part in parts) else parts

    def _known(self) -> set[str]:
        return {card.name for card in self.between} | {
            name for card in self.between for edge in card.edges for name in edge.names.values()
        }


def derive_arrays(cards: Sequence[Card], wrt: Card) -> ArrayDerivation:
    """The derivation of ∂output/∂wrt from the cards of a graph, whose last is the output.

    >>> from autograd_lite import Tensor, sum
    >>> from autograd_lite.reading.cards import cards_of
    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], name="W")
    >>> L = sum(Tensor([1.0, 2.0], name="x") @ W)
    >>> cards = cards_of(L, names={"L": L})
    >>> print(derive_arrays(cards, cards[1]))
    ∂L/∂v1 = 1, spread over what was summed
           = [1 1]
    ∂L/∂W = xᵀ·∂L/∂v1
          = [1 1; 2 2]
    """
    above = {wrt.name}
    found = [wrt]
    for card in cards:
        if card.name not in above and any(edge.source.name in above for edge in card.edges):
            above.add(card.name)
            found.append(card)
    return ArrayDerivation(cards[-1], wrt, tuple(reversed(found)))


def _array(x: Any, indent: int) -> str:
    """An array in a line if it is small, rows apart by semicolons; else its shape and norm."""
    x = np.asarray(x)
    if x.dtype.kind == "c" or x.ndim > 2 or x.size > MOST_ELEMENTS:
        return f"({'×'.join(map(str, x.shape))}) ‖·‖ {number_text(size(x), 4)}"
    if not x.ndim:
        return number_text(float(x))
    rows = [" ".join(number_text(float(v), 4) for v in row) for row in np.atleast_2d(x)]
    return "[" + "; ".join(rows) + "]"


def _in_latex(term: str, names: set[str]) -> str:
    """What the declarations say in Unicode: names, ∂s, transposes and dots; words stay words."""
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    pattern = rf"∂(.+?)/∂({known})(?!\w)|(?<!\w)({known})(?![^\Wᵀ])|([ᵀ·−Σ])|(.)"
    signs = {"ᵀ": r"^{\top}", "·": r" \cdot ", "−": "-", "Σ": r"\textstyle\sum "}
    parts: list[str] = []
    words = ""
    for found in re.finditer(pattern, term):
        result, operand, name, sign, other = found.groups()
        if other is not None and (other.isalpha() or other in " ,") and not name:
            words += other
            continue
        parts += [rf"\text{{{words}}}"] if words.strip() else []
        words = ""
        if result is not None:
            parts.append(partial_latex(result, operand))
        elif name is not None:
            parts.append(latex_name(name))
        else:
            parts.append(signs[sign] if sign else latex_escape(other))
    return "".join([*parts, rf"\text{{{words}}}" if words.strip() else ""])


def latex_escape(character: str) -> str:
    """A character that stands for itself."""
    special = {"\\": r"\backslash ", "^": r"\hat{}", "~": r"\sim "}
    special |= {c: "\\" + c for c in "#$%&_{}"}
    return special.get(character, character)
