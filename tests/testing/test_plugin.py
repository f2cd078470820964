"""The pytest plugin: fixtures, a readable report, a summary line, and nothing where unused."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

TESTS = """
import numpy as np
from autograd_lite.testing import gradient_property, values

def softplus(x):
    return np.log1p(np.exp(x))

def test_fixtures(check_gradient, check_layer, check_module):
    check_gradient(softplus, 0.5, gradient=lambda x: 1 / (1 + np.exp(-x)))
    check_gradient(np.abs, 0.0, gradient=lambda x: 1.0)
    assert callable(check_layer) and callable(check_module)

def test_wrong(check_gradient):
    check_gradient(softplus, 0.5, gradient=lambda x: 2 / (1 + np.exp(-x)))

test_property = gradient_property(softplus, x=values(), gradient=lambda x: np.exp(-x))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run pytest on a file of tests, in a process and a directory of its own."""

    def run(text, *options):
        folder = tmp_path_factory.mktemp("tests")
        (folder / "test_file.py").write_text(text)
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        return done.stdout

    return run


@pytest.fixture(scope="module")
def printed(run):
    """What the tests above print."""
    return run(TESTS)


def test_a_failure_shows_the_table_and_the_smallest_example(printed):
    assert "2 failed, 1 passed" in printed
    shown = printed.split("= FAILURES =")[1].split("short test summary")[0]
    assert "autograd_lite" not in shown  # no frames of how it was found
    assert "test_file.py:14: the gradient of softplus is wrong in 1 of 1 element" in shown
    assert "hint: x: it is 2 times the right one" in shown
    assert re.search(r"(Failing test case|Falsifying example): softplus\(\n    x=-?\d", shown)


def test_a_line_sums_up(printed):
    (line,) = [line for line in printed.splitlines() if line.startswith("gradients: ")]
    assert re.fullmatch(
        r"gradients: [\d,]+ elements at [\d,]+ points of 2 functions checked, "
        r"1 without a derivative, wrong at [\d,]+ points",
        line,
    )


def test_the_frames_are_there_if_asked_for(run):
    assert "autograd_lite/testing/check.py" in run(TESTS, "--full-trace", "-k", "wrong").replace(
        "\\", "/"
    )


def test_unused_it_says_nothing_and_imports_nothing(run):
    out = run(
        "import sys\n"
        "def test_nothing():\n"
        "    assert '_autograd_lite_pytest' in sys.modules\n"
        "    assert not {'numpy', 'autograd_lite', 'hypothesis'} & set(sys.modules)\n",
        "-p", "no:hypothesispytest",
    )  # fmt: skip
    assert "1 passed" in out
    assert "gradients:" not in out


def test_strategies_ask_for_hypothesis_where_it_is_missing():
    code = """
import sys
sys.modules["hypothesis"] = None  # as if it were not installed
import numpy as np
from autograd_lite import testing
testing.check_gradient(np.sin, 1.0, gradient=np.cos)
try:
    testing.tensors
except ImportError as error:
    print(error)
try:
    testing.nothing
except AttributeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "autograd_lite.testing.tensors needs Hypothesis: pip install 'autograd_lite[testing]'",
        "module 'autograd_lite.testing' has no attribute 'nothing'",
    ]
