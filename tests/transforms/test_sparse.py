"""Sparse Jacobians and Hessians are the dense ones: for random programs, for every primitive, and
where they cost least."""

from __future__ import annotations

import sys
import tracemalloc
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import autograd_lite as al
from autograd_lite import PRIMITIVES, Tensor, gradients
from autograd_lite.engine.many import many_gradients
from autograd_lite.engine.primitive import Structural
from autograd_lite.testing.calls import is_differentiable
from autograd_lite.testing.strategies import random_points
from autograd_lite.transforms.colouring import colours_of_rows
from autograd_lite.transforms.hessian import hessian
from autograd_lite.transforms.jacobian import jacobian
from autograd_lite.transforms.pattern import local_pattern, pattern_of
from autograd_lite.transforms.sparse import jacobian_of, symmetric_jacobian_of
from autograd_lite.transforms.trees import leaves_of
from autograd_lite.transforms.vmap import vmap

sparse = pytest.importorskip("scipy.sparse")
RNG = np.random.default_rng(3)


def sparse_jacobian(f: Any, argnums: Any = 0) -> Any:
    return jacobian(f, argnums, sparse=True)


def sparse_hessian(f: Any, argnums: Any = 0) -> Any:
    return hessian(f, argnums, sparse=True)


def hessian_of(y: Any, x: Tensor) -> Any:
    return symmetric_jacobian_of(gradients(y, [x], record=True)[0], x)


def dense_jacobian(y: Any, x: Tensor) -> Any:
    if not isinstance(y, Tensor):
        return np.zeros((np.size(y), x.size))
    return many_gradients(y, [x])[0].reshape(y.size, x.size)


def dense_hessian(y: Any, x: Tensor) -> Any:
    slope = gradients(y, [x], record=True)[0]
    return many_gradients(slope, [x])[0].reshape(x.size, x.size)


def assert_same(found: Any, expected: Any) -> None:
    """Equal to rounding, and stored wherever there is something."""
    assert found.format == "csr"
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    assert found.has_sorted_indices
    assert found.has_canonical_format
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12, atol=1e-12)
    stored = sparse.csr_array((np.ones(found.nnz), found.indices, found.indptr), found.shape)
    assert not np.any((expected != 0) & (stored.toarray() == 0))


# ---------------------------------------------------------------- random programs

