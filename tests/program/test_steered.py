"""What is steered by numbers, compiled: the program does it when it runs, with its derivatives.

Nothing here but the examples at the end names an operation: a new declaration is tried by being
declared.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.transforms.trees import leaves_of

sys.path.append(str(Path(__file__).parents[1] / "functions"))

from table_calls import Call, arrays_in, calls, constants, each, entries, quietly

AS_THE_NUMBERS_DECIDE = ("how long the result is", "whether the result is complex")
"""What no program can hold: its results have a shape and a dtype."""


def weighted(z: Any) -> Any:
    """A number of all results that are floating-point numbers."""
    total: Any = 0.0
    for i, x in enumerate(z if isinstance(z, tuple) else (z,)):
        if getattr(x, "dtype", np.dtype(float)).kind in "fc":
            weights = np.cos(np.arange(np.prod(np.shape(x))).reshape(np.shape(x)) + i)
            total = total + np.real(np.sum(x * weights))
    return total


def of_leaves(call: Call) -> tuple[Any, list[Any]]:
    """The call as a function of a list of the arrays that can be differentiated by, and these."""
    fixed = constants(call.entry)
    is_leaf = [i not in fixed for i in range(len(call.operands))]
    parts = [x for x, mine in zip(call.operands, is_leaf, strict=True) if mine]
    leaves = [x for x in arrays_in(tuple(parts)) if x.dtype.kind in "fc"]

    def function(given: list[Any]) -> Any:
        rest = iter(given)
        operands = [
            each(x, lambda a: next(rest) if a.dtype.kind in "fc" else a) if mine else x
            for x, mine in zip(call.operands, is_leaf, strict=True)
        ]
        return weighted(call.of(call.entry.function, operands))

    return function, leaves


@pytest.mark.parametrize("entry", entries(others=True), ids=lambda entry: entry.name)
def test_every_function_of_the_table_in_a_program_of_second_derivatives(entry):
    for call in calls(entry, most=1):
        f, leaves = of_leaves(call)
        if not leaves:
            continue
        twice = al.grad(lambda xs, f=f: weighted(tuple(al.grad(f)(xs))))
        others = [np.asarray(x.T.copy().reshape(x.shape) * 0.875) for x in leaves]
        with quietly():
            try:
                expected = [twice(leaves), twice(others)]
            except (TypeError, ValueError, IndexError):  # refused without `compile` as well
                continue
            compiled = al.compile(twice)
            try:
                found = [compiled(leaves), compiled(others)]
            except TypeError as error:
                if any(words in str(error) for words in AS_THE_NUMBERS_DECIDE):
                    continue
                raise
        for one, other in zip(expected, found, strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_allclose(b, a, 1e-12, 1e-14)
                assert np.asarray(a).dtype == np.asarray(b).dtype


ROWS = np.array([[3.0, 1.0, 2.0, -5.0], [0.5, np.nan, -1.0, 4.0], [0.0, 0.0, 2.0, 2.0]])

STEERED = {
    "median": lambda x: np.median(x, axis=1)[0] ** 2,
    "quantile": lambda x: np.quantile(x[0], [0.2, 0.7]) @ np.array([1.0, 2.0]),
    "nanmean": lambda x: np.sum(np.nanmean(x, axis=1) ** 2),
    "nanmax": lambda x: np.sum(np.nanmax(x, axis=0) ** 2),
    "product": lambda x: np.prod(x[2]) * np.prod(x[0]),
    "interpolated": lambda x: np.sum(np.interp(x[0], [-6.0, 0.0, 6.0], x[2, :3]) ** 2),
    "polynomial": lambda x: np.polyval(x[0], x[2, 2]) * np.polyfit(np.arange(4.0), x[2], 1)[0],
    "in order": lambda x: np.sum(np.sort(x[0]) ** 2 * np.arange(4.0)),
    "the greatest": lambda x: np.max(x[0]) ** 2 + np.ptp(x[2]),
}


@pytest.mark.parametrize("name", STEERED)
@pytest.mark.parametrize("transform", [al.grad, al.hessian, al.value_and_grad])
def test_traced_at_one_point_and_run_at_others(name, transform):
    f = transform(STEERED[name])
    compiled = al.compile(f)
    with quietly():
        for x in (np.nan_to_num(ROWS) + np.eye(3, 4), ROWS, ROWS[:, ::-1].copy(), 0.0 * ROWS):
            for a, b in zip(leaves_of(compiled(x)), leaves_of(f(x)), strict=True):
                np.testing.assert_allclose(a, b, 1e-13, 1e-14)


def test_in_a_loop_the_gradient_is_not_lost():
    def looped(x):
        return al.scan(lambda c, row: (c + np.median(row * c), None), 1.0, x)[0]

    def written_out(x):
        c = 1.0
        for row in x:
            c = c + np.median(row * c)
        return c

    x = np.random.default_rng(0).normal(size=(3, 5))
    for transform in (al.grad, al.hessian):
        expected = transform(written_out)(x)
        np.testing.assert_allclose(transform(looped)(x), expected, 1e-14, 1e-15)
        np.testing.assert_allclose(al.compile(transform(looped))(x), expected, 1e-14, 1e-15)


def test_of_many_rows_it_is_one_instruction():
    f = al.compile(al.grad(lambda x: al.map(lambda row: np.median(row), x).sum()))
    x = np.random.default_rng(0).normal(size=(50, 3))
    np.testing.assert_array_equal(f(x), al.grad(lambda x: np.sum(np.median(x, axis=1)))(x))
    assert f.source.count("\n") < 10


def test_what_has_as_many_elements_as_the_numbers_decide_is_named():
    with pytest.raises(TypeError, match=r"^unique asks for .* how long the result is"):
        al.compile(al.grad(lambda x: np.sum(np.unique(x))))(np.array([1.0, 2.0, 1.0]))
