"""Whether operations are recorded: `no_grad`, and the context variable behind it.

A mode is a context variable, so that it holds for one thread or one asynchronous task and ends
with its `with` block, whatever is raised inside. Reading a context variable at each operation
would cost a third of the operation; `paused` counts the blocks that are open anywhere, and only
where it is not zero does an operation look at its own context.
"""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar
from threading import Lock
from types import TracebackType


class _Block:
    """One run of a `with` block, and whether it is still open."""

    __slots__ = ("open", "value")

    def __init__(self, value: bool) -> None:
        self.value = value
        self.open = True


_blocks: ContextVar[tuple[_Block, ...]] = ContextVar("blocks", default=())
_count_lock = Lock()

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
    if paused:
        for block in reversed(_blocks.get()):
            if block.open:  # a task may have inherited one that ended before the task
                return block.value
    return True


class _Mode(ContextDecorator):
    """A `with` block, or a decorator, that sets whether operations are recorded."""

    _value: bool

    def __enter__(self) -> None:
        _count(+1)
        _blocks.set((*_blocks.get(), _Block(self._value)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        *outer, block = _blocks.get()
        block.open = False
        _blocks.set(tuple(outer))
        _count(-1)


def _count(step: int) -> None:
    global paused
    with _count_lock:
        paused += step


class no_grad(_Mode):
    """Inside the block, or the decorated function, nothing is recorded.

    Operations on variables still return variables, but ones that remember no operands: their
    `backward()` reaches nothing else. Right under threads, asynchronous tasks and exceptions.

    >>> from autograd_lite import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.is_leaf
    True
    """

    _value = False


class recording(_Mode):
    """Inside the block operations are recorded, whatever was set outside."""

    _value = True
