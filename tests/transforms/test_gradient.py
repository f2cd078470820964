"""grad and value_and_grad: structures, nesting, closures, mixtures of floats and arrays."""

from __future__ import annotations

import functools
import math
import multiprocessing
import pickle
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from autograd_lite import (
    PRIMITIVES,
    Tensor,
    Value,
    cos,
    elementwise,
    exp,
    grad,
    gradients,
    log,
    no_grad,
    numerical_gradient,
    sin,
    structural,
    tanh,
    value_and_grad,
)
from autograd_lite.engine import clock
from autograd_lite.engine.primitive import retract

Pair = namedtuple("Pair", ["w", "b"])


# ---------------------------------------------------------------- what comes back


def test_float_gives_a_float() -> None:
    g = grad(lambda x: x**3)(2.0)
    assert type(g) is float
    assert g == 12.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_numbers_of_other_precision_keep_it(dtype: type) -> None:
    g = grad(lambda x: x**3)(dtype(2.0))
    assert type(g) is dtype
    assert g == 12.0
    value, g = value_and_grad(lambda x, y: np.exp(x) * y, (0, 1))(dtype(0.0), 2.0)
    assert [type(x) for x in g] == [dtype, float]
    assert (value, *g) == (2.0, 2.0, 1.0)


@pytest.mark.parametrize("x", [2, np.float64(2.0), np.int64(2)])
def test_numbers_of_any_kind_give_a_float(x: Any) -> None:
    g = grad(lambda x: x**3)(x)
    assert type(g) is float
    assert g == 12.0


@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 1, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_array_gives_a_plain_array(shape: tuple[int, ...], dtype: type) -> None:
    x = np.full(shape, 2.0, dtype)
    g = grad(lambda x: (x**3).sum())(x)
    assert type(g) is np.ndarray
    assert g.shape == shape
    assert g.dtype == dtype
    np.testing.assert_array_equal(g, np.full(shape, 12.0))


def test_array_of_whole_numbers_gives_floats() -> None:
    g = grad(lambda x: (x * x).sum())(np.array([1, 2]))
    assert g.dtype == np.float64
    assert g.tolist() == [2.0, 4.0]


def test_value_and_grad_gives_both() -> None:
    value, g = value_and_grad(lambda x: x**3)(2.0)
    assert (type(value), value, type(g), g) == (float, 8.0, float, 12.0)
    value, g = value_and_grad(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    assert type(value) is float
    assert value == 9.0
    assert g.tolist() == [3.0, 12.0]


def test_argument_is_not_changed() -> None:
    x = np.array([1.0, 2.0])
    p = {"x": x}
    g = grad(lambda p: (p["x"] * 2.0).sum())(p)
    g["x"][...] = 100.0
    assert p["x"] is x
    assert x.tolist() == [1.0, 2.0]
    assert x.flags.writeable


# ---------------------------------------------------------------- structures

leaf = st.floats(-2.0, 2.0) | hnp.arrays(
    np.float64, hnp.array_shapes(max_dims=2, max_side=3), elements=st.floats(-2.0, 2.0)
)
trees = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
    ),
    max_leaves=6,
)


def total_of_squares(tree: Any) -> Any:
    """Σ x² over all numbers of a structure."""
    if isinstance(tree, dict):
        return sum((total_of_squares(x) for x in tree.values()), 0.0)
    if isinstance(tree, list | tuple):
        return sum((total_of_squares(x) for x in tree), 0.0)
    return (tree * tree).sum() if np.ndim(tree) else tree * tree


def assert_twice(found: Any, tree: Any) -> None:
    assert type(found) is type(tree)
    if isinstance(tree, dict):
        assert list(found) == list(tree)
        for key in tree:
            assert_twice(found[key], tree[key])
    elif isinstance(tree, list | tuple):
        assert len(found) == len(tree)
        for a, b in zip(found, tree, strict=True):
            assert_twice(a, b)
    else:
        np.testing.assert_array_equal(found, 2 * np.asarray(tree))


