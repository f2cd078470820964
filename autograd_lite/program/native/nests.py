"""Programs of arrays as nests of loops: what machine code is written from.

A value is a `Node`: numbers that lie in a buffer, or an expression of other nodes at places that
depend on the place in it in an even way. A `Kernel` runs through all places of a shape, once, and
leaves some values in buffers. All shapes are known, so all places are, and each buffer has its
place in one piece of memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.program.native.lower import Op

Shape = tuple[int, ...]

KINDS = {"d": ("double", 8), "b": ("i8", 1), "q": ("i64", 8)}
"""What an element of a buffer is to LLVM, and how many bytes it has, by the character of NumPy's
dtype; truth values are bytes."""


def kind_of_dtype(dtype: Any) -> str | None:
    """The kind of the elements of an array; None for those that there is no code for."""
    dtype = np.dtype(dtype)
    if dtype == np.float64 and dtype.isnative:
        return "d"
    if dtype == np.bool_:
        return "b"
    return "q" if dtype == np.int64 and dtype.isnative else None


@dataclass(eq=False)
class Buffer:
    """Room for some numbers."""

    kind: str
    size: int
    role: str = "arena"
    """"arena", "given" for what the caller has, "constant"."""
    index: int = 0
    """Which of the pointers, or constants, it is; in the arena, the byte that it begins with."""
    data: Any = None
    """Of a constant, the array."""

    @property
    def bytes(self) -> int:
        """How long it is."""
        return self.size * KINDS[self.kind][1]


@dataclass(frozen=True, slots=True)
class Stored:
    """Numbers of a buffer: at index i the one at offset + Σ stride·i."""

    buffer: Buffer
    offset: int
    strides: tuple[int, ...]


class Node:
    """An array of known shape; `stored` once it lies in memory."""

    __slots__ = ("kind", "shape", "stored")

    def __init__(self, shape: Shape, kind: str, stored: Stored | None = None) -> None:
        self.shape = shape
        self.kind = kind
        self.stored = stored


class Fill(Node):
    """One number everywhere."""

    __slots__ = ("value",)

    def __init__(self, shape: Shape, kind: str, value: Any) -> None:
        super().__init__(shape, kind)
        self.value = value


class Applied(Node):
    """An elementwise operation."""

    __slots__ = ("arguments", "operation")

    def __init__(self, shape: Shape, kind: str, operation: Any, arguments: Sequence[Node]) -> None:
        super().__init__(shape, kind)
        self.operation = operation
        self.arguments = tuple(arguments)


class View(Node):
    """Another node at index base + rows·i."""

    __slots__ = ("base", "node", "rows")

    def __init__(self, shape: Shape, node: Node, base: Shape, rows: tuple[Shape, ...]) -> None:
        super().__init__(shape, node.kind)
        self.node = node
        self.base = base
        self.rows = rows


class Pieces(Node):
    """Nodes in boxes, which together are the whole: (start, node)."""

    __slots__ = ("parts",)

    def __init__(self, shape: Shape, kind: str, parts: Sequence[tuple[Shape, Node]]) -> None:
        super().__init__(shape, kind)
        self.parts = tuple(parts)


class Picked(Node):
    """Numbers of a buffer at places out of a table, or computed when the program runs: at index i
    the one at offset + Σ stride·i + table(i); 0 where that of the table is negative."""

    __slots__ = ("source", "table")

    def __init__(self, shape: Shape, kind: str, source: Stored, table: Node) -> None:
        super().__init__(shape, kind)
        self.source = source
        self.table = table


class Rows(Node):
    """Rows of which it is known only when the program runs how many there are: in records that lie
    one behind the other on the heap. The slot holds the address of the first, and their number."""

    __slots__ = ("offset", "record", "slot")

    def __init__(self, shape: Shape, kind: str, slot: Buffer, offset: int, record: int) -> None:
        super().__init__(shape, kind)
        self.slot = slot
        self.offset = offset
        self.record = record


# ---------------------------------------------------------------- steps


@dataclass(frozen=True, slots=True)
class Place:
    """Of a buffer the element start + Σ coefficient·index of the loops."""

    buffer: Buffer
    start: int
    coefficients: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a cell reads: an element, or, with a table, one that lies as far behind as that says."""

    place: Place
    table: Place | None = None


