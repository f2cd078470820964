"""Solutions as functions of what the problem depends on, against closed forms and differences."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.optimize

from autograd_lite import Tensor, Value, grad, gradients, hessian, no_grad, numerical_gradient
from autograd_lite.scipy import implicit
from autograd_lite.scipy.optimize import fixed_point, minimize, root


def cube_root(a: Any) -> Any:
    return root(lambda x, a: x**3 - a, 1.0, args=(a,), tol=1e-14).x


def test_a_root_has_derivatives_of_every_order() -> None:
    f, factor = cube_root, 1.0
    for k in range(4):
        f, factor = grad(f), factor * (1 / 3 - k)
        assert f(8.0) == pytest.approx(factor * 8.0 ** (1 / 3 - k - 1), rel=1e-8)


def system(x: Any, a: Any, b: Any) -> list[Any]:
    return [x[0] ** 2 + x[1] - a, x[0] * x[1] + b * np.exp(0.1 * x[1])]


def test_a_system_by_arguments_and_by_closure() -> None:
    def by_arguments(a: Any, b: Any) -> Any:
        z = root(system, [1.0, 1.0], args=(a, b), tol=1e-13).x
        return z[0] * z[1] ** 2

    def by_closure(a: Any, b: Any) -> Any:
        z = root(lambda x: system(x, a, b), [1.0, 1.0], tol=1e-13).x
        return z[0] * z[1] ** 2

    for i in (0, 1):
        expected = numerical_gradient(
            lambda v, i=i: by_arguments(*[v if i == j else (3.0, -1.0)[j] for j in (0, 1)]),
            (3.0, -1.0)[i],
        )
        for f in (by_arguments, by_closure):
            assert grad(f, i)(3.0, -1.0) == pytest.approx(expected, rel=1e-7)
            second = numerical_gradient(
                lambda v, i=i, f=f: grad(f, i)(*[v if i == j else (3.0, -1.0)[j] for j in (0, 1)]),
                (3.0, -1.0)[i],
            )
            assert grad(grad(f, i), i)(3.0, -1.0) == pytest.approx(second, rel=1e-6)


def test_parameters_that_depend_on_each_other_are_counted_once() -> None:
    """F sees b and e^b: each is an operand of the solution, and one is made of the other."""

    def f(b: Any) -> Any:
        a = np.exp(b)
        return root(lambda x: x - a * b, 1.0).x

    for _ in range(2):
        assert grad(f)(0.5) == pytest.approx(np.exp(0.5) * 1.5)
    assert grad(grad(f))(0.5) == pytest.approx(np.exp(0.5) * 2.5)


@pytest.mark.parametrize("join", [list, tuple, np.stack, np.array])
def test_equations_in_any_container(join: Any) -> None:
    def f(a: Any) -> Any:
        return root(lambda x: join([x[0] - a, x[1] * x[0] - a**3]), [1.0, 1.0]).x[1]

    assert grad(f)(2.0) == pytest.approx(4.0)
    assert grad(grad(f))(2.0) == pytest.approx(2.0)


def test_a_matrix_of_unknowns() -> None:
    a = np.array([[2.0, 0.3], [0.1, 1.0]])
    square = root(lambda x, a: x @ x - a, np.eye(2), args=(a,), tol=1e-13).x
    assert isinstance(square, np.ndarray)

    def f(a: Any) -> Any:
        return (
            root(lambda x, a: x @ x - a, np.eye(2), args=(a,), tol=1e-13).x
            * [[1.0, 2.0], [3.0, 5.0]]
        ).sum()

    np.testing.assert_allclose(grad(f)(a), numerical_gradient(f, a), rtol=1e-6)


def test_many_unknowns_are_solved_for_by_products(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    matrix, weights = np.eye(30) + 0.1 * rng.normal(size=(30, 30)), rng.normal(size=30)

    def f(b: Any) -> Any:
        z = root(lambda x: matrix @ x + 0.1 * x**3 - b, np.zeros(30), tol=1e-13).x
        return (weights * z**2).sum()

    b = rng.normal(size=30)
    exact = grad(f)(b)
    second = grad(lambda b: (weights * grad(f)(b)).sum())(b)
    monkeypatch.setattr(implicit, "DENSE", 3)
    np.testing.assert_allclose(grad(f)(b), exact, rtol=1e-8)
    np.testing.assert_allclose(grad(lambda b: (weights * grad(f)(b)).sum())(b), second, rtol=1e-7)
    np.testing.assert_allclose(exact, numerical_gradient(f, b), rtol=1e-5, atol=1e-8)


def test_the_kinds_of_results() -> None:
    assert isinstance(root(lambda x: x - 1.0, 0.0).x, float)  # depends on nothing
    with no_grad():
        assert not isinstance(root(lambda x, a: x - a, 0.0, args=(Tensor(1.0),)).x, Tensor)
    z = root(lambda x, a: x - a, 0.0, args=(Value(1.0),))
    assert isinstance(z.x, Tensor)
    assert z.success
    a = Tensor([1.0, 4.0])
    x = root(lambda x: x * x - a, [1.0, 1.0]).x
    x.sum().backward()
    np.testing.assert_allclose(a.grad, [0.5, 0.25], rtol=1e-7)


def test_float32_stays_float32() -> None:
    a, start = Tensor(np.array([2.0, 3.0], np.float32)), np.ones(2, np.float32)
    for x in (
        root(lambda x: x * x - a, start).x,
        fixed_point(lambda x: 0.5 * (x + a / x), start),
        minimize(lambda x: ((x - a) ** 2).sum(), start).x,
    ):
        assert x.dtype == np.float32
        assert grad(lambda x: x.sum())(x).dtype == np.float32
        (slope,) = gradients(x.sum(), [a])
        assert slope.dtype == np.float32
        (slope,) = gradients(x.sum(), [a], record=True)
        gradients(slope.sum(), [a])


def test_what_cannot_be_solved() -> None:
    with pytest.raises(RuntimeError, match="no root was found"):
        root(lambda x: x * x + 1.0, 0.5)
    a = Tensor(0.0)
    x = root(lambda x: (x - a) ** 2, 0.0).x  # a double root
    with pytest.raises(ValueError, match="singular"):
        x.backward()
    with pytest.raises(ValueError, match="as many equations"):
        root(lambda x: (x - a).sum(), [0.0, 0.0], method="krylov")


# ---------------------------------------------------------------- fixed points


def test_a_fixed_point() -> None:
    def f(a: Any) -> Any:
        return fixed_point(lambda x, a: np.cos(a * x), 0.5, a)

    x = fixed_point(np.cos, 0.5)
    assert x == pytest.approx(np.cos(x), abs=1e-12)
    assert grad(f)(0.9) == pytest.approx(numerical_gradient(f, 0.9), rel=1e-7)
    assert grad(grad(f))(0.9) == pytest.approx(numerical_gradient(grad(f), 0.9), rel=1e-6)


def test_a_fixed_point_of_an_array_and_of_a_list() -> None:
    w = np.array([[0.3, 0.1], [-0.2, 0.4]])

    def f(w: Any) -> Any:
        return fixed_point(lambda x: np.tanh(w @ x + 0.5), np.zeros(2)).sum()

    def g(w: Any) -> Any:
        return fixed_point(
            lambda x: [np.tanh(w[i, 0] * x[0] + w[i, 1] * x[1] + 0.5) for i in (0, 1)], np.zeros(2)
        ).sum()

    for h in (f, g):
        np.testing.assert_allclose(grad(h)(w), numerical_gradient(f, w), rtol=1e-6)


def test_an_iteration_that_does_not_converge() -> None:
    with pytest.raises(RuntimeError, match="no convergence"):
        fixed_point(lambda x: x + 1.0, 0.0, maxiter=20)
    with pytest.raises(ValueError, match="must be the same"):
        fixed_point(lambda x: np.ones(3), np.zeros(2))


# ---------------------------------------------------------------- least points


def loss(x: Any, a: Any) -> Any:
    return ((x - a) ** 4).sum() + ((x - 2.0 * a * a) ** 2).sum()


@pytest.mark.parametrize("method", [None, "BFGS", "L-BFGS-B", "CG"])
def test_a_least_point(method: str | None) -> None:
    def f(a: Any) -> Any:
        found = minimize(loss, np.zeros(2), args=(a,), method=method)
        return (found.x**2).sum() + found.fun

    for order in (1, 2):
        assert grad(f)(1.3) == pytest.approx(numerical_gradient(f, 1.3), rel=1e-5), order
        f = grad(f)


def test_the_least_value_has_the_gradient_of_the_envelope() -> None:
    def f(a: Any) -> Any:
        return minimize(lambda x: ((x - a) ** 2).sum() + a * x[0], [0.0, 0.0]).fun

    assert grad(f)(0.7) == pytest.approx(1.5 * 0.7, rel=1e-6)  # f = a²/4 + a²/2


@pytest.mark.parametrize(
    "bounds", [[(0.0, 1.0), (None, None)], scipy.optimize.Bounds([0.0, -9.0], 1.0)]
)
def test_what_is_at_a_bound_stays_there(bounds: Any) -> None:
    def f(a: Any) -> Any:
        x = minimize(lambda x: ((x - a) ** 2).sum() + x[0] * x[1], np.zeros(2), bounds=bounds).x
        return x[0] + 10.0 * x[1]

    # x₀ = 1, and x₁ = a − ½
    a = np.array([3.0, 0.4])
    np.testing.assert_allclose(grad(f)(a), [0.0, 10.0], atol=1e-6)


def line(a: Any) -> dict[str, Any]:
    return {"type": "eq", "fun": lambda x: x[0] + 2.0 * x[1] - a}


def disc(r: Any) -> dict[str, Any]:
    return {"type": "ineq", "fun": lambda x, r: r * r - x @ x, "args": (r,)}


def test_the_nearest_point_of_a_line() -> None:
    """x = (a/5)·(1, 2), whose least distance² is a²/5."""

    def f(a: Any) -> Any:
        found = minimize(lambda x: x @ x, [1.0, 1.0], constraints=line(a))
        return found.x[0] * found.x[1] + found.fun

    for order, expected in enumerate([2 * 9.0 / 25 + 9.0 / 5, 2 * 2 * 3.0 / 25 + 6.0 / 5, 14 / 25]):
        assert f(3.0) == pytest.approx(expected, rel=1e-7), order
        f = grad(f)


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr", "COBYLA"])
def test_an_inequality_at_its_limit_and_away_from_it(method: str) -> None:
    """The nearest point to (a, 2a) of a disc: r/√5·(1, 2) or the point itself."""

    def f(a: Any, r: Any) -> Any:
        options = {"options": {"rhobeg": 0.1}} if method == "COBYLA" else {}
        x = minimize(
            lambda x, a: (x[0] - a) ** 2 + (x[1] - 2.0 * a) ** 2,
            [0.5, 0.1], args=(a,), method=method, constraints=[disc(r)], tol=1e-9, **options,
        ).x  # fmt: skip
        return x[0] + 10.0 * x[1]

    assert grad(f, 1)(3.0, 2.0) == pytest.approx(21.0 / np.sqrt(5.0), rel=1e-6)
    assert grad(f, 0)(3.0, 2.0) == pytest.approx(0.0, abs=1e-6)
    assert grad(f, 0)(0.3, 2.0) == pytest.approx(21.0, rel=1e-6)
    assert grad(f, 1)(0.3, 2.0) == pytest.approx(0.0, abs=1e-6)


def test_constraints_of_every_kind_together() -> None:
    between = scipy.optimize.NonlinearConstraint
    weights = np.array([1.0, -2.0, 3.0, 0.5])

    def f(p: Any) -> Any:
        def cost(x: Any) -> Any:
            return ((x - p) ** 2).sum() + 0.1 * (x**4).sum() + p[0] * x[1] * x[2]

        found = minimize(
            cost, np.full(4, 0.4), bounds=[(0.0, 1.0)] * 4,
            constraints=[
                scipy.optimize.LinearConstraint([[1.0, 1.0, 1.0, 1.0]], 2.0, 2.0),
                between(lambda x: [x[0] * x[1], x[2] + p[1] * x[3]], [0.1, -9.0], [np.inf, 1.0]),
            ],
        )  # fmt: skip
        return weights @ found.x + found.fun

    for p in (np.array([0.9, 0.2, 0.8, 0.3]), np.array([1.5, -0.3, 0.1, 1.2])):

        def along(s: Any, p: Any = p) -> Any:
            return f(p + s * np.array([1.0, 0.7, -0.4, 0.2]))

        assert grad(along)(0.0) == pytest.approx(numerical_gradient(along, 0.0), rel=1e-6)
        second = numerical_gradient(grad(along), 0.0)
        assert grad(grad(along))(0.0) == pytest.approx(second, rel=1e-4, abs=1e-6)


def test_constraints_that_depend_on_each_other_have_no_derivative() -> None:
    a = Tensor(1.0)
    x = minimize(lambda x: ((x - 3.0) ** 2).sum(), [0.1, 0.1], constraints=[disc(a), disc(a)]).x
    with pytest.raises(ValueError, match="singular"):
        x.sum().backward()


def test_what_minimize_refuses() -> None:
    with pytest.raises(TypeError, match=r"jac=… is not supported"):
        minimize(lambda x: x[0] ** 2, [1.0], jac=None)
    for wrong in ({"type": "le", "fun": abs}, {"type": "eq"}, [3.0]):
        with pytest.raises(TypeError, match="minimize: a constraint"):
            minimize(lambda x: x[0] ** 2, [1.0], constraints=wrong)
    with pytest.raises(RuntimeError, match="no least point"):
        minimize(lambda x: x[0] ** 3, [-1.0], options={"maxiter": 3})


@pytest.mark.parametrize("method", ["lm", "broyden1", "krylov", "df-sane"])
def test_the_derivatives_of_a_root_are_those_of_any_method(method: str) -> None:
    def equations(x: Any, a: Any) -> Any:  # which have a single root
        return x**3 + 2.0 * x + np.array([1.0, -1.0]) * x[::-1] - np.stack([a, a * a])

    def f(a: Any, method: str = "hybr") -> Any:
        return (root(equations, np.ones(2), args=(a,), method=method, tol=1e-13).x ** 2).sum()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a step that ends on the root
        for derivative in (grad, lambda f: grad(grad(f))):
            assert derivative(f)(3.0, method) == pytest.approx(derivative(f)(3.0), rel=1e-8)


@pytest.mark.parametrize("method", ["Powell", "SLSQP", "TNC", "trust-exact", "COBYLA"])
def test_the_derivatives_of_a_least_point_are_those_of_any_method(method: str) -> None:
    def f(a: Any, method: str = "BFGS") -> Any:
        options: Any = {"hess": lambda x, a: hessian(loss)(x, a)} if "exact" in method else {}
        return (minimize(loss, np.zeros(2), args=(a,), method=method, **options).x ** 2).sum()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of methods that need no gradient
        for derivative in (grad, lambda f: grad(grad(f))):
            assert derivative(f)(1.3, method) == pytest.approx(derivative(f)(1.3), rel=1e-5)


def test_scipys_other_functions_take_the_arguments_too() -> None:
    """`jac` and `hess` that a user gives are called with x and the plain `args`."""

    def jac(x: Any, a: Any) -> Any:
        assert isinstance(a, float)
        return np.diag(3.0 * x**2)

    assert grad(lambda a: root(lambda x, a: x**3 - a, np.ones(2), args=(a,), jac=jac).x.sum())(
        8.0
    ) == pytest.approx(2.0 / 12.0)


def test_copies_of_the_unknowns_are_not_constant() -> None:
    """x² = a, written with a copy of x in each way to solve for it: dx/da = 1/(2x)."""
    solvers = {
        "root": lambda a: root(lambda x: copy.deepcopy(x) * x - a, 1.0).x,
        "fixed_point": lambda a: fixed_point(lambda x: 0.5 * (copy.copy(x) + a / x), 1.0),
        "minimize": lambda a: minimize(lambda x: copy.copy(x) ** 3 / 3.0 - a * x, 1.0).x,
    }
    for name, solver in solvers.items():
        assert grad(solver)(2.0) == pytest.approx(0.5 / np.sqrt(2.0), rel=1e-6), name


def test_functions_that_write_into_their_argument() -> None:
    def doubled(x: Any) -> Any:
        x[0] = 2.0 * x[0]
        return x

    one = np.ones(1)
    solvers = {  # and what they solve, by a
        "root": (lambda a: root(lambda x: doubled(x) ** 2 - a, one).x, lambda a: a**0.5 / 2.0),
        "fixed_point": (
            lambda a: fixed_point(lambda x: doubled(x) / 4.0 + a**2, one),
            lambda a: 2.0 * a**2,
        ),
        "minimize": (
            lambda a: minimize(lambda x: ((doubled(x) - a**2) ** 2).sum(), one).x,
            lambda a: a**2 / 2.0,
        ),
        "its value": (
            lambda a: minimize(lambda x: ((doubled(x) - a) ** 2).sum() + a**3, one).fun,
            lambda a: a**3,
        ),
    }
    for name, (solver, solution) in solvers.items():
        f: Any = lambda a, solver=solver: np.sum(solver(a))  # noqa: E731
        assert grad(f)(2.0) == pytest.approx(grad(solution)(2.0), rel=1e-6), name
        assert grad(grad(f))(2.0) == pytest.approx(grad(grad(solution))(2.0), abs=1e-5), name


# ---------------------------------------------------------------- SciPy's own, with gradients


def test_scipys_minimize_with_our_gradient() -> None:
    def rosenbrock(x: Any) -> Any:
        return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()

    slope = grad(rosenbrock)
    start = np.array([-1.2, 1.0, 0.8])

    def hessp(x: Any, p: Any) -> Any:
        return grad(lambda x: (slope(x) * p).sum())(x)

    def hess(x: Any) -> Any:
        return np.array([hessp(x, p) for p in np.eye(len(x))])

    calls: list[dict[str, Any]] = [
        {"method": "BFGS"},
        {"method": "L-BFGS-B"},
        {"method": "Newton-CG", "hessp": hessp},
        {"method": "trust-ncg", "hess": hess},
        {"method": "trust-exact", "hess": hess},
    ]
    for options in calls:
        found = scipy.optimize.minimize(rosenbrock, start, jac=slope, **options)
        assert isinstance(found.x, np.ndarray)
        np.testing.assert_allclose(found.x, 1.0, atol=1e-3, err_msg=str(options))


def test_scipys_root_and_least_squares_with_our_jacobian() -> None:
    def equations(x: Any) -> Any:
        return np.stack([x[0] ** 2 + x[1] - 3.0, x[0] - x[1] + 1.0])

    def jacobian(x: Any) -> Any:
        return np.array([grad(lambda x, i=i: equations(x)[i])(x) for i in (0, 1)])

    for found in (
        scipy.optimize.root(equations, np.ones(2), jac=jacobian),
        scipy.optimize.least_squares(equations, np.ones(2), jac=jacobian),
    ):
        np.testing.assert_allclose(found.x, [1.0, 2.0], rtol=1e-6)
