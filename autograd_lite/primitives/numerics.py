"""Differences, numerical differentiation and integration, convolution of sequences.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import PRODUCT, Case
from autograd_lite.primitives.complex_numbers import conjugate
from autograd_lite.primitives.convolution import overlap_add
from autograd_lite.primitives.indexing import getitem, scatter
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.rows import numbers_of
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    broadcast_to,
    dimensions_of,
    operand,
    reshape,
    shape_of,
    whole,
)


def _along(axis: int, part: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, part)


# ---------------------------------------------------------------- differences


def _layer(name: str, x: Any, like: Any, axis: int) -> Any:
    """What is put before or behind an array: a number as a layer of it."""
    x = operand(name, x)
    if dimensions_of(x):
        return x
    shape = list(shape_of(like))
    shape[axis] = 1
    return broadcast_to(x, shape)


def _diff_cases(shape: Shape) -> Iterator[Case]:
    if not shape:
        return
    yield (shape,), (), {}
    yield (shape,), (0,), {}
    for axis in range(len(shape)):
        yield (shape,), (2, axis), {"prepend": 0.3}
        yield (shape,), (1, axis), {"append": np.full(shape, -0.4), "prepend": 1.2}


@composed(np.diff, cases=_diff_cases)
def diff(x: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The differences x[1:] − x[:-1] along an axis, taken n times.

    Args:
        x: an array of at least one axis.
        n: how often; 0 gives x.
        prepend, append: what stands before and behind x along the axis: a number, or an array that
            fits; variables too.

    >>> diff([1.0, 4.0, 9.0])
    array([3., 5.])
    """
    n = whole("diff", "n", n)
    if n == 0:
        return x
    if n < 0:
        raise ValueError(f"diff: n must not be negative, and is {n}")
    x = operand("diff", x)
    if not dimensions_of(x):
        raise ValueError("diff: x must have at least one axis")
    axis = normalize_axis_index(axis, dimensions_of(x))
    parts = [None if p is None else _layer("diff", p, x, axis) for p in (prepend, append)]
    if prepend is not None or append is not None:
        x = concatenate([p for p in (parts[0], x, parts[1]) if p is not None], axis)
    if x.dtype.kind == "b":
        return np.diff(x, n, axis)
    for _ in range(n):
        x = x[_along(axis, slice(1, None))] - x[_along(axis, slice(None, -1))]
    return x


def _ediff_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (), {}
    yield (shape,), (), {"to_end": 0.4, "to_begin": np.array([0.2, -0.3])}


