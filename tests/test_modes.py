"""no_grad: nested, as decorator, with exceptions, in threads and asynchronous tasks; threads that
share variables."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, grad, is_recording, no_grad, value_and_grad
from autograd_lite.engine import modes

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


@pytest.fixture(autouse=True)
def mode_is_as_before() -> Iterator[None]:
    assert is_recording()
    yield
    assert is_recording()
    assert modes.paused == 0


@pytest.fixture
def hurried_threads() -> Iterator[None]:
    """Threads take turns as often as Python can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


# ---------------------------------------------------------------- no_grad


@KINDS
def test_nothing_is_recorded_inside(kind: type) -> None:
    x = kind(3.0)
    with no_grad():
        y = x * x
        z = 2.0 * y - x
    assert isinstance(y, kind)
    assert y.item() == 9.0
    assert y.is_leaf
    assert z.is_leaf
    assert y.operands == z.operands == ()
    z.backward()
    assert x.grad is None
    assert not (x * x).is_leaf


@KINDS
def test_result_of_no_grad_is_a_leaf_like_any(kind: type) -> None:
    x = kind(3.0)
    with no_grad():
        y = x * x
    z = y * x
    z.backward()
    assert (y.grad, x.grad) == (3.0, 9.0)
    y.data = 5.0
    assert y.item() == 5.0


def test_view_made_in_no_grad_does_not_change_its_owner() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    with no_grad():
        y = x[:2]
        z = x.reshape(3, 1)
    y.data[...] = 7.0
    z.data[...] = 8.0
    assert x.data.tolist() == [1.0, 2.0, 3.0]


