"""The picture as text in the DOT language: a card a value, the local derivative on every edge.

Left to right, inputs left, the output right. Blue edges carry a positive gradient back, orange
ones a negative (colours that colour-blind readers can tell apart); the thicker, the larger its
share of the gradient of the value that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.viz.colours import THEMES, Theme, legible, mixed
from autograd_lite.viz.legend import in_label, legend
from autograd_lite.viz.picture import Arrow, Cell, Picture

MOST_LABELS = 80
"""With more arrows than these, what stands on them is only shown when pointed at."""

THIN, THICKER = 0.6, 2.4
"""The width of an arrow that carries nothing, and how much wider one is that carries all."""

ROOM = 4
"""Points around what stands on an arrow."""

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"


def dot_source(picture: Picture, theme: str = "light", overlay: str | None = None) -> str:
    """The picture in the DOT language.

    Args:
        picture: what to draw.
        theme: "light" or "dark".
        overlay: "gradient" colours the cards by log10 of the size of their gradient.

    Raises:
        ValueError: if the theme or the overlay is not known.
    """
    if theme not in THEMES:
        raise ValueError(f"theme: {theme!r} is not known; there are {', '.join(THEMES)}")
    if overlay not in (None, "gradient"):
        raise ValueError(f"overlay: {overlay!r} is not known; there is 'gradient'")
    colours = THEMES[theme]
    font = _quoted(FONT)
    lines = [
        "digraph {",
        f'  graph [rankdir=LR, nodesep=0.3, ranksep=0.9, pad=0.2, bgcolor="{colours.paper}"]',
        f"  node [shape=plain, fontname={font}, fontsize=12]",
        f"  edge [fontname={font}, fontsize=10, arrowsize=0.6]",
    ]
    if words := legend(picture, colours, overlay):
        lines.append(
            f"  graph [label=<{words}>, labelloc=b, labeljust=l, fontname={font}, fontsize=11]"
        )
    fills = _fills(picture, colours, overlay)
    lines += _boxes(picture, colours, fills)
    labelled = len(picture.arrows) <= MOST_LABELS
    for a in picture.arrows:
        lines.append(f"  {a.source} -> {a.target} [{_arrow(a, colours, labelled)}]")
    if picture.sides:
        lines += _aligned(picture)
    return "\n".join([*lines, "}", ""])


def _aligned(picture: Picture) -> Iterator[str]:
    """Of a comparison: the first side above the second, cards of one name in one column."""
    first, second = (
        {cell.name: cell.key for cell in picture.cells if cell.layer == side}
        for side in picture.sides or ()
    )
    yield "  graph [newrank=true]"
    for name, key in first.items():
        if name in second:
            yield f"  {{ rank=same; {second[name]} -> {key} [style=invis, weight=0] }}"


def _boxes(picture: Picture, colours: Theme, fills: dict[str, str]) -> Iterator[str]:
    """The cards; those of a layer in its box."""
    boxes: dict[str | None, list[Cell]] = {}
    for cell in picture.cells:
        boxes.setdefault(cell.layer, []).append(cell)
    in_order = list(boxes.items())
    for i, (layer, cells) in enumerate(in_order[::-1] if picture.sides else in_order):
        cards = [
            f"  {c.key} [id={c.key}, label=<{_label(c, colours, fills[c.key])}>]" for c in cells
        ]
        if layer is None:
            yield from cards
            continue
        look = f'color="{colours.line}", fontcolor="{colours.muted}", fontname={_quoted(FONT)}'
        yield f"  subgraph cluster_{i} {{"
        look += ', style="rounded,dashed", labelloc=t, labeljust=l'
        yield f"    graph [label={_quoted(layer)}, {look}]"
        yield from (f"  {card}" for card in cards)
        yield "  }"


def _fills(picture: Picture, colours: Theme, overlay: str | None) -> dict[str, str]:
    """The background of each card: by kind, or by the size of its gradient."""
    kinds = {"input": colours.input, "constant": colours.paper, "output": colours.output}
    if overlay is None:
        return {
            cell.key: colours.still if cell.still else kinds.get(cell.kind, colours.result)
            for cell in picture.cells
        }
    sizes = [cell.magnitude for cell in picture.cells if np.isfinite(cell.magnitude)]
    low, high = min(sizes, default=0.0), max(sizes, default=0.0)
    return {
        cell.key: _shade(colours, (cell.magnitude - low) / (high - low or 1.0))
        if np.isfinite(cell.magnitude)
        else colours.paper
        for cell in picture.cells
    }


def _shade(colours: Theme, how_much: float) -> str:
    return mixed(colours.paper, colours.positive, 0.08 + 0.5 * how_much)


# ---------------------------------------------------------------- cards


def _label(cell: Cell, colours: Theme, fill: str) -> str:
    """A card as an HTML-like table: name and algebra, value, gradient, notes."""
    rows = _rows(cell, colours, fill)
    body = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    border = colours.warning if cell.notes else colours.ink if cell.changes else colours.line
    thick = cell.notes or cell.changes or cell.count > 1
    peripheries = f' BORDER="{2 if thick else 1}"'
    return (
        f'<TABLE{peripheries} CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" '
        f'COLOR="{border}" BGCOLOR="{fill}" STYLE="ROUNDED">{body}</TABLE>'
    )


def _rows(cell: Cell, colours: Theme, fill: str) -> Iterator[str]:
    ink = legible(colours.muted if cell.muted else colours.ink, fill)
    muted = legible(colours.muted, fill)
    joint = ": " if cell.kind == "layer" else " = "
    algebra = joint + _algebra(cell.algebra, muted) if cell.algebra else ""
    slack = "&#160;" * (len(cell.algebra[:48]) // 16)  # a reader's font may be wider
    yield f'<FONT COLOR="{ink}"><B>{_html(cell.name)}</B>{algebra}{slack}</FONT>'
    yield _small(cell.value, ink, 12)
    if cell.strip is not None:
        yield _heat(cell.strip, colours)
    hue = legible({1: colours.positive, -1: colours.negative}.get(cell.sign, muted), fill)
    partial = _small(cell.partial, muted, end=" = ") if cell.partial else ""
    yield partial + _small(cell.gradient, hue)
    if cell.gradient_strip is not None:
        yield _heat(cell.gradient_strip, colours)
    if cell.more:
        yield _small(cell.more, ink)
    for change in cell.changes:
        yield f"<B>{_small(change, ink)}</B>"
    for note in cell.notes[:2]:
        yield _small(note, legible(colours.warning, fill))


def _small(words: str, colour: str, size: int = 10, end: str = "") -> str:
    size_of = "" if size == 12 else f' POINT-SIZE="{size}"'
    return f'<FONT COLOR="{colour}"{size_of}>{_html(words, 100)}{end}</FONT>'


def _algebra(formula: str, muted: str) -> str:
    """The line of algebra, its constants muted."""
    parts = re.split(r"((?<![\w.])\d+(?:\.\d+)?(?:e[-+−]?\d+)?(?!\w))", _cut(formula, 48))
    return "".join(
        f'<FONT COLOR="{muted}">{part}</FONT>' if i % 2 else in_label(part)
        for i, part in enumerate(parts)
        if part
    )


def _heat(rows: Any, colours: Theme) -> str:
    """A small array as a table of coloured squares: blue positive, orange negative."""
    most = float(np.max(np.abs(rows[np.isfinite(rows)]), initial=0.0)) or 1.0
    lines = []
    for row in rows:
        squares = "".join(f'<TD BGCOLOR="{_heat_colour(x / most, colours)}"></TD>' for x in row)
        lines.append(f"<TR>{squares}</TR>")
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="5" '
        f'BGCOLOR="{colours.line}">{"".join(lines)}</TABLE>'
    )


def _heat_colour(x: float, colours: Theme) -> str:
    if not np.isfinite(x):
        return colours.warning
    return mixed(colours.paper, colours.positive if x > 0 else colours.negative, abs(x) ** 0.7)


# ---------------------------------------------------------------- edges


def _arrow(arrow: Arrow, colours: Theme, words: bool) -> str:
    wrong = arrow.checked is False or arrow.mark
    hue = colours.warning if wrong else _hue(arrow.sign, colours)
    style = ', style="dashed"' if arrow.muted else ""
    label = f"<{_apart(arrow.label)}>" if words and arrow.label else '""'
    return (
        f"id={arrow.key}, label={label}, tooltip={_quoted(arrow.label)}, "
        f'fontcolor="{colours.muted}", color="{colours.line if arrow.muted else hue}", '
        f"penwidth={THIN + THICKER * arrow.share:.2f}{style}"
    )


def _apart(label: str) -> str:
    """A label with some room around it, so that its arrow does not run through it."""
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{ROOM}"><TR><TD>'
        f"{_html(label, 180)}</TD></TR></TABLE>"
    )


def _hue(sign: int, colours: Theme) -> str:
    return {1: colours.positive, -1: colours.negative}.get(sign, colours.nothing)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _html(words: str, most: int = 48) -> str:
    return in_label(_cut(" ".join(words.split()), most))


def _quoted(words: str) -> str:
    """A DOT string, of bearable length: quotes, backslashes, & stand for themselves."""
    shown = _cut(" ".join(words.split()), 120).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + shown.replace("&", "&amp;") + '"'
