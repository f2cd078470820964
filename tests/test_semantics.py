"""What primitives do at the edges: dtypes, truth values, byte orders, infinities, ties.

The property tests of every primitive call them at ordinary points; here is what lies beyond.
"""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from primitive_checks import names

import autograd_lite
from autograd_lite import (
    PRIMITIVES,
    Tensor,
    Value,
    affine,
    arctan2,
    astype,
    clip,
    concatenate,
    divide,
    dot,
    equal,
    gradients,
    hypot,
    log_softmax,
    logsumexp,
    matmul,
    maximum,
    minimum,
    multiply,
    overlap_add,
    power,
    softmax,
    split,
    stack,
    step,
    subtract,
    vdot,
    where,
    windows,
)
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Primitive, Structural

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])
ALL = pytest.mark.parametrize("name", names())
inf, nan = math.inf, math.nan


def number(x: Any) -> float:
    return float(x.detach())


def values_of(numbers: Any) -> Any:
    """An array of Values of these numbers."""
    numbers = np.asarray(numbers, dtype=float)
    out = np.empty(numbers.shape, dtype=object)
    for place in np.ndindex(numbers.shape):
        out[place] = Value(numbers[place])
    return out


def test_import_star_leaves_the_builtins_of_python() -> None:
    assert not set(autograd_lite.__all__) & set(dir(builtins))
    assert autograd_lite.sum is PRIMITIVES["sum"].function


# ---------------------------------------------------------------- powers of 0


@KINDS
@pytest.mark.parametrize("y", [-inf, -2.0, -0.5, 0.0, 0.5, 1.0, inf])
@pytest.mark.parametrize("x", [0.0, -0.0])
def test_the_derivative_of_a_power_of_0_by_its_exponent_is_0(
    kind: type, x: float, y: float
) -> None:
    exponent = kind(y)
    with np.errstate(divide="ignore"):
        z = power(x, exponent)
        assert number(z) == np.power(x, y)
        assert gradients(z, [exponent]) == [0.0]
        assert number(gradients(z, [exponent], record=True)[0]) == 0.0
        z.backward()
    assert exponent.grad == 0.0


@KINDS
def test_the_derivative_of_a_power_of_a_negative_number_by_its_exponent_is_nan(kind: type) -> None:
    exponent = kind(2.0)
    power(-3.0, exponent).backward()
    assert math.isnan(exponent.grad)


# ---------------------------------------------------------------- truth values and small integers

SMALL = [False, True, np.False_, np.True_, 0, np.int8(0), np.float32(0.0), np.array(False)]
BINARY = [divide, multiply, subtract, power, maximum, minimum, equal, hypot, arctan2]
ARRAYS = [
    np.array([True, False]),
    np.array([1, -7], np.int8),
    np.array([200, 1], np.uint8),
    np.array([2, 3], np.uint64),
]


@KINDS
@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
def test_truth_values_and_whole_numbers_are_numbers(kind: type, f: Callable[..., Any]) -> None:
    """As the float64 of the same numbers, in value, dtype and gradient."""
    for constant, first in itertools.product(SMALL + ARRAYS, [True, False]):
        check_beside(kind, f, constant, first)


