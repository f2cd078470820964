"""The frame of the page: all in it, legible, nothing over anything else; zoom, keys, dark."""

from __future__ import annotations

import pytest

from autograd_lite import Value
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.explain import SEED_INPUTS, SEED_LAYER, explain
from autograd_lite.viz.colours import LEAST_CONTRAST
from autograd_lite.viz.page import Steps

END, TAB, ENTER, ESCAPE = "\ue010", "\ue004", "\ue007", "\ue00c"

BOXES = """
const frame = document.getElementById('picture').getBoundingClientRect();
const box = (x, name) => { const r = x.getBoundingClientRect();
  const [x0, y0] = [frame.left, frame.top];
  return [name, r.left - x0, r.top - y0, r.right - x0, r.bottom - y0]; };
const cards = [...document.querySelectorAll('.card')];
const words = [...document.querySelectorAll('.label, .flow')].filter((x) => x.textContent);
return {size: [frame.width, frame.height], scale: camera.scale, boxes: [
  ...cards.map((x) => box(x.querySelector('rect'), x.id)),
  ...words.map((x) => box(x, x.parentNode.id + ' ' + x.getAttribute('class')))]}"""


@pytest.fixture(scope="module")
def layer():
    return Steps(explain(SEED_LAYER, SEED_INPUTS).cards)


def overlaps(boxes):
    """The names of what lies over something else by more than a pixel each way."""
    return [
        (a, b)
        for n, (a, *p) in enumerate(boxes)
        for b, *q in boxes[n + 1 :]
        if min(p[2], q[2]) - max(p[0], q[0]) > 1 and min(p[3], q[3]) - max(p[1], q[1]) > 1
    ]


def test_the_showcase_stands_whole_and_legible_in_the_frame(read, layer):
    page = read(layer)
    page.press(END)
    seen = page.run(BOXES)
    width, height = seen["size"]
    assert page.run("return document.documentElement.scrollHeight") <= 900
    for name, left, top, right, bottom in seen["boxes"]:
        assert left >= 0, name
        assert top >= 0, name
        assert right <= width, name
        assert bottom <= height, name
    assert seen["scale"] * page.run("return SIZE.label") >= 10
    assert overlaps(seen["boxes"]) == []
    assert page.errors() == []


def test_a_small_screen_is_taken_along(read, layer):
    page = read(layer, width=400, height=860, motion="reduce")
    for step in range(page.run("return view.plan.length")):
        page.run("go(arguments[0])", step)
        at = page.run("return view.plan[view.step]")
        seen = page.run(BOXES)
        assert seen["scale"] * page.run("return SIZE.label") >= 10
        wanted = {f"n{at['card']}"}
        if "edge" in at:
            wanted.add(f"e{at['card']}-{at['edge']} label")
            source = "return view.graph.cards[arguments[0]].edges[arguments[1]].source"
            wanted.add(f"n{page.run(source, at['card'], at['edge'])}")
        for name, left, top, right, bottom in seen["boxes"]:
            if name in wanted:
                assert left >= -1, name
                assert right <= seen["size"][0] + 1, name
                assert top >= -1, name
                assert bottom <= seen["size"][1] + 1, name


def tower():
    x = Value(1.01, name="x")
    y = x
    for _ in range(8):
        y = y + y
    return cards_of(y, fold=False)


def sum_of_thirty():
    total = Value(0.5, name="a0") * 2.0
    for i in range(1, 30):
        total = total + Value(i / 7, name=f"a{i}") * (i - 3.0)
    return cards_of(total)


def crossed():
    source = "; ".join(
        f"h{j} = tanh(x1*w{j}1 + x2*w{j}2 + b{j})" for j in range(1, 4)
    ) + "; y = h1*v1 + h2*v2 + h3*v3; E = (y - t)**2/2"  # fmt: skip
    names = [n for j in range(1, 4) for n in (f"w{j}1", f"w{j}2", f"b{j}", f"v{j}")]
    inputs = dict.fromkeys(["x1", "x2", "t", *names], 0.3)
    return explain(source, inputs).cards


GRAPHS = {"tower": tower, "sum": sum_of_thirty, "crossed": crossed}


@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_over_anything_else(read, name):
    page = read(Steps(GRAPHS[name]()))
    page.press(END)
    page.run("fit(view, false)")
    assert overlaps(page.run(BOXES)["boxes"]) == []
    assert page.run("return document.getElementById('words').offsetHeight") < 130
    assert page.errors() == []


