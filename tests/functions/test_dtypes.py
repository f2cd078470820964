"""The dtypes of results: the page that lists them is the one that is made, and NumPy's are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dtypes_page import (
    KEPT,
    NONE,
    OTHER,
    REFUSED_HERE,
    TAKEN_HERE,
    WIDER,
    everything,
    kind_of,
    page,
)
from table_calls import Call, Entry

from autograd_lite import Tensor
from autograd_lite.engine.primitive import Composed, Rule
from autograd_lite.engine.variable import is_variable

PAGE = Path(__file__).parents[2] / "docs" / "dtypes.md"

KNOWN = {OTHER: {"np.histogram"}, REFUSED_HERE: {"np.interp"}, TAKEN_HERE: {"np.fabs"}}
"""Where of complex numbers something else than NumPy's results is given. Of real ones, nowhere."""


def test_the_page_is_the_one_that_is_made() -> None:
    text = PAGE.read_text("utf-8")
    if f"with NumPy {'.'.join(np.__version__.split('.')[:2])}." not in text:
        pytest.skip("the page is made with another version of NumPy")
    made = "run python tests/functions/dtypes_page.py > docs/dtypes.md"
    assert text == page(), made


def test_dtypes_are_those_of_numpy() -> None:
    for dtype, row in everything().items():
        for kind in (OTHER, REFUSED_HERE, TAKEN_HERE):
            names = {entry.name for entry, one in row.items() if one.kind == kind}
            allowed = KNOWN[kind] if dtype.startswith("complex") else set()
            assert names <= allowed, f"{dtype}: {kind}"


OURS: dict[str, tuple[Rule, Rule, str]] = {
    "kept": (lambda x: 2.0 * x, lambda x: 2.0 * x, KEPT),
    "wider": (lambda x: x * np.ones(3), lambda x: x * np.ones(3), WIDER),
    "other": (lambda x: 2.0 * x, lambda x: x * np.ones(3), OTHER),
    "fewer": (lambda x: (x, x), lambda x: (x,), OTHER),
    "refused": (lambda x: x, lambda x: x[0, 0], REFUSED_HERE),
    "taken": (lambda x: x[0, 0], lambda x: x, TAKEN_HERE),
    "plain": (lambda x: x > 0.0, lambda x: x > 0.0, NONE),
}


@pytest.mark.parametrize("what", OURS)
def test_kinds_are_told_apart(what: str) -> None:
    right, ours, expected = OURS[what]

    def function(x: Any) -> Any:
        return (ours if is_variable(x) else right)(x)

    entry = Entry(Composed(name="f", function=function), function)
    assert kind_of(Call(entry, (np.ones(3, np.float32),), (), {}), "float32") == expected


def test_precision_is_that_of_each_part_of_a_complex_number() -> None:
    def length(x: Any) -> Any:
        return np.abs(x)

    entry = Entry(Composed(name="f", function=length), length)
    ones = np.ones(3, np.complex64)
    call = Call(entry, (ones,), (), {})
    assert call.of(length, [Tensor(ones)]).dtype == np.float32
    assert kind_of(call, "complex64") == KEPT
