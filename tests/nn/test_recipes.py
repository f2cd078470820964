"""The seeds' trainings, within the thresholds of the specification and over many random seeds."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd_lite import Tensor, gradients, matmul, nn, numerical_gradient, relu, sigmoid
from autograd_lite.nn.datasets import load_digits, pythagoras, xor

Array = npt.NDArray[np.float64]
Net = Callable[..., Any]

sum_of_squares = functools.partial(nn.squared_error, reduction="sum")
summed_entropy = functools.partial(nn.softmax_cross_entropy, reduction="sum")


def train_together(
    net: Net,
    starts: Sequence[Sequence[Array]],
    batches: Sequence[tuple[Array, Array]],
    lr: float,
    factor: float,
) -> tuple[list[Tensor], Array]:
    """Train a net from many starts at once: each parameter is a stack, one layer of it a start.

    The losses factor·Σ(y − t)² of the nets, (updates, nets), do not meet: nor do the gradients.
    """  # fmt: skip
    parameters = [Tensor(np.stack(p)) for p in zip(*starts, strict=True)]
    optimiser = nn.SGD(parameters, lr)
    losses = np.empty((len(batches), len(starts)))
    for i, (x, t) in enumerate(batches):
        optimiser.zero_grad()
        squares = (net(x, *parameters) - t) ** 2
        losses[i] = factor * squares.detach().reshape(len(starts), -1).sum(1)
        (factor * squares.sum()).backward()
        del squares
        optimiser.step()
    return parameters, losses


def layers(rng: Any, sizes: Sequence[int], draw: Callable[..., Array]) -> list[Array]:
    """W and b of each layer in the order of the seeds, b with an axis for the samples."""
    found = []
    for n_in, n_out in itertools.pairwise(sizes):
        found += [draw(rng, (n_out, n_in)).T, draw(rng, (1, n_out))]
    return found


def normal(rng: Any, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


def half(rng: Any, shape: tuple[int, ...]) -> Array:
    return rng.random(shape) - 0.5


def sigmoid_net(x: Any, *parameters: Any) -> Any:
    """Sigmoid layers of any number."""
    for W, b in zip(parameters[::2], parameters[1::2], strict=True):
        x = sigmoid(matmul(x, W) + b)
    return x


# ---------------------------------------------------------------- XOR


@pytest.mark.parametrize("row", ["000-23"])
def test_xor_from_every_start(row: str) -> None:
    """2-8-1, N(0, 1), rate 1, all four rows at once: 500 starts, each solved."""
    x, t = xor()
    starts = [layers(np.random.default_rng(i), (2, 8, 1), normal) for i in range(500)]
    parameters, losses = train_together(sigmoid_net, starts, [(x, t)] * 5000, 1.0, 0.5)
    assert losses[-1].max() < 1e-3
    assert np.median(losses[-1]) < 5e-4
    assert np.abs(sigmoid_net(x, *parameters).detach() - t).max() < 0.1


@pytest.mark.parametrize("row", ["000-23"])
def test_xor_with_fit(row: str) -> None:
    net = nn.mlp(2, 8, 1, hidden=nn.Sigmoid, output=nn.Sigmoid, init="normal", bias="normal", rng=0)
    history = nn.fit(net, nn.squared_error, nn.SGD(net, 1.0), xor(), 3000)
    assert history.loss[-1] < 2e-3
    assert nn.accuracy(nn.predict(net, xor().inputs), xor().targets) == 1.0


@pytest.mark.parametrize("row", ["000-25"])
def test_the_printout_of_xor(row: str) -> None:
    net = nn.Sequential(
        nn.Affine([[1.0, -1.0], [-1.0, 1.0]], [0.0, 0.0]),
        nn.ReLU(),
        nn.Affine([[11.439979286866958], [11.439978178779722]], -5.3202251408423775),
        nn.Sigmoid(),
    )
    printed = ["0.00486784050737", "0.997805826021", "0.997805828447", "0.00486784050737"]
    assert [f"{y:.12g}" for y in nn.predict(net, xor().inputs)[:, 0]] == printed


# ---------------------------------------------------------------- Pythagoras


def lecture_net(seed: int, sizes: Sequence[int]) -> tuple[Any, nn.Sequential]:
    """Data first, then layer by layer w (n_out, n_in) and b, from the legacy generator."""
    rng = np.random.RandomState(seed)
    data = pythagoras(100, rng)
    options: dict[str, Any] = {"init": "uniform", "bias": "uniform", "layout": "out,in"}
    net = nn.mlp(*sizes, hidden=nn.Sigmoid, output=nn.Sigmoid, rng=rng, **options)
    return data, net


@pytest.mark.parametrize(
    ("sizes", "lr", "losses", "rtol"),
    [
        pytest.param(
            (3, 3, 1), 0.1,
            {1: 6.493026424221734, 100: 1.15523112563, 1000: 0.23610000885, 5000: 0.22745700375},
            1e-9, id="001-17 3-3-1",
        ),
        pytest.param(
            (3, 3, 3, 1), 0.1,
            {1: 2.594195924481, 100: 2.50161462370, 1000: 0.189221471, 5000: 0.125750408},
            1e-6, id="001-17 3-3-3-1",
        ),
        pytest.param(
            (3, 3, 1), 0.01, {1: 6.4930264, 1000: 0.178772357, 5000: 0.1595023},
            5e-8, id="001-17 α=.01",
        ),
    ],
)  # fmt: skip
def test_pythagoras_as_the_lecture_has_it(
    sizes: Sequence[int], lr: float, losses: dict[int, float], rtol: float
) -> None:
    data, net = lecture_net(0, sizes)
    history = nn.fit(net, sum_of_squares, nn.SGD(net, lr), data, 5000, shuffle=False)
    for iteration, loss in losses.items():
        assert history.updates[iteration - 1] == pytest.approx(loss, rel=rtol)


@pytest.mark.parametrize("row", ["001-17"])
def test_pythagoras_from_twenty_seeds(row: str) -> None:
    starts, data = [], []
    for seed in range(20):
        rng = np.random.RandomState(seed)
        data.append(pythagoras(100, rng))
        starts.append(layers(rng, (3, 3, 1), half))
    x, t = (np.stack(part) for part in zip(*data, strict=True))
    parameters, losses = train_together(sigmoid_net, starts, [(x, t)] * 5000, 0.1, 1.0)
    assert losses[-1].max() < 0.4
    assert np.median(losses[-1]) == pytest.approx(0.109, abs=5e-4)
    held_out = pythagoras(1000, np.random.default_rng(1))
    y = sigmoid_net(held_out.inputs, *parameters).detach()
    assert np.sqrt(((y - held_out.targets) ** 2).mean((1, 2))).max() < 0.07


# ---------------------------------------------------------------- 3x0 + 2x1


def relu_net(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
    return matmul(relu(matmul(x, W1) + b1), W2) + b2


@pytest.mark.parametrize("row", ["002-12"])
def test_regression_one_sample_at_a_time(row: str) -> None:
    """2-10-1 with ReLU, rate 0.07, 1000 samples drawn with replacement: 200 starts.

    The row asks for a loss below 5e-3, and an error on the grid below 0.15, from any start; of
    2000 starts of a loop in plain NumPy 12 end above 5e-3, none above 1.2e-2. Hence the shares.
    """
    rng = np.random.default_rng(0)
    starts = [layers(np.random.default_rng(i), (2, 10, 1), normal) for i in range(200)]
    x = rng.random((1000, 200, 1, 2))
    t = 3 * x[..., :1] + 2 * x[..., 1:]
    batches = list(zip(x, t, strict=True))
    parameters, losses = train_together(relu_net, starts, batches, 0.07, 0.5)
    last = losses[-100:].mean(0)
    assert (last < 5e-3).mean() >= 0.98
    assert last.max() < 1.2e-2
    assert np.median(last) < 1e-3
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 11), np.linspace(0, 1, 11)), -1).reshape(-1, 2)
    error = relu_net(grid, *parameters).detach() - (grid @ [[3.0], [2.0]])
    assert (np.sqrt((error**2).mean((1, 2))) < 0.15).mean() >= 0.98


@pytest.mark.parametrize("row", ["002-07, 002-13, BUG-002-7"])
def test_the_wrong_slope_behind_relu_is_found(row: str) -> None:
    """σ′ behind a ReLU still learns, only worse: it takes a gradient check to see it."""
    rng = np.random.default_rng(3)
    W1, b1, W2, b2 = layers(rng, (2, 10, 1), normal)
    x, t = rng.random((1, 2)), np.array([[1.5]])
    z1 = np.maximum(x @ W1 + b1, 0.0)
    d2 = z1 @ W2 + b2 - t

    def loss(W1: Any) -> Any:
        return nn.squared_error(relu_net(x, W1, b1, W2, b2), t, "half_mean")

    right = x.T @ ((d2 @ W2.T) * (z1 > 0))
    numerical = numerical_gradient(loss, W1)
    np.testing.assert_allclose(right, numerical, atol=1e-8)
    w = Tensor(W1)
    np.testing.assert_allclose(gradients(loss(w), [w])[0], right, rtol=1e-12)
    for wrong in (z1 * (1 - z1), sigmoid(z1) * (1 - sigmoid(z1))):
        assert not np.allclose(x.T @ ((d2 @ W2.T) * wrong), numerical, rtol=0.1)


# ---------------------------------------------------------------- digits


class Digits:
    """scikit-learn's digits as rows, shuffled by `RandomState(0)`: 1497 to train, 300 to test."""

    def __init__(self, size: int) -> None:
        images, labels = load_digits(size)
        x = nn.flatten(images) / (16.0 if size == 8 else 255.0)
        self.train, self.test = nn.split(x, labels, (1497, 300), np.random.RandomState(0))

    @property
    def one_hot(self) -> tuple[Array, Array]:
        return self.train.inputs, nn.one_hot(self.train.targets, 10)


