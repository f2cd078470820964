"""Pushing tangents forward: the chain rule from the inputs of a recorded graph to its outputs.

No declaration has a rule for it. The derivative of an elementwise primitive is a factor for each
element, so what its pullback does to g it does to a tangent as well. A primitive that says of
itself that it is linear is applied to the tangents. Of any other the pullback u ↦ Jᵀu, which is
linear in u, is recorded with a variable u; its gradient, with the tangent t to start from, is Jt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from autograd_lite.engine import clock, modes
from autograd_lite.engine.apply import apply
from autograd_lite.engine.assignment import put
from autograd_lite.engine.batch import Batched, is_traced, levels_of, numbers_of
from autograd_lite.engine.batching import one_by_one
from autograd_lite.engine.chain import detached, times
from autograd_lite.engine.fitting import fitted
from autograd_lite.engine.graph import bounds_of, leading_to, uses_among
from autograd_lite.engine.in_place import as_it_is, own, shown, taking
from autograd_lite.engine.primitive import (
    PRIMITIVES,
    EachOperand,
    Elementwise,
    Primitive,
    Shared,
    Structural,
)
from autograd_lite.engine.recording import Results, as_tensor, as_value
from autograd_lite.engine.reverse import gradients
from autograd_lite.engine.stand_ins import StandIn
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.value import Value
from autograd_lite.engine.variable import NO_PARAMS, Variable, is_variable
from autograd_lite.engine.written import Written

Step = Callable[[list[Any]], Any]


# ---------------------------------------------------------------- several outputs as one


def _itself(*outputs: Any) -> Any:
    return outputs


def _part(i: int, g: Any, z: Any, *outputs: Any) -> Any:
    """The gradient of one of them: a view, for the array is not the pass's own."""
    return g[i].view() if g[i].__class__ is np.ndarray else g[i]


_TOGETHER = Structural(
    name="together",
    operands=(),
    text="({operands})",
    arrays=_itself,
    pullbacks=EachOperand(_part),
    results=(),
    linear="jointly",
    function=_itself,
)


def together(outputs: Sequence[Any], always: bool = False) -> Any:
    """Several variables as one node, whose gradient to start from is a dict: {place: gradient};
    its tangent is a tuple. Of one variable, itself, unless `always`."""
    outputs = [x.node for x in outputs]
    if len(outputs) == 1 and not always:
        return outputs[0]
    node = object.__new__(Results)
    held = [x._plain for x in outputs]
    node._plain = tuple(np.float64(x) if x.__class__ is float else x for x in held)
    node._grad = None
    node._epoch = clock.now
    node._primitive = _TOGETHER
    node._operands = tuple(outputs)
    node._values = node._plain
    node._params = NO_PARAMS
    return node


# ---------------------------------------------------------------- the pass


