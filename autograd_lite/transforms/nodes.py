"""Functions as one node of the graph: what `custom_gradient` and `checkpoint` make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.apply import TENSOR, record_as
from autograd_lite.engine.forward import together
from autograd_lite.engine.primitive import Structural
from autograd_lite.engine.recording import Results, as_value
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import is_variable

Back = Callable[[tuple[Any, ...], Sequence[Any], bool], Sequence[Any]]
"""From the gradients of the results, the operands, and whether to record, to the gradients of the
operands, or None for 0. To record, the operands are variables, or the gradients are."""


def recorded_as_one(
    name: str, operands: Sequence[Any], results: Sequence[Any], back: Back
) -> list[Any]:
    """Results of operands, as if of one operation with a way back of its own: variables.

    Args:
        name: what pictures call the operation.
        operands: the variables that the results depend on.
        results: numbers, arrays or variables, of which the numbers alone are kept.
        back: the way back.
    """
    several = len(results) != 1
    values = tuple(map(_numbers_of, results))

    def pull(g: Any, z: Any, given: Any) -> dict[int, Any]:
        gs = g if several else (g,)
        with_variables = given.__class__ is Results
        recording = with_variables or any(map(is_variable, gs))
        given = given.operands if with_variables else given
        parts = back(gs, given, recording)
        return {i: part for i, part in enumerate(parts) if part is not None}

    primitive = Structural(
        name=name,
        operands=("x",),
        text=f"{name}({{x}})",
        arrays=lambda _: values if several else values[0],
        pullbacks=(pull,),  # of all operands at once: they stand together as one
        results=() if several else None,
        function=recorded_as_one,
    )
    made = record_as(TENSOR, primitive, (together(operands, always=True),), {})
    made = list(made) if several else [made]
    return [as_value(z) if _is_float(was) else z for z, was in zip(made, results, strict=True)]


def _is_float(result: Any) -> bool:
    return result.__class__ is Value or result.__class__ in (float, int)


def _numbers_of(result: Any) -> Any:
    """The numbers of a result, which nobody else can change."""
    if isinstance(result.detach() if is_variable(result) else result, StandIn):
        return result.detach() if is_variable(result) else result
    if result.__class__ is Value:
        return np.float64(result.detach())
    if is_variable(result):
        result = result.detach()
        return np.array(result)[()] if result.ndim == 0 or result.flags.writeable else result
    array = np.array(result)
    return array.astype(float)[()] if array.dtype.kind in "iu" else array[()]
