"""The parts of complex numbers.

The gradient of a real function f at complex x = a + i·b is taken to be ∂f/∂a − i·∂f/∂b, so that the
chain rule of a holomorphic function is g·f'(x), without a conjugate (the convention of JAX and HIPS
autograd). See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.declare import elementwise


def is_complex(x: Any) -> bool:
    """Whether an array, variable or number is complex."""
    dtype = getattr(x, "dtype", None)
    return isinstance(x, complex) if dtype is None else dtype.kind == "c"


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
    floats="0.0 * x",
    partials=(0.0,),
    pullbacks=(lambda g, z, x: g * -1j if is_complex(x) else g * 0.0,),
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
