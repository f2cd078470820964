"""Say what a saved network makes of the four inputs of XOR: 00, 01, 10, 11.

The file, .npz or .safetensors, holds W1, b1, W2 and b2 of a network 2-h-1, as xor_train.py saves
it. Its metadata name the hidden layer's activation; ReLU if they do not.

Expect: four lines, for the weights in xor_weights.npz beside this script

    in: [ 0.  0.]  ->  out: 0 (0.00486784050737)
    in: [ 0.  1.]  ->  out: 1 (0.997805826021)
    in: [ 1.  0.]  ->  out: 1 (0.997805828447)
    in: [ 1.  1.]  ->  out: 0 (0.00486784050737)
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import options

from autograd_lite.nn import Affine, ReLU, Sequential, Sigmoid, Tanh, datasets, load, predict

ACTIVATIONS = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}
NAMES = ("W1", "b1", "W2", "b2")


def network(path: Path) -> Sequential:
    """The network whose weights are in a file.

    Raises:
        ValueError: if the file is broken, or holds something else.
        OSError: if it cannot be read.
    """
    saved = load(path)
    if set(saved) != set(NAMES):
        raise ValueError(f"{path} holds {', '.join(saved) or 'nothing'}, not {', '.join(NAMES)}")
    W1, b1, W2, b2 = (saved[name].astype(float) for name in NAMES)
    if W1.ndim != 2 or len(W1) != 2 or W2.shape != (W1.shape[1], 1):
        raise ValueError(f"{path}: W1 {W1.shape} and W2 {W2.shape} are of no network 2-h-1")
    hidden = saved.metadata.get("hidden", "relu")
    if hidden not in ACTIVATIONS:
        raise ValueError(f"{path}: activation {hidden!r} is not one of {', '.join(ACTIVATIONS)}")
    return Sequential(
        Affine(W1, b1.ravel()), ACTIVATIONS[hidden](), Affine(W2, b2.ravel()), Sigmoid()
    )


def lines(net: Sequential) -> list[str]:
    """A line an input, as the article's script printed them."""
    corners = datasets.xor().inputs
    with np.printoptions(legacy="1.13"):  # [ 0.  1.], not [0. 1.]
        return [
            f"in: {x}  ->  out: {int(y >= 0.5)} ({y:.12g})"
            for x, y in zip(corners, predict(net, corners).ravel(), strict=True)
        ]


def main(arguments: list[str] | None = None) -> int:
    """Print the four lines; the number of the exit code."""
    parser = options.parser(__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="weights, .npz or .safetensors")
    given = parser.parse_args(arguments)
    try:
        net = network(given.file)
    except (OSError, ValueError, ImportError) as error:
        parser.error(str(error))
    print("\n".join(lines(net)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
