"""How the arguments of a function are taken apart in source, and its results put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def taken_apart(name: str, tree: Any, names: Iterator[str | None]) -> list[str]:
    """The lines that give its own name to each leaf of what is called `name`.

    Args:
        name: the argument.
        tree: nested lists, tuples and dicts; whatever else stands in them is a leaf.
        names: for each leaf, in order, what it is to be called; None if it is not needed.

    >>> taken_apart("p", {"w": [1.0, 2.0], "b": 0.5}, iter(["w0", "w1", "b"]))
    ["w0, w1 = p['w']", "b = p['b']"]
    """
    if isinstance(tree, dict):
        return [
            line
            for key, part in tree.items()
            for line in taken_apart(f"{name}[{key!r}]", part, names)
        ]
    if not isinstance(tree, list | tuple):
        own = next(names)
        return [] if own is None or own == name else [f"{own} = {name}"]
    if any(isinstance(part, dict) for part in tree):
        return [
            line for i, part in enumerate(tree) for line in taken_apart(f"{name}[{i}]", part, names)
        ]
    return [f"{_pattern(tree, names)} = {name}"] if tree else []


def _pattern(tree: Sequence[Any], names: Iterator[str | None]) -> str:
    parts = []
    for part in tree:
        if isinstance(part, list | tuple):
            parts.append(f"[{_pattern(part, names)}]" if part else "[]")
        else:
            parts.append(next(names) or "_")
    return ", ".join(parts) + ("," if len(parts) == 1 else "")


def put_together(tree: Any, texts: Iterator[str]) -> str:
    """The expression of nested lists, tuples and dicts with these texts in place of the leaves.

    >>> put_together((0, {"w": [0, 0]}), iter(["loss", "d_w0", "d_w1"]))
    "loss, {'w': [d_w0, d_w1]}"
    """
    text = _written(tree, texts)
    return text[1:-1] if isinstance(tree, tuple) and len(tree) > 1 else text


def _written(tree: Any, texts: Iterator[str]) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{k!r}: {_written(x, texts)}" for k, x in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(_written(x, texts) for x in tree) + "]"
    if isinstance(tree, tuple):
        inside = ", ".join(_written(x, texts) for x in tree)
        return f"({inside},)" if len(tree) == 1 else f"({inside})"
    return next(texts)
