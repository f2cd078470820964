"""Two graphs side by side: what changed in values and gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograd_lite.reading.cards import cards_of
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
    """Two graphs in one picture, with what differs noted on the cards of the second.

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
    first = picture_of(cards_of(a, names=names))
    second = picture_of(cards_of(b, names=names_b or names))
    noted = _noted(first, second)
    cells = [
        *(replace(c, key=f"a{c.key}", layer=titles[0]) for c in first.cells),
        *(replace(c, key=f"b{c.key}", layer=titles[1]) for c in noted),
    ]
    arrows = [_moved(x, "a") for x in first.arrows] + [_moved(x, "b") for x in second.arrows]
    return Drawing(Picture(cells, arrows, f"{first.output} and {second.output}"), theme)


def changes(a: Any, b: Any, names: Mapping[str, Any] | None = None) -> str:
    """What differs between two graphs, a line a card; "" if nothing does."""
    first, second = (picture_of(cards_of(x, names=names)) for x in (a, b))
    lines = [f"{c.name}: {', '.join(c.notes)}" for c in _noted(first, second) if c.notes]
    here = {c.name for c in second.cells}
    lines += [f"{c.name}: only in the first" for c in first.cells if c.name not in here]
    return "\n".join(lines)


def _moved(arrow: Arrow, side: str) -> Arrow:
    key, source, target = (side + key for key in (arrow.key, arrow.source, arrow.target))
    return replace(arrow, key=key, source=source, target=target)


def _noted(first: Picture, second: Picture) -> list[Cell]:
    """The cells of the second picture with what differs from the first as notes."""
    before = {cell.name: cell for cell in first.cells}
    return [replace(cell, notes=_differences(before.get(cell.name), cell)) for cell in second.cells]


def _differences(old: Cell | None, new: Cell) -> list[str]:
    if old is None:
        return ["only in the second"]
    sides = {
        "algebra": (old.algebra, new.algebra),
        "value": (old.value, new.value),
        "gradient": (_total(old.gradient), _total(new.gradient)),
    }
    return [f"{what} {a or '–'} → {b or '–'}" for what, (a, b) in sides.items() if a != b]


def _total(gradient: str) -> str:
    """The gradient without the terms that it is the sum of."""
    return gradient.rpartition(" = ")[2]
