"""Values of a program as kernels: what is read, computed and left at each place of a shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.program.native.lower import Op, Ops, applied, arguments_of
from autograd_lite.program.native.nests import (
    Applied,
    Buffer,
    Cell,
    Fill,
    Kernel,
    Leaf,
    Node,
    Picked,
    Pieces,
    Place,
    Shape,
    Sink,
    Stored,
    View,
)
from autograd_lite.program.straight import NotStraight

Rows = tuple[Shape, ...]

MOST_CELLS = 48
"""Into how many cells a kernel is cut at most."""


class Uneven(Exception):
    """A node of which no kernel can be cut so that it is even: it must lie in memory first."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class Unfit(Exception):
    """The innermost loop is not the one along which an extreme is looked for."""


@dataclass
class Root:
    """What a kernel is to leave: a value, in a buffer."""

    node: Node
    stored: Stored | None = None
    """Where; None if the kernel may choose, see `Kept`."""
    combine: tuple[list[Op], int] | None = None
    neutral: float = 0.0
    table: Stored | None = None
    """Where it is combined with what lies at a place out of a table, the table."""
    extreme: str = ""
    """As in `Sink`."""


@dataclass
class Made:
    """A kernel, and whether what it combines must be neutral before."""

    kernel: Kernel
    stored: list[Stored]
    begun: list[Root]


def kernel_of(
    shape: Shape, roots: Sequence[Root], before: Sequence[Node] = (), begins: bool = True
) -> Made:
    """The kernel that computes some values, all of one shape.

    Args:
        before: what these are made of, in order: so nothing is nested deeply.
        begins: whether what is combined along a loop may be all there is.

    Raises:
        Uneven: if a node must lie in memory first.
        NotStraight: if there is an expression without a counterpart.
    """
    identity = tuple(tuple(int(a == d) for a in range(len(shape))) for d in range(len(shape)))
    zero = (0,) * len(shape)
    cuts = _Cuts(shape)
    for node in (*before, *(x.node for x in roots)):
        cuts.look(node, zero, identity)
    kernel, stored, begun = Kernel(), [], []
    boxes = cuts.boxes()
    drafts = []
    for start, box in boxes:
        builder = _Builder(identity)
        for node in before:
            builder.op(node, start, identity)
        drafts.append((start, box, builder, [builder.op(x.node, start, identity) for x in roots]))
    leaves = max(drafts, key=lambda x: math.prod(x[1]))[2].leaves if drafts else []
    order = _order(shape, [x.place for x in leaves])
    for root in roots:
        stored.append(root.stored or _room(root.node, order))
    for start, box, builder, ops in drafts:
        sinks = []
        for root, at, op in zip(roots, stored, ops, strict=True):
            wanted = op if at.buffer.kind == "b" else builder.ops.number(op)
            if at.buffer.kind == "b" and not builder.ops.is_truth(op):
                raise NotStraight("a number as a truth value")
            table = None
            if root.table is not None:
                table = place_of(root.table, start, identity, len(shape))
            place = place_of(at, start, identity, len(shape))
            sinks.append(
                Sink(wanted, place, root.combine, root.neutral, False, table, root.extreme)
            )
        if math.prod(box):
            kernel.cells.append(_cell(box, builder, sinks, begins and len(drafts) == 1))
    for i, (root, at) in enumerate(zip(roots, stored, strict=True)):
        kernel.writes.append(at.buffer)
        direct = kernel.cells and all(cell.sinks[i].direct for cell in kernel.cells)
        if root.combine is not None and not direct:
            begun.append(Root(root.node, at, None, root.neutral))
    kernel.reads = _read(kernel)
    return Made(kernel, stored, begun)


def _read(kernel: Kernel) -> list[Buffer]:
    found = []
    for cell in kernel.cells:
        for leaf in cell.leaves:
            found.append(leaf.place.buffer)
            if leaf.table is not None:
                found.append(leaf.table.buffer)
        found += [sink.table.buffer for sink in cell.sinks if sink.table is not None]
    return list(dict.fromkeys(found))


def place_of(stored: Stored, base: Shape, rows: Rows, axes: int) -> Place:
    start = stored.offset + sum(s * b for s, b in zip(stored.strides, base, strict=True))
    along = tuple(
        sum(s * row[a] for s, row in zip(stored.strides, rows, strict=True)) for a in range(axes)
    )
    return Place(stored.buffer, start, along)


