"""The languages that a program can be run in: what each makes of the instructions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.program.instructions import Constant, Program, Reference, Variable
from autograd_lite.program.memory import Buffer
from autograd_lite.program.names import Names, says_the_same, statement_of
from autograd_lite.program.native.fused import with_loops
from autograd_lite.program.native.numbers import native_function
from autograd_lite.program.native.product_calls import with_products
from autograd_lite.program.native.regions import with_machine_code
from autograd_lite.program.numpy_code import numpy_code
from autograd_lite.program.python import python_code
from autograd_lite.program.scalars import straight_line_of
from autograd_lite.program.straight import NotStraight
from autograd_lite.program.witnesses import cheapest_witnesses, factors, may_be_unguarded


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
    buffers: dict[str, Buffer] = field(default_factory=dict)
    """Globals that one call at a time can use: arrays."""
    places: dict[Variable, int] = field(default_factory=dict)
    """Which of the lines computes a variable, where that is known."""


def python_body(program: Program, names: Names) -> Body:
    """Assignments of expressions on floats.

    Raises:
        NotStraight: if there is an array in the program.
    """
    inputs = [names[x] for x in program.inputs]
    results = [names[one.results[0]] for one in program.instructions]
    line = straight_line_of(program)
    checked_first = _fewer_to_check(program)
    made = [one.results[0] for one in program.instructions]
    passing = [i for i, z in enumerate(made) if names.is_ours(z) and z not in checked_first]
    code = python_code(line, inputs, tuple(names.reserved), names=results, passing=passing)
    lines: list[str] = []
    places: dict[Variable, int] = {}
    before = None
    for text, one in zip(code.lines, program.instructions, strict=True):
        if not text:
            continue
        statement = statement_of(one)
        if statement is not None and statement != before and not says_the_same(statement, text):
            lines.append(f"# {statement.text}")
        before = statement
        places[one.results[0]] = len(lines)
        lines.append(text)
    for one in reversed(program.instructions):  # what has no line stands in that of its one use
        for x in one.uses() if one.results[0] in places else ():
            places.setdefault(x, places[one.results[0]])
    for x in program.inputs:
        places.pop(x, None)
    outputs = [
        _of_its_kind(*pair, names) for pair in zip(program.outputs, code.outputs, strict=True)
    ]
    body = Body(lines, outputs, dict(code.names), gives_python_numbers=True, places=places)
    checked = _unguarded(program, outputs)
    if checked:
        total = " + ".join(checked)
        if len(checked) > _TERMS:
            total = f"{names.free('sum')}([{', '.join(checked)}])"
            body.given[names.free("sum")] = sum
        condition = f"isnan({total})"
        body.given["isnan"] = math.isnan
        if checked_first:
            few = ", ".join(names[x] for x in checked_first)
            condition = (
                f"not {names.free('isfinite')}({names.free('sum')}([{few}])) and {condition}"
            )
            body.given |= {names.free("isfinite"): math.isfinite, names.free("sum"): sum}
        lines.append(f"if {condition}: raise FloatingPointError")
    return body


def _of_its_kind(x: Reference, text: str, names: Names) -> str:
    """The expression of an output; of a truth value or whole number not as a float."""
    if isinstance(x, Constant):
        return repr(x.value) if x.value.__class__ in (int, bool) else text
    return names[x] if x.dtype.kind in "bi" else text


def _fewer_to_check(program: Program) -> dict[Variable, None]:
    """What to look at before all the gradients, where that is much less: if it is finite, so that
    none of them is nan because of 0·inf, it is enough."""
    count = len(program.notes.get("unguarded", ()))
    if count <= _TERMS // 4:
        return {}
    found = factors(program)
    return found if 2 * len(found) < count else {}


_TERMS = 100
"""How many terms an expression has at most: Python's own compiler nests them."""


def numpy_body(program: Program, names: Names, tag: str = "") -> Body:
    """Calls of NumPy's functions; see `numpy_code` for the tag."""
    witnesses = cheapest_witnesses(program)
    code = numpy_code(program, names, tag, witnesses)
    given = {**code.names, "np": np}
    body = Body(code.lines, code.outputs, given, buffers=code.buffers, places=code.places)
    body.given["check"] = check
    checked = _unguarded(program, code.outputs)
    if checked and not witnesses and may_be_unguarded(program):
        body.lines.append(f"check({', '.join(checked)})")
    return body


def native_body(program: Program, names: Names) -> Body:
    """One call of machine code; of programs with arrays, loops among calls of NumPy's functions.

    Raises:
        ImportError: without llvmlite.
    """
    try:
        return _numbers_body(program, names)
    except NotStraight:
        made = with_machine_code(program) or program
        return numpy_body(with_products(with_loops(made)), names)


def _numbers_body(program: Program, names: Names) -> Body:
    unguarded = {program.outputs[i] for i in program.notes.get("unguarded", ())}
    given = set(program.inputs)
    computed = dict.fromkeys(
        x for x in program.outputs if isinstance(x, Variable) and x not in given
    )
    wanted = sorted(computed, key=lambda x: x not in unguarded)
    line = straight_line_of(Program(program.inputs, program.instructions, tuple(wanted)))
    run = native_function(line, range(sum(x in unguarded for x in wanted)))
    run_name = names.free("run")
    body = Body([], [], {run_name: run}, gives_python_numbers=True)
    for x in program.outputs:
        if isinstance(x, Variable):
            body.outputs.append(names[x])
            continue
        text = repr(float(x.value))
        if text.lstrip("-") in ("inf", "nan"):
            text = names.free("minus_" * text.startswith("-") + text.lstrip("-"))
            body.given[text] = float(x.value)
        body.outputs.append(text)
    if wanted:
        targets = ", ".join(names[x] for x in wanted) + ("," if len(wanted) == 1 else "")
        body.lines.append(f"{targets} = {run_name}({', '.join(names[x] for x in program.inputs)})")
    return body


BACKENDS: dict[str, Callable[[Program, Names], Body]] = {
    "python": python_body,
    "numpy": numpy_body,
    "native": native_body,
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
        if isinstance(x, np.ndarray):
            flat = x if x.ndim == 1 else x.ravel("K")
            total = flat.dot(flat)
        else:
            total = x
        if total != total:
            raise FloatingPointError("0·inf in the chain rule, or nan")
