"""Rows 002-01 to 002-18: forward passes, activations, losses, gradient descent, backpropagation."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seed_rows import Array, assert_gradient, assert_no_gradient, digits_to, row

from autograd_lite import Tensor, numerical_gradient, relu, sigmoid, softmax, step, viz
from autograd_lite.nn import (
    PROBLEMS,
    SGD,
    Affine,
    Identity,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    batches,
    binary_cross_entropy,
    cross_entropy,
    datasets,
    fit,
    mlp,
    problem,
    softmax_cross_entropy,
    squared_error,
)

half_mean = partial(squared_error, reduction="half_mean")
batch_mean = partial(cross_entropy, reduction="batch_mean")

W = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.5], [0.4, 0.5, 0.6]])
B = np.array([0.1, 0.2, 0.3])
X = np.array([1.0, 5.0, 2.0, -1.0])


# ---------------------------------------------------------------- forward

LAYERS = [
    pytest.param(W, [1.4, 2.2, 3.0], [0.8021838886, 0.9002495109, 0.9525741268], id="002-01"),
    pytest.param(0 * W, B, [0.5249791875, 0.5498339973, 0.5744425168], id="002-02 zeros"),
    pytest.param(0 * W + 1, [7.1, 7.2, 7.3], [0.9991755753, 0.9992539712, 0.9993249173],
                 id="002-02 ones"),
]  # fmt: skip


@pytest.mark.parametrize(("weights", "u", "z"), LAYERS)
def test_one_layer(weights: Array, u: Any, z: Any) -> None:
    total, output = Sequential(Affine(weights, B), Sigmoid()).outputs(X)
    np.testing.assert_allclose(total.data, u, rtol=1e-14)
    assert output.data == digits_to(10)(np.array(z))


@row("002-03")
def test_total_input_written_out(row: str) -> None:
    u = Affine(W[:, 0], B[0])(X)
    assert u.item() == pytest.approx(sum(w * x for w, x in zip(W[:, 0], X, strict=True)) + B[0])


def three_layers() -> Sequential:
    return Sequential(
        Affine([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [0.1, 0.2, 0.3]),
        ReLU(),
        Affine([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], [0.1, 0.2]),
        ReLU(),
        Affine([[0.1, 0.3], [0.2, 0.4]], [1.0, 2.0]),
        Identity(),
    )


GRADIENTS = {
    "4.b": [1.56, 3.222],
    "4.W": [[1.5912, 3.28644], [3.5724, 7.37838]],
    "2.b": [1.1226, 1.6008],
    "2.W": [[0.67356, 0.96048], [1.45938, 2.08104], [2.2452, 3.2016]],
    "0.b": [0.75258, 1.02492, 1.29726],
    "0.W": [[0.75258, 1.02492, 1.29726], [1.50516, 2.04984, 2.59452]],
}


@pytest.mark.parametrize("of", [Tensor, "Values"])
@row("002-04")
def test_three_layers(row: str, of: Any) -> None:
    net = three_layers() if of is Tensor else three_layers().as_values()
    x = Tensor([1.0, 2.0]) if of is Tensor else np.array([1.0, 2.0])
    u1, z1, u2, z2, u3, y = net.outputs(x)
    numbers = [np.array([v.item() for v in part]) for part in (u1, z1, u2, z2, u3, y)]
    expected = [[0.6, 1.3, 2.0]] * 2 + [[1.02, 2.29]] * 2 + [[1.56, 3.222]] * 2
    for found, right in zip(numbers, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-14)
    loss = squared_error(y, np.zeros(2))
    loss.backward()
    assert loss.item() == pytest.approx(6.407442, rel=1e-14)
    for name, p in net.named_parameters().items():
        grads = p.grad if of is Tensor else np.array([v.grad for v in p.flat]).reshape(p.shape)
        np.testing.assert_allclose(grads, GRADIENTS[name], rtol=1e-13)
    if of is Tensor:
        np.testing.assert_allclose(x.grad, [1.031364, 1.33884], rtol=1e-14)


@row("BUG-002-1")
def test_the_output_is_not_the_first_hidden_layer(row: str) -> None:
    net = three_layers()
    z1 = net.outputs([1.0, 2.0])[1].data
    y = net([1.0, 2.0]).data
    assert z1.sum() == pytest.approx(3.9)  # what the notes print as the output's total
    assert y.sum() == pytest.approx(4.782)
    assert y.shape != z1.shape


# ---------------------------------------------------------------- activations


@row("002-05", "BUG-002-2")
def test_step_is_0_at_0(row: str) -> None:
    """The notes' code and formula differ there; the code's choice is ours, and 003-01's."""
    x = Tensor([-2.0, -0.5, 0.0, 0.5, 2.0])
    y = step(x)
    y.sum().backward()
    assert y.data.tolist() == [0, 0, 0, 1, 1]
    assert not x.grad.any()  # it cannot be trained
    assert (x.data >= 0).tolist() == [False, False, True, True, True]  # the formula's


