"""The elementwise primitives: arithmetic, exponentials, trigonometry, activations, choices.

A declaration a primitive; see `autograd_lite.engine.primitive` for what its fields mean. The
operands of a partial derivative are those of the function, then its result z.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from autograd_lite.engine.chain import times
from autograd_lite.engine.declare import elementwise
from autograd_lite.engine.primitive import (
    NONZERO,
    POSITIVE,
    POWER,
    PRODUCT,
    REAL,
    SIGN,
    SUM,
    Array,
    Laws,
)

# ---------------------------------------------------------------- arithmetic


@elementwise(
    np.add,
    text="{x} + {y}",
    latex="{x} + {y}",
    precedence=SUM,
    floats="x + y",
    arrays=operator.add,
    partials=(1.0, 1.0),
    operator="add",
    method=False,
    laws=Laws(chains=True, units=(0.0, 0.0)),
    binds=(SUM, SUM),
)
def add(x: Any, y: Any) -> Any:
    """The sum z = x + y, elementwise with broadcasting; ∂z/∂x = ∂z/∂y = 1 (row 000-17).

    >>> add(2.0, 3.0)
    5.0
    """


@elementwise(
    np.subtract,
    text="{x} − {y}",
    latex="{x} - {y}",
    precedence=SUM,
    floats="x - y",
    arrays=operator.sub,
    partials=(1.0, -1.0),
    operator="sub",
    method=False,
    laws=Laws(units=(None, 0.0)),
)
def subtract(x: Any, y: Any) -> Any:
    """The difference z = x − y; ∂z/∂x = 1, ∂z/∂y = −1.

    >>> subtract(2.0, 3.0)
    -1.0
    """


@elementwise(
    np.multiply,
    text="{x}·{y}",
    latex=r"{x} \cdot {y}",
    precedence=PRODUCT,
    floats="x * y",
    arrays=operator.mul,
    partials=(lambda x, y, z: y, lambda x, y, z: x),
    operator="mul",
    method=False,
    laws=Laws(chains=True, exponents=(1, 1)),
)
def multiply(x: Any, y: Any) -> Any:
    """The product z = x·y; ∂z/∂x = y, ∂z/∂y = x: the *other* operand (row 000-17).

    >>> multiply(2.0, 3.0)
    6.0
    """


def _reciprocal(y: Any) -> Any:
    """1/y; of a Python number, which raises at 0, by the rules of NumPy."""
    return divide(1.0, y) if y.__class__ in (float, int) else 1.0 / y


@elementwise(
    np.divide,
    np.true_divide,
    text="{x}/{y}",
    latex=r"\frac{{{x}}}{{{y}}}",
    precedence=PRODUCT,
    floats="x / y",
    arrays=operator.truediv,
    partials=(lambda x, y, z: _reciprocal(y), lambda x, y, z: -z / y),
    on_paper=(lambda x, y, z: 1.0 / y, lambda x, y, z: -x / y**2.0),
    operator="truediv",
    method=False,
    domain=(REAL, NONZERO),
    laws=Laws(exponents=(1, -1)),
    binds_latex=(0, 0),
)
def divide(x: Any, y: Any) -> Any:
    """The quotient z = x/y; ∂z/∂x = 1/y, ∂z/∂y = −x/y². Division by 0 gives inf or nan.

    >>> divide(3.0, 2.0)
    1.5
    """


@elementwise(
    np.power,
    text="{x}^{y}",
    latex="{{{x}}}^{{{y}}}",
    precedence=POWER,
    floats="pow(x, y)",
    arrays=operator.pow,
    partials=(  # power, not **: of a negative float, Python's ** gives a complex number
        lambda x, y, z: times(y, power(x, y - 1.0)),
        lambda x, y, z: z * log(where(equal(x, 0.0), 1.0, x)),
    ),
    on_paper=(lambda x, y, z: y * power(x, y - 1.0), lambda x, y, z: z * log(x)),
    operator="pow",
    method=False,
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
    np.negative,
    text="−{x}",
    latex="-{x}",
    precedence=SIGN,
    floats="-x",
    arrays=operator.neg,
    partials=(-1.0,),
    operator="neg",
    method=False,
    laws=Laws(exponents=(1,), coefficient=-1.0),
)
def negative(x: Any) -> Any:
    """The negative z = −x; ∂z/∂x = −1.

    >>> negative(2.0)
    -2.0
    """


@elementwise(
    np.positive,
    text="+{x}",
    latex="+{x}",
    precedence=SIGN,
    floats="+x",
    arrays=operator.pos,
    partials=(1.0,),
    operator="pos",
    method=False,
    laws=Laws(exponents=(1,)),
)
def positive(x: Any) -> Any:
    """The identity z = +x as an operation of its own; ∂z/∂x = 1.

    >>> positive(2.0)
    2.0
    """


@elementwise(
    np.abs,
    np.absolute,
    np.fabs,
    text="|{x}|",
    latex="|{x}|",
    floats="abs(x)",
    arrays=operator.abs,
    partials=(lambda x, z: sign(x),),
    operator="abs",
    kink=lambda x: np.abs(x),
)
def abs(x: Any) -> Any:
    """The absolute value z = |x|; ∂z/∂x = sign x, 0 at 0.

    >>> abs(-2.0)
    2.0
    """


@elementwise(
    np.sign,
    floats="x if x != x else copysign(1.0, x) if x else 0.0",
    arrays=np.sign,
    partials=(0.0,),
    kink=lambda x: np.abs(x),
)
def sign(x: Any) -> Any:
    """The sign of x: −1, 0 or 1; its derivative is taken as 0 everywhere.

    >>> sign(-2.5)
    -1.0
    """


# ---------------------------------------------------------------- powers, exponentials, logarithms


@elementwise(
    np.square,
    text="{x}²",
    latex="{{{x}}}^2",
    precedence=POWER,
    floats="x * x",
    arrays=np.square,
    partials=(lambda x, z: 2.0 * x,),
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
    floats="sqrt(x)",
    arrays=np.sqrt,
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
    np.exp,
    latex="e^{{{x}}}",
    floats="exp(x)",
    arrays=np.exp,
    partials=(lambda x, z: z,),
)
def exp(x: Any) -> Any:
    """The exponential z = eˣ; ∂z/∂x = z.

    >>> exp(0.0)
    1.0
    """


@elementwise(
    np.expm1,
    latex="(e^{{{x}}} - 1)",
    floats="expm1(x)",
    arrays=np.expm1,
    partials=(lambda x, z: exp(x),),
)
def expm1(x: Any) -> Any:
    """z = eˣ − 1, accurate near 0; ∂z/∂x = eˣ.

    >>> expm1(1e-20)
    1e-20
    """


@elementwise(
    np.log,
    latex=r"\ln({x})",
    floats="log(x)",
    arrays=np.log,
    partials=(lambda x, z: 1.0 / x,),
    domain=(POSITIVE,),
)
def log(x: Any) -> Any:
    """The natural logarithm z = ln x; ∂z/∂x = 1/x. log(0) is −inf, log of a negative number nan.

    >>> log(1.0)
    0.0
    """


@elementwise(
    np.log1p,
    latex=r"\ln(1 + {x})",
    floats="log1p(x)",
    arrays=np.log1p,
    partials=(lambda x, z: 1.0 / (1.0 + x),),
    domain=(((-0.8, 3.0),),),
)
def log1p(x: Any) -> Any:
    """z = ln(1 + x), accurate near 0; ∂z/∂x = 1/(1 + x).

    >>> log1p(1e-20)
    1e-20
    """


# ---------------------------------------------------------------- trigonometry


@elementwise(
    np.sin,
    latex=r"\sin({x})",
    floats="sin(x)",
    arrays=np.sin,
    partials=(lambda x, z: cos(x),),
)
def sin(x: Any) -> Any:
    """The sine of x in radians; ∂z/∂x = cos x.

    >>> sin(0.0)
    0.0
    """


@elementwise(
    np.cos,
    latex=r"\cos({x})",
    floats="cos(x)",
    arrays=np.cos,
    partials=(lambda x, z: -sin(x),),
)
def cos(x: Any) -> Any:
    """The cosine of x in radians; ∂z/∂x = −sin x.

    >>> cos(0.0)
    1.0
    """


# ---------------------------------------------------------------- activations


@elementwise(
    np.tanh,
    latex=r"\tanh({x})",
    floats="tanh(x)",
    arrays=np.tanh,
    partials=(lambda x, z: 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x),),
    on_paper=(lambda x, z: 1.0 - z**2.0,),
)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent; ∂z/∂x = 1 − z² (row 000-04).

    The derivative is computed as 4·σ(2x)·σ(−2x), which does not cancel where z is near ±1:
    at x = 20 it is 1.7e-17, where 1 − z² gives 0.

    >>> tanh(0.0)
    0.0
    """


