"""Optimisers against their formulas, and torch's where it is installed; clipping; schedules."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd_lite import Tensor, Value, nn
from autograd_lite.nn import schedules
from autograd_lite.nn.optimisers import clipped, global_norm
from autograd_lite.nn.parameters import plain

Array = npt.NDArray[np.float64]
Rule = Callable[[Array, dict[str, Any], int], Array]

W0 = np.random.default_rng(0).normal(size=(3, 4))
GRADIENTS = np.random.default_rng(1).normal(size=(6, 3, 4))

# Each rule as its paper has it: (g, memory, number of the update from 1) -> what is subtracted.


def sgd(g: Array, s: dict[str, Any], t: int) -> Array:
    return 0.1 * g


def momentum(g: Array, s: dict[str, Any], t: int) -> Array:
    s["v"] = 0.9 * s.get("v", 0.0) - 0.1 * g
    return -s["v"]


def nesterov(g: Array, s: dict[str, Any], t: int) -> Array:
    s["v"] = 0.9 * s.get("v", 0.0) - 0.1 * g
    return -(0.9 * s["v"] - 0.1 * g)


def adagrad(g: Array, s: dict[str, Any], t: int) -> Array:
    s["h"] = s.get("h", 0.0) + g * g
    return 0.1 * g / (np.sqrt(s["h"]) + 1e-8)


def rmsprop(g: Array, s: dict[str, Any], t: int) -> Array:
    s["h"] = 0.99 * s.get("h", 0.0) + 0.01 * g * g
    return 0.01 * g / (np.sqrt(s["h"]) + 1e-8)


def adam(g: Array, s: dict[str, Any], t: int) -> Array:
    s["m"] = 0.9 * s.get("m", 0.0) + 0.1 * g
    s["v"] = 0.999 * s.get("v", 0.0) + 0.001 * g * g
    return 0.1 * s["m"] / (1 - 0.9**t) / (np.sqrt(s["v"] / (1 - 0.999**t)) + 1e-8)


CASES: list[Any] = [
    pytest.param(lambda p: nn.SGD(p, 0.1), sgd, "SGD", {}, id="SGD"),
    pytest.param(lambda p: nn.Momentum(p, 0.1), momentum, "SGD", {"momentum": 0.9}, id="Momentum"),
    pytest.param(
        lambda p: nn.Nesterov(p, 0.1), nesterov, "SGD",
        {"momentum": 0.9, "nesterov": True}, id="Nesterov",
    ),
    pytest.param(lambda p: nn.AdaGrad(p, 0.1), adagrad, "Adagrad", {"eps": 1e-8}, id="AdaGrad"),
    pytest.param(lambda p: nn.RMSProp(p, 0.01), rmsprop, "RMSprop", {"lr": 0.01}, id="RMSProp"),
    pytest.param(lambda p: nn.Adam(p, 0.1), adam, "Adam", {}, id="Adam"),
]  # fmt: skip


def values(array: Array) -> Any:
    return np.vectorize(Value, otypes=[object])(array)


@pytest.mark.parametrize("make", [Tensor, values], ids=["Tensor", "Values"])
@pytest.mark.parametrize(("optimiser", "rule", "theirs", "options"), CASES)
def test_formula(make: Any, optimiser: Any, rule: Rule, theirs: str, options: Any) -> None:
    p = make(W0)
    opt = optimiser([p])
    w, memory = W0.copy(), dict[str, Any]()
    for t, g in enumerate(GRADIENTS, 1):
        opt.zero_grad()
        (p * g).sum().backward()
        opt.step()
        w = w - rule(g, memory, t)
        np.testing.assert_allclose(plain(p), w, rtol=1e-12, atol=1e-14)
    assert opt.updates == len(GRADIENTS)


@pytest.mark.parametrize(("optimiser", "rule", "theirs", "options"), CASES)
def test_like_torch(optimiser: Any, rule: Rule, theirs: str, options: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed (the extra bench)")
    p, q = Tensor(W0), torch.tensor(W0, requires_grad=True)
    ours = optimiser([p])
    other = getattr(torch.optim, theirs)([q], **{"lr": 0.1, **options})
    for g in GRADIENTS:
        p.grad, q.grad = g, torch.tensor(g)
        ours.step()
        other.step()
    np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_adamw_decays_apart_from_the_gradient() -> None:
    p, w, memory = Tensor(W0), W0.copy(), dict[str, Any]()
    opt = nn.AdamW([p], 0.1, weight_decay=0.2)
    for t, g in enumerate(GRADIENTS, 1):
        p.grad = g
        opt.step()
        w = w - 0.1 * 0.2 * w - adam(g, memory, t)
    np.testing.assert_allclose(p.data, w, rtol=1e-12)


def test_float32_stays_and_the_gradient_is_not_touched() -> None:
    for make in (nn.SGD, nn.Momentum, nn.Nesterov, nn.AdaGrad, nn.RMSProp, nn.Adam, nn.AdamW):
        p = Tensor(np.ones(3, np.float32))
        p.grad = np.full(3, 0.5, np.float32)
        opt = make([p], schedules.cosine(0.1, 10))
        opt.step()
        opt.step()
        assert p.dtype == np.float32
        np.testing.assert_array_equal(p.grad, 0.5)
        assert (p.data < 1.0).all()


def test_a_graph_keeps_the_numbers_it_was_computed_with() -> None:
    """An update in place would make the gradient of a graph recorded before it wrong."""
    w = Tensor([3.0])
    y = (w * w * w).sum()
    w.grad = np.array([1.0])
    nn.SGD([w], 1.0).step()
    assert w.data == 2.0
    w.zero_grad()
    y.backward()
    assert w.grad == 27.0


def test_a_parameter_without_gradient_stays() -> None:
    w, unused = Tensor([1.0]), Tensor([1.0])
    opt = nn.Adam([w, unused], 0.1)
    (w * 2.0).sum().backward()
    opt.step()
    assert unused.data == 1.0
    assert w.data == pytest.approx(0.9)


@pytest.mark.parametrize(
    "make", [nn.SGD, nn.Momentum, nn.Nesterov, nn.AdaGrad, nn.RMSProp, nn.Adam, nn.AdamW]
)
def test_one_number_is_a_parameter(make: Any) -> None:
    number, array, value = Tensor(2.0), Tensor([2.0]), Value(2.0)
    opt = make([number, array, value], 0.1)
    for _ in range(3):
        opt.zero_grad()
        (number * number + (array * array).sum() + value * value).backward()
        opt.step()
    assert number.data == array.data[0] == value.data < 2.0


def test_a_shared_parameter_moves_once() -> None:
    w = Tensor([1.0])
    opt = nn.SGD([w, w], 0.1)
    w.grad = np.array([1.0])
    opt.step()
    assert w.data == 0.9


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: nn.SGD(Tensor([1.0]), 0.1), TypeError, "put it in a list"),
        (lambda: nn.SGD([np.ones(2)], 0.1), TypeError, "not ndarray"),
        (lambda: nn.SGD([], -0.1), ValueError, "finite and not negative"),
        (lambda: nn.SGD([], math.nan), ValueError, "finite and not negative"),
        (lambda: nn.SGD([], "fast"), TypeError, "number or a schedule"),
        (lambda: nn.Momentum([], 0.1, momentum=1.0), ValueError, "momentum: must be in"),
        (lambda: nn.Adam([], beta2=1.0), ValueError, "beta2: must be in"),
        (lambda: clipped([np.ones(1)], norm=0.0), ValueError, "must be positive"),
    ],
)
def test_refused(make: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        make()


# ---------------------------------------------------------------- clipping


def test_clipping_by_norm_keeps_the_direction() -> None:
    gradients = [*GRADIENTS, None]
    norm = global_norm(gradients)
    assert norm == pytest.approx(np.linalg.norm(GRADIENTS))
    shorter = clipped(gradients, norm=1.0)
    assert global_norm(shorter) == pytest.approx(1.0)
    np.testing.assert_allclose(np.array(shorter[:-1]) * norm, GRADIENTS)
    assert clipped(gradients, norm=2 * norm) == gradients


def test_clipping_in_the_optimiser() -> None:
    p, q = Tensor([0.0, 0.0]), Tensor([0.0])
    p.grad, q.grad = np.array([30.0, 0.0]), np.array([40.0])
    opt = nn.SGD([p, q], 1.0, clip_norm=5.0)
    opt.step()
    np.testing.assert_allclose(plain(p), [-3.0, 0.0])
    np.testing.assert_allclose(plain(q), [-4.0])
    nn.SGD([p, q], 1.0, clip_value=1.0).step()
    np.testing.assert_allclose(plain(p), [-4.0, 0.0])
    np.testing.assert_allclose(plain(q), [-5.0])


@pytest.mark.parametrize("make", [Tensor, values], ids=["Tensor", "Values"])
def test_clip_gradients_returns_the_norm_before(make: Any) -> None:
    p = make(np.array([1.0, 1.0]))
    (p * np.array([3.0, -4.0])).sum().backward()
    assert nn.clip_gradients([p], value=2.0) == 5.0
    np.testing.assert_array_equal(nn.optimisers.gradient_of(p), [2.0, -2.0])


# ---------------------------------------------------------------- schedules


def test_a_schedule_decides_each_update() -> None:
    w = Tensor([0.0])
    opt = nn.SGD([w], schedules.step_decay(1.0, every=2, factor=0.5))
    rates = []
    for _ in range(5):
        w.grad = np.array([1.0])
        rates.append(opt.lr)
        opt.step()
    assert rates == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert w.data == -3.25
    opt.lr = 0.125
    assert opt.lr == 0.125


def test_schedules() -> None:
    assert schedules.exponential_decay(1.0, 0.5)(3) == 0.125
    assert schedules.inverse_time_decay(1.0, 0.5)(2) == 0.5
    assert schedules.cosine(1.0, 10, final=0.2)(1000) == pytest.approx(0.2)
    rising = schedules.warmup(2, schedules.step_decay(1.0, every=1, factor=0.5))
    assert [rising(i) for i in range(5)] == [0.5, 1.0, 1.0, 0.5, 0.25]
    with pytest.raises(ValueError, match="at least 1"):
        schedules.step_decay(1.0, every=0)
    with pytest.raises(ValueError, match="at least 1"):
        schedules.cosine(1.0, 0)


# ---------------------------------------------------------------- gradient descent


def bowl(w: Any) -> Any:
    return w[0] ** 2 + w[1] ** 2


@pytest.mark.parametrize(
    ("lr", "steps", "end"),
    [
        pytest.param(0.1, 20, [-0.03458765, 0.04611686], id="003-26 η=0.1"),
        pytest.param(0.5, 1, [0.0, 0.0], id="003-26 η=0.5"),
        pytest.param(1.0, 7, [3.0, -4.0], id="003-26 η=1 oscillates"),
        pytest.param(1e-10, 100, [-2.99999994, 3.99999992], id="003-26 too small"),
    ],
)
def test_paths(lr: float, steps: int, end: list[float]) -> None:
    path = nn.gradient_descent(bowl, [-3.0, 4.0], lr, steps)
    assert path.shape == (steps + 1, 2)
    np.testing.assert_array_equal(path[0], [-3.0, 4.0])
    np.testing.assert_allclose(path[-1], end, atol=5e-9)
    expected = np.outer((1 - 2 * lr) ** np.arange(steps + 1), [-3.0, 4.0])
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-15)


def by_the_book(w: Array) -> Array:
    """(f(w + h) − f(w − h)) / 2h with h = 1e-4, divided by 2h whatever was left of the step."""
    steps = 1e-4 * np.eye(2)
    return np.array([(bowl(w + h) - bowl(w - h)) / 2e-4 for h in steps])


@pytest.mark.parametrize("row", ["003-26"])
def test_too_large_a_rate_diverges(row: str) -> None:
    path = nn.gradient_descent(bowl, [-3.0, 4.0], 10.0, 100)
    np.testing.assert_allclose(path[-1] / [-3.0, 4.0], 7.5e127, rtol=0.01)
    rounded = nn.gradient_descent(bowl, [-3.0, 4.0], 10.0, 100, gradient=by_the_book)
    np.testing.assert_allclose(rounded[-1], [-2.58983747e13, -1.29524862e12], rtol=5e-9)


def test_descent_of_one_number() -> None:
    path = nn.gradient_descent(lambda x: (x - 2.0) ** 2, 0.0, 0.25, 30)
    assert path.shape == (31,)
    assert path[-1] == pytest.approx(2.0, abs=1e-8)
    with pytest.raises(ValueError, match="must not be negative"):
        nn.gradient_descent(bowl, [0.0, 0.0], steps=-1)
