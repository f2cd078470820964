"""What is to be done for an instruction of arrays, and what a declaration says of it."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Structural
from autograd_lite.program.instructions import (
    Constant,
    Instruction,
    NumpyCall,
    Variable,
)
from autograd_lite.program.native import indexing, loop_nests, maps
from autograd_lite.program.native.lower import Op, template
from autograd_lite.program.native.nests import (
    Shape,
)
from autograd_lite.program.straight import COMPARISONS, NotStraight

VALUES = {
    np.dtype(np.float64): "d",
    np.dtype(np.bool_): "b",
}
MULTIPLY, ADD = PRIMITIVES["multiply"], PRIMITIVES["add"]


def sort_of(one: Instruction) -> str:
    """What is to be done for an instruction: "point" for every element alone, "move" to take the
    numbers from elsewhere, "reduce", "spread", "product", "call".

    Raises:
        NotStraight: if there is no code for it.
    """
    operation = one.operation
    if indexing.is_extreme(one):
        indexing.axis_of_extreme(one)
        return "extreme"
    if _is_of_truths(one):
        return "any"
    if any(x.dtype not in VALUES for x in one.results) or any(
        x.__class__ is Variable and x.dtype not in VALUES for x in one.arguments
    ):
        raise NotStraight("it is of numbers that are not float64")
    if indexing.index_in(one) is not None:
        indexing.plan(one, list(map(shape_of, one.arguments)))
        return "indexed"
    if isinstance(operation, NumpyCall | Elementwise):
        return _sort_of_point(one)
    assert isinstance(operation, Structural)
    if any(hasattr(x, "code") for x in one.params.values()):
        loop_nests.plan_of(one)
        return "call"
    if not all(_is_double(x) for x in one.arguments):
        raise NotStraight(f"{operation.name} of truth values")
    if operation.reduces is not None and set(one.params) <= {"axis", "keepdims"}:
        combined_by(operation.reduces)
        return "reduce"
    if labels_of(one) is not None:
        return "product"
    if moves_of(one) is not None:
        return "move"
    if spread_of(one) is not None:
        return "spread"
    raise NotStraight(f"{operation.name} has no counterpart")


def _is_of_truths(one: Instruction) -> bool:
    """Whether it asks if any, or all, of some truth values hold."""
    return (
        isinstance(one.operation, NumpyCall)
        and one.operation.function in (np.any, np.all)
        and not one.params
        and len(one.arguments) == 1
        and one.arguments[0].__class__ is Variable
        and one.arguments[0].dtype == np.bool_
    )


def _is_double(x: Any) -> bool:
    if x.__class__ is Variable:
        return bool(x.dtype == np.float64)
    value = getattr(x, "value", x)
    return np.asarray(value).dtype.kind in "fib"


def _sort_of_point(one: Instruction) -> str:
    z = one.results[0]
    operation = operation_of(one)
    if operation is None or one.is_several or one.params:
        name = one.operation.name
        raise NotStraight(f"{name} has no value on floats")
    is_comparison = operation in COMPARISONS.values()
    if is_comparison != (z.dtype == np.bool_):
        raise NotStraight(f"{one.operation.name} of truth values")
    for x in one.arguments:
        if x.__class__ is not Variable and not _is_double(x):
            raise NotStraight("a constant of another kind")
    kinds = tuple(
        x.dtype == np.bool_ if x.__class__ is Variable else _constant_is_truth(x)
        for x in one.arguments
    )
    template(operation.floats, tuple(operation.operands), kinds)
    return "point"


def _constant_is_truth(x: Any) -> bool:
    return np.asarray(getattr(x, "value", x)).dtype == np.bool_


@functools.cache
def _by_function(version: int) -> dict[Any, Elementwise]:
    return {p.arrays: p for p in PRIMITIVES.values() if isinstance(p, Elementwise)}


def operation_of(one: Instruction) -> Any:
    """What an elementwise instruction applies, with its value on floats; None if it is none."""
    operation = one.operation
    if isinstance(operation, NumpyCall):
        found = COMPARISONS.get(operation.function)
        if found is not None:
            return found
        operation = _by_function(len(PRIMITIVES)).get(operation.function)  # type: ignore[assignment]
    return operation if getattr(operation, "floats", None) is not None else None


@functools.cache
def _by_power() -> dict[float, Elementwise]:
    """What NumPy's loop computes in place of a power of arrays, by the exponent: of √x, not of
    x^½, −inf gives nan, and −0 −0. Older ones do so for the operator alone."""
    with np.errstate(invalid="ignore"):
        is_root = np.isnan(np.power(np.array([-np.inf]), 0.5)).all()
    return {0.5: PRIMITIVES["sqrt"]} if is_root else {}  # type: ignore[dict-item]


def as_numpy_does(
    operation: Any, arguments: Sequence[Any], z: Variable
) -> tuple[Any, Sequence[Any]]:
    """An elementwise operation and its arguments, or what NumPy's loop computes instead."""
    if operation is PRIMITIVES["power"] and not z.is_number:
        exponent = arguments[1]
        if exponent.__class__ is Constant and np.ndim(exponent.value) == 0:
            instead = _by_power().get(float(exponent.value))
            if instead is not None:
                return instead, arguments[:1]
    return operation, arguments


