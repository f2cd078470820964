"""Nests as vectors and back."""

from __future__ import annotations

from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import Tensor, flatten, grad

LEAVES = st.floats(-5, 5) | hnp.arrays(
    st.sampled_from([np.float64, np.float32]), hnp.array_shapes(min_dims=0, max_dims=2, min_side=0),
    elements=st.integers(-5, 5).map(float),
)  # fmt: skip
NESTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)


def same(x: Any, y: Any) -> None:
    assert type(x) is type(y)
    if isinstance(x, dict):
        assert list(x) == list(y)
        for key in x:
            same(x[key], y[key])
    elif isinstance(x, list | tuple):
        assert len(x) == len(y)
        for a, b in zip(x, y, strict=True):
            same(a, b)
    else:
        assert getattr(x, "dtype", float) == getattr(y, "dtype", float)
        np.testing.assert_array_equal(x, y)


@given(NESTS)
def test_there_and_back(tree: Any) -> None:
    vector, unflatten = flatten(tree)
    assert vector.ndim == 1
    same(unflatten(vector), tree)


def test_both_ways_are_differentiated() -> None:
    tree = {"w": np.array([[1.0, 2.0]]), "b": 3.0}
    vector, unflatten = flatten(tree)

    def of_tree(p: Any) -> Any:
        return np.sum(p["w"] ** 2) * p["b"]

    assert grad(lambda v: of_tree(unflatten(v)))(vector).tolist() == [6.0, 12.0, 5.0]
    found = grad(lambda p: np.sum(flatten(p)[0] ** 2))(tree)
    same(found, {"w": np.array([[2.0, 4.0]]), "b": 6.0})
    assert flatten([Tensor([1.0]), 2.0])[0].detach().tolist() == [1.0, 2.0]


def test_a_vector_of_another_length() -> None:
    _, unflatten = flatten([1.0, np.ones(2)])
    for wrong in (np.ones(2), np.ones(4), np.ones((3, 1)), 1.0):
        with pytest.raises(ValueError, match=r"^unflatten: a vector of 3 numbers is needed"):
            unflatten(wrong)
