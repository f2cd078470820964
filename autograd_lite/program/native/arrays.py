"""Programs of arrays as nests of loops.

Elementwise operations of one shape that can be done together are one kernel. What only moves
numbers is no step at all: whoever needs the result reads the numbers where they are. A value lies
in memory if more than one kernel needs it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Structural
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Program,
    Variable,
    parts_of,
)
from autograd_lite.program.native import loop_nests, maps, products
from autograd_lite.program.native.cells import Root, Uneven, composed, kernel_of, place_of
from autograd_lite.program.native.grouping import Grouping
from autograd_lite.program.native.lower import Op, template
from autograd_lite.program.native.nests import (
    Applied,
    Buffer,
    Check,
    Fill,
    Nest,
    Node,
    Picked,
    Pieces,
    Place,
    Product,
    Shape,
    Step,
    Stored,
    View,
    in_order,
    kind_of_dtype,
    lies_in_order,
    planned,
)
from autograd_lite.program.straight import COMPARISONS, NotStraight

_VALUES = {
    np.dtype(np.float64): "d",
    np.dtype(np.bool_): "b",
}
MULTIPLY, ADD = PRIMITIVES["multiply"], PRIMITIVES["add"]


# ---------------------------------------------------------------- what an instruction is


def sort_of(one: Instruction) -> str:
    """What is to be done for an instruction: "point" for every element alone, "move" to take the
    numbers from elsewhere, "reduce", "spread", "product", "call".

    Raises:
        NotStraight: if there is no code for it.
    """
    operation = one.operation
    if any(x.dtype not in _VALUES for x in one.results) or any(
        x.__class__ is Variable and x.dtype not in _VALUES for x in one.arguments
    ):
        raise NotStraight("it is of numbers that are not float64")
    if any(x.__class__ is Variable for x in parts_of(one.params)):
        raise NotStraight(f"{operation.name} depends on numbers")
    if isinstance(operation, NumpyCall | Elementwise):
        return _sort_of_point(one)
    assert isinstance(operation, Structural)
    if any(hasattr(x, "code") for x in one.params.values()):
        loop_nests.plan_of(one)
        return "call"
    if not all(_is_double(x) for x in one.arguments):
        raise NotStraight(f"{operation.name} of truth values")
    if operation.reduces is not None and set(one.params) <= {"axis", "keepdims"}:
        combined_by(operation.reduces)
        return "reduce"
    if labels_of(one) is not None:
        return "product"
    if moves_of(one) is not None:
        return "move"
    if spread_of(one) is not None:
        return "spread"
    raise NotStraight(f"{operation.name} has no counterpart")


def _is_double(x: Any) -> bool:
    if x.__class__ is Variable:
        return bool(x.dtype == np.float64)
    value = getattr(x, "value", x)
    return np.asarray(value).dtype.kind in "fib"


def _sort_of_point(one: Instruction) -> str:
    z = one.results[0]
    operation = operation_of(one)
    if operation is None or one.is_several or one.params:
        name = one.operation.name
        raise NotStraight(f"{name} has no value on floats")
    is_comparison = operation in COMPARISONS.values()
    if is_comparison != (z.dtype == np.bool_):
        raise NotStraight(f"{one.operation.name} of truth values")
    for x in one.arguments:
        if x.__class__ is not Variable and not _is_double(x):
            raise NotStraight("a constant of another kind")
    kinds = tuple(
        x.dtype == np.bool_ if x.__class__ is Variable else _constant_is_truth(x)
        for x in one.arguments
    )
    template(operation.floats, tuple(operation.operands), kinds)
    return "point"


def _constant_is_truth(x: Any) -> bool:
    return np.asarray(getattr(x, "value", x)).dtype == np.bool_


@functools.cache
def _by_function(version: int) -> dict[Any, Elementwise]:
    return {p.arrays: p for p in PRIMITIVES.values() if isinstance(p, Elementwise)}


def operation_of(one: Instruction) -> Any:
    """What an elementwise instruction applies, with its value on floats; None if it is none."""
    operation = one.operation
    if isinstance(operation, NumpyCall):
        found = COMPARISONS.get(operation.function)
        if found is not None:
            return found
        operation = _by_function(len(PRIMITIVES)).get(operation.function)  # type: ignore[assignment]
    return operation if getattr(operation, "floats", None) is not None else None


def combined_by(ufunc: Any) -> tuple[tuple[list[Op], int], float]:
    """What a ufunc does with two numbers, and the number that changes no other."""
    for p in PRIMITIVES.values():
        if isinstance(p, Elementwise) and ufunc in (p.arrays, *p.numpy) and len(p.operands) == 2:
            how = template(p.floats, tuple(p.operands), (False, False))
            if ufunc.identity is not None:
                return how, float(ufunc.identity)
            neutral = -math.inf if ufunc(-math.inf, 0.0) == 0.0 else math.inf
            return how, neutral
    raise NotStraight(f"{ufunc.__name__} has no value on floats")


def shape_of(x: Any) -> Shape:
    """The shape of a reference."""
    return x.shape if x.__class__ is Variable else np.shape(getattr(x, "value", x))


_known_maps: dict[Any, Any] = {}


def _remembered(name: str, one: Instruction, make: Any) -> Any:
    """What `make` gives, made once for each primitive, shapes and parameters."""
    shapes = tuple(map(shape_of, one.arguments))
    try:
        params = tuple((k, _key(x)) for k, x in one.params.items())
        key = (name, one.operation.name, shapes, params)
        hash(key)
    except TypeError:
        return make(one.operation, shapes, one.params)
    if key not in _known_maps:
        if len(_known_maps) > 2000:
            _known_maps.clear()
        _known_maps[key] = make(one.operation, shapes, one.params)
    return _known_maps[key]


def _key(x: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic):
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, slice):
        return ("slice", x.start, x.stop, x.step)
    if isinstance(x, tuple | list):
        return (type(x), *map(_key, x))
    return type(x), repr(x) if isinstance(x, float) else x


def labels_of(one: Instruction) -> Any:
    """The labels of a sum of products; None if it is none."""
    contracts = getattr(one.operation, "contracts", None)
    return (
        None if contracts is None else contracts(list(map(shape_of, one.arguments)), **one.params)
    )


def moves_of(one: Instruction) -> Any:
    """For each result the boxes, or the table, by which it takes its numbers; None if it does
    more."""
    return _remembered("moves", one, _moves)


def _moves(primitive: Structural, shapes: Sequence[Shape], params: Mapping[str, Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            found = maps.moves_of(primitive, shapes, params)
    except Exception:
        return None
    if found is None:
        return None
    made = []
    for one in found:
        used = [k for k, x in enumerate(one.sources) if np.any(x >= 0)]
        boxes = maps.boxes_of([one.sources[k] for k in used]) if used else []
        if boxes is None and len(used) > 1:
            return None
        counts = {k: int((one.sources[k] >= 0).sum()) for k in used}
        made.append((one, used, boxes, counts))
    return made


def spread_of(one: Instruction) -> Any:
    """Where each number of each operand is added, and by how much the sums are divided; None if it
    does more."""
    return _remembered("spread", one, _spread)


def _spread(primitive: Structural, shapes: Sequence[Shape], params: Mapping[str, Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return maps.spread_of(primitive, shapes, params)
    except Exception:
        return None


# ---------------------------------------------------------------- the steps


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
        value = np.ascontiguousarray(value)
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
            self._filled(root.stored.buffer, root.neutral)
        self.steps.append(made.kernel)
        return made

    def _filled(self, buffer: Buffer, value: float) -> None:
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
        copy = View(node.shape, node, (0,) * len(node.shape), _identity(len(node.shape)))
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
        given = [self.node(x) for x in one.arguments]
        return Applied(z.shape, _VALUES[z.dtype], operation_of(one), given)

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
            self._product(one)
        else:
            loop_nests.call_of(self, one)

    def set(self, x: Variable, node: Node) -> None:
        """What a variable is."""
        self._nodes[x] = node

    def result(self, x: Variable) -> Stored:
        """Where a result is to lie, in order."""
        own = self._outputs.get(x)
        self._placed.add(x)
        buffer = own or Buffer(_VALUES[x.dtype], math.prod(x.shape))
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

    def _spread(self, one: Instruction) -> None:
        """Each operand is added to zeros; the first is no more than copied, if it fills them."""
        z = one.results[0]
        every, divisor = spread_of(one)
        size = math.prod(z.shape)
        stored = Stored(Buffer("d", size), 0, in_order(z.shape))
        if divisor == 1:
            stored = self.result(z)
        how, neutral = combined_by(np.add)
        self._filled(stored.buffer, 0.0)
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
            self._begun(node.shape, root)
        self._nodes[z] = Node(z.shape, "d", stored)
        if divisor != 1:
            given = (self._nodes[z], Fill(z.shape, "d", float(divisor)))
            self._nodes[z] = Applied(z.shape, "d", PRIMITIVES["divide"], given)

    def _begun(self, shape: Shape, root: Root) -> None:
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

    def _product(self, one: Instruction) -> None:
        given, result = labels_of(one)
        z = one.results[0]
        nodes = [self.node(x) for x in one.arguments]
        lengths: dict[Any, int] = {}
        for node, labels in zip(nodes, given, strict=True):
            for n, label in zip(node.shape, labels, strict=True):
                lengths[label] = n if lengths.get(label, 1) == 1 else lengths[label]
        order = [*result, *(a for a in lengths if a not in result)]
        shape = tuple(lengths[a] for a in order)
        for node in nodes:
            if node.stored is None and not isinstance(node, Fill):
                self.store(node)
        if len(nodes) == 2 and self._tiled(one, nodes, given, order, shape):
            return
        views = [
            View(shape, node, (0,) * len(labels), _rows(node.shape, labels, order))
            for node, labels in zip(nodes, given, strict=True)
        ]
        whole: Node = functools.reduce(
            lambda a, b: Applied(shape, "d", MULTIPLY, (a, b)), cast(list[Node], views)
        )
        stored = self.result(z)
        how, neutral = combined_by(np.add)
        strides = (*in_order(z.shape), *(0 for _ in shape[len(z.shape) :]))
        self.kernel(shape, [Root(whole, Stored(stored.buffer, 0, strides), how, neutral)])
        self._nodes[z] = Node(z.shape, "d", stored)

    def _tiled(self, one: Any, nodes: list[Node], given: Any, order: Any, shape: Shape) -> bool:
        """Whether a product is one of tiles; then it is a step."""
        z = one.results[0]
        free = len(z.shape)
        if not math.prod(shape) or any(isinstance(x, Fill) for x in nodes):
            return False
        if any(
            n > 1 and not all(a in x for x in given)
            for a, n in zip(order[free:], shape[free:], strict=True)
        ):
            return False
        product = Product(shape=shape, free=free)

        def places() -> None:
            found = []
            for node, labels in zip(nodes, given, strict=True):
                assert node.stored is not None
                rows = _rows(node.shape, labels, order)
                found.append(place_of(node.stored, (0,) * len(labels), rows, len(order)))
            product.left, product.right = found

        places()
        if products.vector_axis(product) is None:
            k = self._to_turn(nodes, given, order, shape, free)
            if k is None:
                return False
            nodes[k] = self._turned(nodes[k], given[k], order[:free])
            places()
        found = products.vector_axis(product)
        if found is None:
            return False
        own = self._outputs.get(z)
        strides = in_order(z.shape)
        if own is None:
            last = found[0]
            axes = [*(a for a in range(free) if a != last), last]
            strides = _strides_in(z.shape, axes)
        stored = Stored(own or Buffer("d", math.prod(z.shape)), 0, strides)
        self._placed.add(z)
        product.out = Place(stored.buffer, 0, (*strides, *(0 for _ in shape[free:])))
        product.reads = [product.left.buffer, product.right.buffer]
        product.writes = [stored.buffer]
        self.steps.append(product)
        self._nodes[z] = Node(z.shape, "d", stored)
        return True

    def _to_turn(self, nodes: Any, given: Any, order: Any, shape: Shape, free: int) -> int | None:
        """Which operand is to be copied so that it lies side by side along an axis of its own: the
        smaller one, if it is used often."""
        best: tuple[int, int] | None = None
        for k, (node, labels) in enumerate(zip(nodes, given, strict=True)):
            other = given[1 - k]
            own = [
                n
                for a, n in zip(order[:free], shape, strict=False)
                if a in labels and a not in other
            ]
            often = [
                n
                for a, n in zip(order[:free], shape, strict=False)
                if a in other and a not in labels
            ]
            size = math.prod(node.shape)
            if math.prod(own) > 1 and math.prod(often) >= 8 and (best is None or size < best[0]):
                best = (size, k)
        return None if best is None else best[1]

    def _turned(self, node: Node, labels: Any, free: Any) -> Node:
        """A copy, in which the last axis that stays lies innermost."""
        axes = sorted(range(len(labels)), key=lambda d: (labels[d] in free, d))
        copy = View(node.shape, node, (0,) * len(labels), _identity(len(labels)))
        stored = Stored(Buffer("d", math.prod(node.shape)), 0, _strides_in(node.shape, axes))
        self.kernel(node.shape, [Root(copy, stored)])
        return Node(node.shape, "d", stored)

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


def _rows(shape: Shape, labels: Sequence[Any], order: Sequence[Any]) -> tuple[Shape, ...]:
    """Which axis of a product each axis of an operand is."""
    return tuple(
        tuple(int(a == label and n > 1) for a in order)
        for n, label in zip(shape, labels, strict=True)
    )


def _strides_in(shape: Shape, axes: Sequence[int]) -> Shape:
    """The strides of an array that lies in an order of its axes, the last innermost."""
    strides, step = [0] * len(shape), 1
    for a in reversed(axes):
        strides[a] = step
        step *= shape[a]
    return tuple(strides)


def _identity(n: int) -> tuple[Shape, ...]:
    return tuple(tuple(int(a == d) for a in range(n)) for d in range(n))
