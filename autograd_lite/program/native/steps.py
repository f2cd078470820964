"""Operations written out in others that there is machine code for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite.program.instructions import Instruction, Program, Variable
from autograd_lite.program.trace import trace


def with_steps(program: Program) -> Program:
    """The program with the steps of those operations that declare them."""
    instructions = []
    for one in program.instructions:
        instructions += _steps_of(one) or [one]
    if len(instructions) == len(program.instructions):
        return program
    return Program(program.inputs, instructions, program.outputs, program.notes)


def _steps_of(one: Instruction) -> list[Instruction] | None:
    """The instructions that do the same; None if there are none."""
    rule = getattr(one.operation, "steps", None)
    given = one.arguments
    if rule is None or any(x.__class__ is not Variable or x.dtype != np.float64 for x in given):
        return None
    examples = [np.zeros(x.shape) for x in given]
    if not all(x.size for x in examples):
        return None
    inner = trace(lambda operands: [rule(*operands, **one.params)], examples)
    (result,) = inner.outputs
    names: dict[Any, Any] = dict(zip(inner.inputs, given, strict=True))
    names[result] = one.results[0]

    def named(x: Any) -> Any:
        return names.get(x, x) if x.__class__ is Variable else x

    return [
        replace(
            step.with_parts(named),
            results=tuple(map(named, step.results)),
            line=one.line,
            gradient_of=one.gradient_of,
        )
        for step in inner.instructions
    ]
