"""Every kind of NumPy index: the same elements, and the gradient at the places picked."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import Tensor, getitem, gradients

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
    """Row 002-11: y[arange(N), labels]."""
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
