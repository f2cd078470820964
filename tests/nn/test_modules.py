"""Modules: names, modes, state, conversion; Sequential and mlp."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, nn
from autograd_lite.nn.parameters import plain


class Tied(nn.Module):
    """Two layers with one weight, a list, a dict, a frozen array and a private one."""

    def __init__(self) -> None:
        self.first = nn.Affine(2, 2, rng=0)
        self.second = nn.Affine(self.first.W, np.zeros(2))
        self.rest = [nn.BatchNorm(2), {"out": nn.Affine(2, 1, rng=1)}]
        self.scale = np.array([2.0])
        self._hidden = Tensor(1.0)
        self.size = 2

    def forward(self, x: Any) -> Any:
        norm, last = self.rest
        return last["out"](norm(self.second(self.first(x)))) * self.scale


def test_names() -> None:
    net = Tied()
    assert list(net.named_parameters()) == [
        "first.W", "first.b", "second.b", "rest.0.gamma", "rest.0.beta", "rest.1.out.W",
        "rest.1.out.b",
    ]  # fmt: skip
    assert list(net.named_buffers()) == ["rest.0.running_mean", "rest.0.running_variance", "scale"]
    assert list(net.modules()) == ["first", "second", "rest.0", "rest.1.out"]
    assert net.parameters()[0] is net.first.W is net.second.W


def test_training_and_use() -> None:
    net = Tied().eval()
    assert [m.training for m in (net, *net.modules().values())] == [False] * 5
    assert net.train() is net
    assert [m.training for m in (net, *net.modules().values())] == [True] * 5


def test_zero_grad() -> None:
    net = Tied()
    net(np.eye(2)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_a_plain_array_is_frozen() -> None:
    net = nn.Sequential(nn.Affine(2, 2, rng=0), nn.Affine(2, 1, rng=1))
    before = net.state()
    net[0].W = net[0].W.detach()
    assert list(net.named_parameters()) == ["0.b", "1.W", "1.b"]
    assert list(net.state()) == ["0.W", "0.b", "1.W", "1.b"]
    nn.fit(net, nn.squared_error, nn.SGD(net, 0.1), (np.eye(2), np.ones((2, 1))), 3)
    after = net.state()
    np.testing.assert_array_equal(after["0.W"], before["0.W"])
    assert not np.array_equal(after["0.b"], before["0.b"])
    net.load_state(before)  # though the frozen array is read-only
    np.testing.assert_array_equal(net.state()["1.W"], before["1.W"])


@pytest.mark.parametrize("convert", ["as_tensors", "as_values"])
def test_state_and_back(convert: str) -> None:
    one, other = Tied(), getattr(Tied(), convert)()
    for p in one.parameters():
        p.data = np.random.default_rng(3).normal(size=p.shape)
    one.rest[0].running_mean += 1.0
    state = one.state()
    other.load_state(state)
    for name, array in other.state().items():
        np.testing.assert_array_equal(array, state[name])
    state["first.W"][:] = 0.0
    assert one.first.W.data.all(), "state() must be a copy"


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda s: s.pop("first.W"), ValueError, "first.W is missing"),
        (lambda s: s.update(other=np.ones(1)), ValueError, "other is not known here"),
        (
            lambda s: s.update({"first.W": np.ones((2, 3))}),
            ValueError,
            r"first.W has shape \(2, 3\), here \(2, 2\)",
        ),
        (lambda s: s.update({"first.b": ["a", "b"]}), TypeError, "first.b holds <U1"),
        (lambda s: s.update({"scale": np.ones(3)}), ValueError, "scale has shape"),
    ],
)
def test_state_that_does_not_fit_changes_nothing(change: Any, kind: Any, message: str) -> None:
    net = Tied()
    before = net.state()
    state = {name: array + 1.0 for name, array in before.items()}
    change(state)
    with pytest.raises(kind, match=message):
        net.load_state(state)
    for name, array in net.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_as_values_names_and_shares() -> None:
    values = Tied().as_values()
    assert values.first.W is values.second.W
    assert [v.name for v in values.first.W.flat] == [
        "first.w11", "first.w12", "first.w21", "first.w22",
    ]  # fmt: skip
    assert [v.name for v in nn.Affine(2, 2).as_values().W.flat] == ["w11", "w12", "w21", "w22"]
    assert nn.Affine(1, 12).as_values().W.flat[11].name == "w1_12"
    one = nn.Affine(np.ones(2), 3.0).as_values()
    assert isinstance(one.b, Value)
    assert one.b.name == "b"


def test_a_copy_is_apart() -> None:
    net = Tied()
    other = copy.deepcopy(net)
    other.first.W.data = np.zeros((2, 2))
    assert net.first.W.data.any()
    assert other.first.W is other.second.W


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Module has no forward\(x\)"):
        nn.Module()(1.0)


def test_sequential() -> None:
    net = nn.Sequential(nn.Affine(2, 3, rng=0), act=nn.Tanh(), out=nn.Affine(3, 1, rng=1))
    assert len(net) == 3
    assert net[1] is net.act
    assert [*net] == net.layers
    assert list(net.named_parameters()) == ["0.W", "0.b", "out.W", "out.b"]
    x = np.ones((2, 2))
    outputs = net.outputs(x)
    np.testing.assert_array_equal(plain(outputs[-1]), plain(net(x)))
    np.testing.assert_array_equal(plain(outputs[1]), np.tanh(plain(outputs[0])))


def test_sequential_refuses() -> None:
    with pytest.raises(TypeError, match=r"layer 1 is no Module but type; .* Sigmoid\(\)"):
        nn.Sequential(nn.Affine(1, 1), nn.Sigmoid)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'train' cannot be a layer's name"):
        nn.Sequential(train=nn.Sigmoid())


@pytest.mark.parametrize("row", ["002-18b, 003-05"])
def test_mlp_of_several_layers(row: str) -> None:
    net = nn.mlp(2, 3, 3, 1, hidden=nn.Tanh, output=nn.Sigmoid, rng=0, dtype=np.float32)
    assert [type(layer).__name__ for layer in net] == ["Affine", "Tanh"] * 2 + ["Affine", "Sigmoid"]
    assert [p.shape for p in net.parameters()] == [(2, 3), (3,), (3, 3), (3,), (3, 1), (1,)]
    assert not np.array_equal(net[0].W.data[:, :3], net[2].W.data[:2])
    with pytest.raises(ValueError, match="at least sizes of input and output"):
        nn.mlp(3)
