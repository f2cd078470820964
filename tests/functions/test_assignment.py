"""What is written into Tensors: the same programs on NumPy's arrays are the oracle, for the values
and, run on complex numbers a tiny step apart, for the gradients, which are then exact."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import (
    Tensor,
    Value,
    grad,
    gradients,
    hvp,
    jvp,
    linearize,
    no_grad,
    vmap,
)
from autograd_lite.engine import assignment, in_place, written

Step = tuple[Any, ...]
SIZES = [3, 30]
"""The lengths of an axis: of small arrays all copies are kept, large ones are written in place."""


# ---------------------------------------------------------------- random programs


def part(draw: Any, shape: tuple[int, ...], basic: bool) -> Any:
    """An index of an array of this shape."""
    n = shape[0]
    whole = st.integers(-n, n - 1)
    kinds = [whole, st.sampled_from([slice(None), slice(1, None), slice(None, None, -1), ...])]
    if len(shape) > 1:
        kinds.append(st.tuples(st.sampled_from([slice(None), slice(0, 2)]), whole))
        kinds.append(st.tuples(whole, st.integers(-shape[1], shape[1] - 1)))
    if not basic:
        kinds.append(st.lists(whole, min_size=1, max_size=3))
        kinds.append(st.sampled_from([np.arange(n) % 2 == 0]))
        kinds.append(st.just(np.arange(n) % 3 == 1))
    return draw(st.one_of(kinds))


VIEWS: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "reshape": lambda a: a.reshape(-1),
    "swapaxes": lambda a: np.swapaxes(a, 0, -1),
    "transpose": np.transpose,
    "row": lambda a: a.reshape(1, -1),
}


@st.composite
def programs(draw: st.DrawFn) -> tuple[int, list[Step]]:
    """Steps that read, write and look at arrays; each makes one array or changes one."""
    n = draw(st.sampled_from(SIZES))
    shapes: list[tuple[int, ...]] = [(n, n), (n,)]  # of the arrays so far
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 8))):
        k = draw(st.integers(0, len(shapes) - 1))
        other = draw(st.integers(0, len(shapes) - 1))
        kind = draw(st.sampled_from(["view", "pick", "write", "update", "times", "move"]))
        shape = shapes[k]
        if kind == "view" and shape:
            steps.append((kind, k, draw(st.sampled_from(sorted(VIEWS)))))
            shapes.append(VIEWS[steps[-1][2]](np.empty(shape)).shape)
        elif kind == "pick" and shape and 0 not in shape:
            steps.append((kind, k, part(draw, shape, False)))
            shapes.append(np.empty(shape)[steps[-1][2]].shape)
        elif kind == "write" and shape and 0 not in shape:
            index = part(draw, shape, False)
            target = np.empty(shape)[index].shape
            fits = shapes[other] == target or shapes[other] == ()
            steps.append((kind, k, index, other if fits else None, draw(st.floats(0.5, 2.0))))
        elif kind == "update" and shape:
            fits = shapes[other] in (shape, ())
            steps.append((kind, k, draw(st.sampled_from("+-*/")), other if fits else None))
        elif kind == "times":
            steps.append((kind, k, draw(st.floats(0.5, 2.0))))
            shapes.append(shape)
        elif kind == "move" and shape and 0 not in shape:
            index = part(draw, shape, False)
            steps.append((kind, k, index, draw(st.sampled_from("+*"))))
    return n, steps


def run(steps: list[Step], arrays: list[Any]) -> Any:
    """Run the steps; the sum of all arrays at the end, each element with a weight of its own."""
    for step in steps:
        kind, x = step[0], arrays[step[1]]
        if kind == "view":
            arrays.append(VIEWS[step[2]](x))
        elif kind == "pick":
            arrays.append(x[step[2]])
        elif kind == "write":
            _, _, index, other, scale = step
            x[index] = scale if other is None else arrays[other] * scale
        elif kind == "update":
            y = 1.5 if step[3] is None else arrays[step[3]]
            if step[2] == "+":
                x += y
            elif step[2] == "-":
                x -= y
            elif step[2] == "*":
                x *= y
            else:
                x /= 2.0 + y * y
        elif kind == "times":
            arrays.append(np.sin(x) * step[2])
        else:
            _, _, index, operator = step
            if operator == "+":
                x[index] += x[index] * x[index]
            else:
                x[index] *= 0.5
    total: Any = 0.0
    for i, x in enumerate(arrays):
        total = total + np.sum(np.cos(np.arange(np.size(x)) + i).reshape(np.shape(x)) * x)
    return total


def start(n: int) -> list[Any]:
    rng = np.random.default_rng(n)
    return [rng.uniform(0.5, 1.5, (n, n)), rng.uniform(0.5, 1.5, n)]


@given(programs())
def test_the_same_as_numpy(program: tuple[int, list[Step]]) -> None:
    n, steps = program
    given_ = start(n)
    expected = run(steps, [x.copy() for x in given_])
    inputs = [Tensor(x) for x in given_]
    first = [x * 1.0 for x in inputs]
    total = run(steps, first)
    assert total.item() == pytest.approx(expected, rel=1e-12)
    found = gradients(total, inputs)
    for i, place in ((0, (0, 0)), (0, (n - 1, 1)), (0, (1, n - 1)), (1, (0,)), (1, (n - 1,))):
        moved = [x.astype(complex) for x in given_]
        moved[i][place] += 1e-30j
        assert found[i][place] == pytest.approx(run(steps, moved).imag / 1e-30, rel=1e-9, abs=1e-9)
    again = gradients(total, inputs, record=True)
    for g, h in zip(found, again, strict=True):
        np.testing.assert_allclose(h.detach(), g, rtol=1e-12, atol=1e-12)


@given(programs())
def test_leaves_that_are_written_into(program: tuple[int, list[Step]]) -> None:
    """The gradient of `grad` is that by what came in, and what came in stays."""
    _, steps = program
    given_ = start(3)
    kept = [x.copy() for x in given_]
    found = grad(lambda xs: run(steps, list(xs)))(given_) if _fit(steps, 3) else None
    for x, y in zip(given_, kept, strict=True):
        np.testing.assert_array_equal(x, y)
    if found is None:
        return
    for i, place in ((0, (0, 0)), (0, (2, 1)), (1, (2,))):
        moved = [x.astype(complex) for x in given_]
        moved[i][place] += 1e-30j
        assert found[i][place] == pytest.approx(run(steps, moved).imag / 1e-30, rel=1e-9, abs=1e-9)


def _fit(steps: list[Step], n: int) -> bool:
    try:
        run(steps, start(n))
    except (ValueError, IndexError):
        return False
    return True


@given(programs())
def test_second_derivatives(program: tuple[int, list[Step]]) -> None:
    _, steps = program
    if not _fit(steps, 3):
        return

    def slope(v: Any) -> Any:
        g = grad(lambda u: run(steps, [u[0] * 1.0, u[1] * 1.0]))([v * 1.0, v[0] * 1.0])
        return np.sum(g[0] * g[0]) + np.sum(g[1] * g[1])

    x = start(3)[0]
    found = grad(slope)(x)
    step = 1e-6
    for place in ((0, 0), (2, 1)):
        e = np.zeros((3, 3))
        e[place] = step
        numeric = (slope(x + e) - slope(x - e)) / (2 * step)
        assert found[place] == pytest.approx(numeric, rel=1e-5, abs=1e-4)


# ---------------------------------------------------------------- known cases


def test_a_view_taken_before_shows_what_is_written() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    y = x * 2.0
    row, turned = y[1:], y[::-1]
    y[2] = x[0] * 10.0
    assert row.detach().tolist() == [4.0, 10.0]
    assert turned.detach().tolist() == [10.0, 4.0, 2.0]
    assert gradients(np.sum(row * row), [x])[0].tolist() == [200.0, 16.0, 0.0]
    row[0] = 7.0
    assert y.detach().tolist() == [2.0, 7.0, 10.0]
    assert turned.detach().tolist() == [10.0, 7.0, 2.0]


def test_views_that_are_gone_are_forgotten() -> None:
    x = Tensor(np.arange(6.0))
    kept = [x[i:] for i in range(5)]
    for _ in range(1000):
        _ = x[1:].sum()
    assert len(x.note("views")) < 64
    x[2] = 7.0
    assert [view.detach()[-4] for view in kept[:3]] == [7.0, 7.0, 7.0]


def test_what_used_it_before_keeps_what_it_was() -> None:
    x = Tensor([1.0, 2.0])
    y = x * 3.0
    z = np.sum(y * y)
    shown = y.detach()
    y[0] = 100.0
    assert shown.tolist() == [3.0, 6.0]
    assert z.item() == 45.0
    assert gradients(z, [x])[0].tolist() == [18.0, 36.0]


def test_the_last_of_equal_indices_stays() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    y = np.zeros_like(x)
    y[[0, 1, 0]] = x
    assert y.detach().tolist() == [3.0, 2.0, 0.0]
    assert gradients(np.sum(y), [x])[0].tolist() == [0.0, 1.0, 1.0]


def test_dtypes() -> None:
    y = np.zeros_like(Tensor(np.ones(2, np.float32)))
    x = Tensor([1.1, 2.2])
    y[:] = x
    y += x
    assert y.dtype == np.float32
    assert gradients(np.sum(y), [x])[0].dtype == np.float64
    z = np.zeros_like(Tensor([1j]))
    z[0] = x[0]
    assert z.dtype == complex
    with pytest.raises(TypeError, match=r"^setitem: complex numbers do not fit"):
        y[0] = z[0]
    with pytest.raises(TypeError, match=r"^setitem: complex numbers do not fit"):
        y *= 1j


def test_broadcast_views_are_read_only() -> None:
    x = Tensor([1.0, 2.0])
    y = np.broadcast_to(x * 1.0, (3, 2))
    with pytest.raises(ValueError, match=r"^setitem: the result of broadcast_to is read-only"):
        y[0] = 1.0
    assert y.detach().tolist() == [[1.0, 2.0]] * 3


def test_values_and_arrays_of_variables_are_written() -> None:
    v = Value(3.0)
    y = np.zeros_like(v, shape=(2, 2))
    y[0, 1] = v * v
    y[1] = [v, 2.0 * v]
    y[:, 0] += np.array([v, 1.0])
    assert y.detach().tolist() == [[3.0, 9.0], [4.0, 6.0]]
    assert gradients(np.sum(y), [v]) == [1.0 + 6.0 + 1.0 + 2.0]


def test_a_leaf_without_recording() -> None:
    w = Tensor([1.0, 2.0])
    (w * w).sum().backward()
    with no_grad():
        w[0] = 5.0
        w -= 0.5 * w.grad
    assert w.is_leaf
    assert w.data.tolist() == [4.0, 0.0]
    assert w.grad.tolist() == [2.0, 4.0]


def test_gradients_of_what_was_written_into() -> None:
    w = Tensor([1.0, 2.0])
    start_ = w
    w[0] = 3.0 * w[1]
    (w * w).sum().backward()
    assert w is start_
    assert w.grad.tolist() == [0.0, 2.0 * 6.0 * 3.0 + 4.0]  # by what it was
    assert gradients((w * w).sum(), [w])[0].tolist() == [12.0, 4.0]  # by what it is
    w.zero_grad()
    assert w.grad is None


def test_numbers_are_replaced() -> None:
    x = Tensor([1.0, 2.0])
    s = total = x[0]
    total += x[1]
    assert (s.item(), total.item()) == (1.0, 3.0)


# ---------------------------------------------------------------- x.at


@pytest.mark.parametrize(
    "index", [1, slice(1, None), [0, 2], [0, 2, 0, 0], np.array([True, False, True])]
)
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "maximum", "minimum"])
def test_at_is_as_that_of_ufuncs(index: Any, name: str) -> None:
    x = np.array([1.0, 2.0, 3.0])
    values = np.linspace(0.5, 4.0, np.size(x[index])).reshape(np.shape(x[index]))
    expected = x.copy()
    getattr(np, name).at(expected, index, values)
    method = {"maximum": "max", "minimum": "min"}.get(name, name)
    t, v = Tensor(x), Tensor(values)
    found = getattr(t.at[index], method)(v)
    np.testing.assert_allclose(found.detach(), expected)
    assert t.detach().tolist() == x.tolist()
    weights = np.array([1.0, 10.0, 100.0])
    for i, (variable, at) in enumerate(((t, x), (v, values))):
        (g,) = gradients(np.sum(found * weights), [variable])
        for place in np.ndindex(at.shape):
            moved = [x.astype(float), values.astype(float)]
            moved[i] = moved[i].copy()
            results = []
            for h in (1e-6, -1e-6):
                changed = [m.copy() for m in moved]
                changed[i][place] += h
                z = changed[0]
                getattr(np, name).at(z, index, changed[1])
                results.append(np.sum(z * weights))
            assert g[place] == pytest.approx((results[0] - results[1]) / 2e-6, rel=1e-5, abs=1e-6)


INTO: dict[str, Callable[[Any], Any]] = {
    "ufunc": lambda x: np.exp(x, out=np.empty_like(x)),
    "positional": lambda x: np.multiply(x, x[::-1], np.empty_like(x)),
    "itself": lambda x: np.sqrt(x, out=x),
    "broadcast": lambda x: np.exp(x, out=np.zeros_like(x, shape=(2, 3))),
    "plain operand": lambda x: np.add(np.ones(3), 1.0, out=x[:]) * x,
    "chosen": lambda x: np.divide(x, x - 1.0, out=np.zeros_like(x), where=x != 1.0),
    "chosen kept": lambda x: np.log(x, out=x * 2.0, where=[True, False, True]),
    "view": lambda x: np.exp(x[:2], out=x[1:]) * x[:2],
    "reduction": lambda x: np.sum(np.outer(x, x), axis=0, out=np.empty_like(x)),
    "reduce": lambda x: np.multiply.reduce(np.outer(x, x), axis=0, out=np.empty_like(x)),
    "product": lambda x: np.dot(np.outer(x, x), x, out=np.empty_like(x)),
    "matmul": lambda x: np.matmul(np.outer(x, x), x, out=np.empty_like(x)),
    "single": lambda x: np.exp(x, out=np.zeros_like(x, dtype=np.float32)),
}
"""Calls that write into what they are given as `out`."""


@pytest.mark.parametrize("name", INTO)
def test_out_is_written_into(name: str) -> None:
    x = np.array([0.5, 1.0, 2.0])
    expected, found = INTO[name](x.copy()), INTO[name](Tensor(x.copy()))
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-15)
    weights = np.cos(np.arange(expected.size)).reshape(expected.shape)

    def slope(f: Callable[[Any], Any]) -> Any:
        step = 1e-2 if name == "single" else 1e-6
        return [
            np.sum(weights * (f(x + step * e) - f(x - step * e))) / (2.0 * step) for e in np.eye(3)
        ]

    found = grad(lambda x: np.sum(weights * INTO[name](x)))(x)
    if name == "chosen":  # the numbers change beside the one that is not chosen
        assert found[1] == 0.0
        chosen = np.array([0.5, 2.0])
        np.testing.assert_allclose(found[[0, 2]], -weights[[0, 2]] / (chosen - 1.0) ** 2)
    else:
        np.testing.assert_allclose(
            found, slope(INTO[name]), rtol=1e-3 if name == "single" else 1e-8
        )


def test_out_is_what_is_returned() -> None:
    out = Tensor(np.zeros(3))
    assert np.exp(Tensor(np.ones(3)), out=out) is out
    assert np.cumsum(np.ones(3), out=out) is out
    with pytest.raises(ValueError, match=r"^np\.sum: the result has shape \(\), and out \(3,\)"):
        np.sum(np.ones(3), out=out)
    with pytest.raises(ValueError, match="broadcast"):
        np.exp(np.ones(4), out=out)


AT: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda r, x: np.add.at(r, [0, 0, 1], x),
    "subtract": lambda r, x: np.subtract.at(r, [2, 2, 2], x),
    "multiply": lambda r, x: np.multiply.at(r, [1, 1, -1], x),
    "maximum": lambda r, x: np.maximum.at(r, [0, 0, 0], x),
    "number": lambda r, x: np.add.at(r, [1, 1], 2.0),
    "slice": lambda r, x: np.add.at(r, slice(1, None), x[0]),
    "mask": lambda r, x: np.add.at(r, [True, False, True], x[1:]),
    "negative": lambda r, x: np.negative.at(r, [0, 0, 1]),
}
"""Calls of the method `at` of ufuncs."""


@pytest.mark.parametrize("name", AT)
def test_at_of_ufuncs_writes(name: str) -> None:
    x = np.array([0.5, 1.2, 2.0])

    def f(x: Any) -> Any:
        r = x * x
        AT[name](r, x)
        return r * np.array([1.0, 2.0, 3.0])

    np.testing.assert_allclose(f(Tensor(x)).detach(), f(x), rtol=1e-15)
    slopes = [np.sum(f(x + e) - f(x - e)) / 2e-6 for e in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(grad(lambda x: f(x).sum())(x), slopes, rtol=1e-7)
    second = grad(lambda x: grad(lambda x: f(x).sum())(x).sum())
    slopes = [(grad(lambda x: f(x).sum())(x + e) - grad(lambda x: f(x).sum())(x - e)).sum() / 2e-6
              for e in 1e-6 * np.eye(3)]  # fmt: skip
    np.testing.assert_allclose(second(x), slopes, rtol=1e-6, atol=1e-8)


def test_at_get_and_set() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    assert x.at[1:].get().detach().tolist() == [2.0, 3.0]
    assert x.at[0].set(x[2]).detach().tolist() == [3.0, 2.0, 3.0]
    with pytest.raises(ValueError, match=r"^at: values of shape \(2, 2\) do not fit"):
        x.at[1:].add(np.ones((2, 2)))


# ---------------------------------------------------------------- NumPy's functions that write


WRITERS: dict[str, Callable[[Any, Any], Any]] = {
    "copyto": lambda y, v: np.copyto(y, v),
    "copyto, masked": lambda y, v: np.copyto(y, v, where=[[True], [False], [True]]),
    "put": lambda y, v: np.put(y, [0, 4, -1], v[:2]),
    "put, wrapped": lambda y, v: np.put(y, [0, 10, -5], v, mode="wrap"),
    "put, clipped": lambda y, v: np.put(y, [0, 10, -5], v, mode="clip"),
    "place": lambda y, v: np.place(y, [[True, False, True]] * 3, v[:2]),
    "putmask": lambda y, v: np.putmask(y, [[True, False, True]] * 3, v),
    "put_along_axis": lambda y, v: np.put_along_axis(y, np.array([[0, 2, 1]]), v[None], axis=0),
    "put_along_axis of all": lambda y, v: np.put_along_axis(y, np.array([0, 5, 1]), v, axis=None),
    "fill_diagonal": lambda y, v: np.fill_diagonal(y, v),
}


@pytest.mark.parametrize("name", WRITERS)
def test_functions_that_write(name: str) -> None:
    v = np.array([2.0, 3.0, 5.0])
    plain = np.zeros((3, 3))
    WRITERS[name](plain, v)
    t = Tensor(v)
    y = np.zeros_like(t, shape=(3, 3))
    assert WRITERS[name](y, t) is None
    np.testing.assert_array_equal(y.detach(), plain)
    weights = np.arange(1.0, 10.0).reshape(3, 3)
    (g,) = gradients(np.sum(weights * y), [t])
    for i in range(3):
        moved = v.astype(complex)
        moved[i] += 1e-30j
        z = np.zeros((3, 3), complex)
        WRITERS[name](z, moved)
        assert g[i] == pytest.approx(np.sum(weights * z).imag / 1e-30)
    with pytest.raises(TypeError, match=r"cannot be written into a plain|zeros_like"):
        WRITERS[name](plain, t)


OUT: dict[str, Callable[[Any, Any], Any]] = {
    "at": lambda y, v: np.add.at(y, ([0, 0, 1], [2, 2, 1]), v),
    "at, multiplied": lambda y, v: np.multiply.at(y, (slice(None), 0), v),
    "at, of one operand": lambda y, v: np.exp.at(y, [0, 0]),
    "out": lambda y, v: np.multiply(y, v, out=y),
    "out, of a row": lambda y, v: np.add(v, 1.0, out=y[0]),
    "out, masked": lambda y, v: np.sin(y, out=y, where=[True, False, True]),
    "reduce": lambda y, v: np.add.reduce(y * v, axis=0, out=y[1]),
}


@pytest.mark.parametrize("name", OUT)
def test_ufuncs_that_write(name: str) -> None:
    v = np.array([2.0, 3.0, 5.0])

    def start_(like: Any, zeros: Any) -> Any:
        y = zeros
        y += np.linspace(0.1, 0.9, 9).reshape(3, 3)
        y[1] *= like
        return y

    plain = start_(v, np.zeros((3, 3)))
    OUT[name](plain, v)
    t = Tensor(v)
    y = start_(t, np.zeros_like(t, shape=(3, 3)))
    result = OUT[name](y, t)
    assert result is None or result.shape in ((3, 3), (3,))
    np.testing.assert_allclose(y.detach(), plain, rtol=1e-14)
    weights = np.arange(1.0, 10.0).reshape(3, 3)
    (g,) = gradients(np.sum(weights * y), [t])
    for i in range(3):
        moved = v.astype(complex)
        moved[i] += 1e-30j
        z = start_(moved, np.zeros((3, 3), complex))
        OUT[name](z, moved)
        assert g[i] == pytest.approx(np.sum(weights * z).imag / 1e-30)
    if name not in ("at, of one operand", "out, masked"):
        with pytest.raises(TypeError, match=r"cannot be written into|make it a Tensor"):
            OUT[name](plain, t)


# ---------------------------------------------------------------- arrays of variables


def test_arrays_of_variables() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    for made in (
        np.array([x[0], 2 * x[1], 4.0 + 0 * x[2]]),
        np.stack([x[0], 2 * x[1], 4.0]),
        Tensor([x[0], 2 * x[1], 4.0]),
        np.concatenate([np.array([x[0]]), 2 * x[1:2], [4.0]]),
    ):
        assert made.shape == (3,)
        z = np.sum(np.exp(made) * made) + np.sum(np.dot(np.eye(3), made)) + np.sum(made * x)
        assert gradients(z, [x])[0] == pytest.approx(
            [2 * np.e + 1 + 2, 2 * 5 * np.exp(4.0) + 2 + 8, 4.0]
        )
    assert np.full(3, x[0]).shape == (3,)
    (np.full((2, 2), x[1]) * 3.0).sum().backward()
    assert x.grad.tolist() == [0.0, 12.0, 0.0]
    assert np.asarray(x)[1].item() == 2.0


def test_tensors_of_nested_variables() -> None:
    v, t = Value(2.0), Tensor([3.0, 4.0])
    m = Tensor([[v, 1.0], t])
    assert m.detach().tolist() == [[2.0, 1.0], [3.0, 4.0]]
    (m * m).sum().backward()
    assert (v.grad, t.grad.tolist()) == (4.0, [6.0, 8.0])
    named = Tensor([t[0], v], name="pair")
    assert named.name == "pair"
    with pytest.raises(ValueError, match="Tensor: "):
        Tensor([[t, 1.0], [v]])


# ---------------------------------------------------------------- large and small


def read_and_added(x: Any) -> Any:
    y = np.sin(x)
    y[-4] -= 1.1
    w = y[...]
    w[::2] *= x[::2]
    return np.sum(y**3) + np.sum(y[[0, 2, 2]] * w[1] ** 2) + np.sum(y[:-1:2] * y[1::2])


def rows_and_columns(x: Any) -> Any:
    y = np.zeros_like(x, shape=(x.shape[0], 3))
    y[:, 0] = x
    y[1:, 1:] = np.cos(y[:-1, :2])
    y[[0, -1, 0], [2, 1, 2]] += x[:3]
    y[np.arange(8)[:, None] % [2, 3, 4] == 1] *= 0.5
    part = y[1]
    y[2] = part * part
    y[..., [1, 0]] *= x[:, None]
    part += 1.0
    return np.sum(y**3) + part[0] * y[3, 2] + np.sum(y[5:, 1] * x[5:])


def held_by_others(x: Any) -> Any:
    y = x * 2.0
    held, parts = np.exp(y), []
    for i in range(1, 8):
        y[i] *= y[i - 1]
        parts.append(y[i])  # read late on the way forward
        if i == 4:
            held = held * y  # needs what stands there now
    return np.sum(held * y) + sum(p * p for p in parts)


@pytest.mark.parametrize("f", [read_and_added, rows_and_columns, held_by_others])
def test_in_place_as_in_copies(f: Callable[[Any], Any], monkeypatch: Any) -> None:
    """Large arrays are written into in one and the same memory, also by recorded passes, tangents
    and batches; small ones are copied: here one, then the other."""
    rng = np.random.default_rng(0)
    xs, v = rng.uniform(-1, 1, size=(3, 8)), rng.normal(size=8)

    def passes() -> Iterator[Any]:
        yield np.stack([hvp(f)(x, v) for x in xs])
        yield np.stack([jvp(grad(f), (x,), (v,))[1] for x in xs])
        yield np.stack([grad(lambda x: jvp(f, (x,), (v,))[1])(x) for x in xs])
        yield vmap(lambda x: hvp(f)(x, v))(xs)
        yield vmap(grad(lambda x: jvp(f, (x,), (v,))[1]))(xs)
        yield hvp(lambda xs: np.sum(vmap(f)(xs)))(xs, np.stack([v] * 3))

    for size in (0, 10**9):
        for module in (assignment, in_place, written):
            monkeypatch.setattr(module, "SMALL", size)
        for found in passes():
            step = 1e-5
            change = [grad(f)(x + step * v) - grad(f)(x - step * v) for x in xs]
            np.testing.assert_allclose(found, np.array(change) / (2 * step), rtol=1e-6, atol=1e-6)


# ---------------------------------------------------------------- what it costs


def peak(f: Callable[[], Any]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        f()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def writes(n: int) -> Callable[[], Any]:
    def run_() -> None:
        x = Tensor(np.ones(100))
        y = np.zeros_like(x, shape=(n, 100))
        for i in range(n):
            y[i] = x
        y.sum().backward()
        assert x.grad[0] == n

    return run_


def reads(n: int) -> Callable[[], Any]:
    def run_() -> None:
        y = Tensor(np.ones((n, 100)))
        total = y[0][0]
        for i in range(n):
            total = total + y[i][1]
        total.backward()
        assert y.grad.sum() == n + 1

    return run_


def steps_of(n: int) -> Callable[[], Any]:
    def run_() -> None:
        x = Tensor(np.ones(100))
        y = np.zeros_like(x, shape=(n, 100))
        for i in range(1, n):
            y[i] = 0.5 * y[i - 1] + x
        y[-1].sum().backward()
        assert x.grad[0] == pytest.approx(2.0, rel=1e-2)

    return run_


@pytest.mark.parametrize("loop", [writes, reads, steps_of])
def test_memory_of_loops_is_linear(loop: Callable[[int], Callable[[], Any]]) -> None:
    loop(10)()
    small, large = peak(loop(400)), peak(loop(1600))
    assert large < 4.5 * small
    assert large < 25 * 1600 * 100 * 8  # the array itself is one such unit


def filled(n: int, x: Any) -> Any:
    """Of an array that is filled row by row, each from the row before."""
    y = np.zeros_like(x, shape=(n, 16))
    y[0] = x
    for i in range(1, n):
        y[i] = np.sin(y[i - 1]) * x
        y[i, [0, 0, 1]] += 0.1
    return np.sum(y**2)


def recorded(f: Any) -> Any:
    def run_(x: Any) -> None:
        t = Tensor(x)
        f(t).backward(create_graph=True)
        np.sum(t.grad**2).backward()
        t.zero_grad()

    return run_


ONE = np.full(16, 0.5)
TWO = np.stack([ONE, -ONE])
PASSES: dict[str, Callable[[Any], Any]] = {
    "hvp": lambda f: hvp(f)(ONE, ONE),
    "grad of grad": lambda f: grad(lambda x: np.sum(grad(f)(x) ** 2))(ONE),
    "jvp of grad": lambda f: jvp(grad(f), (ONE,), (ONE,)),
    "grad of jvp": lambda f: grad(lambda x: jvp(f, (x,), (ONE,))[1])(ONE),
    "create_graph": lambda f: recorded(f)(ONE),
    "jvp": lambda f: jvp(f, (ONE,), (ONE,)),
    "linearize": lambda f: linearize(f, ONE)[1](ONE),
    "vmap of grad": lambda f: vmap(grad(f))(TWO),
    "grad of vmap": lambda f: grad(lambda xs: np.sum(vmap(f)(xs)))(TWO),
    "vmap of jvp": lambda f: vmap(lambda x: jvp(f, (x,), (ONE,))[1])(TWO),
    "vmap of hvp": lambda f: vmap(lambda x: hvp(f)(x, ONE))(TWO),
}


@pytest.mark.parametrize("name", PASSES)
def test_memory_of_every_pass_is_linear(name: str) -> None:
    def run_(n: int) -> Any:
        return PASSES[name](partial(filled, n))

    run_(3)
    small, large = peak(lambda: run_(40)), peak(lambda: run_(120))
    assert large < 4 * small


@pytest.mark.parametrize("plain", [np.zeros(2), np.zeros(2, np.float32), [0.0, 0.0]])
@pytest.mark.parametrize("kind", [Value, Tensor])
def test_a_plain_array_filled_with_a_variable_is_refused_and_the_ways_out_record(kind, plain):
    x = kind(3.0)
    with pytest.raises(TypeError, match=r"full_like: .* use np.full_like\(x, x, shape=…\)"):
        np.full_like(plain, x)
    for filled in (np.full_like(x, x, shape=(2,)), np.full((2,), x)):
        assert gradients(filled[0] + 5.0 * filled[1], [x]) == [6.0]
