"""vjp, jvp, linearize, jacobian, hessian, hvp: what they take, what they give, what they refuse."""

from __future__ import annotations

import pickle
import warnings
from collections import Counter, namedtuple
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, gradients, no_grad
from autograd_lite.engine import forward
from autograd_lite.engine.observing import Observer, observed
from autograd_lite.transforms import (
    checkpoint,
    custom_gradient,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    value_and_grad,
    vjp,
    vmap,
)

Pair = namedtuple("Pair", ["w", "b"])

X = np.array([0.3, 0.7])


def swirl(x: Any) -> Any:
    """Two numbers to two numbers; its derivative is known."""
    return np.stack([np.sin(x[0]) * x[1], x[0] * x[1] ** 2])


def swirl_jacobian(x: Any) -> Any:
    return np.array([[np.cos(x[0]) * x[1], np.sin(x[0])], [x[1] ** 2, 2.0 * x[0] * x[1]]])


# ---------------------------------------------------------------- known numbers


def test_known_numbers() -> None:
    J = swirl_jacobian(X)
    v = np.array([2.0, -1.0])
    value, tangent = jvp(swirl, (X,), (v,))
    np.testing.assert_allclose(value, swirl(X))
    np.testing.assert_allclose(tangent, J @ v)
    np.testing.assert_allclose(vjp(swirl, X)[1](v)[0], v @ J)
    for mode in ("forward", "reverse", None):
        np.testing.assert_allclose(jacobian(swirl, mode=mode)(X), J)
    s, c = np.sin(X[0]), np.cos(X[0])
    H = [[[-s * X[1], c], [c, 0.0]], [[0.0, 2 * X[1]], [2 * X[1], 2 * X[0]]]]
    np.testing.assert_allclose(hessian(swirl)(X), H)
    np.testing.assert_allclose(hessian(lambda x: swirl(x)[0])(X), H[0])
    np.testing.assert_allclose(hvp(lambda x: swirl(x)[1])(X, v), np.array(H[1]) @ v)
    np.testing.assert_allclose(elementwise_grad(np.sin)(X), np.cos(X))


@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 0), (2, 3)])
def test_shapes(shape: tuple[int, ...]) -> None:
    x = np.full(shape, 0.5)
    for mode in ("forward", "reverse", None):
        J = jacobian(lambda x: np.stack([x, 2.0 * x]), mode=mode)(x)
        assert J.shape == (2, *shape, *shape)
        n = x.size
        expected = np.stack([np.eye(n), 2.0 * np.eye(n)])
        np.testing.assert_array_equal(J.reshape(2, n, n), expected)
    assert hessian(lambda x: np.sum(np.sin(x)))(x).shape == shape * 2
    assert np.shape(jvp(np.sin, (x,), (x,))[1]) == shape
    assert vjp(np.sin, x)[1](x)[0].shape == shape
    assert elementwise_grad(np.sin)(x).shape == shape


