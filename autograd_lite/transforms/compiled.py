"""What `compile` returns: a function, and the programs that were made of it."""

from __future__ import annotations

import functools
import gc
import inspect
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.chain import detached
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.backends import BACKENDS
from autograd_lite.program.function import Helpers, Parameter, Result, function_of
from autograd_lite.program.instructions import Program
from autograd_lite.program.interpret import interpret
from autograd_lite.program.matching import matcher
from autograd_lite.program.simplify import simplified
from autograd_lite.program.trace import guarded_trace, trace
from autograd_lite.program.traced import TracedArray
from autograd_lite.transforms.calls import Transformed, as_one, check_function
from autograd_lite.transforms.gradient import grad, value_and_grad
from autograd_lite.transforms.hessian import hessian
from autograd_lite.transforms.jacobian import jacobian
from autograd_lite.transforms.signatures import HasVariables, is_input, signature
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


class Compiled:
    """What `compile` returns: f, run as code that was made of it."""

    def __init__(self, f: Callable[..., Any], backend: str | None = None) -> None:
        check_function("compile", f)
        if backend is not None and backend not in BACKENDS:
            known = ", ".join(BACKENDS)
            raise ValueError(f"compile: backend must be one of {known}, not {backend!r}")
        functools.update_wrapper(self, f)
        self._f = f
        self._backend = backend
        self._made: dict[Hashable, _Specialised] = {}
        self._latest: _Specialised | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        latest = self._latest
        if latest is not None and not kwargs and latest.is_for(args):
            return latest(args, kwargs)
        try:
            key = (signature(args), signature(kwargs) if kwargs else None)
        except HasVariables:
            return self._f(*args, **kwargs)
        one = self._made.get(key)
        if one is None:
            with _without_collector():
                one = _Specialised(self._f, args, kwargs, self._backend)
            self._made[key] = one
        self._latest = one
        return one(args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self._f, '__qualname__', self._f)!s}>"

    @functools.cached_property
    def value_and_grad(self) -> Compiled:
        """The function that gives the value and the gradient by the first argument."""
        return Compiled(value_and_grad(_as_variables(self._f)), self._backend)

    @functools.cached_property
    def grad(self) -> Compiled:
        """The function that gives the gradient by the first argument."""
        return Compiled(grad(_as_variables(self._f)), self._backend)

    @functools.cached_property
    def jacobian(self) -> Compiled:
        """The function that gives the Jacobian by the first argument."""
        return Compiled(jacobian(_as_variables(self._f)), self._backend)

    @functools.cached_property
    def hessian(self) -> Compiled:
        """The function that gives the Hessian by the first argument."""
        return Compiled(hessian(_as_variables(self._f)), self._backend)

    @property
    def source(self) -> str:
        """The code that ran last.

        Raises:
            ValueError: if it was never called.
        """
        return self._of_last().function.source

    @property
    def program(self) -> Program:
        """The instructions that the code was made of.

        Raises:
            ValueError: if it was never called.
        """
        return self._of_last().program

    def save(self, path: str | Path) -> None:
        """Write the code that ran last into a file: a Python module, which defines the function
        and whatever it uses, and can be imported anywhere. Where it would compute 0·inf in the
        chain rule it raises FloatingPointError.

        Raises:
            ValueError: if it was never called.
            TypeError: if the code uses what a file cannot name.
        """
        text = self._of_last().function.as_module()
        Path(path).write_text(text, encoding="utf-8")

    def _of_last(self) -> _Specialised:
        if self._latest is None:
            raise ValueError(f"{self!r} has no code before it is called: the arguments decide")
        return self._latest


