"""What a compiled function is given, what it reads and what it gives back: as the function itself,
or refused with an error that says why."""

from __future__ import annotations

import enum
import functools
import gc
import linecache
import random
import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd_lite as al


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    x: Any
    y: Any = None


@dataclass
class Line:
    slope: Any
    offset: float = field(default=1.0, metadata={"static": True})


class Scaled(list):  # type: ignore[type-arg]
    scale = 1.0


def scaled(scale):
    items = Scaled([1.0, 2.0])
    items.scale = scale
    return items


class Power:
    def __init__(self, base, exponent):
        self.base, self.exponent = base, exponent


@pytest.fixture(autouse=True)
def _power_is_a_tree():
    al.register_tree(
        Power, lambda p: ((p.base,), p.exponent), lambda rest, parts: Power(parts[0], rest)
    )


def same(f, *args, **kwargs):
    """That the compiled function gives the same, of the same types, twice."""
    compiled = al.compile(f)
    expected = repr(f(*args, **kwargs))
    assert repr(compiled(*args, **kwargs)) == expected
    assert repr(compiled(*args, **kwargs)) == expected


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("number", [float, lambda x: np.full(2, float(x))])
def test_arguments_of_all_names_are_told_apart(number):
    one, two, three = number(1), number(2), number(3)
    same(lambda w, w0: w[0] + 10 * w[1] + 100 * w0, [one, two], three)
    same(lambda p, x: p["x"] + 10 * x, {"x": one}, three)
    same(lambda _, x: _ + 10 * x[1], three, [1, two])
    same(lambda p: p["µ"] + 10 * p["μ"], {"\u00b5": one, "\u03bc": two})  # the same to Python
    same(lambda p: p["x²"] + p["class"] + p[""], {"x²": one, "class": two, "": three})
    same(lambda **p: p["lambda"] + 10 * p["a b"], **{"lambda": one, "a b": two})
    same(lambda p: p[Colour.RED] + 10 * p[Colour.BLUE], {Colour.RED: one, Colour.BLUE: two})
    same(lambda x: {Colour.RED: x, float("inf"): 2 * x}, two)
    same(lambda np, isnan, slice: al.sin(np[1:]) + slice, np.ones(3), one, two)


def test_functions_of_all_names():
    def isnan(x):
        return np.sum(x * x)

    def check(x):
        return np.sum(x * x)

    def leaves_of(x):
        return x.x * x.x

    for f, x in ((isnan, 2.0), (check, np.ones(2)), (leaves_of, Pair(3.0))):
        assert repr(al.compile(f).value_and_grad(x)) == repr(al.value_and_grad(f)(x))


def test_variables_of_all_names():
    def f(x):
        slice = x * 2.0
        b0 = slice[1:] * slice[:-1]
        return np.sin(b0) * b0

    same(f, np.arange(3.0))


def test_parts_of_an_argument_do_not_take_the_name_of_another():
    def f(p, p0, *, t1):
        return p[0] * p0[0] + p[1] * p0[1] * t1[0]

    assert al.compile(f)([2.0, 3.0], [5.0, 7.0], t1=[11.0]) == 241.0


@pytest.mark.parametrize("key", [float("inf"), float("-inf"), 0.5, ("a", float("inf"))])
def test_keys_of_all_kinds(key):
    same(lambda d: {key: d[key] * 2.0}, {key: 3.0})


# ---------------------------------------------------------------- which program


@pytest.mark.parametrize(
    ("f", "first", "second"),
    [
        (lambda line: line.slope * line.offset, Line(2.0, 1.0), Line(2.0, 3.0)),
        (lambda p: p.base**p.exponent, Power(2.0, 2), Power(2.0, 3)),
        (lambda x: x[0] * x.scale, scaled(2.0), scaled(3.0)),
        (lambda p: type(p.x).__name__, Pair([1.0]), Pair((1.0,))),
        (lambda p: list(p.x), Pair({"a" * 99 + "1": 1.0}), Pair({"a" * 99 + "2": 1.0})),
        (lambda p: [type(key) for key in p], {1: 1.0}, {True: 1.0}),
        (lambda p: p.x, Pair(1.0, None), Pair(1.0, 2)),
    ],
)
def test_what_differs_beside_the_numbers_has_a_program_of_its_own(f, first, second):
    compiled = al.compile(f)
    for x in (first, second, first):
        assert repr(compiled(x)) == repr(f(x))


def test_arrays_in_files_of_other_dtypes(tmp_path):
    compiled = al.compile(lambda x: al.sin(al.sin(x) * 2.0) * 1.5)
    for dtype in (np.float32, np.float64):
        x = np.memmap(tmp_path / np.dtype(dtype).name, dtype, "w+", shape=(3,))
        x[:] = 0.1
        assert compiled(x).dtype == dtype
        assert np.array_equal(compiled(x), al.sin(al.sin(x) * 2.0) * 1.5)


