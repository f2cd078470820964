"""GradBench's protocol: a message, one line of JSON, is answered by one line of JSON."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from benchmarks.gradbench.problem import Prepared
from benchmarks.gradbench.registry import PROBLEMS

Message = dict[str, Any]
NAME = "autograd_lite"


def main() -> int:
    """Answer the messages on standard input, until it ends.

    Nothing else reaches standard output: what is printed meanwhile goes to standard error.
    """
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        serve(sys.stdin, out)
    return 0


def serve(lines: Iterable[str], out: TextIO) -> None:
    """Answer each line that is not empty."""
    for line in lines:
        if line.strip():
            out.write(as_line(answer(json.loads(line))) + "\n")
            out.flush()


def as_line(response: Message) -> str:
    """A response as JSON; one that JSON cannot hold (nan, inf) as a failure."""
    try:
        return json.dumps(response, allow_nan=False)
    except ValueError:
        error = "there is nan or inf in the output, which JSON cannot hold"
        return json.dumps({"id": response["id"], "success": False, "error": error})


def answer(message: Message) -> Message:
    """The response to a message; to one of an unknown kind its id alone."""
    make = ANSWERS.get(message.get("kind", ""))
    return {"id": message["id"], **(make(message) if make else {})}


def _start(message: Message) -> Message:
    return {"tool": NAME}


def _define(message: Message) -> Message:
    module = message.get("module")
    if module in PROBLEMS:
        return {"success": True}
    return {"success": False, "error": f"there is no module {module!r}"}


def _evaluate(message: Message) -> Message:
    try:
        return evaluated(message["module"], message["function"], message["input"])
    except Exception as error:  # whatever it is, the session goes on
        return {"success": False, "error": f"{type(error).__name__}: {error}"}


ANSWERS: dict[str, Callable[[Message], Message]] = {
    "start": _start,
    "define": _define,
    "evaluate": _evaluate,
}


# ---------------------------------------------------------------- evaluating


def evaluated(module: str, function: str, given: Any) -> Message:
    """Run a function as often and as long as its input says; the output is the last run's.

    Raises:
        LookupError: if there is no such module or function.
    """
    functions = PROBLEMS.get(module)
    if functions is None:
        raise LookupError(f"there is no module {module!r}")
    if function not in functions:
        known = ", ".join(functions)
        raise LookupError(f"{module} has no function {function!r}: there are {known}")
    start = time.perf_counter_ns()
    prepared = functions[function](given)
    timings = [timing("prepare", time.perf_counter_ns() - start)]
    settings = given if isinstance(given, dict) else {}
    result, times = repeated(prepared, settings.get("min_runs", 1), settings.get("min_seconds", 0))
    timings += [timing("evaluate", t) for t in times]
    return {"success": True, "output": prepared.output(result), "timings": timings}


def repeated(prepared: Prepared, runs: int, seconds: float) -> tuple[Any, list[int]]:
    """The result of the last run, and the nanoseconds of each."""
    times: list[int] = []
    result = None
    while len(times) < max(runs, 1) or sum(times) < seconds * 1e9:
        result = None  # so that two results are never in memory
        start = time.perf_counter_ns()
        result = prepared.run()
        times.append(time.perf_counter_ns() - start)
    return result, times


def timing(name: str, nanoseconds: int) -> Message:
    """An entry of `timings`."""
    return {"name": name, "nanoseconds": nanoseconds}
