"""Programs inside of programs: the body of a loop, as a function and as what its derivatives are.

The derivatives of a program are programs, made when they are first asked for and kept with it: the
program is run again on variables that hold stand-ins, and the engine's own passes run over what
these record.
"""

from __future__ import annotations

import functools
import weakref
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.apply import apply
from autograd_lite.engine.batch import Level
from autograd_lite.engine.batching import enter, leave
from autograd_lite.engine.chain import detached, times
from autograd_lite.engine.forward import Pushforward, together
from autograd_lite.engine.observing import unobserved
from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Structural
from autograd_lite.engine.reverse import gradients_and_whether_recorded
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable
from autograd_lite.program.backends import Body, numpy_body, python_body
from autograd_lite.program.function import Runner
from autograd_lite.program.instructions import (
    Constant,
    NumpyCall,
    Program,
    Variable,
    mapped,
    results_of,
)
from autograd_lite.program.interpret import interpret
from autograd_lite.program.names import Names
from autograd_lite.program.simplify import key_of, simplified
from autograd_lite.program.straight import NotStraight
from autograd_lite.program.trace import guarded_trace, trace

Function = Callable[[Sequence[Any]], Sequence[Any]]

_recent: deque[Subprogram] = deque(maxlen=64)
"""The last ones, which stay: whoever traces the same again in a moment finds them."""
_MOST = 64
"""So many programs and functions that are made of one are kept with it."""
_known: weakref.WeakValueDictionary[Hashable, Subprogram] = weakref.WeakValueDictionary()


