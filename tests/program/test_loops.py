"""Loops as one operation give what the loop of Python gives, and so do their derivatives."""

from __future__ import annotations

import functools
import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as al
from autograd_lite import Tensor, Value
from autograd_lite.program.loops import SCAN
from autograd_lite.program.simplify import key_of
from autograd_lite.program.trace import trace
from autograd_lite.transforms.loops import scan
from autograd_lite.transforms.trees import leaves_of, map_leaves, with_leaves


def unrolled(step, carry, xs=None, length=None, **options):
    """What scan does, as a loop of Python's."""
    n = length if length is not None else leaves_of(xs)[0].shape[0]
    rows = []
    for i in range(n):
        carry, y = step(carry, map_leaves(lambda x, where, i=i: x[i], xs))
        rows.append(y)
    if not rows:
        return carry, None
    columns = [al.stack(column) for column in zip(*map(leaves_of, rows), strict=True)]
    return carry, with_leaves(rows[0], columns)


def near(a, b, rtol=1e-10):
    """Whether two nests hold the same numbers, of the same shapes and dtypes."""
    ours, theirs = leaves_of(a), leaves_of(b)
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        x, y = (z.detach() if isinstance(z, Tensor | Value) else z for z in (x, y))
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


def numbers(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape) * 0.5


def total(tree):
    """A number that depends on all of a nest, differently on each."""
    return sum((i + 1.0) * np.sum(np.sin(x)) for i, x in enumerate(leaves_of(tree)))


# ---------------------------------------------------------------- programs that loop


def recurrent(loop, w, h, xs):
    return total(loop(lambda h, x: ((h := np.tanh(w @ h + x)), np.sum(h * h)), h, xs))


def of_numbers(loop, r, c, length=4):
    return total(loop(lambda c, _: (c * r * (1.0 - c), c), c, length=length))


def of_nests(loop, w, state, xs):
    def step(state, row):
        p, v = state["p"] + 0.1 * state["v"], state["v"] * w - row["force"]
        return {"p": p, "v": v}, (p[0], [v])

    return total(loop(step, state, xs))


def descends(loop, w, c):
    def step(c, _):
        return c - 0.1 * al.grad(lambda c: np.sum(np.sin(c * w) + c * c))(c), None

    return total(loop(step, c, length=5)[0])


def nested(loop, w, c, xs):
    def inner(c, x):
        return np.sin(c * w) + x, c

    def outer(c, row):
        c, ys = loop(inner, c, row)
        return c, np.sum(ys * ys, 0)

    return total(loop(outer, c, xs))


def writes(loop, w, c):
    def step(c, _):
        y = np.zeros_like(c * w)
        y[0] = c[1] * w[0]
        y[1:] = np.where(c[:-1] > 0, c[:-1] * c[1:], w[1:])
        return y, y[0]

    return total(loop(step, c, length=3))


def passes_on(loop, c, xs):
    """Some of what is carried on stays, some is not used, and a result is a constant."""

    def step(c, x):
        return (c[0], c[1] * x, 2.0), (1.0, c[2])

    return total(loop(step, (c, c, 1.0), xs))


PROGRAMS = {
    "recurrent": (recurrent, numbers((2, 2)), numbers(2, 1), numbers((5, 2), 2)),
    "one step": (recurrent, numbers((2, 2)), numbers(2, 1), numbers((1, 2), 2)),
    "numbers": (of_numbers, 3.1, 0.3),
    "nests": (of_nests, 0.9, {"p": numbers(2), "v": numbers(2, 1)}, {"force": numbers((3, 2), 2)}),
    "descends": (descends, numbers(3), numbers(3, 1)),
    "nested": (nested, numbers(2), numbers(2, 1), numbers((3, 4, 2), 2)),
    "writes": (writes, numbers(3), numbers(3, 1)),
    "passes on": (passes_on, numbers(()).item(), numbers(3, 1)),
}

every = pytest.mark.parametrize("name", PROGRAMS)


def both(name):
    """A program with scan, with the loop of Python, and what it is given."""
    f, *arguments = PROGRAMS[name]
    return functools.partial(f, scan), functools.partial(f, unrolled), arguments


