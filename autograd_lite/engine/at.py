"""`x.at[index]`: x with some elements changed, as a new variable; x itself stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Array


class At:
    """What `x.at` is: `x.at[index]` picks the elements to change."""

    __slots__ = ("_x",)

    def __init__(self, x: Any) -> None:
        self._x = x

    def __getitem__(self, index: Any) -> Places:
        return Places(self._x, index)


class Places:
    """Some elements of x, picked by an index as in `x[index]`. Its methods give x with these
    changed; an element that is picked more than once is changed once for each (`set`: to the last
    value).

    >>> from autograd_lite import Tensor
    >>> x = Tensor([1.0, 2.0, 3.0])
    >>> x.at[0].set(5.0), x.at[[1, 1]].multiply(3.0)
    (Tensor([5., 2., 3.]), Tensor([ 1., 18.,  3.]))
    """

    __slots__ = ("_index", "_x")

    def __init__(self, x: Any, index: Any) -> None:
        self._x = x
        self._index = index

    def get(self) -> Any:
        """The elements themselves: x[index]."""
        return PRIMITIVES["getitem"].function(self._x, self._index)

    def set(self, value: Any) -> Any:
        """x with `value` there."""
        return PRIMITIVES["assign"].function(self._x, value, self._index)

    def add(self, value: Any) -> Any:
        """x with `value` added there."""
        return self.changed_by(PRIMITIVES["add"].function, value)

    def subtract(self, value: Any) -> Any:
        """x with `value` subtracted there."""
        return self.changed_by(PRIMITIVES["subtract"].function, value)

    def multiply(self, value: Any) -> Any:
        """x multiplied by `value` there."""
        return self.changed_by(PRIMITIVES["multiply"].function, value)

    def divide(self, value: Any) -> Any:
        """x divided by `value` there."""
        return self.changed_by(PRIMITIVES["divide"].function, value)

    def power(self, value: Any) -> Any:
        """x to the power of `value` there."""
        return self.changed_by(PRIMITIVES["power"].function, value)

    def max(self, value: Any) -> Any:
        """x, but no less than `value` there."""
        return self.changed_by(PRIMITIVES["maximum"].function, value)

    def min(self, value: Any) -> Any:
        """x, but no more than `value` there."""
        return self.changed_by(PRIMITIVES["minimum"].function, value)

    def changed_by(self, function: Any, *values: Any) -> Any:
        """x with function(x[index], *values) there, as the method `at` of NumPy's ufuncs.

        Raises:
            ValueError: if the values do not broadcast to the shape of x[index].
        """
        x = self._x
        getitem, assign = PRIMITIVES["getitem"].function, PRIMITIVES["assign"].function
        places = np.arange(x.size).reshape(x.shape)[self._index]
        if np.unique(places).size == np.size(places):
            changed = function(getitem(x, self._index), *values)
            if changed.shape != np.shape(places):
                raise ValueError(
                    f"at: values of shape {changed.shape} do not fit the elements picked, of shape "
                    f"{np.shape(places)}"
                )
            return assign(x, changed, self._index)
        spread = [PRIMITIVES["broadcast_to"].function(v, places.shape) for v in values]
        for chosen in _rounds(places):
            index = np.unravel_index(places[chosen], x.shape)
            x = assign(x, function(getitem(x, index), *(getitem(v, chosen) for v in spread)), index)
        return x


def _rounds(places: Array) -> Iterator[Array]:
    """Masks that together choose each of the places, and none of them the same place twice: first
    come the first occurrences, then the second ones …"""
    flat = places.reshape(-1)
    order = np.argsort(flat, kind="stable")
    same = np.concatenate([[False], flat[order][1:] == flat[order][:-1]])
    starts = np.where(~same, np.arange(flat.size), 0)
    rank = np.empty(flat.size, int)
    rank[order] = np.arange(flat.size) - np.maximum.accumulate(starts)
    for i in range(int(rank.max(initial=-1)) + 1):
        yield (rank == i).reshape(places.shape)
