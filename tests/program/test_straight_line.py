"""Straight-line code: what tracing notes down, and that it computes what the rules say."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from primitive_checks import FEW
from wild import ELEMENTWISE, SPECIAL, WILD, declared, general, same

import autograd_lite as al
from autograd_lite import PRIMITIVES, Value
from autograd_lite.engine.chain import times
from autograd_lite.program import straight
from autograd_lite.program.python import function_source, python_code
from autograd_lite.program.straight import Constant, Input, NotStraight, Slot, straight_line

TROUBLE = (ArithmeticError, ValueError)
PRIMITIVE = pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)


def run(line: Any) -> Any:
    """The straight line as a Python function."""
    names = dict(python_code(line, [f"x{i}" for i in range(line.inputs)], ["f"]).names)
    exec(function_source("f", line), names)
    return names["f"]


def operands_of(data: Any, primitive: Any) -> list[Any]:
    return [data.draw(st.booleans() if rule is None else WILD) for rule in primitive.partials]


# ---------------------------------------------------------------- what it computes


@PRIMITIVE
@FEW
@given(data=st.data())
def test_written_code_is_the_rule_to_the_last_bit(primitive: Any, data: Any) -> None:
    """But where it raises: there the general way takes over (see test_value_code)."""
    f = run(straight_line(primitive))
    for _ in range(20):
        numbers = operands_of(data, primitive)
        try:
            found = f(*numbers)
        except TROUBLE:
            continue
        expected = general(primitive, numbers)
        assert all(map(same, found, expected)), (numbers, found, expected)


@PRIMITIVE
def test_each_part_alone_gives_what_the_whole_gives(primitive: Any) -> None:
    line = straight_line(primitive)
    whole = run(line)
    numbers = [
        True if rule is None else min(max(x, low), high)
        for rule, x, [*_, (low, high)] in zip(
            primitive.partials, (0.3, 2.5, 0.7), primitive.domain, strict=False
        )
    ]
    for i in range(len(line.outputs)):
        part = line.needed([i])
        assert len(part.instructions) <= len(line.instructions)
        for place, instruction in enumerate(part.instructions):
            assert instruction.result == Slot(place)
            used = [x.index for x in instruction.arguments if isinstance(x, Slot)]
            assert all(index < place for index in used)
        found = run(part)(*numbers)
        assert same(found[0] if isinstance(found, tuple) else found, whole(*numbers)[i])


@given(g=WILD, partial=WILD)
def test_the_product_of_the_chain_rule(g: float, partial: float) -> None:
    with declared(("x", "y"), "x + y", (lambda x, y, z: times(x, y), 1.0)) as primitive:
        line = straight_line(primitive)
        with np.errstate(all="ignore"):
            expected = float(times(g, partial))
            arrays = straight.TIMES.arrays(np.array([g]), np.array([partial]))
        assert same(run(line)(g, partial)[1], expected)
        assert same(float(arrays[0]), expected)
    assert same(float(times(0.0, math.inf)), 0.0)


@given(x=WILD, y=WILD)
def test_conditions_in_rules(x: float, y: float) -> None:
    def rule(x: Any, y: Any, z: Any) -> Any:
        both = (x > 0.0) & (y <= x) | (z == y)
        return al.where(both, y, 0.1 * x)

    with declared(("x", "y"), "x - y", (rule, lambda x, y, z: 2.0 * (y >= x))) as primitive:
        assert all(map(same, run(straight_line(primitive))(x, y), general(primitive, [x, y])))
        assert all(map(same, Value(x).tried(Value(y)).partials, general(primitive, [x, y])[1:]))


# ---------------------------------------------------------------- its form


def test_what_is_computed_twice_is_written_once() -> None:
    def rule(x: Any, z: Any) -> Any:
        e = al.exp(x)
        return e * al.exp(x) + (x * 0.0 + x * -0.0) + (x * 1.0 + x * 1 + x * True)

    with declared(("x",), "x", (rule,)) as primitive:
        line = straight_line(primitive)
        names = [instruction.operation.name for instruction in line.instructions]
        assert names.count("exp") == 1
        numbers = [x for i in line.instructions for x in i.arguments if isinstance(x, Constant)]
        written = {repr(x.value) for x in numbers}  # though 0.0 == -0.0 and 1.0 == 1 == True
        assert written == {"0.0", "-0.0", "1.0", "1", "True"}


def test_references_and_what_is_not_needed() -> None:
    line = straight_line(PRIMITIVES["divide"])
    assert line.inputs == 2
    assert line.outputs[0] == Slot(0)
    assert line.instructions[0].arguments == (Input(0), Input(1))
    assert line.instructions[1].arguments == (Constant(1.0), Input(1))
    assert [i.operation.name for i in line.needed([1]).instructions] == ["divide"]
    assert line.needed([1]).instructions[0].result == line.needed([1]).outputs[0] == Slot(0)
    assert line.needed([1]).instructions[0].arguments == (Constant(1.0), Input(1))
    constant = straight_line(PRIMITIVES["subtract"])
    assert constant.outputs[1:] == (Constant(1.0), Constant(-1.0))


@pytest.mark.parametrize(
    "primitive", [p for p in ELEMENTWISE if p.operator], ids=lambda p: p.operator
)
def test_operators_of_traced_operands_are_those_of_the_table(primitive: Any) -> None:
    tracer = straight.Tracer(1)
    (x,) = tracer.inputs
    dunder = getattr(type(x), f"__{primitive.operator}__")
    two = len(primitive.operands) == 2
    z = dunder(x, 3.0) if two else dunder(x)
    assert tracer.line([z]).instructions[-1].operation is primitive
    if two:
        z = getattr(type(x), f"__r{primitive.operator}__")(x, 3.0)
        assert tracer.line([z]).instructions[-1].arguments == (Constant(3.0), Input(0))


def test_an_operator_goes_with_its_primitive() -> None:
    arrays = lambda x, y: np.mod(x, y)  # noqa: E731
    with declared(("x", "y"), "fmod(x, y)", (1.0, 0.0), operator="lshift", arrays=arrays):
        tracer = straight.Tracer(1)
        z = tracer.inputs[0] << 2.0
        assert tracer.line([z]).instructions[0].operation.name == "tried"
    with pytest.raises(TypeError, match="unsupported operand"):
        straight.Tracer(1).inputs[0] << 2.0


# ---------------------------------------------------------------- rules that are no straight line


@pytest.mark.parametrize(
    "rule",
    [
        lambda x, z: 1.0 if x > 0.0 else 0.5,
        lambda x, z: 1.0 if x else 0.5,
        lambda x, z: max(x, 0.25),
        lambda x, z: math.exp(x),
        lambda x, z: float(x),
        lambda x, z: np.exp(x),
        lambda x, z: np.where(x > 0.0, 1.0, 0.5),
        lambda x, z: np.float32(0.1) * x,
        lambda x, z: x * np.array(2.0),
        lambda x, z: round(x),
        lambda x, z: x // 1.0,
        lambda x, z: [1.0, 0.5][x < 0.0],
        lambda x, z: 1.0 if x in (0.0, 1.0, 2.0) else 0.5,
        lambda x, z: al.sum(x),
        lambda x, z: math.fsum([x, z]),
    ],
)
def test_rules_that_ask_for_the_number_go_the_general_way(rule: Any) -> None:
    with declared(("x",), "x * x", (rule,), arrays=lambda x: x * x) as primitive:
        with pytest.raises(NotStraight, match="the rule of its derivative by x is no straight"):
            straight_line(primitive)
        for x in (-1.5, -0.0, 0.0, 1.0, 2.0, 700.0):
            value, partial = general(primitive, [x])
            z = Value(x).tried()
            assert same(z.data, value)
            assert same(z.partials[0], partial)


def test_a_rule_that_fails_fails_where_it_is_used() -> None:
    def rule(x: Any, z: Any) -> Any:
        raise LookupError("broken rule")

    with declared(("x",), "x", (rule,)):
        for _ in range(2):
            with pytest.raises(LookupError, match="broken rule"):
                Value(1.0).tried()


def test_numbers_of_numpy_in_a_rule() -> None:
    root = np.sqrt(2.0 / np.pi)
    with declared(("x",), "x", (lambda x, z: root * al.exp(-x * x),)) as primitive:
        line = straight_line(primitive)
        assert line.exact  # multiplication is the same everywhere
        for x in SPECIAL:
            z = Value(x).tried()
            assert same(z.partials[0], general(primitive, [x])[1])
    with declared(("x",), "x", (lambda x, z: al.exp(-root * x * x),)) as primitive:
        assert not straight_line(primitive).exact  # NumPy's exp, perhaps not Python's
        for x in SPECIAL:
            assert same(Value(x).tried().partials[0], general(primitive, [x])[1])


def test_operands_of_two_calls_do_not_mix() -> None:
    one, other = straight.Tracer(1), straight.Tracer(1)
    with pytest.raises(NotStraight, match="another call"):
        one.inputs[0] * other.inputs[0]
    with pytest.raises(NotStraight, match="Value"):
        al.multiply(one.inputs[0], Value(2.0))


# ---------------------------------------------------------------- any names, any number of them

HOSTILE = (
    "x", "y", "z", "t1", "t2", "self", "other", "out", "kind", "new", "modes", "primitive",
    "record", "operate", "float", "int", "Value", "f", "x0", "x1", "inf", "nan", "pi", "TROUBLE",
    "x_", "é", "forward", "NO_PARAMS",
)  # fmt: skip


@given(
    names=st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4, unique=True),
    numbers=st.lists(st.floats(-3.0, 3.0), min_size=4, max_size=4),
)
def test_operands_are_bound_by_position_under_any_names(names: Any, numbers: Any) -> None:
    operands = tuple(names)
    expression = " + ".join(f"{i + 1.0} * {name} * exp({names[0]})" for i, name in enumerate(names))

    def partial(i: int) -> Any:
        return lambda *given: given[-1] * (i + 2.0) - al.exp(given[i]) * given[0] - 0.25

    rules = tuple(partial(i) for i in range(len(names)))
    given_ = numbers[: len(names)]
    with declared(operands, expression, rules) as primitive:
        z = sum((i + 1.0) * x * math.exp(given_[0]) for i, x in enumerate(given_))
        expected = general(primitive, given_)
        assert expected[0] == pytest.approx(z, rel=1e-14, abs=1e-14)
        assert all(map(same, run(straight_line(primitive))(*given_), expected))
        if len(names) > 2:
            return
        for variables in ([True, True], [True, False], [False, True])[: 2 * len(names) - 1]:
            mixed = [Value(x) if v else x for x, v in zip(given_, variables, strict=False)]
            if not any(variables[: len(names)]):
                continue
            found = primitive.function(*mixed)
            assert same(found.data, expected[0])
            for v, p, e in zip(variables, found.partials, expected[1:], strict=False):
                assert same(p, e) if v else p is None


def test_arctan2_of_y_and_x() -> None:
    with declared(
        ("y", "x"),
        "atan2(y, x)",
        (lambda y, x, z: x / (x * x + y * y), lambda y, x, z: -y / (x * x + y * y)),
    ):
        z = Value(1.0).tried(Value(2.0))
        assert z.data == math.atan2(1.0, 2.0)
        assert z.partials == (0.4, -0.2)
        assert (Value(1.0).tried(2.0)).partials == (0.4, None)


def test_powers_of_negative_numbers() -> None:
    rules = (lambda x, y, z: y * z / x, lambda x, y, z: z)
    with declared(("x", "y"), "x ** y", rules) as primitive:
        program = al.compile(lambda y: primitive.function(-2.0, y))
        assert program(2.0) == 4.0  # and not -(2 ** 2)


@pytest.mark.parametrize("f", [
    lambda x: np.sin(x) * np.sin(x),
    lambda x: (np.sin(x), np.exp(np.sin(x))),
])  # fmt: skip
def test_what_is_used_twice_or_returned_has_a_line_of_its_own(f: Any) -> None:
    program = al.compile(f)
    program(2.0)
    assert program.source.split("\n", 2)[2].count("sin(") == 1  # below the comment


def test_names_of_the_users_numbers_are_not_those_of_functions() -> None:
    def f(x: Any) -> Any:
        sin = np.exp(x)
        return np.sin(sin)

    assert al.compile(f)(0.5) == pytest.approx(f(0.5))
