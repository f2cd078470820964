"""Checks that take any primitive of the table: at which points to call it, and whether its first
and second derivatives there agree with numerical differentiation.

Nothing here names an operation. What a check needs to know stands in the declaration: `domain`,
`kink`, and `cases` for the arguments of a structural primitive.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
from hypothesis import assume

from autograd_lite import PRIMITIVES, Primitive, Tensor, Value, gradients, numerical_gradient
from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import Case, Elementwise, Structural

Array = npt.NDArray[Any]

STEP = 6.1e-6
"""The step of the differences: ε^(1/3), which balances truncation and rounding (row 002-16)."""

GRID = 1024
"""On how many points of its domain an element may lie. The grid of each operand is shifted by
another eighth of a step, so that no two operands tie and none is 0."""


@dataclass(frozen=True)
class Call:
    """A call of a primitive: what to give the public function, and what `apply` gets from it."""

    given: tuple[Array, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    operands: tuple[Array, ...]
    params: dict[str, Any]

    def of(self, function: Any, operands: Any, variadic: bool) -> Any:
        """The public function called with these operands instead."""
        operands = (tuple(operands),) if variadic else operands
        return function(*operands, *self.args, **self.kwargs)


def is_variadic(primitive: Primitive) -> bool:
    """Whether it takes a sequence of operands."""
    return primitive.is_variadic


def is_variable(primitive: Primitive, i: int) -> bool:
    """Whether it can be differentiated by its i-th operand (not by a condition)."""
    return primitive.is_differentiable(i)


# ---------------------------------------------------------------- where to call a primitive


def every_shape(most: int = 3) -> Iterator[tuple[int, ...]]:
    """All shapes of up to three axes of up to `most` elements, empty ones too."""
    for ndim in range(4):
        yield from itertools.product(range(most + 1), repeat=ndim)


def every_case(primitive: Primitive) -> list[Case]:
    """All calls of a structural primitive on operands of these shapes."""
    assert isinstance(primitive, Structural)
    assert primitive.cases is not None
    return [case for shape in every_shape() for case in primitive.cases(shape)]


def point(primitive: Primitive, i: int, grid: Array) -> Array:
    """Operand i with its elements at these points of the grid over its domain."""
    if not is_variable(primitive, i):
        return grid % 2 == 0
    intervals = primitive.domain[min(i, len(primitive.domain) - 1)]
    lengths = [high - low for low, high in intervals]
    along = (grid + (i + 1) / 8) / GRID * sum(lengths)
    x = np.full(grid.shape, np.nan)
    for (low, _), length in zip(intervals, lengths, strict=True):
        inside = np.isnan(x) & (along < length)
        x[inside] = low + along[inside]
        along = along - length
    return x


def call_at(primitive: Primitive, case: Case, grids: list[Array]) -> Call:
    """The call of a case with its operands at these points."""
    _, args, kwargs = case
    given = tuple(point(primitive, i, grid) for i, grid in enumerate(grids))
    if isinstance(primitive, Elementwise):
        return Call(given, args, kwargs, given, {})
    split = primitive.function.__wrapped__  # type: ignore[attr-defined]
    operands, params = split(*((given,) if is_variadic(primitive) else given), *args, **kwargs)
    return Call(given, args, kwargs, operands, params)


def is_smooth(primitive: Primitive, call: Call) -> bool:
    """Whether the differences stay on one side of every kink."""
    if primitive.kink is None:
        return True
    return bool(np.all(primitive.kink(*call.operands, **call.params) > 10 * STEP))


def must_differ(primitive: Primitive) -> bool:
    """Whether the elements of one operand compete (max): equal ones have no derivative."""
    return isinstance(primitive, Structural) and primitive.kink is not None


@st.composite
def calls(draw: Any, primitive: Primitive, scalar: bool = False) -> Call:
    """Calls of a primitive at points where it is differentiable."""
    count = len(primitive.operands)
    if scalar:
        case: Case = (((),) * count, (), {})
    elif isinstance(primitive, Elementwise):
        shapes = hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, min_side=0)
        case = (draw(shapes).input_shapes, (), {})
    else:
        case = draw(st.sampled_from(every_case(primitive)))
    elements = st.integers(0, GRID - 1)
    unique = must_differ(primitive)
    grids = [draw(hnp.arrays(np.int64, s, elements=elements, unique=unique)) for s in case[0]]
    call = call_at(primitive, case, grids)
    assume(is_smooth(primitive, call))
    return call


def sample_calls(primitive: Primitive) -> list[Call]:
    """A few fixed calls of a primitive, for checks that must give the same in every run."""
    if isinstance(primitive, Elementwise):
        shapes: tuple[tuple[int, ...], ...] = ((), (3,), (2, 1))
        pairs = itertools.product(shapes, repeat=len(primitive.operands))
        cases: list[Case] = [(pair, (), {}) for pair in pairs]
    else:
        assert isinstance(primitive, Structural)
        assert primitive.cases is not None
        cases = [case for shape in ((3,), (2, 3)) for case in primitive.cases(shape)]
    rng = np.random.default_rng(0)
    made = []
    for case in cases:
        grids = [rng.permutation(GRID)[: int(np.prod(s))].reshape(s) for s in case[0]]
        made.append(call_at(primitive, case, grids))
    return [call for call in made if is_smooth(primitive, call)]


# ---------------------------------------------------------------- derivatives


def cotangent(shape: tuple[int, ...], seed: int) -> Array:
    """Weights that differ from element to element, none near 0."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape))


