"""Gradients of layers and losses against numerical differentiation, first and second order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite import Tensor, Value, gradients, numerical_gradient
from autograd_lite.nn import Module
from autograd_lite.nn.parameters import gradient_of, plain

Array = npt.NDArray[np.float64]


def check_function(f: Callable[..., Any], arrays: Sequence[Array], second: bool = True) -> None:
    """Compare ∂f/∂(each array), and the derivative of Σ (∂f/∂array)·(a fixed direction)."""

    def first(*given: Array) -> list[Any]:
        variables = [Tensor(x) for x in given]
        return gradients(f(*variables), variables)

    _compare(f, first(*arrays), arrays)
    if not second:
        return
    rng = np.random.default_rng(1)
    directions = [rng.normal(size=x.shape) for x in arrays]

    def slope(*variables: Tensor) -> Any:
        found = gradients(f(*variables), variables, record=True)
        return sum((g * d).sum() for g, d in zip(found, directions, strict=True))

    variables = [Tensor(x) for x in arrays]
    numerical = lambda *given: slope(*(Tensor(x) for x in given))  # noqa: E731
    _compare(numerical, gradients(slope(*variables), variables), arrays)


def _compare(f: Callable[..., Any], found: Sequence[Any], arrays: Sequence[Array]) -> None:
    for i, x in enumerate(arrays):

        def along(one: Array, i: int = i) -> float:
            return f(*(one if j == i else other for j, other in enumerate(arrays))).item()

        expected = numerical_gradient(along, x, 1e-5)
        np.testing.assert_allclose(found[i], expected, rtol=1e-5, atol=1e-6)


def check_module(module: Module, x: Array, second: bool = True) -> None:
    """Check ∂/∂x and ∂/∂(each parameter) of a weighted sum of a layer's outputs, on Tensors, and
    that on arrays of Values the same comes out. The layer's parameters must be its attributes."""
    names = list(module.named_parameters())
    numbers = [np.array(plain(p)) for p in module.parameters()]
    weights = np.random.default_rng(2).normal(size=plain(module(x)).shape)

    def f(x: Any, *parameters: Any) -> Any:
        for name, p in zip(names, parameters, strict=True):
            setattr(module, name, p)
        return (module(x) * weights).sum()

    check_function(f, [x, *numbers], second)
    for name, array in zip(names, numbers, strict=True):
        setattr(module, name, Tensor(array))
    check_values(module, x, weights)


def check_values(module: Module, x: Array, weights: Array) -> None:
    """On arrays of Values the outputs and gradients are those on Tensors."""
    fast, slow = module.as_tensors(), module.as_values()
    tensor, values = Tensor(x), values_of(x)
    expected, found = fast(tensor), slow(values)
    np.testing.assert_allclose(plain(found), plain(expected), rtol=1e-12, atol=1e-12)
    (expected * weights).sum().backward()
    sum_of_values(found * weights).backward()
    pairs = zip([tensor, *fast.parameters()], [values, *slow.parameters()], strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(
            gradient_of(other), gradient_of(one), rtol=1e-10, atol=1e-12
        )  # fmt: skip


def values_of(x: Array) -> npt.NDArray[np.object_]:
    """An array of Values."""
    out = np.empty(x.shape, object)
    for index in np.ndindex(x.shape):
        out[index] = Value(x[index])
    return out


def sum_of_values(x: Any) -> Any:
    """The sum of an array of Values, or the one Value."""
    return x.sum() if isinstance(x, np.ndarray) else x
