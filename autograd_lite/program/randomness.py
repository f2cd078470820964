"""Whether a function draws random numbers: from the generators that all share, or from one that it
holds, as far as that can be seen."""

from __future__ import annotations

import functools
import random
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.engine.observing import is_users

_MOST = 10_000
"""So many objects are looked at."""


def states_of(function: Callable[..., Any]) -> str:
    """The states of the random numbers that anybody can draw from, and of the generators that the
    function has: in its closure, its globals, its defaults, in objects that it holds.

    >>> rng = np.random.default_rng(0)
    >>> before = states_of(lambda x: x * rng.normal())
    >>> _ = rng.normal()
    >>> before == states_of(lambda x: x * rng.normal())
    False
    """
    own = [_state(x) for x in _reached(function) if isinstance(x, _SOURCES)]
    return f"{random.getstate()}{np.random.get_state()}{own}"


_SOURCES = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)


def _state(source: Any) -> str:
    if isinstance(source, random.Random):
        return repr(source.getstate()) if type(source) is random.Random else ""
    state = source.get_state() if hasattr(source, "get_state") else None
    return repr(state or getattr(source, "bit_generator", source).state)


def _reached(function: Any) -> Iterator[Any]:
    seen: dict[int, Any] = {}
    stack = [function]
    while stack and len(seen) < _MOST:
        x = stack.pop()
        if id(x) in seen or isinstance(x, type | types.ModuleType | str | int | float | np.ndarray):
            continue
        seen[id(x)] = x
        yield x
        stack.extend(_inside(x))


def _inside(x: Any) -> Iterator[Any]:
    if isinstance(x, types.FunctionType):
        if is_users(x.__code__.co_filename):
            names = _names(x.__code__)
            yield from (x.__globals__[name] for name in names if name in x.__globals__)
        yield from x.__defaults__ or ()
        yield from (x.__kwdefaults__ or {}).values()
        for cell in x.__closure__ or ():
            try:
                yield cell.cell_contents
            except ValueError:  # not filled yet
                continue
    elif isinstance(x, types.MethodType):
        yield from (x.__func__, x.__self__)
    elif isinstance(x, functools.partial):
        yield from (x.func, *x.args, *x.keywords.values())
    elif isinstance(x, list | tuple):
        yield from x[:_MOST]
    elif isinstance(x, dict):
        yield from list(x.values())[:_MOST]
    attributes = getattr(x, "__dict__", None)
    if isinstance(attributes, dict):
        yield from list(attributes.values())
    call = vars(type(x)).get("__call__")
    if isinstance(call, types.FunctionType):
        yield call


@functools.lru_cache(maxsize=1024)
def _names(code: types.CodeType) -> tuple[str, ...]:
    inner = [_names(x) for x in code.co_consts if isinstance(x, types.CodeType)]
    return tuple({*code.co_names, *(name for names in inner for name in names)})
