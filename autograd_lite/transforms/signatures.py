"""What the calls of a function have in common for which one program serves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import Variable
from autograd_lite.program.memory import order_of
from autograd_lite.transforms.trees import parts_and_rest


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
        return x.shape, x.dtype, order_of(x)
    if kind is tuple or kind is list:
        if len(x) > 8 and set(map(type, x)) == {float}:
            return kind, len(x)
        return kind, tuple([signature(part) for part in x])
    if kind is dict:
        return dict, tuple(x), tuple(map(type, x)), tuple([signature(part) for part in x.values()])
    if isinstance(x, Variable | StandIn) or (isinstance(x, np.ndarray) and x.dtype == object):
        raise HasVariables
    refuse_other_arithmetic("compile", x)
    if isinstance(x, np.ndarray):
        return kind, x.shape, x.dtype, order_of(x)
    if isinstance(x, np.inexact | complex):
        return kind, np.shape(x)
    if x is None or isinstance(x, int | str | bytes | np.generic):
        return kind, x
    return _of_other(x)


def _of_other(x: Any) -> Hashable:
    """The same of a container of another class, with what it holds besides; anything else is what
    it is."""
    opened = parts_and_rest(x)
    if opened is not None:
        parts, rest = opened
        keys = tuple([(key.__class__, key) for key, _ in parts])
        inside = tuple([signature(part) for _, part in parts])
        return x.__class__, keys, inside, told_apart(rest)
    _hashed(x)
    return x.__class__, x


def told_apart(x: Any) -> Hashable:
    """What a container holds besides its items, which steers the function: by its value."""
    kind = x.__class__
    if kind in (tuple, list):
        return kind, tuple(map(told_apart, x))
    if isinstance(x, Mapping):
        return kind, tuple([(told_apart(key), told_apart(part)) for key, part in x.items()])
    if isinstance(x, float | complex):
        return kind, repr(x)  # 0.0 == -0.0
    if isinstance(x, np.ndarray) and x.dtype != object:
        return kind, x.shape, x.dtype, x.tobytes()
    _hashed(x)
    return kind, x


def _hashed(x: Any) -> None:
    try:
        hash(x)
    except TypeError:
        raise TypeError(
            f"compile: an argument of type {type(x).__name__} is neither numbers nor arrays, "
            "and cannot tell one program from another, for it is not hashable"
        ) from None


def is_input(leaf: Any) -> bool:
    """Whether a program takes it as input."""
    if isinstance(leaf, bool | int | np.integer | np.bool_):
        return False
    return isinstance(leaf, float | complex | np.ndarray | np.inexact)
