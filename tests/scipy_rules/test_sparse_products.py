"""Sparse matrices beside variables, against the same with dense ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from autograd_lite import Tensor, Value, grad, numerical_gradient
from autograd_lite.scipy import sparse
from autograd_lite.transforms import jacobian, jvp, vmap

DENSE = np.array([[2.0, 0.0, -1.0], [0.0, 0.0, 3.0]])
KINDS = [sp.csr_array, sp.csc_array, sp.coo_array, sp.csr_matrix, sp.lil_array]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 1)])
def test_products_in_both_orders(kind: Any, shape: Any) -> None:
    a, x = kind(DENSE), np.random.default_rng(0).normal(size=shape)
    weights = np.arange(1.0, 1.0 + (DENSE @ x).size).reshape((DENSE @ x).shape)
    z = a @ Tensor(x)
    assert z.shape == (DENSE @ x).shape
    np.testing.assert_allclose(z.detach(), DENSE @ x)
    np.testing.assert_allclose((Tensor(x.T) @ kind(DENSE.T)).detach(), x.T @ DENSE.T)
    g = grad(lambda x: (weights * (a @ x) ** 2).sum())(x)
    np.testing.assert_allclose(g, DENSE.T @ (2.0 * weights * (DENSE @ x)))
    g = grad(lambda x: (weights.T * (x.T @ kind(DENSE.T)) ** 2).sum())(x)
    np.testing.assert_allclose(g, DENSE.T @ (2.0 * weights * (DENSE @ x)))


def test_higher_order_forward_mode_and_batches() -> None:
    a, x = sp.csr_array(DENSE), np.array([1.0, 2.0, 3.0])
    hessian = jacobian(grad(lambda x: ((a @ x) ** 3).sum()))(x)
    np.testing.assert_allclose(hessian, DENSE.T @ np.diag(6.0 * (DENSE @ x)) @ DENSE)
    np.testing.assert_allclose(jvp(lambda x: a @ x, (x,), (x,))[1], DENSE @ x)
    rows = np.stack([x, -x])
    np.testing.assert_allclose(vmap(lambda x: a @ x)(rows), rows @ DENSE.T)
    np.testing.assert_allclose(
        vmap(grad(lambda x: ((a @ x) ** 2).sum()))(rows), 2.0 * rows @ DENSE.T @ DENSE
    )
    np.testing.assert_allclose(np.matmul(a, Tensor(x)).detach(), DENSE @ x)


def test_complex_numbers_and_float32() -> None:
    a = sp.csr_array(DENSE * (1.0 + 2.0j))
    g = grad(lambda x: (a @ x).imag.sum())(np.ones(3))
    np.testing.assert_allclose(g, 2.0 * DENSE.sum(0))
    x = Tensor(np.ones(3, np.float32))
    z = sp.csr_array(DENSE.astype(np.float32)) @ x
    assert z.dtype == np.float32
    assert (sp.csr_array(DENSE) @ x).dtype == np.float64  # as SciPy
    z.sum().backward()
    assert x.grad is not None
    assert x.grad.dtype == np.float32


def test_a_matrix_that_changes_afterwards_changes_no_gradient() -> None:
    a, x = sp.csr_array(DENSE), Tensor(np.ones(3))
    z = (a @ x).sum()
    a.data[:] = 0.0
    z.backward()
    np.testing.assert_allclose(x.grad, DENSE.sum(0))


def test_what_does_not_fit_is_refused() -> None:
    a = sp.csr_array(DENSE)
    with pytest.raises(ValueError, match=r"sparse_product: .*do not fit"):
        a @ Tensor(np.ones(2))
    with pytest.raises(ValueError, match="sparse_product"):
        a @ Value(1.0)
    with pytest.raises(TypeError, match=r"multiply: cannot use csr_array .* A @ x"):
        Tensor(np.ones(3)) * a
    with pytest.raises(TypeError, match="LinearOperator"):
        Tensor(np.ones(3)) @ spla.aslinearoperator(a)


def test_a_system_of_equations() -> None:
    rng = np.random.default_rng(1)
    dense = np.where(rng.random((5, 5)) < 0.4, rng.normal(size=(5, 5)), 0.0) + 3.0 * np.eye(5)
    a, b = sp.csr_array(dense), rng.normal(size=5)

    def f(b: Any) -> Any:
        return (sparse.spsolve(a, b) ** 3).sum()

    np.testing.assert_allclose(sparse.spsolve(a, b), spla.spsolve(a.tocsc(), b))
    np.testing.assert_allclose(grad(f)(b), numerical_gradient(f, b), rtol=1e-6)
    inverse = np.linalg.inv(dense)
    np.testing.assert_allclose(
        jacobian(grad(f))(b), inverse.T @ np.diag(6.0 * inverse @ b) @ inverse, rtol=1e-9
    )
    assert sparse.spsolve(a, Tensor(b.astype(np.float32))).dtype == np.float32
    with pytest.raises(TypeError, match="sparse matrix"):
        sparse.spsolve(dense, Tensor(b))
