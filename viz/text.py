"""The picture in plain text: an aligned table, a tree, Markdown, Mermaid."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from autograd_lite.viz.picture import Cell, Picture


def sentence(cell: Cell) -> str:
    """A card in words: its value, its gradient, what is wrong with it."""
    notes = "".join(f"; {note}" for note in cell.notes)
    more = f"; {cell.more}" if cell.more else ""
    return f"{cell.value}; {gradient(cell)}{more}{notes}"


def gradient(cell: Cell) -> str:
    """`∂E/∂x = 3`; of a constant, that it is one."""
    return " = ".join(part for part in (cell.partial, cell.gradient) if part)


def table(picture: Picture) -> str:
    """An aligned table, a line a card, operands first."""
    rows = [("name", "algebra", "value", "gradient", "local derivatives")]
    for cell in picture.cells:
        into = [a.label for a in picture.arrows if a.target == cell.key and a.label]
        rows.append((cell.name, cell.algebra, cell.value, cell.gradient, ", ".join(into)))
    widths = [max(_width(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, _line(["─" * width for width in widths], widths))
    more = [f"· {cell.name}: {cell.more}" for cell in picture.cells if cell.more]
    notes = [f"! {cell.name}: {note}" for cell in picture.cells for note in cell.notes]
    if picture.pulls:
        notes.insert(0, f"g: the gradient of the value in whose line it stands, {_of(picture)}")
    return "\n".join([*lines, *more, *notes]) + "\n"


def _of(picture: Picture) -> str:
    """Of which value g is the gradient, for the first arrow that has one."""
    target = next(arrow.target for arrow in picture.arrows if arrow.pulled)
    cell = next(cell for cell in picture.cells if cell.key == target)
    return f"{cell.partial} in the line of {cell.name}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()


def _width(words: str) -> int:
    """How many columns a terminal gives the words."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in words)
    return len(words) + wide - sum(unicodedata.combining(c) > 0 for c in words)


def tree(picture: Picture) -> str:
    """The output as the root, its operands below, each with the derivative on the way to it. What
    was shown before is named again, not repeated."""
    cells = {cell.key: cell for cell in picture.cells}
    root = picture.cells[-1]
    lines: list[str] = []
    shown: set[str] = set()
    stack = [(root.key, "", "", "")]
    while stack:
        key, lead, branch, label = stack.pop()
        cell = cells[key]
        way = f"[{label}] " if label else ""
        if key in shown:
            lines.append(f"{lead}{branch}{way}{cell.name} (above)")
            continue
        shown.add(key)
        what = f"{cell.name} = {cell.algebra}" if cell.algebra else cell.name
        lines.append(f"{lead}{branch}{way}{what}: {sentence(cell)}")
        below = [a for a in picture.arrows if a.target == key and a.source != key]
        inner = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        for i, arrow in reversed(list(enumerate(below))):
            last = "└─ " if i == len(below) - 1 else "├─ "
            stack.append((arrow.source, inner, last, arrow.label))
    return "\n".join(lines) + "\n"


def markdown(picture: Picture) -> str:
    """A table in Markdown."""
    lines = [
        f"| name | algebra | value | ∂{_escaped(picture.output)}/∂name |",
        "|---|---|---|---|",
    ]
    for cell in picture.cells:
        row = (cell.name, cell.algebra, cell.value, cell.gradient)
        lines.append("| " + " | ".join(map(_escaped, row)) + " |")
    return "\n".join(lines) + "\n"


def _escaped(words: str) -> str:
    """Words in a cell of a table: what Markdown or HTML would read as their own is escaped."""
    special = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {c: "\\" + c for c in "\\`*_{}[]()#|"}
    return "".join(special.get(c, c) for c in " ".join(words.split()))


def mermaid(picture: Picture) -> str:
    """A flowchart in Mermaid, which Markdown pages of code hosts draw."""
    lines = ["flowchart LR"]
    for cell in picture.cells:
        what = f"{cell.name} = {cell.algebra}" if cell.algebra else cell.name
        body = "<br/>".join(map(_quoted, (what, cell.value, gradient(cell), *cell.notes)))
        lines.append(f'  {cell.key}["{body}"]')
    for a in picture.arrows:
        label = f'|"{_quoted(a.label)}"|' if a.label else ""
        lines.append(f"  {a.source} -->{label} {a.target}")
    return "\n".join(lines) + "\n"


def _quoted(words: str) -> str:
    """Words inside Mermaid's quotes: what it might read as its own is written as an entity."""
    special = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "#": "#35;", "`": "#96;"}
    return "".join(special.get(c, c) for c in " ".join(words.split()))
