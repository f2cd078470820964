"""Sums of products of arrays as steps: in tiles of matrices, or, of any other kind, in loops."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from autograd_lite.program.instructions import (
    Instruction,
)
from autograd_lite.program.native import products
from autograd_lite.program.native.cells import Root, identity, place_of
from autograd_lite.program.native.matrix_steps import matrix_product
from autograd_lite.program.native.nests import (
    Applied,
    Buffer,
    Fill,
    Node,
    Place,
    Product,
    Shape,
    Stored,
    View,
    in_order,
)
from autograd_lite.program.native.sorts import MULTIPLY, combined_by, labels_of


def product(lowering: Any, one: Instruction) -> None:
    given, result = labels_of(one)
    z = one.results[0]
    nodes = [lowering.node(x) for x in one.arguments]
    lengths: dict[Any, int] = {}
    for node, labels in zip(nodes, given, strict=True):
        for n, label in zip(node.shape, labels, strict=True):
            lengths[label] = n if lengths.get(label, 1) == 1 else lengths[label]
    order = [*result, *(a for a in lengths if a not in result)]
    shape = tuple(lengths[a] for a in order)
    for node in nodes:
        if node.stored is None and not isinstance(node, Fill):
            lowering.store(node)
    if len(nodes) == 2 and _tiled(lowering, one, nodes, given, order, shape):
        return
    views = [
        View(shape, node, (0,) * len(labels), _rows(node.shape, labels, order))
        for node, labels in zip(nodes, given, strict=True)
    ]
    whole: Node = functools.reduce(
        lambda a, b: Applied(shape, "d", MULTIPLY, (a, b)), cast(list[Node], views)
    )
    stored = lowering.result(z)
    how, neutral = combined_by(np.add)
    strides = (*in_order(z.shape), *(0 for _ in shape[len(z.shape) :]))
    lowering.kernel(shape, [Root(whole, Stored(stored.buffer, 0, strides), how, neutral)])
    lowering.set(z, Node(z.shape, "d", stored))


def _tiled(
    lowering: Any, one: Any, nodes: list[Node], given: Any, order: Any, shape: Shape
) -> bool:
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
    is_of_matrices = matrix_product(product) is not None
    if not is_of_matrices and products.vector_axis(product) is None:
        k = _to_turn(nodes, given, order, shape, free)
        if k is None:
            return False
        nodes[k] = _turned(lowering, nodes[k], given[k], order[:free])
        places()
    found = None if is_of_matrices else products.vector_axis(product)
    if found is None and not is_of_matrices:
        return False
    own = lowering.own_place(z)
    strides = in_order(z.shape)
    if own is None and found is not None:
        last = found[0]
        axes = [*(a for a in range(free) if a != last), last]
        strides = _strides_in(z.shape, axes)
    stored = Stored(own or Buffer("d", math.prod(z.shape)), 0, strides)
    product.out = Place(stored.buffer, 0, (*strides, *(0 for _ in shape[free:])))
    product.reads = [product.left.buffer, product.right.buffer]
    product.writes = [stored.buffer]
    lowering.steps.append(product)
    lowering.set(z, Node(z.shape, "d", stored))
    return True


def _to_turn(nodes: Any, given: Any, order: Any, shape: Shape, free: int) -> int | None:
    """Which operand is to be copied so that it lies side by side along an axis of its own: the
    smaller one, if it is used often."""
    best: tuple[int, int] | None = None
    for k, (node, labels) in enumerate(zip(nodes, given, strict=True)):
        other = given[1 - k]
        own = [
            n for a, n in zip(order[:free], shape, strict=False) if a in labels and a not in other
        ]
        often = [
            n for a, n in zip(order[:free], shape, strict=False) if a in other and a not in labels
        ]
        size = math.prod(node.shape)
        if math.prod(own) > 1 and math.prod(often) >= 8 and (best is None or size < best[0]):
            best = (size, k)
    return None if best is None else best[1]


def _turned(lowering: Any, node: Node, labels: Any, free: Any) -> Node:
    """A copy, in which the last axis that stays lies innermost."""
    axes = sorted(range(len(labels)), key=lambda d: (labels[d] in free, d))
    copy = View(node.shape, node, (0,) * len(labels), identity(len(labels)))
    stored = Stored(Buffer("d", math.prod(node.shape)), 0, _strides_in(node.shape, axes))
    lowering.kernel(node.shape, [Root(copy, stored)])
    return Node(node.shape, "d", stored)


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