class Pushforward:
    """t ↦ Jt for the Jacobian J of an output by inputs, along a graph that is recorded already.

    Args:
        output: a variable, or several that are `together`.
        inputs: the variables to differentiate by, none of them computed from another.
        record: whether to compute with variables, so that the result can be differentiated again;
            None: if the output depends on a variable that is older than all inputs.
        often: whether to keep what does not depend on the tangents for the next call.
    """

    def __init__(
        self, output: Any, inputs: Sequence[Any], record: bool | None = False, often: bool = False
    ) -> None:
        output = output.node
        inputs = [x.node for x in inputs]
        wanted = frozenset(inputs)
        order, older = leading_to(output, wanted, bounds_of(wanted))
        self.record = older if record is None else record
        """Whether the results are variables."""
        self._output = output
        self._inputs = inputs
        active = frozenset(order)
        nodes = [node for node in order if node not in wanted]
        self._writers = frozenset(filter(_writes_little, nodes))
        if self._writers:
            nodes = _readers_first(nodes, self._writers)
        self._nodes = [(node, [i for i, x in node.variables() if x in active]) for node in nodes]
        self._uses = uses_among(order, wanted) if self._writers else {}
        self.depends = bool(active)
        """Whether the output depends on any input."""
        self._steps: dict[Any, Step] | None = {} if often else None

    def __call__(self, tangents: Sequence[Any]) -> Any:
        """The tangent of the output (of several a tuple) for tangents of the inputs: numbers and
        arrays of exactly their shapes and dtypes, or variables to record with."""
        flows = dict(zip(self._inputs, map(shown, tangents), strict=True))
        left = dict(self._uses)
        mine: set[Any] = set()  # what has a tangent that the pass may change
        clock.tick()  # what the pass makes is younger than the graph, and is not looked for there
        with modes.in_any_case(), np.errstate(all="ignore"):
            for node, places in self._nodes:
                operands = node.operands
                if node in self._writers:
                    flows[node] = t = self._written(node, places, flows, left, mine)
                    if not is_traced(t):
                        mine.add(node)
                else:
                    t = self._step(node, places)([flows[operands[i]] for i in places])
                    data = node._plain
                    if not (
                        t.__class__ is data.__class__ is np.ndarray
                        and t.shape == data.shape
                        and t.dtype is data.dtype
                    ):
                        t = _fitting(t, node)
                    if mine:
                        t = _apart(t, [flows[operands[i]] for i in places if operands[i] in mine])
                    flows[node] = t
                for i in places if left else ():
                    left[operands[i]] -= 1
                    if not left[operands[i]]:
                        del flows[operands[i]]
        return shown(flows[self._output]) if self._output in flows else _zero(self._output)

    def _written(
        self, node: Any, places: list[int], flows: dict[Any, Any], left: dict[Any, int],
        mine: set[Any],
    ) -> Any:  # fmt: skip
        """The tangent of what was written into: that of the value, written into that of the array;
        in the same memory, if nobody else needs it."""
        x, value = node.operands
        tx: Any = flows[x] if 0 in places else np.zeros(node.shape, node.dtype)
        t = shown(flows[value]) if 1 in places else 0.0
        if is_traced(tx) or is_traced(t):
            return _fitting(apply(node.primitive, (shown(tx), t), node.params), node)
        if 0 in places and not (x in mine and left[x] == 1 and tx.__class__ is not Tensor):
            tx = own(tx)
        tx = taking(tx, t)
        if tx.__class__ is Written:
            put(tx, node.primitive, t, node.params)
        else:
            node.primitive.writes(tx, t, **node.params)
        return tx

    def _step(self, node: Any, places: list[int]) -> Step:
        steps = self._steps
        if steps is None:
            return _step_of(node, places, self.record)
        if node not in steps:
            steps[node] = _step_of(node, places, self.record)
        return steps[node]


def _writes_little(node: Any) -> bool:
    """Whether it is an array with something written into a part of it."""
    primitive = node._primitive
    return (
        primitive.works_in_place
        and primitive.writes is not None
        and node._plain.ndim > 0
        and isinstance(node.operands[0], Tensor)
    )


def _readers_first(nodes: list[Any], writers: frozenset[Any]) -> list[Any]:
    """Nodes in an order in which each stands after its operands, and what reads an array before
    what writes into it, where that is possible: then its tangent is needed no more."""
    place = {node: i for i, node in enumerate(nodes)}
    users: dict[Any, list[Any]] = {}
    missing = dict.fromkeys(nodes, 0)
    for node in nodes:
        for _, x in node.variables():
            if x in missing:
                missing[node] += 1
                users.setdefault(x, []).append(node)
    ready: list[tuple[bool, int]] = []
    for node in nodes:
        if not missing[node]:
            heappush(ready, (node in writers, place[node]))
    ordered: list[Any] = []
    while ready:
        node = nodes[heappop(ready)[1]]
        ordered.append(node)
        for user in users.get(node, ()):
            missing[user] -= 1
            if not missing[user]:
                heappush(ready, (user in writers, place[user]))
    return ordered


