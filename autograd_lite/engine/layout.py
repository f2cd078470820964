"""How the numbers of an array lie in memory: on this depends what NumPy's functions give as a view
and what as a copy, and what `order="A"` and `order="K"` mean.

Each example of a batch is to lie as it would alone: the axes of the batch outermost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.batch import Batched, in_memory, is_traced, levels_of, numbers_of
from autograd_lite.engine.primitive import PRIMITIVES, Array
from autograd_lite.engine.stand_ins import StandIn


def axes_by_stride(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """The axes as they lie in memory, the one of the longest steps first, as NumPy's iterator of
    order "K" takes them: an axis without steps (repeated, or of length 1) stays where it is."""
    steps = [0 if n == 1 else abs(s) for n, s in zip(shape, strides, strict=True)]
    order: list[int] = []  # the shortest steps first
    for axis in reversed(range(len(steps))):
        place = len(order)
        for i in reversed(range(len(order))):
            if steps[axis] and steps[order[i]]:
                if steps[order[i]] <= steps[axis]:
                    break
                place = i
        order.insert(place, axis)
    return order[::-1]


def reach(shape: Sequence[int], strides: Sequence[int]) -> tuple[int, int]:
    """How far, in bytes, the elements of an array lie before and behind the first."""
    ends = [(n - 1) * stride for n, stride in zip(shape, strides, strict=True)]
    return sum(end for end in ends if end < 0), sum(end for end in ends if end > 0)


def lying_so(shape: tuple[int, ...], dtype: np.dtype[Any], strides: Sequence[int]) -> Array:
    """Zeros that lie in memory with these strides."""
    if 0 in shape:
        return np.zeros(shape, dtype)
    low, high = reach(shape, strides)
    memory = np.zeros(high - low + dtype.itemsize, np.uint8)  # which costs nothing until used
    return np.ndarray(shape, dtype, memory, -low, strides)


def example_of(x: Any) -> Any:
    """The first example of what is Batched, or of another stand-in what it was traced with; of what
    is none, itself."""
    if not isinstance(x, StandIn):
        return x
    numbers = x.in_memory()
    if not numbers.size:
        return np.zeros(x.shape, x.dtype)
    return numbers[(0,) * (numbers.ndim - x.ndim)]


def _of_same_batches(numbers: Array, like: Any) -> Any:
    """An array as what is Batched at the levels of another one."""
    whole: Any = numbers
    for level in reversed(levels_of(like)):
        whole = Batched(level, whole)
    return whole


def in_order(plain: Any, order: Sequence[int]) -> Any:
    """A copy of an array that lies in memory with its axes in this order; of what is Batched, with
    each example so, and by itself."""
    batches = len(levels_of(plain))
    whole = plain.numbers() if batches else plain
    order = [*range(batches), *(i + batches for i in order)]
    if isinstance(whole, StandIn):
        turn, copy = PRIMITIVES["transpose"].function, PRIMITIVES["copy"].function
        back = tuple(np.argsort(order).tolist())
        return _of_same_batches(turn(copy(turn(whole, order), "C"), back), plain)
    whole = np.array(whole.transpose(order), order="C").transpose(np.argsort(order))
    return _of_same_batches(whole, plain)


def copied(plain: Any) -> Any:
    """A copy that lies in memory in the same order. (NumPy's copy of order "K" has repeated axes
    innermost, and not where an operation on the array has them.)"""
    if plain.__class__ is np.ndarray and plain.ndim < 2:
        return plain.copy()
    if is_traced(plain):
        return plain  # which nobody writes into
    return in_order(plain, axes_by_stride(plain.shape, example_of(plain).strides))


def copied_view(plain: Any, strides: Sequence[int]) -> Any:
    """A copy of a view of these strides, which lies in memory in the same order, with the axes
    repeated that are repeated there."""
    if is_traced(plain):
        return plain
    repeated = [i for i, s in enumerate(strides) if not s]
    if not repeated:
        if plain.__class__ is np.ndarray and plain.ndim < 2:
            return plain.copy()
        return in_order(plain, axes_by_stride(plain.shape, strides))
    numbers = numbers_of(plain)
    batches = numbers.ndim - plain.ndim
    firsts = [slice(0, 1) if i - batches in repeated else slice(None) for i in range(numbers.ndim)]
    once = _of_same_batches(numbers[tuple(firsts)], plain)
    once = in_order(once, axes_by_stride(once.shape, strides))
    return _of_same_batches(np.broadcast_to(numbers_of(once), numbers.shape), plain)


def lying_as(plain: Any, strides: Sequence[int]) -> Any:
    """An array, or each example of what is Batched, with its axes in the order in memory of these
    strides: itself, or a copy."""
    if len(strides) < 2:
        return plain
    order = axes_by_stride(plain.shape, strides)
    if order == axes_by_stride(plain.shape, example_of(plain).strides):
        return plain
    return in_order(plain, order)


def apart(result: Any, operands: Sequence[Any]) -> Any:
    """What an operation on batches made, with each example by itself in memory; a view of an
    operand stays one."""
    if result.__class__ is tuple:
        return tuple([apart(one, operands) for one in result])
    if result.__class__ is not Batched:
        return result
    numbers = result.in_memory()
    if numbers.flags.c_contiguous:
        return result
    batches = numbers.ndim - result.ndim
    strides = numbers.strides
    low, high = reach(numbers.shape[batches:], strides[batches:])
    lengths = numbers.shape
    if all(
        lengths[i] < 2 or not strides[i] or abs(strides[i]) > high - low for i in range(batches)
    ):
        return result
    given = map(in_memory, operands)
    if any(isinstance(x, np.ndarray) and np.may_share_memory(x, numbers) for x in given):
        return result
    return in_order(result, axes_by_stride(lengths[batches:], strides[batches:]))
