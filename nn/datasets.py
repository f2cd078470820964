"""Where samples come from: the MNIST files, scikit-learn's digits, and small sets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.nn import files
from autograd_lite.nn.batches import Dataset, Rng, as_rng, split
from autograd_lite.nn.idx import read_idx, write_idx

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
GATES = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
    "xnor": (1, 0, 0, 1),
}


# ---------------------------------------------------------------- images of digits


class Mnist(NamedTuple):
    """Images (n, 28, 28) and labels (n,) of MNIST, as bytes."""

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array


def load_mnist(folder: files.Path) -> Mnist:
    """The four MNIST files of a folder, gzipped (`….gz`) or plain.

    Raises:
        FileNotFoundError: if one of them is not there.
        ValueError: if one is broken, or images and labels do not belong together.
    """
    train_images, train_labels, test_images, test_labels = (
        _find_idx(Path(folder), name) for name in MNIST_FILES
    )
    train = _read_images(train_images), _read_labels(train_labels)
    test = _read_images(test_images), _read_labels(test_labels)
    for images, labels in (train, test):
        if len(images) != len(labels):
            raise ValueError(
                f"load_mnist: {os.fspath(folder)} has {len(images)} images for "
                f"{len(labels)} labels; are its files of one set?"
            )
    return Mnist(*train, *test)


def _find_idx(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    raise FileNotFoundError(f"load_mnist: neither {name}.gz nor {name} is in {folder}")


def _read_images(path: Path) -> Array:
    images = read_idx(path)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"load_mnist: {path} holds {images.dtype} of shape {images.shape}, not images: "
            "bytes of shape (n, rows, columns)"
        )
    return images


def _read_labels(path: Path) -> Array:
    labels = read_idx(path)
    if labels.ndim != 1 or labels.dtype != np.uint8 or (labels > 9).any():
        raise ValueError(
            f"load_mnist: {path} holds {labels.dtype} of shape {labels.shape}, not labels: "
            "bytes 0 … 9 of shape (n,)"
        )
    return labels


def load_digits(size: int = 8) -> Dataset:
    """scikit-learn's 1797 handwritten digits, which need no download: a stand-in for MNIST, and
    an easier one.

    Args:
        size: 8 for images (1797, 8, 8) with numbers 0 … 16 (divide by 16); 28 for images
            (1797, 28, 28) like MNIST's, 0 … 255: each pixel three times in both directions, and
            two rows or columns of zeros on each side.

    Returns:
        Images and labels 0 … 9 as bytes, in the file's order, which is not random: shuffle
        before splitting.

    Raises:
        ImportError: if scikit-learn is not installed.
        ValueError: if the size is another.
    """
    if size not in (8, 28):
        raise ValueError(f"load_digits: size {size} must be 8 or 28")
    try:
        from sklearn.datasets import load_digits as load
    except ImportError as error:
        raise ImportError(
            "load_digits needs scikit-learn: pip install 'autograd_lite[digits]'"
        ) from error
    digits = load()
    images = digits.images
    if size == 28:
        images = np.rint(images * 255 / 16).repeat(3, axis=1).repeat(3, axis=2)
        images = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    return Dataset(images.astype(np.uint8), digits.target.astype(np.uint8))


def write_digits(folder: files.Path) -> None:
    """Write the digits of size 28 as the four MNIST files: what learns from those runs unchanged.

    1497 for training and 300 for the test, shuffled by `RandomState(0)`.
    """
    train, test = split(*load_digits(28), (1497, 300), np.random.RandomState(0))
    for name, array in zip(MNIST_FILES, (*train, *test), strict=True):
        write_idx(Path(folder) / f"{name}.gz", array)


# ---------------------------------------------------------------- small sets


def logic_gate(name: str) -> Dataset:
    """The four corners 00, 01, 10, 11 and what a gate makes of them, shapes (4, 2) and (4, 1).

    Args:
        name: and, or, nand, nor, xor, xnor. No line separates the last two.

    Raises:
        ValueError: if there is no such gate.
    """
    if name not in GATES:
        raise ValueError(f"logic_gate: {name!r} is not one of {', '.join(GATES)}")
    return Dataset(np.array(CORNERS), np.array(GATES[name], dtype=np.float64)[:, None])


def xor() -> Dataset:
    """Exclusive or, 1 where the two inputs differ: shapes (4, 2) and (4, 1).

    >>> xor().targets.ravel()
    array([0., 1., 1., 0.])
    """
    return logic_gate("xor")


def tshirt() -> Dataset:
    """Body length and width in cm, and the T-shirt to buy: 0 is S, 1 is M; shapes (7, 2) and
    (7, 1). The length alone decides, M if −69 + length > 0."""
    lengths = np.array([60, 68, 68.5, 69, 69.5, 70, 74])
    inputs = np.column_stack([lengths, np.full(len(lengths), 50.0)])
    return Dataset(inputs, (lengths[:, None] > 69).astype(np.float64))


def pythagoras(n: int = 100, rng: Rng | int | None = None) -> Dataset:
    """x uniform in [0, 1)³, t = √((x₁² + x₂² + x₃²)/3); shapes (n, 3) and (n, 1).

    Args:
        rng: `RandomState(0)` if None, as the row has it. To draw weights after the samples, pass
            a RandomState and go on with it.

    >>> pythagoras().targets[0]
    array([0.62610323])
    """
    rng = np.random.RandomState(0) if rng is None else as_rng(rng)
    x = rng.random((n, 3))
    return Dataset(x, np.sqrt((x**2).sum(axis=1, keepdims=True) / 3))


def plane(
    n: int = 100_000, rng: Rng | int | None = None, low: float = 0.0, high: float = 1.0
) -> Dataset:
    """x uniform in [low, high)², t = 3x₀ + 2x₁; shapes (n, 2) and (n, 1)."""
    x = as_rng(rng).uniform(low, high, (n, 2))
    return Dataset(x, 3 * x[:, :1] + 2 * x[:, 1:])


def two_clouds(n: int = 200, rng: Rng | int | None = None, distance: float = 4.0) -> Dataset:
    """Two Gaussian clouds around (±distance/2, 0), of standard deviation 1: class 0 on the left
    and 1 on the right, shapes (n, 2) and (n, 1). A line separates them, but for what overlaps."""
    targets, x = _two_classes(n, as_rng(rng))
    x[:, 0] += distance * (targets[:, 0] - 0.5)
    return Dataset(x, targets)


def cloud_in_ring(n: int = 200, rng: Rng | int | None = None, radius: float = 4.0) -> Dataset:
    """A Gaussian cloud of standard deviation ½ around 0 (class 1) and a ring of that radius
    around it (class 0), shapes (n, 2) and (n, 1): no line separates them."""
    rng = as_rng(rng)
    targets, x = _two_classes(n, rng)
    angle = rng.uniform(0, 2 * np.pi, n)
    ring = radius * np.column_stack([np.cos(angle), np.sin(angle)])
    return Dataset(0.5 * x + (1 - targets) * ring, targets)


def _two_classes(n: int, rng: Rng) -> tuple[Array, Array]:
    """Targets 0 and 1 by turns, and a point of the standard normal distribution for each."""
    return (np.arange(n) % 2.0)[:, None], rng.normal(size=(n, 2))