@KINDS
def test_backward_works_inside(kind: type) -> None:
    x = kind(3.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6.0


def test_grad_works_inside() -> None:
    with no_grad():
        assert grad(lambda x: x**3)(2.0) == 12.0
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert not is_recording()


@KINDS
def test_grad_at_a_variable_inside_is_plain(kind: type) -> None:
    x = kind(2.0)
    with no_grad():
        value, g = value_and_grad(lambda u: u**3)(x)
    assert not isinstance(g, Value | Tensor)
    assert not isinstance(value, Value | Tensor)
    assert (float(value), float(g)) == (8.0, 12.0)


def test_no_grad_inside_grad_makes_constants() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            factor = x * x
        return factor * x

    assert grad(f)(3.0) == 9.0
    assert grad(f)(np.array(3.0)) == 9.0


@KINDS
def test_no_grad_as_decorator(kind: type) -> None:
    @no_grad()
    def square(x: Any) -> Any:
        """Its square."""
        assert not is_recording()
        return x * x

    x = kind(3.0)
    for _ in range(2):  # a decorator is entered each time
        assert square(x).is_leaf
        assert is_recording()
    assert square.__doc__ == "Its square."
    assert square.__name__ == "square"


def test_nested() -> None:
    with no_grad():
        with no_grad():
            assert not is_recording()
        assert not is_recording()
        with modes.recording():
            assert is_recording()
            with no_grad():
                assert not is_recording()
            assert is_recording()
        assert not is_recording()


def test_one_object_entered_twice() -> None:
    mode = no_grad()
    with mode:
        with mode:
            assert not is_recording()
        assert not is_recording()


@KINDS
def test_ends_with_an_exception(kind: type) -> None:
    x = kind(3.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        raise ZeroDivisionError
    assert is_recording()
    assert not (x * x).is_leaf


def test_grad_ends_with_an_exception() -> None:
    def f(x: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        grad(grad(f))(1.0)
    result = grad(lambda x: x * x)(3.0)
    assert isinstance(result, float)
    assert result == 6.0


# ---------------------------------------------------------------- threads and tasks


def in_threads(*functions: Callable[[], Any]) -> list[Any]:
    """What they return, each having run in its own thread, all at once."""
    barrier = threading.Barrier(len(functions))

    def run(function: Callable[[], Any]) -> Any:
        barrier.wait(timeout=60)
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [future.result() for future in [pool.submit(run, f) for f in functions]]


@KINDS
@pytest.mark.usefixtures("hurried_threads")
def test_no_gradient_is_lost_between_threads(kind: type) -> None:
    """Whole numbers are exact: every single contribution must arrive."""
    rounds = 300
    w, x = kind(1.0, name="w"), kind(3.0, name="x")
    shared = w * x

    def train() -> int:
        for _ in range(rounds):
            (shared * w + x).backward()  # ∂/∂w = 2wx = 6, ∂/∂x = w² + 1 = 2
        return rounds

    def infer() -> int:
        leaves = 0
        for _ in range(rounds):
            with no_grad():
                leaves += (shared * w + x).is_leaf
        return leaves

    assert in_threads(train, infer, train, infer) == [rounds] * 4
    assert (w.grad, x.grad) == (12.0 * rounds, 4.0 * rounds)


@pytest.mark.usefixtures("hurried_threads")
def test_no_gradient_of_arrays_is_lost_between_threads() -> None:
    rounds = 200
    w = Tensor(np.arange(6.0).reshape(2, 3))
    x = np.ones((4, 2))

    def train() -> None:
        for _ in range(rounds):
            (x @ w).sum().backward()

    in_threads(train, train, train, train)
    np.testing.assert_array_equal(w.grad, np.full((2, 3), 4.0 * 4 * rounds))


@pytest.mark.usefixtures("hurried_threads")
def test_one_graph_differentiated_by_four_threads() -> None:
    rounds = 100
    x = Value(1.0)
    y = x
    for _ in range(50):
        y = y + x

    def differentiate() -> None:
        for _ in range(rounds):
            y.backward()

    in_threads(*[differentiate] * 4)
    assert x.grad == 51.0 * 4 * rounds


@pytest.mark.usefixtures("hurried_threads")
def test_grad_in_threads_is_plain() -> None:
    """How deep calls of grad are nested is counted apart for each thread."""

    def third() -> Any:
        results = [grad(grad(grad(lambda x: x**4)))(2.0) for _ in range(50)]
        assert all(isinstance(r, float) for r in results)
        return set(results)

    assert in_threads(*[third] * 4) == [{48.0}] * 4


def test_mode_of_a_thread_is_its_own() -> None:
    inside, done = threading.Event(), threading.Event()

    def pause() -> bool:
        with no_grad():
            inside.set()
            done.wait(timeout=60)
            return is_recording()

    def record() -> tuple[bool, bool]:
        inside.wait(timeout=60)
        x, t = Value(3.0), Tensor([3.0])
        try:
            return is_recording(), (x * x).is_leaf or (t * t).is_leaf
        finally:
            done.set()

    assert in_threads(pause, record) == [False, (True, False)]


def test_mode_of_a_task_is_its_own() -> None:
    async def pause(inside: asyncio.Event, done: asyncio.Event) -> bool:
        with no_grad():
            inside.set()
            await done.wait()
            return is_recording()

    async def record(inside: asyncio.Event, done: asyncio.Event) -> tuple[bool, bool]:
        await inside.wait()
        x = Value(3.0)
        result = is_recording(), (x * x).is_leaf
        done.set()
        return result

    async def both() -> list[Any]:
        inside, done = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(pause(inside, done), record(inside, done))

    assert asyncio.run(both()) == [False, (True, False)]


def test_task_started_inside_is_paused_as_long_as_the_block_is_open() -> None:
    """Whether or not another block is open elsewhere."""

    async def watch(ended: asyncio.Event) -> list[bool]:
        seen = [is_recording()]
        await ended.wait()
        seen.append(is_recording())
        return seen

    async def start() -> list[bool]:
        ended = asyncio.Event()
        with no_grad():
            task = asyncio.create_task(watch(ended))
            await asyncio.sleep(0)
        ended.set()
        return await task

    assert asyncio.run(start()) == [False, True]
    inside, done = threading.Event(), threading.Event()

    def pause() -> None:
        with no_grad():
            inside.set()
            done.wait(timeout=60)

    def run() -> list[bool]:
        inside.wait(timeout=60)
        try:
            return asyncio.run(start())
        finally:
            done.set()

    assert in_threads(pause, run) == [None, [False, True]]
