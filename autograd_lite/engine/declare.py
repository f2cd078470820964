"""The decorators by which an operation is declared: `elementwise`, `structural`, `composed`.

What a declaration leaves out follows from what it says: from NumPy's ufunc its value on arrays,
from a Python operator its value on floats and arrays, from the names of the function and of its
parameters how it is written. See `Primitive` for what the fields mean.
"""

from __future__ import annotations

import functools
import operator as operators
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec

from numpy import ndarray

from autograd_lite.engine.apply import apply
from autograd_lite.engine.batching import one_by_one
from autograd_lite.engine.chain import pullback
from autograd_lite.engine.floats import FLOAT_FUNCTIONS, check_names
from autograd_lite.engine.primitive import (
    ATOM,
    POWER,
    PRODUCT,
    REAL,
    SIGN,
    SUM,
    Case,
    Composed,
    EachOperand,
    Elementwise,
    Interval,
    Laws,
    Rule,
    Structural,
    enter,
)
from autograd_lite.engine.scopes import mark_function

if TYPE_CHECKING:
    from autograd_lite.engine.functions import DeclareElementwise

P = ParamSpec("P")
Split = tuple[tuple[Any, ...], dict[str, Any]]

_OPERATORS = {
    "add": ("{x} + {y}", SUM, "{x} + {y}"),
    "sub": ("{x} − {y}", SUM, "{x} - {y}"),
    "mul": ("{x}·{y}", PRODUCT, "{x} * {y}"),
    "matmul": ("{x} @ {y}", PRODUCT, ""),
    "mod": ("{x} mod {y}", PRODUCT, "mod({x}, {y})"),
    "truediv": ("{x}/{y}", PRODUCT, "{x} / {y}"),
    "neg": ("−{x}", SIGN, "-{x}"),
    "pos": ("+{x}", SIGN, "+{x}"),
    "pow": ("{x}^{y}", POWER, "pow({x}, {y})"),
}
"""How each Python operator is written, how tightly that binds, and its value on floats."""


def elementwise(
    *numpy: Rule,
    partials: tuple[Rule | float | None, ...],
    floats: str | None = None,
    arrays: Rule | None = None,
    into: Rule | None = None,
    text: str | None = None,
    latex: str | None = None,
    precedence: int | None = None,
    binds: tuple[int, ...] = (),
    binds_latex: tuple[int, ...] = (),
    laws: Laws | None = None,
    on_paper: tuple[Rule | float | None, ...] | None = None,
    pullbacks: Sequence[Rule | None] | None = None,
    operator: str | None = None,
    method: bool | None = None,
    domain: tuple[tuple[Interval, ...], ...] | None = None,
    kink: Rule | None = None,
    aliases: Mapping[str, str] | None = None,
) -> DeclareElementwise:
    """Declare an elementwise primitive; the function decorated gives names and documentation.

    Args:
        numpy: the NumPy functions that stand for it; the first is its value on arrays, unless
            an operator or `arrays` is.
        partials: for each operand ∂z/∂operand, as a function of the operands and the result z,
            written in other primitives; or a number; or None where the operand is a constant,
            such as a condition or a bound.
        floats: its value on Python floats, as an expression of its operands and the functions of
            `math` that are known; follows from the operator, or from its name.
        arrays: its value on NumPy arrays.
        into: the same, written into an array, for compiled programs: see `Primitive`.
        pullbacks: for each operand (g, z, *operands) -> its gradient, where on complex operands
            that is not g·∂z/∂operand (the conjugate, the absolute value); on real ones it is.
        text, latex, precedence: how it is written and how tightly that binds; follow from the
            operator, or from the names of the function and its parameters.

        aliases: other names by which a call may give operands, and theirs.

    A parameter of the function decorated that has a default need not be given; None means it too.

    Raises:
        TypeError: if the declaration does not say what its values are, or says it of another
            number of operands than the function has.
        ValueError: if a name that it takes is not free.

    >>> from autograd_lite import grad
    >>> @elementwise(floats="p * q / (p + q)", arrays=lambda p, q: p * q / (p + q),
    ...              partials=(lambda p, q, z: (z / p)**2, lambda p, q, z: (z / q)**2))
    ... def parallel(p, q):
    ...     \"\"\"The resistance z of p and q in parallel; ∂z/∂p = z²/p², ∂z/∂q = z²/q².\"\"\"
    >>> parallel(2.0, 2.0), grad(parallel)(2.0, 2.0)
    (1.0, 0.25)
    """

    def declare(stub: Callable[P, Any]) -> Callable[P, Any]:
        name = stub.__name__.rstrip("_")
        operands = _parameters(stub)
        if len(partials) != len(operands) or not operands:
            raise TypeError(
                f"{name}: {len(partials)} partials for the operands ({', '.join(operands)}); "
                "give one for each"
            )
        taken = _operands_of(operator) or len(operands)
        if len(operands) != taken:
            raise TypeError(f"{name}: the operator {operator!r} takes {taken} operand(s)")
        call = _renamed(_call_of(len(operands), _defaults(stub)), stub)
        written = text or _text_of(name, operands, operator)
        expression = floats or _floats_of(name, operands, operator)
        check_names(name, operands, expression)
        primitive = Elementwise(
            name=name,
            operands=operands,
            text=written,
            latex_as_given=latex,
            precedence=_precedence_of(precedence, operator),
            binds=binds,
            binds_latex=binds_latex,
            laws=laws or Laws(),
            floats=expression,
            arrays=arrays or _arrays_of(name, numpy, operator),
            into=into,
            partials=partials,
            on_paper=on_paper or partials,
            aliases=aliases or {},
            pullbacks=pullbacks
            or tuple(pullback(len(operands), rule, i) for i, rule in enumerate(partials)),
            is_holomorphic=pullbacks is None,
            numpy=numpy,
            operator=operator,
            method=name if (operator is None if method is None else method) else None,
            domain=domain or (REAL,) * len(operands),
            kink=kink,
            function=call,
        )
        call.primitive = primitive  # type: ignore[attr-defined]
        enter(primitive)
        return call

    return declare


