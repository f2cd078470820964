"""Programs as NumPy source: one call an instruction, into buffers that are used again."""

from __future__ import annotations

import keyword
import operator
import re
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Elementwise, Primitive
from autograd_lite.engine.when_run import Call
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Program,
    Variable,
)
from autograd_lite.program.memory import Buffer
from autograd_lite.program.names import Names, Statement, statement_of


@dataclass
class NumpyCode:
    """Assignments, and what they need."""

    lines: list[str]
    outputs: list[str]
    names: dict[str, Any] = field(default_factory=dict)
    """Functions and constants that the lines use as globals, beside `np`."""
    buffers: dict[str, Buffer] = field(default_factory=dict)
    """The arrays that results are written into, by name."""
    places: dict[Variable, int] = field(default_factory=dict)
    """Which of the lines computes a variable."""


def numpy_code(
    program: Program, names: Names, tag: str = "", checked: Collection[Variable] = ()
) -> NumpyCode:
    """The code of a program whose variables have these names; the arrays that it uses as globals
    have `tag` in theirs, by which those of one loop inside of another differ. `check(x)` stands
    behind what computes one of those that are to be checked.

    What can be written where it is told, as what a ufunc of NumPy's gives, is written into a
    buffer, which is used again as soon as nobody needs what stands in it. An output has an array of
    its own.
    """
    return _Writer(program, names, tag, checked).code()


