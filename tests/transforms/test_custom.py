"""custom_gradient, checkpoint and backward(create_graph=True)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, exp, gradients, log, no_grad, numerical_gradient, sin
from autograd_lite.engine.variable import Variable
from autograd_lite.transforms import (
    checkpoint,
    custom_gradient,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

X = np.array([0.3, 0.7])


@custom_gradient
def log1pexp(x: Any) -> Any:
    """log(1 + exp(x)), whose gradient is finite for large x."""
    e = exp(x)
    return log(1.0 + e), lambda g: g * (1.0 - 1.0 / (1.0 + e))


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


@custom_gradient
def tripled(x: Any, y: Any) -> Any:
    """x·y, with a gradient that is three times too large, by which it can be told."""
    return x * y, lambda g: (3.0 * g * y, 3.0 * g * x)


# ---------------------------------------------------------------- custom_gradient


def test_a_gradient_that_is_more_accurate() -> None:
    with np.errstate(over="ignore"):
        assert grad(log1pexp)(1000.0) == 1.0
        np.testing.assert_allclose(elementwise_grad(log1pexp)(np.array([0.0, 1000.0])), [0.5, 1.0])
    assert log1pexp(0.0) == pytest.approx(np.log(2.0))
    assert type(log1pexp(np.zeros(2))) is np.ndarray


@pytest.mark.parametrize("x", [0.3, np.array([0.3, -1.2]), np.array(0.3)])
def test_custom_gradients_are_differentiated_again(x: Any) -> None:
    s = sigmoid(x)
    second = elementwise_grad(elementwise_grad(log1pexp))(x)
    np.testing.assert_allclose(second, s * (1 - s))
    third = elementwise_grad(elementwise_grad(elementwise_grad(log1pexp)))(x)
    np.testing.assert_allclose(third, s * (1 - s) * (1 - 2 * s))
    one = 1.0 if isinstance(x, float) else np.ones_like(x)
    np.testing.assert_allclose(jvp(log1pexp, (x,), (one,))[1], s)
    np.testing.assert_allclose(jvp(elementwise_grad(log1pexp), (x,), (one,))[1], s * (1 - s))
    if not isinstance(x, float):
        np.testing.assert_allclose(hvp(lambda x: np.sum(log1pexp(x)))(x, one), s * (1 - s))


def test_the_gradient_is_the_one_given() -> None:
    assert grad(tripled, (0, 1))(2.0, 5.0) == (15.0, 6.0)
    assert grad(tripled, (0, 1))(np.array(2.0), 5.0) == (15.0, 6.0)
    assert jvp(tripled, (2.0, 5.0), (1.0, 0.0)) == (10.0, 15.0)
    assert grad(lambda x: tripled(x, x))(2.0) == 12.0
    assert grad(lambda x: tripled(tripled(x, 2.0), 2.0))(1.0) == 36.0
    for mode in ("forward", "reverse"):
        J = jacobian(lambda x: tripled(x, x), mode=mode)(X)
        np.testing.assert_allclose(J, np.diag(6 * X))
    x, y = Value(2.0), Value(5.0)
    z = tripled(x, y)
    assert type(z) is Value
    z.backward()
    assert (x.grad, y.grad) == (15.0, 6.0)
    with no_grad():
        assert tripled(x, y).is_leaf


def test_nests_in_and_out() -> None:
    @custom_gradient
    def f(p: Any, scale: Any, constant: Any) -> Any:
        def pull(g: Any) -> Any:
            return {"a": g["sum"] + 7.0 * g["both"][0], "b": g["sum"]}, None, None

        both = (p["a"] * scale, 2.0)
        return {"sum": p["a"] + p["b"], "both": both}, pull

    p = {"a": X, "b": X}
    value, back = vjp(lambda p: f(p, 2.0, "a setting"), p)
    np.testing.assert_allclose(value["sum"], 2 * X)
    np.testing.assert_allclose(value["both"][0], 2 * X)
    (g,) = back({"sum": np.ones(2), "both": (np.ones(2), 0.0)})
    np.testing.assert_allclose(g["a"], [8.0, 8.0])
    np.testing.assert_allclose(g["b"], [1.0, 1.0])
    t = {"a": np.ones(2), "b": np.zeros(2)}
    tangent = jvp(lambda p: f(p, 2.0, "a setting"), (p,), (t,))[1]
    np.testing.assert_allclose(tangent["both"][0], [7.0, 7.0])
    np.testing.assert_allclose(grad(lambda s: np.sum(f(p, s, 0)["sum"]))(2.0), 0.0)


def test_what_pull_returns_may_be_kept_elsewhere() -> None:
    kept = np.ones(2)

    @custom_gradient
    def f(x: Any) -> Any:
        return x * 1.0, lambda g: kept

    g = grad(lambda x: np.sum(f(x)) + np.sum(f(x)) + np.sum(x))(X)
    assert g.tolist() == [3.0, 3.0]
    g = grad(lambda x: np.sum(f(x)))(X)
    g *= 5.0
    assert kept.tolist() == [1.0, 1.0]


def test_float32_and_identity() -> None:
    same = custom_gradient(lambda x: (x, lambda g: 2 * g))
    x = X.astype(np.float32)
    assert grad(lambda x: np.sum(same(x)))(x).dtype == np.float32
    w = Tensor(X)
    y = same(w)
    w.data[...] = 9.0
    assert y.detach().tolist() == X.tolist()
    np.sum(y).backward()
    assert w.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda x: x * x, TypeError, r"must return \(value, pull\)"),
        (lambda x: (x, x), TypeError, r"must return \(value, pull\)"),
        (lambda x: (x * x, lambda g: (g, g)), ValueError, "must have the same structure"),
        (lambda x: (x * x, lambda g: "text"), TypeError, "is of type str; numbers are needed"),
        (lambda x: (x * x, lambda g: np.ones(5)), ValueError, r"has shape \(5,\), and \(2,\) is"),
        (lambda x: (x * x, lambda g: ({"a": g},)), ValueError, "must have the same structure"),
        (lambda x: (object(), lambda g: g), TypeError, "f returned object"),
    ],
)
def test_custom_gradients_are_checked(f: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        grad(lambda x: np.sum(custom_gradient(f)(x)))(X)


def test_a_gradient_for_each_argument() -> None:
    f = custom_gradient(lambda x, y: (x * y, lambda g: g))
    with pytest.raises(ValueError, match="a gradient for each of 2 arguments, not float"):
        grad(f)(2.0, 3.0)
    f = custom_gradient(lambda x, y: (x * y, lambda g: (g,)))
    with pytest.raises(ValueError, match="a gradient for each of 2 arguments, not 1"):
        grad(f)(2.0, 3.0)


def test_what_it_closes_over_would_lose_its_gradient() -> None:
    def outer(w: Any) -> Any:
        f = custom_gradient(lambda x: (x * w, lambda g: g * w))
        return f(3.0 * w)

    with pytest.raises(TypeError, match="a variable that is no positional argument"):
        grad(outer)(2.0)
    with pytest.raises(TypeError, match="custom_gradient: a function is needed"):
        custom_gradient(2.0)  # type: ignore[type-var]


# ---------------------------------------------------------------- checkpoint


def layer(x: Any, w: Any) -> Any:
    return np.tanh(np.sin(x) * w) + x


def through(step: Any, x: Any, w: Any, n: int = 4) -> Any:
    for _ in range(n):
        x = step(x, w)
    return np.sum(x * x)


def test_a_checkpoint_changes_no_derivative() -> None:
    w = np.array([1.5, -0.5])
    saved = checkpoint(layer)
    twice = checkpoint(lambda x, w: saved(saved(x, w), w))
    for transform in (
        lambda f: grad(f, (0, 1))(X, w),
        lambda f: hessian(f, (0, 1))(X, w),
        lambda f: hvp(f)(X, w, w),
        lambda f: jvp(f, (X, w), (w, X)),
        lambda f: jvp(grad(f, 1), (X, w), (w, X)),
        lambda f: grad(lambda x, w: np.sum(grad(f, 1)(x, w) * x), (0, 1))(X, w),
        lambda f: hessian(lambda x: np.sum(jvp(f, (x, w), (w, x))[1]))(X),
    ):
        expected = transform(lambda x, w: through(layer, x, w))
        found = transform(lambda x, w: through(saved, x, w))
        assert_same(found, expected)
        assert_same(transform(lambda x, w: through(twice, x, w, 2)), expected)
        closing = lambda x, w: through(checkpoint(lambda x, _: layer(x, w)), x, 0.0)  # noqa: E731
        assert_same(transform(closing), expected)


def assert_same(a: Any, b: Any) -> None:
    if isinstance(b, tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    else:
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_what_a_checkpoint_writes_into_its_argument_stays_within() -> None:
    @checkpoint
    def step(x: Any) -> Any:
        x[0] = x[0] * x[1]
        return np.sum(x * x)  # (x₀·x₁)² + x₁²

    found = grad(lambda x: step(x) + np.sum(x))(np.array([2.0, 3.0]))
    np.testing.assert_allclose(found, [37.0, 31.0])


def test_closed_over_variables_that_are_computed_from_each_other() -> None:
    """Each gets its own part: w directly, and through v."""

    def f(w: Any, saved: bool) -> Any:
        v = w * w

        def inner(x: Any) -> Any:
            return x * w * v

        return (checkpoint(inner) if saved else inner)(w + v)

    assert grad(f)(1.5, True) == pytest.approx(grad(f)(1.5, False))
    assert grad(grad(f))(1.5, True) == pytest.approx(grad(grad(f))(1.5, False))
    w = Tensor(1.5)
    f(w, True).backward()
    assert float(w.grad) == pytest.approx(grad(f)(1.5, False))


def test_values_nests_and_keywords() -> None:
    @checkpoint
    def f(p: Any, *, power: int, shift: Any) -> Any:
        return {"out": (p["a"] ** power + shift, 5.0), "x": p["b"] * 2.0}

    def total(p: Any, shift: Any) -> Any:
        z = f(p, power=3, shift=shift)
        return z["out"][0] + np.sum(z["x"]) + z["out"][1]

    g, s = grad(total, (0, 1))({"a": 2.0, "b": X}, 1.0)
    assert (g["a"], s) == (12.0, 1.0)
    assert g["b"].tolist() == [2.0, 2.0]
    assert f({"a": 2.0, "b": X}, power=3, shift=1.0)["out"] == (9.0, 5.0)
    assert type(f({"a": Value(2.0), "b": X}, power=3, shift=1.0)["out"][0]) is Value
    x = X.astype(np.float32)
    assert grad(lambda x: np.sum(checkpoint(np.sin)(x)))(x).dtype == np.float32


def test_the_graph_within_is_not_held() -> None:
    def deep(x: Any) -> Any:
        for _ in range(100):
            x = sin(x)
        return x

    x = Tensor(X)
    before = live(lambda: deep(deep(x)))
    after = live(lambda: checkpoint(deep)(checkpoint(deep)(x)))
    assert before >= 200
    assert after < 20


def live(make: Any) -> int:
    """How many nodes a result keeps alive: walked, as a reverse pass would."""
    z = make()
    seen = {z}
    todo = [z]
    for node in todo:
        for y in node.operands:
            if isinstance(y, Variable) and y not in seen:
                seen.add(y)
                todo.append(y)
    return len(seen)


def test_less_memory_in_the_reverse_pass() -> None:
    import tracemalloc

    def step(x: Any) -> Any:
        for _ in range(20):
            x = np.sin(x)
        return x

    def peak(f: Any) -> int:
        x = np.ones(20_000)
        grad(lambda x: np.sum(f(x)))(x)
        tracemalloc.start()
        try:
            value_and_grad(lambda x: np.sum(f(f(f(f(f(f(x))))))))(x)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(checkpoint(step)) < 0.5 * peak(step)


def test_what_is_not_the_same_again_is_refused() -> None:
    rng = np.random.default_rng(0)
    noisy = checkpoint(lambda x: x * rng.uniform())
    with pytest.raises(ValueError, match="checkpoint: the function gave something else"):
        grad(lambda x: np.sum(noisy(x)))(X)
    w = Tensor(X)
    y = np.sum(checkpoint(lambda x: x * w)(Tensor(X)))
    w.data = w.data + 1.0
    with pytest.raises(ValueError, match="checkpoint: the data of a variable that the function"):
        y.backward()
    with pytest.raises(TypeError, match="checkpoint: a function is needed"):
        checkpoint(2.0)  # type: ignore[type-var]


def test_an_argument_that_is_written_into() -> None:
    def f(x: Any) -> Any:
        x = x * 1.0
        x[0] = x[1] * x[0]
        return x

    expected = grad(lambda x: np.sum(f(x) ** 2))(X)
    np.testing.assert_allclose(grad(lambda x: np.sum(checkpoint(f)(x) ** 2))(X), expected)


def test_in_many_threads() -> None:
    saved = checkpoint(layer)

    def work(k: int) -> bool:
        x, w = X + k, X - k
        return bool(np.allclose(
            grad(lambda x: through(saved, x, w))(x), grad(lambda x: through(layer, x, w))(x)
        ))  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(32)))


# ---------------------------------------------------------------- backward(create_graph=True)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_gradients_that_can_be_differentiated_again(kind: Any) -> None:
    x = kind(2.0)
    y = x**4
    y.backward(create_graph=True)
    first = x.grad
    assert type(first) is kind
    assert first.item() == 32.0
    x.zero_grad()
    first.backward(create_graph=True)
    second = x.grad
    assert second.item() == 48.0
    x.zero_grad()
    second.backward()
    assert float(x.grad) == 48.0


def test_a_penalty_on_the_gradient() -> None:
    w = Tensor(X)
    np.sum(np.sin(w)).backward(create_graph=True)
    penalty = np.sum(w.grad**2)
    w.zero_grad()
    penalty.backward()
    np.testing.assert_allclose(w.grad, -2 * np.cos(X) * np.sin(X))


def test_recorded_gradients_add_up() -> None:
    w = Tensor(X)
    np.sum(w * w).backward()
    np.sum(w * w * w).backward(create_graph=True)
    assert type(w.grad) is Tensor
    np.testing.assert_allclose(w.grad.detach(), 2 * X + 3 * X * X)
    np.testing.assert_allclose(gradients(np.sum(w.grad), [w])[0], 6 * X)
    np.sum(w * w).backward()
    np.testing.assert_allclose(getattr(w.grad, "detach", lambda: w.grad)(), 4 * X + 3 * X * X)
    v = Tensor([1.0, 2.0])
    np.sum(v * 3.0).backward(create_graph=True)  # constant, but a variable
    assert type(v.grad) is Tensor
    z = Tensor(X)
    (z * z).backward(Tensor([1.0, 2.0]), create_graph=True)
    np.testing.assert_allclose(z.grad.detach(), 2 * X * [1.0, 2.0])


def test_numerical_check_of_a_recorded_gradient() -> None:
    def slope(a: float) -> float:
        x = Value(a)
        (sin(x) * exp(x)).backward(create_graph=True)
        return x.grad.item()

    x = Value(0.7)
    (sin(x) * exp(x)).backward(create_graph=True)
    assert gradients(x.grad, [x])[0] == pytest.approx(numerical_gradient(slope, 0.7), rel=1e-7)
