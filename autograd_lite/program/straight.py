"""Straight-line code: what a primitive and its derivatives compute, one instruction after another.

An instruction is a primitive, references to its arguments (inputs, constants, results of earlier
instructions) and nothing else: no branch, no loop, no name. A back end prints it: see `python` and
`javascript`. It comes from running a function, such as the rule of a derivative, on stand-ins for
its operands, which note down each primitive that is applied to them.

>>> from autograd_lite.engine.primitive import PRIMITIVES
>>> print(straight_line(PRIMITIVES["divide"]))
2 inputs
%0 = divide(input 0, input 1)
%1 = divide(1.0, input 1)
%2 = negative(input 1)
%3 = divide(%0, %2)
outputs %0, %1, %3
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from autograd_lite.engine.apply import TRACED, register
from autograd_lite.engine.primitive import Declared, Elementwise, Primitive, Rule, watch
from autograd_lite.program.expressions import is_arithmetic


class Operation(Protocol):
    """What an instruction does: a primitive, or one of the few steps that rules take besides."""

    @property
    def name(self) -> str: ...
    @property
    def operands(self) -> tuple[str, ...]: ...
    @property
    def floats(self) -> str | None: ...
    @property
    def arrays(self) -> Rule: ...


@dataclass(frozen=True)
class Input:
    """An operand of the whole, by its position."""

    index: int

    def __str__(self) -> str:
        return f"input {self.index}"


@dataclass(frozen=True)
class Slot:
    """The result of an instruction, by the instruction's position."""

    index: int

    def __str__(self) -> str:
        return f"%{self.index}"


@dataclass(frozen=True)
class Constant:
    """A number as the rule has written it: a float, a whole number or a truth value."""

    value: float

    def __str__(self) -> str:
        return repr(self.value)


Reference = Input | Slot | Constant


@dataclass(frozen=True)
class Instruction:
    """One operation on numbers that are known by then."""

    operation: Operation
    arguments: tuple[Reference, ...]
    result: Slot

    def __str__(self) -> str:
        arguments = ", ".join(map(str, self.arguments))
        return f"{self.result} = {self.operation.name}({arguments})"


@dataclass(frozen=True)
class StraightLine:
    """Instructions in order, the i-th with its result in slot i, which any later one may use."""

    inputs: int
    instructions: tuple[Instruction, ...]
    outputs: tuple[Reference, ...]
    exact: bool = True
    """Whether the function that was traced does the same with Python's floats, to the last bit. Not
    so if it computes with numbers of NumPy's, whose functions then do the rest."""

    def needed(self, outputs: Sequence[int]) -> StraightLine:
        """The part that leads to these of the outputs."""
        chosen = tuple(self.outputs[i] for i in outputs)
        wanted = set(chosen)
        kept = []
        for instruction in reversed(self.instructions):
            if instruction.result in wanted:
                wanted.update(instruction.arguments)
                kept.append(instruction)
        kept.reverse()
        slots: dict[Reference, Reference] = {x.result: Slot(i) for i, x in enumerate(kept)}
        moved = [
            Instruction(x.operation, tuple(slots.get(a, a) for a in x.arguments), Slot(i))
            for i, x in enumerate(kept)
        ]
        results = tuple(slots.get(x, x) for x in chosen)
        return StraightLine(self.inputs, tuple(moved), results, self.exact)

    def __str__(self) -> str:
        lines = [f"{self.inputs} input{'s' * (self.inputs != 1)}", *map(str, self.instructions)]
        return "\n".join([*lines, f"outputs {', '.join(map(str, self.outputs))}"])


class NotStraight(TypeError):
    """A function that cannot be written as straight-line code."""


# ---------------------------------------------------------------- steps that are no primitives


@dataclass(frozen=True)
class Step:
    """Something that a rule does to its operands without naming a primitive."""

    name: str
    floats: str
    arrays: Rule
    operands: tuple[str, ...] = ("x", "y")


def _guarded(x: Any, y: Any) -> Any:
    product = np.multiply(x, y)
    return np.where(np.isnan(product) & ((x == 0.0) | (y == 0.0)), 0.0, product)


TIMES = Step("times", "x * y if x * y == x * y or (x != 0.0 and y != 0.0) else 0.0", _guarded)
"""The product of the chain rule, in which 0·inf and 0·nan are 0."""

_COMPARISONS = {
    name: (Step(name, f"x {sign} y", getattr(operator, name)), function)
    for name, sign, function in (
        ("lt", "<", np.less), ("le", "<=", np.less_equal), ("gt", ">", np.greater),
        ("ge", ">=", np.greater_equal), ("eq", "==", np.equal), ("ne", "!=", np.not_equal),
        ("and_", "&", np.bitwise_and), ("or_", "|", np.bitwise_or),
    )
}  # fmt: skip

COMPARISONS: dict[Rule, Operation] = {function: step for step, function in _COMPARISONS.values()}
"""What NumPy's comparisons are on numbers."""
COMPARISONS |= {
    np.logical_and: COMPARISONS[np.bitwise_and],
    np.logical_or: COMPARISONS[np.bitwise_or],
    np.logical_not: Step("not_", "not x", operator.not_, ("x",)),
    np.invert: Step("not_", "not x", operator.not_, ("x",)),
}


# ---------------------------------------------------------------- tracing