def check_beside(kind: type, f: Callable[..., Any], constant: Any, first: bool) -> None:
    found, expected = [], []
    for x, c, out in (
        (kind(2.0), constant, found),
        (kind(2.0), np.asarray(constant, float), expected),
    ):
        with np.errstate(all="ignore"):
            z = f(c, x) if first else f(x, c)
            out += [z.detach(), *gradients(z, [x], np.ones(z.shape))]
            out += [g.detach() for g in gradients(z, [x], np.ones(z.shape), record=True)]
    assert {np.asarray(a).dtype for a in found} == {np.dtype(float)}
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("constant", ARRAYS, ids=repr)
def test_choices_beside_whole_numbers_have_the_dtype_of_numpy(constant: Any) -> None:
    for x in (Value(1.0), Tensor(np.float16([1, 2])), Tensor(np.float32([1, 2]))):
        plain = x.detach()
        expected = np.result_type(plain, constant)
        for z in (equal(x, constant), where(True, x, constant), where(True, constant, x)):
            assert z.dtype == expected
        assert maximum(x, constant).dtype == np.maximum(plain, constant).dtype
    assert step(constant).dtype == float
    assert equal(constant, constant).dtype == float


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
@pytest.mark.parametrize("c", [2, 2.0, True, np.True_, np.int8(2), Value(2.0)], ids=repr)
def test_a_number_does_not_change_the_dtype_of_a_product(dtype: Any, c: Any) -> None:
    t, scalar = Tensor(np.array([1, 2], dtype)), Tensor(np.array(3, dtype))
    for z in (np.dot(t, c), dot(c, t), t.dot(c), vdot(scalar, c), stack([scalar, 2.0, c])):
        assert z.dtype == (np.result_type(dtype, np.int8) if isinstance(c, np.int8) else dtype)
    one = Tensor(np.array([3], dtype))
    assert vdot(one, c).shape == vdot(c, one).shape == ()
    assert vdot(one, c).dtype == vdot(c, one).dtype == dot(c, t).dtype
    (g,) = gradients(dot(t, c), [t], np.ones(2))
    assert g.dtype == dtype
    assert g.tolist() == [1.0 if isinstance(c, bool | np.bool_) else 2.0] * 2


# ---------------------------------------------------------------- every floating dtype and order


def drawn(primitive: Primitive, i: int, shape: tuple[int, ...]) -> Any:
    """Numbers of operand i's domain, no two alike; truth values for a constant."""
    rng = np.random.default_rng(i)
    if i in primitive.constants:
        return rng.integers(0, 2, shape) == 0
    low, high = primitive.domain[min(i, len(primitive.domain) - 1)][-1]
    return low + (high - low) * (rng.permutation(math.prod(shape)).reshape(shape) + 0.3) / 100


def a_call(primitive: Primitive) -> tuple[Any, dict[str, Any]]:
    """Operands and parameters of one call, at points where it is differentiable."""
    if not isinstance(primitive, Structural):
        return [drawn(primitive, i, (2, 3)) for i in range(len(primitive.operands))], {}
    assert primitive.cases is not None
    shapes, args, kwargs = next(
        case for shape in ((2, 3), (3, 2), (1, 2, 3), (2, 2)) for case in primitive.cases(shape)
        if min(map(math.prod, case[0])) > 1
    )  # fmt: skip
    given = [drawn(primitive, i, shape) for i, shape in enumerate(shapes)]
    splitter = primitive.function.__wrapped__  # type: ignore[attr-defined]
    return splitter(*([given] if primitive.is_variadic else given), *args, **kwargs)  # type: ignore[no-any-return]


def results(z: Any) -> list[Any]:
    return list(z) if isinstance(z, tuple) else [z]


def of_matrices(primitive: Primitive) -> bool:
    """Whether it is one of linear algebra, not of any array."""
    return primitive.function.__module__.endswith((".linalg", ".eigenvalues", ".decompositions"))


@ALL
def test_any_dtype_and_byte_order(name: str) -> None:
    """Of variables, and of constants beside one variable: native, and right to its precision."""
    for dtype in (">f8", ">f4", "<f4", "e", "g", ">i2"):
        check_dtype(PRIMITIVES[name], dtype)


