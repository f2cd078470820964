"""What stands for each primitive in PyTorch and, where NumPy has no name for it, in NumPy.

The one table, `ORACLES`. A function of PyTorch takes float64 tensors, a function of NumPy plain
arrays, both the other arguments of the public function. Indexing, of any kind, is a `take` of the
places that NumPy's own indexing finds in an array of places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograd_lite.engine.primitive import Declared
from benchmarks.agreement.formulas import (
    below_log_sum,
    clip,
    cumulated,
    deviation,
    divided,
    dot,
    erf,
    floats_of,
    kinked,
    larger,
    log_sum,
    mean,
    norm,
    not_nan,
    numpy_dot,
    numpy_vdot,
    of,
    power,
    product_over,
    reduction,
    sigmoid,
    smaller,
    solved,
    torch_log_sum,
    vander,
    variance,
    where,
)
from benchmarks.agreement.maps import Function, bilinear, in_order, linear, of_few, torch
from benchmarks.agreement.places import (
    all_windows,
    assigned,
    axes_given,
    flattened,
    joined,
    overlapped,
    places,
    put,
    rearranged,
    scattered,
    shape_given,
    sorted_places,
    taken,
    window_places,
)
from benchmarks.agreement.restricted import (
    all_given,
    distinct,
    full_rank,
    nonzero,
    not_as_it_lies,
    not_empty,
    not_singular,
    not_truth,
    of_arrays,
    of_one,
    one_result,
    padded,
    plainly,
    unweighted,
)


@dataclass(frozen=True)
class Oracle:
    """The functions of the other libraries that stand for a primitive."""

    torch: Function
    numpy: Function | None = None
    """What NumPy would be asked; None if the primitive names a function of NumPy."""
    multiplies: bool = False
    """Whether its pullback adds products up, in which 0·inf is nan here too."""
    only_first: Function | None = None
    """Of which operands the second derivative is a matter of convention, and is not compared."""


def numpy_function(primitive: Declared) -> Function:
    """The function of NumPy that stands for a primitive."""
    return ORACLES[primitive.name].numpy or primitive.numpy[0]


def missing(primitives: Sequence[Declared]) -> list[str]:
    """The names of the primitives that nothing stands for."""
    return [p.name for p in primitives if p.name not in ORACLES]


ORACLES: dict[str, Oracle] = {
    **{
        name: Oracle(of(name))
        for name in (
            "add", "subtract", "multiply", "divide", "negative", "abs", "sign", "square", "sqrt",
            "exp", "expm1", "log", "log1p", "sin", "cos",
        )
    },
    **{name: Oracle(kinked(of(name))) for name in ("maximum", "minimum")},
    "power": Oracle(power, only_first=lambda x, y: np.any(np.less_equal(x, 0))),
    "positive": Oracle(lambda x: x.clone()),
    **{
        name: Oracle(of(theirs))
        for name, theirs in (
            ("reciprocal", "reciprocal"), ("exp2", "exp2"), ("log2", "log2"), ("log10", "log10"),
            ("tan", "tan"), ("arcsin", "asin"), ("arccos", "acos"), ("arctan", "atan"),
            ("degrees", "rad2deg"), ("radians", "deg2rad"), ("hypot", "hypot"),
            ("arctan2", "atan2"), ("logaddexp", "logaddexp"), ("logaddexp2", "logaddexp2"),
            ("sinh", "sinh"), ("cosh", "cosh"), ("arcsinh", "asinh"), ("arccosh", "acosh"),
            ("arctanh", "atanh"), ("sinc", "sinc"), ("copysign", "copysign"),
        )
    },
    "fmod": Oracle(divided(of("fmod"))),
    "remainder": Oracle(divided(of("remainder"))),
    "fmax": Oracle(lambda x, y: not_nan(torch.maximum, x, y)),
    "fmin": Oracle(lambda x, y: not_nan(torch.minimum, x, y)),
    "clip": Oracle(clip, not_truth(np.clip)),
    "cbrt": Oracle(lambda x: torch.sign(x.detach()) * torch.pow(x.abs(), 1 / 3)),
    "heaviside": Oracle(
        lambda x, y: torch.where(x == 0, y, torch.where(torch.isnan(x), x, x > 0).detach())
    ),
    "real": Oracle(lambda x: x.clone()),
    "conjugate": Oracle(lambda x: x.clone()),
    "tanh": Oracle(lambda x: 2.0 * sigmoid(2.0 * x) - 1.0),
    "sigmoid": Oracle(sigmoid, lambda x: np.reciprocal(1 + np.exp(-x))),
    "relu": Oracle(kinked(of("relu")), lambda x: np.maximum(x, 0)),
    "step": Oracle(lambda x: (x > 0).to(x.dtype), lambda x: (x > 0) * np.ones_like(x)),
    "softplus": Oracle(
        lambda x: torch.logaddexp(x, torch.zeros_like(x)), lambda x: np.logaddexp(x, 0)
    ),
    "equal": Oracle(
        lambda x, y: (x == y).to(x.dtype), lambda x, y: np.equal(x, y).astype(floats_of(x, y))
    ),
    "where": Oracle(where),
    "erf": Oracle(of("erf"), erf),
    "sum": Oracle(reduction(of("sum"))),
    "mean": Oracle(mean),
    "max": Oracle(reduction(of("amax"), -math.inf, larger), not_empty(np.max), multiplies=True),
    "min": Oracle(reduction(of("amin"), math.inf, smaller), not_empty(np.min), multiplies=True),
    "prod": Oracle(reduction(product_over, 1.0, of("mul")), multiplies=True),
    "var": Oracle(variance, multiplies=True),
    "std": Oracle(deviation, multiplies=True),
    "ptp": Oracle(lambda x, *args, **kwargs: reduction(of("amax"))(x, *args, **kwargs)
                  - reduction(of("amin"))(x, *args, **kwargs), multiplies=True),
    "logsumexp": Oracle(reduction(of("logsumexp")), log_sum, multiplies=True),
    "softmax": Oracle(
        lambda x, axis=-1: torch.exp(x - torch_log_sum(x, axis, True)),
        lambda x, axis=-1: np.exp(below_log_sum(x, axis)),
        multiplies=True,
    ),
    "log_softmax": Oracle(
        lambda x, axis=-1: x - torch_log_sum(x, axis, True),
        below_log_sum,
        multiplies=True,
    ),
    "matmul": Oracle(of("matmul"), multiplies=True),
    "dot": Oracle(dot, numpy_dot, multiplies=True),
    "vdot": Oracle(
        lambda x, y: (x.reshape(-1) * y.reshape(-1)).sum(),
        numpy_vdot,
        multiplies=True,
    ),
    "affine": Oracle(
        lambda x, W, b: torch.matmul(x, W) + b,
        lambda x, W, b: np.matmul(x, W) + b,
        multiplies=True,
    ),
    "reshape": Oracle(rearranged(shape_given), shape_given),
    "transpose": Oracle(rearranged(axes_given), axes_given),
    "broadcast_to": Oracle(lambda x, shape: torch.broadcast_to(x, shape)),
    # a product, since it rounds, there and back
    "astype": Oracle(lambda x, dtype: x * 1.0, lambda x, dtype: np.asarray(x).astype(dtype)),
    "concatenate": Oracle(joined, lambda *xs, axis=0: np.concatenate(xs, axis)),
    "stack": Oracle(
        lambda *xs, axis=0: torch.stack(xs, axis),
        lambda *xs, axis=0: np.stack(xs, axis, dtype=np.result_type(*xs)),
    ),
    "getitem": Oracle(
        rearranged(lambda x, index: x[index]), lambda x, index: np.asarray(x)[index]
    ),
    "scatter": Oracle(
        lambda x, index, shape: put(x, places(shape)[index], shape), scattered
    ),
    "windows": Oracle(rearranged(all_windows), all_windows),
    **{
        name: Oracle(rearranged(getattr(np, name)))
        for name in (
            "copy", "diagonal", "swapaxes", "squeeze", "expand_dims", "moveaxis",
            "rollaxis", "flip", "flipud", "fliplr", "rot90", "roll", "repeat", "tile",
            "matrix_transpose", "take_along_axis", "delete",
        )
    },
    **{
        name: Oracle(rearranged(getattr(np, name)), of_one(getattr(np, name)))
        for name in ("atleast_1d", "atleast_2d", "atleast_3d")
    },
    "flatten": Oracle(rearranged(flattened), not_as_it_lies(flattened)),
    "ravel": Oracle(rearranged(np.ravel), not_as_it_lies(np.ravel)),
    **{
        name: Oracle(rearranged(getattr(np, name)), not_empty(getattr(np, name)))
        for name in ("resize", "take")
    },
    **{
        name: Oracle(linear(getattr(np, name)))
        for name in (
            "cumsum", "cumulative_sum", "diag", "diagflat", "tril", "triu", "trace", "diff",
            "ediff1d", "append", "polyadd", "polysub", "polyder", "polyint", "linspace",
        )
    },
    **{
        name: Oracle(linear(all_given(getattr(np, name))), all_given(getattr(np, name)))
        for name in ("vstack", "hstack", "dstack", "column_stack", "block")
    },
    "gradient": Oracle(linear(np.gradient), one_result(np.gradient)),
    "pad": Oracle(linear(np.pad), padded),
    "trapezoid": Oracle(linear(np.trapezoid), of_one(np.trapezoid)),
    "assign": Oracle(linear(assigned), assigned),
    **{
        name: Oracle(bilinear(getattr(np, name)), of_few(getattr(np, name)), multiplies=True)
        for name in (
            "convolve", "correlate", "vecdot", "matvec", "vecmat", "outer", "tensordot",
            "kron", "cross",
        )
    },
    "inner": Oracle(
        bilinear(np.inner),
        of_few(of_arrays(np.inner)),
        multiplies=True,
    ),
    "cumprod": Oracle(cumulated, multiplies=True),
    "sort": Oracle(lambda x, axis=-1, **kwargs: taken(x, sorted_places(x, axis))),
    "median": Oracle(
        lambda x, axis=None, **kwargs: in_order(np.median)(x, axis=axis, **kwargs),
        unweighted(np.median),
    ),
    "quantile": Oracle(
        lambda x, q, axis=None, **kwargs: in_order(np.quantile)(x, q, axis=axis, **kwargs),
        unweighted(np.quantile),
    ),
    "nansum": Oracle(
        lambda x, *args, **kwargs: reduction(of("sum"))(
            torch.where(torch.isnan(x), torch.zeros_like(x), x), *args, **kwargs
        )
    ),
    "nanprod": Oracle(
        lambda x, *args, **kwargs: reduction(product_over, 1.0)(
            torch.where(torch.isnan(x), torch.ones_like(x), x), *args, **kwargs
        ),
        multiplies=True,
    ),
    "inv": Oracle(lambda x: torch.linalg.inv(x), multiplies=True),
    "det": Oracle(lambda x: torch.linalg.det(x), not_singular, multiplies=True),
    "pinv": Oracle(lambda x, **kwargs: torch.linalg.pinv(x), full_rank, multiplies=True),
    "solve": Oracle(solved, multiplies=True),
    "matrix_power": Oracle(lambda x, n: torch.linalg.matrix_power(x, n), multiplies=True),
    "svdvals": Oracle(lambda x: torch.linalg.svdvals(x), distinct, multiplies=True),
    "norm": Oracle(norm, nonzero(np.linalg.norm), multiplies=True),
    "vander": Oracle(vander, multiplies=True),
    "cov": Oracle(lambda x: torch.cov(x), plainly(np.cov), multiplies=True),
    "overlap_add": Oracle(lambda x, *given, **more: put(x, *window_places(x, *given, **more)),
                          overlapped),
}  # fmt: skip
