"""The primitives that convolution and pooling are made of: windows and overlap_add.

Each is the other's derivative, so that a convolution, `W @ windows(x)`, can be differentiated
any number of times. See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.primitives.axes import moveaxis
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.shape import Call, Shape, axis_of, shape_of, whole


def _windows(x: Array, size: Shape, stride: int) -> Array:
    k = len(size)
    last = tuple(range(-k, 0))
    view = np.lib.stride_tricks.sliding_window_view(x, size, axis=last)  # (..., *positions, *size)
    apart: Any = (..., *(slice(None, None, stride),) * k, *(slice(None),) * k)
    # a copy: what comes next, a product or a maximum, is many times faster on adjacent elements
    return np.ascontiguousarray(np.moveaxis(view[apart], tuple(range(-2 * k, -k)), last))


def _overlap_add(x: Array, lengths: Shape, stride: int) -> Array:
    k = len(lengths)
    size, positions = x.shape[-2 * k : -k], x.shape[-k:]
    out = np.zeros((*x.shape[: -2 * k], *lengths), x.dtype)
    there: Any
    here: Any
    for start in np.ndindex(size):
        there = [slice(i, i + stride * n, stride) for i, n in zip(start, positions, strict=True)]
        here = (..., *start, *(slice(None),) * k)
        out[(..., *there)] += x[here]
    return out


def _lengths(name: str, given: Any) -> Shape:
    """One length, or several, as a tuple."""
    return tuple(whole(name, "a length", n) for n in (given if np.ndim(given) else (given,)))


def _given_shape(x: Any) -> Shape:
    return np.shape(x) if isinstance(x, list | tuple) else shape_of(x)


def _from_windows(g: Any, z: Any, x: Any, size: Shape, stride: int) -> Any:
    return overlap_add(g, shape_of(x)[-len(size) :], stride=stride)


def _from_overlap(g: Any, z: Any, x: Any, lengths: Shape, stride: int) -> Any:
    k = len(lengths)
    shape = shape_of(x)
    all_windows = windows(g, shape[-2 * k : -k], stride=stride)
    if shape_of(all_windows) == shape:
        return all_windows
    return getitem(all_windows, (..., *(slice(n) for n in shape[-k:])))  # there was more room


def _window_cases(shape: Shape) -> Iterator[Case]:
    if shape and shape[-1]:
        yield (shape,), ((1,),), {}
        yield (shape,), ((min(2, shape[-1]),),), {}
    if len(shape) > 1 and shape[-2] and shape[-1]:
        yield (shape,), ((min(2, shape[-2]), min(3, shape[-1])),), {}
        yield (shape,), ((shape[-2], 1),), {"stride": 2}


def _overlap_cases(shape: Shape) -> Iterator[Case]:
    for _, (size,), options in _window_cases(shape):
        lengths = shape[-len(size) :]
        made = _windows(np.zeros(shape), size, options.get("stride", 1)).shape
        yield (made,), (lengths,), options
        yield (made,), (tuple(n + 2 for n in lengths),), options


@structural(
    arrays=_windows,
    batched="last",
    pullbacks=(_from_windows,),
    cases=_window_cases,
    back=("g, each window put back and added up",),
    method=False,
)
def windows(x: Any, size: Any, stride: int = 1) -> Call:
    """Every window of a size on the last axes: z[…, i, j, r, c] = x[…, stride·r + i, stride·c + j].

    Args:
        x: (…, height, width), or as many last axes as `size` has numbers.
        size: the lengths of a window, such as (3, 3).
        stride: how far apart the windows are, along every axis.

    Returns:
        (…, *size, *positions), with (length − size) // stride + 1 positions along each axis.
        ∂: each element gets the gradients of all the windows that it is in.

    Raises:
        ValueError: if x has fewer axes than `size`, or is smaller than one window.

    >>> windows([1.0, 2.0, 3.0], (2,))
    array([[1., 2.],
           [2., 3.]])
    """
    size = _lengths("windows", size)
    lengths = _given_shape(x)
    fits = len(lengths) >= len(size) > 0 and all(
        0 < n <= length for n, length in zip(size, lengths[-len(size) :], strict=True)
    )
    if not fits or stride < 1:
        raise ValueError(
            f"windows: windows of {size}, {stride} apart, do not fit into shape {lengths}: "
            "each must be at least 1, and no longer than its axis"
        )
    return (x,), {"size": size, "stride": whole("windows", "stride", stride)}


def _sliding_cases(shape: tuple[int, ...]) -> Iterator[Case]:
    if shape and min(shape) >= 1:
        yield (shape,), (shape,), {}
        yield (shape,), (1,), {"axis": -1}
        yield (shape,), ((shape[0], 1),), {"axis": (0, 0)}


def _slid(x: Array, size: Shape, axes: Shape) -> Array:
    return np.lib.stride_tricks.sliding_window_view(x, size, axis=axes)


def _from_sliding(g: Any, z: Any, x: Any, size: Shape, axes: Shape) -> Any:
    lengths, found = list(shape_of(x)), []
    for i, n in zip(axes, size, strict=True):
        found.append(lengths[i])
        lengths[i] -= n - 1
    for i, length in reversed(list(zip(axes, found, strict=True))):
        g = moveaxis(overlap_add(moveaxis(g, i, -1), (length,)), -1, i)
    return g


def _slid_each(which: Any, x: Any, size: Shape, axes: Shape) -> Any:
    return sliding_window_view(x, size, tuple([i + 1 for i in axes]))


@structural(
    np.lib.stride_tricks.sliding_window_view,
    arrays=_slid,
    batched=_slid_each,
    pullbacks=(_from_sliding,),
    cases=_sliding_cases,
    linear="jointly",
    back=("g, each window put back and added up",),
)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Call:
    """Every window of a shape, a read-only view: z[i, j, r, c] = x[i + r, j + c].

    Args:
        window_shape: the lengths of a window.
        axis: the axes that they are along, of which one may be named twice; None for all axes.

    Returns:
        The positions stand in the axes of x, each length − size + 1 long; then come the axes of
        the window. ∂: each element gets the gradients of all the windows that it is in.

    Raises:
        ValueError: if there is not an axis for each length, or a window does not fit.

    >>> sliding_window_view(np.array([1.0, 2.0, 3.0]), 2)
    array([[1., 2.],
           [2., 3.]])
    """
    size = _lengths("sliding_window_view", window_shape)
    ndim = len(_given_shape(x))
    given = range(ndim) if axis is None else axis if isinstance(axis, list | tuple) else (axis,)
    axes = tuple(axis_of("sliding_window_view", i, ndim) for i in given)
    return (x,), {"size": size, "axes": axes}


@structural(
    arrays=_overlap_add,
    batched="last",
    pullbacks=(_from_overlap,),
    cases=_overlap_cases,
    back=("the windows of g",),
    method=False,
)
def overlap_add(x: Any, lengths: Any, stride: int = 1) -> Call:
    """The windows put back where they were, added up where they overlap: what `windows` does on
    the way back.

    Args:
        x: windows (…, *size, *positions), as `windows` makes them.
        lengths: of the last axes of the result; where no window is, there are zeros.
        stride: how far apart the windows are.

    Raises:
        ValueError: if x has too few axes, or a window reaches beyond its length.

    >>> overlap_add(windows([1.0, 2.0, 3.0], (2,)), (3,))
    array([1., 4., 3.])
    """
    lengths = _lengths("overlap_add", lengths)
    shape = _given_shape(x)
    k = len(lengths)
    size, positions = shape[-2 * k : -k], shape[-k:]
    fits = (
        len(shape) >= 2 * k > 0
        and stride >= 1
        and all(
            length >= m + stride * (max(n, 1) - 1) and m > 0
            for length, m, n in zip(lengths, size, positions, strict=True)
        )
    )
    if not fits:
        raise ValueError(
            f"overlap_add: windows (…, *size, *positions) of shape {shape}, {stride} apart, do not "
            f"fit into lengths {lengths}: size + stride·(positions − 1) is needed along each axis"
        )
    return (x,), {"lengths": lengths, "stride": whole("overlap_add", "stride", stride)}
