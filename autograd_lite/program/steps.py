"""What simplification did to a program, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd_lite.program.instructions import Instruction, Program, Reference, names_in, text_of
from autograd_lite.program.names import statement_of


@dataclass(frozen=True)
class Step:
    """One instruction that a program does without.

    >>> print(Step("share", "t2 = exp(x0)", "t0", "y = exp(x)"))
    share: t2 = exp(x0) -> t0    # y = exp(x)
    """

    rule: str
    """Why: "fold" (all that it needs is constant), "identity" (it gives back what it is given: x·1,
    x + 0 of an x that is never −0), "share" (an equal one came before), "zeros" (of a sum of zeros
    and one other number), "drop" (it leads to no result)."""
    before: str
    """The instruction as it was traced, by then with what earlier steps put in."""
    after: str
    """What stands for its result now; empty if nothing does."""
    line: str
    """The statement of the user's that it comes from; empty if none: in a reverse pass."""

    def __str__(self) -> str:
        after = f" -> {self.after}" if self.after else ""
        return f"{self.rule}: {self.before}{after}" + (f"    # {self.line}" if self.line else "")


class Steps:
    """Notes of the steps of one program."""

    def __init__(self, program: Program) -> None:
        self._names = names_in(program)
        self.taken: list[Step] = []

    def note(self, rule: str, one: Instruction, now: Sequence[Reference] = ()) -> None:
        """Note that an instruction is gone, and what stands for its results."""
        statement = statement_of(one)
        after = ", ".join(text_of(x, self._names) for x in now)
        before = text_of(one, self._names)
        self.taken.append(Step(rule, before, after, statement.text if statement else ""))
