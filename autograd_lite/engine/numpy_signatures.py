"""How a call of a NumPy function becomes a call of the function that stands for it here.

The arguments are bound by NumPy's own signature, read when a function is first called. What both
call by the same name goes by that name; what ours needs under a name that NumPy does not have (an
operand: `a` is x) goes by its place; what ours does not have may be given only as what NumPy would
take if it were not given.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import LATER, Rule

NO_VALUE = np._NoValue  # what stands in NumPy's signatures for "not given"

_AS_IF_NOT_GIVEN: dict[str, tuple[Any, ...]] = {
    "out": (None,),
    "dtype": (None,),
    "where": (True, np.True_),
    "subok": (True, False),  # results are variables, whatever classes of arrays came in
    "copy": (None, True),  # results are read-only, so that nobody can tell
}
"""What an argument may be beside its default, for what it then means is the default."""


def name_of(function: Any) -> str:
    """A NumPy function's name as users write it: `np.linalg.norm`."""
    return f"{module_of(function).replace('numpy', 'np', 1)}.{function.__name__}"


def module_of(function: Any) -> str:
    """The module that a function is in, `numpy` if that is not known: a ufunc does not say."""
    said = getattr(function, "__module__", None)
    if said:
        return str(said)
    found = [module for module in LATER
             if getattr(sys.modules.get(module), function.__name__, None) is function]  # fmt: skip
    return found[0] if found else "numpy"


def nearest(function: Any, known: Iterable[Any]) -> list[str]:
    """The names, as users write them, of the functions of the same module that are most like it."""
    import difflib  # for an error

    module = module_of(function)
    names = sorted({f.__name__ for f in known if module_of(f) == module})
    close = difflib.get_close_matches(function.__name__, names, n=3, cutoff=0.5)
    return [f"{module}.{name}" for name in close]


def unsupported(name: str, argument: str) -> TypeError:
    """The error for an argument that NumPy's function has and ours has not."""
    if argument == "out":
        return TypeError(
            f"{name}: a variable cannot be written into an array (out=), nor an array into a "
            "variable; use the result"
        )
    return TypeError(f"{name}: the argument {argument}=… is not supported for variables")


class Binding:
    """The calls of one NumPy function, as calls of ours."""

    def __init__(self, name: str, function: Rule, ours: Rule) -> None:
        import inspect  # not needed to import this package

        self.name = name
        self.ours = ours
        self.own = tuple(inspect.signature(ours).parameters.values())
        try:
            self.signature = inspect.signature(function)
        except ValueError:  # before NumPy 2.4, functions written in C do not tell
            self.signature = _with_numpys_options(inspect.signature(ours))
        self._parameters = self.signature.parameters
        self.names = self._paired()
        several = any(p.kind is p.VAR_KEYWORD for p in self._parameters.values())
        # what NumPy's takes as **kwargs: ours by name, or to hand on to a user's function
        self._more = {p.name for p in self.own if several and p.kind is p.KEYWORD_ONLY}
        self._hands_on = several and any(p.kind is p.VAR_KEYWORD for p in self.own)
        self._alike = {name for name, own in self.names.items() if name == own}
        self._straight, self._needed = self._in_step()

    def _paired(self) -> dict[str, str]:
        """NumPy's name of each argument that both have, and ours."""
        own = {p.name for p in self.own}
        names = {name: name for name in self._parameters if name in own}
        for theirs, p in zip(self._parameters, self.own, strict=False):
            needed = p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.KEYWORD_ONLY)
            if needed and theirs not in names and p.name not in names:
                names[theirs] = p.name
        aliases = getattr(getattr(self.ours, "primitive", None), "aliases", {})
        return names | {name: own for name, own in aliases.items() if name in self._parameters}

    def _in_step(self) -> tuple[int, int]:
        """How many arguments may be handed on by position as they are; how many must be."""
        plain = 0
        for theirs, p in zip(self._parameters.values(), self.own, strict=False):
            if self.names.get(theirs.name) != p.name or p.kind > p.POSITIONAL_OR_KEYWORD:
                break
            if theirs.kind > p.POSITIONAL_OR_KEYWORD:
                break
            plain += 1
        return plain, sum(p.default is p.empty and p.kind < p.VAR_POSITIONAL for p in self.own)

    def bind(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any], Any]:
        """The arguments for ours, and the dtype that the result must have if ours has no dtype.

        Raises:
            TypeError: if this is no call of NumPy's function, or ours lacks an argument given.
        """
        if self._needed <= len(args) <= self._straight and all(
            name in self._alike and x is not NO_VALUE for name, x in kwargs.items()
        ):
            return args, kwargs, None  # as nearly every call
        try:
            arguments = self.signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from None
        given: dict[str, Any] = {}
        dtype = None
        for name, x in self._flat(arguments):
            if name in self.names:
                if x is not NO_VALUE:
                    given[self.names[name]] = x
            elif name in self._more or self._hands_on:
                given[name] = x
            elif name == "dtype":
                dtype = x
            elif not self._is_usual(name, x):
                raise unsupported(self.name, name)
        return *self._ordered(given), dtype

    def _flat(self, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """The arguments by NumPy's names, with those that it takes as **kwargs."""
        flat: list[tuple[str, Any]] = []
        for name, x in arguments.items():
            p = self._parameters[name]
            flat += x.items() if p.kind is p.VAR_KEYWORD else [(name, x)]
        return flat

    def _is_usual(self, name: str, x: Any) -> bool:
        """Whether the argument means what NumPy does if it is not given."""
        p = self._parameters.get(name)
        default = NO_VALUE if p is None else p.default
        if isinstance(x, str | int) and type(x) is type(default) and x == default:
            return True
        return any(x is usual for usual in (NO_VALUE, default, *_AS_IF_NOT_GIVEN.get(name, ())))

    def _ordered(self, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments in our order: by position as long as none is left out."""
        args: list[Any] = []
        gap = False
        for p in self.own:
            if p.name not in given:
                if p.default is p.empty and p.kind < p.VAR_POSITIONAL:
                    raise TypeError(f"{self.name}: missing a required argument: {p.name!r}")
                gap = gap or p.kind < p.VAR_POSITIONAL
            elif p.kind is p.VAR_POSITIONAL:
                x = given.pop(p.name)
                theirs = next(name for name, own in self.names.items() if own == p.name)
                many = self._parameters[theirs].kind is p.VAR_POSITIONAL
                args += x if many else [x]
            elif p.kind < p.VAR_POSITIONAL and not gap:
                args.append(given.pop(p.name))
        return args, given


def _with_numpys_options(signature: Any) -> Any:
    """Our signature as that of a function of NumPy's written in C: operands by position, and what
    all of them take besides."""
    import inspect

    kinds = inspect.Parameter
    own = list(signature.parameters.values())
    for i, p in enumerate(own):
        if p.default is p.empty and p.kind < p.VAR_POSITIONAL:
            own[i] = p.replace(kind=p.POSITIONAL_ONLY)
    more = [
        kinds("out", kinds.POSITIONAL_OR_KEYWORD, default=None),
        kinds("dtype", kinds.KEYWORD_ONLY, default=None),
        kinds("casting", kinds.KEYWORD_ONLY, default="same_kind"),
    ]
    own += [p for p in more if p.name not in signature.parameters]
    return signature.replace(parameters=sorted(own, key=lambda p: p.kind))
