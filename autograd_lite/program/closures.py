"""Tracing a function that uses what stands outside of it: each such thing becomes an input.

The body of a loop closes over variables, over arrays of a program that is being traced around it,
over arrays of a batch. In its program they are inputs, behind its own, so that no graph is lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import as_operand
from autograd_lite.engine.arrays import is_frozen
from autograd_lite.engine.batch import Batched
from autograd_lite.engine.chain import detached
from autograd_lite.engine.observing import Observer, observed, observers, unobserved
from autograd_lite.engine.primitive import Array, Structural
from autograd_lite.engine.recording import Results
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import NO_PARAMS, Variable, is_variable
from autograd_lite.program.instructions import Program, Reference
from autograd_lite.program.traced import Trace, TracedArray

_SMALL = 64
"""Up to so many elements an array is a constant of a program."""


@dataclass(frozen=True)
class Closure:
    """What tracing a function gives."""

    program: Program
    closed: list[Any]
    """What it closes over: variables and stand-ins, the last inputs of the program."""
    results: list[Any]
    """What the function returned, with stand-ins for what is known when the program runs."""


def traced_closure(
    function: Callable[[list[Any]], Sequence[Any]],
    examples: Sequence[Any],
    names: Sequence[str | None] = (),
) -> Closure:
    """The program of a function of numbers and arrays, which may use what stands outside of it.

    Args:
        function: takes a list of stand-ins, and returns a list of numbers, arrays and variables.
        examples: numbers and arrays: the program is for such of the same shapes and dtypes.
        names: what the inputs are called.
    """
    notes = _Lifting()
    names = names or [None] * len(examples)
    inputs = [notes.input(x, name) for x, name in zip(examples, names, strict=True)]
    before = random.getstate(), np.random.get_state()
    with notes.open(), _alone(_Lifted(notes)), np.errstate(all="ignore"):
        found = [x.node if is_variable(x) else x for x in function(inputs)]
        results = [notes.lifted(x) if notes.is_outside(x) else detached(x) for x in found]
        outputs = tuple(map(notes.reference, results))
    if _has_drawn(*before):
        raise TypeError(
            "a step draws random numbers, which would be the same in each; draw them outside, and "
            "give them as xs"
        )
    whole = tuple(x.reference for x in (*inputs, *notes.inputs))
    return Closure(Program(whole, notes.instructions, outputs), notes.closed, results)


def _has_drawn(of_python: Any, of_numpy: Any) -> bool:
    """Whether random numbers were drawn since the states were these."""
    now: Any = np.random.get_state()
    return (
        random.getstate() != of_python
        or now[2:] != of_numpy[2:]
        or not np.array_equal(now[1], of_numpy[1])
    )


class _Lifting(Trace):
    """A trace that makes an input of whatever comes from outside."""

    def __init__(self) -> None:
        super().__init__(guarded=True)
        self.epoch = clock.tick()
        self.closed: list[Any] = []
        self.inputs: list[TracedArray] = []
        self._known: dict[Any, TracedArray] = {}
        self._recorded: dict[Any, Tensor] = {}
        self._arrays: dict[int, tuple[Any, Any]] = {}

    def lifted(self, x: Any) -> TracedArray:
        """The input that stands for something that comes from outside."""
        key = x.reference if x.__class__ is TracedArray else x
        if key not in self._known:
            held = x.array if x.__class__ is _Held else x
            self._known[key] = self.input(example_of(held), getattr(held, "name", None))
            self.inputs.append(self._known[key])
            self.closed.append(held)
        return self._known[key]

    def reference(self, x: Any) -> Reference:
        """What stands for an operand; an array that is not small is an input too, so that the
        program is the same whatever its numbers are."""
        if x.__class__ is np.ndarray and x.size > _SMALL and x.dtype.kind in "fciub":
            held, stand_in = self._arrays.get(id(x), (None, None))
            if held is None or not _is_same(held, x):  # it may have been written into
                held = x if is_frozen(x) else x.copy()
                stand_in = self.lifted(_Held(held))
                self._arrays[id(x)] = held, stand_in
            x = stand_in
        return super().reference(x)

    def is_outside(self, x: Any) -> bool:
        """Whether a variable was made outside, or stands for something there."""
        if not isinstance(x, Variable) or x.__class__ is Results:
            return False
        plain = detached(x)
        if isinstance(plain, StandIn):
            return plain.depth < self.depth
        return x._epoch < self.epoch

    def check_unwritten(self, x: Any) -> None:
        """Raise TypeError if a variable from outside was written into."""
        if isinstance(x, Variable) and x.first._epoch < self.epoch <= x.node._epoch:
            raise TypeError(
                "a step writes into a variable from outside, which it would do but once; carry it "
                "on, and return it"
            )

    def variable(self, x: Variable) -> Tensor:
        """The same as a variable, which is noted to be made of it."""
        if x not in self._recorded:
            self._recorded[x] = _made_of(x, self.lifted(x))
        return self._recorded[x]


class _Held:
    """An array, as a key: known by identity."""

    def __init__(self, array: Array) -> None:
        self.array = array


def _is_same(a: Array, b: Array) -> bool:
    """Whether two arrays are the same, to the last bit."""
    return a is b or (
        a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a.view(), b, equal_nan=False)
    )


class _Lifted(Observer):
    """Puts what stands for a variable from outside in its place, whenever it is used."""

    def __init__(self, notes: _Lifting) -> None:
        self._notes = notes

    def given(self, operands: Sequence[Any]) -> Sequence[Any]:
        for x in operands:
            self._notes.check_unwritten(x)
        nodes = [x.node if isinstance(x, Variable) else x for x in operands]
        if not any(map(self._notes.is_outside, nodes)):
            return operands
        return [self._notes.variable(x) if self._notes.is_outside(x) else x for x in nodes]


@contextmanager
def _alone(observer: _Lifted) -> Iterator[None]:
    """Observed by this one, and by those of the traces outside: what is done to stand-ins is no
    business of others."""
    outside = [x for x in observers() if isinstance(x, _Lifted)]
    with modes.recording(), unobserved(), ExitStack() as stack:
        for one in (*outside, observer):
            stack.enter_context(observed(one))
        yield


def _made_of(x: Variable, plain: TracedArray) -> Tensor:
    """A variable that holds a stand-in, and is computed from x: a gradient goes on to x."""
    z = Tensor(plain)
    z._primitive = _FROM_OUTSIDE
    z._operands = (x,)
    z._values = (plain,)
    z._params = NO_PARAMS
    return z


def _itself(x: Any) -> Any:
    return x


_FROM_OUTSIDE = Structural(
    name="from_outside",
    operands=("x",),
    text="{x}",
    arrays=_itself,
    pullbacks=(lambda g, z, x: g,),
    linear="jointly",
    function=_itself,
)


def example_of(x: Any) -> Any:
    """Some numbers of the shape and dtype of a number, array, variable or stand-in."""
    x = detached(x)
    if x.__class__ is TracedArray:
        return x.example
    if x.__class__ is Batched:
        whole = example_of(x.payload)
        return whole[0] if len(whole) else np.zeros(whole.shape[1:], whole.dtype)[()]
    x = as_operand("scan", x)
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x
