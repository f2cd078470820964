"""Learning-rate schedules: functions from the number of updates done so far to the rate."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """The same rate for ever."""
    return lambda update: lr


def step_decay(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """lr·factor^⌊update/every⌋.

    >>> [step_decay(1.0, every=2, factor=0.5)(update) for update in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    if every < 1:
        raise ValueError(f"step_decay: every must be at least 1 update, not {every}")
    return lambda update: lr * factor ** (update // every)


def exponential_decay(lr: float, factor: float) -> Schedule:
    """lr·factor^update."""
    return lambda update: lr * factor**update


def inverse_time_decay(lr: float, rate: float) -> Schedule:
    """lr/(1 + rate·update): the decay of Robbins and Monro's conditions."""
    return lambda update: lr / (1.0 + rate * update)


def cosine(lr: float, updates: int, final: float = 0.0) -> Schedule:
    """From lr to `final` along half a cosine, then `final`.

    Loshchilov and Hutter, SGDR, ICLR 2017, without restarts.

    >>> [round(cosine(1.0, 4)(update), 3) for update in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    if updates < 1:
        raise ValueError(f"cosine: needs at least 1 update, not {updates}")

    def at(update: int) -> float:
        done = min(update / updates, 1.0)
        return final + (lr - final) * 0.5 * (1.0 + math.cos(math.pi * done))

    return at


def warmup(updates: int, then: Schedule | float) -> Schedule:
    """From then(0)/updates up to then(0) in a line, then `then`, which starts to count there.

    >>> [warmup(4, 1.0)(update) for update in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """
    after = as_schedule(then)
    return lambda update: (
        after(0) * (update + 1) / updates if update < updates else after(update - updates)
    )


def as_schedule(lr: Schedule | float) -> Schedule:
    """A schedule as it is, a number as `constant`.

    Raises:
        TypeError: if it is neither.
        ValueError: if the number is negative, or not finite.
    """
    if callable(lr):
        return lr
    if not isinstance(lr, int | float) or isinstance(lr, bool):
        raise TypeError(f"lr: a number or a schedule is needed, not {type(lr).__name__}")
    if not 0.0 <= lr < math.inf:
        raise ValueError(f"lr: the learning rate must be finite and not negative, not {lr}")
    return constant(float(lr))
