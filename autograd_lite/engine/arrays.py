"""Plain arrays: made of what users give, and kept from change."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import Variable

ndarray = np.ndarray
_KEPT = 2**25 - 2**16
"""Bytes of the largest array whose memory the C library is to use again, at once."""


def _let_memory_be_kept() -> None:
    """Free an array that nobody has touched.

    A graph allocates arrays, frees them all, and the next one allocates the same again. The C
    library of Linux gives freed memory back to the system beyond a threshold that grows with the
    largest array freed so far; before it has grown, each run pays for its memory page by page,
    which takes longer than to compute with it. So a process keeps at most 32 MB that are free;
    MALLOC_TRIM_THRESHOLD_ in the environment says otherwise. Elsewhere this does nothing.
    """
    np.empty(_KEPT, np.uint8)


_let_memory_be_kept()


class _Frozen:
    """What a frozen array is a view of: nobody can get at it to write."""

    __slots__ = ("__array_interface__", "_kept")

    def __init__(self, kept: Array) -> None:
        self._kept = kept
        self.__array_interface__ = kept.__array_interface__


def frozen(array: Any, copy: bool = True) -> Array:
    """An array of the same numbers that is known never to change.

    The engine copies constants that somebody could write to, each time they are used; a frozen
    one, and views of it, it takes as they are. Neither can be made writeable again.

    Args:
        array: anything that NumPy makes an array of.
        copy: False takes the array itself, which nobody else may write to from here on.

    >>> x = frozen([1.0, 2.0])
    >>> is_frozen(x[1:]), frozen(x) is x
    (True, True)
    >>> x.flags.writeable = True
    Traceback (most recent call last):
    ValueError: cannot set WRITEABLE flag to True of this array
    """
    if array.__class__ is ndarray and is_frozen(array):
        return cast(Array, array)
    kept = np.array(array, copy=True) if copy else np.asarray(array)
    kept.flags.writeable = False
    return np.asarray(_Frozen(kept))


def is_frozen(array: Any) -> bool:
    """Whether it was made by `frozen`, or is a view of what was."""
    base: Any = array.base
    if base.__class__ is ndarray:
        base = base.base
    return base.__class__ is _Frozen


def read_only(data: Any) -> Array:
    """The array, or scalar, as an array that cannot be written to."""
    if isinstance(data, StandIn):
        return cast(Array, data)
    view = np.asarray(data).view()
    view.flags.writeable = False
    return view


def sealed(data: Any) -> Array:
    """The same, where not even the array that it is a view of can be written to."""
    if isinstance(data, StandIn):
        return cast(Array, data)  # nothing writes to it
    owner = np.asarray(data)
    while owner.base.__class__ is ndarray:
        owner = owner.base
    owner.flags.writeable = False
    return read_only(data)


def array_of(name: str, x: Any, copy: bool) -> Array:
    """Numbers as an array of floating-point ones, or an error that names who asked."""
    if isinstance(x, Variable):
        raise TypeError(f"{name}: got a {type(x).__name__}; use its .detach() for a new leaf")
    if isinstance(x, StandIn):
        return cast(Array, x.astype(float if x.dtype.kind in "biu" else x.dtype))
    refuse_other_arithmetic(name, x)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if array.dtype.kind not in "fiuc":
        what = {"b": "truth values", "U": "text", "S": "text"}
        held = what.get(array.dtype.kind, f"dtype {array.dtype}")
        raise TypeError(f"{name}: numbers are needed, not {held}")
    if copy:
        native = array.dtype.newbyteorder("=") if array.dtype.kind in "fc" else np.dtype(float)
        return np.array(x, dtype=native)
    if array is not x or array.dtype.kind not in "fc":
        raise ValueError(f"{name}: copy=False needs a NumPy array of floating-point numbers")
    return array.view()  # type: ignore[no-any-return]
