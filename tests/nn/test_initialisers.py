"""How weights start: distributions, draw order, layouts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_lite import nn
from autograd_lite.nn import initialisers


@pytest.mark.parametrize("layout", ["in,out", "out,in"])
@pytest.mark.parametrize("row", ["001-12"])
def test_draw_order_of_the_first_layer_class(row: str, layout: Any) -> None:
    """w of shape (nout, nin), then b, from the legacy generator, as `np.random.seed(0)` gives."""
    legacy = np.random.RandomState(0)
    w, b = legacy.random_sample((4, 3)) - 0.5, legacy.random_sample(4) - 0.5
    layer = nn.Affine(
        3, 4, init="uniform", bias="uniform", layout=layout, rng=np.random.RandomState(0)
    )
    expected = w.T if layout == "out,in" else w.reshape(3, 4)
    np.testing.assert_array_equal(layer.W.data, expected)
    np.testing.assert_array_equal(layer.b.data, b)
    assert layer.W.data.flags.c_contiguous


@pytest.mark.parametrize("row", ["001-03"])
def test_legacy_draws_are_numpys(row: str) -> None:
    drawn = initialisers.draw("uniform", np.random.RandomState(0), (3, 3), 3, 3) + 0.5
    np.testing.assert_allclose(drawn[0], [0.5488135, 0.71518937, 0.60276338], atol=5e-9)


@pytest.mark.parametrize(
    ("init", "mean", "std"),
    [
        ("uniform", 0.0, np.sqrt(1 / 12)),
        ("normal", 0.0, 1.0),
        ("small_normal", 0.0, 0.01),
        ("zeros", 0.0, 0.0),
        ("ones", 1.0, 0.0),
        ("xavier", 0.0, np.sqrt(2 / 500)),
        ("he", 0.0, np.sqrt(2 / 200)),
        (initialisers.normal(3.0), 0.0, 3.0),
        (initialisers.uniform(2.0), 0.0, 4 / np.sqrt(12)),
        (0.25, 0.25, 0.0),
    ],
)
def test_distributions(init: Any, mean: float, std: float) -> None:
    W = nn.Affine(200, 300, init=init, rng=0).W.data
    assert W.mean() == pytest.approx(mean, abs=0.02 * std + 1e-12)
    assert W.std() == pytest.approx(std, rel=0.02, abs=1e-12)


def test_a_convolution_counts_its_window() -> None:
    W = nn.Conv2d(8, 50, 5, init="he", rng=0).W.data
    assert W.std() == pytest.approx(np.sqrt(2 / (8 * 25)), rel=0.03)


def test_the_generator_decides() -> None:
    one, other = nn.Affine(3, 2, rng=7), nn.Affine(3, 2, rng=np.random.default_rng(7))
    np.testing.assert_array_equal(one.W.data, other.W.data)
    assert not np.array_equal(nn.Affine(3, 2).W.data, nn.Affine(3, 2).W.data)


def test_refused() -> None:
    with pytest.raises(TypeError, match="floating dtype, not int64"):
        nn.Affine(2, 2, dtype=np.int64)
    with pytest.raises(TypeError, match="not list"):
        nn.Affine(2, 2, init=[[1.0, 2.0], [3.0, 4.0]])  # type: ignore[arg-type]