def test_floats_run_as_values_and_give_floats() -> None:
    seen = []

    def f(x: Any, y: Any) -> Any:
        seen.append(type(x))
        return x * y

    value, tangent = jvp(f, (2.0, 3.0), (1.0, 0.5))
    assert (value, tangent) == (6.0, 4.0)
    value, pull = vjp(f, 2.0, 3.0)
    assert pull(2.0) == (6.0, 4.0)
    assert jacobian(f, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert hessian(f, (0, 1))(2.0, 3.0) == ((0.0, 1.0), (1.0, 0.0))
    assert hvp(f, (0, 1))(2.0, 3.0, (1.0, 0.0)) == (0.0, 1.0)
    assert elementwise_grad(f, 1)(2.0, 3.0) == 2.0
    numbers = [value, tangent, *pull(1.0), jacobian(f)(2.0, 3.0), hessian(f)(2.0, 3.0)]
    assert {type(x) for x in numbers} == {float}
    assert Value in seen


def test_a_mixture_of_values_and_arrays() -> None:
    def f(s: Any, x: Any) -> Any:
        return {"a": s * x, "b": (s * s, np.sum(x))}

    for mode in ("forward", "reverse"):
        J = jacobian(f, (0, 1), mode=mode)(3.0, X)
        np.testing.assert_allclose(J["a"][0], X)
        np.testing.assert_allclose(J["a"][1], 3.0 * np.eye(2))
        assert J["b"][0][0] == 6.0
        np.testing.assert_allclose(J["b"][0][1], [0.0, 0.0])
        np.testing.assert_allclose(J["b"][1][0], 0.0)
        np.testing.assert_allclose(J["b"][1][1], [1.0, 1.0])
    value, tangent = jvp(f, (3.0, X), (1.0, X))
    assert (value["b"][0], tangent["b"][0]) == (9.0, 6.0)
    np.testing.assert_allclose(tangent["a"], X + 3.0 * X)
    pull = vjp(f, 3.0, X)[1]
    s, x = pull({"a": np.ones(2), "b": (1.0, 2.0)})
    assert s == pytest.approx(1.0 + 6.0)
    np.testing.assert_allclose(x, [5.0, 5.0])


def test_nests_of_arguments() -> None:
    def f(p: Any) -> Any:
        return p["q"].w * p["q"].b + p["s"]

    p = {"q": Pair(X, 2.0), "s": 1.0, "nothing": None}
    t = {"q": Pair(np.ones(2), 1.0), "s": 0.5, "nothing": None}
    value, push = linearize(f, p)
    np.testing.assert_allclose(value, 2 * X + 1)
    np.testing.assert_allclose(push(t), 2.0 + X + 0.5)
    J = jacobian(f)(p)
    assert type(J["q"]) is Pair
    assert J["nothing"] is None
    np.testing.assert_allclose(J["q"].w, 2 * np.eye(2))
    np.testing.assert_allclose(J["q"].b, X)
    H = hessian(lambda p: np.sum(f(p)))(p)
    np.testing.assert_allclose(H["q"].w["q"].b, [1.0, 1.0])
    np.testing.assert_allclose(H["q"].b["q"].w, [1.0, 1.0])
    np.testing.assert_allclose(hvp(lambda p: np.sum(f(p)))(p, t)["q"].b, 2.0)


def test_arrays_of_variables_are_joined() -> None:
    def f(x: Any) -> Any:
        made = np.empty((2, 2), object)
        made[0, 0], made[0, 1], made[1, 0], made[1, 1] = x[0], 2 * x[1], 1.0, x[0] * x[1]
        return made

    expected = [[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [X[1], X[0]]]]
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(jacobian(f, mode=mode)(X), expected)
    np.testing.assert_allclose(jacobian(lambda a: np.array([a, a * a]))(3.0), [1.0, 6.0])
    assert elementwise_grad(lambda a: np.array([a, a * a]))(3.0) == 7.0


def test_a_tensor_of_what_holds_variables() -> None:
    """A list or array of variables, or of rows of them, as one Tensor that is made of them."""
    ways: dict[str, Any] = {
        "a list": lambda x: Tensor([x[0] ** 2, 3.0 * x[1]]),
        "an array": lambda x: Tensor(np.array([x[0] ** 2, 3.0 * x[1]])),
        "one without axes": lambda x: Tensor(np.array(x[0].reshape(()), object)) * x,
        "rows": lambda x: Tensor([[x[0], 1.0], x * x]),
        "rows in an array": lambda x: Tensor(np.array([[x[0], 1.0], [x[1], x[0]]])),
        "Values": lambda x: Tensor(np.array([Value(2.0), 1.0])) * x,
    }
    jacobians = [jacobian(f)(np.array([2.0, 5.0])).tolist() for f in ways.values()]
    square = [[4.0, 0.0], [0.0, 3.0]]
    rows = [[[1.0, 0.0], [0.0, 0.0]], [[4.0, 0.0], [0.0, 10.0]]]
    table = [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]]
    single, values = [[4.0, 0.0], [5.0, 2.0]], [[2.0, 0.0], [0.0, 1.0]]
    assert jacobians == [square, square, single, rows, table, values]
    with pytest.raises(TypeError, match="numbers are needed, not dtype object"):
        Tensor(np.array([1.0, 2.0], object))


