"""Formulas: what a recorded graph, and the derivatives of its operations, look like on paper.

A formula is a tree of numbers, names and operations. It is read off a graph, so a primitive's
text and LaTeX come from its declaration, and so do its derivatives: the rule is run on Values that
stand for the operands, and what this records is the derivative's formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine import modes
from autograd_lite.engine.primitive import ATOM, POWER, PRIMITIVES, PRODUCT, SIGN, SUM, Primitive
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value

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


Formula = Number | Name | Operation


def formula(node: Any, names: Mapping[Any, str], depth: int = 0) -> Formula:
    """What a node computes, in terms of the nodes that have a name; itself not by its name.

    Chains of additions, and of multiplications, become one sum or product; what is nested deeper
    than a reader can follow becomes `…`.
    """
    if node.__class__ is not Value:
        return _not_a_value(node, names)
    if node.primitive is None:
        return Name(names[node]) if node in names else Number(node._plain)
    if depth > _DEEPEST:
        return Name("…")
    terms = _chain(node, names)
    operands = tuple(_operand(x, names, depth + 1) for x in terms)
    return Operation(node.primitive, operands)


_DEEPEST = 25


def _chain(node: Value, names: Mapping[Any, str]) -> list[Any]:
    """The operands of a node; of a chain a + b + c of nodes without a name, all that are added."""
    primitive = node.primitive
    assert primitive is not None
    operands = list(node.operands)
    if primitive.name not in ("add", "multiply"):
        return operands
    last = operands[1:]
    first = operands[0]
    while first.__class__ is Value and first not in names and first.primitive is primitive:
        first, *more = first.operands
        last += reversed(more)
    return [first, *reversed(last)]


def _not_a_value(node: Any, names: Mapping[Any, str]) -> Formula:
    """The formula of a constant, a condition, or a Tensor."""
    if node.__class__ is Tensor and node.primitive is not None:
        operands = tuple(_operand(x, names, 0) for x in node.operands)
        shown = [f"{key}={value}" for key, value in node.params.items() if _worth(value)]
        return Operation(node.primitive, operands, ", ".join(shown))
    text = getattr(node, "text", None)
    if text is not None:
        return Name(text)
    if np.ndim(node) == 0 and node.__class__ is not Tensor:
        return Number(float(node))
    return Name(names.get(node, "x") if node.__class__ is Tensor else array_text(node))


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


def _operand(x: Any, names: Mapping[Any, str], depth: int) -> Formula:
    named = x.__class__ in (Value, Tensor) and x in names
    return Name(names[x]) if named else formula(x, names, depth)


def local_derivative(node: Any, index: int, names: Mapping[Any, str]) -> Formula:
    """∂node/∂operand[index], simplified, as a book writes it where the declaration says how."""
    primitive = node.primitive
    rules = primitive.on_paper or primitive.partials
    rule = rules[index]
    if not callable(rule):
        return Number(float(rule or 0.0))
    known = {x for x in (*node.operands, node) if x.__class__ in (Value, Tensor)}
    with modes.recording(), np.errstate(all="ignore"):
        stand_ins = {x: Value(x._plain if x.__class__ is Value else 0.75) for x in known}
        operands = [_stand_in(x, stand_ins) for x in node.operands]
        try:
            recorded = rule(*operands, stand_ins[node])
        except (ArithmeticError, ValueError):  # Python's of a constant, such as 1/0: NumPy's inf
            exact = [np.float64(x) if isinstance(x, float) else x for x in operands]
            recorded = rule(*exact, stand_ins[node])
    shown = {s: Name(names[x]) if x in names else formula(x, names) for x, s in stand_ins.items()}
    shown |= {s: Name(array_text(x)) for x, s in zip(node.operands, operands, strict=True)
              if s.__class__ is Value and s not in shown}  # fmt: skip
    return simplified(_with(recorded, shown))


def _stand_in(x: Any, stand_ins: Mapping[Any, Value]) -> Any:
    if x.__class__ in (Value, Tensor):
        return stand_ins[x]
    return x if np.ndim(x) == 0 else Value(0.75)


def _with(x: Any, shown: Mapping[Value, Formula]) -> Formula:
    """The formula of what a rule recorded, with the formulas of its operands put in."""
    if x.__class__ is not Value or x.primitive is None:
        return shown[x] if x.__class__ is Value and x in shown else formula(x, {})
    return Operation(x.primitive, tuple(_with(y, shown) for y in x.operands))


# ---------------------------------------------------------------- simplifying


def simplified(tree: Formula) -> Formula:
    """The same without ones, zeros and nested numbers: `1·x^1·2` becomes `2·x`."""
    if not isinstance(tree, Operation):
        return tree
    operands = tuple(simplified(x) for x in tree.operands)
    name = tree.primitive.name
    if len(operands) > len(tree.primitive.operands):
        return _nary(tree.primitive, operands)
    if all(isinstance(x, Number) for x in operands) and tree.primitive.floats is not None:
        with np.errstate(all="ignore"):
            return Number(tree.primitive.evaluate_floats(*(x.value for x in operands)))  # type: ignore[union-attr]
    if name in ("multiply", "divide", "negative"):
        return product(Operation(tree.primitive, operands))
    if name == "positive":
        return operands[0]
    if name == "power" and operands[1] == Number(1.0):
        return operands[0]
    if name == "power" and operands[1] == Number(0.0):
        return Number(1.0)
    if name == "add" and operands[0] == Number(0.0):
        return operands[1]
    if name in ("add", "subtract") and operands[1] == Number(0.0):
        return operands[0]
    return Operation(tree.primitive, operands)


def _nary(primitive: Primitive, operands: tuple[Formula, ...]) -> Formula:
    """A sum without its zeros, a product with its numbers drawn together."""
    if primitive.name == "multiply":
        return product(*operands)
    left = tuple(x for x in operands if x != Number(0.0))
    return Operation(primitive, left) if len(left) > 1 else (left or operands)[0]


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
    if isinstance(tree, Operation):
        name = tree.primitive.name
        parts = [_factors(x) for x in tree.operands] if name in _PRODUCTS else []
        if name == "negative":
            return -parts[0][0], parts[0][1], parts[0][2]
        if name == "multiply":
            number = math.prod(part[0] for part in parts)
            above = [x for part in parts for x in part[1]]
            return number, above, [x for part in parts for x in part[2]]
        if name == "divide" and parts[1][0] != 0.0:
            (c, n, d), (e, p, q) = parts
            return c / e, n + q, d + p
    return 1.0, [tree], []


_PRODUCTS = ("multiply", "divide", "negative")


# ---------------------------------------------------------------- writing


def number_text(x: float, digits: int = 6) -> str:
    """A number for people: six significant digits, a true minus sign.

    >>> number_text(-0.142253234762)
    '−0.142253'
    """
    return format(x + 0.0, f".{digits}g").replace("-", "−")  # −0 is shown as 0


def text(tree: Formula) -> str:
    """The formula in Unicode: `(y1 − t)²/2`."""
    return _write(tree, lambda primitive: primitive.text, number_text)[0]


def factor_text(tree: Formula) -> str:
    """The formula as it stands between the dots of a product."""
    written, binds = _write(tree, lambda primitive: primitive.text, number_text)
    alone = written[0] == "−" or "/" in written
    return bracketed(written, binds, PRODUCT + 1 if alone and binds <= PRODUCT else PRODUCT)


def latex(tree: Formula) -> str:
    """The formula in LaTeX; names of letters and digits get a subscript, others are escaped."""
    return _write(tree, lambda primitive: primitive.latex, latex_number, latex_name)[0]


def latex_factor(tree: Formula) -> str:
    """The formula in LaTeX as it stands between the dots of a product."""
    written, binds = _write(tree, lambda primitive: primitive.latex, latex_number, latex_name)
    return bracketed(written, binds, PRODUCT + 1 if written[0] == "-" else PRODUCT)


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


def _write(
    tree: Formula,
    template: Callable[[Primitive], str],
    number: Callable[[float], str],
    name: Callable[[str], str] = str,
) -> tuple[str, int]:
    """The text of a formula and how tightly it binds."""
    if isinstance(tree, Number):
        return number(tree.value), ATOM if tree.value >= 0 else SIGN
    if isinstance(tree, Name):
        compares = any(c in tree.text for c in "<>=≤≥≠")
        return name(tree.text), 0 if compares else SUM if " " in tree.text else ATOM
    primitive = tree.primitive
    in_latex = name is not str
    if primitive.name == "power" and isinstance(tree.operands[1], Number) and not in_latex:
        exponent = format(tree.operands[1].value, "g")
        if exponent.lstrip("-").isdigit():
            base = bracketed(*_write(tree.operands[0], template, number, name), POWER + 1)
            return base + exponent.translate(_SUPERSCRIPTS), POWER
    parts = []
    for i, operand in enumerate(tree.operands):
        written = _write(operand, template, number, name)
        needed = _needed(primitive, i, in_latex)
        if i and needed and written[0][0] in "−-+":
            needed = ATOM  # no two signs side by side
        parts.append(bracketed(*written, needed))
    whole = _filled(template(primitive), primitive.operands, parts)
    note = f" [{name(tree.note)}]" if tree.note else ""
    return whole + note, primitive.precedence


_SHOWN = 6


def _filled(template: str, names: tuple[str, ...], parts: list[str]) -> str:
    """The template with its operands put in: as often as needed for a longer sum or product."""
    if not names:
        return template.format(operands=", ".join(parts))
    if len(parts) > _SHOWN:
        parts = [*parts[: _SHOWN - 2], "…", parts[-1]]
    whole = template.format(**dict(zip(names, parts, strict=False)))
    for part in parts[len(names) :]:
        whole = template.format(**dict(zip(names, (whole, part), strict=True)))
    return whole


def _needed(primitive: Primitive, index: int, in_latex: bool) -> int:
    """How tightly an operand must bind to stand without parentheses."""
    precedence = primitive.precedence
    if precedence == ATOM or (in_latex and primitive.name == "divide"):
        return 0  # inside a call, a root, a fraction
    if precedence == POWER:
        return 0 if in_latex and index == 1 else POWER + 1
    if index == 0:
        return precedence
    exact = primitive.name in ("subtract", "divide", "negative")
    return precedence + 1 if exact or precedence == PRODUCT else precedence


def bracketed(written: str, binds: int, needed: int) -> str:
    """In parentheses if it binds less tightly than is needed."""
    return written if binds >= needed else f"({written})"
