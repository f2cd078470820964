"""The functions on floats that a declaration may name, with their spelling in each language.

The `floats` of a declaration is an expression in its operands: numbers, arithmetic, comparisons,
choices (`a if c else b`) and calls of the functions in `FLOAT_FUNCTIONS`. It is compiled for Python
here; what else is generated from it (see `autograd_lite.program`) reads the same table.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Rule = Callable[..., Any]


class FloatFunction(NamedTuple):
    """A function on floats, and how other languages spell it."""

    python: Rule
    javascript: str | None = None
    """`Math.…`, or a function expression; None if it has no counterpart there."""
    c: str | None = None
    """A function of C's <math.h>, or an expression like those of `floats`, of x and y, that the
    back ends C and LLVM put in its place; of more operands, of the first two, then of that and the
    third … None if it has no counterpart there."""
    numpy: str | None = None
    """A function of NumPy's, or an expression of x and y on arrays; None if there is none."""


_POW = "(x, y) => (x === 1 || (x === -1 && Math.abs(y) === Infinity)) ? 1 : Math.pow(x, y)"
_COPYSIGN = "(x, y) => (y < 0 || Object.is(y, -0)) ? -Math.abs(x) : Math.abs(x)"
_MAX = "(...all) => all.reduce((most, x) => x > most ? x : most)"
_MIN = "(...all) => all.reduce((least, x) => x < least ? x : least)"
_MOD = """(x, y) => {
  const r = x % y;
  return r === 0 ? (y < 0 || Object.is(y, -0) ? -0 : 0) : (r < 0) !== (y < 0) ? r + y : r;
}"""
# the whole number that the bits of x are, plus or minus 1
_NEXTAFTER = """(x, y) => {
  if (!(x < y || x > y)) return x === y ? y : NaN;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + ((y > x) === (x > 0) ? 1n : -1n));
  return bits.getFloat64(0);
}"""
# the power series near 0, the continued fraction farther out; e^(−a²) as a product with near² exact
_ERF = """(x) => {
  const a = Math.abs(x), near = Math.fround(a), terms = [x];
  if (a < 1) {
    for (let n = 1, t = x; n < 25; n++) { t *= -x * x / n; terms.push(t / (2 * n + 1)); }
    return terms.reduceRight((sum, t) => sum + t, 0) * 2 / Math.sqrt(Math.PI);
  }
  if (!(a <= 6)) return a > 6 ? Math.sign(x) : x;
  let fraction = 0;
  for (let n = 300; n > 0; n--) fraction = n / 2 / (a + fraction);
  const bell = Math.exp(-near * near) * Math.exp((near - a) * (near + a));
  return Math.sign(x) * (1 - bell / Math.sqrt(Math.PI) / (a + fraction));
}"""

# x − y·⌊x/y⌋ has the sign of y, and so has a remainder of 0
_C_MOD = (
    "copysign(fmod(x, y), y) if fmod(x, y) == 0.0 else "
    "fmod(x, y) + y if (fmod(x, y) < 0.0) != (y < 0.0) else fmod(x, y)"
)

_SAME = (
    "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin",
    "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
)  # fmt: skip

FLOAT_FUNCTIONS: dict[str, FloatFunction] = {
    **{
        name: FloatFunction(
            getattr(math, name), f"Math.{name}", name, re.sub("^a(?=.*[nsh]2?$)", "arc", name)
        )
        for name in _SAME
    },
    "erfc": FloatFunction(math.erfc, c="erfc"),
    "gamma": FloatFunction(math.gamma, c="tgamma"),
    "lgamma": FloatFunction(math.lgamma, c="lgamma"),
    "exp2": FloatFunction(math.exp2, "(x) => Math.pow(2, x)", "exp2", "exp2"),
    "pow": FloatFunction(math.pow, _POW, "pow", "power"),
    "hypot": FloatFunction(math.hypot, "Math.hypot", "hypot", "hypot"),
    "fmod": FloatFunction(math.fmod, "(x, y) => x % y", "fmod", "fmod"),
    "mod": FloatFunction(operator.mod, _MOD, _C_MOD, "mod"),
    "nextafter": FloatFunction(math.nextafter, _NEXTAFTER, "nextafter", "nextafter"),
    "copysign": FloatFunction(math.copysign, _COPYSIGN, "copysign", "copysign"),
    "erf": FloatFunction(math.erf, _ERF, "erf"),
    "abs": FloatFunction(abs, "Math.abs", "fabs", "abs"),
    "max": FloatFunction(max, _MAX, "y if y > x else x", "np.where(y > x, y, x)"),
    "min": FloatFunction(min, _MIN, "y if y < x else x", "np.where(y < x, y, x)"),
    "float": FloatFunction(float, "Number", "+x", "(x + 0.0)"),
}
"""What an expression in `floats` may call."""