def test_an_argument_that_is_written_into() -> None:
    def f(x: Any) -> Any:
        x[0] = x[0] * x[1]
        return x

    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(jacobian(f, mode=mode)(X), [[X[1], X[0]], [0.0, 1.0]])
    np.testing.assert_allclose(grad(lambda x: np.sum(f(x)))(X), [X[1], X[0] + 1.0])
    assert X.tolist() == [0.3, 0.7]
    np.testing.assert_allclose(jvp(f, (X,), (np.ones(2),))[1], [1.0, 1.0])


def test_results_of_several() -> None:
    def f(x: Any) -> Any:
        a, b, c = np.split(x * x, 3)
        return b * a[0] + c[0]

    x = np.arange(1.0, 7.0)
    t = np.linspace(-1.0, 1.0, 6)
    J = jacobian(f, mode="reverse")(x)
    np.testing.assert_allclose(jacobian(f, mode="forward")(x), J)
    np.testing.assert_allclose(jvp(f, (x,), (t,))[1], J @ t)
    H = hessian(lambda x: np.sum(f(x)))(x)
    np.testing.assert_allclose(H, np.transpose(H))
    np.testing.assert_allclose(jvp(grad(lambda x: np.sum(f(x))), (x,), (t,))[1], H @ t)


# ---------------------------------------------------------------- arguments


def test_argnums_by_name() -> None:
    def f(a: Any, b: Any = 2.0, *, c: Any = 1.0) -> Any:
        return a * b * b * c

    assert grad(f, "b")(3.0, 5.0) == 30.0
    assert grad(f, "b")(3.0, b=5.0) == 30.0
    assert grad(f, ("c", 0, "b"))(3.0, b=5.0, c=2.0) == (75.0, 50.0, 60.0)
    assert value_and_grad(f, ["c"])(3.0, c=2.0) == (24.0, (12.0,))
    assert grad(lambda **p: p["a"] * p["b"], "b")(a=2.0, b=3.0) == 2.0
    assert jacobian(f, "c")(3.0, 5.0, c=2.0) == 75.0
    assert hessian(f, "b")(3.0, b=5.0) == 6.0
    assert elementwise_grad(f, "a")(3.0) == 4.0
    with pytest.raises(TypeError, match=r"grad: .* 'd', which was not given; the parameters are a"):
        grad(f, "d")(3.0)
    with pytest.raises(TypeError, match="jacobian: differentiates by positional argument 2"):
        jacobian(f, 2)(3.0, 5.0)


def test_something_else_to_return() -> None:
    def f(x: Any) -> Any:
        return np.sum(x * x), {"twice": 2 * x, "name": "f"}

    g, aux = grad(f, has_aux=True)(X)
    np.testing.assert_allclose(g, 2 * X)
    assert type(aux["twice"]) is np.ndarray
    assert aux["name"] == "f"
    (value, aux), g = value_and_grad(f, has_aux=True)(X)
    assert value == pytest.approx(np.sum(X * X))
    np.testing.assert_allclose(aux["twice"], 2 * X)
    J, aux = jacobian(f, has_aux=True)(X)
    np.testing.assert_allclose(J, 2 * X)
    value, pull, aux = vjp(f, X, has_aux=True)
    np.testing.assert_allclose(pull(1.0)[0], 2 * X)
    value, tangent, aux = jvp(f, (X,), (X,), has_aux=True)
    assert aux["name"] == "f"
    value, push, aux = linearize(f, X, has_aux=True)
    assert push(X) == tangent
    # inside of another derivative what comes with it can be differentiated as well
    outer = grad(lambda x: np.sum(grad(f, has_aux=True)(x)[1]["twice"]))
    np.testing.assert_allclose(outer(X), [2.0, 2.0])
    with pytest.raises(TypeError, match="grad: with has_aux=True f returns a pair"):
        grad(lambda x: x * x, has_aux=True)(2.0)


def test_what_comes_back_is_nobody_elses() -> None:
    t = np.ones(2)
    _, tangents = jvp(lambda x: [x, x, x.reshape(2, 1)], (X,), (t,))
    for one in tangents:
        one *= 5.0
    assert t.tolist() == [1.0, 1.0]
    pull = vjp(lambda x: x, X)[1]
    g = pull(t)[0]
    g *= 5.0
    assert pull(t)[0].tolist() == t.tolist() == [1.0, 1.0]
    push = linearize(lambda x: x + 1.0, X)[1]
    s = push(t)
    s *= 5.0
    assert push(t).tolist() == t.tolist() == [1.0, 1.0]


