"""`check_gradient`: right gradients pass, wrong ones are shown, kinks are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from autograd_lite import elementwise, exp, relu, sqrt, step
from autograd_lite.engine.primitive import retract
from autograd_lite.testing import GradientMismatch, GradientReport, NotFinite, Row, check_gradient

X = np.array([[0.5, -1.5, 2.5], [1.0, 2.0, -0.7]])


def mismatch(*args, **kwargs):
    with pytest.raises(GradientMismatch) as caught:
        check_gradient(*args, **kwargs)
    return caught.value.report


# ---------------------------------------------------------------- right ones


def test_a_plain_numpy_function_with_a_gradient_by_hand():
    report = check_gradient(lambda x: np.sum(np.sin(x)), X, gradient=np.cos)
    assert report.is_right
    assert report.elements == {"x": 6}


def test_the_gradient_of_this_library_to_the_second_order():
    report = check_gradient(lambda x, w: np.mean(np.tanh(x @ w)), X, np.ones(3), order=2)
    assert report.second is not None
    assert report.second.elements == {"x": 6, "w": 3}


def test_arguments_may_be_trees_and_constants():
    def loss(p, labels, power):
        y = p["layers"][0] @ p["w"] + p["b"]
        return np.sum((y - labels) ** power)

    p = {"layers": [X], "w": np.ones(3), "b": 2.0}
    report = check_gradient(loss, p, np.array([0, 1]), 2)
    assert list(report.elements) == ["p['layers'][0]", "p['w']", "p['b']"]


def test_wrt_chooses_arguments():
    report = check_gradient(lambda x, w: np.sum(x @ w), X, np.ones(3), wrt="w")
    assert list(report.elements) == ["w"]
    report = check_gradient(lambda x, w: np.sum(x @ w), X, np.ones(3), wrt=[-1])
    assert list(report.elements) == ["w"]


def test_the_gradient_of_an_array_is_its_jacobian_or_that_of_each_element():
    W = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    check_gradient(lambda x: W @ x, np.ones(2), gradient=W)
    check_gradient(np.tanh, X, gradient=lambda x: 1 - np.tanh(x) ** 2)
    check_gradient(lambda x: W @ x, np.ones(2), pullback=lambda dout, x: dout @ W)
    assert mismatch(lambda x: W @ x, np.ones(2), gradient=W + 1.0).wrong


def test_a_function_of_python_floats_alone():
    import math

    check_gradient(lambda x, y: math.sin(x) * y, 0.5, 2.0,
                   gradient=lambda x, y: (math.cos(x) * y, math.sin(x)))  # fmt: skip


def test_float32_is_checked_with_its_own_precision():
    x = X.astype(np.float32)
    check_gradient(lambda x: np.sum(np.exp(x)), x, gradient=np.exp)
    assert mismatch(lambda x: np.sum(np.exp(x)), x, gradient=lambda x: 1.02 * np.exp(x)).wrong


def test_float32_inside_a_function_of_float64_is_noticed():
    def rounded(x):
        return np.sum(np.exp(x.astype(np.float32)))

    check_gradient(rounded, X, gradient=np.exp)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_step_follows_the_scale_of_x(scale):
    check_gradient(lambda x: np.sum(np.sin(x / scale)), scale * X,
                   gradient=lambda x: np.cos(x / scale) / scale)  # fmt: skip


def test_a_function_may_change_its_arguments_in_place():
    def f(x, w):
        x -= x.max()
        w *= 2.0
        return np.sum(np.exp(x) * w)

    x, w = X.copy(), np.ones(3)
    check_gradient(f, x, w, gradient=by_hand_of_f)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(w, np.ones(3))


def by_hand_of_f(x, w):
    e = 2.0 * np.exp(x - x.max())
    dx = e * w
    dx[np.unravel_index(np.argmax(x), x.shape)] -= dx.sum()
    return dx, e.sum(axis=0)


def test_strongly_curved_functions_get_a_closer_look():
    def f(x):
        return np.sum(np.sin(3000.0 * x))

    check_gradient(f, X, gradient=lambda x: 3000.0 * np.cos(3000.0 * x))


def test_noise_is_measured_and_granted():
    def f(x):  # its last ten digits are noise, the same in each call
        return np.sum(x**2) + 1e-10 * np.sin(1e15 * x[0, 0])

    report = check_gradient(f, X, gradient=lambda x: 2.0 * x)
    assert report.is_right


# ---------------------------------------------------------------- what it costs


@pytest.mark.parametrize("ours", [False, True])
def test_two_evaluations_an_input_and_no_more(ours):
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(np.tanh(x) * x)

    x = np.random.default_rng(0).normal(size=1000)
    by_hand = None if ours else lambda x: np.tanh(x) + x / np.cosh(x) ** 2
    report = check_gradient(f, x, gradient=by_hand)
    assert report.evaluations == 2000
    assert len(calls) == 2000 + ours  # the forward pass of the gradient itself


def test_a_sample_of_a_million_is_checked_and_its_report_is_readable():
    w = np.random.default_rng(0).normal(size=(1000, 1000))
    report = check_gradient(np.sum, w, gradient=np.ones_like, sample=50)
    assert report.elements == {"a": 50}
    assert report.left_out == 999_950
    text = str(mismatch(np.sum, w, gradient=lambda w: np.full(w.shape, 2.0), sample=50))
    assert len(text.splitlines()) <= 15
    assert "wrong in 50 of 50 elements" in text
    assert "every element is 2 times the right one" in text


def test_a_report_on_a_million_wrong_elements_is_readable():
    rows = [Row("w", (i, 0), 2.0, 1.0, 1e-12) for i in range(10)]
    report = GradientReport("f", elements={"w": 10**6}, wrong=rows, more=10**6 - 10)
    lines = str(report).splitlines()
    assert lines[0] == "the gradient of f is wrong in 1,000,000 of 1,000,000 elements"
    assert lines[-1] == "  … and 999,990 more"
    assert len(lines) == 13
    assert max(map(len, lines)) < 100


# ---------------------------------------------------------------- wrong ones


def test_the_table_has_the_worst_first():
    def f(x):
        return np.sum(x**2)

    wrong = 2.0 * X
    wrong[0, 1], wrong[1, 0] = 5.0, 1.9
    report = mismatch(f, X, gradient=wrong)
    assert [row.index for row in report.wrong] == [(0, 1), (1, 0)]
    assert str(report).splitlines() == [
        "the gradient of f is wrong in 2 of 6 elements",
        "  argument  index   analytic  numerical  relative error",
        "  x         [0, 1]         5         -3  1.6e+00",
        "  x         [1, 0]       1.9          2  5.0e-02",
    ]


PATTERNS = {
    "sign": (lambda x: -2.0 * x, "the sign is wrong"),
    "factor": (lambda x: 6.0 * x, "every element is 3 times the right one"),
    "mean": (lambda x: 2.0 * x / x.size, "every element is 1/6 of the right one"),
    "zero": (lambda x: 0.0 * x, "zero everywhere: the graph was cut"),
    "sum": (lambda x: np.full(x.shape, np.sum(2.0 * x)), "the sum of the right one: summed"),
    "rows": (lambda x: np.tile(2.0 * x.sum(0), (2, 1)), "sum of the right one over axis 0"),
    "flipped": (lambda x: 2.0 * x[::-1, ::-1], "back to front"),
    "shuffled": (lambda x: 2.0 * np.roll(x, 1), "the right numbers stand in the wrong places"),
    "added": (lambda x: 2.0 * x + 0.5, "0.5 too much in every element"),
    "nan": (lambda x: np.where(x > 2, np.nan, 2.0 * x), "1 elements are nan"),
    "negative": (lambda x: np.where(x < 0, x, 2.0 * x), "wrong exactly where x < 0"),
    "large": (lambda x: np.where(np.abs(x) > 1.9, x, 2 * x), "wrong only where |x| ≥ 2"),
    "row": (lambda x: 2.0 * x * [[1.0], [3.0]], "wrong only in [1, :]"),
    "one": (lambda x: 2.0 * x * [[1, 1, 1], [2, 1, 1]], "wrong only at [1, 0]"),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_hints_name_the_pattern(name):
    gradient, hint = PATTERNS[name]
    report = mismatch(lambda x: np.sum(x**2), X, gradient=gradient)
    assert hint in " ".join(report.hints)


def test_a_transposed_gradient():
    M = np.arange(9.0).reshape(3, 3)
    report = mismatch(lambda W: np.sum(M * W), np.eye(3), gradient=M.T)
    assert "transpose of the right one" in report.hints[0]


def test_exchanged_gradients():
    report = mismatch(lambda x, y: np.sum(x * y), X, X + 2.0, gradient=lambda x, y: (x, y))
    assert report.hints == ["x and y: each has the gradient of the other"]


SHAPES = {
    "batch": (lambda b: 2.0 * (X + b), "its sum over axis 0 (the batch) is right"),
    "mean": (lambda b: np.full((2, 3), 2 * np.sum(X + b, 0)), "its mean over the leading axes"),
    "flat": (lambda b: (2.0 * np.sum(X + b, 0)).reshape(3, 1, 1), "right numbers in another"),
    "number": (lambda b: 2.0 * np.sum(X + b), "it is the sum of the right one"),
    "row": (lambda b: np.ones((1, 4)), "its gradient (1, 4)"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_gradient_of_another_shape(name):
    gradient, said = SHAPES[name]
    report = mismatch(lambda b: np.sum((X + b) ** 2), np.ones(3), gradient=gradient)
    assert said in report.faults[0]


def test_a_transposed_shape_and_a_forgotten_broadcast():
    report = mismatch(lambda W: np.sum(W**2), X, gradient=lambda W: 2.0 * W.T)
    assert "transpose of the right one" in report.faults[0]
    report = mismatch(lambda c: np.sum(X * c), np.ones((2, 1)), gradient=X)
    assert "over the axes that were broadcast" in report.faults[0]


def test_a_graph_that_is_cut():
    report = mismatch(lambda x: np.sum(x.detach() * 2.0) + 0.0 * np.sum(x), X)
    assert "the graph was cut" in report.hints[0]


def test_a_wrong_rule_is_named():
    @elementwise(floats="exp(-x * x)", arrays=lambda x: np.exp(-x * x),
                 partials=(lambda x, z: -2.0 * z,))  # fmt: skip
    def bell(x):
        """exp(−x²), with a wrong derivative."""

    try:
        report = mismatch(lambda x: np.sum(exp(bell(x))), X)
    finally:
        retract("bell")
    assert report.hints[0] == "the rule of bell by x is wrong where it is used"


def test_a_rule_that_ignores_the_incoming_gradient_is_found_on_a_scalar():
    report = mismatch(lambda x: x**2, 3.0, pullback=lambda dout, x: 2 * x)
    assert "−2 times the incoming gradient" in report.faults[0]


# ---------------------------------------------------------------- kinks, jumps, edges


def test_a_kink_within_reach_is_no_mistake():
    x = np.array([0.0, 1.0])
    report = check_gradient(lambda x: np.sum(np.abs(x)), x, gradient=lambda x: np.ones(2))
    (row,) = report.kinks
    assert row.note == "a kink: slope -1 on the left, 1 on the right"
    assert "x[0]" in str(report)


def test_a_kink_nearer_than_the_step_is_resolved():
    x = np.array([1e-6, -1e-6])
    assert not check_gradient(lambda x: np.sum(relu(x)), x).kinks
    assert mismatch(lambda x: np.sum(np.maximum(x, 0)), x, gradient=np.zeros(2)).wrong


def test_a_slope_outside_of_both_sides_is_wrong_at_a_kink_too():
    report = mismatch(lambda x: np.sum(np.abs(x)), np.zeros(2), gradient=np.full(2, 1.5))
    assert [row.note[:6] for row in report.wrong] == ["a kink"] * 2
    assert mismatch(lambda x: np.sum(np.abs(x)), np.zeros(1), gradient=np.array([np.nan])).wrong


def test_jumps_edges_and_infinite_slopes_have_names():
    assert check_gradient(step, np.zeros(1)).kinks[0].note == "f jumps here"
    assert "edge" in check_gradient(sqrt, np.zeros(1)).kinks[0].note
    report = check_gradient(np.cbrt, np.zeros(1), gradient=lambda x: np.full(1, np.inf))
    assert report.kinks[0].note == "f is infinitely steep here"


def test_what_cannot_be_told_is_listed():
    def rough(x):
        return np.sum(x) * 1e-9 + np.sin(1e9 * np.sum(x)) * 1e-3

    report = check_gradient(rough, np.ones(1), gradient=np.full(1, 1e-9))
    assert len(report.unclear) == 1
    assert "too inaccurate to tell: x[0]" in str(report)


# ---------------------------------------------------------------- what cannot be checked


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: check_gradient(3.0, 1.0), TypeError, "a function is needed"),
        (lambda: check_gradient(np.sin, 3), TypeError, "write 3.0"),
        (lambda: check_gradient(np.sin, 1j), TypeError, "complex"),
        (lambda: check_gradient(np.sin, 1.0, order=3), ValueError, "order must be 1 or 2"),
        (lambda: check_gradient(np.sin, 1.0, gradient=np.cos, order=2), ValueError, "by hand"),
        (lambda: check_gradient(np.sin, 1.0, sample=0), ValueError, "sample"),
        (lambda: check_gradient(np.sin, 1.0, wrt="y"), ValueError, "wrt='y' is none of"),
        (lambda: check_gradient(np.sin, 1.0, gradient=1.0, pullback=np.cos), TypeError, "both"),
        (
            lambda: check_gradient(np.add, 1.0, 2.0, gradient=(1, 1, 1)),
            ValueError,
            "3 arrays for 2",
        ),
        (lambda: check_gradient(np.sin, 1.0, gradient="x"), TypeError, "not real numbers"),
        (lambda: check_gradient(lambda x: "a", 1.0, gradient=1.0), TypeError, "returned str"),
        (lambda: check_gradient(np.log, np.array([-1.0]), gradient=np.ones(1)), NotFinite, "inf"),
    ],
)
def test_errors(call, kind, said):
    with pytest.raises(kind, match=said):
        call()


def test_random_results_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="different results"):
        check_gradient(lambda x: np.sum(x * rng.normal(size=3)), np.ones(3), gradient=np.ones(3))
