"""Samples as pairs of arrays: splitting, shuffling, minibatches, one-hot targets.

The first axis of `inputs` and of `targets` counts the samples.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.arrays import frozen
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.stand_ins import StandIn

Rng = np.random.Generator | np.random.RandomState


class Dataset(NamedTuple):
    """Inputs and the targets that belong to them: `x, t = dataset`."""

    inputs: Array
    targets: Array


def as_rng(rng: Rng | int | None) -> Rng:
    """A source of random numbers: the one given (a `Generator`, or a legacy `RandomState` where
    the draws of `np.random.seed` are wanted), a new one with that seed, or None for any."""
    if isinstance(rng, Rng):
        return rng
    if rng is None or isinstance(rng, int | np.integer):
        return np.random.default_rng(rng)
    raise TypeError(
        f"rng: a NumPy Generator, a RandomState, a seed or None, not {type(rng).__name__}"
    )


def shuffled(inputs: npt.ArrayLike, targets: npt.ArrayLike, rng: Rng | int | None) -> Dataset:
    """The samples in the order `rng.permutation(n)`, inputs and targets alike.

    Raises:
        ValueError: if there are not as many inputs as targets.
    """
    inputs, targets = _pair("shuffled", inputs, targets)
    order = as_rng(rng).permutation(len(inputs))
    return Dataset(inputs[order], targets[order])


def split(
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    sizes: Sequence[float],
    rng: Rng | int | None = None,
) -> list[Dataset]:
    """Cut the samples into parts, say for training, validation and test.

    Args:
        sizes: how many samples each part gets: whole numbers that add up to n, or fractions
            that add up to 1. Every sample is in exactly one part.
        rng: shuffles first. None cuts in the order of the samples, which is right only if that
            order tells nothing: samples that stand sorted by class, or writer, must be shuffled.

    Raises:
        ValueError: if the sizes do not add up, or one is negative.
        TypeError: if whole numbers and fractions are mixed.

    >>> train, validation, test = split(np.eye(10), np.arange(10), (0.6, 0.2, 0.2))
    >>> train.targets, validation.targets, test.targets
    (array([0, 1, 2, 3, 4, 5]), array([6, 7]), array([8, 9]))
    """
    inputs, targets = _pair("split", inputs, targets)
    ends = _ends(sizes, len(inputs))
    if rng is not None:
        inputs, targets = shuffled(inputs, targets, rng)
    parts = itertools.pairwise([0, *ends])
    return [Dataset(inputs[a:b], targets[a:b]) for a, b in parts]


def _ends(sizes: Sequence[float], n: int) -> list[int]:
    """Where each part ends."""
    counts = [isinstance(size, int | np.integer) for size in sizes]
    if any(size < 0 for size in sizes):
        raise ValueError(f"split: sizes {tuple(sizes)} must not be negative")
    if all(counts):
        if sum(sizes) != n:
            raise ValueError(f"split: sizes {tuple(sizes)} add up to {sum(sizes)}, not to {n}")
        return [int(end) for end in itertools.accumulate(sizes)]
    if any(counts):
        raise TypeError(f"split: {tuple(sizes)} mixes whole numbers of samples with fractions")
    if not math.isclose(math.fsum(sizes), 1.0, abs_tol=1e-9):
        raise ValueError(f"split: fractions {tuple(sizes)} add up to {math.fsum(sizes)}, not to 1")
    return [*(round(n * end) for end in list(itertools.accumulate(sizes))[:-1]), n]


@dataclass(frozen=True)
class Batches:
    """Minibatches of samples; what `batches` returns. Each `for` over it is one epoch."""

    inputs: Array
    targets: Array
    batch_size: int
    shuffle: bool
    replace: bool
    drop_tail: bool
    rng: Rng

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        full, tail = divmod(len(self.inputs), self.batch_size)
        return full if self.drop_tail else full + bool(tail)

    def __iter__(self) -> Iterator[Dataset]:
        n, size = len(self.inputs), self.batch_size
        order = self.rng.permutation(n) if self.shuffle else None
        for start in range(0, len(self) * size, size):
            if self.replace:
                yield self._take(self.rng.choice(n, size))
            elif order is None:
                yield self._take(slice(start, start + size))
            else:
                yield self._take(order[start : start + size])

    def _take(self, which: Any) -> Dataset:
        copy = isinstance(which, slice)  # a view of an array that its owner may change
        return Dataset(*(frozen(a[which], copy) for a in (self.inputs, self.targets)))


def batches(
    inputs: npt.ArrayLike,
    targets: npt.ArrayLike,
    batch_size: int | None = None,
    *,
    shuffle: bool = False,
    replace: bool = False,
    drop_tail: bool = False,
    rng: Rng | int | None = None,
) -> Batches:
    """Minibatches: `for x, t in batches(inputs, targets, 50, shuffle=True, rng=0): ...`.

    The arrays that come are frozen, which spares the engine a copy of each. A loop over the
    result is one epoch, and each new loop draws anew.

    Args:
        batch_size: samples in a batch; 1 is online learning, None all samples at once.
        shuffle: take the samples in the order `rng.permutation(n)`, drawn for each epoch.
        replace: draw each batch with replacement instead, `rng.choice(n, batch_size)`;
            an epoch is then as many batches, all full.
        drop_tail: leave out the last batch if it is not full; otherwise it comes, smaller.
        rng: a NumPy Generator or RandomState, a seed, or None.

    Raises:
        ValueError: if there are no samples, not as many inputs as targets, or no batch.

    >>> for x, t in batches([[0.0], [1.0], [2.0]], [0, 1, 2], 2):
    ...     print(x.shape, t)
    (2, 1) [0 1]
    (1, 1) [2]
    """
    inputs, targets = _pair("batches", inputs, targets)
    n = len(inputs)
    if not n:
        raise ValueError("batches: there are no samples")
    if batch_size is None:
        batch_size = n
    if not isinstance(batch_size, int | np.integer):
        raise TypeError(f"batches: batch_size must be a whole number, not {batch_size!r}")
    if batch_size < 1 or (drop_tail and batch_size > n):
        raise ValueError(f"batches: {n} samples make no full batch of batch_size {batch_size}")
    if shuffle and replace:
        raise ValueError("batches: shuffle and replace are two ways to draw; choose one")
    return Batches(inputs, targets, int(batch_size), shuffle, replace, drop_tail, as_rng(rng))


def one_hot(labels: npt.ArrayLike, n: int, dtype: npt.DTypeLike = np.float64) -> Array:
    """Zeros with a 1 at the label: `out[..., labels[...]] = 1`, of shape `labels.shape + (n,)`.

    Raises:
        TypeError: if the labels are not whole numbers.
        ValueError: if a label is negative, n or more.

    >>> one_hot([3, 0], 4)
    array([[0., 0., 0., 1.],
           [1., 0., 0., 0.]])
    """
    if isinstance(labels, StandIn):
        return labels.call_numpy(one_hot, (labels, n, dtype), {})  # type: ignore[no-any-return]
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" and labels.size:
        raise TypeError(f"one_hot: labels must be whole numbers, not {labels.dtype}")
    if labels.size and not 0 <= labels.min() <= labels.max() < n:
        wrong = labels[(labels < 0) | (labels >= n)]
        raise ValueError(f"one_hot: label {wrong[0]} is not one of 0 … {n - 1}")
    if n <= 100 and labels.size:
        return _identity(n, np.dtype(dtype)).take(labels, axis=0)
    out: Array = (labels[..., None] == np.arange(n)).astype(dtype)
    return out


@functools.lru_cache(maxsize=8)
def _identity(n: int, dtype: np.dtype[Any]) -> Array:
    """The rows that `one_hot` picks from where there are few classes: a loss does in every update,
    and this takes a third of the time."""
    return np.eye(n, dtype=dtype)


def flatten(images: npt.ArrayLike) -> Array:
    """Each sample as one row, the last axis fastest: (n, 28, 28) becomes (n, 784), the pixel at
    row r and column c standing at 28·r + c."""
    images = np.asarray(images)
    if not images.ndim:
        raise ValueError("flatten: an axis of samples is needed, not a single number")
    return images.reshape(len(images), math.prod(images.shape[1:]))


def scale_pixels(images: npt.ArrayLike, dtype: npt.DTypeLike = np.float64) -> Array:
    """Bytes 0 … 255 as numbers 0 … 1: image/255, in floats of that dtype."""
    scaled: Array = np.divide(images, 255, dtype=np.dtype(dtype))
    return scaled


def _pair(name: str, inputs: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Array, Array]:
    inputs, targets = np.asarray(inputs), np.asarray(targets)
    if not inputs.ndim or not targets.ndim or len(inputs) != len(targets):
        raise ValueError(
            f"{name}: as many inputs as targets are needed, along the first axis; "
            f"their shapes are {inputs.shape} and {targets.shape}"
        )
    return inputs, targets
