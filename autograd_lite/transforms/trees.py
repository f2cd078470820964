"""Nested containers of numbers and arrays: what parameters come in.

Containers are dicts, lists, tuples and classes made of them, dataclasses, attrs classes, and
whatever is told by `register_tree`. None is a container of nothing.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import reprlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.engine.objects import has_variables
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value

Step = Callable[[Any, str], Any]
Flatten = Callable[[Any], tuple[Iterable[Any], Any]]
Unflatten = Callable[[Any, tuple[Any, ...]], Any]

_SHORT = reprlib.Repr()  # of keys, which may be of any kind and length
_SHORT.maxstring = _SHORT.maxother = 60

_LEAVES = frozenset((float, int, np.ndarray, np.float64, np.float32, Tensor, Value, type(None)))
"""Classes that are surely no containers."""

_registered: dict[type, tuple[Flatten, Unflatten]] = {}


def register_tree(cls: type, flatten: Flatten, unflatten: Unflatten) -> type:
    """Let objects of a class be differentiated by, as containers of what they hold.

    Args:
        cls: the class itself; one that is derived from it must be registered, too.
        flatten: called with an object, gives a pair: what it contains, in order, and anything
            else that is needed to build such an object again.
        unflatten: called with the second of that pair and a tuple of other contents, gives the
            object with these. They may be gradients, Values, Tensors or None: it should check
            nothing.

    Returns:
        The class.

    Raises:
        TypeError: if `cls` is no class.
        ValueError: if it is a container already: a dict, list or tuple.

    >>> from autograd_lite import grad
    >>> class Line:
    ...     def __init__(self, slope, offset):
    ...         self.slope, self.offset = slope, offset
    >>> _ = register_tree(Line, lambda line: ((line.slope, line.offset), None),
    ...                   lambda _, parts: Line(*parts))
    >>> grad(lambda line, x: line.slope * x + line.offset)(Line(2.0, 3.0), 5.0).slope
    5.0
    """
    if not isinstance(cls, type):
        raise TypeError(f"register_tree: a class is needed, not {type(cls).__name__}")
    if cls in (dict, list, tuple):
        raise ValueError(f"register_tree: a {cls.__name__} is a container already")
    _registered[cls] = flatten, unflatten
    return cls


# ---------------------------------------------------------------- walking


@dataclass
class _Level:
    """A container that is being mapped: what is still to come of it, and what is done."""

    tree: Any
    rest: Iterator[tuple[str, Any]]
    build: Callable[[list[Any]], Any] | None = None
    """How it is built again, where its class alone does not tell."""
    where: Any = None
    """Where the item stands that is being mapped: a key; of an attribute, its name in `_Name`."""
    done: list[Any] = field(default_factory=list)


class _Name(str):
    """The name of an attribute, written `.name` where a key is written `['name']`."""

    __slots__ = ()


def map_leaves(step: Step, tree: Any, path: str = "") -> Any:
    """The same structure with `step(leaf, where)` in place of each leaf.

    Containers of a class of their own (`defaultdict`, a named tuple, a dataclass, …) stay of that
    class. `where` says how to get to the leaf, as Python writes it: `["layers"][0].w`. None stays.

    Raises:
        ValueError: if a container contains itself.
        TypeError: if a container's class does not let it be built again with other items.

    >>> map_leaves(lambda x, where: (x, where), {"w": [1.0, 2.0], "b": None})
    {'w': [(1.0, "['w'][0]"), (2.0, "['w'][1]")], 'b': None}
    """
    return _mapped(step, tree, path, True)


def with_leaves(tree: Any, leaves: Iterable[Any]) -> Any:
    """The same structure with these in place of the leaves, in order.

    >>> with_leaves({"w": [1.0, 2.0], "b": None}, [3.0, 4.0])
    {'w': [3.0, 4.0], 'b': None}
    """
    rest = iter(leaves)
    return _mapped(lambda leaf, where: next(rest), tree, "", False)


def _mapped(step: Step, tree: Any, path: str, told: bool) -> Any:
    """As `map_leaves`; unless told, the step is not told where the leaf is, which takes long."""
    if tree.__class__ in _LEAVES:  # at once, for it is the most usual case
        return None if tree is None else step(tree, path)
    levels = [_Level(None, iter([(None, tree)]))]  # type: ignore[list-item]
    inside: set[int] = set()  # no recursion: trees may be deep
    while True:
        level = levels[-1]
        for key, item in level.rest:
            level.where = key
            opened = None if item.__class__ in _LEAVES else _opened(item)
            if opened is not None:
                if id(item) in inside:
                    where = path + _where(levels)
                    raise ValueError(f"{where}: a {type(item).__name__} that contains itself")
                inside.add(id(item))
                levels.append(opened)
                break
            where = path + _where(levels) if told else ""
            level.done.append(None if item is None else step(item, where))
        else:
            levels.pop()
            if not levels:
                return level.done[0]
            inside.discard(id(level.tree))
            levels[-1].done.append(_like(level, path, levels))


def _opened(item: Any) -> _Level | None:
    """A container with what it contains; None of a leaf."""
    kind = item.__class__
    if kind is list or kind is tuple:
        return _Level(item, iter(enumerate(item)))  # type: ignore[arg-type]
    if kind is dict:
        return _Level(item, iter(item.items()))
    if kind in _registered:
        flatten, unflatten = _registered[kind]
        items, rest = flatten(item)
        return _Level(
            item,
            iter(enumerate(items)),  # type: ignore[arg-type]
            lambda done: unflatten(rest, tuple(done)),
        )
    if isinstance(item, dict):
        return _Level(item, iter(item.items()))
    if isinstance(item, list | tuple):
        return _Level(item, iter(enumerate(item)))  # type: ignore[arg-type]
    names = _fields(kind)
    if names is None:
        return None
    items = [(_Name(name), getattr(item, name)) for name in names if hasattr(item, name)]
    return _Level(item, iter(items), lambda done: _with_fields(item, items, done))


def parts_and_rest(tree: Any) -> tuple[list[tuple[Any, Any]], Any] | None:
    """What a container holds, with keys, and what it is told by besides: the second that `flatten`
    gives, fields that are settings, attributes that are no items. None of what is a leaf."""
    opened = _opened(tree)
    if opened is None:
        return None
    kind = tree.__class__
    parts = list(opened.rest)
    if kind in _registered:
        return parts, _registered[kind][0](tree)[1]
    names = {key for key, _ in parts if key.__class__ is _Name}
    settings = dict(getattr(tree, "__dict__", {}))
    for name in _slots(kind):
        if hasattr(tree, name):
            settings[name] = getattr(tree, name)
    return parts, {name: x for name, x in settings.items() if name not in names}


def _slots(kind: type) -> Iterator[str]:
    for one in kind.__mro__:
        given = vars(one).get("__slots__", ())
        for name in [given] if isinstance(given, str) else given:
            if not name.startswith("__"):
                yield name


def _fields(kind: Any) -> list[str] | None:
    """The names of the fields of a dataclass or attrs class that are no settings (marked by
    `metadata={"static": True}`); None of any other class."""
    if dataclasses.is_dataclass(kind):
        given: Iterable[Any] = dataclasses.fields(kind)
    elif hasattr(kind, "__attrs_attrs__"):
        given = kind.__attrs_attrs__
    else:
        return None
    return [one.name for one in given if not one.metadata.get("static")]


def _with_fields(tree: Any, items: list[tuple[_Name, Any]], done: list[Any]) -> Any:
    made = copy.copy(tree)  # without __init__, which may check what it is given
    for (name, _), item in zip(items, done, strict=True):
        object.__setattr__(made, str(name), item)  # of a frozen one as well
    return made


def _where(levels: Sequence[_Level]) -> str:
    """The way down to the item that is being mapped; of a very long one the two ends."""
    if len(levels) > 10:
        return _where(levels[:7]) + "[…]" + _where(levels[-4:])
    return "".join(
        f".{level.where}" if level.where.__class__ is _Name else f"[{_SHORT.repr(level.where)}]"
        for level in levels[1:]
    )


def _like(level: _Level, path: str, levels: Sequence[_Level]) -> Any:
    """A container as `level.tree` is, of other items."""
    tree, items = level.tree, level.done
    kind = type(tree)
    if kind is list or kind is tuple:
        return kind(items)
    if kind is dict:
        return dict(zip(tree, items, strict=True))
    try:
        if level.build is not None:
            return level.build(items)
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
    if tree.__class__ in _LEAVES:
        return [] if tree is None else [tree]
    found: list[Any] = []
    _mapped(lambda leaf, where: found.append(leaf), tree, path, False)
    return found


def leaves_beside(tree: Any, other: Any, name: str, what: str) -> list[tuple[Any, Any, str]]:
    """Each leaf of a tree with the leaf of another, and where: what one makes of the other. Beside
    an array, a list of numbers is one as well.

    Raises:
        ValueError: if `other`, which is called `what`, has another structure than `tree`.

    >>> leaves_beside([1.0, (2.0,)], [5.0, (6.0,)], "jvp", "the tangent")
    [(1.0, 5.0, '[0]'), (2.0, 6.0, '[1][0]')]
    """
    ours: list[tuple[Any, str]] = []
    theirs: list[tuple[Any, str]] = []
    if getattr(tree, "shape", ()) and isinstance(other, list | tuple):
        with contextlib.suppress(ValueError):  # of rows that are not of one length
            array: Any = Tensor(other) if has_variables(other) else np.asarray(other)
            other = array if array.shape == tree.shape else other
    map_leaves(lambda leaf, where: ours.append((leaf, where)), tree)
    map_leaves(lambda leaf, where: theirs.append((leaf, where)), other)
    if [where for _, where in ours] != [where for _, where in theirs]:
        raise ValueError(
            f"{name}: {what} must have the same structure, with leaves at "
            f"{_listed([where for _, where in ours])}, not at "
            f"{_listed([where for _, where in theirs])}"
        )
    return [(a, b, where) for (a, where), (b, _) in zip(ours, theirs, strict=True)]


def _listed(places: list[str]) -> str:
    shown = ", ".join(place or "the top" for place in places[:4])
    return (shown or "no place") + (", …" if len(places) > 4 else "")
