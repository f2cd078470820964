"""NumPy's elementwise functions through plain calls and operators: none is forgotten, their values
at special numbers are NumPy's, and their derivatives there those that are documented."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from autograd_lite import Tensor, Value, grad, gradients
from autograd_lite.engine.numpy_protocol import FUNCTIONS
from autograd_lite.engine.primitive import CONSTANTS, Elementwise
from autograd_lite.testing.calls import always_there

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])
INF, NAN = math.inf, math.nan

# ---------------------------------------------------------------- none is forgotten

OF_WHOLE_NUMBERS = {"isnat"}  # and all that has no loop for floats


def test_every_ufunc_of_floats_has_a_rule_or_gives_plain_results() -> None:
    ufuncs = {f for f in vars(np).values() if isinstance(f, np.ufunc)}
    floating = {f for f in ufuncs if any("d" in loop.partition("->")[0] for loop in f.types)}
    left_out = {f.__name__ for f in floating if f not in FUNCTIONS and f not in CONSTANTS}
    assert left_out <= OF_WHOLE_NUMBERS


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("abs", "absolute"), ("divide", "true_divide"), ("mod", "remainder"),
        ("conj", "conjugate"), ("degrees", "rad2deg"), ("radians", "deg2rad"), ("pow", "power"),
        ("acos", "arccos"), ("asin", "arcsin"), ("atan", "arctan"), ("atan2", "arctan2"),
        ("acosh", "arccosh"), ("asinh", "arcsinh"), ("atanh", "arctanh"), ("abs", "fabs"),
    ],
)  # fmt: skip
def test_two_names_of_one_function(name: str, other: str) -> None:
    if hasattr(np, name):  # some came with NumPy 2.1
        assert FUNCTIONS[getattr(np, name)] is FUNCTIONS[getattr(np, other)]


# ---------------------------------------------------------------- special numbers

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-300, -1e300, 5e-324, 800.0, INF, -INF, NAN]
NAMED = {
    f.__name__: f
    for p in always_there()
    if isinstance(p, Elementwise) and not p.constants
    for f in p.numpy
    if f is not np.fabs
}


@pytest.mark.parametrize("name", NAMED)
def test_special_numbers_are_numpys(name: str) -> None:
    """The same to the last digits but four, −0.0 and nan included, in Values and Tensors."""
    f = NAMED[name]
    count = len(FUNCTIONS[f].primitive.operands)  # type: ignore[attr-defined]
    rows = np.array(np.meshgrid(*[SPECIAL] * count)).reshape(count, -1)
    with np.errstate(all="ignore"):
        expected = f(*rows)
        of_tensors = f(*map(Tensor, rows)).detach()
        of_values = [f(*map(Value, row)).item() for row in rows.T.tolist()]
    for found in (of_tensors, np.array(of_values)):
        np.testing.assert_allclose(found, expected, rtol=1e-15 * 4, atol=0.0)
        there = (expected == 0.0) & (np.abs(rows) != 5e-324).all(axis=0)
        there &= (rows == 0.0).sum(axis=0) < 2  # which of 0.0 and −0.0 is greater, differs
        np.testing.assert_array_equal(np.signbit(found[there]), np.signbit(expected[there]))


EDGES: list[tuple[Callable[..., Any], tuple[float, ...], tuple[float, ...]]] = [
    (np.cbrt, (0.0,), (INF,)),
    (np.arcsin, (1.0,), (INF,)),
    (np.arccos, (-1.0,), (-INF,)),
    (np.arccosh, (1.0,), (INF,)),
    (np.arctanh, (1.0,), (INF,)),
    (np.arctan, (INF,), (0.0,)),
    (np.reciprocal, (0.0,), (-INF,)),
    (np.log2, (0.0,), (INF,)),
    (np.exp2, (-INF,), (0.0,)),
    (np.sinc, (0.0,), (0.0,)),
    (np.sinc, (1e-8,), (-(math.pi**2) / 3.0 * 1e-8,)),
    (np.sinc, (1.0,), (-1.0,)),
    (np.copysign, (0.0, 1.0), (0.0, 0.0)),
    (np.copysign, (-2.0, -0.0), (1.0, 0.0)),
    (np.heaviside, (0.0, 0.25), (0.0, 1.0)),
    (np.heaviside, (2.0, 0.25), (0.0, 0.0)),
    (np.fmax, (NAN, 2.0), (0.0, 1.0)),
    (np.fmax, (2.0, NAN), (1.0, 0.0)),
    (np.fmax, (2.0, 2.0), (0.5, 0.5)),
    (np.fmin, (NAN, NAN), (0.0, 0.0)),
    (np.fmin, (2.0, 3.0), (1.0, 0.0)),
    (np.logaddexp, (INF, INF), (0.5, 0.5)),
    (np.logaddexp, (-INF, -INF), (0.5, 0.5)),
    (np.logaddexp, (-INF, 1.0), (0.0, 1.0)),
    (np.logaddexp, (900.0, -900.0), (1.0, 0.0)),
    (np.logaddexp2, (INF, INF), (0.5, 0.5)),
    (np.remainder, (7.0, 3.0), (1.0, -2.0)),
    (np.remainder, (-7.0, 3.0), (1.0, 3.0)),
    (np.remainder, (7.0, INF), (1.0, 0.0)),
    (np.fmod, (-7.0, 3.0), (1.0, 2.0)),
    (np.nextafter, (1.0, 2.0), (1.0, 0.0)),
    (np.degrees, (2.0,), (180.0 / math.pi,)),
    (np.radians, (2.0,), (math.pi / 180.0,)),
    (lambda x: np.modf(x)[0], (-2.25,), (1.0,)),
    (lambda x: np.frexp(x)[0], (6.0,), (0.125,)),
    (lambda x: np.ldexp(x, 3), (6.0,), (8.0,)),
    (lambda x: np.ldexp(x, -1070), (1e308,), (2.0**-1070,)),
    (np.nan_to_num, (NAN,), (0.0,)),
    (np.nan_to_num, (-2.0,), (1.0,)),
    (np.float_power, (2.0, 3.0), (12.0, 8.0 * math.log(2.0))),
]


@KINDS
@pytest.mark.parametrize(("f", "at", "derivatives"), EDGES)
def test_derivatives_at_special_numbers(
    kind: type, f: Callable[..., Any], at: tuple[float, ...], derivatives: tuple[float, ...]
) -> None:
    xs = [kind(x) for x in at]
    with np.errstate(all="ignore"):
        found = gradients(f(*xs), xs)
    assert [float(g) for g in found] == pytest.approx(derivatives, rel=1e-14, abs=0.0, nan_ok=True)


@pytest.mark.parametrize("x", [0.0, 1e-12, 1e-6, 0.03, 0.149, 0.151, 0.5, 1.0, 2.3, -0.1])
def test_three_derivatives_of_sinc(x: float) -> None:
    """Against its power series in 60 terms, of whole fractions."""
    from fractions import Fraction

    def series(order: int) -> float:
        total = Fraction(0)
        t = Fraction(math.pi)
        for k in range(60):
            power = 2 * k - order
            if power >= 0:
                term = (-1) ** k * t ** (2 * k) / Fraction(math.factorial(2 * k + 1))
                total += term * math.perm(2 * k, order) * Fraction(x) ** power
        return float(total)

    f: Callable[[Any], Any] = np.sinc
    for order in (1, 2, 3):
        f = grad(f)
        assert float(f(x)) == pytest.approx(series(order), rel=1e-11, abs=1e-12)


# ---------------------------------------------------------------- operators

FINITE = st.floats(-50.0, 50.0).filter(lambda x: abs(x) > 1e-3)


@KINDS
@given(x=FINITE, y=FINITE)
def test_remainder_and_quotient_as_pythons(kind: type, x: float, y: float) -> None:
    assume(abs(x / y - round(x / y)) > 1e-6)
    for a, b in ((kind(x), kind(y)), (kind(x), y), (x, kind(y)), (kind(x), np.float64(y))):
        found = a % b
        assert float(found.item()) == x % y
        quotient, rest = divmod(a, b)
        assert (quotient, rest.item()) == divmod(x, y)
        assert a // b == x // y
        assert not isinstance(a // b, kind)
    u, v = kind(x), kind(y)
    expected = (1.0, -(x // y))
    assert [float(g) for g in gradients(u % v, [u, v])] == pytest.approx(expected, rel=1e-9)
    assert [float(g) for g in gradients(divmod(u, v)[1], [u, v])] == pytest.approx(expected)


def test_of_arrays_on_either_side() -> None:
    t, a = Tensor([7.0, -7.0, 0.5]), np.array([2.0, 3.0, -4.0])
    for f in (operator.mod, operator.floordiv, divmod):
        for x, y, p, q in ((t, a, t.detach(), a), (a, t, a, t.detach()), (a, Value(2.0), a, 2.0)):
            found, expected = f(x, y), f(p, q)
            several = zip(found, expected, strict=True) if f is divmod else [(found, expected)]
            for one, right in several:
                plain = one.detach() if isinstance(one, Tensor) else one
                np.testing.assert_array_equal(plain, right)
    assert isinstance(t % a, Tensor)
    assert isinstance(divmod(a, t)[1], Tensor)
    assert type(t // a) is type(a // t) is np.ndarray


def test_arrays_of_values() -> None:
    values = np.array([Value(7.5), Value(-2.0)])
    assert [v.item() for v in values % 2.0] == [1.5, 0.0]
    assert (values // 2.0).tolist() == [3.0, -1.0]
    assert [v.item() for v in np.arctan(values)] == np.arctan([7.5, -2.0]).tolist()


@pytest.mark.parametrize(
    "f",
    [round, math.floor, math.ceil, math.trunc, lambda x: round(x, 1), lambda x: round(x, -1),
     np.round, np.floor, np.ceil, np.trunc, np.rint, np.around, np.spacing],
)  # fmt: skip
@pytest.mark.parametrize("x", [2.5, -2.75, 7.0, 14.96])
def test_what_rounds_is_plain(f: Callable[[Any], Any], x: float) -> None:
    for kind in (Value, Tensor):
        found = f(kind(x))
        assert found == f(x)
        assert isinstance(found, int | float | np.ndarray)


def test_methods_of_arrays() -> None:
    t = Tensor([1.25, -2.75])
    assert t.round(1).tolist() == t.detach().round(1).tolist()
    assert t.round().tolist() == [1.0, -3.0]
    assert Value(1.25).round(1) == 1.2


@KINDS
def test_division_by_0_warns_as_numpys(kind: type) -> None:
    x = kind(2.0)
    with pytest.warns(RuntimeWarning):
        assert math.isnan((x % 0.0).item())
    with pytest.warns(RuntimeWarning):
        assert x // 0.0 == INF


@KINDS
@pytest.mark.parametrize("f", [operator.mod, operator.floordiv, divmod])
def test_what_is_no_number(kind: type, f: Callable[[Any, Any], Any]) -> None:
    class Foreign:
        __array_ufunc__ = None

        def _answer(self, other: Any) -> str:
            return "its own"

        __rmod__ = __rfloordiv__ = __rdivmod__ = _answer

    assert f(kind(1.0), Foreign()) == "its own"
    with pytest.raises(TypeError):
        f(kind(1.0), "a")
    with pytest.raises(TypeError):
        f(kind(1.0), None)


@KINDS
def test_powers_have_two_operands(kind: type) -> None:
    with pytest.raises(TypeError, match=rf"^{kind.__name__}\.__pow__\(\) takes 2"):
        pow(kind(2.0), 3, 5)


# ---------------------------------------------------------------- arguments of more than one kind


def test_options_of_ufuncs() -> None:
    t = Tensor([1.0, 2.0])
    assert np.tan(t, dtype=np.float32).dtype == np.float32
    assert np.ldexp(t, [1, 2], dtype=np.float32).dtype == np.float32
    assert np.arctan(t, None, where=True, order="K").dtype == np.float64
    with pytest.raises(TypeError, match=r"^np\.tan: where=… without out=… .*np\.where\(mask"):
        np.tan(t, where=[True, False])
    with pytest.raises(TypeError, match=r"^np\.float_power: the argument dtype=…"):
        np.float_power(t, 2.0, dtype=np.float32)
    with pytest.raises(TypeError, match=r"^np\.vecdot: the argument keepdims=…"):
        np.vecdot(t, t, keepdims=True)
    assert np.vecdot(Tensor(np.ones((3, 2))), np.ones((3, 2)), axis=0).shape == (2,)


@pytest.mark.parametrize("i", [0, 1, -3, 100, -200, 140, -149])
def test_ldexp_is_exact_in_float32(i: int) -> None:
    x = np.array([1.5, -0.75, 1e-45, 3e38, 0.0, INF], np.float32)
    with np.errstate(over="ignore", under="ignore"):
        found, expected = np.ldexp(Tensor(x), i), np.ldexp(x, i)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.detach(), expected)


def test_unwrapped_angles_have_the_derivative_1() -> None:
    t = Tensor([[0.0, 3.0, 6.5], [3.0, -3.0, 0.0]])
    for axis in (0, 1):
        y = np.unwrap(t, axis=axis)
        np.testing.assert_allclose(y.detach(), np.unwrap(t.detach(), axis=axis), rtol=1e-15)
        assert gradients(np.sum(y), [t])[0].tolist() == np.ones((2, 3)).tolist()
