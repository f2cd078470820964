"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import autograd_lite

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(autograd_lite.__path__, "autograd_lite.")
    if not module.name.endswith("__main__")  # importing that runs the command line
)


def test_every_package_is_walked() -> None:
    assert {"autograd_lite.value", "autograd_lite.nn", "autograd_lite.viz"} <= set(MODULES)


@pytest.mark.parametrize("name", ["autograd_lite", *MODULES])
def test_examples_of_module(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0
