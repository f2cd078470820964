"""`fit`: what it computes, when it stops, what it tells."""

from __future__ import annotations

import functools
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Tensor, nn
from autograd_lite.nn.datasets import xor

half_sum = functools.partial(nn.squared_error, reduction="half_sum")
half_mean = functools.partial(nn.squared_error, reduction="half_batch_mean")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(23, 3))
T = X @ np.array([[1.0], [-2.0], [0.5]]) + 0.3


def line(rng: int = 0) -> nn.Sequential:
    return nn.Sequential(nn.Affine(3, 1, init="normal", rng=rng))


# ---------------------------------------------------------------- what it computes


@given(batch=st.integers(1, 25), epochs=st.integers(1, 3), mean=st.booleans())
def test_batches_in_order(batch: int, epochs: int, mean: bool) -> None:
    """The updates of minibatches written out: the sum or the mean of the samples' gradients."""
    net = line()
    W, b = net[0].W.data.copy(), net[0].b.data.copy()
    losses = []
    for _ in range(epochs):
        for i in range(0, len(X), batch):
            x, t = X[i : i + batch], T[i : i + batch]
            difference = x @ W + b - t
            share = 1 / len(x) if mean else 1.0
            losses.append(0.5 * share * (difference**2).sum())
            W = W - 0.01 * share * (x.T @ difference)
            b = b - 0.01 * share * difference.sum(0)
    loss = half_mean if mean else half_sum
    history = nn.fit(net, loss, nn.SGD(net, 0.01), (X, T), epochs, batch, shuffle=False)
    np.testing.assert_allclose(net[0].W.data, W, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(net[0].b.data, b, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(history.updates, losses, rtol=1e-10)
    sizes = [len(X[i : i + batch]) for i in range(0, len(X), batch)]
    per_epoch = np.average(np.reshape(losses, (epochs, -1)), axis=1, weights=sizes)
    np.testing.assert_allclose(history.loss, per_epoch, rtol=1e-10)


@pytest.mark.parametrize("row", ["002-15"])
def test_all_at_once_in_batches_and_one_by_one(row: str) -> None:
    counts = {}
    for batch_size in (None, 10, 1):
        net = line()
        history = nn.fit(net, half_mean, nn.SGD(net, 0.05), (X, T), 60, batch_size, rng=0)
        counts[batch_size] = len(history.updates) / 60
        assert history.loss[-1] < 0.1 * history.loss[0]
    assert counts == {None: 1, 10: 3, 1: 23}


def test_the_tail_can_be_dropped_and_batches_given() -> None:
    net = line()
    history = nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 2, 10, drop_tail=True)
    assert len(history.updates) == 4
    source = nn.batches(X, T, 5, replace=True, rng=1)
    assert len(nn.fit(net, half_sum, nn.SGD(net, 0.01), source, 1).updates) == 5


@pytest.mark.parametrize("row", ["001-24"])
def test_shuffling_is_repeatable(row: str) -> None:
    nets = [line() for _ in range(3)]
    for net, rng in zip(nets, (1, 1, 2), strict=True):
        nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 2, 4, rng=rng)
    one, same, other = (net[0].W.data for net in nets)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_values_learn_what_tensors_learn() -> None:
    data = xor()
    fast = nn.mlp(2, 3, 1, hidden=nn.Sigmoid, output=nn.Sigmoid, init="normal", rng=0)
    slow = fast.as_values()
    for net in (fast, slow):
        nn.fit(net, half_sum, nn.Momentum(net, 0.5), data, 20, 3, rng=0)
    for name, array in fast.state().items():
        np.testing.assert_allclose(slow.state()[name], array, rtol=1e-9)


def test_the_mode_is_put_back() -> None:
    net = nn.Sequential(nn.Affine(3, 1, rng=0), nn.Dropout(0.5, rng=0)).eval()
    seen = []
    nn.fit(
        net, half_sum, nn.SGD(net, 0.0), (X, T), 1, validation=(X, T),
        after_update=lambda training: seen.append(training.model[1].training),
    )  # fmt: skip
    assert seen == [True]
    assert not net.training
    assert not net[1].training


# ---------------------------------------------------------------- what it tells


