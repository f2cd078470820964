"""Straight-line code as Python: one assignment an instruction, in floats."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.engine.floats import FLOAT_CONSTANTS, FLOAT_FUNCTIONS, is_float
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.program.expressions import functions_of, parsed
from autograd_lite.program.straight import (
    Constant,
    Input,
    Instruction,
    NotStraight,
    Operation,
    Reference,
    Slot,
    StraightLine,
)


@dataclass(frozen=True)
class PythonCode:
    """Assignments, and what the outputs are called."""

    lines: list[str]
    outputs: list[str]
    names: dict[str, Any]
    """What the lines need as globals: the functions on floats that they call."""


def python_code(
    line: StraightLine,
    inputs: Sequence[str],
    reserved: Sequence[str] = (),
    result: str = "z",
    names: Sequence[str] | None = None,
    passing: Collection[int] = (),
) -> PythonCode:
    """The code of a straight line whose inputs have these names.

    Args:
        line: the straight line.
        inputs: a name for each input; these and `reserved`, names that stand around the code, are
            not given to anything else.
        reserved: further names that must keep their meaning.
        result: the name of the first instruction's result; the others are t1, t2 …
        names: the names of all results, in place of these.
        passing: instructions whose results need no name: where one is used once, it is written
            there, and its line is empty.

    >>> from autograd_lite.engine.primitive import PRIMITIVES
    >>> from autograd_lite.program.straight import straight_line
    >>> code = python_code(straight_line(PRIMITIVES["divide"]), ["x", "y"])
    >>> print(*code.lines, code.outputs, sep="\\n")
    z = x / y
    t1 = 1.0 / y
    t2 = -y
    t3 = z / t2
    ['z', 't1', 't3']
    """
    if names is None:
        names = [f"t{i}" if i else result for i in range(len(line.instructions))]
    writer = _Writer(inputs, {*inputs, *reserved, *names, result})
    writer.passing = _used_once(line).intersection(Slot(i) for i in passing)
    lines = [writer.write(*pair) for pair in zip(line.instructions, names, strict=True)]
    return PythonCode(lines, [writer.output(x) for x in line.outputs], writer.names)


def function_source(name: str, line: StraightLine) -> str:
    """A function of the inputs that returns the tuple of the outputs.

    >>> from autograd_lite.engine.primitive import PRIMITIVES
    >>> from autograd_lite.program.straight import straight_line
    >>> print(function_source("f", straight_line(PRIMITIVES["square"])))
    def f(x0):
        z = x0 * x0
        t1 = 2.0 * x0
        return z, t1
    """
    inputs = [f"x{i}" for i in range(line.inputs)]
    code = python_code(line, inputs, [name])
    body = [*code.lines, f"return {', '.join(code.outputs)}"]
    return "\n".join([f"def {name}({', '.join(inputs)}):", *(f"    {text}" for text in body)])


class _Writer:
    """Expressions in which slots, inputs and functions have their names."""

    def __init__(self, inputs: Sequence[str], reserved: set[str]) -> None:
        self.slots: dict[Slot, str] = {}
        self.names: dict[str, Any] = {}
        self._inputs = inputs
        self._reserved = reserved
        self._unsure: set[Slot] = set()
        self.passing: set[Slot] = set()
        """What is written where it is used."""

    def write(self, instruction: Instruction, name: str) -> str:
        """The assignment of an instruction's result to a name, if it needs one."""
        operation, arguments = instruction.operation, instruction.arguments
        assert operation.floats is not None
        given = dict(zip(operation.operands, map(self._argument, arguments), strict=True))
        text = "".join(
            [
                part if i % 2 == 0 else given[part] if part in given else self._spelled(part)
                for i, part in enumerate(_template(operation.floats))
            ]
        )
        if isinstance(operation, Elementwise) and not operation.gives_float:
            text = self._as_float(text)
        elif not is_float(operation.floats, self._sure(operation, arguments)):
            self._unsure.add(instruction.result)
        is_sure = instruction.result not in self._unsure
        if is_sure and instruction.result in self.passing and len(text) <= _LONG:
            self.slots[instruction.result] = (
                text if re.fullmatch(r"\w+\([^()]*\)", text) else f"({text})"
            )
            return ""
        self.slots[instruction.result] = name
        return f"{name} = {text}"

    def output(self, x: Reference) -> str:
        """What a reference is called, as a float."""
        text = self._argument(Constant(float(x.value)) if isinstance(x, Constant) else x)
        return self._as_float(text) if x in self._unsure else text

    def _argument(self, x: Reference) -> str:
        if isinstance(x, Input):
            return self._inputs[x.index]
        if isinstance(x, Slot):
            return self.slots[x]
        text = repr(x.value)
        names = functions_of(text, ())  # inf, nan
        for name in names:
            text = text.replace(name, self._spelled(name))
        return f"({text})" if text[0] == "-" else text

    def _sure(self, operation: Operation, arguments: Sequence[Reference]) -> frozenset[str]:
        """The operands of an operation that are floats here."""
        return frozenset(
            name
            for name, x in zip(operation.operands, arguments, strict=True)
            if x not in self._unsure and (not isinstance(x, Constant) or type(x.value) is float)
        )

    def _as_float(self, text: str) -> str:
        return f"{self._spelled('float')}({text})"

    def _spelled(self, name: str) -> str:
        """The name of a function on floats, apart from the names of numbers."""
        plain = name.rstrip("_")
        apart = plain in self._reserved or re.fullmatch(r"t\d+", plain)
        written = f"{name}_" if apart else name
        if name in FLOAT_CONSTANTS:
            self.names[written] = FLOAT_CONSTANTS[name]
        elif name in FLOAT_FUNCTIONS:
            self.names[written] = FLOAT_FUNCTIONS[name].python
        else:
            raise NotStraight(f"{name} is no function on floats: add it with float_function(...)")
        return written


_LONG = 40
"""So many letters are no passing result any more."""


def _used_once(line: StraightLine) -> set[Slot]:
    """The results that stand once in the code."""
    uses: Counter[Reference] = Counter()
    for one in line.instructions:
        pieces = _occurrences(one.operation.floats or "")
        for name, x in zip(one.operation.operands, one.arguments, strict=True):
            uses[x] += pieces[name]
    uses.update(dict.fromkeys(line.outputs, 2))
    return {one.result for one in line.instructions if uses[one.result] == 1}


@functools.lru_cache(maxsize=1024)
def _occurrences(expression: str) -> Counter[str]:
    """How often each name stands in an expression."""
    return Counter(_template(expression)[1::2])


@functools.lru_cache(maxsize=1024)
def _template(expression: str) -> tuple[str, ...]:
    """An expression in pieces, every second of which is a name: what stands for it is a name, or a
    constant, in parentheses if it is negative.

    >>> _template("x + exp(y)")
    ('', 'x', ' + ', 'exp', '(', 'y', ')')
    """
    tree = ast.unparse(parsed(expression))
    names = {node.id for node in ast.walk(ast.parse(tree)) if isinstance(node, ast.Name)}
    pattern = "|".join(rf"\b{name}\b" for name in sorted(names, key=len, reverse=True))
    return tuple(re.split(f"({pattern})", tree)) if names else (tree,)
