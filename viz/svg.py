"""The picture as SVG that screen readers can read: everything has a title and a description."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from autograd_lite.viz.labels import move_apart
from autograd_lite.viz.legend import JOINER
from autograd_lite.viz.picture import Arrow, Cell, Picture
from autograd_lite.viz.text import sentence

SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def described(svg: bytes, picture: Picture) -> str:
    """Graphviz' SVG with `<title>` and `<desc>` on the whole, every card and every arrow."""
    root = ET.fromstring(svg.decode().replace(JOINER, ""))
    _describe(root, f"The graph of {picture.output}", _summary(picture))
    root.set("role", "img")
    cells = {cell.key: cell for cell in picture.cells}
    arrows = {arrow.key: arrow for arrow in picture.arrows}
    for group in root.iter(f"{{{SVG}}}g"):
        if group.get("class") == "graph":  # which older versions of Graphviz call %3
            _without_title(group)
        _join_lines(group)
        key = group.get("id", "")
        if key in cells:
            _describe(group, *_of_cell(cells[key]))
        elif key in arrows:
            _describe(group, *_of_arrow(arrows[key], cells))
    move_apart(root)
    return ET.tostring(root, encoding="unicode")


def _join_lines(group: ET.Element) -> None:
    """Make one text of the pieces of a line, so that a reader's font, whose letters may be wider
    than those that Graphviz measured, does not let them overlap."""
    lines: dict[str, ET.Element] = {}
    for piece in group.findall(f"{{{SVG}}}text"):
        first = lines.setdefault(piece.get("y", ""), piece)
        if piece.get("text-anchor") != "start":
            continue
        part = ET.Element(f"{{{SVG}}}tspan")
        part.text = piece.text
        part.attrib.update({k: v for k, v in piece.attrib.items() if k.startswith(("f", "{"))})
        if first is piece:
            first.text = None
            first.set("style", "white-space: pre")
            first.attrib.pop("font-weight", None)  # each part has its own
        else:
            group.remove(piece)
        first.append(part)


def _summary(picture: Picture) -> str:
    folded = f"; {picture.hidden} cards are folded away" if picture.hidden else ""
    return f"{len(picture.cells)} cards, {len(picture.arrows)} local derivatives{folded}."


def _of_cell(cell: Cell) -> tuple[str, str]:
    title = f"{cell.name} = {cell.algebra}" if cell.algebra else cell.name
    return title, sentence(cell)


def _of_arrow(arrow: Arrow, cells: dict[str, Cell]) -> tuple[str, str]:
    ends = f"from {cells[arrow.source].name} to {cells[arrow.target].name}"
    if not arrow.label:
        return ends, "a constant: nothing flows back"
    return arrow.label, f"{ends}, {arrow.share:.0%} of the gradient of {cells[arrow.source].name}"


def _without_title(element: ET.Element) -> None:
    for old in element.findall(f"{{{SVG}}}title"):
        element.remove(old)


def _describe(element: ET.Element, title: str, description: str) -> None:
    _without_title(element)
    head, body = ET.Element(f"{{{SVG}}}title"), ET.Element(f"{{{SVG}}}desc")
    head.text, body.text = title, description
    element.insert(0, body)
    element.insert(0, head)
