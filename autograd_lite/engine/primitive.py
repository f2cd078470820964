"""What a primitive operation is: one declaration, from which everything else is made.

A primitive is declared by decorating a function that has its name, its operands and its
documentation: `@elementwise(...)` where the result has the (broadcast) shape of the operands,
`@structural(...)` otherwise. The declaration says how the operation is written, how it is
evaluated, and its derivative *in terms of other primitives*. Such a rule runs on anything: on
floats and arrays it gives the gradient, on variables it records the gradient as a graph.

`PRIMITIVES` is the one table. The operators and methods of `Value` and `Tensor`, the NumPy
functions that accept them, the algebra on pictures, the property tests and the documentation
walk it; nothing else lists operations.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec

import numpy as np
import numpy.typing as npt

from autograd_lite.engine import floats as float_functions

Array = npt.NDArray[Any]
Rule = Callable[..., Any]
Interval = tuple[float, float]
Case = tuple[tuple[tuple[int, ...], ...], tuple[Any, ...], dict[str, Any]]
P = ParamSpec("P")

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)
"""How tightly a notation binds; an operand that binds less is put in parentheses."""

REAL: tuple[Interval, ...] = ((-3.0, 3.0),)
POSITIVE: tuple[Interval, ...] = ((0.2, 3.0),)
NONZERO: tuple[Interval, ...] = ((-3.0, -0.2), (0.2, 3.0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Primitive:
    """One operation: its names, its evaluation and its derivative. Built by the decorators."""

    name: str
    """NumPy's name for it, which is also the public function's."""
    operands: tuple[str, ...]
    """The names of its operands, as its text and `floats` use them; empty if it takes many."""
    text: str
    """How it is written, as a format of its operands: `"{x} + {y}"`."""
    latex: str
    precedence: int
    """How tightly the notation binds: SUM, PRODUCT, SIGN, POWER or ATOM."""
    floats: str | None
    """Its value on Python floats, as a Python expression; None if it is structural."""
    arrays: Rule
    """Its value on NumPy arrays."""
    partials: tuple[Rule | float | None, ...] | None
    """Elementwise: ∂z/∂operand as a function of the operands and z, or a constant; None where
    the operand is no variable (the condition of `where`)."""
    pullbacks: Sequence[Rule | None]
    """For each operand the function (g, z, *operands, **params) -> gradient of that operand."""
    on_paper: tuple[Rule | float | None, ...] | None = None
    """The derivative as a book writes it, where `partials` are written for accuracy instead."""
    numpy: tuple[Rule, ...] = ()
    """The NumPy functions that stand for it."""
    operator: str | None = None
    """The Python operator that stands for it: `"mul"` for `__mul__` and `__rmul__`."""
    method: str | None = None
    """The name of the method of variables that stands for it."""
    domain: tuple[tuple[Interval, ...], ...] = ()
    """For each operand, intervals inside which it is differentiable (but for `kink`)."""
    kink: Rule | None = None
    """The distance of the operands from the nearest point without a derivative."""
    cases: Callable[[tuple[int, ...]], Iterator[Case]] | None = None
    """Structural: for a shape, the calls to test: (operands' shapes, arguments, keywords)."""
    back: tuple[str, ...] = ()
    """Structural: for each operand, what becomes of the gradient g on the way back to it."""
    function: Rule
    """The public function."""

    @functools.cached_property
    def on_floats(self) -> Rule:
        """The value on Python floats as a function; raises what Python's arithmetic raises."""
        if self.floats is None:
            raise TypeError(f"{self.name} has no value on floats: it is no elementwise operation")
        rule = float_functions.compiled(self.name, self.operands, self.floats)
        return rule if self.gives_float else lambda *operands: float(rule(*operands))

    @functools.cached_property
    def gives_float(self) -> bool:
        """Whether its expression on floats gives a float as it stands, not a truth value."""
        assert self.floats is not None
        rules = self.partials or ()
        variables = [x for x, rule in zip(self.operands, rules, strict=True) if rule is not None]
        return float_functions.is_float(self.floats, frozenset(variables))

    def evaluate_floats(self, *operands: float) -> float:
        """The value on Python floats with NumPy's rules: inf and nan, never an exception.

        Python raises where NumPy gives inf or nan with a warning (1/0, log(0), exp(1000),
        (-8)**(1/3)); there, NumPy decides.
        """
        try:
            return self.on_floats(*operands)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            return float(self.arrays(*(np.float64(x) for x in operands)))

    def partial(self, index: int, operands: Sequence[Any], z: Any) -> Any:
        """∂z/∂operand[index], computed from the operands and z, whatever they are."""
        assert self.partials is not None
        rule = self.partials[index]
        return rule(*operands, z) if callable(rule) else rule

    def back_text(self, index: int) -> str:
        """What becomes of the gradient g on the way back to an operand, in words."""
        if not self.back:
            return f"g through {self.name}, backwards"
        return self.back[min(index, len(self.back) - 1)]

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


PRIMITIVES: dict[str, Primitive] = {}
"""The table: every primitive by its name."""

CONSTANTS: dict[Rule, str] = {}
"""NumPy functions that may be given variables and return plain values: piecewise constant ones
(comparisons, argmax) and questions about shape. Nothing is recorded for them."""

_watchers: list[Callable[[Primitive], None]] = []


def watch(watcher: Callable[[Primitive], None]) -> None:
    """Call `watcher` with every primitive, those declared so far and those to come."""
    for primitive in PRIMITIVES.values():
        watcher(primitive)
    _watchers.append(watcher)


def _declare(primitive: Primitive) -> None:
    if primitive.name in PRIMITIVES:
        raise ValueError(f"primitive {primitive.name!r} is declared twice")
    PRIMITIVES[primitive.name] = primitive
    try:
        for watcher in _watchers:
            watcher(primitive)
    except BaseException:
        retract(primitive.name)
        raise


def retract(name: str) -> None:
    """Take a primitive out of the table; for tests that declare one."""
    del PRIMITIVES[name]


# ---------------------------------------------------------------- the two kinds of declaration


def elementwise(
    *,
    floats: str,
    arrays: Rule,
    partials: tuple[Rule | float | None, ...],
    text: str | None = None,
    latex: str | None = None,
    precedence: int = ATOM,
    on_paper: tuple[Rule | float | None, ...] | None = None,
    numpy: tuple[Rule, ...] = (),
    operator: str | None = None,
    method: bool = True,
    domain: tuple[tuple[Interval, ...], ...] | None = None,
    kink: Rule | None = None,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Declare an elementwise primitive; the function decorated gives names and documentation."""

    def declare(stub: Callable[P, Any]) -> Callable[P, Any]:
        name = stub.__name__.rstrip("_")
        operands = tuple(inspect.signature(stub).parameters)
        float_functions.check_names(name, operands, floats)
        call = functools.wraps(stub)(_CALLS.get(len(operands), _of_many)())
        primitive = Primitive(
            name=name,
            operands=operands,
            text=text or f"{name}({_braced(operands)})",
            latex=latex or rf"\operatorname{{{{{name}}}}}({_braced(operands)})",
            precedence=precedence,
            floats=floats,
            arrays=arrays,
            partials=partials,
            on_paper=on_paper,
            pullbacks=tuple(_pullback(len(operands), rule) for rule in partials),
            numpy=numpy,
            operator=operator,
            method=name if method else None,
            domain=domain or (REAL,) * len(operands),
            kink=kink,
            function=call,
        )
        call.primitive = primitive  # type: ignore[attr-defined]
        _declare(primitive)
        return call

    return declare


def structural(
    *,
    arrays: Rule,
    pullbacks: Sequence[Rule | None],
    cases: Callable[[tuple[int, ...]], Iterator[Case]],
    text: str | None = None,
    latex: str | None = None,
    precedence: int = ATOM,
    back: tuple[str, ...] = (),
    numpy: tuple[Rule, ...] = (),
    operator: str | None = None,
    method: bool = True,
    domain: tuple[tuple[Interval, ...], ...] = (),
    kink: Rule | None = None,
) -> Callable[[Callable[P, tuple[tuple[Any, ...], dict[str, Any]]]], Callable[P, Any]]:
    """Declare a structural primitive.

    The function decorated takes what a user calls it with and returns the operands, a tuple,
    and the parameters, a dict, with which `arrays` and the pullbacks are called.
    """

    def declare(
        split: Callable[P, tuple[tuple[Any, ...], dict[str, Any]]],
    ) -> Callable[P, Any]:
        name = split.__name__.rstrip("_")
        names = tuple(inspect.signature(split).parameters)[: len(pullbacks)]
        if isinstance(pullbacks, EachOperand):
            names = ()
        shown = _braced(names or ("operands",))

        @functools.wraps(split)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            operands, params = split(*args, **kwargs)
            return apply(primitive, operands, params)

        primitive = Primitive(
            name=name,
            operands=names,
            text=text or f"{name}({shown})",
            latex=latex or rf"\operatorname{{{{{name}}}}}({shown})",
            precedence=precedence,
            floats=None,
            arrays=arrays,
            partials=None,
            pullbacks=pullbacks,
            back=back,
            numpy=numpy,
            operator=operator,
            method=name if method else None,
            domain=domain or (REAL,) * max(1, len(names)),
            kink=kink,
            cases=cases,
            function=call,
        )
        call.primitive = primitive  # type: ignore[attr-defined]
        _declare(primitive)
        return call

    return declare


def times(g: Any, partial: Any) -> Any:
    """The product g·partial of the chain rule, in which 0·inf and 0·nan are 0.

    Where nothing flows back (g is 0, as behind the branch of a `where` that is not taken) or the
    local derivative is 0, nothing arrives, even if the other factor is inf or nan: the derivative
    of `where(x > 0, sqrt(x), 0)` at 0 is 0.
    """
    product = g * partial
    plain = detached(product)
    if plain.__class__ is not np.ndarray:
        if _kinds.get(plain.__class__) == TRACED:
            return product.guarded(g, partial)
        if plain == plain:
            return product
    else:
        # a sum of squares is nan only if one of them is: a pass as fast as BLAS
        total = np.vdot(plain, plain)
        if total == total:
            return product
    nothing = (detached(g) == 0) | (detached(partial) == 0)
    return PRIMITIVES["where"].function(nothing, 0.0, product)


def detached(x: Any) -> Any:
    """The plain data of a variable; what is no variable as it is."""
    return getattr(x, "_data", x)


def _braced(names: Sequence[str]) -> str:
    """The names as a format: `{x}, {y}`."""
    return ", ".join("{" + name + "}" for name in names)


class EachOperand(Sequence[Rule]):
    """The pullbacks of a primitive of any number of operands, from one rule (i, g, z, …)."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def __getitem__(self, index: Any) -> Any:
        return functools.partial(self._rule, index)

    def __len__(self) -> int:
        return 0


def _pullback(count: int, rule: Rule | float | None) -> Rule | None:
    """The chain rule for one of `count` operands of an elementwise primitive: g·∂z/∂operand."""
    if rule is None:
        return None
    if callable(rule):
        if count == 1:  # apart, for calls with a fixed number of arguments are faster
            return lambda g, z, x: times(g, rule(x, z))
        if count == 2:
            return lambda g, z, x, y: times(g, rule(x, y, z))
        return lambda g, z, *operands: times(g, rule(*operands, z))
    if rule == 1.0:
        return lambda g, z, *operands: g
    if rule == -1.0:
        return lambda g, z, *operands: -g
    return lambda g, z, *operands: times(g, rule)


def _unary() -> Rule:
    def call(x: Any) -> Any:
        return apply(call.primitive, (x,), {})  # type: ignore[attr-defined]

    return call


def _binary() -> Rule:
    def call(x: Any, y: Any) -> Any:
        return apply(call.primitive, (x, y), {})  # type: ignore[attr-defined]

    return call


def _ternary() -> Rule:
    def call(condition: Any, x: Any, y: Any) -> Any:
        if _kinds.get(condition.__class__) == TENSOR:
            condition = detached(condition)  # a constant; a Value keeps its formula
        return apply(call.primitive, (condition, x, y), {})  # type: ignore[attr-defined]

    return call


def _of_many() -> Rule:
    def call(*operands: Any) -> Any:
        return apply(call.primitive, operands, {})  # type: ignore[attr-defined]

    return call


_CALLS = {1: _unary, 2: _binary, 3: _ternary}


def constant(*functions: Rule) -> None:
    """Let these NumPy functions take variables; they see the plain data and record nothing."""
    for function in functions:
        CONSTANTS[function] = function.__name__


# ---------------------------------------------------------------- applying a primitive

NUMBER, SCALAR, ARRAY, VALUE, TENSOR, OBJECTS, UNKNOWN, TRACED = range(8)
"""What an operand is: a Python number, a NumPy scalar, an array … The greatest of the operands'
kinds decides how they are evaluated; `OBJECTS` is a NumPy array of Values, `TRACED` what stands for
a number while straight-line code is made of a rule."""

_kinds: dict[type, int] = {float: NUMBER, int: NUMBER, bool: NUMBER, np.ndarray: ARRAY}
_kinds |= {np.dtype(code).type: SCALAR for code in "?bhilqBHILQefdg"}
_record: dict[int, Rule] = {}


def register(kind: int, cls: type | None, record: Rule) -> None:
    """Say how operands of this kind, of class `cls`, are recorded (from the floor above)."""
    if cls is not None:
        _kinds[cls] = kind
    _record[kind] = record


def apply(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Evaluate a primitive on anything: numbers, arrays, Values, Tensors, arrays of Values."""
    kind, arrays = NUMBER, False
    for x in operands:
        k = _kinds.get(x.__class__, UNKNOWN)
        if k == ARRAY:
            arrays = True
            if x.dtype.kind not in "fiub":
                k = UNKNOWN
        if k > kind:
            kind = k
    if kind == UNKNOWN or (arrays and kind == VALUE):
        operands, kind = _sort_out(primitive, operands)
    if kind == NUMBER and primitive.floats is not None:
        return primitive.evaluate_floats(*operands)
    if kind <= ARRAY or (kind == OBJECTS and primitive.floats is None):
        try:
            return primitive.arrays(*operands, **params)
        except (ValueError, TypeError, IndexError) as error:
            raise explained(primitive, error, operands) from None
    return _record[kind](primitive, operands, params)


def _sort_out(primitive: Primitive, operands: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """Convert what is not yet number, array or variable, and find the kind of the whole."""
    operands = list(operands)
    kinds = []
    for i, x in enumerate(operands):
        kind = _kinds.get(x.__class__, UNKNOWN)
        if kind in (ARRAY, UNKNOWN):
            x = operands[i] = as_operand(primitive.name, x)
            dtype = getattr(x, "dtype", None)
            kind = NUMBER if dtype is None else OBJECTS if dtype.kind == "O" else ARRAY
        kinds.append(kind)
    kind = max(kinds)
    if kind == OBJECTS and TENSOR in kinds:
        raise TypeError(
            f"{primitive.name}: a Tensor and an array of Values do not mix; "
            "make the Values one Tensor first with stack(...)"
        )
    if kind == VALUE and any(k == ARRAY and x.ndim for k, x in zip(kinds, operands, strict=True)):
        kind = TENSOR  # a Value beside an array stands for a number beside it
    return operands, kind


def as_operand(name: str, x: Any) -> Any:
    """A number or array that may stand beside variables, or a TypeError that names `name`."""
    if isinstance(x, float | np.floating | np.integer | np.bool_):
        return x
    if isinstance(x, (str, bytes, complex, np.complexfloating)) or x is None:
        what = "complex numbers" if isinstance(x, complex | np.complexfloating) else repr(x)
        raise TypeError(f"{name}: {what[:60]} cannot be used; give real numbers or arrays of them")
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if array.dtype.kind not in "biuf" and not _holds_values(array):
        raise TypeError(
            f"{name}: cannot use {type(x).__name__} (dtype {array.dtype}); "
            "give real numbers or arrays of them"
        )
    return array


def _holds_values(array: Array) -> bool:
    return array.dtype == object and all(
        _kinds.get(x.__class__) in (NUMBER, VALUE) or isinstance(x, np.floating | np.integer)
        for x in array.flat
    )


def explained(primitive: Primitive, error: Exception, operands: Sequence[Any]) -> Exception:
    """NumPy's error as an error of the same kind that names the operation and the shapes."""
    shapes = " and ".join(str(np.shape(x)) for x in operands[:4])
    said = re.sub(r"\s+", " ", str(error)).strip()
    if "broadcast" in said:
        said = f"shapes {shapes} do not broadcast: make each pair of axes equal, or one of them 1"
    elif primitive.operator == "matmul" or primitive.name == "dot":
        said = (
            f"shapes {shapes} do not fit: the last axis of the first must be as long as "
            "the first axis (the last but one, if it has more) of the second"
        )
    else:
        said = f"{said} (shapes {shapes})"
    kind = next(k for k in (IndexError, ValueError, TypeError) if isinstance(error, k))
    return kind(f"{primitive.name}: {said}")
