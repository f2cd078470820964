"""Arrays of classes that compute otherwise than NumPy's own, beside variables: a masked array,
whose mask must not be lost, a matrix, whose * is a matrix product. Right, or refused."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, add, grad, gradients, stack, where

NUMBERS = np.array([1.0, 2.0, 4.0])
MASKED = np.ma.array(NUMBERS, mask=[False, True, False])
MATRIX = NUMBERS.reshape(1, 3).view(np.matrix)
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


def tensor() -> Any:
    return Tensor([0.5, 1.5, 2.5])


@pytest.mark.parametrize("f", OPERATORS)
@pytest.mark.parametrize("array", [MASKED, np.ma.masked, MATRIX], ids=repr)
@pytest.mark.parametrize("variable", [tensor(), Value(2.0)], ids=repr)
def test_a_variable_first_is_refused(f: Any, array: Any, variable: Any) -> None:
    with pytest.raises(TypeError, match=r"computes otherwise than plain arrays; give (x|np)\."):
        f(variable, array)


CALLS: list[tuple[str, Callable[[Any], Any]]] = [
    ("add", lambda t: add(t, MASKED)),
    ("np.add", lambda t: np.add(MASKED, t)),
    ("np.multiply-matrix", lambda t: np.multiply(MATRIX, t)),
    ("matmul", lambda t: t @ MASKED),
    ("np.dot", lambda t: np.dot(MASKED, t)),
    ("stack", lambda t: stack([t, MASKED])),
    ("np.concatenate", lambda t: np.concatenate([MASKED, t])),
    ("where", lambda t: where(MASKED > 1.0, t, 0.0)),
    ("where-branch", lambda t: where(True, t, MASKED)),
    ("masked-times", lambda t: MASKED * t),
    ("masked-minus", lambda t: MASKED - t),
    ("masked-over", lambda t: MASKED / t),
    ("masked-power", lambda t: MASKED**t),
    ("masked-matmul", lambda t: MASKED @ t),
    ("masked-dot", lambda t: MASKED.dot(t)),
    ("ma.array", lambda t: np.ma.array(t, mask=[False, True, False])),
    ("ma.sum", lambda t: np.ma.sum(t)),
    ("ma.mean", lambda t: np.ma.mean(t)),
    ("ma.median", lambda t: np.ma.median(t)),
    ("ma.max", lambda t: np.ma.max(t)),
    ("ma.exp", lambda t: np.ma.exp(t)),
    ("ma.log", lambda t: np.ma.log(t)),
    ("ma.power", lambda t: np.ma.power(t, 2.0)),
    ("ma.multiply", lambda t: np.ma.multiply(t, t)),
    ("ma.where", lambda t: np.ma.where(MASKED > 1.0, t, 0.0)),
    ("ma.concatenate", lambda t: np.ma.concatenate([MASKED, t])),
    ("ma.getdata", lambda t: np.ma.getdata(t)),
    ("ma.filled", lambda t: np.ma.filled(t)),
    ("ma.dot", lambda t: np.ma.dot(MASKED, t)),
    ("Tensor", lambda t: Tensor(MASKED)),
]


@pytest.mark.parametrize("f", [f for _, f in CALLS], ids=[name for name, _ in CALLS])
def test_tensors_beside_masked_arrays_are_refused(f: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="computes otherwise than plain arrays"):
        f(tensor())


@pytest.mark.parametrize("f", [operator.add, operator.sub, operator.mul])
def test_a_masked_array_first_makes_a_masked_array_of_values(f: Any) -> None:
    """NumPy computes element by element, as with any array of Values; what is masked stays so."""
    x = Value(1.5)
    y = f(MASKED, x)
    assert y.mask.tolist() == [False, True, False]
    total = y[0] + y[2]
    assert isinstance(total, Value)
    assert total.data == pytest.approx(f(1.0, 1.5) + f(4.0, 1.5))
    total.backward()
    step = 1e-6
    slope = sum((f(a, 1.5 + step) - f(a, 1.5 - step)) / (2 * step) for a in (1.0, 4.0))
    assert x.grad == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("f", [operator.truediv, operator.pow])
def test_what_numpy_cannot_compute_of_masked_values_is_a_type_error(f: Any) -> None:
    with pytest.raises(TypeError):  # NumPy asks isfinite of the results
        f(MASKED, Value(1.5))


def test_comparisons_keep_the_mask() -> None:
    for found in (tensor() < MASKED, np.greater(MASKED, tensor())):
        assert isinstance(found, np.ma.MaskedArray)
        assert found.mask.tolist() == [False, True, False]
        assert found.tolist() == [True, None, True]


def test_the_way_out_that_the_message_names() -> None:
    t = tensor()
    y = where(MASKED.mask, 0.0, MASKED.filled(0.0) * t).sum()
    (found,) = gradients(y, [t])
    assert found.tolist() == [1.0, 0.0, 4.0]
    assert grad(lambda x: np.sum(np.asarray(MATRIX) * x))(2.0) == 7.0


@pytest.mark.parametrize(
    "array", [NUMBERS.view(np.recarray), NUMBERS.view(type("Own", (np.ndarray,), {}))], ids=repr
)
def test_classes_that_compute_as_numpy_does_are_constants(array: Any) -> None:
    t = tensor()
    for y in (t * array, array * t, np.multiply(array, t)):
        assert type(y) is Tensor
        assert y.detach().tolist() == [0.5, 3.0, 10.0]
