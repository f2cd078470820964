"""Finding what is wrong with a gradient: anomalies, hooks, what it costs."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, detect_anomaly, grad, gradients, no_grad, profile
from autograd_lite.engine import hooks, modes

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


@pytest.fixture(autouse=True)
def _nothing_remains() -> Any:
    yield
    assert modes.paused == 0
    assert hooks.count == 0


# ---------------------------------------------------------------- anomalies


def root(x: Any) -> Any:
    return np.sum(np.sqrt(x - 1.0))  # the line that is named


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("at", "message"),
    [
        (1.0, r"^the gradient of sqrt is inf, from finite numbers \(g = 1.0, x = 0.0\)"),
        (0.0, r"^sqrt gives nan, from finite numbers \(x = -1.0\)"),
        (np.array([3.0, 1.0]), r"^the gradient of sqrt is inf at \[1\], .*x = 0.0\)"),
        (np.array([3.0, 0.5]), r"^sqrt gives nan at \[1\], from finite numbers \(x = -0.5\)"),
    ],
)
def test_the_operation_and_the_line_are_named(at: Any, message: str) -> None:
    with detect_anomaly(), pytest.raises(FloatingPointError, match=message) as raised:
        grad(root)(at)
    assert "test_debugging.py" in str(raised.value)
    assert "the line that is named" in str(raised.value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_came_in_wrong_is_nobodys_fault() -> None:
    with detect_anomaly():
        assert np.isnan(grad(np.sin)(float("nan")))
        assert grad(lambda x: 2.0 * x)(np.inf) == 2.0
        assert np.isnan(grad(lambda x: np.sum(x * x))(np.array([np.nan, 1.0]))[0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_inf_may_be_let_pass() -> None:
    with detect_anomaly(nan_only=True):
        assert grad(np.sqrt)(0.0) == np.inf
        with pytest.raises(FloatingPointError, match="log gives nan"):
            np.log(Value(-1.0))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_only_in_the_block_and_thread() -> None:
    with detect_anomaly():
        found = []
        thread = threading.Thread(target=lambda: found.append(np.log(Value(-1.0))))
        thread.start()
        thread.join()
        assert np.isnan(found[0].item())
        with no_grad(), pytest.raises(FloatingPointError):
            np.log(Tensor([-1.0]))
    assert np.isnan(np.log(Tensor(-1.0)).item())
    with no_grad(), detect_anomaly():
        assert np.exp(Tensor([1.0])).is_leaf


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_written_is_looked_at() -> None:
    x = Tensor([1.0, 2.0])
    with detect_anomaly():
        y = np.zeros_like(x, shape=(600,))
        y[:2] = x * x
        np.sum(y * y).backward()
        y[3] = np.inf  # which is not finite as it comes
    assert x.grad.tolist() == [4.0, 32.0]
    assert y.detach()[3] == np.inf


# ---------------------------------------------------------------- hooks


@KINDS
def test_a_hook_sees_the_gradient(kind: type) -> None:
    x = kind(3.0)
    y = x * x
    seen: list[float] = []
    hook = y.register_hook(lambda g: seen.append(float(g)))
    (5.0 * y + y).backward()
    gradients(y + 1.0, [x])
    assert seen == [6.0, 1.0]
    assert x.grad == 36.0
    hook.remove()
    hook.remove()
    y.backward()
    assert len(seen) == 2


@KINDS
def test_a_hook_changes_the_gradient(kind: type) -> None:
    x = kind(3.0)
    with x.register_hook(lambda g: -g), x.register_hook(lambda g: g + 1.0):
        (x * x).backward()
    assert x.grad == -5.0
    (x * x).backward()
    assert x.grad == 1.0


def test_a_hook_and_arrays() -> None:
    x = Tensor([1.0, 2.0])
    y = x * 3.0
    with y.register_hook(lambda g: g.clip(-1.0, 1.0)):
        np.sum(y * y).backward()
        assert x.grad.tolist() == [3.0, 3.0]
        second = gradients(np.sum(y**2), [x], record=True)[0]
        assert second.detach().tolist() == [3.0, 3.0]

    def wrong(g: Any) -> Any:
        g[0] = 5.0

    with y.register_hook(wrong), pytest.raises(ValueError, match="read-only"):
        np.sum(y).backward()
    with (
        y.register_hook(lambda g: 1.0),
        pytest.raises(ValueError, match=r"^register_hook: .* shape \(\) for one of \(2,\)"),
    ):
        np.sum(y).backward()
    with pytest.raises(TypeError, match=r"^register_hook: a function is needed, not int"):
        y.register_hook(3)  # type: ignore[arg-type]
    x.zero_grad()
    z = x + 0.0
    with z.register_hook(lambda g: 2.0 * g):
        z[0] = z[1]  # the hook is of what z was
        np.sum(z).backward()
    assert x.grad.tolist() == [0.0, 4.0]


# ---------------------------------------------------------------- what it costs


def test_a_profile() -> None:
    def f(x: Any, y: Any) -> Any:
        z = np.tanh(x @ y)
        z = z * z
        return np.sum(z)

    x = np.ones((30, 40))
    p = profile(f, argnums=1)(x, np.ones((40, 5)))
    assert p.value == pytest.approx(150.0)
    assert p.gradient.shape == (40, 5)
    by_name = {row.operation: row for row in p.rows}
    assert set(by_name) == {"matmul", "tanh", "multiply", "sum"}
    assert all(row.calls == 1 and row.forward > 0 < row.backward for row in p.rows)
    assert by_name["tanh"].nbytes == 30 * 5 * 8
    assert p.nbytes == 3 * 30 * 5 * 8 + 8
    costs = [row.forward + row.backward for row in p.rows]
    assert costs == sorted(costs, reverse=True)
    text = str(p)
    assert "tanh" in text
    assert "z = z * z" in text
    assert len(text.splitlines()) == 6


def test_a_profile_of_values_and_writing() -> None:
    p = profile(lambda x: x * x * x)(3.0)
    assert (p.value, p.gradient) == (27.0, 27.0)
    assert [(row.operation, row.calls, row.nbytes) for row in p.rows] == [("multiply", 2, 16)]

    def f(x: Any) -> Any:
        y = np.zeros_like(x, shape=(1000,))
        for i in range(3):
            y[i] = x[i]
        return np.sum(y)

    rows = {row.operation: row for row in profile(f)(np.ones(3)).rows}
    assert rows["assign"].calls == rows["getitem"].calls == 3
