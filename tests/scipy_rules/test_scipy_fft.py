"""scipy.fft's functions: values, dtypes, and derivatives of first and second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.fft
from primitive_checks import check

from autograd_lite import PRIMITIVES, Tensor, grad
from autograd_lite.scipy import fft
from autograd_lite.testing.calls import Point
from autograd_lite.transforms import jacobian

X = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize("name", fft.__all__)
def test_values_and_dtypes(name: str) -> None:
    for x in (X, X.astype(np.float32)):
        given = x + 1j * x[::-1] if name in ("hfft", "irfft") else x
        z, expected = getattr(fft, name)(Tensor(given)), getattr(scipy.fft, name)(given)
        assert z.dtype == expected.dtype
        tolerance = 1e-5 if x.dtype == np.float32 else 1e-13
        np.testing.assert_allclose(z.detach(), expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(getattr(fft, name)(given), expected, tolerance, tolerance)


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("fft", (5, 0, "ortho", False, 1), {"plan": None}),
    ("irfft", (), {"n": 3, "axis": 0}),
    ("fft2", (), {"s": (2, 3), "norm": "forward"}),
    ("rfftn", ((2, 3),), {}),
    ("idct", (3, 5), {}),
    ("idst", (1, 3, 0, "ortho"), {}),
    ("dctn", (2, (2, 3)), {"norm": "ortho"}),
    ("idstn", (), {"axes": (0,), "type": 4, "orthogonalize": True}),
    ("dstn", (3,), {"s": 2, "axes": 0}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_arguments_are_scipys(name: str, args: Any, kwargs: Any) -> None:
    function, theirs = getattr(fft, name), getattr(scipy.fft, name)
    expected = theirs(X, *args, **kwargs)
    np.testing.assert_allclose(function(Tensor(X), *args, **kwargs).detach(), expected, atol=1e-13)
    weights = np.random.default_rng(1).normal(size=expected.shape)
    g = grad(lambda x: (weights * function(x, *args, **kwargs)).real.sum())(X)
    units = np.eye(X.size).reshape(-1, *X.shape)
    exact = [(weights * theirs(e, *args, **kwargs)).real.sum() for e in units]  # it is linear
    np.testing.assert_allclose(g, np.reshape(exact, X.shape), atol=1e-12)


@pytest.mark.parametrize("name", ["dct", "dst"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize("orthogonalize", [None, True, False])
def test_the_matrix_of_each_transform(name: str, kind: int, norm: Any, orthogonalize: Any) -> None:
    options = {"norm": norm, "orthogonalize": orthogonalize}
    theirs, ours = getattr(scipy.fft, name), getattr(fft, name)
    for n in (2, 5):
        matrix = theirs(np.eye(n), kind, axis=0, **options)
        found = jacobian(lambda x: ours(x, kind, **options), mode="reverse")(np.ones(n))
        np.testing.assert_allclose(found, matrix, atol=1e-13)
        inverse = getattr(fft, "i" + name)(ours(X, kind, **options), kind, **options)
        np.testing.assert_allclose(inverse, X, atol=1e-12)


@pytest.mark.parametrize("name", ["dct", "dst"])
def test_derivatives_of_both_orders(name: str) -> None:
    primitive = PRIMITIVES[name]
    for args, kwargs in [((1,), {"axis": 0}), ((2, 3, 1, "ortho"), {}), ((3, 6), {})]:
        check(primitive, Point(primitive, (X,), args, tuple(kwargs.items())))


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="dct: type must be"):
        fft.dct(Tensor(X), 5)
    with pytest.raises(ValueError, match="dst: norm must be"):
        fft.idst(Tensor(X), norm="unitary")
    with pytest.raises(IndexError, match="no axis 2"):
        fft.dct(Tensor(X), axis=2)
    with pytest.raises(ValueError, match="as many lengths"):
        fft.dctn(Tensor(X), s=(2, 2), axes=(0,))
