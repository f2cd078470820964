"""Programs of numbers as C: one function that stands alone."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from autograd_lite.program.instructions import Program, Variable
from autograd_lite.program.names import Names, statement_of
from autograd_lite.program.native.library import OPERANDS
from autograd_lite.program.native.lower import LEAVES, TRUTHS, Code, Op, arguments_of, lowered
from autograd_lite.program.scalars import straight_line_of

_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """auto break case char const continue default do double else enum extern float for goto if
        inline int long register restrict return short signed sizeof static struct switch typedef
        union unsigned void volatile while in out main INFINITY NAN isnan""",
    )
)

_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "eq": "==", "ne": "!=", "and": "&&", "or": "||",
}  # fmt: skip
_BINDING = {
    "or": 1, "and": 2, "eq": 3, "ne": 3, "lt": 4, "le": 4, "gt": 4, "ge": 4, "add": 5, "sub": 5,
    "mul": 6, "div": 6, "neg": 7, "not": 7, "select": 0,
}  # fmt: skip
"""How tightly C binds them; what is missing needs no parentheses."""


def c_source(program: Program, name: str, guarded: Program | None = None) -> str:
    """A program of numbers as a file of C with the function `void name(const double *in, double
    *out)`, which needs <math.h> alone.

    It computes what Python's floats give, to the last bit, but for functions such as exp, which are
    those of the C library. (GCC must not contract a·b + c to one operation where the processor has
    it: say `-std=c99` or `-ffp-contract=off`.)

    Args:
        name: what the function is called.
        guarded: the program in which 0·inf is 0 in the chain rule; it is run where the other
            program gives nan.

    Raises:
        NotStraight: if there is an array in it, or a function that C does not have.
        ValueError: if the name cannot be that of a function.

    >>> from autograd_lite.program.trace import trace
    >>> print(c_source(trace(lambda v: [v[0] * v[1] + 1.0], [2.0, 3.0], ["x", "w"]), "f"))
    #include <math.h>
    <BLANKLINE>
    // in: x, w
    // out: t2
    void f(const double *in, double *out)
    {
        const double x = in[0];
        const double w = in[1];
        const double t1 = x * w;
        const double t2 = t1 + 1.0;
        out[0] = t2;
    }
    <BLANKLINE>
    """
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or name in {*_KEYWORDS, *OPERANDS}:
        raise ValueError(f"c_source: {name!r} cannot be the name of a function in C")
    unguarded = program.notes.get("unguarded", ()) if guarded is not None else ()
    functions = []
    ending = []
    if guarded is not None and unguarded:
        functions.append(_function(guarded, f"{name}_guarded", "static "))
        nans = " || ".join(f"isnan(out[{i}])" for i in unguarded)
        ending = [f"if ({nans}) {name}_guarded(in, out);  // 0 * inf is 0 in the chain rule"]
    functions.append(_function(program, name, "", ending))
    return "\n\n".join(["#include <math.h>", *functions]) + "\n"


def _function(program: Program, name: str, before: str, ending: Sequence[str] = ()) -> str:
    names = Names(program, {*_KEYWORDS, *OPERANDS, name, *(f"{name}_{x}" for x in ("guarded",))})
    writer = _Writer(program, names)
    outputs = [names[x] if isinstance(x, Variable) else repr(x.value) for x in program.outputs]
    return "\n".join([
        *_wrapped("in", [names[x] for x in program.inputs]),
        *_wrapped("out", outputs),
        f"{before}void {name}(const double *in, double *out)",
        "{",
        *(f"    {line}" for line in [*writer.lines(), *ending]),
        "}",
    ])  # fmt: skip


def _wrapped(what: str, names: Sequence[str]) -> list[str]:
    """A comment that lists names."""
    lines = [f"// {what}:"]
    for i, name in enumerate(names):
        text = f" {_ascii(name)}" + "," * (i + 1 < len(names))
        if len(lines[-1]) + len(text) > 96:
            lines.append("//    ")
        lines[-1] += text
    return lines


class _Writer:
    """The lines of one function: an assignment an instruction."""

    def __init__(self, program: Program, names: Names) -> None:
        self._program = program
        self._names = names
        self._code: Code = lowered(straight_line_of(program))
        self._uses = _uses(self._code)
        self._named: dict[int, str] = {}
        self._taken: set[str] = set()
        self._spelled: dict[Variable, str] = {}

    def lines(self) -> list[str]:
        """All of them."""
        code = self._code
        lines = []
        for place, op in enumerate(code.ops):
            if op[0] == "input":
                name = self._spelling(self._program.inputs[int(op[1])])
                self._named[place] = name
        for place in sorted((p for p in self._named), key=lambda p: int(code.ops[p][1])):
            lines.append(f"const double {self._named[place]} = in[{code.ops[place][1]}];")
        if not lines:
            lines.append("(void)in;")
        before, start = None, 0
        for one, result, end in zip(
            self._program.instructions, code.results, code.ends, strict=True
        ):
            statement = statement_of(one)
            if result is not None and statement is not None and statement != before:
                lines.append(f"// {_comment(statement.text)}")
            before = statement
            lines += self._assignments(range(start, end), result, one.results[0])
            start = end
        lines += [f"out[{i}] = {self._operand(x, 0)};" for i, x in enumerate(code.outputs)]
        return lines

    def _assignments(self, places: range, result: int | None, x: Variable) -> list[str]:
        """Those of an instruction: first of what it uses twice, at the end of its result."""
        lines = []
        name = self._spelling(x)
        for place in places:
            op = self._code.ops[place]
            if op[0] in LEAVES or (place != result and self._uses[place] < 2):
                continue
            own = name if place == result else self._another(name)
            kind = "int" if op[0] in TRUTHS else "double"
            lines.append(f"const {kind} {own} = {self._expression(op)};")
            self._named[place] = own
        return lines

    def _expression(self, op: Op) -> str:
        kind, level = str(op[0]), _BINDING.get(str(op[0]), 8)
        if kind == "call":
            given = ", ".join(self._operand(x, 0) for x in arguments_of(op))
            return f"{op[1]}({given})"
        if kind == "select":
            condition, yes, no = arguments_of(op)
            return f"{self._operand(condition, 1)} ? {self._operand(yes, 1)} : " + (
                self._operand(no, 1)
            )
        if kind in ("neg", "not"):
            return ("-" if kind == "neg" else "!") + self._operand(arguments_of(op)[0], 8)
        if kind == "number":
            return f"(double)({self._operand(arguments_of(op)[0], 0)})"
        left, right = arguments_of(op)
        apart = 8 if level < 5 else level  # compilers warn of a && b || c, and of a < b == c
        second = self._operand(right, max(apart, level + 1))
        return f"{self._operand(left, apart)} {_SIGNS[kind]} {second}"

    def _operand(self, place: int, level: int) -> str:
        """An operand of what binds this tightly."""
        if place in self._named:
            return self._named[place]
        op = self._code.ops[place]
        if op[0] == "constant":
            return _number(float(op[1]), level)
        text = self._expression(op)
        return f"({text})" if _BINDING.get(str(op[0]), 8) < level else text

    def _spelling(self, x: Variable) -> str:
        """The name of a variable, in letters that every compiler takes."""
        if x not in self._spelled:
            self._spelled[x] = self._unused(_ascii(self._names[x]), self._names[x])
        return self._spelled[x]

    def _another(self, name: str) -> str:
        number = 1
        while self._names.is_taken(f"{name}_{number}") or f"{name}_{number}" in self._taken:
            number += 1
        return self._unused(f"{name}_{number}", "")

    def _unused(self, wanted: str, own: str) -> str:
        while wanted in self._taken or (wanted != own and self._names.is_taken(wanted)):
            wanted += "_"
        self._taken.add(wanted)
        return wanted


def _uses(code: Code) -> list[int]:
    """How often each operation is used; one of another instruction than its own counts twice."""
    uses = [0] * len(code.ops)
    start = 0
    for end in code.ends:
        for place in range(start, end):
            for x in arguments_of(code.ops[place]):
                uses[x] += 1 if x >= start else 2
        start = end
    for place in range(start, len(code.ops)):  # truth values that are returned
        for x in arguments_of(code.ops[place]):
            uses[x] += 2
    for wanted in (*code.outputs, *code.results):
        if wanted is not None:
            uses[wanted] += 2
    return uses


def _number(x: float, level: int) -> str:
    """A number as C writes it."""
    text = "NAN" if math.isnan(x) else repr(x).replace("inf", "INFINITY")
    return f"({text})" if text.startswith("-") and level > 1 else text


def _ascii(name: str) -> str:
    return "".join(x if x.isascii() else f"u{ord(x):04x}" for x in name)


def _comment(text: str) -> str:
    """A statement as it can stand in a comment: a backslash at the end would take in the next
    line, and so would ??/, which is one in the old spelling."""
    return text.rstrip("\\/ ") if text.endswith(("\\", "??/")) else text
