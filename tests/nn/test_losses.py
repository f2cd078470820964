"""Losses: gradients by property, on Tensors and Values; the seeds' numbers; what they refuse."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_checks import check_function, values_of
from primitive_checks import FEW

from autograd_lite import Tensor, Value, nn, numerical_gradient, softmax
from autograd_lite.nn.parameters import gradient_of, plain

Array = npt.NDArray[np.float64]
Loss = Callable[..., Any]

seeds = st.integers(0, 2**32 - 1)
few = st.integers(1, 4)

ON_CLASSES = [nn.cross_entropy, nn.softmax_cross_entropy, nn.negative_log_likelihood]
ON_ELEMENTS = [nn.binary_cross_entropy, nn.sigmoid_cross_entropy]
EVERY = [
    *(functools.partial(nn.squared_error, reduction=name) for name in nn.SQUARED_ERRORS),
    *(functools.partial(f, reduction=r) for f in ON_CLASSES for r in ("sum", "batch_mean")),
    *(functools.partial(f, reduction=r) for f in ON_ELEMENTS for r in ("sum", "mean")),
]


def name_of(loss: Any) -> str:
    return f"{loss.func.__name__}-{loss.keywords['reduction']}"


def outputs(loss: Any, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Outputs inside the loss's domain: probabilities, their logarithms, or any numbers."""
    if loss.func in (nn.cross_entropy, nn.binary_cross_entropy):
        return rng.uniform(0.1, 0.9, shape)
    return rng.normal(size=shape)


