"""Arithmetic: sums, products, quotients, signs.

See `autograd_lite.engine.primitive` for what a declaration means. The operands of a partial
derivative are those of the function, then its result z.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.dtypes import is_complex
from autograd_lite.engine.primitive import NONZERO, PRODUCT, REAL, SUM, Laws


@elementwise(
    np.add,
    operator="add",
    partials=(1.0, 1.0),
    binds=(SUM, SUM),
    laws=Laws(chains=True, units=(0.0, 0.0)),
)
def add(x: Any, y: Any) -> Any:
    """The sum z = x + y, elementwise with broadcasting; ∂z/∂x = ∂z/∂y = 1.

    >>> add(2.0, 3.0)
    5.0
    """


@elementwise(np.subtract, operator="sub", partials=(1.0, -1.0), laws=Laws(units=(None, 0.0)))
def subtract(x: Any, y: Any) -> Any:
    """The difference z = x − y; ∂z/∂x = 1, ∂z/∂y = −1.

    >>> subtract(2.0, 3.0)
    -1.0
    """


@elementwise(
    np.multiply,
    operator="mul",
    partials=(lambda x, y, z: y, lambda x, y, z: x),
    laws=Laws(chains=True, exponents=(1, 1)),
)
def multiply(x: Any, y: Any) -> Any:
    """The product z = x·y; ∂z/∂x = y, ∂z/∂y = x: the *other* operand.

    >>> multiply(2.0, 3.0)
    6.0
    """


@elementwise(
    np.divide,
    operator="truediv",
    latex=r"\frac{{{x}}}{{{y}}}",
    binds_latex=(0, 0),
    # divide, not /: of Python's numbers, / raises at 0
    partials=(lambda x, y, z: divide(1.0, y), lambda x, y, z: divide(z, -y)),
    on_paper=(lambda x, y, z: 1.0 / y, lambda x, y, z: -x / y**2.0),
    domain=(REAL, NONZERO),
    laws=Laws(exponents=(1, -1)),
)
def divide(x: Any, y: Any) -> Any:
    """The quotient z = x/y; ∂z/∂x = 1/y, ∂z/∂y = −x/y². Division by 0 gives inf or nan.

    >>> divide(3.0, 2.0)
    1.5
    """


@elementwise(
    np.reciprocal,
    text="1/{x}",
    latex=r"\frac{{1}}{{{x}}}",
    precedence=PRODUCT,
    binds=(PRODUCT + 1,),
    binds_latex=(0,),
    floats="1.0 / x",
    partials=(lambda x, z: -z * z,),
    on_paper=(lambda x, z: -1.0 / x**2.0,),
    domain=(NONZERO,),
    laws=Laws(exponents=(-1,)),
)
def reciprocal(x: Any) -> Any:
    """The reciprocal z = 1/x; ∂z/∂x = −z². That of 0 is inf.

    >>> reciprocal(4.0)
    0.25
    """


@elementwise(
    np.negative, operator="neg", partials=(-1.0,), laws=Laws(exponents=(1,), coefficient=-1.0)
)
def negative(x: Any) -> Any:
    """The negative z = −x; ∂z/∂x = −1.

    >>> negative(2.0)
    -2.0
    """


@elementwise(np.positive, operator="pos", partials=(1.0,), laws=Laws(exponents=(1,)))
def positive(x: Any) -> Any:
    """The identity z = +x as an operation of its own; ∂z/∂x = 1.

    >>> positive(2.0)
    2.0
    """


def _through_abs(g: Any, z: Any, x: Any) -> Any:
    direction = sign(x)
    return times(g, direction.conjugate() if is_complex(x) else direction)


@elementwise(
    np.abs,
    np.fabs,
    operator="abs",
    method=True,
    text="|{x}|",
    partials=(lambda x, z: sign(x),),
    pullbacks=(_through_abs,),
    kink=np.abs,
)
def abs(x: Any) -> Any:
    """The absolute value z = |x|; ∂z/∂x = sign x, 0 at 0; of complex numbers, the conjugate of
    sign x.

    >>> abs(-2.0)
    2.0
    """


def _through_sign(g: Any, z: Any, x: Any) -> Any:
    """0 of real numbers. Of complex ones, z = x/|x| moves with the part of dx across x alone."""
    if not is_complex(x):
        return times(g, 0.0)
    across = g * z
    return times(z.conjugate() * (across - across.conjugate()), 0.5 / abs(x))


@elementwise(
    np.sign,
    floats="x if x != x else copysign(1.0, x) if x else 0.0",
    partials=(0.0,),
    pullbacks=(_through_sign,),
    kink=np.abs,
)
def sign(x: Any) -> Any:
    """The sign of x: −1, 0 or 1; its derivative is taken as 0 everywhere. Of complex numbers, the
    direction x/|x|, 0 at 0, where its derivative is taken as 0 too.

    >>> sign(-2.5)
    -1.0
    """
