"""Functions of the table that are steered by numbers, in programs that are being traced.

The median, or a product whose factors may be 0, takes one way or another as its numbers are. Where
they are known only when the program runs, so is the way: the program calls the function as it is,
and, on the way back, what takes its gradient to an operand, which is such a function again.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import apply
from autograd_lite.engine.batch import parts_of
from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import PRIMITIVES, EachOperand, Primitive, Rule, Structural
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.variable import is_variable


def noted(function: Rule, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What a function gives for stand-ins, or variables that hold some: a call that is made when
    the program runs, and that has derivatives."""
    operands: list[Any] = []

    def hole(x: Any) -> Any:
        if not (is_variable(x) or isinstance(x, StandIn)):
            return x
        operands.append(x)
        return Hole(len(operands) - 1, is_variable(x))

    form = _mapped(hole, (args, dict(kwargs)))
    return apply(_primitive_of(Call(function, form)), operands, {})


@dataclass(frozen=True)
class Hole:
    """Where an operand stands in the arguments of a call."""

    index: int
    is_variable: bool
    """Whether the function was given a variable: then it may compute otherwise, and is again."""


@dataclass(frozen=True, eq=False)
class Call:
    """A call of a function, with places for operands among its arguments; called with these."""

    function: Rule
    form: Any
    """The arguments, and those by keyword."""
    explains_errors = True
    """They name the function already; see `apply.explained`."""

    @property
    def __name__(self) -> str:
        return name_of(self.function)

    def arguments(self, operands: Sequence[Any]) -> Any:
        """The arguments, and those by keyword, with these operands."""
        return _mapped(lambda x: operands[x.index] if x.__class__ is Hole else x, self.form)

    def __call__(self, *operands: Any) -> Any:
        if any(map(is_variable, operands)):
            args, kwargs = self.arguments(operands)
            return self.function(*args, **kwargs)

        def given(x: Any) -> Any:
            if x.__class__ is not Hole:
                return x
            return _as_variable(operands[x.index]) if x.is_variable else operands[x.index]

        with modes.no_grad():
            args, kwargs = _mapped(given, self.form)
            return _mapped(detached, self.function(*args, **kwargs))


def name_of(function: Rule) -> str:
    """What a function is called in code."""
    name = "".join(c if c.isalnum() else "_" for c in getattr(function, "__name__", "function"))
    return name.strip("_")


_known: dict[Hashable, Primitive] = {}
_MOST = 1000


def _primitive_of(call: Call) -> Primitive:
    """The call as a primitive: equal calls are one, as far as that can be told."""
    try:
        key = call.function, _told(call.form)
        hash(key)
    except TypeError:
        return _made(call)
    if key not in _known:
        if len(_known) >= _MOST:
            _known.clear()
        _known[key] = _made(call)
    return _known[key]


def _made(call: Call) -> Primitive:
    return Structural(
        name=call.__name__,
        operands=(),
        text=f"{call.__name__}({{operands}})",
        arrays=call,
        pullbacks=EachOperand(functools.partial(_part, call)),
        results=(),
        batched=functools.partial(_batched, call),
        function=call.function,
    )


def _batched(call: Call, which: Sequence[bool], *operands: Any) -> Any:
    """The results for a batch, one example after the other."""
    whole = RowByRow(call, tuple(which))
    if any(is_variable(x) or isinstance(x, StandIn) for x in operands):
        return noted(whole, operands, {})
    return whole(*operands)