def distributions(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    t = rng.uniform(0.05, 0.95, shape)
    return t / t.sum(-1, keepdims=True) if shape[-1] > 1 else t


@pytest.mark.parametrize("loss", EVERY, ids=name_of)
@FEW
@given(samples=few, n=few, seed=seeds)
def test_gradients(loss: Any, samples: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for shape in ((samples, n), (n,)):
        y, t = outputs(loss, rng, shape), distributions(rng, shape)
        check_function(lambda y, t=t: loss(y, t), [y])
        check_function(lambda y, t: loss(y, t), [y, t])


@pytest.mark.parametrize("loss", EVERY, ids=name_of)
@given(samples=few, n=few, seed=seeds)
def test_values_give_what_tensors_give(loss: Any, samples: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, t = outputs(loss, rng, (samples, n)), distributions(rng, (samples, n))
    fast, slow = Tensor(y), values_of(y)
    one, other = loss(fast, t), loss(slow, t)
    assert isinstance(other, Value)
    assert other.data == pytest.approx(one.item(), rel=1e-12)
    one.backward()
    other.backward()
    np.testing.assert_allclose(gradient_of(slow), fast.grad, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("loss", ON_CLASSES, ids=lambda f: f.__name__)
@given(samples=few, n=few, seed=seeds)
def test_labels_are_one_hot_targets(loss: Loss, samples: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, labels = rng.uniform(0.1, 0.9, (samples, n)), rng.integers(0, n, samples)
    assert loss(y, labels) == loss(y, nn.one_hot(labels, n))
    assert loss(y[0], labels[0]) == loss(y[0], nn.one_hot(labels[0], n))


@pytest.mark.parametrize("loss", [*ON_CLASSES, *ON_ELEMENTS], ids=lambda f: f.__name__)
@given(samples=few, n=few, seed=seeds)
def test_reductions_agree(loss: Loss, samples: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, t = rng.uniform(0.1, 0.9, (samples, n)), distributions(rng, (samples, n))
    each, total = loss(y, t, reduction="none"), loss(y, t, reduction="sum")
    assert total == pytest.approx(each.sum(), rel=1e-12)
    assert loss(y, t, reduction="batch_mean") == pytest.approx(total / samples, rel=1e-12)


# ---------------------------------------------------------------- the seeds' numbers

GOOD = [0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]
BAD = [0.1, 0.05, 0.0, 0.0, 0.05, 0.0, 0.8, 0.0, 0.0, 0.0]
TWO = nn.one_hot(2, 10)
DIGIT = [0.1, 0.0, 0.2, 0.9, 0.1, 0.1, 0.5, 0.2, 0.6, 0.4]
CROSS = functools.partial(nn.cross_entropy, reduction="sum")


@pytest.mark.parametrize(
    ("reduction", "y", "t", "value"),
    [
        pytest.param("half_sum", GOOD, TWO, 0.0975, id="003-18"),
        pytest.param("half_sum", BAD, TWO, 0.8275, id="003-19"),
        pytest.param("sum", DIGIT, nn.one_hot(3, 10), 0.89, id="001-14 Σ"),
        pytest.param("half_sum", DIGIT, nn.one_hot(3, 10), 0.445, id="001-14 ½Σ"),
        pytest.param("mean", DIGIT, nn.one_hot(3, 10), 0.089, id="001-14 mean"),
        pytest.param("half_sum", [0.1, 0.1, 0.8], [0, 0, 1], 0.03, id="002-07 formula"),
        pytest.param("half_mean", [0.1, 0.1, 0.8], [0, 0, 1], 0.01, id="002-07 code"),
    ],
)
def test_squared_error(reduction: str, y: Any, t: Any, value: float) -> None:
    assert nn.squared_error(y, t, reduction) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize("row", ["001-14"])
def test_gradient_of_the_sum_of_squares(row: str) -> None:
    y = Tensor(DIGIT)
    nn.squared_error(y, nn.one_hot(3, 10), "sum").backward()
    expected = [0.2, 0.0, 0.4, -0.2, 0.2, 0.2, 1.0, 0.4, 1.2, 0.8]
    np.testing.assert_allclose(y.grad, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("y", "t", "epsilon", "reduction", "value"),
    [
        pytest.param(GOOD, 2, 1e-7, "sum", 0.510825457099338, id="003-20"),
        pytest.param(BAD, 2, 1e-7, "sum", 16.11809565095832, id="003-21"),
        pytest.param([0.1, 0.1, 0.8], [0, 0, 1], 1e-10, "sum", 0.2231435511892097, id="004-08"),
        pytest.param([0.1, 0.1, 0.8], 2, 0.0, "sum", 0.2231435513142097, id="004-08 without ε"),
        pytest.param(
            [0.1, 0.1, 0.8], 2, 1e-7, "batch_mean", 0.2231434263142176, id="002-11 label"
        ),
        pytest.param(
            [[0.1, 0.1, 0.8], [0.7, 0.2, 0.1]], [[0, 0, 1], [1, 0, 0]], 1e-7, "batch_mean",
            0.2899091136979, id="002-11 batch",
        ),
        pytest.param(
            [0.1, 0.1, 0.8], [0.1, 0.1, 0.8], 0.0, "sum", 0.6390318596501768, id="002-11 soft"
        ),
    ],
)  # fmt: skip
def test_cross_entropy(y: Any, t: Any, epsilon: float, reduction: Any, value: float) -> None:
    found = nn.cross_entropy(y, t, epsilon, reduction)
    assert found == pytest.approx(value, rel=1e-13)
    assert nn.cross_entropy(Tensor(y), t, epsilon, reduction).item() == found


EX_4_6 = [3.0, -2.0, 0.0, 9.0, 4.0]
P_4_6 = [0.1, 0.1, 0.5, 0.2, 0.1]


@pytest.mark.parametrize("row", ["001-34"])
def test_cross_entropy_with_soft_targets(row: str) -> None:
    x = Tensor(EX_4_6)
    q = softmax(np.array(EX_4_6))
    assert nn.cross_entropy(q, P_4_6, 0.0) == pytest.approx(6.70931330688819, rel=1e-14)
    assert nn.cross_entropy(P_4_6, q, 0.0) == pytest.approx(1.61566665776808, rel=1e-14)
    assert nn.cross_entropy(P_4_6, P_4_6, 0.0) == pytest.approx(1.35923670066501, rel=1e-14)
    H = nn.softmax_cross_entropy(x, P_4_6)
    assert H.item() == pytest.approx(6.70931330688819, rel=1e-14)
    H.backward()
    np.testing.assert_allclose(x.grad, q - P_4_6, rtol=1e-13)


@pytest.mark.parametrize("row", ["001-35, 001-39"])
def test_negative_log_likelihood_after_log_softmax(row: str) -> None:
    log_y = nn.LogSoftmax()(EX_4_6)
    expected = [-6.00931330688819, -11.00931330688819, -9.00931330688819,
                -0.009313306888190098, -5.00931330688819]  # fmt: skip
    np.testing.assert_allclose(log_y, expected, rtol=1e-13)
    for label, value in enumerate(expected):
        found = nn.negative_log_likelihood(log_y, label)
        assert found == pytest.approx(-value, rel=1e-13)


@pytest.mark.parametrize("row", ["001-36, 004-09"])
def test_gradient_of_softmax_and_cross_entropy(row: str) -> None:
    y = np.array([0.1, 0.1, 0.8])
    x = Tensor(np.log(y))
    nn.softmax_cross_entropy(x, 2).backward()
    np.testing.assert_allclose(x.grad, [0.1, 0.1, -0.2], rtol=1e-14)  # y − t; BUG-004-3: t − y
    numerical = numerical_gradient(lambda x: nn.softmax_cross_entropy(x, 2), np.log(y))
    np.testing.assert_allclose(numerical, [0.1, 0.1, -0.2], atol=1e-9)
    assert not np.allclose(numerical, [-0.1, -0.1, 0.2])


@pytest.mark.parametrize(
    ("logits", "label", "value"),
    [([1.0, 2.0, 3.0], 0, 2.4076059644443803), ([1000.0, 0.0, -1000.0], 2, 2000.0),
     ([-5.0, -5.0, -5.0], 1, 1.0986122886681098)],
)  # fmt: skip
def test_cross_entropy_of_logits(logits: list[float], label: int, value: float) -> None:
    assert nn.softmax_cross_entropy(logits, label) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("logit", "target", "value", "slope"),
    [(40.0, 0.0, 40.0, 1.0), (40.0, 1.0, 4.248354255291589e-18, -4.248354255291589e-18),
     (-1000.0, 1.0, 1000.0, -1.0), (-1000.0, 0.0, 0.0, 0.0)],
)  # fmt: skip
def test_binary_cross_entropy_of_logits(
    logit: float, target: float, value: float, slope: float
) -> None:
    x = Tensor([logit])
    loss = nn.sigmoid_cross_entropy(x, [target])
    loss.backward()
    assert loss.item() == pytest.approx(value, rel=1e-14, abs=0.0)
    assert x.grad == pytest.approx(slope, rel=1e-14, abs=0.0)


@pytest.mark.parametrize("row", ["002-08"])
def test_binary_cross_entropy_is_both_terms(row: str) -> None:
    assert nn.binary_cross_entropy([0.2], [0.0]) == pytest.approx(-np.log(0.8))
    assert nn.cross_entropy([0.2], [0.0], 0.0) == 0.0  # −Σ d·ln y: wrong for one sigmoid output
    y = np.array([0.3, 0.9])
    t = np.array([1.0, 0.0])
    both = nn.cross_entropy(np.stack([y, 1 - y], 1), np.stack([t, 1 - t], 1), 0.0, "sum")
    assert nn.binary_cross_entropy(y, t, reduction="sum") == pytest.approx(both)


# ---------------------------------------------------------------- edges


def test_where_the_target_is_zero_nothing_is_lost() -> None:
    """0·ln 0 is 0, in the loss and in its gradient."""
    y = Tensor([0.0, 1.0])
    loss = nn.cross_entropy(y, [0.0, 1.0], epsilon=0.0)
    loss.backward()
    assert loss.item() == 0.0
    np.testing.assert_array_equal(y.grad, [0.0, -1.0])
    y = Tensor([1.0, 0.0])
    loss = nn.binary_cross_entropy(y, [1.0, 0.0])
    loss.backward()
    assert loss.item() == 0.0
    np.testing.assert_array_equal(y.grad, [-0.5, 0.5])


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_epsilon_bounds_the_loss(reduction: Any) -> None:
    bound = -np.log(1e-7)
    for y, t in (([0.0], [1.0]), ([1.0], [0.0])):
        assert nn.binary_cross_entropy(y, t, 1e-7, "sum") == pytest.approx(bound)
    found = nn.cross_entropy([[1.0, 0.0]], [1], 1e-7, reduction)
    assert np.sum(found) == pytest.approx(bound)


@pytest.mark.parametrize("row", ["eps"])
def test_epsilon_bends_the_gradient_after_a_softmax(row: str) -> None:
    """Of −log(y + ε) it is y/(y + ε)·(y − t): half of y − t where y is ε."""
    x = np.array([np.log(1e-7), np.log1p(-1e-7)])
    tensor = Tensor(x)
    nn.cross_entropy(nn.Softmax()(tensor), 0, epsilon=1e-7).backward()
    y = softmax(x)
    np.testing.assert_allclose(tensor.grad, 0.5 * (y - [1.0, 0.0]), rtol=1e-9)


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_class_that_is_ruled_out(reduction: Any) -> None:
    """A logit of −inf: the class has probability 0, and the others their softmax."""
    x = Tensor([[1.0, -np.inf, 1.0]])
    loss = nn.softmax_cross_entropy(x, [[1.0, 0.0, 0.0]], reduction)
    loss.backward(np.ones(loss.shape))
    assert plain(loss).sum() == pytest.approx(np.log(2.0))
    np.testing.assert_allclose(x.grad, [[-0.5, 0.0, 0.5]])


@pytest.mark.parametrize("loss", [nn.softmax_cross_entropy, nn.squared_error])
def test_float32_stays(loss: Loss) -> None:
    y = Tensor(np.ones((4, 3), np.float32))
    found = loss(y, np.eye(4, 3))
    found.backward()
    assert found.dtype == y.grad.dtype == np.float32


@pytest.mark.parametrize("row", ["002-11"])
def test_one_class_is_no_ambiguity(row: str) -> None:
    """BUG-002-5: targets are told from labels by the number of axes, not by size."""
    y = np.full((3, 1), 0.5)
    labels, one_hot = np.zeros(3, int), np.ones((3, 1))
    assert nn.cross_entropy(y, labels) == nn.cross_entropy(y, one_hot)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.squared_error(np.ones((3, 1)), np.ones(3)), r"\(3, 1\) .* \(3,\)"),
        (lambda: nn.squared_error(np.ones(3), np.ones(3), "average"), "'average' is not one of"),
        (lambda: nn.cross_entropy(np.ones((2, 3)), [0, 1, 2]), r"labels of shape \(2,\)"),
        (lambda: nn.cross_entropy(0.5, 0), "axis of classes"),
        (lambda: nn.softmax_cross_entropy(np.ones((2, 3)), [0, 3]), "label 3"),
        (lambda: nn.softmax_cross_entropy(np.ones(3), 0, "mean"), "'mean' is not one of"),
        (lambda: nn.sigmoid_cross_entropy(np.ones(2), 1.0), "same"),
        (lambda: nn.binary_cross_entropy([0.5], [1.0], 0.0, "total"), "'total' is not one of"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# ---------------------------------------------------------------- which loss for which problem


@pytest.mark.parametrize("row", ["002-08, 003-12"])
def test_problems(row: str) -> None:
    x, rng = np.array([[0.3, -1.2], [2.0, 0.1]]), np.random.default_rng(0)
    for kind, activation in (("regression", nn.Identity), ("binary", nn.Sigmoid),
                             ("multiclass", nn.Softmax)):  # fmt: skip
        p = nn.problem(kind)
        assert p.activation is activation
        t = distributions(rng, (2, 2))
        one = p.loss(p.activation()(x), t, reduction="batch_mean")
        assert p.loss_of_scores(x, t, reduction="batch_mean") == pytest.approx(one, rel=1e-6)
    np.testing.assert_array_equal(nn.problem("binary").decide([0.4, 0.5, 0.6]), [0, 1, 1])
    np.testing.assert_array_equal(nn.problem("multiclass").decide(x), [0, 0])
    np.testing.assert_array_equal(nn.problem("regression").decide(x), x)
    with pytest.raises(ValueError, match="'ranking' is not one of regression"):
        nn.problem("ranking")