def test_pull_and_push_may_be_called_many_times() -> None:
    runs = []

    def f(x: Any) -> Any:
        runs.append(1)
        return swirl(x)

    _, pull = vjp(f, X)
    _, push = linearize(f, X)
    J = swirl_jacobian(X)
    for k in range(3):
        np.testing.assert_allclose(pull(np.eye(2)[k % 2])[0], J[k % 2])
        np.testing.assert_allclose(push(np.eye(2)[k % 2]), J[:, k % 2])
    assert len(runs) == 2
    jacobian(f)(X)
    assert len(runs) == 3


def test_the_cheaper_mode_is_chosen(monkeypatch: Any) -> None:
    from autograd_lite.transforms import jacobian as module

    chosen = []
    for name in ("_by_rows", "_by_columns"):
        run = getattr(module, name) if hasattr(module, name) else None
        if run is None:  # the function of this name hides the module
            import sys

            module = sys.modules["autograd_lite.transforms.jacobian"]
            run = getattr(module, name)

        def noted(call: Any, output: Any, run: Any = run, name: str = name) -> Any:
            chosen.append(name)
            return run(call, output)

        monkeypatch.setattr(module, name, noted)
    x = np.ones(5)
    jacobian(lambda x: x[:2])(x)
    jacobian(lambda x: np.stack([x, x]))(x)
    jacobian(lambda x: np.sum(x))(x)
    jacobian(lambda x: x * np.ones(3))(2.0)
    assert chosen == ["_by_rows", "_by_columns", "_by_rows", "_by_columns"]


# ---------------------------------------------------------------- nesting


def test_closures_over_outer_variables() -> None:
    w = Tensor(X)
    value, pull = vjp(lambda x: x * w, np.ones(2))
    assert type(value) is Tensor
    (g,) = pull(np.array([1.0, 2.0]))
    np.sum(g * g).backward()
    np.testing.assert_allclose(w.grad, [2 * X[0], 8 * X[1]])
    _, tangent = jvp(lambda x: x * x * w, (np.ones(2),), (np.ones(2),))
    np.testing.assert_allclose(gradients(np.sum(tangent), [w])[0], [2.0, 2.0])
    J = jacobian(lambda x: x * x * w)(np.ones(2))
    np.testing.assert_allclose(gradients(np.sum(J), [w])[0], [2.0, 2.0])
    with no_grad():
        assert type(jvp(lambda x: x * w, (X,), (X,))[1]) is np.ndarray
        assert type(vjp(lambda x: x * w, X)[1](X)[0]) is np.ndarray
        assert type(jacobian(lambda x: x * w)(X)) is np.ndarray


def test_perturbations_are_not_confused() -> None:
    assert grad(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1])(1.0) == 1.0
    outer = jvp(lambda x: x * jvp(lambda y: x * y, (2.0,), (1.0,))[1], (3.0,), (1.0,))
    assert outer == (9.0, 6.0)
    assert jacobian(lambda x: x * jacobian(lambda y: x * y)(2.0))(3.0) == 6.0


def test_the_direction_alone_is_a_variable() -> None:
    g = grad(lambda t: np.sum(jvp(swirl, (X,), (t,))[1]))(np.ones(2))
    np.testing.assert_allclose(g, swirl_jacobian(X).sum(0))
    g = grad(lambda u: np.sum(vjp(swirl, X)[1](u)[0]))(np.ones(2))
    np.testing.assert_allclose(g, swirl_jacobian(X).sum(1))
    t = Tensor([1.0, 1.0])
    assert type(jvp(swirl, (X,), (t,))[0]) is np.ndarray
    assert type(jvp(swirl, (X,), (t,))[1]) is Tensor


