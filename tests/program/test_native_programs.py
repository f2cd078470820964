"""Whole programs of arrays and loops in machine code give what NumPy's calls give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from test_native import _cache_of_its_own as _cache_of_its_own
from test_native import of_list
from wild import SPECIAL

import autograd_lite as al
from autograd_lite import PRIMITIVES
from autograd_lite.engine.primitive import Structural
from autograd_lite.program.interpret import interpret
from autograd_lite.testing import programs
from autograd_lite.transforms import cond, map_rows, scan, while_loop
from autograd_lite.transforms.trees import leaves_of

pytest.importorskip("llvmlite", reason='needs llvmlite (pip install "autograd_lite[native]")')

from autograd_lite.program.native.regions import with_machine_code

X = np.random.default_rng(0).normal(size=(7, 5))
Y = X[::-1] + 1.5


def near(got: Any, wanted: Any) -> None:
    """The same structure, dtypes and shapes, and nearly the same numbers."""
    for g, w in zip(leaves_of(got), leaves_of(wanted), strict=True):
        g, w = np.asarray(g), np.asarray(w)
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        finite = np.abs(w)[np.isfinite(w)]
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-11 * scale)


@settings(max_examples=20, deadline=None)
@given(programs("tensors"))
def test_random_programs(program: Any) -> None:
    f = of_list(program)

    def total(inputs: Any) -> Any:
        return np.sum(f(inputs))

    inputs = list(program.inputs.values())
    near(al.compile(f, backend="native")(inputs), al.compile(f, backend="numpy")(inputs))
    wanted = al.compile(total, backend="numpy").value_and_grad(inputs)
    near(al.compile(total, backend="native").value_and_grad(inputs), wanted)


def whole(f: Any, *args: Any) -> Any:
    """f in machine code alone, which gives what it gives without."""
    native = al.compile(f, backend="native")
    with np.errstate(all="ignore"):
        near(native(*args), f(*args))
    calls = [one.operation.name for one in with_machine_code(native.program).instructions]
    assert calls == ["native"], calls
    return native


def test_what_moves_numbers() -> None:
    whole(lambda x, y: np.concatenate([x[:1] * 2.0, np.exp(x[1:] * y[:-1])]) / y, X, Y)
    whole(lambda x, y: np.stack([x, y, x * y], axis=1).reshape(-1) * 2.0, X, Y)
    whole(lambda x, y: np.stack([x, y], axis=-1).reshape(7, 10).T[::-1, ::2] + 1.0, X, Y)
    whole(lambda x: np.pad(x * 2.0, 2) + np.pad(x, ((1, 3), (4, 0))), X)
    whole(lambda x: np.roll(np.flip(x, 0), 2, axis=1) * np.tile(x[0], (7, 1)), X)
    whole(lambda x: np.tril(x[:5] + 1.0) - np.diag(np.exp(x[0])), X)
    whole(lambda x: np.split(x.ravel() + 1.0, 5)[2] * np.rot90(x)[0], X)
    whole(lambda x: np.repeat(x, 2, axis=0)[::2] - x, X)


def test_indices() -> None:
    rows, columns = np.array([0, 2, 1, 1, 6]), np.array([4, -1, 0])

    def f(x: Any) -> Any:
        return (x[rows] * 2.0)[:, columns] + x[rows[:3], columns][:, None].T

    whole(f, X)
    whole(al.value_and_grad(lambda x: np.sum(f(x) ** 2)), X)
    whole(al.grad(lambda x: np.sum(x.at[rows].add(x[0]) ** 2 + x.at[2:4, 1].set(3.0))), X)


def test_indices_that_numbers_decide() -> None:
    places = np.array([0, 3, -1, 6, 3])
    whole(lambda x: (x[np.argmin(x, axis=0)] * 2.0, np.argmax(x, axis=1), np.argmin(x)), X)
    native = whole(al.value_and_grad(lambda x, i: np.sum(x[i] ** 3)), X, places)
    near(native(X, places[::-1]), native(X, places))
    with pytest.raises(IndexError):
        native(X, places + 1)
    tied = np.array([[2.0, 1.0, 1.0] * 5, [np.inf] * 15, [3.0, np.nan] * 7 + [1.0], [-np.inf] * 15])
    whole(
        lambda x: (np.argmin(x, axis=1), np.argmax(x, axis=1), np.argmin(x.T * 1.0, axis=0)), tied
    )
    for n in (2, 3, 9, 40):
        for seed in range(5):
            drawn = np.random.default_rng(seed).integers(0, 4, (6, n)).astype(float)
            drawn[drawn == 3.0] = np.nan
            whole(lambda x: (np.argmin(x, axis=1), np.argmax(x, axis=1)), drawn)


def test_loops_of_unknown_length() -> None:
    def f(x: Any) -> Any:
        return while_loop(
            lambda z: z[0] < 50.0, lambda z: [z[0] * 1.5 + z[1], z[1] * 0.9 + 0.01 * z[0]], [x, 1.0]
        )[0]

    for g in (f, al.grad(f), al.grad(al.grad(f))):
        native = whole(g, 1.3)
        near(native(60.0), g(60.0))
        near(native(1e-9), g(1e-9))

    def of_arrays(x: Any) -> Any:
        z = while_loop(lambda z: np.sum(z) < 1e4, lambda z: z * 1.01 + 0.001, np.abs(x))
        return np.sum(z**2)

    whole(al.value_and_grad(of_arrays), X)


def test_reductions() -> None:
    def f(x: Any, y: Any) -> Any:
        z = np.exp(x) * y
        total = np.sum(z)
        return (
            z, total, np.sum(z, axis=0), np.sum(z * z, axis=1, keepdims=True) / total,
            np.max(x, axis=0), np.min(z), np.mean(x.T, axis=1), np.prod(y, axis=-1),
        )  # fmt: skip

    whole(f, X, Y)
    whole(al.value_and_grad(lambda x: np.sum(np.max(x, axis=1) * np.max(x, axis=0)[:1])), X)
    whole(lambda x: np.sum(x[:0]) + np.sum(x[:, :0], axis=1), X)
    large = np.random.default_rng(0).normal(size=300_007)
    total = whole(lambda x: np.sum(x * 1.0), large)
    exact = math.fsum(large)
    assert abs(total(large) - exact) <= 1e-15 * np.sum(np.abs(large))


@pytest.mark.parametrize("m", [1, 5, 13])
@pytest.mark.parametrize("k", [1, 9])
@pytest.mark.parametrize("n", [1, 11, 29])
def test_products(m: int, k: int, n: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(m, k)), rng.normal(size=(k, n))

    def f(a: Any, b: Any) -> Any:
        c = a @ b
        stacked = np.stack([a, a + 1.0]) @ b
        return (
            c,
            c.T @ a,
            c @ b.T,
            a[0] @ b,
            np.einsum("ij,jk->ki", a, b),
            np.dot(b.T, a.T),
            stacked,
        )

    whole(f, a, b)


def test_numbers_of_every_sort() -> None:
    x, y = np.repeat(SPECIAL, len(SPECIAL)), np.tile(SPECIAL, len(SPECIAL))

    def f(x: Any, y: Any) -> Any:
        low = np.minimum(x, y) / np.maximum(-x, y * y)
        return low, np.where((x > y) | (low != low), low - x, np.abs(y)), np.copysign(x, low)

    native = whole(f, x, y)
    for got, wanted in zip(native(x, y), al.compile(f, backend="numpy")(x, y), strict=True):
        known = ~np.isnan(wanted)
        assert np.array_equal(np.signbit(got)[known], np.signbit(wanted)[known])


def test_0_times_inf_in_the_chain_rule() -> None:
    x = np.array([0.0, 1.0, 4.0] * 5)

    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0.0, np.sqrt(x) * 3.0, 0.0))

    native = al.compile(f, backend="native").value_and_grad
    near(native(x), al.value_and_grad(f)(x))


def step(carry: Any, x: Any) -> Any:
    h, c = carry
    h = np.tanh(h * x[:3] + np.concatenate([c[1:], c[:1]]))
    return (h, c + h * 0.5), np.stack([h, c])


def test_scans() -> None:
    rows = np.random.default_rng(0).normal(size=(9, 4))

    def f(w: Any, rows: Any) -> Any:
        (h, c), ys = scan(lambda carry, x: step(carry, x * w), (w[:3], w[1:]), rows)
        return np.sum(h * c) + np.sum(ys[::2])

    for n in (1, 2, 9):
        whole(f, rows[0], rows[:n])
        whole(al.value_and_grad(f), rows[0], rows[:n])
    whole(al.hessian(f), rows[0], rows[:3])


def test_branches_and_loops() -> None:
    def f(x: Any) -> Any:
        y = cond(np.sum(x) > 0.0, lambda x: np.exp(x) * 2.0, lambda x: x - 1.0, x)
        long = while_loop(lambda z: np.sum(z) < 50.0, lambda z: z * 1.5 + 1.0, np.abs(x))
        return y + long

    whole(f, X[0])
    whole(f, -X[0])
    whole(f, np.abs(X[0]) + 100.0)
    g = whole(al.grad(lambda x: np.sum(cond(x[0] > 0.0, np.sin, np.cos, x) ** 2)), X[0])
    near(g(-X[0]), np.where(-X[0][0] > 0, 1, -1) * np.sin(-2 * X[0]))


def test_rows() -> None:
    def f(w: Any, x: Any) -> Any:
        return np.sum(map_rows(lambda row: np.tanh(row @ w) * row, x) ** 2)

    for n in (1, 7):
        whole(al.value_and_grad(f), X[0], X[:n])


def test_what_there_is_no_code_for() -> None:
    def f(a: Any, b: Any) -> Any:
        a = np.exp(a @ a.T) + 3.0 * np.eye(len(a))
        x = np.linalg.solve(a, np.sin(b) * 2.0 + b)
        return np.sort(np.sum(x * b, axis=1) + x[:, 0]) * 2.0

    native = al.compile(f, backend="native")
    near(native(X, Y), f(X, Y))
    assert native.source.count("= native") >= 2


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_every_primitive(name: str) -> None:
    """Each structural primitive of the table, for its own cases."""
    primitive = PRIMITIVES[name]
    if not isinstance(primitive, Structural) or primitive.cases is None:
        return
    rng = np.random.default_rng(0)
    for shape in ((), (3,), (2, 1, 3)):
        for shapes, args, kwargs in list(primitive.cases(shape))[:5]:
            if any(x.__class__ is not tuple or not _is_shape(x) for x in shapes):
                continue
            given = [rng.normal(size=s) + 2.0 for s in shapes]
            _same(primitive.function, given, args, kwargs)


def _is_shape(x: Any) -> bool:
    return all(isinstance(n, int) for n in x)


def _same(f: Any, given: Any, args: Any, kwargs: Any) -> None:
    def called(given: Any) -> Any:
        try:
            return f(*[x * 1.0 for x in given], *args, **kwargs)
        except TypeError:
            return f([x * 1.0 for x in given], *args, **kwargs)

    try:
        wanted = al.compile(called, backend="numpy")
        wanted(given)
    except Exception:
        return
    made = with_machine_code(wanted.program)
    if made is not None:
        for got, z in zip(interpret(made, given), interpret(wanted.program, given), strict=True):
            near(got, z)


def test_threads() -> None:
    def f(w: Any, x: Any, threads: int) -> Any:
        rows = map_rows(lambda row: np.tanh(row @ w) * np.sin(row), x, threads=threads)
        return np.sum(rows**2), rows

    x = np.random.default_rng(0).normal(size=(103, 5))
    native = al.compile(f, backend="native")
    gradient = al.compile(al.grad(lambda *args: f(*args)[0]), backend="native")
    for threads in (1, 2, 3, 200):
        near(native(X[0], x, threads), f(X[0], x, 1))
        near(gradient(X[0], x, threads), al.grad(lambda w, x: f(w, x, 1)[0])(X[0], x))
        assert ("rows_in_threads" in gradient.source) == (threads > 1)
    near(f(X[0], x, 2), f(X[0], x, 1))
    with pytest.raises(ValueError, match="threads must be a whole number from 1 on, not 0"):
        f(X[0], x, 0)


def same_zeros(f: Any, *args: Any) -> None:
    """nan, inf and the signs of zeros are those of the function that is not compiled."""
    with np.errstate(all="ignore"):
        for got, z in zip(al.compile(f, backend="native")(*args), f(*args), strict=True):
            np.testing.assert_array_equal(got, z, strict=True)
            np.testing.assert_array_equal(np.signbit(got), np.signbit(z))


def test_powers_of_arrays_by_one_half_are_roots() -> None:
    x = np.resize([-math.inf, -0.0, 0.0, 4.0], 3000)
    for y in (x[:4], x, x[:4].astype(np.float32), x.astype(np.float32)):
        same_zeros(lambda x: (np.power(x, 0.5) * 2.0, x**0.5 / 3.0), y)


def test_sums_of_one_number_are_no_negative_zeros() -> None:
    def f(x: Any) -> Any:
        return np.sum((x * 1.0)[:1]), np.sum(x * 1.0, keepdims=True), np.sum(x[:, None] * 1.0, 1)

    same_zeros(f, np.array([-0.0, -0.0]))
    same_zeros(f, np.array([-0.0]))


def test_the_place_of_the_least_of_one_number() -> None:
    def f(x: Any) -> Any:
        at = np.argmin((x * 1.0)[:1])
        return at, np.argmax(x[:, None] * 1.0, axis=1), x[at] * 2.0

    same_zeros(f, X[0])


def test_a_long_chain_of_elements_of_an_array():
    def f(x):
        y = x[0]
        for i in range(1500):
            y = np.sin(y) + x[i % 3]
        return y

    x = np.array([0.1, 0.2, 0.3])
    value, gradient = al.compile(f, backend="native").value_and_grad(x)
    expected, slopes = al.value_and_grad(f)(x)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-9)
