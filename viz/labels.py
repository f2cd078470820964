"""Labels of arrows moved out of the way of cards, of arrows and of each other.

Graphviz leaves room for every label beside its arrow, but draws other arrows through it, and does
not know the reader's font. What lies over something is moved along its arrow to where nothing is.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SVG = "{http://www.w3.org/2000/svg}"

LETTER = 0.56
"""The width of a letter, on the average, in heights."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, point: Point) -> bool:
        """Whether a point is inside."""
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom


def move_apart(root: ET.Element) -> None:
    """Move the labels of Graphviz' SVG that lie over something; where there is no free place, a
    label stays."""
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") in ("node", "edge")]
    cards = [_around(group) for group in groups if group.get("class") == "node"]
    arrows = [group for group in groups if group.get("class") == "edge"]
    curves = [_curve(path) for group in arrows for path in group.iter(f"{SVG}path")]
    labels = {i: text for i, group in enumerate(arrows) for text in group.iter(f"{SVG}text")}
    boxes = {i: _box(text) for i, text in labels.items()}
    for i, text in labels.items():
        taken = [*cards, *(box for j, box in boxes.items() if j != i)]
        if _is_free(boxes[i], taken, curves):
            continue
        own = [_curve(path) for path in arrows[i].iter(f"{SVG}path")]
        places = _places(boxes[i], own[0]) if own else iter(())
        free = next((box for box in places if _is_free(box, taken, curves)), None)
        if free is not None:
            text.set("x", f"{float(text.get('x', 0)) + free.left - boxes[i].left:.2f}")
            text.set("y", f"{float(text.get('y', 0)) + free.top - boxes[i].top:.2f}")
            boxes[i] = free


def _is_free(box: Box, taken: Sequence[Box], curves: Sequence[Sequence[Point]]) -> bool:
    if any(box.meets(other) for other in taken):
        return False
    return not any(box.holds(point) for curve in curves for point in curve)


def _places(box: Box, curve: Sequence[Point]) -> Iterator[Box]:
    """Places for a label above and below its arrow, the nearest to where it stands first."""
    wide, high = (box.right - box.left) / 2, box.bottom - box.top
    found = []
    for x, y in curve[2:-2]:
        for top in (y + down for off in (3, 9, 18, 27) for down in (-high - off, off)):
            for left in (x - wide * shift for shift in (0.0, 0.5, 1.0, 1.5, 2.0)):
                far = abs(left - box.left) + 2 * abs(top - box.top)
                found.append((far, Box(left, top, left + 2 * wide, top + high)))
    return (place for _, place in sorted(found, key=lambda one: one[0]))


def _box(text: ET.Element) -> Box:
    """About where a line of text stands."""
    x, y = float(text.get("x", 0)), float(text.get("y", 0))
    size = float(text.get("font-size", 10))
    width = len("".join(text.itertext())) * size * LETTER
    left = x - width / 2 if text.get("text-anchor") == "middle" else x
    return Box(left, y - 0.75 * size, left + width, y + 0.1 * size)


def _around(group: ET.Element) -> Box:
    """The rectangle around a card."""
    shapes = [e for e in group.iter() if e.tag in (f"{SVG}path", f"{SVG}polygon")]
    across, down = zip(*(point for shape in shapes for point in _given(shape)), strict=True)
    return Box(min(across), min(down), max(across), max(down))


def _given(shape: ET.Element) -> list[Point]:
    written = shape.get("points") or shape.get("d") or ""
    return [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", written)]


def _curve(path: ET.Element) -> list[Point]:
    """Points along a path of cubic curves."""
    given = _given(path)
    found = given[:1]
    for i in range(1, len(given) - 2, 3):
        start, (b, c, end) = found[-1], given[i : i + 3]
        for t in (k / 24 for k in range(1, 25)):
            s = 1 - t
            weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
            four = (start, b, c, end)
            x, y = (sum(w * p[j] for w, p in zip(weights, four, strict=True)) for j in (0, 1))
            found.append((x, y))
    return found
