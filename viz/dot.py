"""The picture as text in the DOT language: a card a value, the local derivative on every edge.

Left to right, inputs left, the output right. Blue edges carry a positive gradient back, orange
ones a negative (colours that colour-blind readers can tell apart); the thicker, the larger its
share of the gradient of the value that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from autograd_lite.algebra import Number, number_text, text
from autograd_lite.cards import Card, Edge

_POSITIVE, _NEGATIVE, _NOTHING = "#1f6fb4", "#c65a00", "#9a9a9a"
_INK, _MUTED, _LINE = "#1d1d1f", "#5f6368", "#b5b9bf"
_LEAF, _RESULT, _OUTPUT = "#f4f1e8", "#ffffff", "#e8f0fa"


def dot_source(cards: Sequence[Card]) -> str:
    """The cards of a graph, the last of which is the output, in the DOT language.

    >>> from autograd_lite import Value
    >>> from autograd_lite.cards import cards_of
    >>> x = Value(3.0, name="x")
    >>> "∂v1/∂x" in dot_source(cards_of(x * x))
    True
    """
    ids = {card.name: f"n{i}" for i, card in enumerate(cards)}
    output = cards[-1]
    lines = [
        "digraph {",
        '  graph [rankdir=LR, nodesep=0.25, ranksep=0.9, bgcolor="white", pad=0.2]',
        '  node [shape=plain, fontname="Helvetica,Arial,DejaVu Sans,sans-serif", fontsize=12]',
        '  edge [fontname="Helvetica,Arial,DejaVu Sans,sans-serif", fontsize=10, arrowsize=0.6]',
    ]
    for card in cards:
        tip = _quoted(f"{card.name} = {number_text(card.value)}")
        lines.append(f"  {ids[card.name]} [label={_label(card, output)}, tooltip={tip}]")
    shares = _shares(cards)
    for card in cards:
        for edge, share in zip(card.edges, shares[card.name], strict=True):
            ends = f"{ids[edge.source.name]} -> {ids[card.name]}"
            lines.append(f"  {ends} [{_edge(edge, share)}]")
    return "\n".join([*lines, "}", ""])


def _label(card: Card, output: Card) -> str:
    """A card as an HTML-like table: name and algebra, value, gradient."""
    fill = _LEAF if card.algebra is None else _OUTPUT if card is output else _RESULT
    rows = list(_rows(card, output))
    body = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return (
        f'<<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" COLOR="{_LINE}" '
        f'BGCOLOR="{fill}" STYLE="ROUNDED">{body}</TABLE>>'
    )


def _rows(card: Card, output: Card) -> Iterator[str]:
    name = f'<FONT COLOR="{_INK}"><B>{_html(card.name)}</B>'
    algebra = "" if card.algebra is None else f" = {_html(_short(text(card.algebra)))}"
    yield f"{name}{algebra}</FONT>"
    yield f'<FONT COLOR="{_INK}">{number_text(card.value)}</FONT>'
    partial = f"∂{_html(output.name)}/∂{_html(card.name)}"
    yield (
        f'<FONT COLOR="{_MUTED}" POINT-SIZE="10">{partial} = </FONT>'
        f'<FONT COLOR="{_hue(card.gradient)}" POINT-SIZE="10">{number_text(card.gradient)}</FONT>'
    )


def _edge(edge: Edge, share: float) -> str:
    symbol, number = text(edge.symbol), number_text(edge.number)
    partial = f"∂{edge.target.name}/∂{edge.source.name}"
    parts = [partial, _short(symbol)]
    if not isinstance(edge.symbol, Number):
        parts.append(number)
    label = " = ".join(parts)
    flow = edge.target.gradient * edge.number
    return (
        f"label={_quoted(label)}, fontcolor={_quoted(_MUTED)}, color={_quoted(_hue(flow))}, "
        f"penwidth={0.6 + 2.4 * share:.2f}, tooltip={_quoted(label)}"
    )


def _hue(x: float) -> str:
    return _POSITIVE if x > 0 else _NEGATIVE if x < 0 else _NOTHING


def _shares(cards: Sequence[Card]) -> dict[str, list[float]]:
    """For each use, how much of what flows back to its operand comes this way, from 0 to 1."""
    total: dict[str, float] = {}
    for card in cards:
        for edge in card.edges:
            flow = abs(card.gradient * edge.number)
            total[edge.source.name] = total.get(edge.source.name, 0.0) + flow
    return {
        card.name: [
            _fraction(abs(card.gradient * edge.number), total[edge.source.name])
            for edge in card.edges
        ]
        for card in cards
    }


def _fraction(part: float, whole: float) -> float:
    share = part / whole if whole else 0.0
    return share if share == share else 1.0  # inf of inf


def _short(formula: str, most: int = 40) -> str:
    return formula if len(formula) <= most else formula[: most - 1] + "…"


def _html(name: str) -> str:
    return escape(_short(name.replace("\n", " ")))


def _quoted(label: str) -> str:
    """A DOT string, of bearable length: quotes and backslashes stand for themselves."""
    text = _short(" ".join(label.split()), 200).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
