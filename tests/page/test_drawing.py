"""What the page draws follows from its numbers, after an edit as well, and by the static rules."""

from __future__ import annotations

import pytest

from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.reading.health import ailments
from autograd_lite.viz.dot import THICKER, THIN
from autograd_lite.viz.page import Steps
from autograd_lite.viz.picture import picture_of

END = "\ue010"

EVERYTHING = """
view.nudge = null; choose(null); build(view); paint(view);
for (const dot of document.querySelectorAll('#pulse, .also')) dot.remove();
return world.innerHTML"""
"""All that is drawn of the graph, without what the edit itself adds."""

CASES = {
    "layer": (SEED_LAYER, SEED_INPUTS, {"t1": -3.0}),
    "sign": ("z = x*w; E = z**2", {"x": 2.0, "w": 3.0}, {"w": -3.0}),
    "dead": ("y = relu(x); E = y*w", {"x": 2.0, "w": 3.0}, {"x": -2.0}),
    "saturated": ("y = sigmoid(x); E = y*w", {"x": 2.0, "w": 3.0}, {"x": 40.0}),
    "nan": ("y = log(x); z = y*w; E = z + x", {"x": 2.0, "w": 3.0}, {"x": -1.0}),
    "infinite": ("y = sqrt(x); E = y*w", {"x": 2.0, "w": 3.0}, {"x": 0.0}),
    "exploding": ("y = log(x); E = y*w", {"x": 2.0, "w": 3.0}, {"x": 1e-6}),
    "cause": ("y = log(x*w); E = y**2", {"x": 2.0, "w": 3.0}, {"w": 0.0}),
    "flat": ("y = cos(x); E = y*w + x", {"x": 2.0, "w": 3.0}, {"x": 0.0}),
    "clash": ("y = sqrt(x)*w; E = y*y", {"x": 2.0, "w": 3.0}, {"x": 0.0, "w": 0.0}),
    "huge": ("y = x*w; E = y*x", {"x": 2.0, "w": 3.0}, {"x": 1e300, "w": 1e300}),
    "twice": ("h = w*q; E = h**2 + 0.1*w", {"w": 2.0, "q": 3.0}, {"w": -1.0}),
    "zero": ("y = x*w; E = y + w", {"x": 2.0, "w": 3.0}, {"w": 0.0}),
}


@pytest.mark.parametrize("case", CASES)
def test_an_edited_page_is_the_page_of_these_numbers(read, case):
    source, inputs, edited = CASES[case]
    fresh = read(Steps(explain(source, inputs | edited).cards))
    fresh.press(END)
    expected = fresh.run(EVERYTHING)
    page = read(Steps(explain(source, inputs).cards))
    page.press(END)
    before = page.run(EVERYTHING)
    for name, number in edited.items():
        page.edit(name, number)
    assert before != expected
    assert page.run(EVERYTHING) == expected
    page.one("#reset").click()
    assert page.run(EVERYTHING) == before
    assert page.errors() == []


@pytest.mark.parametrize("case", CASES)
def test_colours_widths_and_notes_are_those_of_the_static_picture(read, case):
    source, inputs, edited = CASES[case]
    page = read(Steps(explain(source, inputs).cards))
    page.press(END)
    for name, number in edited.items():
        page.edit(name, number)
    cards = explain(source, inputs | edited).cards
    picture = picture_of(cards, expand=True)
    notes = ailments(cards)
    for cell, shown in zip(picture.cells, page.all(".card"), strict=True):
        card = page.run(
            "const [c] = arguments; return {kind: c.getAttribute('class'), "
            "label: c.getAttribute('aria-label'), desc: c.querySelector('desc').textContent, "
            "hue: c.querySelector('.gradient').getAttribute('class')}",
            shown,
        )
        assert card["label"] == card["desc"]
        assert cell.value in card["label"]
        for note in notes.get(cell.name, []):
            assert note in card["label"]
        assert ("noted" in card["kind"].split()) == bool(notes.get(cell.name))
        assert ("still" in card["kind"].split()) == cell.still
        assert card["hue"].split()[1] == {1: "positive", 0: "zero", -1: "negative"}[cell.sign]
    edges = {(e.get_attribute("id")): e for e in page.all(".edge")}
    keys: dict[tuple[str, str], list] = {}
    for arrow in picture.arrows:
        keys.setdefault((arrow.target, arrow.source), []).append(arrow)
    for i, card in enumerate(cards):
        for k, edge in enumerate(card.edges):
            source_place = [c.name for c in cards].index(edge.source.name)
            arrow = keys[f"n{i}", f"n{source_place}"].pop(0)
            kinds = edges[f"e{i}-{k}"].get_attribute("class").split()
            assert {1: "positive", 0: "zero", -1: "negative"}[arrow.sign] in kinds
            assert ("marked" in kinds) == bool(arrow.mark)
            width = float(page.run(
                "return arguments[0].querySelector('.line').getAttribute('stroke-width')",
                edges[f"e{i}-{k}"],
            ))  # fmt: skip
            assert width == pytest.approx(THIN + THICKER * arrow.share, abs=0.06)
    assert page.errors() == []


