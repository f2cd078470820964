"""The reverse pass through graphs of any nodes: what flows back to each is kept in a table.

Each node is asked for the contributions to its operands; given `record=True` this computes with
variables, so that the gradient is a graph again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.engine import hooks, modes
from autograd_lite.engine.batch import Batched, is_traced, numbers_of
from autograd_lite.engine.batching import PullbackOf, one_by_one
from autograd_lite.engine.chain import detached, times
from autograd_lite.engine.fitting import fitted
from autograd_lite.engine.in_place import (
    Pieces,
    add_in_place,
    as_it_is,
    is_in_place,
    is_noted,
    own,
    shown,
)
from autograd_lite.engine.observing import observed_call, observed_pullback, observers
from autograd_lite.engine.primitive import EachOperand, Shared
from autograd_lite.engine.recording import Results
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import NO_PARAMS, is_variable
from autograd_lite.engine.written import Gone, Written, lend

ndarray, float64, float32 = np.ndarray, np.float64, np.float32


def count_uses(output: Any) -> dict[Any, int]:
    """How often each node below the output is used by others below it."""
    uses = {output: 0}
    nodes = [output]
    for node in nodes:
        operands = node._operands if node.__class__ is Tensor else [x for _, x in node.variables()]
        for x in operands:
            kind = x.__class__
            if kind is Written:  # since then
                _ = node.operands  # which puts in its place what it was
                x = x.first
                kind = Tensor
            if kind is Tensor or kind is Value or kind is Results:
                if x in uses:
                    uses[x] += 1
                else:
                    uses[x] = 1
                    nodes.append(x)
    return uses


@np.errstate(all="ignore")
def propagate(
    output: Any,
    gradient: Any,
    wanted: frozenset[Any] | None,
    uses: dict[Any, int],
    record: bool,
    ends: Collection[Any] = (),
) -> tuple[dict[Any, Any], set[Any]]:
    """The pass itself: ∂output/∂v for every variable v with a count in `uses` that is wanted (or,
    for None, that has a `.grad`), and those v whose array is theirs alone.

    At each node the pullback of each operand that is a variable is called with the gradient, the
    result, the operands' values and the parameters; to record, with the variables themselves for
    their values. Nothing flows on below the ends."""
    flows = {output: gradient}
    found: dict[Any, Any] = {}
    owned: set[Any] = set()
    ready = [output] if output in uses else []
    part: Any
    has_hooks = hooks.count
    watching = observers() if modes.paused else ()
    for node in ready:
        flow = flows.pop(node)
        if flow.__class__ is Pieces:
            flow = flow.sum(node)
            owned.add(node)
        if has_hooks:
            flow = given = shown(flow)
            flow = hooks.hooked(node, flow)
            if flow is not given:
                owned.discard(node)
        kind = node.__class__
        primitive = node._primitive
        if wanted is not None:
            if node in wanted:
                found[node] = flow if flow.__class__ is ndarray else shown(flow)
                if node in ends:
                    continue
        elif primitive is None or kind is Value or (kind is Tensor and node._keep):
            found[node] = flow if flow.__class__ is ndarray else shown(flow)
        if primitive is None:
            continue
        in_place = None
        if primitive.works_in_place and is_in_place(node, flow, uses, flows):
            in_place = node._operands[0]
        if flow.__class__ is Written and (in_place is None or not primitive.clears or watching):
            flow = lend(flow)
        if kind is Tensor:
            operands, rules, params = node._operands, primitive.pullbacks, node._params
            if record:
                _check_unchanged(node)
                z, values = node, operands
            else:
                z, values = node._plain, node._values
            if rules.__class__ is not tuple and isinstance(rules, EachOperand | Shared):
                rules, values, params = rules.at(
                    flow, z, values, params, partial(_asked_for, operands, uses)
                )
        elif kind is Value:
            operands, rules, z, values, params = _rules_of_value(node, record)
        else:
            operands, rules, z, values, params = _rules_of_results(node, record)
            flow = _whole(flow, node, getattr(rules, "is_told", False))
            if rules.__class__ is EachOperand:
                asked = partial(_asked_for, operands, uses)
                rules, values, params = rules.at(flow, z, values, params, asked)
        places: Iterator[tuple[int, Any]] = enumerate(operands)
        if primitive.works_in_place and in_place is None and is_noted(flow):
            places = _in_order(operands, primitive)
        for i, parent in places:
            kind = parent.__class__
            if kind is not Tensor and kind is not Value and kind is not Results:
                continue
            left = uses.get(parent)
            if left is None or (parent is in_place and i == 0):
                continue
            rule = rules[i]
            if watching:
                rule = observed_pullback(watching, node, i, rule)
            try:
                part = rule(flow, z, *values, **params) if params else rule(flow, z, *values)
            except Exception as error:
                alone = PullbackOf(primitive, i) if node.__class__ is Tensor else rules[i]
                part = one_by_one(error, alone, (flow, z, *values), params)
            data = parent._plain
            made = part.__class__
            if made is not data.__class__ or not (
                (made is ndarray and part.shape == data.shape and part.dtype is data.dtype)
                or made is float64
                or made is float32
            ):
                part = fitted(part, parent, node)
            if in_place is not None:
                part = as_it_is(part)  # what it may be a view of will change
            if parent in flows:
                part = _added(flows[parent], part, parent, owned)
            elif (left > 1 or parent._primitive is None) and _is_new(part, flow, z, values):
                owned.add(parent)
            flows[parent] = part
            left -= 1
            uses[parent] = left
            if not left:
                ready.append(parent)
        if in_place is not None:
            mine = flow.__class__ is Written or (node in owned and node not in found)
            add = partial(add_in_place, node, flow, mine, in_place, flows, owned)
            observed_call(watching, node, 0, flow, add) if watching else add()
            uses[in_place] -= 1
            if not uses[in_place]:
                ready.append(in_place)
    return found, owned


def _in_order(operands: Sequence[Any], primitive: Any) -> Iterator[tuple[int, Any]]:
    """The operands with their places, in a program that is being traced: what would else be
    written into in place comes last, as there, so that sums are added up in the same order."""
    places = list(enumerate(operands))
    return iter(places if primitive.clears is None else [*places[1:], places[0]])


def _is_new(part: Any, flow: Any, z: Any, values: Iterable[Any]) -> bool:
    """Whether a rule made an array, and did not hand on, whole or as a view, one that it got."""
    if part.__class__ is not ndarray or part.base is not None or part is flow or part is z:
        return False
    for v in values:
        if part is v:
            return False
    return bool(part.flags.writeable)


def _added(total: Any, part: Any, node: Any, owned: set[Any]) -> Any:
    """The sum of contributions to a node; in place only into an array that was made here."""
    if total.__class__ is float64 or total.__class__ is float32:
        return total + part
    if total.__class__ is part.__class__ is ndarray and node in owned:
        return np.add(total, part, out=total)
    if total.__class__ is Pieces:
        if is_noted(part):
            return total.added_to(part)
        if not isinstance(part, ndarray | np.generic | Tensor | Batched) or is_traced(part):
            return part + shown(total.sum(node))
        owned.add(node)
        return total.added_to(own(part))
    if total.__class__ is dict:  # of several results, each by itself
        for i, g in part.items():
            total[i] = total[i] + g if i in total else g
        return total
    total = (shown(total) if total.__class__ is Written else total) + part
    if total.__class__ is ndarray:
        owned.add(node)
    else:
        owned.discard(node)
    return total


def as_owned(found: dict[Any, Any], owned: set[Any]) -> dict[Any, Any]:
    """The gradients found, each an array that nobody else holds."""
    return {
        v: g.copy() if g.__class__ is ndarray and v not in owned else g for v, g in found.items()
    }


def _rules_of_value(node: Any, record: bool) -> tuple[Any, Any, Any, Any, Any]:
    """For a Value: operands, pullbacks, and what to call these with; see `propagate`."""
    places = [i for i, _ in node.variables()]
    operands, partials = node.operands, node.partials
    variables = [operands[i] for i in places]
    if not record:
        return variables, [partial(_scaled, partials[i]) for i in places], None, (), {}
    _check_unchanged_value(node)
    pullbacks = node._primitive.pullbacks
    return variables, [pullbacks[i] for i in places], node, operands, NO_PARAMS


def _scaled(partial: float, g: float, z: None) -> Any:
    """The pullback of a Value, which holds its derivative as a number."""
    return times(g, partial)


def _rules_of_results(node: Results, record: bool) -> tuple[Any, Any, Any, Any, Any]:
    """For what has several results: the same; the results are tuples."""
    assert node._primitive is not None
    z: Any = node._plain
    if record:
        _check_unchanged(node)
        z = node.all_results()
    values = node._operands if record else node._values
    return node._operands, node._primitive.pullbacks, z, values, node._params


def _asked_for(operands: Iterable[Any], uses: dict[Any, int]) -> list[bool]:
    """For each operand whether the pass asks for its gradient."""
    return [is_variable(x) and x in uses for x in operands]


def _whole(flow: dict[int, Any], node: Results, sparse: bool) -> tuple[Any, ...]:
    """The gradients of all results: 0, or None, of those that lead nowhere."""
    if sparse:
        return tuple(map(flow.get, range(len(node._plain))))
    return tuple(
        flow[i] if i in flow else np.zeros(np.shape(result), getattr(result, "dtype", float))
        for i, result in enumerate(node._plain)
    )


def _check_unchanged(node: Any) -> None:
    """To record, the operands must be as they were: the rules compute with them as they are."""
    for x, value in zip(node.operands, node._values, strict=True):
        if not is_variable(x) or x._plain is value or x.__class__ is Results:
            continue
        if numbers_of(value).__class__ is Gone:
            continue  # the rule does not need the numbers
        if getattr(value, "base", None) is x._plain and not getattr(x, "_shared", False):
            continue  # lent by a leaf, which has not changed since
        if not np.array_equal(x._plain, value, equal_nan=True):
            raise _changed(node._primitive.name)


def _check_unchanged_value(node: Any) -> None:
    """The same for a Value, which remembers its number and its derivatives."""
    primitive = node._primitive
    numbers = [detached(x) for x in node.operands]
    now = [primitive.evaluate_floats(*numbers)]
    now += [
        was if was is None else primitive.partial_on_floats(i, numbers, node._plain)
        for i, was in enumerate(node.partials)
    ]
    for x, was in zip(now, (node._plain, *node.partials), strict=True):
        if x != was and was == was:
            raise _changed(primitive.name)


def _changed(name: str) -> ValueError:
    return ValueError(
        f"{name}: the data of an operand was replaced after it was used; a derivative that can be "
        "differentiated again needs a new forward pass"
    )
