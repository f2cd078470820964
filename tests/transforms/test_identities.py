"""What holds between the transforms for any function: on random programs of the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import numerical_gradient
from autograd_lite.testing.calls import cotangent
from autograd_lite.testing.program_strategy import Program, programs
from autograd_lite.transforms import (
    checkpoint,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    vjp,
)


def everything(program: Program) -> tuple[int, ...]:
    return tuple(range(len(program.inputs)))


def direction(x: Any, seed: int) -> Any:
    v = cotangent(np.shape(x), seed)
    return float(v) if isinstance(x, float) else v


def inner(a: Any, b: Any) -> float:
    return float(np.sum(np.asarray(a) * np.asarray(b)))


def assert_close(a: Any, b: Any, rel: float = 1e-9) -> None:
    scale = float(np.max(np.abs(np.asarray(b)), initial=1.0))
    np.testing.assert_allclose(a, b, rtol=rel, atol=rel * scale)


pytestmark = pytest.mark.filterwarnings(
    "ignore:.*which depends on nothing", "ignore:.*does not depend on what"
)


@settings(max_examples=150, deadline=None)
@given(programs())
def test_forward_and_reverse_are_transposed(program: Program) -> None:
    xs = tuple(program.inputs.values())
    ts = tuple(direction(x, i) for i, x in enumerate(xs))
    with np.errstate(all="ignore"):
        value, tangent = jvp(program, xs, ts)
        same, pull = vjp(program, *xs)
        u = direction(value, 50)
        back = pull(u)
    np.testing.assert_array_equal(value, same)
    assert np.shape(tangent) == np.shape(value)
    parts = [inner(g, t) for g, t in zip(back, ts, strict=True)]
    assert inner(u, tangent) == pytest.approx(
        sum(parts), rel=1e-8, abs=1e-9 * (1 + max(map(abs, parts)))
    )
    for g, x in zip(back, xs, strict=True):
        assert type(g) is type(x)
        assert np.shape(g) == np.shape(x)


@settings(max_examples=100, deadline=None)
@given(programs(most=5))
def test_jacobians_of_both_modes_and_of_differences(program: Program) -> None:
    xs = tuple(program.inputs.values())
    every = everything(program)
    with np.errstate(all="ignore"):
        forward = jacobian(program, every, mode="forward")(*xs)
        reverse = jacobian(program, every, mode="reverse")(*xs)
        chosen = jacobian(program, every)(*xs)
        value, push = linearize(program, *xs)
    for i, (a, b, c, x) in enumerate(zip(forward, reverse, chosen, xs, strict=True)):
        assert np.shape(a) == np.shape(value) + np.shape(x)
        assert_close(a, b)
        assert_close(c, b)
        v = direction(x, 3)
        zeros = [0.0 * np.asarray(y) for y in xs]
        zeros[i] = np.asarray(v)
        assert_close(push(*zeros), np.tensordot(b, v, np.ndim(x)), 1e-8)
        u = direction(value, 7)

        def along(y: Any, i: int = i, u: Any = u) -> float:
            with np.errstate(all="ignore"):
                return inner(program(*xs[:i], y, *xs[i + 1 :]), u)

        numerical = np.asarray(numerical_gradient(along, x))
        expected = np.tensordot(u, b, np.ndim(value))
        if np.max(np.abs(expected), initial=0.0) < 1e4:
            scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
            np.testing.assert_allclose(numerical, expected, rtol=1e-3, atol=1e-3 * scale)


@settings(max_examples=60, deadline=None)
@given(programs(most=4))
def test_second_derivatives(program: Program) -> None:
    """The Hessian is symmetric, H·v is its product with v in each way of nesting, and a
    checkpoint changes nothing."""
    xs = tuple(program.inputs.values())
    every = everything(program)

    def f(*xs: Any) -> Any:
        return np.sum(program(*xs))

    with np.errstate(all="ignore"):
        H = hessian(f, every)(*xs)
        v = tuple(direction(x, i) for i, x in enumerate(xs))
        product = hvp(f, every)(*xs, v)
        forward = jvp(grad(f, every), xs, v)[1]
        reverse = vjp(grad(f, every), *xs)[1](v)
        outer = grad(lambda *xs: jvp(f, xs, v)[1], every)(*xs)
        again = hvp(checkpoint(f), every)(*xs, v)
    for i, x in enumerate(xs):
        expected = sum(np.tensordot(H[i][j], v[j], np.ndim(v[j])) for j in every)
        for found in (product, forward, reverse, outer, again):
            assert np.shape(found[i]) == np.shape(x)
            assert_close(found[i], expected, 1e-7)
        for j, y in enumerate(xs):
            n, m = np.ndim(x), np.ndim(y)
            turned = np.transpose(H[j][i], (*range(m, m + n), *range(m)))
            assert_close(H[i][j], turned, 1e-7)


@settings(max_examples=60, deadline=None)
@given(programs("tensors", most=5))
def test_float32_stays_float32(program: Program) -> None:
    xs = tuple(np.asarray(x, np.float32) for x in program.inputs.values())
    with np.errstate(all="ignore"):
        value, tangent = jvp(program, xs, xs)
        back = vjp(program, *xs)[1](value)
        J = jacobian(program)(*xs)
        total = grad(lambda *xs: np.sum(program(*xs)))(*xs)
        each = elementwise_grad(program)(*xs)
    if np.asarray(value).dtype == np.float32:  # a constant array of a program may be float64
        assert np.asarray(tangent).dtype == np.float32
    for g in (*back, J, total, each):
        assert g.dtype == np.float32
    assert_close(each, total, 1e-4)


@settings(max_examples=40, deadline=None)
@given(programs("values", most=4), st.integers(0, 5))
def test_any_order_of_nesting(program: Program, order: int) -> None:
    """∂³f along directions that differ, by each way of nesting forward and reverse mode."""
    xs = tuple(program.inputs.values())
    a, b, c = ([float(cotangent((), 3 * i + k)) for i in range(len(xs))] for k in range(3))

    def forward(f: Any, t: Any) -> Any:
        return lambda *xs: jvp(f, xs, tuple(t))[1]

    def reverse(f: Any, t: Any) -> Any:
        def g(*xs: Any) -> Any:
            found = grad(f, tuple(range(len(xs))))(*xs)
            return sum((d * x for d, x in zip(found, t, strict=True)), 0.0)

        return g

    def pulled(f: Any, t: Any) -> Any:
        def g(*xs: Any) -> Any:
            found = vjp(f, *xs)[1](1.0)
            return sum((d * x for d, x in zip(found, t, strict=True)), 0.0)

        return g

    ways = [
        (forward, forward, forward),
        (reverse, forward, reverse),
        (forward, reverse, forward),
        (pulled, forward, forward),
        (forward, pulled, reverse),
        (reverse, reverse, forward),
    ]
    with np.errstate(all="ignore"):
        expected = float(reverse(reverse(reverse(program, a), b), c)(*xs))
        found = program
        for way, t in zip(ways[order], (a, b, c), strict=True):
            found = way(found, t)
        assert float(found(*xs)) == pytest.approx(
            expected, rel=1e-6, abs=1e-6 * (1 + abs(expected))
        )
