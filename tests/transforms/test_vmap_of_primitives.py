"""Every primitive of the table on batches, whatever it is: its value, and its derivative, are those
of one example after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite.engine.batching as batching
from autograd_lite import PRIMITIVES, Tensor, gradients, hessian, vmap
from autograd_lite.engine.apply import apply
from autograd_lite.engine.batch import Level
from autograd_lite.engine.batching import enter, leave
from autograd_lite.engine.primitive import Primitive, Structural
from autograd_lite.primitives import fft
from autograd_lite.testing.calls import Point, cotangent, is_differentiable, is_loaded_later
from autograd_lite.testing.strategies import random_points

SIZE = 3
SHAPES = ((), (3,), (2, 1), (3, 3), (2, 2, 3), (0,))

NAMES = [
    primitive.name
    for primitive in PRIMITIVES.values()
    if (not isinstance(primitive, Structural) or primitive.cases is not None)
    and (not is_loaded_later(primitive) or primitive.function.__module__ == fft.__name__)
]
ALL = pytest.mark.parametrize("name", NAMES)


def points_of(primitive: Primitive) -> list[Point]:
    shapes = SHAPES if isinstance(primitive, Structural) else ((), (3,), (3, 1), (2, 3, 3))
    return list(random_points(primitive, shapes=shapes))


def batches(primitive: Primitive, point: Point) -> Iterator[tuple[Any, tuple[bool, ...]]]:
    """Operands some of which have three examples that differ, and which: every choice of them."""
    operands, _ = point.applied
    for which in itertools.product([True, False], repeat=len(operands)):
        if any(which):
            pairs = enumerate(zip(operands, which, strict=True))
            given = [several(primitive, x, i) if mine else x for i, (x, mine) in pairs]
            yield given, which


def several(primitive: Primitive, x: Any, i: int) -> Any:
    """Three examples like x: their elements in other orders, and some changed a little."""
    x = np.asarray(x)
    if not is_differentiable(primitive, i):
        return np.stack([x, x, x])
    rng = np.random.default_rng(i)
    return np.stack([rng.permutation(x.ravel()).reshape(x.shape) * c for c in (1.0, 0.97, 0.9)])


def one_by_one(f: Callable[..., Any], operands: Any, which: Any) -> Any:
    """f of each example, side by side; of several results, each."""
    results = [f(*(x[k] if mine else x for x, mine in zip(operands, which, strict=True)))
               for k in range(SIZE)]  # fmt: skip
    if isinstance(results[0], tuple | list):
        return [np.stack(parts) for parts in zip(*results, strict=True)]
    return [np.stack(results)]


def at_once(f: Callable[..., Any], operands: Any, which: Any) -> Any:
    """f of all examples at once."""
    with Level(SIZE) as level:
        given = [enter(x, level) if mine else x for x, mine in zip(operands, which, strict=True)]
        result = f(*given)
        results = result if isinstance(result, tuple | list) else [result]
        return [leave(one, level) for one in results]


def assert_same(found: Any, expected: Any) -> None:
    assert len(found) == len(expected)
    for a, e in zip(found, expected, strict=True):
        assert a.shape == e.shape
        assert a.dtype == e.dtype
        np.testing.assert_allclose(a, e, rtol=1e-12, atol=1e-13)


@ALL
def test_its_value_and_its_gradient_on_a_batch(name: str) -> None:
    primitive = PRIMITIVES[name]
    for point in points_of(primitive):
        params = point.applied[1]

        def value(*xs: Any) -> Any:
            return apply(primitive, xs, params)  # noqa: B023

        for operands, which in batches(primitive, point):
            for f in (value, gradients_at(primitive, params)):
                assert_same(at_once(f, operands, which), one_by_one(f, operands, which))


def gradients_at(primitive: Primitive, params: Any, weights: Any = None) -> Callable[..., Any]:
    """The function that gives all gradients of a primitive at its operands."""

    def f(*operands: Any) -> Any:
        given = [Tensor(x) if is_differentiable(primitive, i) else x
                 for i, x in enumerate(operands)]  # fmt: skip
        wanted = [x for x in given if isinstance(x, Tensor)]
        z = apply(primitive, given, params)
        if isinstance(z, tuple):
            z = sum([np.sum(one * cotangent(one.shape, i)) for i, one in enumerate(z)], 0.0)
            return [np.asarray(g) if isinstance(g, np.generic) else g
                    for g in gradients(z, wanted)]  # fmt: skip
        return gradients(z, wanted, cotangent(z.shape, 1))

    return f


@ALL
def test_a_batch_of_gradients_to_start_from(name: str) -> None:
    """Many rows of a Jacobian in one pass."""
    primitive = PRIMITIVES[name]
    for point in points_of(primitive):
        operands, params = point.applied
        given = [Tensor(x) if is_differentiable(primitive, i) else x
                 for i, x in enumerate(operands)]  # fmt: skip
        wanted = [x for x in given if isinstance(x, Tensor)]
        z = apply(primitive, given, params)
        z = z[0] if isinstance(z, tuple) else z
        starts = np.stack([cotangent(z.shape, k) for k in range(SIZE)])

        def f(g: Any) -> Any:
            return gradients(z, wanted, g)  # noqa: B023

        assert_same(at_once(f, [starts], [True]), one_by_one(f, [starts], [True]))


@pytest.mark.parametrize("name", [n for n in NAMES if getattr(PRIMITIVES[n], "batched", None)])
def test_a_rule_for_batches_needs_no_loop(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a declaration has a rule, it does the work: else a rule that fails would not show."""
    primitive = PRIMITIVES[name]
    looped = []
    each = batching.each
    monkeypatch.setattr(batching, "each", lambda *args: looped.append(args) or each(*args))
    calls = 0
    for point in points_of(primitive):
        operands, params = point.applied
        if all(np.asarray(x).dtype == float for x in operands):
            calls += 1
            whole = [several(primitive, x, i) for i, x in enumerate(operands)]
            at_once(lambda *xs, p=params: apply(primitive, xs, p), whole, [True] * len(whole))
    assert len(looped) <= calls / 3


