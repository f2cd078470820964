"""Tensors that are written into: `y[i] = x`, `y[mask] *= 2`, `y += v`, through views as well.

A graph cannot change, so what is written makes a new node, `assign`, of the node before and what
was written; the Tensor that the user holds turns into a *handle*, `Written`, that shows the newest
one. Whoever used it before holds the node of then (`first`). What a view of a handle is stands in
`views`, what writing does in `assignment`.

A loop that fills a large array writes into one and the same memory. That is possible as long as
nobody needs what stood there before: an operation whose derivative depends on the numbers (`lend`)
makes the next write start on a copy; those that only move numbers take copies of what they read,
and a stand-in (`gone`) takes the place of the numbers that are written over.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite.engine.arrays import sealed
from autograd_lite.engine.batch import Batched, numbers_of
from autograd_lite.engine.layout import example_of
from autograd_lite.engine.primitive import Array
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import Variable

ndarray = np.ndarray
SMALL = 512
"""Up to so many elements a write always starts on a copy: all that stood there can be seen."""


class Gone(np.ndarray[Any, Any]):
    """Stands, as nan, for the numbers of a node that were written over in memory."""


class State:
    """What is behind a handle."""

    __slots__ = ("array", "first", "lent", "node", "stamp", "strides", "view")

    def __init__(self, first: Tensor, view: Any, strides: tuple[int, ...] | None = None) -> None:
        self.first = first
        self.node = first
        """The newest node; of a view, as of `view.stamp`."""
        self.array: Any = None
        """What is written into, if it is not lent: the array of `node`."""
        self.lent = True
        self.stamp = 0
        """How often it has changed."""
        self.view = view
        """Of a handle that is a view, its `views.View`."""
        self.strides = example_of(first._plain).strides if strides is None else strides
        """How the numbers lie in memory in NumPy, in a batch those of one example, on which it
        depends what is a view of them: `node` may hold a copy that lies otherwise."""


state_slot = vars(Tensor)["_operands"]  # of a handle, it holds its state
SLOTS = [
    name
    for kind in (Variable, Tensor)
    for name in kind.__slots__
    if name != "__weakref__"
]  # fmt: skip


def state_of(handle: Any) -> State:
    return state_slot.__get__(handle)  # type: ignore[no-any-return]


class Written(Tensor):  # type: ignore[misc]
    """A Tensor that was written into: it shows the newest of its nodes."""

    __slots__ = ()

    @property
    def node(self) -> Tensor:
        """The node that holds what it is now."""
        state = state_of(self)
        view = state.view
        if view is not None:
            _ = view.base.node  # which may be a view itself, and change by being asked
            stamp = state_of(view.base).stamp
            if view.stamp != stamp:
                state.node = view.made()
                state.array, state.lent = None, True
                state.stamp += 1
                view.stamp = stamp
        return state.node

    @property
    def first(self) -> Tensor:
        """The node that it was before anything was written into it."""
        return state_of(self).first

    @property
    def data(self) -> Array:
        """The array as it is now, read-only."""
        return self.detach()

    @data.setter
    def data(self, array: Any) -> None:
        self._leaf_only("data")

    @property
    def grad(self) -> Array | None:
        """That of the leaf which it was, if it was one; else that of the newest node."""
        return _with_grad(self).grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        _with_grad(self).grad = grad

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None again."""
        _with_grad(self).zero_grad()

    def detach(self) -> Array:
        """The array as it is now, read-only: it does not change with what is written later."""
        lend(self)
        return sealed(self.node._plain)

    def keep_grad(self) -> Tensor:
        """Ask that `backward()` sets `grad` here too; returns self."""
        self.node.keep_grad()
        return self


def _forwarded(slot: str) -> property:
    """What the newest node has in a slot."""

    def read(self: Written) -> Any:
        return getattr(self.node, slot)

    def set_(self: Written, value: Any) -> None:
        setattr(self.node, slot, value)

    return property(read, set_)


for _name in SLOTS:
    setattr(Written, _name, _forwarded(_name))


def _with_grad(handle: Written) -> Tensor:
    first = state_of(handle).first
    return first if first.is_leaf else handle.node


# ---------------------------------------------------------------- whoever needs the numbers


def lend(handle: Written) -> Tensor:
    """Its node for whoever needs the numbers to stay: the next write starts on a copy."""
    node = handle.node
    state_of(handle).lent = True
    return node


def let_go(node: Any, operands: Sequence[Any]) -> None:
    """Let a node whose derivative needs no numbers not hold those of large arrays."""
    if node._primitive is not None:
        node._values = tuple(
            gone(value)
            if x.__class__ is Tensor
            and (numbers := numbers_of(value)).__class__ is ndarray
            and numbers.size > SMALL
            else value
            for x, value in zip(operands, node._values, strict=True)
        )


def gone(array: Any) -> Any:
    """A stand-in for the numbers of an array, or of one that is Batched."""
    if array.__class__ is Batched:
        return Batched(array.level, gone(array.payload))
    return _gone(array.shape, array.dtype)


@lru_cache(16)
def _gone(shape: tuple[int, ...], dtype: Any) -> Gone:
    return np.broadcast_to(np.full((), np.nan, dtype), shape).view(Gone)
