"""What is checked: a function of arrays, and the gradient that is claimed for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array


@dataclass(frozen=True)
class Leaf:
    """One array, or number, that the function is differentiated by."""

    name: str
    """How the report calls it: `x`, `p['W']`, `dW`."""
    array: Array
    """Where. Floating-point numbers."""


@dataclass(frozen=True)
class Subject:
    """A function of some arrays, without any library in sight, and the gradient claimed for it."""

    name: str
    leaves: Sequence[Leaf]
    evaluate: Callable[[Sequence[Array]], Array]
    """The result, an array of real numbers, for other numbers in place of the leaves'."""
    pullback: Callable[[Array], Sequence[Any]]
    """The gradient claimed, of Σ weights·result, by each leaf: arrays, or whatever was given."""
    again: Callable[[], Subject] | None = None
    """The gradient itself as a subject, for the second order; None if it cannot be had."""
    rounding: float = 0.0
    """How far an element of the result may be off by rounding, however small it is itself: that
    of a gradient, in which large terms may cancel."""
    is_linear: bool = False
    """Whether the pullback can be asked for other weights than those of the check."""
    hints: Callable[[], list[str]] = field(default=lambda: [])
    """What else is known to be wrong, asked only after a failure."""


def weights(shape: tuple[int, ...], seed: int = 0) -> Array:
    """What the elements of a result are weighted by to make one number of them: 1 for a single
    number, else random numbers of both signs between ½ and 1½ in size, the same in every run."""
    if shape == ():
        return np.ones(())
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def as_result(name: str, y: Any) -> Array:
    """What a function returned as an array of real numbers."""
    array = np.asarray(y)
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    raise TypeError(
        f"{name}: the function returned {type(y).__name__} (dtype {array.dtype}); "
        "a real number or an array of them is needed"
    )
