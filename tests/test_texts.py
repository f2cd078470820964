"""What is written to be read in a terminal, a notebook, a paper: narrow, plain, in order."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value, nn, viz
from autograd_lite.reading.algebra import latex, text
from autograd_lite.reading.cards import cards_of, names_in
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.viz.text import isolated
from tests.test_golden import PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_tables_and_trees_have_eighty_columns(name):
    drawing = viz.Drawing(viz.picture_of(explain(*PROGRAMS[name]).cards))
    for line in (drawing.text() + drawing.tree()).splitlines():
        assert len(line) <= 80, line
    for arrow in drawing.picture.arrows:
        assert arrow.label in drawing.text()
        assert arrow.label in drawing.tree()


def test_a_narrow_table_keeps_its_column():
    x = Value(3.0, name="x")
    assert "local derivatives" in viz.draw(x * 2.0).text().splitlines()[0]


# ---------------------------------------------------------------- signs and brackets


@pytest.mark.parametrize(
    ("source", "algebra", "tex"),
    [
        ("-a + -b", "−a − b", "-a - b"),
        ("a + -b + c", "a − b + c", "a - b + c"),
        ("-a*b + -c*b", "−a·b − c·b", r"-a \cdot b - c \cdot b"),
        ("a + -(b + c)", "a − (b + c)", "a - (b + c)"),
        ("a + -2*b", "a − 2·b", r"a - 2 \cdot b"),
        ("a - -b", "a − (−b)", "a - (-b)"),
        ("(a/b)**2", "(a/b)²", r"{\left(\frac{a}{b}\right)}^{2}"),
        ("c*(a/b + 1)", "c·(a/b + 1)", r"c \cdot \left(\frac{a}{b} + 1\right)"),
    ],
)
def test_signs_and_brackets(source, algebra, tex):
    numbers = {name: 1.5 for name in "abc" if name in source}
    card = explain(source, numbers).cards[-1]
    assert text(card.algebra) == algebra
    assert latex(card.algebra) == tex


def test_negative_numbers_in_latex_have_parentheses():
    derivation = explain(*PROGRAMS["paths"]).derivations(["x2"])[0]
    tex = derivation.latex()
    assert r"\cdot -" not in tex
    assert "+ -" not in tex
    assert "-3.68828 - 2.15784" in tex
    assert "−3.68828 + −2.15784" in str(derivation)  # as the golden cases have it
    (to_x1,) = explain(*PROGRAMS["paths"]).derivations(["x1"])
    assert r"\cdot (-0.5)" in to_x1.latex()


# ---------------------------------------------------------------- names


def test_what_a_notebook_keeps_has_no_name():
    x, y = Value(1.0), Value(2.0)
    old = x * y
    kept = {2: old, 3: y}
    scope = {
        "x": x,
        "Out": kept,
        "_oh": kept,
        "In": ["", old],
        "_ih": ["", old],
        "_": old,
        "_2": old,
    }
    scope["_ih"] = scope["In"]
    assert names_in(scope) == {x: "x"}
    assert names_in({"Out": {"a": x}}) == {x: "Out.a"}  # a user's own


def test_long_names_leave_room_for_the_number():
    x = Value(2.0, name="a_name_that_goes_on_and_on_" * 8)
    y = al.sigmoid(x)
    y.name = "another_name_that_goes_on_and_on_" * 8
    drawing = viz.draw(y)
    number = drawing.picture.arrows[0].number
    assert f"= {number}" in drawing.svg()
    assert f"= {number}" in drawing.text()
    assert len(drawing.dot()) < 5000


def test_names_from_right_to_left_are_set_apart():
    y = Value(2.0, name="שלום") * 3.0
    body = viz.draw(y).mermaid()
    assert "∂v1/∂\u2068שלום\u2069 = 3" in body
    assert isolated("x1·w11") == "x1·w11"


@given(st.text(max_size=20))
def test_isolating_changes_nothing_else(words):
    assert isolated(words).replace("\u2068", "").replace("\u2069", "") == words.replace(
        "\u2068", ""
    ).replace("\u2069", "")


@pytest.mark.parametrize("name", ["a\x00b", "bell\x07", "\x1b[31mred", "\u202ereversed", "\ud800"])
def test_control_characters_are_escaped_everywhere(name):
    a, b = (Value(x, name=name) * 2.0 for x in (1.0, 2.0))
    drawings = [viz.draw(a), viz.diff(a, b, titles=(name, "after")), viz.network(1, 1, title=name)]
    for drawing in drawings:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800]", drawing.svg())
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800]", drawing.dot())
    shown = [viz.derive(a, cards_of(a)[0].node), *cards_of(a), cards_of(a)[-1].edges]
    for one in shown:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e\ud800]", f"{one}{one!r}")


# ---------------------------------------------------------------- in a plain console


def test_representations_are_short():
    explanation = explain(SEED_LAYER, SEED_INPUTS)
    derivation = explanation.derivations(["x1"])[0]
    drawing = viz.draw(explanation.cards[-1].node)
    assert repr(derivation) == "<Derivation of ∂E/∂x1 = 0.0153179: 2 paths>"
    assert repr(explanation) == "<Explanation of E = 0.380496: 21 cards, 10 inputs>"
    assert repr(drawing) == "<Drawing of E: 21 cards, 22 arrows>"
    assert repr(explanation.cards[2]) == "<Card z1 = x1·w11>"
    assert repr(explanation.cards[2].edges[0]) == "<Edge ∂z1/∂x1 = 0.1>"
    W = Tensor([1.0, 2.0], name="W")
    assert repr(viz.derive(al.sum(W * 2.0), W)) == "<ArrayDerivation of ∂v2/∂W: 2 steps>"
    history = nn.History(loss=[1.0, 0.5], accuracy=[0.25, 0.75], stopped="callback")
    said = "<History of 2 epochs: loss 1 → 0.5, accuracy 0.25 → 0.75, stopped by callback>"
    assert repr(history) == said
    assert repr(nn.History()) == "<History of 0 epochs>"


# ---------------------------------------------------------------- diagrams of networks


def test_network_prints_no_warnings(capfd, tmp_path):
    long = [["a long label of a unit", "mmmm"], ["WWWWWWWW", "y2"]]
    viz.network(2, 2, labels=long, activation="softmax", bias=True).save(tmp_path / "a.png")
    viz.network(784, 100, 10).save(tmp_path / "b.svg")
    assert capfd.readouterr().err == ""
    assert 'tooltip="a long label of a unit"' in viz.network(2, 2, labels=long).dot()


@pytest.mark.parametrize("sizes", [(2, 2), (2, 2, 2), (2, 3, 3, 1), (3, 1)])
def test_a_weight_s_name_is_one_weight_s(sizes):
    words = re.findall(r'label="([wb][^"]*)"', viz.network(*sizes, bias=True).dot())
    assert len(words) == len(set(words)) == int(np.sum((np.array(sizes[:-1]) + 1) * sizes[1:]))
    assert ("w11" in words) == (len(sizes) == 2)
