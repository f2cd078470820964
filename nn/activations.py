"""Activations as layers: each applies one function element by element, or row by row."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import as_input
from autograd_lite.primitives.activations import relu, sigmoid, softplus, tanh
from autograd_lite.primitives.arithmetic import positive
from autograd_lite.primitives.choices import step, where
from autograd_lite.primitives.softmax import log_softmax, softmax
from autograd_lite.primitives.special import erf


class Identity(Module):
    """f(x) = x: the output of a regression."""

    def forward(self, x: Any) -> Any:
        """x itself, as an operation of its own."""
        return positive(x)


class Step(Module):
    """f(x) = 1 for x > 0, else 0: 0 at 0.

    Its derivative is 0 everywhere: a net with it learns nothing by gradient descent.
    """

    def forward(self, x: Any) -> Any:
        """1 where x > 0, else 0."""
        return step(x)


class Sigmoid(Module):
    """f(x) = 1/(1 + e⁻ˣ); f′ = f·(1 − f).

    >>> Sigmoid()(0.0)
    0.5
    """

    def forward(self, x: Any) -> Any:
        """1/(1 + e⁻ˣ) of each element."""
        return sigmoid(x)


class ReLU(Module):
    """f(x) = max(x, 0); f′ = 1 for x > 0, else 0: 0 at 0."""

    def forward(self, x: Any) -> Any:
        """max(x, 0) of each element."""
        return relu(x)


class LeakyReLU(Module):
    """f(x) = x for x > 0, else slope·x; f′ at 0 is the slope.

    Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.

    >>> LeakyReLU(0.1)(-2.0)
    -0.2
    """

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = float(slope)

    def forward(self, x: Any) -> Any:
        """x where x > 0, else slope·x."""
        x = as_input(x)
        return where(x > 0.0, x, self.slope * x)

    def _describe(self) -> str:
        return f"{self.slope}"


class Tanh(Module):
    """f(x) = tanh x; f′ = 1 − f²."""

    def forward(self, x: Any) -> Any:
        """tanh of each element."""
        return tanh(x)


class Softplus(Module):
    """f(x) = ln(1 + eˣ), a smooth ReLU; f′ = σ(x)."""

    def forward(self, x: Any) -> Any:
        """ln(1 + eˣ) of each element."""
        return softplus(x)


class GELU(Module):
    """f(x) = x·Φ(x) = x/2·(1 + erf(x/√2)), with Φ the normal distribution: the exact form.

    Hendrycks and Gimpel, Gaussian error linear units, arXiv:1606.08415.

    >>> round(GELU()(0.5), 12)
    0.345731230637
    """

    def forward(self, x: Any) -> Any:
        """x·Φ(x) of each element."""
        x = as_input(x)
        return 0.5 * x * (1.0 + erf(x / math.sqrt(2.0)))


class Softmax(Module):
    """f(x)_k = e^x_k / Σ e^x_i along an axis, each row by itself.

    To train a classifier, leave it out and use the loss `softmax_cross_entropy` on the logits.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """The softmax of each row."""
        return softmax(x, self.axis)


class LogSoftmax(Module):
    """f(x)_k = x_k − ln Σ e^x_i along an axis."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """The logarithm of the softmax of each row."""
        return log_softmax(x, self.axis)