def _sigmoid_of_array(x: Array) -> Array:
    if x.__class__ is not np.ndarray or not x.ndim:
        return 1.0 / (1.0 + np.exp(-x))
    z = np.negative(x, dtype=x.dtype if x.dtype.kind == "f" else float)
    np.exp(z, out=z)
    z += 1.0
    return np.reciprocal(z, out=z)


def _sigmoid_quietly(x: Array) -> Array:
    """1/(1 + e^−x), in place; e^−x may overflow to inf, which rightly gives 0."""
    with np.errstate(over="ignore"):
        return _sigmoid_of_array(x)


@elementwise(
    text="σ({x})",
    latex=r"\sigma({x})",
    floats="1.0 / (1.0 + exp(-x)) if x >= 0.0 else exp(x) / (1.0 + exp(x))",
    arrays=_sigmoid_quietly,
    partials=(lambda x, z: z * sigmoid(-x),),
    on_paper=(lambda x, z: z * (1.0 - z),),
)
def sigmoid(x: Any) -> Any:
    """The logistic sigmoid z = 1/(1 + e⁻ˣ); ∂z/∂x = z·(1 − z) (rows 000-02, 000-13).

    The derivative is computed as σ(x)·σ(−x), accurate at saturation on both sides.

    >>> sigmoid(0.0)
    0.5
    """


