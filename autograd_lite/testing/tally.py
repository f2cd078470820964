"""How much was checked so far in this process: what the pytest plugin sums up."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograd_lite.testing.report import GradientReport


@dataclass
class Tally:
    """Sums over all checks."""

    functions: set[str] = field(default_factory=set)
    points: int = 0
    elements: int = 0
    kinks: int = 0
    unclear: int = 0
    wrong: int = 0
    """How many points had a wrong gradient; Hypothesis meets one again and again as it shrinks."""

    def __str__(self) -> str:
        functions = "function" if len(self.functions) == 1 else "functions"
        parts = [
            f"{self.elements:,} elements at {self.points:,} points of "
            f"{len(self.functions):,} {functions} checked"
        ]
        for count, what in (
            (self.kinks, "without a derivative"),
            (self.unclear, "too inaccurate to tell"),
        ):
            if count:
                parts.append(f"{count:,} {what}")
        parts.append(f"wrong at {self.wrong:,} points" if self.wrong else "none wrong")
        return ", ".join(parts)


total = Tally()


def count(report: GradientReport) -> None:
    """Enter one check."""
    total.functions.add(report.name)
    total.points += 1
    for part in (report, report.second):
        if part is not None:
            total.elements += sum(part.elements.values())
            total.kinks += len(part.kinks)
            total.unclear += len(part.unclear)
    total.wrong += not report.is_right
