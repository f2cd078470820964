"""Running a program instruction by instruction, as the functions of the table do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.program.instructions import (
    Constant,
    NumpyCall,
    Program,
    Variable,
    results_of,
)


@np.errstate(all="ignore")
def interpret(program: Program, given: Sequence[Any]) -> list[Any]:
    """What a program gives for these numbers and arrays."""
    known: dict[Variable, Any] = dict(zip(program.inputs, given, strict=True))

    def now(x: Any) -> Any:
        if x.__class__ is Variable:
            return known[x]
        return x.value if x.__class__ is Constant else x

    for one in program.instructions:
        now_known = one.with_parts(now)
        arguments, params = now_known.arguments, now_known.params
        if isinstance(one.operation, NumpyCall):
            result = one.operation.function(*arguments, **params)
            if one.results[0].is_number and not one.is_several:
                result = result.item()
        else:
            result = apply(one.operation, arguments, params)
        known.update(zip(one.results, results_of(result), strict=True))
    return [now(x) for x in program.outputs]
