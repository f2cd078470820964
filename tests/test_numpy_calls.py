"""NumPy's functions and arrays beside variables: recorded, or plain, or refused by name."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, gradients
from autograd_lite.engine.primitive import CONSTANTS

ARRAY = np.array([[0.5, 1.0, 1.5], [2.0, 2.25, 3.0]])


# ---------------------------------------------------------------- functions with a rule

RECORDED: list[tuple[str, Callable[[Any], Any]]] = [
    ("exp", lambda t: np.exp(t)),
    ("sum-axis", lambda t: np.sum(t, axis=0)),
    ("sum-keepdims", lambda t: np.sum(t, axis=(0, 1), keepdims=True)),
    ("mean", lambda t: np.mean(t, 1)),
    ("max", lambda t: np.max(t, axis=1)),
    ("where", lambda t: np.where(ARRAY > 2, t, 0.0)),
    ("where-variable-last", lambda t: np.where(ARRAY > 2, 1.0, t)),
    ("concatenate", lambda t: np.concatenate([t, ARRAY], axis=1)),
    ("concatenate-flat", lambda t: np.concatenate([ARRAY, t], axis=None)),
    ("stack", lambda t: np.stack([t, ARRAY], axis=-1)),
    ("reshape", lambda t: np.reshape(t, (3, 2))),
    ("transpose", lambda t: np.transpose(t)),
    ("swapaxes", lambda t: np.swapaxes(t, 0, 1)),
    ("broadcast_to", lambda t: np.broadcast_to(t, (4, 2, 3))),
    ("matmul", lambda t: np.matmul(t, ARRAY.T)),
    ("dot", lambda t: np.dot(ARRAY.T, t)),
    ("power", lambda t: np.power(t, 2)),
    ("maximum", lambda t: np.maximum(t, 2.125)),
    ("true_divide", lambda t: np.true_divide(1.0, t)),
    ("array-times", lambda t: ARRAY * t),
    ("array-minus", lambda t: ARRAY - t),
    ("array-over", lambda t: ARRAY / t),
    ("array-to-the", lambda t: ARRAY**t),
    ("array-matmul", lambda t: ARRAY.T @ t),
    ("number-times", lambda t: np.float64(2.0) * t),
    ("0-d-times", lambda t: np.array(2.0) * t),
    ("whole-number-minus", lambda t: np.int64(2) - t),
    ("float32-times", lambda t: np.float32(2.0) * t),
    ("list-plus", lambda t: operator.add([1.0, 2.0, 3.0], t)),
    ("plus-list", lambda t: operator.add(t, [[1.0], [2.0]])),
    ("abs", lambda t: np.abs(t)),
    ("negative", lambda t: np.negative(t)),
]


@pytest.mark.parametrize("f", [f for _, f in RECORDED], ids=[name for name, _ in RECORDED])
def test_recorded(f: Callable[[Any], Any]) -> None:
    t = Tensor(ARRAY)
    y = f(t)
    assert type(y) is Tensor
    assert not y.is_leaf
    expected = f(ARRAY)
    np.testing.assert_allclose(y.detach(), expected, rtol=1e-15)
    weights = np.arange(1.0, expected.size + 1).reshape(expected.shape)
    (found,) = gradients(y, [t], weights)
    step = 1e-6
    for index in np.ndindex(ARRAY.shape):
        moved = ARRAY.copy()
        moved[index] += step
        above = np.sum(weights * f(moved))
        moved[index] -= 2 * step
        slope = (above - np.sum(weights * f(moved))) / (2 * step)
        assert found[index] == pytest.approx(slope, rel=1e-6, abs=1e-5)


BY_SIGNATURE: list[tuple[str, Callable[[Any], Any]]] = [
    ("sum-dtype-third", lambda t: np.sum(t, 0, None)),
    ("sum-everything", lambda t: np.sum(t, 0, np.float64, None, True)),
    ("sum-by-name", lambda t: np.sum(a=t, axis=1, keepdims=True, where=True)),
    ("mean-dtype", lambda t: np.mean(t, 0, np.float64)),
    ("max-out", lambda t: np.max(t, 0, None)),
    ("amax-keepdims", lambda t: np.amax(t, 1, None, True)),
    ("swapaxes-by-name", lambda t: np.swapaxes(t, axis1=0, axis2=1)),
    ("reshape-order", lambda t: np.reshape(t, (3, 2), order="C")),
    ("reshape-by-columns", lambda t: np.reshape(t, (3, 2), "F")),
    ("transpose-by-name", lambda t: np.transpose(a=t, axes=(1, 0))),
    ("broadcast_to-subok", lambda t: np.broadcast_to(t, (4, 2, 3), True)),
    ("concatenate-dtype", lambda t: np.concatenate((t, ARRAY), 1, dtype=np.float64)),
    ("stack-out", lambda t: np.stack([ARRAY, t], 0, None, casting="same_kind")),
    ("dot-out", lambda t: np.dot(t, ARRAY.T, None)),
    ("exp-options", lambda t: np.exp(t, None, where=True, order="K", subok=True)),
    ("add-dtype", lambda t: np.add(t, 1, dtype=np.float64)),
    ("outer", lambda t: np.multiply.outer(t, ARRAY)),
    ("outer-reflected", lambda t: np.subtract.outer([1.0, 2.0], t)),
    ("method-sum", lambda t: t.sum(0, None)),
    ("method-mean", lambda t: t.mean(1, np.float64)),
    ("method-max", lambda t: t.max(axis=0, keepdims=True)),
]


@pytest.mark.parametrize("f", [f for _, f in BY_SIGNATURE], ids=[name for name, _ in BY_SIGNATURE])
def test_by_numpys_signature(f: Callable[[Any], Any]) -> None:
    test_recorded(f)


@pytest.mark.parametrize(
    "f",
    [
        lambda t: np.sum(t, dtype=np.float32),
        lambda t: np.mean(t, 0, np.float32),
        lambda t: t.sum(dtype="f4"),
        lambda t: np.exp(t, dtype=np.float32),
        lambda t: np.concatenate([t, ARRAY], dtype=np.float32),
    ],
)
def test_dtype_in_which_to_compute(f: Callable[[Any], Any]) -> None:
    t = Tensor(ARRAY)
    y = f(t)
    assert y.dtype == f(ARRAY).dtype == np.float32
    (found,) = gradients(y, [t], np.ones(y.shape))
    assert found.dtype == np.float64


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda t: np.sum(t, where=ARRAY), r"^sum: where= takes truth values, not float64"),
        (lambda t: np.sum(t, 0, int), r"^sum: int64 has no gradient; use x\.detach\(\)\.astype"),
        (lambda t: np.sum(t, out=np.ones(())), r"^np\.sum: a variable cannot be written into"),
        (
            lambda t: np.sum(ARRAY, out=t),
            r"^np\.sum: a variable .*, nor an array into",
        ),
        (lambda t: np.exp(t, casting="no"), r"^np\.exp: the argument casting=… is not supported"),
        (lambda t: np.exp(t, dtype=int), r"^np\.exp: int64 has no gradient"),
        (lambda t: np.add(t, 1, foo=1), r"add\(\) got an unexpected keyword argument 'foo'"),
        (lambda t: np.sum(t, foo=1), r"sum\(\) got an unexpected keyword argument 'foo'"),
        (lambda t: np.sum(t, 0, None, None, True, 0, True, 7), r"sum\(\) takes from 1 to 7 "),
        (lambda t: np.swapaxes(t, 0), r"swapaxes\(\) missing 1 required .*'axis2'"),
        (lambda t: t.max(0, np.float64), r"^max: keepdims must be True or False"),
        (lambda t: np.add.at(ARRAY.copy(), 0, t), r"cannot be written into a plain ndarray"),
    ],
)
def test_arguments_that_are_refused(f: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        f(Tensor(ARRAY))


def test_fill_value_gets_its_gradient() -> None:
    x = Value(2.0)
    y = np.full_like(Tensor(ARRAY), x)
    assert y.shape == ARRAY.shape
    y.sum().backward()
    assert x.grad == 6.0
    filled = np.full_like(Tensor(ARRAY), 2.0)
    assert filled.is_leaf
    assert filled.detach().tolist() == [[2.0] * 3] * 2
    assert type(np.full_like(Tensor(ARRAY), 2.0, dtype=int)) is np.ndarray


@pytest.mark.parametrize("f", [lambda t: np.round(ARRAY, 0, t), lambda t: np.argmax(ARRAY, 1, t)])
def test_nothing_is_written_into_a_variable(f: Callable[[Any], Any]) -> None:
    t = Tensor(np.zeros(ARRAY.shape))
    with pytest.raises((TypeError, ValueError)):
        f(t)
    assert not t.data.any()


def test_one_argument_where_is_nonzero() -> None:
    assert [i.tolist() for i in np.where(Tensor([0.0, 2.0, 3.0]))] == [[1, 2]]


# ---------------------------------------------------------------- Values

OF_NUMBERS: list[tuple[str, Callable[[Any], Any]]] = [
    ("exp", lambda x: np.exp(x)),
    ("sin", lambda x: np.sin(x)),
    ("maximum", lambda x: np.maximum(x, 0.5)),
    ("where", lambda x: np.where(True, x, 0.0)),
    ("float64-times", lambda x: np.float64(2.0) * x),
    ("times-float64", lambda x: x * np.float64(2.0)),
    ("float64-minus", lambda x: np.float64(2.0) - x),
    ("float64-over", lambda x: np.float64(2.0) / x),
    ("float64-power", lambda x: np.float64(2.0) ** x),
    ("int64-times", lambda x: np.int64(2) * x),
    ("0-d-array-times", lambda x: np.array(2.0) * x),
    ("times-0-d-array", lambda x: x * np.array(2.0)),
    ("bool-times", lambda x: np.True_ * x),
]


@pytest.mark.parametrize("f", [f for _, f in OF_NUMBERS], ids=[name for name, _ in OF_NUMBERS])
def test_values_stay_values(f: Callable[[Any], Any]) -> None:
    x = Value(1.5)
    y = f(x)
    assert type(y) is Value
    assert not y.is_leaf
    assert y.data == pytest.approx(float(f(1.5)), rel=1e-15)
    y.backward()
    assert x.grad == pytest.approx((float(f(1.5 + 1e-6)) - float(f(1.5 - 1e-6))) / 2e-6, rel=1e-8)


@pytest.mark.parametrize("f", [lambda x: np.float32(0.1) * x, lambda x: x * np.float32(0.1)])
def test_values_are_float64_beside_float32(f: Callable[[Any], Any]) -> None:
    x = Value(1.1)
    y = f(x)
    y.backward()
    assert type(y) is Value
    assert (y.data, x.grad) == (float(np.float32(0.1)) * 1.1, float(np.float32(0.1)))


@pytest.mark.parametrize(
    "f",
    [
        lambda v, a: v * a,
        lambda v, a: a * v,
        lambda v, a: v @ a,
        lambda v, a: a @ v,
        lambda v, a: np.exp(v) + a,
        lambda v, a: np.sum(v * a),
        lambda v, a: v[::-1] / a,
        lambda v, a: np.dot(v, a),
        lambda v, a: v - np.float64(2.0),
        lambda v, a: np.concatenate([v, a]),
        lambda v, a: v**2,
        lambda v, a: 2.0**v,
        lambda v, a: abs(v) + (-v),
        lambda v, a: np.where(a > 2, v, 0.0),
        lambda v, a: v.reshape(3, 1) * a,
    ],
)
def test_arrays_of_values(f: Callable[[Any, Any], Any]) -> None:
    plain, a = np.array([0.5, 1.5, 2.5]), np.array([1.0, 2.0, 3.0])
    values = np.array([Value(x) for x in plain])
    y = np.asarray(f(values, a), dtype=object)
    expected = f(plain, a)
    assert y.shape == np.shape(expected)
    numbers = [x.data if isinstance(x, Value) else x for x in y.flat]
    np.testing.assert_allclose(np.array(numbers, float), np.ravel(expected), rtol=1e-15)
    total = sum(x for x in y.flat if isinstance(x, Value))
    total.backward()
    tensor = Tensor(plain)
    f(tensor, a).sum().backward()
    found = [0.0 if v.grad is None else v.grad for v in values]
    np.testing.assert_allclose(found, tensor.grad, rtol=1e-14)


def test_array_of_values_and_tensor() -> None:
    values = np.array([Value(1.0), Value(2.0)])
    t = Tensor([1.0, 2.0])
    for z in (values * t, t * values, np.multiply(t, values)):
        assert type(z) is Tensor
        assert z.detach().tolist() == [1.0, 4.0]
        z.sum().backward()
    assert [v.grad for v in values] == [3.0, 6.0]
    assert t.grad.tolist() == [3.0, 6.0]


# ---------------------------------------------------------------- plain results


def test_comparisons_are_plain() -> None:
    t, x = Tensor([1.0, 2.0, 3.0]), Value(2.0)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        for other in (2.0, np.array([3.0, 2.0, 1.0]), Tensor([3.0, 2.0, 1.0])):
            found = compare(t, other)
            plain = other.detach() if isinstance(other, Tensor) else other
            assert type(found) is np.ndarray
            assert found.dtype == bool
            np.testing.assert_array_equal(found, compare(np.array([1.0, 2.0, 3.0]), plain))
        for number in (1.0, 2, np.float64(3.0), Value(2.0)):
            found = compare(x, number)
            assert type(found) is bool
            plain = number.item() if isinstance(number, Value) else number
            assert found == compare(2.0, plain)
            assert bool(compare(number, x)) == compare(plain, 2.0)
    assert (np.array([1.0, 9.0, 3.0]) == t).tolist() == [True, False, True]
    assert (np.array([1.0, 9.0, 3.0]) > t).tolist() == [False, True, False]


PLAIN: list[tuple[str, Callable[[Any], Any]]] = [
    ("argmax", lambda t: np.argmax(t)),
    ("argmax-axis", lambda t: np.argmax(t, axis=1)),
    ("argmin", lambda t: np.argmin(t)),
    ("argsort", lambda t: np.argsort(t)),
    ("shape", lambda t: np.shape(t)),
    ("ndim", lambda t: np.ndim(t)),
    ("size", lambda t: np.size(t)),
    ("greater", lambda t: np.greater(t, 2.0)),
    ("isnan", lambda t: np.isnan(t)),
    ("isfinite", lambda t: np.isfinite(t)),
    ("allclose", lambda t: np.allclose(t, ARRAY)),
    ("zeros_like", lambda t: np.zeros_like(t, int)),
    ("ones_like", lambda t: np.ones_like(t, bool)),
    ("floor", lambda t: np.floor(t)),
    ("round", lambda t: np.round(t)),
    ("any", lambda t: np.any(t > 2)),
    ("count_nonzero", lambda t: np.count_nonzero(t)),
    ("result_type", lambda t: np.result_type(t, np.float32)),
    ("array_equal", lambda t: np.array_equal(t, t)),
]


@pytest.mark.parametrize("f", [f for _, f in PLAIN], ids=[name for name, _ in PLAIN])
def test_plain(f: Callable[[Any], Any]) -> None:
    found, expected = f(Tensor(ARRAY)), f(ARRAY)
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)


SECOND = {
    np.isclose: 2.0,
    np.allclose: 2.0,
    np.array_equal: 2.0,
    np.array_equiv: 2.0,
    np.searchsorted: 2.0,
    np.argpartition: 1,
    np.isin: [2.0],
    np.digitize: [1.5],
    np.shares_memory: ARRAY,
    np.may_share_memory: ARRAY,
}
"""What must stand beside the first argument."""

OF_MATRICES = {np.tril_indices_from, np.triu_indices_from, np.diag_indices_from}


@pytest.mark.parametrize("function", CONSTANTS, ids=lambda function: function.__name__)
def test_every_function_with_plain_results_takes_variables(function: Any) -> None:
    array = np.array([[1.0, 2.0], [3.0, 4.0]]) if function in OF_MATRICES else np.array([1.0, 2.0])
    binary = isinstance(function, np.ufunc) and function.nin == 2
    others = (SECOND[function],) if function in SECOND else (2.0,) if binary else ()
    found, expected = function(Tensor(array), *others), function(array, *others)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.argmax(),
        lambda x: x.argmin(axis=0),
        lambda x: x.argsort(axis=-1, kind="stable"),
        lambda x: x.argpartition(1),
        lambda x: x.any(axis=1, keepdims=True),
        lambda x: x.all(),
        lambda x: x.nonzero(),
        lambda x: x[0].searchsorted(1.5, side="right"),
    ],
)
def test_methods_with_plain_results(f: Callable[[Any], Any]) -> None:
    found, expected = f(Tensor(ARRAY)), f(ARRAY)
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found, expected)


def test_plain_questions_about_values() -> None:
    x = Value(2.5)
    assert np.ndim(x) == 0
    assert np.shape(x) == ()
    assert np.floor(x) == 2.0
    assert not np.isnan(x)
    assert not isinstance(np.floor(x), Value)


def test_truth_and_numbers() -> None:
    assert bool(Value(0.5)) is True
    assert bool(Value(0.0)) is False
    assert bool(Tensor([[0.5]])) is True
    assert bool(Tensor(0.0)) is False
    assert Value(0.5).item() == Tensor([[0.5]]).item() == 0.5
    assert len(Tensor(ARRAY)) == 2
    assert [row.detach().tolist() for row in Tensor(ARRAY)] == ARRAY.tolist()
    assert f"{Value(0.5):.3f}" == "0.500"


def test_variables_are_keys_by_identity() -> None:
    a, b, t, u = Value(1.0), Value(1.0), Tensor([1.0]), Tensor([1.0])
    assert len({a, b, t, u}) == 4
    assert {a: "a", t: "t"}[t] == "t"


def test_sum_of_python_starts_from_nothing() -> None:
    a, b = Value(1.0), Value(2.0)
    total = sum([a, b])
    assert len(total.operands) == 2
    assert total.operands[0] is a  # == compares the numbers
    assert total.operands[1] is b
    assert sum([Tensor([1.0]), Tensor([2.0])]).detach().tolist() == [3.0]


def test_in_place_operators_make_new_variables() -> None:
    for x in (Value(2.0), Tensor(2.0)):
        y = x
        y *= 3.0
        y += 1.0
        assert y is not x
        assert x.item() == 2.0
        y.backward()
        assert x.grad == 3.0
