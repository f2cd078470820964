"""Where gradients are kept, whom their arrays belong to, and of what type they are."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import (
    Tensor,
    Value,
    broadcast_to,
    concatenate,
    exp,
    gradients,
    is_recording,
    matmul,
    max,
    mean,
    no_grad,
    reshape,
    scatter,
    stack,
    sum,
    transpose,
    where,
)
from autograd_lite.engine import modes

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


# ---------------------------------------------------------------- accumulation


@KINDS
def test_grad_is_none_before_the_first_pass_and_after_zero_grad(kind: type) -> None:
    x = kind(3.0)
    assert x.grad is None
    (x * x).backward()
    (x * x).backward()
    assert x.grad == 12.0
    x.zero_grad()
    assert x.grad is None
    (x * x).backward()
    assert x.grad == 6.0


@KINDS
def test_gradient_to_start_from(kind: type) -> None:
    x = kind(3.0)
    (x * x).backward(0.5)
    assert x.grad == 3.0
    (x * x).backward(np.array(2.0))
    assert x.grad == 15.0


@pytest.mark.parametrize("start", [[1, 2], np.array([1.0, 2.0]), np.array([1, 2], np.uint8)])
def test_gradient_to_start_from_gets_the_dtype_of_the_output(start: Any) -> None:
    x = Tensor(np.ones(2, np.float32))
    for y in (x, +x):
        y.backward(start)
        assert x.grad.dtype == np.float32
        (g,) = gradients(y, [y], start)
        assert g.dtype == np.float32
    assert x.grad.tolist() == [2.0, 4.0]


@KINDS
def test_leaf_alone(kind: type) -> None:
    x = kind(3.0)
    x.backward()
    x.backward(2.0)
    assert x.grad == 3.0


def test_every_value_on_the_way_gets_its_grad() -> None:
    x = Value(3.0)
    y = x * x
    z = y + 1.0
    z.backward()
    assert (x.grad, y.grad, z.grad) == (6.0, 1.0, 1.0)


def test_tensors_on_the_way_get_none_but_those_that_keep_it() -> None:
    x = Tensor([3.0])
    y = x * x
    kept = (y + 1.0).keep_grad()
    z = kept * 2.0
    z.sum().backward()
    assert y.grad is None
    assert z.grad is None
    assert kept.grad.tolist() == [2.0]
    z.sum().backward()
    assert kept.grad.tolist() == [4.0]
    assert x.grad.tolist() == [24.0]


@KINDS
def test_gradients_changes_no_grad(kind: type) -> None:
    x, w = kind(3.0), kind(2.0)
    y = x * x * w
    assert [float(g) for g in gradients(y, [w, x, x])] == [9.0, 12.0, 12.0]
    assert x.grad is None
    assert w.grad is None
    assert y.grad is None


@KINDS
def test_gradient_by_an_intermediate_variable(kind: type) -> None:
    x = kind(3.0)
    y = x * x
    z = y * y
    assert [float(g) for g in gradients(z, [y, z, x])] == [18.0, 1.0, 108.0]


@KINDS
def test_variable_that_the_output_does_not_depend_on(kind: type) -> None:
    x, other = kind(3.0), kind(5.0)
    assert [float(g) for g in gradients(x * x, [other, x])] == [0.0, 6.0]
    (x * x).backward()
    assert other.grad is None


def test_zero_gradient_has_the_shape_and_dtype_of_its_variable() -> None:
    x, other = Tensor([3.0]), Tensor(np.ones((2, 3), np.float32))
    (g,) = gradients(x.sum(), [other])
    assert g.shape == (2, 3)
    assert g.dtype == np.float32


@KINDS
def test_recorded_gradients_are_always_variables(kind: type) -> None:
    x, other = kind(3.0), kind(5.0)
    found = gradients(2.0 * x, [x, other], record=True)
    assert [type(g) for g in found] == [kind, kind]
    assert [g.item() for g in found] == [2.0, 0.0]
    for g in found:
        (g * x).backward()
    assert x.grad == 2.0


def test_gradient_to_start_from_may_be_a_variable_when_recorded() -> None:
    x, v = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    (g,) = gradients(x * x, [x], v, record=True)
    g.sum().backward()
    assert v.grad.tolist() == [2.0, 4.0]
    assert x.grad.tolist() == [6.0, 8.0]


@KINDS
def test_recording_inside_no_grad_is_possible_where_asked_for(kind: type) -> None:
    x = kind(3.0)
    y = x * x * x
    with no_grad():
        (g,) = gradients(y, [x], record=True)
    assert is_recording()
    assert modes.paused == 0
    g.backward()
    assert x.grad == 18.0


@KINDS
def test_grad_can_be_set(kind: type) -> None:
    x = kind(3.0)
    x.grad = 1.0
    (x * x).backward()
    assert x.grad == 7.0
    x.grad = None
    assert x.grad is None


# ---------------------------------------------------------------- Values beside Tensors


def test_a_value_beside_an_array_stands_for_a_number() -> None:
    s, x = Value(2.0), Tensor([1.0, 2.0, 3.0])
    y = s * x
    assert isinstance(y, Tensor)
    y.sum().backward()
    assert s.grad == 6.0
    assert isinstance(s.grad, float)
    assert x.grad.tolist() == [2.0, 2.0, 2.0]
    z = s * np.array([1.0, 2.0])
    assert isinstance(z, Tensor)
    z.sum().backward()
    assert s.grad == 9.0


def test_graph_from_values_through_tensors_and_back() -> None:
    a, b = Value(0.5), Value(2.0)
    t = stack([a * b, a, b])
    assert isinstance(t, Tensor)
    y = (t * t).sum() * a
    y.backward()
    # y = a·(a²b² + a² + b²)
    assert a.grad == pytest.approx(3 * 0.25 * 4 + 3 * 0.25 + 4)
    assert b.grad == pytest.approx(0.5 * (2 * 0.25 * 2 + 2 * 2))
    (first,) = gradients(y, [a], record=True)
    (second,) = gradients(first, [a])
    assert second == pytest.approx(6 * 0.5 * 4 + 6 * 0.5)


def test_a_value_scattered() -> None:
    s = Value(2.0)
    y = scatter(s, [0, 2, 2], (3,))
    assert y.detach().tolist() == [2.0, 0.0, 4.0]
    (y * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert s.grad == 201.0


@given(
    st.lists(st.sampled_from([Value, Tensor]), min_size=2, max_size=2),
    st.floats(-3.0, 3.0),
    st.floats(-3.0, 3.0),
)
def test_mixed_scalars_agree(kinds: list[type], x: float, y: float) -> None:
    a, b = kinds[0](x), kinds[1](y)
    (exp(a * b) + a / (b * b + 1.0)).backward()
    e, d = np.exp(x * y), y * y + 1.0
    assert float(a.grad) == pytest.approx(y * e + 1 / d, rel=1e-12, abs=1e-12)
    assert float(b.grad) == pytest.approx(x * e - 2 * x * y / d**2, rel=1e-12, abs=1e-12)


# ---------------------------------------------------------------- no array belongs to two


def pairs_of_leaves() -> tuple[Tensor, Tensor]:
    return Tensor(np.ones((2, 2))), Tensor(np.full((2, 2), 2.0))


SHARING: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("add", lambda a, b: a + b),
    ("add-itself", lambda a, b: a + a + b),
    ("subtract", lambda a, b: (a - b) + b),
    ("positive", lambda a, b: +a + (+b)),
    ("chain", lambda a, b: ((a + b) + a) + b),
    ("reshape", lambda a, b: reshape(reshape(a, (4,)) + reshape(b, (4,)), (2, 2))),
    ("transpose", lambda a, b: transpose(transpose(a) + transpose(b))),
    ("broadcast", lambda a, b: broadcast_to(a, (2, 2)) + broadcast_to(b, (1, 2, 2))[0]),
    ("concatenate", lambda a, b: concatenate([a, b])[:2] + concatenate([b, a])[:2]),
    ("stack", lambda a, b: stack([a, b]).sum(axis=0)),
    ("where", lambda a, b: where(True, a, b) + where(False, a, b)),
    ("getitem", lambda a, b: a[...] + b[:, :]),
]


@pytest.mark.parametrize("f", [f for _, f in SHARING], ids=[name for name, _ in SHARING])
def test_no_gradient_array_is_shared(f: Callable[[Any, Any], Any]) -> None:
    a, b = pairs_of_leaves()
    y = f(a, b).keep_grad()
    start = np.ones((2, 2))
    y.backward(start)
    holders = {"a": a.grad, "b": b.grad, "y": y.grad, "start": start}
    for (one, left), (other, right) in itertools.combinations(holders.items(), 2):
        assert not np.shares_memory(left, right), f"{one} and {other} share a gradient"
    before = b.grad.copy()
    a.grad[...] = 100.0
    np.testing.assert_array_equal(b.grad, before)
    y.backward(start)
    np.testing.assert_array_equal(b.grad, 2 * before)


@pytest.mark.parametrize("f", [f for _, f in SHARING], ids=[name for name, _ in SHARING])
def test_no_array_of_gradients_is_shared(f: Callable[[Any, Any], Any]) -> None:
    a, b = pairs_of_leaves()
    y = f(a, b)
    start = np.ones((2, 2))
    found = [*gradients(y, [a, b, y], start), start]
    for left, right in itertools.combinations(found, 2):
        assert not np.shares_memory(left, right)
    for g in found:
        g[...] = 100.0  # every one can be written to


@pytest.mark.parametrize("reduce", [sum, mean, max, lambda x: x[0, 0], lambda x: x.reshape(4)[1]])
def test_gradient_of_a_reduction_can_be_changed(reduce: Callable[[Any], Any]) -> None:
    a, _ = pairs_of_leaves()
    reduce(a).backward()
    once = a.grad.copy()
    reduce(a).backward()
    np.testing.assert_array_equal(a.grad, 2 * once)
    a.grad[...] = 0.0
    assert a.grad.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_gradient_does_not_change_when_more_flows() -> None:
    """An array that was handed out is not added to later."""
    a, _ = pairs_of_leaves()
    y = a * 2.0
    first = y.keep_grad()
    y.sum().backward()
    held = first.grad
    before = held.copy()
    y.sum().backward()
    np.testing.assert_array_equal(held, before)


# ---------------------------------------------------------------- types


@pytest.mark.parametrize(
    "f",
    [
        lambda t: t * 2.0,
        lambda t: 2.0 * t,
        lambda t: 1 + t,
        lambda t: t - 1,
        lambda t: t**2,
        lambda t: 2.0**t,
        lambda t: t / 3,
        lambda t: -abs(t),
        lambda t: where(True, t, 0.0),
        lambda t: t.sum() * 2.0,
        lambda t: t.mean(),
        lambda t: t * np.float32(2.0),
        lambda t: t * np.array([1, 2], dtype=np.int8),
        lambda t: t * np.array([True, False]),
        lambda t: t * Value(2.0),
        lambda t: t.relu() + t.sigmoid() + t.tanh() + t.exp() + t.softplus() + t.step(),
        lambda t: t.maximum(0.0) + t.minimum(1),
        lambda t: t.softmax() + t.log_softmax() + t.logsumexp(),
        lambda t: t @ np.ones(2, np.float32),
        lambda t: t[[0, 0, 1]],
        lambda t: concatenate([t, t]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_narrow_floats_stay_narrow_beside_python_numbers(
    f: Callable[[Any], Any], dtype: type
) -> None:
    t = Tensor(np.array([0.5, 1.5], dtype))
    y = f(t)
    widened = dtype is np.float16 and np.result_type(y.dtype, dtype) == np.float32
    assert y.dtype == dtype or widened  # float16 beside a float32 array is float32
    y.sum().backward()
    assert t.grad.dtype == dtype
    (g,) = gradients(y.sum(), [t], record=True)
    assert g.dtype == dtype


def test_float32_beside_float64_is_float64_and_its_gradient_float32() -> None:
    a, b = Tensor(np.ones(2, np.float32)), Tensor(np.ones(2))
    y = a * b
    assert y.dtype == np.float64
    y.sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)


@pytest.mark.parametrize("given_", [3, [1, 2], np.array([1, 2]), np.array([1, 2], np.uint8)])
def test_whole_numbers_become_float64(given_: Any) -> None:
    assert Tensor(given_).dtype == np.float64


@pytest.mark.parametrize(
    "constant", [2, 2.0, True, np.int64(2), np.array([2, 3]), [2, 3], (2.0, 3)]
)
def test_what_is_no_variable_is_a_constant(constant: Any) -> None:
    t = Tensor([1.0, 1.0])
    y = t * constant
    assert y.dtype == np.float64
    y.sum().backward()
    np.testing.assert_array_equal(t.grad, np.broadcast_to(constant, (2,)))


@pytest.mark.parametrize("number", [2, 2.0, True, np.int64(2), np.float32(2.0), np.array(2.0)])
def test_numbers_become_python_floats_in_values(number: Any) -> None:
    x = Value(number)
    assert type(x.data) is float
    y = x * number + number
    assert type(y.data) is float
    y.backward(number)
    assert type(x.grad) is float


def test_gradient_dtype_of_data_replaced() -> None:
    t = Tensor(np.ones(2, np.float32))
    t.data = np.array([1.0, 2.0])
    assert t.dtype == np.float32
    t.grad = [1.0, 2.0]
    assert t.grad.dtype == np.float32


@pytest.mark.parametrize("to", [np.float16, np.float32, np.float64])
def test_gradient_through_astype(to: type) -> None:
    t = Tensor(np.ones(2, np.float32))
    y = t.astype(to) * 2
    assert y.dtype == to
    y.sum().backward()
    assert t.grad.dtype == np.float32
    assert matmul(t, t).dtype == np.float32