@row("002-06")
@given(st.floats(-30, 30))
def test_relu_and_saturation(row: str, x: float) -> None:
    assert relu(x) == max(0.0, x)
    at = Tensor(x)
    sigmoid(at).backward()
    assert 0 < at.grad <= 0.25
    if abs(x) > 10:
        assert at.grad < 1e-4  # saturated: the gradient vanishes


# ---------------------------------------------------------------- losses

D, Y = np.array([0.0, 0.0, 1.0]), np.array([0.1, 0.1, 0.8])


@row("002-07")
def test_squared_error_of_text_and_code(row: str) -> None:
    assert float(squared_error(Y, D)) == pytest.approx(0.03, rel=1e-14)
    assert float(half_mean(Y, D)) == pytest.approx(0.01, rel=1e-14)


@row("BUG-002-3")
def test_the_two_differ_by_the_number_of_outputs(row: str) -> None:
    assert float(squared_error(Y, D)) == pytest.approx(3 * float(half_mean(Y, D)))
    assert_gradient(Y - D, lambda y: float(squared_error(y, D)), Y)
    assert_no_gradient(Y - D, lambda y: float(half_mean(y, D)), Y)
    assert_gradient((Y - D) / 3, lambda y: float(half_mean(y, D)), Y)


TABLE = [
    ("regression", Identity, squared_error, 2.0, 2.0),
    ("binary", Sigmoid, binary_cross_entropy, 0.0, 0.5),
    ("multiclass", Softmax, cross_entropy, [0.5, 1.5, 2.5],
     [0.0900305732, 0.2447284711, 0.6652409558]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "activation", "loss", "u", "y"), TABLE)
@row("002-08")
def test_problems(kind: str, activation: Any, loss: Any, u: Any, y: Any, row: str) -> None:
    found = problem(kind)
    assert found.activation is activation
    assert found.loss is loss
    assert np.asarray(found.activation()(np.array(u))) == digits_to(10)(np.array(y))
    assert list(PROBLEMS) == [name for name, *_ in TABLE]


@row("002-08")
def test_binary_cross_entropy_needs_both_terms(row: str) -> None:
    y = np.array([0.8, 0.3])
    for d in (0.0, 1.0):
        t = np.full(2, d)
        right = -(t * np.log(y) + (1 - t) * np.log(1 - y))
        np.testing.assert_allclose(binary_cross_entropy(y, t, reduction="none"), right)
    zeros = np.zeros(2)
    assert float(cross_entropy(y, zeros, 0.0)) == 0.0  # −Σ d·ln y alone learns nothing of d = 0
    alone = numerical_gradient(lambda y: float(cross_entropy(y, zeros, 0.0)), y)
    assert_no_gradient(alone, lambda y: float(binary_cross_entropy(y, zeros)), y)


