"""Derivatives of incomplete integrals by their parameters, against 60 digits of mpmath."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special as sc
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Tensor, Value, grad, numerical_gradient
from autograd_lite.scipy import log_moments, stats

# a, x, ∂P/∂a, ∂²P/∂a²
GAMMA = [
    (0.001, 0.3, -0.90599895155728127, -0.32058030481623864),
    (0.5, 1e-6, -0.015630304114240564, 0.21545617754351325),
    (0.5, 4.0, -0.016565975346630366, -0.035713803454631943),
    (2.0, 1.0, -0.2761960457028348, 0.20511882229077995),
    (2.0, 7.0, -0.012138651385307184, -0.015606114839820524),
    (2.0, 80.0, -5.8064049751603405e-33, -2.2118907888518061e-32),
    (50.0, 10.0, -3.0122838572522887e-19, 4.8559375626201202e-19),
    (50.0, 50.0, -0.056513127523360551, 1.889851704371531e-6),
    (50.0, 90.0, -1.0235507304877574e-6, -6.0259555608043576e-7),
    (1000.0, 1100.0, -0.00011048987784079389, -1.0531678471574555e-5),
    (30.0, 1.0, -4.8994808829848469e-33, 1.6703676048908486e-32),
]
# a, b, x, ∂I/∂a, ∂I/∂b, ∂²I/∂a∂b
BETA = [
    (0.5, 0.5, 0.1, -0.59262002214337939, 0.27681552435835125, -0.47342123086420335),
    (1.5, 2.5, 0.3, -0.30755699513052623, 0.15116264414909963, -0.019342609201049174),
    (1.5, 2.5, 0.9999, -2.4843708859765283e-10, 1.845089100313821e-9, 2.1923737590432378e-9),
    (200.0, 3.0, 0.9, -1.5016760205890088e-8, 3.3391119219782751e-7, -3.1279005474125756e-8),
    (0.01, 5.0, 0.2, -0.22001431218277548, 0.00080879152655628322, 0.081165655943436219),
    (30.0, 40.0, 0.45, -0.050677746754230963, 0.039640633360788508, 0.0020312597567523874),
    (30.0, 40.0, 0.9, -9.1444581368176201e-23, 2.1388408148779292e-22, 1.5963133737293626e-22),
    (1000.0, 1000.0, 0.5, -0.0089224793360001417, 0.0089224793360001417, 0.0),
]
# df, t, ∂F/∂df, ∂²F/∂df²
STUDENT = [
    (3.0, 0.5, 0.0052990927300301798, -0.0032302304530555873),
    (3.0, -2.0, -0.015255481525655007, 0.0095344259669341942),
    (0.7, 5.0, 0.16793871078883882, -0.37558666526828515),
    (30.0, -8.0, -7.5728959874245065e-10, 2.0876810665453919e-10),
    (200.0, 1.0, 3.0170630349375702e-6, -3.0132728144365803e-8),
]


CLOSE = {"rel": 1e-10, "abs": 1e-15}


@pytest.mark.parametrize(("a", "x", "first", "second"), GAMMA)
def test_the_incomplete_gamma_function(a: float, x: float, first: float, second: float) -> None:
    close = {"rel": 1e-10, "abs": 0.0}  # far in the tails, too
    slope = grad(lambda a: sc.gammainc(a, x))
    assert slope(a) == pytest.approx(first, **close)
    assert grad(lambda a: sc.gammaincc(a, x))(a) == pytest.approx(-first, **close)
    assert grad(slope)(a) == pytest.approx(second, rel=1e-9, abs=1e-15)
    if 1e-9 < sc.gammainc(a, x) < 0.999:
        y = sc.gammainc(a, x)
        inverse = grad(lambda a: sc.gammaincinv(a, y))(a)
        assert inverse == pytest.approx(-first / log_moments.gamma_density(a, x), rel=1e-8)


@pytest.mark.parametrize(("a", "b", "x", "by_a", "by_b", "mixed"), BETA)
def test_the_incomplete_beta_function(
    a: float, b: float, x: float, by_a: float, by_b: float, mixed: float
) -> None:
    close = {"rel": 1e-10, "abs": 0.0}
    assert grad(lambda a: sc.betainc(a, b, x))(a) == pytest.approx(by_a, **close)
    assert grad(lambda b: sc.betainc(a, b, x))(b) == pytest.approx(by_b, **close)
    second = grad(lambda b: grad(lambda a: sc.betainc(a, b, x))(a))(b)
    assert second == pytest.approx(mixed, rel=1e-8, abs=1e-15)


@pytest.mark.parametrize(("df", "t", "first", "second"), STUDENT)
def test_students_distribution(df: float, t: float, first: float, second: float) -> None:
    slope = grad(lambda df: sc.stdtr(df, t))
    assert slope(df) == pytest.approx(first, rel=1e-9)
    assert grad(slope)(df) == pytest.approx(second, rel=1e-8)
    p = sc.stdtr(df, t)
    density = grad(lambda t: sc.stdtr(df, t))(t)
    assert grad(lambda df: sc.stdtrit(df, p))(df) == pytest.approx(-first / density, rel=1e-6)


@given(st.floats(0.05, 200.0), st.floats(-3.0, 3.0))
def test_both_sides_agree_where_they_meet(a: float, away: float) -> None:
    """What is computed from below and from above differs by what holds of the whole."""
    x = max(a, 1.0)
    below, above = np.nextafter(x, 0.0), np.nextafter(x, 2.0 * x)
    moments = [log_moments.gamma_log_moment(n, a, v) for v in (below, above) for n in (1, 2)]
    assert moments[:2] == pytest.approx(moments[2:], rel=1e-9, abs=1e-13)
    b = a * np.exp(away)
    middle = a / (a + b)
    around = [np.nextafter(middle, 0.0), np.nextafter(middle, 1.0)]
    for m, n in ((1, 0), (0, 1), (2, 1)):
        one, other = (log_moments.beta_log_moment(m, n, a, b, v) for v in around)
        assert one == pytest.approx(other, rel=1e-8, abs=1e-11)


def test_at_the_ends_and_of_other_kinds() -> None:
    slope = grad(lambda a: sc.gammainc(a, np.array([0.0, np.inf])).sum())
    assert slope(2.0) == grad(slope)(2.0) == 0.0
    assert grad(lambda a: sc.betainc(a, 2.0, np.array([0.0, 1.0])).sum())(2.0) == 0.0
    assert grad(lambda df: sc.stdtr(df, 0.0))(3.0) == 0.0
    a = Tensor(np.array([1.0, 2.0], np.float32))
    z = sc.gammainc(a, 1.5)
    z.sum().backward()
    assert a.grad is not None
    assert z.dtype == a.grad.dtype == np.float32
    v = Value(2.0)
    sc.gammainc(v, 1.0).backward()
    assert v.grad == grad(lambda a: sc.gammainc(a, 1.0))(np.array(2.0))
    many = np.linspace(0.1, 9.0, 5000)
    whole = grad(lambda a: sc.gammainc(a, 2.0).sum())(many)
    assert whole[4500] == pytest.approx(grad(lambda a: sc.gammainc(a, 2.0))(many[4500]))
    assert grad(lambda a: sc.gammainc(a, np.ones((0, 2))).sum())(1.0) == 0.0


@pytest.mark.parametrize("which", ["cdf", "sf", "logcdf", "logsf"])
@pytest.mark.parametrize(
    ("name", "x", "shape"),
    [("gamma", 1.7, [2.3]), ("chi2", 1.7, [3.1]), ("beta", 0.3, [2.0, 0.7]), ("t", -1.2, [4.0]),
     ("nbinom", 3, [2.5, 0.4])],
)  # fmt: skip
def test_distributions_by_their_shapes(which: str, name: str, x: float, shape: list[float]) -> None:
    method = getattr(getattr(stats, name), which)
    for i in range(len(shape)):

        def f(s: Any, i: int = i) -> Any:
            return method(x, *(s if i == j else p for j, p in enumerate(shape)))

        assert grad(f)(shape[i]) == pytest.approx(numerical_gradient(f, shape[i]), rel=1e-6)
