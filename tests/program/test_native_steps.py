"""Operations that machine code computes in steps are, to the last limit, what the engine gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import autograd_lite as al

pytest.importorskip("llvmlite", reason='needs llvmlite (pip install "autograd_lite[native]")')

from test_native import _cache_of_its_own as _cache_of_its_own

ROWS = np.array(list(itertools.product([-np.inf, -2.0, 0.5, 700.0, np.inf, np.nan], repeat=3)))


@pytest.mark.parametrize("function", [al.softmax, al.log_softmax])
@pytest.mark.parametrize("axis", [-1, 0, (0, 1), None])
def test_infinities(function: Any, axis: Any) -> None:
    native = al.compile(lambda x: function(x, axis=axis) * 1.0 + 0.0, backend="native")
    rows = ROWS if axis == -1 else [ROWS[:8], ROWS[40:60], ROWS[86:130]]
    for x in [rows] if axis == -1 else rows:
        with np.errstate(all="ignore"):
            wanted = function(x, axis=axis) * 1.0 + 0.0
        np.testing.assert_allclose(native(x), wanted, rtol=1e-14, atol=1e-15)
        assert "native" in native.source
        assert "softmax" not in native.source


def test_a_classifier_is_one_call() -> None:
    rng = np.random.default_rng(0)
    x, w, labels = rng.normal(size=(9, 6)), rng.normal(size=(6, 4)), rng.integers(0, 4, 9)

    def loss(w: Any, x: Any, labels: Any) -> Any:
        return -al.log_softmax(al.relu(x @ w), axis=-1)[np.arange(len(x)), labels].mean()

    native = al.compile(loss, backend="native").value_and_grad
    value, slope = native(w, x, labels)
    assert native.source.count("native(") == 1
    assert "np." not in native.source
    wanted, eager = al.value_and_grad(loss)(w, x, labels)
    assert np.isclose(value, wanted, 1e-14)
    np.testing.assert_allclose(slope, eager, rtol=1e-12, atol=1e-14)