@elementwise(
    floats="0.0 if x <= 0.0 else x",
    arrays=lambda x: np.maximum(x, 0),
    partials=(lambda x, z: step(x),),
    kink=lambda x: np.abs(x),
)
def relu(x: Any) -> Any:
    """The rectifier z = max(x, 0); ∂z/∂x = 1 for x > 0, else 0: 0 at 0 (rows 000-03, 000-14).

    >>> relu(-2.0), relu(2.0)
    (0.0, 2.0)
    """


def _step_of_array(x: Array) -> Any:
    floating = x.__class__ is np.ndarray and x.dtype.kind == "f"
    return np.greater(x, 0).astype(x.dtype if floating else np.result_type(x, np.float16))


@elementwise(
    floats="1.0 if x > 0.0 else 0.0",
    arrays=_step_of_array,
    partials=(0.0,),
    kink=lambda x: np.abs(x),
)
def step(x: Any) -> Any:
    """The step 1 for x > 0, else 0: 0 at 0 (row 002-05); its derivative is taken as 0 everywhere.

    >>> step(0.0), step(0.1)
    (0.0, 1.0)
    """


@elementwise(
    floats="max(x, 0.0) + log1p(exp(-abs(x)))",
    arrays=lambda x: np.logaddexp(x, 0),
    partials=(lambda x, z: sigmoid(x),),
)
def softplus(x: Any) -> Any:
    """z = ln(1 + eˣ), without overflow; ∂z/∂x = σ(x). −softplus(−x) is the log-sigmoid.

    >>> softplus(1000.0)
    1000.0
    """


# ---------------------------------------------------------------- choices


@elementwise(
    np.maximum,
    latex=r"\max({x}, {y})",
    text="max({x}, {y})",
    floats="x if x > y or x != x else y",
    arrays=np.maximum,
    partials=(
        lambda x, y, z: step(x - y) + 0.5 * equal(x, y),
        lambda x, y, z: step(y - x) + 0.5 * equal(x, y),
    ),
    on_paper=(lambda x, y, z: step(x - y), lambda x, y, z: step(y - x)),
    kink=lambda x, y: np.abs(x - y),
)
def maximum(x: Any, y: Any) -> Any:
    """The greater of x and y; the derivative is 1 for the greater one, ½ for each at a tie.

    >>> maximum(2.0, 3.0)
    3.0
    """


@elementwise(
    np.minimum,
    latex=r"\min({x}, {y})",
    text="min({x}, {y})",
    floats="x if x < y or x != x else y",
    arrays=np.minimum,
    partials=(
        lambda x, y, z: step(y - x) + 0.5 * equal(x, y),
        lambda x, y, z: step(x - y) + 0.5 * equal(x, y),
    ),
    on_paper=(lambda x, y, z: step(y - x), lambda x, y, z: step(x - y)),
    kink=lambda x, y: np.abs(x - y),
)
def minimum(x: Any, y: Any) -> Any:
    """The lesser of x and y; the derivative is 1 for the lesser one, ½ for each at a tie.

    >>> minimum(2.0, 3.0)
    2.0
    """


@elementwise(
    floats="1.0 if x == y else 0.0",
    arrays=lambda x, y: np.equal(x, y).astype(np.result_type(x, y, np.float16)),
    partials=(0.0, 0.0),
    kink=lambda x, y: np.abs(x - y),
    method=False,
)
def equal(x: Any, y: Any) -> Any:
    """1.0 where x = y, else 0.0; its derivative is taken as 0 everywhere.

    >>> equal(2.0, 2.0)
    1.0
    """


@elementwise(
    np.where,
    floats="x if condition else y",
    arrays=np.where,
    partials=(
        None,
        lambda condition, x, y, z: _truth(condition),
        lambda condition, x, y, z: 1.0 - _truth(condition),
    ),
    method=False,
)
def where(condition: Any, x: Any, y: Any) -> Any:
    """z = x where the condition holds, else y; the derivative of the one not taken is 0.

    The condition is a constant: a truth value or an array of them. Nothing flows into the branch
    that is not taken, even if its value or derivative is inf or nan.

    >>> where(True, 2.0, 3.0)
    2.0
    """


def _truth(condition: Any) -> Any:
    """A condition as the numbers 1 and 0."""
    return where(condition, 1.0, 0.0)
