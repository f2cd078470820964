"""Where the numbers of an array lie, as machine code finds it: in the array itself, as an object.

To ask for `array.ctypes.data` takes Python longer than many a computation. The address is the first
thing in an array after what every object of Python's begins with: that is so by NumPy's C interface
(`PyArray_DATA`), and is tried once.
"""

from __future__ import annotations

import ctypes
import functools
import sys

import numpy as np


@functools.cache
def offset() -> int | None:
    """How many bytes behind the beginning of the object the address stands; None if it does not."""
    if sys.implementation.name != "cpython":
        return None
    place = object.__basicsize__
    for size in (3, 5):
        array = np.arange(float(size))
        if ctypes.c_void_p.from_address(id(array) + place).value != array.ctypes.data:
            return None
    return place
