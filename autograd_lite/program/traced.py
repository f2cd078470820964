"""Stand-ins that note down what is done to them: how a function becomes a program.

A `TracedArray` looks like an array, or like one of Python's numbers. Whatever is done to it, by the
functions of the table or by NumPy's own, is noted as an instruction. It knows the numbers of one
example, by which the shape and dtype of each result are found, and does not give them away: what
would steer the function by them is an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite.engine.apply import (
    TENSOR,
    TRACED_ARRAY,
    apply,
    as_operand,
    is_known,
    record_as,
    register,
)
from autograd_lite.engine.batch import next_depth
from autograd_lite.engine.batching import evaluate_plain
from autograd_lite.engine.chain import without_nothing
from autograd_lite.engine.observing import quoted, users_line
from autograd_lite.engine.primitive import PRIMITIVES, Array, Primitive, Structural
from autograd_lite.engine.stand_in_numpy import by_operators
from autograd_lite.engine.stand_ins import NumbersUnknownError, StandIn
from autograd_lite.engine.variable import Variable as Recorded
from autograd_lite.engine.when_run import Call
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Reference,
    Variable,
    mapped,
    parts_of,
    results_of,
)
from autograd_lite.program.operations import may_be_view, may_turn_complex
from autograd_lite.program.straight import COMPARISONS


class Trace:
    """What is noted down while a function runs."""

    def __init__(self, guarded: bool) -> None:
        self._is_open = True
        self.depth = next_depth()
        """How deep it lies inside of others, and of batches."""
        self.instructions: list[Instruction] = []
        self.guarded = guarded
        """Whether 0·inf is 0 in the chain rule, which takes five instructions a product."""
        self.products: set[Variable] = set()
        """The products of the chain rule, where they are not guarded."""
        self.gradient_of: Variable | None = None
        self._called_from = users_line()
        self._gradients: dict[Variable, Variable] = {}
        """What a variable is part of the gradient of."""

    @contextmanager
    def open(self) -> Iterator[None]:
        """While the function runs; nothing can be noted afterwards."""
        try:
            yield
        finally:
            self._is_open = False

    def input(self, example: Any, name: str | None = None) -> TracedArray:
        """A stand-in for an argument."""
        if isinstance(example, np.ndarray):
            example = example.view()  # which nobody writes into
            example.flags.writeable = False
        return TracedArray(self, example, Variable(example, name))

    def apply(
        self, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Apply a primitive to plain operands, among which are stand-ins."""
        if params:
            for x in parts_of(params):
                if x.__class__ is TracedArray and x.dtype == bool and x.shape:
                    why = "how much it picks depends on them"
                    raise x.refusal(f"{primitive.name} with a mask", why)
        if isinstance(primitive, Structural) and may_turn_complex(primitive):
            real = all(getattr(x, "dtype", np.dtype(float)).kind != "c" for x in operands)
            if real:
                why = "whether the result is complex depends on them"
                refused = TracedArray.refusal(primitive.name, why, "Give it x.astype(complex)")
                refused.is_final = True
                raise refused
        operands = [self.own(x) if isinstance(x, StandIn) else x for x in operands]
        params = mapped(self.own, params) if params else params
        examples = [x.example if x.__class__ is TracedArray else x for x in operands]
        others = _examples(params) if params else params
        if isinstance(primitive, Structural) and primitive.example is not None:
            given = primitive.example(*examples, **others)
        else:
            given = apply(primitive, examples, others)
        if isinstance(primitive.arrays, Call):
            self._check(primitive.name, primitive.arrays, operands, {}, given)
        return self._noted(primitive, tuple(map(self.reference, operands)), params, given)

    def call(self, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """Call a function of NumPy's that has no derivative."""
        args, kwargs = mapped(self.own, args), mapped(self.own, kwargs)
        given = self._called(function, args, kwargs)
        is_comparison = given.__class__ is np.bool_ and function in COMPARISONS
        if is_comparison and all(map(_is_number, parts_of(args))):
            given = bool(given)  # as Python's numbers compare
        arguments = mapped(self._argument, args)
        return self._noted(NumpyCall(function), arguments, kwargs, given)

    def _called(self, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """What a function of NumPy's gives for the example, if a program can hold it."""
        name = f"np.{getattr(function, '__name__', 'call')}"
        try:
            given = function(*_examples(args), **_examples(kwargs))
        except ValueError as error:
            if "read-only" in str(error):  # as examples are
                raise TypeError(
                    f"{name}: {TracedArray.WHAT} cannot be written into ({quoted(users_line())}); "
                    "use np.where or x.at[...], or write into a copy of an argument that is "
                    "differentiated"
                ) from None
            raise
        self._check(name, function, args, kwargs, given)
        return given

    def _check(self, name: str, function: Any, args: Any, kwargs: Any, given: Any) -> None:
        """Raise TypeError if a program cannot hold what a function gives for the example."""
        if not all(isinstance(x, np.ndarray | np.generic | float | int) for x in results_of(given)):
            raise TypeError(
                f"{name} gives {type(given).__name__}, and no array or tuple of arrays, which a "
                f"program could hold ({quoted(users_line())}); call it outside of the compiled "
                "function"
            )
        if not isinstance(function, np.ufunc):
            for fill in (np.zeros_like, np.ones_like):
                if self._shapes_of(fill, function, args, kwargs) not in (None, _shapes(given)):
                    why = "how long the result is, or of what dtype, depends on them"
                    raise TracedArray.refusal(name, why)

    def _shapes_of(self, fill: Any, function: Any, args: Any, kwargs: Any) -> Any:
        """What `_shapes` gives for other numbers; None if the function does not take them."""

        def other(x: Any) -> Any:
            if x.__class__ is not TracedArray:
                return x
            return type(x.example)(fill(x.example)) if x.is_number else fill(x.example)[()]

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _shapes(function(*mapped(other, args), **mapped(other, kwargs)))
        except Exception:
            return None

    def _noted(
        self,
        operation: Primitive | NumpyCall,
        arguments: tuple[Any, ...],
        params: Mapping[str, Any],
        given: Any,
    ) -> Any:
        if not self._is_open:
            raise TypeError("a number of a program is used after that was traced; return it")
        # in a reverse pass there is no line of the user's, but for that of the call
        line = users_line() if self.gradient_of is None else None
        if line == self._called_from:
            line = None
        for x in results_of(given):
            if isinstance(x, np.ndarray):
                x.flags.writeable = False
        made = [TracedArray(self, x, Variable(x)) for x in results_of(given)]
        one = Instruction(
            operation,
            arguments,
            mapped(self._held, params) if params else params,
            tuple([x.reference for x in made]),
            isinstance(given, tuple),
            may_be_view(operation),
            line,
            self.gradient_of,
        )
        if line is None and one.gradient_of is None:  # sums of what belongs to one gradient
            sources = {self._gradients.get(x) for x in one.uses()}
            one.gradient_of = sources.pop() if len(sources) == 1 else self._written(one)
        if one.gradient_of is not None:
            self._gradients.update(dict.fromkeys(one.results, one.gradient_of))
        self.instructions.append(one)
        if not isinstance(given, tuple):
            return made[0]
        return given._make(made) if hasattr(given, "_make") else tuple(made)

    def _written(self, one: Instruction) -> Variable | None:
        """What the first argument is the gradient of, if it is written into."""
        writes = getattr(one.operation, "writes", None) is not None
        return self._gradients.get(one.arguments[0]) if writes else None

    def reference(self, x: Any) -> Reference:
        """What stands for an operand in an instruction."""
        x = self.own(x)
        if x.__class__ is TracedArray:
            return x.reference
        return Constant(x.copy(order="K") if isinstance(x, np.ndarray) else x)

    def own(self, x: Any) -> Any:
        """The same, and of a stand-in for something outside of what is traced, one of this trace.

        Raises:
            TypeError: if there can be none.
        """
        if not isinstance(x, StandIn) or (x.__class__ is TracedArray and x.trace is self):
            return x
        return self.lifted(x)

    def lifted(self, x: Any) -> TracedArray:
        """The stand-in of this trace for something that comes from outside."""
        raise TypeError(
            "a number of one program is used in another, after that was traced; give it as an "
            "argument"
        )

    def _argument(self, x: Any) -> Any:
        """What stands for an argument of NumPy's function."""
        held = isinstance(x, TracedArray | np.ndarray | np.generic | float)
        return self.reference(x) if held else x

    def _held(self, x: Any) -> Any:
        """The same in the arguments and parameters of a call, which hold other things too."""
        if x.__class__ is TracedArray:
            return self.reference(x)
        return x.copy(order="K") if isinstance(x, np.ndarray) else x


class TracedArray(StandIn):
    """A number or array of a program that is being traced."""

    __slots__ = ("example", "reference", "stands_for", "trace")

    WHAT = "an array of a program that is being traced"

    def __init__(self, trace: Trace, example: Any, reference: Variable) -> None:
        self.trace = trace
        self.example = example
        self.reference = reference
        self.stands_for: Any = None
        """The argument that it is, if it is one."""

    @property
    def is_number(self) -> bool:
        """Whether it stands for one of Python's numbers."""
        return self.reference.is_number

    @property
    def can_index(self) -> bool:
        """Whether it can stand in an index as it is: the parameters of instructions may hold it."""
        return True

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return self.reference.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its elements."""
        return self.reference.dtype

    @property
    def depth(self) -> int:
        """That of its trace."""
        return self.trace.depth

    def evaluate(
        self, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
    ) -> Any:
        """Note an instruction down; see `StandIn`."""
        trace = self.trace
        for x in parts_of(params):
            if x.__class__ is TracedArray and x.depth > trace.depth:
                trace = x.trace  # an index that is known less
        return trace.apply(primitive, operands, params)

    def call_numpy(self, function: Any, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """Note a call of NumPy's down; see `StandIn`."""
        if function in _OF_UNKNOWN_SHAPE:
            raise self.refusal(f"np.{function.__name__}", "how long the result is depends on them")
        return self.trace.call(function, args, kwargs)

    def call_ufunc(self, ufunc: Any, method: str, inputs: Sequence[Any], options: Any) -> Any:
        """The same of a ufunc, or of one of its methods."""
        if method == "at":  # which writes even into what is read-only
            raise TypeError(
                f"np.{ufunc.__name__}.at: {self.WHAT} cannot be written into "
                f"({quoted(users_line())}); use x.at[...]"
            )
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        return self.call_numpy(function, inputs, options)

    def in_form_of(self, leaf: Any) -> Any:
        """This as an array without axes, or of another byte order, if the argument is one."""
        given = getattr(leaf, "stands_for", None)
        if isinstance(given, np.ndarray) and not given.ndim:
            dtype = given.dtype if given.dtype.kind in "fc" else None
            made = self.trace.call(np.asarray, (self,), {"dtype": dtype})
            made.reference.is_array = True
            return made
        if isinstance(given, np.ndarray) and given.dtype.kind in "fc" and given.dtype != self.dtype:
            return self.trace.call(np.asarray, (self,), {"dtype": given.dtype})
        return self

    def one(self) -> Any:
        """1 of its dtype; of one of Python's numbers, Python's."""
        return 1.0 if self.is_number else self.dtype.type(1)

    def one_of_each(self) -> Any:
        """1 in its shape, as a stand-in: rules pick from it by what is known when it runs."""
        return 1.0 if self.is_number else self.trace.call(np.ones_like, (self,), {})

    def in_memory(self) -> Array:
        """The array of the example; see `StandIn`."""
        return np.asarray(self.example)

    def product(self, g: Any, partial: Any, product: Any) -> Any:
        """The product of the chain rule; see `StandIn`."""
        if self.trace.guarded:
            return without_nothing(g, partial, product)
        self.trace.products.add(self.reference)
        return product

    def own_product(self, g: Any, partial: Any, times: Callable[[Any, Any], Any]) -> Any:
        """The product of the chain rule for this operand, summed where that of plain arrays is."""
        if self.is_number and not getattr(g, "shape", ()):
            return times(g, partial)
        shapes = np.shape(g), np.shape(partial)
        are_double = all(getattr(x, "dtype", None) is _DOUBLE for x in (self, g, partial))
        is_traced = not any(isinstance(x, Recorded) for x in (g, partial))
        if self.shape or not shapes[0] or shapes[0] != shapes[1] or not are_double or not is_traced:
            return times(g, partial)
        total = PRIMITIVES["vdot"].function(g, partial)
        if self.trace.guarded:
            products = PRIMITIVES["sum"].function(times(g, partial))
            return PRIMITIVES["where"].function(total == total, total, products)
        if isinstance(total, TracedArray):
            self.trace.products.add(total.reference)
        return total

    def astype(self, dtype: Any, **options: Any) -> Any:
        """The elements as another dtype."""
        if np.dtype(dtype) == self.dtype:
            return self
        if np.dtype(dtype).kind in "fc" and self.dtype.kind in "fc":
            return PRIMITIVES["astype"].function(self, dtype)
        return self.trace.call(np.asarray, (self,), {"dtype": np.dtype(dtype)})

    def copy(self, order: Any = "C") -> TracedArray:
        """Itself: nothing is written into it."""
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "setitem: a plain array of a program that is being traced cannot be written into; make "
            "the array with np.zeros_like(x) of an argument x that is differentiated, or use "
            "np.where or x.at[...]"
        )

    def __repr__(self) -> str:
        return f"<traced: {self.dtype} of shape {self.shape}>"

    @staticmethod
    def refusal(what: str, why: str, instead: str = "") -> NumbersUnknownError:
        """What is raised where the numbers are asked for."""
        instead = instead or (
            "Use where(condition, x, y), cond(...) or while_loop(...), or give what decides as a "
            "Python int or bool, for each of which a program of its own is made"
        )
        return NumbersUnknownError(
            f"{what} asks for numbers that are known only when the program runs, and {why} "
            f"({quoted(users_line())}). {instead}"
        )

    def __bool__(self) -> bool:
        raise self.refusal("bool", "which branch to take depends on them")

    def __float__(self) -> float:
        instead = (
            "Leave float(...) out, use np.sin instead of math.sin; to fill an array, r[i] = x, "
            "make it of x's kind, r = np.zeros_like(x, shape=r.shape)"
        )
        raise self.refusal("float", "a Python number would be the same at each call", instead)

    def __int__(self) -> int:
        raise self.refusal("int", "a Python number would be the same at each call")

    __complex__ = __float__

    def __index__(self) -> int:
        instead = (
            "To pick from a list or plain array T by them, use autograd_lite.take(T, i); for as "
            "many steps, while_loop(...) or scan(...) with where(...)"
        )
        raise self.refusal("index", "how often or where depends on them", instead)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        why = "a plain array would be the same at each call"
        instead = ""
        if self.dtype.kind in "iub":
            instead = (
                "To pick from a plain array or list T by them, use autograd_lite.take(T, i), to "
                "compare or compute with them functions of NumPy's"
            )
        raise self.refusal("asarray", why, instead)

    def item(self, *place: Any) -> Any:
        """Refused: the number is not known yet."""
        raise self.refusal("item", "a Python number would be the same at each call")

    def tolist(self) -> Any:
        """Refused: the numbers are not known yet."""
        raise self.refusal("tolist", "a list of them would be the same at each call")


_DOUBLE = np.dtype(np.float64)

_OF_UNKNOWN_SHAPE = {np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.extract, np.compress}
"""Functions of NumPy's without a derivative, whose result is as long as the numbers decide."""


def _shapes(given: Any) -> list[Any]:
    return [(np.shape(x), getattr(x, "dtype", type(x))) for x in results_of(given)]


def _is_number(x: Any) -> bool:
    return x.is_number if x.__class__ is TracedArray else x.__class__ in (float, int, bool)


def _examples(thing: Any) -> Any:
    return mapped(lambda x: x.example if x.__class__ is TracedArray else x, thing)


def apply_traced(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Apply a primitive where an operand is traced: recorded if there is a variable."""
    given = [x if is_known(x) else as_operand(primitive.name, x) for x in operands]
    if any(isinstance(x, Recorded) for x in given):
        return record_as(TENSOR, primitive, given, params)
    return evaluate_plain(primitive, given, params)


def _not_in_place(operator: Callable[..., Any]) -> Callable[..., Any]:
    """`a += b` replaces a number; an array may be seen by others, who would not notice."""

    def operate(self: TracedArray, other: Any) -> Any:
        if self.shape:
            raise TypeError(
                f"{TracedArray.WHAT} cannot be written into ({quoted(users_line())}); write "
                "a = a + b for a += b, or a = a.at[...].set(b)"
            )
        return operator(self, other)

    return operate


for _name, _operator in by_operators(_not_in_place).items():
    setattr(TracedArray, _name, _operator)
register(TRACED_ARRAY, TracedArray, apply_traced)
