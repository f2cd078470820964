"""Programs of Python's numbers alone, as straight-line code of expressions on floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Elementwise
from autograd_lite.program.instructions import Constant, NumpyCall, Program, Variable
from autograd_lite.program.instructions import Instruction as General
from autograd_lite.program.straight import (
    COMPARISONS,
    Input,
    Instruction,
    NotStraight,
    Operation,
    Reference,
    Slot,
    StraightLine,
)
from autograd_lite.program.straight import Constant as Number


def straight_line_of(program: Program) -> StraightLine:
    """A program of floats as straight-line code.

    Raises:
        NotStraight: if there is an array in it, or an operation that has no value on floats.
    """
    places: dict[Variable, Reference] = {}
    for i, x in enumerate(program.inputs):
        if not x.is_number:
            raise NotStraight(f"input {i} is an array")
        places[x] = Input(i)
    instructions: list[Instruction] = []
    for one in program.instructions:
        slot = Slot(len(instructions))
        operation = _operation(one)
        arguments = tuple(_reference(x, places) for x in one.arguments)
        instructions.append(Instruction(operation, arguments, slot))
        places[one.results[0]] = slot
    outputs = tuple(_reference(x, places) for x in program.outputs)
    return StraightLine(len(program.inputs), tuple(instructions), outputs)


def _operation(one: General) -> Operation:
    operation = one.operation
    if one.is_several or one.params or not _is_of_numbers(one):
        raise NotStraight(f"{operation.name} is of arrays")
    if isinstance(operation, NumpyCall):
        if operation.function not in COMPARISONS:
            raise NotStraight(f"{operation.name} has no value on floats")
        return COMPARISONS[operation.function]
    if not isinstance(operation, Elementwise):
        raise NotStraight(f"{operation.name} is of arrays")
    return operation


def _is_of_numbers(one: General) -> bool:
    """Whether the result is computed as Python computes with its own numbers."""
    return one.results[0].is_number


def _reference(x: Any, places: dict[Variable, Reference]) -> Reference:
    if x.__class__ is Variable:
        return places[x]
    value = x.value if x.__class__ is Constant else x
    if isinstance(value, np.generic | np.ndarray) and not np.shape(value):
        value = value.item()
    if value.__class__ not in (float, int, bool):
        raise NotStraight(f"it uses {type(value).__name__}, which is no Python number")
    return Number(value)
