"""Memory that is freed stays with the process, so that the next graph need not ask for it again."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from autograd_lite import grad
f = grad(lambda x: np.sum(np.tanh(x) * np.exp(-(x**2))))
x = np.linspace(-1.0, 1.0, 100_000)
f(x), f(x)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
f(x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of the GNU C library")
def test_the_next_graph_has_the_memory_of_the_last() -> None:
    """In a fresh process, which has freed no large array yet."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100, "pages of memory were asked for again"