def test_history() -> None:
    x, labels = X, (T[:, 0] > 0).astype(int)
    net = nn.Sequential(nn.Affine(3, 2, rng=0))
    history = nn.fit(
        net, nn.softmax_cross_entropy, nn.Adam(net, 0.05), (x[:20], labels[:20]), 30, 6,
        accuracy=nn.accuracy, validation=(x[20:], labels[20:]), rng=0,
    )  # fmt: skip
    for found in (history.loss, history.accuracy, history.validation_loss,
                  history.validation_accuracy):  # fmt: skip
        assert len(found) == 30
    assert len(history.updates) == 30 * 4
    assert history.loss[-1] < history.loss[0]
    assert history.accuracy[-1] >= 0.9
    last = nn.evaluate(net, x[20:], labels[20:], nn.softmax_cross_entropy, nn.accuracy)
    assert last == (history.validation_loss[-1], history.validation_accuracy[-1])
    assert history.stopped is None


def test_callbacks() -> None:
    seen: list[Any] = []
    net = line()

    def after_update(training: nn.Training) -> None:
        seen.append((training.epoch, len(training.history.updates)))

    def each_epoch(training: nn.Training) -> None:
        seen.append(training.epoch)
        if training.epoch == 2:
            training.stop()

    history = nn.fit(
        net, half_sum, nn.SGD(net, 0.01), (X, T), 9, 12,
        callbacks=[each_epoch], after_update=after_update,
    )  # fmt: skip
    assert seen == [(1, 1), (1, 2), 1, (2, 3), (2, 4), 2]
    assert history.stopped == "callback"


def test_progress_bar(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    pytest.importorskip("tqdm")
    net = line()
    nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 2, 5, progress=True)
    said = capsys.readouterr().err
    assert "10/10" in said
    assert "epoch 2, loss" in said
    nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 2, 5)
    assert capsys.readouterr().err == "", "silent where no one looks at a terminal"
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"autograd_lite\[train\]"):
        nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 1, progress=True)


# ---------------------------------------------------------------- when it stops


class Scores(nn.Module):
    """A model whose accuracy, and negative loss, are the scores given, epoch by epoch."""

    def __init__(self, scores: list[float]) -> None:
        self.w = Tensor([0.0])
        self._scores = scores

    def forward(self, x: Any) -> Any:
        return self.w * x

    def score(self, y: Any, t: Any) -> float:
        return self._scores[round(float(self.w.data[0]))]


def stopped_after(scores: list[float], rule: Any, by_loss: bool = False) -> tuple[int, float]:
    """How many epochs it takes, and which epoch's parameters are kept; w counts the epochs."""
    net = Scores([0.0, *scores])

    def loss(y: Any, t: Any) -> Any:
        return y.sum() * 0.0 - (net.score(y, t) if by_loss else 0.0)

    class CountUp(nn.Optimiser):
        def change(self, g: Any, memory: Any, lr: float) -> Any:
            return np.array([-1.0])

    history = nn.fit(
        net, loss, CountUp(net, 1.0), (np.ones((1, 1)), np.ones((1, 1))), len(scores),
        accuracy=None if by_loss else net.score,
        validation=(np.ones((1, 1)), np.ones((1, 1))), early_stopping=rule,
    )  # fmt: skip
    assert (history.stopped == "early stopping") == (len(history.loss) < len(scores))
    return len(history.loss), float(net.w.data[0])


