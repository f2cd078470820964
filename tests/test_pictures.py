"""`viz.draw` and its relations: folding, layers, what is wrong, comparisons, every format."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value, nn, viz
from autograd_lite.reading.cards import cards_of, names_in
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.viz.fold import fold, layers_of


def perceptron(rng, sizes=(2, 16, 16, 1), activation=al.tanh):
    """A scalar MLP: its output and its parameters."""
    h = [Value(0.5, name="x1"), Value(-0.3, name="x2")]
    parameters = []
    for count in sizes[1:]:
        rows = [[Value(rng.normal()) for _ in h] for _ in range(count)]
        offsets = [Value(0.1) for _ in range(count)]
        parameters += [w for row in rows for w in row] + offsets
        h = [
            sum(w * v for w, v in zip(row, h, strict=True)) + b
            for row, b in zip(rows, offsets, strict=True)
        ]
        h = [activation(v) for v in h] if count > 1 else h
    return h[0], parameters


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# ---------------------------------------------------------------- folding


@given(st.integers(3, 80), st.integers(0, 10**6))
def test_folding_keeps_to_its_budget_and_loses_nothing(budget, seed):
    rng = np.random.default_rng(seed)
    y, _ = perceptron(rng, (2, int(rng.integers(1, 6)), int(rng.integers(1, 6)), 1))
    cards = cards_of(y * y, fold=bool(rng.integers(2)))
    groups = fold(cards, budget)
    assert len(groups) <= budget
    kept = [c.name for group in groups for c in (*group.cards, *group.inputs)]
    assert sorted(kept) == sorted(c.name for c in cards)


def test_a_neuron_is_a_card(rng):
    y, _ = perceptron(rng)
    picture = viz.draw(y).picture
    assert len(picture.cells) == 2 + 16 + 16 + 1
    neuron = next(cell for cell in picture.cells if cell.name == "v1")
    assert neuron.algebra.startswith("tanh(")
    assert neuron.algebra.endswith("(3 inputs of its own)")


def test_mlp_with_penalty_draws_in_two_seconds(rng):
    """Unfolded, Graphviz takes more than 300 seconds for it."""
    y, parameters = perceptron(rng)
    loss = (y - 1.0) ** 2 + 0.01 * sum(p * p for p in parameters)
    start = time.perf_counter()
    drawing = viz.draw(loss)
    svg = drawing.svg()
    assert time.perf_counter() - start < 2
    assert len(drawing.picture.cells) <= viz.BUDGET
    assert "×16" in svg


def test_a_million_variables_are_refused_quickly():
    y = x = Value(1.0)
    for _ in range(1_000_000):
        y = y + x
    start = time.perf_counter()
    with pytest.raises(ValueError, match="more than 200,000 variables; draw a part of it"):
        viz.draw(y)
    assert time.perf_counter() - start < 10


def test_a_long_chain_is_drawn():
    y = Value(1.0, name="x")
    for _ in range(20_000):
        y = y * 1.0001 + 0.5
    assert len(viz.draw(y).picture.cells) <= viz.BUDGET
    assert "…" in viz.draw(y).text()


def test_doublings_stay_linear():
    y = Value(1.0, name="x")
    for _ in range(18):
        y = y + y
    drawing = viz.draw(y)
    assert len(drawing.picture.cells) == 19
    assert len(drawing.picture.arrows) == 36
    assert drawing.tree().count("[") == 36  # what was shown is named, not repeated


def test_expand_keeps_cards_apart(rng):
    y, _ = perceptron(rng)
    folded = viz.draw(y, budget=8)
    assert len(folded.picture.cells) <= 8
    opened = viz.draw(y, budget=8, expand=["v2"])
    assert any(cell.name == "v2" and cell.count == 1 for cell in opened.picture.cells)
    assert len(viz.draw(y, budget=8, expand=True).picture.cells) > 300
    with pytest.raises(ValueError, match="raise budget="):
        viz.draw(y, budget=1, expand=["v1", "v2"])


# ---------------------------------------------------------------- names, wrt, gradients


def test_names_from_locals(rng):
    x = np.array([Value(0.5), Value(-1.5)])
    W = np.array([[Value(0.1), Value(0.2)], [Value(0.3), Value(-0.4)]])
    bias = {"left": Value(0.05)}
    y = (x @ W)[0] + bias["left"]
    names = {cell.name for cell in viz.draw(y, names=locals()).picture.cells}
    assert {"x1", "x2", "W11", "W21", "bias.left", "y"} <= names
    assert "_" not in "".join(names_in({"_hidden": x[0]}).values())


def test_draws_without_backward_and_leaves_no_trace():
    x = Value(3.0, name="x")
    y = x * x
    assert "= 6" in viz.draw(y).text()
    assert x.grad is None
    assert y.grad is None


def test_wrt_mutes_what_is_apart():
    x, w, b = (Value(v, name=n) for v, n in ((2.0, "x"), (3.0, "w"), (1.0, "b")))
    y = x * w + b
    y.name = "y"
    muted = {cell.name: cell.muted for cell in viz.draw(y, wrt=x).picture.cells}
    assert muted == {"x": False, "w": True, "v1": False, "b": True, "y": False}
    assert viz.draw(y, wrt="x").dot() == viz.draw(y, wrt=x).dot()
    with pytest.raises(ValueError, match="does not depend on 'q'"):
        viz.draw(y, wrt="q")


def test_sums_where_gradients_meet():
    x2 = Value(-0.5, name="x2")
    y = al.sin(x2) + x2 * 3.0
    cell = viz.draw(y).picture.cells[0]
    assert cell.gradient == "0.8776 + 3 = 3.878"


@pytest.mark.parametrize("bad", [3.0, np.ones(2), "x", None])
def test_what_cannot_be_drawn(bad):
    with pytest.raises(TypeError, match="a Value or Tensor is needed"):
        viz.draw(bad)
    with pytest.raises(ValueError, match="a scalar is needed: reduce it with sum"):
        viz.draw(Tensor([1.0, 2.0]) * 2.0)


# ---------------------------------------------------------------- what is wrong


def notes(output, **names):
    return {cell.name: cell.notes for cell in viz.draw(output, names=names).picture.cells}


def test_the_first_nan_and_the_first_infinite_gradient_are_marked():
    x, y = Value(-1.0), Value(0.0)
    with np.errstate(all="ignore"):
        a = al.log(x)
        b = a * 2.0
        root = al.sqrt(y)
        c = b + root
    found = notes(c, x=x, y=y, a=a, b=b, root=root)
    assert found["a"] == ["the first nan: log(x) is nan, for x = −1"]
    assert found["b"] == []
    assert found["y"] == ["its gradient is the first that is inf: 1/(2·root) is inf, for y = 0"]


def test_dead_saturated_and_exploding_units_are_marked():
    x, w = Value(-2.0), Value(40.0)
    dead = al.relu(x)
    saturated = al.sigmoid(w)
    exploding = al.exp(w)
    y = dead + saturated + exploding
    found = notes(y, x=x, w=w, dead=dead, saturated=saturated, exploding=exploding)
    assert found["dead"] == ["dead: nothing flows back through relu"]
    assert found["saturated"][0].startswith("saturated: the derivative of sigmoid is 4.2e-18")
    assert found["exploding"][0].startswith("exploding: the derivative of exp is 2.4e+17")


def test_where_nothing_flows_is_grey_and_edges_are_marked():
    x, w = Value(-2.0), Value(40.0)
    inner = x * 3.0
    dead = al.relu(inner)
    flat = al.sigmoid(w)
    y = dead + flat
    drawing = viz.draw(y, names=locals())
    assert {c.name for c in drawing.picture.cells if c.still} == {"x", "inner"}
    assert drawing.dot().count('BGCOLOR="#e3e3e3"') == 2
    marks = {a.partial: a.mark for a in drawing.picture.arrows}
    assert marks["∂flat/∂w"] == "saturated"
    assert marks["∂dead/∂inner"] == ""


def test_dead_elements_of_a_tensor_are_counted():
    x = Tensor([-1.0, -2.0, -3.0, 4.0])
    h = al.relu(x)
    assert notes(h.sum(), h=h)["h"] == ["75% of its elements are dead: nothing flows back there"]


def test_check_marks_each_local_derivative(rng):
    w = Tensor(rng.normal(size=(3, 2)))
    loss = al.log_softmax(np.tanh(rng.normal(size=(4, 3)) @ w)).mean()
    assert all(a.checked for a in viz.draw(loss, check=True).picture.arrows)
    explanation = explain(SEED_LAYER, SEED_INPUTS)
    picture = viz.picture_of(explanation.cards, check=True)
    assert all(a.checked and a.label.endswith("✓") for a in picture.arrows)
    explanation.cards[2].edges[0].number = 7.0
    picture = viz.picture_of(explanation.cards, check=True)
    assert [a.checked for a in picture.arrows].count(False) == 1


# ---------------------------------------------------------------- Tensors and layers


def test_tensors_show_shapes_the_algebra_of_the_edge_and_heat(rng):
    x, t = rng.normal(size=(4, 3)), np.eye(2)[[0, 1, 1, 0]]
    W, b = Tensor(rng.normal(size=(3, 2))), Tensor(np.zeros(2))
    U = x @ W
    Y = U + b
    L = np.sum((Y - t) ** 2) / 2
    drawing = viz.draw(L, names=locals())
    shown = drawing.text()
    assert "(3×2)" in shown
    assert "∂L/∂W: xᵀ·g" in shown
    assert "∂L/∂b: g, summed to its shape" in shown
    assert "g: the gradient of the value in whose line it stands, ∂L/∂U" in shown
    assert (
        drawing.dot().count('CELLPADDING="5"') == 2 * 6 + 2
    )  # of W, U, b, Y and two more, of x and t


def test_layers_are_boxes_that_fold(rng):
    net = nn.Sequential(nn.Affine(2, 3, rng=rng), nn.Sigmoid(), nn.Affine(3, 2, rng=rng))
    loss = nn.softmax_cross_entropy(net(rng.normal(size=(4, 2))), np.array([0, 1, 1, 0]))
    open_ = viz.draw(loss)
    assert {"Affine 1", "Sigmoid 1", "Affine 2"} <= {c.layer for c in open_.picture.cells}
    assert open_.dot().count("subgraph cluster_") == 3
    folded = viz.draw(loss, fold_layers=True)
    box = next(c for c in folded.picture.cells if c.name == "Affine 1")
    assert box.algebra == "9 parameters (2×3, 3)"
    net.zero_grad()
    loss.backward()
    norm = np.sqrt(sum(np.sum(p.grad**2) for p in net[0].parameters()))
    assert box.more.endswith(f"/∂parameters = ‖·‖ {norm:.4g}")
    one = viz.draw(loss, fold_layers=True, expand=["Affine 1"])
    assert "Affine 2" in {c.name for c in one.picture.cells}
    assert "Affine 1" not in {c.name for c in one.picture.cells}


def test_a_layer_of_values_draws_as_z1_to_z6():
    x = np.array([Value(0.5, name="x1"), Value(-1.5, name="x2")])
    W = np.array([[Value(0.1), Value(0.2)], [Value(0.3), Value(-0.4)]])
    layer = nn.Affine(W, np.array([Value(0.05), Value(-0.1)]))
    y = layer(x)
    cards = cards_of(y[0] + y[1], fold=False)
    assert sum(not c.node.is_leaf for c in cards) == 4 + 2 + 2 + 1
    assert set(layers_of(cards).values()) == {"Affine 1"}


# ---------------------------------------------------------------- formats


HOSTILE = ['a"b', "<script>alert(1)</script>", "]]>", "a\\", "x\ny", "&amp;", "|", "x" * 10_000]


@pytest.mark.parametrize("name", HOSTILE, ids=[name[:12] for name in HOSTILE])
def test_hostile_names_in_every_format(name, tmp_path):
    x = Value(2.0, name=name)
    y = x * x + 1.0
    drawing = viz.draw(y)
    root = ET.fromstring(drawing.svg())
    assert not any(element.tag.endswith("script") for element in root.iter())
    for form in ("dot", "txt", "md", "mmd", "svg", "html"):
        drawing.save(tmp_path / f"a.{form}")
    assert "<script" not in drawing.html()
    body = drawing.mermaid().splitlines()
    assert len(body) == 1 + 3 + 3
    assert "<script" not in drawing.markdown()
    assert "<script" not in drawing.mermaid()
    assert len(drawing.markdown().splitlines()) == 2 + 3
    derivation = viz.derive(y, x)
    assert derivation.latex().count("{") >= derivation.latex().count(r"\{")
    assert "\n\n" not in derivation.latex()


def test_svg_has_titles_and_descriptions_on_everything():
    drawing = viz.Drawing(viz.picture_of(explain(SEED_LAYER, SEED_INPUTS).cards))
    root = ET.fromstring(drawing.svg())
    namespace = "{http://www.w3.org/2000/svg}"
    groups = [g for g in root.iter(f"{namespace}g") if g.get("class") in ("node", "edge")]
    assert len(groups) == 21 + 22
    for group in groups:
        assert group.find(f"{namespace}title").text
        assert group.find(f"{namespace}desc").text
    titles = {g.find(f"{namespace}title").text for g in groups}
    assert {"z1 = x1·w11", "∂z1/∂x1 = w11 = 0.1"} <= titles


def test_themes_and_overlay():
    y = Value(2.0) * 3.0
    assert viz.draw(y, theme="dark").dot() != viz.draw(y).dot()
    assert viz.draw(y, overlay="gradient").dot() != viz.draw(y).dot()
    with pytest.raises(ValueError, match="theme: 'blue' is not known; there are light, dark"):
        viz.draw(y, theme="blue")
    with pytest.raises(ValueError, match="overlay: 'x' is not known"):
        viz.draw(y, overlay="x")


def test_in_a_notebook_with_and_without_graphviz(monkeypatch):
    drawing = viz.draw(Value(2.0) * 3.0)
    assert set(drawing._repr_mimebundle_()) == {"text/plain", "image/svg+xml"}

    def fail(*_):
        raise RuntimeError("no Graphviz")

    monkeypatch.setattr("autograd_lite.viz.drawing.render", fail)
    assert set(drawing._repr_mimebundle_()) == {"text/plain", "text/markdown"}
    assert str(drawing) == drawing.text()


# ---------------------------------------------------------------- comparisons and diagrams


def test_diff_notes_what_changed():
    runs = [explain("z = x*w; E = z**2", {"x": x, "w": 0.5}).cards[-1].node for x in (1.0, 2.0)]
    drawing = viz.diff(*runs)
    noted = {c.name: c.changes for c in drawing.picture.cells if c.layer == "after"}
    assert noted["x"] == ["value 1 → 2", "gradient 0.5 → 1"]
    assert noted["w"] == ["gradient 1 → 4"]
    ET.fromstring(drawing.svg())
    assert viz.changes(runs[0], runs[0]) == ""
    other = explain("q = x*x", {"x": 1.0}).cards[-1].node
    assert "q: only in the second" in viz.changes(runs[0], other)
    assert "z: only in the first" in viz.changes(runs[0], other)


def test_network_diagrams():
    assert viz.network(2, 2, activation="σ", bias=True).dot().count('label="σ"') == 2
    assert viz.network(784, 100, 10).dot().count("⋮") == 2
    with pytest.raises(ValueError, match="two or more layers"):
        viz.network(3)
    with pytest.raises(ValueError, match="do not fit sizes"):
        viz.network(2, 1, labels=[["a"], ["b"]])


def test_derive():
    x = Value(2.0, name="x")
    y = x * x
    assert viz.derive(y, "x").leaf.node is x
    assert r"\begin{align*}" in viz.derive(y, x)._repr_latex_()
    assert viz.derive(y, x).markdown().startswith("$$\n")
    with pytest.raises(ValueError, match="does not depend on 'q'"):
        viz.derive(y, "q")


def test_folded_layers_are_a_chain_without_circles(rng):
    """Each layer once, behind what it is computed from, with the gradient of its output."""
    net = nn.Sequential(
        nn.Conv2d(1, 2, 3, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Affine(18, 4, rng=rng), nn.BatchNorm(4), nn.Affine(4, 2, rng=rng),
    )  # fmt: skip
    outputs, x = [], rng.normal(size=(3, 1, 8, 8))
    for layer in net:
        x = layer(x)
        outputs.append(x)
    loss = nn.softmax_cross_entropy(x, np.array([0, 1, 1]))
    picture = viz.draw(loss, fold_layers=True).picture
    layers = [
        "Conv2d 1",
        "ReLU 1",
        "MaxPool2d 1",
        "Flatten 1",
        "Affine 1",
        "BatchNorm 1",
        "Affine 2",
    ]
    assert [c.name for c in picture.cells][: len(layers)] == layers
    found = al.gradients(loss, outputs)
    for cell, gradient in zip(picture.cells, found, strict=False):
        assert cell.gradient == f"‖·‖ {np.linalg.norm(gradient):.4g}"
    names = {cell.key: cell.name for cell in picture.cells}
    ways = [(names[a.source], names[a.target]) for a in picture.arrows]
    assert ways[: len(layers) - 1] == list(pairwise(layers))
    assert len(ways) == len(set(ways))
    assert "∂v24/∂(Conv2d 1): g through ReLU 1, backwards" in {a.label for a in picture.arrows}
    shown = [c.algebra for c in picture.cells] + [a.label for a in picture.arrows]
    hidden = {c.name for c in cards_of(loss)} - set(names.values()) - {"W", "b"}
    for words in shown:
        assert not hidden & set(re.findall(r"\w+", words)), words


def test_a_bracket_stays_on_its_line():
    x = Tensor([[1.0, 2.0]], name="x")
    svg = viz.draw(al.log_softmax(x, axis=-1).sum()).svg()
    texts = [
        "".join(t.itertext()) for t in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert "v1 = log_softmax(x) [axis=-1]" in [text.strip() for text in texts]