def test_no_gradient_is_seen_before_backward_has_begun(read):
    page = read(Steps(explain(SEED_LAYER, SEED_INPUTS).cards))
    count = page.run("return view.graph.cards.length")
    coloured = "return document.querySelectorAll('#world :is(.positive, .negative, .zero)').length"
    for step in range(count):
        page.run("go(arguments[0]); choose(0)", step)
        assert page.run(coloured) == 0
        widths = page.run(
            "return [...document.querySelectorAll('.line')]"
            ".map((x) => x.getAttribute('stroke-width'))"
        )
        assert len(set(widths)) == 1
    page.run("go(arguments[0])", count + 1)
    assert page.run(coloured) > 0


def test_the_sum_is_built_up_on_the_card(read):
    explanation = explain(SEED_LAYER, SEED_INPUTS)
    page = read(Steps(explanation.cards))
    page.press(END)
    assert "= 0.02954 − 0.01423" in page.text("#n0")
    seen = []
    for step in range(page.run("return view.plan.length")):
        page.run("go(arguments[0])", step)
        seen.append(page.run("return document.querySelector('#n0 .terms').textContent"))
    assert list(dict.fromkeys(seen)) == ["2 uses", "= 0.02954 + …", "= 0.02954 − 0.01423"]


def test_heads_and_dots_go_the_way_of_the_step(read):
    page = read(Steps(explain("z = x*w; E = z**2", {"x": 2.0, "w": 3.0}).cards))
    at = """const box = (x) => document.querySelector(x).getBoundingClientRect();
        const head = document.querySelector('#e2-0 .head').getBoundingClientRect();
        return [head.right - box('#n2 rect').left, head.left - box('#n0 rect').right]"""
    into, _ = page.run(at)
    assert abs(into) < 2
    page.press(END)
    _, out = page.run(at)
    assert abs(out) < 2
    track = """
        const seen = []; go(arguments[0] ?? %d);
        const look = () => {
          const dot = document.getElementById('pulse');
          const there = dot.getAttribute('visibility') === 'visible';
          if (there) seen.push(Number(dot.getAttribute('cx')));
          if (seen.length < 6) requestAnimationFrame(look); else done(seen);
        };
        look()"""
    forward = page.wait(track.replace("arguments[0] ?? %d", "2"))
    backward = page.wait(track.replace("arguments[0] ?? %d", "6"))
    assert forward == sorted(forward)
    assert forward[-1] > forward[0]
    assert backward == sorted(backward, reverse=True)
    assert backward[-1] < backward[0]


def test_nothing_moves_for_those_who_ask_for_that(read):
    page = read(
        Steps(explain("z = x*w; E = z**2", {"x": 2.0, "w": 3.0}).cards), motion="reduce", width=400
    )
    for step in range(page.run("return view.plan.length")):
        moved = page.run(
            "go(arguments[0]); const before = world.getAttribute('transform');"
            "return [document.getElementById('pulse').getAttribute('visibility'), before, sliding]",
            step,
        )
        assert moved[0] == "hidden"
        assert (
            page.wait("requestAnimationFrame(() => done(world.getAttribute('transform')))")
            == (moved[1])
        )


