"""The cross entropy of a softmax as one primitive: fast, and right where its parts overflow.

See `autograd_lite.primitive` for what a declaration means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.primitive import Array, Case, detached, structural
from autograd_lite.reductions import _log_softmax, log_softmax, softmax, sum
from autograd_lite.shaping import Call, Shape, reshape, shape_of


def _cross_entropy(x: Array, t: Array) -> Any:
    with np.errstate(invalid="ignore"):
        terms = t * _log_softmax(x, -1)
    absent = np.equal(t, 0)  # 0·log 0 is 0
    if absent.any():
        terms[absent] = 0.0
    return -np.sum(terms, axis=-1)


def _column(g: Any) -> Any:
    """One number a row as a column beside the rows."""
    return reshape(g, (*shape_of(g), 1))


def _to_logits(g: Any, z: Any, x: Any, t: Any) -> Any:
    return _column(g) * (softmax(x) * sum(t, -1, True) - t)


def _cases(shape: Shape) -> Iterator[Case]:
    if shape and shape[-1]:
        yield (shape, shape), (), {}


@structural(
    latex=r"\operatorname{{softmax\,cross\,entropy}}({x}, {t})",
    arrays=_cross_entropy,
    pullbacks=(_to_logits, lambda g, z, x, t: -_column(g) * log_softmax(x)),
    cases=_cases,
    method=False,
)
def softmax_cross_entropy(x: Any, t: Any) -> Call:
    """−Σ t_k·log softmax(x)_k over the last axis: the loss of each row of logits x.

    ∂/∂x = softmax(x)·Σt − t, which for targets that sum to 1 is y − t (rows 001-36, 004-09), and
    stays accurate where the softmax is 0 or 1. Right for one-hot and for soft targets.

    Args:
        x: logits (…, n).
        t: targets of the same shape.

    Returns:
        (…): one number a row.

    Raises:
        ValueError: if the shapes differ, or x has no axes.

    >>> float(softmax_cross_entropy([1000.0, 0.0, -1000.0], [0.0, 0.0, 1.0]))
    2000.0
    """
    x, t = (v if hasattr(detached(v), "shape") else np.asarray(v) for v in (x, t))
    if shape_of(x) != shape_of(t) or not shape_of(x):
        raise ValueError(
            f"softmax_cross_entropy: logits of shape {shape_of(x)} and targets of shape "
            f"{shape_of(t)}: both must have the same, (..., classes)"
        )
    return (x, t), {}
