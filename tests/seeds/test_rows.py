"""docs/rows.md: every row of the seeds is there, and stands where the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rows.md").read_text("utf-8")
COUNTS = {"000": 25, "001": 40, "002": 19, "003": 28, "004": 10}
UNCHECKED = {"001-18", "002-19", "003-06"}


def cells() -> dict[str, list[str]]:
    """The cells of each line of the tables, by the first."""
    lines = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| ")]
    found = {cell[0].strip(): [part.strip() for part in cell[1:]] for cell in lines}
    return {name: rest for name, rest in found.items() if re.match(r"(BUG-|\d)", name)}


def test_every_row_is_on_the_page() -> None:
    rows = [name for name in cells() if not name.startswith("BUG-")]
    assert rows == [f"{seed}-{i:02}" for seed, n in COUNTS.items() for i in range(1, n + 1)]


@pytest.mark.parametrize("name", cells())
def test_a_row_is_where_the_page_says(name: str) -> None:
    _, tests, *example = cells()[name]
    files = re.findall(r"`([^`]+\.py)`", tests)
    assert bool(files) is (name not in UNCHECKED)
    assert all((ROOT / "tests" / file).is_file() for file in files)
    if files:
        assert re.search(rf"[\"'+ ]{name}\b", (ROOT / "tests" / files[0]).read_text("utf-8"))
    for file in re.findall(r"`([^`]+\.py)`", "".join(example)):
        assert (ROOT / "examples" / file).is_file()
