"""Rows 000-08 to 000-22: a layer, its loss and its gradient, from the chain rule by hand.

The network is out = σ(X·W + B) with the loss E = ½Σ(out − t)². On arrays of `Value`s it records
exactly the nodes of the rows (z1 … z6); on `Tensor`s it is the matrix form. The wrong variants
(BUG-000-…) that the rows name must fail the comparison with numerical differentiation.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd_lite import Tensor, Value, numerical_gradient, relu, sigmoid

Array = npt.NDArray[np.float64]

X = np.array([0.5, -1.5])
W = np.array([[0.1, 0.2], [0.3, -0.4]])
B = np.array([0.05, -0.1])
T = np.array([1.0, 0.0])

Y = [-0.35, 0.6]
OUT = [0.413382421083, 0.645656306226]
E = 0.380496124832
D_OUT = [-0.586617578917, 0.645656306226]
D_Y = [-0.142253234762, 0.147715987616]
D_X = [0.015317874047, -0.101762365475]
D_W = [[-0.071126617381, 0.073857993808], [0.213379852143, -0.221573981424]]

BATCH = np.array([[0.5, -1.5], [1.0, 0.25], [-0.75, 2.0]])
BATCH_T = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def row(name: str) -> Any:
    """A parameter that does nothing but give the test the row's name."""
    return pytest.mark.parametrize("row", [name])


def twelve_digits(expected: Any) -> Any:
    return pytest.approx(np.array(expected), rel=0, abs=6e-13)


def named(array: Array, name: str) -> npt.NDArray[np.object_]:
    """Values of these numbers: x1, x2; w11, w12, … (i: input, j: output)."""
    values = np.empty(array.shape, dtype=object)
    for index in np.ndindex(array.shape):
        label = name + "".join(str(i + 1) for i in index)
        values[index] = Value(array[index], name=label)
    return values


def forward(x: Any, w: Any, b: Any, t: Any) -> SimpleNamespace:
    """The layer, its activation and its loss, with everything on the way."""
    y = x @ w + b
    out = sigmoid(y)
    loss = 0.5 * ((out - t) ** 2).sum()
    return SimpleNamespace(x=x, w=w, b=b, y=y, out=out, loss=loss)


def net_of_values() -> SimpleNamespace:
    net = forward(named(X, "x"), named(W, "w"), named(B, "b"), T)
    for j, names in enumerate((("z1", "z2", "z3"), ("z4", "z5", "z6"))):
        net.y[j].name = f"y{j + 1}"
        z_sum = net.y[j].operands[0]
        z_sum.name = names[2]
        z_sum.operands[0].name, z_sum.operands[1].name = names[:2]
    return net


def net_of_tensors() -> SimpleNamespace:
    net = forward(Tensor(X, name="X"), Tensor(W, name="W"), Tensor(B, name="B"), T)
    net.y.keep_grad()
    net.out.keep_grad()
    return net


def net_of_batch() -> SimpleNamespace:
    net = forward(Tensor(BATCH), Tensor(W), Tensor(B), BATCH_T)
    net.y.keep_grad()
    return net


NETS = pytest.mark.parametrize("net", [net_of_values, net_of_tensors], ids=["Value", "Tensor"])


def numbers(x: Any) -> Array:
    """What variables hold."""
    return x.detach() if isinstance(x, Tensor) else np.array([v.data for v in x.flat])


def grads(x: Any) -> Array:
    """The gradients of variables."""
    if isinstance(x, Tensor):
        return np.asarray(x.grad)
    return np.array([v.grad for v in x.flat]).reshape(x.shape)


def plain_loss(x: Array, w: Array, b: Array, t: Array = T) -> float:
    """The same loss in NumPy, independent of the library."""
    out = 1 / (1 + np.exp(-(x @ w + b)))
    return float(np.sum((out - t) ** 2) / 2)


def node(output: Any, name: str) -> Any:
    """The node of that name below `output`."""
    return next(v for v in nodes_below(output) if v.name == name)


