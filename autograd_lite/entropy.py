"""The cross entropy of a softmax as one primitive: fast, and right where its parts overflow.

See `autograd_lite.primitive` for what a declaration means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from autograd_lite.primitive import Array, Case, detached, structural
from autograd_lite.reductions import _log_softmax, log_softmax, softmax, sum
from autograd_lite.shaping import Call, Shape, reshape, shape_of

Reduction = Literal["none", "sum", "batch_mean"]


def _cross_entropy(x: Array, t: Array, share: float | None) -> Any:
    with np.errstate(invalid="ignore"):
        terms = _log_softmax(x, -1) * t
    rows = np.add.reduce(terms, axis=-1)
    if np.any(rows != rows):
        terms[np.equal(t, 0)] = 0.0  # 0·log 0 is 0
        rows = np.add.reduce(terms, axis=-1)
    return -rows if share is None else -share * np.add.reduce(rows, axis=None)


def _of_rows(g: Any, share: float | None) -> Any:
    """The gradient of each row's loss, as a column beside the rows or one number for all."""
    return reshape(g, (*shape_of(g), 1)) if share is None else g * share if share != 1.0 else g


def _to_logits(g: Any, z: Any, x: Any, t: Any, share: float | None) -> Any:
    return _of_rows(g, share) * (softmax(x) * sum(t, -1, True) - t)


def _to_targets(g: Any, z: Any, x: Any, t: Any, share: float | None) -> Any:
    return -_of_rows(g, share) * log_softmax(x)


def _cases(shape: Shape) -> Iterator[Case]:
    if shape and shape[-1]:
        yield (shape, shape), (), {}
        yield (shape, shape), ("sum",), {}
        yield (shape, shape), ("batch_mean",), {}


@structural(
    latex=r"\operatorname{{softmax\,cross\,entropy}}({x}, {t})",
    arrays=_cross_entropy,
    pullbacks=(_to_logits, _to_targets),
    cases=_cases,
    method=False,
)
def softmax_cross_entropy(x: Any, t: Any, reduction: Reduction = "none") -> Call:
    """−Σ t_k·log softmax(x)_k over the last axis: the loss of each row of logits x.

    ∂/∂x = softmax(x)·Σt − t, which for targets that sum to 1 is y − t (rows 001-36, 004-09), and
    stays accurate where the softmax is 0 or 1. Right for one-hot and for soft targets.

    Args:
        x: logits (…, n).
        t: targets of the same shape.
        reduction: "none" for one number a row, (…); "sum" for their sum, "batch_mean" for their
            mean.

    Raises:
        ValueError: if the shapes differ, x has no axes, or the reduction is not known.

    >>> float(softmax_cross_entropy([1000.0, 0.0, -1000.0], [0.0, 0.0, 1.0]))
    2000.0
    """
    x, t = (v if hasattr(detached(v), "shape") else np.asarray(v) for v in (x, t))
    shape = shape_of(x)
    if shape != shape_of(t) or not shape:
        raise ValueError(
            f"softmax_cross_entropy: logits of shape {shape} and targets of shape "
            f"{shape_of(t)}: both must have the same, (..., classes)"
        )
    if reduction == "none":
        return (x, t), {"share": None}
    if reduction == "sum":
        return (x, t), {"share": 1.0}
    if reduction == "batch_mean":
        return (x, t), {"share": 1.0 / max(math.prod(shape[:-1]), 1)}
    raise ValueError(
        f"softmax_cross_entropy: reduction {reduction!r} is not one of none, sum, batch_mean"
    )
