"""Every kind of NumPy index: the same elements, and the gradient at the places picked."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import Tensor, Value, frozen, getitem, gradients, scatter

shapes = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def gradient_by_hand(shape: tuple[int, ...], index: Any, weights: Any) -> Any:
    """Σ of the weights at each place picked, found by indexing the places' numbers."""
    size = math.prod(shape)
    places = np.arange(size).reshape(shape)[index]
    sums = np.bincount(np.ravel(places), np.ravel(weights), minlength=size)
    return sums.reshape(shape)


def check(shape: tuple[int, ...], index: Any) -> None:
    array = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    x = Tensor(array)
    y = x[index]
    expected = array[index]
    assert y.shape == np.shape(expected)
    np.testing.assert_array_equal(y.detach(), expected)
    weights = np.arange(1.0, expected.size + 1).reshape(np.shape(expected)) ** 2
    (found,) = gradients(y, [x], weights)
    np.testing.assert_array_equal(found, gradient_by_hand(shape, index, weights))


@given(data=st.data())
def test_basic_indices(data: st.DataObject) -> None:
    shape = data.draw(shapes)
    check(shape, data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)))


@given(data=st.data())
def test_whole_number_arrays(data: st.DataObject) -> None:
    shape = data.draw(shapes)
    result = hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3)
    check(shape, data.draw(hnp.integer_array_indices(shape, result_shape=result)))


@given(data=st.data())
def test_masks(data: st.DataObject) -> None:
    shape = data.draw(shapes)
    axes = data.draw(st.integers(1, len(shape)))
    check(shape, data.draw(hnp.arrays(bool, shape[:axes])))


@given(data=st.data())
def test_arrays_beside_slices(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=4))
    (array,) = data.draw(hnp.integer_array_indices(shape[:1]))
    (basic,) = data.draw(st.tuples(st.slices(shape[1])))
    check(shape, (array, basic))
    check((shape[1], shape[0], *shape[2:]), (basic, array))
    if len(shape) == 3:
        check((*shape[1:], shape[0]), (..., array))
        check((shape[0], shape[1], shape[2]), (array, None, basic, 0))


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        np.int64(1),
        np.array(1),
        True,
        False,
        None,
        ...,
        (),
        [],
        [0, 0, -1],
        [True, False, True],
        (0, 1),
        (slice(None), 1),
        (..., -1),
        (0, ..., None),
        slice(None, None, -1),
        slice(5, 1),
        ([0, 0, 2], [1, 1, 0]),
        ([[0], [2]], [0, 1]),
        (slice(None), [1, 1, 1]),
        (np.array([True, False, True]), 0),
        (np.array([True, False, True]), [0, 1]),
        np.ones((3, 2), bool),
        np.zeros((3, 2), bool),
        (True, 0),
        (np.array([], dtype=int),),
        range(2),
    ],
    ids=repr,
)
def test_kind_of_index(index: Any) -> None:
    check((3, 2), index)


def test_index_of_a_scalar() -> None:
    check((), ())
    check((), ...)
    check((), None)
    check((), True)


def test_rows_of_the_largest_probability() -> None:
    """y[arange(N), labels], as a cross-entropy picks them."""
    y = Tensor([[0.1, 0.1, 0.8], [0.7, 0.2, 0.1]])
    picked = y[np.arange(2), [2, 0]]
    assert picked.detach().tolist() == [0.8, 0.7]
    picked.sum().backward()
    assert y.grad.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


def test_function_and_operator_agree() -> None:
    x = Tensor(np.arange(6.0).reshape(2, 3))
    assert getitem(x, (0, slice(1, 3))).detach().tolist() == x[0, 1:3].detach().tolist()


def test_second_derivative_through_an_index() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    y = (x[[0, 0, 2]] ** 3).sum()
    (first,) = gradients(y, [x], record=True)
    assert first.detach().tolist() == [6.0, 0.0, 27.0]
    (second,) = gradients(first[::-1], [x], np.ones(3))
    assert second.tolist() == [12.0, 0.0, 18.0]


@pytest.mark.parametrize("index", [3, -4, (0, 2), (0, 0, 0), [0, 3], slice(None, None, 0)])
def test_index_out_of_range(index: Any) -> None:
    kind = ValueError if isinstance(index, slice) else IndexError
    with pytest.raises(kind, match=r"^getitem: .*\(shapes \(3, 2\)\)$"):
        Tensor(np.ones((3, 2)))[index]


@pytest.mark.parametrize("index", [1.0, "a", [0.5], (0, 1.0), np.array([1.0])])
def test_index_that_is_none(index: Any) -> None:
    with pytest.raises(IndexError, match="getitem: an index is made of whole numbers, slices"):
        Tensor(np.ones((3, 2)))[index]


def test_variable_as_index() -> None:
    with pytest.raises(TypeError, match=r"getitem: a variable is no index; use x\.detach\(\)"):
        Tensor(np.ones((3, 2)))[Tensor([0.0])]


@pytest.mark.parametrize("index", [np.array([True, False]), np.ones((3, 3), bool)])
def test_mask_of_the_wrong_shape(index: Any) -> None:
    with pytest.raises(IndexError, match="getitem: boolean index did not match"):
        Tensor(np.ones((3, 2)))[index]


# ---------------------------------------------------------------- anything beside anything


