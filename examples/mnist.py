"""Learn to read digits: a network 784-100-10 and its variants.

Without --data it learns scikit-learn's 1797 digits, enlarged to 28×28: 1497 to learn from and
300 for the test. They are easier than MNIST, and what is reached on them says nothing about it.
With --data DIR it learns MNIST from its four files, which are not downloaded for you.

The network and its recipe are the classical ones: sigmoid units, weights and biases uniform in ±½,
batches of 50 in the file's order, learning rate 0.01 on the sum of the samples' gradients. The
output layer is softmax with the cross entropy, or sigmoid with the squared error. --conv is
another network: two convolutions with pooling, ReLU, Adam, float32.

Expect, test accuracy with seed 0:
  digits, 10 epochs          softmax 98.7 %, squared 96.7 %; half a second
  MNIST, 1 and 2 epochs      softmax 92.6 and 94.4 %, squared 90.3 and 92.5 %; 0.6 s an epoch
  MNIST, --conv, 3 epochs    98.9 %; 6 s an epoch
--early-stopping ends as soon as an epoch is not better than the one before, on samples that were
set apart. --samples 100 --epochs 2000 shows overfitting: the training loss goes to 0, while the
test accuracy stays where it was after a few hundred epochs.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import options

from autograd_lite.nn import (
    SGD,
    Adam,
    Affine,
    Conv2d,
    Dataset,
    Flatten,
    MaxPool2d,
    Mnist,
    Optimiser,
    ReLU,
    Sequential,
    Sigmoid,
    Training,
    accuracy,
    confusion_matrix,
    fit,
    flatten,
    load_digits,
    load_mnist,
    mlp,
    one_hot,
    plots,
    predict,
    save_model,
    scale_pixels,
    schedules,
    softmax_cross_entropy,
    split,
    squared_error,
)


class Recipe(NamedTuple):
    """A network with the loss and the optimiser that train it."""

    net: Sequential
    loss: Any
    optimiser: Optimiser


def read(folder: Path | None) -> Mnist:
    """MNIST, or scikit-learn's digits in its form."""
    if folder is not None:
        return load_mnist(folder)
    train, test = split(*load_digits(28), (1497, 300), np.random.RandomState(0))
    return Mnist(*train, *test)


def prepare(images: Any, labels: Any, given: argparse.Namespace) -> Dataset:
    """Numbers 0 … 1 in the shape that the network wants, and targets that the loss wants."""
    x = scale_pixels(images, np.float32 if given.float32 else np.float64)
    squared = given.loss == "squared"
    return Dataset(
        x[:, None] if given.conv else flatten(x), one_hot(labels, 10) if squared else labels
    )


def classical(given: argparse.Namespace) -> Recipe:
    """784-100-10, or with other hidden layers."""
    squared = given.loss == "squared"
    net = mlp(
        784,
        *given.hidden,
        10,
        hidden=Sigmoid,
        output=Sigmoid if squared else None,
        init="uniform",
        bias="uniform",
        layout="out,in",
        rng=np.random.RandomState(given.seed),
        dtype=np.float32 if given.float32 else np.float64,
    )
    loss = squared_error if squared else softmax_cross_entropy
    # the mean of 50 gradients times 50·0.01 is their sum times 0.01
    return Recipe(net, partial(loss, reduction="batch_mean"), SGD(net, given.lr * given.batch_size))


def convolutions(given: argparse.Namespace, updates: int) -> Recipe:
    """28×28 -> 8 of 24×24 -> 12×12 -> 16 of 8×8 -> 4×4 -> 10, with 5×5 windows."""
    rng, f32 = np.random.default_rng(given.seed), np.float32
    net = Sequential(
        Conv2d(1, 8, 5, rng=rng, dtype=f32),
        MaxPool2d(2),
        ReLU(),
        Conv2d(8, 16, 5, rng=rng, dtype=f32),
        MaxPool2d(2),
        ReLU(),
        Flatten(),
        Affine(256, 10, rng=rng, dtype=f32),
    )
    return Recipe(net, softmax_cross_entropy, Adam(net, schedules.cosine(given.lr, updates)))


