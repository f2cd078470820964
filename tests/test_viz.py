"""The picture: what stands on it, and that it is really drawn."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from autograd_lite import Value, viz
from autograd_lite.cli import main
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain

SIGNATURES = {"svg": b"<svg", "png": b"\x89PNG\r\n", "pdf": b"%PDF-", "dot": b"digraph"}


@pytest.fixture(params=["dot program", "pygraphviz"])
def drawer(request, monkeypatch):
    """Draw with the `dot` program, or in process."""
    if request.param == "dot program":
        if shutil.which("dot") is None:
            pytest.skip("no dot program is installed")
    else:
        pytest.importorskip("pygraphviz")
        monkeypatch.setattr(shutil, "which", lambda name: None)


@pytest.mark.parametrize("suffix", SIGNATURES)
def test_explain_draws(drawer, tmp_path, suffix, capsys):
    path = tmp_path / f"layer.{suffix}"
    assert main(["explain", "-o", str(path)]) == 0
    assert path.read_bytes().startswith(SIGNATURES[suffix])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert f"drawn to {path}" in capsys.readouterr().out


def test_svg_shows_every_card_and_every_local_derivative(drawer):
    explanation = explain(SEED_LAYER, SEED_INPUTS)
    svg = viz.Drawing(viz.picture_of(explanation.cards)).svg()
    shown = " ".join(ET.fromstring(svg).itertext())
    for card in explanation.cards:
        assert re.search(rf"\b{card.name}\b", shown)
    for words in ("z1", "= x1·w11", "∂z1/∂x1 = w11 = 0.1", "∂z3/∂z1 = 1", "−0.142253",
                  "∂out1/∂y1 = out1·(1 − out1) = 0.242497"):  # fmt: skip
        assert words in shown


def test_edges_nodes_and_order_are_the_program_s():
    x = Value(3.0, name="x")
    y = x * x
    y.name = "y"
    source = viz.draw(y).dot()
    assert source.count("n0 -> n1") == 2  # x·x has two edges
    assert source == viz.draw(y).dot()


def test_hostile_names_are_escaped(drawer):
    for name in ('a"b', "<script>alert(1)</script>", "a\\", "line\nbreak", "&amp;", "x" * 10_000):
        y = Value(2.0, name=name) * 3.0
        drawing = viz.draw(y)
        ET.fromstring(drawing.svg())
        assert "<script>alert" not in drawing.svg()
        assert len(drawing.dot()) < 5000


def test_without_graphviz_it_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert main(["explain", "x*x", "x=2", "-o", str(tmp_path / "a.svg")]) == 2
    assert "pip install 'autograd_lite[viz]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert main(["explain", "x*x", "x=2", "-o", str(tmp_path / "a.dot")]) == 0
    assert (tmp_path / "a.dot").read_text().startswith("digraph")


def test_a_failed_write_leaves_the_old_file(monkeypatch, tmp_path):
    path = tmp_path / "a.dot"
    path.write_text("old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        viz.draw(Value(1.0) * 2.0).save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.dot"]


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert main(["explain", "x*x", "x=2", "-o", str(tmp_path / "none" / "a.dot")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_drawing_is_quiet_but_passes_other_words_on(capfd, tmp_path):
    pytest.importorskip("pygraphviz")
    viz.draw(Value(1.0) * 2.0).save(tmp_path / "a.png")
    assert capfd.readouterr().err == ""
    with viz.render._without_font_warnings():
        os.write(2, b"Fontconfig warning: x\nsomething else\n")
    assert capfd.readouterr().err == "something else\n"


def test_the_file_is_written_even_if_the_reader_stops(tmp_path):
    command = f"{sys.executable} -m autograd_lite explain -o a.dot | head -1"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "a.dot").stat().st_size > 1000
