"""Operations that a user declares: of any number of operands under any names, declared again, taken
back, refused; nothing of a declaration that fails remains."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import (
    PRIMITIVES,
    Tensor,
    Value,
    composed,
    cos,
    elementwise,
    grad,
    gradients,
    numerical_gradient,
    sin,
    structural,
)
from autograd_lite.engine.primitive import COMPOSED, retract
from autograd_lite.reading.explain import explain
from autograd_lite.viz import steps


@pytest.fixture(autouse=True)
def _nothing_remains() -> Iterator[None]:
    """Whatever a test declares is taken back; then all is as it was."""
    before = state()
    names = {*PRIMITIVES, *COMPOSED}
    yield
    for name in {*PRIMITIVES, *COMPOSED} - names:
        retract(name)
    assert state() == before


def state() -> tuple[Any, ...]:
    """The table, and what stands on the two classes."""
    return dict(PRIMITIVES), dict(COMPOSED), set(dir(Value)), set(dir(Tensor))


# ---------------------------------------------------------------- any number, any names


def declare_three() -> Callable[..., Any]:
    """z = self·sin(t1) + out², whose operands are named as generated code might name its own."""

    @elementwise(
        floats="self * sin(t1) + out * out",
        arrays=lambda a, b, c: a * np.sin(b) + c * c,
        partials=(
            lambda self, t1, out, z: sin(t1),
            lambda self, t1, out, z: self * cos(t1),
            lambda self, t1, out, z: 2.0 * out,
        ),
        method=False,
    )
    def three(self: Any, t1: Any, out: Any) -> Any:
        """self·sin(t1) + out²."""

    return three


def declare_four() -> Callable[..., Any]:
    """z = a·b + c·d between bounds that are constants: five operands, one of them no variable."""

    @elementwise(
        floats="a * b + c * d if most > 0.0 else 0.0",
        arrays=lambda a, b, c, d, most: np.where(most > 0.0, a * b + c * d, 0.0),
        partials=(
            lambda a, b, c, d, most, z: b * ag.where(most > 0.0, 1.0, 0.0),
            lambda a, b, c, d, most, z: a * ag.where(most > 0.0, 1.0, 0.0),
            lambda a, b, c, d, most, z: d * ag.where(most > 0.0, 1.0, 0.0),
            lambda a, b, c, d, most, z: c * ag.where(most > 0.0, 1.0, 0.0),
            None,
        ),
        method=False,
    )
    def four(a: Any, b: Any, c: Any, d: Any, most: Any) -> Any:
        """a·b + c·d where most > 0."""

    return four


POINT = (0.5, -1.5, 2.0, 0.25)


@pytest.mark.parametrize("make", [Value, Tensor, lambda x: Tensor([x, x]), np.float32])
def test_three_operands(make: Callable[[float], Any]) -> None:
    three = declare_three()
    x = [make(a) for a in POINT[:3]]
    a, b, c = POINT[:3]
    z = three(*x)
    expected = a * math.sin(b) + c * c
    np.testing.assert_allclose(getattr(z, "data", z), expected, rtol=1e-6)
    if not hasattr(z, "backward"):
        return
    found = gradients(ag.sum(z), x)
    for g, e in zip(found, (math.sin(b), a * math.cos(b), 2 * c), strict=True):
        np.testing.assert_allclose(g, e)
    (slope,) = gradients(ag.sum(z), [x[1]], record=True)
    seconds = gradients(ag.sum(slope), x)
    for g, e in zip(seconds, (math.cos(b), -a * math.sin(b), 0.0), strict=True):
        np.testing.assert_allclose(g, e)


def test_three_operands_in_an_array_of_values() -> None:
    three = declare_three()
    x = np.array([Value(a) for a in POINT])
    total = three(x, x[::-1], 2.0).sum()
    total.backward()
    plain = lambda p: float(np.sum(p * np.sin(p[::-1]) + 4.0))  # noqa: E731
    near = numerical_gradient(plain, np.array(POINT))
    np.testing.assert_allclose([v.grad for v in x], near, rtol=1e-6)


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_four_operands_and_a_constant(kind: type) -> None:
    four = declare_four()
    x = [kind(a) for a in POINT]
    four(*x, 1.0).backward()
    assert [v.grad for v in x] == [POINT[1], POINT[0], POINT[3], POINT[2]]
    assert grad(lambda a: four(a, a, a, a, -1.0))(2.0) == 0.0
    second = grad(grad(lambda a: four(a, a, 3.0, a, 1.0)))
    assert second(2.0) == 2.0
    bound = kind(1.0)
    assert gradients(four(*x, bound), [bound]) == [0.0], "a constant has no derivative"


def test_one_variable_in_several_places() -> None:
    three = declare_three()
    x = Value(0.5)
    y = three(x, x, x)
    y.backward()
    assert x.grad == pytest.approx(math.sin(0.5) + 0.5 * math.cos(0.5) + 1.0)
    assert list(y.partials) == pytest.approx([math.sin(0.5), 0.5 * math.cos(0.5), 1.0])
    assert y.operands == (x, x, x)


def test_operands_are_bound_by_position() -> None:
    @elementwise(floats="atan2(y, x)", arrays=np.arctan2, method=False,
                 partials=(lambda y, x, z: x / (x * x + y * y),
                           lambda y, x, z: -y / (x * x + y * y)))  # fmt: skip
    def direction(y: Any, x: Any) -> Any:
        """The angle of (x, y)."""

    for kind in (Value, Tensor):
        y, x = kind(1.0), kind(2.0)
        direction(y, x).backward()
        assert (y.grad, x.grad) == pytest.approx((0.4, -0.2))
    with pytest.raises(TypeError):
        direction(x=1.0, y=2.0)  # as NumPy's ufuncs: by position only


def test_own_operations_are_explained_and_drawn() -> None:
    declare_three()
    explanation = explain("y = three(a, b, 2*c); E = y**2", dict(zip("abc", POINT, strict=False)))
    rows = {card.name: card for card in explanation.cards}
    for name in "abc":
        assert rows[name].gradient == pytest.approx(explanation.numerical[name], rel=1e-6)
    assert "three(a, b, 2·c)" in explanation.table()
    (derivation,) = explanation.derivations(["b"])
    assert "∂E/∂y·∂y/∂b" in str(derivation)
    a, b, c = (Value(x, name=n) for n, x in zip("abc", POINT, strict=False))
    assert "Math.sin" in steps(ag.PRIMITIVES["three"].function(a, b, c)).html()


# ---------------------------------------------------------------- again, and taken back


def cell(factor: float) -> Callable[..., Any]:
    """The cell of a notebook, which is run again."""

    @elementwise(floats=f"{factor} * x", arrays=lambda x: factor * x, partials=(factor,))
    def scaled(x: Any) -> Any:
        """A multiple of x."""

    return scaled


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_a_declaration_that_is_run_again_replaces_its_own(kind: type) -> None:
    first, x = cell(2.0), kind(3.0)
    before = first(x)
    assert x.scaled().data == 6.0
    second = cell(5.0)
    assert x.scaled().data == second(x).data == 15.0
    assert PRIMITIVES["scaled"] is second.primitive
    before.backward()
    assert x.grad == 2.0, "what was recorded keeps the rule that it was recorded with"
    retract("scaled")
    assert not hasattr(x, "scaled")


@pytest.mark.parametrize("name", ["exp", "swapaxes", "nothing", ""])
def test_what_cannot_be_retracted(name: str) -> None:
    with pytest.raises(ValueError, match=r"^retract: "):
        retract(name)


def another_of_the_same_name() -> None:
    @elementwise(floats="x", arrays=np.positive, partials=(1.0,))
    def scaled(x: Any) -> Any:
        """Something else."""


def declare(name: str, **options: Any) -> Callable[..., Any]:
    """A declaration of the identity under a name."""

    def stub(x: Any) -> Any:
        """The identity."""

    stub.__name__ = stub.__qualname__ = name
    given = {"floats": "x", "arrays": np.positive, "partials": (1.0,)} | options
    return elementwise(*given.pop("numpy", ()), **given)(stub)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: declare("exp"), "exp: declared already"),
        (lambda: declare("sum"), "sum: declared already"),
        (lambda: declare("swapaxes"), "swapaxes: declared already"),
        (lambda: declare("data"), "data: .* has an attribute 'data' of its own"),
        (lambda: declare("backward"), "backward: .* has an attribute"),
        (lambda: declare("shape"), "shape: .* has an attribute"),
        (lambda: declare("T"), "T: .* has an attribute"),
        (lambda: declare("keep_grad"), "keep_grad: Tensor has an attribute"),
        (lambda: declare("mine", numpy=(np.tanh,)), r"mine: np.tanh stands for tanh already"),
        (lambda: declare("mine", operator="neg"), "mine: __neg__ stands for negative already"),
        (lambda: (cell(2.0), another_of_the_same_name()), "scaled: declared already"),
        (lambda: declare("mine", floats="x + nothing"), "mine: .* names 'nothing'"),
    ],
)
def test_what_is_not_its_own_cannot_be_taken(wrong: Any, message: str) -> None:
    tanh = Value(0.5).tanh()
    with pytest.raises(ValueError, match=message):
        wrong()
    assert "mine" not in PRIMITIVES
    assert Value(0.5).tanh().data == np.tanh(Value(0.5)).data == tanh.data
    assert (Value(2.0) * 3.0).primitive is PRIMITIVES["multiply"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: declare("mine", partials=(1.0, 2.0)), "mine: 2 partials for the operands"),
        (lambda: declare("mine", partials=()), "mine: 0 partials"),
        (lambda: declare("mine", operator="mul"), "mine: the operator 'mul' takes 2"),
        (lambda: declare("mine", floats=None), "mine: give its value on floats"),
        (lambda: declare("mine", arrays=None), "mine: give its value on arrays"),
    ],
)
def test_a_declaration_that_says_too_little(wrong: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        wrong()


def test_a_watcher_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd_lite.engine import primitive

    def fail(one: Any) -> None:
        raise RuntimeError("no")

    cell(2.0)
    watchers = [*primitive._watchers, (fail, lambda one: None)]
    with monkeypatch.context() as patch:
        patch.setattr(primitive, "_watchers", watchers)
        with pytest.raises(RuntimeError):
            declare("mine", numpy=(np.invert,))
    assert "mine" not in PRIMITIVES
    assert not hasattr(Value, "mine")
    with pytest.raises(TypeError, match=r"np.invert has no rule"):
        np.invert(Tensor([1.0]))
    assert Value(2.0).scaled().data == 4.0


def test_retracted_names_of_numpy_are_free_again() -> None:
    declare("mine", numpy=(np.invert,), arrays=np.cbrt)
    assert np.invert(Tensor([8.0])).data.tolist() == [2.0]
    retract("mine")
    with pytest.raises(TypeError, match=r"np.invert has no rule"):
        np.invert(Tensor([8.0]))
    with pytest.raises(TypeError, match=r"np.invert has no rule"):
        np.invert(Value(8.0))


# ---------------------------------------------------------------- structural, of any result


def test_a_structural_one_needs_no_cases() -> None:
    @structural(np.emath.log2, pullbacks=(lambda g, z, x: g / (math.log(2.0) * x),), method=True)
    def logarithm(x: Any) -> Any:
        """The logarithm to base 2."""
        return (x,), {}

    x = Tensor([1.0, 2.0, 4.0])
    ag.sum(np.emath.log2(x) * np.array([1.0, 10.0, 100.0])).backward()
    np.testing.assert_allclose(x.grad, [1 / math.log(2), 5 / math.log(2), 25 / math.log(2)])
    assert x.logarithm().data.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "expected"), [(2.5, 2.5), (3, 3.0), (True, 1.0), (np.float32(1.5), 1.5)]
)
def test_a_number_that_arrays_returns_becomes_a_node(value: Any, expected: float) -> None:
    @structural(arrays=lambda x: value, pullbacks=(lambda g, z, x: np.ones(3) * g,), method=False)
    def measured(x: Any) -> Any:
        return (x,), {}

    x = Tensor([1.0, 2.0, 3.0])
    z = measured(x)
    assert z.shape == ()
    assert z.item() == expected
    (z * 2.0).backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "value", [None, "text", np.array([1, 2]), np.array([True]), np.array([None]), [1.0, 2.0]]
)
def test_what_else_arrays_returns_is_a_clear_error(value: Any) -> None:
    @structural(arrays=lambda x: value, pullbacks=(lambda g, z, x: g,), method=False)
    def measured(x: Any) -> Any:
        return (x,), {}

    if isinstance(value, list):
        assert measured(Tensor([1.0])).data.tolist() == value
        return
    with pytest.raises(TypeError, match=r"measured: its value on arrays is .* floating-point"):
        measured(Tensor([1.0]))


def test_several_results_have_to_be_declared() -> None:
    @structural(arrays=lambda x: (x, x), pullbacks=(lambda g, z, x: g[0],), method=False)
    def twice(x: Any) -> Any:
        return (x,), {}

    with pytest.raises(TypeError, match=r"twice: its value on arrays is a tuple; declare results="):
        twice(Tensor([1.0]))


def declare_sincos() -> Callable[..., Any]:
    @structural(
        arrays=lambda x: (np.sin(x), np.cos(x)),
        pullbacks=(lambda g, z, x: g[0] * z[1] - g[1] * z[0],),
        results=("sine", "cosine"),
        method=False,
    )
    def sincos(x: Any) -> Any:
        """The sine and the cosine, computed together."""
        return (x,), {}

    return sincos


def test_several_results() -> None:
    sincos = declare_sincos()
    x = Tensor([0.5, 1.0])
    s, c = sincos(x)
    (g,) = gradients(ag.sum(s * c * c), [x], record=True)
    a = np.array([0.5, 1.0])
    np.testing.assert_allclose(g.data, np.cos(a) ** 3 - 2 * np.sin(a) ** 2 * np.cos(a))
    (second,) = gradients(ag.sum(g), [x])
    near = numerical_gradient(lambda a: np.sum(np.cos(a) ** 3 - 2 * np.sin(a) ** 2 * np.cos(a)), a)
    np.testing.assert_allclose(second, near, rtol=1e-6)
    only = gradients(ag.sum(sincos(x)[1]), [x])[0]
    np.testing.assert_allclose(only, -np.sin(a))
    again = sincos(sincos(x)[0])
    assert grad(lambda x: ag.sum(sincos(sincos(x)[0])[1]))(a).shape == (2,)
    ag.sum(again[0] + again[1]).backward()
    near = numerical_gradient(lambda a: np.sum(np.sin(np.sin(a)) + np.cos(np.sin(a))), a)
    np.testing.assert_allclose(x.grad, near, rtol=1e-6)
    assert [type(r) for r in sincos(a)] == [np.ndarray, np.ndarray], "plain of plain"
    with ag.no_grad():
        assert all(r.is_leaf for r in sincos(x))


def test_composed_functions_are_methods_and_stand_for_numpys() -> None:
    @composed(np.emath.logn, method=True)
    def logn(n: Any, x: Any) -> Any:
        """The logarithm of x to base n."""
        return ag.log(x) / ag.log(n)

    x = Tensor([2.0, 4.0])
    assert np.emath.logn(2.0, x).data.tolist() == [1.0, 2.0]
    assert x.logn(x).data.tolist() == [1.0, 1.0]
    slope = grad(lambda x: np.sum(np.emath.logn(2.0, x)))(np.array([2.0, 4.0]))
    np.testing.assert_allclose(slope, [0.5 / math.log(2.0), 0.25 / math.log(2.0)])
    retract("logn")
    with pytest.raises(TypeError, match=r"logn has no rule"):
        np.emath.logn(2.0, x)
