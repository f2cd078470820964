"""Rows 003-01 to 003-28: perceptron, multilayer networks, inference, losses, descent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seed_rows import assert_gradient, digits, digits_to, row

from autograd_lite import Tensor, grad, numerical_gradient, relu, sigmoid, softmax
from autograd_lite.nn import (
    SGD,
    Affine,
    Identity,
    Perceptron,
    ReLU,
    Sequential,
    Softmax,
    accuracy,
    batches,
    cross_entropy,
    datasets,
    fit,
    gradient_descent,
    mlp,
    one_hot,
    predict,
    problem,
    softmax_cross_entropy,
    squared_error,
)

CORNERS = datasets.xor().inputs


def says(unit: Any, points: Any) -> list[int]:
    return [int(y) for y in predict(unit, np.asarray(points, float))]


# ---------------------------------------------------------------- perceptron


@row("003-01")
@given(st.lists(st.floats(-9, 9), min_size=5, max_size=5))
def test_perceptron(row: str, numbers: list[float]) -> None:
    w1, w2, b, x1, x2 = numbers
    total = np.array([x1, x2]) @ np.array([w1, w2]) + b
    assert says(Perceptron([w1, w2], b), [[x1, x2]]) == [int(total > 0)]


@row("003-02")
def test_tshirt(row: str) -> None:
    unit = Perceptron([1.0, 0.0], -69.0)
    lengths = [60, 68, 68.5, 69, 69.5, 70, 74]
    assert says(unit, [[length, 50] for length in lengths]) == [0, 0, 0, 0, 1, 1, 1]
    x, t = datasets.tshirt()
    assert says(unit, x) == t.ravel().tolist()


@row("003-03")
def test_half_plane(row: str) -> None:
    unit = Perceptron([1.0, 1.0], 0.4)
    on_the_line = [(-0.4, 0), (0, -0.4), (-0.2, -0.2)]
    assert says(unit, [(0, 0), *on_the_line, (-1, 0.5), (-1, 0.7)]) == [1, 0, 0, 0, 0, 1]
    np.testing.assert_allclose(unit.boundary([-1.0, 0.0, 2.0]), [0.6, -0.4, -2.4])


@row("003-04")
def test_what_a_line_can_part_and_what_not(row: str) -> None:
    for gate, epochs in (("and", 6), ("or", 4), ("nand", 6), ("xor", None)):
        x, t = datasets.logic_gate(gate)
        unit = Perceptron(2)
        assert unit.learn(x, t.ravel()) == epochs
        assert (says(unit, x) == t.ravel().tolist()) is (epochs is not None)
    numbers = np.linspace(-3, 3, 121)
    w1, w2, b = np.meshgrid(numbers, numbers, numbers, sparse=True)
    right = sum(
        ((w1 * x[0] + w2 * x[1] + b > 0) == bool(t[0])).astype(int)
        for x, t in zip(*datasets.xor(), strict=True)
    )
    assert np.max(right) == 3


@row("003-04")
def test_one_sigmoid_neuron(row: str) -> None:
    for gate in ("and", "or", "nand", "xor"):
        x, t = datasets.logic_gate(gate)
        net = Sequential(Affine(2, 1, init="normal", rng=0), problem("binary").activation())
        fit(net, squared_error, SGD(net, 2.0), (x, t), 3000, shuffle=False)
        y = predict(net, x)
        if gate == "xor":
            np.testing.assert_allclose(y, 0.5, atol=1e-3)
            assert float(squared_error(y, t)) == pytest.approx(0.5, abs=1e-4)
        else:
            assert accuracy(y, t) == 1.0


# ---------------------------------------------------------------- networks


@row("003-05")
def test_xor_of_three_perceptrons(row: str) -> None:
    first = Perceptron([[1.0, -1.0], [1.0, -1.0]], [-0.5, 1.5])  # OR, NAND
    assert predict(first, CORNERS).T.tolist() == [[0, 1, 1, 1], [1, 1, 1, 0]]
    assert says(Sequential(first, Perceptron([1.0, 1.0], -1.5)), CORNERS) == [0, 1, 1, 0]


@row("003-05")
def test_linear_layers_add_nothing(row: str) -> None:
    net = mlp(3, 5, 4, 2, hidden=Identity, rng=0)
    first, second, third = (net[i] for i in (0, 2, 4))
    W = first.W.data @ second.W.data @ third.W.data
    b = (first.b.data @ second.W.data + second.b.data) @ third.W.data + third.b.data
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(net(x).data, Affine(W, b)(x).data, rtol=1e-12)


@row("003-07")
def test_three_sizes_are_three_outputs(row: str) -> None:
    net = mlp(2, 4, 3, rng=0)
    y = predict(net, datasets.tshirt().inputs)
    assert y.shape == (7, 3)
    assert problem("multiclass").decide(y).shape == (7,)
    assert problem("regression").activation is Identity


@row("003-08")
def test_inference_layer_by_layer(row: str) -> None:
    net = mlp(2, 3, 2, hidden=ReLU, output=Softmax, rng=0)
    x = np.array([[0.5, -1.0]])
    a1 = x @ net[0].W.data + net[0].b.data
    a2 = np.maximum(a1, 0) @ net[2].W.data + net[2].b.data
    y = np.exp(a2) / np.exp(a2).sum()
    for found, expected in zip(net.outputs(x), (a1, np.maximum(a1, 0), a2, y), strict=True):
        np.testing.assert_allclose(found.data, expected, rtol=1e-14)


@row("003-09")
def test_affine_written_out(row: str) -> None:
    layer, X = Affine([[4.0, 5.0], [6.0, 7.0]], [0.0, 1.0]), Tensor([2.0, 3.0])
    A = layer(X)
    assert A.data.tolist() == [26, 32]
    A.sum().backward()
    assert X.grad.tolist() == [9, 13]
    assert layer.W.grad.tolist() == [[2, 2], [3, 3]]


@row("BUG-003-1")
def test_the_printed_formula_uses_each_input_twice(row: str) -> None:
    x1, x2 = 2.0, 3.0
    printed = [0 + 4 * x1 + 6 * x1, 1 + 5 * x2 + 7 * x2]
    assert printed == [20, 37]
    assert Affine([[4, 5], [6, 7]], [0, 1])([x1, x2]).data.tolist() != printed


CURVE = np.arange(-5.0, 5.0, 0.1)


@row("003-10")
def test_sigmoid_curve(row: str) -> None:
    y = np.asarray(sigmoid(CURVE))
    assert len(y) == 100
    assert CURVE[-1] == pytest.approx(4.9)
    assert float(y[0]) == digits_to(10)(0.0066928509)
    assert float(y[-1]) == digits_to(10)(0.9926084587)
    assert ((y > -0.1) & (y < 1.1)).all()


@row("003-11", "BUG-003-2")
def test_relu_curve(row: str) -> None:
    y = np.asarray(relu(CURVE))
    np.testing.assert_array_equal(y[CURVE > 0], CURVE[CURVE > 0])
    assert not y[CURVE <= 0].any()
    assert y.min() > -1.0
    assert y.max() < 5.5


@row("003-12")
def test_activation_by_problem(row: str) -> None:
    assert problem("regression").activation is Identity
    assert problem("multiclass").activation is Softmax
    with pytest.raises(ValueError, match="'ranking' is not one of regression, binary, multiclass"):
        problem("ranking")


@row("003-13")
def test_identity(row: str) -> None:
    a = Tensor([0.5, -2.0])
    y = Identity()(a)
    y.sum().backward()
    assert y.data.tolist() == [0.5, -2.0]
    assert a.grad.tolist() == [1, 1]


SCORES = np.array([0.5, 1.5, 2.5])
SOFTMAX = [0.09003057317038046, 0.24472847105479764, 0.6652409557748218]


@row("003-14")
def test_softmax(row: str) -> None:
    np.testing.assert_allclose(softmax(SCORES), SOFTMAX, rtol=1e-15)
    np.testing.assert_allclose(softmax(SCORES + 1000), SOFTMAX, rtol=1e-12)
    a = Tensor(SCORES)
    softmax_cross_entropy(a, 2).backward()
    assert a.grad == digits_to(10)(np.array([0.0900305732, 0.2447284711, -0.3347590442]))
    assert_gradient(a.grad, lambda x: float(softmax_cross_entropy(x, 2)), SCORES)


@row("003-14")
def test_softmax_over_a_whole_batch_is_wrong(row: str) -> None:
    batch = np.array([[0.5, 1.5, 2.5], [1.0, 2.0, 2.25]])
    whole = np.exp(batch - batch.max()) / np.exp(batch - batch.max()).sum()
    assert not np.allclose(whole.sum(axis=1), 1)
    np.testing.assert_allclose(softmax(batch).sum(axis=1), 1)


@row("BUG-003-3")
def test_percentages_are_rounded(row: str) -> None:
    assert [f"{100 * y:.1f}" for y in softmax(SCORES)] == ["9.0", "24.5", "66.5"]


@row("003-15")
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8))
def test_softmax_keeps_the_order(row: str, scores: list[float]) -> None:
    y = np.asarray(softmax(np.array(scores)))
    order = np.argsort(scores, kind="stable")
    assert (np.diff(y[order]) >= 0).all()
    assert y[np.argmax(scores)] == y.max()


# ---------------------------------------------------------------- losses

T = one_hot(2, 10)
RIGHT = np.array([0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0])
WRONG = np.array([0.1, 0.05, 0, 0, 0.05, 0, 0.8, 0, 0, 0])
PRINTED = [
    pytest.param(squared_error, RIGHT, "0.097500", 0.0975, id="003-18"),
    pytest.param(squared_error, WRONG, "0.827500", 0.8275, id="003-19"),
    pytest.param(cross_entropy, RIGHT, "0.510825", 0.510825457099338, id="003-20"),
    pytest.param(cross_entropy, WRONG, "16.118096", 16.11809565095832, id="003-21"),
]


@pytest.mark.parametrize(("loss", "y", "printed", "exact"), PRINTED)
def test_losses(loss: Any, y: Any, printed: str, exact: float) -> None:
    assert f"{loss(y, T):f}" == printed
    assert float(loss(y, T)) == pytest.approx(exact, rel=1e-14)
    at = y + 0.01  # away from the kink at 0
    tensor = Tensor(at)
    loss(tensor, T).backward()
    assert_gradient(tensor.grad, lambda y: float(loss(y, T)), at, 1e-7)


@row("003-22")
def test_two_labelled_lines(row: str) -> None:
    lines = [f"right: {cross_entropy(RIGHT, T):f}", f"wrong: {cross_entropy(WRONG, T):f}"]
    assert lines == ["right: 0.510825", "wrong: 16.118096"]


@row("003-23")
def test_accuracy_does_not_tell_two_wrong_answers_apart(row: str) -> None:
    near, far = np.array([[0.45, 0.55]]), np.array([[0.05, 0.95]])
    assert accuracy(near, [0]) == accuracy(far, [0]) == 0
    assert float(cross_entropy(near, [0])) < float(cross_entropy(far, [0]))


@row("003-28")
def test_squares_are_summed_not_differences(row: str) -> None:
    assert float(squared_error([1.0, -1.0], [0.0, 0.0])) == 1.0  # the differences' sum is 0


# ---------------------------------------------------------------- descent


def bowl(w: Any) -> Any:
    return (w**2).sum()


@row("003-24")
def test_gradient_of_the_bowl(row: str) -> None:
    w = np.array([-3.0, 4.0])
    assert bowl(w) == 25
    assert grad(bowl)(w).tolist() == [-6, 8]
    for point in np.random.default_rng(0).normal(size=(9, 2)):
        assert -grad(bowl)(point) @ (np.zeros(2) - point) > 0  # towards the minimum


@row("003-25")
def test_update(row: str) -> None:
    w = Tensor([-3.0, 4.0])
    bowl(w).backward()
    SGD([w], lr=0.1).step()
    np.testing.assert_allclose(w.data, [-2.4, 3.2])
    np.testing.assert_allclose(gradient_descent(bowl, [-3.0, 4.0], 1.0, 1)[-1], [3.0, -4.0])


START = [-3.0, 4.0]


@row("003-26")
def test_descents(row: str) -> None:
    path = gradient_descent(bowl, START, 0.1, 100)
    assert path[20] == digits_to(8)(np.array([-0.03458765, 0.04611686]))
    assert bowl(path[20]) == digits_to(10)(0.0033230700)
    assert bowl(path[100]) == pytest.approx(1.04e-18, rel=5e-3)
    assert not gradient_descent(bowl, START, 0.5, 1)[-1].any()
    assert gradient_descent(bowl, START, 1.0, 7)[-1].tolist() == [3, -4]
    assert gradient_descent(bowl, START, 1.0, 8)[-1].tolist() == START
    far = gradient_descent(bowl, START, 10.0, 100)[-1]
    np.testing.assert_allclose(far, np.array(START) * 19.0**100, rtol=1e-12)
    assert pytest.approx(7.5e127, rel=0.01) == 19.0**100
    hardly = gradient_descent(bowl, START, 1e-10, 100)[-1]
    assert hardly == digits_to(8)(np.array([-2.99999994, 3.99999992]))


@row("003-26")
def test_descent_by_numerical_gradients_runs_away_otherwise(row: str) -> None:
    """Far out, rounding swallows the step of the differences; the seed's figures are those."""

    def central(w: Any) -> Any:
        found = np.zeros(2)
        for i in range(2):
            up, down = w.copy(), w.copy()
            up[i], down[i] = w[i] + 1e-4, w[i] - 1e-4
            found[i] = (bowl(up) - bowl(down)) / 2e-4
        return found

    end = gradient_descent(bowl, START, 10.0, 100, gradient=central)[-1]
    assert end == pytest.approx(np.array([-2.58983747e13, -1.29524862e12]), rel=1e-8)
    ours = gradient_descent(
        bowl, START, 0.1, 20, gradient=lambda w: numerical_gradient(bowl, w, 1e-4)
    )
    np.testing.assert_allclose(ours, gradient_descent(bowl, START, 0.1, 20), atol=1e-9)


