"""What the tests of the examples have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "options")
PNG = b"\x89PNG\r\n"

Run = Callable[..., str]
Load = Callable[[str], ModuleType]


def number(pattern: str, text: str) -> float:
    """The number that stands for the group of a pattern."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in:\n{text}"
    return float(found[1])
