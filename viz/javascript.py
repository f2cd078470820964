"""A recorded graph of Values as JavaScript: the same operations, run again in a page.

The code comes from the declarations: an operation's expression on floats, and the straight-line
code of its local derivatives, translated from Python's notation. Names of the program do not
occur in it, only numbers and positions.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite.engine.primitive import Primitive
from autograd_lite.engine.value import Value
from autograd_lite.program.value_methods import partial_code, substituted

_CALLS = {"abs": "Math.abs", "max": "Math.max", "min": "Math.min", "copysign": "copysign",
          "erf": "erf"}  # fmt: skip
_MATH = ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "pow")
_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.USub: "-", ast.UAdd: "+",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!==",
}  # fmt: skip


def translated(expression: str) -> str:
    """A Python expression on floats in JavaScript.

    >>> translated("0.0 if x <= 0.0 else x")
    '((x <= 0.0) ? 0.0 : x)'
    """
    return _translate(ast.parse(expression, mode="eval").body)


def _translate(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=value):
            return repr(float(value))  # type: ignore[arg-type]
        case ast.Name(id=name):
            return {"inf": "Infinity", "nan": "NaN"}.get(name, name)
        case ast.UnaryOp(op=op, operand=operand):
            return f"({_OPERATORS[type(op)]}{_translate(operand)})"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({_translate(left)} {_OPERATORS[type(op)]} {_translate(right)})"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return f"({_translate(left)} {_OPERATORS[type(op)]} {_translate(right)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"({_translate(test)} ? {_translate(body)} : {_translate(orelse)})"
        case ast.BoolOp(op=op, values=values):
            sign = " && " if isinstance(op, ast.And) else " || "
            return f"({sign.join(map(_translate, values))})"
        case ast.Call(func=ast.Name(id=name), args=args):
            function = _CALLS.get(name) or f"Math.{name}"
            if name not in _CALLS and name not in _MATH:
                raise ValueError(f"{name} has no counterpart in JavaScript")
            return f"{function}({', '.join(map(_translate, args))})"
    raise ValueError(f"{ast.unparse(node)} has no counterpart in JavaScript")


def program(nodes: Sequence[Value]) -> tuple[str, dict[tuple[Value, int], int]]:
    """The body of a function (v, p) that computes a graph again.

    Args:
        nodes: Values, operands first. `v[i]` is the value of the i-th; leaves are given.

    Returns:
        The body, which sets v and p, and where p holds ∂node/∂operand for (node, operand).

    >>> x = Value(2.0)
    >>> program([x, x * 3.0])[0]
    '{ const x = v[0], y = 3.0, z = (x * y); v[1] = z; p[0] = y; }'
    """
    place = {node: i for i, node in enumerate(nodes)}
    partials: dict[tuple[Value, int], int] = {}
    lines = []
    for node in nodes:
        if not node.is_leaf:
            lines.append(_operation(node, place, partials))
    return "\n".join(lines), partials


def _operation(
    node: Value, place: Mapping[Value, int], partials: dict[tuple[Value, int], int]
) -> str:
    primitive = node.primitive
    assert primitive is not None
    given = [f"v[{place[x]}]" if x in place else _literal(x) for x in node.operands]
    names = ("c", "x", "y")[-len(given) :] if len(given) == 3 else ("x", "y")[: len(given)]
    constants = ", ".join(f"{n} = {g}" for n, g in zip(names, given, strict=True))
    value = translated(_expression(primitive, names))
    parts = [f"const {constants}, z = {value}; v[{place[node]}] = z;"]
    for i, (lines, result) in enumerate(_partials(primitive, node)):
        if node.partials[i] is not None:
            partials[node, i] = len(partials)
            inner = "".join(f"const {_assignment(line)}; " for line in lines)
            assign = f"p[{partials[node, i]}] = {translated(result)};"
            parts.append(f"{{ {inner}{assign} }}" if inner else assign)
    return "{ " + " ".join(parts) + " }"


def _literal(x: Any) -> str:
    """A constant in JavaScript."""
    number = repr(float(x))
    return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(number, number)


def _assignment(line: str) -> str:
    name, _, value = line.partition(" = ")
    return f"{name} = {translated(value)}"


def _expression(primitive: Primitive, names: Sequence[str]) -> str:
    """Its expression on floats with these names for its operands."""
    return substituted(primitive, list(names))


def _partials(primitive: Primitive, node: Value) -> list[tuple[list[str], str]]:
    """The code of its local derivatives; of `where`, whose branch stays, their numbers."""
    assert primitive.partials is not None
    if None in primitive.partials:
        return [([], repr(float(p or 0.0))) for p in node.partials]
    return partial_code(primitive)


def value_of(data: Any) -> float | None:
    """A number for JSON, which knows no nan and no inf: None."""
    number = float(data)
    return number if number - number == 0.0 else None
