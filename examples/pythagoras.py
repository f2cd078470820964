"""Learn √((x₁² + x₂² + x₃²)/3) from 100 samples with sigmoid layers.

Full batches, the sum of the squared errors as the loss, and its gradient as it is; weights and
biases uniform in ±½. Random numbers are drawn from NumPy's legacy source:
samples first, then each layer's weights and biases.

Expect: with the defaults, layers 3-3-1, the loss 6.49303 before the first update, 1.15523 before
the 100th, 0.236100 before the 1000th and 0.227457 before the 5000th; on 1000 other samples the
root of the mean squared error is 0.050, where their standard deviation is 0.161.
"""

from __future__ import annotations

import sys

import numpy as np
import options

from autograd_lite.nn import SGD, Sigmoid, datasets, fit, mlp, plots, predict, squared_error

SHOWN = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def squared_sum(y: object, t: object) -> object:
    """Σ(y − t)², the loss."""
    return squared_error(y, t, "sum")


def main(arguments: list[str] | None = None) -> int:
    """Train and print the losses on the way."""
    parser = options.parser(__doc__)
    parser.add_argument("--layers", type=options.count, nargs="+", default=[3], metavar="UNITS",
                        help="hidden layers; `3 3` for 3-3-3-1 (default: 3)")  # fmt: skip
    parser.add_argument("--lr", type=options.rate, default=0.1, help="(default: 0.1)")
    parser.add_argument("--iterations", type=options.count, default=5000, help="(default: 5000)")
    options.add_seed(parser)
    options.add_plot(parser, "the loss")
    given = parser.parse_args(arguments)

    rng = np.random.RandomState(given.seed)
    data = datasets.pythagoras(100, rng)
    net = mlp(3, *given.layers, 1, hidden=Sigmoid, output=Sigmoid, init="uniform", bias="uniform",
              layout="out,in", rng=rng)  # fmt: skip
    history = fit(net, squared_sum, SGD(net, given.lr), data, given.iterations, shuffle=False)
    for i, loss in enumerate(history.loss, 1):
        if i in SHOWN or i % 1000 == 0 or i == given.iterations:
            print(f"{i:6} {loss:.12f}")

    x, t = datasets.pythagoras(1000, np.random.RandomState(given.seed + 1))
    error = np.sqrt(np.mean((predict(net, x) - t) ** 2))
    print(
        f"on 1000 other samples: root of the mean squared error {error:.4f}, spread {t.std():.3f}"
    )
    if given.plot:
        title = "√((x₁² + x₂² + x₃²)/3): the loss"
        plots.save(plots.plot_updates(history.updates, title), given.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
