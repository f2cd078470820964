"""What the tests of nn share: where the real MNIST lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograd_lite.nn.datasets import Mnist, load_mnist


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    """The real MNIST, from the folder AUTOGRAD_LITE_MNIST or ../shared/data/mnist; skips if
    there is neither."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
    folder = Path(os.environ.get("AUTOGRAD_LITE_MNIST", beside))
    if not folder.is_dir():
        pytest.skip(f"no MNIST in {folder}: set AUTOGRAD_LITE_MNIST to the folder of its files")
    return load_mnist(folder)
