"""A program explained: every value, every gradient, the derivation of each, and the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.numerical.differences import numerical_gradient
from autograd_lite.reading.algebra import number_text, text
from autograd_lite.reading.cards import Card, cards_of, recomputed
from autograd_lite.reading.derivation import Derivation, derive
from autograd_lite.reading.health import ailments
from autograd_lite.reading.names import printable
from autograd_lite.reading.script import Script, parse

SEED_LAYER = """\
z1 = x1*w11; z2 = x2*w21; z3 = z1 + z2; y1 = z3 + b1
z4 = x1*w12; z5 = x2*w22; z6 = z4 + z5; y2 = z6 + b2
out1 = sigmoid(y1); out2 = sigmoid(y2)
E = ((out1 - t1)**2 + (out2 - t2)**2)/2"""
"""A layer of two inputs and two outputs, with sigmoid and the error ½Σ(out − t)²."""

SEED_INPUTS = {
    "x1": 0.5, "x2": -1.5,
    "w11": 0.1, "w12": 0.2, "w21": 0.3, "w22": -0.4,
    "b1": 0.05, "b2": -0.1,
    "t1": 1.0, "t2": 0.0,
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Explanation:
    """What is known of a program at one point."""

    program: Script
    cards: list[Card]
    numerical: dict[str, float]
    """∂output/∂name by central differences, for every card."""

    def __repr__(self) -> str:
        output = self.cards[-1]
        inputs = sum(card.algebra is None for card in self.cards)
        value = number_text(float(output.value))
        return f"<Explanation of {output.name} = {value}: {len(self.cards)} cards, {inputs} inputs>"

    def __str__(self) -> str:
        return self.table()

    def table(self) -> str:
        """The aligned table: name, algebra, value, gradient, numerical gradient, difference."""
        rows = [("name", "algebra", "value", "gradient", "numerical", "difference")]
        for card in self.cards:
            near = self.numerical[card.name]
            algebra = text(card.algebra) if card.algebra else "(input)"
            known = np.isfinite(card.gradient) and np.isfinite(near)
            difference = f"{abs(card.gradient - near):.1e}" + self._mark(card) if known else "–"
            numbers = (f"{x:.10g}" for x in (card.value, card.gradient, near))
            rows.append((card.name, _short(algebra), *numbers, difference))  # type: ignore[arg-type]
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        lines = [
            "  ".join(
                cell.ljust(width) if i < 2 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        lines.insert(1, "  ".join("─" * width for width in widths))
        if any(self._mark(card) for card in self.cards):
            lines.append("≠ the two differ: a kink or a singular point is near, or a wrong rule")
        wrong = ailments(self.cards)
        lines += [f"! {name}: {note}" for name, notes in wrong.items() for note in notes]
        return "\n".join(lines)

    def _mark(self, card: Card) -> str:
        near = self.numerical[card.name]
        if not np.isfinite(near) or not np.isfinite(card.gradient):
            return ""  # there is nothing to compare; what is wrong is said below the table
        close = np.isclose(card.gradient, near, rtol=1e-5, atol=1e-7)
        return "" if close else " ≠"

    def derivations(self, wrt: Sequence[str] = ()) -> list[Derivation]:
        """The derivations of ∂output/∂name for the names given, or for each input.

        Raises:
            ValueError: if a name is not in the program, or the output does not depend on it.
        """
        names = {card.name: card for card in self.cards}
        wrt = [printable(name) for name in wrt]
        for name in wrt:
            if name not in names:
                known = ", ".join(names)
                raise ValueError(
                    f"--wrt {name}: the output does not depend on it; there are {known}"
                )
        leaves = [card for card in self.cards if card.algebra is None]
        return [derive(self.cards, card) for card in ([names[n] for n in wrt] or leaves)]


def _short(algebra: str, most: int = 60) -> str:
    return algebra if len(algebra) <= most else algebra[: most - 1] + "…"


def explain(source: str, inputs: Mapping[str, float], every_step: bool = False) -> Explanation:
    """Run a program on Values, differentiate it, and check the result numerically.

    Args:
        source: the program; see `autograd_lite.reading.script.parse`.
        inputs: a number for each name that it does not assign.
        every_step: a card for each operation, not only for what has a name.

    Raises:
        ScriptError: if the program cannot be read or a name has no number.
        ValueError: if a number is given for a name that is not an input.

    >>> explanation = explain("y = x*w", {"x": 2.0, "w": 3.0})
    >>> [(card.name, card.value, card.gradient) for card in explanation.cards]
    [('x', 2.0, 3.0), ('w', 3.0, 2.0), ('y', 6.0, 1.0)]
    >>> round(explanation.numerical["x"], 6)
    3.0
    """
    program = parse(source)
    for name in inputs:
        if name not in program.inputs:
            assigned = any(s.name == name and s.given for s in program.statements)
            why = "is assigned by the program" if assigned else "is not used in the program"
            raise ValueError(f"{name}={inputs[name]:g}: {name!r} {why}")
    with np.errstate(all="ignore"):  # inf and nan stand in the table
        values = {name: Value(x, name=name) for name, x in inputs.items()}
        output = program.run(values)[program.output]
    if not is_variable(output):
        raise program.error(f"{program.output} is a constant: it depends on no input")
    cards = cards_of(output, fold=not every_step)
    with np.errstate(all="ignore"):
        numerical = {card.name: _numerical(program, inputs, output, card) for card in cards}
    return Explanation(program, cards, numerical)


def _numerical(program: Script, inputs: Mapping[str, float], output: Value, card: Card) -> float:
    """∂output/∂card by central differences: of an input by running the program again, of what is
    computed by running on from there."""

    def moved(x: float) -> float:
        if card.algebra is None:
            return program.run({**inputs, card.node.name: x})[program.output]  # type: ignore[no-any-return]
        return recomputed(output, card.node, x)

    return float(numerical_gradient(moved, card.value))
