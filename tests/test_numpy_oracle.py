"""NumPy itself as the oracle: whatever NumPy function is on the table, the same call on variables
as on plain arrays gives the same values, dtype and shape, or the same kind of error.

Nothing here names an operation. The calls are drawn from NumPy's signature of the function; what
an argument may be goes by its name in NumPy (`axis`, `keepdims`, …).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

import autograd_lite
from autograd_lite import PRIMITIVES, Tensor, Value
from autograd_lite.engine.numpy_protocol import FUNCTIONS
from autograd_lite.engine.numpy_signatures import NO_VALUE, Binding, name_of
from autograd_lite.engine.variable import Variable

Shape = tuple[int, ...]

FLOATS = ["f8", "f4", "f2", ">f8", ">f4"]
CONSTANTS = [*FLOATS, "i8", "i1", "u2", ">i4", "?"]
NUMBERS = np.array([1.0, 2.0, -1.0, 0.5, 3.0, 0.0, -2.5, -0.0, 4.0, 0.25, np.inf, np.nan])
SHAPES: tuple[Shape, ...] = ((3,), (), (2, 3), (0,), (3, 3), (1,), (2, 3, 1), (2, 0), (2, 2, 3))


# ---------------------------------------------------------------- calls of a NumPy function


@dataclass(frozen=True)
class Operand:
    """An array or number, which stands in the call as it is or as a variable."""

    plain: Any
    kind: str

    @property
    def given(self) -> Any:
        """What the function under test gets."""
        if self.kind == "Tensor":
            return Tensor(self.plain, copy=False)
        return Value(self.plain) if self.kind == "Value" else self.plain


def each(x: Any, make: Callable[[Operand], Any]) -> Any:
    """The argument with every operand in it as `make` makes it."""
    if isinstance(x, Operand):
        return make(x)
    return type(x)(each(item, make) for item in x) if isinstance(x, list | tuple) else x


@dataclass(frozen=True)
class Call:
    """The arguments of one call, with operands in them."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def of(self, function: Any, make: Callable[[Operand], Any]) -> Any:
        """What the call gives, or the error that it raises."""
        args, kwargs = each(self.args, make), {k: each(x, make) for k, x in self.kwargs.items()}
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return function(*args, **kwargs)
            except Exception as error:
                return error

    @property
    def weak(self) -> Any:
        """The dtype of its array beside Python's numbers, if it has both."""
        held = [x.plain for x in (*self.args, *self.kwargs.values()) if isinstance(x, Operand)]
        return np.result_type(*held) if any(type(x) is float for x in held) else None


@st.composite
def operands(
    draw: st.DrawFn, shape: Shape, kinds: tuple[str, ...], numbers: Any = NUMBERS
) -> Operand:
    """An operand of a shape, in any of NumPy's layouts in memory."""
    kind = draw(st.sampled_from(kinds))
    if kind in ("Value", "number"):
        return Operand(float(draw(st.sampled_from(numbers))), kind)
    dtype = np.dtype(draw(st.sampled_from(FLOATS if kind == "Tensor" else CONSTANTS)))
    finite = numbers if dtype.kind == "f" else abs(NUMBERS[np.isfinite(NUMBERS)])
    size = int(np.prod(shape))
    places = draw(st.lists(st.integers(0, len(finite) - 1), min_size=size, max_size=size))
    array = finite[places].astype(dtype).reshape(shape)
    layout = draw(st.sampled_from(["C", "F", "backwards", "gaps"]))
    if layout == "F":
        array = np.asfortranarray(array).reshape(shape)
    elif shape and layout != "C":
        step = -1 if layout == "backwards" else 2
        wide = np.zeros((*shape[:-1], 2 * shape[-1]), dtype)
        (view := wide[..., ::step][..., : shape[-1]])[...] = array
        array = view
    return Operand(array, kind)


def is_shape(x: Any) -> bool:
    """Whether it stands for an operand of that shape, and not for an array or several operands."""
    return type(x) is tuple and all(type(n) is int for n in x)


@st.composite
def matching_shapes(draw: st.DrawFn, function: Any, count: int) -> list[Shape]:
    """Shapes that the function often takes: those of its cases; equal ones; some that broadcast."""
    cases_of = getattr(getattr(FUNCTIONS[function], "primitive", None), "cases", None)
    shape = draw(st.sampled_from(SHAPES))
    if cases_of is not None:
        cases = [
            list(shapes)
            for shapes, _, _ in cases_of(shape)
            if len(shapes) == count and all(map(is_shape, shapes))
        ]
        if cases and draw(st.integers(0, 3)):
            return draw(st.sampled_from(cases))
    way = draw(st.sampled_from(["same", "ones", "any"]))
    if way == "any":
        return [draw(st.sampled_from(SHAPES)) for _ in range(count)]
    shapes = [shape] * count
    for i in range(count) if way == "ones" else ():
        ones = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
        shapes[i] = tuple(1 if one else n for one, n in zip(ones, shape, strict=True))
        shapes[i] = shapes[i][draw(st.integers(0, len(shape))) :] if i else shapes[i]
    return shapes


