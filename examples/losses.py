"""Losses: what they give for the same outputs, side by side, and which loss goes with what.

Expect: squared errors 0.097500 and 0.827500, cross entropies 0.510825 and 16.118096, and with
ε = 1e-10 0.2231435511892097; the two squared errors that differ by the number of outputs; softmax
and cross entropy by hand; two wrong answers of equal accuracy and different loss; a table kind of
problem -> activation, loss.
"""

from __future__ import annotations

import sys

import numpy as np
import options

from autograd_lite import log_softmax, softmax
from autograd_lite.nn import (
    PROBLEMS,
    accuracy,
    cross_entropy,
    negative_log_likelihood,
    one_hot,
    softmax_cross_entropy,
    squared_error,
)

LABEL = 2
TARGET = one_hot(LABEL, 10)
RIGHT = np.array([0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0])
WRONG = np.array([0.1, 0.05, 0.0, 0.0, 0.05, 0.0, 0.8, 0.0, 0.0, 0.0])


def two_answers() -> None:
    """Squared error and cross entropy of two answers each: two labelled lines."""
    for name, loss in (("squared error", squared_error), ("cross entropy", cross_entropy)):
        print(f"{name}, ½Σ(y − t)²" if loss is squared_error else f"{name}, −Σ t·ln(y + 1e-7)")
        print(f"  right: {loss(RIGHT, TARGET):f}")
        print(f"  wrong: {loss(WRONG, TARGET):f}")


def conventions() -> None:
    """One loss, several conventions: what is summed, what is divided by, and epsilons."""
    y, t = [0.1, 0.1, 0.8], [0.0, 0.0, 1.0]
    print("y = [0.1 0.1 0.8], t = [0 0 1]")
    for reduction in ("half_sum", "half_mean"):
        print(f"  squared error, {reduction}: {squared_error(y, t, reduction):.4g}")
    for epsilon in (0.0, 1e-7, 1e-10):
        print(f"  cross entropy, ε = {epsilon:g}: {float(cross_entropy(y, t, epsilon))!r}")
    soft = float(cross_entropy(y, y, 0.0))
    print(f"  cross entropy against t = y, a soft target: {soft:.5f}")


def by_hand() -> None:
    """Softmax and cross entropy by hand."""
    scores, p = np.array([3.0, -2, 0, 9, 4]), np.array([0.1, 0.1, 0.5, 0.2, 0.1])
    q = softmax(scores)
    print("exercise 4-6, scores [3 −2 0 9 4], p = [0.1 0.1 0.5 0.2 0.1]")
    print(f"  q = softmax: {q.round(8)}")
    print(f"  H(p, q) = {cross_entropy(q, p, 0.0):.14g}")
    print(f"  the same of the scores: {softmax_cross_entropy(scores, p):.14g}")
    print(f"  log-softmax: {log_softmax(scores).round(6)}")
    nll = negative_log_likelihood(log_softmax(scores), 3)
    print(f"  its negative log-likelihood of class 3: {nll:.6g}")


def why_not_accuracy() -> None:
    """Two wrong answers: accuracy cannot tell them apart, a loss can."""
    answers = np.array([[0.45, 0.55], [0.05, 0.95]])
    print("class 0 was right; two wrong answers:")
    for y in answers:
        row, t = y[None], [0]
        print(f"  {y}: accuracy {accuracy(row, t):g}, cross entropy {cross_entropy(row, t):.3f}")


def main(arguments: list[str] | None = None) -> int:
    """Print them all."""
    options.parser(__doc__).parse_args(arguments)
    for part in (two_answers, conventions, by_hand, why_not_accuracy):
        part()
        print()
    print("problem     activation  loss of the scores")
    for p in PROBLEMS.values():
        print(f"{p.kind:11} {p.activation.__name__:11} {p.loss_of_scores.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
