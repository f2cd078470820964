"""Rows 001-12 to 001-20 and 001-26 to 001-40: layers, losses, data, and the lecture's mistakes."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seed_rows import (
    MNIST,
    Array,
    assert_gradient,
    assert_no_gradient,
    digits,
    digits_to,
    needs_mnist,
    row,
)

from autograd_lite import Tensor, log_softmax, logsumexp, softmax, viz
from autograd_lite.nn import (
    SGD,
    Affine,
    LogSoftmax,
    Sequential,
    Sigmoid,
    Softmax,
    batches,
    classes_of,
    cross_entropy,
    datasets,
    flatten,
    load_mnist,
    mlp,
    negative_log_likelihood,
    one_hot,
    predict,
    read_idx,
    scale_pixels,
    softmax_cross_entropy,
    squared_error,
    write_digits,
    write_idx,
)

squared_sum = partial(squared_error, reduction="sum")
Y = np.array([0.1, 0, 0.2, 0.9, 0.1, 0.1, 0.5, 0.2, 0.6, 0.4])
THREE = one_hot(3, 10)


class Layer:
    """The lecture's layer in plain NumPy: one sample at a time, gradients added up."""

    def __init__(self, n_in: int, n_out: int, rng: np.random.RandomState) -> None:
        self.w = rng.random((n_out, n_in)) - 0.5
        self.b = rng.random(n_out) - 0.5
        self.dw, self.db = np.zeros_like(self.w), np.zeros_like(self.b)

    def forward(self, x: Array) -> Array:
        self.x = x
        self.y = 1 / (1 + np.exp(-(self.w @ x + self.b)))
        return self.y

    def backward(self, delta: Array) -> Array:
        s = delta * self.y * (1 - self.y)
        self.dw += np.outer(s, self.x)
        self.db += s
        return s @ self.w

    def update(self, alpha: float) -> None:
        self.w -= alpha * self.dw
        self.b -= alpha * self.db
        self.dw, self.db = np.zeros_like(self.w), np.zeros_like(self.b)


def layer(n_in: int, n_out: int, rng: np.random.RandomState) -> Affine:
    return Affine(n_in, n_out, init="uniform", bias="uniform", layout="out,in", rng=rng)


# ---------------------------------------------------------------- the layer


@row("001-12")
def test_a_layer_draws_w_then_b(row: str) -> None:
    ours, rng = layer(3, 2, np.random.RandomState(7)), np.random.RandomState(7)
    w, b = rng.random((2, 3)) - 0.5, rng.random(2) - 0.5
    np.testing.assert_array_equal(ours.W.data, w.T)
    np.testing.assert_array_equal(ours.b.data, b)
    many = layer(100, 100, np.random.RandomState(0)).W.data
    assert many.min() >= -0.5
    assert many.max() < 0.5


@row("001-13")
def test_forward_of_one_sample(row: str) -> None:
    theirs = Layer(3, 2, np.random.RandomState(7))
    x = np.array([0.5, -1.0, 2.0])
    u, y = Sequential(layer(3, 2, np.random.RandomState(7)), Sigmoid()).outputs(x)
    np.testing.assert_allclose(y.data, theirs.forward(x), rtol=1e-15)
    np.testing.assert_allclose(u.data, theirs.w @ x + theirs.b, rtol=1e-14)


@row("001-14")
def test_loss_and_its_gradient(row: str) -> None:
    y = Tensor(Y)
    loss = squared_sum(y, THREE)
    loss.backward()
    assert loss.item() == pytest.approx(0.89, rel=1e-15)
    expected = [0.2, 0, 0.4, -0.2, 0.2, 0.2, 1, 0.4, 1.2, 0.8]
    np.testing.assert_allclose(y.grad, expected, atol=1e-15)
    assert float(squared_error(Y, THREE, "half_sum")) == pytest.approx(0.445, rel=1e-15)
    assert float(squared_error(Y, THREE, "mean")) == pytest.approx(0.089, rel=1e-15)


