"""A program as a graph of variables, which pictures, derivations and the page take as any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.engine import modes
from autograd_lite.engine.apply import apply
from autograd_lite.engine.chain import detached
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.instructions import (
    Constant,
    NumpyCall,
    Program,
    Variable,
    mapped,
    results_of,
)
from autograd_lite.program.names import Names


@dataclass(frozen=True)
class Lines:
    """What a node notes of the code that computes it: `node.note("code")`."""

    source: str
    computed: tuple[int, ...]
    """The lines of the source that compute its value, counted from 0."""
    backwards: tuple[int, ...]
    """Those that compute its gradient."""


def outputs_as_graph(
    program: Program, given: Sequence[Any], source: str, places: Mapping[Variable, int]
) -> list[Any]:
    """The outputs of a program for these numbers as variables, by which its instructions are
    recorded, with the names and the lines that they have in its source."""
    names = Names(program, set())
    backwards: dict[Variable, set[int]] = {}
    for one in program.instructions:
        for x in one.results:
            if one.gradient_of is not None and x in places:
                backwards.setdefault(one.gradient_of, set()).add(places[x])
    known: dict[Variable, Any] = {}

    def now(x: Any) -> Any:
        if x.__class__ is Variable:
            return known[x]
        return x.value if x.__class__ is Constant else x

    def plain(x: Any) -> Any:
        return detached(now(x))

    lines = source.split("\n")

    def is_assigned(x: Variable) -> bool:
        return x in places and lines[places[x]].strip().startswith(f"{names[x]} = ")

    def enter(x: Variable, node: Any) -> None:
        known[x] = node
        if not is_variable(node):
            return
        node = node.node
        if node.name is None and (not names.is_ours(x) or is_assigned(x)):
            node.name = names[x]
        computed = (places[x],) if x in places else ()
        node.set_note("code", Lines(source, computed, tuple(sorted(backwards.get(x, ())))))

    with modes.recording():
        for x, number in zip(program.inputs, given, strict=True):
            is_float = x.dtype.kind in "fc"
            enter(x, (Value if x.is_number else Tensor)(number) if is_float else number)
        for one in program.instructions:
            params = mapped(plain, one.params) if one.params else one.params
            if isinstance(one.operation, NumpyCall):
                result = one.operation.function(*mapped(plain, one.arguments), **params)
            else:
                result = apply(one.operation, mapped(now, one.arguments), params)
            for x, node in zip(one.results, results_of(result), strict=True):
                enter(x, node)
    return [now(x) for x in program.outputs]
