"""`Value`: a variable that is a Python float, and how operations on Values are recorded.

A recorded Value holds its operands and the local derivatives ∂z/∂operand, computed when the
operation ran: the reverse pass multiplies and adds and needs no rule. The operators and methods
are not written here: they are generated from the table of primitives by `value_methods`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, final

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.primitive import (
    OBJECTS,
    PRIMITIVES,
    TENSOR,
    VALUE,
    Primitive,
    Rule,
    _record,
    apply,
    as_operand,
    detached,
    register,
)
from autograd_lite.engine.variable import Variable

new = object.__new__


@final
class Value(Variable):
    """A variable that holds one Python float.

    Arithmetic on Values, and the functions of this package, record the graph that `backward()`
    runs over. A plain number beside a Value is a constant.

    Args:
        data: a real number.
        name: what pictures and derivations call it.

    Raises:
        TypeError: if `data` is not a real number.

    >>> x1, w1 = Value(2.0, name="x1"), Value(-3.0, name="w1")
    >>> y = (x1 * w1 + 7).tanh()
    >>> y.backward()
    >>> round(x1.grad, 6), round(w1.grad, 6)
    (-1.259923, 0.839949)
    """

    __slots__ = (
        "_data",
        "_a",  # the first operand that is not a condition: a Value or a number
        "_da",  # ∂self/∂_a, or None if _a is no variable
        "_b",
        "_db",
        "_extra",  # conditions, which are no variables (of `where`)
        "_uses",  # of the reverse pass under way: how many uses are still to come; else 0
        "_flow",  # of the reverse pass under way: the gradient so far
    )

    _data: float
    _grad: float | None
    _a: Any
    _da: float | None
    _b: Any
    _db: float | None
    _extra: tuple[Any, ...]
    _uses: int
    _flow: float
    _backward: ClassVar[Rule]  # set by `reverse`, the floor above

    def __init__(self, data: Any, name: str | None = None) -> None:
        self._data = data if data.__class__ is float else _as_float("Value", data)
        self._grad = None
        self._primitive = None
        self._da = self._db = None
        self._uses = 0
        if name is not None:
            self.name = name

    # ------------------------------------------------------------ what a Value holds

    @property
    def data(self) -> float:
        """The number. That of a leaf can be replaced; graphs recorded before keep the old one."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        self._leaf_only("data")
        self._data = _as_float("Value.data", data)

    @property
    def grad(self) -> float | None:
        """∂output/∂self added up over the `backward()` calls so far; None before the first."""
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = None if grad is None else _as_float("Value.grad", grad)

    @property
    def shape(self) -> tuple[()]:
        """()"""
        return ()

    @property
    def ndim(self) -> int:
        """0"""
        return 0

    @property
    def operands(self) -> tuple[Any, ...]:
        """What it was computed from, in order: Values, plain numbers, and conditions."""
        if self._primitive is None:
            return ()
        count = len(self._primitive.partials or (1,))
        conditions = getattr(self, "_extra", ())
        rest = (self._a,) if count - len(conditions) == 1 else (self._a, self._b)
        return (*conditions, *rest)

    @property
    def partials(self) -> tuple[float | None, ...]:
        """∂self/∂operand for each of `operands`; None where the operand is no variable."""
        conditions = getattr(self, "_extra", ())
        return (*(None for _ in conditions), self._da, self._db)[: len(self.operands)]

    def detach(self) -> float:
        """The number alone, a constant for whatever is computed from it."""
        return self._data

    def item(self) -> float:
        """The number alone, as `detach()`; the name that NumPy and PyTorch use."""
        return self._data

    def backward(self, gradient: float = 1.0) -> None:
        """Add ∂self/∂v to `v.grad` for every variable v that self was computed from.

        Args:
            gradient: what to start from instead of 1.

        Raises:
            TypeError: if `gradient` is not a real number.
        """
        self._backward(_as_float("backward: gradient", gradient))

    # ------------------------------------------------------------ what Python asks

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Value({self._data!r}{name})"

    def __float__(self) -> float:
        return self._data

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __radd__(self, other: Any) -> Any:
        if other.__class__ is int and other == 0:
            return self  # Python's sum() starts from 0; a picture should not show that
        return apply(PRIMITIVES["add"], (other, self), {})

    # Comparisons are of the numbers: `if x > 0` in a function works as it does without gradients.
    def __eq__(self, other: object) -> Any:
        return _compare(self, other, "__eq__")

    def __ne__(self, other: object) -> Any:
        return _compare(self, other, "__ne__")

    def __lt__(self, other: Any) -> Any:
        return _compare(self, other, "__lt__")

    def __le__(self, other: Any) -> Any:
        return _compare(self, other, "__le__")

    def __gt__(self, other: Any) -> Any:
        return _compare(self, other, "__gt__")

    def __ge__(self, other: Any) -> Any:
        return _compare(self, other, "__ge__")

    __hash__ = object.__hash__  # by identity, though == compares numbers (as in PyTorch)

    def _parts(self) -> tuple[Any, ...]:
        return self._data, self.name