@row("BUG-001-4")
def test_the_lecture_s_mean_is_a_sum(row: str) -> None:
    both, delta = np.stack([Y, Y]), 2 * (Y - THREE)
    assert float(squared_sum(both, np.stack([THREE, THREE]))) == pytest.approx(2 * 0.89)
    assert_gradient(delta, lambda y: float(squared_sum(y, THREE)), Y)
    assert_no_gradient(delta, lambda y: float(squared_error(y, THREE, "mean")), Y)


@row("001-15", "001-16")
def test_gradients_add_up_sample_by_sample_until_the_update(row: str) -> None:
    (x, labels), _ = digits()
    t = one_hot(labels, 10)
    rng = np.random.RandomState(0)
    first, second = Layer(64, 100, rng), Layer(100, 10, rng)
    rng = np.random.RandomState(0)
    net = Sequential(layer(64, 100, rng), Sigmoid(), layer(100, 10, rng), Sigmoid())
    optimiser = SGD(net, 0.01)
    for start in (0, 50, 100):
        for i in range(start, start + 50):
            first.backward(second.backward(2 * (second.forward(first.forward(x[i])) - t[i])))
            if i % 2:  # two calls of backward without an update between add up
                squared_sum(net(x[i - 1 : i + 1]), t[i - 1 : i + 1]).backward()
        np.testing.assert_allclose(net[0].W.grad, first.dw.T, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(net[2].b.grad, second.db, rtol=1e-9, atol=1e-13)
        before = net[0].W.data.copy()
        optimiser.step()
        np.testing.assert_allclose(net[0].W.data, before - 0.01 * first.dw.T, atol=1e-13)
        optimiser.zero_grad()
        assert net[0].W.grad is None
        first.update(0.01)
        second.update(0.01)
    for p, theirs in zip(net.parameters(), (first.w.T, first.b, second.w.T, second.b), strict=True):
        np.testing.assert_allclose(p.data, theirs, rtol=1e-9, atol=1e-12)


@row("001-15")
def test_backward_of_a_layer(row: str) -> None:
    theirs = Layer(3, 2, np.random.RandomState(7))
    at, target = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0])
    dx = theirs.backward(2 * (theirs.forward(at) - target))
    x = Tensor(at)
    net = Sequential(layer(3, 2, np.random.RandomState(7)), Sigmoid())
    squared_sum(net(x), target).backward()
    np.testing.assert_allclose(x.grad, dx, rtol=1e-14)
    np.testing.assert_allclose(net[0].W.grad, theirs.dw.T, rtol=1e-14)
    np.testing.assert_allclose(net[0].b.grad, theirs.db, rtol=1e-14)


# ---------------------------------------------------------------- data


@row("001-17")
def test_samples_of_pythagoras(row: str) -> None:
    x, t = datasets.pythagoras()
    assert (x.shape, t.shape) == ((100, 3), (100, 1))
    assert x[0] == digits_to(10)(np.array([0.5488135039, 0.7151893664, 0.6027633761]))
    assert float(t[0, 0]) == digits_to(10)(0.6261032341)


@row("BUG-001-5")
def test_a_target_without_the_sum_is_refused(row: str) -> None:
    x, t = datasets.pythagoras()
    net = mlp(3, 3, 1, hidden=Sigmoid, output=Sigmoid, rng=0)
    squared_sum(net(x[0]), t[0]).backward()
    with pytest.raises(ValueError, match=r"outputs of shape \(1,\).*targets of shape \(3,\)"):
        squared_sum(net(x[0]), np.sqrt(x[0] ** 2 / 3))


@row("001-19")
def test_idx_files(tmp_path: Path, row: str) -> None:
    write_digits(tmp_path)
    data = load_mnist(tmp_path)
    assert data.train_images.shape == (1497, 28, 28)
    assert data.test_labels.shape == (300,)
    header = gzip.decompress((tmp_path / "train-images-idx3-ubyte.gz").read_bytes())[:16]
    assert header.hex() == "00000803" + f"{1497:08x}" + "0000001c" * 2
    plain = tmp_path / "plain"
    write_idx(plain, data.train_labels)
    np.testing.assert_array_equal(read_idx(plain), data.train_labels)
    for broken in (b"\0\0\x07\x01" + plain.read_bytes()[4:], plain.read_bytes()[:-1]):
        plain.write_bytes(broken)
        with pytest.raises(ValueError, match="plain"):
            read_idx(plain)


