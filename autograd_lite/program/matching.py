"""Whether arguments are of the kind that a program was made for: as source, for this runs before
each call."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def matcher(forms: Sequence[Any]) -> Callable[[tuple[Any, ...]], bool] | None:
    """A function of a tuple of arguments that tells whether they are what these forms are: lists,
    tuples and dicts of the same lengths and keys, floats where floats are, arrays of the same shape
    and dtype, lying in memory alike, where arrays are. None for forms with anything else in them.

    >>> matches = matcher([[1.0, 2.0], np.zeros(3)])
    >>> matches(([5.0, 6.0], np.ones(3))), matches(([5.0, 6.0], np.ones(4))), matches((5.0,))
    (True, False, False)
    """
    writer = _Writer()
    try:
        names = [writer.add(form) for form in forms]
    except TypeError:
        return None
    return writer.function(names)


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._kinds: dict[type, list[str]] = {}
        self._given: dict[str, Any] = {"float": float, "list": list, "tuple": tuple, "dict": dict}
        self._conditions: list[str] = []
        self._count = 0

    def add(self, form: Any) -> str:
        """Note down what an argument must be; returns the name that it has."""
        name = f"a{self._count}"
        self._count += 1
        kind = form.__class__
        if kind is float:
            self._kinds.setdefault(float, []).append(name)
        elif kind is list or kind is tuple:
            self._kinds.setdefault(kind, []).append(name)
            place = len(self._lines)
            parts = [self.add(part) for part in form]
            pattern = ", ".join(parts) + ("," if len(parts) == 1 else "")
            self._lines.insert(place, f"{pattern} = {name}" if parts else f"() = {name}")
        elif kind is dict:
            self._kinds.setdefault(dict, []).append(name)
            keys = self._held(tuple(form))
            place = len(self._lines)
            parts = [self.add(part) for part in form.values()]
            pattern = ", ".join(parts) + ("," if len(parts) == 1 else "")
            unpacked = f"{pattern} = {name}.values()" if parts else "pass"
            same = f"(*{name},) == {keys}"
            if any(key.__class__ is not str for key in form):  # 1 == True == 1.0
                same += f" and (*map(type, {name}),) == {self._held(tuple(map(type, form)))}"
            self._lines.insert(place, f"if not ({same}): return False")
            self._lines.insert(place + 1, unpacked)
        elif kind is np.ndarray and form.dtype != object:
            self._kinds.setdefault(np.ndarray, []).append(name)
            same = f"{name}.shape == {self._held(form.shape)}"
            if form.ndim > 1 and form.flags.c_contiguous:  # else sums have other last digits
                same += f" and {name}.flags.c_contiguous"
            elif form.ndim > 1:
                same += f" and {name}.strides == {self._held(form.strides)}"
            self._conditions.append(f"{same} and {name}.dtype is {self._held(form.dtype)}")
        else:
            raise TypeError("anything else")
        return name

    def _held(self, it: Any) -> str:
        name = f"c{len(self._given)}"
        self._given[name] = it
        return name

    def function(self, arguments: Sequence[str]) -> Callable[[tuple[Any, ...]], bool]:
        """The function that tells."""
        # what is taken apart is of the right kind, or the line fails, which counts as no
        tests = [
            " is ".join([*(f"{name}.__class__" for name in names), self._held(kind)])
            for kind, names in self._kinds.items()
        ]
        result = " and ".join([*tests, *self._conditions]) or "True"
        opened = f"{', '.join(arguments)}, = args" if arguments else "() = args"
        lines = [opened, *self._lines, f"return {result}"]
        body = "\n".join(f"        {line}" for line in lines)
        source = (
            f"def matches(args):\n    try:\n{body}\n"
            "    except (ValueError, TypeError, AttributeError):\n        return False"
        )
        space = dict(self._given)
        exec(builtins.compile(source, "<autograd_lite: matching>", "exec"), space)
        return space["matches"]  # type: ignore[no-any-return]
