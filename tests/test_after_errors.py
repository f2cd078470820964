"""An error leaves nothing half done: gradients are as they were, and the next pass is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Tensor, Value, elementwise, gradients, structural
from autograd_lite.engine import value_pass
from autograd_lite.engine.primitive import retract

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


@KINDS
@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, y: y.backward("text"),
        lambda x, y: y.backward(np.ones(7)),
        lambda x, y: y + "text",
        lambda x, y: ag.reshape(y, (5, 5)).sum().backward(),
        lambda x, y: gradients(y, [x], np.ones(7)),
        lambda x, y: float("text") * y,
    ],
)
def test_gradients_are_as_before_an_error(kind: type, wrong: Callable[[Any, Any], Any]) -> None:
    x = kind(3.0)
    y = x * x
    y.backward()
    with pytest.raises((TypeError, ValueError)):
        wrong(x, y)
    assert x.grad == 6.0
    y.backward()
    assert x.grad == 12.0


@KINDS
def test_error_in_the_middle_of_a_pass(kind: type) -> None:
    """A rule that fails after gradients have flowed past half of the graph."""

    def fail(g: Any, z: Any, x: Any) -> Any:
        raise ZeroDivisionError("broken rule")

    @structural(arrays=lambda x: +x, pullbacks=(fail,), cases=lambda shape: iter(()), method=False)
    def broken(x: Any) -> Any:
        return (x,), {}

    a, x = kind(2.0), Tensor(3.0)
    try:
        with pytest.raises(ZeroDivisionError, match="broken rule"):
            (a * a + broken(x * a) * a).backward()
    finally:
        retract("broken")
    assert a.grad is None
    assert x.grad is None
    (a * a + x * a).backward()
    assert (a.grad, x.grad) == (7.0, 2.0)


def test_pass_over_values_that_is_interrupted() -> None:
    """Whatever is raised in the middle: the next pass over the same nodes is right."""

    class Stop(BaseException):
        pass

    class Flow(float):
        """A gradient that fails when it is multiplied."""

        def __mul__(self, other: Any) -> Any:
            raise Stop

    x = Value(3.0)
    y = x * x * 2.0 + x
    with pytest.raises(Stop):
        value_pass.propagate_values(y * 2.0, Flow(1.0))
    assert x.grad is None
    y.backward()
    assert x.grad == 13.0


@KINDS
def test_error_in_the_forward_pass_of_grad(kind: type) -> None:
    outer = kind(2.0)

    def f(x: Any) -> Any:
        return x * outer + "text"

    with pytest.raises(TypeError, match=r"^add: 'text' cannot be used"):
        ag.grad(f)(1.0)
    assert outer.grad is None
    (outer * outer).backward()
    assert outer.grad == 4.0


def test_declaration_that_fails_leaves_nothing() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="'brokn', which is neither an operand nor a function"):

            @elementwise(floats="brokn(x)", arrays=lambda x: +x, partials=(1.0,))
            def broken(x: Any) -> Any: ...

        assert "broken" not in ag.PRIMITIVES
        assert not hasattr(Value, "broken")
