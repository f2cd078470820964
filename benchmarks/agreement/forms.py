"""Random numbers and arrays in all forms, random shapes, axes and indices."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from benchmarks.agreement.given import Given

Shape = tuple[int, ...]

LARGEST_SIZE = 120
"""No array has more elements."""


def chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability


# ---------------------------------------------------------------- shapes and axes


def a_shape(rng: Random, least: int = 0) -> Shape:
    """A shape of up to four axes, now and then one of length 0."""
    count = rng.choices(range(least, 5), (2, 5, 6, 3, 1)[least:])[0]
    lengths = tuple(rng.choices((0, 1, 2, 3, 4), (1, 6, 12, 12, 4))[0] for _ in range(count))
    return lengths if np.prod(lengths) <= LARGEST_SIZE else lengths[:2]


def a_partner(rng: Random, shape: Shape) -> Shape:
    """A shape that broadcasts with this one, in any of the ways there are."""
    if chance(rng, 0.35):
        return shape
    partner = [1 if chance(rng, 0.25) else n for n in shape]
    partner = [rng.choice((2, 3)) if n == 1 and chance(rng, 0.3) else n for n in partner]
    fits = [m if n == 1 or m in (1, n) else n for m, n in zip(partner, shape, strict=True)]
    if chance(rng, 0.3):
        return tuple(fits[rng.randint(0, len(fits)) :])
    if chance(rng, 0.2) and len(fits) < 4:
        return (rng.choice((1, 2)), *fits)
    return tuple(fits)


def an_axis(rng: Random, shape: Shape) -> Any:
    """One axis, several as a tuple, none as an empty tuple, or None for all."""
    n = len(shape)
    if chance(rng, 0.3):
        return None
    if n and chance(rng, 0.6):
        return rng.randrange(-n, n)
    axes = rng.sample(range(n), rng.randint(0, n))
    return tuple(a - n if chance(rng, 0.5) else a for a in axes)


def a_split(rng: Random, size: int) -> Shape:
    """Lengths whose product this is, or one of them −1."""
    if not size:
        return rng.choice(((0,), (2, 0), (0, 1)))
    lengths = []
    left = size
    for n in (2, 3):
        if left % n == 0 and chance(rng, 0.6):
            lengths.append(n)
            left //= n
    lengths += [left] if left != 1 or chance(rng, 0.3) else []
    if chance(rng, 0.2):
        lengths.append(1)
    rng.shuffle(lengths)
    if lengths and chance(rng, 0.3):
        lengths[rng.randrange(len(lengths))] = -1
    return tuple(lengths)


# ---------------------------------------------------------------- indices


def an_index(rng: Random, shape: Shape) -> Any:
    """An index of any kind that NumPy has: whole numbers, slices, None, ..., arrays of whole
    numbers with repeats, tuples and lists for them, truth values."""
    if chance(rng, 0.12):
        return _mask(rng, shape)
    parts: list[Any] = []
    common = a_shape(rng)[:2]
    axes = list(shape[: rng.randint(0, len(shape))])
    while axes:
        n = axes.pop(0)
        kind = rng.choices(("slice", "whole", "array", "sequence", "mask"), (6, 4, 3, 2, 1))[0]
        if kind == "slice" or n == 0:
            parts.append(_slice(rng, n))
        elif kind == "whole":
            whole = rng.randrange(-n, n)
            parts.append(np.int64(whole) if chance(rng, 0.1) else whole)
        elif kind == "mask" and not any(isinstance(p, np.ndarray) for p in parts):
            parts.append(np.array([chance(rng, 0.5) for _ in range(n)]))
            parts[-1][rng.randrange(n)] = True
            common = (int(parts[-1].sum()),)
        else:
            parts.append(_places(rng, n, common, kind == "sequence"))
    if chance(rng, 0.25):
        parts.insert(rng.randint(0, len(parts)), None)
    if chance(rng, 0.25):
        parts.insert(rng.randint(0, len(parts)), Ellipsis)
    if len(parts) == 1 and chance(rng, 0.7):
        return parts[0]
    return tuple(parts)


def _slice(rng: Random, n: int) -> slice:
    ends = [rng.choice((None, *range(-n, n + 2))) for _ in range(2)]
    return slice(*ends, rng.choice((None, None, 1, -1, 2, -2)))


def _places(rng: Random, n: int, shape: Shape, as_sequence: bool) -> Any:
    where = np.array([rng.randrange(-n, n) for _ in range(int(np.prod(shape)))], int)
    where = where.reshape(shape)
    if not as_sequence:
        return where.astype(rng.choice((np.int64, np.int64, np.int8, np.dtype(">i4"))))
    whole = where.tolist()
    return _tuples(whole) if isinstance(whole, list) and chance(rng, 0.5) else whole


def _tuples(x: Any) -> Any:
    return tuple(_tuples(part) for part in x) if isinstance(x, list) else x


def _mask(rng: Random, shape: Shape) -> Any:
    if chance(rng, 0.1):
        return rng.choice((True, False))
    part = shape[: rng.randint(0, len(shape))]
    return np.array([chance(rng, 0.6) for _ in range(int(np.prod(part)))], bool).reshape(part)


# ---------------------------------------------------------------- numbers


def some_numbers(rng: Random, shape: Shape, low: float, high: float, wild: bool = False) -> Any:
    """Numbers between low and high: whole and half ones, which tie, or any."""
    size = int(np.prod(shape, dtype=int))
    if chance(rng, 0.4):
        some = [min(high, max(low, rng.randint(-6, 6) / 2)) for _ in range(size)]
    else:
        some = [round(rng.uniform(low, high), 3) for _ in range(size)]
    for i in range(size):
        if wild and chance(rng, 0.1):
            some[i] = rng.choice((np.inf, -np.inf, np.nan, 0.0, -0.0))
    return np.array(some, float).reshape(shape)


def laid_out(rng: Random, data: Any, shape: Shape) -> Given:
    """An array of these numbers in a layout."""
    form = rng.choices(
        ("plain", "fortran", "reversed", "strided", "stretched", "read only", "swapped"),
        (12, 1, 2, 2, 2, 1, 2),
    )[0]
    if not shape and form in ("fortran", "reversed", "strided", "stretched"):
        form = "plain"
    if form == "stretched":
        axis = rng.randrange(len(shape))
        data = data[tuple(slice(0, 1) if i == axis else slice(None) for i in range(len(shape)))]
    return Given(np.array(data), form, shape)


def an_input(rng: Random, data: Any, dtype: Any, value: bool) -> Given:
    """A leaf of these numbers."""
    if value:
        form = rng.choices(("float", "scalar"), (9, 1))[0]
        return Given(np.array(data, float), form, (), "Value")
    given = laid_out(rng, data.astype(dtype), data.shape)
    kind = "borrowed" if given.form != "swapped" and chance(rng, 0.06) else "Tensor"
    if kind == "Tensor" and chance(rng, 0.03) and np.all(np.isfinite(given.data)):
        given = replace(given, data=np.rint(given.data).astype(int))
    return replace(given, kind=kind)


def a_constant(rng: Random, data: Any, dtype: Any, is_condition: bool = False) -> Given:
    """A constant of about these numbers: a number of Python or NumPy, a list, an array."""
    shape = data.shape
    kind = rng.choices(("f", "i", "b"), (12, 3, 1))[0] if not is_condition else "b"
    if is_condition and chance(rng, 0.15):
        kind = rng.choice("fi")
    if kind != "f" and not np.all(np.isfinite(data)):
        kind = "f"
    if kind == "i":
        data = np.rint(data).astype(rng.choice((np.int64, np.int64, np.int8, np.int32)))
    elif kind == "b":
        data = np.array([chance(rng, 0.6) for _ in range(data.size)], bool).reshape(shape)
    else:
        data = data.astype(dtype)
    if not shape and chance(rng, 0.85):
        if chance(rng, 0.7):
            form = {"f": "float", "i": "int", "b": "bool"}[kind]
            return Given(data.astype(float) if kind == "f" else data, form)
        return Given(data, "scalar")
    if chance(rng, 0.1) and data.size and shape:
        return Given(data.astype(float) if kind == "f" else data, "list", shape)
    return laid_out(rng, data, shape)
