"""SciPy's functions that no variable gets through say so by name, and name what does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.sparse
import scipy.sparse.linalg
import scipy.spatial
import scipy.special
import scipy.stats

from autograd_lite import Tensor, Value, gradients
from autograd_lite.engine.asked import _ARITHMETIC_ALONE

t, v = Tensor([1.0, 2.0, 3.0]), Value(2.0)
m = Tensor([[4.0, 1.0], [1.0, 3.0]])

OURS: list[tuple[str, Callable[[], Any]]] = [
    ("linalg.expm", lambda: scipy.linalg.expm(m)),
    ("linalg.cholesky", lambda: scipy.linalg.cholesky(m, lower=True)),
    ("linalg.solve", lambda: scipy.linalg.solve(m, np.ones(2))),
    ("linalg.solve_banded", lambda: scipy.linalg.solve_banded((1, 1), np.ones((3, 3)), t)),
    ("stats.norm.logpdf", lambda: scipy.stats.norm.logpdf(t)),
    ("stats.norm.logpdf", lambda: scipy.stats.norm.logpdf(1.0, v)),
    ("stats.norm.logpdf", lambda: scipy.stats.norm.logpdf([v, 1.0])),
    ("stats.norm.pdf", lambda: scipy.stats.norm(v, 1.0).pdf(1.0)),
    ("stats.gamma.cdf", lambda: scipy.stats.gamma.cdf(t, 2.0)),
    ("stats.multivariate_normal.pdf", lambda: scipy.stats.multivariate_normal.pdf([0, 0], cov=m)),
    ("special.logsumexp", lambda: scipy.special.logsumexp(t)),
    ("special.logsumexp", lambda: scipy.special.logsumexp([v, 2.0 * v])),
    ("special.log_softmax", lambda: scipy.special.log_softmax(t)),
    ("special.polygamma", lambda: scipy.special.polygamma(1, t)),
    ("signal.fftconvolve", lambda: scipy.signal.fftconvolve(t, np.ones(2))),
    ("fft.fft", lambda: scipy.fft.fft(t)),
    ("fft.dct", lambda: scipy.fft.dct(t)),
    ("optimize.minimize", lambda: scipy.optimize.minimize(lambda x: (x**2).sum(), t)),
    ("optimize.root", lambda: scipy.optimize.root(lambda x: x, t)),
    ("integrate.odeint", lambda: scipy.integrate.odeint(lambda y, s: -v * y, 1.0, [0, 1])),
    ("integrate.quad", lambda: scipy.integrate.quad(lambda t: t * v, 0.0, 1.0)),
    ("sparse.spsolve", lambda: scipy.sparse.linalg.spsolve(scipy.sparse.csc_array(np.eye(3)), t)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "call"), OURS, ids=[f"{i}-{x}" for i, (x, _) in enumerate(OURS)])
def test_the_function_here_with_the_same_name_is_named(name: str, call: Any) -> None:
    theirs = name.replace("sparse.", "sparse.linalg.")
    with pytest.raises(TypeError, match=rf"^scipy\.{theirs}: .*autograd_lite\.scipy\.{name} takes"):
        call()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: scipy.linalg.svd(m), r"scipy\.linalg\.svd: .*np\.linalg\.svd takes it"),
        (lambda: scipy.linalg.solve_toeplitz(t, t), r"nearest .*autograd_lite.scipy.linalg.solve"),
        (lambda: scipy.stats.pareto.logpdf(t, 1.0), r"scipy\.stats\.pareto\.logpdf: .*no rule"),
        (lambda: scipy.stats.zscore(t), r"scipy\.stats\.zscore: .*no rule"),
        (lambda: scipy.interpolate.CubicSpline(np.arange(3), t), r"interpolate\.CubicSpline:"),
        (lambda: scipy.interpolate.CubicSpline(np.arange(3), np.ones(3))(t), r"CubicSpline: a Ten"),
        (lambda: scipy.ndimage.distance_transform_cdt(t), r"ndimage\.distance_transform_cdt: a"),
        (lambda: scipy.spatial.distance.cdist(m, m), r"scipy\.spatial\.distance\.cdist: a Tensor"),
        (lambda: scipy.signal.lfilter([1.0], [1.0], t), r"scipy\.signal\.lfilter: a Tensor"),
        (lambda: scipy.integrate.quad(np.sin, 0.0, v), r"scipy\.integrate\.quad: a Value"),
        (lambda: scipy.sparse.csr_array(np.eye(3)) * t, r"A @ x and x @ A"),
        (lambda: t * scipy.sparse.csr_array(np.eye(3)), r"A @ x and x @ A"),
    ],
)  # fmt: skip
def test_others_are_named_with_what_comes_near(call: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        call()


def test_the_cause_is_told_where_scipy_puts_its_own_words_on_top() -> None:
    with pytest.raises(ValueError, match="scalar") as refused:
        scipy.optimize.minimize(lambda x: ((x - v) ** 2).sum(), np.zeros(1))
    assert "autograd_lite.scipy.optimize.minimize takes it" in str(refused.value.__cause__)


def test_a_function_that_scipy_calls_may_make_arrays_of_variables() -> None:
    def f(x: Any) -> float:
        y = np.asarray(Tensor(x)) * v
        return float(sum(y).item() ** 2)  # type: ignore[arg-type]

    assert scipy.optimize.minimize(f, np.ones(2)).fun == pytest.approx(0.0, abs=1e-8)


WORKS: dict[str, Callable[[], Any]] = {
    "integrate.simpson": lambda: scipy.integrate.simpson(t),
    "linalg.block_diag": lambda: scipy.linalg.block_diag(m, m),
    "linalg.norm": lambda: scipy.linalg.norm(t),
    "linalg.toeplitz": lambda: scipy.linalg.toeplitz(t),
    "optimize.rosen": lambda: scipy.optimize.rosen(t),
    "signal.convolve": lambda: scipy.signal.convolve(t, np.ones(2)),
    "special.softmax": lambda: scipy.special.softmax(t),
    "stats.gmean": lambda: scipy.stats.gmean(m),
}


@pytest.mark.parametrize("name", WORKS)
def test_what_only_adds_and_multiplies_goes_on_working(name: str) -> None:
    part, _, function = name.rpartition(".")
    assert function in _ARITHMETIC_ALONE[part]
    z = WORKS[name]()
    total = np.ravel(np.asarray(z))[0]
    assert any(np.any(g) for g in gradients(total, [t, m]))


def test_what_is_excepted_is_scipys() -> None:
    for part, names in _ARITHMETIC_ALONE.items():
        module = scipy
        for step in part.split("."):
            module = getattr(module, step)
        assert not [name for name in names if not hasattr(module, name)], part
