"""What can be measured of a picture: contrasts of its words, and what lies over what."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from itertools import combinations

from autograd_lite.viz.colours import contrast

SVG = "{http://www.w3.org/2000/svg}"
WIDTHS = 0.56
"""Of a letter, on the average, in heights."""


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, point: tuple[float, float]) -> bool:
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom


def words(text: ET.Element) -> str:
    return "".join(text.itertext())


def box_of(text: ET.Element) -> Box:
    """About where a line of text stands: as high as its letters without what hangs below."""
    x, y = float(text.get("x")), float(text.get("y"))
    size = float(text.get("font-size"))
    width = len(words(text)) * size * WIDTHS
    left = x - width / 2 if text.get("text-anchor") == "middle" else x
    return Box(left, y - 0.7 * size, left + width, y)


def points_of(polygon: ET.Element) -> list[tuple[float, float]]:
    """The points of a polygon, or along the curves of a path."""
    given = re.findall(r"([-\d.]+),([-\d.]+)", polygon.get("points") or polygon.get("d", ""))
    points = [(float(x), float(y)) for x, y in given]
    if polygon.get("points"):
        return points
    found = points[:1]
    for i in range(1, len(points) - 2, 3):
        a, (b, c, d) = found[-1], points[i : i + 3]
        for t in (k / 24 for k in range(1, 25)):
            s = 1 - t
            found.append(
                tuple(
                    s**3 * a[j] + 3 * s * s * t * b[j] + 3 * s * t * t * c[j] + t**3 * d[j]
                    for j in (0, 1)
                )  # type: ignore[arg-type]
            )
    return found


def around(points: list[tuple[float, float]]) -> Box:
    across, down = zip(*points, strict=True)
    return Box(min(across), min(down), max(across), max(down))


def groups(root: ET.Element, kind: str) -> list[ET.Element]:
    return [g for g in root.iter(f"{SVG}g") if g.get("class") == kind]


def overlaps(svg: str) -> list[str]:
    """The labels of arrows that lie over a card, over another label, or over an arrow."""
    root = ET.fromstring(svg)
    cards = [
        around([p for shape in _shapes(g) for p in points_of(shape)]) for g in groups(root, "node")
    ]
    labels, curves = [], []
    for g in groups(root, "edge"):
        labels += [(words(t), box_of(t)) for t in g.iter(f"{SVG}text")]
        curves += [(g.get("id"), points_of(p)) for p in g.iter(f"{SVG}path")]
    found = [f"{a} over {b}" for (a, x), (b, y) in combinations(labels, 2) if x.meets(y)]
    found += [f"{word} over a card" for word, box in labels for card in cards if box.meets(card)]
    for word, box in labels:
        found += [f"{word} over {key}" for key, curve in curves if any(map(box.holds, curve))]
    return found


def _shapes(group: ET.Element) -> list[ET.Element]:
    return [e for e in group.iter() if e.tag in (f"{SVG}path", f"{SVG}polygon")]


def faint(svg: str, least: float = 4.5) -> list[str]:
    """The words whose contrast to what is behind them is too small."""
    root = ET.fromstring(svg)
    (graph,) = (g for g in root.iter(f"{SVG}g") if g.get("class") == "graph")
    paper = next(e.get("fill") for e in graph if e.tag == f"{SVG}polygon")
    found = []
    for group in [graph, *graph.iter(f"{SVG}g")]:
        behind = paper
        if group.get("class") == "node":
            fills = [e.get("fill") for e in _shapes(group)]
            behind = next((f for f in fills if f and f != "none"), paper)
        for text in group.findall(f"{SVG}text"):
            for part in [text, *text]:
                colour = part.get("fill") or text.get("fill") or "#000000"
                if (part.text or "").strip() and contrast(colour, behind) < least:
                    found.append(f"{part.text}: {colour} on {behind}")
    return found