def progress(other: str, training: Training) -> None:
    """A line an epoch."""
    h = training.history
    ours, theirs = 100 * h.accuracy[-1], 100 * h.validation_accuracy[-1]
    print(
        f"epoch {training.epoch:3}: loss {h.loss[-1]:.4f}, training {ours:.2f} %, "
        f"{other} {theirs:.2f} %",
        flush=True,
    )


def arguments_of(arguments: list[str] | None) -> argparse.Namespace:
    """The command line, with what was left out filled in."""
    parser = options.parser(__doc__)
    add = parser.add_argument
    add("--data", type=Path, metavar="DIR", help="the folder of MNIST's four files")
    add("--loss", choices=("softmax", "squared"), default="softmax", help="(default: softmax)")
    add("--hidden", type=options.count, nargs="+", metavar="UNITS", help="(default: 100)")
    add("--conv", action="store_true", help="the network with convolutions instead")
    add("--epochs", type=options.count, help="(default: 10; --conv: 3; --early-stopping: 100)")
    add("--batch-size", type=options.count, help="(default: 50; --conv: 100)")
    add("--lr", type=options.rate, help="(default: 0.01; --conv: 0.007)")
    add("--shuffle", action="store_true", help="in every epoch, which --conv does anyway")
    add("--early-stopping", action="store_true", help="see below")
    add("--samples", type=options.count, help="learn from the first so many only")
    add("--float32", action="store_true", help="as --conv does anyway")
    add("--confusion", action="store_true", help="print which digit was taken for which")
    add(
        "--save",
        type=options.weights,
        metavar="FILE",
        help="the parameters, to .npz or .safetensors",
    )
    options.add_seed(parser)
    options.add_plot(parser, "losses and accuracies")
    given = parser.parse_args(arguments)
    if given.conv and (given.hidden or given.loss == "squared"):
        parser.error("--conv has a network and a loss of its own, without --hidden and --loss")
    given.epochs = given.epochs or (100 if given.early_stopping else 3 if given.conv else 10)
    given.batch_size = given.batch_size or (100 if given.conv else 50)
    given.lr = given.lr or (0.007 if given.conv else 0.01)
    given.hidden = given.hidden or [100]
    given.float32 = given.float32 or given.conv
    try:
        given.digits = read(given.data)
    except (OSError, ValueError, ImportError) as error:
        parser.error(str(error))
    return given


def parts(given: argparse.Namespace) -> tuple[Dataset, Dataset, Dataset]:
    """Samples for training, for looking at after each epoch, and for the test."""
    digits = given.digits
    train = prepare(digits.train_images, digits.train_labels, given)
    test = prepare(digits.test_images, digits.test_labels, given)
    other = test
    if given.early_stopping:
        apart = len(test.inputs)
        train, other = split(*train, (len(train.inputs) - apart, apart))
    return Dataset(*(array[: given.samples] for array in train)), other, test


def main(arguments: list[str] | None = None) -> int:
    """Train, test, and print how it went."""
    given = arguments_of(arguments)
    train, other, test = parts(given)
    updates = given.epochs * -(-len(train.inputs) // given.batch_size)
    recipe = convolutions(given, updates) if given.conv else classical(given)
    name = "validation" if given.early_stopping else "test"
    start = time.perf_counter()
    history = fit(
        *recipe,
        train,
        given.epochs,
        given.batch_size,
        shuffle=given.shuffle or given.conv,
        rng=given.seed,
        accuracy=accuracy,
        validation=other,
        early_stopping=given.early_stopping,
        callbacks=[partial(progress, name)],
    )
    seconds = (time.perf_counter() - start) / len(history.loss)
    said = predict(recipe.net, test.inputs)
    right = round(accuracy(said, test.targets) * len(said))
    print(
        f"{seconds:.2g} s an epoch" + (f"; ended by {history.stopped}" if history.stopped else "")
    )
    print(f"{len(said)} images, {right} right: {100 * right / len(said):.2f} %")
    if given.confusion:
        print(confusion_matrix(test.targets, said, 10))
    if given.save:
        save_model(given.save, recipe.net)
    if given.plot:
        what = "scikit-learn's digits" if given.data is None else "MNIST"
        layers = "convolutions" if given.conv else "-".join(map(str, (784, *given.hidden, 10)))
        plots.save(plots.plot_history(history, f"{what}: {layers}, {given.loss}", name), given.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
