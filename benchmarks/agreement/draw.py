"""Random programs, drawn step by step; NumPy runs each step as it is drawn.

Operands are what is there already, those not used yet before others, or new inputs and constants.
A program whose numbers become large, or are not numbers, is not gone on with, but for the few that
are wild: those may hold inf and nan from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Declared, Elementwise
from benchmarks.agreement.forms import (
    LARGEST_SIZE,
    Shape,
    a_constant,
    a_partner,
    a_shape,
    a_split,
    an_axis,
    an_index,
    an_input,
    chance,
    some_numbers,
)
from benchmarks.agreement.given import Given
from benchmarks.agreement.oracle import ORACLES, numpy_function
from benchmarks.agreement.places import places
from benchmarks.agreement.program import (
    Program,
    Step,
    can_be_differentiated,
    intervals,
    is_elementwise,
    table,
)

LARGEST = 200.0
"""No number of a program that is not wild is larger."""

Call = tuple[tuple["str | Given", ...], tuple[Any, ...], dict[str, Any]]


def draw(rng: Random) -> Program:
    """A random program."""
    while True:
        writer = Writer(rng)
        for _ in range(rng.choice((1, 2, 3, 3, 4, 5, 6, 8))):
            for _ in range(5):
                if writer.step(writer.primitive()):
                    break
        if writer.steps:
            writer.join()
            return writer.program()


class Writer:
    """A program as it is being drawn."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.values: dict[str, Any] = {}
        """What each name is in NumPy; of a Value, a Python float."""
        self.inputs: dict[str, Given] = {}
        self.steps: list[Step] = []
        self.unused: list[str] = []
        self.wild = chance(rng, 0.05)
        self.numbers = chance(rng, 0.15)
        """Whether it is one of Values alone, and of elementwise primitives."""
        f8, f4 = np.float64, np.float32
        self.dtypes = rng.choices(((f8,), (f4,), (f8, f4)), (4, 2, 4))[0]
        self.of_values = 1.0 if self.numbers else rng.choice((0.1, 0.1, 0.6))

    def primitive(self) -> Declared:
        """Any that has an oracle, and that numbers can go through if there are only these."""
        fits = [
            p for p in table().values()
            if p.name in ORACLES and (is_elementwise(p) or not self.numbers)
        ]  # fmt: skip
        return self.rng.choices(fits, [1 + (p.name in ARGUMENTS) for p in fits])[0]

    def program(self) -> Program:
        """What was drawn."""
        rng = self.rng
        if chance(rng, 0.1):
            self.new_input(a_shape(rng))  # that nothing uses
        scribble, nested = chance(rng, 0.3), chance(rng, 0.4)
        asked = tuple(step.name for step in self.steps if chance(rng, 0.1))
        program = Program(dict(self.inputs), tuple(self.steps), scribble, asked, nested).pruned()
        used = program.used() | set(self.unused)
        return Program(
            {k: x for k, x in self.inputs.items() if k in used or chance(rng, 0.3)},
            program.steps, scribble, program.asked, nested,
        )  # fmt: skip

    def join(self) -> None:
        """Make most of the results that nothing uses part of the last one."""
        for _ in range(3):
            results = [name for name in self.unused if name.startswith("v")]
            if len(results) < 2 or chance(self.rng, 0.1):
                return
            x, y = results[-2:]
            if not broadcasts(np.shape(self.values[x]), np.shape(self.values[y])):
                smaller = min(x, y, key=lambda name: np.size(self.values[name]))
                if not self.append(table()["sum"], (smaller,), (), {}):
                    return
                x, y = self.steps[-1].name, y if smaller == x else x
            self.append(table()[self.rng.choice(("add", "multiply"))], (x, y), (), {})

    # ------------------------------------------------------------ a step

    def step(self, primitive: Declared) -> bool:
        """Append a call of the primitive, unless its numbers are none that we want."""
        inputs, values = dict(self.inputs), dict(self.values)
        unused = list(self.unused)
        try:
            call = self.call(primitive)
            done = call is not None and self.append(primitive, *call)
        except (ValueError, TypeError, IndexError, FloatingPointError):
            done = False  # as NumPy would have it, no such call
        if not done:
            self.inputs, self.values = inputs, values
            self.unused = unused
        return done

    def append(self, primitive: Declared, operands: Any, args: Any, kwargs: Any) -> bool:
        names = [x for x in operands if isinstance(x, str)]
        if not any(
            isinstance(x, str)
            and (not is_elementwise(primitive) or can_be_differentiated(primitive, i))
            for i, x in enumerate(operands)
        ):
            return False
        plain = [self.values[x] if isinstance(x, str) else x.build() for x in operands]
        result = numpy_function(primitive)(*plain, *args, **kwargs)
        if np.size(result) > LARGEST_SIZE or np.ndim(result) > 5:
            return False
        fine = bool(np.all(np.abs(result) <= LARGEST))
        if not fine and not (self.wild and chance(self.rng, 0.5)):
            return False
        value = is_elementwise(primitive) and all(
            isinstance(x, float) or (i < len(operands) and np.ndim(x) == 0 and x is not None
            and not isinstance(operands[i], str))
            for i, x in enumerate(plain)
        )  # fmt: skip
        name = f"v{len(self.steps) + 1}"
        style = self.style(primitive, operands)
        step = Step(name, primitive, tuple(operands), tuple(args), tuple(kwargs.items()), style)
        self.steps.append(step)
        self.values[name] = float(result) if value else np.asarray(result)
        self.unused = [x for x in self.unused if x not in names] + [name]
        return True

    def style(self, primitive: Declared, operands: Any) -> str:
        """How it is called: by operator, method, NumPy's function or the package's."""
        styles = ["package"] + [f"numpy{i}" for i in range(len(primitive.numpy))] * 2
        if isinstance(operands[0], str) and primitive.method:
            styles += ["method"] * 2
        if primitive.operator or primitive.name == "getitem":
            listed = any(isinstance(x, Given) and x.form == "list" for x in operands)
            styles += [] if listed and len(operands) < 2 else ["operator"] * 3
        return self.rng.choice(styles)

    def call(self, primitive: Declared) -> Call | None:
        """Operands and other arguments for the primitive."""
        if is_elementwise(primitive):
            return self.elementwise(primitive), (), {}
        if primitive.name in ARGUMENTS and chance(self.rng, 0.9):
            return ARGUMENTS[primitive.name](self)
        return self.declared(primitive)

    def elementwise(self, primitive: Declared) -> Any:
        assert isinstance(primitive, Elementwise)
        count = len(primitive.operands)
        first = self.name(inside=lambda x: self.takes(primitive, count - 1, x))
        shape = np.shape(self.values[first])
        operands: list[str | Given] = [first]
        for i in reversed(range(count - 1)):
            condition = not can_be_differentiated(primitive, i)
            other = a_partner(self.rng, () if self.numbers else shape)
            if condition and chance(self.rng, 0.8):
                operands.insert(0, self.constant(other, (), True))
            elif chance(self.rng, 0.15):
                operands.insert(0, first)  # twice the same
            else:
                operands.insert(0, self.operand(other, primitive, i, broadcast=True))
        if count > 1 and can_be_differentiated(primitive, 0) and chance(self.rng, 0.5):
            operands[0], operands[-1] = operands[-1], operands[0]
        return tuple(operands)

    def declared(self, primitive: Declared) -> Call | None:
        """A call that the declaration asks to be tested."""
        cases = getattr(primitive, "cases", None)
        first = self.name()
        shape = np.shape(self.values[first])
        found = [case for case in cases(shape) if fits(case[0], shape)] if cases else []
        if not found or (primitive.name == "getitem" and isinstance(self.values[first], float)):
            return None
        shapes, args, kwargs = self.rng.choice(found)
        return (first, *(self.operand(s, primitive) for s in shapes[1:])), args, dict(kwargs)

    # ------------------------------------------------------------ operands

    def name(self, shape: Shape | None = None, inside: Any = None, least: int = 0) -> str:
        """A variable, of this shape or with so many axes, that is there or a new input."""
        fits = [
            name for name, x in self.values.items()
            if (np.ndim(x) >= least if shape is None else np.shape(x) == shape)
            and (inside is None or inside(x))
        ]  # fmt: skip
        fresh = [name for name in fits if name in self.unused]
        if fresh and chance(self.rng, 0.75):
            return self.rng.choice(fresh)
        if fits and chance(self.rng, 0.6):
            return self.rng.choice(fits)
        return self.new_input(self.new_shape(least) if shape is None else shape)

    def new_shape(self, least: int = 0) -> Shape:
        return () if self.numbers else a_shape(self.rng, least)

    def new_input(self, shape: Shape) -> str:
        rng = self.rng
        low, high = rng.choice(((-3.0, 3.0), (-3.0, 3.0), (0.2, 3.0)))
        data = some_numbers(rng, shape, low, high, self.wild)
        value = shape == () and chance(rng, self.of_values)
        given = an_input(rng, data, rng.choice(self.dtypes), value)
        name = f"x{len(self.inputs) + 1}"
        self.inputs[name] = given
        self.values[name] = given.plain()
        self.unused.append(name)
        return name

    def operand(
        self, shape: Shape, primitive: Declared, i: int = 0, broadcast: bool = False
    ) -> str | Given:
        """Another operand, a variable or a constant; of a shape that broadcasts with this one."""
        rng = self.rng
        if chance(rng, 0.35):
            return self.constant(shape, intervals(primitive, i), wide=broadcast)
        if broadcast and chance(rng, 0.5):
            fits = [n for n, x in self.values.items() if broadcasts(np.shape(x), shape)]
            if fits:
                return rng.choice(fits)
        return self.name(shape, lambda x: self.takes(primitive, i, x))

    def constant(
        self, shape: Shape, domain: Any, condition: bool = False, wide: bool = False
    ) -> Given:
        rng = self.rng
        low, high = rng.choice(domain) if domain else (-3.0, 3.0)
        if wide and chance(rng, 0.4):
            shape = ()
        data = some_numbers(rng, shape, low, high, self.wild and chance(rng, 0.3))
        dtype = rng.choice((np.float64, np.float32))
        return a_constant(rng, data, dtype, condition)

    def takes(self, primitive: Declared, i: int, x: Any) -> bool:
        """Whether x lies where the primitive is defined, or may lie outside."""
        where = intervals(primitive, i)
        if where[0][0] < 0 and len(where) == 1 and where[0][0] > -1:  # like log1p
            return bool(np.all(np.asarray(x) > -1))
        if where[0][0] >= 0:
            return bool(np.all(np.asarray(x) >= 0)) or chance(self.rng, 0.05)
        return True


