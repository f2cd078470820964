"""Recording: what an operation on Tensors leaves behind for the reverse pass.

A result holds its operands, and the plain arrays that they were when it was computed: arrays that
somebody else could write to are copied for that. The operators and methods of `Tensor` come from
the declarations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import ref

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import TENSOR, explained, register
from autograd_lite.engine.arrays import is_frozen, sealed
from autograd_lite.engine.assignment import update
from autograd_lite.engine.batching import evaluate
from autograd_lite.engine.objects import tensor_of
from autograd_lite.engine.observing import observed_record, observers
from autograd_lite.engine.primitive import (
    PRIMITIVES,
    Array,
    Declared,
    Elementwise,
    Primitive,
    Rule,
    Structural,
    watch,
)
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import LENDING, Tensor
from autograd_lite.engine.value import Value, operate
from autograd_lite.engine.variable import NO_PARAMS, Variable
from autograd_lite.engine.views import note_view, record_of_written
from autograd_lite.engine.written import Written

new = object.__new__
ndarray, float64, float32 = np.ndarray, np.float64, np.float32
DOUBLE, SINGLE = np.dtype(float64), np.dtype(float32)
"""Of almost all arrays: to compare with them is quicker than to ask for the kind."""


class Results(Variable):
    """What a primitive of several results gives: each of them is a Tensor computed from this."""

    __slots__ = ("_operands", "_params", "_values")

    _plain: tuple[Any, ...]
    _operands: tuple[Any, ...]
    _values: tuple[Any, ...]
    _params: Mapping[str, Any]

    operands = Tensor.operands
    values = Tensor.values
    params = Tensor.params

    @property
    def data(self) -> tuple[Array, ...]:
        """The arrays of all results."""
        return tuple(map(sealed, self._plain))

    def result(self, index: int) -> Any:
        """The one at this place, as a Tensor that was computed from this."""
        return record_tensor(PRIMITIVES["result_of"], (self,), {"index": index})

    def all_results(self) -> tuple[Any, ...]:
        """All of them; whole numbers and truth values as they are, which have no derivative."""
        return tuple(
            self.result(i) if getattr(x, "dtype", DOUBLE).kind in "fc" else x
            for i, x in enumerate(self._plain)
        )

    def __repr__(self) -> str:
        assert self._primitive is not None
        return f"<the {len(self._plain)} results of {self._primitive.name}>"


# ---------------------------------------------------------------- recording


def record_tensor(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Evaluate a primitive on Tensors, Values and constants, and record it."""
    paused = modes.paused
    if paused and (watching := observers()):
        return observed_record(watching, record_tensor, primitive, operands, params)
    values = []
    constants = stands_in = False
    for x in operands:
        kind = x.__class__
        if kind is Tensor:
            if x._locked:
                values.append(x._plain)
            else:
                held = _held(x)
                values.append(held)
                if held.__class__ is not ndarray and isinstance(held, StandIn):
                    stands_in = True
        elif kind is float or kind is int:
            values.append(x)
        elif kind is Value or kind is Results:
            values.append(x._plain)
        elif kind is Written:
            return record_of_written(record_tensor, primitive, operands, params)
        else:
            constants = True
            values.append(x)
            stands_in = stands_in or isinstance(x, StandIn)
    recording = not paused or modes.is_recording()
    if constants and recording:
        operands, values = _with_copies(primitive, operands, values)
    try:
        if stands_in:
            data = evaluate(primitive, values, params)
        else:
            data = primitive.arrays(*values, **params)
    except (ValueError, TypeError, IndexError) as error:
        raise explained(primitive, error, values) from None
    kind = data.__class__
    locked = True
    is_view = False
    if kind is ndarray:
        dtype = data.dtype
        if not data.ndim:
            data = data[()]
        elif dtype is not DOUBLE and dtype is not SINGLE and dtype.kind not in "fc":
            raise _no_floats(primitive, data)
        elif recording:
            is_view = data.base is not None
        elif data.base is not None or any(data is v for v in values):
            data = data.copy()  # a leaf of its own, of which nobody holds a view
    elif kind is not float64 and kind is not float32:
        if isinstance(data, tuple):
            return _several(primitive, operands, values, params, data)
        data = _as_result(primitive, data)
        locked = not isinstance(data, StandIn)
    z = new(Tensor)
    z._plain = data
    z._grad = None
    z._epoch = clock.now
    z._keep = False
    z._locked = locked
    if not locked:
        z._shared, z._lent = False, None
        is_view = True  # perhaps
    if recording:
        z._primitive = primitive
        z._operands = tuple(operands)
        z._values = tuple(values)
        z._params = params
        if is_view:
            note_view(z, z)
    else:
        z._primitive = None
        z._operands = z._values = ()
        z._params = NO_PARAMS
    return z


def _held(x: Tensor) -> Any:
    """The array of a leaf, for a graph to hold: a view, by which the leaf knows that there is a
    graph; or a copy, if someone else may write to it."""
    array = x._plain
    if array.__class__ is not ndarray and isinstance(array, StandIn):
        return array
    if x._shared:
        native = array.dtype if array.dtype.isnative else array.dtype.newbyteorder("=")
        return array.astype(native)[()]
    if array.__class__ is not ndarray or not array.ndim:
        x._plain = array[()]
        x._locked = True  # a number cannot change
        return x._plain
    view = None if x._lent is None else x._lent()
    if view is not None:
        return view
    with LENDING:
        if not x._shared:
            view = None if x._lent is None else x._lent()
            if view is None:
                view = x._plain.view()
                x._lent = ref(view)
            return view
    return _held(x)  # another thread has been given the array meanwhile


