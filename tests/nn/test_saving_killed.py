"""A process killed while it saves leaves the old file or the new one, never neither."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
SCRIPT = Path(__file__).with_name("killed_while_saving.py")


def run(path: Path, *how: str) -> dict[str, Any]:
    command = [sys.executable, str(SCRIPT), str(path), *how]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # a fork must have no threads
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_killed_a_hundred_times_at_random_points(tmp_path: Path, suffix: str) -> None:
    result = run(tmp_path / f"weights.{suffix}", "random", "100")
    assert result["0"] + result["1"] == 100
    assert min(result["0"], result["1"]) > 5
    assert result["amid"] > 5  # it did happen in the middle: temporary files were left


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_killed_at_every_step(tmp_path: Path, suffix: str) -> None:
    """What ended it; old (0) or new (1); temporary files left."""
    assert run(tmp_path / f"weights.{suffix}", "steps") == {
        **{f"write {size}": ["SIGXFSZ", 0, 1] for size in (0, 1, 1000, 80_000, 160_000)},
        "before fsync": ["SIGKILL", 0, 1],
        "after fsync": ["SIGKILL", 0, 1],
        "before replace": ["SIGKILL", 0, 1],
        "after replace": ["SIGKILL", 1, 0],
    }
