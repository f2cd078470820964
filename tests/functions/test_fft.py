"""The Fourier transforms, and that nothing of them is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest


def of_a_new_python(program: str) -> str:
    """What a program prints that starts with nothing imported."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["numpy.fft", "autograd_lite.primitives.fft"])
def test_importing_the_package_loads_no_transform(module: str) -> None:
    program = f"import sys, autograd_lite; print({module!r} in sys.modules)"
    assert of_a_new_python(program) == "False"
