"""Loops of machine code give what NumPy's calls give, one operation after the other."""

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
from autograd_lite.engine.primitive import PRIMITIVES, Elementwise
from autograd_lite.testing import programs
from autograd_lite.transforms.trees import leaves_of

pytest.importorskip("llvmlite", reason='needs llvmlite (pip install "autograd_lite[native]")')

from autograd_lite.program import backends
from autograd_lite.program.native import fused


@pytest.fixture(autouse=True)
def _of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "WORTHWHILE", 0)
    monkeypatch.setattr(backends, "with_machine_code", lambda program: None)


def near(got: Any, wanted: Any, within: float = 0.0) -> None:
    """The same structure, dtypes and shapes, and nearly the same numbers."""
    for g, w in zip(leaves_of(got), leaves_of(wanted), strict=True):
        assert (np.shape(g), np.asarray(g).dtype, type(g)) == (
            np.shape(w),
            np.asarray(w).dtype,
            type(w),
        )
        finite = np.abs(w)[np.isfinite(w)]
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        rtol = within or (1e-11 if np.asarray(w).dtype == np.float64 else 5e-6)
        np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol * scale)


@settings(max_examples=40, deadline=None)
@given(programs("tensors"))
def test_random_programs(program: Any) -> None:
    f = of_list(program)

    def total(inputs: Any) -> Any:
        return np.sum(f(inputs))

    inputs = list(program.inputs.values())
    near(al.compile(f, backend="native")(inputs), al.compile(f, backend="numpy")(inputs))
    wanted = al.compile(total, backend="numpy").value_and_grad(inputs)
    near(al.compile(total, backend="native").value_and_grad(inputs), wanted)


@settings(max_examples=15, deadline=None)
@given(programs("tensors"))
def test_random_programs_in_single_precision(program: Any) -> None:
    f = of_list(program)
    inputs = [np.asarray(x, np.float32) for x in program.inputs.values()]
    for g, w in zip(
        leaves_of(al.compile(f, backend="native")(inputs)),
        leaves_of(al.compile(f, backend="numpy")(inputs)),
        strict=True,
    ):
        assert (np.asarray(g).dtype, type(g)) == (np.asarray(w).dtype, type(w))
        finite = np.abs(w)[np.isfinite(w)]
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        np.testing.assert_allclose(g, w, rtol=1e-3, atol=1e-3 * scale)


def compiled(f: Any, *args: Any, within: float = 0.0) -> tuple[Any, int]:
    """What f gives, from loops, and how many there are of them."""
    native = al.compile(f, backend="native")
    with np.errstate(all="ignore"):
        near(native(*args), f(*args), within)
    return native, native.source.count("= loop")


X = np.random.default_rng(0).normal(size=(7, 5))
Y = X.astype(np.float32)


def test_a_chain_is_one_loop() -> None:
    _, count = compiled(lambda x, y: np.tanh(x * y + 1.0) / (2.0 + np.exp(-x)), X, X + 1.0)
    assert count == 1


def test_single_precision() -> None:
    def f(x: Any, y: Any, s: Any) -> Any:
        z = np.tanh(x * y + 1.0) / (2 + np.exp(-x)) * s
        return z, np.sum(z), np.where(z > 0.3, np.degrees(z), al.sigmoid(y)), z > x

    assert compiled(f, Y, Y + np.float32(1.0), 3.0)[1] == 1
    assert compiled(f, Y, Y[0], np.float32(3.0))[1] == 2  # before and after σ(y)
    assert compiled(f, Y[:, :1], Y[0], -1e-3)[1] == 2  # of −x and all
    large = np.random.default_rng(0).normal(size=300_007).astype(np.float32)
    total = al.compile(lambda x: np.sum(x * 1.0 + 0.0 * x), backend="native")(large)
    assert type(total) is np.float32
    assert abs(total - math.fsum(large)) <= 1e-6 * np.sum(np.abs(large))


def test_both_precisions() -> None:
    """Each in loops of its own; what mixes them is left to NumPy."""

    def f(x: Any, y: Any, s: Any) -> Any:
        one, other = np.exp(y) * y + 1.0, np.exp(x) * x - 1.0
        mixed = one * x + other
        return one * s, other * s, mixed, np.where(x > 0.0, one, y), np.where(y > x, 1.0, 2.0)

    for s in (2.0, np.float32(2.0), np.float64(2.0), np.array(2.0)):
        assert compiled(f, X, Y, s, within=5e-6)[1] == 2


def test_numbers_of_every_sort_in_single_precision() -> None:
    with np.errstate(all="ignore"):
        special = np.array([*SPECIAL, 1e-42, 3e38, -1e-45], np.float32)
    x, y = np.repeat(special, len(special)), np.tile(special, len(special))

    def f(x: Any, y: Any) -> Any:
        low = np.minimum(x, y) / np.maximum(-x, y * y)
        return low, np.where((x > y) | (low != low), low - x, np.abs(y)), np.copysign(x, low)

    assert compiled(f, x, y)[1] == 1


