"""What stands for each primitive in PyTorch and, where NumPy has no name for it, in NumPy.

The one table, `ORACLES`. A function of PyTorch takes float64 tensors, a function of NumPy plain
arrays, both the other arguments of the public function. Indexing, of any kind, is a `take` of the
places that NumPy's own indexing finds in an array of places.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autograd_lite.engine.primitive import Declared
from benchmarks.agreement.maps import bilinear, in_order, linear, of_few
from benchmarks.peers import is_installed, load

torch: Any = load("torch") if is_installed("torch") else None

Function = Callable[..., Any]


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


# ---------------------------------------------------------------- axes


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes meant, each from 0 on."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def reduction(reduce: Function, neutral: float = 0.0, join: Function | None = None) -> Function:
    """A reduction of PyTorch, for which no axes are all of them, as NumPy has it. What `where`
    leaves out is `neutral`; the result is joined with `initial`."""

    def over(
        x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = None
    ) -> Any:
        axes = axes_of(x, axis)
        if where is not None:
            chosen = torch.as_tensor(np.array(where, bool))
            x = torch.where(chosen, x, torch.full_like(x, neutral))
        z = reduce(x, axes, keepdims) if axes else x.clone()
        if initial is None:
            return z
        return (join or torch.add)(z, torch.as_tensor(initial, dtype=z.dtype))

    return over


def product_over(x: Any, axes: Sequence[int], keepdims: bool) -> Any:
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keepdims)
    return x


def mean(
    x: Any, axis: Any = None, keepdims: bool = False, where: Any = None, ddof: float = 0.0
) -> Any:
    chosen = np.broadcast_to(True if where is None else np.array(where, bool), tuple(x.shape))
    count = np.sum(chosen, axis, keepdims=keepdims) - ddof
    return reduction(of("sum"))(x, axis, keepdims, where=chosen) / torch.as_tensor(count)


def variance(
    x: Any, axis: Any = None, keepdims: bool = False, *, ddof: float = 0.0,
    where: Any = None, mean: Any = None,
) -> Any:  # fmt: skip
    middle = (
        globals()["mean"](x, axis, True, where)
        if mean is None
        else torch.as_tensor(mean, dtype=x.dtype)
    )
    return globals()["mean"]((x - middle) ** 2, axis, keepdims, where, ddof)


def deviation(x: Any, *args: Any, **kwargs: Any) -> Any:
    """The square root of the variance, whose derivative is 0 at 0."""
    z = variance(x, *args, **kwargs)
    one = torch.ones_like(z)
    return torch.where(z == 0, z.detach(), torch.sqrt(torch.where(z == 0, one, z)))


def log_sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """logsumexp in NumPy."""
    axes = axes_of(np.asarray(x), axis)
    top = np.max(x, axis=axes, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    total = np.log(np.sum(np.exp(x - top), axis=axes, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axes)


def below_log_sum(x: Any, axis: Any = -1) -> Any:
    """x − logsumexp: of an x that grows beyond all others the limit, 0."""
    x = np.asarray(x)
    axes = axes_of(x, axis)
    alone = np.sum(np.isposinf(x), axis=axes, keepdims=True) == 1
    alone &= ~np.isnan(x).any(axis=axes, keepdims=True)
    return np.where(np.isposinf(x) & alone, 0.0, x - log_sum(x, axis, True)).astype(x.dtype)


def torch_log_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return torch.logsumexp(x, axes_of(x, axis), keepdims) if axes_of(x, axis) else x.clone()


# ---------------------------------------------------------------- places


def places(shape: Sequence[int]) -> Any:
    """The number of each place of an array of this shape."""
    return np.arange(math.prod(shape)).reshape(shape)


def taken(x: Any, where: Any) -> Any:
    """The elements of a tensor at these places."""
    return torch.take(x, torch.as_tensor(np.array(where)))


def put(x: Any, where: Any, shape: Sequence[int]) -> Any:
    """Zeros of a shape with the elements of a tensor added at these places."""
    flat = torch.as_tensor(np.array(where)).reshape(-1)
    elements = x.broadcast_to(np.shape(where)).reshape(-1)
    return torch.zeros(math.prod(shape), dtype=x.dtype).index_add(0, flat, elements).reshape(shape)


def all_windows(x: Any, size: Sequence[int], stride: int = 1) -> Any:
    """`windows` in NumPy."""
    k = len(size)
    last = tuple(range(-k, 0))
    found = sliding_window_view(x, tuple(size), axis=last)
    found = found[(..., *(slice(None, None, stride),) * k, *(slice(None),) * k)]
    return np.moveaxis(found, tuple(range(-2 * k, -k)), last)


def window_places(x: Any, lengths: Sequence[int], stride: int = 1) -> tuple[Any, tuple[int, ...]]:
    """Where each element of windows belongs, and the shape of the array they belong to; there may
    be more room than windows."""
    k = len(lengths)
    shape = (*x.shape[: -2 * k], *lengths)
    found = all_windows(places(shape), x.shape[-2 * k : -k], stride)
    return found[(..., *(slice(0, n) for n in x.shape[-k:]))], shape


def overlapped(x: Any, lengths: Sequence[int], stride: int = 1) -> Any:
    where, shape = window_places(x, lengths, stride)
    out = np.zeros(math.prod(shape), x.dtype)
    np.add.at(out, where.ravel(), x.ravel())
    return out.reshape(shape)


def scattered(x: Any, index: Any, shape: Any) -> Any:
    out = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(out, index, x)
    return out


# ---------------------------------------------------------------- elementwise and products


def sigmoid(x: Any) -> Any:
    """σ(x) with a derivative that does not cancel where it is near 0 or 1."""
    return torch.exp(-torch.logaddexp(-x, torch.zeros_like(x)))


def power(x: Any, y: Any) -> Any:
    """xʸ as ±e^(y·ln|x|), for PyTorch's own power loses ∂²/∂x∂y where y is 0. The derivative by y
    is taken as 0 where x = 0, and is nan where x < 0."""
    x, y = torch.broadcast_tensors(x, y)
    one = torch.ones_like(x)
    usual = (x != 0) & torch.isfinite(x) & torch.isfinite(y) & ((x > 0) | (y == y.round()))
    exponent = torch.where(x < 0, y.detach(), y)
    size = torch.exp(
        torch.where(usual, exponent, one) * torch.log(torch.where(usual, x.abs(), one))
    )
    power = torch.where((x < 0) & (y % 2 != 0), -size, size)
    nowhere = (y - y.detach()) * torch.where(
        usual & (x < 0), torch.full_like(one, torch.nan), torch.zeros_like(one)
    )
    other = torch.pow(
        torch.where(usual, one, x),
        torch.where(x == 0, y.detach(), torch.where(usual, one, y)),
    )
    return torch.where(usual, power + nowhere, other)


def kinked(f: Function) -> Function:
    """A function with a kink, whose derivative at nan is taken as 0."""

    def with_nan(*operands: Any) -> Any:
        z = f(*operands)
        nothing = torch.full_like(z.detach(), torch.nan)
        return torch.where(torch.isnan(z.detach()), nothing, z)

    return with_nan


def where(condition: Any, x: Any, y: Any) -> Any:
    return torch.where(condition.detach() != 0, x, y)


def dot(x: Any, y: Any) -> Any:
    if not (x.ndim and y.ndim):
        return x * y
    return torch.tensordot(x, y, ([-1], [max(-2, -y.ndim)]))


def numpy_dot(x: Any, y: Any) -> Any:
    """np.dot, by whose older rules a Python number widens a float32 array, as a product."""
    return np.dot(x, y) if np.ndim(x) and np.ndim(y) else np.multiply(x, y)


def numpy_vdot(x: Any, y: Any) -> Any:
    """np.vdot, with a number likewise."""
    return np.vdot(x, y) if np.ndim(x) and np.ndim(y) else np.multiply(x, y).reshape(())


def joined(*arrays: Any, axis: int | None = 0) -> Any:
    if axis is None:
        return torch.cat([x.reshape(-1) for x in arrays])
    return torch.cat(arrays, axis)


def floats_of(*arrays: Any) -> np.dtype[Any]:
    """The floating-point type of a result of these arrays."""
    return np.result_type(*arrays)


def of(name: str) -> Function:
    """PyTorch's function of that name, looked up when it is called: PyTorch is optional."""
    return lambda *args: getattr(torch, name)(*args)


