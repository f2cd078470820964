"""Learn CIFAR-10, colour images of ten kinds of things, with a network of convolutions.

--data DIR is the folder where the archive of https://www.cs.toronto.edu/~kriz/cifar.html was
unpacked, in its Python or its binary version; the pickles of the former are read without running
them. Nothing is downloaded. Without --data the images are made up, so that the script can be
tried: each class is a pattern of colours, shifted and under noise. They are easy, and what is
reached on them says nothing about CIFAR-10.

Expect: on made-up images 98 % after the third epoch, in some 3 seconds. On CIFAR-10 a
line an epoch with a loss that falls from below 2.3, which is guessing; how far this small network
gets in how many epochs has not been measured.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import options

from autograd_lite.nn import (
    Adam,
    Affine,
    BatchNorm,
    Cifar10,
    Conv2d,
    Flatten,
    MaxPool2d,
    ReLU,
    Sequential,
    Training,
    accuracy,
    classes_of,
    fit,
    load_cifar10,
    plots,
    predict,
    scale_pixels,
    schedules,
    softmax_cross_entropy,
)
from autograd_lite.nn.cifar import NAMES


def made_up(rng: np.random.Generator, n_train: int = 2000, n_test: int = 500) -> Cifar10:
    """Images like CIFAR-10's in form: smooth random patterns, one a class, shifted, with noise."""
    patterns = rng.uniform(0, 255, (10, 3, 4, 4)).repeat(8, axis=2).repeat(8, axis=3)
    labels = rng.integers(0, 10, n_train + n_test).astype(np.uint8)
    shifts = rng.integers(-4, 5, (len(labels), 2))
    images = np.stack(
        [np.roll(patterns[k], tuple(s), (1, 2)) for k, s in zip(labels, shifts, strict=True)]
    )
    images = np.clip(images + rng.normal(0, 250, images.shape), 0, 255).astype(np.uint8)
    return Cifar10(images[:n_train], labels[:n_train], images[n_train:], labels[n_train:], NAMES)


def network(rng: np.random.Generator) -> Sequential:
    """3×32×32 -> 16 of 14×14 -> 32 of 5×5 -> 10."""
    f32 = np.float32
    return Sequential(
        Conv2d(3, 16, 5, bias=None, rng=rng, dtype=f32),
        BatchNorm(16, dtype=f32),
        MaxPool2d(2),
        ReLU(),
        Conv2d(16, 32, 5, bias=None, rng=rng, dtype=f32),
        BatchNorm(32, dtype=f32),
        MaxPool2d(2),
        ReLU(),
        Flatten(),
        Affine(800, 10, rng=rng, dtype=f32),
    )


def standardise(images: Any, like: Any) -> Any:
    """Each colour with the mean 0 and the deviation 1 that it has in the training images."""
    x, seen = scale_pixels(images, np.float32), scale_pixels(like[:1000], np.float32)
    mean, deviation = (f(seen, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    return (x - mean) / deviation


def progress(training: Training) -> None:
    """A line an epoch."""
    h = training.history
    ours, theirs = 100 * h.accuracy[-1], 100 * h.validation_accuracy[-1]
    print(
        f"epoch {training.epoch:3}: loss {h.loss[-1]:.4f}, training {ours:.2f} %, "
        f"test {theirs:.2f} %",
        flush=True,
    )


def main(arguments: list[str] | None = None) -> int:
    """Train, test, and print how each class fared."""
    parser = options.parser(__doc__)
    add = parser.add_argument
    add("--data", type=Path, metavar="DIR", help="the unpacked archive (default: made-up images)")
    add("--epochs", type=options.count, default=3, help="(default: 3)")
    add("--batch-size", type=options.count, default=50, help="(default: 50)")
    add("--lr", type=options.rate, default=0.003, help="(default: 0.003)")
    add("--samples", type=options.count, help="learn from the first so many only")
    options.add_seed(parser)
    options.add_plot(parser, "losses and accuracies")
    given = parser.parse_args(arguments)
    rng = np.random.default_rng(given.seed)
    try:
        data = made_up(rng) if given.data is None else load_cifar10(given.data)
    except (OSError, ValueError) as error:
        parser.error(str(error))

    x = standardise(data.train_images[: given.samples], data.train_images)
    t = data.train_labels[: given.samples]
    x_test = standardise(data.test_images, data.train_images)
    net = network(rng)
    updates = given.epochs * -(-len(x) // given.batch_size)
    history = fit(
        net,
        softmax_cross_entropy,
        Adam(net, schedules.cosine(given.lr, updates)),
        (x, t),
        given.epochs,
        given.batch_size,
        rng=rng,
        accuracy=accuracy,
        validation=(x_test, data.test_labels),
        callbacks=[progress],
    )
    said = classes_of(predict(net, x_test, batch_size=200))
    for k, name in enumerate(data.names):
        asked = data.test_labels == k
        print(f"{name:10} {np.sum(asked & (said == k)):5} of {asked.sum():5} right")
    if given.plot:
        what = "made-up images" if given.data is None else "CIFAR-10"
        plots.save(plots.plot_history(history, what, "test"), given.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
