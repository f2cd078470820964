"""vmap(f)(xs) is f of each x, side by side: for random programs, inside of gradients and around
them, nested, for every way to say which axis counts the examples."""

from __future__ import annotations

import sys
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import autograd_lite as al
from autograd_lite import Tensor, Value, grad, gradients, value_and_grad
from autograd_lite.engine.primitive import retract
from autograd_lite.transforms import (
    checkpoint,
    elementwise_grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    vjp,
    vmap,
)

RNG = np.random.default_rng(7)
XS = RNG.normal(size=(4, 3))
W = RNG.normal(size=(3, 3))

PROGRAMS = {
    "elementwise": lambda x: np.sin(x) * 2.0 + x**2,
    "reduced": lambda x: (x * x).sum() + np.max(x),
    "product": lambda x: np.tanh(x @ W) @ x,
    "matrix": lambda x: W @ x + al.affine(x, W, x),
    "outer": lambda x: x[:, None] * x[None, :],
    "index": lambda x: x[::-1] * x[[0, 0, 2]] + x[0],
    "apart": lambda x: (x[:, None, None] * np.ones((3, 2, 3)))[[0, 1], :, [0, 2]],
    "stack": lambda x: np.stack([x[0], 2.0, x[1] * x[2]]),
    "where": lambda x: np.where(x > 0.0, np.sqrt(np.abs(x)), -x),
    "softmax": lambda x: al.log_softmax(x) * al.logsumexp(x),
    "loop": lambda x: sum([v * v for v in x], 0.0),
    "reshaped": lambda x: (x[:, None] * x).reshape(-1).reshape(1, 9).T,
    "in columns": lambda x: al.reshape(x[:, None] * np.arange(2.0), (2, 3), order="F"),
    "split": lambda x: al.split(x, [1])[1] * al.split(x, [1])[0],
    "vdot": lambda x: np.vdot(x, W[0]) + np.vdot(x, x) + np.dot(2.0, x),
    "in place": lambda x: operator_in_place(x),
    "filled": lambda x: filled(x),
    "through a view": lambda x: through_a_view(x),
    "masked": lambda x: masked(x),
    "float32": lambda x: al.astype(x, np.float32) * np.float32(2.0),
}  # fmt: skip


def operator_in_place(x: Any) -> Any:
    y = x * 2.0
    y += 1.0
    y *= x
    return y


def filled(x: Any) -> Any:
    y = np.zeros_like(x)
    for i in range(3):
        y[i] = x[i] * x[i - 1]
    y[1:] += x[:-1]
    return y


def through_a_view(x: Any) -> Any:
    y = np.zeros_like(x, shape=(2, 3))
    row = y[0]
    row += x * 3.0
    y[1, ::2] = x[:2] * row[0]
    row[1] = x[2]
    return y * y


def masked(x: Any) -> Any:
    y = x * 1.0
    mask = np.array([True, False, True])
    y[mask] *= 2.0
    y[[0, 1]] = y[[1, 0]] * x[0]
    return y


def one_by_one(f: Any, *batches: Any) -> Any:
    return np.stack([np.asarray(f(*xs)) for xs in zip(*batches, strict=True)])


def close(a: Any, b: Any) -> None:
    assert np.shape(a) == np.shape(b)
    assert np.asarray(a).dtype == np.asarray(b).dtype
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


PROGRAM = pytest.mark.parametrize("name", PROGRAMS)


@PROGRAM
def test_of_arrays(name: str) -> None:
    f = PROGRAMS[name]
    close(vmap(f)(XS), one_by_one(f, XS))


@PROGRAM
def test_no_example_at_all(name: str) -> None:
    found = vmap(PROGRAMS[name])(XS[:0])
    assert found.shape == (0, *np.shape(PROGRAMS[name](XS[0])))


@PROGRAM
def test_of_gradients(name: str) -> None:
    g = grad(lambda x: np.sum(PROGRAMS[name](x)))
    close(vmap(g)(XS), one_by_one(g, XS))


@PROGRAM
def test_of_second_derivatives(name: str) -> None:
    def first(x: Any) -> Any:
        return grad(lambda x: np.sum(PROGRAMS[name](x)))(x)

    h = grad(lambda x: np.sum(first(x) * np.arange(3.0) + x))
    close(vmap(h)(XS), one_by_one(h, XS))


