"""Fixtures that run the example scripts."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from example_runs import FOLDER, Load, Run


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Load one of the scripts; its neighbours can be imported, as when it is run."""
    monkeypatch.syspath_prepend(str(FOLDER))

    def loaded(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield loaded
    for name in ("options", "xor_predict"):
        sys.modules.pop(name, None)


@pytest.fixture
def run(script: Load, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a script with a command line; what it prints, if it exits as it should."""

    def ran(name: str, *arguments: object, code: int = 0) -> str:
        module = script(name)
        capsys.readouterr()
        assert module.main([str(argument) for argument in arguments]) == code
        return capsys.readouterr().out

    return ran


@pytest.fixture
def refuse(script: Load, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a script with a command line that it refuses; what it says."""

    def refused(name: str, *arguments: object) -> str:
        with pytest.raises(SystemExit) as error:
            script(name).main([str(argument) for argument in arguments])
        assert error.value.code == 2
        return capsys.readouterr().err

    return refused
