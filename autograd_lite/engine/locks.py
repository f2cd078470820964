"""Locks that a fork leaves usable: a child has only the thread that forked, and a lock that another
one held would never be given back in it."""

from __future__ import annotations

import os
from threading import RLock
from typing import Any


def lock_across_forks() -> Any:
    """A lock that a fork waits for, so that the child finds it free and what it guards whole."""
    lock = RLock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock
