"""The data sets: MNIST files, scikit-learn's digits, and the seeds' small sets."""

from __future__ import annotations

import hashlib
import os
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.nn.batches import flatten, one_hot, scale_pixels, split
from autograd_lite.nn.datasets import (
    MNIST_FILES,
    cloud_in_ring,
    load_digits,
    load_mnist,
    logic_gate,
    plane,
    pythagoras,
    tshirt,
    two_clouds,
    write_digits,
    xor,
)
from autograd_lite.nn.idx import read_idx, write_idx

MNIST = Path(os.environ.get("MNIST_DIR", Path(__file__).parents[3] / "shared/data/mnist"))


def row(name: str) -> Any:
    """A parameter that does nothing but give the test the row's name."""
    return pytest.mark.parametrize("row", [name])


def write_mnist(folder: Path, suffix: str, n: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = [
        rng.integers(0, 256, (n, 28, 28), np.uint8),
        rng.integers(0, 10, n, np.uint8),
        rng.integers(0, 256, (2, 28, 28), np.uint8),
        rng.integers(0, 10, 2, np.uint8),
    ]
    for name, array in zip(MNIST_FILES, arrays, strict=True):
        write_idx(folder / (name + suffix), array)
    return arrays


@pytest.mark.parametrize("suffix", [pytest.param(s, id=f"001-19 {s}") for s in ("", ".gz")])
def test_load_mnist(tmp_path: Path, suffix: str) -> None:
    arrays = write_mnist(tmp_path, suffix)
    for found, written in zip(load_mnist(tmp_path), arrays, strict=True):
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, written)


def test_load_mnist_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte"):
        load_mnist(tmp_path)
    images, labels, *_ = write_mnist(tmp_path, "")
    write_idx(tmp_path / MNIST_FILES[1], labels[1:])
    with pytest.raises(ValueError, match="3 images for 2 labels"):
        load_mnist(tmp_path)
    write_idx(tmp_path / MNIST_FILES[1], labels + np.uint8(10))
    with pytest.raises(ValueError, match=r"train-labels.*not labels"):
        load_mnist(tmp_path)
    write_idx(tmp_path / MNIST_FILES[1], images)
    with pytest.raises(ValueError, match=r"train-labels.*not labels"):
        load_mnist(tmp_path)
    write_idx(tmp_path / MNIST_FILES[0], images.astype(np.float32))
    with pytest.raises(ValueError, match=r"train-images.*not images"):
        load_mnist(tmp_path)


@pytest.mark.skipif(not MNIST.is_dir(), reason=f"no MNIST in {MNIST}; set MNIST_DIR")
@row("001-19")
def test_the_real_mnist(row: str) -> None:
    data = load_mnist(MNIST)
    assert data.train_images.shape == (60000, 28, 28)
    assert data.test_images.shape == (10000, 28, 28)
    assert data.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(data.test_labels).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    header = struct.pack(">4I", 0x803, 60000, 28, 28)
    digest = hashlib.md5(header + data.train_images.tobytes(), usedforsecurity=False).hexdigest()
    assert digest == "6bbc9ace898e44ae57da46a324031adb"  # of the uncompressed file


# ---------------------------------------------------------------- digits


def test_digits_of_8_by_8() -> None:
    images, labels = load_digits()
    assert (images.dtype, images.shape) == (np.uint8, (1797, 8, 8))
    assert (labels.dtype, labels.shape) == (np.uint8, (1797,))
    assert images.max() == 16
    assert labels[:10].tolist() == list(range(10))


def test_digits_of_28_by_28() -> None:
    small, labels = load_digits()
    images, same = load_digits(28)
    assert (images.dtype, images.shape) == (np.uint8, (1797, 28, 28))
    np.testing.assert_array_equal(labels, same)
    assert not images[:, [0, 1, 26, 27]].any()
    assert not images[:, :, [0, 1, 26, 27]].any()
    for row, column in ((2, 2), (3, 4), (4, 3)):  # any of the three by three of a block
        block = images[:, row:26:3, column:26:3]
        np.testing.assert_array_equal(block, np.rint(small * (255 / 16)))


@pytest.mark.parametrize("size", [7, 64])
def test_digits_of_another_size(size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        load_digits(size)


def test_digits_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"autograd_lite\[digits\]"):
        load_digits()


