"""Gradients that arrive at one node along several ways are added up, plain and recorded ones."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from autograd_lite import Tensor, gradients

X = np.array([2.0, 3.0])
CASES = ["".join(kinds) for n in (2, 3, 4, 5) for kinds in itertools.product("ls", repeat=n)]


@pytest.mark.parametrize("kinds", CASES)
def test_sums_of_plain_and_recorded_contributions(kinds: str) -> None:
    """Of x (l) the gradient is a plain 1, of x·x (s) a recorded 2x; in every order."""
    x = Tensor(X)
    terms = [x if kind == "l" else x * x for kind in kinds]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    squares = kinds.count("s")
    expected = len(kinds) - squares + 2 * squares * X
    (plain,) = gradients(total.sum(), [x])
    (recorded,) = gradients(total.sum(), [x], record=True)
    (second,) = gradients((recorded * X).sum(), [x])
    np.testing.assert_array_equal(plain, expected)
    np.testing.assert_array_equal(recorded.detach(), expected)
    np.testing.assert_array_equal(second, 2 * squares * X)


def test_arrays_that_others_hold_are_not_written_to() -> None:
    """The gradient of a sum goes on to both operands as one array; adding must not change it."""
    x, y = Tensor(X), Tensor(X)
    total = x + y
    total = total + x
    total = total + x
    found = gradients(total, [x, y], np.ones(2))
    np.testing.assert_array_equal(found[0], [3.0, 3.0])
    np.testing.assert_array_equal(found[1], [1.0, 1.0])
    assert not np.shares_memory(*found)
