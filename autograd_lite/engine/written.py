"""Tensors that are written into: `y[i] = x`, `y[mask] *= 2`, `y += v`, through views as well.

A graph cannot change, so what is written makes a new node, `assign`, of the node before and what
was written; the Tensor that the user holds turns into a *handle*, `Written`, that shows the newest
one. Whoever used it before holds the node of then (`first`). A handle that is a view of
another one, as NumPy's arrays are, is made anew when that one was written into; what is written
into it is written into that one.

A loop that fills a large array writes into one and the same memory. That is possible as long as
nobody needs what stood there before: an operation whose derivative depends on the numbers (`lend`)
makes the next write start on a copy; those that only move numbers take copies of what they read.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from weakref import ref

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import apply, as_operand, explained
from autograd_lite.engine.arrays import is_frozen, read_only, sealed
from autograd_lite.engine.batch import in_memory
from autograd_lite.engine.chain import detached
from autograd_lite.engine.objects import joined
from autograd_lite.engine.observing import observed_record, observers
from autograd_lite.engine.primitive import PRIMITIVES, Array, Primitive, Structural
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import NO_PARAMS, Variable

new = object.__new__
ndarray = np.ndarray
SMALL = 512
"""Up to so many elements a write always starts on a copy: all that stood there can be seen."""


class Gone(np.ndarray[Any, Any]):
    """Stands, as nan, for the numbers of a node that were written over in memory."""


class _View:
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
        self.stamp = _state(base).stamp

    def made(self) -> Any:
        """The node that it is now."""
        operands = list(self.operands)
        operands[self.place] = self.base
        result = apply(self.primitive, operands, self.params)
        return (result if self.pick is None else result[self.pick]).first

    def put(self, node: Any) -> None:
        """Write a node of the view's shape into what it is a view of."""
        if self.pick is None and "index" in self.params:
            write(self.base, self.params["index"], node)
            return
        if self.base.dtype != node.dtype:
            raise TypeError(
                f"setitem: the result of {self.primitive.name} cannot be written into; write into "
                "what it was made of"
            )
        places = np.arange(self.base.size).reshape(self.base.shape)
        operands = [detached(x) for x in self.operands]
        operands[self.place] = places
        params = dict(self.params)
        if "dtype" in params:  # of astype, which shows the numbers only where it is theirs already
            params["dtype"] = places.dtype
        shown = self.primitive.arrays(*operands, **params)
        shown = shown if self.pick is None else shown[self.pick]
        if not shown.flags.writeable:
            raise ValueError(
                f"setitem: the result of {self.primitive.name} is read-only: its elements stand "
                "for several; write into a copy, np.array(...)"
            )
        write(self.base, np.unravel_index(shown, self.base.shape), node)


class _State:
    """What is behind a handle."""

    __slots__ = ("array", "first", "lent", "node", "stamp", "strides", "view")

    def __init__(
        self, first: Tensor, view: _View | None, strides: tuple[int, ...] | None = None
    ) -> None:
        self.first = first
        self.node = first
        """The newest node; of a view, as of `view.stamp`."""
        self.array: Any = None
        """What is written into, if it is not lent: the array of `node`."""
        self.lent = True
        self.stamp = 0
        """How often it has changed."""
        self.view = view
        self.strides = getattr(first._plain, "strides", None) if strides is None else strides
        """How the numbers lie in memory in NumPy, on which it depends what is a view of them:
        `node` may hold a copy that lies otherwise."""


_state_slot = vars(Tensor)["_operands"]  # of a handle, it holds its state
_SLOTS = [
    name
    for kind in (Variable, Tensor)
    for name in kind.__slots__
    if name != "__weakref__"
]  # fmt: skip


def _state(handle: Any) -> _State:
    return _state_slot.__get__(handle)  # type: ignore[no-any-return]


class Written(Tensor):  # type: ignore[misc]
    """A Tensor that was written into: it shows the newest of its nodes."""

    __slots__ = ()

    @property
    def node(self) -> Tensor:
        """The node that holds what it is now."""
        state = _state(self)
        view = state.view
        if view is not None:
            _ = view.base.node  # which may be a view itself, and change by being asked
            stamp = _state(view.base).stamp
            if view.stamp != stamp:
                state.node = view.made()
                state.array, state.lent = None, True
                state.stamp += 1
                view.stamp = stamp
        return state.node

    @property
    def first(self) -> Tensor:
        """The node that it was before anything was written into it."""
        return _state(self).first

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


for _name in _SLOTS:
    setattr(Written, _name, _forwarded(_name))


def _with_grad(handle: Written) -> Tensor:
    first = _state(handle).first
    return first if first.is_leaf else handle.node


# ---------------------------------------------------------------- handles


def handle_of(x: Tensor) -> Written:
    """The same Tensor as a handle, from here on; views of it, and what it is a view of, as well."""
    if x.__class__ is not Written:
        source = _source(x)
        if source is not None:
            handle_of(source)  # and its views with it
        if x.__class__ is not Written:
            _turn(x, None)
    return x  # type: ignore[return-value]


