"""Programs of arrays as nests of loops.

Elementwise operations of one shape that can be done together are one kernel. What only moves
numbers is no step at all: whoever needs the result reads the numbers where they are. A value lies
in memory if more than one kernel needs it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.primitive import PRIMITIVES, Structural
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Program,
    Variable,
)
from autograd_lite.program.native import contractions, indexing, loop_nests, maps
from autograd_lite.program.native.cells import Root, Uneven, composed, identity, kernel_of
from autograd_lite.program.native.grouping import Grouping
from autograd_lite.program.native.nests import (
    Applied,
    Buffer,
    Check,
    Fill,
    Nest,
    Node,
    Picked,
    Pieces,
    Shape,
    Step,
    Stored,
    View,
    in_order,
    kind_of_dtype,
    lies_in_order,
    planned,
)
from autograd_lite.program.native.sorts import (
    ADD,
    MULTIPLY,
    VALUES,
    as_numpy_does,
    combined_by,
    moves_of,
    operation_of,
    sort_of,
    spread_of,
)
from autograd_lite.program.straight import COMPARISONS, NotStraight


class Lowering:
    """Makes the steps of a program.

    Args:
        program: every input is given in order, row by row, and each output is left so.
        first: which of the pointers is that of the first input; those of the outputs follow.
    """

    def __init__(self, program: Program, checked: Sequence[int] = ()) -> None:
        self.program = program
        self.steps: list[Step] = []
        self.constants: dict[Any, Buffer] = {}
        self._checked = checked
        self._nodes: dict[Any, Node] = {}
        self._grouping = Grouping(program, sort_of, moves_of)
        self._outputs: dict[Variable, Buffer] = {}
        self._placed: set[Variable] = set()

    def nest(self) -> Nest:
        """All steps.

        Raises:
            NotStraight: if there is an instruction without code.
        """
        program = self.program
        loop_nests.unknown_in(program)
        for i, given in enumerate(program.inputs):
            kind = kind_of_dtype(given.dtype)
            if kind is None:
                raise NotStraight(f"an input of {given.dtype}")
            buffer = Buffer(kind, math.prod(given.shape), "given", i)
            stored = Stored(buffer, 0, in_order(given.shape))
            self._nodes[given] = Node(given.shape, kind, stored)
        count = len(program.inputs)
        for j, x in enumerate(program.outputs):
            if x.__class__ is Variable and x not in self._nodes and x not in self._outputs:
                kind = kind_of_dtype(x.dtype) or ""
                self._outputs[x] = Buffer(kind, math.prod(x.shape), "given", count + j)
        for unit in self._grouping.units():
            if unit.group:
                self._group(unit)
            else:
                self._instruction(unit.one)
        for j, x in enumerate(program.outputs):
            if x.__class__ is not Variable or self._place(x) != count + j:
                self._copied(x, count + j)
            elif x.__class__ is Variable and x not in self._placed:
                self._into(self._nodes[x], self._outputs[x])
        self._check()
        room = planned(self.steps)
        return Nest(self.steps, count, len(program.outputs), room, [])

    def _place(self, x: Variable) -> int | None:
        own = self._outputs.get(x)
        return None if own is None else own.index

    def _copied(self, x: Any, index: int) -> None:
        node = self.node(x)
        kind = node.kind
        if x.__class__ is not Variable:
            x = Variable(np.asarray(x.value))
        self._into(node, Buffer(kind, math.prod(node.shape), "given", index))

    def _into(self, node: Node, buffer: Buffer) -> None:
        """A copy of a node in order in a buffer."""
        self.kernel(node.shape, [Root(node, Stored(buffer, 0, in_order(node.shape)))])

    def _check(self) -> None:
        """Stop if an output is nan."""
        for i in self._checked:
            x = self.program.outputs[i]
            if x.__class__ is Variable and x.dtype == np.float64:
                self.check(x)

    def check(self, x: Variable) -> None:
        """Stop if a value is nan; inf·0 is none of those that are looked for."""
        node = self._nodes[x]
        square = Applied(x.shape, "d", MULTIPLY, (node, node))
        how, neutral = combined_by(np.add)
        total = Stored(Buffer("d", 1), 0, (0,) * len(x.shape))
        self.kernel(x.shape, [Root(square, total, how, neutral)])
        self.steps.append(Check([total.buffer], [], [(total, ())]))

    # ------------------------------------------------------------ nodes

    def node(self, x: Any) -> Node:
        """The node of a reference."""
        if x.__class__ is Variable:
            return self._nodes[x]
        value = np.asarray(x.value if x.__class__ is Constant else x)
        if value.dtype.kind in "iu":
            value = value.astype(np.float64)
        kind = kind_of_dtype(value.dtype)
        if kind is None:
            raise NotStraight(f"a constant of {value.dtype}")
        flat = value.ravel()
        if not flat.size or np.all(
            flat.view("u1" if kind == "b" else "u8") == flat[:1].view("u1" if kind == "b" else "u8")
        ):
            first = flat[0].item() if flat.size else 0.0
            return Fill(value.shape, kind, first)
        return Node(value.shape, kind, self.constant(value, kind))

    def constant(self, value: Any, kind: str) -> Stored:
        """An array that is always the same."""
        value = np.asarray(value, order="C")  # not ascontiguousarray: it gives 0-d an axis
        if value.size > maps.MOST_PLACES:
            raise NotStraight("a large constant")
        key = (kind, value.tobytes())
        if key not in self.constants:
            self.constants[key] = Buffer(kind, value.size, "constant", 0, value)
        return Stored(self.constants[key], 0, in_order(value.shape))

    def kernel(self, shape: Shape, roots: Sequence[Root], before: Sequence[Node] = ()) -> Any:
        """A step that leaves some values; what it cannot read evenly is stored before."""
        while True:
            try:
                made = kernel_of(shape, roots, before)
                break
            except Uneven as uneven:
                self.store(uneven.node)
        for root in made.begun:
            assert root.stored is not None
            self.filled(root.stored.buffer, root.neutral)
        self.steps.append(made.kernel)
        return made

    def filled(self, buffer: Buffer, value: float) -> None:
        whole = Stored(buffer, 0, (1,))
        fill = Fill((buffer.size,), "d", value)
        self.steps.append(kernel_of((buffer.size,), [Root(fill, whole)]).kernel)

    def store(self, node: Node) -> None:
        """Let a node lie in memory, in order."""
        stored = Stored(Buffer(node.kind, math.prod(node.shape)), 0, in_order(node.shape))
        parts = node.parts if isinstance(node, Pieces) else (((0,) * len(node.shape), node),)
        for start, part in parts:
            offset = sum(s * i for s, i in zip(stored.strides, start, strict=True))
            at = Stored(stored.buffer, offset, stored.strides)
            self.kernel(part.shape, [Root(part, at)])
        node.stored = stored

    def in_order(self, node: Node) -> Stored:
        """Where a node lies row by row."""
        if node.stored is None:
            self.store(node)
        assert node.stored is not None
        if lies_in_order(node.stored, node.shape):
            return node.stored
        copy = View(node.shape, node, (0,) * len(node.shape), identity(len(node.shape)))
        self.store(copy)
        assert copy.stored is not None
        return copy.stored

    # ------------------------------------------------------------ instructions

    def _group(self, unit: Any) -> None:
        members = unit.group
        shape = members[0].results[0].shape
        for one in members:
            self._nodes[one.results[0]] = self._applied(one)
        if unit.is_inlined:
            return
        kept = [x for x in unit.kept if x.shape == shape]
        roots = []
        for x in kept:
            own = self._outputs.get(x)
            stored = Stored(own, 0, in_order(shape)) if own is not None else None
            roots.append(Root(self._nodes[x], stored))
        reductions = []
        for one in unit.reductions:
            root, z = self._reduction(one)
            roots.append(root)
            reductions.append((one, z))
        if not roots:
            return
        made = self.kernel(shape, roots, [self._nodes[one.results[0]] for one in members])
        for x, stored in zip(kept, made.stored, strict=False):
            self._nodes[x].stored = stored
            self._placed.add(x)
        for one, z in reductions:
            self._nodes[one.results[0]] = z

    def _applied(self, one: Instruction) -> Node:
        z = one.results[0]
        operation, arguments = as_numpy_does(operation_of(one), one.arguments, z)
        given = [self.node(x) for x in arguments]
        return Applied(z.shape, VALUES[z.dtype], operation, given)

    def _instruction(self, one: Instruction) -> None:
        sort = self._grouping.sorts[id(one)]
        if sort == "move":
            self._moved(one)
        elif sort == "reduce":
            root, z = self._reduction(one)
            self.kernel(root.node.shape, [root])
            self._nodes[one.results[0]] = z
        elif sort == "spread":
            self._spread(one)
        elif sort == "product":
            contractions.product(self, one)
        elif sort == "any":
            self._any(one)
        elif sort == "extreme":
            indexing.extreme(self, one)
        elif sort == "indexed":
            indexing.lowered(self, one, combined_by(np.add))
        else:
            loop_nests.call_of(self, one)

    def own_place(self, x: Variable) -> Buffer | None:
        """The buffer of a result, if it is an output; it is left there."""
        self._placed.add(x)
        return self._outputs.get(x)

    def set(self, x: Variable, node: Node) -> None:
        """What a variable is."""
        self._nodes[x] = node

    def result(self, x: Variable) -> Stored:
        """Where a result is to lie, in order."""
        own = self._outputs.get(x)
        self._placed.add(x)
        buffer = own or Buffer(kind_of_dtype(x.dtype) or "", math.prod(x.shape))
        return Stored(buffer, 0, in_order(x.shape))

    def _reduction(self, one: Instruction) -> tuple[Root, Node]:
        (given,), z = one.arguments, one.results[0]
        node = self.node(given)
        assert isinstance(one.operation, Structural)
        how, neutral = combined_by(one.operation.reduces)
        axis = one.params.get("axis")
        count = len(node.shape)
        axes = normalize_axis_tuple(range(count) if axis is None else axis, count)
        strides, step = [0] * count, 1
        for a in reversed(range(count)):
            if a not in axes:
                strides[a] = step
                step *= node.shape[a]
        stored = self.result(z)
        return (
            Root(node, Stored(stored.buffer, 0, tuple(strides)), how, neutral),
            Node(z.shape, "d", stored),
        )

    def _any(self, one: Instruction) -> None:
        """As many as hold, and whether that is none, or all."""
        node, z = self.node(one.arguments[0]), one.results[0]
        how, neutral = combined_by(np.add)
        count = Stored(Buffer("d", 1), 0, (0,) * len(node.shape))
        self.kernel(node.shape, [Root(node, count, how, neutral)])
        total = Node((), "d", Stored(count.buffer, 0, ()))
        is_any = isinstance(one.operation, NumpyCall) and one.operation.function is np.any
        least = Fill((), "d", 1.0 if is_any else float(math.prod(node.shape)))
        self._nodes[z] = Applied((), "b", COMPARISONS[np.greater_equal], (total, least))

    def _spread(self, one: Instruction) -> None:
        """Each operand is added to zeros; the first is no more than copied, if it fills them."""
        z = one.results[0]
        every, divisor = spread_of(one)
        size = math.prod(z.shape)
        stored = Stored(Buffer("d", size), 0, in_order(z.shape))
        if divisor == 1:
            stored = self.result(z)
        how, neutral = combined_by(np.add)
        self.filled(stored.buffer, 0.0)
        for x, places in zip(one.arguments, every, strict=True):
            node = self.node(x)
            boxes = maps.boxes_of([places])
            if boxes is not None and len(boxes) == 1:
                at = Stored(stored.buffer, boxes[0].bases[0], boxes[0].steps[0])
                root = Root(node, at, how, neutral)
                if (
                    self.steps[-1].writes == [stored.buffer]
                    and np.unique(places).size == size == places.size
                ):
                    self.steps.pop()  # nothing of the zeros is left
                    root = Root(node, at)
            elif places.size:
                table, steps = self._table(places)
                root = Root(node, Stored(stored.buffer, 0, steps), how, neutral, table)
            else:
                continue
            self.begun(node.shape, root)
        self._nodes[z] = Node(z.shape, "d", stored)
        if divisor != 1:
            given = (self._nodes[z], Fill(z.shape, "d", float(divisor)))
            self._nodes[z] = Applied(z.shape, "d", PRIMITIVES["divide"], given)

    def begun(self, shape: Shape, root: Root) -> None:
        """Combined with what is there already."""
        while True:
            try:
                made = kernel_of(shape, [root], (), False)
                break
            except Uneven as uneven:
                self.store(uneven.node)
        self.steps.append(made.kernel)

    def _table(self, places: Any) -> tuple[Stored, Shape]:
        """Places as a table along some axes, and steps along the others."""
        steps, index = [], []
        shape = places.shape
        for axis in range(places.ndim):
            cuts, (step,) = maps.cuts_of([places], axis)
            even = not cuts
            steps.append(step if even else 0)
            index.append(slice(0, 1) if even else slice(None))
        part = places[tuple(index)]
        stored = self.constant(part.astype(np.int64), "q")
        strides = tuple(
            0 if m == 1 else s for m, s in zip(part.shape, in_order(part.shape), strict=True)
        )
        assert len(strides) == len(shape)
        return Stored(stored.buffer, 0, strides), tuple(steps)

    # ------------------------------------------------------------ what moves numbers

    def _moved(self, one: Instruction) -> None:
        nodes = [self.node(x) for x in one.arguments]
        for x, made in zip(one.results, moves_of(one), strict=True):
            self._nodes[x] = self._of_moves(nodes, *made)

    def _of_moves(
        self, nodes: Sequence[Node], moves: maps.Moves, used: Sequence[int], boxes: Any, counts: Any
    ) -> Node:
        if boxes is None:
            return self._by_table(nodes[used[0]], moves.sources[used[0]], moves.cleared)
        parts: list[tuple[Shape, Node]] = []
        for box in boxes:
            terms = [
                self._view(nodes[k], base, steps, box.shape)
                for k, base, steps in zip(used, box.bases, box.steps, strict=True)
                if base >= 0
            ]
            if not terms or (len(terms) == 1 and moves.cleared):
                terms = [Fill(box.shape, "d", 0.0), *terms]
            add = lambda a, b, shape=box.shape: Applied(shape, "d", ADD, (a, b))  # noqa: E731
            parts.append((box.start, functools.reduce(add, terms)))
        if not parts:
            return Fill(moves.shape, "d", 0.0)
        if len(parts) == 1 and parts[0][1].shape == moves.shape:
            return parts[0][1]
        return Pieces(moves.shape, "d", parts)

    def _view(self, node: Node, base: int, steps: Shape, shape: Shape) -> Node:
        """The numbers at places of a node."""
        if isinstance(node, Fill):
            return Fill(shape, node.kind, node.value)
        found = maps.coordinates(base, steps, shape, node.shape)
        if found is None:
            at = self.in_order(node)
            return Node(shape, node.kind, Stored(at.buffer, at.offset + base, steps))
        start, rows = found
        if node.stored is not None:
            strides, axes = node.stored.strides, len(shape)
            offset = sum(s * b for s, b in zip(strides, start, strict=True))
            along = tuple(
                sum(s * r[a] for s, r in zip(strides, rows, strict=True)) for a in range(axes)
            )
            stored = Stored(node.stored.buffer, node.stored.offset + offset, along)
            return Node(shape, node.kind, stored)
        if isinstance(node, View):
            start, rows = composed((node.base, node.rows), start, rows, len(shape))
            node = node.node
        return View(shape, node, start, rows)

    def _by_table(self, node: Node, places: Any, cleared: bool) -> Node:
        at = self.in_order(node)
        table, steps = self._table(places)
        own = Node(places.shape, "q", table)
        found: Node = Picked(places.shape, "d", Stored(at.buffer, at.offset, steps), own)
        if cleared:
            zero = Fill(places.shape, "d", 0.0)
            found = Applied(places.shape, "d", ADD, (zero, found))
        return found
