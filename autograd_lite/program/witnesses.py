"""Where a nan is looked for: in little that shows whether there is one in much.

0·inf and 0·nan are 0 in the chain rule, and nan in a plain product. A program has plain products,
and looks whether one of them is nan. A sum is nan if one of its terms is: to look at the sum, which
is needed anyhow, takes less time than to look at the terms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Elementwise, Structural
from autograd_lite.program.instructions import Instruction, Program, Variable
from autograd_lite.program.trace import hides_nan


def cheapest_witnesses(program: Program) -> frozenset[Variable]:
    """What is nan if a product of the chain rule is, with few numbers in it; none if there are
    fewer numbers in the outputs that then are nan."""
    made = {x for one in program.instructions for x in one.results}
    products = made & program.notes.get("products", frozenset())
    if not products:
        return frozenset()
    best: dict[Variable, Variable] = {}
    for one in reversed(program.instructions):
        for z in one.results:
            best.setdefault(z, z)
        for x in _carried(one):
            best[x] = min(best.get(x, x), best[one.results[0]], key=_cost)
    witnesses = frozenset(best[x] for x in products)
    outputs = {program.outputs[i] for i in program.notes.get("unguarded", ())}
    return witnesses if _total(witnesses) < _total(outputs) else frozenset()


def factors(program: Program) -> dict[Variable, None]:
    """Of a program of single numbers, some one of which is infinite, or nan, if a product of the
    chain rule is nan, in order: a product is nan only if a factor is one of these. A factor shows
    also what is wrong with all that leads to it."""
    products = program.notes.get("products", frozenset())
    found: dict[Variable, None] = {}
    covered: set[Variable] = set()
    for one in reversed(program.instructions):
        z = one.results[0]
        if z in products and z not in covered:
            given = [x for x in one.arguments if x.__class__ is Variable and x not in covered]
            found.update(dict.fromkeys(given))
            covered.update(given)
        if z in covered:
            covered.update(_carried(one))
    return found


def may_be_unguarded(program: Program) -> bool:
    """Whether there is a product of the chain rule left, in the program or in a loop of it, in
    which 0·inf would be nan."""
    if program.notes.get("products", True):
        return True
    return any(hasattr(x, "code") for one in program.instructions for x in one.params.values())


def _total(xs: Iterable[Any]) -> int:
    return sum(map(_cost, xs))


def _cost(x: Any) -> int:
    """What it costs to look at an array, in numbers that are looked at: to look at all is as much
    as to look at so many more."""
    return math.prod(getattr(x, "shape", ())) + 500


def _carried(one: Instruction) -> list[Variable]:
    """The arguments of an instruction whose every nan makes the one result nan somewhere."""
    operation = one.operation
    carried: Iterable[int] = ()
    if one.is_several or one.results[0].dtype.kind != "f" or not math.prod(one.results[0].shape):
        return []
    if isinstance(operation, Structural):
        is_sum = operation.reduces is np.add and operation.linear == "jointly"
        known = is_sum and set(one.params) <= {"axis", "keepdims"}
        carried = range(len(one.arguments) if known else 0)
    elif isinstance(operation, Elementwise) and not operation.constants and not one.params:
        nothing = (None,) * len(one.arguments)
        carried = [i for i in range(len(nothing)) if not hides_nan(operation, i, nothing)]
    arguments = [one.arguments[i] for i in carried]
    return [x for x in arguments if x.__class__ is Variable and x.dtype.kind == "f"]
