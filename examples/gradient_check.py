"""Compare the gradients of a network with central differences, for several steps h.

The network is 64-50-10 with ReLU and the softmax's cross entropy, its weights 0.01·N(0, 1), and
the samples are three of scikit-learn's digits; the table has the mean and the greatest difference
over the elements of each parameter.

Expect: the differences are least, 1e-11 and below, near h = 1e-5; a larger h has a larger
truncation error (of order h²), a smaller one a larger rounding error (of order 1e-16/h). A large
maximum beside a small mean is no mistake of the gradient: where h carries a unit over the kink of
its ReLU, it is the difference that is wrong. Takes a few seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import options

from autograd_lite import Tensor, no_grad, numerical_gradient
from autograd_lite.nn import Sequential, flatten, load_digits, mlp, softmax_cross_entropy


def loss_of(net: Sequential, p: Tensor, x: Any, t: Any) -> Callable[[Any], float]:
    """The loss as a function of the numbers of one parameter."""

    def loss(numbers: Any) -> float:
        p.data = numbers
        with no_grad():
            return softmax_cross_entropy(net(x), t).item()

    return loss


def differences(net: Sequential, x: Any, t: Any, h: float) -> dict[str, np.ndarray]:
    """|gradient − numerical gradient| of each element of each parameter, by name."""
    net.zero_grad()
    softmax_cross_entropy(net(x), t).backward()
    found = {}
    parameters: dict[str, Any] = net.named_parameters()
    for name, p in parameters.items():
        before = np.array(p.data)
        numerical = numerical_gradient(loss_of(net, p, x, t), before, h)
        p.data = before
        found[name] = np.abs(p.grad - numerical)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the table; the exit code is 1 if the gradients differ where h is best."""
    parser = options.parser(__doc__)
    parser.add_argument("--hidden", type=options.count, default=50, help="units (default: 50)")
    parser.add_argument("--samples", type=options.count, default=3, help="digits (default: 3)")
    parser.add_argument("--steps", type=options.rate, nargs="+", metavar="H",
                        default=[1e-3, 1e-4, 1e-5, 1e-6, 1e-7],
                        help="(default: 1e-3 1e-4 1e-5 1e-6 1e-7)")  # fmt: skip
    options.add_seed(parser)
    given = parser.parse_args(arguments)

    try:
        images, labels = load_digits()
    except ImportError as error:
        parser.error(str(error))
    x, t = flatten(images)[: given.samples] / 16, labels[: given.samples]
    net = mlp(64, given.hidden, 10, init="small_normal", bias="zeros", rng=given.seed)
    best = np.inf
    print("     h " + "".join(f"{name:>20}" for name in net.named_parameters()))
    for h in given.steps:
        found = differences(net, x, t, h)
        columns = (f"{d.mean():10.1e} ({d.max():.1e})" for d in found.values())
        print(f"{h:7.0e}" + "".join(f"{column:>20}" for column in columns))
        best = min(best, max(float(d.max()) for d in found.values()))
    print(f"at best, no element differs by more than {best:.1e}")
    return int(best > 1e-6)


if __name__ == "__main__":
    sys.exit(main())
