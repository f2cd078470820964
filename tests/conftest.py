"""What all tests share: the Hypothesis profiles."""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

# Derandomised everywhere, so that a red test is red again; `HYPOTHESIS_PROFILE=search` looks for
# new counterexamples, with other numbers in every run.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the garbage collector need not look at them each time."""
    gc.collect()
    gc.freeze()
