"""The checks of derivatives in `test_table` can fail: every rule is broken in every usual way.

A mutant is a primitive of the table with one rule replaced. One that gives the same derivatives
all the same (the negative of a derivative that is 0) is equivalent and passed over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from table_calls import Call, Entry, declarations, entries, smooth_calls
from table_checks import check_first_order, check_second_order, slopes, squares, total

from autograd_lite import Primitive, gradients
from autograd_lite.engine.chain import detached, pullback
from autograd_lite.engine.primitive import EachOperand, Elementwise, Rule
from autograd_lite.engine.variable import is_variable
from autograd_lite.primitives.indexing import getitem
from autograd_lite.testing.calls import applied, is_differentiable

Change = Callable[[Rule], Rule]


# ---------------------------------------------------------------- ways to break a rule


def sign_flipped(rule: Rule) -> Rule:
    return lambda *args, **params: -1.0 * rule(*args, **params)


def twice(rule: Rule) -> Rule:
    return lambda *args, **params: 2.0 * rule(*args, **params)


def dropped(rule: Rule) -> Rule:
    return lambda *args, **params: 0.0 * rule(*args, **params)


def a_hundredth_added(rule: Rule) -> Rule:
    return lambda *args, **params: rule(*args, **params) + 0.01


def not_recorded(rule: Rule) -> Rule:
    """Right numbers, but the second derivative is lost."""
    return lambda *args, **params: rule(*(detached(x) for x in args), **params)


def other_way_round(rule: Rule) -> Rule:
    """The elements of the gradient in reverse order."""

    def change(*args: Any, **params: Any) -> Any:
        g = rule(*args, **params)
        return getitem(g, (slice(None, None, -1),) * len(g.shape))

    return change


def first_element_lost(rule: Rule) -> Rule:
    def change(*args: Any, **params: Any) -> Any:
        g = rule(*args, **params)
        mask = np.ones(g.shape)
        mask[(0,) * mask.ndim] = 0.0
        return g * mask

    return change


def incoming_gradient_ignored(rule: Rule) -> Rule:
    return lambda g, *args, **params: rule(np.ones(np.shape(detached(g))), *args, **params)


def operands_exchanged(rule: Rule) -> Rule:
    """Of a partial derivative (*operands, z)."""
    return lambda *args: rule(*args[:-1][::-1], args[-1])


OF_PARTIALS: tuple[Change, ...] = (
    sign_flipped,
    twice,
    dropped,
    a_hundredth_added,
    not_recorded,
)
OF_PULLBACKS: tuple[Change, ...] = (
    sign_flipped,
    twice,
    dropped,
    not_recorded,
    other_way_round,
    first_element_lost,
    incoming_gradient_ignored,
)


# ---------------------------------------------------------------- mutants


def mutants(primitive: Primitive) -> Iterator[tuple[str, Primitive]]:
    """Every way to break every rule of a primitive, with a description."""
    if isinstance(primitive, Elementwise):
        yield from mutants_of_partials(primitive)
    elif isinstance(primitive.pullbacks, EachOperand):
        yield from mutants_of_variadic(primitive)
    else:
        yield from mutants_of_pullbacks(primitive)


def mutants_of_partials(primitive: Elementwise) -> Iterator[tuple[str, Primitive]]:
    partials = list(primitive.partials)
    places = [i for i in range(len(partials)) if is_differentiable(primitive, i)]
    changes = (*OF_PARTIALS, operands_exchanged) if len(partials) == 2 else OF_PARTIALS
    for i in places:
        for change in changes:
            broken = [*partials[:i], change(as_rule(partials[i])), *partials[i + 1 :]]
            yield f"partial {i} {change.__name__}", with_partials(primitive, broken)
    if len(places) == 2:
        i, j = places
        broken = list(partials)
        broken[i], broken[j] = broken[j], broken[i]
        yield "partials exchanged", with_partials(primitive, broken)


def as_rule(partial: Any) -> Rule:
    """A partial derivative that is a number as a function."""
    return partial if callable(partial) else lambda *args: partial


def with_partials(primitive: Elementwise, partials: list[Any]) -> Primitive:
    return dataclasses.replace(
        primitive,
        partials=tuple(partials),
        pullbacks=tuple(pullback(len(partials), rule) for rule in partials),
    )


def mutants_of_pullbacks(primitive: Primitive) -> Iterator[tuple[str, Primitive]]:
    pullbacks = list(primitive.pullbacks)
    for i, rule in enumerate(pullbacks):
        for change in OF_PULLBACKS if rule is not None else ():
            broken = [*pullbacks[:i], change(rule), *pullbacks[i + 1 :]]
            yield (
                f"pullback {i} {change.__name__}",
                dataclasses.replace(primitive, pullbacks=tuple(broken)),
            )
    if len(pullbacks) == 2 and None not in pullbacks:
        yield (
            "pullbacks exchanged",
            dataclasses.replace(primitive, pullbacks=tuple(pullbacks[::-1])),
        )


def mutants_of_variadic(primitive: Primitive) -> Iterator[tuple[str, Primitive]]:
    pullbacks = primitive.pullbacks

    def broken(change: Change) -> EachOperand:
        return EachOperand(lambda i, *args, **params: change(pullbacks[i])(*args, **params))

    for change in OF_PULLBACKS:
        yield change.__name__, dataclasses.replace(primitive, pullbacks=broken(change))
    exchanged = EachOperand(lambda i, *args, **params: pullbacks[1 - i](*args, **params))
    yield "pullbacks exchanged", dataclasses.replace(primitive, pullbacks=exchanged)


# ---------------------------------------------------------------- each of them is caught


def on(mutant: Primitive, call: Call) -> Call:
    """The call with the rules of a mutant."""

    def function(*given: Any, **kwargs: Any) -> Any:
        count = len(call.operands)
        operands = given[0] if mutant.is_variadic else given[:count]
        return applied(mutant, operands, given[count:], kwargs)

    return dataclasses.replace(call, entry=Entry(mutant, function))


def is_caught(mutant: Primitive, calls: list[Call]) -> bool:
    """Whether a call shows it: most mutants the first."""
    for call in calls:
        try:
            check_first_order(on(mutant, call))
            check_second_order(on(mutant, call))
        except (AssertionError, ValueError, TypeError, IndexError):
            return True  # its rule gives something else, or what the engine refuses
    return False


def derivatives(call: Call) -> list[Any]:
    """Of the first order and of the second."""
    wanted, first = slopes(call, True, squares)
    y = total(first, 2)
    second = gradients(y, wanted) if is_variable(y) else [np.zeros(x.shape) for x in wanted]
    return [*(np.asarray(detached(g)) for g in first), *second]


def is_equivalent(mutant: Primitive, primitive: Primitive, calls: list[Call]) -> bool:
    """Whether both give the same first and second derivatives everywhere."""
    return all(
        np.allclose(a, b, rtol=1e-9, atol=1e-12)
        for call in calls
        for a, b in zip(derivatives(on(mutant, call)), derivatives(on(primitive, call)),
                        strict=True)
    )  # fmt: skip


RULES = [one for one in declarations() if isinstance(one, Primitive)]
ENTRIES = {entry.one.name: entry for entry in entries(others=True)}


@pytest.mark.parametrize("primitive", RULES, ids=lambda one: one.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a broken rule may divide by 0
def test_every_mutant_is_caught(primitive: Primitive) -> None:
    calls = smooth_calls(ENTRIES[primitive.name])
    assert not is_caught(primitive, calls)
    broken = dict(mutants(primitive))
    survived = [what for what, mutant in broken.items() if not is_caught(mutant, calls)]
    assert len(survived) < len(broken)
    assert all(is_equivalent(broken[what], primitive, calls) for what in survived), survived