@composed(np.ediff1d, cases=_ediff_cases)
def ediff1d(x: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of the elements in a row, between what is put at either end.

    >>> ediff1d([1.0, 4.0, 9.0], to_end=0.0)
    array([3., 5., 0.])
    """
    row = reshape(operand("ediff1d", x), -1)
    parts = [row[1:] - row[:-1]] if shape_of(row)[0] else [row]
    for end, place in ((to_begin, 0), (to_end, len(parts) + 1)):
        if end is not None:
            extra = reshape(operand("ediff1d", end), -1)
            if not np.can_cast(numbers_of(extra).dtype, numbers_of(row).dtype, "same_kind"):
                raise TypeError("ediff1d: what is put at an end must be of the kind of x")
            parts.insert(place, extra)
    z = concatenate(parts) if len(parts) > 1 else parts[0]
    dtype = getattr(row, "dtype", None)
    return z if dtype is None or z.dtype == dtype or dtype.kind == "O" else z.astype(dtype)


# ---------------------------------------------------------------- derivatives and integrals


def _gradient_cases(shape: Shape) -> Iterator[Case]:
    if not shape or min(shape) < 2:
        return
    yield (shape,), (), {}
    yield (shape,), (0.3,), {}
    for axis, n in enumerate(shape):
        places = 0.2 * np.arange(n) ** 1.5
        if n > 2:
            yield (shape,), (places,), {"axis": axis, "edge_order": 2}
            yield (shape,), (0.4,), {"axis": axis, "edge_order": 2}
        yield (shape,), (places,), {"axis": (axis,)}


@composed(np.gradient, cases=_gradient_cases)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The derivative of an array along its axes by central differences, at both ends by differences
    to one side.

    Args:
        f: values on a grid, of at least edge_order + 1 points along each axis.
        varargs: the spacing: nothing for 1, one number for all axes, or for each axis a number or
            the places of its points. Variables too: the result depends on them.
        axis: one, or several; all if it is None.
        edge_order: how accurate the ends are, 1 or 2.

    Returns:
        An array of f's shape, or of several axes a tuple of them.

    >>> gradient([1.0, 4.0, 9.0])
    array([3., 4., 5.])
    """
    f = operand("gradient", f)
    axes = normalize_axis_tuple(range(dimensions_of(f)) if axis is None else axis, dimensions_of(f))
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, not {edge_order!r}")
    if getattr(f, "dtype", np.dtype(float)).kind in "iub":
        f = f.astype(float)
    steps = _steps(f, varargs, axes)
    for a in axes:
        if shape_of(f)[a] < edge_order + 1:
            raise ValueError(
                f"gradient: axis {a} of shape {shape_of(f)} is too short: "
                f"{edge_order + 1} points are needed for edge_order {edge_order}"
            )
    slopes = tuple(_slope(f, step, a, edge_order) for a, step in zip(axes, steps, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _steps(f: Any, given: tuple[Any, ...], axes: tuple[int, ...]) -> list[Any]:
    """For each axis the step, or the steps between its points."""
    spacings = [operand("gradient", x) for x in given]
    if not spacings:
        return [1.0] * len(axes)
    if len(spacings) == 1 and not dimensions_of(spacings[0]):
        return spacings * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"gradient: {len(spacings)} spacings for {len(axes)} axes")
    steps = []
    for a, x in zip(axes, spacings, strict=True):
        if not dimensions_of(x):
            steps.append(x)
        elif dimensions_of(x) > 1 or shape_of(x)[0] != shape_of(f)[a]:
            raise ValueError(
                f"gradient: places of shape {shape_of(x)} do not fit axis {a} of {shape_of(f)}"
            )
        else:
            steps.append(diff(x if x.dtype.kind not in "iub" else x.astype(float)))
    return steps


def _slope(f: Any, step: Any, axis: int, edge_order: int) -> Any:
    """The derivative along one axis."""
    n = shape_of(f)[axis]
    lines = shape_of(f)[:axis], shape_of(f)[axis + 1 :]

    def at(start: int | None, stop: int | None) -> Any:
        return f[_along(axis, slice(start, stop))]

    def weights(w: Any) -> Any:
        return reshape(w, (-1, *(1,) * len(lines[1]))) if dimensions_of(w) else w

    def end(places: tuple[int, int, int], h: Any, k: Any, sign: float) -> Any:
        """At one end: by the two points nearest to it, or by three; h and k are the steps."""
        a, b, c = (at(i, i + 1 or None) for i in places)
        if edge_order == 1:
            return (b - a) / (sign * h)
        first, second, third = -(2.0 * h + k) / (h * (h + k)), (h + k) / (h * k), h / (k * (h + k))
        return sign * (first * a + second * b - third * c)

    even = not dimensions_of(step)
    if even:
        inner = (at(2, None) - at(None, -2)) / (2.0 * step)
        near = far = step, step
    else:
        h, k = step[:-1], step[1:]
        before, here, after = -k / (h * (h + k)), (k - h) / (h * k), h / (k * (h + k))
        inner = (
            weights(before) * at(None, -2)
            + weights(here) * at(1, -1)
            + weights(after) * at(2, None)
        )
        near, far = (step[0], step[min(1, n - 2)]), (step[-1], step[max(-2, 1 - n)])
    left = end((0, 1, min(2, n - 1)), *near, 1.0)
    right = end((-1, -2, max(-3, -n)), *far, -1.0)
    z = concatenate([left, inner, right], axis)
    return z if z.dtype.kind == "O" or z.dtype == f.dtype else z.astype(f.dtype)


def _trapezoid_cases(shape: Shape) -> Iterator[Case]:
    if not shape:
        return
    yield (shape,), (), {}
    yield (shape, (shape[-1],)), (), {}
    yield (shape, shape), (), {"axis": 0}
    yield (shape,), (), {"dx": 0.3, "axis": 0}


@composed(np.trapezoid, cases=_trapezoid_cases)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral Σ (y_i + y_i+1)/2·(x_i+1 − x_i) along an axis, by the trapezoidal rule.

    Args:
        y: values, an array of at least one axis.
        x: the places, of one axis or of y's shape; y and x may both be variables.
        dx: the step between the places, if x is not given.
        axis: the axis to integrate along.

    >>> float(trapezoid([1.0, 2.0, 3.0], dx=2.0))
    8.0
    """
    y = operand("trapezoid", y)
    axis = normalize_axis_index(axis, dimensions_of(y))
    step = dx
    if x is not None:
        x = operand("trapezoid", x)
        step = diff(x) if dimensions_of(x) == 1 else diff(x, axis=axis)
        if dimensions_of(x) == 1:
            step = reshape(step, (-1, *(1,) * (dimensions_of(y) - axis - 1)))
    pairs = y[_along(axis, slice(1, None))] + y[_along(axis, slice(None, -1))]
    return sum(step * pairs / 2.0, axis)


# ---------------------------------------------------------------- convolution


def _whole(g: Any, x: Any, y: Any, mode: str) -> Any:
    """The gradient of the whole convolution: 0 of the elements that a mode leaves out."""
    if mode == "full":
        return g
    n = shape_of(x)[0] + shape_of(y)[0] - 1
    left_out = n - shape_of(g)[0]
    start = left_out // 2
    return scatter(g, slice(start, start + shape_of(g)[0]), (n,))


def _to_first(g: Any, z: Any, x: Any, y: Any, mode: str) -> Any:
    """Σ_k g_k·y_k−i: the convolution with y backwards, where it fits whole."""
    return _fitting(_whole(g, x, y, mode), y, shape_of(x)[0])


def _to_second(g: Any, z: Any, x: Any, y: Any, mode: str) -> Any:
    return _fitting(_whole(g, x, y, mode), x, shape_of(y)[0])


def _fitting(g: Any, y: Any, n: int) -> Any:
    return convolve(g, getitem(y, slice(None, None, -1)), "valid")


_MOST = 2**16
"""Up to so many products of two elements are made for each example of a batch."""


def _convolve_each(which: Sequence[bool], x: Any, y: Any, mode: str) -> Any:
    """The convolution for each example of a batch: each x_i times the whole of y, where it
    overlaps added up. That of long sequences is quicker one by one."""
    n, m = x.shape[-1], y.shape[-1]
    if n * m > _MOST:
        return NotImplemented
    products = getitem(y, (Ellipsis, None)) * getitem(x, (Ellipsis, None, slice(None)))
    added = overlap_add(products, (n + m - 1,))
    length = {"full": n + m - 1, "same": max(n, m), "valid": abs(n - m) + 1}[mode]
    start = (n + m - 1 - length) // 2
    return getitem(added, (Ellipsis, slice(start, start + length)))


def _convolve_cases(shape: Shape) -> Iterator[Case]:
    row = (math.prod(shape),)
    for n in (3, 2, 1, 4) if row[0] else ():
        yield (row, (n,)), (), {}
        yield (row, (n,)), ("same",), {}
        yield (row, (n,)), (), {"mode": "valid"}


@structural(
    np.convolve,
    text="{x} ∗ {y}",
    precedence=PRODUCT,
    arrays=np.convolve,
    batched=_convolve_each,
    pullbacks=(_to_first, _to_second),
    cases=_convolve_cases,
    back=("g ∗ {y} backwards", "g ∗ {x} backwards"),
    linear="each",
    method=False,
)
def convolve(x: Any, y: Any, mode: str = "full") -> Call:
    """z_k = Σ_i x_i·y_k−i of two sequences.

    ∂L/∂x_i = Σ_k g_k·y_k−i, and the same of y.

    Args:
        x, y: sequences of at least one number.
        mode: "full" for all k; "same" for as many in the middle as the longer one has; "valid" for
            those where the shorter one lies within the longer one.

    >>> convolve([1.0, 2.0, 3.0], [1.0, 1.0])
    array([1., 3., 5., 3.])
    """
    x, y = _sequence("convolve", x), _sequence("convolve", y)
    return (x, y), {"mode": _mode("convolve", mode)}


_MODES = ("valid", "same", "full")


def _mode(name: str, mode: Any) -> str:
    if mode not in _MODES:
        raise ValueError(f"{name}: mode must be 'full', 'same' or 'valid', not {mode!r}")
    return str(mode)


def _sequence(name: str, x: Any) -> Any:
    x = operand(name, x)
    if not dimensions_of(x) and name == "convolve":
        return reshape(x, (1,))
    if dimensions_of(x) != 1 or not shape_of(x)[0]:
        raise ValueError(f"{name}: needs sequences of numbers, not an array of {shape_of(x)}")
    return x


@composed(np.correlate, method=False, cases=_convolve_cases)
def correlate(x: Any, y: Any, mode: str = "valid") -> Any:
    """z_k = Σ_n x_n+k·y_n of two sequences, y conjugated if it is complex; the modes are those of
    `convolve`.

    >>> correlate([1.0, 2.0, 3.0], [1.0, 1.0])
    array([3., 5.])
    """
    x, y = _sequence("correlate", x), _sequence("correlate", y)
    mode = _mode("correlate", mode)
    y = conjugate(y) if is_complex(y) else y
    if shape_of(x)[0] >= shape_of(y)[0]:
        return convolve(x, y[::-1], mode)
    return convolve(y, x[::-1], mode)[::-1]  # the middle is counted from the other end
