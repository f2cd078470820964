"""Products of vectors, matrices and tensors through plain NumPy calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from linalg_checks import agree, check, derivative, random, single

from autograd_lite import Tensor, Value

TYPES = pytest.mark.parametrize("types", [
    (float, float), (complex, complex), (float, complex), (complex, float),
])  # fmt: skip


def pair(shapes: Any, types: Any) -> Any:
    return [
        random(shape, i, dtype) for i, (shape, dtype) in enumerate(zip(shapes, types, strict=True))
    ]


CALLS = [
    (np.dot, [((3,), (3,)), ((2, 3), (3, 2)), ((2, 3), (3,)), ((), (2,)), ((2, 3), (2, 3, 2))]),
    (np.matmul, [((3,), (3,)), ((2, 2, 3), (3, 2)), ((3,), (2, 3, 2)), ((2, 1, 2, 3), (3, 3, 1))]),
    (np.vdot, [((3,), (3,)), ((2, 3), (3, 2)), ((), ())]),
    (np.inner, [((3,), (3,)), ((2, 3), (2, 2, 3)), ((), (2, 2)), ((2,), ()), ((0,), (0,))]),
    (np.outer, [((3,), (2,)), ((2, 2), (3,)), ((), (2,)), ((0,), (2,))]),
    (np.kron, [((2,), (3,)), ((2, 2), (2, 3)), ((2,), (2, 2)), ((2, 1, 2), (2,)), ((), (2,))]),
    (np.cross, [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (2, 3))]),
    (np.vecdot, [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (3, 3))]),
    (np.linalg.vecdot, [((3,), (3,)), ((2, 3), (3,))]),
    (np.linalg.matmul, [((2, 2), (2, 2))]),
    (np.linalg.outer, [((3,), (2,))]),
    (np.linalg.cross, [((2, 3), (2, 3))]),
    (np.tensordot, [((2, 3), (2, 3)), ((2, 3, 2), (3, 2))]),
    (np.linalg.tensordot, [((2, 3), (2, 3))]),
]
if hasattr(np, "matvec"):
    CALLS += [
        (np.matvec, [((2, 3), (3,)), ((2, 2, 3), (3,)), ((2, 3), (4, 3))]),
        (np.vecmat, [((2,), (2, 3)), ((2, 2), (2, 2, 3))]),
    ]


@TYPES
@pytest.mark.parametrize(
    ("f", "shapes"),
    [(f, shapes) for f, several in CALLS for shapes in several],
)
def test_of_two(f: Any, shapes: Any, types: Any) -> None:
    x, y = pair(shapes, types)
    check(f, x, y)
    single(f, x, y)
    check(lambda x: f(x, y), x, order=1)
    check(lambda y: f(x, y), y, order=1)


@pytest.mark.parametrize(("f", "shapes"), [
    (lambda x, y: np.tensordot(x, y, 1), ((2, 3), (3, 2))),
    (lambda x, y: np.tensordot(x, y, axes=0), ((2,), (2, 2))),
    (lambda x, y: np.tensordot(x, y, ([0, 1], [1, 0])), ((2, 3), (3, 2))),
    (lambda x, y: np.tensordot(x, y, ((-1,), 0)), ((2, 3), (3, 2))),
    (lambda x, y: np.tensordot(x, y, (1, 0)), ((2, 3), (3, 2))),
    (lambda x, y: np.linalg.tensordot(x, y, axes=1), ((2, 3), (3, 2))),
    (lambda x, y: np.cross(x, y, axis=0), ((3, 2), (3, 2))),
    (lambda x, y: np.cross(x, y, 0, 1, 0), ((3, 2), (2, 3))),
    (lambda x, y: np.cross(x, y, axisc=0), ((2, 3), (2, 3))),
    (lambda x, y: np.linalg.cross(x, y, axis=0), ((3, 2), (3, 2))),
    (lambda x, y: np.vecdot(x, y, axis=0), ((3, 2), (3, 2))),
    (lambda x, y: np.linalg.vecdot(x, y, axis=0), ((3, 2), (3, 2))),
])  # fmt: skip
def test_axes(f: Any, shapes: Any) -> None:
    x, y = pair(shapes, (float, float))
    check(f, x, y)
    check(f, *pair(shapes, (complex, complex)), order=1)


@pytest.mark.filterwarnings("ignore:Arrays of 2-dim:DeprecationWarning")
@pytest.mark.parametrize("shapes", [((2,), (2,)), ((2,), (3,)), ((3,), (2,)), ((2, 2), (2, 3))])
def test_cross_of_two_elements(shapes: Any) -> None:
    check(np.cross, *pair(shapes, (float, float)))


@pytest.mark.parametrize("shape", [(3, 3), (2, 3), (3, 2), (2, 2, 3)])
@pytest.mark.parametrize("offset", [0, 1, -1, 2, 5])
def test_diagonals(shape: Any, offset: int) -> None:
    x = random(shape)
    agree(np.linalg.diagonal(Tensor(x), offset=offset), np.linalg.diagonal(x, offset=offset))
    check(lambda x: np.linalg.trace(x, offset=offset), x)
    if offset < 2:
        check(lambda x: np.linalg.diagonal(x, offset=offset), x)
        check(lambda x: np.linalg.diagonal(x, offset=offset), random(shape, 0, complex))
        check(np.linalg.matrix_transpose, x)


@pytest.mark.parametrize(("f", "kind"), [
    (lambda x: np.inner(x, x.T), ValueError),
    (lambda x: np.tensordot(x, x, 1), ValueError),
    (lambda x: np.tensordot(x, x, ([0, 0], [0, 0])), ValueError),
    (lambda x: np.cross(x[:, :1], x[:, :1]), ValueError),
    (lambda x: np.linalg.outer(x, x), ValueError),
    (lambda x: np.linalg.cross(x[:, :2], x[:, :2]), ValueError),
    (lambda x: np.vecdot(x, x.T), ValueError),
    (lambda x: np.linalg.diagonal(x[0]), ValueError),
    (lambda x: np.dot(x, x), ValueError),
    (lambda x: np.vdot(x, x[0]), ValueError),
])  # fmt: skip
def test_what_does_not_fit(f: Any, kind: Any) -> None:
    for x in (random((2, 3)), Tensor(random((2, 3)))):
        with pytest.raises(kind):
            f(x)


def test_values_lists_and_numbers() -> None:
    x = Value(2.0)
    assert np.outer(np.array([x, x]), [1.0, 2.0])[0, 1].data == 4.0
    agree(np.outer(Tensor([1.0, 2.0]), [1, 2]), np.array([[1.0, 2.0], [2.0, 4.0]]))
    agree(np.inner(Tensor([1.0, 2.0]), 2), np.array([2.0, 4.0]))
    agree(np.kron([1, 2], Tensor([1.0, 2.0])), np.array([1.0, 2.0, 2.0, 4.0]))
    (g,) = derivative(lambda x: np.inner(x, 2.0), [np.array(3.0)])
    assert np.isfinite(g)