@PROGRAM
def test_gradient_of_it(name: str) -> None:
    f = PROGRAMS[name]

    def loop(xs: Any) -> Any:
        return sum([np.sum(f(x)) * (i + 1) for i, x in enumerate(xs)], 0.0)

    def at_once(xs: Any) -> Any:
        found = vmap(f)(xs)
        return np.sum(found.reshape((4, -1)).sum(axis=1) * np.arange(1.0, 5.0))

    close(grad(at_once)(XS), grad(loop)(XS))


@PROGRAM
def test_gradient_of_a_sum_of_gradients(name: str) -> None:
    def g(x: Any) -> Any:
        return grad(lambda x: np.sum(PROGRAMS[name](x)))(x) * np.arange(3.0)

    def loop(xs: Any) -> Any:
        return sum([np.sum(g(x)) for x in xs], np.sum(xs))

    def at_once(xs: Any) -> Any:
        return np.sum(vmap(g)(xs)) + np.sum(xs)

    close(grad(at_once)(XS), grad(loop)(XS))


@PROGRAM
def test_nested(name: str) -> None:
    f = PROGRAMS[name]
    deep = RNG.normal(size=(2, 4, 3))
    close(vmap(vmap(f))(deep), np.stack([one_by_one(f, xs) for xs in deep]))
    close(vmap(vmap(f), 1, 1)(deep), np.stack([one_by_one(f, xs) for xs in deep]))


@PROGRAM
def test_of_an_inner_one_that_closes_over_the_outer(name: str) -> None:
    f = PROGRAMS[name]
    ys = RNG.normal(size=(2, 3))

    def pair(x: Any, y: Any) -> Any:
        return f(x * y)

    found = vmap(lambda x: vmap(lambda y: pair(x, y))(ys))(XS)
    close(found, np.stack([np.stack([np.asarray(pair(x, y)) for y in ys]) for x in XS]))


@PROGRAM
def test_gradients_of_what_it_closes_over(name: str) -> None:
    f = PROGRAMS[name]

    def at_once(w: Any) -> Any:
        return np.sum(vmap(lambda x: np.sum(f(x * w)) * x[0])(XS))

    def loop(w: Any) -> Any:
        return sum([np.sum(f(x * w)) * x[0] for x in XS], 0.0)

    close(grad(at_once)(W[0]), grad(loop)(W[0]))


@PROGRAM
def test_gradient_for_each_example_by_what_all_share(name: str) -> None:
    f = PROGRAMS[name]
    g = grad(lambda w, x: np.sum(f(x * w)))
    close(vmap(g, (None, 0))(W[0], XS), one_by_one(lambda x: g(W[0], x), XS))
    by_closure = vmap(lambda x: grad(lambda w: np.sum(f(x * w)))(W[0]))(XS)
    close(by_closure, one_by_one(lambda x: g(W[0], x), XS))


def test_second_derivative_by_what_all_share() -> None:
    def h(w: Any, x: Any) -> Any:
        return grad(lambda w: np.sum(grad(lambda w: np.sum(np.sin(w * x) * w))(w) * x))(w)

    close(vmap(h, (None, 0))(W[0], XS), one_by_one(lambda x: h(W[0], x), XS))


def test_gradient_around_a_vmap_around_a_gradient_with_closures() -> None:
    ys = RNG.normal(size=(2, 3))

    def total(w: Any, vmap_: Any) -> Any:
        def inner(x: Any) -> Any:
            g = grad(lambda v: np.sum(vmap_(lambda y: np.sum(np.sin(v * y * w) * x))(ys)))(w * x)
            return np.sum(g * g) * w[0]

        return np.sum(vmap_(inner)(XS))

    def by_loop(f: Any) -> Any:
        return lambda batch: np.stack([f(x) for x in batch])

    close(grad(lambda w: total(w, vmap))(W[0]), grad(lambda w: total(w, by_loop))(W[0]))
    hess = [grad(lambda w, k=k, v=v: grad(lambda w: total(w, v))(w)[k])(W[0])
            for v in (vmap, by_loop) for k in range(3)]  # fmt: skip
    close(np.stack(hess[:3]), np.stack(hess[3:]))


# ---------------------------------------------------------------- which axes


