"""no_grad: nested, as decorator, with exceptions, in generators, threads and asynchronous tasks;
threads that share variables."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import (
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from contextvars import copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


# ---------------------------------------------------------------- generators


def paused_generator() -> Generator[bool, Any, None]:
    """Yields, from inside of a block, whether it records there."""
    with no_grad():
        try:
            while True:
                yield is_recording()
        finally:
            assert not is_recording()


def in_a_thread(function: Callable[[], Any]) -> Any:
    return in_threads(function)[0]


@KINDS
def test_suspended_generator_does_not_pause_its_caller(kind: type) -> None:
    def squares() -> Iterator[Any]:
        with no_grad():
            while True:
                yield x * x

    x = kind(3.0)
    g = squares()
    for _ in range(3):
        assert next(g).is_leaf
        assert is_recording()
        assert not (x * x).is_leaf
    g.close()


def test_generator_is_paused_whoever_resumes_it() -> None:
    g = paused_generator()
    assert next(g) is False
    assert in_a_thread(lambda: (next(g), is_recording())) == (False, True)
    assert copy_context().run(lambda: (next(g), is_recording())) == (False, True)

    async def resume() -> tuple[bool, bool]:
        return next(g), is_recording()

    assert asyncio.run(resume()) == (False, True)
    with modes.recording():
        assert next(g) is False
        assert is_recording()
    with no_grad():
        assert next(g) is False
        assert not is_recording()
    assert is_recording()
    g.close()


def test_generator_running_in_a_thread_does_not_pause_where_it_was_started() -> None:
    inside, done = threading.Event(), threading.Event()

    def wait() -> Iterator[bool]:
        with no_grad():
            yield is_recording()
            inside.set()
            done.wait(timeout=60)
            yield is_recording()

    g = wait()
    assert next(g) is False
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(next, g)
        inside.wait(timeout=60)
        here = is_recording()
        done.set()
        assert (here, future.result()) == (True, False)
    g.close()


def test_generator_asks_its_caller_outside_of_its_blocks() -> None:
    def ask() -> Iterator[bool]:
        yield is_recording()
        with modes.recording():
            yield is_recording()
        yield is_recording()

    g = ask()
    with no_grad():
        assert [next(g), next(g), is_recording()] == [False, True, False]
    assert next(g) is True


@pytest.mark.parametrize("how", ["yield from", "for", "ExitStack", "by hand", "generator"])
def test_every_way_into_a_block_of_a_generator(how: str) -> None:
    def delegate() -> Iterator[bool]:
        yield from paused_generator()

    def loop() -> Iterator[bool]:
        for _ in paused_generator():
            yield False  # here it records: the inner one is suspended

    def by_stack() -> Iterator[bool]:
        with ExitStack() as stack:
            stack.enter_context(no_grad())
            yield is_recording()
            yield is_recording()

    def by_hand() -> Iterator[bool]:
        mode = no_grad()
        mode.__enter__()
        yield is_recording()
        yield is_recording()
        mode.__exit__(None, None, None)

    def entered_in_another() -> Iterator[bool]:
        with ExitStack() as stack:
            assert all(stack.enter_context(mode) is None for mode in [no_grad()])
            yield is_recording()
            yield is_recording()

    makers = [delegate, loop, by_stack, by_hand, entered_in_another]
    ways = ["yield from", "for", "ExitStack", "by hand", "generator"]
    g = dict(zip(ways, makers, strict=True))[how]()
    assert next(g) is False
    assert is_recording()
    assert in_a_thread(lambda: next(g)) is False
    assert is_recording()
    if how == "by hand":
        assert list(g) == []
    else:
        g.close()


@pytest.mark.parametrize("end", ["close", "throw", "drop"])
def test_generator_ended_in_another_thread(end: str) -> None:
    """With, and without, blocks that are open in the thread that ends it."""
    for around in (nullcontext, no_grad, modes.recording):
        held = [paused_generator()]
        next(held[0])

        def finish(held: list[Any] = held, around: Any = around) -> bool:
            with around():
                before = is_recording()
                if end == "close":
                    held[0].close()
                elif end == "throw":
                    with pytest.raises(ZeroDivisionError):
                        held[0].throw(ZeroDivisionError)
                else:
                    held.clear()
                    gc.collect()
                return is_recording() is before

        assert in_a_thread(finish)
        assert is_recording()
        assert modes.paused == 0


def test_generators_closed_out_of_order() -> None:
    generators = [paused_generator() for _ in range(5)]
    for g in generators:
        next(g)
    assert modes.paused == 5
    for i in (2, 0, 4, 1, 3):
        assert is_recording()
        generators[i].close()
    assert modes.paused == 0


def test_blocks_closed_out_of_order() -> None:
    a, b, c = no_grad(), modes.recording(), no_grad()
    for block in (a, b, c):
        block.__enter__()
    seen = []
    for block in (b, c, a):
        seen.append(is_recording())
        block.__exit__(None, None, None)
    assert seen == [False, False, False]
    assert is_recording()


def test_left_more_often_than_entered() -> None:
    mode = no_grad()
    with mode:
        pass
    with pytest.raises(RuntimeError, match="no_grad: left more often than it was entered"):
        mode.__exit__(None, None, None)


def test_block_ended_by_the_collector_in_the_midst_of_another() -> None:
    """A generator in a cycle is closed wherever the collector happens to run."""

    def circle() -> None:
        def body() -> Iterator[None]:
            with no_grad():
                keep.append(1)
                yield

        keep: list[Any] = []
        g = body()
        keep.append(g)
        next(g)

    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for _ in range(200):
            circle()
            with no_grad():
                assert not is_recording()
            assert is_recording()
    finally:
        gc.set_threshold(*threshold)
    gc.collect()


# ---------------------------------------------------------------- blocks that hold for the caller


@contextmanager
def quiet() -> Iterator[None]:
    with no_grad():
        yield


@contextmanager
def quiet_by_delegation() -> Iterator[None]:
    def inner() -> Iterator[None]:
        with no_grad():
            yield

    yield from inner()


@asynccontextmanager
async def quiet_later() -> AsyncIterator[None]:
    await asyncio.sleep(0)
    with no_grad():
        await asyncio.sleep(0)
        yield


class Quiet:
    """Enters a block in `__enter__`, or `__aenter__`, and leaves it in the other."""

    def __enter__(self) -> None:
        self.mode = no_grad()
        self.mode.__enter__()

    def __exit__(self, *raised: Any) -> None:
        self.mode.__exit__(*raised)

    async def __aenter__(self) -> None:
        await asyncio.sleep(0)
        self.__enter__()

    async def __aexit__(self, *raised: Any) -> None:
        await asyncio.sleep(0)
        self.__exit__(*raised)


@contextmanager
def quiet_stack() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(quiet())
        yield


MANAGERS = [no_grad, quiet, quiet_by_delegation, quiet_stack, Quiet]


@pytest.mark.parametrize("manager", MANAGERS)
def test_context_manager_holds_for_the_block_of_its_user(manager: Any) -> None:
    with manager():
        assert not is_recording()
        with modes.recording():
            assert is_recording()
        assert not is_recording()
    assert is_recording()

    def generator() -> Iterator[bool]:
        with manager():
            yield is_recording()
            yield is_recording()

    g = generator()
    assert next(g) is False
    assert is_recording()
    assert in_a_thread(lambda: next(g)) is False
    assert list(g) == []

    async def task(inside: asyncio.Event, done: asyncio.Event) -> bool:
        with manager():
            inside.set()
            await done.wait()
            return is_recording()

    async def beside(inside: asyncio.Event, done: asyncio.Event) -> bool:
        await inside.wait()
        done.set()
        return is_recording()

    async def both() -> list[bool]:
        inside, done = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(task(inside, done), beside(inside, done))

    assert asyncio.run(both()) == [False, True]


@pytest.mark.parametrize("manager", [quiet_later, Quiet])
def test_asynchronous_context_manager_holds_for_the_block_of_its_user(manager: Any) -> None:
    async def generator() -> AsyncIterator[bool]:
        async with manager():
            yield is_recording()
            yield is_recording()

    async def run() -> list[bool]:
        async with manager():
            seen = [is_recording()]
            await asyncio.sleep(0)
            seen.append(is_recording())
        seen.append(is_recording())
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(manager())
            seen.append(is_recording())
        async for inside in generator():
            seen += [inside, is_recording()]
        return seen

    assert asyncio.run(run()) == [False, False, True, False, False, True, False, True]


@pytest.fixture
def quiet_fixture() -> Iterator[None]:
    with no_grad():
        yield
    assert is_recording()


@pytest.mark.usefixtures("quiet_fixture")
def test_fixture_holds_for_the_test() -> None:
    assert not is_recording()


# ---------------------------------------------------------------- decorated functions


def test_decorated_coroutine_is_paused_inside_only() -> None:
    @no_grad()
    async def predict(x: int) -> tuple[bool, int]:
        """Predicts."""
        await asyncio.sleep(0)
        return is_recording(), x

    async def beside() -> list[bool]:
        seen = []
        for _ in range(4):
            seen.append(is_recording())
            await asyncio.sleep(0)
        return seen

    async def run() -> tuple[Any, ...]:
        return await asyncio.gather(predict(1), beside(), predict(x=2)), await predict(3)

    assert inspect.iscoroutinefunction(predict)
    assert (predict.__name__, predict.__doc__) == ("predict", "Predicts.")
    others = [(False, 1), [True] * 4, (False, 2)]
    assert asyncio.run(run()) == (others, (False, 3))
    driven = predict(4)
    driven.send(None)
    assert is_recording()
    with pytest.raises(StopIteration) as stop:
        driven.send(None)
    assert stop.value.value == (False, 4)


def test_decorated_generator_is_paused_inside_only() -> None:
    @no_grad()
    def echo(first: Any) -> Generator[Any, Any, str]:
        """Echoes."""
        got = first
        try:
            while got is not None:
                try:
                    got = yield got, is_recording()
                except ZeroDivisionError:
                    got = "caught"
        finally:
            ended.append(is_recording())
        return "result"

    ended: list[bool] = []
    assert inspect.isgeneratorfunction(echo)
    assert (echo.__name__, echo.__doc__) == ("echo", "Echoes.")
    g = echo(1)
    assert is_recording()
    assert next(g) == (1, False)
    assert is_recording()
    assert g.send(2) == (2, False)
    assert in_a_thread(lambda: g.send(3)) == (3, False)
    assert g.throw(ZeroDivisionError) == ("caught", False)
    with pytest.raises(StopIteration) as stop:
        g.send(None)
    assert stop.value.value == "result"
    g = echo(1)
    next(g)
    g.close()
    assert ended == [False, False]
    with contextmanager(no_grad()(lambda_generator))():
        assert is_recording()  # inside of what is decorated, and only there


def lambda_generator() -> Iterator[None]:
    assert not is_recording()
    with modes.recording():
        assert is_recording()
    yield
    assert not is_recording()


def test_decorated_asynchronous_generator_is_paused_inside_only() -> None:
    @no_grad()
    async def echo(first: Any) -> AsyncGenerator[Any, Any]:
        """Echoes."""
        got = first
        try:
            while got is not None:
                await asyncio.sleep(0)
                try:
                    got = yield got, is_recording()
                except ZeroDivisionError:
                    got = "caught"
        finally:
            await asyncio.sleep(0)
            ended.append(is_recording())

    ended: list[bool] = []
    assert inspect.isasyncgenfunction(echo)
    assert (echo.__name__, echo.__doc__) == ("echo", "Echoes.")

    async def run() -> None:
        g = echo(1)
        assert await anext(g) == (1, False)
        assert is_recording()
        assert await g.asend(2) == (2, False)
        assert await asyncio.create_task(g.asend(3)) == (3, False)
        assert await g.athrow(ZeroDivisionError) == ("caught", False)
        assert is_recording()
        with pytest.raises(StopAsyncIteration):
            await g.asend(None)
        g = echo(1)
        await anext(g)
        await g.aclose()
        assert ended == [False, False]
        g = echo(1)
        await anext(g)
        with pytest.raises(KeyError):
            await g.athrow(KeyError)
        async for pair in echo(4):
            assert pair == (4, False)
            assert is_recording()
            break

    asyncio.run(run())


def test_decorated_function_in_itself_and_in_threads() -> None:
    @no_grad()
    def depth(n: int) -> int:
        assert not is_recording()
        return 1 + depth(n - 1) if n else 0

    assert in_threads(*[lambda: depth(100)] * 4) == [100] * 4


@pytest.mark.usefixtures("hurried_threads")
def test_one_object_in_several_threads_at_once() -> None:
    mode, other = no_grad(), modes.recording()

    def enter() -> None:
        for _ in range(200):
            with mode:
                assert not is_recording()
                with other, mode:
                    assert not is_recording()
                with other:
                    assert is_recording()
                assert not is_recording()
            assert is_recording()

    in_threads(*[enter] * 4)


def test_one_object_in_several_generators() -> None:
    def enter() -> Iterator[bool]:
        with mode:
            yield is_recording()
            yield is_recording()
        yield is_recording()

    mode = no_grad()
    a, b = enter(), enter()
    assert (next(a), next(b), is_recording()) == (False, False, True)
    assert (next(a), next(a), is_recording()) == (False, True, True)
    assert (next(b), next(b), is_recording()) == (False, True, True)


# ---------------------------------------------------------------- tasks, in more ways


def test_threads_and_tasks_started_inside() -> None:
    """A copied context inherits an open block; a new thread does not."""

    async def child() -> bool:
        await asyncio.sleep(0)
        return is_recording()

    async def each() -> AsyncIterator[list[bool]]:
        with no_grad():
            yield [
                await asyncio.to_thread(is_recording),
                *await asyncio.gather(child(), child()),
                await child(),
            ]

    async def run() -> list[Any]:
        seen: list[Any] = []
        with no_grad():
            seen.append([await asyncio.to_thread(is_recording), *await asyncio.gather(child())])
            seen.append(in_a_thread(is_recording))
        async for pair in each():
            seen.append(pair)
            seen.append([await asyncio.to_thread(is_recording), await asyncio.create_task(child())])
        return seen

    assert asyncio.run(run()) == [[False, False], True, [False] * 4, [True, True]]


def test_tasks_that_share_a_context() -> None:
    async def pause(inside: asyncio.Event, done: asyncio.Event) -> bool:
        with no_grad():
            inside.set()
            await done.wait()
            return is_recording()

    async def run() -> list[bool]:
        inside, done = asyncio.Event(), asyncio.Event()
        context = copy_context()
        task = asyncio.get_running_loop().create_task(pause(inside, done), context=context)
        await inside.wait()
        seen = [context.run(is_recording), is_recording()]
        done.set()
        return [*seen, await task]

    assert asyncio.run(run()) == [True, True, False]


def test_loop_run_inside_of_a_generator() -> None:
    async def pause(inside: asyncio.Event, done: asyncio.Event) -> list[bool]:
        with modes.recording():
            inside.set()
            await done.wait()
            child = asyncio.create_task(asyncio.to_thread(is_recording))
            return [is_recording(), await child]

    async def watch(inside: asyncio.Event, done: asyncio.Event) -> list[bool]:
        await inside.wait()
        done.set()
        return [is_recording()]

    async def both() -> list[list[bool]]:
        inside, done = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(pause(inside, done), watch(inside, done))

    def generator() -> Iterator[Any]:
        with no_grad():
            yield
            yield asyncio.run(both())

    for resume in (in_a_thread, _call):
        g = generator()
        next(g)
        assert resume(lambda g=g: next(g)) == [[True, True], [False]]
        g.close()


def _call(function: Callable[[], Any]) -> Any:
    return function()


def test_task_inherits_a_block_that_lies_inside_of_a_generator_s() -> None:
    async def start() -> bool:
        with modes.recording():
            return await asyncio.create_task(look())

    async def look() -> bool:
        return is_recording()

    def generator() -> Iterator[bool]:
        with no_grad():
            yield asyncio.run(start())

    assert list(generator()) == [True]


def test_generator_started_elsewhere_is_paused_in_a_recording_task() -> None:
    async def resume() -> bool:
        with modes.recording():
            return await asyncio.to_thread(next, g)

    g = paused_generator()
    assert in_a_thread(lambda: next(g)) is False
    assert asyncio.run(resume()) is False
    g.close()


# ---------------------------------------------------------------- random schedules


def agent(shared: Any) -> Generator[Any, Any, None]:
    """A generator that does as it is told: looks, enters a block and leaves it, tells another."""
    what: Any
    rest: Any
    found = None
    while True:
        what = rest = None  # so that one that is dropped is gone
        what, *rest = yield found
        found = None
        if what == "look":
            found = is_recording()
        elif what == "leave":
            return
        elif what == "enter":
            with shared if rest[0] is None else rest[0]():
                yield from agent(shared)
        elif what == "tell":
            found = rest[0].send(rest[1])
        elif what == "close":
            rest[0].close()


class Worker(threading.Thread):
    """A thread that stays, and keeps nothing of what it did."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.orders: SimpleQueue[Any] = SimpleQueue()
        self.results: SimpleQueue[Any] = SimpleQueue()
        self.start()

    def run(self) -> None:
        while self.step():
            pass

    def step(self) -> bool:
        order = self.orders.get()
        if order is None:
            return False
        result = order[0](*order[1])
        del order
        self.results.put(result)
        return True

    def do(self, function: Callable[..., Any], *args: Any) -> Any:
        self.orders.put((function, args))
        del function, args
        return self.results.get(timeout=60)


