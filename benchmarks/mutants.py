"""Every rule of the table of primitives, broken in every usual way.

A mutant is a primitive with one rule replaced. Rules are broken as functions of plain arrays,
(g, z, *operands, **parameters) -> the gradient of one operand, so that the same mutant can be given
to other libraries as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from autograd_lite.engine.primitive import EachOperand, Elementwise, Primitive, Structural
from autograd_lite.testing.calls import cotangent, is_differentiable, split
from autograd_lite.testing.strategies import random_points

Array = npt.NDArray[Any]
Rule = Callable[..., Any]
Way = Callable[[Rule, int], Rule]
"""From a rule and the operand that it is for to the broken rule."""


# ---------------------------------------------------------------- ways to break a rule


def after(change: Callable[[Array, Array], Any]) -> Way:
    """The result of the rule, changed: given the result and the operand."""

    def way(rule: Rule, i: int) -> Rule:
        def broken(g: Any, z: Any, *operands: Any, **params: Any) -> Any:
            result = np.asarray(rule(g, z, *operands, **params))
            return np.asarray(change(result, np.asarray(operands[i])))

        return broken

    return way


def only_where(which: Callable[[Array], Any]) -> Way:
    """Half as much again, but only where something holds of the operand."""
    return after(lambda r, x: r * np.where(which(x), 1.5, 1.0) if _fits(r, x) else r)


def _fits(r: Array, x: Array) -> bool:
    """Whether x broadcasts to the shape of r."""
    try:
        return np.broadcast_shapes(r.shape, x.shape) == r.shape
    except ValueError:
        return False


def wrong_operand(rule: Rule, i: int) -> Rule:
    """The operands exchanged; of a single one, the result in its place, as in a derivative of the
    output that is given the input."""

    def broken(g: Any, z: Any, *operands: Any, **params: Any) -> Any:
        if len(operands) == 1:
            return rule(g, operands[0], z, **params)
        *rest, x, y = operands
        return rule(g, z, *rest, y, x, **params)

    return broken


def gradient_ignored(rule: Rule, i: int) -> Rule:
    """As if the incoming gradient were 1: backward(1)."""
    return lambda g, *args, **params: rule(np.ones_like(np.asarray(g, float)), *args, **params)


def term_dropped(rule: Rule, i: int) -> Rule:
    """What comes back from the last element of the result is lost."""

    def broken(g: Any, *args: Any, **params: Any) -> Any:
        g = np.array(g, float)
        if g.size:
            g.flat[-1] = 0.0
        return rule(g, *args, **params)

    return broken


def not_summed(result: Array, x: Array) -> Array:
    """The sum over the axes that were broadcast forgotten: only the first is there."""
    while result.ndim > x.ndim:
        result = result[0]
    for axis, n in enumerate(x.shape):
        if result.ndim == x.ndim and n == 1 and result.shape[axis] > 1:
            result = result.take([0], axis)
    return result


def transposed(result: Array, x: Array) -> Array:
    """Square matrices transposed."""
    if result.ndim >= 2 and result.shape[-1] == result.shape[-2]:
        return np.swapaxes(result, -1, -2)
    return result


def first_off(result: Array, x: Array) -> Array:
    """The first element of the gradient half as large again."""
    factor = np.ones(result.shape)
    factor[(slice(0, 1),) * factor.ndim] = 1.5
    return result * factor


WAYS: dict[str, Way] = {
    "sign": after(lambda r, x: -r),
    "factor 2": after(lambda r, x: 2.0 * r),
    "factor 1.01": after(lambda r, x: 1.01 * r),
    "zero": after(lambda r, x: 0.0 * r),
    "0.01 too much": after(lambda r, x: r + 0.01),
    "a term dropped": term_dropped,
    "wrong operand": wrong_operand,
    "not summed": after(not_summed),
    "transposed": after(transposed),
    "back to front": after(lambda r, x: np.flip(r)),
    "gradient ignored": gradient_ignored,
    "first element": after(first_off),
    "off where x > 1": only_where(lambda x: x > 1.0),
    "off where x < 0": only_where(lambda x: x < 0.0),
    "off where |x| > 2": only_where(lambda x: np.abs(x) > 2.0),
}


# ---------------------------------------------------------------- mutants


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A primitive with one broken rule; for a way that is not in `WAYS`, the primitive itself."""

    primitive: Primitive
    operand: int
    way: str

    @property
    def name(self) -> str:
        operands = self.primitive.operands
        by = operands[self.operand] if operands else f"operand {self.operand + 1}"
        return f"{self.primitive.name} by {by}: {self.way}"

    def rule(self, i: int) -> Rule:
        """The rule for the i-th operand, broken if it is that one."""
        rule = self.primitive.pullbacks[i]
        assert rule is not None
        return WAYS[self.way](rule, i) if i == self.operand and self.way in WAYS else rule

    def broken(self) -> Primitive:
        """The primitive as the engine takes it."""
        p = self.primitive
        if self.way not in WAYS:
            return p
        if isinstance(p.pullbacks, EachOperand):
            return dataclasses.replace(
                p, pullbacks=EachOperand(lambda i, *args, **params: self.rule(i)(*args, **params))
            )
        pullbacks = [p.pullbacks[i] and self.rule(i) for i in range(len(p.pullbacks))]
        if isinstance(p, Structural):  # what works in place would go around the rule
            return dataclasses.replace(p, pullbacks=tuple(pullbacks), adds=None, clears=None)
        assert isinstance(p, Elementwise)
        broken = self.rule(self.operand)
        partials = list(p.partials)  # Values hold numbers, so they ask for these instead
        partials[self.operand] = lambda *args: broken(1.0, args[-1], *args[:-1])
        return dataclasses.replace(p, pullbacks=tuple(pullbacks), partials=tuple(partials))


def mutants(primitive: Primitive) -> Iterator[Mutant]:
    """All mutants of a primitive, those that are none among them."""
    count = len(primitive.operands) or 2
    for i in range(count):
        if is_differentiable(primitive, i):
            yield from (Mutant(primitive, i, way) for way in WAYS)


# ---------------------------------------------------------------- those that are none


def is_equivalent(mutant: Mutant) -> bool:
    """Whether the broken rule gives the same gradients as the right one wherever it can be
    called, as the negative of a derivative that is 0 does."""
    for point in random_points(mutant.primitive):
        if mutant.operand >= len(point.operands):
            continue
        right, broken = mutant.primitive.pullbacks[mutant.operand], mutant.rule(mutant.operand)
        given, params = split(mutant.primitive, point.operands, point.args, dict(point.kwargs))
        z = np.asarray(mutant.primitive.arrays(*given, **params))
        g = cotangent(z.shape)
        x = np.asarray(given[mutant.operand])
        expected = summed(np.asarray(right(g, z, *given, **params)), x.shape)
        try:
            found = summed(np.asarray(broken(g, z, *given, **params)), x.shape)
        except (ValueError, TypeError, IndexError):
            return False
        if found.shape != expected.shape or not np.allclose(found, expected, 1e-9, 1e-12):
            return False
    return True


def summed(part: Array, shape: tuple[int, ...]) -> Array:
    """As the engine does: summed over the axes along which something of `shape` was broadcast."""
    lead = part.ndim - len(shape)
    if lead < 0:
        return part
    part = part.sum(axis=tuple(range(lead)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and part.shape[i] != 1)
    return part.sum(axis=axes, keepdims=True) if axes else part
