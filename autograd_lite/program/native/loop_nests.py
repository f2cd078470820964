"""Loops and branches of programs in machine code: functions of their bodies, called with pointers.

A body is a function of its own, with memory of its own in the room of whoever calls it. What a loop
carries on lies in two places by turns, the one that a step reads and the one that it writes, so
that it ends where the result is wanted.
"""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.program.instructions import Instruction, Program, Variable
from autograd_lite.program.native.loop_plans import CondPlan, MapPlan, ScanPlan, WhilePlan
from autograd_lite.program.native.nests import (
    KINDS,
    Buffer,
    Call,
    Node,
    Rows,
    kind_of_dtype,
)
from autograd_lite.program.straight import NotStraight


def unknown_in(program: Program) -> set[Variable]:
    """What has as many rows as numbers decide; only loops take and give such.

    Raises:
        NotStraight: if anything else does.
    """
    found: set[Variable] = set()
    for one in program.instructions:
        loop: Any = one.params.get("loop")
        taken = [i for i, x in enumerate(one.arguments) if x in found]
        is_unknown = loop is not None and loop.length is None
        is_scan = loop is not None and is_unknown and loop.condition is None
        if taken or is_scan:
            sequences = range(loop.carries, loop.carries + loop.sequences) if is_scan else ()
            if taken != list(sequences):
                raise NotStraight("how many rows there are depends on numbers")
        if loop is not None and is_unknown:
            found.update(one.results[loop.carries :])
    if any(x in found for x in program.outputs):
        raise NotStraight("how many rows there are depends on numbers")
    return found


def plan_of(one: Instruction) -> Any:
    """How an instruction that is a loop or a branch is run.

    Raises:
        NotStraight: if there is no code for it.
    """
    thing = next(x for x in one.params.values() if hasattr(x, "code"))
    if hasattr(thing, "both"):
        return CondPlan(thing)
    if hasattr(thing, "at_once"):
        return MapPlan(thing)
    return ScanPlan(thing) if thing.condition is None else WhilePlan(thing)


def call_of(lowering: Any, one: Instruction) -> None:
    """Adds the step of a loop or branch."""
    plan = plan_of(one)
    given: list[Any] = []
    for x in one.arguments:
        node = lowering.node(x)
        given.append(node if isinstance(node, Rows) else lowering.in_order(node))
    first = plan.first_of_rows
    made = [lowering.result(x) for x in one.results[:first]]
    room = Buffer("b", plan.room)
    slot = Buffer("q", 2)
    offset = 0
    for x in one.results[first:]:  # rows, of which nobody knows how many
        kind = kind_of_dtype(x.dtype) or ""
        lowering.set(x, Rows(x.shape, kind, slot, offset, plan.record))
        offset += -(-math.prod(x.shape[1:]) * KINDS[kind][1] // 8) * 8
    step = Call(
        [x.slot if isinstance(x, Rows) else x.buffer for x in given],
        [*(x.buffer for x in made), room, slot],
        lambda writer: plan.write(writer, room, given, made, slot),
        plan.may_stop,
        plan.uses_heap,
    )
    lowering.steps.append(step)
    for x, stored in zip(one.results, made, strict=False):
        lowering.set(x, Node(x.shape, kind_of_dtype(x.dtype) or "", stored))
    for i in plan.ends:
        lowering.check(one.results[i])