def check_dtype(primitive: Primitive, dtype: str) -> None:
    operands, params = a_call(primitive)
    floats = [i for i, x in enumerate(operands) if np.asarray(x).dtype == float]
    if dtype == ">i2":
        if of_matrices(primitive):
            return  # whole numbers make singular matrices
        operands = [np.sign(x) if i in floats else x for i, x in enumerate(operands)]
    cast = [x.astype(dtype) if i in floats else x for i, x in enumerate(operands)]
    try:
        if dtype in "eg":
            primitive.arrays(*cast, **params)
    except TypeError:
        return  # LAPACK has no such numbers
    native = np.dtype(dtype).newbyteorder("=") if dtype != ">i2" else np.dtype(float)
    close = {"rtol": 4e-2, "atol": 4e-2} if dtype == "e" else {"rtol": 1e-4, "atol": 1e-5}
    for variables in ([i] for i in floats):
        xs = [Tensor(x) if i in variables else x for i, x in enumerate(cast)]
        wanted = [xs[i] for i in variables]
        exact = [Tensor(x) if i in variables else x for i, x in enumerate(operands)]
        with np.errstate(all="ignore"):
            zs, es = (results(apply(primitive, given, params)) for given in (xs, exact))
            for z, expected in zip(zs, es, strict=True):
                assert z.dtype.isnative
                np.testing.assert_allclose(z.detach(), expected.detach(), **close)
                ones = np.ones(z.shape)
                for record in (False, True):
                    gs = gradients(z, wanted, ones, record=record)
                    es = gradients(expected, [exact[i] for i in variables], ones)
                    for g, e, x in zip(gs, es, wanted, strict=True):
                        assert x.dtype == g.dtype == native
                        np.testing.assert_allclose(getattr(g, "_plain", g), e, **close)


# ---------------------------------------------------------------- softmax at infinity

ROWS = [
    # x, softmax, log_softmax, logsumexp
    ([0.0, inf], [0.0, 1.0], [-inf, 0.0], inf),
    ([1e4, inf, -inf], [0.0, 1.0, 0.0], [-inf, 0.0, -inf], inf),
    ([-inf, 0.0], [0.0, 1.0], [-inf, 0.0], 0.0),
    ([-inf, 0.0, 0.0], [0.0, 0.5, 0.5], [-inf, -math.log(2), -math.log(2)], math.log(2)),
    ([-inf, inf], [0.0, 1.0], [-inf, 0.0], inf),
    ([inf], [1.0], [0.0], inf),
    ([-inf], [1.0], [0.0], -inf),
    ([-inf, -inf], [nan, nan], [nan, nan], -inf),
    ([0.0, inf, inf], [0.0, nan, nan], [-inf, nan, nan], inf),
    ([0.0, nan], [nan, nan], [nan, nan], nan),
    ([inf, nan], [nan, nan], [nan, nan], nan),
    ([-inf, nan], [nan, nan], [nan, nan], nan),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
@pytest.mark.parametrize("beside", [[], [[0.5, 1.5, 2.5]]], ids=["alone", "beside"])
def test_softmax_of_infinities(row: Any, beside: Any) -> None:
    """Without a warning: tests make errors of them. Beside an ordinary row as well."""
    x, *expected = row
    rows = np.array([x, *(r[: len(x)] for r in beside)])
    t, values = Tensor(rows), values_of(rows)
    softmaxed = np.array(expected[0])
    for f, e in zip((softmax, log_softmax, logsumexp), expected, strict=True):
        found = [f(rows, axis=1), f(t, axis=1).detach(), np.vectorize(number)(f(values, axis=1))]
        for z in found:
            np.testing.assert_allclose(z[0], e, rtol=1e-15)
            assert np.isfinite(z[1:]).all()
    (g,) = gradients(logsumexp(t, axis=1).sum(), [t])
    np.testing.assert_allclose(g[0], softmaxed, rtol=1e-15)
    gs = gradients(autograd_lite.sum(logsumexp(values, axis=1)), list(values.flat))
    np.testing.assert_allclose(gs[: len(x)], softmaxed, rtol=1e-15)
    assert np.isfinite(gs[len(x) :]).all()


@pytest.mark.parametrize(
    "row", [r for r in ROWS if not np.isnan(r[1]).any()], ids=lambda r: str(r[0])
)
def test_gradients_of_softmax_of_infinities_are_the_limit(row: Any) -> None:
    """Those of the same row with large numbers for the infinite ones."""
    x = np.array(row[0])
    limit = Tensor(np.clip(x, -1e6, 1e6))
    weights = np.arange(1.0, len(x) + 1)
    for f in (softmax, log_softmax):
        t, values = Tensor(x), values_of(x)
        (g,) = gradients(f(t), [t], weights)
        (expected,) = gradients(f(limit), [limit], weights)
        np.testing.assert_allclose(g, expected, atol=1e-300)
        (recorded,) = gradients(f(t), [t], weights, record=True)
        np.testing.assert_allclose(recorded.detach(), expected, atol=1e-300)
        zs = f(values)
        picked = zs[np.isfinite(np.vectorize(number)(zs))]
        total = autograd_lite.sum(picked)
        (e,) = gradients(f(limit)[np.isfinite(f(x))].sum(), [limit])
        np.testing.assert_allclose(gradients(total, list(values)), e, atol=1e-300)


def test_nothing_flows_through_rows_without_a_limit_where_nothing_flows() -> None:
    t = Tensor([[0.0, inf, inf], [0.0, 1.0, 2.0]])
    for f in (softmax, log_softmax):
        (g,) = gradients(f(t)[1].sum(), [t])
        assert np.isfinite(g).all()
    (g,) = gradients(logsumexp(t, axis=1)[1], [t])
    np.testing.assert_array_equal(g[0], np.zeros(3))


# ---------------------------------------------------------------- ties


@given(
    numbers=st.lists(st.sampled_from([0.1, -0.7, 3.0, 1e308]), min_size=1, max_size=7),
    name=st.sampled_from(["max", "min"]),
)
def test_values_that_tie_share_equally(numbers: list[float], name: str) -> None:
    f = PRIMITIVES[name].function
    values, t = values_of(numbers), Tensor(numbers)
    best, expected = f(values), f(t)
    assert best.data == expected.item()
    np.testing.assert_allclose(
        gradients(best, list(values)), gradients(expected, [t])[0], rtol=1e-15
    )


@pytest.mark.parametrize(
    "numbers", [[inf, inf, 1.0, inf], [-inf, -inf], [nan, 1.0], [1.0, nan, nan]]
)
@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_of_infinities_and_nan(numbers: list[float], name: str) -> None:
    f = PRIMITIVES[name].function
    values, t = values_of(numbers), Tensor(numbers)
    best, expected = f(values), f(t)
    np.testing.assert_array_equal(best.data, getattr(np, name)(numbers))
    np.testing.assert_array_equal(expected.item(), best.data)
    chosen = np.equal(numbers, best.data) | np.isnan(numbers)
    np.testing.assert_allclose(gradients(expected, [t])[0], chosen / chosen.sum(), rtol=1e-15)
    np.testing.assert_allclose(gradients(best, list(values)), chosen / chosen.sum(), rtol=1e-15)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 1), [0, 1]])
