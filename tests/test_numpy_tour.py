"""The tour of NumPy runs, and notices a number that is not as printed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "examples" / "numpy_tour.py"
ROWS = [f"001-{n:02}" for n in range(3, 12)]


@pytest.fixture(scope="module")
def tour() -> ModuleType:
    spec = importlib.util.spec_from_file_location("numpy_tour", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("row", ROWS)
def test_a_row(tour: ModuleType, row: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tour.main(["--row", row]) == 0
    assert "all as printed" in capsys.readouterr().out
    assert tour.TOUR[row].count(">>>") >= 3


def test_a_wrong_number_is_noticed(
    tour: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tour.TOUR["001-11"].replace("1.41421356", "1.41421357")
    monkeypatch.setitem(tour.TOUR, "001-11", wrong)
    assert tour.main([]) == 1
    assert "1 are different" in capsys.readouterr().out


def test_the_script_and_its_help() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(row in done.stdout for row in ROWS)
    assert done.stdout.endswith("all as printed\n")
    done = subprocess.run([sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True)
    assert "Expect:" in done.stdout