@needs_mnist
@row("001-19")
def test_mnist_files(row: str) -> None:
    data = load_mnist(MNIST)
    assert [array.shape for array in data] == [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert all(array.dtype == np.uint8 for array in data)


@row("001-20")
def test_preprocessing(row: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    (x,) = flatten(scale_pixels(image[None]))
    np.testing.assert_array_equal(x, (image / 255).reshape(784))
    ya = np.zeros(10)
    ya[7] = 1
    np.testing.assert_array_equal(one_hot([7], 10)[0], ya)


@row("001-22")
def test_updates_an_epoch(row: str) -> None:
    assert len(batches(np.zeros((60000, 1)), np.zeros(60000), 50)) == 1200


@row("BUG-001-8")
def test_there_are_not_300(row: str) -> None:
    assert len(batches(np.zeros((60000, 1)), np.zeros(60000), 50)) != 300
    assert len(batches(np.zeros((60000, 1)), np.zeros(60000), 200)) == 300


# ---------------------------------------------------------------- classes


@row("001-26")
def test_the_class_is_the_greatest_output(row: str) -> None:
    assert classes_of(Y[None]) == [3]


SCORES = np.array([3.0, -2.0, 0.0, 9.0, 4.0])
P = np.array([0.1, 0.1, 0.5, 0.2, 0.1])
Q = [0.002455773964605131, 1.6546874815243365e-05, 0.00012226578627181595, 0.9907299276315188,
     0.006675485742788954]  # fmt: skip
LOG_Q = [-6.00931330688819, -11.00931330688819, -9.00931330688819, -0.009313306888190098,
         -5.00931330688819]  # fmt: skip


def unshifted(a: Array) -> Array:
    """The lecture's softmax: no shift, and a sum over the whole array."""
    return np.exp(a) / np.sum(np.exp(a))


@row("001-32")
def test_softmax(row: str) -> None:
    np.testing.assert_allclose(softmax(SCORES), unshifted(SCORES), rtol=1e-14)
    for shift in (1000.0, -1000.0):
        np.testing.assert_allclose(softmax(SCORES + shift), Q, rtol=1e-12)
    two = np.stack([SCORES, SCORES[::-1]])
    np.testing.assert_allclose(softmax(two).sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(Softmax()(two), softmax(two))


@row("BUG-001-9")
def test_softmax_without_a_shift_overflows_and_mixes_rows(row: str) -> None:
    with np.errstate(all="ignore"):
        for scores in (np.array([710.0, 0.0]), np.array([-746.0, -746.0])):
            assert np.isnan(unshifted(scores)).any()
            assert np.isfinite(softmax(scores)).all()
        logs = np.log(np.exp(SCORES - 800) / np.sum(np.exp(SCORES - 800)))
    assert not np.isfinite(logs).all()
    np.testing.assert_allclose(log_softmax(SCORES - 800), LOG_Q, rtol=1e-12)
    two = np.stack([SCORES, SCORES])
    assert not np.allclose(unshifted(two), softmax(two))


@row("001-33")
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.integers(0, 99))
def test_cross_entropy_is_least_where_model_and_target_agree(
    row: str, scores: list[float], seed: int
) -> None:
    p = softmax(np.array(scores))
    q = softmax(np.random.default_rng(seed).normal(size=len(scores)))
    entropy = float(-np.sum(p * np.log(p)))
    assert float(cross_entropy(q, p, 0.0)) == pytest.approx(float(-np.sum(p * np.log(q))))
    assert float(cross_entropy(q, p, 0.0)) >= entropy - 1e-12


@row("001-34")
def test_exercise_4_6(row: str) -> None:
    q = softmax(SCORES)
    np.testing.assert_allclose(q, Q, rtol=1e-14)
    assert float(cross_entropy(q, P, 0.0)) == pytest.approx(6.70931330688819, rel=1e-14)
    assert float(cross_entropy(P, q, 0.0)) == pytest.approx(1.61566665776808, rel=1e-14)
    assert float(cross_entropy(P, P, 0.0)) == pytest.approx(1.35923670066501, rel=1e-14)
    a = Tensor(SCORES)
    softmax_cross_entropy(a, P).backward()
    np.testing.assert_allclose(a.grad, np.array(Q) - P, rtol=1e-13)
    assert_gradient(a.grad, lambda x: float(softmax_cross_entropy(x, P)), SCORES)


@row("001-35")
def test_negative_log_likelihood(row: str) -> None:
    assert float(negative_log_likelihood(np.log(P), 2)) == pytest.approx(-np.log(0.5), rel=1e-15)


@row("001-36")
def test_gradient_of_softmax_and_cross_entropy(row: str) -> None:
    rng = np.random.default_rng(0)
    w, b, x = rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=4)
    at, target = Affine(w, b), one_hot(1, 3)
    y = predict(Sequential(at, Softmax()), x[None])[0]
    softmax_cross_entropy(at(x), target).backward()
    np.testing.assert_allclose(at.W.grad, np.outer(x, y - target), rtol=1e-13)
    np.testing.assert_allclose(at.b.grad, y - target, rtol=1e-13)
    assert_gradient(at.W.grad, lambda w: float(softmax_cross_entropy(x @ w + b, target)), w)
    assert_gradient(at.b.grad, lambda b: float(softmax_cross_entropy(x @ w + b, target)), b)


@row("001-37")
def test_softmax_layer(row: str) -> None:
    ours, rng = layer(4, 3, np.random.RandomState(1)), np.random.RandomState(1)
    w, b = rng.random((3, 4)) - 0.5, rng.random(3) - 0.5
    x, ya = Tensor([0.1, -0.2, 0.3, 0.4]), one_hot(2, 3)
    y = softmax(w @ x.data + b)
    loss = softmax_cross_entropy(ours(x), ya, "sum")
    loss.backward()
    assert loss.item() == pytest.approx(-np.log(y[2]), rel=1e-14)
    delta = y - ya
    np.testing.assert_allclose(ours.W.grad, np.outer(delta, x.data).T, rtol=1e-13)
    np.testing.assert_allclose(ours.b.grad, delta, rtol=1e-13)
    np.testing.assert_allclose(x.grad, delta @ w, rtol=1e-13)


@row("BUG-001-11")
def test_a_loss_of_the_argmax_has_another_gradient(row: str) -> None:
    def of_argmax(a: Any) -> float:
        return float(-log_softmax(a)[np.argmax(P)])

    delta = softmax(SCORES) - P
    assert_no_gradient(delta, of_argmax, SCORES)
    assert_gradient(delta, lambda a: float(softmax_cross_entropy(a, P)), SCORES)
    hard = one_hot(2, 5)
    assert_gradient(softmax(SCORES) - hard, of_argmax, SCORES)


@row("001-39")
def test_log_softmax(row: str) -> None:
    np.testing.assert_allclose(LogSoftmax()(SCORES), LOG_Q, rtol=1e-13)
    np.testing.assert_allclose(SCORES - logsumexp(SCORES), LOG_Q, rtol=1e-13)
    for i in range(5):
        nll = float(negative_log_likelihood(log_softmax(SCORES), i))
        assert nll == pytest.approx(-LOG_Q[i], rel=1e-13)


# ---------------------------------------------------------------- pictures


@row("001-40")
def test_picture_of_the_network(row: str) -> None:
    labels = [str(i) for i in range(784)], [f"h{i}" for i in range(100)], [f"{i}" for i in THREE]
    dot = viz.network(784, 100, 10, labels=labels, title="784-100-10").dot()
    for words in ('"784"', '"100"', '"10"', '"783"', "784-100-10"):
        assert words in dot
    assert dot.count("⋮") == 2  # 784 and 100 are not drawn one by one
    drawn = [line for line in dot.splitlines() if line.strip().startswith("l2u")]
    assert [line.split('label="')[1][:3] for line in drawn if "label=" in line] == (
        [str(x) for x in THREE]
    )
