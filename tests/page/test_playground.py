"""The playground: what is typed is read, computed and written as the engine does."""

from __future__ import annotations

import base64
import io
import math
import os
import random
import re
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from autograd_lite import Value, viz
from autograd_lite.cli import main
from autograd_lite.engine.primitive import PRIMITIVES
from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.algebra import factor_text, text
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.derivation import derive
from autograd_lite.reading.explain import explain
from autograd_lite.reading.health import ailments
from autograd_lite.reading.script import ScriptError, functions, parse
from autograd_lite.testing.calls import is_loaded_later
from autograd_lite.viz.playground import EXAMPLES, language_data

EVERYTHING = """
const out = [];
for (const [source, inputs] of arguments[0]) {
  try {
    const graph = recorded(source, (name) => inputs[name] ?? 0), view = viewOf(graph);
    const text = (x) => Object.is(x, -0) ? '0' : String(x);
    out.push({
      cards: graph.cards.map((card, i) => ({
        name: card.name, algebra: card.algebra && lineOf(graph, card),
        value: text(view.now.values[i]),
        gradient: text(view.now.gradients[i]), notes: view.notes[i],
        derivation: plainText(derivation(view, i)),
        edges: card.edges.map((edge, k) => [graph.cards[edge.source].name, edge.plain, edge.symbol,
          edge.partial, text(view.now.numbers[i][k])]) })) });
  } catch (error) { out.push({ error: String(error), at: error.at ?? null }); }
}
return out"""


def close(a, b, size=0.0):
    b = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}.get(b) or float(b)
    same = math.isnan(a) and math.isnan(b)
    return same or a == b or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300 + 1e-12 * size)


# ---------------------------------------------------------------- formulas at random


CALLED = sorted(language_data()["operations"])


def expression(rng, names, depth):
    kind = rng.random()
    if depth == 0 or kind < 0.2:
        constant = rng.choice(["2", "0.5", "1", "3", "10", "1e-3", "0"])
        return rng.choice([*names, *names, constant])
    inner = [expression(rng, names, depth - 1) for _ in range(3)]
    if kind < 0.65:
        sign = rng.choice(["+", "-", "*", "*", "/", "**"])
        if sign == "**" and rng.random() < 0.7:
            return f"({inner[0]})**{rng.choice(['2', '3', '-1', '0.5', '1', '0'])}"
        return rng.choice(["({} {} {})", "{} {} {}"]).format(inner[0], sign, inner[1])
    if kind < 0.72:
        return rng.choice(["-{}", "+{}", "-({})"]).format(inner[0])
    if kind < 0.8:
        compare = rng.choice(["<", "<=", ">", ">=", "==", "!="])
        return f"where({inner[0]} {compare} {inner[1]}, {inner[2]}, {rng.choice(names)})"
    name = rng.choice(CALLED)
    operands = PRIMITIVES[name].operands
    return f"{name}({', '.join(rng.choice([*inner, *names]) for _ in operands)})"


def formula(rng):
    names = rng.sample(["x", "y", "w", "a1", "θ", "long_name"], rng.randint(1, 3))
    statements = []
    for i in range(rng.randint(1, 4)):
        statements.append(f"z{i} = {expression(rng, names, rng.randint(1, 3))}")
        names.append(f"z{i}")
    statements.append(f"E = {expression(rng, names, 2)} + {rng.choice(names)}")
    return rng.choice(["; ", "\n"]).join(statements)


def programs(count, seed=0):
    rng, found = random.Random(seed), []
    while len(found) < count:
        source = formula(rng)
        try:
            inputs = {
                name: rng.choice([0.5, -1.5, 2.0, 1.0, 0.0, -0.3, 30.0, 1e-5])
                for name in parse(source).inputs
            }
            values = {name: Value(x, name=name) for name, x in inputs.items()}
            script = parse(source)
            with np.errstate(all="ignore"):
                output = script.run(values)[script.output]
                if is_variable(output):
                    found.append((source, inputs, cards_of(output)))
        except (ScriptError, OverflowError):
            continue
    return found


def largest(cards):
    """The largest of what flows: sums of it may cancel, what is left is anything."""
    edges = [edge for card in cards for edge in card.edges]
    flows = [abs(e.target.gradient * e.number) * max(1.0, abs(e.number)) for e in edges]
    return max((x for x in flows if math.isfinite(x)), default=0.0)


@pytest.fixture(scope="module")
def language():
    return viz.playground()


