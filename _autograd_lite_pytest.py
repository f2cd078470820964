"""The pytest plugin of autograd_lite.testing: fixtures, and a line that sums up what was checked.

pytest imports the plugins of everything that is installed, in every run. This one stands outside
of the package, and imports nothing of it before a test uses it.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest


@pytest.fixture
def check_gradient() -> Any:
    """`autograd_lite.testing.check_gradient`, without an import."""
    from autograd_lite.testing import check_gradient

    return check_gradient


@pytest.fixture
def check_layer() -> Any:
    """`autograd_lite.testing.check_layer`, without an import."""
    from autograd_lite.testing import check_layer

    return check_layer


@pytest.fixture
def check_module() -> Any:
    """`autograd_lite.testing.check_module`, without an import."""
    from autograd_lite.testing import check_module

    return check_module


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show of a wrong gradient what it was found to be, not how it was found."""
    outcome = yield
    error = None if call.excinfo is None else call.excinfo.value
    mismatch = getattr(sys.modules.get("autograd_lite.testing.report"), "GradientMismatch", None)
    if mismatch is None or not isinstance(error, mismatch):
        return
    report = outcome.get_result()
    if report.when == "call" and not item.config.getoption("fulltrace"):
        report.longrepr = _shown(error, call, item)


def _shown(error: BaseException, call: pytest.CallInfo[None], item: pytest.Item) -> str:
    """Where the test is, the table, and what Hypothesis found: the falsifying example."""
    assert call.excinfo is not None
    path = str(item.path)
    inside = [entry for entry in call.excinfo.traceback if str(entry.path) == path]
    place = f"{item.nodeid.partition('::')[0]}:{inside[-1].lineno + 1}: " if inside else ""
    notes = [note for note in getattr(error, "__notes__", []) if not note.startswith("    ")]
    examples = [note for note in notes if "xample" in note or "test case" in note]
    return "\n".join([f"{place}{error}", *examples])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The line that sums up, if anything was checked."""
    tally = sys.modules.get("autograd_lite.testing.tally")
    if tally is not None and tally.total.points:
        terminalreporter.write_line(f"gradients: {tally.total}")
