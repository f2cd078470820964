"""The solution of a differential equation: SciPy's values, and gradients against closed forms and
differences."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import scipy.integrate

from autograd_lite import Tensor, grad, gradients, hessian, numerical_gradient
from autograd_lite.scipy import quadrature
from autograd_lite.scipy.integrate import odeint, quad

TIMES = np.array([0.0, 0.4, 1.0, 2.5])


def swing(y: Any, t: Any, damping: Any, parameters: Any) -> Any:
    """A pendulum that is driven."""
    force = parameters["force"] * np.cos(parameters["rate"] * t)
    return np.stack([y[1], -np.sin(y[0]) - damping * y[1] + force])


ARGS: tuple[Any, ...] = (0.2, {"force": 0.5, "rate": 1.3})
START = np.array([0.5, -0.2])
WEIGHTS = np.random.default_rng(0).normal(size=(4, 2))


def total(y0: Any, t: Any, *args: Any) -> Any:
    return (WEIGHTS * odeint(swing, y0, t, *args, rtol=1e-11, atol=1e-11)).sum()


def test_values() -> None:
    def plain(t: float, y: Any) -> Any:
        return swing(y, t, *ARGS)

    expected = scipy.integrate.solve_ivp(
        plain, (0.0, 2.5), START, t_eval=TIMES, rtol=1e-11, atol=1e-12, method="DOP853"
    ).y.T
    found = odeint(swing, START, TIMES, *ARGS, rtol=1e-11, atol=1e-11)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(
        odeint(swing, Tensor(START), TIMES, *ARGS).detach(), expected, atol=1e-7
    )
    for method in ("RK23", "RK45"):
        rough = odeint(swing, START, TIMES, *ARGS, method=method, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(rough, expected, atol=1e-4)


def test_arguments_as_scipy_takes_them() -> None:
    expected = odeint(swing, START, TIMES, *ARGS)
    np.testing.assert_array_equal(odeint(swing, START, TIMES, ARGS), expected)
    np.testing.assert_array_equal(odeint(swing, START, TIMES, args=ARGS), expected)
    by_each = grad(lambda k: odeint(swing, START, TIMES, args=(k, ARGS[1])).sum())(0.2)
    assert by_each == grad(lambda k: odeint(swing, START, TIMES, k, ARGS[1]).sum())(0.2) != 0.0
    with pytest.raises(TypeError, match="args must be a tuple, and all that f takes"):
        odeint(swing, START, TIMES, 0.2, args=ARGS)
    with pytest.raises(TypeError, match="args must be a tuple"):
        odeint(swing, START, TIMES, args=0.2)  # type: ignore[arg-type]


def test_gradients_by_everything() -> None:
    by_start, by_times, by_damping = grad(total, (0, 1, 2))(START, TIMES, *ARGS)
    np.testing.assert_allclose(
        by_start, numerical_gradient(lambda y: total(y, TIMES, *ARGS), START, 1e-4), rtol=1e-6
    )
    np.testing.assert_allclose(
        by_times, numerical_gradient(lambda t: total(START, t, *ARGS), TIMES, 1e-4), rtol=1e-6
    )
    assert by_damping == pytest.approx(
        numerical_gradient(lambda d: total(START, TIMES, d, ARGS[1]), 0.2, 1e-4), rel=1e-6
    )
    by_parameters = grad(total, 3)(START, TIMES, *ARGS)
    for name, x in ARGS[1].items():
        expected = numerical_gradient(
            lambda v, name=name: total(START, TIMES, 0.2, {**ARGS[1], name: v}), x, 1e-4
        )
        assert by_parameters[name] == pytest.approx(expected, rel=1e-6)


def test_closed_forms_to_the_third_order() -> None:
    """y = y₀·e^(−k·t)."""

    def f(k: Any, y0: Any = 2.0, t: Any = 1.5) -> Any:
        return odeint(lambda y, t, k: -k * y, y0, np.stack([0.0, t]), k, rtol=1e-12, atol=1e-13)[1]

    right = 2.0 * np.exp(-0.7 * 1.5)
    assert grad(f, 1)(0.7, 2.0, 1.5) == pytest.approx(right / 2.0, rel=1e-9)
    assert grad(f, 2)(0.7, 2.0, 1.5) == pytest.approx(-0.7 * right, rel=1e-9)
    for order in (1, 2, 3):
        f = grad(f)
        assert f(0.7) == pytest.approx((-1.5) ** order * right, rel=1e-7)


def test_variables_that_the_equation_closes_over() -> None:
    def f(k: Any) -> Any:
        rate = np.exp(k)  # of which one is made of the other
        return odeint(lambda y, t: -rate * k * y, 1.0, [0.0, 1.0])[1]

    assert grad(f)(0.3) == pytest.approx(numerical_gradient(f, 0.3), rel=1e-7)
    assert grad(grad(f))(0.3) == pytest.approx(numerical_gradient(grad(f), 0.3), rel=1e-5)


def test_a_variable_that_comes_in_later_is_no_silent_zero() -> None:
    k = Tensor(0.5)

    def late(y: Any, t: Any) -> Any:
        return -y if float(np.asarray(getattr(t, "data", t))) < 0.5 else -k * y

    z = odeint(late, Tensor(1.0), [0.0, 1.0])
    with pytest.raises(ValueError, match="give it as one of the args"):
        z[1].backward()


def test_copies_of_the_state_and_the_time_are_not_constant() -> None:
    """y′ = −a·t·y: y = y₀·e^(−a·t²/2)."""

    def end(y0: Any, a: Any, t: Any) -> Any:
        times = np.array([0.0, 0.5, 1.0]) * t
        return odeint(lambda y, t: -a * copy.copy(t) * copy.deepcopy(y), y0, times, rtol=1e-10)[-1]

    expected = np.array([1.0, -0.5, -1.0]) * np.exp(-0.5)
    np.testing.assert_allclose(grad(end, (0, 1, 2))(1.0, 1.0, 1.0), expected, rtol=1e-7)


def test_a_function_that_writes_into_its_argument() -> None:
    def total(f: Any) -> Any:
        def sum_of(y0: Any, a: Any) -> Any:
            return (odeint(f, y0, [0.0, 0.5, 1.0], a) * np.array([[1.0], [2.0], [3.0]])).sum()

        return sum_of

    def written(y: Any, t: Any, a: Any) -> Any:
        y[0] = 2.0 * y[0]
        return -a * y

    given, plain = (np.array([1.0]), 0.3), total(lambda y, t, a: -2.0 * a * y)
    for i in (0, 1):
        np.testing.assert_allclose(grad(total(written), i)(*given), grad(plain, i)(*given))
    second, expected = (
        hessian(lambda a, f=f: f(np.array([1.0]), a))(0.3) for f in (total(written), plain)
    )
    np.testing.assert_allclose(second, expected)


def test_backwards_in_time_and_of_any_shape() -> None:
    matrix = np.array([[0.0, 1.0], [-1.0, -0.1]])
    y0 = np.arange(4.0).reshape(2, 2)

    def f(y0: Any) -> Any:
        return odeint(lambda y, t: matrix @ y, y0, [1.0, 0.3, 0.0])

    forth = odeint(lambda y, t: matrix @ y, f(y0)[-1], [0.0, 1.0])[-1]
    np.testing.assert_allclose(forth, y0, atol=1e-7)
    np.testing.assert_allclose(
        grad(lambda y: (f(y)[-1] ** 2).sum())(y0),
        numerical_gradient(lambda y: (f(y)[-1] ** 2).sum(), y0, 1e-4),
        rtol=1e-6,
    )


def test_float32_stays_float32() -> None:
    y = Tensor(np.array([1.0, 2.0], np.float32))
    z = odeint(lambda y, t, k: -k * y, y, [0.0, 1.0], y[1])
    assert z.dtype == np.float32
    np.testing.assert_allclose(z.detach()[1], [np.exp(-2.0), 2.0 * np.exp(-2.0)], rtol=1e-6)
    (slope,) = gradients(z[1, 0], [y], record=True)
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope.detach(), [np.exp(-2.0), -np.exp(-2.0)], rtol=1e-5)
    (second,) = gradients(slope[1], [y])
    np.testing.assert_allclose(second, [-np.exp(-2.0), np.exp(-2.0)], rtol=1e-5)


def test_one_time_and_lists() -> None:
    z = odeint(lambda y, t: [y[1], -y[0]], [Tensor(1.0), Tensor(0.0)], [0.0])
    np.testing.assert_array_equal(z.detach(), [[1.0, 0.0]])
    z = odeint(lambda y, t: [y[1], -y[0]], [1.0, 0.0], [0.0, np.pi])
    np.testing.assert_allclose(z[1], [-1.0, 0.0], atol=1e-8)


def test_what_cannot_be_solved() -> None:
    for t in ([0.0, 1.0, 0.5], [], [[0.0, 1.0]]):
        with pytest.raises(ValueError, match="times"):
            odeint(lambda y, t: y, 1.0, t)
    with pytest.raises(ValueError, match="method must be"):
        odeint(lambda y, t: y, 1.0, [0.0, 1.0], method="LSODA")
    with pytest.raises(RuntimeError, match="odeint"), np.errstate(all="ignore"):
        odeint(lambda y, t: y * y, 1.0, [0.0, 2.0])  # infinite at t = 1


# ---------------------------------------------------------------- integrals


def test_the_rule_of_21_points_is_exact_for_polynomials() -> None:
    for power in range(0, 32, 2):
        moment = (quadrature.WEIGHTS * quadrature.POINTS**power).sum()
        assert moment == pytest.approx(2.0 / (power + 1), rel=1e-14)


def test_an_integral_by_what_is_in_it_and_by_its_bounds() -> None:
    """∫ e^(−kt)·sin t, and its derivatives by k, a and b, of two orders."""

    def f(k: Any, a: Any, b: Any) -> Any:
        return quad(lambda t, k: np.exp(-k * t) * np.sin(t) * b, a, b, args=(k,))[0]

    at = (0.7, 0.3, 2.5)
    expected = scipy.integrate.quad(lambda t: np.exp(-0.7 * t) * np.sin(t) * 2.5, 0.3, 2.5)
    assert f(*at) == expected[0]
    for i in range(3):

        def along(x: Any, i: int = i) -> Any:
            return f(*(x if i == j else v for j, v in enumerate(at)))

        assert grad(along)(at[i]) == pytest.approx(numerical_gradient(along, at[i]), rel=1e-7)
        second = numerical_gradient(grad(along), at[i])
        assert grad(grad(along))(at[i]) == pytest.approx(second, rel=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "exact"),
    [(0.0, np.inf, 0.5), (np.inf, 0.0, -0.5), (-np.inf, 0.0, 0.5), (-np.inf, np.inf, 1.0),
     (np.inf, -np.inf, -1.0)],
)  # fmt: skip
def test_infinite_bounds(low: float, high: float, exact: float) -> None:
    def f(s: Any) -> Any:
        scale = s**2 / np.sqrt(2.0 * np.pi)
        return quad(lambda t: scale * np.exp(-0.5 * (t / s) ** 2), low, high)[0]

    assert f(2.0) == pytest.approx(8.0 * exact, rel=1e-8)
    assert grad(f)(2.0) == pytest.approx(12.0 * exact, rel=1e-7)  # of s³
    assert grad(grad(f))(2.0) == pytest.approx(12.0 * exact, rel=1e-6)


def test_a_bound_beside_an_infinite_one_and_breaks() -> None:
    slope = grad(lambda a: quad(lambda t: np.exp(-t), a, np.inf)[0])(1.0)
    assert slope == pytest.approx(-np.exp(-1.0))
    assert grad(lambda a: quad(lambda t: np.exp(t), -np.inf, a)[0])(1.0) == pytest.approx(np.e)

    def kinked(c: Any) -> Any:
        return quad(lambda t: abs(t - c), 0.0, 3.0, points=[c])[0]

    assert grad(kinked)(1.0) == pytest.approx(1.0 - 2.0, rel=1e-9)  # c²/2 + (3 − c)²/2


def test_what_an_integral_refuses() -> None:
    assert quad(np.exp, 1.0, 1.0)[0] == 0.0
    assert isinstance(quad(np.exp, 0.0, 1.0)[0], float)
    with pytest.raises(TypeError, match="full_output"):
        quad(np.exp, 0.0, 1.0, full_output=1)
    p = Tensor(0.9)
    with pytest.raises(ValueError, match="no pole"):
        quad(lambda t: t**-p, 0.0, 1.0)