def broadcasts(a: Shape, b: Shape) -> bool:
    """Whether arrays of these shapes stand side by side."""
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)


def fits(shapes: Any, first: Shape) -> bool:
    """Whether a case has a first operand of this shape, and only arrays as operands."""
    return shapes[:1] == (first,) and all(
        isinstance(shape, tuple) and all(isinstance(n, int) for n in shape) for shape in shapes
    )


# ---------------------------------------------------------------- other arguments


def _reduced(w: Writer, least: int = 0) -> Call:
    x = w.name()
    axis = an_axis(w.rng, np.shape(w.values[x]))
    if chance(w.rng, 0.5):
        return (x,), (axis,), {"keepdims": True} if chance(w.rng, 0.5) else {}
    if chance(w.rng, 0.2):
        return (x,), (axis, chance(w.rng, 0.5)), {}
    return (x,), (), {"axis": axis, "keepdims": chance(w.rng, 0.5)}


def _plainly_reduced(w: Writer) -> Call:
    """Of sum, mean, max, min: positional arguments after the axis are different ones in NumPy."""
    operands, args, kwargs = _reduced(w)
    return operands, args[:1], kwargs


def _normalised(w: Writer) -> Call:
    x = w.name(least=1)
    axis = an_axis(w.rng, np.shape(w.values[x]))
    return (x,), () if chance(w.rng, 0.2) else (axis,), {}


