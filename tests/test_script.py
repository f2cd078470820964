"""Programs as text: what is read, and what is refused with its column."""

from __future__ import annotations

import ast
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.reading.script import MAX_LENGTH, ScriptError, binding, parse

# ---------------------------------------------------------------- properties


@st.composite
def expressions(draw, names=("x", "y"), depth=4):
    """Arithmetic as text, with the parentheses that make it unambiguous."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([*names, "2", "0.5", "3.25"]))
    left, right = (draw(expressions(names, depth - 1)) for _ in range(2))
    form = draw(st.sampled_from(["({}) + {}", "{} - ({})", "({})*({})", "sin({}) - tanh({})"]))
    return form.format(left, right)


@given(expressions(), st.floats(-2, 2), st.floats(-2, 2))
def test_runs_as_python_would(text, x, y):
    names = {"x": x, "y": y, "sin": math.sin, "tanh": math.tanh}
    program = parse(f"out = {text}")
    inputs = {name: names[name] for name in program.inputs}
    expected = eval(text, names)
    assert program.run(inputs)["out"] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(st.text(max_size=60))
@example("x" + "'" * 3)
@example("\x00")
@example("\\")
@example("x\n\ty")
@example("ｘ = 1")
@example("1_000\r\n+x\x0c")
def test_any_text_is_read_or_refused(text):
    program = read(text)
    if isinstance(program, ScriptError):
        assert program.column >= 1
        assert "column" in str(program)
    else:
        allowed = (ast.expr, ast.operator, ast.unaryop, ast.cmpop, ast.expr_context)
        for statement in program.statements:
            assert all(isinstance(n, allowed) for n in ast.walk(statement.expression))
            assert not any(
                isinstance(n, ast.Attribute | ast.Subscript) for n in ast.walk(statement.expression)
            )


def read(text):
    try:
        return parse(text)
    except ScriptError as error:
        return error


# ---------------------------------------------------------------- what is understood


def test_names_inputs_and_output():
    program = parse("z = x*w; y = z + b\nE = (y - t)**2 / 2")
    assert program.inputs == ("x", "w", "b", "t")
    assert program.output == "E"


def test_results_carry_their_names():
    values = parse("z = x*x; y = z; y + 1").run({"x": Value(3.0, name="x")})
    assert [values[n].name for n in ("x", "z", "y", "f")] == ["x", "z", "y", "f"]
    assert values["y"] is not values["z"]
    assert values["f"].data == 10.0


def test_comparisons_choose_a_branch():
    program = parse("where(x >= 1, x**2, -x)")
    assert program.run({"x": 1.0})["f"] == 1.0
    assert program.run({"x": 0.5})["f"] == -0.5


# ---------------------------------------------------------------- what is refused, and where

REFUSED = {
    "attribute": ("1 + x.real", 5, "attribute .real"),
    "dunder": ("x.__class__", 1, "__class__"),
    "call": ("y = 2*eval(x)", 7, "'eval' is no elementwise function"),
    "import": ("x; import os", 1, "give this value a name"),
    "statement": ("import os", 1, "only assignments"),
    "lambda": ("(lambda: 1)()", 1, "no elementwise function"),
    "subscript": ("x[0]", 1, "Subscript"),
    "string": ("x + 'a'", 5, "constant 'a'"),
    "true": ("x + True", 5, "constant True"),
    "complex": ("x + 2j", 5, "constant 2j"),
    "if": ("x if x > 0 else 1", 1, "where(condition, a, b)"),
    "modulo": ("x % 2", 1, "operator Mod"),
    "chained": ("0 < x < 1", 1, "compare two values"),
    "power-tower": ("x + 9**9**9", 5, "overflows"),
    "overflow": ("1e200*1e200 + x", 1, "overflows"),
    "zero-division": ("x*(1/0)", 4, "overflows or is not a number"),
    "large-literal": ("x + 1" + "0" * 400, 5, "too large"),
    "huge-literal": ("x + 1" + "0" * 5000, 5, "too large"),
    "infinite-literal": ("x + 1e999", 5, "overflows"),
    "twice": ("a = x; a = 2*x", 8, "already assigned"),
    "used-before": ("a = x; x = 2", 8, "already used"),
    "function-name": ("sin = x", 1, "is a function"),
    "bare-function": ("x + sin", 5, "needs its operands"),
    "operands": ("x + sin(x, 2)", 5, "1 operand"),
    "keyword": ("sin(x=2)", 1, "1 operand"),
    "starred": ("maximum(*x)", 1, "2 operands"),
    "syntax": ("x + * 2", 5, None),
    "open": ("(x", 1, None),
    "unnamed": ("x; y", 1, "give this value a name"),
    "tuple-target": ("a, b = x", 1, "only assignments"),
    "empty": ("", 1, "empty"),
    "comment": ("# nothing", 1, "empty"),
    "deep": ("-" * 300 + "x", 102, "nested more than 100 deep"),
    "long": ("x" + "+x" * MAX_LENGTH, MAX_LENGTH, "at most 10,000"),
    "parentheses": ("(" * 300 + "x" + ")" * 300, None, None),
    "unicode-before": ("é + x.y", 5, "attribute .y"),
}


@pytest.mark.parametrize(("text", "column", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(text, column, message):
    with pytest.raises(ScriptError) as raised:
        parse(text)
    if column is not None:
        assert raised.value.column == column
        assert f"column {column}: " in str(raised.value)
    if message is not None:
        assert message in str(raised.value)
    assert len(str(raised.value)) < 900


def test_refused_line_of_several():
    with pytest.raises(ScriptError, match="line 2, column 7: the attribute"):
        parse("z = x*y\nE = z*x.y")


def test_unknown_name_names_itself_and_the_column():
    with pytest.raises(ScriptError, match="column 11: the name 'w' is unknown: give it a number"):
        parse("z = x*2 + w").run({"x": 1.0})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "write NAME=NUMBER"),
        ("1=2", "write NAME=NUMBER"),
        ("lambda=2", "write NAME=NUMBER"),
        ("x=abc", "'abc' is no number"),
        ("x=", "is no number"),
        ("x=nan", "must be finite"),
        ("x=1e999", "must be finite"),
        ("x=1j", "is no number"),
    ],
)
def test_bindings_refused(text, message):
    with pytest.raises(ValueError, match=message):
        binding(text)
