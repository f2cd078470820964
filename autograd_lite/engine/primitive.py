"""What a primitive operation is, and the one table of them.

A primitive is declared by one of the decorators of `engine.declare`: `@elementwise` where the
result has the (broadcast) shape of the operands, `@structural` otherwise. The declaration says
how the operation is written, how it is evaluated, and its derivative *in terms of other
primitives*. Such a rule runs on anything: on floats and arrays it gives the gradient, on
variables it records the gradient as a graph.

`PRIMITIVES` is the one table. The operators and methods of `Value` and `Tensor`, the NumPy
functions that accept them, the algebra on pictures, the property tests and the documentation
walk it; nothing else lists operations.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite.engine import floats as float_functions

Array = npt.NDArray[Any]
Number = float | np.floating[Any] | np.integer[Any] | np.bool_
Rule = Callable[..., Any]
Interval = tuple[float, float]
Case = tuple[tuple[Any, ...], tuple[Any, ...], dict[str, Any]]

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)
"""How tightly a notation binds; an operand that binds less is put in parentheses."""

REAL: tuple[Interval, ...] = ((-3.0, 3.0),)
POSITIVE: tuple[Interval, ...] = ((0.2, 3.0),)
NONZERO: tuple[Interval, ...] = ((-3.0, -0.2), (0.2, 3.0))


@dataclass(frozen=True)
class Laws:
    """What the algebra on pictures may do with an operation: which formulas are the same."""

    chains: bool = False
    """a + b + c is one sum: what is nested in the first operand joins its own operands."""
    units: tuple[float | None, ...] = ()
    """For each operand the number at which the result is the first other one: x + 0, x^1."""
    fixed: tuple[tuple[int, float, float], ...] = ()
    """(operand, number, result): where the operand is this number, so is the result: x^0 = 1."""
    exponents: tuple[int, ...] = ()
    """The result is coefficient·Π operand^exponent, with exponents of 1 and −1: x/y, −x."""
    coefficient: float = 1.0
    superscript: bool = False
    """A whole number as last operand is written raised: x³."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Declared:
    """What every declaration says: under which names a function of variables is reached."""

    name: str
    """NumPy's name for it, which is also the public function's."""
    numpy: tuple[Rule, ...] = ()
    """The NumPy functions that stand for it."""
    operator: str | None = None
    """The Python operator that stands for it: `"mul"` for `__mul__` and `__rmul__`."""
    method: str | None = None
    """The name of the method of variables that stands for it."""
    function: Rule
    """The public function."""
    domain: tuple[tuple[Interval, ...], ...] = ()
    """For each operand, intervals inside which it is differentiable (but for `kink`)."""
    kink: Rule | None = None
    """The distance of the operands from the nearest point without a derivative."""
    reduces: Rule | None = None
    """The ufunc of NumPy's whose `reduce` along axes it is: `np.add` of sum."""
    accumulates: Rule | None = None
    """The ufunc whose `accumulate` along an axis it is: `np.add` of cumsum."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Composed(Declared):
    """A function written in other functions: it needs no derivative of its own."""

    cases: Callable[[tuple[int, ...]], Iterator[Case]] | None = None
    """For a shape, the calls to test: (operands' shapes, arguments, keywords). In the place of a
    shape there may be a tuple of shapes, for a sequence of arrays, and a constant that stands among
    the operands."""

    def __repr__(self) -> str:
        return f"<composed {self.name}>"


@dataclass(frozen=True, eq=False, kw_only=True)
class Primitive(Declared):
    """One operation: its names, its evaluation and its derivative. Built by the decorators."""

    operands: tuple[str, ...]
    """The names of its operands, as its text uses them; empty if it takes any number."""
    text: str
    """How it is written, as a format of its operands: `"{x} + {y}"`."""
    latex_as_given: str | None = None
    """The same in LaTeX, where that does not follow from the text; see `latex`."""
    precedence: int = ATOM
    """How tightly the notation binds: SUM, PRODUCT, SIGN, POWER or ATOM."""
    binds: tuple[int, ...] = ()
    """How tightly each operand must bind to stand without parentheses; by default, what follows
    from the precedence."""
    binds_latex: tuple[int, ...] = ()
    """The same in LaTeX, where that differs: inside a fraction nothing needs parentheses."""
    laws: Laws = Laws()
    arrays: Rule
    """Its value on NumPy arrays."""
    into: Rule | None = None
    """(*operands, out, **params): the same value, to the last bit, written into the array `out` of
    its shape and dtype, and returned; of an elementwise primitive `out` may be an operand."""
    in_numpy: Rule | None = None
    """(*operands, **params), all of them texts: the value as NumPy's users write it, or None."""
    pullbacks: Sequence[Rule | None]
    """For each operand the function (g, z, *operands, **params) -> gradient of that operand: g
    itself, a view of it, or an array of its own, never one that is kept elsewhere. None where
    the operand is a constant."""
    fits: str = ""
    """How the operands' shapes must fit together, said where they do not."""
    constants: tuple[int, ...] = field(init=False)
    """The operands that are constants: conditions, bounds."""
    works_in_place: bool = field(init=False, default=False)
    """Whether its gradients can be added up, or passed on, in place."""

    def __post_init__(self) -> None:
        constants = tuple(i for i in range(len(self.pullbacks)) if self.pullbacks[i] is None)
        object.__setattr__(self, "constants", constants)

    @functools.cached_property
    def latex(self) -> str:
        """How it is written in LaTeX, as a format of its operands."""
        from autograd_lite.engine.notation import latex_of  # when the first is written

        return self.latex_as_given or latex_of(self.text)

    @property
    def is_variadic(self) -> bool:
        """Whether it takes any number of operands."""
        return not self.operands

    def is_differentiable(self, index: int) -> bool:
        """Whether it can be differentiated by that operand, which else is a constant."""
        return self.pullbacks[index] is not None

    def back_text(self, index: int) -> str:
        """What becomes of the gradient g on the way back to an operand, in words."""
        return f"g through {self.name}, backwards"

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Elementwise(Primitive):
    """A primitive whose result has the (broadcast) shape of its operands."""

    floats: str
    """Its value on Python floats, as a Python expression of its operands."""
    partials: tuple[Rule | float | None, ...]
    """∂z/∂operand as a function of the operands and z, or a constant; None where the operand is
    no variable (the condition of `where`)."""
    is_holomorphic: bool = True
    """Whether its pullbacks are g·∂z/∂operand for complex operands too."""
    on_paper: tuple[Rule | float | None, ...]
    """The derivative as a book writes it, where `partials` are written for accuracy instead."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names by which a call may give its operands: `min` for the `a_min` of clip."""

    @functools.cached_property
    def on_floats(self) -> Rule:
        """The value on Python floats as a function; raises what Python's arithmetic raises."""
        rule = float_functions.compiled(self.name, self.operands, self.floats)
        return rule if self.gives_float else lambda *operands: float(rule(*operands))

    @functools.cached_property
    def gives_float(self) -> bool:
        """Whether its expression on floats gives a float as it stands, not a truth value."""
        variables = [x for i, x in enumerate(self.operands) if i not in self.constants]
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
        rule = self.partials[index]
        return rule(*operands, z) if callable(rule) else rule

    def partial_on_floats(self, index: int, numbers: Sequence[float], z: float) -> float:
        """A local derivative on floats, with NumPy's rules for inf and nan but without warnings:
        whether it is needed, only the reverse pass will tell."""
        with np.errstate(all="ignore"):
            try:
                return float(self.partial(index, numbers, z))
            except (ArithmeticError, ValueError):
                exact = [np.float64(x) for x in numbers]
                return float(self.partial(index, exact, np.float64(z)))


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Structural(Primitive):
    """A primitive that rearranges, joins, reduces or multiplies arrays."""

    results: tuple[str, ...] | None = None
    """The names of its results, where it has several; () if their number depends on the call."""
    cases: Callable[[tuple[int, ...]], Iterator[Case]] | None = None
    """For a shape, the calls to test: (operands' shapes, arguments, keywords)."""
    back: tuple[str, ...] = ()
    """For each operand, what becomes of the gradient g on the way back to it."""
    adds: Rule | None = None
    """(total, g, **params): adds the gradient of its one operand to what it is given, in place: an
    array, one for each example of a batch, or, to record, a Tensor. For what reads little of a
    large array."""
    clears: Rule | None = None
    """(g, **params): turns g, in place, into the gradient of the first of its two operands. For
    what writes little into a large array."""
    writes: Rule | None = None
    """(x, value, **params): turns its first operand, an array or one for each example of a batch,
    in place into the result. For the same."""
    linear: str = ""
    """"jointly" if the result is linear in all variable operands together, "each" if it is in each
    of them while the others stay; "" where it is neither, or where that is not said."""
    batched: Rule | str | None = None
    """Its value where operands have a batch axis in front: see `structural`."""
    pushforward: Rule | None = None
    """(tangents, z, *operands, **params): the tangents of the results, of those of the operands,
    None for 0; where that costs less than what follows from the pullbacks."""
    contracts: Rule | None = None
    """(shapes, **params): of a sum of products, the labels of the axes of each operand, and those
    of the result; an axis of length 1 broadcasts."""
    steps: Rule | None = None
    """(*operands, **params): the same in elementwise functions and reductions of the table, for
    machine code that has nothing else."""
    example: Rule | None = None
    """(*operands, **params): some numbers of the shapes and dtypes of its value, where that costs
    less than the value: all that is needed to trace a program. The value then lies in memory of
    its own."""

    def __post_init__(self) -> None:
        super().__post_init__()
        in_place = self.adds is not None or self.clears is not None
        object.__setattr__(self, "works_in_place", in_place)

    def back_text(self, index: int) -> str:
        """What becomes of the gradient g on the way back to an operand, in words."""
        if not self.back:
            return super().back_text(index)
        return self.back[min(index, len(self.back) - 1)]


class EachOperand(Sequence[Rule]):
    """The pullbacks of a primitive of any number of operands: from one rule (i, g, z, *operands,
    **params), or from one that gives the gradients of all operands `together`, from (g, z,
    operands, **params), which of thousands of operands is quicker; if it `is_told`, it is also
    given `wanted`, for each operand whether its gradient is asked for, and None in g for 0."""

    def __init__(
        self, rule: Rule | None = None, *, together: Rule | None = None, is_told: bool = False
    ) -> None:
        if (rule is None) == (together is None):
            raise TypeError("EachOperand: give a rule for one operand, or one for all together")
        self._rule = rule
        self._together = together
        self.is_told = is_told

    def __getitem__(self, index: Any) -> Any:
        return functools.partial(self._rule or self._one_of_all, index)

    def __len__(self) -> int:
        return 0

    def _one_of_all(self, index: int, g: Any, z: Any, *operands: Any, **params: Any) -> Any:
        assert self._together is not None
        if self.is_told:
            params = {**params, "wanted": [i == index for i in range(len(operands))]}
        return self._together(g, z, operands, **params)[index]

    def at(
        self,
        g: Any,
        z: Any,
        operands: Sequence[Any],
        params: Mapping[str, Any],
        wanted: Callable[[], Sequence[bool]],
    ) -> tuple[Sequence[Rule], Sequence[Any], Mapping[str, Any]]:
        """The pullbacks at one node, and what to call them with beside g and z."""
        if self._together is None:
            return self, operands, params
        if self.is_told:
            params = {**params, "wanted": wanted()}
        parts = self._together(g, z, operands, **params)
        return [functools.partial(_given, part) for part in parts], (), {}


def _given(part: Any, g: Any, z: Any) -> Any:
    return part


class Shared(Sequence[Rule]):
    """The pullbacks of a primitive that have work in common, such as the solution of a system of
    equations: what `common(g, z, *operands, **params)` gives is computed once at each node, and
    each of the rules is called with it in front: (common, g, z, *operands, **params)."""

    def __init__(self, common: Rule, *rules: Rule) -> None:
        self._common = common
        self._rules = rules

    def __getitem__(self, index: Any) -> Any:
        return functools.partial(_Once(self._common), self._rules[index])

    def __len__(self) -> int:
        return len(self._rules)

    def at(
        self,
        g: Any,
        z: Any,
        operands: Sequence[Any],
        params: Mapping[str, Any],
        wanted: Callable[[], Sequence[bool]] = tuple,
    ) -> tuple[Sequence[Rule], Sequence[Any], Mapping[str, Any]]:
        """The pullbacks at one node, and what to call them with beside g and z."""
        once = _Once(self._common)
        return [functools.partial(once, rule) for rule in self._rules], operands, params


class _Once:
    """What rules have in common, computed for the first of them; anew for another gradient, such as
    that of one example of a batch."""

    def __init__(self, common: Rule) -> None:
        self._common = common
        self._of: Any = self
        self._found: Any = None

    def __call__(self, rule: Rule, g: Any, z: Any, *operands: Any, **params: Any) -> Any:
        if self._of is not g:
            self._found = self._common(g, z, *operands, **params)
            self._of = g
        return rule(self._found, g, z, *operands, **params)


# ---------------------------------------------------------------- the table

PRIMITIVES: dict[str, Primitive] = {}
"""The table: every primitive by its name."""

CONSTANTS: dict[Rule, str] = {}
"""NumPy functions that may be given variables and return plain values: piecewise constant ones
(comparisons, argmax) and questions about shape. Nothing is recorded for them."""

COMPOSED: dict[str, Composed] = {}
"""The functions that are written in others, by name."""

LATER: dict[str, str] = {}
"""Modules of other people's functions, and where the rules for these are declared: imported when
one of the functions is first called with a variable, for neither may be needed. See `later`."""

NODES: list[type] = []
"""The classes of variables, whose attributes no declaration may take."""

_owners: dict[Any, Declared] = {}
"""Who has a name, a NumPy function or an operator."""
_constant_watchers: list[Callable[[Rule], None]] = []
_watchers: list[tuple[Callable[[Declared], None], Callable[[Declared], None]]] = []


def watch(declared: Callable[[Declared], None], retracted: Callable[[Declared], None]) -> None:
    """Call `declared` with everything that is declared, so far and to come, and `retracted` with
    what is taken back."""
    for one in [*PRIMITIVES.values(), *COMPOSED.values()]:
        declared(one)
    _watchers.append((declared, retracted))


def enter(new: Declared) -> None:
    """Put a declaration into the table, in the place of what the same one put there before.

    Raises:
        ValueError: if its name, method, operator or NumPy function belongs to another one.
    """
    before = _owners.get(new.name)
    _check_names(new, before)
    if before is not None:
        _remove(before)
    _table_of(new)[new.name] = new
    _owners.update((key, new) for key in _keys(new))
    try:
        for declared, _ in _watchers:
            declared(new)
    except BaseException:
        _remove(new)
        if before is not None:
            enter(before)
        raise


def retract(name: str) -> None:
    """Take a declaration out of the table, with the methods and the names that it brought.

    Raises:
        ValueError: if there is none of that name, or it is the library's own.
    """
    old = _owners.get(name)
    if old is None:
        raise ValueError(f"retract: nothing of the name {name!r} is declared")
    if _is_own(old):
        raise ValueError(f"retract: {name} is the library's own")
    _remove(old)


def _is_own(one: Declared) -> bool:
    """Whether it is a declaration of the library, which others rely on."""
    module = one.function.__module__ or ""
    return module.startswith(("autograd_lite.primitives.", "autograd_lite.scipy."))


def _remove(old: Declared) -> None:
    for key in _keys(old):
        del _owners[key]
    del _table_of(old)[old.name]
    for _, retracted in _watchers:
        retracted(old)


def _table_of(one: Declared) -> dict[str, Any]:
    return PRIMITIVES if isinstance(one, Primitive) else COMPOSED


def _keys(one: Declared) -> list[Any]:
    """The names that a declaration takes."""
    operator = [("operator", one.operator)] if one.operator else []
    return [one.name, *one.numpy, *operator]


def _check_names(new: Declared, before: Declared | None) -> None:
    """Whether the names that a declaration takes are free, or its own."""
    if before is not None and not _same_declaration(new, before):
        raise ValueError(
            f"{new.name}: declared already, in {before.function.__module__}; choose another name"
        )
    for key in _keys(new)[1:]:
        owner = _owners.get(key)
        if owner is not None and owner is not before:
            what = f"__{key[1]}__" if isinstance(key, tuple) else f"np.{key.__name__}"
            raise ValueError(f"{new.name}: {what} stands for {owner.name} already")
    taken = [] if before is None else [before.method, f"__{before.operator}__"]
    for name in (new.method, f"__{new.operator}__"):
        for kind in NODES:
            if name and name not in taken and hasattr(kind, name):
                raise ValueError(
                    f"{new.name}: {kind.__name__} has an attribute {name!r} of its own; "
                    "choose another name, or method=False"
                )


def _same_declaration(one: Declared, other: Declared) -> bool:
    """Whether both come from one place: the cell of a notebook, run again."""
    f, g = one.function, other.function
    return (f.__module__, f.__qualname__) == (g.__module__, g.__qualname__) and not _is_own(other)


def constant(*functions: Rule) -> None:
    """Let these NumPy functions take variables; they see the plain data and record nothing."""
    for function in functions:
        CONSTANTS[function] = function.__name__
        for declared in _constant_watchers:
            declared(function)


def watch_constants(declared: Callable[[Rule], None]) -> None:
    """Call `declared` with every function that is declared a constant, so far and to come."""
    for function in CONSTANTS:
        declared(function)
    _constant_watchers.append(declared)


def later(module: str, declarations: str) -> None:
    """Import `declarations` only when a function of `module` is first called with a variable:
    `import numpy` does not load numpy.fft, nor does anyone need its rules before."""
    LATER[module] = declarations


def load_rules_for(function: Rule) -> bool:
    """Import the declarations that are put off until a function of this one's module is called.
    Whether there are any: it may have a rule now."""
    name = getattr(function, "__name__", "")
    for module, declarations in LATER.items():
        # a ufunc of SciPy's does not say where it comes from
        if getattr(sys.modules.get(module), name, None) is function:
            importlib.import_module(declarations)
            return True
    return False