def _indexed(w: Writer) -> Call:
    x = w.name(least=w.rng.choice((0, 1, 1, 2)), inside=lambda x: not isinstance(x, float))
    if isinstance(w.values[x], float):
        raise TypeError("a Value has no axes")
    return (x,), (an_index(w.rng, np.shape(w.values[x])),), {}


def _scattered(w: Writer) -> Call:
    shape = a_shape(w.rng)
    index = an_index(w.rng, shape)
    picked = places(shape)[index].shape
    return (w.name(picked),), (index, shape), {}


def _reshaped(w: Writer) -> Call:
    x = w.name()
    return (x,), (a_split(w.rng, np.size(w.values[x])),), {}


def _transposed(w: Writer) -> Call:
    x = w.name()
    n = np.ndim(w.values[x])
    axes = w.rng.sample(range(n), n)
    order = tuple(a - n if chance(w.rng, 0.3) else a for a in axes)
    if chance(w.rng, 0.3):
        return (x,), (), {}
    return ((x,), (), {"axes": order}) if chance(w.rng, 0.3) else ((x,), (order,), {})


def _broadcast(w: Writer) -> Call:
    x = w.name()
    shape = [w.rng.choice((1, 2, 3)) if n == 1 else n for n in np.shape(w.values[x])]
    lead = w.rng.choice(((), (), (2,), (1,), (0,), (2, 3)))
    return (x,), ((*lead, *shape),), {}


