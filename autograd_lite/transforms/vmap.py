"""`vmap`: a function of one example as a function of a whole batch, in one go."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.engine import clock
from autograd_lite.engine.batch import Level, depends_on
from autograd_lite.engine.batching import enter, leave
from autograd_lite.engine.recording import as_tensor
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.shape import transpose
from autograd_lite.transforms.trees import leaves_of, map_leaves

Axes = Any
"""An axis, None, or a nest of these: where it is less deep than the argument, one holds for all
that is below."""


def vmap(f: Callable[..., Any], in_axes: Axes = 0, out_axes: Axes = 0) -> Callable[..., Any]:
    """The function of batches of what f takes, that gives a batch of what f returns.

    f runs once, on what looks like one example: with vmap(f)(xs) it gets an x of shape
    xs.shape[1:]. Operations with a rule for batches take the whole batch at once; others, and
    NumPy's functions that this package does not know, take one example after the other.

    Args:
        f: takes arrays, or nested dicts, lists and tuples of them, and returns such. What it does
            may depend on numbers of an example only by `where` and the like, not by `if`.
        in_axes: the axis of each argument that counts the examples; None of one that all examples
            share; a tuple for one each, whose items may be nested as the arguments are.
            Keyword arguments are batches along axis 0.
        out_axes: where that axis stands in the results; None of one that is the same for all.

    Returns:
        A function of the same arguments with one axis more, whose results have one axis more. It
        may be nested, and differentiated; `vmap(grad(f))` gives the gradient of each example.

    Raises:
        ValueError: if the axes do not fit the arguments, or their lengths differ.
        TypeError: if f asks for the numbers of one example: by `if`, `float`, …

    >>> vmap(lambda x, y: x @ y)(np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([1., 4.])
    >>> vmap(lambda x, y: x * y, in_axes=(0, None))(np.array([1.0, 2.0]), 3.0)
    array([3., 6.])
    """
    if not callable(f):
        raise TypeError(f"vmap: a function is needed, not {type(f).__name__}")

    @functools.wraps(f)
    def of_batch(*args: Any, **kwargs: Any) -> Any:
        given: tuple[Any, ...] = (args, kwargs)
        axes = _spread_axes((_per_argument(in_axes, len(args)), 0), given, "in_axes")
        size = _size(given, axes)
        clock.tick()
        with Level(size) as level:
            rest = iter(axes)
            args, kwargs = map_leaves(lambda x, where: _entered(x, next(rest), level), given)
            output = f(*args, **kwargs)
        rest = iter(_spread_axes(out_axes, output, "out_axes"))
        leaves = leaves_of(given)
        return map_leaves(lambda x, where: _own(_left(x, next(rest), level, where), leaves), output)

    return of_batch


# ---------------------------------------------------------------- which axes


def _per_argument(in_axes: Axes, count: int) -> tuple[Any, ...]:
    if isinstance(in_axes, list | tuple):
        if len(in_axes) != count:
            raise ValueError(f"vmap: in_axes has {len(in_axes)} items for {count} arguments")
        return tuple(in_axes)
    return (in_axes,) * count


def _spread_axes(axes: Axes, tree: Any, name: str) -> list[Any]:
    """The axis of each leaf of a tree, in order; a nest of axes fits it, or ends before it."""
    if axes is None or (isinstance(axes, int) and not isinstance(axes, bool)):
        found: list[Any] = []
        map_leaves(lambda leaf, where: found.append(axes), tree)
        return found
    if isinstance(axes, dict) and isinstance(tree, dict) and axes.keys() == tree.keys():
        pairs = [(axes[key], item) for key, item in tree.items()]
    elif (
        isinstance(axes, list | tuple) and isinstance(tree, list | tuple) and len(axes) == len(tree)
    ):
        pairs = list(zip(axes, tree, strict=True))
    elif isinstance(axes, list | tuple | dict):
        raise ValueError(f"vmap: {name} has {_brief(axes)} where there is {_brief(tree)}")
    else:
        raise TypeError(f"vmap: {name} must be whole numbers, None or nests of them, not {axes!r}")
    return [axis for part, item in pairs for axis in _spread_axes(part, item, name)]


def _brief(tree: Any) -> str:
    """What kind of container it is, and of how many items."""
    if isinstance(tree, dict):
        return f"a dict of the keys {list(tree)}"
    if isinstance(tree, list | tuple):
        return f"a {type(tree).__name__} of {len(tree)} items"
    return f"a {type(tree).__name__}"


def _size(given: tuple[Any, ...], axes: list[Any]) -> int:
    """How many examples there are."""
    lengths: dict[str, int] = {}
    rest = iter(axes)

    def note(leaf: Any, where: str) -> None:
        axis = next(rest)
        if axis is None:
            return
        shape = getattr(leaf, "shape", None)
        if shape is None or not -len(shape) <= axis < len(shape):
            what = f"of shape {shape}" if shape is not None else f"a {type(leaf).__name__}"
            raise ValueError(
                f"vmap: {_called(where)} is {what} and has no axis {axis}; give arrays, and "
                "in_axes=None for what all examples share"
            )
        lengths[where] = shape[axis]

    map_leaves(note, given)
    if not lengths:
        raise ValueError("vmap: no argument is a batch: of one at least in_axes must be an axis")
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{_called(where)} has {n}" for where, n in lengths.items())
        raise ValueError(f"vmap: the batches differ in length: {each}")
    return next(iter(lengths.values()))


def _called(where: str) -> str:
    """The path to a leaf of (args, kwargs), as an argument: '[0][1]["w"]' is 'argument 1["w"]'."""
    _, _, path = where[1:].partition("]")
    first, _, rest = path[1:].partition("]")
    return f"argument {first}{rest}"


# ---------------------------------------------------------------- in and out


def _entered(x: Any, axis: int | None, level: Level) -> Any:
    """An argument as one example sees it."""
    if axis is None:
        return x
    if not (is_variable(x) or isinstance(x, np.ndarray | StandIn)):
        raise TypeError(f"vmap: a batch must be an array, not {type(x).__name__}")
    if isinstance(x, np.ndarray) and x.dtype.kind not in "biufc":
        raise TypeError(
            f"vmap: a batch of dtype {x.dtype} cannot be used; of Values, make a Tensor with stack"
        )
    return enter(x if axis == 0 else _moved(x, axis, 0), level)


def _left(x: Any, axis: int | None, level: Level, where: str) -> Any:
    """A result with the axis of the examples."""
    if x is None:
        return None
    if isinstance(x, Value):
        x = as_tensor(x)
    elif not is_variable(x) and not isinstance(x, np.ndarray | np.generic | StandIn):
        if not isinstance(x, bool | int | float | complex):
            raise TypeError(f"vmap: f returned a {type(x).__name__}{where}, and arrays are needed")
        x = np.asarray(x)
    if axis is None:
        if depends_on(level, x):
            raise ValueError(f"vmap: out_axes{where} is None, but what f returned differs between "
                             "the examples")  # fmt: skip
        return x
    whole = leave(x, level)
    if not -whole.ndim <= axis < whole.ndim:
        raise ValueError(f"vmap: out_axes{where} is {axis}, and the result has {whole.ndim} axes")
    return whole if axis == 0 else _moved(whole, 0, axis)


def _own(x: Any, given: list[Any]) -> Any:
    """The array, or a copy if it may be one that was given, or a part of it."""
    if not isinstance(x, np.ndarray):
        return x
    return x.copy() if x.base is not None or any(x is one for one in given) else x


def _moved(x: Any, source: int, target: int) -> Any:
    """x with one axis at another place."""
    order = [i for i in range(x.ndim) if i != source % x.ndim]
    order.insert(target % x.ndim, source % x.ndim)
    return x.transpose(order) if isinstance(x, np.ndarray) else transpose(x, order)
