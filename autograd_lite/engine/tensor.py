"""`Tensor`: a variable that is a NumPy array, and how operations on Tensors are recorded.

A recorded Tensor holds its operands, and the plain arrays that they were when it was computed.
The operators and methods come from the table of primitives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, final
from weakref import ref

import numpy as np
import numpy.typing as npt

from autograd_lite.engine import clock
from autograd_lite.engine.apply import refuse_other_arithmetic
from autograd_lite.engine.array_attributes import ArrayAttributes
from autograd_lite.engine.arrays import array_of, is_frozen, read_only, sealed
from autograd_lite.engine.at import At
from autograd_lite.engine.chain import detached
from autograd_lite.engine.locks import lock_across_forks
from autograd_lite.engine.objects import has_variables
from autograd_lite.engine.primitive import (
    PRIMITIVES,
    Array,
    Rule,
)
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import NO_PARAMS, Variable

if TYPE_CHECKING:
    from autograd_lite.engine.methods import Operand, TensorMethods
else:  # what `engine.recording` puts on the class; see `reading.stubs`
    TensorMethods = object

new = object.__new__
ndarray, float64, float32 = np.ndarray, np.float64, np.float32

LENDING = lock_across_forks()
"""Around lending a leaf's array to a graph, and around changing it."""


@final
class Tensor(Variable, ArrayAttributes, TensorMethods):
    """A variable that holds a NumPy array of floating-point numbers, real or complex.

    Arithmetic on Tensors, the functions of this package and the NumPy functions that have a rule
    record the graph that `backward()` runs over. Plain numbers and arrays beside a Tensor, whole
    numbers and truth values among them, are constants.

    Args:
        array: an array, number, or nested list. Whole numbers become float64; float32 stays.
        copy: False uses the array itself, of which each operation then takes a copy, since it may
            change; one made by `frozen` is taken as it is.
        name: what pictures and derivations call it.

    Raises:
        TypeError: if `array` holds no numbers (text, objects, truth values).
        ValueError: if `copy=False` and the array cannot be used as it is.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]], name="W")
    >>> y = (W * W).sum()
    >>> y.backward()
    >>> W.grad
    array([[2., 4.],
           [6., 8.]])
    """

    __slots__ = (
        "_operands",  # Tensors, Values and constants
        "_values",  # what they held when this was computed
        "_params",
        "_locked",  # whether _plain is that of a result, or a number: it never changes
        "_shared",  # of what is not locked: whether someone else may hold _plain and write to it
        "_lent",  # of a leaf: a weak reference to the view of its array that graphs hold, or None
        "_keep",
        "__weakref__",  # see `views.note_view`
    )

    _plain: Any
    _grad: Any
    _operands: tuple[Any, ...]
    _values: tuple[Any, ...]
    _params: Mapping[str, Any]
    _locked: bool
    _shared: bool
    _lent: ref[Array] | None
    _keep: bool
    _backward: ClassVar[Rule]  # set by `reverse`, the floor above
    _write: ClassVar[Rule]  # set by `written`
    _become: ClassVar[Rule]  # set by `recording`

    # NumPy must leave `array + tensor` to us (see `numpy_protocol`).
    __array_priority__ = 1000

    def __init__(self, array: npt.ArrayLike, copy: bool = True, name: str | None = None) -> None:
        if (array.__class__ is not ndarray or array.dtype == object) and has_variables(array):
            self._become(array)
            self.name = name
            return
        self._plain = array_of("Tensor", array, copy)
        self._grad = None
        self._primitive = None
        self._operands = self._values = ()
        self._params = NO_PARAMS
        self._epoch = clock.now
        self._locked = False
        self._shared = not copy and not is_frozen(array)
        self._lent = None
        self._keep = False
        if name is not None:
            self.name = name

    # ------------------------------------------------------------ what a Tensor holds

    @property
    def data(self) -> Array:
        """The array. That of a leaf can be changed or replaced (`w.data -= rate * w.grad`):
        graphs recorded before keep the old numbers. That of a result is read-only."""
        if self._primitive is not None or isinstance(self._plain, StandIn):
            return sealed(self._plain)
        if self._locked or not self._shared:
            with LENDING:
                if not self._is_alone():
                    self._plain = np.array(self._plain)
                self._locked, self._shared, self._lent = False, True, None
        return self._plain  # type: ignore[no-any-return]

    @data.setter
    def data(self, array: npt.ArrayLike) -> None:
        self._leaf_only("data")
        if array is not self._plain:
            fresh = array_of("Tensor.data", array, True)
            if fresh.shape != self.shape:
                raise ValueError(f"Tensor.data: shape {fresh.shape} does not fit {self.shape}")
            if fresh.dtype.kind == "c" != self.dtype.kind:
                raise TypeError("Tensor.data: real numbers are needed, not complex ones")
            self._plain = fresh.astype(self.dtype, copy=False)
            self._locked, self._shared, self._lent = False, False, None

    def decrease(self, change: npt.ArrayLike) -> None:
        """self.data −= change, without handing the array out: what an optimiser does.

        Reading `.data` gives the array away, and the engine has to copy it from then on whenever
        it is used. Here nobody gets hold of it, so that it needs no copy.

        Raises:
            ValueError: if this is no leaf, or the change does not have its shape.
        """
        self._leaf_only("data")
        given = np.shape(change)
        if given != self.shape and np.broadcast_shapes(given, self.shape) != self.shape:
            raise ValueError(f"decrease: a change of shape {given} does not fit {self.shape}")
        with LENDING:
            # whoever holds the array is to see the change; if nobody does, nobody will
            if (not self._locked and self._shared) or self._is_alone():
                self._plain -= change
            else:
                self._plain = np.asarray(self._plain - change, dtype=self.dtype)
                self._locked, self._shared, self._lent = False, False, None

    def _is_alone(self) -> bool:
        """Whether neither a graph nor anybody else can hold the array, so that it may change. To be
        called, and used, under the lock."""
        own = self._plain
        return (
            not self._locked
            and own.__class__ is ndarray
            and own.base is None
            and own.flags.writeable  # else someone was shown it: see `sealed`
            and (self._lent is None or self._lent() is None)
        )

    @property
    def grad(self) -> Array | None:
        """∂output/∂self added up over the `backward()` calls so far; None before the first, and
        for a result that did not ask with `keep_grad()`."""
        grad = self._grad
        if grad is not None and grad.__class__ is not ndarray and grad.__class__ is not Tensor:
            self._grad = grad = np.array(grad)  # that `w.grad *= 2` and `w.grad[()] = 0` hold
        return grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, grad: Operand | None) -> None:
        if grad is not None:
            refuse_other_arithmetic("Tensor.grad", grad)
            if np.iscomplexobj(detached(grad)) and self.dtype.kind != "c":
                raise TypeError("Tensor.grad: real numbers are needed, not complex ones")
            grad = np.array(detached(grad), dtype=self.dtype)
            if grad.shape != self.shape:
                raise ValueError(f"Tensor.grad: shape {grad.shape} does not fit {self.shape}")
        self._grad = grad

    @property
    def operands(self) -> tuple[Any, ...]:
        """What it was computed from, in order: Tensors, Values, and constants."""
        operands = self._operands
        for x in operands:
            if x.__class__ is not Tensor and isinstance(x, Tensor):
                # written into since then: what counts is what it was
                first = [x.first if isinstance(x, Tensor) else x for x in operands]
                self._operands = operands = tuple(first)
                break
        return operands

    @property
    def values(self) -> tuple[Any, ...]:
        """The plain numbers and arrays that the operands were when this was computed."""
        return tuple(sealed(x) if x.__class__ is ndarray else x for x in self._values)

    @property
    def params(self) -> Mapping[str, Any]:
        """What else the operation was given: `axis`, `shape`, …"""
        return self._params

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return self._plain.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of its axes."""
        return self._plain.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """The number of its elements."""
        return self._plain.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements."""
        return self._plain.dtype  # type: ignore[no-any-return]

    @property
    def T(self) -> Tensor:
        """The axes in reverse order: the transpose of a matrix."""
        return PRIMITIVES["transpose"].function(self)  # type: ignore[no-any-return]

    @property
    def real(self) -> Tensor:
        """The real part: itself, if it is real."""
        return PRIMITIVES["real"].function(self) if self.dtype.kind == "c" else self

    @property
    def imag(self) -> Tensor:
        """The imaginary part."""
        return PRIMITIVES["imag"].function(self)  # type: ignore[no-any-return]

    @property
    def at(self) -> At:
        """`x.at[index].set(v)`, `.add(v)`, `.multiply(v)`, `.max(v)`, …: x changed there, as a new
        variable; see `at.Places`."""
        return At(self)

    def detach(self) -> Array:
        """The array alone, read-only: a constant for whatever is computed from it."""
        mine = self._locked or not self._shared
        return sealed(self._plain) if mine else read_only(self._plain)

    def item(self) -> float:
        """The one number that it holds, as a Python float (a complex number, if it is one)."""
        if self.size != 1:
            raise ValueError(f"item: a Tensor of shape {self.shape} is not one number")
        number = np.asarray(self._plain).reshape(())
        return complex(number) if number.dtype.kind == "c" else float(number)  # type: ignore[return-value]

    def keep_grad(self) -> Tensor:
        """Ask that `backward()` sets `grad` here too, though this is no leaf; returns self."""
        self._keep = True
        return self

    def backward(
        self, gradient: npt.ArrayLike | None = None, *, create_graph: bool = False
    ) -> None:
        """Add ∂self/∂v to `v.grad` for every leaf v that self was computed from.

        Args:
            gradient: an array of exactly self's shape, to start from; 1 if self is a scalar.
            create_graph: make each `v.grad` a variable, which can be differentiated again. v and
                its graph then hold each other until `v.zero_grad()`, or the collector, frees them.

        Raises:
            ValueError: if self is no scalar and no gradient is given, or one of another shape.
        """
        self._backward(gradient, create_graph)

    # ------------------------------------------------------------ what Python asks

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        if isinstance(self._plain, StandIn):
            return f"Tensor({self._plain!r}{name})"
        text = np.array2string(np.asarray(self._plain), separator=", ", prefix="Tensor(")
        kind = "" if self.dtype == np.float64 else f", dtype={self.dtype}"
        return f"Tensor({text}{kind}{name})"

    def __getitem__(self, index: Any) -> Tensor:
        return PRIMITIVES["getitem"].function(self, index)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._write(index, value)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError(
                "len: this Tensor is a scalar. A function of another library that asks for its "
                "length, as torch.tensor does, wants plain numbers: x.detach()"
            )
        return len(self._plain)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                f"bool: the truth value of a Tensor of shape {self.shape} is ambiguous; "
                "use where(...) to choose element by element"
            )
        return bool(self._plain)

    def _kind(self) -> str:
        return "Tensor"

    def _boxes(self) -> Array:
        boxes = np.empty(self.shape, object)
        for place in np.ndindex(self.shape):
            boxes[place] = self[place] if place else self
        return boxes

    # Comparisons are of the numbers, element by element, and give plain arrays of truth values.
    def __eq__(self, other: object) -> Any:
        return np.equal(self._plain, detached(other))

    def __ne__(self, other: object) -> Any:
        return np.not_equal(self._plain, detached(other))

    def __lt__(self, other: Any) -> Any:
        return np.less(self._plain, detached(other))

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self._plain, detached(other))

    def __gt__(self, other: Any) -> Any:
        return np.greater(self._plain, detached(other))

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self._plain, detached(other))

    __hash__ = object.__hash__  # by identity, though == compares numbers (as in PyTorch)

    def _parts(self) -> tuple[Any, ...]:
        return np.asarray(self._plain), True, self.name
