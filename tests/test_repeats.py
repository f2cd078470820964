"""What repeats is drawn once: loops, long sums and their terms; the chain rule is not lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Value, viz
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.repeats import stretches
from autograd_lite.viz.fold import MOST_TURNS, fold


def total(values):
    s = values[0]
    for v in values[1:]:
        s = s + v
    return s


@pytest.mark.parametrize("count", [4, 30, 55])
def test_a_sum_is_one_card_below_the_budget_too(count):
    picture = viz.draw(total([Value(float(i)) for i in range(count)])).picture
    assert len(picture.cells) == count + 1
    assert {arrow.target for arrow in picture.arrows} == {picture.cells[-1].key}


def test_a_part_of_a_sum_that_is_named_or_used_again_keeps_its_card():
    a = [Value(float(i)) for i in range(8)]
    part = total(a[:4])
    whole = total([part, *a[4:]])
    names = {c.name for c in viz.draw(whole, names={"part": part, "whole": whole}).picture.cells}
    assert {"part", "whole"} <= names
    assert len(viz.draw(whole * part).picture.cells) == 8 + 3


def test_short_sums_and_asked_for_steps_stay_as_they_are():
    x, y, z = (Value(float(i), name=n) for i, n in enumerate("xyz"))
    assert len(viz.draw(x + y + z).picture.cells) == 5
    assert len(viz.draw(total([x, y, z, x, y, z]), fold=False).picture.cells) == 3 + 5


def test_two_hundred_sines_keep_the_chain_rule():
    x = Value(0.5, name="x")
    y = total([al.sin(Value(0.01 * i) * x) for i in range(200)])
    picture = viz.draw(y).picture
    assert [(c.name, c.count) for c in picture.cells] == [("x", 1), ("v ×200", 200), ("v201", 1)]
    terms = picture.cells[1]
    assert terms.algebra.startswith("sin(x1·x), …, sin(x200·x)")
    assert len(picture.arrows) == 2


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("count", [60, 200, 2000])
def test_a_long_loop_is_one_card_with_the_product_of_its_factors(count, named):
    y = Value(0.5, name="x")
    for i in range(count):
        y = al.sin(y * 1.1)
        if named:
            y.name = f"y{i}"
    drawing = viz.draw(y)
    picture = drawing.picture
    assert len(picture.cells) <= 4
    folded = next(cell for cell in picture.cells if cell.count > 1)
    assert folded.count >= count - 2
    assert "…" in folded.algebra
    cards = {card.name: card for card in cards_of(y, names={}, neurons=True)}
    last, first = re.match(r"∂(\w+)/∂(\w+) = ", folded.more).groups()
    expected = cards[first].gradient / cards[last].gradient
    said = float(folded.more.rpartition(" = ")[2].replace("−", "-"))
    assert said == pytest.approx(expected, rel=1e-5)
    assert f"· {folded.name}: {folded.more}" in drawing.text()
    assert all(arrow.source != arrow.target for arrow in picture.arrows)


def test_a_loop_of_two_named_lines():
    y = Value(0.5, name="x")
    for i in range(50):
        z = y * 1.5
        y = al.tanh(z)
        z.name, y.name = f"z{i}", f"y{i}"
    picture = viz.draw(y).picture
    folded = next(cell for cell in picture.cells if cell.count > 1)
    assert folded.count >= 49
    assert folded.algebra.startswith("z0 = x·1.5; y0 = tanh(z0), …, ")


def test_a_loop_whose_turns_are_seen_elsewhere_draws_no_circle():
    w, h, loss = Value(0.9, name="w"), Value(0.5, name="h"), 0.0
    for i in range(40):
        h = al.tanh(h * w)
        loss = loss + (h - 0.1 * i) ** 2
    picture = viz.draw(loss).picture
    assert len(picture.cells) <= viz.BUDGET
    assert all(arrow.source != arrow.target for arrow in picture.arrows)


def test_a_turn_that_is_asked_for_stays():
    y = Value(0.5, name="x")
    for i in range(60):
        y = al.sin(y)
        y.name = f"y{i}"
    names = {cell.name for cell in viz.draw(y, expand=["y30"]).picture.cells}
    assert "y30" in names
    assert len(viz.draw(y, expand=True).picture.cells) == 61
    few = Value(0.5)
    for _ in range(MOST_TURNS):
        few = al.sin(few)
    assert len(viz.draw(few).picture.cells) == MOST_TURNS + 1


@given(st.integers(21, 60), st.sampled_from([al.sin, al.tanh]), st.booleans())
def test_nothing_is_lost(count, f, twice):
    w = Value(0.7, name="w")
    y = Value(0.5, name="x")
    for _ in range(count):
        y = f(y * w) + (y * 0.1 if twice else 0.0)
    cards = cards_of(y * y, neurons=True)
    groups = fold(cards)
    kept = [c.name for g in groups for c in (*g.cards, *g.inputs)]
    assert sorted(kept) == sorted(c.name for c in cards)


@given(st.text("ab", max_size=12), st.text("abc", min_size=1, max_size=4), st.integers(3, 9))
def test_stretches_repeat(before, turn, turns):
    keys = before + turn * turns
    for start, period, count in stretches(keys, 3):
        part = keys[start : start + period * count]
        assert part == part[:period] * count
    assert any(start + p * n > len(before) for start, p, n in stretches(keys, 3))


@pytest.mark.parametrize("named", [True, False])
def test_a_loop_with_a_way_around_its_lines(named):
    """y + 0.001·sin(y): every turn uses the one before twice."""
    y = Value(0.3, name="x")
    for i in range(300):
        s = al.sin(y)
        y = y + s * 0.001
        if named:
            s.name, y.name = f"s{i}", f"y{i}"
    picture = viz.draw(y).picture
    assert len(picture.cells) <= 6
    folded = next(cell for cell in picture.cells if cell.count > 1)
    last, first = re.match(r"∂(\w+)/∂(\w+) = ", folded.more).groups()
    cards = {card.name: card for card in cards_of(y, neurons=True)}
    (expected,) = al.gradients(cards[last].node, [cards[first].node])
    said = float(folded.more.rpartition(" = ")[2])
    assert said == pytest.approx(expected, rel=1e-5)


def test_a_loop_made_of_two_turns_before_claims_no_product():
    """Fibonacci's way: v = sin(v + u), where u is the turn before the last."""
    u, v = Value(0.1, name="a"), Value(0.2, name="b")
    for i in range(40):
        u, v = v, al.sin(u + v)
        v.name = f"v{i}"
    drawing = viz.draw(v)
    for cell in drawing.picture.cells:
        assert cell.more == ""
    assert all(arrow.source != arrow.target for arrow in drawing.picture.arrows)
