"""How the loops and branches of programs are run in machine code: their rooms, and their lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.native.nest_writer import Writer
from autograd_lite.program.native.nests import (
    KINDS,
    Buffer,
    Call,
    Check,
    Nest,
    Rows,
    Stored,
    kind_of_dtype,
)
from autograd_lite.program.straight import NotStraight


def nest_of(one: Any, checked: Sequence[int] = ()) -> Nest:
    """The steps of a subprogram, made once.

    Raises:
        NotStraight: if there is an instruction without code.
    """
    from autograd_lite.program.native.arrays import Lowering

    def made() -> Any:
        try:
            return Lowering(one.program, checked).nest()
        except NotStraight as error:
            return error

    found = one.derive(("nest", tuple(checked)), made)
    if isinstance(found, NotStraight):
        raise found
    return found  # type: ignore[no-any-return]


# ---------------------------------------------------------------- rooms


class _Room:
    """A piece of memory that grows while it is planned."""

    def __init__(self) -> None:
        self.size = 0

    def more(self, count: int) -> int:
        """Where so many bytes begin."""
        at = self.size
        self.size += -(-max(count, 1) // 64) * 64
        return at


def _bytes(v: Variable) -> int:
    kind = kind_of_dtype(v.dtype)
    if kind is None or kind == "q":
        raise NotStraight(f"{v.dtype} in a loop")
    return math.prod(v.shape) * KINDS[kind][1]


class _Body:
    """A program as a function, with its memory and its pointers in a room."""

    def __init__(self, one: Any, room: _Room, checked: Sequence[int] = ()) -> None:
        self.nest = nest_of(one, checked)
        self.program: Program = one.program
        self.may_stop = any(
            isinstance(x, Check) or (isinstance(x, Call) and x.may_stop) for x in self.nest.steps
        )
        self.uses_heap = any(isinstance(x, Call) and x.uses_heap for x in self.nest.steps)
        self.arena = room.more(self.nest.room)
        self.table = room.more(8 * (self.nest.inputs + self.nest.outputs))

    def name(self, w: Writer) -> str:
        """What it is called in a module; it is written when it is first asked for."""
        return w.module.body(self.nest)

    def point(self, w: Writer, room: str, i: int, pointer: str) -> None:
        """Tell it where its i-th input or output is."""
        at = w.new(f"getelementptr i8, ptr {room}, i64 {self.table + 8 * i}")
        w.lines.append(f"store ptr {pointer}, ptr {at}, align 8")

    def call(self, w: Writer, room: str) -> None:
        """Run it; what it leaves on the heap is not needed after it."""
        arena = w.new(f"getelementptr i8, ptr {room}, i64 {self.arena}")
        table = w.new(f"getelementptr i8, ptr {room}, i64 {self.table}")
        top = w.new("load i64, ptr %heap, align 8") if self.uses_heap else ""
        status = w.new(f"call i32 @{self.name(w)}(ptr {arena}, ptr {table}, ptr %heap)")
        if self.uses_heap:
            w.lines.append(f"store i64 {top}, ptr %heap, align 8")
        if self.may_stop:
            w.stop_if(w.new(f"icmp ne i32 {status}, 0"), status)


def _begin(w: Writer, stored: Stored) -> str:
    return w.address(stored.buffer, str(stored.offset))


def _inside(w: Writer, room: str, at: int) -> str:
    return w.new(f"getelementptr i8, ptr {room}, i64 {at}")


def _copy(w: Writer, to: str, origin: str, count: int) -> None:
    w.module.declared.add("declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)")
    w.lines.append(
        f"call void @llvm.memmove.p0.p0.i64(ptr {to}, ptr {origin}, i64 {count}, i1 false)"
    )


# ---------------------------------------------------------------- scans


class _Plan:
    """How a loop or branch is run."""

    room = 0
    may_stop = False
    uses_heap = False
    record = 0
    """How long the record of a step is, on the heap."""
    first_of_rows: int | None = None
    """The first of the results that are rows of unknown number."""
    ends: Sequence[int] = ()
    """The results that must not be nan."""


def _record_of(outputs: Sequence[Variable]) -> int:
    return sum(-(-_bytes(v) // 8) * 8 for v in outputs)


def _on_heap(w: Writer, count: str) -> str:
    """The address of so many bytes more on the heap."""
    top = w.new("load i64, ptr %heap, align 8")
    limit = w.new("getelementptr i64, ptr %heap, i64 1")
    end = w.new(f"load i64, ptr {limit}, align 8")
    after = w.new(f"add i64 {top}, {count}")
    w.stop_if(w.new(f"icmp ugt i64 {after}, {end}"), "3")
    w.lines.append(f"store i64 {after}, ptr %heap, align 8")
    return top


class ScanPlan(_Plan):
    """A loop of so many steps, or of as many as there are rows."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        if loop.length == 0:
            raise NotStraight("a loop without steps")
        program = loop.body.program
        checked = set(program.notes.get("unguarded", ()))
        ends = loop.tainted_results([i for i in checked if i < loop.carries])
        if ends is not None and loop.length is not None:  # what is nan in one step is so at the end
            self.ends = sorted(checked | ends)
            checked = set()
        room = _Room()
        self._body = _Body(loop.body, room, sorted(checked))
        self._carried = [_bytes(v) for v in program.inputs[: loop.carries]]
        self._other = [room.more(n) for n in self._carried]
        self.room = room.size
        self.may_stop = self._body.may_stop or bool(self.ends)
        if loop.length is None:
            self.first_of_rows = loop.carries
            self.record = _record_of(loop.outputs[loop.carries :])
            self.uses_heap = bool(self.record)
            self.may_stop |= self.uses_heap

    def write(
        self, w: Writer, buffer: Buffer, given: Sequence[Any], made: Sequence[Stored], slot: Buffer
    ) -> None:
        """The loop."""
        loop, body = self._loop, self._body
        room = w.pointer(buffer)
        count = loop.carries
        program = body.program
        inputs = len(program.inputs)
        for i in range(count + loop.sequences, inputs):
            body.point(w, room, i, _begin(w, given[i]))
        n = str(loop.length)
        if loop.length is None:
            n = w.load(given[count].slot, "1", 1, 1)
        carried = [_begin(w, x) for x in given[:count]]
        middle = count + loop.sequences
        rows = [_Along.of(w, given[k], program.inputs[k]) for k in range(count, middle)]
        columns = [_Along.of(w, made[k], loop.outputs[k]) for k in range(count, len(made))]
        if self.uses_heap:
            columns = self._columns(w, n, slot)
        targets = [_begin(w, x) for x in made[:count]]
        others = [_inside(w, room, at) for at in self._other]
        last = w.new(f"sub nsw i64 {n}, 1")
        odd = w.new(f"trunc i64 {n} to i1")
        start = []
        for k in range(count):
            first = w.new(f"select i1 {odd}, ptr {targets[k]}, ptr {others[k]}")
            start += [("ptr", carried[k]), ("ptr", first)]

        def step(i: str, names: list[str]) -> list[str]:
            if loop.backwards:
                i = w.new(f"sub nsw i64 {last}, {i}")
            for k in range(count):
                body.point(w, room, k, names[2 * k])
                body.point(w, room, inputs + k, names[2 * k + 1])
            for k, along in enumerate(rows):
                body.point(w, room, count + k, along.row(w, i))
            for k, along in enumerate(columns):
                body.point(w, room, inputs + count + k, along.row(w, i))
            body.call(w, room)
            after = []
            for k in range(count):
                own = names[2 * k + 1]
                here = w.new(f"icmp eq ptr {own}, {targets[k]}")
                after += [own, w.new(f"select i1 {here}, ptr {others[k]}, ptr {targets[k]}")]
            return after

        if loop.length is not None:
            w.loop(loop.length, step, start)
            return
        number = w.fresh()
        none = w.new(f"icmp eq i64 {n}, 0")
        w.lines.append(f"br i1 {none}, label %none{number}, label %some{number}")
        w.label(f"some{number}")
        w.loop(n, step, start)
        w.lines.append(f"br label %done{number}")
        w.label(f"none{number}")
        for target, source, size in zip(targets, carried, self._carried, strict=True):
            _copy(w, target, source, size)
        w.lines.append(f"br label %done{number}")
        w.label(f"done{number}")

    def _columns(self, w: Writer, n: str, slot: Buffer) -> list[_Along]:
        """Room for the rows of the results."""
        base = _on_heap(w, w.new(f"mul i64 {n}, {self.record}"))
        w.store(base, slot, "0", 1, 1)
        w.store(n, slot, "1", 1, 1)
        return _columns_of(w, base, self._loop, self.record)


