"""A random program: inputs, steps, and how each step is called."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import autograd_lite as al
from autograd_lite.engine.numpy_signatures import name_of
from autograd_lite.engine.primitive import (
    COMPOSED,
    PRIMITIVES,
    REAL,
    Declared,
    Elementwise,
    Interval,
    Primitive,
)
from benchmarks.agreement.given import Given, numbers

SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "matmul": "@",
    "neg": "-", "pos": "+", "mod": "%",
}  # fmt: skip


OUTPUT = "weights({0}.shape)"
TOTAL = "al.sum(weights(u.shape, i + 1) * u) for i, u in enumerate(g)"
"""What is differentiated first and second: a weighted sum of the result, of the gradients."""


@dataclass(frozen=True, eq=False)
class Step:
    """One call: `name = primitive(*operands, *args, **kwargs)`."""

    name: str
    primitive: Declared
    operands: tuple[str | Given, ...]
    """Names of inputs and of earlier steps, and constants."""
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()
    style: str = "package"
    """How it is called: by the function of the "package", of "numpy", as "method", "operator"."""

    def call(self, operands: Sequence[Any]) -> Any:
        """The call, as this style makes it, of these operands."""
        first, *rest = operands
        kwargs = dict(self.kwargs)
        match self.style:
            case "operator" if self.primitive.name == "getitem":
                return first[self.args[0]]
            case "operator":
                assert self.primitive.operator is not None
                return getattr(operator, self.primitive.operator)(*operands)
            case "method":
                assert self.primitive.method is not None
                return getattr(first, self.primitive.method)(*rest, *self.args, **kwargs)
        function = self.primitive.function
        if self.style.startswith("numpy"):
            function = self.primitive.numpy[int(self.style[5:])]
        given = (list(operands),) if takes_list(self.primitive) else operands
        return function(*given, *self.args, **kwargs)

    def text(self) -> str:
        """The call as Python writes it."""
        operands = [x.text() if isinstance(x, Given) else x for x in self.operands]
        args = [shown(x) for x in self.args]
        more = [f"{key}={shown(x)}" for key, x in self.kwargs]
        match self.style:
            case "operator" if self.primitive.name == "getitem":
                return f"{operands[0]}[{args[0]}]"
            case "operator" if self.primitive.operator == "abs":
                return f"abs({operands[0]})"
            case "operator":
                symbol = SYMBOLS[self.primitive.operator or ""]
                operands = [f"({x})" if x.startswith("-") else x for x in operands]
                return f" {symbol} ".join(operands) if operands[1:] else f"{symbol}{operands[0]}"
            case "method":
                given = ", ".join((*operands[1:], *args, *more))
                return f"{operands[0]}.{self.primitive.method}({given})"
        function = f"al.{self.primitive.function.__name__}"
        if not hasattr(al, self.primitive.function.__name__):
            function = f"table()[{self.primitive.name!r}].function"
        if self.style.startswith("numpy"):
            function = name_of(self.primitive.numpy[int(self.style[5:])])
        if takes_list(self.primitive):
            operands = [f"[{', '.join(operands)}]"]
        return f"{function}({', '.join((*operands, *args, *more))})"

    @property
    def names(self) -> list[str]:
        """The operands that are no constants."""
        return [x for x in self.operands if isinstance(x, str)]


def shown(x: Any) -> str:
    """An argument, such as an index, as Python writes it."""
    if isinstance(x, np.ndarray):
        return Given(x).text()
    if isinstance(x, tuple):
        return f"({', '.join(map(shown, x))}{',' * (len(x) == 1)})"
    if isinstance(x, slice):
        return f"slice({x.start}, {x.stop}, {x.step})"
    if isinstance(x, (np.dtype, type)):
        return f"np.{np.dtype(x).name}"
    return "..." if x is Ellipsis else numbers(x)


@dataclass(frozen=True, eq=False)
class Program:
    """Inputs, steps, and what is done with the last one's result."""

    inputs: Mapping[str, Given]
    steps: tuple[Step, ...]
    scribble: bool = False
    """Whether everything given that can be written to is overwritten after the forward pass."""
    asked: tuple[str, ...] = ()
    """Results on the way by which the gradient is asked for too, together with the inputs."""
    nested: bool = False
    """Whether the second order is by grad(grad), not by gradients(..., record=True)."""

    def run(self, inputs: Sequence[Any], constants: Mapping[Given, Any], call: Any) -> list[Any]:
        """The results of all steps; `call(step, operands, results so far)` makes each."""
        names = dict(zip(self.inputs, inputs, strict=True))
        results: list[Any] = []
        for step in self.steps:
            operands = [names[x] if isinstance(x, str) else constants[x] for x in step.operands]
            names[step.name] = call(step, operands)
            results.append(names[step.name])
        return results

    @property
    def constants(self) -> list[Given]:
        """The constants of all steps."""
        return [x for step in self.steps for x in step.operands if isinstance(x, Given)]

    def used(self) -> set[str]:
        """The names that the result depends on."""
        found = {self.steps[-1].name}
        for step in reversed(self.steps):
            if step.name in found:
                found.update(step.names)
        return found

    def pruned(self) -> Program:
        """Without the steps that the result does not depend on; unused inputs stay."""
        used = self.used()
        steps = tuple(step for step in self.steps if step.name in used)
        names = {step.name for step in steps}
        asked = tuple(name for name in self.asked if name in names)
        return replace(self, steps=steps, asked=asked)

    def source(self) -> str:
        """The program as Python that can be run, with its gradients of both orders."""
        y, inputs = self.steps[-1].name, ", ".join(self.inputs)
        lines = ["import numpy as np", "import autograd_lite as al"]
        lines += ["from autograd_lite.testing.subject import weights"]
        lines += ["from benchmarks.agreement.program import table", ""]
        lines += [f"{name} = {x.leaf_text()}" for name, x in self.inputs.items()]
        lines += [f"{step.name} = {step.text()}" for step in self.steps]
        if self.scribble:
            lines.append("# here, whatever was given and can be written to was overwritten")
        if self.asked:
            asked = ", ".join((*self.asked, *self.inputs))
            lines.append(f"al.gradients({y}, [{asked}], {OUTPUT.format(y)})")
        if self.nested:
            lines.append("# the second order was by grad(grad(f)) of a function of the inputs")
        lines += [f"g = al.gradients({y}, [{inputs}], {OUTPUT.format(y)}, record=True)"]
        lines += [f"total = sum({TOTAL})", f"h = al.gradients(total, [{inputs}])"]
        return "\n".join(lines)


def takes_list(one: Declared) -> bool:
    """Whether its operands are given in a list."""
    if isinstance(one, Primitive):
        return one.is_variadic
    return next(iter(inspect.signature(one.function).parameters)) in ("arrays", "tup")


def is_elementwise(primitive: Declared) -> bool:
    """Whether its result on Values is a Value."""
    return isinstance(primitive, Elementwise)


def is_composed(one: Declared) -> bool:
    """Whether it is written in other functions."""
    return not isinstance(one, Primitive)


def can_be_differentiated(one: Declared, i: int) -> bool:
    """Whether it can be differentiated by its i-th operand: not by a condition."""
    return not isinstance(one, Primitive) or one.is_differentiable(i)


def intervals(one: Declared, i: int) -> tuple[Interval, ...]:
    """Where its i-th operand may lie."""
    return one.domain[min(i, len(one.domain) - 1)] if one.domain else REAL


@functools.cache
def table() -> Mapping[str, Declared]:
    """All primitives, and all functions composed of them, by name."""
    return {**COMPOSED, **PRIMITIVES}
