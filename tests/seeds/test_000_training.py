"""Rows 000-01 to 000-07 and 000-23 to 000-25: functions, losses, and a network that learns XOR."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seed_rows import Array, row

from autograd_lite import Tensor, Value, numerical_gradient, relu, sigmoid, tanh, viz
from autograd_lite.nn import (
    SGD,
    Affine,
    Perceptron,
    ReLU,
    Sequential,
    Sigmoid,
    Training,
    cross_entropy,
    datasets,
    fit,
    load,
    load_model,
    mlp,
    predict,
    save,
    save_model,
    squared_error,
)

X, T = datasets.xor()


# ---------------------------------------------------------------- functions and losses


@row("000-01")
def test_a_network_is_no_perceptron(row: str) -> None:
    net = mlp(2, 4, 1, hidden=Sigmoid, output=Sigmoid, init="normal", rng=0)
    before = predict(net, X)
    history = fit(net, squared_error, SGD(net, 1.0), (X, T), 300, shuffle=False)
    after = predict(net, X)
    assert ((after > 0) & (after < 1)).all()  # not 0 and 1, as a step gives
    assert history.loss[-1] < history.loss[0]  # there is a loss, and the parameters follow it
    assert not np.array_equal(before, after)

    unit = Perceptron([1.0, 1.0], -0.5)
    squared_error(unit(X), T.ravel()).backward()
    assert set(predict(unit, X)) == {0.0, 1.0}
    assert not unit.W.grad.any()  # a step teaches nothing by its gradient


FUNCTIONS = [
    pytest.param(sigmoid, 0.0, 0.5, 0.25, id="000-02"),
    pytest.param(sigmoid, 0.5, 0.62245933120185456, 0.23500371220159449, id="000-02 at 0.5"),
    pytest.param(relu, 0.0, 0.0, 0.0, id="000-03"),
    pytest.param(relu, 2.5, 2.5, 1.0, id="000-03 above 0"),
    pytest.param(relu, -2.5, 0.0, 0.0, id="000-03 below 0"),
    pytest.param(tanh, 1.0, 0.76159415595576489, 0.41997434161402607, id="000-04"),
]


@pytest.mark.parametrize("kind", [float, np.array, Value, Tensor])
@pytest.mark.parametrize(("f", "x", "value", "slope"), FUNCTIONS)
def test_activations(f: Any, x: float, value: float, slope: float, kind: Any) -> None:
    at = kind(x)
    y = f(at)
    if kind in (Value, Tensor):
        y.backward()
        assert float(at.grad) == pytest.approx(slope, rel=1e-15)
    assert (y if isinstance(y, float) else y.item()) == pytest.approx(value, rel=1e-15)


@row("000-04")
def test_derivative_of_tanh(row: str) -> None:
    x = Tensor(np.linspace(-3, 3, 13))
    y = tanh(x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 1 - y.data**2, rtol=1e-12)


@row("000-05")
def test_squared_error(row: str) -> None:
    y, t = np.array([0.5, -1.0, 2.0]), np.array([1.0, 1.0, 0.0])
    assert float(squared_error(y, t)) == pytest.approx((0.25 + 4 + 4) / 2, rel=1e-15)


@row("000-06")
def test_cross_entropy(row: str) -> None:
    y, t = np.array([0.25, 0.7, 0.05]), np.array([0.5, 0.5, 0.0])
    expected = -(0.5 * np.log(0.25) + 0.5 * np.log(0.7))
    assert float(cross_entropy(y, t, epsilon=0.0)) == pytest.approx(expected, rel=1e-15)


@row("000-07")
def test_picture_of_a_layer_with_its_bias_as_an_input_1(row: str) -> None:
    dot = viz.network(2, 2, activation="σ", bias=True).dot()
    labels = [line.split('label="')[1].split('"')[0] for line in dot.splitlines() if "pos=" in line]
    assert sorted(label for label in labels if label in ("x1", "x2", "1", "y1", "y2", "σ")) == (
        ["1", "x1", "x2", "y1", "y2", "σ", "σ"]
    )
    assert {"w11", "w12", "w21", "w22", "b1", "b2"} <= set(labels)
    assert dot.count(" -- ") == 4 + 2 + 2  # weights, biases, and the way into each σ
    W, b, x = np.array([[0.1, 0.2], [0.3, -0.4]]), np.array([0.05, -0.1]), np.array([0.5, -1.5])
    as_input = Affine(np.vstack([W, b]), None)(np.append(x, 1.0))
    np.testing.assert_allclose(as_input.data, Affine(W, b)(x).data, rtol=1e-15)


# ---------------------------------------------------------------- XOR


def together(nets: list[Sequential]) -> list[Tensor]:
    """The parameters W1, b1, W2, b2 of many networks, each with an axis of networks in front."""
    states = [net.state() for net in nets]
    stacked = {name: np.stack([state[name] for state in states]) for name in states[0]}
    return [Tensor(p if p.ndim == 3 else p[:, None]) for p in stacked.values()]


def train_together(nets: list[Sequential], lr: float, epochs: int) -> Array:
    """The outputs (networks, 4, 1) of sigmoid networks after so many full batches: each follows
    its own gradient, since the sum of their losses has nothing in common."""
    W1, b1, W2, b2 = parameters = together(nets)
    optimiser = SGD(parameters, lr)

    def outputs() -> Tensor:
        return sigmoid(sigmoid(X @ W1 + b1) @ W2 + b2)

    for _ in range(epochs):
        optimiser.zero_grad()
        loss = 0.5 * ((outputs() - T) ** 2).sum()
        loss.backward()
        del loss
        optimiser.step()
    return outputs().data


def sigmoid_net(seed: int, hidden: int = 8) -> Sequential:
    return mlp(2, hidden, 1, hidden=Sigmoid, output=Sigmoid, init="normal", bias="normal", rng=seed)


@row("000-23")
def test_training_together_is_training_one_by_one(row: str) -> None:
    net = sigmoid_net(3)
    fit(net, squared_error, SGD(net, 1.0), (X, T), 50, shuffle=False)
    y = train_together([sigmoid_net(3), sigmoid_net(4)], 1.0, 50)
    np.testing.assert_allclose(predict(net, X), y[0], rtol=1e-10)


@row("000-23")
def test_xor_is_learnt_from_every_seed(row: str) -> None:
    y = train_together([sigmoid_net(seed) for seed in range(100)], 1.0, 5000)
    losses = ((y - T) ** 2).sum(axis=(1, 2)) / 2
    assert losses.max() < 1e-3
    assert np.abs(y - T).max() < 0.1


@row("000-23")
def test_small_networks_do_not_learn_xor_from_every_seed(row: str) -> None:
    y = train_together([sigmoid_net(seed, 2) for seed in range(100)], 1.0, 5000)
    solved = ((y > 0.5) == (T > 0.5)).all(axis=(1, 2)).sum()
    assert 60 < solved < 95  # 77 of 100 in the row's own runs


@pytest.mark.slow
@row("000-23")
def test_xor_by_the_article_s_recipe(row: str) -> None:
    """2-3-1, ReLU and sigmoid, 0.01·N(0, 1), rate 0.01, online in the order 00, 01, 10, 11; with
    a seed for which no unit dies."""
    net = mlp(2, 3, 1, hidden=ReLU, output=Sigmoid, init="small_normal", bias="zeros", rng=6)

    def stop_when_solved(training: Training) -> None:
        if 4 * training.history.loss[-1] < 5e-3:
            training.stop("solved")

    history = fit(
        net, squared_error, SGD(net, 0.01), (X, T), 50_000, 1, shuffle=False,
        callbacks=[stop_when_solved],
    )  # fmt: skip
    assert history.stopped == "solved"
    assert len(history.loss) < 50_000
    y = predict(net, X)
    assert float(squared_error(y, T)) < 5.1e-3
    np.testing.assert_array_equal(y >= 0.5, T == 1)


# ---------------------------------------------------------------- saved weights

WEIGHTS = {
    "W1": np.array([[1.0, -1.0], [-1.0, 1.0]]),
    "b1": np.array([[0.0, 0.0]]),
    "W2": np.array([[11.439979286866958], [11.439978178779722]]),
    "b2": np.array([[-5.3202251408423775]]),
}
PRINTED = """\
in: [ 0.  0.]  ->  out: 0 (0.00486784050737)
in: [ 0.  1.]  ->  out: 1 (0.997805826021)
in: [ 1.  0.]  ->  out: 1 (0.997805828447)
in: [ 1.  1.]  ->  out: 0 (0.00486784050737)"""


def article_net(weights: Any) -> Sequential:
    W1, b1, W2, b2 = (weights[name] for name in ("W1", "b1", "W2", "b2"))
    return Sequential(Affine(W1, b1.ravel()), ReLU(), Affine(W2, b2.ravel()), Sigmoid())


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@row("000-24")
def test_weights_come_back_bit_by_bit(tmp_path: Path, suffix: str, row: str) -> None:
    rng = np.random.default_rng(0)
    shapes = {"W1": (2, 3), "b1": (1, 3), "W2": (3, 1), "b2": (1, 1)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    save(tmp_path / f"xor{suffix}", weights)
    saved = load(tmp_path / f"xor{suffix}")
    assert {name: array.shape for name, array in saved.items()} == shapes
    for name, array in weights.items():
        assert saved[name].tobytes() == array.tobytes()

    net, other = article_net(weights), article_net({n: 0 * w for n, w in weights.items()})
    save_model(tmp_path / f"net{suffix}", net)
    load_model(tmp_path / f"net{suffix}", other)
    np.testing.assert_array_equal(predict(other, X), predict(net, X))


@row("000-25")
def test_the_printout(row: str) -> None:
    y = predict(article_net(WEIGHTS), X)
    with np.printoptions(legacy="1.13"):
        lines = [
            f"in: {x}  ->  out: {int(v >= 0.5)} ({v:.12g})" for x, v in zip(X, y[:, 0], strict=True)
        ]
    assert "\n".join(lines) == PRINTED
    assert float(squared_error(y, T)) == pytest.approx(2.851026533e-05, rel=1e-9)
    assert y[0] == y[3]  # no ReLU is on there: both are σ(b2)


@row("000-25")
def test_weights_of_the_printout_lie_near_a_minimum(row: str) -> None:
    net = article_net(WEIGHTS)
    squared_error(net(X), T).backward()

    def loss(W2: Any) -> float:
        return float(squared_error(predict(article_net({**WEIGHTS, "W2": W2}), X), T))

    gradient = net[2].W.grad
    np.testing.assert_allclose(gradient, numerical_gradient(loss, WEIGHTS["W2"]), atol=1e-9)
    assert np.abs(gradient).max() < 1e-5
