"""Applying a primitive to anything: numbers, arrays, Values, Tensors, arrays of Values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.chain import detached
from autograd_lite.engine.foreign import operation_on
from autograd_lite.engine.objects import joined
from autograd_lite.engine.primitive import NODES, Array, Elementwise, Primitive, Rule
from autograd_lite.engine.stand_ins import NumbersUnknownError, StandIn

NUMBER, SCALAR, ARRAY, VALUE, TENSOR, OBJECTS, UNKNOWN, TRACED, TRACED_ARRAY, BATCHED = range(10)
"""What an operand is: a Python number, a NumPy scalar, an array … The greatest of the operands'
kinds decides how they are evaluated; `OBJECTS` is a NumPy array of variables, `TRACED` what stands
for a number while straight-line code is made of a rule, `TRACED_ARRAY` for a number or array of a
program that is being traced, `BATCHED` for an array of each example of a batch (see `batching`)."""

_kinds: dict[type, int] = {float: NUMBER, int: NUMBER, bool: NUMBER, np.ndarray: ARRAY}
_kinds |= {np.dtype(code).type: SCALAR for code in "?bhilqBHILQefdg"}
_record: dict[int, Rule] = {}


def register(kind: int, cls: type | None, record: Rule) -> None:
    """Say how operands of this kind, of class `cls`, are recorded (from the floor above)."""
    if cls is not None:
        _kinds[cls] = kind
        if kind < UNKNOWN:
            NODES.append(cls)
    _record[kind] = record


def is_known(x: Any) -> bool:
    """Whether x is a number, array or variable as it stands, so that nothing is to be converted."""
    return x.__class__ in _kinds and (x.__class__ is not np.ndarray or x.dtype.kind in "fiubc")


def record_as(
    kind: int, primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]
) -> Any:
    """Record a primitive in the way of this kind of operands."""
    return _record[kind](primitive, operands, params)


def apply(primitive: Primitive, operands: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Evaluate a primitive on these operands, and record it where there is a variable."""
    if primitive.constants:
        operands = _without_tensors(primitive, operands)
    kind, arrays = NUMBER, False
    for x in operands:
        k = _kinds.get(x.__class__, UNKNOWN)
        if k == ARRAY:
            arrays = True
            if x.dtype.kind not in "fiubc":
                k = UNKNOWN
        if k > kind:
            kind = k
    if kind >= UNKNOWN:
        for x in operands:
            if x.__class__ not in _kinds and (function := operation_on(primitive, x)):
                return function(*operands, **params)
    if kind == UNKNOWN or (arrays and kind == VALUE):
        operands, kind = _sort_out(primitive, operands)
    if kind == NUMBER and isinstance(primitive, Elementwise):
        return primitive.evaluate_floats(*operands)
    if kind <= ARRAY or (kind == OBJECTS and not isinstance(primitive, Elementwise)):
        try:
            return primitive.arrays(*operands, **params)
        except (ValueError, TypeError, IndexError) as error:
            for x in _parts(params.values()):
                if isinstance(x, StandIn):  # an index that is not known yet
                    return x.evaluate(primitive, operands, params)
            raise explained(primitive, error, operands) from None
    return _record[kind](primitive, operands, params)


def _parts(things: Iterable[Any]) -> Iterator[Any]:
    """What stands in nested tuples."""
    for x in things:
        if isinstance(x, tuple):
            yield from _parts(x)
        else:
            yield x


def _without_tensors(primitive: Primitive, operands: Sequence[Any]) -> list[Any]:
    """The operands with the plain data of a variable where a constant is meant; among Values and
    numbers alone a Value there keeps its formula."""
    if all(_kinds.get(x.__class__, UNKNOWN) in (NUMBER, SCALAR, VALUE) for x in operands):
        return list(operands)
    return [detached(x) if i in primitive.constants else x for i, x in enumerate(operands)]