WITHOUT_A_LOOP_BACK = (
    "contract", "convolve", "cumprod", "eig", "partition", "prod", "singular_vectors", "solve",
    "sort", "tall_qr",
)  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_A_LOOP_BACK)
def test_its_gradient_needs_no_loop(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pullbacks take a batch: they look at numbers of all examples, or of each."""
    primitive = PRIMITIVES[name]
    looped = []
    each = batching.each
    monkeypatch.setattr(batching, "each", lambda *args: looped.append(args) or each(*args))
    for point in points_of(primitive):
        operands, params = point.applied
        whole = [several(primitive, x, i) for i, x in enumerate(operands)]
        at_once(gradients_at(primitive, params), whole, [True] * len(whole))
    assert not looped


SECOND_ORDER: dict[str, Callable[[Any], Any]] = {
    "solve": lambda x: np.sum(np.linalg.solve(x, x[0]) ** 2),
    "einsum": lambda x: np.sum(np.einsum("ij,jk,kl->il", x, x, x) ** 2),
    "diagonal": lambda x: np.sum(np.einsum("ii->i", x) ** 3),
    "qr": lambda x: np.sum(np.linalg.qr(x).R ** 3),
    "svd": lambda x: np.sum(np.linalg.svd(x).S ** 3),
    "eig": lambda x: np.sum(np.real(np.linalg.eig(x @ x.T).eigenvalues) ** 2),
    "det": lambda x: np.linalg.det(x) ** 2,
    "convolve": lambda x: np.sum(np.convolve(x[0], x[1], "same") ** 3),
    "cross": lambda x: np.sum(np.cross(x, x[::-1])[0] ** 2 * x),
    "norm": lambda x: np.sum(np.linalg.norm(x, axis=0) ** 3),
    "partition": lambda x: np.sum(np.partition(x, 1) ** 3),
    "sort": lambda x: np.sum(np.sort(x, axis=0) ** 3 * np.arange(3.0)[:, None]),
    "products": lambda x: np.sum(np.cumprod(x) ** 2) + np.prod(x),
}


@pytest.mark.parametrize("name", SECOND_ORDER)
def test_hessian_of_each_example(name: str) -> None:
    """A batch inside a batch, with results taken by their names."""
    f = SECOND_ORDER[name]
    x = np.random.default_rng(0).standard_normal((2, 3, 3)) + 2 * np.eye(3)
    expected = np.stack([hessian(f)(one) for one in x])
    np.testing.assert_allclose(vmap(hessian(f))(x), expected, rtol=1e-9, atol=1e-9)


def test_matrix_that_is_not_finite_spoils_no_other() -> None:
    x = np.stack([np.eye(2), np.full((2, 2), np.nan), 2 * np.eye(2)])
    found = vmap(lambda x: np.linalg.svd(x).S)(x)
    np.testing.assert_array_equal(found, [[1, 1], [np.nan, np.nan], [2, 2]])
    np.testing.assert_array_equal(np.linalg.svd(Tensor(x)).S.detach(), found)