@given(st.integers(-3, 2), st.integers(-2, 1))
def test_axes_in_and_out(axis: int, out: int) -> None:
    xs = RNG.normal(size=(2, 3, 4))
    found = vmap(lambda x: x.sum(axis=1) * 2.0, axis, out)(xs)
    moved = np.moveaxis(xs, axis, 0)
    expected = np.moveaxis(np.stack([x.sum(axis=1) * 2.0 for x in moved]), 0, out)
    close(found, expected)


def test_nests_of_arguments_axes_and_results() -> None:
    params = {"W": RNG.normal(size=(3, 5)), "b": [RNG.normal(size=5), 1.0]}

    def f(p: Any, x: Any, *, scale: Any) -> Any:
        z = x @ p["W"] + p["b"][0] * p["b"][1]
        return {"z": z * scale, "pair": (x.sum(), 3.0)}

    found = vmap(f, ({"W": None, "b": None}, 1), {"z": 1, "pair": (0, None)})(
        params, XS.T, scale=np.arange(4.0)
    )
    z = (XS @ params["W"] + params["b"][0]) * np.arange(4.0)[:, None]
    close(found["z"], z.T)
    close(found["pair"][0], XS.sum(1))
    assert found["pair"][1] == 3.0
    close(vmap(f, (None, 0))(params, XS, scale=np.arange(4.0))["pair"][1], np.full(4, 3.0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vmap(np.sum)(2.0), "argument 0 is a float and has no axis 0"),
        (lambda: vmap(np.sum, 2)(XS), r"argument 0 is of shape \(4, 3\) and has no axis 2"),
        (lambda: vmap(np.add)(XS, XS[:2]), "argument 0 has 4, argument 1 has 2"),
        (lambda: vmap(np.add, (0,))(XS, XS), "in_axes has 1 items for 2 arguments"),
        (lambda: vmap(np.sum, None)(XS), "no argument is a batch"),
        (lambda: vmap(np.sum, ({"w": 0},))({"v": XS}), r"in_axes has a dict of the keys \['w'\]"),
        (lambda: vmap(np.sum, "x")(XS), "in_axes must be whole numbers"),
        (lambda: vmap(np.sum, 0, 3)(XS), "out_axes is 3, and the result has 1 axes"),
        (lambda: vmap(np.sum, 0, None)(XS), "out_axes is None, but what f returned differs"),
        (lambda: vmap(lambda x: "text")(XS), "f returned a str"),
        (lambda: vmap(3)(XS), "a function is needed, not int"),  # type: ignore[arg-type]
        (lambda: vmap(np.sum)(np.array([Value(1.0)])), "of Values, make a Tensor"),
        (lambda: vmap(lambda x: x + np.ones(2))(XS), r"add: shapes \(3,\) and \(2,\)"),
        (lambda: vmap(lambda x: x.sum(axis=1))(XS), "axis"),
        (lambda: vmap(lambda x: x @ np.ones(2))(XS), r"matmul: shapes \(3,\) and \(2,\)"),
        (lambda: vmap(lambda x: x if x.sum() > 0 else -x)(XS), "bool: .* use where"),
        (lambda: vmap(lambda x: float(x[0]))(XS), "float: "),
        (lambda: vmap(lambda x: range(x[0]))(XS.astype(int)), "index: "),
        (lambda: vmap(lambda x: np.array([x, x]))(XS), "asarray: .*np.stack"),
        (lambda: vmap(lambda x: x.item())(XS), "item: "),
        (lambda: vmap(lambda x: Tensor(x).sum().backward())(XS), "backward: of a whole batch"),
    ],
)  # fmt: skip
def test_errors_say_what_does_not_fit(call: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError, IndexError), match=message):
        call()


# ---------------------------------------------------------------- kinds of functions


def test_functions_of_numpy_without_a_rule_see_one_example_each() -> None:
    xs = RNG.normal(size=(4, 3, 3))
    close(vmap(np.linalg.det)(xs), np.linalg.det(xs))
    close(vmap(lambda x: np.partition(x, 1))(XS), np.partition(XS, 1, axis=-1))
    close(vmap(np.argmax)(XS), XS.argmax(axis=1))
    close(vmap(lambda x: x.argmax())(XS), XS.argmax(axis=1))
    close(vmap(lambda x: (x > 0).any())(XS), (XS > 0).any(axis=1))


