"""The methods of `Value`: written at their first call, the same as the general way, and gone with
their primitive."""

from __future__ import annotations

import inspect
import math
import pickle
import subprocess
import sys
import threading
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from primitive_checks import FEW
from wild import ELEMENTWISE, SPECIAL, WILD, declared, general, same

import autograd_lite as al
from autograd_lite import PRIMITIVES, Value, no_grad
from autograd_lite.engine.floats import FLOAT_FUNCTIONS, float_function, forget_float_function
from autograd_lite.engine.value import record_value
from autograd_lite.program import value_methods
from autograd_lite.program.value_methods import source

PRIMITIVE = pytest.mark.parametrize("primitive", ELEMENTWISE, ids=lambda p: p.name)

# ---------------------------------------------------------------- the same as the general way


def agrees(primitive: Any, operands: list[Any]) -> None:
    """Value, partials and operands to the last bit, by the function and by the operator."""
    with np.errstate(all="ignore"):
        usual, expected = [primitive.function(*operands)], record_value(primitive, operands, {})
        if primitive.operator and operands[0].__class__ is Value:
            usual.append(getattr(Value, f"__{primitive.operator}__")(*operands))
        if primitive.operator and operands[-1].__class__ is Value and len(operands) == 2:
            usual.append(getattr(Value, f"__r{primitive.operator}__")(*operands[::-1]))
    for z in usual:
        if z is operands[-1]:  # 0 + x, see Value.__radd__
            continue
        assert same(z.data, expected.data)
        assert z.operands == expected.operands
        for a, b in zip(z.partials, expected.partials, strict=True):
            assert (a is None and b is None) or same(a, b), (operands, z.partials, b)


@PRIMITIVE
@FEW
@given(data=st.data())
def test_the_same_to_the_last_bit_on_any_numbers(primitive: Any, data: Any) -> None:
    count = len(primitive.operands)
    variable = [rule is not None for rule in primitive.partials]
    for _ in range(10):
        numbers = [data.draw(WILD if v else st.booleans()) for v in variable]
        several = sum(variable) > 1
        constant = data.draw(st.sampled_from([None, *range(count)])) if several else None
        kinds = [v and i != constant for i, v in enumerate(variable)]
        agrees(primitive, [Value(x) if k else x for x, k in zip(numbers, kinds, strict=True)])


@PRIMITIVE
def test_the_same_at_the_ends_and_beside_whole_numbers(primitive: Any) -> None:
    if None in primitive.partials:
        return
    if len(primitive.operands) == 1:
        for x in SPECIAL:
            agrees(primitive, [Value(x)])
        return
    if len(primitive.operands) > 2:  # which have no code of their own
        return
    for x in SPECIAL:
        for y in (*SPECIAL, 2, -3, 0, 10**15):
            agrees(primitive, [Value(x), y])
            agrees(primitive, [y, Value(x)])
            agrees(primitive, [Value(x), Value(y)])


def test_a_power_of_0_by_nan() -> None:
    """0·nan is 0 in the chain rule, in the code that is written too."""
    assert al.power(Value(math.nan), Value(0.0)).partials[0] == 0.0


@given(x=st.floats(-2.0, 2.0))
def test_truth_values_and_whole_numbers_become_floats(x: float) -> None:
    rules = (lambda x, z: al.where(x > 0.5, 1, 0),)
    with declared(("x",), "x > 0", rules, arrays=lambda x: x > 0) as primitive:
        z = Value(x).tried()
        assert same(z.data, float(x > 0))
        assert same(z.partials[0], float(x > 0.5))
        assert same(primitive.evaluate_floats(x), float(x > 0))
        assert "float(" in source("tried")


def test_a_rule_that_begins_what_another_uses() -> None:
    """Temporaries have other names where only one of the derivatives is needed."""

    def left(x: Any, y: Any, z: Any) -> Any:
        al.exp(y)
        return 2.0 * x

    with declared(("x", "y"), "x * x + exp(y)", (left, lambda x, y, z: al.exp(y))) as primitive:
        for operands in ([Value(3.0), Value(0.5)], [Value(3.0), 0.5], [3.0, Value(0.5)]):
            agrees(primitive, operands)


