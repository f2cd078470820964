"""Diagrams of networks as books draw them: a circle a unit, a line a weight."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from autograd_lite.reading.names import printable
from autograd_lite.viz.colours import THEMES
from autograd_lite.viz.dot import FONT
from autograd_lite.viz.drawing import check_suffix
from autograd_lite.viz.render import render, write

MOST_UNITS = 12
"""A layer of more units is drawn as its first and last ones with dots between."""


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Diagram:
    """A diagram in the DOT language; shows itself in a notebook, saves itself by suffix."""

    def __init__(self, dot: str) -> None:
        self._dot = dot

    def dot(self) -> str:
        """The diagram in Graphviz' DOT language."""
        return self._dot

    def svg(self) -> str:
        """The diagram as SVG."""
        return render(self._dot, "svg", "neato").decode()

    def save(self, path: str | Path) -> Path:
        """Write it to a file, in the format of its suffix: .svg, .png, .pdf or .dot."""
        suffix = check_suffix(path, (".svg", ".png", ".pdf", ".dot"))
        content = self._dot.encode() if suffix == ".dot" else render(self._dot, suffix[1:], "neato")
        write(Path(path), content)
        return Path(path)

    def __repr__(self) -> str:
        return f"<Diagram: {self._dot.count(' -- ')} lines>"

    def _repr_svg_(self) -> str:
        return self.svg()


