"""`Tensor`: a variable that is a NumPy array, and how operations on Tensors are recorded.

A recorded Tensor holds its operands, and the plain arrays that they were when it was computed.
The operators and methods come from the table of primitives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, final

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.arrays import array_of, can_change, checksum, read_only
from autograd_lite.engine.primitive import (
    TENSOR,
    Array,
    Primitive,
    Rule,
    detached,
    explained,
    register,
    watch,
)
from autograd_lite.engine.value import Value, operate
from autograd_lite.engine.variable import Variable
from autograd_lite.primitives.shaping import getitem

new = object.__new__
ndarray = np.ndarray
NO_PARAMS: dict[str, Any] = {}
Guard = tuple[Array, int]


@final
class Tensor(Variable):
    """A variable that holds a NumPy array of floating-point numbers.

    Arithmetic on Tensors, the functions of this package and the NumPy functions that have a rule
    record the graph that `backward()` runs over. Plain numbers and arrays beside a Tensor, whole
    numbers and truth values among them, are constants.

    Args:
        array: an array, number, or nested list. Whole numbers become float64; float32 stays.
        copy: False uses the array itself; changing it between the forward and the reverse pass
            is then noticed and refused.
        name: what pictures and derivations call it.

    Raises:
        TypeError: if `array` holds no real numbers (complex, text, objects, truth values).
        ValueError: if `copy=False` and the array cannot be used as it is.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], name="W")
    >>> y = (W * W).sum()
    >>> y.backward()
    >>> W.grad
    array([[2., 4.],
           [6., 8.]])
    """

    __slots__ = (
        "_data",  # an array, or a NumPy scalar where there are no axes
        "_operands",  # Tensors, Values and constants
        "_values",  # what they held when this was computed
        "_params",
        "_locked",  # whether _data is part of a graph and must not change
        "_borrowed",  # whether _data is someone else's array
        "_guards",  # borrowed arrays this was computed from, with their checksums
        "_keep",
    )

    _data: Any
    _grad: Any
    _operands: tuple[Any, ...]
    _values: tuple[Any, ...]
    _params: Mapping[str, Any]
    _locked: bool
    _borrowed: bool
    _guards: tuple[Guard, ...]
    _keep: bool
    _backward: ClassVar[Rule]  # set by `reverse`, the floor above

    # NumPy must leave `array + tensor` to us (see `numpy_protocol`).
    __array_priority__ = 1000

    def __init__(self, array: Any, copy: bool = True, name: str | None = None) -> None:
        self._data = array_of("Tensor", array, copy)
        self._grad = None
        self._primitive = None
        self._operands = self._values = ()
        self._params = NO_PARAMS
        self._locked = False
        self._borrowed = not copy
        self._guards = ()
        self._keep = False
        if name is not None:
            self.name = name

    # ------------------------------------------------------------ what a Tensor holds

    @property
    def data(self) -> Array:
        """The array. That of a leaf can be changed or replaced (`w.data -= rate * w.grad`):
        graphs recorded before keep the old numbers. That of a result is read-only."""
        if self._locked:
            if self._primitive is not None:
                return read_only(self._data)
            alone = sys.getrefcount(self._data) == 2 and self._data.__class__ is ndarray
            if not alone or self._data.base is not None:
                self._data = np.array(self._data)  # a graph, or its owner, may hold the old one
            else:
                self._data.flags.writeable = True
            self._locked = False
        return self._data  # type: ignore[no-any-return]

    @data.setter
    def data(self, array: Any) -> None:
        self._leaf_only("data")
        if array is self._data:
            return
        fresh = array_of("Tensor.data", array, True)
        if fresh.shape != self.shape:
            raise ValueError(f"Tensor.data: shape {fresh.shape} does not fit {self.shape}")
        self._data = fresh.astype(self.dtype, copy=False)
        self._locked = self._borrowed = False

    @property
    def grad(self) -> Array | None:
        """∂output/∂self added up over the `backward()` calls so far; None before the first, and
        for a result that did not ask with `keep_grad()`."""
        grad = self._grad
        return grad if grad is None or grad.__class__ is ndarray else np.asarray(grad)

    @grad.setter
    def grad(self, grad: Any) -> None:
        if grad is not None:
            grad = np.array(detached(grad), dtype=self.dtype)
            if grad.shape != self.shape:
                raise ValueError(f"Tensor.grad: shape {grad.shape} does not fit {self.shape}")
        self._grad = grad

    @property
    def operands(self) -> tuple[Any, ...]:
        """What it was computed from, in order: Tensors, Values, and constants."""
        return self._operands

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of its elements."""
        return self._data.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements."""
        return self._data.dtype  # type: ignore[no-any-return]

    @property
    def T(self) -> Any:
        """The axes in reverse order: the transpose of a matrix."""
        return self.transpose()

    def detach(self) -> Array:
        """The array alone, read-only: a constant for whatever is computed from it."""
        return read_only(self._data)

    def item(self) -> float:
        """The one number that it holds, as a Python float."""
        if self.size != 1:
            raise ValueError(f"item: a Tensor of shape {self.shape} is not one number")
        return float(np.asarray(self._data).reshape(()))

    def keep_grad(self) -> Tensor:
        """Ask that `backward()` sets `grad` here too, though this is no leaf; returns self."""
        self._keep = True
        return self

    def backward(self, gradient: Any = None) -> None:
        """Add ∂self/∂v to `v.grad` for every leaf v that self was computed from.

        Args:
            gradient: an array of exactly self's shape, to start from; 1 if self is a scalar.

        Raises:
            ValueError: if self is no scalar and no gradient is given, or one of another shape.
        """
        self._backward(gradient)

    # ------------------------------------------------------------ what Python asks

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        text = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        kind = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({text}{kind}{name})"

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "setitem: a Tensor cannot be changed in place; build a new one with where(...), "
            "concatenate(...) or stack(...), or change a leaf's .data outside a graph"
        )

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len: this Tensor is a scalar")
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __float__(self) -> float:
        if self.ndim:
            raise TypeError(
                f"float: a Tensor of shape {self.shape} is no scalar; "
                "use .detach() for its array, or .sum() and the like for one number"
            )
        return float(self._data)

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"bool: the truth value of a Tensor of shape {self.shape} is ambiguous; "
                "use where(...) to choose element by element"
            )
        return bool(self._data)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            "asarray: a Tensor does not turn into a plain array, its graph would be lost: use "
            "x.detach() for the numbers, stack([...]) to join Tensors"
        )

    # Comparisons are of the numbers, element by element, and give plain arrays of truth values.
    def __eq__(self, other: object) -> Any:
        return np.equal(self._data, detached(other))

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self._data, detached(other))

    def __lt__(self, other: Any) -> Any:
        return np.less(self._data, detached(other))

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self._data, detached(other))

    def __gt__(self, other: Any) -> Any:
        return np.greater(self._data, detached(other))

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self._data, detached(other))

    __hash__ = object.__hash__  # by identity, though == compares numbers (as in PyTorch)

    def _parts(self) -> tuple[Any, ...]:
        return np.asarray(self._data), True, self.name

    def _lock(self) -> Guard | None:
        """Make sure that the array cannot change from here on: a graph is about to hold it.
        Of an array that is borrowed, or of which someone holds a view, return it with its
        checksum instead."""
        if self._borrowed or sys.getrefcount(self._data) > 2:
            return self._data, checksum(self._data)
        if self._data.ndim:
            self._data.flags.writeable = False
        else:
            self._data = self._data[()]
        self._locked = True
        return None


def is_variable(x: Any) -> bool:
    """Whether x is a Value or a Tensor."""
    return x.__class__ is Tensor or x.__class__ is Value


# ---------------------------------------------------------------- recording


def record_tensor(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Evaluate a primitive on Tensors, Values and constants, and record it."""
    values = []
    guards: tuple[Guard, ...] = ()
    constants = False
    for x in operands:
        kind = x.__class__
        if kind is Tensor:
            if not x._locked:
                guard = x._lock()
                if guard is not None:
                    guards = (*guards, guard)
            values.append(x._data)
        elif kind is float or kind is int:
            values.append(x)
        elif kind is Value:
            values.append(x._data)
        else:
            constants = True
            values.append(x)
    recording = not modes.paused or modes.is_recording()
    if constants and recording:
        operands, values = _with_copies(primitive, operands, values)
    try:
        data = primitive.arrays(*values, **params)
    except (ValueError, TypeError, IndexError) as error:
        raise explained(primitive, error, values) from None
    if data.__class__ is ndarray and not data.ndim:
        data = data[()]
    z = new(Tensor)
    z._data = data
    z._grad = None
    z._locked = True
    z._borrowed = False
    z._guards = guards
    z._keep = False
    if recording:
        z._primitive = primitive
        z._operands = tuple(operands)
        z._values = tuple(values)
        z._params = params
    else:
        z._primitive = None
        z._operands = z._values = ()
        z._params = NO_PARAMS
    return z