class _Writer:
    def __init__(
        self, program: Program, names: Names, tag: str, checked: Collection[Variable]
    ) -> None:
        self._program = program
        self._checked = checked
        self._names = names
        self._tag = tag
        self._loops = self._constants = 0
        self._functions: set[str] = set()
        self._made = NumpyCode([], [])
        self._handed_out: set[Variable] = set()
        """Where outputs lie: each has its own memory."""
        self._plan = _Buffers(program, self._new)

    def code(self) -> NumpyCode:
        before: Statement | None = None
        for i, one in enumerate(self._program.instructions):
            statement = statement_of(one)
            if statement is not None and statement != before:
                self._made.lines.append(f"# {statement.text}")
            before = statement
            self._made.lines += self._loop(one) or [self._line(i, one)]
            self._made.places |= dict.fromkeys(one.results, len(self._made.lines) - 1)
            if any(x in self._checked for x in one.results):
                self._made.lines.append(f"check({self._names[one.results[0]]})")
        self._made.buffers |= self._plan.made
        self._made.outputs = [self._output(x) for x in self._program.outputs]
        return self._made

    def _output(self, x: Any) -> str:
        text = self._text(x)
        if getattr(x, "is_number", False):
            return text
        memory = self._plan.memory_of(x)
        if not self._plan.is_lent(x) and not memory & self._handed_out:
            self._handed_out |= memory
            return text
        if x.__class__ is Constant and not isinstance(x.value, np.ndarray):
            return text
        is_array = getattr(x, "is_array", False)
        return f"np.array({text})" if is_array or np.shape(_like(x)) else f"{text}[()]"

    def _loop(self, one: Instruction) -> list[str]:
        """The lines of an instruction that is a loop or branch: a function, and its call; none if
        it is neither, or names that the function uses mean something else out here."""
        loop = next((x for x in one.params.values() if hasattr(x, "code")), None)
        if loop is None:
            return []
        self._loops += 1
        name = self._free(one.operation.name + "_back" * getattr(loop, "backwards", False))
        try:
            code = loop.code(name, f"{self._tag}{self._loops}_")
        except ValueError:  # names that clash within
            return []
        given = {key: x for key, x in code.body.given.items() if key != "np"}
        if any(self._meets(key, x) for key, x in given.items()):
            return []
        self._functions.add(name)
        self._made.names |= given
        self._made.buffers |= code.body.buffers
        call = loop.call(name, [self._text(x) for x in one.arguments])
        return [*code.lines, self._assigned(one, call)]

    def _meets(self, name: str, it: Any) -> bool:
        """Whether a name of something that a loop uses means something else out here."""
        taken = self._names.is_taken(name) and name not in _EVERYWHERE
        return taken or name in self._functions or not _is_same(self._made.names.get(name, it), it)

    def _line(self, i: int, one: Instruction) -> str:
        args, kwargs = one.arguments, one.params
        rule = _rule_of(one)
        if isinstance(rule, Call):
            args, kwargs = rule.arguments(args)
        given = [self._text(x) for x in args]
        params = {key: self._text(x) for key, x in kwargs.items()}
        buffer = self._plan.buffer_of(i, one)
        in_numpy = getattr(one.operation, "in_numpy", None)
        if in_numpy is not None and buffer is None and not _has_numbers(one):
            written = in_numpy(*given, **params)
            if written is not None:
                return self._assigned(one, written)
        given += [f"{key}={text}" for key, text in params.items()]
        if buffer is not None:
            given.append(f"out={buffer}")
            rule = _filling(one)
        return self._assigned(one, f"{self._function(one, rule)}({', '.join(given)})")

    def _assigned(self, one: Instruction, call: str) -> str:
        results = ", ".join(self._names[x] for x in one.results)
        comma = "," if one.is_several and len(one.results) == 1 else ""
        return f"{results}{comma} = {call}"

    def _function(self, one: Instruction, rule: Any) -> str:
        """What an instruction calls, by its name."""
        operation = one.operation
        if isinstance(operation, Elementwise) and one.results[0].is_number:
            return self._global(f"{operation.name}_of_floats", operation.evaluate_floats)
        rule = rule.function if isinstance(rule, Call) else rule
        name = getattr(rule, "__name__", "")
        if getattr(np, name, None) is rule:
            return f"np.{name}"
        return self._global(re.sub(r"\W", "", operation.name).lstrip("_") or "call", rule)

    def _global(self, wanted: str, it: Any) -> str:
        name = self._free(wanted, it)
        self._made.names[name] = it
        return name

    def _free(self, wanted: str, it: Any = None) -> str:
        """A name that nothing else has."""
        wanted += "_" * keyword.iskeyword(wanted)
        name, number = wanted, 2
        while (
            not _is_same(self._made.names.get(name, it), it)
            or self._names.is_taken(name)
            or name in self._functions
        ):
            name, number = f"{wanted}_{number}", number + 1
        return name

    def _new(self, letter: str, number: int) -> str:
        """A name for one of many things, which nothing else has."""
        name = f"{letter}{self._tag}{number}"
        while self._names.is_taken(name):
            name += "_"
        return name

    def _text(self, x: Any) -> str:
        if x.__class__ is Variable:
            return self._names[x]
        if x.__class__ is Constant:
            return self._constant(x.value)
        if isinstance(x, tuple | list):
            inside = ", ".join(map(self._text, x))
            if isinstance(x, list):
                return f"[{inside}]"
            return f"({inside},)" if len(x) == 1 else f"({inside})"
        if isinstance(x, Mapping):
            return "{" + ", ".join(f"{key!r}: {self._text(y)}" for key, y in x.items()) + "}"
        if isinstance(x, slice):
            return f"slice({self._text(x.start)}, {self._text(x.stop)}, {self._text(x.step)})"
        return self._constant(x)

    def _constant(self, value: Any) -> str:
        if value is Ellipsis:
            return "..."
        if value.__class__ in (int, bool, str) or value is None:
            return repr(value)
        if value.__class__ is float and np.isfinite(value):
            return repr(value)
        if isinstance(value, np.dtype):
            return f"np.dtype({value.str!r})"
        if isinstance(value, np.generic) and value.dtype.kind in "fiu" and np.isfinite(value):
            return f"np.{value.dtype.name}({value.item()!r})"
        self._constants += 1
        return self._global(self._new("c", self._constants - 1), value)


_EVERYWHERE = frozenset({"check", "isnan", "float", "int", "bool", "len", "range", "reversed"})
"""Names that are reserved, and mean the same in all functions."""


def _is_same(it: Any, other: Any) -> bool:
    """Whether two globals are one: methods of one object are made anew each time."""
    return it is other or (isinstance(it, types.MethodType) and it == other)


def _has_numbers(one: Instruction) -> bool:
    """Whether an argument is one of Python's numbers, which are no arrays."""
    return not all(isinstance(_like(x), Variable | np.ndarray) for x in one.arguments) or any(
        getattr(x, "is_number", False) for x in one.arguments
    )


def _like(x: Any) -> Any:
    """What has the shape of a reference."""
    return x.value if x.__class__ is Constant else x


# ---------------------------------------------------------------- buffers