def _turn(x: Tensor, view: _View | None) -> None:
    """Make a Tensor a handle, with the views of it that still live."""
    first = new(Tensor)
    for slot in _SLOTS:
        if (held := getattr(x, slot, first)) is not first:
            setattr(first, slot, held)
    views = first.note("views") or ()
    # in one go: Python handles no signal, so no Ctrl-C, in between
    steps = [partial(_state_slot.__set__, x, _State(first, view)), partial(_set_class, x, Written)]
    deque(map(operator.call, steps), maxlen=0)
    for reference in views:
        other = reference()
        if other is not None and other.__class__ is Tensor:
            _turn(other, _view_of(other, x))


_set_class = vars(object)["__class__"].__set__


def _source(x: Tensor) -> Tensor | None:
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


def _view_of(x: Tensor, base: Tensor) -> _View:
    """How x, a view of a Tensor, is made of it."""
    node, pick = x, None
    if x._values[0].__class__ is tuple:
        node, pick = x._operands[0], x._params["index"]
    place = next(i for i, operand, _ in _operands_and_values(node) if operand is base)
    assert node._primitive is not None
    return _View(base, node._primitive, place, node._operands, node._params, pick)


def note_view(z: Tensor, node: Any) -> None:
    """Let Tensors know of a result that shows their memory; `node` is z, or what has it among its
    results."""
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


def lend(handle: Written) -> Tensor:
    """Its node for whoever needs the numbers to stay: the next write starts on a copy."""
    node = handle.node
    _state(handle).lent = True
    return node


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
        _let_go(result[0]._operands[0] if several else result, nodes)
    results = [
        _as_view(z, handles, primitive, operands, params, i if several else None)
        for i, z in enumerate(result if several else (result,))
    ]
    return tuple(results) if several else results[0]


def _let_go(node: Any, operands: Sequence[Any]) -> None:
    """Let a node whose derivative needs no numbers not hold those of large arrays."""
    if node._primitive is not None:
        node._values = tuple(
            gone(value)
            if x.__class__ is Tensor and x.size > SMALL and value.__class__ is np.ndarray
            else value
            for x, value in zip(operands, node._values, strict=True)
        )


def gone(array: Any) -> Gone:
    """A stand-in for the numbers of an array."""
    return _gone(array.shape, array.dtype)


@lru_cache(16)
def _gone(shape: tuple[int, ...], dtype: Any) -> Gone:
    return np.broadcast_to(np.full((), np.nan, dtype), shape).view(Gone)


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
    if z.__class__ is not Tensor or plain.__class__ is not np.ndarray or not z.ndim:
        return z
    for place, x in handles.items():
        strides = _strides_of_view(z, x, primitive, place, operands, params, pick)
        shares = np.may_share_memory(plain, in_memory(_state(x).node._plain))
        if strides is not None or shares:
            z._plain = z._plain.copy()
            _forget_view(z)  # of the node, which shows no changes
        if strides is not None:
            view = _View(
                x,
                primitive,
                place,
                [y.first if isinstance(y, Variable) else y for y in operands],
                params,
                pick,
            )
            shown = new(Written)
            _state_slot.__set__(shown, _State(z, view, strides))
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
    """The strides of a result that NumPy would give as a view of x; None if it gave a copy."""
    state = _state(x)
    source, shown = in_memory(state.node._plain), in_memory(z._plain)
    if state.strides in (None, source.strides) or isinstance(state.node._plain, StandIn):
        return shown.strides if np.may_share_memory(shown, source) else None
    if not (isinstance(primitive, Structural) and primitive.linear == "jointly"):
        return None
    plain = [detached(y) for y in operands]
    plain[place] = source = as_it_lies(x)
    result = primitive.arrays(*plain, **params)
    shown = result if pick is None else result[pick]
    return shown.strides if np.may_share_memory(shown, source) else None


def as_it_lies(x: Any) -> Any:
    """The plain data of an operand, of a batch that of one example; of a handle that holds a copy,
    zeros that lie in memory as the numbers do in NumPy."""
    plain = detached(x)
    if isinstance(plain, StandIn):
        numbers = plain.in_memory()
        return numbers[(0,) * (numbers.ndim - plain.ndim)] if numbers.size else plain
    if x.__class__ is not Written or plain.__class__ is not np.ndarray:
        return plain
    strides = _state(x).strides
    if strides is None or strides == plain.strides:
        return plain
    low, high = _reach(plain.shape, strides)
    memory = np.zeros(high - low + plain.itemsize, np.uint8)  # which costs nothing until used
    return np.ndarray(plain.shape, plain.dtype, memory, -low, strides)


def _reach(shape: Sequence[int], strides: Sequence[int]) -> tuple[int, int]:
    """How far, in bytes, the elements of an array lie before and behind the first."""
    ends = [(n - 1) * stride for n, stride in zip(shape, strides, strict=True)]
    return sum(end for end in ends if end < 0), sum(end for end in ends if end > 0)


