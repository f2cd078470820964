"""What `compile` returns: a function, and the programs that were made of it."""

from __future__ import annotations

import functools
import gc
import inspect
import itertools
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.assignment import plain_writes
from autograd_lite.engine.chain import detached
from autograd_lite.engine.observing import clearer
from autograd_lite.engine.stand_ins import NumbersUnknownError
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.backends import BACKENDS
from autograd_lite.program.function import HELPERS, Helpers, Result, function_of
from autograd_lite.program.instructions import Program
from autograd_lite.program.interpret import interpret
from autograd_lite.program.matching import matcher
from autograd_lite.program.simplify import is_same, simplified
from autograd_lite.program.steps import Step, Steps
from autograd_lite.program.straight import NotStraight
from autograd_lite.program.trace import guarded_trace, is_tracing, trace
from autograd_lite.program.traced import TracedArray
from autograd_lite.transforms.calls import Transformed, as_one, check_function
from autograd_lite.transforms.gradient import grad, value_and_grad
from autograd_lite.transforms.hessian import hessian
from autograd_lite.transforms.jacobian import jacobian
from autograd_lite.transforms.parameters import identifier, leaf_names, parameters_of
from autograd_lite.transforms.program_graph import outputs_as_graph
from autograd_lite.transforms.signatures import HasVariables, is_input, signature
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


class Compiled:
    """What `compile` returns: f, run as code that was made of it."""

    def __init__(
        self, f: Callable[..., Any], backend: str | None = None, steps: bool = False
    ) -> None:
        check_function("compile", f)
        flags = getattr(getattr(f, "__code__", None), "co_flags", 0)
        if flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
            raise TypeError(
                f"compile: {f!r} computes nothing when it is called, but when it is gone through, "
                "or awaited; compile a function that it calls"
            )
        if backend is not None and backend not in BACKENDS:
            known = ", ".join(BACKENDS)
            raise ValueError(f"compile: backend must be one of {known}, not {backend!r}")
        functools.update_wrapper(self, f)
        self._f = f
        self._backend = backend
        self._keeps_steps = steps
        self._made: dict[Hashable, _Specialised] = {}
        self._latest: _Specialised | None = None
        self._transformed: dict[Any, Compiled] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        latest = self._latest
        if latest is not None and not kwargs and latest.is_for(args):
            try:
                return latest.function(*args)
            except (ArithmeticError, ValueError) as error:
                return latest.slowly(args, kwargs, isinstance(error, FloatingPointError))
        try:
            key = (signature(args), signature(kwargs) if kwargs else None)
        except HasVariables:
            return self._f(*args, **kwargs)
        one = self._made.get(key)
        if one is None:
            if is_tracing():  # what it reads from outside may be of the program that is made
                return self._f(*args, **kwargs)
            with _without_collector():
                one = _Specialised(self._f, args, kwargs, self._backend, self._keeps_steps)
            self._made[key] = one
        self._latest = one
        return one(args, kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else CompiledMethod(self, instance)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self._f, '__qualname__', self._f)!s}>"

    @functools.cached_property
    def value_and_grad(self) -> Compiled:
        """The function that gives the value and the gradient by the first argument."""
        return self._derived(value_and_grad, 0)

    @functools.cached_property
    def grad(self) -> Compiled:
        """The function that gives the gradient by the first argument."""
        return self._derived(grad, 0)

    @functools.cached_property
    def jacobian(self) -> Compiled:
        """The function that gives the Jacobian by the first argument."""
        return self._derived(jacobian, 0)

    @functools.cached_property
    def hessian(self) -> Compiled:
        """The function that gives the Hessian by the first argument."""
        return self._derived(hessian, 0)

    def _derived(self, transform: Callable[..., Any], argument: int) -> Compiled:
        """A transform of the function by one of its arguments, compiled; made once."""
        key = transform, argument
        if key not in self._transformed:
            made = transform(_as_variables(self._f), argnums=argument)
            self._transformed[key] = Compiled(made, self._backend, self._keeps_steps)
        return self._transformed[key]

    @property
    def source(self) -> str:
        """The code that ran last.

        Raises:
            ValueError: if it was never called.
        """
        return self._of_last().function.source

    def code(self, language: str = "python") -> str:
        """The code that ran last in another language: a function that stands alone. It takes the
        numbers one by one and gives those that the program gives, the value first. Where it would
        compute 0·inf in the chain rule it gives nan.

        Args:
            language: "c", "javascript", or "numpy", where each number may be an array, of a number
                for each sample, all of one shape; "python" is `source`.

        Raises:
            ValueError: if it was never called, or for another language.
            TypeError: if the program computes with arrays.
        """
        from autograd_lite.program.languages import LANGUAGES  # none is needed to run it

        if language == "python":
            return self.source
        if language not in LANGUAGES:
            known = ", ".join(["python", *LANGUAGES])
            raise ValueError(f"code: the language must be one of {known}, not {language!r}")
        name = identifier(getattr(self._f, "__name__", "program"))
        try:
            return LANGUAGES[language](self.program, name)
        except NotStraight as error:
            raise TypeError(
                f"code: {error}; functions of single numbers alone can be written in {language}: "
                "`source` and `save` are for all"
            ) from None

    @property
    def program(self) -> Program:
        """The instructions that the code was made of.

        Raises:
            ValueError: if it was never called.
        """
        return self._of_last().program

    @property
    def steps(self) -> list[Step]:
        """What simplification did to the program that ran last, step by step; kept by
        `compile(f, steps=True)`.

        Raises:
            ValueError: if it was never called, or the steps are not kept.
        """
        if not self._keeps_steps:
            raise ValueError(f"{self!r} keeps no steps: compile(f, steps=True) does")
        return self._of_last().steps

    @property
    def graph(self) -> Any:
        """The program as a graph: what the function returned for the numbers that it was traced
        with, as variables, each computed from the others as the program does it and with its name
        there. `viz.draw(f.graph)` draws it; `viz.steps(f.value_and_grad.graph[0])`, of numbers,
        shows the code beside it, line by line.

        Raises:
            ValueError: if it was never called, or the arrays it was traced with are too large to
                be kept.

        >>> from autograd_lite import compile, viz
        >>> @compile
        ... def energy(x, w):
        ...     z = x * w
        ...     return z**2 / 2
        >>> _ = energy(2.0, 3.0)
        >>> print(viz.derive(energy.graph, "x"))
        ∂t2/∂x = ∂t2/∂z·∂z/∂x
               = z·w
               = 6·3
               = 18
        """
        return self._of_last().graph()

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


