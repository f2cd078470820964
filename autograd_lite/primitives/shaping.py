"""The primitives that rearrange: reshape, transpose, broadcast_to, concatenate, stack, astype,
indexing and its adjoint. See `autograd_lite.engine.primitive` for what a declaration means.

A pullback takes the gradient g of the result z, z, the operands and the parameters. A gradient
that still has the shape of a broadcast result is summed by the engine, not here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Array, Case, EachOperand, apply, structural

Shape = tuple[int, ...]
Call = tuple[tuple[Any, ...], dict[str, Any]]


def shape_of(x: Any) -> Shape:
    """The shape of an array or variable; () for a number."""
    return getattr(x, "shape", ())


def dimensions_of(x: Any) -> int:
    """How many axes an array or variable has; 0 for a number."""
    return len(shape_of(x))


def _one_or_many(given: tuple[Any, ...]) -> Any:
    """`f(x, (2, 3))` and `f(x, 2, 3)` mean the same."""
    return given[0] if len(given) == 1 and not isinstance(given[0], (int, np.integer)) else given


# ---------------------------------------------------------------- reshape, transpose, broadcast


def _reshape_cases(shape: Shape) -> Iterator[Case]:
    size = math.prod(shape)
    for new in ((size,), (1, size), (size, 1), (*shape, 1), (*shape[::-1],)):
        yield (shape,), (new,), {}
    if size:
        yield (shape,), (-1,), {}
    if len(shape) > 1:
        yield (shape,), (shape[::-1],), {"order": "F"}


@structural(
    arrays=lambda x, shape, order="C": np.reshape(x, shape, order=order),
    pullbacks=(lambda g, z, x, shape, order="C": reshape(g, shape_of(x), order=order),),
    cases=_reshape_cases,
    back=("g in the old shape",),
    numpy=(np.reshape,),
)
def reshape(x: Any, *lengths: Any, shape: Any = None, order: str = "C") -> Call:
    """The same elements in another shape; one length may be −1. They are read and written row by
    row, or with order="F" column by column.

    ∂: the gradient in the old shape.

    >>> reshape([1.0, 2.0, 3.0, 4.0], (2, 2))
    array([[1., 2.],
           [3., 4.]])
    """
    new = _one_or_many(lengths) if shape is None else shape
    params = {"shape": (new,) if isinstance(new, (int, np.integer)) else tuple(new)}
    if order == "C":
        return (x,), params
    if order != "F":
        raise ValueError(f"reshape: order {order!r} is not supported: 'C' and 'F' are")
    return (x,), params | {"order": order}


def _inverse(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(np.argsort([a % len(axes) for a in axes]).tolist())


def _transpose_cases(shape: Shape) -> Iterator[Case]:
    n = len(shape)
    yield (shape,), (), {}
    yield (shape,), (tuple((i + 1) % n for i in range(n)),) if n else (), {}
    yield (shape,), (tuple(-1 - i for i in range(n)),) if n else (), {}


@structural(
    text="{x}ᵀ",
    latex="{{{x}}}^{{\\mathsf T}}",
    arrays=lambda x, axes: np.transpose(x, axes),
    pullbacks=(lambda g, z, x, axes: transpose(g, _inverse(axes)),),
    cases=_transpose_cases,
    back=("gᵀ",),
    numpy=(np.transpose,),
)
def transpose(x: Any, *order: Any, axes: Any = None) -> Call:
    """The axes in another order, reversed if none is given: xᵀ of a matrix.

    ∂: the gradient with the axes put back.

    >>> transpose([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 3.],
           [2., 4.]])
    """
    given = axes if axes is not None else _one_or_many(order) if order else None
    return (x,), {"axes": None if given is None else tuple(given)}


def _broadcast_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), ((2, *shape),), {}
    yield (shape,), (tuple(3 if n == 1 else n for n in shape),), {}
    yield (shape,), (shape,), {}


def _broadcast_to(x: Array, shape: Shape) -> Array:
    """As np.broadcast_to, which takes four times as long to repeat one number."""
    if isinstance(x, np.generic):
        out = np.empty(shape, x.dtype)
        out.fill(x)
        return out
    return np.broadcast_to(x, shape)


@structural(
    arrays=_broadcast_to,
    pullbacks=(lambda g, z, x, shape: g,),  # the engine sums over the axes that were stretched
    cases=_broadcast_cases,
    back=("g, summed over the new axes",),
    numpy=(np.broadcast_to,),
    method=False,
)
def broadcast_to(x: Any, shape: Any) -> Call:
    """The elements repeated along new axes, or axes of length 1, to the shape given.

    ∂: the sum of the gradient over the axes that were stretched.

    >>> broadcast_to([1.0, 2.0], (2, 2))
    array([[1., 2.],
           [1., 2.]])
    """
    return (x,), {"shape": (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)}


def _astype(x: Array, dtype: np.dtype[Any]) -> Array:
    x = np.asarray(x)
    if x.dtype != object:
        return x.astype(dtype)
    if dtype != np.float64:
        raise TypeError(f"Values are float64 and cannot be {dtype}; make them a Tensor with stack")
    return x.copy()


@structural(
    arrays=_astype,
    pullbacks=(lambda g, z, x, dtype: g,),  # the engine casts it to the operand's dtype
    cases=lambda shape: iter([((shape,), (np.float64,), {})]),
    back=("g in the old dtype",),
)
def astype(x: Any, dtype: Any) -> Call:
    """The elements as another floating dtype. Converting to whole numbers or truth values has no
    derivative: use `x.detach().astype(int)`.

    >>> astype([1.0, 2.0], np.float32)
    array([1., 2.], dtype=float32)
    """
    return (x,), {"dtype": _floating("astype", dtype)}


def _floating(name: str, dtype: Any) -> np.dtype[Any]:
    wanted: np.dtype[Any] = np.dtype(dtype)
    if wanted.kind != "f":
        raise TypeError(
            f"{name}: {wanted} has no gradient; use x.detach().astype(...) for a constant"
        )
    return wanted


def computed_in(name: str, x: Any, dtype: Any) -> Any:
    """An operand of something that is to be computed in a floating dtype (NumPy's `dtype=`); None
    leaves it as it is."""
    if dtype is None:
        return x
    wanted = _floating(name, dtype)
    held = getattr(x, "dtype", np.float64 if hasattr(x, "detach") else None)
    return x if held == wanted else astype(x, wanted)


# ---------------------------------------------------------------- joining


def _joined(name: str, arrays: Any, dtype: Any) -> tuple[Any, ...]:
    if shape_of(arrays) == () and not isinstance(arrays, Sequence):
        raise TypeError(f"{name}: give a sequence of arrays, not one {type(arrays).__name__}")
    if len(arrays) == 0:
        raise ValueError(f"{name}: needs at least one array")
    return tuple(computed_in(name, x, dtype) for x in arrays)


def _part(i: int, g: Any, z: Any, *arrays: Any, axis: int) -> Any:
    """The slice of g that belongs to the i-th of the arrays concatenated."""
    lengths = [shape_of(x)[axis] for x in arrays]
    start = sum_of(lengths[:i])
    before = (slice(None),) * (axis % dimensions_of(z))
    return getitem(g, (*before, slice(start, start + lengths[i])))


sum_of = sum  # Python's, whose name the reductions take


def _concatenate_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1 if shape else 0, len(shape)):
        other = list(shape)
        other[axis] = 2
        yield (shape, tuple(other), shape), (), {"axis": axis}


@structural(
    arrays=lambda *arrays, axis: np.concatenate(arrays, axis),
    pullbacks=EachOperand(_part),
    cases=_concatenate_cases,
    back=("its slice of g",),
    numpy=(np.concatenate,),
    method=False,
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
        return tuple(reshape(x, -1) for x in joined), {"axis": 0}
    return joined, {"axis": axis}


def _layer(i: int, g: Any, z: Any, *arrays: Any, axis: int) -> Any:
    """The part of g that belongs to the i-th of the arrays stacked."""
    return getitem(g, (*((slice(None),) * (axis % dimensions_of(z))), i))


def _stack_cases(shape: Shape) -> Iterator[Case]:
    for axis in range(-1, len(shape) + 1):
        yield (shape, shape), (), {"axis": axis}


@structural(
    arrays=lambda *arrays, axis: np.stack(arrays, axis),
    pullbacks=EachOperand(_layer),
    cases=_stack_cases,
    back=("its layer of g",),
    numpy=(np.stack,),
    method=False,
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


# ---------------------------------------------------------------- indexing


def _frozen(index: Any) -> Any:
    """An index that no one else can change: its arrays are copied, once."""
    if index.__class__ is tuple:
        return tuple([_frozen(i) for i in index])
    if index.__class__ is np.ndarray:
        array = index
    elif index is None or index is Ellipsis or isinstance(index, (int, np.integer, slice)):
        return index
    elif hasattr(index, "_data"):
        raise TypeError("getitem: a variable is no index; use x.detach() or whole numbers")
    else:
        array = np.array(index)
    if array.flags.writeable or array.base is not None:
        array = array.copy()
        array.setflags(write=False)
    if array.dtype.kind in "iub":
        return array
    if array.size == 0:
        return array.astype(int)
    raise IndexError(
        f"getitem: an index is made of whole numbers, slices, ... , None and arrays of whole "
        f"numbers or truth values, not {type(index).__name__} of {array.dtype}"
    )


def _is_basic(index: Any) -> bool:
    """Whether each element is picked once, so that its gradient can be assigned."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [i for i in parts if isinstance(i, (np.ndarray, bool))]
    if len(parts) == len(arrays) == 1 and isinstance(arrays[0], np.ndarray):
        return bool(arrays[0].dtype == bool)
    return not arrays


def _scatter(g: Any, index: Any, shape: Shape) -> Array:
    out = np.zeros(shape, np.asarray(g).dtype)
    if _is_basic(index):
        out[index] = g
    else:
        np.add.at(out, index, g)
    return out


def _index_cases(shape: Shape) -> Iterator[Case]:
    yield (shape,), (Ellipsis,), {}
    yield (shape,), ((None, Ellipsis),), {}
    if not shape:
        return
    n = shape[0]
    yield (shape,), (slice(None, None, -1),), {}
    yield (shape,), (np.arange(n) % 2 == 0,), {}
    yield (shape,), ((Ellipsis, slice(0, 1)),), {}
    yield (shape,), ([],), {}
    if n:
        yield (shape,), (0,), {}
        yield (shape,), ([0, -1, 0],), {}
        yield (shape,), ([[0, n - 1], [0, 0]],), {}
    if n and len(shape) > 1 and shape[1]:
        yield (shape,), (([0, 0, -1], [0, 0, -1]),), {}
        yield (shape,), ((slice(0, 1), [0, 0]),), {}


def _to_places(g: Any, z: Any, x: Any, index: Any) -> Any:
    """The scatter of g; the index is frozen already."""
    return apply(scatter.primitive, (g,), {"index": index, "shape": x.shape})  # type: ignore[attr-defined]


@structural(
    text="{x}[…]",
    latex="{x}[\\ldots]",
    arrays=lambda x, index: x[index],
    pullbacks=(_to_places,),
    cases=_index_cases,
    back=("g, put back where it was",),
    method=False,
)
def getitem(x: Any, index: Any) -> Call:
    """`x[index]`, for every kind of index that NumPy has.

    ∂: the gradient at the places picked, added up where one is picked more than once; 0 elsewhere.

    >>> getitem(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
    array([1., 1., 3.])
    """
    return (x,), {"index": _frozen(index)}


def _scatter_cases(shape: Shape) -> Iterator[Case]:
    for _, (index,), _ in _index_cases(shape):
        picked = np.zeros(shape)[_frozen(index)].shape
        yield (picked,), (index, shape), {}


@structural(
    arrays=_scatter,
    pullbacks=(lambda g, z, x, index, shape: getitem(g, index),),
    cases=_scatter_cases,
    back=("what g has there",),
    method=False,
)
def scatter(x: Any, index: Any, shape: Any) -> Call:
    """Zeros of a shape, to which x is added at `index`: what indexing does on the way back.

    >>> scatter(np.array([1.0, 2.0, 3.0]), [0, 0, 2], (4,))
    array([3., 0., 3., 0.])
    """
    return (x,), {"index": _frozen(index), "shape": tuple(shape)}


# ---------------------------------------------------------------- made of these


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """x with two of its axes exchanged.

    >>> swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    axes = list(range(dimensions_of(x)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, axes)


def full_like(
    x: Any, fill_value: Any, dtype: Any = None, order: Any = "K", *, shape: Any = None
) -> Any:
    """An array with the shape and dtype of x, or those given, each element of it `fill_value`.
    x lends nothing else: it is a constant, and only `fill_value` gets a gradient. `order`, that of
    the elements in memory, is for plain results.

    >>> full_like(np.zeros((2, 2)), 3.0)
    array([[3., 3.],
           [3., 3.]])
    """
    if not hasattr(fill_value, "detach"):
        x = x.detach() if hasattr(x, "detach") else x
        return np.full_like(x, fill_value, dtype, order, shape=shape)
    filled = computed_in("full_like", fill_value, dtype or getattr(x, "dtype", np.float64))
    return broadcast_to(filled, shape_of(x) if shape is None else shape)