def directions(arguments):
    return map_leaves(lambda x, where: numbers(np.shape(x), 7) if np.shape(x) else 0.7, arguments)


@every
def test_value_and_gradients(name):
    f, reference, arguments = both(name)
    near(f(*arguments), reference(*arguments))
    for i in range(len(arguments)):
        near(al.grad(f, i)(*arguments), al.grad(reference, i)(*arguments))


@every
def test_forward(name):
    f, reference, arguments = both(name)
    ts = directions(arguments)
    near(al.jvp(f, arguments, ts), al.jvp(reference, arguments, ts))


@every
def test_second_derivatives(name):
    f, reference, arguments = both(name)
    for i in range(len(arguments)):
        v = directions(arguments)[i]
        near(al.hvp(f, i)(*arguments, v), al.hvp(reference, i)(*arguments, v), 1e-9)


@every
def test_third_derivatives(name):
    f, reference, arguments = both(name)

    def twice(f):
        def g(*arguments):
            first = leaves_of(al.grad(f)(*arguments))
            return sum(np.sum(x * x) for x in first)

        return al.grad(lambda *a: total(al.grad(g)(*a)))

    near(twice(f)(*arguments), twice(reference)(*arguments), 1e-8)


@every
def test_forward_over_reverse_and_back(name):
    f, reference, arguments = both(name)
    ts = directions(arguments)

    def forward_of_reverse(f):
        return al.jvp(al.grad(f), arguments, ts)[1]

    def reverse_of_forward(f):
        return al.grad(lambda *a: al.jvp(f, a, ts)[1])(*arguments)

    near(forward_of_reverse(f), forward_of_reverse(reference), 1e-9)
    near(reverse_of_forward(f), reverse_of_forward(reference), 1e-9)


@every
def test_batches(name):
    f, reference, arguments = both(name)
    given = map_leaves(lambda x, where: np.stack([x, 1.1 * x, x - 0.2]), arguments)
    near(al.vmap(f)(*given), al.vmap(reference)(*given))
    near(al.vmap(al.grad(f))(*given), al.vmap(al.grad(reference))(*given))
    only = [0] + [None] * (len(given) - 1)  # the loop closes over what differs
    first = [given[0], *arguments[1:]]
    near(al.vmap(f, tuple(only))(*first), al.vmap(reference, tuple(only))(*first))


@every
def test_compiled_is_the_same_to_the_last_bit(name):
    f, reference, arguments = both(name)
    compiled = al.compile(f)
    near(compiled(*arguments), f(*arguments), 0.0)
    near(compiled.value_and_grad(*arguments), al.value_and_grad(f)(*arguments), 0.0)
    near(compiled.value_and_grad(*arguments), al.value_and_grad(reference)(*arguments))
    if not isinstance(arguments[0], dict):
        near(compiled.hessian(*arguments), al.hessian(reference)(*arguments), 1e-9)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_checkpoints(size):
    f, reference, arguments = both("recurrent")
    f = functools.partial(recurrent, functools.partial(scan, checkpoint=size))
    near(f(*arguments), reference(*arguments))
    for i in range(3):
        near(al.grad(f, i)(*arguments), al.grad(reference, i)(*arguments))
        v = directions(arguments)[i]
        near(al.hvp(f, i)(*arguments, v), al.hvp(reference, i)(*arguments, v), 1e-9)


@pytest.mark.parametrize("length", [0, 1, 2, 50])
def test_lengths(length):
    def f(loop, r, c):
        return loop(lambda c, _: (c * r, np.sin(c)), c, length=length)[0]

    for c in (0.3, np.array([0.3, 0.2])):
        first, second = (lambda r, c, g=g: np.sum(f(g, r, c)) for g in (scan, unrolled))
        near(first(1.1, c), second(1.1, c))
        near(al.grad(first, 1)(1.1, c), al.grad(second, 1)(1.1, c))
        near(al.jvp(first, (1.1, c), (0.5, c)), al.jvp(second, (1.1, c), (0.5, c)))
        if length:
            near(al.grad(first)(1.1, c), al.grad(second)(1.1, c))
            near(al.hessian(first, 1)(1.1, c), al.hessian(second, 1)(1.1, c))