def test_a_double_of_numpys_beside_single_precision():
    x = np.ones(3, np.float32)
    for y in (np.float64(0.1), 0.1, np.array(0.1)):
        same(lambda x, y: np.sin(x * y) * 2.0, x, y)
        compiled = al.compile(lambda x, y: np.sum(np.sin(x * y) * 2.0)).value_and_grad
        expected = al.value_and_grad(lambda x, y: np.sum(np.sin(x * y) * 2.0))(x, y)
        assert repr(compiled(x, y)) == repr(expected)


# ---------------------------------------------------------------- what is read from outside


def test_variables_from_outside_are_refused():
    message = r"no argument .*test_compiled_calls\.py.*detach"
    w = al.Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match=message):
        al.compile(lambda x: np.sum(x * w))(np.ones(2))
    with pytest.raises(TypeError, match=message):
        al.grad(lambda w: al.compile(lambda x: x * w)(2.0))(3.0)
    with pytest.raises(TypeError, match=r"give it as an"):
        al.vmap(lambda w: al.compile(lambda x: x * w)(2.0))(np.ones(3))
    assert al.compile(lambda x: np.sum(x * w.detach()))(np.ones(2)) == 3.0


def test_compiled_functions_inside_each_other():
    inner = al.compile(lambda x: x * x)
    outer = al.compile(lambda w: inner(w) + inner(2.0) + al.compile(lambda x: x * w)(3.0))
    assert outer(5.0) == 44.0
    assert outer(6.0) == 58.0
    assert outer.grad(5.0) == 13.0


def test_what_has_changed_outside_is_noticed_before_it_is_read_again():
    scale = [2.0]

    def f(x):
        return al.where(x > 0.0, al.log(x) * scale[0], 0.0)

    gradient = al.compile(f).grad
    assert gradient(1.0) == 2.0
    scale[0] = 3.0
    assert gradient(1.0) == 2.0
    with pytest.raises(TypeError, match="has changed since"):
        gradient(0.0)


def test_arguments_may_change_after_a_call():
    p = [1.0, 2.0]
    gradient = al.compile(
        lambda p: sum((al.where(x > 0.0, al.sqrt(x), x) for x in p), start=0.0)
    ).grad
    gradient(p)
    p.append(3.0)
    assert gradient([0.0, 4.0]) == [1.0, 0.25]


@pytest.mark.parametrize(
    "change",
    [
        lambda n: np.copyto(n, 7),
        lambda n: np.fill_diagonal(n, 7),
        lambda n: np.add.at(n, (0, 0), 1),
        lambda n: n.__iadd__(1),
        lambda n: n.__setitem__(0, 1),
        lambda n: np.put(n, 0, 7),
    ],
)
def test_what_writes_into_an_argument_is_refused(change):
    def f(n, x):
        change(n)
        return x * n

    n = np.ones((2, 2), int)
    with pytest.raises(TypeError, match=r"writ|gives NoneType"):
        al.compile(f)(n, np.ones((2, 2)))
    assert np.array_equal(n, np.ones((2, 2)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0)[0],
        lambda x: np.bincount(np.argsort(x)),
        lambda x: x[np.ix_(x > 0)],
        lambda x: np.array2string(x > 0),
    ],
)
def test_results_as_long_as_the_numbers_decide_are_refused(f):
    with pytest.raises(TypeError, match=r"test_compiled_calls\.py"):
        al.compile(f)(np.array([1.0, -1.0, 2.0, 0.0]))


# ---------------------------------------------------------------- results


@pytest.mark.parametrize("x", [2.0, np.ones(2), np.float32(2.0)])
def test_results_are_of_the_same_types(x):
    same(lambda x: x > 0, x)
    same(lambda x: 3, x)
    same(lambda x: {"a": (x, None), "b": [True, "text", b"bytes", 2.5, 1j, 7]}, x)


def test_what_the_slow_way_returns_is_the_callers():
    constant = np.arange(2.0)
    compiled = al.compile(lambda x, y: (1.0 / x, constant, y))
    y = np.zeros(2)
    compiled(1.0, y)
    for _ in range(2):
        _, kept, given = compiled(0.0, y)
        assert np.array_equal(kept, np.arange(2.0))
        kept += 1.0
        given += 1.0
    assert not y.any()


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.sin(x) * np.zeros(3)) + x[0],
        lambda x: x[0] + np.sum(np.sin(x) * np.zeros(3)),
        lambda x: np.sum(np.sin(x) * np.zeros(3)) + x[0] * x[-1] + np.sum(x[[0, 0, 1]] * -0.0),
        lambda x: np.sum(x[1:] * x[:-1] * -0.0),
    ],
)
def test_parts_are_added_to_gradients_as_the_engine_does(f):
    """−0 stays −0 where nothing is added."""
    x = np.array([1.0, 2.0, 3.0])
    for transform in (al.grad, al.jacobian, al.hessian):
        expected = transform(f)(x)
        assert al.compile(transform(f))(x).tobytes() == expected.tobytes()


