"""What is checked of every function of the table, and of any function of arrays that a test names:
value, dtype, shape and view or copy as NumPy's; first and second derivatives as differences have
them; 32 bits stay 32 bits; Python floats where it is elementwise; errors of NumPy's kinds.

Each check takes an entry and makes all calls that its declaration lists, at points drawn from a
fixed seed; `check_derivatives` and what else is for one call takes that.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from table_calls import (
    LAYOUTS,
    Call,
    Entry,
    Fixed,
    arrays_in,
    calls,
    directions,
    in_dtype,
    in_layout,
    is_smooth,
    on_complex_numbers,
    opened,
    quietly,
    scalar_calls,
    shifted,
    smooth_calls,
    variables,
)

from autograd_lite import Tensor, Value, gradients
from autograd_lite.engine.primitive import Composed, Rule
from autograd_lite.engine.variable import Variable, is_variable
from autograd_lite.numerical.differences import richardson
from autograd_lite.testing.calls import cotangent

EPS = float(np.finfo(float).eps)


# ---------------------------------------------------------------- what it gives


def check_result(what: str, found: Any, expected: Any, rounded: float = EPS) -> None:
    """Whether it is what NumPy gives: as many results, of this value, dtype and shape. `rounded`:
    to what the operands are."""
    if isinstance(expected, tuple | list):
        assert isinstance(found, tuple | list), f"{what}: {type(found).__name__} for several"
        assert len(found) == len(expected), f"{what}: {len(found)} results of {len(expected)}"
        fields = getattr(expected, "_fields", ())
        for i, (one, right) in enumerate(zip(found, expected, strict=True)):
            check_result(f"{what}[{i}]", one, right, rounded)
            assert i >= len(fields) or getattr(found, fields[i], None) is one, f"{what}.{fields[i]}"
        return
    held, right = np.asarray(plain(found)), np.asarray(expected)
    assert held.shape == right.shape, f"{what}: shape {held.shape}, NumPy's is {right.shape}"
    assert held.dtype == right.dtype, f"{what}: {held.dtype}, NumPy's is {right.dtype}"
    if right.dtype.kind in "fc":
        eps = max(rounded, float(np.finfo(right.dtype).eps))
        largest = float(np.max(np.abs(right[np.isfinite(right)]), initial=0.0))
        np.testing.assert_allclose(held, right, 1e2 * eps, 1e2 * eps * largest, err_msg=what)
    else:
        np.testing.assert_array_equal(held, right, err_msg=what)


def outcome(call: Call, operands: Any = None) -> Any:
    """What the call gives, or the error that it raises."""
    try:
        return call.of(call.entry.function, operands)
    except Exception as error:
        return error


def check_call(call: Call) -> Any:
    """Compare a call on Tensors with the same on plain arrays; the former's result."""
    found = outcome(call, variables(call, lambda x: Tensor(x, copy=False)))
    kinds = {np.asarray(x).dtype for x in arrays_in(call.operands)}
    rounded = max((float(np.finfo(kind).eps) for kind in kinds if kind.kind in "fc"), default=EPS)
    check_outcome(f"{call}", found, outcome(call), rounded)
    return found


def check_outcome(what: str, found: Any, expected: Any, rounded: float = EPS) -> None:
    """Compare results, or errors."""
    if isinstance(expected, Exception):
        check_error(what, found, expected)
    elif isinstance(found, Exception):
        raise AssertionError(f"{what}: {found!r}") from found
    else:
        check_result(what, found, expected, rounded)


def check_error(what: str, found: Any, expected: Exception) -> None:
    """Whether the error is one that who expects NumPy's would catch."""
    kinds = (TypeError, ValueError, IndexError, ArithmeticError, NotImplementedError)
    bases = tuple(kind for kind in kinds if isinstance(expected, kind))
    assert isinstance(found, Exception), f"{what}: no error, NumPy's is {expected!r}"
    assert isinstance(found, bases), f"{what}: {found!r}, NumPy's is {expected!r}"


