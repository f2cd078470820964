"""`steps`: one HTML file in which backpropagation runs, a card at a time.

The page needs no network and no server. It holds the graph as JavaScript (see `program.javascript`)
and a script that draws it: `page_layout.js` says where everything is, `paint` in `page_draw.js`
draws it from the numbers, after a step or an edit alike, `page_words.js` says it in words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from autograd_lite.engine.graph import operands_first
from autograd_lite.engine.value import Value
from autograd_lite.program.javascript import program
from autograd_lite.reading.algebra import Call, Formula, Name, Number, Operation, factor_text, text
from autograd_lite.reading.cards import Card, Edge, cards_of
from autograd_lite.viz.drawing import check_suffix
from autograd_lite.viz.health import is_activation
from autograd_lite.viz.page_rules import rules, style
from autograd_lite.viz.render import write

MOST = 150
"""More cards than these are not stepped through."""

_MARK = "\x01"


class Steps:
    """The page; shows itself in a notebook, and saves itself as one .html file."""

    def __init__(self, cards: list[Card], theme: str = "auto") -> None:
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
        self._html = _page(cards, theme)

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
    output: Any, names: Mapping[str, Any] | None = None, *, fold: bool = True, theme: str = "auto"
) -> Steps:
    """Backpropagation step by step: forward, then backward, a card at a time, in words.

    Keys: → and ← step, Home and End jump, space plays. A click on an input lights up its paths,
    with the product that has flowed so far and the derivation; its number can be edited, and
    values and gradients are computed again, with what the gradient predicted beside what happened.

    Args:
        output: a Value.
        names: names of variables, such as `locals()`.
        fold: whether values without a name go into the algebra of the next.
        theme: "light", "dark", or "auto" for what the reader's system is set to.

    Raises:
        TypeError: if the output is no Value, or there is a Tensor among what it is computed from.
        ValueError: if there are more than 150 cards, or the theme is not known.

    >>> x = Value(3.0, name="x")
    >>> page = steps(x * x + 1.0).html()
    >>> "<script" in page and "https:" not in page
    True
    """
    return Steps(cards_of(output, fold=fold, names=names, functions=False), theme)


SCRIPTS = ("numbers", "passes", "layout", "cards", "draw", "frame", "words", "main")
"""What every page consists of, in this order: `page_numbers.js` …"""


def _page(cards: list[Card], theme: str) -> str:
    nodes = operands_first(cards[-1].node)
    body, partials = program(nodes)
    data = _data(cards, nodes, partials)
    compute = f"function program(v, p) {{\n{body}\n}}"
    title = f"Backpropagation of {cards[-1].name}"[:100]
    return page(title, theme, data, [compute, script("steps")])


def page(title: str, theme: str, data: Any, scripts: Sequence[str], formula: str = "") -> str:
    """The template filled in. Names of the user stand only in JSON and in escaped text.

    Args:
        title: of the page.
        theme: "light", "dark", or "auto" for the reader's choice.
        data: what the script starts from.
        scripts: what it does, after those that every page has.
        formula: HTML that stands above the steps.
    """
    here = files("autograd_lite.viz")
    given = [f'"use strict";\nconst rules = {_json(rules())};', *map(script, SCRIPTS), *scripts]
    parts = {
        "TITLE": escape(title),
        "THEME": "" if theme == "auto" else f' data-theme="{theme}"',
        "STYLE": f"{style(theme)}\n{here.joinpath('page.css').read_text('utf-8')}",
        "FORMULA": formula,
        "DATA": _json(data),
        "SCRIPT": "\n".join(given),
    }
    pieces = here.joinpath("page.html").read_text("utf-8").split("%%")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))


def script(name: str) -> str:
    """A part of the pages' script."""
    return files("autograd_lite.viz").joinpath(f"page_{name}.js").read_text("utf-8")


def _json(data: Any) -> str:
    """JSON that can stand in an HTML page and in a script."""
    return json.dumps(data, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")


def _data(
    cards: list[Card], nodes: list[Value], partials: Mapping[tuple[Value, int], int]
) -> dict[str, Any]:
    """What the script knows of the graph."""
    place = {node: i for i, node in enumerate(nodes)}
    index = {card.name: i for i, card in enumerate(cards)}
    shown = [
        {
            "name": card.name,
            "node": place[card.node],
            "algebra": None if card.algebra is None else _pieces(card.algebra, index),
            "edges": [_edge(edge, index, partials) for edge in card.edges],
            "activation": _activation(card, partials),
        }
        for card in cards
    ]
    return {"cards": shown, "leaves": [_value(node.data) for node in nodes]}


def _edge(
    edge: Edge, index: Mapping[str, int], partials: Mapping[tuple[Value, int], int]
) -> dict[str, Any]:
    return {
        "source": index[edge.source.name],
        "partial": f"∂{edge.target.name}/∂{edge.source.name}",
        "symbol": factor_text(edge.symbol),
        "plain": text(edge.symbol),
        "constant": isinstance(edge.symbol, Number),
        "way": [partials[step] for step in edge.steps()],
    }


def _activation(
    card: Card, partials: Mapping[tuple[Value, int], int]
) -> dict[str, str | int] | None:
    """Of a function that may be dead or saturated, where its local derivative is."""
    if not is_activation(card):
        return None
    return {"name": card.node.primitive.name, "partial": partials[card.node, 0]}


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


def _value(data: float) -> float | str:
    """A number for JSON, which knows no nan and no inf: as JavaScript names them."""
    if data - data == 0.0:
        return data
    return "NaN" if data != data else "Infinity" if data > 0 else "-Infinity"