@pytest.mark.parametrize("keepdims", [False, True])
def test_extremes_of_values_along_axes(axis: Any, keepdims: bool) -> None:
    numbers = np.random.default_rng(1).integers(0, 3, (2, 3, 4)).astype(float)
    values, t = values_of(numbers), Tensor(numbers)
    for name in ("max", "min"):
        f = PRIMITIVES[name].function
        z, e = np.asarray(f(values, axis, keepdims)), f(t, axis, keepdims)
        np.testing.assert_array_equal(np.vectorize(number)(z), e.detach())
        weights = np.arange(1.0, z.size + 1).reshape(z.shape)
        total = sum((v * w for v, w in zip(z.flat, weights.flat, strict=True)), Value(0.0))
        (expected,) = gradients(e, [t], weights)
        np.testing.assert_allclose(
            gradients(total, list(values.flat)), expected.ravel(), rtol=1e-13
        )


# ---------------------------------------------------------------- windows with room


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("more", [0, 1, 2, 5])
def test_windows_put_back_where_there_is_room(stride: int, more: int) -> None:
    x = Tensor(np.random.default_rng(0).normal(size=(2, 3, 4)))  # windows of 3 at 4 positions
    length = 3 + stride * 3 + more
    z = overlap_add(x, (length,), stride)
    expected = np.zeros((2, length))
    for i in range(3):
        for r in range(4):
            expected[:, stride * r + i] += x.data[:, i, r]
    np.testing.assert_allclose(z.detach(), expected, rtol=1e-15)
    g = np.random.default_rng(1).normal(size=z.shape)
    for record in (False, True):
        (back,) = gradients(z, [x], g, record=record)
        inner = np.sum(np.asarray(getattr(back, "_plain", back)) * x.data)
        assert inner == pytest.approx(np.sum(g * expected))


