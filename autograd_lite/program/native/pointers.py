"""Where the numbers of an array lie, as machine code finds it: in the array itself, as an object.

To ask for `array.ctypes.data` takes Python longer than many a computation. The address is the first
thing in an array after what every object of Python's begins with: that is so by NumPy's C interface
(`PyArray_DATA`), and is tried once.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Sequence

import numpy as np

MOST = 60
"""How many arrays a function takes at most."""


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


def address_lines(array: str, label: str) -> list[str]:
    """Lines of LLVM's code that give `%at{label}`, where the numbers of an array lie, an object."""
    return [
        f"%field{label} = getelementptr i8, ptr {array}, i64 {offset()}",
        f"%at{label} = load ptr, ptr %field{label}, align 8",
    ]


def entry(
    name: str,
    tables: Sequence[int],
    alone: int,
    taken: Sequence[str],
    ending: Sequence[str],
    gives: str = "void",
) -> str | None:
    """A function of arrays, as objects, that finds where their numbers lie.

    Args:
        name: what it is called.
        tables: how many of the arrays are in each table of addresses, `%table0`, `%table1` …
        alone: how many follow; the address of array k is `%at{k}`.
        taken: what it is given besides, types and names.
        ending: the lines that use these.
        gives: the type of what it returns.

    Returns:
        None if an array does not tell its address, or there are too many.
    """
    count = sum(tables) + alone
    if offset() is None or count > MOST:
        return None
    lines = [line for k in range(count) for line in address_lines(f"%x{k}", str(k))]
    k = 0
    for t, length in enumerate(tables):
        lines.append(f"%table{t} = alloca [{max(1, length)} x ptr], align 8")
        for i in range(length):
            lines.append(f"%place{k} = getelementptr ptr, ptr %table{t}, i64 {i}")
            lines.append(f"store ptr %at{k}, ptr %place{k}, align 8")
            k += 1
    every = ", ".join([*(f"ptr %x{i}" for i in range(count)), *taken])
    head = f"define {gives} @{name}({every}) nounwind {{"
    return "\n  ".join([head, *lines, *ending]) + "\n}\n"
