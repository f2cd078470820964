"""Programs of numbers over many rows: some rows at once, in the lanes of the processor."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite.program.instructions import Program
from autograd_lite.program.native.library import number_of
from autograd_lite.program.native.llvm import Memory, parts_of_code
from autograd_lite.program.native.lower import Code, folded, lowered
from autograd_lite.program.native.machine import Loaded, lanes
from autograd_lite.program.native.numbers import level_for
from autograd_lite.program.native.pointers import entry
from autograd_lite.program.scalars import straight_line_of

Array = npt.NDArray[Any]


def native_over_rows(
    program: Program, shared: Collection[int] = (), summed: Collection[int] = ()
) -> OverRows:
    """A program of numbers as a function of arrays, which runs it for every row.

    Args:
        program: its inputs and outputs are numbers.
        shared: the inputs that are the same number in every row.
        summed: the outputs of which the sum over the rows is wanted.

    Raises:
        NotStraight: if there is an array in the program, or a function that C does not have.
        ImportError: without llvmlite.

    >>> from autograd_lite.program.trace import trace
    >>> program = trace(lambda v: [v[0] * v[1], v[0] + v[1]], [2.0, 3.0])
    >>> rows, sums = native_over_rows(program, shared=[1], summed=[1])([np.arange(3.0), 10.0])
    >>> rows
    array([[ 0., 10., 20.]])
    >>> sums
    array([33.])
    """
    return OverRows(program, frozenset(shared), frozenset(summed))


_NOTHING = np.empty(0)


class OverRows:
    """What `native_over_rows` makes, of float64 or float32; its code is freed with it."""

    def __init__(
        self,
        program: Program,
        shared: frozenset[int],
        summed: frozenset[int],
        dtype: Any = np.float64,
    ) -> None:
        self._dtype = np.dtype(dtype)
        bits = 8 * self._dtype.itemsize
        self._lanes = lanes() * 64 // bits
        self._count = len(program.inputs)
        self._shared = sorted(shared)
        self._varying = [i for i in range(self._count) if i not in shared]
        self._sums = len(summed)
        self._rows = len(program.outputs) - len(summed)
        code = lowered(straight_line_of(program))
        if bits == 32:
            code = folded(code)
        source, self._live = _llvm_over_rows(code, self._lanes, shared, summed, bits)
        k = self._count + self._rows
        given = f"ptr %table0, ptr %table1, ptr %at{k}, ptr %at{k + 1}"
        numbers = ("i64 %from", "i64 %to", "i64 %length")
        calls = [f"call void @blocks({given}, {', '.join(numbers)})", "ret void"]
        entered = entry("arrays", (self._count, self._rows), 2, numbers, calls)
        self._loaded = Loaded(source + (entered or ""), level_for(code))
        self._run_of_arrays: Any = None
        if entered is not None:
            arrays, kinds = [ctypes.py_object] * (k + 2), [ctypes.c_int64] * 3
            of_arrays = ctypes.CFUNCTYPE(None, *arrays, *kinds)
            self._run_of_arrays = of_arrays(self._loaded.address("arrays"))
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, *[ctypes.c_int64] * 3)
        self._run: Any = kind(self._loaded.address("blocks"))

    def __call__(self, inputs: Sequence[Any] | Array, threads: int = 1) -> tuple[Array, Array]:
        """Run the program.

        Args:
            inputs: an array of n numbers for each input, a number for one that is shared; or, if
                none is shared, a matrix of n columns.
            threads: how many threads compute at the same time, each some of the rows.

        Returns:
            The outputs, a row of n numbers each, and the sums of those that are summed.

        Raises:
            ValueError: if the arrays differ in length, or their number is not that of the inputs.
        """
        varying, same = self._given(inputs)
        n = len(varying[0]) if len(varying) else 1
        width = self._lanes
        if n < width:
            return self._few(varying, same, n)
        where = self._pointers(varying, same)
        rows = np.empty((self._rows, n), self._dtype)
        outs = _beginnings(rows)
        blocks = -(-n // width)
        threads = max(1, min(threads, blocks // 8))
        bounds = [*(width * (blocks * i // threads) for i in range(threads)), n]
        parts: list[Any] = [None] * threads

        def part(i: int) -> None:
            parts[i] = self._part(where.ctypes.data, outs.ctypes.data, bounds[i], bounds[i + 1])

        if threads == 1:
            part(0)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(part, range(threads)))
        return rows, np.sum(parts, axis=0)

    def _part(self, where: int, outs: int, start: int, stop: int) -> Array:
        """The sums over some rows."""
        length, sums, live = self._room(stop - start)
        self._run(where, outs, sums.ctypes.data, live.ctypes.data, start, stop, length)
        return self._total(sums)

    def _room(self, rows: int) -> tuple[int, Array, Array]:
        """How many rows are added at a time, so that the sums, which are sums of sums of some rows,
        are near what they are; room for these, and for what else lies in memory."""
        length = max(256, -(-rows // 256 // 256) * 256)
        live = np.empty(self._live * self._lanes, self._dtype) if self._live else _NOTHING
        if not self._sums:
            return length, _NOTHING, live
        return length, np.zeros((-(-rows // length), self._sums, self._lanes), self._dtype), live

    def _total(self, sums: Array) -> Array:
        if not self._sums:
            return _NOTHING
        each = sums.transpose(1, 0, 2).reshape(self._sums, -1)
        return np.asarray(each.sum(axis=1, dtype=np.float64).astype(self._dtype))

    def into(self, inputs: Sequence[Any], outputs: Sequence[Array], n: int) -> Array:
        """The same of inputs of any shape, of n numbers, with outputs that are written into
        arrays; the sums are returned."""
        kept = [np.asarray(x, self._dtype, order="C") for x in inputs]  # until it is done
        if n < self._lanes:
            rows, sums = self([x.reshape(-1) if x.ndim else x for x in kept])
            for out, row in zip(outputs, rows, strict=True):
                out.reshape(-1)[:] = row
            return sums
        if self._run_of_arrays is not None:
            length, sums, live = self._room(n)
            self._run_of_arrays(*kept, *outputs, sums, live, 0, n, length)
            return self._total(sums)
        where = (ctypes.c_int64 * len(kept))(*[x.ctypes.data for x in kept])
        outs = (ctypes.c_int64 * len(outputs))(*[x.ctypes.data for x in outputs])
        return self._part(ctypes.addressof(where), ctypes.addressof(outs), 0, n)

    def _given(self, inputs: Sequence[Any] | Array) -> tuple[Sequence[Array] | Array, Array]:
        """In the precision of the code: an array for each input that varies, and the shared
        numbers."""
        if len(inputs) != self._count:
            raise ValueError(f"{self._count} inputs are needed, not {len(inputs)}")
        if isinstance(inputs, np.ndarray) and inputs.ndim == 2 and not self._shared:
            return np.ascontiguousarray(inputs, self._dtype), np.empty(0)
        varying = [np.asarray(inputs[i]) for i in self._varying]
        shapes = {x.shape for x in varying}
        if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
            raise ValueError(f"arrays of one length are needed, not of shapes {sorted(shapes)}")
        same = np.array([inputs[i] for i in self._shared], self._dtype)
        if same.shape != (len(self._shared),):
            raise ValueError("an input that is shared is a number")
        return [np.ascontiguousarray(x, self._dtype) for x in varying], same

    def _pointers(self, varying: Sequence[Array] | Array, same: Array) -> Array:
        """Where each input lies."""
        where = np.zeros(self._count + 1, np.int64)
        if isinstance(varying, np.ndarray):
            where[self._varying] = _beginnings(varying)
        else:
            where[self._varying] = [x.ctypes.data for x in varying]
        where[self._shared] = _beginnings(same)
        return where

    def _few(self, varying: Sequence[Array] | Array, same: Array, n: int) -> tuple[Array, Array]:
        """The same of fewer rows than there are lanes: as the last of as many as there are."""
        width = self._lanes
        if not n:
            return np.empty((self._rows, 0), self._dtype), np.zeros(self._sums, self._dtype)
        padded = np.empty((len(varying), width), self._dtype)
        for to, x in zip(padded, varying, strict=True):
            to[:] = x[0]
            to[width - n :] = x
        where = self._pointers(padded, same)
        dtype = self._dtype
        rows, sums = np.empty((self._rows, width), dtype), np.zeros((self._sums, width), dtype)
        live = np.empty(self._live * width + 1, dtype)
        pointers = (where, _beginnings(rows), sums, live)
        self._run(*(x.ctypes.data for x in pointers), width - n, width, width)
        return rows[:, width - n :].copy(), sums.sum(axis=1)


def _beginnings(array: Array) -> Array:
    """The address of each element or row of an array."""
    step = array.strides[0] if array.ndim > 1 else array.itemsize
    return array.ctypes.data + step * np.arange(len(array))


# ---------------------------------------------------------------- the code

_LOOP = """
define internal void @rows(
  ptr %ins, ptr %outs, ptr %sums, ptr %live, i64 %from, i64 %to
) nounwind {{
start:
  br label %next
next:
  %row = phi i64 [ %from, %start ], [ %after, %block ]
  %after = add i64 %row, {lanes}
  %whole = icmp sle i64 %after, %to
  br i1 %whole, label %block, label %rest
block:
{calls}
  br label %next
rest:
  %some = icmp slt i64 %row, %to
  br i1 %some, label %last, label %end
last:
  %start_of_last = sub i64 %to, {lanes}
  %done = sub i64 %row, %start_of_last
{last_calls}
  br label %end
end:
  ret void
}}