class CompiledMethod:
    """A compiled function as a method of an object: its transforms are by the first argument behind
    that, and all else (`source`, `graph`, `save`) is that of the function."""

    def __init__(self, compiled: Compiled, instance: Any) -> None:
        self._compiled = compiled
        self._instance = instance

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._compiled(self._instance, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in _TRANSFORMS:
            derived = self._compiled._derived(_TRANSFORMS[name], 1)
            return CompiledMethod(derived, self._instance)
        return getattr(self._compiled, name)

    def __repr__(self) -> str:
        return f"{self._compiled!r} of {self._instance!r}"


_TRANSFORMS: dict[str, Callable[..., Any]] = {
    "value_and_grad": value_and_grad, "grad": grad, "jacobian": jacobian, "hessian": hessian,
}  # fmt: skip


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

    def __init__(
        self, f: Callable[..., Any], args: Any, kwargs: Any, backend: str | None, steps: bool
    ) -> None:
        self._f = f
        self._keeps_steps = steps
        self.steps: list[Step] = []
        self._is_transform = isinstance(f, Transformed)
        leaves = leaves_of((args, kwargs))
        self._places = [i for i, x in enumerate(leaves) if is_input(x)]
        parameters = parameters_of(f, args, kwargs, self._places)
        self._names = leaf_names(parameters)
        self._keywords = [x.name for x in parameters if x.by_keyword]
        self._renamed = self._keywords != list(kwargs)
        self.is_for = (not kwargs and matcher(args)) or _is_for_none
        """Whether it surely is the program for these arguments."""
        self._form: Any = None
        self._guarded: Program | None = None
        self._as_numbers = True
        self.program = self._simplified(args, kwargs)
        name = identifier(getattr(f, "__name__", "program"))
        make = functools.partial(
            function_of,
            f"{name}_" if name in HELPERS else name,
            parameters=parameters,
            backend=backend,
            helpers=Helpers(leaves_of, with_leaves),
        )
        self.function = make(self.program, result=Result(self._form, self._is_transform))
        if not self.function.gives_python_numbers and _has_doubles(leaves):
            # beside arrays of another dtype a double of NumPy's is not what a float is
            self._as_numbers = False
            self.program = self._simplified(args, kwargs)
            self.function = make(self.program, result=Result(self._form, self._is_transform))
        self._kept = self._few(args, kwargs)

    def graph(self) -> Any:
        """What the function returned, as variables that the program records."""
        if self._kept is None:
            raise ValueError(
                f"graph: more than {_KEPT:,} numbers of the arguments that {self._f!r} was traced "
                "with are not kept; call it with smaller arrays, for a program of its own"
            )
        function = self.function
        found = outputs_as_graph(self.program, self._kept, function.source, function.places)
        return with_leaves(self._form, found)

    def __call__(self, args: Any, kwargs: Any) -> Any:
        if self._renamed:
            kwargs = dict(zip(self._keywords, kwargs.values(), strict=True))
        try:
            return self.function(*args, **kwargs)
        except (ArithmeticError, ValueError) as error:
            return self.slowly(args, kwargs, isinstance(error, FloatingPointError))

    def _simplified(self, args: Any, kwargs: Any) -> Program:
        """The program; what was done to it is noted where that is wanted."""
        program = self._traced(trace, args, kwargs)
        steps = Steps(program) if self._keeps_steps else None
        simple = simplified(program, steps)
        self.steps = steps.taken if steps else []
        return simple

    def _few(self, args: Any, kwargs: Any) -> list[Any] | None:
        """The numbers of the inputs, unless they are many."""
        given = self._inputs(args, kwargs)
        few = sum(map(np.size, given)) <= _KEPT
        return [np.array(x) if isinstance(x, np.ndarray) else x for x in given] if few else None

    def _traced(self, trace: Callable[..., Program], args: Any, kwargs: Any) -> Program:
        given = self._inputs(args, kwargs)
        try:
            return trace(functools.partial(self._outputs, (args, kwargs)), given, self._names)
        except NumbersUnknownError as error:
            raise TypeError(*error.args).with_traceback(error.__traceback__) from None

    def _inputs(self, args: Any, kwargs: Any) -> list[Any]:
        leaves = leaves_of((args, kwargs))
        numbers: Any = self._places if self._as_numbers else self._differentiated(args, kwargs)
        return [_example(leaves[i], i in numbers) for i in self._places]

    def _differentiated(self, args: Any, kwargs: Any) -> set[int]:
        """The leaves by which a transform differentiates: numbers of NumPy's in double precision
        are as Python's for it."""
        if not isinstance(self._f, Transformed):
            return set()
        named = {**dict(enumerate(args)), **kwargs}
        wanted = self._f._places(args, kwargs)
        numbers = iter(range(len(leaves_of((args, kwargs)))))
        found: set[int] = set()
        for place, tree in named.items():
            own = list(itertools.islice(numbers, len(leaves_of(tree))))
            found.update(own if place in wanted else ())
        return found

    def slowly(self, args: Any, kwargs: Any, has_nan: bool = False) -> Any:
        """The same with NumPy's inf and nan where Python raises, and with 0·inf = 0. It is known
        whether there was a nan, which a loop may hide: nan·0 is 0 in the chain rule, too."""
        given = self._inputs(args, kwargs)
        unguarded = self.program.notes.get("unguarded", ())
        if not (has_nan and unguarded):
            found = interpret(self.program, given)
            has_nan = any(np.isnan(found[i]).any() for i in unguarded)
        if has_nan and unguarded:
            found = interpret(self.guarded(args, kwargs), given)
        found = [np.array(x) if isinstance(x, np.ndarray) else x for x in found]
        return with_leaves(self._form, map(_number, found) if self._is_transform else found)

    def guarded(self, args: Any, kwargs: Any) -> Program:
        """The program in which 0·inf is 0, made when it is needed: by then the function must still
        be what it was, for it is run once more."""
        if self._guarded is not None:
            return self._guarded
        form = self._form
        again = simplified(self._traced(trace, args, kwargs))
        guarded = simplified(self._traced(guarded_trace, args, kwargs))
        self._form = form
        if not is_same(again, self.program):
            raise TypeError(
                f"compile: {self._f!r} reads something from outside that has changed since it was "
                "traced; give it as an argument, or compile the function again"
            )
        self._guarded = guarded
        return guarded

    def _outputs(self, given: Any, inputs: Any) -> list[Any]:
        """The numbers and arrays that the function returns for the inputs of a trace."""
        examples = leaves_of(given)
        for i, x in zip(self._places, inputs, strict=True):
            x.stands_for = examples[i]

        def arguments() -> Any:
            leaves = leaves_of(given)
            for i, x in zip(self._places, inputs, strict=True):
                leaves[i] = x if self._is_transform else _as_variable(x)
            return with_leaves(given, leaves)

        result, mode = self._result(arguments)
        with mode:
            found: list[Any] = []

            def leaf(x: Any, where: str) -> Any:
                x = as_one(x)
                found.append(detached(x.node if is_variable(x) else x))
                return 0

            self._form = map_leaves(leaf, result)
        return found

    def _result(self, arguments: Callable[[], Any]) -> tuple[Any, Any]:
        """What the function returns, and the mode in which it ran: where it writes into what it has
        made, it is recorded, so that views of that see it. Each run has arguments of its own."""
        before = plain_writes()
        args, kwargs = arguments()
        try:
            with modes.no_grad():
                result = self._f(*args, **kwargs)
            if plain_writes() == before:
                return result, modes.no_grad()
        except Exception as error:
            if plain_writes() == before:
                if isinstance(error, ValueError):
                    raise clearer(error) from error
                raise
        args, kwargs = arguments()
        with modes.recording():
            return self._f(*args, **kwargs), modes.recording()


_KEPT = 10_000
"""So many numbers of the first arguments are kept, to show the graph with."""


def _is_for_none(args: tuple[Any, ...]) -> bool:
    return False


def _has_doubles(leaves: list[Any]) -> bool:
    return any(isinstance(x, np.float64) for x in leaves)


def _example(x: Any, as_number: bool) -> Any:
    """A number or array as this package computes with it: an array without axes as a number of
    NumPy's; among numbers alone one of NumPy's in double precision as one of Python's."""
    if as_number and isinstance(x, np.float64):
        return float(x)
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


def _number(x: Any) -> Any:
    return x.item() if isinstance(x, np.float64 | np.complex128) else x
