"""Fourier transforms with the arguments of scipy.fft; cosine and sine transforms.

SciPy's own functions turn what they are given into plain arrays, which a variable refuses. The
Fourier transforms are those of `np.fft`, which take variables by NumPy's own names as well;
`overwrite_x`, `workers` and `plan` mean nothing here.

Source: G. Strang, "The Discrete Cosine Transform" (1999).

>>> import numpy as np
>>> from autograd_lite import grad
>>> grad(lambda x: dct(x)[1])(np.zeros(2)).round(6)
array([ 1.414214, -1.414214])
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.fft

from autograd_lite.engine.declare import structural
from autograd_lite.engine.primitive import Array, Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives import fft as _fft
from autograd_lite.primitives.indexing import getitem
from autograd_lite.primitives.joining import concatenate
from autograd_lite.primitives.shape import Call, Shape, shape_of
from autograd_lite.scipy.declaring import of_arrays

# ---------------------------------------------------------------- Fourier transforms


def _along_an_axis(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's transform along one axis, with SciPy's arguments."""

    def transform(
        x: Any, n: Any = None, axis: int = -1, norm: str | None = None,
        overwrite_x: bool = False, workers: int | None = None, *, plan: None = None,
    ) -> Any:  # fmt: skip
        return function(x, n, axis, norm)

    return _named(transform, function)


def _along_axes(function: Callable[..., Any], usual: Any) -> Callable[..., Any]:
    """NumPy's transform along several axes, with SciPy's arguments."""

    def transform(
        x: Any, s: Any = None, axes: Any = usual, norm: str | None = None,
        overwrite_x: bool = False, workers: int | None = None, *, plan: None = None,
    ) -> Any:  # fmt: skip
        return function(x, s, axes, norm)

    return _named(transform, function)


def _named(transform: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    transform.__name__ = transform.__qualname__ = function.__name__
    transform.__doc__ = f"As `np.fft.{function.__name__}`, with the arguments of scipy.fft."
    return transform


fft, ifft = _along_an_axis(_fft.fft), _along_an_axis(_fft.ifft)
rfft, irfft = _along_an_axis(_fft.rfft), _along_an_axis(_fft.irfft)
hfft, ihfft = _along_an_axis(_fft.hfft), _along_an_axis(_fft.ihfft)
fft2, ifft2 = _along_axes(_fft.fft2, (-2, -1)), _along_axes(_fft.ifft2, (-2, -1))
rfft2, irfft2 = _along_axes(_fft.rfft2, (-2, -1)), _along_axes(_fft.irfft2, (-2, -1))
fftn, ifftn = _along_axes(_fft.fftn, None), _along_axes(_fft.ifftn, None)
rfftn, irfftn = _along_axes(_fft.rfftn, None), _along_axes(_fft.irfftn, None)
fftshift, ifftshift = _fft.fftshift, _fft.ifftshift

# ---------------------------------------------------------------- cosine and sine transforms

# The matrix of a transform is not symmetric, but nearly so: transposed it is that of type 1 again,
# of 3 for 2 and of 2 for 3, or of 4 again, once the first and last element (of sines the last) is
# scaled before and after.

DUAL = {1: 1, 2: 3, 3: 2, 4: 4}
"""The type of the inverse, and of the transposed, of each type."""
_ROOT = 2.0**0.5
_INVERSE_NORM = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _ends(n: int, number: float) -> Array:
    """Ones, but for the first and the last of them."""
    scale = np.ones(n)
    scale[[0, -1]] = number
    return scale


def _scales(cosine: bool, kind: int, n: int) -> tuple[Array, Array, Array, Array]:
    """What the transposed transform is scaled by before and after; and what `orthogonalize` scales
    the results and the operand of the transform by."""
    one = np.ones(n)
    if cosine and kind == 1:
        half, root = _ends(n, 0.5), _ends(n, _ROOT)
        return 1.0 / half, half, 1.0 / root, root
    special = np.arange(n) == (0 if cosine else n - 1)
    if kind == 2:
        return np.where(special, 2.0, 1.0), one, np.where(special, 1 / _ROOT, 1.0), one
    if kind == 3:
        return one, np.where(special, 0.5, 1.0), one, np.where(special, _ROOT, 1.0)
    return one, one, one, one


def _times(x: Any, scale: Array, axis: int) -> Any:
    """x, each element along an axis times a number, in the dtype of x."""
    if np.all(scale == 1.0):
        return x
    behind = len(shape_of(x)) - axis % len(shape_of(x)) - 1
    real = np.zeros(0, getattr(x, "dtype", float)).real.dtype
    return x * scale.astype(real).reshape((-1, *(1,) * behind))


def _transposed(cosine: bool, transform: Callable[..., Any]) -> Callable[..., Any]:
    def pull(g: Any, z: Any, x: Any, kind: int, axis: int, norm: Any, orthogonal: bool) -> Any:
        before, after, out, into = _scales(cosine, kind, shape_of(x)[axis])
        if orthogonal:
            before, after = before * out, after * into
        g = transform(_times(g, before, axis), DUAL[kind], None, axis, norm, orthogonalize=False)
        return _times(g, after, axis)

    return pull


def _value(name: str) -> Any:
    function = getattr(scipy.fft, name)

    def arrays(x: Array, kind: int, axis: int, norm: Any, orthogonal: bool) -> Array:
        z: Array = function(x, kind, axis=axis, norm=norm, orthogonalize=orthogonal)
        return z

    return of_arrays(name, arrays)


def _cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape)) if shape and 0 not in shape else ():
        if shape[axis] < 2:
            continue
        for kind in (1, 2, 3, 4):
            yield (shape,), (kind,), {"axis": axis}
            yield (shape,), (kind, 3, axis, "ortho"), {}
            yield (shape,), (kind,), {"axis": axis, "norm": "forward", "orthogonalize": True}
            yield (shape,), (kind,), {"axis": axis, "norm": "ortho", "orthogonalize": False}


