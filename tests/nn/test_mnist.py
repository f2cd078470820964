"""The recipes on the real MNIST: skipped where it is not at hand (see conftest.py)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from test_recipes import lecture_classifier

from autograd_lite import nn
from autograd_lite.nn import schedules
from autograd_lite.nn.datasets import Mnist


@pytest.fixture(scope="module")
def rows(mnist: Mnist) -> Any:
    """Images as rows of float64 in [0, 1], with one-hot targets to train on."""
    return SimpleNamespace(
        train=(
            nn.scale_pixels(nn.flatten(mnist.train_images)),
            nn.one_hot(mnist.train_labels, 10),
        ),
        test=nn.Dataset(nn.scale_pixels(nn.flatten(mnist.test_images)), mnist.test_labels),
    )


# Table 3.3b: test accuracy in percent and loss a sample, after 1 and 2 epochs, over three seeds.
FIGURES = {
    False: ((90.2, 90.6), (92.2, 92.5), (0.277, 0.291), (0.155, 0.157)),
    True: ((92.6, 92.7), (94.3, 94.4), (0.369, 0.374), (0.199, 0.203)),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "softmax", [pytest.param(False, id="001-25, 001-28"), pytest.param(True, id="001-38")]
)
def test_784_100_10(rows: Any, softmax: bool, seed: int) -> None:
    accuracy, history = lecture_classifier((784, 100, 10), softmax, seed, rows.train, rows.test, 2)
    first, second, loss_1, loss_2 = FIGURES[softmax]
    for found, (low, high) in zip(accuracy, (first, second), strict=True):
        assert low - 0.3 <= 100 * found <= high + 0.3
    for found, (low, high) in zip(history.loss, (loss_1, loss_2), strict=True):
        assert low - 6e-4 <= found / 50 <= high + 6e-4
    if seed == 0 and not softmax:
        assert 100 * np.array(accuracy) == pytest.approx([90.3, 92.5], abs=0.3)


@pytest.mark.slow
def test_convolution_reaches_98_5(mnist: Mnist) -> None:
    rng = np.random.default_rng(1)
    options: dict[str, Any] = {"rng": rng, "dtype": np.float32}
    net = nn.Sequential(
        nn.Conv2d(1, 8, 5, **options),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5, **options),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Affine(256, 10, **options),
    )
    train, test = (
        nn.scale_pixels(images, np.float32)[:, None]
        for images in (mnist.train_images, mnist.test_images)
    )
    optimiser = nn.Adam(net, schedules.cosine(0.004, 2 * 1200))
    nn.fit(net, nn.softmax_cross_entropy, optimiser, (train, mnist.train_labels), 2, 50, rng=rng)
    assert nn.accuracy(nn.predict(net, test), mnist.test_labels) >= 0.985
