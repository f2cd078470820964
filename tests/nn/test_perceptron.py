"""The perceptron: given weights, its learning rule, and what it cannot do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from autograd_lite import nn

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "NAND": [1, 1, 1, 0]}
BY_HAND = {"AND": ([0.5, 0.5], -0.7), "OR": ([0.5, 0.5], -0.2), "NAND": ([-0.5, -0.5], 0.7)}
XOR = [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("length", "size"),
    [*((x, 0) for x in (60, 68, 68.5, 69)), *((x, 1) for x in (69.5, 70, 74))],
)
@pytest.mark.parametrize("row", ["003-02"])
def test_tshirt(row: str, length: float, size: int) -> None:
    """S up to a body length of 69, M above; the width has no weight."""
    assert nn.Perceptron([1.0, 0.0], -69.0)([length, 50.0]).item() == size


@pytest.mark.parametrize("row", ["003-03"])
def test_boundary(row: str) -> None:
    p = nn.Perceptron([1.0, 1.0], 0.4)
    points = [[0, 0], [-0.4, 0], [0, -0.4], [-0.2, -0.2], [-1, 0.5], [-1, 0.7]]
    np.testing.assert_array_equal(p(points).detach(), [1, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(p.boundary([0.0, -0.4, 1.0]), [-0.4, 0.0, -1.4])
    with pytest.raises(ValueError, match="two weights"):
        nn.Perceptron([1.0, 0.0], -69.0).boundary(0.0)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("row", ["003-01"])
def test_gates_by_hand(row: str, gate: str) -> None:
    np.testing.assert_array_equal(nn.Perceptron(*BY_HAND[gate])(CORNERS).detach(), GATES[gate])


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("row", ["003-04"])
def test_gates_are_learnt(row: str, gate: str) -> None:
    p = nn.Perceptron(2)
    epochs = p.learn(CORNERS, GATES[gate])
    assert epochs is not None
    assert gate != "AND" or epochs == 6
    np.testing.assert_array_equal(p(CORNERS).detach(), GATES[gate])


@pytest.mark.parametrize("row", ["003-04"])
def test_xor_is_beyond_one_perceptron(row: str) -> None:
    assert nn.Perceptron(2).learn(CORNERS, XOR, epochs=1000) is None
    grid = np.linspace(-3.0, 3.0, 31)
    W = np.array(list(itertools.product(grid, grid)))
    right = [
        (((CORNERS @ W.T + b > 0.0) == np.array(XOR)[:, None]).sum(0)).max() for b in grid
    ]  # fmt: skip
    assert max(right) == 3


@pytest.mark.parametrize("row", ["003-05"])
def test_xor_of_three_perceptrons(row: str) -> None:
    first = np.stack([nn.Perceptron(*BY_HAND[gate])(CORNERS).detach() for gate in ("OR", "NAND")])
    np.testing.assert_array_equal(nn.Perceptron(*BY_HAND["AND"])(first.T).detach(), XOR)


@pytest.mark.parametrize("row", ["003-05"])
def test_layers_without_activation_are_one_layer(row: str) -> None:
    rng = np.random.default_rng(0)
    one, two = nn.Affine(3, 4, rng=rng), nn.Affine(4, 2, rng=rng)
    W = one.W.data @ two.W.data
    b = one.b.data @ two.W.data + two.b.data
    x = rng.normal(size=(5, 3))
    np.testing.assert_allclose(two(one(x)).detach(), nn.Affine(W, b)(x).detach())
