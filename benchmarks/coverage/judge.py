"""Whether a library gives the gradient of a usage: compared with central differences."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite.numerical import numerical_gradient
from benchmarks.coverage.usages import Usage

RIGHT, REFUSED, WRONG = "right", "refused", "wrong"

Gradient = Callable[[Usage], tuple[Any, Any]]
"""A library: the value Σ w·result of a usage, and its gradient by x."""


@dataclass(frozen=True)
class Outcome:
    """What a library made of a usage: right, refused (an error) or wrong (another number)."""

    kind: str
    why: str = ""


def total(np: Any, result: Any, first: int = 1) -> Any:
    """One number of a result: Σ w·part over its parts, real and imaginary, with weights that differ
    from element to element. `np` is the library's; the parts may be its variables."""
    if isinstance(result, tuple | list) or not (hasattr(result, "shape") or numpy.isscalar(result)):
        return sum(total(np, part, first + 10 * i) for i, part in enumerate(result))
    w = weights(numpy.shape(result) if numpy.isscalar(result) else result.shape, first)
    if getattr(result, "dtype", numpy.dtype(type(result))).kind == "c":
        other = weights(w.shape, first + 5)
        return np.sum(np.real(result) * w) + np.sum(np.imag(result) * other)
    return np.sum(result * w)


def weights(shape: tuple[int, ...], first: int) -> Any:
    """Numbers between 0.5 and 1.5, in no order; a float if there are no axes."""
    w = 1.0 + 0.5 * numpy.sin(first + 1.7 * numpy.arange(numpy.prod(shape, dtype=int)))
    return w.reshape(shape) if shape else float(w[0])


def differences(usage: Usage) -> tuple[Any, Any]:
    """The value and the gradient by NumPy itself: central differences."""
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore")

        def number(x: Any) -> float:
            x = x.copy() if isinstance(x, numpy.ndarray) else x
            return float(total(numpy, usage.run(numpy, x)))

        return number(usage.x), numerical_gradient(number, usage.x)


def outcome(usage: Usage, library: Gradient, expected: tuple[Any, Any]) -> Outcome:
    """What a library makes of a usage whose value and gradient are known."""
    with warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = library(usage)
        except Exception as error:  # of any kind: a library says no as it likes
            lines = str(error).strip().splitlines() or [""]
            return Outcome(REFUSED, f"{type(error).__name__}: {lines[0]}")
    for what, a, e in zip(("value", "gradient"), found, expected, strict=True):
        a = numpy.asarray(0.0 if a is None else a)
        if a.shape != numpy.shape(e) or not numpy.allclose(a, e, 1e-5, 1e-7):
            return Outcome(WRONG, f"the {what} is {_brief(a)} and should be {_brief(e)}")
    return Outcome(RIGHT)


def _brief(x: Any) -> str:
    text = " ".join(numpy.array2string(numpy.asarray(x), precision=4, threshold=8).split())
    return text if len(text) < 80 else text[:77] + "…"
