"""What the tests of the seeds' rows have in common."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd_lite import numerical_gradient
from autograd_lite.nn import Dataset, flatten, load_digits, split

Array = npt.NDArray[Any]

MNIST = Path(os.environ.get("MNIST_DIR", Path(__file__).parents[3] / "shared/data/mnist"))
needs_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason=f"no MNIST in {MNIST}; set MNIST_DIR")


def row(*names: str) -> Any:
    """A parameter that does nothing but give the test the row's name."""
    return pytest.mark.parametrize("row", ["+".join(names)])


def digits_to(count: int) -> Any:
    """Equal to so many decimals, as a document prints them."""
    return functools.partial(pytest.approx, rel=0, abs=0.6 * 10.0**-count)


def assert_gradient(
    gradient: Any, f: Callable[[Any], Any], at: Any, tolerance: float = 1e-8
) -> None:
    """The gradient of f is this one, by central differences."""
    numerical = np.asarray(numerical_gradient(f, np.asarray(at, float)))
    np.testing.assert_allclose(gradient, numerical, rtol=1e-6, atol=tolerance)


def assert_no_gradient(wrong: Any, f: Callable[[Any], Any], at: Any) -> None:
    """This is *not* the gradient of f: it has another shape, or is off by more than 1 %."""
    numerical = np.asarray(numerical_gradient(f, np.asarray(at, float)))
    size = max(1e-12, float(np.abs(numerical).max()))
    if np.shape(wrong) == numerical.shape:
        assert np.abs(np.asarray(wrong) - numerical).max() > 0.01 * size


@functools.cache
def digits(size: int = 8) -> tuple[Dataset, Dataset]:
    """scikit-learn's digits in [0, 1]: 1497 to learn from, 300 for the test, shuffled."""
    images, labels = load_digits(size)
    x = flatten(images) / (16 if size == 8 else 255)
    train, test = split(x, labels, (1497, 300), np.random.RandomState(0))
    return train, test
