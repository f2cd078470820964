"""Views of Tensors that are written into.

A handle that is a view of another one, as NumPy's arrays are, is made anew when that one was
written into; what is written into it is written into that one. What is a view and what a copy
depends on how the numbers lie in memory, as in NumPy: the handle knows how they would.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from weakref import ref

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.batch import Batched, in_memory
from autograd_lite.engine.batching import ENTER, LEAVE, leave
from autograd_lite.engine.chain import detached
from autograd_lite.engine.layout import copied, copied_view, example_of, lying_so
from autograd_lite.engine.primitive import Primitive, Structural
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import Variable
from autograd_lite.engine.written import (
    SLOTS,
    State,
    Written,
    lend,
    let_go,
    state_of,
    state_slot,
)

new = object.__new__
ndarray = np.ndarray


class View:
    """How a handle is made of another one: `primitive` at `place` among its operands."""

    __slots__ = ("base", "operands", "params", "pick", "place", "primitive", "stamp")

    def __init__(
        self,
        base: Any,
        primitive: Primitive,
        place: int,
        operands: Sequence[Any],
        params: Mapping[str, Any],
        pick: int | None,
    ) -> None:
        self.base = base
        self.primitive = primitive
        self.place = place
        self.operands = operands
        self.params = params
        self.pick = pick  # which of several results
        self.stamp = state_of(base).stamp

    def made(self) -> Any:
        """The node that it is now."""
        operands = list(self.operands)
        operands[self.place] = self.base
        result = apply(self.primitive, operands, self.params)
        return (result if self.pick is None else result[self.pick]).first

    def put(self, node: Any) -> None:
        """Write a node of the view's shape into what it is a view of."""
        if self.pick is None and "index" in self.params:
            self.base._write(self.params["index"], node)
            return
        if self.base.dtype != node.dtype:
            raise TypeError(
                f"setitem: the result of {self.primitive.name} cannot be written into; write into "
                "what it was made of"
            )
        shown = self._places()
        if shown.__class__ is Batched:  # what one example sees of an array that holds all
            shown, node = shown.payload, leave(node, shown.level)
        if not shown.flags.writeable:
            raise ValueError(
                f"setitem: the result of {self.primitive.name} is read-only: its elements stand "
                "for several; write into a copy, np.array(...)"
            )
        self.base._write(np.unravel_index(shown, self.base.shape), node)

    def _places(self) -> Any:
        """Where in the base, counted in its order, each element of the view stands."""
        places = np.arange(self.base.size).reshape(self.base.shape)
        operands = [example_of(detached(x)) for x in self.operands]
        operands[self.place] = places
        params = dict(self.params)
        if "dtype" in params:  # of astype, which shows the numbers only where it is theirs already
            params["dtype"] = places.dtype
        shown = self.primitive.arrays(*operands, **params)
        return shown if self.pick is None else shown[self.pick]


# ---------------------------------------------------------------- handles


def handle_of(x: Tensor) -> Written:
    """The same Tensor as a handle, from here on; views of it, and what it is a view of, as well."""
    if x.__class__ is not Written:
        source = source_of(x)
        if source is not None:
            handle_of(source)  # and its views with it
        if x.__class__ is not Written:
            _turn(x, None)
    return x  # type: ignore[return-value]


def _turn(x: Tensor, view: View | None) -> None:
    """Make a Tensor a handle, with the views of it that still live."""
    first = new(Tensor)
    for slot in SLOTS:
        if (held := getattr(x, slot, first)) is not first:
            setattr(first, slot, held)
    views = first.note("views") or ()
    # in one go: Python handles no signal, so no Ctrl-C, in between
    steps = [partial(state_slot.__set__, x, State(first, view)), partial(_set_class, x, Written)]
    deque(map(operator.call, steps), maxlen=0)
    for reference in views:
        other = reference()
        if other is not None and other.__class__ is Tensor:
            _turn(other, _view_of(other, x))


_set_class = vars(object)["__class__"].__set__


def source_of(x: Tensor) -> Tensor | None:
    """The Tensor that x is a view of, if it is one."""
    for _, operand, _ in _operands_and_values(x):
        if any(reference() is x for reference in operand.note("views") or ()):
            return operand  # type: ignore[no-any-return]
    return None


def _operands_and_values(x: Any) -> Iterator[tuple[int, Any, Any]]:
    """The Tensors that a node was computed from, and their arrays; through `Results`, those that
    these were computed from."""
    if x._primitive is None:
        return
    for i, (operand, value) in enumerate(zip(x._operands, x._values, strict=True)):
        if isinstance(operand, Tensor):
            yield i, operand, value
        elif isinstance(operand, Variable) and value.__class__ is tuple:
            yield from _operands_and_values(operand)


def _view_of(x: Tensor, base: Tensor) -> View:
    """How x, a view of a Tensor, is made of it."""
    node, pick = x, None
    if x._values[0].__class__ is tuple:
        node, pick = x._operands[0], x._params["index"]
    place = next(i for i, operand, _ in _operands_and_values(node) if operand is base)
    assert node._primitive is not None
    return View(base, node._primitive, place, node._operands, node._params, pick)


def note_view(z: Tensor, node: Any) -> None:
    """Let Tensors know of a result that shows their memory; `node` is z, or what has it among its
    results."""
    if node._primitive is LEAVE:
        return  # an array of its own: see `_strides_of_view`
    plain = z._plain
    memory = plain.base if plain.__class__ is ndarray else None
    operands, values = node._operands, node._values
    if len(operands) == 1 and memory.__class__ is ndarray and operands[0].__class__ is Tensor:
        value = values[0]  # most often, and in a third of the time
        if value is memory or (value.__class__ is ndarray and value.base is memory):
            _note(z, operands[0])
            return
    if not plain.ndim:
        return  # a number, though that of each example may stand in the memory of all
    if memory.__class__ is not ndarray or memory.base is not None:
        memory = _owner(plain)
    for x, value in zip(operands, values, strict=True):
        if x.__class__ is Tensor:
            if value is memory or _owner(value) is memory:
                _note(z, x)
        elif value.__class__ is tuple and isinstance(x, Variable):  # several results
            note_view(z, x)


def _note(z: Tensor, x: Tensor) -> None:
    """Note a view of a Tensor."""
    notes = getattr(x, "_notes", None)
    if notes is None:
        x._notes = {"views": [ref(z)]}
        return
    views = notes.setdefault("views", [])
    if views and views[-1]() is None:  # the last one was looked at, and is gone
        views[-1] = ref(z)
        return
    if len(views) >= 16:
        _forget_dead(views)
    views.append(ref(z))


def _forget_dead(references: list[ref[Tensor]]) -> None:
    """Drop the references to what is gone, if they are many; now and then, so that it takes no
    longer than to make them."""
    count = len(references)
    if not count & (count - 1):
        alive = [reference for reference in references if reference() is not None]
        if 2 * len(alive) <= count:
            references[:] = alive


def _forget_view(z: Tensor) -> None:
    """Let no Tensor know of a result that does not show its memory after all."""
    for _, x, _ in _operands_and_values(z):
        views = x.note("views")
        if views is not None:
            views[:] = [reference for reference in views if reference() is not z]


def _owner(array: Any) -> Any:
    """The array whose memory it is."""
    array = in_memory(array)
    base = getattr(array, "base", None)
    while base is not None and isinstance(base, ndarray):
        array, base = base, base.base
    return array


# ---------------------------------------------------------------- reading


def record_of_written(
    record: Any, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
) -> Any:
    """Record a primitive of which some operands are handles."""
    moves = isinstance(primitive, Structural) and primitive.linear == "jointly"
    handles = {i: x for i, x in enumerate(operands) if x.__class__ is Written}
    nodes = list(operands)
    for i, x in handles.items():
        nodes[i] = x.node if moves else lend(x)
    result = record(primitive, nodes, params)
    several = result.__class__ is tuple
    if moves:
        let_go(result[0]._operands[0] if several else result, nodes)
    results = [
        _as_view(z, handles, primitive, operands, params, i if several else None)
        for i, z in enumerate(result if several else (result,))
    ]
    return tuple(results) if several else results[0]


def _as_view(
    z: Any,
    handles: Mapping[int, Any],
    primitive: Primitive,
    operands: Sequence[Any],
    params: Mapping[str, Any],
    pick: int | None,
) -> Any:
    """A result as a handle, if it shows the memory of one; then with a copy of the numbers."""
    plain = in_memory(z._plain)
    if z.__class__ is not Tensor or plain.__class__ is not np.ndarray:
        return z
    if not z.ndim:  # a number; that of each example may stand in the memory of all
        z._plain = copied(z._plain)
        return z
    for place, x in handles.items():
        strides = _strides_of_view(z, x, primitive, place, operands, params, pick)
        # what is empty overlaps with nothing, and may be taken for a view of the node all the same
        shares = not plain.size or np.may_share_memory(plain, in_memory(state_of(x).node._plain))
        if strides is not None or shares:
            z._plain = copied(z._plain) if strides is None else copied_view(z._plain, strides)
            _forget_view(z)  # of the node, which shows no changes
        if strides is not None:
            view = View(
                x,
                primitive,
                place,
                [y.first if isinstance(y, Variable) else y for y in operands],
                params,
                pick,
            )
            shown = new(Written)
            state_slot.__set__(shown, State(z, view, strides))
            return shown
    return z


def _strides_of_view(
    z: Any,
    x: Written,
    primitive: Primitive,
    place: int,
    operands: Sequence[Any],
    params: Mapping[str, Any],
    pick: int | None,
) -> tuple[int, ...] | None:
    """The strides of a result that NumPy would give as a view of x; None if it gave a copy. In a
    batch, those of one example."""
    if primitive is LEAVE:
        return None  # what a batched function returns is an array of its own
    source = as_it_lies(x)
    shown = example_of(z._plain)
    if source is not detached(x) or primitive is ENTER:
        if not (isinstance(primitive, Structural) and primitive.linear == "jointly"):
            return None
        plain = [example_of(detached(y)) for y in operands]
        plain[place] = source
        result = primitive.arrays(*plain, **params)
        shown = example_of(result if pick is None else result[pick])
    return shown.strides if np.may_share_memory(shown, source) else None


def as_it_lies(x: Any) -> Any:
    """The plain data of an operand, of a batch that of one example; of a handle that holds a copy,
    zeros that lie in memory as the numbers do in NumPy."""
    plain = example_of(detached(x))
    if x.__class__ is not Written or plain.__class__ is not np.ndarray:
        return plain
    strides = state_of(x).strides
    if strides is None or strides == plain.strides:
        return plain
    return lying_so(plain.shape, plain.dtype, strides)
