"""Calls of every function of the table, as its declaration lists them.

Nothing here names an operation. A declaration says which calls are tested (`cases`), where its
operands may lie (`domain`) and where it has no derivative (`kink`). A case is (the operands'
shapes, arguments, keywords). In the place of a shape there may be a tuple of shapes, for a sequence
of arrays, and an array or anything else that is no tuple, for itself: a constant that stands before
or between operands, as in `np.bincount(places, weights)`.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import secrets
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import settings

from autograd_lite.engine.numpy_signatures import name_of
from autograd_lite.engine.primitive import (
    COMPOSED,
    LATER,
    PRIMITIVES,
    REAL,
    Case,
    Declared,
    Elementwise,
    Primitive,
    Rule,
    Structural,
)
from autograd_lite.testing.calls import SHAPES

Shape = tuple[int, ...]

WHOLE: tuple[Shape, ...] = (*SHAPES, (2, 2), (2, 3, 3))
"""Those that all structural primitives are tried on, and more matrices."""
EMPTY: tuple[Shape, ...] = ((0,), (2, 0))
PATTERNS: tuple[tuple[Shape, ...], ...] = (
    ((), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), ()),
)  # fmt: skip
"""The shapes of an elementwise function's first two operands; a third has the second's."""
MOST = 40
"""So many calls of a function are tested, as different as its cases have them."""
SEED = 0 if settings().derandomize else secrets.randbits(32)
"""Where the numbers come from: the same in every run, unless Hypothesis searches, too."""
AWAY = 1e-3
"""How far a point is from the nearest without a derivative: many steps of the differences."""
LAYOUTS = ("C", "F", "backwards", "gaps")
"""How arrays lie in memory: in C's order, in Fortran's, every row backwards, with gaps between."""


def load_transforms() -> None:
    """NumPy's functions for which the declarations are put off until somebody calls one."""
    for module, declarations in LATER.items():
        if module.startswith("numpy."):
            importlib.import_module(declarations)


@dataclass(frozen=True)
class Entry:
    """A NumPy function, and the declaration that stands for it; where NumPy has none, the public
    function itself, whose oracle is what it gives of plain arrays."""

    one: Declared
    function: Rule

    @property
    def name(self) -> str:
        """As users write it: `np.linalg.norm`."""
        return name_of(self.function) if self.one.numpy else self.one.name

    @property
    def is_elementwise(self) -> bool:
        """Whether variables of Python floats can be its operands."""
        ufunc = isinstance(self.function, np.ufunc) and self.function.signature is None
        return ufunc or isinstance(self.one, Elementwise)

    @functools.cached_property
    def writes(self) -> bool:
        """Whether it writes into its first operand, and gives None."""
        return inspect.signature(self.one.function).return_annotation in (None, "None")

    @property
    def has_cases(self) -> bool:
        """Whether its declaration says how to call it."""
        return self.is_elementwise or getattr(self.one, "cases", None) is not None


def declarations() -> list[Declared]:
    """All that the library declares but what stands for SciPy's functions, which are tested apart,
    and `result_of`, whose operand is no variable of a user's."""
    load_transforms()
    return [
        one
        for one in (*PRIMITIVES.values(), *COMPOSED.values())
        if (one.function.__module__ or "").startswith("autograd_lite.primitives.")
        and one.name != "result_of"
    ]


def entries(others: bool = False) -> list[Entry]:
    """Every NumPy function that the library itself has a rule for; with `others`, also the methods
    of arrays that are no functions of NumPy's, and the library's own functions."""
    return [
        Entry(one, function)
        for one in declarations()
        for function in one.numpy or ([by_name(one)] if others else [])
    ]