def erf(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x)).astype(floats_of(x))


def rearranged(f: Function) -> Function:
    """A function of an array that only moves elements, as a `take`."""
    return lambda x, *args, **kwargs: taken(x, f(places(x.shape), *args, **kwargs))


def axes_given(x: Any, *order: Any, axes: Any = None) -> Any:
    """`transpose`, as the method of an array takes its axes."""
    return np.asarray(x).transpose(*(order if axes is None else (axes,)))


def shape_given(x: Any, *lengths: Any, shape: Any = None) -> Any:
    """`reshape`, as the method of an array takes its shape."""
    return np.reshape(x, shape) if shape is not None else np.asarray(x).reshape(*lengths)


def larger(x: Any, y: Any) -> Any:
    return torch.maximum(x, y)


def smaller(x: Any, y: Any) -> Any:
    return torch.minimum(x, y)


def not_nan(f: Function, x: Any, y: Any) -> Any:
    """The one of two that is a number; of two numbers what f takes."""
    x, y = torch.broadcast_tensors(x, y)
    zero = torch.zeros_like(x)
    without = torch.isnan(x), torch.isnan(y)
    both = f(torch.where(without[0], zero, x), torch.where(without[1], zero, y))
    return torch.where(without[0], y, torch.where(without[1], x, both))


