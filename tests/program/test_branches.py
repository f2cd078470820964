"""`cond` and `while_loop` give what Python's own branches and loops give, derivatives too."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value
from autograd_lite.transforms.loops import cond, scan, while_loop

W, X = np.array([1.2, 1.3]), np.array([0.3, 0.5])


def chosen(predicate, on_true, on_false, *operands):
    """What cond does, as Python does it."""
    return (on_true if predicate else on_false)(*operands)


def repeated(condition, body, carry):
    """What while_loop does, as Python does it."""
    while condition(carry):
        carry = body(carry)
    return carry


def near(a, b, rtol=1e-10):
    np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)


def grows(loop, w, x):
    """As many steps as the numbers say."""
    return np.sum(loop(lambda x: np.sum(x * x) < 10, lambda x: x * w * (1 + 0.1 * np.sin(x)), x))


def root(loop, w, x):
    """Newton's iteration, of numbers in a nest."""

    def body(state):
        z = state["z"]
        return {"z": z - (z * z - w[0]) / (2.0 * z), "before": z}

    state = {"z": x[0] + 2.0, "before": 0.0 * x[0]}
    return loop(lambda s: abs(s["z"] - s["before"]) > 1e-9, body, state)["z"]


def branches(choose, w, x):
    z = choose(np.sum(x) > 0.5, lambda x: np.sin(x) * w, lambda x: x * x + 0.0 * w, x)
    return np.sum(choose(w[0] * x[0], lambda z: {"a": z * z}, lambda z: {"a": z + w}, z)["a"])


CALLS = {
    "grows": (grows, while_loop, repeated),
    "root": (root, while_loop, repeated),
    "branches": (branches, cond, chosen),
}
POINTS = [(W, X), (1.1 * W, 0.2 * X), (W, -X), (0.99 * W, 7.0 * X)]

every = pytest.mark.parametrize("name", CALLS)


def both(name):
    f, ours, pythons = CALLS[name]
    return functools.partial(f, ours), functools.partial(f, pythons)


@every
@pytest.mark.parametrize(("w", "x"), POINTS)
def test_values_and_derivatives(name, w, x):
    f, reference = both(name)
    near(f(w, x), reference(w, x))
    ts = (0.3 * w, 1.0 + x)
    near(al.jvp(f, (w, x), ts), al.jvp(reference, (w, x), ts))
    for i in range(2):
        near(al.grad(f, i)(w, x), al.grad(lambda w, x: reference(w, x + 0.0 * w), i)(w, x))
        near(al.hvp(f, i)(w, x, ts[i]),
             al.hvp(lambda w, x: reference(w, x + 0.0 * w), i)(w, x, ts[i]), 1e-9)  # fmt: skip


@every
def test_a_program_serves_all_branches_and_lengths(name):
    f, _ = both(name)
    compiled = al.compile(f)
    for w, x in POINTS:
        assert compiled(w, x) == f(w, x)
        value, gradient = compiled.value_and_grad(w, x)
        assert value == f(w, x)
        assert np.array_equal(gradient, al.grad(f)(w, x))
        near(compiled.hessian(w, x), al.hessian(f)(w, x), 1e-9)


@every
def test_batches_that_go_different_ways(name):
    f, _ = both(name)
    ws, xs = (np.stack(column) for column in zip(*POINTS, strict=True))
    near(al.vmap(f)(ws, xs), [f(w, x) for w, x in POINTS])
    for i in range(2):
        near(al.vmap(al.grad(f, i))(ws, xs), [al.grad(f, i)(w, x) for w, x in POINTS])
    near(al.vmap(f, (None, 0))(W, xs), [f(W, x) for _, x in POINTS])
    near(al.vmap(f, (0, None))(ws, X), [f(w, X) for w, _ in POINTS])


