"""The picture in plain text: an aligned table, a tree, Markdown, Mermaid."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from autograd_lite.viz.picture import Cell, Picture


def sentence(cell: Cell) -> str:
    """A card in words: its value, its gradient, what is wrong with it."""
    notes = "".join(f"; {note}" for note in (*cell.changes, *cell.notes))
    more = f"; {cell.more}" if cell.more else ""
    return f"{cell.value}; {gradient(cell)}{more}{notes}"


def gradient(cell: Cell) -> str:
    """`∂E/∂x = 3`; of a constant, that it is one."""
    return " = ".join(part for part in (cell.partial, cell.gradient) if part)


def table(picture: Picture) -> str:
    """An aligned table, a line a card, operands first."""
    head: Row = ("", "name", "algebra", "value", "gradient")
    rows: list[Row] = [head]
    below = [["local derivatives"]]
    for cell in picture.cells:
        below.append([a.label for a in picture.arrows if a.target == cell.key and a.label])
        rows.append((cell.layer or "", cell.name, cell.algebra, cell.value, cell.gradient))
    if not picture.sides:
        rows = [("", *row[1:]) for row in rows]
    lines = _side_by_side(rows, below) or _stacked(rows, below)
    more = [f"· {cell.name}: {cell.more}" for cell in picture.cells if cell.more]
    notes = [f"! {cell.name}: {note}" for cell in picture.cells for note in cell.notes]
    notes += [f"Δ {c.name}: {', '.join(c.changes)}" for c in picture.cells if c.changes]
    if picture.pulls:
        notes.insert(0, f"g: the gradient of the value in whose line it stands, {_of(picture)}")
    return "\n".join([*lines, *more, *notes]) + "\n"


WIDE = 80
"""Columns of a terminal; a table of more is written more narrowly."""

Row = tuple[str, str, str, str, str]


def _side_by_side(rows: list[Row], below: list[list[str]]) -> list[str]:
    """The table with the local derivatives of each line behind it; none if it is too wide."""
    whole = [(*row, ", ".join(part)) for row, part in zip(rows, below, strict=True)]
    lines = _ruled(whole)
    return lines if max(map(_width, lines)) <= WIDE else []


def _stacked(rows: list[Row], below: list[list[str]]) -> list[str]:
    """The table with the local derivatives below each line, long lines of algebra cut."""
    widths = [max(_width(row[i]) for row in rows) for i in range(5)]
    spare = WIDE - sum(width + 2 for width in widths if width) + 2 + widths[2]
    rows = [(*row[:2], _cut(row[2], max(24, spare)), *row[3:]) for row in rows]
    indent = " " * (sum(width + 2 for width in widths[:2] if width) + 2)
    ruled = _ruled(rows)
    lines = ruled[:2]
    for line, labels in zip(ruled[2:], below[1:], strict=True):
        lines += [line, *_filled(labels, indent)]
    return lines


def _filled(labels: list[str], indent: str) -> list[str]:
    """The labels in lines of at most `WIDE` columns, as many on each as there is room for."""
    lines: list[str] = []
    for label in labels:
        if lines and _width(lines[-1]) + _width(label) + 2 <= WIDE:
            lines[-1] += f", {label}"
        else:
            lines.append(indent + label)
    return lines


def _ruled(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns, the first underlined; a column without a word in it is left out."""
    used = [i for i in range(len(rows[0])) if any(row[i] for row in rows)]
    widths = [max(_width(row[i]) for row in rows) for i in used]
    lines = [_line([row[i] for i in used], widths) for row in rows]
    lines.insert(1, _line(["─" * width for width in widths], widths))
    return lines


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


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
    if picture.sides:
        return "\n".join(f"{side}:\n{_tree(picture, side)}" for side in picture.sides)
    return _tree(picture, None)


def _tree(picture: Picture, side: str | None) -> str:
    cells = {cell.key: cell for cell in picture.cells}
    root = [cell for cell in picture.cells if side is None or cell.layer == side][-1]
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
        inner = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        lines += _broken(f"{lead}{branch}{way}{what}: {sentence(cell)}", inner)
        below = [a for a in picture.arrows if a.target == key and a.source != key]
        for i, arrow in reversed(list(enumerate(below))):
            last = "└─ " if i == len(below) - 1 else "├─ "
            stack.append((arrow.source, inner, last, arrow.label))
    return "\n".join(lines) + "\n"


def _broken(line: str, indent: str) -> list[str]:
    """A line, or, if it is too long, one for each of its parts."""
    if _width(line) <= WIDE:
        return [line]
    first, *parts = line.split("; ")
    return [first, *(f"{indent}   {part}" for part in parts)]


def markdown(picture: Picture) -> str:
    """A table in Markdown."""
    lines = [
        f"| name | algebra | value | ∂{_escaped(picture.output)}/∂name |",
        "|---|---|---|---|",
    ]
    for cell in picture.cells:
        name = f"{cell.layer}: {cell.name}" if picture.sides else cell.name
        row = (name, cell.algebra, cell.value, cell.gradient)
        lines.append("| " + " | ".join(map(_escaped, row)) + " |")
    return "\n".join(lines) + "\n"


def _escaped(words: str) -> str:
    """Words in a cell of a table: what Markdown or HTML would read as their own is escaped."""
    special = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {c: "\\" + c for c in "\\`*_{}[]()#|"}
    return "".join(special.get(c, c) for c in isolated(" ".join(words.split())))


def mermaid(picture: Picture) -> str:
    """A flowchart in Mermaid, which Markdown pages of code hosts draw."""
    lines = ["flowchart LR"]
    for cell in picture.cells:
        what = f"{cell.name} = {cell.algebra}" if cell.algebra else cell.name
        what = f"{cell.layer}: {what}" if picture.sides else what
        body = "<br/>".join(
            map(_quoted, (what, cell.value, gradient(cell), *cell.changes, *cell.notes))
        )
        lines.append(f'  {cell.key}["{body}"]')
    for a in picture.arrows:
        label = f'|"{_quoted(a.label)}"|' if a.label else ""
        lines.append(f"  {a.source} -->{label} {a.target}")
    return "\n".join(lines) + "\n"


_TO_THE_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]+")


def isolated(words: str) -> str:
    """Words with what is written from right to left set apart, so that nothing around it moves:
    `∂y/∂שלום = 2` stays in this order."""
    return _TO_THE_LEFT.sub("\u2068\\g<0>\u2069", words)


def _quoted(words: str) -> str:
    """Words inside Mermaid's quotes: what it might read as its own is written as an entity."""
    special = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "#": "#35;", "`": "#96;"}
    return "".join(special.get(c, c) for c in isolated(" ".join(words.split())))
