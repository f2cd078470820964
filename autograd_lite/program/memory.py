"""In which order the axes of an array lie in memory: NumPy adds up numbers in that order, and gives
its results in it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.engine.layout import axes_by_stride


class Buffer(NamedTuple):
    """An array that results are written into."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...] | None = None
    """Its axes as they lie in memory, as in the array that NumPy would make; None if as they are
    counted."""

    def empty(self) -> Any:
        """A new one, which begins where a line of the cache does.

        >>> Buffer((2, 3), np.dtype(float), (1, 0)).empty().strides
        (8, 16)
        """
        count = math.prod(self.shape) * self.dtype.itemsize
        memory = np.empty(count + 64, np.uint8)
        start = -memory.ctypes.data % 64
        stored = memory[start : start + count].view(self.dtype).reshape(self._stored)
        return stored if self.order is None else stored.transpose(self._back)

    @property
    def source(self) -> str:
        """The expression that makes one."""
        made = f"np.empty({self._stored}, {self.dtype.str!r})"
        return made if self.order is None else f"{made}.transpose({self._back})"

    @property
    def _stored(self) -> tuple[int, ...]:
        return self.shape if self.order is None else tuple([self.shape[i] for i in self.order])

    @property
    def _back(self) -> tuple[int, ...]:
        return tuple(np.argsort(self.order or ()).tolist())


def order_of(x: Any) -> tuple[int, ...] | None:
    """The axes of an array as they lie in memory, the one of the longest steps first; None if that
    is as they are counted, or it is no array.

    >>> order_of(np.zeros((2, 3))), order_of(np.zeros((2, 3)).T)
    (None, (1, 0))
    """
    if not isinstance(x, np.ndarray) or x.ndim < 2 or x.flags.c_contiguous:
        return None
    order = axes_by_stride(x.shape, x.strides)
    return None if order == sorted(order) else tuple(order)