@row("002-09")
def test_losses_of_a_cycle_add_up(row: str) -> None:
    rng = np.random.default_rng(0)
    y, labels = softmax(rng.normal(size=(5, 3))), rng.integers(0, 3, 5)
    one_by_one = [-np.log(y[n, k]) for n, k in enumerate(labels)]
    assert float(cross_entropy(y, labels, 0.0)) == pytest.approx(sum(one_by_one), rel=1e-13)


@row("002-10")
def test_softmax_of_a_batch(row: str) -> None:
    scores = np.array([[0.5, 1.5, 2.5], [3, -2, 0], [1000, 1001, 1002], [0, 0, 0]], float)
    first = [0.0900305732, 0.2447284711, 0.6652409558]
    expected = [first, [0.9464991226, 0.0063774609, 0.0471234165], first, [1 / 3] * 3]
    assert softmax(scores) == digits_to(10)(np.array(expected))
    np.testing.assert_allclose(softmax(scores).sum(axis=1), 1, rtol=1e-15)


@row("BUG-002-4")
def test_softmax_of_one_row(row: str) -> None:
    one = np.array([0.5, 1.5, 2.5])
    np.testing.assert_array_equal(softmax(one), softmax(one[None])[0])


@row("002-11")
def test_cross_entropy_of_the_code(row: str) -> None:
    for d in (D, 2):
        assert float(batch_mean(Y, d)) == pytest.approx(0.2231434263142176, rel=1e-14)
    y = np.array([[0.1, 0.1, 0.8], [0.7, 0.2, 0.1]])
    for d in (np.array([[0, 0, 1], [1, 0, 0]]), np.array([2, 0])):
        assert float(batch_mean(y, d)) == pytest.approx(0.2899091136979, rel=1e-12)


def hardened(y: Array, d: Array) -> float:
    """The notes' code: targets are told from labels by their size, and made hard."""
    if y.ndim == 1:
        y, d = y.reshape(1, -1), d.reshape(1, -1)
    labels = d.argmax(axis=1) if d.size == y.size else d
    return float(-np.sum(np.log(y[np.arange(len(y)), labels] + 1e-7)) / len(y))


@row("BUG-002-5")
def test_soft_targets_stay_soft(row: str) -> None:
    assert hardened(Y, Y) == digits_to(5)(0.22314)
    assert float(batch_mean(Y, Y)) == digits_to(5)(0.63903)
    assert_no_gradient(
        numerical_gradient(lambda y: hardened(y, Y), Y), lambda y: float(batch_mean(y, Y)), Y
    )
    one_class = np.array([[0.5], [0.25]])  # the labels have the size of the outputs
    labels = np.array([0, 0])
    assert float(batch_mean(one_class, labels)) == pytest.approx((np.log(2) + np.log(4)) / 2)
    with pytest.raises(IndexError, match="axis 1"):
        hardened(one_class, labels)


# ---------------------------------------------------------------- backpropagation


def small_net(activation: Any, seed: int = 0) -> tuple[Any, ...]:
    """Parameters and one sample of row 002-12's network: W1, b1, W2, b2, x, d."""
    rng = np.random.default_rng(seed)
    W1, b1, W2, b2 = (rng.normal(size=s) for s in ((2, 10), (10,), (10,), ()))
    x = rng.random(2)
    return W1, b1, W2, float(b2), x, float(x @ [3, 2])


def loss_of(activation: Any, W1: Any, b1: Any, W2: Any, b2: Any, x: Any, d: float) -> Any:
    return 0.5 * (activation(x @ W1 + b1) @ W2 + b2 - d) ** 2


def by_hand(slope: Any, W1: Any, b1: Any, W2: Any, b2: Any, x: Any, d: float) -> list[Any]:
    """Row 002-13 with the given derivative of the activation, a function of its output."""
    z1 = np.maximum(x @ W1 + b1, 0)
    delta2 = z1 @ W2 + b2 - d
    delta1 = delta2 * W2 * slope(z1)
    return [np.outer(x, delta1), delta1, z1 * delta2, delta2]


