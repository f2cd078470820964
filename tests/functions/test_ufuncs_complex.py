"""Elementwise functions of complex numbers, holomorphic and not: derivatives along the real and the
imaginary direction. The gradient of a real L at x = a + ib is ∂L/∂a − i·∂L/∂b."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from autograd_lite import Tensor, gradients
from autograd_lite.engine.numpy_protocol import FUNCTIONS

Array = npt.NDArray[Any]
STEP = 1e-6


def takes_complex(function: Any) -> bool:
    """Whether it is a ufunc with a loop for complex128, of one result."""
    loops = getattr(function, "types", ())
    return getattr(function, "nout", 2) == 1 and any(
        t.startswith("D" * function.nin) for t in loops
    )


# what orders complex numbers, which NumPy does by the real part and then the imaginary one
ORDERED = {np.maximum, np.minimum, np.fmax, np.fmin}
UFUNCS = [
    f
    for f in FUNCTIONS
    if takes_complex(f) and f not in ORDERED and f.signature is None
    and getattr(np, f.__name__, None) is f  # and not SciPy's, once one was called
]  # fmt: skip
OTHERS: list[Callable[..., Any]] = [np.real, np.imag, np.angle, np.sinc, np.nan_to_num]
NAMED = {f.__name__: f for f in [*UFUNCS, *OTHERS]}


def point(seed: int, size: int = 5) -> Array:
    """Numbers off the axes, where cuts are."""
    rng = np.random.default_rng(seed)
    parts = rng.uniform(0.2, 1.6, (2, size)) * rng.choice([-1.0, 1.0], (2, size))
    return np.asarray(parts[0] + 1j * parts[1])


def weights(y: Any, seed: int) -> Array:
    """What the reverse pass starts from: of the result's shape and kind."""
    c = point(seed, int(np.size(y))).reshape(np.shape(y))
    return c if np.iscomplexobj(y) else c.real


def by_differences(loss: Callable[..., float], xs: list[Array]) -> list[Array]:
    """∂loss/∂a − i·∂loss/∂b for each element a + ib; of real ones, ∂loss/∂a."""
    slopes = []
    for i, x in enumerate(xs):
        slope = np.zeros(x.shape, x.dtype)
        for place in np.ndindex(x.shape):
            for direction in (1.0, 1.0j) if np.iscomplexobj(x) else (1.0,):
                ends = []
                for sign in (1.0, -1.0):
                    moved = x.copy()
                    moved[place] += sign * STEP * direction
                    ends.append(loss(*xs[:i], moved, *xs[i + 1 :]))
                slope[place] += np.conj(direction) * (ends[0] - ends[1]) / (2.0 * STEP)
        slopes.append(slope)
    return slopes


def check(f: Callable[..., Any], xs: list[Array]) -> None:
    """First and second order: L = Re Σ c·f, and then Re Σ d·(the gradient of L)."""
    c = weights(f(*xs), 7)

    def gradient(*points: Any) -> list[Any]:
        return gradients(f(*points), list(points), c, record=True)

    def first(*points: Array) -> float:
        return float(np.sum(np.real(c * f(*points))))

    def second(*points: Array) -> float:
        found = gradient(*map(Tensor, points))
        return sum(
            float(np.sum(np.real(weights(g.detach(), i) * g.detach()))) for i, g in enumerate(found)
        )

    ts = [Tensor(x) for x in xs]
    found = gradient(*ts)
    for g, t, e in zip(found, ts, by_differences(first, xs), strict=True):
        assert g.dtype == t.dtype
        np.testing.assert_allclose(g.detach(), e, rtol=1e-6, atol=1e-7)
    total = sum(
        np.real(np.sum(weights(g.detach(), i) * g))
        for i, g in enumerate(found)
        if isinstance(g, Tensor)
    )
    if isinstance(total, Tensor):
        for g, e in zip(gradients(total, ts), by_differences(second, xs), strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMED)
def test_derivatives_along_both_directions(name: str) -> None:
    f = NAMED[name]
    check(f, [point(i) for i in range(getattr(f, "nin", 1))])