FLOAT_CONSTANTS: dict[str, float] = {"inf": math.inf, "nan": math.nan, "pi": math.pi}
"""The numbers that it may name."""

_own = frozenset(FLOAT_FUNCTIONS) | frozenset(FLOAT_CONSTANTS)


def float_function(
    name: str, python: Rule, javascript: str | None = None, c: str | None = None
) -> None:
    """Let declarations name another function on floats.

    A second time it replaces the first, for the declarations that are run after it.

    Args:
        name: what `floats` calls it.
        python: the function. It raises ArithmeticError or ValueError where it has no value: there
            the `arrays` of the declaration decide.
        javascript: for the page of `viz.steps`: `"Math.…"`, or a function expression. Without
            one, programs that use the function have no page.
        c: for C and machine code: the name of a function of <math.h>, or an expression on floats,
            of x and y. Without one, programs that use the function cannot be printed as C.

    Raises:
        TypeError: if `python` cannot be called.
        ValueError: if the name is one of the library's own, or cannot stand in an expression.

    >>> from autograd_lite import Value
    >>> from autograd_lite.declare import elementwise, forget_float_function, retract
    >>> float_function("mile", lambda x: x * 1.609344, "(x) => x * 1.609344")
    >>> @elementwise(floats="mile(x)", arrays=lambda x: x * 1.609344, partials=(1.609344,))
    ... def kilometres(x):
    ...     "The length z = 1.609344·x in kilometres of x miles; ∂z/∂x = 1.609344."
    >>> kilometres(Value(2.0)).data
    3.218688
    >>> retract("kilometres"); forget_float_function("mile")
    """
    if not callable(python):
        raise TypeError(f"float_function {name!r}: a function is needed, not {python!r}"[:200])
    if not name.isidentifier() or name in _WORDS:
        raise ValueError(f"float_function {name!r}: the name of a function is needed")
    if name in _own:
        raise ValueError(f"float_function {name!r}: the library has one of that name")
    FLOAT_FUNCTIONS[name] = FloatFunction(python, javascript, c)


def forget_float_function(name: str) -> None:
    """Take a function out of the table that `float_function` has put there."""
    if name in _own:
        raise ValueError(f"float_function {name!r} is the library's own")
    del FLOAT_FUNCTIONS[name]


_WORDS = frozenset(("if", "else", "and", "or", "not", "True", "False"))


def check_names(primitive: str, operands: Sequence[str], expression: str) -> None:
    """Raise ValueError if an expression names what is neither an operand nor in the table."""
    for name in re.findall(r"\b[^\W\d]\w*", expression):
        known = name in operands or name in FLOAT_FUNCTIONS or name in FLOAT_CONSTANTS
        if not known and name not in _WORDS:
            raise ValueError(
                f"{primitive}: floats={expression!r} names {name!r}, which is neither an operand "
                "nor a function on floats: add it with float_function(...)"
            )


def compiled(primitive: str, operands: Sequence[str], expression: str) -> Rule:
    """An expression as a Python function of the operands."""
    names = {name: function.python for name, function in FLOAT_FUNCTIONS.items()}
    text = f"lambda {', '.join(operands)}: {expression}"
    code = compile(text, f"<autograd_lite: {primitive} on floats>", "eval")
    return eval(code, {**FLOAT_CONSTANTS, **names})  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=1024)
def is_float(expression: str, floats: frozenset[str]) -> bool:
    """Whether an expression surely gives a float where the names in `floats` are floats.

    Others may give a truth value, a whole number, or a number of NumPy's.

    >>> is_float("2 * x", frozenset("x")), is_float("x > 0", frozenset("x"))
    (True, False)
    """
    return _is_float(ast.parse(expression, mode="eval").body, floats)


def _is_float(node: ast.expr, floats: frozenset[str]) -> bool:
    match node:
        case ast.Constant(value=value):
            return value.__class__ is float
        case ast.Name(id=name):
            return name in floats or name in FLOAT_CONSTANTS
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _is_float(operand, floats)
        case ast.BinOp(op=ast.Div()):
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Mod(), right=right):
            return _is_float(left, floats) or _is_float(right, floats)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_float(body, floats) and _is_float(orelse, floats)
        case ast.Call(func=ast.Name(id=name), args=args):
            function = FLOAT_FUNCTIONS.get(name)
            if function is None or name not in _own:
                return False
            of_math = getattr(function.python, "__module__", "") == "math"
            return of_math or all(_is_float(x, floats) for x in args)
    return False
