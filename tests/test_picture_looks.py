"""Every golden picture can be read: contrasts, and what lies over what, are measured."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Tensor, Value, nn, viz
from autograd_lite.reading.explain import explain
from autograd_lite.viz.colours import THEMES, contrast, legible
from tests.picture_checks import faint, overlaps
from tests.test_golden import PROGRAMS

ROOT = Path(__file__).parent.parent


def affine():
    X, W, b = Tensor(np.arange(6.0).reshape(3, 2)), Tensor(np.ones((2, 3))), Tensor(np.ones(3))
    U = X @ W
    Y = al.relu(U - 4.0 * b)
    return al.sum(Y * Y), {"X": X, "W": W, "b": b, "U": U, "Y": Y}


def layers():
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Affine(2, 3, rng=rng), nn.Sigmoid(), nn.Affine(3, 2, rng=rng))
    x = rng.normal(size=(4, 2))
    return nn.softmax_cross_entropy(net(x), np.array([0, 1, 1, 0])), {"x": x}


def unhealthy():
    x, w = Value(2.0, name="x"), Value(0.0, name="w")
    with np.errstate(all="ignore"):
        return al.log(x * w) + al.relu(w - x) * x + al.sigmoid(40.0 * x), {}


def loop():
    y = Value(0.5, name="x")
    for _ in range(50):
        y = al.sin(y * 1.1)
    return y, {}


GRAPHS = {"affine": affine, "layers": layers, "unhealthy": unhealthy, "loop": loop}


def drawing(name, theme="light", overlay=None, **options):
    if name in PROGRAMS:
        return viz.Drawing(viz.picture_of(explain(*PROGRAMS[name]).cards), theme, overlay)
    output, names = GRAPHS[name]()
    return viz.draw(output, names=names, theme=theme, overlay=overlay, **options)


@pytest.mark.parametrize("overlay", [None, "gradient"])
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", [*PROGRAMS, *GRAPHS])
def test_all_words_can_be_read(name, theme, overlay):
    assert faint(drawing(name, theme, overlay).svg()) == []


def test_muted_cards_can_be_read():
    output, names = affine()
    assert faint(viz.draw(output, names=names, wrt="b").svg()) == []


@pytest.mark.parametrize("name", [*PROGRAMS, *GRAPHS])
def test_no_label_lies_over_anything(name):
    assert overlaps(drawing(name).svg()) == []


@pytest.mark.parametrize("name", ["layer.svg", "paths.svg", "network.svg"])
def test_the_pictures_of_the_documents(name):
    svg = (ROOT / "docs" / name).read_text("utf-8")
    assert overlaps(svg) == []
    assert faint(svg) == []
    assert "gradient that flows back" in "".join(ET.fromstring(svg).itertext())


def test_every_picture_has_a_legend_of_what_is_in_it():
    shown = {name: "".join(ET.fromstring(drawing(name).svg()).itertext()) for name in GRAPHS}
    assert all(
        "gradient that flows back; the wider, the larger its share" in s for s in shown.values()
    )
    assert "g: the gradient of the card that the arrow leads to" in shown["affine"]
    assert "g: the gradient" not in shown["loop"]
    parallel = drawing("parallel")
    assert "∂₁L: by value 1 in that line alone, the others held" in parallel.svg()
    assert "alone, the others held" not in drawing("paths").svg()
    assert "the bluer a card, the larger |gradient|: " in drawing("paths", overlay="gradient").svg()
    assert "negative" not in viz.draw(Value(2.0) * 3.0).svg()


def test_the_checks_see_what_is_wrong():
    svg = drawing("paths").svg()
    assert faint(svg.replace("#5f6368", "#9a9a9a"))
    root = ET.fromstring(svg)
    labels = [
        text
        for g in root.iter("{http://www.w3.org/2000/svg}g")
        if g.get("class") == "edge"
        for text in g.iter("{http://www.w3.org/2000/svg}text")
    ]
    labels[0].set("x", labels[1].get("x"))
    labels[0].set("y", labels[1].get("y"))
    assert overlaps(ET.tostring(root, encoding="unicode"))


@pytest.mark.parametrize("behind", ["#ffffff", "#808080", "#6cb2f0", "#16181d", "#1f6fb4"])
def test_a_legible_colour(behind):
    for theme in THEMES.values():
        for colour in (theme.ink, theme.muted, theme.positive, theme.negative, theme.nothing):
            assert contrast(legible(colour, behind), behind) >= 4.5
