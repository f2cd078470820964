"""The Affine layer with forward and backward written by hand, and checked.

This is how one builds layers without an engine: `forward` remembers what `backward` needs, and
`backward` takes ∂L/∂Y and gives ∂L/∂X. Whether it is right is found out twice: by `check_layer`,
which compares with central differences, and by the engine's own gradient of the same formula.

Expect: Y = [[8 22 32] [5 10 14] [9 22 32]], then for L = ΣY the gradients dX, three rows [6 11],
dW = all 8, and db = 9, since all nine outputs share the one number b = 2; both checks agree. A
`backward(1)`, which would return Wᵀ and call it dX, is refused: its argument must have the shape
of Y.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import options

from autograd_lite import Tensor
from autograd_lite.testing import GradientMismatch, check_layer

Array = npt.NDArray[np.float64]

X = np.array([[2.0, 4.0], [2.0, 1.0], [4.0, 3.0]])
W = np.array([[1.0, 2.0, 3.0], [1.0, 4.0, 6.0]])
B = 2.0


class Affine:
    """Y = X·W + b for samples X (N, i), weights W (i, o), and b (o,) or one number."""

    def __init__(self, W: npt.ArrayLike, b: npt.ArrayLike) -> None:
        self.W, self.b = np.array(W, float), np.array(b, float)
        self.X = np.zeros((0, 0))
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, X: Array) -> Array:
        """X·W + b; X is remembered."""
        self.X = X
        return np.asarray(X @ self.W + self.b)

    def backward(self, dY: npt.ArrayLike) -> Array:
        """∂L/∂X = dY·Wᵀ; dW = Xᵀ·dY and db, the sum of dY over what shares a b, are kept."""
        dY = np.asarray(dY, float)
        shape = (len(self.X), self.W.shape[1])
        if dY.shape != shape:
            raise ValueError(f"backward: ∂L/∂Y must have Y's shape {shape}, not {dY.shape}")
        self.dW = self.X.T @ dY
        self.db = dY.sum(axis=0) if self.b.ndim else np.asarray(dY.sum())
        return np.asarray(dY @ self.W.T)


def by_hand(X: Array, W: Array, b: Any, dY: Array) -> dict[str, Array]:
    """The gradients of Σ dY·Y by the layer above."""
    layer = Affine(W, b)
    layer.forward(X)
    dX = layer.backward(dY)
    return {"X": dX, "W": layer.dW, "b": layer.db}


def by_engine(X: Array, W: Array, b: Any, dY: Array) -> dict[str, Array]:
    """The same by recording Y = X·W + b."""
    at = {"X": Tensor(X), "W": Tensor(W), "b": Tensor(b)}
    (at["X"] @ at["W"] + at["b"]).backward(dY)
    return {name: np.asarray(v.grad) for name, v in at.items()}


def main(arguments: list[str] | None = None) -> int:
    """Print the layer's results and their differences; the exit code is 1 if a check fails."""
    parser = options.parser(__doc__)
    options.add_seed(parser)
    given = parser.parse_args(arguments)

    layer = Affine(W, B)
    Y = layer.forward(X)
    print(f"Y = X·W + 2\n{Y.astype(int)}\n")
    for name, gradient in by_hand(X, W, B, np.ones(Y.shape)).items():
        print(f"∂L/∂{name} for L = ΣY\n{gradient}\n")
    try:
        layer.backward(1)
    except ValueError as refusal:
        print(f"backward(1): ValueError: {refusal}\n")

    rng = np.random.default_rng(given.seed)
    dY = rng.standard_normal(Y.shape)
    worst = 0.0
    for b in (B, rng.standard_normal(3)):
        try:
            print(check_layer(Affine(W, b), X))
        except GradientMismatch as mismatch:
            print(mismatch)
            worst = np.inf
        hand, engine = by_hand(X, W, b, dY), by_engine(X, W, b, dY)
        for name, gradient in hand.items():
            error = float(np.max(np.abs(gradient - engine[name])))
            print(f"∂L/∂{name}, b of shape {np.shape(b)}: by hand − by the engine {error:.1e}")
            worst = max(worst, error)
    right = worst < 1e-12
    print(f"checked: {'right' if right else 'WRONG'}")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