def check_results(entry: Entry) -> None:
    """Value, dtype and shape, of arrays in any layout, of 32 bits, and without elements."""
    assert calls(entry), f"{entry.name}: its cases are none"
    for call in calls(entry):
        for layout in LAYOUTS:
            check_call(in_layout(call, layout))
        check_call(in_dtype(call, np.float32))
    for call in calls(entry, empty=True):
        check_call(call)


def check_plain(entry: Entry) -> None:
    """Our function of plain arrays: plain, and what NumPy gives; but for writing into them."""
    if entry.writes:
        return
    for call in calls(entry, 4):
        expected = outcome(call)
        if not isinstance(expected, Exception):
            found = call.of(entry.one.function)
            assert not any(is_variable(x) for x in arrays_in(found)), f"{call} of arrays"
            check_result(f"{entry.one.name}: {call}", found, expected)


def check_views(entry: Entry) -> None:
    """Whether the result shows the memory of an operand where NumPy's does."""
    if entry.writes:
        return
    for call in [in_layout(c, layout) for c in calls(entry) for layout in LAYOUTS]:
        given, expected = variables(call, view_of_a_leaf), outcome(call)
        if not isinstance(expected, Exception):
            views = sharing(expected, call.operands)
            assert sharing(call.of(entry.function, given), given) == views, f"{call}"


def view_of_a_leaf(x: Any) -> Any:
    """A variable of these numbers that lie so in memory: what a leaf copies, lies in order."""
    if not x.ndim or x.flags.c_contiguous:
        return Tensor(x)
    if x.flags.f_contiguous:
        return Tensor(x.T.copy()).T
    if x.strides[-1] < 0:
        return Tensor(x[..., ::-1].copy())[..., ::-1]
    return Tensor(np.repeat(x, 2, axis=-1))[..., ::2]


def sharing(results: Any, operands: Any) -> list[bool]:
    """Of which operands each result shows the memory, where it has axes and elements."""
    found, given = map(plain_arrays, (results, operands))
    return [np.shares_memory(z, x) for z in found if z.ndim and z.size for x in given if x.ndim]


def plain_arrays(x: Any) -> list[Any]:
    return [np.asarray(plain(a)) for a in arrays_in(x)]


def plain(x: Any) -> Any:
    """The numbers of a variable; anything else as it is."""
    return x.detach() if isinstance(x, Variable) else x


# ---------------------------------------------------------------- derivatives


def total(results: Any, seed: int = 1) -> Any:
    """Σ c·z over all results that are floating-point numbers, with weights that differ."""
    parts = arrays_in(results)
    found: Any = 0.0
    for i, z in enumerate(parts):
        kind = getattr(z, "dtype", np.dtype(float)).kind
        c = cotangent(np.shape(z), seed + 100 * i)
        if kind == "c":
            other = cotangent(np.shape(z), seed + 100 * i + 50)
            found = found + np.sum(np.real(z) * c) + np.sum(np.imag(z) * other)
        elif kind == "f":
            found = found + np.sum(z * c)
    return found


def squares(results: Any) -> Any:
    """Σ c·z² over them. Of a linear function, too, it has a second derivative: through the gradient
    that its rule is given."""
    return total([z * z for z in arrays_in(results)])


def slopes(call: Call, record: bool, of: Rule = total) -> tuple[list[Any], list[Any]]:
    """The variables of a call, and the gradient of Σ c·z by each of them."""
    given = variables(call, Tensor)
    wanted = [x for x in arrays_in(given) if isinstance(x, Tensor)]
    with quietly():
        y = of(call.of(call.entry.function, given))
    if not is_variable(y):  # the result is constant, as x⁰ is; differences will tell
        return wanted, [np.zeros(x.shape, x.dtype) for x in wanted]
    with quietly():
        return wanted, gradients(y, wanted, record=record)