def _as_float(name: str, x: Any) -> float:
    """A real number as a Python float, or a TypeError that names who asked."""
    if isinstance(x, float | int | np.floating | np.integer):
        try:
            return float(x)
        except OverflowError:
            bits = int(x).bit_length()
            raise ValueError(f"{name}: a whole number of {bits} bits is too large") from None
    if isinstance(x, np.ndarray) and x.ndim == 0 and x.dtype.kind in "biuf":
        return float(x)
    if isinstance(x, Value):
        raise TypeError(f"{name}: got a Value; a plain number is needed: use its .data")
    what = "a complex number" if isinstance(x, complex) else f"{type(x).__name__} {x!r}"[:60]
    hint = "; for arrays there is Tensor" if isinstance(x, list | tuple | np.ndarray) else ""
    raise TypeError(f"{name}: a real number is needed, not {what}{hint}")


def _compare(self: Value, other: Any, method: str) -> Any:
    return getattr(self._data, method)(detached(other))


# ---------------------------------------------------------------- recording


def record_value(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Evaluate a primitive on Values and numbers and record it: the general way, for everything
    that the generated methods leave over."""
    if primitive.partials is None:
        return _record[TENSOR](primitive, operands, params)
    operands = [x if x.__class__ is Value else _number(primitive, x) for x in operands]
    numbers = [detached(x) for x in operands]
    z = new(Value)
    z._data = primitive.evaluate_floats(*numbers)
    z._grad = None
    z._uses = 0
    z._da = z._db = None
    z._primitive = None
    if not modes.is_recording() or not any(x.__class__ is Value for x in operands):
        return z
    z._primitive = primitive
    partials = [
        partial_on_floats(primitive, i, numbers, z._data)
        if x.__class__ is Value and primitive.partials[i] is not None
        else None
        for i, x in enumerate(operands)
    ]
    if len(operands) == 3:
        z._extra = (operands[0],)
        operands, partials = operands[1:], partials[1:]
    z._a, z._da = operands[0], partials[0]
    if len(operands) == 2:
        z._b, z._db = operands[1], partials[1]
    return z


def partial_on_floats(
    primitive: Primitive, index: int, numbers: Sequence[float], z: float
) -> float:
    """A local derivative on floats, with NumPy's rules for inf and nan but without warnings:
    whether it is needed, only the reverse pass will tell."""
    with np.errstate(all="ignore"):
        try:
            return float(primitive.partial(index, numbers, z))
        except (ArithmeticError, ValueError):
            exact = [np.float64(x) for x in numbers]
            return float(primitive.partial(index, exact, np.float64(z)))


def _number(primitive: Primitive, x: Any) -> Any:
    """A constant operand as a float; what is no plain float but one with a text stays as it is."""
    if isinstance(x, bool | np.bool_):
        return bool(x)
    if x.__class__ is int:
        return _as_float(primitive.name, x)
    if isinstance(x, float) and not isinstance(x, np.floating):
        return x
    return _as_float(primitive.name, x)


def record_objects(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """An elementwise primitive on NumPy arrays of Values: element by element."""
    boxed = [_boxed(x) for x in operands]
    return np.frompyfunc(primitive.function, len(operands), 1)(*boxed)


def _boxed(x: Any) -> Any:
    if x.__class__ is not Value:
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box


register(VALUE, Value, record_value)
register(OBJECTS, None, record_objects)


def operate(primitive: Primitive, *operands: Any) -> Any:
    """What an operator of a Value does with an operand that is neither Value nor number: an
    array, or an error that names the operation; a foreign class gets its chance first."""
    for x in operands:
        if hasattr(x, "_data") or isinstance(x, np.ndarray | np.generic):
            continue
        if getattr(x, "__array_ufunc__", 0) is None:
            return NotImplemented
        as_operand(primitive.name, x)
    return apply(primitive, operands, {})