class Subprogram:
    """A program that an instruction of another one runs. Equal programs are one object, so that
    what was made of it once, its code and its derivatives, serves wherever it is traced again."""

    known_by_identity = True
    program: Program
    guarded: Callable[[], Program] | None
    _derived: dict[Hashable, Any]
    _function: Runner | None
    __slots__ = ("__weakref__", "_derived", "_function", "guarded", "program")

    def __new__(cls, program: Program, guarded: Callable[[], Program] | None = None) -> Subprogram:
        program = simplified(program)
        key = key_of(program)
        found = _known.get(key)
        if found is None:
            found = object.__new__(cls)
            found.program = program
            found.guarded = guarded
            found._derived = {}
            found._function = None
            _known[key] = found
            _recent.append(found)
        return found

    def __repr__(self) -> str:
        return f"<a program of {len(self.program.instructions)} instructions>"

    def examples(self) -> list[Any]:
        """Some numbers of the shapes and dtypes of its inputs."""
        return [some(x) for x in self.program.inputs]

    def outputs(self) -> list[Variable]:
        """What kind each of its outputs is of."""
        return list(map(kind_of, self.program.outputs))

    def __call__(self, *given: Any) -> tuple[Any, ...]:
        """Its outputs for plain numbers and arrays; NumPy's inf and nan, no exceptions."""
        function = self._function
        if function is None:
            function = self._function = self._made()
        try:
            return function(*given)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError) as error:
            return self._slowly(given, isinstance(error, FloatingPointError))

    def _slowly(self, given: Sequence[Any], has_nan: bool) -> tuple[Any, ...]:
        guarded = self.guarded
        if guarded is None or not has_nan:
            found = interpret(self.program, given)
            unguarded = self.program.notes.get("unguarded", ())
            has_nan = any(np.isnan(found[i]).any() for i in unguarded)
        if guarded is not None and has_nan:
            found = interpret(self.derive("guarded", guarded), given)
        return tuple([np.array(x) if isinstance(x, np.ndarray) else x for x in found])

    def _made(self) -> Runner:
        name = "body"  # as no primitive is called
        names = Names(self.program, {"np", name, "check", "isnan"})
        body = body_of(self.program, names)
        inputs = ", ".join(names[x] for x in self.program.inputs)
        outputs = "".join(f"{x}, " for x in body.outputs)
        lines = [f"def {name}({inputs}):", *(f"    {x}" for x in body.lines)]
        return Runner(name, "\n".join([*lines, f"    return ({outputs})"]), body)

    # ------------------------------------------------------------ programs that are made of it

    def derived(
        self, key: Hashable, function: Function, examples: Sequence[Any], guards: bool = True
    ) -> Subprogram:
        """The program of a function that runs this one, made once for each key."""

        def made() -> Subprogram:
            if not guards:
                return Subprogram(guarded_trace(function, examples))
            again = functools.partial(guarded_trace, function, examples)
            return Subprogram(trace(function, examples), again)

        return self.derive(key, made)  # type: ignore[no-any-return]

    def derive(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` makes of it, made once for each of the last keys."""
        known = self._derived
        if key not in known:
            with unobserved(), modes.recording():
                made = make()
            while len(known) >= _MOST:  # of one body there may be loops with ever new conditions
                known.pop(next(iter(known)), None)
            known[key] = made
            return made
        return known[key]

    def run(self, given: Sequence[Any]) -> list[Any]:
        """Its outputs for anything: variables, by which its instructions are recorded, stand-ins,
        numbers and arrays."""
        known: dict[Variable, Any] = dict(zip(self.program.inputs, given, strict=True))
        products = self.program.notes.get("products", ())

        def now(x: Any) -> Any:
            if x.__class__ is Variable:
                return known[x]
            return x.value if x.__class__ is Constant else x

        def plain(x: Any) -> Any:
            return detached(now(x))

        for one in self.program.instructions:
            params = mapped(plain, one.params) if one.params else one.params
            if isinstance(one.operation, NumpyCall):
                result = one.operation.function(*mapped(plain, one.arguments), **params)
            elif one.results[0] in products:  # of the chain rule still
                result = times(*map(now, one.arguments))
                if not isinstance(one.operation, Elementwise):  # of a number beside arrays
                    result = PRIMITIVES["sum"].function(result)
            else:
                result = apply(one.operation, mapped(now, one.arguments), params)
            known.update(zip(one.results, results_of(result), strict=True))
        return [now(x) for x in self.program.outputs]

    def gradients(
        self, given: Sequence[Any], wanted: Sequence[int], gs: Sequence[Any]
    ) -> list[Any]:
        """The gradients of the wanted inputs, for those of the outputs; None for 0."""
        with modes.recording():
            inputs = [
                Tensor(x) if is_differentiable(v) else x
                for v, x in zip(self.program.inputs, given, strict=True)
            ]
            outputs = self.run(inputs)
            starts = {
                i: g
                for i, g in enumerate(gs)
                if g is not None and is_variable(outputs[i]) and outputs[i].dtype.kind in "fc"
            }
            if not starts:
                return [None] * len(wanted)
            one, *_ = starts.values()
            whole = together([outputs[i] for i in starts])
            start = dict(enumerate(starts.values())) if len(starts) > 1 else one
            found, _ = gradients_and_whether_recorded(whole, [inputs[i] for i in wanted], start)
        kinds = [self.program.inputs[i] for i in wanted]
        pairs = zip(map(detached, found), kinds, strict=True)
        return [like(x, v) if isinstance(x, np.ndarray | np.generic) else x for x, v in pairs]

    def tangents(self, given: Sequence[Any], moved: Sequence[int], ts: Sequence[Any]) -> list[Any]:
        """The outputs, and the tangent of each for those of some inputs; None for 0."""
        with modes.recording():
            inputs = [Tensor(x) if i in moved else x for i, x in enumerate(given)]
            outputs = self.run(inputs)
            places = [i for i, x in enumerate(outputs) if is_variable(x)]
            found: list[Any] = [None] * len(outputs)
            if places:
                whole = together([outputs[i] for i in places], always=True)
                push = Pushforward(whole, [inputs[i] for i in moved])
                if push.depends:
                    for i, t in zip(places, push(list(ts)), strict=True):
                        found[i] = t
        return [*map(detached, outputs), *map(detached, found)]

    def of_batch(self, given: Sequence[Any], which: Sequence[bool], size: int) -> list[Any]:
        """The outputs of each example of a batch: the inputs that say so have an axis in front,
        and so have all outputs."""
        with Level(size) as level:
            inputs = [enter(x, level) if mine else x for x, mine in zip(given, which, strict=True)]
            return [leave(x, level) for x in self.run(inputs)]


def is_differentiable(x: Variable) -> bool:
    """Whether it has a gradient: whole numbers and truth values have none."""
    return x.dtype.kind in "fc"


def some(x: Variable, front: tuple[int, ...] = ()) -> Any:
    """Some numbers of the shape and dtype of a variable, with such axes in front."""
    if x.is_number and not front:
        return x.dtype.type(1).item()
    one = np.ones((), x.dtype)
    return np.broadcast_to(one, (*front, *x.shape))[()]


def result_like(v: Variable, *front: int) -> Any:
    """The same as NumPy would give it: row by row in memory."""
    return np.ones((*front, *v.shape), v.dtype)[()]


def zero(v: Variable) -> Any:
    """0 in the shape of a variable."""
    return 0.0 if v.is_number else np.zeros(v.shape, v.dtype)[()]


def as_array(v: Variable, *front: int) -> Variable:
    """What is like a variable, but no number of Python's, with such axes in front."""
    return Variable(np.broadcast_to(np.zeros((), v.dtype), (*front, *v.shape))[()])


def like(x: Any, wanted: Variable) -> Any:
    """A number or array as an input takes it: one of Python's numbers, or one of NumPy's."""
    if wanted.is_number:
        return x.item() if isinstance(x, np.ndarray | np.generic) else x
    if isinstance(x, float | int | complex) and not isinstance(x, np.generic):
        return wanted.dtype.type(x)
    return x


def kind_of(x: Any) -> Variable:
    """The shape and dtype of an output, which may be a constant."""
    return x if x.__class__ is Variable else Variable(x.value)


def fitting(x: Any, wanted: Variable) -> Any:
    """x, of the right shape, as one of Python's numbers, or in a dtype of NumPy's, as wanted."""
    x = detached(x)
    if getattr(x, "is_number", x.__class__ in (float, int, bool)) == wanted.is_number and (
        wanted.is_number or x.dtype == wanted.dtype
    ):
        return x
    return apply(_FIT, (x,), {"dtype": None if wanted.is_number else wanted.dtype})


def _fit(x: Any, dtype: Any) -> Any:
    if dtype is None:
        return np.asarray(x).item()
    return np.asarray(x).astype(dtype)[()]


_FIT: Structural = Structural(
    name="as_dtype",
    operands=("x",),
    text="{x}",
    arrays=_fit,
    pullbacks=(lambda g, z, x, dtype: g,),
    linear="jointly",
    batched=lambda which, x, dtype: x if dtype is None else apply(_FIT, (x,), {"dtype": dtype}),
    function=fitting,
)


def body_of(program: Program, names: Names, tag: str = "") -> Body:
    """The code of a program: in Python's numbers, if it has no others; see `numpy_code` for the
    tag."""
    try:
        return python_body(program, names)
    except NotStraight:
        return numpy_body(program, names, tag)


def tagged(tag: str) -> Callable[[Program, Names, str], Body]:
    """Makes the code of a part of a function, whose globals differ from those of other parts."""
    return lambda program, names, part: body_of(program, names, tag + part)
