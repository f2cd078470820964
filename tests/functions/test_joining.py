"""Arrays joined, put together, padded and split."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from table_checks import check_function

from autograd_lite import Tensor, gradients

# ---------------------------------------------------------------- what its cases do not say


X = np.array([[3.0, -1.0, 2.5], [0.5, 4.0, -2.0]])
V = np.array([1.5, 2.0])

CALLS: dict[str, Any] = {
    "block": lambda x, v: np.block([[x, x * 2.0], [x[:1], np.ones((1, 3))]]),
    "block-numbers": lambda x, v: np.block([v, 1.0, x[0]]),
    "concatenate-none": lambda x, v: np.concatenate([x, 1.0, v], axis=None),
    "append": lambda x, v: np.append(x, v[:, None], axis=1),
    "insert-number": lambda x, v: np.insert(x, 1, v, axis=1),
    "insert-flat": lambda x, v: np.insert(x, [0, 4, 4], v[0]),
    "insert-two": lambda x, v: np.insert(x, [2, 0], v, axis=1),
    "insert-slice": lambda x, v: np.insert(x, slice(0, 2), v[:, None], axis=0),
    "insert-mask": lambda x, v: np.insert(x[0], np.array([True, False, True]), v),
    "insert-rows": lambda x, v: np.insert(x, 1, x, axis=0),
    "insert-negative": lambda x, v: np.insert(v, -1, x[0]),
    "delete-mask": lambda x, v: np.delete(x, [True, False, True], axis=1),
    "pad-variables": lambda x, v: np.pad(x, 1, constant_values=((v[0], 1.0), (2.0, v[1]))),
    "pad-ends": lambda x, v: np.pad(x, ((0, 2), (3, 0)), "linear_ramp", end_values=v[0]),
    "pad-dict": lambda x, v: np.pad(x, {-1: (1, 2)}),
    "hstack-vectors": lambda x, v: np.hstack((v, x[0], v)),
    "vstack-dtype": lambda x, v: np.vstack((x, x[0]), dtype=np.float64),
    "unpacked": lambda x, v: np.multiply(*np.vsplit(x, 2)),
}


@pytest.mark.parametrize("f", CALLS.values(), ids=CALLS)
def test_calls(f: Any) -> None:
    check_function(f, X, V)


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (lambda t: np.pad(t, -1), ValueError, "pad: pad_width cannot be negative"),
        (lambda t: np.pad(t, 1, "edges"), ValueError, "pad: mode 'edges' is none of"),
        (lambda t: np.pad(t, 1, lambda *a: None), TypeError, "a function as mode"),
        (lambda t: np.pad(t, 1, "edge", constant_values=2), ValueError, "takes no"),
        (lambda t: np.insert(np.arange(3), 1, t[0]), TypeError, "has no gradient"),
        (lambda t: np.insert(t, 9, 1.0), IndexError, "insert"),
        (lambda t: np.delete(t, 9), IndexError, "delete"),
        (lambda t: np.vsplit(t[0], 1), ValueError, "vsplit: needs 2 axes"),
        (lambda t: np.block([[t], t]), ValueError, "nested equally deep"),
    ],
)
def test_errors(f: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        f(Tensor(X))


@pytest.mark.parametrize("join", [np.concatenate, np.stack])
@pytest.mark.parametrize("record", [False, True])
def test_the_gradient_of_thousands_is_linear(join: Any, record: bool) -> None:
    """Eight times as many take eight times as long, not sixty-four times."""

    def seconds(count: int) -> float:  # of this process, whatever else the machine does
        leaves = [Tensor([1.0, 2.0]) for _ in range(count)]
        joined = join(leaves)
        start = time.process_time()
        gradients(joined, leaves, np.ones(joined.shape), record=record)
        return time.process_time() - start

    few, many = (min(seconds(n) for _ in range(5)) for n in (250, 2000))
    assert many < 30 * few


def test_the_gradient_of_a_joined_gradient() -> None:
    x, y = Tensor([1.0, 2.0]), Tensor([3.0])
    g = gradients(np.sum(np.concatenate([x, y, x]) ** 3), [x, y], record=True)
    assert [v.detach().tolist() for v in g] == [[6.0, 24.0], [27.0]]
    (second,) = gradients(np.sum(np.concatenate(g)), [x])
    assert second.tolist() == [12.0, 24.0]