def test_the_words_box_never_grows_and_one_edge_goes_back_a_step(read):
    page = read(Steps(sum_of_thirty()), height=800)
    states = page.run("""return view.plan.map(({ way }, step) => {
        go(step);
        const box = document.getElementById('words');
        return [box.offsetHeight, box.children.length, way,
          document.querySelectorAll('.flowing').length]; })""")
    assert len({height for height, *_ in states}) == 1
    for _, lines, way, flowing in states:
        assert lines <= 2
        assert flowing == (1 if way == "backward" else 0)


def test_operands_stand_in_their_order_from_top_to_bottom(read, layer):
    page = read(layer)
    tops = page.run(
        "const { graph, places } = view;"
        "return Object.fromEntries(graph.cards.map((c, i) => [c.name, places.boxes[i].y]))"
    )
    for upper, lower in (("x1", "w11"), ("z1", "z2"), ("z3", "b1"), ("z4", "z5"), ("out1", "t1")):
        assert tops[upper] < tops[lower]
    ends = page.run("return view.places.edges.map((c) => c.map((e) => e.points.at(-1)[1]))")
    assert all(e == sorted(e) for e in ends)


def test_long_names_and_numbers_have_space(read):
    source = "a_long_name_of_a_value = x*w; E = a_long_name_of_a_value**2 + x"
    page = read(Steps(explain(source, {"x": -1.23456e-200, "w": 3.21e15}).cards))
    page.press(END)
    outside = page.run(
        "return [...document.querySelectorAll('.card')].filter((c) => {"
        "const r = c.querySelector('rect').getBoundingClientRect();"
        "return [...c.querySelectorAll('.lines text')].some((t) => {"
        "const b = t.getBoundingClientRect();"
        "return b.right > r.right || b.bottom > r.bottom + 1; });"
        "}).map((c) => c.id)"
    )
    assert outside == []
    page.edit("x", "-0.0000123456789")  # wider than what it starts with
    assert overlaps(page.run(BOXES)["boxes"]) == []
    page.press(END)


def test_wheel_drag_and_two_fingers(read, layer):
    page = read(layer)
    point = """const at = (x, y) => [(x - camera.x) / camera.scale, (y - camera.y) / camera.scale];
        const r = frame.getBoundingClientRect();
        const fire = (kind, id, x, y) => (kind === 'pointerdown' ? frame : window).dispatchEvent(
          new PointerEvent(kind, {pointerId: id, clientX: r.left + x, clientY: r.top + y}));
    """
    before, after, scale, all_of_it = page.run(
        point
        + "const old = camera.scale, before = at(300, 200); frame.dispatchEvent(new WheelEvent("
        "'wheel', {deltaY: -300, clientX: r.left + 300, clientY: r.top + 200, cancelable: true}));"
        "const now = [before, at(300, 200), camera.scale / old]; fit(view);"
        "return [...now, Math.abs(camera.scale - old) < 1e-9]"
    )
    assert after == pytest.approx(before)  # the point under the pointer stays
    assert scale > 1.5
    assert all_of_it
    moved = page.run(
        point + "const x = camera.x, y = camera.y; fire('pointerdown', 1, 100, 100);"
        "fire('pointermove', 1, 150, 130); fire('pointerup', 1, 150, 130);"
        "const end = [camera.x - x, camera.y - y]; fire('pointermove', 1, 300, 300);"
        "return [...end, camera.x - x]"
    )
    assert moved == pytest.approx([50, 30, 50])
    pinched = page.run(
        point + "fit(view); const old = camera.scale; fire('pointerdown', 1, 100, 100);"
        "fire('pointerdown', 2, 200, 100); fire('pointermove', 2, 300, 100);"
        "fire('pointerup', 1, 0, 0); fire('pointerup', 2, 0, 0); return camera.scale / old"
    )
    assert pinched == pytest.approx(2.0)


def sixty():
    names = [f"w{i}" for i in range(29)]
    source = "; ".join(f"z{i} = {f'z{i - 1}' if i else 'x'}*w{i} + x" for i in range(29))
    return explain(source + "; E = z28**2", dict.fromkeys(["x", *names], 0.7)).cards


def test_sixty_cards_are_laid_out_at_once_and_a_drag_is_smooth(read):
    cards = sixty()
    assert len(cards) == 60
    page = read(Steps(cards))
    page.press(END)
    layout, drag = page.run("""
        const time = (f, n) => {
          const start = performance.now();
          f(n);
          return performance.now() - start;
        };
        const best = (f) => Math.min(...[...Array(12).keys()].map((n) => time(f, n)));
        return [best(() => { build(view); }), best((n) => edit(0, 0.7 + n / 1000))]""")
    assert layout < 100
    assert drag < 33


