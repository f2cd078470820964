"""`chain`: 100 operations on 0-d arrays, one after the other: the cost of an operation itself.

y ← y·w, y ← y + b, 50 times from y = x, with x, w and b as leaves; then backward to all three.
Of the chains that were tried this is the one whose ratios come nearest to those that the target
was set beside; README.md has the figures.

The hand-written side is what one would write without a library: plain arithmetic on 0-d arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite import Tensor
from benchmarks import peers
from benchmarks.measure import (
    Row,
    Timed,
    check_agreement,
    installed_programs,
    interleaved,
    relative,
)


@dataclass(frozen=True)
class Setting:
    """Where the chain starts, and how many pairs of operations it has."""

    x: float = 0.5
    w: float = 0.9
    b: float = 0.1
    pairs: int = 50
    number: Callable[[float], Any] = np.array
    """What the hand-written program keeps its numbers in."""

    @property
    def leaves(self) -> tuple[float, float, float]:
        """x, w and b."""
        return self.x, self.w, self.b


def chain(x: Any, w: Any, b: Any, *, pairs: int) -> Any:
    """The forward pass, which is the same text for every library."""
    y = x
    for _ in range(pairs):
        y = y * w
        y = y + b
    return y


def by_hand(setting: Setting) -> Timed:
    """∂y/∂x, ∂y/∂w and ∂y/∂b in NumPy without a library."""
    x, w, b = (setting.number(leaf) for leaf in setting.leaves)

    def run() -> list[Any]:
        before = []
        y = x
        for _ in range(setting.pairs):
            before.append(y)
            y = y * w
            y = y + b
        g = setting.number(1.0)
        gw = gb = 0.0
        for y in reversed(before):
            gb = gb + g
            gw = gw + g * y
            g = g * w
        return [g, gw, gb]

    return Timed(run)


def by_autograd_lite(setting: Setting) -> Timed:
    """On Tensors."""
    leaves = [Tensor(np.array(leaf)) for leaf in setting.leaves]

    def run() -> list[Any]:
        chain(*leaves, pairs=setting.pairs).backward()
        return [v.grad for v in leaves]

    def reset() -> None:
        for v in leaves:
            v.zero_grad()

    return Timed(run, reset)


def by_torch(setting: Setting) -> Timed:
    """On tensors without axes."""
    torch = peers.load("torch")
    leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in setting.leaves]

    def run() -> list[Any]:
        chain(*leaves, pairs=setting.pairs).backward()
        return [v.grad for v in leaves]

    def reset() -> None:
        for v in leaves:
            v.grad = None

    return Timed(run, reset)


def by_mygrad(setting: Setting) -> Timed:
    """On tensors without axes."""
    mygrad = peers.load("MyGrad")
    leaves = [mygrad.tensor(leaf) for leaf in setting.leaves]

    def run() -> list[Any]:
        chain(*leaves, pairs=setting.pairs).backward()
        return [v.grad for v in leaves]

    def reset() -> None:
        for v in leaves:
            v.null_grad()

    return Timed(run, reset)


def by_hips(setting: Setting) -> Timed:
    """With its transform of functions."""
    gradient = peers.load("HIPS autograd").grad(chain, (0, 1, 2))
    leaves = [np.array(leaf) for leaf in setting.leaves]
    return Timed(lambda: list(gradient(*leaves, pairs=setting.pairs)))


PROGRAMS: dict[str, Callable[[Setting], Timed]] = {
    "NumPy": by_hand,
    "autograd_lite": by_autograd_lite,
    "torch": by_torch,
    "MyGrad": by_mygrad,
    "HIPS autograd": by_hips,
}


def measure(rounds: int, setting: Setting | None = None) -> list[Row]:
    """Times in units of the hand-written program's, on 0-d arrays; beside it, for comparison,
    with the hand-written program on `np.float64`, with which NumPy is several times as fast."""
    setting = setting or Setting()
    rows = []
    for title, number, target in (
        ("chain, by hand on 0-d arrays", np.array, "autograd_lite ≤ 6"),
        ("chain, by hand on `np.float64`", np.float64, ""),
    ):
        programs = installed_programs(PROGRAMS, replace(setting, number=number))
        check_agreement(programs, 1e-12)
        rows.append(Row(title, relative(interleaved(programs, rounds, loops=10)), target))
    return rows
