"""Polynomials as arrays of coefficients, that of the highest power first.

See `autograd_lite.engine.primitive` for what a declaration means. (The functions of
`numpy.polynomial` are plain Python: where they take coefficients that are constants, they run on
variables as they are.)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.declare import composed
from autograd_lite.engine.dtypes import computed_in, is_complex
from autograd_lite.engine.primitive import Case
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.complex_numbers import real
from autograd_lite.primitives.creation import vander
from autograd_lite.primitives.joining import concatenate, stack
from autograd_lite.primitives.numerics import convolve
from autograd_lite.primitives.products import matmul
from autograd_lite.primitives.rows import numbers_of
from autograd_lite.primitives.shape import (
    Shape,
    broadcast_to,
    dimensions_of,
    operand,
    reshape,
    shape_of,
    transpose,
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
    if shape_of(u)[0] > n and dimensions_of(u) + dimensions_of(v) > 2:
        raise ValueError("polydiv: the coefficients must have one axis")
    steps = shape_of(u)[0] - n
    scale = 1.0 / v[0]
    dtype = np.result_type(u.dtype, v.dtype)
    quotient, gone, rest = [], [], u if dtype.kind == "O" else computed_in("polydiv", u, dtype)
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
        p[:-1] * np.arange(shape_of(p)[0] - 1, 0, -1)  # NumPy refuses what does not fit that
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
    roots = _sequence("poly", seq_of_zeros)
    if dimensions_of(roots) == 2 and shape_of(roots)[0] == shape_of(roots)[1]:
        roots = np.linalg.eigvals(roots)
    elif dimensions_of(roots) > 1:
        raise ValueError("poly: give the roots in a row, or a square matrix that has them")
    if not shape_of(roots)[0]:
        return 1.0
    if roots.dtype.char not in "fdgFDGO":
        roots = roots.astype(float)
    one = np.ones(1, roots.dtype if roots.dtype.kind != "O" else float)
    z: Any = one
    for i in range(shape_of(roots)[0]):
        z = convolve(z, concatenate([one, -roots[i : i + 1]]))
    if is_complex(z):
        plain = numbers_of(roots)
        if np.all(np.sort(plain) == np.sort(plain.conj())):
            return real(z)
    return z


def _apart(p: Any) -> Any:
    """The least distance between two roots: of equal ones there is no derivative."""
    r = np.roots(p)
    return np.min(np.abs(r[:, None] - r) + np.where(np.eye(len(r)), np.inf, 0.0), initial=np.inf)


@composed(np.roots, method=False, cases=_poly_cases, kink=_apart,
          domain=(((0.3, 2.0),),))  # fmt: skip
def roots(p: Any) -> Any:
    """The roots of a polynomial, as the eigenvalues of its companion matrix; complex ones too.

    The derivative exists where they are all different. Coefficients in front that are 0 are left
    out, and a root is 0, without a derivative, for each one at the end that is.

    >>> roots([1.0, -3.0, 2.0])
    array([2., 1.])
    """
    p = _sequence("roots", p)
    if dimensions_of(p) != 1:
        raise ValueError("roots: the coefficients must have one axis")
    plain = numbers_of(p)
    places = np.nonzero(plain)[0]
    if not len(places):
        return np.zeros(0)
    zeros = len(plain) - 1 - int(places[-1])
    if is_variable(p) and zeros:
        raise ValueError(
            "roots: the last coefficient is 0, and so is a root, of which the derivative is not "
            "known; divide the polynomial by x, or give p.detach()"
        )
    p = p[int(places[0]) : int(places[-1]) + 1]
    if not is_variable(p):
        return np.roots(numbers_of(p) if not zeros else plain)
    n = shape_of(p)[0]
    if n < 2:
        return np.zeros(0)
    first = reshape(-p[1:] / p[0], (1, n - 1))
    return np.linalg.eigvals(concatenate([first, np.eye(n - 2, n - 1, dtype=p.dtype)], 0))


# ---------------------------------------------------------------- fitting


def _polyfit_cases(shape: Shape) -> Iterator[Case]:
    if _one_axis(shape) and shape[0] > 2:
        yield (shape, shape), (1,), {}
        yield (shape, (*shape, 2)), (1,), {}
        yield (shape, shape), (0,), {"w": 0.5 + np.arange(shape[0])}


@composed(np.polyfit, method=False, cases=_polyfit_cases)
def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """The coefficients of the polynomial of degree `deg` for which Σ w²·(y − polynomial of x)² is
    least.

    Args:
        x, y: the points, variables or constants; y may have an axis more, of several fits.
        deg: the degree.
        rcond, full, cov: as in `numpy.polyfit`.
        w: how much each point counts; variables or constants.

    Of float32 it computes in float64, as NumPy does.

    >>> polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).round(6)
    array([2., 1.])
    """
    order = whole("polyfit", "deg", deg) + 1
    x, y = operand("polyfit", x) + 0.0, operand("polyfit", y) + 0.0
    if order < 1:
        raise ValueError("polyfit: deg must not be negative")
    if dimensions_of(x) != 1 or not shape_of(x)[0]:
        raise TypeError("polyfit: x must be a sequence of at least one number")
    if dimensions_of(y) not in (1, 2) or shape_of(y)[0] != shape_of(x)[0]:
        raise TypeError(f"polyfit: y of shape {shape_of(y)} does not fit {shape_of(x)[0]} points")
    rcond = shape_of(x)[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    left = vander(x, order)
    right = y
    if w is not None:
        w = operand("polyfit", w) + 0.0
        if shape_of(w) != shape_of(x):
            raise TypeError(f"polyfit: w of shape {shape_of(w)} does not fit {shape_of(x)} points")
        column = reshape(w, (-1, 1))
        left = left * column
        right = computed_in("polyfit", right * (column if dimensions_of(y) == 2 else w), y.dtype)
    scale = np.sqrt(np.sum(numbers_of(left) ** 2, 0))  # any scale: it is taken back below
    found, residuals, rank, singular = np.linalg.lstsq(left / scale, right, rcond)
    z = found / (scale if dimensions_of(y) == 1 else reshape(scale, (-1, 1)))
    if rank != order and not full:
        what = "Polyfit may be poorly conditioned"
        warnings.warn(what, np.exceptions.RankWarning, stacklevel=3)
    if full:
        return z, residuals, rank, singular, rcond
    return (z, _covariance(left / scale, scale, residuals, y, cov)) if cov else z


def _covariance(left: Any, scale: Any, residuals: Any, y: Any, cov: Any) -> Any:
    """The covariances of the coefficients, scaled by the mean residual unless that is known."""
    base = np.linalg.inv(matmul(transpose(left), left)) / np.outer(scale, scale)
    count, order = shape_of(left)
    if cov == "unscaled":
        factor: Any = 1
    elif count <= order:
        raise ValueError("polyfit: to scale the covariance there must be more points than "
                         "coefficients")  # fmt: skip
    else:
        factor = residuals / (count - order)
    return base * factor if dimensions_of(y) == 1 else reshape(base, (*shape_of(base), 1)) * factor