COUNT = 4  # of generators
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),  # in this thread
        st.lists(st.integers(0, COUNT - 1), unique=True, max_size=3),  # these tell each other
        st.sampled_from(["look", "look", "enter", "enter", "leave", "close", "drop"]),
        st.sampled_from([no_grad, modes.recording, None]),
    ),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=100)
def test_generators_and_threads_at_random(steps: list[Any]) -> None:
    """The innermost block of the innermost generator that has one decides, else the thread's."""
    workers = [Worker() for _ in range(3)]
    shared = no_grad()
    agents = [agent(shared) for _ in range(COUNT)]
    entered: list[list[bool]] = [[] for _ in range(COUNT)]  # the model
    bases: list[list[tuple[bool, Any]]] = [[] for _ in range(3)]
    assert [next(g) for g in agents] == [None] * COUNT

    def tell(index: int, chain: list[int], order: tuple[Any, ...]) -> Any:
        for i in reversed(chain[1:]):
            order = ("tell", agents[i], order)
        return workers[index].do(agents[chain[0]].send, order)

    def restart(i: int) -> None:
        agents[i] = agent(shared)
        next(agents[i])
        entered[i].clear()

    def expected(index: int, chain: list[int]) -> bool:
        values = [value for value, _ in bases[index]]
        return next((entered[i][-1] for i in reversed(chain) if entered[i]), [True, *values][-1])

    for index, chain, what, mode in steps:
        value = mode is modes.recording
        if what == "look" or not chain:
            if what == "enter":
                block = mode() if mode else shared
                workers[index].do(block.__enter__)
                bases[index].append((value, block))
            elif what == "leave" and bases[index]:
                workers[index].do(bases[index].pop()[1].__exit__, None, None, None)
        elif what == "enter":
            tell(index, chain, (what, mode))
            entered[chain[-1]].append(value)
        elif what == "leave" and entered[chain[-1]]:
            tell(index, chain, (what,))
            entered[chain[-1]].pop()
        elif what == "close":
            workers[index].do(agents[chain[-1]].close)
            restart(chain[-1])
        elif what == "drop":
            restart(chain[-1])
        for i in range(3):
            assert workers[i].do(is_recording) is expected(i, [])
        if chain:
            assert tell(index, chain, ("look",)) is expected(index, chain)
        assert is_recording()
        assert modes.paused == sum(map(len, [*entered, *bases]))
    for index, blocks in enumerate(bases):
        for _, block in reversed(blocks):
            workers[index].do(block.__exit__, None, None, None)
    for i in range(COUNT):
        restart(i)
    for worker in workers:
        worker.orders.put(None)
    assert modes.paused == 0


