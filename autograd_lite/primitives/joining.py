"""The primitives that join arrays and split them, and the ways to split. The ways to join stand in
`assembling`. See `autograd_lite.engine.primitive` for what a declaration means.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import computed_in
from autograd_lite.engine.primitive import Array, Case, EachOperand
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.indexing import scatter
from autograd_lite.primitives.shape import (
    Call,
    Shape,
    axis_of,
    dimensions_of,
    operand,
    reshape,
    shape_of,
    since,
    whole,
)


def _joined(name: str, arrays: Any, dtype: Any) -> tuple[Any, ...]:
    if shape_of(arrays) == () and not isinstance(arrays, Sequence):
        raise TypeError(f"{name}: give a sequence of arrays, not one {type(arrays).__name__}")
    if len(arrays) == 0:
        raise ValueError(f"{name}: needs at least one array")
    return tuple(computed_in(name, x, dtype) for x in arrays)


_NUMBERS = (bool, int, float)


def _common(arrays: Sequence[Any]) -> np.dtype[Any] | None:
    """The dtype of arrays joined, where there are Python's numbers among them: these, which NumPy
    would make arrays of 64 bits, take the dtype of the others."""
    numbers = {x.__class__(0) for x in arrays if x.__class__ in _NUMBERS}
    dtypes = {x.dtype for x in arrays if isinstance(x, (np.ndarray, np.generic))}
    return np.result_type(*dtypes, *numbers) if numbers and dtypes else None


def _slices(g: Any, z: Any, arrays: Sequence[Any], axis: int) -> Sequence[Any]:
    """To each of the arrays concatenated its slice of g."""
    ends = itertools.accumulate(shape_of(x)[axis] for x in arrays[:-1])
    return split(g, tuple(ends), axis)  # type: ignore[no-any-return]


def along(axis: int, dimensions: int, part: Any) -> tuple[Any, ...]:
    """The index that is `part` on one axis and takes all of the axes before it."""
    return (*(slice(None),) * (axis % dimensions), part)


def _concatenate_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1 if shape else 0, len(shape)):
        other = list(shape)
        other[axis] = 2
        yield (shape, tuple(other), shape), (), {"axis": axis}


@structural(
    np.concatenate,
    arrays=lambda *arrays, axis: np.concatenate(arrays, axis),
    batched="axis",
    pullbacks=EachOperand(together=_slices),
    cases=_concatenate_cases,
    back=("its slice of g",),
    linear="jointly",
)
def concatenate(arrays: Any, axis: int | None = 0, *, dtype: Any = None) -> Call:
    """The arrays one after the other along an axis (flattened first if it is None).
    A floating dtype may be given that all are converted to.

    ∂: to each array its own slice of the gradient.

    >>> concatenate([[1.0], [2.0, 3.0]])
    array([1., 2., 3.])
    """
    joined = _joined("concatenate", arrays, dtype)
    if axis is None:
        wanted = _common([detached(x) for x in joined])
        numbers = (np.asarray(x, wanted) if x.__class__ in _NUMBERS else x for x in joined)
        return tuple(reshape(x, -1) for x in numbers), {"axis": 0}
    return joined, {"axis": axis}


def _layers(g: Any, z: Any, arrays: Sequence[Any], axis: int) -> Sequence[Any]:
    """To each of the arrays stacked its layer of g."""
    return unstack(g, axis=axis)  # type: ignore[no-any-return]


def _stack_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape) + 1):
        yield (shape, shape), (), {"axis": axis}


@structural(
    np.stack,
    arrays=lambda *arrays, axis: np.stack(arrays, axis, dtype=_common(arrays)),
    batched="axis",
    pullbacks=EachOperand(together=_layers),
    cases=_stack_cases,
    back=("its layer of g",),
    linear="jointly",
)
def stack(arrays: Any, axis: int = 0, *, dtype: Any = None) -> Call:
    """Arrays of one shape side by side along a new axis; of Values, one Tensor.
    A floating dtype may be given that all are converted to.

    ∂: to each array its own layer of the gradient.

    >>> stack([[1.0, 2.0], [3.0, 4.0]], axis=1)
    array([[1., 3.],
           [2., 4.]])
    """
    return _joined("stack", arrays, dtype), {"axis": axis}


# ---------------------------------------------------------------- splitting


def _parts(length: int, places: Shape) -> list[slice]:
    """The slices of an axis between places, as NumPy counts: −1 is the last but one end."""
    return [slice(*slice(a, b).indices(length)) for a, b in itertools.pairwise((0, *places, None))]


def _from_parts(g: Any, z: Any, x: Any, places: Shape, axis: int) -> Any:
    """The gradients of the parts side by side; added up where parts overlap."""
    shape = shape_of(x)
    parts = _parts(shape[axis], places)
    if all(a.start <= a.stop == b.start for a, b in itertools.pairwise(parts)):
        return concatenate(g, axis)
    back = [
        scatter(part, along(axis, len(shape), where), shape)
        for part, where in zip(g, parts, strict=True)
    ]
    return sum(back[1:], back[0])


def _split_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), (1,), {"axis": axis}
        yield (shape,), ([1, -1],), {"axis": axis}
        yield (shape,), ([2, 1],), {"axis": axis}


def _split(x: Array, places: Shape, axis: int) -> tuple[Array, ...]:
    return tuple(np.split(x, places, axis))


@structural(
    np.split,
    method=True,
    arrays=_split,
    batched="axis",
    results=(),
    pullbacks=(_from_parts,),
    cases=_split_cases,
    back=("the gradients of the parts, side by side",),
    linear="jointly",
)
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Call:
    """The parts of an array along an axis, as a tuple.

    ∂: the gradients of the parts, side by side; 0 of a part that leads nowhere.

    Args:
        x: an array of at least one axis.
        indices_or_sections: how many parts of equal length, or the places between them:
            [2, 3] gives x[:2], x[2:3] and x[3:].
        axis: the axis that is split.

    Raises:
        ValueError: if the axis cannot be split into so many parts of equal length.

    >>> split([1.0, 2.0, 3.0, 4.0], 2)
    (array([1., 2.]), array([3., 4.]))
    """
    if np.ndim(indices_or_sections):
        places = tuple(whole("split", "a place", i) for i in indices_or_sections)
    else:
        places = _even(_length("split", x, axis), indices_or_sections, exact=True)
    return (x,), {"places": places, "axis": whole("split", "axis", axis)}


def _array_split_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), (2,), {"axis": axis}
        yield (shape,), ([1],), {"axis": axis}


@composed(np.array_split, method=True, cases=_array_split_cases)
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> tuple[Any, ...]:
    """As `split`, but into parts that need not be of equal length: the first ones are longer by 1.

    >>> array_split([1.0, 2.0, 3.0], 2)
    (array([1., 2.]), array([3.]))
    """
    if np.ndim(indices_or_sections) == 0:
        length = _length("array_split", x, axis)
        indices_or_sections = _even(length, indices_or_sections, exact=False)
    return split(x, indices_or_sections, axis)  # type: ignore[no-any-return]


def _length(name: str, x: Any, axis: int) -> int:
    """The length of the axis to split."""
    shape = np.shape(x) if isinstance(x, list | tuple) else shape_of(x)
    axis = whole(name, "axis", axis)
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"{name}: there is no axis {axis} in shape {shape}")
    return int(shape[axis])


def _even(length: int, sections: int, exact: bool) -> Shape:
    """The places between so many parts."""
    sections = whole("split", "the number of parts", sections)
    if sections < 1 or (exact and length % sections):
        raise ValueError(
            f"split: an axis of length {length} has no {sections} parts of equal length; "
            "give the places between them, or use array_split"
        )
    each, longer = divmod(length, sections)
    return tuple(i * each + min(i, longer) for i in range(1, sections))


@composed(np.hsplit, method=False, cases=lambda shape: _split_into_cases(shape, 1, 1))
def hsplit(x: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """As `split`, along the second axis; of a vector, along its only one.

    >>> hsplit([[1.0, 2.0], [3.0, 4.0]], 2)[1]
    array([[2.],
           [4.]])
    """
    return _split_along("hsplit", x, indices_or_sections, 1, least=1)


@composed(np.vsplit, method=False, cases=lambda shape: _split_into_cases(shape, 2, 0))
def vsplit(x: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """As `split`, along the first of two axes or more.

    >>> vsplit([[1.0, 2.0], [3.0, 4.0]], 2)[1]
    array([[3., 4.]])
    """
    return _split_along("vsplit", x, indices_or_sections, 0, least=2)


@composed(np.dsplit, method=False, cases=lambda shape: _split_into_cases(shape, 3, 2))
def dsplit(x: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """As `split`, along the third of three axes or more.

    >>> dsplit([[[1.0, 2.0]], [[3.0, 4.0]]], 2)[1].shape
    (2, 1, 1)
    """
    return _split_along("dsplit", x, indices_or_sections, 2, least=3)


def _split_along(name: str, x: Any, places: Any, axis: int, least: int) -> tuple[Any, ...]:
    x = operand(name, x)
    if dimensions_of(x) < least:
        raise ValueError(f"{name}: needs {least} axes at least, not shape {shape_of(x)}")
    return split(x, places, min(axis, dimensions_of(x) - 1))  # type: ignore[no-any-return]


def _split_into_cases(shape: Shape, least: int, axis: int) -> Iterator[Case]:
    if len(shape) >= least:
        yield (shape,), (1,), {}
        yield (shape,), ([1, -1],), {}


def _unstack_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1 if shape else 0, len(shape)):
        yield (shape,), (), {"axis": axis}


@composed(*since("unstack"), method=False, cases=_unstack_cases)
def unstack(x: Any, *, axis: Any = 0) -> tuple[Any, ...]:
    """The layers of x along an axis, which they no longer have: what `stack` joins.

    >>> unstack([[1.0, 2.0], [3.0, 4.0]])
    (array([1., 2.]), array([3., 4.]))
    """
    x = operand("unstack", x)
    if not dimensions_of(x):
        raise ValueError("unstack: a single number has no axis to take apart")
    shape = shape_of(x)
    if isinstance(axis, tuple) and len(axis) == 1:
        (axis,) = axis
    axis = axis_of("unstack", axis, len(shape))
    if not is_variable(x):
        return tuple(np.moveaxis(x, axis, 0))
    if not shape[axis]:
        return ()
    rest = shape[:axis] + shape[axis + 1 :]
    return tuple(reshape(layer, rest) for layer in split(x, shape[axis], axis))
