"""One symbol, one number: the local derivative of one use is marked where it is not the whole."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value, viz
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.derivation import derive
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain


def test_another_way_to_the_same_value():
    """E = h² + 0.1·w, where h is of w: ∂E/∂w is 7.3, and by the second operand alone 0.1."""
    w, q = Value(0.9), Value(2.0)
    h = w * q
    E = h**2 + 0.1 * w
    drawing = viz.draw(E, names=locals())
    assert {a.partial for a in drawing.picture.arrows} == {"∂h/∂w", "∂h/∂q", "∂E/∂h", "∂₂E/∂w"}
    derivation = viz.derive(E, w, names=locals())
    assert str(derivation).splitlines()[0] == "∂E/∂w = ∂E/∂h·∂h/∂w + ∂₂E/∂w"
    assert "(∂₂E: by value 2 in the line of E alone, the others held)" in str(derivation)
    assert r"\frac{\partial_{2} E}{\partial w}" in derivation.latex()
    assert "∂E/∂w" not in str(derivation).partition(" = ")[2]


def test_uses_in_one_line():
    x = Value(3.0, name="x")
    y = x * x + x
    cards = cards_of(y, names={"y": y})
    assert [edge.partial for edge in cards[-1].edges] == ["∂₁y/∂x", "∂₂y/∂x", "∂₃y/∂x"]
    d = Value(2.0)
    s = al.sin(d)
    L = s * s * d + d
    lines = str(viz.derive(L, d, names=locals())).splitlines()
    assert lines[0] == "∂L/∂d = ∂L/∂s·∂s/∂d + ∂₃L/∂d + ∂₄L/∂d"  # s is reached in L's line only
    t = s * 2.0
    M = s * s + t
    derivation = viz.derive(M, d, names=locals())
    assert str(derivation).splitlines()[0] == (
        "∂M/∂d = (∂₁M/∂s + ∂₂M/∂s)·∂s/∂d + ∂M/∂t·∂t/∂s·∂s/∂d"
    )
    assert "∂M/∂s = ∂M/∂t·∂t/∂s" not in derivation.factored()
    assert derivation.factored().splitlines()[1].startswith("∂M/∂s = s + s + ∂M/∂t·∂t/∂s")


def test_the_layer_of_the_specification_needs_no_mark():
    explanation = explain(SEED_LAYER, SEED_INPUTS)
    assert not any(edge.slot for card in explanation.cards for edge in card.edges)
    for derivation in explanation.derivations():
        assert not re.search("[₀-₉]", str(derivation))


def test_operands_of_a_function_are_counted_as_in_the_call():
    @al.composed(method=False)
    def slanted(x, y):
        """x + 2y"""
        return x * 2.0 + y * y

    a, b = Value(3.0, name="a"), Value(4.0, name="b")
    z = slanted(b, a) * al.sin(a)
    (card,) = [c for c in cards_of(z) if c.algebra and "slanted" in str(c.algebra)][:1]
    assert [edge.source.name for edge in card.edges] == ["b", "a"]
    al.engine.primitive.retract("slanted")


def test_of_tensors_it_is_said_what_is_pulled_back():
    X, W = Tensor(np.ones((2, 2))), Tensor(np.full((2, 2), 0.5))
    U = X @ W
    L = np.sum(U * X)
    drawing = viz.draw(L, names=locals())
    labels = {a.label for a in drawing.picture.arrows}
    assert {"∂L/∂X: … + g·Wᵀ", "∂L/∂W: Xᵀ·g", "∂L/∂X: … + g·U"} <= labels
    assert not any(" = " in label for label in labels)
    assert "g: the gradient of the value in whose line it stands, ∂L/∂U" in drawing.text()
    assert "g: " not in viz.draw(Value(2.0) * 3.0).text()


_FORMS = ["{a}*{b}", "{a} + {b}", "sin({a})", "{a}*{a} + {b}", "tanh({a} + {b})*{b}"]


@st.composite
def programs(draw):
    names, lines = ["x", "y"], []
    for i in range(draw(st.integers(1, 5))):
        a, b = (draw(st.sampled_from(names)) for _ in "ab")
        lines.append(f"z{i} = " + draw(st.sampled_from(_FORMS)).format(a=a, b=b))
        names.append(f"z{i}")
    return "; ".join([*lines, f"E = x*y + {names[-1]}*{names[-2]}"])


@given(programs(), st.floats(0.2, 2.0), st.floats(-2.0, -0.2))
def test_a_symbol_without_a_mark_is_the_derivative(source, x, y):
    """∂t/∂s on an edge is the derivative of t by s, computed by itself; a mark, and only a mark,
    says that there is another use or another way."""
    cards = explain(source, {"x": x, "y": y}).cards
    for card in cards:
        if card.algebra is None:
            continue
        below = {c.name: c for c in cards_of(card.node)}
        for edge in card.edges:
            ways = derive(list(below.values()), below[edge.source.name]).path_count
            assert (edge.slot is None) == (ways == 1)
            if edge.slot is None:
                assert edge.number == pytest.approx(below[edge.source.name].gradient, abs=1e-12)


@given(programs(), st.floats(0.2, 2.0), st.floats(-2.0, -0.2))
def test_in_what_is_printed_no_symbol_has_two_numbers(source, x, y):
    explanation = explain(source, {"x": x, "y": y})
    found = {}
    for cell in viz.picture_of(explanation.cards).cells:
        gradient = next(c.gradient for c in explanation.cards if c.name == cell.name)
        found.setdefault(cell.partial, set()).add(round(float(gradient), 9))
    for card in explanation.cards:
        for edge in card.edges:
            found.setdefault(edge.partial, set()).add(round(edge.number, 9))
    assert all(len(numbers) == 1 for numbers in found.values()), found
