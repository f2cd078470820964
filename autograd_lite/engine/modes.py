"""Whether operations are recorded: `no_grad`, and what is behind it.

A block, one run of a `with` statement, holds for the code that runs inside it:

- It belongs to the innermost generator, asynchronous generator or task (the outermost coroutine)
  in which it was entered, and holds wherever that is being run, in any thread. While a generator
  is suspended at a `yield`, its blocks hold for nobody.
- Entered outside of all generators, it belongs to the thread, by a context variable.
- A generator that contextlib runs, or pytest as a fixture, stands for a function: a
  `@contextmanager` with `with no_grad(): yield` holds for the body of its `with` statement. So do
  `ExitStack.enter_context(no_grad())` and a class whose `__enter__` enters a block.
- What is started inside with a copy of the context (`asyncio.create_task`, `asyncio.to_thread`,
  `copy_context().run`) inherits the block as long as it is open. A `threading.Thread` copies no
  context and starts with recording on (unless Python itself is told to copy it).
- Inside each other, the innermost block decides. Blocks may be closed in any order, and anywhere:
  by a generator that is closed in another thread, or by the garbage collector. Only an interrupt
  (Ctrl-C) that strikes before the first line of `__exit__` leaves one open: so with any context
  manager that is written in Python.

To look all this up at each operation would cost more than the operation. `paused` counts the
blocks that are open anywhere, and only where it is not zero is `is_recording` asked.
"""

from __future__ import annotations

import functools
import inspect
import os
import types
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar, Token
from threading import get_ident
from types import FrameType, TracebackType
from typing import Any, TypeVar

from autograd_lite.engine import frames
from autograd_lite.engine.locks import lock_across_forks

_Function = TypeVar("_Function", bound=Callable[..., Any])

paused = 0
"""How many blocks are open that set a mode, in all threads together."""


def is_recording() -> bool:
    """Say whether operations on variables are recorded here.

    >>> is_recording()
    True
    >>> with no_grad():
    ...     is_recording()
    False
    """
    if not paused:
        return True
    blocks = _blocks.get()
    if not _owned:  # so no generator is concerned, nor a task
        for block in reversed(blocks):
            if block.open:
                return block.value
        return True
    found = _owned_here()
    if found is not None:  # what this context inherited after it lies inside of it
        blocks = blocks[blocks.index(found) + 1 :] if found in blocks else ()
    for block in reversed(blocks):
        if block.open and _inherited(block, found) and block.open:  # the collector may end it here
            return block.value
    return found is None or found.value


def _owned_here() -> _Block | None:
    """The innermost block of the innermost generator or task that has one and runs here."""
    owners = list(_owned)
    if len(owners) < _FEW and all(frames.is_suspended(owner) for owner in owners):
        return None  # quicker than to go down the stack
    for frame in frames.stack():
        for block in reversed(_owned.get(frame, ())):
            if block.open and block.owner() is frame:
                return block
    return None


def _inherited(block: _Block, found: _Block | None) -> bool:
    """Whether a block of this context holds though no generator or task that runs here owns it;
    `found` is one that is owned, and lies inside of what was entered without any owner."""
    owner = block.owner()
    if owner is None:
        return found is None
    if frames.is_suspended(owner):
        return frames.awaits(owner) and not _entered_here(block)
    return found is None if frames.runs_here(owner) else not _entered_here(block)


# ---------------------------------------------------------------- blocks


class _Block:
    """One run of a `with` block. `open` until it has ended, `counted` while it is in `paused`."""

    __slots__ = ("counted", "open", "owners", "thread", "token", "value")

    def __init__(self, value: bool) -> None:
        self.value = value
        self.open = True
        self.counted = False
        self.owners: tuple[FrameType, ...] = ()
        self.thread = get_ident()
        self.token: Token[None] | None = None

    def __enter__(self) -> None:
        try:
            self.begin()
        except BaseException:  # Ctrl-C too: after this, __exit__ is not called
            self.end()
            raise

    def begin(self) -> None:
        """Open it; if that is interrupted, `end` must follow."""
        global paused
        self.owners = frames.owners()
        if self.owners:
            self.token = _here.set(None)
        with _lock:
            _all.add(self)
            for owner in self.owners:
                _owned.setdefault(owner, []).append(self)
            _blocks.set((*_still_open(_blocks.get()), self))
            paused += 1  # nothing can come between these two
            self.counted = True

    def __exit__(self, *raised: object) -> None:
        try:
            self.end()
        except BaseException:  # Ctrl-C: once more
            self.end()
            raise

    def owner(self) -> FrameType | None:
        """The generator or task that it belongs to; None: the thread. One that has returned entered
        it for its caller, as `__aenter__` does."""
        for owner in self.owners:
            if not frames.is_finished(owner):
                return owner
        return None

    def end(self) -> None:
        """Close it, if it is open: in any thread, in any order, any number of times."""
        global paused
        with _lock:
            self.open = False
            if self.counted:
                self.counted = False  # nothing can come between these two
                paused -= 1
            _all.discard(self)
            for owner in self.owners:
                mine = _owned.get(owner, [])
                if self in mine:
                    mine.remove(self)
                if not mine:
                    _owned.pop(owner, None)
            _blocks.set(_still_open(_blocks.get()))
            self.owners = ()
            self.token = None


_blocks: ContextVar[tuple[_Block, ...]] = ContextVar("blocks", default=())
_here: ContextVar[None] = ContextVar("here", default=None)
_owned: dict[FrameType, list[_Block]] = {}  # the open blocks of generators and tasks
_FEW = 30  # owners, about as long to ask as a stack is to go down
_all: set[_Block] = set()
_lock = lock_across_forks()  # the collector may close a generator while this thread holds it


