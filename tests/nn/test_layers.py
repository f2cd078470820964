"""Layers: gradients by property, on Tensors and Values; known numbers; what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import check_module

from autograd_lite import Tensor, Value, nn
from autograd_lite.nn.parameters import plain

seeds = st.integers(0, 2**32 - 1)
few = st.integers(1, 4)

ACTIVATIONS = [
    nn.Identity(), nn.Step(), nn.Sigmoid(), nn.ReLU(), nn.LeakyReLU(0.1), nn.Tanh(),
    nn.Softplus(), nn.GELU(), nn.Softmax(), nn.LogSoftmax(),
]  # fmt: skip


def away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers in ±[0.1, 2.1]: no kink is within reach of a numerical derivative."""
    return rng.choice([-1.0, 1.0], shape) * (0.1 + 2.0 * rng.random(shape))


# ---------------------------------------------------------------- gradients


@given(samples=few, n_in=few, n_out=few, seed=seeds, bias=st.sampled_from(["normal", None]))
def test_affine(samples: int, n_in: int, n_out: int, seed: int, bias: str | None) -> None:
    layer = nn.Affine(n_in, n_out, init="normal", bias=bias, rng=seed)
    rng = np.random.default_rng(seed)
    check_module(layer, rng.normal(size=(samples, n_in)))
    check_module(layer, rng.normal(size=n_in))


@given(samples=few, n_in=few, seed=seeds)
def test_affine_with_one_bias_or_one_output(samples: int, n_in: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(samples, n_in))
    check_module(nn.Affine(rng.normal(size=(n_in, 3)), rng.normal()), x)
    check_module(nn.Affine(rng.normal(size=n_in), rng.normal()), x)


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=repr)
@given(samples=few, n=few, seed=seeds)
def test_activation(layer: nn.Module, samples: int, n: int, seed: int) -> None:
    check_module(layer, away_from_zero(np.random.default_rng(seed), (samples, n)))


@given(samples=st.integers(3, 5), n=few, seed=seeds, images=st.booleans())
def test_batch_norm(samples: int, n: int, seed: int, images: bool) -> None:
    rng = np.random.default_rng(seed)
    layer = nn.BatchNorm(n, epsilon=0.1)
    layer.gamma, layer.beta = Tensor(rng.normal(size=n)), Tensor(rng.normal(size=n))
    x = rng.normal(size=(samples, n, 2, 1) if images else (samples, n))
    check_module(layer, x)
    check_module(layer.eval(), x)


@given(samples=few, n=few, seed=seeds)
def test_dropout(samples: int, n: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(samples, n))
    tensor = Tensor(x)
    layer = nn.Dropout(0.4, rng=seed)
    y = layer(tensor)
    y.sum().backward()
    mask = y.detach() / x
    assert set(mask.round(12).flat) <= {0.0, round(1 / 0.6, 12)}
    np.testing.assert_allclose(tensor.grad, mask)
    assert layer.eval()(tensor) is tensor


def test_dropout_keeps_the_mean() -> None:
    y = nn.Dropout(0.3, rng=0)(np.ones((400, 500)))
    assert y.mean() == pytest.approx(1.0, abs=0.01)
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert nn.Dropout(0.3, rng=0)(Tensor(np.ones(3, np.float32))).dtype == np.float32


@given(samples=few, seed=seeds)
def test_flatten(samples: int, seed: int) -> None:
    check_module(nn.Flatten(), np.random.default_rng(seed).normal(size=(samples, 2, 3)))


# ---------------------------------------------------------------- known numbers

W2 = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4], [0.3, 0.4, 0.5], [0.4, 0.5, 0.6]])
B2 = np.array([0.1, 0.2, 0.3])
X2 = np.array([1.0, 5.0, 2.0, -1.0])


@pytest.mark.parametrize(
    ("W", "u", "z"),
    [
        (W2, [1.4, 2.2, 3.0], [0.8021838886, 0.9002495109, 0.9525741268]),
        (0 * W2, B2, [0.5249791875, 0.5498339973, 0.5744425168]),
        (0 * W2 + 1, [7.1, 7.2, 7.3], [0.9991755753, 0.9992539712, 0.9993249173]),
    ],
    ids=["002-01", "002-02 zeros", "002-02 ones"],
)
def test_one_layer(W: Any, u: Any, z: Any) -> None:
    found_u, found_z = nn.Sequential(nn.Affine(W, B2), nn.Sigmoid()).outputs(X2)
    np.testing.assert_allclose(plain(found_u), u, rtol=1e-14)
    np.testing.assert_allclose(plain(found_z), z, atol=5e-11)