def test_no_step_at_all():
    xs = np.zeros((0, 2))
    carry, ys = scan(lambda c, x: (c * x, np.outer(c, x)), np.ones(2), xs)
    assert carry.tolist() == [1.0, 1.0]
    assert ys.shape == (0, 2, 2)

    def f(c, xs, w):
        return np.sum(scan(lambda c, x: (c * x * w, c), c, xs)[0])

    assert al.grad(f)(np.ones(2), xs, 2.0).tolist() == [1.0, 1.0]
    assert al.grad(f, 1)(np.ones(2), xs, 2.0).shape == (0, 2)
    assert al.grad(f, 2)(np.ones(2), xs, 2.0) == 0.0


def test_single_precision_stays():
    arguments = map_leaves(lambda x, where: np.float32(x), list(PROGRAMS["recurrent"][1:]))
    f, reference, _ = both("recurrent")
    assert f(*arguments).dtype == np.float32
    for i in range(3):
        near(al.grad(f, i)(*arguments), al.grad(reference, i)(*arguments), 1e-5)
    compiled = al.compile(f).value_and_grad
    near(compiled(*arguments)[1], al.grad(f)(*arguments), 0.0)


def test_complex_numbers():
    def f(loop, w, z):
        z, ys = loop(lambda z, _: (z * w + z**2, abs(z)), z, length=3)
        return np.sum(np.real(z)) + np.sum(ys)

    w, z = np.array([0.3 + 0.2j, 0.1]), np.array([0.2 - 0.1j, 0.4j])
    for i in range(2):
        first, second = (al.grad(functools.partial(f, loop), i)(w, z) for loop in (scan, unrolled))
        near(first, second)


def test_variables_from_outside():
    """Whatever a step uses is an operand: leaves, results, numbers and arrays."""
    w, r = Tensor([0.2, 0.5]), Value(0.9)
    leaf = Tensor([1.0, 2.0])
    product = w * 2.0

    def step(c, _):
        return np.sin(c * r + product) + leaf * w, None

    for loop in (scan, unrolled):
        for v in (w, r, leaf):
            v.zero_grad()
        z = np.sum(loop(step, np.zeros(2), length=3)[0])
        z.backward()
        grads = [v.grad for v in (w, r, leaf)]
        if loop is scan:
            expected = grads
    near(grads, expected)


def test_a_variable_by_which_a_step_differentiates():
    """Inside a step there is the gradient by something from outside."""

    def f(loop, w, c):
        def step(c, _):
            return al.grad(lambda w: np.sum(np.sin(w * c)))(w), None

        return np.sum(loop(step, c, length=2)[0])

    w, c = numbers(2), numbers(2, 1)
    for i in range(2):
        first, second = (al.grad(functools.partial(f, loop), i)(w, c) for loop in (scan, unrolled))
        near(first, second)


def test_whole_numbers_are_carried_on():
    def step(state, x):
        count, best = state
        return (count + 1, np.maximum(best, x)), np.argmax(best)

    (count, _), where = scan(step, (np.int64(0), np.zeros(2)), numbers((4, 2)))
    assert count == 4
    assert where.dtype == np.int64

    def f(w, xs):
        return np.sum(scan(lambda s, x: ((s[0] + 1, s[1] * w[s[0]] + x), None), xs[1], xs[0])[0][1])

    rows = (numbers((3, 2)), (np.int64(0), np.ones(2)))
    expected = al.grad(
        lambda w: np.sum(unrolled(lambda s, x: ((s[0] + 1, s[1] * w[s[0]] + x), None),
                                  rows[1], rows[0])[0][1])
    )(numbers(3, 5))  # fmt: skip
    near(al.grad(f)(numbers(3, 5), rows), expected)


def test_a_graph_that_is_one_node():
    x = Value(0.5)
    carry, _ = scan(lambda c, _: (c * x, None), x, length=1000)
    assert isinstance(carry, Value)
    nodes = set()
    stack = [carry]
    while stack:
        node = stack.pop()
        nodes.add(node)
        stack += [v for _, v in node.variables() if v not in nodes]
    assert len(nodes) < 6
    assert any(node.primitive is SCAN for node in nodes)


