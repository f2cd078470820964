"""`map` gives what f gives row by row, derivatives too."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.transforms.loops import cond, map_rows, scan
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


def row_by_row(f, xs):
    """What map does, as a loop of Python's."""
    n = leaves_of(xs)[0].shape[0]
    found = [f(map_leaves(lambda x, where, i=i: x[i], xs)) for i in range(n)]
    columns = [al.stack(column) for column in zip(*map(leaves_of, found), strict=True)]
    return with_leaves(found[0], columns)


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def layers(loop, w, xs, k):
    ys = loop(lambda x: (np.sin(w @ x["a"]) * k + x["b"], np.sum(x["a"])), xs)
    return np.sum(np.sin(ys[0])) + np.sum(ys[1] ** 2)


def of_numbers(loop, w, xs, k):
    return np.sum(loop(lambda x: np.tanh(x * k) / (1.0 + x * x), xs["a"][:, 0]) * w[0, 0])


def with_loops(loop, w, xs, k):
    """Inside of each row a scan, and a branch that differs from row to row."""

    def f(x):
        c, _ = scan(lambda c, _: (np.sin(c * k), None), w @ x["a"], length=3)
        return np.sum(cond(x["a"][0] > 0, lambda c: c * c, lambda c: c * k, c))

    return np.sum(loop(f, xs))


PROGRAMS = {"layers": layers, "numbers": of_numbers, "with loops": with_loops}
GIVEN = (numbers((3, 2)), {"a": numbers((5, 2), 1), "b": numbers((5, 3), 2)}, 0.7)

every = pytest.mark.parametrize("name", PROGRAMS)


def near(a, b, rtol=1e-10):
    for x, y in zip(leaves_of(a), leaves_of(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


def both(name):
    return [functools.partial(PROGRAMS[name], loop) for loop in (map_rows, row_by_row)]


@every
def test_values_and_derivatives(name):
    f, reference = both(name)
    near(f(*GIVEN), reference(*GIVEN))
    near(al.jvp(f, GIVEN, GIVEN), al.jvp(reference, GIVEN, GIVEN))
    for i in range(3):
        near(al.grad(f, i)(*GIVEN), al.grad(reference, i)(*GIVEN))
        near(al.hvp(f, i)(*GIVEN, GIVEN[i]), al.hvp(reference, i)(*GIVEN, GIVEN[i]), 1e-9)


@every
def test_batches(name):
    f, reference = both(name)
    given = map_leaves(lambda x, where: np.stack([x, 1.1 * x, x - 0.2]), GIVEN)
    near(al.vmap(f)(*given), al.vmap(reference)(*given))
    near(al.vmap(al.grad(f))(*given), al.vmap(al.grad(reference))(*given))
    near(al.vmap(f, (0, None, None))(given[0], *GIVEN[1:]),
         al.vmap(reference, (0, None, None))(given[0], *GIVEN[1:]))  # fmt: skip


@every
def test_compiled(name):
    f, _ = both(name)
    compiled = al.compile(f)
    assert compiled(*GIVEN) == f(*GIVEN)
    near(compiled.value_and_grad(*GIVEN), al.value_and_grad(f)(*GIVEN), 0.0)


def test_many_rows_in_pieces_and_none_at_all():
    def f(loop, xs):
        return loop(lambda x: np.sum(np.sin(x)), xs)

    xs = numbers((30_000, 4))
    near(f(map_rows, xs), np.sum(np.sin(xs), 1))
    near(al.grad(lambda xs: np.sum(f(map_rows, xs)))(xs), np.cos(xs))
    assert f(map_rows, xs[:0]).shape == (0,)
    assert al.grad(lambda xs: np.sum(f(map_rows, xs)))(xs[:0]).shape == (0, 4)
    near(al.grad(lambda w: np.sum(map_rows(lambda x: x @ w, xs)))(np.ones(4)), xs.sum(0), 1e-9)


def test_a_program_is_as_long_for_many_rows():
    def length(n):
        compiled = al.compile(lambda xs: np.sum(map_rows(lambda x: np.sum(np.sin(x)), xs)))
        compiled.value_and_grad(np.ones((n, 3)))
        return len(compiled.value_and_grad.program.instructions)

    assert length(3) == length(3000)


def test_single_precision_stays():
    f = functools.partial(layers, map_rows)
    given = map_leaves(lambda x, where: np.float32(x), list(GIVEN))
    assert f(*given).dtype == np.float32
    assert al.grad(f)(*given).dtype == np.float32


def test_a_function_that_takes_one_row_after_the_other():
    """What NumPy does for one example alone is not written out for each row."""
    xs = np.sort(numbers((200, 3)), axis=1)

    def f(loop, xs):
        return np.sum(loop(lambda x: x * np.searchsorted(x.detach(), 0.1), xs))

    near(f(map_rows, xs), sum(np.sum(x) * np.searchsorted(x, 0.1) for x in xs))


def test_errors():
    with pytest.raises(ValueError, match=r"map: the numbers of steps differ|map: .*differ"):
        map_rows(lambda x: x[0], (np.ones(2), np.ones(3)))
    with pytest.raises(ValueError, match="without axes"):
        map_rows(lambda x: x, 1.0)
    with pytest.raises(TypeError, match="where"):
        map_rows(lambda x: x if x > 0 else -x, np.ones(2))
    with pytest.raises(TypeError, match="returned str"):
        map_rows(lambda x: "a", np.ones(2))