def test_a_nudge_travels(read):
    page = read(Steps(explain("z = x*w; E = z**2", {"x": 2.0, "w": 3.0}).cards))
    assert page.text("#n3 .ghost") == ""
    page.run("edit(0, 2.5)")
    assert page.text("#n0 .ghost") == "Δ 0.5"
    assert page.text("#n2 .ghost") == "Δ 1.5 ≈ 1.5"  # linear: as foretold
    assert page.text("#n3 .ghost") == "Δ 20.2 ≈ 18"  # 7.5² − 6², and 2·6·1.5
    page.one("#reset").click()
    assert page.text("#n3 .ghost") == ""


def test_sliders_move_the_leaves(read):
    page = read(Steps(explain("z = x*w; E = z**2", {"x": 2.0, "w": 3.0}).cards))
    page.run(
        "const s = document.querySelector('[aria-label=\"x, moved\"]'); s.value = 1;"
        "s.dispatchEvent(new Event('input'))"
    )
    assert page.run("return [view.now.values, view.now.gradients]") == [
        [1, 3, 3, 9], [18, 6, 6, 1],
    ]  # fmt: skip
    assert page.one("[aria-label='x, its number']").get_attribute("value") == "1"


def test_factors_and_edges_point_at_each_other(read):
    page = read(Steps(explain("z = x*x*w; E = z**2", {"x": 2.0, "w": 3.0}).cards))
    page.run("choose(0)")
    hover = "arguments[0].dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))"
    page.run(hover, page.one("#e3-0 .hit"))
    lit = page.all(".factor.linked")
    assert [span.text for span in lit] == ["∂E/∂z", "2·z", "24"]
    factor = next(span for span in page.all(".factor") if span.text == "∂z/∂x")
    page.run(hover, factor)
    assert [e.get_attribute("id") for e in page.all(".edge.linked")] == ["e2-0", "e2-1"]
    page.run(hover, page.one("h1"))
    assert page.all(".linked") == []


def test_a_link_shows_what_its_sender_saw(read):
    steps = Steps(explain(SEED_LAYER, SEED_INPUTS).cards)
    page = read(steps)
    page.run("go(30)")
    page.edit("t1", -3)
    page.run("choose(3); remember()")
    sent = page.wait("setTimeout(() => done([location.hash, world.innerHTML]), 300)")
    page = read(steps, address=sent[0])
    assert page.text("#position").startswith("step 31 of")
    assert page.one("[aria-label='t1, its number']").get_attribute("value") == "−3"
    look = "for (const dot of document.querySelectorAll('#pulse, .also')) dot.remove();"
    state = f"{look} return [view.step, view.chosen, view.now.values, view.now.gradients]"
    assert page.run(state)[:2] == [30, 3]
    after = explain(SEED_LAYER, SEED_INPUTS | {"t1": -3.0}).cards
    assert page.run(state)[3] == pytest.approx([c.gradient for c in after], rel=1e-12)
    for hostile in ("#step=nan&of=<b>&x.t1=1e999", "#step=99999", "#%%%", "#x.__proto__=1"):
        assert read(steps, address=hostile).errors() == []


def test_a_number_is_dragged_on_its_card(read):
    page = read(Steps(explain("z = x*w; E = z**2", {"x": 2.0, "w": 3.0}).cards))
    seen = page.run("""
        const value = document.querySelector('#n0 .value'), {x, y} = camera;
        const fire = (kind, node, clientX) =>
          node.dispatchEvent(new PointerEvent(kind, {pointerId: 7, clientX, bubbles: true}));
        fire('pointerdown', value, 100); fire('pointermove', window, 150);
        fire('pointerup', window, 150); fire('pointermove', window, 400);
        value.dispatchEvent(new Event('click', {bubbles: true}));
        return [view.now.values, camera.x - x, camera.y - y, view.chosen]""")
    assert seen == [[3, 3, 9, 81], 0, 0, 0]
    assert page.one("[aria-label='x, its number']").get_attribute("value") == "3"
