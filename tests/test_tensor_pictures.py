"""Pictures and derivations of arrays: what flows back is seen, and written."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value, viz
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.flows import flow_along, sign
from autograd_lite.reading.health import uses_of


def network(seed=0):
    rng = np.random.default_rng(seed)
    X, t = rng.normal(size=(4, 3)), np.eye(2)[[0, 1, 1, 0]]
    W, b = Tensor(rng.normal(size=(3, 2))), Tensor(np.zeros(2))
    U = X @ W
    Y = np.tanh(U + b)
    L = np.sum((Y - t) ** 2) / 2 + 0.01 * np.sum(W * W)
    return L, {"X": X, "t": t, "W": W, "b": b, "U": U, "Y": Y, "L": L}


def drawn(**options):
    L, names = network()
    return viz.draw(L, names=names, **options), names


def test_plain_arrays_with_a_name_have_cards():
    drawing, _ = drawn()
    cells = {c.name: c for c in drawing.picture.cells}
    assert (cells["X"].kind, cells["X"].gradient) == ("constant", "constant")
    assert cells["X"].value.startswith("(4×3) ")
    assert cells["U"].algebra == "X @ W"
    assert {a.target for a in drawing.picture.arrows if a.source == cells["X"].key} == {
        cells["U"].key
    }
    for written in (drawing.text(), drawing.tree(), drawing.mermaid(), drawing.svg()):
        assert "X" in written
    L, names = network()
    del names["X"]
    assert "⟨4×3⟩ @ W" in viz.draw(L, names=names).text()


def test_the_user_s_array_is_known_though_the_graph_holds_a_copy():
    X = np.arange(6.0).reshape(2, 3)
    other = X + 1.0
    y = (X @ Tensor(np.ones(3))).sum()
    assert {c.name for c in viz.draw(y, names=locals()).picture.cells} >= {"X", "y"}
    assert "other" not in viz.draw(y, names=locals()).text()


def test_edges_have_colours_and_widths_by_what_flows():
    drawing, names = drawn()
    arrows = {(a.source, a.target): a for a in drawing.picture.arrows if a.label}
    key = {c.name: c.key for c in drawing.picture.cells}
    assert len({round(a.share, 2) for a in arrows.values()}) > 1
    assert {a.sign for a in arrows.values()} > {1}
    to_w = [a for a in drawing.picture.arrows if a.source == key["W"]]
    assert sum(a.share for a in to_w) == pytest.approx(1.0)
    through_u = next(a for a in to_w if a.target == key["U"])
    gradient = al.gradients(names["L"], [names["U"]])[0]
    part = np.linalg.norm(names["X"].T @ gradient)
    penalty = 0.02 * np.linalg.norm(names["W"].detach())
    assert through_u.share == pytest.approx(part / (part + penalty))
    widths = set(re.findall(r"penwidth=([\d.]+)", drawing.dot()))
    assert len(widths) > 2


def test_gradients_have_strips():
    drawing, names = drawn()
    cells = {c.name: c for c in drawing.picture.cells}
    gradient = al.gradients(names["L"], [names["W"]])[0]
    np.testing.assert_allclose(cells["W"].gradient_strip, gradient)
    assert cells["X"].gradient_strip is None
    one = viz.draw(np.sum(Tensor([0.0, 0.0], name="z") * 1.0))
    squares = re.findall(r'<TD BGCOLOR="(#\w+)"></TD>', one.dot())
    assert 'CELLPADDING="5" BGCOLOR="#b5b9bf"' in one.dot()  # a grid behind what is 0
    assert len(squares) == 2 * 4


@given(st.integers(0, 10**6))
def test_what_flows_adds_up_to_the_gradient(seed):
    L, names = network(seed)
    cards = cards_of(L, names=names)
    for name, edges in uses_of(cards).items():
        gradient = next(c.gradient for c in cards if c.name == name)
        parts = [flow_along(edge, False) for edge in edges]
        np.testing.assert_allclose(sum(parts), gradient, rtol=1e-10, atol=1e-12)


@given(st.lists(st.floats(-5, 5), max_size=6))
def test_the_sign_of_what_outweighs(numbers):
    assert sign(np.array(numbers)) == -sign(-np.array(numbers))
    if numbers and min(numbers) > 0:
        assert sign(np.array(numbers)) == 1


def test_derivation_of_arrays():
    """Row 004-03: ∂L/∂X = ∂L/∂Y·Wᵀ, ∂L/∂W = Xᵀ·∂L/∂Y, ∂L/∂b the sum over the rows."""
    X, W, b = Tensor(np.ones((2, 2))), Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([0.5, -0.5])
    U = X @ W
    Y = U + b
    L = np.sum(Y * Y)
    names = {"X": X, "W": W, "b": b, "U": U, "Y": Y, "L": L}
    derivation = viz.derive(L, W, names=names)
    lines = str(derivation).splitlines()
    assert lines[-2:] == ["∂L/∂W = Xᵀ·∂L/∂U", "      = [18 22; 18 22]"]
    assert "∂L/∂X = ∂L/∂U·Wᵀ" in str(viz.derive(L, X, names=names))
    assert "∂L/∂b = ∂L/∂Y, summed to its shape" in str(viz.derive(L, "b", names=names))
    tex = derivation.latex()
    assert r"\frac{\partial L}{\partial W} &= X^{\top} \cdot \frac{\partial L}{\partial U}" in tex
    assert r"\text{, spread over what was summed}" in tex
    assert tex.count("{") == tex.count("}")
    assert derivation.markdown().startswith("$$\n")
    assert str(viz.derive(L, L, names=names)) == "∂L/∂L = 1"


def test_a_name_of_g_is_not_the_gradient():
    g = Tensor([[1.0, 2.0], [3.0, 4.0]], name="g")
    x = Tensor([1.0, 2.0], name="x")
    y = x @ g
    y.name = "y"
    L = np.sum(y)
    assert "∂v1/∂x = ∂v1/∂y·gᵀ" in str(viz.derive(L, x))
    assert "∂v1/∂g = xᵀ·∂v1/∂y" in str(viz.derive(L, g))


def test_a_value_among_arrays():
    s, X = Value(2.0, name="s"), Tensor([1.0, 2.0, 3.0], name="X")
    L = np.sum(s * X)
    said = str(viz.derive(L, s))
    assert said.splitlines()[-1].endswith("= 6")
    viz.draw(L).svg()


def test_functions_of_several_arrays_of_other_shapes():
    a, b = Tensor(np.ones((2, 3)), name="a"), Tensor(np.ones((3, 2)), name="b")
    L = np.einsum("ij,ji->", a, b) + np.sum(np.concatenate([a, a])) * np.max(a)
    assert "∂v" in str(viz.derive(L, a))
    viz.draw(L, fold=True).svg()


def test_complex_arrays_show_their_sizes():
    z, c = Tensor([3 + 4j, 1j], name="z"), np.array([1j, 2.0])
    drawing = viz.draw(np.sum(np.abs(z * c) ** 2), names={"c": c})
    assert "|·| 1 … 5" in drawing.text()
    drawing.svg()


def test_what_is_written_into_and_what_is_empty():
    x = Tensor([1.0, 2.0, 3.0], name="x")
    y = np.zeros_like(x)
    y[1:] = x[:2] * 2.0
    viz.draw(np.sum(y * y * x)).svg()
    empty = Tensor(np.zeros((0, 3)), name="e")
    assert "(0×3) empty" in viz.draw(np.sum(empty * empty)).text()
