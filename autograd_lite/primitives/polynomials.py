"""Polynomials as arrays of coefficients, that of the highest power first.

See `autograd_lite.engine.primitive` for what a declaration means. (The functions of
`numpy.polynomial` are plain Python: where they take coefficients that are constants, they run on
variables as they are.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.primitive import Case
from autograd_lite.primitives.complex_numbers import is_complex, real
from autograd_lite.primitives.joining import concatenate, stack
from autograd_lite.primitives.numerics import convolve
from autograd_lite.primitives.rows import numbers_of, operand
from autograd_lite.primitives.shape import (
    Shape,
    broadcast_to,
    dimensions_of,
    reshape,
    shape_of,
    whole,
)


def _coefficients(name: str, p: Any) -> Any:
    """The coefficients as an array of at least one axis."""
    p = operand(name, p)
    return p if dimensions_of(p) else reshape(p, (1,))


def _sequence(name: str, p: Any) -> Any:
    p = operand(name, p)
    if not dimensions_of(p):
        raise TypeError(f"{name}: the coefficients must have at least one axis")
    return p


def _trimmed(p: Any) -> Any:
    """The coefficients from the first on that is not 0; the last one at least."""
    plain = numbers_of(p)
    if not len(plain):
        return np.zeros(1)
    first = int(np.argmax(plain != 0)) if np.any(plain != 0) else len(plain) - 1
    return p[first:] if first > 0 else p


def _one_axis(shape: Shape) -> bool:
    return len(shape) == 1 and shape[0] > 0


# ---------------------------------------------------------------- values


def _polyval_cases(shape: Shape) -> Iterator[Case]:
    for n in (1, 2, 4):
        yield ((n,), shape), (), {}


@composed(np.polyval, method=False, cases=_polyval_cases)
def polyval(p: Any, x: Any) -> Any:
    """p[0]·x^n + … + p[n−1]·x + p[n], by Horner's rule.

    Args:
        p: the coefficients.
        x: numbers of any shape. Both may be variables.

    >>> float(polyval([3.0, 0.0, 1.0], 5.0))
    76.0
    """
    p, x = _sequence("polyval", p), operand("polyval", x)
    count = shape_of(p)[0]
    if not count:
        return np.zeros_like(numbers_of(x))
    if count == 1:
        return p[0] + np.zeros_like(numbers_of(x))
    z = p[0]
    for i in range(1, count):
        z = z * x + p[i]
    return z


# ---------------------------------------------------------------- sums and products


def _pair_cases(shape: Shape) -> Iterator[Case]:
    if _one_axis(shape):
        for n in (1, 2, 4):
            yield (shape, (n,)), (), {}


def _in_step(name: str, p: Any, q: Any) -> tuple[Any, Any]:
    """Both with zeros in front, so that they are of one length."""
    p, q = _coefficients(name, p), _coefficients(name, q)
    most = max(shape_of(p)[0], shape_of(q)[0])
    return _filled_up(p, most), _filled_up(q, most)


def _filled_up(p: Any, count: int) -> Any:
    missing = count - shape_of(p)[0]
    if not missing:
        return p
    return concatenate([np.zeros(missing, p.dtype if p.dtype.kind != "O" else float), p])


@composed(np.polyadd, method=False, cases=_pair_cases)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of two polynomials.

    >>> polyadd([1.0, 2.0], [9.0, 5.0, 4.0])
    array([9., 6., 6.])
    """
    p, q = _in_step("polyadd", a1, a2)
    return p + q


@composed(np.polysub, method=False, cases=_pair_cases)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of two polynomials.

    >>> polysub([2.0, 10.0, -2.0], [3.0, 10.0, -4.0])
    array([-1.,  0.,  2.])
    """
    p, q = _in_step("polysub", a1, a2)
    return p - q


@composed(np.polymul, method=False, cases=_pair_cases)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials; zeros in front of their coefficients are left out.

    >>> polymul([1.0, 2.0], [1.0, -2.0])
    array([ 1.,  0., -4.])
    """
    p, q = (_trimmed(_coefficients("polymul", a)) for a in (a1, a2))
    return convolve(p, q)


def _polydiv_cases(shape: Shape) -> Iterator[Case]:
    if _one_axis(shape):
        for n in (1, 2, 3):
            yield (shape, (n,)), (), {}


