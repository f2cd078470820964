"""The page that steps through backpropagation, driven in a real browser."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Value, viz
from autograd_lite.engine.graph import operands_first
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.program.javascript import program, translated
from autograd_lite.reading.algebra import number_text
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.testing.calls import always_there
from autograd_lite.viz.page import Steps

RIGHT, HOME, END = "\ue014", "\ue011", "\ue010"


@pytest.fixture(scope="module")
def layer():
    return explain(SEED_LAYER, SEED_INPUTS)


def test_every_step_says_what_the_engine_computed(read, layer):
    page = read(Steps(layer.cards))
    cards = {card.name: card for card in layer.cards}
    count = int(re.search(r"of (\d+)", page.text("#position")).group(1))
    assert count == len(cards) + 1 + sum(len(c.edges) for c in cards.values())
    sums = dict.fromkeys(cards, 0.0)
    said = page.run(
        "return view.plan.map((_, step) => { go(step);"
        "return document.getElementById('words').innerText; })"
    )
    for card, words in zip(layer.cards, said, strict=False):
        assert words.startswith(f"{card.name} = ")
        assert f"= {number_text(card.value)}" in words
    assert "∂E/∂E = 1" in said[len(cards)]
    pattern = r"(\w+)\.grad \+= ∂E/∂(\w+)·∂(\w+)/∂(\w+) = (\S+)·(\S+) = (\S+), so \w+\.grad = (\S+)"
    edges = {(c.name, e.source.name): e.number for c in layer.cards for e in c.edges}
    seen = 0
    for match in re.finditer(pattern, "\n".join(said)):
        leaf, by, same, again, gradient, local, part, total = match.groups()
        assert (by, leaf) == (same, again)
        number = edges[by, leaf]
        sums[leaf] += cards[by].gradient * number
        assert gradient == number_text(cards[by].gradient)
        assert local == number_text(number)
        assert part == number_text(cards[by].gradient * number)
        assert total.rstrip(",") == number_text(sums[leaf])
        seen += 1
    assert seen == len(edges)
    for name, card in cards.items():
        if name != "E":
            assert sums[name] == pytest.approx(card.gradient, rel=1e-12)
    assert "it waits for 1 more" in "".join(said)  # why the order matters
    assert "All 2 uses of" not in said[0]
    assert page.errors() == []


def test_values_and_gradients_on_the_picture_at_the_end(read, layer):
    page = read(Steps(layer.cards))
    assert "–" in page.text("#n0")
    page.press(END)
    for i, card in enumerate(layer.cards):
        shown = page.text(f"#n{i}")
        assert number_text(card.value) in shown
        assert number_text(card.gradient) in shown
    assert page.errors() == []


def test_a_leaf_edited(read, layer):
    page = read(Steps(layer.cards))
    page.press(END)
    page.edit("x1", 0.7)
    after = explain(SEED_LAYER, {**SEED_INPUTS, "x1": 0.7})
    for i, card in enumerate(after.cards):
        shown = page.text(f"#n{i}")
        assert number_text(card.value) in shown
        assert number_text(card.gradient) in shown
    before, now = layer.cards[-1].value, after.cards[-1].value
    gradient = next(c.gradient for c in layer.cards if c.name == "x1")
    said = page.text("#prediction")
    assert f"E: {number_text(before)} → {number_text(now)}." in said
    assert f"= {number_text(gradient * 0.2)}." in said.replace(" ", " ")
    assert f"True change: {number_text(now - before)}." in said
    page.edit("x1", "abc")
    assert page.run("return document.querySelector('#inputs input:invalid') !== null")
    page.one("#reset").click()
    assert page.text("#prediction") == ""
    assert number_text(before) in page.text(f"#n{len(after.cards) - 1}")
    assert page.errors() == []


def test_a_path_clicked(read, layer):
    page = read(Steps(layer.cards))
    page.press(END)
    page.run("document.querySelector('#n0').dispatchEvent(new Event('click', {bubbles: true}))")
    derivation = next(d for d in layer.derivations() if d.leaf.name == "x1")
    assert page.text("#derivation").split() == str(derivation).split()
    lit = page.all("svg .lit")
    steps = {(a.name, b.name) for path in derivation.paths for a, b in pairwise(path)}
    assert len(lit) == len(steps)
    card = next(c for c in layer.cards if c.name == "z1")
    part = number_text(card.gradient * 0.1, 4)
    assert any(part in group.text for group in lit)  # the product so far is written along the path
    assert page.errors() == []


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_hangs_over_the_edge(read, layer, width):
    page = read(Steps(layer.cards), width)
    page.press(END)
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.run("return parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    for selector in ("#words", "#scrubber", "#inputs", "#derivation"):
        box = page.one(selector).rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1
    assert page.errors() == []


def test_scrubber_keys_and_play(read, layer):
    page = read(Steps(layer.cards))
    page.run(
        "const s = document.getElementById('scrubber'); s.value = 5;"
        "s.dispatchEvent(new Event('input'))"
    )
    assert page.text("#position").startswith("step 6 of")
    page.press(HOME)
    assert page.text("#position").startswith("step 1 of")
    page.press(" ")
    assert page.text("#play") == "pause"
    page.press(" ")
    assert page.text("#play") == "play"


def test_the_page_is_whole_and_hostile_names_stay_names(read):
    name = "</script><script>window.broken=1</script>\"'\n\u2028"
    x = Value(2.0, name=name)
    page = read(viz.steps(x * x + 1.0))
    page.press(END)
    assert page.run("return window.broken") is None
    assert page.errors() == []
    html = page.path.read_text("utf-8")
    assert not re.search(r"(src|href)=\"https?:", html)


# ---------------------------------------------------------------- the program in the page

_EVERY = [p for p in always_there() if isinstance(p, Elementwise) and not p.constants]


@pytest.mark.parametrize("primitive", _EVERY, ids=lambda p: p.name)
def test_every_primitive_computes_the_same_in_the_browser(read, primitive):
    numbers = [0.7 * intervals[-1][1] for intervals in primitive.domain]
    leaves = [Value(x, name=f"x{i}") for i, x in enumerate(numbers)]
    z = primitive.function(*leaves) * 1.0
    page = read(Steps(cards_of(z, fold=False)))
    values, gradients = page.run("return [view.original.values, view.original.gradients]")
    cards = cards_of(z, fold=False)
    assert values == pytest.approx([c.value for c in cards], rel=1e-13)
    assert gradients == pytest.approx([c.gradient for c in cards], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", ["</script>", "\ud800\n", "__proto__", "&lt;\x01", "\u202e"])
def test_any_constant_and_any_name_in_the_browser(read, name):
    x = Value(2.0, name=name)
    for constant, shown in ((math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN")):
        page = read(Steps(cards_of(x * constant, fold=False)))
        assert page.run("return view.original.values.map(String)") == ["2", shown]
        assert cards_of(x * constant)[0].name in page.text("#inputs")


def test_where_keeps_the_branch_it_took():
    x = Value(2.0, name="x")
    nodes = operands_first(al.where(x > 1.0, x * x, 0.0) + 1.0)
    body, _ = program(nodes)
    assert "((x0 !== 0) ? x1 : x2)" in body


@given(st.floats(-3, 3, allow_subnormal=False))
def test_translated_expressions_are_python_s_but_for_notation(x):
    js = translated("0.0 if x <= 0.0 else x")
    python = re.sub(r"\((.*) \? (.*) : (.*)\)", r"(\2 if \1 else \3)", js)
    assert eval(python, {"x": x}) == (0.0 if x <= 0.0 else x)


def test_what_has_no_counterpart_is_refused():
    with pytest.raises(ValueError, match="gamma has no counterpart"):
        translated("gamma(x)")


def test_too_many_cards_and_tensors_are_refused():
    y = x = Value(1.0)
    for _ in range(200):
        y = y * x
    with pytest.raises(ValueError, match="201 cards are too many"):
        viz.steps(y, fold=False)
    with pytest.raises(TypeError, match="instead of Tensors"):
        viz.steps(al.Tensor([1.0]).sum())
    with pytest.raises(ValueError, match=r"it must be one of \.html"):
        viz.steps(x * 2.0).save("a.svg")


def test_shows_itself_in_a_notebook():
    shown = viz.steps(Value(3.0, name="x") * 2.0)._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert math.isfinite(len(shown))


def test_numbers_are_written_as_python_writes_them(read):
    page = read(Steps(cards_of(Value(1.0, name="x") * 2.0)))
    numbers = [
        0.5, 2.5, 100000.5, 100001.5, 20.25, 20.35, 0.15, 1e-5, 1.5e-5, 123456.5, 999999.5, 1e16,
        1e22, 1e100, 5e-324, 1.7976931348623157e308, -0.0, 0.1 + 0.2, 1 / 3, -1e-7, 1234567.5, 12.5,
    ]  # fmt: skip
    rng = random.Random(0)
    numbers += [rng.uniform(-1, 1) * 10 ** rng.randint(-12, 12) for _ in range(300)]
    numbers += [rng.randint(-(2**20), 2**20) / 2 ** rng.randint(0, 12) for _ in range(700)]
    for digits in (1, 3, 4, 6):
        shown = page.run(
            "return arguments[0].map((x) => written(x, arguments[1]))", numbers, digits
        )
        assert shown == [number_text(x, digits) for x in numbers]
    sizes = [abs(x) for x in numbers]
    assert page.run("return arguments[0].map(rough)", sizes) == [f"{x:.1e}" for x in sizes]


def test_the_lines_of_compiled_code_light_up_beside_the_graph(read):
    @al.compile
    def energy(x, w):
        z = x * w
        return al.sin(z) ** 2

    energy.value_and_grad(2.0, 3.0)
    page = read(viz.steps(energy.value_and_grad.graph[0]))
    lines = [x.text.strip() for x in page.all("#code span")]
    assert [x.strip() for x in energy.value_and_grad.source.split("\n")] == lines
    lit = []
    for _ in range(int(re.search(r"of (\d+)", page.text("#position")).group(1))):
        lit.append([x.text.strip() for x in page.all("#code .running")])
        page.press(RIGHT)
    assert ["z = x * w"] in lit
    assert sum("d_x = " in line for step in lit for line in step) == 1
    assert lit.index(["z = x * w"]) < next(i for i, x in enumerate(lit) if "d_x" in str(x))
    assert not page.errors()