@row("001-19")
def test_the_header_of_the_digits(tmp_path: Path, row: str) -> None:
    images, _ = load_digits(28)
    write_idx(tmp_path / "digits", images)
    header = (tmp_path / "digits").read_bytes()[:16]
    assert header.hex(" ", 4) == "00000803 00000705 0000001c 0000001c"
    np.testing.assert_array_equal(read_idx(tmp_path / "digits"), images)


def test_digits_as_mnist_files(tmp_path: Path) -> None:
    write_digits(tmp_path)
    data = load_mnist(tmp_path)
    images, labels = load_digits(28)
    order = np.random.RandomState(0).permutation(1797)
    np.testing.assert_array_equal(data.train_images, images[order[:1497]])
    np.testing.assert_array_equal(data.train_labels, labels[order[:1497]])
    np.testing.assert_array_equal(data.test_images, images[order[1497:]])
    np.testing.assert_array_equal(data.test_labels, labels[order[1497:]])


@row("001-27")
def test_the_digits_are_drawn_as_in_the_reference(row: str) -> None:
    """Plain NumPy, 64-100-10, one epoch of minibatches: `300 132`."""
    images, labels = load_digits()
    train, test = split(
        flatten(images) / 16, one_hot(labels, 10), (1497, 300), np.random.RandomState(0)
    )
    rng = np.random.RandomState(0)
    w1, b1 = rng.random((100, 64)) - 0.5, rng.random(100) - 0.5
    w2, b2 = rng.random((10, 100)) - 0.5, rng.random(10) - 0.5
    for i in range(0, 1450, 50):
        x, t = train.inputs[i : i + 50], train.targets[i : i + 50]
        z = 1 / (1 + np.exp(-(x @ w1.T + b1)))
        y = 1 / (1 + np.exp(-(z @ w2.T + b2)))
        d2 = 2 * (y - t) * y * (1 - y)
        d1 = d2 @ w2 * z * (1 - z)
        w1, b1 = w1 - 0.01 * d1.T @ x, b1 - 0.01 * d1.sum(axis=0)
        w2, b2 = w2 - 0.01 * d2.T @ z, b2 - 0.01 * d2.sum(axis=0)
    z = 1 / (1 + np.exp(-(test.inputs @ w1.T + b1)))
    found = (z @ w2.T + b2).argmax(axis=1) == test.targets.argmax(axis=1)
    assert (len(found), found.sum()) == (300, 132)


# ---------------------------------------------------------------- pixels and labels


