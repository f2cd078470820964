"""`mnist_epoch`: one epoch of training as MNIST needs it, with everything that belongs to it.

60,000 images of 784 numbers in the files' order, batches of 50, so 1,200 updates; the network
784-100-10 with sigmoid units and the softmax's cross entropy, plain gradient descent with rate
0.01 on the sum of the samples' gradients. Every library is used as its documentation does: here
with `fit`, in torch with modules, `torch.optim.SGD` and slices, which take less time than its
`DataLoader`. The parameters after the epoch are compared.

The pixels are random numbers: the time does not depend on them, and no download is needed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import nn
from benchmarks import peers
from benchmarks.measure import (
    Row,
    Timed,
    check_agreement,
    installed_programs,
    interleaved,
    relative,
)

Array = np.ndarray[Any, Any]
BATCH = 50
RATE = 0.01


@dataclass(frozen=True)
class Setting:
    """Images and labels, and the parameters W1, b1, W2, b2 to start from."""

    X: Array
    labels: Array
    parameters: tuple[Array, Array, Array, Array]

    @classmethod
    def of_size(cls, dtype: Any, images: int = 60_000) -> Setting:
        """A fixed seed; a fifth of the pixels are not 0, as in MNIST."""
        rng = np.random.default_rng(0)
        X = rng.random((images, 784), np.float32)
        X = np.maximum(5 * X - 4, 0).astype(dtype)
        sizes = ((784, 100), (100,), (100, 10), (10,))
        W1, b1, W2, b2 = (rng.uniform(-0.5, 0.5, size).astype(dtype) for size in sizes)
        return cls(X, rng.integers(0, 10, images), (W1, b1, W2, b2))


def by_hand(setting: Setting) -> Timed:
    """NumPy without a library: each array is computed once, in place where that is natural."""
    parameters = [p.copy() for p in setting.parameters]
    W1, b1, W2, b2 = parameters
    rows = np.arange(BATCH)
    losses: list[float] = []

    def update(X: Array, labels: Array) -> None:
        h = X @ W1
        h += b1
        np.negative(h, out=h)
        np.exp(h, out=h)
        h += 1
        np.reciprocal(h, out=h)
        z = h @ W2
        z += b2
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))  # the logarithm of softmax
        losses.append(-float(z[rows, labels].sum()))
        g = np.exp(z)
        g[rows, labels] -= 1
        gh = g @ W2.T
        gh *= h
        gh *= 1 - h
        for p, change in ((W1, X.T @ gh), (b1, gh.sum(axis=0)), (W2, h.T @ g), (b2, g.sum(axis=0))):
            change *= RATE
            p -= change

    def run() -> list[Array]:
        losses.clear()
        for start in range(0, len(setting.X), BATCH):
            update(setting.X[start : start + BATCH], setting.labels[start : start + BATCH])
        return parameters

    def reset() -> None:
        for p, first in zip(parameters, setting.parameters, strict=True):
            p[...] = first

    return Timed(run, reset)


def by_autograd_lite(setting: Setting, compile: bool | str = False) -> Timed:
    """`fit` with `SGD`."""
    W1, b1, W2, b2 = setting.parameters
    net = nn.Sequential(nn.Affine(W1, b1), nn.Sigmoid(), nn.Affine(W2, b2))
    loss = partial(nn.softmax_cross_entropy, reduction="sum")
    start = net.state()

    def run() -> list[Array]:
        nn.fit(
            net, loss, nn.SGD(net, RATE), (setting.X, setting.labels), 1, BATCH,
            shuffle=False, progress=False, compile=compile,
        )  # fmt: skip
        return list(net.state().values())

    return Timed(run, lambda: net.load_state(start))


def by_torch(setting: Setting) -> Timed:
    """Modules, `torch.optim.SGD` and its own cross entropy of logits, on slices."""
    torch = peers.load("torch")
    X, labels = torch.tensor(setting.X), torch.tensor(setting.labels)
    first, second = torch.nn.Linear(784, 100), torch.nn.Linear(100, 10)
    net = torch.nn.Sequential(first, torch.nn.Sigmoid(), second).to(X.dtype)
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE)
    loss = torch.nn.CrossEntropyLoss(reduction="sum")
    losses: list[float] = []

    def run() -> list[Any]:
        losses.clear()
        for start in range(0, len(X), BATCH):
            optimiser.zero_grad()
            value = loss(net(X[start : start + BATCH]), labels[start : start + BATCH])
            value.backward()
            losses.append(value.item())
            optimiser.step()
        parameters = (p.detach().numpy() for p in net.parameters())
        return [p.T for p in parameters]  # its weights are (outputs, inputs)

    def reset() -> None:
        with torch.no_grad():
            for p, start in zip(net.parameters(), setting.parameters, strict=True):
                p.copy_(torch.tensor(start.T))

    return Timed(run, reset)


PROGRAMS: dict[str, Callable[[Setting], Timed]] = {
    "NumPy": by_hand,
    "autograd_lite": by_autograd_lite,
    "torch": by_torch,
}


def measure(rounds: int) -> list[Row]:
    """Times in units of the hand-written program's."""
    rows = []
    for dtype, rtol in ((np.float64, 1e-9), (np.float32, 1e-3)):
        setting = Setting.of_size(dtype)
        programs = installed_programs(PROGRAMS, setting)
        programs["compiled"] = by_autograd_lite(copy.deepcopy(setting), compile=True)
        if peers.is_installed("llvmlite"):
            programs["native"] = by_autograd_lite(copy.deepcopy(setting), compile="native")
        check_agreement(programs, rtol)
        ratios = relative(interleaved(programs, rounds))
        rows.append(
            Row(f"MNIST epoch, {np.dtype(dtype)}", ratios, "autograd_lite ≤ 1.2, compiled ≤ 1.0")
        )
    return rows