@pytest.mark.parametrize("row", ["002-04"])
def test_three_layers_forward_and_backward(row: str) -> None:
    net = nn.Sequential(
        nn.Affine([[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], [0.1, 0.2, 0.3]),
        nn.ReLU(),
        nn.Affine([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], [0.1, 0.2]),
        nn.ReLU(),
        nn.Affine([[0.1, 0.3], [0.2, 0.4]], [1.0, 2.0]),
    )
    x = Tensor([1.0, 2.0])
    _, z1, _, z2, y = net.outputs(x)
    np.testing.assert_allclose(z1.detach(), [0.6, 1.3, 2.0], rtol=1e-14)
    np.testing.assert_allclose(z2.detach(), [1.02, 2.29], rtol=1e-14)
    np.testing.assert_allclose(y.detach(), [1.56, 3.222], rtol=1e-14)
    E = nn.squared_error(y, np.zeros(2))
    assert E.item() == pytest.approx(6.407442, rel=1e-14)
    E.backward()
    expected = {
        "4.b": [1.56, 3.222],
        "4.W": [[1.5912, 3.28644], [3.5724, 7.37838]],
        "2.b": [1.1226, 1.6008],
        "2.W": [[0.67356, 0.96048], [1.45938, 2.08104], [2.2452, 3.2016]],
        "0.b": [0.75258, 1.02492, 1.29726],
        "0.W": [[0.75258, 1.02492, 1.29726], [1.50516, 2.04984, 2.59452]],
    }
    for name, gradient in expected.items():
        np.testing.assert_allclose(net.named_parameters()[name].grad, gradient, rtol=1e-13)
    np.testing.assert_allclose(x.grad, [1.031364, 1.33884], rtol=1e-13)


@pytest.mark.parametrize("row", ["003-09"])
def test_affine_of_two_neurons(row: str) -> None:
    layer, x = nn.Affine([[4.0, 5.0], [6.0, 7.0]], [0.0, 1.0]), Tensor([2.0, 3.0])
    y = layer(x)
    np.testing.assert_array_equal(y.detach(), [26.0, 32.0])
    y.backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [9.0, 13.0])
    np.testing.assert_array_equal(layer.W.grad, [[2.0, 2.0], [3.0, 3.0]])


@pytest.mark.parametrize("row", ["004-04, 004-05"])
def test_affine_with_one_bias_for_all(row: str) -> None:
    layer = nn.Affine([[1.0, 2.0, 3.0], [1.0, 4.0, 6.0]], 2.0)
    x = Tensor([[2.0, 4.0], [2.0, 1.0], [4.0, 3.0]])
    y = layer(x)
    np.testing.assert_array_equal(y.detach(), [[8, 22, 32], [5, 10, 14], [9, 22, 32]])
    with pytest.raises(ValueError, match=r"\(3, 3\)"):
        y.backward(1.0)  # BUG-004-1: Wᵀ is no gradient, though the shapes agree by accident
    y.backward(np.ones((3, 3)))
    np.testing.assert_array_equal(x.grad, [[6, 11]] * 3)
    np.testing.assert_array_equal(layer.W.grad, [[8, 8, 8], [8, 8, 8]])
    assert layer.b.grad == 9.0


@pytest.mark.parametrize("row", ["000-15, 000-16"])
def test_layer_of_values_records_each_product_and_sum(row: str) -> None:
    layer = nn.Affine([[0.1, 0.2], [0.3, -0.4]], [0.05, -0.1]).as_values()
    x = np.array([Value(0.5, name="x1"), Value(-1.5, name="x2")])
    y1, y2 = layer(x)
    assert _written(y1) == "x1*w11 + x2*w21 + b1"
    assert _written(y2) == "x1*w12 + x2*w22 + b2"
    assert (y1.data, y2.data) == pytest.approx((-0.35, 0.6))


def _written(v: Any) -> str:
    if v.is_leaf:
        return str(v.name)
    left, right = (_written(x) for x in v.operands)
    return left + {"multiply": "*", "add": " + "}[v.primitive.name] + right


