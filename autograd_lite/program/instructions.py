"""Programs: what a function did to its arguments, one instruction after another.

An instruction applies a primitive of the table, or a function of NumPy's that has no derivative, to
variables and constants. A program comes from tracing a function (see `trace`); `simplify` makes it
shorter, the back ends print it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Primitive
from autograd_lite.program.memory import order_of


class Variable:
    """A number or array that is known when the program runs: an input, or a result."""

    __slots__ = ("dtype", "is_array", "is_number", "name", "order", "shape")

    def __init__(self, example: Any, name: str | None = None) -> None:
        self.is_number = example.__class__ in (float, bool, int)
        """Whether it is one of Python's numbers, which beside an array take the array's dtype."""
        self.is_array = False
        """Whether, though it has no axes, it is to be an array and no number."""
        self.shape: tuple[int, ...] = getattr(example, "shape", ())
        self.dtype: np.dtype[Any] = (
            np.dtype(type(example)) if self.is_number else np.asarray(example).dtype
        )
        self.order = order_of(example)
        """In which order its axes lie in memory."""
        self.name = name

    def __repr__(self) -> str:
        axes = str(list(self.shape)) if self.shape else ""
        return f"<{self.name or 'variable'}: {self.dtype.name}{axes}>"


@dataclass(frozen=True, eq=False, slots=True)
class Constant:
    """A number or array that the function used, and that is the same at each call."""

    value: Any


Reference = Variable | Constant


@dataclass(frozen=True, slots=True)
class NumpyCall:
    """A function of NumPy's without a derivative: a comparison, argmax, floor."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """What NumPy calls it."""
        return getattr(self.function, "__name__", "call")


@dataclass(eq=False, slots=True)
class Instruction:
    """One operation on what is known by then."""

    operation: Primitive | NumpyCall
    arguments: tuple[Any, ...]
    """References, and of a `NumpyCall` nests of them."""
    params: Mapping[str, Any]
    """What else the operation is given; there may be variables in it: the places of an index."""
    results: tuple[Variable, ...]
    is_several: bool = False
    """Whether the operation gives a tuple, of these results."""
    may_be_view: bool = True
    """Whether a result may lie in the memory of an argument."""
    line: tuple[str, int] | None = None
    """The file and line of the user's code that it comes from."""
    gradient_of: Variable | None = None
    """What it computes the gradient of, in a reverse pass; None outside of one."""

    def uses(self) -> list[Variable]:
        """The variables that it needs."""
        nested: Any = self.params
        if self.operation.__class__ is NumpyCall:
            nested, found = (self.arguments, nested), []
        else:
            found = [x for x in self.arguments if x.__class__ is Variable]
        if nested:
            found += [x for x in parts_of(nested) if x.__class__ is Variable]
        return found

    def with_parts(self, change: Callable[[Any], Any]) -> Instruction:
        """The same with its arguments and parameters changed."""
        if self.operation.__class__ is NumpyCall:
            arguments = mapped(change, self.arguments)
        else:
            arguments = tuple([change(x) for x in self.arguments])
        return Instruction(
            self.operation,
            arguments,
            mapped(change, self.params) if self.params else self.params,
            self.results,
            self.is_several,
            self.may_be_view,
            self.line,
            self.gradient_of,
        )


@dataclass(eq=False, slots=True)
class Program:
    """Instructions in order, each result of which any later one may use."""

    inputs: tuple[Variable, ...]
    instructions: list[Instruction]
    outputs: tuple[Reference, ...]
    notes: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        names = names_in(self)
        lines = [text_of(one, names) for one in self.instructions]
        lines.append(f"return {', '.join(text_of(x, names) for x in self.outputs)}")
        return "\n".join(lines)


def names_in(program: Program) -> dict[Variable, str]:
    """What the text of a program calls its inputs, x0, x1 …, and results, t0, t1 …"""
    names = {x: f"x{i}" for i, x in enumerate(program.inputs)}
    results = (x for one in program.instructions for x in one.results)
    names.update((x, f"t{i}") for i, x in enumerate(results))
    return names


def text_of(x: Any, names: Mapping[Variable, str]) -> str:
    """An instruction, or something that stands in one, as a text."""
    if x.__class__ is Instruction:
        params = [f"{key}={text_of(part, names)}" for key, part in x.params.items()]
        given = ", ".join([*(text_of(part, names) for part in x.arguments), *params])
        return f"{', '.join(names[z] for z in x.results)} = {x.operation.name}({given})"
    if x.__class__ is Variable:
        return names[x]
    if x.__class__ is Constant:
        return _short(x.value)
    if isinstance(x, tuple | list):
        return f"({', '.join(text_of(part, names) for part in x)})"
    return _short(x)


def _short(x: Any) -> str:
    if isinstance(x, np.ndarray) and x.size > 6:
        return f"<{x.dtype}{list(x.shape)}>"
    return " ".join(repr(x).split())


def parts_of(thing: Any) -> Iterator[Any]:
    """What stands in nested tuples, lists, mappings and slices, one by one."""
    if isinstance(thing, tuple | list):
        for x in thing:
            yield from parts_of(x)
    elif isinstance(thing, Mapping):
        for x in thing.values():
            yield from parts_of(x)
    elif isinstance(thing, slice):
        yield from parts_of((thing.start, thing.stop, thing.step))
    else:
        yield thing


def mapped(change: Callable[[Any], Any], thing: Any) -> Any:
    """The same nest of tuples, lists, mappings and slices with its parts changed."""
    if isinstance(thing, tuple | list):
        items = [mapped(change, x) for x in thing]
        if isinstance(thing, list):
            return items
        return thing._make(items) if hasattr(thing, "_make") else tuple(items)
    if isinstance(thing, Mapping):
        return {key: mapped(change, x) for key, x in thing.items()}
    if isinstance(thing, slice):
        return slice(*mapped(change, (thing.start, thing.stop, thing.step)))
    return change(thing)


def results_of(given: Any) -> Sequence[Any]:
    """The results of an operation, which gives one or a tuple of them."""
    return given if isinstance(given, tuple) else (given,)
