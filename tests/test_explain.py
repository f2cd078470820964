"""The command line: `autograd-lite explain`, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from autograd_lite.cli import main
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain

PROGRAM = "z1 = x1*w11; z2 = x2*w21; z3 = z1 + z2; y1 = z3 + b1; E = (y1 - t)**2 / 2"
INPUTS = ["x1=0.5", "w11=0.1", "x2=-1.5", "w21=0.3", "b1=0.05", "t=1"]


def run(capsys, *arguments):
    status = main(["explain", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def rows(table):
    """The table as {name: [algebra, value, gradient, numerical, difference]}."""
    lines = table.split("\n\n")[0].splitlines()[2:]
    return {
        line.split()[0]: [cell.strip() for cell in line.split("  ")[1:] if cell.strip()]
        for line in lines
    }


FIXTURE = {  # rows 000-08 to 000-21: value and gradient
    "x1": (0.5, 0.015317874047), "x2": (-1.5, -0.101762365475),
    "w11": (0.1, -0.071126617381), "w12": (0.2, 0.073857993808),
    "w21": (0.3, 0.213379852143), "w22": (-0.4, -0.221573981424),
    "b1": (0.05, -0.142253234762), "b2": (-0.1, 0.147715987616),
    "z1": (0.05, -0.142253234762), "z2": (-0.45, -0.142253234762),
    "z3": (-0.4, -0.142253234762), "y1": (-0.35, -0.142253234762),
    "z4": (0.1, 0.147715987616), "z5": (0.6, 0.147715987616),
    "z6": (0.7, 0.147715987616), "y2": (0.6, 0.147715987616),
    "out1": (0.413382421083, -0.586617578917), "out2": (0.645656306226, 0.645656306226),
    "E": (0.380496124832, 1.0),
}  # fmt: skip


def test_without_arguments_the_seed_s_layer(capsys):
    status, out, err = run(capsys)
    assert (status, err) == (0, "")
    table = rows(out)
    for name, (value, gradient) in FIXTURE.items():
        cells = table[name]
        assert float(cells[1]) == pytest.approx(value, rel=1e-9)
        assert float(cells[2]) == pytest.approx(gradient, rel=1e-9)
        assert float(cells[3]) == pytest.approx(gradient, rel=1e-8)
        assert float(cells[4]) < 1e-9
    assert out.count("\n∂E/∂") == len(SEED_INPUTS)


def test_a_program(capsys):
    status, out, err = run(capsys, PROGRAM, *INPUTS)
    assert (status, err) == (0, "")
    assert "E     (y1 − t)²/2" in out
    assert (
        "∂E/∂x1 = ∂E/∂y1·∂y1/∂z3·∂z3/∂z1·∂z1/∂x1\n"
        "       = (y1 − t)·1·1·w11\n"
        "       = −1.35·1·1·0.1\n"
        "       = −0.135\n"
    ) in out


def test_wrt_and_words_in_any_order(capsys):
    status, out, _ = run(capsys, "--wrt", "z1", PROGRAM, *INPUTS[:2], "--wrt", "b1", *INPUTS[2:])
    assert status == 0
    assert "∂E/∂z1 = " in out
    assert "∂E/∂b1 = " in out
    assert "∂E/∂x1" not in out


def test_every_step(capsys):
    status, out, _ = run(capsys, "--every-step", "E = (y - t)**2 / 2", "y=3", "t=1")
    assert status == 0
    table = rows(out)
    assert [table[name][0] for name in ("v1", "v2", "E")] == ["y − t", "v1²", "v2/2"]
    assert "∂E/∂y = ∂E/∂v2·∂v2/∂v1·∂v1/∂y\n      = 0.5·2·v1·1" in out


def test_a_kink_is_marked(capsys):
    _, out, _ = run(capsys, "relu(x)", "x=0")
    assert "≠ the two differ: a kink or a singular point is near" in out
    _, out, _ = run(capsys, "relu(x)", "x=1")
    assert "≠" not in out


def test_inf_and_nan_are_shown_without_noise(capsys):
    status, out, err = run(capsys, "y = 1/x; E = y*y", "x=0")
    assert (status, err) == (0, "")
    assert rows(out)["y"][1] == "inf"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x*y", "x=1"], "column 3: the name 'y' is unknown: give it a number, y=…"),
        (["x*x", "x=1", "y=2"], "y=2: 'y' is not used in the program"),
        (["z = x; z + 1", "x=1", "z=2"], "z=2: 'z' is assigned by the program"),
        (["x*x", "x=1", "x=2"], "'x' is given twice"),
        (["x*x", "x=one"], "'one' is no number"),
        (["x*x", "x"], "write NAME=NUMBER"),
        (["x.y", "x=1"], "column 1: the attribute .y is not understood"),
        (["2*3"], "f is a constant"),
        (["x > 1", "x=2"], "f is a constant"),
        (["x*x", "x=1", "--wrt", "q"], "--wrt q: the output does not depend on it"),
        (["x*x", "x=1", "-o", "a.gif"], "must be one of .svg, .png, .pdf"),
    ],
)
def test_bad_input(capsys, arguments, message):
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.startswith("autograd-lite explain: ")


def test_unknown_option(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["explain", "--nope", "x"])
    assert raised.value.code == 2
    assert "unknown option --nope" in capsys.readouterr().err


def test_an_input_that_does_not_reach_the_output_has_no_row():
    explanation = explain("a = x*y; b = 2*x", {"x": 1.0, "y": 2.0})
    assert [card.name for card in explanation.cards] == ["x", "b"]


def test_as_a_module_with_a_plain_terminal_and_a_closed_pipe(tmp_path):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "autograd_lite", "explain"]
    done = subprocess.run(command, env=environment, capture_output=True, cwd=tmp_path, check=True)
    assert b"0.380496" in done.stdout
    shell = f"{' '.join(command)} | head -1"
    piped = subprocess.run(shell, shell=True, capture_output=True, cwd=tmp_path, check=True)
    assert piped.stderr == b""
    assert piped.stdout.startswith(b"name")


def test_the_numbers_are_those_of_the_engine():
    for card in explain(SEED_LAYER, SEED_INPUTS).cards:
        assert card.node.grad is None  # explaining leaves no trace