def _cast(w: Writer) -> Call:
    dtype = w.rng.choice((np.dtype(np.float64), np.dtype(np.float32)))
    return (w.name(),), (dtype,), {}


def _joined(w: Writer) -> Call:
    first = w.name(least=1)
    shape = list(np.shape(w.values[first]))
    axis = w.rng.randrange(-len(shape), len(shape))
    parts: list[str | Given] = [first]
    for _ in range(w.rng.choice((0, 1, 1, 2))):
        other = list(shape)
        other[axis] = w.rng.choice((0, 1, 2, 3))
        parts.append(w.operand(tuple(other), table()["concatenate"]))
    if chance(w.rng, 0.15):
        return tuple(parts), (), {"axis": None}
    w.rng.shuffle(parts)
    return tuple(parts), (), {"axis": axis}


def _stacked(w: Writer) -> Call:
    first = w.name()
    shape = np.shape(w.values[first])
    parts: list[str | Given] = [first]
    for _ in range(w.rng.choice((0, 1, 1, 2, 3))):
        parts.append(w.operand(shape, table()["stack"]))
    w.rng.shuffle(parts)
    return tuple(parts), (), {"axis": w.rng.randrange(-len(shape) - 1, len(shape) + 1)}


def _multiplied(w: Writer) -> Call:
    """Every combination of numbers of axes of a matrix product."""
    first = w.name(least=1)
    shape = np.shape(w.values[first])
    n, columns = shape[-1], w.rng.choice((0, 1, 2, 3))
    lead = a_partner(w.rng, shape[:-2])[-2:]
    lead = lead if broadcasts(lead, shape[:-2]) else ()
    return _in_any_order(w, first, w.rng.choice(((n,), (n, columns), (*lead, n, columns))))


def _dotted(w: Writer) -> Call:
    first = w.name()
    shape = np.shape(w.values[first])
    if not shape or chance(w.rng, 0.2):
        return _in_any_order(w, first, () if shape else a_shape(w.rng))
    n = shape[-1]
    return _in_any_order(w, first, w.rng.choice(((n,), (n, 2), (2, n, 3), (2, 1, n, 2))))


def _in_any_order(w: Writer, first: str, other: Shape) -> Call:
    second = w.operand(other, table()["dot"])
    if chance(w.rng, 0.2):
        return (second, first), (), {}  # where that fits
    if chance(w.rng, 0.1):
        return (first, first), (), {}
    return (first, second), (), {}


def _affine(w: Writer) -> Call:
    first = w.name(least=1)
    n = np.shape(w.values[first])[-1]
    primitive, columns = table()["affine"], w.rng.choice((1, 2, 3))
    W = w.rng.choice(((n,), (n, columns), (n, columns), (2, n, columns)))
    b = w.rng.choice(((), (columns,), (1,), (1, columns)))
    return (first, w.operand(W, primitive), w.operand(b, primitive)), (), {}


def _overlapped(w: Writer) -> Call:
    """Windows put back; there may be more room than they need."""
    rng = w.rng
    k, stride = rng.choice((1, 1, 2)), rng.choice((1, 1, 2))
    size, count = ([rng.choice((1, 2, 3)) for _ in range(k)] for _ in range(2))
    room = rng.choice((0, 0, 1, 2))
    lengths = tuple(s + stride * (n - 1) + room for s, n in zip(size, count, strict=True))
    lead = a_shape(rng)[:1]
    return (w.name((*lead, *size, *count)),), (lengths,), {"stride": stride}


def _windowed(w: Writer) -> Call:
    x = w.name(least=1)
    shape = np.shape(w.values[x])
    k = w.rng.randint(1, min(2, len(shape)))
    size = tuple(w.rng.randint(1, max(1, n)) for n in shape[-k:])
    return (x,), (size,), {"stride": w.rng.choice((1, 1, 2, 3))}


ARGUMENTS: dict[str, Callable[[Writer], Call]] = {
    **dict.fromkeys(("sum", "mean", "max", "min"), _plainly_reduced),
    "logsumexp": _reduced,
    **dict.fromkeys(("softmax", "log_softmax"), _normalised),
    "getitem": _indexed,
    "scatter": _scattered,
    "reshape": _reshaped,
    "transpose": _transposed,
    "broadcast_to": _broadcast,
    "astype": _cast,
    "concatenate": _joined,
    "stack": _stacked,
    "matmul": _multiplied,
    "dot": _dotted,
    "affine": _affine,
    "overlap_add": _overlapped,
    "windows": _windowed,
}
"""How the arguments of structural primitives are drawn, in more ways than their declarations ask to
be tested; without an entry, it is these."""