# ---------------------------------------------------------------- writing


def write(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value, recorded."""
    if not modes.is_recording() and x.__class__ is Tensor and x.is_leaf and not _source(x):
        x.data[index] = detached(_operand(x, value))
        return
    handle = handle_of(x)
    state = _state(handle)
    if _is_there_already(handle, index, value):
        return
    _replace(handle, _assigned(state, handle.node, index, _operand(x, value)))


def update(x: Tensor, primitive: Primitive, other: Any) -> Any:
    """x += other and the like: into the same memory, as NumPy does; a number is replaced."""
    if in_memory(x._plain).__class__ is not np.ndarray or not x.ndim:
        return primitive.function(x, other)
    if not modes.is_recording() and x.__class__ is Tensor and x.is_leaf:
        result = primitive.arrays(x._plain, detached(_operand(x, other)))
        x.data = result
        return x
    handle = handle_of(x)
    z = primitive.function(handle, other).first
    if z.shape != handle.shape:
        raise ValueError(
            f"{primitive.name}: a result of shape {z.shape} does not fit into the Tensor of shape "
            f"{handle.shape} that it is written into; write a = a + x instead"
        )
    if z.dtype != handle.dtype:
        _check_kind(handle, z)
        z = PRIMITIVES["astype"].function(z, handle.dtype)
    _state(handle).lent = True
    _replace(handle, z)
    return handle


def _replace(handle: Written, node: Tensor) -> None:
    """Let a handle show another node, and what it is a view of as well."""
    state = _state(handle)
    view = state.view
    if view is not None:
        view.put(node)
    if state.array is not node._plain:
        state.array = None
    state.stamp += 1  # first, so that no view of it misses the change if it is interrupted after
    state.node = node
    if view is not None:  # last, so that a view is made anew if it was interrupted before
        view.stamp = _state(view.base).stamp


def _is_there_already(handle: Written, index: Any, value: Any) -> bool:
    """Whether it is what `y[i] += v` ends with: a view is written back to where it is."""
    if value.__class__ is not Written:
        return False
    view = _state(value).view
    if view is None or view.base is not handle or view.stamp != _state(handle).stamp:
        return False
    there = view.params.get("index") if view.pick is None else None
    parts, others = (i if isinstance(i, tuple) else (i,) for i in (there, index))
    return len(parts) == len(others) and all(
        type(a) is type(b) and isinstance(a, int | slice) and a == b
        for a, b in zip(parts, others, strict=True)
    )


def _operand(x: Tensor, value: Any) -> Any:
    """What is written, as an operand: a variable, or a plain array that nobody can change."""
    if value.__class__ is Written:
        return lend(value)
    if not isinstance(value, Variable):
        value = as_operand("setitem", value)
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            value = joined(value)
    _check_kind(x, value)
    if value.__class__ is np.ndarray and not is_frozen(value):
        value = read_only(value.copy())
    return value


def _check_kind(x: Tensor, value: Any) -> None:
    if np.iscomplexobj(detached(value)) and x.dtype.kind != "c":
        raise TypeError(
            "setitem: complex numbers do not fit into a real Tensor; make it complex first, "
            "x.astype(complex)"
        )


def _assigned(state: _State, node: Tensor, index: Any, value: Any) -> Any:
    """The node that has `value` at `index`; in the same memory, if nobody else needs it."""
    primitive = PRIMITIVES["assign"]
    operands, params = primitive.function.__wrapped__(node, value, index)  # type: ignore[attr-defined]
    if modes.paused and (watching := observers()):
        record = partial(_record_assigned, state)
        return observed_record(watching, record, primitive, operands, params)
    return _record_assigned(state, primitive, operands, params)


def _record_assigned(
    state: _State, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
) -> Tensor:
    node, value = operands
    plain = detached(value)
    if isinstance(plain, StandIn) or isinstance(node._plain, StandIn):
        state.array, state.lent = None, True
        return apply(primitive, (node, value), params)  # type: ignore[no-any-return]
    array = state.array
    alone = array is node._plain and not state.lent and array.size > SMALL
    if not alone or not array.flags.writeable:
        alone, array = False, np.array(node._plain)
    try:
        array[params["index"]] = plain
    except (ValueError, TypeError, IndexError) as error:
        raise explained(primitive, error, (node, plain)) from None
    before = gone(array) if alone or array.size > SMALL else node._plain
    if value.__class__ is Tensor and value.size > SMALL:
        plain = gone(value)  # a view may be written into again, in place
    if alone:
        node._plain = before
    z = new(Tensor)
    z._plain = array if array.ndim else array[()]
    z._grad = None
    z._epoch = clock.now
    z._locked = True
    z._keep = False
    if modes.is_recording():
        z._primitive = primitive
        z._operands, z._values, z._params = (node, value), (before, plain), params
    else:
        z._primitive, z._operands, z._values, z._params = None, (), (), NO_PARAMS
    state.array, state.lent = z._plain, False
    return z


Tensor._write = write