@given(trees)
def test_gradient_has_the_structure_of_its_argument(tree: Any) -> None:
    assert_twice(grad(total_of_squares)(tree), tree)


def test_kinds_of_structures_are_kept() -> None:
    p = OrderedDict(b=1.0, a=[2.0, (3.0,)], c=Pair(w=np.ones(2), b=4.0), d={}, e=[])
    g = grad(total_of_squares)(p)
    assert type(g) is OrderedDict
    assert list(g) == ["b", "a", "c", "d", "e"]
    assert type(g["c"]) is Pair
    assert g["c"].w.tolist() == [2.0, 2.0]
    assert (g["a"], g["d"], g["e"]) == ([4.0, (6.0,)], {}, [])


def test_part_that_is_not_used_has_gradient_0() -> None:
    g = grad(lambda p: p["a"] * 2.0)({"a": 1.0, "b": 5.0, "c": np.ones((2, 3))})
    assert (g["a"], g["b"]) == (2.0, 0.0)
    assert g["c"].tolist() == np.zeros((2, 3)).tolist()


@pytest.mark.filterwarnings("ignore:.*grad. f returned a plain number")
def test_function_that_uses_nothing() -> None:
    assert grad(lambda x: 7.0)(2.0) == 0.0
    assert grad(lambda x: 7)(np.ones(2)).tolist() == [0.0, 0.0]
    assert grad(grad(lambda x: 7.0))(2.0) == 0.0
    assert grad(grad(lambda x: 3.0 * x))(2.0) == 0.0
    assert value_and_grad(lambda x: np.float64(7.0))(2.0) == (7.0, 0.0)


def test_one_array_given_twice() -> None:
    x = np.array([1.0, 2.0])
    g = grad(lambda p: (p[0] * p[1]).sum())([x, x])
    assert [a.tolist() for a in g] == [[1.0, 2.0], [1.0, 2.0]]
    assert not np.shares_memory(*g)


# ---------------------------------------------------------------- arguments


def weighted(x: Any, y: Any, *, scale: float = 1.0, power: int = 1) -> Any:
    return scale * x**2 * y**power


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 20.0), (1, 4.0), (-1, 4.0), ((0, 1), (20.0, 4.0)), ((1, 0), (4.0, 20.0)), ([1], (4.0,))],
)
def test_argnums(argnums: Any, expected: Any) -> None:
    assert grad(weighted, argnums)(2.0, 5.0) == expected
    assert value_and_grad(weighted, argnums)(2.0, 5.0) == (20.0, expected)


def test_keywords_are_passed_on() -> None:
    assert grad(weighted)(2.0, 5.0, scale=3.0, power=2) == 300.0
    assert grad(lambda x, y=2.0: x * y)(3.0, y=5.0) == 5.0


def test_other_arguments_may_be_anything() -> None:
    g = grad(lambda x, how, f: f(x) if how == "f" else x)(2.0, "f", lambda u: u * u)
    assert g == 4.0


def test_name_and_documentation_are_kept() -> None:
    assert grad(weighted).__name__ == "weighted"


# ---------------------------------------------------------------- nesting


def test_orders_up_to_five() -> None:
    f: Callable[[Any], Any] = exp
    for _ in range(5):
        f = grad(f)
        assert f(1.0) == pytest.approx(math.e, rel=1e-14)
        assert float(f(np.array(1.0))) == pytest.approx(math.e, rel=1e-14)


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_mixed_derivatives_commute(x: float, y: float) -> None:
    def f(x: Any, y: Any) -> Any:
        return sin(x * y) * exp(x) + tanh(y) * x

    xy = grad(lambda x, y: grad(f, 0)(x, y), 1)(x, y)
    yx = grad(lambda x, y: grad(f, 1)(x, y), 0)(x, y)
    assert xy == pytest.approx(yx, rel=1e-12, abs=1e-12)
    numerical = numerical_gradient(lambda v: grad(f, 0)(x, v), y)
    assert xy == pytest.approx(numerical, rel=1e-6, abs=1e-7)


