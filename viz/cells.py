"""The cards of a picture, and what stands on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.reading.algebra import number_text, renamed, text
from autograd_lite.reading.cards import Card, Edge
from autograd_lite.reading.flows import sign
from autograd_lite.reading.partials import partial_text
from autograd_lite.viz.fold import Group, stem


@dataclass
class Cell:
    """One card of the picture."""

    key: str
    """Its id: n0, n1, … in the order of the program."""
    name: str
    algebra: str
    value: str
    gradient: str
    """The gradient, as a sum where several uses meet."""
    partial: str
    """∂E/∂name, what the gradient is of."""
    sign: int
    """The sign of the gradient: 1, 0 or −1."""
    kind: str
    """"input", "constant", "result", "output" or "layer"."""
    count: int = 1
    magnitude: float = 0.0
    """log10 |gradient|."""
    strip: Any = None
    """The elements of a small array, to be drawn as a heat strip."""
    gradient_strip: Any = None
    """Those of its gradient."""
    notes: list[str] = field(default_factory=list)
    """What is wrong with it."""
    changes: list[str] = field(default_factory=list)
    """What differs from another picture."""
    muted: bool = False
    """Whether it is apart from what the reader asked for."""
    layer: str | None = None
    """The layer in whose box it stands."""
    more: str = ""
    """Of the turns of a loop the product of their derivatives, of a layer the gradient of its
    parameters."""
    still: bool = False
    """Whether nothing flows back to it: its gradient is 0."""


def cell(
    key: str,
    group: Group,
    output: Card,
    uses: Mapping[str, list[Edge]],
    notes: Mapping[str, list[str]],
    lit: set[str],
    shown: Mapping[str, str],
) -> Cell:
    """The card of a group.

    Args:
        key: its id.
        group: what is drawn as one.
        output: the card of the output.
        uses: by name of a card, the edges on which its gradient arrives.
        notes: by name of a card, what is wrong with it.
        lit: the names of the cards that are not muted.
        shown: other names for cards that are folded away.
    """
    card = group.first
    algebra = "" if card.algebra is None else text(renamed(card.algebra, shown))
    kind = "input" if card.algebra is None else "output" if card is output else "result"
    several = len(group.cards) > 1
    name = card.name
    if group.layer is not None:
        name, algebra, kind = group.layer, _parameters(group), "layer"
    elif group.results:
        name, algebra = f"{_together(group)} ×{len(group.results)}", _turns_text(group)
    elif several:
        name, algebra = f"{_together(group)} ×{len(group.cards)}", _first_and_last(group)
    if group.inputs and group.layer is None:
        algebra += f"  ({_counted(group.inputs, len(group.results or group.cards))})"
    normed = group.cards if group.layer is None else [card]  # of a layer, its output
    norm = _norm(normed)
    one = not several and card.is_scalar and group.layer is None
    return Cell(
        key=key,
        name=name,
        algebra=algebra,
        value=_value_text(group),
        gradient=_gradient_text(card, uses)
        if one
        else _gradient_range(group)
        if group.results
        else f"‖·‖ {number_text(norm, 4)}",
        partial=partial_text(output.name, group_name(group)),
        sign=sign(card.gradient) if not several or group.layer else 0,
        kind=kind,
        count=len(group.results or group.cards),
        more=_of_parameters(group, output) or _product(group),
        magnitude=_log10(norm / max(1, sum(np.size(c.gradient) for c in normed)) ** 0.5),
        strip=_strip(card.value) if not several else None,
        gradient_strip=_strip(card.gradient) if not several else None,
        notes=list(dict.fromkeys(n for c in group.cards for n in notes.get(c.name, ()))),
        muted=card.name not in lit,
        still=all(not np.any(c.gradient) for c in group.cards),
    )


def _norm(cards: Sequence[Card]) -> float:
    """The norm of all gradients together; scaled, so that no square overflows."""
    largest = float(max((np.max(np.abs(c.gradient), initial=0.0) for c in cards), default=0.0))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * float(
        np.sqrt(sum(np.sum(np.square(np.abs(c.gradient) / largest)) for c in cards))
    )


def group_name(group: Group) -> str:
    """What stands for a group in a derivative: its card, what its cards share, or its layer."""
    if group.layer is not None:
        return f"({group.layer})"
    first = group.first.name
    return first if len(group.cards) == 1 else stem(first) or f"{first} …"


def _of_parameters(group: Group, output: Card) -> str:
    """The gradient of what a layer has to learn."""
    if group.layer is None or not group.inputs:
        return ""
    partial = partial_text(output.name, "parameters")
    return f"{partial} = ‖·‖ {number_text(_norm(group.inputs), 4)}"


def _together(group: Group) -> str:
    """The name of several cards drawn as one: what their names have in common, if anything."""
    first = group.first.name
    alike = {stem(c.name) for c in group.cards} == {stem(first)}
    return (stem(first) if alike else "") or f"{first} …"


def _parameters(group: Group) -> str:
    """How many numbers a layer has to learn, and in what shapes."""
    count = sum(np.size(c.value) for c in group.inputs)
    shapes = ["×".join(map(str, np.shape(c.value))) for c in group.inputs if np.ndim(c.value)]
    shown = f" ({', '.join(shapes)})" if shapes else ""
    return f"{count:,} parameters{shown}" if count else "no parameters"


def _factor(turn: Sequence[Card], before: Card) -> float:
    """The derivative of the result of a turn by that of the turn before."""
    flow = {turn[-1].name: 1.0}
    for card in reversed(turn):
        for edge in card.edges:
            g = times(flow.get(card.name, 0.0), edge.number)
            flow[edge.source.name] = flow.get(edge.source.name, 0.0) + g
    return flow.get(before.name, 0.0)


def _first_and_last(group: Group) -> str:
    """What cards that are alike compute: the line of the first and that of the last."""
    lines = [text(c.algebra) for c in group.cards if c.algebra is not None]
    return ", …, ".join(dict.fromkeys((lines[0], lines[-1]))) if lines else ""


def _turns_text(group: Group) -> str:
    """What the first turn of a loop computes, and the last line of the last one."""
    period = len(group.cards) // len(group.results)
    lines = [
        text(card.algebra) if period == 1 else f"{card.name} = {text(card.algebra)}"
        for card in (*group.cards[:period], group.cards[-1])
        if card.algebra is not None
    ]
    return f"{'; '.join(lines[:-1])}, …, {lines[-1]}"


def _gradient_range(group: Group) -> str:
    """The gradients of the first and of the last turn."""
    first, last = group.results[0], group.results[-1]
    if not first.is_scalar or not last.is_scalar:
        return "‖·‖ " + number_text(_norm(group.cards), 4)
    return " … ".join(number_text(float(card.gradient), 4) for card in (first, last))


def _product(group: Group) -> str:
    """The derivative of the last turn by the first: the product of what stands on the edges."""
    if not group.results or any(e.number is None for c in group.cards for e in c.edges):
        return ""
    period = len(group.cards) // len(group.results)
    inside = {card.name for card in group.cards}
    factors = []
    for i in range(period, len(group.cards), period):
        turn, before = group.cards[i : i + period], group.cards[i - 1]
        known = {card.name for card in turn} | {before.name}
        below = {edge.source.name for card in turn for edge in card.edges}
        if (below & inside) - known:
            return ""  # it is made of earlier turns than the last as well
        factors.append(_factor(turn, before))
    partial = partial_text(group.results[-1].name, group.results[0].name)
    ends = "·…·".join(number_text(x, 4) for x in (factors[-1], factors[0]))
    whole = number_text(float(np.prod(factors)))
    return f"{partial} = {ends} ({len(factors)} factors) = {whole}"


def _counted(inputs: list[Card], among: int) -> str:
    if len(inputs) % among:
        among = 1  # they are not shared out evenly
    each = len(inputs) // among
    elements = sum(np.size(c.value) for c in inputs) // among
    what = "input" if each == 1 else "inputs"
    more = f" of {elements:,} numbers" if elements != each else ""
    return f"{each} {what}{more} of its own" + (" each" if among > 1 else "")


def _value_text(group: Group) -> str:
    card = group.first
    if len(group.cards) == 1 and card.is_scalar:
        return number_text(float(card.value))
    if group.results and all(c.is_scalar for c in group.results):
        ends = (group.results[0], group.results[-1])
        return " … ".join(number_text(float(c.value), 4) for c in ends)
    shown = group.cards if group.layer is None else [card]
    values = np.concatenate([np.ravel(c.value) for c in shown])
    return _range_text(() if card.is_scalar else card.node.shape, values)


def _range_text(shape: tuple[int, ...], values: Any) -> str:
    """The shape of an array, its least and its greatest element."""
    written = f"({'×'.join(map(str, shape))}) " if shape else ""
    if values.dtype.kind == "c":
        written, values = f"{written}|·| ", np.abs(values)
    if not values.size:
        return f"{written}empty"
    low, high = number_text(float(values.min()), 4), number_text(float(values.max()), 4)
    return f"{written}{low}" if low == high else f"{written}{low} … {high}"


def constant_cell(key: str, name: str, array: Any) -> Cell:
    """The card of a plain array that the program has a name for."""
    array = np.asarray(array)
    return Cell(
        key=key,
        name=name,
        algebra="",
        value=_range_text(array.shape, array),
        gradient="constant",
        partial="",
        sign=0,
        kind="constant",
        magnitude=-np.inf,
        strip=_strip(array),
    )


def _gradient_text(card: Card, uses: Mapping[str, list[Edge]]) -> str:
    """The gradient, as the sum of what arrives where it is used more than once."""
    total = number_text(float(card.gradient))
    terms = [
        times(float(e.target.gradient), e.number)
        for e in uses.get(card.name, ())
        if e.number is not None
    ]
    if not 1 < len(terms) <= 4:
        return total + (f" (sum of {len(terms)})" if len(terms) > 4 else "")
    return (
        " + ".join(number_text(float(t), 4) for t in terms)
        + f" = {number_text(float(card.gradient), 4)}"
    )


def _strip(array: Any) -> Any:
    """The elements of a small array as rows, or None."""
    array = np.asarray(array)
    if not 1 <= array.ndim <= 2 or not 0 < array.size <= 64 or array.dtype.kind == "c":
        return None
    rows = np.atleast_2d(array.astype(float))
    return rows if rows.shape[0] <= 8 and rows.shape[1] <= 16 else None


def _log10(x: float) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log10(x))
