"""Small programs as code: what it computes is what `explain` shows."""

from __future__ import annotations

import ctypes
import json
import math
import shutil
import subprocess

import numpy as np
import pytest

from autograd_lite.cli import main
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.reading.script import ScriptError, parse
from autograd_lite.reading.translate import translated

PROGRAMS = [
    (SEED_LAYER, SEED_INPUTS),
    ("z = x*w; E = z**2/2", {"x": 2.0, "w": -3.0}),
    ("exp(sin(x)) / (1 + y**2)", {"x": 0.3, "y": 2.0}),
    ("E = x*(x > y) + y*(x <= y)", {"x": 0.3, "y": 2.0}),
    ("a = x; b = a*a; relu(b - y) + maximum(a, y)", {"x": 0.3, "y": 2.0}),
]


@pytest.mark.parametrize(("program", "inputs"), PROGRAMS)
def test_python_gives_what_explain_shows(program, inputs):
    space = {name: getattr(math, name) for name in ("exp", "sin", "cos", "isnan", "log")}
    space |= {"pow": math.pow, "max": max}
    exec(translated(program, inputs), space)
    function = space[f"{parse(program).output}_and_gradient"]
    order = parse(program).inputs
    value, gradient = function(*(inputs[name] for name in order))
    shown = {card.name: card for card in explain(program, inputs).cards}
    assert value == shown[parse(program).output].value
    assert list(gradient) == [shown[name].gradient for name in order]


def test_the_command_prints_it(capsys):
    assert main(["compile", "E = x*y", "x=2", "y=3"]) == 0
    assert capsys.readouterr().out.startswith("def E_and_gradient(x, y):\n    E = x * y\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["E = x*y", "x=2"], "y=…"),
        (["E = __import__('os')"], "no elementwise function"),
        (["E = x.real", "x=1"], "not understood"),
    ],
)
def test_what_cannot_be_read_is_said(words, message, capsys):
    assert main(["compile", *words]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_language():
    with pytest.raises(ValueError, match="python, numpy, c, javascript"):
        translated("x*x", {"x": 1.0}, "fortran")


def test_errors_point_into_the_program():
    with pytest.raises(ScriptError, match="column"):
        translated("E = x +", {"x": 1.0})


@pytest.mark.parametrize(("program", "inputs"), PROGRAMS)
def test_numpy_gives_what_explain_shows(program, inputs):
    space = {}
    exec(translated(program, inputs, "numpy"), space)
    script = parse(program)
    given = [np.full(3, inputs[name]) for name in script.inputs]
    found = space[f"{script.output}_and_gradient"](*given)
    shown = {card.name: card for card in explain(program, inputs).cards}
    expected = [shown[script.output].value, *(shown[name].gradient for name in script.inputs)]
    for x, number in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, number, 1e-14, 1e-300)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript_gives_what_explain_shows():
    script = parse(SEED_LAYER)
    given = ", ".join(str(SEED_INPUTS[name]) for name in script.inputs)
    code = translated(SEED_LAYER, SEED_INPUTS, "javascript")
    code += f"console.log(JSON.stringify({script.output}_and_gradient({given})));"
    out = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True).stdout
    shown = {card.name: card for card in explain(SEED_LAYER, SEED_INPUTS).cards}
    expected = [shown[script.output].value, *(shown[name].gradient for name in script.inputs)]
    assert json.loads(out) == pytest.approx(expected, rel=1e-14)


@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler of C")
@pytest.mark.parametrize(("program", "inputs"), PROGRAMS)
def test_c_gives_what_explain_shows(program, inputs, tmp_path):
    source, library = tmp_path / "code.c", tmp_path / "code.so"
    source.write_text(translated(program, inputs, "c"), encoding="utf-8")
    options = ["-std=c99", "-O2", "-Wall", "-Werror", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run(["cc", *options, "-o", library, source, "-lm"], check=True)
    script = parse(program)
    function = getattr(ctypes.CDLL(str(library)), f"{script.output}_and_gradient")
    given = (ctypes.c_double * len(script.inputs))(*(inputs[name] for name in script.inputs))
    found = (ctypes.c_double * (1 + len(given)))()
    function(given, found)
    shown = {card.name: card for card in explain(program, inputs).cards}
    expected = [shown[script.output].value, *(shown[name].gradient for name in script.inputs)]
    assert list(found) == pytest.approx(expected, rel=1e-14, abs=1e-300)
