"""In which order the axes of an array lie in memory: NumPy adds up numbers in that order, and gives
its results in it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

_LINE = 64


class Buffer(NamedTuple):
    """An array that results are written into."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...] | None = None
    """The axes from the slowest to the fastest; None for the first to the last."""

    def empty(self) -> Any:
        """Such an array. It begins where a line of the cache does: to read and write one of a few
        thousand numbers otherwise takes a quarter longer.

        >>> Buffer((2, 3), np.dtype(float), (1, 0)).empty().strides
        (8, 16)
        """
        count = math.prod(self.shape) * self.dtype.itemsize
        memory = np.empty(count + _LINE, np.uint8)
        start = -memory.ctypes.data % _LINE
        stored = memory[start : start + count].view(self.dtype)
        if self.order is None:
            return stored.reshape(self.shape)
        return stored.reshape([self.shape[i] for i in self.order]).transpose(self._back)

    @property
    def source(self) -> str:
        """The expression that makes it."""
        if self.order is None:
            return f"np.empty({self.shape}, {self.dtype.str!r})"
        lengths = tuple([self.shape[i] for i in self.order])
        return f"np.empty({lengths}, {self.dtype.str!r}).transpose({self._back})"

    @property
    def _back(self) -> tuple[int, ...]:
        assert self.order is not None
        return tuple(sorted(range(len(self.order)), key=self.order.__getitem__))


def order_of(x: Any) -> tuple[int, ...] | None:
    """The axes of an array from the slowest to the fastest; None for the first to the last.

    >>> order_of(np.zeros((2, 3, 4)).transpose(2, 0, 1))
    (1, 2, 0)
    """
    if not isinstance(x, np.ndarray) or x.ndim < 2 or x.flags.c_contiguous:
        return None
    order = tuple(sorted(range(x.ndim), key=lambda i: -abs(x.strides[i])))
    return None if order == tuple(range(x.ndim)) else order
