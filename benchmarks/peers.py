"""The libraries that the benchmarks compare with, all optional (the extra `bench`)."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
from typing import Any

DISTRIBUTIONS = {
    "NumPy": "numpy",
    "autograd_lite": "autograd_lite",
    "micrograd": "micrograd",
    "torch": "torch",
    "MyGrad": "mygrad",
    "HIPS autograd": "autograd",
    "JAX": "jax",
    "llvmlite": "llvmlite",
}
"""The distribution of each library, which is also the name of its package."""


def is_installed(name: str) -> bool:
    """Whether the library can be imported."""
    return importlib.util.find_spec(DISTRIBUTIONS[name]) is not None


def load(name: str, submodule: str = "") -> Any:
    """The library's package, or one of its submodules; torch is held to one thread."""
    module = importlib.import_module(DISTRIBUTIONS[name] + submodule)
    if name == "torch":
        module.set_num_threads(1)
    return module


def versions() -> str:
    """What is installed, in one line."""
    found = (
        f"{name} {importlib.metadata.version(package)}"
        for name, package in DISTRIBUTIONS.items()
        if is_installed(name)
    )
    return ", ".join((f"Python {platform.python_version()}", *found))
