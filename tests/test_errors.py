"""Bad input: the kind of error, and that its message names the operation and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Tensor, Value, gradients, structural
from autograd_lite.engine.primitive import retract

KINDS = pytest.mark.parametrize("kind", [Value, Tensor])


def vector() -> Tensor:
    return Tensor([1.0, 2.0, 3.0])


def matrix() -> Tensor:
    return Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda t: t + np.ones(2), "add"),
        (lambda t: t * Tensor(np.ones(2)), "multiply"),
        (lambda t: np.ones(2) / t, "divide"),
        (lambda t: np.ones(2) - t, "subtract"),
        (lambda t: ag.maximum(t, [1.0, 2.0]), "maximum"),
        (lambda t: ag.where([True, False], t, 0.0), "where"),
    ],
)
def test_shapes_that_do_not_broadcast(f: Callable[[Any], Any], name: str) -> None:
    message = rf"^{name}: shapes .*\(2,\).* do not broadcast: make each pair of axes equal"
    with pytest.raises(ValueError, match=message):
        f(vector())


def test_both_shapes_are_named_in_order() -> None:
    with pytest.raises(ValueError, match=r"^add: shapes \(2, 3\) and \(2,\) do not broadcast"):
        matrix() + np.ones(2)


@pytest.mark.parametrize("f", [lambda a, b: a @ b, np.matmul, ag.matmul, np.dot, ag.dot])
def test_matrices_that_do_not_fit(f: Callable[[Any, Any], Any]) -> None:
    message = r"^(matmul|dot): shapes \(2, 3\) and \(2, 3\) do not fit: the last axis of the first"
    with pytest.raises(ValueError, match=message):
        f(matrix(), matrix())
    with pytest.raises(ValueError, match=r"shapes \(2, 3\) and \(2,\) do not fit"):
        f(matrix(), np.ones(2))


def test_matmul_by_a_number() -> None:
    for number in (2.0, Value(2.0), Tensor(2.0)):
        with pytest.raises(ValueError, match=r"^matmul: shapes"):
            matrix() @ number


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda t: t.reshape(4, 2), r"^reshape: cannot reshape array of size 6 into shape \(4, ?2"),
        (lambda t: t.transpose(0, 0), "^transpose: repeated axis"),
        (lambda t: t.transpose(0), "^transpose: axes don't match"),
        (lambda t: ag.broadcast_to(t, (2, 2)), "^broadcast_to: shapes"),
        (lambda t: ag.concatenate([t, vector()]), "^concatenate: all the input array"),
        (lambda t: ag.stack([t, vector()]), "^stack: all input arrays must have the same shape"),
        (lambda t: ag.concatenate([]), "^concatenate: needs at least one array"),
        (lambda t: t.mean(axis=(0, 0)), "^mean: duplicate value in 'axis'"),
        (lambda t: Tensor(np.ones((0, 2))).max(), "^max: zero-size array"),
    ],
)
def test_shapes_and_axes_that_do_not_fit(f: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        f(matrix())


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda t: t.sum(axis=2), r"^sum: axis 2 is out of bounds .* \(shapes \(2, 3\)\)"),
        (lambda t: t.softmax(axis=5), "^softmax: axis 5 is out of bounds"),
        (lambda t: ag.concatenate([t, t], axis=-3), "^concatenate: axis -3 is out of bounds"),
        (lambda t: np.stack([t, t], axis=3), "^stack: axis 3 is out of bounds"),
    ],
)
def test_axis_that_is_not_there(f: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(IndexError, match=message):
        f(matrix())


def test_sequence_is_needed() -> None:
    with pytest.raises(TypeError, match=r"^stack: give a sequence of arrays, not one float"):
        ag.stack(2.0)


# ---------------------------------------------------------------- backward


def test_backward_of_what_is_no_scalar() -> None:
    message = r"backward: the output has shape \(3,\) and is no scalar; reduce it with sum\(\)"
    with pytest.raises(ValueError, match=message):
        (vector() * 2.0).backward()
    with pytest.raises(ValueError, match=r"gradients: the output has shape \(1,\)"):
        gradients(Tensor([1.0]), [])


@pytest.mark.parametrize("gradient", [1.0, np.ones(2), np.ones((1, 3)), np.ones((3, 1)), [[1.0]]])
def test_gradient_of_the_wrong_shape(gradient: Any) -> None:
    """Row 004-05: backward(1) gave the weights instead of a gradient."""
    message = r"backward: the gradient has shape .* but real numbers of the output's shape \(3,\)"
    with pytest.raises(ValueError, match=message):
        (vector() * 2.0).backward(gradient)


@pytest.mark.parametrize("gradient", [np.ones(3, bool), np.ones(3, complex), ["a", "b", "c"]])
def test_gradient_of_the_wrong_kind(gradient: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^backward: the gradient has .* dtype"):
        (vector() * 2.0).backward(gradient)


@pytest.mark.parametrize("gradient", ["1", None, 1j, [1.0], np.ones(1)])
def test_gradient_of_a_value_is_a_number(gradient: Any) -> None:
    with pytest.raises(TypeError, match=r"^backward: gradient: a real number is needed, not"):
        Value(2.0).backward(gradient)


def test_gradient_that_is_a_variable() -> None:
    with pytest.raises(TypeError, match=r"backward: the gradient is a variable; .*\.detach\(\)"):
        vector().backward(vector())
    with pytest.raises(TypeError, match=r"backward: gradient: got a Value; .*use its \.data"):
        Value(2.0).backward(Value(1.0))


def test_output_that_is_no_variable() -> None:
    with pytest.raises(TypeError, match="gradients: the output is a plain float, no variable"):
        gradients(2.0, [Value(1.0)])


def test_rule_that_gives_the_wrong_shape_is_named() -> None:
    @structural(
        arrays=lambda x: 2 * x,
        pullbacks=(lambda g, z, x: np.ones(5),),
        cases=lambda shape: iter(()),
        method=False,
    )
    def twice(x: Any) -> Any:
        return (x,), {}

    x = vector()
    try:
        message = r"^twice: its rule gives a gradient of shape \(5,\) for an operand of shape"
        with pytest.raises(ValueError, match=message):
            twice(x).sum().backward()
    finally:
        retract("twice")
    assert x.grad is None


# ---------------------------------------------------------------- what is no number


@pytest.mark.parametrize("operand", ["1.0", b"1", None, {}, {1.0}, object(), [None], ["a"]])
@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x, y: x + y, "add"),
        (lambda x, y: y - x, "subtract"),
        (lambda x, y: x * y, "multiply"),
        (lambda x, y: y / x, "divide"),
        (lambda x, y: x**y, "power"),
        (lambda x, y: ag.maximum(y, x), "maximum"),
    ],
)
@pytest.mark.parametrize("make", [lambda: Value(2.0), vector], ids=["Value", "Tensor"])
def test_operand_that_is_no_number(
    make: Callable[[], Any], f: Callable[[Any, Any], Any], name: str, operand: Any
) -> None:
    with pytest.raises(TypeError, match=f"^{name}: .*give numbers or arrays of them"):
        f(make(), operand)


@pytest.mark.parametrize(
    "array", [np.array(["a"]), np.array([None]), np.array(["2020"], "datetime64")]
)
def test_array_that_holds_no_numbers(array: Any) -> None:
    for f in (lambda: vector() * array, lambda: array * vector(), lambda: Value(1.0) + array):
        with pytest.raises(TypeError, match=r"^(multiply|add): .* give numbers"):
            f()


@pytest.mark.parametrize("f", [ag.exp, ag.relu, ag.negative, ag.sum, ag.softmax])
@pytest.mark.parametrize("x", ["1.0", None, {1.0}])
def test_function_of_what_is_no_number(f: Any, x: Any) -> None:
    with pytest.raises(TypeError, match=f"^{f.__name__}: .*give numbers"):
        f(x)


@pytest.mark.parametrize(
    ("data", "held"),
    [
        ("1.0", "text"),
        (["a"], "text"),
        (b"1", "text"),
        (True, "truth values"),
        ([True, False], "truth values"),
        (None, "dtype object"),
        ([1.0, None], "dtype object"),
        (np.array([object()]), "dtype object"),
    ],
)
def test_tensor_of_what_is_no_number(data: Any, held: str) -> None:
    with pytest.raises(TypeError, match=f"^Tensor: numbers are needed, not {held}"):
        Tensor(data)


def test_ragged_array() -> None:
    ragged = [[1.0], [2.0, 3.0]]
    for f in (lambda: Tensor(ragged), lambda: ag.add(vector(), ragged), lambda: ragged * vector()):
        with pytest.raises(ValueError, match=r"^(Tensor|add|multiply): .*inhomogeneous"):
            f()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (1j, "a real number is needed, not a complex number"),
        ("1.0", "a real number is needed, not str '1.0'"),
        (None, "a real number is needed, not NoneType"),
        ([1.0], "not list .*for arrays there is Tensor"),
        (np.ones(2), "not ndarray .*for arrays there is Tensor"),
    ],
)
def test_value_of_what_is_no_real_number(data: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^Value: .*{message}"):
        Value(data)
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"^Value\.data: a real number is needed"):
        x.data = data
    assert x.data == 2.0


def test_whole_number_that_is_too_large() -> None:
    for f in (lambda: Value(10**400), lambda: Value(2.0) * 10**400, lambda: 10**400 - Value(2.0)):
        with pytest.raises(ValueError, match="a whole number of 1329 bits is too large"):
            f()


def test_variable_of_a_variable() -> None:
    with pytest.raises(TypeError, match=r"^Value: got a Value; a plain number is needed"):
        Value(Value(1.0))
    for x in (Value(1.0), vector()):
        with pytest.raises(TypeError, match=r"^Tensor: got a (Value|Tensor); use its \.detach\(\)"):
            Tensor(x)


def test_borrowing_what_is_no_array_of_floats() -> None:
    for data in ([1.0, 2.0], 1.0, np.array([1, 2])):
        with pytest.raises(ValueError, match=r"^Tensor: copy=False needs a NumPy array of"):
            Tensor(data, copy=False)


@KINDS
def test_name_that_is_no_text(kind: type) -> None:
    with pytest.raises(TypeError, match=r"^name: a str or None is needed, not int"):
        kind(1.0, name=3)


# ---------------------------------------------------------------- leaving the graph


def test_float_of_an_array() -> None:
    for x in (vector(), Tensor([1.0]), Tensor(1.0), Value(1.0)):
        with pytest.raises(TypeError, match=r"^float: .* its graph would be lost.* x\.item\(\)"):
            float(x)
    with pytest.raises(ValueError, match=r"^item: a Tensor of shape \(3,\) is not one number"):
        vector().item()


@pytest.mark.parametrize(
    "f", [lambda t: np.array([t, t], float), lambda t: np.asarray(t, np.float32)]
)
def test_tensor_as_a_plain_array(f: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"asarray: a Tensor does not turn into plain numbers, its"):
        f(vector())


def test_value_as_a_plain_array_keeps_its_graph() -> None:
    x = Value(2.0)
    (np.asarray([x, x]) * 3.0).sum().backward()
    assert x.grad == 6.0


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda x: np.packbits(x), "np.packbits"),
        (lambda x: np.bitwise_and(x, 1), "np.bitwise_and"),
    ],
)
@pytest.mark.parametrize("make", [lambda: Value(2.0), matrix], ids=["Value", "Tensor"])
def test_numpy_function_without_a_rule(
    make: Callable[[], Any], f: Callable[[Any], Any], name: str
) -> None:
    with pytest.raises(TypeError, match=rf"^{name} has no rule for a derivative: use .*detach\(\)"):
        f(make())


def test_in_place_operators_of_arrays() -> None:
    array = np.ones(3)
    for f in (
        lambda: array.__iadd__(vector()),
        lambda: array.__imul__(Value(2.0)),
        lambda: np.add(array, vector(), out=array),
        lambda: np.exp(vector(), out=array),
    ):
        with pytest.raises(TypeError, match=r"a variable cannot be written into an array \(out="):
            f()
    assert array.tolist() == [1.0, 1.0, 1.0]


def test_argument_of_numpy_that_is_not_supported() -> None:
    with pytest.raises(TypeError, match=r"np\.exp: where=… without out=… .* np\.where\(mask"):
        np.exp(vector(), where=np.array([True, False, True]))


def test_assignment_of_what_does_not_fit() -> None:
    for make in (vector, lambda: vector() * 1.0, lambda: np.zeros_like(vector()) + vector().data):
        t = make()
        with pytest.raises(ValueError, match=r"^assign: .*\(2,\)"):
            t[:] = [1.0, 2.0]
        with pytest.raises(IndexError, match=r"^assign: .*out of bounds"):
            t[3] = 1.0
        with pytest.raises(TypeError, match=r"^setitem: .*give numbers"):
            t[0] = "text"
        with pytest.raises(TypeError, match=r"^setitem: complex numbers do not fit into a real"):
            t[0] = 1j
        with pytest.raises(ValueError, match=r"^add: a result of shape \(2, 3\) does not fit into"):
            t += np.ones((2, 3))
        assert t.detach().tolist() == [1.0, 2.0, 3.0]


def test_truth_of_an_array() -> None:
    with pytest.raises(ValueError, match=r"^bool: the truth value of a Tensor of shape \(3,\) is"):
        bool(vector())
    with pytest.raises(ValueError, match=r"where\(\.\.\.\)"):
        _ = not vector()


def test_length_and_rows_of_a_scalar() -> None:
    with pytest.raises(TypeError, match=r"^len: this Tensor is a scalar"):
        len(Tensor(1.0))
    with pytest.raises(TypeError, match="scalar"):
        list(Tensor(1.0))


def test_whole_numbers_have_no_gradient() -> None:
    with pytest.raises(TypeError, match=r"^astype: int64 has no gradient; use x\.detach\(\)"):
        vector().astype(int)


@KINDS
def test_attribute_that_is_not_there(kind: type) -> None:
    for f in (lambda x: x.exponent, lambda x: setattr(x, "colour", "red")):
        with pytest.raises(AttributeError):
            f(kind(1.0))


# ---------------------------------------------------------------- data and grad


def test_data_of_the_wrong_shape() -> None:
    t = vector()
    for wrong in (np.ones(2), 1.0, np.ones((1, 3))):
        with pytest.raises(ValueError, match=r"^Tensor\.data: shape .* does not fit \(3,\)"):
            t.data = wrong
        with pytest.raises(ValueError, match=r"^Tensor\.grad: shape .* does not fit \(3,\)"):
            t.grad = wrong
    with pytest.raises(TypeError, match=r"^Tensor\.data: real numbers are needed, not complex"):
        t.data = np.ones(3, complex)
    assert t.data.tolist() == [1.0, 2.0, 3.0]
    assert t.grad is None


def test_grad_of_a_value_that_is_no_number() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"^Value\.grad: a real number is needed, not str"):
        x.grad = "1"
    assert x.grad is None
