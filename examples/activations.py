"""Activation functions with their derivatives: a table, and the curves.

Expect: a line for each of nine numbers from −5 to 4.9, where the curves begin and end; the
sigmoid runs from 0.00669 to 0.99261; derivatives at 0: of the sigmoid 0.25, of ReLU and of the
step 0, of tanh 1.
"""

from __future__ import annotations

import sys

import numpy as np
import options

from autograd_lite import Tensor
from autograd_lite.nn import Module, ReLU, Sigmoid, Step, Tanh, plots

LAYERS: dict[str, tuple[Module, tuple[float, float]]] = {
    "sigmoid": (Sigmoid(), (-0.1, 1.1)),
    "ReLU": (ReLU(), (-1.0, 5.5)),
    "tanh": (Tanh(), (-1.1, 1.1)),
    "step": (Step(), (-0.1, 1.1)),
}
"""Each with the limits of its curve's axis."""


def table(x: np.ndarray) -> list[str]:
    """f(x) and f′(x) of each function, a line an x."""
    columns = [x]
    for layer, _ in LAYERS.values():
        at = Tensor(x)
        y = layer(at)
        y.sum().backward()
        columns += [y.data, np.asarray(at.grad)]
    heads = ["x", *(head for name in LAYERS for head in (name, "′"))]
    rows = [" ".join(f"{number:9.5f}" for number in row) for row in zip(*columns, strict=True)]
    return [" ".join(f"{head:>9}" for head in heads), *rows]


def main(arguments: list[str] | None = None) -> int:
    """Print the table, and draw the curves if asked to."""
    parser = options.parser(__doc__)
    options.add_plot(parser, "the curves")
    given = parser.parse_args(arguments)
    print("\n".join(table(np.array([-5.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.9]))))
    if given.plot:
        figure = plots.new_figure(len(LAYERS), width=3.4, height=3.2)
        for axes, (name, (layer, limits)) in zip(figure.axes, LAYERS.items(), strict=True):
            plots.plot_function(layer, name, y_limits=limits, axes=axes)
        plots.save(figure, given.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
