"""Fewer cards: parameters go into the card that uses them, and what is alike becomes one card ×N.

About 60 cards can be read. The turns of a long loop are one card in any case. A graph of more is
folded: first each input that is used once goes into the card that it is used by; then cards that
compute the same thing in the same place (the same algebra, the same kinds of operands, the same
kinds of users) become one. How far cards must be alike is chosen so that as many as the budget
allows are left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.engine.scopes import Scope, belonging, scope_of
from autograd_lite.reading.algebra import Call, Formula, Operation
from autograd_lite.reading.cards import Card
from autograd_lite.reading.names import printable
from autograd_lite.reading.repeats import stretches

BUDGET = 60
"""How many cards a picture has at the most, unless asked otherwise."""

MOST_TURNS = 20
"""More turns of a loop than these become one card."""


@dataclass
class Group:
    """What is drawn as one card: cards that are alike, and the inputs that went into them."""

    cards: list[Card]
    inputs: list[Card]
    layer: str | None = None
    """The layer that is drawn as this one card, if it is one."""
    results: list[Card] = field(default_factory=list)
    """Of the turns of a loop, the result of each, the first turn first."""

    @property
    def first(self) -> Card:
        """The card that stands for all: of a layer, its output."""
        return self.cards[0] if self.layer is None else self.cards[-1]

    @property
    def sources(self) -> list[str]:
        """The names of the cards outside that it uses, each once."""
        inside = {card.name for card in (*self.cards, *self.inputs)}
        names = dict.fromkeys(edge.source.name for card in self.cards for edge in card.edges)
        return [name for name in names if name not in inside]


def fold(
    cards: Sequence[Card],
    budget: int = BUDGET,
    keep: Collection[str] = (),
    fold_layers: bool | None = None,
    fold_turns: bool = True,
) -> list[Group]:
    """The cards in groups, at most `budget` of them, in the order of their first cards.

    Args:
        cards: operands first, the output last.
        budget: how many groups there may be.
        keep: names of cards, and of layers, that stay by themselves.
        fold_layers: whether each layer becomes one card; by default if the budget asks for it.
        fold_turns: whether the turns of a long loop become one card.

    Raises:
        ValueError: if more cards are to be kept than the budget allows.
    """
    kept = {card.name for card in cards if card.name in keep} | {cards[-1].name}
    if len(kept) > budget:
        raise ValueError(
            f"draw: {len(kept)} cards are to be kept, and the budget is {budget}: raise budget="
        )
    groups = _turns(cards, kept) if fold_turns else [Group([card], []) for card in cards]
    boxes = {name: layer for name, layer in layers_of(cards).items() if layer not in keep}
    if boxes and (fold_layers or (len(groups) > budget and fold_layers is None)):
        groups = _by_layer(cards, boxes, kept)
    if len(groups) > budget and not boxes:
        groups = _without_inputs(groups, kept)
    if len(groups) > budget:
        groups = _alike(groups, budget, kept)
    return sorted(groups, key=lambda group: group.first.place)


def layers_of(cards: Sequence[Card]) -> dict[str, str]:
    """The layer that each card belongs to, by name of the card: `Affine 1`, `Sigmoid 1`, …"""
    outputs: dict[Scope, list[Any]] = {}
    for card in cards:
        scope = scope_of(card.node)
        if scope is not None:
            outputs.setdefault(scope, []).append(card.node)
    users: dict[Any, set[Any]] = {}
    for card in cards:
        for edge in card.edges:
            users.setdefault(edge.source.node, set()).add(card.node)
    count: dict[str, int] = {}
    found: dict[str, str] = {}
    for scope, nodes in outputs.items():
        count[scope.name] = count.get(scope.name, 0) + 1
        inside = belonging(scope, nodes)
        for card in cards:
            own = not card.node.is_leaf or users.get(card.node, set()) <= inside
            if card.node in inside and own and card.name not in found:
                found[card.name] = f"{printable(scope.name)} {count[scope.name]}"
    return found


def _by_layer(cards: Sequence[Card], boxes: dict[str, str], kept: set[str]) -> list[Group]:
    """Each layer drawn together as one group; other cards by themselves."""
    groups: dict[str, Group] = {}
    for card in cards:
        layer = boxes.get(card.name)
        if layer is None or (card.name in kept and card is not cards[-1]):
            groups[f"card {card.name}"] = Group([card], [])
        elif card.algebra is None:
            groups.setdefault(layer, Group([], [], layer)).inputs.append(card)
        else:
            groups.setdefault(layer, Group([], [], layer)).cards.append(card)
    return list(groups.values())


def _turns(cards: Sequence[Card], kept: set[str]) -> list[Group]:
    """The cards, with the turns of each long loop as one group: of a stretch in which the same
    lines come again and again, and of which only the last is used elsewhere."""
    users = _users(Group([card], []) for card in cards)
    whole: dict[str, Group] = {}
    seen: set[str] = set()
    for card in reversed(cards):
        spine = []
        while card.algebra is not None and card.name not in seen:
            seen.add(card.name)
            spine.append(card)
            below = [e.source for e in card.edges if e.source.algebra is not None]
            if not below:
                break
            card = max(below, key=lambda source: source.place)
        spine.reverse()
        keys = [card.name if card.name in kept else _by_algebra(card) for card in spine]
        for start, period, turns in stretches(keys, MOST_TURNS + 1):
            part = spine[start : start + period * turns]
            inside = {card.name for card in part}
            if all(inside.issuperset(users.get(card.name, ())) for card in part[:-1]):
                group = Group(part, [], results=part[period - 1 :: period])
                whole.update((card.name, group) for card in part)
    groups = {id(g): g for g in (whole.get(c.name) or Group([c], []) for c in cards)}
    return list(groups.values())


def _users(groups: Iterable[Group]) -> dict[str, list[str]]:
    """By name of a card, the names of the first cards of the groups that use it."""
    users: dict[str, list[str]] = {}
    for group in groups:
        for name in group.sources:
            users.setdefault(name, []).append(group.first.name)
    return users


def _without_inputs(groups: Sequence[Group], kept: set[str]) -> list[Group]:
    """Inputs that one group uses put into it."""
    users = _users(groups)
    found: dict[str, Group] = {}
    alone = []
    for group in groups:
        card = group.first
        if card.algebra is None and len(users.get(card.name, ())) == 1 and card.name not in kept:
            alone.append(card)
        else:
            found[card.name] = group
    for card in alone:
        found[users[card.name][0]].inputs.append(card)
    return list(found.values())


def _alike(groups: list[Group], budget: int, kept: set[str]) -> list[Group]:
    """Groups drawn together by how alike they are, as finely as the budget allows."""
    place = {card.name: i for i, group in enumerate(groups) for card in group.cards}
    below = [[place[name] for name in group.sources if name in place] for group in groups]
    above: list[list[int]] = [[] for _ in groups]
    for i, sources in enumerate(below):
        for source in sources:
            above[source].append(i)
    best: list[int] | None = None
    for describe in (_by_kind, _by_operation, _by_algebra, _by_name):
        kinds = _numbered([_key(group, describe, kept) for group in groups])
        while max(kinds) < budget:
            best = kinds
            finer = _numbered(
                [
                    (kinds[i], frozenset(kinds[j] for j in below[i]),
                     frozenset(kinds[j] for j in above[i]))
                    for i in range(len(groups))
                ]
            )  # fmt: skip
            if max(finer) == max(kinds):
                break
            kinds = finer
    if best is None:
        raise ValueError(
            f"draw: {len(groups)} cards do not fold into {budget}: raise budget=, or draw a part "
            "of the graph"
        )
    together: dict[int, Group] = {}
    for kind, group in zip(best, groups, strict=True):
        whole = together.setdefault(kind, Group([], []))
        whole.cards += group.cards
        whole.inputs += group.inputs
        whole.results += group.results
    return list(together.values())


def _key(group: Group, describe: Callable[[Card], object], kept: set[str]) -> object:
    card = group.first
    return card.name if card.name in kept or group.results else describe(card)


def _numbered(keys: Sequence[object]) -> list[int]:
    """The same partition with its classes numbered from 0 in order of appearance."""
    numbers: dict[object, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _by_kind(card: Card) -> object:
    """Alike if both are inputs, or neither."""
    return card.algebra is None


def _by_operation(card: Card) -> object:
    """Alike if the last operation is."""
    tree = card.algebra
    operation = tree.primitive if isinstance(tree, Operation) else skeleton(tree)
    return (operation, card.is_scalar)


def _by_algebra(card: Card) -> object:
    """Alike if the algebra is, whatever it is of."""
    return (skeleton(card.algebra), card.node.shape)


def _by_name(card: Card) -> object:
    """Alike if the algebra is, and the name but for digits."""
    return (_by_algebra(card), stem(card.name))


def stem(name: str) -> str:
    """A name without its digits.

    >>> stem("w11")
    'w'
    """
    return re.sub(r"[\d,_]+", "", name)


def skeleton(tree: Formula | None) -> object:
    """What remains of a formula without its names and numbers."""
    if not isinstance(tree, Operation | Call):
        return type(tree).__name__
    parts = [skeleton(x) for x in tree.operands]
    name = tree.name if isinstance(tree, Call) else tree.primitive.name
    return (name, tuple(parts) if len(parts) <= 2 else (parts[0], len(parts)))
