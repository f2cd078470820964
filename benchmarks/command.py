"""The command line: `python -m benchmarks [NAME ...] [--repeats N] [--quick]`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks import chain, compiled, derivatives, mlp, mnist_epoch, peers, values
from benchmarks.gradbench import timing as gradbench
from benchmarks.measure import table

BENCHMARKS = {
    "values": values,
    "chain": chain,
    "mlp": mlp,
    "mnist_epoch": mnist_epoch,
    "derivatives": derivatives,
    "gradbench": gradbench,
    "compiled": compiled,
}
BY_HAND = "time in units of hand-written NumPy"
HEADINGS = {
    "values": "in units of autograd_lite",
    "derivatives": "time in units of autograd_lite",
    "gradbench": "gradient, time in units of the fastest",
    "compiled": "time in units of the first",
}
ROUNDS = {
    "values": 15,
    "chain": 51,
    "mlp": 15,
    "mnist_epoch": 5,
    "derivatives": 7,
    "compiled": 15,
    "gradbench": 7,
}
"""How often each program has its turn, unless --repeats says otherwise."""
DEFAULT = ("values", "chain", "mlp")
"""What runs if nothing is named: what takes less than a minute together."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are asked for, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"{', '.join(BENCHMARKS)}; by default {', '.join(DEFAULT)}",
    )
    parser.add_argument("--repeats", type=int, help="how many turns each program has")
    parser.add_argument(
        "--quick", action="store_true", help="one turn each: whether it runs at all"
    )
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark {name!r}: choose from {', '.join(BENCHMARKS)}")
    if given.repeats is not None and given.repeats < 1:
        parser.error(f"--repeats must be at least 1, not {given.repeats}")
    print(peers.versions())
    for name in given.names or DEFAULT:
        rounds = given.repeats or (1 if given.quick else ROUNDS[name])
        for peer in BENCHMARKS[name].PROGRAMS:
            if not peers.is_installed(peer):
                print(f"\n{name}: {peer} is skipped, it is not installed (the extra `bench`)")
        rows = BENCHMARKS[name].measure(rounds)
        print("\n" + table(HEADINGS.get(name, BY_HAND), rows), flush=True)
    return 0
