"""Compiled functions give what the engine gives, to the last bit."""

from __future__ import annotations

import importlib.util
import itertools
import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import PRIMITIVES, nn
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.testing import programs
from autograd_lite.testing.calls import is_loaded_later

EDGES = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, 1.0)


def bits(x):
    """The numbers of a nest, by which 0.0 and −0.0 differ, and every nan is the same."""
    leaves = x if isinstance(x, list | tuple) else [x]
    found = []
    for leaf in leaves:
        if isinstance(leaf, list | tuple):
            found += bits(leaf)
            continue
        array = np.array(leaf)
        array[np.isnan(array)] = np.nan
        found.append((array.shape, array.dtype.str, array.tobytes()))
    return found


def of_list(program):
    """A function of the list of the inputs of a program, which returns a number."""

    def f(inputs):
        z = program(*inputs)
        return z if not np.shape(z) else np.sum(z)

    return f


@settings(max_examples=150)
@given(programs("values"))
def test_programs_of_numbers(program):
    f = of_list(program)
    inputs = list(program.inputs.values())
    compiled = al.compile(f)
    assert bits(compiled(inputs)) == bits(f(inputs))
    fast = compiled.value_and_grad
    assert bits(fast(inputs)) == bits(al.value_and_grad(f)(inputs))
    assert "np." not in fast.source


@settings(max_examples=150)
@given(programs("tensors"))
def test_programs_of_arrays(program):
    f = of_list(program)
    inputs = list(program.inputs.values())
    compiled = al.compile(f).value_and_grad
    expected = al.value_and_grad(f)(inputs)
    for _ in range(2):  # the second time in buffers that hold the numbers of the first
        assert bits(compiled(inputs)) == bits(expected)


@pytest.mark.parametrize("number", [2.3, np.array(2.3), np.float32(2.3)], ids=repr)
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("name", ["multiply", "divide", "power", "arctan2", "maximum", "hypot"])
def test_a_number_beside_an_array(name, is_first, number):
    """Its gradient is added up in the same order: 3 × 3 products of 11.02, and others."""
    function = getattr(al, name)

    def f(number, x):
        return al.sum(function(number, x) if is_first else function(x, number))

    def curved(number, x):
        return f(number, x) ** 2

    rng = np.random.default_rng(0)
    for x in (np.full((3, 3), 11.02), 2.0 + rng.random((7, 5)), rng.random((2, 9)).T):
        for g in (f, curved):
            compiled, eager = al.compile(g), al.value_and_grad(g, argnums=(0, 1))
            assert bits(compiled.value_and_grad(number, x)[1]) == bits(eager(number, x)[1][0])
            assert bits(al.compile(eager)(number, x)) == bits(eager(number, x))
    x[0, 0] = 0.0  # 0·inf in the chain rule
    with np.errstate(all="ignore"):
        assert bits(al.compile(eager)(number, x)) == bits(eager(number, x))


@settings(max_examples=60)
@given(programs("tensors"), st.data())
def test_arrays_that_do_not_lie_row_by_row(program, data):
    """Sums are taken in the order of memory, by NumPy and by the program."""
    f = of_list(program)
    inputs = list(program.inputs.values())
    for i, x in enumerate(inputs):
        if np.ndim(x) > 1:
            axes = data.draw(st.permutations(range(x.ndim)))
            inputs[i] = np.ascontiguousarray(x.transpose(axes)).transpose(np.argsort(axes))
    compiled = al.compile(f).value_and_grad
    compiled([np.array(x) if np.ndim(x) else x for x in program.inputs.values()])
    assert bits(compiled(inputs)) == bits(al.value_and_grad(f)(inputs))


@settings(max_examples=150)
@given(programs("values"), st.data())
def test_at_the_edges(program, data):
    """Traced at one point, run at another, where there is 0·inf."""
    f = of_list(program)
    inputs = list(program.inputs.values())
    compiled = al.compile(f).value_and_grad
    compiled(inputs)
    others = [data.draw(st.sampled_from(EDGES)) for _ in inputs]
    with np.errstate(all="ignore"):
        try:
            expected = al.value_and_grad(f)(others)
        except (ArithmeticError, ValueError):
            return
    assert bits(compiled(others)) == bits(expected)


