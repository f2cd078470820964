"""The legend below a picture: what those of its colours, widths and marks that it has mean."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from autograd_lite.viz.colours import Theme, legible
from autograd_lite.viz.picture import Picture

Piece = tuple[str, str]
"""Words, and their colour."""


def legend(picture: Picture, colours: Theme, overlay: str | None) -> str:
    """The legend as an HTML-like table of Graphviz; "" where there is nothing to explain."""
    lines = list(_lines(picture, colours, overlay))
    rows = "".join(
        '<TR><TD ALIGN="LEFT">'
        + "".join(f'<FONT COLOR="{colour}">{in_label(words)}</FONT>' for words, colour in line)
        + "</TD></TR>"
        for line in lines
    )
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>'
    return table if lines else ""


def in_label(words: str) -> str:
    r"""Words in an HTML-like label. Older versions of Graphviz read \G as the name of the graph,
    and move a ] to the next line, since it could end a section: the backslash gets a mark behind
    it that is not seen, the bracket is written as a number."""
    return escape(words).replace("]", "&#93;").replace("\\", "\\" + JOINER)


JOINER = "\u2060"


def _lines(picture: Picture, colours: Theme, overlay: str | None) -> Iterator[list[Piece]]:
    muted = colours.muted
    if picture.arrows:
        line: list[Piece] = []
        for sign, word, hue in (
            (1, "positive", colours.positive),
            (-1, "negative", colours.negative),
        ):
            if any(arrow.sign == sign for arrow in picture.arrows):
                line.append((f"━ {word}  ", legible(hue, colours.paper)))
        if any(arrow.sign == 0 and arrow.share > 0.0 for arrow in picture.arrows):
            line.append(("━ of both signs  ", muted))
        line.append(("gradient that flows back; the wider, the larger its share", muted))
        yield line
    marked = next((a for a in picture.arrows if a.slot and not a.pulled), None)
    if marked is not None:
        head = marked.partial.partition("/")[0]
        yield [(f"{head}: by value {marked.slot} in that line alone, the others held", muted)]
    if picture.pulls:
        yield [("g: the gradient of the card that the arrow leads to", muted)]
    if overlay is None and any(cell.still for cell in picture.cells):
        yield [("grey card: nothing flows back to it", muted)]
    sizes = [cell.magnitude for cell in picture.cells if np.isfinite(cell.magnitude)]
    if overlay is not None and sizes:
        low, high = (f"{10 ** f(sizes):.1e}" for f in (min, max))
        yield [(f"the bluer a card, the larger |gradient|: {low} to {high}", muted)]