# ---------------------------------------------------------------- functions on floats


def test_a_function_on_floats_of_ones_own() -> None:
    float_function("j0", lambda x: np.cos(x))  # gives a number of NumPy's
    float_function("t1", lambda x: 10 * x)
    float_function("z_", lambda x: 100.0 * x)
    float_function("z", lambda x: 1000.0 * x)
    try:
        with declared(("x",), "j0(x) + t1(x) + z_(x) + z(x)", (lambda x, z: z + x,)) as primitive:
            z = Value(0.5).tried()
            assert same(z.data, math.cos(0.5) + 555.0)
            assert z.partials == (math.cos(0.5) + 555.5,)
            assert all(map(same, (z.data, *z.partials), general(primitive, [0.5])))
        float_function("j0", lambda x: -x)  # a cell that is run again
        with declared(("x",), "j0(x)", (-1.0,)):
            assert Value(0.5).tried().data == -0.5
    finally:
        for name in ("j0", "t1", "z_", "z"):
            forget_float_function(name)
    assert "j0" not in FLOAT_FUNCTIONS


def test_a_function_of_numpy_s_gives_no_warning_where_only_the_reverse_pass_will_tell() -> None:
    float_function("bell", np.exp)
    try:
        with (
            declared(("x",), "bell(x)", (lambda x, z: z,), name="bell", arrays=np.exp) as bell,
            declared(("x",), "x", (lambda x, z: bell.function(x),)),
        ):
            z = Value(1000.0).tried()  # e^1000 overflows
            assert (z.data, z.partials) == (1000.0, (math.inf,))
            assert Value(1.0).tried().partials == (math.e,)
    finally:
        forget_float_function("bell")