@dataclass(frozen=True, slots=True)
class Sink:
    """What becomes of an operation's result: it is stored, or combined with what is stored."""

    op: int
    place: Place
    combine: tuple[list[Op], int] | None = None
    """Operations on inputs 0 and 1, and which of them is the result."""
    neutral: float = 0.0
    """What it begins with, which changes nothing."""
    direct: bool = False
    """Whether what is combined along the innermost loop is all there is."""
    table: Place | None = None
    extreme: str = ""
    """Of which number of the innermost loop the place is wanted: "lt" of the least, "gt" of the
    greatest; a nan is both."""


@dataclass
class Cell:
    """A box of a kernel in which all is even: loops over its shape."""

    shape: Shape
    leaves: list[Leaf]
    ops: list[Op]
    truths: set[int]
    """The leaves that are truth values."""
    sinks: list[Sink]


@dataclass
class Step:
    """Something that is done in its turn."""

    reads: list[Buffer] = field(default_factory=list)
    writes: list[Buffer] = field(default_factory=list)


@dataclass
class Kernel(Step):
    """Cells, one after the other."""

    cells: list[Cell] = field(default_factory=list)


@dataclass
class Product(Step):
    """out = Σ left·right over the axes that are no axes of the result."""

    shape: Shape = ()
    """The lengths of all axes; those of the result first."""
    free: int = 0
    """How many the result has."""
    left: Any = None
    right: Any = None
    out: Any = None
    """Places, whose coefficients are along these axes."""


@dataclass
class Indices(Step):
    """Places out of indices that are known when the program runs: step·index; from the end, if it
    is negative."""

    given: Any = None
    made: Any = None
    count: int = 0
    length: int = 0
    """How long the axis is that they are indices of."""
    step: int = 1


@dataclass
class Call(Step):
    """A loop, or a branch, whose bodies are programs of their own."""

    text: Any = None
    """Writes it: see `native.loop_nests`."""
    may_stop: bool = False
    uses_heap: bool = False


@dataclass
class Check(Step):
    """Stops the program if there is nan in one of the places."""

    stored: list[tuple[Stored, Shape]] = field(default_factory=list)


@dataclass
class Nest:
    """A program: its steps, and how much memory they need."""

    steps: list[Step]
    inputs: int
    outputs: int
    room: int
    constants: list[Buffer]


def in_order(shape: Shape) -> tuple[int, ...]:
    """The strides of an array that lies row by row."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


def lies_in_order(stored: Stored, shape: Shape) -> bool:
    """Whether the numbers lie row by row, one beside the other."""
    wanted = in_order(shape)
    return not math.prod(shape) or all(
        n == 1 or a == b for n, a, b in zip(shape, stored.strides, wanted, strict=True)
    )


def planned(steps: Sequence[Step], first: int = 0) -> int:
    """Gives each buffer of the arena its place, used again when nobody needs it; how many bytes
    all take."""
    last: dict[int, int] = {}
    born: dict[int, int] = {}
    buffers: dict[int, Buffer] = {}
    for i, step in enumerate(steps):
        for x in (*step.reads, *step.writes):
            if x.role == "arena":
                buffers[id(x)] = x
                last[id(x)] = i
                born.setdefault(id(x), i)
    arriving: dict[int, list[Buffer]] = {}
    leaving: dict[int, list[Buffer]] = {}
    for key, x in buffers.items():
        arriving.setdefault(born[key], []).append(x)
        leaving.setdefault(last[key], []).append(x)
    free: list[tuple[int, int]] = []
    end = first
    for i in range(len(steps)):
        for x in arriving.get(i, ()):
            size = -(-max(x.bytes, 1) // 64) * 64
            fits = [hole for hole in free if hole[1] >= size]
            if fits:
                at, length = hole = min(fits, key=lambda h: h[1])
                free.remove(hole)
                if length > size:
                    free.append((at + size, length - size))
                x.index = at
            else:
                x.index, end = end, end + size
        for x in leaving.get(i, ()):
            free = _joined(free, (x.index, -(-max(x.bytes, 1) // 64) * 64))
    return end


def _joined(free: list[tuple[int, int]], hole: tuple[int, int]) -> list[tuple[int, int]]:
    """The holes with one more, which grows together with its neighbours."""
    at, length = hole
    rest = []
    for a, n in free:
        if a + n == at:
            at, length = a, length + n
        elif at + length == a:
            length += n
        else:
            rest.append((a, n))
    return [*rest, (at, length)]
