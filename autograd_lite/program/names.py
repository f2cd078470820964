"""Names for the variables of a program: those of the user's own lines, where there are any."""

from __future__ import annotations

import ast
import functools
import keyword
import linecache
from dataclasses import dataclass

from autograd_lite.program.instructions import Instruction, Program, Variable


@dataclass(frozen=True)
class Statement:
    """A statement of the user's."""

    text: str
    """What it says, on one line."""
    target: str | None
    """The name that it gives to what it computes."""


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
        """The last result of a statement has the name that the statement gives it."""
        last: dict[Variable, str] = {}
        for one, after in zip(instructions, [*instructions[1:], None], strict=False):
            statement = statement_of(one)
            if statement is None or statement.target is None or len(one.results) != 1:
                continue
            if after is None or statement_of(after) != statement:
                last[one.results[0]] = statement.target
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
        return Statement(text, None) if text else None
    text = " ".join((ast.get_source_segment(source, best) or "").split())
    return Statement(text[:90], _target(best))


def _target(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        target = statement.target
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


@functools.lru_cache(maxsize=64)
def _parsed(file: str, source: str) -> tuple[ast.stmt, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    simple = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)
    return tuple(x for x in ast.walk(tree) if isinstance(x, simple))
