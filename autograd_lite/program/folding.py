"""Results that are known before a program runs, and signs of zeros that are.

What is computed of constants alone is a constant; of a sum of zeros and one other number in each
row, too. x + 0 is x but for −0, which it makes 0: so it can go where x is never −0.
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.engine.apply import apply
from autograd_lite.engine.primitive import PRIMITIVES, Elementwise, Primitive, Structural
from autograd_lite.program.expressions import parsed
from autograd_lite.program.instructions import Constant, Instruction, Variable
from autograd_lite.program.memory import order_of

_DEEP = 20
"""Through so many operations a sign is followed back."""
_MOST = 1000
"""So many elements a result may have that is kept, and as many as what it is computed of."""


def folded(one: Instruction) -> Constant | None:
    """The result of an instruction whose arguments are all constants; None if there are others, or
    it is large beside them."""
    operation = one.operation
    for x in one.arguments:
        if x.__class__ is not Constant:
            return None
    if not isinstance(operation, Elementwise | Structural) or one.is_several or one.uses():
        return None
    if any(hasattr(x, "code") for x in one.params.values()):
        return None  # a loop
    values = [x.value for x in one.arguments]
    most = max(_MOST, *(np.size(x) for x in values), 0)
    z = one.results[0]
    return None if math.prod(z.shape) > most else _computed(operation, values, one.params, z)


def _computed(
    operation: Primitive, values: list[Any], params: Mapping[str, Any], z: Variable
) -> Constant | None:
    with np.errstate(all="ignore"):
        try:
            found = apply(operation, values, params)
        except (ArithmeticError, ValueError):
            return None
    if isinstance(found, np.ndarray):
        found = np.array(found, order="K")
        found.flags.writeable = False
    if np.asarray(found).dtype.kind in "fc" and np.isnan(found).any():
        return None  # of a product it tells that the guarded program is needed
    if (found.__class__ in (float, int, bool)) != z.is_number or z.is_array:
        return None
    same = (np.shape(found), np.asarray(found).dtype) == (z.shape, z.dtype)
    return Constant(found) if same and order_of(found) == z.order else None


def sum_over_places(
    one: Instruction, made_by: Callable[[Any], Instruction | None]
) -> Constant | None:
    """The sum along an axis of zeros among which constants are put, each into a row of its own:
    these constants, wherever in the row they are put."""
    operation = one.operation
    if not isinstance(operation, Structural) or operation.reduces is not np.add:
        return None
    if operation.linear != "jointly" or set(one.params) != {"axis", "keepdims"}:
        return None
    before, axis = made_by(one.arguments[0]), one.params["axis"]
    if before is None or before.operation is not PRIMITIVES["scatter"] or axis.__class__ is not int:
        return None
    index, shape, x = before.params["index"], before.params["shape"], before.arguments[0]
    if index.__class__ is not tuple or len(index) != len(shape) or x.__class__ is not Constant:
        return None
    others = tuple(part for i, part in enumerate(index) if i != axis % len(shape))
    if not all(_is_row_of_places(part) for part in index) or not any(
        part.__class__ is np.ndarray and len(set((part % n).tolist())) == part.size
        for part, n in zip(others, np.delete(shape, axis % len(shape)), strict=True)
    ):
        return None
    if any(part.__class__ is Variable for part in others):
        return None
    z = one.results[0]
    rest = tuple(int(n) for n in np.delete(shape, axis % len(shape)))
    params = {"index": others, "shape": rest}
    placed = _computed(before.operation, [x.value], params, _of_shape(rest, z))
    return None if placed is None else Constant(np.reshape(placed.value, z.shape))


def _is_row_of_places(x: Any) -> bool:
    return isinstance(x, Variable | np.ndarray) and len(x.shape) == 1 and x.dtype.kind in "iu"


def _of_shape(shape: tuple[int, ...], like: Variable) -> Variable:
    return Variable(np.empty(shape, like.dtype))


# ---------------------------------------------------------------- zeros and their signs


def plus_zero(one: Instruction, is_never_minus_zero: Callable[[Any], bool]) -> Variable | None:
    """x, if the instruction is x + 0 or 0 + x and x is never −0."""
    operation = one.operation
    if not isinstance(operation, Elementwise) or operation.floats != "x + y" or one.params:
        return None
    for x, zero in (one.arguments, one.arguments[::-1]):
        z = one.results[0]
        if x.__class__ is not Variable or zero.__class__ is not Constant or np.shape(zero.value):
            continue
        if (x.shape, x.dtype, x.is_number) != (z.shape, z.dtype, z.is_number):
            continue
        if x.dtype.kind == "f" and zero.value == 0 and is_never_minus_zero(x):
            return x
    return None


def is_never_minus_zero(
    x: Any, made_by: Callable[[Any], Instruction | None], depth: int = _DEEP
) -> bool:
    """Whether something is −0 for no inputs, as far as the expressions on floats tell that it, and
    what it is made of, are computed by."""
    if x.__class__ is Constant:
        array = np.asarray(x.value)
        return array.dtype.kind == "f" and not bool((np.signbit(array) & (array == 0)).any())
    one = made_by(x) if depth else None
    if one is None or not isinstance(one.operation, Elementwise) or x.dtype.kind != "f":
        return False
    given = dict(zip(one.operation.operands, one.arguments, strict=True))

    def never(tree: ast.expr) -> bool:
        if isinstance(tree, ast.Name) and tree.id in given:
            return is_never_minus_zero(given[tree.id], made_by, depth - 1)
        if isinstance(tree, ast.Constant):
            return isinstance(tree.value, float)  # as it is written, without a sign
        if isinstance(tree, ast.IfExp):
            return never(tree.body) and never(tree.orelse)
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            return tree.func.id in ("exp", "abs")
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
            return never(tree.left) or never(tree.right)  # −0 only of two that are −0
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult):
            factors = [given.get(getattr(part, "id", "")) for part in (tree.left, tree.right)]
            return factors[0] is factors[1] is not None  # a square
        return False

    return never(_tree(one.operation.floats))


_tree = functools.lru_cache(maxsize=1024)(parsed)
