"""Small programs as text: `z = x*y; E = sin(z)**2`, read without ever being run as Python.

The text is parsed by Python's own parser and only arithmetic, the elementwise functions of the
table of primitives and comparisons are taken from the tree. Everything else is refused with the
column at which it stands.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Elementwise
from autograd_lite.engine.value import Value
from autograd_lite.primitives.arithmetic import positive
from autograd_lite.reading.names import printable

MAX_LENGTH = 10_000
"""Longer programs are refused (characters)."""
MAX_DEPTH = 100
"""More deeply nested expressions are refused."""

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.USub: "neg",
    ast.UAdd: "pos",
}
COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
WRITTEN = {
    "<=": "≤", ">=": "≥", "==": "=", "!=": "≠",
    "-": "−", " * ": "·", " / ": "/", " ** ": "^",
}  # fmt: skip


def _lines(source: str) -> list[str]:
    """The lines as Python's parser counts them; `str.splitlines` splits at more."""
    return re.split("\r\n|\r|\n", source)


class ScriptError(ValueError):
    """A program that cannot be read, with the column (from 1) and line where it goes wrong."""

    def __init__(self, message: str, source: str, line: int = 1, column: int = 1) -> None:
        self.line, self.column = line, column
        lines = _lines(source)
        where = f"column {column}" if len(lines) == 1 else f"line {line}, column {column}"
        start = max(0, column - 50)
        before = printable(lines[line - 1][start : column - 1])
        after = printable(lines[line - 1][column - 1 : start + 76])
        pointer = " " * len(before) + "^"
        super().__init__(f"{where}: {message}\n  {before}{after}\n  {pointer}")


class Condition(float):
    """The result of a comparison, 1.0 or 0.0, or of arithmetic on such results: a constant, with
    what it was computed from as its text."""

    text: str

    def __new__(cls, number: float, expression: ast.expr) -> Condition:
        self = super().__new__(cls, number)
        signs = "|".join(map(re.escape, WRITTEN))
        self.text = re.sub(signs, lambda sign: WRITTEN[sign[0]], ast.unparse(expression))
        return self


@dataclass(frozen=True)
class Statement:
    """One assignment."""

    name: str
    expression: ast.expr
    given: bool = True
    """Whether the program says the name; else it was chosen here."""