@pytest.fixture(scope="module")
def digits() -> Digits:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (the extra digits)")
    return Digits(8)


def lecture_classifier(
    sizes: Sequence[int],
    softmax: bool,
    seed: int,
    data: Any,
    test: Any,
    epochs: int,
    **options: Any,
) -> tuple[list[float], nn.History]:
    """The recipe of 001: U(±½), minibatches of 50 in order, rate 0.01 on the sum of gradients.
    The accuracy on the test samples after each epoch, and the history."""
    net = nn.mlp(
        *sizes, hidden=nn.Sigmoid, output=None if softmax else nn.Sigmoid, init="uniform",
        bias="uniform", layout="out,in", rng=np.random.RandomState(seed),
    )  # fmt: skip
    found: list[float] = []

    def look(training: nn.Training) -> None:
        found.append(nn.accuracy(nn.predict(net, test.inputs), test.targets))

    options = {"batch_size": 50, "shuffle": False, "callbacks": [look], **options}
    loss = summed_entropy if softmax else sum_of_squares
    return found, nn.fit(net, loss, nn.SGD(net, 0.01), data, epochs, **options)


@pytest.mark.parametrize(
    ("softmax", "low", "at_one", "at_twenty"),
    [
        pytest.param(False, 0.92, 39.0, 94.9, id="001-28"),
        pytest.param(True, 0.94, 74.1, 97.4, id="001-38"),
    ],
)
def test_digits(digits: Digits, softmax: bool, low: float, at_one: float, at_twenty: float) -> None:
    found = np.array([
        lecture_classifier(
            (64, 100, 10), softmax, seed, digits.one_hot, digits.test, 20, drop_tail=True
        )[0]
        for seed in range(5)
    ])  # fmt: skip
    assert found[:, -1].min() >= low
    assert 100 * found[:, 0].mean() == pytest.approx(at_one, abs=0.06)
    assert 100 * found[:, -1].mean() == pytest.approx(at_twenty, abs=0.3)


