"""Drawing random programs of loops and branches, line by line.

A line is kept if it can be run, on the plain numbers of one example, and gives moderate ones.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import reject

from autograd_lite.testing.loop_program import OURS, LoopProgram

LARGEST = 1e3
"""No number of a program is larger, at the point that was drawn."""
KINDS = ("numbers", "float64", "float32", "mixed")

_ONE = (
    "al.sin({a})", "al.cos({a})", "al.tanh({a})", "al.exp(0.3 * {a})", "al.sqrt({a} * {a} + 0.5)",
    "al.sqrt(al.abs({a}))", "al.log(al.abs({a}) + 0.1)", "al.abs({a})", "-{a}", "al.square({a})",
    "{a} ** 2", "{a} ** 3", "1.0 / ({a} + 2.0)", "{a} * 1.0", "1.0 * {a}", "{a} + 0.0",
    "{a} - 0.0", "{a} / 1.0", "{a} * 0.0", "0.0 - {a}", "-0.0 + {a}", "{a} * -1.0", "{a} * 2.0",
    "{a} / 3.0", "{a} ** 1.0", "{a} ** 0.5", "al.relu({a})", "al.sigmoid({a})", "al.softplus({a})",
    "al.maximum({a}, 0.0)", "al.minimum({a}, 0.5)", "al.where({a} > 0.0, {a}, 0.1 * {a})",
    "al.where({a} > 0.5, al.sqrt(al.abs({a} - 0.5)), 0.0)", "al.expm1({a})",
    "al.log1p(al.abs({a}))", "al.sign({a})", "al.erf({a})", "{a} * {a} + {a}", "al.log({a})",
    "al.where({a} == 0.0, 1.0, al.sin({a}) / {a})", "al.positive({a})", "al.step({a})",
)  # fmt: skip
_TWO = (
    "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / (al.abs({b}) + 0.5)", "{a} / {b}",
    "al.maximum({a}, {b})", "al.minimum({a}, {b})", "al.hypot({a}, {b})", "al.arctan2({a}, {b})",
    "al.where({a} > {b}, {a}, {b})", "al.where({a} <= {b}, {a} * {b}, {b})", "{a} * 0.5 + {b}",
    "al.power(al.abs({a}) + 0.1, {b})", "({a} + {b}) * ({a} + {b})", "{b} - {a} * {b}",
)  # fmt: skip
_ARRAY = (
    "al.sum({a})", "al.sum({a}, axis=0)", "al.sum({a}, axis=-1, keepdims=True)", "al.mean({a})",
    "al.max({a})", "al.min({a}, axis=0)", "np.cumsum({a}, axis=0)", "{a}[0]", "{a}[1:]",
    "{a}[::-1]", "{a}[-1]", "{a}.T", "{a}.reshape(-1)", "{a}[:, None]", "{a}[None]", "{a}[[0, -1]]",
    "np.flip({a})", "np.roll({a}, 1, 0)", "np.sort({a}, axis=0)", "np.prod({a}, axis=-1)",
    "al.softmax({a})", "al.logsumexp({a})", "{a} - {a}[:1]", "{a}[..., 0] * {a}[..., -1]",
    "np.vdot({a}, {a})", "np.diff({a}, axis=0)", "np.tile({a}, 2)", "np.var({a})", "{a} @ {a}.T",
    "np.where({a} > al.mean({a}), {a}, 0.0)", "np.argmax({a}) * 0.1", "{a} * np.floor({a})",
)  # fmt: skip
_ARRAYS = (
    "{a} @ {b}", "np.outer({a}, {b})", "al.concatenate([{a}, {b}])", "al.stack([{a}, {b}])",
    "al.dot({a}, {b})", "al.concatenate([{a}.reshape(-1), {b}.reshape(-1)])",
    "np.einsum('...i,...i->...', {a}, {b})", "{a}[..., None] * {b}",
)  # fmt: skip
_WRITES = ("{v}[0] = {b}", "{v} += {b}", "{v}[1:] = {v}[:-1] * 2.0", "{v}[..., 0] *= {b}")
_SHAPES: tuple[tuple[int, ...], ...] = ((), (2,), (3,), (3, 2), (2, 2), (1, 3))
_LENGTHS = (3, 1, 2, 5, 0, 9)
NUMBERS = (1.0, 0.5, -0.5, 0.3, -1.2, 2.0, 0.7, -0.1, 0.0, 1.5)


@dataclass
class _Scope:
    """The names of a function that is being drawn: what they stand for in one example."""

    known: dict[str, Any]
    """Those that it can read."""
    own: list[str] = field(default_factory=list)
    """Those that it has made, and its parameters."""
    lines: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    given: tuple[str, ...] = ()
    """Its parameters."""
    depth: int = 0

    def inner(self, given: Mapping[str, Any]) -> _Scope:
        """A function inside, with these parameters."""
        own = list(given)
        return _Scope({**self.known, **given}, own, [], own[:], tuple(own), self.depth + 1)


def loop_programs(kind: str | None = None, *, most: int = 5) -> st.SearchStrategy[LoopProgram]:
    """Random programs with loops and branches, which can be run at the point drawn with them.

    Args:
        kind: "numbers" for Python's floats, "float64" or "float32" for arrays of these, "mixed"
            for all of them; by default any.
        most: how many statements at most, those inside of loops apart.
    """
    if kind is not None and kind not in KINDS:
        raise ValueError(f"loop_programs: kind must be one of {KINDS} or None, not {kind!r}")
    kinds = st.just(kind) if kind else st.sampled_from(KINDS)
    return _loop_programs(kinds, most)


@st.composite
def _loop_programs(draw: st.DrawFn, kinds: Any, most: int) -> LoopProgram:
    program = written(lambda things: draw(st.sampled_from(things)), draw(kinds), most)
    return reject() if program is None else program


def random_loop_program(seed: int, kind: str | None = None, most: int = 5) -> LoopProgram:
    """The program of a seed: such programs differ more than those that Hypothesis draws."""
    rng = random.Random(seed)
    while True:
        program = written(rng.choice, kind or rng.choice(KINDS), most)
        if program is not None:
            return program


Pick = Callable[[Sequence[Any]], Any]


def written(pick: Pick, kind: str, most: int) -> LoopProgram | None:
    """A program, each choice in which is made by `pick`; None if there came no loop into it."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is then left out
        return _Writer(pick, kind).program(pick(range(1, most + 1)))