@contextmanager
def _without_collector() -> Iterator[None]:
    """Inside, Python's collector of cycles does not run: again and again it would go through all
    that a long program is made of, none of which is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _as_variables(f: Callable[..., Any]) -> Callable[..., Any]:
    """f, with what it is not differentiated by as Tensors, so that all can be written into."""

    @functools.wraps(f)
    def given_variables(*args: Any, **kwargs: Any) -> Any:
        if not any(isinstance(x, TracedArray) for x in leaves_of((args, kwargs))):
            return f(*args, **kwargs)
        args, kwargs = map_leaves(lambda x, where: _as_variable(x), (args, kwargs))
        return f(*args, **kwargs)

    return given_variables


def _as_variable(x: Any) -> Any:
    if isinstance(x, TracedArray) and x.dtype.kind in "fc":
        return Tensor(x)
    return x


# ---------------------------------------------------------------- one program


class _Specialised:
    """The program of a function for arguments of one structure, of certain shapes and dtypes."""

    def __init__(self, f: Callable[..., Any], args: Any, kwargs: Any, backend: str | None) -> None:
        self._f = f
        self._given = (args, kwargs)
        self._is_transform = isinstance(f, Transformed)
        leaves = leaves_of(self._given)
        self._places = [i for i, x in enumerate(leaves) if is_input(x)]
        self._examples = [_example(leaves[i]) for i in self._places]
        parameters = _parameters(f, args, kwargs, self._places)
        self._names = [
            name
            for parameter in parameters
            for i, name in zip(parameter.leaves, _leaf_names(parameter), strict=True)
            if i is not None
        ]
        self._matches = None if kwargs else matcher(args)
        self._form: Any = None
        self.program = simplified(trace(self._outputs, self._examples, self._names))
        self.function = function_of(
            _identifier(getattr(f, "__name__", "program")),
            self.program,
            parameters,
            Result(self._form, self._is_transform),
            backend,
            Helpers(leaves_of, with_leaves),
        )

    def is_for(self, args: Any) -> bool:
        """Whether it surely is the program for these arguments."""
        matches = self._matches
        return matches is not None and len(args) == len(self._given[0]) and matches(*args)

    def __call__(self, args: Any, kwargs: Any) -> Any:
        try:
            return self.function(*args, **kwargs)
        except (ArithmeticError, ValueError):
            return self._slowly(args, kwargs)

    def _slowly(self, args: Any, kwargs: Any) -> Any:
        """The same with NumPy's inf and nan where Python raises, and with 0·inf = 0."""
        leaves = leaves_of((args, kwargs))
        given = [_example(leaves[i]) for i in self._places]
        found = interpret(self.program, given)
        if any(np.isnan(found[i]).any() for i in self.program.notes.get("unguarded", ())):
            found = interpret(self._guarded, given)
        return with_leaves(self._form, map(_number, found) if self._is_transform else found)

    @functools.cached_property
    def _guarded(self) -> Program:
        return simplified(guarded_trace(self._outputs, self._examples, self._names))

    def _outputs(self, inputs: Any) -> list[Any]:
        """The numbers and arrays that the function returns for the inputs of a trace."""
        leaves = leaves_of(self._given)
        for i, x in zip(self._places, inputs, strict=True):
            leaves[i] = x if self._is_transform else _as_variable(x)
        args, kwargs = with_leaves(self._given, leaves)
        with modes.no_grad():
            result = self._f(*args, **kwargs)
            found: list[Any] = []

            def leaf(x: Any, where: str) -> Any:
                x = as_one(x)
                found.append(detached(x.node if is_variable(x) else x))
                return 0

            self._form = map_leaves(leaf, result)
        return found


def _example(x: Any) -> Any:
    """A number or array as this package computes with it: a number of NumPy's in double precision
    as one of Python's, an array without axes as a number of NumPy's."""
    if isinstance(x, np.float64):
        return float(x)
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


def _number(x: Any) -> Any:
    return x.item() if isinstance(x, np.float64 | np.complex128) else x


def _parameters(f: Any, args: Any, kwargs: Any, inputs: list[int]) -> list[Parameter]:
    """The arguments by their names, and which of their leaves are the inputs of the program."""
    try:
        known = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        known = []
    usual = [x.name for x in known if x.kind in (x.POSITIONAL_ONLY, x.POSITIONAL_OR_KEYWORD)]
    names = [*usual[: len(args)], *(f"argument{i}" for i in range(len(usual), len(args)))]
    given = [(_identifier(name), x, False) for name, x in zip(names, args, strict=True)]
    given += [(name, x, True) for name, x in kwargs.items()]
    numbers = {place: i for i, place in enumerate(inputs)}
    found = []
    start = 0
    for name, tree, by_keyword in given:
        count = len(leaves_of(tree))
        leaves = [numbers.get(i) for i in range(start, start + count)]
        without_axes = [
            i
            for i, x in enumerate(leaves_of(tree))
            if isinstance(x, np.ndarray) and not x.ndim and leaves[i] is not None
        ]
        found.append(Parameter(name, tree, by_keyword, leaves, without_axes))
        start += count
    return found


def _leaf_names(parameter: Parameter) -> list[str]:
    """A name for each number and array of an argument: `w`, `w0`, `w1_2`, the key of a dict."""
    wheres: list[str] = []
    map_leaves(lambda x, where: wheres.append(where), parameter.form)
    found = []
    for where in wheres:
        parts = [x.strip("'\"") for x in where.replace(".", "[").replace("]", "").split("[")]
        keys = [part for part in parts if part and not part.isdigit()]
        indices = [part for part in parts if part.isdigit()]
        found.append(_identifier((keys[-1] if keys else parameter.name) + "_".join(indices)))
    return found


def _identifier(name: str) -> str:
    cleaned = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
    return cleaned if cleaned.isidentifier() else f"_{cleaned}"
