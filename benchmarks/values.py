"""`values`: a multilayer perceptron of single numbers, beside micrograd.

The network is 2-16-16-1 with ReLU between the layers; the program sums the squared errors of 50
points and runs backward: some 32,000 scalar operations each way. Both sides run the same lines;
the weights are the same, and the gradients are compared.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd_lite import Value
from autograd_lite.engine.graph import operands_first
from autograd_lite.engine.variable import is_variable
from benchmarks import peers
from benchmarks.measure import (
    Row,
    Timed,
    check_agreement,
    installed_programs,
    interleaved,
    relative,
)

Neuron = tuple[list[Any], Any]
Layers = list[list[Neuron]]
Point = tuple[tuple[float, float], float]


@dataclass(frozen=True)
class Setting:
    """The weights that the network starts from, and the points that it is to fit."""

    layers: Layers
    points: list[Point]

    @classmethod
    def of_size(cls, widths: Sequence[int] = (16, 16, 1), count: int = 50) -> Setting:
        """Weights and points between −1 and 1, from a fixed seed."""
        draw = random.Random(0).uniform
        layers = []
        for inputs, outputs in zip((2, *widths), widths, strict=False):
            layers.append([([draw(-1, 1) for _ in range(inputs)], 0.1) for _ in range(outputs)])
        points = [((draw(-1, 1), draw(-1, 1)), draw(-1, 1)) for _ in range(count)]
        return cls(layers, points)


def network(layers: Layers) -> Callable[[Any], Any]:
    """The perceptron as a function of its input, written as micrograd.nn writes it."""

    def output(x: Any) -> Any:
        for i, layer in enumerate(layers):
            sums = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            x = [s.relu() for s in sums] if i < len(layers) - 1 else sums
        return x[0]

    return output


def squared_error(output: Callable[[Any], Any], points: Iterable[Point]) -> Any:
    """Σ (output − target)² over the points."""
    return sum((output(x) - target) ** 2 for x, target in points)


def _program(output: Callable[[Any], Any], parameters: list[Any], setting: Setting) -> Timed:
    def run() -> list[float]:
        squared_error(output, setting.points).backward()
        return [p.grad for p in parameters]

    def reset() -> None:
        for p in parameters:
            p.grad = 0.0

    return Timed(run, reset)


def _of_values(setting: Setting) -> tuple[Callable[[Any], Any], list[Any]]:
    layers = [[([Value(x) for x in w], Value(b)) for w, b in layer] for layer in setting.layers]
    return network(layers), [p for layer in layers for w, b in layer for p in (*w, b)]


def _of_micrograd(setting: Setting) -> tuple[Callable[[Any], Any], list[Any]]:
    mlp = peers.load("micrograd", ".nn").MLP(2, [len(layer) for layer in setting.layers])
    given = [x for layer in setting.layers for w, b in layer for x in (*w, b)]
    for parameter, x in zip(mlp.parameters(), given, strict=True):
        parameter.data = x
    return mlp, mlp.parameters()


MODELS = {"autograd_lite": _of_values, "micrograd": _of_micrograd}
PROGRAMS: dict[str, Callable[[Setting], Timed]] = {
    "autograd_lite": lambda setting: _program(*_of_values(setting), setting),
    "micrograd": lambda setting: _program(*_of_micrograd(setting), setting),
}


# ---------------------------------------------------------------- memory


def count_operations(output: Any) -> int:
    """How many nodes of a recorded graph were computed, not given."""
    if is_variable(output):
        return sum(not node.is_leaf for node in operands_first(output))
    nodes = {output}
    stack = [output]
    while stack:  # of micrograd
        new = set(stack.pop()._prev) - nodes
        nodes |= new
        stack += new
    return sum(bool(node._prev) for node in nodes)


def bytes_an_operation(
    output: Callable[[Any], Any], parameters: list[Any], setting: Setting
) -> tuple[float, float]:
    """What a recorded operation occupies: after the forward pass, and after the reverse pass."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        loss = squared_error(output, setting.points)
        recorded, _ = tracemalloc.get_traced_memory()
        loss.backward()
        gc.collect()  # what the reverse pass no longer needs is not counted
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    count = count_operations(loss)
    return (recorded - before) / count, (after - before) / count


# ---------------------------------------------------------------- the table


def measure(rounds: int, setting: Setting | None = None) -> list[Row]:
    """Times with the garbage collector on, run beforehand, and off; and bytes an operation."""
    setting = setting or Setting.of_size()
    programs = installed_programs(PROGRAMS, setting)
    check_agreement(programs, 1e-9)
    rows = [
        Row(
            "time, garbage collector on (as users run)",
            relative(interleaved(programs, rounds)),
            "micrograd ≥ 5",
        ),
        Row(
            "time, `gc.collect()` before each run",
            relative(interleaved(programs, rounds, before=gc.collect)),
        ),
        Row("time, garbage collector off", relative(_without_gc(programs, rounds))),
    ]
    bytes_ = {name: bytes_an_operation(*MODELS[name](setting), setting) for name in programs}
    for i, when in enumerate(("the forward pass", "the reverse pass")):
        ratios = relative({name: b[i] for name, b in bytes_.items()})
        rows.append(Row(f"bytes an operation after {when}", ratios, "micrograd ≥ 3"))
    return rows


def _without_gc(programs: dict[str, Timed], rounds: int) -> dict[str, float]:
    was_enabled = gc.isenabled()

    def collect_and_disable() -> None:
        gc.collect()
        gc.disable()

    try:
        return interleaved(programs, rounds, before=collect_and_disable)
    finally:
        if was_enabled:
            gc.enable()