@pytest.mark.parametrize(
    "returns", ["view", "scalar view", "input", "transposed input", "constant"]
)
def test_what_is_returned_is_the_callers(returns):
    constant = np.arange(3.0)
    functions = {
        "view": lambda x: np.reshape(x * 2.0, (3, 1)),
        "scalar view": lambda x: np.reshape(x[:1] * 2.0, ()),
        "input": lambda x: x,
        "transposed input": lambda x: x.T,
        "constant": lambda x: constant,
    }
    compiled = al.compile(functions[returns])
    x = np.arange(3.0)
    first = compiled(x)
    kept = np.array(first)
    compiled(x + 1.0)
    x += 5.0
    assert np.array_equal(first, kept)
    if first.shape:
        first += 1.0
        assert np.array_equal(compiled(np.arange(3.0)), kept)


def test_thousands_of_outputs():
    """Python's own compiler does not nest expressions that deep."""

    def f(xs):
        return sum(al.tanh(x) * y for x, y in itertools.pairwise(xs))

    xs = [0.001 * i for i in range(3000)]
    compiled = al.compile(f).value_and_grad
    assert bits(compiled(xs)) == bits(al.value_and_grad(f)(xs))
    compiled([*xs[:-1], math.inf])


def test_threads_do_not_share_buffers():
    compiled = al.compile(lambda x: np.tanh(np.tanh(x) @ x).sum())
    xs = [np.full((60, 60), 0.01 * i) for i in range(8)]
    expected = [compiled(x) for x in xs]
    wrong = []

    def run(i):
        for _ in range(50):
            if compiled(xs[i]) != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# ---------------------------------------------------------------- what a program cannot hold


def test_a_branch_names_its_line():
    def branch(x):
        return x if x > 0 else -x

    with pytest.raises(TypeError, match=r"bool asks .* branch .*return x if x > 0.*where"):
        al.compile(branch)(2.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: math.sin(x[0]),
        lambda x: range(int(x[0])),
        lambda x: x[x > 0],
        lambda x: np.nonzero(x)[0],
    ],
)
def test_what_asks_for_numbers_is_refused(function):
    with pytest.raises(TypeError, match=r"test_compiled\.py"):
        al.compile(function)(np.array([1.0, 2.0]))


def test_whole_numbers_steer():
    @al.compile
    def power(x, n):
        z = 1.0
        for _ in range(n):
            z = z * x
        return z

    assert [power(2.0, n) for n in (0, 1, 5)] == [1.0, 2.0, 32.0]
    assert power.grad(2.0, 3) == 12.0


def test_every_signature_has_its_program():
    @al.compile
    def f(p, scale=1.0):
        return scale * sum(np.sum(x) for x in p["xs"]) + p["c"]

    for dtype in (np.float32, np.float64):
        for shape in ((2,), (2, 2), ()):
            p = {"xs": [np.ones(shape, dtype), np.ones(3, dtype)], "c": 2.0}
            for kwargs in ({}, {"scale": 3.0}):
                got, expected = f(p, **kwargs), f.__wrapped__(p, **kwargs)
                assert got == expected
                assert type(got) is type(expected)
    p = {"xs": (1.0, np.ones(2)), "c": np.float32(2.0)}
    assert f(p) == f.__wrapped__(p)


def test_a_variable_goes_through_the_function_itself():
    compiled = al.compile(lambda x: x**3)
    assert al.grad(compiled)(2.0) == 12.0
    assert al.grad(compiled.grad)(2.0) == 12.0


def test_random_numbers_are_refused():
    with pytest.raises(TypeError, match="draws random numbers"):
        al.compile(lambda x: x * np.random.rand())(2.0)


@pytest.mark.parametrize("kind", ["numbers", "arrays"])
def test_a_saved_program_runs_by_itself(kind, tmp_path):
    @al.compile
    def loss(p, x):
        h = np.tanh(x * p["w"] + p["b"])
        return np.sum(al.relu(h) * 0.5)

    compiled = loss.value_and_grad
    if kind == "numbers":
        p, x = {"w": 0.3, "b": -0.1}, 2.0
    else:
        p, x = {"w": np.array([0.3, 1.0]), "b": np.array([-0.1, 0.0])}, np.array([2.0, np.nan])[:1]
    value, gradient = compiled(p, x)
    compiled.save(tmp_path / "saved.py")
    space = {}
    exec((tmp_path / "saved.py").read_text(), space)
    again = space["loss"](p, x)
    assert bits([value, *gradient.values()]) == bits([again[0], *again[1].values()])


# ---------------------------------------------------------------- networks