def test_closure_over_a_variable_of_the_outer_gradient() -> None:
    # d/dx (x · d/dy (x·y²) at y=3) = d/dx (x · 6x) = 12x
    def outer(x: Any) -> Any:
        return x * grad(lambda y: x * y * y)(3.0)

    assert grad(outer)(2.0) == 24.0
    assert grad(grad(outer))(2.0) == 12.0
    assert float(grad(outer)(np.array(2.0))) == 24.0


def test_perturbations_are_not_confused() -> None:
    # Siskind and Pearlmutter: d/dx (x · d/dy (x + y)) = 1, not 2
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda x: x * x)(x))(3.0) == 12.0
    # at the outer variable, and over it: d/dx (∂/∂y (x·y) at y=x) = d/dx x
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert float(grad(lambda x: grad(lambda y: x * y)(x))(np.array(3.0))) == 1.0


def test_gradient_of_the_norm_of_a_gradient() -> None:
    def energy(x: Any) -> Any:
        return (x**3).sum()

    x = np.array([1.0, 2.0])
    g = grad(lambda x: (grad(energy)(x) ** 2).sum())(x)
    assert g.tolist() == [36.0, 288.0]  # d/dx 9x⁴


def test_nested_over_a_structure() -> None:
    def f(p: Any) -> Any:
        return p["a"] ** 2 * p["b"].sum()

    def penalty(p: Any) -> Any:
        g = grad(f)(p)
        return g["a"] ** 2 + (g["b"] ** 2).sum()

    p = {"a": 2.0, "b": np.array([1.0, 3.0])}
    g = grad(penalty)(p)
    # (2·a·S)² + 2·a⁴ with S = Σb
    assert g["a"] == pytest.approx(8 * 2.0 * 16.0 + 8 * 8.0)
    assert g["b"].tolist() == pytest.approx([8 * 4.0 * 4.0] * 2)


def test_gradient_at_a_variable_is_recorded() -> None:
    for x in (Value(2.0), Tensor(2.0)):
        g = grad(lambda u: u**3)(x)
        assert type(g) is type(x)
        g.backward()
        assert x.grad == 12.0
    v = Value(2.0)
    value, g = value_and_grad(lambda u: u**3)(v)
    (value + g).backward()
    assert v.grad == 24.0


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_gradient_of_a_closure_over_a_variable_depends_on_it(kind: type) -> None:
    w = kind(5.0)
    g = grad(lambda x: x * w * w)(2.0)
    assert g.item() == 25.0
    assert w.grad is None
    g.backward()
    assert w.grad == 10.0
    with no_grad():
        assert type(grad(lambda x: (x * w).item() * x)(2.0)) is float


def test_inner_gradient_that_only_closes_over_a_recorded_leaf() -> None:
    x = Value(2.0)
    z = x * x + grad(lambda y: x * y * y)(3.0)
    z.backward()
    assert x.grad == 10.0


def test_inner_gradient_in_another_thread() -> None:
    def f(x: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return x * x + pool.submit(lambda: grad(lambda y: x * y * y)(3.0)).result()

    assert grad(f)(2.0) == 10.0
    assert grad(grad(f))(2.0) == 2.0


def test_argument_named_twice_is_given_twice() -> None:
    one, same = grad(lambda x: (x * x).sum(), (0, -1))(np.array([1.0, 2.0]))
    assert one.tolist() == same.tolist() == [2.0, 4.0]
    assert not np.shares_memory(one, same)
    assert grad(lambda x, y: x * y, (0, -1, 1, -2))(2.0, 3.0) == (3.0, 2.0, 2.0, 3.0)


def cube(x: Any) -> Any:
    """x³"""
    return x**3


@pytest.mark.parametrize("transform", [grad, value_and_grad])
def test_gradients_of_functions_of_a_module_are_pickled(transform: Any) -> None:
    g = transform(cube)
    again = pickle.loads(pickle.dumps(g))
    assert again(2.0) == g(2.0)
    assert again.__name__ == "cube"
    assert again.__doc__ == "x³"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(grad(cube), [1.0, 2.0])) == [3.0, 12.0]