@row("002-13", "002-17")
def test_backpropagation(row: str) -> None:
    *parameters, x, d = small_net(relu)
    hand = by_hand(lambda z1: z1 > 0, *parameters, x, d)
    variables = [Tensor(p) for p in parameters]
    loss_of(relu, *variables, x, d).backward()
    for i, (v, gradient) in enumerate(zip(variables, hand, strict=True)):
        np.testing.assert_allclose(v.grad, gradient, rtol=1e-12, atol=1e-15)

        def f(p: Any, i: int = i) -> float:
            return float(loss_of(relu, *parameters[:i], p, *parameters[i + 1 :], x, d))

        assert_gradient(gradient, f, parameters[i])


@row("002-17")
def test_delta_is_used_three_times(row: str) -> None:
    """δ₂ goes into ∂b₂, ∂W₂ and δ₁: the engine computes it once, at one node."""
    net = mlp(2, 3, 1, hidden=Sigmoid, rng=0).as_values()
    (y,) = net(np.array([0.5, -1.0]))
    loss = squared_error(np.array([y]), np.array([1.0]))
    loss.backward()
    delta2 = y.item() - 1.0
    hidden = net[1](net[0](np.array([0.5, -1.0])))
    assert y.grad == pytest.approx(delta2)
    assert net[2].b[0].grad == pytest.approx(delta2)
    for unit, w in zip(hidden, net[2].W[:, 0], strict=True):
        assert w.grad == pytest.approx(delta2 * unit.item())


def d_sigmoid(x: Any) -> Any:
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


@pytest.mark.parametrize("wrong", [d_sigmoid, lambda z1: z1 * (1 - z1)],
                         ids=["of the input", "of the output"])  # fmt: skip
@row("BUG-002-7")
def test_the_sigmoid_s_derivative_behind_relu_fails_the_check(wrong: Any, row: str) -> None:
    W1, b1, W2, b2, x, d = small_net(relu)
    dW1, db1, dW2, _ = by_hand(wrong, W1, b1, W2, b2, x, d)
    assert_no_gradient(dW1, lambda p: float(loss_of(relu, p, b1, W2, b2, x, d)), W1)
    assert_no_gradient(db1, lambda p: float(loss_of(relu, W1, p, W2, b2, x, d)), b1)
    assert_gradient(dW2, lambda p: float(loss_of(relu, W1, b1, p, b2, x, d)), W2)


@row("BUG-002-7")
def test_functions_of_output_and_of_input_must_not_be_mixed(row: str) -> None:
    W1, b1, W2, b2, x, d = small_net(sigmoid)
    z1 = np.asarray(sigmoid(x @ W1 + b1))
    delta2 = z1 @ W2 + b2 - d
    f = lambda p: float(loss_of(sigmoid, p, b1, W2, b2, x, d))  # noqa: E731
    assert_gradient(np.outer(x, delta2 * W2 * z1 * (1 - z1)), f, W1)
    assert_no_gradient(np.outer(x, delta2 * W2 * d_sigmoid(z1)), f, W1)


@row("BUG-002-10")
def test_the_gradient_of_the_second_weights_is_not_that_of_the_first(row: str) -> None:
    net = mlp(2, 2, 2, hidden=Sigmoid, rng=0)
    x, t = np.array([0.5, -1.0]), np.array([1.0, 0.0])
    y = net(x)
    squared_error(y, t).backward()
    z1, delta2 = net[1](net[0](x)).data, y.data - t
    W1, W2 = net[0].W, net[2].W
    np.testing.assert_allclose(W2.grad, np.outer(z1, delta2), rtol=1e-13)
    W1_now = W1.data

    def loss(p: Any) -> float:
        return float(squared_error(sigmoid(x @ W1_now + net[0].b.data) @ p + net[2].b.data, t))

    assert_gradient(W2.grad, loss, W2.data)
    assert_no_gradient(W1.grad, loss, W2.data)


