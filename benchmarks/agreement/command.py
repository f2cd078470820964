"""The command: draw programs, judge each, shrink and print what differs."""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from random import Random

import numpy as np

from benchmarks.agreement.draw import draw
from benchmarks.agreement.judge import Difference, Seen, judge
from benchmarks.agreement.oracle import ORACLES, missing
from benchmarks.agreement.program import Program, table
from benchmarks.agreement.shrink import shrink
from benchmarks.peers import is_installed, versions


def program_of(seed: int, number: int) -> Program:
    """The program of that number: the same in every run."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return draw(Random(f"{seed}/{number}"))


def compare(
    seed: int, numbers: Sequence[int], most: int = 500
) -> tuple[Seen, Counter[str], list[tuple[int, Program, Difference]]]:
    """Judge these programs, and shrink at most so many that differ. They are counted by what
    differs and the primitives that are left; the first of each sort is returned."""
    seen, counts = Seen(), Counter[str]()
    found: list[tuple[int, Program, Difference]] = []
    for number in numbers:
        program = program_of(seed, number)
        difference = judge(program, seen)
        if difference is None:
            continue
        sort = "and more"
        if counts.total() < most:
            program, difference = shrink(program, difference)
            names = " → ".join(step.primitive.name for step in program.steps)
            sort = f"{difference.about} ({names})"
            if not counts[sort]:
                found.append((number, program, difference))
        counts[sort] += 1
    return seen, counts, found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what was seen; 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement", description=__doc__)
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one program, by its number")
    options = parser.parse_args(arguments)
    print(versions())
    if not is_installed("torch"):
        print("torch is not installed (the extra `bench`): there is nothing to compare with")
        return 0
    start = time.perf_counter()
    numbers = range(options.programs) if options.only is None else [options.only]
    seen, counts, found = compare(options.seed, numbers)
    for number, program, difference in found:
        print(f"\n# program {number}: {difference}\n{program.source()}")
    took = time.perf_counter() - start
    if options.only is not None and not found:
        print(program_of(options.seed, options.only).source())
    print(f"\n{seen};\n{took:.0f} s, {1e3 * took / max(1, seen.programs):.1f} ms a program")
    called = {name for name in table() if seen.steps[name]}
    print("without an oracle:", ", ".join(missing(list(table().values()))) or "none")
    print("not called:", ", ".join(sorted(set(ORACLES) & set(table()) - called)) or "none")
    print("differences:", "" if counts else "none")
    for sort, count in counts.most_common():
        print(f"{count:6}  {sort}")
    return 1 if counts else 0
