"""lstm: the loss of a recurrent network with diagonal weights on a text."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.transforms import scan
from benchmarks.gradbench.problem import BACKEND, Functions, Prepared, array, traced


def layer(weights: Any, biases: Any, z: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """The hidden state and the cell after a step: forget and out gate see the input z of the
    layer, in gate and change its hidden state h."""
    b = len(c)
    gates = np.concatenate([z, h, z, h]) * weights + biases
    forget, entered, out = np.split(al.sigmoid(gates[: 3 * b]), 3)
    c = c * forget + entered * np.tanh(gates[3 * b :])
    return out * np.tanh(c), c


def outputs(main: Any, states: Any, z: Any) -> Any:
    """The states of all layers after a step with input z, and the hidden one of the last."""
    found = []
    for i, (h, c) in enumerate(states):
        z, c = layer(main[2 * i], main[2 * i + 1], z, h, c)
        found.append((z, c))
    return found, z


def loss(hidden: Any, extra: Any, sequence: Any) -> Any:
    """The mean loss of the guesses at the next character; 2 more in the sum of exponentials."""
    y = hidden * extra[1] + extra[2]
    guesses = y - np.log(2.0 + np.sum(np.exp(y), axis=1, keepdims=True))
    return -np.sum(sequence[1:] * guesses) / (len(y) * y.shape[1])


@al.compile(backend=BACKEND)
def objective(main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """The loss on a text."""
    states = [(state[i], state[i + 1]) for i in range(0, len(state), 2)]
    inputs = extra[0] * sequence[:-1]
    hidden = scan(lambda states, z: outputs(main, states, z), states, inputs)[1]
    return loss(hidden, extra, sequence)


gradient = al.compile(al.grad(objective.__wrapped__, argnums=(0, 1)), backend=BACKEND)


def arguments(given: Any) -> tuple[Any, ...]:
    """Parameters, state and text of an input."""
    names = ("main_params", "extra_params", "state", "sequence")
    return tuple(array(given[name]) for name in names)


def primal(given: Any) -> Prepared:
    """The objective."""
    data = arguments(given)
    return traced(lambda: objective(*data))


def flat(parts: Any) -> list[float]:
    """The gradients row by row."""
    found: list[float] = np.concatenate([part.ravel() for part in parts]).tolist()
    return found


def jacobian(given: Any) -> Prepared:
    """Its gradient by all parameters."""
    data = arguments(given)
    return traced(lambda: gradient(*data), flat)


FUNCTIONS: Functions = {"objective": primal, "jacobian": jacobian}