def whole(most: int) -> st.SearchStrategy[int]:
    """Positions of axes, some outside."""
    return st.integers(-most - 1, most)


ARGUMENTS: dict[str, Callable[[Shape], st.SearchStrategy[Any]]] = {
    "axis": lambda s: st.none() | whole(len(s)) | st.lists(whole(len(s)), max_size=2).map(tuple),
    "axis1": lambda s: whole(len(s)),
    "axis2": lambda s: whole(len(s)),
    "indices_or_sections": lambda s: st.sampled_from([1, 2, 3, [1], (1, 2), [0, 1]]),
    "axes": lambda s: (
        st.none() | st.permutations(range(len(s))) | st.just(tuple(range(-len(s), 0)))
    ),
    "keepdims": lambda s: st.sampled_from([True, False, NO_VALUE]),
    "dtype": lambda s: st.sampled_from([None, np.float64, "f4", np.dtype("f2"), np.float32]),
    "shape": lambda s: st.sampled_from([s, (2, *s), s[::-1], (-1,), -1, (1, *s, 1), (7,), [2, -1]]),
    "newshape": lambda s: ARGUMENTS["shape"](s),
    "order": lambda s: st.sampled_from(["C", "F"]),
    "deg": lambda s: st.sampled_from([0, 1]),
    "out": lambda s: st.none(),
    "where": lambda s: st.just(True),
    "initial": lambda s: st.just(NO_VALUE),
    "casting": lambda s: st.just("same_kind"),
    "subok": lambda s: st.booleans(),
    "copy": lambda s: st.none(),
    "destination": lambda s: whole(len(s)),
    "source": lambda s: whole(len(s)),
    "shift": lambda s: st.sampled_from([1, -2, (1, 2)]),
    "repeats": lambda s: st.sampled_from([0, 1, 2, [1, 2], [2, 0, 1]]),
    "reps": lambda s: st.sampled_from([(), 0, 2, (2, 1), (1, 2, 3)]),
    "new_shape": lambda s: st.sampled_from([(), 3, (2, 2), (0,), (2, 3, 1)]),
    "pad_width": lambda s: st.sampled_from([0, 1, (1, 2), ((0, 1),), {-1: 2}]),
    "kth": lambda s: st.sampled_from([0, -1, 1, (0, 1)]),
    "obj": lambda s: st.sampled_from(
        [0, -1, [], [0, 2], [2, 0, 0], slice(None, None, 2), [True, False, True]]
    ),
    "indices": lambda s: st.sampled_from([0, -1, [0, 1], [[0], [-1]], 5, []]),
    "offset": lambda s: st.integers(-2, 2),
    "k": lambda s: st.integers(-2, 2),
    "num": lambda s: st.integers(0, 4),
    "N": lambda s: st.none() | st.integers(0, 4),
    "trim": lambda s: st.sampled_from(["f", "b", "fb"]),
    "condlist": lambda s: st.sampled_from(
        [[np.ones(s, bool)], [np.zeros(s, bool), np.ones(s, bool)], [np.ones(s, bool)] * 3]
    ),
    "funclist": lambda s: st.sampled_from([[np.exp], [1.0, np.negative], [np.exp, 2.0, -1.0]]),
    "func": lambda s: st.just(np.sum),
    "func1d": lambda s: st.just(np.sum),
    "device": lambda s: st.none(),
}
"""What arguments of these names may be, of an operand of shape s; all others are operands if they
must be given, and are left out if not."""

SEQUENCES = {"arrays", "choicelist", "tup"}


