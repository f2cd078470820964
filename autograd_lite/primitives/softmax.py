"""Softmax and its relations, which do not overflow, and are their limits where elements are
infinite. See `autograd_lite.engine.primitive` for what a declaration means."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached, times
from autograd_lite.engine.declare import structural
from autograd_lite.engine.objects import joined
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.primitives.boxes import boxed
from autograd_lite.primitives.exponential import exp
from autograd_lite.primitives.reductions import (
    Axis,
    kept,
    nonempty_cases,
    reduction,
    sum,
    sum_of,
)
from autograd_lite.primitives.shape import Call, Shape


def _row_cases(shape: Shape) -> Iterator[Case]:
    if shape and 0 not in shape:
        yield from (((shape,), (axis,), {}) for axis in range(-1, len(shape)))


def _shifted(x: Array, axis: Axis) -> tuple[Any, Any, Any]:
    """x less the greatest along the axis; that; and where there is no limit of softmax, or False.

    Beside an infinite greatest one all others are as −∞. Only where it is alone it has a share, 1:
    of several that are infinite alike, any shares are the limit of some finite ones.
    """
    numbers = np.vectorize(detached, otypes=[float])(x) if x.dtype.kind == "O" else x
    # what np.max calls; of small arrays, that takes four times as long
    top = np.maximum.reduce(numbers, axis=axis, keepdims=True)
    if _is_finite(top):
        return x - top, top, False
    greatest = numbers == top
    infinite = np.isinf(top)
    at_top = np.where(infinite, 0.0, top).astype(top.dtype)
    shifted = np.where(infinite, np.where(greatest, 0.0, -np.inf), numbers - at_top)
    alike = infinite & greatest & (np.sum(greatest, axis=axis, keepdims=True) > 1)
    return np.asarray(shifted, numbers.dtype), top, alike


def _is_finite(x: Any) -> bool:
    return math.isfinite(np.vdot(x, x)) or bool(np.isfinite(x).all())  # the first as fast as BLAS


def _numbers(x: Any) -> Array:
    """The array, whole numbers and truth values as floats."""
    array: Array = np.asarray(x)
    return array.astype(float) if array.dtype.kind in "biu" else array


def _is_infinite(x: Array) -> bool:
    """Whether an array of Values has one that is no number, or infinite."""
    return x.dtype.kind == "O" and not all(math.isfinite(detached(v)) for v in x.flat)


def _logsumexp(x: Array, axis: Axis, keepdims: bool) -> Any:
    x = _numbers(x)
    if _is_infinite(x):
        return boxed(logsumexp(joined(x), axis, keepdims))
    shifted, top, _ = _shifted(x, axis)
    e = np.asarray(np.exp(shifted))  # of an array without axes NumPy gives the one element
    total = np.asarray(sum_of(e, axis=axis, keepdims=keepdims))
    return np.log(total) + np.reshape(top, total.shape)


def _softmax(x: Array, axis: Axis) -> Any:
    x = _numbers(x)
    if _is_infinite(x):
        return boxed(softmax(joined(x), axis))
    shifted, _, alike = _shifted(x, axis)
    e = np.exp(shifted)
    e /= sum_of(e, axis=axis, keepdims=True)
    return e if alike is False else np.where(alike, np.nan, e).astype(e.dtype)


def _log_softmax(x: Array, axis: Axis) -> Any:
    x = _numbers(x)
    if _is_infinite(x):
        return boxed(log_softmax(joined(x), axis))
    shifted, _, alike = _shifted(x, axis)
    shifted -= np.log(sum_of(np.exp(shifted), axis=axis, keepdims=True))
    return shifted if alike is False else np.where(alike, np.nan, shifted).astype(shifted.dtype)


def _steps(x: Any, axis: Axis) -> tuple[Any, Any, Any]:
    """x less the greatest; Σ eˣ of that; and nan where there is no limit, else 0. Of a greatest +∞
    the sum is how many there are."""
    top = np.max(x, axis=axis, keepdims=True)
    is_top = x == top
    shifted = np.where(is_top, 0.0, x - top)
    total = np.sum(np.exp(shifted), axis=axis, keepdims=True)
    return shifted, total, np.where(is_top, np.where(total > 1.0, top - top, 0.0), 0.0)


def _softmax_steps(x: Any, axis: Axis) -> Any:
    shifted, total, alike = _steps(x, axis)
    return np.exp(shifted) / total + alike


def _log_softmax_steps(x: Any, axis: Axis) -> Any:
    shifted, total, alike = _steps(x, axis)
    return shifted - np.log(total) + alike


def _log_softmax_into(x: Array, axis: Axis, out: Array) -> Array:
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    if x.dtype != out.dtype or not _is_finite(top):
        out[...] = _log_softmax(x, axis)
        return out
    np.subtract(x, top, out=out)
    total = sum_of(np.exp(out), axis=axis, keepdims=True)
    out -= np.log(total)
    return out


def _softmax_into(x: Array, axis: Axis, out: Array) -> Array:
    top = np.maximum.reduce(x, axis=axis, keepdims=True)
    if x.dtype != out.dtype or not _is_finite(top):
        out[...] = _softmax(x, axis)
        return out
    np.exp(np.subtract(x, top, out=out), out=out)
    out /= sum_of(out, axis=axis, keepdims=True)
    return out


@structural(
    arrays=_logsumexp,
    batched="axis",
    pullbacks=(lambda g, z, x, axis, keepdims: times(kept(g, x, axis), softmax(x, axis)),),
    cases=nonempty_cases,
    back=("g·softmax",),
    reduces=np.logaddexp,
)
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Call:
    """ln Σ eˣ along an axis, several, or all, without overflow. ∂: the gradient times softmax.

    The limit where elements are infinite: ∞ beside +∞, −∞ of −∞ alone.

    >>> float(logsumexp([1000.0, 1000.0]).round(6))
    1000.693147
    """
    return reduction("logsumexp", x, axis, keepdims)


@structural(
    arrays=_softmax,
    into=_softmax_into,
    batched="axis",
    pullbacks=(lambda g, z, x, axis: times(z, g - sum(times(g, z), axis, True)),),
    cases=_row_cases,
    back=("z·(g − Σg·z)",),
    steps=_softmax_steps,
)
def softmax(x: Any, axis: Axis = -1) -> Call:
    """z_i = e^x_i / Σ e^x_k along an axis, shifted by the greatest so that it cannot overflow.
    ∂L/∂x_i = z_i·(g_i − Σ g_k·z_k).

    The limit where elements are infinite: one +∞ takes all, −∞ nothing. Several +∞ in a row, or
    nothing but −∞, have no limit: they are nan, and what is beside them 0.

    >>> softmax([0.5, 1.5, 2.5]).round(8)
    array([0.09003057, 0.24472847, 0.66524096])
    >>> softmax([0.0, np.inf])
    array([0., 1.])
    """
    return (x,), {"axis": tuple(axis) if isinstance(axis, list) else axis}


@structural(
    arrays=_log_softmax,
    into=_log_softmax_into,
    batched="axis",
    pullbacks=(lambda g, z, x, axis: g - times(exp(z), sum(g, axis, True)),),
    cases=_row_cases,
    back=("g − softmax·Σg",),
    steps=_log_softmax_steps,
)
def log_softmax(x: Any, axis: Axis = -1) -> Call:
    """z_i = x_i − ln Σ e^x_k along an axis, without overflow. ∂L/∂x_i = g_i − softmax_i·Σ g_k.

    The limit where elements are infinite, nan where there is none: see `softmax`.

    >>> log_softmax([0.0, 0.0]).round(6)
    array([-0.693147, -0.693147])
    """
    return (x,), {"axis": tuple(axis) if isinstance(axis, list) else axis}
