"""Convolution and correlation, with the arguments of scipy.signal.

Each is a part of the whole convolution of two arrays, whose derivatives are convolutions again: so
derivatives of any order need no other rule.

>>> from autograd_lite import grad
>>> import numpy as np
>>> grad(lambda x: convolve(x, [1.0, 2.0])[1])(np.array([3.0, 4.0]))
array([2., 1.])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.signal as sps

from autograd_lite.engine.declare import structural
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.complex_numbers import conjugate
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.shape import Call, Shape, dimensions_of, shape_of
from autograd_lite.scipy.declaring import of_arrays

MODES = ("full", "valid", "same")


def _whole(x: Array, y: Array, method: str) -> Array:
    if not x.size or not y.size:
        return np.zeros(_full_shape(x, y), np.result_type(x, y))
    z = np.asarray(sps.convolve(x, y, "full", method))
    return z.astype(np.result_type(x, y), copy=False)


def _full_shape(x: Any, y: Any) -> Shape:
    return tuple(max(n + m - 1, 0) for n, m in zip(shape_of(x), shape_of(y), strict=True))


def reversed_(x: Any) -> Any:
    """x backwards along every axis."""
    return getitem(x, (slice(None, None, -1),) * dimensions_of(x))


def _correlated(g: Any, y: Any, method: str) -> Any:
    """Σ g[k + l]·y[l] wherever all of y is inside of g: the gradient of what met y."""
    whole = convolve_all(g, reversed_(y), method)
    return getitem(whole, tuple(
        slice(m - 1, n) for n, m in zip(shape_of(g), shape_of(y), strict=True)
    ))  # fmt: skip


def _cases(shape: Shape) -> Iterator[Case]:
    if shape and 0 not in shape:
        yield (shape, shape), (), {}
        yield (shape, tuple(2 for _ in shape)), ("fft",), {}
        yield (shape, tuple(3 for _ in shape)), ("direct",), {}


@structural(
    arrays=of_arrays("convolve_all", _whole),
    text="{x} ∗ {y}",
    pullbacks=(
        lambda g, z, x, y, method: _correlated(g, y, method),
        lambda g, z, x, y, method: _correlated(g, x, method),
    ),
    cases=_cases,
    back=("g correlated with {y}", "g correlated with {x}"),
    linear="each",
    method=False,
)
def convolve_all(x: Any, y: Any, method: str = "auto") -> Call:
    """The whole convolution zₖ = Σ xᵢ·yₖ₋ᵢ of two arrays of as many axes. ∂L/∂x is g correlated
    with y, ∂L/∂y with x.

    >>> convolve_all([1.0, 2.0], [1.0, 1.0])
    array([1., 3., 2.])
    """
    return (x, y), {"method": method}


def _operands(name: str, in1: Any, in2: Any, mode: str) -> tuple[Any, Any]:
    x, y = (v if is_variable(v) else np.asarray(v) for v in (in1, in2))
    if dimensions_of(x) != dimensions_of(y):
        raise ValueError(
            f"{name}: both must have as many axes, not shapes {shape_of(x)} and {shape_of(y)}"
        )
    if mode not in MODES:
        raise ValueError(f"{name}: mode must be one of 'full', 'valid', 'same', not {mode!r}")
    if mode == "valid" and not _fits(x, y) and not _fits(y, x):
        raise ValueError(
            f"{name}: for mode='valid' one must be at least as long as the other along every axis, "
            f"not shapes {shape_of(x)} and {shape_of(y)}"
        )
    return x, y


def _fits(x: Any, y: Any) -> bool:
    """Whether y fits into x."""
    return all(n >= m for n, m in zip(shape_of(x), shape_of(y), strict=True))


def _part(whole: Any, x: Any, y: Any, mode: str) -> Any:
    """What of the whole convolution is asked for."""
    if mode == "full":
        return whole
    places = []
    for n, m in zip(shape_of(x), shape_of(y), strict=True):
        if mode == "same":
            start = (m - 1) // 2
            places.append(slice(start, start + n))
        else:
            places.append(slice(min(n, m) - 1, max(n, m)))
    return getitem(whole, tuple(places))


def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The convolution of two arrays of as many axes, as SciPy's.

    Args:
        in1, in2: arrays of any number of axes.
        mode: "full", all that is not 0; "same", as long as in1 and centred; "valid", where all of
            the shorter one is inside of the other.
        method: "direct" (sums), "fft", or "auto", which of them is quicker.

    >>> convolve([1.0, 2.0, 3.0], [0.0, 1.0, 0.5], "same")
    array([1. , 2.5, 4. ])
    """
    x, y = _operands("convolve", in1, in2, mode)
    if not dimensions_of(x):
        return x * y
    return _part(convolve_all(x, y, method), x, y, mode)


def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """The correlation of two arrays, zₖ = Σ in1ᵢ₊ₖ·in2ᵢ, with the conjugate of a complex in2; the
    arguments are those of `convolve`.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0], "valid")
    array([2., 3.])
    """
    x, y = _operands("correlate", in1, in2, mode)
    y = conjugate(y) if is_complex(y) else y
    if not dimensions_of(x):
        return x * y
    backwards = reversed_(y)
    return _part(convolve_all(x, backwards, method), x, backwards, mode)


def fftconvolve(
    in1: Any, in2: Any, mode: str = "full", axes: int | Sequence[int] | None = None
) -> Any:
    """`convolve` by way of the fast Fourier transform, along all axes.

    Raises:
        TypeError: if `axes` are given.

    >>> fftconvolve([1.0, 2.0], [1.0, 1.0]).round(6)
    array([1., 3., 2.])
    """
    if axes is not None:
        raise TypeError("fftconvolve: the argument axes=… is not supported for variables")
    return convolve(in1, in2, mode, "fft")


oaconvolve = fftconvolve

__all__ = ["convolve", "convolve_all", "correlate", "fftconvolve", "oaconvolve"]
