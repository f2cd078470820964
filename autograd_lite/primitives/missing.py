"""Reductions and cumulative functions that leave out nan: no gradient flows to an element that is
nan. See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in, is_complex
from autograd_lite.engine.primitive import Array, Case, Rule, constant
from autograd_lite.primitives.choices import where as either
from autograd_lite.primitives.complex_numbers import conjugate, real
from autograd_lite.primitives.cumulative import cumprod, cumsum, cumulative_cases
from autograd_lite.primitives.exponential import sqrt
from autograd_lite.primitives.quantiles import gap, median_of, quantile_of
from autograd_lite.primitives.reductions import (
    Axis,
    axes_of,
    mask_of,
    max,
    min,
    nonempty_cases,
    prod,
    reduction_cases,
    sum,
)
from autograd_lite.primitives.rows import numbers_of
from autograd_lite.primitives.shape import Shape, operand, shape_of
from autograd_lite.primitives.statistics import taken_off

constant(np.nanargmax, np.nanargmin)


def _present(x: Any) -> Array | None:
    """Which elements are no nan; None if all are."""
    plain = numbers_of(x)
    if plain.dtype.kind not in "fc":
        return None
    total = np.sum(plain)
    if total == total:
        return None
    present: Array = ~np.isnan(plain)
    return None if present.all() else present


def _filled(name: str, x: Any, nothing: float) -> Any:
    """x with `nothing` in the place of nan."""
    x = operand(name, x)
    present = _present(x)
    return x if present is None else either(present, x, nothing)


# ---------------------------------------------------------------- sums and products


@composed(np.nansum, cases=reduction_cases)
def nansum(
    x: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """As `sum`, with nan as 0.

    >>> float(nansum([1.0, np.nan, 2.0]))
    3.0
    """
    x = _filled("nansum", x, 0.0)
    return sum(x, axis, keepdims, dtype=dtype, initial=initial, where=where)


@composed(np.nanprod, cases=reduction_cases)
def nanprod(
    x: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    """As `prod`, with nan as 1.

    >>> float(nanprod([3.0, np.nan, 2.0]))
    6.0
    """
    x = _filled("nanprod", x, 1.0)
    return prod(x, axis, keepdims, dtype=dtype, initial=initial, where=where)


@composed(np.nancumsum, cases=cumulative_cases)
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """As `cumsum`, with nan as 0.

    >>> nancumsum([1.0, np.nan, 2.0])
    array([1., 1., 3.])
    """
    return cumsum(_filled("nancumsum", x, 0.0), axis, dtype=dtype)


@composed(np.nancumprod, cases=cumulative_cases)
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """As `cumprod`, with nan as 1.

    >>> nancumprod([3.0, np.nan, 2.0])
    array([3., 3., 6.])
    """
    return cumprod(_filled("nancumprod", x, 1.0), axis, dtype=dtype)


# ---------------------------------------------------------------- extremes


def _extreme(
    reduce: Rule, name: str, x: Any, nothing: float, axis: Axis, keepdims: bool,
    initial: Any, where: Any,
) -> Any:  # fmt: skip
    x = operand(name, x)
    present = _present(x)
    if present is None:
        return reduce(x, axis, keepdims, initial=initial, where=where)
    found = reduce(either(present, x, nothing), axis, keepdims, initial=initial, where=where)
    if initial is not None:
        return found
    none = ~np.any(present, axis, keepdims=keepdims)
    if not none.any():
        return found
    warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=4)
    return either(none, np.nan, found)


def _gap(x: Array, axis: Axis = None, **rest: Any) -> Any:
    return gap(x, axis=axis)


@composed(np.nanmax, cases=nonempty_cases, kink=_gap)
def nanmax(
    x: Any, axis: Axis = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
) -> Any:
    """As `max`, without nan; nan, with a RuntimeWarning, where there is nothing else.

    >>> float(nanmax([1.0, np.nan, 2.0]))
    2.0
    """
    return _extreme(max, "nanmax", x, -np.inf, axis, keepdims, initial, where)


@composed(np.nanmin, cases=nonempty_cases, kink=_gap)
def nanmin(
    x: Any, axis: Axis = None, keepdims: bool = False, *, initial: Any = None, where: Any = True
) -> Any:
    """As `min`, without nan; nan, with a RuntimeWarning, where there is nothing else.

    >>> float(nanmin([1.0, np.nan, 2.0]))
    1.0
    """
    return _extreme(min, "nanmin", x, np.inf, axis, keepdims, initial, where)


# ---------------------------------------------------------------- means and variances


def _count(name: str, x: Any, axis: Axis, keepdims: bool, where: Any) -> Any:
    """How many elements count: in the dtype of x, that float32 stays."""
    mask = mask_of(name, x, where)
    present = _present(x)
    counted = np.ones(shape_of(x), bool) if present is None else present
    if mask is not None:
        counted = counted & mask
    count = np.sum(counted, tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
    dtype = getattr(x, "dtype", np.dtype(float))
    return count.astype(np.finfo(dtype).dtype if dtype.kind in "fc" else float)


def _mean_cases(shape: Shape) -> Iterator[Case]:
    if 0 in shape:
        return
    yield from reduction_cases(shape)
    if shape:
        yield (shape,), (), {"where": np.arange(math.prod(shape)).reshape(shape) % 2 == 0}


@composed(np.nanmean, cases=_mean_cases)
def nanmean(
    x: Any, axis: Axis = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """As `mean`, without nan; nan, with a RuntimeWarning, where there is nothing else.

    >>> float(nanmean([1.0, np.nan, 2.0]))
    1.5
    """
    x = computed_in("nanmean", operand("nanmean", x), dtype)
    count = _count("nanmean", x, axis, keepdims, where)
    if np.any(count == 0):
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=3)
    with np.errstate(all="ignore"):
        return nansum(x, axis, keepdims=keepdims, where=where) / count


def _variance(
    name: str, x: Any, axis: Axis, dtype: Any, ddof: float, keepdims: bool, where: Any,
    mean: Any, correction: Any,
) -> Any:  # fmt: skip
    """Σ(x − mean)²/(n − ddof) of the elements that are no nan; nan where n − ddof is 0 or less."""
    ddof = taken_off(name, ddof, correction)
    x = computed_in(name, operand(name, x), dtype)
    mask, present = mask_of(name, x, where), _present(x)
    counted = present if mask is None else mask if present is None else present & mask
    count = _count(name, x, axis, True, where)
    if mean is None:
        with np.errstate(all="ignore"):
            mean = nansum(x, axis, keepdims=True, where=where) / count
    d = x - mean
    square = real(d * conjugate(d)) if is_complex(d) else d * d
    if counted is not None:
        square = either(counted, square, 0.0)
    freedom = _count(name, x, axis, keepdims, where) - ddof
    total = sum(square, axis, keepdims)
    if not np.any(freedom <= 0):
        return total / freedom
    warnings.warn("Degrees of freedom <= 0 for slice.", RuntimeWarning, stacklevel=4)
    return either(freedom > 0, total / np.where(freedom > 0, freedom, 1), np.nan)


def _variance_cases(shape: Shape) -> Iterator[Case]:
    if math.prod(shape) < 2:
        return
    yield (shape,), (), {"ddof": 1}
    for axis in range(-1, len(shape)):
        if shape[axis] > 1:
            yield (shape,), (axis,), {"correction": 1, "keepdims": axis == 0}
    yield (shape,), (), {"mean": 0.2}


@composed(np.nanvar, cases=_variance_cases)
def nanvar(
    x: Any, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """As `var`, without nan; nan, with a RuntimeWarning, where nothing else is left.

    >>> float(nanvar([1.0, np.nan, 3.0]))
    1.0
    """
    return _variance("nanvar", x, axis, dtype, ddof, keepdims, where, mean, correction)


@composed(np.nanstd, cases=_variance_cases)
def nanstd(
    x: Any, axis: Axis = None, dtype: Any = None, *, ddof: float = 0, keepdims: bool = False,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    """As `std`, without nan; nan, with a RuntimeWarning, where nothing else is left. Its derivative
    is taken as 0 where it is 0.

    >>> float(nanstd([1.0, np.nan, 3.0]))
    1.0
    """
    variance = _variance("nanstd", x, axis, dtype, ddof, keepdims, where, mean, correction)
    zero = numbers_of(variance) == 0
    if not np.any(zero):
        return sqrt(variance)
    return either(zero, 0.0, sqrt(either(zero, 1.0, variance)))


# ---------------------------------------------------------------- order statistics


@composed(np.nanmedian, cases=nonempty_cases, kink=_gap)
def nanmedian(
    x: Any, axis: Axis = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """As `median`, without nan; nan, with a RuntimeWarning, where there is nothing else.

    >>> float(nanmedian([1.0, np.nan, 3.0]))
    2.0
    """
    x = operand("nanmedian", x)
    if not np.size(numbers_of(x)):
        return nanmean(x, axis, keepdims=keepdims)
    _warn_of_empty_rows(x, axis)
    return median_of("nanmedian", x, axis, keepdims, leave_out=True)


def _warn_of_empty_rows(x: Any, axis: Axis) -> None:
    present = _present(x)
    if present is None:
        return
    axes = axes_of(tuple(axis) if isinstance(axis, list) else axis, present.ndim)
    if not np.all(np.any(present, axes)):
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=4)


def _nanquantile(
    name: str, x: Any, q: Any, axis: Axis, method: str, keepdims: bool, weights: Any
) -> Any:
    x = operand(name, x)
    if not np.size(numbers_of(x)):
        np.quantile(np.zeros(1), numbers_of(q) / (1.0 if "quantile" in name else 100.0))
        return nanmean(x, axis, keepdims=keepdims)
    _warn_of_empty_rows(x, axis)
    return quantile_of(name, x, q, axis, method, keepdims, weights, leave_out=True)


def _quantile_cases(shape: Shape, scale: float = 1.0) -> Iterator[Case]:
    if 0 in shape:
        return
    yield (shape,), (0.3 * scale,), {}
    yield (shape,), (np.array([0.12, 0.61]) * scale,), {"keepdims": True, "method": "hazen"}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (np.array([0.9, 0.2]) * scale, axis), {}


@composed(np.nanquantile, cases=_quantile_cases, kink=gap)
def nanquantile(
    x: Any, q: Any, axis: Axis = None, *, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, weights: Any = None,
) -> Any:  # fmt: skip
    """As `quantile`, without nan; nan, with a RuntimeWarning, where there is nothing else.

    >>> float(nanquantile([1.0, np.nan, 3.0], 0.5))
    2.0
    """
    return _nanquantile("nanquantile", x, q, axis, method, keepdims, weights)


@composed(np.nanpercentile, cases=partial(_quantile_cases, scale=100.0), kink=gap)
def nanpercentile(
    x: Any, q: Any, axis: Axis = None, *, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, weights: Any = None,
) -> Any:  # fmt: skip
    """As `percentile`, without nan; nan, with a RuntimeWarning, where there is nothing else.

    >>> float(nanpercentile([1.0, np.nan, 3.0], 50))
    2.0
    """
    return _nanquantile("nanpercentile", x, q, axis, method, keepdims, weights)
