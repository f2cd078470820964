"""torch and JAX functions are checked with their own gradients."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from autograd_lite.testing import GradientMismatch, check_gradient, check_module

X = [[0.5, -1.5, 2.5], [1.0, 2.0, -0.7]]


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def jax():
    return pytest.importorskip("jax")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torch_functions(torch, dtype):
    x = torch.tensor(X, dtype=getattr(torch, dtype))
    W = torch.ones(3, dtype=x.dtype, requires_grad=True)
    check_gradient(torch.nn.functional.gelu, x, order=2)
    check_gradient(lambda x, W: torch.logsumexp(x @ W, 0), x, W, order=2)
    assert W.grad is None


def test_a_wrong_torch_function_is_found(torch):
    class Tanh(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(torch.tanh(x))
            return torch.tanh(x)

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * (1 - y)

    with pytest.raises(GradientMismatch, match="wrong in 6 of 6"):
        check_gradient(Tanh.apply, torch.tensor(X, dtype=torch.float64))


def test_a_torch_graph_that_is_cut(torch):
    with pytest.raises(GradientMismatch, match="the graph was cut"):
        check_gradient(lambda x: (x.detach() ** 2).sum(), torch.tensor(X, dtype=torch.float64))


def test_torch_modules(torch):
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh()).double()
    report = check_module(net, torch.tensor(X, dtype=torch.float64), order=2)
    assert report.elements == {"0.weight": 6, "0.bias": 2, "input": 6}


def test_a_torch_gradient_checks_a_numpy_function(torch):
    def gradient(x):
        t = torch.tensor(x, requires_grad=True)
        torch.special.expit(t).sum().backward()
        return t.grad

    check_gradient(lambda x: np.sum(1.0 / (1.0 + np.exp(-x))), np.array(X), gradient=gradient)


@pytest.mark.parametrize("x64", [False, True])
def test_jax_functions(jax, x64):
    with jax.enable_x64(x64):
        x = jax.numpy.asarray(X)
        check_gradient(jax.nn.gelu, x, order=2)
        check_gradient(lambda x, w: jax.numpy.mean(jax.numpy.tanh(x @ w)), x, x[0], order=2)


def test_a_wrong_jax_function_is_found(jax):
    @jax.custom_vjp
    def square(x):
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, g: (g * x,))
    with pytest.raises(GradientMismatch, match="1/2 of the right one"):
        check_gradient(square, jax.numpy.asarray(X))


def test_neither_is_imported_for_plain_arrays():
    code = (
        "import sys, numpy as np; from autograd_lite.testing import check_gradient;"
        "check_gradient(np.sin, np.ones(2), gradient=np.cos);"
        "assert not {'torch', 'jax', 'hypothesis', 'pytest'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