def structural(
    *numpy: Rule,
    arrays: Rule | None = None,
    pullbacks: Sequence[Rule | None],
    results: tuple[str, ...] | None = None,
    cases: Callable[[tuple[int, ...]], Iterator[Case]] | None = None,
    text: str | None = None,
    latex: str | None = None,
    precedence: int | None = None,
    binds: tuple[int, ...] = (),
    fits: str = "",
    back: tuple[str, ...] = (),
    operator: str | None = None,
    method: bool | None = None,
    adds: Rule | None = None,
    clears: Rule | None = None,
    writes: Rule | None = None,
    linear: str = "",
    batched: Rule | str | None = None,
    domain: tuple[tuple[Interval, ...], ...] = (),
    kink: Rule | None = None,
    reduces: Rule | None = None,
    accumulates: Rule | None = None,
    contracts: Rule | None = None,
    steps: Rule | None = None,
    into: Rule | None = None,
    in_numpy: Rule | None = None,
) -> Callable[[Callable[P, Split]], Callable[P, Any]]:
    """Declare a structural primitive.

    The function decorated takes what a user calls it with and returns the operands, a tuple,
    and the parameters, a dict, with which `arrays` and the pullbacks are called.

    Args:
        numpy: the NumPy functions that stand for it; the first is its value on arrays, called
            with the operands and the parameters, unless `arrays` is given.
        pullbacks: for each operand the function (g, z, *operands, **params) that takes the
            gradient g of the result z back to it.
        results: the names of the results, where `arrays` gives a tuple of them; g and z of the
            pullbacks are then tuples. () if their number depends on the call.
        fits: how the operands' shapes must fit together, for the error where they do not.
        cases: for a shape, calls with operands of such shapes, for tests.
        back: what becomes of g on the way back to each operand, in words.
        adds, clears, writes: of what reads, or writes, little of a large array, the gradient and
            the value in place: (total, g, **params), (g, **params) and (x, value, **params); see
            `Structural`.
        linear: "jointly" if the result is linear in all variable operands together (as
            concatenate), "each" if it is in each of them alone (as matmul).
        batched: its value on a whole batch, a function (which, *operands, **params) written in
            functions of the table: `which` says for each operand whether it has a batch axis in
            front; the result must. Or "axis", where the parameter `axis` (None: all of them)
            says along which axes it works; "last", where it works on the last axes of its
            operands, and the others in front of them broadcast. Without, it is evaluated for one
            example after the other.
        method: whether variables have it as a method; by default, NumPy's functions if NumPy's
            arrays have them too, and all others.
        reduces, accumulates: the ufunc of NumPy's whose `reduce` or `accumulate` it is, called with
            an array and `axis`: np.add of sum and cumsum.
        contracts: of a sum of products (shapes, **params): the labels of the axes of each operand,
            and those of the result.
        steps: (*operands, **params), the same in elementwise functions, reductions and products of
            the table, for machine code that has nothing else.
        into, in_numpy: the value written into an array, and its text, for compiled programs: see
            `Primitive`.

    Raises:
        TypeError: if the declaration does not say what its value on arrays is.
        ValueError: if a name that it takes is not free.
    """

    def declare(split: Callable[P, Split]) -> Callable[P, Any]:
        name = split.__name__.rstrip("_")
        names = _parameters(split)[: len(pullbacks)]
        if isinstance(pullbacks, EachOperand):
            names = ()
        written = text or _text_of(name, names or ("operands",), operator)

        @functools.wraps(split)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                operands, params = split(*args, **kwargs)
            except Exception as error:
                return one_by_one(error, call, args, kwargs)
            return apply(primitive, operands, params)

        primitive = Structural(
            name=name,
            operands=names,
            text=written,
            latex_as_given=latex,
            precedence=_precedence_of(precedence, operator),
            binds=binds,
            fits=fits,
            arrays=arrays or _arrays_of(name, numpy, None),
            into=into,
            in_numpy=in_numpy,
            pullbacks=pullbacks,
            results=results,
            back=back,
            numpy=numpy,
            operator=operator,
            method=name if _is_method(name, numpy, method) else None,
            adds=adds,
            clears=clears,
            writes=writes,
            linear=linear,
            batched=batched,
            domain=domain or (REAL,) * max(1, len(names)),
            kink=kink,
            reduces=reduces,
            accumulates=accumulates,
            contracts=contracts,
            steps=steps,
            cases=cases,
            function=call,
        )
        call.primitive = primitive  # type: ignore[attr-defined]
        enter(primitive)
        return call

    return declare


