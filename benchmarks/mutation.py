"""The mutation score of `gradient_property`, beside torch's gradcheck and JAX's check_grads.

`python -m benchmarks.mutation [--only NAME ...] [--no-peers]` breaks every rule of the table of
primitives in every way of `benchmarks.mutants` and prints who notices.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

from autograd_lite import PRIMITIVES, Primitive
from autograd_lite.testing import gradient_property
from autograd_lite.testing.calls import Point, can_be_drawn
from autograd_lite.testing.strategies import points_for, random_points
from benchmarks.mutants import WAYS, Mutant, is_equivalent, mutants
from benchmarks.peers import is_installed, load, versions

Check = Callable[[Mutant], bool]
"""Whether a mutant passes."""

SEARCH = settings(
    max_examples=100,  # Hypothesis's default
    phases=[Phase.explicit, Phase.generate],  # found or not; shrinking takes time
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
RANDOM = settings(SEARCH, phases=[Phase.generate])


def passes_property(mutant: Mutant, search: settings = SEARCH) -> bool:
    """Whether `gradient_property` accepts a mutant, or, unbroken, the primitive."""
    try:
        search(gradient_property(mutant.broken()))()
    except (AssertionError, ValueError, TypeError, IndexError):
        return False  # a wrong gradient, or one that the engine refuses
    return True


def typical_point(primitive: Primitive) -> Point:
    """A point as somebody would choose it who tests at one: the largest matrices or vectors of
    the declaration's cases, (3, 3) where there is a choice, of random numbers from the domain."""

    def size(point: Point) -> tuple[bool, int]:
        shapes = [np.shape(x) for x in point.operands]
        usual = all(len(s) in (1, 2) and 1 not in s for s in shapes)
        return usual, sum(np.size(x) for x in point.operands)

    return max((p for seed in range(3) for p in random_points(primitive, seed)), key=size)


def at_one_point(passes: Callable[[Mutant, Point], bool]) -> Check:
    """A peer's check as its documentation shows it."""
    return lambda mutant: passes(mutant, typical_point(mutant.primitive))


def at_our_points(passes: Callable[[Mutant, Point], bool]) -> Check:
    """A peer's check in a Hypothesis test of a hundred points that our strategy draws."""

    def check(mutant: Mutant) -> bool:
        @RANDOM
        @given(points_for(mutant.primitive))
        def test(point: Point) -> None:
            if all(np.size(x) for x in point.operands):
                assert passes(mutant, point)

        try:
            test()
        except AssertionError:
            return False
        return True

    return check


def in_double(check: Check) -> Check:
    """JAX's check in double precision."""

    def doubled(mutant: Mutant) -> bool:
        with load("JAX").enable_x64(True):
            return check(mutant)

    return doubled


def checks(peers: bool) -> dict[str, Check]:
    """The columns of the table."""
    found: dict[str, Check] = {
        "gradient_property": passes_property,
        "its random points alone": lambda mutant: passes_property(mutant, RANDOM),
    }
    if peers:
        from benchmarks.mutation_peers import jax_passes, torch_passes

        if is_installed("torch"):
            found["torch gradcheck, one point"] = at_one_point(torch_passes)
            found["torch gradcheck, our points"] = at_our_points(torch_passes)
        if is_installed("JAX"):
            found["JAX check_grads, one point"] = at_one_point(jax_passes)
            found["the same in float64"] = in_double(at_one_point(jax_passes))
    return found


def measure(
    names: Sequence[str], columns: dict[str, Check]
) -> Iterator[tuple[Mutant, dict[str, bool] | None]]:
    """Every mutant with who notices it; None if it is equivalent."""
    for name in names:
        for mutant in mutants(PRIMITIVES[name]):
            if is_equivalent(mutant):
                yield mutant, None
            else:
                yield mutant, {title: not check(mutant) for title, check in columns.items()}


def table(results: list[tuple[Mutant, dict[str, bool] | None]], titles: Sequence[str]) -> str:
    """How many mutants of each way each column notices."""
    lines = [["broken how", "mutants", *titles], ["---", "---:", *("---:" for _ in titles)]]
    noticed = [(m, found) for m, found in results if found is not None]
    for way in [*WAYS, "all"]:
        here = [found for m, found in noticed if way in (m.way, "all")]
        shares = (_share([found[t] for found in here]) for t in titles)
        lines.append([way, str(len(here)), *shares])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _share(found: list[bool]) -> str:
    missed = len(found) - sum(found)
    return "all" if not missed else f"{sum(found)} ({100 * sum(found) / len(found):.1f} %)"


def survivors(results: Any, title: str) -> list[str]:
    """The mutants that a column does not notice."""
    return [m.name for m, found in results if found is not None and not found[title]]


def false_alarms(names: Sequence[str], columns: dict[str, Check]) -> dict[str, list[str]]:
    """The unbroken primitives that a column does not accept."""
    return {
        title: [n for n in names if not check(Mutant(PRIMITIVES[n], 0, "unbroken"))]
        for title, check in columns.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print the tables."""
    known = [name for name, primitive in PRIMITIVES.items() if can_be_drawn(primitive)]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=known)
    parser.add_argument("--no-peers", action="store_true", help="our own columns only")
    options = parser.parse_args(arguments)
    names = options.only or known
    columns = checks(not options.no_peers)
    start = time.perf_counter()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = list(measure(names, columns))
        alarms = false_alarms(names, columns)
    print(versions())
    print(f"{len(names)} primitives, {time.perf_counter() - start:.0f} s\n")
    print(table(results, list(columns)))
    for title in columns:
        missed = survivors(results, title)
        print(f"\nnot noticed by {title}: {len(missed)}", *missed[:60], sep="\n  ")
    equivalent = [m.name for m, found in results if found is None]
    print(f"\nequivalent, no mutants: {len(equivalent)}", *equivalent, sep="\n  ")
    for title, wrong in alarms.items():
        if wrong:
            print(f"\nfalse alarms of {title}: {', '.join(wrong)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
