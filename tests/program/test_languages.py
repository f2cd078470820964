"""Programs in JavaScript, run by node, and as NumPy's operations on many samples at once."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.program.languages import javascript_source, numpy_source

NODE = shutil.which("node")


def layer(x, w, b):
    return (al.sigmoid(x * w + b) - al.where(b > 0.0, x, 1.0)) ** 2 / 2


def kinks(x, w, b):
    z = al.maximum(x, w) % 1.5 - al.relu(b) * al.abs(w)
    return al.arctan2(z, x) + al.hypot(z, b) ** 1.5 + al.exp2(b) * (x > w)


def odd_names(exp, new, np):  # what JavaScript, or the code itself, means otherwise
    let = al.exp(exp) * new
    return let / np + al.tanh(let)


FUNCTIONS = [layer, kinks, odd_names]
POINTS = list(itertools.product((0.5, -1.25, 2.0, 0.0, 3e4), (-2.0, 0.5, 1.0), (1.0, -0.75, 30.0)))


def program_of(f):
    compiled = al.compile(al.value_and_grad(f, argnums=(0, 1, 2)), backend="python")
    compiled(*POINTS[0])
    return compiled


def expected_of(compiled):
    rows = []
    for point in POINTS:
        value, gradient = compiled(*point)
        rows.append([value, *gradient])
    return np.array(rows)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_numpy_computes_many_samples_at_once(f):
    compiled = program_of(f)
    space = {}
    exec(compiled.code("numpy"), space)
    found = space[f.__name__](*np.array(POINTS).T.reshape(3, 5, 9))
    assert [x.shape for x in found] == [(5, 9)] * 4
    found = np.stack([x.ravel() for x in found], 1)
    np.testing.assert_allclose(found, expected_of(compiled), 1e-14, 1e-300)


@pytest.mark.skipif(NODE is None, reason="needs node (Debian: apt install nodejs)")
@pytest.mark.parametrize("f", FUNCTIONS)
def test_javascript_computes_the_same(f):
    compiled = program_of(f)
    rows = json.dumps(POINTS)
    script = (
        f'"use strict";\n{compiled.code("javascript")}'
        f"console.log(JSON.stringify({rows}.map((row) => {f.__name__}(...row).map(String))));"
    )
    out = subprocess.run([NODE, "-e", script], capture_output=True, text=True, check=True).stdout
    found = np.array(
        [[float(x.replace("Infinity", "inf")) for x in row] for row in json.loads(out)]
    )
    np.testing.assert_allclose(found, expected_of(compiled), 1e-14, 1e-300)


def test_what_cannot_be_written_is_said():
    of_arrays = al.compile(al.grad(lambda x: np.sum(x**2)))
    of_arrays(np.ones(3))
    with pytest.raises(TypeError, match="functions of single numbers alone"):
        of_arrays.code("javascript")
    with pytest.raises(ValueError, match="python, numpy, c, javascript"):
        program_of(layer).code("fortran")
    of_gamma = al.compile(lambda x: al.erf(x))
    of_gamma(1.0)
    with pytest.raises(ValueError, match="erf has no counterpart in NumPy"):
        of_gamma.code("numpy")
    for write in (javascript_source, numpy_source):
        with pytest.raises(ValueError, match="cannot be the name"):
            write(program_of(layer).program, "if")
    assert program_of(layer).code() == program_of(layer).source