# ---------------------------------------------------------------- colours

CONTRASTS = """
const luminance = (c) => { const [r, g, b] = c.map((x) => (x /= 255) <= 0.04045 ? x / 12.92
  : ((x + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const paper = parts(getComputedStyle(document.documentElement).backgroundColor);
const ground = (x) => {
  const card = x.closest?.('.card:not(.ghost)');
  if (card && !x.closest('.ghost')) return parts(getComputedStyle(card.querySelector('rect')).fill);
  for (let e = x; e; e = e.parentElement) {
    const c = parts(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0.99) return c.slice(0, 3);
  }
  return paper;
};
const low = [];
const words = 'svg tspan, svg .flow, p, span, h1, h2, button, pre, output, input[type=text]';
for (const x of document.querySelectorAll(words)) {
  if (!x.textContent.trim() && !x.value) continue;
  const own = x.namespaceURI.endsWith('svg'), style = getComputedStyle(x);
  const ink = parts(own ? style.fill : style.color).slice(0, 3);
  const [a, b] = [luminance(ink), luminance(ground(x))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  let seen = 1;
  for (let e = x; e; e = e.parentElement) seen *= Number(getComputedStyle(e).opacity);
  if (contrast < %s || seen < 0.85) low.push([x.textContent || x.value, contrast, seen]);
}
return low"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_in_every_state(read, scheme):
    source = "a = relu(x); b = sigmoid(u); c = log(w); E = a*b + c*x + u*v"
    numbers = {"x": -2.0, "u": 30.0, "w": 0.0, "v": 0.0}
    page = read(Steps(explain(source, numbers).cards), scheme=scheme)
    measure = CONTRASTS % LEAST_CONTRAST
    dark = page.run("return getComputedStyle(document.documentElement).backgroundColor")
    assert (dark == "rgb(255, 255, 255)") == (scheme == "light")
    states = ["go(2)", "go(9)", "go(12)", "go(999)", "choose(0)", "edit(0, 3)", "choose(6)"]
    states.append("point(['e6-0']); document.querySelector('#n2').focus()")
    for state in states:
        page.run(state)
        assert page.run(measure) == [], state
    assert page.errors() == []


def test_a_theme_can_be_told(read):
    ground = "return getComputedStyle(document.documentElement).backgroundColor"
    cards = explain(SEED_LAYER, SEED_INPUTS).cards
    assert read(Steps(cards, "dark")).run(ground) == "rgb(22, 24, 29)"
    assert read(Steps(cards, "light"), scheme="dark").run(ground) == "rgb(255, 255, 255)"
    with pytest.raises(ValueError, match="theme: 'blue' is not known"):
        Steps(cards, "blue")


# ---------------------------------------------------------------- hands off the mouse


def test_everything_is_reached_by_tab_and_said_aloud(read, layer):
    page = read(layer, motion="reduce")
    page.press(END)
    page.run("document.getElementById('last').focus(); document.getElementById('scrubber').focus()")
    focused = "return document.activeElement"
    names = []
    for _ in range(40):
        page.run(focused).send_keys(TAB)
        where = page.run(focused).get_attribute("id")
        if where.startswith("n"):
            names.append(where)
            ring = page.run(
                "const rect = document.activeElement.querySelector('rect');"
                "return getComputedStyle(rect).strokeWidth"
            )
            assert ring == "3.5px"
    cards = explain(SEED_LAYER, SEED_INPUTS).cards
    assert names == [f"n{i}" for i in range(len(cards))]
    said = page.one("#n0").get_attribute("aria-label")
    assert said == "x1 = 0.5; ∂E/∂x1 = 0.0153179, the sum 0.02954 − 0.01423"
    assert page.one(".edge").get_attribute("role") == "img"
    page.one("#n0").send_keys(ENTER)
    assert page.text("#derivation").startswith("∂E/∂x1 = ")
    assert page.one("#n0").get_attribute("aria-pressed") == "true"
    page.run(focused).send_keys(" ")  # as every button; it does not play
    assert page.one("#n0").get_attribute("aria-pressed") == "false"
    assert page.text("#play") == "play"
    page.one("#n0").send_keys(ENTER)
    page.run(focused).send_keys(ESCAPE)
    assert page.one("#n0").get_attribute("aria-pressed") == "false"
    unnamed = page.run(
        "return [...document.querySelectorAll('button, input, [role]')].filter((x) => "
        "!x.textContent.trim() && !x.getAttribute('aria-label')).map((x) => x.outerHTML)"
    )
    assert unnamed == []
