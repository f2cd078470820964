"""Functions that compute with numbers, in PyTorch, where its own differ from NumPy's in what they
take, give, or have for a derivative; and in NumPy, where it has none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.agreement.maps import Function, torch

# ---------------------------------------------------------------- element by element


def of(name: str) -> Function:
    """PyTorch's function of that name, looked up when it is called: PyTorch is optional."""
    return lambda *args: getattr(torch, name)(*args)


def floats_of(*arrays: Any) -> np.dtype[Any]:
    """The floating-point type of a result of these arrays."""
    return np.result_type(*arrays)


def kinked(f: Function) -> Function:
    """A function with a kink, whose derivative at nan is taken as 0."""

    def with_nan(*operands: Any) -> Any:
        z = f(*operands)
        nothing = torch.full_like(z.detach(), torch.nan)
        return torch.where(torch.isnan(z.detach()), nothing, z)

    return with_nan


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


def where(condition: Any, x: Any, y: Any) -> Any:
    return torch.where(condition.detach() != 0, x, y)


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """clip, with the derivative 1 at the bounds, for which x is kept there."""
    z = x
    if low is not None:
        z = torch.where(low > x, low, x)
    if high is not None:
        z = torch.where((high < z) | ((high == z) & (z != x)), high, z)
    return torch.where(z == x, x.broadcast_to(z.shape), z)


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


def erf(x: Any) -> Any:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x)).astype(floats_of(x))


# ---------------------------------------------------------------- reductions


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


def cumulated(x: Any, axis: int | None = None) -> Any:
    return torch.cumprod(x.reshape(-1), 0) if axis is None else torch.cumprod(x, axis)


# ---------------------------------------------------------------- products and matrices


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


def solved(x: Any, y: Any) -> Any:
    inverse = torch.linalg.inv(x)
    return inverse @ y if y.ndim > 1 else (inverse @ y[:, None])[..., 0]


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
