"""`autograd-lite check`: functions, layers and modules from the command line."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from autograd_lite import PRIMITIVES
from autograd_lite.cli import main
from autograd_lite.engine.primitive import retract

MODULE = '''
import numpy as np
from autograd_lite import elementwise, nn

def softplus(x):
    return np.log1p(np.exp(x))

def right(x):
    return 1 / (1 + np.exp(-x))

def wrong(x):
    return 1 / (1 + np.exp(x))

def power(x, n: int, scale=1.0):
    return scale * x**n

class Affine:
    def __init__(self):
        self.W, self.b = np.arange(6.0).reshape(2, 3), np.zeros(3)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout
        return dout @ self.W.T

net = nn.mlp(2, 3, 1, rng=0)

def energy(x, w):
    return np.sum(broken_square(x @ w))

@elementwise(floats="x * x", arrays=lambda x: x * x, partials=(lambda x, z: x,))
def broken_square(x):
    """x²"""
'''


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Run `autograd-lite check` in a directory with the module `mine`."""
    (tmp_path / "mine.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")

    def run(*words):
        status = main(["check", *words])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    yield run
    sys.modules.pop("mine", None)
    if "broken_square" in PRIMITIVES:
        retract("broken_square")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mine:softplus", "--x", "3,4"], "softplus is right at 100 points: 1,200 elements of x"),
        (["mine:softplus", "--x=()", "--points", "7"], "at 7 points: 7 elements"),
        (["mine:softplus", "--x", "0.5", "--order", "2"], "the second gradient of softplus"),
        (["mine:softplus", "--x", "[[1, 2]]", "--gradient", "mine:right"], "2 elements of x"),
        (["mine:power", "--x", "3", "--n", "3"], "gradient of power is right"),
        (["mine:net", "--x", "4,2", "--points", "3"], "elements of 0.W, 0.b, 2.W, 2.b, x"),
        (["autograd_lite:log", "--x", "2", "--range", "0.1,2"], "gradient of log is right"),
    ],
)
def test_a_right_gradient(check, words, said):
    status, out, err = check(*words)
    assert (status, err) == (0, "")
    assert said in out


def test_a_wrong_gradient_is_shrunk_and_shown(check):
    status, out, _ = check("mine:softplus", "--x", "()", "--gradient", "mine:wrong")
    assert status == 1
    assert out.splitlines()[0] == "the gradient of softplus is wrong in 1 of 1 element"
    assert out.splitlines()[-1] == "  at x = 1.0"


def test_a_layer_is_checked_by_its_backward(check):
    status, out, _ = check("mine:Affine", "--x", "4,2")
    assert status == 1
    assert "b has shape (3,), its gradient (4, 3): its sum over axis 0" in out


def test_the_graph_that_fails_is_drawn(check, tmp_path):
    at = ("--x", "[1.0, 2.0]", "--w", "[0.5, 3.0]")
    status, out, _ = check("mine:energy", *at, "-o", "graph.dot")
    assert status == 1
    assert "the rule of broken_square by x is wrong" in out
    assert "drawn to graph.dot" in out
    assert "broken_square" in (tmp_path / "graph.dot").read_text("utf-8")
    status, out, _ = check("mine:softplus", "--x", "2", "-o", "right.dot")
    assert status == 0
    assert "nothing to draw: right.dot was not written" in out
    assert not (tmp_path / "right.dot").exists()


def test_no_picture_of_what_does_not_run_on_variables(check):
    status, out, _ = check("mine:Affine", "--x", "4,2", "-o", "layer.dot")
    assert status == 1
    assert "drawn to layer.dot" in out  # forward runs on Tensors as it is


def test_without_hypothesis_ten_points_are_drawn(check, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "hypothesis" else found(name)
    )
    assert "at 10 points" in check("mine:softplus", "--x", "3")[1]
    assert check("mine:softplus", "--x", "3", "--gradient", "mine:wrong")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["softplus"], "write PACKAGE.MODULE:FUNCTION"),
        (["nowhere:f", "--x", "3"], "there is no module 'nowhere'"),
        (["mine:nothing"], "mine has no 'nothing'"),
        (["mine:softplus"], "--x is missing"),
        (["mine:softplus", "--y", "3"], "has the arguments x"),
        (["mine:softplus", "--x", "3", "--x", "4"], "given twice"),
        (["mine:softplus", "--x"], "a value is missing"),
        (["mine:softplus", "x=3"], "write --ARGUMENT VALUE"),
        (["mine:softplus", "--x", "three"], "neither a shape"),
        (["mine:power", "--x", "3", "--n", "2.5"], "--n 2.5"),
        (["mine:softplus", "--x", "3", "--range", "2"], "write LOW,HIGH"),
        (["mine:softplus", "--x", "3", "--range", "2,1"], "lower one"),
        (["mine:softplus", "--x", "3", "--points", "0"], "--points must be at least 1"),
        (["mine:Affine", "--x", "4,2", "--order", "2"], "its own backward"),
        (["autograd_lite:log", "--x", "2", "--range=-2,-1"], "inf or nan at every point"),
        (["numpy:linalg", "--x", "2"], "no function, layer or module"),
        (["mine:softplus", "--x", "3", "-o", "graph.doc"], "suffix"),
    ],
)
def test_errors(check, words, said):
    status, out, err = check(*words)
    assert status == 2
    assert out == ""
    assert said in err
    assert err.startswith("autograd-lite check: ")


def test_help_lists_the_subcommand(capsys):
    for words in (["--help"], ["check", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 0
        assert "check" in capsys.readouterr().out