@st.composite
def calls(draw: st.DrawFn, function: Any, ours: Any = None) -> Call:
    """Calls of a NumPy function by its signature, at least one operand a variable. With `ours`,
    only what this function takes, and operands by position."""
    if isinstance(function, np.ufunc):
        return draw(ufunc_calls(function, ours))
    binding = Binding(function.__name__, function, FUNCTIONS[function])
    parameters = list(binding.signature.parameters.values())
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = {p.name for p in parameters if p.default is p.empty}
    own = {p.name for p in binding.own if p.default is p.empty}
    held = [
        n for n in names if n not in ARGUMENTS and (n in required or binding.names.get(n) in own)
    ]
    some = [n for n in held if n in required or ours is not None or draw(st.integers(0, 7))]
    if not held:  # *arrays alone
        return draw(variadic_calls(function))
    shapes = draw(matching_shapes(function, 3 if held[0] in SEQUENCES else len(held)))
    # of several operands, finite ones: in a product with 0, BLAS takes ∞·0 for 0
    # and LAPACK may not come to an end with ∞ and nan
    any_number = len(held) == 1 and function.__module__ != "numpy.linalg"
    most = NUMBERS if any_number else NUMBERS[np.isfinite(NUMBERS)]
    values = draw(variables_among(shapes, held[0] not in SEQUENCES, most))
    given: dict[str, Any] = {}
    whole_call = draw(st.booleans())
    for name in names:
        if name in SEQUENCES:
            given[name] = draw(st.sampled_from([list, tuple]))(values)
        elif name in some:
            given[name] = values[held.index(name)]
        elif name in required or (name in ARGUMENTS and (whole_call or draw(st.booleans()))):
            given[name] = draw(ARGUMENTS[name](shapes[0]))
    usual = {p.name: p.default for p in parameters}
    given = {n: x for n, x in given.items() if x is not NO_VALUE or usual[n] is NO_VALUE}
    if ours is not None:
        given = {n: x for n, x in given.items() if n in binding.names and x is not NO_VALUE}
    return split(draw, parameters, given, {*held, *required} if ours else set())


@st.composite
def variadic_calls(draw: st.DrawFn, function: Any) -> Call:
    """Calls of a function that takes any number of operands, each by itself."""
    shapes = draw(matching_shapes(function, draw(st.integers(1, 3))))
    return Call(tuple(draw(variables_among(shapes, numbers=NUMBERS[np.isfinite(NUMBERS)]))), {})


def split(draw: Any, parameters: Any, given: dict[str, Any], first: set[str]) -> Call:
    """The arguments by position and by name, in any way that the signature allows."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    most = draw(st.integers(0, len(parameters)))
    for i, p in enumerate(parameters):
        by_position = p.name in first if first else i < most or p.kind is p.POSITIONAL_ONLY
        if p.name not in given:
            most = 0
        elif by_position and p.kind <= p.POSITIONAL_OR_KEYWORD and len(args) == i:
            args.append(given[p.name])
        else:
            kwargs[p.name] = given[p.name]
    return Call(tuple(args), kwargs)


@st.composite
def ufunc_calls(draw: st.DrawFn, function: np.ufunc, ours: Any) -> Call:
    """Calls of a ufunc, which all have the same options."""
    values = draw(variables_among(draw(matching_shapes(function, function.nin))))
    options = {
        "where": st.just(True),
        "casting": st.just("same_kind"),
        "order": st.sampled_from("KCAF"),
        "subok": st.just(True),
        "dtype": ARGUMENTS["dtype"](()),
        "out": st.sampled_from([None, (None,)]),
    }
    if ours is not None or draw(st.booleans()):
        return Call(tuple(values), {})
    names = draw(st.sets(st.sampled_from(sorted(options))))
    if function.signature is not None:
        names.discard("where")
    return Call(tuple(values), {name: draw(options[name]) for name in sorted(names)})


@st.composite
def variables_among(
    draw: st.DrawFn, shapes: list[Shape], alone: bool = True, numbers: Any = NUMBERS
) -> list[Operand]:
    """Operands of these shapes, one of them a variable at least; or, if they may stand `alone`,
    Values and Python's numbers."""
    kinds: list[tuple[str, ...]] = [("Tensor", "array")] * len(shapes)
    if alone and draw(st.integers(0, 3)) == 0:  # of whatever shape the others are
        kinds = [("Value", "number", "Tensor")] * len(shapes)
    chosen = draw(st.integers(0, len(shapes) - 1))
    kinds[chosen] = tuple(kind for kind in kinds[chosen] if kind in ("Tensor", "Value"))
    return [draw(operands(shape, kind, numbers)) for shape, kind in zip(shapes, kinds, strict=True)]


# ---------------------------------------------------------------- the comparison

