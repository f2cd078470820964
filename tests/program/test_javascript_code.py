"""The JavaScript of the page, run by node: what Python computes, on numbers of every sort."""

from __future__ import annotations

import ast
import itertools
import json
import math
import random
import shutil
import struct
import subprocess
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from wild import ELEMENTWISE, SPECIAL, bits, declared, general, ulps

import autograd_lite as al
from autograd_lite import Value
from autograd_lite.engine.floats import FLOAT_FUNCTIONS, float_function, forget_float_function
from autograd_lite.program.javascript import program, translated
from autograd_lite.reading.cards import operands_first

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs node (Debian: apt install nodejs)")

SCRIPT = """
const given = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const view = new DataView(new ArrayBuffer(8));
const read = (x) => { view.setBigUint64(0, BigInt("0x" + x)); return view.getFloat64(0); };
const shown = (x) => { view.setFloat64(0, x); return view.getBigUint64(0).toString(16); };
console.log(JSON.stringify(given.map(([body, rows]) => {
  const f = new Function("v", "p", '"use strict";' + body);
  return rows.map((row) => {
    const v = row.map(read), p = [];
    f(v, p);
    return [v.map(shown), p.map(shown)];
  });
})));
"""


def run(bodies: list[tuple[str, list[list[float]]]]) -> list[list[tuple[list[float], list[float]]]]:
    """Run each function (v, p) from each of its rows, the first elements of v: v and p, after."""
    assert NODE is not None
    given = [[body, [[_hex(x) for x in row] for row in rows]] for body, rows in bodies]
    out = subprocess.run(
        [NODE, "-e", SCRIPT], input=json.dumps(given), capture_output=True, text=True, check=True
    ).stdout
    return [[tuple(map(_floats, row)) for row in rows] for rows in json.loads(out)]  # type: ignore[misc]


def _hex(x: float) -> str:
    return struct.pack(">d", x).hex()


def _floats(texts: list[str]) -> list[float]:
    return [struct.unpack(">d", bytes.fromhex(text.zfill(16)))[0] for text in texts]


def rows_for(count: int, most: int = 1200) -> list[list[float]]:
    """Numbers of every sort: all pairs of special ones, and random patterns of bits."""
    draw = random.Random(count)
    rows = [list(row) for row in itertools.product(SPECIAL, repeat=min(count, 2))]
    while len(rows) < most:
        rows.append([struct.unpack("<d", draw.randbytes(8))[0] for _ in range(count)])
        rows.append([draw.uniform(-3.0, 3.0) for _ in range(count)])
    return [[*row, *(draw.choice(SPECIAL) for _ in range(count - len(row)))] for row in rows]


@dataclass(eq=False)
class Node:
    """A node of a graph, as `program` reads it."""

    primitive: Any = None
    operands: tuple[Any, ...] = ()
    partials: tuple[Any, ...] = ()


def graph_of(primitive: Any) -> list[Node]:
    """One operation on as many variables as it takes; conditions are given as variables too."""
    leaves = [Node() for _ in primitive.operands]
    return [*leaves, Node(primitive, tuple(leaves), (1.0,) * len(leaves))]


# ---------------------------------------------------------------- a function, a primitive


EXACT = ("abs", "max", "min", "copysign", "float", "fmod", "mod", "nextafter")
OF_TWO = ("pow", "atan2", "hypot", "fmod", "mod", "copysign", "nextafter", "max", "min")


def is_exact(expression: str) -> bool:
    """Whether it has no function of the mathematical library, which may differ in a last digit."""
    calls = [x.func.id for x in ast.walk(ast.parse(expression)) if isinstance(x, ast.Call)]  # type: ignore[attr-defined]
    return all(name in EXACT for name in calls)


