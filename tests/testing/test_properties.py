"""`gradient_property`: one line that finds what is wrong, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from autograd_lite import PRIMITIVES, elementwise, nn
from autograd_lite.engine.primitive import retract
from autograd_lite.testing import GradientMismatch, gradient_property, tensors, values
from autograd_lite.testing.calls import can_be_drawn

few = settings(max_examples=4, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
"""Beside those listed, at which test_mutation has them to the first order."""


@pytest.mark.parametrize("name", [p.name for p in PRIMITIVES.values() if can_be_drawn(p)])
def test_every_primitive_passes_to_the_second_order(name):
    few(gradient_property(PRIMITIVES[name], order=2))()


def softplus(x):
    return np.log1p(np.exp(x))


test_a_property_is_a_test = gradient_property(softplus, x=values())

test_arguments_by_name_in_any_order = gradient_property(
    lambda x, w, k: np.sum((x @ w) ** k), w=(3,), x=tensors((2, 3)), k=3
)
test_arguments_by_position = gradient_property(
    np.arctan2, (2, 3), tensors((3,), low=0.5), pullback=lambda g, y, x: arctan2_back(g, y, x)
)
test_a_module = gradient_property(nn.Affine(3, 2, rng=0), x=(2, 3), order=2)


def arctan2_back(g, y, x):
    r = x**2 + y**2
    return g * x / r, np.sum(-g * y / r, axis=0)


class Cube:
    def forward(self, x):
        self.x = x
        return x**3

    def backward(self, dout):
        return dout * 3 * self.x**2


test_a_layer = gradient_property(Cube(), x=tensors())


def test_a_branch_that_is_off_is_found_and_shrunk():
    def gradient(x):
        return np.where(x < -2, 1.0, 1.0 / (1.0 + np.exp(-x)))

    with pytest.raises(GradientMismatch) as caught:
        gradient_property(softplus, x=tensors(low=-3), gradient=gradient)()
    (row,) = caught.value.report.wrong
    assert row.index == ()
    assert row.analytic == 1.0
    assert "x=array(-2." in caught.value.__notes__[0]


def test_points_at_which_f_is_not_finite_are_left_out():
    with np.errstate(invalid="ignore", divide="ignore"):
        gradient_property(np.log, values(-0.5, 3.0), gradient=lambda x: 1 / x)()


def test_settings_apply():
    calls = []

    def counted(x):
        calls.append(x)
        return x

    settings(max_examples=5)(gradient_property(counted, x=values(), gradient=np.ones_like))()
    assert len(calls) == 2 * 5


def test_a_primitive_of_ones_own_needs_no_strategies():
    @elementwise(floats="x * x * x", arrays=lambda x: x * x * x,
                 partials=(lambda x, z: 3.0 * x,))  # fmt: skip
    def cube(x):
        """x³, with a wrong derivative."""

    try:
        with pytest.raises(GradientMismatch, match="cube") as caught:
            gradient_property(cube)()
    finally:
        retract("cube")
    assert caught.value.__notes__[0].startswith("Failing example: cube(")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: gradient_property(softplus), "a strategy is needed for x"),
        (lambda: gradient_property(softplus, y=values()), "'y' is no argument of softplus"),
        (lambda: gradient_property(softplus, values(), x=values()), "'x' is no argument"),
        (lambda: gradient_property(Cube(), x=(2,), order=2), "its own backward"),
    ],
)
def test_errors(call, said):
    with pytest.raises(TypeError, match=said):
        call()