def composed(
    *numpy: Rule,
    method: bool | None = None,
    cases: Callable[[tuple[int, ...]], Iterator[Case]] | None = None,
    domain: tuple[tuple[Interval, ...], ...] = (),
    kink: Rule | None = None,
    reduces: Rule | None = None,
    accumulates: Rule | None = None,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Declare a function that is written in other functions, and so needs no derivative.

    NumPy's functions given stand for it, and variables get it as a method (a function of NumPy's
    if NumPy's arrays have it too). What it returns remembers the name, so that a picture can show
    the whole as one card. For tests there are `cases`, `domain` and `kink`, as of a primitive: the
    operands of a case stand in front of its arguments (in a list, where the function takes one).

    >>> import numpy as np
    >>> from autograd_lite import grad, log
    >>> @composed(np.emath.logn)
    ... def logn(n, x):
    ...     \"\"\"The logarithm of x to base n.\"\"\"
    ...     return log(x) / log(n)
    >>> grad(lambda x: np.emath.logn(np.e, x))(4.0)
    0.25
    """

    def declare(written: Callable[P, Any]) -> Callable[P, Any]:
        name = written.__name__.rstrip("_")

        @functools.wraps(written)
        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                output = written(*args, **kwargs)
            except Exception as error:
                output = one_by_one(error, call, args, kwargs)
            mark_function(output, args, name)
            return output

        taken = name if _is_method(name, numpy, method) else None
        one = Composed(
            name=name,
            numpy=numpy,
            method=taken,
            function=call,
            cases=cases,
            domain=domain,
            kink=kink,
            reduces=reduces,
            accumulates=accumulates,
        )
        call.primitive = one  # type: ignore[attr-defined]
        enter(one)
        return call

    return declare


# ---------------------------------------------------------------- what follows from the rest


def _parameters(function: Any) -> tuple[str, ...]:
    """The names of a function's parameters; `inspect` takes long to import."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = function.__code__
    return tuple(code.co_varnames[: code.co_argcount])


def _is_method(name: str, numpy: Sequence[Rule], method: bool | None) -> bool:
    """Whether variables have it as a method: as said; else a function of NumPy's is one where
    NumPy's arrays have it too, and any other is."""
    return not numpy or hasattr(ndarray, name) if method is None else method


def _braced(names: Sequence[str]) -> str:
    """The names as a format: `{x}, {y}`."""
    return ", ".join(_braced_each(names))


def _defaults(function: Any) -> tuple[Any, ...]:
    """What the last operands are if they are not given, or None is."""
    return tuple(function.__defaults__ or ())


def _text_of(name: str, operands: Sequence[str], operator: str | None) -> str:
    """How it is written: by the operator, or as a function."""
    if operator not in _OPERATORS:
        return f"{name}({_braced(operands)})"
    return _with_names(_OPERATORS[operator][0], _braced_each(operands))


def _operands_of(operator: str | None) -> int | None:
    """How many operands an operator takes; None if that is not known."""
    return 1 + ("{y}" in _OPERATORS[operator][0]) if operator in _OPERATORS else None


def _precedence_of(given: int | None, operator: str | None) -> int:
    """How tightly that binds."""
    if given is not None:
        return given
    return _OPERATORS[operator][1] if operator in _OPERATORS else ATOM


def _floats_of(name: str, operands: tuple[str, ...], operator: str | None) -> str:
    """The expression on floats that follows from the operator, or from the name."""
    if operator in _OPERATORS and _OPERATORS[operator][2]:
        return _with_names(_OPERATORS[operator][2], operands)
    if name in FLOAT_FUNCTIONS:
        return f"{name}({', '.join(operands)})"
    raise TypeError(f"{name}: give its value on floats, floats='…' in {', '.join(operands)}")


def _with_names(pattern: str, names: Sequence[str]) -> str:
    """A pattern of x and y with other names in their place."""
    return pattern.format(**dict(zip("xy", names, strict=False)))


def _braced_each(names: Sequence[str]) -> list[str]:
    return ["{" + name + "}" for name in names]


def _arrays_of(name: str, numpy: Sequence[Rule], operator: str | None) -> Rule:
    """The value on arrays: Python's operator, which is quick on numbers, or NumPy's function."""
    if operator is not None:
        return getattr(operators, operator)  # type: ignore[no-any-return]
    if numpy:
        return numpy[0]
    raise TypeError(f"{name}: give its value on arrays, arrays=…, or the NumPy function for it")


def _renamed(call: Callable[..., Any], stub: Callable[P, Any]) -> Callable[P, Any]:
    return functools.wraps(stub)(call)


def _call_of(count: int, defaults: tuple[Any, ...]) -> Rule:
    """The public function of so many operands; a fixed number of arguments is quicker."""
    if count == 1 and not defaults:

        def unary(x: Any, /) -> Any:
            return apply(unary.primitive, (x,), {})  # type: ignore[attr-defined]

        return unary
    if count == 2 and not defaults:

        def binary(x: Any, y: Any, /) -> Any:
            return apply(binary.primitive, (x, y), {})  # type: ignore[attr-defined]

        return binary

    def several(*operands: Any, **named: Any) -> Any:
        primitive = several.primitive  # type: ignore[attr-defined]
        if defaults or named or len(operands) != count:
            operands = _bound(primitive, operands, named, defaults)
        return apply(primitive, operands, {})

    return several


def _bound(
    primitive: Elementwise, given: tuple[Any, ...], named: dict[str, Any], defaults: Sequence[Any]
) -> tuple[Any, ...]:
    """The operands of a call in their order, with the defaults of what is missing or None."""
    names = primitive.operands
    found = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    usual = dict(found)
    found.update(zip(names, given, strict=False))
    for name, x in named.items():
        name = primitive.aliases.get(name, name)
        if name not in names[len(given) :]:
            raise TypeError(f"{primitive.name}() got an unexpected keyword argument '{name}'")
        found[name] = x
    if len(given) > len(names) or len(found) < len(names):
        raise TypeError(
            f"{primitive.name}({', '.join(names)}) takes {len(names)} operands, not "
            f"{len(given) + len(named)}"
        )
    return tuple(usual[n] if found[n] is None and n in usual else found[n] for n in names)
