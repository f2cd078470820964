"""Forward mode from the declarations: pushing forward is the transpose of pulling back, for every
primitive of the table; and what says that it is linear is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from primitive_checks import FEW

from autograd_lite import PRIMITIVES, Tensor, Value, gradients
from autograd_lite.engine.apply import apply
from autograd_lite.engine.forward import Pushforward, together
from autograd_lite.engine.primitive import Elementwise, Primitive, Structural
from autograd_lite.testing.calls import always_there, cases_of, cotangent, is_differentiable
from autograd_lite.testing.strategies import points_for

DRAWN = [
    p.name
    for p in always_there()
    if isinstance(p, Elementwise) or (isinstance(p, Structural) and p.cases and cases_of(p))
]
LINEAR = [name for name in DRAWN if getattr(PRIMITIVES[name], "linear", "")]


def as_tuple(z: Any) -> tuple[Any, ...]:
    return z if isinstance(z, tuple) else (z,)


def variables(primitive: Primitive, operands: Any, kind: type = Tensor) -> list[Any]:
    return [kind(x) if is_differentiable(primitive, i) else x for i, x in enumerate(operands)]


def check_transposed(primitive: Primitive, operands: Any, params: Any, kind: type = Tensor) -> None:
    """u·(J·t) = (Jᵀ·u)·t, by plain numbers and by recorded ones."""
    given = variables(primitive, operands, kind)
    wanted = [x for x in given if x.__class__ is kind]
    zs = as_tuple(apply(primitive, given, params))
    whole = together(zs)
    ts = tangents(wanted)
    us = [cotangent(np.shape(z.detach()), 5 + i) for i, z in enumerate(zs)]
    back = gradients(whole, wanted, us[0] if len(zs) == 1 else dict(enumerate(us)))
    expected = sum(float(np.sum(g * t)) for g, t in zip(back, ts, strict=True))
    size = sum(float(np.sum(np.abs(g * t))) for g, t in zip(back, ts, strict=True))
    for record in (False, True):
        pushed = as_tuple(Pushforward(whole, wanted, record)(ts))
        for z, t in zip(zs, pushed, strict=True):
            assert t.shape == z.shape if hasattr(t, "shape") else z.shape == ()
            assert getattr(t, "dtype", float) == getattr(z, "dtype", float)
        plain = [p.detach() if hasattr(p, "detach") else p for p in pushed]
        actual = sum(float(np.sum(u * p)) for u, p in zip(us, plain, strict=True))
        assert actual == pytest.approx(expected, rel=1e-9, abs=1e-12 * (1 + size)), record


def tangents(wanted: list[Any]) -> list[Any]:
    return [
        float(cotangent((), 11 + i)) if x.__class__ is Value else cotangent(x.shape, 11 + i)
        for i, x in enumerate(wanted)
    ]


@pytest.mark.parametrize("name", DRAWN)
@FEW
@given(data=st.data())
def test_pushing_forward_is_the_transpose_of_pulling_back(name: str, data: Any) -> None:
    primitive = PRIMITIVES[name]
    point = data.draw(points_for(primitive))
    operands, params = point.applied
    with np.errstate(all="ignore"):
        check_transposed(primitive, [np.asarray(x) for x in operands], params)
        if isinstance(primitive, Elementwise) and all(np.ndim(x) == 0 for x in operands):
            check_transposed(primitive, [np.asarray(x).item() for x in operands], {}, Value)


@pytest.mark.parametrize("name", LINEAR)
def test_what_says_that_it_is_linear_is(name: str) -> None:
    """The tangent of such a primitive is itself; so it must be linear, in each operand alone, or
    in all together."""
    primitive: Any = PRIMITIVES[name]
    assert primitive.linear in ("jointly", "each")
    for shapes, args, kwargs in cases_of(primitive)[:60]:
        given = tuple(cotangent(shape, i) for i, shape in enumerate(shapes))
        operands, params = primitive.function.__wrapped__(
            *((given,) if primitive.is_variadic else given), *args, **kwargs
        )
        operands = [np.asarray(x, float) for x in operands]

        def of(operands: Any, params: Any = params) -> tuple[Any, ...]:
            return as_tuple(primitive.arrays(*operands, **params))

        free = [i for i in range(len(operands)) if is_differentiable(primitive, i)]
        groups = [free] if primitive.linear == "jointly" else [[i] for i in free]
        for group in groups:
            others = [
                cotangent(x.shape, 20 + i) if i in group else x for i, x in enumerate(operands)
            ]
            mixed = [
                2.5 * x - 3.0 * y if i in group else x
                for i, (x, y) in enumerate(zip(operands, others, strict=True))
            ]
            for a, b, z in zip(of(operands), of(others), of(mixed), strict=True):
                np.testing.assert_allclose(z, 2.5 * a - 3.0 * b, rtol=1e-9, atol=1e-9)