def _room(node: Node, order: Sequence[int]) -> Stored:
    """A new buffer for a value, which lies in the order of the loops."""
    strides, step = [0] * len(node.shape), 1
    for a in reversed(order):
        strides[a] = step
        step *= node.shape[a]
    return Stored(Buffer(node.kind, math.prod(node.shape)), 0, tuple(strides))


def identity(n: int) -> Rows:
    """The rows of a node as it is."""
    return tuple(tuple(int(a == d) for a in range(n)) for d in range(n))


def composed(outer: tuple[Shape, Rows], base: Shape, rows: Rows, axes: int) -> tuple[Shape, Rows]:
    """Index base' + rows'·(base + rows·i)."""
    first, across = outer
    start = tuple(
        f + sum(r * b for r, b in zip(row, base, strict=True))
        for f, row in zip(first, across, strict=True)
    )
    whole = tuple(
        tuple(sum(r * inner[a] for r, inner in zip(row, rows, strict=True)) for a in range(axes))
        for row in across
    )
    return start, whole


def _aligned(node: Node, argument: Node, base: Shape, rows: Rows, axes: int) -> tuple[Shape, Rows]:
    """The index of an operand that is broadcast to the shape of a result."""
    if argument.shape == node.shape:
        return base, rows
    skip = len(node.shape) - len(argument.shape)
    none = (0,) * axes
    return (
        tuple(0 if n == 1 else b for n, b in zip(argument.shape, base[skip:], strict=True)),
        tuple(none if n == 1 else r for n, r in zip(argument.shape, rows[skip:], strict=True)),
    )


# ---------------------------------------------------------------- cuts


