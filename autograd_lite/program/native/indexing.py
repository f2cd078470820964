"""Indices that are known only when a program runs: the least number's, and rows at such places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Structural
from autograd_lite.program.instructions import Instruction, NumpyCall, Variable, mapped, parts_of
from autograd_lite.program.native import maps
from autograd_lite.program.native.cells import Root, Unfit
from autograd_lite.program.native.nests import (
    Buffer,
    Fill,
    Indices,
    Node,
    Picked,
    Stored,
    View,
    in_order,
)
from autograd_lite.program.straight import NotStraight

EXTREMES = {np.argmin: "lt", np.argmax: "gt"}


def axis_of_extreme(one: Instruction) -> int | None:
    """Along which axis the place of an extreme is looked for; None for all numbers in a row.

    Raises:
        NotStraight: if the call says something else.
    """
    given = dict(one.params)
    if isinstance(one.arguments, tuple) and len(one.arguments) == 2:
        given["axis"] = one.arguments[1]
    x = one.arguments[0]
    if given.keys() - {"axis"} or x.__class__ is not Variable or x.dtype != np.float64:
        raise NotStraight("argmin")
    axis = given.get("axis")
    if not math.prod(x.shape) or not x.shape:
        raise NotStraight("argmin of nothing")
    return None if axis is None else int(axis) % len(x.shape)


def is_extreme(one: Instruction) -> bool:
    """Whether it gives the place of the least or greatest number."""
    return isinstance(one.operation, NumpyCall) and one.operation.function in EXTREMES


def extreme(lowering: Any, one: Instruction) -> None:
    """Adds the step that finds the places of extremes."""
    node, axis, z = lowering.node(one.arguments[0]), axis_of_extreme(one), one.results[0]
    if axis is None:
        at = lowering.in_order(node)
        node = Node((math.prod(node.shape),), "d", Stored(at.buffer, at.offset, (1,)))
        axis = 0
    if node.shape[axis] == 1:
        lowering.set(z, Node(z.shape, "q", lowering.constant(np.zeros(z.shape, np.int64), "q")))
        return
    stored = lowering.result(z)
    strides, step = [0] * len(node.shape), 1
    for a in reversed(range(len(node.shape))):
        if a != axis:
            strides[a] = step
            step *= node.shape[a]
    sign = EXTREMES[one.operation.function]
    out = Stored(stored.buffer, 0, tuple(strides))
    try:
        lowering.kernel(node.shape, [Root(node, out, extreme=sign)])
    except Unfit:
        node = _with_innermost(lowering, node, axis)
        lowering.kernel(node.shape, [Root(node, out, extreme=sign)])
    lowering.set(z, Node(z.shape, "q", stored))


def _with_innermost(lowering: Any, node: Node, axis: int) -> Node:
    """A copy that lies side by side along an axis."""
    order = [*(a for a in range(len(node.shape)) if a != axis), axis]
    strides, step = [0] * len(node.shape), 1
    for a in reversed(order):
        strides[a] = step
        step *= node.shape[a]
    zero = (0,) * len(node.shape)
    rows = tuple(tuple(int(a == d) for a in range(len(zero))) for d in range(len(zero)))
    stored = Stored(Buffer("d", math.prod(node.shape)), 0, tuple(strides))
    lowering.kernel(node.shape, [Root(View(node.shape, node, zero, rows), stored)])
    return Node(node.shape, "d", stored)


# ---------------------------------------------------------------- rows at places


def index_in(one: Instruction) -> Variable | None:
    """The one array of indices among the parameters; None if there is none.

    Raises:
        NotStraight: if there are several, or it is something else.
    """
    found = {x for x in parts_of(one.params) if x.__class__ is Variable}
    if not found:
        return None
    if len(found) > 1 or not isinstance(one.operation, Structural):
        raise NotStraight(f"{one.operation.name} depends on numbers")
    (index,) = found
    if index.dtype != np.int64:
        raise NotStraight("indices of another kind")
    return index


def plan(one: Instruction, shapes: Sequence[Any]) -> tuple[str, list[maps.Indexed]]:
    """How an operation with an index moves numbers ("move"), or adds them up ("spread"): for each
    operand how the places depend on the index, None where they do not.

    Raises:
        NotStraight: if it does anything else.
    """
    primitive, index = one.operation, index_in(one)
    assert isinstance(primitive, Structural)
    assert index is not None
    lengths = [n for shape in (*shapes, *_tuples(one.params)) for n in shape]

    def params(values: Any) -> Any:
        held = values if index.shape else values[()]
        return mapped(lambda x: held if x is index else x, one.params)

    def moved(values: Any) -> Any:
        found = maps.moves_of(primitive, shapes, params(values))
        if found is None or len(found) != 1 or len(shapes) != 1:
            raise NotStraight(f"{primitive.name} of an index")
        return found[0].sources[0]

    def spread(k: int) -> Any:
        def places(values: Any) -> Any:
            found = maps.spread_of(primitive, shapes, params(values))
            if found is None or found[1] != 1:
                raise NotStraight(f"{primitive.name} of an index")
            return found[0][k]

        return places

    try:
        try:
            one_map = maps.indexed(moved, index.shape, lengths)
            if one_map is not None and len(shapes) == 1:
                return "move", [one_map]
        except NotStraight:
            pass
        every = [maps.indexed(spread(k), index.shape, lengths) for k in range(len(shapes))]
    except (ValueError, TypeError):
        raise NotStraight(f"{primitive.name} of an index") from None
    known = [x for x in every if x is not None]
    if len(known) < len(every):
        raise NotStraight(f"{primitive.name} of an index")
    return "spread", known


def _tuples(params: Any) -> list[tuple[int, ...]]:
    return [
        x for x in params.values() if isinstance(x, tuple) and all(isinstance(n, int) for n in x)
    ]


def places(lowering: Any, one: Instruction, how: maps.Indexed) -> Buffer:
    """The buffer of stride·index, made in a step."""
    index = index_in(one)
    assert index is not None
    given = lowering.in_order(lowering.node(index))
    count = math.prod(index.shape)
    made = Stored(Buffer("q", count), 0, in_order(index.shape))
    lowering.steps.append(
        Indices([given.buffer], [made.buffer], given, made, count, how.length, how.stride)
    )
    return made.buffer


def lowered(lowering: Any, one: Instruction, add: Any) -> None:
    """Adds the steps of an operation with an index. `add` is how numbers are added."""
    nodes = [lowering.node(x) for x in one.arguments]
    sort, every = plan(one, [node.shape for node in nodes])
    z = one.results[0]
    if sort == "move":
        (how,) = every
        if isinstance(nodes[0], Fill):  # the indices are looked at all the same
            places(lowering, one, how)
            lowering.set(z, Fill(z.shape, "d", nodes[0].value))
            return
        at = lowering.in_order(nodes[0])
        table = Stored(places(lowering, one, how), how.offset, how.position)
        source = Stored(at.buffer, at.offset + how.base, how.steps)
        lowering.set(z, Picked(z.shape, "d", source, Node(z.shape, "q", table)))
        return
    stored = lowering.result(z)
    how_added, neutral = add
    lowering.filled(stored.buffer, 0.0)
    for node, how in zip(nodes, every, strict=True):
        out = Stored(stored.buffer, how.base, how.steps)
        rows: Stored | None = None
        if how.stride:
            rows = Stored(places(lowering, one, how), how.offset, how.position)
        lowering.begun(node.shape, Root(node, out, how_added, neutral, rows))
    lowering.set(z, Node(z.shape, "d", stored))
