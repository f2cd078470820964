"""In what order variables were made, coarsely: each notes what `now` was.

A variable is computed from others that are not younger. So what is older than every input of a
derivative cannot depend on one, and the walk from the output stops there. The clock ticks at each
reverse pass: of steps of descent that are unrolled, each is walked through once.
"""

from __future__ import annotations

from autograd_lite.engine.locks import lock_across_forks

now = 0
_lock = lock_across_forks()  # without it, a thread that is slow could set the clock back


def tick() -> int:
    """Start a new time, and return it."""
    global now
    with _lock:
        now += 1
        return now
