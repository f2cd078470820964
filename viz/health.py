"""What is wrong with a graph: nan and inf and where they come from, dead and saturated parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Elementwise
from autograd_lite.reading.algebra import Call, text
from autograd_lite.reading.cards import Card, Edge

SATURATED, EXPLODING = 1e-4, 1e4
"""Local derivatives of an activation below or above which an edge is marked."""


def ailments(cards: Sequence[Card]) -> dict[str, list[str]]:
    """For each card that something is wrong with, by name, what: in words, the worst first.

    >>> from autograd_lite import Value, sqrt
    >>> from autograd_lite.reading.cards import cards_of
    >>> ailments(cards_of(sqrt(Value(0.0, name="x")) + 1))
    {'x': ['its gradient is the first that is inf: 1/(2·√(x)) is inf']}
    """
    found: dict[str, list[str]] = {}
    for name, words in [*_first_bad_value(cards), *_first_bad_gradient(cards)]:
        found.setdefault(name, []).append(words)
    for card in cards:
        for words in _of_activation(card):
            found.setdefault(card.name, []).append(words)
    return found


def bad(x: Any) -> str:
    """ "nan" or "inf" if the number or array holds one, else ""."""
    if np.isnan(x).any():
        return "nan"
    return "inf" if np.isinf(x).any() else ""


def _first_bad_value(cards: Sequence[Card]) -> list[tuple[str, str]]:
    """The first cards that hold nan or inf though nothing that they are computed from does."""
    found = []
    for card in cards:
        kind = bad(card.value)
        if kind and not any(bad(edge.source.value) for edge in card.edges):
            what = "the number given" if card.algebra is None else text(card.algebra)
            found.append((card.name, f"the first {kind}: {what} is {kind}"))
    return found


def _first_bad_gradient(cards: Sequence[Card]) -> list[tuple[str, str]]:
    """The cards whose gradient is the first to be nan or inf on the way back."""
    uses = uses_of(cards)
    found = []
    for card in cards:
        kind = bad(card.gradient)
        edges = uses.get(card.name, [])
        if kind and edges and not any(bad(edge.target.gradient) for edge in edges):
            causes = [edge for edge in edges if edge.number is not None and bad(edge.number)]
            why = f": {text(causes[0].symbol)} is {bad(causes[0].number)}" if causes else ""
            found.append((card.name, f"its gradient is the first that is {kind}{why}"))
    return found


def uses_of(cards: Sequence[Card]) -> dict[str, list[Edge]]:
    """By name of a card, the edges on which its gradient arrives."""
    uses: dict[str, list[Edge]] = {}
    for card in cards:
        for edge in card.edges:
            uses.setdefault(edge.source.name, []).append(edge)
    return uses


def _of_activation(card: Card) -> list[str]:
    """What is wrong with an elementwise function of one operand: dead, saturated, exploding."""
    if not is_activation(card):
        return []
    partial = np.abs(local_partial(card.node))
    name = card.node.primitive.name
    off = float(np.mean(partial == 0.0)) if partial.size else 0.0
    if off == 1.0:
        return [f"dead: nothing flows back through {name}"]
    if off >= 0.5:
        return [f"{off:.0%} of its elements are dead: nothing flows back there"]
    if 0 < (low := float(np.median(partial))) < SATURATED:
        return [f"saturated: the derivative of {name} is {low:.1e}"]
    if (high := float(np.max(partial))) > EXPLODING:
        return [f"exploding: the derivative of {name} is {high:.1e}"]
    return []


def is_activation(card: Card) -> bool:
    """Whether a card is an elementwise function of one operand whose derivative changes with it."""
    primitive = card.node.primitive
    if not isinstance(primitive, Elementwise) or len(primitive.operands) != 1:
        return False
    return not isinstance(card.algebra, Call) and callable(primitive.partials[0])


def local_partial(node: Any) -> Any:
    """∂z/∂x of an elementwise operation of one operand, as a plain number or array."""
    if node.partials is not None:
        return np.float64(node.partials[0])
    with np.errstate(all="ignore"):
        return np.asarray(node.primitive.partial(0, node.values, node.detach()))