@st.composite
def indices(draw: Any, shape: tuple[int, ...]) -> Any:
    """Indices of every kind mixed: whole numbers spelt in many ways, slices, arrays, tuples,
    lists, masks, None and an ellipsis."""
    parts: list[Any] = []
    picked = draw(st.sampled_from([(), (1,), (2,), (3,), (2, 1)]))
    axis = 0
    while axis < len(shape):
        n = shape[axis]
        place = st.integers(-n, n - 1)
        kind = draw(
            st.sampled_from(["int", "scalar", "0-d", "slice", "array", "nested", "mask", "end"])
        )
        if kind == "end":
            break
        if kind == "int":
            parts.append(draw(place))
        elif kind == "scalar":
            parts.append(draw(st.sampled_from([np.int8, np.int64]))(draw(place)))
        elif kind == "0-d":
            parts.append(np.array(draw(place)))
        elif kind == "slice":
            parts.append(draw(st.slices(n)))
        elif kind == "mask":
            count = math.prod(picked) if len(picked) == 1 else 1
            chosen = draw(st.permutations(range(n)))[: count if count <= n else 1]
            parts.append(np.isin(np.arange(n), chosen))
        else:
            array = draw(hnp.arrays(np.int64, picked, elements=place))
            parts.append(array if kind == "array" else tuplewise(array.tolist()))
        axis += 1
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        at = len(parts) if axis < len(shape) else draw(st.integers(0, len(parts)))
        parts.insert(at, Ellipsis)
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


def tuplewise(nested: Any) -> Any:
    """Nested lists as tuples of lists: inside an index, both are arrays."""
    return tuple(nested) if isinstance(nested, list) else nested


@given(data=st.data())
def test_any_index_beside_any_other(data: st.DataObject) -> None:
    shape = data.draw(shapes)
    index = data.draw(indices(shape))
    if type(index) is tuple and len(index) == 1 and type(index[0]) is tuple:
        index = (*index, ...)
    try:
        np.zeros(shape)[index]
    except IndexError:  # masks and arrays of lengths that do not go together
        with pytest.raises(IndexError, match="getitem: "):
            Tensor(np.zeros(shape))[index]
        return
    check(shape, index)


@given(data=st.data())
def test_scatter_is_the_adjoint_of_getitem(data: st.DataObject) -> None:
    """⟨x[i], g⟩ = ⟨x, scatter(g, i)⟩, for whole numbers small enough to be exact."""
    shape = data.draw(shapes)
    index = data.draw(indices(shape))
    x = np.arange(1.0, math.prod(shape) + 1).reshape(shape)
    try:
        picked = x[index]
    except IndexError:
        return
    g = data.draw(hnp.arrays(float, np.shape(picked), elements=st.integers(-9, 9)))
    t = Tensor(g)
    put = scatter(t, index, shape)
    assert np.sum(picked * g) == np.sum(x * put.detach())
    (back,) = gradients(put, [t], x)
    np.testing.assert_array_equal(back, picked)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ((0, (1, 1)), [[0, 2], [0, 0]]),
        (((0, 0),), [[2, 2], [0, 0]]),
        (((0, -2),), [[2, 2], [0, 0]]),
        (([0, -2], [1, -1]), [[0, 2], [0, 0]]),
        ((np.array([True, False]), [1, 1, -1]), [[0, 3], [0, 0]]),
        ((np.array(0), [1, 1]), [[0, 2], [0, 0]]),
        ((np.int8(0), ..., None, (1, 1)), [[0, 2], [0, 0]]),
        ((True, (0, 0, 0)), [[3, 3], [0, 0]]),
    ],
    ids=repr,
)
def test_a_place_picked_more_than_once_adds_up(index: Any, expected: Any) -> None:
    x = Tensor(np.zeros((2, 2)))
    y = x[index]
    ones = np.ones(y.shape)
    assert gradients(y, [x], ones)[0].tolist() == expected
    assert gradients(y, [x], ones, record=True)[0].detach().tolist() == expected
    assert scatter(ones, index, (2, 2)).tolist() == expected
    check((2, 2), index)


def test_a_value_is_put_at_its_place() -> None:
    box = np.empty((), dtype=object)
    box[()] = v = Value(2.0)
    for index, shape in ((0, (2,)), (..., ()), ((), ()), (None, ()), ([0], (2,)), (-1, 2)):
        put = scatter(box, index, shape)
        assert [x for x in put.flat if x != 0.0] == [v]
        assert isinstance(next(x for x in put.flat if x != 0.0), Value)


def test_an_index_that_is_changed_later() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    places, start, mask = np.array([0, 0]), np.array(1), np.array([True, False, False])
    y = x[places].sum() + 10.0 * x[start:].sum() + 100.0 * x[mask].sum()
    places[:], start[()], mask[:] = 2, 0, True
    y.backward()
    assert x.grad.tolist() == [102.0, 10.0, 10.0]


def test_an_index_that_is_known_not_to_change_is_not_copied() -> None:
    places = frozen([0, 2])
    y = Tensor([1.0, 2.0, 3.0])[places]
    assert y.params["index"] is places


def test_floats_are_no_index_even_if_there_are_none() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    assert x[[]].shape == (0,)
    with pytest.raises(IndexError, match="getitem: an index is made of whole numbers"):
        x[np.array([])]
