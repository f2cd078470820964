"""Plain arrays: made of what users give, guarded against change."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array, refuse_other_arithmetic
from autograd_lite.engine.variable import Variable


def checksum(array: Array) -> int:
    """A number that changes when the array does."""
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data)


def read_only(data: Any) -> Array:
    """The array, or scalar, as an array that cannot be written to."""
    view = np.asarray(data).view()
    view.flags.writeable = False
    return view


def array_of(name: str, x: Any, copy: bool) -> Array:
    """Real numbers as an array of floats, or an error that names who asked."""
    if isinstance(x, Variable):
        raise TypeError(f"{name}: got a {type(x).__name__}; use its .detach() for a new leaf")
    refuse_other_arithmetic(name, x)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if array.dtype.kind not in "fiu":
        what = {"c": "complex numbers", "b": "truth values", "U": "text", "S": "text"}
        held = what.get(array.dtype.kind, f"dtype {array.dtype}")
        if array.dtype == object and any(isinstance(v, Variable) for v in array.flat):
            raise TypeError(f"{name}: an array of variables becomes a Tensor with stack([...])")
        raise TypeError(f"{name}: real numbers are needed, not {held}")
    if copy:
        return np.array(x, dtype=array.dtype if array.dtype.kind == "f" else np.float64)
    if array is not x or array.dtype.kind != "f":
        raise ValueError(f"{name}: copy=False needs a NumPy array of floating-point numbers")
    return array.view()  # type: ignore[no-any-return]


def can_change(array: Any) -> bool:
    """Whether somebody can write to the array, or to the one that it is a view of."""
    while array is not None:
        if not isinstance(array, np.ndarray) or array.flags.writeable:
            return True
        array = array.base
    return False
