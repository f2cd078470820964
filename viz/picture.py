"""What is drawn: cells (a card, or several that are alike) and arrows between them.

The drawing programs (DOT, text, Mermaid, HTML) take a `Picture` and know nothing of graphs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.reading.algebra import Number, factor_text, number_text, renamed, text
from autograd_lite.reading.cards import Card, Edge
from autograd_lite.reading.health import ailments, clashes, mark, uses_of
from autograd_lite.reading.names import printable
from autograd_lite.reading.partials import partial_text
from autograd_lite.viz.check import agrees
from autograd_lite.viz.fold import BUDGET, Group, fold, layers_of, stem


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
    """"input", "result", "output" or "layer"."""
    count: int = 1
    magnitude: float = 0.0
    """log10 |gradient|."""
    strip: Any = None
    """The elements of a small array, to be drawn as a heat strip."""
    notes: list[str] = field(default_factory=list)
    """What is wrong with it."""
    muted: bool = False
    """Whether it is apart from what the reader asked for."""
    layer: str | None = None
    """The layer in whose box it stands."""
    more: str = ""
    """Of the turns of a loop the product of their derivatives, of a layer the gradient of its
    parameters."""
    still: bool = False
    """Whether nothing flows back to it: its gradient is 0."""


@dataclass
class Arrow:
    """One use of a value, or several that are alike."""

    key: str
    source: str
    target: str
    partial: str
    """∂z1/∂x1, or of which whole derivative it is a part, where it is not that: ∂₂y/∂x. Of arrays,
    what comes out of it on the way back: ∂E/∂x."""
    symbol: str
    """The local derivative as a formula, or what becomes of the gradient g, in words."""
    number: str
    sign: int
    """The sign of what flows back along it: 1, 0 or −1."""
    share: float
    """How much of what flows back to the source comes this way, from 0 to 1."""
    count: int = 1
    mark: str = ""
    """"saturated" or "exploding", of a local derivative that is next to 0 or very large."""
    checked: bool | None = None
    """Whether it agrees with numerical differentiation; None if that was not asked."""
    muted: bool = False
    pulled: bool = False
    """Whether it says what becomes of the gradient g, not what it is multiplied by."""
    meets: bool = False
    """Whether the gradient of the source is the sum of what arrives here and elsewhere."""

    @property
    def label(self) -> str:
        """What stands on it: `∂z1/∂x1 = x2 = −0.5`."""
        if self.pulled and self.partial:
            whole = f"{self.partial}: {'… + ' * self.meets}{_cut(self.symbol, 36)}"
        else:
            parts = [self.partial, _cut(self.symbol, 36), self.number]
            whole = " = ".join(dict.fromkeys(part for part in parts if part))
        badge = {None: "", True: " ✓", False: " ✗ differs from numerical"}[self.checked]
        badge = f" ({self.mark})" * bool(self.mark) + badge
        return whole + (f" ×{self.count}" if self.count > 1 else "") + badge


@dataclass
class Picture:
    """Cells, operands first, and the arrows from operands to results."""

    cells: list[Cell]
    arrows: list[Arrow]
    output: str
    """The name of the output."""
    hidden: int = 0
    """How many cards were folded away."""

    @property
    def pulls(self) -> bool:
        """Whether g, the gradient of what an arrow leads to, stands anywhere."""
        return any(arrow.pulled for arrow in self.arrows)


def picture_of(
    cards: Sequence[Card],
    budget: int = BUDGET,
    expand: Collection[str] | bool = (),
    wrt: Collection[str] = (),
    check: bool = False,
    fold_layers: bool | None = None,
) -> Picture:
    """The picture of cards, folded to a budget.

    Args:
        cards: operands first, the output last.
        budget: how many cells there may be.
        expand: names of cards that stay by themselves; True folds nothing.
        wrt: names of cards to show the way to; what is apart from it is muted.
        check: mark each arrow with whether it agrees with numerical differentiation.
        fold_layers: whether each layer becomes one card; by default if the budget asks for it.
    """
    turns = expand is not True
    if expand is True:
        budget, expand = max(budget, len(cards)), ()
    wrt = [printable(name) for name in wrt]
    kept = [printable(name) for name in expand or ()]
    groups = fold(cards, budget, [*kept, *wrt], fold_layers, turns)
    layers = layers_of(cards)
    key = {
        card.name: f"n{i}"
        for i, group in enumerate(groups)
        for card in (*group.cards, *group.inputs)
    }
    lit = _on_the_way(cards, wrt)
    notes = ailments(cards)
    output = cards[-1]
    uses = uses_of(cards)
    shown = {g.first.name: f"({g.layer})" for g in groups if g.layer}
    cells = [
        _cell(f"n{i}", group, output, uses, notes, lit, shown) for i, group in enumerate(groups)
    ]
    for cell, group in zip(cells, groups, strict=True):
        cell.layer = None if group.layer or len(group.cards) > 1 else layers.get(group.first.name)
    arrows = _arrows(groups, key, uses, lit, check, output.name)
    return Picture(cells, arrows, output.name, len(cards) - len(groups))


def _on_the_way(cards: Sequence[Card], wrt: Collection[str]) -> set[str]:
    """The names of the cards between those asked for and the output; all if none is asked for."""
    if not wrt:
        return {card.name for card in cards}
    names = {card.name for card in cards}
    for name in wrt:
        if name not in names:
            raise ValueError(f"wrt: the output does not depend on '{name}'")
    lit = set(wrt)
    for card in cards:
        if any(edge.source.name in lit for edge in card.edges):
            lit.add(card.name)
    return lit


# ---------------------------------------------------------------- cells


def _cell(
    key: str,
    group: Group,
    output: Card,
    uses: Mapping[str, list[Edge]],
    notes: Mapping[str, list[str]],
    lit: set[str],
    shown: Mapping[str, str],
) -> Cell:
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
        partial=partial_text(output.name, _of_what(group)),
        sign=_sign(card.gradient) if one else 0,
        kind=kind,
        count=len(group.results or group.cards),
        more=_of_parameters(group, output) or _product(group),
        magnitude=_log10(norm / max(1, sum(np.size(c.gradient) for c in normed)) ** 0.5),
        strip=_strip(card) if not several else None,
        notes=list(dict.fromkeys(n for c in group.cards for n in notes.get(c.name, ()))),
        muted=card.name not in lit,
        still=all(not np.any(c.gradient) for c in group.cards),
    )


def _norm(cards: Sequence[Card]) -> float:
    """The norm of all gradients together; scaled, so that no square overflows."""
    largest = float(max((np.max(np.abs(c.gradient), initial=0.0) for c in cards), default=0.0))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * float(np.sqrt(sum(np.sum(np.square(c.gradient / largest)) for c in cards)))


def _of_what(group: Group) -> str:
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
    inside = {card.name for card in group.cards}
    factors = []
    for card in group.cards[group.cards.index(group.results[0]) + 1 :]:
        factors.append(sum(e.number or 0.0 for e in card.edges if e.source.name in inside))
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
    shape = "" if card.is_scalar else "×".join(map(str, card.node.shape)) + " "
    shape = f"({shape.strip()}) " if shape.strip() else ""
    if not values.size:
        return f"{shape}empty"
    low, high = number_text(float(values.min()), 4), number_text(float(values.max()), 4)
    return f"{shape}{low}" if low == high else f"{shape}{low} … {high}"


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


def _strip(card: Card) -> Any:
    """The elements of a small array as rows, or None."""
    if card.is_scalar or card.node.ndim > 2 or not 0 < card.node.size <= 64:
        return None
    rows = np.atleast_2d(np.asarray(card.value, dtype=float))
    return rows if rows.shape[0] <= 8 and rows.shape[1] <= 16 else None


def _sign(x: Any) -> int:
    return int(np.sign(x)) if np.isfinite(x) else 0


def _log10(x: float) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log10(x))


# ---------------------------------------------------------------- arrows


def _arrows(
    groups: list[Group],
    key: Mapping[str, str],
    uses: Mapping[str, list[Edge]],
    lit: set[str],
    check: bool,
    output: str,
) -> list[Arrow]:
    """One arrow a use; the uses between the same two cells of many cards drawn as one."""
    total = {name: sum(_flow(edge) for edge in edges) for name, edges in uses.items()}
    arrows: list[Arrow] = []
    drawn = {key[group.first.name]: group for group in groups}
    for group in groups:
        inside = {c.name for c in (*group.cards, *group.inputs)}
        between: dict[str, list[Edge]] = {}
        for card in group.cards:
            for edge in card.edges:
                if edge.source.name not in inside:
                    between.setdefault(key[edge.source.name], []).append(edge)
        for source, edges in between.items():
            if all(edge.source in group.inputs for edge in edges):
                continue
            whole = sum({e.source.name: total[e.source.name] for e in edges}.values())
            alone = (len(group.cards) == 1 or len(edges) == 1) and len(edges) <= 3
            for part in [[edge] for edge in edges] if alone else [edges]:
                arrow = _arrow(f"e{len(arrows)}", source, key, part, whole, lit, check)
                if arrow.pulled or (group.layer and part[0].number is None):
                    below = _of_what(drawn[source])
                    arrow.partial, arrow.pulled = partial_text(output, below), True
                    arrow.meets = len({key[e.target.name] for e in uses[part[0].source.name]}) > 1
                    arrow.meets |= alone and len(edges) > 1
                if arrow.pulled and group.layer:
                    arrow.symbol = f"g through {group.layer}, backwards"
                arrows.append(arrow)
    return arrows


def _flow(edge: Edge) -> float:
    """The size of what flows back along an edge (1 for arrays)."""
    return 1.0 if edge.number is None else abs(times(float(edge.target.gradient), edge.number))


def _arrow(
    name: str,
    source: str,
    key: Mapping[str, str],
    edges: list[Edge],
    whole: float,
    lit: set[str],
    check: bool,
) -> Arrow:
    edge = edges[0]
    one = len(edges) == 1
    flow = sum(_flow(e) for e in edges)
    share = flow / whole if whole else 0.0
    signs = {
        _sign(times(float(e.target.gradient), e.number)) if e.number is not None else 0
        for e in edges
    }
    number = number_text(edge.number) if one and edge.number is not None else ""
    if one and clashes(edge):
        number = "0·inf, taken as 0"
    return Arrow(
        key=name,
        source=source,
        target=key[edge.target.name],
        partial=edge.partial if one else "",
        pulled=one and edge.number is None,
        symbol=_symbol(edge) if one else f"{len(edges)} uses",
        number="" if isinstance(_formula(edge), Number) and not clashes(edge) else number,
        sign=signs.pop() if len(signs) == 1 else 0,
        share=share if share == share else 1.0,
        mark=mark(edge) if one else "",
        checked=all(agrees(e) for e in edges[:16]) if check else None,
        muted=not all(e.source.name in lit and e.target.name in lit for e in edges),
    )


def _formula(edge: Edge) -> Any:
    return None if edge.back is not None else edge.symbol


def _symbol(edge: Edge) -> str:
    """The local derivative as a formula; of arrays, what becomes of the gradient g."""
    back = edge.back
    if back is not None:
        return back
    if edge.number is not None:
        return text(edge.symbol)
    symbol = factor_text(edge.symbol)
    summed = "" if edge.source.node.shape == edge.target.node.shape else ", summed to its shape"
    if symbol == "1":
        return f"g{summed}"
    return f"−g{summed}" if symbol == "−1" else f"g·{symbol}{summed}"


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
