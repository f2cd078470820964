"""What comes from outside: a fork (see `fork_checks.py`), and Ctrl-C."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fork_checks import GRAPHS, big_value_graph, equal

from autograd_lite import gradients, is_recording, no_grad
from autograd_lite.engine import modes

alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a system without alarms")


# ---------------------------------------------------------------- fork


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")
def test_forks() -> None:
    """In a process of their own: other libraries, which a test before has loaded, start threads
    that do not take a fork well, and JAX warns of one."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "fork_checks.py"]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- Ctrl-C


@pytest.fixture
def alarm() -> Iterator[None]:
    """An alarm raises what Ctrl-C does."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def interrupted(function: Callable[[], Any], after: float) -> KeyboardInterrupt | None:
    """Call it, and interrupt it after so many seconds if it has not ended."""
    try:
        signal.setitimer(signal.ITIMER_REAL, max(after, 1e-6))
        function()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as interrupt:
        return interrupt
    return None


@alarms
@pytest.mark.usefixtures("alarm")
@GRAPHS
@pytest.mark.parametrize("old", [None, "kept"])
def test_interrupted_pass_adds_all_gradients_or_none(
    graph: Callable[[int], tuple[list[Any], Any]], size: int, old: str | None
) -> None:
    variables, total = graph(size // 2)
    once = gradients(total, variables)

    def passes() -> int:
        """How many passes the gradients are of: the same number for all."""
        if variables[-1].grad is None:
            assert all(v.grad is None for v in variables)
            return 0
        count = round(float(np.max(variables[-1].grad) / np.max(once[-1])))
        assert equal([v.grad for v in variables], [count * g for g in once])
        return count

    def seconds() -> float:
        start = time.perf_counter()
        total.backward()
        return time.perf_counter() - start

    duration = min(seconds() for _ in range(5))  # others may use the machine
    moments = random.Random(0)
    stopped = 0
    for i in range(40):
        if old is None:
            for v in variables:
                v.grad = None
        before = passes()
        # the gradients are added at the end: half of the time not before the last third
        after = duration * moments.uniform(0.0 if i % 2 else 0.7, 1.1)
        if interrupted(total.backward, after):
            stopped += 1
            assert passes() in (before, before + 1)
        else:
            assert passes() == before + 1
        before = passes()
        total.backward()
        assert passes() == before + 1
    assert stopped >= 5


@alarms
@pytest.mark.usefixtures("alarm")
def test_interrupted_gradients_leave_the_next_right() -> None:
    variables, total = big_value_graph(2_000)
    once = gradients(total, variables)
    moments = random.Random(0)
    for _ in range(60):
        interrupted(lambda: gradients(total, variables), moments.uniform(0.0, 0.005))
        assert gradients(total, variables) == once
    assert all(v.grad is None for v in variables)


def _in_blocks(mode: no_grad) -> None:
    while True:
        with mode:
            pass


def _in_generators(mode: no_grad) -> None:
    def suspended() -> Iterator[None]:
        with mode:
            yield

    while True:
        for _ in suspended():
            pass


def _in_errors(mode: no_grad) -> None:
    while True:
        try:
            with mode:
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass


@alarms
@pytest.mark.usefixtures("alarm")
@pytest.mark.parametrize("forever", [_in_blocks, _in_generators, _in_errors])
def test_interrupted_block_is_closed(forever: Callable[[no_grad], None]) -> None:
    """But where Python interrupts `__exit__` before its first line: nobody can help that."""
    moments = random.Random(0)
    stopped = 0
    for _ in range(300):
        mode = no_grad()
        interrupt = interrupted(lambda mode=mode: forever(mode), moments.uniform(1e-5, 3e-4))
        assert interrupt is not None
        frames, tb = [], interrupt.__traceback__
        while tb is not None:
            frames.append((tb.tb_frame.f_code, tb.tb_lineno))
            tb = tb.tb_next
        if any(code.co_name == "__exit__" and code.co_firstlineno == n for code, n in frames):
            mode.__exit__(None, None, None)
        else:
            stopped += 1
        assert modes.paused == 0
        assert is_recording()
    assert stopped > 100