@pytest.mark.parametrize("name", [name for name, f in NAMED.items() if getattr(f, "nin", 1) == 2])
def test_real_and_complex_operands_together(name: str) -> None:
    f = NAMED[name]
    check(f, [point(1).real, point(2)])
    check(f, [point(3), point(4).real])


@pytest.mark.parametrize("name", NAMED)
def test_complex64_stays_in_single_precision(name: str) -> None:
    f = NAMED[name]
    if f is np.float_power:
        pytest.skip("NumPy computes it in double precision")
    xs = [point(i).astype(np.complex64) for i in range(getattr(f, "nin", 1))]
    ts = [Tensor(x) for x in xs]
    y = f(*ts)
    assert y.dtype == f(*xs).dtype
    for g in gradients(y, ts, weights(y.detach(), 3).astype(y.dtype)):
        assert g.dtype == np.complex64
        assert np.isfinite(g).all()


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (lambda x: np.abs(x) ** 2, 2.0 * np.conj(3.0 + 4.0j)),
        (np.abs, (3.0 - 4.0j) / 5.0),
        (lambda x: np.real(x * x), 2.0 * (3.0 + 4.0j)),
        (lambda x: np.imag(x), -1.0j),
        (lambda x: (x * np.conj(x)).real, 2.0 * (3.0 - 4.0j)),
        (lambda x: x.real * x.imag, 4.0 - 3.0j),
        (lambda x: (x.conj() * x.conjugate()).real, 2.0 * (3.0 + 4.0j)),
        (lambda x: np.angle(x), (-4.0 - 3.0j) / 25.0),
        (lambda x: np.angle(x, deg=True), (-4.0 - 3.0j) / 25.0 * 180.0 / np.pi),
    ],
)
def test_known_gradients(f: Callable[[Any], Any], gradient: complex) -> None:
    x = Tensor(np.array(3.0 + 4.0j))
    (found,) = gradients(f(x), [x])
    assert found == pytest.approx(gradient, rel=1e-14)


def test_at_0_the_absolute_value_and_the_direction_have_the_gradient_0() -> None:
    x = Tensor(np.array([0.0j, 1.0j]))
    assert gradients(np.abs(x), [x], np.ones(2))[0].tolist() == [0.0, -1.0j]
    assert gradients(np.sign(x), [x], np.ones(2) * 1j)[0].tolist() == [0.0, 0.0]
    assert gradients(np.sign(x), [x], np.ones(2))[0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("x", [2.0, -3.0])
def test_parts_of_real_numbers(x: float) -> None:
    t = Tensor([x])
    assert np.real(t).detach().tolist() == [x]
    assert np.imag(t).detach().tolist() == [0.0]
    assert np.conj(t).detach().tolist() == [x]
    assert np.angle(t).detach().tolist() == np.angle([x]).tolist()
    assert gradients(np.sum(np.real(t) + np.imag(t) + np.conj(t)), [t])[0].tolist() == [2.0]


def test_a_negative_base_has_complex_powers() -> None:
    x, y = Tensor([-2.0]), Tensor(np.array([0.5 + 0.25j]))
    check(lambda a, b: np.power(a, b), [x.detach().copy(), y.detach().copy()])


def test_nan_to_num_replaces_parts() -> None:
    x = Tensor(np.array([complex(1.0, np.nan), complex(np.inf, 2.0)]))
    y = np.nan_to_num(x, posinf=9.0)
    assert y.detach().tolist() == [1.0 + 0.0j, 9.0 + 2.0j]
    assert gradients(y, [x], np.array([1.0, 1.0j]))[0].tolist() == [1.0, 1.0j]


def test_real_if_close() -> None:
    x = Tensor(np.array([2.0 + 1e-15j]))
    y = np.real_if_close(x)
    assert y.dtype == np.float64
    assert gradients(y, [x], np.ones(1))[0].tolist() == [1.0]
    assert np.real_if_close(Tensor(np.array([2.0 + 1.0j]))).dtype == np.complex128
