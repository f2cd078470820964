"""Parts of programs as machine code, among the calls of NumPy that there is none for."""

from __future__ import annotations

from typing import Any

from autograd_lite.program.instructions import Instruction, NumpyCall, Program, Variable
from autograd_lite.program.native.loop_nests import unknown_in
from autograd_lite.program.native.sorts import sort_of
from autograd_lite.program.native.steps import with_steps
from autograd_lite.program.native.threads import with_threads
from autograd_lite.program.native.whole import Native
from autograd_lite.program.straight import NotStraight

FEWEST = 3
"""How many operations a part has at least: a call takes as long as some of NumPy's."""


def with_machine_code(program: Program) -> Program | None:
    """The program with all that there is machine code for in as few calls as can be; None if
    there is nothing to gain."""
    threaded = with_threads(program)
    gained = threaded is not program
    program = with_steps(threaded)
    native = {id(one): _has_code(one) for one in program.instructions}
    if not (all(native.values()) and _is_known(program)):
        native |= dict.fromkeys(_of_unknown_length(program), False)
    levels: dict[int, int] = {}
    of: dict[Variable, tuple[int, bool]] = {}
    for one in program.instructions:
        own = native[id(one)]
        found = [of[x] for x in one.uses() if x in of]
        levels[id(one)] = max((level + (kind != own) for level, kind in found), default=0)
        of.update(dict.fromkeys(one.results, (levels[id(one)], own)))
    parts: dict[int, list[Instruction]] = {}
    rest: list[tuple[int, int, Instruction]] = []
    for i, one in enumerate(program.instructions):
        if native[id(one)]:
            parts.setdefault(levels[id(one)], []).append(one)
        else:
            rest.append((levels[id(one)], i, one))
    whole = len(parts) == 1 and not rest
    for level, part in parts.items():
        made = None
        if whole or sum(_computes(one) for one in part) >= FEWEST:
            made = _called(program, part, whole)
        if made is None:
            rest += [(level, i, one) for i, one in enumerate(part)]
        else:
            gained = True
            rest.append((level, 0, made))
    if not gained:
        return None
    rest.sort(key=lambda x: x[:2])
    notes = {} if whole else program.notes
    return Program(program.inputs, [one for _, _, one in rest], program.outputs, notes)


def _has_code(one: Instruction) -> bool:
    try:
        sort_of(one)
    except NotStraight:
        return False
    return True


def _is_known(program: Program) -> bool:
    """Whether nothing but loops has as many rows as numbers decide."""
    try:
        unknown_in(program)
    except NotStraight:
        return False
    return True


def _of_unknown_length(program: Program) -> set[int]:
    """The instructions that give, or take, rows of which nobody knows how many there are; their
    shapes are not what they say."""
    unknown: set[Variable] = set()
    found = set()
    for one in program.instructions:
        loop = one.params.get("loop")
        own = loop is not None and loop.length is None
        if own or any(x in unknown for x in one.uses()):
            found.add(id(one))
            unknown.update(one.results)
    return found


def _computes(one: Instruction) -> bool:
    return sort_of(one) != "move"


def _called(program: Program, part: list[Instruction], whole: bool) -> Instruction | None:
    """A part of a program as one call."""
    made = {x for one in part for x in one.results}
    inside = {id(one) for one in part}
    given = dict.fromkeys(x for one in part for x in one.uses() if x not in made)
    wanted: dict[Any, None] = dict.fromkeys(x for x in program.outputs if x in made)
    for one in program.instructions:
        if id(one) not in inside:
            wanted.update(dict.fromkeys(x for x in one.uses() if x in made))
    checked: list[int] = []
    if whole:
        places = program.notes.get("unguarded", ())
        unguarded = {program.outputs[i] for i in places}
        checked = [j for j, x in enumerate(wanted) if x in unguarded]
    own = Program(tuple(given), part, tuple(wanted))
    try:
        function = Native(own, checked)
    except (NotStraight, RecursionError):  # or an expression that is too deep to be fused
        return None
    return Instruction(NumpyCall(function), tuple(given), {}, tuple(wanted), True, False)
