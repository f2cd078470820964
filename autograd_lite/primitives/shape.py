"""The primitives that give an array another shape, order of axes, or dtype: reshape, transpose,
broadcast_to, astype, copy. What is made of these stands in `axes`. See
`autograd_lite.engine.primitive` for what a declaration means.

A pullback takes the gradient g of the result z, z, the operands and the parameters. A gradient
that still has the shape of a broadcast result is summed by the engine, not here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from autograd_lite.engine.apply import as_operand
from autograd_lite.engine.declare import composed, structural
from autograd_lite.engine.dtypes import floating
from autograd_lite.engine.primitive import Array, Case, Rule
from autograd_lite.engine.variable import is_variable
from autograd_lite.engine.views import as_it_lies

Shape = tuple[int, ...]
Call = tuple[tuple[Any, ...], dict[str, Any]]


def shape_of(x: Any) -> Shape:
    """The shape of an array or variable; () for a number."""
    return getattr(x, "shape", ())


def dimensions_of(x: Any) -> int:
    """How many axes an array or variable has; 0 for a number."""
    return len(shape_of(x))


def whole(name: str, what: str, number: Any) -> int:
    """A whole number, or a TypeError that says what should be one."""
    try:
        return operator.index(number)
    except TypeError:
        raise TypeError(f"{name}: {what} must be a whole number, not {number!r}") from None


def operand(name: str, x: Any) -> Any:
    """An operand of a composed function that asks for its shape: what is neither variable nor
    array, such as a list, as an array or number."""
    return x if is_variable(x) or x.__class__ is np.ndarray else as_operand(name, x)


def planned(name: str, function: Rule, *args: Any, **kwargs: Any) -> Any:
    """What NumPy's function gives for plain arguments: where a composed function asks NumPy which
    axes, places or shapes are meant. Its errors name `name`."""
    try:
        return function(*args, **kwargs)
    except (ValueError, TypeError, IndexError) as error:
        said = f"{name}: {error}"
        if isinstance(error, np.exceptions.AxisError):
            raise np.exceptions.AxisError(said) from None
        kind = next(k for k in (IndexError, ValueError, TypeError) if isinstance(error, k))
        raise kind(said) from None


def axis_of(name: str, axis: Any, dimensions: int) -> int:
    """One axis, counted from 0."""
    return int(planned(name, normalize_axis_index, whole(name, "axis", axis), dimensions))


def since(*names: str) -> tuple[Rule, ...]:
    """The functions of these names that the NumPy at hand has: some are younger than NumPy 2.0."""
    return tuple(getattr(np, name) for name in names if hasattr(np, name))


def _one_or_many(given: tuple[Any, ...]) -> Any:
    """`f(x, (2, 3))` and `f(x, 2, 3)` mean the same."""
    return given[0] if len(given) == 1 and not isinstance(given[0], (int, np.integer)) else given


def _reshape_cases(shape: Shape) -> Iterator[Case]:
    size = math.prod(shape)
    for new in ((size,), (1, size), (size, 1), (*shape, 1), (*shape[::-1],)):
        yield (shape,), (new,), {}
    if size:
        yield (shape,), (-1,), {}
    if len(shape) > 1:
        yield (shape,), (shape[::-1],), {"order": "F"}


def _reshape(x: Any, shape: Shape, order: str = "C", copy: bool | None = None) -> Any:
    out = np.reshape(x, shape, order=order)  # type: ignore[call-overload]
    if copy is None or not isinstance(x, np.ndarray):
        return out
    is_view = np.may_share_memory(out, x)
    if copy:
        return out.copy(order) if is_view else out
    if out.size and not is_view:
        raise ValueError("a copy would be needed, and copy=False forbids it")
    return out


def is_fortran(x: Any) -> bool:
    """Whether its elements lie in memory column by column, and not row by row."""
    plain = as_it_lies(x)
    return isinstance(plain, np.ndarray) and plain.flags.fnc


def _reshape_each(
    which: Any, x: Any, shape: Shape, order: str = "C", copy: bool | None = None
) -> Any:
    """Each example in another shape; in the order of columns, by way of the transposes."""
    size = math.prod(n for n in shape if n != -1)
    shape = tuple(math.prod(x.shape[1:]) // max(size, 1) if n == -1 else n for n in shape)
    copy = copy or None  # none is forbidden: how they lie is not how each example would
    if order == "C":
        return reshape(x, (x.shape[0], *shape), copy=copy)
    turned = reshape(_transpose_each(which, x), (x.shape[0], *shape[::-1]), copy=copy)
    return _transpose_each(which, turned)


@structural(
    np.reshape,
    arrays=_reshape,
    batched=_reshape_each,
    pullbacks=(lambda g, z, x, shape, order="C", copy=None: reshape(g, shape_of(x), order=order),),
    cases=_reshape_cases,
    back=("g in the old shape",),
    linear="jointly",
)
def reshape(
    x: Any, *lengths: Any, shape: Any = None, order: str = "C", copy: bool | None = None
) -> Call:
    """The same elements in another shape; one length may be −1. They are read and written row by
    row, or with order="F" column by column; with order="A" as they lie in memory. The numbers of
    the result are those of x, seen in another way, where that is possible; copy=True copies them in
    any case, and copy=False raises a ValueError where they would have to be copied.

    ∂: the gradient in the old shape.

    >>> reshape([1.0, 2.0, 3.0, 4.0], (2, 2))
    array([[1., 2.],
           [3., 4.]])
    """
    new = _one_or_many(lengths) if shape is None else shape
    params: dict[str, Any] = {"shape": (new,) if isinstance(new, (int, np.integer)) else tuple(new)}
    if order != "C":
        if order == "A":
            order = "F" if is_fortran(x) else "C"
        elif order != "F":
            raise ValueError(f"reshape: order {order!r} is not supported: 'C', 'F' and 'A' are")
        params["order"] = order
    if copy is not None:
        params["copy"] = bool(copy)
    return (x,), params


def _inverse(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(np.argsort([a % len(axes) for a in axes]).tolist())


def _transpose_cases(shape: Shape) -> Iterator[Case]:
    n = len(shape)
    yield (shape,), (), {}
    yield (shape,), (tuple((i + 1) % n for i in range(n)),) if n else (), {}
    yield (shape,), (tuple(-1 - i for i in range(n)),) if n else (), {}


def _transpose_each(which: Any, x: Any, axes: Sequence[int] | None = None) -> Any:
    n = x.ndim - 1
    order = range(n - 1, -1, -1) if axes is None else (a % n for a in axes)
    return transpose(x, (0, *(a + 1 for a in order)))


@structural(
    np.transpose,
    text="{x}ᵀ",
    batched=_transpose_each,
    pullbacks=(lambda g, z, x, axes: transpose(g, _inverse(axes)),),
    in_numpy=lambda x, axes: f"{x}.T" if axes == "None" else None,
    cases=_transpose_cases,
    back=("gᵀ",),
    linear="jointly",
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


def _broadcast_each(which: Any, x: Any, shape: Shape) -> Any:
    missing = len(shape) - (x.ndim - 1)
    if missing:
        x = reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:]))
    return broadcast_to(x, (x.shape[0], *shape))


@structural(
    np.broadcast_to,
    arrays=_broadcast_to,
    batched=_broadcast_each,
    pullbacks=(lambda g, z, x, shape: g,),  # the engine sums over the axes that were stretched
    cases=_broadcast_cases,
    back=("g, summed over the new axes",),
    linear="jointly",
)
def broadcast_to(x: Any, shape: Any) -> Call:
    """The elements repeated along new axes, or axes of length 1, to the shape given.

    ∂: the sum of the gradient over the axes that were stretched.

    >>> broadcast_to([1.0, 2.0], (2, 2))
    array([[1., 2.],
           [1., 2.]])
    """
    return (x,), {"shape": (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)}


def _astype(x: Array, dtype: np.dtype[Any], copy: bool = True) -> Array:
    x = np.asarray(x)
    if x.dtype != object:
        # the same array, as NumPy has it, but known as a view of it
        return x[...] if not copy and x.dtype == dtype else x.astype(dtype, copy=copy)[()]
    if dtype != np.float64:
        raise TypeError(f"Values are float64 and cannot be {dtype}; make them a Tensor with stack")
    return x.copy()


@structural(
    *since("astype"),
    arrays=_astype,
    batched="last",
    pullbacks=(lambda g, z, x, dtype, copy=True: g,),  # the engine casts it to the operand's dtype
    cases=lambda shape: iter(
        [((shape,), (np.float64,), {}), ((shape,), (float,), {"copy": False})]
    ),
    back=("g in the old dtype",),
    method=True,
    linear="jointly",
)
def astype(
    x: Any, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True,
    copy: bool = True,
) -> Call:  # fmt: skip
    """The elements as another floating dtype. Converting to whole numbers or truth values has no
    derivative: use `x.detach().astype(int)`. With copy=False the numbers of x itself are taken
    where the dtype is theirs already; `order` and `subok` mean nothing here.

    >>> astype([1.0, 2.0], np.float32)
    array([1., 2.], dtype=float32)
    """
    wanted = floating("astype", dtype)
    held = getattr(x, "dtype", np.dtype(float))
    if casting != "unsafe" and not np.can_cast(held, wanted, casting):  # type: ignore[arg-type]
        raise TypeError(f"astype: {held} does not become {wanted} by the rule casting={casting!r}")
    return (x,), {"dtype": wanted} if copy else {"dtype": wanted, "copy": False}


def _copy(x: Any, order: str) -> Any:
    return np.array(x, order=order, copy=True)  # type: ignore[call-overload]


def _copy_each(which: Any, x: Any, order: str) -> Any:
    """Each example laid out in the order, with the axes of the batch outermost."""
    if order == "F":
        return _transpose_each(which, copy(_transpose_each(which, x), "C"))
    return copy(x, order)


@structural(
    np.copy,
    arrays=_copy,
    batched=_copy_each,
    pullbacks=(lambda g, z, x, order: g,),
    cases=lambda shape: iter([((shape,), (), {}), ((shape,), ("F",), {})]),
    back=("g",),
    method=False,
    linear="jointly",
)
def copy(x: Any, order: str = "K", subok: bool = False) -> Call:
    """The same numbers in memory of their own, laid out in `order`.

    The method of Tensors is `x.copy()`. For a new leaf, see `copy.copy` and `Tensor(x.detach())`.

    >>> copy([1.0, 2.0])
    array([1., 2.])
    """
    if order == "A":
        order = "F" if is_fortran(x) else "C"
    return (x,), {"order": order}


# ---------------------------------------------------------------- made of these


def two_axes_cases(shape: Shape) -> Iterator[Case]:
    """Calls for tests of what takes two axes."""
    if shape:
        yield (shape,), (0, -1), {}
        yield (shape,), (len(shape) - 1, 0), {}


@composed(np.swapaxes, cases=two_axes_cases)
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """x with two of its axes exchanged.

    >>> swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    x = operand("swapaxes", x)
    axes = list(range(dimensions_of(x)))
    one, other = (axis_of("swapaxes", a, len(axes)) for a in (axis1, axis2))
    axes[one], axes[other] = axes[other], axes[one]
    return transpose(x, axes)
