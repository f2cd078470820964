"""Prediction and evaluation: classes, accuracy, confusion, modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Tensor, is_recording, nn, softmax

seeds = st.integers(0, 2**32 - 1)


@given(samples=st.integers(0, 9), batch=st.integers(1, 10), seed=seeds)
def test_predict_in_batches(samples: int, batch: int, seed: int) -> None:
    net = nn.mlp(3, 4, 2, rng=seed)
    x = np.random.default_rng(seed).normal(size=(samples, 3))
    found = nn.predict(net, x, batch)
    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, net(x).detach(), rtol=1e-12)


class Looks(nn.Module):
    """Remembers in what state it was asked."""

    def __init__(self) -> None:
        self.w = Tensor([2.0])
        self._seen: list[tuple[bool, bool]] = []

    def forward(self, x: Any) -> Any:
        self._seen.append((self.training, is_recording()))
        return self.w * x


def test_nothing_is_recorded_and_the_mode_is_put_back() -> None:
    net = Looks()
    nn.predict(net, np.ones((2, 1)))
    nn.evaluate(net, np.ones((2, 1)), np.ones((2, 1)), nn.squared_error)
    assert net._seen == [(False, False)] * 2
    assert net.training
    assert is_recording()
    with pytest.raises(ValueError, match="wrong"):
        nn.evaluate(net, np.ones((2, 1)), np.ones((2, 1)), lambda y, t: _fail())
    assert net.training


def _fail() -> None:
    raise ValueError("wrong")


def test_values_predict_too() -> None:
    net = nn.mlp(2, 3, 1, rng=0)
    x = np.array([[0.5, -1.0], [2.0, 0.0]])
    np.testing.assert_allclose(nn.predict(net.as_values(), x), nn.predict(net, x), rtol=1e-12)


@pytest.mark.parametrize("row", ["001-26"])
def test_the_class_is_the_greatest_output(row: str) -> None:
    y = [[0.1, 0.0, 0.2, 0.9, 0.1, 0.1, 0.5, 0.2, 0.6, 0.4]]
    assert nn.classes_of(y) == [3]


@pytest.mark.parametrize("row", ["003-15"])
@given(seed=seeds)
def test_softmax_keeps_the_order(row: str, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(4, 5))
    np.testing.assert_array_equal(nn.classes_of(x), nn.classes_of(softmax(x)))
    np.testing.assert_array_equal(np.argsort(x), np.argsort(softmax(x)))


def test_classes_of_one_output() -> None:
    np.testing.assert_array_equal(nn.classes_of([[0.4], [0.5]]), [0, 1])
    np.testing.assert_array_equal(nn.classes_of(Tensor([0.4, 0.5])), [0, 1])
    np.testing.assert_array_equal(nn.classes_of([[-0.1], [0.1]], threshold=0.0), [0, 1])
    np.testing.assert_array_equal(nn.classes_of(np.array([2, 0], np.uint8)), [2, 0])


@pytest.mark.parametrize("row", ["001-27, 003-23"])
def test_accuracy(row: str) -> None:
    """Two wrong predictions of equal accuracy, one nearer: the loss tells them apart."""
    t = np.array([2, 0])
    near = np.array([[0.4, 0.1, 0.5], [0.45, 0.55, 0.0]])
    far = np.array([[0.4, 0.1, 0.5], [0.05, 0.95, 0.0]])
    assert nn.accuracy(near, t) == nn.accuracy(far, nn.one_hot(t, 3)) == 0.5
    assert nn.cross_entropy(near, t) < nn.cross_entropy(far, t)


@given(n=st.integers(1, 4), samples=st.integers(1, 30), seed=seeds)
def test_confusion_matrix_counts(n: int, samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t, y = rng.integers(0, n, samples), rng.integers(0, n, samples)
    found = nn.confusion_matrix(t, y, n)
    assert found.shape == (n, n)
    for i, j in np.ndindex(n, n):
        assert found[i, j] == ((t == i) & (y == j)).sum()
    assert np.trace(found) / samples == pytest.approx(nn.accuracy(y, t))
    by_outputs = nn.confusion_matrix(nn.one_hot(t, 4), nn.one_hot(y, 4), n)
    np.testing.assert_array_equal(by_outputs, found)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.accuracy([[0.1, 0.9]], [1, 0]), "one each"),
        (lambda: nn.accuracy(np.ones((0, 2)), np.ones(0, int)), "at least one"),
        (lambda: nn.confusion_matrix([0, 2], [0, 1], 2), "0 … 1"),
        (lambda: nn.confusion_matrix([0, 2], [0]), "2 targets and 1 outputs"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