def combined_by(ufunc: Any) -> tuple[tuple[list[Op], int], float]:
    """What a ufunc does with two numbers, and the number that changes no other."""
    for p in PRIMITIVES.values():
        if isinstance(p, Elementwise) and ufunc in (p.arrays, *p.numpy) and len(p.operands) == 2:
            how = template(p.floats, tuple(p.operands), (False, False))
            if ufunc.identity is not None:
                return how, float(ufunc.identity)
            neutral = -math.inf if ufunc(-math.inf, 0.0) == 0.0 else math.inf
            return how, neutral
    raise NotStraight(f"{ufunc.__name__} has no value on floats")


def shape_of(x: Any) -> Shape:
    """The shape of a reference."""
    return x.shape if x.__class__ is Variable else np.shape(getattr(x, "value", x))


MOST_REMEMBERED = 1 << 22
"""How many places the maps have together that are remembered."""

_known_maps: dict[Any, tuple[int, Any]] = {}


def _remembered(name: str, one: Instruction, make: Any) -> Any:
    """What `make` gives, made once for each primitive, shapes and parameters."""
    shapes = tuple(map(shape_of, one.arguments))
    try:
        params = tuple((k, _key(x)) for k, x in one.params.items())
        key = (name, one.operation.name, shapes, params)
        hash(key)
    except TypeError:
        return make(one.operation, shapes, one.params)
    if key not in _known_maps:
        if sum(size for size, _ in _known_maps.values()) > MOST_REMEMBERED:
            _known_maps.clear()
        results = sum(math.prod(x.shape) for x in one.results)
        size = (1 + len(shapes)) * (results + sum(map(math.prod, shapes)))
        _known_maps[key] = (size, make(one.operation, shapes, one.params))
    return _known_maps[key][1]


def _key(x: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic):
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, slice):
        return ("slice", x.start, x.stop, x.step)
    if isinstance(x, tuple | list):
        return (type(x), *map(_key, x))
    return type(x), repr(x) if isinstance(x, float) else x


def labels_of(one: Instruction) -> Any:
    """The labels of a sum of products; None if it is none."""
    contracts = getattr(one.operation, "contracts", None)
    return (
        None if contracts is None else contracts(list(map(shape_of, one.arguments)), **one.params)
    )


def moves_of(one: Instruction) -> Any:
    """For each result the boxes, or the table, by which it takes its numbers; None if it does
    more."""
    return _remembered("moves", one, _moves)


def _moves(primitive: Structural, shapes: Sequence[Shape], params: Mapping[str, Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            found = maps.moves_of(primitive, shapes, params)
    except Exception:
        return None
    if found is None:
        return None
    made = []
    for one in found:
        used = [k for k, x in enumerate(one.sources) if np.any(x >= 0)]
        boxes = maps.boxes_of([one.sources[k] for k in used]) if used else []
        if boxes is None and len(used) > 1:
            return None
        counts = {k: int((one.sources[k] >= 0).sum()) for k in used}
        made.append((one, used, boxes, counts))
    return made


def spread_of(one: Instruction) -> Any:
    """Where each number of each operand is added, and by how much the sums are divided; None if it
    does more."""
    return _remembered("spread", one, _spread)


def _spread(primitive: Structural, shapes: Sequence[Shape], params: Mapping[str, Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return maps.spread_of(primitive, shapes, params)
    except Exception:
        return None
