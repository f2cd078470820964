"""The code of NumPy's calls: buffers that lie in memory as NumPy's own results do, values written
into arrays, and where a nan is looked for."""

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Primitive
from autograd_lite.program.memory import Buffer, order_of

RNG = np.random.default_rng(0)


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return (
        a.shape == b.shape
        and a.dtype == b.dtype
        and np.array_equal(a, b, equal_nan=True)
        and np.array_equal(np.signbit(a), np.signbit(b))
    )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(37, 53), (8, 30), (200, 7)])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.exp(x.T).sum(),
        lambda x: (np.exp(x) * 2.0 + 1.0).sum(),
        lambda x: (np.exp(x.T) * 2.0 + 1.0).sum(axis=0).sum(),
        lambda x: (np.exp(x[::2].T) * 2.0).mean(),
        lambda x: np.exp(x.transpose(1, 0))[3:].sum(),
        lambda x: al.relu(x.T * 1e3).sum() + (al.relu(x) * x).sum(),
    ],
)
def test_sums_are_added_up_in_the_order_in_which_numpys_arrays_lie(f, shape, order):
    x = np.asarray(RNG.standard_normal(shape) * 10, order=order)
    program = al.compile(f)
    program(np.zeros(shape))  # a program for arrays that lie otherwise
    with np.errstate(all="ignore"):
        assert same(program(x), f(x))
    value, gradient = al.value_and_grad(f)(x)
    again = program.value_and_grad(x)
    assert same(again[0], value)
    assert same(again[1], gradient)


@pytest.mark.parametrize("order", [None, (0, 2, 1), (2, 1, 0), (1, 2, 0)])
def test_buffers_lie_as_told(order):
    buffer = Buffer((3, 4, 5), np.dtype("f4"), order)
    made = buffer.empty()
    assert made.shape == (3, 4, 5)
    assert made.dtype == np.float32
    assert order_of(made) == order
    assert made.ctypes.data % 64 == 0
    assert order_of(eval(buffer.source)) == order


FILLING = [
    pytest.param(one, id=one.name)
    for one in PRIMITIVES.values()
    if isinstance(one, Primitive) and one.into is not None
]
WILD = [0.0, -0.0, 1.0, -1.5, 1e-310, 800.0, -800.0, np.inf, -np.inf, np.nan]


def calls(primitive):
    """Operands and parameters of some calls."""
    if isinstance(primitive, Elementwise):
        for shape in ((7,), (3, 40), (130, 140), (0, 2)):
            yield tuple(RNG.choice(WILD, shape) for _ in primitive.operands), {}
            yield tuple(RNG.standard_normal(shape).T for _ in primitive.operands), {}
        return
    if primitive.name == "scatter":
        for index in ((np.array([0, 1, 1]), np.array([2, 0, 0])), 1, (slice(None), 0)):
            x = np.empty((3, 4))[index]
            yield (RNG.choice(WILD[:7], x.shape),), {"index": index, "shape": (3, 4)}
        return
    if primitive.name == "affine":
        for b in ((4,), (1,), (), (2, 1, 4)):
            yield tuple(RNG.standard_normal(shape) for shape in ((5, 3), (3, 4), b)), {}
        return
    for shape in ((7,), (50, 10), (3, 4, 2)):
        for axis in range(-1, len(shape)):
            yield (RNG.standard_normal(shape) * 30,), {"axis": axis}
            yield (RNG.choice(WILD, shape),), {"axis": axis}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("primitive", FILLING)
def test_what_is_written_into_an_array_is_the_value(primitive, dtype):
    with np.errstate(all="ignore"):
        for operands, params in calls(primitive):
            operands = tuple(x.astype(dtype) for x in operands)
            wanted = primitive.arrays(*operands, **params)
            out = np.full_like(wanted, 7)
            assert primitive.into(*operands, out=out, **params) is out
            assert same(out, wanted)
            if isinstance(primitive, Elementwise):
                assert same(primitive.into(*operands, out=operands[0]), wanted)


def test_a_nan_is_looked_for_where_there_are_few_numbers():
    def loss(p, x):
        return np.sqrt(np.sinh(x @ p[0] + p[1])).sum()

    x, parameters = np.ones((20, 30)), [np.ones((30, 40)), np.zeros(40)]
    eager, program = al.value_and_grad(loss), al.compile(loss).value_and_grad
    program(parameters, x)
    lines = [line.strip() for line in program.source.splitlines()]
    checked = [line[6:-1] for line in lines if line.startswith("check(")]
    assert len(checked) == 1
    assert any(line.startswith(f"{checked[0]} = sum(") for line in lines)  # 40 numbers, not 800
    for bad in (0.0, np.nan, -1.0, 1e300):
        x[3] = bad
        with np.errstate(all="ignore"):
            wanted = eager(parameters, x)
        given = program(parameters, x)
        assert same(given[0], wanted[0])
        assert all(map(same, given[1], wanted[1]))


def test_no_two_results_lie_in_the_same_memory():
    def loss(parameters, x):
        a, b, c = parameters
        return ((a + b.T + c.T[::-1]) * x).sum()

    x = RNG.standard_normal((3, 4))
    parameters = [np.ones((3, 4)), np.ones((4, 3)), np.ones((4, 3))]
    program = al.compile(loss).value_and_grad
    for _ in range(2):
        _, gradients = program(parameters, x)
        for g, wanted in zip(gradients, (x, x.T, x[::-1].T), strict=True):
            assert same(g, wanted)
            g *= 2.0


def test_a_buffer_is_kept_as_long_as_a_view_of_it():
    def f(x):
        view = np.exp(x).T
        other = np.cos(x) + 1.0
        return other * view

    x = RNG.standard_normal((3, 3))
    assert np.allclose(al.compile(f)(x), f(x))


@pytest.mark.parametrize("f", [np.exp, np.transpose, lambda x: x[1:].T, lambda x: np.exp(x)[1:]])
def test_a_result_is_neither_the_argument_nor_that_of_the_next_call(f):
    x = RNG.standard_normal((4, 4))
    program = al.compile(f)
    first = program(x)
    kept = first.copy()
    assert not np.shares_memory(first, x)
    assert not np.shares_memory(program(x + 1.0), first)
    assert same(first, kept)


def test_the_only_part_of_a_result_of_several():
    x = RNG.standard_normal((3, 4))
    assert same(al.compile(lambda x: np.split(x, 1)[0] * 2.0)(x), x * 2.0)


def _by_itself(x):
    concatenate = x * 2.0
    return np.concatenate((concatenate, x))


def _inside_of_a_loop(x):
    concatenate = x * 2.0
    last, _ = al.scan(lambda c, _: (np.concatenate((c[1:], c[:1])), None), x, length=2)
    return last * concatenate


@pytest.mark.parametrize("f", [_by_itself, _inside_of_a_loop])
def test_an_array_that_is_named_as_a_function(f):
    x = np.arange(3.0)
    assert same(al.compile(f)(x), f(x))
