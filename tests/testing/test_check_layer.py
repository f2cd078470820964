"""`check_layer` finds what a layer has, and `check_module` checks modules."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_lite import nn
from autograd_lite.testing import GradientMismatch, check_layer, check_module

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
W = RNG.normal(size=(3, 2))


class Affine:
    """Rows 000-21 and 004-03."""

    def __init__(self, W=W, b=None):
        self.W, self.b = W.copy(), np.zeros(W.shape[1]) if b is None else b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class OneBias(Affine):
    """Row 004-04: one number for all outputs."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.db = float(dout.sum())
        return dx


class Accumulating:
    """Row 001-15: gradients add up until the next update."""

    def __init__(self):
        self.w, self.b = RNG.normal(size=(2, 3)), RNG.normal(size=2)
        self.dw, self.db = np.zeros((2, 3)), np.zeros(2)

    def forward(self, x):
        self.x, self.y = x, 1.0 / (1.0 + np.exp(-(self.w @ x + self.b)))
        return self.y

    def backward(self, delta):
        s = self.y * (1.0 - self.y) * delta
        self.dw += np.outer(s, self.x)
        self.db += s
        return s @ self.w


class WithLists(Affine):
    """`params` and `grads`, as lists."""

    def __init__(self):
        self.params = [W.copy(), np.zeros(2)]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.params[0].T


class WithDicts(Affine):
    def __init__(self):
        self.params = {"W": W.copy(), "b": np.zeros(2)}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads = {"W": self.x.T @ dout, "b": dout.sum(axis=0)}
        return dout @ self.params["W"].T


class Dropout:
    """A layer with random numbers of its own, and a cache that looks like a parameter."""

    def __init__(self):
        self.rng = np.random.default_rng(3)

    def forward(self, x):
        self.x = x
        self.mask = self.rng.random(x.shape) < 0.5
        return x * self.mask

    def backward(self, dout):
        self.dx = dout * self.mask
        return self.dx


class SquaredError:
    """A loss, whose backward takes nothing and returns a gradient for each input."""

    def forward(self, y, t):
        self.y, self.t = y, t
        return np.sum((y - t) ** 2) / 2

    def backward(self):
        return self.y - self.t, self.t - self.y


class Scale:
    """A parameter that is a Python float, and that alone."""

    def __init__(self):
        self.a = 2.0

    def forward(self, x):
        self.x = x
        return self.a * x

    def backward(self, dout):
        self.da = float(np.sum(dout * self.x))


@pytest.mark.parametrize(
    ("layer", "inputs", "elements"),
    [
        (Affine(), (X,), {"x": 12, "W": 6, "b": 2}),
        (OneBias(b=2.0), (X,), {"x": 12, "W": 6, "b": 1}),
        (Accumulating(), (X[0],), {"x": 3, "w": 6, "b": 2}),
        (WithLists(), (X,), {"x": 12, "params[0]": 6, "params[1]": 2}),
        (WithDicts(), (X,), {"x": 12, "params['W']": 6, "params['b']": 2}),
        (Dropout(), (X,), {"x": 12}),
        (SquaredError(), (X, X + 1.0), {"y": 12, "t": 12}),
        (Scale(), (X,), {"a": 1}),
    ],
    ids=lambda x: type(x).__name__ if hasattr(x, "forward") else "",
)
def test_a_right_layer_passes_and_everything_is_found(layer, inputs, elements):
    report = check_layer(layer, *inputs)
    assert report.elements == elements


def test_the_layer_itself_and_its_inputs_stay_as_they_are():
    layer, x = Accumulating(), X[0].copy()
    layer.forward(x)
    layer.backward(np.ones(2))
    before = layer.dw.copy(), layer.w.copy()
    check_layer(layer, x)
    np.testing.assert_array_equal(layer.dw, before[0])
    np.testing.assert_array_equal(layer.w, before[1])
    np.testing.assert_array_equal(x, X[0])


@pytest.mark.parametrize("name", ["x", "W", "b"])
def test_each_gradient_is_checked(name):
    class Broken(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dW, self.db = self.dW * (1 + (name == "W")), self.db * (1 + (name == "b"))
            return dx * (1 + (name == "x"))

    with pytest.raises(GradientMismatch) as caught:
        check_layer(Broken(), X)
    report = caught.value.report
    assert {row.argument for row in report.wrong} == {name}
    assert report.hints == [f"{name}: every element is 2 times the right one"]


def test_a_layer_that_ignores_dout_is_told_so():
    class Ignoring(Affine):
        def backward(self, dout):
            return super().backward(np.ones_like(dout))

    with pytest.raises(GradientMismatch, match="backward gives the same for twice the dout"):
        check_layer(Ignoring(), X)


def test_names_of_gradients_can_be_given():
    class Odd(Affine):
        def backward(self, dout):
            self.slope_of_W = self.x.T @ dout
            return dout @ self.W.T

    report = check_layer(Odd(), X, parameters={"W": "slope_of_W"})
    assert report.elements == {"x": 12, "W": 6}


@pytest.mark.parametrize(
    ("layer", "kind", "said"),
    [
        (np.sin, TypeError, "has no forward"),
        (type("Nothing", (), {"forward": lambda s, x: x, "backward": lambda s, g: None})(),
         TypeError, "nothing to check"),
        (type("Many", (), {"forward": lambda s, x: x, "backward": lambda s, g: (g, g)})(),
         ValueError, "2 gradients for 1 inputs"),
        (type("Text", (), {"forward": lambda s, x: "a", "backward": lambda s, g: g})(),
         TypeError, "returned str"),
    ],
)  # fmt: skip
def test_errors(layer, kind, said):
    with pytest.raises(kind, match=said):
        check_layer(layer, X)


# ---------------------------------------------------------------- modules


def test_a_module_by_its_parameters_and_inputs_to_the_second_order():
    net = nn.Sequential(nn.Affine(3, 4, rng=0), nn.Tanh(), nn.BatchNorm(4), nn.Dropout(0.5, rng=0))
    before = net.state()
    report = check_module(net, X, order=2)
    assert report.elements == {"0.W": 12, "0.b": 4, "2.gamma": 4, "2.beta": 4, "x": 12}
    for name, array in net.state().items():  # running averages, too
        np.testing.assert_array_equal(array, before[name])


def test_a_module_of_values():
    report = check_module(nn.Affine(3, 2, rng=0).as_values(), X)
    assert report.elements == {"W": 6, "b": 2, "x": 12}


def test_a_module_with_a_cut_graph_fails():
    class Cut(nn.Module):
        def __init__(self):
            self.inner = nn.Affine(3, 2, rng=0)

        def forward(self, x):
            return self.inner(x) * self.inner.W.detach().sum()

    with pytest.raises(GradientMismatch) as caught:
        check_module(Cut(), X)
    assert {row.argument for row in caught.value.report.wrong} == {"inner.W"}


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="no module"):
        check_module(Affine(), X)