def test_one_run_and_one_pass_whatever_the_size(monkeypatch: Any) -> None:
    counts: Counter[str] = Counter()

    def counted(name: str, function: Any) -> Any:
        def call(*args: Any) -> Any:
            counts[name] += 1
            return function(*args)

        return call

    class Watch(Observer):
        def backward(self, node: Any, index: int, g: Any, call: Any) -> Any:
            counts["pullbacks"] += 1
            return call()

    def f(x: Any) -> Any:
        return np.sin(x) * x + np.sum(x)

    monkeypatch.setattr(forward, "_step_of", counted("steps", forward._step_of))
    found = []
    for n in (2, 2000):
        counts.clear()
        x = np.linspace(0.0, 1.0, n)
        value, pull = vjp(counted("f", f), x)
        with observed(Watch()):
            pull(value)
        jvp(counted("f", f), (x,), (x,))
        found.append(dict(counts))
    assert found == [{"f": 2, "pullbacks": 6, "steps": 4}] * 2


def test_tangents_are_recorded_whatever_the_direction() -> None:
    """d²/da dx of x·sin(a·x), where a comes by closure, along directions that are no variables."""
    x, directions = np.array([0.5, -1.2]), np.array([[0.0, 0.0], [1.0, 0.0], [-2.0, 3.0]])

    def slope(a: Any, v: Any) -> Any:
        _, push = linearize(lambda x: x * np.sin(a * x), x)
        return np.sum(push(v))

    for v in (*directions, np.array([1, 0])):
        found = grad(lambda a, v=v: slope(a, v))(0.7)
        expected = np.sum(v * (2.0 * x * np.cos(0.7 * x) - 0.7 * x**2 * np.sin(0.7 * x)))
        assert found == pytest.approx(expected, abs=1e-12)


def test_derivatives_that_are_constant_do_not_warn() -> None:
    assert grad(lambda x: jvp(lambda y: 3 * y, (x,), (1.0,))[1])(2.0) == 0.0
    assert grad(lambda x: vjp(lambda y: 3 * y, x)[1](1.0)[0])(2.0) == 0.0
    assert grad(lambda x: 2.0 * grad(lambda y: 3 * y)(x))(2.0) == 0.0
    assert hessian(lambda x: np.sum(2 * x))(X).tolist() == np.zeros((2, 2)).tolist()
    assert hvp(lambda x: np.sum(2 * x))(X, X).tolist() == [0.0, 0.0]
    assert grad(lambda x: np.sum(jacobian(lambda y: 3 * y)(x)))(X).tolist() == [0.0, 0.0]
    assert grad(lambda x: hvp(lambda y: 3 * y * y)(x, 1.0))(2.0) == 0.0
    assert grad(lambda x: np.sum(x * 0.0))(X).tolist() == [0.0, 0.0]
    assert grad(lambda x: grad(lambda y: x)(1.0))(1.0) == 0.0  # depends on what is outside


CUTS: list[Any] = [lambda x: 3.0, lambda x: np.float64(x.item()), lambda x: Value(x.item()) * 2.0]


@pytest.mark.parametrize("f", CUTS)
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("grad", lambda f: grad(f)(2.0)),
        ("value_and_grad", lambda f: value_and_grad(f)(2.0)[1]),
        ("elementwise_grad", lambda f: elementwise_grad(f)(2.0)),
        ("vjp", lambda f: vjp(f, 2.0)[1](1.0)[0]),
        ("jvp", lambda f: jvp(f, (2.0,), (1.0,))[1]),
        ("linearize", lambda f: linearize(f, 2.0)[1](1.0)),
        ("jacobian", lambda f: jacobian(f)(2.0)),
        ("hessian", lambda f: hessian(f)(2.0)),
        ("hvp", lambda f: hvp(f)(2.0, 1.0)),
        ("grad", lambda f: grad(grad(f))(2.0)),
    ],
)
def test_a_cut_graph_is_told_once_where_the_call_is(f: Any, name: str, call: Any) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert call(f) == 0.0
    assert len(told) == 1
    assert str(told[0].message).startswith(name + ": ")
    assert told[0].category is UserWarning


@pytest.mark.parametrize("transform", [grad, jacobian, hessian, elementwise_grad])
def test_the_warning_points_to_the_users_line(transform: Any) -> None:
    for f in (lambda x: 3.0, lambda x: Value(x.item())):
        with pytest.warns(UserWarning, match="Was the graph cut") as told:
            transform(f)(2.0)
        if transform is not hessian:
            assert told[0].filename == __file__


# ---------------------------------------------------------------- complex numbers

Z = np.array([1.0 + 2.0j, 0.5 - 1.0j])


