"""Random programs of loops and branches give the same however they are run.

`python -m benchmarks.loop_programs` draws thousands; here are some of each kind, and what such runs
have found.
"""

from __future__ import annotations

import gc
import importlib.util
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite.program.subprograms import _known
from autograd_lite.testing.loop_program import UNROLLED
from autograd_lite.testing.loop_programs import KINDS, loop_programs, random_loop_program

ROOT = Path(__file__).parent.parent.parent
sys.path.append(str(ROOT))  # the benchmarks are no part of the package

from benchmarks.loop_programs import TASKS, bits, differences, near, of_seed, shortened  # noqa: E402

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["python", "numpy", *(["native"] if HAS_LLVM else [])]


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_random_programs(first):
    assert [s for s in range(first, first + 20) if of_seed(s, BACKENDS)[2]] == []


@settings(max_examples=15)
@given(loop_programs(), st.sampled_from(TASKS))
def test_drawn_programs(program, task):
    assert differences(program, task, ["numpy"], random.Random(0)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_is_its_source(kind):
    program = random_loop_program(3, kind)
    space = {"al": al, "np": np}
    exec(program.source(), space)
    inputs = program.inputs.values()
    assert bits(space["program"](*inputs)) == bits(program(*inputs))
    assert near(program(*inputs), program.run(list(inputs), UNROLLED), 1e-6)


def test_a_wrong_program_is_made_shorter():
    program = next(p for p in map(random_loop_program, range(100)) if "al.scan" in p.source())
    short = shortened(program, lambda p: "al.scan" in p.source())
    assert len(short.lines) == 2


# ---------------------------------------------------------------- what they have found


def agree(f, *points):
    """Whether the engine, with Python's loops, and compiled code give the same, to any order."""
    for g in (f, al.grad(f), al.grad(lambda x, al=al: al.sum(np.sin(al.grad(f)(x))))):
        compiled = al.compile(g)
        for x in points:
            assert bits(compiled(x)) == bits(g(x))


def with_both(f):
    """A function of the package and an array, with the package's loops and with Python's."""
    return (lambda x: f(al, x)), (lambda x: f(UNROLLED, x))


X = np.array([[0.5, -0.7, 2.0], [0.3, 0.5, -1.0]])


def test_hidden_infinities_in_derivatives_of_rows():
    """0·inf is 0 in the tangents of a map, too: the products of a derived program stay known."""
    ours, pythons = with_both(
        lambda al, x: al.map(lambda t: al.where(t > 0.5, al.sqrt(al.abs(t - 0.5)), 0.0), x)
    )
    x, t = np.array([0.0, 0.5, -0.1]), np.ones(3)
    assert bits(al.jvp(ours, (x,), (t,))) == bits(al.jvp(pythons, (x,), (t,)))
    assert bits(al.compile(ours)(x)) == bits(ours(x))


def test_products_of_the_user_are_not_guarded():
    """x·w stands in the function and in its derivative; 0·inf is nan in the first alone."""

    def f(c, w):
        return al.sum(al.scan(lambda c, _: (c * w * w, None), c, length=2)[0])

    both = al.value_and_grad(f, (0, 1))
    c, w = np.array([0.0, 1.0]), np.array([np.inf, 2.0])
    with np.errstate(all="ignore"):
        assert bits(al.compile(both)(c, w)) == bits(both(c, w))
    assert np.isnan(both(c, w)[0])


@pytest.mark.parametrize("name", ["step", "equal", "scan", "where", "multiply", "sum", "body"])
def test_names_around_a_loop(name):
    """A function, or an argument, called like something that the loop uses."""
    text = (
        f"def {name}({name}_, *, {name}x=0):\n"
        "    def one(c, _):\n"
        "        y = al.maximum(c, 0.5) * al.step(c)\n"
        "        return y * al.where(al.equal(c, 0.3), c, 1.0), None\n"
        f"    return al.sum(al.scan(one, {name}_, length=2)[0])"
    )
    space = {"al": al}
    exec(text, space)
    agree(space[name], X, -X)
    space = {"al": al}
    exec(text.replace(f"{name}_", name, 2).replace(f", {name}_,", f", {name},"), space)
    agree(space[name], X)


@pytest.mark.parametrize(
    "reduced", [np.max, np.min, np.prod, lambda x: np.sum(np.sort(x)), lambda x: np.cumprod(x)[-1]]
)
def test_rules_that_are_steered_by_numbers(reduced):
    """They can be differentiated again where they are traced: in loops, and compiled."""
    ours, pythons = with_both(
        lambda al, x: al.sum(al.scan(lambda c, r: (c, reduced(r * r + c)), 0.5, x)[1])
    )
    for f in (al.hessian(ours), lambda x: al.jvp(al.grad(ours), (x,), (x,))):
        assert bits(al.compile(f)(X)) == bits(f(X))
    assert near(al.hessian(ours)(X), al.hessian(pythons)(X), 1e-10)
    assert near(al.vmap(al.grad(reduced))(X), np.stack([al.grad(reduced)(x) for x in X]), 1e-12)
    assert bits(al.compile(al.vmap(al.grad(reduced)))(X)) == bits(al.vmap(al.grad(reduced))(X))
    assert near(al.compile(al.hessian(reduced))(X[0]), al.hessian(reduced)(X[0]), 1e-12)


def test_sums_of_what_a_map_gives():
    """Results lie in memory row by row, compiled as in the engine."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(40, 30)), rng.normal(size=30)
    for f in (
        lambda x: np.sum(al.map(lambda r: np.outer(r, w).T * 0.1, x)),
        lambda x: np.einsum("ij,ij->i", al.map(lambda r: np.sin(x[0]), x), x),
        al.grad(lambda x: np.sum(np.cos(al.map(lambda r: np.outer(r, w).T, x)) * 0.1)),
    ):
        assert bits(al.compile(f)(x)) == bits(f(x))


def test_a_number_beside_single_precision():
    """It takes the array's precision where it is used, and not before."""
    x = np.array([[0.7, 0.7], [0.0, 0.3]], np.float32)

    def f(x, c):
        return al.jvp(lambda x, c: al.power(c, x) / c, (x, c), (x, 0.7))

    assert bits(al.compile(f)(x, 3.1)) == bits(f(x, 3.1))


def test_argmax_of_each_example():
    f = al.vmap(lambda x: x * np.argmax(x))
    assert bits(al.compile(f)(X)) == bits(f(X))


def test_no_rows_at_all():
    f = al.vmap(al.grad(lambda x: al.sum(al.map(lambda r: al.min(r * r), x))))
    x = np.zeros((2, 0, 3))
    assert bits(al.compile(f)(x)) == bits(f(x))


def test_loops_with_ever_new_conditions_are_not_kept():
    """Of one body, whose derivatives are kept with it."""
    before = len(_known)
    for i in range(150):
        al.while_loop(lambda c, i=i: c > 1.0 + i, lambda c: c * 0.5, 7.0)
    gc.collect()
    assert len(_known) < before + 2 * 64 + 20


def test_a_nan_that_a_loop_hides():
    """nan·0 is 0 in the chain rule as well; its sign is that of 0·0 only if 0·inf was 0 before."""
    f = al.grad(lambda x: al.sum(al.sqrt(al.abs(al.map(lambda r: 1.0 / (r + 2.0), x)))))
    x = np.array([[1.0, 1.5], [np.inf, 1.5]])
    with np.errstate(all="ignore"):
        assert bits(al.compile(f)(x)) == bits(f(x))


def test_branches_of_different_kinds_of_numbers():
    """One gives a number of Python's, the other one of NumPy's: both do."""

    def f(x, a):
        return al.cond(True, lambda: al.tanh(x), lambda: al.sum(a))

    a = np.ones(2)
    assert type(f(0.3, a)) is type(al.compile(f)(0.3, a)) is np.float64


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_rows_of_a_loop_whose_length_nobody_knows(backend):
    """They are moved about between the way there and back of a batch."""

    def f(x):
        def body(c):
            return c[0] + 1.0, al.tanh(al.where(c[1] > 0.0, c[1], 0.1 * c[1]))

        c = al.while_loop(lambda c: c[0] < 0.0, body, (0.0, x))[1]
        return al.sum(np.outer(c, c) * np.arange(1.0, 37.0).reshape(6, 6))

    x = np.array([[-0.5, 0.3], [1.0, 0.5], [-0.5, 0.3]])
    x = np.stack([x, x * 1.1, x - 0.2])
    g = al.vmap(al.grad(f))
    assert near(al.compile(g, backend=backend)(x), g(x), 1e-12)
