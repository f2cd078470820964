"""Side by side: programs that compute the same gradients are timed turn by turn."""

from __future__ import annotations

import copy
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import peers

Gradients = Sequence[Any]


@dataclass(frozen=True)
class Timed:
    """One way to compute the gradients: a forward and a reverse pass."""

    run: Callable[[], Gradients]
    """Both passes; what it recorded is freed when it returns, and that is timed too."""
    reset: Callable[[], None] = lambda: None
    """Forgets the gradients of the run before; not timed."""


@dataclass(frozen=True)
class Row:
    """One line of a table: the programs' figures in units of the first one's."""

    title: str
    ratios: Mapping[str, float]
    target: str = ""


def installed_programs(
    makers: Mapping[str, Callable[[Any], Timed]], setting: Any
) -> dict[str, Timed]:
    """The programs of the libraries that are installed, each with arrays of its own."""
    return {
        name: make(copy.deepcopy(setting))
        for name, make in makers.items()
        if peers.is_installed(name)
    }


def check_agreement(programs: Mapping[str, Timed], rtol: float) -> None:
    """Raise an AssertionError if two programs give different gradients."""
    first: list[Any] = []
    for name, program in programs.items():
        program.reset()
        gradients = [np.asarray(g) for g in program.run()]
        first = first or gradients
        assert len(gradients) == len(first), f"{name} gives {len(gradients)} gradients"
        for g, expected in zip(gradients, first, strict=True):
            assert g.dtype == expected.dtype, f"{name} gives {g.dtype}"
            largest = float(np.max(np.abs(expected), initial=0.0))
            np.testing.assert_allclose(g, expected, rtol, rtol * largest, err_msg=name)


def interleaved(
    programs: Mapping[str, Timed],
    rounds: int,
    loops: int = 1,
    before: Callable[[], Any] = lambda: None,
) -> dict[str, float]:
    """The median time of a run of each program; in each of the rounds every one has its turn.

    A turn is `loops` runs in a row, each timed alone. `before` is called before each turn; neither
    it nor `reset` counts. The order of the turns is shuffled, so that nobody always finds the
    caches as the same neighbour left them.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    for program in programs.values():  # once unmeasured, for lazy imports and the like
        program.reset()
        program.run()
    order = list(programs.items())
    shuffle = random.Random(0).shuffle
    for _ in range(rounds):
        shuffle(order)
        for name, program in order:
            before()
            times[name] += [_time_of_a_run(program) for _ in range(loops)]
    return {name: statistics.median(t) for name, t in times.items()}


def _time_of_a_run(program: Timed) -> float:
    program.reset()
    start = time.perf_counter()
    program.run()
    return time.perf_counter() - start


def relative(figures: Mapping[str, float]) -> dict[str, float]:
    """The figures in units of the first."""
    unit = next(iter(figures.values()))
    return {name: figure / unit for name, figure in figures.items()}


def table(heading: str, rows: Iterable[Row]) -> str:
    """The rows as a Markdown table, a column for each program."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row.ratios))
    lines = [[heading, *names, "target"], ["---", *("---:" for _ in names), "---"]]
    for row in rows:
        figures = (f"{row.ratios[name]:.2f}" if name in row.ratios else "" for name in names)
        lines.append([row.title, *figures, row.target])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
