"""A program as a file: Python source that can be imported, never a pickle."""

from __future__ import annotations

import builtins
import dataclasses
import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Primitive
from autograd_lite.program.backends import Body, check


def module_source(name: str, source: str, body: Body) -> str:
    """The source of a module that defines the function, with all that it uses.

    Raises:
        TypeError: if the function uses what has no name that a file could give it.
    """
    heads = {"import numpy as np"}
    lines = []
    for key, it in sorted(body.given.items()):
        if key not in _words(source) or it is np:
            continue
        found = _import_of(key, it) or _definition_of(it) or _of_this_package(it, heads)
        if found is None:
            raise TypeError(f"save: {name} uses {key}, {it!r}, which a file cannot name")
        if found.startswith(("import", "from")):
            heads.add(found)
        elif found != key:
            lines.append(f"{key} = {found}")
        if "PRIMITIVES[" in found:
            heads.add("from autograd_lite import PRIMITIVES")
    lines += [f"{key} = {buffer.source}" for key, buffer in body.buffers.items()]
    parts = ["\n".join(sorted(heads)), "\n".join(lines), source]
    return "\n\n".join(part for part in parts if part) + "\n"


def _words(source: str) -> set[str]:
    return set("".join(c if c.isalnum() or c == "_" else " " for c in source).split())


def _import_of(key: str, it: Any) -> str | None:
    """How a module imports a function of Python's own, or of this package."""
    if getattr(math, key, None) is it:
        return f"from math import {key}"
    return f"from {check.__module__} import check" if it is check else None


def _definition_of(it: Any) -> str | None:
    """The expression that gives a function, or a constant."""
    name = getattr(it, "__name__", "")
    if getattr(math, name, None) is it:
        return f"__import__('math').{name}"
    if getattr(builtins, name, None) is it:
        return name
    for one in PRIMITIVES.values():
        for word in ("arrays", "into"):
            if getattr(one, word) is it:
                return f"PRIMITIVES[{one.name!r}].{word}"
        if isinstance(one, Elementwise) and callable(it) and one.evaluate_floats == it:
            return f"PRIMITIVES[{one.name!r}].evaluate_floats"
    if isinstance(it, float):
        return f"float({str(it)!r})"
    if isinstance(it, np.ndarray) and it.dtype.kind in "fiubc":
        made = f"np.array({_numbers(it)}, {it.dtype.str!r})"
        return made if it.size else f"np.zeros({it.shape}, {it.dtype.str!r})"
    if isinstance(it, np.generic) and it.dtype.kind in "fiubc":
        return f"np.array({_numbers(it)}, {it.dtype.str!r})[()]"
    for module in (np, np.linalg):
        if callable(it) and getattr(module, name, None) is it:
            return f"{module.__name__.replace('numpy', 'np')}.{name}"
    return None


def _of_this_package(it: Any, heads: set[str]) -> str | None:
    """The expression that gives a function of this package, or a call of one that is made when the
    program runs; what it needs is added to the imports."""
    word, module = getattr(it, "__name__", ""), getattr(it, "__module__", None) or ""
    if module.startswith(_PACKAGE) and getattr(sys.modules.get(module), word, None) is it:
        heads.add(f"from {module} import {word}")
        return str(word)
    if isinstance(it, Primitive) and PRIMITIVES.get(it.name) is it:
        return f"PRIMITIVES[{it.name!r}]"
    if dataclasses.is_dataclass(it) and it.__class__.__module__.startswith(_PACKAGE):
        parts = [getattr(it, field.name) for field in dataclasses.fields(it)]
        heads.add(f"from {it.__class__.__module__} import {it.__class__.__name__}")
        return _filled(f"{it.__class__.__name__}({{}})", parts, heads)
    if it.__class__ is tuple:
        return _filled("({}, )" if len(it) == 1 else "({})", it, heads)
    if it.__class__ is list:
        return _filled("[{}]", it, heads)
    if it.__class__ is dict and all(key.__class__ is str for key in it):
        return _filled("dict(zip({}))", [tuple(it), tuple(it.values())], heads) if it else "{}"
    if it is None or it.__class__ in (int, bool, str):
        return repr(it)
    return _definition_of(it)


_PACKAGE = "autograd_lite."


def _filled(form: str, parts: Sequence[Any], heads: set[str]) -> str | None:
    """A form with the expressions of some parts, if there is one for each."""
    texts = [_of_this_package(x, heads) for x in parts]
    return None if None in texts else form.format(", ".join(map(str, texts)))


def _numbers(array: Any) -> str:
    text = repr(array.tolist())
    return text.replace("nan", "np.nan").replace("inf", "np.inf")
