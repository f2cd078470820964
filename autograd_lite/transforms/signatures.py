"""What the calls of a function have in common for which one program serves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import Variable
from autograd_lite.transforms.trees import map_leaves


class HasVariables(Exception):
    """There is a variable among the arguments."""


def signature(x: Any) -> Hashable:
    """What two arguments have in common for which one program serves.

    Raises:
        HasVariables: if there is a variable in it.
        TypeError: if there is something in it that is neither numbers nor arrays, nor hashable.
    """
    kind = x.__class__
    if kind is float:
        return float
    if kind is np.ndarray and x.dtype != object:
        return x.shape, x.dtype
    if kind is tuple or kind is list:
        if len(x) > 8 and set(map(type, x)) == {float}:
            return kind, len(x)
        return kind, tuple([signature(part) for part in x])
    if kind is dict:
        return dict, tuple(x), tuple([signature(part) for part in x.values()])
    if isinstance(x, Variable | StandIn) or (isinstance(x, np.ndarray) and x.dtype == object):
        raise HasVariables
    refuse_other_arithmetic("compile", x)
    if isinstance(x, np.inexact | complex | np.ndarray):
        return kind, np.shape(x)
    if x is None or isinstance(x, int | str | bytes | np.generic):
        return kind, x
    return _of_other(x)


def _of_other(x: Any) -> Hashable:
    """The same of a container of another class; anything else is what it is."""
    places: list[Hashable] = []

    def leaf(part: Any, where: str) -> Any:
        places.append((where, x.__class__ if part is x else signature(part)))

    map_leaves(leaf, x)
    if len(places) == 1 and places[0][0] == "":  # type: ignore[index]
        try:
            hash(x)
        except TypeError:
            raise TypeError(
                f"compile: an argument of type {type(x).__name__} is neither numbers nor arrays, "
                "and cannot tell one program from another, for it is not hashable"
            ) from None
        return x.__class__, x
    return x.__class__, tuple(places)


def is_input(leaf: Any) -> bool:
    """Whether a program takes it as input."""
    if isinstance(leaf, bool | int | np.integer | np.bool_):
        return False
    return isinstance(leaf, float | complex | np.ndarray | np.inexact)
