"""Order statistics: median, quantile, percentile.

Which elements a quantile lies between is a constant: NumPy says it, of the places 0, 1, … in the
order of the elements. What stands there is picked, and interpolated.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import where as either
from autograd_lite.primitives.reductions import Axis, axes_of, nonempty_cases
from autograd_lite.primitives.rows import as_rows, numbers_of, weights_along
from autograd_lite.primitives.shape import (
    Shape,
    astype,
    dimensions_of,
    operand,
    reshape,
    shape_of,
)  # fmt: skip

_DISCRETE = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
"""The methods that give an element, whatever stands beside it."""
_STEPS = {"linear": -1.0, "hazen": 0.0, "interpolated_inverted_cdf": 0.0, "weibull": 1.0,
          "median_unbiased": 1 / 3, "normal_unbiased": 1 / 4}  # fmt: skip
"""By how many places of n elements the result moves, less n, while q goes from 0 to 1; by none of
the other methods, which jump."""


def gap(x: Array, *args: Any, axis: Axis = None, **rest: Any) -> Any:
    """The least distance between two elements of a row: at 0 they tie."""
    axis = next((a for a in args if a is None or isinstance(a, int | tuple)), axis)
    rows = np.sort(as_rows(np.asarray(x), axes_of(axis, np.ndim(x))), -1)
    return np.min(np.diff(rows, axis=-1), initial=np.inf)


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(dimensions_of(x)))
    axis = tuple(axis) if isinstance(axis, list) else axis
    return normalize_axis_tuple(axis, dimensions_of(x), "axis")


_MANY, _FEW = 100, 3
"""Of so many elements, so few are found more quickly than all are put in order."""


def _stand(plain: Array, places: Array) -> Array:
    """Which elements stand at a few places in the order of each row, without ordering all."""
    found = np.empty(places.shape, int)
    parted = np.partition(plain, np.unique(places), -1)
    lead = plain.ndim - 1
    for which in np.ndindex(places.shape[: places.ndim - lead]):
        place = np.broadcast_to(places[which], plain.shape[:-1])[..., None]
        value = np.take_along_axis(parted, place, -1)
        same = (plain == value) | ((plain != plain) & (value != value))
        less = (plain < value) | ((plain == plain) & (value != value))
        nth = place[..., 0] - np.sum(less, -1)
        found[which] = np.argmax(np.cumsum(same, -1) > nth[..., None], -1)
    return found


def _lerp(a: Any, b: Any, t: Any) -> Any:
    """a + (b − a)·t, from the end that is nearer, as NumPy does."""
    near = numbers_of(t) < 0.5
    if not near.ndim:
        return a + (b - a) * t if near else b - (b - a) * (1 - t)
    return either(near, a + (b - a) * t, b - (b - a) * (1 - t))


class _Rows:
    """The elements in rows, and their order, in which nan comes last."""

    def __init__(self, name: str, x: Any, axis: Any) -> None:
        self.name, self.shape = name, shape_of(x)
        self.axes = _axes(x, axis)
        self.rows = as_rows(x, self.axes) if self.shape else reshape(x, (1,))
        self.plain = numbers_of(self.rows)
        self.n = self.plain.shape[-1]
        self.missing = np.isnan(self.plain) if self.plain.dtype.kind in "fc" else np.False_
        self.counts = np.broadcast_to(self.n - np.sum(self.missing, -1), self.plain.shape[:-1])

    @property
    def is_empty(self) -> bool:
        """Whether the rows have no elements, or there is nothing to order: for NumPy to decide."""
        return not self.n or (not self.axes and not self.plain.size)

    @functools.cached_property
    def order(self) -> Array:
        """Which elements stand first, second … in each row; of equal ones the first in it."""
        return np.argsort(self.plain, axis=-1, kind="stable")

    def at(self, places: Array) -> Any:
        """What stands at these places in the order of each row. The axes of the rows, or as many of
        length 1, are the last ones of `places`."""
        lead = self.plain.shape[:-1]
        row = np.arange(math.prod(lead)).reshape(lead)
        if self.n >= _MANY and places.size <= _FEW * row.size and self.plain.dtype.kind != "c":
            wide = np.broadcast_shapes(places.shape, lead)
            element = _stand(self.plain, np.broadcast_to(places, wide))
        else:
            element = self.order.reshape(-1, self.n)[row, places]
        return reshape(self.rows, -1)[element + row * self.n]

    def restored(self, z: Any, keepdims: bool) -> Any:
        """The result, of leading axes and those of the rows, with the reduced ones put back."""
        if not keepdims:
            return z
        lead = dimensions_of(z) - (len(self.shape) - len(self.axes))
        whole = tuple(1 if i in self.axes else n for i, n in enumerate(self.shape))
        return reshape(z, (*shape_of(z)[:lead], *whole))


def quantile_of(
    name: str,
    x: Any,
    q: Any,
    axis: Any,
    method: str,
    keepdims: bool,
    weights: Any,
    leave_out: bool = False,
) -> Any:
    """quantile and percentile, or, to leave out nan, their nan-variants."""
    if is_variable(weights):
        raise TypeError(f"{name}: weights are constants here; give weights.detach()")
    share, q = q, detached(q)
    x = operand(name, x)
    if is_complex(x):
        raise TypeError(f"{name}: complex numbers have no order; give x.real or np.abs(x)")
    r = _Rows(name, x, axis)
    ask = getattr(np, name.removeprefix("nan"))
    if r.is_empty:
        options = {} if weights is None else {"weights": weights}
        return ask(numbers_of(x), q, axis, method=method, keepdims=keepdims, **options)
    places = partial(ask, q=q, method=method)
    counts = r.counts if leave_out else np.where(r.counts < r.n, 0, r.n)
    at = _places(places, counts, _weights_in_order(r, x, weights))
    low = np.floor(at).astype(int)
    none = counts == 0
    first = r.at(np.where(none, r.n - 1, low))
    if method in _DISCRETE:
        z = first
    else:
        dtype = places(np.zeros(1, r.plain.dtype if r.plain.dtype.kind == "f" else float)).dtype
        high = np.where(none, r.n - 1, np.minimum(low + 1, np.maximum(counts - 1, 0)))
        t = (at - low).astype(dtype)[()]
        if is_variable(share):
            moved = _moved(share, at, counts, method, 1.0 if "quantile" in name else 100.0)
            if share.__class__ is Value and dtype != np.float64:  # as a number of Python's
                moved = astype(moved, dtype)
            t = t + moved
        z = _lerp(first, r.at(high), t)
    return r.restored(z, keepdims)


def _moved(q: Any, at: Array, counts: Array, method: str, whole: float) -> Any:
    """0, with the derivative by q of the place where the quantile lies; 0 at either end."""
    step = counts + _STEPS[method] if method in _STEPS else 0.0 * counts
    step = np.where((at > 0) & (at < counts - 1), step, 0.0) / whole
    zero = q - q.detach()
    return reshape(zero, (*shape_of(q), *(1,) * counts.ndim)) * step.astype(
        getattr(zero, "dtype", float)
    )


def _places(ask: Any, counts: Array, weights: Array | None) -> Array:
    """Between which places in the order of so many elements the quantiles of each row lie."""
    lead = counts.shape
    if weights is None and len(different := np.unique(counts)) == 1:
        at = np.asarray(ask(np.arange(max(different[0], 1.0))))
        return at.reshape((*at.shape, *(1,) * len(lead)))
    columns = []
    for place in np.ndindex(lead):
        count = max(int(counts[place]), 1)
        options = {} if weights is None else {"weights": weights[place][:count]}
        columns.append(np.asarray(ask(np.arange(float(count)), **options)))
    shape = columns[0].shape if columns else np.shape(ask(np.zeros(1)))
    return np.reshape(np.stack(columns, -1) if columns else [], (*shape, *lead))


def _weights_in_order(r: _Rows, x: Any, weights: Any) -> Array | None:
    """The weights of the elements, in the order of each row."""
    if weights is None:
        return None
    wide = np.broadcast_to(weights_along(r.name, x, np.asarray(weights), r.axes), r.shape)
    return np.take_along_axis(np.asarray(as_rows(wide, r.axes)), r.order, -1)


_METHODS = ("hazen", "weibull", "median_unbiased", "interpolated_inverted_cdf",
            "averaged_inverted_cdf", "normal_unbiased", "midpoint", *_DISCRETE)  # fmt: skip


def _quantile_cases(shape: Shape, scale: float = 1.0) -> Iterator[Case]:
    if 0 in shape:
        return
    yield (shape,), (0.3 * scale,), {}
    yield (shape,), (np.array([0.12, 0.61]) * scale,), {"keepdims": True}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (np.array([[0.9, 0.2]]) * scale, axis), {"keepdims": axis == 0}
        yield (shape,), (0.45 * scale,), {"axis": axis, "method": _METHODS[axis]}
    for method in _METHODS if len(shape) == 1 else ():
        yield (shape,), (np.array([0.35, 0.8]) * scale,), {"method": method}
    if len(shape) > 1:
        w = 0.4 + np.arange(shape[0])
        yield (shape,), (0.6 * scale, 0), {"method": "inverted_cdf", "weights": w}
        yield (shape,), (0.6 * scale, (0, -1)), {}


@composed(np.quantile, cases=_quantile_cases, kink=gap)
def quantile(
    x: Any,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    weights: Any = None,
) -> Any:
    """What a share q of the elements does not exceed, over an axis, several, or all: an element,
    or interpolated between two that follow each other in their order.

    ∂: the gradient to these two, in the shares in which they are interpolated. Of equal elements
    the first in x counts as the lesser one. Where there is nan, the result is nan.

    Args:
        x: numbers of any shape, some at least.
        q: numbers from 0 to 1; their axes come first in the result. The derivative by q is the
            slope between the two elements.
        axis, keepdims: as in `numpy.quantile`.
        method: any of NumPy's.
        weights: how much each element counts, constants, for the method "inverted_cdf".
        overwrite_input: without effect: nothing is written to x.

    >>> quantile([1.0, 4.0, 2.0, 3.0], [0.5, 1.0])
    array([2.5, 4. ])
    """
    return quantile_of("quantile", x, q, axis, method, keepdims, weights)


@composed(np.percentile, cases=partial(_quantile_cases, scale=100.0), kink=gap)
def percentile(
    x: Any,
    q: Any,
    axis: Axis = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    weights: Any = None,
) -> Any:
    """As `quantile`, with q from 0 to 100.

    >>> float(percentile([1.0, 4.0, 2.0, 3.0], 50))
    2.5
    """
    return quantile_of("percentile", x, q, axis, method, keepdims, weights)


@composed(np.median, cases=nonempty_cases, kink=gap)
def median(
    x: Any, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The middle element in the order of the elements over an axis, several, or all; of an even
    number the mean of the two in the middle.

    ∂: the gradient to it, or half of it to each of the two. Of equal elements the first in x counts
    as the lesser one. Where there is nan, the result is nan.

    >>> float(median([5.0, 1.0, 2.0, 9.0]))
    3.5
    """
    return median_of("median", x, axis, keepdims)


def median_of(name: str, x: Any, axis: Any, keepdims: bool, leave_out: bool = False) -> Any:
    """median or, to leave out nan, nanmedian."""
    x = operand(name, x)
    r = _Rows(name, x, axis)
    if r.is_empty:
        return np.median(numbers_of(x), axis, keepdims=keepdims)  # nan, with NumPy's warning
    counts = r.counts if leave_out else np.where(r.counts < r.n, 0, r.n)
    none = counts == 0
    z = r.at(np.where(none, r.n - 1, np.maximum(counts - 1, 0) // 2))
    if np.any(counts % 2 == 0):
        z = (z + r.at(np.where(none, r.n - 1, counts // 2))) / 2.0
    return r.restored(z, keepdims)