def test_every_function_in_single_precision() -> None:
    """Of the table: as NumPy, up to some units in the last place."""
    rng = np.random.default_rng(0)
    points = [rng.uniform(0.1, 0.9, 300).astype(np.float32) for _ in range(3)]
    names = []
    for name, p in PRIMITIVES.items():
        if isinstance(p, Elementwise) and p.floats is not None and p.numpy:
            given = points[: len(p.operands)]

            def f(*x: Any, p: Any = p) -> Any:
                return p.numpy[0](*x) * 1.0

            try:
                with np.errstate(all="ignore"):
                    wanted = f(*given)
            except TypeError:
                continue
            if np.asarray(wanted).dtype == np.float32:
                native = al.compile(f, backend="native")
                np.testing.assert_allclose(native(*given), wanted, rtol=1e-6, err_msg=name)
                names += [name] * native.source.count("= loop")
    assert len(names) > 30


def test_numbers_beside_arrays() -> None:
    def f(x: Any, s: Any, t: Any) -> Any:
        return s * x + t * (x - s) + np.float32(0.5) * x + 2 * x

    assert compiled(f, X, 2.0, np.float64(3.0))[1] == 1
    assert compiled(f, X, np.array(2.0), 3.0)[1] == 1


def test_sums_of_all() -> None:
    def f(x: Any) -> Any:
        y = np.exp(x) * x
        return y, np.sum(y), np.sum(y - 1.0, axis=(0, 1)), np.sum(y, axis=0), np.sum(x)

    native, count = compiled(f, X)
    assert count == 1
    assert native.source.count(" = sum(") == 2
    large = np.random.default_rng(0).normal(size=300_007)
    total = al.compile(lambda x: np.sum(x * 1.0 + 0.0 * x), backend="native")
    exact = math.fsum(large)
    assert abs(total(large) - exact) <= 1e-15 * np.sum(np.abs(large))
    assert total(X[:0]) == 0.0


def test_what_lies_between_two_loops() -> None:
    """Sums of a loop are needed by the next one, beside results of the first."""

    def f(x: Any) -> Any:
        y = np.exp(x) * x
        z = y - np.sum(y, axis=0)
        w = np.tanh(z) * y
        total = np.sum(w)
        return w / total + y * 2.0, y

    assert compiled(f, X)[1] == 3


def test_arrays_of_other_shapes() -> None:
    def f(x: Any, row: Any) -> Any:
        return (x * 2.0 + x) * (row * 3.0 - row) + row, np.transpose(x * x + 1.0)

    assert compiled(f, X, X[0])[1] == 3


def test_arrays_that_are_stretched() -> None:
    def f(x: Any, row: Any, column: Any, one: Any) -> Any:
        outer = column * row - one
        return (x + row) * column / (1.0 + one * one), outer * x, np.sum(outer + row)

    native, count = compiled(f, X, X[0], X[:, :1], X[:1, :1])
    assert count == 3  # of the one number, of what `outer` is needed for, of the quotient
    near(native(X, X[1], X[:, 1:2], X[2:3, :1]), f(X, X[1], X[:, 1:2], X[2:3, :1]))


def test_truth_values() -> None:
    def f(x: Any) -> Any:
        positive = x > 0.0
        small = (np.abs(x) < 1.0) & positive
        y = np.where(small, x * x, -x)
        return y + 1.0, positive, np.where(np.sum(y, axis=0) > 0.0, y, x * 3.0)

    compiled(f, X)


def test_layouts_and_types() -> None:
    def f(x: Any, y: Any) -> Any:
        return (x + 1.0) * (y - x)

    for x in (X, X.T.copy().T, X[::-1, ::-1], np.asfortranarray(X)):
        compiled(f, x, X)
    compiled(f, np.float32(X), np.float32(X))
    compiled(f, np.float32(X), X)
    compiled(f, X + 1j, X)
    compiled(f, np.arange(35).reshape(7, 5), X)
    compiled(f, X[:0], X[:0])
    for n in range(20):
        compiled(f, np.arange(float(n)), np.ones(n))


def test_constant_arrays() -> None:
    assert compiled(lambda x: (x * X + X.T.copy().T) * 2.0 - x, X + 1.0)[1] == 1


def test_numbers_of_every_sort() -> None:
    x, y = np.repeat(SPECIAL, len(SPECIAL)), np.tile(SPECIAL, len(SPECIAL))

    def f(x: Any, y: Any) -> Any:
        low = np.minimum(x, y) / np.maximum(-x, y * y)
        return low, np.where((x > y) | (low != low), low - x, np.abs(y)), np.copysign(x, low)

    assert compiled(f, x, y)[1] == 1


def test_0_times_inf_in_the_chain_rule() -> None:
    x = np.array([0.0, 1.0, 4.0] * 5)

    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0.0, np.sqrt(x) * 3.0, 0.0))

    native = al.compile(f, backend="native").value_and_grad
    near(native(x), al.value_and_grad(f)(x))


def test_results_are_the_callers() -> None:
    native, _ = compiled(lambda x: (x * 2.0 + 1.0, x - 1.0), X)
    first = native(X)
    kept = [a.copy() for a in first]
    native(X + 1.0)
    first[0][:] = 0.0
    assert np.array_equal(first[1], kept[1])
    assert np.array_equal(native(X)[0], kept[0])


def test_what_is_short_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "WORTHWHILE", 36)
    assert compiled(lambda x: x * x + 1.0, X)[1] == 0
    assert compiled(lambda x: np.exp(x * x + 1.0), X)[1] == 1