@pytest.mark.parametrize("x", [np.array([True]), True])
def test_truth_values_cannot_be_differentiated_by(x):
    with pytest.raises(TypeError):
        al.grad(np.sum)(x)
    with pytest.raises(TypeError):
        al.compile(np.sum).grad(x)


def test_the_guarded_program_of_rules_that_run_as_they_are():
    mask = np.array([[True, False], [True, True]])
    f = al.value_and_grad(lambda x: np.prod(x, initial=0.7, where=mask))
    compiled = al.compile(f)
    for x in (np.full((2, 2), 2.0), np.array([[0.0, np.inf], [np.nan, 1.0]])):
        assert repr(compiled(x)) == repr(f(x))


def test_eigenvalues_that_may_turn_complex_are_refused():
    f = al.compile(lambda x: np.sum(np.abs(np.imag(np.linalg.eigvals(x)))))
    with pytest.raises(TypeError, match=r"whether the result is complex .*astype\(complex\)"):
        f(np.eye(2))
    f = al.compile(lambda x: np.sum(np.abs(np.imag(np.linalg.eigvals(x.astype(complex))))))
    f(np.eye(2))
    assert np.isclose(f(np.array([[0.0, 1.0], [-1.0, 0.0]])), 2.0)


# ---------------------------------------------------------------- what it reaches, and holds

RNG, RANDOM = np.random.default_rng(0), random.Random(0)


class Noisy:
    def __init__(self, rng):
        self.rng = rng

    def __call__(self, x):
        return x * self.rng.random()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * RNG.normal(),
        lambda x, rng=RANDOM: x * rng.random(),
        Noisy(random.Random(0)),
        Noisy(np.random.RandomState(0)).__call__,
        functools.partial(lambda rng, x: rng.normal() * x, np.random.default_rng(0)),
    ],
)
def test_random_numbers_of_generators_are_refused(f):
    with pytest.raises(TypeError, match="draws random numbers"):
        al.compile(f)(2.0)
    with pytest.raises(TypeError, match="draws random numbers"):
        al.compile(al.grad(f))(2.0)


def test_programs_are_freed():
    before = len(linecache.cache)
    x = np.ones(10)
    held = sys.getrefcount(x)
    for _ in range(3):
        compiled = al.compile(lambda x: np.sum(np.sin(x)))
        compiled.value_and_grad(x)
        compiled(x)
        assert sys.getrefcount(x) == held
    del compiled
    gc.collect()
    assert len(linecache.cache) <= before


@pytest.mark.parametrize(
    "x", [np.array(3.0), np.array(3), np.float64(3.0), np.ones(3, ">f8"), np.ones(2, ">f4"), 1 + 2j]
)
def test_gradients_are_of_the_kind_of_the_argument(x):
    f = al.value_and_grad(lambda p: p[0] * p[1])
    given = [np.float64(2.0), 3.0]
    assert repr(al.compile(f)(given)) == repr(f(given))
    f = al.value_and_grad(lambda x: np.sum(np.abs(x) ** 2))
    compiled = al.compile(f)
    for _ in range(2):
        value, gradient = compiled(x)
        assert repr((value, gradient)) == repr(f(x))
        assert type(gradient) is type(f(x)[1])


def test_checkpoints():
    f = al.value_and_grad(al.checkpoint(lambda x: np.sum(np.sin(x) * x[0])))
    x = np.arange(3.0)
    assert repr(al.compile(f)(x)) == repr(f(x))


def test_empty_constants_are_saved_with_their_shape(tmp_path):
    constant = np.zeros((0, 3))
    compiled = al.compile(lambda x: np.concatenate([np.sin(x), constant]))
    x = np.ones((2, 3))
    compiled(x)
    compiled.save(tmp_path / "saved.py")
    space: dict[str, Any] = {}
    exec((tmp_path / "saved.py").read_text(), space)
    assert np.array_equal(space["_lambda_"](x), compiled(x))


def _through_a_view(x):
    y = np.zeros_like(x)
    v = y[1:]
    v[0] = 7.0
    return y + x


def _in_a_loop(x):
    y = np.zeros_like(x)
    for i in range(3):
        y[i] = x[i] * 2
    y[1:] += x[:-1]
    v = y[::2]
    v *= 3.0
    return y


def _into_a_result(x):
    y = x * 1.0
    y[2] = 5.0
    return y


@pytest.mark.parametrize("write", [_through_a_view, _in_a_loop, _into_a_result])
def test_what_the_function_has_made_can_be_written_into(write):
    x = np.arange(3.0)
    compiled = al.compile(write)
    for at in (x, x + 1.5):
        assert np.array_equal(compiled(at), write(at))
    jacobian = al.compile(al.jacobian(write))
    assert np.array_equal(jacobian(x), al.jacobian(write)(x))


def test_there_is_no_source_before_the_first_call():
    compiled = al.compile(lambda x: x)
    for ask in (lambda: compiled.source, lambda: compiled.program, lambda: compiled.save("x.py")):
        with pytest.raises(ValueError, match="before it is called"):
            ask()
