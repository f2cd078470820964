"""Names for the variables of a program: those of the user's own lines, where there are any."""

from __future__ import annotations

import ast
import functools
import itertools
import keyword
import linecache
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import COMPOSED, PRIMITIVES
from autograd_lite.program.instructions import Instruction, Program, Variable


@dataclass(frozen=True)
class Statement:
    """A statement of the user's."""

    text: str
    """What it says, on one line."""
    targets: tuple[str, ...] = ()
    """The names that it gives to what it computes."""
    parts: int | None = None
    """How many expressions there are, if it is a display of several."""
    is_each: bool = False
    """Whether it is a list of one operation for each of something."""
    is_one: bool = True
    """Whether its last operation is what it computes."""
    operator: str | None = None
    """The operator that this is, if it is one: its result may be needed by nobody, and gone."""


class Names:
    """A name for each variable, none twice, and the statements that instructions come from."""

    def __init__(self, program: Program, reserved: set[str]) -> None:
        self.reserved = frozenset(reserved)
        self._taken = set(reserved)
        self._named: dict[Variable, str] = {}
        self._ours: set[Variable] = set()
        self._numbers = iter(range(1, 10**9))
        for i, x in enumerate(program.inputs):
            self._name(x, x.name or f"x{i}")
        self._of_lines(program.instructions)
        self._of_gradients(program.instructions)
        for one in program.instructions:
            for x in one.results:
                if x not in self._named:
                    self._name(x, self._next())
                    self._ours.add(x)

    def __getitem__(self, x: Variable) -> str:
        return self._named[x]

    def is_ours(self, x: Variable) -> bool:
        """Whether neither the user nor a gradient has given it a name."""
        return x in self._ours

    def is_taken(self, name: str) -> bool:
        """Whether a variable has that name, or it is reserved."""
        return name in self._taken

    def free(self, wanted: str) -> str:
        """The name, if no variable has it, else one like it."""
        while wanted in self._taken:
            wanted += "_"
        return wanted

    def _of_lines(self, instructions: list[Instruction]) -> None:
        """What a statement computes has the name, or the names, that the statement gives it."""
        last: dict[Variable, str] = {}
        for statement, run in itertools.groupby(instructions, statement_of):
            if statement is not None:
                last.update(_named_by(statement, list(run)))
        for x, name in last.items():
            self._name(x, name)

    def _of_gradients(self, instructions: list[Instruction]) -> None:
        """The last that adds to the gradient of z is called d_z."""
        last: dict[Variable, Variable] = {}
        for one in instructions:
            if one.gradient_of is not None and len(one.results) == 1:
                last[one.gradient_of] = one.results[0]
        for of, x in last.items():
            if of in self._named and x not in self._named:
                self._name(x, f"d_{self._named[of]}")

    def _name(self, x: Variable, wanted: str) -> None:
        name, number = wanted, 2
        while name in self._taken or keyword.iskeyword(name):
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        self._named[x] = name

    def _next(self) -> str:
        return next(name for i in self._numbers if (name := f"t{i}") not in self._taken)


def statement_of(one: Instruction) -> Statement | None:
    """The statement of the user's that an instruction comes from, if it can be read."""
    if one.line is None or one.gradient_of is not None:
        return None
    return _statement(*one.line)


def _named_by(statement: Statement, run: list[Instruction]) -> dict[Variable, str]:
    """The names that a statement gives to results of its instructions."""
    names, ends = statement.targets, run[-1].results
    if len(names) > 1 and len(ends) == len(names):  # of an operation of several results
        return dict(zip(ends, names, strict=True))
    results = [one.results[0] for one in run]
    if statement.parts == len(run) or (statement.is_each and len(run) > 1):
        if len(names) == 1:
            names = tuple([f"{names[0]}{i}" for i in range(len(run))])
        return dict(zip(results, names, strict=True)) if len(names) == len(run) else {}
    is_last = statement.operator in (None, getattr(run[-1].operation, "operator", None))
    is_one = len(names) == len(ends) == 1 and statement.is_one
    return {ends[0]: names[0]} if is_one and is_last else {}


def says_the_same(statement: Statement, line: str) -> bool:
    """Whether a line of code says what a statement does, but for how elements are written: `w[0]`
    is w0."""
    text = re.sub(r"\[(\d+)\]", r"_\1", statement.text)
    text = re.sub(r"\b([^\W\d]\w*?)_(\d+)", r"\1\2", text)
    try:
        return ast.dump(ast.parse(text)) == ast.dump(ast.parse(line))
    except SyntaxError:
        return False


@functools.lru_cache(maxsize=4096)
def _statement(file: str, number: int) -> Statement | None:
    source = "".join(linecache.getlines(file))
    best = None
    for statement in _parsed(file, source):
        if statement.lineno <= number <= (statement.end_lineno or 0) and (
            best is None or statement.lineno >= best.lineno
        ):
            best = statement
    if best is None:
        text = linecache.getline(file, number).strip()
        return Statement(text) if text else None
    text = ast.get_source_segment(source, best) or ""
    text = ast.unparse(best) if "\n" in text else text
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
    value = getattr(best, "value", None)
    targets = _targets(best)
    if isinstance(value, ast.Tuple | ast.List):
        return Statement(text, targets, parts=len(value.elts), is_one=False)
    if isinstance(value, ast.ListComp):
        return Statement(text, targets, is_each=_is_one_operation(value.elt), is_one=False)
    if isinstance(value, ast.Call) and not _is_operation(value.func):
        return Statement(text, targets, is_one=False)
    sign = getattr(best if isinstance(best, ast.AugAssign) else value, "op", None)
    return Statement(text, targets, operator=_OPERATORS.get(type(sign)))


_LONGEST = 92
"""So many letters of a statement stand in a comment."""
_OPERATORS: dict[type[Any], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.MatMult: "matmul",
    ast.Pow: "pow", ast.USub: "neg",
}  # fmt: skip


def _targets(statement: ast.stmt) -> tuple[str, ...]:
    """The names that a statement gives to what it computes."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        target = statement.target
    else:
        return ()
    several = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
    names = [x.id for x in several if isinstance(x, ast.Name)]
    return tuple(names) if len(names) == len(several) else ()


def _is_operation(function: ast.expr) -> bool:
    """Whether what is called is, by its name, a function of NumPy's or of this package, and not one
    of the user's, whose lines give names themselves."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in PRIMITIVES or name in COMPOSED or name in _LOOPS or hasattr(np, name)


_LOOPS = ("scan", "map", "map_rows", "cond", "while_loop")


def _is_one_operation(element: ast.expr) -> bool:
    """Whether an expression is one operation on what is at hand."""
    atoms = ast.Name | ast.Constant | ast.Subscript | ast.Attribute
    if isinstance(element, ast.BinOp):
        return isinstance(element.left, atoms) and isinstance(element.right, atoms)
    if isinstance(element, ast.Call):
        return _is_operation(element.func) and all(isinstance(x, atoms) for x in element.args)
    return isinstance(element, ast.UnaryOp) and isinstance(element.operand, atoms)


@functools.lru_cache(maxsize=64)
def _parsed(file: str, source: str) -> tuple[ast.stmt, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    simple = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)
    return tuple(x for x in ast.walk(tree) if isinstance(x, simple))
