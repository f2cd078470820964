"""Straight-line code as typed operations, each of one step: what C and LLVM are printed from.

An operation is a tuple: its name, and the numbers of the operations that it is applied to. It gives
a number or a truth value. Equal operations are one.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import itertools
import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.engine.floats import FLOAT_CONSTANTS, FLOAT_FUNCTIONS
from autograd_lite.program.native.library import OPERANDS
from autograd_lite.program.straight import (
    Constant,
    Input,
    NotStraight,
    Operation,
    Reference,
    Slot,
    StraightLine,
)

Op = tuple[Any, ...]
"""("input", i), ("constant", number), ("call", function, *numbers), (name, *arguments)."""

TRUTHS = frozenset(("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"))
"""The operations that give a truth value. Of those besides, `select` takes one, and two numbers;
`number` makes 1.0 or 0.0 of it."""

LEAVES = frozenset(("input", "constant"))

_ARITHMETIC: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div",
}  # fmt: skip
_COMPARED: dict[type[ast.AST], str] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
}  # fmt: skip
_JOINED: dict[type[ast.AST], str] = {
    ast.And: "and", ast.Or: "or", ast.BitAnd: "and", ast.BitOr: "or",
}  # fmt: skip


@dataclass
class Code:
    """Operations in order, and which of them are wanted."""

    ops: list[Op]
    results: list[int | None]
    """For each instruction, the operation that gives its result; None if it is not needed."""
    ends: list[int]
    """For each instruction, how many operations there are once it is done."""
    outputs: list[int]

    def needed(self) -> Code:
        """The operations that lead to the outputs."""
        wanted = [False] * len(self.ops)
        for x in self.outputs:
            wanted[x] = True
        for i in range(len(self.ops) - 1, -1, -1):
            if wanted[i]:
                for x in arguments_of(self.ops[i]):
                    wanted[x] = True
        before = [0, *itertools.accumulate(map(int, wanted))]  # how many are kept of those before
        kept = [_moved(op, before) for op, keep in zip(self.ops, wanted, strict=True) if keep]
        results = [None if x is None or not wanted[x] else before[x] for x in self.results]
        ends = [before[end] for end in self.ends]
        return Code(kept, results, ends, [before[x] for x in self.outputs])


def arguments_of(op: Op) -> tuple[int, ...]:
    """The operations that one is applied to."""
    if op[0] in LEAVES:
        return ()
    return op[2:] if op[0] == "call" else op[1:]


def _moved(op: Op, places: Sequence[int]) -> Op:
    if op[0] in LEAVES:
        return op
    start = 2 if op[0] == "call" else 1
    return (*op[:start], *(places[x] for x in op[start:]))


def folded(code: Code) -> Code:
    """The same with what is made of constants alone computed, in double precision: in code of
    float32, which rounds each constant, 180/π is rounded once.

    >>> folded(Code([("constant", 3.0), ("constant", 2.0), ("div", 0, 1)], [], [], [2])).ops
    [('constant', 1.5)]
    """
    ops = list(code.ops)
    for i, op in enumerate(ops):
        function = _FOLDED.get(op[1] if op[0] == "call" else op[0])
        given = [ops[x] for x in arguments_of(op)]
        if function is not None and all(x[0] == "constant" for x in given):
            with contextlib.suppress(ArithmeticError, ValueError):
                ops[i] = ("constant", function(*(x[1] for x in given)))
    return Code(ops, code.results, code.ends, code.outputs).needed()


_FOLDED: dict[str, Callable[..., float]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "neg": operator.neg, "log": math.log, "sqrt": math.sqrt, "exp": math.exp,
}  # fmt: skip


def lowered(line: StraightLine) -> Code:
    """A straight line as operations.

    Raises:
        NotStraight: if an expression in it has no counterpart in C.

    >>> from autograd_lite.engine.primitive import PRIMITIVES
    >>> from autograd_lite.program.straight import straight_line
    >>> code = lowered(straight_line(PRIMITIVES["relu"]))
    >>> print(*code.ops, code.outputs, sep="\\n")
    ('input', 0)
    ('constant', 0.0)
    ('le', 0, 1)
    ('select', 2, 1, 0)
    ('gt', 0, 1)
    ('constant', 1.0)
    ('select', 4, 5, 1)
    [3, 6]
    """
    ops = Ops()
    places: list[int] = []
    ends: list[int] = []

    def place(x: Reference) -> int:
        if x.__class__ is Slot:
            return places[x.index]
        if isinstance(x, Constant):
            return ops.constant(x.value)
        assert isinstance(x, Input)
        return ops.add(("input", x.index))

    for one in line.instructions:
        places.append(applied(ops, one.operation, [place(x) for x in one.arguments]))
        ends.append(len(ops.ops))
    outputs = [ops.number(place(x)) for x in line.outputs]
    return Code(ops.ops, list(places), ends, outputs).needed()


def applied(ops: Ops, operation: Operation, arguments: Sequence[int]) -> int:
    """The operations that an operation is, of which the last is returned."""
    assert operation.floats is not None
    kinds = tuple(ops.is_truth(x) for x in arguments)
    steps, result = template(operation.floats, tuple(operation.operands), kinds)
    places: list[int] = []
    for step in steps:
        kind = step[0]
        if kind == "input":
            places.append(arguments[step[1]])
        elif kind == "constant":
            places.append(ops.constant(step[1]))
        elif kind == "call":
            places.append(ops.call(step[1], [places[i] for i in step[2:]]))
        else:
            places.append(ops.add((kind, *(places[i] for i in step[1:]))))
    return places[result]


@functools.lru_cache(maxsize=1024)
def template(
    expression: str, operands: tuple[str, ...], kinds: tuple[bool, ...]
) -> tuple[list[Op], int]:
    """An expression as operations on inputs, the operands; of some it is known that they are truth
    values."""
    ops = Ops({i for i, is_truth in enumerate(kinds) if is_truth})
    given = {name: ops.add(("input", i)) for i, name in enumerate(operands)}
    result = _Lowering(ops, given).value(ast.parse(expression, mode="eval").body)
    return ops.ops, result


class Ops:
    """Operations, each once."""

    def __init__(self, truths: set[int] | None = None) -> None:
        self.ops: list[Op] = []
        self._known: dict[Op, int] = {}
        self._truths = set() if truths is None else truths

    def add(self, op: Op, key: Op | None = None) -> int:
        """The place of an operation."""
        key = key or op
        place = self._known.get(key)
        if place is None:
            place = self._known[key] = len(self.ops)
            self.ops.append(op)
        return place

    def constant(self, value: float) -> int:
        """A number, or a truth value, which is a comparison of numbers."""
        if value.__class__ is bool:
            return self.truth(self.constant(float(value)))
        try:
            number = float(value)
        except OverflowError:
            number = math.nan
        if number != value and value == value:
            raise NotStraight(f"{str(value)[:30]}… is a whole number that no float is")
        return self.add(("constant", number), ("constant", repr(number)))  # −0.0 is not 0.0

    def call(self, name: str, arguments: list[int]) -> int:
        """A function of <math.h> of numbers."""
        simpler = _SIMPLER.get(name)
        place = simpler(self, *arguments) if simpler else None
        return self.add(("call", name, *arguments)) if place is None else place

    def is_truth(self, place: int) -> bool:
        op = self.ops[place]
        return op[0] in TRUTHS or (op[0] == "input" and op[1] in self._truths)

    def number(self, place: int) -> int:
        """1.0 and 0.0 for a truth value."""
        return self.add(("number", place)) if self.is_truth(place) else place

    def truth(self, place: int) -> int:
        """Whether a number is not 0; nan is not."""
        if self.is_truth(place):
            return place
        zero, op = self.constant(0.0), self.ops[place]
        if op[0] == "select" and op[3] == zero and op[2] == self.constant(1.0):
            return int(op[1])
        return self.add(("ne", place, zero))


def _power(ops: Ops, x: int, y: int) -> int | None:
    """A power as products, where these are as near to it as `pow` is; a product of four is not, nor
    1/x² where x² is inf, nor √x, which of −0 is −0."""
    kind, exponent = ops.ops[y][:2]
    if kind != "constant" or exponent not in (1.0, 2.0, 3.0):
        return None
    power = x
    for _ in range(int(exponent) - 1):
        power = ops.add(("mul", power, x))
    return power


_SIMPLER: dict[str, Callable[..., int | None]] = {"pow": _power}
"""Functions of <math.h> that are something simpler of some operands."""


class _Lowering:
    """An expression on floats, as operations."""

    def __init__(self, ops: Ops, given: dict[str, int]) -> None:
        self._ops = ops
        self._given = given

    def number(self, node: ast.expr) -> int:
        """An expression as a number."""
        return self._ops.number(self.value(node))

    def truth(self, node: ast.expr) -> int:
        """An expression as a condition."""
        return self._ops.truth(self.value(node))

    def value(self, node: ast.expr) -> int:
        """A number or a truth value."""
        ops = self._ops
        match node:
            case ast.Name(id=name) if name in self._given:
                return self._given[name]
            case ast.Name(id=name) if name in FLOAT_CONSTANTS:
                return ops.constant(FLOAT_CONSTANTS[name])
            case ast.Constant(value=int() | float() as value):
                return ops.constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return ops.add(("neg", self.number(operand)))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.number(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ops.add(("not", self.truth(operand)))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ops.call("pow", [self.number(left), self.number(right)])
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return ops.add((_ARITHMETIC[type(op)], self.number(left), self.number(right)))
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as bit, right=right):
                places = [self.value(left), self.value(right)]
                if all(map(ops.is_truth, places)):
                    return ops.add((_JOINED[type(bit)], *places))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._chosen(self.truth(test), self.value(body), self.value(orelse))
            case ast.Compare(left=left, ops=signs, comparators=others):
                return self._compared([left, *others], signs)
            case ast.BoolOp(op=op, values=[first, *rest]):
                return self._joined(op, self.value(first), rest)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._called(name, args)
        raise _no_counterpart(node)

    def _chosen(self, condition: int, yes: int, no: int) -> int:
        ops = self._ops
        if ops.is_truth(yes) and ops.is_truth(no):
            other = ops.add(("and", ops.add(("not", condition)), no))
            return ops.add(("or", ops.add(("and", condition, yes)), other))
        return ops.add(("select", condition, ops.number(yes), ops.number(no)))

    def _compared(self, terms: Sequence[ast.expr], signs: Sequence[ast.cmpop]) -> int:
        if any(type(sign) not in _COMPARED for sign in signs):
            raise NotStraight(f"{type(signs[0]).__name__} has no counterpart in C")
        numbers = [self.number(x) for x in terms]
        ops = self._ops
        found = [
            ops.add((_COMPARED[type(sign)], a, b))
            for sign, a, b in zip(signs, numbers, numbers[1:], strict=False)
        ]
        return functools.reduce(lambda a, b: ops.add(("and", a, b)), found)

    def _joined(self, op: ast.boolop, first: int, rest: Sequence[ast.expr]) -> int:
        """`first and second`: the second if the first is true, else the first."""
        if not rest:
            return first
        ops = self._ops
        other = self._joined(op, self.value(rest[0]), rest[1:])
        if ops.is_truth(first) and ops.is_truth(other):
            return ops.add((_JOINED[type(op)], first, other))
        yes, no = (other, first) if isinstance(op, ast.And) else (first, other)
        return self._chosen(ops.truth(first), yes, no)

    def _called(self, name: str, args: Sequence[ast.expr]) -> int:
        if any(isinstance(x, ast.Starred) for x in args):
            raise NotStraight(f"{name} of *operands has no counterpart in C")
        function = FLOAT_FUNCTIONS.get(name)
        spelling = name if function is None else function.c
        if spelling is None or not args:
            raise NotStraight(
                f"{name} has no counterpart in C: give it one with float_function(..., c=...)"
            )
        numbers = [self.number(x) for x in args]
        if spelling.isidentifier():
            if OPERANDS.get(spelling) != len(numbers):
                raise NotStraight(f"{spelling} is no function of <math.h> of {len(numbers)}")
            return self._ops.call(spelling, numbers)
        expression = ast.parse(spelling, mode="eval").body
        if len(numbers) == 1:
            return _Lowering(self._ops, {"x": numbers[0]}).number(expression)
        return functools.reduce(
            lambda x, y: _Lowering(self._ops, {"x": x, "y": y}).number(expression), numbers
        )


def _no_counterpart(node: ast.expr) -> NotStraight:
    return NotStraight(f"{ast.unparse(node)} has no counterpart in C")
