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

from autograd_lite import Primitive
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


def numpy_function(primitive: Primitive) -> Function:
    """The function of NumPy that stands for a primitive."""
    return ORACLES[primitive.name].numpy or primitive.numpy[0]


def missing(primitives: Sequence[Primitive]) -> list[str]:
    """The names of the primitives that nothing stands for."""
    return [p.name for p in primitives if p.name not in ORACLES]


# ---------------------------------------------------------------- axes


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes meant, each from 0 on."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % x.ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def reduction(reduce: Function) -> Function:
    """A reduction of PyTorch, for which no axes are all of them, as NumPy has it."""

    def over(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        axes = axes_of(x, axis)
        return reduce(x, axes, keepdims) if axes else x.clone()

    return over


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
    "mean": Oracle(reduction(of("mean"))),
    "max": Oracle(reduction(of("amax")), multiplies=True),
    "min": Oracle(reduction(of("amin")), multiplies=True),
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
    "overlap_add": Oracle(lambda x, *given, **more: put(x, *window_places(x, *given, **more)),
                          overlapped),
}  # fmt: skip
