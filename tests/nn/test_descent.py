"""Optimisers on nests of plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_lite import grad, nn

BY = [nn.SGD, nn.Momentum, nn.Nesterov, nn.AdaGrad, nn.RMSProp, nn.Adam, nn.AdamW]


def bowl(p: Any) -> Any:
    return (p["a"] - 3.0) ** 2 + np.sum((p["rest"][0] - 1.0) ** 2)


@pytest.mark.parametrize("optimiser", BY)
def test_it_gets_there(optimiser: Any) -> None:
    start = {"a": 0.0, "rest": (np.zeros((2, 2), np.float32),)}
    options = {"weight_decay": 0.0} if optimiser is nn.AdamW else {}
    lr = 0.5 if optimiser is nn.AdaGrad else 0.05
    end = nn.descend(lambda p, i: grad(bowl)(p), start, optimiser, 400, lr=lr, **options)
    assert end["a"] == pytest.approx(3.0, abs=0.1)
    assert end["rest"][0] == pytest.approx(np.ones((2, 2)), abs=0.1)
    assert end["rest"][0].dtype == np.float32
    assert start["a"] == 0.0
    assert not start["rest"][0].any()


def test_one_step_by_hand_and_the_callback() -> None:
    seen: list[Any] = []
    end = nn.descend(
        lambda x, i: 2.0 * x + i, np.array([1.0]), nn.SGD, 2, lambda *a: seen.append(a), lr=0.25
    )
    assert end.tolist() == [0.5 - 0.25 * 2.0]
    assert [(x.tolist(), i, g.tolist()) for x, i, g in seen] == [
        ([1.0], 0, [2.0]),
        ([0.5], 1, [2.0]),
    ]


def test_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="steps must not be negative"):
        nn.descend(lambda x, i: x, 1.0, steps=-1)
    with pytest.raises(ValueError, match="the gradient has 2 numbers and arrays, and x has 1"):
        nn.descend(lambda x, i: [x, x], 1.0, lr=0.1)
