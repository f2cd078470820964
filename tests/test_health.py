"""What is said to be wrong with a graph: the cause is named, and nothing else is blamed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value, viz
from autograd_lite.reading.cards import cards_of
from autograd_lite.reading.explain import explain
from autograd_lite.reading.health import ailments


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):
        yield


def drawn(output, fold=True, **names):
    return viz.draw(output, names=names, fold=fold).picture


def notes(output, fold=True, **names):
    return {c.name: c.notes for c in drawn(output, fold, **names).cells if c.notes}


@pytest.mark.parametrize("fold", [True, False])
def test_a_product_of_small_and_large_is_healthy(fold):
    x, y = Value(1e-300), Value(1e300)
    z = x * y
    picture = drawn(z * 1.0, fold, x=x, y=y, z=z)
    assert {arrow.mark for arrow in picture.arrows} == {""}
    assert notes(z * 1.0, x=x, y=y, z=z) == {}


@pytest.mark.parametrize(
    ("f", "at"),
    [(al.log, 1e10), (al.sqrt, 1e10), (al.cos, 0.3), (al.sin, 1.5708), (al.square, 1e-6)],
    ids=["log", "sqrt", "cos", "sin", "square"],
)
def test_a_small_derivative_alone_is_not_saturation(f, at):
    x = Value(at, name="x")
    assert notes(f(x)) == {}
    assert drawn(f(x)).arrows[0].mark == ""


@given(st.sampled_from([al.sigmoid, al.tanh]), st.floats(25.0, 300.0), st.booleans())
def test_saturation_far_out_is_noted(f, x, left):
    z = f(Value(-x if left else x, name="x"))
    (said,) = notes(z)["v1"]
    assert said.startswith(("saturated: the derivative of ", "dead: nothing flows back"))


def test_the_cause_is_named_inside_a_line():
    x, w = Value(2.0), Value(0.0)
    f = 3.0 * al.log(x * w) + 1.0
    assert notes(f, x=x, w=w, f=f) == {
        "x": ["3·w/(x·w) is 0·inf here, taken as 0"],
        "w": ["its gradient is the first that is inf: 3·x/(x·w) is inf, for x·w = 0"],
        "f": ["the first −inf: log(x·w) is −inf, for x·w = 0"],
    }
    label = next(a.label for a in drawn(f, x=x, w=w, f=f).arrows if a.source == "n0")
    assert label == "∂f/∂x = 3·w/(x·w) = 0·inf, taken as 0"
    assert "(3·w/(x·w) is 0·inf here, taken as 0)" in str(viz.derive(f, x, names=locals()))


def test_an_infinite_gradient_times_0_is_shown_as_the_engine_takes_it():
    x = Value(0.0, name="x")
    picture = drawn(al.sqrt(x * x), fold=False)
    assert picture.cells[0].gradient == "0 + 0 = 0"
    assert picture.cells[0].notes == ["inf·0 arrives here, taken as 0"]
    assert all(np.isfinite(arrow.share) for arrow in picture.arrows)


def test_in_an_array_the_place_is_named():
    x = Tensor([[4.0, 1.0], [-9.0, 2.0]], name="x")
    found = notes(al.log(x).sum(), fold=False)
    assert found["v1"] == ["the first nan: log(x) is nan, for x = −9 at [1, 0]"]


def test_a_flat_point_is_not_dead():
    assert notes(al.cos(Value(0.0, name="x")))["v1"] == [
        "nothing flows back: the derivative of cos at 0 is 0"
    ]
    assert notes(al.relu(Value(-2.0, name="x")))["v1"] == ["dead: nothing flows back through relu"]


def test_a_gradient_that_overflows_is_not_blamed_on_a_derivative():
    x = Value(1e200, name="x")
    y = x * 1e200
    found = ailments(cards_of(y * 1e200, fold=False))
    assert found["x"] == ["its gradient is the first that is inf: 1e+200·1e+200 is too large"]


@pytest.mark.parametrize(
    ("program", "inputs", "said"),
    [
        ("log(x*w)", {"x": 2.0, "w": 0.0}, "! f: the first −inf: log(x·w) is −inf, for x·w = 0"),
        ("log(x)", {"x": -1.0}, "! f: the first nan: log(x) is nan, for x = −1"),
        ("y = 1/x; E = y*y", {"x": 0.0}, "! y: the first inf: 1/x is inf, for x = 0"),
    ],
)
def test_explain_names_the_cause_and_blames_no_rule(program, inputs, said):
    table = explain(program, inputs).table()
    assert said in table
    assert "kink" not in table
    assert "≠" not in table
    assert "nan ≠" not in table


def test_explain_still_marks_a_kink():
    assert (
        "≠ the two differ: a kink or a singular point is near"
        in explain("relu(x)", {"x": 0.0}).table()
    )
