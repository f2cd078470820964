"""What simplification leaves out: exactly what may go, noted step by step."""

import gc
import math
import random

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite.program.simplify import _key

SIGNED = (0.0, -0.0, 1.5, -2.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324)


def bits(x):
    x = np.asarray(x)
    return (
        np.isnan(x).tolist(),
        np.signbit(np.where(np.isnan(x), 0.0, x)).tolist(),
        x[x == x].tolist(),
    )


def rules(f):
    return [step.rule for step in f.steps]


def test_each_step_is_kept_on_request():
    @al.compile(steps=True)
    def f(x, w):
        y = x * 1.0 + x * w
        unused = np.sin(w)  # noqa: F841
        return y + x * w

    assert f(2.0, 3.0) == 14.0
    assert [str(step) for step in f.steps] == [
        "identity: t0 = multiply(x0, 1.0) -> x0    # y = x * 1.0 + x * w",
        "share: t4 = multiply(x0, x1) -> t1    # return y + x * w",
        "drop: t3 = sin(x1)    # unused = np.sin(w)",
    ]
    assert f.value_and_grad(2.0, 3.0) == (14.0, 7.0)
    assert "identity" in rules(f.value_and_grad)
    with pytest.raises(ValueError, match="steps=True"):
        al.compile(lambda x: x).steps  # noqa: B018


@pytest.mark.parametrize(
    ("f", "goes"),
    [
        (lambda x: x * x + 0.0, True),
        (lambda x: 0.0 + np.exp(x), True),
        (lambda x: (x + 1.0) + 0.0, True),
        (lambda x: ((x * 3.0) + abs(x)) + 0.0, True),
        (lambda x: x + 0.0, False),
        (lambda x: -abs(x) + 0.0, False),
        (lambda x: x * 3.0 + 0.0, False),
        (lambda x: (x + -0.0) + 0.0, True),
        (lambda x: al.relu(x) * x + 0.0, False),
    ],
)
def test_zero_is_added_only_where_it_may_matter(f, goes):
    program = al.compile(f, steps=True)
    for x in SIGNED:
        with np.errstate(all="ignore"):
            assert bits(program(x)) == bits(f(x))
    assert any(step.after and "add" in step.before for step in program.steps) == goes
    array = np.array(SIGNED)
    with np.errstate(all="ignore"):
        assert bits(program(array)) == bits(f(array))


def test_sums_of_what_is_put_into_rows_are_known_before():
    def loss(x, labels):
        return -al.log_softmax(x)[np.arange(len(x)), labels].mean()

    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((6, 4)), np.array([0, 3, 1, 1, 2, 0])
    program = al.compile(loss, steps=True).value_and_grad
    for _ in range(2):
        found, wanted = program(x, labels), al.value_and_grad(loss)(x, labels)
        assert found[0] == wanted[0]
        assert np.array_equal(found[1], wanted[1])
    assert "zeros" in rules(program)

    def twice(x, labels):  # two numbers may come into one row
        return (al.log_softmax(x)[np.array([0, 1, 1]), labels] * np.array([1.0, 2.0, 3.0])).sum()

    program = al.compile(twice, steps=True).value_and_grad
    found, wanted = program(x, labels[:3]), al.value_and_grad(twice)(x, labels[:3])
    assert np.array_equal(found[1], wanted[1])
    assert "zeros" not in rules(program)


@pytest.mark.parametrize("view", [lambda x: x[:, ::2], lambda x: x.T, lambda x: x])
def test_what_changes_nothing_stays_where_sums_could_be_added_up_otherwise(view):
    x = np.random.default_rng(0).standard_normal((40, 60)) * 1e3

    def f(x):
        return (view(x) * 1.0).sum()

    assert al.compile(f)(x[:, :58]) == f(x[:, :58])
    assert al.compile(f).value_and_grad(x[:, :58])[0] == f(x[:, :58])


