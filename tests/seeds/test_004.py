"""Rows 004-01 to 004-10: gradient checking, the Affine layer, softmax with its loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seed_rows import assert_gradient, assert_no_gradient, digits, digits_to, row

from autograd_lite import Tensor, Value, log, no_grad, numerical_gradient, softmax, viz
from autograd_lite.nn import Affine, Softmax, cross_entropy, mlp, softmax_cross_entropy

W = np.array([[1.0, 2.0, 3.0], [1.0, 4.0, 6.0]])
X = np.array([[2.0, 4.0], [2.0, 1.0], [4.0, 3.0]])
Y = [[8, 22, 32], [5, 10, 14], [9, 22, 32]]


@pytest.mark.parametrize("name", ["0.W", "0.b", "2.W", "2.b"])
@row("004-01")
def test_backpropagation_is_checked_against_differences(name: str, row: str) -> None:
    """64-50-10 with ReLU, 0.01·N, on three digits; h = 1e-5 carries no unit over its kink."""
    (x, labels), _ = digits()
    net = mlp(64, 50, 10, init="small_normal", bias="zeros", rng=0)
    x, labels = x[:3], labels[:3]
    softmax_cross_entropy(net(x), labels).backward()
    p: Any = net.named_parameters()[name]
    gradient, before = p.grad, np.array(p.data)
    rows = np.random.default_rng(0).choice(len(before), min(10, len(before)), replace=False)

    def loss(part: Any) -> float:
        numbers = before.copy()
        numbers[rows] = part
        p.data = numbers
        with no_grad():
            return float(softmax_cross_entropy(net(x), labels))

    difference = np.abs(gradient[rows] - numerical_gradient(loss, before[rows], 1e-5))
    assert difference.max() < 5e-10
    assert np.abs(gradient).max() > 1e-4  # and is not right by being 0


@row("004-02", "004-03")
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
def test_affine(row: str, n: int, i: int, o: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w, b, dY = (rng.normal(size=s) for s in ((n, i), (i, o), (o,), (n, o)))
    layer, at = Affine(w, b), Tensor(x)
    y = layer(at)
    y.backward(dY)
    np.testing.assert_allclose(y.data, x @ w + b, rtol=1e-13)
    np.testing.assert_allclose(at.grad, dY @ w.T, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.W.grad, x.T @ dY, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.b.grad, dY.sum(axis=0), rtol=1e-12, atol=1e-14)
    shapes = [v.grad.shape for v in (at, layer.W, layer.b)]
    assert shapes == [x.shape, w.shape, b.shape]


@row("004-03")
def test_shapes_must_match(row: str) -> None:
    with pytest.raises(ValueError, match=r"x has shape \(3, 3\).*weights \(2, 3\)"):
        Affine(W, 2.0)(np.ones((3, 3)))


@row("004-04")
def test_affine_with_one_number_as_bias(row: str) -> None:
    assert Affine(W, 2.0)(X).data.tolist() == Y


@row("004-05")
def test_gradients_of_the_example(row: str) -> None:
    layer, x = Affine(W, 2.0), Tensor(X)
    layer(x).backward(np.ones((3, 3)))
    assert x.grad.tolist() == [[6, 11]] * 3
    assert layer.W.grad.tolist() == [[8, 8, 8]] * 2
    assert float(layer.b.grad) == 9
    rows = Affine(W, [2.0, 2.0, 2.0])
    rows(X).backward(np.ones((3, 3)))
    assert rows.b.grad.tolist() == [3, 3, 3]


@row("BUG-004-1")
def test_backward_of_a_scalar_is_refused_and_its_results_are_no_gradients(row: str) -> None:
    y = Affine(W, 2.0)(Tensor(X))
    for dout in (1, 1.0, np.ones(3), np.ones((3, 1))):
        with pytest.raises(ValueError, match=r"\(3, 3\)"):
            y.backward(dout)
    with pytest.raises(ValueError, match=r"\(3, 3\)"):
        y.backward()
    printed = np.dot(1, W.T)
    assert printed.tolist() == [[1, 1], [2, 4], [3, 6]]  # the seed's "dx"
    assert_no_gradient(printed, lambda x: float(np.sum(x @ W + 2)), X)
    assert_no_gradient(np.dot(X.T, 1), lambda w: float(np.sum(X @ w + 2)), W)
    assert_no_gradient(np.sum(1), lambda b: float(np.sum(X @ W + b)), 2.0)
    assert_gradient([[6, 11]] * 3, lambda x: float(np.sum(x @ W + 2)), X)
    assert_gradient(9.0, lambda b: float(np.sum(X @ W + b)), 2.0)


@row("004-06", "BUG-004-2")
def test_softmax(row: str) -> None:
    scores = np.array([0.1, 0.1, 0.8])
    y = np.asarray(softmax(scores))
    np.testing.assert_allclose(y, np.exp(scores) / np.exp(scores).sum(), rtol=1e-15)
    assert y.sum() == pytest.approx(1)
    without_subscripts = np.exp(scores) / np.sum(scores)  # e^x / Σx
    assert abs(without_subscripts.sum() - 1) > 1


@row("004-07")
def test_graph_of_softmax(row: str) -> None:
    """exp three times, their sum, its reciprocal, and three products."""
    a, b, c = (Value(v, name=n) for v, n in ((0.1, "a"), (0.1, "b"), (0.8, "c")))
    parts = [np.exp(v) for v in (a, b, c)]
    share = 1.0 / (parts[0] + parts[1] + parts[2])
    y = [p * share for p in parts]
    for v, n in zip((*parts, share, *y), ("ea", "eb", "ec", "s", "ya", "yb", "yc"), strict=True):
        v.name = n
    np.testing.assert_allclose([v.item() for v in y], softmax(np.array([0.1, 0.1, 0.8])))
    loss = -log(y[2])
    loss.backward()
    np.testing.assert_allclose(
        [a.grad, b.grad, c.grad], [y[0].item(), y[1].item(), y[2].item() - 1]
    )
    dot = viz.draw(loss).dot()
    for name in ("a", "b", "c", "ea", "eb", "ec", "s", "yc"):
        assert f">{name}<" in dot
    edges = [(x.name, v.name) for v in (*parts, *y) for x in v.operands if isinstance(x, Value)]
    assert edges == [("a", "ea"), ("b", "eb"), ("c", "ec"),
                     ("ea", "ya"), ("s", "ya"), ("eb", "yb"), ("s", "yb"),
                     ("ec", "yc"), ("s", "yc")]  # fmt: skip


P, T = np.array([0.1, 0.1, 0.8]), np.array([0.0, 0.0, 1.0])


@row("004-08")
def test_cross_entropy_to_the_last_digit(row: str) -> None:
    assert repr(float(cross_entropy(P, T, epsilon=1e-10))) == "0.2231435511892097"
    assert float(cross_entropy(P, T, epsilon=0.0)) == digits_to(15)(0.2231435513142097)


@row("004-09")
def test_gradient_of_softmax_with_loss(row: str) -> None:
    scores = Tensor(np.log(P))  # whose softmax is P
    softmax_cross_entropy(scores, T).backward()
    np.testing.assert_allclose(scores.grad, [0.1, 0.1, -0.2], rtol=1e-13)
    assert_gradient(scores.grad, lambda a: float(softmax_cross_entropy(a, T)), np.log(P))


@row("BUG-004-3")
def test_the_printed_gradient_has_the_wrong_sign(row: str) -> None:
    assert_no_gradient([-0.1, -0.1, 0.2], lambda a: float(softmax_cross_entropy(a, T)), np.log(P))


@pytest.mark.parametrize(("epsilon", "p", "factor"), [(1e-7, 0.8, 0.99999988), (1e-7, 1e-7, 0.5)])
@row("BUG-eps")
def test_an_epsilon_in_the_loss_changes_its_gradient(
    epsilon: float, p: float, factor: float, row: str
) -> None:
    at = np.log(np.array([(1 - p) / 2, (1 - p) / 2, p]))
    scores = Tensor(at)
    cross_entropy(Softmax()(scores), T, epsilon).backward()
    y_minus_t = np.exp(at) - T
    np.testing.assert_allclose(scores.grad, factor * y_minus_t, rtol=2e-8)
    if factor < 0.9:
        f = lambda a: float(cross_entropy(softmax(a), T, epsilon))  # noqa: E731
        assert_no_gradient(y_minus_t, f, at)
        assert_gradient(scores.grad, f, at)


@row("004-10")
def test_a_larger_error_has_a_larger_gradient(row: str) -> None:
    sizes = []
    for p in (0.8, 0.4, 0.1):
        scores = Tensor(np.log([(1 - p) / 2, (1 - p) / 2, p]))
        softmax_cross_entropy(scores, T).backward()
        sizes.append(float(np.linalg.norm(scores.grad)))
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 3
