"""What repeats in a graph: the turns of a loop, long chains of sums, and their terms.

A picture of two hundred turns shows one, and a sum of thirty values is one card, not a staircase.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograd_lite.engine.variable import is_variable
from autograd_lite.reading.algebra import is_sum

MOST_PERIOD = 24
"""Operations in one turn of a loop that is recognised."""

FEWEST_TURNS, FEWEST_TERMS, SHORT_CHAIN = 8, 8, 3
"""Fewer turns and terms than these stay in their line; chains of more operands than the last are
one card."""


def stretches(keys: Sequence[object], least: int) -> Iterator[tuple[int, int, int]]:
    """Where a sequence repeats itself at least so often: start, period and turns of each stretch.

    >>> list(stretches("xabababay", 3))
    [(1, 2, 3)]
    """
    start, count = 0, len(keys)
    while start < count:
        for period in range(1, MOST_PERIOD + 1):
            end = start
            while end + period < count and keys[end] == keys[end + period]:
                end += 1
            turns = (end - start) // period + 1
            if turns >= least:
                yield start, period, turns
                start += period * turns
                break
        else:
            start += 1


def turns_of_loops(
    nodes: Sequence[Any], sources: Callable[[Any], Iterable[Any]], uses: Mapping[Any, int]
) -> set[Any]:
    """The results of the turns of a loop, on the longest way down from the output.

    Args:
        nodes: the variables of a graph, operands first, the output last.
        sources: what a node is computed from.
        uses: how often each node is used; nodes that are not in it are passed over.
    """
    depth: dict[Any, int] = {}
    for node in nodes:
        if node in uses:
            depth[node] = 1 + max((depth.get(x, 0) for x in sources(node)), default=0)
    spine, keys = [], []
    node = nodes[-1]
    while not node.is_leaf:
        below = list(sources(node))
        deepest = max(range(len(below)), key=lambda i: depth.get(below[i], 0), default=None)
        if deepest is None:
            break
        spine.append(node)
        node_below = below[deepest]
        kinds = tuple(
            x is node_below or (x.is_leaf if is_variable(x) else None) for x in node.operands
        )
        keys.append((node.primitive, deepest, kinds, node.ndim))
        node = node_below
    found: set[Any] = set()
    for start, period, turns in stretches(keys, FEWEST_TURNS):
        if period > 1 or not is_link(spine[start]):
            found |= {spine[start + i * period] for i in range(turns)}
    return found


def is_link(node: Any) -> bool:
    """Whether a node continues a chain of one operation: a + b + c is (a + b) + c."""
    if node.primitive is None or not node.primitive.laws.chains:
        return False
    first = node.operands[0]
    return is_variable(first) and first.primitive is node.primitive


def chains(nodes: Iterable[Any], uses: Mapping[Any, int]) -> Iterator[tuple[list[Any], list[Any]]]:
    """The chains of one operation: their nodes, the result first, and their operands."""
    nodes = [node for node in nodes if is_link(node)]
    inner = {node.operands[0] for node in nodes if uses.get(node.operands[0]) == 1}
    for node in nodes:
        if node in inner:
            continue
        links, operands = [node], list(node.operands[1:])
        while links[-1].operands[0] in inner:
            links.append(links[-1].operands[0])
            operands += links[-1].operands[1:]
        yield links, [*operands, links[-1].operands[0]]


def chain_links(nodes: Iterable[Any], uses: Mapping[Any, int]) -> set[Any]:
    """The partial results of long chains: a + b and a + b + c of a + b + c + d."""
    found: set[Any] = set()
    for links, operands in chains(nodes, uses):
        if len(operands) > SHORT_CHAIN:
            found.update(links[1:])
    return found


def terms_of_sums(nodes: Iterable[Any], uses: Mapping[Any, int], own: Collection[Any]) -> set[Any]:
    """The terms of sums of many, where they are more than a product of what has a card."""
    found: set[Any] = set()
    for links, operands in chains(nodes, uses):
        if is_sum(links[0].primitive):
            inner = [x for x in operands if is_variable(x) and not x.is_leaf]
            terms = [x for x in inner if _is_long(x, uses, own)]
            found.update(terms if len(terms) >= FEWEST_TERMS else ())
    return found


def _is_long(node: Any, uses: Mapping[Any, int], own: Collection[Any]) -> bool:
    """Whether there is more to it than a product of two values that have cards."""
    operands = [x for x in node.operands if is_variable(x)]
    plain = all(x.is_leaf or x in own or uses.get(x, 0) > 1 for x in operands)
    return not plain or len(operands) < 2
