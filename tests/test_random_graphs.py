"""Random graphs with shared nodes: the passes over Values, over Tensors and over mixtures agree
with each other and with numerical differentiation, whatever the order of the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from autograd_lite import PRIMITIVES, Primitive, Tensor, Value, gradients, numerical_gradient, sin
from autograd_lite.engine.primitive import REAL, Elementwise
from autograd_lite.testing.calls import is_differentiable


def is_smooth(primitive: Primitive) -> bool:
    """Whether it can be applied to any numbers, and differentiated there by each."""
    return (
        isinstance(primitive, Elementwise)
        and primitive.kink is None
        and all(interval == REAL for interval in primitive.domain)
        and all(is_differentiable(primitive, i) for i in range(len(primitive.operands)))
    )


SMOOTH = [primitive for primitive in PRIMITIVES.values() if is_smooth(primitive)]


@dataclass(frozen=True)
class Step:
    """A node: an operation and which of the nodes before it are its operands."""

    primitive: Primitive
    operands: tuple[int, ...]


@dataclass(frozen=True)
class RandomGraph:
    """Steps after a number of inputs; the last node, and those no one uses, make the output."""

    inputs: int
    steps: tuple[Step, ...]

    def run(self, inputs: list[Any]) -> Any:
        nodes = list(inputs)
        used = set()
        for step in self.steps:
            # the sine keeps numbers small, however the operations are nested
            z = sin(step.primitive.function(*(nodes[i] for i in step.operands)))
            nodes.append(z)
            used.update(step.operands)
        unused = [node for i, node in enumerate(nodes) if i not in used]
        total = unused[0] * 1.0
        for node in unused[1:]:
            total = total + node
        return total


@st.composite
def programs(draw: Any) -> RandomGraph:
    inputs = draw(st.integers(1, 3))
    steps = []
    for i in range(draw(st.integers(1, 12))):
        primitive = draw(st.sampled_from(SMOOTH))
        operand = st.integers(0, inputs + i - 1)
        steps.append(Step(primitive, tuple(draw(operand) for _ in primitive.operands)))
    return RandomGraph(inputs, tuple(steps))


def points(count: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.integers(-200, 200).map(lambda k: k / 100), min_size=count, max_size=count)


def test_there_are_operations_to_choose_from() -> None:
    assert len(SMOOTH) > 8
    assert {len(primitive.operands) for primitive in SMOOTH} == {1, 2}


@settings(max_examples=150)
@given(data=st.data())
def test_random_graph(data: st.DataObject) -> None:
    program = data.draw(programs())
    at = data.draw(points(program.inputs))
    kinds = data.draw(
        st.lists(st.sampled_from([Value, Tensor]), min_size=program.inputs, max_size=program.inputs)
    )
    values, tensors = [Value(x) for x in at], [Tensor(x) for x in at]
    mixed = [kind(x) for kind, x in zip(kinds, at, strict=True)]
    expected = numerical_gradient(lambda x: program.run(list(x)), np.array(at))
    found = gradients(program.run(values), values)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    for inputs in (tensors, mixed):
        again = [float(g) for g in gradients(program.run(inputs), inputs)]
        np.testing.assert_allclose(again, found, rtol=1e-11, atol=1e-13)
        program.run(inputs).backward()
        grads = [0.0 if x.grad is None else float(x.grad) for x in inputs]
        np.testing.assert_allclose(grads, again, rtol=1e-14, atol=0.0)


@settings(max_examples=60)
@given(data=st.data())
def test_second_derivatives_of_random_graph(data: st.DataObject) -> None:
    program = data.draw(programs())
    at = data.draw(points(program.inputs))

    def first(x: Any) -> Any:
        values = [Value(u) for u in x]
        return gradients(program.run(values), values)[0]

    expected = numerical_gradient(first, np.array(at))
    for kind in (Value, Tensor):
        inputs = [kind(x) for x in at]
        g = gradients(program.run(inputs), inputs, record=True)[0]
        second = [float(h) for h in gradients(g, inputs)]
        np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-6)


@settings(max_examples=60)
@given(data=st.data())
def test_random_graph_of_arrays(data: st.DataObject) -> None:
    """Element by element, a graph of arrays is as many graphs of Values."""
    program = data.draw(programs())
    rows = [data.draw(points(3)) for _ in range(program.inputs)]
    tensors = [Tensor(row) for row in rows]
    found = gradients(program.run(tensors), tensors, np.ones(3))
    for column in range(3):
        values = [Value(row[column]) for row in rows]
        expected = gradients(program.run(values), values)
        np.testing.assert_allclose([g[column] for g in found], expected, rtol=1e-11, atol=1e-13)
