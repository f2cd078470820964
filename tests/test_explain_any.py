"""`autograd-lite explain` of any formula: an explanation, or an error that names the column."""

from __future__ import annotations

import contextlib
import io
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd_lite.cli import main
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.reading.script import Script, ScriptError, parse
from autograd_lite.testing.calls import always_there

FUNCTIONS = {
    primitive.name: len(primitive.operands)
    for primitive in always_there()
    if isinstance(primitive, Elementwise)
}
NAMES = ("x", "y", "f", "E", "f1", "b_2")
NUMBERS = ("0", "1", "2", "0.5", "1e-300", "1e300", "3.25")
COMPARED = ("<", "<=", ">", ">=", "==", "!=")

# ---------------------------------------------------------------- strategies


@st.composite
def formulas(draw, depth=4):
    """Arithmetic, functions and comparisons, all in each other's operands."""
    kinds = ("name", "number") if depth == 0 else ("name", "sign", "operator", "compared", "call")
    inner = formulas(depth - 1)
    match draw(st.sampled_from(kinds)):
        case "name":
            return draw(st.sampled_from(NAMES))
        case "number":
            return draw(st.sampled_from(NUMBERS))
        case "sign":
            return f"{draw(st.sampled_from('+-'))}({draw(inner)})"
        case "operator":
            sign = draw(st.sampled_from(("+", "-", "*", "/", "**")))
            return f"({draw(inner)}){sign}({draw(inner)})"
        case "compared":
            return f"({draw(inner)}){draw(st.sampled_from(COMPARED))}({draw(inner)})"
    name = draw(st.sampled_from(sorted(FUNCTIONS)))
    return f"{name}({', '.join(draw(inner) for _ in range(FUNCTIONS[name]))})"


@st.composite
def programs(draw):
    """Assignments and a last formula, which may well use a name twice, or one of the tool's."""
    lines = [
        f"{draw(st.sampled_from(NAMES))} = {draw(formulas(2))}"
        for _ in range(draw(st.integers(0, 3)))
    ]
    end = draw(st.sampled_from(("; ", "\n", " ;")))
    return end.join([*lines, draw(formulas())])


@st.composite
def spoilt(draw):
    """A program with a few characters lost, put in or changed."""
    text = draw(programs())
    for _ in range(draw(st.integers(1, 3))):
        i = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(SPOILERS) | st.characters())
        text = text[:i] + put + text[i + draw(st.integers(0, 2)) :]
    return text


SPOILERS = (
    *string.punctuation, " ", "\n", "\t", "\0", "\x0c", "\x0b", "\x1c", "\u2028", "\r", "\ud800",
    "\N{RIGHT-TO-LEFT OVERRIDE}", "ｘ", "é", "9" * 2000, "1e999", "lambda", "if", "'", "0x", "_",
)  # fmt: skip

points = st.sampled_from((0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.5, 1e-308, 1e308, -1e200, 710.0))
OPTIONS = st.sampled_from(([], ["--every-step"], ["--text"], ["--latex"]))

# ---------------------------------------------------------------- properties


@settings(max_examples=200)
@given(programs(), st.lists(points, min_size=len(NAMES), max_size=len(NAMES)), OPTIONS)
@example("x/(y>0)", [1.0, -1.0, 0.0, 0.0, 0.0, 0.0], [])
@example("x/((y>0)*2)", [1.0, -1.0, 0.0, 0.0, 0.0, 0.0], ["--latex"])
@example("f+y+E+f1+b_2", [1.0] * 6, [])
@example("f=2*x; x*x", [1.0] * 6, [])
@example("x/(y*0)", [1.0] * 6, ["--text"])
def test_a_formula_is_explained_or_refused_with_its_column(text, numbers, options):
    status, out, err = run(text, dict(zip(NAMES, numbers, strict=True)), options)
    assert status in (0, 2)
    if status == 0:
        assert out
        assert err == ""
    else:
        assert out == ""
        assert "column " in err


@settings(max_examples=200)
@given(spoilt() | st.text(st.characters(codec=None), max_size=30), OPTIONS)
@example("x\x0cy = 3\n x.y", [])
@example("a = x\x1cb.c", [])
@example("ｘ + x", [])
@example("'\ud800'", [])
def test_any_text_is_explained_or_refused_with_its_column(text, options):
    status, out, err = run(text, {}, options)
    assert status in (0, 2)
    if status == 2:
        assert out == ""
        assert "column " in err
        err.encode()  # a name of half a character cannot be printed


def run(text, numbers, options):
    """The status, and what is printed, with a number for each input that the text has."""
    with contextlib.suppress(ScriptError):
        script = parse(text)
        options = [*options, "--", text, *(f"{n}={numbers.get(n, 1.5)!r}" for n in script.inputs)]
        return printed(["explain", *options])
    return printed(["explain", *options, "--", text])


def printed(arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return status, out.getvalue(), err.getvalue()


@given(st.lists(st.sampled_from(["f", "y", "E", *(f"f{i}" for i in range(1, 9))]), unique=True))
def test_the_output_has_a_name_that_is_free(taken):
    script = parse("; ".join([*(f"{name} = 2*x" for name in taken), "x*x"]))
    assert script.output not in {*taken, "x"}
    used = parse("+".join(["x", *taken]))
    assert used.output not in used.inputs
    assert used.output not in FUNCTIONS


# ---------------------------------------------------------------- comparisons as numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x/(y>0)", "inf"), ("(y>0)/x", 0), ("(x>0)*y", -1), ("x**(y>0)", 1), ("-(y<0)*x", -2),
        ("x - (y<0)", 1), ("where(x > (y>0), x, y)", 2), ("x*((x>0) + (y<0))", 4),
        ("where(where(x>0, y>0, x>y), y, x)", 2), ("maximum(x, y>0)", 2), ("-x/(y>0)", "-inf"),
        ("c = y > 0; x/c", "inf"), ("exp(y>0)*x", 2),
    ],
)  # fmt: skip
def test_a_truth_value_is_1_or_0_anywhere(text, value):
    status, out, _ = printed(["explain", "--", text, "x=2", *["y=-1"] * ("y" in text)])
    assert status == 0
    row = next(line for line in out.splitlines() if line.startswith("f "))
    assert float(row.removesuffix(" ≠").split()[-4]) == float(value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x + (y>=0)", "x + (y ≥ 0)"),
        ("x*((y>0) + (x>0))", "x·((y > 0) + (x > 0))"),
        ("x/((y!=0)*2)", "x/((y ≠ 0)·2)"),
        ("where(x > (y>0), x, y)", "where(x > (y > 0), x, y)"),
        ("c = x == y; c*x", "(x = y)·x"),
    ],
)
def test_a_condition_is_shown_as_written(text, shown):
    _, out, _ = printed(["explain", text, "x=2", "y=-1"])
    assert f"  {shown}  " in out


def test_names_are_read_as_python_reads_them():
    assert isinstance(parse("ｘ*2"), Script)
    status, out, _ = printed(["explain", "ｘ*2", "ｘ=3"])
    assert status == 0
    assert "x·2" in out
