"""Gradient descent on f = w₀² + w₁² from (−3, 4), with several learning rates.

Each step multiplies w by 1 − 2η, so that it converges for 0 < η < 1 only.

Expect: η = 0.1 comes to f = 0.00332 in 20 steps, η = 0.5 is there after one, η = 1 goes to and
fro for ever, η = 10 runs away and η = 1e-10 hardly moves.
  --plot FILE draws the surface, the field of −∇f and three of the paths, into FILE with
-surface, -field and -paths added to its name.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import options

from autograd_lite.nn import gradient_descent, plots

START = (-3.0, 4.0)
PATHS = {
    0.1: "η = 0.1: reaches the minimum",
    1.02: "η = 1.02: too large, overshoots",
    0.002: "η = 0.002: too small, hardly moves",
}


def bowl(w: Any) -> Any:
    """f = w₀² + w₁²"""
    return (w**2).sum()


def draw(path: Path) -> list[Path]:
    """The three pictures; the names of their files."""
    pictures = {
        "surface": plots.plot_surface(bowl, title="f = w₀² + w₁²"),
        "field": plots.plot_field(bowl, title="−∇f for f = w₀² + w₁²"),
        "paths": plots.new_figure(len(PATHS), 4.4, 4.6),
    }
    for axes, (lr, title) in zip(pictures["paths"].axes, PATHS.items(), strict=True):
        steps = gradient_descent(bowl, START, lr, 20)
        plots.plot_path(bowl, steps, -7, 7, title, axes)
    names = [path.with_stem(f"{path.stem}-{name}") for name in pictures]
    for name, figure in zip(names, pictures.values(), strict=True):
        plots.save(figure, name)
    return names


def main(arguments: list[str] | None = None) -> int:
    """Print where the descents end."""
    parser = options.parser(__doc__)
    parser.add_argument("--lr", type=options.rate, nargs="+", metavar="RATE",
                        default=[0.1, 0.5, 1.0, 10.0, 1e-10],
                        help="(default: 0.1 0.5 1 10 1e-10)")  # fmt: skip
    parser.add_argument("--steps", type=options.count, default=20, help="(default: 20)")
    options.add_plot(parser, "surface, field and paths")
    given = parser.parse_args(arguments)
    print("     η  steps              w₀              w₁               f")
    for lr in given.lr:
        path = gradient_descent(bowl, START, lr, given.steps)
        for step in dict.fromkeys((0, 1, given.steps)):
            w = path[step]
            print(f"{lr:6.3g} {step:6} {w[0]:15.10g} {w[1]:15.10g} {bowl(w):15.10g}")
    if given.plot:
        print("drawn: " + ", ".join(str(name) for name in draw(given.plot)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
