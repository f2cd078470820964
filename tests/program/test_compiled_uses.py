"""Programs as files; methods, models and plain arrays in functions that are compiled."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import nn
from autograd_lite.testing import gradient_property
from autograd_lite.transforms.trees import leaves_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
LONG = RNG.normal(size=(30_001, 3))


def total_of_rows(x):
    return al.map(lambda row: np.sum(np.sin(row) * row), x).sum()


SAVED = {
    "pieces": (al.grad(total_of_rows), (LONG,)),
    "sums of pieces": (
        al.value_and_grad(lambda w, x: al.map(lambda row: np.sum(np.sin(row) * w), x).sum()),
        (np.ones(3), LONG),
    ),
    "pieces of several": (lambda x: al.map(lambda row: (np.sin(row), row[0]), x), (LONG,)),
    "a dtype": (
        al.grad(lambda x: al.scan(lambda c, r: (np.tanh(c * r), c), x[0], x)[0].sum()),
        (X.astype(np.float32),),
    ),
    "products": (al.grad(np.prod), (X[0],)),
    "products of rows": (al.grad(lambda x: al.map(np.prod, x).sum()), (X,)),
    "medians": (al.vmap(al.grad(np.median)), (X,)),
    "quantiles": (al.hessian(lambda x: np.sum(np.quantile(x, [0.2, 0.5]) ** 2)), (X,)),
    "places": (al.grad(lambda x: np.sum(x[np.argsort(x)][:2] ** 2)), (X[0],)),
}


@pytest.mark.parametrize("name", SAVED)
def test_a_file_computes_the_same(name, tmp_path):
    f, args = SAVED[name]
    compiled = al.compile(f)
    expected = compiled(*args)
    compiled.save(tmp_path / "code.py")
    space = runpy.run_path(str(tmp_path / "code.py"))
    found = space[getattr(f, "__name__", "").replace("<lambda>", "_lambda_")](*args)
    for a, b in zip(leaves_of(found), leaves_of(expected), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(leaves_of(f(*args)), leaves_of(expected), strict=True):
        np.testing.assert_array_equal(a, b)


class Spring:
    """An object with a compiled method."""

    def __init__(self, stiffness):
        self.stiffness = stiffness

    @al.compile
    def energy(self, x):
        return self.stiffness * x**2 / 2


def test_methods_have_their_transforms():
    weak, strong = Spring(1.0), Spring(10.0)
    assert weak.energy(2.0) == 2.0
    assert strong.energy.grad(2.0) == 20.0
    assert weak.energy.value_and_grad(2.0) == (2.0, 2.0)
    assert strong.energy.hessian(2.0) == 10.0
    assert strong.energy.grad.source.startswith("def energy(self, x):")
    assert strong.energy.grad is not weak.energy.grad
    assert "Spring.energy" in repr(weak.energy)
    with pytest.raises(AttributeError, match="gradient"):
        _ = weak.energy.gradient


def fill(x):
    r = np.zeros(3)
    r[0] = 2.0 * x[0]
    return np.sum(r)


@pytest.mark.parametrize("f", [al.grad(fill), al.compile(fill), al.compile(al.grad(fill))])
def test_a_variable_in_a_plain_array_names_the_line_and_the_way_out(f):
    said = (
        r"test_compiled_uses\.py:\d+: r\[0\] = 2\.0 \* x\[0\].*np\.zeros_like\(x, shape=r\.shape\)"
    )
    with pytest.raises(TypeError, match=said):
        f(np.ones(3))


def test_a_model_is_compiled_as_a_function_of_its_parameters():
    model = nn.Sequential(nn.Affine(X[:3], 0.0 * X[0]), nn.Sigmoid(), nn.Affine(X[:3], X[0]))
    with pytest.raises(TypeError, match=r"nn\.function_of\(model\)"):
        al.compile(model)(X)
    function, parameters = nn.function_of(model)

    @al.compile
    def loss(parameters, x):
        return nn.squared_error(function(parameters, x), 0.0 * x)

    value, gradient = loss.value_and_grad(parameters, X)
    eager = nn.squared_error(model(X), 0.0 * X)
    eager.backward()
    assert value == eager.item()
    for name, p in model.named_parameters().items():
        np.testing.assert_array_equal(gradient[name], p.grad)
    parameters["2.b"] += 1.0
    model.load_state({**model.state(), **parameters})
    assert loss(parameters, X) == nn.squared_error(model(X), 0.0 * X).item() != value
    with pytest.raises(ValueError, match=r"has the parameters 0\.W"):
        loss({"W": X}, X)
    noisy, none = nn.function_of(nn.Dropout(0.5, rng=0))
    with pytest.raises(TypeError, match="Dropout"):
        noisy(none, X)


def added(x):
    x += 1.0
    return x


def twice_changed(x):
    x *= 2.0
    x[0] += x[1]
    return np.sum(x)


@pytest.mark.parametrize("f", [added, twice_changed])
def test_what_is_written_into_an_argument_is_written_into_a_copy(f):
    x = np.array([1.0, 2.0])
    for _ in range(2):
        np.testing.assert_array_equal(al.compile(f)(x), f(x.copy()))
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_generators_and_coroutines_are_refused():
    def generator(x):
        yield x

    async def coroutine(x):
        return x

    for f in (generator, coroutine):
        with pytest.raises(TypeError, match="computes nothing when it is called"):
            al.compile(f)


def test_gradients_of_compiled_functions_are_properties():
    @al.compile
    def rosenbrock(x, y):
        return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2

    numbers = st.floats(-2.0, 2.0)
    gradient_property(rosenbrock, numbers, numbers)()
    gradient_property(rosenbrock.grad, numbers, numbers)()