class _Buffers:
    """Which result is written into which array.

    What a ufunc gives can be written anywhere. What others give may be a view of what they were
    given, which then must stay as long as the view is needed.
    """

    def __init__(self, program: Program, new: Callable[[str, int], str]) -> None:
        self._new = new
        self.made: dict[str, Buffer] = {}
        """Each array by its name."""
        self._free: dict[Buffer, list[str]] = {}
        self._ends: dict[int, list[str]] = {}
        self._lies_in: dict[Variable, str] = {}
        self._never = len(program.instructions)
        self._last = _last_needed(program)
        self._lent: set[Any] = set(program.inputs)
        self._memory: dict[Variable, set[Variable]] = {}
        for one in program.instructions:
            if not _may_be_view(one):
                continue
            if any(x in self._lent for x in one.uses()):
                self._lent.update(one.results)
            memory = set().union(*map(self.memory_of, one.uses()))
            self._memory.update((z, {z, *memory}) for z in one.results)

    def is_lent(self, x: Any) -> bool:
        """Whether it may be a view of an input, or is a constant."""
        return x.__class__ is Constant or x in self._lent

    def memory_of(self, x: Any) -> set[Variable]:
        """Results in whose memory it may lie; none for a constant and what has no axes."""
        return self._memory.get(x, {x}) if getattr(x, "shape", ()) and x in self._last else set()

    def buffer_of(self, i: int, one: Instruction) -> str | None:
        """The array that the result of an instruction is to be written into; None if the function
        is to make one."""
        for name in self._ends.pop(i - 1, ()):
            self._free.setdefault(self.made[name], []).append(name)
        z = one.results[0]
        last = self._last.get(z, i)
        if _filling(one) is None or last >= self._never:
            return None
        kind = Buffer(z.shape, z.dtype, z.order)
        name = self._in_place(i, one, kind) or self._from_the_free(kind)
        self._lies_in[z] = name
        self._ends.setdefault(max(last, i), []).append(name)
        return name

    def _in_place(self, i: int, one: Instruction, kind: Buffer) -> str | None:
        """The array of an operand that nobody needs any more, for an elementwise operation."""
        rule = _filling(one)
        is_elementwise = rule.signature is None if isinstance(rule, np.ufunc) else False
        if not is_elementwise and not isinstance(one.operation, Elementwise):
            return None
        for x in one.uses():
            name = self._lies_in.get(x)
            if name is not None and self._last[x] == i and self.made[name] == kind:
                ends = self._ends.get(i, [])
                if name in ends:
                    ends.remove(name)
                    return name
        return None

    def _from_the_free(self, kind: Buffer) -> str:
        free = self._free.get(kind)
        if free:
            return free.pop()
        name = self._new("b", len(self.made))
        self.made[name] = kind
        return name


def _last_needed(program: Program) -> dict[Variable, int]:
    """The last instruction that needs each variable, or what may be a view of it."""
    last: dict[Variable, int] = {}
    for x in program.outputs:
        if x.__class__ is Variable:
            last[x] = len(program.instructions)
    for i in range(len(program.instructions) - 1, -1, -1):
        one = program.instructions[i]
        needed = i
        if _may_be_view(one):
            needed = max([i, *(last.get(z, i) for z in one.results)])
        for x in one.uses():
            last[x] = max(last.get(x, i), needed)
    return last


def _rule_of(one: Instruction) -> Any:
    """What an instruction calls on arrays."""
    operation = one.operation
    if isinstance(operation, NumpyCall):
        return operation.function
    return _UFUNC_OF.get(operation.arrays, operation.arrays)


_UFUNC_OF: dict[Any, Any] = {
    operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply,
    operator.truediv: np.divide, operator.neg: np.negative, operator.pos: np.positive,
    operator.abs: np.absolute, operator.mod: np.remainder,
}  # fmt: skip
"""What Python's operators call for arrays; of x ** y that depends on y."""


def _may_be_view(one: Instruction) -> bool:
    """Whether a result may lie in the memory of an argument."""
    return one.may_be_view and _filling(one) is None and not _is_ufunc(_rule_of(one))


def _filling(one: Instruction) -> Any:
    """What is called with `out`, an array to write the result into; None if there is nothing."""
    operation = one.operation
    if one.is_several or not one.results[0].shape:
        return None
    if isinstance(operation, Primitive) and operation.into is not None:
        return None if _has_numbers(one) and len(one.arguments) == 1 else operation.into
    rule = _rule_of(one)
    return rule if _is_ufunc(rule) and not one.params else None


def _is_ufunc(rule: Any) -> bool:
    """Whether it is a ufunc of NumPy's own."""
    return isinstance(rule, np.ufunc) and getattr(np, rule.__name__, None) is rule
