"""What a wrong gradient looks like: the patterns of the usual mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array


@dataclass(frozen=True)
class Found:
    """An argument with the gradient that was claimed and the numerical one."""

    name: str
    x: Array
    analytic: Array
    numerical: Array
    """Of the shape of x; nan where there was no look."""
    wrong: Array
    """Which elements were found wrong: truth values of the shape of x."""


def alike(a: Any, b: Any) -> bool:
    """Whether two arrays are the same but for small errors, on the scale of the greatest."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape or not a.size:
        return False
    looked = ~np.isnan(b)
    if not looked.any():
        return False
    scale = float(np.max(np.abs(b[looked])))
    with np.errstate(invalid="ignore"):  # inf - inf
        return bool(np.all(np.abs(a[looked] - b[looked]) <= 1e-3 * scale)) and scale > 0.0


def hints_of(found: Sequence[Found]) -> list[str]:
    """A line for each argument whose gradient has a known pattern, and for patterns across
    arguments."""
    lines = [*_exchanged(found), *_other_arrays(found)]
    for each in found:
        if not lines or len(found) > 2:
            pattern = next(_patterns(each), None)
            if pattern is not None:
                lines.append(f"{each.name}: {pattern}")
    return lines


def _exchanged(found: Sequence[Found]) -> Iterator[str]:
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            same = one.analytic.shape == one.x.shape == other.x.shape == other.analytic.shape
            if not same or alike(one.numerical, other.numerical):
                continue
            if alike(one.analytic, other.numerical) and alike(other.analytic, one.numerical):
                yield f"{one.name} and {other.name}: each has the gradient of the other"


def _other_arrays(found: Sequence[Found]) -> Iterator[str]:
    """A gradient that is another argument as it stands: Wᵀ for X, as by backward(1)."""
    for one in found:
        for other in found:
            if one is other or one.x.size < 2 or not one.wrong.any():
                continue
            for array, text in ((other.x, other.name), (other.x.T, f"{other.name} transposed")):
                if array.shape == one.analytic.shape and np.array_equal(array, one.analytic):
                    yield f"{one.name}: it is just {text}: without the gradient that comes in"
                    break


def _patterns(f: Found) -> Iterator[str]:
    """What the gradient of one argument looks like, the most telling first."""
    if not f.wrong.any():
        return
    looked = ~np.isnan(f.numerical)
    a, n = f.analytic, f.numerical
    if np.isnan(a).any():
        yield f"{int(np.isnan(a).sum())} elements are nan, as from 0/0, 0·inf or inf − inf"
    if not a[looked].any():
        yield (
            "the gradient is zero everywhere: the graph was cut, as by detach(), by .data, by "
            "converting to int, or by computing with plain numbers"
        )
    yield from _multiples(a, n, looked)
    if a.ndim >= 2 and a.shape == a.shape[::-1] and alike(a.T, n):
        yield "it is the transpose of the right one"
    yield from _sums(a, n)
    yield from _rearranged(a, n, looked)
    yield from _where(f, looked)
    if n.size > 1 and alike(a - n, np.full_like(n, np.nanmean(a - n))):
        yield f"{np.nanmean(a - n):.6g} too much in every element: a constant was added"


def _multiples(a: Array, n: Array, looked: Array) -> Iterator[str]:
    """The gradient is a number times the right one."""
    if alike(a, -n):
        yield "the sign is wrong: it is −1 times the right one"
    a, n = a[looked], n[looked]
    square = float(np.sum(n * n))
    if not np.isfinite(a).all() or square == 0.0:
        return
    factor = float(np.sum(a * n)) / square
    if factor == 0.0 or abs(factor - 1.0) < 1e-3 or not alike(a, factor * n):
        return
    if n.size > 1:
        yield f"every element is {_times(factor)} the right one"
    elif _is_whole(factor) or _is_whole(1.0 / factor):
        yield f"it is {_times(factor)} the right one"


def _is_whole(x: float) -> bool:
    return abs(x - round(x)) < 1e-3 * abs(x)


