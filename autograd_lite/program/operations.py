"""What is known of an operation without its numbers, when a program is traced."""

from __future__ import annotations

import functools

import numpy as np

from autograd_lite.engine.primitive import Elementwise, Primitive, Structural
from autograd_lite.program.instructions import NumpyCall, results_of


@functools.lru_cache(maxsize=1024)
def may_turn_complex(primitive: Structural) -> bool:
    """Whether a primitive gives complex numbers for some real ones only, as eigenvalues are."""
    kinds = set()
    for x in (np.eye(2), np.array([[0.0, 1.0], [-1.0, 0.0]])):
        try:
            given = results_of(primitive.arrays(*[x for _ in primitive.operands]))
        except Exception:
            return False
        kinds.add(tuple([np.asarray(z).dtype.kind for z in given]))
    return len(kinds) > 1


def may_be_view(operation: Primitive | NumpyCall) -> bool:
    """Whether a result may lie in the memory of an argument: what computes new numbers does not,
    what moves numbers may, if they lie there in the right order."""
    if isinstance(operation, NumpyCall):
        return not isinstance(operation.function, np.ufunc)
    if isinstance(operation, Structural):
        moves = operation.linear == "jointly" and operation.reduces is None
        return moves or (operation.results is not None and operation.example is None)
    if not isinstance(operation, Elementwise) or isinstance(operation.arrays, np.ufunc):
        return False
    return len(operation.operands) == 1
