"""The languages that a program can be run in: what each makes of the instructions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.program.instructions import Constant, Program, Reference
from autograd_lite.program.names import Names, statement_of
from autograd_lite.program.numpy_code import numpy_code
from autograd_lite.program.python import python_code
from autograd_lite.program.scalars import straight_line_of


@dataclass
class Body:
    """The lines of a function that compute the outputs of a program from its inputs."""

    lines: list[str]
    outputs: list[str]
    """An expression for each output."""
    given: dict[str, Any]
    """What the lines use as globals."""
    gives_python_numbers: bool = False
    """Whether each output without axes is one of Python's numbers."""
    buffers: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = field(default_factory=dict)
    """Globals that one call at a time can use: arrays of these shapes and dtypes."""


def python_body(program: Program, names: Names) -> Body:
    """Assignments of expressions on floats.

    Raises:
        NotStraight: if there is an array in the program.
    """
    inputs = [names[x] for x in program.inputs]
    results = [names[one.results[0]] for one in program.instructions]
    line = straight_line_of(program)
    passing = [i for i, one in enumerate(program.instructions) if names.is_ours(one.results[0])]
    code = python_code(line, inputs, tuple(names.reserved), names=results, passing=passing)
    lines: list[str] = []
    before = None
    for text, one in zip(code.lines, program.instructions, strict=True):
        statement = statement_of(one)
        if statement is not None and statement != before:
            lines.append(f"# {statement.text}")
        before = statement
        if text:
            lines.append(text)
    outputs = [
        _of_its_kind(*pair, names) for pair in zip(program.outputs, code.outputs, strict=True)
    ]
    body = Body(lines, outputs, dict(code.names), gives_python_numbers=True)
    checked = _unguarded(program, outputs)
    if checked:
        lines.append(f"if isnan({' + '.join(checked)}): raise FloatingPointError")
        body.given["isnan"] = math.isnan
    return body


def _of_its_kind(x: Reference, text: str, names: Names) -> str:
    """The expression of an output; of a truth value or whole number not as a float."""
    if isinstance(x, Constant):
        return repr(x.value) if x.value.__class__ in (int, bool) else text
    return names[x] if x.dtype.kind in "bi" else text


def numpy_body(program: Program, names: Names) -> Body:
    """Calls of NumPy's functions."""
    code = numpy_code(program, names)
    body = Body(code.lines, code.outputs, {**code.names, "np": np}, buffers=code.buffers)
    checked = _unguarded(program, code.outputs)
    if checked:
        body.lines.append(f"check({', '.join(checked)})")
        body.given["check"] = check
    return body


BACKENDS: dict[str, Callable[[Program, Names], Body]] = {
    "python": python_body,
    "numpy": numpy_body,
}
"""The back ends by name: the first that can hold a program is the default."""


def _unguarded(program: Program, outputs: list[str]) -> list[str]:
    """The outputs that are nan where 0·inf is among the products of the chain rule: then what the
    function raises tells that the guarded program is needed."""
    places = program.notes.get("unguarded", ())
    return [outputs[i] for i in places if program.outputs[i].__class__ is not Constant]


def check(*arrays: Any) -> None:
    """Raise FloatingPointError if there is a nan in one of the arrays."""
    for x in arrays:
        flat = x.ravel() if isinstance(x, np.ndarray) else x
        total = np.vdot(flat, flat)
        if total != total:
            raise FloatingPointError("0·inf in the chain rule, or nan")
