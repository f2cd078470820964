"""Cards, formulas and derivations: what stands on paper is what was computed."""

from __future__ import annotations

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Value
from autograd_lite.reading.algebra import latex, text
from autograd_lite.reading.cards import cards_of, recomputed
from autograd_lite.reading.derivation import derive
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.reading.script import parse


def named(value, name):
    value.name = name
    return value


@st.composite
def programs(draw):
    """Programs of a few lines over x and y, with values used many times."""
    names, lines = ["x", "y"], []
    for i in range(draw(st.integers(1, 6))):
        a, b, c = (draw(st.sampled_from(names)) for _ in range(3))
        form = draw(
            st.sampled_from(
                ["{a}*{b}", "{a} + {b}", "{a} - {b}/2", "sin({a})*{b}", "tanh({a} + {b}*{c})",
                 "({a} - {b})**2 - -{c}", "{a}", "{a}*{a}", "sigmoid({a})/(2 + {b}**2)"]
            )
        )  # fmt: skip
        lines.append(f"z{i} = {form.format(a=a, b=b, c=c)}")
        names.append(f"z{i}")
    return "; ".join(lines)


points = st.floats(-2, 2).filter(lambda x: abs(x) > 1e-3)


def all_paths(cards):
    """Every path from the output to a leaf, by brute force, each use counted."""
    stack = [(cards[-1], 1.0)]
    while stack:
        card, number = stack.pop()
        if not card.edges:
            yield card.name, number
        stack += [(edge.source, number * edge.number) for edge in card.edges]


# ---------------------------------------------------------------- properties


@given(programs(), points, points)
def test_terms_add_up_to_the_gradient(source, x, y):
    cards = explained(source, x, y).cards
    paths = list(all_paths(cards))
    for card in cards:
        if card.algebra is not None:
            continue
        derivation = derive(cards, card, most=10**6)
        mine = [number for name, number in paths if name == card.name]
        assert derivation.path_count == len(mine)
        assert derivation.term_count == len(derivation.paths)
        total = math.fsum(derivation.terms())
        scale = max(1.0, max((abs(n) for n in mine), default=0.0) * len(mine))
        assert total == pytest.approx(card.gradient, rel=1e-9, abs=1e-9 * scale)


@given(programs(), points, points)
def test_what_is_printed_evaluates_to_the_gradient(source, x, y):
    """Each line of a derivation but the first, read back as a program, gives the gradient."""
    explanation = explained(source, x, y)
    values = {card.name: card.value for card in explanation.cards}
    for derivation in explanation.derivations():
        if derivation.term_count > 8:
            continue
        lines = re.sub(r"\n +\+", " +", str(derivation).partition("\n(")[0])
        sides = re.split(r"\n +=|(?<=∂\S) = |^∂\S+ = ", lines)[1:]
        size = max([1.0, *map(abs, derivation.terms())])
        for side in sides:
            if "∂" not in side:
                assert run(side, values) == pytest.approx(
                    derivation.leaf.gradient, rel=1e-3, abs=1e-4 * size
                )


@given(programs(), points, points, st.integers(1, 5))
def test_the_largest_terms_are_shown(source, x, y, most):
    cards = explained(source, x, y).cards
    for card in cards:
        if card.algebra is None:
            few = derive(cards, card, most=most)
            every = sorted(map(abs, derive(cards, card, most=10**6).terms()), reverse=True)
            shown = sorted(map(abs, few.terms()), reverse=True)
            assert shown == pytest.approx(every[:most], rel=1e-9, abs=1e-12)


@given(programs(), points, points)
def test_symbols_on_edges_are_what_they_say(source, x, y):
    """Each edge's formula, read back as a program, gives the edge's number."""
    explanation = explained(source, x, y)
    values = {card.name: card.value for card in explanation.cards}
    for card in explanation.cards:
        for edge in card.edges:
            again = run(text(edge.symbol), values)
            assert again == pytest.approx(edge.number, rel=1e-9, abs=1e-9)


@given(programs(), points, points)
def test_algebra_is_what_was_computed(source, x, y):
    cards = explained(source, x, y).cards
    values = {card.name: card.value for card in cards}
    for card in cards:
        if card.algebra is not None:
            assert run(text(card.algebra), values) == pytest.approx(card.value, rel=1e-9, abs=1e-12)
            written = latex(card.algebra)
            assert written.count("{") == written.count("}")