# ---------------------------------------------------------------- descent


@row("002-14", "BUG-002-8")
def test_an_update_follows_the_negative_gradient(row: str) -> None:
    w = Tensor([3.0, -1.0])
    before, loss = w.data.copy(), (w**2).sum()
    loss.backward()
    value = loss.item()
    difference = np.full(2, value)  # ΔE is a number, and says nothing of a direction
    del loss
    SGD([w], 0.1).step()
    np.testing.assert_allclose(w.data, before - 0.1 * 2 * before)
    assert float((w.data**2).sum()) < value < float(((before - 0.3 * difference) ** 2).sum())


@row("002-15")
def test_batch_minibatch_and_online(row: str) -> None:
    x, t = datasets.plane(12, rng=0)
    mean = partial(squared_error, reduction="half_batch_mean")
    for size, count in ((None, 1), (4, 3), (1, 12), (5, 3)):
        parts = list(batches(x, t, size))
        assert len(parts) == count
        net = mlp(2, 1, rng=0)
        for xs, ts in parts:
            net.zero_grad()
            y = net(xs)
            mean(y, ts).backward()
            error = y.data - ts
            np.testing.assert_allclose(net[0].W.grad, xs.T @ error / len(xs), rtol=1e-12)
    optimiser = SGD(net, 0.1)
    fit(net, mean, optimiser, (x, t), epochs=2, batch_size=1)
    assert optimiser.updates == 24


@row("002-16")
def test_error_of_numerical_differentiation(row: str) -> None:
    calls = []

    def f(x: float) -> float:
        calls.append(x)
        return 1 / (1 + np.exp(-x))

    y = sigmoid(0.3)
    slope = y * (1 - y)
    errors = {h: abs(numerical_gradient(f, 0.3, h) - slope) for h in (1e-4, 1e-5, 1e-6, 1e-8)}
    assert len(calls) == 2 * len(errors)  # two evaluations a parameter
    assert errors[1e-4] == pytest.approx(1.9e-10, rel=0.05)  # truncation, of order h²
    assert errors[1e-5] == min(errors.values()) < 6e-12
    assert errors[1e-6] < 5e-11  # from here on rounding, of order 1e-16/h
    assert errors[1e-8] < 1e-8
    forward = abs((f(0.3 + 1e-5) - f(0.3)) / 1e-5 - slope)
    assert forward == pytest.approx(1.8e-7, rel=0.05)


# ---------------------------------------------------------------- y = 3x₀ + 2x₁


def regression(
    activation: Any, seed: int, rate: float = 0.07, low: float = 0.0, high: float = 1.0
) -> tuple[float, float]:
    """Row 002-12: the mean of the last hundred of 1000 losses, and the error on a grid."""
    rng = np.random.default_rng(seed)
    x, t = datasets.plane(100_000, rng, low, high)
    W1, b1, W2, b2 = (rng.standard_normal(s) for s in ((2, 10), (10,), (10,), ()))
    net = Sequential(Affine(W1, b1), activation(), Affine(W2, b2))
    drawn = rng.integers(0, len(x), 1000)
    data = x[drawn], t[drawn, 0]
    with np.errstate(over="ignore", invalid="ignore"):  # where it diverges
        losses = fit(
            net, half_mean, SGD(net, rate), data, batch_size=1, shuffle=False
        ).updates  # fmt: skip
        line = np.linspace(low, high, 11)
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        error = np.sqrt(np.mean((net(grid).data - grid @ [3, 2]) ** 2))
    return float(np.mean(losses[-100:])), float(error)