def by_name(one: Declared) -> Rule:
    """The method of arrays of its name, or if there is none, its public function."""
    if not hasattr(np.ndarray, one.name):
        return one.function

    def method(x: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(x, one.name)(*args, **kwargs)

    return method


@dataclass(frozen=True, eq=False)
class Fixed:
    """A constant that stands among the operands."""

    x: Any

    shape = property(lambda self: repr(self.x))


@dataclass(frozen=True)
class Call:
    """A call of a NumPy function; its operands are arrays, tuples of arrays, and constants."""

    entry: Entry
    operands: tuple[Any, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def of(self, function: Rule, operands: Sequence[Any] | None = None) -> Any:
        """The same call of another function, on other operands. Without NumPy's warnings. What is
        written into an operand is written into a copy, and that is the result."""
        given = [opened(x) for x in (self.operands if operands is None else operands)]
        if self.entry.writes:
            first = given[0]
            given[0] = np.array(first) if isinstance(first, np.ndarray) else first + 0.0
        with quietly():
            result = function(*given, *self.args, **self.kwargs)
        return given[0] if self.entry.writes else result

    @property
    def plain(self) -> Any:
        """What NumPy gives."""
        return self.of(self.entry.function)

    def __str__(self) -> str:
        shapes = [str(each(x, lambda array: array.shape)) for x in self.operands]
        shapes += [repr(x) for x in self.args]
        shapes += [f"{name}={x!r}" for name, x in self.kwargs.items()]
        return f"{self.entry.name}({', '.join(shapes)})"


@contextmanager
def quietly() -> Iterator[None]:
    """Without NumPy's warnings."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def opened(x: Any) -> Any:
    """An operand as NumPy gets it: a list of arrays, a constant itself."""
    if isinstance(x, Fixed):
        return x.x
    return [opened(part) for part in x] if isinstance(x, tuple) else x


def each(x: Any, make: Callable[[Any], Any]) -> Any:
    """An operand with every array in it as `make` makes it."""
    if isinstance(x, Fixed):
        return x
    return tuple(each(part, make) for part in x) if isinstance(x, tuple) else make(x)


def arrays_in(operands: Any) -> list[Any]:
    """The arrays of some operands, one after the other."""
    if isinstance(operands, Fixed):
        return []
    if isinstance(operands, tuple | list):
        return [x for part in operands for x in arrays_in(part)]
    return [operands]


def constants(entry: Entry) -> tuple[int, ...]:
    """The operands that are conditions or bounds."""
    return entry.one.constants if isinstance(entry.one, Primitive) else ()


def variables(call: Call, make: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The operands, all but the constants and what is no floating-point number as variables."""
    fixed = constants(call.entry)

    def variable(x: Any) -> Any:
        return make(x) if np.asarray(x).dtype.kind in "fc" else x

    return tuple(x if i in fixed else each(x, variable) for i, x in enumerate(call.operands))


# ---------------------------------------------------------------- which calls


def listed(entry: Entry, shapes: Sequence[Shape]) -> list[Case]:
    """The cases of a declaration, those that are alike but for their lengths once."""
    if isinstance(entry.one, Elementwise):
        return [
            ((first, *itertools.repeat(second, len(entry.one.operands) - 1)), (), {})
            for first, second in PATTERNS
        ]
    cases = getattr(entry.one, "cases", None)
    if cases is None:
        return [((first, second)[: _inputs(entry)], (), {}) for first, second in PATTERNS]
    found: dict[Any, Case] = {}
    for shape in shapes:
        for case in cases(shape):
            kinds = tuple(_kind(place) for place in case[0])
            found.setdefault((kinds, repr(case[1:])), case)
    return list(found.values())


def _inputs(entry: Entry) -> int:
    return int(getattr(entry.function, "nin", 1))


def _is_sequence(shape: Any) -> bool:
    """Whether it stands for a sequence of arrays."""
    return isinstance(shape, tuple) and any(not isinstance(n, int | np.integer) for n in shape)


def _kind(place: Any) -> Any:
    """What distinguishes one place of a case from another: how many axes there are."""
    if _is_sequence(place):
        return tuple(map(_kind, place))
    return len(place) if isinstance(place, tuple) else repr(place)


def calls(entry: Entry, most: int = MOST, empty: bool = False) -> list[Call]:
    """Up to so many of its calls, the same in every run; of arrays without elements, if asked."""
    return [call for call in _drawn(entry, most, EMPTY if empty else WHOLE, 0.0) if call]


def smooth_calls(entry: Entry, most: int = MOST // 2) -> list[Call]:
    """The same at points where it is differentiable, and so far away from where it is not that
    differences tell. (A maximum that is its initial value competes with nothing: no such point.)

    Raises:
        AssertionError: if there are none: its domain, kink and cases do not leave any.
    """
    found = [call for call in _drawn(entry, most, WHOLE, AWAY) if call]
    assert found, f"{entry.name}: of its cases none has a point in its domain, away from its kink"
    return found


def scalar_calls(entry: Entry) -> list[Call]:
    """Some calls of an elementwise function on operands without axes."""
    rng = np.random.default_rng([SEED, zlib.crc32(entry.name.encode())])
    (case, *_) = listed(entry, ((),))
    drawn = [_draw(entry, case, rng, AWAY) for _ in range(5)]
    return [call for call in drawn if call]


@functools.lru_cache(4)  # for checks of one function after the other
def _drawn(entry: Entry, most: int, shapes: tuple[Shape, ...], away: float) -> list[Call | None]:
    rng = np.random.default_rng([SEED, zlib.crc32(entry.name.encode())])
    cases = listed(entry, shapes)
    chosen = cases[:: max(1, -(-len(cases) // most))]
    return [_draw(entry, case, rng, away) for case in chosen]


def _draw(entry: Entry, case: Case, rng: np.random.Generator, away: float) -> Call | None:
    """A call so far away from the kinks, that NumPy accepts: of matrices that need be, positive
    definite ones. If there is none, any for which errors can be compared, or, so far away, None."""
    _, args, kwargs = case
    for attempt in range(100 if away else 4):
        make = _matrix if attempt % 4 == 3 else _numbers
        shapes = enumerate(_in_a_list(entry, case))
        operands = tuple(_operand(entry, i, shape, rng, make) for i, shape in shapes)
        call = Call(entry, operands, args, dict(kwargs))
        try:
            if not away or distance(call) > away:
                call.plain  # noqa: B018  whether NumPy takes it
                return call
        except (np.linalg.LinAlgError, ValueError, TypeError, IndexError):
            continue
    return None if away else call


def _in_a_list(entry: Entry, case: Case) -> tuple[Any, ...]:
    """The shapes of the operands; one sequence of them where NumPy's function takes one."""
    shapes = case[0]
    if any(map(_is_sequence, shapes)) or not _takes_a_sequence(entry.function):
        return tuple(shapes)
    return (tuple(shapes),)


def _takes_a_sequence(function: Rule) -> bool:
    """Whether its first argument is a sequence of arrays, as NumPy's documentation and ours name
    it."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return False
    first = next(iter(parameters))
    return first.name in ("arrays", "tup", "operands") and first.kind is not first.VAR_POSITIONAL


def _operand(entry: Entry, i: int, shape: Any, rng: Any, make: Rule) -> Any:
    if _is_sequence(shape):
        return tuple(_operand(entry, i, part, rng, make) for part in shape)
    if not isinstance(shape, tuple):
        return Fixed(shape)
    if i in constants(entry):
        return np.asarray(rng.random(shape) < 0.5)
    domain = entry.one.domain or (REAL,)
    return make(domain[min(i, len(domain) - 1)], shape, rng)


def _numbers(intervals: Any, shape: Shape, rng: np.random.Generator) -> Any:
    """Random numbers from some intervals, no two the same."""
    low, high = np.array(intervals).T[:, rng.integers(len(intervals), size=shape)]
    return np.asarray(rng.uniform(low, high))


def _matrix(intervals: Any, shape: Shape, rng: np.random.Generator) -> Any:
    """The same; a square matrix as a positive definite one."""
    x = _numbers(intervals, shape, rng)
    if len(shape) < 2 or shape[-1] != shape[-2] or not x.size:
        return x
    product = x @ np.swapaxes(x, -1, -2) / shape[-1]
    return product + np.diag(0.5 + 0.3 * np.arange(shape[-1]))


def distance(call: Call) -> float:
    """How far the operands are from the nearest point without a derivative."""
    one = call.entry.one
    if one.kink is None:
        return np.inf
    with quietly():
        if isinstance(one, Structural):
            given, params = call.of(one.function.__wrapped__)  # type: ignore[attr-defined]
            return float(np.min(one.kink(*given, **params), initial=np.inf))
        return float(np.min(call.of(one.kink), initial=np.inf))


def is_smooth(call: Call) -> bool:
    """Whether it is away from the kinks, as far as can be told of such operands."""
    try:
        return distance(call) > AWAY
    except (TypeError, ValueError):
        return False


def in_dtype(call: Call, dtype: Any) -> Call:
    """The same call on numbers of a floating dtype."""

    def converted(x: Any) -> Any:
        return x.astype(dtype) if x.dtype.kind == "f" else x

    return replace(call, operands=tuple(each(x, converted) for x in call.operands))


def on_complex_numbers(call: Call, dtype: Any = complex) -> Call:
    """The same call on complex numbers, away from the real ones; on Hermitian matrices, where they
    were symmetric."""
    rng = np.random.default_rng(11)

    def turned(x: Any) -> Any:
        if x.dtype != float:
            return x
        more = rng.uniform(0.2, 0.8, x.shape)
        if is_symmetric(x):
            more = more - np.swapaxes(more, -1, -2)
        return np.asarray(x + 1j * more).astype(dtype)

    fixed = constants(call.entry)
    moved = (x if i in fixed else each(x, turned) for i, x in enumerate(call.operands))
    return replace(call, operands=tuple(moved))


def in_layout(call: Call, layout: str) -> Call:
    """The same call on arrays that lie otherwise in memory."""
    return replace(
        call, operands=tuple(each(x, lambda a: laid_out(a, layout)) for x in call.operands)
    )


def laid_out(array: Any, layout: str) -> Any:
    """The same numbers, otherwise in memory."""
    if layout == "F":
        return np.array(array, order="F")
    if layout == "C" or not array.ndim:
        return array
    if layout == "backwards":
        return np.array(array[..., ::-1], order="C")[..., ::-1]
    return np.repeat(array, 2, axis=-1)[..., ::2]


def shifted(call: Call, directions: Sequence[Any], step: float) -> Call:
    """The same call with each array a step further in its direction."""
    rest = iter(directions)
    return replace(call, operands=variables(call, lambda x: np.asarray(x + step * next(rest))))


def is_symmetric(x: Any) -> bool:
    """Whether it is a symmetric matrix, or a Hermitian one, or a stack of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        return False
    return bool(np.allclose(x, np.swapaxes(x, -1, -2).conj(), 1e-14))


def directions(call: Call, seed: int) -> list[Any]:
    """For each array that is no constant a random direction; of a symmetric or Hermitian matrix, of
    which NumPy may read one triangle, one of its kind."""
    rng = np.random.default_rng(seed)
    found: list[Any] = []

    def draw(x: Any) -> Any:
        d = np.asarray(rng.uniform(-1.0, 1.0, x.shape))
        d = d + 1j * rng.uniform(-1.0, 1.0, x.shape) if x.dtype.kind == "c" else d
        found.append((d + np.swapaxes(d, -1, -2).conj()) / 2.0 if is_symmetric(x) else d)
        return x

    variables(call, draw)
    return found
