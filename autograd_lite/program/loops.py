"""Loops in programs: `SCAN`, a primitive that runs a program once for each row of arrays.

A step takes what it carries on, a row of each sequence, and what is closed over, and gives what it
carries on and a row of each result:

    c₀ = carry,  (cᵢ₊₁, yᵢ) = body(cᵢ, xᵢ, k),  results (cₙ, y)

The derivatives are scans again: the way back runs in reverse order with ḡ(cᵢ) as what is carried
on, and the sum of ḡ(k); its sequences are the cᵢ that the way there kept. So there are derivatives
of any order, and the program of each is as long as that of one step.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.batching import spread
from autograd_lite.engine.chain import detached
from autograd_lite.engine.primitive import PRIMITIVES, EachOperand, Structural
from autograd_lite.primitives.shape import swapaxes
from autograd_lite.program.function import Runner
from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.loop_code import LoopCode, NameClash, loop_code, while_code
from autograd_lite.program.subprograms import (
    Subprogram,
    as_array,
    body_of,
    fitting,
    is_differentiable,
    kind_of,
    like,
    result_like,
    some,
    tagged,
    zero,
)
from autograd_lite.program.trace import tainted_by


@dataclass(frozen=True)
class Loop:
    """What a scan does, beside its operands: what is carried on, sequences, what is closed over."""

    body: Subprogram
    carries: int
    """How many numbers and arrays are carried on."""
    sequences: int
    """How many sequences there are."""
    length: int | None
    """How many steps; None if only the sequences, or the condition, will tell."""
    backwards: bool = False
    """Whether the last row comes first."""
    keeps: bool = False
    """Whether the last results are the rows of what was carried on, as each step was given it."""
    condition: Subprogram | None = None
    """Of what is carried on, and what is closed over, whether there is another step. Then the body
    gives back what it is given where there is none."""
    step: Subprogram | None = None
    """The same without that, for where the condition has been asked."""

    def parts(self, operands: Sequence[Any]) -> tuple[Sequence[Any], ...]:
        """What is carried on, the sequences, what is closed over."""
        first, second = self.carries, self.carries + self.sequences
        return operands[:first], operands[first:second], operands[second:]

    @property
    def inputs(self) -> tuple[Variable, ...]:
        """Those of the body."""
        return self.body.program.inputs

    @functools.cached_property
    def outputs(self) -> tuple[Variable, ...]:
        """What kind each output of the body is of."""
        return tuple(map(kind_of, self.body.program.outputs))

    @functools.cached_property
    def moving(self) -> list[int]:
        """Which of what is carried on has a derivative."""
        return [i for i in range(self.carries) if is_differentiable(self.inputs[i])]

    def keeping(self) -> Loop:
        """The same loop, which keeps what is carried on."""
        if self.keeps:
            return self
        body = self.body

        def kept(one: Program) -> Program:
            outputs = (*one.outputs, *one.inputs[: self.carries])
            return Program(one.inputs, one.instructions, outputs, one.notes)

        def made() -> Subprogram:
            guarded = body.guarded
            again = None if guarded is None else lambda: kept(guarded())
            return Subprogram(kept(body.program), again)

        whole = body.derive(("keeping", self.carries), made)
        return replace(self, body=whole, keeps=True)

    def __call__(self, operands: Sequence[Any]) -> tuple[Any, ...]:
        """The results, recorded where there is a variable."""
        primitive = SCAN if self.condition is None else WHILE
        return apply(primitive, operands, {"loop": self})  # type: ignore[no-any-return]

    def call(self, name: str, operands: Sequence[str]) -> str:
        """The call of the function that `code` writes."""
        first = operands[self.carries] if self.sequences else ""
        n = f"len({first})" if self.length is None else str(self.length)
        return f"{name}({', '.join(operands if self.condition else [n, *operands])})"

    def code(self, name: str, tag: str = "") -> LoopCode:
        """The source of it; see `loop_code`, and `numpy_code` for the tag."""
        if self.condition is not None:
            step = self.body.program if self.step is None else self.step.program
            if self.step is not None and self.keeps:
                kept = (*step.outputs, *step.inputs[: self.carries])
                step = replace(step, outputs=kept)
            asked = self.condition.program
            return while_code(name, asked, step, self.outputs, self.carries, tagged(tag))
        program, checked = self.body.program, set(self.body.program.notes.get("unguarded", ()))
        ends = self.tainted_results([i for i in checked if i < self.carries])
        if ends is None:
            checked = set()
        else:  # what is nan in one step is so at the end: there it is soon enough to look
            program = replace(program, notes={})
            checked |= ends
        which = self.carries, self.sequences, self.backwards
        return loop_code(
            name, program, self.outputs, *which, partial(body_of, tag=tag), sorted(checked)
        )

    def tainted_results(self, places: Sequence[int]) -> set[int] | None:
        """Which results are nan if these operands are; None if such a nan may go unseen."""
        if self.condition is not None:
            return None
        known = set(places)
        while True:
            found = tainted_by(self.body.program, [self.inputs[i] for i in known])
            if found is None:
                return None
            outputs = {i for i, x in enumerate(self.body.program.outputs) if x in found}
            more = {i for i in outputs if i < self.carries} - known
            if not more:
                return outputs | {i for i in known if i < self.carries}
            known |= more

    def __repr__(self) -> str:
        return f"{'n' if self.length is None else self.length} × {self.body!r}"


# ---------------------------------------------------------------- the value


@np.errstate(all="ignore")
def _run(*operands: Any, loop: Loop) -> tuple[Any, ...]:
    """The loop on plain numbers and arrays, by the code of it."""
    n = len(operands[loop.carries]) if loop.length is None else loop.length
    body = loop.body
    key = ("code", loop.carries, loop.sequences, loop.backwards)
    try:
        return body.derive(key, partial(_made, loop))(n, *operands)  # type: ignore[no-any-return]
    except (ArithmeticError, ValueError):  # somewhere NumPy's inf and nan, or 0·inf
        return _run_slowly(operands, loop, n)


def _made(loop: Loop) -> Runner:
    code = loop.code("scan")
    return Runner("scan", "\n".join(code.lines), code.body)


def _run_slowly(operands: Sequence[Any], loop: Loop, n: int) -> tuple[Any, ...]:
    """The same, with a call of the body for each step."""
    count, body = loop.carries, loop.body
    (carry, xs, closed), kinds = loop.parts(operands), loop.parts(loop.inputs)
    carry = [like(x, v) for x, v in zip(carry, kinds[0], strict=True)]
    xs = [x.tolist() if v.is_number else x for x, v in zip(xs, kinds[1], strict=True)]
    closed = [like(x, v) for x, v in zip(closed, kinds[2], strict=True)]
    made = [np.empty((n, *v.shape), v.dtype) for v in loop.outputs[count:]]
    for i in reversed(range(n)) if loop.backwards else range(n):
        results = body(*carry, *[x[i] for x in xs], *closed)
        carry = results[:count]
        for rows, y in zip(made, results[count:], strict=True):
            rows[i] = y
    return (*carry, *made)


@np.errstate(all="ignore")
def _run_while(*operands: Any, loop: Loop) -> tuple[Any, ...]:
    """The loop on plain numbers and arrays, as long as its condition holds."""
    key = ("code", loop.carries, loop.condition, loop.step)
    try:
        function = loop.body.derive(key, partial(_made_or_not, loop))
        if function is not None:
            return function(*operands)  # type: ignore[no-any-return]
    except (ArithmeticError, ValueError):  # somewhere NumPy's inf and nan, or 0·inf
        pass
    return _run_while_slowly(operands, loop)


def _made_or_not(loop: Loop) -> Runner | None:
    try:
        return _made(loop)
    except NameClash:
        return None


def _run_while_slowly(operands: Sequence[Any], loop: Loop) -> tuple[Any, ...]:
    """The same, with a call of the body for each step."""
    count, body = loop.carries, loop.body
    assert loop.condition is not None
    given = [like(x, v) for x, v in zip(operands, loop.inputs, strict=True)]
    carry: Sequence[Any] = [np.array(x)[()] if isinstance(x, np.ndarray) else x for x in given]
    carry, closed = carry[:count], given[count:]
    columns: list[list[Any]] = [[] for _ in loop.outputs[count:]]
    while loop.condition(*carry, *closed)[0]:
        results = body(*carry, *closed)
        carry = results[:count]
        for column, y in zip(columns, results[count:], strict=True):
            column.append(y)
    rows = zip(columns, loop.outputs[count:], strict=True)
    return (*carry, *[np.array(y, v.dtype).reshape(len(y), *v.shape) for y, v in rows])


def _example(*operands: Any, loop: Loop) -> tuple[Any, ...]:
    """Some numbers of the shapes and dtypes of the results."""
    count = loop.carries
    length = 1 if loop.length is None else loop.length
    rows = [result_like(v, length) for v in loop.outputs[count:]]
    last = [some(v) if v.is_number else result_like(v) for v in loop.outputs[:count]]
    return (*last, *rows)


def _kept(z: Any, operands: Sequence[Any], loop: Loop) -> tuple[Loop, Sequence[Any]]:
    """The loop and what it carried on: of one that kept nothing, by running it again."""
    whole = loop.keeping()
    z = z if loop.keeps else whole(operands)
    return whole, z[len(z) - loop.carries :]


# ---------------------------------------------------------------- the way back


def _back(g: Any, z: Any, operands: Sequence[Any], loop: Loop, wanted: Sequence[bool]) -> list[Any]:
    """The gradient of each operand that is wanted."""
    _, xs, closed = loop.parts(operands)
    count, n = loop.carries, loop.length
    whole, kept = _kept(z, operands, loop)
    if not loop.keeps:
        g = (*g, *[None] * count)
    way = _WayBack(
        whole,
        tuple(j for j in range(len(xs)) if wanted[count + j]),
        tuple(j for j in range(len(closed)) if wanted[count + len(xs) + j]),
        tuple(i for i in range(count, len(g)) if g[i] is not None),
    )
    starts = [zero(loop.inputs[i]) if g[i] is None else g[i] for i in way.moving]
    sums = [zero(loop.inputs[i]) for i in way.summed]
    given = [*starts, *sums, *kept, *xs, *[g[i] for i in way.rows], *closed]
    sequences = len(kept) + len(xs) + len(way.rows)
    back = Loop(way.body, len(starts) + len(sums), sequences, n, not loop.backwards)
    found = iter(back(given))
    parts: list[Any] = [None] * len(operands)
    for i in (*way.moving, *way.summed, *(count + j for j in way.sequences)):
        parts[i] = next(found)
    return parts


@dataclass(frozen=True)
class _WayBack:
    """The step of the way back: (ḡ(cᵢ₊₁), Σ ḡ(k); cᵢ, xᵢ, ḡ(yᵢ); k) ↦ (ḡ(cᵢ), Σ ḡ(k); ḡ(xᵢ))."""

    loop: Loop
    sequences: tuple[int, ...]
    """The sequences whose gradient is wanted."""
    closed: tuple[int, ...]
    """The same of what is closed over."""
    rows: tuple[int, ...]
    """The outputs of the body to whose rows something flows back."""

    @property
    def moving(self) -> list[int]:
        """What of what is carried on has a gradient."""
        return self.loop.moving

    @property
    def summed(self) -> list[int]:
        """The inputs of the body whose gradients are summed."""
        return [self.loop.carries + self.loop.sequences + j for j in self.closed]

    @property
    def body(self) -> Subprogram:
        """The program of the step."""
        inputs, outputs = self.loop.inputs, self.loop.outputs
        carries = [inputs[i] for i in (*self.moving, *self.summed)]
        count = self.loop.carries + self.loop.sequences
        rows = [outputs[i] for i in self.rows]
        kinds = [*carries, *inputs[:count], *rows, *inputs[count:]]
        key = ("back", self.loop.carries, self.loop.sequences, self.sequences, self.closed)
        body: Subprogram = self.loop.body
        return body.derived((*key, self.rows), self._step, [some(v) for v in kinds])

    def _step(self, given: Sequence[Any]) -> list[Any]:
        loop, rest = self.loop, iter(given)
        starts = [next(rest) for _ in self.moving]
        sums = [next(rest) for _ in self.summed]
        first = [next(rest) for _ in range(loop.carries + loop.sequences)]
        gs: list[Any] = [None] * len(loop.outputs)
        for i, g in zip(self.moving, starts, strict=True):
            gs[i] = g
        for i in self.rows:
            gs[i] = next(rest)
        sequences = [loop.carries + j for j in self.sequences]
        wanted = [*self.moving, *self.summed, *sequences]
        found = loop.body.gradients([*first, *rest], wanted, gs)
        parts = [
            zero(loop.inputs[i]) if g is None else g for i, g in zip(wanted, found, strict=True)
        ]
        many = len(starts)
        for k, total in enumerate(sums):
            parts[many + k] = total + parts[many + k]
        return [fitting(x, loop.inputs[i]) for i, x in zip(wanted, parts, strict=True)]


# ---------------------------------------------------------------- the way forward


def _forward(tangents: Sequence[Any], z: Any, *operands: Any, loop: Loop) -> tuple[Any, ...]:
    """The tangents of the results."""
    whole, kept = _kept(z, operands, loop)
    _, xs, closed = loop.parts(operands)
    moved = tuple(i for i in range(loop.carries, len(operands)) if tangents[i] is not None)
    inputs, outputs, count = whole.inputs, whole.outputs, loop.carries
    some_of_carry = whole.moving
    rows = [i for i in range(count, len(outputs)) if is_differentiable(outputs[i])]
    middle = count + loop.sequences

    def step(given: Sequence[Any]) -> list[Any]:
        rest = iter(given)
        ts = [next(rest) for _ in some_of_carry]
        first = [next(rest) for _ in range(middle)]
        of_rows = [next(rest) for i in moved if i < middle]
        last = [next(rest) for _ in closed]
        ts += [*of_rows, *rest]
        found = whole.body.tangents([*first, *last], [*some_of_carry, *moved], ts)
        parts = found[len(outputs) :]
        return [
            fitting(zero(outputs[i]) if parts[i] is None else parts[i], outputs[i])
            for i in (*some_of_carry, *rows)
        ]

    of_rows = [i for i in moved if i < middle]
    of_closed = [i for i in moved if i >= middle]
    kinds = [inputs[i] for i in some_of_carry]
    kinds += [*inputs[:middle], *(inputs[i] for i in of_rows)]
    kinds += [*inputs[middle:], *(inputs[i] for i in of_closed)]
    key = ("forward", count, loop.sequences, moved)
    body = whole.body.derived(key, step, [some(v) for v in kinds])
    given = [zero(inputs[i]) if tangents[i] is None else tangents[i] for i in some_of_carry]
    given += [*kept, *xs, *(tangents[i] for i in of_rows)]
    given += [*closed, *(tangents[i] for i in of_closed)]
    sequences = middle + len(of_rows)
    found = iter(Loop(body, len(some_of_carry), sequences, loop.length, loop.backwards)(given))
    parts: dict[int, Any] = {i: next(found) for i in (*some_of_carry, *rows)}
    return tuple(
        parts[i] if i in parts else np.zeros(detached(x).shape, detached(x).dtype)
        for i, x in enumerate(z)
    )


# ---------------------------------------------------------------- a batch of loops


def _of_batch(which: Sequence[bool], *operands: Any, loop: Loop) -> tuple[Any, ...]:
    """All loops of a batch as one, whose rows hold those of each."""
    size = next(x.shape[0] for x, mine in zip(operands, which, strict=True) if mine)
    carry, xs, closed = loop.parts(operands)
    many, count = len(loop.inputs), loop.carries
    mine = tuple(True if i < count else which[i] for i in range(many))
    carry = [
        x if which[i] else spread(like(x, as_array(loop.inputs[i])), size)
        for i, x in enumerate(carry)
    ]
    xs = [swapaxes(x, 0, 1) if which[count + j] else x for j, x in enumerate(xs)]

    def step(given: Sequence[Any]) -> list[Any]:
        found = loop.body.of_batch(given, mine, size)
        return [fitting(x, as_array(v, size)) for x, v in zip(found, loop.outputs, strict=True)]

    examples = [
        some(v, (size,)) if batched else some(v)
        for v, batched in zip(loop.inputs, mine, strict=True)
    ]
    body = loop.body.derived(("batch", size, mine), step, examples)
    whole = replace(loop, body=body)
    if loop.condition is not None:
        whole = replace(whole, condition=_of_any(loop, mine, size, examples), step=None)
    found = whole([*carry, *xs, *closed])
    return tuple(x if i < count else swapaxes(x, 0, 1) for i, x in enumerate(found))


def _of_any(loop: Loop, which: Sequence[bool], size: int, examples: Sequence[Any]) -> Subprogram:
    """The condition of a batch: that one of its examples goes on."""
    condition = loop.condition
    assert condition is not None

    def function(given: Sequence[Any]) -> list[Any]:
        return [np.any(condition.of_batch(given, which, size)[0])]

    return condition.derived(("any", size, which), function, examples)


_RULES: dict[str, Any] = {
    "operands": (),
    "pullbacks": EachOperand(together=_back, is_told=True),
    "results": (),
    "batched": _of_batch,
    "pushforward": _forward,
    "example": _example,
    "function": lambda *operands, loop: loop(operands),
}
SCAN: Structural = Structural(name="scan", text="scan({operands})", arrays=_run, **_RULES)
WHILE: Structural = Structural(
    name="while_loop", text="while_loop({operands})", arrays=_run_while, **_RULES
)


def while_loop_of(condition: Subprogram, body: Subprogram, carries: int) -> Loop:
    """The loop of a body, as long as the condition holds, of programs with the same inputs."""

    def step(given: Sequence[Any]) -> list[Any]:
        goes_on = condition.run(given)[0]
        where = PRIMITIVES["where"].function
        return [
            fitting(where(goes_on, after, before), v)
            for after, before, v in zip(body.run(given), given, body.program.inputs, strict=False)
        ]

    examples = [some(v) for v in body.program.inputs]
    whole = body.derived(("while", condition), step, examples)
    return Loop(whole, carries, 0, None, condition=condition, step=body)
