"""Operations as LLVM's intermediate code, cut into functions that LLVM compiles quickly.

What LLVM takes for a function grows faster than its length. So a long program is cut: a function is
some hundred operations, and what a later one needs of it goes through memory. The same code is for
single numbers or for some beside each other, in the lanes of the processor.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from autograd_lite.program.native.library import definition, name_of, number_of, type_of
from autograd_lite.program.native.lower import LEAVES, TRUTHS, Code, Op, arguments_of

LENGTH = 1000
"""How many operations there are in a function."""

FORMS = {
    **{name: f"f{name} {{kind}} {{0}}, {{1}}" for name in ("add", "sub", "mul", "div")},
    **{name: f"fcmp o{name} {{kind}} {{0}}, {{1}}" for name in ("lt", "le", "gt", "ge", "eq")},
    **{name: f"{name} {{truth}} {{0}}, {{1}}" for name in ("and", "or")},
    "ne": "fcmp une {kind} {0}, {1}",
    "neg": "fneg {kind} {0}",
    "not": "xor {truth} {0}, {true}",
    "number": "uitofp {truth} {0} to {kind}",
    "select": "select {truth} {0}, {kind} {1}, {kind} {2}",
}
"""Each operation as an instruction of LLVM's, of numbers or of several beside each other."""


@dataclass(frozen=True)
class Memory:
    """Where a function finds the inputs, and leaves the outputs: lines of LLVM that do it."""

    parameters: str
    """The parameters of the function, but for `ptr %live`, that stand for inputs and outputs."""
    load: Callable[[str, int], list[str]]
    """Lines that give the name to an input."""
    store: Callable[[str, str, int], list[str]]
    """Lines that put what has the name, of the type, to an output."""
    first: tuple[str, ...] = ()
    """Lines at the beginning of each function."""


@dataclass
class Parts:
    """Functions that are called one after the other, and what they need."""

    functions: list[str]
    definitions: list[str]
    live: int
    """How many values go from function to function through memory at a time."""
    names: list[str] = field(default_factory=list)


def parts_of_code(code: Code, lanes: int, memory: Memory, bits: int = 64) -> Parts:
    """The functions `@part0`, `@part1` … that compute the outputs of code, in float64 or, of 32
    bits, in float32."""
    pieces = _pieces(code, LENGTH)
    crossing = _Crossing(code, pieces)
    called: set[str] = set()
    functions = []
    for number, piece in enumerate(pieces):
        writer = _Writer(code, lanes, memory, crossing, number, bits)
        functions.append(writer.function(piece))
        called |= writer.called
    return Parts(
        functions,
        _definitions(called, lanes, bits),
        crossing.size,
        [f"part{i}" for i in range(len(pieces))],
    )


def _definitions(names: set[str], lanes: int, bits: int) -> list[str]:
    """The functions of these names, and each that they declare once."""
    lines = [line for name in sorted(names) for line in definition(name, lanes, bits).splitlines()]
    declared = dict.fromkeys(line for line in lines if line.startswith("declare"))
    return [*declared, *(line for line in lines if line not in declared)]


