"""The rules of scipy.special's functions: values, dtypes and derivatives, by SciPy's own names."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.special as sc
from hypothesis import given
from primitive_checks import FEW, check, compare, variables

from autograd_lite import PRIMITIVES, Tensor, Value, grad, gradients, no_grad, numerical_gradient
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Elementwise, Primitive
from autograd_lite.scipy import special
from autograd_lite.testing.calls import Point, cotangent, is_differentiable

FIRST = {"zeta": [2.0, 3.5], "expn": [0, 1, 3], "polygamma": [0, 1, 2], "yn": [0, 1, 2],
         "kn": [0, 1, 2]}  # fmt: skip
"""What is given for constants of which not every number may be."""


def names() -> list[str]:
    return [name for name in PRIMITIVES if name.startswith("special_")]


def points(primitive: Primitive) -> st.SearchStrategy[Point]:
    """Operands of a few shapes inside the domain; constants among those that SciPy takes."""
    constants = st.sampled_from(FIRST.get(primitive.name[8:], [0.5, 1, 2.5, 3]))

    @st.composite
    def draw(draw: st.DrawFn) -> Point:
        shape = draw(st.sampled_from([(), (3,), (2, 1), (0,)]))
        operands: list[Any] = []
        for i in range(len(primitive.operands)):
            if not is_differentiable(primitive, i):
                operands.append(draw(constants))
                continue
            low, high = draw(st.sampled_from(primitive.domain[i]))
            rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
            operands.append(rng.uniform(low, high, shape))
        return Point(primitive, tuple(operands))

    return draw()


EACH = pytest.mark.parametrize("name", names())


def scipys(name: str) -> Any:
    return getattr(sc, name.removeprefix("special_"))


@EACH
@FEW
@given(data=st.data())
def test_derivatives(name: str, data: st.DataObject) -> None:
    check(PRIMITIVES[name], data.draw(points(PRIMITIVES[name])))


@EACH
@FEW
@given(data=st.data())
def test_it_is_found_by_scipys_name_and_has_its_value(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    point = data.draw(points(primitive))
    scipy = scipys(name) if isinstance(scipys(name), np.ufunc) else primitive.function
    for dtype in (np.float64, np.float32):
        plain = [np.asarray(x, dtype)[()] if isinstance(x, np.ndarray | np.floating) else x
                 for x in point.operands]  # fmt: skip
        z = scipy(*variables(primitive, plain))
        alike = [dtype(x) if isinstance(x, float | int) else x for x in plain]
        expected = scipys(name)(*alike)
        assert z.primitive is primitive
        assert z.dtype == np.asarray(expected).dtype == dtype
        np.testing.assert_array_equal(z.detach(), expected)
        np.testing.assert_array_equal(primitive.function(*plain), expected)


@EACH
@FEW
@given(data=st.data())
def test_values_agree_with_tensors(name: str, data: st.DataObject) -> None:
    primitive = PRIMITIVES[name]
    assert isinstance(primitive, Elementwise)
    at = [float(np.ravel(x)[0]) if np.size(x) else 0.5
          for x in data.draw(points(primitive)).operands]  # fmt: skip
    if primitive.constants and name[8:] in FIRST:
        at[0] = FIRST[name[8:]][0]
    values, tensors = (variables(primitive, at, kind) for kind in (Value, Tensor))
    of_values, of_tensors = (apply(primitive, x, {}) for x in (values, tensors))
    assert of_values.data == of_tensors.item()
    wanted = [i for i in range(len(at)) if is_differentiable(primitive, i)]
    first = gradients(of_values, [values[i] for i in wanted])
    np.testing.assert_allclose(first, gradients(of_tensors, [tensors[i] for i in wanted]))


@EACH
def test_a_variable_where_no_rule_is_known_is_refused(name: str) -> None:
    primitive = PRIMITIVES[name]
    for i in primitive.constants:
        for x in (Tensor([1.0, 2.0]), Value(1.0), [Value(1.0)]):
            operands: list[Any] = [1.0] * len(primitive.operands)
            operands[i] = x
            with pytest.raises(TypeError, match=f"by {primitive.operands[i]}"):
                getattr(special, name[8:])(*operands)


def test_without_recording_every_operand_may_be_a_variable() -> None:
    with no_grad():
        assert sc.jv(Tensor(0.0), Tensor(1.0)).item() == sc.jv(0.0, 1.0)


# ---------------------------------------------------------------- how they are found


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nobody_needs_to_import_the_rules() -> None:
    program = """
