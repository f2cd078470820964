"""Trigonometry: of angles, and of points in the plane. See `autograd_lite.engine.primitive` for
what a declaration means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.primitive import NONZERO, REAL, Array
from autograd_lite.primitives.choices import equal, where
from autograd_lite.primitives.exponential import sqrt


@elementwise(np.sin, partials=(lambda x, z: cos(x),))
def sin(x: Any) -> Any:
    """The sine of x in radians; ∂z/∂x = cos x.

    >>> sin(0.0)
    0.0
    """


@elementwise(np.cos, partials=(lambda x, z: -sin(x),))
def cos(x: Any) -> Any:
    """The cosine of x in radians; ∂z/∂x = −sin x.

    >>> cos(0.0)
    1.0
    """


@elementwise(
    np.tan,
    partials=(lambda x, z: 1.0 + z * z,),
    on_paper=(lambda x, z: 1.0 / cos(x) ** 2.0,),
    kink=np.cos,
)
def tan(x: Any) -> Any:
    """The tangent of x in radians; ∂z/∂x = 1 + z² = 1/cos² x.

    >>> tan(0.0)
    0.0
    """


INSIDE = ((-0.8, 0.8),)
"""Well between −1 and 1."""


@elementwise(
    np.arcsin,
    floats="asin(x)",
    # (1 − x)(1 + x), not 1 − x², which cancels near ±1
    partials=(lambda x, z: 1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    on_paper=(lambda x, z: 1.0 / sqrt(1.0 - x**2.0),),
    domain=(INSIDE,),
)
def arcsin(x: Any) -> Any:
    """The angle z from −π/2 to π/2 whose sine is x; ∂z/∂x = 1/√(1 − x²), inf at ±1.

    >>> arcsin(0.0)
    0.0
    """


@elementwise(
    np.arccos,
    floats="acos(x)",
    partials=(lambda x, z: -1.0 / sqrt((1.0 - x) * (1.0 + x)),),
    on_paper=(lambda x, z: -1.0 / sqrt(1.0 - x**2.0),),
    domain=(INSIDE,),
)
def arccos(x: Any) -> Any:
    """The angle z from 0 to π whose cosine is x; ∂z/∂x = −1/√(1 − x²), −inf at ±1.

    >>> arccos(1.0)
    0.0
    """


@elementwise(
    np.arctan,
    floats="atan(x)",
    partials=(lambda x, z: 1.0 / (1.0 + x * x),),
    on_paper=(lambda x, z: 1.0 / (1.0 + x**2.0),),
)
def arctan(x: Any) -> Any:
    """The angle z between −π/2 and π/2 whose tangent is x; ∂z/∂x = 1/(1 + x²).

    >>> arctan(0.0)
    0.0
    """


@elementwise(np.degrees, np.rad2deg, floats="x * (180.0 / pi)", partials=(180.0 / math.pi,))
def degrees(x: Any) -> Any:
    """An angle in degrees, from x in radians: z = x·180/π; ∂z/∂x = 180/π.

    >>> degrees(math.pi)
    180.0
    """


@elementwise(np.radians, np.deg2rad, floats="x * (pi / 180.0)", partials=(math.pi / 180.0,))
def radians(x: Any) -> Any:
    """An angle in radians, from x in degrees: z = x·π/180; ∂z/∂x = π/180.

    >>> radians(180.0) == math.pi
    True
    """


def _nonzero(r: Any) -> Any:
    """A length to divide by: 1 for 0, so that at the origin 0/r is 0."""
    return where(equal(r, 0.0), 1.0, r)


@elementwise(
    np.hypot,
    latex=r"\sqrt{{{{{x}}}^2 + {{{y}}}^2}}",
    partials=(lambda x, y, z: x / _nonzero(z), lambda x, y, z: y / _nonzero(z)),
    on_paper=(lambda x, y, z: x / z, lambda x, y, z: y / z),
    domain=(REAL, NONZERO),
    kink=np.hypot,
)
def hypot(x: Any, y: Any) -> Any:
    """The length z = √(x² + y²) of the vector (x, y), without overflow; ∂z/∂x = x/z, ∂z/∂y = y/z.

    At the origin, where there is no derivative, both are taken as 0.

    >>> hypot(3.0, 4.0)
    5.0
    """


def _to_cut(y: Array, x: Array) -> Array:
    """The distance from the half-axis x ≤ 0, where the angle jumps from π to −π."""
    return np.where(x > 0.0, np.hypot(y, x), np.abs(y))


def _over_square(a: Any, y: Any, x: Any) -> Any:
    """a/(x² + y²), without overflow; 0 at the origin, if a is."""
    r = _nonzero(hypot(x, y))
    return a / r / r


@elementwise(
    np.arctan2,
    floats="atan2(y, x)",
    partials=(lambda y, x, z: _over_square(x, y, x), lambda y, x, z: -_over_square(y, y, x)),
    on_paper=(lambda y, x, z: x / (x**2.0 + y**2.0), lambda y, x, z: -y / (x**2.0 + y**2.0)),
    domain=(REAL, NONZERO),
    kink=_to_cut,
)
def arctan2(y: Any, x: Any) -> Any:
    """The angle z of the point (x, y), from −π to π; y comes first.

    ∂z/∂y = x/(x² + y²), ∂z/∂x = −y/(x² + y²); at the origin both are taken as 0. On the half-axis
    y = 0, x < 0, where z jumps, it is the derivative of either side, which agree.

    >>> arctan2(0.0, -2.0)
    3.141592653589793
    """
