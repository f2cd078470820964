"""Nested dicts, lists and tuples of numbers and arrays: what parameters come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[Any, str], Any]


def map_leaves(step: Step, tree: Any, path: str = "") -> Any:
    """The same structure with `step(leaf, where)` in place of each leaf.

    `where` says how to get to the leaf, as Python writes it: `["layers"][0]`.

    >>> map_leaves(lambda x, where: (x, where), {"w": [1.0, 2.0]})
    {'w': [(1.0, "['w'][0]"), (2.0, "['w'][1]")]}
    """
    if isinstance(tree, dict):
        items = {key: map_leaves(step, item, f"{path}[{key!r}]") for key, item in tree.items()}
        return items if type(tree) is dict else type(tree)(items)
    if isinstance(tree, list | tuple):
        parts = [map_leaves(step, item, f"{path}[{i}]") for i, item in enumerate(tree)]
        if hasattr(tree, "_fields"):  # a named tuple
            return type(tree)(*parts)
        return type(tree)(parts)
    return step(tree, path)


def leaves_of(tree: Any) -> list[Any]:
    """The leaves in order.

    >>> leaves_of({"w": [1.0, 2.0], "b": 3.0})
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    map_leaves(lambda leaf, where: found.append(leaf), tree)
    return found
