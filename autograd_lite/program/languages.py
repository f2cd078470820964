"""Programs of single numbers in other languages: JavaScript, and NumPy's operations on arrays of
many; C stands in `native.c`."""

from __future__ import annotations

import ast
import functools
import keyword
import re
from collections.abc import Callable, Collection

from autograd_lite.engine.floats import FLOAT_CONSTANTS, FLOAT_FUNCTIONS
from autograd_lite.program.backends import python_body
from autograd_lite.program.instructions import Program
from autograd_lite.program.javascript import Translator
from autograd_lite.program.names import Names
from autograd_lite.program.native.c import c_source
from autograd_lite.program.straight import NotStraight

_WORDS_OF_JAVASCRIPT = frozenset(
    re.findall(
        r"\w+",
        """arguments async await break case catch class const continue debugger default delete do
        else enum eval export extends false finally for function get if implements import in
        instanceof interface let new null of package private protected public return set static
        super switch this throw true try typeof undefined var void while with yield Math Number
        Object NaN Infinity BigInt DataView ArrayBuffer""",
    )
)


def _functions() -> set[str]:
    """The names that functions on floats have in Python's code; as they stand beside numbers of
    those names they end in an underscore."""
    names = {*FLOAT_FUNCTIONS, *FLOAT_CONSTANTS}
    return {*names, *(f"{name}_" for name in names)}


def javascript_source(program: Program, name: str) -> str:
    """A program of numbers as a function of JavaScript, which gives a list of its outputs. What it
    needs beside `Math` stands in it.

    Raises:
        NotStraight: if there is an array in it.
        ValueError: if it uses a function that has no counterpart, or the name cannot be one.

    >>> from autograd_lite.program.trace import trace
    >>> print(javascript_source(trace(lambda v: [v[0] * v[1] + 1.0], [2.0, 3.0], ["x", "w"]), "f"))
    // in: x, w
    // out: t2
    function f(x, w) {
      const t2 = (x * w) + 1.0;
      return [t2];
    }
    <BLANKLINE>
    """
    _check(name, _WORDS_OF_JAVASCRIPT)
    names = Names(program, {name, *_WORDS_OF_JAVASCRIPT, *_functions()})
    translator = Translator()
    lines, outputs = _lines(program, names, translator.number, "// ", "const {} = {};")
    given = ", ".join(names[x] for x in program.inputs)
    functions = [f"const {key} = {text};" for key, text in translator.functions.items()]
    body = [*functions, *lines, f"return [{', '.join(outputs)}];"]
    indented = [f"  {line}" for text in body for line in text.split("\n")]
    heads = [f"// in: {given}", f"// out: {', '.join(outputs)}"]
    return "\n".join([*heads, f"function {name}({given}) {{", *indented, "}"]) + "\n"


def numpy_source(program: Program, name: str) -> str:
    """A program of numbers as a function of arrays of any one shape, a number for each sample,
    which gives a tuple of its outputs. It stands alone, and needs NumPy.

    Raises:
        NotStraight: if there is an array in it.
        ValueError: if it uses a function that NumPy does not have, or the name cannot be one.

    >>> from autograd_lite.program.trace import trace
    >>> print(numpy_source(trace(lambda v: [v[0] * v[1] + 1.0], [2.0, 3.0], ["x", "w"]), "f"))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    @np.errstate(all="ignore")
    def f(x, w):
        t2 = (x * w) + 1.0
        return t2,
    <BLANKLINE>
    """
    _check(name, keyword.kwlist)
    names = Names(program, {name, "np", *_functions()})
    lines, outputs = _lines(program, names, _of_arrays, "# ", "{} = {}")
    given = ", ".join(names[x] for x in program.inputs)
    ending = f"return {', '.join(outputs)}" + "," * (len(outputs) == 1)
    body = [f"    {line}" for line in [*lines, ending]]
    head = ["import numpy as np", "", "", '@np.errstate(all="ignore")', f"def {name}({given}):"]
    return "\n".join([*head, *body]) + "\n"


def _check(name: str, words: Collection[str]) -> None:
    if not name.isidentifier() or name in words:
        raise ValueError(f"{name!r} cannot be the name of a function")


def _lines(
    program: Program,
    names: Names,
    translated: Callable[[ast.expr], str],
    comment: str,
    assignment: str,
) -> tuple[list[str], list[str]]:
    """The lines of Python's code, and its outputs, in another language."""
    body = python_body(program, names)

    def text(expression: str) -> str:
        expression = re.sub(r"\b([^\W\d]\w*?)_(?=\()", r"\1", expression)
        return _bare(translated(ast.parse(expression, mode="eval").body))

    lines = []
    for line in body.lines:
        if line.startswith("# "):
            lines.append(comment + line[2:])
        elif not line.startswith("if isnan("):  # what asks for the guarded program
            target, _, expression = line.partition(" = ")
            lines.append(assignment.format(target, text(expression)))
    return lines, [text(x) for x in body.outputs]


def _bare(text: str) -> str:
    """An expression without parentheses around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth and i < len(text) - 1:
            return text
    return text[1:-1]


def _of_arrays(node: ast.expr) -> str:
    """An expression on floats as one on arrays: a choice is made for each element."""
    match node:
        case ast.Constant(value=value):
            return repr(value)
        case ast.Name(id=name):
            return f"np.{name}" if name in FLOAT_CONSTANTS else name
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"np.logical_not({_bare(_of_arrays(operand))})"
        case ast.UnaryOp(op=op, operand=operand):
            return f"({'-' if isinstance(op, ast.USub) else '+'}{_of_arrays(operand)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            return f"({_of_arrays(left)} {_SIGNS[type(op)]} {_of_arrays(right)})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            parts = ", ".join(_bare(_of_arrays(x)) for x in (test, body, orelse))
            return f"np.where({parts})"
        case ast.Compare(left=left, ops=ops, comparators=others):
            terms = list(map(_of_arrays, [left, *others]))
            pairs = [
                f"({a} {_SIGNS[type(op)]} {b})"
                for a, op, b in zip(terms, ops, terms[1:], strict=False)
            ]
            return pairs[0] if len(pairs) == 1 else f"({' & '.join(pairs)})"
        case ast.BoolOp(op=op, values=values):
            function = "np.logical_and" if isinstance(op, ast.And) else "np.logical_or"
            terms = [_bare(_of_arrays(x)) for x in values]
            return functools.reduce(lambda a, b: f"{function}({a}, {b})", terms)
        case ast.Call(func=ast.Name(id=name), args=args) if name in FLOAT_FUNCTIONS:
            return _call(name, [_bare(_of_arrays(x)) for x in args])
    raise NotStraight(f"{ast.unparse(node)} has no counterpart in NumPy")


_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip


def _call(name: str, args: list[str]) -> str:
    spelling = FLOAT_FUNCTIONS[name].numpy
    if spelling is None:
        raise ValueError(f"{name} has no counterpart in NumPy")
    if spelling.isidentifier():
        return f"np.{spelling}({', '.join(args)})"
    x, *rest = args
    for y in rest:  # of more operands than two, of the first two, then of that and the third …
        pieces = re.split(r"\b([xy])\b", spelling)
        x = "".join({"x": x, "y": y}.get(piece, piece) for piece in pieces)
    return x if rest else spelling.replace("x", x)


LANGUAGES: dict[str, Callable[[Program, str], str]] = {
    "numpy": numpy_source,
    "c": c_source,
    "javascript": javascript_source,
}
"""What writes a program of numbers in a language that is not Python."""
