"""Forward passes written out: one layer of four inputs, and a network 2-3-2-2.

Expect: of the layer u = [1.4 2.2 3.0] and z = [0.802 0.900 0.953]; of the network the output
y = [1.56 3.222], and after it the gradient of ½‖y‖² with dx = [1.031364 1.33884]; last
A = [26 32].
  --weights shows what becomes of the first layer with other weights.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import options

from autograd_lite import Tensor
from autograd_lite.nn import Affine, ReLU, Sequential, Sigmoid

Array = npt.NDArray[np.float64]

X = np.array([1.0, 5.0, 2.0, -1.0])
W = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.5], [0.4, 0.5, 0.6]])
B = np.array([0.1, 0.2, 0.3])


def weights(kind: str, rng: np.random.Generator) -> Array:
    """The weights of the first layer, shape (4, 3)."""
    if kind == "given":
        return W
    if kind == "random":
        return rng.random(W.shape)
    if kind == "integers":
        return rng.integers(0, 5, W.shape).astype(float)
    return np.full(W.shape, {"zeros": 0.0, "ones": 1.0}[kind])


def print_vec(label: str, array: npt.ArrayLike) -> None:
    """A heading, and the array below it."""
    print(f"*** {label} ***\n{np.asarray(array)}\n")


def one_layer(W: Array) -> tuple[Array, Array]:
    """u = x·W + b and z = σ(u)."""
    u, z = Sequential(Affine(W, B), Sigmoid()).outputs(X)
    return u.data, z.data


def three_layers() -> Sequential:
    """The network 2-3-2-2; its output is that of the last Affine layer."""
    return Sequential(
        Affine([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [0.1, 0.2, 0.3]),
        ReLU(),
        Affine([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], [0.1, 0.2]),
        ReLU(),
        Affine([[0.1, 0.3], [0.2, 0.4]], [1.0, 2.0]),
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the three passes."""
    parser = options.parser(__doc__)
    kinds = ("given", "zeros", "ones", "random", "integers")
    parser.add_argument("--weights", choices=kinds, default="given", help="of the first layer")
    options.add_seed(parser)
    given = parser.parse_args(arguments)

    W = weights(given.weights, np.random.default_rng(given.seed))
    u, z = one_layer(W)
    parts = {"weight": W, "bias": B, "input": X, "total input": u, "hidden output": z}
    for label, array in parts.items():
        print_vec(label, array)

    net, x = three_layers(), Tensor([1.0, 2.0])
    _, z1, _, z2, y = net.outputs(x)
    print_vec("output 1", z1.data)
    print_vec("output 2", z2.data)
    print_vec("output", y.data)
    print(f"output total: {y.data.sum():.12g}\n")

    (0.5 * (y * y).sum()).backward()
    variables: dict[str, Any] = {**net.named_parameters(), "x": x}
    for name, v in variables.items():
        print_vec(f"∂E/∂{name}, E = ½‖y‖²", v.grad)

    print("A = B + X·W =", Affine([[4, 5], [6, 7]], [0, 1])([2, 3]).data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