def nodes_below(output: Any) -> list[Any]:
    """Every node of a graph, once."""
    found = [output]
    for v in found:
        found += [x for x in v.operands if isinstance(x, Value) and all(x is not u for u in found)]
    return found


def edges_below(output: Any) -> set[tuple[str, str]]:
    """The edges of a graph as pairs of names, operand first."""
    return {(x.name, v.name) for v in nodes_below(output) for x in v.operands}


# ---------------------------------------------------------------- forward


@row("000-08")
def test_each_output_written_out(row: str) -> None:
    x, w, b = named(X, "x"), named(W, "w"), named(B, "b")
    y1 = x[0] * w[0, 0] + x[1] * w[1, 0] + b[0]
    y2 = x[0] * w[0, 1] + x[1] * w[1, 1] + b[1]
    assert [y1.data, y2.data] == pytest.approx(Y, rel=1e-15)


@NETS
@row("000-09")
def test_matrix_form(net: Any, row: str) -> None:
    assert numbers(net().y) == pytest.approx(np.array(Y), rel=1e-15)


@NETS
@row("000-10")
def test_output_and_loss(net: Any, row: str) -> None:
    made = net()
    assert numbers(made.out) == twelve_digits(OUT)
    assert float(made.loss.detach()) == twelve_digits(E)


# ---------------------------------------------------------------- backward, a node at a time


@row("000-11")
def test_each_node_multiplies_what_comes_in_by_its_local_derivative(row: str) -> None:
    net = net_of_values()
    net.loss.backward()
    for v in nodes_below(net.loss):
        uses = [
            (user.grad, partial)
            for user in nodes_below(net.loss)
            for x, partial in zip(user.operands, user.partials, strict=True)
            if x is v
        ]
        expected = sum(coming * local for coming, local in uses) if uses else 1.0
        assert v.grad == pytest.approx(expected, rel=1e-15)
    order = [v.grad for v in (net.loss, net.out[0], net.y[0], net.w[0, 0])]
    assert order == twelve_digits([1.0, D_OUT[0], D_Y[0], D_W[0][0]])


@NETS
@row("000-12")
def test_squared_error_is_differentiated_element_by_element(net: Any, row: str) -> None:
    made = net()
    made.loss.backward()
    assert grads(made.out) == twelve_digits(D_OUT)
    numerical = numerical_gradient(lambda out: np.sum((out - T) ** 2) / 2, np.array(OUT))
    assert grads(made.out) == pytest.approx(numerical, abs=1e-9)


