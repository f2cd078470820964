"""The examples that learn images, on few of them."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import numpy as np
from example_runs import PNG, Run, number

from autograd_lite.nn import load, write_digits, write_idx
from autograd_lite.nn.cifar import TEST, TRAINING


def accuracies(printed: str) -> list[float]:
    """What stands behind `test` or `validation` in the lines of the epochs, in %."""
    lines = [line for line in printed.splitlines() if line.startswith("epoch")]
    return [float(line.split()[-2]) for line in lines]


def test_digits(run: Run, tmp_path: Path) -> None:
    plot, file = tmp_path / "digits.png", tmp_path / "digits.npz"
    printed = run("mnist", "--epochs", 5, "--plot", plot, "--save", file, "--confusion")
    found = accuracies(printed)
    assert len(found) == 5
    assert found[-1] >= 95
    assert number(r"300 images, \d+ right: (\S+) %", printed) == found[-1]
    assert number(r"300 images, (\d+) right", printed) == round(3 * found[-1])
    assert printed.count("[") == 11  # the confusion matrix
    assert plot.read_bytes().startswith(PNG)
    assert load(file)["0.W"].shape == (784, 100)


def test_digits_with_other_layers_and_the_squared_error(run: Run) -> None:
    options = ("--loss", "squared", "--shuffle", "--float32")
    printed = run("mnist", "--hidden", 60, 40, *options, "--epochs", 5)
    assert accuracies(printed)[-1] > accuracies(printed)[0]


def test_digits_stop_early(run: Run) -> None:
    printed = run("mnist", "--early-stopping")
    found = accuracies(printed)
    assert "ended by early stopping" in printed
    assert len(found) < 100
    assert all(a < b for a, b in itertools.pairwise(found[:-1]))
    assert found[-1] <= found[-2]
    assert number(r"right: (\S+) %", printed) >= 90


def test_digits_by_convolutions(run: Run) -> None:
    printed = run("mnist", "--conv", "--epochs", 1)
    assert accuracies(printed)[-1] >= 80


def test_few_samples_are_learnt_by_heart(run: Run) -> None:
    printed = run("mnist", "--samples", 30, "--epochs", 150, "--batch-size", 10)
    last = printed.splitlines()[-3]
    assert "training 100.00 %" in last
    assert accuracies(printed)[-1] < 95


def test_mnist_files(run: Run, refuse: Run, tmp_path: Path) -> None:
    assert "train-images" in refuse("mnist", "--data", tmp_path)
    write_digits(tmp_path)  # the digits in the form of MNIST
    assert (
        run("mnist", "--epochs", 1, "--data", tmp_path).splitlines()[0]
        == (run("mnist", "--epochs", 1).splitlines()[0])
    )
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(gzip.decompress(labels.read_bytes())[:-1]))
    assert "train-labels" in refuse("mnist", "--data", tmp_path)
    write_idx(labels, np.zeros(7, np.uint8))
    assert "7 labels" in refuse("mnist", "--data", tmp_path)


def test_same_seed_same_training(run: Run) -> None:
    first, again, other = (
        run("mnist", "--epochs", 1, "--samples", 200, "--shuffle", "--seed", seed).splitlines()[0]
        for seed in (3, 3, 4)
    )
    assert first == again != other


def test_cifar10_made_up(run: Run, tmp_path: Path) -> None:
    plot = tmp_path / "cifar.png"
    printed = run("cifar10", "--epochs", 1, "--plot", plot)
    assert accuracies(printed)[-1] >= 90
    right, of = (sum(int(line.split()[i]) for line in printed.splitlines()[1:]) for i in (1, 3))
    assert of == 500
    assert right == round(5 * accuracies(printed)[-1])
    assert plot.read_bytes().startswith(PNG)


def test_cifar10_files(run: Run, refuse: Run, tmp_path: Path) -> None:
    assert "cs.toronto.edu" in refuse("cifar10", "--data", tmp_path)
    rng = np.random.default_rng(0)
    for name in (*TRAINING, TEST):
        rows = np.column_stack([np.arange(20) % 10, rng.integers(0, 256, (20, 3072))])
        (tmp_path / f"{name}.bin").write_bytes(rows.astype(np.uint8).tobytes())
    printed = run("cifar10", "--data", tmp_path, "--epochs", 1)
    assert "airplane " in printed
    assert "of     2 right" in printed
    (tmp_path / f"{TEST}.bin").write_bytes(b"\0" * 3000)
    assert "test_batch.bin" in refuse("cifar10", "--data", tmp_path)