def test_windows_that_do_not_fit() -> None:
    x = np.ones((3, 4))
    for lengths, stride in (((5,), 1), ((6,), 2), ((2,), 1), ((6, 6), 1), ((), 1), ((9,), 0)):
        with pytest.raises(ValueError, match=r"overlap_add: windows .* do not fit into lengths"):
            overlap_add(x, lengths, stride)
    with pytest.raises(ValueError, match="overlap_add"):
        overlap_add(np.ones((3, 1)), (2,))
    with pytest.raises(ValueError, match="windows: windows of"):
        windows(x, (5,))


# ---------------------------------------------------------------- shapes that do not fit


@pytest.mark.parametrize(
    ("f", "shapes", "said"),
    [
        (matmul, ((2, 3), (2,)), "the last axis of the first must be as long as the first axis"),
        (matmul, ((2, 3), ()), "the last axis of the first must be as long as the first axis"),
        (dot, ((3,), (2,)), "the last axis of the first must be as long as the first axis"),
        (vdot, ((3,), (2,)), "both must have as many elements"),
        (affine, ((3,), (2, 4), (4,)), "the last axis of x must be as long as the first of W"),
    ],
)
def test_shapes_that_do_not_fit(f: Any, shapes: Any, said: str) -> None:
    for kind in (Tensor, np.asarray):
        with pytest.raises(ValueError, match=f"{f.__name__}: shapes .* do not fit: {said}"):
            f(*(kind(np.ones(s)) for s in shapes))


# ---------------------------------------------------------------- the plane, bounds, parts


@KINDS
def test_the_origin_of_the_plane(kind: type) -> None:
    for f in (hypot, arctan2):
        x, y = kind(0.0), kind(0.0)
        z = f(x, y)
        assert number(z) == 0.0
        z.backward()
        assert (x.grad, y.grad) == (0.0, 0.0)
        assert [number(g) for g in gradients(f(x, y), [x, y], record=True)] == [0.0, 0.0]


@KINDS
@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_lengths_and_angles_do_not_overflow(kind: type, size: float) -> None:
    y, x = kind(3.0 * size), kind(-4.0 * size)
    assert gradients(hypot(y, x), [y, x]) == [pytest.approx(0.6), pytest.approx(-0.8)]
    with np.errstate(over="raise", divide="raise"):
        found = gradients(arctan2(y, x), [y, x])
    assert found == [pytest.approx(-0.16 / size), pytest.approx(-0.12 / size)]
    assert number(arctan2(y, x)) == math.atan2(3.0, -4.0)


@pytest.mark.parametrize("low", [None, -1.0, 0, np.array([-1.0, 0.5, 2.0]), nan])
@pytest.mark.parametrize("high", [None, 1.0, 2, np.array([1.0, 0.5, -2.0]), nan])
def test_clip_is_that_of_numpy(low: Any, high: Any) -> None:
    x = np.array([-1.0, 0.5, 3.0])
    expected = np.clip(x, low, high)
    kept = (expected == x).astype(float)
    t = Tensor(x)
    calls = (
        clip(t, low, high),
        np.clip(t, low, high),
        t.clip(low, high),
        clip(t, a_max=high, a_min=low),
    )
    for z in calls:
        np.testing.assert_array_equal(z.detach(), expected)
        np.testing.assert_array_equal(gradients(z, [t], np.ones(3))[0], kept)
    values = values_of(x)
    zs = clip(values, low, high)
    np.testing.assert_array_equal(np.vectorize(number)(zs), expected)
    for v, z, k in zip(values, zs, kept, strict=True):
        assert gradients(z, [v]) == [k]


