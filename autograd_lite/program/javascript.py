"""A recorded graph of Values as JavaScript: the same operations, run again in a page.

Each operation is the straight-line code of its primitive and of its local derivatives, translated
from Python's notation. Names of the program do not occur in it, only numbers and positions.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite.engine.floats import FLOAT_CONSTANTS, FLOAT_FUNCTIONS
from autograd_lite.engine.primitive import Primitive
from autograd_lite.program.expressions import parsed, substituted
from autograd_lite.program.straight import (
    Constant,
    Input,
    NotStraight,
    Reference,
    StraightLine,
    straight_line,
)

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.USub: "-", ast.UAdd: "+",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "===", ast.NotEq: "!==",
    ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip


class Translator:
    """Expressions in JavaScript, and the functions that they need beside those of `Math`."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}

    def number(self, node: ast.expr) -> str:
        """An expression as a number; a truth value is 1 or 0."""
        match node:
            case ast.Constant(value=int() | float() as value):
                return number(value)
            case ast.Name(id=name):
                return number(FLOAT_CONSTANTS[name]) if name in FLOAT_CONSTANTS else name
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                return f"({_OPERATORS[type(op)]}{self.number(operand)})"
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._call("pow", [left, right])
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return f"({self.number(left)} {_OPERATORS[type(op)]} {self.number(right)})"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"({self.truth(test)} ? {self.number(body)} : {self.number(orelse)})"
            case ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return f"Number({self.truth(node)})"
            case ast.BoolOp(op=op, values=[first, *rest]):
                if not rest:
                    return self.number(first)
                other = self.number(ast.BoolOp(op, rest))
                yes, no = (other, self.number(first))[:: 1 if isinstance(op, ast.And) else -1]
                return f"({self.truth(first)} ? {yes} : {no})"
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args)
        raise _no_counterpart(node)

    def truth(self, node: ast.expr) -> str:
        """An expression as a condition."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                terms = [left, *others]
                pairs = zip(terms, ops, others, strict=False)
                if all(type(op) in _OPERATORS for op in ops):
                    return "(" + " && ".join(
                        f"{self.number(a)} {_OPERATORS[type(op)]} {self.number(b)}"
                        for a, op, b in pairs
                    ) + ")"  # fmt: skip
            case ast.BoolOp(op=op, values=values):
                sign = " && " if isinstance(op, ast.And) else " || "
                return f"({sign.join(map(self.truth, values))})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(!{self.truth(operand)})"
            case _:
                return f"({self.number(node)} !== 0)"
        raise _no_counterpart(node)

    def _call(self, name: str, args: Sequence[ast.expr]) -> str:
        function = FLOAT_FUNCTIONS.get(name)
        spelling = None if function is None else function.javascript
        if spelling is None:
            raise ValueError(
                f"{name} has no counterpart in JavaScript: "
                "give it one with float_function(..., javascript=...)"
            )
        if not re.fullmatch(r"Math\.\w+|Number", spelling):
            self.functions[f"${name}"] = spelling
            spelling = f"${name}"
        return f"{spelling}({', '.join(map(self.number, args))})"


def _no_counterpart(node: ast.expr) -> ValueError:
    return ValueError(f"{ast.unparse(node)} has no counterpart in JavaScript")


def number(x: float) -> str:
    """A number as JavaScript writes it.

    >>> number(1e-9), number(float("-inf")), number(True)
    ('1e-09', '(-Infinity)', '1.0')
    """
    text = repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN")
    return f"({text})" if text.startswith("-") else text


def translated(expression: str) -> str:
    """A Python expression on floats in JavaScript.

    >>> translated("0.0 if x <= 0.0 else x")
    '((x <= 0.0) ? 0.0 : x)'
    """
    return Translator().number(parsed(expression))


def program(nodes: Sequence[Any]) -> tuple[str, dict[tuple[Any, int], int]]:
    """The body of a function (v, p) that computes a graph again.

    Args:
        nodes: Values, operands first. `v[i]` is the value of the i-th; leaves are given.

    Returns:
        The body, which sets v and p, and where p holds ∂node/∂operand for (node, operand).

    Raises:
        ValueError: if an operation, or the rule of its derivative, has no counterpart.

    >>> from autograd_lite import Value
    >>> x = Value(2.0)
    >>> program([x, x * 3.0])[0]
    '{ const x0 = v[0], x1 = 3.0, z = (x0 * x1); v[1] = z; p[0] = x1; }'
    """
    place = {id(node): i for i, node in enumerate(nodes)}
    partials: dict[tuple[Any, int], int] = {}
    known: dict[Primitive, StraightLine] = {}
    translator = Translator()
    lines = []
    for node in nodes:
        primitive = node.primitive
        if primitive is None:
            continue
        wanted = [i for i, partial in enumerate(node.partials) if partial is not None]
        try:
            if primitive not in known:
                known[primitive] = straight_line(primitive)
            line = known[primitive].needed([0, *(i + 1 for i in wanted)])
            given = [f"v[{place[id(x)]}]" if id(x) in place else number(x) for x in node.operands]
            code, results = _block(line, given, translator)
        except (NotStraight, ValueError) as error:
            raise ValueError(f"{primitive.name} cannot be run in a page: {error}") from error
        targets = [f"v[{place[id(node)]}]"]
        for i in wanted:
            targets.append(f"p[{len(partials)}]")
            partials[node, i] = len(partials)
        sets = "".join(f" {t} = {r};" for t, r in zip(targets, results, strict=True))
        lines.append(f"{{ const {', '.join(code)};{sets} }}")
    functions = [f"const {name} = {text};" for name, text in translator.functions.items()]
    return "\n".join([*functions, *lines]), partials


def functions(primitives: Sequence[Primitive]) -> str:
    """An object of functions, by name of the operation: of the operands to [z, ∂z/∂x, …], with 0
    where the operand is no variable.

    Raises:
        ValueError: if an operation, or the rule of its derivative, has no counterpart.

    >>> from autograd_lite.engine.primitive import PRIMITIVES
    >>> print(functions([PRIMITIVES["add"]]))
    (() => {
    return {
      "add": (x0, x1) => { const z = (x0 + x1); return [z, 1.0, 1.0]; },
    }; })()
    """
    translator = Translator()
    lines = []
    for primitive in primitives:
        try:
            code, results = _block(straight_line(primitive), None, translator)
        except (NotStraight, ValueError) as error:
            raise ValueError(f"{primitive.name} cannot be run in a page: {error}") from error
        given = ", ".join(f"x{i}" for i in range(len(primitive.operands)))
        start = f"const {', '.join(code)}; " if code else ""
        function = f"({given}) => {{ {start}return [{', '.join(results)}]; }}"
        lines.append(f"  {json.dumps(primitive.name)}: {function},")
    helpers = [f"const {name} = {text};" for name, text in translator.functions.items()]
    return "\n".join(["(() => {", *helpers, "return {", *lines, "}; })()"])


def _block(
    line: StraightLine, given: Sequence[str] | None, translator: Translator
) -> tuple[list[str], list[str]]:
    """Assignments that compute a straight line of these inputs (without any, they are x0, x1, …),
    and what its outputs are called."""
    names: dict[Reference, str] = {Input(i): f"x{i}" for i in range(line.inputs)}
    code = [f"x{i} = {text}" for i, text in enumerate(given or ())]
    for i, instruction in enumerate(line.instructions):
        operation = instruction.operation
        assert operation.floats is not None
        arguments = [_tree(x, names) for x in instruction.arguments]
        by_name = dict(zip(operation.operands, arguments, strict=True))
        name = names[instruction.result] = f"t{i}" if i else "z"
        code.append(f"{name} = {translator.number(substituted(operation.floats, by_name))}")
    outputs = [number(x.value) if isinstance(x, Constant) else names[x] for x in line.outputs]
    return code, outputs


def _tree(x: Reference, names: Mapping[Reference, str]) -> ast.expr:
    return parsed(repr(x.value)) if isinstance(x, Constant) else ast.Name(names[x])
