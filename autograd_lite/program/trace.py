"""Tracing: running a function once on stand-ins, to have it as a program."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import clock
from autograd_lite.engine.chain import detached
from autograd_lite.engine.observing import Call as Step
from autograd_lite.engine.observing import Observer, observed, observers, quoted, users_line
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.engine.variable import Variable as Recorded
from autograd_lite.engine.when_run import Call
from autograd_lite.program.instructions import Constant, NumpyCall, Program, Variable
from autograd_lite.program.randomness import states_of
from autograd_lite.program.traced import Trace, TracedArray


def trace(
    function: Callable[[Sequence[Any]], Sequence[Any]],
    examples: Sequence[Any],
    names: Sequence[str | None] = (),
) -> Program:
    """The program of a function from numbers and arrays to numbers and arrays.

    Args:
        function: takes a list of stand-ins, one for each example, and returns a list.
        examples: numbers and arrays: the program is for such of the same shapes and dtypes.
        names: what the inputs are called.

    Raises:
        TypeError: if the function is steered by the numbers.
    """
    program, is_safe = _traced(function, examples, names, False)
    return program if is_safe else _traced(function, examples, names, True)[0]


def guarded_trace(
    function: Callable[[Sequence[Any]], Sequence[Any]],
    examples: Sequence[Any],
    names: Sequence[str | None] = (),
) -> Program:
    """The same program, in which 0·inf is 0 in the chain rule: what is run where the other gives
    nan."""
    return _traced(function, examples, names, True)[0]


def _traced(function: Any, examples: Any, names: Any, guarded: bool) -> tuple[Program, bool]:
    notes = Trace(guarded)
    names = names or [None] * len(examples)
    inputs = [notes.input(x, name) for x, name in zip(examples, names, strict=True)]
    random_before = states_of(function)
    with notes.open(), observed(_Origins(notes)), np.errstate(all="ignore"):
        outputs = tuple(notes.reference(detached(x)) for x in function(inputs))
    if states_of(function) != random_before:
        raise TypeError(
            "compile: the function draws random numbers, which would be the same at each call; "
            "draw them outside, and give them as an argument"
        )
    program = Program(tuple(x.reference for x in inputs), notes.instructions, outputs)
    if guarded:
        return program, True
    tainted = tainted_by(program, notes.products)
    if tainted is not None:
        program.notes["unguarded"] = [i for i, x in enumerate(outputs) if x in tainted]
        program.notes["products"] = frozenset(notes.products)
    return program, tainted is not None


def is_tracing() -> bool:
    """Whether a function is being traced here."""
    return any(isinstance(x, _Origins) for x in observers())


class _Origins(Observer):
    """Notes of each instruction what it computes the gradient of."""

    def __init__(self, notes: Trace) -> None:
        self._notes = notes
        self._start = clock.tick()

    def forward(self, primitive: Any, operands: Sequence[Any], call: Step) -> Any:
        for x in operands:
            old = isinstance(x, Recorded) and x._epoch < self._start
            if old and detached(x).__class__ is not TracedArray:
                raise TypeError(
                    f"compile: {primitive.name} of a variable that is no argument "
                    f"({quoted(users_line())}): the program would go on with the number that it "
                    "has now, and no gradient would reach it. Give it as an argument (of a model "
                    "of nn: compile what nn.function_of(model) gives), or x.detach() if it is to "
                    "stay as it is"
                )
        return call()

    def backward(self, node: Any, index: int, g: Any, call: Step) -> Any:
        operand = node.operands[index] if index < len(node.operands) else None
        held = detached(operand)
        before = self._notes.gradient_of
        self._notes.gradient_of = held.reference if held.__class__ is TracedArray else None
        try:
            return call()
        finally:
            self._notes.gradient_of = before


def tainted_by(program: Program, products: Iterable[Variable]) -> set[Any] | None:
    """What is nan if a product of the chain rule is; None if such a nan could become something
    else, so that the results do not tell that 0·inf was among the factors."""
    tainted: set[Any] = set(products)
    for one in program.instructions:
        places = [
            i for i, x in enumerate(one.arguments) if x.__class__ is Variable and x in tainted
        ]
        if not places and not any(x in tainted for x in one.uses()):
            continue
        operation = one.operation
        if isinstance(operation, NumpyCall) and operation.function is np.asarray:
            tainted.update(one.results)  # of another dtype or form
            continue
        if not places or isinstance(operation, NumpyCall) or isinstance(operation.arrays, Call):
            return None
        if isinstance(operation, Elementwise):
            others = [
                np.asarray(x.value).item()
                if x.__class__ is Constant and np.ndim(x.value) == 0
                else None
                for x in one.arguments
            ]
            if any(hides_nan(operation, i, tuple(others)) for i in places):
                return None
        elif any(i in operation.constants for i in places):
            return None
        inner = next((x for x in one.params.values() if hasattr(x, "tainted_results")), None)
        if inner is None:
            tainted.update(one.results)
            continue
        of_these = inner.tainted_results(places)
        if of_these is None:
            return None
        tainted.update(one.results[i] for i in of_these)
    return tainted


@functools.lru_cache(maxsize=4096)
def hides_nan(primitive: Elementwise, place: int, given: tuple[Any, ...]) -> bool:
    """Whether a primitive of nan as this operand may be a number, as nan⁰ is 1. Of the others some
    are given, as constants."""
    if place in primitive.constants:
        return True
    if primitive.constants:
        return False  # what is chosen is the same, with and without a guard
    choices = [(0.0, 1.0, -1.0, math.inf) if x is None else (x,) for x in given]
    choices[place] = (math.nan,)
    with np.errstate(all="ignore"):
        return not all(
            np.isnan(primitive.arrays(*map(np.asarray, operands)))
            for operands in itertools.product(*choices)
        )