def _times(factor: float) -> str:
    """`2 times` or `1/3 of`, where it is that; else six digits."""
    if _is_whole(factor):
        text = f"{round(factor)} times"
    elif _is_whole(1.0 / factor):
        text = f"{'-' if factor < 0 else ''}1/{abs(round(1.0 / factor))} of"
    else:
        text = f"{factor:.6g} times"
    return text.replace("-", "−")


def _sums(a: Array, n: Array) -> Iterator[str]:
    """Sums over axes that are too many, or that are missing."""
    if n.size < 2 or np.isnan(n).any():
        return
    if alike(a, np.full_like(n, n.sum())):
        yield "every element is the sum of the right one: summed where it is elementwise"
    for axis in range(n.ndim):
        if n.shape[axis] > 1 and alike(a, np.broadcast_to(n.sum(axis, keepdims=True), n.shape)):
            yield f"every element is the sum of the right one over axis {axis}"


def _rearranged(a: Array, n: Array, looked: Array) -> Iterator[str]:
    if looked.all() and n.size > 1 and np.isfinite(a).all():
        if alike(np.flip(a), n):
            yield "it is the right one back to front"
        elif alike(np.sort(a, axis=None), np.sort(n, axis=None)):
            yield "the right numbers stand in the wrong places"


def _where(f: Found, looked: Array) -> Iterator[str]:
    """Only some elements are wrong: which?"""
    right = looked & ~f.wrong
    if not right.any() or f.x.size < 2:
        return
    x, wrong = f.x, f.wrong
    for text, inside in (("x < 0", x < 0), ("x > 0", x > 0), ("x = 0", x == 0)):
        if (wrong == inside)[looked].all():
            yield f"wrong exactly where {text.replace('x', f.name)}"
    if wrong.sum() == 1 and x.ndim:
        place = ", ".join(str(i[0]) for i in np.nonzero(wrong))
        yield f"wrong only at [{place}]"
    size = np.abs(x)
    if wrong.sum() > 1 and size[wrong].min() > size[right].max():
        yield f"wrong only where |{f.name}| ≥ {size[wrong].min():.3g}: at large ones"
    for axis in range(x.ndim):
        lines = np.unique(np.nonzero(wrong)[axis])
        across = x.shape[axis]
        if len(lines) == 1 and across > 1 and x.size > across:
            place = ", ".join(str(lines[0]) if i == axis else ":" for i in range(x.ndim))
            yield f"wrong only in [{place}]"


# ---------------------------------------------------------------- shapes


def shape_hint(analytic: Array, numerical: Array) -> str | None:
    """What a gradient of the wrong shape may be meant to be."""
    a, n = analytic, numerical
    if a.shape == n.shape[::-1] and alike(a.T, n):
        return "it is the transpose of the right one"
    lead = a.ndim - n.ndim
    if lead > 0 and alike(a.sum(axis=tuple(range(lead))), n):
        axes = "axis 0" if lead == 1 else f"axes {tuple(range(lead))}"
        return f"its sum over {axes} (the batch) is right: that sum was forgotten"
    if lead > 0 and alike(a.mean(axis=tuple(range(lead))), n):
        return "its mean over the leading axes is right: that mean was forgotten"
    summed = _unbroadcast(a, n.shape)
    if summed is not None and alike(summed, n):
        return "its sum over the axes that were broadcast is right: that sum was forgotten"
    if a.size == n.size and alike(a.reshape(n.shape), n):
        return "it has the right numbers in another shape"
    if a.size == 1 and n.size > 1 and alike(a.reshape(()), n.sum()):
        return "it is the sum of the right one: summed where it is elementwise"
    return None


def _unbroadcast(a: Array, shape: tuple[int, ...]) -> Array | None:
    """a summed to a shape that broadcasts to its own; None if it does not."""
    try:
        if np.broadcast_shapes(a.shape, shape) != a.shape:
            return None
    except ValueError:
        return None
    lead = a.ndim - len(shape)
    axes = (*range(lead), *(i + lead for i, k in enumerate(shape) if k == 1))
    return np.asarray(a.sum(axis=axes).reshape(shape))