@dataclass
class _Along:
    """Rows that lie a step of bytes apart."""

    base: str
    step: int

    @classmethod
    def of(cls, w: Writer, x: Any, v: Variable) -> _Along:
        """Those of an array, or of records."""
        if not isinstance(x, Rows):
            return cls(_begin(w, x), _bytes(v))
        first = w.new(f"inttoptr i64 {w.load(x.slot, '0', 1, 1)} to ptr")
        return cls(w.new(f"getelementptr i8, ptr {first}, i64 {x.offset}"), x.record)

    def row(self, w: Writer, i: str) -> str:
        """The address of a row."""
        return _row(w, self.base, i, self.step)


def _columns_of(w: Writer, base: str, loop: Any, record: int) -> list[_Along]:
    """The parts of records for each of the rows that a loop gives."""
    first, offset, found = w.new(f"inttoptr i64 {base} to ptr"), 0, []
    for v in loop.outputs[loop.carries :]:
        found.append(_Along(w.new(f"getelementptr i8, ptr {first}, i64 {offset}"), record))
        offset += -(-_bytes(v) // 8) * 8
    return found


def _row(w: Writer, base: str, i: str, size: int) -> str:
    at = w.new(f"mul nsw i64 {i}, {size}")
    return w.new(f"getelementptr i8, ptr {base}, i64 {at}")


# ---------------------------------------------------------------- branches


class CondPlan(_Plan):
    """One of two programs."""

    def __init__(self, branches: Any) -> None:
        room = _Room()
        self._bodies = [
            _Body(one, room, one.program.notes.get("unguarded", ())) for one in branches.both
        ]
        self.room = room.size
        self.may_stop = any(x.may_stop for x in self._bodies)

    def write(
        self, w: Writer, buffer: Buffer, given: Sequence[Any], made: Sequence[Stored], slot: Buffer
    ) -> None:
        """The branch."""
        predicate, *rest = given
        chosen = w.load(predicate.buffer, str(predicate.offset), 1, 1)
        if predicate.buffer.kind != "b":
            chosen = w.new(f"fcmp une double {chosen}, 0.0")
        room = w.pointer(buffer)
        pointers = [_begin(w, x) for x in (*rest, *made)]
        number = w.fresh()
        w.lines.append(f"br i1 {chosen}, label %yes{number}, label %no{number}")
        for label, body in zip(("yes", "no"), self._bodies, strict=True):
            w.label(f"{label}{number}")
            for i, pointer in enumerate(pointers):
                body.point(w, room, i, pointer)
            body.call(w, room)
            w.lines.append(f"br label %done{number}")
        w.label(f"done{number}")


# ---------------------------------------------------------------- loops with a condition


class WhilePlan(_Plan):
    """A loop as long as a condition holds, which keeps nothing of its steps."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        step = loop.body if loop.step is None else loop.step
        if loop.keeps and loop.step is not None:
            key, own = ("keeping carries", loop.carries), step
            step = own.derive(key, lambda: _keeping(own, loop.carries))
        room = _Room()
        program = step.program
        self._asked = _Body(loop.condition, room)
        self._body = _Body(step, room, program.notes.get("unguarded", ()))
        self._carried = [_bytes(v) for v in program.inputs[: loop.carries]]
        self._other = [room.more(n) for n in self._carried]
        self._answer = room.more(8)
        self.room = room.size
        self.may_stop = self._body.may_stop or self._asked.may_stop
        self.first_of_rows = loop.carries
        self.record = _record_of(loop.outputs[loop.carries :])
        if len(step.program.outputs) != len(loop.outputs):
            raise NotStraight("a loop that gives something else")
        self.uses_heap = bool(self.record)
        self.may_stop |= self.uses_heap

    def write(
        self, w: Writer, buffer: Buffer, given: Sequence[Any], made: Sequence[Stored], slot: Buffer
    ) -> None:
        """The loop."""
        asked, body, count = self._asked, self._body, self._loop.carries
        room = w.pointer(buffer)
        inputs = len(body.program.inputs)
        for i in range(count, inputs):
            pointer = _begin(w, given[i])
            body.point(w, room, i, pointer)
            asked.point(w, room, i, pointer)
        answer = _inside(w, room, self._answer)
        asked.point(w, room, inputs, answer)
        sources = [_begin(w, x) for x in given[:count]]
        targets = [_begin(w, x) for x in made]
        others = [_inside(w, room, at) for at in self._other]
        number = w.fresh()
        if self.uses_heap:
            w.store(_on_heap(w, "0"), slot, "0", 1, 1)
        before = "begin" if w.block == "start" else w.block
        w.lines.append(f"br label %ask{number}")
        w.label(f"ask{number}")
        place = len(w.lines)
        names = [(f"%r{number}_{k}", f"%w{number}_{k}") for k in range(count)]
        for k, (source, _) in enumerate(names):
            asked.point(w, room, k, source)
        asked.call(w, room)
        goes_on = w.truth(w.new(f"load i8, ptr {answer}, align 1"), 1)
        w.lines.append(f"br i1 {goes_on}, label %step{number}, label %end{number}")
        w.label(f"step{number}")
        for k, (source, target) in enumerate(names):
            body.point(w, room, k, source)
            body.point(w, room, inputs + k, target)
        if self.uses_heap:
            base = _on_heap(w, str(self.record))
            for k, along in enumerate(_columns_of(w, base, self._loop, self.record)):
                body.point(w, room, inputs + count + k, along.base)
        body.call(w, room)
        phis = self._counted(w, number, slot, before)
        for k, (source, target) in enumerate(names):
            here = w.new(f"icmp eq ptr {target}, {targets[k]}")
            after = w.new(f"select i1 {here}, ptr {others[k]}, ptr {targets[k]}")
            last = w.block
            phis.append(f"{source} = phi ptr [ {sources[k]}, %{before} ], [ {target}, %{last} ]")
            phis.append(f"{target} = phi ptr [ {targets[k]}, %{before} ], [ {after}, %{last} ]")
        w.lines.append(f"br label %ask{number}")
        w.lines[place:place] = phis
        w.label(f"end{number}")
        for k, (source, _) in enumerate(names):
            _copy(w, targets[k], source, self._carried[k])
        if self.uses_heap:
            w.store(f"%n{number}", slot, "1", 1, 1)

    def _counted(self, w: Writer, number: int, slot: Buffer, before: str) -> list[str]:
        """The number of steps, as it goes from step to step."""
        more = w.new(f"add i64 %n{number}, 1")
        return [f"%n{number} = phi i64 [ 0, %{before} ], [ {more}, %{w.block} ]"]


def _keeping(one: Any, carries: int) -> Any:
    """A step that gives what it was given of what is carried on as well."""
    program = one.program
    outputs = (*program.outputs, *program.inputs[:carries])
    return type(one)(Program(program.inputs, program.instructions, outputs, program.notes))


# ---------------------------------------------------------------- rows


class MapPlan(_Plan):
    """A program for each row, for some rows at once."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        size, n = rows.at_once, rows.length
        if not n:
            raise NotStraight("no rows")
        room = _Room()
        self._pieces: list[tuple[_Body, int, int, int]] = []
        for length, first, times in ((size, 0, n // size), (n % size, n // size * size, 1)):
            whole = rows.of_many(length) if length and times else None
            if length and times and whole is None:
                raise NotStraight("one row after the other")
            if whole is not None:
                body = _Body(whole, room, whole.program.notes.get("unguarded", ()))
                self._pieces.append((body, first, length, times))
        self._totals = [room.more(_bytes(v)) for v in rows.outputs[: rows.sums]]
        self.room = room.size
        self.may_stop = any(x.may_stop for x, *_ in self._pieces)

    def write(
        self, w: Writer, buffer: Buffer, given: Sequence[Any], made: Sequence[Stored], slot: Buffer
    ) -> None:
        """The pieces, one after the other."""
        rows = self._rows
        room = w.pointer(buffer)
        sources, targets = [_begin(w, x) for x in given], [_begin(w, x) for x in made]
        totals = [_inside(w, room, at) for at in self._totals]
        for k in range(rows.sums):
            self._add(w, targets[k], None, math.prod(rows.outputs[k].shape))
        for body, first, length, times in self._pieces:
            inputs = len(sources)
            for i in range(rows.sequences, inputs):
                body.point(w, room, i, sources[i])
            for k, total in enumerate(totals):
                body.point(w, room, inputs + k, total)

            def piece(
                i: str, names: list[str], body: Any = body, first: int = first,
                length: int = length, inputs: int = inputs,
            ) -> list[str]:  # fmt: skip
                at = w.new(f"mul nsw i64 {i}, {length}")
                at = w.new(f"add nsw i64 {at}, {first}")
                for k in range(rows.sequences):
                    body.point(w, room, k, _row(w, sources[k], at, _bytes(rows.inputs[k])))
                for k in range(rows.sums, len(targets)):
                    row = _row(w, targets[k], at, _bytes(rows.outputs[k]))
                    body.point(w, room, inputs + k, row)
                body.call(w, room)
                for k, total in enumerate(totals):
                    self._add(w, targets[k], total, math.prod(rows.outputs[k].shape))
                return []

            w.loop(times, piece, ())

    def _add(self, w: Writer, target: str, more: str | None, count: int) -> None:
        """Numbers added to others; 0 in their place, if there are none."""

        def one(i: str, names: list[str]) -> list[str]:
            at = w.new(f"getelementptr double, ptr {target}, i64 {i}")
            x = "0.0"
            if more is not None:
                own = w.new(f"getelementptr double, ptr {more}, i64 {i}")
                y = w.new(f"load double, ptr {own}, align 8")
                z = w.new(f"load double, ptr {at}, align 8")
                x = w.new(f"fadd double {z}, {y}")
            w.lines.append(f"store double {x}, ptr {at}, align 8")
            return []

        if count:
            w.loop(count, one, ())
