"""Checks that take any primitive of the table: whether its first and second derivatives agree
with numerical differentiation, at points as users draw them (`points_for`).

Nothing here names an operation. What a check needs to know stands in the declaration: `domain`,
`kink`, and `cases` for the arguments of a structural primitive.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from hypothesis import settings

from autograd_lite import Primitive, Tensor, Value, gradients, numerical_gradient
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Elementwise
from autograd_lite.testing.calls import (
    Point,
    always_there,
    cotangent,
    every_shape,
    is_differentiable,
)
from autograd_lite.testing.strategies import points_for, random_points

Array = npt.NDArray[Any]

STEP = 6.1e-6
"""The step of the differences: ε^(1/3), which balances truncation and rounding (row 002-16)."""

EVERY_SHAPE = every_shape()

FEW = settings(max_examples=max(1, settings().max_examples // 5))
"""For properties of every primitive of the table: few points of each, six or, in a search, a
hundred; what many of them have in common is met at hundreds of points."""


def points(primitive: Primitive) -> st.SearchStrategy[Point]:
    """Points of a primitive with operands of every shape, empty ones too."""
    return points_for(primitive, shapes=EVERY_SHAPE)


def scalar_points(primitive: Primitive) -> st.SearchStrategy[Point]:
    """Points of an elementwise primitive where every operand is one number."""
    return points_for(primitive, shapes=((),))


def numbers(point: Point) -> list[Any]:
    """Its operands, each one number, as Python's."""
    return [np.asarray(x).item() for x in point.operands]


def sample_points(primitive: Primitive) -> list[Point]:
    """A few fixed points of a primitive, for checks that must give the same in every run."""
    few = ((), (3,), (2, 1)) if isinstance(primitive, Elementwise) else ((3,), (2, 3))
    points = list(random_points(primitive, shapes=few))
    for seed in range(0 if points else 100):  # of square matrices, and few are positive definite
        points = list(random_points(primitive, seed, ((2, 2), (3, 3))))
        if points:
            break
    return points


# ---------------------------------------------------------------- derivatives


def variables(primitive: Primitive, operands: Any, kind: type = Tensor) -> list[Any]:
    """The operands as variables, conditions as they are."""
    return [kind(x) if is_differentiable(primitive, i) else x for i, x in enumerate(operands)]


def results(z: Any) -> tuple[Any, ...]:
    """The results of a call: one, or those of an operation that has several."""
    return z if isinstance(z, tuple) else (z,)


def weighted(z: Any) -> Any:
    """Σ c·z over all results, with weights that differ from element to element: of plain arrays
    a number, of variables a variable without axes."""
    parts = [cotangent(np.shape(one), 1 + 100 * i) * one for i, one in enumerate(results(z))]
    return functools.reduce(operator.add, map(np.sum, parts))


def gradients_of(z: Any, wanted: list[Any], record: bool = False) -> list[Any]:
    """The gradients of Σ c·z. Of one result, c is what the reverse pass starts from."""
    if isinstance(z, tuple):
        return gradients(weighted(z), wanted, record=record)
    return gradients(z, wanted, cotangent(z.shape, 1), record=record)


def analytic(
    primitive: Primitive, operands: Any, params: dict[str, Any], kind: type = Tensor
) -> list[Array]:
    """The gradient of Σ c·f with respect to each variable, by the reverse pass."""
    given = variables(primitive, operands, kind)
    z = apply(primitive, given, params)
    wanted = [x for x in given if x.__class__ is kind]
    return [np.asarray(g) for g in gradients_of(z, wanted)]


def analytic_second(
    primitive: Primitive, operands: Any, params: dict[str, Any], kind: type = Tensor
) -> list[Array]:
    """The gradient of Σ d·(the gradient of Σ c·f), by the reverse pass over the reverse pass."""
    given = variables(primitive, operands, kind)
    z = apply(primitive, given, params)
    wanted = [x for x in given if x.__class__ is kind]
    first = gradients_of(z, wanted, record=True)
    total = [np.zeros(x.shape) for x in wanted]
    for i, g in enumerate(first):
        if g.__class__ is kind:  # else it is a constant, and its derivative 0
            second = gradients(g, wanted, cotangent(g.shape, 2 + i))
            total = [old + new for old, new in zip(total, second, strict=True)]
    return [np.asarray(x) for x in total]


def numerical(f: Any, primitive: Primitive, operands: Any) -> list[Array]:
    """∂f/∂operand by central differences, for each variable."""
    slopes = []
    for i, x in enumerate(operands):
        if is_differentiable(primitive, i):

            def moved(other: Any, i: int = i, kind: type = x.__class__) -> Any:
                other = np.asarray(other) if kind is np.ndarray else other
                return f([*operands[:i], other, *operands[i + 1 :]])

            slopes.append(np.asarray(numerical_gradient(moved, x, STEP)))
    return slopes


def check(primitive: Primitive, point: Point, kind: type = Tensor) -> None:
    """Compare the first and second derivatives with numerical differentiation.

    Raises:
        AssertionError: if they differ, or the engine refuses what the rules give.
    """
    given, params = point.applied
    operands = numbers(point) if kind is Value else [np.asarray(x) for x in given]

    def total(xs: Any) -> float:
        return float(weighted(primitive.arrays(*xs, **params)))

    def weighted_gradient(xs: Any) -> float:
        gs = analytic(primitive, xs, params, kind)
        return sum(float(np.sum(g * cotangent(g.shape, 2 + i))) for i, g in enumerate(gs))

    try:
        first = analytic(primitive, operands, params, kind)
        second = analytic_second(primitive, operands, params, kind)
    except (ValueError, TypeError, IndexError) as error:
        raise AssertionError(f"{primitive.name}: {error}") from error
    compare(f"{primitive.name}, first order", first, numerical(total, primitive, operands))
    compare(
        f"{primitive.name}, second order",
        second,
        numerical(weighted_gradient, primitive, operands),
    )


def compare(what: str, actual: list[Array], expected: list[Array]) -> None:
    """Both within what central differences can tell (row 002-16 and section 3.5 of the seeds)."""
    for a, e in zip(actual, expected, strict=True):
        assert a.shape == e.shape, f"{what}: shape {a.shape} for an operand of shape {e.shape}"
        np.testing.assert_allclose(a, e, rtol=1e-5, atol=1e-7, err_msg=what)


def names() -> list[str]:
    """The names of the primitives that are always there, but of `result_of`, whose operand is no
    variable of a user's."""
    return [primitive.name for primitive in always_there() if primitive.name != "result_of"]