def _pieces(code: Code, length: int) -> list[range]:
    """The operations of each function; all together, if there are not many more than that."""
    total = len(code.ops)
    count = max(1, round(total / length))
    bounds = [total * i // count for i in range(count + 1)]
    return [range(a, b) for a, b in itertools.pairwise(bounds)]


def written(x: float, bits: int) -> str:
    """A number in LLVM's code: of float32 it is rounded first, and written as a float64 too."""
    if bits == 32:
        with np.errstate(over="ignore"):
            x = float(np.float32(x))
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


class _Crossing:
    """The values that a later function needs, and where they are kept until then."""

    def __init__(self, code: Code, pieces: Sequence[range]) -> None:
        last: dict[int, int] = {}
        self.wanted: dict[int, list[int]] = {}
        """For each operation, the outputs that it is."""
        for number, piece in enumerate(pieces):
            for i in piece:
                for x in arguments_of(code.ops[i]):
                    last[x] = number
        for i, x in enumerate(code.outputs):
            self.wanted.setdefault(x, []).append(i)
        self.places: dict[int, int] = {}
        self.size = 0
        ending: list[list[int]] = [[] for _ in pieces]
        free: list[int] = []
        for number, piece in enumerate(pieces):
            for i in piece:
                if last.get(i, number) > number and code.ops[i][0] not in LEAVES:
                    if not free:
                        free.append(self.size)
                        self.size += 1
                    self.places[i] = free.pop()
                    ending[last[i]].append(self.places[i])
            free += ending[number]


class _Writer:
    """One function."""

    def __init__(
        self, code: Code, lanes: int, memory: Memory, crossing: _Crossing, number: int, bits: int
    ) -> None:
        self._code = code
        self._lanes = lanes
        self._memory = memory
        self._crossing = crossing
        self._number = number
        self._bits = bits
        self._kind = type_of(lanes, bits)
        self._truth = "i1" if lanes == 1 else f"<{lanes} x i1>"
        self._known: dict[int, str] = {}
        self._lines: list[str] = [*memory.first]
        self.called: set[str] = set()

    def function(self, piece: range) -> str:
        """The function that computes these operations."""
        for i in piece:
            op = self._code.ops[i]
            if op[0] not in LEAVES:
                self._lines.append(self._line(i, op))
                self._known[i] = f"%v{i}"
                self._kept(i)
            for output in self._crossing.wanted.get(i, ()):
                self._lines += self._memory.store(self._kind, self._name(i), output)
        head = (
            f"define internal void @part{self._number}"
            f"({self._memory.parameters}, ptr noalias %live) noinline nounwind {{"
        )
        return "\n  ".join([head, *self._lines, "ret void"]) + "\n}"

    def _line(self, i: int, op: Op) -> str:
        kind = self._kind
        given = [self._name(x) for x in arguments_of(op)]
        form = FORMS.get(op[0])
        if form is not None:
            true = self._splat("i1", "true")
            return f"%v{i} = {form.format(*given, kind=kind, truth=self._truth, true=true)}"
        function = str(op[1])
        self.called.add(function)
        taken = ", ".join(f"{kind} {x}" for x in given)
        return f"%v{i} = call {kind} @{name_of(function, self._lanes, self._bits)}({taken})"

    def _name(self, i: int) -> str:
        """What an operation's result is called here: read, if it is not computed here."""
        known = self._known.get(i)
        if known is not None:
            return known
        op = self._code.ops[i]
        if op[0] == "constant":
            name = self._splat(number_of(self._bits), written(op[1], self._bits))
        else:
            name = f"%v{i}"
            if op[0] == "input":
                self._lines += self._memory.load(name, int(op[1]))
            else:
                self._lines += self._read(i)
        self._known[i] = name
        return name

    def _splat(self, kind: str, text: str) -> str:
        return text if self._lanes == 1 else f"splat ({kind} {text})"

    def _place(self, i: int) -> str:
        place = self._crossing.places[i]
        return f"getelementptr {self._kind}, ptr %live, i64 {place}"

    def _kept(self, i: int) -> None:
        """Write what a later function needs."""
        if i not in self._crossing.places:
            return
        name = f"%v{i}"
        if self._code.ops[i][0] in TRUTHS:
            self._lines.append(f"%n{i} = uitofp {self._truth} {name} to {self._kind}")
            name = f"%n{i}"
        self._lines.append(f"%p{i} = {self._place(i)}")
        self._lines.append(f"store {self._kind} {name}, ptr %p{i}, align {self._bits // 8}")

    def _read(self, i: int) -> Iterator[str]:
        yield f"%p{i} = {self._place(i)}"
        if self._code.ops[i][0] in TRUTHS:
            zero = self._splat(number_of(self._bits), "0.0")
            yield f"%n{i} = load {self._kind}, ptr %p{i}, align {self._bits // 8}"
            yield f"%v{i} = fcmp une {self._kind} %n{i}, {zero}"
        else:
            yield f"%v{i} = load {self._kind}, ptr %p{i}, align {self._bits // 8}"