def _params(name: str, x: Any, kind: Any, n: Any, axis: Any, norm: Any, orthogonalize: Any) -> Call:
    if kind not in DUAL:
        raise ValueError(f"{name}: type must be 1, 2, 3 or 4, not {kind!r}")
    if norm not in _INVERSE_NORM:
        raise ValueError(f"{name}: norm must be 'backward', 'ortho' or 'forward', not {norm!r}")
    x = x if is_variable(x) else np.asarray(x)
    axis = operator.index(axis)
    if not -len(shape_of(x)) <= axis < len(shape_of(x)):
        raise IndexError(f"{name}: there is no axis {axis} in shape {shape_of(x)}")
    orthogonal = norm == "ortho" if orthogonalize is None else bool(orthogonalize)
    x = _resized(name, x, n, axis)
    return (x,), {"kind": int(kind), "axis": axis, "norm": norm, "orthogonal": orthogonal}


def _resized(name: str, x: Any, n: Any, axis: int) -> Any:
    """x with n elements along an axis: the first ones, or zeros after them."""
    shape = list(shape_of(x))
    if n is None or n == shape[axis]:
        return x
    if operator.index(n) < 1:
        raise ValueError(f"{name}: the number of points, {n}, must be at least 1")
    axis %= len(shape)
    if n < shape[axis]:
        return getitem(x, (*(slice(None),) * axis, slice(n)))
    shape[axis] = n - shape[axis]
    return concatenate([x, np.zeros(shape, x.dtype)], axis=axis)


@structural(
    arrays=_value("dct"),
    pullbacks=(_transposed(True, lambda *call, **named: dct(*call, **named)),),
    cases=_cases,
    back=("the transform of the dual type of g",),
    linear="jointly",
    method=False,
)
def dct(
    x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: str | None = None,
    overwrite_x: bool = False, workers: int | None = None, orthogonalize: bool | None = None,
) -> Call:  # fmt: skip
    """The discrete cosine transform along an axis; of type 2, z_k = 2·Σ x_j·cos(πk(2j + 1)/2n).

    ∂L/∂x is the transform of g of type 1, 3, 2 or 4, of which the first element (in type 1 also the
    last) is scaled.

    Args:
        x: numbers.
        type: 1, 2, 3 or 4, as in SciPy.
        n: how many points: x is cut, or zeros are added, along the axis; by default all.
        axis, norm, orthogonalize: as SciPy's; with norm="ortho" the transform is orthogonal.

    >>> dct([1.0, 1.0])
    array([4., 0.])
    """
    return _params("dct", x, type, n, axis, norm, orthogonalize)


@structural(
    arrays=_value("dst"),
    pullbacks=(_transposed(False, lambda *call, **named: dst(*call, **named)),),
    cases=_cases,
    back=("the transform of the dual type of g",),
    linear="jointly",
    method=False,
)
def dst(
    x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: str | None = None,
    overwrite_x: bool = False, workers: int | None = None, orthogonalize: bool | None = None,
) -> Call:  # fmt: skip
    """The discrete sine transform along an axis; of type 2, z_k = 2·Σ x_j·sin(π(k + 1)(2j + 1)/2n).
    The arguments are those of `dct`.

    ∂L/∂x is the transform of g of type 1, 3, 2 or 4, of which the last element is scaled.

    >>> dst([1.0, -1.0]).round(6)
    array([0., 4.])
    """
    return _params("dst", x, type, n, axis, norm, orthogonalize)


def _inverse(name: str, transform: Callable[..., Any]) -> Callable[..., Any]:
    def inverse(
        x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: str | None = None,
        overwrite_x: bool = False, workers: int | None = None, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        other = _INVERSE_NORM.get(norm, norm)
        return transform(x, DUAL.get(type, type), n, axis, other, orthogonalize=orthogonalize)

    inverse.__name__ = inverse.__qualname__ = name
    inverse.__doc__ = f"The inverse of `{name[1:]}`, with the same arguments."
    return inverse


def _of_many(name: str, transform: Callable[..., Any]) -> Callable[..., Any]:
    def many(
        x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: str | None = None,
        overwrite_x: bool = False, workers: int | None = None, *, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        x = x if is_variable(x) else np.asarray(x)
        for n, axis in zip(*_lengths(name, shape_of(x), s, axes), strict=True):
            x = transform(x, type, n, axis, norm, orthogonalize=orthogonalize)
        return x

    many.__name__ = many.__qualname__ = name
    many.__doc__ = f"`{name[:-1]}` along several axes, by default all."
    return many


def _lengths(name: str, shape: Shape, s: Any, axes: Any) -> tuple[Sequence[Any], Sequence[int]]:
    """How many points along which axes."""
    s = None if s is None else [s] if np.ndim(s) == 0 else list(s)
    if axes is None:
        axes = range(len(shape)) if s is None else range(len(shape) - len(s), len(shape))
    axes = [axes] if np.ndim(axes) == 0 else list(axes)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(lengths) != len(axes):
        raise ValueError(f"{name}: give as many lengths s as axes")
    return lengths, axes


idct, idst = _inverse("idct", dct), _inverse("idst", dst)
dctn, dstn = _of_many("dctn", dct), _of_many("dstn", dst)
idctn, idstn = _of_many("idctn", idct), _of_many("idstn", idst)

__all__ = [
    "dct", "dctn", "dst", "dstn", "fft", "fft2", "fftn", "fftshift", "hfft", "idct", "idctn",
    "idst", "idstn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft", "irfft2", "irfftn",
    "rfft", "rfft2", "rfftn",
]  # fmt: skip
