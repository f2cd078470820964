"""The graph of a compiled program: what pictures and derivations take, with the code's names."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import gradients, viz
from autograd_lite.engine.graph import operands_first


def layer(w, x, t):
    z1 = w[0] * x[0] + w[1] * x[1] + w[2]
    z2 = al.sigmoid(z1)
    return (z2 - t) ** 2 / 2


def loss(p, x):
    h = np.tanh(x @ p["W"] + p["b"])
    return np.mean(h**2) + np.median(h)


GIVEN = {
    layer: ([0.1, 0.3, 0.25], [0.5, -1.0], 1.0),
    loss: (
        {"W": np.linspace(-1.0, 1.0, 6).reshape(2, 3), "b": np.arange(3.0)},
        np.arange(8.0).reshape(4, 2),
    ),
}


@pytest.mark.parametrize("f", GIVEN)
def test_the_graph_computes_what_the_program_does(f):
    args = GIVEN[f]
    compiled = al.compile(f).value_and_grad
    value, gradient = compiled(*args)
    graph_value, graph_gradient = compiled.graph
    assert graph_value.item() == value
    leaves = {x.name: x for x in operands_first(graph_value) if x.is_leaf and x.name}
    for name, wanted in {"w0": 0, "w2": 2, "W": "W", "b": "b"}.items():
        if name in leaves:
            (found,) = gradients(graph_value, [leaves[name]])
            np.testing.assert_array_equal(found, gradient[wanted])
            np.testing.assert_array_equal(graph_gradient[wanted].detach(), gradient[wanted])


@pytest.mark.parametrize("f", GIVEN)
def test_every_line_that_gives_a_name_is_that_of_the_node_of_this_name(f):
    compiled = al.compile(f).value_and_grad
    compiled(*GIVEN[f])
    lines = compiled.source.split("\n")
    nodes = operands_first(compiled.graph[0])
    named = {x.name: x for x in nodes if x.name and not x.is_leaf}
    assert len(named) > 2
    for name, node in named.items():
        noted = node.note("code")
        assert noted.source == compiled.source
        assert re.match(rf"\s*{name} = ", lines[noted.computed[0]])
    backwards = {i for node in nodes for i in node.note("code").backwards}
    assert {lines[i].split()[0] for i in backwards} >= set(re.findall(r"\bd_\w+", lines[-1]))


def test_it_is_drawn_and_derived_by_the_names_of_the_code():
    compiled = al.compile(layer)
    compiled(*GIVEN[layer])
    text = str(viz.draw(compiled.graph))
    assert "w0·x0 + w1·x1 + w2" in text
    assert "σ(z1)" in text
    assert "∂z1/∂w0" in str(viz.derive(compiled.graph, "w0"))


def test_there_is_none_before_a_call_nor_of_many_numbers():
    compiled = al.compile(lambda x: np.sum(x**2))
    with pytest.raises(ValueError, match="before it is called"):
        _ = compiled.graph
    compiled(np.ones(20_000))
    with pytest.raises(ValueError, match="call it with smaller arrays"):
        _ = compiled.graph