def _sort_out(primitive: Primitive, operands: Sequence[Any]) -> tuple[Sequence[Any], int]:
    """Convert what is not yet number, array or variable, and find the kind of the whole."""
    operands = list(operands)
    kinds = []
    for i, x in enumerate(operands):
        kind = _kinds.get(x.__class__, UNKNOWN)
        if kind in (ARRAY, UNKNOWN):
            x = operands[i] = as_operand(primitive.name, x)
            dtype = getattr(x, "dtype", None)
            kind = NUMBER if dtype is None else OBJECTS if dtype.kind == "O" else ARRAY
            if isinstance(x, np.generic | complex) and not isinstance(x, float):
                kind = SCALAR
        kinds.append(kind)
    if TENSOR in kinds or any(
        k == OBJECTS and any(_kinds.get(v.__class__) == TENSOR for v in x.flat)
        for k, x in zip(kinds, operands, strict=True)
    ):
        # of all that can stand in an array of objects, a Tensor is the most general
        operands = [joined(x) if k == OBJECTS else x for k, x in zip(kinds, operands, strict=True)]
        kinds = [TENSOR if k == OBJECTS else k for k in kinds]
    kind = max(kinds)
    if kind == VALUE and any(
        (k == ARRAY and x.ndim) or (k in (SCALAR, ARRAY) and np.iscomplexobj(x))
        for k, x in zip(kinds, operands, strict=True)
    ):
        kind = TENSOR  # a Value beside an array stands for a number beside it
    return operands, kind


def as_operand(name: str, x: Any) -> Any:
    """A number or array that may stand beside variables, or a TypeError that names `name`."""
    known = _kinds.get(x.__class__, UNKNOWN) > UNKNOWN
    if known or isinstance(x, float | complex | np.number | np.bool_):
        return x
    if isinstance(x, str | bytes) or x is None:
        raise TypeError(f"{name}: {repr(x)[:60]} cannot be used; give numbers or arrays of them")
    refuse_other_arithmetic(name, x)
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if array.dtype.kind not in "biufc" and not _holds_variables(array):
        instead = "give numbers or arrays of them"
        if hasattr(x, "toarray"):
            instead += ": A.toarray() of a sparse A, of which only A @ x and x @ A are recorded"
        raise TypeError(f"{name}: cannot use {type(x).__name__} (dtype {array.dtype}); {instead}")
    return array


def refuse_other_arithmetic(name: str, x: Any) -> None:
    """Raise TypeError if x is an array whose class computes otherwise than NumPy's arrays do:
    a masked array, whose mask would be lost; a matrix, whose * is a matrix product."""
    cls = x.__class__
    if cls is np.ndarray or not isinstance(x, np.ndarray):
        return
    if any(getattr(cls, m) is not getattr(np.ndarray, m) for m in _ARITHMETIC):
        way = "x.filled(...)" if hasattr(x, "filled") else "np.asarray(x)"
        raise TypeError(
            f"{name}: a {cls.__name__} computes otherwise than plain arrays; give {way}"
            + (", and where(mask, ...) for the rest" if hasattr(x, "filled") else "")
        )


_ARITHMETIC = ("__mul__", "__array_ufunc__", "__array_function__")


def _holds_variables(array: Array) -> bool:
    """Whether it is an array of variables without axes, and numbers."""
    return array.dtype == object and all(
        _kinds.get(x.__class__) in (NUMBER, SCALAR, VALUE)
        or (_kinds.get(x.__class__) == TENSOR and not x.ndim)
        for x in array.flat
    )


def explained(primitive: Primitive, error: Exception, operands: Sequence[Any]) -> Exception:
    """NumPy's error as an error of the same kind that names the operation and the shapes."""
    if isinstance(error, NumbersUnknownError) or hasattr(primitive.arrays, "explains_errors"):
        return error
    shapes = " and ".join(str(np.shape(detached(x))) for x in operands[:4])
    said = re.sub(r"\s+", " ", str(error)).strip()
    if "broadcast" in said:
        said = f"shapes {shapes} do not broadcast: make each pair of axes equal, or one of them 1"
    elif primitive.fits:
        said = f"shapes {shapes} do not fit: {primitive.fits}"
    else:
        said = f"{said} (shapes {shapes})"
    kinds = (np.linalg.LinAlgError, IndexError, ValueError, TypeError)
    kind = next(k for k in kinds if isinstance(error, k))
    return kind(f"{primitive.name}: {said}")
