"""A fork while another thread is in the midst of a pass, holds a lock, or is inside of a block.

`test_interrupted.py` runs these tests, in a process of their own.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, gradients, is_recording, no_grad
from autograd_lite.engine import clock, hooks, modes, reverse
from autograd_lite.engine.tensor import LENDING


def in_child(check: Callable[[], None]) -> int:
    """The exit code of a child in which `check` runs: 0 if it passed; a signal, if it hung."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12: fork and threads
        child = os.fork()
    if not child:
        code = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(10)
            check()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def big_value_graph(size: int) -> tuple[list[Value], Value]:
    """Σ w·w of whole numbers w, and everything on the way, which has gradients too."""
    nodes = [total := Value(0.0)]
    for i in range(size):
        w = Value(float(i % 7 + 1))
        nodes += [w, square := w * w, total := total + square]
    return nodes, total


def big_tensor_graph(size: int) -> tuple[list[Tensor], Tensor]:
    """The same with arrays, of which only the leaves have gradients. Not so long that OpenBLAS
    starts threads of its own, whose handling of a fork can hang the parent."""
    leaves = [Tensor(np.arange(5_000.0) + i) for i in range(size)]
    total = Tensor(0.0)
    for w in leaves:
        total = total + (w * w).sum()
    return leaves, total


def equal(found: list[Any], expected: list[Any]) -> bool:
    if any(g is None for g in found):
        return False
    return (
        found == expected if type(found[0]) is float else all(map(np.array_equal, found, expected))
    )


GRAPHS = pytest.mark.parametrize(
    ("graph", "size"), [(big_value_graph, 5_000), (big_tensor_graph, 40)]
)


@contextmanager
def running(function: Callable[[], Any]) -> Iterator[None]:
    """While a thread does it again and again, and threads take turns as often as Python can."""

    def run() -> None:
        while not done.is_set():
            function()
            begun.set()
            time.sleep(0)

    begun, done = threading.Event(), threading.Event()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    begun.wait(timeout=60)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        done.set()
        thread.join(timeout=60)
    assert not thread.is_alive()


@GRAPHS
def test_fork_during_a_pass_in_another_thread(
    graph: Callable[[int], tuple[list[Any], Any]], size: int
) -> None:
    """The child can differentiate, what is new and the very graph of the pass."""
    variables, total = graph(size)
    expected = gradients(total, variables)

    def check() -> None:
        x = Value(3.0)
        (x * x).backward()
        assert x.grad == 6.0
        for v in variables:
            v.grad = None
        total.backward()
        assert equal([v.grad for v in variables], expected)

    moments = random.Random(0)
    with running(total.backward):
        for _ in range(5):
            time.sleep(moments.uniform(0.0, 0.01))
            assert in_child(check) == 0


@pytest.mark.parametrize("lock", [LENDING, clock._lock, modes._lock, hooks._lock, reverse._lock])
def test_fork_while_another_thread_holds_a_lock(lock: Any) -> None:
    """The child finds it free: it can record, differentiate, hook and change what is a leaf."""
    taken = threading.Event()

    def hold() -> None:
        with lock:
            taken.set()
            time.sleep(0.05)

    def check() -> None:
        w = Tensor([1.0, 2.0])
        assert gradients((w * w).sum(), [w])[0].tolist() == [2.0, 4.0]
        with w.register_hook(lambda g: 10.0 * g):
            assert gradients((w * w).sum(), [w])[0].tolist() == [20.0, 40.0]
        with no_grad():
            w.decrease(1.0)
        (w * w).sum().backward()
        assert w.grad.tolist() == [0.0, 2.0]

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(timeout=60)
    assert in_child(check) == 0
    thread.join(timeout=60)


def test_fork_inside_of_a_block() -> None:
    def check() -> None:
        assert not is_recording()
        mode.__exit__(None, None, None)
        assert is_recording()
        assert modes.paused == 0

    mode = no_grad()
    mode.__enter__()
    try:
        assert in_child(check) == 0
        assert not is_recording()
    finally:
        mode.__exit__(None, None, None)
    assert modes.paused == 0


def test_fork_forgets_the_blocks_of_other_threads() -> None:
    """They end with their threads, which the child has not; those of generators stay."""

    def suspended() -> Iterator[bool]:
        with no_grad():
            yield is_recording()
            yield is_recording()

    def hold() -> None:
        next(g)
        with no_grad():
            inside.set()
            done.wait(timeout=60)

    def check() -> None:
        assert is_recording()
        assert modes.paused == 1
        assert next(g) is False
        g.close()
        assert modes.paused == 0
        with no_grad():
            assert not is_recording()
        assert modes.paused == 0

    g = suspended()
    inside, done = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(timeout=60)
    try:
        assert modes.paused == 2
        assert in_child(check) == 0
        assert modes.paused == 2
    finally:
        done.set()
        thread.join(timeout=60)
    assert modes.paused == 1
    g.close()
    assert modes.paused == 0


def test_fork_while_threads_enter_and_leave_blocks() -> None:
    def blocks() -> None:
        for _ in range(100):
            with no_grad():
                pass

    def check() -> None:
        assert modes.paused == 0
        blocks()
        assert modes.paused == 0

    with running(blocks):
        for _ in range(20):
            assert in_child(check) == 0
