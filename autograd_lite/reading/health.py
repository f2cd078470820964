"""What is wrong with a graph: nan and inf and where they come from, dead and saturated parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.algebra import (
    formula,
    number_text,
    operand_formula,
    results_node,
    text,
)
from autograd_lite.reading.cards import Card, Edge

SATURATED, EXPLODING = 1e-4, 1e4
"""Derivatives of a function of one operand below or above which an edge is marked."""

AROUND = 1 / 8
"""How far around a number a function must be flat to be called so, as a part of it, or of 1."""


def ailments(cards: Sequence[Card]) -> dict[str, list[str]]:
    """For each card that something is wrong with, by name, what: in words, the worst first.

    >>> from autograd_lite import Value, sqrt
    >>> from autograd_lite.reading.cards import cards_of
    >>> ailments(cards_of(sqrt(Value(0.0, name="x")) + 1))
    {'x': ['its gradient is the first that is inf: 1/(2·√(x)) is inf, for x = 0']}
    """
    found: dict[str, list[str]] = {}
    uses = uses_of(cards)
    for card in cards:
        for words in (
            *_first_bad_value(card),
            *_first_bad_gradient(card, uses.get(card.name, [])),
            *_zero_times_infinity(uses.get(card.name, [])),
            *_of_activations(card),
        ):
            if words not in found.setdefault(card.name, []):
                found[card.name].append(words)
    return {name: notes for name, notes in found.items() if notes}


def bad(x: Any) -> str:
    """ "nan", "inf" or "−inf" if the number or array holds one, else ""."""
    if np.isnan(x).any():
        return "nan"
    if not np.isinf(x).any():
        return ""
    return "−inf" if np.any(np.real(x) == -np.inf) else "inf"


def uses_of(cards: Sequence[Card]) -> dict[str, list[Edge]]:
    """By name of a card, the edges on which its gradient arrives."""
    uses: dict[str, list[Edge]] = {}
    for card in cards:
        for edge in card.edges:
            uses.setdefault(edge.source.name, []).append(edge)
    return uses


def clashes(edge: Edge) -> bool:
    """Whether an infinite local derivative meets a 0 on the way of an edge. The chain rule takes
    the product as 0, so that a branch that was not taken stays without effect."""
    if edge.number != 0.0:
        return False
    sizes = [abs(x) for x in _numbers(edge)]
    return np.inf in sizes and 0.0 in sizes


def mark(edge: Edge) -> str:
    """ "saturated" or "exploding", if a function of one operand is so on the way of an edge."""
    if edge.number is None or edge.number == 0.0:
        return ""
    words = [_condition(node)[0] for node, _ in edge.steps() if node not in edge.folded]
    return next((word for word in words if word in ("saturated", "exploding")), "")


# ---------------------------------------------------------------- nan and inf


def _first_bad_value(card: Card) -> Iterator[str]:
    """If it holds nan or inf though nothing that it is computed from does: where this began."""
    kind = bad(card.value)
    if not kind or any(bad(edge.source.value) for edge in card.edges):
        return
    if card.algebra is None:
        yield f"the first {kind}: the number given is {kind}"
        return
    for node in reversed(list(inside(card))):
        if bad(node.detach()) and not any(bad(x) for x in node.values):
            kind, names = bad(node.detach()), _names(card)
            whole = card.algebra if node is card.node else formula(node, names)
            yield f"the first {kind}: {text(whole)} is {kind}{_where(node, node.detach(), names)}"
            return
    yield f"the first {kind}: {text(card.algebra)} is {kind}"


def _first_bad_gradient(card: Card, uses: Sequence[Edge]) -> Iterator[str]:
    """If its gradient becomes nan or inf on the way back just here: what by."""
    kind = bad(card.gradient)
    if not kind or not uses:
        return
    first = f"its gradient is the first that is {kind}"
    if any(edge.number is None for edge in uses):
        if not any(bad(edge.target.gradient) for edge in uses):
            yield first
        return
    alike = [e for e in uses if bad(e.number or 0.0) == kind]
    for edge in (*alike, *uses):
        number, g = edge.number or 0.0, edge.target.gradient
        if bad(g) or not bad(times(g, number)):
            continue
        if not bad(number):
            yield f"{first}: {number_text(g)}·{number_text(number)} is too large"
        else:
            node = next((n for n, i in edge.steps() if bad(_number(n, i, edge))), None)
            cause = "" if node is None else _where(node, None, edge.names)
            yield f"{first}: {text(edge.symbol)} is {bad(number)}{cause}"
        return


def _zero_times_infinity(uses: Sequence[Edge]) -> Iterator[str]:
    """What arrives as 0·inf, which counts as 0."""
    for edge in uses:
        if clashes(edge):
            yield f"{text(edge.symbol)} is 0·inf here, taken as 0"
        elif edge.number == 0.0 and bad(edge.target.gradient):
            yield f"{number_text(edge.target.gradient)}·0 arrives here, taken as 0"


def _where(node: Any, result: Any, names: Mapping[Any, str]) -> str:
    """At what finite operands an operation gives what it gives: `, for x·w = 0`."""
    if not isinstance(node.primitive, Elementwise) or any(bad(x) for x in node.values):
        return ""
    place: tuple[Any, ...] = ()
    if result is not None and np.ndim(result):
        place = tuple(int(i[0]) for i in np.nonzero(~np.isfinite(result)))
    shown: dict[str, None] = {}
    for x, value in zip(node.operands, node.values, strict=True):
        if is_variable(x):
            written = text(operand_formula(x, names))
            at = np.broadcast_to(value, np.shape(result))[place] if place else value
            if np.ndim(at) == 0 and np.isrealobj(at) and len(written) <= 40:
                shown[f"{written} = {number_text(float(at))}"] = None
    where = f" at [{', '.join(map(str, place))}]" if place else ""
    return f", for {', '.join(shown)}{where}" if shown else ""


def inside(card: Card) -> Iterator[Any]:
    """The operations in a card's line of algebra, results first; of a function that is one card,
    and of one with several results, none."""
    names = _names(card)
    folded = card.edges[0].folded if card.edges else {}
    stack, seen = [card.node], set()
    while stack:
        node = stack.pop()
        if node in seen or node in folded or node.is_leaf or results_node(node) is not None:
            continue
        seen.add(node)
        yield node
        stack += [x for _, x in node.variables() if x not in names]


def _names(card: Card) -> Mapping[Any, str]:
    return card.edges[0].names if card.edges else {}


def _numbers(edge: Edge) -> list[float]:
    """The local derivatives that the number of an edge is the product of."""
    return [x for x in (_number(node, i, edge) for node, i in edge.steps()) if x is not None]


def _number(node: Any, index: int, edge: Edge) -> Any:
    partials = edge.folded[node].partials if node in edge.folded else node.partials
    return 0.0 if partials is None else partials[index]


# ---------------------------------------------------------------- functions of one operand


def _of_activations(card: Card) -> Iterator[str]:
    """What is wrong with the functions of one operand in a card's line."""
    for node in inside(card):
        _, words = _condition(node)
        if words:
            yield words


