"""The picture as text in the DOT language: a card a value, the local derivative on every edge.

Left to right, inputs left, the output right. Blue edges carry a positive gradient back, orange
ones a negative (colours that colour-blind readers can tell apart); the thicker, the larger its
share of the gradient of the value that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from autograd_lite.viz.picture import Arrow, Cell, Picture

MOST_LABELS = 80
"""With more arrows than these, what stands on them is only shown when pointed at."""

THIN, THICKER = 0.6, 2.4
"""The width of an arrow that carries nothing, and how much wider one is that carries all."""

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"


@dataclass(frozen=True)
class Theme:
    """The colours of a picture."""

    paper: str
    ink: str
    muted: str
    line: str
    input: str
    result: str
    output: str
    positive: str
    negative: str
    nothing: str
    still: str
    warning: str


THEMES = {
    "light": Theme(
        paper="#ffffff", ink="#1d1d1f", muted="#5f6368", line="#b5b9bf", input="#f4f1e8",
        result="#ffffff", output="#e8f0fa", positive="#1f6fb4", negative="#c65a00",
        nothing="#9a9a9a", still="#e3e3e3", warning="#b00020",
    ),
    "dark": Theme(
        paper="#16181d", ink="#eceff4", muted="#a6adb8", line="#4c5360", input="#2a2720",
        result="#20242c", output="#1c2b3f", positive="#6cb2f0", negative="#f0a04b",
        nothing="#7a7f88", still="#3a3d42", warning="#ff7a8a",
    ),
}  # fmt: skip


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
        f'  graph [rankdir=LR, nodesep=0.25, ranksep=0.8, pad=0.2, bgcolor="{colours.paper}"]',
        f"  node [shape=plain, fontname={font}, fontsize=12]",
        f"  edge [fontname={font}, fontsize=10, arrowsize=0.6]",
    ]
    fills = _fills(picture, colours, overlay)
    lines += _boxes(picture, colours, fills)
    words = len(picture.arrows) <= MOST_LABELS
    lines += [f"  {a.source} -> {a.target} [{_arrow(a, colours, words)}]" for a in picture.arrows]
    return "\n".join([*lines, "}", ""])


def _boxes(picture: Picture, colours: Theme, fills: dict[str, str]) -> Iterator[str]:
    """The cards; those of a layer in its box."""
    boxes: dict[str | None, list[Cell]] = {}
    for cell in picture.cells:
        boxes.setdefault(cell.layer, []).append(cell)
    for i, (layer, cells) in enumerate(boxes.items()):
        cards = [
            f"  {c.key} [id={c.key}, label=<{_label(c, colours, fills[c.key])}>]" for c in cells
        ]
        if layer is None:
            yield from cards
            continue
        look = f'color="{colours.line}", fontcolor="{colours.muted}", fontname={_quoted(FONT)}'
        yield f"  subgraph cluster_{i} {{"
        yield f'    graph [label={_quoted(layer)}, {look}, style="rounded,dashed", labeljust=l]'
        yield from (f"  {card}" for card in cards)
        yield "  }"


def _fills(picture: Picture, colours: Theme, overlay: str | None) -> dict[str, str]:
    """The background of each card: by kind, or by the size of its gradient."""
    kinds = {"input": colours.input, "output": colours.output}
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
    return _mixed(colours.paper, colours.positive, 0.08 + 0.6 * how_much)


def _mixed(a: str, b: str, share: float) -> str:
    """A colour between two."""
    parts = [
        round(int(a[i : i + 2], 16) * (1 - share) + int(b[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{p:02x}" for p in parts)


# ---------------------------------------------------------------- cards


def _label(cell: Cell, colours: Theme, fill: str) -> str:
    """A card as an HTML-like table: name and algebra, value, gradient, notes."""
    body = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in _rows(cell, colours))
    border = colours.warning if cell.notes else colours.line
    peripheries = ' BORDER="2"' if cell.notes or cell.count > 1 else ' BORDER="1"'
    return (
        f'<TABLE{peripheries} CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" '
        f'COLOR="{border}" BGCOLOR="{fill}" STYLE="ROUNDED">{body}</TABLE>'
    )


def _rows(cell: Cell, colours: Theme) -> Iterator[str]:
    ink = colours.muted if cell.muted else colours.ink
    joint = ": " if cell.kind == "layer" else " = "
    algebra = joint + _algebra(cell.algebra, colours) if cell.algebra else ""
    yield f'<FONT COLOR="{ink}"><B>{_html(cell.name)}</B>{algebra}</FONT>'
    yield f'<FONT COLOR="{ink}">{_html(cell.value)}</FONT>'
    if cell.strip is not None:
        yield _heat(cell.strip, colours)
    hue = _hue(cell.sign, colours)
    yield (
        f'<FONT COLOR="{colours.muted}" POINT-SIZE="10">{_html(cell.partial)} = </FONT>'
        f'<FONT COLOR="{hue}" POINT-SIZE="10">{_html(cell.gradient)}</FONT>'
    )
    if cell.more:
        yield f'<FONT COLOR="{ink}" POINT-SIZE="10">{_html(cell.more, 70)}</FONT>'
    for note in cell.notes[:2]:
        yield f'<FONT COLOR="{colours.warning}" POINT-SIZE="10">{_html(note, 70)}</FONT>'


def _algebra(formula: str, colours: Theme) -> str:
    """The line of algebra, its constants muted."""
    parts = re.split(r"((?<![\w.])\d+(?:\.\d+)?(?:e[-+−]?\d+)?(?!\w))", _cut(formula, 48))
    return "".join(
        f'<FONT COLOR="{colours.muted}">{part}</FONT>' if i % 2 else escape(part)
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
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="5">{"".join(lines)}</TABLE>'
    )


def _heat_colour(x: float, colours: Theme) -> str:
    if not np.isfinite(x):
        return colours.warning
    return _mixed(colours.paper, colours.positive if x > 0 else colours.negative, abs(x) ** 0.7)


# ---------------------------------------------------------------- edges


def _arrow(arrow: Arrow, colours: Theme, words: bool) -> str:
    wrong = arrow.checked is False or arrow.mark
    hue = colours.warning if wrong else _hue(arrow.sign, colours)
    style = ', style="dashed"' if arrow.muted else ""
    label = arrow.label if words else ""
    return (
        f"id={arrow.key}, label={_quoted(label)}, tooltip={_quoted(arrow.label)}, "
        f'fontcolor="{colours.muted}", color="{colours.line if arrow.muted else hue}", '
        f"penwidth={THIN + THICKER * arrow.share:.2f}{style}"
    )


def _hue(sign: int, colours: Theme) -> str:
    return {1: colours.positive, -1: colours.negative}.get(sign, colours.nothing)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _html(words: str, most: int = 48) -> str:
    return escape(_cut(" ".join(words.split()), most))


def _quoted(words: str) -> str:
    """A DOT string, of bearable length: quotes, backslashes, & stand for themselves."""
    shown = _cut(" ".join(words.split()), 120).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + shown.replace("&", "&amp;") + '"'
