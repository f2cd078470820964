"""Watching operations while they are recorded, and while the reverse pass runs through them.

An observer is entered by a `with` block (`observed`). As long as one is, operations leave their
quick ways, as they do for `no_grad`: so whoever observes nothing pays nothing.
"""

from __future__ import annotations

import functools
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Primitive

Call = Callable[[], Any]


class Observer:
    """What is called around each operation; `forward` and `backward` return what `call()` gives, or
    raise."""

    def given(self, operands: Sequence[Any]) -> Sequence[Any]:
        """What an operation is to be applied to in place of these operands."""
        return operands

    def forward(self, primitive: Primitive, operands: Sequence[Any], call: Call) -> Any:
        """Around the recording of an operation on these operands."""
        return call()

    def backward(self, node: Any, index: int, g: Any, call: Call) -> Any:
        """Around the pullback of an operand of a node, for the gradient g of its result."""
        return call()


_observers: ContextVar[tuple[Observer, ...]] = ContextVar("observers", default=())


@contextmanager
def observed(observer: Observer) -> Iterator[Observer]:
    """Call an observer around every operation in this block."""
    mode = modes.recording() if modes.is_recording() else modes.no_grad()
    with mode:
        token = _observers.set((*_observers.get(), observer))
        try:
            yield observer
        finally:
            _observers.reset(token)


@contextmanager
def unobserved() -> Iterator[None]:
    """In this block nobody observes: what is done there is no part of what is observed."""
    token = _observers.set(())
    try:
        yield
    finally:
        _observers.reset(token)


def observers() -> tuple[Observer, ...]:
    """Those that observe here; to be asked only where `modes.paused` is not 0."""
    return _observers.get()


def observed_record(
    watching: tuple[Observer, ...],
    record: Callable[..., Any],
    primitive: Primitive,
    operands: Sequence[Any],
    params: Mapping[str, Any],
) -> Any:
    """Record an operation, with the observers around it, the last one innermost."""
    given = operands
    for observer in watching:
        given = observer.given(given)

    def alone() -> Any:
        with unobserved():
            if given is operands:
                return record(primitive, operands, params)
            return apply(primitive, given, params)  # they may be of another kind

    call: Call = alone
    for observer in reversed(watching):
        call = partial(observer.forward, primitive, given, call)
    return call()


def observed_pullback(
    watching: tuple[Observer, ...], node: Any, index: int, rule: Any
) -> Callable[..., Any]:
    """A pullback of a node, with the observers around it."""

    def pull(g: Any, *args: Any, **params: Any) -> Any:
        return observed_call(watching, node, index, g, partial(rule, g, *args, **params))

    return pull


def observed_call(watching: tuple[Observer, ...], node: Any, index: int, g: Any, call: Call) -> Any:
    """What the call gives that goes back to an operand, with the observers around it."""
    for observer in reversed(watching):
        call = partial(observer.backward, node, index, g, call)
    return call()


# ---------------------------------------------------------------- where the user's code is

_HOME = str(Path(__file__).resolve().parents[1])
_NUMPY = str(Path(np.__file__).resolve().parent)


@functools.lru_cache(maxsize=4096)  # asked of a dozen frames for each instruction of a program
def is_users(file: str) -> bool:
    """Whether a file of code is neither this package's nor NumPy's."""
    return not file.startswith((_HOME, _NUMPY, "<autograd_lite"))


def users_line() -> tuple[str, int] | None:
    """The file and line of the innermost code that is neither this package's nor NumPy's."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_users(file):
            return file, frame.f_lineno
        frame = frame.f_back
    return None


def quoted(where: tuple[str, int] | None) -> str:
    """A line of code as errors show it: file, number and text."""
    if where is None:
        return "an unknown line"
    file, number = where
    text = linecache.getline(file, number).strip()
    return f"{file}:{number}" + (f": {text}" if text else "")


def clearer(error: ValueError) -> Exception:
    """The error that is meant where NumPy says "setting an array element with a sequence": a
    variable was to be an element of a plain array. Any other error as it is."""
    if not isinstance(error.__cause__, TypeError) or "setting an array element" not in str(error):
        return error
    where, step = None, error.__traceback__
    while step is not None:
        if is_users(step.tb_frame.f_code.co_filename):
            where = step.tb_frame.f_code.co_filename, step.tb_lineno
        step = step.tb_next
    return TypeError(
        f"setitem: a plain array holds numbers, and a variable is none ({quoted(where)}); make the "
        "array of the variable's kind, r = np.zeros_like(x, shape=r.shape), or make a list of its "
        "elements and np.stack(list) at the end"
    )