def test_gradient_as_a_method() -> None:
    class Model:
        scale = 3.0

        @functools.partial(grad, argnums=1)
        def slope(self, x: Any) -> Any:
            return self.scale * x * x

    assert Model().slope(2.0) == 12.0


# ---------------------------------------------------------------- steps that are unrolled


@pytest.mark.parametrize("kind", [Value, Tensor])
def test_unrolled_steps_of_descent_are_visited_once(kind: type) -> None:
    """Each step differentiates what is new, however long the graph behind its point is."""

    count = 0

    def slope(x: Any, z: Any) -> Any:
        nonlocal count
        count += 1
        return cos(x)

    @elementwise(floats="sin(x)", arrays=np.sin, partials=(slope,), method=False)
    def counted_sine(x: Any) -> Any:
        """The sine, whose derivative counts how often it is asked for."""

    def visits(steps: int) -> int:
        nonlocal count
        w, b, lr = kind(0.5), kind(0.25), kind(0.1)
        counted_sine(w * b)  # the code of Values is written, once
        count = 0
        for _ in range(steps):
            dw, db = gradients(counted_sine(w * b) * w, [w, b], record=True)
            w, b = w - lr * dw, b - lr * db
        return count

    try:
        assert visits(16) == 4 * visits(4) > 0
    finally:
        retract("counted_sine")


def test_gradient_through_unrolled_steps() -> None:
    def last(lr: Any) -> Any:
        w, b = Tensor([0.5, -1.0]), Value(0.25)
        for _ in range(6):
            dw, db = gradients(np.sum(np.sin(w * b) ** 2), [w, b], record=True)
            w, b = w - lr * dw, b - lr * db
        return np.sum(w) * b

    near = numerical_gradient(lambda lr: last(lr).item(), 0.3)
    assert grad(last)(0.3) == pytest.approx(near, rel=1e-6)


def test_inputs_below_each_other() -> None:
    x = Tensor([1.0, 2.0])
    y = x * x
    z = y * x
    found = gradients(np.sum(z * y), [x, y, z, y])
    expected = [5 * x.data**4, 2 * x.data**3, x.data**2, 2 * x.data**3]
    for g, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(g, e)
    assert not np.shares_memory(found[1], found[3])


def test_pullbacks_beside_the_way_are_not_asked() -> None:
    @structural(arrays=np.array, pullbacks=(None,), method=False)
    def beside(x: Any) -> Any:
        return (x,), {}

    def refuse(*args: Any) -> Any:
        raise AssertionError("asked")

    object.__setattr__(PRIMITIVES["beside"], "pullbacks", (refuse,))
    object.__setattr__(PRIMITIVES["beside"], "constants", ())
    try:
        x, other = Tensor([1.0]), Tensor([2.0])
        y = np.sum(x * beside(other * 3.0))
        assert gradients(y, [x])[0].tolist() == [6.0]
        with pytest.raises(AssertionError, match="asked"):
            gradients(y, [other])
    finally:
        retract("beside")


def test_pullback_that_differentiates_again() -> None:
    """A rule may run the operation on variables and ask for its gradient."""

    def again(g: Any, z: Any, x: Any) -> Any:
        recorded = isinstance(x, Tensor)
        x = x if recorded else Tensor(x)
        return gradients(np.sin(x) * 2.0, [x], g, record=recorded)[0]

    @structural(arrays=lambda x: 2.0 * np.sin(x), pullbacks=(again,), method=False)
    def double_sine(x: Any) -> Any:
        return (x,), {}

    try:
        x = Tensor([0.5, 1.0])
        y = double_sine(double_sine(double_sine(x)))
        three = lambda x: 2 * np.sin(2 * np.sin(2 * np.sin(x)))  # noqa: E731
        np.testing.assert_allclose(
            gradients(np.sum(y), [x])[0],
            [numerical_gradient(three, float(a)) for a in x.data],
            rtol=1e-6,
        )
        (g,) = gradients(np.sum(y), [x], record=True)
        assert np.all(np.isfinite(gradients(np.sum(g), [x])[0]))
    finally:
        retract("double_sine")


