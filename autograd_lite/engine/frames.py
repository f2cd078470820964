"""Which generators and tasks are being run: read from Python's stack of frames.

Python has no name for "the generator in which this code runs"; its frame is one. What a suspended
frame waits for is read from its code: the instruction at which it stopped. Where that tells
nothing (another Python, one day), the answers are those for a plain `yield`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from opcode import opmap
from types import CodeType, FrameType

_COROUTINES = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE
_RESUMABLE = _COROUTINES | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_DRIVERS = frozenset({"contextlib", "_pytest.fixtures"})
_CACHE, _SEND, _RESUME = opmap["CACHE"], opmap["SEND"], opmap["RESUME"]
_STOPS = frozenset((opmap["YIELD_VALUE"], _RESUME))
_STORE = opmap["STORE_SUBSCR"]
_BACK_TO_SEND = opmap.get("JUMP_BACKWARD_NO_INTERRUPT")
_RETURNS = frozenset(opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in opmap)

own_code: set[CodeType] = set()
"""The code of generators that run decorated functions: whoever drives them, they are owners."""


def stack() -> Iterator[FrameType]:
    """The frames that are being run in this thread, from the innermost on."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def runs_here(owner: FrameType) -> bool:
    """Whether this code was called, perhaps through others, by that frame."""
    return any(frame is owner for frame in stack())


def owners() -> tuple[FrameType, ...]:
    """The generators, asynchronous generators and tasks in which the caller runs, the innermost
    first.

    A task is the frame of its outermost coroutine. A generator that stands for a function does not
    count: one that contextlib runs as a context manager, or pytest as a fixture, or to which such a
    one or a coroutine delegates.
    """
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_flags & _RESUMABLE and (frame.f_code in own_code or _is_owner(frame)):
            found.append(frame)
        frame = frame.f_back
    return tuple(found)


def _is_owner(frame: FrameType) -> bool:
    back = frame.f_back
    if back is None:
        return True
    if back.f_globals.get("__name__") in _DRIVERS:
        return False
    flags, outer = frame.f_code.co_flags, back.f_code.co_flags
    if flags & _COROUTINES:
        return not outer & _RESUMABLE
    if flags & inspect.CO_ASYNC_GENERATOR or not outer & _RESUMABLE or _instruction(back) != _SEND:
        return True
    return not outer & _COROUTINES and _is_owner(back)


def is_finished(owner: FrameType) -> bool:
    """Whether a generator or coroutine has returned."""
    return _instruction(owner) in _RETURNS


def is_suspended(owner: FrameType) -> bool:
    """Whether a generator or coroutine has stopped at a `yield` or an `await`."""
    return owner.f_back is None and _instruction(owner) in _STOPS


def awaits(owner: FrameType) -> bool:
    """Whether one that is suspended waits for something itself: asked for more, it jumps back to
    ask that. (So does `yield from`, where it is the caller who is waited for.)"""
    flags = owner.f_code.co_flags
    if flags & (inspect.CO_GENERATOR | inspect.CO_ITERABLE_COROUTINE):
        return bool(flags & inspect.CO_ITERABLE_COROUTINE)
    code, i = owner.f_code.co_code, owner.f_lasti
    if code[i] != _RESUME:
        i += 2
    return code[i] == _RESUME and code[i + 2] == _BACK_TO_SEND


def _instruction(frame: FrameType) -> int:
    """The one that a frame has reached, without the room behind it that the interpreter uses."""
    code, i = frame.f_code.co_code, frame.f_lasti
    while i > 0 and code[i] == _CACHE:
        i -= 2
    return code[i] if i >= 0 else -1


def is_storing() -> bool:
    """Whether the caller was called, by code written in C, for an assignment `a[i] = x`."""
    frame = sys._getframe(2)
    return frame.f_code.co_code[frame.f_lasti] == _STORE


def is_asked_by(module: str) -> bool:
    """Whether the caller was called, by code written in C, for a module or one that is in it."""
    asks = sys._getframe(2).f_globals.get("__name__") or ""
    return asks == module or asks.startswith(module + ".")