def test_random_formulas_are_computed_and_written_as_the_engine_does(read, language):
    page = read(language)
    given = programs(500, int(os.environ.get("PLAYGROUND_SEED", "0")))
    shown = page.run(EVERYTHING, [[source, inputs] for source, inputs, _ in given])
    for (source, inputs, expected), found in zip(given, shown, strict=True):
        with np.errstate(all="ignore"):
            compare(expected, found, (source, inputs))
    assert page.errors() == []


def compare(expected, found, where):
    assert "error" not in found, (found, where)
    assert [c["name"] for c in found["cards"]] == [c.name for c in expected], where
    notes = ailments(expected)
    size = largest(expected)
    steady = size < 1e6 and not any(  # no sum is cancelled down to its rounding
        0.0 < max(abs(c.gradient), abs(float(one["gradient"]))) < 1e-9 * size
        for c, one in zip(expected, found["cards"], strict=True)
    )
    for card, one in zip(expected, found["cards"], strict=True):
        assert close(card.value, one["value"]), (card.name, where)
        assert close(card.gradient, one["gradient"], size), (card.name, where)
        assert one["algebra"] == (None if card.algebra is None else text(card.algebra)), where
        edges = [
            [e.source.name, text(e.symbol), factor_text(e.symbol), e.partial] for e in card.edges
        ]
        assert [e[:-1] for e in one["edges"]] == edges, where
        for edge, (*_, number) in zip(card.edges, one["edges"], strict=True):
            assert close(edge.number, number), where
        derivation = str(derive(expected, card))
        if steady and "nan" not in derivation:  # which has no order
            assert one["derivation"].split() == derivation.split(), where
        assert one["notes"] == notes.get(card.name, []), where


def test_examples_agree_with_the_engine(read, language):
    page = read(language)
    given = list(EXAMPLES.values())
    shown = page.run(EVERYTHING, [[source, dict(inputs)] for source, inputs in given])
    for (source, inputs), found in zip(given, shown, strict=True):
        compare(explain(source, inputs).cards, found, source)


def spoiled(rng, source):
    """A formula with a mistake in it, perhaps."""
    i = rng.randrange(len(source))
    signs = ["(", ")", "=", "*", "$", ".", "x.y", "[0]", "'a'", " ", "1", ";", "if", ","]
    wrong = rng.choice(signs)
    kind = rng.random()
    if kind < 0.4:
        return source[:i] + source[i + 1 :]
    return source[:i] + wrong + source[i + (kind < 0.7) :]


REFUSED = [
    "", " ", ";", "x", "1", "x = ", "= x", "x = x", "y = x; y = 2*x", "sin = x*2", "sin(x, y)",
    "sin", "foo(x)", "x < y < z", "x if y else z", "lambda: x", "x and y", "not x", "x[0]", "x.y",
    "x // y", "x % y", "x @ y", "~x", "x += 1", "y = z = x", "1e999*x", "10**400*x", "1/0*x",
    "x = (y", "x)", "x y", "x; y", "f(x)(y)", "sin(*x)", "maximum(x, y=1)", "True*x", "None",
    "x $ y", "'a'*x", "z = x*y\n\n", "# nothing", "2 3", "x = 1_000*y", "y = 0x1F*x", "y = 007*x",
    "y = (x\n+ 1)", "  y = x*2", "y = x*2;", "y = x ** -x", "-x ** 2", "--x", "y = x!", "y == x",
    "E = y = 3*x", "(y) = x*2", "y = \\\n x*2", "x ** y ** 2", "x = 1.*y + .5", "π*x", "ﬁ + x",
    "(" * 60 + "x" + ")" * 60, "y = x*1e", "y = 1__0*x", "y = 3x", "y = x, z", "(x, y)", "y = ()",
]  # fmt: skip


def test_what_the_engine_refuses_the_page_refuses(read, language):
    page = read(language)
    rng = random.Random(1)
    sources = REFUSED + [spoiled(rng, source) for source, *_ in programs(250, 1)]
    shown = page.run(EVERYTHING, [[source, {}] for source in sources])
    for source, found in zip(sources, shown, strict=True):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                script = parse(source)
                output = script.run({n: Value(0.0, name=n) for n in script.inputs})[script.output]
                fine = is_variable(output)
        except ScriptError:
            fine = False
        assert fine == ("cards" in found), (source, found)
        if not fine:
            assert found["error"].startswith("Error: "), (source, found)  # a mistake, said as one
            assert 0 <= found["at"] <= len(source)


# ---------------------------------------------------------------- the page