def test_questions_about_shape_have_one_answer() -> None:
    seen = []
    vmap(lambda x: seen.append((np.shape(x), x.shape, len(x), np.ndim(x), x.size, x.dtype)))(XS)
    assert seen == [((3,), (3,), 3, 1, 3, np.float64)]


def test_values_and_numbers_beside_a_batch() -> None:
    v = Value(2.0)
    out = vmap(lambda x: (x * v).sum() + v)(XS)
    close(np.asarray(gradients(out.sum(), [v])[0]), np.asarray(XS.sum() + 4.0))
    g = vmap(lambda x: grad(lambda c: np.sum(np.sin(c * x)))(2.0))(XS)
    close(g, np.array([np.sum(np.cos(2 * x) * x) for x in XS]))


def test_value_and_gradient() -> None:
    values, slopes = vmap(value_and_grad(lambda x: np.sum(x**3)))(XS)
    close(values, (XS**3).sum(axis=1))
    close(slopes, 3 * XS**2)


def test_what_does_not_depend_on_the_batch() -> None:
    t = Tensor([1.0, 2.0])
    close(vmap(lambda x: 5)(XS), np.full(4, 5))
    out = vmap(lambda x: t * 2.0)(XS)
    assert out.shape == (4, 2)
    close(gradients(out.sum(), [t])[0], np.array([8.0, 8.0]))


def test_float32_and_whole_numbers() -> None:
    assert vmap(lambda x: x * 2.0)(XS.astype(np.float32)).dtype == np.float32
    assert vmap(lambda x: np.stack([x[0], 2.0]))(XS.astype(np.float32)).dtype == np.float32
    close(vmap(lambda x: x + 1)(np.arange(4)), np.arange(1, 5))
    assert vmap(grad(np.sum))(XS.astype(np.float32)).dtype == np.float32


def test_layers_are_batched_by_one_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """No loop is taken where there is a rule."""
    import autograd_lite.engine.batching as batching

    monkeypatch.setattr(batching, "each", None)
    net = grad(lambda w, x: np.sum(np.tanh(x @ w) ** 2))
    close(vmap(net, (None, 0))(W, XS), np.stack([net(W, x) for x in XS]))


NUMPY = {
    "at the greatest": lambda x: x[np.argmax(x)],
    "in order": lambda x: x[np.argsort(x)],
    "filled": lambda x: np.full_like(x, x[0]),
    "partly summed": lambda x: np.sum(x, where=np.array([True, False, True])),
    "from a start": lambda x: np.sum(x, initial=3.0),
    "reduced": lambda x: np.add.reduce(x) + np.multiply.outer(x, x)[0, 1],
    "flattened": lambda x: x.flatten() + x.ravel() + x.copy(),
    "truths": lambda x: ~(x > 0) & (x < 1) | (x == 0),
    "modulo": lambda x: x % 1.0 + x // 0.5 + divmod(x, 0.7)[1],
    "counted": lambda x: (x > 0).sum() + (x > 0).astype(int) * 2,
    "the same": lambda x: np.where(np.allclose(x, XS[0]), 1.0, 0.0),
    "unpacked": lambda x: (lambda a, b, c: a * b + c)(*x),
    "lists": lambda x: np.stack([x, [1.0, 2.0, 3.0]]) * [1.0, 2.0, 3.0],
    "complex": lambda x: np.abs(np.exp(1j * x)) + (x * 1j).imag,
    "rounded": lambda x: np.round(x, 1) + x.round(1),
    "by axes": lambda x: np.outer(x, x).T.max(axis=1, keepdims=True),
    "checkpoint": lambda x: checkpoint(lambda x: np.sin(x) * x[0])(x),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMPY)
