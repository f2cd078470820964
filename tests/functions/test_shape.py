"""Shapes, axes, layouts: what is reshaped, moved and repeated to a shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, Value, gradients

# ---------------------------------------------------------------- as NumPy's arrays


def test_attributes() -> None:
    array = np.arange(12.0, dtype=np.float32).reshape(2, 2, 3)
    t = Tensor(array)
    np.testing.assert_array_equal(t.mT.detach(), array.mT)
    assert (t.nbytes, t.itemsize, t.strides) == (array.nbytes, array.itemsize, array.strides)
    assert 5.0 in t
    assert 5.5 not in t
    assert [x.item() for x in t.flat] == list(array.flat)
    assert len(t.flat) == 12
    assert t.flat[3:5].detach().tolist() == [3.0, 4.0]
    np.testing.assert_array_equal(t.flat.copy().detach(), array.ravel())


def test_lists_keep_the_graph() -> None:
    t = Tensor([[1.0, 2.0], [3.0, 4.0]])
    (a, b), (c, d) = t.tolist()
    assert gradients(a * b * c * d, [t])[0].tolist() == [[24.0, 12.0], [8.0, 6.0]]
    assert Tensor(2.0).tolist().item() == 2.0


def test_what_is_written_shows_in_views_and_not_in_copies() -> None:
    x = Tensor([1.0, 2.0])
    y = np.zeros_like(x, shape=(2, 3))
    views = [
        np.ravel(y),
        y.mT,
        np.flip(y),
        np.moveaxis(y, 0, 1),
        np.expand_dims(y, 0),
        *np.vsplit(y, 2),
    ]
    copies = [y.flatten(), y.copy(), np.roll(y, 1), np.tile(y, 1), np.repeat(y, 1, 0), np.sort(y)]
    y[0, 1] = x[1]
    assert all(2.0 in view for view in views[:-1])
    assert not any(2.0 in copy for copy in copies)
    np.ravel(y)[5] = x[0] * 7.0
    y.flat[0] = x[0]
    np.rot90(y)[0, 0] = x[1]
    assert y.detach().tolist() == [[1.0, 2.0, 2.0], [0.0, 0.0, 7.0]]
    assert gradients(np.sum(y), [x])[0].tolist() == [8.0, 2.0]


def test_filled_in_place() -> None:
    x = Tensor([1.0, 2.0])
    y = np.zeros_like(x)
    y.fill(x[1])
    assert gradients(np.sum(y), [x])[0].tolist() == [0.0, 2.0]
    with pytest.raises(ValueError, match="fill: one number"):
        y.fill([1.0, 2.0])


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (lambda t: t.view(np.int64), TypeError, "view: the bytes of a Tensor"),
        (lambda t: t.resize(4), TypeError, "resize: a Tensor keeps its shape"),
        (lambda t: t.astype(int), TypeError, "has no gradient"),
        (lambda t: t.astype(np.float32, casting="safe"), TypeError, "casting='safe'"),
        (lambda t: np.squeeze(t, 0), ValueError, "squeeze: the axis 0"),
        (lambda t: np.moveaxis(t, 5, 0), IndexError, "moveaxis"),
        (lambda t: np.swapaxes(t, 0, 5), ValueError, "swapaxes"),
        (lambda t: t.T.reshape(-1, copy=False), ValueError, "copy=False"),
        (lambda t: np.ravel(t, "Z"), ValueError, "ravel: order must be"),
    ],
)
def test_errors(f: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        f(Tensor([[1.0, 2.0], [3.0, 4.0]]))


def test_reshaped_as_it_lies_in_memory() -> None:
    array = np.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    t = Tensor(array)
    np.testing.assert_array_equal(t.reshape(-1, order="A").detach(), array.reshape(-1, order="A"))
    weights = np.arange(6.0)
    (g,) = gradients(np.sum(np.ravel(t, "K") * weights), [t])
    np.testing.assert_array_equal(g, weights.reshape(2, 3, order="F"))


def test_arrays_of_values_are_reshaped() -> None:
    x = Value(2.0)
    array = np.array([[x, 3.0 * x]], dtype=object)
    assert np.squeeze(array)[1].item() == 6.0
    assert np.atleast_2d(x).shape == (1, 1)
    assert gradients(np.sum(np.tile(x, 3)), [x]) == [3.0]
