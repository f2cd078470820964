"""Elements picked by places, truth values and conditions."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from table_checks import check_function

from autograd_lite import Tensor, Value

# ---------------------------------------------------------------- what takes the operand later


X = np.array([[3.0, -1.0, 2.5], [0.5, 4.0, -2.0]])
Y = np.array([[1.5, 2.0, -0.5], [-3.0, 0.25, 1.0]])

CALLS: dict[str, Any] = {
    "compress": lambda x, y: np.compress([True, False], x, axis=0),
    "compress-all": lambda x, y: np.compress([True, False, True], x),
    "extract": lambda x, y: np.extract(x > y, x),
    "choose": lambda x, y: np.choose(np.array([0, 1, 2]), [x, y, 7.0]),
    "choose-wrap": lambda x, y: np.choose([4, -1, 0], (x, y, x * y), mode="wrap"),
    "select": lambda x, y: np.select([x > 2.0, y > 0.0], [x * y, y], 9.0),
    "select-broadcast": lambda x, y: np.select([[[True]], [[False]]], [x[:1], y], -1),
    "piecewise": lambda x, y: np.piecewise(x, [x < 0.0, x > 2.0], [np.square, lambda v: v * 3.0]),
    "piecewise-overlap": lambda x, y: np.piecewise(
        x, [x > 0.0, x > 2.0], [lambda v, k: v * k, lambda v, k: v + k, -1.0], 5.0
    ),
    "piecewise-keyword": lambda x, y: np.piecewise(x, [x > 0.0], [lambda v, k=1.0: v * k], k=2.0),
    "apply_along_axis": lambda x, y: np.apply_along_axis(lambda v: v * v[0], 1, x),
    "apply_along_axis-number": lambda x, y: np.apply_along_axis(np.sum, 0, x),
    "apply_along_axis-matrix": lambda x, y: np.apply_along_axis(np.diag, 0, x),
    "apply_along_axis-list": lambda x, y: np.apply_along_axis(lambda v: [v[0], v.sum()], 1, x),
    "apply_along_axis-keyword": lambda x, y: np.apply_along_axis(lambda v, k: v * k, 0, x, k=2.0),
    "apply_over_axes": lambda x, y: np.apply_over_axes(np.sum, x * y, [0, -1]),
    "take_along_axis": lambda x, y: np.take_along_axis(x, np.argsort(y, axis=1), axis=1),
    "argmax": lambda x, y: np.take_along_axis(x, np.argmax(y, axis=0, keepdims=True), axis=0),
    "where": lambda x, y: x[np.where(y > 0.0)],
}


@pytest.mark.parametrize("f", CALLS.values(), ids=CALLS)
def test_calls_with_conditions(f: Any) -> None:
    check_function(f, X, Y)


def test_methods() -> None:
    t = Tensor(X)
    for f in (
        lambda x: x.take([1, 0], axis=1),
        lambda x: x.take(7, mode="wrap"),
        lambda x: x.compress([False, True], axis=0),
        lambda x: x.compress([False, True]),
    ):
        np.testing.assert_array_equal(f(t).detach(), f(X))


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (lambda t: np.take(t, 9), IndexError, "take: a place is out of bounds"),
        (lambda t: np.take(t, t), TypeError, "take: indices are whole numbers"),
        (lambda t: np.take(t, 0, out=np.zeros(())), TypeError, "out="),
        (lambda t: np.take_along_axis(t, np.array([0]), 0), ValueError, "has 1 axes"),
        (lambda t: np.select([t > 0], [t, t]), ValueError, "as many conditions as choices"),
        (lambda t: np.choose(t, [t]), TypeError, "whole numbers"),
        (lambda t: np.piecewise(t, [t > 0], []), ValueError, "1 conditions need"),
        (lambda t: np.compress([[True]], t), ValueError, "one axis"),
    ],
)
def test_errors(f: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        f(Tensor(X))


def test_clip_by_the_names_of_its_bounds() -> None:
    t = Tensor(X)
    for f in (
        lambda x: x.clip(0.0, 1.0),
        lambda x: x.clip(min=0.0),
        lambda x: x.clip(max=1.0, min=-1.0),
        lambda x: np.clip(x, -1.0, 1.0),
        lambda x: np.clip(x, a_min=None, a_max=1.0),
    ):
        np.testing.assert_array_equal(f(t).detach(), f(X))
    assert Value(2.0).clip(max=1.0).data == 1.0
    if "min" in inspect.signature(np.clip).parameters:  # NumPy 2.1
        np.testing.assert_array_equal(np.clip(t, min=0.0).detach(), np.clip(X, min=0.0))
        assert np.clip(Value(-2.0), min=-1.0, max=1.0).data == -1.0