def _still_open(blocks: tuple[_Block, ...]) -> tuple[_Block, ...]:
    return tuple([block for block in blocks if block.open])


def _entered_here(block: _Block) -> bool:
    """Whether this is the very context in which a block was entered, no copy of it: only there
    can its token be used."""
    if block.token is None:
        return False
    try:
        _here.reset(block.token)
    except (ValueError, RuntimeError):
        return False
    block.token = _here.set(None)
    return True


def _forget_other_threads() -> None:
    """In the child of a fork: what other threads had open is gone with them."""
    mine = _blocks.get()
    for block in list(_all):
        suspended = block.owners and frames.is_suspended(block.owners[0])
        here = block.thread == get_ident() or block in mine
        if not (here or suspended or any(frames.runs_here(owner) for owner in block.owners)):
            block.end()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)


# ---------------------------------------------------------------- no_grad


class _Mode:
    """A `with` block, or a decorator, that sets whether operations are recorded. One object may
    be entered several times, in several threads at once."""

    _value: bool

    def __init__(self) -> None:
        self._entered: list[_Block] = []

    def __enter__(self) -> None:
        block = _Block(self._value)
        try:
            self._entered.append(block)
            block.begin()
        except BaseException:  # Ctrl-C too: after this, __exit__ is not called
            self._end(block)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        block = None
        try:
            block = self._innermost()
            self._end(block)
        except BaseException:  # Ctrl-C: once more
            self._end(block or self._innermost())
            raise

    def _end(self, block: _Block) -> None:
        block.end()
        if block in self._entered:
            self._entered.remove(block)

    def _innermost(self) -> _Block:
        """The block of this object that ends here: the last one that was entered by the same
        generator or task, in this context; else the nearest to that."""
        mine = [block for block in self._entered if block.open]
        if not mine:
            raise RuntimeError(f"{type(self).__name__}: left more often than it was entered")
        if len(mine) == 1:
            return mine[0]
        owner, here, thread = frames.owners()[:1], _blocks.get(), get_ident()
        return max(
            reversed(mine),
            key=lambda block: (block.owners[:1] == owner, block in here, block.thread == thread),
        )

    def __call__(self, function: _Function) -> _Function:
        """The function with the block around each call; around the body if it is a generator or
        asynchronous: there the mode holds whenever the body runs, and only there."""
        return functools.wraps(function)(_decorated(self._value, function))  # type: ignore[return-value]


class no_grad(_Mode):
    """Inside the block, or the decorated function, nothing is recorded.

    Operations on variables still return variables, but ones that remember no operands: their
    `backward()` reaches nothing else. Right under threads, tasks, generators and exceptions:

    - A block inside a generator holds for the generator, not for its caller between two values.
    - A block inside a `contextlib.contextmanager` holds for the body of the `with` statement that
      uses it, and one inside a pytest fixture for the test.
    - Asynchronous tasks that are started inside inherit the block; new threads start with
      recording on.
    - `@no_grad()` may stand before functions, `async def`, generators and asynchronous generators,
      and holds inside them.

    >>> from autograd_lite import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.is_leaf
    True
    >>> @no_grad()
    ... def squares():
    ...     while True:
    ...         yield x * x
    >>> next(squares()).is_leaf, (x * x).is_leaf
    (True, False)
    """

    _value = False


class recording(_Mode):
    """Inside the block operations are recorded, whatever was set outside."""

    _value = True


def in_any_case() -> AbstractContextManager[None]:
    """A block, to be entered at once, inside which operations are recorded: none at all, which is
    quicker, where nothing else is set anywhere."""
    return recording() if paused else _NOTHING


_NOTHING = nullcontext()


# ---------------------------------------------------------------- decorated functions


def _decorated(value: bool, function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):
        return _coroutine(value, function)
    if inspect.isgeneratorfunction(function):
        return _generator(value, function)
    if inspect.isasyncgenfunction(function):
        return _asynchronous_generator(value, function)

    def call(*args: Any, **kwargs: Any) -> Any:
        with _Block(value):
            return function(*args, **kwargs)

    return call


def _coroutine(value: bool, function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await _awaitable_steps(value, function(*args, **kwargs))

    return call


def _generator(value: bool, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from _steps(value, function(*args, **kwargs)))

    return call


def _steps(value: bool, inner: Any) -> Generator[Any, Any, Any]:
    """`yield from inner` inside a block. Written out, because a generator that delegates is not on
    the stack while Python closes the one that it delegates to."""
    with _Block(value):
        try:
            result = inner.send(None)
            while True:
                try:
                    sent = yield result
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as error:
                    result = inner.throw(error)
                else:
                    result = inner.send(sent)
        except StopIteration as stop:
            return stop.value


_awaitable_steps = types.coroutine(_steps)
frames.own_code.update((_steps.__code__, _awaitable_steps.__code__))


def _asynchronous_generator(value: bool, function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with _Block(value):
            inner = function(*args, **kwargs)
            step = inner.__anext__()
            while True:
                try:
                    result = await step
                except StopAsyncIteration:
                    return
                try:
                    sent = yield result
                except GeneratorExit:
                    await inner.aclose()
                    raise
                except BaseException as error:
                    step = inner.athrow(error)
                else:
                    step = inner.asend(sent)

    frames.own_code.add(call.__code__)
    return call