@dataclass(frozen=True, eq=False)
class RowByRow:
    """A call for each row of some operands, the others the same for all; the results stacked."""

    call: Call
    which: tuple[bool, ...]

    @property
    def __name__(self) -> str:
        return f"{self.call.__name__}_of_rows"

    def __call__(self, *operands: Any) -> Any:
        rows = [x for x, mine in zip(operands, self.which, strict=True) if mine]
        rows = [x if len(x) else np.zeros((1, *x.shape[1:]), x.dtype) for x in rows]
        found = [self._of_row(operands, [x[i] for x in rows]) for i in range(len(rows[0]))]
        stack = PRIMITIVES["stack"].function
        several = isinstance(found[0], tuple)
        whole = [stack(list(x)) for x in (zip(*found, strict=True) if several else [found])]
        if any(len(x) == 0 for x, mine in zip(operands, self.which, strict=True) if mine):
            whole = [x[:0] for x in whole]
        return tuple(whole) if several else whole[0]

    def _of_row(self, operands: Sequence[Any], row: Sequence[Any]) -> Any:
        rest = iter(row)
        return self.call(
            *[next(rest) if mine else x for x, mine in zip(operands, self.which, strict=True)]
        )


def _told(x: Any) -> Hashable:
    """What tells arguments apart.

    Raises:
        TypeError: if there is an array in it.
    """
    if isinstance(x, tuple | list):
        return x.__class__, tuple(map(_told, x))
    if isinstance(x, dict):
        return tuple((key, _told(part)) for key, part in x.items())
    hash(x)
    return x.__class__, repr(x) if isinstance(x, float | complex) else x


# ---------------------------------------------------------------- the way back


def _part(call: Call, index: int, g: Any, z: Any, *operands: Any) -> Any:
    """The gradient of an operand."""
    args, kwargs = call.arguments(operands)
    holes = {i: x for i, x in enumerate(parts_of(call.form)) if x.__class__ is Hole}
    place = next(i for i, x in holes.items() if x.index == index)
    others = tuple(i for i, x in holes.items() if x.is_variable and i != place)
    back = GradientOf(call.function, place, others)
    plain = not any(is_variable(x) or isinstance(x, StandIn) for x in parts_of((g, operands)))
    return back(g, *args, **kwargs) if plain else noted(back, (g, *args), kwargs)


@dataclass(frozen=True)
class GradientOf:
    """(g, *args, **kwargs): what takes the gradient g of the result of a function to one of the
    numbers and arrays among its arguments."""

    function: Rule
    place: int
    """Which of the parts of the arguments."""
    others: tuple[int, ...] = ()
    """Which of them are variables, too."""

    @property
    def __name__(self) -> str:
        return f"gradient_of_{name_of(self.function)}"

    def __call__(self, g: Any, *args: Any, **kwargs: Any) -> Any:
        record = any(map(is_variable, parts_of((g, args, kwargs))))
        numbers = itertools.count()
        found: list[Any] = []

        def fresh(x: Any) -> Any:
            place = next(numbers)
            if place != self.place:
                return _as_variable(x) if place in self.others else x
            found.append(PRIMITIVES["positive"].function(x) if is_variable(x) else Tensor(x))
            return found[0]

        clock.tick()  # nothing that is younger leads past what is differentiated by
        with modes.recording():
            args, kwargs = _mapped(fresh, (args, kwargs))
            z = self.function(*args, **kwargs)
        (x,) = found
        total: Any = None
        for part, flow in zip(z, g, strict=True) if isinstance(z, tuple) else [(z, g)]:
            if flow is not None and is_variable(part):
                (more,) = gradients(part, [x], flow, record=record)
                total = more if total is None else total + more
        return np.zeros(x.shape, x.dtype)[()] if total is None else total


def _as_variable(x: Any) -> Any:
    return x if is_variable(x) or np.asarray(x).dtype.kind not in "fc" else Tensor(x)


def _mapped(change: Callable[[Any], Any], thing: Any) -> Any:
    """The same nest of tuples, lists and dicts with its parts changed, in the order of
    `parts_of`."""
    if isinstance(thing, tuple | list):
        items = [_mapped(change, x) for x in thing]
        return items if isinstance(thing, list) else tuple(items)
    if isinstance(thing, dict):
        return {key: _mapped(change, x) for key, x in thing.items()}
    return change(thing)
