"""Strategies for Hypothesis: numbers, arrays, and points at which a primitive is differentiable.

Everything drawn is plain, a Python float or a NumPy array: what any gradient can be tested with.
Numbers have two decimals, so that a counterexample can be read; they shrink towards 1.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
from hypothesis import assume

from autograd_lite.engine.primitive import Array, Case, Elementwise, Interval, Primitive
from autograd_lite.testing.calls import (
    Point,
    cases_of,
    competes,
    intervals,
    is_differentiable,
    kink_distance,
)

Shape = tuple[int, ...]
WHOLE: tuple[Shape, ...] = (
    (), (2,), (3,), (2, 3), (3, 3), (2, 2, 3), (3, 3, 3), (2, 3, 3), (0,), (2, 0),
)  # fmt: skip
"""The shapes of results in which arrays broadcast; parts of them have length 1 or are missing."""
NEAR = 1e-3
"""Points are drawn at least so far from a kink: many steps of the differences."""


@functools.cache
def grid(intervals: tuple[Interval, ...], avoid: tuple[float, ...] = ()) -> Array:
    """The numbers with two decimals inside the intervals, simple ones first: 1, −1, 2, …, then
    halves, tenths, hundredths. The ends, and 0, stand in it several times more."""
    inside: list[float] = []
    for low, high in intervals:
        inside += [i / 100 for i in range(-int(-low * 100 // 1), int(high * 100 // 1) + 1)]
        inside += [low, high] if np.isfinite([low, high]).all() else []
    chosen = [x for x in dict.fromkeys(inside) if all(abs(x - a) >= NEAR for a in avoid)]
    if not chosen:
        raise ValueError(f"no numbers in {intervals} but those to avoid, {avoid}")
    ends = [x for low, high in intervals for x in (low, high, 0.0) if x in chosen]
    return np.array([*sorted(chosen, key=_complexity), *ends * (1 + len(chosen) // 40)])


def _complexity(x: float) -> tuple[int, float, bool]:
    hundredths = round(abs(x) * 100)
    decimals = next(i for i, n in enumerate((100, 50, 10, 1)) if hundredths % n == 0)
    return decimals + (x == 0.0), abs(abs(x) - 1.0), x < 0


def values(
    low: float = -3.0, high: float = 3.0, *, avoid: Sequence[float] = ()
) -> st.SearchStrategy[float]:
    """Python floats between two numbers, the ends and 0 more often than others.

    Args:
        low, high: where they lie.
        avoid: points to stay away from, as kinks are.

    >>> from hypothesis import find
    >>> find(values(), lambda x: x < 0.3)  # the simplest
    -1.0
    """
    numbers = grid(((float(low), float(high)),), tuple(avoid))
    return st.integers(0, len(numbers) - 1).map(lambda i: float(numbers[i]))


def tensors(
    shape: int | Shape | st.SearchStrategy[Shape] | None = None,
    dtype: Any = np.float64,
    *,
    low: float = -3.0,
    high: float = 3.0,
    avoid: Sequence[float] = (),
    distinct: bool = False,
) -> st.SearchStrategy[Array]:
    """NumPy arrays of floating-point numbers between two numbers.

    Args:
        shape: theirs; by default any of up to three axes of 0 to 3 elements.
        dtype: float64, float32 or float16.
        low, high: where the numbers lie; the ends and 0 are drawn more often than others.
        avoid: points to stay away from, as kinks are.
        distinct: no number twice in an array: no ties for a maximum.

    >>> from hypothesis import find
    >>> find(tensors((2,)), lambda x: True)
    array([1., 1.])
    """
    numbers = grid(((float(low), float(high)),), tuple(avoid)).astype(dtype)
    return _arrays(_shapes(shape), numbers, distinct)


def broadcastable(
    count: int = 2,
    dtype: Any = np.float64,
    *,
    low: float = -3.0,
    high: float = 3.0,
    avoid: Sequence[float] = (),
) -> st.SearchStrategy[tuple[Array, ...]]:
    """Tuples of arrays whose shapes broadcast with each other, as those of x + y must.

    >>> from hypothesis import find
    >>> find(broadcastable(2), lambda xs: xs[0].size == xs[1].size == 1)
    (array(1.), array(1.))
    """
    numbers = grid(((float(low), float(high)),), tuple(avoid)).astype(dtype)
    return _shapes_that_broadcast(count).flatmap(
        lambda shapes: st.tuples(*(_arrays(st.just(shape), numbers) for shape in shapes))
    )


def points_for(
    primitive: Primitive | str,
    dtype: Any = np.float64,
    *,
    shapes: Sequence[Shape] | None = None,
) -> st.SearchStrategy[Point]:
    """Calls of a primitive inside its domain and away from its kinks; see `Point`.

    Elementwise ones get operands whose shapes broadcast, numbers among them; structural ones every
    call that their declaration lists.

    Args:
        primitive: one of `PRIMITIVES`, or its name.
        dtype: of the arrays.
        shapes: of the result of an elementwise one, of the first operand of a structural one.

    >>> from hypothesis import find
    >>> find(points_for("maximum"), lambda point: point.operands[0].size)
    maximum(np.array(1.0), np.array(-1.0))
    """
    from autograd_lite.engine.primitive import PRIMITIVES

    found = PRIMITIVES[primitive] if isinstance(primitive, str) else primitive
    return _points(found, np.dtype(dtype), None if shapes is None else tuple(shapes))


def listed_points(primitive: Primitive) -> list[Point]:
    """Fixed points with simple numbers, the simplest first: each case of a structural primitive,
    and the ways to broadcast of an elementwise one. What a hundred random points may leave out."""
    rng = np.random.default_rng(0)
    return [
        point
        for case in _listed_cases(primitive)
        if (point := _listed_point(primitive, case, rng)) is not None
    ]


def random_points(
    primitive: Primitive, seed: int = 0, shapes: tuple[Shape, ...] | None = None
) -> Iterator[Point]:
    """The same cases at points of random numbers, the same in every run with the same seed."""
    rng = np.random.default_rng(seed)
    for case_shapes, args, kwargs in _cases(primitive, shapes):
        operands = tuple(_random(primitive, i, shape, rng) for i, shape in enumerate(case_shapes))
        if kink_distance(primitive, operands, args, kwargs) > NEAR:
            yield Point(primitive, operands, args, tuple(kwargs.items()))


def _random(primitive: Primitive, i: int, shape: Shape, rng: np.random.Generator) -> Array:
    """Random numbers from the domain of an operand."""
    if not is_differentiable(primitive, i):
        return np.asarray(rng.random(shape) < 0.5)
    parts = intervals(primitive, i)
    low, high = np.array(parts).T[:, rng.integers(len(parts), size=shape)]
    x = np.asarray(rng.uniform(low, high))
    if competes(primitive):  # no ties
        x = np.asarray(x + 1e-2 * np.arange(x.size).reshape(shape) / max(1, x.size))
    return x


def _listed_point(primitive: Primitive, case: Case, rng: np.random.Generator) -> Point | None:
    """A point away from the kinks; None if a hundred attempts give none."""
    shapes, args, kwargs = case
    for _ in range(100):
        operands = tuple(_simple(primitive, i, shape, rng) for i, shape in enumerate(shapes))
        if kink_distance(primitive, operands, args, kwargs) > NEAR:
            return Point(primitive, operands, args, tuple(kwargs.items()))
    return None


def _listed_cases(primitive: Primitive) -> Sequence[Case]:
    cases = list(_cases(primitive))
    if not isinstance(primitive, Elementwise):
        return cases
    return [*cases, *cases[-1:] * 3]  # more numbers where there are few cases


def _cases(primitive: Primitive, shapes: tuple[Shape, ...] | None = None) -> Sequence[Case]:
    if not isinstance(primitive, Elementwise):
        return cases_of(primitive) if shapes is None else cases_of(primitive, shapes)
    each = shapes or ((), (3,), (3, 1), (3, 3))
    return [(s, (), {}) for s in itertools.product(each, repeat=len(primitive.operands))]


def _simple(primitive: Primitive, i: int, shape: Shape, rng: np.random.Generator) -> Array:
    """Numbers of one decimal at most, in random order, none twice."""
    size = math.prod(shape)
    if not is_differentiable(primitive, i):
        return np.asarray(rng.permutation(size).reshape(shape) % 2 == 0)
    numbers = grid(intervals(primitive, i))
    simple = numbers[: max(size, 20)]
    return np.asarray(rng.choice(simple, size, replace=size > len(simple)).reshape(shape))


@st.composite
def _points(
    draw: st.DrawFn,
    primitive: Primitive,
    dtype: np.dtype[Any],
    whole: tuple[Shape, ...] | None,
) -> Point:
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    if isinstance(primitive, Elementwise):
        shapes = draw(_shapes_that_broadcast(len(primitive.operands), whole or WHOLE))
    else:
        cases = cases_of(primitive) if whole is None else cases_of(primitive, whole)
        shapes, args, kwargs = draw(st.sampled_from(cases))
    operands: list[Any] = [
        draw(operand(primitive, i, shape, dtype)) for i, shape in enumerate(shapes)
    ]
    if isinstance(primitive, Elementwise) and not any(shapes) and draw(st.booleans()):
        operands = [x.item() for x in operands]
    assume(kink_distance(primitive, operands, args, kwargs) > NEAR)
    return Point(primitive, tuple(operands), args, tuple(kwargs.items()))


def operand(
    primitive: Primitive, i: int, shape: Shape, dtype: Any = np.float64
) -> st.SearchStrategy[Array]:
    """Arrays that the primitive may have as its i-th operand."""
    if not is_differentiable(primitive, i):
        return hnp.arrays(np.bool_, shape)
    numbers = grid(intervals(primitive, i)).astype(dtype)
    return _arrays(st.just(shape), numbers, competes(primitive))


def _arrays(
    shapes: st.SearchStrategy[Shape], numbers: Array, distinct: bool = False
) -> st.SearchStrategy[Array]:
    """Arrays of numbers that stand in a table, so that they shrink towards its start."""
    if distinct:
        numbers = numbers[np.sort(np.unique(numbers, return_index=True)[1])]
    places = st.integers(0, len(numbers) - 1)
    fill = st.nothing() if distinct else None
    return hnp.arrays(np.int64, shapes, elements=places, unique=distinct, fill=fill).map(
        lambda places: np.asarray(numbers[places])
    )


@st.composite
def _shapes_that_broadcast(
    draw: st.DrawFn, count: int, shapes: tuple[Shape, ...] = WHOLE
) -> tuple[Shape, ...]:
    """The shapes of so many arrays. Hypothesis's own strategy rarely gives square ones, in which a
    transposed gradient does not show by its shape."""
    whole = draw(st.sampled_from(shapes))

    def part(_: int) -> Shape:
        start = draw(st.sampled_from([0, 0, *range(len(whole) + 1)]))
        ones = draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
        return tuple(1 if one else n for n, one in zip(whole, ones, strict=True))[start:]

    return tuple(part(i) for i in range(count))


def _shapes(shape: int | Shape | st.SearchStrategy[Shape] | None) -> st.SearchStrategy[Shape]:
    if shape is None:
        return _shapes_that_broadcast(1).map(lambda shapes: shapes[0])
    if isinstance(shape, int):
        return st.just((shape,))
    return st.just(shape) if isinstance(shape, tuple) else shape
