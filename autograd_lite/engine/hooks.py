"""Hooks on gradients: functions that see, and may change, the gradient of a variable on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.arrays import read_only
from autograd_lite.engine.locks import lock_across_forks

count = 0
"""How many hooks there are in all: where there is none, nobody looks for one."""

Function = Callable[[Any], Any]
_lock = lock_across_forks()


class Hook:
    """A function that was registered; `remove()`, or the end of a `with` block, takes it back."""

    __slots__ = ("_function", "_node")

    def __init__(self, node: Any, function: Function) -> None:
        global count
        if not callable(function):
            raise TypeError(f"register_hook: a function is needed, not {type(function).__name__}")
        self._node = node
        self._function: Function | None = function
        with _lock:
            node.set_note("hooks", [*(node.note("hooks") or ()), self])
            count += 1

    def remove(self) -> None:
        """Call it no more. A second time does nothing."""
        global count
        with _lock:
            if self._function is not None:
                self._function = None
                count -= 1
                node = self._node.first  # what it was, if it was written into since
                node.set_note("hooks", [h for h in node.note("hooks") if h is not self])

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *raised: object) -> None:
        self.remove()

    def __call__(self, g: Any) -> Any:
        """The gradient that goes on: what the function returns, or g if that is None."""
        result = None if self._function is None else self._function(g)
        return g if result is None else result


def hooked(node: Any, g: Any) -> Any:
    """The gradient of a node after its hooks, in the order in which they were registered."""
    for hook in node.note("hooks") or ():
        changed = hook(read_only(g) if g.__class__ is np.ndarray else g)
        given, expected = (getattr(x, "shape", ()) for x in (changed, g))
        if given != expected:
            raise ValueError(
                f"register_hook: the hook gave a gradient of shape {given} for one of {expected}"
            )
        g = changed
    return g