def _apart(t: Any, changing: list[Any]) -> Any:
    """A tangent, or a copy if it shows memory that the pass may still write into."""
    if not changing:
        return t
    if t.__class__ is tuple:
        return tuple([_apart(part, changing) for part in t])
    if t.__class__ is np.ndarray or t.__class__ is Batched:
        memory = [numbers_of(x) for x in changing if not is_variable(x)]
        return own(t) if any(np.may_share_memory(numbers_of(t), x) for x in memory) else t
    return as_it_is(t)


def _step_of(node: Any, places: list[int], record: bool) -> Step:
    """The function from the tangents of these operands of a node to the node's."""
    primitive = node.primitive
    if isinstance(primitive, Elementwise) and (primitive.is_holomorphic or _is_real(node)):
        if node.__class__ is Value and not record:
            return _by_numbers([node.partials[i] for i in places])
        return _by_factors(node, primitive, places, record)
    linear = primitive.linear if isinstance(primitive, Structural) else ""
    if linear == "jointly":
        return _of_all(node, primitive, places)
    if linear == "each":
        return _of_each(node, primitive, places, record)
    if isinstance(primitive, Structural) and primitive.pushforward is not None:
        return _by_rule(node, primitive, places, record)
    return _transposed(node, primitive, places, record)


def _by_numbers(partials: list[float | None]) -> Step:
    """Of a Value, which holds its derivatives."""
    return lambda given: _sum([times(t, d) for t, d in zip(given, partials, strict=True)])


def _by_factors(node: Any, primitive: Primitive, places: list[int], record: bool) -> Step:
    """Of an elementwise primitive: its pullback multiplies by ∂z/∂operand, element by element."""
    z, values = (node, node.operands) if record else (node._plain, _held(node))
    rules = [primitive.pullbacks[i] for i in places]

    def step(given: list[Any]) -> Any:
        return _sum([rule(t, z, *values) for rule, t in zip(rules, given, strict=True)])  # type: ignore[misc]

    return step


def _of_all(node: Any, primitive: Primitive, places: list[int]) -> Step:
    """Of a primitive that is linear in its operands together: itself, with 0 for the others."""
    others = [
        x if i in primitive.constants or i in places else _zeros(x)
        for i, x in enumerate(node.operands)
    ]

    # the results of an operation stand apart, and are no operand that could be recorded with
    apart = primitive is _TOGETHER or any(x.__class__ is Results for x in node.operands)

    def step(given: list[Any]) -> Any:
        operands = list(others)
        for i, t in zip(places, given, strict=True):
            operands[i] = t
        if apart:
            return primitive.arrays(*operands, **node.params)
        return apply(primitive, operands, node.params)

    return step


def _of_each(node: Any, primitive: Primitive, places: list[int], record: bool) -> Step:
    """Of a primitive that is linear in each operand: the sum over them."""
    values = node.operands if record else _held(node)

    def with_tangent(i: int, t: Any) -> Any:
        return apply(primitive, [t if j == i else x for j, x in enumerate(values)], node.params)

    return lambda given: _sum([with_tangent(i, t) for i, t in zip(places, given, strict=True)])


def _by_rule(node: Any, primitive: Structural, places: list[int], record: bool) -> Step:
    """Of a primitive that says how its tangents come about."""
    rule: Any = primitive.pushforward
    z, values = (node, node.operands) if record else (node._plain, _held(node))
    if node.__class__ is Results and record:
        z = node.all_results()

    def step(given: list[Any]) -> Any:
        tangents: list[Any] = [None] * len(values)
        for i, t in zip(places, given, strict=True):
            tangents[i] = t
        return rule(tangents, z, *values, **node.params)

    return step


