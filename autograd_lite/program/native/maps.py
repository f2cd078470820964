"""Where the numbers of a result come from, found by moving the numbers of their places.

An operation that is linear in its operands together, and gives each number of its result one number
of an operand or 0, moves numbers and computes nothing: reshape, getitem, concatenate, the gradient
of getitem. Nobody lists these: NumPy's own function is run on arrays of place numbers, which shows
what it does with the numbers that lie there. A map is then taken apart into boxes in which the
place is `base + Σ step·index`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.primitive import Structural
from autograd_lite.program.instructions import results_of

Places = npt.NDArray[np.int64]
Shape = tuple[int, ...]

MOST_PIECES = 64
"""Into how many boxes a map is cut at most; what needs more is a table."""

MOST_PLACES = 1 << 22
"""Of larger arrays no map is made."""


@dataclass(frozen=True)
class Moves:
    """One result of an operation that moves numbers."""

    shape: Shape
    sources: tuple[Places, ...]
    """For each operand, the place in it of what stands at each place of the result, −1 for nothing.
    Where several operands stand, the result is their sum in this order."""
    cleared: bool
    """Whether a single −0 becomes 0: the result is 0 + what was moved."""


def moves_of(
    primitive: Structural, shapes: Sequence[Shape], params: Mapping[str, Any]
) -> list[Moves] | None:
    """What a primitive moves where to, for each of its results; None if it does anything else."""
    if primitive.linear != "jointly" or sum(map(math.prod, shapes)) > MOST_PLACES:
        return None
    found: list[list[Places]] = []
    cleared: list[bool] = []
    for k, shape in enumerate(shapes):
        one = _moved_of_one(primitive, shapes, params, k, shape)
        if one is None:
            return None
        found.append([places for places, _ in one])
        cleared = [a or b for a, (_, b) in itertools.zip_longest(cleared, one, fillvalue=False)]  # type: ignore[misc]
    if not found:
        return None
    return [
        Moves(sources[0].shape, sources, is_cleared)
        for sources, is_cleared in zip(zip(*found, strict=True), cleared, strict=True)
    ]


def _moved_of_one(
    primitive: Structural, shapes: Sequence[Shape], params: Any, k: int, shape: Shape
) -> list[tuple[Places, bool]] | None:
    """For each result the places of operand k in it, and whether −0 becomes 0."""
    size = math.prod(shape)

    def run(x: Any) -> list[Any] | None:
        given = [x if i == k else np.full(s, -0.0)[()] for i, s in enumerate(shapes)]
        results = results_of(primitive.arrays(*given, **params))
        return [np.asarray(z) for z in results]

    numbers = np.random.default_rng(size).random(size) + 0.5
    places = run(np.arange(1.0, size + 1.0).reshape(shape)[()])
    drawn, signs = run(numbers.reshape(shape)[()]), run(np.full(shape, -0.0)[()])
    made = []
    for at, z, sign in zip(places or (), drawn or (), signs or (), strict=True):
        if at.dtype != np.float64 or not np.all((at >= 0) & (at <= size) & (at == np.floor(at))):
            return None
        source = at.astype(np.int64) - 1
        moved = source >= 0
        wanted = np.where(moved, numbers[source] if size else 0.0, 0.0)
        if not np.array_equal(z, wanted):
            return None
        made.append((source, bool(np.any(moved & ~np.signbit(sign)))))
    return made


def spread_of(
    primitive: Structural, shapes: Sequence[Shape], params: Mapping[str, Any]
) -> tuple[list[Places], int] | None:
    """Of a linear operation that adds numbers up, each into one place of the result, or takes their
    mean: for each operand the place that each of its numbers is added to, and by how much the sums
    are divided. So it is where the pullback moves numbers. None if it does anything else."""
    if primitive.linear != "jointly" or sum(map(math.prod, shapes)) > MOST_PLACES:
        return None
    draw = np.random.default_rng(len(shapes))
    numbers = [draw.random(math.prod(shape)) + 0.5 for shape in shapes]
    given = [x.reshape(shape)[()] for x, shape in zip(numbers, shapes, strict=True)]
    z = primitive.arrays(*given, **params)
    if isinstance(z, tuple) or np.asarray(z).dtype != np.float64:
        return None
    count = np.size(z)
    g = np.arange(1.0, count + 1.0).reshape(np.shape(z))[()]
    found: list[Places] = []
    divisor = 0
    total = np.zeros(count + 1)
    for pullback, x, own in zip(primitive.pullbacks, given, numbers, strict=True):
        if pullback is None:
            return None
        back = np.broadcast_to(np.asarray(pullback(g, z, *given, **params)), np.shape(x))
        ones = np.asarray(pullback(g * 0.0 + 1.0, z, *given, **params))
        if not ones.size or not ones.flat[0] > 0.0 or not np.all(ones == ones.flat[0]):
            return None
        divisor = round(1.0 / ones.flat[0])
        back = back if divisor == 1 else np.round(back * divisor, 6)
        if not np.all((back >= 1) & (back <= count) & (back == np.floor(back))):
            return None
        found.append(back.astype(np.int64) - 1)
        np.add.at(total, found[-1].ravel(), own)
    total /= max(1, divisor)
    if not np.allclose(total[:count], np.ravel(z), rtol=1e-9, atol=0.0):
        return None
    return (found, divisor) if divisor == 1 or len(found) == 1 else None


# ---------------------------------------------------------------- indices that are not known yet


@dataclass(frozen=True)
class Indexed:
    """How places depend on an array of indices: base + Σ step·i + stride·index[position]."""

    length: int
    """How long the axis is that they are indices of."""
    stride: int
    base: int
    steps: tuple[int, ...]
    position: tuple[int, ...]
    """Of the index the place is Σ position·i, row by row."""
    offset: int


def indexed(places_for: Any, shape: Shape, candidates: Sequence[int]) -> Indexed | None:
    """How the places that a function gives for an array of indices depend on them; None if that is
    not even. It raises IndexError for indices that are outside."""
    size = math.prod(shape)

    def places(values: Any) -> Any:
        return places_for(np.asarray(values, np.int64).reshape(shape))

    def is_inside(n: int) -> bool:
        try:
            places(np.full(shape, n))
        except IndexError:
            return False
        return True

    lengths = [n for n in sorted(set(candidates)) if n and is_inside(n - 1) and not is_inside(n)]
    if not lengths or not size:
        return None
    n = lengths[0]
    first = places(np.zeros(shape))
    boxes = boxes_of([first])
    if boxes is None or len(boxes) != 1 or boxes[0].bases[0] < 0:
        return None
    stride = 0
    if n > 1:
        change = places(np.ones(shape)) - first
        stride = int(change.flat[0]) if change.size else 0
        if not np.all(change == stride):
            return None
    position, unit = np.zeros(first.shape, np.int64), 1
    while unit < size and n > 1 and stride:
        digit = places(np.arange(size) // unit % n) - first
        position += unit * (digit // stride)
        unit *= n
    found = boxes_of([position])
    if found is None or len(found) != 1:
        return None
    box, own = boxes[0], found[0]
    return Indexed(n, stride, box.bases[0], box.steps[0], own.steps[0], own.bases[0])


# ---------------------------------------------------------------- boxes


@dataclass(frozen=True)
class Box:
    """A part of a result in which each operand's place is base + Σ step·index, or is none."""

    start: Shape
    shape: Shape
    bases: tuple[int, ...]
    """For each operand the place at the start of the box, −1 if there is none."""
    steps: tuple[tuple[int, ...], ...]
    """For each operand, how the place changes along each axis."""


