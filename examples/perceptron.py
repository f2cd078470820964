"""The perceptron: a T-shirt's size, a half plane, logic gates, and why not XOR.

Expect: lengths up to 69 are S, longer ones M; the rule of the perceptron learns AND, OR and NAND
within ten epochs and XOR never, since no line has (0, 1) and (1, 0) on one side and the others on
the other: three corners of four is the most that any line gets right. Three perceptrons in two
layers, OR and NAND and then AND, do compute it.
  --plot shows what a perceptron and a small network make of a cloud within a ring.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import options

from autograd_lite.nn import (
    Adam,
    Module,
    Perceptron,
    Sequential,
    Sigmoid,
    Tanh,
    binary_cross_entropy,
    datasets,
    fit,
    mlp,
    plots,
    predict,
)

HALF_PLANE = ((0.0, 0.0), (-0.4, 0.0), (0.0, -0.4), (-0.2, -0.2), (-1.0, 0.5), (-1.0, 0.7))


def tshirt() -> list[str]:
    """The size that the perceptron names for each body length."""
    lengths = datasets.tshirt().inputs
    sizes = predict(Perceptron([1.0, 0.0], -69.0), lengths)
    return [f"{x[0]:g} cm: {'M' if y else 'S'}" for x, y in zip(lengths, sizes, strict=True)]


def half_plane() -> list[str]:
    """Which points lie beyond the line x₂ = −x₁ − 0.4, and not on it."""
    unit = Perceptron([1.0, 1.0], 0.4)
    return [f"{point} -> {unit(np.array(point)).item():g}" for point in HALF_PLANE]


def learn(gate: str, epochs: int) -> tuple[Perceptron, int | None]:
    """A perceptron trained by its rule, and the first epoch without a mistake."""
    x, t = datasets.logic_gate(gate)
    unit = Perceptron(2)
    return unit, unit.learn(x, t.ravel(), epochs=epochs)


def most_corners(n: int = 121) -> int:
    """How many corners of XOR any of n³ perceptrons gets right."""
    numbers = np.linspace(-3.0, 3.0, n)
    w1, w2, b = np.meshgrid(numbers, numbers, numbers, sparse=True)
    right = sum(
        ((w1 * x[0] + w2 * x[1] + b > 0) == bool(t[0])).astype(int)
        for x, t in zip(*datasets.xor(), strict=True)
    )
    return int(np.max(right))


def xor_of_three() -> Module:
    """OR and NAND side by side, then AND: XOR."""
    first = Perceptron([[1.0, -1.0], [1.0, -1.0]], [-0.5, 1.5])
    return Sequential(first, Perceptron([1.0, 1.0], -1.5))


def picture(seed: int) -> Any:
    """What a perceptron and a network say of points that no line parts."""
    x, t = datasets.cloud_in_ring(200, seed)
    unit = Perceptron(2)
    unit.learn(x, t.ravel(), epochs=20)
    net = mlp(2, 16, 1, hidden=Tanh, output=Sigmoid, rng=seed)
    fit(net, binary_cross_entropy, Adam(net, 0.03), (x, t), 200, shuffle=False)
    figure = plots.new_figure(2, 4.6, 4.6)
    plots.plot_boundary(unit, x, t, "a perceptron", axes=figure.axes[0])
    plots.plot_boundary(net, x, t, "a network 2-16-1", axes=figure.axes[1])
    return figure


def main(arguments: list[str] | None = None) -> int:
    """Print what perceptrons can do, and what they cannot."""
    parser = options.parser(__doc__)
    parser.add_argument("--epochs", type=options.count, default=1000,
                        help="after which the rule gives up (default: 1000)")  # fmt: skip
    options.add_seed(parser)
    options.add_plot(parser, "decision boundaries of a perceptron and of a network")
    given = parser.parse_args(arguments)

    print("T-shirt, −69 + length > 0:\n  " + "\n  ".join(tshirt()))
    print("half plane, 0.4 + x₁ + x₂ > 0:\n  " + "\n  ".join(half_plane()))
    print("the perceptron rule:")
    for gate in ("and", "or", "nand", "xor"):
        unit, epoch = learn(gate, given.epochs)
        found = ", ".join(f"{name} = {array}" for name, array in unit.state().items())
        print(f"  {gate.upper():4} " + (f"learnt in {epoch} epochs: {found}" if epoch else "never"))
    print(f"XOR: the best of 121³ lines gets {most_corners()} corners of 4 right")
    said = predict(xor_of_three(), datasets.xor().inputs)
    print(f"OR and NAND, then AND: {said.astype(int).tolist()}")
    if given.plot:
        plots.save(picture(given.seed), given.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