@row("001-02")
def test_images_are_flattened_row_by_row(row: str) -> None:
    index = np.arange(784).reshape(1, 28, 28)
    flat = flatten(index)
    assert flat.shape == (1, 784)
    assert flat[0, 28 * 3 + 5] == index[0, 3, 5]
    assert index[0, 0, [0, 27]].tolist() == [0, 27]
    assert index[0, 27, [0, 27]].tolist() == [756, 783]
    assert flatten(np.zeros((0, 28, 28))).shape == (0, 784)
    assert flatten([1, 2]).shape == (2, 1)
    with pytest.raises(ValueError, match="flatten"):
        flatten(3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pixels_between_0_and_1(dtype: type) -> None:
    scaled = scale_pixels(np.arange(256, dtype=np.uint8), dtype)
    assert scaled.dtype == dtype
    np.testing.assert_array_equal(scaled, (np.arange(256) / 255).astype(dtype))


@row("001-20")
def test_one_hot_of_the_seed(row: str) -> None:
    expected = np.zeros(10)
    expected[3] = 1
    np.testing.assert_array_equal(one_hot(3, 10), expected)
    np.testing.assert_array_equal(one_hot(np.array([3], np.uint8), 10), [expected])


@given(st.lists(st.integers(0, 6)), st.sampled_from([np.uint8, np.int64]))
def test_one_hot_has_its_one_at_the_label(labels: list[int], dtype: type) -> None:
    out = one_hot(np.array(labels, dtype), 7, np.float32)
    assert (out.dtype, out.shape) == (np.float32, (len(labels), 7))
    assert (out.sum(axis=1) == 1).all()
    assert out.argmax(axis=1).tolist() == labels


def test_one_hot_of_what_is_no_label() -> None:
    with pytest.raises(ValueError, match="label 10 is not one of 0 … 9"):
        one_hot([3, 10], 10)
    with pytest.raises(ValueError, match="label -1"):
        one_hot([-1], 10)
    with pytest.raises(TypeError, match="float64"):
        one_hot([1.0], 10)
    with pytest.raises(TypeError, match="bool"):
        one_hot([True], 10)


# ---------------------------------------------------------------- small sets


@row("000-23")
def test_xor(row: str) -> None:
    x, t = xor()
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert t.tolist() == [[0], [1], [1], [0]]
    assert x.dtype == t.dtype == np.float64


@pytest.mark.parametrize("name", ["and", "or", "nand", "nor", "xor", "xnor"])
def test_logic_gates(name: str) -> None:
    x, t = logic_gate(name)
    a, b = x.astype(bool).T
    gates = {"and": a & b, "or": a | b, "xor": a ^ b}
    gates |= {"nand": ~(a & b), "nor": ~(a | b), "xnor": ~(a ^ b)}
    np.testing.assert_array_equal(t[:, 0], gates[name])


def test_no_such_gate() -> None:
    with pytest.raises(ValueError, match="implies"):
        logic_gate("implies")


@row("003-02")
def test_tshirt(row: str) -> None:
    x, t = tshirt()
    assert x[:, 0].tolist() == [60, 68, 68.5, 69, 69.5, 70, 74]
    assert t[:, 0].tolist() == [0, 0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(x @ [1, 0] - 69 > 0, t[:, 0])


@row("001-17")
def test_pythagoras(row: str) -> None:
    rng = np.random.RandomState(0)
    x, t = pythagoras(rng=rng)
    assert (x.shape, t.shape) == ((100, 3), (100, 1))
    np.testing.assert_allclose(x[0], [0.5488135039, 0.7151893664, 0.6027633761], atol=5e-11)
    np.testing.assert_allclose(t[0], [0.6261032341], atol=5e-11)
    np.testing.assert_array_equal(pythagoras().inputs, x)
    np.random.RandomState(0).random_sample(3)
    after = np.random.RandomState(0).random_sample(301)[300]
    assert rng.random_sample() == after  # the layers' weights are drawn next (3.2)


@row("002-12")
def test_plane(row: str) -> None:
    x, t = plane(1000, 0)
    assert (x.shape, t.shape) == ((1000, 2), (1000, 1))
    assert x.min() >= 0
    assert x.max() < 1
    np.testing.assert_allclose(t, x @ [[3.0], [2.0]], rtol=1e-15)
    assert plane(1000, 0, -5, 5).inputs.min() < -4.9
    assert len(plane().inputs) == 100_000


@given(st.integers(2, 50), st.integers(0, 1000))
def test_clouds(n: int, seed: int) -> None:
    for make in (two_clouds, cloud_in_ring):
        x, t = make(n, seed)
        assert (x.shape, t.shape) == ((n, 2), (n, 1))
        assert set(t[:, 0]) == {0, 1}
        np.testing.assert_array_equal(x, make(n, np.random.default_rng(seed)).inputs)


def test_what_a_line_can_do() -> None:
    """The best line (least squares, as good as any here) parts the clouds, not the ring."""
    for make, least, most in ((two_clouds, 0.95, 1.0), (cloud_in_ring, 0.0, 0.75)):
        x, t = make(1000, 0)
        x1 = np.column_stack([x, np.ones(1000)])
        w = np.linalg.lstsq(x1, 2 * t - 1, rcond=None)[0]
        assert least <= ((x1 @ w > 0) == t).mean() <= most
    x, t = cloud_in_ring(1000, 0)
    assert ((np.hypot(*x.T) < 2.2) == t[:, 0]).mean() > 0.99  # a circle does


def test_the_header_is_that_of_the_format(tmp_path: Path) -> None:
    write_mnist(tmp_path, "", n=7)
    images = (tmp_path / MNIST_FILES[0]).read_bytes()
    assert struct.unpack(">4I", images[:16]) == (0x803, 7, 28, 28)
    labels = (tmp_path / MNIST_FILES[1]).read_bytes()
    assert struct.unpack(">2I", labels[:8]) == (0x801, 7)
