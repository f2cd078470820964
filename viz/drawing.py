"""`draw`: the picture of backpropagation, shown in a notebook or saved to a file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape
from pathlib import Path
from typing import Any

from autograd_lite.engine.graph import is_larger_than, operands_first
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.cards import cards_of, names_in
from autograd_lite.viz import text
from autograd_lite.viz.dot import dot_source
from autograd_lite.viz.fold import BUDGET
from autograd_lite.viz.picture import Picture, picture_of
from autograd_lite.viz.render import render, write
from autograd_lite.viz.svg import described

LARGEST = 200_000
"""Graphs of more variables are refused: a reader could not find anything in them."""


def draw(
    output: Any,
    names: Mapping[str, Any] | None = None,
    wrt: Any = (),
    *,
    fold: bool | None = None,
    budget: int = BUDGET,
    expand: Collection[str] | bool = (),
    fold_layers: bool | None = None,
    check: bool = False,
    theme: str = "light",
    overlay: str | None = None,
) -> Drawing:
    """The picture of everything that an output was computed from, and of its gradients.

    A card a value, with its algebra, value and gradient; on each edge the local derivative, as a
    formula and a number. It makes its own reverse pass: `backward()` need not have run, and no
    `.grad` changes.

    Args:
        output: a Value, or a Tensor without axes.
        names: names of variables, such as `locals()`.
        wrt: variables, or their names: what is not on the way to them is muted.
        fold: whether values without a name go into the algebra of the next, and a call of a
            function that is written in others is one card; by default if anything but inputs has
            a name, or there are more than `budget`.
        budget: how many cards there may be; beyond it, parameters go into the card that uses them
            and cards that are alike become one.
        expand: names of cards that are not folded; True folds nothing.
        fold_layers: whether each layer of a network becomes one card; by default if there are
            more than `budget`. `expand=["Affine 1"]` opens one.
        check: mark each local derivative with whether it agrees with a numerical one.
        theme: "light" or "dark".
        overlay: "gradient" colours the cards by log10 |gradient|.

    Raises:
        TypeError: if the output is no variable.
        ValueError: if it is no scalar, or the graph is too large to be drawn.

    >>> from autograd_lite import Value
    >>> x = Value(3.0)
    >>> y = x * x
    >>> print(draw(y, names=locals()).text())
    name  algebra  value  gradient   local derivatives
    ────  ───────  ─────  ─────────  ──────────────────────────────
    x              3      3 + 3 = 6
    y     x·x      9      1          ∂₁y/∂x = x = 3, ∂₂y/∂x = x = 3
    <BLANKLINE>
    """
    scope = dict(names or {})
    nodes = _below(output)
    large = len(nodes) > budget
    if by_itself := fold is None:
        fold = large or _names_results(nodes, scope)
    cards = cards_of(output, fold=fold, names=scope, neurons=large, chains=by_itself)
    asked = [wrt] if isinstance(wrt, str) or is_variable(wrt) else list(wrt)
    by_node = {card.node: card.name for card in cards}
    wanted = [x if isinstance(x, str) else by_node.get(x, repr(x)) for x in asked]
    picture = picture_of(
        cards, budget=budget, expand=expand, wrt=wanted, check=check, fold_layers=fold_layers
    )
    return Drawing(picture, theme, overlay)


def _names_results(nodes: list[Any], scope: Mapping[str, Any]) -> bool:
    """Whether anything but inputs has a name; the output's is not counted."""
    named = names_in(scope)
    return any(not v.is_leaf and (v.name is not None or v in named) for v in nodes[:-1])


def _below(output: Any) -> list[Any]:
    """The variables below an output, if they are not too many to be drawn."""
    if is_variable(output) and is_larger_than(output, LARGEST):
        raise ValueError(
            f"draw: the graph has more than {LARGEST:,} variables; draw a part of it, such as "
            "the loss of one sample"
        )
    return operands_first(output)


FORMATS = (".svg", ".png", ".pdf", ".dot", ".html", ".txt", ".md", ".mmd")


def check_suffix(path: str | Path, formats: Collection[str] = FORMATS) -> str:
    """The format that the suffix of a file names.

    Raises:
        ValueError: if it is none that can be written.

    >>> check_suffix("layer.SVG")
    '.svg'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        known = ", ".join(formats)
        raise ValueError(f"{str(path)!r}: the suffix says what to draw; it must be one of {known}")
    return suffix


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<figure style="margin: 0; overflow-x: auto">{svg}</figure>
<pre style="overflow-x: auto">{text}</pre>
</body>
</html>
"""


class Drawing:
    """A picture that shows itself in a notebook and saves itself by suffix."""

    def __init__(self, picture: Picture, theme: str = "light", overlay: str | None = None) -> None:
        self.picture = picture
        self._dot = dot_source(picture, theme, overlay)

    def dot(self) -> str:
        """The picture in Graphviz' DOT language."""
        return self._dot

    def svg(self) -> str:
        """The picture as SVG, with a title and a description on every card and arrow."""
        return described(render(self._dot, "svg"), self.picture)

    def html(self) -> str:
        """A page with the picture and the same facts as text; `steps` makes one that moves."""
        title = escape(f"The graph of {self.picture.output}"[:100])
        return _PAGE.format(title=title, svg=self.svg(), text=escape(self.text()))

    def text(self) -> str:
        """The same facts as an aligned table."""
        return text.table(self.picture)

    def tree(self) -> str:
        """The same facts as a tree, the output first."""
        return text.tree(self.picture)

    def markdown(self) -> str:
        """The same facts as a table in Markdown."""
        return text.markdown(self.picture)

    def mermaid(self) -> str:
        """The picture as a Mermaid flowchart."""
        return text.mermaid(self.picture)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, in the format of its suffix: .svg, .png, .pdf, .dot,
        .html, .txt, .md or .mmd. The file is whole or untouched. Returns its path.

        Raises:
            ValueError: if the suffix names no format.
            RuntimeError: if svg, png or pdf is asked for and no Graphviz is installed.
            OSError: if the file cannot be written.
        """
        path = Path(path)
        writers = {".svg": self.svg, ".dot": self.dot, ".txt": self.text, ".md": self.markdown}
        writers |= {".mmd": self.mermaid, ".html": self.html}
        suffix = check_suffix(path)
        if suffix in (".png", ".pdf"):
            write(path, render(self._dot, suffix[1:]))
        else:
            write(path, writers[suffix]().encode())
        return path

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        cells, arrows = len(self.picture.cells), len(self.picture.arrows)
        return f"<Drawing of {self.picture.output}: {cells} cards, {arrows} arrows>"

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle = {"text/plain": self.text()}
        try:
            bundle["image/svg+xml"] = self.svg()
        except RuntimeError:  # no Graphviz: a notebook still shows the table
            bundle["text/markdown"] = self.markdown()
        return bundle
