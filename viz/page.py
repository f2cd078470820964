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
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.javascript import functions, program
from autograd_lite.reading.algebra import (
    Call,
    Formula,
    Name,
    Number,
    Operation,
    factor_text,
    formula,
    operand_formula,
    text,
)
from autograd_lite.reading.cards import Card, Edge, cards_of
from autograd_lite.reading.health import inside, is_activation
from autograd_lite.reading.partials import held_note
from autograd_lite.viz.drawing import check_suffix
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
    Beside the graph of a compiled program (`f.value_and_grad.graph[0]`) stands its source: at each
    step the lines light up that compute it.

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


SCRIPTS = ("numbers", "passes", "health", "layout", "cards", "draw", "frame", "words", "main")
"""What every page consists of, in this order: `page_numbers.js` …"""


def _page(cards: list[Card], theme: str) -> str:
    nodes = operands_first(cards[-1].node)
    body, partials = program(nodes)
    used = dict.fromkeys(x.primitive for x in nodes if is_activation(x))
    scripts = [
        f"const functions = {functions(list(used))};",
        f"function program(v, p) {{\n{body}\n}}",
        script("steps"),
    ]
    title = f"Backpropagation of {cards[-1].name}"[:100]
    return page(title, theme, _data(cards, nodes, partials), scripts, code=_code(cards))


def page(
    title: str, theme: str, data: Any, scripts: Sequence[str], above: str = "", code: str = ""
) -> str:
    """The template filled in. Names of the user stand only in JSON and in escaped text.

    Args:
        title: of the page.
        theme: "light", "dark", or "auto" for the reader's choice.
        data: what the script starts from.
        scripts: what it does, after those that every page has.
        above: HTML that stands above the steps.
        code: HTML that stands beside the picture.
    """
    here = files("autograd_lite.viz")
    given = [f'"use strict";\nconst rules = {_json(rules())};', *map(script, SCRIPTS), *scripts]
    parts = {
        "TITLE": escape(title),
        "THEME": "" if theme == "auto" else f' data-theme="{theme}"',
        "STYLE": f"{style(theme)}\n{here.joinpath('page.css').read_text('utf-8')}",
        "ABOVE": above,
        "CODE": code,
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
    ends = {card.node for card in cards}
    shown = []
    for card in cards:
        computed, backwards = _lines_of(card, ends)
        shown.append(
            {
                "name": card.name,
                "node": place[card.node],
                "algebra": None if card.algebra is None else _pieces(card.algebra, index),
                "edges": [_edge(edge, index, place, partials) for edge in card.edges],
                "inside": [place[node] for node in inside(card)],
                "computed": computed,
                "backwards": backwards,
            }
        )
    names = {card.node: card.name for card in cards}
    return {
        "cards": shown,
        "leaves": [_value(node.data) for node in nodes],
        "operations": [_operation(node, place, partials, names) for node in nodes],
    }


def _edge(
    edge: Edge,
    index: Mapping[str, int],
    place: Mapping[Value, int],
    partials: Mapping[tuple[Value, int], int],
) -> dict[str, Any]:
    return {
        "source": index[edge.source.name],
        "partial": edge.partial,
        "elsewhere": edge.elsewhere,
        "held": "" if edge.slot is None else held_note(edge.target.name, edge.slot),
        "symbol": factor_text(edge.symbol),
        "plain": text(edge.symbol),
        "constant": isinstance(edge.symbol, Number),
        "way": [partials[step] for step in edge.steps()],
        "through": [place[node] for node, _ in edge.steps()],
    }


def _operation(
    node: Value,
    place: Mapping[Value, int],
    partials: Mapping[tuple[Value, int], int],
    names: Mapping[Any, str],
) -> dict[str, Any] | None:
    """An operation and its operands, for what is said of it when something is wrong: by their
    places, or as the numbers that they are."""
    if node.primitive is None:
        return None
    return {
        "text": text(formula(node, names)),
        "operands": [place[x] if is_variable(x) else str(_value(x)) for x in node.operands],
        "texts": [text(operand_formula(x, names)) if is_variable(x) else "" for x in node.operands],
        "activation": [node.primitive.name, partials[node, 0]] if is_activation(node) else None,
    }


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