def slope_sum(call: Call) -> float:
    """Σ d·(the gradient of Σ c·z²), a number of which the derivative is of the second order."""
    return float(total([np.asarray(g) for g in slopes(call, False, squares)[1]], 2))


def along(gradient: Any, moves: list[Any]) -> float:
    """The change that a gradient makes of a direction."""
    return float(sum(np.sum(g * d).real for g, d in zip(gradient, moves, strict=True)))


def check_slope(what: str, found: float, f: Any, eps: float = EPS) -> None:
    """Compare with the derivative of f, which is rounded to eps, at 0 by central differences; by
    extrapolated ones, which know how far they may be off, where they differ."""
    step = eps ** (1 / 3)  # balances truncation and rounding
    near = (f(step) - f(-step)) / (2.0 * step)
    if not abs(found - near) <= max(1e-6, 1e2 * eps ** (2 / 3)) * (1.0 + abs(near)):  # or nan
        best, error = richardson(f, 0.0, 1e-2)
        allowed = 1e-6 * (1e-2 + abs(best)) + 10.0 * error
        assert abs(found - best) <= allowed, f"{what}: {found!r}, by differences {best!r} ± {error}"


def rounding(call: Call) -> float:
    """To what the results are rounded: a dtype may be asked for."""
    kinds = {x.dtype for x in plain_arrays(call.plain) if x.dtype.kind in "fc"}
    return max((float(np.finfo(kind).eps) for kind in kinds), default=EPS)


def check_derivatives(entry: Entry) -> None:
    """Both orders, at points where it is differentiable; of arrays without elements, the shapes."""
    for call in smooth_calls(entry):
        check_first_order(call)
        check_second_order(call)
    for call in calls(entry, empty=True):
        if not isinstance(outcome(call), Exception):
            wanted, found = slopes(call, True)
            assert [g.shape for g in found] == [x.shape for x in wanted], f"{call}"


def check_first_order(call: Call) -> None:
    """The gradient along a direction."""
    moves = directions(call, 7)
    wanted, found = slopes(call, False)
    assert [g.shape for g in found] == [x.shape for x in wanted], f"{call}"
    check_slope(
        f"{call}, first order",
        along(found, moves),
        lambda t: float(total(shifted(call, moves, t).plain)),
        rounding(call),
    )


def check_second_order(call: Call) -> None:
    """The gradient of the gradient along a direction."""
    moves = directions(call, 8)
    wanted, first = slopes(call, True, squares)
    y = total(first, 2)
    found = gradients(y, wanted) if is_variable(y) else [np.zeros(x.shape) for x in wanted]
    check_slope(
        f"{call}, second order",
        along(found, moves),
        lambda t: slope_sum(shifted(call, moves, t)),
        rounding(call),
    )


def check_bits(entry: Entry) -> None:
    """Gradients of 32 bits of variables of 32 bits, and so the gradients of these; so of 16."""
    for call in smooth_calls(entry, 6):
        check_gradient_dtypes(in_dtype(call, np.float32))
        half = in_dtype(call, np.float16)
        if isinstance(outcome(half), Exception):  # as np.linalg's, of 16 bits
            check_call(half)
        else:
            check_gradient_dtypes(half)


def check_gradient_dtypes(call: Call) -> None:
    """Whether each gradient has its variable's dtype, of the first order and the second."""
    wanted, found = slopes(call, True)
    assert [g.dtype for g in found] == [x.dtype for x in wanted], f"{call}"
    y = total(found, 2)
    if is_variable(y):
        with quietly():
            second = gradients(y, wanted)
        assert [g.dtype for g in second] == [x.dtype for x in wanted], f"{call}, second order"


