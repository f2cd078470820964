"""Statistics: var, std, average, cov, corrcoef.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in, is_complex
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.choices import clip
from autograd_lite.primitives.choices import where as either
from autograd_lite.primitives.complex_numbers import conjugate
from autograd_lite.primitives.exponential import sqrt
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.products import dot
from autograd_lite.primitives.reductions import (
    Axis,
    count_of,
    kept,
    mask_of,
    mean,
    reduction,
    sum,
    sum_of,
)
from autograd_lite.primitives.rows import numbers_of, weights_along
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    broadcast_to,
    dimensions_of,
    operand,
    reshape,
    shape_of,
    transpose,
)

# ---------------------------------------------------------------- variance


def _deviations(x: Any, axis: Axis, where: Array | None, centred: bool) -> Any:
    """x less its mean; x itself if it is centred already."""
    if centred:
        return x
    if where is None:
        return x - mean(x, axis, True)
    return x - mean(x, axis, True, where=where)


def _var(
    x: Array,
    axis: Axis,
    keepdims: bool,
    ddof: float,
    where: Array | None = None,
    centred: bool = False,
) -> Any:
    """As np.var, which takes three times as long of small arrays."""
    x = np.asarray(x)
    count = count_of(x, axis, where, keepdims) - ddof
    if where is None and x.dtype.char in "fd" and x.ndim and count > 0:
        d = x
        if not centred:
            d = x - sum_of(x, axis=axis, keepdims=True) / count_of(x, axis, None)
        return sum_of(d * d, axis=axis, keepdims=keepdims) / count
    if np.any(count <= 0):
        what = "Degrees of freedom <= 0 for slice"
        warnings.warn(what, RuntimeWarning, stacklevel=2)
        count = np.maximum(count, 0)
        with np.errstate(all="ignore"):
            return _spread(x, axis, keepdims, count, where, centred)
    return _spread(x, axis, keepdims, count, where, centred)


def _spread(
    x: Array, axis: Axis, keepdims: bool, count: Any, where: Array | None, centred: bool
) -> Any:
    d = _deviations(x, axis, where, centred)
    square = d * d if d.dtype.kind != "c" else d.real**2 + d.imag**2
    if where is None:
        return sum_of(square, axis=axis, keepdims=keepdims) / count
    if square.dtype.kind == "O":
        return sum_of(np.where(where, square, 0.0), axis=axis, keepdims=keepdims) / count
    total = sum_of(square, axis=axis, keepdims=keepdims, where=where)
    return total / np.asarray(count, total.dtype)[()]


def _to_spread(
    g: Any,
    z: Any,
    x: Any,
    axis: Axis,
    keepdims: bool,
    ddof: float,
    where: Array | None = None,
    centred: bool = False,
) -> Any:
    """g·2(x − mean)/(n − ddof); the mean itself adds nothing, for the deviations sum to 0."""
    count = count_of(x, axis, where) - ddof
    d = _deviations(x, axis, where, centred)
    part = kept(g, x, axis) * (2.0 / count) * (conjugate(d) if is_complex(d) else d)
    return part if where is None else either(where, part, 0.0)


def _std(x: Array, axis: Axis, keepdims: bool, ddof: float, **rest: Any) -> Any:
    variance = _var(x, axis, keepdims, ddof, **rest)
    held = getattr(variance, "dtype", None)  # a Value has none
    return np.sqrt(variance) if held is not None and held.kind != "O" else sqrt(variance)


def _to_deviation(
    g: Any, z: Any, x: Any, axis: Axis, keepdims: bool, ddof: float, **rest: Any
) -> Any:
    nonzero = either(detached(z) == 0, 1.0, z)
    share = either(detached(z) == 0, 0.0, g / (2.0 * nonzero))
    return _to_spread(share, z, x, axis, keepdims, ddof, **rest)


def taken_off(name: str, ddof: float, correction: float | None) -> float:
    """What is taken off the number of elements, which has two names in NumPy."""
    if correction is None:
        return ddof
    if ddof != 0:
        raise ValueError(f"{name}: ddof and correction mean the same; give one of them")
    return correction


def _variance(
    name: str,
    x: Any,
    axis: Axis,
    keepdims: bool,
    dtype: Any,
    ddof: float,
    where: Any,
    mean: Any,
    correction: Any,
) -> Call:
    """The operands and parameters of var and std."""
    ddof = taken_off(name, ddof, correction)
    x = computed_in(name, operand(name, x), dtype)
    mask = None if where is True else mask_of(name, x, where)
    (x,), params = reduction(name, x, axis, keepdims)
    params["ddof"] = ddof
    if mask is not None:
        params["where"] = mask
    if mean is not None:
        x = x - mean
        params["centred"] = True
    return (x,), params


def _variance_cases(shape: Shape) -> Iterator[Case]:
    size = math.prod(shape)
    if size < 2:
        return
    yield (shape,), (), {}
    yield (shape,), (), {"ddof": 1}
    for axis in range(-1, len(shape)):
        yield (shape,), (axis,), {"keepdims": axis == 0}
        if shape[axis] > 1:
            yield (shape,), (axis,), {"ddof": 1, "mean": 0.3}
    if size > 2:
        some = np.arange(size).reshape(shape) != 1
        yield (shape,), (), {"where": some}
    if len(shape) > 1:
        yield (shape,), ((0, -1),), {}


@structural(
    np.var,
    arrays=_var,
    batched="axis",
    pullbacks=(_to_spread,),
    cases=_variance_cases,
    back=("2g·(x − mean)/(n − ddof)",),
)
def var(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Call:
    """The variance Σ(x − mean)²/(n − ddof) over an axis, several, or all.

    ∂L/∂x = 2g·(x − mean)/(n − ddof).

    Args:
        x: numbers of any shape.
        axis, dtype, keepdims: as in `numpy.var`.
        ddof, correction: what is taken off the number n of elements (two names of one thing).
        where: truth values that broadcast to x: the elements that count.
        mean: the mean, with its axes kept, if it is known; a variable gets its gradient.

    >>> float(var([1.0, 2.0, 3.0, 6.0]))
    3.5
    """
    return _variance("var", x, axis, keepdims, dtype, ddof, where, mean, correction)


def _std_gap(x: Array, axis: Axis, keepdims: bool, ddof: float, **rest: Any) -> Any:
    """The standard deviation: at 0 it has no derivative."""
    return _std(x, axis, keepdims, ddof, **rest)


def _std_cases(shape: Shape) -> Iterator[Case]:
    for shapes, args, kwargs in _variance_cases(shape):
        axis = args[0] if args else None
        count = math.prod(shape if axis is None else np.take(shape, axis, mode="wrap").ravel())
        if count > 1:  # of one element it is 0, where there is no derivative
            yield shapes, args, kwargs


@structural(
    np.std,
    arrays=_std,
    batched="axis",
    pullbacks=(_to_deviation,),
    cases=_std_cases,
    back=("g·(x − mean)/((n − ddof)·z)",),
    kink=_std_gap,
)
def std(
    x: Any,
    axis: Axis = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Call:
    """The standard deviation √(Σ(x − mean)²/(n − ddof)) over an axis, several, or all.

    ∂L/∂x = g·(x − mean)/((n − ddof)·z), taken as 0 where z is 0: there is none of equal elements.
    The arguments are those of `var`.

    >>> float(std([1.0, 1.0, 5.0, 5.0]))
    2.0
    """
    return _variance("std", x, axis, keepdims, dtype, ddof, where, mean, correction)


# ---------------------------------------------------------------- averages


def _average_cases(shape: Shape) -> Iterator[Case]:
    if not math.prod(shape) or not shape:
        return
    weights = 0.3 + np.arange(math.prod(shape)).reshape(shape) % 4
    yield (shape,), (), {}
    yield (shape,), (), {"weights": weights}
    yield (shape,), (0,), {"weights": weights, "keepdims": True}
    for axis in range(-1, len(shape)):
        yield (shape,), (axis,), {"weights": 0.5 + np.arange(shape[axis]), "returned": axis == 0}
        yield (shape,), (axis,), {"returned": axis == 0}
    if len(shape) > 1:
        yield (shape,), ((1, 0),), {"weights": 0.5 + np.arange(shape[0] * shape[1]).reshape(
            shape[1], shape[0])}  # fmt: skip


@composed(np.average, cases=_average_cases)
def average(
    x: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """The average Σ w·x / Σ w over an axis, several, or all; without weights the mean.

    Args:
        x: numbers of any shape.
        axis, keepdims: as in `numpy.average`.
        weights: w, variables or constants: of x's shape, or of the lengths of the axes given.
        returned: whether Σ w is given as well, in the shape of the average.

    Raises:
        ZeroDivisionError: if weights sum to 0.

    >>> float(average([1.0, 4.0], weights=[2.0, 1.0]))
    2.0
    """
    x = operand("average", x)
    axes = None if axis is None else normalize_axis_tuple(axis, dimensions_of(x), "axis")
    if weights is None:
        z = mean(x, axes, keepdims)
        count = getattr(z, "dtype", np.dtype(float)).type(count_of(x, axes, None))
        return (z, np.full(shape_of(z), count)[()]) if returned else z
    weights = weights_along("average", x, operand("average", weights), axes)
    if getattr(x, "dtype", np.dtype(float)).kind in "iub":
        x = x.astype(float) if weights.dtype.kind != "O" else x
    total = sum(_as_exact(weights, x), axes, keepdims)
    if np.any(numbers_of(total) == 0.0):
        raise ZeroDivisionError("average: the weights sum to 0")
    z = sum(x * weights, axes, keepdims) / total
    if not returned:
        return z
    return z, total if shape_of(total) == shape_of(z) else broadcast_to(total, shape_of(z))


def _as_exact(weights: Any, x: Any) -> Any:
    """The weights in the dtype that they have beside x."""
    wanted = np.result_type(getattr(x, "dtype", float), getattr(weights, "dtype", float))
    if wanted.kind not in "fc" or wanted == getattr(weights, "dtype", wanted):
        return weights
    return computed_in("average", weights, wanted)


# ---------------------------------------------------------------- covariance


def _observations(name: str, x: Any, rowvar: bool, dtype: Any, first: bool) -> Any:
    """Variables in rows, observations in columns."""
    if dimensions_of(x) > 2:
        raise ValueError(f"{name}: an array of {dimensions_of(x)} axes has more than 2")
    matrix = x if dimensions_of(x) == 2 else reshape(x, (1, -1))
    turned = dimensions_of(x) != 1 if first else shape_of(matrix)[0] != 1
    matrix = transpose(matrix) if not rowvar and turned else matrix
    if matrix.dtype.kind == "O":
        return matrix
    return computed_in(name, matrix, dtype)


def _weights_of(what: str, weights: Any, count: int) -> Array | None:
    """Weights of the observations, constants."""
    if weights is None:
        return None
    if is_variable(weights):
        raise TypeError(f"cov: {what} is a constant here; give {what}.detach()")
    w = np.asarray(weights, dtype=float)
    if what == "fweights" and not np.all(w == np.around(w)):
        raise TypeError("cov: fweights must be whole numbers")
    if w.ndim > 1 or w.shape[0] != count:
        raise RuntimeError(f"cov: {what} of shape {w.shape} for {count} observations")
    if np.any(w < 0):
        raise ValueError(f"cov: {what} cannot be negative")
    return w


def _cov_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) not in (1, 2) or 0 in shape or shape[-1] < 2:
        return
    n = shape[-1]
    yield (shape,), (), {}
    yield (shape, shape), (), {}
    yield (shape,), (), {"bias": True}
    yield (shape,), (), {"ddof": 0, "aweights": 0.5 + np.arange(n)}
    yield (shape,), (), {"fweights": 1 + np.arange(n)}
    if shape[0] > 1:
        yield (shape,), (), {"rowvar": False}
        yield (shape, shape), (False,), {}


@composed(np.cov, cases=_cov_cases)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """The covariance matrix C = (X − mean)·(X − mean)ᵀ/(n − ddof) of the rows of X, which are m's
    and y's; a number of one row.

    Args:
        m, y: variables in rows and observations in columns, or, with rowvar=False, the other
            way round.
        bias, ddof: ddof is 1 if it is not given, or 0 with `bias`.
        fweights, aweights: how often each observation was made, and how much it weighs; constants.
        dtype: as in `numpy.cov`: float64 at least, if none is given.

    >>> cov([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError("cov: ddof must be a whole number")
    given = [operand("cov", x) for x in ((m,) if y is None else (m, y))]
    if dtype is None:
        dtype = np.result_type(*(getattr(x, "dtype", float) for x in given), np.float64)
    rows = [_observations("cov", x, rowvar, dtype, i == 0) for i, x in enumerate(given)]
    if shape_of(rows[0])[0] == 0:
        return np.zeros((0, 0))
    x = rows[0] if y is None else concatenate(rows, 0)
    n = shape_of(x)[1]
    often, heavy = _weights_of("fweights", fweights, n), _weights_of("aweights", aweights, n)
    w = often if heavy is None else heavy if often is None else often * heavy
    ddof = int(not bias) if ddof is None else ddof
    if w is None:
        factor = float(n - ddof)
    else:
        factor = w.sum()
        if ddof:
            factor -= ddof if heavy is None else ddof * (w * heavy).sum() / factor
    if factor <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
        factor = 0.0
    x = x - average(x, 1, w, keepdims=True)
    turned = transpose(x if w is None else x * w)
    turned = conjugate(turned) if is_complex(turned) else turned
    c = dot(x, turned) * np.true_divide(1, factor).astype(dtype)
    shape = shape_of(c)
    return reshape(c, ()) if shape == (1, 1) else c


def _corrcoef_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) != 2 or 0 in shape or shape[0] < 2 or shape[1] < 3:
        return
    yield (shape,), (), {}
    yield (shape, shape), (), {}


@composed(np.corrcoef, cases=_corrcoef_cases)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The correlation coefficients C_ij/√(C_ii·C_jj) of the rows, C their covariances; see `cov`.

    A row that is constant has none: its entries are nan, as NumPy's.

    >>> corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not dimensions_of(c):
        return c / c
    i = np.arange(shape_of(c)[0])
    deviations = sqrt(c[i, i])
    z = c / reshape(deviations, (-1, 1)) / reshape(deviations, (1, -1))
    return clip(z, -1.0, 1.0)