@dataclass(frozen=True)
class Script:
    """A program that was read and found well formed."""

    source: str
    statements: tuple[Statement, ...]
    inputs: tuple[str, ...]
    """The names that are used before anything is assigned to them, in order."""

    @property
    def output(self) -> str:
        """The name of the last statement."""
        return self.statements[-1].name

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The value of every name.

        Args:
            inputs: numbers or Values by name.

        Raises:
            ScriptError: if an input is missing, or a constant part overflows.

        >>> parse("z = x*y; E = z**2").run({"x": 2.0, "y": 3.0})
        {'x': 2.0, 'y': 3.0, 'z': 6.0, 'E': 36.0}
        """
        missing = [name for name in self.inputs if name not in inputs]
        if missing:
            raise self._unbound(missing)
        names = dict(inputs)
        for statement in self.statements:
            result = _Evaluation(self.source, names).of(statement.expression)
            if result.__class__ is Value:
                if result.name is not None:
                    result = positive(result)  # `y = x`: a value of its own
                result.name = statement.name
            names[statement.name] = result
        return names

    def error(self, message: str) -> ScriptError:
        """An error that points to the last statement."""
        return _at(self.source, self.statements[-1].expression, message)

    def _unbound(self, missing: list[str]) -> ScriptError:
        for statement in self.statements:
            for node in ast.walk(statement.expression):
                if isinstance(node, ast.Name) and node.id == missing[0]:
                    known = (
                        f"; known names: {', '.join(self._assigned())}" if self._assigned() else ""
                    )
                    return _at(
                        self.source,
                        node,
                        f"the name {missing[0]!r} is unknown: give it a number, "
                        + " ".join(f"{name}=…" for name in missing)
                        + known,
                    )
        raise AssertionError(missing)

    def _assigned(self) -> list[str]:
        return [statement.name for statement in self.statements]


def parse(source: str) -> Script:
    """Read a program: assignments separated by `;` or new lines; the last may be an expression.

    Raises:
        ScriptError: for anything but arithmetic, elementwise functions, comparisons and names.

    >>> parse("z = x*y; sin(z)").inputs
    ('x', 'y')
    """
    if len(source) > MAX_LENGTH:
        raise ScriptError(
            f"the program has {len(source):,} characters; at most {MAX_LENGTH:,} are read",
            source[:MAX_LENGTH].replace("\n", " "),
            column=MAX_LENGTH,
        )
    tree = _tree(source)
    statements: list[Statement] = []
    inputs: dict[str, None] = {}
    assigned: set[str] = set()
    for i, node in enumerate(tree.body):
        statement = _statement(source, node, assigned | set(inputs), i == len(tree.body) - 1)
        _check(source, statement.expression)
        _check_constants(source, statement.expression)
        for name in _names(statement.expression):
            if name not in assigned:
                inputs[name] = None
        if statement.name in assigned or statement.name in inputs:
            used = "assigned" if statement.name in assigned else "used"
            raise _at(
                source,
                node,
                f"{statement.name!r} is already {used} above; each name stands for one value: "
                "choose another",
            )
        assigned.add(statement.name)
        statements.append(statement)
    if not statements:
        raise ScriptError("the program is empty", source or " ")
    return Script(source, tuple(statements), tuple(inputs))


def _tree(source: str) -> ast.Module:
    for pattern, message in _UNREADABLE.items():
        found = re.search(pattern, source)
        if found is not None:
            before = _lines(source[: found.start()])
            code = f"U+{ord(found[0][0]):04X}"
            raise ScriptError(message.format(code), source, len(before), len(before[-1]) + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on the text is not for its writer
            return ast.parse(source)
    except SyntaxError as error:
        line = min(error.lineno or 1, len(_lines(source)))
        raise ScriptError(error.msg, source or " ", line, max(1, error.offset or 1)) from None
    except (RecursionError, MemoryError):
        raise ScriptError("the program is too deeply nested", source) from None


_UNREADABLE = {
    r"\d[\d_]{1000}": "the number is too large",
    "[\0\ud800-\udfff]": "the character {} is not understood",  # Python's parser does not take it
}


def _at(source: str, node: ast.AST, message: str) -> ScriptError:
    line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    text = _lines(source)[line - 1].encode()[:offset].decode(errors="ignore")
    return ScriptError(message, source, line, len(text) + 1)


def _statement(source: str, node: ast.stmt, known: set[str], last: bool) -> Statement:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Name):
            if target.id in functions():
                raise _at(source, target, f"{target.id!r} is a function; choose another name")
            return Statement(target.id, node.value)
    if isinstance(node, ast.Expr):
        if last:
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            return Statement(_free_name(known | used), node.value, given=False)
        raise _at(source, node, "give this value a name: NAME = …; only the last may go without")
    raise _at(source, node, "only assignments NAME = … are understood")


def _free_name(taken: set[str]) -> str:
    """A name for the output: f, y, E, or the first of f1, f2, … that is not taken."""
    taken = taken | set(functions())
    candidates = chain(("f", "y", "E"), (f"f{i}" for i in count(1)))
    return next(name for name in candidates if name not in taken)


def functions() -> dict[str, Callable[..., Any]]:
    """The elementwise functions that a program may call."""
    return {
        name: primitive.function
        for name, primitive in PRIMITIVES.items()
        if isinstance(primitive, Elementwise) and not name.startswith("special_")
    }


def _names(expression: ast.expr) -> list[str]:
    """The variables in an expression, from left to right."""
    called = {id(n.func) for n in ast.walk(expression) if isinstance(n, ast.Call)}
    found = [n for n in ast.walk(expression) if isinstance(n, ast.Name) and id(n) not in called]
    return [n.id for n in sorted(found, key=lambda n: (n.lineno, n.col_offset))]


def _check(source: str, node: ast.expr, depth: int = 0) -> None:
    """Refuse, with the column, whatever is not arithmetic."""
    if depth > MAX_DEPTH:
        raise _at(source, node, f"nested more than {MAX_DEPTH} deep; give the parts names")
    match node:
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            parts = [node.left, node.right]
        case ast.UnaryOp(op=op) if type(op) in OPERATORS:
            parts = [node.operand]
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            parts = [node.left, *node.comparators]
        case ast.Compare():
            raise _at(source, node, "compare two values with one of < <= > >= == !=")
        case ast.Call():
            _check_call(source, node)
            parts = node.args
        case ast.Name(id=name):
            if name in functions():
                raise _at(source, node, f"the function {name!r} needs its operands: {name}(…)")
            parts = []
        case ast.Constant(value=value) if type(value) in (int, float):
            _number(source, node)
            parts = []
        case _:
            raise _at(source, node, f"{_described(node)} is not understood: {ALLOWED}")
    for part in parts:
        _check(source, part, depth + 1)


def _check_constants(source: str, node: ast.expr) -> None:
    """Refuse a part without names whose value is no finite number."""
    if not _names(node):
        with np.errstate(all="ignore"):
            _Evaluation(source, {}).of(node)
        return
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr) and not (isinstance(node, ast.Call) and part is node.func):
            _check_constants(source, part)


ALLOWED = "only numbers, names, + - * / **, comparisons and elementwise functions are"


def _described(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=attr):
            return f"the attribute .{attr[:40]}"
        case ast.Constant(value=value):
            return f"the constant {value!r}"[:60]
        case ast.IfExp():
            return "if … else (write where(condition, a, b))"
        case ast.BinOp(op=op) | ast.UnaryOp(op=op):
            return f"the operator {type(op).__name__}"
    return f"{type(node).__name__}"


def _check_call(source: str, node: ast.Call) -> None:
    known = functions()
    if not isinstance(node.func, ast.Name) or node.func.id not in known:
        name = f"{node.func.id!r}" if isinstance(node.func, ast.Name) else "this"
        names = ", ".join(sorted(known))
        raise _at(source, node, f"{name} is no elementwise function; there are {names}")
    operands = PRIMITIVES[node.func.id].operands
    plain = not node.keywords and not any(isinstance(a, ast.Starred) for a in node.args)
    if not plain or len(node.args) != len(operands):
        count = "1 operand" if len(operands) == 1 else f"{len(operands)} operands"
        signature = f"{node.func.id}({', '.join(operands)})"
        raise _at(source, node, f"{signature} takes {count}, not {len(node.args)}")


def _number(source: str, node: ast.Constant) -> float:
    try:
        return float(node.value)  # type: ignore[arg-type]
    except OverflowError:
        raise _at(source, node, "the number is too large") from None


@dataclass
class _Evaluation:
    """Evaluates a checked expression; every number is a float, so none can grow large."""

    source: str
    names: Mapping[str, Any]

    def of(self, node: ast.expr) -> Any:
        result = self._of(node)
        if isinstance(result, float) and not math.isfinite(result) and not _names(node):
            raise _at(self.source, node, "this constant overflows or is not a number")
        return result

    def _of(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return _number(self.source, node)
            case ast.Name(id=name):
                return self.names[name]
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return Condition(COMPARISONS[type(op)](self.of(left), self.of(right)), node)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._applied(node, functions()[name], args)
            case ast.UnaryOp(op=op, operand=operand):
                return self._applied(node, _operation(op), [operand])
            case ast.BinOp(left=left, op=op, right=right):
                return self._applied(node, _operation(op), [left, right])
        raise AssertionError(ast.dump(node))

    def _applied(
        self, node: ast.expr, function: Callable[..., Any], parts: Sequence[ast.expr]
    ) -> Any:
        operands = [self.of(part) for part in parts]
        result = function(*operands)
        if result.__class__ is Value or not any(isinstance(x, Condition) for x in operands):
            return result
        return Condition(result, node)


def _operation(op: ast.AST) -> Callable[..., Any]:
    """The primitive that a Python operator stands for."""
    wanted = OPERATORS[type(op)]
    return next(p.function for p in PRIMITIVES.values() if p.operator == wanted)


def binding(text: str) -> tuple[str, float]:
    """A `NAME=NUMBER` from the command line.

    >>> binding("x1=0.5")
    ('x1', 0.5)
    """
    name, equals, number = text.partition("=")
    name = unicodedata.normalize("NFKC", name.strip())  # as Python's parser reads names
    if not equals or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"{text!r}: write NAME=NUMBER, as in x1=0.5")
    try:
        value = float(number)
    except ValueError:
        raise ValueError(f"{text!r}: {number.strip()!r} is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r}: the number must be finite")
    return name, value
