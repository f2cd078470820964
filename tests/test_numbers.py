"""Known values and derivatives: first order, higher order, golden cases.

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
    erf,
    exp,
    grad,
    log,
    relu,
    sigmoid,
    sin,
    softplus,
    tanh,
)

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


def close(expected: Any) -> Any:
    """Equal to 14 digits; 0 exactly."""
    return pytest.approx(expected, rel=1e-14, abs=0.0, nan_ok=True)


def number(x: Any) -> float:
    return float(x.detach())


# ---------------------------------------------------------------- first order


def two_layers_of_relu(x: Any) -> Any:
    z = 2 * x + 2 + x
    q = relu(z) + z * x
    h = relu(z * z)
    return h + q + q * x


def all_operators(a: Any, b: Any) -> Any:
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + relu(b + a)
    d += 3 * d + relu(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def goldstein_price(x: Any, y: Any) -> Any:
    left = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    right = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * left) * (30 + (2 * x - 3 * y) ** 2 * right)


def rosenbrock(x: Any, y: Any) -> Any:
    return 100 * (y - x**2) ** 2 + (x - 1) ** 2


def shared_nodes(a: Any, b: Any) -> Any:
    c, d = a + b, a * b
    e, f = c + d, c * d
    return e + f


def diamond(x: Any) -> Any:
    a = x**2
    return a**2 + a**2


def doubled_twice(a: Any) -> Any:
    b = a + a
    return b + b


def deep_chain(y: Any) -> Any:
    for _ in range(10_000):
        y = 1.0001 * y
    return y


def shopping(apple: Any, apples: Any, orange: Any, oranges: Any, tax: Any) -> Any:
    return (apple * apples + orange * oranges) * tax


def neuron(x1: Any, x2: Any, w1: Any, w2: Any, b: Any) -> Any:
    return tanh(x1 * w1 + x2 * w2 + b)


FIRST_ORDER: list[tuple[str, Callable[..., Any], list[float], float, list[float]]] = [
    ("1", two_layers_of_relu, [-4.0], -20.0, [46.0]),
    (
        "2",
        all_operators,
        [-4.0, 2.0],
        24.704081632653061,
        [138.83381924198251, 645.57725947521866],
    ),
    ("3", lambda x, y: x**2 + y**2, [1.0, 1.0], 2.0, [2.0, 2.0]),
    ("4", lambda x, y: 0.26 * (x**2 + y**2) - 0.48 * x * y, [1.0, 1.0], 0.04, [0.04, 0.04]),
    ("5", goldstein_price, [1.0, 1.0], 1876.0, [-5376.0, 8064.0]),
    ("6", goldstein_price, [0.0, -1.0], 3.0, [0.0, 0.0]),
    ("7", lambda x: exp(x**2) ** 2, [0.5], 1.6487212707001281, [3.2974425414002563]),
    ("8", diamond, [2.0], 32.0, [64.0]),
    ("9", lambda a, b, c: a * b + c, [3.0, 2.0, 1.0], 7.0, [2.0, 3.0, 1.0]),
    ("10", sin, [math.pi / 4], 0.70710678118654752, [0.70710678118654752]),
    ("11", rosenbrock, [0.0, 2.0], 401.0, [-2.0, 400.0]),
    ("12", shopping, [100.0, 2.0, 150.0, 3.0, 1.1], 715.0, [2.2, 110.0, 3.3, 165.0, 650.0]),
    (
        "13",
        lambda x1, x2: log(x1) + x1 * x2 - sin(x2),
        [2.0, 5.0],
        11.652071455223084,
        [5.5, 1.7163378145367737],
    ),
    ("14", lambda a, b: a**b, [2.0, 3.0], 8.0, [12.0, 5.5451774444795625]),
    ("15", shared_nodes, [2.0, 3.0], 41.0, [25.0, 19.0]),
    ("16", doubled_twice, [1.0], 4.0, [4.0]),
    (
        "17",
        lambda a, b, c, f: (a * b + c) * f,
        [2.0, -3.0, 10.0, -2.0],
        -8.0,
        [6.0, -4.0, -2.0, 4.0],
    ),
    (
        "18",
        neuron,
        [2.0, 0.0, -3.0, 1.0, 6.8813735870195432],
        0.70710678118654761,
        [-1.4999999999999996, 0.49999999999999988, 0.99999999999999975, 0.0, 0.49999999999999988],
    ),
    # the true value is 2.7181459268252249; this is what rounding makes of 10,000 products
    ("19", deep_chain, [1.0], 2.7181459268248984, [2.7181459268248984]),
]
EXACT = {"1", "5", "8", "16"}


@KINDS
@pytest.mark.parametrize(
    ("row", "f", "at", "value", "gradients"),
    FIRST_ORDER,
    ids=[f"first-{row}" for row, *_ in FIRST_ORDER],
)
def test_first_order(
    kind: type,
    row: str,
    f: Callable[..., Any],
    at: list[float],
    value: float,
    gradients: list[float],
) -> None:
    variables = [kind(x) for x in at]
    y = f(*variables)
    y.backward()
    if row in EXACT:
        assert number(y) == value
        assert [v.grad for v in variables] == gradients
    assert number(y) == close(value)
    assert [float(v.grad) for v in variables] == close(gradients)


def test_the_deep_chain_is_near_the_true_value() -> None:
    assert number(deep_chain(Value(1.0))) == pytest.approx(2.7181459268252249, rel=2e-13)


def gelu(x: Any) -> Any:
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


ACTIVATIONS: list[tuple[str, Callable[[Any], Any], float, float]] = [
    ("sigmoid", sigmoid, 0.62245933120185456, 0.23500371220159449),
    ("softplus", softplus, 0.97407698418010668, 0.62245933120185456),
    ("silu", lambda x: x * sigmoid(x), 0.31122966560092728, 0.73996118730265181),
    ("gelu", gelu, 0.34573123063700655, 0.86749512465616284),
]


@KINDS
@pytest.mark.parametrize(
    ("f", "value", "derivative"),
    [row[1:] for row in ACTIVATIONS],
    ids=[f"activation-{row[0]}" for row in ACTIVATIONS],
)
def test_activation(kind: type, f: Callable[[Any], Any], value: float, derivative: float) -> None:
    x = kind(0.5)
    y = f(x)
    y.backward()
    assert number(y) == close(value)
    assert float(x.grad) == close(derivative)


# ---------------------------------------------------------------- higher order


def orders(f: Callable[[Any], Any], x: Any, count: int) -> list[float]:
    """f and its derivatives at x, each by differentiating the one before."""
    values = []
    for _ in range(count):
        values.append(float(f(x)))
        f = grad(f)
    return values


TANH = [
    0.76159415595576489,
    0.41997434161402607,
    -0.6397000084492245,
    0.62162668077129626,
    0.66509104475050168,
    -5.5568935584737198,
    13.624075441312104,
]
SIN = [0.84147098480789651, 0.54030230586813972, -0.84147098480789651, -0.54030230586813972] * 2


def quartic(x: Any) -> Any:
    return x**4 - 2 * x**2


@pytest.mark.parametrize("at", [float, np.array], ids=["Value", "Tensor"])
@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        pytest.param(tanh, 1.0, TANH, id="higher-tanh"),
        pytest.param(sin, 1.0, SIN, id="higher-sin"),
        pytest.param(quartic, 2.0, [8.0, 24.0, 44.0, 48.0, 24.0, 0.0], id="higher-quartic"),
    ],
)
def test_higher_order(
    at: Callable[[float], Any], f: Callable[[Any], Any], x: float, expected: list[float]
) -> None:
    assert orders(f, at(x), len(expected)) == close(expected)


@KINDS
@pytest.mark.parametrize("row", ["higher-double-backprop"])
def test_gradient_inside_a_function(kind: type, row: str) -> None:
    def z(x: Any) -> Any:
        gx = grad(lambda u: u**2)(x)
        return gx**3 + x**2

    x = kind(2.0)
    y = z(x)
    y.backward()
    assert number(y) == 68.0
    assert x.grad == 100.0


def hessian(f: Callable[..., Any], *at: float) -> list[tuple[float, ...]]:
    """The second derivatives, a row a variable, by nesting `grad`."""
    every = tuple(range(len(at)))
    return [grad(lambda *v, i=i: grad(f, i)(*v), every)(*at) for i in every]


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        pytest.param(rosenbrock, (0.0, 2.0), [[-798, 0], [0, 200]], id="hessian-rosenbrock"),
        pytest.param(
            rosenbrock, (1.0, 1.0), [[802, -400], [-400, 200]], id="hessian-rosenbrock-minimum"
        ),
        pytest.param(
            goldstein_price,
            (1.0, 1.0),
            [[21228, -25812], [-25812, 44748]],
            id="hessian-goldstein-price",
        ),
        pytest.param(
            goldstein_price,
            (0.0, -1.0),
            [[504, -216], [-216, 864]],
            id="hessian-goldstein-price-minimum",
        ),
    ],
)
def test_hessian(f: Callable[..., Any], at: tuple[float, ...], expected: list[list[float]]) -> None:
    assert np.array(hessian(f, *at)) == close(np.array(expected, dtype=float))


@pytest.mark.parametrize("row", ["higher-newton"])
def test_newton(row: str) -> None:
    expected = [
        2.0,
        1.4545454545454546,
        1.1510467893775467,
        1.0253259289766978,
        1.0009084519430513,
        1.0000012353089454,
        1.000000000002289,
        1.0,
    ]
    path = [2.0]
    for _ in expected[1:]:
        x = path[-1]
        path.append(x - grad(quartic)(x) / grad(grad(quartic))(x))
    assert path == close(expected)


# ---------------------------------------------------------------- golden cases


@KINDS
@pytest.mark.parametrize("row", ["golden-chain"])
def test_golden_chain(kind: type, row: str) -> None:
    x1, x2 = kind(1.5, name="x1"), kind(-0.5, name="x2")
    z1 = x1 * x2
    z2 = sin(x2)
    z3 = z1 + z2
    e = z3**2
    e.backward()
    assert number(z1) == -0.75
    assert number(z2) == close(-0.479425538604203)
    assert number(z3) == close(-1.229425538604203)
    assert number(e) == close(1.5114871549722346)
    assert float(x1.grad) == close(1.229425538604203)
    assert float(x2.grad) == close(-5.8461214434560646)
    assert float(x2.grad) == close(-3.688276615812609 + -2.1578448276434556)


@pytest.mark.parametrize("row", ["golden-chain-edges"])
def test_golden_edges_of_values(row: str) -> None:
    x1, x2 = Value(1.5), Value(-0.5)
    z1 = x1 * x2
    z2 = sin(x2)
    z3 = z1 + z2
    e = z3**2
    e.backward()
    for z, operands in ((e, (z3, 2.0)), (z3, (z1, z2)), (z1, (x1, x2)), (z2, (x2,))):
        assert len(z.operands) == len(operands)
        for found, expected in zip(z.operands, operands, strict=True):
            assert found is expected or not isinstance(expected, Value)  # == compares numbers
        assert z.operands == operands
    assert e.partials == (close(-2.458851077208406), None)
    assert z3.partials == (1.0, 1.0)
    assert z1.partials == (-0.5, 1.5)
    assert z2.partials == (close(math.cos(-0.5)),)
    assert (z3.grad, z1.grad, z2.grad) == (close(-2.458851077208406),) * 3


@pytest.mark.parametrize("row", ["golden-repeated-operand"])
def test_golden_repeated_operand(row: str) -> None:
    a, b = Value(0.5), Value(-1.5)
    p = a * b
    t = tanh(a)
    d = p + t
    loss = d * d
    loss.backward()
    assert number(p) == -0.75
    assert number(t) == close(0.46211715726000976)
    assert number(d) == close(-0.28788284273999024)
    assert number(loss) == close(0.082876531144057952)
    assert loss.operands == (d, d)
    assert loss.partials == (close(-0.28788284273999024),) * 2
    assert d.grad == close(-0.57576568547998048)
    assert t.partials == (close(0.78644773296592741),)
    assert p.partials == (-1.5, 0.5)
    assert d.grad * p.partials[0] == close(0.86364852821997072)
    assert d.grad * t.partials[0] == close(-0.45280961806530384)
    assert a.grad == close(0.41083891015466688)
    assert b.grad == close(-0.28788284273999024)
