"""Distributions: SciPy's values in the middle, in the tails and at the ends, and derivatives."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.stats
from primitive_checks import compare

from autograd_lite import Tensor, Value, grad, gradients, numerical_gradient
from autograd_lite.scipy import stats
from autograd_lite.testing.calls import cotangent

CONTINUOUS: dict[str, tuple[float, ...]] = {
    "norm": (),
    "lognorm": (0.8,),
    "t": (3.5,),
    "gamma": (2.5,),
    "chi2": (3.0,),
    "beta": (1.5, 2.5),
    "expon": (),
    "weibull_min": (1.7,),
    "laplace": (),
    "logistic": (),
    "uniform": (),
    "cauchy": (),
}
DISCRETE: dict[str, tuple[float, ...]] = {
    "poisson": (2.5,),
    "binom": (4, 0.3),
    "bernoulli": (0.3,),
    "geom": (0.4,),
    "nbinom": (2.5, 0.4),
}
"""The parameters that they are tested with, by SciPy's name."""

METHODS = ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf")
NO_RULE = {"gamma", "chi2", "beta", "t", "nbinom"}
"""Those whose distribution function cannot be differentiated by their shapes."""


def scipys(name: str, method: str, *args: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return getattr(getattr(scipy.stats, name), method)(*args)


def ours(name: str, method: str, *args: Any) -> Any:
    with np.errstate(all="ignore"):
        return getattr(getattr(stats, name), method)(*args)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_values_are_scipys(name: str, method: str) -> None:
    shapes = CONTINUOUS[name]
    x = np.array([-np.inf, -40.0, -3.0, -1.0, -1e-3, 0.0, 1e-3, 0.3, 0.5, 1.0, 1.7, 5.0, 30.0,
                  np.inf, np.nan])  # fmt: skip
    small = 1e-15 if method.startswith("log") else 1e-300  # of 1 − ε
    for loc, scale in ((0, 1), (0.3, 2.0), (0.0, -1.0)):
        expected = scipys(name, method, x, *shapes, loc, scale)
        found = ours(name, method, Tensor(x), *shapes, loc, scale).detach()
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=small, err_msg=f"{x}")
        for i, one in enumerate(x):  # numbers, and Values
            plain = ours(name, method, float(one), *shapes, loc, scale)
            np.testing.assert_allclose(plain, expected[i], rtol=1e-9, atol=small)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_derivatives(name: str, method: str) -> None:
    """By x, and by every parameter that has a rule, of first and second order."""
    x = np.array([0.35, 0.6, 0.82])
    shapes = list(CONTINUOUS[name])
    fixed = len(shapes) if name in NO_RULE and "pdf" not in method else 0
    given = [x, *(np.array([v, v + 0.3, v + 0.1]) for v in shapes), np.array(0.05), np.array(1.3)]
    places = [i for i in range(len(given)) if not 0 < i <= fixed]
    weights = cotangent((3,))

    def total(values: list[Any]) -> Any:
        return (ours(name, method, *values) * weights).sum()

    def first(values: list[Any], record: bool = False) -> list[Any]:
        tensors = [Tensor(v) if i in places else v for i, v in enumerate(values)]
        wanted = [tensors[i] for i in places]
        return gradients(total(tensors), wanted, record=record), wanted

    def by_differences(f: Any) -> list[Any]:
        return [
            np.asarray(numerical_gradient(
                lambda v, i=i: f([*given[:i], np.asarray(v), *given[i + 1 :]]), given[i], 6e-6
            ))
            for i in places
        ]  # fmt: skip

    compare(f"{name}.{method}", first(given)[0], by_differences(total))
    found, wanted = first(given, record=True)
    moments = [cotangent(np.shape(given[i]), 5 + i) for i in places]
    scalar = sum((g * m).sum() for g, m in zip(found, moments, strict=True))
    expected = by_differences(
        lambda v: sum(float(np.sum(g * m)) for g, m in zip(first(v)[0], moments, strict=True))
    )
    second = gradients(scalar, wanted)
    for a, e in zip(second, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_float32_stays_float32(name: str) -> None:
    x = Tensor(np.array([0.3, 0.5], np.float32))
    for method in METHODS:
        z = ours(name, method, x, *CONTINUOUS[name], 0.1, 1.5)
        assert z.dtype == np.float32, method
        assert gradients(z.sum(), [x])[0].dtype == np.float32


@pytest.mark.parametrize("name", CONTINUOUS)
def test_nothing_flows_back_from_outside_of_the_support(name: str) -> None:
    """Nor from a scale that is impossible: zeros, never nan."""
    low, high = getattr(stats, name).support
    x = Tensor(np.array([v for v in (low - 1.0, high + 1.0) if np.isfinite(v)] or [0.0]))
    outside = np.isfinite(low)
    parameters = [Tensor(v) for v in (*CONTINUOUS[name], 0.0, 1.0 if outside else -1.0)]
    for method in METHODS:
        shapes = [p if method[-3:] == "pdf" or name not in NO_RULE else p.detach()
                  for p in parameters[:-2]]  # fmt: skip
        z = ours(name, method, x, *shapes, *parameters[-2:])
        for g in gradients(z, [x, *parameters], np.ones(z.shape)):
            np.testing.assert_array_equal(g, np.zeros_like(g), err_msg=method)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_nothing_is_computed_outside_of_the_support(name: str) -> None:
    """No warning of a logarithm of what is negative, as SciPy gives none."""
    with np.errstate(invalid="raise", divide="raise"):
        for method in METHODS:
            x = Tensor([-2.0, 3.0, np.nan])
            z = getattr(getattr(stats, name), method)(x, *CONTINUOUS[name])
            gradients(z, [x], np.ones(3))


def test_the_tails_have_gradients() -> None:
    for x in (-1e3, -1e5):
        assert grad(stats.norm.logcdf)(x) == pytest.approx(-x, rel=1e-5)
    assert grad(stats.norm.logsf)(1e4) == pytest.approx(-1e4, rel=1e-5)
    assert grad(stats.expon.logcdf)(1e-12) == pytest.approx(1e12, rel=1e-9)
    assert grad(stats.logistic.logpdf)(800.0) == -1.0
    assert grad(stats.laplace.logcdf)(-800.0) == 1.0


# ---------------------------------------------------------------- whole numbers


@pytest.mark.parametrize("method", ["logpmf", "pmf", "cdf", "sf", "logcdf", "logsf"])
@pytest.mark.parametrize("name", DISCRETE)
def test_counts(name: str, method: str) -> None:
    k = np.array([-1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 7.0])
    shapes = DISCRETE[name]
    for loc in (0, 1):
        expected = scipys(name, method, k, *shapes, loc)
        found = ours(name, method, k, *shapes[:-1], Tensor(shapes[-1]), loc)
        np.testing.assert_allclose(found.detach(), expected, rtol=1e-9, atol=1e-13)
    p = Tensor(shapes[-1])
    z = ours(name, method, np.array([1, 2]), *shapes[:-1], p)
    finite = np.where(np.isfinite(z.detach()), 1.0, 0.0)
    expected = numerical_gradient(
        lambda p: np.sum(
            finite * np.nan_to_num(ours(name, method, np.array([1, 2]), *shapes[:-1], p))
        ),
        shapes[-1],
    )
    compare(name, gradients(z, [p], finite), [np.asarray(expected)])


def test_a_count_is_no_variable() -> None:
    with pytest.raises(TypeError, match="poisson: k counts"):
        stats.poisson.logpmf(Tensor([1.0]), 2.0)


def test_no_events_of_rate_0() -> None:
    assert grad(lambda mu: stats.poisson.logpmf(0, mu))(0.0) == -1.0
    assert stats.poisson.logpmf(0, 0.0) == 0.0


# ---------------------------------------------------------------- vectors


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_multivariate_normal(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x, mean, root = rng.normal(size=(*shape, 3)), rng.normal(size=3), rng.normal(size=(3, 3))
    cov = root @ root.T + np.eye(3)
    given = (x, mean, cov)
    tensors = [Tensor(v) for v in given]
    z = stats.multivariate_normal.logpdf(*tensors)
    np.testing.assert_allclose(z.detach(), scipy.stats.multivariate_normal.logpdf(*given))
    found = gradients(z.sum(), tensors)
    found[2] = found[2] + found[2].T  # only one triangle of Σ is read
    found[2][np.diag_indices(3)] /= 2

    def moved(i: int, v: Any) -> float:
        values = [*given]
        values[i] = v if i < 2 else np.tril(v) + np.tril(v, -1).T
        return float(np.sum(scipy.stats.multivariate_normal.logpdf(*values)))

    expected = [
        np.asarray(numerical_gradient(lambda v, i=i: moved(i, v), given[i])) for i in (0, 1, 2)
    ]
    expected[2] = np.tril(expected[2]) + np.tril(expected[2], -1).T
    compare("multivariate_normal", found, expected)


def test_multivariate_normal_with_a_singular_covariance() -> None:
    """Against SciPy, by a factor B of Σ = B·Bᵀ, along which the points move with the range."""
    rng = np.random.default_rng(0)
    factor, z, mean = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=3)
    theirs, ours = scipy.stats.multivariate_normal.logpdf, stats.multivariate_normal.logpdf
    cov, x = factor @ factor.T, mean + z @ factor.T
    x[1] += 1.0
    found = ours(Tensor(x), mean, Tensor(cov), allow_singular=True).detach()
    assert found[1] == -np.inf
    np.testing.assert_allclose(found, theirs(x, mean, cov, True))
    assert stats.multivariate_normal.pdf(x, mean, cov, True)[1] == 0.0
    weights = np.array([1.0, 2.0, 3.0, 4.0])

    def of(logpdf: Any) -> Any:
        return lambda b: (weights * logpdf(mean + z @ b.T, mean, b @ b.T, True)).sum()

    np.testing.assert_allclose(
        grad(of(ours))(factor), numerical_gradient(of(theirs), factor), rtol=1e-6
    )
    pinv, d = np.linalg.pinv(cov), x[0] - mean
    slope = grad(lambda c: ours(x[0], mean, c, True))(cov)  # of Σ, of which one triangle is read
    exact = 0.5 * (pinv @ np.outer(d, d) @ pinv - pinv)
    np.testing.assert_allclose(0.5 * (slope + slope.T), exact, rtol=1e-9)
    diagonal = ([0.0, 1.0], [0.0, 0.0], [0.0, 2.0], True)
    np.testing.assert_allclose(ours(*diagonal), theirs(*diagonal))
    for wrong, allowed in ((cov, False), (-cov, True)):
        with pytest.raises(np.linalg.LinAlgError, match=r"singular|positive definite"):
            ours(x, mean, wrong, allowed)


@pytest.mark.parametrize(
    "cov", [0.0, -1.0, [1.0, 0.0], [[0.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]]
)
def test_multivariate_normal_needs_a_positive_definite_matrix(cov: Any) -> None:
    x = np.zeros(2 if np.size(cov) > 1 else 1)
    for given in (cov, Tensor(cov)):
        with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
            stats.multivariate_normal.logpdf(Tensor(x), None, given)


def test_multivariate_normal_of_one_number_or_a_diagonal() -> None:
    of, ours = scipy.stats.multivariate_normal, stats.multivariate_normal
    for args in ((0.5,), (0.5, 1.0, 2.0), ([0.1, 0.2, 0.3], 1.0, 2.0), ([0.1, 0.2], [1.0, 2.0]),
                 ([0.1, 0.2], None, 3.0) , ([[0.1, 0.2]], [0.0, 1.0], [2.0, 3.0])):  # fmt: skip
        if args[1:] == (None, 3.0):
            continue
        np.testing.assert_allclose(ours.logpdf(*args), of.logpdf(*args), err_msg=str(args))
    assert grad(lambda v: ours.logpdf(0.5, 0.0, v))(2.0) == pytest.approx(-0.25 + 0.125 / 4)


def test_dirichlet() -> None:
    x, alpha = np.array([[0.2, 0.3], [0.3, 0.3], [0.5, 0.4]]), np.array([1.5, 2.0, 0.7])
    for shares in (x, x[:, 0], x[:2], x[:2, 1]):
        tensors = [Tensor(alpha)]
        z = stats.dirichlet.logpdf(shares, *tensors)
        np.testing.assert_allclose(z.detach(), scipy.stats.dirichlet.logpdf(shares, alpha))
        expected = numerical_gradient(
            lambda a, s=shares: np.sum(scipy.stats.dirichlet.logpdf(s, a)), alpha
        )
        compare("dirichlet", gradients(z.sum(), tensors), [np.asarray(expected)])
    with pytest.raises(ValueError, match="shares"):
        stats.dirichlet.logpdf(Tensor([0.2, 0.2, 0.2]), alpha)


# ---------------------------------------------------------------- calls


def test_parameters_by_position_and_name() -> None:
    x = Tensor([0.5])
    expected = scipy.stats.gamma.logpdf(0.5, 2.0, 0.1, 3.0)
    gamma = stats.gamma
    calls = [
        gamma.logpdf(x, 2.0, 0.1, 3.0),
        gamma.logpdf(x, 2.0, scale=3.0, loc=0.1),
        gamma.logpdf(x, a=2.0, loc=0.1, scale=3.0),
        gamma(2.0, 0.1, 3.0).logpdf(x),
        gamma(2.0, scale=3.0, loc=0.1).logpdf(x),
    ]
    for z in calls:
        np.testing.assert_allclose(z.detach(), [expected])
    wrong: list[Any] = [
        lambda: gamma.pdf(x),
        lambda: gamma.pdf(x, 1.0, a=1.0),
        lambda: stats.norm.pdf(x, mu=1.0),
        lambda: stats.norm.pdf(x, 1, 2, 3),
    ]
    for call in wrong:
        with pytest.raises(TypeError, match=r"gamma|norm"):
            call()
    assert stats.poisson(2.0).logpmf(1) == scipy.stats.poisson.logpmf(1, 2.0)


def test_lists_and_values() -> None:
    assert stats.norm.logpdf([0, 1]).shape == (2,)
    z = stats.norm.logpdf(Value(0.5), 0.0, Value(2.0))
    assert isinstance(z, Value)
    assert z.data == pytest.approx(scipy.stats.norm.logpdf(0.5, 0.0, 2.0))
    values = [Value(0.5), Value(0.7)]
    expected = scipy.stats.norm.logpdf([0.5, 0.7])
    for given in (values, np.array(values)):
        np.testing.assert_allclose(stats.norm.logpdf(given).detach(), expected)


@pytest.mark.parametrize("name", ["norm", "gamma", "poisson", "multivariate_normal", "dirichlet"])
def test_what_scipys_have_besides_takes_plain_numbers(name: str) -> None:
    ours, theirs = getattr(stats, name), getattr(scipy.stats, name)
    a: Any = [2.0, 3.0]
    args = (a,) if name != "gamma" else (2.0,)
    args = (2.0,) if name == "poisson" else args
    found = ours.rvs(*args, size=2, random_state=np.random.default_rng(0))
    np.testing.assert_array_equal(
        found, theirs.rvs(*args, size=2, random_state=np.random.default_rng(0))
    )
    with pytest.raises(TypeError, match=f"^{name}.rvs has no rule for a derivative: give"):
        ours.rvs(Tensor(np.array(args[0])))
    with pytest.raises(AttributeError):
        ours.no_such_method  # noqa: B018


def test_frozen_distributions_have_them_too() -> None:
    ours, theirs = stats.norm(1.0, 2.0), scipy.stats.norm(1.0, 2.0)
    assert ours.mean() == 1.0
    np.testing.assert_array_equal(ours.ppf([0.3]), theirs.ppf([0.3]))
    assert stats.poisson(3.0).std() == scipy.stats.poisson(3.0).std()
    with pytest.raises(TypeError, match=r"^norm\.ppf has no rule"):
        stats.norm(Tensor(1.0)).ppf(0.3)
    with pytest.raises(AttributeError):
        ours.no_such_method  # noqa: B018
    assert copy.copy(stats.norm).name == "norm"


@pytest.mark.parametrize("cov", [2.0, np.array([1.0, 3.0]), np.array([[2.0, 0.5], [0.5, 1.0]])])
def test_entropy_of_the_multivariate_normal(cov: Any) -> None:
    mean = np.array([5.0, -3.0])
    whole = np.diag(np.broadcast_to(cov, 2)) if np.ndim(cov) < 2 else cov
    expected = scipy.stats.multivariate_normal.entropy(mean, whole)
    found = stats.multivariate_normal.entropy(mean, cov)
    np.testing.assert_allclose(found, expected, rtol=1e-14)

    def entropy(cov: Any) -> Any:
        return stats.multivariate_normal.entropy(mean, (cov + cov.T) / 2 if np.ndim(cov) else cov)

    np.testing.assert_allclose(
        grad(entropy)(cov), numerical_gradient(entropy, cov), rtol=1e-6, atol=1e-9
    )
    np.testing.assert_array_equal(
        stats.multivariate_normal.logpdf(mean, cov=whole, allow_singular=True),
        stats.multivariate_normal.logpdf(mean, cov=whole),
    )
