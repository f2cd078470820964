"""`Value`: a variable that is a Python float, and how operations on Values are recorded.

A recorded Value holds its operands and the local derivatives ∂z/∂operand, computed when the
operation ran: the reverse pass multiplies and adds and needs no rule. The operators and methods
are not written here: they are generated from the table of primitives (see
`program.value_methods`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import (
    OBJECTS,
    TENSOR,
    VALUE,
    apply,
    as_operand,
    record_as,
    register,
)
from autograd_lite.engine.chain import detached
from autograd_lite.engine.foreign import operation_on
from autograd_lite.engine.observing import observed_record, observers
from autograd_lite.engine.primitive import PRIMITIVES, Array, Elementwise, Number, Primitive, Rule
from autograd_lite.engine.variable import Variable

if TYPE_CHECKING:
    from autograd_lite.engine.methods import ValueMethods
else:  # what `program.value_methods` puts on the class; see `reading.stubs`
    ValueMethods = object

new = object.__new__


@final
class Value(Variable, ValueMethods):
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
        "_a",  # the first operand: a Value or a number
        "_da",  # ∂self/∂_a, or None if _a is no variable
        "_b",  # the second; of more than two, see `_spread`
        "_db",
        "_uses",  # of the reverse pass under way: how many uses are still to come; else 0
        "_flow",  # of the reverse pass under way: the gradient so far
    )

    _plain: float
    _grad: float | None
    _a: Any
    _da: float | None
    _b: Any
    _db: float | None
    _uses: int
    _flow: float
    _backward: ClassVar[Rule]  # set by `reverse`, the floor above

    def __init__(self, data: Number | Array, name: str | None = None) -> None:
        self._plain = data if data.__class__ is float else _as_float("Value", data)
        self._grad = None
        self._primitive = None
        self._da = self._db = None
        self._uses = 0
        self._epoch = clock.now
        if name is not None:
            self.name = name

    # ------------------------------------------------------------ what a Value holds

    @property
    def data(self) -> float:
        """The number. That of a leaf can be replaced; graphs recorded before keep the old one."""
        return self._plain

    @data.setter
    def data(self, data: Number | Array) -> None:
        self._leaf_only("data")
        self._plain = _as_float("Value.data", data)

    @property
    def grad(self) -> float | None:
        """∂output/∂self added up over the `backward()` calls so far; None before the first. A
        number; but a Value after `backward(create_graph=True)`, which a type checker cannot know:
        `typing.cast(Value, x.grad)` tells it."""
        return self._grad

    @grad.setter
    def grad(self, grad: Number | Array | None) -> None:
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
    def size(self) -> int:
        """1"""
        return 1

    @property
    def T(self) -> Value:
        """Itself."""
        return self

    @property
    def real(self) -> Value:
        """Itself."""
        return self

    @property
    def imag(self) -> float:
        """0"""
        return 0.0

    @property
    def operands(self) -> tuple[Any, ...]:
        """What it was computed from, in order: Values, plain numbers, and conditions."""
        primitive = self._primitive
        if primitive is None:
            return ()
        many = self.note("operands")
        if many is not None:
            return many[0]  # type: ignore[no-any-return]
        return (self._a,) if len(primitive.operands) == 1 else (self._a, self._b)

    @property
    def values(self) -> tuple[Any, ...]:
        """The numbers of its operands."""
        return tuple(map(detached, self.operands))

    @property
    def partials(self) -> tuple[float | None, ...]:
        """∂self/∂operand for each of `operands`, computed when self was; None where the operand
        is no variable."""
        many = self.note("operands")
        if many is not None:
            return many[1]  # type: ignore[no-any-return]
        return (self._da, self._db)[: len(self.operands)]

    def detach(self) -> float:
        """The number alone, a constant for whatever is computed from it."""
        return self._plain

    def item(self) -> float:
        """The number alone, as `detach()`; the name that NumPy and PyTorch use."""
        return self._plain

    def backward(self, gradient: Number | Array = 1.0, *, create_graph: bool = False) -> None:
        """Add ∂self/∂v to `v.grad` for every variable v that self was computed from.

        Args:
            gradient: what to start from instead of 1.
            create_graph: make each `v.grad` a variable, which can be differentiated again. v and
                its graph then hold each other until `v.zero_grad()`, or the collector, frees them.

        Raises:
            TypeError: if `gradient` is not a real number.
        """
        self._backward(_as_float("backward: gradient", gradient), create_graph)

    # ------------------------------------------------------------ what Python asks

    def __repr__(self) -> str:
        name = "" if self.name is None else f", name={self.name!r}"
        return f"Value({self._plain!r}{name})"

    def __bool__(self) -> bool:
        return self._plain != 0.0

    def __format__(self, spec: str) -> str:
        return format(self._plain, spec) if spec else repr(self)

    if not TYPE_CHECKING:

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
        return self._plain, self.name


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
    return getattr(self._plain, method)(detached(other))


# ---------------------------------------------------------------- recording


def record_value(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Evaluate a primitive on Values and numbers and record it: the general way, for everything
    that the generated methods leave over."""
    if modes.paused and (watching := observers()):
        return observed_record(watching, record_value, primitive, operands, params)
    if not isinstance(primitive, Elementwise):
        return record_as(TENSOR, primitive, operands, params)
    operands = [
        x if x.__class__ is Value else _number(primitive, x, i in primitive.constants)
        for i, x in enumerate(operands)
    ]
    numbers = [detached(x) for x in operands]
    z = Value(primitive.evaluate_floats(*numbers))
    if modes.is_recording():
        partials = tuple(
            primitive.partial_on_floats(i, numbers, z._plain)
            if x.__class__ is Value and i not in primitive.constants
            else None
            for i, x in enumerate(operands)
        )
        # a Value as a condition gives no derivative, but the formula on paper has it
        if any(x.__class__ is Value for x in operands):
            _attach(z, primitive, tuple(operands), partials)
    return z