def test_complex_numbers() -> None:
    """The convention of JAX, whose numbers these are."""

    def square_length(z: Any) -> Any:
        return np.sum(np.real(z) ** 2 + np.imag(z) ** 2)

    np.testing.assert_allclose(grad(square_length)(Z), 2 * np.conj(Z))  # du/da - i·du/db
    for mode in ("forward", "reverse"):
        J = jacobian(lambda z: np.real(z) * np.imag(z), mode=mode)(Z)
        np.testing.assert_allclose(np.diag(J), np.imag(Z) - 1j * np.real(Z))
        J = jacobian(lambda x: np.exp(1j * x), mode=mode)(X)
        np.testing.assert_allclose(J, np.diag(1j * np.exp(1j * X)))
        J = jacobian(lambda z: z * z, mode=mode, holomorphic=True)(Z)
        np.testing.assert_allclose(J, np.diag(2 * Z))
    assert grad(lambda z: z**3, holomorphic=True)(1.0 + 1.0j) == pytest.approx(6j)
    t = np.array([1.0j, 2.0])
    np.testing.assert_allclose(
        jvp(lambda z: np.conjugate(z) * z, (Z,), (t,))[1], 2 * np.real(np.conj(Z) * t)
    )
    with pytest.raises(TypeError, match=r"grad: f returned a complex number"):
        grad(lambda z: z * z)(1j)
    with pytest.raises(TypeError, match="jacobian: a complex result by complex arguments"):
        jacobian(lambda z: z * z)(Z)
    with pytest.raises(TypeError, match="grad: holomorphic=True is for a complex result"):
        grad(lambda z: z * z, holomorphic=True)(1.0)


def test_complex64_stays() -> None:
    z = Z.astype(np.complex64)
    assert grad(lambda z: np.sum(np.real(z * z)))(z).dtype == np.complex64
    assert jvp(lambda z: z * z, (z,), (z,))[1].dtype == np.complex64
    x = X.astype(np.float32)
    for mode in ("forward", "reverse"):
        assert jacobian(lambda x: x * np.complex64(1j), mode=mode)(x).dtype == np.complex64
        assert jacobian(lambda z: np.real(z), mode=mode)(z).dtype == np.complex64


# ---------------------------------------------------------------- threads, pickles, errors


def test_in_many_threads() -> None:
    def work(k: int) -> bool:
        x = X + k
        found = hessian(lambda x: np.sum(swirl(x)))(x)
        pushed = jvp(grad(lambda x: np.sum(swirl(x))), (x,), (np.ones(2),))[1]
        return np.allclose(found.sum(1), pushed)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


def test_a_list_of_numbers_beside_an_array_is_one() -> None:
    x = np.array([1.0, 2.0])
    cubes = lambda x: np.sum(x**3)  # noqa: E731
    assert hvp(cubes)(x, [1, 0.5]).tolist() == [6.0, 6.0]
    assert jvp(cubes, (x,), ([1, 0.5],))[1] == 9.0
    assert grad(lambda a: hvp(cubes)(x, [a, 0.0])[0])(2.0) == 6.0


@pytest.mark.parametrize("transform", [elementwise_grad, jacobian, hessian, hvp])
def test_transforms_are_pickled_and_named(transform: Any) -> None:
    f = transform(swirl_sum)
    again = pickle.loads(pickle.dumps(f))
    args = (X, X) if transform is hvp else (X,)
    np.testing.assert_array_equal(again(*args), f(*args))
    assert f.__name__ == "swirl_sum"
    assert repr(f).startswith(f"<{transform.__name__} of ")


