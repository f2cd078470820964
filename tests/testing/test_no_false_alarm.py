"""Random programs with right gradients pass, and agree with HIPS autograd.

A few hundred here; `python -m benchmarks.random_programs` runs tens of thousands.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT))  # the benchmarks are no part of the package

from benchmarks import random_programs  # noqa: E402


def test_no_false_alarm_to_the_second_order():
    seen = random_programs.run(600, 0, random_programs.no_alarm)
    assert seen.elements > 1000
    assert max(seen.steps) >= 6
    assert len(seen.unclear) <= 3


@pytest.mark.filterwarnings("ignore")
def test_agreement_with_another_engine():
    pytest.importorskip("autograd")
    with np.errstate(all="ignore"):
        seen = random_programs.run(400, 1, random_programs.agrees)
    assert seen.compared > 250
    assert seen.worst < 1e-10