@needs_node
def test_functions_on_floats() -> None:
    """Each function that JavaScript has: exact if it only chooses, else to three units in the last
    place."""
    spelled = [name for name, f in FLOAT_FUNCTIONS.items() if f.javascript is not None]
    bodies, expected = [], []
    for name in spelled:
        count = 2 if name in OF_TWO else 1
        operands = tuple(f"x{i}" for i in range(count))
        with declared(operands, f"{name}({', '.join(operands)})", (0.0,) * count) as primitive:
            bodies.append((program(graph_of(primitive))[0], rows_for(count)))
            expected.append([_called(FLOAT_FUNCTIONS[name].python, row) for row in bodies[-1][1]])
    for name, (_, rows), found, wanted in zip(spelled, bodies, run(bodies), expected, strict=True):
        for row, (v, _), e in zip(rows, found, wanted, strict=True):
            if e is not None:
                off = ulps(v[-1], e)
                assert off <= (0 if is_exact(f"{name}()") else 3), (name, row, v[-1], e)


def _called(function: Any, row: list[float]) -> float | None:
    try:
        return float(function(*row))
    except (ValueError, ArithmeticError):
        return None


@needs_node
def test_primitives_and_their_derivatives() -> None:
    bodies = [(program(graph_of(p))[0], rows_for(len(p.operands))) for p in ELEMENTWISE]
    for primitive, (body, rows), found in zip(ELEMENTWISE, bodies, run(bodies), strict=True):
        for row, (v, p) in zip(rows, found, strict=True):
            wanted = general(primitive, row)
            for a, e in zip([v[-1], *p], wanted, strict=True):
                off = ulps(a, e)
                if "Math." in body:
                    # V8's cbrt is off by more; of the difference of two numbers near each other
                    # (a sine and a cosine, in the slope of sinc), the last digits are lost
                    cancelled = 1e-6 < abs(e) < 0.1 and abs(a - e) < 4e-16
                    both = "Math.sin(" in body and "Math.cos(" in body
                    most = 8 if both or "Math.cbrt(" in body else 4
                    near = off <= most or abs(a - e) < 1e-300 or cancelled
                    assert near, (primitive, row, a, e, off)
                else:
                    assert off == 0, (primitive, row, a, e)


# ---------------------------------------------------------------- whole graphs


@needs_node
def test_a_graph_of_values() -> None:
    x, y = Value(0.7), Value(-1.3)
    z = al.where(True, al.tanh(x * y) + x**2.0, 1.0 / y) * 3 - al.maximum(y, -2) / al.erf(x)
    nodes = operands_first(z)
    body, places = program(nodes)
    leaves = [node.data if node.is_leaf else 0.0 for node in nodes]
    ((v, p),) = run([(body, [leaves])])[0]
    assert v == pytest.approx([node.data for node in nodes], rel=1e-15)
    for (node, i), place in places.items():
        assert p[place] == pytest.approx(node.partials[i], rel=1e-14)
    assert len(places) == sum(q is not None for node in nodes for q in node.partials)


def test_where_s_condition_is_a_constant_and_the_branch_not_taken_gets_0() -> None:
    x = Value(2.0)
    body, places = program(operands_first(al.where(x < 1.0, x, x * x)))
    assert "x0 = 0.0, x1 = v[0], x2 = v[1], z = ((x0 !== 0) ? x1 : x2)" in body
    assert len(places) == 4


@needs_node
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_operands_under_any_names(count: int) -> None:
    names = ("z", "x0", "t1", "v")[:count]
    floats = " + ".join(f"{i + 2.0} * {name} * {names[0]}" for i, name in enumerate(names))
    rules = tuple(lambda *given, i=i: given[-1] * (i + 1.0) - given[i] for i in range(count))
    with declared(names, floats, rules) as primitive:
        body = program(graph_of(primitive))[0]
        rows = rows_for(count)
        for row, (v, p) in zip(rows, run([(body, rows)])[0], strict=True):
            expected = [bits(x) for x in general(primitive, row)]
            assert [bits(x) for x in (v[-1], *p)] == expected


