"""The laws of algebra are fields of a declaration: a user's operation has them as ours do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograd_lite import Value, elementwise
from autograd_lite.engine.primitive import POWER, PRODUCT, SUM, Laws, Primitive, retract
from autograd_lite.reading.algebra import (
    Formula,
    Name,
    Number,
    Operation,
    is_sum,
    latex,
    simplified,
    text,
)
from autograd_lite.reading.cards import cards_of

X, Y, Z = Name("x"), Name("y"), Name("z")
Make = Callable[..., Primitive]


@pytest.fixture
def declared() -> Iterator[Make]:
    """Declares an operation of two operands, x∘y, for the time of a test."""
    names = []

    def make(**options: Any) -> Primitive:
        @elementwise(
            floats="x + y", arrays=np.add, partials=(1.0, 1.0), method=False, text="{x} ∘ {y}",
            latex=r"{x} \\circ {y}", **options,
        )  # fmt: skip
        def ring(x: Any, y: Any) -> Any:
            """x∘y"""

        names.append("ring")
        return ring.primitive  # type: ignore[attr-defined,no-any-return]

    yield make
    for name in names:
        retract(name)


def written(primitive: Primitive, *operands: Formula) -> str:
    return text(simplified(Operation(primitive, operands)))


def test_without_laws_nothing_is_simplified(declared: Make) -> None:
    ring = declared(precedence=SUM)
    assert written(ring, X, Number(0.0)) == "x ∘ 0"
    assert written(ring, X, Operation(ring, (Y, Z))) == "x ∘ (y ∘ z)"
    assert written(ring, Operation(ring, (X, Y)), Z) == "x ∘ y ∘ z"
    assert written(ring, Number(1.0), Number(2.0)) == "3"


def test_units_vanish(declared: Make) -> None:
    ring = declared(laws=Laws(units=(None, 7.0)))
    assert written(ring, X, Number(7.0)) == "x"
    assert written(ring, Number(7.0), X) == "7 ∘ x"


def test_numbers_that_fix_the_result(declared: Make) -> None:
    ring = declared(laws=Laws(fixed=((0, 2.0, 5.0),)))
    assert written(ring, Number(2.0), X) == "5"
    assert written(ring, X, Number(2.0)) == "x ∘ 2"


def test_chains_become_one(declared: Make) -> None:
    ring = declared(laws=Laws(chains=True, units=(0.0, 0.0)), precedence=SUM, binds=(SUM, SUM))
    assert is_sum(ring)
    x, y, z, w = (Value(1.0, name=name) for name in "xyzw")
    f = ring.function
    tree = cards_of(f(f(f(x, y), z), w))[-1].algebra
    assert isinstance(tree, Operation)
    assert tree.operands == (X, Y, Z, Name("w"))
    assert written(ring, X, Number(0.0), Y, Number(0.0)) == "x ∘ y"
    assert written(ring, Number(0.0), Number(0.0), X) == "x"


def test_products_draw_their_numbers_together(declared: Make) -> None:
    ring = declared(laws=Laws(exponents=(1, -1), coefficient=-2.0), precedence=PRODUCT)
    assert written(ring, X, Y) == "−(2·x/y)"
    assert written(ring, Operation(ring, (X, Number(4.0))), Y) == "x/y"
    assert written(ring, X, Number(0.0)) == "x ∘ 0"  # not divided by


def test_raised_exponents(declared: Make) -> None:
    ring = declared(laws=Laws(superscript=True), precedence=POWER, binds_latex=(POWER + 1, 0))
    assert written(ring, X, Number(-12.0)) == "x⁻¹²"
    assert written(ring, X, Number(0.5)) == "x ∘ 0.5"
    assert written(ring, Operation(ring, (X, Number(2.0))), Number(3.0)) == "(x²)³"
    inner = Operation(ring, (X, Y))
    assert latex(Operation(ring, (inner, inner))).count("(") == 1