@given(programs(), points, points)
def test_numerical_column_agrees(source, x, y):
    explanation = explained(source, x, y)
    for card in explanation.cards:
        near = explanation.numerical[card.name]
        assert card.gradient == pytest.approx(near, rel=1e-4, abs=1e-4)


def explained(source, x, y):
    given_ = {"x": x, "y": y}
    return explain(source, {name: given_[name] for name in parse(source).inputs})


_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def run(formula, values):
    """A printed formula as a number: the notation undone, evaluated by `program`."""
    for sign in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻":
        formula = formula.replace(sign, "**" + sign.translate(_POWERS))
    source = formula.replace("−", "-").replace("·", "*").replace("σ", "sigmoid")
    program = parse("result = " + source)
    return float(program.run({n: values[n] for n in program.inputs})["result"])


# ---------------------------------------------------------------- known numbers


def test_golden_two_paths():
    x1, x2 = Value(1.5, name="x1"), Value(-0.5, name="x2")
    z1 = named(x1 * x2, "z1")
    z2 = named(al.sin(x2), "z2")
    z3 = named(z1 + z2, "z3")
    cards = cards_of(named(z3**2, "E"))
    by_name = {card.name: card for card in cards}
    edges = {(c.name, e.source.name): (text(e.symbol), e.number) for c in cards for e in c.edges}
    assert by_name["E"].value == pytest.approx(1.5114871549722346, rel=1e-14)
    assert edges["E", "z3"] == ("2·z3", pytest.approx(-2.458851077208406, rel=1e-14))
    assert edges["z3", "z1"] == edges["z3", "z2"] == ("1", 1.0)
    assert edges["z1", "x1"] == ("x2", -0.5)
    assert edges["z1", "x2"] == ("x1", 1.5)
    assert edges["z2", "x2"] == ("cos(x2)", pytest.approx(math.cos(0.5), rel=1e-14))
    to_x1 = derive(cards, by_name["x1"])
    assert to_x1.terms() == [pytest.approx(1.229425538604203, rel=1e-14)]
    to_x2 = derive(cards, by_name["x2"])
    assert to_x2.terms() == pytest.approx([-3.688276615812609, -2.1578448276434556], rel=1e-14)
    assert by_name["x2"].gradient == pytest.approx(-5.8461214434560646, rel=1e-14)
    assert str(to_x2) == (
        "∂E/∂x2 = ∂E/∂z3·∂z3/∂z1·∂z1/∂x2 + ∂E/∂z3·∂z3/∂z2·∂z2/∂x2\n"
        "       = 2·z3·1·x1 + 2·z3·1·cos(x2)\n"
        "       = −2.45885·1·1.5 + −2.45885·1·0.877583\n"
        "       = −3.68828 + −2.15784\n"
        "       = −5.84612"
    )


def test_golden_parallel_edges():
    a, b = Value(0.5, name="a"), Value(-1.5, name="b")
    d = named(named(a * b, "p") + named(al.tanh(a), "t"), "d")
    cards = cards_of(named(d * d, "L"))
    by_name = {card.name: card for card in cards}
    assert [e.number for e in by_name["L"].edges] == pytest.approx([-0.28788284273999024] * 2)
    assert by_name["d"].gradient == pytest.approx(-0.57576568547998048, rel=1e-14)
    to_a = derive(cards, by_name["a"])
    assert to_a.terms() == pytest.approx([0.86364852821997072, -0.45280961806530384], rel=1e-14)
    assert by_name["a"].gradient == pytest.approx(0.41083891015466688, rel=1e-14)
    assert by_name["b"].gradient == pytest.approx(-0.28788284273999024, rel=1e-14)
    assert (to_a.path_count, to_a.term_count) == (4, 2)


