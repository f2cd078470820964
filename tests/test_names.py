"""Any string may be the name of a variable: whatever is made of it can be read, printed, saved."""

from __future__ import annotations

import html.parser
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from itertools import zip_longest

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from primitive_checks import FEW

from autograd_lite import Tensor, Value, viz
from autograd_lite.engine.scopes import mark
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.names import LONGEST, printable

pytest.importorskip("pygraphviz")

UNSEEN = ("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn")
names = st.text(st.characters() | st.characters(categories=UNSEEN), max_size=8)

LONG = "x" * 20_000

HOSTILE = (
    "", " ", "\t", "\n", "\0", "\x01", "\x1b[31mred", "\x7f", "\x85", "\ud800", "\udfff\ud800",
    "a\nb", "a\r\nb", "\u2028", "\u2029", "\N{RIGHT-TO-LEFT OVERRIDE}abc", "\u2066x", "\ufeff",
    "\ufffe", "\uffff", "\U0001f600", "\U0010ffff", "&amp;", "&#0;", "&", "<b>", "</svg>", "]]>",
    "-->", "<script>alert(1)</script>", '"', "'", "\\", "\\N", "\\G", "a\\", '\\"', "%s", "{x}",
    "}", "$x$", "#", "`", "|", "x|y", "[x](y)", "1", "123", "n0", "e0", LONG, "٣", "שלום",
    "e\u0301", "\u200b", "\u3164", "∂", "a>b", "a = b", "__proto__", "constructor", "×2", "\x02",
)  # fmt: skip


PAIRS = list(zip_longest(HOSTILE[::2], HOSTILE[1::2], fillvalue="b"))


def hostile(test):
    """Each beside a usual name, and in both places."""
    for name in HOSTILE:
        test = example(name, "b")(example(name, name)(test))
    return FEW(test)


def hostile_pairs(test):
    """Each once, for what takes time: in the one place or in the other."""
    for x_name, y_name in PAIRS:
        test = example(x_name, y_name)(test)
    return FEW(test)


def graph(x_name, y_name):
    x, y = Value(2.0, name=x_name), Value(3.0, name=y_name)
    z = x * y + y
    z.name = x_name if x_name.strip() else "inner"
    return x, z * y


# ---------------------------------------------------------------- what is made of a name


