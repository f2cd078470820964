"""Programs of arrays as machine code: one call for all of it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.native.arrays import Lowering
from autograd_lite.program.native.machine import Loaded
from autograd_lite.program.native.matrix_steps import matrix_product
from autograd_lite.program.native.nest_code import CellWriter, write_indices
from autograd_lite.program.native.nest_writer import Module, Writer
from autograd_lite.program.native.nests import Call, Check, Indices, Kernel, Nest, Product
from autograd_lite.program.native.pointers import address_lines, offset
from autograd_lite.program.native.products import ProductWriter

CHUNK = 1200
"""About how many lines a function has: what LLVM takes for one grows faster than its length."""

LONG = 2_500_000
"""From how many letters on LLVM is to do as little as it can. Of its passes none is run in any
case: the loops are as they are to be, and they would take most of the time and gain nothing."""

FAILED, OUTSIDE, FULL = 1, 2, 3
"""What machine code returns if there is nan where there must be none, if a place that was computed
lies outside of an array, and if the heap is too small."""

HEAP = 1 << 16
"""How many bytes the heap has, if there is one."""


def write(module: Module, nest: Nest, name: str) -> None:
    """The function `i32 name(ptr arena, ptr given, ptr heap)` of a nest."""
    chunks: list[str] = []
    writer: Writer | None = None
    for step in nest.steps:
        if writer is not None and len(writer.lines) > CHUNK:
            module.functions.append(writer.function(chunks[-1]))
            writer = None
        if writer is None:
            writer = Writer(module)
            chunks.append(f"{name}_{len(chunks)}")
        if isinstance(step, Kernel):
            for cell in step.cells:
                CellWriter(writer, cell).write()
        elif isinstance(step, Product):
            made = matrix_product(step)
            if made is not None:
                made.write(writer)
            else:
                ProductWriter(writer, step).write()
        elif isinstance(step, Indices):
            write_indices(writer, step)
        elif isinstance(step, Call):
            step.text(writer)
        elif isinstance(step, Check):
            for stored, _ in step.stored:
                x = writer.load(stored.buffer, str(stored.offset), 1, 1)
                writer.stop_if(writer.new(f"fcmp uno double {x}, 0.0"), str(FAILED))
        else:
            raise AssertionError(step)
    if writer is not None:
        module.functions.append(writer.function(chunks[-1]))
    lines = [f"define i32 @{name}(ptr %arena, ptr %given, ptr %heap) nounwind {{"]
    for i, chunk in enumerate(chunks):
        lines += [
            f"%s{i} = call i32 @{chunk}(ptr %arena, ptr %given, ptr %heap)",
            f"%bad{i} = icmp ne i32 %s{i}, 0",
            f"br i1 %bad{i}, label %stop{i}, label %on{i}",
            f"stop{i}:",
            f"ret i32 %s{i}",
            f"on{i}:",
        ]
    module.functions.append("\n".join([*lines, "ret i32 0", "}"]))


def _address_of(x: Any) -> int:
    return int(x.ctypes.data)


def _entry(count: int) -> str:
    """The function `i32 enter(ptr arena, ptr objects, ptr heap)`, which asks arrays, as objects,
    where their numbers lie; where objects do not tell, it is given that itself."""
    lines = [
        "define i32 @enter(ptr %arena, ptr %objects, ptr %heap) nounwind {",
        f"%given = alloca [{max(1, count)} x ptr], align 8",
        "%first = getelementptr i8, ptr %heap, i64 64",
        "%top = ptrtoint ptr %first to i64",
        "store i64 %top, ptr %heap, align 8",
    ]
    known = offset() is not None
    for i in range(count):
        lines += [
            f"%of{i} = getelementptr ptr, ptr %objects, i64 {i}",
            f"%x{i} = load ptr, ptr %of{i}, align 8",
            *(address_lines(f"%x{i}", str(i)) if known else ()),
            f"%to{i} = getelementptr ptr, ptr %given, i64 {i}",
            f"store ptr {f'%at{i}' if known else f'%x{i}'}, ptr %to{i}, align 8",
        ]
    lines.append("%status = call i32 @run(ptr %arena, ptr %given, ptr %heap)")
    return "\n".join([*lines, "ret i32 %status", "}"])


class Native:
    """A program as a function of its inputs that gives a tuple of its outputs; its code is freed
    with it.

    Args:
        checked: outputs of which none may be nan.

    Raises:
        NotStraight: if there is an instruction that there is no code for.
    """

    __name__ = "native"

    def __init__(self, program: Program, checked: Sequence[int] = ()) -> None:
        nest = Lowering(program, checked).nest()
        module = Module(write)
        write(module, nest, "run")
        count = len(program.inputs) + len(program.outputs)
        self._address: Any = id if offset() is not None else _address_of
        module.functions.append(_entry(count))
        self.text = module.text()
        self._room = nest.room
        self._loaded = Loaded(self.text, 1 if len(self.text) < LONG else 0)
        kind = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 3)
        self._run: Any = kind(self._loaded.address("enter"))
        self._inputs = [x.dtype for x in program.inputs]
        self._outputs = [_Made(x) for x in program.outputs]
        self._pointers = ctypes.c_void_p * (len(self._inputs) + len(self._outputs))
        self._idle: list[Any] = []

    def __call__(self, *given: Any) -> tuple[Any, ...]:
        held = [np.asarray(x, t, order="C") for x, t in zip(given, self._inputs, strict=True)]
        made = [np.empty(x.shape, x.dtype) for x in self._outputs]
        pointers = self._pointers(*map(self._address, held), *map(self._address, made))
        try:
            room = self._idle.pop()
        except IndexError:
            room = _Memory(self._room)
        status = room.run(self._run, pointers)
        self._idle.append(room)
        if status == FAILED:
            raise FloatingPointError("0·inf in the chain rule, or nan")
        if status:
            raise ValueError("a place outside of an array")
        return tuple([x.of(z) for x, z in zip(self._outputs, made, strict=True)])


class _Memory:
    """What one call at a time computes in."""

    def __init__(self, size: int) -> None:
        self._arena = np.empty(size + 64, np.uint8)
        self._start = -(-self._arena.ctypes.data // 64) * 64
        self._grow(128)

    def _grow(self, size: int) -> None:
        self._heap = np.empty(size // 8, np.int64)
        self._begin = self._heap.ctypes.data
        self._heap[1] = self._begin + size

    def run(self, function: Any, pointers: Any) -> int:
        """What the machine code returns; with a larger heap, if that was full."""
        while True:
            status: int = function(self._start, pointers, self._begin)
            if status != FULL:
                return status
            self._grow(max(HEAP, 4 * self._heap.nbytes))


class _Made:
    """What an output is given as."""

    def __init__(self, x: Any) -> None:
        self.kind = x if x.__class__ is Variable else Variable(x.value)
        self.shape, self.dtype = self.kind.shape, self.kind.dtype

    def of(self, z: Any) -> Any:
        """An array, or the number in it."""
        if self.kind.is_number:
            return z.item()
        return z if self.shape or self.kind.is_array else z[()]
