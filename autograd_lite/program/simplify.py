"""Making a program shorter without changing one bit of what it gives.

What is the same is computed once; what is computed of constants alone is a constant; what changes
nothing is left out: x·1, and x + 0, which makes 0 of −0, only where x is never −0. What leads to no
output is dropped.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import Elementwise, Primitive
from autograd_lite.program.folding import (
    folded,
    is_never_minus_zero,
    plus_zero,
    sum_over_places,
)
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    Program,
    Reference,
    Variable,
    mapped,
)
from autograd_lite.program.memory import order_of
from autograd_lite.program.steps import Steps


def simplified(program: Program, steps: Steps | None = None) -> Program:
    """The same program without what can be left out: `needed(shared(program))`. The steps are noted
    where that is wanted."""
    return needed(shared(program, steps), steps)


def needed(program: Program, steps: Steps | None = None) -> Program:
    """The program without the instructions that lead to no output."""
    wanted: set[Any] = set(program.outputs)
    kept = []
    for one in reversed(program.instructions):
        if any(x in wanted for x in one.results):
            wanted.update(one.uses())
            kept.append(one)
        elif steps is not None:
            steps.note("drop", one)
    return Program(program.inputs, kept[::-1], program.outputs, program.notes)


def shared(program: Program, steps: Steps | None = None) -> Program:
    """The program with equal instructions as one, with what constants alone give as constants, and
    without instructions that give what they are given.

    An instruction is equal to an earlier one if its operation, arguments and parameters are.
    """
    replaced: dict[Any, Reference] = {}
    known: dict[Hashable, Instruction] = {}
    made: dict[Any, Instruction] = {}
    kept = []
    products: set[Variable] = set(program.notes.get("products", ()))

    def now(x: Any) -> Any:
        return replaced.get(x, x) if x.__class__ is Variable else x

    for one in program.instructions:
        new = one.with_parts(now)
        if new.params:
            new.params = mapped(_plain, new.params)
        rule, found = _known_before(new, made.get)
        if found is not None:
            products.difference_update(one.results)  # times 1, where there is no 0·inf
        else:
            key = (
                _key(new.operation),
                _key(new.arguments),
                _key(new.params) if new.params else None,
                one.results[0] in products,  # where 0·inf is 0, and not nan
            )
            before = known.setdefault(key, new)
            rule, found = "share", before.results if before is not new else None
        if found is None:
            made.update(dict.fromkeys(new.results, new))
            kept.append(new)
            continue
        replaced.update(zip(one.results, found, strict=True))
        if steps is not None:
            steps.note(rule, new, found)
    outputs = tuple(now(x) for x in program.outputs)
    notes = dict(program.notes)
    if "products" in notes:
        notes["products"] = frozenset(map(now, products))
        if not products:
            notes["unguarded"] = []
    return Program(program.inputs, kept, outputs, notes)


def _plain(x: Any) -> Any:
    """What stands in a parameter for a constant: its value."""
    return x.value if x.__class__ is Constant else x


def _known_before(
    one: Instruction, made_by: Callable[[Any], Instruction | None]
) -> tuple[str, tuple[Reference, ...] | None]:
    """What an instruction gives, if it need not run, and by which rule."""
    constant = folded(one)
    if constant is not None:
        return "fold", (constant,)
    same = _what_it_gives_back(one) or plus_zero(one, lambda x: is_never_minus_zero(x, made_by))
    if same is not None and _lies_by_itself(same, made_by):
        return "identity", (same,)
    constant = sum_over_places(one, made_by)
    return "zeros", None if constant is None else (constant,)


def _lies_by_itself(x: Variable, made_by: Callable[[Any], Instruction | None]) -> bool:
    """Whether it is a number, or surely lies in memory as what is computed of it would: of a view
    sums may be added up in another order."""
    one = made_by(x)
    return not x.shape or (one is not None and not one.may_be_view)


def is_same(a: Program, b: Program) -> bool:
    """Whether two programs compute the same of the same inputs, in the same way. Primitives are
    told apart by their names, for some are made anew at each trace."""
    return key_of(a, by_name=True) == key_of(b, by_name=True)


def key_of(program: Program, by_name: bool = False) -> Hashable:
    """What two programs have in common only if they do the same, to the last bit; or, `by_name`,
    the same by primitives of the same names."""
    numbers: dict[Variable, int] = {}

    def known(x: Any) -> Any:
        return ("variable", numbers[x]) if x.__class__ is Variable else x

    def kinds(xs: Iterable[Variable]) -> Hashable:
        for x in xs:
            numbers[x] = len(numbers)
        return tuple(map(kind_of, xs))

    keys: list[Hashable] = [kinds(program.inputs)]
    for one in program.instructions:
        given = _key(mapped(known, one.arguments)), _key(mapped(known, one.params))
        told = one.operation.name if by_name and isinstance(one.operation, Primitive) else None
        keys.append((told or _key(one.operation), *given, one.is_several, kinds(one.results)))
    outputs = _key(mapped(known, program.outputs))
    products = frozenset(numbers[x] for x in program.notes.get("products", ()) if x in numbers)
    return tuple(keys), outputs, tuple(program.notes.get("unguarded", ())), products


def kind_of(x: Variable) -> Hashable:
    """What two variables have in common that look the same, and lie in memory in the same way."""
    return x.shape, x.dtype.str, x.is_number, x.order


def _key(x: Any) -> Hashable:
    """What two arguments have in common only if they are the same, to the last bit."""
    kind = x.__class__
    if kind is Variable:
        return id(x)
    if isinstance(x, Primitive):
        return x
    if kind is Constant:
        return Constant, _key(x.value)
    if kind is tuple or kind is list:
        return kind, tuple(map(_key, x))
    if isinstance(x, Mapping):
        return tuple((name, _key(part)) for name, part in x.items())
    if kind is slice:
        return slice, _key((x.start, x.stop, x.step))
    if isinstance(x, np.ndarray | np.generic):
        return kind, x.shape, x.dtype.str, order_of(x), x.tobytes()
    if kind in (float, int, bool, complex):
        return kind, repr(x)  # 0.0 == -0.0 == False
    if getattr(kind, "known_by_identity", False):
        return kind, id(x)  # a key that held it would keep it
    if is_dataclass(x):
        return kind, tuple([_key(getattr(x, part.name)) for part in fields(x)])
    try:
        hash(x)
    except TypeError:
        return _This(x)
    return kind, x


@dataclass(frozen=True, eq=False, slots=True)
class _This:
    """One thing and no other. It keeps it: else another, made later, could have its `id`."""

    thing: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)


# ---------------------------------------------------------------- what changes nothing


def _what_it_gives_back(one: Instruction) -> Variable | None:
    """The operand that an instruction gives back as it is, if there is one."""
    operation = one.operation
    if not isinstance(operation, Elementwise) or one.params or one.is_several:
        return None
    variables = [x for x in one.arguments if x.__class__ is Variable]
    if len(variables) != 1:
        return None
    x, z = variables[0], one.results[0]
    if kind_of(x) != kind_of(z) or x.dtype.kind != "f":
        return None
    others: list[Any] = []
    for y in one.arguments:
        bits = None if y is x else _bits_of(y.value)
        if bits is None and y is not x:
            return None
        others.append(bits)
    return x if _is_identity(operation, tuple(others), x.dtype.str) else None


def _bits_of(value: Any) -> tuple[str, bytes] | None:
    """The dtype and the bits of the one number of a constant; None if there are several."""
    if value.__class__ is float:
        return "<f8", struct.pack("<d", value)
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" or not array.size:
        return None
    first, signs = array.flat[0], np.signbit(array)
    is_one = (array == first).all() and signs.all() == signs.any()
    return (array.dtype.str, first.tobytes()) if is_one else None


_PROBES = (0.0, -0.0, 1.0, -1.0, 1.5, -2.75, 1e-310, 1e30, np.inf, -np.inf, np.nan, 1 / 3)


@functools.lru_cache(maxsize=4096)
def _is_identity(
    primitive: Elementwise, others: tuple[tuple[str, bytes] | None, ...], dtype: str
) -> bool:
    """Whether the primitive of x and these numbers is x, for every x: tried on numbers of all
    kinds. By their bits, for 0.0 equals −0.0."""
    with np.errstate(all="ignore"):
        x = np.array(_PROBES, dtype)
        given = [x if y is None else np.frombuffer(y[1], y[0])[0] for y in others]
        z = np.asarray(primitive.arrays(*given))
    if z.dtype != x.dtype or z.shape != x.shape:
        return False
    same = (z == x) & (np.signbit(z) == np.signbit(x))
    return bool((same | (np.isnan(z) & np.isnan(x))).all())
