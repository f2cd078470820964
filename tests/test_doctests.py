"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import autograd_lite
from autograd_lite import PRIMITIVES
from autograd_lite.engine.primitive import COMPOSED, retract

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(autograd_lite.__path__, "autograd_lite.")
    if not module.name.endswith("__main__")  # importing that runs the command line
)


def test_every_package_is_walked() -> None:
    assert {"autograd_lite.engine.value", "autograd_lite.nn", "autograd_lite.viz"} <= set(MODULES)


@pytest.mark.parametrize("name", ["autograd_lite", *MODULES])
def test_examples_of_module(name: str) -> None:
    module = importlib.import_module(name)
    composed = [one for one in COMPOSED.values() if one.function.__module__ != name]
    elsewhere = {one.function.__doc__ for one in (*PRIMITIVES.values(), *composed)}
    before = {*PRIMITIVES, *COMPOSED}
    runner = doctest.DocTestRunner()
    for example in doctest.DocTestFinder().find(module):
        if example.docstring not in elsewhere:  # methods have them too: see test_primitives
            runner.run(example)
    for declared in {*PRIMITIVES, *COMPOSED} - before:
        one = PRIMITIVES.get(declared) or COMPOSED[declared]
        if one.function.__module__ == name:
            retract(declared)
    assert runner.failures == 0