def network(
    *sizes: int,
    activation: str | None = None,
    bias: bool = False,
    labels: Sequence[Sequence[str]] | None = None,
    title: str = "",
    theme: str = "light",
) -> Diagram:
    """The diagram of a network of fully connected layers.

    Args:
        sizes: units of each layer, inputs first: `network(2, 3, 3, 1)`. A layer of more
            than 12 is drawn with dots in its middle: `network(784, 100, 10)`.
        activation: draw it as a node of its own behind each unit: "σ".
        bias: draw it as an input 1.
        labels: what stands in the units of each layer, instead of x1 …, h1 … (of several
            hidden layers h¹1 …, h²1 …), y1 …
        title: a line above.
        theme: "light" or "dark".

    Raises:
        ValueError: if there are fewer than two layers, a size is not positive, or labels and
            sizes differ.

    >>> network(2, 3, 3, 1).dot().count(" -- ")
    18
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"network: two or more layers of at least one unit, not {sizes}")
    named = _labels(sizes, labels)
    colours = THEMES[theme]
    places = _places(named, activation is not None, bias)
    lines = [
        "graph {",
        f'  graph [splines=line, pad=0.2, labelloc=t, bgcolor="{colours.paper}", '
        f'fontcolor="{colours.ink}", fontname="{FONT}", label="{_plain(title)}"]',
        f'  node [shape=circle, fixedsize=true, width=0.5, fontname="{FONT}", fontsize=12, '
        f'style=filled, color="{colours.line}", fontcolor="{colours.ink}"]',
        f'  edge [color="{colours.muted}", penwidth=0.7]',
    ]
    fills = [colours.input, *[colours.result] * (len(sizes) - 2), colours.output]
    few = all(size <= 3 for size in sizes)
    for layer, units in enumerate(named):
        lines += _layer(layer, units, fills[layer], sizes[layer], places, activation)
        if bias and layer + 1 < len(sizes):
            lines.append(_unit(f"l{layer}b", "1", colours.input, places))
    for layer in range(len(sizes) - 1):
        lines += _between(named, layer, activation is not None, bias, few, places, colours.paper)
    return Diagram("\n".join([*lines, "}", ""]))


Places = dict[str, tuple[float, float]]


def _places(named: list[list[tuple[str, str]]], activated: bool, bias: bool) -> Places:
    """Where each unit stands, in points: a column a layer, its first unit on top."""
    places: Places = {}
    across = 0.0
    for layer, units in enumerate(named):
        extra = 1 if bias and layer + 1 < len(named) else 0
        top = (len(units) + extra - 1) / 2
        for i, (key, _) in enumerate(units):
            places[key] = (across, (top - i) * 52)
            places[key + "a"] = (across + 70, (top - i) * 52)
        places[f"l{layer}b"] = (across, (top - len(units)) * 52)
        places[f"l{layer}top"] = (across, (top + 0.85) * 52)
        across += 150 + (70 if activated and layer else 0)
    return places


def _labels(
    sizes: Sequence[int], labels: Sequence[Sequence[str]] | None
) -> list[list[tuple[str, str]]]:
    """For each layer the units that are drawn: (id, label); "…" stands for those left out."""
    hidden = len(sizes) - 2
    raised = [str(i + 1).translate(_RAISED) if hidden > 1 else "" for i in range(hidden)]
    letters = ["x", *(f"h{which}" for which in raised), "y"]
    if labels is not None and [len(row) for row in labels] != list(sizes):
        raise ValueError(f"network: labels {[len(r) for r in labels]} do not fit sizes {sizes}")
    named = []
    for layer, size in enumerate(sizes):
        units = [
            (f"l{layer}u{i}", labels[layer][i] if labels else f"{letters[layer]}{i + 1}")
            for i in range(size)
        ]
        if size > MOST_UNITS:
            units = [*units[:3], (f"l{layer}dots", "⋮"), *units[-2:]]
        named.append(units)
    return named


def _unit(key: str, label: str, fill: str, places: Places) -> str:
    x, y = places[key]
    if label == "⋮":
        look = 'shape=none, style="", fontsize=20'
    else:
        long = (
            f", fontsize={60 / max(len(label), 6):.1f}, fixedsize=shape" if _is_wide(label) else ""
        )
        look = f'fillcolor="{fill}"{long}'
        if len(label) > 8:
            look += f', tooltip="{_plain(label)}"'
            label = label[:7] + "…"
    return f'  {key} [label="{_plain(label)}", pos="{x / 72:.3f},{y / 72:.3f}!", {look}]'


def _is_wide(label: str) -> bool:
    """Whether a label may not fit into its circle."""
    return len(label) + sum(unicodedata.east_asian_width(c) in "WF" for c in label) > 3


def _layer(
    layer: int,
    units: list[tuple[str, str]],
    fill: str,
    size: int,
    places: Places,
    activation: str | None,
) -> Iterator[str]:
    """The units of a layer below its size, and what stands behind each."""
    x, y = places[f"l{layer}top"]
    yield f'  l{layer}top [label="{size}", pos="{x / 72:.3f},{y / 72:.3f}!", shape=none, style=""]'
    for key, label in units:
        yield _unit(key, label, fill, places)
        if activation is not None and layer and label != "⋮":
            yield _unit(f"{key}a", activation, fill, places)
            yield f"  {key} -- {key}a"


def _between(
    named: list[list[tuple[str, str]]],
    layer: int,
    activated: bool,
    bias: bool,
    few: bool,
    places: Places,
    paper: str,
) -> Iterator[str]:
    """The weights from one layer to the next; w11, w12 … written on them where they are few, of
    several layers w¹11, w²11, …"""
    behind = "a" if activated and layer else ""
    which = str(layer + 1).translate(_RAISED) if len(named) > 2 else ""  # of several layers
    sources = [(key + behind, f"w{which}{i + 1}") for i, (key, label) in enumerate(named[layer])
               if label != "⋮"]  # fmt: skip
    if bias:
        sources.append((f"l{layer}b", f"b{which}"))
    for j, (target, label) in enumerate(named[layer + 1]):
        for source, weight in sources if label != "⋮" else ():
            yield f"  {source} -- {target}"
            if few:
                yield _word(
                    f"{source}{target}", f"{weight}{j + 1}", source, target, j, places, paper
                )


def _word(key: str, word: str, source: str, target: str, j: int, places: Places, paper: str) -> str:
    """A word on a line; those of different targets at different heights, so that none meet."""
    (x, y), (u, v) = places[source], places[target]
    along = 0.24 + 0.21 * (j % 3)
    at = f"{(x + (u - x) * along) / 72:.3f},{(y + (v - y) * along) / 72:.3f}!"
    size = f"width={0.085 * len(word):.2f}, height=0.16, fontsize=9"
    look = f'shape=box, {size}, color="{paper}", fillcolor="{paper}"'
    return f'  {source}{target} [label="{word}", pos="{at}", {look}]'


def _plain(words: str) -> str:
    """Words inside a DOT string."""
    shown = " ".join(printable(words).split())[:60].replace("\\", "\\\\").replace('"', '\\"')
    return shown.replace("&", "&amp;")