def trained(compile, model, loss, dtype=np.float64):
    rng = np.random.default_rng(0)
    data = rng.normal(size=(23, 4)).astype(dtype), rng.integers(0, 3, 23)
    history = nn.fit(
        model, loss, nn.Adam(model, 0.01), data, 3, 5, rng=1, progress=False, compile=compile
    )
    return [history.updates, *(p.detach() for p in model.parameters())]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_compiled_training_is_the_same_to_the_last_bit(dtype):
    def model():
        return nn.Sequential(
            nn.Affine(4, 6, rng=0, dtype=dtype), nn.Tanh(), nn.Affine(6, 3, rng=1, dtype=dtype)
        )

    eager = trained(False, model(), nn.softmax_cross_entropy, dtype)
    assert bits(trained(True, model(), nn.softmax_cross_entropy, dtype)) == bits(eager)
    assert bits(trained("numpy", model(), nn.softmax_cross_entropy, dtype)) == bits(eager)
    with pytest.raises(ValueError, match="backend must be one of python, numpy, native"):
        trained("fortran", model(), nn.softmax_cross_entropy, dtype)
    if importlib.util.find_spec("llvmlite"):
        near = trained("native", model(), nn.softmax_cross_entropy, dtype)
        for a, b in zip(eager, near, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10 if dtype == np.float64 else 1e-3)


@pytest.mark.parametrize("layer", [lambda: nn.Dropout(0.5, rng=0), lambda: nn.BatchNorm(4)])
def test_layers_that_change_are_refused(layer):
    model = nn.Sequential(layer(), nn.Affine(4, 3, rng=0))
    before = model.state()
    with pytest.raises(TypeError):
        trained(True, model, nn.softmax_cross_entropy)
    assert all(np.array_equal(before[name], x) for name, x in model.state().items())


def test_models_of_values_are_refused():
    model = nn.Affine(4, 3, rng=0).as_values()
    with pytest.raises(TypeError, match="as_tensors"):
        trained(True, model, nn.softmax_cross_entropy)


def called(primitive, xs, truth):
    """A primitive of numbers, with that condition if it takes one."""
    rest = iter(xs)
    constants = primitive.constants
    return primitive.function(
        *(truth if i in constants else next(rest) for i in range(len(primitive.operands)))
    )


def test_every_function_of_numbers_at_the_edges():
    """Traced once, then run where there are inf, nan, signed zeros and denormals."""
    wrong = []
    for primitive in PRIMITIVES.values():
        if not isinstance(primitive, Elementwise) or is_loaded_later(primitive):
            continue
        for truth in (True, False) if primitive.constants else (None,):
            f = al.value_and_grad(lambda xs, p=primitive, truth=truth: called(p, xs, truth))
            compiled = al.compile(f)
            count = len(primitive.operands) - len(primitive.constants)
            for xs in itertools.product(EDGES, repeat=count):
                with np.errstate(all="ignore"):
                    got, expected = compiled(xs), f(xs)
                if bits(got) != bits(expected):
                    wrong.append((primitive.name, truth, xs, got, expected))
    assert not wrong


def test_forward_mode_of_numbers_is_a_program_of_numbers():
    """Directions that are plain numbers do not make it one of NumPy's."""

    def slope(x, w):
        def f(x):
            a, b = x[0] - 1.0, x[1]
            return w / al.sqrt(a * a + b)

        return al.jvp(f, (x,), ([1.0, 0.0],))[1]

    compiled = al.compile(slope)
    assert compiled([4.0, 16.0], 2.0) == slope([4.0, 16.0], 2.0) == pytest.approx(-6 / 125)
    assert "np." not in compiled.source


def test_an_argument_may_be_none():
    compiled = al.compile(lambda x, y: x * x if y is None else x * y)
    assert compiled(3.0, None) == 9.0
    assert compiled(3.0, 2.0) == 6.0
    assert compiled(np.array([3.0]), None) == 9.0


class Scale(nn.Module):
    """Does something else after training, and by its factor."""

    def __init__(self):
        super().__init__()
        self.factor = 1.0

    def forward(self, x):
        return x * self.factor if self.training else x * 0.5


def _toggled(training):
    training.model.train(not training.model.training)


def _scaled(training):
    training.model.modules()["1"].factor *= 1.1


@pytest.mark.parametrize("change", [_toggled, _scaled])
def test_models_may_be_changed_between_updates(change):
    rng = np.random.default_rng(0)
    data = rng.normal(size=(23, 4)), rng.integers(0, 3, 23)
    found = []
    for compile in (False, True):
        model = nn.Sequential(nn.Affine(4, 3, rng=0), Scale())
        history = nn.fit(
            model, nn.softmax_cross_entropy, nn.SGD(model, 0.1), data, 2, 5, rng=1, progress=False,
            compile=compile, after_update=change,
        )  # fmt: skip
        found.append(bits([history.updates, *(p.detach() for p in model.parameters())]))
    assert found[0] == found[1]