def divided(f: Function) -> Function:
    """A remainder as x − n·y; PyTorch's own derivative has n = x/y rounded, which may be off."""

    def called(x: Any, y: Any) -> Any:
        count = torch.round((x - f(x, y)) / y).detach()
        return x - count * y

    return called


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """clip, with the derivative 1 at the bounds, for which x is kept there."""
    z = x
    if low is not None:
        z = torch.where(low > x, low, x)
    if high is not None:
        z = torch.where((high < z) | ((high == z) & (z != x)), high, z)
    return torch.where(z == x, x.broadcast_to(z.shape), z)


def flattened(x: Any, order: str = "C") -> Any:
    return np.asarray(x).flatten(order)


def not_as_it_lies(f: Function) -> Function:
    """A function of NumPy in the orders that do not depend on how an array lies in memory."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        if {"K", "A"} & {*args, *kwargs.values()}:
            raise ValueError("depends on the layout")
        return f(x, *args, **kwargs)

    return called


def not_empty(f: Function) -> Function:
    """The function of NumPy, of what is not empty."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        if not np.size(x):
            raise ValueError("empty")
        return f(x, *args, **kwargs)

    return called


def all_given(f: Function) -> Function:
    """A function of a list, called with what would be in it."""
    return lambda *arrays, **kwargs: f(list(arrays), **kwargs)