@pytest.mark.parametrize("row", ["001-25, 001-38"])
def test_softmax_learns_faster_and_the_loss_falls(row: str, digits: Digits) -> None:
    squares, history = lecture_classifier(
        (64, 100, 10), False, 0, digits.one_hot, digits.test, 10
    )  # fmt: skip
    entropy, other = lecture_classifier((64, 100, 10), True, 0, digits.one_hot, digits.test, 10)
    assert history.loss[1] < history.loss[0]
    assert other.loss[1] < other.loss[0]
    assert all(b > a for a, b in zip(squares, entropy, strict=True))


@pytest.mark.parametrize("row", ["001-38"])
def test_digits_of_the_size_of_mnist(row: str, digits: Digits) -> None:
    large = Digits(28)
    found, _ = lecture_classifier((784, 100, 10), True, 0, large.one_hot, large.test, 10)
    assert found[-1] >= 0.95


@pytest.mark.parametrize("row", ["001-21, BUG-001-7"])
def test_the_sum_over_all_samples_is_too_large_a_step(row: str, digits: Digits) -> None:
    options: dict[str, Any] = {"batch_size": None}
    found, history = lecture_classifier(
        (64, 100, 10), False, 0, digits.one_hot, digits.test, 100, **options
    )
    assert found[-1] < 0.15
    assert history.loss[-1] / 1497 == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("row", ["001-24"])
def test_sorted_samples_must_be_shuffled(row: str, digits: Digits) -> None:
    order = np.argsort(digits.train.targets, kind="stable")
    x, t = (part[order] for part in digits.one_hot)
    in_order, _ = lecture_classifier((64, 100, 10), False, 0, (x, t), digits.test, 10)
    options: dict[str, Any] = {"shuffle": True, "rng": 0}
    shuffled, _ = lecture_classifier((64, 100, 10), False, 0, (x, t), digits.test, 10, **options)
    assert in_order[-1] < 0.8
    assert shuffled[-1] >= 0.9


@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("row", ["001-31"])
def test_early_stopping_on_digits(row: str, softmax: bool, digits: Digits) -> None:
    train, validation = nn.split(*digits.one_hot, (1197, 300))
    options: dict[str, Any] = {
        "validation": validation, "accuracy": nn.accuracy, "early_stopping": True,
    }  # fmt: skip
    found, history = lecture_classifier(
        (64, 100, 10), softmax, 0, train, digits.test, 100, **options
    )
    assert history.stopped == "early stopping"
    assert len(found) < 100
    assert found[-1] >= 0.9
    assert history.validation_accuracy[-1] <= history.validation_accuracy[-2]


@pytest.mark.parametrize("row", ["003-27"])
def test_small_weights_relu_and_batches_with_replacement(row: str, digits: Digits) -> None:
    net = nn.mlp(64, 50, 10, init="small_normal", rng=0)
    source = nn.batches(*digits.one_hot, 100, replace=True, rng=0)
    nn.fit(net, nn.softmax_cross_entropy, nn.SGD(net, 0.1), source, 1000 // len(source))
    assert nn.accuracy(nn.predict(net, digits.test.inputs), digits.test.targets) >= 0.94