class Traced:
    """The stand-in for a number while a function is traced; its operators come from the table."""

    __slots__ = ("_reference", "_tracer", "_with_numpy")

    __array_ufunc__ = None  # NumPy's functions refuse it, its numbers leave operators to it
    __hash__ = object.__hash__

    def __init__(self, tracer: Tracer, reference: Reference, with_numpy: bool) -> None:
        self._tracer = tracer
        self._reference = reference
        self._with_numpy = with_numpy

    def __bool__(self) -> bool:
        raise NotStraight("it asks whether an operand is true: use where(condition, x, y)")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotStraight("it makes an array of an operand: use the functions of autograd_lite")

    def guarded(self, g: Any, partial: Any) -> Traced:
        """self, which is g·partial, as the product of the chain rule."""
        return self._tracer.record(TIMES, (g, partial))


class Tracer:
    """Notes down what is done to `inputs` and to what comes of them, each thing once."""

    def __init__(self, count: int) -> None:
        self.inputs = [Traced(self, Input(i), False) for i in range(count)]
        self._instructions: list[Instruction] = []
        self._known: dict[Any, Traced] = {}
        self._exact = True

    def record(self, operation: Operation, operands: Sequence[Any]) -> Traced:
        """Apply an operation that is defined on floats."""
        if operation.floats is None:
            raise NotStraight(f"{operation.name} has no value on floats")
        with_numpy = any(
            x._with_numpy if x.__class__ is Traced else isinstance(x, np.generic) for x in operands
        )
        arguments = tuple(map(self.reference, operands))
        key = (operation, *((a, repr(a)) for a in arguments))  # 0.0 == -0.0 == False, not so repr
        if key not in self._known:
            slot = Slot(len(self._instructions))
            self._instructions.append(Instruction(operation, arguments, slot))
            self._known[key] = Traced(self, slot, with_numpy)
        if with_numpy and not is_arithmetic(operation.floats):
            self._exact = False
        return self._known[key]

    def reference(self, x: Any) -> Reference:
        """What stands for x, a traced operand or a number, in an instruction."""
        if x.__class__ is Traced:
            if x._tracer is not self:
                raise NotStraight("it uses an operand of another call")
            return x._reference
        if isinstance(x, np.float64 | np.integer | np.bool_):
            return Constant(x.item())
        if x.__class__ in (float, int, bool):
            return Constant(x)
        raise NotStraight(f"it uses {type(x).__name__} {x!r}, which is no Python number"[:120])

    def line(self, outputs: Sequence[Any]) -> StraightLine:
        """All that leads to the outputs."""
        references = tuple(map(self.reference, outputs))
        every = tuple(self._instructions)
        whole = StraightLine(len(self.inputs), every, references, self._exact)
        return whole.needed(range(len(references)))


def straight_line(primitive: Primitive) -> StraightLine:
    """A primitive and its derivatives: outputs z, ∂z/∂operand 0, ∂z/∂operand 1, …

    The derivative by an operand that is no variable is given as 0.

    Raises:
        NotStraight: if it has no value on floats, or a rule is no straight-line code: it asks for
            the operands' numbers (`if x > 0`, `math.exp(x)`).
    """
    if not isinstance(primitive, Elementwise):
        raise NotStraight(f"{primitive.name} is no elementwise operation")
    tracer = Tracer(len(primitive.operands))
    z = tracer.record(primitive, tracer.inputs)
    outputs: list[Any] = [z]
    for i, rule in enumerate(primitive.partials):
        try:
            with np.errstate(all="ignore"):
                partial = 0.0 if rule is None else primitive.partial(i, tracer.inputs, z)
            tracer.reference(partial)
        except Exception as error:
            raise NotStraight(
                f"{primitive.name}: the rule of its derivative by {primitive.operands[i]} is no "
                f"straight-line code: {error}"
            ) from error
        outputs.append(partial)
    return tracer.line(outputs)


# ---------------------------------------------------------------- operators of what is traced


def _record(primitive: Primitive, operands: Sequence[Any], params: Any) -> Any:
    if params or not isinstance(primitive, Elementwise):
        raise NotStraight(f"{primitive.name} has no value on floats")
    tracer = next(x._tracer for x in operands if x.__class__ is Traced)
    return tracer.record(primitive, operands)


def install(one: Declared) -> None:
    """Give traced operands the operator of a primitive."""
    if one.operator and isinstance(one, Elementwise):
        _set_operator(one.operator, one, len(one.operands) == 2)


def uninstall(primitive: Declared) -> None:
    """Take it away again."""
    for name in (f"__{primitive.operator}__", f"__r{primitive.operator}__"):
        if getattr(getattr(Traced, name, None), "operation", None) is primitive:
            delattr(Traced, name)


def _set_operator(name: str, operation: Operation, reflected: bool) -> None:
    def forward(self: Traced, *other: Any) -> Any:
        return self._tracer.record(operation, (self, *other))

    def backward(self: Traced, other: Any) -> Any:
        return self._tracer.record(operation, (other, self))

    methods: list[tuple[str, Callable[..., Any]]] = [(f"__{name}__", forward)]
    if reflected:
        methods.append((f"__r{name}__", backward))
    for dunder, method in methods:
        method.operation = operation  # type: ignore[attr-defined]
        setattr(Traced, dunder, method)


for _name, (_step, _) in _COMPARISONS.items():
    _set_operator(_name.rstrip("_"), _step, _name.endswith("_"))
register(TRACED, Traced, _record)
watch(install, uninstall)
