"""The pictures in the documents: whole, not half-painted, and of what the program draws today."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from autograd_lite import nn, viz
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain

image = pytest.importorskip("matplotlib.image")

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PICTURES = sorted(path for path in (ROOT / "docs").iterdir() if path.suffix in (".png", ".svg"))
CHROMIUM = shutil.which("chromium")

TILE = 16
"""Pixels; a tile is dark if each of its pixels is."""
LARGE = 0.01
"""A rectangle of this share of a picture is large."""


# ---------------------------------------------------------------- looking at pixels


def fault(pixels):
    """What is wrong with a picture (height × width × 4, from 0 to 1), or None."""
    height, width = pixels.shape[:2]
    share = largest_rectangle(blank_tiles(pixels)) * TILE**2 / (height * width)
    if share > LARGE:
        return f"a rectangle of {share:.0%} of the picture is one dark colour, or transparent"
    drawn = (np.abs(pixels - pixels[0, 0]) > 0.02).any(axis=2)
    for axis, size, side in ((0, width, "width"), (1, height, "height")):
        inked = np.flatnonzero(drawn.any(axis=axis))
        if not inked.size or np.ptp(inked) < 0.6 * size:
            return f"what is drawn does not fill the {side}"
    return None


def blank_tiles(pixels):
    """For each tile the dark colour that all its pixels have, as a number from 1; 0 of others."""
    rows, columns = pixels.shape[0] // TILE, pixels.shape[1] // TILE
    tiles = pixels[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE, 4)
    low, high = tiles.min(axis=(1, 3)), tiles.max(axis=(1, 3))
    even = (high - low).max(axis=2) < 0.02
    blank = even & ((high[..., :3].max(axis=2) < 0.35) | (high[..., 3] < 0.5))
    shades = np.round(low @ [1e0, 1e2, 1e4, 1e6], 1) + 1
    return np.where(blank, shades, 0)


def largest_rectangle(colours):
    """The number of tiles in the largest rectangle of one colour that is not 0."""
    best = 0
    for colour in set(colours[colours > 0].tolist()):
        heights = np.zeros(colours.shape[1], dtype=int)
        for row in colours == colour:
            heights = (heights + 1) * row
            for left in range(len(heights)):
                lowest = np.minimum.accumulate(heights[left:])
                best = max(best, int((lowest * np.arange(1, len(lowest) + 1)).max()))
    return best


def painted(path, folder):
    """The pixels of a picture; an SVG as a browser shows it."""
    if path.suffix == ".svg":
        path = screenshot(path, folder)
    pixels = np.asarray(image.imread(path), dtype=float)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    whole = np.ones((*pixels.shape[:2], 4))
    whole[..., : pixels.shape[2]] = pixels
    return whole


def screenshot(path, folder):
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    root = ET.fromstring(path.read_bytes())
    size = ",".join(str(round(float(root.get(k).removesuffix("pt")) * 4 / 3)) for k in SIZE)
    target = folder / "seen.png"
    flags = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}", f"--window-size={size}",
    )  # fmt: skip
    command = [CHROMIUM, *flags, f"--screenshot={target}", path.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return target


SIZE = ("width", "height")


# ---------------------------------------------------------------- the committed pictures


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_is_whole(path, tmp_path):
    assert fault(painted(path, tmp_path)) is None


@pytest.mark.parametrize("path", [p for p in PICTURES if p.suffix == ".svg"], ids=lambda p: p.name)
def test_everything_drawn_is_inside_the_picture(path):
    """What can be said of an SVG without a browser."""
    root = ET.fromstring(path.read_bytes())
    left, top, width, height = map(float, root.get("viewBox").split())
    (graph,) = root.findall("{*}g")
    across, down = map(float, re.findall(r"translate\((\S+) (\S+)\)", graph.get("transform"))[0])
    places = [
        (float(x) + across, float(y) + down)
        for element in graph.iter()
        for x, y in re.findall(
            r"([-\d.]+),([-\d.]+)", element.get("points") or element.get("d", "")
        )
    ]
    places += [
        (float(text.get("x")) + across, float(text.get("y")) + down)
        for text in graph.findall(".//{*}text")
        if text.get("x")
    ]
    assert len(places) > 20
    slack = 1.0
    assert all(left - slack <= x <= left + width + slack for x, _ in places)
    assert all(top - slack <= y <= top + height + slack for _, y in places)


def test_pages_show_every_picture_and_no_other():
    shown = set()
    for page in PAGES:
        for link in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text("utf-8")):
            assert ":" not in link, f"{page.name} shows a picture from elsewhere: {link}"
            shown.add((page.parent / link).resolve())
    assert shown == {path.resolve() for path in PICTURES}


DRAWN = {
    "layer.svg": (SEED_LAYER, SEED_INPUTS),
    "paths.svg": (
        "z1 = x1*x2; z2 = sin(x2); z3 = z1 + z2; E = z3**2",
        {"x1": 1.5, "x2": -0.5},
    ),
}


def drawn(name):
    if name in DRAWN:
        return viz.Drawing(viz.picture_of(explain(*DRAWN[name]).cards))
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Affine(2, 3, rng=rng), nn.Sigmoid(), nn.Affine(3, 2, rng=rng))
    x = rng.normal(size=(4, 2))
    L = nn.softmax_cross_entropy(net(x), np.array([0, 1, 1, 0]))
    return viz.draw(L, names={"x": x, "L": L})


@pytest.mark.parametrize("name", [*DRAWN, "network.svg"])
def test_says_what_is_drawn_today(name):
    """Every card and arrow, in words: where they stand depends on the fonts of a machine."""
    now = drawn(name).svg()
    if os.environ.get("UPDATE_GOLDEN"):
        (ROOT / "docs" / name).write_text(now, "utf-8")
    committed = (ROOT / "docs" / name).read_text("utf-8")
    assert words(committed) == words(now)


def words(svg):
    root = ET.fromstring(svg)
    found = [(e.tag.rpartition("}")[2], e.text) for e in root.iter() if e.tag.endswith(ABOUT)]
    return sorted(found)


ABOUT = ("}title", "}desc")


# ---------------------------------------------------------------- the test itself is tried


def page(height=480, width=1600):
    """A picture as it should be: lines and boxes from one side to the other."""
    pixels = np.ones((height, width, 4))
    for x in range(20, width - 60, 120):
        pixels[20 : height - 20, x : x + 60, :3] = [0.96, 0.94, 0.91]
        pixels[60:64, x : x + 100, :3] = 0.1
    return pixels


def test_a_good_picture_is_passed():
    assert fault(page()) is None


@pytest.mark.parametrize(
    "colour", [(0.11, 0.11, 0.12, 1), (0, 0, 0, 1), (0, 0, 0, 0), (1, 1, 1, 0), (0.3, 0, 0.2, 1)]
)
def test_a_half_painted_picture_is_refused(colour):
    pixels = page()
    pixels[:250, 250:] = pixels[250:380, 125:] = pixels[380:, 63:] = colour
    assert "one dark colour" in fault(pixels)
    pixels = page()
    pixels[-80:, -160:] = colour
    assert "one dark colour" in fault(pixels)


@pytest.mark.parametrize(("area", "side"), [(np.s_[:, 700:], "width"), (np.s_[240:], "height")])
def test_a_picture_whose_rest_is_paper_is_refused(area, side):
    pixels = page()
    pixels[area] = 1.0
    assert fault(pixels) == f"what is drawn does not fill the {side}"
