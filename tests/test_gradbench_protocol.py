"""GradBench's protocol, spoken with a process of its own: a line for a line, and nothing else."""

from __future__ import annotations

import io
import json
import math
import os
import subprocess
import sys
from typing import Any

import pytest
from gradbench_checks import PROBLEMS, ROOT, protocol

from benchmarks.gradbench.problem import Prepared, plain


@pytest.fixture(scope="module")
def session() -> Any:
    """What sends a message to the tool and returns its answer, the only line it writes."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gradbench"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
    ) as tool:
        assert tool.stdin is not None
        assert tool.stdout is not None
        written, read = tool.stdin, tool.stdout

        def ask(**message: Any) -> Any:
            written.write(json.dumps(message) + "\n")
            written.flush()
            return json.loads(read.readline())

        yield ask
        written.close()
        assert read.read() == ""
        assert tool.wait(30) == 0


def test_a_session(session: Any) -> None:
    assert session(id=0, kind="start", eval="llsq") == {"id": 0, "tool": "autograd_lite"}
    assert session(id=1, kind="define", module="llsq") == {"id": 1, "success": True}
    given = {"x": [0.5, -1.25, 2.0], "n": 4, "min_runs": 2, "min_seconds": 0}
    found = session(
        id=2, kind="evaluate", module="llsq", function="gradient", input=given, description="n=4"
    )
    assert found["id"] == 2
    assert found["success"] is True
    expected = [6.444444444444445, -5.444444444444445, 5.160493827160494]
    assert found["output"] == pytest.approx(expected, rel=1e-12)
    assert [t["name"] for t in found["timings"]] == ["prepare", "evaluate", "evaluate"]
    assert all(isinstance(t["nanoseconds"], int) for t in found["timings"])
    assert session(id=3, kind="analysis", of=2, valid=True) == {"id": 3}


def test_bare_numbers(session: Any) -> None:
    found = session(id=7, kind="evaluate", module="hello", function="double", input=3)
    assert found["success"] is True
    assert found["output"] == 6
    assert [t["name"] for t in found["timings"]].count("evaluate") == 1


def test_the_session_goes_on_after_errors(session: Any) -> None:
    found = session(id=1, kind="define", module="no-such")
    assert found["success"] is False
    assert "no-such" in found["error"]
    for module, function, given, error in (
        ("no-such", "primal", 1, "no-such"),
        ("llsq", "no-such", 1, "primal, gradient"),
        ("llsq", "primal", {"n": 4}, "KeyError"),
        ("lse", "primal", {"x": ["a"]}, "ValueError"),
    ):
        found = session(id=2, kind="evaluate", module=module, function=function, input=given)
        assert found["id"] == 2
        assert found["success"] is False
        assert error in found["error"]
    assert session(id=3, kind="no-such-kind", anything=[1]) == {"id": 3}
    assert session(id=4) == {"id": 4}
    assert session(id=6, kind="define")["success"] is False
    assert session(id=8, kind="evaluate")["success"] is False
    given = {"x": [1.0], "min_runs": 1, "min_seconds": 0}
    found = session(id=5, kind="evaluate", module="lse", function="primal", input=given)
    assert found["output"] == 1.0


@pytest.mark.parametrize("module", list(PROBLEMS))
def test_every_problem_is_defined(session: Any, module: str) -> None:
    assert session(id=1, kind="define", module=module) == {"id": 1, "success": True}


def test_runs_until_both_minima_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10**9, 10**6))  # each look at the clock is a millisecond later
    monkeypatch.setattr(protocol.time, "perf_counter_ns", lambda: next(clock))
    ran: list[int] = []

    def run() -> int:
        ran.append(1)
        return len(ran)

    assert protocol.repeated(Prepared(run), 3, 0.0) == (3, [10**6] * 3)
    ran.clear()
    assert protocol.repeated(Prepared(run), 1, 0.005) == (5, [10**6] * 5)
    ran.clear()
    assert protocol.repeated(Prepared(run), 0, 0)[0] == 1


def test_what_is_printed_or_no_number_is_not_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def talking(given: Any) -> Prepared:
        def run() -> float:
            print("something")
            return math.nan if given["x"] is None else given["x"]

        return Prepared(run)

    monkeypatch.setitem(protocol.PROBLEMS, "talking", {"say": talking})
    messages = [
        {"id": i, "kind": "evaluate", "module": "talking", "function": "say", "input": {"x": x}}
        for i, x in enumerate((None, 1.0))
    ]
    text = "\n".join(map(json.dumps, messages)) + "\n\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert protocol.main() == 0
    printed = capsys.readouterr()
    first, second = map(json.loads, printed.out.splitlines())
    assert first["success"] is False
    assert "nan" in first["error"].lower()
    assert second["output"] == 1.0
    assert printed.err == "something\n" * 2


def test_results_become_json() -> None:
    import numpy as np

    x = {"a": (np.float64(1.0), [np.arange(2)]), "b": 3}
    assert plain(x) == {"a": [1.0, [[0, 1]]], "b": 3}
