"""Saves in child processes that are killed on the way, and tells what was found in the file.

Run by `test_saving_killed.py`: `killed_while_saving.py FILE random|steps COUNT`. It stands alone
so that the children are forks of a process without threads, which costs a millisecond each.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.nn import files
from autograd_lite.nn.saving import load, save

STATES = [{"W": np.full((100, 200), float(i)), "b": np.full(7, i)} for i in range(2)]
SIZE = 160_000  # bytes of a file, at least


def found(path: Path) -> int:
    """Which of the two states the file holds, whole; an error if it holds neither."""
    saved = load(path)
    which = int(saved["b"][0])
    for name, array in STATES[which].items():
        np.testing.assert_array_equal(saved[name], array)
    assert len(saved) == 2
    return which


def in_child(work: Callable[[], None], seconds: float | None = None) -> int:
    """Fork, work there, kill it after the time if one is given; returns what ended it."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        work()
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def left_behind(path: Path) -> int:
    """How many temporary files there are; they are removed."""
    names = [name for name in os.listdir(path.parent) if name != path.name]
    for name in names:
        os.unlink(path.parent / name)
    return len(names)


def kill_at_random(path: Path, count: int) -> dict[str, Any]:
    def save_for_ever() -> None:
        i = 0
        while True:
            save(path, STATES[i % 2])
            i += 1

    def seconds() -> float:
        start = time.perf_counter()
        save(path, STATES[0])
        return time.perf_counter() - start

    one = sorted(seconds() for _ in range(9))[4]  # on a slow disk, or one that others use, long
    rng = random.Random(0)
    result = {"0": 0, "1": 0, "amid": 0}
    for _ in range(count):
        after = rng.uniform(0.002, max(0.03, 8 * one))
        assert in_child(save_for_ever, after) == signal.SIGKILL
        result[str(found(path))] += 1
        result["amid"] += left_behind(path)
    return result


def kill_at_steps(path: Path) -> dict[str, Any]:
    """The old state is 0, the new one 1."""
    result = {}
    for size in (0, 1, 1000, SIZE // 2, SIZE):
        save(path, STATES[0])
        status = in_child(partial(save_to_full_disk, path, size))
        result[f"write {size}"] = [signal.Signals(status).name, found(path), left_behind(path)]
    for name in ("fsync", "replace"):
        for is_after in (False, True):
            save(path, STATES[0])
            status = in_child(partial(save_up_to, path, name, is_after))
            step = f"{'after' if is_after else 'before'} {name}"
            result[step] = [signal.Signals(status).name, found(path), left_behind(path)]
    return result


def save_to_full_disk(path: Path, size: int) -> None:
    """The system ends the process at that byte."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    save(path, STATES[1])


def save_up_to(path: Path, name: str, is_after: bool) -> None:
    step = getattr(files.os, name)

    def killing(*args: Any) -> None:
        if is_after:
            step(*args)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(files.os, name, killing)
    save(path, STATES[1])


if __name__ == "__main__":
    path = Path(sys.argv[1])
    save(path, STATES[0])
    random_points = sys.argv[2] == "random"
    print(
        json.dumps(kill_at_random(path, int(sys.argv[3])) if random_points else kill_at_steps(path))
    )
