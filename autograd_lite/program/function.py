"""A program as a function: its source, and what runs when it is called."""

from __future__ import annotations

import builtins
import itertools
import linecache
import math
import types
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.program.backends import BACKENDS, Body
from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.layout import put_together, taken_apart
from autograd_lite.program.names import Names
from autograd_lite.program.saving import module_source
from autograd_lite.program.straight import NotStraight

HELPERS = frozenset(
    {"np", "leaves_of", "with_leaves", "form", "check", "isnan", "slice", "float", "_"}
    | {"FloatingPointError"}
)
"""The names that the source uses for other things than the user's numbers."""


@dataclass
class Parameter:
    """An argument of a function that is compiled."""

    name: str
    form: Any
    """The argument that it was traced with."""
    by_keyword: bool
    leaves: Sequence[int | None]
    """For each leaf of it, which input of the program it is; None if it is none."""
    without_axes: Sequence[int]
    """Which of the leaves are arrays without axes, in whose place is a number."""
    doubles: Sequence[int] = ()
    """Which are numbers of NumPy's in double precision, in whose place is one of Python's."""


@dataclass
class Result:
    """What a function that is compiled returns."""

    form: Any
    """Nested containers, with anything in the places of the outputs of the program."""
    as_numbers: bool
    """Whether a number in double precision is given as Python's."""


@dataclass
class Helpers:
    """What takes containers apart and puts them together that are no lists, tuples and dicts."""

    leaves_of: Callable[[Any], list[Any]]
    with_leaves: Callable[[Any, Sequence[Any]], Any]


def function_of(
    name: str,
    program: Program,
    parameters: Sequence[Parameter],
    result: Result,
    backend: str | None,
    helpers: Helpers,
) -> Runner:
    """A program as a function of these parameters, which has its `source`.

    Args:
        name: what the function is called.
        backend: one of `BACKENDS`; None for the first that can hold the program.

    Raises:
        TypeError: if the back end cannot hold the program.
    """
    reserved = {name, *HELPERS}
    inputs = {x.name for x in program.inputs}
    names = Names(program, reserved | {x.name for x in parameters if x.name not in inputs})
    body = _body(program, names, backend)
    opened: list[str] = []
    for parameter in parameters:
        own = [None if i is None else names[program.inputs[i]] for i in parameter.leaves]
        if is_plain(parameter.form):
            opened += taken_apart(parameter.name, parameter.form, iter(own))
        elif own:
            places = ", ".join(x or "_" for x in own) + ("," if len(own) == 1 else "")
            if any(own):
                opened.append(f"{places} = leaves_of({parameter.name})")
        opened += [f"{own[i]} = {own[i]}[()]" for i in parameter.without_axes]
        if result.as_numbers and body.gives_python_numbers:
            opened += [f"{own[i]} = float({own[i]})" for i in parameter.doubles]
    body.given |= {"leaves_of": helpers.leaves_of, "with_leaves": helpers.with_leaves}
    as_numbers = result.as_numbers and not body.gives_python_numbers
    outputs = [
        f"{text}.item()" if as_numbers and _is_double(x) else text
        for text, x in zip(body.outputs, program.outputs, strict=True)
    ]
    if is_plain(result.form):
        returned = put_together(result.form, iter(outputs))
    else:
        returned = f"with_leaves(form, [{', '.join(outputs)}])"
        body.given["form"] = result.form
    lines = [*opened, *body.lines, f"return {returned}"]
    source = "\n".join([_heading(name, parameters), *(f"    {line}" for line in lines)])
    runner = Runner(name, source, body)
    first = 1 + sum(line.count("\n") + 1 for line in opened)
    breaks = list(itertools.accumulate((line.count("\n") for line in body.lines), initial=first))
    runner.places = {x: i + breaks[i] for x, i in body.places.items()}
    return runner


def _body(program: Program, names: Names, backend: str | None) -> Body:
    for one in BACKENDS if backend is None else (backend,):
        try:
            return BACKENDS[one](program, names)
        except NotStraight as error:
            if backend is not None:
                raise TypeError(f"compile: backend {backend!r} cannot hold this: {error}") from None
    raise AssertionError("NumPy can hold any program")


def _is_double(x: Any) -> bool:
    """Whether a reference is a number of NumPy's in double precision."""
    x = getattr(x, "value", x)
    if getattr(x, "is_number", False) or not hasattr(x, "dtype") or _is_array(x):
        return False
    return x.shape == () and x.dtype in (np.float64, np.complex128)


def _is_array(x: Any) -> bool:
    return getattr(x, "is_array", False) or isinstance(x, np.ndarray)


def is_plain(tree: Any) -> bool:
    """Whether it is made of lists, tuples and dicts alone."""
    if tree.__class__ in (list, tuple):
        return all(map(is_plain, tree))
    if tree.__class__ is dict:
        return all(map(_is_written, tree)) and all(map(is_plain, tree.values()))
    return isinstance(tree, float | int | complex | str | bytes | np.ndarray | np.generic)


def _is_written(key: Any) -> bool:
    """Whether a key of a dict is what `repr` says, in any module."""
    if key.__class__ is tuple:
        return all(map(_is_written, key))
    if key.__class__ is float:
        return math.isfinite(key)
    return key is None or key.__class__ in (str, int, bool, bytes)


def _heading(name: str, parameters: Sequence[Parameter]) -> str:
    usual = [x.name for x in parameters if not x.by_keyword]
    named = [x.name for x in parameters if x.by_keyword]
    return f"def {name}({', '.join([*usual, *(['*'] if named else []), *named])}):"


_numbers = itertools.count()


class Runner:
    """A function that was made of source. It writes into buffers: two calls at the same time, from
    threads or one inside the other, have each their own."""

    places: dict[Variable, int]
    """Which line of the source computes a variable, where that is known: counted from 0."""

    def __init__(self, name: str, source: str, body: Body) -> None:
        file = f"<autograd_lite: {name} {next(_numbers)}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        weakref.finalize(self, linecache.cache.pop, file, None)
        self.source = source
        self.gives_python_numbers = body.gives_python_numbers
        self._name = name
        self._body = body
        space = dict(body.given)
        exec(builtins.compile(source, file, "exec"), space)  # tracebacks show its lines
        self._function: Callable[..., Any] = space[name]
        self._buffers = body.buffers
        self._idle: list[Callable[..., Any]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.gives_python_numbers:
            return self._function(*args, **kwargs)
        try:
            function = self._idle.pop()
        except IndexError:
            function = np.errstate(all="ignore")(self._with_buffers())
        result = function(*args, **kwargs)
        self._idle.append(function)
        return result

    def as_module(self) -> str:
        """The source of a module that defines the function.

        Raises:
            TypeError: if it uses what a file cannot name.
        """
        return module_source(self._name, self.source, self._body)

    def _with_buffers(self) -> Callable[..., Any]:
        made = {name: buffer.empty() for name, buffer in self._buffers.items()}
        function: Any = self._function
        space = {**function.__globals__, **made}
        again = types.FunctionType(function.__code__, space, function.__name__)
        again.__kwdefaults__ = function.__kwdefaults__
        return again