class _Cuts:
    """Where a kernel must be cut so that in each cell every node is even."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._at: list[set[int]] = [set() for _ in shape]
        self._seen: set[Any] = set()

    def look(self, node: Node, base: Shape, rows: Rows) -> None:
        key = (id(node), base, rows)
        if node.stored is not None or key in self._seen:
            return
        self._seen.add(key)
        if isinstance(node, Applied):
            for x in node.arguments:
                self.look(x, *_aligned(node, x, base, rows, len(self._shape)))
        elif isinstance(node, View):
            way = composed((node.base, node.rows), base, rows, len(self._shape))
            self.look(node.node, *way)
        elif isinstance(node, Pieces):
            self._cut(node, base, rows)
            for start, part in node.parts:
                moved = tuple(b - s for b, s in zip(base, start, strict=True))
                self.look(part, moved, rows)

    def _cut(self, node: Pieces, base: Shape, rows: Rows) -> None:
        for d, (first, row) in enumerate(zip(base, rows, strict=True)):
            along = [(a, c) for a, c in enumerate(row) if c and self._shape[a] > 1]
            bounds = {start[d] for start, _ in node.parts} - {0}
            if not along or not bounds:
                continue
            if len(along) > 1:
                raise Uneven(node)
            ((a, c),) = along
            for b in bounds:
                cut = -((first - b) // c) if c > 0 else (first - b) // -c + 1
                if 0 < cut < self._shape[a]:
                    self._at[a].add(cut)
        if math.prod(len(x) + 1 for x in self._at) > MOST_CELLS:
            raise Uneven(node)

    def boxes(self) -> list[tuple[Shape, Shape]]:
        """The start and the shape of each cell."""
        sides = []
        for n, cuts in zip(self._shape, self._at, strict=True):
            bounds = [0, *sorted(cuts), n]
            sides.append([(a, b - a) for a, b in itertools.pairwise(bounds)])
        return [
            (tuple(a for a, _ in box), tuple(n for _, n in box))
            for box in itertools.product(*sides)
        ]


# ---------------------------------------------------------------- operations


class _Builder:
    """The operations of one cell."""

    def __init__(self, identity: Rows) -> None:
        self._axes = len(identity)
        self._truths: set[int] = set()
        self.ops = Ops(self._truths)
        self.leaves: list[Leaf] = []
        self._places: dict[Leaf, int] = {}
        self._known: dict[Any, int] = {}

    @property
    def truths(self) -> set[int]:
        return self._truths

    def op(self, node: Node, base: Shape, rows: Rows) -> int:
        """The operation that gives a node at index base + rows·i."""
        key = (id(node), base, rows)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._made(node, base, rows)
        return found

    def _made(self, node: Node, base: Shape, rows: Rows) -> int:
        if node.stored is not None:
            return self._leaf(Leaf(place_of(node.stored, base, rows, self._axes)))
        if isinstance(node, Fill):
            return self.ops.constant(node.value)
        if isinstance(node, Applied):
            given = [self.op(x, *_aligned(node, x, base, rows, self._axes)) for x in node.arguments]
            return applied(self.ops, node.operation, given)
        if isinstance(node, View):
            return self.op(node.node, *composed((node.base, node.rows), base, rows, self._axes))
        if isinstance(node, Pieces):
            for start, part in node.parts:
                moved = tuple(b - s for b, s in zip(base, start, strict=True))
                if all(0 <= b < n for b, n in zip(moved, part.shape, strict=True)):
                    return self.op(part, moved, rows)
        if isinstance(node, Picked):
            assert node.table.stored is not None
            way = _aligned(node, node.table, base, rows, self._axes)
            table = place_of(node.table.stored, *way, self._axes)
            return self._leaf(Leaf(place_of(node.source, base, rows, self._axes), table))
        raise AssertionError(node)

    def _leaf(self, leaf: Leaf) -> int:
        number = self._places.get(leaf)
        if number is None:
            kind = leaf.place.buffer.kind
            if kind == "q":
                raise NotStraight("whole numbers")
            number = self._places[leaf] = len(self.leaves)
            self.leaves.append(leaf)
            if kind == "b":
                self._truths.add(number)
        return self.ops.add(("input", number))


# ---------------------------------------------------------------- loops


def _order(shape: Shape, places: Sequence[Place]) -> list[int]:
    """The axes, the one along which most lies side by side innermost."""
    weights = [
        (sum(min(abs(x.coefficients[a]), 1 << 12) for x in places) if n > 1 else 0)
        for a, n in enumerate(shape)
    ]
    if not any(weights):
        return list(range(len(shape)))
    return sorted(range(len(shape)), key=lambda a: (-weights[a] if shape[a] > 1 else 1, a))


def _cell(box: Shape, builder: _Builder, sinks: Sequence[Sink], alone: bool) -> Cell:
    """The cell with its axes in the order of the loops, those that can run together as one."""
    ops, leaves, wanted = _needed(builder, [x.op for x in sinks])
    every = [x.place for x in leaves] + [x.table for x in leaves if x.table is not None]
    every += [x.place for x in sinks] + [x.table for x in sinks if x.table is not None]
    order = [a for a in _order(box, every) if box[a] > 1]
    loops: list[list[int]] = []
    for a in order:
        if loops:
            b = loops[-1][-1]
            if all(p.coefficients[b] == p.coefficients[a] * box[a] for p in every):
                loops[-1].append(a)
                continue
        loops.append([a])
    shape = tuple(math.prod(box[a] for a in loop) for loop in loops)

    def moved(place: Place) -> Place:
        along = tuple(place.coefficients[loop[-1]] for loop in loops)
        return Place(place.buffer, place.start, along)

    final = []
    for sink, op in zip(sinks, wanted, strict=True):
        place = moved(sink.place)
        along = place.coefficients
        inner = bool(along) and along[-1] == 0 and all(along[:-1])
        direct = sink.combine is not None and alone and sink.table is None and inner
        if sink.extreme and not (alone and loops and inner):
            raise Unfit
        table = None if sink.table is None else moved(sink.table)
        final.append(Sink(op, place, sink.combine, sink.neutral, direct, table, sink.extreme))
    own = [Leaf(moved(x.place), None if x.table is None else moved(x.table)) for x in leaves]
    truths = {i for i, x in enumerate(own) if x.place.buffer.kind == "b"}
    return Cell(shape, own, ops, truths, final)


def _needed(builder: _Builder, wanted: Sequence[int]) -> tuple[list[Op], list[Leaf], list[int]]:
    """The operations that lead to some, with the leaves that they read."""
    every = builder.ops.ops
    keep = set(wanted)
    for i in range(len(every) - 1, -1, -1):
        if i in keep:
            keep.update(arguments_of(every[i]))
    places: dict[int, int] = {}
    ops: list[Op] = []
    leaves: list[Leaf] = []
    for i, op in enumerate(every):
        if i not in keep:
            continue
        places[i] = len(ops)
        if op[0] == "input":
            ops.append(("input", len(leaves)))
            leaves.append(builder.leaves[op[1]])
        elif op[0] == "constant":
            ops.append(op)
        else:
            start = 2 if op[0] == "call" else 1
            ops.append((*op[:start], *(places[x] for x in op[start:])))
    return ops, leaves, [places[x] for x in wanted]