def test_seed_layer_derivation_is_the_seed_s():
    explanation = explain(SEED_LAYER, SEED_INPUTS)
    derivation = next(d for d in explanation.derivations() if d.leaf.name == "x1")
    first, second, *_ = str(derivation).splitlines()
    assert first == (
        "∂E/∂x1 = ∂E/∂out1·∂out1/∂y1·∂y1/∂z3·∂z3/∂z1·∂z1/∂x1 + "
        "∂E/∂out2·∂out2/∂y2·∂y2/∂z6·∂z6/∂z4·∂z4/∂x1"
    ) or first.startswith("∂E/∂x1 = ∂E/∂out1·∂out1/∂y1·∂y1/∂z3·∂z3/∂z1·∂z1/∂x1")
    assert "(out1 − t1)·out1·(1 − out1)·1·1·w11" in str(derivation)
    assert second.strip()


def test_doubled_paths_are_counted_not_walked():
    """y = y·y twenty times: 1,048,576 paths (golden cases of the specification)."""
    y = x = Value(1.0, name="x")
    for _ in range(20):
        y = y * y
    derivation = derive(cards_of(y), cards_of(y)[0])
    assert derivation.path_count == 1_048_576
    assert "1,048,576 paths" in str(derivation)
    assert x.grad is None


def test_mlp_paths():
    """One input of a 2-16-16-1 net has 256 paths; the eight largest are printed."""
    x = [Value(0.5, name="x1"), Value(-0.25, name="x2")]
    count = itertools.count(1)
    for width in (16, 16, 1):
        x = [
            al.tanh(sum(Value(math.sin(next(count))) * xi for xi in x) + Value(0.1))
            for _ in range(width)
        ]
    cards = cards_of(x[0], fold=False)
    derivation = derive(cards, next(card for card in cards if card.name == "x1"))
    assert derivation.path_count == derivation.term_count == 256
    assert "… 248 more" in str(derivation)
    assert "(256 paths; the 8 largest are shown)" in str(derivation)


def test_unnamed_values_used_twice_get_a_card_of_their_own():
    x = Value(2.0, name="x")
    y = x
    for _ in range(18):
        y = y + y
    assert len(cards_of(y)) == 19


def test_same_name_twice_is_told_apart():
    a, b = Value(1.0, name="a"), Value(2.0, name="a")
    assert [card.name for card in cards_of(a * b)] == ["a", "a_1", "v1"]


def test_recomputed_is_the_graph_run_again():
    x = Value(2.0)
    y = al.exp(x)
    z = y * x + 1
    assert recomputed(z, x, 3.0) == math.exp(3.0) * 3.0 + 1
    assert recomputed(z, y, 5.0) == 11.0
    assert z.data == math.exp(2.0) * 2.0 + 1


def test_a_tensor_has_no_formula_of_floats():
    cards = cards_of(al.Tensor([1.0]).sum())
    with pytest.raises(TypeError, match="a term a path is written for Values"):
        derive(cards, cards[0])
    with pytest.raises(TypeError, match="a Value or Tensor is needed"):
        cards_of(3.0)
    with pytest.raises(ValueError, match="reduce it with sum"):
        cards_of(al.Tensor([1.0]))


@pytest.mark.parametrize(
    ("source", "algebra", "tex"),
    [
        ("x - (y - x)", "x − (y − x)", "x - (y - x)"),
        ("x - -y", "x − (−y)", "x - (-y)"),
        ("(x + y)*x", "(x + y)·x", r"(x + y) \cdot x"),
        ("x/(y*x)", "x/(y·x)", r"\frac{x}{y \cdot x}"),
        ("(x**2)**y", "(x²)^y", "{({x}^{2})}^{y}"),
        ("-x**2", "−x²", "-{x}^{2}"),
        ("(-x)**2", "(−x)²", "{(-x)}^{2}"),
        ("x**-1", "x⁻¹", "{x}^{-1}"),
        ("sqrt(x + y)", "√(x + y)", r"\sqrt{x + y}"),
        ("exp(-x/2)", "exp(−x/2)", r"e^{\frac{-x}{2}}"),
    ],
)
def test_notation(source, algebra, tex):
    names = {"x": Value(1.5, name="x"), "y": Value(0.5, name="y")}
    program = parse(source)
    node = program.run({n: names[n] for n in program.inputs})["f"]
    card = cards_of(node)[-1]
    assert text(card.algebra) == algebra
    assert latex(card.algebra) == tex
