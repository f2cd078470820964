"""What type checkers are to find: read by mypy and pyright, and run, so that it holds as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import autograd_lite as ag
from autograd_lite import Tensor, Value
from autograd_lite.nn import SGD, Affine, Module
from autograd_lite.viz import Drawing, draw

v, t = Value(2.0, name="v"), Tensor([1.0, 2.0], name="t")
array: npt.NDArray[np.float64] = np.ones(2)


def operators_of_values() -> None:
    assert_type(v + v, Value)
    assert_type(v + 1.0, Value)
    assert_type(1.0 + v, Value)
    assert_type(2 * v - 1, Value)
    assert_type(1 / v, Value)
    assert_type(v / True, Value)
    assert_type(v**2, Value)
    assert_type(2**v, Value)
    assert_type(np.float64(2.0) * v, Value)
    assert_type(v * np.float32(2.0), Value)
    assert_type(v - np.int64(2), Value)
    assert_type(-v, Value)
    assert_type(+v, Value)
    assert_type(abs(v), Value)
    assert_type(v + t, Tensor)
    assert_type(v + array, Any)  # an array of Values would give an array of Values
    total = v
    total += 1.0
    assert_type(total, Value)


def operators_of_tensors() -> None:
    assert_type(t + t, Tensor)
    assert_type(t + 1.0, Tensor)
    assert_type(1 + t, Tensor)
    assert_type(t * v, Tensor)
    assert_type(t - array, Tensor)
    assert_type(array - t, Tensor)
    assert_type(array @ t, Tensor)
    assert_type(t @ t, Tensor)
    assert_type(t / [1.0, 2.0], Tensor)
    assert_type([1.0, 2.0] / t, Tensor)
    assert_type(np.float32(2.0) ** t, Tensor)
    assert_type(-abs(+t), Tensor)
    assert_type(t[0], Tensor)
    assert_type(t[None, ::-1], Tensor)
    assert_type(t.T, Tensor)
    assert_type([row for row in t], list[Tensor])  # noqa: C416


def methods() -> None:
    assert_type(v.tanh(), Value)
    assert_type(v.exp().log().sqrt(), Value)
    assert_type(v.maximum(1.0), Value)
    assert_type(v.maximum(t), Tensor)
    assert_type(v.clip(0.0), Value)
    assert_type(v.clip(a_max=3), Value)
    assert_type(v.clip(None, v), Value)
    assert_type(v.sum(), Tensor)
    assert_type(v.reshape(1, 1), Tensor)
    assert_type(t.tanh(), Tensor)
    assert_type(t.hypot(v), Tensor)
    assert_type(t.clip(array, None), Tensor)
    assert_type(t.sum(), Tensor)
    assert_type(t.mean(axis=0, keepdims=True), Tensor)
    assert_type(t.max(0), Tensor)
    assert_type(t.reshape(-1, 1).transpose(), Tensor)
    assert_type(t.astype(np.float32), Tensor)
    assert_type(t.dot(array), Tensor)
    assert_type(t.split(2), tuple[Tensor, ...])
    assert_type(t.array_split(2), tuple[Tensor, ...])
    assert_type(t.reshape(1, 2).swapaxes(0, 1), Tensor)


def what_variables_hold() -> None:
    assert_type(v.data, float)
    assert_type(v.item(), float)
    assert_type(v.detach(), float)
    assert_type(v.grad, float | None)
    assert_type(v.name, str | None)
    assert_type(v.shape, tuple[()])
    assert_type(v.is_leaf, bool)
    assert_type(t.data, npt.NDArray[Any])
    assert_type(t.detach(), npt.NDArray[Any])
    assert_type(t.item, Callable[[], float])
    assert_type(t.grad, npt.NDArray[Any] | None)
    assert_type(t.shape, tuple[int, ...])
    assert_type(t.ndim + t.size + len(t), int)
    assert_type(t.dtype, np.dtype[Any])


def steps() -> None:
    w, b = Tensor(np.ones((2, 2))), Value(0.5)
    (w * w).sum().backward()
    (b * b).backward(2)
    assert w.grad is not None
    assert b.grad is not None
    w.data -= 0.1 * w.grad
    w.data[0] = 0.0
    w.data = [[1, 2], [3, 4]]
    w.decrease(0.1 * w.grad)
    w.grad *= 2.0
    w.grad = None
    w.zero_grad()
    b.data -= 0.1 * b.grad
    w[0] = 2.0 * w[1]
    w[0, 0] = b
    w[w > 1.0] += [1.0]
    w += 1.0
    assert_type(w, Tensor)
    b.data = 3
    b.grad = None
    b.name = "b"
    (w * 2.0).backward(np.ones((2, 2)))
    assert_type((w * 2.0).keep_grad(), Tensor)


def functions() -> None:
    assert_type(ag.exp(v), Value)
    assert_type(ag.tanh(t), Tensor)
    assert_type(ag.exp(1), float)
    assert_type(ag.relu(array), Any)
    assert_type(ag.maximum(v, 0.0), Value)
    assert_type(ag.maximum(0, v), Value)
    assert_type(ag.hypot(v, t), Tensor)
    assert_type(ag.power(array, t), Tensor)
    assert_type(ag.add(1, 2.0), float)
    assert_type(ag.clip(v, 0.0, a_max=1.0), Any)
    assert_type(ag.where(array > 0, x=t, y=0.0), Any)
    assert_type(ag.sum(t, axis=0), Any)


def transforms() -> None:
    f: Callable[[Any], Any] = lambda x: x * x  # noqa: E731
    assert_type(ag.grad(f), Callable[..., Any])
    assert_type(ag.value_and_grad(f)(2.0), tuple[Any, Any])
    assert_type(ag.is_recording(), bool)
    with ag.no_grad():
        assert_type(v * v, Value)


def rooms() -> None:
    layer = Affine(2, 3)
    assert_type(isinstance(layer, Module), bool)
    assert_type(SGD(layer.parameters(), 0.1), SGD)
    assert_type(draw(v * v), Drawing)
