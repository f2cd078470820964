"""docs/testing.md: its layer from nothing to a shrunk counterexample, as printed.

The examples in Python and the console block are run by tests/test_docs.py.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_lite import PRIMITIVES
from autograd_lite.cli import main
from autograd_lite.testing.calls import is_differentiable

PAGE = (Path(__file__).parent.parent.parent / "docs" / "testing.md").read_text("utf-8")
FILE = re.search(r"```python\n# test_elu.py\n(.*?)```", PAGE, re.DOTALL)[1]
BLOCKS = re.findall(r"```text\n\$ (.*?)\n(.*?)```", PAGE, re.DOTALL)


def printed_by_pytest(path, text):
    (path / "test_elu.py").write_text(text)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_elu.py"]
    return subprocess.run(words, cwd=path, capture_output=True, text=True).stdout


def without_numbers(text):
    """Lines without how many points Hypothesis took, or seconds."""
    return [re.sub(r"\d[\d.,]*(?= elements| points|s$)", "…", x) for x in text.splitlines()]


def test_the_mistake_is_found_and_shrunk_as_printed(tmp_path):
    shown = BLOCKS[0][1].rstrip()
    out = printed_by_pytest(tmp_path, FILE)
    report = out[: out.index("gradients: ")].rstrip()
    assert report.replace("Falsifying example", "Failing test case") == shown


def test_the_mistake_corrected_passes_as_printed(tmp_path):
    corrected = FILE.replace("1.0, self.y)", "1.0, self.y + 1.0)")
    assert corrected != FILE
    out = printed_by_pytest(tmp_path, corrected)
    assert without_numbers(out) == without_numbers(BLOCKS[1][1])


def test_the_command_prints_what_is_shown(tmp_path, monkeypatch, capsys):
    (tmp_path / "test_elu.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    command, shown = BLOCKS[2]
    try:
        assert main(shlex.split(command)[1:]) == 1
    finally:
        sys.modules.pop("test_elu", None)
    assert capsys.readouterr().out == shown


@pytest.mark.parametrize("bug", ["000-1", "000-5", "002-7", "004-1", "004-3"])
def test_the_five_mistakes_have_their_reports(bug):
    after = PAGE[PAGE.index(f"({bug})") :]
    assert "GradientMismatch: the gradient of" in after[: after.index("\n\n", after.index("```"))]


def test_the_mutation_table_is_that_of_today():
    """The primitives and mutants that it speaks of are those of the table of primitives."""
    mutants, primitives = map(int, re.search(r"(\d+) mutants of (\d+) primitives", PAGE).groups())
    equivalent = int(re.search(r"change no gradient: (\d+)", PAGE)[1])
    rules = sum(
        is_differentiable(p, i) for p in PRIMITIVES.values() for i in range(len(p.operands) or 2)
    )
    ways = len(re.findall(r"^\| (?!broken|all|---)[^|]", PAGE[PAGE.index("| broken how") :], re.M))
    assert primitives == len(PRIMITIVES)
    assert mutants + equivalent == ways * rules
