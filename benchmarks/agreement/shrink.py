"""The smallest program that still differs in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.agreement.given import Given
from benchmarks.agreement.judge import Difference, judge
from benchmarks.agreement.oracle import numpy_function
from benchmarks.agreement.program import Program, Step, is_elementwise

Judge = Callable[[Program], Difference | None]


def shrink(
    program: Program, difference: Difference, judge: Judge = judge
) -> tuple[Program, Difference]:
    """Greedily simpler programs, as long as the difference is about the same."""
    again = True
    while again:
        again = False
        for candidate in simpler(program):
            try:
                found = judge(candidate)
            except Exception:  # what is left is no program
                continue
            if found is not None and found.about == difference.about:
                program, difference, again = candidate, found, True
                break
    return program, difference


def simpler(program: Program) -> Iterator[Program]:
    """Programs that are a little simpler, the most daring first."""
    values, names = numpy_values(program), [step.name for step in program.steps]
    for i in range(1, len(names)):  # without the last steps
        yield replace(program, steps=program.steps[:i]).pruned()
    for i, step in enumerate(program.steps[:-1]):  # a result as an input
        given = as_input(values[step.name])
        yield _with(program, {step.name: given}, (*program.steps[:i], *program.steps[i + 1 :]))
    used = program.used()
    for name in program.inputs:
        if name not in used and len(program.inputs) > 1:
            yield replace(program, inputs={k: x for k, x in program.inputs.items() if k != name})
    for i, step in enumerate(program.steps[:-1]):  # another result, or input, of the same kind
        for name in step.names:
            if same_kind(values[name], values[step.name]):
                yield _renamed(program, i, step.name, name)
    if program.scribble or program.nested or program.asked:
        yield replace(program, scribble=False, nested=False, asked=())
    for name in program.asked:
        yield replace(program, asked=tuple(x for x in program.asked if x != name))
    for name, x in program.inputs.items():
        for given in x.simpler():
            yield replace(program, inputs={**program.inputs, name: given})
    for i, step in enumerate(program.steps):
        if step.style != "package":
            yield _stepped(program, i, replace(step, style="package"))
        for k, x in enumerate(step.operands):
            for given in x.simpler() if isinstance(x, Given) else ():
                operands = (*step.operands[:k], given, *step.operands[k + 1 :])
                yield _stepped(program, i, replace(step, operands=operands))


def numpy_values(program: Program) -> Mapping[str, Any]:
    """What each name is; of a Value, a Python float."""
    values = {name: x.plain() for name, x in program.inputs.items()}
    with np.errstate(all="ignore"):
        for step in program.steps:
            plain = [values[x] if isinstance(x, str) else x.build() for x in step.operands]
            z = numpy_function(step.primitive)(*plain, *step.args, **dict(step.kwargs))
            arrays = [x for x in plain if np.ndim(x) or isinstance(x, np.ndarray)]
            is_value = is_elementwise(step.primitive) and not arrays
            values[step.name] = float(z) if is_value else np.asarray(z)
    return values


def same_kind(a: Any, b: Any) -> bool:
    """Whether one may stand for the other."""
    return type(a) is type(b) and np.shape(a) == np.shape(b)


def as_input(x: Any) -> Given:
    """A result as an input."""
    if isinstance(x, float):
        return Given(np.array(x), "float", (), "Value")
    return Given(np.array(x), "plain", x.shape, "Tensor")


def _with(program: Program, inputs: Mapping[str, Given], steps: tuple[Step, ...]) -> Program:
    return replace(program, inputs={**program.inputs, **inputs}, steps=steps).pruned()


def _stepped(program: Program, i: int, step: Step) -> Program:
    return replace(program, steps=(*program.steps[:i], step, *program.steps[i + 1 :]))


def _renamed(program: Program, i: int, old: str, new: str) -> Program:
    """Without the i-th step, whose operand stands for its result."""
    steps = tuple(
        replace(step, operands=tuple(new if x == old else x for x in step.operands))
        for step in (*program.steps[:i], *program.steps[i + 1 :])
    )
    return replace(program, steps=steps).pruned()