@needs_node
def test_constant_operands_at_every_place() -> None:
    """clip(x, low, high) with bounds that are constants, a condition in the last place."""
    rules = (lambda x, low, high, on, z: al.where(on, al.equal(x, z), 1.0), None, None, None)
    floats = "(min(max(x, low), high) if on else x)"
    with declared(("x", "low", "high", "on"), floats, rules) as primitive:
        for on in (True, False):
            x = Node()
            z = Node(primitive, (x, -1.0, np.float64(2), on), (1.0, None, None, None))
            body, places = program([x, z])
            assert places == {(z, 0): 0}
            rows = [[x] for x in SPECIAL]
            for (given,), (v, p) in zip(rows, run([(body, rows)])[0], strict=True):
                expected = general(primitive, [given, -1.0, 2.0, on])
                assert [bits(v[-1]), bits(p[0])] == [bits(a) for a in expected[:2]]


# ---------------------------------------------------------------- notation


@needs_node
@pytest.mark.parametrize(
    "expression",
    [
        "1 if x else 2", "x and y", "x or y", "not x", "x > y", "(x > y) * 3.0", "0 < x < y <= 2",
        "1.0 if not (x > 0 and y) else -x", "+x - -y", "-(-x)", "x - (y - 1)", "-x * -2.5",
        "inf if x > 0 else -inf", "nan if x != x else pi", "float(x == y)", "(x == y) + (x != y)",
        "max(x, 0.0, y)", "min(x, y, -1)", "(x > 0) & (y > 0) | (x == y)", "1e-320 * x",
        "(x or y) if (x and y) else y", "True + x", "(x > y) == 1.0", "(not x) == (y == y)",
        "x / 3 / y",
    ],
)  # fmt: skip
def test_notation(expression: str) -> None:
    rows = [[x, y] for x in SPECIAL for y in SPECIAL if not (y == 0.0 and "/" in expression)]
    found = run([("const x = v[0], y = v[1]; v[2] = $;".replace("$", _with_functions(expression)),
                  rows)])[0]  # fmt: skip
    names = {"inf": math.inf, "nan": math.nan, "pi": math.pi}
    for row, (v, _) in zip(rows, found, strict=True):
        expected = float(eval(expression, names, dict(zip("xy", row, strict=True))))
        assert bits(v[2]) == bits(expected), (expression, row, v[2], expected)


def _with_functions(expression: str) -> str:
    text = translated(expression)
    for name, function in FLOAT_FUNCTIONS.items():
        text = text.replace(f"${name}(", f"({function.javascript})(")
    return text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("gamma(x)", r"^gamma has no counterpart in JavaScript: give it one with float_function"),
        ("x // y", r"^x // y has no counterpart"),
        ("x.real", r"^x\.real has no counterpart"),
        ("f(x)(y)", r"has no counterpart"),
        ("x is y", r"has no counterpart"),
        ("'a'", r"has no counterpart"),
        ("max(x, key=y)", r"has no counterpart"),
        ("max(*x)", r"has no counterpart"),
        ("[x]", r"has no counterpart"),
    ],
)
def test_what_has_no_counterpart_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        translated(expression)


def test_a_graph_that_has_no_counterpart_works_on_values_alone() -> None:
    with declared(("x",), "gamma(x)", (lambda x, z: z,)):
        z = Value(5.0).tried()
        assert z.data == 24.0
        with pytest.raises(
            ValueError, match=r"^tried cannot be run in a page: gamma has no counte"
        ):
            program(operands_first(z))
    with declared(("x",), "2.0 * x", (lambda x, z: 2.0 if x > 0.0 else 3.0,)):
        z = Value(-5.0).tried()
        assert z.partials == (3.0,)
        with pytest.raises(ValueError, match=r"cannot be run in a page: .* derivative by x is no"):
            program(operands_first(z))


@needs_node
@pytest.mark.parametrize(
    "spelling", ["Math.cbrt", "(x) => Math.cbrt(x)", "function (x) {return Math.cbrt(x)}"]
)
def test_a_function_with_a_spelling_of_ones_own(spelling: str) -> None:
    float_function("z", lambda x: math.copysign(abs(x) ** (1 / 3), x), spelling)
    try:
        with declared(("x",), "z(x) + z(-x)", (lambda x, z: z,)):
            body, _ = program(operands_first(Value(8.0).tried()))
            assert run([(body, [[8.0]])])[0][0] == ([8.0, 0.0], [0.0])
    finally:
        forget_float_function("z")
