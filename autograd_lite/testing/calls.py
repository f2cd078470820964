"""A call of a primitive, with everything that is needed to make it again on other operands."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import (
    LATER,
    PRIMITIVES,
    Array,
    Case,
    Declared,
    Elementwise,
    Interval,
    Primitive,
    Structural,
)

SHAPES: tuple[tuple[int, ...], ...] = (
    (), (1,), (3,), (2, 1), (1, 3), (3, 2), (3, 3), (2, 3, 1), (2, 2, 3),
)  # fmt: skip
"""The shapes that structural primitives are tried on, simple ones first: few, so that a hundred
random calls meet most cases; square ones, in which a transposed gradient does not show by its
shape; and axes of length 1, along which something is broadcast."""


def every_shape(most: int = 3) -> tuple[tuple[int, ...], ...]:
    """All shapes of up to three axes of up to `most` elements, empty ones too."""
    return tuple(
        shape for ndim in range(4) for shape in itertools.product(range(most + 1), repeat=ndim)
    )


def is_variadic(primitive: Primitive) -> bool:
    """Whether it takes a sequence of operands."""
    return primitive.is_variadic


def is_loaded_later(one: Declared) -> bool:
    """Whether its rule is imported when somebody first needs it, as that of a Fourier transform or
    of a function of SciPy's: it is in the table only where one was called, on which nothing that
    is drawn, or tested of all primitives, may depend."""
    return (one.function.__module__ or "").startswith(("autograd_lite.scipy.", *LATER.values()))


def always_there() -> list[Primitive]:
    """The primitives of the table, the same whatever was called before."""
    return [primitive for primitive in PRIMITIVES.values() if not is_loaded_later(primitive)]


def can_be_drawn(primitive: Primitive) -> bool:
    """Whether its declaration says enough to call it at random, and it has one result; and it is
    always there."""
    if is_loaded_later(primitive):
        return False
    if isinstance(primitive, Structural):
        drawn = primitive.cases is not None and primitive.results is None
        return drawn and len(cases_of(primitive)) > 0  # of some shapes that are tried
    return isinstance(primitive, Elementwise)


def is_differentiable(primitive: Primitive, i: int) -> bool:
    """Whether it can be differentiated by its i-th operand: not by a condition."""
    return primitive.is_differentiable(i)


def competes(primitive: Primitive) -> bool:
    """Whether the elements of one operand compete (max): equal ones have no derivative."""
    return isinstance(primitive, Structural) and primitive.kink is not None


def intervals(primitive: Primitive, i: int) -> tuple[Interval, ...]:
    """Where its i-th operand may lie."""
    return primitive.domain[min(i, len(primitive.domain) - 1)]


@functools.cache
def cases_of(
    primitive: Primitive, shapes: tuple[tuple[int, ...], ...] = SHAPES
) -> tuple[Case, ...]:
    """The calls of a structural primitive that its declaration asks to be tested.

    Raises:
        ValueError: if it lists none.
    """
    if not isinstance(primitive, Structural) or primitive.cases is None:
        raise ValueError(f"{primitive.name}: its declaration lists no calls to test; give cases=")
    return tuple(case for shape in shapes for case in primitive.cases(shape))


def cotangent(shape: tuple[int, ...], seed: int = 0) -> Array:
    """A gradient of a result to start from: numbers that differ, none near 0."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


@dataclass(frozen=True)
class Point:
    """A primitive, operands at which it is differentiable, and its other arguments.

    Calling it with other operands makes the same call with them:
    `check_gradient(point, *point.operands)`.
    """

    primitive: Primitive
    operands: tuple[Any, ...]
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()

    @property
    def __name__(self) -> str:
        return self.primitive.name

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter.POSITIONAL_ONLY
        names = self.primitive.operands or [f"x{i + 1}" for i in range(len(self.operands))]
        return inspect.Signature([inspect.Parameter(name, kind) for name in names])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def __call__(self, *operands: Any) -> Any:
        return applied(self.primitive, operands, self.args, dict(self.kwargs))

    @property
    def applied(self) -> tuple[Sequence[Any], dict[str, Any]]:
        """The operands and parameters that `apply` gets: those of an index, say, made ready."""
        return split(self.primitive, self.operands, self.args, dict(self.kwargs))

    def of(self, function: Any, operands: Sequence[Any]) -> Any:
        """The same call of another function, on other operands."""
        given = (tuple(operands),) if is_variadic(self.primitive) else operands
        return function(*given, *self.args, **dict(self.kwargs))

    def __repr__(self) -> str:
        return call_text(self.primitive, [shown(x) for x in self.operands], self.args, self.kwargs)


def applied(
    primitive: Primitive,
    operands: Sequence[Any],
    args: Sequence[Any] = (),
    kwargs: dict[str, Any] | None = None,
) -> Any:
    """What the primitive's public function gives, with the rules of this very declaration: it may
    be another one than the table's, a mutant of it."""
    given, params = split(primitive, operands, args, kwargs)
    return apply(primitive, given, params)


def split(
    primitive: Primitive,
    operands: Sequence[Any],
    args: Sequence[Any] = (),
    kwargs: dict[str, Any] | None = None,
) -> tuple[Sequence[Any], dict[str, Any]]:
    """The operands and parameters that the public function would hand to `apply`."""
    if isinstance(primitive, Elementwise):
        return operands, {}
    given = (tuple(operands),) if is_variadic(primitive) else operands
    return primitive.function.__wrapped__(*given, *args, **(kwargs or {}))  # type: ignore


def kink_distance(
    primitive: Primitive,
    operands: Sequence[Array],
    args: Sequence[Any] = (),
    kwargs: dict[str, Any] | None = None,
) -> float:
    """How far the operands are from the nearest point without a derivative."""
    if primitive.kink is None:
        return np.inf
    given, params = split(primitive, [np.asarray(x) for x in operands], args, kwargs)
    return float(np.min(primitive.kink(*given, **params), initial=np.inf))


# ---------------------------------------------------------------- as Python


def shown(x: Any) -> str:
    """A number or array as Python writes it.

    >>> shown(np.array([[1.0, 2.5]]))
    'np.array([[1.0, 2.5]])'
    """
    if not isinstance(x, np.ndarray):
        return repr(x)
    if x.size == 0:
        return f"np.zeros({x.shape})"
    kind = "" if x.dtype in (np.float64, bool, np.int64) else f", np.{x.dtype}"
    return f"np.array({x.tolist()!r}{kind})"


def call_text(
    primitive: Primitive,
    operands: Sequence[str],
    args: Sequence[Any] = (),
    kwargs: Sequence[tuple[str, Any]] = (),
    prefix: str = "",
) -> str:
    """A call of the public function as Python writes it."""
    given = [f"({', '.join(operands)})"] if is_variadic(primitive) else list(operands)
    given += [_argument(x) for x in args]
    given += [f"{name}={_argument(x)}" for name, x in kwargs]
    return f"{prefix}{primitive.function.__name__}({', '.join(given)})"


def _argument(x: Any) -> str:
    if isinstance(x, type):
        return f"np.{x.__name__}"
    if isinstance(x, tuple) and x:
        return f"({', '.join(_argument(part) for part in x)}{',' if len(x) == 1 else ''})"
    return shown(x)
