"""`steps`: one HTML file in which backpropagation runs, a card at a time.

The page needs no network and no server. It holds the picture as SVG, the graph as JavaScript (see
`program.javascript`) and the script of `page.js`, which tells each step in words, follows a click
from a leaf to the output, and computes everything again when a leaf is edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from autograd_lite.engine.graph import operands_first
from autograd_lite.engine.value import Value
from autograd_lite.program.javascript import program
from autograd_lite.reading.algebra import Call, Formula, Name, Number, Operation, factor_text, text
from autograd_lite.reading.cards import Card, cards_of
from autograd_lite.viz.drawing import Drawing, check_suffix
from autograd_lite.viz.picture import Picture, picture_of
from autograd_lite.viz.render import write

MOST = 150
"""More cards than these are not stepped through."""

_MARK = "\x01"


class Steps:
    """The page; shows itself in a notebook, and saves itself as one .html file."""

    def __init__(self, cards: list[Card], theme: str = "light") -> None:
        if len(cards) > MOST:
            raise ValueError(
                f"steps: {len(cards)} cards are too many to step through, at most {MOST}: name "
                "fewer values, or take the loss of one sample"
            )
        if any(card.node.partials is None for card in cards):
            raise TypeError(
                "steps: the page computes with numbers; run the function on Values, or on arrays "
                "of Values, instead of Tensors"
            )
        if any(edge.folded for card in cards for edge in card.edges):
            named = {card.name: card.node for card in cards}
            cards = cards_of(cards[-1].node, names=named, functions=False)
        picture = picture_of(cards, expand=True)
        self._html = _page(cards, picture, Drawing(picture, theme).svg(), theme)

    def html(self) -> str:
        """The whole page."""
        return self._html

    def save(self, path: str | Path) -> Path:
        """Write the page to a .html file, whole or not at all; returns its path."""
        check_suffix(path, (".html",))
        write(Path(path), self._html.encode())
        return Path(path)

    def _repr_html_(self) -> str:
        page = escape(self._html, quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:720px;border:0"></iframe>'


def steps(
    output: Any, names: Mapping[str, Any] | None = None, *, fold: bool = True, theme: str = "light"
) -> Steps:
    """Backpropagation step by step: forward, then backward, a card at a time, in words.

    Keys: → and ← step, Home and End jump, space plays. A click on an input lights up its paths,
    with the product that has flowed so far and the derivation; its number can be edited, and
    values and gradients are computed again, with what the gradient predicted beside what happened.
    Beside the graph of a compiled program (`f.value_and_grad.graph[0]`) stands its source: at each
    step the lines light up that compute it.

    Args:
        output: a Value.
        names: names of variables, such as `locals()`.
        fold: whether values without a name go into the algebra of the next.
        theme: "light" or "dark".

    Raises:
        TypeError: if the output is no Value, or there is a Tensor among what it is computed from.
        ValueError: if there are more than 150 cards.

    >>> x = Value(3.0, name="x")
    >>> page = steps(x * x + 1.0).html()
    >>> "<script" in page and "https:" not in page
    True
    """
    return Steps(cards_of(output, fold=fold, names=names, functions=False), theme)


def _page(cards: list[Card], picture: Picture, svg: str, theme: str) -> str:
    """The template filled in. Names of the user stand only in JSON and in escaped text."""
    here = files("autograd_lite.viz")
    nodes = operands_first(cards[-1].node)
    body, partials = program(nodes)
    data = json.dumps(_data(cards, picture, nodes, partials), ensure_ascii=True)
    parts = {
        "TITLE": escape(f"Backpropagation of {cards[-1].name}"[:100]),
        "THEME": theme,
        "STYLE": here.joinpath("page.css").read_text("utf-8"),
        "SVG": svg,
        "CODE": _code(cards),
        "DATA": data.replace("<", "\\u003c"),
        "PROGRAM": f"function program(v, p) {{\n{body}\n}}",
        "SCRIPT": here.joinpath("page.js").read_text("utf-8"),
    }
    page = here.joinpath("page.html").read_text("utf-8")
    pieces = page.split("%%")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


def _code(cards: list[Card]) -> str:
    """The source of a compiled program, a line each, if the graph is that of one."""
    noted = cards[-1].node.note("code")
    if noted is None:
        return ""
    lines = [
        f'<span class="comment">{escape(x)}</span>'
        if x.strip().startswith("#")
        else f"<span>{escape(x)}</span>"
        for x in noted.source.split("\n")
    ]
    return f'<pre id="code" tabindex="0" aria-label="The code">{"".join(lines)}</pre>\n'


def _lines_of(card: Card, ends: set[Any]) -> tuple[list[int], list[int]]:
    """The lines of the source that compute a card, and those that compute its gradient."""
    computed: set[int] = set()
    backwards: set[int] = set()
    seen = {card.node}
    left = [card.node]
    while left:
        node = left.pop()
        noted = node.note("code")
        if noted is not None:
            computed.update(noted.computed)
            backwards.update(noted.backwards)
        below = [x for _, x in node.variables() if x not in ends and x not in seen]
        seen.update(below)
        left += below
    return sorted(computed), sorted(backwards)


def _data(
    cards: list[Card],
    picture: Picture,
    nodes: list[Value],
    partials: Mapping[tuple[Value, int], int],
) -> dict[str, Any]:
    """What the script knows of the graph."""
    place = {node: i for i, node in enumerate(nodes)}
    index = {card.name: i for i, card in enumerate(cards)}
    ends = {card.node for card in cards}
    keys: dict[tuple[str, str], list[str]] = {}
    for arrow in picture.arrows:
        keys.setdefault((arrow.target, arrow.source), []).append(arrow.key)
    shown = []
    for i, card in enumerate(cards):
        edges = []
        for edge in card.edges:
            source = index[edge.source.name]
            mine = keys[f"n{i}", f"n{source}"]
            edges.append(
                {
                    "source": source,
                    "partial": edge.partial,
                    "elsewhere": edge.elsewhere,
                    "symbol": factor_text(edge.symbol),
                    "plain": text(edge.symbol),
                    "constant": isinstance(edge.symbol, Number),
                    "way": [partials[step] for step in edge.steps()],
                    "key": mine.pop(0) if len(mine) > 1 else mine[0],
                }
            )
        cell = picture.cells[i]
        computed, backwards = _lines_of(card, ends)
        shown.append(
            {
                "name": card.name,
                "node": place[card.node],
                "algebra": None if card.algebra is None else _pieces(card.algebra, index),
                "edges": edges,
                "value": cell.value,
                "gradient": cell.gradient,
                "computed": computed,
                "backwards": backwards,
            }
        )
    return {"cards": shown, "leaves": [_value(node.data) for node in nodes]}


def _pieces(tree: Formula, index: Mapping[str, int]) -> list[str | int]:
    """A line of algebra as text and, in place of names, the numbers of their cards."""
    written = text(_marked(tree, index))
    return [int(part) if i % 2 else part for i, part in enumerate(written.split(_MARK))]


def _marked(tree: Formula, index: Mapping[str, int]) -> Formula:
    if isinstance(tree, Name) and tree.text in index:
        return Name(f"{_MARK}{index[tree.text]}{_MARK}")
    if isinstance(tree, Operation | Call):
        operands = tuple(_marked(x, index) for x in tree.operands)
        return replace(tree, operands=operands)
    return tree


def _value(data: float) -> float | None:
    """A number for JSON, which knows no nan and no inf: None."""
    return data if data - data == 0.0 else None
