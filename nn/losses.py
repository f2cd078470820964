"""Losses: how far outputs y are from targets t, as one number to be made small.

Every loss is a function (y, t, …) -> scalar, on Tensors, arrays of Values and plain arrays. The
last axis counts the outputs of one sample; the axes before it, if any, count the samples. What
happens over the samples is its `reduction`; a `"sum"` gives the sum of the samples' gradients, a
`"batch_mean"` their mean.

Where a target is a class, t may be one-hot or any distribution, of the shape of y (soft targets),
or hold labels: whole numbers, with one axis less than y. Which of the two is told by the number
of axes, never by size.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.nn.batches import one_hot
from autograd_lite.nn.parameters import as_input, may_be, plain
from autograd_lite.primitives.activations import softplus
from autograd_lite.primitives.choices import where
from autograd_lite.primitives.exponential import log, square
from autograd_lite.primitives.products import vdot
from autograd_lite.primitives.reductions import sum
from autograd_lite.primitives.shape import shape_of
from autograd_lite.primitives.softmax import log_softmax

Reduction = Literal["sum", "batch_mean", "none"]

SQUARED_ERRORS: dict[str, tuple[float, str]] = {
    "half_sum": (0.5, "all"),
    "sum": (1.0, "all"),
    "half_mean": (0.5, "elements"),
    "mean": (1.0, "elements"),
    "half_batch_mean": (0.5, "samples"),
    "batch_mean": (1.0, "samples"),
}
"""For each reduction of `squared_error` the factor, and what the sum is divided by: nothing, the
number of elements, or the number of samples."""


def squared_error(y: Any, t: Any, reduction: str = "half_sum") -> Any:
    """The squared error Σ(y − t)², with one of these reductions.

    | reduction | formula | ∂/∂y |
    |---|---|---|
    | `"half_sum"` | ½Σ(y − t)² | y − t |
    | `"sum"` | Σ(y − t)² | 2(y − t) |
    | `"half_mean"` | ½Σ(y − t)²/(number of elements) | (y − t)/elements |
    | `"mean"` | Σ(y − t)²/(number of elements) | 2(y − t)/elements |
    | `"half_batch_mean"` | ½Σ(y − t)²/(number of samples) | (y − t)/samples |
    | `"batch_mean"` | Σ(y − t)²/(number of samples) | 2(y − t)/samples |

    Args:
        y: outputs, (outputs,) or (samples, outputs).
        t: targets of the same shape.
        reduction: one of the names above.

    Raises:
        ValueError: if the shapes differ (they are never broadcast: (n, 1) against (n,) is a
            mistake), or the reduction is not known.

    >>> float(squared_error([0.1, 0.1, 0.8], [0.0, 0.0, 1.0]).round(12))
    0.03
    """
    y, t = _same_shape("squared_error", y, t)
    if reduction not in SQUARED_ERRORS:
        names = ", ".join(SQUARED_ERRORS)
        raise ValueError(f"squared_error: reduction {reduction!r} is not one of {names}")
    factor, over = SQUARED_ERRORS[reduction]
    count = {"all": 1, "elements": math.prod(shape_of(y)), "samples": _samples(y)}[over]
    return _scaled(_total(square(y - t)), factor / max(count, 1))


def cross_entropy(y: Any, t: Any, epsilon: float = 1e-7, reduction: Reduction = "sum") -> Any:
    """−Σ t·ln(y + ε) of probabilities y, as a softmax gives them.

    Books take ε = 0, 1e-10 or 1e-7, and the sum or the mean over the samples. Where t is 0 nothing
    is added, even if y + ε is 0. With ε > 0 the gradient after a softmax is y/(y + ε)·(y − t), not
    quite y − t: to train, prefer `softmax_cross_entropy` on the logits.

    Args:
        y: probabilities (classes,) or (samples, classes).
        t: one-hot or soft targets of y's shape, or labels.
        epsilon: ε, which is added to y.
        reduction: "sum", "batch_mean", or "none" for one number a sample.

    Raises:
        ValueError, TypeError: if the targets do not fit.

    >>> float(cross_entropy([0.1, 0.1, 0.8], 2, epsilon=1e-10))
    0.2231435511892097
    """
    y, t = _with_targets("cross_entropy", y, t)
    return _reduced("cross_entropy", -sum(_weighted_log(t, y, epsilon), -1), reduction)


def softmax_cross_entropy(x: Any, t: Any, reduction: Reduction = "batch_mean") -> Any:
    """−Σ t_k·ln softmax(x)_k of logits x: softmax and cross entropy in one, stable.

    ∂/∂x = softmax(x) − t for each sample, for soft targets too.

    Args:
        x: logits (classes,) or (samples, classes).
        t: one-hot or soft targets of x's shape, or labels.
        reduction: "sum", "batch_mean", or "none" for one number a sample.

    Raises:
        ValueError, TypeError: if the targets do not fit.

    >>> float(softmax_cross_entropy([1.0, 2.0, 3.0], 0).round(12))
    2.407605964444
    """
    x, t = _with_targets("softmax_cross_entropy", x, t)
    return _likelihood("softmax_cross_entropy", log_softmax(x), t, reduction)


def negative_log_likelihood(log_y: Any, t: Any, reduction: Reduction = "batch_mean") -> Any:
    """−Σ t·ln y, given ln y: the loss after `LogSoftmax`.

    Args:
        log_y: logarithms of probabilities, (classes,) or (samples, classes).
        t: one-hot or soft targets of the same shape, or labels.
        reduction: "sum", "batch_mean", or "none" for one number a sample.

    Raises:
        ValueError, TypeError: if the targets do not fit.

    >>> float(negative_log_likelihood([-2.0, -0.1], 1))
    0.1
    """
    log_y, t = _with_targets("negative_log_likelihood", log_y, t)
    return _likelihood("negative_log_likelihood", log_y, t, reduction)


def binary_cross_entropy(y: Any, t: Any, epsilon: float = 0.0, reduction: str = "mean") -> Any:
    """−[t·ln(y + ε) + (1 − t)·ln(1 − y + ε)] of probabilities y, as a sigmoid gives them.

    For one sigmoid output, −t·ln y alone would be wrong. To train, prefer
    `sigmoid_cross_entropy` on the logits, which cannot overflow.

    Args:
        y: probabilities.
        t: targets in [0, 1], of the same shape.
        epsilon: ε.
        reduction: "mean" over all elements, "sum", "batch_mean", or "none".

    Raises:
        ValueError: if the shapes differ or the reduction is not known.

    >>> float(binary_cross_entropy([0.8], [1.0]).round(12))
    0.223143551314
    """
    y, t = _same_shape("binary_cross_entropy", y, t)
    terms = _weighted_log(t, y, epsilon) + _weighted_log(1.0 - t, 1.0 - y, epsilon)
    return _reduced_elements("binary_cross_entropy", -terms, reduction)


def sigmoid_cross_entropy(x: Any, t: Any, reduction: str = "mean") -> Any:
    """−[t·ln σ(x) + (1 − t)·ln(1 − σ(x))] of logits x: sigmoid and binary cross entropy in one.

    Computed as t·softplus(−x) + (1 − t)·softplus(x), accurate everywhere; ∂/∂x = σ(x) − t.

    Args:
        x: logits.
        t: targets in [0, 1], of the same shape.
        reduction: "mean" over all elements, "sum", "batch_mean", or "none".

    Raises:
        ValueError: if the shapes differ or the reduction is not known.

    >>> float(sigmoid_cross_entropy([40.0], [0.0]))
    40.0
    """
    x, t = _same_shape("sigmoid_cross_entropy", x, t)
    losses = t * softplus(-x) + (1.0 - t) * softplus(x)
    return _reduced_elements("sigmoid_cross_entropy", losses, reduction)


# ---------------------------------------------------------------- shapes, targets, reductions


def _same_shape(name: str, y: Any, t: Any) -> tuple[Any, Any]:
    y, t = as_input(y), as_input(t)
    if shape_of(y) != shape_of(t):
        raise ValueError(
            f"{name}: outputs of shape {shape_of(y)} and targets of shape {shape_of(t)}: both "
            "must have the same; reshape one of them"
        )
    return y, _targets_like(y, t)


def _with_targets(name: str, y: Any, t: Any) -> tuple[Any, Any]:
    """Outputs, and targets as distributions of their shape."""
    y, t = as_input(y), as_input(t)
    shape, given = shape_of(y), shape_of(t)
    if not shape:
        raise ValueError(f"{name}: the outputs need an axis of classes, and are one number")
    if given == shape:
        return y, _targets_like(y, t)
    if given != shape[:-1]:
        raise ValueError(
            f"{name}: outputs of shape {shape} need targets of that shape, or labels of shape "
            f"{shape[:-1]}; these have {given}"
        )
    return y, one_hot(plain(t), shape[-1], _float_like(y))


def _float_like(y: Any) -> Any:
    """The dtype in which to compute with y."""
    dtype = getattr(y, "dtype", np.dtype(float))
    return dtype if dtype.kind == "f" else np.dtype(float)


def _targets_like(y: Any, t: Any) -> Any:
    """Constant targets in y's dtype, so that float32 outputs give a float32 loss."""
    if isinstance(t, StandIn) or (isinstance(t, np.ndarray) and t.dtype != object):
        return t.astype(_float_like(y), copy=False)
    return t


