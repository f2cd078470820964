"""Kind of problem -> output activation, loss, decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.nn.activations import Identity, Sigmoid, Softmax
from autograd_lite.nn.losses import (
    binary_cross_entropy,
    cross_entropy,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    squared_error,
)
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import plain


@dataclass(frozen=True)
class Problem:
    """What goes with one kind of problem."""

    kind: str
    activation: type[Module]
    """The activation of the output layer: makes scores into what is asked for."""
    loss: Callable[..., Any]
    """The loss of what the activation gives."""
    loss_of_scores: Callable[..., Any]
    """The loss of the scores before the activation: the stable form, with which to train."""
    decide: Callable[[Any], Array]
    """What is answered, from the activation's output: a number, or a class."""


PROBLEMS: dict[str, Problem] = {
    "regression": Problem("regression", Identity, squared_error, squared_error, lambda y: plain(y)),
    "binary": Problem(
        "binary",
        Sigmoid,
        binary_cross_entropy,
        sigmoid_cross_entropy,
        lambda y: (plain(y) >= 0.5).astype(int),
    ),
    "multiclass": Problem(
        "multiclass",
        Softmax,
        cross_entropy,
        softmax_cross_entropy,
        lambda y: np.argmax(plain(y), axis=-1),
    ),
}
"""The table, by the kind of problem."""


def problem(kind: str) -> Problem:
    """Output activation and loss for a kind of problem.

    | kind | activation | loss | loss of the scores |
    |---|---|---|---|
    | `"regression"` | identity | squared error | the same |
    | `"binary"` | sigmoid | binary cross entropy | `sigmoid_cross_entropy` |
    | `"multiclass"` | softmax | cross entropy | `softmax_cross_entropy` |

    Raises:
        ValueError: if the kind is none of these.

    >>> problem("binary").activation()
    Sigmoid()
    """
    if kind not in PROBLEMS:
        raise ValueError(f"problem: {kind!r} is not one of {', '.join(PROBLEMS)}")
    return PROBLEMS[kind]