def test_a_program_is_as_long_for_many_steps():
    def f(n):
        compiled = al.compile(lambda c: scan(lambda c, _: (np.sin(c) * c, c), c, length=n)[0])
        compiled.value_and_grad(0.3)
        return len(compiled.value_and_grad.program.instructions)

    assert f(10) == f(10_000)


def test_hidden_infinities():
    """0·inf in a step is 0 in the chain rule, as everywhere."""

    def f(loop, c):
        return loop(lambda c, x: (np.where(c > 0.5, np.sqrt(c - 0.5), 0.0) + x, None), c, xs)[0]

    xs = np.array([0.5, 0.5, 0.7])
    for c in (0.5, 0.9):
        first = al.grad(functools.partial(f, scan))
        assert first(c) == al.grad(functools.partial(f, unrolled))(c)
        assert al.compile(functools.partial(f, scan)).grad(c) == first(c)


def test_what_a_step_must_not_do():
    with pytest.raises(TypeError, match="random numbers"):
        scan(lambda c, _: (c + np.random.rand(), None), 0.0, length=3)
    kept = []
    scan(lambda c, _: (kept.append(c) or c, None), 1.0, length=2)
    with pytest.raises(TypeError, match="after that was traced"):
        _ = kept[0] * 2.0
    with pytest.raises(TypeError, match="after that was traced"):
        scan(lambda c, _: (c * kept[0], None), 1.0, length=2)
    w = Tensor(np.ones(3))

    def writes_into_another(c, _):
        w[0] = c
        return c * w[0], None

    with pytest.raises(TypeError, match="from outside"):
        scan(writes_into_another, 1.0, length=2)


def test_a_step_may_write_into_its_carry():
    def f(loop, c):
        def step(c, _):
            c[0] = c[1] * 2.0
            c += 1.0
            return c, c[0]

        return total(loop(step, c * 1.0, length=3))

    c = np.array([1.0, 2.0])
    near(al.value_and_grad(functools.partial(f, scan))(c),
         al.value_and_grad(functools.partial(f, unrolled))(c))  # fmt: skip


@pytest.mark.parametrize(("size", "most"), [(None, 410), (20, 100)])
def test_memory_is_linear_or_that_of_the_root(size, most):
    """In arrays of the size of what is carried on, of 400 steps."""

    def f(c):
        step = lambda c, _: (np.sin(c) * c, None)  # noqa: E731
        return np.sum(scan(step, c, length=400, checkpoint=size)[0])

    c = np.ones(1000)
    al.grad(f)(c)
    tracemalloc.start()
    al.grad(f)(c)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < most * c.nbytes


def test_threads_do_not_share_buffers():
    eye = np.eye(30)
    step = lambda c, _: (np.tanh(np.tanh(c) @ eye), None)  # noqa: E731
    compiled = al.compile(lambda x: np.sum(scan(step, x, length=50)[0]))
    xs = [np.full((30, 30), 0.1 * i) for i in range(6)]
    expected = [compiled(x) for x in xs]
    wrong = []

    def run(i):
        for _ in range(10):
            if compiled(xs[i]) != expected[i]:
                wrong.append(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_source_is_one_loop():
    @al.compile
    def decays(c, rate):
        return scan(lambda c, _: (c * rate, None), c, length=3)[0]

    assert decays(8.0, 0.5) == 1.0
    lines = [line for line in decays.source.splitlines() if "#" not in line]
    assert (
        "\n".join(lines)
        == """\
def decays(c, rate):
    def scan(n, carry, x1):
        carry = float(carry)
        x1 = float(x1)
        for i in range(n):
            t1 = carry * x1
            carry = t1
        return (carry, )
    t1, = scan(3, c, rate)
    return t1"""
    )


# ---------------------------------------------------------------- random steps

OPERATIONS = [
    lambda c, x, w: np.sin(c) * w,
    lambda c, x, w: c / (1.0 + x * x),
    lambda c, x, w: np.maximum(c, x) - w,
    lambda c, x, w: np.where(c > w, c * x, np.exp(-c * c)),
    lambda c, x, w: np.tanh(c - x),
    lambda c, x, w: np.cumsum(c) * 0.3 if np.shape(c) else c * 0.3,
    lambda c, x, w: c * np.sum(np.cos(x)),
]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=4),
    st.sampled_from([(), (1,), (3,)]),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