def _transposed(node: Any, primitive: Primitive, places: list[int], record: bool) -> Step:
    """Of any other: the gradient, by u, of what the pullbacks make of u."""
    several = node.__class__ is Results
    results = node._plain if several else (node._plain,)
    inputs = [Tensor(_ones(z)) for z in results]  # 0 would be "nothing flows back"
    u = tuple(inputs) if several else inputs[0]
    z, values = (node, node.operands) if record else (node._plain, _held(node))
    if several and record:
        z = node.all_results()
    rules: Any = primitive.pullbacks
    params = node.params
    if rules.__class__ is Shared:
        rules, values, params = rules.at(u, z, values, params)
    pulled = []
    reached: list[tuple[int, Any]] = []  # the tangent that each belongs to; of several, which
    for k, i in enumerate(places):
        try:
            part = rules[i](u, z, *values, **params)
        except Exception as error:  # a rule that asks for the numbers of one example
            part = one_by_one(error, rules[i], (u, z, *values), params)
        part = fitted(part, node.operands[i], node)
        for j, one in part.items() if isinstance(part, dict) else ((None, part),):
            if is_variable(one):  # else it is 0, whatever u is
                pulled.append(one)
                reached.append((k, j))
    if not pulled:
        return lambda given: _zero(node)
    whole = together(pulled)

    def step(given: list[Any]) -> Any:
        ts = [given[k] if j is None else given[k][j] for k, j in reached]
        start = ts[0] if len(ts) == 1 else dict(enumerate(ts))
        found = gradients(whole, inputs, start, record=record)
        return tuple(found) if several else found[0]

    return step


# ---------------------------------------------------------------- shapes, dtypes and kinds


def _held(node: Any) -> tuple[Any, ...]:
    """What the operands of a node were, as the engine holds it."""
    return node._values if isinstance(node, Tensor | Results) else node.values


def _sum(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _is_real(node: Any) -> bool:
    """Whether neither a node nor an operand of it is complex."""
    return not any(map(np.iscomplexobj, (node._plain, *_held(node))))


def _ones(z: Any) -> Any:
    """1 in the shape of a result; for each example of a batch, if that is one."""
    if isinstance(z, StandIn):
        return z.one_of_each()
    return np.ones(z.shape, z.dtype)


def _zeros(x: Any) -> Any:
    """0 in the place of an operand."""
    x = detached(x)
    if isinstance(x, tuple):
        return tuple(map(_zeros, x))
    return np.zeros(x.shape, x.dtype)[()] if hasattr(x, "dtype") else 0.0


def _zero(node: Any) -> Any:
    return 0.0 if node.__class__ is Value else _zeros(node)


def _fitting(t: Any, node: Variable) -> Any:
    """A tangent in the shape, dtype and kind of the node that it is for."""
    data = node._plain
    if node._primitive is _TOGETHER:
        return t  # each is that of a node, in its form
    if node.__class__ is Results:
        return tuple(_in_form(part, like) for part, like in zip(t, data, strict=True))
    if node.__class__ is Value:
        if t.__class__ is Tensor and not levels_of(t):
            return as_value(t)
        return float(np.real(t)) if isinstance(t, np.ndarray | np.generic) else t
    return _in_form(t, data)


def _in_form(t: Any, data: Any) -> Any:
    """The same for a Tensor that holds `data`."""
    if t.__class__ is Value:
        t = as_tensor(t, data.dtype)
    if t.__class__ is float or t.__class__ is int:
        t = data.dtype.type(t)
    elif t.__class__ is complex:
        t = np.complex128(t)
    if t.shape != data.shape:
        t = PRIMITIVES["broadcast_to"].function(t, data.shape)
    if t.dtype.kind == "c" != data.dtype.kind:
        t = PRIMITIVES["real"].function(t)
    if t.dtype != data.dtype:
        t = PRIMITIVES["astype"].function(t, data.dtype)
    if t.__class__ is np.ndarray and not t.ndim:
        t = t[()]
    return t