def test_a_key_keeps_what_it_tells_apart():
    first = _key({"options": {1, 2}})  # not hashable
    gc.collect()
    others = [_key({"options": {1, 2}}) for _ in range(50)]  # one may have its address
    assert all(other != first for other in others)
    held = {3}
    assert _key(held) == _key(held)
    assert hash(_key(held)) == hash(_key(held))


# ---------------------------------------------------------------- several writes


def written(rng):
    """The source of a function that writes into what it has made, several times."""
    lines, made = ["y0 = x * 1.0"], ["y0"]
    for _ in range(rng.randint(2, 7)):
        i, j = rng.randint(0, 4), rng.randint(0, 4)
        a, b = rng.choice([*made, "x"]), rng.choice(made)
        lines.append(
            rng.choice(
                [
                    f"{b}[{i}] = {a}[{j}] * 1.3",
                    f"{b}[{i}:{i + 2}] = np.sin({a}[{j}])",
                    f"{b}[{i}] += {a}[{j}] * {a}[{i}]",
                    f"{b}[1:4] *= {a}[0:3]",
                    f"{b}[::2] = {a}[::2] + {a}[{j}]",
                    f"y{len(made)} = {a} * {b} + 0.07",
                    f"y{len(made)} = np.exp({a} * 0.3) * {b}",
                ]
            )
        )
        made += [f"y{len(made)}"] if lines[-1].startswith(f"y{len(made)} ") else []
    total = " + ".join(f"({y} * w).sum() * {0.7 + i / 3:.3f}" for i, y in enumerate(made))
    return "\n    ".join(["def f(x, w):", *lines, f"return {total}"])


@pytest.mark.parametrize("seed", [*range(40), 54, 100, 144])
def test_gradients_of_several_writes_are_added_up_in_the_engines_order(seed):
    space = {"np": np}
    exec(written(random.Random(seed)), space)
    x, w = np.random.default_rng(seed).standard_normal((2, 5))
    found, wanted = al.compile(space["f"]).value_and_grad(x, w), al.value_and_grad(space["f"])(x, w)
    assert bits(found[0]) == bits(wanted[0])
    assert bits(found[1]) == bits(wanted[1])


def test_a_product_and_a_read_of_what_is_written_into():
    def f(x, w):
        y = x * 1.0
        y[1:4] *= y[0:3]
        y1 = x * y + 0.074
        y1[4] = y[2] * 1.964
        return (y * w).sum() * 0.726 + (y1 * w).sum() * 1.362

    for seed in range(20):
        x, w = np.random.default_rng(seed).standard_normal((2, 5))
        found, wanted = al.compile(f).value_and_grad(x, w), al.value_and_grad(f)(x, w)
        assert bits(found[1]) == bits(wanted[1])


# ---------------------------------------------------------------- where a nan is looked for


def test_of_many_gradients_of_numbers_the_factors_are_looked_at_first():
    def f(weights, x):
        total = 0.0
        for w in weights:
            total = total + w * al.log(x)
        return al.where(x > 0.0, total, 0.0) + total * 0.0

    weights = [0.5 + i for i in range(60)]
    program, eager = al.compile(f).value_and_grad, al.value_and_grad(f)
    program(weights, 2.0)
    assert "if not isfinite(sum([" in program.source
    for x in (2.0, 0.0, math.inf, math.nan, 5e-324):
        for at in (weights, [*weights[:-1], math.inf], [0.0] * 60):
            value, slopes = program(at, x)
            with np.errstate(all="ignore"):
                wanted, expected = eager(at, x)
            assert bits(value) == bits(wanted)
            assert bits(slopes) == bits(expected)


def test_constants_that_are_equal_and_not_the_same():
    numbers = (0.0, -0.0, 0, False, 0j, *(np.zeros(1, dtype) for dtype in ("f8", "i8", "u8")))
    assert len({_key(x) for x in numbers}) == len(numbers)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 1.5 - np.array([0.0, -0.0]),
        lambda x: (x * 1.5) * np.ones((3, 2)),
    ],
)
def test_what_changes_nothing_in_one_place_may_elsewhere(f):
    x = np.array([-0.0, -0.0])
    assert bits(al.compile(f)(x)) == bits(f(x))
