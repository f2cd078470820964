"""Golden files: what the pictures and derivations say, to the letter.

After a change that is meant, `UPDATE_GOLDEN=1 pytest tests/test_golden.py` writes them again; look
at the difference, and at the pictures, before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from autograd_lite import Tensor, viz
from autograd_lite.reading.algebra import latex
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain

GOLDEN = Path(__file__).parent / "golden"

LAYER = {k: SEED_INPUTS[k] for k in ("x1", "x2", "w11", "w12", "w21", "w22", "b1", "b2")}
PROGRAMS = {
    "paths": ("z1 = x1*x2; z2 = sin(x2); z3 = z1 + z2; E = z3**2", {"x1": 1.5, "x2": -0.5}),
    "parallel": ("p = a*b; t = tanh(a); d = p + t; L = d*d", {"a": 0.5, "b": -1.5}),
    "000-15": (
        "z1 = x1*w11; z2 = x2*w21; z3 = z1 + z2; y1 = z3 + b1",
        {k: LAYER[k] for k in ("x1", "w11", "x2", "w21", "b1")},
    ),
    "000-16": (
        "z4 = x1*w12; z5 = x2*w22; z6 = z4 + z5; y2 = z6 + b2",
        {k: LAYER[k] for k in ("x1", "w12", "x2", "w22", "b2")},
    ),
    "000-20": (SEED_LAYER, SEED_INPUTS),
    "004-07-softmax": (
        "ea = exp(a); eb = exp(b); ec = exp(c); s = ea + eb + ec; r = 1/s; yb = eb*r",
        {"a": 0.5, "b": 1.5, "c": 2.5},
    ),
    "004-07-softmax-with-loss": (
        "ea = exp(a); eb = exp(b); ec = exp(c); s = ea + eb + ec; "
        "ya = ea/s; yb = eb/s; yc = ec/s; L = -(ta*log(ya) + tb*log(yb) + tc*log(yc))",
        {"a": 0.5, "b": 1.5, "c": 2.5, "ta": 0.0, "tb": 0.0, "tc": 1.0},
    ),
}


def agree(name, content):
    """The content is what the golden file says; with UPDATE_GOLDEN it becomes so."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    assert content == path.read_text("utf-8"), f"{path.name} differs"


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    explanation = explain(*PROGRAMS[name])
    drawing = viz.Drawing(viz.picture_of(explanation.cards))
    derivations = explanation.derivations()
    parts = [drawing.text(), drawing.tree()]
    parts += [f"{d}\n\n{d.factored()}\n" for d in derivations]
    parts += [d.latex() + "\n" for d in derivations[:2]]
    algebra = [f"{c.name} = {latex(c.algebra)}" for c in explanation.cards if c.algebra]
    parts.append("\n".join(algebra) + "\n")
    agree(f"{name}.txt", "\n".join(parts))
    agree(f"{name}.dot", drawing.dot())


def test_affine_layer():
    """Row 004-03: ∂L/∂X = ∂L/∂Y·Wᵀ, ∂L/∂W = Xᵀ·∂L/∂Y, ∂L/∂b = the sum over the rows."""
    X = Tensor([[2.0, 4.0], [2.0, 1.0], [4.0, 3.0]])
    W = Tensor([[1.0, 2.0, 3.0], [1.0, 4.0, 6.0]])
    b = Tensor([2.0, 2.0, 2.0])
    U = X @ W
    Y = U + b
    L = np.sum(Y)
    drawing = viz.draw(L, names=locals())
    assert "∂L/∂X: g·Wᵀ, ∂L/∂W: Xᵀ·g" in drawing.text()
    agree("004-03-affine.txt", "\n".join([drawing.text(), drawing.tree(), drawing.markdown()]))
    agree("004-03-affine.dot", drawing.dot())
    agree("004-03-affine.mmd", drawing.mermaid())


@pytest.mark.parametrize(
    ("row", "diagram"),
    [
        ("000-07", lambda: viz.network(2, 2, activation="σ", bias=True)),
        ("002-18b", lambda: viz.network(2, 3, 3, 1)),
        ("001-40", lambda: viz.network(784, 100, 10, labels=[PIXELS, HIDDEN, ONE_HOT])),
    ],
    ids=["000-07", "002-18b", "001-40"],
)
def test_network_diagram(row, diagram):
    agree(f"{row}.dot", diagram().dot())


PIXELS = [str(i) for i in range(784)]
HIDDEN = [f"h{i + 1}" for i in range(100)]
ONE_HOT = list("0001000000")


def test_the_same_program_gives_the_same_bytes():
    first, second = (viz.Drawing(viz.picture_of(explain(*PROGRAMS["000-20"]).cards)) for _ in "ab")
    assert first.svg() == second.svg()
    assert first.dot() == second.dot()
