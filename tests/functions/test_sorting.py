"""Sorting, partitions, distinct elements, sets, counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from table_checks import check_function, plain

from autograd_lite import Tensor, gradients, numerical_gradient

# ---------------------------------------------------------------- what its cases do not say


X = np.array([[3.0, -1.0, 2.5], [0.5, 4.0, -2.0]])
V = np.array([1.5, 2.0, -0.5])

CALLS: dict[str, Any] = {
    "sort-flat": lambda x, v: np.sort(x, axis=None),
    "sort-keyword": lambda x, v: np.sort(x, axis=0, kind="mergesort") * v,
    "argsort": lambda x, v: x[:, np.argsort(v)],
    "median": lambda x, v: np.partition(x, 1, axis=1)[:, 1] * v[0],
    "lexsort": lambda x, v: v[np.lexsort((x[0], x[1]))],
    "bincount": lambda x, v: np.bincount([0, 2, 2], weights=v, minlength=5),
    "intersect1d": lambda x, v: np.intersect1d(x, x[0]) * v,
    "unique_counts": lambda x, v: np.sort(np.unique_counts(x).values),
}


@pytest.mark.parametrize("f", [f for n, f in CALLS.items() if n != "bincount"])
def test_calls(f: Any) -> None:
    check_function(f, X, V)


def test_sums_by_bin() -> None:
    """Which are float64 of whatever weights, as NumPy's."""
    check_function(CALLS["bincount"], X, V)


def test_distinct_elements_with_their_places() -> None:
    array = np.array([2.0, 1.0, 2.0, np.nan, np.nan])
    t = Tensor(array)
    for options in ({}, {"equal_nan": False}):
        found = np.unique(t, True, True, True, **options)
        expected = np.unique(array, True, True, True, **options)
        assert isinstance(found[0], Tensor)
        for f, e in zip(found, expected, strict=True):
            np.testing.assert_array_equal(plain(f), e)
    for function in (np.unique_all, np.unique_counts, np.unique_inverse):
        for f, e in zip(function(t), function(array), strict=True):
            np.testing.assert_array_equal(plain(f), e)
        assert function(t)._fields == function(array)._fields
    np.testing.assert_array_equal(np.unique_values(t).detach(), np.unique_values(array))


def test_of_equal_elements_the_first_gets_the_gradient_of_the_first_place() -> None:
    x = Tensor([2.0, 1.0, 2.0])
    weights = np.array([1.0, 10.0, 100.0])
    assert gradients(np.sum(np.sort(x) * weights), [x])[0].tolist() == [10.0, 1.0, 100.0]
    assert gradients(np.sum(np.unique(x) * weights[:2]), [x])[0].tolist() == [10.0, 1.0, 0.0]


def test_nan_stands_last() -> None:
    x = Tensor([np.nan, 1.0, 0.5])
    np.testing.assert_array_equal(np.sort(x).detach(), [0.5, 1.0, np.nan])
    assert gradients(np.sum(np.sort(x)[:2]), [x])[0].tolist() == [0.0, 1.0, 1.0]


def test_complex_numbers_are_sorted_by_real_and_imaginary_parts() -> None:
    array = np.array([1.0 + 2.0j, 1.0 - 1.0j, 0.0])
    x = Tensor(array)
    np.testing.assert_array_equal(np.sort(x).detach(), np.sort(array))
    np.testing.assert_array_equal(np.sort_complex(x).detach(), np.sort_complex(array))
    real = Tensor([2.0, 1.0])
    in_order = np.sort_complex(real)
    assert in_order.dtype == complex
    assert gradients(np.sum(np.real(in_order * (3.0 + 1.0j))), [real])[0].tolist() == [3.0, 3.0]


def test_sorting_in_place_is_recorded() -> None:
    x = Tensor([3.0, 1.0, 2.0])
    y = np.copy(x)
    y.sort()
    assert y.detach().tolist() == [1.0, 2.0, 3.0]
    assert gradients(np.sum(y * np.array([1.0, 10.0, 100.0])), [x])[0].tolist() == [
        100.0,
        1.0,
        10.0,
    ]
    assert x.detach().tolist() == [3.0, 1.0, 2.0]


HISTOGRAMS: dict[str, Any] = {
    "counts": lambda x, w: np.histogram(x, 4)[0] * w[0, 0],
    "edges": lambda x, w: np.histogram(x, 4)[1],
    "density": lambda x, w: np.histogram(x, 3, density=True)[0],
    "weights": lambda x, w: np.histogram(x, 3, weights=w)[0],
    "weights-edges": lambda x, w: np.histogram(x, [-1.0, 1.0, 4.0], weights=w)[0],
    "weights-range": lambda x, w: np.histogram(x, 3, (-1.5, 3.5), weights=w)[0] + x.sum(),
}


@pytest.mark.parametrize("name", HISTOGRAMS)
def test_histograms(name: str) -> None:
    f = HISTOGRAMS[name]
    x, w = X + 0.01 * np.arange(6.0).reshape(2, 3), np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]])
    leaves = [Tensor(x), Tensor(w)]
    found = f(*leaves)
    np.testing.assert_allclose(found.detach(), f(x, w), rtol=1e-13)
    grads = gradients(np.sum(found * np.arange(1.0, len(found) + 1)), leaves)
    for i, leaf in enumerate((x, w)):

        def value(y: Any, i: int = i) -> float:
            z = f(*(y if i == j else v for j, v in enumerate((x, w))))
            return float(np.sum(z * np.arange(1.0, len(z) + 1)))

        np.testing.assert_allclose(grads[i], numerical_gradient(value, leaf), atol=1e-6)