# ---------------------------------------------------------------- mixtures


def test_floats_and_arrays_together() -> None:
    def f(s: Any, v: Any) -> Any:
        return (s * v).sum() + s

    gs, gv = grad(f, (0, 1))(2.0, np.array([1.0, 3.0]))
    assert type(gs) is float
    assert gs == 5.0
    assert gv.tolist() == [2.0, 2.0]


def test_mixtures_twice() -> None:
    def f(s: Any, v: Any) -> Any:
        return (s * s * v * v).sum()

    by_both = grad(lambda s, v: grad(f, 0)(s, v), (0, 1))(2.0, np.array([1.0, 3.0]))
    assert by_both[0] == 20.0
    assert by_both[1].tolist() == [8.0, 24.0]


def test_loop_and_branch_of_python() -> None:
    def f(x: Any) -> Any:
        y = x
        for _ in range(3):
            y = y * x if y > 1 else y + x
        return y

    assert grad(f)(2.0) == 32.0  # x⁴
    assert grad(f)(0.4) == pytest.approx(2.4, rel=1e-15)  # 3x²


@given(hnp.arrays(np.float64, (3,), elements=st.floats(0.5, 2.0)))
def test_a_composition_against_numerical_differentiation(x: Any) -> None:
    def f(x: Any) -> Any:
        return (log(x) * sin(x[::-1]) / cos(x / 4)).sum() + (x @ x) ** 0.5

    np.testing.assert_allclose(grad(f)(x), numerical_gradient(f, x), rtol=1e-6, atol=1e-8)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("text", "f returned str, and one number is needed"),
        (None, "f returned NoneType"),
        ([1.0], "f returned list"),
        (np.ones(2), r"f returned ndarray of shape \(2,\)"),
        (1j, "f returned complex"),
    ],
)
def test_function_that_returns_no_number(returned: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(lambda x: returned)(1.0)


def test_function_that_returns_an_array() -> None:
    with pytest.raises(ValueError, match=r"f returned shape \(2,\), and one number is needed: "):
        grad(lambda x: x * 2.0)(np.ones(2))
    with pytest.raises(ValueError, match=r"reduce it with sum\(\) or mean\(\)"):
        grad(lambda x: x * np.ones(2))(1.0)


@pytest.mark.parametrize("argnums", [1, -2, (0, 1), 5])
def test_argument_that_is_not_there(argnums: Any) -> None:
    with pytest.raises(TypeError, match=r"positional argument -?\d, but 1 were given"):
        grad(lambda x: x, argnums)(1.0)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("text", "argument 0 is of type str"),
        (None, "argument 0 is of type NoneType"),
        (True, "argument 0 is of type bool"),
        ({"w": [1.0, "a"]}, r"argument 0\['w'\]\[1\] is of type str"),
    ],
)
def test_argument_that_is_no_number(argument: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(lambda x: 1.0)(argument)


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([True])])
def test_array_that_holds_no_real_numbers(array: Any) -> None:
    with pytest.raises(TypeError, match="numbers are needed"):
        grad(lambda x: 1.0)(array)


def test_what_is_no_function() -> None:
    with pytest.raises(TypeError, match="a function is needed, not float"):
        grad(2.0)  # type: ignore[arg-type]


def test_the_clock_is_never_set_back() -> None:
    """Else what is new would seem old, and be left out of a gradient."""
    seen: list[list[int]] = [[] for _ in range(4)]

    def run(mine: list[int]) -> None:
        for _ in range(2000):
            clock.tick()
            mine.append(clock.now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, seen))
    assert all(mine == sorted(mine) for mine in seen)


def test_gradients_in_many_threads() -> None:
    def one(a: float) -> float:
        x = Value(a)
        y = x * x
        (slope,) = gradients(y, [x], record=True)
        return float(gradients(slope * y, [x, y])[0])  # d(2x·x²)/dx = 6x²

    numbers = [i / 100 for i in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, numbers))
    assert found == pytest.approx([6 * a * a for a in numbers])
