"""Writing into Tensors: `x[index] = value`, `x += y`, and what a recorded pass adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import apply, as_operand, explained
from autograd_lite.engine.arrays import is_frozen, read_only
from autograd_lite.engine.batch import in_memory, is_traced, levels_of, numbers_of
from autograd_lite.engine.chain import detached
from autograd_lite.engine.layout import copied, lying_as
from autograd_lite.engine.objects import joined
from autograd_lite.engine.observing import observed_record, observers
from autograd_lite.engine.primitive import PRIMITIVES, Primitive
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import NO_PARAMS, Variable
from autograd_lite.engine.views import handle_of, source_of
from autograd_lite.engine.written import (
    SMALL,
    State,
    Written,
    gone,
    lend,
    state_of,
    state_slot,
)

new = object.__new__


_plain_writes = 0


def plain_writes() -> int:
    """How often something was written that was not recorded."""
    return _plain_writes


def _note_plain_write() -> None:
    global _plain_writes
    _plain_writes += 1


def write(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value, recorded."""
    if not modes.is_recording() and x.__class__ is Tensor and x.is_leaf and not source_of(x):
        _note_plain_write()
        x.data[index] = detached(_operand(x, value))
        return
    handle = handle_of(x)
    state = state_of(handle)
    if _is_there_already(handle, index, value):
        return
    _replace(handle, _assigned(state, handle.node, index, _operand(x, value)))


def update(x: Tensor, primitive: Primitive, other: Any) -> Any:
    """x += other and the like: into the same memory, as NumPy does; a number is replaced."""
    if in_memory(x._plain).__class__ is not np.ndarray or not x.ndim:
        return primitive.function(x, other)
    if not modes.is_recording() and x.__class__ is Tensor and x.is_leaf:
        _note_plain_write()
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
    state = state_of(handle)
    state.lent = True
    if state.strides is not None:
        z._plain = lying_as(z._plain, state.strides)
    _replace(handle, z)
    return handle


def _replace(handle: Written, node: Tensor) -> None:
    """Let a handle show another node, and what it is a view of as well."""
    state = state_of(handle)
    view = state.view
    if view is not None:
        view.put(node)
    if state.array is not node._plain:
        state.array = None
    state.stamp += 1  # first, so that no view of it misses the change if it is interrupted after
    state.node = node
    if view is not None:  # last, so that a view is made anew if it was interrupted before
        view.stamp = state_of(view.base).stamp


def _is_there_already(handle: Written, index: Any, value: Any) -> bool:
    """Whether it is what `y[i] += v` ends with: a view is written back to where it is."""
    if value.__class__ is not Written:
        return False
    view = state_of(value).view
    if view is None or view.base is not handle or view.stamp != state_of(handle).stamp:
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


def _assigned(state: State, node: Tensor, index: Any, value: Any) -> Any:
    """The node that has `value` at `index`; in the same memory, if nobody else needs it."""
    primitive = PRIMITIVES["assign"]
    operands, params = primitive.function.__wrapped__(node, value, index)  # type: ignore[attr-defined]
    return _changed(state, primitive, operands, params)


def accumulator(x: Any) -> Written:
    """A handle of its own, for what a pass adds up while it is recorded: `put` changes it."""
    node = lend(x) if x.__class__ is Written else x if isinstance(x, Tensor) else Tensor(x)
    handle = new(Written)
    state_slot.__set__(handle, State(node, None))
    return handle


def put(handle: Written, primitive: Primitive, value: Any, params: Mapping[str, Any]) -> None:
    """Let an accumulator show what a primitive makes of it and a value."""
    if value.__class__ is Written:
        value = lend(value)
    elif value.__class__ is np.ndarray and not is_frozen(value):
        value = read_only(value.copy())
    state = state_of(handle)
    _replace(handle, _changed(state, primitive, (state.node, value), params))


def _changed(
    state: State, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
) -> Any:
    if modes.paused and (watching := observers()):
        record = partial(_record_changed, state)
        return observed_record(watching, record, primitive, operands, params)
    return _record_changed(state, primitive, operands, params)


def _record_changed(
    state: State, primitive: Any, operands: Sequence[Any], params: Mapping[str, Any]
) -> Tensor:
    node, value = operands
    plain, held = detached(value), node._plain
    inside = levels_of(held)
    missing = any(level not in inside for level in levels_of(plain))
    if missing or is_traced(held) or is_traced(plain):
        state.array, state.lent = None, True
        return apply(primitive, (node, value), params)  # type: ignore[no-any-return]
    array = state.array
    alone = array is held and not state.lent and numbers_of(held).size > SMALL
    if not alone or not numbers_of(array).flags.writeable:
        alone, array = False, copied(held) if inside else np.array(held)
    try:
        primitive.writes(array, plain, **params)
    except (ValueError, TypeError, IndexError) as error:
        raise explained(primitive, error, (node, plain)) from None
    before = gone(held) if alone or numbers_of(held).size > SMALL else held
    if value.__class__ is Tensor and numbers_of(plain).size > SMALL:
        plain = gone(plain)  # a view may be written into again, in place
    if alone:
        node._plain = before
    z = new(Tensor)
    z._plain = array if array.ndim else array[()]
    z._grad = None
    z._epoch = clock.now
    z._locked = not inside
    if inside:
        z._shared, z._lent = False, None
    z._keep = False
    if modes.is_recording():
        z._primitive = primitive
        z._operands, z._values, z._params = (node, value), (before, plain), params
    else:
        z._primitive, z._operands, z._values, z._params = None, (), (), NO_PARAMS
    state.array, state.lent = z._plain, False
    return z


Tensor._write = write