def test_random_steps(operations, shape, length, seed):
    rng = np.random.default_rng(seed)
    c, w = (rng.normal(size=shape) if shape else rng.normal() for _ in "cw")
    xs = rng.normal(size=(length, *shape))

    def f(loop, c, xs, w):
        def step(c, x):
            c = c + x * w
            for operation in operations:
                c = operation(c, x, w)
            return c, c * w

        return total(loop(step, c, xs))

    ours, reference = functools.partial(f, scan), functools.partial(f, unrolled)
    near(ours(c, xs, w), reference(c, xs, w))
    for i in range(3):
        near(al.grad(ours, i)(c, xs, w), al.grad(reference, i)(c, xs, w), 1e-9)
        v = np.ones_like((c, xs, w)[i])
        near(al.hvp(ours, i)(c, xs, w, v), al.hvp(reference, i)(c, xs, w, v), 1e-8)
    near(al.compile(ours).value_and_grad(c, xs, w), al.value_and_grad(ours)(c, xs, w), 0.0)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("step", "carry", "error", "match"),
    [
        (lambda c, x: (c["a"], None), {"a": 1.0}, TypeError, r"structure.*\['a'\] is missing"),
        (lambda c, x: ([c[0], c[0]], None), [1.0], TypeError, r"carry\[1\] is new"),
        (lambda c, x: ([c[0], c[1][:1]], None), [1.0, np.ones(2)], ValueError, r"carry\[1\] of "),
        (lambda c, x: (c * np.ones(2), None), 1.0, ValueError, r"shape \(2,\)"),
        (
            lambda c, x: (c * np.ones(2), None),
            np.ones(2, np.float32),
            TypeError,
            "float64.*float32",
        ),
        (lambda c, x: c, 1.0, TypeError, "pair"),
        (lambda c, x: (c if c > 0 else -c, None), 1.0, TypeError, "where"),
        (lambda c, x: (c, "text"), 1.0, TypeError, "returned str"),
        (lambda c, x: (c, None), "text", TypeError, "of type str"),
    ],
)
def test_errors(step, carry, error, match):
    with pytest.raises(error, match=match):
        scan(step, carry, length=2)
    with pytest.raises(error, match=match):
        al.compile(lambda z: scan(step, carry, length=2))(1.0)


def test_errors_of_lengths():
    def step(c, x):
        return c, None

    with pytest.raises(ValueError, match="xs, or length"):
        scan(step, 1.0)
    with pytest.raises(ValueError, match=r"xs\[0\] 2, xs\[1\] 3"):
        scan(step, 1.0, (np.ones(2), np.ones(3)))
    with pytest.raises(ValueError, match="without axes"):
        scan(step, 1.0, [1.0, 2.0])
    with pytest.raises(ValueError, match="checkpoint"):
        scan(step, 1.0, length=3, checkpoint=0)


def test_steps_that_differ_in_one_operand_are_not_taken_for_each_other():
    """Equal programs share their code: after five inputs, an input and a result must not be."""

    def step_with(last):
        def step(carry, _):
            a, b, c, d, _ = carry
            t = a * b
            u = t * c
            return (a, b, c, d, u + (d if last == "input" else u)), None

        return step

    start = (1.0, 2.0, 3.0, 4.0, 5.0)
    assert scan(step_with("input"), start, length=1)[0][-1] == 10.0
    assert scan(step_with("result"), start, length=1)[0][-1] == 12.0


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_keys_of_programs_tell_apart_what_differs(inputs, results, data):
    """The last instruction adds one variable to another: every choice is another program."""
    count = inputs + results
    pairs = [data.draw(st.tuples(*[st.integers(0, count - 1)] * 2)) for _ in range(2)]

    def program(pair):
        def function(given):
            known = list(given)
            for _ in range(results):
                known.append(known[-1] * known[0])
            return [known[pair[0]] + known[pair[1]]]

        return trace(function, [1.5] * inputs)

    keys = [key_of(program(pair)) for pair in pairs]
    assert (keys[0] == keys[1]) == (pairs[0] == pairs[1])
