"""Powers, exponentials and logarithms. See `autograd_lite.engine.primitive` for what a
declaration means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.declare import composed, elementwise
from autograd_lite.engine.dtypes import computed_in, is_complex
from autograd_lite.engine.primitive import NONZERO, POSITIVE, POWER, REAL, Laws
from autograd_lite.primitives.choices import equal, where

LN_2, LN_10 = math.log(2.0), math.log(10.0)


def _to_base(x: Any, y: Any, z: Any) -> Any:
    """∂(x^y)/∂x = y·x^(y−1)."""
    if (y.__class__ is int or y.__class__ is float) and y == 2:  # most often
        return y * x
    return times(y, power(x, y - 1.0))


def _to_exponent(x: Any, y: Any, z: Any) -> Any:
    """∂(x^y)/∂y = z·ln x; 0 at x = 0, even where z is inf."""
    at_0 = equal(x, 0.0)
    one = 1.0 + 0.0j if is_complex(z) else 1.0  # so that a negative x has a logarithm
    return where(at_0, 0.0, z) * log(where(at_0, one, x))


@elementwise(
    np.power,
    operator="pow",
    # power, not **: of a negative float, Python's ** gives a complex number
    partials=(_to_base, _to_exponent),
    on_paper=(lambda x, y, z: y * power(x, y - 1.0), lambda x, y, z: z * log(x)),
    domain=(POSITIVE, REAL),
    laws=Laws(units=(None, 1.0), fixed=((1, 0.0, 1.0),), superscript=True),
    binds_latex=(POWER + 1, 0),
)
def power(x: Any, y: Any) -> Any:
    """The power z = x^y; ∂z/∂x = y·x^(y−1), ∂z/∂y = z·ln x.

    A negative base with a fractional exponent gives nan, never a complex number. x⁰ is 1 with
    ∂z/∂x = 0 everywhere, 0 included; ∂z/∂y at x = 0 is taken as 0; at x < 0 it is nan.

    >>> power(2.0, 3.0)
    8.0
    """


@elementwise(
    np.square, text="{x}²", precedence=POWER, floats="x * x", partials=(lambda x, z: 2.0 * x,)
)
def square(x: Any) -> Any:
    """The square z = x²; ∂z/∂x = 2x.

    >>> square(3.0)
    9.0
    """


@elementwise(
    np.sqrt,
    text="√({x})",
    latex=r"\sqrt{{{x}}}",
    partials=(lambda x, z: 0.5 / z,),
    on_paper=(lambda x, z: 1.0 / (2.0 * z),),
    domain=(POSITIVE,),
)
def sqrt(x: Any) -> Any:
    """The square root z = √x; ∂z/∂x = 1/(2z), which is inf at 0.

    >>> sqrt(9.0)
    3.0
    """


@elementwise(
    np.cbrt,
    text="∛({x})",
    latex=r"\sqrt[3]{{{x}}}",
    partials=(lambda x, z: 1.0 / (3.0 * z * z),),
    domain=(NONZERO,),
)
def cbrt(x: Any) -> Any:
    """The cube root z = ∛x, of negative numbers too; ∂z/∂x = 1/(3z²), which is inf at 0.

    >>> cbrt(-8.0)
    -2.0
    """


@elementwise(np.exp, latex="e^{{{x}}}", partials=(lambda x, z: z,))
def exp(x: Any) -> Any:
    """The exponential z = eˣ; ∂z/∂x = z.

    >>> exp(0.0)
    1.0
    """


@elementwise(np.expm1, latex="(e^{{{x}}} - 1)", partials=(lambda x, z: exp(x),))
def expm1(x: Any) -> Any:
    """z = eˣ − 1, accurate near 0; ∂z/∂x = eˣ.

    >>> expm1(1e-20)
    1e-20
    """


@elementwise(np.exp2, text="2^({x})", latex="2^{{{x}}}", partials=(lambda x, z: LN_2 * z,))
def exp2(x: Any) -> Any:
    """The power of two z = 2ˣ; ∂z/∂x = z·ln 2.

    >>> exp2(3.0)
    8.0
    """


@elementwise(np.log, latex=r"\ln({x})", partials=(lambda x, z: 1.0 / x,), domain=(POSITIVE,))
def log(x: Any) -> Any:
    """The natural logarithm z = ln x; ∂z/∂x = 1/x. log(0) is −inf, log of a negative number nan.

    >>> log(1.0)
    0.0
    """


@elementwise(
    np.log1p,
    latex=r"\ln(1 + {x})",
    partials=(lambda x, z: 1.0 / (1.0 + x),),
    domain=(((-0.8, 3.0),),),
)
def log1p(x: Any) -> Any:
    """z = ln(1 + x), accurate near 0; ∂z/∂x = 1/(1 + x).

    >>> log1p(1e-20)
    1e-20
    """


@elementwise(
    np.log2,
    latex=r"\log_2({x})",
    partials=(lambda x, z: 1.0 / (LN_2 * x),),
    domain=(POSITIVE,),
)
def log2(x: Any) -> Any:
    """The logarithm z to base 2; ∂z/∂x = 1/(x·ln 2).

    >>> log2(8.0)
    3.0
    """


@elementwise(
    np.log10,
    latex=r"\log_{{10}}({x})",
    partials=(lambda x, z: 1.0 / (LN_10 * x),),
    domain=(POSITIVE,),
)
def log10(x: Any) -> Any:
    """The logarithm z to base 10; ∂z/∂x = 1/(x·ln 10).

    >>> log10(1000.0)
    3.0
    """


def _double(x: Any) -> Any:
    """x in double precision, in which NumPy computes a float_power."""
    char = getattr(getattr(x, "dtype", None), "char", "d")
    if char in "dDgGO":
        return x
    return computed_in("float_power", x, np.complex128 if char == "F" else np.float64)


@composed(
    np.float_power, cases=lambda shape: iter([((shape, shape), (), {})]), domain=(POSITIVE, REAL)
)
def float_power(x: Any, y: Any) -> Any:
    """The power z = x^y, computed in float64 even if x and y are float32 or whole numbers.

    >>> float_power(np.array([2, 4], np.float32), -1)
    array([0.5 , 0.25])
    """
    return power(_double(x), _double(y))