@pytest.mark.parametrize("seed", range(6))
@row("002-12")
def test_regression_by_the_recipe_done_right(row: str, seed: int) -> None:
    loss, error = regression(ReLU, seed)
    assert loss < 5e-3
    assert error < 0.15


@row("002-12")
def test_regression_with_sigmoid_and_with_a_fixed_seed(row: str) -> None:
    assert regression(ReLU, 0)[0] < 2e-3
    assert regression(Sigmoid, 0)[0] < 1e-2


@row("002-12")
def test_wide_inputs_need_a_small_rate(row: str) -> None:
    diverged, _ = regression(ReLU, 0, 0.07, -5.0, 5.0)
    assert not diverged < 1e3
    assert regression(ReLU, 0, 0.001, -5.0, 5.0)[0] < 2


@row("002-12")
def test_samples_are_drawn_with_replacement_one_an_update(row: str) -> None:
    x, t = datasets.plane(5, rng=0)
    parts = list(batches(x, t, 1, replace=True, rng=0))
    assert all(len(xs) == 1 for xs, _ in parts)
    assert len({xs.tobytes() for xs, _ in parts}) < 5


@row("BUG-002-6")
def test_the_function_that_is_learnt(row: str) -> None:
    x, t = datasets.plane(7, rng=0)
    np.testing.assert_allclose(t[:, 0], 3 * x[:, 0] + 2 * x[:, 1])


# ---------------------------------------------------------------- exercises


@row("BUG-002-9")
def test_weights_and_biases_are_what_is_optimised(row: str) -> None:
    net = three_layers()
    assert list(net.named_parameters()) == ["0.W", "0.b", "2.W", "2.b", "4.W", "4.b"]
    before = net.state()
    x, y = np.array([1.0, 2.0]), net([1.0, 2.0])
    squared_error(y, np.zeros(2)).backward()
    SGD(net, 0.01).step()
    assert all((net.state()[name] != before[name]).any() for name in before)
    np.testing.assert_array_equal(x, [1.0, 2.0])  # not the input
    np.testing.assert_allclose(y.data, [1.56, 3.222])  # nor the output, which is computed anew


@row("002-18")
def test_picture_of_2_3_3_1(row: str) -> None:
    dot = viz.network(2, 3, 3, 1).dot()
    assert dot.count(" -- ") == 2 * 3 + 3 * 3 + 3 * 1
    units = [f"l{layer}u{i} [" for layer, n in enumerate((2, 3, 3, 1)) for i in range(n)]
    assert all(unit in dot for unit in units)
    animals = [["size", "ears"], ["h1", "h2", "h3"], ["h1", "h2", "h3"], ["cat"]]
    assert '"ears"' in viz.network(2, 3, 3, 1, labels=animals).dot()


@row("002-18")
def test_lines_of_the_exercises(row: str) -> None:
    """Sigmoid, softmax, cross entropy, the update and the chain rule, each in its one line."""
    u = np.array([0.5, 1.5, 2.5])
    np.testing.assert_allclose(Sigmoid()(u), 1 / (1 + np.exp(-u)), rtol=1e-15)
    np.testing.assert_allclose(Softmax()(u), np.exp(u) / np.exp(u).sum(), rtol=1e-15)
    assert float(softmax_cross_entropy(u, 2)) == pytest.approx(-np.log(softmax(u)[2]))
    W1, b1, W2, b2, x, d = small_net(sigmoid)
    v, w = Tensor(x @ W1 + b1), Tensor(W2)
    y = sigmoid(v) @ w + b2
    y.keep_grad()
    (0.5 * (y - d) ** 2).backward()
    slope = np.asarray(sigmoid(v.data)) * (1 - np.asarray(sigmoid(v.data)))
    np.testing.assert_allclose(v.grad, y.grad * W2 * slope, rtol=1e-12)  # ∂E/∂y·∂y/∂u
    np.testing.assert_allclose(w.grad, y.grad * np.asarray(sigmoid(v.data)), rtol=1e-12)
