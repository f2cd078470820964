"""Two graphs compared: what changed in values and gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.reading.algebra import number_text
from autograd_lite.reading.cards import Card, cards_of
from autograd_lite.reading.names import printable
from autograd_lite.viz.drawing import Drawing
from autograd_lite.viz.picture import Arrow, Cell, Picture, picture_of


def diff(
    a: Any,
    b: Any,
    names: Mapping[str, Any] | None = None,
    *,
    names_b: Mapping[str, Any] | None = None,
    titles: tuple[str, str] = ("before", "after"),
    theme: str = "light",
) -> Drawing:
    """Two graphs in one picture, the first above the second, cards of one name above each other,
    with every change written on the cards of the second.

    Cards are matched by name. Use it for two runs of one program (before and after a step of
    gradient descent), or for two programs.

    Args:
        a: the output of the first graph, a Value or a Tensor without axes.
        b: that of the second.
        names: names of variables, such as `locals()`.
        names_b: those of the second graph, if they are others.
        titles: what to call the two.
        theme: "light" or "dark".

    >>> from autograd_lite.explain import explain
    >>> runs = [explain("E = x**2", {"x": x}).cards[-1].node for x in (1.0, 2.0)]
    >>> print(changes(*runs))
    x: value 1 → 2, gradient 2 → 4
    E: value 1 → 4
    """
    titles = (printable(titles[0]), printable(titles[1]))
    cards = cards_of(a, names=names), cards_of(b, names=names_b or names)
    first, second = map(picture_of, cards)
    before, after = _compared(first, second, *cards, titles)
    cells = [
        *(replace(c, key=f"a{c.key}", layer=titles[0]) for c in before),
        *(replace(c, key=f"b{c.key}", layer=titles[1]) for c in after),
    ]
    arrows = [_moved(x, "a") for x in first.arrows] + [_moved(x, "b") for x in second.arrows]
    output = f"{first.output} and {second.output}"
    return Drawing(Picture(cells, arrows, output, sides=titles), theme)


def changes(a: Any, b: Any, names: Mapping[str, Any] | None = None) -> str:
    """What differs between two graphs, a line a card; "" if nothing does."""
    cards = cards_of(a, names=names), cards_of(b, names=names)
    first, second = map(picture_of, cards)
    before, after = _compared(first, second, *cards, ("the first", "the second"))
    noted = [c for c in (*after, *before) if c.changes]
    return "\n".join(f"{c.name}: {', '.join(c.changes)}" for c in noted)


def _moved(arrow: Arrow, side: str) -> Arrow:
    key, source, target = (side + key for key in (arrow.key, arrow.source, arrow.target))
    return replace(arrow, key=key, source=source, target=target)


def _compared(
    first: Picture,
    second: Picture,
    cards: Sequence[Card],
    others: Sequence[Card],
    titles: tuple[str, str],
) -> tuple[list[Cell], list[Cell]]:
    """The cells of both pictures: those of the second with what differs from the first, those of
    the first with whether they are gone."""
    before, after = ({cell.name: cell for cell in p.cells} for p in (first, second))
    numbers, new = ({c.name: c for c in part} for part in (cards, others))
    gone = [
        c if c.name in after else replace(c, changes=[f"only in {titles[0]}"]) for c in first.cells
    ]
    found = []
    for cell in second.cells:
        old = before.get(cell.name)
        if old is None:
            said = [f"only in {titles[1]}"]
        else:
            said = _differences(old, cell, numbers.get(cell.name), new.get(cell.name))
        found.append(replace(cell, changes=said))
    return gone, found


def _differences(old: Cell, new: Cell, card: Card | None, other: Card | None) -> list[str]:
    """Each change: as it is shown, and by how much where what is shown is the same."""
    sides: list[tuple[str, str, str, Any, Any]] = [
        ("algebra", old.algebra, new.algebra, None, None),
        ("value", old.value, new.value, card and card.value, other and other.value),
        ("gradient", _total(old.gradient), _total(new.gradient), card and card.gradient,
         other and other.gradient),
    ]  # fmt: skip
    found = []
    for what, a, b, x, y in sides:
        if a != b:
            found.append(f"{what} {a or '–'} → {b or '–'}")
        elif x is not None and not np.array_equal(x, y, equal_nan=True):
            by = np.linalg.norm(np.subtract(y, x))
            found.append(f"{what} {a}, changed by {number_text(float(by), 2)}")
    return found


def _total(gradient: str) -> str:
    """The gradient without the terms that it is the sum of."""
    return gradient.rpartition(" = ")[2]