define void @blocks(
  ptr %ins, ptr %outs, ptr %sums, ptr %live, i64 %from, i64 %to, i64 %length
) nounwind {{
start:
  br label %next
next:
  %row = phi i64 [ %from, %start ], [ %stop, %block ]
  %into = phi ptr [ %sums, %start ], [ %into_next, %block ]
  %more = icmp slt i64 %row, %to
  br i1 %more, label %block, label %end
block:
  %after = add i64 %row, %length
  %whole = icmp slt i64 %after, %to
  %stop = select i1 %whole, i64 %after, i64 %to
  call void @rows(ptr %ins, ptr %outs, ptr %into, ptr %live, i64 %row, i64 %stop)
  %into_next = getelementptr {number}, ptr %into, i64 {sums}
  br label %next
end:
  ret void
}}
"""
"""The rows from `from` to `to`. The last lanes end where the rows end; what of them was computed
before is computed again, and not added to the sums. Of each block of some length there are sums of
its own, one after the other."""


def _llvm_over_rows(
    code: Code, lanes: int, shared: frozenset[int], summed: frozenset[int], bits: int
) -> tuple[str, int]:
    """The module of `blocks(ins, outs, sums, live, from, to, length)`, and how many times the lanes
    there must be room for in `live`."""
    memory = _memory(len(code.outputs), lanes, shared, summed, bits)
    parts = parts_of_code(code, lanes, memory, bits)
    pointers = "ptr %ins, ptr %outs, ptr %sums"

    def calls(row: str, done: str) -> str:
        given = f"{pointers}, i64 {row}, i64 {done}, ptr %live"
        return "\n".join(f"  call void @{name}({given})" for name in parts.names)

    loop = _LOOP.format(
        lanes=lanes,
        calls=calls("%row", "0"),
        last_calls=calls("%start_of_last", "%done"),
        sums=len(summed) * lanes,
        number=number_of(bits),
    )
    return "\n".join([*parts.definitions, *parts.functions, loop]), parts.live


def _memory(
    count: int, lanes: int, shared: frozenset[int], summed: frozenset[int], bits: int
) -> Memory:
    places = {x: i for i, x in enumerate(sorted(summed))}
    places |= {x: i for i, x in enumerate(x for x in range(count) if x not in summed)}
    number, align = number_of(bits), bits // 8
    vector = f"<{lanes} x {number}>"

    def load(name: str, i: int) -> list[str]:
        found = [
            f"%ins{i} = getelementptr ptr, ptr %ins, i64 {i}",
            f"%in{i} = load ptr, ptr %ins{i}, align 8",
        ]
        if i in shared:
            return [
                *found,
                f"%one{i} = load {number}, ptr %in{i}, align {align}",
                f"%first{i} = insertelement {vector} poison, {number} %one{i}, i32 0",
                f"{name} = shufflevector {vector} %first{i}, {vector} poison, "
                f"<{lanes} x i32> zeroinitializer",
            ]
        return [
            *found,
            f"%at{i} = getelementptr {number}, ptr %in{i}, i64 %row",
            f"{name} = load {vector}, ptr %at{i}, align {align}",
        ]

    def store(kind: str, name: str, i: int) -> list[str]:
        place = places[i]
        if i in summed:
            return [
                f"%sum_at{i} = getelementptr {vector}, ptr %sums, i64 {place}",
                f"%sum{i} = load {vector}, ptr %sum_at{i}, align {align}",
                f"%term{i} = select <{lanes} x i1> %new, {vector} {name}, {vector} splat "
                f"({number} 0.0)",
                f"%total{i} = fadd {vector} %sum{i}, %term{i}",
                f"store {vector} %total{i}, ptr %sum_at{i}, align {align}",
            ]
        return [
            f"%outs{i} = getelementptr ptr, ptr %outs, i64 {place}",
            f"%out{i} = load ptr, ptr %outs{i}, align 8",
            f"%to{i} = getelementptr {number}, ptr %out{i}, i64 %row",
            f"store {vector} {name}, ptr %to{i}, align {align}",
        ]

    numbers = ", ".join(f"i64 {i}" for i in range(lanes))
    first = [
        f"%done_first = insertelement <{lanes} x i64> poison, i64 %done, i32 0",
        f"%done_all = shufflevector <{lanes} x i64> %done_first, <{lanes} x i64> poison, "
        f"<{lanes} x i32> zeroinitializer",
        f"%new = icmp sge <{lanes} x i64> <{numbers}>, %done_all",
    ]
    parameters = (
        "ptr noalias readonly %ins, ptr noalias readonly %outs, ptr noalias %sums, i64 %row, "
        "i64 %done"
    )
    return Memory(parameters, load, store, tuple(first if summed else ()))
