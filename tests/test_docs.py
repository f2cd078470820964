"""The documents: their examples run, and their pages are what the program makes."""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd_lite import PRIMITIVES, Tensor
from autograd_lite.cli import main
from autograd_lite.declare import retract
from autograd_lite.engine.primitive import COMPOSED
from autograd_lite.reading.reference import page

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture
def table():
    """The tables of declarations, with what a page declares taken out again."""
    before = {*PRIMITIVES, *COMPOSED}
    yield
    for name in {*PRIMITIVES, *COMPOSED} - before:
        one = PRIMITIVES.get(name) or COMPOSED[name]
        if not one.function.__module__.startswith("autograd_lite."):  # what it loaded stays
            retract(name)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_examples_run(path, table):
    failed, _ = doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert failed == 0


def declarations():
    """The examples of operations of one's own."""
    text = (ROOT / "docs" / "engine.md").read_text("utf-8")
    section = text[text.index("## An operation of your own") :]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


@pytest.mark.parametrize("example", declarations())
def test_an_operation_of_your_own_can_be_pasted(example, table):
    """Each into a fresh interpreter: nothing comes from the examples before it."""
    test = doctest.DocTestParser().get_doctest(example, {"__name__": "__main__"}, "", None, None)
    assert doctest.DocTestRunner().run(test).failed == 0


def commands():
    """The explain commands shown in console blocks, each with what is shown below it."""
    for path in PAGES:
        for block in re.findall(r"```console\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            command, _, shown = block.partition("\n")
            if command.startswith("$ autograd-lite "):
                yield pytest.param(command.removeprefix("$ "), shown, id=f"{path.name}: {command}")


@pytest.mark.parametrize(("command", "shown"), list(commands()))
def test_console_blocks_show_what_is_printed(command, shown, capsys):
    """All but the rounding errors in the two numerical columns, which no two machines share."""
    assert main(shlex.split(command)[1:]) == 0
    printed = capsys.readouterr().out
    lines, expected = tidy(printed), tidy(shown)
    if "…" in expected:  # a block that is cut short
        expected = expected[: expected.index("…")]
        lines = lines[: len(expected)]
    assert lines == expected


def tidy(text):
    numbers = re.compile(r"-?[\d.]+(e[-+]\d+)? +\d\.\de[-+]\d+$")
    return [re.sub(r" +", " ", numbers.sub("", re.sub("─+", "─", x))) for x in text.splitlines()]


def test_the_list_of_primitives_is_that_of_the_table():
    assert (ROOT / "docs" / "primitives.md").read_text("utf-8") == page()


def links():
    """What each page links to in this checkout: a file, and the heading in it."""
    for path in PAGES:
        for name, heading in re.findall(r"\]\(([^)#:]*)#?([^):]*)\)", path.read_text("utf-8")):
            yield pytest.param(path, name, heading, id=f"{path.name}: {name}#{heading}")


@pytest.mark.parametrize(("path", "name", "heading"), list(links()))
def test_links_lead_somewhere(path, name, heading):
    target = path.parent / name if name else path
    assert target.exists()
    if heading:
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", h).replace(" ", "-").lower() for h in headings}


def test_the_files_in_the_walk_through_the_rooms_exist():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    names = re.findall(r"`(\w+/(?:\w+\.py)?)`", text)
    assert len(names) > 15
    for name in names:
        assert (ROOT / "autograd_lite" / name).exists() or (ROOT / name).exists(), name


@pytest.mark.parametrize("room", ["engine", "transforms"])
def test_every_file_of_these_rooms_has_its_place(room):
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    files = {p.name for p in (ROOT / "autograd_lite" / room).glob("*.py*")} - {"__init__.py"}
    assert files == set(re.findall(rf"`{room}/(\w+\.pyi?)`", text))


def test_the_walk_of_one_call_goes_where_it_is_said_to_go():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    walk = text[text.index("## The walk of one call") :]
    steps = walk[: walk.index("```")]
    seen = set()

    def note(frame, event, _):
        seen.add(frame.f_globals.get("__name__", ""))

    x, W = np.ones((1, 2)), Tensor(np.ones((2, 2)))
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        np.tanh(x @ W).sum().backward()
    finally:
        sys.setprofile(before)
    said = re.findall(r"`(\w+)/(\w+)\.py`", steps)
    assert len(said) > 6
    assert {f"autograd_lite.{room}.{file}" for room, file in said} <= seen


def test_the_rooms_are_listed_from_below():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    floors = re.search(r"^    (engine.*)$", text, re.MULTILINE)
    assert floors
    order = [room for floor in floors[1].split("←") for room in re.findall(r"\w+", floor)]
    listed = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)[1:]
    assert re.findall(r"`(\w+)", " ".join(listed)) == order


def test_documentation_for_users_names_no_rows():
    """The numbers of `docs/rows.md` are for tests: a user's help text says what it means."""
    for folder in ("autograd_lite", "nn", "viz"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not re.findall(r"\b00[0-4]-\d\d", path.read_text("utf-8")), path
