"""The Fourier transforms, and that nothing of them is loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from linalg_checks import check, derivative, random, single

from autograd_lite import Tensor


def of_a_new_python(program: str) -> str:
    """What a program prints that starts with nothing imported."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["numpy.fft", "autograd_lite.primitives.fft"])
def test_importing_the_package_loads_no_transform(module: str) -> None:
    program = f"import sys, autograd_lite; print({module!r} in sys.modules)"
    assert of_a_new_python(program) == "False"


def test_its_functions_are_found_when_one_is_first_called() -> None:
    program = """
import sys, numpy as np, autograd_lite as al
import numpy.fft
assert "autograd_lite.primitives.fft" not in sys.modules
z = np.fft.fft(al.Tensor([1.0, 2.0]))
assert "autograd_lite.primitives.fft" in sys.modules
print(al.grad(lambda x: np.sum(np.abs(np.fft.rfft(x))))(np.array([2.0, 1.0])).tolist())
"""
    assert of_a_new_python(program) == "[2.0, 0.0]"


# ---------------------------------------------------------------- along one axis

LENGTHS = pytest.mark.parametrize("n", [None, 1, 2, 3, 5, 6])
NORMS = pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
TYPES = pytest.mark.parametrize("dtype", [float, complex])


@TYPES
@NORMS
@LENGTHS
@pytest.mark.parametrize("name", ["fft", "ifft", "irfft", "hfft"])
def test_along_one_axis(name: str, n: Any, norm: Any, dtype: Any) -> None:
    f = getattr(np.fft, name)
    x = random((2, 4), 0, dtype)
    check(lambda x: f(x, n, norm=norm), x)
    check(lambda x: f(x, n=n, axis=0, norm=norm), x.T)
    single(lambda x: f(x, n, -1, norm), x)


@NORMS
@LENGTHS
@pytest.mark.parametrize("name", ["rfft", "ihfft"])
def test_of_real_numbers(name: str, n: Any, norm: Any) -> None:
    f = getattr(np.fft, name)
    x = random((2, 5))
    check(lambda x: f(x, n, norm=norm), x)
    check(lambda x: f(x, n=n, axis=-2, norm=norm), x)
    single(lambda x: f(x, n, -1, norm), x)
    with pytest.raises(TypeError):
        f(Tensor(x + 1j))


# ---------------------------------------------------------------- along several


@TYPES
@NORMS
@pytest.mark.parametrize("name", ["fftn", "ifftn", "fft2", "ifft2", "irfftn", "irfft2"])
def test_along_several_axes(name: str, norm: Any, dtype: Any) -> None:
    f = getattr(np.fft, name)
    x = random((2, 3, 2), 0, dtype)
    check(lambda x: f(x, norm=norm), x, order=1)
    check(lambda x: f(x, axes=(0, 1), norm=norm), x)
    check(lambda x: f(x, (3, 2), (-1, 0), norm), x, order=1)
    check(lambda x: f(x, s=(2, -1), axes=(1, 2), norm=norm), x, order=1)


@NORMS
@pytest.mark.parametrize("name", ["rfftn", "rfft2"])
def test_along_several_axes_of_real_numbers(name: str, norm: Any) -> None:
    f = getattr(np.fft, name)
    x = random((2, 3, 2))
    check(lambda x: f(x, norm=norm), x, order=1)
    check(lambda x: f(x, axes=(0, 1), norm=norm), x)
    check(lambda x: f(x, (3, 4), (-1, 0), norm), x, order=1)
    single(f, x)


@TYPES
@pytest.mark.parametrize("shape", [(4,), (5,), (2, 3), (0,), ()])
@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
def test_shifts(name: str, shape: Any, dtype: Any) -> None:
    f = getattr(np.fft, name)
    x = random(shape, 0, dtype)
    if shape:
        check(f, x)
        check(lambda x: f(x, axes=-1), x)
        check(lambda x: f(x, (0,)), x)


def test_frequencies_are_plain() -> None:
    assert type(np.fft.fftfreq(4, 0.5)) is np.ndarray
    x = np.fft.rfft(Tensor(random((4,)))) * np.fft.rfftfreq(4)
    assert x.dtype == complex


@given(
    n=st.integers(1, 9), points=st.none() | st.integers(1, 9), norm=st.sampled_from(["ortho", None])
)
def test_there_and_back(n: int, points: int | None, norm: Any) -> None:
    x = random((n,), n)
    z = np.fft.ifft(np.fft.fft(Tensor(x), points, norm=norm), norm=norm)
    m = points or n
    expected = np.zeros(m)
    expected[: min(m, n)] = x[:m]
    np.testing.assert_allclose(z.detach(), expected, atol=1e-14)
    back = np.fft.irfft(np.fft.rfft(Tensor(x), points, norm=norm), m, norm=norm)
    np.testing.assert_allclose(back.detach(), expected, atol=1e-14)
    (g,) = derivative(lambda x: np.fft.irfft(np.fft.rfft(x)[: n // 2 + 1], n), [x])
    (one,) = derivative(lambda x: x * 1.0, [x])
    np.testing.assert_allclose(g, one, atol=1e-14)


def test_of_a_convolution() -> None:
    def f(x: Any, kernel: Any) -> Any:
        return np.fft.irfft(np.fft.rfft(x, 8) * np.fft.rfft(kernel, 8), 8)

    check(f, random((6,)), random((3,), 1))


@pytest.mark.parametrize(("f", "kind"), [
    (lambda x: np.fft.fft(x, axis=2), IndexError),
    (lambda x: np.fft.fft(x, 0), ValueError),
    (lambda x: np.fft.fft(x, norm="x"), ValueError),
    (lambda x: np.fft.hfft(x, norm="x"), ValueError),
    (lambda x: np.fft.fftn(x, (2,), (0, 1)), ValueError),
])  # fmt: skip
def test_what_cannot_be(f: Any, kind: Any) -> None:
    with pytest.raises(kind):
        f(Tensor(random((2, 3))))
    with pytest.raises(kind):
        f(random((2, 3)))
