"""The strategies draw what they promise; programs are well typed, print as Python, and shrink."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import find, given, settings

from autograd_lite import PRIMITIVES, Tensor, Value
from autograd_lite.testing import (
    GradientMismatch,
    broadcastable,
    check_gradient,
    points_for,
    programs,
    tensors,
    values,
)
from autograd_lite.testing.calls import can_be_drawn, is_differentiable, kink_distance, split
from autograd_lite.testing.strategies import NEAR, grid, listed_points


@given(st.data(), st.floats(-5, 5), st.floats(0.5, 4))
def test_values_lie_inside_and_away(data, low, width):
    x = data.draw(values(low, low + width, avoid=[low]))
    assert isinstance(x, float)
    assert low < x <= low + width


def test_the_ends_and_zero_are_drawn_more_often():
    numbers = grid(((-3.0, 3.0),)).tolist()
    assert numbers.count(0.0) == numbers.count(3.0) > numbers.count(1.0) == 1
    assert numbers[:4] == [1.0, -1.0, 2.0, -2.0]


@given(st.data(), st.sampled_from([np.float32, np.float64]))
def test_tensors_have_the_shape_and_dtype(data, dtype):
    shape = data.draw(st.sampled_from([(), (3,), (2, 3)]))
    x = data.draw(tensors(shape, dtype, low=0.5, high=2.0))
    assert x.shape == shape
    assert x.dtype == dtype
    assert np.all((x >= 0.5) & (x <= 2.0))


@given(tensors((3, 3), distinct=True))
def test_distinct_tensors_have_no_ties(x):
    assert len(np.unique(x)) == 9


@given(broadcastable(3))
def test_broadcastable_shapes_broadcast(xs):
    np.broadcast_shapes(*(x.shape for x in xs))


def test_square_matrices_are_drawn():
    """Else a transposed gradient shows by its shape alone."""
    shapes = []

    @settings(max_examples=200)
    @given(broadcastable(2))
    def collect(xs):
        shapes.append(tuple(x.shape for x in xs))

    collect()
    assert ((3, 3), (3, 3)) in shapes


@pytest.mark.parametrize("name", [p.name for p in PRIMITIVES.values() if can_be_drawn(p)])
@settings(max_examples=5)
@given(data=st.data())
def test_points_are_inside_the_domain_and_away_from_kinks(name, data):
    primitive = PRIMITIVES[name]
    point = data.draw(points_for(primitive))
    for i, x in enumerate(point.operands):
        if is_differentiable(primitive, i):
            inside = primitive.domain[min(i, len(primitive.domain) - 1)]
            assert np.all(np.any([(a <= x) & (x <= b) for a, b in inside], axis=0))
    assert kink_distance(primitive, point.operands, point.args, dict(point.kwargs)) > NEAR
    assert np.all(np.isfinite(np.asarray(point(*point.operands), float)))


@pytest.mark.parametrize("name", [p.name for p in PRIMITIVES.values() if can_be_drawn(p)])
def test_the_listed_points_meet_every_case(name):
    primitive = PRIMITIVES[name]
    points = listed_points(primitive)
    assert points
    for point in points:
        operands, params = split(primitive, point.operands, point.args, dict(point.kwargs))
        primitive.arrays(*operands, **params)


def test_float32_points():
    point = find(points_for("exp", np.float32), lambda p: np.ndim(p.operands[0]) == 1)
    assert point.operands[0].dtype == np.float32


# ---------------------------------------------------------------- programs


@given(programs())
def test_a_program_prints_as_python_that_runs(program):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program.source(), {})


@given(programs())
def test_a_program_gives_the_same_on_plain_numbers_and_on_variables(program):
    inputs = list(program.inputs.values())
    plain = np.asarray(program(*inputs))
    assert plain.size
    assert np.all(np.abs(plain) <= 100.0)
    result = program(*(Value(x) if isinstance(x, float) else Tensor(x) for x in inputs))
    recorded = result.detach() if isinstance(result, Value | Tensor) else result
    np.testing.assert_allclose(recorded, plain, rtol=1e-12, atol=1e-12)


def test_both_kinds_are_drawn_and_all_primitives_occur():
    seen: set[str] = set()
    kinds = set()

    @settings(max_examples=10 * sum(map(can_be_drawn, PRIMITIVES.values())))
    @given(programs())
    def collect(program):
        seen.update(program.primitives)
        kinds.update(type(x) for x in program.inputs.values())

    collect()
    assert kinds == {float, np.ndarray}
    assert len(seen) >= 0.9 * sum(map(can_be_drawn, PRIMITIVES.values()))


@settings(max_examples=300)
@given(programs("tensors", primitives=[PRIMITIVES[name] for name in ("solve", "divide")]))
def test_a_singular_matrix_on_the_way_is_not_drawn(program):
    """x / x is all ones: NumPy refuses to solve with it."""
    assert np.all(np.isfinite(program(*program.inputs.values())))


@pytest.mark.parametrize(("kind", "number"), [("values", float), ("tensors", np.ndarray)])
def test_the_kind_can_be_chosen(kind, number):
    program = find(programs(kind), lambda p: len(p.steps) > 1)
    assert all(isinstance(x, number) for x in program.inputs.values())


def test_a_program_that_fails_shrinks_to_the_smallest():
    """Of all programs, those with a broken sine fail: one call, at 1.

    In a process of its own: Hypothesis also draws the constants of whatever modules are loaded, so
    that what it starts from, and how far its budget lets it shrink, would depend on other tests.
    """
    code = "import test_strategies; test_strategies.shrink_a_broken_sine()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def shrink_a_broken_sine():
    from dataclasses import replace

    sine = PRIMITIVES["sin"]
    broken = replace(sine, partials=(np.sin,), pullbacks=(lambda g, z, x: g * np.sin(x),))
    others = ("add", "multiply", "exp", "tanh", "where", "sum", "mean", "reshape", "matmul", "max")
    table = [broken, *(PRIMITIVES[name] for name in others)]
    found = []

    @settings(max_examples=300, database=None, derandomize=True, deadline=None)
    @given(programs("tensors", primitives=table))
    def test(program):
        try:
            check_gradient(program, *program.inputs.values())
        except GradientMismatch:
            found.append(program)
            raise

    with pytest.raises(GradientMismatch, match="the rule of sin by x is wrong"):
        test()
    smallest = found[-1]
    assert smallest.primitives == ["sin"]
    (x,) = smallest.inputs.values()
    assert np.all(np.abs(x) == 1.0)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: values(1.0, 2.0, avoid=np.arange(1.0, 2.001, 0.01)), "but those to avoid"),
        (lambda: programs("scalars"), "kind must be"),
        (lambda: programs("values", primitives=[PRIMITIVES["matmul"]]), "none of the primitives"),
    ],
)
def test_errors(call, said):
    with pytest.raises(ValueError, match=said):
        call()
