"""Branches in programs: `COND`, a primitive that runs one of two programs.

The programs take the same inputs and give results of the same shapes and dtypes. So do those of
their derivatives, of which again one is run: the one of the branch that is taken.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import PRIMITIVES, EachOperand, Structural
from autograd_lite.program.instructions import Variable
from autograd_lite.program.loop_code import LoopCode, branch_code
from autograd_lite.program.subprograms import (
    Function,
    Subprogram,
    as_array,
    fitting,
    is_differentiable,
    kind_of,
    like,
    some,
    tagged,
    zero,
)
from autograd_lite.program.trace import tainted_by


@dataclass(frozen=True)
class Branches:
    """What is done where the predicate holds, and where it does not."""

    on_true: Subprogram
    on_false: Subprogram

    @property
    def both(self) -> tuple[Subprogram, Subprogram]:
        """The two programs."""
        return self.on_true, self.on_false

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """What both take."""
        return self.on_true.program.inputs

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """What kinds of results both give."""
        return tuple(map(kind_of, self.on_true.program.outputs))

    def derived(self, key: Hashable, functions: Sequence[Function], examples: Any) -> Branches:
        """The branches of programs that are made of these."""
        pairs = zip(self.both, functions, strict=True)
        return Branches(*[one.derived(key, function, examples) for one, function in pairs])

    def __call__(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The results for (predicate, *inputs), recorded where there is a variable."""
        return apply(COND, operands, {"branches": self})  # type: ignore[no-any-return]

    def call(self, name: str, operands: Sequence[str]) -> str:
        """The call of the function that `code` writes."""
        return f"{name}({', '.join(operands)})"

    def code(self, name: str, tag: str = "") -> LoopCode:
        """The source of it; see `numpy_code` for the tag."""
        both = self.on_true.program, self.on_false.program
        return branch_code(name, *both, self.outputs, tagged(tag))

    def tainted_results(self, places: Sequence[int]) -> set[int] | None:
        """Which results are nan if these operands are; None if such a nan may go unseen."""
        found: set[int] = set()
        for one in self.both:
            program = one.program
            tainted = tainted_by(program, [program.inputs[i - 1] for i in places])
            if tainted is None or 0 in places:
                return None
            found |= {i for i, x in enumerate(program.outputs) if x in tainted}
        return found


def _run(predicate: Any, *operands: Any, branches: Branches) -> tuple[Any, ...]:
    given = [like(x, v) for x, v in zip(operands, branches.inputs, strict=True)]
    one = branches.on_true if predicate else branches.on_false
    return tuple(like(x, v) for x, v in zip(one(*given), branches.outputs, strict=True))


def _example(*operands: Any, branches: Branches) -> tuple[Any, ...]:
    return tuple(map(some, branches.outputs))


def _back(
    g: Any, z: Any, operands: Sequence[Any], branches: Branches, wanted: Sequence[bool]
) -> list[Any]:
    """The gradient of each operand that is wanted, by the branch that was taken."""
    predicate, *given = operands
    places = [i for i, v in enumerate(branches.inputs) if wanted[i + 1] and is_differentiable(v)]
    rows = [i for i, x in enumerate(g) if x is not None]

    def of(one: Subprogram) -> Function:
        def function(xs: Sequence[Any]) -> list[Any]:
            gs: list[Any] = [None] * len(branches.outputs)
            for i, x in zip(rows, xs[len(given) :], strict=True):
                gs[i] = x
            found = one.gradients(xs[: len(given)], places, gs)
            kinds = [branches.inputs[i] for i in places]
            return [
                fitting(zero(v) if x is None else x, v) for x, v in zip(found, kinds, strict=True)
            ]

        return function

    kinds = [*branches.inputs, *(branches.outputs[i] for i in rows)]
    key = ("back", tuple(places), tuple(rows))
    back = branches.derived(key, [of(one) for one in branches.both], [some(v) for v in kinds])
    found = back([predicate, *given, *(g[i] for i in rows)])
    parts: list[Any] = [None] * len(operands)
    for i, part in zip(places, found, strict=True):
        parts[i + 1] = part
    return parts


def _forward(tangents: Sequence[Any], z: Any, *operands: Any, branches: Branches) -> Any:
    """The tangents of the results, by the branch that is taken."""
    predicate, *given = operands
    moved = [i for i in range(len(given)) if tangents[i + 1] is not None]
    outputs = branches.outputs
    rows = [i for i, v in enumerate(outputs) if is_differentiable(v)]

    def of(one: Subprogram) -> Function:
        def function(xs: Sequence[Any]) -> list[Any]:
            found = one.tangents(xs[: len(given)], moved, xs[len(given) :])[len(outputs) :]
            return [
                fitting(zero(outputs[i]) if found[i] is None else found[i], outputs[i])
                for i in rows
            ]

        return function

    kinds = [*branches.inputs, *(branches.inputs[i] for i in moved)]
    key = ("forward", tuple(moved))
    forth = branches.derived(key, [of(one) for one in branches.both], [some(v) for v in kinds])
    found = forth([predicate, *given, *(tangents[i + 1] for i in moved)])
    parts = dict(zip(rows, found, strict=True))
    return tuple(
        parts[i] if i in parts else np.zeros(detached(x).shape, detached(x).dtype)
        for i, x in enumerate(z)
    )


def _of_batch(which: Sequence[bool], *operands: Any, branches: Branches) -> tuple[Any, ...]:
    """The branches of a whole batch; where the examples differ in the predicate, both."""
    size = next(x.shape[0] for x, mine in zip(operands, which, strict=True) if mine)
    predicate, *given = operands
    mine = tuple(which[1:])

    def of(one: Subprogram) -> Function:
        def function(xs: Sequence[Any]) -> list[Any]:
            found = one.of_batch(xs, mine, size)
            kinds = [as_array(v, size) for v in branches.outputs]
            return [fitting(x, v) for x, v in zip(found, kinds, strict=True)]

        return function

    examples = [
        some(v, (size,)) if batched else some(v)
        for v, batched in zip(branches.inputs, mine, strict=True)
    ]
    whole = branches.derived(("batch", size, mine), [of(one) for one in branches.both], examples)
    if not which[0]:
        return whole([predicate, *given])
    where = PRIMITIVES["where"].function
    pairs = zip(whole([True, *given]), whole([False, *given]), strict=True)
    return tuple(
        where(predicate.reshape((size,) + (1,) * (yes.ndim - 1)), yes, no) for yes, no in pairs
    )


COND: Structural = Structural(
    name="cond",
    operands=(),
    text="cond({operands})",
    arrays=_run,
    pullbacks=EachOperand(together=_back, is_told=True),
    results=(),
    batched=_of_batch,
    pushforward=_forward,
    example=_example,
    function=lambda *operands, branches: branches(operands),
)