def test_only_the_branch_that_is_taken_is_run():
    def f(x):
        return cond(x > 0, lambda x: np.sqrt(x), lambda x: np.sqrt(-x), x)

    with np.errstate(all="raise"):
        for g in (f, al.compile(f)):
            assert g(4.0) == g(-4.0) == 2.0
        assert al.grad(f)(4.0) == al.compile(f).grad(4.0) == 0.25


def test_branches_in_loops():
    def step(c, x):
        return cond(c > x, lambda c: c * x, lambda c: c + x * x, c), c

    def in_python(c, xs):
        ys = []
        for x in xs:
            ys.append(c)
            c = c * x if c > x else c + x * x
        return c + sum(y * y for y in ys)

    def f(c, xs):
        c, ys = scan(step, c, xs)
        return c + np.sum(ys * ys)

    xs = np.array([0.5, 2.0, 1.5, 0.1])
    near(f(1.0, xs), in_python(1.0, xs))
    near(al.grad(f)(1.0, xs), al.grad(in_python)(1.0, xs))
    near(al.hessian(f, 1)(1.0, xs), al.hessian(in_python, 1)(1.0, xs))
    near(al.compile(f).value_and_grad(1.0, xs), al.value_and_grad(f)(1.0, xs), 0.0)


def test_what_is_closed_over():
    w, r = Tensor([2.0, 3.0]), Value(0.5)

    def f(choose):
        return np.sum(choose(r > 0.0, lambda: w * r, lambda: w - r))

    f(cond).backward()
    found = w.grad, r.grad
    w.zero_grad(), r.zero_grad()
    f(chosen).backward()
    near(found[0], w.grad)
    assert found[1] == r.grad


def test_no_step_and_whole_numbers():
    assert while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] * 2.0), (np.int64(0), 1.0)) == (
        3,
        8.0,
    )
    still = lambda x: while_loop(lambda x: x > 9.0, lambda x: x * x, x)  # noqa: E731
    assert still(2.0) == 2.0
    assert al.grad(still)(2.0) == 1.0


@settings(max_examples=30)
@given(st.floats(-2, 2), st.floats(0.5, 2), st.integers(0, 6))
def test_random_numbers(x, r, n):
    def f(loop, choose, x, r):
        def body(state):
            i, z = state
            return i + 1.0, choose(z > r, lambda z: np.sin(z) * r, lambda z: z * r + 0.3, z)

        return loop(lambda s: s[0] < n, body, (0.0, x))[1]

    ours, pythons = functools.partial(f, while_loop, cond), functools.partial(f, repeated, chosen)
    assert ours(x, r) == pythons(x, r)
    near(al.grad(ours)(x, r), al.grad(pythons)(x, r))
    if n:
        near(al.grad(ours, 1)(x, r), al.grad(lambda x, r: pythons(x, r) + 0.0 * r, 1)(x, r))
        near(al.compile(ours).value_and_grad(x, r), al.value_and_grad(ours)(x, r), 0.0)


@pytest.mark.parametrize(
    ("on_true", "on_false", "error", "match"),
    [
        (lambda x: x, lambda x: (x, x), TypeError, "same structure"),
        (lambda x: x, lambda x: x[:1], ValueError, r"shape \(2,\), on_false \(1,\)"),
        (lambda x: x, lambda x: x.astype(np.float32), TypeError, "float64, on_false float32"),
        (lambda x: "a", lambda x: x, TypeError, "returned str"),
    ],
)
def test_errors_of_branches(on_true, on_false, error, match):
    with pytest.raises(error, match=match):
        cond(True, on_true, on_false, X)


def test_errors():
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        cond(X > 0, lambda: 1.0, lambda: 2.0)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        while_loop(lambda x: x > 0, lambda x: x, X)
    with pytest.raises(ValueError, match=r"while_loop.*carry of shape \(1,\)"):
        while_loop(lambda x: True, lambda x: x[:1], X)
    with pytest.raises(TypeError, match="truth value"):
        cond("yes", lambda: 1.0, lambda: 2.0)