def check_complex(entry: Entry) -> None:
    """Where NumPy takes complex numbers: a TypeError, or NumPy's results and their gradients: of a
    real u by x + iy, ∂u/∂x − i ∂u/∂y."""
    for call in map(on_complex_numbers, smooth_calls(entry, 6)):
        expected, found = outcome(call), outcome(call, variables(call, Tensor))
        if isinstance(found, TypeError) or isinstance(expected, Exception) or not is_smooth(call):
            continue
        check_outcome(f"{call} of complex numbers", found, expected)
        moves = directions(call, 9)
        wanted, gs = slopes(call, False)
        assert [g.dtype for g in gs] == [x.dtype for x in wanted], f"{call} of complex numbers"
        check_slope(
            f"{call} of complex numbers",
            along(gs, moves),
            lambda t, call=call, moves=moves: float(total(shifted(call, moves, t).plain)),
            rounding(call),
        )


# ---------------------------------------------------------------- other ways to call it


def check_values(entry: Entry) -> None:
    """Of Python floats the same as of Tensors without axes, if it is elementwise."""
    if not entry.is_elementwise:
        return
    for call in scalar_calls(entry):
        values = variables(call, lambda x: Value(float(x)))
        tensors = variables(call, Tensor)
        found, expected = (call.of(entry.function, given) for given in (values, tensors))
        for one, right in zip(arrays_in(found), arrays_in(expected), strict=True):
            assert isinstance(one, Value) == isinstance(right, Tensor), f"{call} of Values"
            if isinstance(right, Tensor):
                assert one.data == pytest.approx(right.item(), rel=1e-14), f"{call} of Values"
        wanted = [[x for x in given if is_variable(x)] for given in (values, tensors)]
        of_values, of_tensors = map(gradients, (total(found), total(expected)), wanted)
        assert [float(g) for g in of_values] == pytest.approx([float(g) for g in of_tensors])


def check_method(entry: Entry) -> None:
    """The method of the same name, where NumPy's arrays have it too."""
    name = entry.one.method
    if name is None or not callable(getattr(np.ndarray, name, None)):
        return
    for call in calls(entry, 6):
        if isinstance(call.operands[0], tuple | Fixed):
            continue
        expected, found = (
            of_method(name, call, operands) for operands in (call.operands, variables(call, Tensor))
        )
        if not isinstance(expected, TypeError):  # as for an argument that the method does not have
            check_outcome(f"method: {call}", found, expected)


def of_method(name: str, call: Call, operands: Any) -> Any:
    """What the method gives, or the error that it raises."""
    first, *rest = operands
    with quietly():
        try:
            return getattr(first, name)(*map(opened, rest), *call.args, **call.kwargs)
        except Exception as error:
            return error


def check_bad_axis(entry: Entry) -> None:
    """The error for an axis that is not there: of NumPy's kind."""
    if not has_axis(entry.function):
        return
    for call in calls(entry, 3):
        if len(call.args) == 0 and arrays_in(call.operands):
            most = max(np.ndim(x) for x in arrays_in(call.operands))
            keywords = {k: x for k, x in call.kwargs.items() if k not in ("axes", "axis")}
            check_call(Call(entry, call.operands, (), {**keywords, "axis": most + 3}))


def has_axis(function: Rule) -> bool:
    """Whether NumPy's function has an argument of this name."""
    try:
        return "axis" in inspect.signature(function).parameters
    except ValueError:
        return False


# ---------------------------------------------------------------- of any function


def check_function(f: Rule, *operands: Any) -> None:
    """A function of arrays that is written with NumPy's names: its values and dtypes, of 64 bits
    and of 32, and both derivatives."""
    call = Call(
        Entry(Composed(name="f", function=f), f),
        tuple(np.asarray(x, float) for x in operands),
        (),
        {},
    )
    check_call(call)
    check_call(in_dtype(call, np.float32))
    check_first_order(call)
    check_second_order(call)


CHECKS = (
    check_results,
    check_plain,
    check_views,
    check_derivatives,
    check_bits,
    check_complex,
    check_values,
    check_method,
    check_bad_axis,
)
