"""`check_gradient`: is this gradient right? If not: where, by how much, and what it looks like."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.testing import tally
from autograd_lite.testing.closer import Verdict, look_closer
from autograd_lite.testing.differences import Differences, Slopes
from autograd_lite.testing.functions import subject_of
from autograd_lite.testing.hints import Found, hints_of, shape_hint
from autograd_lite.testing.report import GradientMismatch, GradientReport, Row
from autograd_lite.testing.subject import Leaf, Subject

ENOUGH = 10
"""After how many elements that are wrong beyond doubt no more are looked at closely."""


class NotFinite(ValueError):
    """The function has no finite value at the point, so that there is nothing to compare with."""


def check_gradient(
    f: Callable[..., Any],
    *args: Any,
    gradient: Any = None,
    pullback: Callable[..., Any] | None = None,
    wrt: Any = None,
    order: int = 1,
    sample: int | None = None,
) -> GradientReport:
    """Compare a gradient of f with numerical differentiation, element by element.

    f is anyone's: of plain numbers and NumPy arrays with a gradient written by hand, of Values and
    Tensors, of torch tensors, or of JAX arrays. Whose gradient is checked: `gradient` or
    `pullback` if given, else that of the library whose arrays the arguments are; for plain
    numbers and arrays, ours. Every floating-point number and array among the arguments, also
    inside dicts, lists and tuples, is differentiated by.

    At first each element costs two evaluations of f. Where the two agree to half the digits of
    the dtype, they agree; everywhere else some sixty evaluations more give a derivative by
    Richardson extrapolation with an estimate of its own error, and that estimate decides. There
    is no tolerance to set. Where the two sides of a point have different slopes, it is a kink: any
    slope between them is taken for right, and reported.

    Args:
        f: returns a number or an array. Of an array, the gradient of a sum weighted by fixed
            random numbers is checked.
        args: where.
        gradient: a function of the same arguments, or its result: the gradient by each
            differentiable argument, in order. If f returns an array, its Jacobian, of the shape
            of f's result followed by the argument's; or, of an elementwise function, the
            derivative of each element.
        pullback: instead, a backward pass (dout, *args) -> the gradient of Σ dout·f.
        wrt: the names or positions of the arguments to differentiate by; all by default.
        order: 2 checks the second derivatives too, as the gradient of the gradient.
        sample: look at no more than so many elements of each argument, chosen at random.

    Returns:
        The report, with what was found at kinks.

    Raises:
        GradientMismatch: an AssertionError that shows the table, the worst element first.
        NotFinite: a ValueError, if f is inf or nan at this point.
        TypeError: if there is nothing to differentiate by, or f returns no real numbers.
        ValueError: if the gradients do not fit the arguments, f is not deterministic, or an
            argument is out of range.

    >>> import numpy as np
    >>> x = np.array([0.5, 1.0])
    >>> print(check_gradient(np.sin, x, gradient=np.cos))
    the gradient of sin is right: 2 elements of x
    >>> check_gradient(lambda w: np.sum(w**2) / 2, np.array([1.0, 3.0]), gradient=lambda w: 2 * w)
    Traceback (most recent call last):
    autograd_lite.testing.GradientMismatch: the gradient of <lambda> is wrong in 2 of 2 elements
      argument  index  analytic  numerical  relative error
      w         [1]           6          3  5.0e-01
      w         [0]           2          1  5.0e-01
      hint: w: every element is 2 times the right one
    """
    __tracebackhide__ = True
    if order not in (1, 2):
        raise ValueError(f"check_gradient: order must be 1 or 2, not {order!r}")
    subject = subject_of(f, args, gradient, pullback, wrt)
    if order == 2 and subject.again is None:
        raise ValueError(
            "check_gradient: order=2 needs a gradient that can be differentiated again; one "
            "written by hand cannot: check it as a function with a gradient of its own"
        )
    return checked(subject, order, sample)


def checked(subject: Subject, order: int = 1, sample: int | None = None) -> GradientReport:
    """The report on a subject that is right; else a `GradientMismatch`."""
    __tracebackhide__ = True
    if sample is not None and sample < 1:
        raise ValueError(f"check_gradient: sample must be at least 1, not {sample}")
    report = examine(subject, sample)
    if order == 2 and report.is_right:
        assert subject.again is not None
        rounding = report.resolution / 100.0
        report.second = examine(dataclasses.replace(subject.again(), rounding=rounding), sample)
        report.second.name, report.second.order = subject.name, 2
    tally.count(report)
    if not report.is_right:
        raise GradientMismatch(report)
    return report


def examine(subject: Subject, sample: int | None = None) -> GradientReport:
    """Look at everything once, and closely where analytic and numerical gradient differ."""
    places = [_places(leaf, sample) for leaf in subject.leaves]
    differences = Differences(subject)
    slopes = differences.first_look(places)
    if not all(np.isfinite(found.values).all() for found in slopes):
        _check_finite(differences, subject.name)
    assert differences.weights is not None
    report = GradientReport(subject.name)
    report.elements = {leaf.name: len(p) for leaf, p in zip(subject.leaves, places, strict=True)}
    report.left_out = sum(leaf.array.size for leaf in subject.leaves) - sum(map(len, places))
    found = []
    for i, (leaf, given) in enumerate(
        zip(subject.leaves, subject.pullback(differences.weights), strict=True)
    ):
        analytic = _real(subject, leaf, given)
        if analytic.shape == leaf.array.shape:
            found.append(_Argument(i, leaf, analytic, slopes[i], differences))
        else:
            report.faulty.append(leaf.name)
            report.faults.append(_misshapen(leaf, analytic, slopes[i]))
    _look_closely(found, report)
    if subject.is_linear and differences.weights.shape == () and not report.faults:
        _note_nonlinear(subject, found, report)
    if not report.is_right or report.unclear:
        _check_determinism(differences)
    if not report.is_right:
        report.hints = [*subject.hints(), *hints_of([argument.as_found() for argument in found])]
    report.evaluations, report.resolution = differences.evaluations, differences.resolution
    return report


class _Argument:
    """One leaf with its two gradients, and what is known of their differences so far."""

    def __init__(
        self, i: int, leaf: Leaf, analytic: Array, slopes: Slopes, differences: Differences
    ) -> None:
        self.i, self.leaf, self.analytic = i, leaf, analytic
        self.places = slopes.places
        self.claimed = analytic.reshape(-1)[slopes.places].astype(float)
        self.numerical = slopes.values.copy()
        self.floor = slopes.floor
        self.differences = differences
        eps = differences.eps
        with np.errstate(all="ignore"):
            off = np.abs(self.claimed - self.numerical)
            large = np.maximum(np.abs(self.claimed), np.abs(self.numerical))
            rounding = 8.0 * slopes.noise + slopes.floor
            self.agrees = np.isfinite(off) & (off <= np.sqrt(eps) * large + rounding)
            self.relative = np.where(off > rounding, off / large, 0.0)
        self.relative[np.isnan(off)] = np.inf

    def look(self, k: int) -> tuple[Verdict, Row]:
        """Look closely at the k-th of the places."""
        place = int(self.places[k])
        verdict = look_closer(
            lambda distance: self.differences.line(self.i, place, distance),
            float(self.leaf.array.flat[place]),
            float(self.claimed[k]),
            self.differences.eps,
            float(self.floor[k]),
        )
        self.numerical[k] = verdict.value
        self.agrees[k] = verdict.kind != "wrong"
        self.relative[k] = np.nan
        return verdict, self.row(k, verdict.error, verdict.note)

    def row(self, k: int, error: float, note: str = "") -> Row:
        """A line of the report on the k-th of the places."""
        index = tuple(int(i) for i in np.unravel_index(self.places[k], self.leaf.array.shape))
        claimed, numerical = float(self.claimed[k]), float(self.numerical[k])
        return Row(self.leaf.name, index, claimed, numerical, error, note)

    def as_found(self) -> Found:
        """The argument whole, for the hints."""
        numerical = np.full(self.leaf.array.size, np.nan)
        wrong = np.zeros(self.leaf.array.size, dtype=bool)
        numerical[self.places], wrong[self.places] = self.numerical, ~self.agrees
        shape = self.leaf.array.shape
        return Found(
            self.leaf.name,
            self.leaf.array,
            self.analytic.astype(float),
            numerical.reshape(shape),
            wrong.reshape(shape),
        )


def _look_closely(found: list[_Argument], report: GradientReport) -> None:
    """Decide on the elements that do not agree at first sight, the most different first."""
    doubtful = [(a, int(k)) for a in found for k in np.flatnonzero(~a.agrees)]
    doubtful.sort(key=lambda pair: -float(f"{pair[0].relative[pair[1]]:.2e}"))
    for n, (argument, k) in enumerate(doubtful):
        if len(report.wrong) >= ENOUGH:
            report.more = len(doubtful) - n
            break
        verdict, row = argument.look(k)
        if verdict.kind == "wrong":
            report.wrong.append(row)
        elif verdict.kind == "kink":
            report.kinks.append(row)
        elif verdict.kind == "unclear":
            report.unclear.append(row)
    report.wrong.sort(key=functools.partial(_rank, list(report.elements)))
    right = [(a, k) for a in found for k in [_worst(a)] if k is not None]
    if right and report.is_right:
        argument, k = max(right, key=lambda pair: pair[0].relative[pair[1]])
        report.relative_error = float(argument.relative[k])
        if report.relative_error > 0.0:
            report.worst = argument.row(k, 0.0).place()


def _rank(names: list[str], row: Row) -> tuple[float, float, int, tuple[int, ...]]:
    """The worst first; five digits decide, so that the order is the same on every machine."""
    off = abs(row.analytic - row.numerical)
    worst = (-float(f"{x:.4e}") for x in (row.relative_error, off))
    return (*worst, names.index(row.argument), row.index)  # type: ignore[return-value]


def _worst(argument: _Argument) -> int | None:
    """Of the elements that agreed at first sight, the one that differs most."""
    if np.isnan(argument.relative).all():
        return None
    return int(np.nanargmax(argument.relative))


def _places(leaf: Leaf, sample: int | None) -> Array:
    size = leaf.array.size
    if sample is None or size <= sample:
        return np.arange(size)
    return np.sort(np.random.default_rng(0).choice(size, sample, replace=False))


def _real(subject: Subject, leaf: Leaf, given: Any) -> Array:
    array = np.asarray(given)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"check_gradient: the gradient of {subject.name} by {leaf.name} is "
            f"{type(given).__name__} (dtype {array.dtype}), not real numbers"
        )
    return array if array.dtype.kind == "f" else array.astype(float)


def _misshapen(leaf: Leaf, analytic: Array, slopes: Slopes) -> str:
    """What to say of a gradient that has not its argument's shape."""
    line = f"{leaf.name} has shape {leaf.array.shape}, its gradient {analytic.shape}"
    if len(slopes.places) == leaf.array.size:
        hint = shape_hint(analytic.astype(float), slopes.values.reshape(leaf.array.shape))
        if hint is not None:
            return f"{line}: {hint}"
    return line


def _note_nonlinear(subject: Subject, found: list[_Argument], report: GradientReport) -> None:
    """Of a single number, whether the gradient follows the one that comes in: −2 in place of 1.
    Of arrays the weights, which differ from element to element, show it."""
    for argument, given in zip(found, subject.pullback(np.array(-2.0)), strict=True):
        half = np.sqrt(argument.differences.eps)
        if not np.allclose(given, -2.0 * argument.analytic, half, 0.0, equal_nan=True):
            name = argument.leaf.name
            report.faulty.append(name)
            report.faults.append(
                f"{name}: −2 times the incoming gradient does not give −2 times the gradient: "
                "a rule does not multiply by it"
            )


def _check_finite(differences: Differences, name: str) -> None:
    if not np.isfinite(differences.base()).all():
        raise NotFinite(
            f"check_gradient: {name} is inf or nan at this point; check it where it is finite"
        )


def _check_determinism(differences: Differences) -> None:
    if not differences.is_deterministic():
        raise ValueError(
            "check_gradient: two calls with the same arguments gave different results; "
            "make random numbers the same in every call (a fixed seed, or an argument)"
        )
