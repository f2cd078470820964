"""Rows 001-02 to 001-11: the lecture's NumPy, on arrays and, with gradients, on Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from seed_rows import assert_gradient, assert_no_gradient, digits_to, row

from autograd_lite import Tensor
from autograd_lite.nn import flatten, one_hot

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
ONE = np.array([1.0, 2.0, 3.0])
SQUARE = np.arange(1.0, 10.0).reshape(3, 3)
COLUMN = np.array([[-1.0], [1.0]])


@row("001-02")
def test_images_are_flattened_row_by_row(row: str) -> None:
    image = np.arange(28 * 28).reshape(28, 28)
    (flat,) = flatten(image[None])
    assert flat.shape == (784,)
    assert all(flat[28 * r + c] == image[r, c] for r in range(28) for c in range(28))
    assert flat[[0, 27, 28, 55, 756, 783]].tolist() == [0, 27, 28, 55, 756, 783]
    assert one_hot([3], 10).tolist() == [[0, 0, 0, 1, 0, 0, 0, 0, 0, 0]]


@row("001-03")
def test_lists_and_random_numbers(row: str) -> None:
    lists = [[float(10 * i + j) for j in range(10)] for i in range(10)]
    assert Tensor(lists).shape == (10, 10)
    drawn = np.random.RandomState(0).random((3, 3))
    expected = [[0.5488135, 0.71518937, 0.60276338], [0.54488318, 0.4236548, 0.64589411],
                [0.43758721, 0.891773, 0.96366276]]  # fmt: skip
    assert drawn == digits_to(8)(np.array(expected))
    assert ((drawn >= 0) & (drawn < 1)).all()


@row("001-04")
def test_creation(row: str) -> None:
    for given, shape in (([1, 2, 3], (3,)), ([[1, 2, 3], [4, 5, 6]], (2, 3))):
        assert Tensor(given).shape == shape
        np.testing.assert_array_equal(Tensor(given).data, np.array(given))
    assert np.zeros(4).shape == (4,)
    assert np.zeros((2, 3)).shape == (2, 3)


@row("BUG-001-2")
def test_a_shape_names_rows_first(row: str) -> None:
    rows, columns = Tensor(np.zeros((2, 3))).shape
    assert (rows, columns) == (2, 3)
    assert len(np.zeros((2, 3))) == 2


# ---------------------------------------------------------------- computing

Case = tuple[Callable[..., Any], list[Any], Any]
CASES: dict[str, Case] = {
    "001-05 5 + a": (lambda a: 5 + a, [ONE], [6, 7, 8]),
    "001-05 a * 5": (lambda a: a * 5, [ONE], [5, 10, 15]),
    "001-05 a + b": (lambda a, b: a + b, [ONE, ONE + 3], [5, 7, 9]),
    "001-05 a * b": (lambda a, b: a * b, [ONE, ONE + 3], [4, 10, 18]),
    "001-06 5 + A": (lambda a: 5 + a, [A], [[6, 7, 8], [9, 10, 11]]),
    "001-06 column * A": (lambda a, b: a * b, [COLUMN, A], [[-1, -2, -3], [4, 5, 6]]),
    "001-06 row + A": (lambda a, b: a + b, [ONE - 2, A], [[0, 2, 4], [3, 5, 7]]),
    "001-06 column * row": (lambda a, b: a * b, [COLUMN, ONE], [[-1, -2, -3], [1, 2, 3]]),
    "001-07 [1 2] * [3 4]": (lambda a, b: a * b, [ONE[:2], ONE[:2] + 2], [3, 8]),
    "001-07 4 * [1 2]": (lambda a: 4 * a, [ONE[:2]], [4, 8]),
    "001-07 2×2 + 2×2": (
        lambda a, b: a + b,
        [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])],
        [[6, 8], [10, 12]],
    ),
    "001-07 column * row": (
        lambda a, b: a * b, [ONE[:, None], ONE], [[1, 2, 3], [2, 4, 6], [3, 6, 9]],
    ),
    "001-07 [1 2] * [3]": (lambda a, b: a * b, [ONE[:2], np.array([3.0])], [3, 6]),
    "001-08 a[0]": (lambda a: a[0], [A], [1, 2, 3]),
    "001-08 a[1][2]": (lambda a: a[1][2], [A], 6),
    "001-08 a[1][1:3]": (lambda a: a[1][1:3], [A], [5, 6]),
    "001-08 a[1, 2]": (lambda a: a[1, 2], [A], 6),
    "001-09 a[0:2, 1:3]": (lambda a: a[0:2, 1:3], [SQUARE], [[2, 3], [5, 6]]),
    "001-09 a[0:2][1:3]": (lambda a: a[0:2][1:3], [SQUARE], [[4, 5, 6]]),
    "001-09 a[1:2]": (lambda a: a[1:2], [SQUARE], [[4, 5, 6]]),
    "001-10 reshape(3, 2)": (lambda a: a.reshape(3, 2), [A], [[1, 2], [3, 4], [5, 6]]),
    "001-10 reshape(6)": (lambda a: a.reshape(6), [A], [1, 2, 3, 4, 5, 6]),
    "001-11 sum": (np.sum, [ONE], 6),
    "001-11 sqrt": (np.sqrt, [ONE], [1, 1.41421356, 1.73205081]),
    "001-11 exp": (np.exp, [ONE], [2.71828183, 7.3890561, 20.08553692]),
    "001-11 dot": (np.dot, [ONE, ONE + 3], 32),
    "001-11 max": (np.max, [np.array([5.0, 9.0, 4.0, 0.0])], 9),
}  # fmt: skip


@pytest.mark.parametrize(("f", "arrays", "expected"), CASES.values(), ids=CASES)
def test_as_printed_and_backwards(f: Callable[..., Any], arrays: list[Any], expected: Any) -> None:
    variables = [Tensor(a) for a in arrays]
    y = f(*variables)
    assert y.data == digits_to(8)(np.array(expected, float))
    assert f(*arrays) == digits_to(8)(np.array(expected, float))

    weights = np.random.default_rng(0).normal(size=np.shape(expected))
    y.backward(weights if y.shape else float(weights))
    for i, (v, array) in enumerate(zip(variables, arrays, strict=True)):

        def weighted(x: Any, i: int = i) -> float:
            return float(np.sum(weights * f(*arrays[:i], x, *arrays[i + 1 :])))

        assert v.grad.shape == array.shape
        assert_gradient(v.grad, weighted, array)


@row("001-06")
def test_a_gradient_that_is_not_summed_over_the_repeated_axis_is_wrong(row: str) -> None:
    assert_no_gradient(A, lambda c: float(np.sum(c * A)), COLUMN)  # ∂/∂(repeated column)
    assert_no_gradient(A[:, :1], lambda c: float(np.sum(c * A)), COLUMN)  # of the right shape


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        pytest.param(np.add, ((3,), (5,)), id="001-05"),
        pytest.param(np.multiply, ((2,), (3,)), id="001-07"),
    ],
)
def test_shapes_that_do_not_fit(f: Any, shapes: tuple[tuple[int], tuple[int]]) -> None:
    a, b = (np.ones(shape) for shape in shapes)
    for left, right in ((a, b), (Tensor(a), b), (a, Tensor(b)), (Tensor(a), Tensor(b))):
        with pytest.raises(ValueError, match=r"shapes.*\(\d,\).*\(\d,\)"):
            f(left, right)


@row("001-08")
def test_assignment_and_fill(row: str) -> None:
    a = A.copy()
    a[0, 1] = 0
    assert a.tolist() == [[1, 0, 3], [4, 5, 6]]
    a.fill(0)
    assert not a.any()
    t = Tensor(A)
    z = (t * t).sum()
    t[0, 1] = 0
    t.fill(1.0)
    assert t.detach().tolist() == [[1.0] * 3] * 2
    z.backward()
    assert t.grad.tolist() == (2.0 * A).tolist()  # of what it was


@row("001-10")
def test_sizes(row: str) -> None:
    for a in (A, Tensor(A)):
        assert (len(a), a.size, a.shape) == (2, 6, (2, 3))


@row("001-11")
def test_argmax(row: str) -> None:
    assert np.argmax(np.array([5, 9, 4, 0])) == 1
    assert np.argmax(Tensor([5.0, 9.0, 4.0, 0.0])) == 1
