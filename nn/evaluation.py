"""What a model says and how good it is: predict, evaluate, accuracy, confusion_matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.modes import no_grad
from autograd_lite.engine.primitive import Array
from autograd_lite.nn.batches import batches
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameters import plain


class Evaluation(NamedTuple):
    """What `evaluate` found."""

    loss: float
    """The mean over the batches, each weighted by its number of samples."""
    accuracy: float | None
    """The share of samples that are right, if it was asked for."""


def predict(model: Module, x: npt.ArrayLike, batch_size: int = 250) -> Array:
    """The model's outputs as a plain array: nothing is recorded, dropout is off.

    Args:
        x: samples along the first axis.
        batch_size: how many are computed at once, to bound the memory.
    """
    x = np.asarray(x)
    starts = range(0, max(len(x), 1), batch_size)
    with _in_use(model):
        parts = [plain(model(x[start : start + batch_size])) for start in starts]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def evaluate(
    model: Module,
    x: npt.ArrayLike,
    t: npt.ArrayLike,
    loss: Callable[[Any, Any], Any],
    accuracy: Callable[[Any, Any], float] | None = None,
    batch_size: int = 250,
) -> Evaluation:
    """Loss, and accuracy if asked for, of a model on samples x with targets t.

    A loss that is a sum over the samples (reduction "sum") gives the mean over *batches*: choose
    a batch_size as in training to compare, or a loss with a mean.

    >>> from autograd_lite.nn import Affine, squared_error
    >>> evaluate(Affine([[2.0]], 0.0), [[1.0], [2.0]], [[2.0], [5.0]], squared_error)
    Evaluation(loss=0.5, accuracy=None)
    """
    total = right = 0.0
    with _in_use(model):
        for xs, ts in batches(x, t, batch_size):
            y = model(xs)
            total += float(loss(y, ts)) * len(xs)
            right += len(xs) * accuracy(y, ts) if accuracy else 0.0
    n = len(np.asarray(x))
    return Evaluation(total / n, right / n if accuracy else None)


@contextmanager
def _in_use(model: Module) -> Iterator[None]:
    """Inside, nothing is recorded and the model is not in training."""
    modes = [(module, module.training) for module in (model, *model.modules().values())]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def classes_of(y: Any, threshold: float = 0.5) -> Array:
    """The class that outputs stand for: the place of the greatest; of a single output,
    1 where it is at least the threshold.

    Args:
        y: (samples, classes) -> argmax; (samples, 1) or (samples,) of floats -> threshold.
            Whole numbers and truth values are taken for classes already.
        threshold: ½ for probabilities, 0 for logits.

    >>> classes_of([[0.1, 0.9], [0.7, 0.3]]), classes_of([[0.2], [0.5]])
    (array([1, 0]), array([0, 1]))
    """
    y = plain(y)
    if y.dtype.kind in "iub" and y.ndim < 2:
        return np.asarray(y.astype(int))
    if y.ndim > 1 and y.shape[-1] > 1:
        return np.asarray(np.argmax(y, axis=-1))
    return np.asarray(y.reshape(len(y)) >= threshold).astype(int)


def accuracy(y: Any, t: Any, threshold: float = 0.5) -> float:
    """The share of samples whose class is right.

    Args:
        y: outputs or classes; see `classes_of`.
        t: labels, one-hot targets, or targets 0 and 1 of one output.

    Raises:
        ValueError: if there are not as many outputs as targets, or none.

    >>> accuracy([[0.1, 0.9], [0.7, 0.3]], [1, 1])
    0.5
    """
    ours, theirs = classes_of(y, threshold), classes_of(t)
    if ours.shape != theirs.shape or not ours.size:
        raise ValueError(
            f"accuracy: outputs of shape {np.shape(plain(y))} and targets of shape "
            f"{np.shape(plain(t))} are not one each for at least one sample"
        )
    return float(np.mean(ours == theirs))


def confusion_matrix(t: Any, y: Any, n: int | None = None) -> Array:
    """How often class i (row) was taken for class j (column).

    Args:
        t: labels or one-hot targets.
        y: outputs or classes.
        n: the number of classes; by default one more than the greatest that occurs.

    Raises:
        ValueError: if there are not as many of both, or a class is n or more.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0])
    array([[1, 0],
           [1, 1]])
    """
    true, said = classes_of(t), classes_of(y)
    if true.shape != said.shape:
        raise ValueError(f"confusion_matrix: {true.size} targets and {said.size} outputs")
    both = np.concatenate([true, said])
    n = int(both.max(initial=0)) + 1 if n is None else n
    if both.size and not 0 <= both.min() <= both.max() < n:
        raise ValueError(f"confusion_matrix: a class is not one of 0 … {n - 1}")
    return np.bincount(n * true + said, minlength=n * n).reshape(n, n)