@row("BUG-000-1")
def test_sum_of_the_differences_is_wrong(row: str) -> None:
    wrong = np.full(2, sum(D_OUT))
    numerical = numerical_gradient(lambda out: np.sum((out - T) ** 2) / 2, np.array(OUT))
    assert wrong[0] == pytest.approx(0.0590, abs=5e-5)
    assert not np.allclose(wrong, numerical, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("kind", [Value, Tensor])
@row("000-13")
def test_sigmoid_is_differentiated_by_its_output(kind: type, row: str) -> None:
    for at in np.linspace(-30.0, 30.0, 61):
        x = kind(at)
        z = sigmoid(x)
        z.backward()
        f = z.item()
        assert float(x.grad) == pytest.approx(np.exp(-at) / (1 + np.exp(-at)) ** 2, rel=1e-12)
        assert float(x.grad) == pytest.approx(f * (1 - f), abs=4e-16)
        numerical = numerical_gradient(lambda u: 1 / (1 + np.exp(-u)), at, h=1e-5)
        assert float(x.grad) == pytest.approx(numerical, abs=2e-11)
    x = kind(0.0)
    sigmoid(x).backward()
    assert x.grad == 0.25


@pytest.mark.parametrize("kind", [Value, Tensor])
@row("000-14")
def test_relu_is_0_at_0(kind: type, row: str) -> None:
    for at, value, derivative in ((-2.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1e-300, 1e-300, 1.0)):
        x = kind(at)
        z = relu(x)
        z.backward()
        assert (z.item(), float(x.grad)) == (value, derivative)


# ---------------------------------------------------------------- the two graphs

GRAPHS = [
    pytest.param(
        0,
        ("x1", "w11", "x2", "w21", "b1"),
        {"z1": 0.05, "z2": -0.45, "z3": -0.40, "y1": -0.35},
        id="000-15",
    ),
    pytest.param(
        1,
        ("x1", "w12", "x2", "w22", "b2"),
        {"z4": 0.1, "z5": 0.6, "z6": 0.7, "y2": 0.6},
        id="000-16",
    ),
]


@pytest.mark.parametrize(("j", "leaves", "values"), GRAPHS)
def test_graph_of_one_output(j: int, leaves: tuple[str, ...], values: dict[str, float]) -> None:
    y = net_of_values().y[j]
    below = nodes_below(y)
    assert {v.name for v in below if v.is_leaf} == set(leaves)
    assert {v.name: v.data for v in below if not v.is_leaf} == pytest.approx(values, rel=1e-15)
    assert len(below) == 9

    x1, w1, x2, w2, b = leaves
    first, second, total, out = values
    assert sum(len(v.operands) for v in below) == 8
    assert edges_below(y) == {
        (x1, first),
        (w1, first),
        (x2, second),
        (w2, second),
        (first, total),
        (second, total),
        (total, out),
        (b, out),
    }
    kinds = {v.name: repr(v.primitive) for v in below if not v.is_leaf}
    multiply, add = "<primitive multiply>", "<primitive add>"
    assert kinds == {first: multiply, second: multiply, total: add, out: add}


@row("000-17")
def test_add_passes_on_and_multiply_gives_the_other(row: str) -> None:
    net = net_of_values()
    for name in ("z3", "z6", "y1", "y2"):
        assert node(net.loss, name).partials == (1.0, 1.0)
    for name in ("z1", "z2", "z4", "z5"):
        z = node(net.loss, name)
        left, right = z.operands
        assert z.partials == (right.data, left.data)


# ---------------------------------------------------------------- the paths


def along_one_output(j: int) -> SimpleNamespace:
    """The gradients where the loss reaches the leaves through y_j alone, and ∂E/∂y_j."""
    net = net_of_values()
    net.y[j].backward(D_Y[j])
    return net


PATHS = [pytest.param(0, "z3", id="000-18"), pytest.param(1, "z6", id="000-19")]


@pytest.mark.parametrize(("j", "total"), PATHS)
def test_partials_along_one_output(j: int, total: str) -> None:
    net = along_one_output(j)
    assert node(net.y[j], total).grad == D_Y[j]
    assert grads(net.x) == pytest.approx(D_Y[j] * W[:, j], rel=1e-14)
    assert grads(net.w[:, j]) == pytest.approx(D_Y[j] * X, rel=1e-14)
    assert net.b[j].grad == D_Y[j]
    other = 1 - j
    assert all(v.grad is None for v in (*net.w[:, other], net.b[other]))


@pytest.mark.parametrize(("j", "names"), [pytest.param(1, ("z4", "z5"), id="BUG-000-2")])
def test_z5_is_differentiated_by_x2(j: int, names: tuple[str, str]) -> None:
    net = net_of_values()
    z4, z5 = (node(net.y[j], name) for name in names)
    assert [x.name for x in z4.operands] == ["x1", "w12"]
    assert [x.name for x in z5.operands] == ["x2", "w22"]
    assert z5.partials[0] == W[1, 1]


@NETS
@row("000-20")
def test_paths_are_added(net: Any, row: str) -> None:
    made = net()
    made.loss.backward()
    paths = [D_Y[j] * W[:, j] for j in (0, 1)]
    assert grads(made.x) == twelve_digits(paths[0] + paths[1])
    assert grads(made.x) == twelve_digits(D_X)
    assert grads(made.x) == pytest.approx(
        numerical_gradient(lambda x: plain_loss(x, W, B), X), abs=1e-9
    )


@row("BUG-000-3")
def test_one_path_alone_is_wrong(row: str) -> None:
    numerical = numerical_gradient(lambda x: plain_loss(x, W, B), X)
    for j in (0, 1):
        assert not np.allclose(grads(along_one_output(j).x), numerical, rtol=1e-2, atol=1e-2)


# ---------------------------------------------------------------- the matrix form


@NETS
@row("000-21")
def test_matrix_backward(net: Any, row: str) -> None:
    made = net()
    made.loss.backward()
    assert grads(made.y) == twelve_digits(D_Y)
    assert grads(made.b) == twelve_digits(D_Y)
    assert grads(made.x) == twelve_digits(D_X)
    assert grads(made.w) == twelve_digits(D_W)
    d_y = grads(made.y)
    assert grads(made.x) == pytest.approx(d_y @ W.T, rel=1e-14)
    assert grads(made.w) == pytest.approx(np.outer(X, d_y), rel=1e-14)


@row("000-21")
def test_matrix_backward_of_a_batch(row: str) -> None:
    net = net_of_batch()
    net.loss.backward()
    d_y = np.asarray(net.y.grad)
    assert grads(net.x) == pytest.approx(d_y @ W.T, rel=1e-14)
    assert grads(net.w) == pytest.approx(BATCH.T @ d_y, rel=1e-14)
    assert grads(net.b) == pytest.approx(d_y.sum(axis=0), rel=1e-14)
    for gradient, numerical in (
        (net.x.grad, numerical_gradient(lambda x: plain_loss(x, W, B, BATCH_T), BATCH)),
        (net.w.grad, numerical_gradient(lambda w: plain_loss(BATCH, w, B, BATCH_T), W)),
        (net.b.grad, numerical_gradient(lambda b: plain_loss(BATCH, W, b, BATCH_T), B)),
    ):
        assert gradient == pytest.approx(numerical, abs=1e-9)


@row("BUG-000-4")
def test_transposed_gradient_of_the_weights_is_wrong(row: str) -> None:
    net = net_of_tensors()
    net.loss.backward()
    numerical = numerical_gradient(lambda w: plain_loss(X, w, B), W)
    assert np.allclose(net.w.grad, numerical, atol=1e-9)
    assert not np.allclose(net.w.grad.T, numerical, rtol=1e-2, atol=1e-2)


@row("BUG-000-5")
def test_bias_of_a_batch_needs_the_sum_over_its_rows(row: str) -> None:
    net = net_of_batch()
    net.loss.backward()
    numerical = numerical_gradient(lambda b: plain_loss(BATCH, W, b, BATCH_T), B)
    assert np.shape(net.b.grad) == B.shape
    assert np.shape(net.y.grad) != B.shape
    for wrong in (*np.asarray(net.y.grad), np.mean(net.y.grad, axis=0)):
        assert not np.allclose(wrong, numerical, rtol=1e-2, atol=1e-2)


@row("000-22")
def test_gradient_descent_of_arrays(row: str) -> None:
    net = net_of_tensors()
    net.loss.backward()
    rate = 0.5
    net.w.data -= rate * net.w.grad
    net.b.data -= rate * net.b.grad
    assert net.w.data == pytest.approx(W - rate * np.array(D_W), abs=1e-12)
    assert net.b.data == pytest.approx(B - rate * np.array(D_Y), abs=1e-12)
    assert plain_loss(X, net.w.data, net.b.data) < E
    assert net.y.is_leaf is False  # nothing but W and B has numbers to learn
    assert [v.name for v in (net.x, net.w, net.b) if v.is_leaf] == ["X", "W", "B"]


@row("000-22")
def test_gradient_descent_of_values(row: str) -> None:
    net = net_of_values()
    net.loss.backward()
    rate = 0.5
    before = net.loss.data
    for v in (*net.w.flat, *net.b.flat):
        v.data -= rate * v.grad
    assert numbers(net.w) == pytest.approx((W - rate * np.array(D_W)).ravel(), abs=1e-12)
    assert forward(net.x, net.w, net.b, T).loss.data < before