def test_a_formula_is_drawn_as_it_is_typed(read, language):
    page = read(language)
    area = page.one("#formula")
    area.clear()
    area.send_keys("y = x*w; E = relu(y)**")
    assert page.text("#mistake").startswith("something is missing here\n  y = x*w; E = relu(y)**\n")
    assert len(page.all(".card")) == 4  # the last formula that could be read: E = relu(y)
    area.send_keys("2")
    assert page.text("#mistake") == ""
    assert "E = relu(y)²" in page.text("#n3")
    page.edit("x", "3")
    assert "20.25" in page.text("#n3")  # (3·1.5)²
    area.send_keys(" + x")
    assert "23.25" in page.text("#n3")  # numbers stay while one types
    assert page.errors() == []


def test_a_condition_that_turns_is_written_anew(read):
    page = read(viz.playground("E = where(x > 0, x**2, -x)", {"x": 2.0}))
    assert "∂₁E/∂x = 2·x = 4" in page.one("#e1-0").get_attribute("aria-label")
    page.edit("x", "-3")
    assert "∂₁E/∂x = 0" in page.one("#e1-0").get_attribute("aria-label")
    assert "∂₂E/∂x = −1" in page.one("#e1-1").get_attribute("aria-label")
    assert page.errors() == []


def test_a_link_holds_the_formula(read, language):
    page = read(language)
    page.run("example('x·x'); edit(0, -2); choose(1); go(3)")
    address = page.run("return '#' + address()")
    page = read(language, address=address)
    assert page.one("#formula").get_attribute("value") == EXAMPLES["x·x"][0]
    assert page.run("return [view.step, view.chosen, view.now.values[0]]") == [3, 1, -2]
    for hostile in ("<b>x", "__proto__*constructor", "x*toString&x.x=1e999", "%00*x&step=1e9"):
        page = read(language, address=f"#formula={hostile}")
        assert page.all(".card")
        assert page.errors() == []


def test_python_svg_and_png_to_take_along(read, language):
    image = pytest.importorskip("matplotlib.image")
    page = read(language)
    page.run("example('a neuron')")
    space: dict[str, object] = {"print": lambda *words: said.append(words)}
    said: list[tuple[object, ...]] = []
    exec(page.run("return pythonText()"), space)
    cards = {c.name: c for c in explain(*EXAMPLES["a neuron"]).cards}
    assert len(said) == len(EXAMPLES["a neuron"][1])
    for name, gradient in said:
        assert gradient == pytest.approx(cards[str(name).rstrip(":")].gradient, rel=1e-12)
    drawing = ET.fromstring(page.run("return svgText()"))
    assert "∂E/∂out" in "".join(drawing.itertext())
    assert "var(" not in ET.tostring(drawing, encoding="unicode")
    png = page.wait("pngAddress(1).then(done)")
    pixels = image.imread(io.BytesIO(base64.b64decode(png.partition(",")[2])))
    assert pixels.shape[:2] == (int(drawing.get("height")), int(drawing.get("width")))
    assert 0.005 < np.mean(np.abs(pixels - pixels[0, 0]).max(axis=2) > 0.1) < 0.5  # drawn, on paper
    assert page.errors() == []


def test_the_page_is_small_and_alone(tmp_path):
    path = tmp_path / "p.html"
    assert main(["playground", "-o", str(path)]) == 0
    page = path.read_text("utf-8")
    assert path.stat().st_size < 400_000
    assert not re.search(r"(src|href)=\"https?:", page)
    assert main(["playground", "y = x*w", "x=2", "w=3", "-o", str(path)]) == 0
    assert '"source": "y = x*w"' in path.read_text("utf-8")
    assert main(["playground", "y = x*", "-o", str(path)]) == 2
    assert main(["playground", "-o", str(tmp_path / "p.png")]) == 2


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_hangs_over_the_edge(read, language, width):
    page = read(language, width)
    assert page.run("return document.documentElement.scrollWidth") <= width
    if width == 1280:
        assert page.run("return document.documentElement.scrollHeight") <= 900


def test_everything_that_a_program_may_call_is_in_the_page():
    there = {name for name in functions() if not is_loaded_later(PRIMITIVES[name])}
    assert there <= set(language_data()["operations"]) <= set(functions())


def test_sixty_cards_are_typed_without_a_pause(read, language):
    page = read(language)
    source = "; ".join(f"z{i} = {f'z{i - 1}' if i else 'x'}*w{i} + x" for i in range(29))
    typed = "area.value = arguments[0]; const start = performance.now(); typedFormula();"
    script = f"{typed} return performance.now() - start"
    assert min(page.run(script, f"{source}; E = z28**{n}") for n in range(2, 8)) < 400
    assert len(page.all(".card")) == 60
