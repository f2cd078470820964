"""What a check found, in words: the report, and the error that shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograd_lite.testing.closer import SAFETY

MOST_ROWS = 10
"""How many elements a table lists, the worst first."""


@dataclass(frozen=True)
class Row:
    """One element that was looked at closely."""

    argument: str
    index: tuple[int, ...]
    analytic: float
    numerical: float
    error: float
    """How far the numerical derivative may be off, as estimated."""
    note: str = ""
    """What is at this point, if f has no derivative there."""

    @property
    def relative_error(self) -> float:
        """|analytic − numerical| / max(|analytic|, |numerical|)."""
        off = abs(self.analytic - self.numerical)
        large = max(abs(self.analytic), abs(self.numerical))
        return off / large if large and not math.isnan(off) else off

    def place(self) -> str:
        """How Python writes it: `W[0, 2]`."""
        return self.argument + _index(self.index)


@dataclass
class GradientReport:
    """What a check of a gradient found. Printed, it is what a failure shows."""

    name: str
    """The function."""
    order: int = 1
    elements: dict[str, int] = field(default_factory=dict)
    """How many elements of each argument were checked."""
    left_out: int = 0
    """How many were not, as `sample` asked."""
    evaluations: int = 0
    """How often the function was evaluated for the differences."""
    resolution: float = 0.0
    """What a gradient cannot resolve, being computed with rounding errors, too."""
    wrong: list[Row] = field(default_factory=list)
    """The elements that were found wrong in a closer look, the worst first."""
    more: int = 0
    """How many more seem wrong at first sight."""
    faults: list[str] = field(default_factory=list)
    """What is wrong with a whole gradient, in words: its shape, for one."""
    faulty: list[str] = field(default_factory=list)
    """The arguments that these are about."""
    kinks: list[Row] = field(default_factory=list)
    """The elements at which there is no derivative, and the gradient is that of a side."""
    unclear: list[Row] = field(default_factory=list)
    """The elements whose numerical derivative is too inaccurate to tell."""
    hints: list[str] = field(default_factory=list)
    relative_error: float = 0.0
    """The largest of those that agree, as far as it is more than rounding."""
    worst: str = ""
    """The element that has it."""
    second: GradientReport | None = None
    """The report on the second order, if it was asked for and the first order is right."""

    @property
    def is_right(self) -> bool:
        """Whether nothing was found wrong."""
        right = not self.wrong and not self.faults
        return right and (self.second is None or self.second.is_right)

    def __str__(self) -> str:
        if self.second is not None and not self.second.is_right:
            return str(self.second)
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        count, wrong = sum(self.elements.values()), len(self.wrong) + self.more
        one = "element" if count == 1 else "elements"
        if wrong:
            first = f"{self._what()} is wrong in {wrong:,} of {count:,} {one}"
        elif self.faults:
            first = f"{self._what()} is wrong"
        else:
            first = f"{self._what()} is right: {count:,} {one} of {self._arguments()}"
        lines = [first, *(f"  {line}" for line in self.faults)]
        lines += table(self.wrong[:MOST_ROWS])
        if wrong > MOST_ROWS:
            lines.append(f"  … and {wrong - min(len(self.wrong), MOST_ROWS):,} more")
        if wrong or self.faults:
            right = [name for name in self.elements if name not in self._wrong_arguments()]
            if right:
                lines.append(f"  right: {', '.join(right[:MOST_ROWS])}")
        lines += [f"  hint: {hint}" for hint in self.hints]
        lines += _listed("no derivative here, not counted as wrong", self.kinks)
        lines += _listed("too inaccurate to tell", self.unclear)
        if self.left_out:
            lines.append(f"  {self.left_out:,} elements were not looked at (sample)")
        if self.second is not None:
            lines.append(str(self.second))
        return lines

    def _wrong_arguments(self) -> set[str]:
        """The arguments with something wrong; all, if not everything was looked at."""
        if self.more:
            return set(self.elements)
        return {row.argument for row in self.wrong} | set(self.faulty)

    def _what(self) -> str:
        return f"the {'second ' if self.order == 2 else ''}gradient of {self.name}"

    def _arguments(self) -> str:
        return ", ".join(self.elements)


class GradientMismatch(AssertionError):
    """A gradient that differs from the numerical one; `report` holds what was found."""

    def __init__(self, report: GradientReport) -> None:
        super().__init__(str(report))
        self.report = report


GradientMismatch.__module__ = "autograd_lite.testing"  # where it is imported from


def table(rows: Sequence[Row]) -> list[str]:
    """The rows as lines of a table: argument, index, analytic, numerical, relative error."""
    if not rows:
        return []
    lines = [("argument", "index", "analytic", "numerical", "relative error")]
    for row in rows:
        numerical = 0.0 if abs(row.numerical) <= SAFETY * row.error else row.numerical
        note = f"  {row.note}" if row.note else ""
        off = f"{row.relative_error:.1e}{note}"
        lines.append(
            (row.argument, _index(row.index), _number(row.analytic), _number(numerical), off)
        )
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=False))
        )
        + "  "
        + line[4]
        for line in lines
    ]


def _index(index: tuple[int, ...]) -> str:
    return f"[{', '.join(str(i) for i in index)}]" if index else ""


def _number(x: float) -> str:
    return f"{x:.6g}"


def _listed(what: str, rows: Sequence[Row], most: int = 3) -> list[str]:
    lines = [f"  {what}: {row.place()}{f', {row.note}' if row.note else ''}" for row in rows[:most]]
    if len(rows) > most:
        lines.append(f"  {what}: {len(rows) - most:,} more")
    return lines
