"""Discrete Fourier transforms, as numpy.fft has them. It is imported when one of them is first
called with a variable: see `autograd_lite.engine.primitive.later`.

The matrix of a transform, exp(−2πi·jk/n), is symmetric: on the way back, the gradient is
transformed in the same direction. Those in several dimensions, and of Hermitian input, are made of
the four along one axis. See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.fft  # what it declares the functions of

from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import Case
from autograd_lite.primitives.complex_numbers import conjugate
from autograd_lite.primitives.indexing import getitem, scatter
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.matrices import as_array
from autograd_lite.primitives.shape import Call, Shape, shape_of

_OTHER_NORM = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""How the inverse of a transform is scaled in the same direction."""


def _along(axis: int, dimensions: int, part: Any) -> tuple[Any, ...]:
    """The index that is `part` on one axis, and all of the others."""
    return (*(slice(None),) * (axis % dimensions), part)


def _resized(x: Any, length: int, axis: int) -> Any:
    """x with so many elements along an axis: the first ones, or zeros after them."""
    shape = shape_of(x)
    if shape[axis] == length:
        return x
    if shape[axis] > length:
        return getitem(x, _along(axis, len(shape), slice(length)))
    whole = list(shape)
    whole[axis] = length
    return scatter(x, _along(axis, len(shape), slice(shape[axis])), tuple(whole))


def _params(name: str, x: Any, n: Any, axis: Any, norm: Any) -> Call:
    """The operands and parameters of a transform along one axis."""
    if norm not in _OTHER_NORM:
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', not {norm!r}")
    x = as_array(x)
    axis = operator.index(axis)
    if not -len(shape_of(x)) <= axis < len(shape_of(x)):
        raise IndexError(f"{name}: there is no axis {axis} in shape {shape_of(x)}")
    n = None if n is None else operator.index(n)
    if n is not None and n < 1:
        raise ValueError(f"{name}: the number of points, {n}, must be at least 1")
    return (x,), {"n": n, "axis": axis, "norm": norm}


def _cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if shape and 0 not in shape else ():
        if shape[axis]:
            yield (shape,), (), {"axis": axis}
            yield (shape,), (2, axis), {"norm": "ortho"}
            yield (shape,), (), {"n": shape[axis] + 1, "axis": axis, "norm": "forward"}


def _real_cases(shape: Shape) -> Iterator[Case]:
    """The same, with the odd and the even lengths that may have been the original one."""
    for shapes, args, kwargs in _cases(shape):
        if args or "n" in kwargs or shape[kwargs["axis"]] > 1:
            yield shapes, args, kwargs
            yield shapes, (3, args[1] if args else kwargs["axis"]), {}


# ---------------------------------------------------------------- along one axis