@given(names)
def test_printable(name):
    shown = printable(name)
    shown.encode()
    assert all(unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert all(unicodedata.bidirectional(c) not in BIDI for c in shown)
    assert len(shown) <= LONGEST
    assert printable(shown) == shown
    if name.isprintable():
        assert shown == name


BIDI = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI")  # not FSI … PDI, which set apart


@given(names, names)
@hostile
def test_text(x_name, y_name):
    x, z = graph(x_name, y_name)
    drawing = viz.draw(z)
    assert x.name == x_name
    repr(x).encode()
    for words in (str(viz.derive(z, x)), viz.derive(z, x).factored()):
        assert_readable(words)
    count = len(drawing.picture.cells)
    assert count == 4
    assert_readable(drawing.text(), lines=None)
    assert count + 2 <= drawing.text().count("\n") <= count + 2 + len(drawing.picture.arrows)
    assert_readable(drawing.markdown(), lines=count + 2)
    assert_readable(drawing.mermaid(), lines=1 + count + len(drawing.picture.arrows))
    assert_readable(drawing.tree())
    assert_readable(viz.changes(z, graph(y_name, x_name)[1]))
    assert len({cell.name for cell in drawing.picture.cells}) == count


def assert_readable(words, lines=None):
    """It can be printed, a line of it is a line, and none is without end."""
    words.encode()
    unseen = [c for c in words if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c != "\n"]
    assert unseen == []
    assert not set(map(unicodedata.bidirectional, words)) & set(BIDI)
    if lines is not None:
        assert words.count("\n") == lines
        assert max(map(len, words.split("\n"))) < 2_000


@given(names, names)
@hostile
def test_latex(x_name, y_name):
    x, z = graph(x_name, y_name)
    words = viz.derive(z, x).latex()
    assert_readable(words)
    bare = re.sub(r"\\[\\{}$&#%_^~]", "", words)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[$#%]", bare)


@given(names, names)
@hostile_pairs
def test_svg_and_dot(x_name, y_name):
    x, z = graph(x_name, y_name)
    drawing = viz.draw(z, wrt=x)
    source, svg = drawing.dot(), drawing.svg()
    assert_readable(source)
    assert_readable(svg)
    root = ET.fromstring(svg.encode())
    assert len([g for g in root.findall(".//{*}g") if g.get("class") == "node"]) == 4
    shown = drawn(root)
    for words in (*(c.name for c in cards_of(z)), *(a.label for a in drawing.picture.arrows)):
        if len(words) < 48:
            assert closed(words) in shown
    assert "script" not in {e.tag.rpartition("}")[2] for e in root.iter()}


def drawn(root):
    """All words of an SVG, closed up: renderers may take and leave blanks."""
    return closed("".join(t for e in root.findall(".//{*}text") for t in e.itertext()))


def closed(words):
    return re.sub(r"\s+", "", words)


@given(names, names)
@hostile_pairs
def test_pages(x_name, y_name):
    _, z = graph(x_name, y_name)
    for page in (viz.draw(z).html(), viz.steps(z).html()):
        page.encode()
        read = Page()
        read.feed(page)
        assert read.scripts <= 2
        assert "\0" not in page
        if read.data:
            cards = json.loads(read.data)["cards"]
            assert [card["name"] for card in cards] == [card.name for card in cards_of(z)]


class Page(html.parser.HTMLParser):
    """The data in a page, and how many scripts there are."""

    def __init__(self):
        super().__init__()
        self.scripts, self.data, self.inside = 0, "", False

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        self.inside = ("id", "graph") in attributes

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.data += data


# ---------------------------------------------------------------- where names come from


@given(names, names)
@hostile_pairs
def test_names_of_locals_keys_layers_and_diagrams(x_name, y_name):
    x, y = Tensor([1.0, 2.0]), Value(2.0)
    inner = x * 2.0
    mark(inner, x, y_name)
    z = (inner * y).sum()
    for fold_layers in (False, True):
        drawing = viz.draw(
            z, names={x_name: x, "p": {y_name: y}}, expand=[x_name], fold_layers=fold_layers
        )
        assert_readable(drawing.text())
        ET.fromstring(drawing.svg().encode())
    diagram = viz.network(2, 1, labels=[[x_name, y_name], [x_name]], title=y_name)
    assert_readable(diagram.dot())
    shown = drawn(ET.fromstring(diagram.svg().encode()))
    for name in map(printable, (x_name, y_name)):
        assert closed(name if len(name) <= 8 else name[:7]) in shown


@pytest.mark.parametrize("name", [n for n in HOSTILE if n.strip()], ids=ascii)
def test_a_variable_is_found_by_the_name_that_it_was_given(name):
    x = Value(2.0, name=name)
    z = x * Value(3.0, name="other")
    assert "= 3" in str(viz.derive(z, name))
    (muted,) = [c for c in viz.draw(z, wrt=name).picture.cells if c.muted]
    assert muted.name == "other"
    for ask in (viz.derive, viz.draw):
        with pytest.raises(ValueError, match=r"does not depend on 'no\\ud800\\n") as raised:
            ask(z, wrt="no\ud800\n" + name)
        assert_readable(str(raised.value), lines=0)


def test_names_that_are_shown_alike_stay_apart():
    a, b, c = Value(1.0, name="a\n"), Value(2.0, name="a\\n"), Value(3.0, name="x" * 1000)
    d = Value(4.0, name="x" * 999)
    cards = cards_of(a * b + c * d)
    assert [card.name for card in cards[:2]] == ["a\\n", "a\\n_1"]
    assert len({card.name for card in cards}) == len(cards) == 5


def test_a_blank_name_is_none():
    z = Value(1.0, name=" ") * Value(2.0, name="")
    assert [card.name for card in cards_of(z)] == ["x1", "x2", "v1"]


@pytest.mark.parametrize("suffix", viz.drawing.FORMATS)
def test_files(suffix, tmp_path):
    for i, names in enumerate(PAIRS):
        path = viz.draw(graph(*names)[1]).save(tmp_path / f"{i}{suffix}")
        assert path.stat().st_size > 50
        if suffix not in (".png", ".pdf"):
            path.read_text("utf-8")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_errors_can_be_printed(name):
    x = Value(1.0, name=name)
    with pytest.raises(ValueError, match="no word for it") as raised:
        raise ValueError(f"no word for it: {x!r}, {Tensor(np.ones(2), name=name)!r}")
    str(raised.value).encode()


def test_cards_drawn_as_one_have_a_name_even_if_theirs_are_numbers():
    x = Value(0.5, name="x")
    units = [(Value(1.0, name=str(i)) * x).tanh() for i in range(100)]
    for i, unit in enumerate(units):
        unit.name = f"{i}_"
    picture = viz.draw(sum(units), budget=10).picture
    assert "0_ … ×100" in [cell.name for cell in picture.cells]
    assert all(cell.partial.split("/∂")[1] for cell in picture.cells)