@pytest.mark.parametrize("low", [0.0, 0.5, [0.0, 1.0, -3.0, 2.5]])
@pytest.mark.parametrize("high", [2.0, 0.25, [[1.0], [-1.0]]])
def test_the_bounds_of_clip_may_be_variables(low: Any, high: Any) -> None:
    """Σ of clip against minimum(maximum(x, low), high), which it is, away from where they meet."""
    x = np.array([[-2.0, 0.6, 1.5, 3.0], [0.3, -0.2, 2.25, 1.9]])
    given = [x, np.array(low) + 0.01, np.array(high) - 0.02]
    weights = np.arange(8.0).reshape(2, 4) + 1.0
    for f in (clip, np.clip):
        leaves = [Tensor(a) for a in given]
        found = gradients((weights * f(*leaves)).sum(), leaves)
        by = np.minimum(np.maximum(leaves[0], leaves[1]), leaves[2])
        expected = gradients((weights * by).sum(), leaves)
        for g, e in zip(found, expected, strict=True):
            np.testing.assert_array_equal(g, e)
    v, w = Value(0.5), Value(2.0)
    assert gradients(clip(-1.0, v, w), [v, w]) == [1.0, 0.0]
    assert gradients(clip(3.0, v, w), [v, w]) == [0.0, 1.0]
    assert gradients(clip(3.0, w, v), [v, w]) == [1.0, 0.0]


def test_clip_of_other_arguments() -> None:
    assert clip(3.0, None, 2.0) == 2.0
    assert clip(Tensor(np.float32([1, 2])), 0, None).dtype == np.float32
    with pytest.raises(TypeError, match=r"clip.* got an unexpected keyword argument 'low'"):
        clip(1.0, low=0.0)
    with pytest.raises(TypeError, match=r"clip\(x, a_min, a_max\) takes 3 operands, not 4"):
        clip(1.0, 2.0, 3.0, 4.0)
    with pytest.raises(TypeError, match=r"clip\(x, a_min, a_max\) takes 3 operands, not 0"):
        clip()
    with pytest.raises(TypeError, match="unexpected keyword argument 'x'"):
        clip(1.0, x=1.0)


@given(
    length=st.integers(0, 6),
    places=st.integers(1, 4) | st.lists(st.integers(-7, 7), max_size=3),
    axis=st.sampled_from([0, 1, -1]),
    data=st.data(),
)
def test_parts_are_those_of_numpy(length: int, places: Any, axis: int, data: Any) -> None:
    x = np.arange(2.0 * length).reshape((length, 2) if axis == 0 else (2, length))
    t, values = Tensor(x), values_of(x)
    expected = np.array_split(x, places, axis)
    for parts in (np.array_split(t, places, axis), np.array_split(values, places, axis)):
        assert len(parts) == len(expected)
    parts = autograd_lite.array_split(t, places, axis)
    for part, e in zip(parts, expected, strict=True):
        np.testing.assert_array_equal(part.detach(), e)
    chosen = data.draw(st.sets(st.integers(0, len(parts) - 1), min_size=1))
    weights = [np.random.default_rng(i).normal(size=expected[i].shape) for i in chosen]
    total = sum(((parts[i] * w).sum() for i, w in zip(chosen, weights, strict=True)), Tensor(0.0))
    back = np.zeros(x.shape)
    numbered = np.array_split(np.arange(x.size).reshape(x.shape), places, axis)
    for i, w in zip(chosen, weights, strict=True):
        np.add.at(back.reshape(-1), numbered[i].ravel(), w.ravel())
    for record in (False, True):
        (g,) = gradients(total, [t], record=record)
        np.testing.assert_allclose(getattr(g, "_plain", g), back, rtol=1e-13)


