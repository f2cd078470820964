"""How numbers lie in memory: what is a view, and what order="A" and "K" mean, are as in NumPy, for
what was written into and for each example of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Tensor, grad, jvp, vmap
from autograd_lite.engine.layout import axes_by_stride

Program = Callable[[Any], Any]


def as_it_lies(x: Any) -> Any:
    """A number that tells the order of the elements in memory, and whether they are apart."""
    y = x.ravel(order="K")
    z = x.ravel(order="A")
    weights = np.cos(np.arange(y.shape[0]))
    return np.sum(weights * y * y) + np.sum(weights * z * z * z)


def transposed_and_written(x: Any) -> Any:
    y = x.T * 1.5
    x *= x
    y[0] = x[:, 1]
    return as_it_lies(y) + as_it_lies(np.sin(y))


def raveled_and_written(x: Any) -> Any:
    y = x.T * 1.5
    flat = y.ravel(order="K")  # a view
    copy = y.ravel()
    flat[0] = 2.0
    copy[1] = 3.0
    y *= y
    return as_it_lies(y) + np.sum(flat**3) + np.sum(copy**3)


def reshaped_by_columns(x: Any) -> Any:
    y = np.copy(x, order="F")
    z = y.reshape(-1, order="F")  # a view
    w = np.reshape(y, (3, 2), order="A")
    y[0] *= x[1]
    return np.sum(z**2 * np.arange(6)) + as_it_lies(w)


def swapped(x: Any) -> Any:
    y = np.zeros_like(x.T)
    z = np.swapaxes(y, 0, 1)
    z[1] = x[0]
    y[0] -= 0.8
    return as_it_lies(z) + as_it_lies(y) + as_it_lies(np.zeros_like(y) + y)


def picked_by_arrays(x: Any) -> Any:
    y = x[:, [2, 0]]  # the axis of the places is outermost in memory
    z = y.flatten(order="A")
    y[0] = z[:2]
    return as_it_lies(y)


def repeated(x: Any) -> Any:
    y = x.T * 2.0
    z = np.broadcast_to(y, (2, 3, 2))
    y[0] = x[:, 0]
    return as_it_lies(z) + as_it_lies(z[1]) + as_it_lies(np.sin(z))


def with_itself(x: Any) -> Any:
    y = np.sin(x)
    y[::-1] = y
    y[[0, 1, 0], :] = y[[1, 0, 1]]
    y[:, ::-1] += y
    return as_it_lies(y)


def layouts_of_copies(x: Any) -> Any:
    y = x.T * 1.5
    return sum(as_it_lies(y.copy(o)) + as_it_lies(np.copy(y, o)) * 0.5 for o in "CFAK")


PROGRAMS: list[Program] = [
    transposed_and_written,
    raveled_and_written,
    reshaped_by_columns,
    swapped,
    picked_by_arrays,
    repeated,
    with_itself,
    layouts_of_copies,
]
X = np.random.default_rng(0).normal(size=(4, 2, 3))


def slopes(f: Program, x: Any) -> Any:
    """The gradient by complex steps of plain NumPy."""
    found = np.empty(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1e-30j
        found[place] = f(moved).imag / 1e-30
    return found


@pytest.mark.parametrize("f", PROGRAMS)
def test_as_in_numpy(f: Program) -> None:
    np.testing.assert_allclose(f(Tensor(X[0])).item(), f(X[0].copy()))
    np.testing.assert_allclose(grad(f)(X[0]), slopes(f, X[0]))


@pytest.mark.parametrize("f", PROGRAMS)
def test_each_example_is_as_alone(f: Program) -> None:
    expected = np.array([slopes(f, x) for x in X])
    np.testing.assert_allclose(vmap(f)(X.copy()), [f(x.copy()) for x in X])
    np.testing.assert_allclose(vmap(grad(f))(X), expected)
    np.testing.assert_allclose(grad(lambda xs: np.sum(vmap(f)(xs)))(X), expected)
    along = jvp(vmap(f), (X,), (np.ones_like(X),))[1]
    np.testing.assert_allclose(along, expected.sum((1, 2)))
    last = np.moveaxis(X, 0, -1)
    np.testing.assert_allclose(vmap(grad(f), in_axes=-1, out_axes=-1)(last)[..., 1], expected[1])
    pairs = np.stack([X[:2], X[2:]])
    np.testing.assert_allclose(vmap(vmap(grad(f)))(pairs).reshape(X.shape), expected)


def test_what_is_written_into_a_repeated_array_of_a_batch_is_refused() -> None:
    """And is not lost in copies of the examples."""

    def f(x: Any) -> Any:
        y = np.broadcast_to(x.T * 1.5, (2, *x.T.shape))
        np.copyto(y, 2.0)
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only"):
        vmap(grad(f))(X)


def test_writing_into_an_example_writes_into_the_batch() -> None:
    """As a loop over the batch would."""
    batch = Tensor(X)
    value = vmap(lambda x: np.sum(np.multiply(x, x, out=x)[0]))(batch)
    np.testing.assert_allclose(batch.detach(), X**2)
    np.testing.assert_allclose(value.detach(), np.sum(X[:, 0] ** 2, -1))
    result = vmap(lambda x: x.T)(batch)
    result[0] = 1.0  # an array of its own
    np.testing.assert_allclose(batch.detach(), X**2)


@settings(max_examples=200)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_the_order_of_axes_is_that_of_numpy(shape: list[int], random: Any) -> None:
    order = list(range(len(shape)))
    random.shuffle(order)
    array = np.ones(shape).transpose(order)
    array = array[tuple(slice(None, None, random.choice([1, -1, 2])) for _ in shape)]
    array = np.broadcast_to(array, (2, *array.shape)).swapaxes(0, random.randrange(array.ndim + 1))
    found = axes_by_stride(array.shape, array.strides)
    expected = np.positive(array)  # NumPy's own choice for a new array
    long = [i for i in found if array.shape[i] > 1]
    assert long == sorted(long, key=lambda i: -expected.strides[i])