def padded(x: Any, widths: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """np.pad, in the modes that are linear."""
    if mode in ("maximum", "minimum", "median"):
        raise ValueError(mode)
    return np.pad(x, widths, mode, **kwargs)


def of_one(f: Function) -> Function:
    """The function of NumPy, of one operand."""

    def called(x: Any, *more: Any, **kwargs: Any) -> Any:
        if more:
            raise ValueError("of several")
        return f(x, **kwargs)

    return called


def plainly(f: Function) -> Function:
    """The function of NumPy, of one matrix and nothing else."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or np.ndim(x) != 2 or np.shape(x)[1] < 2:
            raise ValueError("called otherwise")
        return f(x)

    return called


def of_arrays(f: Function) -> Function:
    """The function of NumPy, of arrays that have axes: beside a number it widens float32."""

    def called(x: Any, y: Any) -> Any:
        if not (np.ndim(x) and np.ndim(y)):
            raise ValueError("a number")
        return f(x, y)

    return called


def one_result(f: Function) -> Function:
    """The function of NumPy, where it gives one array."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(z := f(x, *args, **kwargs), tuple | list):
            raise ValueError("several")
        return z

    return called


def unweighted(f: Function) -> Function:
    """Quantiles without weights."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("weights") is not None or np.ndim(x) == 0 or np.isnan(x).any():
            raise ValueError("weighted, or nan")
        return f(x, *args, **kwargs)

    return called


def assigned(x: Any, value: Any, index: Any) -> Any:
    """A copy in which the value stands at the index."""
    z = np.array(x)
    z[index] = value
    return z


def cumulated(x: Any, axis: int | None = None) -> Any:
    return torch.cumprod(x.reshape(-1), 0) if axis is None else torch.cumprod(x, axis)


def sorted_places(x: Any, axis: int | None) -> Any:
    """The places of an array's elements in order, equal ones in the order in which they stood."""
    numbers, where = x.detach().numpy(), places(x.shape)
    if axis is None:
        numbers, where, axis = numbers.ravel(), where.ravel(), 0
    return np.take_along_axis(where, np.argsort(numbers, axis, kind="stable"), axis)


def finite(x: Any) -> Any:
    """The same; LAPACK may go on for ever with what is not finite."""
    if not np.isfinite(x).all():
        raise ValueError("not finite")
    return x


def distinct(x: Any) -> Any:
    """Singular values that are not near one another, nor near 0."""
    s = np.linalg.svdvals(finite(x))
    if np.any(-np.diff(s, append=0.0) < 0.05):
        raise ValueError("not distinct")
    return s


def full_rank(x: Any, **kwargs: Any) -> Any:
    """The pseudoinverse of what has full rank."""
    if np.linalg.svdvals(finite(x)).min(initial=1.0) < 0.05:
        raise ValueError("not of full rank")
    return np.linalg.pinv(x, **kwargs)


def solved(x: Any, y: Any) -> Any:
    return torch.linalg.solve(x, y) if y.ndim > 1 else torch.linalg.solve(x, y[:, None])[..., 0]


def nonzero(f: Function) -> Function:
    """A norm where it has a derivative that is no matter of convention."""

    def called(x: Any, *args: Any, **kwargs: Any) -> Any:
        z = f(x, *args, **kwargs)
        if np.any(np.abs(x) < 0.01) or np.ndim(x) == 0 or np.size(x) != len(np.unique(np.abs(x))):
            raise ValueError("ties, or 0")
        if np.linalg.svdvals(finite(np.atleast_2d(x))).min(initial=1.0) < 0.05:
            raise ValueError("not of full rank")
        return z

    return called


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is None:
        return torch.linalg.vector_norm(x, 2, dim=axis, keepdim=keepdims)
    return torch.linalg.norm(x, ord, dim=axis, keepdim=keepdims)


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    count = x.shape[0] if N is None else N
    powers = [torch.pow(x, k) for k in range(count)]
    if not powers:
        return torch.zeros((x.shape[0], 0), dtype=x.dtype)
    return torch.stack(powers if increasing else powers[::-1], -1)


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
    "clip": Oracle(clip),
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
    "nansum": Oracle(lambda x, *args, **kwargs: reduction(of("nansum"))(x, *args, **kwargs)),
    "nanprod": Oracle(
        lambda x, *args, **kwargs: reduction(product_over, 1.0)(
            torch.where(torch.isnan(x), torch.ones_like(x), x), *args, **kwargs
        ),
        multiplies=True,
    ),
    "inv": Oracle(lambda x: torch.linalg.inv(x), multiplies=True),
    "det": Oracle(lambda x: torch.linalg.det(x), multiplies=True),
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
