"""`compiled`: compiled programs, beside what is not compiled, micrograd, torch and JAX.

One sample through the perceptron 2-16-16-1 of single numbers, value and gradient: here lists of
floats, in micrograd its objects, in JAX arrays, for which it is made. And the network 784-100-10 of
`mlp`. JAX's programs are compiled as well; no compiling is in the times, ours stands in a line of
its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as al
from benchmarks import mlp, peers, values
from benchmarks.measure import Row, Timed, check_agreement, interleaved, relative

OURS, EAGER, NATIVE = "autograd_lite", "not compiled", "native"
PROGRAMS = {OURS: None, "micrograd": None, "torch": None, "JAX": None}
"""The libraries, for the command line."""

Array = np.ndarray[Any, Any]


# ---------------------------------------------------------------- single numbers


def network(layers: Any, x: Any) -> Any:
    """(output − target)² of the perceptron, in single numbers."""
    for i, layer in enumerate(layers):
        sums = []
        for weights, bias in layer:
            total = bias
            for w, xi in zip(weights, x, strict=True):
                total = total + w * xi
            sums.append(total if i == len(layers) - 1 else al.relu(total))
        x = sums
    return (x[0] - 0.5) ** 2


class _Nested:
    """Nested lists of gradients, which are one array when they are compared: that is not timed."""

    def __init__(self, layers: Any) -> None:
        self._layers = layers

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array([g for layer in self._layers for w, b in layer for g in (*w, b)])


class _Gradients:
    """The same of parameters that hold their gradients."""

    def __init__(self, parameters: Any) -> None:
        self._parameters = parameters

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array([p.grad for p in self._parameters])


def by_program(setting: values.Setting) -> Timed:
    """Compiled, of floats."""
    run = al.compile(network).value_and_grad
    layers, x = setting.layers, setting.points[0][0]
    return Timed(lambda: [_Nested(run(layers, x)[1])])


def by_values(setting: values.Setting) -> Timed:
    """The same function on Values."""
    run = al.value_and_grad(network)
    layers, x = setting.layers, setting.points[0][0]
    return Timed(lambda: [_Nested(run(layers, x)[1])])


def by_micrograd(setting: values.Setting) -> Timed:
    """Its own perceptron."""
    model, parameters = values.MODELS["micrograd"](setting)
    x = setting.points[0][0]

    def run() -> list[Array]:
        ((model(x) - 0.5) ** 2).backward()
        return [_Gradients(parameters)]

    def reset() -> None:
        for p in parameters:
            p.grad = 0.0

    return Timed(run, reset)


def by_jax_of_arrays(setting: values.Setting) -> Timed:
    """A matrix and a vector for each layer."""
    jax, jnp = peers.load("JAX"), peers.load("JAX", ".numpy")
    jax.config.update("jax_enable_x64", True)

    def loss(layers: Any, x: Any) -> Any:
        for i, (weights, bias) in enumerate(layers):
            x = weights @ x + bias
            if i < len(layers) - 1:
                x = jnp.maximum(x, 0.0)
        return (x[0] - 0.5) ** 2

    gradient = jax.jit(jax.value_and_grad(loss))
    layers = [
        (jnp.array([w for w, _ in layer]), jnp.array([b for _, b in layer]))
        for layer in setting.layers
    ]
    x = jnp.array(setting.points[0][0])

    def run() -> list[Array]:
        _, found = gradient(layers, x)
        rows = [np.column_stack([np.asarray(w), np.asarray(b)]).ravel() for w, b in found]
        return [np.concatenate(rows)]

    return Timed(run)


# ---------------------------------------------------------------- arrays


def by_compiled_arrays(setting: mlp.Setting, backend: str | None = None) -> Timed:
    """The loss of `mlp`, compiled."""
    run = al.compile(_loss, backend=backend).value_and_grad
    return Timed(lambda: run(list(setting.parameters), setting.X, setting.labels)[1])


def _loss(parameters: Any, X: Any, labels: Any) -> Any:
    W1, b1, W2, b2 = parameters
    h = al.relu(X @ W1 + b1)
    return -al.log_softmax(h @ W2 + b2)[np.arange(len(X)), labels].mean()


def by_jax(setting: mlp.Setting) -> Timed:
    """The same, compiled by XLA."""
    jax, jnp = peers.load("JAX"), peers.load("JAX", ".numpy")
    jax.config.update("jax_enable_x64", True)
    rows = np.arange(len(setting.X))

    def loss(parameters: Any, X: Any, labels: Any) -> Any:
        W1, b1, W2, b2 = parameters
        h = jax.nn.relu(X @ W1 + b1)
        return -jax.nn.log_softmax(h @ W2 + b2)[rows, labels].mean()

    gradient = jax.jit(jax.value_and_grad(loss))
    parameters = [jnp.array(p) for p in setting.parameters]
    X, labels = jnp.array(setting.X), jnp.array(setting.labels)
    return Timed(lambda: jax.block_until_ready(gradient(parameters, X, labels)[1]))


# ---------------------------------------------------------------- the table


def _installed(makers: dict[str, tuple[str, Callable[[Any], Timed]]], setting: Any) -> Any:
    return {
        title: make(setting) for title, (name, make) in makers.items() if peers.is_installed(name)
    }


def _compiling(setting: values.Setting) -> Row:
    """The time until the first result, an operation."""
    best = np.inf
    for _ in range(5):
        compiled = al.compile(partial(network)).value_and_grad
        start = time.perf_counter()
        compiled(setting.layers, setting.points[0][0])
        best = min(best, time.perf_counter() - start)
    each = best / len(compiled.program.instructions)
    return Row("compiling, µs an instruction", {OURS: 1e6 * each}, f"{OURS} ≤ 50")


def measure(rounds: int) -> list[Row]:
    """Single numbers in units of the compiled program, arrays in units of hand-written NumPy."""
    setting = values.Setting.of_size(count=1)
    makers: Any = {
        OURS: (OURS, by_program),
        EAGER: (OURS, by_values),
        "micrograd": ("micrograd", by_micrograd),
        "JAX": ("JAX", by_jax_of_arrays),
    }
    programs = _installed(makers, setting)
    check_agreement(programs, 1e-9)
    times = interleaved(programs, rounds, loops=20)
    target = f"{EAGER} ≥ 10, micrograd ≥ 50, JAX ≥ 3"
    rows = [Row("a sample of 2-16-16-1", relative(times), target), _compiling(setting)]
    for dtype, rtol, most in ((np.float64, 1e-9, 0.95), (np.float32, 1e-3, 0.9)):
        makers = {
            "NumPy": ("NumPy", mlp.by_hand),
            OURS: (OURS, by_compiled_arrays),
            EAGER: (OURS, mlp.by_autograd_lite),
            NATIVE: ("llvmlite", partial(by_compiled_arrays, backend="native")),
            "torch": ("torch", mlp.by_torch),
            "JAX": ("JAX", by_jax),
        }
        programs = _installed(makers, mlp.Setting.of_size(dtype))
        check_agreement(programs, rtol)
        times = interleaved(programs, rounds, loops=50)
        rows.append(
            Row(f"mlp, {np.dtype(dtype)}", relative(times), f"{OURS} ≤ 1.0, {NATIVE} ≤ {most}")
        )
    return rows
