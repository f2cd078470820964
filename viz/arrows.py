"""The arrows of a picture: what flows back, and by what it is multiplied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from autograd_lite.reading.algebra import Number, number_text, text
from autograd_lite.reading.cards import Edge
from autograd_lite.reading.flows import flows, sign, size
from autograd_lite.reading.health import clashes, mark
from autograd_lite.reading.partials import partial_text
from autograd_lite.viz.cells import group_name
from autograd_lite.viz.check import agrees
from autograd_lite.viz.fold import Group


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
    slot: int | None = None
    """Which use of a value in its line it is, where it is marked by that."""
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


class Arrows:
    """Draws the arrows between the groups of a picture."""

    def __init__(
        self,
        groups: Sequence[Group],
        key: Mapping[str, str],
        uses: Mapping[str, list[Edge]],
        lit: Collection[str],
        check: bool,
        output: str,
    ) -> None:
        self._groups, self._key, self._uses = groups, key, uses
        self._lit, self._check, self._output = lit, check, output
        self._flows = flows(uses)
        self._total = {name: sum(map(self._size, edges)) for name, edges in uses.items()}

    def all(self) -> list[Arrow]:
        """One arrow a use; the uses between the same two cells of many cards drawn as one."""
        arrows: list[Arrow] = []
        drawn = {self._key[group.first.name]: group for group in self._groups}
        for group in self._groups:
            for source, edges in self._between(group).items():
                whole = sum(self._total[name] for name in {e.source.name for e in edges})
                alone = (len(group.cards) == 1 or len(edges) == 1) and len(edges) <= 3
                for part in [[edge] for edge in edges] if alone else [edges]:
                    arrow = self._arrow(f"e{len(arrows)}", source, part, whole)
                    if part[0].number is None and (arrow.pulled or group.layer):
                        arrow.partial = partial_text(self._output, group_name(drawn[source]))
                        arrow.pulled = True
                        arrow.meets = len(part) < len(edges) or self._is_used_elsewhere(part[0])
                    if arrow.pulled and group.layer:
                        arrow.symbol = f"g through {group.layer}, backwards"
                    arrows.append(arrow)
        return arrows

    def _between(self, group: Group) -> dict[str, list[Edge]]:
        """By the cell that they come from, the edges into a group from outside."""
        inside = {c.name for c in (*group.cards, *group.inputs)}
        found: dict[str, list[Edge]] = {}
        for card in group.cards:
            for edge in card.edges:
                if edge.source.name not in inside:
                    found.setdefault(self._key[edge.source.name], []).append(edge)
        return found

    def _is_used_elsewhere(self, edge: Edge) -> bool:
        return len({self._key[e.target.name] for e in self._uses[edge.source.name]}) > 1

    def _size(self, edge: Edge) -> float:
        """The size of what flows back along an edge; 1 where that is not known."""
        flow = self._flows[id(edge)]
        return 1.0 if flow is None else size(flow)

    def _sign(self, edge: Edge) -> int:
        flow = self._flows[id(edge)]
        return 0 if flow is None else sign(flow)

    def _arrow(self, name: str, source: str, edges: Sequence[Edge], whole: float) -> Arrow:
        edge, one = edges[0], len(edges) == 1
        share = sum(map(self._size, edges)) / whole if whole else 0.0
        signs = {self._sign(e) for e in edges}
        ends = {e.source.name for e in edges} | {e.target.name for e in edges}
        return Arrow(
            key=name,
            source=source,
            target=self._key[edge.target.name],
            partial=edge.partial if one else "",
            slot=edge.slot if one else None,
            pulled=one and edge.number is None,
            symbol=_symbol(edge) if one else f"{len(edges)} uses",
            number=_number(edge) if one else "",
            sign=signs.pop() if len(signs) == 1 else 0,
            share=share if share == share else 1.0,
            mark=mark(edge) if one else "",
            checked=all(agrees(e) for e in edges[:16]) if self._check else None,
            muted=not ends <= set(self._lit),
        )


def _symbol(edge: Edge) -> str:
    """The local derivative as a formula; of arrays, what becomes of the gradient g."""
    if edge.number is None:
        return edge.pulled_back()
    return edge.back or text(edge.symbol)


def _number(edge: Edge) -> str:
    """The local derivative as a number, where the formula is not the number itself."""
    if edge.number is None or (isinstance(edge.symbol, Number) and edge.back is None):
        return "0·inf, taken as 0" if clashes(edge) else ""
    return "0·inf, taken as 0" if clashes(edge) else number_text(edge.number)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