N = 6
STEPS: dict[str, Any] = {
    "neighbours": lambda x, k: x[1:] * x[:-1],
    "shifted": lambda x, k: np.sin(x) + np.concatenate([x[k % len(x):], x[: k % len(x)]]),
    "picked": lambda x, k: x[[0, k % len(x), 0, -1]],
    "reversed": lambda x, k: x[::-1] ** 2,
    "pairs": lambda x, k: (x[: len(x) // 2 * 2].reshape(-1, 2) ** 2).sum(axis=1 - k % 2),
    "transposed": lambda x, k: x[: len(x) // 2 * 2].reshape(-1, 2).T.reshape(-1) * 3.0,
    "averaged": lambda x, k: x - x.mean() if k == 0 else x / 2.0,
    "greatest": lambda x, k: np.maximum(x, x[::-1]) + np.max(x[:2]),
    "chosen": lambda x, k: np.where(np.arange(len(x)) % 2 == 0, x, 0.0),
    "softened": lambda x, k: al.softmax(x[: len(x) // 2 * 2].reshape(2, -1)).reshape(-1),
    "product": lambda x, k: (x[: len(x) // 2 * 2].reshape(-1, 2) @ MIX).reshape(-1),
    "split": lambda x, k: al.split(x, [1])[k % 2] * 2.0,
    "scattered": lambda x, k: al.scatter(x, (np.arange(len(x)) * 2) % (len(x) + 1), (len(x) + 1,)),
    "windows": lambda x, k: al.windows(x, (2,)).sum(axis=0) if len(x) > 1 else x,
    "signs": lambda x, k: x * al.sign(x),
    "of a batch": lambda x, k: vmap(lambda v: np.stack([v * v, v + x[0]]))(x).reshape(-1),
}  # fmt: skip
MIX = np.array([[1.0, 2.0], [0.5, -1.0]])

programs = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 4)), min_size=1, max_size=5
)


def run(program: Any, x: Any) -> Any:
    for name, k in program:
        if len(x) < 2:
            return x
        if len(x) < 40:
            x = STEPS[name](x, k)
    return x


@given(programs, st.integers(0, 100))
@settings(max_examples=150)
def test_jacobians_of_random_programs(program: Any, seed: int) -> None:
    x = Tensor(np.random.default_rng(seed).normal(size=N))
    y = run(program, x)
    assert_same(jacobian_of(y, x), dense_jacobian(y, x))


@given(programs, st.integers(0, 100))
@settings(max_examples=150)
def test_hessians_of_random_programs(program: Any, seed: int) -> None:
    x = Tensor(np.random.default_rng(seed).normal(size=N))
    y = (np.sin(run(program, x)) * x[0] + x[1]).sum()
    assert_same(hessian_of(y, x), dense_hessian(y, x))


# ---------------------------------------------------------------- every primitive

STRUCTURAL = [
    name for name, p in PRIMITIVES.items() if isinstance(p, Structural) and p.cases is not None
]


@pytest.mark.parametrize("name", STRUCTURAL)
@pytest.mark.parametrize("small", [2**21, 0])
def test_the_pattern_of_a_primitive(name: str, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds every element of the dense derivative; with `small` 0 also as of large ones."""
    monkeypatch.setattr("autograd_lite.transforms.pattern._SMALL", small)
    primitive = PRIMITIVES[name]
    for point in random_points(primitive, shapes=((), (3,), (2, 3), (2, 2, 3), (0,))):
        operands, params = point.applied
        given_ = [Tensor(x) if is_differentiable(primitive, i) else x
                  for i, x in enumerate(operands)]  # fmt: skip
        z = al.engine.apply.apply(primitive, given_, params)
        node = z[0].operands[0] if isinstance(z, tuple) else z
        if isinstance(z, tuple):
            z = al.concatenate([one.reshape(-1) for one in z])
        for i, x in node.variables():
            pattern = local_pattern(node, i).toarray()
            dense = dense_jacobian(z, x)
            assert pattern.shape == dense.shape
            assert not np.any((dense != 0) & ~pattern)
            if small:
                assert np.array_equal(pattern, dense != 0)


@pytest.mark.parametrize(
    ("f", "dense"),
    [
        (lambda x: x.reshape(10, 30) @ np.ones((30, 30)), 30),
        (lambda x: np.ones((10, 10)) @ x.reshape(10, 30), 10),
        (lambda x: al.softmax(x.reshape(10, 30)), 30),
        (lambda x: al.softmax(x.reshape(10, 30), axis=0), 10),
        (lambda x: al.log_softmax(x.reshape(3, 10, 10), axis=1), 10),
    ],
)
def test_large_operations_are_told_apart_along_axes(
    f: Any, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograd_lite.transforms.pattern._SMALL", 0)
    x = Tensor(RNG.normal(size=300))
    y = f(x)
    assert pattern_of(y, x).nnz == 300 * dense
    assert_same(jacobian_of(y, x), dense_jacobian(y, x))


# ---------------------------------------------------------------- what it costs


def rosenbrock(x: Any) -> Any:
    return ((1 - x[:-1]) ** 2).sum() + 100 * ((x[1:] - x[:-1] ** 2) ** 2).sum()


def tridiagonal(x: Any) -> Any:
    wide = np.concatenate([[0.0], x, [0.0]])
    return np.sin(wide[2:]) * wide[1:-1] - wide[:-2] ** 2


def blocks(x: Any) -> Any:
    return np.tanh(x.reshape(-1, 10) @ np.arange(100.0).reshape(10, 10) / 100).reshape(-1)


def arrow(x: Any) -> Any:
    return np.sum(x[0] * x[1:] ** 2) + np.sum(np.exp(x[1:] * x[0] / 100))


def long_row_and_column(x: Any) -> Any:
    return np.concatenate([x * x[0], x.sum().reshape(1)])


@pytest.mark.parametrize(
    ("f", "transform", "elements", "passes"),
    [
        (rosenbrock, sparse_hessian, 29_998, 3),
        (arrow, sparse_hessian, 29_998, 2),
        (tridiagonal, sparse_jacobian, 29_998, 3),
        (blocks, sparse_jacobian, 100_000, 10),
        (long_row_and_column, sparse_jacobian, 29_999, 3),
    ],
)
def test_few_passes_and_little_memory(
    f: Any, transform: Any, elements: int, passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import autograd_lite.transforms.sparse as module

    taken = []
    monkeypatch.setattr(
        module, "_rows", lambda y, x, starts, run=module._rows: taken.append(len(starts))
        or run(y, x, starts)
    )  # fmt: skip
    x = RNG.normal(size=10_000)
    tracemalloc.start()
    found = transform(f)(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.nnz == elements
    assert sum(taken) == passes
    assert peak < 60e6


@given(st.integers(0, 1000), st.floats(0.02, 0.5))
def test_rows_of_one_colour_share_no_column(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    dense = rng.random((12, 9)) < density
    colours = colours_of_rows(sparse.csr_array(dense))
    assert colours.shape == (12,)
    for colour in set(colours.tolist()):
        assert dense[colours == colour].sum(axis=0).max() <= 1


# ---------------------------------------------------------------- kinds of arguments and results


def test_shapes_dtypes_and_what_depends_on_nothing() -> None:
    x = RNG.normal(size=(2, 3))
    found = sparse_jacobian(lambda x, y: (x * y).sum(axis=0), argnums=1)(x, x)
    np.testing.assert_allclose(
        found.toarray(), np.concatenate([np.diag(x[0]), np.diag(x[1])], axis=1)
    )
    assert sparse_jacobian(lambda x: x * 2.0)(x.astype(np.float32)).dtype == np.float32
    with pytest.warns(UserWarning, match="depends on nothing"):
        assert sparse_jacobian(lambda x: np.ones(4))(x).shape == (4, 6)
    with pytest.warns(UserWarning, match="depends on nothing"):
        assert sparse_hessian(lambda x: 3.0)(x).nnz == 0
    assert sparse_hessian(lambda x: x.sum())(x).nnz == 0
    assert sparse_jacobian(lambda x: x)(np.zeros(0)).shape == (0, 0)
    assert sparse_jacobian(lambda x: x[0])(x[0]).toarray().tolist() == [[1.0, 0.0, 0.0]]


def test_nests_and_several_arguments() -> None:
    p = {"a": np.array([1.0, 2.0]), "b": np.array([3.0])}
    found = sparse_jacobian(lambda p: [p["a"] * p["b"], p["b"]])(p)
    assert found[0]["a"].toarray().tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert found[0]["b"].toarray().tolist() == [[1.0], [2.0]]
    assert found[1]["a"].nnz == 0

    def f(x: Any, p: Any) -> Any:
        return (x**2).sum() * p["b"][0] + (x * p["a"]).sum()

    x = np.array([5.0, 6.0])
    for by in (0, 1, (0, 1)):
        sparse_, dense = sparse_hessian(f, by)(x, p), hessian(f, by)(x, p)
        for a, b in zip(leaves_of(sparse_), leaves_of(dense), strict=True):
            np.testing.assert_allclose(a.toarray(), b)
    number = sparse_jacobian(lambda x: x * np.ones(3))(2.0)
    assert number.toarray().tolist() == [[1.0], [1.0], [1.0]]


def test_they_are_constants() -> None:
    def f(x: Any) -> Any:
        return al.sum(sparse_jacobian(lambda y: y * y)(x).toarray())

    with pytest.raises(TypeError, match="sparse derivatives are constants"):
        al.grad(f)(np.ones(2))


def test_long_single_precision() -> None:
    x = RNG.normal(size=20_000).astype(np.float32)
    assert sparse_hessian(rosenbrock)(x).nnz == 3 * 20_000 - 2
    assert sparse_jacobian(lambda x: al.astype(x, np.float32)[1:] * x[:-1])(x).nnz == 39_998


def test_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="a function is needed"):
        sparse_jacobian(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="complex"):
        sparse_jacobian(lambda x: x * 1j)(np.ones(2))
    with pytest.raises(ValueError, match="one number is needed"):
        sparse_hessian(lambda x: x * x)(np.ones(2))
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(ImportError, match=r"pip install 'autograd_lite\[scipy\]'"):
        sparse_jacobian(lambda x: x)
