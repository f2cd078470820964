"""The perceptron: a threshold unit, and the rule by which it learns."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import numpy.typing as npt

from autograd_lite.nn.layers import Affine
from autograd_lite.nn.parameters import plain, set_numbers
from autograd_lite.primitives.choices import step


class Perceptron(Affine):
    """y = 1 if b + w1·x1 + w2·x2 + … > 0, else 0.

    `Perceptron(w, b)` takes weights and bias as given; `Perceptron(n)` starts from 0. The step has
    no useful derivative, so it learns by its own rule, `learn`.

    >>> shirt = Perceptron([1.0, 0.0], -69.0)  # size M for a body longer than 69
    >>> shirt([[69.0, 0.0], [69.5, 0.0]])
    Tensor([0., 1.])
    """

    @overload
    def __init__(self, w: int) -> None: ...

    @overload
    def __init__(self, w: npt.ArrayLike, b: Any) -> None: ...

    def __init__(self, w: Any, b: Any = 0.0) -> None:
        if isinstance(w, int | np.integer):
            w = np.zeros(w)
        super().__init__(w, b)

    def forward(self, x: Any) -> Any:
        """1 or 0 for x of shape (n,), or each row of (samples, n)."""
        return step(super().forward(x))

    def learn(
        self, x: npt.ArrayLike, t: npt.ArrayLike, rate: float = 1.0, epochs: int = 1000
    ) -> int | None:
        """The perceptron rule: w ← w + rate·(t − y)·x, b ← b + rate·(t − y), sample by sample.

        Rosenblatt, The perceptron, Psychological Review 65 (1958). If one line separates the
        classes it is found in a finite number of steps; XOR has none.

        Args:
            x: samples (samples, n).
            t: targets 0 and 1, (samples,).

        Returns:
            The number of the epoch, from 1, that went by without a mistake; None if none did.
        """
        xs, ts = np.asarray(x, float), np.asarray(t, float)
        if self.b is None:
            raise TypeError("learn: the perceptron rule needs a bias")
        w, b = np.array(plain(self.W)), np.array(plain(self.b))
        clean = None
        for epoch in range(1, epochs + 1):
            mistakes = 0
            for sample, target in zip(xs, ts, strict=True):
                error = target - float(sample @ w + b > 0.0)
                mistakes += error != 0.0
                w += rate * error * sample
                b += rate * error
            if not mistakes:
                clean = epoch
                break
        set_numbers(self.W, w)
        set_numbers(self.b, b)
        return clean

    def boundary(self, x1: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """x2 on the line b + w1·x1 + w2·x2 = 0 that parts the two sides.

        Raises:
            ValueError: if there are not two inputs, or w2 is 0 and the line upright.
        """
        w = plain(self.W)
        if w.shape != (2,) or w[1] == 0.0:
            raise ValueError(f"boundary: needs two weights of which the second is not 0, not {w}")
        b = 0.0 if self.b is None else plain(self.b)
        return np.asarray(-(b + w[0] * np.asarray(x1, float)) / w[1])
