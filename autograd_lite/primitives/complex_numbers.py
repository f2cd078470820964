"""The parts of complex numbers.

The gradient of a real function f at complex x = a + i·b is taken to be ∂f/∂a − i·∂f/∂b, so that the
chain rule of a holomorphic function is g·f'(x), without a conjugate (the convention of JAX and HIPS
autograd). See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached, times
from autograd_lite.engine.declare import composed, elementwise
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import NONZERO
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.trigonometric import arctan2


def _one(shape: tuple[int, ...]) -> Any:
    return iter([((shape,), (), {})])


@elementwise(
    np.real,
    text="Re({x})",
    floats="x",
    partials=(1.0,),
    pullbacks=(lambda g, z, x: g,),
    method=False,
)
def real(x: Any) -> Any:
    """The real part: x itself if it is real. The gradient goes to the real part.

    >>> real(np.array([1.0 + 2.0j]))
    array([1.])
    """


@elementwise(
    np.imag,
    text="Im({x})",
    floats="0.0",
    partials=(0.0,),
    pullbacks=(lambda g, z, x: g * -1j if is_complex(x) else times(g, 0.0),),
    method=False,
)
def imag(x: Any) -> Any:
    """The imaginary part: 0 if x is real. The gradient goes to the imaginary part, as −i·g.

    >>> imag(np.array([1.0 + 2.0j]))
    array([2.])
    """


@elementwise(
    np.conjugate,
    text="conj({x})",
    floats="x",
    partials=(1.0,),
    pullbacks=(lambda g, z, x: conjugate(g),),
)
def conjugate(x: Any) -> Any:
    """The complex conjugate: x itself if it is real. The gradient is conjugated, too.

    >>> conjugate(np.array([1.0 + 2.0j]))
    array([1.-2.j])
    """


@composed(np.angle, cases=_one, domain=(NONZERO,))
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of z = x + iy in the plane, arctan2(y, x), from −π to π; from −180 to 180 with
    `deg`. Of real numbers it is 0 or π, with a derivative of 0.

    >>> angle(np.array([1.0j, -1.0]), deg=True)
    array([ 90., 180.])
    """
    radians = arctan2(imag(z), real(z))
    return radians * (180.0 / math.pi) if deg else radians


@composed(np.real_if_close, cases=_one)
def real_if_close(a: Any, tol: float = 100.0) -> Any:
    """The real parts, if no imaginary part is more than `tol` times the rounding error of the
    dtype (or, for tol ≤ 1, than `tol`); else the complex numbers as they are.

    >>> real_if_close(np.array([2.0 + 1e-15j]))
    array([2.])
    """
    close = is_complex(a) and not is_complex(np.real_if_close(detached(a), tol))
    return real(a) if close else a


def _replaced(x: Any, **numbers: Any) -> Any:
    plain = detached(x)
    return where(np.isfinite(plain), x, np.nan_to_num(plain, **numbers))


@composed(np.nan_to_num, cases=_one)
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """x with `nan` in place of nan, and in place of inf and −inf the numbers given, or else the
    greatest and the least that there are. ∂: 1 where x is finite, else 0. Parts of complex numbers
    are replaced one by one.

    >>> nan_to_num(np.array([1.0, np.nan, np.inf]), posinf=9.0)
    array([1., 0., 9.])
    """
    numbers = {"nan": nan, "posinf": posinf, "neginf": neginf}
    if is_complex(x):
        i = x.dtype.type(1j)
        return _replaced(real(x), **numbers) + i * _replaced(imag(x), **numbers)
    return _replaced(x, **numbers)
