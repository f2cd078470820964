"""Descent by any optimiser on nests of plain arrays, without a Module around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.tensor import Tensor
from autograd_lite.nn.optimisers import Adam, Optimiser
from autograd_lite.transforms.trees import leaves_of, map_leaves


def descend(
    gradient: Callable[[Any, int], Any],
    x: Any,
    optimiser: Callable[..., Optimiser] = Adam,
    steps: int = 100,
    callback: Callable[[Any, int, Any], Any] | None = None,
    **options: Any,
) -> Any:
    """Follow a gradient downhill from x, by the rule of an optimiser.

    Args:
        gradient: a function of a nest as x is and of the number of the step, 0 and up, that gives
            the gradient there, of the same structure: `lambda x, i: grad(f)(x)`.
        x: where to start: numbers and arrays in nested dicts, lists and tuples. It is not changed.
        optimiser: its class: SGD, Momentum, RMSprop, Adam, …
        steps: how many.
        callback: called before each step with where it is, the number of the step, the gradient.
        options: for the optimiser: lr=0.01, momentum=0.9, …

    Returns:
        Where it ends, of the structure of x.

    Raises:
        ValueError: if `steps` is negative, or a gradient has another structure than x.

    >>> from autograd_lite import grad
    >>> from autograd_lite.nn import SGD
    >>> f = lambda p: (p["a"] - 3.0) ** 2 + (p["b"] * p["b"]).sum()
    >>> end = descend(lambda p, i: grad(f)(p), {"a": 0.0, "b": np.ones(2)}, SGD, lr=0.1)
    >>> round(end["a"], 6), end["b"].round(6)
    (3.0, array([0., 0.]))
    """
    if steps < 0:
        raise ValueError(f"descend: steps must not be negative, but are {steps}")
    given = leaves_of(x)
    parameters = [Tensor(leaf) for leaf in given]
    rule = optimiser(parameters, **options) if options else optimiser(parameters)
    here = _like(x, given, parameters)
    for i in range(steps):
        g = gradient(here, i)
        if callback is not None:
            callback(here, i, g)
        slopes = leaves_of(g)
        if len(slopes) != len(parameters):
            raise ValueError(
                f"descend: the gradient has {len(slopes)} numbers and arrays, and x has "
                f"{len(parameters)}"
            )
        for p, slope in zip(parameters, slopes, strict=True):
            p.grad = slope
        rule.step()
        here = _like(x, given, parameters)
    return here


def _like(x: Any, given: list[Any], parameters: list[Tensor]) -> Any:
    """A nest as x is, of the numbers that the parameters hold now."""
    now = iter(
        np.array(p.detach()) if isinstance(leaf, np.ndarray) else p.item()
        for leaf, p in zip(given, parameters, strict=True)
    )
    return map_leaves(lambda _, where: next(now), x)