import sys, autograd_lite, scipy.special
assert "autograd_lite.scipy" not in sys.modules
t = autograd_lite.Tensor([2.0])
scipy.special.zeta(2.0, t).sum().backward()
print(round(float(t.grad[0]), 6))
"""
    assert printed(program) == str(round(-2.0 * float(sc.zeta(3.0, 2.0)), 6))


def test_importing_the_library_does_not_import_scipy() -> None:
    assert printed("import sys, autograd_lite; print('scipy' in sys.modules)") == "False"


def test_a_declaration_of_the_same_name_stands_beside_them() -> None:
    program = """
import numpy as np, scipy.special, autograd_lite as al
@al.elementwise(floats="2.0 * x", arrays=lambda x: 2.0 * x, partials=(2.0,))
def gammaln(x): "Something else."
t = al.Tensor([3.0])
print(scipy.special.gammaln(t).item() == scipy.special.gammaln(3.0), gammaln(t).item())
"""
    assert printed(program) == "True 6.0"


def test_a_rule_of_a_users_own_stands() -> None:
    program = """
import numpy as np, scipy.special, autograd_lite as al
@al.elementwise(scipy.special.gammaln, floats="x", partials=(7.0,))
def mine(x): "Another derivative."
t = al.Tensor([3.0])
scipy.special.gamma(t)  # which loads the rules
scipy.special.gammaln(t).sum().backward()
print(t.grad)
"""
    assert printed(program) == "[7.]"


def test_operands_by_name() -> None:
    assert special.polygamma(n=1, x=Tensor(1.0)).item() == sc.polygamma(1, 1.0)
    with pytest.raises(TypeError):
        special.polygamma(1, y=Tensor(1.0))


def test_a_function_without_a_rule_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"scipy\.special\.gammasgn has no rule.*special\.gammaln"):
        sc.gammasgn(Tensor([1.0]))


@pytest.mark.parametrize("name", ["expit", "log1p", "expm1"])
def test_what_the_library_has_is_used(name: str) -> None:
    x = np.linspace(-0.9, 3.0, 7)
    z = getattr(sc, name)(Tensor(x))
    assert not z.primitive.name.startswith("special_")
    np.testing.assert_allclose(z.detach(), getattr(sc, name)(x), rtol=2e-15)


@pytest.mark.parametrize("name", ["erf", "gamma", "loggamma", "erfi", "erfcx", "exp1", "spence"])
def test_complex_numbers(name: str) -> None:
    """Analytic functions: along the real and the imaginary axis the same derivative."""
    f, z = getattr(sc, name), 1.2 + 0.7j
    t = Tensor(np.array([z]))
    w = f(t)
    np.testing.assert_allclose(w.detach(), f(np.array([z])))
    (g,) = gradients(w, [t], np.array([1.0 + 0.0j]))
    for step in (1e-5, 1e-5j):
        np.testing.assert_allclose(g[0], (f(z + step) - f(z - step)) / (2 * step), rtol=1e-8)


# ---------------------------------------------------------------- awkward points


def slope(f: Any, x: float) -> float:
    t = Tensor(np.array([x]))
    (g,) = gradients(f(t), [t], [1.0])
    return float(g[0])


def test_log_ndtr_is_right_in_both_tails() -> None:
    # φ/Φ → −x − 1/x + 2/x³ − 10/x⁵ far to the left
    for x in (-1e2, -1e4, -1e8):
        assert slope(sc.log_ndtr, x) == pytest.approx(-x - 1 / x + 2 / x**3, rel=1e-9)
    assert slope(sc.log_ndtr, 40.0) == 0.0
    assert grad(grad(sc.log_ndtr))(-50.0) == pytest.approx(-1 + 1 / 50.0**2, rel=1e-5)


def test_erfcx_is_right_where_its_formula_cancels() -> None:
    for x in (39.9, 40.1, 1e3, 1e6):
        expected = (-1 + 1.5 / x**2 - 3.75 / x**4 + 13.125 / x**6) / (np.sqrt(np.pi) * x * x)
        assert slope(sc.erfcx, x) == pytest.approx(expected, rel=1e-11)


def test_nothing_times_a_logarithm() -> None:
    for f, y in ((sc.xlogy, 0.0), (sc.xlog1py, -1.0)):
        x, t = Tensor([0.0]), Tensor([y])
        assert gradients(f(x, t), [t], [1.0])[0] == 0.0
        assert gradients(f(x, np.array([2.0])), [x], [1.0])[0] == f(1.0, 2.0)


def test_divergences_outside_of_their_domain() -> None:
    assert slope(sc.entr, -1.0) == 0.0
    assert slope(sc.entr, 0.0) == np.inf
    assert slope(lambda x: sc.rel_entr(x, np.array([1.0])), -1.0) == 0.0
    assert slope(lambda y: sc.kl_div(np.array([0.0]), y), 2.0) == 1.0


@pytest.mark.parametrize(
    ("f", "x", "right"),
    [
        (sc.exprel, 0.0, (0.5, 1 / 3, 1 / 4)),
        (sc.i1, 0.0, (0.5, 0.0, 0.375)),
        (sc.j1, 0.0, (0.5, 0.0, -0.375)),
        (sc.spence, 1.0, (-1.0, 0.5, -2 / 3)),
        (lambda x: sc.boxcox(2.0, x), 0.0, [np.log(2.0) ** (n + 1) / (n + 1) for n in (1, 2, 3)]),
    ],
)
def test_where_a_formula_divides_by_nothing(f: Any, x: float, right: Any) -> None:
    for expected in right:
        f = grad(f)
        assert f(x) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_third_derivative_of_gammaln() -> None:
    third = grad(grad(grad(sc.gammaln)))(2.5)
    assert third == pytest.approx(float(sc.polygamma(2, 2.5)), rel=1e-12)


# ---------------------------------------------------------------- those that SciPy wrote in Python


@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1)])
def test_softmax_and_its_relations(name: str, axis: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3))
    for dtype in (np.float64, np.float32):
        z = getattr(special, name)(Tensor(x.astype(dtype)), axis)
        expected = getattr(sc, name)(x.astype(dtype), axis)
        assert z.dtype == expected.dtype
        np.testing.assert_allclose(
            z.detach(), expected, rtol=1e-6 if dtype is np.float32 else 1e-13
        )


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_logsumexp_with_factors(axis: Any, keepdims: bool) -> None:
    rng = np.random.default_rng(1)
    x, b = rng.normal(size=(2, 3)), rng.normal(size=(3,))
    options = {"axis": axis, "keepdims": keepdims, "return_sign": True}
    expected, signs = sc.logsumexp(x, b=b, **options)
    t, s = Tensor(x), Tensor(b)
    found, found_signs = special.logsumexp(t, b=s, **options)
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-12)
    np.testing.assert_array_equal(found_signs, signs)
    weights = cotangent(found.shape)
    by_x = numerical_gradient(lambda x: np.sum(weights * sc.logsumexp(x, b=b, **options)[0]), x)
    by_b = numerical_gradient(lambda b: np.sum(weights * sc.logsumexp(x, b=b, **options)[0]), b)
    compare("logsumexp", gradients(found, [t, s], weights), [by_x, by_b])


def test_logsumexp_leaves_out_what_has_the_factor_0() -> None:
    t = Tensor([0.0, 1e4, 1.0])
    z = special.logsumexp(t, b=[1.0, 0.0, 1.0])
    assert z.item() == pytest.approx(np.logaddexp(0.0, 1.0))
    np.testing.assert_allclose(gradients(z, [t])[0], [sc.expit(-1.0), 0.0, sc.expit(1.0)])


def test_multigammaln() -> None:
    x = np.array([3.0, 4.5])
    for d in (1, 2, 4):
        np.testing.assert_allclose(special.multigammaln(Tensor(x), d).detach(),
                                   sc.multigammaln(x, d))  # fmt: skip
    assert grad(lambda a: special.multigammaln(a, 2))(3.0) == pytest.approx(
        sc.psi(3.0) + sc.psi(2.5)
    )
    with pytest.raises(ValueError, match="greater than"):
        special.multigammaln(Tensor([1.0]), 4)