def _attach(
    z: Value, primitive: Primitive, operands: tuple[Any, ...], partials: tuple[float | None, ...]
) -> None:
    """Make z a node: the result of a primitive."""
    z._primitive = primitive
    if len(operands) <= 2 and not primitive.constants:
        z._a, z._da = operands[0], partials[0]
        if len(operands) == 2:
            z._b, z._db = operands[1], partials[1]
        return
    z.set_note("operands", (operands, partials))
    _spread(z, [(x, d) for x, d in zip(operands, partials, strict=True) if d is not None])


def _spread(z: Value, ways: list[tuple[Value, float | None]]) -> None:
    """The ways back from z where there are more than two: each passes on the rest to a hidden
    Value of derivative 1, so that the reverse pass needs to know of two only."""
    while len(ways) > 2:
        (z._a, z._da), *ways = ways
        rest = Value(0.0)
        z._b, z._db = rest, 1.0
        z = rest
    if ways:
        z._a, z._da = ways[0]
    if len(ways) == 2:
        z._b, z._db = ways[1]


def _number(primitive: Primitive, x: Any, constant: bool) -> Any:
    """A plain operand as a float; a condition stays as it is, and so does a float with a text."""
    if isinstance(x, bool | np.bool_) or (isinstance(x, np.ndarray) and x.dtype == bool):
        return bool(x) if constant else float(x)
    if x.__class__ is int:
        return _as_float(primitive.name, x)
    if isinstance(x, float) and not isinstance(x, np.floating):
        return x
    return _as_float(primitive.name, x)


def record_objects(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """An elementwise primitive on NumPy arrays of Values: element by element."""
    rows = np.broadcast(*(_boxed(x) for x in operands))
    out = np.empty(rows.shape, dtype=object)
    for i, xs in enumerate(rows):  # frompyfunc would warn of every comparison with nan
        out.flat[i] = primitive.function(*xs)
    return out[()]


def _boxed(x: Any) -> Any:
    box = np.empty(np.shape(x) if isinstance(x, np.ndarray) else (), dtype=object)
    box[...] = x
    return box


register(VALUE, Value, record_value)
register(OBJECTS, None, record_objects)


def operate(primitive: Primitive, *operands: Any) -> Any:
    """What an operator of a Value does with an operand that is neither Value nor number: an
    array, or an error that names the operation; a foreign class gets its chance first."""
    for x in operands:
        if isinstance(x, Variable | np.ndarray | np.generic):
            continue
        if getattr(x, "__array_ufunc__", 0) is None:
            return NotImplemented
        if operation_on(primitive, x) is None:
            as_operand(primitive.name, x)
    return apply(primitive, operands, {})