def _condition(node: Any) -> tuple[str, str]:
    """Whether a function of one operand is dead, saturated or exploding: in a word, and in words.

    Dead and saturated are said of a derivative that is next to 0 for all numbers around, and of
    what hardly moves even where the operand is doubled: not of the cosine at 0, nor of the
    logarithm of a large number.
    """
    if not is_activation(node):
        return _NO
    partial, name = np.abs(local_partial(node)), node.primitive.name
    if not partial.size:
        return "", ""
    if (high := float(np.max(partial))) > EXPLODING:
        finite = np.isfinite(high)  # what is infinite is told of the gradient
        return (
            ("exploding", f"exploding: the derivative of {name} is {high:.1e}") if finite else _NO
        )
    if not (partial < SATURATED).any():
        return _NO
    flat = (partial * np.maximum(np.abs(node.values[0]), 1.0) < SATURATED) & _flat_around(node)
    dead = flat & (partial == 0.0)
    if dead.all():
        return "dead", f"dead: nothing flows back through {name}"
    if (off := float(np.mean(dead))) >= 0.5:
        return "dead", f"{off:.0%} of its elements are dead: nothing flows back there"
    if not np.ndim(partial) and partial == 0.0:
        at = number_text(float(np.real(node.values[0])))
        return "", f"nothing flows back: the derivative of {name} at {at} is 0"
    if float(np.mean(flat)) > 0.5 and (low := float(np.median(partial))) > 0.0:
        return "saturated", f"saturated: the derivative of {name} is {low:.1e}"
    return _NO


_NO = ("", "")


def is_activation(node: Any) -> bool:
    """Whether it is an elementwise function of one operand whose derivative changes with it."""
    primitive = node.primitive
    if not isinstance(primitive, Elementwise) or len(primitive.operands) != 1:
        return False
    return callable(primitive.partials[0])


def _flat_around(node: Any) -> Any:
    """Where the derivative is next to 0 to the left and to the right as well."""
    primitive, x = node.primitive, np.asarray(node.values[0])
    step = np.maximum(np.abs(x), 1.0) * AROUND
    flat = np.ones(np.shape(x), dtype=bool)
    with np.errstate(all="ignore"):
        for near in (x - step, x + step):
            partial = primitive.partial(0, (near,), primitive.arrays(near))
            flat &= ~(np.abs(partial) > SATURATED)
    return flat


def local_partial(node: Any) -> Any:
    """∂z/∂x of an elementwise operation of one operand, as a plain number or array."""
    if node.partials is not None:
        return np.float64(node.partials[0])
    with np.errstate(all="ignore"):
        return np.asarray(node.primitive.partial(0, node.values, node.detach()))
