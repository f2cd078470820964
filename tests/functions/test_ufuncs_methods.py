"""The methods of NumPy's ufuncs on variables: reduce, accumulate, reduceat, outer; not at."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import Tensor, Value, gradients, numerical_gradient
from autograd_lite.engine.numpy_protocol import FUNCTIONS

UFUNCS = {
    f.__name__: f
    for f in FUNCTIONS
    if isinstance(f, np.ufunc)
    and (f.nin, f.nout, f.signature) == (2, 1, None)
    and getattr(np, f.__name__, None) is f  # and not SciPy's, once one was called
}
NAMES = [name for name, f in UFUNCS.items() if "dd->d" in f.types]
# of which some builds of NumPy give the first element and the last alone, combined
FOLDED_WRONGLY = {"power", "arctan2"}
SHAPES = [(3,), (1,), (2, 3), (4, 2), (2, 3, 2), (5,)]


def array(seed: int, shape: tuple[int, ...]) -> Any:
    """Numbers between ½ and 2, none twice."""
    rng = np.random.default_rng(seed)
    n = int(np.prod(shape))
    return rng.permutation(np.linspace(0.5, 2.0, n + 2)[1:-1]).reshape(shape)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """An array and options of `reduce`."""
    shape = draw(st.sampled_from(SHAPES))
    axes = st.integers(-len(shape), len(shape) - 1)
    several = st.just(None) | st.just(()) | st.just(tuple(range(len(shape))))
    options = {
        "axis": draw(axes | several),
        "keepdims": draw(st.booleans()),
        "initial": draw(st.sampled_from([None, 0.75])),
        "where": draw(st.just(True) | st.just(array(1, shape) > 1.0)),
        "dtype": draw(st.sampled_from([None, np.float64])),
    }
    kept = draw(st.sets(st.sampled_from(sorted(options))))
    return array(draw(st.integers(0, 9)), shape), {k: x for k, x in options.items() if k in kept}


def outcome(f: Callable[[], Any]) -> Any:
    try:
        return f()
    except (ValueError, TypeError) as error:
        return error


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FOLDED_WRONGLY])
@given(call=calls())
def test_reduce(name: str, call: Any) -> None:
    ufunc, (x, options) = UFUNCS[name], call
    expected = outcome(lambda: ufunc.reduce(x, **options))
    t = Tensor(x)
    found = outcome(lambda: ufunc.reduce(t, **options))
    if isinstance(expected, Exception):
        assert type(found) is type(expected)
        return
    assert found.shape == np.shape(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", sorted(FOLDED_WRONGLY))
def test_one_after_another(name: str) -> None:
    x, ufunc = array(2, (4, 3)), UFUNCS[name]
    expected = functools.reduce(ufunc, x)
    np.testing.assert_allclose(ufunc.reduce(Tensor(x)).detach(), expected, rtol=1e-14)
    np.testing.assert_allclose(ufunc.accumulate(Tensor(x)).detach()[-1], expected, rtol=1e-14)
    np.testing.assert_allclose(
        ufunc.reduceat(Tensor(x), [1])[0].detach(), functools.reduce(ufunc, x[1:]), rtol=1e-14
    )


SMOOTH = ("add", "subtract", "multiply", "divide", "power", "logaddexp", "hypot", "maximum", "fmin")


@pytest.mark.parametrize("method", ["reduce", "accumulate"])
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives(name: str, axis: int, method: str) -> None:
    x = array(3, (3, 2))
    f = getattr(UFUNCS[name], method)
    c = array(4, np.shape(f(x, axis=axis)))

    def first(y: Any) -> float:
        return float(np.sum(c * f(Tensor(y), axis=axis).detach()))

    def gradient(t: Any) -> Any:
        return gradients(np.sum(c * f(t, axis=axis) ** 2), [t], record=True)[0]

    t = Tensor(x)
    (found,) = gradients(np.sum(c * f(t, axis=axis)), [t])
    np.testing.assert_allclose(found, numerical_gradient(first, x), rtol=1e-6, atol=1e-8)
    (second,) = gradients(np.sum(c.flat[0] * gradient(t)), [t])
    expected = numerical_gradient(
        lambda y: float(np.sum(c.flat[0] * gradient(Tensor(y)).detach())), x
    )
    np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FOLDED_WRONGLY])
@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 3, 2)])
def test_accumulate_reduceat_and_outer(name: str, shape: tuple[int, ...]) -> None:
    ufunc, x = UFUNCS[name], array(5, shape)
    other = np.array([0.7, 1.3])
    for axis in (0, -1):
        for dtype in (None, np.float32) if "ff->f" in ufunc.types else (None,):
            found = ufunc.accumulate(Tensor(x), axis=axis, dtype=dtype)
            expected = ufunc.accumulate(x, axis=axis, dtype=dtype)
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(
                found.detach(), expected, rtol=1e-13 if dtype is None else 1e-4
            )
        places = [0, 1, 0, 0]
        found = ufunc.reduceat(Tensor(x), places, axis)
        np.testing.assert_allclose(found.detach(), ufunc.reduceat(x, places, axis), rtol=1e-13)
    found = ufunc.outer(Tensor(x), other)
    np.testing.assert_allclose(found.detach(), ufunc.outer(x, other), rtol=1e-13)


def test_segments_get_their_gradients() -> None:
    t = Tensor([1.0, 2.0, 3.0, 4.0])
    y = np.multiply.reduceat(t, [0, 2])
    assert y.detach().tolist() == [2.0, 12.0]
    assert gradients(np.sum(y), [t])[0].tolist() == [2.0, 1.0, 4.0, 3.0]


def test_a_declared_reduction_stands_for_its_ufunc() -> None:
    t = Tensor(array(1, (2, 3)))
    assert np.add.reduce(t).primitive is np.sum(t, axis=0).primitive
    assert np.maximum.reduce(t, axis=None).primitive is np.max(t).primitive


def test_ties_share_where_the_reduction_is_declared() -> None:
    t = Tensor([2.0, 1.0, 2.0, 2.0, 2.0])
    assert gradients(np.maximum.reduce(t), [t])[0].tolist() == [0.25, 0.0, 0.25, 0.25, 0.25]


def test_of_nothing() -> None:
    empty = Tensor(np.zeros((0, 2)))
    assert np.add.reduce(empty).detach().tolist() == [0.0, 0.0]
    assert np.hypot.reduce(empty, axis=0, keepdims=True).shape == (1, 2)
    assert np.maximum.reduce(empty, initial=3.0).detach().tolist() == [3.0, 3.0]
    assert np.subtract.accumulate(empty).shape == (0, 2)
    with pytest.raises(ValueError, match=r"^np\.fmax\.reduce: .* no elements: give initial"):
        np.fmax.reduce(empty)


def test_initial_may_be_a_variable() -> None:
    t, start = Tensor([2.0, 3.0]), Tensor(5.0)
    y = np.multiply.reduce(t, initial=start)
    assert [g.tolist() for g in gradients(y, [t, start])] == [[15.0, 10.0], 6.0]
    y = np.divide.reduce(t, initial=start)
    assert gradients(y, [start])[0] == pytest.approx(1.0 / 6.0)


def test_numbers() -> None:
    x = Value(2.0)
    assert np.add.reduce(x) is x
    assert np.add.reduce([x, x, 1.0]).data == 5.0
    assert np.multiply.reduce(np.array([x, Value(3.0)])).data == 6.0
    with pytest.raises(TypeError, match=r"^np\.add\.accumulate: a number has no axis"):
        np.add.accumulate(x)


@pytest.mark.parametrize(
    ("f", "kind", "message"),
    [
        (lambda t: np.subtract.reduce(t, axis=(0, 1)), ValueError, "order matters"),
        (lambda t: np.add.reduce(t, axis=2), np.exceptions.AxisError, "axis 2"),
        (lambda t: np.add.reduce(t, out=np.ones(2)), TypeError, "cannot be written"),
        (lambda t: np.add.reduceat(t, [0, 2]), IndexError, "no|not one"),
        (lambda t: np.maximum.reduce(t, where=[True, False]), ValueError, "give initial"),
        (lambda t: np.exp.reduce(t), ValueError, "reduce only supported"),
        (lambda t: np.divmod.reduce(t), ValueError, "reduce only supported"),
    ],
)
def test_what_is_refused(f: Callable[[Any], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        f(Tensor([[1.0, 2.0], [3.0, 4.0]]))
