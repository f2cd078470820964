"""Two graphs compared: which is which, what stands above what, and every change."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Tensor, Value, viz
from autograd_lite.reading.explain import explain
from autograd_lite.viz.colours import THEMES
from tests.picture_checks import around, faint, groups, overlaps, points_of

PROGRAM = "z = x*w; y = sigmoid(z); E = (y - t)**2"


def run(x, w=0.5, program=PROGRAM):
    given_ = {"x": x, "w": w, "t": 1.0}
    return explain(program, {k: v for k, v in given_.items() if k in program}).cards[-1].node


def places(drawing):
    """Where each card stands: the middle of its box."""
    root = ET.fromstring(drawing.svg())
    found = {}
    for group in groups(root, "node"):
        box = around(points_of(group.find("{http://www.w3.org/2000/svg}path")))
        found[group.get("id")] = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    return {c.key: (c.layer, c.name, *found[c.key]) for c in drawing.picture.cells}


@pytest.mark.parametrize(
    "program",
    [PROGRAM, "p = x*w; q = sin(x); E = p + q*w + t", "E = x*w*t*x"],
    ids=["neuron", "two ways", "one"],
)
def test_before_stands_above_after_in_the_same_columns(program):
    found = places(viz.diff(run(1.0, program=program), run(2.0, program=program)))
    sides = {
        side: {n: (x, y) for s, n, x, y in found.values() if s == side}
        for side in ("before", "after")
    }
    assert max(y for _, y in sides["before"].values()) < min(y for _, y in sides["after"].values())
    for name, (x, _) in sides["before"].items():
        assert x == pytest.approx(sides["after"][name][0], abs=2.0)


def test_a_change_is_no_error_and_every_one_is_written():
    drawing = viz.diff(run(1.0), run(2.0))
    assert THEMES["light"].warning not in drawing.dot()
    shown = drawing.svg()
    for cell in drawing.picture.cells:
        assert cell.notes == []
        for change in cell.changes:
            assert change in shown
    changed = {c.name: c.changes for c in drawing.picture.cells if c.changes}
    assert changed["x"] == ["value 1 → 2", "gradient −0.0887235 → −0.0528771"]
    assert set(changed) == {"x", "w", "z", "y", "t", "E"}
    other = viz.diff(run(1.0), run(2.0, program="z = x + w; y = sigmoid(z); E = (y - t)**2"))
    (z,) = [c for c in other.picture.cells if c.name == "z" and c.layer == "after"]
    assert [change.split()[0] for change in z.changes] == ["algebra", "value", "gradient"]
    assert all(change in other.svg() for change in z.changes)
    assert faint(shown) == overlaps(shown) == []


def test_the_text_names_the_sides():
    drawing = viz.diff(run(1.0), run(2.0), titles=("step 1", "step 2"))
    lines = drawing.text().splitlines()
    assert sum(line.startswith("step 1  ") for line in lines) == 6
    assert sum(line.startswith("step 2  ") for line in lines) == 6
    assert "Δ w: gradient −0.177447 → −0.211508" in lines
    tree = drawing.tree()
    assert tree.startswith("step 1:\nE = ")
    assert "\nstep 2:\nE = " in tree
    assert "step 1: x" in drawing.mermaid()
    assert "| step 2: x |" in drawing.markdown()


def test_what_is_on_one_side_only():
    a, b = run(1.0), run(1.0, program="z = x*w; E = (z - t)**2")
    notes = {(c.layer, c.name): c.changes for c in viz.diff(a, b).picture.cells}
    assert notes["before", "y"] == ["only in before"]
    assert "y: only in the first" in viz.changes(a, b)
    assert viz.changes(a, a) == ""


@given(st.floats(1e-12, 1e-8))
def test_a_change_below_the_digits_shown_is_told(by):
    said = viz.changes(Value(1.0, name="x") * 2.0, Value(1.0 + by, name="x") * 2.0)
    assert "x: value 1, changed by " in said


def test_arrays():
    def loss(last):
        x = Tensor([0.0, 1.0, last, 3.0], name="x")
        return np.sum(x * x)

    assert "x: value (4) 0 … 3, changed by 0.5" in viz.changes(loss(2.0), loss(2.5))
    viz.diff(loss(2.0), loss(2.5)).svg()
