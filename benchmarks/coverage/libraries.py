"""The gradient of a usage by each library, called as its documentation says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

import autograd_lite
from benchmarks import peers
from benchmarks.coverage.judge import Gradient, total
from benchmarks.coverage.usages import Usage


def _autograd_lite() -> Gradient:
    """Through NumPy itself."""

    def run(usage: Usage) -> tuple[Any, Any]:
        f = autograd_lite.value_and_grad(lambda x: total(numpy, usage.run(numpy, x)))
        value, gradient = f(usage.x)
        return value, gradient

    return run


def _mygrad() -> Gradient:
    """Through NumPy itself, on its tensors; a result that is no tensor has the gradient 0."""
    mygrad = peers.load("MyGrad")

    def run(usage: Usage) -> tuple[Any, Any]:
        x = mygrad.tensor(usage.x)
        y = total(numpy, usage.run(numpy, x))
        if not isinstance(y, mygrad.Tensor):
            return y, numpy.zeros(x.shape)
        y.backward()
        return y.item(), numpy.zeros(x.shape) if x.grad is None else x.grad

    return run


def _hips() -> Gradient:
    """Through its own NumPy, and with its own weighted sum."""
    autograd, anp = peers.load("HIPS autograd"), peers.load("HIPS autograd", ".numpy")

    def run(usage: Usage) -> tuple[Any, Any]:
        value, gradient = autograd.value_and_grad(lambda x: total(anp, usage.run(anp, x)))(usage.x)
        return value, gradient

    return run


def _jax() -> Gradient:
    """Through its own NumPy, in float64."""
    jax, jnp = peers.load("JAX"), peers.load("JAX", ".numpy")
    jax.config.update("jax_enable_x64", True)

    def run(usage: Usage) -> tuple[Any, Any]:
        x = jnp.asarray(usage.x)
        value, gradient = jax.value_and_grad(lambda x: total(jnp, usage.run(jnp, x)))(x)
        return value, gradient

    return run


LIBRARIES: dict[str, Callable[[], Gradient]] = {
    "autograd_lite": _autograd_lite,
    "MyGrad": _mygrad,
    "HIPS autograd": _hips,
    "JAX": _jax,
}
"""By name, what loads each; all but the first are optional."""