def variables(primitive: Primitive, operands: Any, kind: type = Tensor) -> list[Any]:
    """The operands as variables, conditions as they are."""
    return [kind(x) if is_variable(primitive, i) else x for i, x in enumerate(operands)]


def results(z: Any) -> tuple[Any, ...]:
    """The results of a call: one, or those of an operation that has several."""
    return z if isinstance(z, tuple) else (z,)


def weighted(z: Any) -> Any:
    """Σ c·z over all results, with weights that differ from element to element: of plain arrays
    a number, of variables a variable without axes."""
    parts = [cotangent(np.shape(one), 1 + 100 * i) * one for i, one in enumerate(results(z))]
    return functools.reduce(operator.add, map(np.sum, parts))


def gradients_of(z: Any, wanted: list[Any], record: bool = False) -> list[Any]:
    """The gradients of Σ c·z. Of one result, c is what the reverse pass starts from."""
    if isinstance(z, tuple):
        return gradients(weighted(z), wanted, record=record)
    return gradients(z, wanted, cotangent(z.shape, 1), record=record)


def analytic(
    primitive: Primitive, operands: Any, params: dict[str, Any], kind: type = Tensor
) -> list[Array]:
    """The gradient of Σ c·f with respect to each variable, by the reverse pass."""
    given = variables(primitive, operands, kind)
    z = apply(primitive, given, params)
    wanted = [x for x in given if x.__class__ is kind]
    return [np.asarray(g) for g in gradients_of(z, wanted)]


def analytic_second(
    primitive: Primitive, operands: Any, params: dict[str, Any], kind: type = Tensor
) -> list[Array]:
    """The gradient of Σ d·(the gradient of Σ c·f), by the reverse pass over the reverse pass."""
    given = variables(primitive, operands, kind)
    z = apply(primitive, given, params)
    wanted = [x for x in given if x.__class__ is kind]
    first = gradients_of(z, wanted, record=True)
    total = [np.zeros(x.shape) for x in wanted]
    for i, g in enumerate(first):
        if g.__class__ is kind:  # else it is a constant, and its derivative 0
            second = gradients(g, wanted, cotangent(g.shape, 2 + i))
            total = [old + new for old, new in zip(total, second, strict=True)]
    return [np.asarray(x) for x in total]


def numerical(f: Any, primitive: Primitive, operands: Any) -> list[Array]:
    """∂f/∂operand by central differences, for each variable."""
    slopes = []
    for i, x in enumerate(operands):
        if is_variable(primitive, i):

            def moved(other: Any, i: int = i, kind: type = x.__class__) -> Any:
                other = np.asarray(other) if kind is np.ndarray else other
                return f([*operands[:i], other, *operands[i + 1 :]])

            slopes.append(np.asarray(numerical_gradient(moved, x, STEP)))
    return slopes


def check(primitive: Primitive, call: Call, kind: type = Tensor) -> None:
    """Compare the first and second derivatives with numerical differentiation.

    Raises:
        AssertionError: if they differ, or the engine refuses what the rules give.
    """
    operands, params = list(call.operands), call.params
    if kind is Value:
        operands = [x.item() for x in operands]

    def total(xs: Any) -> float:
        return float(weighted(primitive.arrays(*xs, **params)))

    def weighted_gradient(xs: Any) -> float:
        gs = analytic(primitive, xs, params, kind)
        return sum(float(np.sum(g * cotangent(g.shape, 2 + i))) for i, g in enumerate(gs))

    try:
        first = analytic(primitive, operands, params, kind)
        second = analytic_second(primitive, operands, params, kind)
    except (ValueError, TypeError, IndexError) as error:
        raise AssertionError(f"{primitive.name}: {error}") from error
    compare(f"{primitive.name}, first order", first, numerical(total, primitive, operands))
    compare(
        f"{primitive.name}, second order",
        second,
        numerical(weighted_gradient, primitive, operands),
    )


def compare(what: str, actual: list[Array], expected: list[Array]) -> None:
    """Both within what central differences can tell (row 002-16 and section 3.5 of the seeds)."""
    for a, e in zip(actual, expected, strict=True):
        assert a.shape == e.shape, f"{what}: shape {a.shape} for an operand of shape {e.shape}"
        np.testing.assert_allclose(a, e, rtol=1e-5, atol=1e-7, err_msg=what)


def names() -> list[str]:
    """The names of all primitives but `result_of`, whose operand is no variable of a user's."""
    return [name for name in PRIMITIVES if name != "result_of"]
