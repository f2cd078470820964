"""Arrays with an axis that the program does not see: what `vmap` and batched passes compute with.

A `Batched` stands for one array of each example of a batch, and looks like the array of one. Each
batch is a `Level`; inside each other, the innermost is outermost in the data. How primitives take
them stands in `batching`, how NumPy's functions do in `batched_numpy`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograd_lite.engine import asked
from autograd_lite.engine.chain import detached, without_nothing
from autograd_lite.engine.primitive import PRIMITIVES, Array
from autograd_lite.engine.stand_ins import StandIn

Shape = tuple[int, ...]

_numbers = itertools.count()


def next_depth() -> int:
    """A depth inside of all that there are."""
    return next(_numbers)


class Level:
    """One batch: how many examples it has, and how deep it lies inside of others.

    As a `with` block it is open: what differentiates inside sees one example, and a gradient of
    what has no batch axis is one for each. When it is closed, such a gradient is their sum.
    """

    __slots__ = ("depth", "is_open", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.depth = next_depth()
        self.is_open = False

    def __enter__(self) -> Level:
        self.is_open = True
        return self

    def __exit__(self, *raised: object) -> None:
        self.is_open = False

    def __repr__(self) -> str:
        return f"<a batch of {self.size}>"


class Batched(StandIn):
    """An array for each example of a batch, which looks like the array of one.

    Its `payload` has the batch axis in front: an array, or one that is Batched at a level further
    out. NumPy's functions, the operators and the functions of this package take it; what would
    need to know the numbers of one example (`if`, `float`, an array of another) is a TypeError.
    """

    __slots__ = ("level", "payload")

    WHAT = "what stands for a batch"
    level: Level
    payload: Any

    def __init__(self, level: Level, payload: Any) -> None:
        self.level = level
        self.payload = payload

    @property
    def depth(self) -> int:
        """That of its level."""
        return self.level.depth

    @property
    def shape(self) -> Shape:
        """The lengths of the axes of one example."""
        return self.payload.shape[1:]  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        """The number of axes of one example."""
        return self.payload.ndim - 1  # type: ignore[no-any-return]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return self.payload.dtype  # type: ignore[no-any-return]

    def astype(self, dtype: Any, **options: Any) -> Batched:
        """The elements as another dtype, whole numbers and truth values too."""
        return Batched(self.level, self.payload.astype(dtype, **options))

    def numbers(self) -> Array:
        """All numbers of all examples, as the array that holds them."""
        payload = self.payload
        while payload.__class__ is Batched:
            payload = payload.payload
        return payload  # type: ignore[no-any-return]

    def in_memory(self) -> Array:
        """All numbers of all examples; see `StandIn`."""
        numbers = self.numbers()
        return numbers.in_memory() if isinstance(numbers, StandIn) else numbers

    def product(self, g: Any, partial: Any, product: Any) -> Any:
        """The product of the chain rule; see `StandIn`."""
        numbers = self.numbers()
        if isinstance(numbers, StandIn):
            return numbers.product(g, partial, product)
        total = np.vdot(numbers, numbers)
        return product if total == total else without_nothing(g, partial, product)

    def one_of_each(self) -> Batched:
        """1 for each example, in its shape."""
        ones = self.payload.one_of_each() if isinstance(self.payload, StandIn) else None
        return Batched(self.level, np.ones_like(self.payload) if ones is None else ones)

    def __getitem__(self, index: Any) -> Any:
        part = PRIMITIVES["getitem"].function(self, index)
        return part if part.ndim else part.copy()  # a number does not change with the array

    def __repr__(self) -> str:
        return f"<Batched: {self.level.size} of shape {self.shape}, {self.dtype}>"

    def _refuse(self, what: str, way: str) -> TypeError:
        return TypeError(
            f"{what}: this stands for {self.level.size} examples of shape {self.shape} at once, "
            f"whose numbers differ; {way}"
        )

    def __bool__(self) -> bool:
        raise self._refuse("bool", "use where(condition, x, y) instead of if, while, and, or")

    def __float__(self) -> float:
        raise self._refuse("float", "use functions of autograd_lite or NumPy instead of math's")

    def __int__(self) -> int:
        raise self._refuse("int", "a number that steers the program cannot come from the batch")

    __complex__ = __float__

    def __index__(self) -> int:
        raise self._refuse("index", "a number that steers the program cannot come from the batch")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if asked.by_sparse_matrix():
            box = np.empty((), object)
            box[()] = self
            return box
        raise self._refuse("asarray", "np.stack([...]) joins such arrays, where(...) fills them")

    def copy(self, order: Any = "C") -> Batched:
        """The same with numbers of its own, each example laid out in `order`."""
        return PRIMITIVES["copy"].function(self, order)  # type: ignore[no-any-return]

    def __copy__(self) -> Batched:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Batched:
        return self.copy()  # in the same batch

    def __reduce__(self) -> Any:
        raise self._refuse("pickle", "return it, and pickle the result")

    def item(self, *place: Any) -> Any:
        """Refused: there is one for each example."""
        raise self._refuse("item", "return it, and take it from the result")

    def tolist(self) -> Any:
        """Refused: there is one for each example."""
        raise self._refuse("tolist", "return it, and take it from the result")


# ---------------------------------------------------------------- which levels there are


def parts_of(thing: Any) -> Iterator[Any]:
    """What stands in nested tuples, lists and dicts, one by one."""
    if isinstance(thing, tuple | list):
        for x in thing:
            yield from parts_of(x)
    elif isinstance(thing, dict):
        yield from parts_of(list(thing.values()))
    else:
        yield thing


def innermost(*things: Any) -> Level | None:
    """The deepest level at which something in these is Batched, or a variable that holds such."""
    found: Level | None = None
    for x in parts_of(things):
        plain = detached(x)
        if plain.__class__ is tuple:  # of a node of several results
            level = innermost(*plain)
        else:
            level = plain.level if plain.__class__ is Batched else None
        if level is not None and (found is None or level.depth > found.depth):
            found = level
    return found


def numbers_of(x: Any) -> Any:
    """The array, or another stand-in, behind what may be Batched."""
    return x.numbers() if x.__class__ is Batched else x


def is_traced(x: Any) -> bool:
    """Whether there are no numbers behind it, or behind a variable that holds it."""
    return isinstance(numbers_of(detached(x)), StandIn)


def in_memory(x: Any) -> Any:
    """An array that lies in memory as x does, which may be a stand-in."""
    return x.in_memory() if isinstance(x, StandIn) else x


def levels_of(x: Any) -> list[Level]:
    """All levels at which it is Batched, the deepest first."""
    found = []
    x = detached(x)
    while x.__class__ is Batched:
        found.append(x.level)
        x = x.payload
    return found


def depends_on(level: Level, x: Any) -> bool:
    """Whether it may differ between the examples of a batch."""
    return level in levels_of(x)