def swirl_sum(x: Any) -> Any:
    return np.sum(swirl(x))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: vjp(2.0, X), TypeError, "vjp: a function is needed, not float"),
        (lambda: jvp(2.0, (X,), (X,)), TypeError, "jvp: a function is needed"),
        (lambda: jacobian(2.0), TypeError, "jacobian: a function is needed"),
        (lambda: hessian(2.0), TypeError, "hessian: a function is needed"),
        (lambda: hvp(2.0), TypeError, "hvp: a function is needed"),
        (lambda: vjp(swirl, "x"), TypeError, "vjp: argument 0 is of type str"),
        (lambda: hvp(swirl_sum)(X), TypeError, "hvp: give the arguments of f and then the vector"),
        (lambda: hvp(swirl_sum)(X, [1.0]), ValueError, "hvp: the vector must have the same"),
        (lambda: hvp(swirl)(X, X), ValueError, r"hvp: f returned shape \(2,\)"),
        (lambda: jacobian(swirl, mode="x"), ValueError, "jacobian: mode 'x' is none of"),
        (lambda: jvp(swirl, X, (X,)), TypeError, "jvp: primals must be a tuple"),
        (lambda: jvp(swirl, (X,), X), TypeError, "jvp: tangents must be a tuple"),
        (lambda: jvp(swirl, (X,), (X, X)), TypeError, "jvp: 2 tangents for 1 arguments"),
        (lambda: jvp(swirl, (X,), ([1.0],)), ValueError, r"tangent 0 must have .* at the top"),
        (lambda: jvp(swirl, (X,), (np.ones(3),)), ValueError, r"tangent 0 has shape \(3,\)"),
        (lambda: jvp(swirl, (X,), (1j * X,)), TypeError, "jvp: tangent 0 is of type ndarray"),
        (lambda: linearize(swirl, X)[1](), TypeError, "linearize: 0 tangents for 1 arguments"),
        (lambda: vjp(swirl, X)[1](1.0), ValueError, r"vjp: the gradient has shape \(\)"),
        (lambda: vjp(swirl, X)[1]("a"), TypeError, "vjp: the gradient is of type str"),
        (lambda: vjp(swirl, X)[1]((X,)), ValueError, "vjp: the gradient must have the same struct"),
        (lambda: jacobian(lambda x: "a")(X), TypeError, "jacobian: f returned str"),
        (lambda: jacobian(lambda x: None)(X), TypeError, "jacobian: f returned None"),
        (lambda: vjp(lambda x: [x, "a"], X), TypeError, r"vjp: f returned str at \[1\]"),
        (lambda: hessian(lambda x: "a")(X), TypeError, "hessian: f returned str"),
        (lambda: elementwise_grad(lambda x: "a")(X), TypeError, "elementwise_grad: f returned str"),
    ],
)  # fmt: skip
def test_errors_name_the_transform(call: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# ---------------------------------------------------------------- batches


ROWS = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8], [0.9, 1.0, 1.1, 1.2]])


PER_ROW: list[Any] = [
    lambda x: jvp(cube, (x,), (x,))[1],
    lambda x: vjp(cube, x)[1](x)[0],
    lambda x: jacobian(cube, mode="forward")(x),
    lambda x: jacobian(cube, mode="reverse")(x),
    lambda x: jacobian(lambda x: x[:2] * x[2])(x),
    lambda x: hessian(lambda x: np.sum(cube(x)))(x),
    lambda x: hvp(lambda x: np.sum(cube(x)))(x, x),
    elementwise_grad(lambda x: cube(x)),
    lambda x: linearize(cube, x)[1](x),
    elementwise_grad(checkpoint(lambda x: cube(x))),
    elementwise_grad(custom_gradient(lambda x: (x * x, lambda g: 5.0 * g * x))),
]


def cube(x: Any) -> Any:
    return np.sin(x) * x[0] + x[::-1] ** 3


@pytest.mark.parametrize("f", PER_ROW)
def test_of_each_example_of_a_batch(f: Any) -> None:
    np.testing.assert_allclose(vmap(f)(ROWS), np.stack([f(row) for row in ROWS]), rtol=1e-12)


def test_of_what_maps_over_a_batch() -> None:
    mapped = vmap(cube)
    looped = lambda X: np.stack([cube(row) for row in X])  # noqa: E731
    for transform in (
        lambda f: jvp(f, (ROWS,), (ROWS,))[1],
        lambda f: vjp(f, ROWS)[1](ROWS)[0],
        lambda f: jacobian(f, mode="forward")(ROWS),
        lambda f: jacobian(f, mode="reverse")(ROWS),
        lambda f: hessian(lambda X: np.sum(f(X) ** 2))(ROWS),
        lambda f: jvp(grad(lambda X: np.sum(f(X) ** 2)), (ROWS,), (ROWS,))[1],
    ):
        np.testing.assert_allclose(transform(mapped), transform(looped), rtol=1e-10, atol=1e-12)