class _Writer:
    def __init__(self, pick: Pick, kind: str) -> None:
        self.pick = pick
        self.kind = kind
        self.inputs: dict[str, Any] = {}
        self._names = iter(range(1, 10**6))

    def chance(self, percent: int) -> bool:
        return bool(self.pick(range(100)) >= 100 - percent)

    def name(self, letter: str) -> str:
        return f"{letter}{next(self._names)}"

    def program(self, count: int) -> LoopProgram | None:
        """So many statements, one of them a loop or branch at least, if one can be had."""
        top = _Scope({})
        self.input(top)
        for i in range(count):
            self.statement(top, structure=i == 0 or self.chance(30))
        wanted = [x for x in top.unused if x not in self.inputs][-3:] or [*self.inputs][:1]
        top.lines.append(f"return ({', '.join(wanted)},)")
        if not any("def " in line for line in top.lines):
            return None
        return LoopProgram(self.inputs, tuple(top.lines))

    # ------------------------------------------------------------ numbers

    def input(self, scope: _Scope, shape: tuple[int, ...] | None = None) -> str:
        """A new argument of the program."""
        name = self.name("x")
        shape = self.pick(_SHAPES) if shape is None else shape
        if self.kind == "numbers" and not shape:
            value: Any = self.pick(NUMBERS)
        elif self.kind == "numbers":
            value = self.array(shape, np.float64)
        elif self.kind == "mixed":
            value = self.array(shape, self.pick([np.float64, np.float32]))
            value = self.pick([float(value), value]) if not shape else value
        else:
            value = self.array(shape, np.dtype(self.kind))
        self.inputs[name] = value
        scope.known[name] = value
        return name

    def array(self, shape: tuple[int, ...], dtype: Any) -> Any:
        numbers = [self.pick(NUMBERS) for _ in range(math.prod(shape))]
        return np.array(numbers, dtype).reshape(shape)

    def operand(self, scope: _Scope, fits: Callable[[Any], bool] = lambda x: True) -> str:
        """A name that can be read, those of this function more likely than others; rarely a new
        input."""
        own = [x for x in scope.own if fits(scope.known[x])]
        there = [x for x in scope.known if fits(scope.known[x])]
        last = own[-1:] * 4
        found = [*last, *own * 3, *there, *([""] if len(self.inputs) < 4 else [])]
        chosen = self.pick(found or [""])
        if not chosen:
            chosen = self.input(scope)
            if not fits(scope.known[chosen]):
                return self.operand(scope, fits) if there else self.input(scope, (3, 2))
        return str(chosen)

    def result(self, scope: _Scope) -> str:
        """A name that a function returns: rather what it has made, and not used."""
        made = [x for x in scope.own if x not in scope.given]
        unused = [x for x in made if x in scope.unused]
        if not made or self.chance(10):
            return self.operand(scope)
        return str(self.pick([*made, *unused * 3, made[-1]]))

    # ------------------------------------------------------------ statements

    def statement(self, scope: _Scope, structure: bool) -> None:
        """One more statement, if what is drawn can be computed."""
        if structure and scope.depth < 3:
            made = self.pick([self.scan, self.scan, self.map, self.cond, self.while_loop])(scope)
        else:
            made = self.simple(scope)
        lines, results = made
        self.append(scope, lines, results)

    def append(self, scope: _Scope, lines: list[str], results: list[str]) -> bool:
        """The lines at the end of a function, if they give numbers of moderate size."""
        space = {"al": OURS, "np": np, **self.inputs, **scope.known}
        space |= {name: x.copy() for name, x in space.items() if isinstance(x, np.ndarray)}
        try:
            exec(compile("\n".join(lines), "<program>", "exec"), space)
        except (ArithmeticError, ValueError, IndexError, TypeError):
            return False
        for name in results:
            x = np.asarray(space[name])
            if x.dtype.kind != "f" or not np.all(np.abs(x) <= LARGEST) or x.size > 60:
                return False
        text = "\n".join(lines)
        scope.unused = [x for x in scope.unused if not _stands_in(x, text)]
        for name in results:
            scope.known[name] = space[name]
            scope.own.append(name)
            scope.unused.append(name)
        scope.lines += lines
        return True

    def simple(self, scope: _Scope) -> tuple[list[str], list[str]]:
        """An expression of one or two names."""
        v = self.name("v")

        def is_array(x: Any) -> bool:
            return np.ndim(x) > 0

        a = self.operand(scope)
        arrays = is_array(scope.known[a]) and self.kind != "numbers"
        if arrays and self.chance(5):
            b = self.operand(scope)
            return [f"{v} = {a} * 1.0", self.pick(_WRITES).format(v=v, b=b)], [v]
        if arrays and self.chance(40):
            if self.chance(60):
                return [f"{v} = {self.pick(_ARRAY).format(a=a)}"], [v]
            return [f"{v} = {self.pick(_ARRAYS).format(a=a, b=self.operand(scope, is_array))}"], [v]
        if self.chance(45):
            return [f"{v} = {self.pick(_ONE).format(a=a)}"], [v]
        return [f"{v} = {self.pick(_TWO).format(a=a, b=self.operand(scope))}"], [v]

    def body(self, scope: _Scope) -> None:
        """Some statements of a function inside."""
        for _ in range(self.pick([2, 1, 3, 4])):
            self.statement(scope, structure=self.chance(15))

    def scan(self, scope: _Scope) -> tuple[list[str], list[str]]:
        step, c, x, after, y = map(self.name, ("step", "c", "x", "v", "y"))
        carries = [self.initial(scope) for _ in range(self.pick([1, 1, 2, 3]))]
        xs, rows, n = self.sequences(scope)
        own = [self.name("c") for _ in carries] if len(carries) > 1 else [c]
        names = [self.name("x") for _ in xs] if len(xs) > 1 else [x][: len(xs)]
        inside = scope.inner(
            {**dict(zip(own, (z for _, z in carries), strict=True)),
             **dict(zip(names, rows, strict=True))}
        )  # fmt: skip
        opened = _opened(own, c) + _opened(names, x)
        self.body(inside)
        nexts = [self.next(inside, name) for name in own]
        kept = self.kept(inside)
        lines = [
            *_function(step, [c, x], [*opened, *inside.lines], f"{_tuple(nexts)}, {_tuple(kept)}")
        ]
        given = _tuple([text for text, _ in carries])
        options = f", {_tuple(xs)}" if xs else f", length={n}"
        if n > 1 and self.chance(8):
            options += f", checkpoint={self.pick([1, 2, 3])}"
        results = [self.name("v") for _ in carries] if len(carries) > 1 else [after]
        columns = [self.name("y") for _ in kept] if len(kept) > 1 else [y][: len(kept)]
        target = f"{_tuple(results)}, {_tuple(columns) if columns else '_'}"
        return [*lines, f"{target} = al.scan({step}, {given}{options})"], [*results, *columns]

    def initial(self, scope: _Scope) -> tuple[str, Any]:
        """What is carried on at first."""
        if self.chance(20):
            text = self.pick(["0.0", "1.0", "-0.0"])
            return text, float(text)
        name = self.operand(scope)
        return name, scope.known[name]

    def sequences(self, scope: _Scope, needed: bool = False) -> tuple[list[str], list[Any], int]:
        """The sequences, an example of a row of each, and how many rows there are."""
        if not needed and (self.kind == "numbers" or self.chance(30)):
            return [], [], self.pick(_LENGTHS)
        there = [a for a, x in scope.known.items() if np.ndim(x) > 0]
        if there and self.chance(70):
            first = self.pick(there)
        else:
            shape = (self.pick(_LENGTHS), *self.pick([(2,), (), (3,)]))
            first = self.input(scope, shape)
        n = len(scope.known[first])
        more = [a for a in there if len(scope.known[a]) == n]
        found = [first, *([self.pick(more)] if more and self.chance(30) else [])]
        rows = []
        for a in found:
            x = scope.known[a]
            rows.append(x[0] if n else np.zeros(x.shape[1:], x.dtype)[()])
        return [f"{a}[::-1]" if self.chance(25) else a for a in found], rows, n

    def next(self, scope: _Scope, carry: str) -> str:
        """What is carried on in place of this: of its shape and dtype."""
        x = scope.known[carry]
        there = [a for a in scope.own if a != carry and _is_like(scope.known[a], x)]
        made = [a for a in there if a not in scope.given]
        there = [*there, *made * 3]
        if not there or self.chance(10):
            other = self.result(scope)
            return str(self.pick([carry, f"{carry} * 0.5 + al.sum({other})", f"0.9 * {carry}"]))
        chosen = self.pick([*there, *there[-1:] * 3])
        return str(
            self.pick([chosen, f"al.tanh({chosen})", f"0.5 * {chosen}", f"{chosen} + {carry}"])
        )

    def kept(self, scope: _Scope) -> list[str]:
        """What is kept of each step: names, none twice."""
        if self.kind == "numbers" and self.chance(60):
            return []
        own = list(dict.fromkeys(self.result(scope) for _ in range(self.pick([1, 0, 2]))))
        return [f"{a} * 1.0" if self.chance(20) else a for a in own]

    def map(self, scope: _Scope) -> tuple[list[str], list[str]]:
        row, x, y = map(self.name, ("row", "x", "y"))
        xs, rows, _ = self.sequences(scope, needed=True)
        names = [self.name("x") for _ in xs] if len(xs) > 1 else [x]
        inside = scope.inner(dict(zip(names, rows, strict=True)))
        opened = _opened(names, x)
        self.body(inside)
        kept = self.kept(inside) or [inside.own[-1]]
        columns = [self.name("y") for _ in kept] if len(kept) > 1 else [y]
        lines = _function(row, [x], [*opened, *inside.lines], _tuple(kept))
        return [*lines, f"{_tuple(columns)} = al.map({row}, {_tuple(xs)})"], columns

    def predicate(self, scope: _Scope) -> str:
        a, b = self.operand(scope), self.operand(scope)
        limit = self.pick(["0.3", "0.0", f"al.sum({b})"])
        sign = self.pick([">", "<", ">="])
        return str(self.pick([f"al.sum({a}) {sign} {limit}", f"al.mean({a}) {sign} {limit}",
                              "True", "False"]))  # fmt: skip

    def cond(self, scope: _Scope) -> tuple[list[str], list[str]]:
        v = self.name("v")
        given = list(dict.fromkeys(self.operand(scope) for _ in range(self.pick([1, 2, 0]))))
        lines, like = [], None
        functions = []
        for _ in range(2):
            function = self.name("branch")
            names = [self.name("a") for _ in given]
            inside = scope.inner({b: scope.known[a] for b, a in zip(names, given, strict=True)})
            self.body(inside)
            if like is None:
                result = self.result(inside)
                like = inside.known[result]
            else:
                there = [a for a in inside.own if _is_like(inside.known[a], like)]
                result = self.pick(there) if there else self.made_like(inside, like)
            lines += _function(function, names, inside.lines, result)
            functions.append(function)
        call = ", ".join([self.predicate(scope), *functions, *given])
        return [*lines, f"{v} = al.cond({call})"], [v]

    def made_like(self, scope: _Scope, like: Any) -> str:
        """An expression of that shape and dtype."""
        x = self.operand(scope, lambda x: np.asarray(x).dtype == np.asarray(like).dtype)
        if not np.ndim(like):
            return f"al.sum({x})"
        return f"al.sum({x}) * np.ones({np.shape(like)}, {np.asarray(like).dtype.name!r})"

    def while_loop(self, scope: _Scope) -> tuple[list[str], list[str]]:
        more, body, c, i = map(self.name, ("more", "body", "c", "i"))
        carries = [self.initial(scope) for _ in range(self.pick([1, 2]))]
        own = [self.name("c") for _ in carries]
        inside = scope.inner({i: 0.0, **dict(zip(own, (z for _, z in carries), strict=True))})
        opened = [f"{', '.join([i, *own])} = {c}"]
        asked = f"{i} < {self.pick(['2.5', '0.0', '1.0', '7.0'])}"
        if self.chance(40):
            size = f"al.sum({self.pick(own)})"
            asked = f"({asked}) & ({size} < {self.pick(['2.0', '0.5'])})"
        self.body(inside)
        nexts = [f"{i} + 1.0", *(self.next(inside, name) for name in own)]
        lines = _function(more, [c], opened, asked)
        lines += _function(body, [c], [*opened, *inside.lines], _tuple(nexts))
        results = [self.name("v") for _ in (i, *own)]
        given = _tuple(["0.0", *(text for text, _ in carries)])
        return [*lines, f"{_tuple(results)} = al.while_loop({more}, {body}, {given})"], results


def _function(name: str, parameters: Sequence[str], lines: Sequence[str], result: str) -> list[str]:
    inside = [*lines, f"return {result}"]
    return [f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in inside)]


def _opened(names: Sequence[str], whole: str) -> list[str]:
    return [f"{', '.join(names)} = {whole}"] if len(names) > 1 else []


def _tuple(names: Sequence[str]) -> str:
    if not names:
        return "None"
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _is_like(x: Any, like: Any) -> bool:
    return np.shape(x) == np.shape(like) and np.asarray(x).dtype == np.asarray(like).dtype


def _stands_in(name: str, text: str) -> bool:
    return any(word == name for word in _words(text))


def _words(text: str) -> Iterator[str]:
    yield from "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
