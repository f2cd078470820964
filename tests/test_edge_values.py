"""Known values where a naive rule goes wrong: saturation, singular points, replaced data.

The expected numbers were computed with 30 digits or more by other means; ids name the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_lite import (
    Tensor,
    Value,
    log_softmax,
    max,
    maximum,
    min,
    minimum,
    relu,
    sigmoid,
    softplus,
    sqrt,
    tanh,
    where,
)

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


def close(expected: Any) -> Any:
    """Equal to 14 digits; 0 exactly."""
    return pytest.approx(expected, rel=1e-14, abs=0.0, nan_ok=True)


def number(x: Any) -> float:
    return float(x.detach())


def log_sigmoid(x: Any) -> Any:
    return -softplus(-x)


EDGES: list[tuple[str, Callable[[Any], Any], float, float, float]] = [
    ("relu0", relu, 0.0, 0.0, 0.0),
    ("abs0", abs, 0.0, 0.0, 0.0),
    ("x0-at-0", lambda x: x**0, 0.0, 1.0, 0.0),
    ("sqrt0", sqrt, 0.0, 0.0, math.inf),
    ("sqrt0-branch-not-taken", lambda x: where(False, sqrt(x), 7.0), 0.0, 7.0, 0.0),
    ("sqrt-of-0-times-x", lambda x: sqrt(0.0 * x), 3.0, 0.0, 0.0),
    ("sqrt-of-x-times-0", lambda x: sqrt(x * 0.0), 3.0, 0.0, 0.0),
    ("tie-with-number", lambda x: maximum(x, 2.0) + 10 * minimum(2.0, x), 2.0, 22.0, 5.5),
    ("sqrt0-behind-where", lambda x: where(x > 0, sqrt(x), x), 0.0, 0.0, 1.0),
    ("sigmoid-neg1000", sigmoid, -1000.0, 0.0, 0.0),
    ("sigmoid40", sigmoid, 40.0, 1.0, 4.248354255291589e-18),
    ("sigmoid1000", sigmoid, 1000.0, 1.0, 0.0),
    ("sigmoid20", sigmoid, 20.0, 0.99999999793884638, 2.0611536139418493e-9),
    ("sigmoid700", sigmoid, 700.0, 1.0, 9.8596765437597709e-305),
    ("tanh10", tanh, 10.0, 0.99999999587769276, 8.2446144557673974e-9),
    ("tanh20", tanh, 20.0, 1.0, 1.6993417021166356e-17),
    ("softplus-neg40", softplus, -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("softplus1000", softplus, 1000.0, 1000.0, 1.0),
    ("log-sigmoid-neg1000", log_sigmoid, -1000.0, -1000.0, 1.0),
    ("bce-logit40-target0", lambda x: softplus(x) - 0.0 * x, 40.0, 40.0, 1.0),
]


@KINDS
@pytest.mark.parametrize(
    ("f", "at", "value", "derivative"),
    [row[1:] for row in EDGES],
    ids=[f"edge-{row[0]}" for row in EDGES],
)
def test_edge(
    kind: type, f: Callable[[Any], Any], at: float, value: float, derivative: float
) -> None:
    x = kind(at)
    y = f(x)
    y.backward()
    assert number(y) == close(value)
    assert float(x.grad) == close(derivative)


CROSS_ENTROPIES = [
    ("123-target0", [1.0, 2.0, 3.0], 0, 2.4076059644443803),
    ("huge-target2", [1000.0, 0.0, -1000.0], 2, 2000.0),
    ("equal-target1", [-5.0, -5.0, -5.0], 1, 1.0986122886681098),
]


@pytest.mark.parametrize(
    ("logits", "target", "value"),
    [row[1:] for row in CROSS_ENTROPIES],
    ids=[f"edge-cross-entropy-{row[0]}" for row in CROSS_ENTROPIES],
)
def test_cross_entropy(logits: list[float], target: int, value: float) -> None:
    x = Tensor(logits)
    loss = -log_softmax(x)[target]
    loss.backward()
    assert number(loss) == close(value)
    y = np.exp(np.array(logits) - np.max(logits))
    np.testing.assert_allclose(x.grad, y / y.sum() - np.eye(3)[target], rtol=1e-14, atol=1e-16)
    values = np.array([Value(z) for z in logits])
    assert number(-log_softmax(values)[target]) == close(value)


@KINDS
@pytest.mark.parametrize("row", ["edge-backward-twice"])
def test_backward_twice(kind: type, row: str) -> None:
    x = kind(2.0)
    y = x * x * x
    y.backward()
    assert x.grad == 12.0
    y.backward()
    assert x.grad == 24.0


@KINDS
@pytest.mark.parametrize("row", ["edge-graphs-that-share-nodes"])
def test_backward_of_graphs_that_share_nodes(kind: type, row: str) -> None:
    a = kind(2.0)
    b = 3 * a
    c = b + 1
    d = b * b
    c.backward()
    assert a.grad == 3.0
    d.backward()
    assert a.grad == 39.0


@KINDS
@pytest.mark.parametrize("replaced", ["a", "b"], ids=["edge-replaced-a", "edge-replaced-b"])
def test_data_replaced_before_backward(kind: type, replaced: str) -> None:
    variables = {"a": kind(2.0), "b": kind(5.0)}
    y = variables["a"] * variables["b"]
    variables[replaced].data = 100.0
    y.backward()
    assert variables["a"].grad == 5.0
    assert variables["b"].grad == 2.0


@KINDS
@pytest.mark.parametrize("row", ["edge-x-times-x"])
def test_product_with_itself_has_two_edges(kind: type, row: str) -> None:
    x = kind(3.0)
    y = x * x
    assert len(y.operands) == 2
    assert all(operand is x for operand in y.operands)
    y.backward()
    assert x.grad == 6.0


@KINDS
@pytest.mark.parametrize("row", ["edge-negative-base"])
def test_power_of_negative_base(kind: type, row: str) -> None:
    a, b = kind(-2.0), kind(-3.0)
    y = a**b
    y.backward()
    assert number(y) == -0.125
    assert a.grad == -0.1875
    assert math.isnan(b.grad)


@KINDS
@pytest.mark.parametrize("row", ["edge-cube-root-of-negative"])
def test_fractional_power_of_negative_base_is_nan_with_a_warning(kind: type, row: str) -> None:
    a = kind(-8.0)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y = a ** (1 / 3)
    assert isinstance(y.item(), float)
    assert math.isnan(y.item())


@KINDS
@pytest.mark.parametrize("row", ["edge-reciprocal-of-0-behind-where"])
def test_reciprocal_of_0_behind_where(kind: type, row: str) -> None:
    x = kind(0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = where(x != 0.0, 1.0 / x, 0.0) + where(x != 0.0, x / 0.0, x)
    y.backward()
    assert (number(y), x.grad) == (0.0, 1.0)


@KINDS
@pytest.mark.parametrize("row", ["edge-ties-share"])
def test_operands_that_tie_share(kind: type, row: str) -> None:
    for choose in (maximum, minimum):
        a, b = kind(2.0), kind(2.0)
        choose(a, b).backward()
        assert (a.grad, b.grad) == (0.5, 0.5)


@pytest.mark.parametrize("row", ["edge-ties-share"])
def test_elements_that_tie_share(row: str) -> None:
    for t, reduced in (([3.0, 1.0, 3.0, 3.0], max), ([1.0, 2.0, 1.0, 1.0], min)):
        x = Tensor(t)
        reduced(x).backward(3.0)
        assert x.grad.tolist() == [float(u == reduced(t)) for u in t]
    x = Tensor([[1.0, 1.0], [0.0, 2.0]])
    x.max(axis=1).sum().backward()
    assert x.grad.tolist() == [[0.5, 0.5], [0.0, 1.0]]
