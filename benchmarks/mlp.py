"""`mlp`: a network 784-100-10 with ReLU, a batch of 50, softmax and cross-entropy, backward.

The batch is a plain array, the two layers' weights and biases are leaves, and every library is
used as its documentation does; the gradients are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as al
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


@dataclass(frozen=True)
class Setting:
    """A batch, its labels, and the parameters W1, b1, W2, b2."""

    X: Array
    labels: Array
    parameters: tuple[Array, Array, Array, Array]

    @classmethod
    def of_size(
        cls, dtype: Any, batch: int = 50, inputs: int = 784, hidden: int = 100, classes: int = 10
    ) -> Setting:
        """Random numbers of the size of a picture's pixels and of first weights; a fixed seed."""
        rng = np.random.default_rng(0)
        parameters = (
            rng.standard_normal((inputs, hidden)) * np.sqrt(2 / inputs),
            rng.standard_normal(hidden) * 0.1,
            rng.standard_normal((hidden, classes)) * np.sqrt(1 / hidden),
            rng.standard_normal(classes) * 0.1,
        )
        X, labels = rng.random((batch, inputs)), rng.integers(0, classes, batch)
        W1, b1, W2, b2 = (p.astype(dtype) for p in parameters)
        return cls(X.astype(dtype), labels, (W1, b1, W2, b2))


def by_hand(setting: Setting) -> Timed:
    """NumPy without a library: each array is computed once, in place where that is natural."""
    X, labels, (W1, b1, W2, b2) = setting.X, setting.labels, setting.parameters
    rows = np.arange(len(X))

    def run() -> list[Array]:
        h = X @ W1
        h += b1
        np.maximum(h, 0, out=h)
        z = h @ W2
        z += b2
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))  # the logarithm of softmax
        _loss = -z[rows, labels].mean()
        g = np.exp(z)
        g[rows, labels] -= 1
        g /= len(X)
        gh = g @ W2.T
        gh *= h > 0
        return [X.T @ gh, gh.sum(axis=0), h.T @ g, g.sum(axis=0)]

    return Timed(run)


def by_autograd_lite(setting: Setting) -> Timed:
    """On Tensors."""
    X, labels = setting.X, setting.labels
    rows = np.arange(len(X))
    parameters = [al.Tensor(p) for p in setting.parameters]
    W1, b1, W2, b2 = parameters

    def run() -> list[Array | None]:
        h = al.relu(X @ W1 + b1)
        loss = -al.log_softmax(h @ W2 + b2)[rows, labels].mean()
        loss.backward()
        return [p.grad for p in parameters]

    def reset() -> None:
        for p in parameters:
            p.zero_grad()

    return Timed(run, reset)


def by_torch(setting: Setting) -> Timed:
    """On tensors, with its own cross-entropy of logits."""
    torch = peers.load("torch")
    X, labels = torch.tensor(setting.X), torch.tensor(setting.labels)
    parameters = [torch.tensor(p, requires_grad=True) for p in setting.parameters]
    W1, b1, W2, b2 = parameters

    def run() -> list[Any]:
        h = torch.relu(X @ W1 + b1)
        torch.nn.functional.cross_entropy(h @ W2 + b2, labels).backward()
        return [p.grad for p in parameters]

    def reset() -> None:
        for p in parameters:
            p.grad = None

    return Timed(run, reset)


def by_mygrad(setting: Setting) -> Timed:
    """On tensors, with its own cross-entropy of logits."""
    mygrad, nnet = peers.load("MyGrad"), peers.load("MyGrad", ".nnet")
    X, labels = setting.X, setting.labels
    parameters = [mygrad.tensor(p) for p in setting.parameters]
    W1, b1, W2, b2 = parameters

    def run() -> list[Any]:
        h = nnet.relu(X @ W1 + b1)
        nnet.softmax_crossentropy(h @ W2 + b2, labels).backward()
        return [p.grad for p in parameters]

    def reset() -> None:
        for p in parameters:
            p.null_grad()

    return Timed(run, reset)


def by_hips(setting: Setting) -> Timed:
    """With its transform of functions and its NumPy."""
    grad, anp = peers.load("HIPS autograd").grad, peers.load("HIPS autograd", ".numpy")
    X, labels = setting.X, setting.labels
    rows = np.arange(len(X))

    def loss(parameters: Any) -> Any:
        W1, b1, W2, b2 = parameters
        h = anp.maximum(X @ W1 + b1, 0)
        z = h @ W2 + b2
        z = z - anp.max(z, axis=1, keepdims=True)
        log_softmax = z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True))
        return -anp.mean(log_softmax[rows, labels])

    gradient = grad(loss)
    return Timed(lambda: list(gradient(setting.parameters)))


PROGRAMS: dict[str, Callable[[Setting], Timed]] = {
    "NumPy": by_hand,
    "autograd_lite": by_autograd_lite,
    "torch": by_torch,
    "MyGrad": by_mygrad,
    "HIPS autograd": by_hips,
}


def measure(rounds: int) -> list[Row]:
    """Times in units of the hand-written program's.

    In turns of 50 runs each library finds the processor's caches as it left them itself, as in a
    training loop; in turns of one run it finds them as another library left them.
    """
    rows = []
    for dtype, rtol, limit in ((np.float64, 1e-9, 1.15), (np.float32, 1e-3, 1.25)):
        programs = installed_programs(PROGRAMS, Setting.of_size(dtype))
        check_agreement(programs, rtol)
        title = f"mlp, {np.dtype(dtype)}"
        in_a_row = relative(interleaved(programs, rounds, loops=50))
        one_by_one = relative(interleaved(programs, 20 * rounds))
        rows.append(Row(title, in_a_row, f"autograd_lite ≤ {limit}"))
        rows.append(Row(f"{title}, turns of one run", one_by_one))
    return rows