TREES = st.recursive(
    st.just(("look",)),
    lambda inner: st.tuples(
        st.sampled_from(
            ["no_grad", "recording", "quiet", "quiet later", "task", "thread", "generator",
             "asynchronous generator", "decorated"]
        ),
        st.lists(inner, max_size=3),
    ),
    max_leaves=25,
)  # fmt: skip


@dataclass
class Scope:
    """What the model knows of a block, or of where one is inherited from."""

    value: bool
    outer: Scope | None = None
    open: bool = True


def decided(scope: Scope | None) -> bool:
    while scope is not None and not scope.open:
        scope = scope.outer
    return scope is None or scope.value


class Program:
    """Runs a tree of blocks, tasks, threads and generators, and compares with the model."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    async def run(self, trees: list[Any], scope: Scope | None) -> None:
        for kind, *inner in trees:
            assert is_recording() is decided(scope)
            await asyncio.sleep(0)
            assert is_recording() is decided(scope)
            if inner:
                await getattr(self, kind.replace(" ", "_"))(inner[0], scope)
                assert is_recording() is decided(scope)

    async def inside(self, value: bool, trees: list[Any], scope: Scope | None) -> None:
        here = Scope(value, scope)
        try:
            await self.run(trees, here)
        finally:
            here.open = False

    async def no_grad(self, trees: list[Any], scope: Scope | None) -> None:
        with no_grad():
            await self.inside(False, trees, scope)

    async def recording(self, trees: list[Any], scope: Scope | None) -> None:
        with modes.recording():
            await self.inside(True, trees, scope)

    async def quiet(self, trees: list[Any], scope: Scope | None) -> None:
        with quiet():
            await self.inside(False, trees, scope)

    async def quiet_later(self, trees: list[Any], scope: Scope | None) -> None:
        async with quiet_later():
            await self.inside(False, trees, scope)

    async def decorated(self, trees: list[Any], scope: Scope | None) -> None:
        await no_grad()(self.inside)(False, trees, scope)

    async def task(self, trees: list[Any], scope: Scope | None) -> None:
        self.tasks.append(asyncio.create_task(self.run(trees, scope)))

    async def thread(self, trees: list[Any], scope: Scope | None) -> None:
        def run() -> None:
            assert is_recording() is decided(scope)
            asyncio.run(other.all(trees, scope))

        other = Program()
        await asyncio.to_thread(run)

    async def generator(self, trees: list[Any], scope: Scope | None) -> None:
        def generate() -> Iterator[bool]:
            with modes.recording() if other else no_grad():
                for _ in range(2):
                    yield is_recording()

        other = not decided(scope)
        for seen in generate():
            assert seen is other
            await self.run(trees, scope)

    async def asynchronous_generator(self, trees: list[Any], scope: Scope | None) -> None:
        async def generate() -> AsyncIterator[None]:
            with no_grad():
                await self.run(trees, here)
                here.open = False  # as long as it is suspended
                yield
                here.open = True
                await self.run(trees, here)
            here.open = False

        here = Scope(False, scope)
        async for _ in generate():
            assert is_recording() is decided(scope)
            await asyncio.sleep(0)

    async def all(self, trees: list[Any], scope: Scope | None = None) -> None:
        await self.run(trees, scope)
        while self.tasks:
            await self.tasks.pop()


@given(trees=st.lists(TREES, max_size=4))
@settings(max_examples=30)
def test_tasks_threads_and_blocks_at_random(trees: list[Any]) -> None:
    asyncio.run(Program().all(trees))
    assert modes.paused == 0