@pytest.mark.parametrize("by_loss", [False, True])
@pytest.mark.parametrize(
    ("rule", "scores", "epochs", "kept"),
    [
        pytest.param(True, [0.5, 0.6, 0.7, 0.7, 0.9], 4, 4, id="001-31 stops on a tie"),
        pytest.param(True, [0.5, 0.4, 0.9], 2, 2, id="001-31 keeps the last"),
        pytest.param(True, [0.1, 0.2, 0.3], 3, 3, id="001-31 runs to the end"),
        pytest.param(nn.EarlyStopping(2), [0.5, 0.4, 0.45, 0.4, 0.3, 0.9], 5, 5, id="patience"),
        pytest.param(
            nn.EarlyStopping(2, "best"), [0.5, 0.4, 0.45, 0.9, 0.9], 3, 3, id="against best"
        ),
        pytest.param(
            nn.EarlyStopping(2, "best", restore_best=True), [0.3, 0.5, 0.4, 0.45, 0.9], 4, 2,
            id="best restored",
        ),
    ],
)  # fmt: skip
def test_early_stopping(
    rule: Any, scores: list[float], epochs: int, kept: int, by_loss: bool
) -> None:
    assert stopped_after(scores, rule, by_loss) == (epochs, kept)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C is handled as Python does; what runs in the background may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_keeps_what_has_been_learnt() -> None:
    net, whole = line(), line()
    before = signal.getsignal(signal.SIGINT)

    def press(training: nn.Training) -> None:
        if len(training.history.updates) == 7:
            signal.raise_signal(signal.SIGINT)

    history = nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 50, 5, rng=0, after_update=press)
    assert history.stopped == "interrupted"
    assert signal.getsignal(signal.SIGINT) is before
    updates = len(history.updates)
    assert 7 <= updates <= 8, "the update under way is finished, and none begun after it"
    count = [0]

    def stop(training: nn.Training) -> None:
        count[0] += 1
        if count[0] == updates:
            training.stop()

    nn.fit(whole, half_sum, nn.SGD(whole, 0.01), (X, T), 50, 5, rng=0, after_update=stop)
    np.testing.assert_array_equal(net[0].W.data, whole[0].W.data)


@pytest.mark.usefixtures("ctrl_c")
def test_a_second_ctrl_c_interrupts_at_once() -> None:
    def press(training: nn.Training) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    net = line()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 5, after_update=press)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread() -> None:
    nets = [line() for _ in range(3)]

    def train(net: nn.Sequential) -> None:
        nn.fit(net, half_sum, nn.SGD(net, 0.01), (X, T), 20, 5, rng=0)

    threads = [threading.Thread(target=train, args=(net,)) for net in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for net in nets[1:]:
        np.testing.assert_array_equal(net[0].W.data, nets[0][0].W.data)


def test_a_graph_that_was_cut_is_noticed() -> None:
    net = line()
    cut = lambda y, t: half_sum(y.detach(), t)  # noqa: E731
    with pytest.raises(TypeError, match="depends on no parameter"):
        nn.fit(net, cut, nn.SGD(net, 0.1), (X, T))
    assert X.flags.writeable


def test_the_samples_are_read_only_meanwhile() -> None:
    seen = []
    net = line()
    look = lambda training: seen.append((X.flags.writeable, T.flags.writeable))  # noqa: E731
    nn.fit(net, half_sum, nn.SGD(net, 0.1), (X, T), after_update=look)
    same = nn.Sequential(nn.Affine(3, 3, rng=0))
    nn.fit(same, half_sum, nn.SGD(same, 0.1), (X, X), after_update=look)
    assert seen == [(False, False), (False, True)]
    assert X.flags.writeable
    assert T.flags.writeable


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_samples_cannot_change_during_an_update(shuffle: bool) -> None:
    net = line()
    x, t = X.copy(), T.copy()

    def loss(y: Any, targets: Any) -> Any:
        total = half_sum(y, targets)
        x[...] = 7.0
        return total

    with pytest.raises(ValueError, match="read-only"):
        nn.fit(net, loss, nn.SGD(net, 0.1), (x, t), 1, 2, shuffle=shuffle)
    assert x.flags.writeable


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net: nn.fit(net, half_sum, nn.SGD(net, 0.1), (X, T), -1), "epochs"),
        (lambda net: nn.fit(net, half_sum, nn.SGD(net, 0.1), (X, T[1:])), r"\(23, 3\).*\(22, 1\)"),
        (
            lambda net: nn.fit(net, half_sum, nn.SGD(net, 0.1), (X, T), early_stopping=True),
            "needs validation",
        ),
        (lambda net: nn.EarlyStopping(0), "patience"),
        (lambda net: nn.EarlyStopping(1, "last"), "'last'"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    net = line()
    before = net.state()
    with pytest.raises(ValueError, match=message):
        call(net)
    np.testing.assert_array_equal(net.state()["0.W"], before["0.W"])
