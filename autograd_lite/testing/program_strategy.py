"""Random programs of Values or Tensors, from the table of primitives.

A program is a chain of calls, each well typed at its point: operands inside the domain of the
primitive, away from its kinks, results of moderate size. It prints as Python that can be run, and
Hypothesis shrinks it to the smallest one that fails.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np

from autograd_lite.engine.primitive import (
    NONZERO,
    PRIMITIVES,
    REAL,
    Array,
    Case,
    Elementwise,
    Primitive,
    Structural,
)
from autograd_lite.testing.calls import (
    applied,
    call_text,
    can_be_drawn,
    cases_of,
    intervals,
    is_differentiable,
    kink_distance,
    shown,
    split,
)
from autograd_lite.testing.strategies import operand

Functions = Callable[[Primitive], Callable[..., Any]]

LARGEST = 100.0
"""No number of a program is larger."""
MARGIN = 0.01
"""No number of a program is nearer to a kink, at the point that was drawn."""


@dataclass(frozen=True)
class Step:
    """One call: `name = primitive(*operands, *args, **kwargs)`."""

    name: str
    primitive: Primitive
    operands: tuple[Any, ...]
    """Names, and constants as numbers and arrays."""
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Program:
    """Steps from inputs to the result of the last one.

    Called with numbers or arrays, or variables, in place of the inputs, it computes the result:
    `check_gradient(program, *program.inputs.values())`.
    """

    inputs: Mapping[str, Any]
    """The numbers (of Values) or arrays (of Tensors) that it is to be run on, by name."""
    steps: tuple[Step, ...]

    __name__ = "program"

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_ONLY
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.inputs])

    def __call__(self, *inputs: Any) -> Any:
        return self.run(inputs)

    def run(self, inputs: Sequence[Any], functions: Functions | None = None) -> Any:
        """The result of the last step.

        Args:
            inputs: what to use in place of `self.inputs`, in order.
            functions: what to call for each primitive instead, such as another library's
                function; it gets the operands, then the other arguments of the public function.
        """
        names = dict(zip(self.inputs, inputs, strict=True))
        result: Any = None
        for step in self.steps:
            operands = [names[x] if isinstance(x, str) else x for x in step.operands]
            if functions is None:
                result = applied(step.primitive, operands, step.args, dict(step.kwargs))
            else:
                result = functions(step.primitive)(*operands, *step.args, **dict(step.kwargs))
            names[step.name] = result
        return result

    @property
    def primitives(self) -> list[str]:
        """The names of the primitives that it calls, in order."""
        return [step.primitive.name for step in self.steps]

    def source(self) -> str:
        """The program, and the check of its gradient, as Python that can be run."""
        body = [
            f"    {step.name} = {_call(step)}" if step is not self.steps[-1]
            else f"    return {_call(step)}"
            for step in self.steps
        ]  # fmt: skip
        given = ", ".join(shown(x) for x in self.inputs.values())
        return "\n".join(
            [
                "import numpy as np",
                "import autograd_lite as al",
                "from autograd_lite.testing import check_gradient",
                "",
                f"def program({', '.join(self.inputs)}):",
                *body,
                "",
                f"check_gradient(program, {given})",
            ]
        )

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"<\n{self!r}\n>")

    def __repr__(self) -> str:
        lines = self.source().splitlines()
        start = lines.index(next(line for line in lines if line.startswith("def ")))
        return "\n".join(lines[start:])


def _call(step: Step) -> str:
    operands = [x if isinstance(x, str) else shown(x) for x in step.operands]
    return call_text(step.primitive, operands, step.args, step.kwargs, prefix="al.")


# ---------------------------------------------------------------- drawing one


def programs(
    kind: str | None = None,
    *,
    most: int = 8,
    primitives: Iterable[Primitive] | None = None,
) -> st.SearchStrategy[Program]:
    """Random programs, well typed, differentiable at the point that is drawn with them.

    Args:
        kind: "values" for numbers and elementwise primitives, "tensors" for arrays and all
            primitives; by default either.
        most: how many steps at most.
        primitives: those to draw from, by default the whole table.

    >>> from hypothesis import find
    >>> print(find(programs("values", primitives=[PRIMITIVES["sin"]]), bool).source())
    import numpy as np
    import autograd_lite as al
    from autograd_lite.testing import check_gradient
    <BLANKLINE>
    def program(x1):
        return al.sin(x1)
    <BLANKLINE>
    check_gradient(program, 1.0)
    """
    given = PRIMITIVES.values() if primitives is None else primitives
    chosen = [p for p in given if can_be_drawn(p)]
    if kind not in (None, "values", "tensors"):
        raise ValueError(f"programs: kind must be 'values', 'tensors' or None, not {kind!r}")
    elementwise: list[Primitive] = [p for p in chosen if isinstance(p, Elementwise)]
    kinds = {"values": elementwise, "tensors": chosen}
    pools = [kinds[kind]] if kind else [elementwise, chosen]
    scalar = [kind != "tensors"] if kind else [True, False]
    drawn = [_programs(tuple(pool), most, s) for pool, s in zip(pools, scalar, strict=True) if pool]
    if not drawn:
        raise ValueError(f"programs: none of the primitives given can be used for {kind!r}")
    return st.one_of(drawn)


@st.composite
def _programs(
    draw: st.DrawFn, primitives: tuple[Primitive, ...], most: int, scalar: bool
) -> Program:
    writer = _Writer(draw, scalar)
    kept = draw(st.integers(1, 100 * most))  # so rarely fewer than there are, until it shrinks
    for _ in range(most):
        if not draw(st.integers(0, 99)) and writer.steps:
            break
        writer.step(writer.usable(primitives, draw(st.integers(0, len(primitives) - 1))))
    if not writer.steps:
        writer.first(primitives)
    return writer.program(kept)


class _Writer:
    """A program as it is being drawn, run on plain arrays as it grows."""

    def __init__(self, draw: st.DrawFn, scalar: bool) -> None:
        self.draw = draw
        self.scalar = scalar
        self.values: dict[str, Array] = {}
        """The number or array behind each name so far."""
        self.inputs: dict[str, Any] = {}
        self.steps: list[Step] = []

    def usable(self, primitives: Sequence[Primitive], place: int) -> Primitive:
        """The primitive at this place, or the next that can go on from the latest result."""
        if self.steps:
            x = self.values[self.steps[-1].name]
            for primitive in (*primitives[place:], *primitives[:place]):
                if _takes(primitive, x):
                    return primitive
        return primitives[place]

    def step(self, primitive: Primitive) -> None:
        """Append a call of the primitive, if there is one here that fits."""
        case = self._case(primitive)
        if case is None:
            return
        shapes, args, kwargs = case
        before = dict(self.inputs)
        operands = tuple(self._operand(primitive, i, shape) for i, shape in enumerate(shapes))
        plain = [self.values[x] if isinstance(x, str) else x for x in operands]
        result = self._result(primitive, plain, args, kwargs)
        if result is None:  # too large, or at a kink: as if it had not been drawn
            for name in [name for name in self.inputs if name not in before]:
                del self.inputs[name], self.values[name]
            return
        name = f"v{len(self.steps) + 1}"
        self.values[name] = result
        self.steps.append(Step(name, primitive, operands, args, tuple(kwargs.items())))

    def first(self, primitives: Sequence[Primitive]) -> None:
        """A program of one call that always fits, where nothing that was drawn did."""
        for primitive in primitives:
            if primitive.kink is None:
                self.step(primitive)
            if self.steps:
                return
        from hypothesis import reject

        reject()

    def program(self, kept: int) -> Program:
        """What was drawn, without what does not reach the result; of that, the last steps.

        Results of earlier ones become inputs. Hypothesis can only take away from the end of what
        it drew; this takes away from the beginning.
        """
        needed = self._needed(self.steps)
        steps = [step for step in self.steps if step.name in needed]
        if kept < len(steps) and self._cut(steps[-kept:]):
            steps = steps[-kept:]
        needed = self._needed(steps)
        return _renamed({n: x for n, x in self.inputs.items() if n in needed}, steps)

    def _needed(self, steps: Sequence[Step]) -> set[str]:
        """The names that the last of the steps depends on."""
        needed = {steps[-1].name}
        for step in reversed(steps):
            if step.name in needed:
                needed |= {x for x in step.operands if isinstance(x, str)}
        return needed

    def _cut(self, steps: Sequence[Step]) -> bool:
        """Make inputs, of two decimals, of the results that these steps start from; not if they
        cannot be computed from these numbers."""
        values, made = dict(self.values), {step.name for step in steps}
        for name in self._needed(steps) - made:
            values[name] = np.asarray(np.round(values[name], 2))
        for step in steps:
            plain = [values[x] if isinstance(x, str) else x for x in step.operands]
            if not all(
                _is_inside(step.primitive, i, plain[i])
                for i, x in enumerate(step.operands)
                if isinstance(x, str)
            ):
                return False
            result = self._result(step.primitive, plain, step.args, dict(step.kwargs))
            if result is None:
                return False
            values[step.name] = result
        for name in self._needed(steps) - made:
            self.inputs[name] = values[name].item() if self.scalar else values[name]
        return True

    # ------------------------------------------------------------ one call

    def _case(self, primitive: Primitive) -> Case | None:
        """The shapes of the operands, and the other arguments, of a call of the primitive."""
        count = len(primitive.operands)
        if self.scalar:
            return ((),) * count, (), {}
        shape = self.draw(st.sampled_from(self._shapes()))
        if not isinstance(primitive, Elementwise):
            fitting = [case for case in _cases(primitive, shape) if _is_for(case, shape)]
            return self.draw(st.sampled_from(fitting)) if fitting else None
        others = hnp.mutually_broadcastable_shapes(
            num_shapes=count - 1, base_shape=shape, max_dims=2, max_side=3
        )
        rest = self.draw(others).input_shapes if count > 1 else ()
        return (shape, *rest), (), {}

    def _shapes(self) -> list[tuple[int, ...]]:
        """The shapes that are there, the latest first and most likely, and some new ones."""
        there = list(dict.fromkeys(x.shape for x in reversed(self.values.values())))
        return [*there[:1] * 12, *there, (2,), (2, 3), (3, 2), ()]

    def _operand(self, primitive: Primitive, i: int, shape: tuple[int, ...]) -> Any:
        """A name that is there, or a new input, or for a condition a constant."""
        if not is_differentiable(primitive, i):
            condition = self.draw(hnp.arrays(np.bool_, shape))
            return bool(condition) if self.scalar else condition
        fitting = [
            name
            for name, x in self.values.items()
            if x.shape == shape and _is_inside(primitive, i, x)
        ]
        latest = self.steps[-1].name if self.steps else None
        chained = 20 if latest in fitting and i == 0 else 0  # long chains, not many short ones
        choice = self.draw(st.sampled_from([*[latest] * chained, *fitting[::-1], None]))
        if choice is not None:
            return choice
        x = self.draw(operand(primitive, i, shape))
        name = f"x{len(self.inputs) + 1}"
        self.values[name] = x
        self.inputs[name] = x.item() if self.scalar else x
        return name

    def _result(
        self, primitive: Primitive, plain: Sequence[Any], args: Any, kwargs: Any
    ) -> Array | None:
        operands, params = split(primitive, plain, args, kwargs)
        with np.errstate(all="ignore"):
            try:
                result = np.asarray(primitive.arrays(*operands, **params), dtype=float)
            except np.linalg.LinAlgError:  # an earlier result can be a singular matrix
                return None
            if not np.all(np.abs(result) <= LARGEST):
                return None
            near = kink_distance(primitive, plain, args, kwargs)
        return result if near > MARGIN and result.size else None


def _takes(primitive: Primitive, x: Array) -> bool:
    """Whether the primitive can have x as its first operand that is no condition."""
    first = next(i for i in range(3) if is_differentiable(primitive, i))
    if not _is_inside(primitive, first, x):
        return False
    if isinstance(primitive, Elementwise):
        return len(primitive.operands) > 1 or kink_distance(primitive, [x]) > MARGIN
    fitting = [case for case in _cases(primitive, x.shape) if _is_for(case, x.shape)]
    if len(primitive.operands) != 1:
        return bool(fitting)
    return any(kink_distance(primitive, [x], *case[1:]) > MARGIN for case in fitting)


def _is_for(case: Case, shape: tuple[int, ...]) -> bool:
    """Whether the first operand of a case has that shape, and is no constant."""
    return isinstance(case[0][0], tuple) and case[0][0] == shape


def _cases(primitive: Primitive, shape: tuple[int, ...]) -> Sequence[Case]:
    assert isinstance(primitive, Structural)
    assert primitive.cases is not None
    here = primitive.cases(shape) if len(shape) <= 3 else ()  # declarations are made for so many
    return (*here, *cases_of(primitive))


def _is_inside(primitive: Primitive, i: int, x: Array) -> bool:
    """Whether the primitive can take x as its i-th operand. The intervals of the declaration end
    at 3 only to keep numbers handy; ends below that, which say where it is defined, hold."""
    where = intervals(primitive, i)
    if where == REAL:
        return True
    if where == NONZERO:
        return bool(np.all(np.abs(x) >= 0.2))
    return any(
        bool(np.all((low <= x) & (x <= (10.0 if high >= 3.0 else high)))) for low, high in where
    )


def _renamed(inputs: Mapping[str, Any], steps: Sequence[Step]) -> Program:
    """The program with its names counted from 1 again."""
    names = {old: f"x{i + 1}" for i, old in enumerate(inputs)}
    names |= {step.name: f"v{i + 1}" for i, step in enumerate(steps)}
    return Program(
        {names[old]: x for old, x in inputs.items()},
        tuple(
            replace(
                step,
                name=names[step.name],
                operands=tuple(names[x] if isinstance(x, str) else x for x in step.operands),
            )
            for step in steps
        ),
    )
