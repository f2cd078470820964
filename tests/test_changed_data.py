"""Data that changes between the forward and the reverse pass: the gradient is the one at the point
where the forward pass ran, or there is an error; never a mixture."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from primitive_checks import FEW, gradients_of, names, numbers, points, scalar_points, variables

from autograd_lite import (
    PRIMITIVES,
    Primitive,
    Tensor,
    Value,
    broadcast_to,
    checkpoint,
    grad,
    gradients,
    multiply,
    no_grad,
    sin,
    split,
    tanh,
    vmap,
    where,
)
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.testing.calls import is_differentiable

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


# ---------------------------------------------------------------- every primitive


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, Tensor) for name in names()]
    + [(name, Value) for name in names() if isinstance(PRIMITIVES[name], Elementwise)],
)
@FEW
@given(data=st.data())
def test_data_replaced_after_the_forward_pass(name: str, kind: type, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    call = data.draw((scalar_points if kind is Value else points)(primitive))
    expected = replaced_or_not(primitive, kind, call, (), record=False)
    places = [i for i in range(len(call.operands)) if is_differentiable(primitive, i)]
    replaced = data.draw(st.sets(st.sampled_from(places), min_size=1))
    found = replaced_or_not(primitive, kind, call, replaced, record=False)
    for a, e in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, e)
    try:
        recorded = replaced_or_not(primitive, kind, call, replaced, record=True)
    except ValueError as error:
        assert "was replaced after it was used" in str(error)  # noqa: PT017
    else:
        for a, e in zip(recorded, expected, strict=True):
            np.testing.assert_allclose(a, e, rtol=1e-14)


def replaced_or_not(
    primitive: Primitive, kind: type, call: Any, replaced: Any, record: bool
) -> list[Any]:
    """The gradients after the data of the operands in `replaced` became another."""
    operands, params = call.applied
    given = variables(primitive, numbers(call) if kind is Value else operands, kind)
    z = apply(primitive, given, params)
    for i in replaced:
        given[i].data = 0.7 * given[i].data + 0.1
    wanted = [x for x in given if isinstance(x, kind)]
    found = gradients_of(z, wanted, record)
    return [g.detach() if isinstance(g, kind) else g for g in found]


def test_recorded_gradient_of_replaced_data_is_refused() -> None:
    for function, x, other in (
        (sin, Value(1.0), -1.0),  # the same derivative there, not the same second derivative
        (tanh, Value(1.0), 2.0),
        (sin, Tensor([1.0]), np.array([-1.0])),
    ):
        y = function(x)
        x.data = other
        with pytest.raises(ValueError, match="was replaced after it was used"):
            gradients(y, [x], np.ones(y.shape), record=True)
    x = Value(2.0)
    y = x * 3.0
    x.data = 2.0  # replaced by the same
    (g,) = gradients(y, [x], record=True)
    assert g.data == 3.0


# ---------------------------------------------------------------- changes in place


def squares(w: Any) -> Any:
    return (w * w).sum()


def replace(w: Tensor) -> None:
    w.data = np.array([9.0, 9.0])


def assign(w: Tensor) -> None:
    w.data[...] = 9.0


def subtract_from(w: Tensor) -> None:
    w.data -= 9.0


def assign_one(w: Tensor) -> None:
    w.data[0] = 9.0


@pytest.mark.parametrize("change", [replace, assign, subtract_from, assign_one])
def test_leaf_changed_between_forward_and_backward(change: Callable[[Tensor], None]) -> None:
    w = Tensor([1.0, 2.0])
    y = squares(w)
    change(w)
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]
    assert w.data.tolist() != [1.0, 2.0]
    w.zero_grad()
    squares(w).backward()
    assert w.grad.tolist() == (2 * w.data).tolist()


@pytest.mark.parametrize("shape", [(), (2,), (1, 2)])
@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[...], lambda a: a.ravel()[:1]])
def test_handle_taken_before_the_forward_pass(
    view: Callable[[Any], Any], shape: tuple[int, ...]
) -> None:
    w = Tensor(np.full(shape, 2.0))
    handle = view(w.data)
    y = squares(w)
    try:
        handle[...] = 9.0
        y.backward()
    except ValueError as error:
        assert "read-only" in str(error) or "was changed after it was used" in str(error)  # noqa: PT017
        assert w.grad is None
    else:
        assert np.all(w.grad == 4.0)


def test_handle_changed_between_two_rounds_trains() -> None:
    w = Tensor([1.0, 2.0])
    handle = w.data
    for _ in range(3):
        squares(w).backward()
        handle -= 0.25 * w.grad
        w.zero_grad()
    assert w.data.tolist() == [0.125, 0.25]


def test_leaf_used_before_and_after_a_change() -> None:
    w = Tensor([1.0, 2.0])
    first = w * w
    w.data += 10.0
    second = w * w
    (first + second).sum().backward()
    assert w.grad.tolist() == [2.0 + 22.0, 4.0 + 24.0]


def test_value_used_before_and_after_a_change() -> None:
    w = Value(1.0)
    first = w * w
    w.data += 10.0
    (first + w * w).backward()
    assert w.grad == 24.0


def test_change_after_no_grad_does_not_need_a_copy() -> None:
    w = Tensor(np.ones(3))
    with no_grad():
        squares(w)
    w.data += 1.0
    assert w.data.tolist() == [2.0, 2.0, 2.0]


# ---------------------------------------------------------------- arrays that are borrowed


@pytest.mark.parametrize("shape", [(), (2,), (2, 0)])
def test_borrowed_array_is_used_itself(shape: tuple[int, ...]) -> None:
    array = np.ones(shape)
    w = Tensor(array, copy=False)
    assert np.shares_memory(w.data, array) or array.size == 0
    squares(w).backward()
    assert np.all(w.grad == 2.0)
    array[...] = 3.0
    w.zero_grad()
    squares(w).backward()
    assert np.all(w.grad == 6.0)


@pytest.mark.parametrize("at", [lambda w: w, lambda w: w.reshape(2, 1) * 1.0, lambda w: w[:1]])
def test_borrowed_array_may_change_after_it_was_used(at: Callable[[Tensor], Any]) -> None:
    array = np.array([1.0, 2.0])
    w = Tensor(array, copy=False)
    y = squares(at(w))
    array[0] = 100.0
    y.backward()
    assert w.grad[0] == 2.0
    assert w.data[0] == 100.0
    (g,) = gradients(squares(at(w)), [w])
    assert g[0] == 200.0


@pytest.mark.parametrize("at", [lambda w: w, lambda w: w.reshape(2, 1) * 1.0, lambda w: w[:1]])
@pytest.mark.parametrize("hold", [lambda w: w.data, lambda w: w.data[:1], lambda w: w.data.T])
def test_array_that_somebody_holds_may_change_after_it_was_used(hold: Any, at: Any) -> None:
    w = Tensor([1.0, 2.0])
    held = hold(w)
    y = squares(at(w))
    held[0] = 100.0
    y.backward()
    assert w.grad[0] == 2.0
    w.data -= 1.0  # somebody holds it still
    z = squares(at(w))
    held[0] = 7.0
    z.backward()
    assert w.grad[0] == 2.0 + 2 * 99.0
    assert w.data[0] == 7.0


@pytest.mark.parametrize(
    "make", [lambda x: x.T, lambda x: x[:1], lambda x: x.reshape(2, 2), lambda x: x[...]]
)
def test_views_made_where_nothing_is_recorded_are_leaves_of_their_own(make: Any) -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    with no_grad():
        y = make(x)
    before = np.array(y.detach())
    z = squares(y)
    x.data[...] = 100.0
    np.testing.assert_array_equal(y.data, before)
    z.backward()
    np.testing.assert_array_equal(y.grad, 2 * before)
    y.data[...] = 5.0
    assert np.all(x.data == 100.0)


def test_constant_whose_owner_was_frozen_after_a_view_was_taken() -> None:
    x, owner = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    view = owner[:]
    owner.flags.writeable = False
    y = (x * owner).sum()
    view[...] = 100.0
    y.backward()
    assert x.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("make", [lambda x: x * 2.0, lambda x: x.T, lambda x: x[:1], lambda x: x])
@pytest.mark.parametrize("show", [lambda y: y.data, lambda y: y.detach()])
def test_nobody_writes_to_a_result_through_the_base_of_its_data(make: Any, show: Any) -> None:
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    y = make(x) * 1.0 if make(x) is x else make(x)
    z = squares(y)
    array = show(y)
    while isinstance(array, np.ndarray):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 100.0
        array = array.base
    z.backward()
    assert x.grad.max() <= 32.0
    x.data -= 1.0  # and the leaf can change all the same


def test_decrease_hands_nothing_out() -> None:
    w = Tensor([1.0, 2.0])
    y = squares(w)
    w.decrease(np.array([0.5, 0.5]))
    assert w.data.tolist() == [0.5, 1.5]
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]
    array = np.ones(2)
    Tensor(array, copy=False).decrease(0.25)
    assert array.tolist() == [0.75, 0.75], "whoever lends an array sees the change"
    with pytest.raises(ValueError, match="does not fit"):
        w.decrease(np.ones((3, 2)))
    with pytest.raises(ValueError, match="leaf"):
        (w * 2.0).decrease(1.0)


def test_array_given_is_copied() -> None:
    array = np.array([1.0, 2.0])
    w = Tensor(array)
    y = squares(w)
    array[...] = 100.0
    y.backward()
    assert w.grad.tolist() == [2.0, 4.0]


# ---------------------------------------------------------------- constants


@KINDS
def test_constant_changed_after_use(kind: type) -> None:
    factor = np.array([2.0, 3.0])
    x = kind(5.0)
    y = (x * factor).sum()
    factor[...] = 100.0
    y.backward()
    assert x.grad == 5.0


def test_view_of_a_constant_changed_after_use() -> None:
    base = np.array([2.0, 3.0])
    view = base[:]
    view.flags.writeable = False
    x = Tensor(5.0)
    y = (x * view).sum()
    base[...] = 100.0
    y.backward()
    assert x.grad == 5.0


def test_constant_list_changed_after_use() -> None:
    factor = [2.0, 3.0]
    x = Tensor([1.0, 1.0])
    y = multiply(x, factor).sum()
    factor[0] = 100.0
    y.backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_condition_changed_after_use() -> None:
    condition = np.array([True, False])
    x = Tensor([1.0, 2.0])
    y = where(condition, x, 0.0).sum()
    condition[...] = False
    y.backward()
    assert x.grad.tolist() == [1.0, 0.0]


def test_index_changed_after_use() -> None:
    index = np.array([0, 0])
    x = Tensor([1.0, 2.0])
    y = x[index].sum()
    index[...] = 1
    y.backward()
    assert x.grad.tolist() == [2.0, 0.0]


def test_list_index_changed_after_use() -> None:
    index = [0, 0]
    x = Tensor([1.0, 2.0])
    y = x[index].sum()
    index[0] = 1
    y.backward()
    assert x.grad.tolist() == [2.0, 0.0]


def test_condition_that_is_a_variable_is_a_constant() -> None:
    mask = Tensor([1.0, 0.0])
    x = Tensor([1.0, 2.0])
    y = where(mask, x, 0.0).sum()
    mask.data[...] = 0.0
    y.backward()
    assert x.grad.tolist() == [1.0, 0.0]
    assert mask.grad is None


def test_start_of_the_pass_changed_afterwards() -> None:
    start = np.array([1.0, 2.0])
    x = Tensor([1.0, 2.0])
    (+x).backward(start)
    start[...] = 100.0
    assert x.grad.tolist() == [1.0, 2.0]
    x.backward(start)
    start[...] = 0.0
    assert x.grad.tolist() == [101.0, 102.0]


# ---------------------------------------------------------------- results are read-only


@pytest.mark.parametrize(
    "make", [lambda t: t * 2.0, lambda t: t[:1], lambda t: t.reshape(2, 1), lambda t: t.T]
)
@pytest.mark.parametrize("read", [lambda t: t.data, lambda t: t.detach()])
def test_results_are_read_only(
    make: Callable[[Tensor], Tensor], read: Callable[[Tensor], Any]
) -> None:
    w = Tensor([1.0, 2.0])
    y = make(w)
    with pytest.raises(ValueError, match="read-only"):
        read(y)[...] = 0.0
    with pytest.raises(ValueError, match="cannot be replaced: only that of a leaf"):
        y.data = np.zeros(y.shape)
    assert w.data.tolist() == [1.0, 2.0]


def test_detached_array_of_a_leaf_is_read_only() -> None:
    w = Tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        w.detach()[...] = 0.0


def test_number_of_a_result_cannot_be_replaced() -> None:
    y = Value(2.0) * 3.0
    with pytest.raises(ValueError, match="cannot be replaced: only that of a leaf"):
        y.data = 1.0


# ---------------------------------------------------------------- copies


@KINDS
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copy_of_a_leaf_is_a_leaf_of_its_own(kind: type, way: Callable[[Any], Any]) -> None:
    x = kind(2.0, name="x")
    other = way(x)
    assert other is not x
    assert (other.item(), other.name, other.is_leaf) == (2.0, "x", True)
    other.data = 5.0
    assert x.item() == 2.0
    (other * other).backward()
    assert (other.grad, x.grad) == (10.0, None)


@KINDS
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_copy_of_a_result_is_recorded(kind: type, way: Callable[[Any], Any]) -> None:
    x = kind(2.0)
    y = x * 3.0
    other = way(y)
    assert other is not y
    (other * y).backward()  # 9·x²
    assert x.grad == 36.0


@KINDS
def test_pickle_of_a_result_is_refused(kind: type) -> None:
    with pytest.raises(TypeError, match="the result of multiply cannot be pickled"):
        pickle.dumps(kind(2.0) * 3.0)


@pytest.mark.parametrize("x", [3.0, np.array(3.0), np.array([1.0, 2.0])])
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda x: copy.deepcopy([x])[0]])
def test_copy_of_an_argument_is_recorded(x: Any, way: Callable[[Any], Any]) -> None:
    found = grad(lambda x: np.sum(way(x) * x))(x)
    np.testing.assert_array_equal(found, 2.0 * x)
    np.testing.assert_array_equal(grad(grad(lambda x: np.sum(way(x) ** 3)))(3.0), 18.0)


def test_copy_of_an_argument_is_a_copy() -> None:
    def f(x: Any) -> Any:
        y = copy.copy(x)
        y[0] = 5.0 * x[1]
        return np.sum(x * y)  # 5·x₀·x₁ + x₁²

    np.testing.assert_array_equal(grad(f)(np.array([1.0, 2.0])), [10.0, 9.0])


@pytest.mark.parametrize("transform", [lambda f: f, checkpoint, vmap])
@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_copy_of_what_a_transform_gives_a_function(transform: Any, way: Any) -> None:
    inner = transform(lambda x: x * way(x))
    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(inner(x), x * x)
    np.testing.assert_array_equal(grad(lambda x: np.sum(inner(x)))(x), 2.0 * x)


def test_pickle_of_an_argument_is_refused() -> None:
    def f(x: Any) -> Any:
        return pickle.loads(pickle.dumps(x)) * x

    for g in (grad(f), grad(checkpoint(f))):
        with pytest.raises(TypeError, match="argument of a function that is being differentiated"):
            g(2.0)
    with pytest.raises(TypeError, match="pickle: this stands for 2 examples"):
        vmap(f)(np.array([1.0, 2.0]))


# ---------------------------------------------------------------- in place, when nobody sees it


SHOWN = {
    "detached": lambda w: w.detach(),
    "a transpose": lambda w: w.T.detach(),
    "a part": lambda w: w[0:1].detach(),
    "reshaped": lambda w: w.reshape(3, 2).data,
    "what an operand held": lambda w: (w * 2.0).values[0],
    "broadcast": lambda w: broadcast_to(w, (2, 2, 3)).detach(),
    "one of several results": lambda w: split(w, 2)[0].detach(),
    "where nothing is recorded": lambda w: view_of(w).detach(),
}


def view_of(w: Tensor) -> Any:
    with no_grad():
        return w[0:1]


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_decrease_changes_nothing_that_was_shown(show: Any) -> None:
    """The graph may be gone; the numbers that somebody kept stay as they were."""
    w = Tensor(np.arange(6.0).reshape(2, 3))
    shown = show(w)
    before = shown.copy()
    w.decrease(1.0)
    w.data -= 1.0
    np.testing.assert_array_equal(shown, before)
    np.testing.assert_array_equal(w.data, np.arange(-2.0, 4.0).reshape(2, 3))


@pytest.mark.parametrize("shape", [(), (1,), (2, 0), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_decrease_of_any_shape_and_dtype(shape: tuple[int, ...], dtype: type) -> None:
    w = Tensor(np.full(shape, 3.0, dtype))
    for _ in range(3):
        y = (w * w).sum()
        w.decrease(0.5)  # while a graph holds it
        w.decrease(np.full(shape, 0.5))
        y.backward()
        del y
    assert w.dtype == dtype
    np.testing.assert_array_equal(w.data, np.zeros(shape, dtype))
    np.testing.assert_array_equal(w.grad, np.full(shape, 2 * (3 + 2 + 1), dtype))


def test_decrease_is_in_place_when_no_graph_is_left() -> None:
    w = Tensor(np.ones(5))
    w.decrease(0.25)
    y = squares(w)
    w.decrease(0.25)  # a graph holds the numbers before
    y.backward()
    assert w.grad.tolist() == [1.5] * 5
    del y
    tracemalloc.start()
    for _ in range(3):
        squares(w).backward()
        w.decrease(0.0)
    big = Tensor(np.ones(100_000))
    big.decrease(0.5)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    big.decrease(0.5)
    assert tracemalloc.get_traced_memory()[1] - before < 100_000
    tracemalloc.stop()
