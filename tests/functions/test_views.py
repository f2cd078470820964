"""Views of views that are written into, in every order: what shows what is NumPy's, also where a
Tensor holds its numbers otherwise in memory. The oracle is the same program on NumPy's arrays, and
on complex numbers a tiny step apart."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import Tensor, grad, gradients, vmap

VIEWS: dict[str, Callable[[Any], Any]] = {
    "T": lambda a: a.T,
    "swapaxes": lambda a: np.swapaxes(a, 0, -1),
    "moveaxis": lambda a: np.moveaxis(a, 0, -1),
    "reshape": lambda a: a.reshape(-1),
    "reshape, F": lambda a: np.reshape(a, -1, order="F"),
    "ravel": np.ravel,
    "ravel, F": lambda a: np.ravel(a, order="F"),
    "ravel, K": lambda a: np.ravel(a, order="K"),
    "expand_dims": lambda a: np.expand_dims(a, 0),
    "squeeze": np.squeeze,
    "None": lambda a: a[..., None],
    "backwards": lambda a: a[::-1],
    "every other, backwards": lambda a: a[..., ::-2],
    "flip": np.flip,
    "diagonal": lambda a: np.diagonal(a) if a.ndim > 1 else a[:],
    "broadcast_to": lambda a: np.broadcast_to(a, (2, *a.shape)),
    "split": lambda a: np.split(a, [1])[1],
    "array_split": lambda a: np.array_split(a, 2, axis=-1)[0],
    "rot90": lambda a: np.rot90(a) if a.ndim > 1 else a[1:],
    "atleast_3d": np.atleast_3d,
    "astype": lambda a: a.astype(a.dtype, copy=False),
    "flatten": lambda a: a.flatten(),
    "copy": np.copy,
    "last": lambda a: list(a)[-1],
}


@st.composite
def programs(draw: st.DrawFn) -> tuple[int, list[tuple[Any, ...]]]:
    """Views, each of one of the arrays so far, and writes into some of them."""
    n = draw(st.sampled_from([3, 30]))
    shown = [np.zeros((n, n))]
    steps: list[tuple[Any, ...]] = []
    for _ in range(draw(st.integers(2, 7))):
        k = draw(st.integers(0, len(shown) - 1))
        if not np.ndim(shown[k]):
            continue
        if draw(st.booleans()):
            name = draw(st.sampled_from(sorted(VIEWS)))
            made = VIEWS[name](shown[k])
            if 0 < np.size(made) <= 2 * n * n and np.ndim(made) < 5:
                steps.append(("view", k, name))
                shown.append(made)
        elif shown[k].flags.writeable:
            index = draw(st.sampled_from([..., slice(1, None), 0, -1, slice(None, None, -2)]))
            steps.append((draw(st.sampled_from(["set", "times", "square"])), k, index))
    return n, steps


def run(steps: list[tuple[Any, ...]], first: Any) -> Any:
    arrays = [first]
    for kind, k, what in steps:
        x = arrays[k]
        if kind == "view":
            arrays.append(VIEWS[what](x))
        elif kind == "set":
            x[what] = 0.75
        elif kind == "times":
            x[what] *= 1.25
        else:
            x[what] = x[what] * x[what]
    total: Any = 0.0
    for i, x in enumerate(arrays):
        total = total + np.sum(np.cos(np.arange(np.size(x)) + i).reshape(np.shape(x)) * x)
    return total


@given(programs())
def test_views_show_what_those_of_numpy_show(program: tuple[int, list[tuple[Any, ...]]]) -> None:
    n, steps = program
    x = np.random.default_rng(n).uniform(0.5, 1.5, (n, n))
    leaf = Tensor(x)
    total = run(steps, leaf * 1.0)
    assert total.item() == pytest.approx(run(steps, x.copy()), rel=1e-10, abs=1e-10)
    (found,) = gradients(total, [leaf])
    (again,) = gradients(total, [leaf], record=True)
    np.testing.assert_allclose(again.detach(), found, rtol=1e-10, atol=1e-10)
    for place in ((0, 0), (n - 1, 1), (1, n - 1)):
        moved = x.astype(complex)
        moved[place] += 1e-30j
        slope = run(steps, moved).imag / 1e-30
        assert found[place] == pytest.approx(slope, rel=1e-9, abs=1e-9)


def test_a_view_that_is_written_again_can_be_differentiated_twice() -> None:
    """Large ones are written in place, while what they are views of still refers to them."""
    x = Tensor(np.linspace(0.5, 1.5, 900).reshape(30, 30))
    a = x * 1.0
    view = a[1:][::-1]
    inner = view[:, None]
    inner[...] = inner * inner
    inner *= 1.5
    (g,) = gradients(a.sum(), [x], record=True)
    (h,) = gradients(g.sum(), [x])
    expected = np.full((30, 30), 3.0)
    expected[0] = 0.0
    np.testing.assert_allclose(h, expected)


def test_a_cast_to_the_same_dtype_without_a_copy_is_the_array_itself() -> None:
    x = Tensor([1.0, 2.0])
    a = x * 1.0
    b = a.astype(a.dtype, copy=False)
    b[0] = 5.0
    assert a.detach().tolist() == [5.0, 2.0]
    a[1] = 7.0
    assert b.detach().tolist() == [5.0, 7.0]
    assert gradients(a.sum(), [x])[0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("take", [lambda a: a[-1], lambda a: next(iter(a)), lambda a: a.flatten()])
def test_what_is_no_view_of_one_example_is_none_of_a_batch(take: Any) -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        part = take(a)
        a[...] = 9.0
        return part

    batch = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(vmap(f)(batch), [f(x) for x in batch])


def test_gradients_of_a_batch_through_what_is_written() -> None:
    """One contribution is the same for all examples, another one differs."""

    def f(x: Any) -> Any:
        a = x * 1.0
        b = np.sin(a)
        a[0] *= 0.5
        return a.sum() + (b * b).sum()

    batch = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(vmap(grad(f))(batch), [grad(f)(x) for x in batch])


def test_a_diagonal_of_each_example_is_a_view() -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        d = np.diagonal(a)
        a[0] = 5.0
        return d + a.mT[0]

    batch = np.arange(18.0).reshape(2, 3, 3)
    np.testing.assert_array_equal(vmap(f)(batch), [f(x) for x in batch])


@pytest.mark.parametrize("length", [3, 600])
@pytest.mark.parametrize("update", [False, True])
def test_a_write_into_a_view_that_is_interrupted_is_none_or_whole(
    length: int, update: bool
) -> None:
    """At every line of Python between: the view and what it shows agree, before or after."""
    step, hit = 0, True
    while hit:
        step += 7 if length > 3 else 1
        x = Tensor(np.arange(2.0 * length).reshape(-1, 2))
        y = x * 1.0
        y[0] = 5.0
        view = y[1:]
        before = y.detach().copy()
        hit = _interrupted(
            lambda t=view: t.__iadd__(1.0) if update else t.__setitem__(0, 7.0), step
        )
        after = before.copy()
        after[1:] = after[1:] + 1.0 if update else after[1:]
        after[1] = after[1] if update else 7.0
        now = y.detach()
        assert np.array_equal(now, before) or np.array_equal(now, after)
        assert np.array_equal(view.detach(), now[1:])


def _interrupted(f: Callable[[], Any], step: int) -> bool:
    """Whether a call was interrupted, at so many events of its run."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        if count == step:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        f()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_an_empty_view_does_not_detach_the_others() -> None:
    def run(x: Any) -> Any:
        y = np.zeros_like(x)
        y[0:2] = -0.8
        part, turned, empty = y[..., -1], np.moveaxis(y, 0, 1), y[2:2]
        empty[0:1] = 2.0
        with pytest.raises(ValueError, match="broadcast"):
            empty[0:1] = part
        later = np.moveaxis(y, 0, 1)
        part *= 3.0
        return turned + later

    x = np.ones((3, 4))
    np.testing.assert_array_equal(run(Tensor(x)).detach(), run(x))
