"""Where the first nan or inf comes from: `detect_anomaly`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.observing import Call, Observer, observed, quoted, users_line
from autograd_lite.engine.primitive import Primitive
from autograd_lite.engine.variable import Variable


@contextmanager
def detect_anomaly(nan_only: bool = False) -> Iterator[None]:
    """In this block, stop at the first operation, or step of a reverse pass, that makes nan or inf
    of finite numbers.

    A gradient can only be traced to a line of code that ran inside the block as well. It makes
    everything several times slower: it is meant for finding the cause.

    Args:
        nan_only: let inf pass, and stop at nan alone.

    Raises:
        FloatingPointError: names the operation, what it was given, and the line of the user's code.

    >>> import numpy as np
    >>> from autograd_lite import grad
    >>> with detect_anomaly():
    ...     grad(np.sqrt)(0.0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    FloatingPointError: the gradient of sqrt is inf, from finite numbers (g = 1.0, x = 0.0): ...
    """
    with observed(_Detector(nan_only)):
        yield


class _Detector(Observer):
    """Looks at every result and every gradient."""

    def __init__(self, nan_only: bool) -> None:
        self._is_wrong = np.isnan if nan_only else _is_not_finite

    def forward(self, primitive: Primitive, operands: Sequence[Any], call: Call) -> Any:
        result = call()
        where = users_line()
        several = result if isinstance(result, tuple) else (result,)
        for z in several:
            node = getattr(z, "node", z)
            if isinstance(node, Variable):
                node.set_note("line", where)
            place = self._first(detached(z))
            if place is not None and not any(self._first(detached(x)) for x in operands):
                raise FloatingPointError(
                    f"{primitive.name} gives {_at(detached(z), place)}, from finite numbers "
                    f"({_given(primitive.operands, operands, np.shape(detached(z)), place)}): "
                    f"{quoted(where)}"
                )
        return result

    def backward(self, node: Any, index: int, g: Any, call: Call) -> Any:
        part = call()
        place = self._first(detached(part))
        given = [detached(x) for x in (*(g if isinstance(g, tuple) else (g,)), *node.values)]
        if place is not None and not any(self._first(x) for x in given):
            names = ("g", *node.primitive.operands)
            raise FloatingPointError(
                f"the gradient of {node.primitive.name} is {_at(detached(part), place)}, from "
                f"finite numbers ({_given(names, given, np.shape(detached(part)), place)}): "
                f"{quoted(node.note('line'))}"
            )
        return part

    def _first(self, x: Any) -> tuple[int, ...] | None:
        """The place of the first number that is wrong; None if there is none."""
        if isinstance(x, tuple):
            return next((p for one in x if (p := self._first(one)) is not None), None)
        array = np.asarray(x)
        if array.dtype.kind not in "fc" or array.size == 0:
            return None
        wrong = self._is_wrong(array)
        if not wrong.any():
            return None
        return tuple(int(i) for i in np.argwhere(wrong)[0]) or (-1,)


def _is_not_finite(x: Any) -> Any:
    return ~np.isfinite(x)


def _at(x: Any, place: tuple[int, ...]) -> str:
    """A number of an array, and where it stands."""
    array = np.asarray(x)
    if not array.ndim:
        return str(array)
    return f"{array[place]} at [{', '.join(map(str, place))}]"


def _given(
    names: Sequence[str], operands: Sequence[Any], shape: tuple[int, ...], place: tuple[int, ...]
) -> str:
    """The numbers that stand at a place of the operands, where they have its shape; else shapes."""
    parts = []
    for name, x in zip(names, operands, strict=False):
        array = np.asarray(detached(x))
        if array.shape == shape and array.ndim:
            parts.append(f"{name} = {array[place]}")
        elif array.ndim:
            parts.append(f"{name} of shape {array.shape}")
        else:
            parts.append(f"{name} = {array}")
    return ", ".join(parts) or "operands"
