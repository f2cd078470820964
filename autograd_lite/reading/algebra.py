"""Formulas: what a recorded graph, and the derivatives of its operations, look like on paper.

A formula is a tree of numbers, names and operations. It is read off a graph, so a primitive's
text and LaTeX come from its declaration, and so do its derivatives: the rule is run on Values that
stand for the operands, and what this records is the derivative's formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.primitive import (
    ATOM,
    POWER,
    PRIMITIVES,
    PRODUCT,
    SIGN,
    SUM,
    Elementwise,
    Primitive,
    Structural,
)
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Name:
    """A variable, or a condition, by its name."""

    text: str


@dataclass(frozen=True)
class Operation:
    """A primitive applied to formulas; sums and products may have more than two operands."""

    primitive: Primitive
    operands: tuple[Formula, ...]
    note: str = ""
    """The parameters of a structural primitive: `axis=0`."""
    part: str = ""
    """Of several results, which one this is: `cosine of sincos(x)`."""


@dataclass(frozen=True)
class Call:
    """A function that is written in others, applied to formulas."""

    name: str
    operands: tuple[Formula, ...]


@dataclass(frozen=True)
class Partial:
    """The derivative of such a function by one of its arguments, which is not written out."""

    name: str
    operand: Formula


Formula = Number | Name | Operation | Call | Partial


def formula(node: Any, names: Mapping[Any, str], depth: int = 0) -> Formula:
    """What a node computes, in terms of the nodes that have a name; itself not by its name.

    Chains of additions, and of multiplications, become one sum or product; what is nested deeper
    than a reader can follow becomes `…`.
    """
    if not is_variable(node):
        return _constant(node, names)
    if node.primitive is None:
        unnamed = Name("x") if node.partials is None else Number(node.item())
        return Name(names[node]) if node in names else unnamed
    if depth > DEEPEST:
        return Name("…")
    part = ""
    several = results_node(node)
    if several is not None:
        node, part = several, part_name(node)
    operands = tuple(operand_formula(x, names, depth + 1) for x in _chain(node, names))
    shown = [f"{key}={value}" for key, value in node.params.items() if _worth(value)]
    return Operation(node.primitive, operands, ", ".join(shown), part)


DEEPEST = 25
"""What is nested deeper than this becomes `…`."""


def _chain(node: Any, names: Mapping[Any, str]) -> list[Any]:
    """The operands of a node; of a chain a + b + c of nodes without a name, all that are added."""
    primitive = node.primitive
    operands = list(node.operands)
    if not primitive.laws.chains:
        return operands
    last = operands[1:]
    first = operands[0]
    while is_variable(first) and first not in names and first.primitive is primitive:
        first, *more = first.operands
        last += reversed(more)
    return [first, *reversed(last)]


def has_results(node: Any) -> bool:
    """Whether a node stands for all results of an operation, of which each has its own."""
    return isinstance(node.primitive, Structural) and node.primitive.results is not None


def results_node(node: Any) -> Any:
    """Of one of several results, the node that computed them all; else None."""
    below = node.operands[0] if len(node.operands) == 1 else None
    return below if is_variable(below) and has_results(below) else None


def part_name(node: Any) -> str:
    """What one of several results is called."""
    index = node.params["index"]
    names = node.operands[0].primitive.results
    return str(names[index]) if index < len(names) else f"result {index + 1}"


def constant_key(array: Any) -> object:
    """By what a plain array has a name among the names of nodes: arrays cannot be keys."""
    return ("constant", id(array))


def _constant(x: Any, names: Mapping[Any, str]) -> Formula:
    """The formula of a constant: a number, an array, or a condition that says how it is written."""
    if constant_key(x) in names:
        return Name(names[constant_key(x)])
    written = getattr(x, "text", None)
    if written is not None:
        return Name(written)
    return Number(float(x)) if np.ndim(x) == 0 else Name(array_text(x))


def _worth(parameter: Any) -> bool:
    """Whether a parameter stands in the algebra: not what is the default, nor long."""
    return parameter not in (None, False) if np.ndim(parameter) == 0 else np.size(parameter) < 5


def array_text(array: Any) -> str:
    """A constant array, short: its elements if they are few, else its shape.

    >>> array_text(np.array([1.0, 2.5])), array_text(np.zeros((20, 3)))
    ('[1 2.5]', '⟨20×3⟩')
    """
    array = np.asarray(array)
    if array.ndim == 1 and array.size <= 4:
        return "[" + " ".join(number_text(x, 4) for x in array.tolist()) + "]"
    return "⟨" + "×".join(map(str, array.shape)) + "⟩"


def operand_formula(x: Any, names: Mapping[Any, str], depth: int = 0) -> Formula:
    """An operand as it stands in a formula: by its name, if it has one."""
    return Name(names[x]) if is_variable(x) and x in names else formula(x, names, depth)


def local_derivative(node: Any, index: int, names: Mapping[Any, str]) -> Formula:
    """∂node/∂operand[index] of an elementwise operation, simplified, as a book writes it where
    the declaration says how.

    The rule is run on Values that stand for the operands and the result, constants among them:
    numbers for numbers, and for arrays some number.
    """
    return simplified(recorded_derivative(node, index, names))


def recorded_derivative(node: Any, index: int, names: Mapping[Any, str]) -> Formula:
    """The same as the rule computes it, not simplified."""
    rule = node.primitive.on_paper[index]
    if not callable(rule):
        return Number(float(rule or 0.0))
    shown: dict[Any, Formula] = {}
    stand_ins: dict[Any, Value] = {}

    def stand_in(x: Any) -> Any:
        if not is_variable(x):
            if np.ndim(x) == 0:
                return x
            array = Value(_SOME)
            shown[array] = _constant(x, names)
            return array
        if x not in stand_ins:
            number = Value(_SOME if x.partials is None else x.item())
            stand_ins[x] = number
            shown[number] = operand_formula(x, names)
        return stand_ins[x]

    with modes.recording(), np.errstate(all="ignore"):
        operands, z = [stand_in(x) for x in node.operands], stand_in(node)
        try:
            recorded = rule(*operands, z)
        except (ArithmeticError, ValueError):  # Python's of a constant, such as 1/0: NumPy's inf
            exact = [np.float64(x) if isinstance(x, float) else x for x in operands]
            recorded = rule(*exact, z)
    return _with(recorded, shown)


_SOME = 0.75
"""What stands for the elements of an array where a formula is read off."""


def _with(x: Any, shown: Mapping[Any, Formula]) -> Formula:
    """The formula of what a rule recorded, with the formulas of its operands put in."""
    if not is_variable(x) or x.primitive is None:
        return shown[x] if is_variable(x) and x in shown else formula(x, {})
    return Operation(x.primitive, tuple(_with(y, shown) for y in x.operands))


def renamed(tree: Formula, names: Mapping[str, str]) -> Formula:
    """The formula with some names exchanged for others."""
    if isinstance(tree, Name):
        return Name(names.get(tree.text, tree.text))
    if isinstance(tree, Operation | Call):
        return replace(tree, operands=tuple(renamed(x, names) for x in tree.operands))
    return tree


# ---------------------------------------------------------------- simplifying


def simplified(tree: Formula) -> Formula:
    """The same without ones, zeros and nested numbers: `1·x^1·2` becomes `2·x`."""
    if not isinstance(tree, Operation):
        return tree
    operands = tuple(simplified(x) for x in tree.operands)
    primitive, laws = tree.primitive, tree.primitive.laws
    if laws.chains and len(operands) > len(primitive.operands):
        return _nary(primitive, operands)
    numbers = [x.value for x in operands if isinstance(x, Number)]
    if len(numbers) == len(operands) and isinstance(primitive, Elementwise):
        with np.errstate(all="ignore"):
            return Number(primitive.evaluate_floats(*numbers))
    if laws.exponents:
        return product(replace(tree, operands=operands))
    for i, number, result in laws.fixed:
        if operands[i] == Number(number):
            return Number(result)
    for i, unit in enumerate(laws.units):
        if unit is not None and operands[i] == Number(unit):
            return operands[1 if i == 0 else 0]
    return replace(tree, operands=operands)


def _nary(primitive: Primitive, operands: tuple[Formula, ...]) -> Formula:
    """A sum without its zeros, a product with its numbers drawn together."""
    if primitive.laws.exponents:
        return product(*operands)
    units = [Number(unit) for unit in primitive.laws.units if unit is not None]
    left = tuple(x for x in operands if x not in units)
    return Operation(primitive, left) if len(left) > 1 else (left or operands)[0]


def is_sum(primitive: Primitive) -> bool:
    """Whether an operation adds: chains of it are one, and 0 changes nothing."""
    return primitive.laws.chains and primitive.laws.units[-1:] == (0.0,)


def product(*factors: Formula) -> Formula:
    """The product of formulas with its numbers drawn together: 0.5·(2·x) is x."""
    coefficient, above, below = 1.0, [], []
    for factor in factors:
        number, over, under = _factors(factor)
        coefficient *= number
        above += over
        below += under
    if coefficient == 0.0:
        return Number(0.0)
    size, sign = abs(coefficient), coefficient < 0
    whole_below = size < 1 and (1 / size).is_integer() and bool(above or below)
    if whole_below:
        below = [Number(1 / size), *below]
    elif size != 1.0:
        above = [Number(size), *above]
    result = _all(above or [Number(1.0)])
    if below:
        result = Operation(PRIMITIVES["divide"], (result, _all(below)))
    return _negated(result) if sign else result


def _negated(tree: Formula) -> Formula:
    if isinstance(tree, Number):
        return Number(-tree.value)
    return Operation(PRIMITIVES["negative"], (tree,))


def _all(factors: list[Formula]) -> Formula:
    result = factors[0]
    for factor in factors[1:]:
        result = Operation(PRIMITIVES["multiply"], (result, factor))
    return result


def _factors(tree: Formula) -> tuple[float, list[Formula], list[Formula]]:
    """A formula as a number, factors above and factors below the line."""
    if isinstance(tree, Number):
        return tree.value, [], []
    alone: tuple[float, list[Formula], list[Formula]] = (1.0, [tree], [])
    if not isinstance(tree, Operation) or not tree.primitive.laws.exponents:
        return alone
    exponents = tree.primitive.laws.exponents
    whole, above, below = tree.primitive.laws.coefficient, [], []
    for i, operand in enumerate(tree.operands):
        number, over, under = _factors(operand)
        if exponents[min(i, len(exponents) - 1)] > 0:
            whole *= number
        elif number == 0.0:
            return alone  # a division by 0 stays as it is written
        else:
            whole /= number
            over, under = under, over
        above += over
        below += under
    return whole, above, below


# ---------------------------------------------------------------- writing


def number_text(x: float, digits: int = 6) -> str:
    """A number for people: six significant digits, a true minus sign.

    >>> number_text(-0.142253234762)
    '−0.142253'
    """
    return format(x + 0.0, f".{digits}g").replace("-", "−")  # −0 is shown as 0


def text(tree: Formula) -> str:
    """The formula in Unicode: `(y1 − t)²/2`."""
    return _write(tree, _TEXT)[0]


def factor_text(tree: Formula) -> str:
    """The formula as it stands between the dots of a product."""
    written, binds = _write(tree, _TEXT)
    alone = written[0] == "−" or "/" in written
    return bracketed(written, binds, PRODUCT + 1 if alone and binds <= PRODUCT else PRODUCT)


def latex(tree: Formula) -> str:
    """The formula in LaTeX; names of letters and digits get a subscript, others are escaped."""
    return _write(tree, _LATEX)[0]


def latex_factor(tree: Formula) -> str:
    """The formula in LaTeX as it stands between the dots of a product."""
    written, binds = _write(tree, _LATEX)
    return _bracketed_in(_LATEX, written, binds, PRODUCT + 1 if written[0] == "-" else PRODUCT)


def latex_name(name: str) -> str:
    r"""A name in LaTeX.

    >>> latex_name("w11"), latex_name("a_b")
    ('w_{11}', '\\mathrm{a\\_b}')
    """
    letters = name.rstrip("0123456789")
    if letters.isalpha() and letters.isascii():
        base = letters if len(letters) == 1 else rf"\mathrm{{{letters}}}"
        return f"{base}_{{{name[len(letters) :]}}}" if name != letters else base
    special = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "\n": " "}
    special |= {c: "\\" + c for c in "#$%&_{}"}
    return r"\mathrm{" + "".join(special.get(c, c) for c in name) + "}"


def latex_number(x: float) -> str:
    r"""A number in LaTeX, to six significant digits.

    >>> latex_number(1.5e-7)
    '1.5 \\cdot 10^{-7}'
    """
    mantissa, _, exponent = format(x, ".6g").partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


@dataclass(frozen=True)
class _Notation:
    """How the parts of a formula are written: in Unicode or in LaTeX."""

    template: Callable[[Primitive], str]
    number: Callable[[float], str]
    name: Callable[[str], str]
    call: str
    """A function of operands that stand in parentheses."""
    partial: str
    of: str
    raises: bool
    """Whether there are raised digits for whole exponents."""


_TEXT = _Notation(
    lambda primitive: primitive.text, number_text, str, "{}({})", "∂{}/∂{}", " of ", True
)
_LATEX = _Notation(
    lambda primitive: primitive.latex,
    latex_number,
    latex_name,
    r"\operatorname{{{}}}({})",
    r"\frac{{\partial {}}}{{\partial {}}}",
    r"\text{ of }",
    False,
)


def _write(tree: Formula, notation: _Notation) -> tuple[str, int]:
    """The text of a formula and how tightly it binds."""
    if isinstance(tree, Number):
        return notation.number(tree.value), ATOM if tree.value >= 0 else SIGN
    if isinstance(tree, Name):
        compares = any(c in tree.text for c in "<>=≤≥≠")
        return notation.name(tree.text), 0 if compares else SUM if " " in tree.text else ATOM
    if isinstance(tree, Call):
        name = tree.name if notation is _TEXT else tree.name.replace("_", r"\_")
        given = ", ".join(_write(x, notation)[0] for x in tree.operands)
        return notation.call.format(name, given), ATOM
    if isinstance(tree, Partial):
        by = bracketed(*_write(tree.operand, notation), ATOM)
        return notation.partial.format(notation.name(tree.name), by), ATOM
    return _write_operation(tree, notation)


def _write_operation(tree: Operation, notation: _Notation) -> tuple[str, int]:
    primitive = tree.primitive
    raised = tree.operands[-1] if primitive.laws.superscript and notation.raises else None
    if isinstance(raised, Number):
        exponent = format(raised.value, "g")
        if exponent.lstrip("-").isdigit():
            base = bracketed(*_write(tree.operands[0], notation), POWER + 1)
            return base + exponent.translate(_SUPERSCRIPTS), POWER
    parts = []
    for i, operand in enumerate(tree.operands):
        written = _write(operand, notation)
        needed = _needed(primitive, i, notation is _LATEX)
        if i and needed and written[0][0] in "−-+" and not is_sum(primitive):
            needed = ATOM  # no two signs side by side
        parts.append(_bracketed_in(notation, *written, needed))
    whole = _filled(notation, primitive, parts)
    note = f" [{notation.name(tree.note)}]" if tree.note else ""
    if tree.part:
        return notation.name(tree.part) + notation.of + whole + note, SUM
    return whole + note, primitive.precedence


SHOWN = 6
"""Of a longer sum or product, the first ones and the last stand in its text."""


def _filled(notation: _Notation, primitive: Primitive, parts: list[str]) -> str:
    """The template with its operands put in: as often as needed for a longer sum or product. What
    is added with a minus is subtracted: −a + −b is −a − b."""
    template, names = notation.template(primitive), primitive.operands
    if not names:
        return template.format(operands=", ".join(parts))
    if len(parts) > SHOWN:
        parts = [*parts[: SHOWN - 2], "…", parts[-1]]
    if not is_sum(primitive) or len(parts) < 2:
        whole = template.format(**dict(zip(names, parts, strict=False)))
        for part in parts[len(names) :]:
            whole = template.format(**dict(zip(names, (whole, part), strict=True)))
        return whole
    minus = PRIMITIVES["subtract"]
    whole = parts[0]
    for part in parts[1:]:
        if part[0] in "−-":
            less = zip(minus.operands, (whole, part[1:]), strict=True)
            whole = notation.template(minus).format(**dict(less))
        else:
            whole = template.format(**dict(zip(names, (whole, part), strict=True)))
    return whole


def _needed(primitive: Primitive, index: int, in_latex: bool) -> int:
    """How tightly an operand must bind to stand without parentheses."""
    binds = (primitive.binds_latex if in_latex else ()) or primitive.binds
    if binds:
        return binds[min(index, len(binds) - 1)]
    precedence = primitive.precedence
    if precedence == ATOM:
        return 0  # inside a call, a root
    return precedence + 1 if index or precedence == POWER else precedence


def _bracketed_in(notation: _Notation, written: str, binds: int, needed: int) -> str:
    """In parentheses where they are needed; in LaTeX as high as what they hold."""
    whole = bracketed(written, binds, needed)
    if notation is _LATEX and whole != written and r"\frac" in written:
        return rf"\left({written}\right)"
    return whole


def bracketed(written: str, binds: int, needed: int) -> str:
    """In parentheses if it binds less tightly than is needed."""
    return written if binds >= needed else f"({written})"