@row("003-26")
@pytest.mark.parametrize("rate", [0.05, 0.4, 0.6, 0.95, 1.05])
def test_descent_converges_for_rates_below_1(row: str, rate: float) -> None:
    path = gradient_descent(bowl, START, rate, 50)
    np.testing.assert_allclose(path[1:], path[:-1] * (1 - 2 * rate), atol=1e-12)
    assert (bowl(path[-1]) < 1) == (rate < 1)


@row("BUG-003-4")
def test_too_small_is_not_too_large(row: str) -> None:
    small, large = (gradient_descent(bowl, START, rate, 20)[-1] for rate in (1e-10, 10.0))
    assert bowl(small) == pytest.approx(25)
    assert bowl(large) > 1e50


# ---------------------------------------------------------------- stochastic descent


@row("003-16", "003-27")
def test_descent_on_random_minibatches(row: str) -> None:
    """64-50-10, ReLU, softmax, 0.01·N, batches of 100 drawn with replacement, rate 0.1."""
    train, test = digits()
    net = mlp(64, 50, 10, init="small_normal", bias="zeros", rng=0)
    drawn = batches(*train, 100, replace=True, rng=0)
    history = fit(net, softmax_cross_entropy, SGD(net, 0.1), drawn, -(-1000 // len(drawn)))
    assert len(history.updates) >= 1000
    assert np.mean(history.updates[-100:]) < np.mean(history.updates[:100]) / 5
    assert accuracy(predict(net, test.inputs), test.targets) >= 0.94
    assert accuracy(predict(net, train.inputs), train.targets) >= 0.94


@row("003-17")
def test_a_minibatch_is_a_sample_of_the_whole(row: str) -> None:
    (x, labels), _ = digits()
    assert 28 * 28 == 784
    net = mlp(64, 10, rng=0)

    def gradient(rows: Any) -> Any:
        net.zero_grad()
        softmax_cross_entropy(net(x[rows]), labels[rows]).backward()
        return net[0].W.grad

    rng = np.random.default_rng(0)
    whole = gradient(slice(None))
    errors = [
        np.mean([np.linalg.norm(gradient(rng.choice(len(x), n)) - whole) for _ in range(20)])
        for n in (10, 100, 1000)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
