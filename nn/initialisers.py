"""How weights start: initialisers, and the source of random numbers that decides.

An initialiser is a function (rng, shape, n_in, n_out) -> array, where n_in and n_out are the
numbers of inputs and outputs that one unit sees. Layers take one, its name in `INITIALISERS`,
a number, or an array of the shape wanted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.primitive import Array
from autograd_lite.nn.batches import Rng

Shape = tuple[int, ...]
Initialiser = Callable[[Rng, Shape, int, int], Array]
Init = Initialiser | str | float | Array


def uniform(half_width: float = 0.5) -> Initialiser:
    """Uniform in [−half_width, half_width).

    The draws are those of `rng.random(shape) - 0.5`.
    """
    return lambda rng, shape, n_in, n_out: rng.uniform(-half_width, half_width, shape)


def normal(std: float = 1.0) -> Initialiser:
    """The normal distribution N(0, std²)."""
    return lambda rng, shape, n_in, n_out: std * rng.standard_normal(shape)


def constant(number: float) -> Initialiser:
    """The same number everywhere."""
    return lambda rng, shape, n_in, n_out: np.full(shape, float(number))


def xavier() -> Initialiser:
    """Uniform in ±√(6/(n_in + n_out)): keeps variances through sigmoid and tanh layers.

    Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks,
    AISTATS 2010, equation 16.
    """
    return lambda rng, shape, n_in, n_out: (
        math.sqrt(6.0 / (n_in + n_out)) * rng.uniform(-1.0, 1.0, shape)
    )


def he() -> Initialiser:
    """N(0, 2/n_in): keeps variances through ReLU layers.

    He et al., Delving deep into rectifiers, ICCV 2015, equation 10.
    """
    return lambda rng, shape, n_in, n_out: math.sqrt(2.0 / n_in) * rng.standard_normal(shape)


INITIALISERS: dict[str, Initialiser] = {
    "uniform": uniform(),
    "normal": normal(),
    "small_normal": normal(0.01),
    "zeros": constant(0.0),
    "ones": constant(1.0),
    "xavier": xavier(),
    "he": he(),
}
"""The initialisers that layers know by name."""


def draw(
    init: Init, rng: Rng, shape: Shape, n_in: int, n_out: int, dtype: npt.DTypeLike = np.float64
) -> Array:
    """The starting numbers of a parameter.

    Raises:
        ValueError: if the name is not known, or an array has another shape.
        TypeError: if `init` is nothing of what an `Init` can be, or `dtype` no floating one.

    >>> draw("zeros", np.random.default_rng(0), (2,), 3, 2)
    array([0., 0.])
    """
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"init: weights need a floating dtype, not {np.dtype(dtype)}")
    if isinstance(init, str):
        if init not in INITIALISERS:
            raise ValueError(f"init: {init!r} is not one of {', '.join(INITIALISERS)}")
        init = INITIALISERS[init]
    if callable(init):
        numbers: Any = init(rng, shape, n_in, n_out)
    elif isinstance(init, int | float | np.number):
        numbers = np.full(shape, float(init))
    elif isinstance(init, np.ndarray):
        numbers = init
    else:
        raise TypeError(
            f"init: a name ({', '.join(INITIALISERS)}), a function, a number or an array is "
            f"needed, not {type(init).__name__}"
        )
    array = np.asarray(numbers)
    if array.shape != shape:
        raise ValueError(f"init: gives shape {array.shape} where {shape} is needed")
    return array.astype(dtype)