def test_numpy_as_it_is_used(name: str) -> None:
    close(vmap(NUMPY[name])(XS), one_by_one(NUMPY[name], XS))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.copyto(np.zeros(3), x),
        lambda x: np.put(np.zeros(3), [0], x[0]),
        lambda x: np.sum(x, out=np.zeros(())),
        lambda x: x.sort(),
        lambda x: x.fill(0.0),
    ],
)
def test_one_example_after_the_other_does_not_write_into_one_array(f: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        vmap(f)(XS)


def test_a_rule_that_holds_a_batch_is_not_given_one_example() -> None:
    def f(x: Any) -> Any:
        @al.structural(arrays=lambda y: y * 1.0, pullbacks=(lambda g, z, y: back(g, x),))
        def held(y: Any) -> Any:
            return (y,), {}

        try:
            return grad(lambda y: al.sum(held(y) * x))(x)
        finally:
            retract("held")

    def back(g: Any, x: Any) -> Any:
        return g * x if float(g.sum()) else g  # refuses a batch

    with pytest.raises(TypeError):
        vmap(f)(XS)


def test_writing_what_differs_into_what_is_the_same_is_refused() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3)
        y[0] = x[0]
        return y

    with pytest.raises((TypeError, ValueError)):
        vmap(f)(XS)

    def outer(x: Any) -> Any:
        def inner(v: Any) -> Any:
            y = np.zeros_like(x)
            y[0] = v
            return y

        return vmap(inner)(x)

    with pytest.raises(TypeError, match="setitem: what is written differs"):
        vmap(outer)(XS)


def test_views_of_an_example_are_views() -> None:
    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        before = y[:2]
        y[0] = x[1]
        before[1] = x[2]
        return y + before.sum()

    close(vmap(f)(XS), one_by_one(f, XS))
    deep = RNG.normal(size=(2, 4, 3))
    close(vmap(vmap(f))(deep), np.stack([one_by_one(f, xs) for xs in deep]))


def test_a_result_that_left_can_be_changed() -> None:
    out = vmap(lambda x: x)(XS)
    assert not np.shares_memory(out, XS)
    spread = vmap(lambda x: 1.0)(XS)
    spread[0] = 2.0
    assert spread[1] == 1.0


# ---------------------------------------------------------------- around other transforms


TRANSFORMS: dict[str, Any] = {
    "jacobian": lambda f: jacobian(f),
    "forward": lambda f: jacobian(f, mode="forward"),
    "hessian": lambda f: hessian(lambda x: np.sum(f(x) * x[0])),
    "hvp": lambda f: lambda x: hvp(lambda x: np.sum(f(x) * x[0]))(x, x * 2.0),
    "jvp": lambda f: lambda x: jvp(f, (x,), (x * x,))[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](f(x * 2.0))[0],
    "elementwise": lambda f: elementwise_grad(f),
    "linearized": lambda f: lambda x: linearize(f, x)[1](x),
}  # fmt: skip


@PROGRAM
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_of_other_transforms(name: str, transform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autograd_lite.transforms.jacobian"], "_FEW", 2)
    f = TRANSFORMS[transform](PROGRAMS[name])
    close(vmap(f)(XS), one_by_one(f, XS))


@PROGRAM
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_it(name: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autograd_lite.transforms.jacobian"], "_FEW", 2)
    f = PROGRAMS[name]
    found = jacobian(vmap(f), mode=mode)(XS)
    for i, j in np.ndindex(4, 4):
        block = np.moveaxis(found[i], -2, 0)[j]
        expected = jacobian(f)(XS[i])
        close(block, expected if i == j else np.zeros_like(expected))


def test_a_jacobian_in_pieces_inside_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd_lite.engine.many._CACHED", 8)
    monkeypatch.setattr("autograd_lite.engine.many._FEW", 1)
    monkeypatch.setattr(sys.modules["autograd_lite.transforms.jacobian"], "_FEW", 0)

    def f(x: Any) -> Any:
        return np.sin(x) * x[::-1]

    close(vmap(jacobian(f))(XS), one_by_one(jacobian(f), XS))
    close(jacobian(vmap(f))(XS[:1])[0, :, 0], jacobian(f)(XS[0]))


@pytest.mark.parametrize(
    "f", [np.linalg.det, lambda a: np.sum(np.linalg.svd(a)[0][0] * np.linalg.svd(a)[1])]
)
def test_tangents_by_rules_that_ask_for_numbers(f: Any) -> None:
    """That of det asks whether a matrix is singular: of a batch, each example is asked."""
    batch = np.random.default_rng(0).normal(size=(2, 3, 3))
    direction = np.cos(np.arange(9.0)).reshape(3, 3)

    def along(a: Any) -> Any:
        return jvp(f, (a,), (direction,))[1]

    found = grad(lambda many: np.sum(vmap(along)(many)))(batch)
    np.testing.assert_allclose(found, [hvp(f)(a, direction) for a in batch])
