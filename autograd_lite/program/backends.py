"""The languages that a program can be run in: what each makes of the instructions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.program.instructions import Constant, Program, Reference, Variable
from autograd_lite.program.memory import Buffer
from autograd_lite.program.names import Names, statement_of
from autograd_lite.program.native.fused import with_loops
from autograd_lite.program.native.numbers import native_function
from autograd_lite.program.native.product_calls import with_products
from autograd_lite.program.native.regions import with_machine_code
from autograd_lite.program.numpy_code import numpy_code
from autograd_lite.program.python import python_code
from autograd_lite.program.scalars import straight_line_of
from autograd_lite.program.straight import NotStraight


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
    passing = [i for i, one in enumerate(program.instructions) if names.is_ours(one.results[0])]
    code = python_code(line, inputs, tuple(names.reserved), names=results, passing=passing)
    lines: list[str] = []
    places: dict[Variable, int] = {}
    before = None
    for text, one in zip(code.lines, program.instructions, strict=True):
        statement = statement_of(one)
        if statement is not None and statement != before and statement.text != text:
            lines.append(f"# {statement.text}")
        before = statement
        if text:
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
        lines.append(f"if isnan({total}): raise FloatingPointError")
        body.given["isnan"] = math.isnan
    return body


def _of_its_kind(x: Reference, text: str, names: Names) -> str:
    """The expression of an output; of a truth value or whole number not as a float."""
    if isinstance(x, Constant):
        return repr(x.value) if x.value.__class__ in (int, bool) else text
    return names[x] if x.dtype.kind in "bi" else text


_TERMS = 100
"""How many terms an expression has at most: Python's own compiler nests them."""


def numpy_body(program: Program, names: Names, tag: str = "") -> Body:
    """Calls of NumPy's functions; see `numpy_code` for the tag."""
    products = _smaller_products(program)
    code = numpy_code(program, names, tag, products)
    given = {**code.names, "np": np}
    body = Body(code.lines, code.outputs, given, buffers=code.buffers, places=code.places)
    body.given["check"] = check
    checked = _unguarded(program, code.outputs)
    if checked and not products:
        body.lines.append(f"check({', '.join(checked)})")
    return body


def _smaller_products(program: Program) -> frozenset[Variable]:
    """The products of the chain rule, if they have fewer numbers than the outputs that are nan
    where one of them is; else none: then these are looked at."""
    found = frozenset(x for one in program.instructions for x in one.results)
    products = found & program.notes.get("products", frozenset())
    outputs = [program.outputs[i] for i in program.notes.get("unguarded", ())]
    size = sum(math.prod(x.shape) + _ONE for x in products)
    most = sum(math.prod(getattr(x, "shape", ())) + _ONE for x in outputs)
    return products if size < most else frozenset()


_ONE = 500
"""To look at an array takes as long as to look at so many more numbers of it."""


def native_body(program: Program, names: Names) -> Body:
    """One call of machine code; of programs with arrays, loops among calls of NumPy's functions.

    Raises:
        ImportError: without llvmlite.
    """
    try:
        return _numbers_body(program, names)
    except NotStraight:
        made = with_machine_code(program)
        made = with_loops(program) if made is None else made
        return numpy_body(with_products(made), names)


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
        flat = x.ravel() if isinstance(x, np.ndarray) else x
        total = np.vdot(flat, flat)
        if total != total:
            raise FloatingPointError("0·inf in the chain rule, or nan")
