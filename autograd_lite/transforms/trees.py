"""Nested dicts, lists and tuples of numbers and arrays: what parameters come in."""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Step = Callable[[Any, str], Any]

_SHORT = reprlib.Repr()  # of keys, which may be of any kind and length
_SHORT.maxstring = _SHORT.maxother = 60


@dataclass
class _Level:
    """A container that is being mapped: what is still to come of it, and what is done."""

    tree: Any
    rest: Iterator[tuple[Any, Any]]
    key: Any = None
    """Where the item stands that is being mapped."""
    done: list[Any] = field(default_factory=list)


def map_leaves(step: Step, tree: Any, path: str = "") -> Any:
    """The same structure with `step(leaf, where)` in place of each leaf.

    Containers of a class of their own (`defaultdict`, a named tuple, …) stay of that class.
    `where` says how to get to the leaf, as Python writes it: `["layers"][0]`.

    Raises:
        ValueError: if a container contains itself.
        TypeError: if a container's class does not let it be built again with other items.

    >>> map_leaves(lambda x, where: (x, where), {"w": [1.0, 2.0]})
    {'w': [(1.0, "['w'][0]"), (2.0, "['w'][1]")]}
    """
    levels = [_Level(None, iter([(None, tree)]))]  # no recursion: trees may be deep
    inside: set[int] = set()
    while True:
        level = levels[-1]
        for key, item in level.rest:
            level.key = key
            if isinstance(item, dict | list | tuple):
                if id(item) in inside:
                    where = path + _where(levels)
                    raise ValueError(f"{where}: a {type(item).__name__} that contains itself")
                inside.add(id(item))
                items = item.items() if isinstance(item, dict) else enumerate(item)
                levels.append(_Level(item, iter(items)))
                break
            level.done.append(step(item, path + _where(levels)))
        else:
            levels.pop()
            if not levels:
                return level.done[0]
            inside.discard(id(level.tree))
            levels[-1].done.append(_like(level.tree, level.done, path, levels))


def _where(levels: Sequence[_Level]) -> str:
    """The way down to the item that is being mapped; of a very long one the two ends."""
    if len(levels) > 10:
        return _where(levels[:7]) + "[…]" + _where(levels[-4:])
    return "".join(f"[{_SHORT.repr(level.key)}]" for level in levels[1:])


def _like(tree: Any, items: list[Any], path: str, levels: Sequence[_Level]) -> Any:
    """A container as `tree` is, of other items."""
    kind = type(tree)
    if kind is list or kind is tuple:
        return kind(items)
    if kind is dict:
        return dict(zip(tree, items, strict=True))
    try:
        if isinstance(tree, tuple):
            return _tuple_like(tree, items)
        made = copy.copy(tree)  # with a `default_factory`, or whatever else it holds
        if isinstance(tree, list):
            made[:] = items
        else:
            for key, item in zip(tree, items, strict=True):
                made[key] = item
        return made
    except Exception as error:
        where = path + _where(levels) or "the argument"
        raise TypeError(
            f"{where}: a {kind.__name__} could not be built again with other items; "
            f"give a plain dict, list or tuple ({type(error).__name__}: {error})"
        ) from error


def _tuple_like(tree: Any, items: list[Any]) -> Any:
    if hasattr(tree, "_make"):  # a named tuple
        return tree._make(items)
    try:
        made = tuple.__new__(type(tree), items)  # its own __new__ may want other arguments
    except TypeError:  # a structure of the standard library
        return type(tree)(items)
    if state := getattr(tree, "__dict__", None):
        made.__dict__.update(state)
    return made


def leaves_of(tree: Any, path: str = "") -> list[Any]:
    """The leaves in order; `path` is what errors call the tree.

    >>> leaves_of({"w": [1.0, 2.0], "b": 3.0})
    [1.0, 2.0, 3.0]
    """
    found: list[Any] = []
    map_leaves(lambda leaf, where: found.append(leaf), tree, path)
    return found