@composed(np.polydiv, method=False, cases=_polydiv_cases,
          domain=(((-3.0, 3.0),), ((0.3, 2.0),)))  # fmt: skip
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """The quotient and the remainder of two polynomials. Coefficients in front of the remainder
    that are nearly 0 are left out, as NumPy does; v[0] must not be 0.

    >>> polydiv([3.0, 5.0, 2.0], [2.0, 1.0])
    (array([1.5 , 1.75]), array([0.25]))
    """
    u, v = _coefficients("polydiv", u) + 0.0, _coefficients("polydiv", v) + 0.0
    if not shape_of(u)[0] or not shape_of(v)[0]:
        raise IndexError("polydiv: a polynomial needs at least one coefficient")
    n = shape_of(v)[0] - 1
    steps = shape_of(u)[0] - n
    scale = 1.0 / v[0]
    quotient, gone, rest = [], [], u + 0.0 * v[0]
    for _ in range(steps):
        digit = scale * rest[0]
        quotient.append(digit)
        gone.append(rest[:1] - digit * v[:1])  # 0, but for rounding
        rest = concatenate([rest[1 : n + 1] - digit * v[1:], rest[n + 1 :]])
    rest = concatenate([*gone, rest]) if gone else rest
    plain = numbers_of(rest)
    first = 0
    while first < len(plain) - 1 and np.allclose(plain[first], 0, rtol=1e-14):
        first += 1
    whole_part = stack(quotient) if quotient else np.zeros(1, rest.dtype)
    return whole_part, rest[first:] if first else rest


# ---------------------------------------------------------------- derivative and integral


def _order_cases(shape: Shape) -> Iterator[Case]:
    if _one_axis(shape):
        for m in (1, 2, 0):
            yield (shape,), (m,), {}


@composed(np.polyder, method=False, cases=_order_cases)
def polyder(p: Any, m: int = 1) -> Any:
    """The m-th derivative of a polynomial.

    >>> polyder([1.0, 1.0, 1.0, 1.0])
    array([3., 2., 1.])
    """
    m = whole("polyder", "m", m)
    if m < 0:
        raise ValueError("polyder: the order must not be negative (see polyint)")
    p = _sequence("polyder", p)
    for _ in range(m):
        p = p[:-1] * np.arange(shape_of(p)[0] - 1, 0, -1)
    if dimensions_of(p) > 1:
        raise ValueError("polyder: the coefficients must have one axis")
    return p


def _polyint_cases(shape: Shape) -> Iterator[Case]:
    if _one_axis(shape):
        for m in (1, 2, 0):
            yield (shape,), (m,), {}
        yield (shape,), (2, [3.0, 5.0]), {}
        yield (shape,), (2,), {"k": 0.5}


@composed(np.polyint, method=False, cases=_polyint_cases)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The m-th integral of a polynomial.

    Args:
        p: the coefficients.
        m: how often it is integrated.
        k: the constants of integration, the first one first: one for each time, or one number for
            all; 0 if they are not given. Variables too.

    >>> polyint([3.0, 2.0])
    array([1.5, 2. , 0. ])
    """
    m = whole("polyint", "m", m)
    if m < 0:
        raise ValueError("polyint: the order must not be negative (see polyder)")
    p = _sequence("polyint", p)
    k = np.zeros(m) if k is None else _coefficients("polyint", k)
    if shape_of(k)[0] == 1 and m > 1:
        k = broadcast_to(k[0], (m,))
    if shape_of(k)[0] < m:
        raise ValueError(f"polyint: {m} constants of integration are needed, not {shape_of(k)[0]}")
    for i in range(m):
        p = concatenate([p / np.arange(shape_of(p)[0], 0, -1), k[i : i + 1]])
    return p


# ---------------------------------------------------------------- from roots


def _poly_cases(shape: Shape) -> Iterator[Case]:
    if _one_axis(shape):
        yield (shape,), (), {}


@composed(np.poly, method=False, cases=_poly_cases)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of Π (x − r) of some roots r, that of the highest power, 1, first.

    >>> poly([2.0, 3.0])
    array([ 1., -5.,  6.])
    """
    roots = _coefficients("poly", seq_of_zeros)
    if dimensions_of(roots) > 1:
        raise TypeError("poly: the characteristic polynomial of a matrix is not supported; give "
                        "its eigenvalues")  # fmt: skip
    if not shape_of(roots)[0]:
        return 1.0
    one = np.ones(1, roots.dtype if roots.dtype.kind != "O" else float)
    z: Any = one
    for i in range(shape_of(roots)[0]):
        z = convolve(z, concatenate([one, -roots[i : i + 1]]))
    if is_complex(z):
        plain = numbers_of(roots)
        if np.all(np.sort(plain) == np.sort(plain.conj())):
            return real(z)
    return z
