"""Properties of every primitive in the table, whatever they are.

Nothing here names an operation: a new declaration is tested by being declared. Its values and its
derivatives on arrays are those of `functions/test_table.py`.
"""

from __future__ import annotations

import builtins
import doctest
import inspect
import operator
import sys
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given
from primitive_checks import (
    FEW,
    check,
    gradients_of,
    names,
    numbers,
    points,
    results,
    sample_points,
    scalar_points,
    variables,
)

import autograd_lite
from autograd_lite import PRIMITIVES, Primitive, Tensor, Value, elementwise, gradients
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Elementwise, Structural, retract
from autograd_lite.engine.value import record_value
from autograd_lite.testing.calls import cotangent, is_differentiable

ALL = pytest.mark.parametrize("name", names())
ELEMENTWISE = pytest.mark.parametrize(
    "name", [name for name in names() if isinstance(PRIMITIVES[name], Elementwise)]
)
STRUCTURAL = pytest.mark.parametrize(
    "name", [name for name in names() if isinstance(PRIMITIVES[name], Structural)]
)

ANY = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 710.0, -746.0])


# ---------------------------------------------------------------- of Values


@ELEMENTWISE
@FEW
@given(data=st.data())
def test_derivatives_of_values(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    check(primitive, data.draw(scalar_points(primitive)), Value)


@ELEMENTWISE
@FEW
@given(data=st.data())
def test_constants_of_python_beside_tensors(name: str, data: st.DataObject) -> None:
    """At any numbers: where Python's arithmetic raises (1/0), a pass has NumPy's inf and nan."""
    primitive = PRIMITIVES[name]
    at = [
        data.draw(ANY if is_differentiable(primitive, i) else st.booleans())
        for i in range(len(primitive.operands))
    ]
    tensors = variables(primitive, at)
    chosen = data.draw(st.sampled_from([i for i, x in enumerate(tensors) if type(x) is Tensor]))
    beside = [Tensor(x) if i == chosen else x for i, x in enumerate(at)]
    with_values = [Value(x) if type(x) is float else x for x in beside]
    with np.errstate(all="ignore"):
        expected = gradients(apply(primitive, tensors, {}), [tensors[chosen]])
        for given in (beside, with_values):
            (found,) = gradients(apply(primitive, given, {}), [given[chosen]])
            assert same(float(found), float(expected[0]))


@ELEMENTWISE
@FEW
@given(data=st.data())
def test_generated_code_agrees_with_the_general_way(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    operands = [
        data.draw(st.booleans()) if not is_differentiable(primitive, i) else Value(data.draw(ANY))
        for i in range(len(primitive.operands))
    ]
    if len(operands) > 1 and data.draw(st.booleans()):
        i = data.draw(st.integers(0, len(operands) - 1))
        operands[i] = operands[i].data if isinstance(operands[i], Value) else operands[i]
    assume(any(isinstance(x, Value) for x in operands))
    with np.errstate(all="ignore"):
        usual, general = primitive.function(*operands), record_value(primitive, operands, {})
    assert usual.operands == general.operands
    assert same(usual.data, general.data)
    for a, b in zip(usual.partials, general.partials, strict=True):
        assert (a is None) == (b is None)
        assert a is None or same(a, b)


def same(a: float, b: float) -> bool:
    """Equal, or both nan; the general way may go through NumPy, whose last digit may differ."""
    return bool(np.isclose(a, b, rtol=1e-14, atol=0.0, equal_nan=True))


@ELEMENTWISE
@FEW
@given(data=st.data())
def test_derivative_on_paper_is_the_derivative(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    assert isinstance(primitive, Elementwise)
    at = numbers(data.draw(scalar_points(primitive)))
    z = primitive.evaluate_floats(*at)
    for i, rule in enumerate(primitive.on_paper):
        if i in primitive.constants:
            continue
        on_paper = rule(*at, z) if callable(rule) else rule
        assert on_paper == pytest.approx(primitive.partial(i, at, z), rel=1e-11, abs=1e-14)


# ---------------------------------------------------------------- kinds of numbers


@STRUCTURAL
@FEW
@given(data=st.data())
def test_arrays_of_values_agree_with_tensors(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    call = data.draw(points(primitive))
    arrays, tensors = [boxed(x) for x in call.operands], [Tensor(x) for x in call.operands]
    of_values = results(call.of(primitive.function, arrays))
    of_tensors = call.of(primitive.function, tensors)
    total = Value(0.0)
    for i, (objects, tensor) in enumerate(zip(of_values, results(of_tensors), strict=True)):
        plain, found = np.asarray(tensor.detach()), np.asarray(objects, dtype=object)
        assert found.shape == plain.shape
        np.testing.assert_allclose(unboxed(found), plain, rtol=1e-13, atol=1e-15)
        c = cotangent(plain.shape, 1 + 100 * i)
        total = sum((v * weight for v, weight in zip(found.flat, c.flat, strict=True)), total)
    expected = gradients_of(of_tensors, tensors)
    for array, e in zip(arrays, expected, strict=True):
        np.testing.assert_allclose(
            gradients(total, list(array.flat)), e.ravel(), rtol=1e-12, atol=1e-13
        )


def boxed(array: Any) -> Any:
    """An array of Values of these numbers."""
    values = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        values[index] = Value(array[index])
    return values


def unboxed(array: Any) -> Any:
    """The numbers of an array of Values (and of zeros that nothing was added to)."""
    numbers = [x.data if isinstance(x, Value) else float(x) for x in array.flat]
    return np.array(numbers).reshape(array.shape)


# ---------------------------------------------------------------- ways to call it


def records(z: Any, primitive: Primitive, expected: Any) -> bool:
    """Whether z is the result of the primitive, and this result, but for the last digit: NumPy
    computes powers of scalars and of arrays in two ways."""
    assert isinstance(z, tuple) == isinstance(expected, tuple)
    for one, right in zip(results(z), results(expected), strict=True):
        node = one.operands[0] if isinstance(z, tuple) else one
        assert node.primitive is primitive
        np.testing.assert_allclose(one.detach(), right, rtol=1e-15)
    return True


@ALL
@FEW
@given(data=st.data())
def test_every_way_to_call_it_records_it(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    call = data.draw(points(primitive))
    given = variables(primitive, call.operands)
    operands, params = call.applied
    expected = primitive.arrays(*operands, **params)
    z = apply(primitive, variables(primitive, operands), params)
    assert records(z, primitive, expected)
    assert records(call.of(primitive.function, given), primitive, expected)
    for function in primitive.numpy:
        assert records(call.of(function, given), primitive, expected)
    if primitive.operator:
        assert records(getattr(operator, primitive.operator)(*given), primitive, expected)
    if primitive.method:
        method = getattr(given[0], primitive.method)
        assert records(method(*given[1:], *call.args, **dict(call.kwargs)), primitive, expected)


@ELEMENTWISE
@FEW
@given(data=st.data())
def test_every_way_to_call_it_on_values_records_it(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    given = variables(primitive, numbers(data.draw(scalar_points(primitive))), Value)
    functions = [primitive.function, *primitive.numpy]
    if primitive.operator:
        functions.append(getattr(operator, primitive.operator))
    if primitive.method:
        functions.append(getattr(Value, primitive.method))
    for function in functions:
        z = function(*given)
        assert isinstance(z, Value)
        assert z.primitive is primitive
        assert all(a is b for a, b in zip(z.operands, given, strict=True))


PARTS = {
    "result_of", "onto_diagonal", "contract", "singular_vectors", "tall_qr", "power_norm",
    "cross_product",
}  # fmt: skip
"""What other functions are made of, and nobody calls."""


@ALL
def test_it_is_public_and_documented(name: str) -> None:
    primitive = PRIMITIVES[name]
    check_example(primitive)
    if not primitive.numpy and name not in PARTS:  # else NumPy's name reaches it
        assert getattr(autograd_lite, name) is primitive.function
    if vars(autograd_lite).get(name) is primitive.function:  # import * hides no builtin
        assert (name in autograd_lite.__all__) != hasattr(builtins, name)
    assert primitive.function.primitive is primitive  # type: ignore[attr-defined]
    shown = dict.fromkeys(primitive.operands, "u") or {"operands": "u"}
    assert "u" in primitive.text.format(**shown)
    assert "u" in primitive.latex.format(**shown)
    assert 1 <= primitive.precedence <= 5


def check_example(primitive: Primitive) -> None:
    """It has an example, which runs."""
    function, name = primitive.function, primitive.name
    documentation = inspect.getdoc(function)
    assert documentation is not None
    names_of_module = dict(vars(sys.modules[function.__module__]))
    example = doctest.DocTestParser().get_doctest(documentation, names_of_module, name, None, 0)
    assert example.examples, f"{name} has no example"
    result = doctest.DocTestRunner().run(example)
    assert result.failed == 0


# ---------------------------------------------------------------- a new one, declared wrongly


def check_all_calls(primitive: Primitive) -> None:
    for call in sample_points(primitive):
        check(primitive, call)


def test_a_wrong_derivative_of_a_new_primitive_is_found() -> None:
    @elementwise(
        floats="x * x * x",
        arrays=lambda x: x * x * x,
        partials=(lambda x, z: 2.0 * x * x,),
        method=False,
    )
    def cube(x: Any) -> Any:
        """x³, whose derivative is not 2x²."""

    try:
        assert "cube" in names()
        with pytest.raises(AssertionError, match="cube, first order"):
            check_all_calls(PRIMITIVES["cube"])
    finally:
        retract("cube")
    assert "cube" not in names()


def test_a_right_derivative_of_a_new_primitive_is_accepted() -> None:
    @elementwise(
        floats="x * x * x",
        arrays=lambda x: x * x * x,
        partials=(lambda x, z: 3.0 * x * x,),
        method=False,
    )
    def cube(x: Any) -> Any:
        """x³"""

    try:
        check_all_calls(PRIMITIVES["cube"])
        x = Value(2.0)
        y = cube(x)
        y.backward()
        assert (y.data, x.grad) == (8.0, 12.0)
    finally:
        retract("cube")


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="exp: declared already, in autograd_lite"):

        @elementwise(floats="x", arrays=lambda x: x, partials=(1.0,), method=False)
        def exp(x: Any) -> Any: ...