def _to_points(transform: Any) -> Any:
    """The pullback of a transform whose matrix is symmetric: the transform of g."""

    def pull(g: Any, z: Any, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
        back = transform(g, None, axis, norm)
        return _resized(back, shape_of(x)[axis], axis)

    return pull


@structural(
    np.fft.fft,
    pullbacks=(_to_points(lambda *call: fft(*call)),),
    cases=_cases,
    back=("the transform of g",),
    linear="jointly",
    method=False,
)
def fft(x: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Call:
    """The discrete Fourier transform along an axis, z_k = Σⱼ x_j·exp(−2πi·jk/n). ∂L/∂x = fft(g).

    Args:
        x: numbers, real or complex.
        n: how many points: x is cut, or zeros are added, along the axis; by default all.
        axis: the axis along which to transform.
        norm: "backward" as above; "forward" divides by n, "ortho" by √n.

    >>> fft([1.0, 0.0, 0.0]).real
    array([1., 1., 1.])
    """
    return _params("fft", x, n, axis, norm)


@structural(
    np.fft.ifft,
    pullbacks=(_to_points(lambda *call: ifft(*call)),),
    cases=_cases,
    back=("the inverse transform of g",),
    linear="jointly",
    method=False,
)
def ifft(x: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Call:
    """The inverse of `fft`, z_j = (1/n)·Σₖ x_k·exp(2πi·jk/n). ∂L/∂x = ifft(g).

    >>> ifft([1.0, 1.0, 1.0]).real
    array([1., 0., 0.])
    """
    return _params("ifft", x, n, axis, norm)


def _halves(x: Any, n: int, axis: int) -> Any:
    """How often each of the n//2 + 1 frequencies of a real signal stands for: itself and its
    conjugate, but for the first and, of an even n, the last."""
    count = np.full(n // 2 + 1, 2.0, np.asarray(0, getattr(x, "dtype", float)).real.dtype)
    count[0] = 1.0
    if n % 2 == 0:
        count[-1] = 1.0
    return count.reshape((-1, *(1,) * (len(shape_of(x)) - axis % len(shape_of(x)) - 1)))


def _to_signal(g: Any, z: Any, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """The real part of the transform of g, n points of it."""
    points = shape_of(x)[axis] if n is None else n
    spectrum = conjugate(g) / _halves(g, points, axis)
    return _resized(irfft(spectrum, points, axis, _OTHER_NORM[norm]), shape_of(x)[axis], axis)


@structural(
    np.fft.rfft,
    pullbacks=(_to_signal,),
    cases=_cases,
    back=("the real part of the transform of g",),
    linear="jointly",
    method=False,
)
def rfft(x: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Call:
    """The frequencies from 0 to n//2 of the transform of real numbers: see `fft`.

    >>> rfft([1.0, 0.0, 0.0]).real
    array([1., 1.])
    """
    if is_complex(x):
        raise TypeError("rfft: real numbers are needed, not complex ones; use fft")
    return _params("rfft", x, n, axis, norm)


def _to_spectrum(g: Any, z: Any, x: Any, n: int | None, axis: int, norm: str | None) -> Any:
    """The conjugate of the transform of g, where a frequency stands for two of them twice."""
    spectrum = conjugate(rfft(g, None, axis, _OTHER_NORM[norm]))
    spectrum = spectrum * _halves(g, shape_of(z)[axis], axis)
    return _resized(spectrum, shape_of(x)[axis], axis)


@structural(
    np.fft.irfft,
    pullbacks=(_to_spectrum,),
    cases=_real_cases,
    back=("the conjugate of the transform of g",),
    linear="jointly",
    method=False,
)
def irfft(x: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Call:
    """The inverse of `rfft`: n real numbers, by default 2·(m − 1) for m frequencies. The imaginary
    part of frequency 0, and of n/2, is not used.

    >>> irfft([1.0, 1.0], 3)
    array([1., 0., 0.])
    """
    return _params("irfft", x, n, axis, norm)


# ---------------------------------------------------------------- made of these


def _lengths_and_axes(name: str, x: Any, s: Any, axes: Any) -> tuple[list[Any], list[int]]:
    """How many points along which axes: all of them, unless some are said; None for all points."""
    dimensions = len(shape_of(x))
    if axes is None:
        first = 0 if s is None else dimensions - len(s)
        axes = range(first, dimensions)
    axes = [operator.index(a) for a in axes]
    lengths = [None] * len(axes) if s is None else list(s)
    if len(lengths) != len(axes):
        raise ValueError(f"{name}: give as many lengths s as axes")
    kept = [None if n == -1 else n for n in lengths]
    return kept, axes


def _each(transform: Any, x: Any, lengths: Sequence[Any], axes: Sequence[int], norm: Any) -> Any:
    """The transform along one axis after the other, the last first."""
    for n, axis in zip(reversed(lengths), reversed(axes), strict=True):
        x = transform(x, n, axis, norm)
    return x


def _many_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (), {}
        yield (shape,), (), {"s": (2, 3), "axes": (-1, 0), "norm": "ortho"}
        yield (shape,), (), {"axes": (0, 1), "norm": "forward"}


@composed(np.fft.fftn, cases=_many_cases, method=False)
def fftn(x: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The transform along several axes, by default all: see `fft`.

    >>> fftn(np.eye(2)).real
    array([[2., 0.],
           [0., 2.]])
    """
    x = as_array(x)
    return _each(fft, x, *_lengths_and_axes("fftn", x, s, axes), norm)


@composed(np.fft.ifftn, cases=_many_cases, method=False)
def ifftn(x: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `fftn`.

    >>> ifftn(2.0 * np.eye(2)).real
    array([[1., 0.],
           [0., 1.]])
    """
    x = as_array(x)
    return _each(ifft, x, *_lengths_and_axes("ifftn", x, s, axes), norm)


@composed(np.fft.rfftn, cases=_many_cases, method=False)
def rfftn(x: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The transform of real numbers along several axes: `rfft` along the last, `fft` along the
    others.

    >>> rfftn(np.eye(2)).shape
    (2, 2)
    """
    x = as_array(x)
    lengths, axes = _lengths_and_axes("rfftn", x, s, axes)
    z = rfft(x, lengths[-1], axes[-1], norm)
    for n, axis in zip(lengths[:-1], axes[:-1], strict=True):
        z = fft(z, n, axis, norm)
    return z


@composed(np.fft.irfftn, cases=_many_cases, method=False)
def irfftn(x: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of `rfftn`; the last length, if none is given, is 2·(m − 1).

    >>> irfftn(rfftn(np.eye(2)))
    array([[1., 0.],
           [0., 1.]])
    """
    x = as_array(x)
    lengths, axes = _lengths_and_axes("irfftn", x, s, axes)
    for n, axis in zip(lengths[:-1], axes[:-1], strict=True):
        x = ifft(x, n, axis, norm)
    return irfft(x, lengths[-1], axes[-1], norm)


def _plane_cases(shape: Shape) -> Iterator[Case]:
    if len(shape) > 1 and 0 not in shape:
        yield (shape,), (), {}
        yield (shape,), ((3, 2), (0, 1), "ortho"), {}


@composed(np.fft.fft2, cases=_plane_cases, method=False)
def fft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The transform along two axes: see `fftn`.

    >>> fft2(np.eye(2)).real
    array([[2., 0.],
           [0., 2.]])
    """
    return fftn(x, s, axes, norm)


@composed(np.fft.ifft2, cases=_plane_cases, method=False)
def ifft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `fft2`.

    >>> ifft2(2.0 * np.eye(2)).real
    array([[1., 0.],
           [0., 1.]])
    """
    return ifftn(x, s, axes, norm)


@composed(np.fft.rfft2, cases=_plane_cases, method=False)
def rfft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The transform of real numbers along two axes: see `rfftn`.

    >>> rfft2(np.eye(2)).shape
    (2, 2)
    """
    return rfftn(x, s, axes, norm)


@composed(np.fft.irfft2, cases=_plane_cases, method=False)
def irfft2(x: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of `rfft2`.

    >>> irfft2(rfft2(np.eye(2)))
    array([[1., 0.],
           [0., 1.]])
    """
    return irfftn(x, s, axes, norm)


def _norm_of_other(name: str, norm: Any) -> str:
    if norm not in _OTHER_NORM:
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', not {norm!r}")
    return _OTHER_NORM[norm]


@composed(np.fft.hfft, cases=_real_cases, method=False)
def hfft(x: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The transform of a signal of which x is the half, for its other half is the conjugate: real
    numbers.

    >>> hfft([1.0, 0.0])
    array([1., 1.])
    """
    return irfft(conjugate(as_array(x)), n, axis, _norm_of_other("hfft", norm))


@composed(np.fft.ihfft, cases=_cases, method=False)
def ihfft(x: Any, n: Any = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of `hfft`.

    >>> ihfft([1.0, 1.0]).real
    array([1., 0.])
    """
    return conjugate(rfft(x, n, axis, _norm_of_other("ihfft", norm)))


# ---------------------------------------------------------------- in another order


def _rolled(x: Any, axes: Any, half: Any) -> Any:
    """x with the halves of some axes exchanged."""
    x = as_array(x)
    shape = shape_of(x)
    if not shape:
        raise ValueError("fftshift: a number has no axes to shift along")
    axes = range(len(shape)) if axes is None else (axes,) if np.ndim(axes) == 0 else axes
    for axis in axes:
        if not -len(shape) <= axis < len(shape):
            raise IndexError(f"fftshift: there is no axis {axis} in shape {shape}")
        middle = half(shape[axis])
        parts = [
            getitem(x, _along(axis, len(shape), part))
            for part in (slice(middle, None), slice(middle))
        ]
        x = concatenate(parts, axis)
    return x


def _shift_cases(shape: Shape) -> Iterator[Case]:
    if shape:
        yield (shape,), (), {}
    for axis in range(-1, len(shape)) if shape else ():
        yield (shape,), (axis,), {}


@composed(np.fft.fftshift, cases=_shift_cases, method=False)
def fftshift(x: Any, axes: Any = None) -> Any:
    """x with the frequency 0 in the middle of each axis, or of some.

    >>> fftshift([0.0, 1.0, 2.0, -2.0, -1.0])
    array([-2., -1.,  0.,  1.,  2.])
    """
    return _rolled(x, axes, lambda n: n - n // 2)


@composed(np.fft.ifftshift, cases=_shift_cases, method=False)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of `fftshift`.

    >>> ifftshift([-2.0, -1.0, 0.0, 1.0, 2.0])
    array([ 0.,  1.,  2., -2., -1.])
    """
    return _rolled(x, axes, lambda n: n // 2)