def boxes_of(sources: Sequence[Places]) -> list[Box] | None:
    """A map taken apart into boxes; None if it would be too many."""
    found: list[Box] = []
    start = (0,) * sources[0].ndim
    return found if _cut(list(sources), start, found) else None


def _cut(sources: list[Places], start: Shape, found: list[Box]) -> bool:
    shape = sources[0].shape
    if not math.prod(shape):
        return True
    steps: list[list[int]] = [[] for _ in sources]
    best: tuple[int, int, list[int]] | None = None
    for axis in range(len(shape)):
        cuts, own = cuts_of(sources, axis)
        if cuts and (best is None or len(cuts) < best[0]):
            best = (len(cuts), axis, cuts)
        for mine, step in zip(steps, own, strict=True):
            mine.append(step)
    if best is None:
        bases = tuple(int(x[(0,) * x.ndim]) for x in sources)
        found.append(Box(start, shape, bases, tuple(map(tuple, steps))))
        return len(found) <= MOST_PIECES
    count, axis, cuts = best
    if count >= MOST_PIECES:
        return False
    bounds = [0, *cuts, shape[axis]]
    for a, b in itertools.pairwise(bounds):
        part = [x[(slice(None),) * axis + (slice(a, b),)] for x in sources]
        at = (*start[:axis], start[axis] + a, *start[axis + 1 :])
        if len(found) >= MOST_PIECES or not _cut(part, at, found):
            return False
    return True


def cuts_of(sources: Sequence[Places], axis: int) -> tuple[list[int], list[int]]:
    """Where along an axis the map changes its step, and the steps if it never does."""
    length = sources[0].shape[axis]
    if length < 2:
        return [], [0] * len(sources)
    regular = np.ones(length - 1, np.bool_)
    every = []
    for x in sources:
        rows = np.moveaxis(x, axis, 0).reshape(length, -1)
        nothing = rows < 0
        change = np.diff(rows, axis=0)
        low = np.where(nothing[1:], np.iinfo(np.int64).max, change).min(axis=1)
        high = np.where(nothing[1:], np.iinfo(np.int64).min, change).max(axis=1)
        empty = nothing[1:].all(axis=1)
        regular &= (nothing[1:] == nothing[:-1]).all(axis=1) & ((low == high) | empty)
        every.append(np.where(empty, 0, low))
    if regular.all() and all(np.all(step == step[0]) for step in every):
        return [], [int(step[0]) for step in every]
    cuts: list[int] = []
    run: list[int] | None = None
    for p in range(length - 1):
        step = [int(x[p]) for x in every]
        if not regular[p] or (run is not None and step != run):
            cuts.append(p + 1)
            run = None
            if len(cuts) >= MOST_PIECES:
                break
        else:
            run = step
    return cuts, [0] * len(sources)


def coordinates(base: int, steps: Sequence[int], box: Shape, shape: Shape) -> Any:
    """Places in an array of a shape as indices: those at the base, and for each axis of the box how
    each changes along it; None if they do not change evenly."""
    first = np.unravel_index(base, shape) if shape else ()
    start = [int(i) for i in first]
    columns = []
    for step, n in zip(steps, box, strict=True):
        if n == 1 or step == 0:
            columns.append([0] * len(shape))
            continue
        after = [int(i) for i in np.unravel_index(base + step, shape)]
        columns.append([b - a for a, b in zip(start, after, strict=True)])
    for d, length in enumerate(shape):
        moved = [c[d] * (n - 1) for c, n in zip(columns, box, strict=True)]
        low = start[d] + sum(min(0, m) for m in moved)
        high = start[d] + sum(max(0, m) for m in moved)
        if low < 0 or high >= length:
            return None
    rows = tuple(tuple(c[d] for c in columns) for d in range(len(shape)))
    return tuple(start), rows
