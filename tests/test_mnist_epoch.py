"""The benchmark of an MNIST epoch trains the same parameters everywhere, from the same start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent.parent))  # the benchmarks are no part of the package

from benchmarks import mnist_epoch, peers


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("peer", ["autograd_lite", "torch"])
def test_an_epoch_agrees_with_numpy_by_hand(peer: str, dtype: Any) -> None:
    if not peers.is_installed(peer):
        pytest.skip(f"{peer} is not installed (the extra bench)")
    setting = mnist_epoch.Setting.of_size(dtype, images=500)
    hand, other = mnist_epoch.by_hand(setting), mnist_epoch.PROGRAMS[peer](setting)
    for _ in range(2):  # each run starts anew
        hand.reset()
        other.reset()
        tolerance = 1e-10 if dtype == np.float64 else 1e-3
        starts = setting.parameters
        for p, expected, start in zip(other.run(), hand.run(), starts, strict=True):
            assert p.dtype == expected.dtype == dtype
            np.testing.assert_allclose(p, expected, rtol=tolerance, atol=tolerance)
            assert np.abs(expected - start).max() > 10 * tolerance  # it has learnt
