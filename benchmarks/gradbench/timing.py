"""`gradbench`: the gradients of the problems beside PyTorch and JAX, and what compiling takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.gradbench import elsewhere, inputs
from benchmarks.gradbench.registry import PROBLEMS
from benchmarks.measure import Row, Timed, check_agreement, interleaved

OURS = "autograd_lite"
PROGRAMS = {OURS: None, elsewhere.TORCH: None, elsewhere.JAX: None}
"""The libraries, for the command line."""
RTOL = 1e-9


@dataclass(frozen=True)
class Case:
    """A problem at a size."""

    module: str
    size: str
    given: Callable[[], Any]

    @property
    def title(self) -> str:
        """As it stands in the table."""
        return f"{self.module}, {self.size}"


def case(module: str, size: str, *arguments: Any) -> Case:
    """A problem whose input the function of its name in `inputs` makes."""
    return Case(module, size, partial(getattr(inputs, module), *arguments))


CASES = (
    *(case("llsq", f"n = {n}", n) for n in (256, 4096)),
    *(case("lse", f"n = {n}", n) for n in (2500, 160000)),
    *(case("ode", f"n = {n}, s = 10", n, 10) for n in (1000, 10000)),
    *(case("det", f"ℓ = {ell}", ell) for ell in (5, 8)),
    case("kmeans", "k = 10, n = 1000, d = 8", 10, 1000, 8),
    case("kmeans", "k = 100, n = 10000, d = 16", 100, 10000, 16),
    *(case("gmm", f"d = {d}, k = {k}", d, k) for d, k in ((2, 5), (10, 25), (64, 5))),
    case("lstm", "L = 2, c = 256", 2, 256),
    case("ba", "ba1", 1),
    case("ht", "small, simple, hand1", 1, False),
    case("ht", "small, complicated, hand2", 2, True),
)
"""Of GradBench's sizes a small one of each problem, and a larger one; of lstm less."""


def gradient(module: str, name: str, given: Any) -> Callable[[], Any]:
    """What computes the gradient of a problem by a library, prepared."""
    if name != OURS:
        return elsewhere.GRADIENTS[module](elsewhere.library(name), given)
    functions = PROBLEMS[module]
    return functions[next(f for f in ("gradient", "dir", "jacobian") if f in functions)](given).run


def programs_of(one: Case) -> tuple[dict[str, Timed], dict[str, float]]:
    """The programs of the libraries that are installed, and the seconds until each first ran."""
    given = one.given()
    found, first = {}, {}
    for name in PROGRAMS:
        if name == OURS or peers.is_installed(name):
            start = time.perf_counter()
            run = gradient(one.module, name, given)
            run()
            first[name] = time.perf_counter() - start
            found[name] = timed(run)
    return found, first


def timed(run: Callable[[], Any]) -> Timed:
    """The same to be timed: what it returns is taken apart once, to be compared."""
    return Timed(lambda: [run()])


def agree(programs: dict[str, Timed]) -> None:
    """Raise an AssertionError if two programs give different numbers."""

    def taken_apart(program: Timed) -> Timed:
        return Timed(lambda: [np.asarray(x, float) for x in elsewhere.numbers(program.run()[0])])

    flat = {name: Timed(flattened(taken_apart(program))) for name, program in programs.items()}
    check_agreement(flat, RTOL)


def flattened(program: Timed) -> Callable[[], list[Any]]:
    """All numbers in one array."""
    return lambda: [np.concatenate([x.ravel() for x in program.run()])]


def measure(rounds: int) -> list[Row]:
    """The gradients' times in units of the fastest, and the seconds that preparing took."""
    rows = []
    for one in CASES:
        programs, first = programs_of(one)
        agree(programs)
        times = interleaved(programs, rounds)
        fastest = min(times.values())
        figures = {name: t / fastest for name, t in times.items()}
        figures["fastest, ms"] = 1e3 * fastest
        figures |= {f"{name}: until it runs, s": first[name] for name in times}
        rows.append(Row(one.title, figures))
    return rows