def test_parts_that_cannot_be() -> None:
    t = Tensor(np.ones((4, 3)))
    with pytest.raises(ValueError, match="split: an axis of length 3 has no 2 parts of equal"):
        split(t, 2, axis=1)
    with pytest.raises(ValueError, match="split: there is no axis 2 in shape"):
        split(t, 2, axis=2)
    with pytest.raises(ValueError, match="has no 0 parts"):
        np.array_split(t, 0)
    assert [p.shape for p in np.split(t, 2)] == [(2, 3), (2, 3)]


def test_second_derivative_through_parts() -> None:
    t = Tensor([1.0, 2.0, 3.0, 4.0])
    first, second = split(t, 2)
    (g,) = gradients((first**2 * second).sum(), [t], record=True)
    assert g.detach().tolist() == [6.0, 16.0, 1.0, 4.0]
    (h,) = gradients(g.sum(), [t])
    assert h.tolist() == [2 * 3.0 + 2.0, 2 * 4.0 + 4.0, 2.0, 4.0]


def test_results_are_in_the_byte_order_of_the_machine() -> None:
    t = Tensor(np.float32([1, 2]))
    for z in (concatenate([t, np.zeros(1, ">f4"), t]), t.astype(">f4"), astype([1.0], ">f8")):
        assert z.dtype.isnative
    with pytest.raises(TypeError, match="astype: int64 has no gradient"):
        astype(t, int)


# ---------------------------------------------------------------- what is a constant, what is whole


@pytest.mark.parametrize("kind", [Value, Tensor, float])
def test_a_variable_where_a_constant_is_meant(kind: type) -> None:
    """Beside Tensors, arrays and arrays of Values: nothing flows to it, all else is right."""
    for make in (Tensor, values_of, np.asarray):
        x, condition = make([1.0, -2.0]), kind(0.5)
        z = where(condition, x, 0.0)
        assert [one.item() for one in z] == [1.0, -2.0]
        if make is Tensor:
            total = z.sum()
            total.backward()
            assert x.grad.tolist() == [1.0, 1.0]
            if kind is not float:
                (condition * total).sum().backward()
                assert number(total) == condition.grad


@pytest.mark.parametrize(
    "x", [[0, 1], np.array([False, True]), np.array([0, 1], np.int8)], ids=repr
)
def test_softmax_of_whole_numbers(x: Any) -> None:
    for f in (softmax, log_softmax, logsumexp):
        np.testing.assert_array_equal(f(x), f(np.array([0.0, 1.0])))
    assert logsumexp(np.array([1, 200], np.uint8)) == 200.0
    np.testing.assert_array_equal(softmax(np.ones((1, 2)), axis=[0, 1]), [[0.5, 0.5]])


class One:
    def __index__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t: split(t, 2.0), "split: the number of parts must be a whole number, not 2.0"),
        (lambda t: split(t, [1.5]), "split: a place must be a whole number, not 1.5"),
        (lambda t: split(t, 2, axis="a"), "split: axis must be a whole number, not 'a'"),
        (lambda t: windows(t, (2,), 1.5), "windows: stride must be a whole number, not 1.5"),
        (lambda t: windows(t, 1.5), "windows: a length must be a whole number, not 1.5"),
        (lambda t: t[0.5:], "getitem: in a slice, 'float' object cannot be interpreted"),
        (lambda t: t[Value(1.0) :], "getitem: in a slice, index: a Value is no whole number"),
    ],
)
def test_what_is_no_whole_number(call: Any, said: str) -> None:
    with pytest.raises(TypeError, match=f"^{said}"):
        call(Tensor(np.ones(4)))


def test_what_is_a_whole_number() -> None:
    t = Tensor([1.0, 2.0, 3.0, 4.0])
    assert t[One()].item() == 2.0
    assert t[One() :].shape == (3,)
    assert split(t, np.int64(2), np.int8(0))[0].shape == (2,)
    assert windows(t, 2).shape == (2, 3)
    assert overlap_add(windows(t, 2), 4).shape == (4,)
    with pytest.raises(IndexError, match=r"getitem: .*inhomogeneous"):
        t[[0, [1]]]
    with pytest.raises(IndexError, match="max: axis 3 is out of bounds"):
        autograd_lite.max(values_of([1.0]), axis=3)
