"""How graphs live and die: no recursion, no cycles, nothing left for the garbage collector."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, concatenate, grad, gradients, sin, stack, tanh

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


def use(kind: type) -> None:
    """One of each kind of use."""
    x = kind(0.5, name="x")
    y = tanh(x) * x + sin(x) / 2
    y.backward()
    y.backward(1.0)
    (first,) = gradients(y, [x], record=True)
    first.backward()
    grad(grad(lambda u: tanh(u) * u))(0.5)


@pytest.fixture
def only_reference_counts() -> Iterator[None]:
    """The garbage collector is off; what it would have had to do is counted afterwards."""
    use(Value)  # what is compiled at the first use
    gc.collect()
    gc.disable()
    try:
        yield
        assert gc.collect() == 0, "something was left for the garbage collector"
    finally:
        gc.enable()


def chain(x: Any, steps: int) -> Any:
    y = x
    for i in range(steps):
        y = y * 1.000001 if i % 2 else y + 1e-6
    return y


@KINDS
@pytest.mark.slow
@pytest.mark.usefixtures("only_reference_counts")
def test_chain_of_a_million_operations(kind: type) -> None:
    before = sys.getallocatedblocks()
    x = kind(1.0)
    y = chain(x, 1_000_000)
    assert sys.getallocatedblocks() > before + 1_000_000
    y.backward()
    assert float(x.grad) == pytest.approx(1.000001**500_000, rel=1e-9)
    del y
    assert sys.getallocatedblocks() < before + 10_000


@KINDS
@pytest.mark.usefixtures("only_reference_counts")
def test_long_chain_differentiated_twice(kind: type) -> None:
    x = kind(0.5)
    y = x
    for _ in range(20_000):
        y = y * 1.00001
    (g,) = gradients(y * y, [x], record=True)
    (second,) = gradients(g, [x])
    assert float(second) == pytest.approx(2 * 1.00001**40_000, rel=1e-9)


@KINDS
@pytest.mark.usefixtures("only_reference_counts")
def test_chain_of_grad(kind: type) -> None:
    at = 1.0 if kind is Value else np.array(1.0)
    assert float(grad(lambda x: chain(x, 20_000))(at)) == pytest.approx(1.000001**10_000)


@pytest.mark.usefixtures("only_reference_counts")
def test_wide_graph() -> None:
    leaves = [Value(float(i)) for i in range(100_000)]
    total = sum(v * v for v in leaves)
    total.backward()
    assert [v.grad for v in leaves[:3]] == [0.0, 2.0, 4.0]
    assert leaves[-1].grad == 2.0 * 99_999


@pytest.mark.usefixtures("only_reference_counts")
def test_one_operation_of_many_operands() -> None:
    leaves = [Tensor([float(i)]) for i in range(2_000)]
    concatenate(leaves).sum().backward()
    stack(leaves).sum().backward()
    assert all(v.grad == [2.0] for v in leaves)


@KINDS
@pytest.mark.usefixtures("only_reference_counts")
def test_many_paths_are_not_walked_one_by_one(kind: type) -> None:
    x = kind(1.0)
    y = x
    for _ in range(60):  # 2^60 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


@KINDS
@pytest.mark.usefixtures("only_reference_counts")
def test_no_cycles_in_any_use(kind: type) -> None:
    use(kind)


@KINDS
@pytest.mark.usefixtures("only_reference_counts")
def test_no_cycles_after_errors(kind: type) -> None:
    x = kind(0.5)
    for wrong in (lambda: x + "text", lambda: x * None, lambda: x.backward("text")):
        with pytest.raises((TypeError, ValueError)):
            wrong()


@KINDS
def test_nodes_live_as_long_as_the_output_is_held(kind: type) -> None:
    def make() -> tuple[Any, Any]:
        x = kind(3.0)
        return x, (x * x) * x

    x, y = make()
    gc.collect()
    y.backward()
    assert x.grad == 27.0


@pytest.mark.usefixtures("only_reference_counts")
def test_gradients_die_as_they_are_used() -> None:
    """Of a chain over a large array, the reverse pass holds few arrays at a time."""
    import tracemalloc

    x = Tensor(np.ones(100_000))
    y = x
    for _ in range(50):
        y = -y
    tracemalloc.start()
    try:
        y.backward(np.ones(100_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * x.detach().nbytes