def _with_copies(
    primitive: Primitive, operands: Sequence[Any], values: list[Any]
) -> tuple[Sequence[Any], list[Any]]:
    """The operands with constant arrays copied, so that no one can change them later, and, for
    arithmetic, truth values as numbers."""
    operands = list(operands)
    for i, x in enumerate(operands):
        if x.__class__ is ndarray:
            if not is_frozen(x):
                operands[i] = values[i] = x.copy("K")  # as it lies in memory
        elif isinstance(x, StandIn):
            operands[i] = values[i] = x.copy("K")
        elif x.__class__ is bool and isinstance(primitive, Elementwise):
            operands[i] = values[i] = float(x)
    return operands, values


def _as_result(primitive: Primitive, data: Any) -> Any:
    """What the declaration's `arrays` gave that is no array, as NumPy's number or array."""
    if data.__class__ is np.complex128 or data.__class__ is np.complex64:
        return data
    if isinstance(data, StandIn):
        if data.dtype.kind not in "fc":
            raise _no_floats(primitive, data.in_memory())
        return data
    if isinstance(data, bool | int | float):
        return float64(data)
    array = np.asarray(data)
    if array.dtype.kind not in "fc":
        raise _no_floats(primitive, data)
    return array[()]


def _no_floats(primitive: Primitive, data: Any) -> TypeError:
    return TypeError(
        f"{primitive.name}: its value on arrays is {type(data).__name__} of dtype "
        f"{np.asarray(data).dtype}, and floating-point numbers are needed"
    )


def _several(
    primitive: Primitive,
    operands: Sequence[Any],
    values: list[Any],
    params: Mapping[str, Any],
    data: tuple[Any, ...],
) -> tuple[Any, ...]:
    """The results of a primitive that gives a tuple of arrays: a Tensor each, in a tuple with the
    same names, if it has names."""
    if not isinstance(primitive, Structural) or primitive.results is None:
        raise TypeError(
            f"{primitive.name}: its value on arrays is a tuple; declare results=(…), their names"
        )
    node = new(Results)
    node._plain = tuple(float64(x) if x.__class__ is float else x for x in data)
    node._grad = None
    node._epoch = clock.now
    node._primitive = primitive
    node._operands = tuple(operands)
    node._values = tuple(values)
    node._params = params
    found = node.all_results()
    return found if data.__class__ is tuple else data._make(found)  # type: ignore[attr-defined]


def _install(one: Declared) -> None:
    """Give `Tensor` the operator and the method of what is declared."""
    function = one.function

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__doc__ = function.__doc__
    if one.method:
        setattr(Tensor, one.method, method)
    if one.operator and isinstance(one, Primitive):
        for name, operator in _operators(one).items():
            operator.__doc__ = function.__doc__
            operator.__name__, operator.__qualname__ = name, f"Tensor.{name}"
            setattr(Tensor, name, operator)


def _operators(primitive: Primitive) -> dict[str, Rule]:
    """The special methods of a primitive's operator."""

    def unary(self: Tensor) -> Any:
        return record_tensor(primitive, (self,), NO_PARAMS)

    def binary(self: Tensor, other: Any) -> Any:
        kind = other.__class__
        if kind is Tensor or kind is float or kind is int:
            return record_tensor(primitive, (self, other), NO_PARAMS)
        return operate(primitive, self, other)

    def reflected(self: Tensor, other: Any) -> Any:
        if other.__class__ is float or other.__class__ is int:
            return record_tensor(primitive, (other, self), NO_PARAMS)
        return operate(primitive, other, self)

    def in_place(self: Tensor, other: Any) -> Any:
        return update(self, primitive, other)

    if len(primitive.operands) == 1:
        return {f"__{primitive.operator}__": unary}
    methods = {"": binary, "r": reflected, "i": in_place}
    return {f"__{kind}{primitive.operator}__": method for kind, method in methods.items()}


def _uninstall(one: Declared) -> None:
    names = [one.method, *(f"__{r}{one.operator}__" for r in ("", "r", "i") if one.operator)]
    for name in names:
        if name and name in Tensor.__dict__:
            delattr(Tensor, name)


def as_tensor(x: Any, dtype: Any = None) -> Any:
    """A Value, or number, as a Tensor without axes that is recorded as made from it."""
    tensor = record_tensor(PRIMITIVES["positive"], (x,), NO_PARAMS)
    if dtype is None or tensor.dtype == dtype:
        return tensor
    return PRIMITIVES["astype"].function(tensor, dtype)


def as_value(x: Any) -> Any:
    """A Tensor without axes as a Value that is recorded as made from it."""
    z = Value(x.item())
    if modes.is_recording():
        z._primitive = PRIMITIVES["positive"]
        z._a, z._da = x, 1.0
    return z


def _become(self: Tensor, array: Any) -> None:
    """Make a new Tensor what is recorded as made of these variables."""
    z = tensor_of(array)
    for slot in (*Variable.__slots__, *Tensor.__slots__):
        if slot != "__weakref__" and hasattr(z, slot):
            setattr(self, slot, getattr(z, slot))


Tensor._become = _become
register(TENSOR, Tensor, record_tensor)
register(TENSOR, Written, record_tensor)
watch(_install, _uninstall)
