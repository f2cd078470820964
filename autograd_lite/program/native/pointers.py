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


def entry(name: str, target: str, tables: Sequence[int], alone: int, rest: int) -> str | None:
    """The function `void @name` of arrays, as objects, and whole numbers, which calls another.

    Args:
        target: the function that is called: with tables of addresses, addresses, whole numbers.
        tables: how many arrays are in each table.
        alone: how many arrays follow.
        rest: how many whole numbers.

    Returns:
        None if an array does not tell its address, or there are too many.
    """
    count = sum(tables) + alone
    if offset() is None or count > MOST:
        return None
    lines = [line for k in range(count) for line in address_lines(f"%x{k}", str(k))]
    given, k = [], 0
    for t, length in enumerate(tables):
        lines.append(f"%table{t} = alloca [{max(1, length)} x ptr], align 8")
        for i in range(length):
            lines.append(f"%place{k} = getelementptr ptr, ptr %table{t}, i64 {i}")
            lines.append(f"store ptr %at{k}, ptr %place{k}, align 8")
            k += 1
        given.append(f"ptr %table{t}")
    given += [f"ptr %at{i}" for i in range(k, count)]
    numbers = [f"i64 %n{i}" for i in range(rest)]
    lines.append(f"call void @{target}({', '.join([*given, *numbers])})")
    taken = ", ".join([*(f"ptr %x{i}" for i in range(count)), *numbers])
    return "\n  ".join([f"define void @{name}({taken}) nounwind {{", *lines, "ret void"]) + "\n}"
