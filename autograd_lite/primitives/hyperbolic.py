"""Hyperbolic functions and their inverses; tanh stands with the activations.

See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.declare import elementwise
from autograd_lite.primitives.exponential import sqrt
from autograd_lite.primitives.trigonometric import INSIDE


@elementwise(np.sinh, partials=(lambda x, z: cosh(x),))
def sinh(x: Any) -> Any:
    """The hyperbolic sine z = (eˣ − e⁻ˣ)/2; ∂z/∂x = cosh x.

    >>> sinh(0.0)
    0.0
    """


@elementwise(np.cosh, partials=(lambda x, z: sinh(x),))
def cosh(x: Any) -> Any:
    """The hyperbolic cosine z = (eˣ + e⁻ˣ)/2; ∂z/∂x = sinh x.

    >>> cosh(0.0)
    1.0
    """


@elementwise(
    np.arcsinh,
    floats="asinh(x)",
    partials=(lambda x, z: 1.0 / sqrt(1.0 + x * x),),
    on_paper=(lambda x, z: 1.0 / sqrt(x**2.0 + 1.0),),
)
def arcsinh(x: Any) -> Any:
    """The number z whose hyperbolic sine is x; ∂z/∂x = 1/√(x² + 1).

    >>> arcsinh(0.0)
    0.0
    """


@elementwise(
    np.arccosh,
    floats="acosh(x)",
    # two roots: right for complex x as well, where √(x² − 1) has its cut elsewhere
    partials=(lambda x, z: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
    on_paper=(lambda x, z: 1.0 / sqrt(x**2.0 - 1.0),),
    domain=(((1.2, 3.0),),),
)
def arccosh(x: Any) -> Any:
    """The number z ≥ 0 whose hyperbolic cosine is x ≥ 1; ∂z/∂x = 1/√(x² − 1), inf at 1.

    >>> arccosh(1.0)
    0.0
    """


@elementwise(
    np.arctanh,
    floats="atanh(x)",
    partials=(lambda x, z: 1.0 / ((1.0 - x) * (1.0 + x)),),
    on_paper=(lambda x, z: 1.0 / (1.0 - x**2.0),),
    domain=(INSIDE,),
)
def arctanh(x: Any) -> Any:
    """The number z whose hyperbolic tangent is x, from −1 to 1; ∂z/∂x = 1/(1 − x²).

    >>> arctanh(0.0)
    0.0
    """
