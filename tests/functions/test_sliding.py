"""Windows that slide over an array, against NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd_lite import Tensor, grad

VIEW: Any = np.lib.stride_tricks.sliding_window_view
CALLS = [((5,), 2, None), ((3, 4), (2, 3), None), ((3, 4), 2, 0), ((2, 5, 3), (2, 2), (-1, 1)),
         ((5,), (2, 3), (0, 0)), ((4,), 4, -1)]  # fmt: skip


@pytest.mark.parametrize(("shape", "window", "axis"), CALLS)
def test_sliding_window_view(shape: tuple[int, ...], window: Any, axis: Any) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = VIEW(x, window, axis)
    found = VIEW(Tensor(x), window, axis=axis)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.detach(), expected)
    weights = np.random.default_rng(1).integers(-4, 5, size=expected.shape).astype(float)
    x = np.round(8 * x.astype(float))
    basis = np.eye(x.size).reshape(-1, *shape)  # the function is linear, and whole numbers exact
    slopes = [np.sum(weights * VIEW(e, window, axis)) for e in basis]
    found = grad(lambda x: np.sum(weights * VIEW(x, window, axis)))(x)
    np.testing.assert_array_equal(found.ravel(), slopes)


@pytest.mark.parametrize(("window", "axis"), [(9, None), ((2, 2), 0), (2, 5)])
def test_windows_that_do_not_fit(window: Any, axis: Any) -> None:
    for x in (np.ones(4), Tensor(np.ones(4))):
        with pytest.raises(ValueError):
            VIEW(x, window, axis)


def test_as_strided_is_refused() -> None:
    # it would read the memory of an array of references by the strides of numbers
    with pytest.raises(TypeError, match="as_strided: reads the memory of plain arrays"):
        np.lib.stride_tricks.as_strided(Tensor(np.ones(3)), (2, 2), (8, 8))  # type: ignore[call-overload]


def test_open_mesh_is_recorded() -> None:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])

    def f(x: Any, y: Any) -> Any:
        rows, columns = np.ix_(x, y)
        return np.sum(rows * columns**2)  # Σx·Σy²

    by_x, by_y = grad(f, (0, 1))(x, y)
    np.testing.assert_array_equal(by_x, [50.0, 50.0])
    np.testing.assert_array_equal(by_y, 6.0 * y)
    np.testing.assert_array_equal(grad(f)(x, y), by_x)
