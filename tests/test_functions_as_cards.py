"""Operations of several results, and functions that are written in others, on pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import autograd_lite as al
from autograd_lite import Tensor, Value, composed, elementwise, gradients, structural, viz
from autograd_lite.engine.primitive import retract
from autograd_lite.numerical.rules import agrees
from autograd_lite.reading.algebra import latex, text
from autograd_lite.reading.cards import Card, cards_of
from autograd_lite.viz.page import Steps


def _sincos_back(g: Any, z: Any, x: Any) -> Any:
    (sine, cosine), (to_sine, to_cosine) = z, g
    return to_sine * cosine - to_cosine * sine


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    """Some operations of a user, for the time of a test."""

    @structural(
        arrays=lambda x: (np.sin(x), np.cos(x)),
        pullbacks=(_sincos_back,),
        results=("sine", "cosine"),
        method=False,
    )
    def sincos(x: Any) -> Any:
        """The sine and the cosine of x."""
        return (x,), {}

    @composed(method=False)
    def gauge(x: Any, y: Any, scale: Any = 1.0) -> Any:
        """scale·√(x² + y²), written so that it uses a sum twice."""
        s = x * x + y * y
        return scale * al.sqrt(s * s / s)

    @composed(method=False)
    def variance(x: Any) -> Any:
        """The mean of the squared distances from the mean."""
        d = x - al.mean(x)
        return al.mean(d * d)

    @composed(method=False)
    def distance(x: Any, y: Any) -> Any:
        """A function written in one that is composed itself."""
        return gauge(x - y, 0.0 * x)

    @elementwise(
        floats="a*b + c*d",
        arrays=lambda a, b, c, d: a * b + c * d,
        partials=(lambda a, b, c, d, z: b, lambda a, b, c, d, z: a, lambda a, b, c, d, z: d, None),
        method=False,
    )
    def two_products(a: Any, b: Any, c: Any, d: Any) -> Any:
        """a·b + c·d, where d is a constant."""

    FUNCTIONS.update(
        sincos=sincos, gauge=gauge, variance=variance, distance=distance, two_products=two_products
    )
    yield
    for name in FUNCTIONS:
        retract(name)


FUNCTIONS: dict[str, Any] = {}


def edges(cards: list[Card]) -> list[tuple[str, str, str]]:
    """From, to, and what is written."""
    return [
        (e.source.name, e.target.name, e.back or text(e.symbol)) for c in cards for e in c.edges
    ]


def algebra(cards: list[Card]) -> dict[str, str]:
    return {card.name: text(card.algebra) for card in cards if card.algebra is not None}


# ---------------------------------------------------------------- several results


@pytest.mark.parametrize("fold", [True, False])
def test_each_result_is_a_card_and_what_computed_them_is_none(fold: bool) -> None:
    x = Tensor([1.0, 2.0], name="x")
    s, c = FUNCTIONS["sincos"](x)
    cards = cards_of(al.sum(s * c), fold=fold, names={"s": s, "c": c})
    assert algebra(cards)["s"] == "sine of sincos(x)"
    assert algebra(cards)["c"] == "cosine of sincos(x)"
    assert ("x", "c", "g through sincos, backwards") in edges(cards)
    assert [card.name for card in cards] == ["x", "s", "c", "v1", "v2"]
    np.testing.assert_allclose(cards[0].gradient, np.cos([2.0, 4.0]))
    cosine = cards[2].algebra
    assert cosine is not None
    assert latex(cosine) == r"\mathrm{cosine}\text{ of }\operatorname{sincos}(x)"


def test_results_without_names_are_counted() -> None:
    first, _, last = al.split(Tensor(np.arange(6.0), name="t"), 3)
    written = algebra(cards_of(al.sum(first * last)))
    assert written["v1"].startswith("result 1 of split(t)")
    assert written["v2"].startswith("result 3 of split(t)")


def test_a_picture_with_several_results_draws_and_is_checked() -> None:
    x = Tensor([1.0, 2.0], name="x")
    s, c = FUNCTIONS["sincos"](x)
    drawing = viz.draw(al.sum(s * c), check=True)
    assert all(arrow.checked for arrow in drawing.picture.arrows)
    assert "cosine of sincos(x)" in drawing.svg()
    assert "through sincos, backwards" in str(viz.derive(al.sum(s * c), x))
    with pytest.raises(TypeError, match="steps: the page computes with numbers"):
        viz.steps(al.sum(s * c))


def test_a_wrong_rule_of_several_results_is_noticed() -> None:
    @structural(
        arrays=lambda x: (x * 2.0, x * 3.0),
        pullbacks=(lambda g, z, x: g[0] * 2.0 + g[1] * 2.0,),
        results=("double", "triple"),
        method=False,
    )
    def multiples(x: Any) -> Any:
        """2·x and 3·x."""
        return (x,), {}

    try:
        double, _ = multiples(Tensor([1.0, 2.0]))
        assert not agrees(double.operands[0], 0)
        sine, _ = FUNCTIONS["sincos"](Tensor([1.0, 2.0]))
        assert agrees(sine.operands[0], 0)
    finally:
        retract("multiples")


# ---------------------------------------------------------------- composed functions


numbers = st.floats(0.5, 3.0)


@given(numbers, numbers)
def test_a_call_is_one_card_and_its_edges_add_up(u: float, v: float) -> None:
    x, y = Value(u, name="x"), Value(v, name="y")
    E = FUNCTIONS["gauge"](x * 2.0, y, 1.5) * x
    cards = cards_of(E, names={"E": E})
    assert algebra(cards) == {"v1": "gauge(x·2, y, 1.5)", "E": "v1·x"}
    assert edges(cards)[:2] == [("x", "v1", "2·∂gauge/∂(x·2)"), ("y", "v1", "∂gauge/∂y")]
    for name, gradient in zip(("x", "y"), gradients(E, [x, y]), strict=True):
        flows = [e.target.gradient * e.number for c in cards for e in c.edges
                 if e.source.name == name and e.number is not None]  # fmt: skip
        assert sum(flows) == pytest.approx(gradient, rel=1e-12)
    opened = cards_of(E, fold=False)
    assert len(opened) > 8
    assert not any("gauge" in line for line in algebra(opened).values())


def test_arguments_keep_their_order() -> None:
    x, y = Value(1.0, name="x"), Value(2.0, name="y")
    assert algebra(cards_of(FUNCTIONS["gauge"](y, x)))["v1"] == "gauge(y, x)"


def test_of_arrays_it_says_so_in_words() -> None:
    x = Tensor([1.0, 2.0, 4.0], name="x")
    z = FUNCTIONS["variance"](x) * 2.0
    cards = cards_of(z)
    assert algebra(cards)["v1"] == "variance(x)"
    assert ("x", "v1", "g through variance, backwards") in edges(cards)
    picture = viz.draw(z, fold=True, check=True).picture
    assert all(arrow.checked for arrow in picture.arrows)


def test_the_outermost_function_is_the_card() -> None:
    x, y = Value(3.0, name="x"), Value(1.0, name="y")
    assert algebra(cards_of(FUNCTIONS["distance"](x, y))) == {"v1": "distance(x, y)"}


def test_what_is_used_outside_too_keeps_its_card() -> None:
    inner = []

    @composed(method=False)
    def leaky(x: Any) -> Any:
        """A function that hands out a value from inside."""
        inner.append(x * x)
        return al.sqrt(inner[0] + w)

    w, x = Value(2.0, name="w"), Value(3.0, name="x")
    try:
        E = leaky(x) * inner[0]
    finally:
        retract("leaky")
    cards = cards_of(E, names={"E": E})
    assert algebra(cards) == {"v1": "x·x", "v2": "leaky(x)", "E": "v2·v1"}
    assert ("v1", "v2", "∂leaky/∂v1") in edges(cards)
    assert ("w", "v2", "∂leaky/∂w") in edges(cards)
    for card in cards[:-1]:
        flows = [e.target.gradient * e.number for c in cards for e in c.edges if e.source is card]
        assert sum(flows) == pytest.approx(card.gradient)


def test_its_last_operation_is_not_what_is_said_to_be_dead() -> None:
    @composed(method=False)
    def half_wave(x: Any) -> Any:
        """What is left of x above 1."""
        return al.relu(x - 1.0)

    try:
        E = half_wave(Value(0.5, name="x")) + 1.0
    finally:
        retract("half_wave")
    assert [card.notes for card in viz.draw(E, fold=True).picture.cells] == [[], [], []]
    assert any("dead" in n for c in viz.draw(E, fold=False).picture.cells for n in c.notes)
    whole = cards_of(E)[1].algebra
    assert whole is not None
    assert latex(whole) == r"\operatorname{half\_wave}(x)"


def test_derivation_and_page_of_a_composed_function() -> None:
    x, y = Value(3.0, name="x"), Value(4.0, name="y")
    E = FUNCTIONS["gauge"](x, y) ** 2
    derivation = viz.derive(E, x, names={"E": E})
    assert str(derivation) == (
        "∂E/∂x = ∂E/∂v1·∂v1/∂x\n      = 2·v1·∂gauge/∂x\n      = 10·0.6\n      = 6"
    )
    assert r"\frac{\partial \mathrm{gauge}}{\partial x}" in derivation.latex()
    for page in (viz.steps(E).html(), Steps(cards_of(E)).html()):  # it computes each operation
        assert "gauge" not in page
        assert r"\u221a" in page  # √, in the data from which the page draws itself


# ---------------------------------------------------------------- operands of any number


def test_four_operands_one_of_them_a_constant() -> None:
    a, b, c, d = (Value(i + 2.0, name=name) for i, name in enumerate("abcd"))
    z = FUNCTIONS["two_products"](a, b, c, d * 1.0)
    cards = cards_of(z)
    assert [card.name for card in cards] == ["a", "b", "c", "v1"]
    assert edges(cards) == [("a", "v1", "b"), ("b", "v1", "a"), ("c", "v1", "5")]
    assert [e.number for e in cards[-1].edges] == [3.0, 2.0, 5.0]
    T = Tensor([1.0, 2.0], name="T")
    cards = cards_of(al.sum(FUNCTIONS["two_products"](T, 2.0, T * T, np.array([3.0, 4.0]))))
    assert ("v1", "v2", "[3 4]") in edges(cards)


def test_a_condition_stands_in_the_derivative() -> None:
    x, y = Tensor([0.5, 3.0], name="x"), Tensor([1.0, 2.0], name="y")
    cards = cards_of(al.sum(al.where(np.array([True, False]), x, y)))
    assert edges(cards)[:2] == [
        ("x", "v1", "where([1 0], 1, 0)"),
        ("y", "v1", "1 − where([1 0], 1, 0)"),
    ]


def test_constant_bounds_stand_in_the_derivative() -> None:
    x = Tensor([0.5, 3.0], name="x")
    cards = cards_of(al.sum(al.clip(x, np.array([0.0, 1.0]), 2.0)))
    assert algebra(cards)["v1"] == "clip(x, [0 1], 2)"
    assert all(arrow.checked for arrow in viz.picture_of(cards, check=True).arrows)


def test_a_value_folded_into_a_structural_operation() -> None:
    v = Value(2.0, name="v")
    cards = cards_of(al.sum(al.stack([v * 3.0, 1.0])))
    assert algebra(cards)["v1"] == "stack(v·3, 1)"
    assert edges(cards)[0][2].endswith(", times 3")
    assert all(arrow.checked for arrow in viz.picture_of(cards, check=True).arrows)