@pytest.mark.parametrize("x", [-2.0, -0.5, 0.0, 0.5, 2.0])
@pytest.mark.parametrize("row", ["002-05, 003-13"])
def test_step_and_identity(row: str, x: float) -> None:
    assert nn.Step()(x) == (1.0 if x > 0 else 0.0)
    assert nn.Identity()(x) == x


def test_gelu_and_softplus_at_a_half() -> None:
    for layer, value, slope in (
        (nn.GELU(), 0.34573123063700655, 0.86749512465616284),
        (nn.Softplus(), 0.97407698418010668, 0.62245933120185456),
    ):
        x, t = Value(0.5), Tensor([0.5])
        layer(x).backward()
        layer(t).sum().backward()
        assert layer(x).data == pytest.approx(value, rel=1e-14)
        assert x.grad == pytest.approx(slope, rel=1e-14)
        assert t.grad == pytest.approx(slope, rel=1e-14)


def test_leaky_relu_at_zero_has_the_slope() -> None:
    x = Value(0.0)
    nn.LeakyReLU(0.2)(x).backward()
    assert x.grad == 0.2


@pytest.mark.parametrize("row", ["002-10, 003-14"])
def test_softmax_of_each_row(row: str) -> None:
    x = [[0.5, 1.5, 2.5], [3.0, -2.0, 0.0], [1000.0, 1001.0, 1002.0], [0.0, 0.0, 0.0]]
    first = [0.0900305732, 0.2447284711, 0.6652409558]
    rows = [first, [0.9464991226, 0.0063774609, 0.0471234165], first, [1 / 3] * 3]
    np.testing.assert_allclose(nn.Softmax()(x), rows, atol=5e-11)
    np.testing.assert_allclose(nn.Softmax()(x[0]), first, atol=5e-11)


def test_batch_norm_normalises_and_remembers() -> None:
    x = np.random.default_rng(0).normal(5.0, 3.0, (200, 2))
    layer = nn.BatchNorm(2, momentum=0.5)
    y = layer(x).detach()
    np.testing.assert_allclose(y.mean(0), 0.0, atol=1e-12)
    np.testing.assert_allclose(y.std(0), 1.0, atol=1e-5)
    np.testing.assert_allclose(layer.running_mean, 0.5 * x.mean(0))
    np.testing.assert_allclose(layer.running_variance, 0.5 + 0.5 * x.var(0, ddof=1))
    for _ in range(60):
        layer(x)
    np.testing.assert_allclose(layer.eval()(x).detach(), y, atol=0.02)


# ---------------------------------------------------------------- what they refuse


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Affine(2, 3)(np.ones((4, 3))), r"\(4, 3\).*2 long"),
        (lambda: nn.Affine(2, 3)(1.0), r"x has shape \(\)"),
        (lambda: nn.Flatten()(1.0), "axis of samples"),
        (lambda: nn.BatchNorm(3)(1.0), r"not \(\)"),
        (lambda: nn.MaxPool2d(2)(1.0), r"not \(\)"),
        (lambda: nn.Affine(2, 0), "positive whole numbers"),
        (lambda: nn.Affine(2, 2.5), "positive whole numbers"),
        (lambda: nn.Affine(np.ones((2, 3)), np.ones(2)), r"b must be one number or .*\(3,\)"),
        (lambda: nn.Affine(np.ones((2, 3, 4)), 0.0), "W must have shape"),
        (lambda: nn.Affine(2, 3, layout="out"), "layout"),
        (lambda: nn.Affine(2, 3, init="Xavier"), "'Xavier' is not one of uniform"),
        (lambda: nn.Affine(2, 3, init=np.ones((3, 2))), r"\(3, 2\) where \(2, 3\)"),
        (lambda: nn.Dropout(1.0), r"\[0, 1\)"),
        (lambda: nn.BatchNorm(3)(np.ones((4, 2))), r"\(N, 3, …\), not \(4, 2\)"),
        (lambda: nn.BatchNorm(3)(np.ones((1, 3))), "one sample has no variance"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_mixed_array_of_values_is_refused() -> None:
    with pytest.raises(TypeError, match=r"W: .* all of Values"):
        nn.Affine(np.array([[Value(1.0), 2.0]]), None)