SOME = settings(max_examples=max(1, settings().max_examples // 3))
"""So many calls of each function: what a declaration lists is called in functions/test_table.py."""


def agree(found: Any, expected: Any, weak: Any = None) -> None:
    """The same values, dtype and shape; or errors of the same kind. The dtype may also be `weak`:
    what NumPy's ufuncs give, to which Python's numbers lend none."""
    if re.search("copyto: a variable cannot be written|cannot be filled with a var", str(found)):
        return  # NumPy has not handed the call over, only what it does within
    if re.search(r"(int|bool).* has no gradient", str(found)):
        return  # whole numbers are constants here
    if isinstance(expected, AttributeError):
        return  # of what is no array, where NumPy's function takes arrays alone
    if isinstance(expected, Exception):
        assert isinstance(found, Exception), f"NumPy: {expected!r}; here: {found!r}"
        kinds = (ValueError, TypeError, IndexError)
        assert isinstance(found, kinds), repr(found)
        # NumPy's AxisError is of two kinds; an AttributeError from inside NumPy is of none
        if isinstance(expected, kinds) and "axis" not in str(found):
            assert any(isinstance(found, k) and isinstance(expected, k) for k in kinds), found
        return
    if isinstance(found, Exception):
        raise AssertionError(f"NumPy: {expected!r}; here: {found!r}") from found
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for f, e in zip(found, expected, strict=True):
            agree(f, e, weak)
        return
    held, expected = np.asarray(plain(found)), np.asarray(expected)
    assert held.shape == expected.shape
    # variables, and NumPy's scalars, have the machine's order of bytes
    found_type, type_ = held.dtype.newbyteorder("="), expected.dtype.newbyteorder("=")
    assert found_type in (type_, weak)
    rough = 8 * np.finfo(expected.dtype).eps if expected.dtype.kind == "f" else 0
    np.testing.assert_allclose(held, expected, rtol=rough, atol=rough)


def plain(x: Any) -> Any:
    """The numbers of a variable; anything else as it is."""
    return x.detach() if isinstance(x, Variable) else x


WRITERS = (np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal)
"""They give nothing, and write into Tensors alone; see `functions/test_assignment.py`."""


def names_operands(function: Any) -> bool:
    """Whether its signature tells which arguments are operands: that of einsum does not. And it is
    one of NumPy's that gives something definite."""
    if function in (*WRITERS, np.empty_like) or not name_of(function).startswith("np."):
        return False
    if name_of(function).startswith(("np.fft.", "np.lib.")):
        return False
    if isinstance(function, np.ufunc):
        return True
    parameters = Binding(name_of(function), function, FUNCTIONS[function]).signature.parameters
    return any(p.kind <= p.POSITIONAL_OR_KEYWORD for p in parameters.values())


NAMED = {name_of(f): f for f in FUNCTIONS if names_operands(f)}


@pytest.mark.parametrize("name", sorted(NAMED))
@SOME
@given(data=st.data())
def test_numpys_function_of_variables(name: str, data: st.DataObject) -> None:
    call = data.draw(calls(NAMED[name]))
    expected = call.of(NAMED[name], lambda x: x.plain)
    agree(call.of(NAMED[name], lambda x: x.given), expected, call.weak)


OURS = {
    name: (vars(autograd_lite)[name], f)
    for f in FUNCTIONS
    if FUNCTIONS[f] is vars(autograd_lite).get(name := f.__name__) and names_operands(f)
}
"""Our functions that have the name of the NumPy function that they stand for."""


@pytest.mark.parametrize("name", sorted(OURS))
@SOME
@given(data=st.data())
def test_our_function_of_the_same_name(name: str, data: st.DataObject) -> None:
    """Of variables and of plain numbers and arrays."""
    ours, function = OURS[name]
    call = data.draw(calls(function, ours))
    expected = call.of(function, lambda x: x.plain)
    agree(call.of(ours, lambda x: x.given), expected, call.weak)
    agree(call.of(ours, lambda x: x.plain), expected, call.weak)


METHODS = sorted(
    p.name for p in PRIMITIVES.values() if p.method and hasattr(np.ndarray, p.name) and p.numpy
)


@pytest.mark.parametrize("name", METHODS)
@SOME
@given(data=st.data())
def test_method_of_the_same_name(name: str, data: st.DataObject) -> None:
    ours, function = PRIMITIVES[name].function, PRIMITIVES[name].numpy[0]
    call = data.draw(calls(function, ours))
    first, *rest = call.args
    array = np.asarray(first.plain)
    assume(array.dtype.kind == "f")
    call = Call((Operand(array, "Tensor"), *rest), call.kwargs)
    expected = call.of(getattr(np.ndarray, name), lambda x: x.plain)
    assume("keyword" not in str(expected))  # of which NumPy's methods take fewer
    agree(call.of(getattr(Tensor, name), lambda x: x.given), expected, call.weak)


def test_defaults_are_numpys() -> None:
    """Left out, an argument is here what it is in NumPy."""
    functions = {name: f for name, f in NAMED.items() if not isinstance(f, np.ufunc)}
    assert len(functions) > 100
    for name, function in functions.items():
        binding = Binding(name, function, FUNCTIONS[function])
        own = {p.name: p.default for p in binding.own}
        for theirs, mine in binding.names.items():
            default, empty = binding.signature.parameters[theirs].default, binding.own[0].empty
            if default not in (NO_VALUE, empty) and own[mine] is not empty:
                assert own[mine] == default, f"{theirs} of {name}"
