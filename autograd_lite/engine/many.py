"""Many reverse passes as one: a batch of gradients to start from goes through the graph at once.

A Jacobian is such a batch: a row for each element of the output. The batch is cut into pieces whose
flows stay in the processor's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.batch import Level
from autograd_lite.engine.batching import enter, leave
from autograd_lite.engine.graph import Walk
from autograd_lite.engine.primitive import PRIMITIVES, Array
from autograd_lite.engine.recording import Results
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.value import Value

Pass = Callable[..., Sequence[Any]]
Starts = Callable[[int, int], Sequence[Any]]

_CACHED = 2**20
_MOST = 2**26
_FEW = 8


def many_gradients(
    output: Any, inputs: Sequence[Any], starts: Any = None, record: bool = False
) -> list[Any]:
    """For each input the gradients of Σ start·output, for many arrays `start` at once.

    Args:
        output: a variable.
        inputs: Values and Tensors.
        starts: an array (n, *output.shape); None stands for one for each element of the output,
            1 there and 0 elsewhere: what comes out are the rows of the Jacobian.
        record: give variables, which can be differentiated again.

    Returns:
        For each input an array, or Tensor, (n, *input.shape).

    >>> from autograd_lite import Tensor
    >>> x = Tensor([1.0, 2.0])
    >>> many_gradients(x**2, [x])
    [array([[2., 0.],
           [0., 4.]])]
    """
    shape, dtype = output.shape, getattr(output, "dtype", np.dtype(float))
    n = output.size if starts is None and shape else 1 if starts is None else len(starts)

    def rows(first: int, last: int) -> Sequence[Any]:
        if starts is not None:
            return (starts[first:last],)
        return (_units(shape, dtype, first, last),)

    if output.__class__ is Value:
        passes = [gradients(output, inputs, float(s), record) for s in rows(0, n)[0]]
        return [_stacked([g[i] for g in passes], x, record) for i, x in enumerate(inputs)]

    def run(start: Any) -> list[Any]:
        return gradients(output, inputs, start, record)

    if record:
        return one_batch(run, rows(0, n), n)
    made = [np.empty((n, *x.shape), getattr(x, "dtype", float)) for x in inputs]
    in_batches(run, rows, n, widest_below(output, inputs), made)
    return made


def in_batches(run: Pass, starts: Starts, n: int, widest: int, made: Sequence[Array]) -> None:
    """Fill the arrays `made`, of n rows each, with what `run` gives for n examples: by as many at
    once as fit into the cache, where the widest array of one example has so many elements.

    Args:
        run: the pass, which takes arrays of one example and gives one for each of `made`.
        starts: a function (first, last) that gives what `run` takes for these examples, with an
            axis for them in front.
    """
    at_once = _at_once(n, widest)
    for first in range(0, n, at_once or 1):
        last = min(first + at_once, n)
        for whole, part in zip(
            made, one_batch(run, starts(first, last), last - first), strict=True
        ):
            whole[first:last] = part


def _units(shape: tuple[int, ...], dtype: Any, first: int, last: int) -> Array:
    """Some of the arrays of a shape that are 1 at one place and 0 elsewhere."""
    units = np.zeros((last - first, math.prod(shape)), dtype)
    units[np.arange(last - first), np.arange(first, last)] = 1
    return units.reshape(-1, *shape) if last > first else units.reshape(0, *shape)


def _at_once(n: int, widest: int) -> int:
    """How many of n examples go through a pass at once: pieces of about the same length, in which
    the widest array fits into the cache."""
    bytes_each = 8 * max(widest, 1)
    most = max(_CACHED // bytes_each, min(_FEW, _MOST // bytes_each), 1)
    return -(-n // max(-(-n // most), 1))


def one_batch(run: Pass, starts: Sequence[Any], n: int) -> list[Any]:
    """What `run` gives for n examples at once."""
    with Level(n) as level:
        found = run(*[enter(x, level) for x in starts])
    return [leave(x, level) for x in found]


def widest_below(output: Any, inputs: Sequence[Any]) -> int:
    """The number of elements of the largest variable between an output and its inputs."""
    return widest_of(Walk(output, inputs).order)


def widest_of(nodes: Iterable[Any]) -> int:
    """The number of elements of the largest of some variables."""
    sizes = [math.prod(v.shape) for v in nodes if not isinstance(v, Results)]
    return max(sizes, default=1)


def _stacked(parts: list[Any], x: Any, record: bool) -> Any:
    """The gradients of one input, side by side."""
    if record and parts:
        return PRIMITIVES["stack"].function(parts)
    return np.array(parts, getattr(x, "dtype", float)).reshape(-1, *x.shape)
