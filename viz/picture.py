"""What is drawn: cells (a card, or several that are alike) and arrows between them.

The drawing programs (DOT, text, Mermaid, HTML) take a `Picture` and know nothing of graphs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from autograd_lite.reading.cards import Card
from autograd_lite.reading.health import ailments, uses_of
from autograd_lite.reading.names import printable
from autograd_lite.viz.arrows import Arrow, Arrows
from autograd_lite.viz.cells import Cell, cell, constant_cell
from autograd_lite.viz.fold import BUDGET, fold, layers_of

__all__ = ["Arrow", "Cell", "Picture", "picture_of"]


@dataclass
class Picture:
    """Cells, operands first, and the arrows from operands to results."""

    cells: list[Cell]
    arrows: list[Arrow]
    output: str
    """The name of the output."""
    hidden: int = 0
    """How many cards were folded away."""

    sides: tuple[str, str] | None = None
    """Of a comparison, what the two are called; each cell has one of them as its layer."""

    @property
    def pulls(self) -> bool:
        """Whether g, the gradient of what an arrow leads to, stands anywhere."""
        return any(arrow.pulled for arrow in self.arrows)


def picture_of(
    cards: Sequence[Card],
    budget: int = BUDGET,
    expand: Collection[str] | bool = (),
    wrt: Collection[str] = (),
    check: bool = False,
    fold_layers: bool | None = None,
) -> Picture:
    """The picture of cards, folded to a budget.

    Args:
        cards: operands first, the output last.
        budget: how many cells there may be.
        expand: names of cards that stay by themselves; True folds nothing.
        wrt: names of cards to show the way to; what is apart from it is muted.
        check: mark each arrow with whether it agrees with numerical differentiation.
        fold_layers: whether each layer becomes one card; by default if the budget asks for it.
    """
    turns = expand is not True
    if expand is True:
        budget, expand = max(budget, len(cards)), ()
    wrt = [printable(name) for name in wrt]
    kept = [printable(name) for name in expand or ()]
    groups = fold(cards, budget, [*kept, *wrt], fold_layers, turns)
    layers = layers_of(cards)
    key = {
        card.name: f"n{i}"
        for i, group in enumerate(groups)
        for card in (*group.cards, *group.inputs)
    }
    lit = _on_the_way(cards, wrt)
    notes = ailments(cards)
    output = cards[-1]
    uses = uses_of(cards)
    shown = {g.first.name: f"({g.layer})" for g in groups if g.layer}
    cells = [
        cell(f"n{i}", group, output, uses, notes, lit, shown) for i, group in enumerate(groups)
    ]
    for drawn, group in zip(cells, groups, strict=True):
        drawn.layer = None if group.layer or len(group.cards) > 1 else layers.get(group.first.name)
    arrows = Arrows(groups, key, uses, lit, check, output.name).all()
    constants, more = _constants(cards, key, lit)
    return Picture(constants + cells, arrows + more, output.name, len(cards) - len(groups))


def _constants(
    cards: Sequence[Card], key: Mapping[str, str], lit: Collection[str]
) -> tuple[list[Cell], list[Arrow]]:
    """The cards of plain arrays that have names, and arrows, on which nothing flows back."""
    cells: dict[str, Cell] = {}
    ends: dict[tuple[str, str], bool] = {}
    for card in cards:
        for name, array in card.constants:
            if name not in cells:
                cells[name] = constant_cell(f"c{len(cells)}", name, array)
            ends[cells[name].key, key[card.name]] = card.name in lit
    arrows = [
        Arrow(f"k{i}", source, target, "", "", "", 0, 0.0, muted=True)
        for i, (source, target) in enumerate(ends)
    ]
    return list(cells.values()), arrows


def _on_the_way(cards: Sequence[Card], wrt: Collection[str]) -> set[str]:
    """The names of the cards between those asked for and the output; all if none is asked for."""
    if not wrt:
        return {card.name for card in cards}
    names = {card.name for card in cards}
    for name in wrt:
        if name not in names:
            raise ValueError(f"wrt: the output does not depend on '{name}'")
    lit = set(wrt)
    for card in cards:
        if any(edge.source.name in lit for edge in card.edges):
            lit.add(card.name)
    return lit