def _with_copies(
    primitive: Primitive, operands: Sequence[Any], values: list[Any]
) -> tuple[Sequence[Any], list[Any]]:
    """The operands with constant arrays copied, so that no one can change them later, and
    without variables where a constant is meant (the condition of `where`)."""
    operands = list(operands)
    for i, x in enumerate(operands):
        if primitive.partials is not None and primitive.partials[i] is None:
            operands[i] = values[i]
        if x.__class__ is ndarray and (x.flags.writeable or x.base is not None) and can_change(x):
            operands[i] = values[i] = x.copy()
    return operands, values


def _operators(primitive: Primitive) -> None:
    """Give `Tensor` the operator and the method of a primitive."""
    function = primitive.function

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

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

    for made in (method, unary, binary, reflected):
        made.__doc__ = function.__doc__
    if primitive.method:
        setattr(Tensor, primitive.method, method)
    if primitive.operator:
        two = len(primitive.operands) == 2
        setattr(Tensor, f"__{primitive.operator}__", binary if two else unary)
        if two:
            setattr(Tensor, f"__r{primitive.operator}__", reflected)


def as_tensor(x: Any, dtype: Any = None) -> Any:
    """A Value, or number, as a Tensor without axes that is recorded as made from it."""
    from autograd_lite.primitives.elementwise import positive

    tensor = record_tensor(positive.primitive, (x,), NO_PARAMS)  # type: ignore[attr-defined]
    tensor._data = np.float64(tensor._data)
    return tensor if dtype is None or tensor.dtype == dtype else tensor.astype(dtype)


def as_value(x: Any) -> Any:
    """A Tensor without axes as a Value that is recorded as made from it."""
    from autograd_lite.primitives.elementwise import positive

    z = Value(float(x._data))
    if modes.is_recording():
        z._primitive = positive.primitive  # type: ignore[attr-defined]
        z._a, z._da = x, 1.0
    return z


register(TENSOR, Tensor, record_tensor)
watch(_operators)