def _weighted_log(t: Any, y: Any, epsilon: float) -> Any:
    """t·ln(y + ε), and 0 where t is 0."""
    if epsilon:
        y = y + epsilon
    if may_be(plain(y) <= 0):
        y = where(plain(t) == 0, 1.0, y)  # 0·ln 0 is 0
    return t * log(y)


def _likelihood(name: str, log_y: Any, t: Any, reduction: str) -> Any:
    """−Σ t·ln y: of all samples at once, a product of two long vectors, where they are summed."""
    if reduction == "none":
        if may_be(np.isinf(plain(log_y))):
            log_y = where(plain(t) == 0, 0.0, log_y)  # 0·ln 0 is 0
        return -sum(t * log_y, -1)
    weights = t * -_share(name, reduction, {"sum": 1, "batch_mean": _samples(log_y)})
    with np.errstate(invalid="ignore"):
        total = vdot(log_y, weights)
    if may_be(detached(total) != detached(total)):
        total = vdot(where(plain(t) == 0, 0.0, log_y), weights)  # 0·ln 0 is 0
    return total


def _samples(y: Any) -> int:
    return math.prod(shape_of(y)[:-1])


def _total(losses: Any) -> Any:
    return sum(losses) if shape_of(losses) else losses


def _scaled(total: Any, factor: float) -> Any:
    """total·factor; a factor of 1 should not show in a picture."""
    return total if factor == 1.0 else total * factor


def _reduced(name: str, losses: Any, reduction: str) -> Any:
    """One number from the losses of the samples."""
    count = max(math.prod(shape_of(losses)), 1)
    return _scaled_total(name, losses, reduction, {"sum": 1, "batch_mean": count})


def _reduced_elements(name: str, losses: Any, reduction: str) -> Any:
    """One number from the losses of the elements."""
    shape = shape_of(losses)
    counts = {"sum": 1, "mean": math.prod(shape), "batch_mean": math.prod(shape[:-1])}
    return _scaled_total(name, losses, reduction, counts)


def _scaled_total(name: str, losses: Any, reduction: str, counts: dict[str, int]) -> Any:
    if reduction == "none":
        return losses
    return _scaled(_total(losses), _share(name, reduction, counts))


def _share(name: str, reduction: str, counts: dict[str, int]) -> float:
    """What a sum of losses is multiplied by: one over the count that the reduction names."""
    if reduction not in counts:
        raise ValueError(f"{name}: reduction {reduction!r} is not one of {', '.join(counts)}, none")
    return 1.0 / max(counts[reduction], 1)
