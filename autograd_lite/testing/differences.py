"""The first look: central differences of everything, two evaluations an element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autograd_lite.engine.primitive import Array
from autograd_lite.numerical.differences import best_step
from autograd_lite.testing.closer import ROUNDINGS
from autograd_lite.testing.subject import Subject, weights


@dataclass(frozen=True)
class Slopes:
    """The central differences by the elements of one leaf."""

    places: Array
    """Which elements: positions in the flattened leaf."""
    values: Array
    noise: Array
    """How far each may be off by the rounding of f alone."""
    floor: Array
    """What no gradient can resolve: it is computed with rounding errors, too."""


class Differences:
    """Evaluates a subject beside its point, and counts how often.

    A result of many elements is made one number, Σ weights·(change of the result): what does not
    change has no part in the rounding error.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._arrays = [leaf.array for leaf in subject.leaves]
        self._base: Array | None = None
        self.evaluations = 0
        self.resolution = 0.0
        """What a gradient cannot resolve: it is computed with rounding errors, too."""
        self.weights: Array | None = None
        """Those of the result; known after the first evaluation."""
        self.eps = max(float(np.finfo(a.dtype).eps) for a in self._arrays)
        """The spacing of the floating-point numbers that are computed with."""

    def first_look(self, places: Sequence[Array]) -> list[Slopes]:
        """Central differences by the elements at these places of each leaf."""
        self._look_at_result(places)
        found = []
        for i, chosen in enumerate(places):
            slopes = np.empty(len(chosen))
            noise = np.empty(len(chosen))
            for k, place in enumerate(chosen):
                slopes[k], noise[k] = self._slope(i, int(place))
            scale = np.maximum(1.0, np.abs(self._arrays[i].reshape(-1)[chosen].astype(float)))
            found.append(Slopes(chosen, slopes, noise, self.resolution / scale))
        return found

    def line(self, leaf: int, place: int, distance: float) -> tuple[float, float]:
        """How much Σ weights·result changes if one element is moved, and the size of what was
        rounded; nan where there is no result."""
        moved, true = self._moved(leaf, place, distance)
        there = self._at(moved)
        if there is None or true == 0.0:
            return np.nan, np.nan
        change, size = self._change(self.base(), there)
        return change * (distance / true), size

    @property
    def _least(self) -> float:
        """The size of a number whose last digit is as large as the rounding that is known of."""
        return self._subject.rounding / self.eps

    def base(self) -> Array:
        """The result at the point itself."""
        if self._base is None:
            self._base = self._evaluate(self._arrays)
        return self._base

    def is_deterministic(self) -> bool:
        """Whether another evaluation at the point gives the same result."""
        return np.array_equal(self.base(), self._evaluate(self._arrays), equal_nan=True)

    def _look_at_result(self, places: Sequence[Array]) -> None:
        """Learn the shape and dtype of the result from the first difference."""
        first = next(((i, int(p[0])) for i, p in enumerate(places) if len(p)), None)
        if first is None:
            self._weigh(self.base())
            return
        self._kept = (first, self._pair(*first))
        result = next((y for y in self._kept[1][:2] if y is not None), None)
        if result is None:
            result = self.base()
        coarse = float(np.finfo(result.dtype).eps)
        if coarse > self.eps:  # float32 inside: the step was too small
            self.eps = coarse
            self._kept = (first, self._pair(*first))
        self._weigh(result)

    def _weigh(self, result: Array) -> None:
        self.weights = weights(result.shape)
        size = float(np.sum(np.abs(self.weights) * (np.abs(result) + self._least)))
        self.resolution = ROUNDINGS * self.eps * (size if np.isfinite(size) else 0.0)

    def _slope(self, leaf: int, place: int) -> tuple[float, float]:
        where, pair = self._kept
        up, down, distance = pair if where == (leaf, place) else self._pair(leaf, place)
        if up is None or down is None or distance == 0.0:
            return np.nan, np.inf
        change, size = self._change(down, up)
        return change / distance, self.eps * size / distance

    def _pair(self, leaf: int, place: int) -> tuple[Array | None, Array | None, float]:
        """The results on both sides of an element, and how far apart the sides are."""
        step = best_step(self._arrays[leaf].flat[place], self.eps)
        above, up = self._moved(leaf, place, step)
        below, down = self._moved(leaf, place, -step)
        return self._at(above), self._at(below), up - down

    def _change(self, before: Array, after: Array) -> tuple[float, float]:
        assert self.weights is not None
        with np.errstate(all="ignore"):
            change = after.astype(np.float64) - before
            moved = change != 0.0
            size = np.maximum(np.abs(before), np.abs(after))[moved] + self._least
            each = np.abs(self.weights[moved])
            return float(np.sum(self.weights * change)), float(np.sum(each * size))

    def _moved(self, leaf: int, place: int, distance: float) -> tuple[list[Array], float]:
        """The leaves with one element moved, and how far it is after rounding."""
        old = self._arrays[leaf]
        new = old.copy()
        new.flat[place] = old.dtype.type(float(old.flat[place]) + distance)
        arrays = list(self._arrays)
        arrays[leaf] = new
        return arrays, float(new.flat[place]) - float(old.flat[place])

    def _at(self, arrays: Sequence[Array]) -> Array | None:
        """The result, or None where Python's own arithmetic, or LAPACK, refuses to give one."""
        try:
            return self._evaluate(arrays)
        except (ArithmeticError, np.linalg.LinAlgError):
            return None
        except ValueError as error:
            if error.args[:1] and "math domain" in str(error):
                return None
            raise

    def _evaluate(self, arrays: Sequence[Array]) -> Array:
        self.evaluations += 1
        with np.errstate(all="ignore"):
            return self._subject.evaluate(arrays)
