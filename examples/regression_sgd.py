"""Learn y = 3x₀ + 2x₁ with a network 2-10-1, one sample at a time.

1000 samples are drawn with replacement from 100000, x uniform in [0, 1)², and each is followed by
one update with learning rate 0.07; the loss is mean((y − t)²)/2 before it.

Expect: the mean of the last hundred losses is about 0.0005, and the root of the mean squared
error on a grid about 0.03, in half a second. With --activation sigmoid some five times as much.
Inputs in [−5, 5) (--low -5 --high 5) need --lr 0.001: with 0.07 ReLU units run away and the script
says so.
"""

from __future__ import annotations

import sys

import numpy as np
import options

from autograd_lite.nn import (
    SGD,
    Affine,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    datasets,
    fit,
    plots,
    predict,
    squared_error,
)

ACTIVATIONS: dict[str, type[Module]] = {"relu": ReLU, "sigmoid": Sigmoid}


def grid_error(net: Module, low: float, high: float) -> float:
    """√ of the mean squared error on 21×21 points."""
    line = np.linspace(low, high, 21)
    x = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    return float(np.sqrt(np.mean((predict(net, x).ravel() - x @ [3.0, 2.0]) ** 2)))


def half_mean(y: object, t: object) -> object:
    """The loss of the notes' code."""
    return squared_error(y, t, "half_mean")


def main(arguments: list[str] | None = None) -> int:
    """Train, and print how well; the exit code is 1 if it diverged."""
    parser = options.parser(__doc__)
    parser.add_argument("--activation", choices=ACTIVATIONS, default="relu", help="(default: relu)")
    parser.add_argument("--lr", type=options.rate, default=0.07, help="(default: 0.07)")
    parser.add_argument("--steps", type=options.count, default=1000, help="(default: 1000)")
    parser.add_argument("--low", type=float, default=0.0, help="least input (default: 0)")
    parser.add_argument("--high", type=float, default=1.0, help="greatest input (default: 1)")
    options.add_seed(parser)
    options.add_plot(parser, "the loss of every update")
    given = parser.parse_args(arguments)
    if not given.low < given.high:
        parser.error(f"--low {given.low} must be less than --high {given.high}")

    rng = np.random.default_rng(given.seed)
    x, t = datasets.plane(100_000, rng, given.low, given.high)
    net = Sequential(
        Affine(2, 10, init="normal", bias="normal", rng=rng),
        ACTIVATIONS[given.activation](),
        Affine(10, 1, init="normal", bias="normal", rng=rng),
    )
    drawn = rng.choice(len(x), given.steps)
    with np.errstate(over="ignore", invalid="ignore"):  # where it diverges
        history = fit(
            net, half_mean, SGD(net, given.lr), (x[drawn], t[drawn]), batch_size=1, shuffle=False
        )
        error = grid_error(net, given.low, given.high)
    last = np.array(history.updates[-100:])
    print(f"mean of the first 10 losses: {np.mean(history.updates[:10]):.3g}")
    print(f"mean of the last {len(last)} losses: {last.mean():.3g}")
    print(f"root of the mean squared error on a grid: {error:.3g}")
    diverged = not last.mean() < 1e6
    if diverged:
        print(f"the loss has grown without bound: --lr {given.lr} is too large for these inputs")
    elif given.plot:
        title = f"y = 3x₀ + 2x₁, one sample an update, {given.activation}, η = {given.lr:g}"
        plots.save(plots.plot_updates(history.updates, title), given.plot)
    return int(diverged)


if __name__ == "__main__":
    sys.exit(main())