def test_functions_that_are_refused() -> None:
    for name, message in (
        ("exp", "the library has one of that name"),
        ("inf", "the library has one of that name"),
        ("a b", "the name of a function is needed"),
        ("if", "the name of a function is needed"),
    ):
        with pytest.raises(ValueError, match=message):
            float_function(name, math.exp)
    with pytest.raises(TypeError, match="a function is needed, not 3"):
        float_function("three", 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the library's own"):
        forget_float_function("exp")
    with (
        pytest.raises(ValueError, match=r"^tried: floats='math\.exp\(x\)' names 'math', which is"),
        declared(("x",), "math.exp(x)", (1.0,)),
    ):
        pass
    assert "tried" not in PRIMITIVES


# ---------------------------------------------------------------- not before it is used

_LAZY = """
import sys
seen = []
def hook(event, args):
    if event == "compile" and str(args[1]).startswith("<autograd_lite"):
        seen.append(args[1])
sys.addaudithook(hook)
import autograd_lite
from autograd_lite import Value
assert seen == [], seen
assert "autograd_lite.program.straight" not in sys.modules
x = Value(2.0)
z = x * x
assert seen == ["<autograd_lite: multiply of Values>"], seen
assert z.partials == (2.0, 2.0)
x.tanh(), x * 3.0, 3.0 * x
assert set(seen) <= {f"<autograd_lite: {a} of Values>" for a in ("multiply", "tanh")}, seen
count = len(seen)
for _ in range(3):
    x.tanh(), x * x
assert len(seen) == count
"""


def test_nothing_is_written_at_import() -> None:
    subprocess.run([sys.executable, "-c", _LAZY], check=True)


def test_a_method_keeps_its_identity() -> None:
    with declared(("x", "y"), "x * y + x", (lambda x, y, z: y + 1.0, lambda x, y, z: x)):
        method = Value.tried
        before = method.__code__
        for f in (method, Value.tried):
            assert f.__name__ == "tried"
            assert f.__qualname__ == "Value.tried"
            assert f.__doc__ == "A try."
            assert str(inspect.signature(f)) == "(self, other)"
            assert pickle.loads(pickle.dumps(f)) is f
            assert method(Value(2.0), Value(3.0)).data == 8.0
            assert method(Value(2.0), 3).partials == (4.0, None)
        assert Value.tried is method
        assert method.__code__ is not before
        assert "z = x * y + x" in inspect.getsource(method)
    assert method(Value(2.0), Value(3.0)).data == 8.0  # whoever still has it


def test_a_method_fetched_and_called_after_its_primitive_is_gone() -> None:
    with declared(("x", "y"), "x - y", (1.0, -1.0)):
        method = Value.tried
    assert not hasattr(Value, "tried")
    assert method(Value(2.0), 3.0).partials == (1.0, None)


@pytest.mark.parametrize("attempt", range(5))
def test_first_calls_in_many_threads(attempt: int) -> None:
    with declared(("x", "y"), "x * y + exp(x)", (lambda x, y, z: y + al.exp(x), lambda x, y, z: x)):
        found, barrier = [], threading.Barrier(8)

        def call() -> None:
            barrier.wait()
            z = Value(0.0).tried(Value(3.0))
            found.append((z.data, *z.partials))

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [(1.0, 4.0, 0.0)] * 8


def test_a_first_call_without_recording() -> None:
    with declared(("x", "y"), "x - y", (1.0, -1.0)):
        with no_grad():
            assert Value(2.0).tried(Value(3.0)).is_leaf
        assert not Value(2.0).tried(Value(3.0)).is_leaf


# ---------------------------------------------------------------- coming and going


def test_what_is_declared_goes_and_is_replaced() -> None:
    arrays = lambda x, y: np.mod(x, y)  # noqa: E731
    before = dict(vars(Value))
    with declared(("x", "y"), "fmod(x, y)", (1.0, 0.0), operator="lshift", arrays=arrays) as first:
        assert (Value(5.0) << 3.0).partials == (1.0, None)
        assert (5.0 << Value(3.0)).partials == (None, 0.0)
        with declared(("x", "y"), "x", (1.0, 0.0), name="other", method=False):
            assert not hasattr(Value, "other")
        with declared(("x",), "2.0 * x", (2.0,)) as second:  # run again, in another form
            assert Value(5.0).tried().data == 10.0
            value_methods.uninstall(first)  # leaves what has replaced it
            assert Value(5.0).tried().data == 10.0
            assert not hasattr(Value, "__lshift__")
            assert second.function(Value(5.0)).data == 10.0
    after = dict(vars(Value))
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("item", {}, "item: Value has an attribute 'item' of its own"),
        ("tanh_", {}, "tanh: declared already"),
        ("tried", {"operator": "mul"}, "tried: __mul__ stands for multiply already"),
        ("tried", {"operator": "eq"}, "tried: Value has an attribute '__eq__' of its own"),
    ],
)
def test_what_is_not_its_own_stays(name: str, fields: Any, message: str) -> None:
    before, table = dict(vars(Value)), dict(PRIMITIVES)
    of_tensors = dict(vars(al.Tensor))
    with (
        pytest.raises(ValueError, match=message),
        declared(("x", "y"), "x", (1.0, 0.0), name=name, **fields),
    ):
        pass
    assert dict(vars(Value)) == before
    assert dict(vars(al.Tensor)) == of_tensors
    assert table == PRIMITIVES
    assert (Value(2.0) * 3.0).data == 6.0


def test_source_of_what_goes_the_general_way() -> None:
    assert source("where") == source("sum") == ""
    with declared(("x",), "x", (lambda x, z: 1.0 if x > 0.0 else 2.0,)):
        assert source("tried") == (
            "def forward(self):\n    return record(primitive, (self,), NO_PARAMS)\n"
        )
        assert Value(-1.0).tried().partials == (2.0,)
    with declared(("x", "y"), "x", (lambda x, y, z: 1.0 if x > 0.0 else y, 0.0)):
        x, y = Value(-1.0), Value(5.0)
        assert x.tried(y).partials == (5.0, 0.0)
        assert al.PRIMITIVES["tried"].function(-1.0, y).partials == (None, 0.0)
        assert [z.data for z in x.tried(np.array([y, 2.0 * y]))] == [-1.0, -1.0]
        with pytest.raises(TypeError, match=r"^tried: 'text' cannot be used"):
            x.tried("text")
