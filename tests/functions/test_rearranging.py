"""Elements turned round, rolled, repeated."""

from __future__ import annotations

import pytest
from declared_checks import (
    LAYOUTS,
    check_derivatives,
    check_memory,
    check_values,
    declared_in,
    each_call,
)

from autograd_lite.engine.primitive import Declared
from autograd_lite.primitives import rearranging

EACH = pytest.mark.parametrize("one", declared_in(rearranging), ids=lambda one: one.name)


@EACH
def test_derivatives(one: Declared) -> None:
    each_call(one, check_derivatives)


@EACH
@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_are_numpys(one: Declared, layout: str) -> None:
    each_call(one, check_values, layout)


@EACH
@pytest.mark.parametrize("layout", LAYOUTS)
def test_views_are_where_numpys_are(one: Declared, layout: str) -> None:
    each_call(one, check_memory, layout)
