"""The command line: `python -m benchmarks.coverage [--only NAME ...] [--failures] [--write]`."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.coverage.judge import REFUSED, RIGHT, WRONG, Outcome, differences, outcome
from benchmarks.coverage.libraries import LIBRARIES
from benchmarks.coverage.usages import Usage, usages

RESULTS = Path(__file__).with_name("results.json")
"""What was measured last, for the page `docs/coverage.md`."""

Outcomes = Mapping[Usage, Outcome]


def measured(names: Sequence[str]) -> dict[str, dict[Usage, Outcome]]:
    """What each library makes of each usage."""
    expected = {usage: differences(usage) for usage in usages()}
    found: dict[str, dict[Usage, Outcome]] = {}
    for name in names:
        library = LIBRARIES[name]()
        found[name] = {usage: outcome(usage, library, e) for usage, e in expected.items()}
    return found


def table(found: Mapping[str, Outcomes]) -> str:
    """How many usages of each subject are right, as a Markdown table."""
    every = next(iter(found.values()))
    subjects = Counter(usage.subject for usage in every)
    lines = [["usages of NumPy", "", *found], ["---", "---:", *("---:" for _ in found)]]
    for subject, count in subjects.items():
        right = (_count(outcomes, RIGHT, subject) for outcomes in found.values())
        lines.append([subject, str(count), *map(str, right)])
    for kind in (RIGHT, REFUSED, WRONG):
        counts = (_count(outcomes, kind) for outcomes in found.values())
        lines.append([f"**{kind}**", str(len(every)), *(f"**{n}**" for n in counts)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _count(outcomes: Outcomes, kind: str, subject: str | None = None) -> int:
    return sum(o.kind == kind and subject in (None, u.subject) for u, o in outcomes.items())


def failures(outcomes: Outcomes) -> str:
    """What a library refused or had wrong, a line each."""
    return "\n".join(
        f"{o.kind:8}{usage.start:9}{usage.text}\n{'':17}{o.why}"
        for usage, o in outcomes.items()
        if o.kind != RIGHT
    )


def as_json(found: Mapping[str, Outcomes]) -> dict[str, Any]:
    """What the page is made from: versions, counts, and the usages that fail."""
    return {
        name: {
            "version": importlib.metadata.version(peers.DISTRIBUTIONS[name]),
            RIGHT: _count(outcomes, RIGHT),
            REFUSED: [u.text for u, o in outcomes.items() if o.kind == REFUSED],
            WRONG: [u.text for u, o in outcomes.items() if o.kind == WRONG],
        }
        for name, outcomes in found.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every usage with the libraries that are asked for, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(LIBRARIES), help="these libraries")
    parser.add_argument("--failures", action="store_true", help="what each refuses or has wrong")
    parser.add_argument("--write", action="store_true", help=f"keep the results in {RESULTS.name}")
    given = parser.parse_args(arguments)
    names = [name for name in given.only or LIBRARIES if peers.is_installed(name)]
    for name in set(given.only or LIBRARIES) - set(names):
        print(f"{name} is skipped, it is not installed (the extra `bench`)")
    print(peers.versions() + "\n")
    found = measured(names)
    print(table(found))
    if given.failures:
        for name in names:
            print(f"\n{name}\n{failures(found[name])}")
    if given.write:
        kept = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        text = json.dumps(kept | as_json(found), indent=1, ensure_ascii=False)
        RESULTS.write_text(text + "\n", "utf-8")
    return 0
