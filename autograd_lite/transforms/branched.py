"""How `loops.cond` and `loops.while_loop` make programs of functions, and run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.chain import detached
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.branches import Branches
from autograd_lite.program.closures import example_of, traced_closure
from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.loops import while_loop_of
from autograd_lite.program.subprograms import Subprogram, as_array, fitting, kind_of, some
from autograd_lite.program.traced import TracedArray
from autograd_lite.transforms.scanned import (
    Body,
    as_carried,
    as_step_sees,
    form_of,
    in_form,
    leaf_of,
    names_of,
    places_of,
)
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


def chosen(
    predicate: Any,
    on_true: Callable[..., Any],
    on_false: Callable[..., Any],
    operands: Sequence[Any],
) -> Any:
    """What `loops.cond` gives."""
    truth = _truth(predicate)
    given = map_leaves(lambda x, where: as_carried("cond", "operand ", x, where), list(operands))
    leaves = leaves_of(given)
    forms: list[Any] = []
    found = []
    for function in (on_true, on_false):

        def run(inputs: list[TracedArray], function: Any = function) -> list[Any]:
            result = function(*with_leaves(given, map(as_step_sees, inputs)))
            forms.append(result)
            places: list[tuple[Any, str]] = []
            map_leaves(lambda x, where: places.append((x, where)), result)
            return [leaf_of("cond", x, f"the result{where}") for x, where in places]

        found.append(traced_closure(run, list(map(example_of, leaves)), names_of("x", given)))
    _check_forms(forms)
    pair = _alike([one.program for one in found], len(leaves))
    _check_results(pair, forms[0])
    branches = _of_the_same_kinds(Subprogram(pair[0]), Subprogram(pair[1]))
    closed = [x for one in found for x in one.closed]
    results = branches([truth, *leaves, *closed])
    last = [in_form(z, v) for z, v in zip(results, branches.outputs, strict=True)]
    return with_leaves(form_of(forms[0]), last)


def repeated(condition: Callable[[Any], Any], body: Callable[[Any], Any], carry: Any) -> Any:
    """What `loops.while_loop` gives."""
    carry = map_leaves(lambda x, where: as_carried("while_loop", "carry", x, where), carry)
    one = Body("while_loop", lambda c, _: (body(c), None), carry, None, 1)
    leaves = leaves_of(carry)

    def holds(inputs: list[TracedArray]) -> list[Any]:
        return [_truth(condition(with_leaves(carry, map(as_step_sees, inputs))), "while_loop")]

    examples = [some(v) for v in one.program.inputs[: len(leaves)]]
    asked = traced_closure(holds, examples, names_of("carry", carry))
    both = _alike([one.program, asked.program], len(leaves))
    loop = while_loop_of(Subprogram(both[1]), Subprogram(both[0]), len(leaves))
    operands = [*leaves, *one.closed, *asked.closed]
    if modes.is_recording() and any(map(is_variable, operands)):
        loop = loop.keeping()
    last = loop(operands)[: len(leaves)]
    kinds = loop.inputs[: len(leaves)]
    return with_leaves(carry, [in_form(z, v) for z, v in zip(last, kinds, strict=True)])


def _truth(x: Any, name: str = "cond") -> Any:
    """A predicate as a truth value, or a stand-in for one."""
    x = detached(x)
    if np.shape(x) if not isinstance(x, StandIn) else x.shape:
        raise ValueError(
            f"{name}: a predicate is one truth value, and this has shape {x.shape}: use where(...) "
            "to choose element by element, or any() and all()"
        )
    if isinstance(x, StandIn):
        return x if x.dtype == bool else np.not_equal(x, 0.0)
    if isinstance(x, bool | int | float | complex | np.generic | np.ndarray):
        return bool(x)
    raise TypeError(f"{name}: a predicate is a truth value, not {type(x).__name__}")


def _alike(programs: Sequence[Program], count: int) -> list[Program]:
    """The programs with the same inputs: the first so many, and what each of them closes over."""
    made = []
    for i, one in enumerate(programs):
        inputs = list(one.inputs[:count])
        for j, other in enumerate(programs):
            more = other.inputs[count:]
            inputs += more if i == j else [Variable(some(v), v.name) for v in more]
        made.append(Program(tuple(inputs), one.instructions, one.outputs, one.notes))
    return made


def _of_the_same_kinds(first: Subprogram, second: Subprogram) -> Branches:
    """The branches, with arrays without axes where one gives a number of Python's."""
    kinds = [
        one if one.is_number == other.is_number else as_array(one)
        for one, other in zip(first.outputs(), second.outputs(), strict=True)
    ]

    def of(one: Subprogram) -> Subprogram:
        def function(given: Sequence[Any]) -> list[Any]:
            return [fitting(x, v) for x, v in zip(one.run(given), kinds, strict=True)]

        which = tuple(v.is_number for v in kinds)
        if which == tuple(v.is_number for v in one.outputs()):
            return one
        return one.derived(("kinds", which), function, one.examples())

    return Branches(of(first), of(second))


def _check_forms(forms: Sequence[Any]) -> None:
    first, second = map(places_of, forms)
    if first != second:
        raise TypeError(
            "cond: both functions must return the same structure; on_true has leaves at "
            f"{first}, on_false at {second}"
        )


def _check_results(programs: Sequence[Program], form: Any) -> None:
    """Whether both give results of the same shapes and dtypes."""
    pairs = zip(*(map(kind_of, one.outputs) for one in programs), strict=True)
    for (yes, no), where in zip(pairs, places_of(form), strict=True):
        said = (
            f"cond: on_true returns {{}}{where and ' at ' + where}, on_false {{}}; make them equal"
        )
        if yes.shape != no.shape:
            raise ValueError(said.format(f"shape {yes.shape}", no.shape))
        if yes.dtype != no.dtype:
            raise TypeError(said.format(f"dtype {yes.dtype}", no.dtype))
